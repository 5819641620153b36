/* test_connect_relay.c - what comes from stdin and goes to stdout: whole, in order, to both ends,
 * and what counts as an end that is not in order. */
#include "serve_support.h"

#include "cli/connect.h"

#include <sys/mman.h>
#include <sys/socket.h>

/* The server's side, on a thread: it may not use cmocka. */
struct far {
    pthread_t thread;
    cssl_socket *socket;
    const char *say; /* first, NULL: nothing */
    bool ends;       /* in order; else it hangs up, once the client's end has come */
    size_t got;
    uint64_t sum; /* of what came, each byte by its place */
};

static void *far_side(void *arg)
{
    struct far *f = arg;
    uint8_t piece[4096];
    ssize_t n;
    if (f->say != NULL) {
        (void)!cssl_send(f->socket, f->say, strlen(f->say), PATIENCE, NULL);
    }
    while ((n = cssl_recv(f->socket, piece, sizeof(piece), PATIENCE, NULL)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            f->got++;
            f->sum += f->got * piece[i];
        }
    }
    int fd = cssl_fd(f->socket);
    if (f->ends) {
        (void)cssl_shutdown(f->socket, SHUT_WR, PATIENCE, NULL);
    } else {
        (void)shutdown(fd, SHUT_RDWR);
    }
    return NULL;
}

/* carried relays in to a server and returns what stdout got, freed by the caller. */
static char *carried(struct connect_args *a, struct far *f, const uint8_t *in, size_t len,
                     int *status, cssl_error *err)
{
    struct ends e;
    struct capture c;
    ends_open(&e, NULL, NULL);
    f->socket = e.server;
    int file = memfd_create("stdin", MFD_CLOEXEC);
    int kept = dup(STDIN_FILENO);
    assert_true(file >= 0 && kept >= 0);
    assert_int_equal(pwrite(file, in, len, 0), len);
    assert_true(dup2(file, STDIN_FILENO) >= 0);
    assert_int_equal(pthread_create(&f->thread, NULL, far_side, f), 0);
    capture_begin(&c, STDOUT_FILENO);
    *status = relay(a, e.client, err);
    char *out = capture_end(&c);
    e.client = NULL; /* relay has closed it */
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    assert_true(dup2(kept, STDIN_FILENO) >= 0);
    (void)close(kept);
    (void)close(file);
    ends_close(&e);
    return out;
}

static void test_both_ways(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 16383, 16384, 16385, 100000 };
    uint8_t *in = malloc(100000);
    assert_non_null(in);
    struct test_rng rng;
    test_rng_init(&rng, test_seed(1));
    test_rng_fill(&rng, in, 100000);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct connect_args a = { .silence = CSSL_INFINITY };
        struct far f = { .say = "Welcome\n", .ends = true };
        cssl_error err = { .text = "" };
        int status = -1;
        uint64_t sum = 0;
        for (size_t k = 0; k < sizes[i]; k++) {
            sum += (k + 1) * in[k];
        }
        char *out = carried(&a, &f, in, sizes[i], &status, &err);
        if (status != 0) {
            fail_msg("%zu bytes: %s", sizes[i], err.text);
        }
        assert_string_equal(out, "Welcome\n");
        assert_int_equal(f.got, sizes[i]);
        assert_true(f.sum == sum);
        free(out);
    }
    free(in);
}

/* With --json stdin is not read, and nothing of what is said is shown. */
static void test_json_carries_nothing(void **state)
{
    (void)state;
    struct connect_args a = { .silence = CSSL_INFINITY, .json = true };
    struct far f = { .say = "Welcome\n", .ends = true };
    cssl_error err = { .text = "" };
    int status = -1;
    char *out = carried(&a, &f, (const uint8_t *)"secret", 6, &status, &err);
    assert_int_equal(status, 0);
    assert_string_equal(out, "");
    assert_int_equal(f.got, 0);
    free(out);
}

/* A peer that hangs up without its close_notify has not ended in order: words may be missing. */
static void test_truncated(void **state)
{
    (void)state;
    struct connect_args a = { .silence = CSSL_INFINITY };
    struct far f = { .say = "half of", .ends = false };
    cssl_error err = { .text = "" };
    int status = 0;
    char *out = carried(&a, &f, (const uint8_t *)"x", 1, &status, &err);
    assert_true(status < 0);
    assert_int_equal(err.status, CSSL_TRUNCATED);
    assert_string_equal(out, "half of"); /* what came is shown nonetheless */
    free(out);
}

/* A server that says nothing after our end is waited for as long as was said. */
static void test_silence(void **state)
{
    (void)state;
    struct ends e;
    struct connect_args a = { .silence = 0, .json = true };
    cssl_error err = { .text = "" };
    ends_open(&e, NULL, NULL);
    assert_true(relay(&a, e.client, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_TIMEOUT);
    has(err.text, "neither said anything nor ended the connection");
    e.client = NULL;
    ends_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_json_carries_nothing),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_serve_loop.c - the queue of a connection, and one connection through the whole loop. */
#include "serve_support.h"

static void test_queue(void **state)
{
    (void)state;
    struct fake f;
    static uint8_t big[SERVE_QUEUE_MAX];
    fake_open(&f, &service_echo);
    assert_true(conn_text(&f.conn, "%s %d", "one", 2));
    assert_true(conn_write(&f.conn, "", 0));
    assert_true(conn_write(&f.conn, "\0", 1));
    assert_int_equal(f.conn.out.len, 6);
    assert_memory_equal(f.conn.out.data, "one 2", 6);
    assert_false(conn_write(&f.conn, big, sizeof(big))); /* all of it or nothing */
    assert_int_equal(f.conn.out.len, 6);
    assert_true(conn_write(&f.conn, big, sizeof(big) - 7));
    assert_false(conn_text(&f.conn, "%s", "ab"));
    assert_true(conn_text(&f.conn, "%s", "a"));
    assert_int_equal(f.conn.out.len, SERVE_QUEUE_MAX);
    fake_close(&f);
}

/* What cannot be served is exit code 1, with nothing left behind. */
static void test_bad_options(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        { CERTS "no-such-file.pem", NULL },
        { CERTS "server.pem", CERTS "rsa.key.pem" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct capture c;
        struct serve_args args = { .service = &service_echo, .folder_fd = -1 };
        args.tls.options.certfile = files[i][0];
        args.tls.options.keyfile = files[i][1];
        capture_begin(&c, STDERR_FILENO);
        int code = serve_run(&args);
        char *said = capture_end(&c);
        assert_int_equal(code, CLI_NO);
        assert_true(strlen(said) > 10);
        free(said);
    }
}

/* The client of one connection, on a thread: it reads the port that the server says. */
struct client {
    int log; /* the server's stdout */
    const char *say;
    bool ends; /* in order */
    char got[64];
    int rc;
};

static void *run_client(void *arg)
{
    struct client *k = arg;
    cssl_options o = { .cacertfile = CERTS "ca.pem" };
    char line[256] = "";
    size_t len = 0;
    while (len < sizeof(line) - 1 && strchr(line, '\n') == NULL &&
           read(k->log, line + len, 1) == 1) {
        len++;
    }
    const char *port = strstr(line, "port ");
    unsigned number = 0;
    if (port == NULL || sscanf(port, "port %u", &number) != 1) {
        k->rc = -99;
        return NULL;
    }
    cssl_socket *s = cssl_connect("localhost", (uint16_t)number, &o, PATIENCE, NULL);
    k->rc = s == NULL ? -98 : cssl_send(s, k->say, strlen(k->say), PATIENCE, NULL);
    ssize_t n = 0;
    for (size_t at = 0; k->rc == 0 && at < strlen(k->say); at += (size_t)n) {
        n = cssl_recv(s, k->got + at, sizeof(k->got) - 1 - at, PATIENCE, NULL);
        if (n <= 0) {
            break;
        }
    }
    if (s != NULL && !k->ends) {
        (void)shutdown(cssl_fd(s), SHUT_RDWR);
    }
    (void)cssl_close(s, k->ends ? PATIENCE : 0, NULL);
    return NULL;
}

/* --once: the exit code says whether the one connection ended in order. */
static void test_once(void **state)
{
    (void)state;
    for (int ends = 0; ends < 2; ends++) {
        int ends_of_pipe[2];
        struct serve_args args = { .service = &service_echo, .once = true, .folder_fd = -1 };
        struct client client = { .say = "Hello", .ends = ends == 1 };
        pthread_t thread;
        args.tls.options.certfile = CERTS "server.pem";
        args.tls.options.keyfile = CERTS "server.key.pem";
        assert_int_equal(pipe(ends_of_pipe), 0);
        client.log = ends_of_pipe[0];
        (void)fflush(stdout);
        int kept = dup(STDOUT_FILENO);
        assert_true(dup2(ends_of_pipe[1], STDOUT_FILENO) >= 0);
        assert_int_equal(pthread_create(&thread, NULL, run_client, &client), 0);
        int code = serve_run(&args);
        (void)fflush(stdout);
        assert_true(dup2(kept, STDOUT_FILENO) >= 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        (void)close(kept);
        (void)close(ends_of_pipe[0]);
        (void)close(ends_of_pipe[1]);
        assert_int_equal(client.rc, 0);
        assert_string_equal(client.got, "Hello");
        assert_int_equal(code, ends == 1 ? CLI_OK : CLI_NO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_resolve.c - one lookup against a name server of the test: a socket on loopback, answered by
 * hand. How addresses are then raced is test_race.c's.
 */
#include "base/error.h"
#include "support.h"

#include "socket/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { TYPE_A = 1, TYPE_AAAA = 28, PATIENCE_MS = 20000, PORT = 4433 };
enum { NXDOMAIN = 3 };

/* What is answered for a family: a code, or num addresses that end in 1, 2, ... */
struct answer {
    int code, num;
};

struct fixture {
    struct poller poller;
    int server;
    char servers[32];
    struct resolver *resolver;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    assert_int_equal(poller_open(&f.poller), 0);
    f.server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(f.server >= 0);
    assert_int_equal(bind(f.server, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(f.server, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(f.servers, sizeof(f.servers), "127.0.0.1:%u", ntohs(at.sin_port));
    f.resolver = NULL;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    resolver_free(f->resolver);
    poller_close(&f->poller);
    (void)close(f->server);
    return 0;
}

static void start(struct fixture *f, const char *host)
{
    cssl_error err = { .text = "" };
    f->resolver = resolver_new(host, PORT, &f->poller, f->servers, &err);
    assert_string_equal(err.text, "");
    assert_non_null(f->resolver);
}

/* reply answers one query with its question and the addresses behind it; it says its family. */
static int reply(const struct fixture *f, const struct answer answers[NUM_FAMILIES])
{
    uint8_t q[2048];
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    ssize_t n = recvfrom(f->server, q, 512, 0, (struct sockaddr *)&from, &from_len);
    assert_true(n > 12);
    size_t at = 12;
    while (q[at] != 0) {
        at += q[at] + 1U;
        assert_true(at + 5 <= (size_t)n);
    }
    int type = q[at + 1] << 8 | q[at + 2];
    assert_true(type == TYPE_A || type == TYPE_AAAA);
    int family = type == TYPE_AAAA ? FAMILY_V6 : FAMILY_V4;
    at += 5;
    q[2] = 0x81;
    q[3] = (uint8_t)(0x80 | answers[family].code);
    memset(q + 6, 0, 6);
    q[7] = (uint8_t)answers[family].num;
    for (int i = 1; i <= answers[family].num; i++) {
        const uint8_t size = family == FAMILY_V6 ? 16 : 4;
        const uint8_t head[] = { 0xc0, 12, 0, (uint8_t)type, 0, 1, 0, 0, 0, 60, 0, size };
        memcpy(q + at, head, sizeof(head));
        memset(q + at + sizeof(head), 0, size);
        q[at + sizeof(head)] = family == FAMILY_V6 ? 0xfd : 10;
        q[at + sizeof(head) + size - 1] = (uint8_t)i;
        at += sizeof(head) + size;
    }
    assert_int_equal(sendto(f->server, q, at, 0, (struct sockaddr *)&from, from_len), at);
    return family;
}

/* answer_all serves until both families are done. */
static void answer_all(struct fixture *f, const struct answer answers[NUM_FAMILIES])
{
    while (!resolver_done(f->resolver, FAMILY_V6) || !resolver_done(f->resolver, FAMILY_V4)) {
        struct pollfd p[2] = { { .fd = f->poller.fd, .events = POLLIN },
                               { .fd = f->server, .events = POLLIN } };
        assert_true(poll(p, 2, PATIENCE_MS) > 0);
        if (p[1].revents != 0) {
            (void)reply(f, answers);
        }
        resolver_process(f->resolver);
    }
}

static void test_both_families(void **state)
{
    struct fixture *f = *state;
    const struct answer answers[NUM_FAMILIES] = { { .num = 2 }, { .num = 3 } };
    start(f, "host.test");
    assert_false(resolver_done(f->resolver, FAMILY_V6));
    assert_false(resolver_done(f->resolver, FAMILY_V4));
    assert_int_equal(resolver_list(f->resolver, FAMILY_V6)->num, 0);
    assert_true(resolver_wait(f->resolver) > 0); /* a query is under way */
    answer_all(f, answers);
    const struct addr_list *v6 = resolver_list(f->resolver, FAMILY_V6);
    const struct addr_list *v4 = resolver_list(f->resolver, FAMILY_V4);
    assert_int_equal(v6->num, 2);
    assert_int_equal(v4->num, 3);
    for (size_t i = 0; i < v6->num; i++) {
        assert_int_equal(v6->items[i].any.sa_family, AF_INET6);
        assert_int_equal(ntohs(v6->items[i].v6.sin6_port), PORT);
        assert_int_equal(v6->items[i].v6.sin6_addr.s6_addr[0], 0xfd);
    }
    for (size_t i = 0; i < v4->num; i++) {
        assert_int_equal(v4->items[i].any.sa_family, AF_INET);
        assert_int_equal(ntohs(v4->items[i].v4.sin_port), PORT);
        assert_int_equal(ntohl(v4->items[i].v4.sin_addr.s_addr) >> 24, 10);
    }
    assert_int_equal(resolver_wait(f->resolver), -1);
}

static void test_no_more_addresses_than_fit(void **state)
{
    struct fixture *f = *state;
    const struct answer answers[NUM_FAMILIES] = { { .num = 0 }, { .num = ADDRS_MAX + 5 } };
    start(f, "many.test");
    answer_all(f, answers);
    assert_int_equal(resolver_list(f->resolver, FAMILY_V4)->num, ADDRS_MAX);
    assert_int_equal(resolver_list(f->resolver, FAMILY_V6)->num, 0);
}

static void test_failures_have_reasons(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct answer answers[NUM_FAMILIES];
        int reason, posix;
    } rows[] = {
        { { { .code = NXDOMAIN }, { .code = NXDOMAIN } }, CSSL_R_HOST_NOT_FOUND, ENOENT },
        { { { .num = 0 }, { .num = 0 } }, CSSL_R_HOST_NOT_FOUND, ENOENT },
        { { { .code = NXDOMAIN }, { .num = 0 } }, CSSL_R_HOST_NOT_FOUND, ENOENT },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err;
        start(f, "nowhere.test");
        answer_all(f, rows[i].answers);
        assert_int_equal(resolver_fail(f->resolver, &err), CSSL_SYSTEM);
        assert_int_equal(err.reason, rows[i].reason);
        assert_int_equal(err.posix, rows[i].posix);
        assert_non_null(strstr(err.text, "\"nowhere.test\""));
        assert_int_equal(resolver_fail(f->resolver, NULL), CSSL_SYSTEM);
        resolver_free(f->resolver);
        f->resolver = NULL;
    }
}

/* A name server list that cannot be read is said at once, and a name that cannot be sent too. */
static void test_refusals(void **state)
{
    struct fixture *f = *state;
    cssl_error err;
    assert_null(resolver_new("host.test", PORT, &f->poller, "not an address", &err));
    assert_int_equal(err.reason, CSSL_R_NAME_SERVERS);
    char label[80];
    memset(label, 'a', sizeof(label));
    memcpy(label + sizeof(label) - 6, ".test", 6);
    start(f, label);
    assert_true(resolver_done(f->resolver, FAMILY_V4));
    assert_int_equal(resolver_fail(f->resolver, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_HOST_MALFORMED);
}

/* Freed while it asks, it takes its descriptors out of the poller. */
static void test_freed_while_asking(void **state)
{
    struct fixture *f = *state;
    struct ready r[4];
    start(f, "host.test");
    resolver_free(f->resolver);
    f->resolver = NULL;
    assert_int_equal(poller_wait(&f->poller, r, 4, 0), 0);
    resolver_free(NULL);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_both_families),         WITH(test_no_more_addresses_than_fit),
        WITH(test_failures_have_reasons), WITH(test_refusals),
        WITH(test_freed_while_asking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

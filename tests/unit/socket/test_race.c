/*
 * test_race.c - looking names up and racing their addresses, against a name server of the test.
 *
 * The server is a socket on loopback which the test answers by hand; the addresses it tells are
 * those of loopback, with and without a listener.
 */
#include "support.h"

#include "socket/deadline.h"
#include "socket/race.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TYPE_A = 1, TYPE_AAAA = 28, QUIET = 0, NXDOMAIN = 3, PATIENCE_MS = 20000 };

/* What the name server says: addresses in text, or a code, or nothing at all. */
struct zone {
    const char *v4[3];
    const char *v6[3];
    int code_v4, code_v6; /* 0: the addresses */
    bool silent_v4, silent_v6;
    int num_queries;
};

struct fixture {
    int server, listener, listener6;
    uint16_t port; /* of both listeners, or of none if there is no IPv6 */
    char servers[64];
};

static int bound(int family, int type, const char *ip, uint16_t port)
{
    union addr a;
    assert_true(addr_parse(ip, port, &a));
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (bind(fd, &a.any, addr_len(&a)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static uint16_t port_of(int fd)
{
    union addr a;
    socklen_t len = sizeof(a);
    memset(&a, 0, sizeof(a));
    assert_int_equal(getsockname(fd, &a.any, &len), 0);
    return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->server = bound(AF_INET, SOCK_DGRAM, "127.0.0.1", 0);
    (void)snprintf(f->servers, sizeof(f->servers), "127.0.0.1:%u", port_of(f->server));
    f->listener = bound(AF_INET, SOCK_STREAM, "127.0.0.1", 0);
    assert_int_equal(listen(f->listener, 8), 0);
    f->port = port_of(f->listener);
    f->listener6 = bound(AF_INET6, SOCK_STREAM, "::1", f->port);
    if (f->listener6 >= 0) {
        assert_int_equal(listen(f->listener6, 8), 0);
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    (void)close(f->server);
    (void)close(f->listener);
    if (f->listener6 >= 0) {
        (void)close(f->listener6);
    }
    free(f);
    return 0;
}

/* reply answers one query: the question again, and the zone's addresses behind it. */
static void reply(int server, struct zone *z)
{
    uint8_t q[600];
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    ssize_t n = recvfrom(server, q, 512, 0, (struct sockaddr *)&from, &from_len);
    assert_true(n > 12);
    size_t at = 12;
    while (q[at] != 0) {
        at += q[at] + 1U;
        assert_true(at + 5 <= (size_t)n);
    }
    int type = q[at + 1] << 8 | q[at + 2];
    at += 5; /* behind the question; what follows is EDNS, which this server does not know */
    bool v6 = type == TYPE_AAAA;
    assert_true(v6 || type == TYPE_A);
    z->num_queries++;
    if (v6 ? z->silent_v6 : z->silent_v4) {
        return;
    }
    int code = v6 ? z->code_v6 : z->code_v4;
    q[2] = 0x81;
    q[3] = (uint8_t)(0x80 | code);
    memset(q + 6, 0, 6);
    for (int i = 0; code == 0 && i < 3; i++) {
        const char *ip = v6 ? z->v6[i] : z->v4[i];
        if (ip == NULL) {
            break;
        }
        const uint8_t head[] = { 0xc0, 12, 0, (uint8_t)type, 0, 1, 0, 0, 0, 60, 0, v6 ? 16 : 4 };
        memcpy(q + at, head, sizeof(head));
        at += sizeof(head);
        assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, ip, q + at), 1);
        at += v6 ? 16 : 4;
        q[7]++;
    }
    assert_int_equal(sendto(server, q, at, 0, (struct sockaddr *)&from, from_len), at);
}

/* run drives a race and the name server until the race has ended: its return value. */
static int run(struct race *r, const struct fixture *f, struct zone *z, int *fd, cssl_error *err)
{
    int64_t deadline = deadline_after(PATIENCE_MS);
    for (;;) {
        int rc = race_run(r, fd, err);
        if (rc != RACE_ON) {
            return rc;
        }
        assert_true(deadline_left(deadline) > 0);
        struct pollfd p[2] = { { .fd = race_fd(r), .events = POLLIN },
                               { .fd = f->server, .events = POLLIN } };
        int wait = race_wait(r);
        (void)poll(p, 2, wait < 0 ? PATIENCE_MS : wait);
        if (p[1].revents != 0) {
            reply(f->server, z);
        }
    }
}

static struct race *start(const struct fixture *f, uint16_t port)
{
    cssl_error err = { .text = "" };
    struct race *r = race_new("host.test", port, f->servers, &err);
    assert_string_equal(err.text, "");
    assert_non_null(r);
    return r;
}

static int family_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof(a);
    assert_int_equal(getpeername(fd, (struct sockaddr *)&a, &len), 0);
    return a.ss_family;
}

static void test_first_address_answers(void **state)
{
    struct fixture *f = *state;
    struct zone z = { .v4 = { "127.0.0.1" } };
    cssl_error err;
    int fd = -1;
    struct race *r = start(f, f->port);
    assert_int_equal(run(r, f, &z, &fd, &err), 0);
    assert_int_equal(family_of(fd), AF_INET);
    assert_int_equal(z.num_queries, 2);
    race_free(r);
    (void)close(fd);
}

static void test_ipv6_goes_first(void **state)
{
    struct fixture *f = *state;
    struct zone z = { .v4 = { "127.0.0.1" }, .v6 = { "::1" } };
    cssl_error err;
    int fd = -1;
    if (f->listener6 < 0) {
        skip();
    }
    struct race *r = start(f, f->port);
    assert_int_equal(run(r, f, &z, &fd, &err), 0);
    assert_int_equal(family_of(fd), AF_INET6);
    race_free(r);
    (void)close(fd);
}

static void test_dead_addresses_are_passed_over(void **state)
{
    struct fixture *f = *state;
    /* Nobody listens on 127.0.0.2 and .3 at this port: the listener is bound to .1 alone. */
    struct zone z = { .v4 = { "127.0.0.2", "127.0.0.3", "127.0.0.1" } };
    cssl_error err;
    int fd = -1;
    struct race *r = start(f, f->port);
    assert_int_equal(run(r, f, &z, &fd, &err), 0);
    assert_int_equal(family_of(fd), AF_INET);
    race_free(r);
    (void)close(fd);
}

static void test_ipv4_does_not_wait_long_for_ipv6(void **state)
{
    struct fixture *f = *state;
    struct zone z = { .v4 = { "127.0.0.1" }, .silent_v6 = true };
    cssl_error err;
    int fd = -1;
    int64_t before = now_ms();
    struct race *r = start(f, f->port);
    assert_int_equal(run(r, f, &z, &fd, &err), 0);
    assert_true(now_ms() - before >= 49);
    assert_int_equal(family_of(fd), AF_INET);
    race_free(r); /* while a query is under way */
    (void)close(fd);
}

static void test_all_refuse(void **state)
{
    struct fixture *f = *state;
    struct zone z = { .v4 = { "127.0.0.2", "127.0.0.3" } };
    cssl_error err;
    int fd = -1;
    struct race *r = start(f, f->port);
    assert_int_equal(run(r, f, &z, &fd, &err), CSSL_SYSTEM);
    assert_int_equal(fd, -1);
    assert_int_equal(err.reason, CSSL_R_CONNECT);
    assert_int_equal(err.posix, ECONNREFUSED);
    assert_non_null(strstr(err.text, "host.test"));
    assert_non_null(strstr(err.text, "all of its 2 addresses"));
    race_free(r);
}

static void test_refused_tells_more_than_unreachable(void **state)
{
    struct fixture *f = *state;
    /* No TCP connection leads to a multicast address. */
    struct zone z = { .v4 = { "127.0.0.2" }, .v6 = { "ff02::1" } };
    cssl_error err;
    int fd = -1;
    struct race *r = start(f, f->port);
    assert_int_equal(run(r, f, &z, &fd, &err), CSSL_SYSTEM);
    assert_int_equal(err.posix, ECONNREFUSED);
    assert_non_null(strstr(err.text, "127.0.0.2"));
    race_free(r);
}

static void test_no_such_name(void **state)
{
    struct fixture *f = *state;
    struct zone z = { .code_v4 = NXDOMAIN, .code_v6 = NXDOMAIN };
    struct zone empty = { .num_queries = 0 };
    cssl_error err;
    int fd = -1;
    struct race *r = start(f, f->port);
    assert_int_equal(run(r, f, &z, &fd, &err), CSSL_SYSTEM);
    assert_int_equal(err.reason, CSSL_R_HOST_NOT_FOUND);
    assert_non_null(strstr(err.text, "host.test"));
    race_free(r);

    r = start(f, f->port);
    assert_int_equal(run(r, f, &empty, &fd, &err), CSSL_SYSTEM);
    assert_int_equal(err.reason, CSSL_R_HOST_NOT_FOUND);
    race_free(r);
}

static void test_only_one_family_exists(void **state)
{
    struct fixture *f = *state;
    struct zone z = { .v4 = { "127.0.0.1" }, .code_v6 = NXDOMAIN };
    cssl_error err;
    int fd = -1;
    struct race *r = start(f, f->port);
    assert_int_equal(run(r, f, &z, &fd, &err), 0);
    race_free(r);
    (void)close(fd);
}

static void test_silent_servers_are_late(void **state)
{
    struct fixture *f = *state;
    cssl_error err;
    int fd = -1;
    struct race *r = start(f, f->port);
    assert_int_equal(race_run(r, &fd, &err), RACE_ON);
    assert_true(race_wait(r) > 0);
    assert_int_equal(race_late(r, &err), CSSL_TIMEOUT);
    assert_non_null(strstr(err.text, "no name server"));
    race_free(r);
}

static void test_literals_need_no_server(void **state)
{
    struct fixture *f = *state;
    struct zone z = { .num_queries = 0 };
    cssl_error err;
    int fd = -1;
    struct race *r = race_new("127.0.0.1", f->port, f->servers, &err);
    assert_non_null(r);
    assert_int_equal(run(r, f, &z, &fd, &err), 0);
    race_free(r);
    (void)close(fd);
    r = race_new("localhost", f->port, f->servers, &err);
    assert_non_null(r);
    assert_int_equal(run(r, f, &z, &fd, &err), 0);
    assert_int_equal(z.num_queries, 0);
    race_free(r);
    (void)close(fd);
    assert_null(race_new("http://x", 1, NULL, &err));
    assert_int_equal(err.reason, CSSL_R_HOST_MALFORMED);
}

/* A listener whose queue is full answers nobody. */
struct stuck {
    int listener;
    int filler[8];
};

static void stuck_open(struct stuck *s, uint16_t port)
{
    union addr a;
    s->listener = bound(AF_INET, SOCK_STREAM, "127.0.0.9", port);
    assert_true(s->listener >= 0);
    assert_int_equal(listen(s->listener, 0), 0);
    assert_true(addr_parse("127.0.0.9", port, &a));
    for (size_t i = 0; i < ARRAY_SIZE(s->filler); i++) {
        s->filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(s->filler[i], &a.any, addr_len(&a));
    }
}

static void stuck_close(struct stuck *s)
{
    (void)close(s->listener);
    for (size_t i = 0; i < ARRAY_SIZE(s->filler); i++) {
        (void)close(s->filler[i]);
    }
}

/* The second address is tried while the first one waits. */
static void test_second_attempt_while_the_first_waits(void **state)
{
    struct fixture *f = *state;
    struct stuck stuck;
    cssl_error err;
    int fd = -1;
    union addr a;
    stuck_open(&stuck, f->port);
    struct zone z = { .v4 = { "127.0.0.9", "127.0.0.1" } };
    struct race *r = start(f, f->port);
    assert_int_equal(run(r, f, &z, &fd, &err), 0);
    socklen_t len = sizeof(a);
    assert_int_equal(getpeername(fd, &a.any, &len), 0);
    assert_int_equal(ntohl(a.v4.sin_addr.s_addr), INADDR_LOOPBACK);
    race_free(r);
    (void)close(fd);
    stuck_close(&stuck);
}

/* Neither an address that does not answer nor a query keeps the thread busy. */
static void test_waiting_costs_nothing(void **state)
{
    struct fixture *f = *state;
    struct stuck stuck;
    cssl_error err;
    int fd = -1;
    int turns = 0;
    stuck_open(&stuck, f->port);
    struct zone z = { .v4 = { "127.0.0.9" }, .silent_v6 = true };
    struct race *r = start(f, f->port);
    int64_t deadline = deadline_after(400);
    while (deadline_left(deadline) > 0) {
        assert_int_equal(race_run(r, &fd, &err), RACE_ON);
        struct pollfd p[2] = { { .fd = race_fd(r), .events = POLLIN },
                               { .fd = f->server, .events = POLLIN } };
        int wait = race_wait(r);
        int left = deadline_left(deadline);
        (void)poll(p, 2, wait < 0 || wait > left ? left : wait);
        if (p[1].revents != 0) {
            reply(f->server, &z);
        }
        turns++;
    }
    assert_in_range(turns, 3, 30);
    assert_int_equal(race_late(r, &err), CSSL_TIMEOUT);
    assert_non_null(strstr(err.text, "1 of its addresses"));
    race_free(r);
    stuck_close(&stuck);
}

#define race_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        race_test(test_first_address_answers),
        race_test(test_ipv6_goes_first),
        race_test(test_dead_addresses_are_passed_over),
        race_test(test_ipv4_does_not_wait_long_for_ipv6),
        race_test(test_all_refuse),
        race_test(test_refused_tells_more_than_unreachable),
        race_test(test_no_such_name),
        race_test(test_only_one_family_exists),
        race_test(test_silent_servers_are_late),
        race_test(test_literals_need_no_server),
        race_test(test_second_attempt_while_the_first_waits),
        race_test(test_waiting_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

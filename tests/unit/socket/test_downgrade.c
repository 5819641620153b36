/* test_downgrade.c - back to plain bytes, none lost and none passed off; and to TLS once more. */
#include "sock_support.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

struct side {
    pthread_t thread;
    cssl_socket *s;
    int fd;
    uint8_t rest[65536];
    size_t rest_len;
    cssl_error err;
};

static void *downgrade(void *arg)
{
    struct side *side = arg;
    side->rest_len = sizeof(side->rest);
    side->fd = cssl_downgrade(side->s, side->rest, &side->rest_len, PATIENCE_MS, &side->err);
    return NULL;
}

static void *upgrade(void *arg)
{
    struct side *side = arg;
    const cssl_options o = { .cacertfile = SOCK_CERTS "ca.pem" };
    side->s = cssl_connect_fd(side->fd, "localhost", &o, PATIENCE_MS, &side->err);
    return NULL;
}

static void test_there_and_back(void **state)
{
    (void)state;
    for (int by_client = 0; by_client < 2; by_client++) {
        struct socks p;
        static struct side mine, yours;
        socks_open(&p);
        mine.s = by_client ? p.client : p.server;
        yours.s = by_client ? p.server : p.client;
        p.client = NULL;
        p.server = NULL;
        assert_int_equal(pthread_create(&mine.thread, NULL, downgrade, &mine), 0);
        downgrade(&yours);
        assert_int_equal(pthread_join(mine.thread, NULL), 0);
        assert_true(mine.fd >= 0 && yours.fd >= 0);
        assert_int_equal(mine.rest_len, 0);
        char got[8];
        assert_int_equal(write(mine.fd, "plain", 5), 5);
        assert_int_equal(read(yours.fd, got, sizeof(got)), 5);
        assert_memory_equal(got, "plain", 5);
        cssl_error err;
        assert_int_equal(pthread_create(&mine.thread, NULL, upgrade, &mine), 0);
        cssl_socket *again = cssl_accept_fd(yours.fd, p.server_config, &err);
        assert_int_equal(cssl_handshake(again, PATIENCE_MS, &err), 0);
        assert_int_equal(pthread_join(mine.thread, NULL), 0);
        assert_non_null(mine.s);
        cssl_close(mine.s, 0, NULL);
        cssl_close(again, 0, NULL);
        socks_free(&p);
    }
}

/* behind: the peer goes on in the clear at once, in the same segment as its close_notify. */
static void test_bytes_behind(void **state)
{
    (void)state;
    static const size_t rooms[] = { 9, 8 };
    for (size_t i = 0; i < 2; i++) {
        struct socks p;
        cssl_error err;
        uint8_t rest[16];
        uint8_t both[256];
        socks_open(&p);
        assert_int_equal(cssl_engine_close(p.server->engine, &err), 0);
        cssl_bytes out = cssl_engine_output(p.server->engine);
        memcpy(both, out.data, out.len);
        memcpy(both + out.len, "\x17\x03\x03 plain", 9);
        assert_int_equal(write(p.server->fd, both, out.len + 9), (ssize_t)out.len + 9);
        size_t len = rooms[i];
        int fd = cssl_downgrade(p.client, rest, &len, PATIENCE_MS, &err);
        p.client = NULL;
        if (i == 0) {
            assert_true(fd >= 0);
            assert_int_equal(len, 9);
            assert_memory_equal(rest, "\x17\x03\x03 plain", 9);
            (void)close(fd);
        } else {
            assert_int_equal(fd, CSSL_STATE);
            assert_int_equal(err.reason, CSSL_R_DOWNGRADE_ROOM);
        }
        socks_free(&p);
    }
}

static void test_refused(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    uint8_t rest[16];
    size_t len = sizeof(rest);
    socks_open(&p);
    assert_int_equal(cssl_send(p.server, "unread", 6, PATIENCE_MS, &err), 0);
    assert_int_equal(cssl_downgrade(p.client, rest, &len, PATIENCE_MS, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_DOWNGRADE_DATA);
    p.client = NULL;
    socks_free(&p);
    socks_open(&p); /* a peer that says nothing */
    assert_int_equal(cssl_downgrade(p.client, rest, &len, 0, &err), CSSL_TIMEOUT);
    p.client = NULL;
    socks_free(&p);
    socks_new(&p); /* no TLS yet */
    assert_int_equal(cssl_downgrade(p.server, rest, &len, 0, &err), CSSL_STATE);
    socks_free(&p); /* it is still there */
    socks_open(&p);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_int_equal(cssl_set_active(p.client, mb, CSSL_ACTIVE, &err), 0);
    assert_int_equal(cssl_downgrade(p.client, rest, &len, 0, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_IN_MAILBOX);
    assert_int_equal(cssl_set_active(p.client, NULL, CSSL_PASSIVE, &err), 0);
    assert_int_equal(cssl_send(p.client, "still", 5, PATIENCE_MS, &err), 0);
    cssl_mailbox_free(mb);
    socks_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_bytes_behind),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_io.c - sending and receiving at the edges: arguments, the wrong time, what is given back. */
#include "sock_support.h"

static void test_wrong_times(void **state)
{
    (void)state;
    static const enum phase phases[] = { PHASE_NEW, PHASE_HANDSHAKE, PHASE_FAILED };
    struct socks p;
    cssl_error err;
    char c = 'x';
    socks_new(&p);
    for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
        p.client->phase = (uint8_t)phases[i];
        assert_int_equal(cssl_send(p.client, &c, 1, 0, &err), CSSL_STATE);
        assert_int_equal(err.reason, CSSL_R_NOT_NOW);
        assert_int_equal(cssl_send_some(p.client, &c, 1, &err), CSSL_STATE);
        assert_int_equal(cssl_recv(p.client, &c, 1, 0, &err), CSSL_STATE);
        assert_int_equal(cssl_recv_exact(p.client, &c, 1, 0, &err), CSSL_STATE);
        assert_int_equal(cssl_shutdown(p.client, SHUT_WR, 0, &err), CSSL_STATE);
        assert_int_equal(cssl_update_keys(p.client, false, &err), CSSL_STATE);
        assert_int_equal(cssl_pending(p.client), 0);
    }
    p.client->phase = PHASE_NEW;
    assert_int_equal(cssl_close(p.client, 0, &err), 0);
    p.client = NULL;
    assert_int_equal(cssl_close(NULL, 0, &err), 0);
    socks_free(&p);
}

static void test_arguments(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    char c;
    const struct iovec empty[3] = { { .iov_base = NULL } };
    socks_open(&p);
    assert_int_equal(cssl_recv(p.client, &c, 0, 0, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    assert_int_equal(cssl_sendv(p.client, empty, -1, 0, &err), CSSL_STATE);
    assert_int_equal(cssl_sendv(p.client, NULL, 1, 0, &err), CSSL_STATE);
    assert_int_equal(cssl_shutdown(p.client, 77, 0, &err), CSSL_STATE);
    const uint64_t sent = p.client->send_oct;
    assert_int_equal(cssl_sendv(p.client, NULL, 0, 0, &err), 0);
    assert_int_equal(cssl_sendv(p.client, empty, 3, 0, &err), 0);
    assert_int_equal(cssl_send(p.client, NULL, 0, 0, &err), 0);
    assert_int_equal(cssl_recv_exact(p.client, NULL, 0, 0, &err), 0);
    assert_int_equal(p.client->send_oct, sent); /* no empty record */
    socks_free(&p);
}

static void test_pieces_arrive_in_order(void **state)
{
    (void)state;
    enum { NUM = 40 }; /* more than a window */
    struct socks p;
    cssl_error err;
    struct iovec v[NUM];
    char text[NUM], got[NUM];
    for (size_t i = 0; i < NUM; i++) {
        text[i] = (char)('0' + i);
        v[i] = (struct iovec){ .iov_base = &text[i], .iov_len = 1 };
    }
    socks_open(&p);
    assert_int_equal(cssl_sendv(p.client, v, NUM, PATIENCE_MS, &err), 0);
    assert_int_equal(cssl_recv_exact(p.server, got, NUM, PATIENCE_MS, &err), 0);
    assert_memory_equal(got, text, NUM);
    socks_free(&p);
}

/* What recv_exact had when the time ran out is there for the next call, in front of the rest. */
static void test_nothing_is_lost_at_a_timeout(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    char got[8] = "";
    socks_open(&p);
    assert_int_equal(cssl_send(p.client, "abc", 3, 0, &err), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(cssl_recv_exact(p.server, got, 6, 0, &err), CSSL_TIMEOUT);
        assert_int_equal(cssl_pending(p.server), 3);
    }
    assert_int_equal(cssl_recv(p.server, got, 2, 0, &err), 2);
    assert_memory_equal(got, "ab", 2);
    assert_int_equal(cssl_pending(p.server), 1);
    assert_int_equal(cssl_send(p.client, "def", 3, 0, &err), 0);
    assert_int_equal(cssl_recv_exact(p.server, got, 4, PATIENCE_MS, &err), 0);
    assert_memory_equal(got, "cdef", 4);
    assert_int_equal(cssl_pending(p.server), 0);
    assert_int_equal(cssl_recv(p.server, got, 1, 0, &err), CSSL_TIMEOUT);
    socks_free(&p);
}

static void test_skipping(void **state)
{
    (void)state;
    static const uint8_t data[] = { 1, 2, 3 };
    struct socks p;
    socks_new(&p);
    assert_int_equal(sock_ready(p.client).len, 0);
    assert_int_equal(stash_view(p.client).len, 0);
    p.client->view = bytes_of(data, sizeof(data));
    sock_skip(p.client, 2);
    assert_int_equal(sock_ready(p.client).len, 1);
    assert_int_equal(sock_ready(p.client).data[0], 3);
    stash_drop(p.client); /* there is none */
    stash_free(NULL);
    socks_free(&p);
}

static void test_orderly_end(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    char c;
    socks_open(&p);
    assert_int_equal(cssl_send(p.client, "xy", 2, 0, &err), 0);
    assert_int_equal(cssl_shutdown(p.client, SHUT_WR, 0, &err), 0);
    assert_int_equal(cssl_shutdown(p.client, SHUT_WR, 0, &err), 0); /* again: no harm */
    assert_int_equal(cssl_send(p.client, "z", 1, 0, &err), CSSL_CLOSED);
    assert_int_equal(cssl_recv(p.server, &c, 1, PATIENCE_MS, &err), 1);
    assert_int_equal(cssl_recv(p.server, &c, 1, PATIENCE_MS, &err), 1);
    assert_int_equal(cssl_recv(p.server, &c, 1, PATIENCE_MS, &err), 0);
    assert_int_equal(cssl_recv_exact(p.server, &c, 1, PATIENCE_MS, &err), CSSL_CLOSED);
    assert_int_equal(cssl_send(p.server, "z", 1, 0, &err), 0); /* the other way is open */
    assert_int_equal(cssl_shutdown(p.client, SHUT_RD, 0, &err), 0);
    assert_int_equal(cssl_recv(p.client, &c, 1, 0, &err), CSSL_CLOSED);
    assert_int_equal(cssl_close(p.server, 0, &err), 0);
    p.server = NULL;
    assert_int_equal(cssl_close(p.client, PATIENCE_MS, &err), 0);
    p.client = NULL;
    socks_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_times),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_pieces_arrive_in_order),
        cmocka_unit_test(test_nothing_is_lost_at_a_timeout),
        cmocka_unit_test(test_skipping),
        cmocka_unit_test(test_orderly_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_pump.c - bytes between a descriptor and an engine: one step at a time, without waiting. */
#include "sock_support.h"

#include <errno.h>
#include <unistd.h>

static void test_push_and_pull(void **state)
{
    (void)state;
    struct socks p;
    cssl_event ev;
    socks_open(&p);
    const uint64_t sent = p.client->send_oct, got = p.server->recv_oct;
    assert_int_equal(sock_push(p.client, NULL), 0); /* nothing is queued */
    assert_int_equal(p.client->send_oct, sent);
    assert_int_equal(sock_pull(p.server), SOCK_AGAIN);
    assert_true(p.server->drained);
    assert_int_equal(cssl_engine_write(p.client->engine, "hello", 5, NULL), 5);
    size_t len = cssl_engine_output(p.client->engine).len;
    assert_false(sock_kick(p.client)); /* nothing is left */
    assert_int_equal(p.client->send_oct, sent + len);
    assert_int_equal(sock_pull(p.server), 0);
    assert_int_equal(p.server->recv_oct, got + len);
    assert_true(sock_next(p.server, &ev));
    assert_int_equal(ev.type, CSSL_EV_DATA);
    assert_int_equal(ev.data.len, 5);
    assert_false(sock_next(p.server, &ev));
    socks_free(&p);
}

static void test_a_full_kernel(void **state)
{
    (void)state;
    static uint8_t data[1 << 16];
    struct socks p;
    int rc = 0;
    socks_open(&p);
    for (int i = 0; i < 1000 && rc == 0; i++) { /* the peer reads nothing */
        assert_true(cssl_engine_write(p.client->engine, data, sizeof(data), NULL) > 0);
        rc = sock_push(p.client, NULL);
    }
    assert_int_equal(rc, SOCK_AGAIN);
    assert_true(cssl_engine_output(p.client->engine).len > 0); /* and nothing is lost */
    assert_true(sock_kick(p.client));
    send_begin(p.client);
    assert_false(sock_kick(p.client)); /* somebody else sees to it */
    send_end(p.client);
    socks_free(&p);
}

static void test_a_peer_that_is_gone(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    socks_open(&p);
    sock_free(p.server);
    p.server = NULL;
    assert_int_equal(cssl_engine_write(p.client->engine, "x", 1, NULL), 1);
    for (int i = 0; i < 2; i++) { /* no signal, and the same answer again */
        assert_int_equal(sock_push(p.client, &err), CSSL_TRUNCATED);
        assert_int_equal(err.reason, CSSL_R_CONNECTION_RESET);
        assert_int_equal(err.posix, EPIPE);
    }
    assert_int_equal(sock_pull(p.client), 0);
    assert_true(p.client->eof);
    assert_true(p.client->recv_failed);
    assert_int_equal(sock_tell_error(p.client, &err), CSSL_TRUNCATED);
    assert_int_equal(err.reason, CSSL_R_TRUNCATED); /* no close_notify */
    assert_int_equal(sock_pull(p.client), 0); /* no more reads */
    socks_free(&p);
}

static void test_the_first_error_counts(void **state)
{
    (void)state;
    struct socks p;
    cssl_error one, two, told;
    socks_new(&p);
    (void)fail(&one, CSSL_R_BAD_RECORD_MAC);
    (void)fail(&two, CSSL_R_TRUNCATED);
    sock_keep_error(p.client, &one);
    sock_keep_error(p.client, &two);
    assert_int_equal(sock_tell_error(p.client, &told), CSSL_ALERT);
    assert_int_equal(told.reason, CSSL_R_BAD_RECORD_MAC);
    sock_keep_error(p.server, NULL); /* there was no memory for it */
    sock_keep_error(p.server, &two);
    assert_int_equal(sock_tell_error(p.server, &told), CSSL_NOMEM);
    socks_free(&p);
}

static void test_what_events_leave(void **state)
{
    (void)state;
    static const uint8_t data[] = { 1, 2, 3 };
    struct socks p;
    cssl_error err;
    (void)fail(&err, CSSL_R_BAD_RECORD_MAC);
    const cssl_event got = { .type = CSSL_EV_DATA, .data = bytes_of(data, sizeof(data)) };
    const cssl_event ticket = { .type = CSSL_EV_TICKET, .data = bytes_of(data, 1) };
    const cssl_event closed = { .type = CSSL_EV_CLOSED };
    const cssl_event failed = { .type = CSSL_EV_ERROR, .error = &err };
    socks_new(&p);
    p.client->discard = true;
    sock_take_event(p.client, &got);
    assert_int_equal(p.client->view.len, 0);
    p.client->discard = false;
    sock_take_event(p.client, &got);
    assert_ptr_equal(p.client->view.data, data);
    sock_take_event(p.client, &ticket);
    assert_int_equal(p.client->view.len, sizeof(data));
    assert_false(p.client->peer_closed);
    sock_take_event(p.client, &closed);
    assert_true(p.client->peer_closed);
    assert_false(p.client->recv_failed);
    sock_take_event(p.client, &failed);
    assert_true(p.client->recv_failed);
    socks_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_push_and_pull),          cmocka_unit_test(test_a_full_kernel),
        cmocka_unit_test(test_a_peer_that_is_gone),    cmocka_unit_test(test_what_events_leave),
        cmocka_unit_test(test_the_first_error_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_mailbox.c - wake-ups, active modes and members, without a listener or a thread. */
#include "sock_support.h"

#include "socket/mailbox_state.h"

static void test_wake_is_told_once(void **state)
{
    (void)state;
    cssl_error err;
    cssl_event ev;
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_non_null(mb);
    assert_true(cssl_mailbox_fd(mb) >= 0);
    assert_int_equal(cssl_mailbox_timeout(mb), CSSL_INFINITY);
    for (int i = 0; i < 3; i++) {
        cssl_mailbox_wake(mb);
    }
    assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
    assert_int_equal(ev.type, CSSL_EV_WAKE);
    assert_null(ev.socket);
    assert_int_equal(cssl_receive(mb, &ev, 0, &err), CSSL_TIMEOUT);
    mailbox_poke(mb); /* without a wake-up it tells nothing */
    assert_int_equal(cssl_receive(mb, &ev, 0, &err), CSSL_TIMEOUT);
    cssl_mailbox_wake(mb);
    assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
    cssl_mailbox_free(mb);
    cssl_mailbox_free(NULL);
}

static void test_active_modes(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    cssl_event ev;
    struct socks early;
    socks_new(&early);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_int_equal(cssl_set_active(early.client, mb, CSSL_ACTIVE, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_NOT_NOW);
    socks_free(&early);
    socks_open(&p);
    static const int wrong[] = { -3, 32768, INT32_MAX, INT32_MIN };
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_int_equal(cssl_set_active(p.server, mb, wrong[i], &err), CSSL_STATE);
        assert_int_equal(err.reason, CSSL_R_ACTIVE_VALUE);
    }
    assert_int_equal(cssl_set_active(p.server, NULL, CSSL_ONCE, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    assert_int_equal(cssl_set_active(p.server, mb, 32767, &err), 0);
    assert_int_equal(cssl_set_active(p.server, NULL, 1, &err), CSSL_STATE); /* one too many */
    assert_int_equal(cssl_set_active(p.server, NULL, CSSL_PASSIVE, &err), 0); /* taken back */
    assert_null(p.server->mailbox);
    assert_int_equal(cssl_set_active(p.server, mb, CSSL_ONCE, &err), 0);
    char c;
    assert_int_equal(cssl_recv(p.server, &c, 1, 0, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_IN_MAILBOX);
    assert_int_equal(cssl_send(p.client, "a", 1, 0, &err), 0);
    assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
    assert_int_equal(ev.type, CSSL_EV_DATA);
    assert_ptr_equal(ev.socket, p.server);
    assert_int_equal(cssl_send(p.client, "b", 1, 0, &err), 0);
    assert_int_equal(cssl_receive(mb, &ev, 0, &err), CSSL_TIMEOUT); /* once was one event */
    assert_int_equal(cssl_set_active(p.server, NULL, 1, &err), 0);
    assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
    assert_int_equal(ev.data.data[0], 'b');
    assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
    assert_int_equal(ev.type, CSSL_EV_PASSIVE);
    cssl_mailbox_free(mb); /* and with it the socket that lives in it */
    p.server = NULL;
    socks_free(&p);
}

static void test_shares(void **state)
{
    (void)state;
    cssl_error err;
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_true(mailbox_spend(mb, TURN_BYTES - 1));
    assert_false(mailbox_spend(mb, 1));
    cssl_mailbox_free(mb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wake_is_told_once),
        cmocka_unit_test(test_active_modes),
        cmocka_unit_test(test_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

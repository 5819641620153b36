/*
 * test_mailbox_socket.c - a socket's turn in a mailbox: what it delivers under each active mode,
 * and that its end is told once.
 */
#include "sock_support.h"

#include "socket/mailbox_state.h"

static cssl_mailbox *mailbox_of(cssl_socket *s, int active)
{
    cssl_error err;
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_non_null(mb);
    assert_int_equal(cssl_set_active(s, mb, active, &err), 0);
    return mb;
}

static void must_send(cssl_socket *s, const char *text)
{
    cssl_error err;
    assert_int_equal(cssl_send(s, text, strlen(text), PATIENCE_MS, &err), 0);
}

/* must_get takes the next event; text is the data that it must have, NULL for none. */
static void must_get(cssl_mailbox *mb, cssl_socket *s, cssl_event_type type, const char *text)
{
    cssl_event ev;
    cssl_error err;
    assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
    assert_int_equal(ev.type, type);
    assert_ptr_equal(ev.socket, s);
    if (text != NULL) {
        assert_int_equal(ev.data.len, strlen(text));
        assert_memory_equal(ev.data.data, text, ev.data.len);
    }
}

static void must_be_silent(cssl_mailbox *mb)
{
    cssl_event ev;
    cssl_error err;
    assert_int_equal(cssl_receive(mb, &ev, 0, &err), CSSL_TIMEOUT);
}

/* Each send is a record, and each record an event. */
static void test_modes(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    socks_open(&p);
    cssl_mailbox *mb = mailbox_of(p.server, CSSL_ONCE);
    must_send(p.client, "one");
    must_send(p.client, "two");
    must_get(mb, p.server, CSSL_EV_DATA, "one");
    must_be_silent(mb); /* {active, once} says nothing when it is over */
    assert_int_equal(cssl_set_active(p.server, NULL, 2, &err), 0);
    must_get(mb, p.server, CSSL_EV_DATA, "two");
    must_be_silent(mb);
    must_send(p.client, "three");
    must_get(mb, p.server, CSSL_EV_DATA, "three");
    must_get(mb, p.server, CSSL_EV_PASSIVE, NULL);
    must_send(p.client, "four");
    must_be_silent(mb);
    assert_int_equal(cssl_set_active(p.server, NULL, CSSL_ACTIVE, &err), 0);
    must_send(p.client, "five");
    must_get(mb, p.server, CSSL_EV_DATA, "four");
    must_get(mb, p.server, CSSL_EV_DATA, "five");
    must_be_silent(mb);
    cssl_mailbox_free(mb);
    p.server = NULL; /* it lived in there */
    socks_free(&p);
}

static void test_end_is_told_once(void **state)
{
    (void)state;
    for (int cut = 0; cut < 2; cut++) {
        struct socks p;
        cssl_error err;
        socks_open(&p);
        cssl_mailbox *mb = mailbox_of(p.server, CSSL_ACTIVE);
        must_send(p.client, "last");
        if (cut == 1) {
            assert_int_equal(shutdown(cssl_fd(p.client), SHUT_WR), 0); /* no close_notify */
        } else {
            assert_int_equal(cssl_shutdown(p.client, SHUT_WR, PATIENCE_MS, &err), 0);
        }
        must_get(mb, p.server, CSSL_EV_DATA, "last");
        must_get(mb, p.server, cut == 1 ? CSSL_EV_ERROR : CSSL_EV_CLOSED, NULL);
        for (int i = 0; i < 3; i++) {
            must_be_silent(mb);
        }
        cssl_mailbox_free(mb);
        p.server = NULL;
        socks_free(&p);
    }
}

/* After cssl_close nothing comes any more, though the socket still lingers. */
static void test_closing_is_silent(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    socks_open(&p);
    cssl_mailbox *mb = mailbox_of(p.server, CSSL_ACTIVE);
    must_send(p.client, "never seen");
    assert_int_equal(cssl_close(p.server, PATIENCE_MS, &err), 0);
    p.server = NULL;
    must_be_silent(mb);
    uint8_t byte;
    assert_int_equal(cssl_recv(p.client, &byte, 1, PATIENCE_MS, &err), 0); /* close_notify */
    cssl_mailbox_free(mb);
    socks_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_end_is_told_once),
        cmocka_unit_test(test_closing_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

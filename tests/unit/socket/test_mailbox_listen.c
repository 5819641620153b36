/* test_mailbox_listen.c - a listener in a mailbox: who may have it, what accepting tells. */
#include "sock_support.h"

#include "socket/mailbox_state.h"

#include <netinet/in.h>
#include <unistd.h>

static void test_accepting(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    cssl_event ev;
    socks_new(&p);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    cssl_listener *l = cssl_listen_with(0, p.server_config, &err);
    assert_non_null(mb);
    assert_non_null(l);
    assert_int_equal(cssl_listener_set_mailbox(l, mb, &err), 0);
    assert_int_equal(cssl_listener_set_mailbox(l, mb, &err), CSSL_STATE); /* it is in there */
    assert_int_equal(cssl_receive(mb, &ev, 0, &err), CSSL_TIMEOUT);
    assert_non_null(mb->inlets);
    assert_true(mb->inlets->watched);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(cssl_listener_port(l)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
    assert_int_equal(ev.type, CSSL_EV_ACCEPTED);
    assert_ptr_equal(ev.listener, l);
    assert_non_null(ev.socket);
    assert_int_equal(mb->handshakes, 1);
    cssl_socket *s = ev.socket;
    (void)close(fd);
    assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
    assert_int_equal(ev.type, CSSL_EV_ERROR); /* it said nothing and went away */
    assert_ptr_equal(ev.socket, s);
    assert_int_equal(mb->handshakes, 0);
    cssl_listener_close(l);
    assert_int_equal(cssl_receive(mb, &ev, 0, &err), CSSL_TIMEOUT);
    assert_null(mb->inlets); /* the closed one is given up */
    cssl_mailbox_free(mb);
    socks_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_listen.c - listeners at their edges: descriptors, roles, the end, and their inlets. */
#include "sock_support.h"

#include "socket/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void test_refused_descriptors(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    socks_new(&p);
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct {
        int fd, posix;
    } rows[] = { { -1, EBADF }, { file, ENOTSOCK }, { silent, EINVAL },
                 { p.client->fd, EINVAL } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_null(cssl_listen_fd(rows[i].fd, p.server_config, &err));
        assert_int_equal(err.reason, CSSL_R_LISTEN);
        assert_int_equal(err.posix, rows[i].posix);
    }
    assert_int_equal(listen(silent, 1), 0); /* on a free port */
    assert_null(cssl_listen_fd(silent, p.client_config, &err));
    assert_int_equal(err.reason, CSSL_R_CONFIG_ROLE);
    assert_int_equal(close(silent), 0); /* it is still ours */
    (void)close(file);
    socks_free(&p);
}

static void test_the_end(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    struct sockaddr_storage addr;
    socks_new(&p);
    cssl_listener *l = cssl_listen_with(0, p.server_config, &err);
    assert_non_null(l);
    assert_true(cssl_listener_port(l) != 0);
    assert_int_equal(cssl_listener_sockname(l, &addr, &err), 0);
    assert_null(cssl_transport_accept(l, 0, &err));
    assert_int_equal(err.status, CSSL_TIMEOUT);
    assert_int_equal(cssl_listener_set_config(l, p.client_config, &err), CSSL_STATE);
    assert_int_equal(cssl_listener_set_config(l, NULL, &err), CSSL_STATE);
    assert_int_equal(cssl_listener_set_config(l, p.server_config, &err), 0);
    cssl_listener_shutdown(l);
    cssl_listener_shutdown(l);
    assert_null(cssl_transport_accept(l, CSSL_INFINITY, &err));
    assert_int_equal(err.status, CSSL_CLOSED);
    cssl_listener_close(l);
    cssl_listener_close(NULL);
    assert_null(cssl_listen_with(0, p.client_config, &err));
    assert_int_equal(err.reason, CSSL_R_CONFIG_ROLE);
    socks_free(&p);
}

static void test_inlets(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    struct inlet one = { .closed = false }, again = { .closed = false }, late = { .closed = false };
    socks_new(&p);
    cssl_listener *l = cssl_listen_with(0, p.server_config, &err);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_non_null(l);
    assert_non_null(mb);
    one.mailbox = again.mailbox = late.mailbox = mb;
    assert_int_equal(listener_attach(l, &one, &err), 0);
    assert_int_equal(listener_attach(l, &again, &err), CSSL_STATE); /* a mailbox has one */
    assert_null(cssl_transport_accept(l, 0, &err));
    assert_int_equal(err.reason, CSSL_R_NOT_NOW);
    assert_false(listener_is_closed(&one));
    cssl_listener_shutdown(l);
    assert_true(listener_is_closed(&one));
    assert_int_equal(listener_attach(l, &late, &err), CSSL_CLOSED);
    cssl_listener_close(l); /* the inlet keeps it in memory */
    assert_true(listener_fd(one.listener) >= 0);
    listener_detach(&one);
    cssl_mailbox_free(mb);
    socks_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_descriptors),
        cmocka_unit_test(test_the_end),
        cmocka_unit_test(test_inlets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

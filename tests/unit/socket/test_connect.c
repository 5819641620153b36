/* test_connect.c - what is refused before anything is connected, and whose the descriptor is. */
#include "sock_support.h"

#include <fcntl.h>
#include <unistd.h>

static void test_roles(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    socks_new(&p);
    const int fd = p.client->fd;
    assert_null(cssl_connect_with("localhost", 1, NULL, 0, &err));
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    assert_null(cssl_connect_with("localhost", 1, p.server_config, 0, &err));
    assert_int_equal(err.reason, CSSL_R_CONFIG_ROLE);
    assert_null(cssl_connect_start("localhost", 1, p.client_config, NULL, &err));
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    assert_null(cssl_connect_fd_with(fd, "localhost", p.server_config, 0, &err));
    assert_int_equal(err.reason, CSSL_R_CONFIG_ROLE);
    assert_null(cssl_connect_fd_with(-1, "localhost", p.client_config, 0, &err));
    assert_int_equal(err.reason, CSSL_R_NOT_A_CONNECTION);
    assert_null(cssl_accept_fd(fd, p.client_config, &err));
    assert_int_equal(err.reason, CSSL_R_CONFIG_ROLE);
    assert_int_equal(cssl_handshake(p.client, 0, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_CONFIG_ROLE);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    socks_free(&p);
}

static void test_hosts_that_are_none(void **state)
{
    (void)state;
    static const char *const hosts[] = { "", "a b", "https://example.org" };
    struct socks p;
    cssl_error err;
    socks_new(&p);
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        assert_null(cssl_connect_with(hosts[i], 1, p.client_config, 0, &err));
        assert_int_equal(err.reason, CSSL_R_HOST_MALFORMED);
    }
    socks_free(&p);
}

/* A handshake that fails leaves the caller his descriptor, open and as it was. */
static void test_a_failed_one_gives_it_back(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    int fds[2];
    socks_new(&p);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_null(cssl_connect_fd_with(fds[0], "localhost", p.client_config, 0, &err));
    assert_int_equal(err.status, CSSL_TIMEOUT); /* nobody answers */
    assert_true(fcntl(fds[0], F_GETFD) >= 0);
    assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, 0);
    (void)close(fds[0]);
    (void)close(fds[1]);
    socks_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_hosts_that_are_none),
        cmocka_unit_test(test_a_failed_one_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

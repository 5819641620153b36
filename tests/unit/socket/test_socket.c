/* test_socket.c - a connection's state: its descriptor, its two halves, how it begins. */
#include "sock_support.h"

#include "socket/deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static void test_new_and_free(void **state)
{
    (void)state;
    struct socks p;
    int mark = 0;
    socks_new(&p);
    int fd = cssl_fd(p.client);
    assert_true(fd >= 0);
    assert_int_equal(p.client->phase, PHASE_NEW);
    assert_null(cssl_user(p.client));
    cssl_set_user(p.client, &mark);
    assert_ptr_equal(cssl_user(p.client), &mark);
    assert_false(sock_is_inherited(p.client->pid));
    assert_true(sock_is_inherited(p.client->pid + 1));
    sock_free(p.client);
    p.client = NULL;
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* it was closed */
    socks_free(&p);
    sock_free(NULL);
}

static void test_flags_come_back(void **state)
{
    (void)state;
    struct fd_flags was;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    int status = fcntl(fds[0], F_GETFL);
    assert_int_equal(sock_prepare(fds[0], &was), 0);
    assert_true((fcntl(fds[0], F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(fds[0], F_GETFD) & FD_CLOEXEC) != 0);
    sock_restore(fds[0], &was);
    assert_int_equal(fcntl(fds[0], F_GETFL), status);
    assert_int_equal(fcntl(fds[0], F_GETFD) & FD_CLOEXEC, 0);
    assert_int_equal(sock_prepare(-1, &was), EBADF);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void test_check_connected(void **state)
{
    (void)state;
    int stream[2], datagram[2];
    cssl_error err;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, datagram), 0);
    int lonely = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const struct {
        int fd, posix;
    } rows[] = {
        { stream[0], 0 }, { datagram[0], EPROTOTYPE }, { lonely, ENOTCONN },
        { file, ENOTSOCK }, { -1, EBADF },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        err.posix = 0;
        assert_int_equal(sock_check_connected(rows[i].fd, &err),
                         rows[i].posix == 0 ? 0 : CSSL_SYSTEM);
        assert_int_equal(err.posix, rows[i].posix);
        assert_true(rows[i].posix == 0 || err.reason == CSSL_R_NOT_A_CONNECTION);
    }
    const int all[] = { stream[0], stream[1], datagram[0], datagram[1], lonely, file };
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        (void)close(all[i]);
    }
}

static void test_start(void **state)
{
    (void)state;
    struct socks p;
    cssl_error err;
    cssl_info info;
    socks_new(&p);
    assert_int_equal(sock_start(p.client, NULL, 0, true, &err), CSSL_OPTION); /* nobody to verify */
    assert_int_equal(p.client->phase, PHASE_FAILED);
    assert_true(p.client->recv_failed);
    assert_int_equal(sock_tell_error(p.client, &err), CSSL_OPTION);
    assert_int_equal(sock_start(p.server, NULL, 0, true, &err), 0);
    assert_int_equal(p.server->phase, PHASE_HANDSHAKE);
    socks_free(&p);
    socks_new(&p);
    assert_int_equal(sock_start(p.client, "localhost", 443, true, &err), 0);
    cssl_connection_information(p.client, &info);
    assert_string_equal(info.sni_hostname, "localhost");
    socks_free(&p);
    socks_new(&p);
    assert_int_equal(sock_start(p.client, "fe80::1%eth0", 443, true, &err), 0);
    cssl_connection_information(p.client, &info);
    assert_string_equal(info.sni_hostname, ""); /* an address, its scope apart */
    socks_free(&p);
}

static void test_halves(void **state)
{
    (void)state;
    struct socks p;
    socks_open(&p);
    assert_true(recv_try(p.client));
    assert_false(recv_try(p.client));
    assert_true(send_try(p.client)); /* the other half is free */
    assert_false(p.client->flush_missed);
    assert_false(send_try(p.client));
    assert_true(p.client->flush_missed); /* whoever holds it is to push */
    assert_int_equal(cssl_engine_write(p.client->engine, "x", 1, NULL), 1);
    send_end(p.client);
    assert_false(p.client->flush_missed);
    assert_int_equal(cssl_engine_output(p.client->engine).len, 0); /* and did */
    recv_end(p.client);
    recv_begin(p.client);
    recv_pause(p.client);
    assert_false(recv_try(p.client)); /* who waits must see what comes */
    assert_false(p.client->receiving);
    recv_resume(p.client);
    recv_end(p.client);
    assert_true(recv_try(p.client));
    recv_end(p.client);
    send_begin(p.client);
    assert_true(p.client->sending);
    send_end(p.client);
    assert_false(p.client->sending || p.client->receiving);
    socks_free(&p);
}

static void test_wait(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(sock_wait(fds[0], POLLIN, deadline_after(0)), 0);
    assert_int_equal(sock_wait(fds[0], POLLOUT, deadline_after(0)), 1);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(sock_wait(fds[0], POLLIN, NEVER), 1);
    (void)close(fds[1]);
    assert_int_equal(sock_wait(fds[0], 0, deadline_after(PATIENCE_MS)), 1); /* its end too */
    (void)close(fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_and_free),    cmocka_unit_test(test_flags_come_back),
        cmocka_unit_test(test_check_connected), cmocka_unit_test(test_start),
        cmocka_unit_test(test_halves),          cmocka_unit_test(test_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

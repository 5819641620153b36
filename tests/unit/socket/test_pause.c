/* test_pause.c - handshakes paused at the hello, gone on with other options, and cancelled. */
#include "sock_support.h"

#include <pthread.h>
#include <unistd.h>

struct client {
    pthread_t thread;
    int fd;
    bool pause;
    cssl_socket *s;
    int rc;
    cssl_error err;
};

static void *run_client(void *arg)
{
    struct client *c = arg;
    const cssl_options o = { .cacertfile = SOCK_CERTS "ca.pem",
                             .alpn_protocols = CSSL_LIST("h2", "http/1.1"),
                             .pause_at_hello = c->pause };
    c->s = cssl_connect_fd(c->fd, "localhost", &o, PATIENCE_MS, &c->err);
    c->rc = c->s == NULL ? c->err.status : 0;
    if (c->pause && c->s != NULL) {
        cssl_hello hello;
        bool seen = cssl_peer_hello(c->s, &hello, NULL) == 0 && !hello.client;
        c->rc = seen ? cssl_handshake_continue(c->s, NULL, PATIENCE_MS, &c->err) : CSSL_STATE;
    }
    return NULL;
}

static cssl_socket *begin(struct client *c, bool server, bool client)
{
    int fds[2];
    cssl_error err;
    const cssl_options o = { .certfile = SOCK_CERTS "server.pem",
                             .keyfile = SOCK_CERTS "server.key.pem",
                             .pause_at_hello = server };
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    cssl_config *config = cssl_server_config(&o, &err);
    assert_non_null(config);
    cssl_socket *s = cssl_accept_fd(fds[1], config, &err);
    assert_non_null(s);
    cssl_config_free(config);
    *c = (struct client){ .fd = fds[0], .pause = client };
    assert_int_equal(pthread_create(&c->thread, NULL, run_client, c), 0);
    return s;
}

static void test_server_goes_on(void **state)
{
    (void)state;
    struct client c;
    cssl_error err;
    cssl_hello hello;
    cssl_info info;
    cssl_socket *s = begin(&c, true, false);
    assert_int_equal(cssl_peer_hello(s, &hello, &err), CSSL_STATE);
    assert_int_equal(cssl_handshake(s, PATIENCE_MS, &err), CSSL_PAUSED);
    assert_int_equal(cssl_handshake(s, PATIENCE_MS, &err), CSSL_PAUSED); /* still */
    assert_int_equal(cssl_peer_hello(s, &hello, &err), 0);
    assert_true(hello.client);
    assert_int_equal(hello.server_name.len, strlen("localhost"));
    assert_memory_equal(hello.server_name.data, "localhost", hello.server_name.len);
    const cssl_options wrong = { .server_name_indication = "x" };
    assert_int_equal(cssl_handshake_continue(s, &wrong, PATIENCE_MS, &err), CSSL_OPTION);
    const cssl_options more = { .alpn_protocols = CSSL_LIST("http/1.1") };
    assert_int_equal(cssl_handshake_continue(s, &more, PATIENCE_MS, &err), 0);
    assert_int_equal(pthread_join(c.thread, NULL), 0);
    assert_int_equal(c.rc, 0);
    cssl_connection_information(s, &info);
    assert_string_equal(info.alpn_protocol, "http/1.1");
    assert_int_equal(cssl_handshake_continue(s, NULL, 0, &err), CSSL_STATE);
    cssl_close(c.s, 0, NULL);
    cssl_close(s, 0, NULL);
}

static void test_client_goes_on(void **state)
{
    (void)state;
    struct client c;
    cssl_error err;
    cssl_socket *s = begin(&c, false, true);
    assert_int_equal(cssl_handshake(s, PATIENCE_MS, &err), 0);
    assert_int_equal(pthread_join(c.thread, NULL), 0);
    assert_int_equal(c.rc, 0);
    cssl_close(c.s, 0, NULL);
    cssl_close(s, 0, NULL);
}

static void test_cancelled(void **state)
{
    (void)state;
    struct client c;
    cssl_error err;
    cssl_socket *s = begin(&c, true, false);
    assert_int_equal(cssl_handshake(s, PATIENCE_MS, &err), CSSL_PAUSED);
    cssl_handshake_cancel(s);
    assert_int_equal(pthread_join(c.thread, NULL), 0);
    assert_null(c.s);
    assert_int_equal(c.err.status, CSSL_CLOSED); /* user_canceled, close_notify */
    (void)close(c.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_goes_on),
        cmocka_unit_test(test_client_goes_on),
        cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

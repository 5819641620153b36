/* sock_support.c - two sockets over a socket pair. */
#include "sock_support.h"

#include <unistd.h>

void socks_new(struct socks *p)
{
    const cssl_options c = { .cacertfile = SOCK_CERTS "ca.pem" };
    const cssl_options s = { .certfile = SOCK_CERTS "server.pem",
                             .keyfile = SOCK_CERTS "server.key.pem" };
    cssl_error err = { .text = "" };
    struct fd_flags was;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(sock_prepare(fds[0], &was), 0);
    assert_int_equal(sock_prepare(fds[1], &was), 0);
    p->client_config = cssl_client_config(&c, &err);
    p->server_config = cssl_server_config(&s, &err);
    if (p->client_config == NULL || p->server_config == NULL) {
        fail_msg("%s", err.text);
    }
    p->client = sock_new(fds[0], p->client_config, &err);
    p->server = sock_new(fds[1], p->server_config, &err);
    assert_non_null(p->client);
    assert_non_null(p->server);
}

/* turn carries on with one side's handshake without waiting. */
static void turn(cssl_socket *s)
{
    cssl_event ev;
    while (sock_next(s, &ev)) {
        assert_int_equal(ev.type, CSSL_EV_CONNECTED);
        s->connected = true;
    }
    assert_int_equal(sock_push(s, NULL), 0);
    (void)sock_pull(s);
    assert_false(s->recv_failed);
}

void socks_open(struct socks *p)
{
    socks_new(p);
    assert_int_equal(sock_start(p->client, "localhost", 0, true, NULL), 0);
    assert_int_equal(sock_start(p->server, NULL, 0, true, NULL), 0);
    for (int i = 0; i < 8; i++) {
        turn(p->client);
        turn(p->server);
    }
    assert_true(p->client->connected && p->server->connected);
    p->client->phase = PHASE_OPEN;
    p->server->phase = PHASE_OPEN;
}

void socks_free(struct socks *p)
{
    sock_free(p->client);
    sock_free(p->server);
    cssl_config_free(p->client_config);
    cssl_config_free(p->server_config);
}

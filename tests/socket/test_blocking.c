/* test_blocking.c - blocking calls between two sockets: data, ends of all kinds, timeouts. */
#include "peers.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

static void send_text(cssl_socket *s, const char *text)
{
    cssl_error err;
    ok(cssl_send(s, text, strlen(text), PATIENCE, &err), &err);
}

static void receive_text(cssl_socket *s, const char *text)
{
    char got[64];
    cssl_error err;
    ok(cssl_recv_exact(s, got, strlen(text), PATIENCE, &err), &err);
    assert_memory_equal(got, text, strlen(text));
}

static void test_echo(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    cssl_info info;
    struct sockaddr_storage there, here;
    cssl_stat stat;
    pair_open(&p, NULL, NULL);
    send_text(p.client, "Hello, server!");
    receive_text(p.server, "Hello, server!");
    send_text(p.server, "Hello, secure world!");
    receive_text(p.client, "Hello, secure world!");

    cssl_connection_information(p.client, &info);
    assert_string_equal(info.protocol, "tlsv1.3");
    assert_true(info.peer_verified);
    ok(cssl_peername(p.client, &there, &err), &err);
    ok(cssl_sockname(p.server, &here, &err), &err);
    assert_int_equal(there.ss_family, here.ss_family);
    uint16_t port = there.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&there)->sin6_port
                                                : ((struct sockaddr_in *)&there)->sin_port;
    assert_int_equal(ntohs(port), cssl_listener_port(p.listener));
    ok(cssl_getstat(p.client, &stat, &err), &err);
    assert_true(stat.recv_oct > 20 && stat.send_oct > 14 && stat.recv_cnt > 0 && stat.send_cnt > 0);
    assert_int_equal(stat.send_pend, 0);
    assert_true(fcntl(cssl_fd(p.client), F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(cssl_fd(p.server), F_GETFD) & FD_CLOEXEC);
    cssl_set_user(p.client, &p);
    assert_ptr_equal(cssl_user(p.client), &p);

    uint8_t mine[64], yours[64];
    size_t mine_len = sizeof(mine), yours_len = sizeof(yours);
    ok(cssl_channel_binding(p.client, "tls-exporter", mine, &mine_len, &err), &err);
    ok(cssl_channel_binding(p.server, "tls-exporter", yours, &yours_len, &err), &err);
    assert_int_equal(mine_len, yours_len);
    assert_memory_equal(mine, yours, mine_len);
    cssl_bytes context = { .data = NULL, .len = 0 };
    ok(cssl_export_key_material(p.client, "EXPERIMENTAL x", context, mine, 32, &err), &err);
    ok(cssl_export_key_material(p.server, "EXPERIMENTAL x", context, yours, 32, &err), &err);
    assert_memory_equal(mine, yours, 32);
    cssl_bytes der;
    ok(cssl_peercert(p.client, 0, &der, &err), &err);
    assert_true(der.len > 100);
    assert_true(cssl_peercert(p.client, 9, &der, &err) < 0);
    pair_close(&p);
}

static void test_pieces(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    struct iovec v[40];
    char text[200];
    size_t text_len = 0;
    pair_open(&p, NULL, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
        static char words[] = "one two three";
        size_t len = i % 4; /* empty ones too */
        v[i] = (struct iovec){ .iov_base = words + i % 5, .iov_len = len };
        memcpy(text + text_len, words + i % 5, len);
        text_len += len;
    }
    ok(cssl_sendv(p.client, v, ARRAY_SIZE(v), PATIENCE, &err), &err);
    ok(cssl_sendv(p.client, v, 1, PATIENCE, &err), &err); /* an empty one alone */
    ok(cssl_sendv(p.client, NULL, 0, PATIENCE, &err), &err);
    char got[200];
    ok(cssl_recv_exact(p.server, got, text_len, PATIENCE, &err), &err);
    assert_memory_equal(got, text, text_len);
    assert_int_equal(cssl_sendv(p.client, NULL, 3, PATIENCE, &err), CSSL_STATE);
    assert_int_equal(cssl_recv(p.server, got, sizeof(got), 0, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_recv(p.server, got, 0, 0, &err), CSSL_STATE);
    pair_close(&p);
}

static void test_receive_times_out_and_loses_nothing(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    char got[20];
    pair_open(&p, NULL, NULL);
    assert_int_equal(cssl_recv(p.server, got, 1, 0, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_recv(p.server, got, 1, 20, &err), CSSL_TIMEOUT);
    assert_int_equal(err.reason, CSSL_R_TIMEOUT);
    send_text(p.client, "12345");
    assert_int_equal(cssl_recv_exact(p.server, got, 10, 20, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_pending(p.server), 5);
    send_text(p.client, "678");
    assert_int_equal(cssl_recv_exact(p.server, got, 10, 20, &err), CSSL_TIMEOUT);
    ok(cssl_recv_exact(p.server, got, 2, 0, &err), &err);
    assert_memory_equal(got, "12", 2);
    send_text(p.client, "90ab");
    ok(cssl_recv_exact(p.server, got, 10, PATIENCE, &err), &err);
    assert_memory_equal(got, "34567890ab", 10);
    assert_int_equal(cssl_pending(p.server), 0);
    pair_close(&p);
}

static void test_pending_counts_what_has_come(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    char got[4];
    pair_open(&p, NULL, NULL);
    send_text(p.client, "abcdef");
    assert_int_equal(cssl_recv(p.server, got, 2, PATIENCE, &err), 2);
    assert_int_equal(cssl_pending(p.server), 4);
    assert_int_equal(cssl_recv(p.server, got, 4, 0, &err), 4);
    assert_memory_equal(got, "cdef", 4);
    pair_close(&p);
}

static void test_stalling_peers(void **state)
{
    (void)state;
    cssl_error err;
    uint16_t port;
    int listening = raw_listen(&port);
    cssl_options options = client_options();
    assert_null(cssl_connect("127.0.0.1", port, &options, 50, &err));
    assert_int_equal(err.status, CSSL_TIMEOUT);
    (void)close(listening);

    options = server_options();
    cssl_listener *l = cssl_listen(0, &options, &err);
    assert_non_null(l);
    assert_null(cssl_transport_accept(l, 0, &err));
    assert_int_equal(err.status, CSSL_TIMEOUT);
    assert_null(cssl_transport_accept(l, 20, &err));
    assert_int_equal(err.status, CSSL_TIMEOUT);
    int silent = raw_connect(cssl_listener_port(l));
    cssl_socket *s = cssl_transport_accept(l, PATIENCE, &err);
    assert_non_null(s);
    assert_int_equal(cssl_send(s, "x", 1, 0, &err), CSSL_STATE);
    assert_int_equal(cssl_handshake(s, 0, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_handshake(s, 30, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_recv(s, &port, 1, 0, &err), CSSL_STATE);
    assert_int_equal(cssl_close(s, 0, &err), 0);
    /* The last words are the alerts user_canceled and close_notify (RFC 8446 6.1). */
    uint8_t alert[32];
    ssize_t n = recv(silent, alert, sizeof(alert), MSG_WAITALL);
    assert_int_equal(n, 14);
    assert_int_equal(alert[0], 21);
    assert_int_equal(alert[6], 90);
    assert_int_equal(alert[13], 0);
    (void)close(silent);
    cssl_listener_close(l);
}

static void test_garbage_is_refused(void **state)
{
    (void)state;
    cssl_error err;
    uint8_t alert[16];
    cssl_options options = server_options();
    cssl_listener *l = cssl_listen(0, &options, &err);
    assert_non_null(l);
    int raw = raw_connect(cssl_listener_port(l));
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    assert_int_equal(write(raw, request, sizeof(request) - 1), sizeof(request) - 1);
    cssl_socket *s = cssl_transport_accept(l, PATIENCE, &err);
    assert_non_null(s);
    assert_int_equal(cssl_handshake(s, PATIENCE, &err), CSSL_ALERT);
    assert_false(err.alert_from_peer);
    assert_int_equal(cssl_handshake(s, PATIENCE, &err), CSSL_STATE);
    /* The alert arrives though the peer has sent more than was read. */
    assert_int_equal(write(raw, request, sizeof(request) - 1), sizeof(request) - 1);
    assert_true(cssl_close(s, 100, &err) < 0);
    assert_int_equal(recv(raw, alert, sizeof(alert), 0), 7);
    assert_int_equal(alert[0], 21);
    assert_int_equal(recv(raw, alert, sizeof(alert), 0), 0);
    (void)close(raw);
    cssl_listener_close(l);
}

static void test_clean_close_is_told_from_truncation(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    char got[8];
    pair_open(&p, NULL, NULL);
    send_text(p.client, "last");
    assert_int_equal(cssl_shutdown(p.client, SHUT_WR, PATIENCE, &err), 0);
    assert_int_equal(cssl_shutdown(p.client, SHUT_WR, PATIENCE, &err), 0); /* no harm in it */
    receive_text(p.server, "last");
    assert_int_equal(cssl_recv(p.server, got, sizeof(got), PATIENCE, &err), 0);
    assert_int_equal(cssl_recv(p.server, got, sizeof(got), PATIENCE, &err), 0);
    assert_int_equal(cssl_recv_exact(p.server, got, 1, PATIENCE, &err), CSSL_CLOSED);
    /* The other direction is open still. */
    assert_int_equal(cssl_send(p.client, "x", 1, 0, &err), CSSL_CLOSED);
    send_text(p.server, "answer");
    receive_text(p.client, "answer");
    assert_int_equal(cssl_close(p.server, PATIENCE, &err), 0);
    p.server = NULL;
    assert_int_equal(cssl_recv(p.client, got, sizeof(got), PATIENCE, &err), 0);
    assert_int_equal(cssl_close(p.client, PATIENCE, &err), 0);
    p.client = NULL;
    pair_close(&p);

    pair_open(&p, NULL, NULL);
    send_text(p.client, "cut");
    assert_int_equal(shutdown(cssl_fd(p.client), SHUT_WR), 0); /* behind the library's back */
    receive_text(p.server, "cut");
    assert_int_equal(cssl_recv(p.server, got, sizeof(got), PATIENCE, &err), CSSL_TRUNCATED);
    assert_int_equal(cssl_recv(p.server, got, sizeof(got), PATIENCE, &err), CSSL_TRUNCATED);
    assert_int_equal(cssl_recv_exact(p.server, got, 1, PATIENCE, &err), CSSL_TRUNCATED);
    assert_int_equal(cssl_close(p.server, 100, &err), CSSL_TRUNCATED);
    p.server = NULL;
    pair_close(&p);
}

static void test_reset_is_truncation(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    char got[8];
    pair_open(&p, NULL, NULL);
    const struct linger now = { .l_onoff = 1, .l_linger = 0 };
    int fd = dup(cssl_fd(p.client));
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
    struct sockaddr none = { .sa_family = AF_UNSPEC };
    assert_int_equal(connect(fd, &none, sizeof(none)), 0); /* resets the connection */
    (void)close(fd);
    assert_int_equal(cssl_recv(p.server, got, sizeof(got), PATIENCE, &err), CSSL_TRUNCATED);
    assert_int_equal(err.posix, ECONNRESET);
    int rc = 0;
    for (int i = 0; i < 100 && rc == 0; i++) {
        rc = cssl_send(p.server, "x", 1, PATIENCE, &err);
    }
    assert_int_equal(rc, CSSL_TRUNCATED);
    pair_close(&p);
}

static void test_shutdown_of_receiving(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    char got[8];
    pair_open(&p, NULL, NULL);
    assert_int_equal(cssl_shutdown(p.server, 77, 0, &err), CSSL_STATE);
    send_text(p.client, "unwanted");
    assert_int_equal(cssl_shutdown(p.server, SHUT_RD, 0, &err), 0);
    assert_int_equal(cssl_recv(p.server, got, sizeof(got), PATIENCE, &err), CSSL_CLOSED);
    send_text(p.server, "still");
    receive_text(p.client, "still");
    pair_close(&p);
}

/* A peer that does not read: sending ends with its time, and what is queued has a bound. */
static void test_send_times_out(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    cssl_stat stat;
    cssl_options options = client_options();
    options.send_limit = 100000;
    pair_open(&p, NULL, &options);
    size_t len = 64 << 20;
    uint8_t *data = calloc(1, len);
    assert_non_null(data);
    assert_int_equal(cssl_send(p.client, data, len, 50, &err), CSSL_TIMEOUT);
    ok(cssl_getstat(p.client, &stat, &err), &err);
    assert_true(stat.send_pend > 0 && stat.send_pend < 100000 + 20000);
    assert_int_equal(cssl_send(p.client, data, len, 0, &err), CSSL_TIMEOUT);
    ok(cssl_getstat(p.client, &stat, &err), &err);
    assert_true(stat.send_pend < 100000 + 20000);
    ssize_t n;
    while ((n = cssl_send_some(p.client, data, len, &err)) > 0) {
        assert_true(n < 8 << 20); /* the kernel's buffers may still grow a little */
    }
    assert_int_equal(n, 0);
    assert_int_equal(cssl_shutdown(p.client, SHUT_WR, 20, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_close(p.client, 20, &err), CSSL_TIMEOUT);
    p.client = NULL;
    free(data);
    pair_close(&p);
}

static void test_send_some(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    uint8_t data[50000];
    size_t sent = 0, got = 0;
    cssl_options options = client_options();
    options.send_limit = 60000;
    pair_open(&p, NULL, &options);
    for (;;) {
        fill(data, sizeof(data), sent);
        ssize_t n = cssl_send_some(p.client, data, sizeof(data), &err);
        ok(n, &err);
        sent += (size_t)n;
        if (n == 0) {
            break;
        }
    }
    assert_true(sent > 60000);
    while (got < sent) {
        ssize_t n = cssl_recv(p.server, data, sizeof(data), 0, &err);
        if (n == CSSL_TIMEOUT) { /* what is queued goes out with whatever is done next */
            ok(cssl_send_some(p.client, NULL, 0, &err), &err);
            n = cssl_recv(p.server, data, sizeof(data), PATIENCE, &err);
        }
        ok(n, &err);
        assert_true(check(data, (size_t)n, got));
        got += (size_t)n;
    }
    pair_close(&p);
}

/* The last data arrives although it is closed behind it at once. */
static int read_all(struct job *job)
{
    cssl_socket *s = job->arg;
    static uint8_t data[30000];
    size_t got = 0;
    for (;;) {
        ssize_t n = cssl_recv(s, data, sizeof(data), PATIENCE, &job->err);
        if (n <= 0) {
            return n < 0 ? (int)n : (int)got;
        }
        if (!check(data, (size_t)n, got)) {
            return -100;
        }
        got += (size_t)n;
    }
}

static void test_close_behind_much_data(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    struct job job;
    size_t len = 5000000;
    uint8_t *data = malloc(len);
    assert_non_null(data);
    fill(data, len, 0);
    pair_open(&p, NULL, NULL);
    job_start(&job, read_all, p.server);
    ok(cssl_send(p.client, data, len, PATIENCE, &err), &err);
    /* The server closes nothing by itself: the client waits for it and is let down in time. */
    assert_int_equal(cssl_close(p.client, 100, &err), CSSL_TIMEOUT);
    p.client = NULL;
    assert_int_equal(job_end(&job), len);
    free(data);
    pair_close(&p);
}

/* A peer that goes on sending is not listened to for ever. */
static int send_for_ever(struct job *job)
{
    cssl_socket *s = job->arg;
    static uint8_t data[100000];
    int rc = 0;
    while (rc == 0) {
        rc = cssl_send(s, data, sizeof(data), PATIENCE, &job->err);
    }
    return rc;
}

static void test_close_of_a_talking_peer(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    struct job job;
    pair_open(&p, NULL, NULL);
    job_start(&job, send_for_ever, p.server);
    assert_int_equal(cssl_close(p.client, PATIENCE, &err), CSSL_CLOSED);
    assert_int_equal(err.reason, CSSL_R_STILL_SENDING);
    p.client = NULL;
    assert_true(job_end(&job) < 0);
    pair_close(&p);
}

static int just_handshake(struct job *job)
{
    struct pair *p = job->arg;
    p->server = cssl_transport_accept(p->listener, PATIENCE, &job->err);
    return p->server == NULL ? -1 : cssl_handshake(p->server, PATIENCE, &job->err);
}

static void test_alerts_arrive(void **state)
{
    (void)state;
    struct pair p = { .client = NULL };
    struct job job;
    cssl_error err;
    cssl_options options = server_options();
    p.listener = cssl_listen(0, &options, &err);
    assert_non_null(p.listener);
    uint16_t port = cssl_listener_port(p.listener);
    cssl_options strange = { .cacertfile = CERTS "other-ca.pem" };
    job_start(&job, just_handshake, &p);
    assert_null(cssl_connect("localhost", port, &strange, PATIENCE, &err));
    assert_int_equal(err.status, CSSL_ALERT);
    assert_false(err.alert_from_peer);
    assert_int_equal(job_end(&job), CSSL_ALERT);
    assert_true(job.err.alert_from_peer);
    assert_int_equal(job.err.alert, err.alert);
    assert_int_equal(cssl_close(p.server, 100, &err), CSSL_ALERT);
    p.server = NULL;

    /* Another name than that in the certificate. */
    options = client_options();
    options.server_name_indication = "elsewhere.example";
    job_start(&job, just_handshake, &p);
    assert_null(cssl_connect("localhost", port, &options, PATIENCE, &err));
    assert_int_equal(err.status, CSSL_ALERT);
    assert_int_equal(job_end(&job), CSSL_ALERT);
    assert_true(job.err.alert_from_peer);
    pair_close(&p);
}

/* A client hears only after its handshake that the server wants a certificate. */
static void test_missing_client_certificate(void **state)
{
    (void)state;
    struct pair p = { .client = NULL };
    struct job job;
    cssl_error err;
    char got[8];
    cssl_options options = server_options();
    options.verify = CSSL_VERIFY_PEER;
    options.cacertfile = CERTS "ca.pem";
    p.listener = cssl_listen(0, &options, &err);
    assert_non_null(p.listener);
    uint16_t port = cssl_listener_port(p.listener);
    options = client_options();
    job_start(&job, just_handshake, &p);
    p.client = cssl_connect("localhost", port, &options, PATIENCE, &err);
    ok(p.client == NULL ? -1 : 0, &err);
    assert_int_equal(job_end(&job), CSSL_ALERT);
    assert_int_equal(job.err.alert, 116);
    assert_int_equal(cssl_close(p.server, 100, NULL), CSSL_ALERT);
    p.server = NULL;
    /* Sending tells the reason too, as soon as the system says that nobody reads any more. */
    int rc = 0;
    for (int i = 0; i < 1000 && rc == 0; i++) {
        rc = cssl_send(p.client, "x", 1, PATIENCE, &err);
    }
    assert_int_equal(rc, CSSL_ALERT);
    assert_int_equal(err.alert, 116);
    assert_true(err.alert_from_peer);
    assert_int_equal(cssl_recv(p.client, got, sizeof(got), PATIENCE, &err), CSSL_ALERT);
    assert_int_equal(err.alert, 116);
    pair_close(&p);
}

static void test_upgrade_of_descriptors(void **state)
{
    (void)state;
    cssl_error err;
    int fds[2];
    struct job job;
    struct pair p = { .client = NULL };
    cssl_options options = server_options();
    cssl_config *config = cssl_server_config(&options, &err);
    assert_non_null(config);
    options = client_options();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    p.server = cssl_accept_fd(fds[0], config, &err);
    ok(p.server == NULL ? -1 : 0, &err);
    job_start(&job, send_for_ever, p.server);
    assert_true(job_end(&job) == CSSL_STATE); /* no handshake yet */

    /* A failure leaves the descriptor with the caller, as it was. */
    assert_null(cssl_connect_fd(fds[1], "localhost", &options, 20, &err));
    assert_int_equal(err.status, CSSL_TIMEOUT);
    assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(fcntl(fds[1], F_GETFD), 0);
    cssl_close(p.server, 0, NULL);
    p.server = NULL;
    (void)close(fds[1]);

    uint16_t port;
    int listening = raw_listen(&port);
    assert_null(cssl_connect_fd(listening, "localhost", &options, 20, &err));
    assert_int_equal(err.reason, CSSL_R_NOT_A_CONNECTION);
    assert_null(cssl_accept_fd(-1, config, &err));
    assert_int_equal(err.posix, EBADF);
    assert_null(cssl_connect_fd(listening, NULL, &options, 20, &err));
    (void)close(listening);
    cssl_config_free(config);
}

static int handshake_on(struct job *job)
{
    return cssl_handshake(job->arg, PATIENCE, &job->err);
}

static void test_starttls(void **state)
{
    (void)state;
    cssl_error err;
    int fds[2];
    struct job job;
    cssl_options options = server_options();
    cssl_config *config = cssl_server_config(&options, &err);
    assert_non_null(config);
    options = client_options();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    cssl_socket *server = cssl_accept_fd(fds[0], config, &err);
    assert_non_null(server);
    cssl_config_free(config);
    job_start(&job, handshake_on, server);
    cssl_socket *client = cssl_connect_fd(fds[1], "localhost", &options, PATIENCE, &err);
    ok(client == NULL ? -1 : 0, &err);
    ok(job_end(&job), &job.err);
    send_text(client, "a");
    receive_text(server, "a");
    assert_int_equal(cssl_fd(client), fds[1]);
    cssl_close(client, 0, NULL);
    assert_int_equal(cssl_close(server, PATIENCE, &err), 0);
}

static void test_roles_and_states(void **state)
{
    (void)state;
    cssl_error err;
    cssl_options options = server_options();
    cssl_config *server = cssl_server_config(&options, &err);
    options = client_options();
    cssl_config *client = cssl_client_config(&options, &err);
    assert_non_null(server);
    assert_non_null(client);
    assert_null(cssl_connect_with("localhost", 1, server, 0, &err));
    assert_int_equal(err.reason, CSSL_R_CONFIG_ROLE);
    assert_null(cssl_connect_with("localhost", 1, NULL, 0, &err));
    assert_null(cssl_listen_with(0, client, &err));
    assert_int_equal(err.reason, CSSL_R_CONFIG_ROLE);
    struct pair p;
    pair_open(&p, NULL, NULL);
    assert_int_equal(cssl_listener_set_config(p.listener, client, &err), CSSL_STATE);
    assert_int_equal(cssl_handshake(p.server, 0, &err), CSSL_STATE);
    assert_int_equal(cssl_handshake(p.client, 0, &err), CSSL_STATE);
    assert_int_equal(cssl_set_active(p.client, NULL, CSSL_ONCE, &err), CSSL_STATE);
    pair_close(&p);
    cssl_config_free(server);
    cssl_config_free(client);
    assert_int_equal(cssl_close(NULL, 0, NULL), 0);
    cssl_listener_close(NULL);
    cssl_mailbox_free(NULL);
}

static void test_hosts_that_cannot_be_reached(void **state)
{
    (void)state;
    cssl_error err;
    uint16_t port;
    cssl_options options = client_options();
    assert_null(cssl_connect("nobody.invalid", 443, &options, PATIENCE, &err));
    assert_int_equal(err.status, CSSL_SYSTEM);
    assert_int_equal(err.reason, CSSL_R_HOST_NOT_FOUND);
    assert_null(cssl_connect("https://example.org", 443, &options, PATIENCE, &err));
    assert_int_equal(err.reason, CSSL_R_HOST_MALFORMED);
    int fd = raw_listen(&port);
    (void)close(fd);
    assert_null(cssl_connect("127.0.0.1", port, &options, PATIENCE, &err));
    assert_int_equal(err.reason, CSSL_R_CONNECT);
    assert_int_equal(err.posix, ECONNREFUSED);
    assert_null(cssl_connect("localhost", port, &options, PATIENCE, &err));
    assert_int_equal(err.posix, ECONNREFUSED);
}

static void test_handshake_with_another_config(void **state)
{
    (void)state;
    cssl_error err;
    cssl_options options = server_options();
    const char *const protocols[] = { "second", NULL };
    options.alpn_protocols = protocols;
    cssl_config *other = cssl_server_config(&options, &err);
    assert_non_null(other);
    options = server_options();
    cssl_listener *l = cssl_listen(0, &options, &err);
    assert_non_null(l);
    cssl_config *same = cssl_config_ref(other);
    int raw = raw_connect(cssl_listener_port(l));
    cssl_socket *s = cssl_transport_accept(l, PATIENCE, &err);
    assert_non_null(s);
    assert_int_equal(cssl_handshake_with(s, other, 0, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_handshake_with(s, same, 0, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_handshake_with(s, NULL, 0, &err), CSSL_STATE);
    cssl_config *third = cssl_server_config(&options, &err);
    assert_int_equal(cssl_handshake_with(s, third, 0, &err), CSSL_STATE);
    cssl_close(s, 0, NULL);
    (void)close(raw);
    cssl_config_free(third);
    cssl_config_free(same);
    cssl_config_free(other);
    cssl_listener_close(l);
}

/* Public-key steps that are put off are run by the call that drives the connection. */
static void test_deferred_steps(void **state)
{
    (void)state;
    struct pair p;
    cssl_options server = server_options();
    cssl_options client = client_options();
    server.defer_steps = true;
    client.defer_steps = true;
    pair_open(&p, &server, &client);
    send_text(p.client, "abc");
    receive_text(p.server, "abc");
    pair_close(&p);
}

/* serve_one accepts, sends one byte and waits for the client's end. */
static int serve_one(struct job *job)
{
    uint8_t end;
    cssl_socket *s = cssl_transport_accept(job->arg, PATIENCE, &job->err);
    int rc = s == NULL ? -1 : cssl_handshake(s, PATIENCE, &job->err);
    rc = rc != 0 ? rc : cssl_send(s, "x", 1, PATIENCE, &job->err);
    rc = rc != 0 ? rc : (int)cssl_recv(s, &end, 1, PATIENCE, &job->err);
    cssl_close(s, PATIENCE, NULL);
    return rc;
}

static void test_sessions_are_resumed(void **state)
{
    (void)state;
    cssl_error err;
    cssl_options options = server_options();
    cssl_listener *l = cssl_listen(0, &options, &err);
    assert_non_null(l);
    options = client_options();
    cssl_config *config = cssl_client_config(&options, &err);
    assert_non_null(config);
    /* By another name it is another server; an address with a scope is the address. */
    static const struct {
        const char *host;
        bool resumed;
    } cases[] = { { "localhost", false },
                  { "localhost", true },
                  { "127.0.0.1", false },
                  { "localhost", true },
                  { "::1%lo", false } };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct job job;
        cssl_info info;
        job_start(&job, serve_one, l);
        cssl_socket *s =
            cssl_connect_with(cases[i].host, cssl_listener_port(l), config, PATIENCE, &err);
        if (s == NULL && strchr(cases[i].host, ':') != NULL && err.status == CSSL_SYSTEM) {
            cssl_listener_shutdown(l); /* no IPv6 here */
            assert_true(job_end(&job) < 0);
            break;
        }
        ok(s == NULL ? -1 : 0, &err);
        cssl_connection_information(s, &info);
        assert_int_equal(info.session_resumption, cases[i].resumed);
        assert_true(info.peer_verified);
        receive_text(s, "x");
        ok(cssl_shutdown(s, SHUT_WR, PATIENCE, &err), &err);
        ok(job_end(&job), &job.err);
        ok(cssl_close(s, PATIENCE, &err), &err);
    }
    cssl_config_free(config);
    cssl_listener_close(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_receive_times_out_and_loses_nothing),
        cmocka_unit_test(test_pending_counts_what_has_come),
        cmocka_unit_test(test_stalling_peers),
        cmocka_unit_test(test_garbage_is_refused),
        cmocka_unit_test(test_clean_close_is_told_from_truncation),
        cmocka_unit_test(test_reset_is_truncation),
        cmocka_unit_test(test_shutdown_of_receiving),
        cmocka_unit_test(test_send_times_out),
        cmocka_unit_test(test_send_some),
        cmocka_unit_test(test_close_behind_much_data),
        cmocka_unit_test(test_close_of_a_talking_peer),
        cmocka_unit_test(test_alerts_arrive),
        cmocka_unit_test(test_missing_client_certificate),
        cmocka_unit_test(test_upgrade_of_descriptors),
        cmocka_unit_test(test_starttls),
        cmocka_unit_test(test_roles_and_states),
        cmocka_unit_test(test_hosts_that_cannot_be_reached),
        cmocka_unit_test(test_handshake_with_another_config),
        cmocka_unit_test(test_sessions_are_resumed),
        cmocka_unit_test(test_deferred_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_mailbox.c - mailboxes: active modes, many connections, deadlines, limits. */
#include "peers.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct box {
    cssl_mailbox *mb;
    cssl_listener *listener;
    cssl_config *client;
    uint16_t port;
};

static void box_open(struct box *b, const cssl_options *server)
{
    cssl_error err;
    cssl_options options = server == NULL ? server_options() : *server;
    b->mb = cssl_mailbox_new(&err);
    ok(b->mb == NULL ? -1 : 0, &err);
    b->listener = cssl_listen(0, &options, &err);
    ok(b->listener == NULL ? -1 : 0, &err);
    b->port = cssl_listener_port(b->listener);
    ok(cssl_listener_set_mailbox(b->listener, b->mb, &err), &err);
    options = client_options();
    b->client = cssl_client_config(&options, &err);
    ok(b->client == NULL ? -1 : 0, &err);
}

static void box_close(struct box *b)
{
    cssl_listener_close(b->listener);
    cssl_mailbox_free(b->mb);
    cssl_config_free(b->client);
}

/* Both ends of a connection in one mailbox, passive. */
static void box_pair(struct box *b, cssl_socket **client, cssl_socket **server)
{
    cssl_error err;
    *client = cssl_connect_start("localhost", b->port, b->client, b->mb, &err);
    ok(*client == NULL ? -1 : 0, &err);
    cssl_event ev = expect(b->mb, CSSL_EV_ACCEPTED);
    assert_ptr_equal(ev.listener, b->listener);
    *server = ev.socket;
    for (int i = 0; i < 2; i++) {
        ev = expect(b->mb, CSSL_EV_CONNECTED);
        assert_true(ev.socket == *client || ev.socket == *server);
    }
}

static void test_many_connections(void **state)
{
    (void)state;
    enum { CONNECTIONS = 200 };
    struct box b;
    cssl_error err;
    int accepted = 0, connected = 0, echoed = 0, closed = 0, answered = 0;
    static char is_client;
    box_open(&b, NULL);
    for (int i = 0; i < CONNECTIONS; i++) {
        cssl_socket *s = cssl_connect_start("localhost", b.port, b.client, b.mb, &err);
        ok(s == NULL ? -1 : 0, &err);
        cssl_set_user(s, &is_client);
        ok(cssl_set_active(s, NULL, CSSL_ACTIVE, &err), &err);
    }
    while (closed < CONNECTIONS) {
        cssl_event ev = next(b.mb);
        bool client = ev.user == &is_client;
        switch (ev.type) {
        case CSSL_EV_ACCEPTED:
            accepted++;
            ok(cssl_set_active(ev.socket, NULL, CSSL_ACTIVE, &err), &err);
            break;
        case CSSL_EV_CONNECTED:
            connected++;
            if (client) {
                assert_int_equal(cssl_send_some(ev.socket, "ping", 4, &err), 4);
            }
            break;
        case CSSL_EV_DATA:
            assert_int_equal(ev.data.len, 4);
            if (client) {
                answered++;
                cssl_close(ev.socket, PATIENCE, NULL);
            } else {
                echoed++;
                assert_int_equal(cssl_send_some(ev.socket, ev.data.data, 4, &err), 4);
            }
            break;
        case CSSL_EV_CLOSED:
            assert_false(client);
            closed++;
            cssl_close(ev.socket, PATIENCE, NULL);
            break;
        default: fail_msg("event %d: %s", ev.type, ev.type == CSSL_EV_ERROR ? ev.error->text : "");
        }
    }
    assert_int_equal(accepted, CONNECTIONS);
    assert_int_equal(connected, 2 * CONNECTIONS);
    assert_int_equal(echoed, CONNECTIONS);
    assert_int_equal(answered, CONNECTIONS);
    box_close(&b);
}

static void test_active_modes(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    cssl_event ev;
    cssl_socket *client, *server;
    char got[8];
    box_open(&b, NULL);
    box_pair(&b, &client, &server);
    /* Passive: nothing comes, and cssl_recv may be used. */
    ok(cssl_send(client, "0", 1, PATIENCE, &err), &err);
    expect_none(b.mb, 20);
    assert_int_equal(cssl_recv(server, got, 1, PATIENCE, &err), 1);
    /* Once: one event, then passive again without a word. */
    ok(cssl_set_active(server, b.mb, CSSL_ONCE, &err), &err);
    assert_int_equal(cssl_recv(server, got, 1, 0, &err), CSSL_STATE);
    ok(cssl_send(client, "1", 1, PATIENCE, &err), &err);
    ok(cssl_send(client, "2", 1, PATIENCE, &err), &err);
    ev = expect(b.mb, CSSL_EV_DATA);
    assert_ptr_equal(ev.socket, server);
    assert_int_equal(ev.data.data[0], '1');
    expect_none(b.mb, 20);
    /* What is there already is delivered at once. */
    ok(cssl_set_active(server, b.mb, CSSL_ONCE, &err), &err);
    ev = expect(b.mb, CSSL_EV_DATA);
    assert_int_equal(ev.data.data[0], '2');
    /* Data that cssl_recv left behind comes first. */
    ok(cssl_send(client, "345", 3, PATIENCE, &err), &err);
    assert_int_equal(cssl_recv(server, got, 1, PATIENCE, &err), 1);
    assert_int_equal(cssl_recv_exact(server, got, 5, 0, &err), CSSL_TIMEOUT);
    ok(cssl_send(client, "6", 1, PATIENCE, &err), &err);
    /* Counts add up. */
    ok(cssl_set_active(server, NULL, 1, &err), &err);
    ok(cssl_set_active(server, NULL, 2, &err), &err);
    assert_int_equal(cssl_set_active(server, NULL, 32766, &err), CSSL_STATE);
    assert_int_equal(cssl_set_active(server, NULL, 32768, &err), CSSL_STATE);
    assert_int_equal(cssl_set_active(server, NULL, -3, &err), CSSL_STATE);
    ev = expect(b.mb, CSSL_EV_DATA);
    assert_int_equal(ev.data.len, 2);
    assert_memory_equal(ev.data.data, "45", 2);
    assert_int_equal(expect(b.mb, CSSL_EV_DATA).data.data[0], '6');
    ok(cssl_send(client, "7", 1, PATIENCE, &err), &err);
    assert_int_equal(expect(b.mb, CSSL_EV_DATA).data.data[0], '7');
    assert_ptr_equal(expect(b.mb, CSSL_EV_PASSIVE).socket, server);
    ok(cssl_send(client, "8", 1, PATIENCE, &err), &err);
    expect_none(b.mb, 20);
    /* The end is told once it is looked for. */
    ok(cssl_shutdown(client, SHUT_WR, PATIENCE, &err), &err);
    expect_none(b.mb, 20);
    ok(cssl_set_active(server, NULL, CSSL_ACTIVE, &err), &err);
    assert_int_equal(expect(b.mb, CSSL_EV_DATA).data.data[0], '8');
    assert_ptr_equal(expect(b.mb, CSSL_EV_CLOSED).socket, server);
    expect_none(b.mb, 0);
    /* The client is passive and its own again. */
    ok(cssl_set_active(client, NULL, CSSL_PASSIVE, &err), &err);
    ok(cssl_send(server, "9", 1, PATIENCE, &err), &err);
    assert_int_equal(cssl_recv(client, got, 1, PATIENCE, &err), 1);
    cssl_close(server, PATIENCE, NULL);
    expect_none(b.mb, 0);
    ok(cssl_close(client, PATIENCE, &err), &err);
    box_close(&b);
}

/* A socket goes from one mailbox to the next and back to blocking calls. */
static void test_moving_between_mailboxes(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    cssl_socket *client, *server;
    char got[4];
    box_open(&b, NULL);
    box_pair(&b, &client, &server);
    cssl_mailbox *other = cssl_mailbox_new(&err);
    assert_non_null(other);
    ok(cssl_send(client, "abc", 3, PATIENCE, &err), &err);
    ok(cssl_set_active(server, other, CSSL_ONCE, &err), &err);
    expect_none(b.mb, 0);
    cssl_event ev = expect(other, CSSL_EV_DATA);
    assert_ptr_equal(ev.socket, server);
    ok(cssl_set_active(server, b.mb, CSSL_ACTIVE, &err), &err);
    ok(cssl_send(client, "def", 3, PATIENCE, &err), &err);
    expect_none(other, 0);
    expect(b.mb, CSSL_EV_DATA);
    ok(cssl_set_active(server, other, CSSL_ACTIVE, &err), &err);
    ok(cssl_set_active(server, NULL, CSSL_PASSIVE, &err), &err); /* before it was taken up */
    ok(cssl_send(client, "ghi", 3, PATIENCE, &err), &err);
    expect_none(other, 0);
    ok(cssl_recv_exact(server, got, 3, PATIENCE, &err), &err);
    ok(cssl_set_active(server, other, CSSL_ACTIVE, &err), &err);
    cssl_close(server, PATIENCE, NULL); /* likewise */
    cssl_mailbox_free(other);
    box_close(&b);
}

static void test_back_pressure(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    cssl_stat stat;
    cssl_socket *client, *server;
    static uint8_t data[70000];
    size_t sent = 0, got = 0;
    cssl_options options = server_options();
    options.send_limit = 50000;
    box_open(&b, &options);
    box_pair(&b, &client, &server);
    int fills = 0;
    for (ssize_t n = 1; n > 0;) {
        fill(data, sizeof(data), sent);
        n = cssl_send_some(server, data, sizeof(data), &err);
        ok(n, &err);
        sent += (size_t)n;
        ok(cssl_getstat(server, &stat, &err), &err);
        assert_true(stat.send_pend < 50000 + 20000);
    }
    expect_none(b.mb, 20); /* the client does not read */
    ok(cssl_set_active(client, NULL, CSSL_ACTIVE, &err), &err);
    while (got < 3000000) {
        cssl_event ev = next(b.mb);
        if (ev.type == CSSL_EV_DATA) {
            assert_ptr_equal(ev.socket, client);
            assert_true(check(ev.data.data, ev.data.len, got));
            got += ev.data.len;
            continue;
        }
        assert_int_equal(ev.type, CSSL_EV_WRITABLE);
        assert_ptr_equal(ev.socket, server);
        ok(cssl_getstat(server, &stat, &err), &err);
        assert_true(stat.send_pend <= 40000); /* half of what it had been */
        fill(data, sizeof(data), sent);
        ssize_t n = cssl_send_some(server, data, sizeof(data), &err);
        ok(n, &err);
        sent += (size_t)n;
        fills++;
        if (n == (ssize_t)sizeof(data)) { /* all of it went: there is no event to wait for */
            fill(data, sizeof(data), sent);
            n = cssl_send_some(server, data, sizeof(data), &err);
            ok(n, &err);
            sent += (size_t)n;
            if (n == (ssize_t)sizeof(data)) {
                break;
            }
        }
    }
    assert_true(fills > 0);
    cssl_close(client, 0, NULL);
    cssl_close(server, 0, NULL);
    box_close(&b);
}

/* One that sends without end does not keep the others from their turn. */
static void test_fairness(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    cssl_socket *loud[2], *quiet[2];
    static uint8_t data[1000000];
    box_open(&b, NULL);
    box_pair(&b, &loud[0], &loud[1]);
    box_pair(&b, &quiet[0], &quiet[1]);
    ok(cssl_send_some(loud[0], data, sizeof(data), &err), &err);
    ok(cssl_send(quiet[0], "x", 1, PATIENCE, &err), &err);
    ok(cssl_set_active(loud[1], NULL, CSSL_ACTIVE, &err), &err);
    ok(cssl_set_active(quiet[1], NULL, CSSL_ACTIVE, &err), &err);
    size_t before = 0;
    for (;;) {
        cssl_event ev = expect(b.mb, CSSL_EV_DATA);
        if (ev.socket == quiet[1]) {
            break;
        }
        before += ev.data.len;
        assert_true(before < 200000);
    }
    box_close(&b);
}

static void test_handshake_deadline(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    uint8_t alert[32];
    cssl_options options = server_options();
    options.handshake_timeout = 60;
    box_open(&b, &options);
    int raw = raw_connect(b.port);
    int64_t before = clock_ms();
    cssl_event ev = expect(b.mb, CSSL_EV_ACCEPTED);
    cssl_socket *s = ev.socket;
    ev = expect(b.mb, CSSL_EV_ERROR);
    assert_ptr_equal(ev.socket, s);
    assert_int_equal(ev.error->status, CSSL_TIMEOUT);
    assert_true(clock_ms() - before >= 59);
    cssl_close(s, PATIENCE, NULL);
    assert_int_equal(recv(raw, alert, sizeof(alert), MSG_WAITALL), 14);
    assert_int_equal(alert[6], 90); /* user_canceled */
    (void)close(raw);
    expect_none(b.mb, 0);

    /* A client's too, when nobody answers. */
    uint16_t port;
    int silent = raw_listen(&port);
    cssl_options c = client_options();
    c.handshake_timeout = 60;
    cssl_config *config = cssl_client_config(&c, &err);
    assert_non_null(config);
    s = cssl_connect_start("127.0.0.1", port, config, b.mb, &err);
    assert_non_null(s);
    ev = expect(b.mb, CSSL_EV_ERROR);
    assert_int_equal(ev.error->status, CSSL_TIMEOUT);
    cssl_close(s, PATIENCE, NULL);
    cssl_config_free(config);
    (void)close(silent);
    box_close(&b);
}

static void test_connects_that_fail(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    uint16_t port;
    box_open(&b, NULL);
    int fd = raw_listen(&port);
    (void)close(fd);
    cssl_socket *s = cssl_connect_start("localhost", port, b.client, b.mb, &err);
    assert_non_null(s);
    cssl_set_user(s, &b);
    assert_int_equal(cssl_send(s, "x", 1, 0, &err), CSSL_STATE);
    assert_int_equal(cssl_set_active(s, NULL, CSSL_PASSIVE, &err), CSSL_STATE);
    cssl_event ev = expect(b.mb, CSSL_EV_ERROR);
    assert_ptr_equal(ev.socket, s);
    assert_ptr_equal(ev.user, &b);
    assert_int_equal(ev.error->posix, ECONNREFUSED);
    cssl_close(s, PATIENCE, NULL);
    assert_null(cssl_connect_start("nobody.invalid", port, b.client, b.mb, &err));
    assert_int_equal(err.reason, CSSL_R_HOST_NOT_FOUND);

    /* A server whose name is another one: the client's alert arrives. */
    s = cssl_connect_start("127.0.0.2", b.port, b.client, b.mb, &err);
    assert_non_null(s);
    cssl_socket *server = expect(b.mb, CSSL_EV_ACCEPTED).socket;
    for (int i = 0; i < 2; i++) {
        ev = expect(b.mb, CSSL_EV_ERROR);
        assert_int_equal(ev.error->status, CSSL_ALERT);
        assert_int_equal(ev.error->alert_from_peer, ev.socket == server);
        cssl_close(ev.socket, PATIENCE, NULL);
    }
    /* Closed before it has connected: nothing comes of it. */
    s = cssl_connect_start("127.0.0.1", port, b.client, b.mb, &err);
    cssl_close(s, PATIENCE, NULL);
    s = cssl_connect_start("127.0.0.1", port, b.client, b.mb, &err);
    assert_non_null(s);
    cssl_mailbox_wake(b.mb);
    expect(b.mb, CSSL_EV_WAKE);
    cssl_close(s, 0, NULL);
    expect_none(b.mb, 20);
    box_close(&b);
}

/* Closing goes on alone: all data arrives, the descriptor is closed, no event comes. */
static void test_lingering_close(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    cssl_socket *client, *server;
    static uint8_t data[200000];
    size_t got = 0;
    box_open(&b, NULL);
    box_pair(&b, &client, &server);
    fill(data, sizeof(data), 0);
    size_t sent = 0;
    while (sent < sizeof(data)) {
        ssize_t n = cssl_send_some(server, data + sent, sizeof(data) - sent, &err);
        ok(n, &err);
        if (n == 0) {
            break;
        }
        sent += (size_t)n;
    }
    ok(cssl_send(client, "ignored", 7, PATIENCE, &err), &err);
    int fd = cssl_fd(server);
    assert_int_equal(cssl_close(server, PATIENCE, &err), 0);
    ok(cssl_set_active(client, NULL, CSSL_ACTIVE, &err), &err);
    for (;;) {
        cssl_event ev = next(b.mb);
        assert_ptr_equal(ev.socket, client);
        if (ev.type == CSSL_EV_CLOSED) {
            break;
        }
        assert_int_equal(ev.type, CSSL_EV_DATA);
        assert_true(check(ev.data.data, ev.data.len, got));
        got += ev.data.len;
    }
    assert_int_equal(got, sent);
    assert_true(fcntl(fd, F_GETFD) >= 0); /* it waits for the client's end */
    cssl_close(client, PATIENCE, NULL);
    for (int i = 0; i < 100 && fcntl(fd, F_GETFD) >= 0; i++) {
        expect_none(b.mb, 10);
    }
    assert_int_equal(fcntl(fd, F_GETFD), -1);

    /* A peer that never closes is let go in time. */
    box_pair(&b, &client, &server);
    fd = cssl_fd(server);
    cssl_close(server, 40, NULL);
    expect_none(b.mb, 60);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    box_close(&b);
}

static void test_truncation(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    cssl_socket *client, *server;
    box_open(&b, NULL);
    box_pair(&b, &client, &server);
    ok(cssl_set_active(server, NULL, CSSL_ACTIVE, &err), &err);
    ok(cssl_send(client, "cut", 3, PATIENCE, &err), &err);
    assert_int_equal(shutdown(cssl_fd(client), SHUT_WR), 0);
    expect(b.mb, CSSL_EV_DATA);
    cssl_event ev = expect(b.mb, CSSL_EV_ERROR);
    assert_int_equal(ev.error->status, CSSL_TRUNCATED);
    expect_none(b.mb, 0);
    cssl_close(server, 0, NULL);
    cssl_close(client, 0, NULL);
    box_close(&b);
}

static void test_handshakes_are_limited(void **state)
{
    (void)state;
    struct box b;
    int raw[4];
    cssl_socket *held[4];
    cssl_options options = server_options();
    options.max_handshakes = 2;
    box_open(&b, &options);
    for (int i = 0; i < 4; i++) {
        raw[i] = raw_connect(b.port);
    }
    held[0] = expect(b.mb, CSSL_EV_ACCEPTED).socket;
    held[1] = expect(b.mb, CSSL_EV_ACCEPTED).socket;
    expect_none(b.mb, 20);
    cssl_close(held[0], 0, NULL);
    held[2] = expect(b.mb, CSSL_EV_ACCEPTED).socket;
    expect_none(b.mb, 20);
    (void)close(raw[1]);
    cssl_event ev = expect(b.mb, CSSL_EV_ERROR);
    assert_ptr_equal(ev.socket, held[1]);
    cssl_close(held[1], 0, NULL);
    held[3] = expect(b.mb, CSSL_EV_ACCEPTED).socket;
    box_close(&b);
    (void)close(raw[0]);
    (void)close(raw[2]);
    (void)close(raw[3]);
}

static void test_listener_closed_in_a_mailbox(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    cssl_socket *client, *server;
    box_open(&b, NULL);
    box_pair(&b, &client, &server);
    cssl_listener_shutdown(b.listener);
    expect_none(b.mb, 0);
    assert_int_equal(cssl_listener_set_mailbox(b.listener, b.mb, &err), CSSL_CLOSED);
    cssl_listener_close(b.listener);
    b.listener = NULL;
    ok(cssl_set_active(server, NULL, CSSL_ACTIVE, &err), &err);
    ok(cssl_send(client, "still here", 10, PATIENCE, &err), &err);
    expect(b.mb, CSSL_EV_DATA);
    expect_none(b.mb, 0);
    box_close(&b);
}

/* Descriptors run out: one report, a pause, and accepting goes on once there is one. */
static void few_descriptors(void)
{
    cssl_error err;
    cssl_event ev;
    struct box b;
    box_open(&b, NULL);
    int raw = raw_connect(b.port);
    int next_fd = dup(0);
    const struct rlimit limit = { .rlim_cur = (rlim_t)next_fd, .rlim_max = (rlim_t)next_fd };
    in_child(close(next_fd) == 0 && setrlimit(RLIMIT_NOFILE, &limit) == 0);
    in_child(cssl_receive(b.mb, &ev, PATIENCE, &err) == 0);
    in_child(ev.type == CSSL_EV_ERROR && ev.listener == b.listener && ev.socket == NULL);
    in_child(ev.error->reason == CSSL_R_DESCRIPTORS && ev.error->posix == EMFILE);
    int64_t before = clock_ms();
    in_child(cssl_receive(b.mb, &ev, 250, &err) == CSSL_TIMEOUT); /* not told again */
    in_child(clock_ms() - before >= 250);
    in_child(close(0) == 0);
    in_child(cssl_receive(b.mb, &ev, PATIENCE, &err) == 0);
    in_child(ev.type == CSSL_EV_ACCEPTED);
    (void)close(raw);
    box_close(&b);
    _exit(0);
}

static void test_no_descriptors_left(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        few_descriptors();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* CSSL_TICKETS_MANUAL: a mailbox hands sessions out, and each is good for one more connection. */
static void test_tickets_by_hand(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    cssl_info info;
    cssl_socket *client, *server;
    static uint8_t ticket[16384];
    size_t ticket_len = 0;
    cssl_options options = client_options();
    options.session_tickets = CSSL_TICKETS_MANUAL;
    box_open(&b, NULL);
    cssl_config_free(b.client);
    b.client = cssl_client_config(&options, &err);
    ok(b.client == NULL ? -1 : 0, &err);
    box_pair(&b, &client, &server);
    ok(cssl_set_active(client, NULL, 1, &err), &err);
    ok(cssl_send(server, "x", 1, PATIENCE, &err), &err);
    cssl_event ev = next(b.mb);
    for (; ev.type == CSSL_EV_TICKET; ev = next(b.mb)) { /* not counted as data */
        assert_ptr_equal(ev.socket, client);
        assert_true(ev.data.len > 0 && ev.data.len <= sizeof(ticket));
        memcpy(ticket, ev.data.data, ev.data.len);
        ticket_len = ev.data.len;
    }
    assert_int_equal(ev.type, CSSL_EV_DATA);
    assert_true(ticket_len > 0);
    expect(b.mb, CSSL_EV_PASSIVE);
    cssl_connection_information(client, &info);
    assert_false(info.session_resumption);
    cssl_close(client, 0, NULL);
    cssl_close(server, 0, NULL);

    options.use_ticket = (cssl_bytes){ .data = ticket, .len = ticket_len };
    cssl_config_free(b.client);
    b.client = cssl_client_config(&options, &err);
    ok(b.client == NULL ? -1 : 0, &err);
    box_pair(&b, &client, &server);
    cssl_connection_information(client, &info);
    assert_true(info.session_resumption);
    box_close(&b);
}

static int64_t cpu_ms(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* Everything that can wait does so without a turn of its own: unread data, a peer's end, a full
 * queue, a close that lingers, a handshake and an address that stay silent, too many of them. */
static void test_waiting_costs_nothing(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    cssl_socket *client[4], *server[4];
    static uint8_t data[300000];
    uint16_t port;
    cssl_options options = server_options();
    options.max_handshakes = 3;
    box_open(&b, &options);
    for (int i = 0; i < 4; i++) {
        box_pair(&b, &client[i], &server[i]);
    }
    ok(cssl_send(client[0], "unread", 6, PATIENCE, &err), &err);
    ok(cssl_shutdown(client[1], SHUT_WR, PATIENCE, &err), &err);
    while (cssl_send_some(client[2], data, sizeof(data), &err) == (ssize_t)sizeof(data)) {
    }
    cssl_close(server[3], PATIENCE, NULL);
    int silent = raw_listen(&port);
    cssl_socket *waiting = cssl_connect_start("127.0.0.1", port, b.client, b.mb, &err);
    assert_non_null(waiting);
    int raw[3];
    for (int i = 0; i < 3; i++) {
        raw[i] = raw_connect(b.port);
    }
    expect(b.mb, CSSL_EV_ACCEPTED); /* and one more than may shake hands */
    expect(b.mb, CSSL_EV_ACCEPTED);
    int64_t before = cpu_ms();
    expect_none(b.mb, 400);
    assert_true(cpu_ms() - before < 100);
    box_close(&b);
    for (int i = 0; i < 3; i++) {
        (void)close(raw[i]);
    }
    (void)close(silent);
}

/* Freeing a mailbox frees all that lives in it, in whatever state. */
static void test_free_with_everything_inside(void **state)
{
    (void)state;
    struct box b;
    cssl_error err;
    cssl_socket *client, *server;
    int fds[2];
    box_open(&b, NULL);
    box_pair(&b, &client, &server);
    ok(cssl_send(client, "unread", 6, PATIENCE, &err), &err);
    assert_non_null(cssl_connect_start("localhost", b.port, b.client, b.mb, &err));
    assert_int_equal(pipe(fds), 0);
    ok(cssl_mailbox_watch(b.mb, fds[0], POLLIN, NULL, &err), &err);
    assert_true(cssl_mailbox_timer(b.mb, 100000, NULL, &err) > 0);
    cssl_close(server, PATIENCE, NULL);
    box_close(&b);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_connections),
        cmocka_unit_test(test_active_modes),
        cmocka_unit_test(test_moving_between_mailboxes),
        cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_fairness),
        cmocka_unit_test(test_handshake_deadline),
        cmocka_unit_test(test_connects_that_fail),
        cmocka_unit_test(test_lingering_close),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_handshakes_are_limited),
        cmocka_unit_test(test_listener_closed_in_a_mailbox),
        cmocka_unit_test(test_no_descriptors_left),
        cmocka_unit_test(test_tickets_by_hand),
        cmocka_unit_test(test_waiting_costs_nothing),
        cmocka_unit_test(test_free_with_everything_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_early.c - early data on sockets: blocking, in mailboxes, many threads on one listener. */
#include "peers.h"

#include <stdatomic.h>
#include <unistd.h>

enum { MAX = 16384 };

static uint8_t much[MAX];

/* A listener that takes early data, and a client's config that sends some. */
struct service {
    cssl_listener *listener;
    cssl_config *client;
    uint16_t port;
};

static void open_service(struct service *s, size_t len)
{
    cssl_error err;
    cssl_options o = server_options();
    fill(much, sizeof(much), 0);
    o.max_early_data = MAX;
    s->listener = cssl_listen(0, &o, &err);
    ok(s->listener == NULL ? -1 : 0, &err);
    s->port = cssl_listener_port(s->listener);
    o = client_options();
    o.early_data = (cssl_bytes){ much, len };
    s->client = cssl_client_config(&o, &err);
    ok(s->client == NULL ? -1 : 0, &err);
}

static void close_service(struct service *s)
{
    cssl_listener_close(s->listener);
    cssl_config_free(s->client);
}

/* What a server's thread does with one connection. */
struct served {
    struct service *service;
    size_t step;     /* bytes asked for at once */
    bool look;       /* call cssl_recv_early at all */
    size_t early;    /* bytes that came early, as they should be */
    bool accepted;
};

static int serve_one(struct job *job)
{
    struct served *v = job->arg;
    uint8_t got[MAX];
    cssl_info info;
    cssl_socket *s = cssl_transport_accept(v->service->listener, PATIENCE, &job->err);
    if (s == NULL) {
        return -1;
    }
    ssize_t n = 1;
    v->early = 0;
    while (v->look && n > 0) {
        n = cssl_recv_early(s, got, v->step, PATIENCE, &job->err);
        if (n > 0) {
            v->early += check(got, (size_t)n, v->early) ? (size_t)n : 1000000;
        }
    }
    int rc = n < 0 ? (int)n : 0;
    if (rc == 0 && v->look) { /* there is no more, ask as often as you like */
        rc = cssl_recv_early(s, got, 1, PATIENCE, &job->err) == 0 ? 0 : -100;
    }
    rc = rc == 0 ? cssl_handshake(s, PATIENCE, &job->err) : rc;
    cssl_connection_information(s, &info);
    v->accepted = info.early_data_accepted;
    /* what comes now is not early */
    rc = rc == 0 ? cssl_recv_exact(s, got, 4, PATIENCE, &job->err) : rc;
    rc = rc == 0 && memcmp(got, "late", 4) != 0 ? -101 : rc;
    rc = rc == 0 ? cssl_send(s, "answer", 6, PATIENCE, &job->err) : rc;
    cssl_close(s, PATIENCE, NULL);
    return rc;
}

/* talk makes one connection as a client and tells whether early data was accepted. */
static bool talk(struct service *service)
{
    cssl_error err;
    cssl_info info;
    char got[6];
    cssl_socket *s = cssl_connect_with("localhost", service->port, service->client, PATIENCE, &err);
    ok(s == NULL ? -1 : 0, &err);
    cssl_connection_information(s, &info);
    ok(cssl_send(s, "late", 4, PATIENCE, &err), &err);
    ok(cssl_recv_exact(s, got, 6, PATIENCE, &err), &err);
    assert_memory_equal(got, "answer", 6);
    ok(cssl_close(s, PATIENCE, &err), &err);
    return info.early_data_accepted;
}

static void once(struct served *v, bool want)
{
    struct job job;
    job_start(&job, serve_one, v);
    bool accepted = talk(v->service);
    int rc = job_end(&job);
    ok(rc, &job.err);
    assert_int_equal(accepted, want);
    assert_int_equal(v->accepted, want);
}

static void test_blocking(void **state)
{
    (void)state;
    static const size_t lens[] = { 1, 100, MAX }, steps[] = { 1, 1000, MAX };
    for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
        struct service service;
        struct served v = { .service = &service, .step = MAX, .look = true };
        open_service(&service, lens[i]);
        once(&v, false); /* there is no session yet */
        assert_int_equal(v.early, 0);
        for (size_t k = 0; k < ARRAY_SIZE(steps); k++) {
            v.step = steps[k];
            once(&v, true);
            assert_int_equal(v.early, lens[i]);
        }
        v.look = false; /* nobody fetches it: it is gone, and in nobody's way */
        once(&v, true);
        close_service(&service);
    }
}

/* Some of it is fetched, and the rest is not. */
static int serve_some(struct job *job)
{
    struct served *v = job->arg;
    uint8_t got[100];
    cssl_socket *s = cssl_transport_accept(v->service->listener, PATIENCE, &job->err);
    if (s == NULL) {
        return -1;
    }
    int rc = cssl_recv_early(s, got, 0, PATIENCE, &job->err) == CSSL_STATE ? 0 : -102;
    ssize_t n = cssl_recv_early(s, got, 10, PATIENCE, &job->err);
    rc = rc == 0 && n < 0 ? -103 : rc;
    v->early = n > 0 && check(got, (size_t)n, 0) ? (size_t)n : 0;
    rc = rc == 0 ? cssl_handshake(s, PATIENCE, &job->err) : rc;
    rc = rc == 0 && cssl_pending(s) > 4 ? -104 : rc;
    rc = rc == 0 ? cssl_recv_exact(s, got, 4, PATIENCE, &job->err) : rc;
    rc = rc == 0 && memcmp(got, "late", 4) != 0 ? -105 : rc;
    rc = rc == 0 && cssl_recv_early(s, got, 10, PATIENCE, NULL) != CSSL_STATE ? -106 : rc;
    rc = rc == 0 ? cssl_send(s, "answer", 6, PATIENCE, &job->err) : rc;
    cssl_close(s, PATIENCE, NULL);
    return rc;
}

static void test_some(void **state)
{
    (void)state;
    struct service service;
    struct served v = { .service = &service };
    open_service(&service, MAX);
    for (int i = 0; i < 2; i++) {
        struct job job;
        job_start(&job, serve_some, &v);
        assert_int_equal(talk(&service), i == 1);
        int rc = job_end(&job);
        if (rc != 0) {
            fail_msg("%d %s", rc, job.err.text);
        }
        assert_int_equal(v.early, i == 1 ? 10 : 0);
    }
    close_service(&service);
}

static void test_not_for_clients(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    uint8_t byte;
    pair_open(&p, NULL, NULL);
    assert_int_equal(cssl_recv_early(p.client, &byte, 1, 0, &err), CSSL_STATE);
    assert_int_equal(cssl_recv_early(p.server, &byte, 1, 0, &err), CSSL_STATE);
    pair_close(&p);
}

/* A client that says nothing; one that goes away. */
static void test_times_out(void **state)
{
    (void)state;
    struct service service;
    cssl_error err;
    uint8_t byte;
    open_service(&service, 1);
    int fd = raw_connect(service.port);
    cssl_socket *s = cssl_transport_accept(service.listener, PATIENCE, &err);
    ok(s == NULL ? -1 : 0, &err);
    assert_int_equal(cssl_recv_early(s, &byte, 1, 20, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_recv_early(s, &byte, 1, 0, &err), CSSL_TIMEOUT);
    assert_int_equal(close(fd), 0);
    assert_int_equal(cssl_recv_early(s, &byte, 1, PATIENCE, &err), CSSL_TRUNCATED);
    assert_true(cssl_handshake(s, PATIENCE, &err) < 0);
    cssl_close(s, 0, NULL);
    close_service(&service);
}

static void test_mailbox(void **state)
{
    (void)state;
    struct service service;
    cssl_error err;
    open_service(&service, MAX);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    ok(mb == NULL ? -1 : 0, &err);
    ok(cssl_listener_set_mailbox(service.listener, mb, &err), &err);
    for (int round = 0; round < 4; round++) {
        cssl_socket *client = cssl_connect_start("localhost", service.port, service.client, mb,
                                                 &err);
        cssl_socket *server = NULL;
        ok(client == NULL ? -1 : 0, &err);
        size_t early = 0;
        int connected = 0;
        bool data = false;
        while (!data) {
            cssl_event ev = next(mb);
            switch (ev.type) {
            case CSSL_EV_ACCEPTED:
                server = ev.socket;
                ok(cssl_set_active(server, NULL, CSSL_ACTIVE, &err), &err);
                break;
            case CSSL_EV_EARLY_DATA:
                assert_ptr_equal(ev.socket, server);
                assert_true(ev.data.len > 0 && check(ev.data.data, ev.data.len, early));
                early += ev.data.len;
                break;
            case CSSL_EV_CONNECTED:
                connected++;
                if (ev.socket == server) {
                    assert_int_equal(early, round == 0 ? 0 : MAX);
                } else {
                    assert_int_equal(cssl_send_some(client, "late", 4, &err), 4);
                }
                break;
            case CSSL_EV_DATA:
                assert_ptr_equal(ev.socket, server);
                assert_memory_equal(ev.data.data, "late", 4);
                assert_int_equal(cssl_send_some(server, "x", 1, &err), 1);
                data = true;
                break;
            default: fail_msg("event %d: %s", ev.type,
                              ev.type == CSSL_EV_ERROR ? ev.error->text : "");
            }
        }
        assert_int_equal(connected, 2);
        ok(cssl_set_active(client, NULL, CSSL_ONCE, &err), &err);
        (void)expect(mb, CSSL_EV_DATA); /* tickets came before it */
        cssl_close(server, 0, NULL);
        cssl_close(client, 0, NULL);
    }
    cssl_mailbox_free(mb);
    close_service(&service);
}

/* A program may close amid early data. */
static void test_mailbox_closes(void **state)
{
    (void)state;
    struct service service;
    cssl_error err;
    open_service(&service, MAX);
    struct served v = { .service = &service, .step = MAX, .look = true };
    once(&v, false);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    ok(mb == NULL ? -1 : 0, &err);
    ok(cssl_listener_set_mailbox(service.listener, mb, &err), &err);
    cssl_socket *client = cssl_connect_start("localhost", service.port, service.client, mb, &err);
    ok(client == NULL ? -1 : 0, &err);
    (void)expect(mb, CSSL_EV_ACCEPTED);
    cssl_event ev = expect(mb, CSSL_EV_EARLY_DATA);
    cssl_close(ev.socket, PATIENCE, NULL);
    ok(cssl_set_active(client, NULL, CSSL_ACTIVE, &err), &err);
    (void)expect(mb, CSSL_EV_CONNECTED); /* it has all that a client needs for that */
    ev = expect(mb, CSSL_EV_CLOSED);
    assert_ptr_equal(ev.socket, client);
    cssl_close(client, 0, NULL);
    cssl_mailbox_free(mb);
    close_service(&service);
}

/* ---- Many threads, one listener: each flight is taken by one of them ---- */

enum { THREADS = 4, FLIGHTS = 6 };

struct crowd {
    cssl_config *config;
    cssl_bytes flight;
    atomic_uint taken;
};

static int show(struct job *job)
{
    struct crowd *c = job->arg;
    cssl_engine *e = cssl_engine_new(c->config, NULL, &job->err);
    uint8_t *where = NULL;
    cssl_event ev;
    if (e == NULL || cssl_engine_room(e, &where) < c->flight.len) {
        cssl_engine_free(e);
        return -1;
    }
    memcpy(where, c->flight.data, c->flight.len);
    int rc = cssl_engine_received(e, c->flight.len, &job->err);
    while (rc == 0 && cssl_engine_next(e, &ev)) {
        if (ev.type == CSSL_EV_EARLY_DATA) {
            (void)atomic_fetch_add(&c->taken, 1);
        } else {
            rc = -107;
        }
    }
    cssl_engine_free(e);
    return rc;
}

/* connect_engines carries bytes between two until both rest. */
static void connect_engines(cssl_engine *client, cssl_engine *server)
{
    cssl_engine *e[2] = { client, server };
    for (int turn = 0, quiet = 0; quiet < 2; turn++) {
        cssl_engine *from = e[turn % 2], *to = e[1 - turn % 2];
        cssl_bytes out = cssl_engine_output(from);
        uint8_t *where = NULL;
        cssl_event ev;
        size_t n = cssl_engine_room(to, &where);
        n = n < out.len ? n : out.len;
        quiet = n > 0 ? 0 : quiet + 1;
        if (n > 0) {
            memcpy(where, out.data, n);
            cssl_engine_sent(from, n);
            assert_int_equal(cssl_engine_received(to, n, NULL), 0);
        }
        while (cssl_engine_next(to, &ev)) {
            assert_int_not_equal(ev.type, CSSL_EV_ERROR);
        }
    }
}

static void test_threads(void **state)
{
    (void)state;
    static const cssl_tickets modes[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    const cssl_peer peer = { .name = "localhost", .port = 1 };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        cssl_error err;
        cssl_options o = server_options(), c = client_options();
        o.max_early_data = MAX;
        o.session_tickets = modes[i];
        c.early_data = (cssl_bytes){ (const uint8_t *)"x", 1 };
        struct crowd crowd = { .config = cssl_server_config(&o, &err) };
        ok(crowd.config == NULL ? -1 : 0, &err);
        cssl_config *client = cssl_client_config(&c, &err);
        ok(client == NULL ? -1 : 0, &err);
        for (int k = 0; k < FLIGHTS; k++) {
            cssl_engine *a = cssl_engine_new(client, &peer, &err);
            cssl_engine *b = cssl_engine_new(crowd.config, NULL, &err);
            assert_true(a != NULL && b != NULL);
            connect_engines(a, b);
            cssl_engine_free(a);
            cssl_engine_free(b);
            a = cssl_engine_new(client, &peer, &err);
            assert_non_null(a);
            crowd.flight = cssl_engine_output(a);
            atomic_init(&crowd.taken, 0);
            struct job jobs[THREADS];
            for (size_t t = 0; t < THREADS; t++) {
                job_start(&jobs[t], show, &crowd);
            }
            for (size_t t = 0; t < THREADS; t++) {
                assert_int_equal(job_end(&jobs[t]), 0);
            }
            assert_int_equal(atomic_load(&crowd.taken), 1);
            cssl_engine_free(a);
        }
        cssl_config_free(client);
        cssl_config_free(crowd.config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocking),  cmocka_unit_test(test_some),
        cmocka_unit_test(test_not_for_clients), cmocka_unit_test(test_times_out),
        cmocka_unit_test(test_mailbox),   cmocka_unit_test(test_mailbox_closes),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

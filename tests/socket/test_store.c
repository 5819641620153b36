/*
 * test_store.c - a server's sessions in a store of the program's own: asked for by a callback that
 * answers at once or from another thread, by event out of a mailbox, or answered by nobody.
 */
#include "peers.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { PLACES = 64 };

/* The store: threads of several connections use it. */
static struct {
    pthread_mutex_t lock;
    struct { uint8_t id[32]; uint8_t session[4096]; size_t len; } places[PLACES];
    size_t num;
    /* what is asked for and not answered yet, for a thread that does */
    _Atomic(cssl_socket *) socket;
    atomic_uint_fast64_t id;
    uint8_t subject[32];
    atomic_uint asked;
    atomic_bool later, over;
} shelf = { .lock = PTHREAD_MUTEX_INITIALIZER };

static size_t place_of(const uint8_t *id)
{
    size_t i = 0;
    while (i < shelf.num && memcmp(shelf.places[i].id, id, 32) != 0) {
        i++;
    }
    return i;
}

static bool store(void *user, cssl_bytes id, cssl_bytes session, uint32_t lifetime)
{
    (void)user;
    (void)lifetime;
    (void)pthread_mutex_lock(&shelf.lock);
    size_t i = place_of(id.data);
    bool there = i < shelf.num;
    if (session.len == 0 && there) {
        shelf.places[i] = shelf.places[--shelf.num];
    }
    bool kept = session.len > 0 && session.len <= sizeof(shelf.places[i].session) && i < PLACES;
    if (kept) {
        memcpy(shelf.places[i].id, id.data, 32);
        memcpy(shelf.places[i].session, session.data, session.len);
        shelf.places[i].len = session.len;
        shelf.num += there ? 0 : 1;
    }
    (void)pthread_mutex_unlock(&shelf.lock);
    return session.len == 0 ? there : kept;
}

/* look fills an answer with a copy of what there is. */
static void look(const uint8_t *id, cssl_answer *a, uint8_t copy[4096])
{
    (void)pthread_mutex_lock(&shelf.lock);
    size_t i = place_of(id);
    if (i < shelf.num) {
        memcpy(copy, shelf.places[i].session, shelf.places[i].len);
        a->verdict = CSSL_ACCEPT;
        a->value = (cssl_bytes){ copy, shelf.places[i].len };
    }
    (void)pthread_mutex_unlock(&shelf.lock);
}

static bool find(void *user, const cssl_question *q, cssl_answer *a)
{
    static _Thread_local uint8_t copy[4096];
    (void)user;
    (void)atomic_fetch_add(&shelf.asked, 1);
    if (!atomic_load(&shelf.later)) {
        look(q->subject.data, a, copy);
        return true;
    }
    memcpy(shelf.subject, q->subject.data, 32);
    atomic_store(&shelf.socket, q->socket);
    atomic_store(&shelf.id, q->id);
    return false;
}

/* librarian answers from its own thread. */
static int librarian(struct job *job)
{
    static uint8_t copy[4096];
    while (!atomic_load(&shelf.over)) {
        uint64_t id = atomic_exchange(&shelf.id, 0);
        if (id == 0) {
            (void)sched_yield();
            continue;
        }
        cssl_answer a = { .id = id };
        look(shelf.subject, &a, copy);
        int rc = cssl_answer_question(atomic_load(&shelf.socket), &a, &job->err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static cssl_options with_store(unsigned version, bool by_event)
{
    cssl_options s = server_options();
    s.versions = version;
    s.ask_about = CSSL_ASK_SESSION;
    s.ask = by_event ? NULL : find;
    s.store_session = store;
    return s;
}

/* A client that connects and hears one byte, so that it has seen the tickets in front of it. */
struct visit {
    uint16_t port;
    cssl_config *config;
    cssl_socket *socket;
    bool resumed;
};

static int visit(struct job *job)
{
    struct visit *v = job->arg;
    char byte;
    cssl_info info;
    v->socket = cssl_connect_with("localhost", v->port, v->config, PATIENCE, &job->err);
    if (v->socket == NULL) {
        return -1;
    }
    int rc = cssl_recv_exact(v->socket, &byte, 1, PATIENCE, &job->err);
    cssl_connection_information(v->socket, &info);
    v->resumed = info.session_resumption;
    return rc;
}

static cssl_config *new_client(unsigned version)
{
    cssl_error err;
    cssl_options c = client_options();
    c.versions = version;
    cssl_config *config = cssl_client_config(&c, &err);
    ok(config == NULL ? -1 : 0, &err);
    return config;
}

static void open_shelf(void)
{
    shelf.num = 0;
    atomic_store(&shelf.asked, 0);
    atomic_store(&shelf.over, false);
    atomic_store(&shelf.id, 0);
}

static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };

/* Blocking servers: the answer comes at once, or from another thread while the call waits. */
static void test_blocking(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_SIZE(versions); i++) {
        struct job client, answers;
        cssl_error err;
        const unsigned version = versions[i / 2];
        cssl_options s = with_store(version, false);
        open_shelf();
        atomic_store(&shelf.later, i % 2 == 1);
        cssl_listener *l = cssl_listen(0, &s, &err);
        ok(l == NULL ? -1 : 0, &err);
        struct visit v = { .port = cssl_listener_port(l), .config = new_client(version) };
        job_start(&answers, librarian, NULL);
        for (int k = 0; k < 3; k++) {
            job_start(&client, visit, &v);
            cssl_socket *server = cssl_transport_accept(l, PATIENCE, &err);
            ok(server == NULL ? -1 : 0, &err);
            ok(cssl_handshake(server, PATIENCE, &err), &err);
            ok(cssl_send(server, "!", 1, PATIENCE, &err), &err);
            ok(job_end(&client), &client.err);
            assert_int_equal(v.resumed, k > 0);
            assert_int_equal(atomic_load(&shelf.asked), k);
            cssl_close(v.socket, 0, NULL);
            cssl_close(server, 0, NULL);
        }
        atomic_store(&shelf.over, true);
        ok(job_end(&answers), &answers.err);
        cssl_config_free(v.config);
        cssl_listener_close(l);
    }
}

/* A question that nobody answers ends with the time of the call, and can be gone on with then. */
static void test_nobody(void **state)
{
    (void)state;
    struct job client, answers;
    cssl_error err;
    cssl_options s = with_store(CSSL_TLSV1_3, false);
    open_shelf();
    atomic_store(&shelf.later, true);
    cssl_listener *l = cssl_listen(0, &s, &err);
    ok(l == NULL ? -1 : 0, &err);
    struct visit v = { .port = cssl_listener_port(l), .config = new_client(CSSL_TLSV1_3) };
    for (int k = 0; k < 2; k++) {
        job_start(&client, visit, &v);
        cssl_socket *server = cssl_transport_accept(l, PATIENCE, &err);
        ok(server == NULL ? -1 : 0, &err);
        if (k == 1) {
            assert_int_equal(cssl_handshake(server, 20, &err), CSSL_TIMEOUT);
            while (atomic_load(&shelf.asked) == 0) { /* a slow machine */
                assert_int_equal(cssl_handshake(server, 20, &err), CSSL_TIMEOUT);
            }
            atomic_store(&shelf.over, false);
            job_start(&answers, librarian, NULL);
        }
        ok(cssl_handshake(server, PATIENCE, &err), &err);
        ok(cssl_send(server, "!", 1, PATIENCE, &err), &err);
        ok(job_end(&client), &client.err);
        assert_int_equal(v.resumed, k == 1);
        cssl_close(v.socket, 0, NULL);
        cssl_close(server, 0, NULL);
    }
    atomic_store(&shelf.over, true);
    ok(job_end(&answers), &answers.err);
    cssl_config_free(v.config);
    cssl_listener_close(l);
}

/* An event loop: CSSL_EV_ASK, answered by its own thread, after something else has happened. */
static void test_mailbox(void **state)
{
    (void)state;
    static uint8_t copy[4096];
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        struct job client;
        cssl_error err;
        cssl_options s = with_store(versions[i], true);
        open_shelf();
        cssl_mailbox *mb = cssl_mailbox_new(&err);
        ok(mb == NULL ? -1 : 0, &err);
        cssl_listener *l = cssl_listen(0, &s, &err);
        ok(l == NULL ? -1 : 0, &err);
        ok(cssl_listener_set_mailbox(l, mb, &err), &err);
        struct visit v = { .port = cssl_listener_port(l), .config = new_client(versions[i]) };
        for (int k = 0; k < 3; k++) {
            job_start(&client, visit, &v);
            cssl_socket *server = expect(mb, CSSL_EV_ACCEPTED).socket;
            if (k > 0) {
                cssl_event ev = expect(mb, CSSL_EV_ASK);
                assert_int_equal(ev.question.kind, CSSL_ASK_SESSION);
                assert_int_equal(ev.question.subject.len, 32);
                assert_ptr_equal(ev.socket, server);
                cssl_answer a = { .id = ev.question.id };
                look(ev.question.subject.data, &a, copy);
                cssl_mailbox_wake(mb);
                (void)expect(mb, CSSL_EV_WAKE);
                ok(cssl_answer_question(server, &a, &err), &err);
                memset(copy, 0, sizeof(copy)); /* it was copied */
            }
            assert_ptr_equal(expect(mb, CSSL_EV_CONNECTED).socket, server);
            ok(cssl_send(server, "!", 1, PATIENCE, &err), &err);
            ok(job_end(&client), &client.err);
            assert_int_equal(v.resumed, k > 0);
            cssl_close(v.socket, 0, NULL);
            cssl_close(server, 0, NULL);
        }
        cssl_config_free(v.config);
        cssl_listener_close(l);
        cssl_mailbox_free(mb);
    }
}

/* Without a callback a blocking call has nobody to ask, and says so before anything is read. */
static void test_nobody_to_ask(void **state)
{
    (void)state;
    struct job client;
    cssl_error err;
    cssl_options s = with_store(CSSL_TLSV1_3, true);
    cssl_listener *l = cssl_listen(0, &s, &err);
    ok(l == NULL ? -1 : 0, &err);
    struct visit v = { .port = cssl_listener_port(l), .config = new_client(CSSL_TLSV1_3) };
    job_start(&client, visit, &v);
    cssl_socket *server = cssl_transport_accept(l, PATIENCE, &err);
    ok(server == NULL ? -1 : 0, &err);
    assert_int_equal(cssl_handshake(server, CSSL_INFINITY, &err), CSSL_OPTION);
    assert_int_equal(err.reason, CSSL_R_ASK_NEEDS_MAILBOX);
    assert_string_equal(err.option, "ask_about");
    cssl_close(server, 0, NULL);
    assert_true(job_end(&client) < 0);
    cssl_close(v.socket, 0, NULL);
    cssl_config_free(v.config);
    cssl_listener_close(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocking),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_mailbox),
        cmocka_unit_test(test_nobody_to_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

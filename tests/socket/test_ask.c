/*
 * test_ask.c - questions on sockets whose handshake is done, answers that race with the end of a
 * connection, and calls that cannot be asked anything. The usual cases are in tests/unit/socket.
 */
#include "base/error.h"
#include "peers.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

/* What a callback that answers later hands to another thread. */
struct post {
    _Atomic(cssl_socket *) socket;
    atomic_uint_fast64_t id;
    atomic_uint asked;
    atomic_bool at_once, over;
    cssl_verdict verdict;
};

static bool ask(void *user, const cssl_question *q, cssl_answer *a)
{
    struct post *post = user;
    (void)atomic_fetch_add(&post->asked, 1);
    if (atomic_load(&post->at_once)) {
        a->verdict = post->verdict;
        return true;
    }
    atomic_store(&post->socket, q->socket);
    atomic_store(&post->id, q->id);
    return false;
}

/* answer_all answers each question that is posted, from a thread of its own. */
static int answer_all(struct job *job)
{
    struct post *post = job->arg;
    while (!atomic_load(&post->over)) {
        uint64_t id = atomic_exchange(&post->id, 0);
        if (id == 0) {
            (void)sched_yield();
            continue;
        }
        const cssl_answer a = { .id = id, .verdict = post->verdict };
        int rc = cssl_answer_question(atomic_load(&post->socket), &a, &job->err);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static cssl_options asking_server(struct post *post, unsigned version)
{
    cssl_options s = server_options();
    s.versions = version;
    s.verify = CSSL_VERIFY_PEER;
    s.cacertfile = CERTS "ca.pem";
    s.ask_about = CSSL_ASK_VERIFY;
    s.ask = ask;
    s.user = post;
    return s;
}

static cssl_options known_client(unsigned version)
{
    cssl_options c = client_options();
    c.versions = version;
    c.certfile = CERTS "client.pem";
    c.keyfile = CERTS "client.key.pem";
    return c;
}

static int accept_and_shake(struct job *job)
{
    struct pair *p = job->arg;
    p->server = cssl_transport_accept(p->listener, PATIENCE, &job->err);
    return p->server == NULL ? -1 : cssl_handshake(p->server, PATIENCE, &job->err);
}

static int connect_one(struct job *job)
{
    struct pair *p = job->arg;
    cssl_options c = client_options();
    p->client = cssl_connect("localhost", cssl_listener_port(p->listener), &c, PATIENCE,
                             &job->err);
    return p->client == NULL ? -1 : 0;
}

static int connect_known(struct job *job)
{
    cssl_options c = known_client(CSSL_TLSV1_3);
    cssl_socket *s = cssl_connect("localhost", *(uint16_t *)job->arg, &c, PATIENCE, &job->err);
    int rc = s == NULL ? -1 : 0;
    cssl_close(s, 0, NULL);
    return rc;
}

static int client_says(struct job *job)
{
    cssl_socket *s = job->arg;
    char data[3];
    int rc = cssl_recv_exact(s, data, 3, PATIENCE, &job->err); /* here its certificate is sent */
    return rc == 0 ? cssl_send(s, "end", 3, PATIENCE, &job->err) : rc;
}

/* TLS 1.3: opinions on a certificate that came after the handshake, while the server receives. */
static void test_after_the_handshake(void **state)
{
    (void)state;
    for (int reject = 0; reject < 2; reject++) {
        struct post post = { .verdict = CSSL_ANSWER_DEFAULT };
        struct job answers, talk;
        struct pair p;
        cssl_error err;
        cssl_info info;
        char data[3];
        cssl_options s = asking_server(&post, CSSL_TLSV1_3), c = known_client(CSSL_TLSV1_3);
        s.post_handshake_auth = true;
        c.post_handshake_auth = true;
        pair_open(&p, &s, &c);
        assert_int_equal(atomic_load(&post.asked), 0);
        post.verdict = reject != 0 ? CSSL_REJECT : CSSL_ANSWER_DEFAULT;
        job_start(&answers, answer_all, &post);
        job_start(&talk, client_says, p.client);
        ok(cssl_request_certificate(p.server, &err), &err);
        ok(cssl_send(p.server, "now", 3, PATIENCE, &err), &err);
        int rc = cssl_recv_exact(p.server, data, 3, PATIENCE, &err);
        atomic_store(&post.over, true);
        ok(job_end(&answers), &answers.err);
        assert_true(atomic_load(&post.asked) > 0);
        if (reject != 0) {
            assert_int_equal(rc, CSSL_ALERT);
            assert_false(err.alert_from_peer);
        } else {
            ok(rc, &err);
            cssl_connection_information(p.server, &info);
            assert_true(info.peer_verified);
        }
        (void)job_end(&talk);
        pair_close(&p);
    }
}

static int renegotiate(struct job *job)
{
    return cssl_renegotiate(job->arg, PATIENCE, &job->err);
}

/* TLS 1.2: the same in a renegotiation, for which both halves are needed. */
static void test_renegotiation(void **state)
{
    (void)state;
    struct post post = { .verdict = CSSL_ANSWER_DEFAULT };
    struct job answers, client;
    struct pair p;
    cssl_error err;
    char data[4];
    cssl_options s = asking_server(&post, CSSL_TLSV1_2), c = known_client(CSSL_TLSV1_2);
    s.client_renegotiation = CSSL_ON;
    atomic_store(&post.at_once, true);
    pair_open(&p, &s, &c);
    unsigned before = atomic_load(&post.asked);
    assert_true(before > 0);
    atomic_store(&post.at_once, false);
    job_start(&answers, answer_all, &post);
    job_start(&client, renegotiate, p.client);
    /* The server takes part by receiving; the time runs out when all is done. */
    while (atomic_load(&post.asked) < 2 * before) {
        assert_int_equal(cssl_recv(p.server, data, sizeof(data), 1, &err), CSSL_TIMEOUT);
    }
    ok(cssl_send(p.server, "done", 4, PATIENCE, &err), &err);
    ok(job_end(&client), &client.err);
    ok(cssl_recv_exact(p.client, data, 4, PATIENCE, &err), &err);
    assert_memory_equal(data, "done", 4);
    atomic_store(&post.over, true);
    ok(job_end(&answers), &answers.err);
    pair_close(&p);
}

/* An open connection in a mailbox asks by CSSL_EV_ASK. */
static void test_mailbox_after_the_handshake(void **state)
{
    (void)state;
    struct post post = { .verdict = CSSL_ANSWER_DEFAULT };
    struct job talk;
    struct pair p;
    cssl_error err;
    cssl_options s = asking_server(&post, CSSL_TLSV1_3), c = known_client(CSSL_TLSV1_3);
    s.post_handshake_auth = true;
    c.post_handshake_auth = true;
    pair_open(&p, &s, &c);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    ok(mb == NULL ? -1 : 0, &err);
    ok(cssl_set_active(p.server, mb, CSSL_ACTIVE, &err), &err);
    job_start(&talk, client_says, p.client);
    ok(cssl_request_certificate(p.server, &err), &err);
    ok(cssl_send(p.server, "now", 3, PATIENCE, &err), &err);
    unsigned asked = 0;
    cssl_event ev;
    while ((ev = next(mb)).type == CSSL_EV_ASK) {
        asked++;
        assert_ptr_equal(ev.socket, p.server);
        assert_int_equal(ev.question.kind, CSSL_ASK_VERIFY);
        const cssl_answer a = { .id = ev.question.id };
        ok(cssl_answer_question(ev.socket, &a, &err), &err);
        assert_int_equal(cssl_answer_question(ev.socket, &a, &err), CSSL_STATE);
    }
    assert_true(asked > 0);
    assert_int_equal(ev.type, CSSL_EV_AUTHENTICATED);
    assert_int_equal(expect(mb, CSSL_EV_DATA).data.len, 3);
    ok(job_end(&talk), &talk.err);
    pair_close(&p);
    cssl_mailbox_free(mb);
}

/* A client has no socket to name before cssl_connect returns, however long it would wait. */
static void test_connect_cannot_wait(void **state)
{
    (void)state;
    struct post post = { .verdict = CSSL_ACCEPT };
    struct job server;
    struct pair p = { .client = NULL };
    cssl_error err;
    cssl_options s = server_options(), c = client_options();
    p.listener = cssl_listen(0, &s, &err);
    ok(p.listener == NULL ? -1 : 0, &err);
    c.ask_about = CSSL_ASK_VERIFY;
    c.ask = ask;
    c.user = &post;
    job_start(&server, accept_and_shake, &p);
    p.client = cssl_connect("localhost", cssl_listener_port(p.listener), &c, CSSL_INFINITY, &err);
    assert_null(p.client);
    assert_int_equal(err.status, CSSL_OPTION);
    assert_int_equal(err.reason, CSSL_R_ASK_NEEDS_MAILBOX);
    assert_null(atomic_load(&post.socket));
    assert_int_equal(job_end(&server), CSSL_ALERT); /* it hears of it */
    pair_close(&p);
}

/* cssl_recv_early cannot tell of a pause by its number of bytes. */
static void test_early_and_paused(void **state)
{
    (void)state;
    struct job client;
    struct pair p = { .client = NULL };
    cssl_error err;
    uint8_t data[16] = { 0 };
    cssl_options s = server_options();
    s.pause_at_hello = true;
    s.max_early_data = 1024;
    p.listener = cssl_listen(0, &s, &err);
    ok(p.listener == NULL ? -1 : 0, &err);
    job_start(&client, connect_one, &p);
    p.server = cssl_transport_accept(p.listener, PATIENCE, &err);
    ok(p.server == NULL ? -1 : 0, &err);
    assert_int_equal(cssl_recv_early(p.server, data, sizeof(data), PATIENCE, &err), CSSL_STATE);
    ok(cssl_handshake_continue(p.server, NULL, PATIENCE, &err), &err);
    ok(job_end(&client), &client.err);
    pair_close(&p);
}

/* verify_on_resume asks before there is a ClientHello: at once, or by way of a mailbox. */
static int accept_each(struct job *job)
{
    cssl_listener *l = job->arg;
    for (int i = 0; i < 3; i++) {
        uint8_t byte = 'x';
        cssl_socket *s = cssl_transport_accept(l, PATIENCE, &job->err);
        if (s == NULL || cssl_handshake(s, PATIENCE, &job->err) != 0) {
            return -1;
        }
        ssize_t n = cssl_send(s, &byte, 1, PATIENCE, &job->err);
        n = n < 0 ? n : cssl_recv(s, &byte, 1, PATIENCE, &job->err); /* the peer has closed */
        cssl_close(s, 0, NULL);
        if (n < 0 && job->err.status != CSSL_CLOSED && job->err.status != CSSL_TRUNCATED) {
            return -1;
        }
    }
    job->err = (cssl_error){ .status = CSSL_OK };
    return 0;
}

static void test_before_the_hello(void **state)
{
    (void)state;
    for (int by_mailbox = 0; by_mailbox < 2; by_mailbox++) {
        struct post post = { .verdict = CSSL_ANSWER_DEFAULT };
        struct job server, answers;
        cssl_error err;
        uint8_t byte;
        unsigned before = 0;
        cssl_options s = server_options();
        cssl_options c = client_options();
        cssl_listener *l = cssl_listen(0, &s, &err);
        cssl_mailbox *mb = cssl_mailbox_new(&err);
        ok(l == NULL || mb == NULL ? -1 : 0, &err);
        c.ask_about = CSSL_ASK_VERIFY;
        c.ask = ask;
        c.user = &post;
        c.verify_on_resume = true;
        atomic_store(&post.at_once, by_mailbox == 0);
        cssl_config *config = cssl_client_config(&c, &err);
        ok(config == NULL ? -1 : 0, &err);
        job_start(&server, accept_each, l);
        job_start(&answers, answer_all, &post);
        for (int i = 0; i < 3; i++) {
            const uint16_t port = cssl_listener_port(l);
            cssl_info info;
            cssl_socket *client =
                by_mailbox ? cssl_connect_start("localhost", port, config, mb, &err)
                           : cssl_connect_with("localhost", port, config, PATIENCE, &err);
            ok(client == NULL ? -1 : 0, &err);
            if (by_mailbox) {
                while (next(mb).type != CSSL_EV_CONNECTED) {
                    /* what it asks is answered by somebody else */
                }
                ok(cssl_set_active(client, NULL, CSSL_PASSIVE, &err), &err);
            }
            cssl_connection_information(client, &info);
            assert_int_equal(info.session_resumption, i > 0);
            const unsigned asked = atomic_load(&post.asked);
            assert_true(asked > before); /* each time anew */
            before = asked;
            assert_int_equal(cssl_recv(client, &byte, 1, PATIENCE, &err), 1); /* and tickets */
            cssl_close(client, PATIENCE, NULL);
        }
        ok(job_end(&server), &server.err);
        atomic_store(&post.over, true);
        ok(job_end(&answers), &answers.err);
        cssl_config_free(config);
        cssl_mailbox_free(mb);
        cssl_listener_close(l);
    }
}

/* Whoever is refused at its hello is told why; without a handshake there is nothing to refuse. */
static void test_refused(void **state)
{
    (void)state;
    struct job client;
    struct pair p = { .client = NULL };
    cssl_error err;
    cssl_options s = server_options();
    s.pause_at_hello = true;
    p.listener = cssl_listen(0, &s, &err);
    ok(p.listener == NULL ? -1 : 0, &err);
    job_start(&client, connect_one, &p);
    p.server = cssl_transport_accept(p.listener, PATIENCE, &err);
    ok(p.server == NULL ? -1 : 0, &err);
    assert_int_equal(cssl_handshake(p.server, PATIENCE, &err), CSSL_PAUSED);
    cssl_handshake_refuse(p.server, ALERT_ACCESS_DENIED);
    p.server = NULL;
    assert_true(job_end(&client) < 0);
    assert_true(client.err.alert_from_peer);
    assert_int_equal(client.err.alert, ALERT_ACCESS_DENIED);
    cssl_handshake_refuse(NULL, ALERT_ACCESS_DENIED);
    pair_close(&p);
}

/* Connections that are closed as soon as they are there, while others answer for them. */
static void test_answers_and_ends(void **state)
{
    (void)state;
    enum { ROUNDS = 40 };
    struct post post = { .verdict = CSSL_ANSWER_DEFAULT };
    struct job answers, client;
    cssl_error err;
    cssl_options s = asking_server(&post, CSSL_TLSV1_3);
    cssl_listener *l = cssl_listen(0, &s, &err);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    ok(l == NULL || mb == NULL ? -1 : 0, &err);
    ok(cssl_listener_set_mailbox(l, mb, &err), &err);
    job_start(&answers, answer_all, &post);
    uint16_t port = cssl_listener_port(l);
    for (int i = 0; i < ROUNDS; i++) {
        cssl_event ev;
        job_start(&client, connect_known, &port);
        do {
            ev = next(mb);
        } while (ev.type == CSSL_EV_ACCEPTED || ev.type == CSSL_EV_ASK);
        assert_int_equal(ev.type, CSSL_EV_CONNECTED);
        cssl_close(ev.socket, 0, NULL);
        ok(job_end(&client), &client.err);
        while (cssl_receive(mb, &ev, 0, &err) == 0) {
            /* it ends */
        }
    }
    atomic_store(&post.over, true);
    ok(job_end(&answers), &answers.err);
    cssl_mailbox_free(mb);
    cssl_listener_close(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_after_the_handshake),
        cmocka_unit_test(test_renegotiation),
        cmocka_unit_test(test_mailbox_after_the_handshake),
        cmocka_unit_test(test_connect_cannot_wait),
        cmocka_unit_test(test_early_and_paused),
        cmocka_unit_test(test_before_the_hello),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_answers_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

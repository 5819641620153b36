/* test_threads.c - one thread sends while another receives, mailboxes on threads of their own. */
#include "peers.h"

#include <poll.h>
#include <stdatomic.h>

enum { STREAM = 6000000 };

/* A stream of a pattern, in pieces of odd sizes, with new keys now and then. */
static int send_stream(struct job *job)
{
    cssl_socket *s = job->arg;
    uint8_t data[40000];
    cssl_stat before = { 0 }, now;
    size_t at = 0;
    unsigned turn = 0;
    while (at < STREAM) {
        size_t len = 1 + (turn * 7919U) % sizeof(data);
        len = len < STREAM - at ? len : STREAM - at;
        fill(data, len, at);
        int rc = cssl_send(s, data, len, PATIENCE, &job->err);
        if (rc == 0 && turn % 16 == 5) {
            rc = cssl_update_keys(s, turn % 32 == 5, &job->err);
        }
        rc = rc == 0 ? cssl_getstat(s, &now, &job->err) : rc;
        if (rc != 0) {
            return rc;
        }
        if (now.recv_oct < before.recv_oct || now.recv_cnt < before.recv_cnt ||
            now.send_oct <= before.send_oct) {
            return -102;
        }
        before = now;
        at += len;
        turn++;
    }
    return cssl_shutdown(s, SHUT_WR, PATIENCE, &job->err);
}

static int receive_stream(struct job *job)
{
    cssl_socket *s = job->arg;
    uint8_t data[30000];
    size_t at = 0;
    for (;;) {
        ssize_t n = cssl_recv(s, data, sizeof(data), PATIENCE, &job->err);
        if (n <= 0) {
            return n < 0 ? (int)n : at == STREAM ? 0 : -100;
        }
        if (!check(data, (size_t)n, at)) {
            return -101;
        }
        at += (size_t)n;
    }
}

static void test_both_ways_at_once(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    struct job jobs[4];
    pair_open(&p, NULL, NULL);
    job_start(&jobs[0], send_stream, p.client);
    job_start(&jobs[1], receive_stream, p.client);
    job_start(&jobs[2], send_stream, p.server);
    job_start(&jobs[3], receive_stream, p.server);
    int rc[4];
    for (int i = 0; i < 4; i++) {
        rc[i] = job_end(&jobs[i]);
    }
    for (int i = 0; i < 4; i++) {
        ok(rc[i], &jobs[i].err);
    }
    ok(cssl_close(p.client, PATIENCE, &err), &err);
    p.client = NULL;
    ok(cssl_close(p.server, PATIENCE, &err), &err);
    p.server = NULL;
    pair_close(&p);
}

/* Both sides ask for new keys and then send more than fits anywhere; each reads only when it has
 * sent everything its queue takes. Nothing may wait for a reply to a key update. */
static void test_key_updates_do_not_deadlock(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    uint8_t data[20000];
    pair_open(&p, NULL, NULL);
    cssl_socket *ends[2] = { p.client, p.server };
    size_t sent[2] = { 0, 0 };
    size_t got[2] = { 0, 0 };
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 2; i++) {
            ok(cssl_update_keys(ends[i], true, &err), &err);
            for (;;) {
                fill(data, sizeof(data), sent[i]);
                ssize_t n = cssl_send_some(ends[i], data, sizeof(data), &err);
                ok(n, &err);
                sent[i] += (size_t)n;
                if (n < (ssize_t)sizeof(data)) {
                    break;
                }
            }
        }
        for (int i = 0; i < 2; i++) {
            for (int n = 0; n < 30; n++) {
                ssize_t more = cssl_recv(ends[i], data, sizeof(data), 0, &err);
                if (more == CSSL_TIMEOUT) {
                    break;
                }
                ok(more, &err);
                assert_true(check(data, (size_t)more, got[i]));
                got[i] += (size_t)more;
            }
        }
    }
    assert_true(got[0] > 1000000 && got[1] > 1000000);
    pair_close(&p);
}

/* One thread accepts and hands each connection to one of two mailboxes on threads of their own. */
struct worker {
    struct job job;
    cssl_mailbox *mb;
    unsigned served;
    atomic_bool stop;
};

static int serve_mailbox(struct job *job)
{
    struct worker *w = job->arg;
    cssl_event ev;
    while (!atomic_load(&w->stop)) {
        int rc = cssl_receive(w->mb, &ev, PATIENCE, &job->err);
        if (rc != 0) {
            return rc;
        }
        if (ev.type == CSSL_EV_DATA) {
            rc = cssl_send(ev.socket, ev.data.data, ev.data.len, PATIENCE, &job->err);
            w->served++;
        } else if (ev.type == CSSL_EV_CLOSED || ev.type == CSSL_EV_ERROR) {
            cssl_close(ev.socket, 1000, NULL);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int accept_and_hand_over(struct job *job)
{
    struct pair *p = ((void **)job->arg)[0];
    struct worker *workers = ((void **)job->arg)[1];
    for (unsigned i = 0;; i++) {
        cssl_socket *s = cssl_transport_accept(p->listener, CSSL_INFINITY, &job->err);
        if (s == NULL) {
            return job->err.status == CSSL_CLOSED ? 0 : -1;
        }
        int rc = cssl_handshake(s, PATIENCE, &job->err);
        rc = rc != 0 ? rc : cssl_set_active(s, workers[i % 2].mb, CSSL_ACTIVE, &job->err);
        if (rc != 0) {
            return rc;
        }
    }
}

static void test_sockets_handed_to_threads(void **state)
{
    (void)state;
    enum { CONNECTIONS = 20 };
    struct pair p = { .client = NULL };
    struct worker workers[2];
    struct job accepting;
    cssl_error err;
    char got[8];
    cssl_options options = server_options();
    p.listener = cssl_listen(0, &options, &err);
    assert_non_null(p.listener);
    for (int i = 0; i < 2; i++) {
        memset(&workers[i], 0, sizeof(workers[i]));
        workers[i].mb = cssl_mailbox_new(&err);
        assert_non_null(workers[i].mb);
        job_start(&workers[i].job, serve_mailbox, &workers[i]);
    }
    void *arg[2] = { &p, workers };
    job_start(&accepting, accept_and_hand_over, arg);
    options = client_options();
    cssl_config *config = cssl_client_config(&options, &err);
    assert_non_null(config);
    for (int i = 0; i < CONNECTIONS; i++) {
        cssl_socket *s =
            cssl_connect_with("localhost", cssl_listener_port(p.listener), config, PATIENCE, &err);
        ok(s == NULL ? -1 : 0, &err);
        ok(cssl_send(s, "ping", 4, PATIENCE, &err), &err);
        ok(cssl_recv_exact(s, got, 4, PATIENCE, &err), &err);
        assert_memory_equal(got, "ping", 4);
        ok(cssl_close(s, PATIENCE, &err), &err);
    }
    cssl_listener_shutdown(p.listener);
    ok(job_end(&accepting), &accepting.err);
    cssl_listener_close(p.listener);
    for (int i = 0; i < 2; i++) {
        atomic_store(&workers[i].stop, true);
        cssl_mailbox_wake(workers[i].mb);
        ok(job_end(&workers[i].job), &workers[i].job.err);
        assert_int_equal(workers[i].served, CONNECTIONS / 2);
        cssl_mailbox_free(workers[i].mb);
    }
    cssl_config_free(config);
}

/* Two mailboxes on two threads share a listener, which a third thread closes. */
static int run_mailbox(struct job *job)
{
    struct worker *w = job->arg;
    cssl_event ev;
    while (!atomic_load(&w->stop)) {
        int rc = cssl_receive(w->mb, &ev, PATIENCE, &job->err);
        if (rc != 0) {
            return rc;
        }
        if (ev.type == CSSL_EV_CONNECTED) {
            w->served++;
            rc = cssl_set_active(ev.socket, NULL, CSSL_ACTIVE, &job->err);
        } else if (ev.type == CSSL_EV_CLOSED || ev.type == CSSL_EV_ERROR) {
            cssl_close(ev.socket, 1000, NULL);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static void test_mailboxes_share_a_listener(void **state)
{
    (void)state;
    enum { CONNECTIONS = 30 };
    struct worker workers[2];
    cssl_error err;
    cssl_options options = server_options();
    cssl_listener *l = cssl_listen(0, &options, &err);
    assert_non_null(l);
    for (int i = 0; i < 2; i++) {
        memset(&workers[i], 0, sizeof(workers[i]));
        workers[i].mb = cssl_mailbox_new(&err);
        assert_non_null(workers[i].mb);
        job_start(&workers[i].job, run_mailbox, &workers[i]);
        ok(cssl_listener_set_mailbox(l, workers[i].mb, &err), &err);
    }
    assert_int_equal(cssl_listener_set_mailbox(l, workers[0].mb, &err), CSSL_STATE);
    assert_null(cssl_transport_accept(l, 0, &err));
    assert_int_equal(err.status, CSSL_STATE);
    options = client_options();
    cssl_config *config = cssl_client_config(&options, &err);
    assert_non_null(config);
    for (int i = 0; i < CONNECTIONS; i++) {
        cssl_socket *s =
            cssl_connect_with("localhost", cssl_listener_port(l), config, PATIENCE, &err);
        ok(s == NULL ? -1 : 0, &err);
        ok(cssl_close(s, PATIENCE, &err), &err);
    }
    cssl_listener_close(l);
    unsigned served = 0;
    for (int i = 0; i < 2; i++) {
        atomic_store(&workers[i].stop, true);
        cssl_mailbox_wake(workers[i].mb);
        ok(job_end(&workers[i].job), &workers[i].job.err);
        served += workers[i].served;
        cssl_mailbox_free(workers[i].mb);
    }
    assert_int_equal(served, CONNECTIONS);
    cssl_config_free(config);
}

/* The mailbox's thread receives while another thread sends. */
static int drain_mailbox(struct job *job)
{
    cssl_mailbox *mb = job->arg;
    cssl_event ev;
    size_t at = 0;
    for (;;) {
        int rc = cssl_receive(mb, &ev, PATIENCE, &job->err);
        if (rc != 0) {
            return rc;
        }
        if (ev.type == CSSL_EV_CLOSED) {
            return at == STREAM ? 0 : -100;
        }
        if (ev.type == CSSL_EV_ERROR) {
            job->err = *ev.error;
            return -101;
        }
        if (ev.type == CSSL_EV_DATA) {
            if (!check(ev.data.data, ev.data.len, at)) {
                return -102;
            }
            at += ev.data.len;
        }
    }
}

static void test_sending_beside_a_mailbox(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    struct job jobs[4];
    pair_open(&p, NULL, NULL);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_non_null(mb);
    ok(cssl_set_active(p.server, mb, CSSL_ACTIVE, &err), &err);
    job_start(&jobs[0], send_stream, p.client);
    job_start(&jobs[1], receive_stream, p.client);
    job_start(&jobs[2], drain_mailbox, mb);
    job_start(&jobs[3], send_stream, p.server);
    int rc[4];
    for (int i = 0; i < 4; i++) {
        rc[i] = job_end(&jobs[i]);
    }
    for (int i = 0; i < 4; i++) {
        ok(rc[i], &jobs[i].err);
    }
    ok(cssl_set_active(p.server, NULL, CSSL_PASSIVE, &err), &err);
    cssl_mailbox_free(mb);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways_at_once),
        cmocka_unit_test(test_key_updates_do_not_deadlock),
        cmocka_unit_test(test_sockets_handed_to_threads),
        cmocka_unit_test(test_mailboxes_share_a_listener),
        cmocka_unit_test(test_sending_beside_a_mailbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

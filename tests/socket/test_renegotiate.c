/* test_renegotiate.c - renegotiation of TLS 1.2 on sockets, by one thread and by four. */
#include "peers.h"

enum { STREAM = 1000000 };

static int echo(struct job *job)
{
    cssl_socket *s = job->arg;
    char data[512];
    for (;;) {
        ssize_t n = cssl_recv(s, data, sizeof(data), PATIENCE, &job->err);
        if (n <= 0) {
            return (int)n;
        }
        int rc = cssl_send(s, data, (size_t)n, PATIENCE, &job->err);
        if (rc != 0) {
            return rc;
        }
    }
}

static void open_as(struct pair *p, cssl_switch client, cssl_switch server, uint64_t records)
{
    cssl_options c = client_options(), s = server_options();
    c.versions = CSSL_TLSV1_2;
    c.client_renegotiation = client;
    s.client_renegotiation = server;
    s.renegotiate_at = records;
    pair_open(p, &s, &c);
}

static void test_asked(void **state)
{
    (void)state;
    struct pair p;
    struct job job;
    cssl_error err;
    char data[8];
    for (int willing = 0; willing < 2; willing++) {
        open_as(&p, CSSL_OFF, willing == 1 ? CSSL_ON : CSSL_OFF, 0);
        job_start(&job, echo, p.server);
        ok(cssl_send(p.client, "one", 3, PATIENCE, &err), &err);
        int rc = cssl_renegotiate(p.client, PATIENCE, &err); /* the echo comes in between */
        assert_int_equal(rc, willing == 1 ? 0 : CSSL_STATE);
        assert_int_equal(rc == 0 ? CSSL_R_RENEGOTIATION_REFUSED : err.reason,
                         CSSL_R_RENEGOTIATION_REFUSED);
        ok(cssl_recv_exact(p.client, data, 3, PATIENCE, &err), &err);
        assert_memory_equal(data, "one", 3);
        ok(cssl_send(p.client, "two", 3, PATIENCE, &err), &err);
        ok(cssl_recv_exact(p.client, data, 3, PATIENCE, &err), &err);
        ok(cssl_shutdown(p.client, SHUT_WR, PATIENCE, &err), &err);
        ok(job_end(&job), &job.err);
        pair_close(&p);
    }
}

static int send_stream(struct job *job)
{
    cssl_socket *s = job->arg;
    uint8_t data[3000];
    for (size_t at = 0; at < STREAM;) {
        size_t len = STREAM - at < sizeof(data) ? STREAM - at : sizeof(data);
        fill(data, len, at);
        int rc = cssl_send(s, data, len, PATIENCE, &job->err);
        if (rc != 0) {
            return rc;
        }
        at += len;
    }
    return 0;
}

static int receive_stream(struct job *job)
{
    cssl_socket *s = job->arg;
    uint8_t data[5000];
    for (size_t at = 0; at < STREAM;) {
        ssize_t n = cssl_recv(s, data, sizeof(data), PATIENCE, &job->err);
        if (n <= 0 || !check(data, (size_t)n, at)) {
            return n < 0 ? (int)n : -101;
        }
        at += (size_t)n;
    }
    return 0;
}

/* A server that wants new keys every hundred records, while everybody talks. */
static void test_four_threads(void **state)
{
    (void)state;
    struct pair p;
    struct job jobs[4];
    cssl_socket *ends[2];
    open_as(&p, CSSL_ON, CSSL_OFF, 100);
    ends[0] = p.client;
    ends[1] = p.server;
    uint8_t before[12], after[12];
    size_t len = sizeof(before);
    assert_int_equal(cssl_channel_binding(p.client, "tls-unique", before, &len, NULL), 0);
    for (int i = 0; i < 4; i++) {
        job_start(&jobs[i], i % 2 == 0 ? send_stream : receive_stream, ends[i / 2]);
    }
    for (int i = 0; i < 4; i++) {
        ok(job_end(&jobs[i]), &jobs[i].err);
    }
    /* There is none while one that nobody receives for is still open. */
    assert_true(cssl_channel_binding(p.client, "tls-unique", after, &len, NULL) == CSSL_STATE ||
                memcmp(before, after, sizeof(before)) != 0);
    pair_close(&p);
}

static int receive_all(struct job *job)
{
    cssl_socket *s = job->arg;
    char data[512];
    ssize_t n = 1;
    while (n > 0) {
        n = cssl_recv(s, data, sizeof(data), PATIENCE, &job->err);
    }
    return (int)n;
}

static int renegotiate_and_close(struct job *job)
{
    cssl_socket *s = job->arg;
    int rc = cssl_renegotiate(s, PATIENCE, &job->err);
    rc = rc == CSSL_CLOSED ? 0 : rc; /* the server was faster */
    return rc == 0 ? cssl_shutdown(s, SHUT_WR, PATIENCE, &job->err) : rc;
}

/* One thread receives, and so takes part in what the peer begins, when another one shuts down. */
static void test_shutdown_meets_it(void **state)
{
    (void)state;
    for (int i = 0; i < 25; i++) {
        struct pair p;
        struct job receiver, client;
        cssl_error err;
        open_as(&p, CSSL_OFF, CSSL_ON, 0);
        job_start(&receiver, receive_all, p.server);
        job_start(&client, renegotiate_and_close, p.client);
        ok(cssl_shutdown(p.server, SHUT_WR, PATIENCE, &err), &err);
        ok(job_end(&client), &client.err);
        ok(job_end(&receiver), &receiver.err);
        pair_close(&p);
    }
}

/* The peer does not answer: what waits for the end of it says so. */
static void test_unanswered(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    open_as(&p, CSSL_OFF, CSSL_ON, 0);
    assert_int_equal(cssl_renegotiate(p.client, 0, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_send(p.client, "x", 1, 0, &err), CSSL_TIMEOUT);
    assert_int_equal(cssl_shutdown(p.client, SHUT_WR, 0, &err), CSSL_TIMEOUT);
    assert_int_equal(err.status, CSSL_TIMEOUT);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_asked),
                                        cmocka_unit_test(test_shutdown_meets_it),
        cmocka_unit_test(test_unanswered),
                                        cmocka_unit_test(test_four_threads) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

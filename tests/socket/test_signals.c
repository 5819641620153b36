/* test_signals.c - blocking calls under a storm of signals; no SIGPIPE from a peer that left. */
#include "peers.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

enum { BYTES = 4000000, PIECE = 40000 };

static atomic_int signals; /* either thread may be the one that is interrupted */

static void on_alarm(int number)
{
    (void)number;
    (void)atomic_fetch_add(&signals, 1);
}

/* storm begins or ends a signal every 200 microseconds; system calls that wait are interrupted. */
static void storm(bool on)
{
    struct sigaction action = { .sa_handler = on ? on_alarm : SIG_IGN }; /* no SA_RESTART */
    const struct itimerval every = { { 0, on ? 200 : 0 }, { 0, on ? 200 : 0 } };
    (void)sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static int echo(struct job *job)
{
    uint8_t data[PIECE];
    cssl_listener *l = job->arg;
    cssl_socket *s = cssl_transport_accept(l, PATIENCE, &job->err);
    int rc = s == NULL ? (int)job->err.status : cssl_handshake(s, PATIENCE, &job->err);
    while (rc == 0) {
        ssize_t n = cssl_recv(s, data, sizeof(data), PATIENCE, &job->err);
        if (n <= 0) {
            rc = (int)n;
            break;
        }
        rc = cssl_send(s, data, (size_t)n, PATIENCE, &job->err);
    }
    int closed = cssl_close(s, PATIENCE, rc == 0 ? &job->err : NULL);
    return rc == 0 ? closed : rc;
}

/* Every call comes to its end as if there were no signals; the time that it may take is not begun
 * anew by each of them. */
static void test_interrupted_calls(void **state)
{
    (void)state;
    cssl_error err;
    struct job job;
    static uint8_t data[PIECE];
    const cssl_options server = server_options();
    const cssl_options client = client_options();
    cssl_listener *l = cssl_listen(0, &server, &err);
    ok(l == NULL ? -1 : 0, &err);
    storm(true);
    job_start(&job, echo, l);
    cssl_socket *s = cssl_connect("localhost", cssl_listener_port(l), &client, PATIENCE, &err);
    ok(s == NULL ? -1 : 0, &err);
    for (size_t at = 0; at < BYTES; at += PIECE) {
        fill(data, sizeof(data), at);
        ok(cssl_send(s, data, sizeof(data), PATIENCE, &err), &err);
        ok(cssl_recv_exact(s, data, sizeof(data), PATIENCE, &err), &err);
        assert_true(check(data, sizeof(data), at));
    }
    int64_t before = clock_ms();
    assert_int_equal(cssl_recv(s, data, sizeof(data), 100, &err), CSSL_TIMEOUT);
    int64_t took = clock_ms() - before;
    assert_true(took >= 100 && took < PATIENCE);
    ok(cssl_close(s, PATIENCE, &err), &err);
    int rc = job_end(&job);
    ok(rc, &job.err);
    storm(false);
    assert_true(atomic_load(&signals) > 10);
    cssl_listener_close(l);
}

/* Sending to somebody who is gone is an error and not the end of the program. */
static void test_no_sigpipe(void **state)
{
    (void)state;
    struct sigaction now;
    cssl_error err;
    struct pair p;
    assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
    assert_ptr_equal(now.sa_handler, SIG_DFL); /* it would end this test */
    pair_open(&p, NULL, NULL);
    cssl_close(p.client, 0, NULL);
    p.client = NULL;
    int rc = 0;
    for (int i = 0; i < 1000 && rc == 0; i++) {
        rc = cssl_send(p.server, "x", 1, PATIENCE, &err);
    }
    assert_true(rc == CSSL_CLOSED || rc == CSSL_TRUNCATED);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interrupted_calls),
        cmocka_unit_test(test_no_sigpipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

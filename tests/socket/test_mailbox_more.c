/* test_mailbox_more.c - what a mailbox does besides sockets: timers, watches, wake-ups. */
#include "peers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

static void test_timers(void **state)
{
    (void)state;
    enum { NUM = 50 };
    cssl_error err;
    int64_t ids[NUM];
    int marks[NUM];
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_non_null(mb);
    assert_int_equal(cssl_mailbox_timeout(mb), CSSL_INFINITY);
    assert_true(cssl_mailbox_timer(mb, -1, NULL, &err) < 0);
    int64_t start = clock_ms();
    for (int i = 0; i < NUM; i++) {
        marks[i] = (i * 37) % NUM;
        ids[i] = cssl_mailbox_timer(mb, marks[i], &marks[i], &err);
        assert_true(ids[i] > 0);
    }
    assert_true(cssl_mailbox_timeout(mb) >= 0 && cssl_mailbox_timeout(mb) < NUM);
    for (int i = 0; i < NUM; i += 2) {
        cssl_mailbox_cancel_timer(mb, ids[i]);
        cssl_mailbox_cancel_timer(mb, ids[i]); /* again: nothing */
    }
    int last = -1;
    for (int i = 0; i < NUM / 2; i++) {
        cssl_event ev = expect(mb, CSSL_EV_TIMER);
        int ms = *(int *)ev.user;
        assert_null(ev.socket);
        assert_true((int *)ev.user - marks < NUM && ((int *)ev.user - marks) % 2 == 1);
        assert_true(ms >= last);
        assert_true(clock_ms() - start >= ms);
        last = ms;
    }
    assert_int_equal(cssl_mailbox_timeout(mb), CSSL_INFINITY);
    expect_none(mb, 0);
    /* The number of one that is over does not touch the one that has its place now. */
    int64_t next_id = cssl_mailbox_timer(mb, 0, NULL, &err);
    for (int i = 0; i < NUM; i++) {
        assert_true(next_id != ids[i]);
        cssl_mailbox_cancel_timer(mb, ids[i]);
    }
    cssl_mailbox_cancel_timer(mb, 0);
    cssl_mailbox_cancel_timer(mb, -5);
    cssl_mailbox_cancel_timer(mb, INT64_MAX);
    expect(mb, CSSL_EV_TIMER);
    /* One that starts itself again at once lets others have their turn. */
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    ok(cssl_mailbox_watch(mb, fds[0], POLLIN, NULL, &err), &err);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_true(cssl_mailbox_timer(mb, 0, NULL, &err) > 0);
    int seen = 0;
    for (cssl_event ev = next(mb); ev.type == CSSL_EV_TIMER; ev = next(mb)) {
        assert_true(cssl_mailbox_timer(mb, 0, NULL, &err) > 0);
        assert_true(++seen < 100);
    }
    cssl_mailbox_free(mb);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void test_watches(void **state)
{
    (void)state;
    cssl_error err;
    int fds[2];
    char byte;
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_non_null(mb);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(cssl_mailbox_watch(mb, -1, POLLIN, NULL, &err), CSSL_STATE);
    assert_int_equal(cssl_mailbox_watch(mb, fds[0], POLLERR, NULL, &err), CSSL_STATE);
    ok(cssl_mailbox_watch(mb, fds[0], POLLIN, &byte, &err), &err);
    expect_none(mb, 0);
    assert_int_equal(write(fds[1], "ab", 2), 2);
    for (int i = 0; i < 2; i++) { /* as long as there is something */
        cssl_event ev = expect(mb, CSSL_EV_FD);
        assert_int_equal(ev.fd, fds[0]);
        assert_int_equal(ev.revents, POLLIN);
        assert_ptr_equal(ev.user, &byte);
        assert_int_equal(read(fds[0], &byte, 1), 1);
    }
    expect_none(mb, 0);
    ok(cssl_mailbox_watch(mb, fds[0], POLLIN | POLLOUT, NULL, &err), &err);
    assert_int_equal(expect(mb, CSSL_EV_FD).revents, POLLOUT);
    ok(cssl_mailbox_watch(mb, fds[0], POLLIN, NULL, &err), &err);
    expect_none(mb, 0);
    /* The program's loop around: the mailbox's descriptor is readable when there is something. */
    struct pollfd p = { .fd = cssl_mailbox_fd(mb), .events = POLLIN };
    assert_int_equal(poll(&p, 1, 0), 0);
    (void)close(fds[1]);
    assert_int_equal(poll(&p, 1, PATIENCE), 1);
    assert_true(expect(mb, CSSL_EV_FD).revents & POLLHUP);
    ok(cssl_mailbox_watch(mb, fds[0], 0, NULL, &err), &err);
    ok(cssl_mailbox_watch(mb, fds[0], 0, NULL, &err), &err);
    expect_none(mb, 0);
    /* Closed without a word, and the number used again. */
    assert_int_equal(dup2(0, fds[0]), fds[0]);
    (void)close(fds[0]);
    int again[2];
    assert_int_equal(pipe(again), 0);
    ok(cssl_mailbox_watch(mb, again[0], POLLIN, NULL, &err), &err);
    (void)close(again[0]);
    (void)close(again[1]);
    assert_int_equal(pipe(again), 0);
    ok(cssl_mailbox_watch(mb, again[0], POLLIN, NULL, &err), &err);
    assert_int_equal(write(again[1], "x", 1), 1);
    assert_int_equal(expect(mb, CSSL_EV_FD).fd, again[0]);
    /* Files cannot be waited for. */
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(cssl_mailbox_watch(mb, file, POLLIN, NULL, &err), CSSL_SYSTEM);
    assert_int_equal(err.posix, EPERM);
    (void)close(file);
    cssl_mailbox_free(mb);
    (void)close(again[0]);
    (void)close(again[1]);
}

static cssl_mailbox *signalled;

static void on_signal(int number)
{
    (void)number;
    cssl_mailbox_wake(signalled);
}

static int wake_soon(struct job *job)
{
    for (int i = 0; i < 1000; i++) {
        cssl_mailbox_wake(job->arg);
    }
    return 0;
}

static void test_wake(void **state)
{
    (void)state;
    cssl_error err;
    struct job job;
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_non_null(mb);
    for (int i = 0; i < 3; i++) {
        cssl_mailbox_wake(mb);
    }
    expect(mb, CSSL_EV_WAKE);
    expect_none(mb, 0); /* once for any number of calls */
    signalled = mb;
    struct sigaction action = { .sa_handler = on_signal };
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(raise(SIGUSR1), 0);
    expect(mb, CSSL_EV_WAKE);
    job_start(&job, wake_soon, mb);
    expect(mb, CSSL_EV_WAKE);
    assert_int_equal(job_end(&job), 0);
    cssl_event ev;
    while (cssl_receive(mb, &ev, 0, &err) == 0) {
        assert_int_equal(ev.type, CSSL_EV_WAKE);
    }
    cssl_mailbox_free(mb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_watches),
        cmocka_unit_test(test_wake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

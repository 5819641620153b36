/* test_mailbox_more.c - watches and timers of a mailbox: refusals, places used again, lateness. */
#include "base/error.h"
#include "support.h"

#include "socket/mailbox_state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, NUM = 40 };

static cssl_mailbox *mailbox(void)
{
    cssl_error err;
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_non_null(mb);
    return mb;
}

static void test_watches(void **state)
{
    (void)state;
    cssl_mailbox *mb = mailbox();
    cssl_error err;
    cssl_event ev;
    int fds[2], mark = 0;
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(cssl_mailbox_watch(mb, -1, POLLIN, NULL, &err), CSSL_STATE);
    assert_int_equal(cssl_mailbox_watch(mb, fds[0], POLLIN | POLLPRI, NULL, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    assert_int_equal(cssl_mailbox_watch(mb, file, POLLIN, NULL, &err), CSSL_SYSTEM);
    assert_int_equal(err.posix, EPERM);
    assert_int_equal(cssl_mailbox_watch(mb, fds[0], 0, NULL, &err), 0); /* there is none */
    assert_int_equal(cssl_mailbox_watch(mb, fds[0], POLLIN, &mark, &err), 0);
    assert_int_equal(cssl_receive(mb, &ev, 0, &err), CSSL_TIMEOUT);
    assert_int_equal(write(fds[1], "x", 1), 1);
    for (int i = 0; i < 2; i++) { /* as long as it is */
        assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
        assert_int_equal(ev.type, CSSL_EV_FD);
        assert_int_equal(ev.fd, fds[0]);
        assert_int_equal(ev.revents, POLLIN);
        assert_ptr_equal(ev.user, &mark);
    }
    assert_int_equal(cssl_mailbox_watch(mb, fds[0], POLLOUT, NULL, &err), 0);
    assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
    assert_int_equal(ev.revents, POLLOUT);
    assert_null(ev.user);
    assert_int_equal(cssl_mailbox_watch(mb, fds[0], 0, NULL, &err), 0);
    assert_int_equal(cssl_receive(mb, &ev, 0, &err), CSSL_TIMEOUT);
    (void)close(fds[0]);
    (void)close(fds[1]);
    (void)close(file);
    cssl_mailbox_free(mb);
}

static void test_timers(void **state)
{
    (void)state;
    cssl_mailbox *mb = mailbox();
    cssl_error err;
    cssl_event ev;
    int64_t timers[NUM];
    int marks[NUM];
    assert_int_equal(cssl_mailbox_timer(mb, -1, NULL, &err), CSSL_STATE);
    assert_int_equal(cssl_mailbox_timeout(mb), CSSL_INFINITY);
    for (int i = 0; i < NUM; i++) { /* more than there are places at first */
        timers[i] = cssl_mailbox_timer(mb, INT32_MAX, &marks[i], &err);
        assert_true(timers[i] > 0);
    }
    assert_true(cssl_mailbox_timeout(mb) > INT32_MAX / 2);
    for (int i = 0; i < NUM; i++) {
        cssl_mailbox_cancel_timer(mb, timers[i]);
        cssl_mailbox_cancel_timer(mb, timers[i]); /* again: no harm */
    }
    assert_int_equal(cssl_mailbox_timeout(mb), CSSL_INFINITY);
    int64_t now = cssl_mailbox_timer(mb, 0, &marks[0], &err);
    for (int i = 0; i < NUM; i++) { /* the place is used again; the old numbers mean nothing */
        assert_int_not_equal(now, timers[i]);
        cssl_mailbox_cancel_timer(mb, timers[i]);
    }
    cssl_mailbox_cancel_timer(mb, 0);
    cssl_mailbox_cancel_timer(mb, -1);
    cssl_mailbox_cancel_timer(mb, INT64_MAX);
    assert_int_equal(mb->num_slots, NUM);
    assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
    assert_int_equal(ev.type, CSSL_EV_TIMER);
    assert_ptr_equal(ev.user, &marks[0]);
    cssl_mailbox_cancel_timer(mb, now); /* it is over */
    assert_int_equal(cssl_mailbox_timeout(mb), CSSL_INFINITY);
    cssl_mailbox_free(mb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watches),
        cmocka_unit_test(test_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

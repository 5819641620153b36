/* test_poller.c - a poller over socket pairs: what it reports, what it refuses, what it forgets. */
#include "support.h"

#include "socket/poller.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, MANY = 8 };

struct fixture {
    struct poller poller;
    int near, far;
};

static int set_up(void **state)
{
    static struct fixture f;
    int fds[2];
    assert_int_equal(poller_open(&f.poller), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    f.near = fds[0];
    f.far = fds[1];
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    poller_close(&f->poller);
    (void)close(f->near);
    if (f->far >= 0) {
        (void)close(f->far);
    }
    return 0;
}

static void say(const struct fixture *f)
{
    assert_int_equal(write(f->far, "x", 1), 1);
}

static unsigned found(struct fixture *f, const void *ptr)
{
    struct ready r[2];
    assert_int_equal(poller_wait(&f->poller, r, 2, PATIENCE_MS), 1);
    assert_ptr_equal(r[0].ptr, ptr);
    return r[0].found;
}

static void nothing(struct fixture *f)
{
    struct ready r[2];
    assert_int_equal(poller_wait(&f->poller, r, 2, 0), 0);
}

static void test_readable_and_writable(void **state)
{
    struct fixture *f = *state;
    int a = 0, b = 0;
    assert_int_equal(poller_add(&f->poller, f->near, POLLER_IN, &a), 0);
    nothing(f);
    say(f);
    assert_int_equal(found(f, &a), POLLER_IN);
    assert_int_equal(found(f, &a), POLLER_IN); /* as long as it is */
    assert_int_equal(poller_change(&f->poller, f->near, POLLER_OUT, &b), 0);
    assert_int_equal(found(f, &b), POLLER_OUT);
    assert_int_equal(poller_change(&f->poller, f->near, POLLER_IN | POLLER_OUT, &b), 0);
    assert_int_equal(found(f, &b), POLLER_IN | POLLER_OUT);
    assert_int_equal(poller_change(&f->poller, f->near, 0, &b), 0);
    nothing(f);
}

static void test_edges_are_told_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(poller_add(&f->poller, f->near, POLLER_IN | POLLER_EDGE, f), 0);
    say(f);
    assert_int_equal(found(f, f), POLLER_IN);
    nothing(f); /* though the byte is still there */
    say(f);
    assert_int_equal(found(f, f), POLLER_IN);
    assert_int_equal(shutdown(f->far, SHUT_WR), 0); /* half an end is one too */
    assert_int_equal(found(f, f), POLLER_IN | POLLER_HUP);
}

static void test_the_peers_end(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(poller_add(&f->poller, f->near, 0, f), 0);
    nothing(f);
    (void)close(f->far);
    f->far = -1;
    assert_int_equal(found(f, f), POLLER_HUP); /* though it was watched for nothing */
}

static void test_removed_is_silent(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(poller_add(&f->poller, f->near, POLLER_IN, f), 0);
    say(f);
    poller_remove(&f->poller, f->near);
    nothing(f);
    poller_remove(&f->poller, f->near); /* again: no harm */
    assert_int_equal(poller_add(&f->poller, f->near, POLLER_IN, f), 0);
    assert_int_equal(found(f, f), POLLER_IN);
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC); /* pollable devices are another thing */
    assert_true(file >= 0);
    assert_int_equal(poller_change(&f->poller, f->near, POLLER_IN, f), ENOENT);
    assert_int_equal(poller_add(&f->poller, -1, POLLER_IN, f), EBADF);
    assert_int_equal(poller_add(&f->poller, f->near, POLLER_IN, f), 0);
    assert_int_equal(poller_add(&f->poller, f->near, POLLER_IN, f), EEXIST);
    assert_int_equal(poller_add(&f->poller, file, POLLER_IN, f), EPERM);
    (void)close(file);
}

static void test_no_more_than_max(void **state)
{
    struct fixture *f = *state;
    int copies[MANY];
    struct ready r[MANY + 1];
    say(f);
    for (int i = 0; i < MANY; i++) {
        copies[i] = dup(f->near);
        assert_true(copies[i] >= 0);
        assert_int_equal(poller_add(&f->poller, copies[i], POLLER_IN, &copies[i]), 0);
    }
    memset(r, 0, sizeof(r));
    assert_int_equal(poller_wait(&f->poller, r, 3, 0), 3);
    assert_null(r[3].ptr);
    assert_int_equal(poller_wait(&f->poller, r, MANY + 1, 0), MANY);
    for (int i = 0; i < MANY; i++) {
        poller_remove(&f->poller, copies[i]);
        (void)close(copies[i]);
    }
}

/* A poller can be polled itself, by programs and by other pollers. */
static void test_pollers_nest(void **state)
{
    struct fixture *f = *state;
    struct poller outer;
    struct ready r[1];
    assert_int_equal(poller_open(&outer), 0);
    assert_int_equal(poller_add(&outer, f->poller.fd, POLLER_IN, &outer), 0);
    assert_int_equal(poller_add(&f->poller, f->near, POLLER_IN | POLLER_EXCLUSIVE, f), 0);
    assert_int_equal(poller_wait(&outer, r, 1, 0), 0);
    say(f);
    assert_int_equal(poller_wait(&outer, r, 1, PATIENCE_MS), 1);
    assert_ptr_equal(r[0].ptr, &outer);
    poller_close(&outer);
    assert_int_equal(outer.fd, -1);
    poller_close(&outer); /* again: no harm, and no other descriptor is closed */
    assert_int_equal(poller_wait(&outer, r, 1, 0), 0);
}

static void test_not_inherited(void **state)
{
    struct fixture *f = *state;
    assert_true((fcntl(f->poller.fd, F_GETFD) & FD_CLOEXEC) != 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_readable_and_writable), WITH(test_edges_are_told_once),
        WITH(test_the_peers_end),         WITH(test_removed_is_silent),
        WITH(test_refusals),              WITH(test_no_more_than_max),
        WITH(test_pollers_nest),          WITH(test_not_inherited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

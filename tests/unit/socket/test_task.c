/* test_task.c - the queue of a mailbox and its heap of timers. */
#include "support.h"

#include "socket/deadline.h"
#include "socket/task.h"

enum { NUM = 500 };

static void test_queue_keeps_order(void **state)
{
    (void)state;
    struct tasks q = { .num = 0 };
    struct task t[4] = { { .kind = 0 }, { .kind = 1 }, { .kind = 2 }, { .kind = 3 } };
    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        tasks_add(&q, &t[i]);
        tasks_add(&q, &t[i]); /* again: no change */
    }
    assert_int_equal(q.num, 4);
    tasks_remove(&q, &t[1]);
    tasks_remove(&q, &t[1]);
    assert_int_equal(q.num, 3);
    assert_ptr_equal(q.first, &t[0]);
    assert_ptr_equal(t[0].next, &t[2]);
    tasks_remove(&q, &t[0]);
    tasks_remove(&q, &t[3]);
    assert_ptr_equal(q.first, &t[2]);
    assert_ptr_equal(q.last, &t[2]);
    tasks_add(&q, &t[0]);
    assert_ptr_equal(q.last, &t[0]);
    tasks_remove(&q, &t[2]);
    tasks_remove(&q, &t[0]);
    assert_null(q.first);
    assert_null(q.last);
    assert_int_equal(q.num, 0);
}

static void check_heap(const struct timers *h)
{
    for (uint32_t i = 0; i < h->num; i++) {
        assert_int_equal(h->heap[i]->place, i + 1);
        assert_true(i == 0 || h->heap[(i + 1) / 2 - 1]->at <= h->heap[i]->at);
    }
}

/* Random settings, moves and removals, beside a plain array that is searched. */
static void test_timers_come_out_in_order(void **state)
{
    (void)state;
    struct timers h = { .num = 0 };
    struct timer t[NUM];
    struct test_rng rng;
    memset(t, 0, sizeof(t));
    test_rng_init(&rng, test_seed(1));
    for (int i = 0; i < 20000; i++) {
        struct timer *one = &t[test_rng_below(&rng, NUM)];
        if (test_rng_below(&rng, 3) == 0) {
            timers_clear(&h, one);
            assert_int_equal(one->place, 0);
        } else {
            assert_int_equal(timers_set(&h, one, (int64_t)test_rng_below(&rng, 1000)), 0);
        }
        if (i % 100 == 0) {
            check_heap(&h);
        }
    }
    check_heap(&h);
    uint32_t running = 0;
    int64_t first = NEVER;
    for (size_t i = 0; i < NUM; i++) {
        running += t[i].place != 0 ? 1 : 0;
        first = t[i].place != 0 ? earlier(first, t[i].at) : first;
    }
    assert_true(running > 100);
    assert_int_equal(h.num, running);
    assert_int_equal(timers_next(&h), first);
    assert_null(timers_due(&h, first - 1));
    int64_t last = first;
    for (uint32_t i = 0; i < running; i++) {
        struct timer *one = timers_due(&h, 1000);
        assert_non_null(one);
        assert_true(one->at >= last);
        assert_int_equal(one->place, 0);
        last = one->at;
    }
    assert_null(timers_due(&h, NEVER));
    assert_int_equal(timers_next(&h), NEVER);
    timers_free(&h);
}

static void test_deadlines(void **state)
{
    (void)state;
    assert_int_equal(deadline_left(NEVER), -1);
    assert_int_equal(deadline_left(deadline_after(CSSL_INFINITY)), -1);
    assert_int_equal(deadline_left(deadline_after(0)), 0);
    int left = deadline_left(deadline_after(100000));
    assert_true(left > 99000 && left <= 100001);
    assert_int_equal(deadline_left(now_ms() - 5), 0);
    assert_int_equal(deadline_left(now_ms() + (int64_t)INT32_MAX * 4), INT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue_keeps_order),
        cmocka_unit_test(test_timers_come_out_in_order),
        cmocka_unit_test(test_deadlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_replay.c - the filter remembers for as long as an age may fit, in every order of clocks and
 * threads; it errs as seldom as its size promises, and to one side only.
 */
#include "support.h"

#include "base/error.h"
#include "session/replay.h"

#include <pthread.h>
#include <stdatomic.h>

enum { NOW_MS = 1800000000, WINDOW = 10, PERIOD_MS = 2 * WINDOW * 1000 };

static const struct replay_size usual = { WINDOW, 7, 1 << 20 };

static struct test_rng rng;
static const struct rand_source source = { test_rng_random, &rng };

static struct replay *new_filter(const struct replay_size *size, int64_t now_ms)
{
    test_rng_init(&rng, 7);
    struct replay *r = replay_new(size, &source, now_ms, NULL);
    assert_non_null(r);
    return r;
}

static bool show(struct replay *r, int64_t now_ms, uint64_t what)
{
    return replay_first(r, now_ms, bytes_of((const uint8_t *)&what, sizeof(what)));
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct { struct replay_size size; bool good; } cases[] = {
        { { 10, 7, 1 << 20 }, true },
        { { 1, 1, REPLAY_BITS_MIN }, true },
        { { REPLAY_WINDOW_MAX, REPLAY_HASHES_MAX, 1025 }, true },
        { { 0, 7, 1 << 20 }, false },
        { { REPLAY_WINDOW_MAX + 1, 7, 1 << 20 }, false },
        { { 10, 0, 1 << 20 }, false },
        { { 10, REPLAY_HASHES_MAX + 1, 1 << 20 }, false },
        { { 10, 7, REPLAY_BITS_MIN - 1 }, false },
        { { 10, 7, REPLAY_BITS_MAX + 1 }, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cssl_error err = { 0 };
        struct replay *r = replay_new(&cases[i].size, NULL, 0, &err);
        assert_int_equal(r != NULL, cases[i].good);
        if (r == NULL) {
            assert_int_equal(err.reason, CSSL_R_ARGUMENT);
            continue;
        }
        assert_true(show(r, 0, 1));
        assert_false(show(r, 0, 1));
        assert_true(replay_is_of(r, &cases[i].size));
        struct replay_size other = cases[i].size;
        other.window++;
        assert_false(replay_is_of(r, &other));
        other = cases[i].size;
        other.hashes++;
        assert_false(replay_is_of(r, &other));
        other = cases[i].size;
        other.bits++;
        assert_false(replay_is_of(r, &other));
        replay_free(r);
    }
    replay_free(NULL);
}

/* Ages: those that the window's both ends allow, and none of a time before the filter. */
static void test_ages(void **state)
{
    (void)state;
    struct replay *r = new_filter(&usual, NOW_MS);
    static const struct { int64_t now, issued; uint32_t age; bool fits; } cases[] = {
        { 0, 0, 0, true },
        { 60000, 0, 60000, true },
        { 60000, 0, 50000, true },
        { 60000, 0, 49999, false },
        { 60000, 0, 70000, true },
        { 60000, 0, 70001, false },
        { 60000, 59000, 0, true },
        { 60000, -1, 60001, false },         /* older than the filter */
        { 60000, 60001, 0, false },          /* of a time to come */
        { 60000, 60001, UINT32_MAX, false },
        { 604800000, 0, 604800000, true },
        { 604800000, 0, UINT32_MAX, false },
        { 0, 0, UINT32_MAX, false },         /* a client's clock went back */
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (replay_age_fits(r, NOW_MS + cases[i].now, NOW_MS + cases[i].issued, cases[i].age) !=
            cases[i].fits) {
            fail_msg("case %zu", i);
        }
    }
    assert_false(replay_age_fits(r, INT64_MAX, NOW_MS, 0));
    assert_false(replay_age_fits(r, INT64_MIN, INT64_MIN, 0));
    replay_free(r);
}

/* Wherever in a period something comes, it is known for a whole one, and forgotten after two. */
static void test_rotation(void **state)
{
    (void)state;
    for (int64_t at = 0; at <= 3 * PERIOD_MS; at += 777) {
        struct replay *r = new_filter(&usual, NOW_MS);
        assert_true(show(r, NOW_MS, 1)); /* the turns are counted from here */
        assert_true(show(r, NOW_MS + at, 2));
        for (int64_t later = 0; later <= PERIOD_MS; later += 999) {
            if (show(r, NOW_MS + at + later, 2)) {
                fail_msg("what came at %lld is new after %lld ms", (long long)at,
                         (long long)later);
            }
        }
        assert_false(show(r, NOW_MS + at + PERIOD_MS, 2));
        /* asking does not keep it alive */
        assert_true(show(r, NOW_MS + at + 3 * (PERIOD_MS + 2000), 2));
        replay_free(r);
    }
}

/* The other order: nobody asks until the last moment. */
static void test_rotation_silent(void **state)
{
    (void)state;
    for (int64_t at = 0; at <= 2 * PERIOD_MS; at += 333) {
        struct replay *r = new_filter(&usual, NOW_MS);
        assert_true(show(r, NOW_MS + at, 2));
        assert_false(show(r, NOW_MS + at + PERIOD_MS, 2));
        replay_free(r);
        /* others turn the filter between */
        r = new_filter(&usual, NOW_MS);
        assert_true(show(r, NOW_MS + at, 2));
        assert_true(show(r, NOW_MS + at + PERIOD_MS / 2, 3));
        assert_true(show(r, NOW_MS + at + PERIOD_MS - 1, 4));
        assert_false(show(r, NOW_MS + at + PERIOD_MS, 2));
        replay_free(r);
    }
}

static void test_clock_back(void **state)
{
    (void)state;
    struct replay *r = new_filter(&usual, NOW_MS);
    assert_true(show(r, NOW_MS, 1));
    assert_true(show(r, NOW_MS + 5 * PERIOD_MS, 2)); /* 1 is forgotten */
    /* a little back is another thread's reading of the clock */
    assert_true(show(r, NOW_MS + 5 * PERIOD_MS - 1000, 3));
    assert_false(show(r, NOW_MS + 5 * PERIOD_MS - 1000, 2));
    /* more is a clock that was put back: 1 would fit again, and nothing is let in */
    assert_false(show(r, NOW_MS + 5 * PERIOD_MS - 1001, 4));
    assert_false(show(r, NOW_MS, 1));
    assert_false(show(r, NOW_MS, 5));
    /* until the clock is where it was */
    assert_false(show(r, NOW_MS + 5 * PERIOD_MS, 2));
    assert_true(show(r, NOW_MS + 5 * PERIOD_MS, 5));
    replay_free(r);
}

static double false_ones(const struct replay_size *size, uint64_t num, uint64_t asked)
{
    struct replay *r = new_filter(size, NOW_MS);
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < num; i++) {
        (void)show(r, NOW_MS, i);
        assert_false(show(r, NOW_MS, i)); /* never the other way round */
    }
    for (uint64_t i = 0; i < asked; i++) {
        /* each is asked for in a filter that holds num, but for the few that were asked before */
        wrong += !show(r, NOW_MS, UINT64_C(1) << 40 | i);
    }
    replay_free(r);
    return (double)wrong / (double)asked;
}

/* (1 - e^(-kn/m))^k, and the test's own questions fill the filter a little. */
static void test_false_rate(void **state)
{
    (void)state;
    static const struct { struct replay_size size; uint64_t num; double low, high; } cases[] = {
        { { 10, 5, 72985 }, 9000, 0.020, 0.042 },   /* 0.030 at 10,000: Erlang's "10k" */
        { { 10, 7, 1 << 20 }, 50000, 0.0, 0.0005 }, /* 0.0001 */
        { { 10, 7, 1 << 20 }, 100000, 0.003, 0.012 }, /* 0.0065 */
        { { 10, 1, 1 << 16 }, 6554, 0.08, 0.12 },   /* 0.095 */
        { { 10, 16, 1 << 18 }, 10000, 0.0, 0.0001 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        double rate = false_ones(&cases[i].size, cases[i].num, 2000);
        if (rate < cases[i].low || rate > cases[i].high) {
            fail_msg("case %zu: %f", i, rate);
        }
    }
    /* one that holds far too much lets nothing in */
    assert_true(false_ones(&(struct replay_size){ 10, 4, 1024 }, 20000, 1000) > 0.99);
}

/* Other keys, other places: what collides in one filter does not in the next. */
static void test_keyed(void **state)
{
    (void)state;
    static const struct replay_size small = { 10, 1, 1024 };
    struct replay *a = replay_new(&small, &source, NOW_MS, NULL);
    struct replay *b = replay_new(&small, &source, NOW_MS, NULL);
    assert_non_null(a);
    assert_non_null(b);
    size_t differ = 0;
    for (uint64_t i = 0; i < 700; i++) {
        differ += show(a, NOW_MS, i) != show(b, NOW_MS, i);
    }
    assert_true(differ > 50);
    replay_free(a);
    replay_free(b);
}

static int refuse(void *user, uint8_t *out, size_t len)
{
    (void)user;
    (void)out;
    (void)len;
    return -1;
}

static void test_random_fails(void **state)
{
    (void)state;
    const struct rand_source none = { refuse, NULL };
    cssl_error err = { 0 };
    assert_null(replay_new(&usual, &none, 0, &err));
    assert_int_equal(err.reason, CSSL_R_RANDOM_FAILED);
}

/* ---- Threads: of all that show the same, one is the first ---- */

enum { THREADS = 4, ROUNDS = 2000 };

static struct replay *common;
static atomic_uint firsts[ROUNDS];

static void *race(void *arg)
{
    uint64_t start = (uint64_t)(uintptr_t)arg;
    for (uint64_t k = 0; k < ROUNDS; k++) {
        uint64_t what = (k + start * (ROUNDS / THREADS)) % ROUNDS;
        /* clocks a little apart, and turns on the way */
        int64_t now = NOW_MS + (int64_t)(k + start) * 3;
        if (show(common, now, what)) {
            (void)atomic_fetch_add(&firsts[what], 1);
        }
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    common = new_filter(&usual, NOW_MS);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, race, (void *)(uintptr_t)i), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    size_t known = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        assert_true(atomic_load(&firsts[i]) <= 1);
        known += atomic_load(&firsts[i]);
    }
    assert_true(known > 0);
    replay_free(common);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),      cmocka_unit_test(test_ages),
        cmocka_unit_test(test_rotation),   cmocka_unit_test(test_rotation_silent),
        cmocka_unit_test(test_clock_back), cmocka_unit_test(test_false_rate),
        cmocka_unit_test(test_keyed),      cmocka_unit_test(test_random_fails),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

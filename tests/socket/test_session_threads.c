/* test_session_threads.c - stores and ticket keys that threads share: nothing is handed out twice,
 * nothing is lost, and every thread's tickets open for all. For ThreadSanitizer too. */
#include "session/cache.h"
#include "session/ticket.h"
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>

enum { NOW = 1700000000, THREADS = 4, ROUNDS = 400 };

static struct cache *cache;
static struct ticket_keys *keys;
static atomic_uint taken[ROUNDS], num_put, num_taken;
static atomic_int failures;

static void key_of(uint8_t key[SESSION_DIGEST], uint64_t n)
{
    struct test_rng rng;
    test_rng_init(&rng, n);
    test_rng_fill(&rng, key, SESSION_DIGEST);
}

/* Every thread puts its own sessions, and takes whatever anybody has put. */
static void *churn(void *arg)
{
    unsigned self = *(const unsigned *)arg;
    uint8_t key[SESSION_DIGEST];
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % THREADS == self) {
            struct session s = { .age_add = i + 1, .expires_at = NOW + 100 };
            key_of(key, i % 37);
            if (cache_put(cache, key, &s, NOW, NULL) == 0) {
                atomic_fetch_add(&num_put, 1);
            }
        }
        struct session s;
        key_of(key, (i + self) % 37);
        if (cache_take(cache, key, NOW, &s)) {
            atomic_fetch_add(&taken[s.age_add - 1], 1);
            atomic_fetch_add(&num_taken, 1);
        }
        session_wipe(&s);
        if (cache_size(cache) > 512) {
            atomic_fetch_add(&failures, 1);
        }
    }
    return NULL;
}

static void run(void *(*what)(void *))
{
    pthread_t threads[THREADS];
    unsigned numbers[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, what, &numbers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(atomic_load(&failures), 0);
}

static void test_cache(void **state)
{
    (void)state;
    cache = cache_new(512, ROUNDS, NULL); /* nothing has to go for want of room */
    assert_non_null(cache);
    run(churn);
    assert_int_equal(atomic_load(&num_put), ROUNDS);
    assert_int_equal(atomic_load(&num_taken) + cache_size(cache), ROUNDS);
    for (size_t i = 0; i < ROUNDS; i++) {
        assert_true(atomic_load(&taken[i]) <= 1);
    }
    cache_free(cache);
}

/* A store that is always full. */
static void *overflow(void *arg)
{
    struct test_rng rng;
    test_rng_init(&rng, *(const unsigned *)arg);
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t key[SESSION_DIGEST];
        struct session s = { .expires_at = NOW + 1 + (int64_t)test_rng_below(&rng, 50) };
        test_rng_fill(&rng, key, sizeof(key));
        if (cache_put(cache, key, &s, NOW + i / 40, NULL) != 0) {
            atomic_fetch_add(&failures, 1);
        }
    }
    return NULL;
}

static void test_full_cache(void **state)
{
    (void)state;
    cache = cache_new(64, 1, NULL);
    assert_non_null(cache);
    run(overflow);
    assert_true(cache_size(cache) <= 64);
    cache_free(cache);
}

/* Threads come to new periods at the same moment: all have to agree on the secret. */
static pthread_barrier_t barrier;
static struct wr tickets[THREADS];

static void *seal_and_open(void *arg)
{
    unsigned self = *(const unsigned *)arg;
    struct worker *worker = worker_new();
    for (int i = 0; worker != NULL && i < 50; i++) {
        int64_t now = NOW + i * TICKET_PERIOD;
        wr_init(&tickets[self], 1000);
        int ret = ticket_seal(keys, worker, NULL, now, bytes_str("session"), &tickets[self], NULL);
        (void)pthread_barrier_wait(&barrier);
        for (unsigned k = 0; ret == 0 && k < THREADS; k++) {
            struct wr plain;
            wr_init(&plain, 1000);
            ret = ticket_open(keys, worker, now, wr_view(&tickets[k]), &plain, NULL);
            wr_free(&plain);
        }
        if (ret != 0) {
            atomic_fetch_add(&failures, 1);
        }
        (void)pthread_barrier_wait(&barrier);
        wr_free(&tickets[self]);
    }
    worker_free(worker);
    return NULL;
}

static void test_tickets(void **state)
{
    (void)state;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    keys = ticket_keys_new(bytes_of(NULL, 0), 7200, NULL);
    assert_non_null(keys);
    run(seal_and_open);
    ticket_keys_free(keys);
    assert_int_equal(pthread_barrier_destroy(&barrier), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_full_cache),
        cmocka_unit_test(test_tickets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_cache.c - stores of sessions: bounded, taken once or found often, the oldest goes. */
#include "base/error.h"
#include "session/cache.h"
#include "support.h"

enum { NOW = 1700000000 };

/* key_of makes a key that spreads over shards and buckets as a random one does. */
static void key_of(uint8_t key[SESSION_DIGEST], uint32_t n)
{
    struct test_rng rng;
    test_rng_init(&rng, n);
    test_rng_fill(&rng, key, SESSION_DIGEST);
}

/* put stores a session that is known by its age_add. */
static void put(struct cache *c, uint32_t key, uint32_t mark, int64_t expires_at, int64_t now)
{
    uint8_t k[SESSION_DIGEST];
    struct session s = { .age_add = mark, .expires_at = expires_at, .chain_len = 4 };
    s.chain = mem_new(4);
    assert_non_null(s.chain);
    key_of(k, key);
    assert_int_equal(cache_put(c, k, &s, now, NULL), 0);
    assert_null(s.chain); /* taken over */
    assert_int_equal(s.age_add, 0);
}

/* take returns the mark of the session under key, or 0. */
static uint32_t take(struct cache *c, uint32_t key, int64_t now)
{
    uint8_t k[SESSION_DIGEST];
    struct session s;
    key_of(k, key);
    bool found = cache_take(c, k, now, &s);
    uint32_t mark = s.age_add;
    assert_int_equal(found, mark != 0);
    assert_int_equal(found, s.chain != NULL);
    session_wipe(&s);
    return mark;
}

static struct cache *new_cache(size_t max, size_t per_key)
{
    struct cache *c = cache_new(max, per_key, NULL);
    assert_non_null(c);
    return c;
}

static void test_once(void **state)
{
    (void)state;
    struct cache *c = new_cache(10, 4);
    assert_int_equal(take(c, 1, NOW), 0);
    put(c, 1, 11, NOW + 10, NOW);
    put(c, 2, 22, NOW + 10, NOW);
    assert_int_equal(cache_size(c), 2);
    assert_int_equal(take(c, 3, NOW), 0);
    assert_int_equal(take(c, 1, NOW), 11);
    assert_int_equal(take(c, 1, NOW), 0);
    assert_int_equal(take(c, 2, NOW), 22);
    assert_int_equal(cache_size(c), 0);
    cache_free(c);
}

static void test_newest_first(void **state)
{
    (void)state;
    struct cache *c = new_cache(100, 4);
    for (uint32_t i = 1; i <= 6; i++) {
        put(c, 1, i, NOW + 10, NOW);
        put(c, 2, 100 + i, NOW + 10, NOW);
    }
    assert_int_equal(cache_size(c), 8);
    for (uint32_t i = 6; i >= 3; i--) {
        assert_int_equal(take(c, 1, NOW), i);
    }
    assert_int_equal(take(c, 1, NOW), 0); /* 1 and 2 had to go */
    assert_int_equal(take(c, 2, NOW), 106);
    cache_free(c);
}

static void test_ended(void **state)
{
    (void)state;
    struct cache *c = new_cache(4, 4);
    put(c, 1, 1, NOW, NOW); /* over before it came */
    put(c, 1, 2, NOW - 1, NOW);
    assert_int_equal(cache_size(c), 0);
    put(c, 1, 3, NOW + 100, NOW);
    put(c, 1, 4, NOW + 10, NOW);
    assert_int_equal(take(c, 1, NOW + 50), 3); /* the newer one has ended, and is dropped */
    assert_int_equal(cache_size(c), 0);
    put(c, 1, 5, NOW + 10, NOW);
    assert_int_equal(take(c, 1, NOW + 10), 0);
    assert_int_equal(cache_size(c), 0);

    /* when room is needed, one that has ended goes before an older one that lives */
    put(c, 1, 1, NOW + 100, NOW);
    put(c, 2, 2, NOW + 10, NOW);
    put(c, 3, 3, NOW + 100, NOW);
    put(c, 4, 4, NOW + 100, NOW);
    put(c, 5, 5, NOW + 100, NOW + 20);
    assert_int_equal(cache_size(c), 4);
    assert_int_equal(take(c, 1, NOW + 20), 1);
    assert_int_equal(take(c, 2, NOW), 0);
    assert_int_equal(take(c, 3, NOW + 20), 3);
    cache_free(c);
}

static void test_oldest_goes(void **state)
{
    (void)state;
    struct cache *c = new_cache(3, 4);
    for (uint32_t i = 1; i <= 5; i++) {
        put(c, i, i, NOW + 100, NOW);
        assert_int_equal(cache_size(c), i < 3 ? i : 3);
    }
    assert_int_equal(take(c, 1, NOW), 0);
    assert_int_equal(take(c, 2, NOW), 0);
    assert_int_equal(take(c, 4, NOW), 4); /* out of the middle of the list */
    put(c, 6, 6, NOW + 100, NOW);
    put(c, 7, 7, NOW + 100, NOW); /* 3 goes */
    assert_int_equal(take(c, 3, NOW), 0);
    assert_int_equal(take(c, 5, NOW), 5);
    assert_int_equal(take(c, 7, NOW), 7);
    assert_int_equal(take(c, 6, NOW), 6);
    assert_int_equal(cache_size(c), 0);
    cache_free(c);
}

static void test_bounds(void **state)
{
    (void)state;
    const size_t sizes[] = { 1, 255, 256, 300, CACHE_CLIENT_MAX, CACHE_SERVER_MAX };
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct cache *c = new_cache(sizes[i], CACHE_CLIENT_PER_KEY);
        uint32_t num = (uint32_t)(sizes[i] + sizes[i] / 2 + 10);
        for (uint32_t n = 1; n <= num; n++) {
            put(c, n, n, NOW + 100, NOW);
            assert_true(cache_size(c) <= sizes[i]);
        }
        assert_true(cache_size(c) * 10 >= sizes[i] * 9); /* shards fill up evenly */
        assert_int_equal(take(c, num, NOW), num);
        cache_free(c);
    }
    assert_null(cache_new(0, 1, NULL));
    assert_null(cache_new(1, 0, NULL));
    cache_free(NULL);
}

/* A store behaves like a list of what was put and not yet taken: random work against a model. */
static void test_model(void **state)
{
    (void)state;
    enum { MAX = 20, KEYS = 8, PER_KEY = 3 };
    struct { uint32_t key, mark; int64_t expires_at; } model[MAX];
    size_t num = 0;
    struct cache *c = new_cache(MAX, PER_KEY);
    struct test_rng rng;
    test_rng_init(&rng, test_seed(503));
    int64_t now = NOW;
    for (uint32_t mark = 1; mark < 50000; mark++) {
        uint32_t key = (uint32_t)test_rng_below(&rng, KEYS);
        now += (int64_t)test_rng_below(&rng, 2);
        if (test_rng_below(&rng, 2) == 0) {
            size_t same = 0, oldest = 0;
            for (size_t i = num; i-- > 0;) {
                if (model[i].key == key && model[i].expires_at > now) {
                    same++;
                    oldest = i;
                }
            }
            if (same == PER_KEY) {
                num--;
                memmove(&model[oldest], &model[oldest + 1], (num - oldest) * sizeof(model[0]));
            }
            size_t live = 0;
            for (size_t i = 0; i < num; i++) { /* what has ended is never seen again */
                if (model[i].expires_at > now) {
                    model[live++] = model[i];
                }
            }
            num = live;
            model[num].key = key;
            model[num].mark = mark;
            /* 8 keys of 3: a store of 20 overflows only if more than 20 live */
            model[num].expires_at = now + 1 + (int64_t)test_rng_below(&rng, 12);
            put(c, key, mark, model[num].expires_at, now);
            num++;
            assert_true(num < MAX);
        } else {
            uint32_t want = 0;
            for (size_t i = num; i-- > 0 && want == 0;) {
                if (model[i].key == key && model[i].expires_at > now) {
                    want = model[i].mark;
                    num--;
                    memmove(&model[i], &model[i + 1], (num - i) * sizeof(model[0]));
                }
            }
            assert_int_equal(take(c, key, now), want);
        }
    }
    cache_free(c);
}

static void test_client_key(void **state)
{
    (void)state;
    static const uint8_t h2[] = { 2, 'h', '2' }, both[] = { 2, 'h', '2', 1, 'x' };
    uint8_t policy[SESSION_DIGEST] = { 1 }, other_policy[SESSION_DIGEST] = { 2 };
    uint8_t base[SESSION_DIGEST], key[SESSION_DIGEST];
    cache_client_key(base, "example.org", 443, bytes_of(h2, 3), policy);
    cache_client_key(key, "EXAMPLE.org", 443, bytes_of(h2, 3), policy);
    assert_memory_equal(key, base, sizeof(key));
    const struct {
        const char *host;
        uint16_t port;
        cssl_bytes alpn;
        const uint8_t *policy;
    } others[] = {
        { "example.net", 443, bytes_of(h2, 3), policy },
        { "example.orgh", 443, bytes_of(h2, 3), policy },
        { "", 443, bytes_of(h2, 3), policy },
        { NULL, 444, bytes_of(h2, 3), policy },
        { "example.org", 444, bytes_of(h2, 3), policy },
        { "example.org", 443, bytes_of(NULL, 0), policy },
        { "example.org", 443, bytes_of(both, 5), policy },
        { "example.org", 443, bytes_of(h2, 3), other_policy },
    };
    uint8_t seen[ARRAY_SIZE(others)][SESSION_DIGEST];
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        cache_client_key(seen[i], others[i].host, others[i].port, others[i].alpn,
                         others[i].policy);
        assert_memory_not_equal(seen[i], base, sizeof(base));
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(seen[i], seen[k], sizeof(base));
        }
    }
}

/* find returns the mark of a copy of the session under key, or 0. */
static uint32_t find(struct cache *c, uint32_t key, int64_t now)
{
    uint8_t k[SESSION_DIGEST];
    struct session s;
    key_of(k, key);
    bool found = cache_find(c, k, now, &s);
    uint32_t mark = s.age_add;
    assert_int_equal(found, mark != 0);
    assert_int_equal(found, s.chain != NULL);
    session_wipe(&s);
    return mark;
}

static void test_find(void **state)
{
    (void)state;
    struct cache *c = new_cache(10, 4);
    assert_int_equal(find(c, 1, NOW), 0);
    put(c, 1, 11, NOW + 100, NOW);
    put(c, 1, 12, NOW + 10, NOW);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(find(c, 1, NOW), 12);
    }
    assert_int_equal(find(c, 2, NOW), 0);
    assert_int_equal(find(c, 1, NOW + 10), 11); /* the newer one has ended */
    assert_int_equal(find(c, 1, NOW + 100), 0);
    assert_int_equal(take(c, 1, NOW), 12);
    assert_int_equal(find(c, 1, NOW), 11);
    cache_free(c);
}

static void test_drop(void **state)
{
    (void)state;
    struct cache *c = new_cache(10, 4);
    uint8_t k[SESSION_DIGEST];
    key_of(k, 7);
    cache_drop(c, k, bytes_of(NULL, 0)); /* nothing there yet */
    for (uint8_t i = 0; i < 3; i++) {
        struct session s = { .expires_at = NOW + 10, .ticket = mem_copy(&i, 1), .ticket_len = 1 };
        assert_int_equal(cache_put(c, k, &s, NOW, NULL), 0);
    }
    put(c, 7, 9, NOW + 10, NOW);
    put(c, 8, 10, NOW + 10, NOW);
    cache_drop(c, k, bytes_of((const uint8_t *)"\x01", 1));
    assert_int_equal(cache_size(c), 4);
    cache_drop(c, k, bytes_of((const uint8_t *)"\x01", 1));
    assert_int_equal(cache_size(c), 4);
    cache_drop(c, k, bytes_of(NULL, 0));
    assert_int_equal(cache_size(c), 3);
    assert_int_equal(take(c, 8, NOW), 10);
    cache_free(c);
}

/* An identifier is not its own key, and one of another length has another. */
static void test_id_key(void **state)
{
    (void)state;
    uint8_t a[SESSION_DIGEST], b[SESSION_DIGEST];
    static const uint8_t id[SESSION_DIGEST] = { 1, 2, 3 };
    cache_id_key(a, bytes_of(id, sizeof(id)));
    cache_id_key(b, bytes_of(id, sizeof(id)));
    assert_memory_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, id, sizeof(a));
    cache_id_key(b, bytes_of(id, sizeof(id) - 1));
    assert_memory_not_equal(a, b, sizeof(a));
    /* Nor is any ticket the key of an identifier: not the identifier, nor its digest. */
    cache_ticket_key(b, bytes_of(id, sizeof(id)));
    assert_memory_not_equal(a, b, sizeof(a));
    cache_ticket_key(b, bytes_of(a, sizeof(a)));
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),        cmocka_unit_test(test_newest_first),
        cmocka_unit_test(test_ended),       cmocka_unit_test(test_oldest_goes),
        cmocka_unit_test(test_bounds),      cmocka_unit_test(test_model),
        cmocka_unit_test(test_client_key),  cmocka_unit_test(test_find),
        cmocka_unit_test(test_drop),        cmocka_unit_test(test_id_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

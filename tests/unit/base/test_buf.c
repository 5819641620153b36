/* test_buf.c - the byte queue against a plain array, its limit, and that it wipes what it frees. */
#include "base/buf.h"

#include "support.h"

#if defined(__has_feature)
#define HAS_FEATURE(x) __has_feature(x)
#else
#define HAS_FEATURE(x) 0
#endif

/* free(3) with a look at one block first. Sanitizers and valgrind have a free of their own; then
 * the test that needs this one is skipped. */
static struct {
    const uint8_t *block;
    size_t len;
    bool seen, zero;
} watched;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !HAS_FEATURE(address_sanitizer) && !HAS_FEATURE(thread_sanitizer) &&                     \
    !HAS_FEATURE(memory_sanitizer)
void __libc_free(void *p);
void free(void *p);

void free(void *p)
{
    if (p != NULL && p == watched.block) {
        watched.seen = true;
        watched.zero = true;
        for (size_t i = 0; i < watched.len; i++) {
            watched.zero = watched.zero && watched.block[i] == 0;
        }
        watched.block = NULL;
    }
    __libc_free(p);
}
#endif

/* watch looks at the first len bytes of the memory when it is given back. */
static void watch(const struct buf *b, size_t len)
{
    watched.block = b->data;
    watched.len = len;
    watched.seen = false;
    watched.zero = false;
}

static void same(const struct buf *b, const uint8_t *want, size_t len)
{
    cssl_bytes have = buf_bytes(b);
    assert_int_equal(have.len, len);
    assert_true(len == 0 || memcmp(have.data, want, len) == 0);
    assert_true(b->len <= b->limit);
    assert_true(b->start + b->len <= b->cap);
}

/* Random appends, rooms, consumes and shrinks; the model is an array. */
static void test_model(void **state)
{
    (void)state;
    enum { LIMIT = 3000 };
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct test_rng rng;
        test_rng_init(&rng, test_seed(seed));
        struct buf b = { .limit = LIMIT };
        uint8_t model[LIMIT], data[LIMIT + 10];
        size_t len = 0;
        for (int i = 0; i < 3000; i++) {
            size_t n = test_rng_below(&rng, test_rng_below(&rng, 4) == 0 ? LIMIT + 10 : 300);
            test_rng_fill(&rng, data, n);
            switch (test_rng_below(&rng, 5)) {
            case 0:
            case 1: {
                bool fits = n <= LIMIT - len;
                assert_int_equal(buf_append(&b, data, n), fits ? 0 : CSSL_NOMEM);
                if (fits) {
                    memcpy(model + len, data, n);
                    len += n;
                }
                break;
            }
            case 2: {
                uint8_t *room = buf_room(&b, n);
                assert_int_equal(room != NULL, n <= LIMIT - len);
                if (room != NULL) {
                    assert_true(buf_space(&b) >= n);
                    memset(room, 0x5c, n); /* all of the room may be written to */
                    size_t used = n == 0 ? 0 : test_rng_below(&rng, n + 1);
                    memcpy(room, data, used);
                    buf_grow(&b, used);
                    memcpy(model + len, data, used);
                    len += used;
                }
                break;
            }
            case 3: {
                size_t gone = test_rng_below(&rng, len + 1);
                buf_consume(&b, gone);
                memmove(model, model + gone, len - gone);
                len -= gone;
                break;
            }
            default:
                buf_shrink(&b);
                assert_true(len > 0 || b.data == NULL);
                break;
            }
            same(&b, model, len);
        }
        buf_free(&b);
        assert_null(b.data);
        assert_int_equal(b.limit, LIMIT); /* it can be used again */
        assert_int_equal(buf_append(&b, "x", 1), 0);
        buf_free(&b);
    }
}

static void test_limit(void **state)
{
    (void)state;
    struct buf none = { 0 };
    assert_null(buf_room(&none, 1));
    assert_int_equal(buf_append(&none, "x", 1), CSSL_NOMEM);
    assert_int_equal(buf_append(&none, NULL, 0), 0);
    assert_int_equal(buf_bytes(&none).len, 0);
    buf_shrink(&none);
    buf_free(&none);

    struct buf b = { .limit = 300 };
    uint8_t data[300] = { 0 };
    assert_int_equal(buf_append(&b, data, 300), 0);
    assert_true(b.cap <= 300);
    assert_null(buf_room(&b, 1));
    assert_null(buf_room(&b, SIZE_MAX));
    buf_consume(&b, 1);
    assert_non_null(buf_room(&b, 1));
    assert_null(buf_room(&b, 2));
    buf_free(&b);

    struct buf wide = { .limit = SIZE_MAX };
    assert_int_equal(buf_append(&wide, data, 10), 0);
    assert_null(buf_room(&wide, SIZE_MAX - 5)); /* the sum would overflow */
    same(&wide, data, 10);
    buf_free(&wide);
}

static void test_wiping(void **state)
{
    (void)state;
    struct buf b = { .limit = 5000 };
    assert_int_equal(buf_append(&b, "secret", 6), 0);
    watch(&b, 6);
    buf_free(&b);
    if (!watched.seen) {
        skip();
    }
    assert_true(watched.zero);
    /* bytes that were consumed are wiped as well when the memory goes */
    assert_int_equal(buf_append(&b, "secret", 6), 0);
    buf_consume(&b, 6);
    watch(&b, 6);
    buf_shrink(&b);
    assert_true(watched.seen && watched.zero);
    /* and the old block when the queue grows */
    assert_int_equal(buf_append(&b, "secret", 6), 0);
    watch(&b, 6);
    assert_non_null(buf_room(&b, 4000));
    assert_true(watched.seen && watched.zero);
    same(&b, (const uint8_t *)"secret", 6);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_wiping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_support.c - the helpers of the tests, tested: vector files, damage, truncation, hex. */
#include "support.h"

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("support.txt");
    size_t len = 0;

    assert_true(vectors_next(v));
    assert_int_equal(vectors_line(v), 3);
    assert_string_equal(vectors_text(v, "name"), "first");
    const uint8_t *bytes = vectors_bytes(v, "bytes", &len);
    test_same_hex(bytes, len, "000102FF");
    const uint8_t *label = vectors_bytes(v, "label", &len);
    assert_int_equal(len, 12);
    assert_memory_equal(label, "c hs traffic", 12);
    assert_int_equal(vectors_number(v, "number"), 31);
    assert_false(vectors_has(v, "empty"));

    assert_true(vectors_next(v));
    assert_string_equal(vectors_text(v, "name"), "second = with a sign");
    assert_non_null(vectors_bytes(v, "empty", &len));
    assert_int_equal(len, 0);

    assert_false(vectors_next(v));
    vectors_close(v);
}

struct count {
    int calls, changed, longer, shorter;
    const uint8_t *original;
    size_t len;
};

static void count_input(void *arg, uint8_t *data, size_t len)
{
    struct count *count = arg;
    count->calls++;
    count->longer += len > count->len;
    count->shorter += len < count->len;
    count->changed += len != count->len || memcmp(data, count->original, len) != 0;
}

static void test_bad_input(void **state)
{
    (void)state;
    static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    struct count cut = { .original = data, .len = sizeof(data) };
    for_each_truncation(data, sizeof(data), count_input, &cut);
    assert_int_equal(cut.calls, 8);
    assert_int_equal(cut.shorter, 8);

    struct count flip = { .original = data, .len = sizeof(data) };
    for_each_bit_flip(data, sizeof(data), count_input, &flip);
    assert_int_equal(flip.calls, 64);
    assert_int_equal(flip.changed, 64);

    struct count hurt = { .original = data, .len = sizeof(data) };
    for_each_damage(data, sizeof(data), 1, 1000, count_input, &hurt);
    assert_int_equal(hurt.calls, 1000);
    assert_true(hurt.changed > 900);
    assert_true(hurt.longer > 100);
    assert_true(hurt.shorter > 100);

    struct count empty = { .original = data };
    for_each_damage(NULL, 0, 1, 100, count_input, &empty);
    assert_int_equal(empty.calls, 100);
}

static void test_rng(void **state)
{
    (void)state;
    struct test_rng rng;
    test_rng_init(&rng, 0);
    /* the first two numbers of splitmix64 from seed 0, as in its published reference */
    assert_true(test_rng_next(&rng) == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(test_rng_next(&rng) == UINT64_C(0x6e789e6aa1b965f4));
}

static void test_clock(void **state)
{
    (void)state;
    struct test_clock clock;
    test_clock_init(&clock, 1700000000);
    test_clock_advance(&clock, 5);
    assert_true(test_clock_now(&clock, CSSL_CLOCK_WALL) == INT64_C(1700000000000005));
    assert_true(test_clock_now(&clock, CSSL_CLOCK_MONOTONIC) == 1000005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_rng),
        cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

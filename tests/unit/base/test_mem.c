/* test_mem.c - allocation, wiping, comparison in constant time. */
#include "base/mem.h"

#include "support.h"

static void test_new(void **state)
{
    (void)state;
    uint8_t *p = mem_new(100);
    assert_non_null(p);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(p[i], 0);
    }
    p = mem_resize(p, 200);
    assert_non_null(p);
    mem_free(p);
    p = mem_new(0);
    assert_non_null(p);
    p = mem_resize(p, 0);
    assert_non_null(p);
    mem_free(p);
    p = mem_new_array(3, 7);
    assert_non_null(p);
    for (size_t i = 0; i < 21; i++) {
        assert_int_equal(p[i], 0);
    }
    mem_free(p);
    p = mem_new_array(0, 8);
    assert_non_null(p);
    mem_free(p);
    p = mem_new_array(8, 0);
    assert_non_null(p);
    mem_free(p);
    volatile size_t huge = SIZE_MAX / 4; /* the product overflows to something small */
    assert_null(mem_new_array(huge + 1, 4));
    mem_free(NULL);
}

static void test_copy_of(void **state)
{
    (void)state;
    uint8_t *p = mem_copy("abc", 3);
    assert_memory_equal(p, "abc", 3);
    mem_free_wiped(p, 3);
    p = mem_copy(NULL, 0);
    assert_non_null(p);
    mem_free(p);
    char *s = mem_str("");
    assert_string_equal(s, "");
    mem_free(s);
    s = mem_str("text");
    assert_string_equal(s, "text");
    mem_free(s);
    mem_free_wiped(NULL, 10);
}

static void test_wipe(void **state)
{
    (void)state;
    uint8_t p[40];
    for (size_t from = 0; from < 20; from++) {
        for (size_t len = 0; len < 20; len++) {
            memset(p, 0xaa, sizeof(p));
            mem_wipe(p + from, len);
            for (size_t i = 0; i < sizeof(p); i++) {
                assert_int_equal(p[i], i >= from && i < from + len ? 0 : 0xaa);
            }
        }
    }
    mem_wipe(NULL, 0);
    struct secret s = { .len = 3, .data = { 1, 2, 3 } };
    assert_int_equal(secret_bytes(&s).len, 3);
    assert_ptr_equal(secret_bytes(&s).data, s.data);
    secret_wipe(&s);
    assert_int_equal(s.len, 0);
    assert_int_equal(s.data[0] | s.data[1] | s.data[2], 0);
}

static void test_ct_equal(void **state)
{
    (void)state;
    uint8_t a[70], b[70];
    struct test_rng rng;
    test_rng_init(&rng, 1);
    for (size_t len = 0; len <= sizeof(a); len++) {
        test_rng_fill(&rng, a, sizeof(a));
        memcpy(b, a, sizeof(a));
        assert_true(ct_equal(a, b, len));
        for (size_t bit = 0; bit < sizeof(a) * 8; bit++) {
            b[bit / 8] = (uint8_t)(b[bit / 8] ^ (1U << (bit % 8)));
            assert_int_equal(ct_equal(a, b, len), bit / 8 >= len);
            b[bit / 8] = a[bit / 8];
        }
    }
    for (size_t from = 1; from < 9; from++) { /* at every alignment */
        memcpy(b + from, a, 60);
        assert_true(ct_equal(a, b + from, 60));
    }
    assert_true(ct_equal(NULL, NULL, 0));
}

static void test_ct_mask(void **state)
{
    (void)state;
    static const uint32_t values[] = { 0, 1, 2, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff };
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
            assert_true(ct_mask_eq(values[i], values[j]) == (i == j ? 0xffffffff : 0));
        }
    }
}

static void test_bytes(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_of(NULL, 0), bytes_str("")));
    assert_true(bytes_equal(bytes_str("ab"), bytes_of((const uint8_t *)"abc", 2)));
    assert_false(bytes_equal(bytes_str("ab"), bytes_str("abc")));
    assert_false(bytes_equal(bytes_str("abd"), bytes_str("abc")));
    assert_int_equal(min_size(3, 4), 3);
    assert_int_equal(min_size(4, 3), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),     cmocka_unit_test(test_copy_of),
        cmocka_unit_test(test_wipe),    cmocka_unit_test(test_ct_equal),
        cmocka_unit_test(test_ct_mask), cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

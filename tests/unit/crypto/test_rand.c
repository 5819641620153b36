/* test_rand.c - randomness: the system's differs each time, a test's is used, a failure is said. */
#include "support.h"

#include "crypto/rand.h"

static int failing(void *user, uint8_t *out, size_t len)
{
    (void)user;
    memset(out, 1, len);
    return -5;
}

static void test_system(void **state)
{
    (void)state;
    static const struct rand_source zeroed;
    uint8_t a[32] = { 0 }, b[32] = { 0 };
    cssl_error err;
    assert_int_equal(rand_fill(NULL, a, sizeof(a), &err), 0);
    assert_int_equal(rand_fill(&zeroed, b, sizeof(b), &err), 0);
    assert_memory_not_equal(a, b, sizeof(a));
    assert_int_equal(rand_fill(NULL, NULL, 0, &err), 0);
    uint8_t guarded[40];
    memset(guarded, 0x55, sizeof(guarded));
    assert_int_equal(rand_fill(NULL, guarded + 4, 32, NULL), 0);
    test_same_hex(guarded, 4, "55555555");
    test_same_hex(guarded + 36, 4, "55555555");
}

static void test_source(void **state)
{
    (void)state;
    struct test_rng rng, same;
    test_rng_init(&rng, 7);
    test_rng_init(&same, 7);
    struct rand_source source = { test_rng_random, &rng };
    uint8_t a[50], b[50];
    cssl_error err;
    assert_int_equal(rand_fill(&source, a, sizeof(a), &err), 0);
    test_rng_fill(&same, b, sizeof(b));
    assert_memory_equal(a, b, sizeof(a));
    source.fn = failing;
    assert_true(rand_fill(&source, a, sizeof(a), &err) < 0);
    assert_int_equal(err.reason, CSSL_R_RANDOM_FAILED);
    assert_int_equal(err.alert, 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_system),
        cmocka_unit_test(test_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

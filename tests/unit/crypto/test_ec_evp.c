/* test_ec_evp.c - the NIST curves by EVP alone: published vectors, forgeries, the ends of the
 * range. */
#include "base/error.h"
#include "ec_support.h"

#define BACKEND ec_evp

static void test_agree(void **state)
{
    (void)state;
    ec_check_agree(&BACKEND);
}

static void test_verify(void **state)
{
    (void)state;
    ec_check_verify(&BACKEND);
}

static void test_ends(void **state)
{
    (void)state;
    ec_check_ends(&BACKEND);
}

static void test_choice(void **state)
{
    (void)state;
    assert_string_equal(BACKEND.name, "EVP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agree),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

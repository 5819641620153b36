/* test_ec_low.c - the NIST curves by libcrypto's EC_KEY calls: published vectors, forgeries, the
 * ends of the range. */
#include "base/error.h"
#include "ec_support.h"

#include <openssl/opensslconf.h>

/* A libcrypto without the deprecated calls has no such backend: EVP's is in use then. */
#ifdef OPENSSL_NO_DEPRECATED_3_0
#define BACKEND ec_evp
#else
#define BACKEND ec_low
#endif

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
    assert_ptr_equal(ec(), &BACKEND); /* the fast one is in use wherever it is there */
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

/* test_scheme.c - the table of signature schemes: every number, every key, what is too weak. */
#include "base/error.h"
#include "support.h"

#include "crypto/scheme.h"

#include <openssl/err.h>
#include <openssl/evp.h>

/* RFC 8446 4.2.3; ML-DSA's numbers as IANA has them. */
static const struct scheme_row expected[] = {
    { 0x0201, SIGN_PKCS1, HASH_SHA1, KEY_RSA, true },
    { 0x0203, SIGN_ECDSA, HASH_SHA1, KEY_NONE, true },
    { 0x0401, SIGN_PKCS1, HASH_SHA256, KEY_RSA, false },
    { 0x0403, SIGN_ECDSA, HASH_SHA256, KEY_EC_P256, false },
    { 0x0501, SIGN_PKCS1, HASH_SHA384, KEY_RSA, false },
    { 0x0503, SIGN_ECDSA, HASH_SHA384, KEY_EC_P384, false },
    { 0x0601, SIGN_PKCS1, HASH_SHA512, KEY_RSA, false },
    { 0x0603, SIGN_ECDSA, HASH_SHA512, KEY_EC_P521, false },
    { 0x0804, SIGN_PSS, HASH_SHA256, KEY_RSA, false },
    { 0x0805, SIGN_PSS, HASH_SHA384, KEY_RSA, false },
    { 0x0806, SIGN_PSS, HASH_SHA512, KEY_RSA, false },
    { 0x0807, SIGN_EDDSA, HASH_NONE, KEY_ED25519, false },
    { 0x0808, SIGN_EDDSA, HASH_NONE, KEY_ED448, false },
    { 0x0809, SIGN_PSS, HASH_SHA256, KEY_RSA_PSS, false },
    { 0x080a, SIGN_PSS, HASH_SHA384, KEY_RSA_PSS, false },
    { 0x080b, SIGN_PSS, HASH_SHA512, KEY_RSA_PSS, false },
    { 0x0904, SIGN_MLDSA, HASH_NONE, KEY_MLDSA44, false },
    { 0x0905, SIGN_MLDSA, HASH_NONE, KEY_MLDSA65, false },
    { 0x0906, SIGN_MLDSA, HASH_NONE, KEY_MLDSA87, false },
};

static const struct scheme_row *expected_of(unsigned scheme)
{
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        if (expected[i].scheme == scheme) {
            return &expected[i];
        }
    }
    return NULL;
}

static void test_all_numbers(void **state)
{
    (void)state;
    for (unsigned n = 0; n <= UINT16_MAX; n++) {
        const struct scheme_row *want = expected_of(n);
        const struct scheme_row *got = scheme_find((uint16_t)n);
        if (want == NULL) {
            assert_null(got);
            assert_false(scheme_available((uint16_t)n));
            assert_false(scheme_fits_key((uint16_t)n, KEY_RSA, true));
            continue;
        }
        assert_non_null(got);
        assert_int_equal(got->scheme, n);
        assert_int_equal(got->kind, want->kind);
        assert_int_equal(got->hash, want->hash);
        assert_int_equal(got->key, want->key);
        assert_int_equal(got->weak, want->weak);
    }
}

/* Each scheme with each key: one fits, and of ECDSA every curve where none is bound. */
static void test_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        const struct scheme_row *row = &expected[i];
        for (enum key_type type = KEY_NONE; type <= KEY_MLDSA87; type++) {
            bool curve = type == KEY_EC_P256 || type == KEY_EC_P384 || type == KEY_EC_P521;
            bool fits = !row->weak && type != KEY_NONE && type == row->key;
            bool loose = row->kind == SIGN_ECDSA ? curve && !row->weak : fits;
            assert_int_equal(scheme_fits_key(row->scheme, type, true), fits);
            assert_int_equal(scheme_fits_key(row->scheme, type, false), loose);
        }
    }
}

static void test_available(void **state)
{
    (void)state;
    EVP_SIGNATURE *mldsa = EVP_SIGNATURE_fetch(NULL, "ML-DSA-65", NULL);
    bool have = mldsa != NULL;
    EVP_SIGNATURE_free(mldsa);
    ERR_clear_error();
    for (int twice = 0; twice < 2; twice++) {
        for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
            bool want = !expected[i].weak && (expected[i].kind != SIGN_MLDSA || have);
            assert_int_equal(scheme_available(expected[i].scheme), want);
            assert_int_equal(ERR_peek_error(), 0); /* looking leaves no error behind */
        }
    }
}

static void test_names(void **state)
{
    (void)state;
    static const char *const want[] = { "unknown",   "RSA",       "RSA-PSS",  "EC",
                                        "EC",        "EC",        "ED25519",  "ED448",
                                        "ML-DSA-44", "ML-DSA-65", "ML-DSA-87" };
    assert_int_equal(ARRAY_SIZE(want), KEY_MLDSA87 + 1);
    for (enum key_type type = KEY_NONE; type <= KEY_MLDSA87; type++) {
        assert_string_equal(key_algorithm(type), want[type]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_numbers),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_available),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

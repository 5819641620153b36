/* test_suite.c - the table of cipher suites against the numbers that IANA and the RFCs give. */
#include "base/error.h"
#include "support.h"

#include "base/names.h"
#include "crypto/suite.h"

/* RFC 8446 B.4; RFC 5289, 7251 and 7905. */
static const struct suite expected[] = {
    { 0x1301, 0x0304, KX_ANY, AUTH_ANY, HASH_SHA256, AEAD_AES_128_GCM },
    { 0x1302, 0x0304, KX_ANY, AUTH_ANY, HASH_SHA384, AEAD_AES_256_GCM },
    { 0x1303, 0x0304, KX_ANY, AUTH_ANY, HASH_SHA256, AEAD_CHACHA20_POLY1305 },
    { 0x1304, 0x0304, KX_ANY, AUTH_ANY, HASH_SHA256, AEAD_AES_128_CCM },
    { 0x1305, 0x0304, KX_ANY, AUTH_ANY, HASH_SHA256, AEAD_AES_128_CCM_8 },
    { 0xc02b, 0x0303, KX_ECDHE, AUTH_ECDSA, HASH_SHA256, AEAD_AES_128_GCM },
    { 0xc02c, 0x0303, KX_ECDHE, AUTH_ECDSA, HASH_SHA384, AEAD_AES_256_GCM },
    { 0xcca9, 0x0303, KX_ECDHE, AUTH_ECDSA, HASH_SHA256, AEAD_CHACHA20_POLY1305 },
    { 0xc0ac, 0x0303, KX_ECDHE, AUTH_ECDSA, HASH_SHA256, AEAD_AES_128_CCM },
    { 0xc0ae, 0x0303, KX_ECDHE, AUTH_ECDSA, HASH_SHA256, AEAD_AES_128_CCM_8 },
    { 0xc02f, 0x0303, KX_ECDHE, AUTH_RSA, HASH_SHA256, AEAD_AES_128_GCM },
    { 0xc030, 0x0303, KX_ECDHE, AUTH_RSA, HASH_SHA384, AEAD_AES_256_GCM },
    { 0xcca8, 0x0303, KX_ECDHE, AUTH_RSA, HASH_SHA256, AEAD_CHACHA20_POLY1305 },
};

static const struct suite *expected_of(unsigned id)
{
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        if (expected[i].id == id) {
            return &expected[i];
        }
    }
    return NULL;
}

/* Every number there is: what is in the table is right, and nothing else is known. */
static void test_all_numbers(void **state)
{
    (void)state;
    for (unsigned id = 0; id <= UINT16_MAX; id++) {
        const struct suite *want = expected_of(id);
        const struct suite *got = suite_find((uint16_t)id);
        if (want == NULL) {
            assert_null(got);
            assert_int_equal(suite_hash((uint16_t)id), HASH_NONE);
            assert_int_equal(suite_aead((uint16_t)id), AEAD_NONE);
            assert_int_equal(suite_version((uint16_t)id), 0);
            continue;
        }
        assert_non_null(got);
        assert_int_equal(got->id, want->id);
        assert_int_equal(got->version, want->version);
        assert_int_equal(got->kx, want->kx);
        assert_int_equal(got->auth, want->auth);
        assert_int_equal(got->hash, want->hash);
        assert_int_equal(got->aead, want->aead);
        assert_int_equal(suite_hash((uint16_t)id), want->hash);
        assert_int_equal(suite_aead((uint16_t)id), want->aead);
        assert_int_equal(suite_version((uint16_t)id), want->version);
    }
}

/* What is in the table can be used: its parts have sizes, and its number a name. */
static void test_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        const struct suite *s = suite_find(expected[i].id);
        assert_true(hash_len(s->hash) >= 32);
        assert_true(aead_key_len(s->aead) >= 16);
        assert_non_null(name_of_suite(s->id));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_numbers),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

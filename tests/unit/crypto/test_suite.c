/* test_suite.c - the table of cipher suites against the numbers that IANA and the RFCs give. */
#include "base/error.h"
#include "support.h"

#include "base/names.h"
#include "crypto/suite.h"

#define AEAD(id, kx, auth, hash, aead) \
    { id, 0x0303, KX_##kx, AUTH_##auth, HASH_##hash, AEAD_##aead, CIPHER_AEAD, HASH_NONE }
#define CBC(id, kx, auth, hash, bits, mac) \
    { id, 0x0303, KX_##kx, AUTH_##auth, HASH_##hash, AEAD_NONE, CIPHER_AES_##bits##_CBC, \
      HASH_##mac }

/* RFC 8446 B.4; RFC 5246 A.5, 5288, 5289, 4279, 5487, 5489, 6655, 7251, 7905 and 8442. */
static const struct suite expected[] = {
    { 0x1301, 0x0304, KX_ANY, AUTH_ANY, HASH_SHA256, AEAD_AES_128_GCM, CIPHER_AEAD, HASH_NONE },
    { 0x1302, 0x0304, KX_ANY, AUTH_ANY, HASH_SHA384, AEAD_AES_256_GCM, CIPHER_AEAD, HASH_NONE },
    { 0x1303, 0x0304, KX_ANY, AUTH_ANY, HASH_SHA256, AEAD_CHACHA20_POLY1305, CIPHER_AEAD,
      HASH_NONE },
    { 0x1304, 0x0304, KX_ANY, AUTH_ANY, HASH_SHA256, AEAD_AES_128_CCM, CIPHER_AEAD, HASH_NONE },
    { 0x1305, 0x0304, KX_ANY, AUTH_ANY, HASH_SHA256, AEAD_AES_128_CCM_8, CIPHER_AEAD, HASH_NONE },
    AEAD(0xc02b, ECDHE, ECDSA, SHA256, AES_128_GCM),
    AEAD(0xc02c, ECDHE, ECDSA, SHA384, AES_256_GCM),
    AEAD(0xcca9, ECDHE, ECDSA, SHA256, CHACHA20_POLY1305),
    AEAD(0xc0ac, ECDHE, ECDSA, SHA256, AES_128_CCM),
    AEAD(0xc0ad, ECDHE, ECDSA, SHA256, AES_256_CCM),
    AEAD(0xc0ae, ECDHE, ECDSA, SHA256, AES_128_CCM_8),
    AEAD(0xc0af, ECDHE, ECDSA, SHA256, AES_256_CCM_8),
    CBC(0xc009, ECDHE, ECDSA, SHA256, 128, SHA1),
    CBC(0xc00a, ECDHE, ECDSA, SHA256, 256, SHA1),
    CBC(0xc023, ECDHE, ECDSA, SHA256, 128, SHA256),
    CBC(0xc024, ECDHE, ECDSA, SHA384, 256, SHA384),
    AEAD(0xc02f, ECDHE, RSA, SHA256, AES_128_GCM),
    AEAD(0xc030, ECDHE, RSA, SHA384, AES_256_GCM),
    AEAD(0xcca8, ECDHE, RSA, SHA256, CHACHA20_POLY1305),
    CBC(0xc013, ECDHE, RSA, SHA256, 128, SHA1),
    CBC(0xc014, ECDHE, RSA, SHA256, 256, SHA1),
    CBC(0xc027, ECDHE, RSA, SHA256, 128, SHA256),
    CBC(0xc028, ECDHE, RSA, SHA384, 256, SHA384),
    AEAD(0x009e, DHE, RSA, SHA256, AES_128_GCM),
    AEAD(0x009f, DHE, RSA, SHA384, AES_256_GCM),
    AEAD(0xccaa, DHE, RSA, SHA256, CHACHA20_POLY1305),
    AEAD(0xc09e, DHE, RSA, SHA256, AES_128_CCM),
    AEAD(0xc09f, DHE, RSA, SHA256, AES_256_CCM),
    AEAD(0xc0a2, DHE, RSA, SHA256, AES_128_CCM_8),
    AEAD(0xc0a3, DHE, RSA, SHA256, AES_256_CCM_8),
    CBC(0x0033, DHE, RSA, SHA256, 128, SHA1),
    CBC(0x0039, DHE, RSA, SHA256, 256, SHA1),
    CBC(0x0067, DHE, RSA, SHA256, 128, SHA256),
    CBC(0x006b, DHE, RSA, SHA256, 256, SHA256),
    AEAD(0xd001, ECDHE_PSK, PSK, SHA256, AES_128_GCM),
    AEAD(0xd002, ECDHE_PSK, PSK, SHA384, AES_256_GCM),
    AEAD(0xccac, ECDHE_PSK, PSK, SHA256, CHACHA20_POLY1305),
    AEAD(0xd005, ECDHE_PSK, PSK, SHA256, AES_128_CCM),
    AEAD(0xd003, ECDHE_PSK, PSK, SHA256, AES_128_CCM_8),
    CBC(0xc035, ECDHE_PSK, PSK, SHA256, 128, SHA1),
    CBC(0xc036, ECDHE_PSK, PSK, SHA256, 256, SHA1),
    CBC(0xc037, ECDHE_PSK, PSK, SHA256, 128, SHA256),
    CBC(0xc038, ECDHE_PSK, PSK, SHA384, 256, SHA384),
    AEAD(0x00aa, DHE_PSK, PSK, SHA256, AES_128_GCM),
    AEAD(0x00ab, DHE_PSK, PSK, SHA384, AES_256_GCM),
    AEAD(0xccad, DHE_PSK, PSK, SHA256, CHACHA20_POLY1305),
    AEAD(0xc0a6, DHE_PSK, PSK, SHA256, AES_128_CCM),
    AEAD(0xc0a7, DHE_PSK, PSK, SHA256, AES_256_CCM),
    AEAD(0xc0aa, DHE_PSK, PSK, SHA256, AES_128_CCM_8),
    AEAD(0xc0ab, DHE_PSK, PSK, SHA256, AES_256_CCM_8),
    CBC(0x0090, DHE_PSK, PSK, SHA256, 128, SHA1),
    CBC(0x0091, DHE_PSK, PSK, SHA256, 256, SHA1),
    CBC(0x00b2, DHE_PSK, PSK, SHA256, 128, SHA256),
    CBC(0x00b3, DHE_PSK, PSK, SHA384, 256, SHA384),
    AEAD(0x00a8, PSK, PSK, SHA256, AES_128_GCM),
    AEAD(0x00a9, PSK, PSK, SHA384, AES_256_GCM),
    AEAD(0xccab, PSK, PSK, SHA256, CHACHA20_POLY1305),
    AEAD(0xc0a4, PSK, PSK, SHA256, AES_128_CCM),
    AEAD(0xc0a5, PSK, PSK, SHA256, AES_256_CCM),
    AEAD(0xc0a8, PSK, PSK, SHA256, AES_128_CCM_8),
    AEAD(0xc0a9, PSK, PSK, SHA256, AES_256_CCM_8),
    CBC(0x008c, PSK, PSK, SHA256, 128, SHA1),
    CBC(0x008d, PSK, PSK, SHA256, 256, SHA1),
    CBC(0x00ae, PSK, PSK, SHA256, 128, SHA256),
    CBC(0x00af, PSK, PSK, SHA384, 256, SHA384),
    AEAD(0x009c, RSA, RSA, SHA256, AES_128_GCM),
    AEAD(0x009d, RSA, RSA, SHA384, AES_256_GCM),
    AEAD(0xc09c, RSA, RSA, SHA256, AES_128_CCM),
    AEAD(0xc09d, RSA, RSA, SHA256, AES_256_CCM),
    AEAD(0xc0a0, RSA, RSA, SHA256, AES_128_CCM_8),
    AEAD(0xc0a1, RSA, RSA, SHA256, AES_256_CCM_8),
    CBC(0x002f, RSA, RSA, SHA256, 128, SHA1),
    CBC(0x0035, RSA, RSA, SHA256, 256, SHA1),
    CBC(0x003c, RSA, RSA, SHA256, 128, SHA256),
    CBC(0x003d, RSA, RSA, SHA256, 256, SHA256),
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
            assert_int_equal(suite_kx((uint16_t)id), KX_ANY);
            assert_false(suite_available((uint16_t)id));
            continue;
        }
        assert_non_null(got);
        assert_int_equal(got->id, want->id);
        assert_int_equal(got->version, want->version);
        assert_int_equal(got->kx, want->kx);
        assert_int_equal(got->auth, want->auth);
        assert_int_equal(got->hash, want->hash);
        assert_int_equal(got->aead, want->aead);
        assert_int_equal(got->cipher, want->cipher);
        assert_int_equal(got->mac, want->mac);
        assert_int_equal(suite_kx((uint16_t)id), want->kx);
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
        assert_int_equal(aead_key_len(s->aead) >= 16, s->cipher == CIPHER_AEAD);
        assert_int_equal(hash_len(s->mac) >= 20, s->cipher != CIPHER_AEAD);
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

/* test_kx_kem.c - ML-KEM: round trips where libcrypto has it, and errors that are errors, with an
 * empty queue behind them, where it has not. */
#include "base/error.h"
#include "support.h"

#include "crypto/kx_impl.h"

#include <openssl/err.h>

enum { LEN_MAX = 1568, SECRET = 32 };

static const struct {
    const char *name;
    size_t public_len, ciphertext_len;
} rows[] = {
    { "ML-KEM-768", 1184, 1088 },
    { "ML-KEM-1024", 1568, 1568 },
};

static void test_available(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        EVP_KEM *kem = EVP_KEM_fetch(NULL, rows[i].name, NULL);
        assert_int_equal(kem_available(rows[i].name), kem != NULL);
        EVP_KEM_free(kem);
        ERR_clear_error();
    }
}

/* A pair, a secret for it; both have it; a wrong bit gives another one, and no error. */
static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct kx_half half = { .evp = NULL };
        uint8_t public[LEN_MAX], cipher[LEN_MAX], mine[SECRET], theirs[SECRET];
        cssl_error err = { 0 };
        const size_t pub = rows[i].public_len, len = rows[i].ciphertext_len;
        int status = kem_pair(rows[i].name, &half, public, pub, &err);
        assert_int_equal(ERR_peek_error(), 0);
        assert_int_equal(status == 0, kem_available(rows[i].name));
        if (status != 0) {
            assert_int_equal(err.reason, CSSL_R_CRYPTO_FAILED);
            assert_null(half.evp);
            continue;
        }
        assert_int_equal(
            kem_encapsulate(rows[i].name, bytes_of(public, pub), cipher, len, theirs, SECRET, &err),
            0);
        assert_int_equal(kem_decapsulate(&half, bytes_of(cipher, len), mine, SECRET, &err), 0);
        assert_memory_equal(mine, theirs, SECRET);
        cipher[len / 2] ^= 1;
        assert_int_equal(kem_decapsulate(&half, bytes_of(cipher, len), mine, SECRET, &err), 0);
        assert_memory_not_equal(mine, theirs, SECRET);
        assert_true(kem_decapsulate(&half, bytes_of(cipher, len - 1), mine, SECRET, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_CRYPTO_FAILED);
        assert_int_equal(ERR_peek_error(), 0);
        EVP_PKEY_free(half.evp);
    }
}

/* A public key of a wrong length or with coefficients that are not reduced; an algorithm that does
 * not exist: the peer's share is refused, whether libcrypto knows the algorithm or not. */
static void test_bad_public(void **state)
{
    (void)state;
    static uint8_t public[LEN_MAX + 1];
    memset(public, 0xff, sizeof(public));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const size_t lens[] = { 0, 1, rows[i].public_len - 1, rows[i].public_len,
                                rows[i].public_len + 1 };
        for (size_t k = 0; k < ARRAY_SIZE(lens); k++) {
            uint8_t cipher[LEN_MAX], secret[SECRET];
            cssl_error err = { 0 };
            assert_true(kem_encapsulate(rows[i].name, bytes_of(public, lens[k]), cipher,
                                        rows[i].ciphertext_len, secret, SECRET, &err) < 0);
            assert_int_equal(err.reason, CSSL_R_BAD_KEY_SHARE);
            assert_int_equal(err.alert, ALERT_ILLEGAL_PARAMETER);
            assert_non_null(strstr(err.text, rows[i].name));
            assert_int_equal(ERR_peek_error(), 0);
        }
    }
}

/* A key of another algorithm, and none, cannot decapsulate. */
static void test_wrong_key(void **state)
{
    (void)state;
    uint8_t cipher[LEN_MAX] = { 0 }, secret[SECRET];
    struct kx_half half = { .evp = NULL };
    for (int with = 0; with < 2; with++) {
        cssl_error err = { 0 };
        if (with == 1) {
            half.evp = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
            assert_non_null(half.evp);
        }
        assert_true(kem_decapsulate(&half, bytes_of(cipher, 1088), secret, SECRET, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_CRYPTO_FAILED);
        assert_int_equal(ERR_peek_error(), 0);
    }
    EVP_PKEY_free(half.evp);
    half.evp = NULL;
    cssl_error err = { 0 };
    assert_true(kem_pair("no such algorithm", &half, cipher, 1184, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_CRYPTO_FAILED);
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_available),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_bad_public),
        cmocka_unit_test(test_wrong_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

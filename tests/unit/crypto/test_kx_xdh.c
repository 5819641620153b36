/* test_kx_xdh.c - X25519 and X448: RFC 7748's example, points of small order, bits that do not
 * count, randomness that fails. */
#include "base/error.h"
#include "support.h"

#include "crypto/kx_impl.h"

#include <openssl/err.h>

enum { LEN_MAX = 56 };

static const struct {
    int param;
    size_t len;
    const char *private, *own, *peer, *secret; /* RFC 7748 6.1 and 6.2, Alice's side */
} rows[] = {
    { XDH_X25519, 32, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
    { XDH_X448, 56,
      "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127"
      "ab1d9ac2d8c0a598726b",
      "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da8812"
      "0d53177f80e532c41fa0",
      "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec"
      "3dae07bdc1c67bf33609",
      "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085"
      "d59a449a5037514a879d" },
};

static int fixed(void *user, uint8_t *out, size_t len)
{
    memcpy(out, user, len);
    return 0;
}

static int broken(void *user, uint8_t *out, size_t len)
{
    (void)user;
    (void)out;
    (void)len;
    return -1;
}

/* alice makes her pair; share may be NULL. */
static void alice(size_t row, struct kx_half *half, uint8_t *share)
{
    uint8_t private[LEN_MAX], own[LEN_MAX];
    struct rand_source rand = { fixed, private };
    cssl_error err = { 0 };
    *half = (struct kx_half){ .evp = NULL };
    assert_int_equal(test_unhex(private, sizeof(private), rows[row].private), rows[row].len);
    assert_int_equal(
        kx_dh_xdh.pair(rows[row].param, &rand, half, share == NULL ? own : share, &err), 0);
}

static void test_example(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct kx_half half;
        cssl_error err;
        uint8_t *share = malloc(rows[i].len), *secret = malloc(rows[i].len);
        size_t len = 0;
        uint8_t *peer = test_unhex_new(rows[i].peer, &len);
        assert_true(share != NULL && secret != NULL);
        alice(i, &half, share);
        test_same_hex(share, rows[i].len, rows[i].own);
        assert_int_equal(kx_dh_xdh.agree(rows[i].param, &half, bytes_of(peer, len), secret, &err),
                         0);
        test_same_hex(secret, rows[i].len, rows[i].secret);
        if (rows[i].param == XDH_X25519) { /* RFC 7748 5: the last bit is passed over */
            memset(secret, 0, len);
            peer[31] |= 0x80;
            assert_int_equal(
                kx_dh_xdh.agree(rows[i].param, &half, bytes_of(peer, len), secret, &err), 0);
            test_same_hex(secret, rows[i].len, rows[i].secret);
        }
        EVP_PKEY_free(half.evp);
        free(share);
        free(secret);
        free(peer);
    }
}

/* u = 0, 1 and p-1, and 0 and 1 written as p and p+1: each has small order, so the secret would be
 * zeros whatever the private key is. */
static void test_small_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct kx_half half;
        alice(i, &half, NULL);
        for (int n = 0; n < 5; n++) {
            uint8_t peer[LEN_MAX] = { 0 }, secret[LEN_MAX];
            cssl_error err = { 0 };
            if (n < 2) {
                peer[0] = (uint8_t)n;
            } else { /* p-1, p, p+1, little endian: 2^255-19 and 2^448-2^224-1 */
                memset(peer, 0xff, sizeof(peer));
                if (rows[i].param == XDH_X25519) {
                    peer[31] = 0x7f;
                    peer[0] = (uint8_t)(0xec + n - 2);
                } else {
                    peer[28] = 0xfe;
                    peer[0] = (uint8_t)(0xfe + n - 2);
                    if (n == 4) {
                        memset(peer, 0, 28);
                        peer[28] = 0xff;
                    }
                }
            }
            int status =
                kx_dh_xdh.agree(rows[i].param, &half, bytes_of(peer, rows[i].len), secret, &err);
            if (status == 0) {
                fail_msg("row %zu: point %d was taken", i, n);
            }
            assert_int_equal(err.reason, CSSL_R_BAD_KEY_SHARE);
            assert_int_equal(err.alert, ALERT_ILLEGAL_PARAMETER);
            assert_int_equal(ERR_peek_error(), 0);
        }
        EVP_PKEY_free(half.evp);
    }
}

static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rand_source none = { broken, NULL };
        struct kx_half half = { .evp = NULL };
        uint8_t share[LEN_MAX] = { 9 }, secret[LEN_MAX];
        cssl_error err = { 0 };
        assert_true(kx_dh_xdh.pair(rows[i].param, &none, &half, share, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_RANDOM_FAILED);
        assert_null(half.evp);
        alice(i, &half, NULL);
        for (size_t len = rows[i].len - 1; len <= rows[i].len + 1; len += 2) {
            uint8_t *peer = calloc(1, len);
            assert_non_null(peer);
            peer[0] = 9;
            err = (cssl_error){ 0 };
            assert_true(kx_dh_xdh.agree(rows[i].param, &half, bytes_of(peer, len), secret, &err) <
                        0);
            assert_int_equal(err.reason, CSSL_R_CRYPTO_FAILED); /* kx.c checks lengths before */
            assert_int_equal(ERR_peek_error(), 0);
            free(peer);
        }
        EVP_PKEY_free(half.evp);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_small_order),
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

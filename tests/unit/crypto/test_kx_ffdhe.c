/* test_kx_ffdhe.c - finite field Diffie-Hellman: the range of a share, the length of a secret, and
 * answers that follow from the generator being 2. */
#include "base/error.h"
#include "support.h"

#include "base/names.h"
#include "crypto/kx_impl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

enum { LEN_MAX = 512 };

static const struct {
    int group;
    size_t len;
} groups[] = {
    { GROUP_FFDHE2048, 256 },
    { GROUP_FFDHE3072, 384 },
    { GROUP_FFDHE4096, 512 },
};

/* number_at writes p + add when from_p, else add, in len bytes. */
static uint8_t *number_at(const struct kx_half *half, bool from_p, int add, size_t len)
{
    BIGNUM *n = NULL;
    uint8_t *out = malloc(len);
    assert_non_null(out);
    assert_int_equal(EVP_PKEY_get_bn_param(half->evp, OSSL_PKEY_PARAM_FFC_P, &n), 1);
    if (!from_p) {
        BN_zero(n);
    }
    assert_int_equal(add < 0 ? BN_sub_word(n, (BN_ULONG)-add) : BN_add_word(n, (BN_ULONG)add), 1);
    assert_int_equal(BN_bn2binpad(n, out, (int)len), (int)len);
    BN_free(n);
    return out;
}

static void check_range(int group, const struct kx_half *half, size_t len)
{
    static const struct {
        bool from_p;
        int add;
        bool ok;
    } rows[] = {
        { false, 0, false }, { false, 1, false }, { false, 2, true }, { true, -2, true },
        { true, -1, false }, { true, 0, false },  { true, 1, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t *peer = number_at(half, rows[i].from_p, rows[i].add, len);
        uint8_t secret[LEN_MAX];
        cssl_error err = { 0 };
        int status = kx_dh_ffdhe.agree(group, half, bytes_of(peer, len), secret, &err);
        if ((status == 0) != rows[i].ok) {
            fail_msg("group %d, row %zu: %d %s", group, i, status, err.text);
        }
        if (!rows[i].ok) {
            assert_int_equal(err.reason, CSSL_R_BAD_KEY_SHARE);
            assert_int_equal(err.alert, ALERT_ILLEGAL_PARAMETER);
        }
        assert_int_equal(ERR_peek_error(), 0);
        free(peer);
    }
}

static void test_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        const int group = groups[i].group;
        const size_t len = groups[i].len;
        struct kx_half a = { .evp = NULL }, b = { .evp = NULL };
        uint8_t *share[2] = { malloc(len), malloc(len) }, *secret[2] = { malloc(len), malloc(len) };
        cssl_error err = { 0 };
        assert_true(share[0] != NULL && share[1] != NULL && secret[0] != NULL && secret[1] != NULL);
        assert_int_equal(kx_dh_ffdhe.pair(group, NULL, &a, share[0], &err), 0);
        assert_int_equal(kx_dh_ffdhe.pair(group, NULL, &b, share[1], &err), 0);
        assert_memory_not_equal(share[0], share[1], len);
        memset(secret[0], 0xee, len);
        assert_int_equal(kx_dh_ffdhe.agree(group, &a, bytes_of(share[1], len), secret[0], &err), 0);
        assert_int_equal(kx_dh_ffdhe.agree(group, &b, bytes_of(share[0], len), secret[1], &err), 0);
        assert_memory_equal(secret[0], secret[1], len);
        /* The share is 2^x, so the peer's value 2 gives it back. */
        uint8_t *two = number_at(&a, false, 2, len);
        assert_int_equal(kx_dh_ffdhe.agree(group, &a, bytes_of(two, len), secret[0], &err), 0);
        assert_memory_equal(secret[0], share[0], len);
        free(two);
        check_range(group, &a, len);
        EVP_PKEY_free(a.evp);
        EVP_PKEY_free(b.evp);
        for (int k = 0; k < 2; k++) {
            free(share[k]);
            free(secret[k]);
        }
    }
}

/* A secret of one byte is padded to the prime's length (RFC 8446 7.4.1). */
static void test_padding(void **state)
{
    (void)state;
    const size_t len = 256;
    struct kx_half a = { .evp = NULL };
    uint8_t share[LEN_MAX], secret[LEN_MAX];
    cssl_error err = { 0 };
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = NULL, *x = NULL, *want = BN_new(), *y = BN_new();
    assert_true(ctx != NULL && want != NULL && y != NULL);
    assert_int_equal(kx_dh_ffdhe.pair(GROUP_FFDHE2048, NULL, &a, share, &err), 0);
    assert_int_equal(EVP_PKEY_get_bn_param(a.evp, OSSL_PKEY_PARAM_FFC_P, &p), 1);
    assert_int_equal(EVP_PKEY_get_bn_param(a.evp, OSSL_PKEY_PARAM_PRIV_KEY, &x), 1);
    /* 4 is a square, so its order is q = (p-1)/2, and y = 4^(1/x mod q) gives it as the secret. */
    BIGNUM *q = BN_dup(p), *inverse = NULL;
    assert_non_null(q);
    assert_int_equal(BN_rshift1(q, q), 1);
    inverse = BN_mod_inverse(NULL, x, q, ctx);
    assert_non_null(inverse);
    assert_int_equal(BN_set_word(want, 4), 1);
    assert_int_equal(BN_mod_exp(y, want, inverse, p, ctx), 1);
    uint8_t peer[LEN_MAX], padded[LEN_MAX] = { 0 };
    assert_int_equal(BN_bn2binpad(y, peer, (int)len), (int)len);
    padded[len - 1] = 4;
    memset(secret, 0xee, sizeof(secret));
    assert_int_equal(kx_dh_ffdhe.agree(GROUP_FFDHE2048, &a, bytes_of(peer, len), secret, &err), 0);
    assert_memory_equal(secret, padded, len);
    assert_int_equal(secret[len], 0xee);
    BN_free(p);
    BN_free(x);
    BN_free(q);
    BN_free(inverse);
    BN_free(want);
    BN_free(y);
    BN_CTX_free(ctx);
    EVP_PKEY_free(a.evp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_kx_ec.c - ECDH of a key share: what the randomness decides, which shares are no point. */
#include "base/error.h"
#include "support.h"

#include "crypto/kx_impl.h"

#include <openssl/err.h>

/* fixed gives the bytes at user; a test's private key. */
static int fixed(void *user, uint8_t *out, size_t len)
{
    memcpy(out, user, len);
    return 0;
}

static int broken(void *user, uint8_t *out, size_t len)
{
    (void)out;
    (void)len;
    ++*(int *)user;
    return -1;
}

/* The private key 1 has the generator as its share, and its secret is the peer's x. */
static void test_private_one(void **state)
{
    (void)state;
    for (enum ec_curve c = 0; c < EC_CURVES; c++) {
        uint8_t one[EC_FIELD_MAX] = { 0 }, g[EC_POINT_MAX];
        size_t n = ec_field_len(c);
        one[n - 1] = 1;
        struct rand_source rand = { fixed, one };
        struct kx_half half = { .evp = NULL }, peer = { .evp = NULL };
        uint8_t *share = malloc(ec_point_len(c)), *theirs = malloc(ec_point_len(c));
        uint8_t *secret = malloc(n);
        cssl_error err = { 0 };
        assert_true(share != NULL && theirs != NULL && secret != NULL);
        assert_int_equal(kx_dh_ec.pair((int)c, &rand, &half, share, &err), 0);
        const EC_GROUP *group = ec_group(c);
        assert_int_equal(EC_POINT_point2oct(group, EC_GROUP_get0_generator(group),
                                            POINT_CONVERSION_UNCOMPRESSED, g, sizeof(g), NULL),
                         ec_point_len(c));
        assert_memory_equal(share, g, ec_point_len(c));
        assert_int_equal(kx_dh_ec.pair((int)c, NULL, &peer, theirs, &err), 0);
        assert_memory_not_equal(theirs, g, ec_point_len(c));
        cssl_bytes t = bytes_of(theirs, ec_point_len(c));
        assert_int_equal(kx_dh_ec.agree((int)c, &half, t, secret, &err), 0);
        assert_memory_equal(secret, theirs + 1, n);
        cssl_bytes s = bytes_of(share, ec_point_len(c));
        assert_int_equal(kx_dh_ec.agree((int)c, &peer, s, secret, &err), 0);
        assert_memory_equal(secret, theirs + 1, n);
        ec_pair_free(&half.ec);
        ec_pair_free(&peer.ec);
        free(share);
        free(theirs);
        free(secret);
    }
}

static void refused(enum ec_curve c, const struct kx_half *half, const uint8_t *share, size_t len)
{
    uint8_t secret[EC_FIELD_MAX];
    cssl_error err = { 0 };
    uint8_t *exact = test_copy(share, len);
    assert_true(kx_dh_ec.agree((int)c, half, bytes_of(exact, len), secret, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_BAD_KEY_SHARE);
    assert_int_equal(err.alert, ALERT_ILLEGAL_PARAMETER);
    assert_int_equal(ERR_peek_error(), 0);
    free(exact);
}

static void test_bad_shares(void **state)
{
    (void)state;
    for (enum ec_curve c = 0; c < EC_CURVES; c++) {
        struct kx_half half = { .evp = NULL };
        uint8_t share[EC_POINT_MAX + 1] = { 0 }, bad[EC_POINT_MAX + 1] = { 0 };
        size_t n = ec_field_len(c), len = ec_point_len(c);
        cssl_error err;
        assert_int_equal(kx_dh_ec.pair((int)c, NULL, &half, share, &err), 0);
        for (size_t cut = 0; cut < len; cut++) {
            refused(c, &half, share, cut);
        }
        refused(c, &half, share, len + 1);
        static const uint8_t firsts[] = { 0, 1, 2, 3, 5, 6, 7, 0xff };
        for (size_t i = 0; i < sizeof(firsts); i++) { /* hybrid and compressed forms among them */
            memcpy(bad, share, len);
            bad[0] = firsts[i];
            refused(c, &half, bad, len);
            refused(c, &half, bad, 1 + n);
        }
        memcpy(bad, share, len);
        bad[len - 1] ^= 1; /* off the curve */
        refused(c, &half, bad, len);
        memset(bad + 1, 0, len - 1);
        refused(c, &half, bad, len); /* 0,0 */
        memset(bad + 1, 0xff, len - 1);
        refused(c, &half, bad, len); /* not reduced */
        ec_pair_free(&half.ec);
    }
}

/* Without randomness there is no pair; a source that never gives a usable key is given up. */
static void test_no_randomness(void **state)
{
    (void)state;
    uint8_t zeros[EC_FIELD_MAX] = { 0 };
    for (enum ec_curve c = 0; c < EC_CURVES; c++) {
        int calls = 0;
        struct rand_source none = { broken, &calls }, useless = { fixed, zeros };
        struct kx_half half = { .evp = NULL };
        uint8_t share[EC_POINT_MAX];
        cssl_error err = { 0 };
        assert_true(kx_dh_ec.pair((int)c, &none, &half, share, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_RANDOM_FAILED);
        assert_int_equal(calls, 1);
        err = (cssl_error){ 0 };
        assert_true(kx_dh_ec.pair((int)c, &useless, &half, share, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_RANDOM_FAILED);
        assert_null(half.ec.key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_private_one),
        cmocka_unit_test(test_bad_shares),
        cmocka_unit_test(test_no_randomness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

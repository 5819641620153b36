/* test_ec.c - the NIST curves: both implementations against each other. */
#include "support.h"

#include "crypto/ec.h"

#include <openssl/evp.h>

static const struct ec_backend *const backends[] = {
#ifndef OPENSSL_NO_DEPRECATED_3_0
    &ec_low,
#endif
    &ec_evp,
};

static void new_pair(struct ec_pair *pair, const struct ec_backend *backend, enum ec_curve curve,
                     const uint8_t *scalar, uint8_t *point)
{
    assert_int_equal(ec_pair_init(pair, backend, curve, scalar, point), 0);
    assert_int_equal(point[0], 4);
}

static void test_agree(void **state)
{
    (void)state;
    for (enum ec_curve c = 0; c < EC_CURVES; c++) {
        for (int round = 0; round < 10; round++) {
            uint8_t a[EC_FIELD_MAX], b[EC_FIELD_MAX], first[EC_FIELD_MAX];
            cssl_error err;
            assert_int_equal(ec_scalar_draw(c, NULL, a, &err), 0);
            assert_int_equal(ec_scalar_draw(c, NULL, b, &err), 0);
            assert_memory_not_equal(a, b, ec_field_len(c));
            bool have = false;
            for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
                for (size_t j = 0; j < ARRAY_SIZE(backends); j++) {
                    struct ec_pair pa, pb;
                    uint8_t oa[EC_POINT_MAX], ob[EC_POINT_MAX], sa[EC_FIELD_MAX], sb[EC_FIELD_MAX];
                    new_pair(&pa, backends[i], c, a, oa);
                    new_pair(&pb, backends[j], c, b, ob);
                    EC_POINT *qa = ec_point_of(c, bytes_of(oa, ec_point_len(c)));
                    EC_POINT *qb = ec_point_of(c, bytes_of(ob, ec_point_len(c)));
                    assert_true(qa != NULL && qb != NULL);
                    assert_int_equal(backends[i]->agree(&pa, qb, sa), 0);
                    assert_int_equal(backends[j]->agree(&pb, qa, sb), 0);
                    assert_memory_equal(sa, sb, ec_field_len(c));
                    if (have) {
                        assert_memory_equal(sa, first, ec_field_len(c));
                    }
                    memcpy(first, sa, ec_field_len(c));
                    have = true;
                    EC_POINT_free(qa);
                    EC_POINT_free(qb);
                    ec_pair_free(&pa);
                    ec_pair_free(&pb);
                }
            }
        }
    }
}

static void test_sign(void **state)
{
    (void)state;
    static const uint8_t lens[] = { 32, 48, 64, 20 };
    for (enum ec_curve c = 0; c < EC_CURVES; c++) {
        for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
            for (size_t n = 0; n < ARRAY_SIZE(lens); n++) {
                uint8_t scalar[EC_FIELD_MAX], oct[EC_POINT_MAX], sig[EC_SIGNATURE_MAX];
                uint8_t digest[64];
                cssl_error err;
                struct ec_pair pair;
                size_t len = 0;
                memset(digest, 0x11 * (int)(n + 1), sizeof(digest));
                assert_int_equal(ec_scalar_draw(c, NULL, scalar, &err), 0);
                new_pair(&pair, backends[i], c, scalar, oct);
                EC_POINT *point = ec_point_of(c, bytes_of(oct, ec_point_len(c)));
                cssl_bytes d = bytes_of(digest, lens[n]);
                assert_int_equal(backends[i]->sign(&pair, d, sig, &len), 0);
                assert_true(len > 8 && len <= EC_SIGNATURE_MAX);
                for (size_t j = 0; j < ARRAY_SIZE(backends); j++) {
                    assert_int_equal(backends[j]->verify(c, point, d, bytes_of(sig, len)), 0);
                    assert_true(backends[j]->verify(c, point, d, bytes_of(sig, len - 1)) < 0);
                    digest[0] ^= 1;
                    assert_true(backends[j]->verify(c, point, d, bytes_of(sig, len)) < 0);
                    digest[0] ^= 1;
                    uint8_t longer[EC_SIGNATURE_MAX + 100] = { 0 };
                    memcpy(longer, sig, len);
                    assert_true(backends[j]->verify(c, point, d, bytes_of(longer, len + 1)) < 0);
                    assert_true(backends[j]->verify(c, point, d, bytes_of(longer, sizeof(longer))) <
                                0);
                    sig[len - 1] ^= 1;
                    assert_true(backends[j]->verify(c, point, d, bytes_of(sig, len)) < 0);
                    sig[len - 1] ^= 1;
                }
                EC_POINT_free(point);
                ec_pair_free(&pair);
            }
        }
    }
}

static void test_scalars(void **state)
{
    (void)state;
    for (enum ec_curve c = 0; c < EC_CURVES; c++) {
        size_t len = ec_field_len(c);
        uint8_t scalar[EC_FIELD_MAX] = { 0 }, point[EC_POINT_MAX];
        struct ec_pair pair;
        const BIGNUM *n = EC_GROUP_get0_order(ec_group(c));
        assert_true(ec_pair_init(&pair, ec(), c, scalar, point) < 0); /* 0 */
        ec_pair_free(&pair);
        assert_int_equal(BN_bn2binpad(n, scalar, (int)len), len);
        assert_true(ec_pair_init(&pair, ec(), c, scalar, point) < 0); /* n */
        ec_pair_free(&pair);
        scalar[len - 1]++;
        assert_true(ec_pair_init(&pair, ec(), c, scalar, point) < 0); /* n + 1 */
        ec_pair_free(&pair);
        scalar[len - 1] = (uint8_t)(scalar[len - 1] - 2);
        for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {
            assert_int_equal(ec_pair_init(&pair, backends[i], c, scalar, point), 0); /* n - 1 */
            ec_pair_free(&pair);
        }
        memset(scalar, 0, len);
        scalar[len - 1] = 1;
        assert_int_equal(ec_pair_init(&pair, ec(), c, scalar, point), 0);
        uint8_t generator[EC_POINT_MAX];
        assert_int_equal(EC_POINT_point2oct(ec_group(c), EC_GROUP_get0_generator(ec_group(c)),
                                            POINT_CONVERSION_UNCOMPRESSED, generator,
                                            sizeof(generator), NULL),
                         ec_point_len(c));
        assert_memory_equal(point, generator, ec_point_len(c));
        ec_pair_free(&pair);
    }
    assert_int_equal(ec_point_len(EC_P256), 65);
    assert_int_equal(ec_point_len(EC_P384), 97);
    assert_int_equal(ec_point_len(EC_P521), 133);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agree),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_scalars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

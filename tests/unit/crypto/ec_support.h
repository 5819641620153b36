/* ec_support.h - what the tests of ec_low.c and ec_evp.c share: one backend put through its duties.
 * test_ec.c sets the two against each other. */
#ifndef CSSL_TEST_EC_SUPPORT_H
#define CSSL_TEST_EC_SUPPORT_H

#include "support.h"

#include "crypto/ec.h"

#include <openssl/err.h>

static inline cssl_bytes ec_vector(struct vectors *v, const char *key)
{
    cssl_bytes b;
    b.data = vectors_bytes(v, key, &b.len);
    return b;
}

/* The CAVP's ECDH vectors, and what is no point of the curve. */
static inline void ec_check_agree(const struct ec_backend *backend)
{
    static const char *const names[EC_CURVES] = { "secp256r1", "secp384r1", "secp521r1" };
    struct vectors *v = vectors_open("kx.txt");
    int num = 0;
    while (vectors_next(v)) {
        enum ec_curve c = 0;
        while (c < EC_CURVES && strcmp(vectors_text(v, "group"), names[c]) != 0) {
            c++;
        }
        if (c == EC_CURVES || strncmp(vectors_text(v, "name"), "CAVP", 4) != 0) {
            continue;
        }
        num++;
        cssl_bytes private = ec_vector(v, "private"), want = ec_vector(v, "secret");
        struct ec_pair pair;
        uint8_t oct[EC_POINT_MAX];
        assert_int_equal(private.len, ec_field_len(c));
        assert_int_equal(ec_pair_init(&pair, backend, c, private.data, oct), 0);
        if (vectors_has(v, "own")) {
            cssl_bytes own = ec_vector(v, "own");
            assert_true(bytes_equal(own, bytes_of(oct, ec_point_len(c))));
        }
        EC_POINT *peer = ec_point_of(c, ec_vector(v, "share"));
        assert_non_null(peer);
        uint8_t *secret = malloc(want.len); /* exact, so that one byte too many is seen */
        assert_non_null(secret);
        for (int twice = 0; twice < 2; twice++) { /* a pair can be used again */
            memset(secret, 0xee, want.len);
            assert_int_equal(backend->agree(&pair, peer, secret), 0);
            assert_memory_equal(secret, want.data, want.len);
        }
        EC_POINT *infinity = EC_POINT_new(ec_group(c));
        assert_non_null(infinity);
        assert_int_equal(EC_POINT_set_to_infinity(ec_group(c), infinity), 1);
        assert_true(backend->agree(&pair, infinity, secret) < 0);
        assert_int_equal(ERR_peek_error(), 0);
        EC_POINT_free(infinity);
        EC_POINT_free(peer);
        free(secret);
        ec_pair_free(&pair);
        assert_null(pair.key);
    }
    assert_true(num >= EC_CURVES);
    vectors_close(v);
}

struct ec_forgery {
    const struct ec_backend *backend;
    const EC_POINT *point;
    cssl_bytes digest;
};

static inline void ec_must_refuse(void *arg, uint8_t *data, size_t len)
{
    const struct ec_forgery *f = arg;
    assert_true(f->backend->verify(EC_P256, f->point, f->digest, bytes_of(data, len)) < 0);
    assert_int_equal(ERR_peek_error(), 0);
}

/* RFC 6979 A.2.5's signature (P-256, SHA-256, "sample"): taken, and refused when it is cut short,
 * longer, has a wrong bit, or belongs to another digest or key. */
static inline void ec_check_verify(const struct ec_backend *backend)
{
    uint8_t oct[EC_POINT_MAX], sig[EC_SIGNATURE_MAX + 1] = { 0 }, digest[32];
    size_t len = test_unhex(oct, sizeof(oct),
                            "04 60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
                            "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
    EC_POINT *point = ec_point_of(EC_P256, bytes_of(oct, len));
    assert_non_null(point);
    (void)test_unhex(digest, sizeof(digest),
                     "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");
    len = test_unhex(sig, sizeof(sig),
                     "3046"
                     "022100EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                     "022100F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
    struct ec_forgery f = { backend, point, bytes_of(digest, sizeof(digest)) };
    assert_int_equal(backend->verify(EC_P256, point, f.digest, bytes_of(sig, len)), 0);
    for_each_truncation(sig, len, ec_must_refuse, &f);
    for_each_bit_flip(sig, len, ec_must_refuse, &f);
    ec_must_refuse(&f, sig, len + 1); /* a byte behind it */
    ec_must_refuse(&f, sig, sizeof(sig));
    uint8_t zeros[] = { 0x30, 6, 2, 1, 0, 2, 1, 0 };
    ec_must_refuse(&f, zeros, sizeof(zeros));
    const EC_POINT *generator = EC_GROUP_get0_generator(ec_group(EC_P256));
    assert_true(backend->verify(EC_P256, generator, f.digest, bytes_of(sig, len)) < 0);
    digest[31] ^= 1;
    ec_must_refuse(&f, sig, len);
    EC_POINT_free(point);
}

/* Scalars at both ends of 1..n-1, of each curve: a pair, and a signature that its point verifies
 * but the other's does not. */
static inline void ec_check_ends(const struct ec_backend *backend)
{
    for (enum ec_curve c = 0; c < EC_CURVES; c++) {
        uint8_t one[EC_FIELD_MAX] = { 0 }, last[EC_FIELD_MAX], oct[2][EC_POINT_MAX];
        size_t n = ec_field_len(c), len = 0;
        struct ec_pair pair[2];
        one[n - 1] = 1;
        assert_int_equal(BN_bn2binpad(EC_GROUP_get0_order(ec_group(c)), last, (int)n), (int)n);
        assert_true(ec_pair_init(&pair[1], backend, c, last, oct[1]) < 0); /* n itself */
        assert_null(pair[1].key);
        last[n - 1]--; /* the orders are odd */
        assert_int_equal(ec_pair_init(&pair[0], backend, c, one, oct[0]), 0);
        assert_int_equal(ec_pair_init(&pair[1], backend, c, last, oct[1]), 0);
        assert_memory_equal(oct[0], oct[1], 1 + n); /* G and -G have one x */
        assert_memory_not_equal(oct[0] + 1 + n, oct[1] + 1 + n, n);
        for (int i = 0; i < 2; i++) {
            uint8_t digest[32] = { 7 };
            uint8_t *sig = malloc(EC_SIGNATURE_MAX);
            assert_non_null(sig);
            EC_POINT *own = ec_point_of(c, bytes_of(oct[i], ec_point_len(c)));
            EC_POINT *other = ec_point_of(c, bytes_of(oct[1 - i], ec_point_len(c)));
            assert_true(own != NULL && other != NULL);
            cssl_bytes d = bytes_of(digest, sizeof(digest));
            assert_int_equal(backend->sign(&pair[i], d, sig, &len), 0);
            assert_true(len >= 8 && len <= EC_SIGNATURE_MAX);
            assert_int_equal(backend->verify(c, own, d, bytes_of(sig, len)), 0);
            assert_true(backend->verify(c, other, d, bytes_of(sig, len)) < 0);
            EC_POINT_free(own);
            EC_POINT_free(other);
            free(sig);
        }
        ec_pair_free(&pair[0]);
        ec_pair_free(&pair[1]);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

#endif

/* ec.c - what both implementations of the NIST curves share: groups, points, scalars. These calls
 * of libcrypto (EC_GROUP, EC_POINT, BN) are not deprecated. */
#include "crypto/ec.h"

#include "base/error.h"
#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <pthread.h>

static const struct {
    int nid;
    uint8_t field_len;
    uint8_t top_mask; /* of a scalar's first byte */
} curves[EC_CURVES] = {
    [EC_P256] = { NID_X9_62_prime256v1, 32, 0xff },
    [EC_P384] = { NID_secp384r1, 48, 0xff },
    [EC_P521] = { NID_secp521r1, 66, 0x01 },
};

/* Making a group costs 9 us and more, so each is made once a process and never changed or freed. */
static pthread_once_t groups_once = PTHREAD_ONCE_INIT;
static EC_GROUP *groups[EC_CURVES];

static void make_groups(void)
{
    for (size_t i = 0; i < EC_CURVES; i++) {
        groups[i] = EC_GROUP_new_by_curve_name(curves[i].nid);
    }
    ERR_clear_error();
}

const EC_GROUP *ec_group(enum ec_curve curve)
{
    return pthread_once(&groups_once, make_groups) == 0 ? groups[curve] : NULL;
}

size_t ec_field_len(enum ec_curve curve)
{
    return curves[curve].field_len;
}

EC_POINT *ec_point_of(enum ec_curve curve, cssl_bytes point)
{
    /* libcrypto would take the one byte of infinity, and compressed and hybrid forms. */
    if (point.len != ec_point_len(curve) || point.data[0] != 0x04) {
        return NULL;
    }
    const EC_GROUP *group = ec_group(curve);
    EC_POINT *p = group == NULL ? NULL : EC_POINT_new(group);
    /* EC_POINT_oct2point refuses coordinates that are not reduced or not on the curve. */
    if (p != NULL && EC_POINT_oct2point(group, p, point.data, point.len, NULL) != 1) {
        EC_POINT_free(p);
        p = NULL;
    }
    if (p == NULL) {
        ERR_clear_error();
    }
    return p;
}

/* scalar_number gives the scalar as a number, or NULL when it is 0 or not below n. */
static BIGNUM *scalar_number(enum ec_curve curve, const uint8_t *scalar)
{
    const EC_GROUP *group = ec_group(curve);
    BIGNUM *n = BN_bin2bn(scalar, curves[curve].field_len, NULL);
    if (n == NULL || group == NULL || BN_is_zero(n) || BN_cmp(n, EC_GROUP_get0_order(group)) >= 0) {
        BN_clear_free(n);
        return NULL;
    }
    BN_set_flags(n, BN_FLG_CONSTTIME);
    return n;
}

int ec_scalar_draw(enum ec_curve curve, const struct rand_source *rand, uint8_t *scalar,
                   cssl_error *err)
{
    /* Each round fails with less than 1/2 (P-521; the others with 2^-32): 256 are never needed
     * unless the source is broken. */
    for (int i = 0; i < 256; i++) {
        int ret = rand_fill(rand, scalar, curves[curve].field_len, err);
        if (ret != 0) {
            return ret;
        }
        scalar[0] &= curves[curve].top_mask;
        BIGNUM *n = scalar_number(curve, scalar);
        if (n != NULL) {
            BN_clear_free(n);
            return 0;
        }
    }
    return fail_text(err, CSSL_R_RANDOM_FAILED, "the source never gave a usable private key");
}

int ec_pair_init(struct ec_pair *pair, const struct ec_backend *backend, enum ec_curve curve,
                 const uint8_t *scalar, uint8_t *point)
{
    *pair = (struct ec_pair){ .backend = backend, .curve = curve };
    const EC_GROUP *group = ec_group(curve);
    BIGNUM *n = scalar_number(curve, scalar);
    EC_POINT *p = n == NULL ? NULL : EC_POINT_new(group);
    size_t len = ec_point_len(curve);
    /* With the generator's factor alone this runs in constant time. */
    bool ok =
        p != NULL && EC_POINT_mul(group, p, n, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, point, len, NULL) == len &&
        backend->pair_new(pair, scalar, p) == 0;
    BN_clear_free(n);
    EC_POINT_free(p);
    if (!ok) {
        *pair = (struct ec_pair){ 0 };
        ERR_clear_error();
        return -1;
    }
    return 0;
}

void ec_pair_free(struct ec_pair *pair)
{
    if (pair->backend != NULL) {
        pair->backend->pair_free(pair);
    }
    *pair = (struct ec_pair){ 0 };
}

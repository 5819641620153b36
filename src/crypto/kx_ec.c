/* kx_ec.c - ECDH on the NIST curves (RFC 8446 4.2.8.2). */
#include "base/error.h"
#include "base/mem.h"
#include "crypto/kx_impl.h"

static int pair(int param, const struct rand_source *rand, struct kx_half *half, uint8_t *share,
                cssl_error *err)
{
    enum ec_curve curve = (enum ec_curve)param;
    uint8_t scalar[EC_FIELD_MAX];
    int ret = ec_scalar_draw(curve, rand, scalar, err);
    if (ret == 0 && ec_pair_init(&half->ec, ec(), curve, scalar, share) != 0) {
        ret = fail(err, CSSL_R_CRYPTO_FAILED);
    }
    mem_wipe(scalar, sizeof(scalar));
    return ret;
}

static int agree(int param, const struct kx_half *half, cssl_bytes peer, uint8_t *secret,
                 cssl_error *err)
{
    /* The check of the point, after which the derivation need not validate it again: it is
     * uncompressed, reduced and on the curve, so not infinity; the cofactor is 1. */
    EC_POINT *point = ec_point_of((enum ec_curve)param, peer);
    if (point == NULL) {
        return fail_text(err, CSSL_R_BAD_KEY_SHARE, "its point is not on the curve");
    }
    int ret = ec()->agree(&half->ec, point, secret);
    EC_POINT_free(point);
    return ret == 0 ? 0 : fail(err, CSSL_R_CRYPTO_FAILED);
}

const struct kx_dh kx_dh_ec = { .pair = pair, .agree = agree };

/* ec_evp.c - ECDH and ECDSA through EVP: the way for a libcrypto without the calls of ec_low.c. */
#include "crypto/ec.h"

#include "base/mem.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

static const char *const names[EC_CURVES] = {
    [EC_P256] = "prime256v1",
    [EC_P384] = "secp384r1",
    [EC_P521] = "secp521r1",
};

/* key_of makes a key of a point and, when it is not NULL, its scalar. */
static EVP_PKEY *key_of(enum ec_curve curve, const EC_POINT *point, const uint8_t *scalar)
{
    uint8_t oct[EC_POINT_MAX];
    size_t len = ec_point_len(curve);
    EVP_PKEY *key = NULL;
    BIGNUM *n = NULL;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    bool ok =
        build != NULL && ctx != NULL &&
        EC_POINT_point2oct(ec_group(curve), point, POINT_CONVERSION_UNCOMPRESSED, oct, len, NULL) ==
            len &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, names[curve], 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, oct, len) == 1;
    if (ok && scalar != NULL) {
        n = BN_secure_new();
        ok = n != NULL && BN_bin2bn(scalar, (int)ec_field_len(curve), n) != NULL &&
             OSSL_PARAM_BLD_push_BN_pad(build, OSSL_PKEY_PARAM_PRIV_KEY, n, ec_field_len(curve)) ==
                 1;
    }
    int selection = scalar == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
    if (!ok || (params = OSSL_PARAM_BLD_to_param(build)) == NULL ||
        EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, selection, params) != 1) {
        key = NULL;
    }
    OSSL_PARAM_free(params); /* wipes what came from a secure number */
    OSSL_PARAM_BLD_free(build);
    BN_clear_free(n);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static int evp_pair_new(struct ec_pair *pair, const uint8_t *scalar, const EC_POINT *point)
{
    pair->key = key_of(pair->curve, point, scalar);
    if (pair->key == NULL) {
        ERR_clear_error();
        return -1;
    }
    return 0;
}

static void evp_pair_free(struct ec_pair *pair)
{
    EVP_PKEY_free(pair->key);
}

static int evp_agree(const struct ec_pair *pair, const EC_POINT *peer, uint8_t *secret)
{
    size_t len = ec_field_len(pair->curve);
    EVP_PKEY *key = key_of(pair->curve, peer, NULL);
    EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(pair->key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
              EVP_PKEY_derive_set_peer_ex(ctx, key, 0) == 1 &&
              EVP_PKEY_derive(ctx, secret, &len) == 1 && len == ec_field_len(pair->curve);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (!ok) {
        ERR_clear_error();
        return -1;
    }
    return 0;
}

static int evp_sign(const struct ec_pair *pair, cssl_bytes digest, uint8_t *sig, size_t *sig_len)
{
    size_t len = EC_SIGNATURE_MAX;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pair->key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
              EVP_PKEY_sign(ctx, sig, &len, digest.data, digest.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!ok) {
        ERR_clear_error();
        return -1;
    }
    *sig_len = len;
    return 0;
}

static int evp_verify(enum ec_curve curve, const EC_POINT *point, cssl_bytes digest, cssl_bytes sig)
{
    EVP_PKEY *key = key_of(curve, point, NULL);
    EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
              EVP_PKEY_verify(ctx, sig.data, sig.len, digest.data, digest.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (!ok) {
        ERR_clear_error();
        return -1;
    }
    return 0;
}

const struct ec_backend ec_evp = {
    .name = "EVP",
    .pair_new = evp_pair_new,
    .pair_free = evp_pair_free,
    .agree = evp_agree,
    .sign = evp_sign,
    .verify = evp_verify,
};

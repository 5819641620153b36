/* ec_low.c - ECDH and ECDSA by libcrypto's EC_KEY calls: deprecated, and the fastest it has.
 * ec_evp.c does the same without them. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/ec.h"

#include <openssl/err.h>

#ifndef OPENSSL_NO_DEPRECATED_3_0

#include <openssl/ecdsa.h>

static EC_KEY *key_new(enum ec_curve curve)
{
    const EC_GROUP *group = ec_group(curve);
    EC_KEY *key = group == NULL ? NULL : EC_KEY_new();
    if (key != NULL && EC_KEY_set_group(key, group) != 1) {
        EC_KEY_free(key);
        key = NULL;
    }
    return key;
}

static int low_pair_new(struct ec_pair *pair, const uint8_t *scalar, const EC_POINT *point)
{
    EC_KEY *key = key_new(pair->curve);
    if (key == NULL || EC_KEY_oct2priv(key, scalar, ec_field_len(pair->curve)) != 1 ||
        EC_KEY_set_public_key(key, point) != 1) {
        EC_KEY_free(key);
        ERR_clear_error();
        return -1;
    }
    pair->key = key;
    return 0;
}

static void low_pair_free(struct ec_pair *pair)
{
    EC_KEY_free(pair->key);
}

static int low_agree(const struct ec_pair *pair, const EC_POINT *peer, uint8_t *secret)
{
    size_t len = ec_field_len(pair->curve);
    int n = ECDH_compute_key(secret, len, peer, pair->key, NULL);
    if (n < 0 || (size_t)n != len) {
        ERR_clear_error();
        return -1;
    }
    return 0;
}

static int low_sign(const struct ec_pair *pair, cssl_bytes digest, uint8_t *sig, size_t *sig_len)
{
    unsigned len = 0;
    int size = ECDSA_size(pair->key);
    if (size <= 0 || size > EC_SIGNATURE_MAX ||
        ECDSA_sign(0, digest.data, (int)digest.len, sig, &len, pair->key) != 1) {
        ERR_clear_error();
        return -1;
    }
    *sig_len = len;
    return 0;
}

static int low_verify(enum ec_curve curve, const EC_POINT *point, cssl_bytes digest, cssl_bytes sig)
{
    if (sig.len > EC_SIGNATURE_MAX) {
        return -1;
    }
    EC_KEY *key = key_new(curve);
    /* ECDSA_verify wants the signature in DER, to the last byte. */
    bool ok = key != NULL && EC_KEY_set_public_key(key, point) == 1 &&
              ECDSA_verify(0, digest.data, (int)digest.len, sig.data, (int)sig.len, key) == 1;
    EC_KEY_free(key);
    if (!ok) {
        ERR_clear_error();
        return -1;
    }
    return 0;
}

const struct ec_backend ec_low = {
    .name = "EC_KEY",
    .pair_new = low_pair_new,
    .pair_free = low_pair_free,
    .agree = low_agree,
    .sign = low_sign,
    .verify = low_verify,
};

const struct ec_backend *ec(void)
{
    return &ec_low;
}

#else

const struct ec_backend *ec(void)
{
    return &ec_evp;
}

#endif

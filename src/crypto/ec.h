/*
 * ec.h - the NIST curves: key pairs, ECDH, ECDSA over digests.
 *
 * Two complete implementations stand side by side. ec_low uses libcrypto's EC_KEY, ECDSA_* and
 * ECDH_* calls, which are deprecated and much cheaper: importing a point takes 2 us instead of 29,
 * a derivation does not validate the point a second time. ec_evp uses EVP alone. ec() is the one
 * in use; the tests run both.
 */
#ifndef CSSL_CRYPTO_EC_H
#define CSSL_CRYPTO_EC_H

#include "crypto/rand.h"

#include <openssl/ec.h>

enum ec_curve { EC_P256, EC_P384, EC_P521, EC_CURVES };
enum { EC_FIELD_MAX = 66, EC_POINT_MAX = 1 + 2 * EC_FIELD_MAX, EC_SIGNATURE_MAX = 141 };

struct ec_backend;

/* A key pair, immutable: threads share it. Zeroed memory is none. */
struct ec_pair {
    const struct ec_backend *backend;
    enum ec_curve curve;
    void *key; /* the backend's */
};

/* All of these return 0 or a negative number, and leave libcrypto's error queue empty. */
struct ec_backend {
    const char *name;
    /* pair_new takes a scalar of ec_field_len bytes that is in 1..n-1, and the point of it. */
    int (*pair_new)(struct ec_pair *pair, const uint8_t *scalar, const EC_POINT *point);
    /* pair_free wipes the private key. */
    void (*pair_free)(struct ec_pair *pair);
    /* agree writes the x coordinate (ec_field_len bytes) of the product with the peer's point. */
    int (*agree)(const struct ec_pair *pair, const EC_POINT *peer, uint8_t *secret);
    /* sign writes a DER signature; sig has EC_SIGNATURE_MAX bytes. */
    int (*sign)(const struct ec_pair *pair, cssl_bytes digest, uint8_t *sig, size_t *sig_len);
    int (*verify)(enum ec_curve curve, const EC_POINT *point, cssl_bytes digest, cssl_bytes sig);
};

extern const struct ec_backend ec_low, ec_evp;
const struct ec_backend *ec(void);

/* ec_field_len is the length of a coordinate and of a scalar: 32, 48, 66. */
size_t ec_field_len(enum ec_curve curve);
static inline size_t ec_point_len(enum ec_curve curve)
{
    return 1 + 2 * ec_field_len(curve);
}
/* ec_group is libcrypto's description of a curve: made once a process, immutable. NULL when memory
 * was out at that time. */
const EC_GROUP *ec_group(enum ec_curve curve);
/* ec_point_of decodes an uncompressed point that is on the curve; NULL for anything else. */
EC_POINT *ec_point_of(enum ec_curve curve, cssl_bytes point);
/* ec_scalar_draw draws a scalar uniformly from 1..n-1 (FIPS 186-5 A.2.2: what does not fit is
 * thrown away), ec_field_len bytes. */
int ec_scalar_draw(enum ec_curve curve, const struct rand_source *rand, uint8_t *scalar,
                   cssl_error *err) CHECK;
/* ec_pair_init makes a pair of a scalar and writes its uncompressed point (ec_point_len bytes) to
 * point. -1 for a scalar that is 0 or not below n. */
int ec_pair_init(struct ec_pair *pair, const struct ec_backend *backend, enum ec_curve curve,
                 const uint8_t *scalar, uint8_t *point) CHECK;
void ec_pair_free(struct ec_pair *pair);

#endif

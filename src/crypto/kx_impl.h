/* kx_impl.h - how kx.c sees the kinds of key exchange. */
#ifndef CSSL_CRYPTO_KX_IMPL_H
#define CSSL_CRYPTO_KX_IMPL_H

#include "crypto/dh.h"
#include "crypto/ec.h"
#include "crypto/kx.h"

#include <openssl/evp.h>

/* The private half of one algorithm: a pair of a curve, or libcrypto's key. */
struct kx_half {
    struct ec_pair ec;
    EVP_PKEY *evp;
};

/* An algorithm that both sides do alike: each makes a pair and multiplies. param tells the
 * algorithms of one kind apart. pair writes share_len bytes of share, agree secret_len bytes. */
struct kx_dh {
    int (*pair)(int param, const struct rand_source *rand, struct kx_half *half, uint8_t *share,
                cssl_error *err);
    int (*agree)(int param, const struct kx_half *half, cssl_bytes peer, uint8_t *secret,
                 cssl_error *err);
};

/* param: an enum ec_curve; an XDH_*; the group's number. */
enum { XDH_X25519, XDH_X448 };
extern const struct kx_dh kx_dh_ec, kx_dh_xdh, kx_dh_ffdhe;

/* dh_pair is kx_dh_ffdhe's pair in a group that dh describes; share has dh->p_len bytes. */
int dh_pair(const struct dh_params *dh, struct kx_half *half, uint8_t *share,
            cssl_error *err) CHECK;
/* dh_key makes libcrypto's form of dh, dh_named_key a pair in a group that has a name. Freed by
 * EVP_PKEY_free; NULL when memory is out. */
EVP_PKEY *dh_key(const struct dh_params *dh);
EVP_PKEY *dh_named_key(uint16_t group);

/* Key encapsulation, ML-KEM by its name in libcrypto (3.5 and later). */
bool kem_available(const char *name);
int kem_pair(const char *name, struct kx_half *half, uint8_t *public, size_t public_len,
             cssl_error *err) CHECK;
/* kem_encapsulate makes a secret for a public key: ciphertext and secret have the given lengths. */
int kem_encapsulate(const char *name, cssl_bytes public, uint8_t *ciphertext, size_t ciphertext_len,
                    uint8_t *secret, size_t secret_len, cssl_error *err) CHECK;
int kem_decapsulate(const struct kx_half *half, cssl_bytes ciphertext, uint8_t *secret,
                    size_t secret_len, cssl_error *err) CHECK;

#endif

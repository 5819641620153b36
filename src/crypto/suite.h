/* suite.h - what a cipher suite consists of. One table for TLS 1.2 and 1.3. */
#ifndef CSSL_CRYPTO_SUITE_H
#define CSSL_CRYPTO_SUITE_H

#include "crypto/aead.h"
#include "crypto/hash.h"

/* How the premaster secret is made. KX_ANY: TLS 1.3, whose suites do not say. */
enum suite_kx { KX_ANY, KX_ECDHE, KX_DHE, KX_ECDHE_PSK, KX_DHE_PSK, KX_PSK, KX_RSA };
static inline bool kx_has_ecdhe(enum suite_kx kx)
{
    return kx == KX_ECDHE || kx == KX_ECDHE_PSK;
}
static inline bool kx_has_dhe(enum suite_kx kx)
{
    return kx == KX_DHE || kx == KX_DHE_PSK;
}
static inline bool kx_has_psk(enum suite_kx kx)
{
    return kx == KX_PSK || kx == KX_ECDHE_PSK || kx == KX_DHE_PSK;
}
/* kx_is_signed: ServerKeyExchange has a signature. */
static inline bool kx_is_signed(enum suite_kx kx)
{
    return kx == KX_ECDHE || kx == KX_DHE;
}
/* Who proves to be whom: AUTH_ECDSA stands for EdDSA keys too (RFC 8422), AUTH_PSK for suites
 * without certificates. */
enum suite_auth { AUTH_ANY, AUTH_ECDSA, AUTH_RSA, AUTH_PSK };
/* How records are protected: by an AEAD, or in TLS 1.2 by CBC and a MAC. */
enum suite_cipher { CIPHER_AEAD, CIPHER_AES_128_CBC, CIPHER_AES_256_CBC };

struct suite {
    uint16_t id;
    uint16_t version; /* TLS_1_2 or TLS_1_3: a suite is of one of them */
    enum suite_kx kx;
    enum suite_auth auth;
    enum hash_alg hash; /* of the key schedule or the PRF */
    enum aead_alg aead; /* AEAD_NONE with CBC */
    enum suite_cipher cipher;
    enum hash_alg mac; /* HASH_NONE with an AEAD */
};

/* suite_find is a suite's row, NULL for one that is not known. */
const struct suite *suite_find(uint16_t id);
/* suite_available says whether this library can speak a suite that it knows. */
bool suite_available(uint16_t id);
/* suite_hash and suite_aead are HASH_NONE and AEAD_NONE for a suite that is not known. */
enum hash_alg suite_hash(uint16_t id);
enum aead_alg suite_aead(uint16_t id);
/* suite_version is 0 for a suite that is not known. */
uint16_t suite_version(uint16_t id);
/* suite_kx is KX_ANY for a suite that is not known. */
enum suite_kx suite_kx(uint16_t id);

#endif

/* spki.h - a SubjectPublicKeyInfo (RFC 5280 4.1.2.7) taken apart. */
#ifndef CSSL_CRYPTO_SPKI_H
#define CSSL_CRYPTO_SPKI_H

#include "crypto/asn1.h"
#include "crypto/ec.h"
#include "crypto/scheme.h"

/* RSA_EXPONENT_MAX bytes of a public exponent: more would make verifying as dear as signing. */
enum { RSA_EXPONENT_MAX = 8 };

/* Views into the DER. */
struct spki {
    enum key_type type;
    unsigned bits;
    cssl_bytes key;  /* the public key's bytes: a point, a raw key, an RSAPublicKey */
    cssl_bytes n, e; /* RSA: magnitudes */
    bool pss_bound;  /* KEY_RSA_PSS: only this hash, and at least that salt (RFC 4055 3.1) */
    enum hash_alg pss_hash;
    unsigned pss_salt;
};

/* An algorithm of a key, as SubjectPublicKeyInfo and PKCS#8 name it. */
struct key_alg {
    enum key_type type; /* KEY_NONE: not known, parameters not looked at */
    bool pss_bound;
    enum hash_alg pss_hash;
    unsigned pss_salt;
};

/* key_alg_read takes an AlgorithmIdentifier. Malformed or wrong parameters of a known algorithm
 * make r bad: RSA's are NULL, a curve's is its name, the other algorithms have none. */
struct key_alg key_alg_read(struct rd *r);
/* key_alg_write writes the AlgorithmIdentifier of rsaEncryption or a curve, key_alg_len bytes. */
void key_alg_write(struct wr *w, enum key_type type);
size_t key_alg_len(enum key_type type);
/* key_curve is the curve of an EC type. */
enum ec_curve key_curve(enum key_type type);
bool key_is_ec(enum key_type type);
bool key_is_rsa(enum key_type type);
/* rsa_numbers_ok: the modulus is odd, the exponent odd, at least 3 and of at most 64 bits. */
bool rsa_numbers_ok(cssl_bytes n, cssl_bytes e);
/* bits_of is the length of a magnitude in bits. */
unsigned bits_of(cssl_bytes n);

/* rsa_padding prepares libcrypto's context for a scheme of RSA. */
bool rsa_padding(EVP_PKEY_CTX *ctx, const struct scheme_row *row);

/* spki_read takes der apart; spki_inspect is its public face. Sizes are not judged, but what an
 * algorithm says of form is checked. Whether a point is on its curve shows when it is used. */
int spki_read(cssl_bytes der, struct spki *out, cssl_error *err) CHECK;

#endif

/*
 * pkey.h - private keys, public keys and signatures, by the signature schemes of RFC 8446 4.2.3.
 *
 * Private keys are counted and immutable: threads share them. A public key is used through the
 * DER of its SubjectPublicKeyInfo.
 */
#ifndef CSSL_CRYPTO_PKEY_H
#define CSSL_CRYPTO_PKEY_H

#include "base/base.h"
#include "crypto/rand.h"

enum key_type {
    KEY_NONE,
    KEY_RSA,     /* rsaEncryption */
    KEY_RSA_PSS, /* id-RSASSA-PSS */
    KEY_EC_P256,
    KEY_EC_P384,
    KEY_EC_P521,
    KEY_ED25519,
    KEY_ED448,
    KEY_MLDSA44,
    KEY_MLDSA65,
    KEY_MLDSA87
};

/* The longest signature: ML-DSA-87. */
enum { PKEY_SIGNATURE_MAX = 4700, PKEY_RSA_MIN_BITS = 2048, PKEY_RSA_MAX_BITS = 8192 };

struct pkey; /* a private key */

/* pkey_from_der reads PKCS#8 (plain, or encrypted under password, which may be NULL), SEC 1 or
 * PKCS#1. Whatever is behind the key is refused. */
struct pkey *pkey_from_der(cssl_bytes der, const char *password, cssl_error *err) CHECK;
/* pkey_generate makes a new key; bits is for RSA alone (2048 to 8192). */
struct pkey *pkey_generate(enum key_type type, unsigned bits, cssl_error *err) CHECK;
struct pkey *pkey_ref(struct pkey *key);
void pkey_free(struct pkey *key);
enum key_type pkey_type(const struct pkey *key);
/* pkey_bits is the size: of the modulus, the curve, the level. */
unsigned pkey_bits(const struct pkey *key);
/* pkey_spki views the key's SubjectPublicKeyInfo (DER), for as long as the key lives. */
cssl_bytes pkey_spki(const struct pkey *key);
/* pkey_to_der gives PKCS#8 DER, encrypted under password (PBES2, AES-256-CBC, PBKDF2-SHA256 with
 * at least 100,000 rounds) when that is not NULL. *der is freed with mem_free_wiped(*der, *len). */
int pkey_to_der(const struct pkey *key, const char *password, uint8_t **der, size_t *len,
                cssl_error *err) CHECK;
/* pkey_can_sign says whether key can make signatures of scheme: its type, its curve, its size. */
bool pkey_can_sign(const struct pkey *key, uint16_t scheme);
/* pkey_sign signs data into sig (PKEY_SIGNATURE_MAX bytes) and sets *sig_len. */
int pkey_sign(const struct pkey *key, uint16_t scheme, cssl_bytes data, uint8_t *sig,
              size_t *sig_len, cssl_error *err) CHECK;

/* TLS 1.2's key exchange by RSA (RFC 5246 7.4.7.1). The premaster secret begins with the version
 * that the client offered. */
enum { PREMASTER_RSA = 48 };
/* pkey_can_decrypt: an RSA key that is not bound to RSASSA-PSS. */
bool pkey_can_decrypt(const struct pkey *key);
/* pkey_decrypt_premaster gives PREMASTER_RSA bytes: random ones when what was sent does not decrypt
 * or does not begin with version, in a way that nobody can tell apart (Bleichenbacher's attack). It
 * fails only when memory or randomness are out, or with a key that cannot decrypt. */
int pkey_decrypt_premaster(const struct pkey *key, uint16_t version, cssl_bytes encrypted,
                           uint8_t premaster[PREMASTER_RSA], cssl_error *err) CHECK;
/* spki_encrypt encrypts data to an RSA key by PKCS #1 v1.5 into out (PKEY_SIGNATURE_MAX bytes). */
int spki_encrypt(cssl_bytes spki, cssl_bytes data, uint8_t *out, size_t *out_len,
                 cssl_error *err) CHECK;

/* What a SubjectPublicKeyInfo says. */
struct spki_info {
    enum key_type type; /* KEY_NONE: an algorithm that is not known */
    unsigned bits;
};
/* spki_inspect reads type and size. Malformed DER is CSSL_R_BAD_PUBLIC_KEY. */
int spki_inspect(cssl_bytes spki, struct spki_info *info, cssl_error *err) CHECK;
/* scheme_fits_key says whether a signature of scheme can be checked with a key of type. In TLS
 * 1.3 (curve_bound) an ECDSA scheme belongs to one curve; in certificates it does not. */
bool scheme_fits_key(uint16_t scheme, enum key_type type, bool curve_bound);
/* group_of_key is the group with the same curve as an EC key's, 0 for keys of other types. */
uint16_t group_of_key(enum key_type type);
/* scheme_available says whether the libcrypto in use can do scheme. */
bool scheme_available(uint16_t scheme);
/* spki_verify checks sig over data. A signature that does not fit is CSSL_R_BAD_SIGNATURE, a key
 * that is malformed or of the wrong type for scheme CSSL_R_BAD_PUBLIC_KEY. */
int spki_verify(cssl_bytes spki, uint16_t scheme, cssl_bytes data, cssl_bytes sig,
                cssl_error *err) CHECK;

#endif

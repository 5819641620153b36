/* pkcs8.h - the forms private keys are stored in: PKCS#8 (RFC 5958), plain or encrypted, SEC 1
 * (RFC 5915) and PKCS#1 (RFC 8017). Takes them apart; pkey.c makes keys of them. */
#ifndef CSSL_CRYPTO_PKCS8_H
#define CSSL_CRYPTO_PKCS8_H

#include "crypto/spki.h"

#include <openssl/evp.h>

/* No private key is longer than PKCS8_MAX bytes: RSA-8192 has 4.7 KB, ML-DSA-87 5 KB. */
enum { PKCS8_MAX = 16384 };

/* A OneAsymmetricKey. Views. */
struct pkcs8 {
    struct key_alg alg;
    cssl_bytes alg_der; /* the whole AlgorithmIdentifier */
    cssl_bytes key;     /* what the OCTET STRING holds */
};

struct pkcs8_file {
    struct pkcs8 key;
    uint8_t *owned; /* decrypted, or PKCS#8 written around another form; wiped by pkcs8_close */
    size_t owned_len;
};

/* pkcs8_open finds out which form der has, decrypts it when that is needed, and takes it apart.
 * After 0 file is to be closed, before der goes. */
int pkcs8_open(struct pkcs8_file *file, cssl_bytes der, const char *password,
               cssl_error *err) CHECK;
void pkcs8_close(struct pkcs8_file *file);
/* pkcs8_ec_read takes an ECPrivateKey apart: scalar is filled to the field's length, point is the
 * public key in it, empty when it has none. Parameters that name another curve are refused. */
int pkcs8_ec_read(const struct pkcs8 *p8, uint8_t *scalar, cssl_bytes *point,
                  cssl_error *err) CHECK;
/* pkcs8_point_matches compares a stated point, compressed or not, with a computed one. */
bool pkcs8_point_matches(cssl_bytes stated, cssl_bytes computed);
/* pkcs8_rsa_check checks an RSAPrivateKey: two primes, sizes, and that its numbers belong together
 * (whether the primes are prime is not looked at). */
int pkcs8_rsa_check(const struct pkcs8 *p8, cssl_error *err) CHECK;
/* pkcs8_wrap writes PKCS#8 around the inner key of an RSA key or a curve. 0 or -1. */
int pkcs8_wrap(enum key_type type, cssl_bytes inner, uint8_t **der, size_t *len) CHECK;
/* pkcs8_to_evp gives libcrypto's key, or NULL; pkcs8_of_evp its DER, 0 or -1. Both may leave
 * libcrypto's error queue filled. */
EVP_PKEY *pkcs8_to_evp(const struct pkcs8 *p8);
int pkcs8_of_evp(EVP_PKEY *key, uint8_t **der, size_t *len) CHECK;
/* pkcs8_encrypt gives an EncryptedPrivateKeyInfo: PBES2, AES-256-CBC, PBKDF2 with HMAC-SHA-256. */
int pkcs8_encrypt(cssl_bytes plain, const char *password, uint8_t **der, size_t *len,
                  cssl_error *err) CHECK;

#endif

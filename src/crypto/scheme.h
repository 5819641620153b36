/* scheme.h - what each signature scheme of RFC 8446 4.2.3 is made of. */
#ifndef CSSL_CRYPTO_SCHEME_H
#define CSSL_CRYPTO_SCHEME_H

#include "crypto/hash.h"
#include "crypto/pkey.h"

enum scheme_kind { SIGN_ECDSA, SIGN_EDDSA, SIGN_PKCS1, SIGN_PSS, SIGN_MLDSA };

struct scheme_row {
    uint16_t scheme;
    uint8_t kind;
    uint8_t hash; /* HASH_NONE where the algorithm hashes by itself */
    uint8_t key;  /* enum key_type; of ECDSA in TLS 1.3, where the scheme binds the curve */
    bool weak;    /* on SHA-1: its number is known, it is never used */
};

/* scheme_find gives a scheme's row, or NULL. */
const struct scheme_row *scheme_find(uint16_t scheme);
/* key_algorithm is libcrypto's name of a type: "RSA", "ED25519", "ML-DSA-65". */
const char *key_algorithm(enum key_type type);

#endif

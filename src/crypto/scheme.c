/* scheme.c - the table of signature schemes. Signs nothing. */
#include "crypto/scheme.h"

#include "base/names.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>

static const struct scheme_row rows[] = {
    { SCHEME_ECDSA_SECP256R1_SHA256, SIGN_ECDSA, HASH_SHA256, KEY_EC_P256, false },
    { SCHEME_ECDSA_SECP384R1_SHA384, SIGN_ECDSA, HASH_SHA384, KEY_EC_P384, false },
    { SCHEME_ECDSA_SECP521R1_SHA512, SIGN_ECDSA, HASH_SHA512, KEY_EC_P521, false },
    { SCHEME_ED25519, SIGN_EDDSA, HASH_NONE, KEY_ED25519, false },
    { SCHEME_ED448, SIGN_EDDSA, HASH_NONE, KEY_ED448, false },
    { SCHEME_RSA_PSS_RSAE_SHA256, SIGN_PSS, HASH_SHA256, KEY_RSA, false },
    { SCHEME_RSA_PSS_RSAE_SHA384, SIGN_PSS, HASH_SHA384, KEY_RSA, false },
    { SCHEME_RSA_PSS_RSAE_SHA512, SIGN_PSS, HASH_SHA512, KEY_RSA, false },
    { SCHEME_RSA_PSS_PSS_SHA256, SIGN_PSS, HASH_SHA256, KEY_RSA_PSS, false },
    { SCHEME_RSA_PSS_PSS_SHA384, SIGN_PSS, HASH_SHA384, KEY_RSA_PSS, false },
    { SCHEME_RSA_PSS_PSS_SHA512, SIGN_PSS, HASH_SHA512, KEY_RSA_PSS, false },
    { SCHEME_RSA_PKCS1_SHA256, SIGN_PKCS1, HASH_SHA256, KEY_RSA, false },
    { SCHEME_RSA_PKCS1_SHA384, SIGN_PKCS1, HASH_SHA384, KEY_RSA, false },
    { SCHEME_RSA_PKCS1_SHA512, SIGN_PKCS1, HASH_SHA512, KEY_RSA, false },
    { SCHEME_RSA_PKCS1_SHA1, SIGN_PKCS1, HASH_SHA1, KEY_RSA, true },
    { SCHEME_ECDSA_SHA1, SIGN_ECDSA, HASH_SHA1, KEY_NONE, true },
    { SCHEME_MLDSA44, SIGN_MLDSA, HASH_NONE, KEY_MLDSA44, false },
    { SCHEME_MLDSA65, SIGN_MLDSA, HASH_NONE, KEY_MLDSA65, false },
    { SCHEME_MLDSA87, SIGN_MLDSA, HASH_NONE, KEY_MLDSA87, false },
};

/* Looked for once a process; a provider that is loaded later is not noticed. */
static pthread_once_t mldsa_once = PTHREAD_ONCE_INIT;
static bool mldsa_found;

const struct scheme_row *scheme_find(uint16_t scheme)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].scheme == scheme) {
            return &rows[i];
        }
    }
    return NULL;
}

const char *key_algorithm(enum key_type type)
{
    static const char *const names[] = {
        [KEY_NONE] = "unknown",      [KEY_RSA] = "RSA",           [KEY_RSA_PSS] = "RSA-PSS",
        [KEY_EC_P256] = "EC",        [KEY_EC_P384] = "EC",        [KEY_EC_P521] = "EC",
        [KEY_ED25519] = "ED25519",   [KEY_ED448] = "ED448",       [KEY_MLDSA44] = "ML-DSA-44",
        [KEY_MLDSA65] = "ML-DSA-65", [KEY_MLDSA87] = "ML-DSA-87",
    };
    return names[type];
}

static bool is_ec(enum key_type type)
{
    return type == KEY_EC_P256 || type == KEY_EC_P384 || type == KEY_EC_P521;
}

bool scheme_fits_key(uint16_t scheme, enum key_type type, bool curve_bound)
{
    const struct scheme_row *row = scheme_find(scheme);
    if (row == NULL || type == KEY_NONE || row->weak) {
        return false;
    }
    return row->kind == SIGN_ECDSA && !curve_bound ? is_ec(type) : row->key == type;
}

static void look_for_mldsa(void)
{
    EVP_SIGNATURE *found = EVP_SIGNATURE_fetch(NULL, "ML-DSA-65", NULL);
    mldsa_found = found != NULL;
    EVP_SIGNATURE_free(found);
    ERR_clear_error();
}

bool scheme_available(uint16_t scheme)
{
    const struct scheme_row *row = scheme_find(scheme);
    if (row == NULL || row->weak) {
        return false;
    }
    return row->kind != SIGN_MLDSA ||
           (pthread_once(&mldsa_once, look_for_mldsa) == 0 && mldsa_found);
}

uint16_t group_of_key(enum key_type type)
{
    return type == KEY_EC_P256   ? GROUP_SECP256R1
           : type == KEY_EC_P384 ? GROUP_SECP384R1
           : type == KEY_EC_P521 ? GROUP_SECP521R1
                                 : 0;
}

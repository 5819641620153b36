/* suite.c - the table of cipher suites. Says nothing about which of them are used. */
#include "crypto/suite.h"

#include "base/names.h"

#define SUITE_13(name, hash, aead) { SUITE_##name, TLS_1_3, KX_ANY, AUTH_ANY, hash, aead }
#define SUITE_12(name, auth, hash, aead) \
    { SUITE_ECDHE_##auth##_##name, TLS_1_2, KX_ECDHE, AUTH_##auth, hash, aead }

static const struct suite suites[] = {
    SUITE_13(AES_128_GCM_SHA256, HASH_SHA256, AEAD_AES_128_GCM),
    SUITE_13(AES_256_GCM_SHA384, HASH_SHA384, AEAD_AES_256_GCM),
    SUITE_13(CHACHA20_POLY1305_SHA256, HASH_SHA256, AEAD_CHACHA20_POLY1305),
    SUITE_13(AES_128_CCM_SHA256, HASH_SHA256, AEAD_AES_128_CCM),
    SUITE_13(AES_128_CCM_8_SHA256, HASH_SHA256, AEAD_AES_128_CCM_8),
    SUITE_12(AES_128_GCM_SHA256, ECDSA, HASH_SHA256, AEAD_AES_128_GCM),
    SUITE_12(AES_256_GCM_SHA384, ECDSA, HASH_SHA384, AEAD_AES_256_GCM),
    SUITE_12(CHACHA20_POLY1305_SHA256, ECDSA, HASH_SHA256, AEAD_CHACHA20_POLY1305),
    SUITE_12(AES_128_CCM, ECDSA, HASH_SHA256, AEAD_AES_128_CCM),
    SUITE_12(AES_128_CCM_8, ECDSA, HASH_SHA256, AEAD_AES_128_CCM_8),
    SUITE_12(AES_128_GCM_SHA256, RSA, HASH_SHA256, AEAD_AES_128_GCM),
    SUITE_12(AES_256_GCM_SHA384, RSA, HASH_SHA384, AEAD_AES_256_GCM),
    SUITE_12(CHACHA20_POLY1305_SHA256, RSA, HASH_SHA256, AEAD_CHACHA20_POLY1305),
};

const struct suite *suite_find(uint16_t id)
{
    for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
        if (suites[i].id == id) {
            return &suites[i];
        }
    }
    return NULL;
}

enum hash_alg suite_hash(uint16_t id)
{
    const struct suite *s = suite_find(id);
    return s == NULL ? HASH_NONE : s->hash;
}

enum aead_alg suite_aead(uint16_t id)
{
    const struct suite *s = suite_find(id);
    return s == NULL ? AEAD_NONE : s->aead;
}

uint16_t suite_version(uint16_t id)
{
    const struct suite *s = suite_find(id);
    return s == NULL ? 0 : s->version;
}

/*
 * premaster_support.h - blocks as they lie below RSA in TLS 1.2's ClientKeyExchange: one that is
 * right, and every way to be wrong that an attacker after Bleichenbacher asks about.
 */
#ifndef CSSL_TEST_PREMASTER_SUPPORT_H
#define CSSL_TEST_PREMASTER_SUPPORT_H

#include "support.h"

#include "crypto/pkey.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum { BLOCK_MAX = PKEY_RSA_MAX_BITS / 8 };

/* One byte of a good block is changed. Places from the end are negative: -48 is the version. */
static const struct block_kind {
    const char *name;
    bool good;
    int at, value;
    bool random; /* all of the block */
} block_kinds[] = {
    { .name = "good", .good = true, .at = 2, .value = 0x11 },
    { .name = "good-again", .good = true, .at = 2, .value = 0xfe },
    { .name = "first-byte", .at = 0, .value = 1 },
    { .name = "type-1", .at = 1, .value = 1 },
    { .name = "type-0", .at = 1, .value = 0 },
    { .name = "zero-at-once", .at = 2, .value = 0 },
    { .name = "zero-within-8", .at = 9, .value = 0 },
    { .name = "zero-after-8", .at = 10, .value = 0 },
    { .name = "zero-in-the-middle", .at = 100, .value = 0 },
    { .name = "one-too-long", .at = -50, .value = 0 },
    { .name = "no-separator", .at = -49, .value = 7 },
    { .name = "version-1.1", .at = -47, .value = 2 },
    { .name = "version-1.3", .at = -47, .value = 4 },
    { .name = "version-high", .at = -48, .value = 2 },
    { .name = "noise", .random = true },
};

/* block_make writes the block of an RSA key of size bytes; the secret begins with TLS 1.2. */
static inline void block_make(const struct block_kind *kind, struct test_rng *rng, uint8_t *block,
                              size_t size)
{
    test_rng_fill(rng, block, size);
    for (size_t i = 0; i < size; i++) {
        block[i] |= (uint8_t)(block[i] == 0); /* no zeros where there may be none */
    }
    block[0] = 0;
    if (!kind->random) {
        block[1] = 2;
        block[size - 49] = 0;
        block[size - 48] = 3;
        block[size - 47] = 3;
        block[kind->at < 0 ? size - (size_t)-kind->at : (size_t)kind->at] = (uint8_t)kind->value;
    }
}

/* block_encrypt is RSA alone, without a padding. It returns the key's size. */
static inline size_t block_encrypt(const struct pkey *key, const uint8_t *block, uint8_t *out)
{
    cssl_bytes spki = pkey_spki(key);
    const uint8_t *p = spki.data;
    EVP_PKEY *evp = d2i_PUBKEY(NULL, &p, (long)spki.len);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(evp, NULL);
    size_t size = (size_t)EVP_PKEY_get_size(evp), len = size;
    assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_encrypt(ctx, out, &len, block, size), 1);
    assert_int_equal(len, size);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(evp);
    return size;
}

#endif

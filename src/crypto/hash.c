/*
 * hash.c - SHA-1 and SHA-2 by libcrypto's low-level calls, whose states are plain memory.
 *
 * Those calls cannot fail and cost a quarter of what an EVP context does. hash_evp.c does the same
 * through EVP for data that lies ready; it cannot give a state that is copied by assignment.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include "base/mem.h"

#include <assert.h>
#include <openssl/sha.h>

_Static_assert(sizeof(SHA_CTX) <= sizeof(((struct hash *)0)->state), "SHA-1 fits");
_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct hash *)0)->state), "SHA-256 fits");
_Static_assert(sizeof(SHA512_CTX) <= sizeof(((struct hash *)0)->state), "SHA-512 fits");
_Static_assert(_Alignof(SHA512_CTX) <= 8, "the state's alignment is enough");

/* The states are reached through memcpy-free pointers: the array is aligned for them and is used
 * as nothing else. */
static SHA_CTX *sha1_of(struct hash *h)
{
    return (SHA_CTX *)(void *)h->state;
}

static SHA256_CTX *sha256_of(struct hash *h)
{
    return (SHA256_CTX *)(void *)h->state;
}

static SHA512_CTX *sha512_of(struct hash *h)
{
    return (SHA512_CTX *)(void *)h->state;
}

size_t hash_len(enum hash_alg alg)
{
    static const uint8_t lens[] = { [HASH_NONE] = 0,
                                    [HASH_SHA1] = 20,
                                    [HASH_SHA256] = 32,
                                    [HASH_SHA384] = 48,
                                    [HASH_SHA512] = 64 };
    return (size_t)alg < ARRAY_LEN(lens) ? lens[alg] : 0;
}

size_t hash_block(enum hash_alg alg)
{
    static const uint8_t blocks[] = { [HASH_NONE] = 0,
                                      [HASH_SHA1] = 64,
                                      [HASH_SHA256] = 64,
                                      [HASH_SHA384] = 128,
                                      [HASH_SHA512] = 128 };
    return (size_t)alg < ARRAY_LEN(blocks) ? blocks[alg] : 0;
}

void hash_init(struct hash *h, enum hash_alg alg)
{
    h->alg = (uint8_t)alg;
    switch (alg) {
    case HASH_SHA1: SHA1_Init(sha1_of(h)); break;
    case HASH_SHA256: SHA256_Init(sha256_of(h)); break;
    case HASH_SHA384: SHA384_Init(sha512_of(h)); break;
    case HASH_SHA512: SHA512_Init(sha512_of(h)); break;
    case HASH_NONE: assert(alg != HASH_NONE); break;
    }
}

void hash_update(struct hash *h, const void *data, size_t len)
{
    if (len == 0) {
        return;
    }
    switch ((enum hash_alg)h->alg) {
    case HASH_SHA1: SHA1_Update(sha1_of(h), data, len); break;
    case HASH_SHA256: SHA256_Update(sha256_of(h), data, len); break;
    case HASH_SHA384:
    case HASH_SHA512: SHA512_Update(sha512_of(h), data, len); break;
    case HASH_NONE: break;
    }
}

void hash_peek(const struct hash *h, uint8_t *out)
{
    struct hash copy = *h;
    switch ((enum hash_alg)copy.alg) {
    case HASH_SHA1: SHA1_Final(out, sha1_of(&copy)); break;
    case HASH_SHA256: SHA256_Final(out, sha256_of(&copy)); break;
    case HASH_SHA384:
    case HASH_SHA512: SHA512_Final(out, sha512_of(&copy)); break;
    case HASH_NONE: break;
    }
    mem_wipe(&copy, sizeof(copy));
}

void hash_once(enum hash_alg alg, const void *data, size_t len, uint8_t *out)
{
    struct hash h;
    hash_init(&h, alg);
    hash_update(&h, data, len);
    hash_peek(&h, out);
    mem_wipe(&h, sizeof(h));
}

/* hash.h - SHA-2 (and SHA-1 for old certificates' sake): running hashes that are plain memory. */
#ifndef CSSL_CRYPTO_HASH_H
#define CSSL_CRYPTO_HASH_H

#include "base/base.h"

enum hash_alg { HASH_NONE, HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };
enum { HASH_MAX = 64, HASH_BLOCK_MAX = 128 };

/* A running hash. It owns nothing: copying the struct forks it, wiping it ends it. */
struct hash {
    uint8_t alg;
    _Alignas(8) uint8_t state[216];
};

/* hash_len and hash_block are the output's and the block's length in bytes; 0 for HASH_NONE. */
size_t hash_len(enum hash_alg alg);
size_t hash_block(enum hash_alg alg);
void hash_init(struct hash *h, enum hash_alg alg);
void hash_update(struct hash *h, const void *data, size_t len);
/* hash_peek writes the hash of what has come so far to out (hash_len bytes); h goes on. */
void hash_peek(const struct hash *h, uint8_t *out);
/* hash_once hashes one piece. */
void hash_once(enum hash_alg alg, const void *data, size_t len, uint8_t *out);

#endif

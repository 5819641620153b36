/*
 * aead.h - authenticated encryption of records, and the worker that makes it fast.
 *
 * A connection keeps raw keys (struct aead_key: 32 + 12 bytes). What is expanded from them is
 * kept by a worker in a small cache, wiped when it is evicted, so that an idle connection costs
 * nothing. A worker is used by one thread at a time; it has libIPSec_MB's manager where that
 * library is used, and libcrypto contexts otherwise.
 */
#ifndef CSSL_CRYPTO_AEAD_H
#define CSSL_CRYPTO_AEAD_H

#include "base/base.h"

enum aead_alg {
    AEAD_NONE,
    AEAD_AES_128_GCM,
    AEAD_AES_256_GCM,
    AEAD_CHACHA20_POLY1305,
    AEAD_AES_128_CCM,
    AEAD_AES_128_CCM_8,
    AEAD_AES_256_CCM,
    AEAD_AES_256_CCM_8,
    AEAD_ALGS
};
enum { AEAD_KEY_MAX = 32, AEAD_NONCE = 12, AEAD_TAG_MAX = 16 };

/* A raw key. serial names it in workers' caches: aead_key_set draws a new one each time. */
struct aead_key {
    uint64_t serial;
    uint8_t alg;
    uint8_t key[AEAD_KEY_MAX];
};

struct worker;

/* worker_new returns a worker, or NULL when memory is out. */
struct worker *worker_new(void) CHECK;
/* worker_free wipes every expanded key. */
void worker_free(struct worker *w);
/* worker_provider names what does an algorithm's work: "libipsec_mb 1.3.0", "libcrypto". */
const char *worker_provider(const struct worker *w, enum aead_alg alg);

/* aead_is_ccm: its limits are lower than others' (RFC 8446 5.5), and it takes texts whole. */
bool aead_is_ccm(enum aead_alg alg);
size_t aead_key_len(enum aead_alg alg);
size_t aead_tag_len(enum aead_alg alg);
/* aead_key_set takes aead_key_len(alg) bytes of key and gives it a serial never used before in
 * this process. */
void aead_key_set(struct aead_key *k, enum aead_alg alg, const uint8_t *key);
void aead_key_wipe(struct aead_key *k);

/* aead_seal encrypts the n pieces, one after the other, to out and puts the tag behind them: out
 * has room for the sum of their lengths and aead_tag_len. With one piece out may be that piece
 * itself (in place). A key's nonce must never repeat; that is the caller's duty. */
int aead_seal(struct worker *w, const struct aead_key *k, const uint8_t nonce[AEAD_NONCE],
              cssl_bytes aad, const cssl_bytes *pieces, size_t n, uint8_t *out,
              cssl_error *err) CHECK;
/* aead_open checks and decrypts len bytes of data, the tag at their end, to out (data itself, or
 * memory that does not overlap it) and returns 0; the plaintext is len - aead_tag_len bytes. If
 * the tag does not fit (or len is less than a tag) it is CSSL_R_BAD_RECORD_MAC, and out holds
 * nothing of the plaintext. */
int aead_open(struct worker *w, const struct aead_key *k, const uint8_t nonce[AEAD_NONCE],
              cssl_bytes aad, const uint8_t *data, size_t len, uint8_t *out,
              cssl_error *err) CHECK;

#endif

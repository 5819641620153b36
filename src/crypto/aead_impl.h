/* aead_impl.h - how aead.c sees the libraries that do the work. */
#ifndef CSSL_CRYPTO_AEAD_IMPL_H
#define CSSL_CRYPTO_AEAD_IMPL_H

#include "crypto/aead.h"

/* One record. expanded is what the provider made of key. */
struct aead_job {
    enum aead_alg alg;
    const uint8_t *key;
    void *expanded;
    const uint8_t *nonce;
    cssl_bytes aad;
    const cssl_bytes *pieces; /* sealing: n of them, total bytes; opening: one, without the tag */
    size_t n, total;
    uint8_t *out;
    size_t tag_len;
};

/* A provider keeps one state a worker, `own`. Functions that return int give 0 or -1. */
struct aead_provider {
    /* open_worker gives NULL when the library cannot be used; the rest is not called then. */
    void *(*open_worker)(void);
    void (*close_worker)(void *own);
    const char *(*name)(const void *own);
    bool (*has)(const void *own, enum aead_alg alg);
    /* expands says whether alg's keys are expanded at all; those of others are never cached. */
    bool (*expands)(enum aead_alg alg);
    void *(*expand)(void *own, enum aead_alg alg, const uint8_t *key);
    void (*forget)(void *own, enum aead_alg alg, void *expanded);
    /* seal writes total bytes to out and the tag behind them. */
    int (*seal)(void *own, const struct aead_job *job);
    /* open decrypts to out and gives -1 when tag does not fit. What it wrote then is wiped by the
     * caller. */
    int (*open)(void *own, const struct aead_job *job, const uint8_t *tag);
};

/* worker_serial gives the name of a key, never used before in this process. worker_cbc is where a
 * worker keeps what cbc.c makes; NULL at first. */
struct cbc_own;
uint64_t worker_serial(void);
struct cbc_own **worker_cbc(struct worker *w);

extern const struct aead_provider aead_evp, aead_ipsec_mb;

/* aead_known_answers compares a provider's results with libcrypto's, for one algorithm: whole and
 * in pieces, good tags and a bad one. */
bool aead_known_answers(const struct aead_provider *p, void *own, enum aead_alg alg);
/* aead_gather copies the pieces one behind the other; a piece that is in its place is left. */
void aead_gather(const struct aead_job *job);
/* worker_new_with makes a worker without the provider that is faster than libcrypto (tests). */
struct worker *worker_new_with(bool libcrypto_only) CHECK;
/* worker_cached counts the expanded keys a worker has (tests). */
size_t worker_cached(const struct worker *w);

#endif

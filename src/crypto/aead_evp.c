/* aead_evp.c - AEADs by libcrypto's EVP. A keyed context is kept in the worker's cache; a record
 * costs it a nonce, not a key. */
#include "base/mem.h"
#include "crypto/aead_impl.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/* The ciphers of a worker, fetched when they are first wanted: that costs more than a record. */
struct evp_own {
    EVP_CIPHER *ciphers[AEAD_ALGS];
};

/* A key's contexts, one a direction, each made when it is first used. A keyed CCM context cannot
 * change its direction. */
struct evp_key {
    EVP_CIPHER_CTX *seals, *opens;
};

static const char *const names[AEAD_ALGS] = {
    [AEAD_AES_128_GCM] = "AES-128-GCM",
    [AEAD_AES_256_GCM] = "AES-256-GCM",
    [AEAD_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
    [AEAD_AES_128_CCM] = "AES-128-CCM",
    [AEAD_AES_128_CCM_8] = "AES-128-CCM",
    [AEAD_AES_256_CCM] = "AES-256-CCM",
    [AEAD_AES_256_CCM_8] = "AES-256-CCM",
};

static void *evp_open_worker(void)
{
    return mem_new(sizeof(struct evp_own));
}

static void evp_close_worker(void *own)
{
    struct evp_own *o = own;
    for (size_t i = 0; i < AEAD_ALGS; i++) {
        EVP_CIPHER_free(o->ciphers[i]);
    }
    mem_free(o);
}

static const char *evp_name(const void *own)
{
    (void)own;
    return "libcrypto";
}

static bool evp_has(const void *own, enum aead_alg alg)
{
    (void)own;
    return names[alg] != NULL;
}

static bool evp_expands(enum aead_alg alg)
{
    (void)alg;
    return true;
}

static void *evp_expand(void *own, enum aead_alg alg, const uint8_t *key)
{
    (void)own;
    (void)alg;
    (void)key;
    return mem_new(sizeof(struct evp_key));
}

static void evp_forget(void *own, enum aead_alg alg, void *expanded)
{
    (void)own;
    (void)alg;
    struct evp_key *k = expanded;
    EVP_CIPHER_CTX_free(k->seals); /* wipes the key schedule */
    EVP_CIPHER_CTX_free(k->opens);
    mem_free(k);
}

/* keyed_context makes a context for one direction. */
static EVP_CIPHER_CTX *keyed_context(struct evp_own *o, const struct aead_job *job, int seals)
{
    enum aead_alg alg = job->alg;
    if (o->ciphers[alg] == NULL) {
        o->ciphers[alg] = EVP_CIPHER_fetch(NULL, names[alg], NULL);
    }
    EVP_CIPHER_CTX *ctx = o->ciphers[alg] == NULL ? NULL : EVP_CIPHER_CTX_new();
    bool ok = ctx != NULL && EVP_CipherInit_ex(ctx, o->ciphers[alg], NULL, NULL, NULL, seals) == 1;
    if (ok && aead_is_ccm(alg)) {
        /* CCM wants the lengths of nonce and tag before the key. */
        ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, AEAD_NONCE, NULL) == 1 &&
             EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)job->tag_len, NULL) == 1;
    }
    if (!ok || EVP_CipherInit_ex(ctx, NULL, NULL, job->key, NULL, seals) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* begin finds the context, sets the nonce (for opening, the tag that is expected too) and takes
 * the additional data. NULL when that fails. */
static EVP_CIPHER_CTX *begin(void *own, const struct aead_job *job, const uint8_t *tag)
{
    int n = 0;
    int seals = tag == NULL;
    struct evp_key *key = job->expanded;
    EVP_CIPHER_CTX **kept = seals ? &key->seals : &key->opens;
    if (*kept == NULL) {
        *kept = keyed_context(own, job, seals);
    }
    if (*kept == NULL || job->total > INT_MAX || job->aad.len > INT_MAX) {
        return NULL;
    }
    EVP_CIPHER_CTX *ctx = *kept;
    /* libcrypto only reads a tag that is set, though it does not say const. */
    void *expected = (void *)(uintptr_t)tag;
    bool ok = (seals && !aead_is_ccm(job->alg)) ||
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)job->tag_len, expected) == 1;
    ok = ok && EVP_CipherInit_ex(ctx, NULL, NULL, NULL, job->nonce, seals) == 1;
    if (ok && aead_is_ccm(job->alg)) { /* wants the length of all first */
        ok = EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)job->total) == 1;
    }
    if (ok && job->aad.len > 0) {
        ok = EVP_CipherUpdate(ctx, NULL, &n, job->aad.data, (int)job->aad.len) == 1;
    }
    return ok ? ctx : NULL;
}

static int evp_seal(void *own, const struct aead_job *job)
{
    uint8_t *to = job->out;
    int n = 0;
    EVP_CIPHER_CTX *ctx = begin(own, job, NULL);
    bool ok = ctx != NULL;
    if (aead_is_ccm(job->alg)) { /* takes its data in one piece */
        aead_gather(job);
        ok = ok && EVP_CipherUpdate(ctx, to, &n, to, (int)job->total) == 1;
        to += job->total;
    } else {
        for (size_t i = 0; ok && i < job->n; i++) {
            if (job->pieces[i].len > 0) {
                ok = EVP_CipherUpdate(ctx, to, &n, job->pieces[i].data, (int)job->pieces[i].len) ==
                     1;
                to += job->pieces[i].len;
            }
        }
    }
    ok = ok && EVP_CipherFinal_ex(ctx, to, &n) == 1 &&
         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)job->tag_len, to) == 1;
    if (!ok) {
        ERR_clear_error();
        return -1;
    }
    return 0;
}

static int evp_open(void *own, const struct aead_job *job, const uint8_t *tag)
{
    int n = 0;
    bool ccm = aead_is_ccm(job->alg);
    EVP_CIPHER_CTX *ctx = begin(own, job, tag);
    bool ok = ctx != NULL;
    if (ok && (job->total > 0 || ccm)) {
        ok = EVP_CipherUpdate(ctx, job->out, &n, job->pieces[0].data, (int)job->total) == 1;
    }
    ok = ok && (ccm || EVP_CipherFinal_ex(ctx, job->out + job->total, &n) == 1);
    if (!ok) {
        ERR_clear_error();
        return -1;
    }
    return 0;
}

const struct aead_provider aead_evp = {
    .open_worker = evp_open_worker,
    .close_worker = evp_close_worker,
    .name = evp_name,
    .has = evp_has,
    .expands = evp_expands,
    .expand = evp_expand,
    .forget = evp_forget,
    .seal = evp_seal,
    .open = evp_open,
};

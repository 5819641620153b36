/* aead.c - workers: which library seals and opens for which algorithm, and the cache of expanded
 * keys. The libraries themselves are in aead_evp.c and aead_ipsec_mb.c. */
#include "base/error.h"
#include "base/mem.h"
#include "crypto/aead_impl.h"
#include "crypto/cbc.h"

#include <assert.h>
#include <stdatomic.h>

/* The cache: sets of WAYS entries, found by a hash of the serial; the one not used for longest
 * gives way. 64 keys are 16 to 32 connections that are busy at once. */
enum { SETS = 16, WAYS = 4 };

struct entry {
    uint64_t serial; /* 0: empty */
    uint64_t used;   /* when, in the worker's count */
    void *expanded;
    uint8_t alg;
    uint8_t key[AEAD_KEY_MAX];
};

struct backend {
    const struct aead_provider *provider;
    void *own;
};

struct worker {
    struct backend fast; /* provider NULL where there is none */
    struct backend evp;
    const struct backend *by_alg[AEAD_ALGS];
    uint64_t count;
    struct entry cache[SETS][WAYS];
    struct cbc_own *cbc; /* NULL until it is needed */
};

static const struct {
    uint8_t key_len, tag_len;
} algs[AEAD_ALGS] = {
    [AEAD_AES_128_GCM] = { 16, 16 },       [AEAD_AES_256_GCM] = { 32, 16 },
    [AEAD_CHACHA20_POLY1305] = { 32, 16 }, [AEAD_AES_128_CCM] = { 16, 16 },
    [AEAD_AES_128_CCM_8] = { 16, 8 },      [AEAD_AES_256_CCM] = { 32, 16 },
    [AEAD_AES_256_CCM_8] = { 32, 8 },
};

static bool fast_proven(const struct backend *b, enum aead_alg alg);
static struct entry *cache_get(struct worker *w, const struct aead_key *k);
static void entry_clear(struct worker *w, struct entry *e);
static int job_fill(struct worker *w, const struct aead_key *k, struct aead_job *job,
                    cssl_error *err);

struct worker *worker_new(void)
{
    return worker_new_with(false);
}

struct worker *worker_new_with(bool libcrypto_only)
{
    struct worker *w = mem_new(sizeof(*w));
    if (w == NULL) {
        return NULL;
    }
    w->evp = (struct backend){ &aead_evp, aead_evp.open_worker() };
    if (w->evp.own == NULL) {
        mem_free(w);
        return NULL;
    }
    if (!libcrypto_only) {
        w->fast.own = aead_ipsec_mb.open_worker();
        w->fast.provider = w->fast.own == NULL ? NULL : &aead_ipsec_mb;
    }
    for (int alg = AEAD_NONE + 1; alg < AEAD_ALGS; alg++) {
        bool fast = w->fast.provider != NULL && fast_proven(&w->fast, (enum aead_alg)alg);
        w->by_alg[alg] = fast ? &w->fast : &w->evp;
    }
    return w;
}

void worker_free(struct worker *w)
{
    if (w == NULL) {
        return;
    }
    for (size_t i = 0; i < SETS; i++) {
        for (size_t j = 0; j < WAYS; j++) {
            entry_clear(w, &w->cache[i][j]);
        }
    }
    if (w->fast.provider != NULL) {
        w->fast.provider->close_worker(w->fast.own);
    }
    w->evp.provider->close_worker(w->evp.own);
    cbc_own_free(w->cbc);
    mem_free_wiped(w, sizeof(*w));
}

const char *worker_provider(const struct worker *w, enum aead_alg alg)
{
    const struct backend *b = w->by_alg[alg];
    return b == NULL ? "none" : b->provider->name(b->own);
}

size_t worker_cached(const struct worker *w)
{
    size_t num = 0;
    for (size_t i = 0; i < SETS; i++) {
        for (size_t j = 0; j < WAYS; j++) {
            num += w->cache[i][j].serial != 0;
        }
    }
    return num;
}

bool aead_is_ccm(enum aead_alg alg)
{
    return alg == AEAD_AES_128_CCM || alg == AEAD_AES_128_CCM_8 || alg == AEAD_AES_256_CCM ||
           alg == AEAD_AES_256_CCM_8;
}

size_t aead_key_len(enum aead_alg alg)
{
    return algs[alg].key_len;
}

size_t aead_tag_len(enum aead_alg alg)
{
    return algs[alg].tag_len;
}

uint64_t worker_serial(void)
{
    /* The only count of the process: what names a key must never come again in any thread. */
    static _Atomic uint64_t serials = 1;
    return atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed);
}

struct cbc_own **worker_cbc(struct worker *w)
{
    return &w->cbc;
}

void aead_key_set(struct aead_key *k, enum aead_alg alg, const uint8_t *key)
{
    aead_key_wipe(k);
    k->serial = worker_serial();
    k->alg = (uint8_t)alg;
    memcpy(k->key, key, aead_key_len(alg));
}

void aead_key_wipe(struct aead_key *k)
{
    mem_wipe(k, sizeof(*k));
}

int aead_seal(struct worker *w, const struct aead_key *k, const uint8_t nonce[AEAD_NONCE],
              cssl_bytes aad, const cssl_bytes *pieces, size_t n, uint8_t *out, cssl_error *err)
{
    struct aead_job job = { .nonce = nonce, .aad = aad, .pieces = pieces, .n = n, .out = out };
    for (size_t i = 0; i < n; i++) {
        job.total += pieces[i].len;
    }
    int ret = job_fill(w, k, &job, err);
    if (ret != 0) {
        return ret;
    }
    const struct backend *b = w->by_alg[k->alg];
    if (b->provider->seal(b->own, &job) != 0) {
        mem_wipe(out, job.total); /* pieces may have been gathered there */
        return fail_text(err, CSSL_R_CRYPTO_FAILED, "a record could not be encrypted");
    }
    return 0;
}

int aead_open(struct worker *w, const struct aead_key *k, const uint8_t nonce[AEAD_NONCE],
              cssl_bytes aad, const uint8_t *data, size_t len, uint8_t *out, cssl_error *err)
{
    size_t tag_len = aead_tag_len((enum aead_alg)k->alg);
    if (len < tag_len) {
        return fail(err, CSSL_R_BAD_RECORD_MAC);
    }
    size_t total = len - tag_len;
    cssl_bytes text = bytes_of(data, total);
    struct aead_job job = {
        .nonce = nonce, .aad = aad, .pieces = &text, .n = 1, .total = total, .out = out
    };
    int ret = job_fill(w, k, &job, err);
    if (ret != 0) {
        return ret;
    }
    const struct backend *b = w->by_alg[k->alg];
    if (b->provider->open(b->own, &job, data + total) != 0) {
        mem_wipe(out, total); /* a library may have written plaintext before it knew the tag */
        return fail(err, CSSL_R_BAD_RECORD_MAC);
    }
    return 0;
}

void aead_gather(const struct aead_job *job)
{
    uint8_t *to = job->out;
    for (size_t i = 0; i < job->n; i++) {
        if (job->pieces[i].len > 0 && job->pieces[i].data != to) {
            memcpy(to, job->pieces[i].data, job->pieces[i].len);
        }
        to += job->pieces[i].len;
    }
}

/* fast_proven runs the known-answer tests of an algorithm once a process. Two threads that come
 * here at the same time both run them, and find the same. */
static bool fast_proven(const struct backend *b, enum aead_alg alg)
{
    enum { UNKNOWN, GOOD, BAD };
    static atomic_int results[AEAD_ALGS];
    if (!b->provider->has(b->own, alg)) {
        return false;
    }
    int result = atomic_load_explicit(&results[alg], memory_order_relaxed);
    if (result == UNKNOWN) {
        result = aead_known_answers(b->provider, b->own, alg) ? GOOD : BAD;
        atomic_store_explicit(&results[alg], result, memory_order_relaxed);
    }
    return result == GOOD;
}

/* cache_get finds a key's entry or makes one; NULL when memory is out. */
static struct entry *cache_get(struct worker *w, const struct aead_key *k)
{
    struct entry *set = w->cache[(k->serial * UINT64_C(0x9e3779b97f4a7c15)) >> 60];
    struct entry *oldest = &set[0];
    w->count++;
    for (size_t i = 0; i < WAYS; i++) {
        struct entry *e = &set[i];
        if (e->serial == k->serial && e->alg == k->alg && e->serial != 0) {
            if (ct_equal(e->key, k->key, sizeof(e->key))) {
                e->used = w->count;
                return e;
            }
            oldest = e; /* a serial that came again with another key: never believe it */
            break;
        }
        if (e->used < oldest->used) {
            oldest = e;
        }
    }
    entry_clear(w, oldest);
    const struct backend *b = w->by_alg[k->alg];
    oldest->expanded = b->provider->expand(b->own, (enum aead_alg)k->alg, k->key);
    if (oldest->expanded == NULL) {
        return NULL;
    }
    oldest->serial = k->serial;
    oldest->alg = k->alg;
    oldest->used = w->count;
    memcpy(oldest->key, k->key, sizeof(oldest->key));
    return oldest;
}

static void entry_clear(struct worker *w, struct entry *e)
{
    if (e->serial != 0) {
        const struct backend *b = w->by_alg[e->alg];
        b->provider->forget(b->own, (enum aead_alg)e->alg, e->expanded);
        mem_wipe(e, sizeof(*e));
    }
}

static int job_fill(struct worker *w, const struct aead_key *k, struct aead_job *job,
                    cssl_error *err)
{
    assert(k->alg > AEAD_NONE && k->alg < AEAD_ALGS);
    job->alg = (enum aead_alg)k->alg;
    job->key = k->key;
    job->tag_len = algs[k->alg].tag_len;
    if (w->by_alg[k->alg]->provider->expands(job->alg)) {
        struct entry *e = cache_get(w, k);
        if (e == NULL) {
            return fail(err, CSSL_R_NOMEM);
        }
        job->expanded = e->expanded;
    }
    return 0;
}

/*
 * aead_ipsec_mb.c - AES-GCM and ChaCha20-Poly1305 by libIPSec_MB, on processors with AES-NI.
 *
 * AES-GCM goes through its direct calls; ChaCha20-Poly1305 through a job, which is cheaper for
 * small records, or through the direct calls when there are several long pieces. The library
 * neither compares tags nor withholds plaintext: the one is done here, the other in aead.c.
 */
#include "crypto/aead_impl.h"

#include "base/mem.h"

#include <stdio.h>

#ifdef CSSL_HAVE_IPSEC_MB

#include <intel-ipsec-mb.h>

/* What a worker has: the manager (200 KB, one thread at a time) and the states of one record. */
struct mb_own {
    IMB_MGR *mgr;
    bool gcm, chacha;
    struct gcm_context_data gcm_ctx;
    struct chacha20_poly1305_context_data chacha_ctx;
    char name[32];
};

/* An expanded key; the library wants it aligned to 64 bytes. */
struct mb_key {
    size_t size; /* of all that was allocated */
    struct gcm_key_data *data;
};

/* Up to this many bytes copying the pieces together is cheaper than feeding them one by one. */
enum { GATHER_MAX = 2048, KEY_ALIGN = 64 };

static void *mb_open_worker(void)
{
    struct mb_own *o = mem_new(sizeof(*o));
    IMB_MGR *mgr = o == NULL ? NULL : alloc_mb_mgr(0);
    if (mgr == NULL) {
        mem_free(o);
        return NULL;
    }
    IMB_ARCH arch = IMB_ARCH_NONE;
    init_mb_mgr_auto(mgr, &arch);
    uint64_t features = mgr->features;
    o->mgr = mgr;
    /* Without AES-NI its AES is emulated and slow; without AVX2 libcrypto is as good. Both are
     * lesser architectures in that library's order. */
    bool usable =
        arch >= IMB_ARCH_AVX2 && imb_get_errno(mgr) == 0 && (features & IMB_FEATURE_AVX2) != 0;
    o->gcm =
        usable && (features & IMB_FEATURE_AESNI) != 0 && (features & IMB_FEATURE_PCLMULQDQ) != 0;
    o->chacha = usable;
    unsigned version = imb_get_version();
    (void)snprintf(o->name, sizeof(o->name), "libipsec_mb %u.%u.%u", version >> 16 & 0xff,
                   version >> 8 & 0xff, version & 0xff);
    return o;
}

static void mb_close_worker(void *own)
{
    struct mb_own *o = own;
    free_mb_mgr(o->mgr);
    mem_free_wiped(o, sizeof(*o));
}

static const char *mb_name(const void *own)
{
    return ((const struct mb_own *)own)->name;
}

static bool mb_has(const void *own, enum aead_alg alg)
{
    const struct mb_own *o = own;
    switch (alg) {
    case AEAD_AES_128_GCM:
    case AEAD_AES_256_GCM: return o->gcm;
    case AEAD_CHACHA20_POLY1305: return o->chacha;
    default: return false;
    }
}

static bool mb_expands(enum aead_alg alg)
{
    return alg != AEAD_CHACHA20_POLY1305;
}

static void *mb_expand(void *own, enum aead_alg alg, const uint8_t *key)
{
    struct mb_own *o = own;
    size_t size = sizeof(struct mb_key) + sizeof(struct gcm_key_data) + KEY_ALIGN;
    struct mb_key *k = mem_new(size);
    if (k == NULL) {
        return NULL;
    }
    uintptr_t at = (uintptr_t)(k + 1);
    k->size = size;
    k->data = (struct gcm_key_data *)((at + KEY_ALIGN - 1) & ~(uintptr_t)(KEY_ALIGN - 1));
    if (alg == AEAD_AES_128_GCM) {
        IMB_AES128_GCM_PRE(o->mgr, key, k->data);
    } else {
        IMB_AES256_GCM_PRE(o->mgr, key, k->data);
    }
    return k;
}

static void mb_forget(void *own, enum aead_alg alg, void *expanded)
{
    (void)own;
    (void)alg;
    struct mb_key *k = expanded;
    mem_free_wiped(k, k->size);
}

static void gcm_one(struct mb_own *o, const struct aead_job *job, const uint8_t *in, bool seals,
                    uint8_t *tag)
{
    const struct gcm_key_data *key = ((const struct mb_key *)job->expanded)->data;
    aes_gcm_enc_dec_t work = job->alg == AEAD_AES_128_GCM
                                 ? (seals ? o->mgr->gcm128_enc : o->mgr->gcm128_dec)
                                 : (seals ? o->mgr->gcm256_enc : o->mgr->gcm256_dec);
    work(key, &o->gcm_ctx, job->out, in, job->total, job->nonce, job->aad.data, job->aad.len, tag,
         job->tag_len);
}

static void gcm_pieces(struct mb_own *o, const struct aead_job *job)
{
    const struct gcm_key_data *key = ((const struct mb_key *)job->expanded)->data;
    bool small = job->alg == AEAD_AES_128_GCM;
    uint8_t *to = job->out;
    (small ? o->mgr->gcm128_init : o->mgr->gcm256_init)(key, &o->gcm_ctx, job->nonce, job->aad.data,
                                                        job->aad.len);
    for (size_t i = 0; i < job->n; i++) {
        if (job->pieces[i].len > 0) {
            (small ? o->mgr->gcm128_enc_update : o->mgr->gcm256_enc_update)(
                key, &o->gcm_ctx, to, job->pieces[i].data, job->pieces[i].len);
            to += job->pieces[i].len;
        }
    }
    (small ? o->mgr->gcm128_enc_finalize : o->mgr->gcm256_enc_finalize)(key, &o->gcm_ctx, to,
                                                                        job->tag_len);
}

static int chacha_one(struct mb_own *o, const struct aead_job *job, const uint8_t *in, bool seals,
                      uint8_t *tag)
{
    IMB_JOB *j = IMB_GET_NEXT_JOB(o->mgr);
    j->cipher_mode = IMB_CIPHER_CHACHA20_POLY1305;
    j->hash_alg = IMB_AUTH_CHACHA20_POLY1305;
    j->cipher_direction = seals ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
    j->chain_order = seals ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
    j->enc_keys = job->key;
    j->dec_keys = job->key;
    j->key_len_in_bytes = 32;
    j->src = in;
    j->dst = job->out;
    j->cipher_start_src_offset_in_bytes = 0;
    j->msg_len_to_cipher_in_bytes = job->total;
    j->hash_start_src_offset_in_bytes = 0;
    j->msg_len_to_hash_in_bytes = job->total;
    j->iv = job->nonce;
    j->iv_len_in_bytes = AEAD_NONCE;
    j->auth_tag_output = tag;
    j->auth_tag_output_len_in_bytes = job->tag_len;
    j->u.CHACHA20_POLY1305.aad = job->aad.data;
    j->u.CHACHA20_POLY1305.aad_len_in_bytes = job->aad.len;
    /* The manager runs this kind of job at once; should it ever queue one, that is flushed. */
    IMB_JOB *done = IMB_SUBMIT_JOB_NOCHECK(o->mgr);
    while (done == NULL && (done = IMB_FLUSH_JOB(o->mgr)) != NULL && done != j) {
        done = NULL;
    }
    return done == j && done->status == IMB_STATUS_COMPLETED ? 0 : -1;
}

static void chacha_pieces(struct mb_own *o, const struct aead_job *job)
{
    uint8_t *to = job->out;
    IMB_CHACHA20_POLY1305_INIT(o->mgr, job->key, &o->chacha_ctx, job->nonce, job->aad.data,
                               job->aad.len);
    for (size_t i = 0; i < job->n; i++) {
        if (job->pieces[i].len > 0) {
            IMB_CHACHA20_POLY1305_ENC_UPDATE(o->mgr, job->key, &o->chacha_ctx, to,
                                             job->pieces[i].data, job->pieces[i].len);
            to += job->pieces[i].len;
        }
    }
    IMB_CHACHA20_POLY1305_ENC_FINALIZE(o->mgr, &o->chacha_ctx, to, job->tag_len);
}

static int mb_seal(void *own, const struct aead_job *job)
{
    struct mb_own *o = own;
    bool gcm = job->alg != AEAD_CHACHA20_POLY1305;
    const uint8_t *in = job->out;
    if (job->n == 1) {
        in = job->pieces[0].data;
    } else if (job->total <= GATHER_MAX) {
        aead_gather(job);
    } else {
        if (gcm) {
            gcm_pieces(o, job);
        } else {
            chacha_pieces(o, job);
        }
        return 0;
    }
    in = job->total == 0 ? job->out : in;
    uint8_t *tag = job->out + job->total;
    if (gcm) {
        gcm_one(o, job, in, true, tag);
        return 0;
    }
    return chacha_one(o, job, in, true, tag);
}

static int mb_open(void *own, const struct aead_job *job, const uint8_t *tag)
{
    struct mb_own *o = own;
    uint8_t computed[AEAD_TAG_MAX] = { 0 };
    const uint8_t *in = job->total == 0 ? tag : job->pieces[0].data;
    int ret = 0;
    if (job->alg == AEAD_CHACHA20_POLY1305) {
        ret = chacha_one(o, job, in, false, computed);
    } else {
        gcm_one(o, job, in, false, computed);
    }
    bool fits = ct_equal(computed, tag, job->tag_len);
    mem_wipe(computed, sizeof(computed)); /* the tag a forger looks for */
    return ret == 0 && fits ? 0 : -1;
}

const struct aead_provider aead_ipsec_mb = {
    .open_worker = mb_open_worker,
    .close_worker = mb_close_worker,
    .name = mb_name,
    .has = mb_has,
    .expands = mb_expands,
    .expand = mb_expand,
    .forget = mb_forget,
    .seal = mb_seal,
    .open = mb_open,
};

#else

/* Built without the library: there is no such worker. */
static void *mb_open_worker(void)
{
    return NULL;
}

const struct aead_provider aead_ipsec_mb = { .open_worker = mb_open_worker };

#endif

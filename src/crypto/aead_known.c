/* aead_known.c - known answers: a provider must agree with libcrypto before it is used. */
#include "crypto/aead_impl.h"

#include "base/mem.h"

enum { TEXT_MAX = 4200 };

/* Lengths around the blocks and strides of the implementations. */
static const uint16_t lens[] = { 0, 1, 15, 16, 17, 63, 64, 65, 127, 256, 1023, TEXT_MAX };

struct known {
    const struct aead_provider *provider;
    void *own, *expanded;
    struct aead_job job;
    uint8_t text[TEXT_MAX], want[TEXT_MAX + AEAD_TAG_MAX], got[TEXT_MAX + AEAD_TAG_MAX];
    uint8_t back[TEXT_MAX + 1];
};

/* agrees checks sealing in one piece and in three, opening, and that a bad tag is noticed. */
static bool agrees(struct known *k, void *evp, void *evp_expanded)
{
    size_t total = k->job.total;
    size_t cut = total / 3;
    cssl_bytes whole = bytes_of(k->text, total);
    cssl_bytes parts[3] = { bytes_of(k->text, cut), bytes_of(k->text + cut, 1),
                            bytes_of(k->text + cut + 1, total - cut - 1) };
    struct aead_job job = k->job;
    job.pieces = &whole;
    job.n = 1;
    job.out = k->want;
    job.expanded = evp_expanded;
    if (aead_evp.seal(evp, &job) != 0) {
        return false;
    }
    job.out = k->got;
    job.expanded = k->expanded;
    size_t len = total + job.tag_len;
    bool ok = k->provider->seal(k->own, &job) == 0 && memcmp(k->got, k->want, len) == 0;
    if (ok && total > 0) {
        job.pieces = parts;
        job.n = 3;
        memset(k->got, 0, len);
        ok = k->provider->seal(k->own, &job) == 0 && memcmp(k->got, k->want, len) == 0;
    }
    cssl_bytes sealed = bytes_of(k->want, total);
    job.pieces = &sealed;
    job.n = 1;
    job.out = k->back;
    ok = ok && k->provider->open(k->own, &job, k->want + total) == 0 &&
         memcmp(k->back, k->text, total) == 0;
    k->want[len - 1] ^= 1;
    return ok && k->provider->open(k->own, &job, k->want + total) != 0;
}

bool aead_known_answers(const struct aead_provider *p, void *own, enum aead_alg alg)
{
    uint8_t key[AEAD_KEY_MAX];
    uint8_t nonce[AEAD_NONCE];
    uint8_t aad[13];
    struct known *k = mem_new(sizeof(*k));
    void *evp = aead_evp.open_worker();
    if (k == NULL || evp == NULL) {
        mem_free(k);
        mem_free(evp);
        return false;
    }
    for (size_t i = 0; i < sizeof(k->text); i++) {
        k->text[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    for (uint8_t i = 0; i < AEAD_KEY_MAX; i++) {
        key[i] = (uint8_t)(0x80 + i * 3);
    }
    memset(nonce, 0x5a, sizeof(nonce));
    memset(aad, 0x17, sizeof(aad));
    k->provider = p;
    k->own = own;
    k->job =
        (struct aead_job){ .alg = alg, .key = key, .nonce = nonce, .tag_len = aead_tag_len(alg) };
    void *evp_expanded = aead_evp.expand(evp, alg, key);
    bool expands = p->expands(alg);
    k->expanded = expands ? p->expand(own, alg, key) : NULL;
    bool ok = evp_expanded != NULL && (!expands || k->expanded != NULL);
    for (size_t i = 0; ok && i < ARRAY_LEN(lens); i++) {
        nonce[0] = (uint8_t)i;
        k->job.total = lens[i];
        k->job.aad = bytes_of(aad, i % 2 == 0 ? sizeof(aad) : 5);
        ok = agrees(k, evp, evp_expanded);
    }
    if (k->expanded != NULL) {
        p->forget(own, alg, k->expanded);
    }
    if (evp_expanded != NULL) {
        aead_evp.forget(evp, alg, evp_expanded);
    }
    aead_evp.close_worker(evp);
    mem_free(k);
    return ok;
}

/* provider_support.h - what the tests of AEAD providers share: one provider put through what
 * aead_impl.h promises of it, without the worker in front of it. */
#ifndef CSSL_TEST_PROVIDER_SUPPORT_H
#define CSSL_TEST_PROVIDER_SUPPORT_H

#include "support.h"

#include "crypto/aead_impl.h"

#include <openssl/err.h>

static inline cssl_bytes provider_vector(struct vectors *v, const char *key)
{
    cssl_bytes b;
    b.data = vectors_bytes(v, key, &b.len);
    return b;
}

static inline enum aead_alg provider_alg(const char *name)
{
    static const char *const names[AEAD_ALGS] = {
        "", "AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "AES-128-CCM", "AES-128-CCM-8"
    };
    enum aead_alg alg = AEAD_AES_128_GCM;
    while (alg < AEAD_ALGS && strcmp(names[alg], name) != 0) {
        alg++;
    }
    assert_true(alg < AEAD_ALGS);
    return alg;
}

static inline void *provider_expand(const struct aead_provider *p, void *own, enum aead_alg alg,
                                    const uint8_t *key)
{
    if (!p->expands(alg)) {
        return NULL;
    }
    void *expanded = p->expand(own, alg, key);
    assert_non_null(expanded);
    return expanded;
}

static inline void provider_forget(const struct aead_provider *p, void *own, enum aead_alg alg,
                                   void *expanded)
{
    if (expanded != NULL) {
        p->forget(own, alg, expanded);
    }
}

/* One vector: sealed whole, in pieces and in place, opened; then refused with a wrong tag, and
 * opened again: a refusal leaves nothing behind. The expanded key is the same all the time. */
static inline void provider_check_one(const struct aead_provider *p, void *own, enum aead_alg alg,
                                      struct vectors *v)
{
    cssl_bytes key = provider_vector(v, "key"), nonce = provider_vector(v, "nonce");
    cssl_bytes text = provider_vector(v, "text"), sealed = provider_vector(v, "sealed");
    struct aead_job job = { .alg = alg,
                            .key = key.data,
                            .expanded = provider_expand(p, own, alg, key.data),
                            .nonce = nonce.data,
                            .aad = provider_vector(v, "aad"),
                            .total = text.len,
                            .tag_len = sealed.len - text.len };
    uint8_t *out = malloc(sealed.len);
    assert_non_null(out);
    assert_int_equal(job.tag_len, aead_tag_len(alg));
    job.out = out;
    for (size_t cut = 0; cut <= text.len; cut += 1 + text.len / 7) {
        const cssl_bytes pieces[] = { bytes_of(text.data, cut), bytes_of(NULL, 0),
                                      bytes_of(text.data + cut, text.len - cut) };
        job.pieces = cut == 0 ? &pieces[2] : pieces;
        job.n = cut == 0 ? 1 : 3;
        memset(out, 0xee, sealed.len);
        assert_int_equal(p->seal(own, &job), 0);
        assert_memory_equal(out, sealed.data, sealed.len);
    }
    const cssl_bytes place = bytes_of(out, text.len);
    job.pieces = &place;
    job.n = 1;
    if (text.len > 0) {
        memcpy(out, text.data, text.len);
    }
    assert_int_equal(p->seal(own, &job), 0);
    assert_memory_equal(out, sealed.data, sealed.len);
    for (int round = 0; round < 3; round++) { /* in place, the wrong tag in the middle */
        memcpy(out, sealed.data, sealed.len);
        out[sealed.len - 1] ^= round == 1;
        assert_int_equal(p->open(own, &job, out + text.len) == 0, round != 1);
        assert_true(round == 1 || text.len == 0 || memcmp(out, text.data, text.len) == 0);
    }
    assert_int_equal(ERR_peek_error(), 0);
    provider_forget(p, own, alg, job.expanded);
    free(out);
}

/* provider_check_vectors does all published vectors of the algorithms the provider has, and
 * returns how many those were. */
static inline int provider_check_vectors(const struct aead_provider *p, void *own)
{
    int num = 0;
    struct vectors *v = vectors_open("aead.txt");
    while (vectors_next(v)) {
        enum aead_alg alg = provider_alg(vectors_text(v, "alg"));
        if (p->has(own, alg)) {
            provider_check_one(p, own, alg, v);
            num++;
        }
    }
    vectors_close(v);
    return num;
}

/* Two keys of one algorithm side by side, in turn, sealing and opening: neither knows the other. */
static inline void provider_check_two_keys(const struct aead_provider *p, void *own,
                                           enum aead_alg alg)
{
    static const uint8_t keys[2][AEAD_KEY_MAX] = { { 1 }, { 2 } };
    static const uint8_t nonce[AEAD_NONCE] = { 3 };
    uint8_t text[40] = { 4 }, out[2][40 + AEAD_TAG_MAX], back[40];
    struct aead_job job[2];
    const cssl_bytes piece = bytes_of(text, sizeof(text));
    for (int i = 0; i < 2; i++) {
        job[i] = (struct aead_job){ .alg = alg,
                                    .key = keys[i],
                                    .expanded = provider_expand(p, own, alg, keys[i]),
                                    .nonce = nonce,
                                    .aad = bytes_of(text, 5),
                                    .pieces = &piece,
                                    .n = 1,
                                    .total = sizeof(text),
                                    .out = out[i],
                                    .tag_len = aead_tag_len(alg) };
        assert_int_equal(p->seal(own, &job[i]), 0);
    }
    assert_memory_not_equal(out[0], out[1], sizeof(text));
    for (int turn = 0; turn < 4; turn++) {
        int key = turn % 2, data = turn / 2;
        const cssl_bytes sealed = bytes_of(out[data], sizeof(text));
        struct aead_job open = job[key];
        open.pieces = &sealed;
        open.out = back;
        assert_int_equal(p->open(own, &open, out[data] + sizeof(text)) == 0, key == data);
        assert_true(key != data || memcmp(back, text, sizeof(text)) == 0);
    }
    for (int i = 0; i < 2; i++) {
        provider_forget(p, own, alg, job[i].expanded);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

#endif

/* kdf.c - HMAC and HKDF on hash.h's plain states. Knows the form of TLS 1.3's labels, not the
 * labels themselves, nor the order of a key schedule. */
#include "crypto/kdf.h"

#include <assert.h>

void hmac_init(struct hmac *m, enum hash_alg alg, cssl_bytes key)
{
    uint8_t block[HASH_BLOCK_MAX] = { 0 };
    size_t size = hash_block(alg);
    if (key.len > size) {
        hash_once(alg, key.data, key.len, block);
    } else if (key.len > 0) {
        memcpy(block, key.data, key.len);
    }
    for (size_t i = 0; i < size; i++) {
        block[i] ^= 0x36;
    }
    hash_init(&m->inner, alg);
    hash_update(&m->inner, block, size);
    for (size_t i = 0; i < size; i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    hash_init(&m->outer, alg);
    hash_update(&m->outer, block, size);
    mem_wipe(block, sizeof(block));
}

void hmac_update(struct hmac *m, const void *data, size_t len)
{
    hash_update(&m->inner, data, len);
}

void hmac_finish(struct hmac *m, uint8_t *out)
{
    uint8_t inner[HASH_MAX];
    hash_peek(&m->inner, inner);
    hash_update(&m->outer, inner, hash_len((enum hash_alg)m->inner.alg));
    hash_peek(&m->outer, out);
    mem_wipe(inner, sizeof(inner));
    hmac_wipe(m);
}

void hmac_wipe(struct hmac *m)
{
    mem_wipe(m, sizeof(*m));
}

void hmac_once(enum hash_alg alg, cssl_bytes key, cssl_bytes data, uint8_t *out)
{
    struct hmac m;
    hmac_init(&m, alg, key);
    hmac_update(&m, data.data, data.len);
    hmac_finish(&m, out);
}

void hkdf_extract(enum hash_alg alg, cssl_bytes salt, cssl_bytes ikm, struct secret *prk)
{
    /* HMAC pads its key with zeros, so an empty salt is already hash_len zeros. */
    uint8_t out[HASH_MAX]; /* ikm and salt may lie in *prk */
    hmac_once(alg, salt, ikm, out);
    prk->len = (uint8_t)hash_len(alg);
    memcpy(prk->data, out, prk->len);
    mem_wipe(out, sizeof(out));
}

void hkdf_expand(enum hash_alg alg, cssl_bytes prk, cssl_bytes info, uint8_t *out, size_t len)
{
    size_t size = hash_len(alg);
    assert(len <= 255 * size);
    struct hmac keyed;
    hmac_init(&keyed, alg, prk);
    uint8_t block[HASH_MAX];
    for (uint8_t i = 1; len > 0; i++) {
        struct hmac m = keyed;
        if (i > 1) {
            hmac_update(&m, block, size);
        }
        hmac_update(&m, info.data, info.len);
        hmac_update(&m, &i, 1);
        hmac_finish(&m, block);
        size_t n = min_size(len, size);
        memcpy(out, block, n);
        out += n;
        len -= n;
    }
    mem_wipe(block, sizeof(block));
    hmac_wipe(&keyed);
}

void hkdf_expand_label(enum hash_alg alg, const struct secret *secret, const char *label,
                       cssl_bytes context, uint8_t *out, size_t len)
{
    static const char prefix[] = "tls13 ";
    enum { PREFIX = sizeof(prefix) - 1 };
    size_t label_len = strlen(label);
    assert(label_len <= 255 - PREFIX && context.len <= 255 && len <= 0xffff);
    uint8_t info[2 + 1 + 255 + 1 + 255];
    size_t n = 0;
    info[n++] = (uint8_t)(len >> 8);
    info[n++] = (uint8_t)len;
    info[n++] = (uint8_t)(PREFIX + label_len);
    memcpy(info + n, prefix, PREFIX);
    n += PREFIX;
    memcpy(info + n, label, label_len);
    n += label_len;
    info[n++] = (uint8_t)context.len;
    if (context.len > 0) {
        memcpy(info + n, context.data, context.len);
        n += context.len;
    }
    hkdf_expand(alg, secret_bytes(secret), bytes_of(info, n), out, len);
}

void derive_secret(enum hash_alg alg, const struct secret *secret, const char *label,
                   cssl_bytes transcript_hash, struct secret *out)
{
    uint8_t data[HASH_MAX]; /* out may be secret itself */
    size_t len = hash_len(alg);
    hkdf_expand_label(alg, secret, label, transcript_hash, data, len);
    out->len = (uint8_t)len;
    memcpy(out->data, data, len);
    mem_wipe(data, sizeof(data));
}

void prf12(enum hash_alg alg, cssl_bytes secret, const char *label, cssl_bytes seed,
           cssl_bytes more_seed, uint8_t *out, size_t len)
{
    struct hmac keyed;
    struct hmac m;
    uint8_t a[HASH_MAX];
    uint8_t block[HASH_MAX];
    const size_t n = hash_len(alg);
    hmac_init(&keyed, alg, secret);
    for (size_t at = 0; at < len; at += n) {
        /* A(1) is over label and seed, each further A(i) over the one before it. */
        m = keyed;
        if (at == 0) {
            hmac_update(&m, label, strlen(label));
            hmac_update(&m, seed.data, seed.len);
            hmac_update(&m, more_seed.data, more_seed.len);
        } else {
            hmac_update(&m, a, n);
        }
        hmac_finish(&m, a);
        m = keyed;
        hmac_update(&m, a, n);
        hmac_update(&m, label, strlen(label));
        hmac_update(&m, seed.data, seed.len);
        hmac_update(&m, more_seed.data, more_seed.len);
        hmac_finish(&m, block);
        memcpy(out + at, block, min_size(n, len - at));
    }
    hmac_wipe(&keyed);
    mem_wipe(a, sizeof(a));
    mem_wipe(block, sizeof(block));
}

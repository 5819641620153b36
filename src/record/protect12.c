/*
 * protect12.c - records of TLS 1.2: under an AEAD (RFC 5246 6.2.3.3, RFC 5288, RFC 7905), whose
 * nonce with GCM and CCM has eight bytes that stand in the record (ours are the sequence number),
 * or by CBC and a MAC (6.2.3.2, RFC 7366), whose work is done in crypto/cbc.c.
 */
#include "record/protect.h"

#include "base/error.h"
#include "base/mem.h"

enum { SALT = 4, EXPLICIT = 8, AAD12 = 13 };

static int open_aead(struct rec_half *h, struct worker *w, uint8_t type, struct rec *rec,
                     cssl_error *err);
static int open_cbc(struct rec_half *h, struct worker *w, uint8_t type, struct rec *rec,
                    cssl_error *err);
static int seal_aead(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces,
                     size_t n, size_t len, uint8_t *to, cssl_error *err);
static int seal_cbc(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces,
                    size_t n, uint8_t *to, cssl_error *err);
static size_t sealed_len(const struct rec_half *h, size_t len);
static size_t explicit_len(const struct rec_half *h);
static void make_aad(const struct rec_half *h, uint8_t type, size_t len, uint8_t aad[AAD12]);
static void put_seq(uint8_t *to, uint64_t seq);

int protect12_open(struct rec_half *h, struct worker *w, const uint8_t *header, struct rec *rec,
                   cssl_error *err)
{
    int ret = h->is_cbc ? open_cbc(h, w, header[0], rec, err)
                        : open_aead(h, w, header[0], rec, err);
    if (ret != 0) {
        return ret;
    }
    h->seq++;
    rec->type = header[0];
    rec->sealed = true;
    return rec->len > rec_content_max(h) ? rec_too_long(rec->len, h, err) : 0;
}

int protect12_seal(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces,
                   size_t n, struct buf *out, cssl_error *err)
{
    const size_t len = rec_sum(pieces, n);
    const size_t body = sealed_len(h, len);
    uint8_t *to = buf_room(out, REC_HEADER + body);
    if (to == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    rec_write_header(to, type, body);
    int ret = h->is_cbc ? seal_cbc(h, w, type, pieces, n, to + REC_HEADER, err)
                        : seal_aead(h, w, type, pieces, n, len, to + REC_HEADER, err);
    if (ret != 0) {
        mem_wipe(to, REC_HEADER + body);
        return ret;
    }
    h->seq++;
    h->sent += len;
    buf_grow(out, REC_HEADER + body);
    return 0;
}

static int open_aead(struct rec_half *h, struct worker *w, uint8_t type, struct rec *rec,
                     cssl_error *err)
{
    uint8_t nonce[AEAD_NONCE];
    uint8_t aad[AAD12];
    const size_t front = explicit_len(h);
    const size_t tag = aead_tag_len((enum aead_alg)h->key.alg);
    if (rec->len < front + tag) {
        return fail(err, CSSL_R_BAD_RECORD_MAC);
    }
    if (front > 0) {
        memcpy(nonce, h->iv, SALT);
        memcpy(nonce + SALT, rec->data, EXPLICIT);
    } else {
        rec_nonce(h, nonce);
    }
    rec->len -= front + tag;
    rec->data += front;
    make_aad(h, type, rec->len, aad);
    return aead_open(w, &h->key, nonce, bytes_of(aad, sizeof(aad)), rec->data, rec->len + tag,
                     rec->data, err);
}

/* One reason for whatever is wrong: which it was, and how long it took to see, must not show. */
static int open_cbc(struct rec_half *h, struct worker *w, uint8_t type, struct rec *rec,
                    cssl_error *err)
{
    uint8_t head[AAD12];
    cssl_bytes content;
    make_aad(h, type, 0, head); /* the length is put in by cbc_open, which alone knows it */
    int ret = cbc_open(w, &h->cbc, head, rec->data, rec->len, &content, err);
    if (ret == 0) {
        rec->data += content.data - rec->data;
        rec->len = content.len;
    }
    return ret;
}

static int seal_aead(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces,
                     size_t n, size_t len, uint8_t *to, cssl_error *err)
{
    uint8_t nonce[AEAD_NONCE];
    uint8_t aad[AAD12];
    const size_t front = explicit_len(h);
    if (front > 0) {
        memcpy(nonce, h->iv, SALT);
        put_seq(nonce + SALT, h->seq); /* RFC 5288 3: never repeated under one key */
        memcpy(to, nonce + SALT, EXPLICIT);
    } else {
        rec_nonce(h, nonce);
    }
    make_aad(h, type, len, aad);
    return aead_seal(w, &h->key, nonce, bytes_of(aad, sizeof(aad)), pieces, n, to + front, err);
}

static int seal_cbc(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces,
                    size_t n, uint8_t *to, cssl_error *err)
{
    uint8_t head[AAD12];
    uint8_t iv[CBC_BLOCK];
    int ret = rand_fill(h->rand, iv, sizeof(iv), err); /* RFC 5246 6.2.3.2: unpredictable */
    if (ret != 0) {
        return ret;
    }
    make_aad(h, type, 0, head);
    return cbc_seal(w, &h->cbc, head, iv, pieces, n, to, err);
}

static size_t sealed_len(const struct rec_half *h, size_t len)
{
    return h->is_cbc ? cbc_sealed_len(&h->cbc, len)
                     : explicit_len(h) + len + aead_tag_len((enum aead_alg)h->key.alg);
}

static size_t explicit_len(const struct rec_half *h)
{
    return h->key.alg == AEAD_CHACHA20_POLY1305 ? 0 : EXPLICIT;
}

static void make_aad(const struct rec_half *h, uint8_t type, size_t len, uint8_t aad[AAD12])
{
    put_seq(aad, h->seq);
    aad[8] = type;
    aad[9] = (uint8_t)(TLS_1_2 >> 8);
    aad[10] = (uint8_t)TLS_1_2;
    aad[11] = (uint8_t)(len >> 8);
    aad[12] = (uint8_t)len;
}

static void put_seq(uint8_t *to, uint64_t seq)
{
    for (size_t i = 0; i < 8; i++) {
        to[i] = (uint8_t)(seq >> (8 * (7 - i)));
    }
}

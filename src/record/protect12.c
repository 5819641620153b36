/*
 * protect12.c - records of TLS 1.2 under an AEAD (RFC 5246 6.2.3.3, RFC 5288, RFC 7905). The nonce
 * of GCM and CCM has eight bytes that stand in the record; ours are the sequence number.
 */
#include "record/protect.h"

#include "base/error.h"
#include "base/mem.h"

enum { SALT = 4, EXPLICIT = 8, AAD12 = 13 };

static size_t explicit_len(const struct rec_half *h);
static void make_aad(const struct rec_half *h, uint8_t type, size_t len, uint8_t aad[AAD12]);
static void put_seq(uint8_t *to, uint64_t seq);

int protect12_open(struct rec_half *h, struct worker *w, const uint8_t *header, struct rec *rec,
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
    size_t len = rec->len - front - tag;
    make_aad(h, header[0], len, aad);
    uint8_t *data = rec->data + front;
    int ret = aead_open(w, &h->key, nonce, bytes_of(aad, sizeof(aad)), data, len + tag, data, err);
    if (ret != 0) {
        return ret;
    }
    h->seq++;
    *rec = (struct rec){ .type = header[0], .data = data, .len = len, .sealed = true };
    return len > REC_PLAIN_MAX ? fail(err, CSSL_R_RECORD_TOO_LONG) : 0;
}

int protect12_seal(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces,
                   size_t n, struct buf *out, cssl_error *err)
{
    uint8_t nonce[AEAD_NONCE];
    uint8_t aad[AAD12];
    const size_t front = explicit_len(h);
    const size_t len = rec_sum(pieces, n);
    const size_t body = front + len + aead_tag_len((enum aead_alg)h->key.alg);
    uint8_t *to = buf_room(out, REC_HEADER + body);
    if (to == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    rec_write_header(to, type, body);
    if (front > 0) {
        memcpy(nonce, h->iv, SALT);
        put_seq(nonce + SALT, h->seq); /* RFC 5288 3: never repeated under one key */
        memcpy(to + REC_HEADER, nonce + SALT, EXPLICIT);
    } else {
        rec_nonce(h, nonce);
    }
    make_aad(h, type, len, aad);
    int ret = aead_seal(w, &h->key, nonce, bytes_of(aad, sizeof(aad)), pieces, n,
                        to + REC_HEADER + front, err);
    if (ret != 0) {
        mem_wipe(to, REC_HEADER + body);
        return ret;
    }
    h->seq++;
    h->sent += len;
    buf_grow(out, REC_HEADER + body);
    return 0;
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

/* tls_record.c - frames records, and sends each to its version. Knows no message, no socket. */
#include "record/tls_record.h"

#include "base/error.h"
#include "base/mem.h"
#include "record/protect.h"

#include <assert.h>

static void begin(struct rec_half *h, uint16_t version, uint8_t epoch);

void rec_set_keys(struct rec_half *h, uint16_t version, enum aead_alg alg, const uint8_t *key,
                  const uint8_t *iv, uint8_t epoch)
{
    cbc_key_wipe(&h->cbc); /* the larger one of the two */
    aead_key_set(&h->key, alg, key);
    memcpy(h->iv, iv, AEAD_NONCE);
    h->is_cbc = false;
    begin(h, version, epoch);
}

void rec_set_cbc(struct rec_half *h, const struct cbc_key *key, const struct rand_source *rand,
                 uint8_t epoch)
{
    h->cbc = *key;
    h->rand = rand;
    h->is_cbc = true;
    begin(h, TLS_1_2, epoch);
}

void rec_wipe(struct rec_half *h)
{
    mem_wipe(h, sizeof(*h));
}

size_t rec_content_max(const struct rec_half *h)
{
    if (h->limit == 0) {
        return REC_PLAIN_MAX;
    }
    return h->version == TLS_1_3 ? (size_t)h->limit - 1 : h->limit;
}

int rec_wire_len(const struct rec_half *h, cssl_bytes in, size_t *len, cssl_error *err)
{
    *len = REC_HEADER;
    /* A peer that speaks something else is told apart by its first bytes already. */
    if (in.len >= 1 && (in.data[0] < CT_CHANGE_CIPHER_SPEC || in.data[0] > CT_APPLICATION_DATA)) {
        if (rec_is_sealed(h)) {
            return fail_text(err, CSSL_R_RECORD_TYPE, "type %u", in.data[0]);
        }
        return fail_text(err, CSSL_R_NOT_TLS, "it begins with \"%.*s\"", (int)min_size(in.len, 16),
                         (const char *)in.data);
    }
    if (in.len >= 2 && in.data[1] != 3) {
        return fail_text(err, CSSL_R_RECORD_VERSION, "major version %u", in.data[1]);
    }
    if (in.len < REC_HEADER) {
        return 0;
    }
    size_t body = (size_t)in.data[3] << 8 | in.data[4];
    size_t max = REC_PLAIN_MAX;
    if (h->version == TLS_1_2) {
        max += REC_EXPANSION_12; /* RFC 5246 6.2.3 */
    } else if (in.data[0] == CT_APPLICATION_DATA) {
        max += REC_EXPANSION_13; /* RFC 8446 5.2; in TLS 1.3 there are no others of it */
    }
    if (body > max) {
        return fail_text(err, CSSL_R_RECORD_TOO_LONG, "%zu bytes", body);
    }
    *len += body;
    return 0;
}

int rec_open(struct rec_half *h, struct worker *w, uint8_t *record, size_t len, struct rec *out,
             cssl_error *err)
{
    enum { EPOCH_OF_HANDSHAKE = 2 };
    assert(len >= REC_HEADER);
    *out = (struct rec){ .type = record[0], .data = record + REC_HEADER, .len = len - REC_HEADER };
    if (!rec_is_sealed(h)) {
        return h->limit != 0 && out->len > h->limit ? rec_too_long(out->len, h, err) : 0;
    }
    if (h->seq == UINT64_MAX) {
        return fail(err, CSSL_R_SEQUENCE_EXHAUSTED);
    }
    if (h->version == TLS_1_2) {
        return protect12_open(h, w, record, out, err);
    }
    bool early_alert = out->type == CT_ALERT && h->seq == 0 && h->epoch == EPOCH_OF_HANDSHAKE;
    if (out->type == CT_CHANGE_CIPHER_SPEC || early_alert) {
        return 0;
    }
    if (out->type != CT_APPLICATION_DATA) {
        return fail(err, CSSL_R_RECORD_NOT_SEALED); /* RFC 8446 5.2: opaque_type is 23 */
    }
    return protect13_open(h, w, record, out, err);
}

int rec_seal(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces, size_t n,
             size_t pad, struct buf *out, cssl_error *err)
{
    const size_t len = rec_sum(pieces, n);
    assert(n <= REC_PIECES_MAX && len <= rec_content_max(h));
    if (h->seq == UINT64_MAX) {
        return fail(err, CSSL_R_SEQUENCE_EXHAUSTED);
    }
    if (h->version == TLS_1_2) {
        return protect12_seal(h, w, type, pieces, n, out, err);
    }
    if (h->version == TLS_1_3) {
        return protect13_seal(h, w, type, pieces, n, pad, out, err);
    }
    uint8_t *to = buf_room(out, REC_HEADER + len);
    if (to == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    rec_write_header(to, type, len);
    to[2] = h->first_hello ? (uint8_t)TLS_1_0 : to[2];
    rec_gather(to + REC_HEADER, pieces, n);
    buf_grow(out, REC_HEADER + len);
    return 0;
}

int rec_too_long(size_t len, const struct rec_half *h, cssl_error *err)
{
    if (h->limit == 0) {
        return fail_text(err, CSSL_R_RECORD_TOO_LONG, "%zu bytes", len);
    }
    return fail_text(err, CSSL_R_RECORD_TOO_LONG, "%zu bytes, and at most %u were agreed on", len,
                     h->limit);
}

void rec_write_header(uint8_t *to, uint8_t type, size_t len)
{
    to[0] = type;
    to[1] = (uint8_t)(TLS_1_2 >> 8);
    to[2] = (uint8_t)TLS_1_2;
    to[3] = (uint8_t)(len >> 8);
    to[4] = (uint8_t)len;
}

void rec_gather(uint8_t *to, const cssl_bytes *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].len > 0) {
            memcpy(to, pieces[i].data, pieces[i].len);
            to += pieces[i].len;
        }
    }
}

size_t rec_sum(const cssl_bytes *pieces, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        len += pieces[i].len;
    }
    return len;
}

void rec_nonce(const struct rec_half *h, uint8_t nonce[AEAD_NONCE])
{
    memcpy(nonce, h->iv, AEAD_NONCE);
    for (size_t i = 0; i < 8; i++) {
        nonce[AEAD_NONCE - 1 - i] ^= (uint8_t)(h->seq >> (8 * i));
    }
}

static void begin(struct rec_half *h, uint16_t version, uint8_t epoch)
{
    h->version = version;
    h->epoch = epoch;
    h->seq = 0;
    h->sent = 0;
}

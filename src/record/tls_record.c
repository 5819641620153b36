/* tls_record.c - frames, seals and opens TLS records. Knows neither messages nor sockets. */
#include "record/tls_record.h"

#include "base/error.h"
#include "base/mem.h"

#include <assert.h>

static void make_nonce(const struct rec_half *h, uint8_t nonce[AEAD_NONCE]);
static int strip_padding(struct rec *rec, cssl_error *err);
static void write_header(uint8_t *to, uint8_t type, uint16_t version, size_t len);
static void gather(uint8_t *to, const cssl_bytes *pieces, size_t n);
static size_t padding_for(size_t len, size_t pad);

void rec_set_keys(struct rec_half *h, enum aead_alg alg, const uint8_t *key, const uint8_t *iv,
                  uint8_t epoch)
{
    aead_key_set(&h->key, alg, key);
    memcpy(h->iv, iv, AEAD_NONCE);
    h->epoch = epoch;
    h->seq = 0;
    h->sent = 0;
}

void rec_wipe(struct rec_half *h)
{
    aead_key_wipe(&h->key);
    mem_wipe(h, sizeof(*h));
}

int rec_wire_len(const struct rec_half *h, cssl_bytes in, size_t *len, cssl_error *err)
{
    *len = REC_HEADER;
    /* A peer that speaks something else is told apart by its first bytes already. */
    if (in.len >= 1 && (in.data[0] < CT_CHANGE_CIPHER_SPEC || in.data[0] > CT_APPLICATION_DATA)) {
        if (h->key.alg != AEAD_NONE) {
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
    bool sealed = in.data[0] == CT_APPLICATION_DATA; /* in TLS 1.3 there are no others of it */
    if (body > (size_t)REC_PLAIN_MAX + (sealed ? REC_EXPANSION_13 : 0)) {
        return fail_text(err, CSSL_R_RECORD_TOO_LONG, "%zu bytes", body); /* RFC 8446 5.1, 5.2 */
    }
    *len += body;
    return 0;
}

int rec_open(struct rec_half *h, struct worker *w, uint8_t *record, size_t len, struct rec *out,
             cssl_error *err)
{
    assert(len >= REC_HEADER);
    *out = (struct rec){ .type = record[0], .data = record + REC_HEADER, .len = len - REC_HEADER };
    enum { EPOCH_OF_HANDSHAKE = 2 };
    bool early_alert = out->type == CT_ALERT && h->seq == 0 && h->epoch == EPOCH_OF_HANDSHAKE;
    if (h->key.alg == AEAD_NONE || out->type == CT_CHANGE_CIPHER_SPEC || early_alert) {
        return 0;
    }
    if (out->type != CT_APPLICATION_DATA) {
        return fail(err, CSSL_R_RECORD_NOT_SEALED); /* RFC 8446 5.2: opaque_type is 23 */
    }
    size_t tag = aead_tag_len(h->key.alg);
    if (out->len < tag + 1) {
        return fail(err, CSSL_R_BAD_RECORD_MAC);
    }
    if (h->seq == UINT64_MAX) {
        return fail(err, CSSL_R_SEQUENCE_EXHAUSTED);
    }
    uint8_t nonce[AEAD_NONCE];
    make_nonce(h, nonce);
    int ret = aead_open(w, &h->key, nonce, bytes_of(record, REC_HEADER), out->data, out->len,
                        out->data, err);
    if (ret != 0) {
        return ret;
    }
    h->seq++;
    out->len -= tag;
    out->sealed = true;
    return strip_padding(out, err);
}

int rec_seal(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces, size_t n,
             size_t pad, struct buf *out, cssl_error *err)
{
    assert(n <= REC_PIECES_MAX);
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        len += pieces[i].len;
    }
    assert(len <= REC_PLAIN_MAX);
    if (h->key.alg == AEAD_NONE) {
        uint8_t *to = buf_room(out, REC_HEADER + len);
        if (to == NULL) {
            return fail(err, CSSL_R_NOMEM);
        }
        write_header(to, type, h->first_hello ? TLS_1_0 : TLS_1_2, len);
        gather(to + REC_HEADER, pieces, n);
        buf_grow(out, REC_HEADER + len);
        return 0;
    }
    if (h->seq == UINT64_MAX) {
        return fail(err, CSSL_R_SEQUENCE_EXHAUSTED);
    }
    size_t padding = padding_for(len + 1, pad);
    size_t body = len + 1 + padding + aead_tag_len(h->key.alg);
    uint8_t *to = buf_room(out, REC_HEADER + body);
    if (to == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    write_header(to, CT_APPLICATION_DATA, TLS_1_2, body);
    uint8_t nonce[AEAD_NONCE];
    make_nonce(h, nonce);
    int ret = 0;
    if (padding == 0) {
        cssl_bytes all[REC_PIECES_MAX + 1];
        for (size_t i = 0; i < n; i++) {
            all[i] = pieces[i];
        }
        all[n] = bytes_of(&type, 1);
        ret = aead_seal(w, &h->key, nonce, bytes_of(to, REC_HEADER), all, n + 1, to + REC_HEADER,
                        err);
    } else {
        /* Padding is rare: the plaintext is put together where it will be encrypted. */
        uint8_t *plain = to + REC_HEADER;
        gather(plain, pieces, n);
        plain[len] = type;
        memset(plain + len + 1, 0, padding);
        cssl_bytes whole = bytes_of(plain, len + 1 + padding);
        ret = aead_seal(w, &h->key, nonce, bytes_of(to, REC_HEADER), &whole, 1, plain, err);
    }
    if (ret != 0) {
        mem_wipe(to, REC_HEADER + body);
        return ret;
    }
    h->seq++;
    h->sent += len;
    buf_grow(out, REC_HEADER + body);
    return 0;
}

/* RFC 8446 5.3: the sequence number, padded to the left, XOR the IV. */
static void make_nonce(const struct rec_half *h, uint8_t nonce[AEAD_NONCE])
{
    memcpy(nonce, h->iv, AEAD_NONCE);
    for (size_t i = 0; i < 8; i++) {
        nonce[AEAD_NONCE - 1 - i] ^= (uint8_t)(h->seq >> (8 * i));
    }
}

/* RFC 8446 5.4: the content type is the last byte that is not zero. */
static int strip_padding(struct rec *rec, cssl_error *err)
{
    if (rec->len > REC_PLAIN_MAX + 1) {
        return fail(err, CSSL_R_RECORD_TOO_LONG);
    }
    size_t len = rec->len;
    while (len > 0 && rec->data[len - 1] == 0) {
        len--;
    }
    if (len == 0) {
        return fail(err, CSSL_R_RECORD_EMPTY);
    }
    rec->type = rec->data[len - 1];
    rec->len = len - 1;
    return 0;
}

static void write_header(uint8_t *to, uint8_t type, uint16_t version, size_t len)
{
    to[0] = type;
    to[1] = (uint8_t)(version >> 8);
    to[2] = (uint8_t)version;
    to[3] = (uint8_t)(len >> 8);
    to[4] = (uint8_t)len;
}

/* gather copies the pieces, one behind the other. */
static void gather(uint8_t *to, const cssl_bytes *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].len > 0) {
            memcpy(to, pieces[i].data, pieces[i].len);
            to += pieces[i].len;
        }
    }
}

/* padding_for is how many zeros make len a multiple of pad, as far as a record has room. */
static size_t padding_for(size_t len, size_t pad)
{
    if (pad < 2) {
        return 0;
    }
    size_t over = len % pad;
    size_t padding = over == 0 ? 0 : pad - over;
    return min_size(padding, REC_PLAIN_MAX + 1 - len);
}

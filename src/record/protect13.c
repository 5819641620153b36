/* protect13.c - records of TLS 1.3 (RFC 8446 5.2 to 5.4): the type inside, padding behind it. */
#include "record/protect.h"

#include "base/error.h"
#include "base/mem.h"

static int strip_padding(const struct rec_half *h, struct rec *rec, cssl_error *err);
static size_t padding_for(size_t len, size_t pad, size_t max);

int protect13_open(struct rec_half *h, struct worker *w, const uint8_t *header, struct rec *rec,
                   cssl_error *err)
{
    uint8_t nonce[AEAD_NONCE];
    size_t tag = aead_tag_len((enum aead_alg)h->key.alg);
    if (rec->len < tag + 1) {
        return fail(err, CSSL_R_BAD_RECORD_MAC);
    }
    rec_nonce(h, nonce);
    int ret = aead_open(w, &h->key, nonce, bytes_of(header, REC_HEADER), rec->data, rec->len,
                        rec->data, err);
    if (ret != 0) {
        return ret;
    }
    h->seq++;
    rec->len -= tag;
    rec->sealed = true;
    return strip_padding(h, rec, err);
}

int protect13_seal(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces,
                   size_t n, size_t pad, struct buf *out, cssl_error *err)
{
    uint8_t nonce[AEAD_NONCE];
    const size_t len = rec_sum(pieces, n);
    const size_t padding = padding_for(len + 1, pad, rec_content_max(h) + 1);
    const size_t body = len + 1 + padding + aead_tag_len((enum aead_alg)h->key.alg);
    uint8_t *to = buf_room(out, REC_HEADER + body);
    if (to == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    uint8_t *content = to + REC_HEADER;
    cssl_bytes all[REC_PIECES_MAX + 1];
    size_t num = n + 1;
    rec_write_header(to, CT_APPLICATION_DATA, body);
    rec_nonce(h, nonce);
    if (padding == 0) {
        for (size_t i = 0; i < n; i++) {
            all[i] = pieces[i];
        }
        all[n] = bytes_of(&type, 1);
    } else {
        /* Padding is rare: the plaintext is put together where it will be encrypted. */
        rec_gather(content, pieces, n);
        content[len] = type;
        memset(content + len + 1, 0, padding);
        all[0] = bytes_of(content, len + 1 + padding);
        num = 1;
    }
    int ret = aead_seal(w, &h->key, nonce, bytes_of(to, REC_HEADER), all, num, content, err);
    if (ret != 0) {
        mem_wipe(to, REC_HEADER + body);
        return ret;
    }
    h->seq++;
    h->sent += len;
    buf_grow(out, REC_HEADER + body);
    return 0;
}

/* RFC 8446 5.4: the content type is the last byte that is not zero. Early data was sent before
 * anything was agreed on. */
static int strip_padding(const struct rec_half *h, struct rec *rec, cssl_error *err)
{
    enum { EPOCH_OF_EARLY = 1 };
    const size_t max = h->epoch == EPOCH_OF_EARLY ? REC_PLAIN_MAX : rec_content_max(h);
    if (rec->len > max + 1) {
        return rec_too_long(rec->len, h, err);
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

/* padding_for is how many zeros make len a multiple of pad, as far as a record has room. */
static size_t padding_for(size_t len, size_t pad, size_t max)
{
    if (pad < 2) {
        return 0;
    }
    size_t over = len % pad;
    size_t padding = over == 0 ? 0 : pad - over;
    return min_size(padding, max - len);
}

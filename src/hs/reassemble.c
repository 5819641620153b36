/* reassemble.c - joins handshake fragments into messages. Knows nothing of what they mean. */
#include "hs/reassemble.h"

#include "base/error.h"
#include "base/names.h"

static int body_len(const uint8_t *header, size_t max_certificate, size_t *len, cssl_error *err);
static int take(struct reassemble *r, cssl_bytes *in, size_t want, cssl_error *err);

int reassemble_next(struct reassemble *r, cssl_bytes *in, size_t max_certificate,
                    cssl_bytes *message, cssl_error *err)
{
    *message = bytes_of(NULL, 0);
    size_t len = 0;
    int ret = 0;
    if (r->partial.len == 0 && in->len >= HANDSHAKE_HEADER) {
        ret = body_len(in->data, max_certificate, &len, err);
        if (ret != 0) {
            return ret;
        }
        if (in->len - HANDSHAKE_HEADER >= len) {
            *message = bytes_of(in->data, HANDSHAKE_HEADER + len);
            *in = bytes_of(in->data + message->len, in->len - message->len);
            return 0;
        }
    }
    if ((ret = take(r, in, HANDSHAKE_HEADER, err)) != 0 || r->partial.len < HANDSHAKE_HEADER) {
        return ret;
    }
    if ((ret = body_len(buf_bytes(&r->partial).data, max_certificate, &len, err)) != 0 ||
        (ret = take(r, in, HANDSHAKE_HEADER + len, err)) != 0) {
        return ret;
    }
    if (r->partial.len == HANDSHAKE_HEADER + len) {
        *message = buf_bytes(&r->partial);
    }
    return 0;
}

void reassemble_done(struct reassemble *r)
{
    buf_consume(&r->partial, r->partial.len);
    buf_shrink(&r->partial);
}

void reassemble_free(struct reassemble *r)
{
    buf_free(&r->partial);
}

static int body_len(const uint8_t *header, size_t max_certificate, size_t *len, cssl_error *err)
{
    size_t max = header[0] == HT_CLIENT_HELLO  ? CLIENT_HELLO_MAX
                 : header[0] == HT_CERTIFICATE || header[0] == HT_COMPRESSED_CERTIFICATE
                     ? max_certificate
                     : MESSAGE_MAX;
    *len = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
    if (*len > max) {
        const char *name = name_of_handshake(header[0]);
        return fail_text(err, CSSL_R_MESSAGE_TOO_LONG, "%s of %zu bytes; %zu are allowed",
                         name == NULL ? "a message of unknown type" : name, *len, max);
    }
    return 0;
}

/* take moves bytes from in until there are want of them, or in is used up. */
static int take(struct reassemble *r, cssl_bytes *in, size_t want, cssl_error *err)
{
    if (r->partial.len >= want) {
        return 0;
    }
    size_t n = min_size(want - r->partial.len, in->len);
    r->partial.limit = want < HANDSHAKE_HEADER ? HANDSHAKE_HEADER : want;
    if (buf_append(&r->partial, in->data, n) != 0) {
        return fail(err, CSSL_R_NOMEM);
    }
    if (n > 0) {
        *in = bytes_of(in->data + n, in->len - n);
    }
    return 0;
}

/* compress13.c - CompressedCertificate instead of Certificate. Knows no state and no chain. */
#include "hs/compress13.h"

#include "base/error.h"
#include "base/mem.h"
#include "config/packed.h"
#include "hs/reassemble.h"
#include "msg/compress.h"

static void put(struct wr *out, const struct compressed_certificate *c);

int compress13_write(const cssl_config *config, const struct certkey *ck, uint16_t algorithm,
                     bool bare, struct wr *out, cssl_error *err)
{
    struct compressed_certificate c = { .algorithm = algorithm };
    if (bare) {
        const struct packed_chain *p = config_packed(config, ck, algorithm);
        c.length = p->length;
        c.packed = bytes_of(p->data, p->len);
        if (p->data != NULL) {
            put(out, &c);
        }
        return 0;
    }
    if (!wr_ok(out)) {
        return fail(err, CSSL_R_NOMEM);
    }
    cssl_bytes body = bytes_of(out->data + HANDSHAKE_HEADER, out->len - HANDSHAKE_HEADER);
    struct wr packed;
    wr_init(&packed, out->limit);
    int ret = compress_write(&packed, algorithm, body, false, err);
    if (ret == 0 && wr_ok(&packed) && packed.len + 8 < body.len) {
        c.length = (uint32_t)body.len;
        c.packed = wr_view(&packed);
        put(out, &c);
    }
    wr_free(&packed);
    return ret;
}

int compress13_read(const cssl_config *config, cssl_bytes body, uint8_t **plain, size_t *len,
                    uint16_t *algorithm, cssl_error *err)
{
    struct compressed_certificate c;
    *plain = NULL;
    int ret = compressed_certificate_parse(&c, body, err);
    if (ret != 0) {
        return ret;
    }
    if (!codes_has(&config->compression, c.algorithm)) {
        return fail_text(err, CSSL_R_COMPRESSION_NOT_OFFERED, "number %u", c.algorithm);
    }
    if (c.length > config->max_handshake_size) {
        return fail_text(err, CSSL_R_MESSAGE_TOO_LONG,
                         "a compressed certificate of %lu bytes; %zu are allowed",
                         (unsigned long)c.length, config->max_handshake_size);
    }
    *plain = mem_alloc(c.length);
    if (*plain == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    *len = c.length;
    *algorithm = c.algorithm;
    ret = compress_read(c.algorithm, c.packed, *plain, c.length, err);
    if (ret != 0) {
        mem_free(*plain);
        *plain = NULL;
    }
    return ret;
}

static void put(struct wr *out, const struct compressed_certificate *c)
{
    wr_clear(out);
    msg_open(out, HT_COMPRESSED_CERTIFICATE);
    compressed_certificate_write(out, c);
    wr_close(out);
}

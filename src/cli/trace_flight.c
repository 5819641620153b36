/* trace_flight.c - what TLS 1.3's messages behind the hellos say, those after the handshake among
 * them. */
#include "cli/trace_words.h"

#include "base/mem.h"
#include "msg/compress.h"
#include "msg/kex12.h"

/* RFC 8446 4.3.2: one that is not empty belongs to a request after the handshake. */
static void say_context(struct trace_message *m, cssl_bytes context)
{
    if (context.len > 0) {
        detail_say(m, "when", "after the handshake (context of %zu bytes)", context.len);
    }
}

int trace_certificate_request(struct trace_message *m, const struct trace_before *before,
                              cssl_bytes body, cssl_error *err)
{
    (void)before;
    static const uint16_t said[] = { EXT_SIGNATURE_ALGORITHMS, EXT_SIGNATURE_ALGORITHMS_CERT,
                                     EXT_COMPRESS_CERTIFICATE, EXT_CERTIFICATE_AUTHORITIES };
    struct certificate_request cr;
    if (certificate_request_parse(&cr, body, err) < 0) {
        return err->status;
    }
    detail_numbers(m, "signatures", cr.signature_algorithms, name_of_scheme);
    detail_numbers(m, "in certificates", cr.signature_algorithms_cert, name_of_scheme);
    detail_numbers(m, "compression", cr.compress_certificate, name_of_compression);
    if (ext_has(cr.has, EXT_CERTIFICATE_AUTHORITIES)) {
        detail_names(m, cr.certificate_authorities);
    }
    say_context(m, cr.context);
    struct rd r = rd_of(body);
    (void)rd_view8(&r);
    detail_rest(m, rd_view16(&r), IN_CERTIFICATE_REQUEST, said, ARRAY_LEN(said));
    return 0;
}

int trace_certificate(struct trace_message *m, const struct trace_before *before,
                      cssl_bytes body, cssl_error *err)
{
    const bool raw = m->from_client ? before->client_raw : before->server_raw;
    struct certificate c;
    if (certificate_parse(&c, body, trace_everything, err) < 0) {
        return err->status;
    }
    if (c.num_entries == 0) {
        detail_say(m, "certificates", "none");
    }
    for (size_t i = 0; i < c.num_entries; i++) {
        const struct certificate_entry *entry = &c.entries[i];
        if (raw) {
            detail_key(m, entry->cert);
        } else {
            detail_certificate(m, i == 0 ? "certificate" : "issued by", entry->cert);
        }
        if (ext_has(entry->has, EXT_STATUS_REQUEST)) {
            detail_say(m, "ocsp response", "%zu bytes", entry->status.len);
        }
        if (ext_has(entry->has, EXT_SIGNED_CERTIFICATE_TIMESTAMP)) {
            detail_say(m, "timestamps", "%zu bytes", entry->scts.len);
        }
    }
    say_context(m, c.context);
    return 0;
}

/* What is inside is shown too, when it is of a size that certificates have. */
int trace_compressed_certificate(struct trace_message *m, const struct trace_before *before,
                                 cssl_bytes body, cssl_error *err)
{
    enum { MAX = 256 * 1024 };
    struct compressed_certificate c;
    if (compressed_certificate_parse(&c, body, err) < 0) {
        return err->status;
    }
    detail_number(detail_new(m, "compression", false), c.algorithm, name_of_compression);
    detail_say(m, "size", "%zu bytes for %lu", c.packed.len, (unsigned long)c.length);
    uint8_t *plain = c.length > MAX || !compress_has(c.algorithm) ? NULL : mem_alloc(c.length);
    int status = 0;
    if (plain != NULL) {
        status = compress_read(c.algorithm, c.packed, plain, c.length, err);
    }
    if (plain != NULL && status == 0) {
        status = trace_certificate(m, before, bytes_of(plain, c.length), err);
    }
    mem_free(plain);
    return status;
}

int trace_certificate_verify(struct trace_message *m, const struct trace_before *before,
                             cssl_bytes body, cssl_error *err)
{
    (void)before;
    struct certificate_verify cv;
    if (certificate_verify_parse(&cv, body, err) < 0) {
        return err->status;
    }
    detail_number(detail_new(m, "signature", false), cv.scheme, name_of_scheme);
    return 0;
}

int trace_new_session_ticket(struct trace_message *m, const struct trace_before *before,
                             cssl_bytes body, cssl_error *err)
{
    (void)before;
    struct new_session_ticket nst;
    if (new_session_ticket_parse(&nst, body, err) < 0) {
        return err->status;
    }
    detail_say(m, "ticket", "%zu bytes, valid for %lu seconds", nst.ticket.len,
               (unsigned long)nst.lifetime);
    if (ext_has(nst.has, EXT_EARLY_DATA)) {
        detail_say(m, "early data", "%lu bytes at most", (unsigned long)nst.max_early_data);
    }
    return 0;
}

int trace_key_update(struct trace_message *m, const struct trace_before *before,
                     cssl_bytes body, cssl_error *err)
{
    (void)before;
    bool requested = false;
    if (key_update_parse(&requested, body, err) < 0) {
        return err->status;
    }
    if (requested) {
        detail_say(m, "asks", "for one in return");
    }
    return 0;
}

int trace_end_of_early_data(struct trace_message *m, const struct trace_before *before,
                            cssl_bytes body, cssl_error *err)
{
    (void)before;
    if (empty_parse(body, err) < 0) {
        return err->status;
    }
    detail_say(m, "early data", "ends here");
    return 0;
}

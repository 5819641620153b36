/* trace_flight12.c - what TLS 1.2's messages behind the hellos say. The key exchanges have a form
 * for each kind of suite; without a ServerHello that names one, only their size is known. */
#include "cli/trace_words.h"

#include "base/error.h"
#include "msg/kex12.h"

int trace_hello_request(struct trace_message *m, const struct trace_before *before,
                        cssl_bytes body, cssl_error *err)
{
    (void)before;
    if (empty_parse(body, err) < 0) {
        return err->status;
    }
    detail_say(m, "asks", "for a renegotiation");
    return 0;
}

int trace_certificate12(struct trace_message *m, const struct trace_before *before,
                        cssl_bytes body, cssl_error *err)
{
    struct certificate12 c;
    if (m->from_client ? before->client_raw : before->server_raw) { /* RFC 7250 3 */
        struct rd r = rd_of(body);
        cssl_bytes key = rd_view24(&r);
        if (!rd_done(&r)) {
            return fail(err, CSSL_R_RAW_KEY_MALFORMED);
        }
        if (key.len == 0) {
            detail_say(m, "raw key", "none");
        } else {
            detail_key(m, key);
        }
        return 0;
    }
    if (certificate12_parse(&c, body, err) < 0) {
        return err->status;
    }
    if (c.num == 0) {
        detail_say(m, "certificates", "none");
    }
    for (size_t i = 0; i < c.num; i++) {
        detail_certificate(m, i == 0 ? "certificate" : "issued by", c.certs[i]);
    }
    return 0;
}

int trace_certificate_status(struct trace_message *m, const struct trace_before *before,
                             cssl_bytes body, cssl_error *err)
{
    (void)before;
    cssl_bytes response;
    if (certificate_status_parse(&response, body, err) < 0) {
        return err->status;
    }
    detail_say(m, "ocsp response", "%zu bytes", response.len);
    return 0;
}

/* Bits of a number without leading zeros. */
static size_t bits_of(cssl_bytes number)
{
    size_t bits = 8 * number.len;
    for (uint8_t top = number.len > 0 ? number.data[0] : 0x80; (top & 0x80) == 0 && bits > 0;
         top = (uint8_t)(top << 1)) {
        bits--;
    }
    return bits;
}

int trace_server_key_exchange(struct trace_message *m, const struct trace_before *before,
                              cssl_bytes body, cssl_error *err)
{
    struct server_key_exchange ske;
    if (!before->has_kx) {
        return 0;
    }
    if (server_key_exchange_parse(&ske, before->kx, body, err) < 0) {
        return err->status;
    }
    if (kx_has_psk(before->kx)) {
        if (ske.hint.len > 0) {
            detail_peer(detail_new(m, "psk hint", false), ske.hint);
        } else {
            detail_say(m, "psk hint", "none");
        }
    }
    if (kx_has_ecdhe(before->kx)) {
        detail_number(detail_new(m, "key share", false), ske.group, name_of_group);
    }
    if (kx_has_dhe(before->kx)) {
        detail_say(m, "key share", "Diffie-Hellman, %zu bits", bits_of(ske.p));
    }
    if (kx_is_signed(before->kx)) {
        detail_number(detail_new(m, "signature", false), ske.scheme, name_of_scheme);
    }
    return 0;
}

int trace_client_key_exchange(struct trace_message *m, const struct trace_before *before,
                              cssl_bytes body, cssl_error *err)
{
    struct client_key_exchange cke;
    if (!before->has_kx) {
        return 0;
    }
    if (client_key_exchange_parse(&cke, before->kx, body, err) < 0) {
        return err->status;
    }
    if (kx_has_psk(before->kx)) {
        detail_peer(detail_new(m, "psk identity", false), cke.identity);
    }
    if (kx_has_ecdhe(before->kx) || kx_has_dhe(before->kx)) {
        detail_say(m, "key share", "%zu bytes", cke.share.len);
    } else if (before->kx == KX_RSA) {
        detail_say(m, "premaster secret", "under the server's key, %zu bytes", cke.share.len);
    }
    return 0;
}

int trace_certificate_request12(struct trace_message *m, const struct trace_before *before,
                                cssl_bytes body, cssl_error *err)
{
    (void)before;
    struct certificate_request12 cr;
    if (certificate_request12_parse(&cr, body, err) < 0) {
        return err->status;
    }
    struct trace_detail *d = detail_new(m, "keys", true);
    for (size_t i = 0; i < cr.types.len; i++) {
        const uint8_t type = cr.types.data[i];
        if (type == CERT_TYPE_RSA_SIGN || type == CERT_TYPE_ECDSA_SIGN) {
            detail_add(d, "%s", type == CERT_TYPE_RSA_SIGN ? "rsa_sign" : "ecdsa_sign");
        } else {
            detail_add(d, "%u", type);
        }
    }
    detail_numbers(m, "signatures", cr.signature_algorithms, name_of_scheme);
    if (cr.certificate_authorities.len > 0) {
        detail_names(m, cr.certificate_authorities);
    }
    return 0;
}

int trace_new_session_ticket12(struct trace_message *m, const struct trace_before *before,
                               cssl_bytes body, cssl_error *err)
{
    (void)before;
    struct new_session_ticket12 t;
    if (new_session_ticket12_parse(&t, body, err) < 0) {
        return err->status;
    }
    if (t.ticket.len == 0) {
        detail_say(m, "ticket", "none after all");
    } else {
        detail_say(m, "ticket", "%zu bytes, valid for %lu seconds", t.ticket.len,
                   (unsigned long)t.lifetime);
    }
    return 0;
}

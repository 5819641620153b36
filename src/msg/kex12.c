/* kex12.c - reads and writes the messages that TLS 1.2 alone has. Checks form, not meaning. */
#include "msg/kex12.h"

#include "base/error.h"

enum { NAMED_CURVE = 3 }; /* RFC 8422 5.4 */
enum { STATUS_OCSP = 1 };  /* RFC 6066 8 */

static cssl_bytes without_zeros(cssl_bytes n);
static int check_identity(cssl_bytes identity, cssl_error *err);
static int malformed(const char *what, cssl_error *err);

int certificate12_parse(struct certificate12 *c, cssl_bytes body, cssl_error *err)
{
    struct rd r = rd_of(body);
    struct rd list = rd_vec24(&r);
    c->num = 0;
    while (rd_more(&list)) {
        cssl_bytes cert = rd_view24(&list);
        if (!rd_ok(&list) || cert.len == 0) {
            return malformed("Certificate", err);
        }
        if (c->num == CERTIFICATE_ENTRIES_MAX) {
            return fail_text(err, CSSL_R_CERTIFICATES_TOO_MANY, "more than %d",
                             CERTIFICATE_ENTRIES_MAX);
        }
        c->certs[c->num++] = cert;
    }
    return rd_done(&list) && rd_done(&r) ? 0 : malformed("Certificate", err);
}

void certificate12_write(struct wr *w, const struct certificate12 *c)
{
    wr_open24(w);
    for (size_t i = 0; i < c->num; i++) {
        wr_vec24(w, c->certs[i]);
    }
    wr_close(w);
}

int certificate_status_parse(cssl_bytes *response, cssl_bytes body, cssl_error *err)
{
    struct rd r = rd_of(body);
    uint8_t type = rd_u8(&r);
    if (rd_ok(&r) && type != STATUS_OCSP) {
        return fail_text(err, CSSL_R_STATUS_TYPE, "type %u", (unsigned)type);
    }
    *response = rd_view24(&r);
    return rd_done(&r) && response->len > 0
               ? 0
               : fail_text(err, CSSL_R_MESSAGE_MALFORMED, "CertificateStatus");
}

void certificate_status_write(struct wr *w, cssl_bytes response)
{
    wr_u8(w, STATUS_OCSP);
    wr_vec24(w, response);
}

int server_key_exchange_parse(struct server_key_exchange *ske, enum suite_kx kx, cssl_bytes body,
                              cssl_error *err)
{
    struct rd r = rd_of(body);
    *ske = (struct server_key_exchange){ 0 };
    if (kx_has_psk(kx)) {
        ske->hint = rd_view16(&r);
    }
    if (kx_has_ecdhe(kx)) {
        uint8_t type = rd_u8(&r);
        ske->group = rd_u16(&r);
        ske->share = rd_view8(&r);
        if (rd_ok(&r) && type != NAMED_CURVE) {
            return fail(err, CSSL_R_CURVE_NOT_NAMED);
        }
    } else if (kx_has_dhe(kx)) {
        ske->p = without_zeros(rd_view16(&r));
        ske->g = without_zeros(rd_view16(&r));
        ske->share = rd_view16(&r);
    }
    ske->params = bytes_of(body.data, body.len - r.left);
    if (kx_is_signed(kx)) {
        ske->scheme = rd_u16(&r);
        ske->signature = rd_view16(&r);
    }
    if (!rd_done(&r) || kx == KX_RSA || kx == KX_ANY || (kx != KX_PSK && ske->share.len == 0) ||
        (kx_has_dhe(kx) && (ske->p.len == 0 || ske->g.len == 0))) {
        return malformed("ServerKeyExchange", err);
    }
    return check_identity(ske->hint, err);
}

void server_key_exchange_params(struct wr *w, enum suite_kx kx,
                                const struct server_key_exchange *ske)
{
    if (kx_has_psk(kx)) {
        wr_vec16(w, ske->hint);
    }
    if (kx_has_ecdhe(kx)) {
        wr_u8(w, NAMED_CURVE);
        wr_u16(w, ske->group);
        wr_vec8(w, ske->share);
    } else if (kx_has_dhe(kx)) {
        wr_vec16(w, ske->p);
        wr_vec16(w, ske->g);
        wr_vec16(w, ske->share);
    }
}

void server_key_exchange_write(struct wr *w, enum suite_kx kx,
                               const struct server_key_exchange *ske)
{
    server_key_exchange_params(w, kx, ske);
    if (kx_is_signed(kx)) {
        wr_u16(w, ske->scheme);
        wr_vec16(w, ske->signature);
    }
}

int client_key_exchange_parse(struct client_key_exchange *cke, enum suite_kx kx, cssl_bytes body,
                              cssl_error *err)
{
    struct rd r = rd_of(body);
    *cke = (struct client_key_exchange){ 0 };
    if (kx_has_psk(kx)) {
        cke->identity = rd_view16(&r);
    }
    if (kx != KX_PSK) {
        cke->share = kx_has_ecdhe(kx) ? rd_view8(&r) : rd_view16(&r);
    }
    if (!rd_done(&r) || (kx != KX_PSK && cke->share.len == 0)) {
        return malformed("ClientKeyExchange", err);
    }
    return check_identity(cke->identity, err);
}

void client_key_exchange_write(struct wr *w, enum suite_kx kx,
                               const struct client_key_exchange *cke)
{
    if (kx_has_psk(kx)) {
        wr_vec16(w, cke->identity);
    }
    if (kx_has_ecdhe(kx)) {
        wr_vec8(w, cke->share);
    } else if (kx != KX_PSK) {
        wr_vec16(w, cke->share);
    }
}

int certificate_request12_parse(struct certificate_request12 *cr, cssl_bytes body,
                                cssl_error *err)
{
    struct rd r = rd_of(body);
    cr->types = rd_view8(&r);
    cr->signature_algorithms = rd_view16(&r);
    cr->certificate_authorities = rd_view16(&r);
    if (!rd_done(&r) || cr->types.len == 0 || cr->signature_algorithms.len == 0 ||
        cr->signature_algorithms.len % 2 != 0) {
        return malformed("CertificateRequest", err);
    }
    struct rd names = rd_of(cr->certificate_authorities);
    while (rd_more(&names)) {
        if (rd_view16(&names).len == 0) {
            return malformed("CertificateRequest", err);
        }
    }
    return rd_done(&names) ? 0 : malformed("CertificateRequest", err);
}

void certificate_request12_write(struct wr *w, const struct certificate_request12 *cr)
{
    wr_vec8(w, cr->types);
    wr_vec16(w, cr->signature_algorithms);
    wr_vec16(w, cr->certificate_authorities);
}

int new_session_ticket12_parse(struct new_session_ticket12 *t, cssl_bytes body, cssl_error *err)
{
    struct rd r = rd_of(body);
    t->lifetime = rd_u32(&r);
    t->ticket = rd_view16(&r);
    return rd_done(&r) ? 0 : malformed("NewSessionTicket", err);
}

void new_session_ticket12_write(struct wr *w, const struct new_session_ticket12 *t)
{
    wr_u32(w, t->lifetime);
    wr_vec16(w, t->ticket);
}

int empty_parse(cssl_bytes body, cssl_error *err)
{
    return body.len == 0 ? 0 : malformed("a message that has no content", err);
}

static cssl_bytes without_zeros(cssl_bytes n)
{
    while (n.len > 0 && n.data[0] == 0) {
        n = bytes_of(n.data + 1, n.len - 1);
    }
    return n;
}

static int check_identity(cssl_bytes identity, cssl_error *err)
{
    return identity.len <= KEX_IDENTITY_MAX
               ? 0
               : fail_text(err, CSSL_R_PSK_IDENTITY_TOO_LONG, "%zu", identity.len);
}

static int malformed(const char *what, cssl_error *err)
{
    return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "%s", what);
}

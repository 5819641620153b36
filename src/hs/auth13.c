/* auth13.c - Certificate, CertificateVerify and Finished, for both roles. Knows no order. */
#include "hs/auth13.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/ask.h"
#include "config/packed.h"
#include "hs/cert_type.h"
#include "hs/compress13.h"
#include "hs/negotiate.h"
#include "hs/staple.h"
#include "hs/verify.h"
#include "pki/cert_fields.h"

static int take_body(struct hs *hs, cssl_bytes body, struct ext_set asked, bool *empty,
                     cssl_error *err);
static void list_of(cssl_bytes wire, uint16_t *list, size_t max, size_t *num);

int auth13_send_certificate(struct hs *hs, const struct certkey *ck, cssl_error *err)
{
    struct certificate c;
    certificate_of(&c, ck, hs->conn->own_raw);
    c.context = bytes_of(hs->context, hs->context_len);
    staple_choose(hs);
    bool bare = !staple_fill(hs, &c) && hs->context_len == 0;
    msg_open(&hs->out, HT_CERTIFICATE);
    certificate_write(&hs->out, &c);
    wr_close(&hs->out);
    hs->conn->own = ck;
    int ret = hs->compression == 0 || ck == NULL
                  ? 0
                  : compress13_write(hs->conn->config, ck, hs->compression, bare, &hs->out, err);
    return ret == 0 ? hs_send(hs, err) : ret;
}

int auth13_send_request(struct hs *hs, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    struct certificate_request cr = {
        .context = bytes_of(hs->context, hs->context_len),
        .signature_algorithms = codes_wire(&config->schemes13),
        .signature_algorithms_cert = codes_wire(&config->cert_schemes),
        .certificate_authorities = cert_type_authorities(hs->conn),
        .compress_certificate = codes_wire(&config->compression),
    };
    ext_add(&cr.has, EXT_SIGNATURE_ALGORITHMS);
    ext_add(&cr.has, EXT_SIGNATURE_ALGORITHMS_CERT);
    if (cr.certificate_authorities.len > 0) {
        ext_add(&cr.has, EXT_CERTIFICATE_AUTHORITIES);
    }
    if (config->compression.num > 0) {
        ext_add(&cr.has, EXT_COMPRESS_CERTIFICATE);
    }
    msg_open(&hs->out, HT_CERTIFICATE_REQUEST);
    certificate_request_write(&hs->out, &cr);
    wr_close(&hs->out);
    return hs_send(hs, err);
}

int auth13_pick_own(struct hs *hs, const struct certificate_request *cr, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    struct auth13_wish *wish = mem_new(sizeof(*wish));
    if (wish == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    auth13_wish(wish, cr->signature_algorithms, cr->signature_algorithms_cert,
                cr->certificate_authorities, bytes_of(NULL, 0));
    wish->wish.raw = hs->conn->own_raw;
    int index = certkey_pick(config->certkeys, config->num_certkeys, config->schemes13.list,
                             config->schemes13.num, &wish->wish, &hs->scheme);
    hs->own = index < 0 || !cert_type_may_show(hs->conn) ? NULL : &config->certkeys[index];
    hs->compression = cert_type_compression(hs->conn, cr->compress_certificate);
    mem_free(wish);
    return auth_own_or_none(hs, err);
}

int auth_own_or_none(const struct hs *hs, cssl_error *err)
{
    return hs->own != NULL || !hs->conn->config->fail_if_no_own_cert
               ? 0
               : fail(err, CSSL_R_NO_OWN_CERTIFICATE);
}

int auth13_ask_signature(struct hs *hs, const struct certkey *ck, cssl_error *err)
{
    uint8_t hash[HASH_MAX];
    uint8_t content[CERTIFICATE_VERIFY_CONTENT_MAX];
    struct wr w;
    transcript_hash(&hs->transcript, hash);
    wr_fixed(&w, content, sizeof(content));
    certificate_verify_content(&w, hs->conn->server, bytes_of(hash, hash_len(hs->transcript.alg)));
    return wr_ok(&w) ? hs_sign(hs, ck, hs->scheme, wr_view(&w), err) : fail(err, CSSL_R_INTERNAL);
}

int auth13_send_verify(struct hs *hs, cssl_error *err)
{
    const struct certificate_verify cv = { .scheme = hs->scheme,
                                           .signature = bytes_of(hs->step->out,
                                                                 hs->step->out_len) };
    msg_open(&hs->out, HT_CERTIFICATE_VERIFY);
    certificate_verify_write(&hs->out, &cv);
    wr_close(&hs->out);
    conn_signed(hs->conn, true, hs->scheme);
    return hs_send(hs, err);
}

int auth13_send_finished(struct hs *hs, cssl_error *err)
{
    uint8_t hash[HASH_MAX];
    uint8_t verify_data[HASH_MAX];
    enum hash_alg alg = hs->transcript.alg;
    transcript_hash(&hs->transcript, hash);
    finished13(alg,
               hs->conn->server ? &hs->schedule.server_handshake : &hs->schedule.client_handshake,
               hash, verify_data);
    msg_open(&hs->out, HT_FINISHED);
    wr_put(&hs->out, verify_data, hash_len(alg));
    wr_close(&hs->out);
    return hs_send(hs, err);
}

int auth13_take_certificate(struct hs *hs, const struct hs_msg *m, struct ext_set asked,
                            bool *empty, cssl_error *err)
{
    if (m->type == HT_CERTIFICATE) {
        return take_body(hs, m->body, asked, empty, err);
    }
    uint8_t *plain;
    size_t len;
    struct conn *c = hs->conn;
    int ret = compress13_read(c->config, m->body, &plain, &len, &c->compression, err);
    if (ret == 0) {
        ret = take_body(hs, bytes_of(plain, len), asked, empty, err);
    }
    mem_free(plain);
    return ret;
}

int auth13_take_client(struct hs *hs, const struct hs_msg *m, enum hs_state with,
                       enum hs_state without, cssl_error *err)
{
    bool empty = false;
    const struct ext_set nothing = { 0 };
    int ret = auth13_take_certificate(hs, m, nothing, &empty, err);
    if (ret != 0) {
        return ret;
    }
    if (!empty) {
        return verify_next(hs, with);
    }
    return hs->conn->config->fail_if_no_peer_cert ? fail(err, CSSL_R_CERTIFICATE_REQUIRED)
                                                  : (int)without;
}

static int take_body(struct hs *hs, cssl_bytes body, struct ext_set asked, bool *empty,
                     cssl_error *err)
{
    struct certificate c;
    int ret = certificate_parse(&c, body, asked, err);
    if (ret != 0) {
        return ret;
    }
    /* RFC 8446 4.4.2: that of the request, which is empty during the handshake. */
    if (!bytes_equal(c.context, bytes_of(hs->context, hs->context_len))) {
        return fail(err, CSSL_R_CERTIFICATE_CONTEXT);
    }
    *empty = c.num_entries == 0;
    if (*empty) {
        return 0;
    }
    if (hs->conn->peer_raw) { /* RFC 8446 4.4.2: no more than one */
        return c.num_entries > 1 ? fail(err, CSSL_R_RAW_KEYS_TOO_MANY)
                                 : auth_take_key(hs, c.entries[0].cert, err);
    }
    cssl_bytes certs[CERTIFICATE_ENTRIES_MAX];
    cssl_bytes staples[CERTIFICATE_ENTRIES_MAX];
    for (size_t i = 0; i < c.num_entries; i++) {
        certs[i] = c.entries[i].cert;
        staples[i] = c.entries[i].status;
    }
    /* The view of the timestamps is without their length, which stands before it. */
    cssl_bytes scts = c.entries[0].scts;
    scts = scts.len > 0 ? bytes_of(scts.data - 2, scts.len + 2) : scts;
    ret = auth_take_chain(hs, certs, c.num_entries, err);
    if (ret == 0) {
        ret = staple_keep(hs->conn, staples, c.num_entries, scts, err);
    }
    return ret == 0 ? auth_verify(hs, err) : ret;
}

int auth_take_chain(struct hs *hs, const cssl_bytes *certs, size_t num, cssl_error *err)
{
    struct peer_chain *chain = mem_new(sizeof(*chain));
    if (chain == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    atomic_init(&chain->refs, 1);
    peer_chain_free(hs->conn->peer); /* before a renegotiation there was one */
    hs->conn->peer = chain;
    for (size_t i = 0; i < num; i++) {
        cssl_error error;
        chain->certs[i] = cert_parse(certs[i], &error);
        if (chain->certs[i] == NULL) {
            error.cert_index = (int16_t)i;
            return error_copy(err, &error);
        }
        chain->num++;
    }
    hs->conn->peer_expires = peer_chain_expires(chain);
    return 0;
}

int auth13_take_verify(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    struct certificate_verify cv;
    int ret = certificate_verify_parse(&cv, m->body, err);
    if (ret != 0) {
        return ret;
    }
    struct conn *c = hs->conn;
    enum key_type type;
    cssl_bytes spki = peer_chain_spki(c->peer, &type);
    /* RFC 8446 4.4.3: one of the schemes that were offered, and fit for the key. */
    if (!codes_has(&c->config->schemes13, cv.scheme) ||
        !scheme_fits_key(cv.scheme, type, true)) {
        const char *name = name_of_scheme(cv.scheme);
        return fail_text(err, CSSL_R_SCHEME_NOT_OFFERED, "%s (0x%04x)",
                         name == NULL ? "unknown" : name, cv.scheme);
    }
    uint8_t hash[HASH_MAX];
    uint8_t content[CERTIFICATE_VERIFY_CONTENT_MAX];
    struct wr w;
    transcript_hash(&hs->transcript, hash);
    wr_fixed(&w, content, sizeof(content));
    certificate_verify_content(&w, !c->server, bytes_of(hash, hash_len(hs->transcript.alg)));
    if (!wr_ok(&w)) {
        return fail(err, CSSL_R_INTERNAL);
    }
    conn_signed(c, false, cv.scheme);
    return spki_verify(spki, cv.scheme, wr_view(&w), cv.signature, err);
}

int auth13_take_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    uint8_t hash[HASH_MAX];
    uint8_t verify_data[HASH_MAX];
    enum hash_alg alg = hs->transcript.alg;
    if (m->body.len != hash_len(alg)) {
        return fail(err, CSSL_R_FINISHED_LENGTH);
    }
    transcript_hash(&hs->transcript, hash);
    finished13(alg,
               hs->conn->server ? &hs->schedule.client_handshake : &hs->schedule.server_handshake,
               hash, verify_data);
    return ct_equal(verify_data, m->body.data, m->body.len) ? 0
                                                            : fail(err, CSSL_R_FINISHED_WRONG);
}

void auth13_wish(struct auth13_wish *w, cssl_bytes schemes, cssl_bytes cert_schemes,
                 cssl_bytes authorities, cssl_bytes name)
{
    memset(w, 0, sizeof(*w));
    w->wish.schemes = w->schemes;
    w->wish.cert_schemes = w->cert_schemes;
    w->wish.authorities = w->authorities;
    list_of(schemes, w->schemes, ARRAY_LEN(w->schemes), &w->wish.num_schemes);
    list_of(cert_schemes.len > 0 ? cert_schemes : schemes, w->cert_schemes,
            ARRAY_LEN(w->cert_schemes), &w->wish.num_cert_schemes);
    struct rd r = rd_of(authorities);
    while (rd_more(&r) && w->wish.num_authorities < ARRAY_LEN(w->authorities)) {
        w->authorities[w->wish.num_authorities++] = rd_view16(&r);
    }
    if (name.len > 0 && name.len < sizeof(w->name)) {
        memcpy(w->name, name.data, name.len);
        w->wish.name = w->name;
    }
}

void auth13_handshake_secrets(struct hs *hs)
{
    uint8_t hash[HASH_MAX];
    transcript_hash(&hs->transcript, hash);
    schedule13_handshake(&hs->schedule, bytes_of(hs->step->secret, hs->step->secret_len), hash);
    conn_keylog(hs->conn, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", hs->client_random,
                &hs->schedule.client_handshake);
    conn_keylog(hs->conn, "SERVER_HANDSHAKE_TRAFFIC_SECRET", hs->client_random,
                &hs->schedule.server_handshake);
}

void auth13_application_secrets(struct hs *hs)
{
    uint8_t hash[HASH_MAX];
    transcript_hash(&hs->transcript, hash);
    schedule13_application(&hs->schedule, hash);
    hs->conn->exporter = hs->schedule.exporter;
    conn_keylog(hs->conn, "CLIENT_TRAFFIC_SECRET_0", hs->client_random,
                &hs->schedule.client_application);
    conn_keylog(hs->conn, "SERVER_TRAFFIC_SECRET_0", hs->client_random,
                &hs->schedule.server_application);
    conn_keylog(hs->conn, "EXPORTER_SECRET", hs->client_random, &hs->schedule.exporter);
}

int auth13_take_session(struct hs *hs, const struct session *s, cssl_error *err)
{
    struct conn *c = hs->conn;
    c->resumed = true;
    c->authenticated_at = s->authenticated_at;
    c->peer_verified = s->peer_verified;
    c->own_raw = c->server ? s->own_raw : c->own_raw;
    if (c->version == TLS_1_2) {
        c->group = s->group;
    }
    if (s->chain_len == 0) {
        return 0;
    }
    c->peer = peer_chain_from(bytes_of(s->chain, s->chain_len), s->peer_raw, err);
    if (c->peer == NULL) {
        return CSSL_ALERT;
    }
    c->peer_expires = peer_chain_expires(c->peer);
    return 0;
}

static void list_of(cssl_bytes wire, uint16_t *list, size_t max, size_t *num)
{
    for (size_t i = 0; i < u16s_len(wire) && *num < max; i++) {
        list[(*num)++] = u16s_at(wire, i);
    }
}

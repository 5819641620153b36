/* client12.c - what a client does with each message of TLS 1.2. Knows no order and no record. */
#include "hs/client12.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/ask.h"
#include "hs/auth12.h"
#include "hs/auth13.h"
#include "hs/cert_type.h"
#include "hs/exchange12.h"
#include "hs/limits.h"
#include "hs/negotiate.h"
#include "hs/post13.h"
#include "hs/renegotiate.h"
#include "hs/staple.h"
#include "hs/verify.h"

static int check_server_hello(struct hs *hs, const struct server_hello *sh, cssl_error *err);
static int check_params(struct hs *hs, const struct server_key_exchange *ske, cssl_error *err);
static int take_names(struct hs *hs, const struct server_hello *sh, cssl_error *err);
static int take_session(struct hs *hs, cssl_error *err);
static bool earned_session(struct hs *hs);
static enum hs_state after_certificate(const struct hs *hs);
static int take_request(struct hs *hs, const struct hs_msg *m, cssl_error *err);

int client12_server_hello(struct hs *hs, const struct server_hello *sh, cssl_error *err)
{
    struct conn *c = hs->conn;
    int ret = check_server_hello(hs, sh, err);
    if (ret != 0) {
        return ret;
    }
    auth12_settle(hs, sh->cipher_suite, hs->client_random, sh->random.data);
    c->extended_master_secret = ext_has(sh->has, EXT_EXTENDED_MASTER_SECRET);
    hs->ticket_expected = ext_has(sh->has, EXT_SESSION_TICKET);
    hs->status_expected = ext_has(sh->has, EXT_STATUS_REQUEST);
    c->resumed = false; /* a renegotiation never resumes, and what it leaves is not kept */
    c->secure_renegotiation = true;
    if (!hs->renegotiation) {
        c->session_id_len = (uint8_t)sh->session_id.len;
        memcpy(c->session_id, sh->session_id.data, sh->session_id.len);
    }
    ret = auth12_settle_etm(hs, ext_has(sh->has, EXT_ENCRYPT_THEN_MAC), err);
    if (ret == 0) {
        ret = limits_take(c, TLS_1_2, sh->has, sh->max_fragment_length, sh->record_size_limit,
                          err);
    }
    if (ret != 0) {
        return ret;
    }
    if ((ret = take_names(hs, sh, err)) != 0) {
        return ret;
    }
    /* An identifier is accepted by repeating it, and so is a ticket with that beside it. */
    bool echoed = hs->session_id_len > 0 &&
                  bytes_equal(sh->session_id, bytes_of(hs->session_id, hs->session_id_len));
    if (echoed && (hs->session.ticket_len == 0 || hs->session.version != TLS_1_2)) {
        return fail(err, CSSL_R_SESSION_NOT_OFFERED); /* RFC 8446 4.1.2: it means nothing */
    }
    ret = cert_type_take(hs, sh->has, sh->client_certificate_type, sh->server_certificate_type,
                         !echoed && !auth12_by_psk(hs), err);
    if (ret != 0 || echoed) {
        return ret == 0 ? take_session(hs, err) : ret;
    }
    c->authenticated_at = config_now(c->config);
    if (!auth12_by_psk(hs)) {
        return CLIENT12_WAIT_CERT;
    }
    return kx12(hs) == KX_PSK ? CLIENT12_WAIT_SKE_SHD : CLIENT12_WAIT_SKE;
}

bool client12_session(struct hs *hs, struct session *s)
{
    enum { LIFETIME = 7200 }; /* seconds, when the server does not say (RFC 5077 5.6) */
    struct conn *c = hs->conn;
    *s = (struct session){ 0 };
    if (c->version != TLS_1_2 || !c->extended_master_secret || !c->config->reuse_sessions ||
        !earned_session(hs)) {
        return false;
    }
    if (c->resumed && !hs->ticket_came) {
        *s = hs->session; /* the old one is good until it ends */
        hs->session = (struct session){ 0 };
        c->session_kept = s->has_id;
        return true;
    }
    int64_t now = config_now(c->config);
    uint32_t lifetime = hs->ticket_lifetime == 0 ? LIFETIME : hs->ticket_lifetime;
    if (session_of(c, s, NULL) != 0 || (c->peer != NULL && s->chain_len == 0)) {
        session_wipe(s);
        return false;
    }
    s->expires_at = now + lifetime < s->expires_at ? now + (int64_t)lifetime : s->expires_at;
    s->psk = hs->master;
    s->ticket = hs->session.ticket;
    s->ticket_len = hs->session.ticket_len;
    s->has_id = !hs->ticket_came;
    c->session_kept = s->has_id;
    hs->session.ticket = NULL;
    hs->session.ticket_len = 0;
    return true;
}

int client12_certificate(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    bool empty = false;
    int ret = auth12_take_certificate(hs, m, &empty, err);
    if (ret != 0) {
        return ret;
    }
    if (empty) {
        return fail(err, CSSL_R_CERTIFICATE_NONE);
    }
    if ((ret = auth12_check_key(hs, err)) != 0) {
        return ret;
    }
    if (!hs->status_expected) {
        return verify_next(hs, after_certificate(hs));
    }
    return kx12(hs) == KX_RSA ? CLIENT12_WAIT_STATUS_SHD : CLIENT12_WAIT_STATUS;
}

/* RFC 6066 8: a server that announced a CertificateStatus may leave it out after all. The chain is
 * verified when it is clear what came with it. */
int client12_status(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    const enum hs_state next = after_certificate(hs);
    cssl_bytes response;
    int ret = 0;
    if (m->type == HT_CERTIFICATE_STATUS && (ret = certificate_status_parse(&response, m->body,
                                                                            err)) == 0) {
        ret = staple_keep(hs->conn, &response, 1,
                          bytes_of(hs->early_scts, hs->early_scts_len), err);
    }
    if (ret == 0) {
        ret = auth_verify(hs, err);
    }
    if (ret != 0 || m->type == HT_CERTIFICATE_STATUS) {
        return ret == 0 ? verify_next(hs, next) : ret;
    }
    if (!hs->asking) {
        return hs_rows[next].on(hs, m, err);
    }
    ret = hs_hold(hs, m, err); /* it waits until the chain is settled */
    return ret == 0 ? verify_next(hs, CLIENT12_STATUS_GO) : ret;
}

/* The message in whose place no CertificateStatus came, once the chain is settled. */
int client12_status_go(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    return hs_take_held(hs, hs_rows[after_certificate(hs)].on, err);
}

int client12_server_key_exchange(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    if (m->type == HT_SERVER_HELLO_DONE) {
        return client12_server_hello_done(hs, m, err);
    }
    struct server_key_exchange ske;
    const enum suite_kx kx = kx12(hs);
    int ret = server_key_exchange_parse(&ske, kx, m->body, err);
    if (ret == 0 && kx_has_ecdhe(kx) && !ecdhe12(ske.group)) {
        ret = fail_text(err, CSSL_R_SHARE_NOT_OFFERED, "group %u", ske.group);
    }
    if (ret == 0) {
        ret = exchange12_take_server(hs, &ske, err);
    }
    if (ret == 0 && kx_is_signed(kx)) {
        ret = check_params(hs, &ske, err);
    }
    if (ret != 0) {
        return ret;
    }
    return kx_has_psk(kx) ? CLIENT12_WAIT_SHD_ONLY : CLIENT12_WAIT_SHD;
}

int client12_server_hello_done(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    if (m->type == HT_CERTIFICATE_REQUEST) {
        return take_request(hs, m, err);
    }
    if (m->more) { /* RFC 5246 7.3: it is the client's turn */
        return fail_text(err, CSSL_R_MESSAGE_ACROSS_KEYS, "after ServerHelloDone");
    }
    int ret = empty_parse(m->body, err);
    if (ret == 0) {
        ret = exchange12_begin(hs, err);
    }
    if (ret != 0) {
        return ret;
    }
    if (hs->own == NULL) {
        transcript_drop(&hs->transcript);
    }
    return CLIENT12_KEY_EXCHANGE;
}

int client12_send_key_exchange(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    struct client_key_exchange cke;
    struct kx *kx = NULL;
    if (hs->step != NULL) {
        kx = hs->step->kx;
        hs->step->kx = NULL;
    }
    int ret = hs->certificate_wanted ? auth12_send_certificate(hs, hs->own, err) : 0;
    if (ret == 0) {
        exchange12_client_fill(hs, kx, &cke);
        msg_open(&hs->out, HT_CLIENT_KEY_EXCHANGE);
        client_key_exchange_write(&hs->out, kx12(hs), &cke);
        wr_close(&hs->out);
        ret = hs_send(hs, err);
    }
    if (ret != 0) {
        kx_free(kx);
        return ret;
    }
    if (kx != NULL) {
        ret = exchange12_ask_secret(hs, kx, bytes_of(hs->share, hs->share_len), err);
    } else {
        hs->step = NULL; /* hs_step_done frees it; the next row has none */
    }
    return ret == 0 ? CLIENT12_SECRET : ret;
}

int client12_secret(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    cssl_bytes raw;
    auth12_secret(hs);
    if (hs->own == NULL) {
        return CLIENT12_CCS;
    }
    if (!transcript_raw(&hs->transcript, &raw)) {
        return fail(err, CSSL_R_NOMEM);
    }
    int ret = hs_sign(hs, hs->own, hs->scheme, raw, err);
    return ret == 0 ? CLIENT12_SIGNED : ret;
}

int client12_signed(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = auth13_send_verify(hs, err);
    return ret == 0 ? CLIENT12_CCS : ret;
}

int client12_send_ccs(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = hs_send_ccs12(hs, err);
    return ret == 0 ? CLIENT12_FINISHED : ret;
}

int client12_send_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = auth12_send_finished(hs, err);
    if (ret != 0 || hs->conn->resumed) {
        return ret == 0 ? HS_DONE : ret;
    }
    return hs->ticket_expected ? CLIENT12_WAIT_TICKET : CLIENT12_WAIT_CCS;
}

int client12_ticket(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    struct new_session_ticket12 t;
    int ret = new_session_ticket12_parse(&t, m->body, err);
    if (ret != 0) {
        return ret;
    }
    /* The old one, if there was one, has done its service. */
    hs->session.has_id = false;
    mem_free_wiped(hs->session.ticket, hs->session.ticket_len);
    hs->session.ticket = NULL;
    hs->session.ticket_len = 0;
    if (t.ticket.len > 0) {
        hs->session.ticket = mem_copy(t.ticket.data, t.ticket.len);
        if (hs->session.ticket == NULL) {
            return fail(err, CSSL_R_NOMEM);
        }
        hs->session.ticket_len = t.ticket.len;
        hs->ticket_lifetime = t.lifetime;
        hs->ticket_came = true;
    }
    return CLIENT12_WAIT_CCS;
}

int client12_ccs(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)hs;
    (void)m;
    (void)err;
    return CLIENT12_WAIT_FINISHED;
}

int client12_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    int ret = auth12_take_finished(hs, m, err);
    if (ret != 0) {
        return ret;
    }
    if (hs->conn->resumed) {
        return CLIENT12_CCS;
    }
    hs->conn->peer_verified = hs->conn->peer_verified || auth12_by_psk(hs);
    return HS_DONE;
}

/* earned_session: is there something to resume by? A new ticket, what was resumed, or a new
 * identifier, which is put where a ticket would be. */
static bool earned_session(struct hs *hs)
{
    const struct conn *c = hs->conn;
    if (hs->renegotiation) {
        return false;
    }
    if (hs->ticket_came || c->resumed) {
        return hs->session.ticket_len > 0;
    }
    session_wipe(&hs->session);
    if (c->session_id_len == 0) {
        return false;
    }
    hs->session.ticket = mem_copy(c->session_id, c->session_id_len);
    hs->session.ticket_len = hs->session.ticket == NULL ? 0 : c->session_id_len;
    return hs->session.ticket != NULL;
}

static int check_server_hello(struct hs *hs, const struct server_hello *sh, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    static const uint8_t downgrade[] = { 'D', 'O', 'W', 'N', 'G', 'R', 'D' };
    /* RFC 8446 4.1.3: a server that knows better says that somebody made it speak worse. */
    if (ext_has(hs->asked, EXT_SUPPORTED_VERSIONS) &&
        memcmp(sh->random.data + HELLO_RANDOM - 8, downgrade, sizeof(downgrade)) == 0) {
        return fail(err, CSSL_R_DOWNGRADE);
    }
    if (hs->retried) {
        return fail(err, CSSL_R_VERSION_NOT_OFFERED); /* a retry was of TLS 1.3 */
    }
    const struct suite *suite = suite_find(sh->cipher_suite);
    if (!codes_has(&config->suites, sh->cipher_suite) || suite->version != TLS_1_2) {
        return fail_text(err, CSSL_R_SUITE_NOT_OFFERED, "0x%04x", sh->cipher_suite);
    }
    if (sh->compression != 0) {
        return fail(err, CSSL_R_COMPRESSION);
    }
    if (ext_has(sh->has, EXT_EC_POINT_FORMATS) &&
        memchr(sh->ec_point_formats.data, 0, sh->ec_point_formats.len) == NULL) {
        return fail(err, CSSL_R_POINT_FORMATS);
    }
    int ret = renegotiate_check_suite(hs, sh->cipher_suite, err);
    return ret == 0 ? renegotiate_check_server(hs, sh, err) : ret;
}

/* Where the server's certificate is all, no ServerKeyExchange comes. */
static enum hs_state after_certificate(const struct hs *hs)
{
    return kx12(hs) == KX_RSA ? CLIENT12_WAIT_SHD : CLIENT12_WAIT_SKE;
}

/* The server signs the randoms and its parameters. */
static int check_params(struct hs *hs, const struct server_key_exchange *ske, cssl_error *err)
{
    const struct conn *c = hs->conn;
    if (!scheme12_fits(ske->scheme, suite_find(c->suite)->auth)) {
        return fail_text(err, CSSL_R_SCHEME_NOT_OFFERED, "0x%04x with %s", ske->scheme,
                         name_of_suite(c->suite));
    }
    struct wr w;
    wr_init(&w, RANDOMS12 + HS_MESSAGE_LIMIT);
    signed12(&w, c, ske->params);
    int ret = wr_ok(&w)
                  ? auth12_check_signature(hs, ske->scheme, wr_view(&w), ske->signature, err)
                  : fail(err, CSSL_R_NOMEM);
    wr_free(&w);
    return ret;
}

static int take_names(struct hs *hs, const struct server_hello *sh, cssl_error *err)
{
    struct conn *c = hs->conn;
    if (sh->scts.len > 0) { /* the view is without the length, which stands before it */
        hs->early_scts_len = sh->scts.len + 2;
        hs->early_scts = mem_copy(sh->scts.data - 2, hs->early_scts_len);
        if (hs->early_scts == NULL) {
            return fail(err, CSSL_R_NOMEM);
        }
    }
    if (!ext_has(sh->has, EXT_ALPN)) {
        return 0;
    }
    int ret = conn_check_alpn(c, sh->alpn, err);
    if (ret != 0 || !hs->renegotiation) {
        return ret == 0 ? conn_keep_name(&c->alpn, sh->alpn, err) : ret;
    }
    return bytes_equal(sh->alpn, conn_name(c->alpn))
               ? 0
               : fail_text(err, CSSL_R_RENEGOTIATION_CHANGED, "the application protocol");
}

/* RFC 5246 7.4.1.3, RFC 7627 5.3: suite and extended master secret are the session's. */
static int take_session(struct hs *hs, cssl_error *err)
{
    struct conn *c = hs->conn;
    if (hs->session.suite != c->suite) {
        return fail(err, CSSL_R_SESSION_CHANGED);
    }
    if (!c->extended_master_secret) {
        return fail(err, CSSL_R_SESSION_WITHOUT_EMS);
    }
    if (c->other_policy) {
        return fail(err, CSSL_R_OTHER_POLICY);
    }
    hs->master = hs->session.psk;
    auth12_use_master(hs);
    int ret = auth13_take_session(hs, &hs->session, err);
    if (ret != 0) {
        return ret;
    }
    return hs->ticket_expected ? CLIENT12_WAIT_TICKET : CLIENT12_WAIT_CCS;
}

/* RFC 5246 7.4.4, RFC 8422 5.5: the certificate's key is of one of types, and so are schemes. */
static size_t fitting_schemes(const struct codes *ours, cssl_bytes types,
                              uint16_t schemes[CONFIG_CODES_MAX])
{
    size_t num = 0;
    for (size_t i = 0; i < ours->num; i++) {
        enum suite_auth auth = scheme12_fits(ours->list[i], AUTH_RSA) ? AUTH_RSA : AUTH_ECDSA;
        int type = auth == AUTH_RSA ? CERT_TYPE_RSA_SIGN : CERT_TYPE_ECDSA_SIGN;
        if (scheme12_fits(ours->list[i], auth) && memchr(types.data, type, types.len) != NULL) {
            schemes[num++] = ours->list[i];
        }
    }
    return num;
}

static int take_request(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    struct certificate_request12 cr;
    const cssl_config *config = hs->conn->config;
    if (hs->certificate_wanted) {
        return fail_text(err, CSSL_R_UNEXPECTED_MESSAGE, "a second CertificateRequest");
    }
    int ret = certificate_request12_parse(&cr, m->body, err);
    if (ret != 0) {
        return ret;
    }
    hs->certificate_wanted = true;
    struct auth13_wish *wish = mem_new(sizeof(*wish));
    if (wish == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    auth13_wish(wish, cr.signature_algorithms, bytes_of(NULL, 0), cr.certificate_authorities,
                bytes_of(NULL, 0));
    uint16_t schemes[CONFIG_CODES_MAX];
    size_t num = fitting_schemes(&config->schemes, cr.types, schemes);
    wish->wish.raw = hs->conn->own_raw;
    int index = certkey_pick(config->certkeys, config->num_certkeys, schemes, num, &wish->wish,
                             &hs->scheme);
    hs->own = index < 0 || !cert_type_may_show(hs->conn) ? NULL : &config->certkeys[index];
    mem_free(wish);
    ret = auth_own_or_none(hs, err);
    return ret == 0 ? CLIENT12_WAIT_SHD : ret;
}

/* server12.c - what a server does with each message of TLS 1.2. Knows no order and no record. */
#include "hs/server12.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/ask.h"
#include "hs/auth12.h"
#include "hs/cert_type.h"
#include "hs/auth13.h"
#include "hs/choose12.h"
#include "hs/exchange12.h"
#include "hs/keep.h"
#include "hs/limits.h"
#include "hs/negotiate.h"
#include "hs/post13.h"
#include "hs/psk13.h"
#include "hs/renegotiate.h"
#include "hs/staple.h"
#include "hs/verify.h"

static hs_handler take_key_exchange;
static int check_hello(const struct hs *hs, const struct client_hello *ch, cssl_error *err);
static int make_random(struct hs *hs, uint8_t out[HELLO_RANDOM], cssl_error *err);
static bool find_session(struct hs *hs, const struct client_hello *ch);
static bool is_half_over(const struct hs *hs);
static int make_id(struct hs *hs, cssl_error *err);
static int keep_session(struct hs *hs, cssl_error *err);
static bool new_session(struct hs *hs, struct session *s, int *ret, cssl_error *err);
static int send_server_hello(struct hs *hs, cssl_error *err);
static int send_key_exchange(struct hs *hs, cssl_error *err);
static int send_request(struct hs *hs, cssl_error *err);
static int send_ticket(struct hs *hs, cssl_error *err);

int server12_hello(struct hs *hs, const struct client_hello *ch, cssl_error *err)
{
    struct conn *c = hs->conn;
    uint8_t random[HELLO_RANDOM];
    int ret = check_hello(hs, ch, err);
    if (ret != 0 || (ret = make_random(hs, random, err)) != 0) {
        return ret;
    }
    if ((ret = limits_choose(c, TLS_1_2, ch, err)) != 0) {
        return ret;
    }
    c->extended_master_secret = ext_has(ch->has, EXT_EXTENDED_MASTER_SECRET);
    c->resumed = false; /* a renegotiation never resumes, and leaves a ticket at most */
    c->secure_renegotiation = ext_has(ch->has, EXT_RENEGOTIATION_INFO) ||
                              u16s_has(ch->cipher_suites, SUITE_EMPTY_RENEGOTIATION_INFO_SCSV);
    if (find_session(hs, ch)) {
        if (!c->extended_master_secret) {
            return fail(err, CSSL_R_SESSION_WITHOUT_EMS); /* RFC 7627 5.3 */
        }
        auth12_settle(hs, hs->session.suite, ch->random.data, random);
        hs->master = hs->session.psk;
        auth12_use_master(hs);
        ret = auth13_take_session(hs, &hs->session, err);
        if (ret == 0) {
            ret = cert_type_answer(hs, ch, err);
        }
        return ret == 0 ? SERVER12_RESUME : ret;
    }
    uint16_t suite = 0;
    if ((ret = choose12(hs, ch, &suite, err)) != 0) {
        return ret;
    }
    auth12_settle(hs, suite, ch->random.data, random);
    if ((ret = cert_type_answer(hs, ch, err)) != 0) {
        return ret;
    }
    hs->client_version = ch->legacy_version;
    hs->certificate_wanted = c->config->verify && !auth12_by_psk(hs);
    if (hs->certificate_wanted) {
        transcript_keep(&hs->transcript, HS_MESSAGE_LIMIT);
    }
    if (!kx_has_ecdhe(kx12(hs)) && !kx_has_dhe(kx12(hs))) {
        return SERVER12_HELLO;
    }
    ret = exchange12_ask_pair(hs, err);
    return ret == 0 ? SERVER12_PARAMS : ret;
}

int server12_params(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    struct server_key_exchange ske;
    struct wr params, content;
    hs->shares[hs->num_shares++] = hs->step->kx;
    hs->step->kx = NULL;
    if (!kx_is_signed(kx12(hs))) {
        hs->step = NULL; /* hs_step_done frees it; the next row has none */
        return SERVER12_HELLO;
    }
    exchange12_server_fill(hs, &ske);
    wr_init(&params, HS_MESSAGE_LIMIT);
    wr_init(&content, RANDOMS12 + HS_MESSAGE_LIMIT);
    server_key_exchange_params(&params, kx12(hs), &ske);
    signed12(&content, hs->conn, wr_view(&params));
    int ret = wr_ok(&params) && wr_ok(&content)
                  ? hs_sign(hs, hs->own, hs->scheme, wr_view(&content), err)
                  : fail(err, CSSL_R_NOMEM);
    wr_free(&params);
    wr_free(&content);
    return ret == 0 ? SERVER12_HELLO : ret;
}

int server12_send_hello(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = send_server_hello(hs, err);
    if (ret == 0 && !auth12_by_psk(hs)) {
        ret = auth12_send_certificate(hs, hs->own, err);
    }
    if (ret == 0 && hs->staple != NULL) {
        ret = auth12_send_status(hs, err);
    }
    if (ret == 0 && exchange12_server_speaks(hs)) {
        ret = send_key_exchange(hs, err);
    }
    if (ret == 0 && hs->certificate_wanted) {
        ret = send_request(hs, err);
    }
    if (ret != 0) {
        return ret;
    }
    msg_open(&hs->out, HT_SERVER_HELLO_DONE);
    wr_close(&hs->out);
    if ((ret = hs_send(hs, err)) != 0) {
        return ret;
    }
    return hs->certificate_wanted ? SERVER12_WAIT_CERT : SERVER12_WAIT_CKE;
}

int server12_certificate(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    bool empty = false;
    int ret = auth12_take_certificate(hs, m, &empty, err);
    if (ret != 0) {
        return ret;
    }
    if (empty && hs->conn->config->fail_if_no_peer_cert) {
        /* RFC 5246 7.4.6; certificate_required is of TLS 1.3. */
        return fail(err, CSSL_R_CERTIFICATE_REQUIRED_12);
    }
    hs->peer_has_certificate = !empty;
    return verify_next(hs, SERVER12_WAIT_CKE);
}

int server12_client_key_exchange(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    cssl_bytes identity;
    int ret = exchange12_identity(hs, m->body, &identity, err);
    if (ret == 0 && identity.len > 0) {
        return ask_psk12(hs, m, identity, err);
    }
    return ret == 0 ? take_key_exchange(hs, m, err) : ret;
}

int server12_psk_told(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = ask_psk12_done(hs, err);
    return ret == 0 ? hs_take_held(hs, take_key_exchange, err) : ret;
}

int server12_secret(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    (void)err;
    auth12_secret(hs);
    return hs->peer_has_certificate ? SERVER12_WAIT_CV : SERVER12_WAIT_CCS;
}

int server12_certificate_verify(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    struct certificate_verify cv;
    cssl_bytes raw;
    int ret = certificate_verify_parse(&cv, m->body, err);
    if (ret != 0) {
        return ret;
    }
    if (!transcript_raw(&hs->transcript, &raw)) {
        return fail(err, CSSL_R_NOMEM);
    }
    ret = auth12_check_signature(hs, cv.scheme, raw, cv.signature, err);
    transcript_drop(&hs->transcript);
    return ret == 0 ? SERVER12_WAIT_CCS : ret;
}

int server12_ccs(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)hs;
    (void)m;
    (void)err;
    return SERVER12_WAIT_FINISHED;
}

int server12_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    int ret = auth12_take_finished(hs, m, err);
    if (ret != 0) {
        return ret;
    }
    if (hs->conn->resumed) {
        /* Whoever only names somebody's session does not end it. */
        hs->conn->session_kept = hs->may_id;
        return HS_DONE;
    }
    hs->conn->authenticated_at = config_now(hs->conn->config);
    hs->conn->peer_verified = hs->conn->peer_verified || auth12_by_psk(hs);
    if (hs->may_id && (ret = keep_session(hs, err)) != 0) {
        return ret;
    }
    return SERVER12_CCS;
}

int server12_send_resumed_hello(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    /* The old one is good until it ends. */
    hs->may_ticket = hs->may_ticket && is_half_over(hs);
    int ret = send_server_hello(hs, err);
    return ret == 0 ? SERVER12_CCS : ret;
}

int server12_send_ccs(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = hs->may_ticket ? send_ticket(hs, err) : 0;
    if (ret == 0) {
        ret = hs_send_ccs12(hs, err);
    }
    return ret == 0 ? SERVER12_FINISHED : ret;
}

int server12_send_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = auth12_send_finished(hs, err);
    if (ret != 0) {
        return ret;
    }
    return hs->conn->resumed ? SERVER12_WAIT_CCS : HS_DONE;
}

static int take_key_exchange(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    int ret = exchange12_take_client(hs, m->body, err);
    return ret == 0 ? SERVER12_SECRET : ret;
}

static int check_hello(const struct hs *hs, const struct client_hello *ch, cssl_error *err)
{
    if (memchr(ch->compression.data, 0, ch->compression.len) == NULL) {
        return fail(err, CSSL_R_COMPRESSION); /* RFC 5246 7.4.1.2: null is always offered */
    }
    if (ext_has(ch->has, EXT_EC_POINT_FORMATS) &&
        memchr(ch->ec_point_formats.data, 0, ch->ec_point_formats.len) == NULL) {
        return fail(err, CSSL_R_POINT_FORMATS); /* RFC 8422 5.1.2 */
    }
    return renegotiate_check_client(hs, ch, err);
}

/* RFC 8446 4.1.3: a server that could do TLS 1.3 says so in the last bytes. */
static int make_random(struct hs *hs, uint8_t out[HELLO_RANDOM], cssl_error *err)
{
    static const uint8_t sentinel[] = { 'D', 'O', 'W', 'N', 'G', 'R', 'D', 1 };
    int ret = rand_fill(&hs->conn->config->rand, out, HELLO_RANDOM, err);
    if (ret == 0 && hs->conn->config->tls13) {
        memcpy(out + HELLO_RANDOM - sizeof(sentinel), sentinel, sizeof(sentinel));
    }
    return ret;
}

/* How the client may resume later, and whether it resumes now: hs->session is that session then.
 * Without extended_master_secret nothing is kept (RFC 7627 5.2). */
static bool find_session(struct hs *hs, const struct client_hello *ch)
{
    const cssl_config *config = hs->conn->config;
    const struct session *s = &hs->session;
    bool tickets = ext_has(ch->has, EXT_SESSION_TICKET) &&
                   config->tickets == CSSL_TICKETS_STATELESS;
    bool found = false;
    if (!config->reuse_sessions) {
        return false;
    }
    hs->may_ticket = tickets && hs->conn->extended_master_secret;
    hs->may_id = !tickets && hs->conn->extended_master_secret && !hs->renegotiation;
    if (hs->renegotiation) {
        return false;
    }
    if (tickets) { /* RFC 5077 3.4: an identifier says nothing then */
        found = ch->session_ticket.len > 0 && psk_is_session(hs, TLS_1_2, ch, ch->session_ticket);
    } else if (ch->session_id.len > 0) {
        found = psk_is_session_id(hs, ch);
    }
    if (found && s->extended_master_secret && codes_has(&config->suites, s->suite) &&
        u16s_has(ch->cipher_suites, s->suite)) {
        return true;
    }
    session_wipe(&hs->session);
    return false;
}

/* A ticket whose time is half over is worth a new one. */
static bool is_half_over(const struct hs *hs)
{
    const struct session *s = &hs->session;
    int64_t issued = s->issued_at_ms / 1000;
    return config_now(hs->conn->config) - issued > (s->expires_at - issued) / 2;
}

static int send_server_hello(struct hs *hs, cssl_error *err)
{
    static const uint8_t uncompressed[] = { 0 };
    uint8_t limits[LIMITS_WIRE];
    struct conn *c = hs->conn;
    uint8_t info[RENEGOTIATION_INFO_MAX];
    bool etm = ext_has(hs->asked, EXT_ENCRYPT_THEN_MAC) && c->config->encrypt_then_mac;
    int ret = auth12_settle_etm(hs, etm && suite_find(c->suite)->cipher != CIPHER_AEAD, err);
    if (ret == 0 && !hs->renegotiation) {
        ret = make_id(hs, err);
    }
    if (ret != 0) {
        return ret;
    }
    struct server_hello sh = {
        .legacy_version = TLS_1_2,
        .random = bytes_of(c->randoms + HELLO_RANDOM, HELLO_RANDOM),
        .session_id = bytes_of(c->session_id, hs->renegotiation ? 0 : c->session_id_len),
        .renegotiation_info = renegotiation_info(hs, true, info),
        .cipher_suite = c->suite,
        .alpn = conn_name(c->alpn),
        .ec_point_formats = bytes_of(uncompressed, 1),
    };
    cssl_bytes scts = c->resumed ? bytes_of(NULL, 0) : staple_scts(hs);
    if (!c->resumed) {
        staple_choose(hs);
    }
    if (scts.len > 0) {
        sh.scts = bytes_of(scts.data + 2, scts.len - 2); /* its length is written again */
    }
    const struct {
        uint16_t type;
        bool wanted;
    } rows[] = {
        { EXT_RENEGOTIATION_INFO, c->secure_renegotiation },
        { EXT_EXTENDED_MASTER_SECRET, c->extended_master_secret },
        { EXT_ENCRYPT_THEN_MAC, c->encrypt_then_mac },
        { EXT_ALPN, c->alpn != NULL && !hs->renegotiation },
        { EXT_SERVER_NAME, c->sni != NULL && !c->resumed && !hs->renegotiation },
        { EXT_EC_POINT_FORMATS, ext_has(hs->asked, EXT_EC_POINT_FORMATS) && !c->resumed },
        { EXT_SESSION_TICKET, hs->may_ticket },
        { EXT_STATUS_REQUEST, hs->staple != NULL },
        { EXT_SIGNED_CERTIFICATE_TIMESTAMP, sh.scts.len > 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].wanted) {
            ext_add(&sh.has, rows[i].type);
        }
    }
    limits_answer(c, &sh.has, &sh.max_fragment_length, &sh.record_size_limit, limits);
    sh.has.bits |= hs->cert_types.bits;
    sh.client_certificate_type = cert_type_sent(c->peer_raw);
    sh.server_certificate_type = cert_type_sent(c->own_raw);
    msg_open(&hs->out, HT_SERVER_HELLO);
    server_hello_write(&hs->out, &sh);
    wr_close(&hs->out);
    return hs_send(hs, err);
}

static int send_key_exchange(struct hs *hs, cssl_error *err)
{
    struct server_key_exchange ske;
    exchange12_server_fill(hs, &ske);
    if (kx_is_signed(kx12(hs))) {
        ske.scheme = hs->scheme;
        ske.signature = bytes_of(hs->step->out, hs->step->out_len);
        conn_signed(hs->conn, true, hs->scheme);
    }
    msg_open(&hs->out, HT_SERVER_KEY_EXCHANGE);
    server_key_exchange_write(&hs->out, kx12(hs), &ske);
    wr_close(&hs->out);
    return hs_send(hs, err);
}

static int send_request(struct hs *hs, cssl_error *err)
{
    static const uint8_t types[] = { CERT_TYPE_ECDSA_SIGN, CERT_TYPE_RSA_SIGN };
    const cssl_config *config = hs->conn->config;
    struct codes schemes = { .num = 0 };
    for (size_t k = 0; k < config->schemes.num; k++) {
        if (scheme_of_12(config->schemes.list[k])) {
            codes_add(&schemes, config->schemes.list[k]);
        }
    }
    const struct certificate_request12 cr = {
        .types = bytes_of(types, sizeof(types)),
        .signature_algorithms = codes_wire(&schemes),
        .certificate_authorities = cert_type_authorities(hs->conn),
    };
    msg_open(&hs->out, HT_CERTIFICATE_REQUEST);
    certificate_request12_write(&hs->out, &cr);
    wr_close(&hs->out);
    return hs_send(hs, err);
}

/* Repeating the client's identifier says that its session is resumed, by it or by the ticket that
 * came with it (RFC 5077 3.4); a new one that a new session will be kept. */
static int make_id(struct hs *hs, cssl_error *err)
{
    struct conn *c = hs->conn;
    if (c->resumed) {
        memcpy(c->session_id, hs->session_id, hs->session_id_len);
        c->session_id_len = hs->session_id_len;
        return 0;
    }
    c->session_id_len = hs->may_id ? HELLO_SESSION_ID_MAX : 0;
    return rand_fill(&c->config->rand, c->session_id, c->session_id_len, err);
}

/* new_session fills what the connection leaves behind; false when it is nothing, or a failure. */
static bool new_session(struct hs *hs, struct session *s, int *ret, cssl_error *err)
{
    struct conn *c = hs->conn;
    int64_t now = config_now(c->config);
    int64_t end = now + c->config->ticket_lifetime;
    *ret = session_of(c, s, err);
    s->expires_at = end < s->expires_at ? end : s->expires_at;
    s->psk = hs->master;
    return *ret == 0 && s->expires_at > now && (c->peer == NULL || s->chain_len > 0);
}

static int keep_session(struct hs *hs, cssl_error *err)
{
    struct conn *c = hs->conn;
    struct session s = { 0 };
    uint8_t key[SESSION_DIGEST];
    int ret = 0;
    if (new_session(hs, &s, &ret, err)) {
        cache_id_key(key, bytes_of(c->session_id, c->session_id_len));
        ret = keep_put(c, hs->worker, key, &s, &c->session_kept, err);
    }
    session_wipe(&s);
    return ret;
}

/* RFC 5077 3.3: a ticket that was announced is sent, if need be an empty one. */
static int send_ticket(struct hs *hs, cssl_error *err)
{
    struct conn *c = hs->conn;
    int64_t now = config_now(c->config);
    struct session s = { 0 };
    struct new_session_ticket12 nst = { 0 };
    struct wr ticket;
    int ret = 0;
    wr_init(&ticket, SESSION_ENCODED_MAX);
    if (new_session(hs, &s, &ret, err)) {
        nst.lifetime = (uint32_t)(s.expires_at - now);
        ret = make_ticket(c, hs->worker, &s, now, &ticket, err);
        nst.ticket = wr_view(&ticket);
    }
    if (ret == 0) {
        msg_open(&hs->out, HT_NEW_SESSION_TICKET);
        new_session_ticket12_write(&hs->out, &nst);
        wr_close(&hs->out);
        ret = hs_send(hs, err);
    }
    session_wipe(&s);
    wr_free(&ticket);
    return ret;
}

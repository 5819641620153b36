/* client13.c - what a client does with each message of TLS 1.3. Knows no order and no record. */
#include "hs/client13.h"

#include "base/error.h"
#include "base/mem.h"
#include "config/psks.h"
#include "hs/auth13.h"
#include "hs/cert_type.h"
#include "hs/limits.h"
#include "hs/client12.h"
#include "hs/client_hello.h"
#include "hs/early13.h"
#include "hs/later13.h"
#include "hs/negotiate.h"
#include "hs/verify.h"
#include "pki/hostname.h"

static int ask_share(struct hs *hs, uint16_t group, cssl_error *err);
static int send_first(struct hs *hs, cssl_error *err);
static int find_psks(struct hs *hs, cssl_error *err);
static int find_session(struct hs *hs, cssl_error *err);
static int take_psk(struct hs *hs, const struct server_hello *sh, cssl_error *err);
static int take_retry(struct hs *hs, const struct server_hello *sh, cssl_error *err);
static int check_server_hello(struct hs *hs, const struct server_hello *sh, cssl_error *err);

int client13_start(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    const cssl_config *config = hs->conn->config;
    int ret = rand_fill(&config->rand, hs->client_random, HELLO_RANDOM, err);
    if (ret == 0 && config->grease) {
        ret = rand_fill(&config->rand, hs->grease, sizeof(hs->grease), err);
    }
    if (ret == 0 && !hs->renegotiation) {
        ret = find_session(hs, err);
    }
    return ret == 0 ? verify_session(hs, CLIENT13_OFFER, err) : ret;
}

int client13_offer(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    const cssl_config *config = hs->conn->config;
    int ret = 0;
    if (!hs->renegotiation) {
        ret = find_psks(hs, err);
        /* RFC 8446 D.4; and a server of TLS 1.2 repeats it to say that it takes the ticket. */
        bool wanted = (config->tls13 && config->middlebox_comp_mode) ||
                      client_hello_ticket12(hs).len > 0;
        hs->session_id_len = wanted ? HELLO_SESSION_ID_MAX : 0;
        ret = ret != 0 ? ret
                       : rand_fill(&config->rand, hs->session_id, hs->session_id_len, err);
    }
    if (ret == 0 && hs->session.has_id) { /* RFC 8446 4.1.2: it may be one of TLS 1.2 */
        hs->session_id_len = (uint8_t)hs->session.ticket_len;
        memcpy(hs->session_id, hs->session.ticket, hs->session.ticket_len);
    }
    if (!hs->renegotiation) {
        hs->conn->early_offered = early13_wanted(hs);
    }
    /* Behind a pause there may be an identity that is not known yet. */
    if (ret == 0 && config->tls12 && (config->num_certkeys > 0 || config->pause_at_hello)) {
        transcript_keep(&hs->transcript, HS_MESSAGE_LIMIT); /* TLS 1.2 signs all of it */
    }
    if (ret == 0 && (!config->tls13 || hs->renegotiation)) {
        return send_first(hs, err);
    }
    if (ret == 0) {
        ret = ask_share(hs, config->share_groups.list[0], err);
    }
    return ret == 0 ? CLIENT13_HELLO : ret;
}

int client13_hello(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    const struct codes *groups = &hs->conn->config->share_groups;
    client13_take_share(hs);
    if (hs->num_shares < groups->num && hs->num_shares < HS_SHARES_MAX) {
        int ret = ask_share(hs, groups->list[hs->num_shares], err);
        return ret == 0 ? CLIENT13_HELLO : ret;
    }
    return send_first(hs, err);
}

int client13_server_hello(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    struct server_hello sh;
    struct conn *c = hs->conn;
    int ret = server_hello_parse(&sh, m->body, hs->asked, err);
    if (ret != 0) {
        return ret;
    }
    if (c->config->tls12 && !ext_has(sh.has, EXT_SUPPORTED_VERSIONS) &&
        sh.legacy_version == TLS_1_2) {
        return c->early_offered ? fail(err, CSSL_R_EARLY_DATA_VERSION) /* RFC 8446 D.3 */
                                : client12_server_hello(hs, &sh, err);
    }
    transcript_drop(&hs->transcript);
    if ((ret = check_server_hello(hs, &sh, err)) != 0) {
        return ret;
    }
    if (m->more) {
        return fail_text(err, CSSL_R_MESSAGE_ACROSS_KEYS, "after ServerHello");
    }
    c->version = TLS_1_3;
    if (sh.hello_retry) {
        return take_retry(hs, &sh, err);
    }
    memcpy(c->randoms, hs->client_random, HELLO_RANDOM);
    memcpy(c->randoms + HELLO_RANDOM, sh.random.data, HELLO_RANDOM);
    c->suite = sh.cipher_suite;
    c->hash_alg = (uint8_t)suite_hash(sh.cipher_suite);
    c->aead_alg = (uint8_t)suite_aead(sh.cipher_suite);
    transcript_choose(&hs->transcript, (enum hash_alg)c->hash_alg);
    if ((ret = take_psk(hs, &sh, err)) != 0) {
        return ret;
    }
    /* RFC 8446 4.2.8, 4.2.9: with psk_dhe_ke there is always a share. */
    if (!ext_has(sh.has, EXT_KEY_SHARE)) {
        return fail_text(err, CSSL_R_EXTENSION_MISSING, "key_share");
    }
    for (size_t i = 0; i < hs->num_shares; i++) {
        if (kx_group(hs->shares[i]) == sh.share.group) {
            struct kx *kx = hs->shares[i];
            c->group = sh.share.group;
            hs->shares[i] = hs->shares[--hs->num_shares];
            if ((ret = hs_new_step(hs, err)) != 0) {
                kx_free(kx);
                return ret;
            }
            ret = pk_step_finish(hs->step, kx, sh.share.key, err);
            return ret != 0 ? ret
                   : early13_possible(hs) ? CLIENT13_EARLY_SECRET
                                          : CLIENT13_SECRET;
        }
    }
    return fail_text(err, CSSL_R_SHARE_NOT_OFFERED, "group %u", sh.share.group);
}

int client13_retry(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    if (hs->step != NULL) {
        client13_take_share(hs);
    }
    int ret = hs_send_ccs(hs, err);
    if (ret == 0) {
        ret = client_hello_send(hs, err);
    }
    return ret == 0 ? CLIENT13_WAIT_SH : ret;
}

int client13_secret(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    auth13_handshake_secrets(hs);
    int ret = hs_send_ccs(hs, err);
    return ret == 0 ? CLIENT13_WAIT_EE : ret;
}

int client13_encrypted_extensions(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    struct encrypted_extensions ee;
    struct conn *c = hs->conn;
    int ret = encrypted_extensions_parse(&ee, m->body, hs->asked, err);
    if (ret != 0) {
        return ret;
    }
    ret = limits_take(c, TLS_1_3, ee.has, ee.max_fragment_length, ee.record_size_limit, err);
    if (ret != 0) {
        return ret;
    }
    limits_start(c, true); /* the keys of the handshake are in use already */
    limits_start(c, false);
    if (ext_has(ee.has, EXT_ALPN) && ((ret = conn_check_alpn(c, ee.alpn, err)) != 0 ||
                                      (ret = conn_keep_name(&c->alpn, ee.alpn, err)) != 0)) {
        return ret;
    }
    if ((ret = early13_answered(hs, ext_has(ee.has, EXT_EARLY_DATA), err)) != 0) {
        return ret;
    }
    ret = cert_type_take(hs, ee.has, ee.client_certificate_type, ee.server_certificate_type,
                         !hs->using_psk, err);
    if (ret != 0) {
        return ret;
    }
    if (!hs->using_psk) {
        c->authenticated_at = config_now(c->config);
        return CLIENT13_WAIT_CERT_CR;
    }
    if (!c->resumed) {
        c->authenticated_at = config_now(c->config);
    }
    return early13_possible(hs) && !c->early_accepted ? CLIENT13_EARLY_REFUSED
                                                      : CLIENT13_WAIT_FINISHED;
}

int client13_certificate_request(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    if (m->type != HT_CERTIFICATE_REQUEST) {
        return client13_certificate(hs, m, err);
    }
    struct certificate_request cr;
    int ret = certificate_request_parse(&cr, m->body, err);
    if (ret != 0) {
        return ret;
    }
    if (cr.context.len != 0) {
        return fail(err, CSSL_R_CERTIFICATE_CONTEXT); /* RFC 8446 4.3.2 */
    }
    hs->certificate_wanted = true;
    ret = auth13_pick_own(hs, &cr, err);
    return ret == 0 ? CLIENT13_WAIT_CERT : ret;
}

int client13_certificate(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    bool empty = false;
    int ret = auth13_take_certificate(hs, m, hs->asked, &empty, err);
    if (ret != 0) {
        return ret;
    }
    /* RFC 8446 4.4.2.4: a server's list is never empty. */
    return empty ? fail(err, CSSL_R_CERTIFICATE_NONE) : verify_next(hs, CLIENT13_WAIT_CV);
}

int client13_certificate_verify(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    int ret = auth13_take_verify(hs, m, err);
    return ret == 0 ? CLIENT13_WAIT_FINISHED : ret;
}

int client13_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    int ret = auth13_take_finished(hs, m, err);
    return ret == 0 ? CLIENT13_CERTIFICATE : ret;
}

int client13_send_certificate(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    auth13_application_secrets(hs);
    if (hs->conn->early_accepted) {
        return CLIENT13_END_OF_EARLY;
    }
    if (!hs->certificate_wanted) {
        return CLIENT13_FINISHED;
    }
    int ret = auth13_send_certificate(hs, hs->own, err);
    if (ret != 0 || hs->own == NULL) {
        return ret == 0 ? CLIENT13_FINISHED : ret;
    }
    ret = auth13_ask_signature(hs, hs->own, err);
    return ret == 0 ? CLIENT13_SIGNED : ret;
}

int client13_signed(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = auth13_send_verify(hs, err);
    return ret == 0 ? CLIENT13_FINISHED : ret;
}

int client13_send_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    uint8_t hash[HASH_MAX];
    int ret = auth13_send_finished(hs, err);
    if (ret != 0) {
        return ret;
    }
    if ((ret = later13_keep(hs, err)) != 0) {
        return ret;
    }
    transcript_hash(&hs->transcript, hash);
    schedule13_resumption(&hs->schedule, hash);
    hs->conn->resumption = hs->schedule.resumption;
    return HS_DONE;
}

void client13_take_share(struct hs *hs)
{
    hs->shares[hs->num_shares++] = hs->step->kx;
    hs->step->kx = NULL;
}

static int ask_share(struct hs *hs, uint16_t group, cssl_error *err)
{
    int ret = hs_new_step(hs, err);
    if (ret == 0) {
        pk_step_key_pair(hs->step, group, &hs->conn->config->rand);
    }
    return ret;
}

static int send_first(struct hs *hs, cssl_error *err)
{
    hs->conn->write.first_hello = true; /* what old servers and boxes between expect */
    int ret = client_hello_send(hs, err);
    hs->conn->write.first_hello = false;
    return ret != 0 ? ret : hs->conn->early_offered ? CLIENT13_EARLY_KEYS : CLIENT13_WAIT_SH;
}

/* The PSKs to offer: that of a session with this server, and the config's own. */
static int find_psks(struct hs *hs, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    bool resumes = hs->session.ticket_len > 0 && hs->session.version == TLS_1_3;
    if (!resumes && config->num_psks == 0) {
        return 0;
    }
    hs->psks = mem_new_array(1 + config->num_psks, sizeof(*hs->psks));
    if (hs->psks == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    if (resumes) {
        hs->psks[hs->num_psks++] = (struct hs_psk){
            .session = &hs->session,
            .number = -1,
            .hash = suite_hash(hs->session.suite),
            .identity = bytes_of(hs->session.ticket, hs->session.ticket_len),
            .secret = secret_bytes(&hs->session.psk),
        };
    }
    for (size_t i = 0; i < config->num_psks; i++) {
        const struct config_psk *p = &config->psks[i];
        hs->psks[hs->num_psks++] = (struct hs_psk){
            .number = p->number,
            .origin = p->imported ? PSK_IMPORTED : PSK_EXTERNAL,
            .hash = p->hash,
            .identity = bytes_of(p->identity, p->identity_len),
            .secret = secret_bytes(&p->secret),
        };
    }
    return 0;
}

static int find_session(struct hs *hs, cssl_error *err)
{
    struct conn *c = hs->conn;
    const cssl_config *config = c->config;
    int64_t now = config_now(config);
    if (config->use_ticket != NULL) {
        if (session_copy(&hs->session, config->use_ticket) != 0) {
            return fail(err, CSSL_R_NOMEM);
        }
    } else if (config->keeps_own && c->host != NULL) {
        uint8_t key[SESSION_DIGEST];
        cache_client_key(key, c->host, c->port, bytes_of(config->alpn, config->alpn_len),
                         config->policy);
        (void)cache_take(config->shared->sessions, key, now, &hs->session);
    }
    /* The session must be one of this name, this policy and one of these suites, and be alive.
     * The protocol is the server's to choose; that it is the old one it has to check. */
    cssl_bytes name = bytes_str(conn_verify_name(c));
    const struct session *s = &hs->session;
    bool protocol = s->alpn[0] == '\0' ||
                    alpn_has(bytes_of(config->alpn, config->alpn_len), bytes_str(s->alpn));
    /* TLS 1.2 resumes with the very suite, TLS 1.3 with one of its hash. */
    bool suite = s->version == TLS_1_2
                     ? config->reuse_sessions && s->extended_master_secret &&
                           codes_has(&config->suites, s->suite)
                     : config->tickets13 && suite_version(s->suite) == TLS_1_3 &&
                           first_suite(&config->suites, codes_wire(&config->suites),
                                       suite_hash(s->suite)) != 0;
    if (s->ticket_len > 0 &&
        (!protocol || !suite || (config->verify && !s->peer_verified) ||
         !session_fits(s, s->version, config, name, bytes_str(s->alpn), now))) {
        session_wipe(&hs->session);
    }
    return 0;
}

static int check_server_hello(struct hs *hs, const struct server_hello *sh, cssl_error *err)
{
    static const uint8_t downgrade[] = { 'D', 'O', 'W', 'N', 'G', 'R', 'D' };
    if (sh->legacy_version <= 0x0300) {
        return fail_text(err, CSSL_R_VERSION_NOT_COMMON, "SSL 3.0"); /* RFC 8446 D.5 */
    }
    if (sh->selected_version != TLS_1_3) {
        if (ext_has(sh->has, EXT_SUPPORTED_VERSIONS)) {
            return fail(err, CSSL_R_VERSION_NOT_OFFERED); /* RFC 8446 4.2.1 */
        }
        /* RFC 8446 4.1.3: a server that knows better says that somebody made it speak worse. */
        if (memcmp(sh->random.data + HELLO_RANDOM - 8, downgrade, sizeof(downgrade)) == 0) {
            return fail(err, CSSL_R_DOWNGRADE);
        }
        return fail_text(err, CSSL_R_VERSION_NOT_COMMON, "the server has %s at best",
                         name_of_version(sh->legacy_version) == NULL
                             ? "something older"
                             : name_of_version(sh->legacy_version));
    }
    if (sh->legacy_version != TLS_1_2) {
        return fail(err, CSSL_R_VERSION_NOT_OFFERED);
    }
    if (!bytes_equal(sh->session_id, bytes_of(hs->session_id, hs->session_id_len))) {
        return fail(err, CSSL_R_SESSION_ID_NOT_ECHOED);
    }
    if (sh->compression != 0) {
        return fail(err, CSSL_R_COMPRESSION);
    }
    if (!codes_has(&hs->conn->config->suites, sh->cipher_suite) ||
        suite_version(sh->cipher_suite) != TLS_1_3 ||
        (hs->retried && sh->cipher_suite != hs->retry_suite)) {
        return fail_text(err, CSSL_R_SUITE_NOT_OFFERED, "0x%04x", sh->cipher_suite);
    }
    if (!sh->hello_retry && hs->retried && hs->group != 0 && ext_has(sh->has, EXT_KEY_SHARE) &&
        sh->share.group != hs->group) {
        return fail_text(err, CSSL_R_SHARE_NOT_OFFERED, "group %u", sh->share.group);
    }
    return 0;
}

/* The PSK that the server chose, or none, begins the key schedule. */
static int take_psk(struct hs *hs, const struct server_hello *sh, cssl_error *err)
{
    struct conn *c = hs->conn;
    cssl_bytes psk = bytes_of(NULL, 0);
    if (ext_has(sh->has, EXT_PRE_SHARED_KEY)) {
        /* RFC 8446 4.2.11: one that was offered, with the hash it is bound to. */
        if (sh->selected_psk >= hs->num_psks || hs->psks[sh->selected_psk].hash != c->hash_alg) {
            return fail(err, CSSL_R_PSK_NOT_OFFERED);
        }
        if (c->other_policy) {
            return fail(err, CSSL_R_OTHER_POLICY);
        }
        const struct hs_psk *chosen = &hs->psks[sh->selected_psk];
        hs->using_psk = true;
        hs->psk_index = sh->selected_psk;
        psk = chosen->secret;
        c->psk_number = (int16_t)chosen->number;
        c->peer_verified = true; /* only the holder of an external key gets any further */
        int ret = chosen->session == NULL ? 0 : auth13_take_session(hs, chosen->session, err);
        if (ret != 0) {
            return ret;
        }
    }
    schedule13_early(&hs->schedule, (enum hash_alg)c->hash_alg, psk);
    return 0;
}

static int take_retry(struct hs *hs, const struct server_hello *sh, cssl_error *err)
{
    if (hs->retried) {
        return fail(err, CSSL_R_HELLO_RETRY_TWICE); /* RFC 8446 4.1.4: unexpected_message */
    }
    hs->retried = true;
    hs->conn->hello_retry = true;
    hs->retry_suite = sh->cipher_suite;
    enum hash_alg alg = suite_hash(sh->cipher_suite);
    transcript_choose(&hs->transcript, alg);
    transcript_retry(&hs->transcript);
    if (ext_has(sh->has, EXT_COOKIE)) {
        hs->cookie = mem_copy(sh->cookie.data, sh->cookie.len);
        hs->cookie_len = sh->cookie.len;
        if (hs->cookie == NULL) {
            return fail(err, CSSL_R_NOMEM);
        }
    }
    /* RFC 8446 4.1.4: PSKs of another hash than the suite's are not offered again. */
    size_t kept = 0;
    for (size_t i = 0; i < hs->num_psks; i++) {
        if (hs->psks[i].hash == alg) {
            hs->psks[kept++] = hs->psks[i];
        }
    }
    hs->num_psks = kept;
    const int next = hs->conn->early_offered ? CLIENT13_EARLY_RETRY : CLIENT13_RETRY;
    if (!ext_has(sh->has, EXT_KEY_SHARE)) {
        return next;
    }
    /* RFC 8446 4.2.8: a group that was offered and for which there was no share. */
    hs->group = sh->share.group;
    bool shared = false;
    for (size_t i = 0; i < hs->num_shares; i++) {
        shared = shared || kx_group(hs->shares[i]) == hs->group;
        kx_free(hs->shares[i]);
    }
    hs->num_shares = 0;
    if (shared || !codes_has(&hs->conn->config->groups, hs->group)) {
        return fail_text(err, CSSL_R_RETRY_GROUP, "group %u", hs->group);
    }
    int ret = ask_share(hs, hs->group, err);
    return ret == 0 ? next : ret;
}

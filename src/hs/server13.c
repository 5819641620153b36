/* server13.c - what a server does with each message of TLS 1.3. Knows no order and no record. */
#include "hs/server13.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/auth13.h"
#include "hs/cert_type.h"
#include "hs/early13.h"
#include "hs/later13.h"
#include "hs/limits.h"
#include "hs/negotiate.h"
#include "hs/post13.h"
#include "hs/psk13.h"
#include "hs/renegotiate.h"
#include "hs/staple.h"
#include "hs/server12.h"

enum { SERVER_TICKETS = 2 }; /* after a handshake: one for each of two connections at once */

static int begin13(struct hs *hs, const struct client_hello *ch, cssl_bytes body,
                   cssl_error *err);
static int begin12(struct hs *hs, const struct client_hello *ch, cssl_error *err);
static int check_retried(struct hs *hs, const struct client_hello *ch, cssl_error *err);
static int take_first(struct hs *hs, const struct client_hello *ch, cssl_error *err);
static int find_identity(struct hs *hs, const struct client_hello *ch, cssl_error *err);

int server13_hello(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    struct client_hello *ch = mem_new(sizeof(*ch));
    if (ch == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    uint16_t version = 0;
    int ret = client_hello_parse(ch, m->body, err);
    if (ret == 0 && (ret = check_server_name(ch->server_name, err)) == 0 &&
        (ret = cert_type_check(ch, err)) == 0 &&
        (ret = pick_version(hs->conn->config, ch, hs->renegotiation, &version, err)) == 0) {
        hs->asked = ch->has;
        ret = version == TLS_1_3 ? begin13(hs, ch, m->body, err)
              : hs->retried      ? fail(err, CSSL_R_HELLO_CHANGED)
                                 : begin12(hs, ch, err);
    }
    mem_free(ch);
    return ret;
}

int server13_send_retry(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    const cssl_config *config = hs->conn->config;
    struct server_hello sh = { .legacy_version = TLS_1_2,
                               .random = bytes_of(hello_retry_random, HELLO_RANDOM),
                               .session_id = bytes_of(hs->session_id, hs->session_id_len),
                               .cipher_suite = hs->conn->suite,
                               .hello_retry = true,
                               .selected_version = TLS_1_3,
                               .share = { .group = hs->group } };
    ext_add(&sh.has, EXT_SUPPORTED_VERSIONS);
    ext_add(&sh.has, EXT_KEY_SHARE);
    if (config->cookie) {
        int ret = rand_fill(&config->rand, hs->cookie_sent, sizeof(hs->cookie_sent), err);
        if (ret != 0) {
            return ret;
        }
        sh.cookie = bytes_of(hs->cookie_sent, sizeof(hs->cookie_sent));
        ext_add(&sh.has, EXT_COOKIE);
    }
    hs->retried = true;
    hs->conn->hello_retry = true;
    transcript_choose(&hs->transcript, (enum hash_alg)hs->conn->hash_alg);
    transcript_retry(&hs->transcript);
    msg_open(&hs->out, HT_SERVER_HELLO);
    server_hello_write(&hs->out, &sh);
    wr_close(&hs->out);
    int ret = hs_send(hs, err);
    if (ret == 0) {
        ret = hs_send_ccs(hs, err);
    }
    return ret == 0 ? SERVER13_RETRIED : ret;
}

int server13_send_hello(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    struct conn *c = hs->conn;
    uint8_t *random = c->randoms + HELLO_RANDOM;
    int ret = rand_fill(&c->config->rand, random, HELLO_RANDOM, err);
    if (ret != 0) {
        return ret;
    }
    memcpy(c->randoms, hs->client_random, HELLO_RANDOM);
    struct server_hello sh = { .legacy_version = TLS_1_2,
                               .random = bytes_of(random, HELLO_RANDOM),
                               .session_id = bytes_of(hs->session_id, hs->session_id_len),
                               .cipher_suite = c->suite,
                               .selected_version = TLS_1_3,
                               .share = { c->group, bytes_of(hs->step->out, hs->step->out_len) },
                               .selected_psk = hs->psk_index };
    ext_add(&sh.has, EXT_SUPPORTED_VERSIONS);
    ext_add(&sh.has, EXT_KEY_SHARE);
    if (hs->using_psk) {
        ext_add(&sh.has, EXT_PRE_SHARED_KEY);
    }
    transcript_choose(&hs->transcript, (enum hash_alg)c->hash_alg);
    if (c->early_accepted) {
        early13_secret(hs);
    }
    msg_open(&hs->out, HT_SERVER_HELLO);
    server_hello_write(&hs->out, &sh);
    wr_close(&hs->out);
    if ((ret = hs_send(hs, err)) != 0 || (ret = hs_send_ccs(hs, err)) != 0) {
        return ret;
    }
    auth13_handshake_secrets(hs);
    return SERVER13_PARAMETERS;
}

int server13_send_parameters(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    struct conn *c = hs->conn;
    const cssl_config *config = c->config;
    uint8_t limits[LIMITS_WIRE];
    struct encrypted_extensions ee = { .alpn = conn_name(c->alpn) };
    if (c->alpn != NULL) {
        ext_add(&ee.has, EXT_ALPN);
    }
    if (c->sni != NULL && !hs->using_psk) {
        ext_add(&ee.has, EXT_SERVER_NAME); /* RFC 6066 3: not when resuming */
    }
    if (c->early_accepted) {
        ext_add(&ee.has, EXT_EARLY_DATA);
    }
    limits_answer(c, &ee.has, &ee.max_fragment_length, &ee.record_size_limit, limits);
    ee.has.bits |= hs->cert_types.bits;
    ee.client_certificate_type = cert_type_sent(c->peer_raw);
    ee.server_certificate_type = cert_type_sent(c->own_raw);
    msg_open(&hs->out, HT_ENCRYPTED_EXTENSIONS);
    encrypted_extensions_write(&hs->out, &ee);
    wr_close(&hs->out);
    int ret = hs_send(hs, err);
    if (ret != 0 || hs->using_psk) {
        return ret == 0 ? SERVER13_FINISHED : ret;
    }
    if (config->verify && !config->post_handshake_auth) {
        hs->certificate_wanted = true;
        if ((ret = auth13_send_request(hs, err)) != 0) {
            return ret;
        }
    }
    if ((ret = auth13_send_certificate(hs, hs->own, err)) != 0) {
        return ret;
    }
    ret = auth13_ask_signature(hs, hs->own, err);
    return ret == 0 ? SERVER13_SIGNED : ret;
}

int server13_signed(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = auth13_send_verify(hs, err);
    return ret == 0 ? SERVER13_FINISHED : ret;
}

int server13_send_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    int ret = auth13_send_finished(hs, err);
    if (ret != 0) {
        return ret;
    }
    auth13_application_secrets(hs);
    return hs->conn->early_accepted ? SERVER13_WAIT_EOED
           : hs->certificate_wanted ? SERVER13_WAIT_CERT
                                    : SERVER13_WAIT_FINISHED;
}

int server13_certificate(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    return auth13_take_client(hs, m, SERVER13_WAIT_CV, SERVER13_WAIT_FINISHED, err);
}

int server13_certificate_verify(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    int ret = auth13_take_verify(hs, m, err);
    return ret == 0 ? SERVER13_WAIT_FINISHED : ret;
}

int server13_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    int ret = auth13_take_finished(hs, m, err);
    if (ret != 0) {
        return ret;
    }
    if (!hs->conn->resumed) {
        hs->conn->authenticated_at = config_now(hs->conn->config);
    }
    return SERVER13_TICKETS;
}

int server13_send_tickets(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    uint8_t hash[HASH_MAX];
    int ret = later13_keep(hs, err);
    if (ret != 0) {
        return ret;
    }
    transcript_hash(&hs->transcript, hash);
    schedule13_resumption(&hs->schedule, hash);
    if (!hs->may_ticket || !hs->conn->config->tickets13) {
        return HS_DONE;
    }
    for (uint8_t i = 0; i < SERVER_TICKETS; i++) {
        ret = post13_ticket(hs->conn, hs->worker, &hs->schedule.resumption, i, &hs->flight, err);
        if (ret != 0) {
            return ret;
        }
    }
    return HS_DONE;
}

static int begin13(struct hs *hs, const struct client_hello *ch, cssl_bytes body, cssl_error *err)
{
    struct conn *c = hs->conn;
    size_t share = 0;
    c->version = TLS_1_3;
    int ret = hello_check(ch, err);
    if (ret == 0 && hs->retried) {
        ret = check_retried(hs, ch, err);
    } else if (ret == 0) {
        hello_digest(ch, hs->hello_digest);
        ret = take_first(hs, ch, err);
    }
    if (ret == 0) {
        ret = limits_choose(c, TLS_1_3, ch, err);
    }
    if (ret != 0) {
        return ret;
    }
    early13_announced(hs, ext_has(ch->has, EXT_EARLY_DATA));
    hs->may_ticket = ext_has(ch->has, EXT_PSK_KEY_EXCHANGE_MODES) &&
                     memchr(ch->psk_modes.data, 1, ch->psk_modes.len) != NULL;
    uint16_t group = pick_group(&c->config->groups, ch, &share);
    if (group == 0) {
        return fail(err, CSSL_R_GROUP_NOT_COMMON);
    }
    if (share == ch->num_shares && hs->retried) {
        return fail_text(err, CSSL_R_RETRY_IGNORED, "no share for group %u", hs->group);
    }
    if (share == ch->num_shares) {
        hs->group = group;
        ret = suite13_choose(hs, ch, HASH_NONE, err);
        return ret == 0 ? SERVER13_RETRY : ret;
    }
    c->group = group;
    ret = psk13_find(hs, ch, body, err);
    if (ret == 0 && !hs->using_psk && (ret = suite13_choose(hs, ch, HASH_NONE, err)) == 0) {
        schedule13_early(&hs->schedule, (enum hash_alg)c->hash_alg, bytes_of(NULL, 0));
        ret = find_identity(hs, ch, err);
    }
    if (ret == 0) {
        ret = cert_type_answer(hs, ch, err);
    }
    if (ret == 0 && (ret = hs_new_step(hs, err)) == 0) {
        ret = pk_step_respond(hs->step, group, &c->config->rand, ch->shares[share].key, err);
    }
    if (ret != 0) {
        return ret;
    }
    return early13_accept(hs, ch) ? SERVER13_EARLY : SERVER13_NEGOTIATED;
}

static int begin12(struct hs *hs, const struct client_hello *ch, cssl_error *err)
{
    int ret = take_first(hs, ch, err);
    return ret == 0 ? server12_hello(hs, ch, err) : ret;
}

/* RFC 8446 4.1.2: the second ClientHello is the first one, but for what was asked for. */
static int check_retried(struct hs *hs, const struct client_hello *ch, cssl_error *err)
{
    uint8_t digest[32];
    hello_digest(ch, digest);
    if (memcmp(digest, hs->hello_digest, sizeof(digest)) != 0) {
        return fail(err, CSSL_R_HELLO_CHANGED);
    }
    if (ch->num_shares != 1 || ch->shares[0].group != hs->group) {
        return fail_text(err, CSSL_R_RETRY_IGNORED, "group %u was asked for", hs->group);
    }
    if (ext_has(ch->has, EXT_EARLY_DATA)) {
        return fail_text(err, CSSL_R_HELLO_CHANGED, "early_data"); /* 4.1.2: removed */
    }
    bool cookie = ext_has(ch->has, EXT_COOKIE);
    if (cookie != hs->conn->config->cookie ||
        (cookie && (ch->cookie.len != sizeof(hs->cookie_sent) ||
                    !ct_equal(ch->cookie.data, hs->cookie_sent, sizeof(hs->cookie_sent))))) {
        return fail(err, CSSL_R_COOKIE);
    }
    return 0;
}

/* take_first keeps what a first ClientHello says to both versions. */
static int take_first(struct hs *hs, const struct client_hello *ch, cssl_error *err)
{
    struct conn *c = hs->conn;
    memcpy(hs->client_random, ch->random.data, HELLO_RANDOM);
    memcpy(hs->session_id, ch->session_id.data, ch->session_id.len);
    staple_asked(hs, ch);
    hs->session_id_len = (uint8_t)ch->session_id.len;
    if (hs->renegotiation) {
        return renegotiate_check_names(hs, ch, err);
    }
    cssl_bytes ours = bytes_of(c->config->alpn, c->config->alpn_len);
    if (ch->server_name.len > 0) {
        int ret = conn_keep_name(&c->sni, ch->server_name, err);
        if (ret != 0) {
            return ret;
        }
    }
    if (ours.len == 0 || !ext_has(ch->has, EXT_ALPN)) {
        return 0;
    }
    cssl_bytes alpn = pick_alpn(ours, ch->alpn);
    return alpn.len == 0 ? fail(err, CSSL_R_ALPN_NOT_COMMON) /* RFC 7301 3.2 */
                         : conn_keep_name(&c->alpn, alpn, err);
}

static int find_identity(struct hs *hs, const struct client_hello *ch, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    if (config->num_certkeys == 0) {
        return fail(err, CSSL_R_PSK_REQUIRED);
    }
    if (!ext_has(ch->has, EXT_SIGNATURE_ALGORITHMS)) {
        return fail_text(err, CSSL_R_EXTENSION_MISSING, "signature_algorithms");
    }
    struct auth13_wish *wish = mem_new(sizeof(*wish));
    if (wish == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    auth13_wish(wish, ch->signature_algorithms, ch->signature_algorithms_cert,
                ch->certificate_authorities, ch->server_name);
    struct cert_types common;
    cert_type_common(&common, &config->own_types, ch->has, EXT_SERVER_CERTIFICATE_TYPE,
                     ch->server_certificate_types);
    int index = -1;
    for (size_t i = 0; index < 0 && i < common.num; i++) {
        wish->wish.raw = common.list[i] == CERT_RAW;
        index = certkey_pick(config->certkeys, config->num_certkeys, config->schemes13.list,
                             config->schemes13.num, &wish->wish, &hs->scheme);
    }
    hs->conn->own_raw = wish->wish.raw;
    mem_free(wish);
    if (index < 0) {
        bool kept = certkey_kept(config->certkeys, config->num_certkeys);
        return common.num == 0 ? cert_type_none(ch, err)
                               : fail(err, kept ? CSSL_R_ISSUER_NOT_NAMED
                                                : CSSL_R_SCHEME_NOT_COMMON);
    }
    hs->own = &config->certkeys[index];
    hs->compression = cert_type_compression(hs->conn, ch->compress_certificate);
    return 0;
}

/* ask_hello.c - what is asked when the peer's hello is there, before anything is made of it: the
 * pause itself, a server's config for the name, the secret of a PSK. Chooses nothing itself. */
#include "hs/ask.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/client13.h"
#include "hs/keep.h"
#include "hs/negotiate.h"
#include "hs/psk13.h"
#include "hs/server13.h"

#include <strings.h>

static int parse_client(const struct hs *hs, struct client_hello **ch, cssl_error *err);
static bool hello_waits(const struct hs *hs);
static int begin_names(struct hs *hs, cssl_error *err);
static int begin_sessions(struct hs *hs, cssl_error *err);
static int begin_psks(struct hs *hs, cssl_error *err);
static int next_psk(struct hs *hs, const struct client_hello *ch);
static cssl_config *config_of_host(const cssl_config *config, cssl_bytes host);
static void extensions_of(cssl_hello *hello, cssl_bytes body);

int ask_client_hello(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    /* A renegotiation is under the config that the first hello led to. */
    if (hs->renegotiation ||
        (!config->pause_at_hello && config->num_sni_hosts == 0 &&
         (config->ask_about & (CSSL_ASK_SNI | CSSL_ASK_SESSION | CSSL_ASK_PSK)) == 0)) {
        return server13_hello(hs, m, err);
    }
    int ret = hs_hold(hs, m, err);
    if (ret != 0) {
        return ret;
    }
    if (config->pause_at_hello) {
        hs_ask(hs, &(cssl_question){ .kind = (cssl_ask)ASK_HELLO });
        return SERVER_PAUSED;
    }
    return begin_names(hs, err);
}

int ask_server_hello(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    struct server_hello sh;
    if (!hs->conn->config->pause_at_hello || hs->renegotiation) {
        return client13_server_hello(hs, m, err);
    }
    int ret = server_hello_parse(&sh, m->body, hs->asked, err);
    if (ret != 0) {
        return ret;
    }
    if (sh.hello_retry) { /* the one to look at comes after it */
        return client13_server_hello(hs, m, err);
    }
    if ((ret = hs_hold(hs, m, err)) != 0) {
        return ret;
    }
    hs_ask(hs, &(cssl_question){ .kind = (cssl_ask)ASK_HELLO });
    return CLIENT_PAUSED;
}

int ask_hello_done(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    return hs->conn->server ? begin_names(hs, err) : CLIENT_GO;
}

int ask_sni_done(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    const cssl_answer *a = hs->answer;
    if (a->verdict == CSSL_REJECT) {
        return hs_reject(hs, CSSL_R_NAME_UNRECOGNIZED, err);
    }
    if (a->verdict == CSSL_ACCEPT) {
        conn_set_config(hs->conn, a->config);
    }
    return begin_sessions(hs, err);
}

int ask_session_done(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    return keep_answered(hs) ? begin_psks(hs, err) : begin_sessions(hs, err);
}

int ask_psk_done(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    if (ask_keep_psk(hs)) {
        return SERVER_GO;
    }
    struct client_hello *ch;
    int ret = parse_client(hs, &ch, err);
    ret = ret == 0 ? next_psk(hs, ch) : ret;
    mem_free(ch);
    return ret;
}

int ask_client_go(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    return hs_take_held(hs, client13_server_hello, err);
}

int ask_server_go(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    return hs_take_held(hs, server13_hello, err);
}

int ask_peer_hello(const struct hs *hs, cssl_hello *hello, cssl_error *err)
{
    memset(hello, 0, sizeof(*hello));
    if (!hello_waits(hs)) {
        return fail_text(err, CSSL_R_NOT_NOW, "the handshake is not paused at a hello");
    }
    const struct hs_msg m = hs_held(hs);
    if (!hs->conn->server) {
        struct server_hello sh;
        int ret = server_hello_parse(&sh, m.body, hs->asked, err);
        if (ret == 0) {
            *hello = (cssl_hello){ .legacy_version = sh.legacy_version,
                                   .random = sh.random,
                                   .session_id = sh.session_id,
                                   .cipher_suites = bytes_of(m.body.data + 35 + sh.session_id.len,
                                                             2),
                                   .alpn = sh.alpn };
            extensions_of(hello, m.body);
        }
        return ret;
    }
    struct client_hello *ch;
    int ret = parse_client(hs, &ch, err);
    if (ret == 0) {
        *hello = (cssl_hello){ .client = true,
                               .legacy_version = ch->legacy_version,
                               .random = ch->random,
                               .session_id = ch->session_id,
                               .cipher_suites = ch->cipher_suites,
                               .supported_versions = ch->supported_versions,
                               .supported_groups = ch->supported_groups,
                               .signature_algs = ch->signature_algorithms,
                               .signature_algs_cert = ch->signature_algorithms_cert,
                               .server_name = ch->server_name,
                               .alpn = ch->alpn };
        extensions_of(hello, m.body);
    }
    mem_free(ch);
    return ret;
}

/* hello_waits: the message that is held is a hello, and the program is what it waits for. */
static bool hello_waits(const struct hs *hs)
{
    static const bool at_hello[HS_STATES] = { [CLIENT_PAUSED] = true, [SERVER_PAUSED] = true,
                                              [SERVER_SNI] = true, [SERVER_SESSION] = true,
                                              [SERVER_PSK] = true };
    return hs->asking && at_hello[hs->state];
}

/* parse_client: *ch is to be freed, whatever is returned. */
static int parse_client(const struct hs *hs, struct client_hello **ch, cssl_error *err)
{
    const struct hs_msg m = hs_held(hs);
    *ch = mem_new(sizeof(**ch));
    return *ch == NULL ? fail(err, CSSL_R_NOMEM) : client_hello_parse(*ch, m.body, err);
}

/* The name comes first: all else is the business of the config that it leads to. */
static int begin_names(struct hs *hs, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    struct client_hello *ch;
    int ret = parse_client(hs, &ch, err);
    cssl_bytes host = bytes_of(NULL, 0);
    if (ret == 0 && (ret = check_server_name(ch->server_name, err)) == 0) {
        host = ch->server_name;
    }
    mem_free(ch);
    if (ret != 0) {
        return ret;
    }
    cssl_config *found = host.len > 0 ? config_of_host(config, host) : NULL;
    if (found != NULL) {
        conn_set_config(hs->conn, found);
    } else if (host.len > 0 && (config->ask_about & CSSL_ASK_SNI) != 0) {
        hs_ask(hs, &(cssl_question){ .kind = CSSL_ASK_SNI, .subject = host });
        return SERVER_SNI;
    }
    return begin_sessions(hs, err);
}

/* Sessions come before other secrets: a ticket that is one is no unknown identity. */
static int begin_sessions(struct hs *hs, cssl_error *err)
{
    struct client_hello *ch;
    uint8_t key[SESSION_DIGEST];
    if (!keep_by_program(hs->conn->config) || hs->sessions_asked == KEEP_ASKED_MAX) {
        return begin_psks(hs, err);
    }
    int ret = parse_client(hs, &ch, err);
    bool ask = ret == 0 && psk_next_session(hs, ch, key);
    mem_free(ch);
    if (ask) {
        hs->sessions_asked++;
        keep_ask(hs, key);
    }
    return ret != 0 ? ret : ask ? SERVER_SESSION : begin_psks(hs, err);
}

static int begin_psks(struct hs *hs, cssl_error *err)
{
    struct client_hello *ch;
    if ((hs->conn->config->ask_about & CSSL_ASK_PSK) == 0) {
        return SERVER_GO;
    }
    int ret = parse_client(hs, &ch, err);
    ret = ret == 0 ? next_psk(hs, ch) : ret;
    mem_free(ch);
    return ret;
}

/* next_psk asks about the next identity that is neither a ticket nor the config's own. */
static int next_psk(struct hs *hs, const struct client_hello *ch)
{
    while (hs->psks_seen < ch->num_psks && hs->psks_asked < ASK_PSKS_MAX) {
        cssl_bytes identity = ch->psks[hs->psks_seen++].identity;
        if (identity.len <= ASK_SUBJECT_MAX && !psk_is_known(hs, identity)) {
            hs->psks_asked++;
            hs_ask(hs, &(cssl_question){ .kind = CSSL_ASK_PSK, .subject = identity });
            return SERVER_PSK;
        }
    }
    return SERVER_GO;
}

/* A host's own row goes before "*.", which stands for one label (RFC 9525 6.3). */
static cssl_config *config_of_host(const cssl_config *config, cssl_bytes host)
{
    const char *name = (const char *)host.data;
    const char *dot = memchr(name, '.', host.len);
    for (size_t i = 0; i < config->num_sni_hosts; i++) {
        const char *row = config->sni_hosts[i].host;
        if (strlen(row) == host.len && strncasecmp(row, name, host.len) == 0) {
            return config->sni_hosts[i].config;
        }
    }
    size_t rest = dot == NULL ? 0 : host.len - (size_t)(dot - name);
    for (size_t i = 0; rest > 1 && i < config->num_sni_hosts; i++) {
        const char *row = config->sni_hosts[i].host;
        if (row[0] == '*' && strlen(row) == rest + 1 && strncasecmp(row + 1, dot, rest) == 0) {
            return config->sni_hosts[i].config;
        }
    }
    return NULL;
}

/* The encoded extensions of a hello that was parsed before, so its lengths are right. */
static void extensions_of(cssl_hello *hello, cssl_bytes body)
{
    struct rd r = rd_of(body);
    (void)rd_u16(&r);
    (void)rd_bytes(&r, HELLO_RANDOM);
    (void)rd_view8(&r);
    if (hello->client) {
        (void)rd_view16(&r);
        (void)rd_view8(&r);
    } else {
        (void)rd_bytes(&r, 3); /* suite, compression */
    }
    if (rd_more(&r)) {
        hello->extensions = rd_view16(&r);
    }
}

/* options.c - checks each field of cssl_options and says what is wrong with it. Reads no file. */
#include "config/lists.h"
#include "config/options_ask.h"
#include "config/options_beyond.h"
#include "config/options_types.h"
#include "config/psks.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"
#include "crypto/kx.h"
#include "crypto/suite.h"
#include "pki/hostname.h"

enum {
    HANDSHAKE_SIZE_CLIENT = 131072, /* a server's Certificate, as a client takes it */
    HANDSHAKE_SIZE_SERVER = 65536,
    HANDSHAKE_SIZE_MAX = 0xffffff,
    ALPN_MAX = 0xffff - 2, /* RFC 7301 3.1: a vector of 16 bits in an extension */
    SEND_LIMIT = 262144,
    SEND_LIMIT_MIN = 32768,
    SEND_LIMIT_MAX = 1 << 30,
    FRAGMENT_MIN = 64,
    TICKET_LIFETIME = 7200,
    TICKET_SEED_MIN = 32,
    BACKLOG = 1024,
    HANDSHAKE_TIMEOUT = 30000,
    HANDSHAKES = 1024,
    DEPTH_MAX = CHAIN_CERTS_MAX
};

static const struct list_rule rule_ciphers = { "ciphers", CODES_SUITES, suite_of_any_name,
                                               "cssl_cipher_suites" };
static const struct list_rule rule_ciphers_psk = { "ciphers", CODES_SUITES_PSK, suite_of_any_name,
                                                   "cssl_cipher_suites" };
static const struct list_rule rule_groups = { "supported_groups", CODES_GROUPS, group_of_name,
                                              "cssl_groups" };
static const struct list_rule rule_shares = { "key_share_groups", CODES_GROUPS, group_of_name,
                                              "cssl_groups" };
static const struct list_rule rule_schemes = { "signature_algs", CODES_SCHEMES, scheme_of_name,
                                               "cssl_signature_algs" };
static const struct list_rule rule_cert_schemes = { "signature_algs_cert", CODES_CERT_SCHEMES,
                                                    scheme_of_name,
                                                    "cssl_signature_algs" };

static int check_versions(cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_12(const cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_shares(cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_alpn(cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_verify(cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_tickets(cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_psk(cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_sizes(cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_socket(cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_role(const cssl_config *config, const cssl_options *o, cssl_error *err);
static bool has_psks(const cssl_options *o);
static bool switch_on(cssl_switch s, bool by_default);

int options_check(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    int ret = check_role(config, o, err);
    if (ret != 0) {
        return ret;
    }
    if ((o->versions & ~(unsigned)(CSSL_TLSV1_2 | CSSL_TLSV1_3)) != 0) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "versions",
                           "there are CSSL_TLSV1_2 and CSSL_TLSV1_3, not 0x%x", o->versions);
    }
    if ((ret = list_check(&config->suites, has_psks(o) ? &rule_ciphers_psk : &rule_ciphers,
                          o->ciphers, err)) != 0 ||
        (ret = list_check(&config->groups, &rule_groups, o->supported_groups, err)) != 0 ||
        (ret = list_check(&config->schemes, &rule_schemes, o->signature_algs, err)) != 0 ||
        (ret = list_check(&config->cert_schemes, &rule_cert_schemes, o->signature_algs_cert,
                          err)) != 0 ||
        (ret = check_versions(config, o, err)) != 0 ||
        (ret = check_shares(config, o, err)) != 0 || (ret = check_alpn(config, o, err)) != 0 ||
        (ret = options_cert_types(config, o, err)) != 0 ||
        (ret = check_verify(config, o, err)) != 0 || (ret = check_tickets(config, o, err)) != 0 ||
        (ret = check_psk(config, o, err)) != 0 || (ret = options_tls12(config, o, err)) != 0 ||
        (ret = check_sizes(config, o, err)) != 0 ||
        (ret = options_check_records(config, o, err)) != 0 ||
        (ret = check_socket(config, o, err)) != 0 ||
        (ret = options_check_beyond(config, o, err)) != 0 ||
        (ret = options_check_ask(config, o, err)) != 0 ||
        (ret = options_check_early(config, o, err)) != 0) {
        return ret;
    }
    config->middlebox_comp_mode = switch_on(o->middlebox_comp_mode, true);
    config->cookie = switch_on(o->cookie, true);
    config->client_renegotiation = switch_on(o->client_renegotiation, false);
    config->renegotiate_at = o->renegotiate_at;
    config->defer_steps = o->defer_steps;
    config->trace = o->trace;
    config->log = o->log;
    config->log_level = o->log_level == CSSL_LOG_DEFAULT ? CSSL_LOG_NOTICE : o->log_level;
    config->now_us = o->now_us;
    config->rand = (struct rand_source){ .fn = o->random, .user = o->user };
    config->user = o->user;
    return 0;
}

/* Options of the other role: refused, since whoever sets them expects something of them. */
static int check_role(const cssl_config *config, const cssl_options *o, cssl_error *err)
{
    const struct {
        const char *option;
        bool given;
        bool server_only;
    } rows[] = {
        { "key_share_groups", o->key_share_groups != NULL, false },
        { "server_name_indication", o->server_name_indication != NULL, false },
        { "use_ticket", o->use_ticket.len > 0, false },
        { "grease", o->grease, false },
        { "early_data", o->early_data.len > 0, false },
        { "max_early_data", o->max_early_data != 0, true },
        { "anti_replay_window", o->anti_replay_window != 0, true },
        { "anti_replay_hashes", o->anti_replay_hashes != 0, true },
        { "anti_replay_bits", o->anti_replay_bits != 0, true },
        { "max_fragment_length", o->max_fragment_length != 0, false },
        { "fail_if_no_own_cert", o->fail_if_no_own_cert, false },
        { "fail_if_no_peer_cert", o->fail_if_no_peer_cert != CSSL_DEFAULT, true },
        { "ticket_lifetime", o->ticket_lifetime != 0, true },
        { "ticket_seed", o->ticket_seed.len > 0, true },
        { "cookie", o->cookie != CSSL_DEFAULT, true },
        { "honor_cipher_order", o->honor_cipher_order != CSSL_DEFAULT, true },
        { "psk_hint", o->psk_hint != NULL, true },
        { "dh", o->dh.len > 0, true },
        { "dhfile", o->dhfile != NULL, true },
        { "ip", o->ip != NULL, true },
        { "backlog", o->backlog != 0, true },
        { "reuseport", o->reuseport, true },
        { "ipv6_only", o->ipv6_only, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].given && rows[i].server_only != config->server) {
            return fail_option(err, CSSL_R_OPTION_ROLE, rows[i].option, "%s is for %s only",
                               rows[i].option, rows[i].server_only ? "servers" : "clients");
        }
    }
    return 0;
}

/* check_versions settles which versions there are: those asked for that have a suite, a scheme.
 * Suites of a version that is off are dropped, and those with a pre-shared key without one. */
static int check_versions(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    unsigned versions = o->versions == 0 ? CSSL_TLSV1_2 | CSSL_TLSV1_3 : o->versions;
    struct codes all = config->suites;
    struct codes of_13;
    config->suites.num = 0;
    for (size_t i = 0; i < all.num; i++) {
        if (all.set[i] != 0 && !config->server) {
            return fail_option(err, CSSL_R_OPTION_ROLE, "ciphers",
                               "sets of suites are for servers, who choose; a client's suites "
                               "stand in one order");
        }
        bool is_13 = suite_version(all.list[i]) == TLS_1_3;
        if (kx_has_psk(suite_kx(all.list[i])) && !has_psks(o)) {
            continue; /* nothing to agree on with it */
        }
        if ((versions & (is_13 ? CSSL_TLSV1_3 : CSSL_TLSV1_2)) != 0) {
            codes_add(&config->suites, all.list[i]);
            config->suites.set[config->suites.num - 1] = all.set[i];
            config->tls13 = config->tls13 || is_13;
            config->tls12 = config->tls12 || !is_13;
        }
    }
    codes_all(&of_13, CODES_SCHEMES_13);
    for (size_t i = 0; i < config->schemes.num; i++) {
        if (codes_has(&of_13, config->schemes.list[i])) {
            codes_add(&config->schemes13, config->schemes.list[i]);
        }
    }
    if (config->tls13 && config->tls12 && config->schemes13.num == 0 &&
        (o->versions & CSSL_TLSV1_3) != 0) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "signature_algs",
                           "TLS 1.3 signs with none of them, and stands in versions");
    }
    config->tls13 = config->tls13 && config->schemes13.num > 0;
    if (!config->tls12) {
        config->schemes = config->schemes13; /* nothing else is to be signed with them */
    }
    if (!config->tls12 && !config->tls13) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "ciphers",
                           "none of them is of a version that is on; suites with PSK in their "
                           "names need psk and psk_identity");
    }
    return check_12(config, o, err);
}

/* Options that are for TLS 1.2 alone, and that nothing would come of without it. */
static int check_12(const cssl_config *config, const cssl_options *o, cssl_error *err)
{
    const struct {
        const char *option;
        bool given;
    } rows[] = {
        { "reuse_sessions", o->reuse_sessions == CSSL_ON },
        { "client_renegotiation", o->client_renegotiation == CSSL_ON },
        { "renegotiate_at", o->renegotiate_at != 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows) && !config->tls12; i++) {
        if (rows[i].given) {
            return fail_option(err, CSSL_R_OPTION_CONFLICT, rows[i].option,
                               "%s is for TLS 1.2, which is off", rows[i].option);
        }
    }
    return 0;
}

/* has_psks: there is a pre-shared key for TLS 1.2's suites, or the program tells them. One that is
 * imported is not for these (RFC 9258). */
static bool has_psks(const cssl_options *o)
{
    return (o->psk.len > 0 && !o->psk_import) || (o->ask_about & CSSL_ASK_PSK) != 0;
}

/* Groups with ML-KEM are of TLS 1.3: without it they are not offered. */
static int drop_kems(cssl_config *config, cssl_error *err)
{
    const struct codes all = config->groups;
    config->groups.num = 0;
    for (size_t i = 0; i < all.num; i++) {
        if (config->tls13 || !kx_has_kem(all.list[i])) {
            codes_add(&config->groups, all.list[i]);
        }
    }
    return config->groups.num > 0
               ? 0
               : fail_option(err, CSSL_R_OPTION_CONFLICT, "supported_groups",
                             "TLS 1.2 has none of them: they are of TLS 1.3");
}

static int check_shares(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    struct codes *c = &config->share_groups;
    if (drop_kems(config, err) != 0) {
        return CSSL_OPTION;
    }
    if (o->key_share_groups == NULL) {
        c->list[c->num++] = config->groups.list[0];
        for (size_t i = 1; kx_has_kem(c->list[0]) && i < config->groups.num; i++) {
            if (!kx_has_kem(config->groups.list[i])) {
                c->list[c->num++] = config->groups.list[i];
                break;
            }
        }
        return 0;
    }
    int ret = list_check(c, &rule_shares, o->key_share_groups, err);
    if (ret != 0) {
        return ret;
    }
    /* RFC 8446 4.2.8: shares follow the order of supported_groups and stand in it. */
    size_t at = 0;
    for (size_t i = 0; i < c->num; i++) {
        while (at < config->groups.num && config->groups.list[at] != c->list[i]) {
            at++;
        }
        if (at == config->groups.num) {
            return fail_option(err, CSSL_R_OPTION_VALUE, "key_share_groups",
                               "%s is not in supported_groups, or not in the same order there",
                               name_of_group(c->list[i]));
        }
    }
    return 0;
}

static int check_alpn(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    if (o->alpn_protocols == NULL) {
        return 0;
    }
    size_t total = 0;
    for (size_t i = 0; o->alpn_protocols[i] != NULL; i++) {
        size_t len = strlen(o->alpn_protocols[i]);
        if (len == 0 || len > 255) {
            return fail_option(err, CSSL_R_OPTION_VALUE, "alpn_protocols",
                               "a protocol's name has 1 to 255 bytes, not %zu", len);
        }
        total += 1 + len;
    }
    if (total == 0 || total > ALPN_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "alpn_protocols", "the list is %s",
                           total == 0 ? "empty" : "too long");
    }
    struct wr w;
    wr_init(&w, ALPN_MAX);
    for (size_t i = 0; o->alpn_protocols[i] != NULL; i++) {
        wr_vec8(&w, bytes_str(o->alpn_protocols[i]));
    }
    if (!wr_ok(&w)) {
        wr_free(&w);
        return fail(err, CSSL_R_NOMEM);
    }
    config->alpn_len = w.len;
    config->alpn = mem_copy(w.data, w.len);
    wr_free(&w);
    return config->alpn == NULL ? fail(err, CSSL_R_NOMEM) : 0;
}

static int check_verify(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    config->verify = config->server ? o->verify == CSSL_VERIFY_PEER
                                    : o->verify != CSSL_VERIFY_NONE;
    if (!config->verify && (o->cacertfile != NULL || o->cacerts.len > 0)) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT,
                           o->cacertfile != NULL ? "cacertfile" : "cacerts",
                           "nothing is verified, so no authorities are needed; set verify to "
                           "CSSL_VERIFY_PEER or leave them out");
    }
    if (o->cacertfile != NULL && o->cacerts.len > 0) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "cacerts",
                           "give cacertfile or cacerts, not both");
    }
    if (o->no_cacerts && (o->cacertfile != NULL || o->cacerts.len > 0)) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "no_cacerts",
                           "there are no authorities, or those in cacertfile or cacerts");
    }
    if (config->server && config->verify && !o->no_cacerts && o->cacertfile == NULL &&
        o->cacerts.len == 0 && cert_types_has(&config->peer_types, CERT_X509)) {
        return fail_option(err, CSSL_R_OPTION_MISSING, "cacertfile",
                           "whose client certificates are to be accepted? name the authorities "
                           "in cacertfile or cacerts");
    }
    if (config->server && !config->verify && o->fail_if_no_peer_cert == CSSL_ON) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "fail_if_no_peer_cert",
                           "it needs verify set to CSSL_VERIFY_PEER");
    }
    config->fail_if_no_peer_cert = config->verify && switch_on(o->fail_if_no_peer_cert, true);
    if (o->depth < CSSL_NO_INTERMEDIATES || o->depth > DEPTH_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "depth",
                           "%d is not between 1 and %d (or CSSL_NO_INTERMEDIATES)", o->depth,
                           DEPTH_MAX);
    }
    config->depth = o->depth == 0                       ? CHAIN_DEPTH_DEFAULT
                    : o->depth == CSSL_NO_INTERMEDIATES ? 0
                                                        : o->depth;
    if (o->server_name_indication != NULL) {
        const char *name = o->server_name_indication;
        uint8_t ip[16];
        if (name[0] != '\0' && !hostname_is_dns(name) && hostname_is_ip(name, ip) == 0) {
            return fail_option(err, CSSL_R_OPTION_VALUE, "server_name_indication",
                               "\"%.253s\" is neither a host name nor an address", name);
        }
        config->has_sni = true;
        config->sni = name;
    }
    return 0;
}

static int check_tickets(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    cssl_tickets t = o->session_tickets;
    bool for_clients = t == CSSL_TICKETS_AUTO || t == CSSL_TICKETS_MANUAL;
    bool for_servers = t == CSSL_TICKETS_STATEFUL || t == CSSL_TICKETS_STATELESS;
    if ((int)t < 0 || t > CSSL_TICKETS_STATELESS) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "session_tickets", "%d is no mode", (int)t);
    }
    if ((for_clients && config->server) || (for_servers && !config->server)) {
        return fail_option(err, CSSL_R_OPTION_ROLE, "session_tickets",
                           "this mode is for %s only", for_clients ? "clients" : "servers");
    }
    if (t == CSSL_TICKETS_DEFAULT) {
        t = !config->server                              ? CSSL_TICKETS_AUTO
            : (o->ask_about & CSSL_ASK_SESSION) != 0 ? CSSL_TICKETS_STATEFUL
                                                         : CSSL_TICKETS_STATELESS;
    }
    config->tickets = t;
    config->tickets13 = t != CSSL_TICKETS_DISABLED && !o->tls12_tickets_only;
    config->verify_on_resume = o->verify_on_resume;
    config->reuse_sessions = switch_on(o->reuse_sessions, t != CSSL_TICKETS_DISABLED);
    config->keeps_own = !config->server && (t == CSSL_TICKETS_AUTO ||
                                            (t == CSSL_TICKETS_DISABLED && config->reuse_sessions));
    if (o->ticket_lifetime > SESSION_AGE_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "ticket_lifetime",
                           "%u seconds are more than RFC 8446's 7 days (%d)", o->ticket_lifetime,
                           SESSION_AGE_MAX);
    }
    config->ticket_lifetime = o->ticket_lifetime == 0 ? TICKET_LIFETIME : o->ticket_lifetime;
    if (o->ticket_seed.len > 0 && o->ticket_seed.len < TICKET_SEED_MIN) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "ticket_seed",
                           "%zu bytes are too few: %d or more that nobody can guess",
                           o->ticket_seed.len, TICKET_SEED_MIN);
    }
    if (o->ticket_seed.len > 0 && t != CSSL_TICKETS_STATELESS &&
        (o->ask_about & CSSL_ASK_SESSION) == 0) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "ticket_seed",
                           "it is for CSSL_TICKETS_STATELESS, and for CSSL_ASK_SESSION");
    }
    if (o->use_ticket.len > 0 && t != CSSL_TICKETS_MANUAL) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "use_ticket",
                           "it needs session_tickets set to CSSL_TICKETS_MANUAL");
    }
    return 0;
}

static int check_psk(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    if (o->psk_identity == NULL && o->psk.len == 0) {
        return 0;
    }
    if (o->psk_identity == NULL || o->psk_identity[0] == '\0' || o->psk.len == 0) {
        return fail_option(err, CSSL_R_OPTION_MISSING,
                           o->psk.len == 0 ? "psk" : "psk_identity",
                           "a pre-shared key needs both psk and psk_identity");
    }
    if (strlen(o->psk_identity) > PSK_IDENTITY_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "psk_identity", "more than 1,024 bytes");
    }
    if (o->psk.len < PSK_MIN || o->psk.len > PSK_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "psk",
                           "%zu bytes; %d to %d are possible, and no password: anybody who "
                           "watches can try passwords", o->psk.len, PSK_MIN, PSK_MAX);
    }
    config->psk_identity = o->psk_identity;
    config->psk = o->psk.data;
    config->psk_len = o->psk.len;
    return 0;
}

static int check_sizes(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    size_t handshake = config->server ? HANDSHAKE_SIZE_SERVER : HANDSHAKE_SIZE_CLIENT;
    const struct {
        const char *option;
        size_t given, low, high, by_default;
        size_t *to;
    } rows[] = {
        { "max_handshake_size", o->max_handshake_size, 1024, HANDSHAKE_SIZE_MAX, handshake,
          &config->max_handshake_size },
        { "send_limit", o->send_limit, SEND_LIMIT_MIN, SEND_LIMIT_MAX, SEND_LIMIT,
          &config->send_limit },
        { "record_padding", o->record_padding, 2, REC_PLAIN_MAX, 0, &config->record_padding },
        { "max_fragment", o->max_fragment, FRAGMENT_MIN, REC_PLAIN_MAX, REC_PLAIN_MAX,
          &config->max_fragment },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        *rows[i].to = rows[i].given == 0 ? rows[i].by_default : rows[i].given;
        if (rows[i].given != 0 && (rows[i].given < rows[i].low || rows[i].given > rows[i].high)) {
            return fail_option(err, CSSL_R_OPTION_VALUE, rows[i].option,
                               "%zu bytes are not between %zu and %zu", rows[i].given,
                               rows[i].low, rows[i].high);
        }
    }
    config->key_update_at = o->key_update_at;
    return 0;
}

static int check_socket(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    struct config_socket *s = &config->socket;
    uint8_t ip[16];
    s->server = config->server;
    if (o->ip != NULL && hostname_is_ip(o->ip, ip) == 0) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "ip", "\"%.100s\" is not an IP address",
                           o->ip);
    }
    if (o->backlog < 0 || o->handshake_timeout < 0) {
        return fail_option(err, CSSL_R_OPTION_VALUE,
                           o->backlog < 0 ? "backlog" : "handshake_timeout", "it is negative");
    }
    s->ip = o->ip;
    s->backlog = o->backlog == 0 ? BACKLOG : o->backlog;
    s->reuseport = o->reuseport;
    s->ipv6_only = o->ipv6_only;
    s->handshake_timeout = o->handshake_timeout == 0 ? HANDSHAKE_TIMEOUT : o->handshake_timeout;
    s->max_handshakes = o->max_handshakes == 0 ? HANDSHAKES : o->max_handshakes;
    return 0;
}

static bool switch_on(cssl_switch s, bool by_default)
{
    return s == CSSL_DEFAULT ? by_default : s == CSSL_ON;
}

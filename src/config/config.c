/* config.c - makes configs: options checked, files read, what is sent often encoded once. */
#include "config/options_ask.h"

#include "base/error.h"
#include "base/mem.h"
#include "config/options_types.h"
#include "config/psks.h"
#include "config/packed.h"
#include "config/trusted_keys.h"

#include <time.h>

/* Bytes of names in a CertificateRequest, which has 16,384 in all; beyond that none is named. */
enum { AUTHORITIES_MAX = 15 * 1024 };

static int take_options(cssl_options *o, const cssl_options *options, size_t size,
                        cssl_error *err);
static cssl_config *config_make(bool server, cssl_config *old, const cssl_options *given,
                                cssl_error *err);
static cssl_config *config_from(bool server, cssl_config *old, const cssl_options *options,
                                size_t size, cssl_error *err);
static int load_identities(cssl_config *config, const cssl_options *o, char *warning,
                           cssl_error *err);
static void say_warning(cssl_error *err, const char *warning);
static int load_anchors(cssl_config *config, const cssl_options *o, cssl_error *err);
static int encode_authorities(cssl_config *config, const cssl_options *o, cssl_error *err);
static int load_ticket(cssl_config *config, const cssl_options *o, cssl_error *err);
static void digest_policy(cssl_config *config);
static int want_replay(const cssl_config *config, cssl_error *err);

cssl_config *cssl_client_config_sized(const cssl_options *options, size_t size, cssl_error *err)
{
    return config_from(false, NULL, options, size, err);
}

cssl_config *cssl_server_config_sized(const cssl_options *options, size_t size, cssl_error *err)
{
    return config_from(true, NULL, options, size, err);
}

cssl_config *cssl_config_renew_sized(cssl_config *old, const cssl_options *options, size_t size,
                                     cssl_error *err)
{
    return config_from(old->server, old, options, size, err);
}

cssl_config *cssl_config_derive_sized(cssl_config *base, const cssl_options *more, size_t size,
                                      cssl_error *err)
{
    cssl_options m;
    cssl_options o = *options_of(base->options);
    if (take_options(&m, more, size, err) != 0) {
        return NULL;
    }
    options_merge(&o, &m);
    return config_make(base->server, base, &o, err);
}

cssl_config *cssl_config_ref(cssl_config *config)
{
    (void)atomic_fetch_add_explicit(&config->refs, 1, memory_order_relaxed);
    return config;
}

void cssl_config_free(cssl_config *config)
{
    if (config == NULL ||
        atomic_fetch_sub_explicit(&config->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    config_unpack(config);
    psks_free(config);
    trusted_keys_free(config);
    for (size_t i = 0; i < config->num_certkeys; i++) {
        certkey_free(&config->certkeys[i]);
    }
    mem_free(config->certkeys);
    store_free(config->anchors);
    shared_free(config->shared);
    if (config->use_ticket != NULL) {
        session_wipe(config->use_ticket);
        mem_free(config->use_ticket);
    }
    peer_rules_free(&config->rules);
    mem_free(config->authorities);
    mem_free(config->alpn);
    mem_free(config->dh);
    keylog_close(config);
    options_kept_free(config->options); /* last: others view it */
    mem_free_wiped(config, sizeof(*config));
}

const struct config_socket *config_socket(const cssl_config *config)
{
    return &config->socket;
}

int64_t config_now_us(const cssl_config *config, cssl_clock which)
{
    if (config->now_us != NULL) {
        return config->now_us(config->user, which);
    }
    struct timespec ts;
    (void)clock_gettime(which == CSSL_CLOCK_WALL ? CLOCK_REALTIME : CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t config_now(const cssl_config *config)
{
    return config_now_us(config, CSSL_CLOCK_WALL) / 1000000;
}

static cssl_config *config_from(bool server, cssl_config *old, const cssl_options *options,
                                size_t size, cssl_error *err)
{
    cssl_options o;
    return take_options(&o, options, size, err) == 0 ? config_make(server, old, &o, err) : NULL;
}

/* take_options copies what a program of any version passes. */
static int take_options(cssl_options *o, const cssl_options *options, size_t size,
                        cssl_error *err)
{
    memset(o, 0, sizeof(*o));
    if (options == NULL) {
        return 0;
    }
    /* A program newer than the library: what it knows more must be left at zero. */
    for (size_t i = sizeof(*o); i < size; i++) {
        if (((const uint8_t *)options)[i] != 0) {
            return fail_option(err, CSSL_R_OPTION_NOT_SUPPORTED, "size",
                               "the program uses options of a newer cssl than %s", CSSL_VERSION);
        }
    }
    memcpy(o, options, min_size(size, sizeof(*o)));
    return 0;
}

static cssl_config *config_make(bool server, cssl_config *old, const cssl_options *given,
                                cssl_error *err)
{
    cssl_config *config = mem_new(sizeof(*config));
    if (config == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    char warning[CERTKEY_WARNING_MAX] = "";
    atomic_init(&config->refs, 1);
    config->server = server;
    config->keylog_fd = -1;
    config->options = options_keep(given, err);
    if (config->options == NULL) {
        cssl_config_free(config);
        return NULL;
    }
    const cssl_options *o = options_of(config->options);
    if (options_check(config, o, err) != 0 || keylog_open(config, o, err) != 0 ||
        load_identities(config, o, warning, err) != 0 ||
        options_types_shown(config, err) != 0 ||
        peer_rules_check(&config->rules, o, server, config->verify, err) != 0 ||
        load_anchors(config, o, err) != 0 || encode_authorities(config, o, err) != 0 ||
        config_load_dh(config, o, err) != 0 || load_ticket(config, o, err) != 0 ||
        config_pack(config, err) != 0 || psks_load(config, o, err) != 0) {
        cssl_config_free(config);
        return NULL;
    }
    digest_policy(config);
    config->shared = old != NULL ? shared_renew(old->shared, config->ticket_lifetime,
                                                o->ticket_seed, err)
                                 : shared_new(server, config->ticket_lifetime, o->ticket_seed, err);
    if (config->shared == NULL || want_replay(config, err) != 0) {
        cssl_config_free(config);
        return NULL;
    }
    say_warning(err, warning);
    return config;
}

/* A server that takes early data has a filter, which is the same for all renewals. */
static int want_replay(const cssl_config *config, cssl_error *err)
{
    if (config->max_early_data == 0) {
        return 0;
    }
    return shared_want_replay(config->shared, &config->anti_replay, &config->rand,
                              config_now_us(config, CSSL_CLOCK_WALL) / 1000, err);
}

/* What is no failure but should be known stands in the text of a success. */
static void say_warning(cssl_error *err, const char *warning)
{
    if (err != NULL) {
        *err = (cssl_error){ .status = CSSL_OK, .cert_index = -1 };
        text_printable(err->text, sizeof(err->text), warning, strlen(warning));
    }
}

static int load_identities(cssl_config *config, const cssl_options *o, char *warning,
                           cssl_error *err)
{
    bool single = o->certfile != NULL || o->keyfile != NULL;
    if (single && o->num_certs_keys > 0) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "certs_keys",
                           "give certfile and keyfile, or certs_keys, not both");
    }
    if (o->num_certs_keys > 0 && o->certs_keys == NULL) {
        return fail_option(err, CSSL_R_OPTION_MISSING, "certs_keys", "it is NULL");
    }
    const bool raw = cert_types_has(&config->own_types, CERT_RAW);
    if (single && o->certfile == NULL && !raw) {
        return fail_option(err, CSSL_R_OPTION_MISSING, "certfile",
                           "keyfile alone is no identity: name the certificate too");
    }
    size_t num = single ? 1 : o->num_certs_keys;
    if (num == 0) {
        bool asks = config->num_sni_hosts > 0 ||
                    (config->ask_about & (CSSL_ASK_SNI | CSSL_ASK_PSK)) != 0;
        if (config->server && config->psk == NULL && o->num_psks == 0 && !asks) {
            return fail_option(err, CSSL_R_OPTION_MISSING, "certfile",
                               "a server needs certfile and keyfile; make them with: cssl cert "
                               "self-signed --name localhost");
        }
        return !o->fail_if_no_own_cert
                   ? 0
                   : fail_option(err, CSSL_R_OPTION_CONFLICT, "fail_if_no_own_cert",
                                 "there is no certificate: it would leave every server that asks; "
                                 "name one in certfile or certs_keys");
    }
    config->fail_if_no_own_cert = o->fail_if_no_own_cert;
    config->certkeys = mem_new_array(num, sizeof(*config->certkeys));
    if (config->certkeys == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    const cssl_cert_key one = { .certfile = o->certfile,
                                .keyfile = o->keyfile,
                                .password = o->password };
    for (size_t i = 0; i < num; i++) {
        char said[CERTKEY_WARNING_MAX];
        const cssl_cert_key *conf = single ? &one : &o->certs_keys[i];
        if (!config->server &&
            (conf->staplefile != NULL || conf->staple.len > 0 || conf->scts.len > 0)) {
            return fail_option(err, CSSL_R_OPTION_ROLE, "certs_keys",
                               "only servers staple responses and timestamps");
        }
        bool bare = raw && conf->certfile == NULL && conf->cert.len == 0;
        int ret = (bare ? certkey_load_key : certkey_load)(&config->certkeys[i], conf, said, err);
        config->num_certkeys += ret == 0 ? 1 : 0;
        if (ret != 0 ||
            (ret = options_identity_schemes(config, &config->certkeys[i], conf, err)) != 0) {
            return ret;
        }
        if (said[0] != '\0') {
            memcpy(warning, said, sizeof(said));
        }
    }
    return 0;
}

static int load_anchors(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    if (!config->verify) {
        return 0;
    }
    int ret = trusted_keys_load(config, o, err);
    if (ret != 0 || !cert_types_has(&config->peer_types, CERT_X509)) {
        return ret;
    }
    if (o->cacertfile != NULL) {
        config->anchors = store_from_file(o->cacertfile, err);
    } else if (o->cacerts.len > 0) {
        config->anchors = store_from_memory(o->cacerts, err);
    } else if (o->no_cacerts) {
        config->anchors = store_empty(err);
    } else {
        config->anchors = store_system(err);
    }
    if (config->anchors != NULL) {
        return 0;
    }
    /* Whatever kept it from being read, the option is at fault. */
    if (err != NULL && err->status != CSSL_NOMEM) {
        err->status = CSSL_OPTION;
        err->option = o->cacerts.len > 0 ? "cacerts" : "cacertfile";
    }
    return CSSL_OPTION;
}

/* The names of the anchors are the same in each CertificateRequest, and in each ClientHello of a
 * client that has them sent (RFC 8446 4.2.4). */
static int encode_authorities(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    bool wanted = o->certificate_authorities == CSSL_ON ||
                  (o->certificate_authorities == CSSL_DEFAULT && config->server);
    if (config->anchors == NULL || !wanted) {
        return 0;
    }
    struct wr w;
    wr_init(&w, AUTHORITIES_MAX);
    for (size_t i = 0; i < store_size(config->anchors); i++) {
        wr_vec16(&w, cert_subject(store_cert(config->anchors, i)));
    }
    int ret = 0;
    if (wr_ok(&w) && w.len > 0) {
        config->authorities = mem_copy(w.data, w.len);
        config->authorities_len = w.len;
        ret = config->authorities == NULL ? fail(err, CSSL_R_NOMEM) : 0;
    }
    wr_free(&w);
    return ret;
}

static int load_ticket(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    if (o->use_ticket.len == 0) {
        return 0;
    }
    config->use_ticket = mem_new(sizeof(*config->use_ticket));
    if (config->use_ticket == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    if (session_decode(config->use_ticket, o->use_ticket, NULL) != 0 ||
        config->use_ticket->ticket_len == 0) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "use_ticket",
                           "it is not what CSSL_EV_TICKET handed out");
    }
    return 0;
}

/* Two configs with one digest trust the same peers: a session made under the one may be resumed
 * under the other. The numbers say how long each part is, so that no two parts trade bytes. */
static void digest_policy(cssl_config *config)
{
    struct hash h;
    hash_init(&h, HASH_SHA256);
    const size_t name_len = config->psk_identity == NULL ? 0 : strlen(config->psk_identity);
    const bool own_raw = cert_types_has(&config->own_types, CERT_RAW);
    const bool peer_raw = cert_types_has(&config->peer_types, CERT_RAW);
    const uint8_t facts[] = { 6, /* version of this digest */
                              config->server, config->verify, config->fail_if_no_peer_cert,
                              (uint8_t)config->depth, config->tls12, config->tls13,
                              (uint8_t)config->cert_schemes.num, (uint8_t)config->schemes.num,
                              config->anchors != NULL,
                              config->post_handshake_auth, (uint8_t)config->ask_about,
                              own_raw, peer_raw,
                              cert_types_has(&config->own_types, CERT_X509),
                              cert_types_has(&config->peer_types, CERT_X509),
                              (uint8_t)config->num_trusted_keys,
                              (uint8_t)(name_len >> 8),
                              (uint8_t)name_len, (uint8_t)config->psk_len,
                              (uint8_t)(config->num_psks >> 8), (uint8_t)config->num_psks };
    hash_update(&h, facts, sizeof(facts));
    hash_update(&h, config->cert_schemes.wire, 2 * config->cert_schemes.num);
    hash_update(&h, config->schemes.wire, 2 * config->schemes.num);
    if (config->anchors != NULL) {
        hash_update(&h, store_digest(config->anchors), SESSION_DIGEST);
    }
    for (size_t i = 0; i < config->num_trusted_keys; i++) {
        uint8_t key[SESSION_DIGEST];
        hash_once(HASH_SHA256, config->trusted_keys[i].data, config->trusted_keys[i].len, key);
        hash_update(&h, key, sizeof(key));
    }
    if (config->psk != NULL) {
        hash_update(&h, config->psk_identity, name_len);
        hash_update(&h, config->psk, config->psk_len);
    }
    for (size_t i = 0; i < config->num_psks; i++) {
        const struct config_psk *p = &config->psks[i];
        const uint8_t lens[] = { p->imported, (uint8_t)(p->identity_len >> 8),
                                 (uint8_t)p->identity_len, p->secret.len };
        hash_update(&h, lens, sizeof(lens));
        hash_update(&h, p->identity, p->identity_len);
        hash_update(&h, p->secret.data, p->secret.len);
    }
    /* A client that becomes somebody else must not be taken for whom it was. A server's certificate
     * may be exchanged: its clients have verified the one before. */
    for (size_t i = 0; !config->server && i < config->num_certkeys; i++) {
        uint8_t leaf[SESSION_DIGEST];
        const struct certkey *ck = &config->certkeys[i];
        cssl_bytes der = ck->num_certs == 0 ? pkey_spki(ck->key) : cert_der(ck->certs[0]);
        hash_once(HASH_SHA256, der.data, der.len, leaf);
        hash_update(&h, leaf, sizeof(leaf));
    }
    peer_rules_digest(&config->rules, &h);
    hash_peek(&h, config->policy);
    mem_wipe(&h, sizeof(h));
}

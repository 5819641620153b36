/* config.c - a map from cssl_options.erl becomes cssl_options and a config. Tables say what goes
 * where; what a value means is checked by libcssl. */
#include "nif.h"

#include "base/mem.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 256, IDENTITIES_MAX = 64, HOSTS_MAX = 4096 };

enum kind { STRING, BYTES, NAMES, SWITCH, BOOL, U32, SIZE, U64, INT, UNSIGNED };

struct field {
    const char *name;
    enum kind kind;
    size_t at;
};
#define FIELD(name, kind) { #name, kind, offsetof(cssl_options, name) }
static const struct field fields[] = {
    FIELD(ciphers, NAMES), FIELD(supported_groups, NAMES), FIELD(key_share_groups, NAMES),
    FIELD(signature_algs, NAMES), FIELD(signature_algs_cert, NAMES),
    FIELD(alpn_protocols, NAMES), FIELD(certificate_policies, NAMES),
    FIELD(cert_compression, NAMES), FIELD(peer_names, NAMES),
    FIELD(honor_cipher_order, SWITCH), FIELD(fail_if_no_peer_cert, SWITCH),
    FIELD(certificate_authorities, SWITCH), FIELD(stapling, SWITCH),
    FIELD(reuse_sessions, SWITCH), FIELD(encrypt_then_mac, SWITCH),
    FIELD(client_renegotiation, SWITCH), FIELD(middlebox_comp_mode, SWITCH),
    FIELD(cookie, SWITCH), FIELD(allow_any_ca_purpose, BOOL), FIELD(explicit_policy, BOOL),
    FIELD(inhibit_policy_mapping, BOOL), FIELD(inhibit_any_policy, BOOL),
    FIELD(stapling_nonce, BOOL), FIELD(signed_certificate_timestamps, BOOL),
    FIELD(pause_at_hello, BOOL),
    FIELD(no_cacerts, BOOL), FIELD(tls12_tickets_only, BOOL), FIELD(psk_import, BOOL),
    FIELD(post_handshake_auth, BOOL),
    FIELD(grease, BOOL), FIELD(certfile, STRING), FIELD(keyfile, STRING),
    FIELD(password, STRING), FIELD(cacertfile, STRING), FIELD(server_name_indication, STRING),
    FIELD(crlfile, STRING), FIELD(crl_dir, STRING), FIELD(psk_identity, STRING),
    FIELD(psk_hint, STRING), FIELD(dhfile, STRING), FIELD(cacerts, BYTES), FIELD(crls, BYTES),
    FIELD(ticket_seed, BYTES), FIELD(use_ticket, BYTES), FIELD(early_data, BYTES),
    FIELD(psk, BYTES), FIELD(psk_context, BYTES), FIELD(dh, BYTES), FIELD(depth, INT),
    FIELD(ticket_lifetime, U32), FIELD(max_early_data, U32), FIELD(anti_replay_window, U32),
    FIELD(anti_replay_hashes, U32), FIELD(anti_replay_bits, U32), FIELD(renegotiate_at, U64),
    FIELD(key_update_at, U64), FIELD(max_fragment_length, UNSIGNED),
    FIELD(record_size_limit, UNSIGNED), FIELD(max_handshake_size, SIZE),
    FIELD(send_limit, SIZE), FIELD(record_padding, SIZE), FIELD(max_fragment, SIZE),
};

/* What an atom of an option means. */
static const struct {
    const char *option, *word;
    unsigned value;
} words[] = {
    { "verify", "peer", CSSL_VERIFY_PEER },
    { "verify", "none", CSSL_VERIFY_NONE },
    { "session_tickets", "disabled", CSSL_TICKETS_DISABLED },
    { "session_tickets", "auto", CSSL_TICKETS_AUTO },
    { "session_tickets", "manual", CSSL_TICKETS_MANUAL },
    { "session_tickets", "stateful", CSSL_TICKETS_STATEFUL },
    { "session_tickets", "stateless", CSSL_TICKETS_STATELESS },
    { "crl_check", "none", CSSL_CRL_NONE },
    { "crl_check", "peer", CSSL_CRL_PEER },
    { "crl_check", "chain", CSSL_CRL_CHAIN },
    { "crl_check", "best_effort", CSSL_CRL_BEST_EFFORT },
    { "ask_about", "verify", CSSL_ASK_VERIFY },
    { "ask_about", "partial_chain", CSSL_ASK_PARTIAL_CHAIN },
    { "ask_about", "sni", CSSL_ASK_SNI },
    { "ask_about", "psk", CSSL_ASK_PSK },
    { "ask_about", "sign", CSSL_ASK_SIGN },
    { "versions", "tlsv1.2", CSSL_TLSV1_2 },
    { "versions", "tlsv1.3", CSSL_TLSV1_3 },
};

/* What is allocated while a map is read; all of it goes when the config is made, and is wiped:
 * passwords are among it. */
struct block {
    struct block *next;
    size_t len;
    max_align_t data[];
};

struct reading {
    ErlNifEnv *env;
    struct block *blocks;
    bool nomem;
};

ErlNifResourceType *config_type;

static bool read_field(struct reading *r, const struct field *f, cssl_options *o, term value);
static bool read_word(ErlNifEnv *env, const char *option, term t, unsigned *bits);
static bool read_words(ErlNifEnv *env, const char *option, term list, unsigned *bits);
static bool read_identities(struct reading *r, term list, cssl_options *o);
static bool read_hosts(struct reading *r, term list, cssl_options *o);
static bool read_special(struct reading *r, const char *name, term value, cssl_options *o);
static void keylog_line(void *user, const char *line);
static term make_config(ErlNifEnv *env, bool server, cssl_config *base, bool renew, term map,
                        term options);
static term config_term(ErlNifEnv *env, struct config made, term options);

/* config(client | server, Map, Options), derive(Config, Map, Options), which adds to a config, and
 * renew(Config, Map, Options), which makes one of new files with the sessions of the old: {ok,
 * Config}, {error, Why}; share(Config, Options) is the same config with other Options;
 * options(Socket | Config) gives Options back. */
NIF(nif_config)
{
    (void)argc;
    return make_config(env, enif_is_identical(argv[0], atom.server), NULL, false, argv[1],
                       argv[2]);
}

NIF(nif_renew)
{
    (void)argc;
    struct config *old;
    if (!enif_get_resource(env, argv[0], config_type, (void **)&old)) {
        return enif_make_badarg(env);
    }
    return make_config(env, old->server, old->config, true, argv[1], argv[2]);
}

NIF(nif_share)
{
    (void)argc;
    struct config *of;
    if (!enif_get_resource(env, argv[0], config_type, (void **)&of)) {
        return enif_make_badarg(env);
    }
    struct config made = { .config = of->config, .server = of->server,
                           .owner = of->owner != NULL ? of->owner : of };
    enif_keep_resource(made.owner);
    return config_term(env, made, argv[1]);
}

NIF(nif_derive)
{
    (void)argc;
    struct config *base;
    if (!enif_get_resource(env, argv[0], config_type, (void **)&base)) {
        return enif_make_badarg(env);
    }
    return make_config(env, base->server, base->config, false, argv[1], argv[2]);
}

NIF(nif_options)
{
    struct config *c;
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s != NULL) {
        (void)pthread_mutex_lock(&s->rx);
        c = s->config;
        term t = enif_make_copy(env, c->options);
        (void)pthread_mutex_unlock(&s->rx);
        return t;
    }
    if (!enif_get_resource(env, argv[0], config_type, (void **)&c)) {
        return enif_make_badarg(env);
    }
    return enif_make_copy(env, c->options);
}

void config_destroy(ErlNifEnv *env, void *object)
{
    (void)env;
    struct config *c = object;
    if (c->owner != NULL) {
        enif_release_resource(c->owner);
    } else {
        cssl_config_free(c->config);
    }
    enif_free_env(c->env);
}

/* keylog_line: the secrets of connections whose owners asked for them are kept with these. */
static void keylog_line(void *user, const char *line)
{
    (void)user;
    capture_secret(line);
}

static void *keep(struct reading *r, size_t len)
{
    struct block *b = calloc(1, sizeof(*b) + len);
    if (b == NULL) {
        r->nomem = true;
        return NULL;
    }
    b->len = len;
    b->next = r->blocks;
    r->blocks = b;
    return b->data;
}

static void forget(struct reading *r)
{
    while (r->blocks != NULL) {
        struct block *b = r->blocks;
        r->blocks = b->next;
        mem_free_wiped(b, sizeof(*b) + b->len);
    }
}

static bool read_map(struct reading *r, term map, cssl_options *o)
{
    ErlNifMapIterator it;
    if (!enif_map_iterator_create(r->env, map, &it, ERL_NIF_MAP_ITERATOR_FIRST)) {
        return false;
    }
    term key, value;
    bool ok = true;
    while (ok && enif_map_iterator_get_pair(r->env, &it, &key, &value)) {
        char name[48];
        ok = enif_get_atom(r->env, key, name, sizeof(name), ERL_NIF_LATIN1) != 0;
        size_t i = 0;
        const size_t num = sizeof(fields) / sizeof(fields[0]);
        while (ok && i < num && strcmp(fields[i].name, name) != 0) {
            i++;
        }
        if (ok) {
            ok = i < num ? read_field(r, &fields[i], o, value) : read_special(r, name, value, o);
        }
        (void)enif_map_iterator_next(r->env, &it);
    }
    enif_map_iterator_destroy(r->env, &it);
    return ok;
}

static term config_term(ErlNifEnv *env, struct config made, term options)
{
    struct config *c = enif_alloc_resource(config_type, sizeof(*c));
    *c = made;
    c->env = enif_alloc_env();
    c->options = enif_make_copy(c->env, options);
    term t = enif_make_resource(env, c);
    enif_release_resource(c);
    return make_tagged(env, atom.ok, t);
}

static term make_config(ErlNifEnv *env, bool server, cssl_config *base, bool renew, term map,
                        term options)
{
    struct reading r = { .env = env };
    cssl_options o;
    cssl_error err;
    memset(&o, 0, sizeof(o));
    if (base == NULL || renew) {
        o.log = capture_log;
        o.log_level = CSSL_LOG_NOTICE;
    }
    term result;
    if (!read_map(&r, map, &o)) {
        result = r.nomem ? make_tagged(env, atom.error, enif_make_atom(env, "enomem"))
                         : enif_make_badarg(env);
    } else {
        cssl_config *config = renew          ? cssl_config_renew(base, &o, &err)
                              : base != NULL ? cssl_config_derive(base, &o, &err)
                              : server       ? cssl_server_config(&o, &err)
                                             : cssl_client_config(&o, &err);
        if (config == NULL) {
            result = make_failure(env, &err, "");
        } else {
            result = config_term(env, (struct config){ .config = config, .server = server },
                                 options);
        }
    }
    forget(&r);
    return result;
}

static char *read_string(struct reading *r, term t)
{
    ErlNifBinary b;
    if (!enif_inspect_iolist_as_binary(r->env, t, &b) ||
        (b.size > 0 && memchr(b.data, 0, b.size) != NULL)) {
        return NULL;
    }
    char *p = keep(r, b.size + 1);
    if (p != NULL && b.size > 0) {
        memcpy(p, b.data, b.size);
    }
    return p;
}

static bool read_bytes(struct reading *r, term t, cssl_bytes *out)
{
    ErlNifBinary b;
    if (!enif_inspect_iolist_as_binary(r->env, t, &b)) {
        return false;
    }
    *out = (cssl_bytes){ .data = b.data, .len = b.size }; /* lives as long as the call */
    return true;
}

static const char *const *read_names(struct reading *r, term list)
{
    unsigned num;
    if (!enif_get_list_length(r->env, list, &num) || num > NAMES_MAX) {
        return NULL;
    }
    const char **names = keep(r, (num + 1) * sizeof(*names));
    term head;
    for (unsigned i = 0; names != NULL && i < num; i++) {
        (void)enif_get_list_cell(r->env, list, &head, &list);
        if ((names[i] = read_string(r, head)) == NULL) {
            return NULL;
        }
    }
    return names;
}

static bool read_field(struct reading *r, const struct field *f, cssl_options *o, term value)
{
    void *to = (char *)o + f->at;
    ErlNifUInt64 number = 0;
    int small = 0;
    bool on = enif_is_identical(value, atom.yes);
    switch (f->kind) {
    case STRING: return (*(const char **)to = read_string(r, value)) != NULL;
    case BYTES: return read_bytes(r, value, to);
    case NAMES: return (*(const char *const **)to = read_names(r, value)) != NULL;
    case SWITCH: *(cssl_switch *)to = on ? CSSL_ON : CSSL_OFF; return enif_is_atom(r->env, value);
    case BOOL: *(bool *)to = on; return enif_is_atom(r->env, value);
    case INT:
        if (!enif_get_int(r->env, value, &small)) {
            return false;
        }
        *(int *)to = small;
        return true;
    default: break;
    }
    if (!enif_get_uint64(r->env, value, &number) || (f->kind != U64 && f->kind != SIZE &&
                                                     number > UINT32_MAX)) {
        return false;
    }
    switch (f->kind) {
    case U32: *(uint32_t *)to = (uint32_t)number; break;
    case UNSIGNED: *(unsigned *)to = (unsigned)number; break;
    case SIZE: *(size_t *)to = (size_t)number; break;
    default: *(uint64_t *)to = number; break;
    }
    return true;
}

static bool read_special(struct reading *r, const char *name, term value, cssl_options *o)
{
    unsigned bits = 0;
    if (strcmp(name, "certs_keys") == 0) {
        return read_identities(r, value, o);
    }
    if (strcmp(name, "keylog") == 0) {
        o->keylog = keylog_line;
        return true;
    }
    if (strcmp(name, "log_level") == 0) {
        return true; /* Erlang's own affair: the words of alerts are for error terms too */
    }
    if (strcmp(name, "sni_hosts") == 0) {
        return read_hosts(r, value, o);
    }
    if (strcmp(name, "versions") == 0 || strcmp(name, "ask_about") == 0) {
        if (!read_words(r->env, name, value, &bits)) {
            return false;
        }
        *(name[0] == 'v' ? &o->versions : &o->ask_about) = bits;
        return true;
    }
    if (!read_word(r->env, name, value, &bits)) {
        return false;
    }
    if (strcmp(name, "verify") == 0) {
        o->verify = (cssl_verify)bits;
    } else if (strcmp(name, "session_tickets") == 0) {
        o->session_tickets = (cssl_tickets)bits;
    } else {
        o->crl_check = (cssl_crl_check)bits;
    }
    return true;
}

static bool read_word(ErlNifEnv *env, const char *option, term t, unsigned *bits)
{
    char word[32];
    if (!enif_get_atom(env, t, word, sizeof(word), ERL_NIF_LATIN1)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].option, option) == 0 && strcmp(words[i].word, word) == 0) {
            *bits |= words[i].value;
            return true;
        }
    }
    return false;
}

static bool read_words(ErlNifEnv *env, const char *option, term list, unsigned *bits)
{
    term head;
    while (enif_get_list_cell(env, list, &head, &list)) {
        if (!read_word(env, option, head, bits)) {
            return false;
        }
    }
    return enif_is_empty_list(env, list) != 0;
}

static bool read_identity(struct reading *r, term map, cssl_cert_key *ck)
{
    const struct {
        term key;
        const char **to;
    } strings[] = {
        { atom.certfile, &ck->certfile }, { atom.keyfile, &ck->keyfile },
        { atom.password, &ck->password }, { atom.staplefile, &ck->staplefile },
    };
    const struct {
        term key;
        cssl_bytes *to;
    } binaries[] = { { atom.cert, &ck->cert }, { atom.key, &ck->key } };
    term value;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (enif_get_map_value(r->env, map, strings[i].key, &value) &&
            (*strings[i].to = read_string(r, value)) == NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(binaries) / sizeof(binaries[0]); i++) {
        if (enif_get_map_value(r->env, map, binaries[i].key, &value) &&
            !read_bytes(r, value, binaries[i].to)) {
            return false;
        }
    }
    ck->external_key = enif_get_map_value(r->env, map, atom.external_key, &value) &&
                       enif_is_identical(value, atom.yes);
    return true;
}

static bool read_identities(struct reading *r, term list, cssl_options *o)
{
    unsigned num;
    if (!enif_get_list_length(r->env, list, &num) || num > IDENTITIES_MAX) {
        return false;
    }
    cssl_cert_key *all = keep(r, (num + 1) * sizeof(*all));
    term head;
    for (unsigned i = 0; all != NULL && i < num; i++) {
        (void)enif_get_list_cell(r->env, list, &head, &list);
        if (!enif_is_map(r->env, head) || !read_identity(r, head, &all[i])) {
            return false;
        }
    }
    o->certs_keys = all;
    o->num_certs_keys = num;
    return all != NULL;
}

static bool read_hosts(struct reading *r, term list, cssl_options *o)
{
    unsigned num;
    if (!enif_get_list_length(r->env, list, &num) || num > HOSTS_MAX) {
        return false;
    }
    cssl_sni_host *all = keep(r, (num + 1) * sizeof(*all));
    term head;
    for (unsigned i = 0; all != NULL && i < num; i++) {
        int arity;
        const term *pair;
        struct config *config;
        (void)enif_get_list_cell(r->env, list, &head, &list);
        if (!enif_get_tuple(r->env, head, &arity, &pair) || arity != 2 ||
            (all[i].host = read_string(r, pair[0])) == NULL ||
            !enif_get_resource(r->env, pair[1], config_type, (void **)&config)) {
            return false;
        }
        all[i].config = config->config;
    }
    o->sni_hosts = all;
    o->num_sni_hosts = num;
    return all != NULL;
}

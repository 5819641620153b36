/* choose12.c - a TLS 1.2 server's choice of a suite, an identity and a group, which go together. */
#include "hs/choose12.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/auth12.h"
#include "hs/auth13.h"
#include "hs/cert_type.h"
#include "hs/exchange12.h"
#include "hs/negotiate.h"

/* What is being chosen, and what the client said. */
struct choice {
    struct hs *hs;
    const struct client_hello *ch;
    struct auth13_wish *wish;
    const struct suite *suite;
    struct cert_types types; /* of certificates, that both sides know */
    uint16_t group;
    bool own_dh;        /* the config's parameters */
    bool group_missing; /* a suite was left because there is no group for it */
};

static bool fits(struct choice *c);
static bool find_ecdhe(struct choice *c);
static bool find_dhe(struct choice *c);
static bool find_identity(struct choice *c);
static int settle(const struct choice *c, cssl_error *err);

int choose12(struct hs *hs, const struct client_hello *ch, uint16_t *suite, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    struct choice c = { .hs = hs, .ch = ch, .wish = mem_new(sizeof(*c.wish)) };
    if (c.wish == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    auth13_wish(c.wish, ch->signature_algorithms, ch->signature_algorithms_cert,
                ch->certificate_authorities, ch->server_name);
    c.wish->wish.curves = ch->supported_groups;
    c.wish->wish.curve_bound = ext_has(ch->has, EXT_SUPPORTED_GROUPS);
    cert_type_common(&c.types, &config->own_types, ch->has, EXT_SERVER_CERTIFICATE_TYPE,
                     ch->server_certificate_types);
    bool found = false;
    struct suite_walk walk = { 0 };
    for (uint16_t id = 0; !found && suite_next(&walk, config, ch->cipher_suites, &id);) {
        c.suite = suite_find(id);
        found = c.suite->version == TLS_1_2 && fits(&c);
    }
    mem_free(c.wish);
    if (!found && config->num_certkeys > 0 && c.types.num == 0) {
        return cert_type_none(ch, err);
    }
    if (!found) {
        return fail(err, c.group_missing           ? CSSL_R_GROUP_NOT_COMMON
                         : certkey_kept(config->certkeys, config->num_certkeys)
                             ? CSSL_R_ISSUER_NOT_NAMED
                         : config->num_certkeys > 0 ? CSSL_R_SUITE_NOT_COMMON
                                                    : CSSL_R_PSK_REQUIRED);
    }
    *suite = c.suite->id;
    return settle(&c, err);
}

static bool fits(struct choice *c)
{
    const enum suite_kx kx = c->suite->kx;
    c->group = 0;
    c->own_dh = false;
    if ((kx_has_ecdhe(kx) && !find_ecdhe(c)) || (kx_has_dhe(kx) && !find_dhe(c))) {
        c->group_missing = true;
        return false;
    }
    if (kx_has_psk(kx)) {
        c->hs->own = NULL;
        const cssl_config *config = c->hs->conn->config;
        return config->psk != NULL || (config->ask_about & CSSL_ASK_PSK) != 0;
    }
    return find_identity(c);
}

/* RFC 8422 4: a client that names no groups can do all of them. */
static bool find_ecdhe(struct choice *c)
{
    const struct codes *ours = &c->hs->conn->config->groups;
    bool named = ext_has(c->ch->has, EXT_SUPPORTED_GROUPS);
    for (size_t i = 0; i < ours->num && c->group == 0; i++) {
        if (ecdhe12(ours->list[i]) &&
            (!named || u16s_has(c->ch->supported_groups, ours->list[i]))) {
            c->group = ours->list[i];
        }
    }
    return c->group != 0;
}

/* RFC 7919 4: a client that names any group of finite fields is given one of those or none. To one
 * that names none the config's own parameters are given, or the first named group here. */
static bool find_dhe(struct choice *c)
{
    const cssl_config *config = c->hs->conn->config;
    const cssl_bytes theirs = c->ch->supported_groups;
    bool named = false;
    for (size_t i = 0; i < u16s_len(theirs); i++) {
        named = named || ffdhe_codepoint(u16s_at(theirs, i));
    }
    if (!named && config->dh != NULL) {
        c->own_dh = true;
        c->group = config->dh_group;
        return true;
    }
    for (size_t i = 0; i < config->groups.num && c->group == 0; i++) {
        uint16_t group = config->groups.list[i];
        if (ffdhe_codepoint(group) && (!named || u16s_has(theirs, group))) {
            c->group = group;
        }
    }
    return c->group != 0;
}

/* The suites' order counts more than that of the types. */
static bool find_identity(struct choice *c)
{
    const cssl_config *config = c->hs->conn->config;
    struct hs *hs = c->hs;
    uint16_t schemes[CONFIG_CODES_MAX];
    size_t num = 0;
    for (size_t i = 0; i < config->schemes.num; i++) {
        if (scheme12_fits(config->schemes.list[i], c->suite->auth)) {
            schemes[num++] = config->schemes.list[i];
        }
    }
    int index = -1;
    for (size_t i = 0; index < 0 && i < c->types.num; i++) {
        struct certkey_wish *wish = &c->wish->wish;
        wish->raw = c->types.list[i] == CERT_RAW;
        hs->conn->own_raw = wish->raw;
        index = c->suite->kx == KX_RSA
                    ? certkey_pick_decrypting(config->certkeys, config->num_certkeys, wish)
                    : certkey_pick(config->certkeys, config->num_certkeys, schemes, num, wish,
                                   &hs->scheme);
    }
    hs->own = index < 0 ? NULL : &config->certkeys[index];
    return index >= 0;
}

static int settle(const struct choice *c, cssl_error *err)
{
    struct hs *hs = c->hs;
    hs->conn->group = c->group;
    if (!kx_has_dhe(c->suite->kx)) {
        return 0;
    }
    hs->dh = c->own_dh ? mem_copy(hs->conn->config->dh, sizeof(*hs->dh))
                       : dh_params_of(c->group, err);
    if (hs->dh == NULL && c->own_dh) {
        return fail(err, CSSL_R_NOMEM);
    }
    return hs->dh == NULL ? (err == NULL ? CSSL_NOMEM : err->status) : 0;
}

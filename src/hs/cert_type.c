/* cert_type.c - raw public keys beside certificates, or in their place. Knows no order. */
#include "hs/cert_type.h"

#include "base/error.h"
#include "hs/auth12.h"
#include "hs/exchange12.h"
#include "hs/negotiate.h"

static bool alone(const struct cert_types *t);
static int take_client_type(struct hs *hs, const struct client_hello *ch, cssl_error *err);
static bool needless(struct ext_set has, uint16_t extension, cssl_bytes list);
static uint8_t type_of(bool raw);

void cert_type_offer(const cssl_config *config, struct client_hello *ch)
{
    if (!alone(&config->own_types)) {
        ch->client_certificate_types = bytes_of(config->own_types.list, config->own_types.num);
        ext_add(&ch->has, EXT_CLIENT_CERTIFICATE_TYPE);
    }
    if (!alone(&config->peer_types)) {
        ch->server_certificate_types = bytes_of(config->peer_types.list, config->peer_types.num);
        ext_add(&ch->has, EXT_SERVER_CERTIFICATE_TYPE);
    }
}

int cert_type_take(struct hs *hs, struct ext_set has, cssl_bytes own, cssl_bytes peer, bool shown,
                   cssl_error *err)
{
    struct conn *c = hs->conn;
    const cssl_config *offered = hs->offered != NULL ? hs->offered : c->config;
    const bool own_there = ext_has(has, EXT_CLIENT_CERTIFICATE_TYPE);
    const bool peer_there = ext_has(has, EXT_SERVER_CERTIFICATE_TYPE);
    if ((own_there && !cert_types_has(&offered->own_types, own.data[0])) ||
        (peer_there && !cert_types_has(&offered->peer_types, peer.data[0]))) {
        return fail_text(err, CSSL_R_CERT_TYPE_NOT_OFFERED, "number %u",
                         peer_there ? peer.data[0] : own.data[0]);
    }
    c->own_raw = own_there && own.data[0] == CERT_RAW;
    if (!shown) {
        return 0; /* whom the session or the key belongs to is known */
    }
    c->peer_raw = peer_there && peer.data[0] == CERT_RAW;
    return cert_types_has(&c->config->peer_types, type_of(c->peer_raw))
               ? 0
               : fail_text(err, CSSL_R_CERT_TYPE_NOT_COMMON, "of the server");
}

bool cert_type_may_show(const struct conn *c)
{
    return cert_types_has(&c->config->own_types, type_of(c->own_raw));
}

int cert_type_check(const struct client_hello *ch, cssl_error *err)
{
    if (needless(ch->has, EXT_CLIENT_CERTIFICATE_TYPE, ch->client_certificate_types) ||
        needless(ch->has, EXT_SERVER_CERTIFICATE_TYPE, ch->server_certificate_types)) {
        return fail(err, CSSL_R_CERT_TYPES_NEEDLESS);
    }
    return 0;
}

void cert_type_common(struct cert_types *common, const struct cert_types *ours,
                      struct ext_set has, uint16_t extension, cssl_bytes theirs)
{
    static const uint8_t by_default[] = { CERT_X509 };
    cssl_bytes list = ext_has(has, extension) ? theirs : bytes_of(by_default, 1);
    common->num = 0;
    for (size_t i = 0; i < ours->num; i++) {
        if (memchr(list.data, ours->list[i], list.len) != NULL) {
            common->list[common->num++] = ours->list[i];
        }
    }
}

int cert_type_none(const struct client_hello *ch, cssl_error *err)
{
    return ext_has(ch->has, EXT_SERVER_CERTIFICATE_TYPE)
               ? fail_text(err, CSSL_R_CERT_TYPE_NOT_COMMON, "of the server")
               : fail(err, CSSL_R_ONLY_RAW_KEYS);
}

bool cert_type_fits(const struct session *s, const struct client_hello *ch)
{
    const struct cert_types shown = { .num = 1, .list = { type_of(s->own_raw) } };
    struct cert_types common;
    cert_type_common(&common, &shown, ch->has, EXT_SERVER_CERTIFICATE_TYPE,
                     ch->server_certificate_types);
    return common.num > 0;
}

int cert_type_answer(struct hs *hs, const struct client_hello *ch, cssl_error *err)
{
    const struct conn *c = hs->conn;
    const bool of12 = c->version == TLS_1_2;
    const bool by_psk = of12 ? auth12_by_psk(hs) : hs->using_psk && !c->resumed;
    const bool later = !of12 && c->config->post_handshake_auth;
    hs->cert_types = (struct ext_set){ 0 };
    if (!by_psk && ext_has(ch->has, EXT_SERVER_CERTIFICATE_TYPE)) {
        ext_add(&hs->cert_types, EXT_SERVER_CERTIFICATE_TYPE);
    }
    /* RFC 7250 4.2: only if the client is going to be asked. */
    bool asks = c->config->verify && (later || (!by_psk && !c->resumed));
    return asks ? take_client_type(hs, ch, err) : 0;
}

cssl_bytes cert_type_sent(bool raw)
{
    static const uint8_t types[] = { CERT_X509, CERT_RAW };
    return bytes_of(types + raw, 1);
}

cssl_bytes cert_type_authorities(const struct conn *c)
{
    return bytes_of(c->config->authorities, c->peer_raw ? 0 : c->config->authorities_len);
}

uint16_t cert_type_compression(const struct conn *c, cssl_bytes theirs)
{
    return c->own_raw ? 0 : first_common(&c->config->compression, theirs);
}

int auth_take_key(struct hs *hs, cssl_bytes spki, cssl_error *err)
{
    struct conn *c = hs->conn;
    const cssl_config *config = c->config;
    peer_chain_free(c->peer); /* before a renegotiation there was one */
    c->peer = peer_chain_of_key(spki, err);
    if (c->peer == NULL) {
        return err == NULL ? CSSL_ALERT : err->status;
    }
    if (!config->verify) {
        return 0;
    }
    for (size_t i = 0; i < config->num_trusted_keys; i++) {
        if (bytes_equal(config->trusted_keys[i], spki)) {
            c->peer_verified = true;
            return 0;
        }
    }
    return fail(err, CSSL_R_RAW_KEY_UNKNOWN);
}

/* X.509 alone, which is not listed (RFC 7250 4.1). */
static bool alone(const struct cert_types *t)
{
    return t->num == 1 && t->list[0] == CERT_X509;
}

static int take_client_type(struct hs *hs, const struct client_hello *ch, cssl_error *err)
{
    struct cert_types common;
    cert_type_common(&common, &hs->conn->config->peer_types, ch->has, EXT_CLIENT_CERTIFICATE_TYPE,
                     ch->client_certificate_types);
    if (common.num == 0) {
        return fail_text(err, CSSL_R_CERT_TYPE_NOT_COMMON, "of the client");
    }
    hs->conn->peer_raw = common.list[0] == CERT_RAW;
    if (ext_has(ch->has, EXT_CLIENT_CERTIFICATE_TYPE)) {
        ext_add(&hs->cert_types, EXT_CLIENT_CERTIFICATE_TYPE);
    }
    return 0;
}

static bool needless(struct ext_set has, uint16_t extension, cssl_bytes list)
{
    return ext_has(has, extension) && list.len == 1 && list.data[0] == CERT_X509;
}

static uint8_t type_of(bool raw)
{
    return raw ? CERT_RAW : CERT_X509;
}

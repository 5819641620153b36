/* cert_type.c - raw public keys in place of certificates. Knows no message's order. */
#include "hs/cert_type.h"

#include "base/error.h"

enum { TYPE_X509 = 0, TYPE_RAW = 2 };

static const uint8_t raw_type[] = { TYPE_RAW };
const cssl_bytes cert_type_raw = { raw_type, sizeof(raw_type) };

static bool has_type(struct ext_set has, uint16_t extension, cssl_bytes list, bool raw);

void cert_type_offer(const cssl_config *config, struct client_hello *ch)
{
    if (config->own_raw && config->num_certkeys > 0) {
        ch->client_certificate_types = cert_type_raw;
        ext_add(&ch->has, EXT_CLIENT_CERTIFICATE_TYPE);
    }
    if (config->peer_raw) {
        ch->server_certificate_types = cert_type_raw;
        ext_add(&ch->has, EXT_SERVER_CERTIFICATE_TYPE);
    }
}

int cert_type_check(const cssl_config *config, const struct client_hello *ch, cssl_error *err)
{
    if (!has_type(ch->has, EXT_SERVER_CERTIFICATE_TYPE, ch->server_certificate_types,
                  config->own_raw)) {
        return fail_text(err, CSSL_R_CERT_TYPE_NOT_COMMON, "of the server");
    }
    /* A client without one may come where that is allowed. */
    if (config->verify && config->fail_if_no_peer_cert &&
        !has_type(ch->has, EXT_CLIENT_CERTIFICATE_TYPE, ch->client_certificate_types,
                  config->peer_raw)) {
        return fail_text(err, CSSL_R_CERT_TYPE_NOT_COMMON, "of the client");
    }
    return 0;
}

void cert_type_answer(const cssl_config *config, const struct client_hello *ch,
                      struct ext_set *has)
{
    if (config->own_raw) {
        ext_add(has, EXT_SERVER_CERTIFICATE_TYPE);
    }
    /* RFC 7250 4.2: not when the client is not asked for one. */
    if (config->verify && config->peer_raw && ext_has(ch->has, EXT_CLIENT_CERTIFICATE_TYPE) &&
        has_type(ch->has, EXT_CLIENT_CERTIFICATE_TYPE, ch->client_certificate_types, true)) {
        ext_add(has, EXT_CLIENT_CERTIFICATE_TYPE);
    }
}

int cert_type_take(struct conn *c, struct ext_set has, cssl_bytes own, cssl_bytes peer,
                   cssl_error *err)
{
    c->raw_agreed = ext_has(has, EXT_CLIENT_CERTIFICATE_TYPE);
    bool peer_agreed = ext_has(has, EXT_SERVER_CERTIFICATE_TYPE);
    if ((c->raw_agreed && own.data[0] != TYPE_RAW) || (peer_agreed && peer.data[0] != TYPE_RAW)) {
        return fail(err, CSSL_R_CERT_TYPE_NOT_OFFERED);
    }
    /* Without the extension it would be X.509, which was not offered. */
    if (c->config->peer_raw && !peer_agreed) {
        return fail_text(err, CSSL_R_CERT_TYPE_NOT_COMMON, "of the server");
    }
    return 0;
}

bool cert_type_may_show(const struct conn *c)
{
    return !c->config->own_raw || c->raw_agreed;
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

/* Does a list allow this type? Without the extension X.509 is, alone. */
static bool has_type(struct ext_set has, uint16_t extension, cssl_bytes list, bool raw)
{
    if (!ext_has(has, extension)) {
        return !raw;
    }
    return memchr(list.data, raw ? TYPE_RAW : TYPE_X509, list.len) != NULL;
}

/* info.c - what can be asked of a connection: facts, certificates, exported keys. */
#include "engine/engine.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"

#include <stdio.h>

static const char *group_name(const struct conn *c);
static int tls_unique(const struct cssl_engine *e, uint8_t *out, size_t *len, cssl_error *err);
static const char *shown(const struct conn *c, bool by_server);
static const char *or_empty(const char *s);

void cssl_engine_information_sized(const cssl_engine *e, cssl_info *info, size_t size)
{
    const struct conn *c = &e->conn;
    cssl_info i = { .protocol = or_empty(name_of_version(c->version)),
                    .cipher_suite = or_empty(name_of_suite(c->suite)),
                    .group = group_name(c),
                    .signature_scheme = or_empty(name_of_scheme(c->server_scheme)),
                    .client_signature_scheme = or_empty(name_of_scheme(c->client_scheme)),
                    .cert_compression = or_empty(name_of_compression(c->compression)),
                    .session_resumption = c->resumed,
                    .hello_retry = c->hello_retry,
                    .session_id_len = c->session_id_len,
                    .encrypt_then_mac = c->encrypt_then_mac,
                    .max_fragment_length = c->max_fragment_length,
                    .record_size_limit = c->record_size_limit,
                    .peer_verified = c->peer_verified,
                    .psk_number = c->psk_number,
                    .early_data_offered = c->early_offered,
                    .early_data_accepted = c->early_accepted,
                    .ticket_age_skew = c->ticket_age_skew };
    i.server_cert_type = shown(c, true);
    i.client_cert_type = shown(c, false);
    i.staple_verified = c->peer != NULL && c->peer->staple_good;
    i.secure_renegotiation = c->secure_renegotiation;
    i.extended_master_secret = c->extended_master_secret;
    memcpy(i.client_random, c->randoms, HELLO_RANDOM);
    memcpy(i.server_random, c->randoms + HELLO_RANDOM, HELLO_RANDOM);
    memcpy(i.session_id, c->session_id, c->session_id_len);
    (void)snprintf(i.sni_hostname, sizeof(i.sni_hostname), "%s", or_empty(c->sni));
    (void)snprintf(i.alpn_protocol, sizeof(i.alpn_protocol), "%s", or_empty(c->alpn));
    memset(info, 0, size);
    memcpy(info, &i, min_size(size, sizeof(i)));
}

int cssl_engine_peercert(const cssl_engine *e, size_t i, cssl_bytes *der, cssl_error *err)
{
    *der = bytes_of(NULL, 0);
    if (e->conn.peer == NULL || i >= e->conn.peer->num) {
        return fail(err, CSSL_R_NO_PEERCERT);
    }
    *der = cert_der(e->conn.peer->certs[i]);
    return 0;
}

int cssl_engine_peer_staple(const cssl_engine *e, cssl_bytes *der, cssl_error *err)
{
    const struct peer_chain *peer = e->conn.peer;
    *der = peer == NULL || peer->extras == NULL ? bytes_of(NULL, 0) : peer->extras->staples[0];
    return der->len > 0 ? 0 : fail(err, CSSL_R_NO_STAPLE);
}

int cssl_engine_peer_scts(const cssl_engine *e, cssl_bytes *list, cssl_error *err)
{
    const struct peer_chain *peer = e->conn.peer;
    *list = peer == NULL || peer->extras == NULL ? bytes_of(NULL, 0) : peer->extras->scts;
    return list->len > 0 ? 0 : fail(err, CSSL_R_NO_SCTS);
}

int cssl_engine_peer_key(const cssl_engine *e, cssl_bytes *der, cssl_error *err)
{
    enum key_type type;
    *der = bytes_of(NULL, 0);
    if (e->conn.peer == NULL) {
        return fail(err, CSSL_R_NO_PEERCERT);
    }
    *der = peer_chain_spki(e->conn.peer, &type);
    return 0;
}

int cssl_engine_export_key_material(cssl_engine *e, const char *label, cssl_bytes context,
                                    uint8_t *out, size_t len, cssl_error *err)
{
    enum { LABEL_MAX = 249 - 6 };
    const struct conn *c = &e->conn;
    if (atomic_load_explicit(&e->rx_failed, memory_order_acquire)) {
        return error_copy(err, engine_error(e)); /* RFC 8446 6.2: its secrets are forgotten */
    }
    /* Early for servers: in TLS 1.3 the secret is of what the server has signed. In TLS 1.2 it is
     * worth nothing before the client's Finished. */
    if (c->exporter.len == 0 || (e->hs != NULL && (!c->server || c->version == TLS_1_2))) {
        return fail_text(err, CSSL_R_NOT_NOW, "the handshake is not done");
    }
    if (context.len > UINT16_MAX || strlen(label) > LABEL_MAX ||
        len > 255 * hash_len((enum hash_alg)c->hash_alg)) {
        return fail_text(err, CSSL_R_ARGUMENT, "the label or the length is too long");
    }
    if (c->version == TLS_1_2) {
        export12((enum hash_alg)c->hash_alg, &c->exporter, c->randoms, label, context, out, len);
        return 0;
    }
    export13((enum hash_alg)c->hash_alg, &c->exporter, label, context, out, len);
    return 0;
}

int cssl_engine_channel_binding(cssl_engine *e, const char *type, uint8_t *out, size_t *len,
                                cssl_error *err)
{
    enum { EXPORTER_LEN = 32 };
    const struct conn *c = &e->conn;
    if (strcmp(type, "tls-exporter") == 0) {
        /* RFC 9266 4.2: without extended_master_secret it binds to nothing. */
        if (c->version == TLS_1_2 && !c->extended_master_secret) {
            return fail_text(err, CSSL_R_NOT_NOW, "the peer has no extended_master_secret");
        }
        if (*len < EXPORTER_LEN) {
            return fail_text(err, CSSL_R_ARGUMENT, "%d bytes are needed", EXPORTER_LEN);
        }
        *len = EXPORTER_LEN;
        return cssl_engine_export_key_material(e, "EXPORTER-Channel-Binding", bytes_str(""),
                                               out, EXPORTER_LEN, err);
    }
    if (strcmp(type, "tls-unique") == 0) {
        return tls_unique(e, out, len, err);
    }
    if (strcmp(type, "tls-server-end-point") != 0) {
        return fail_text(err, CSSL_R_ARGUMENT,
                         "there are tls-exporter, tls-server-end-point and, in TLS 1.2, "
                         "tls-unique, not \"%.64s\"", type);
    }
    const struct certkey *own = c->own;
    if (own == NULL && c->config->num_certkeys == 1) {
        own = &c->config->certkeys[0]; /* resumed: it can have been no other */
    }
    const struct cert *cert = NULL; /* a raw public key has none */
    if (c->server && own != NULL && own->num_certs > 0 && !c->own_raw) {
        cert = own->certs[0];
    } else if (!c->server && c->peer != NULL && c->peer->num > 0) {
        cert = c->peer->certs[0];
    }
    enum hash_alg alg = cert == NULL ? HASH_NONE : cert_signature_hash(cert);
    if (alg == HASH_NONE || *len < hash_len(alg)) {
        return fail_text(err, CSSL_R_NOT_NOW,
                         alg == HASH_NONE ? "there is no server certificate with a hash of its own"
                                          : "more room is needed");
    }
    *len = hash_len(alg);
    hash_once(alg, cert_der(cert).data, cert_der(cert).len, out);
    return 0;
}

/* A group that the server has described has no name of its own. */
static const char *group_name(const struct conn *c)
{
    bool described = c->group == 0 && !c->resumed && kx_has_dhe(suite_kx(c->suite));
    return described ? "dh" : or_empty(name_of_group(c->group));
}

/* A session that is resumed has the peer's certificate still; one's own is known where it was
 * shown. */
static const char *shown(const struct conn *c, bool by_server)
{
    const bool raw = by_server == c->server ? c->own_raw : c->peer != NULL && c->peer->raw != NULL;
    const bool any = by_server == c->server ? c->own != NULL : c->peer != NULL;
    return any ? name_of_cert_type(raw ? CERT_RAW : CERT_X509) : "";
}

/* RFC 5929 3: what the first Finished of the latest handshake said. Without extended_master_secret
 * two connections may have the same (RFC 7627 1). */
static int tls_unique(const struct cssl_engine *e, uint8_t *out, size_t *len, cssl_error *err)
{
    const struct conn *c = &e->conn;
    if (c->version != TLS_1_2 || e->hs != NULL || !c->extended_master_secret ||
        c->exporter.len == 0) {
        return fail_text(err, CSSL_R_NOT_NOW, "tls-unique is of TLS 1.2 with "
                         "extended_master_secret, after the handshake");
    }
    if (*len < FINISHED12) {
        return fail_text(err, CSSL_R_ARGUMENT, "%d bytes are needed", FINISHED12);
    }
    *len = FINISHED12;
    memcpy(out, c->finished[c->resumed], FINISHED12);
    return 0;
}

static const char *or_empty(const char *s)
{
    return s == NULL ? "" : s;
}

/* client_hello.c - puts the ClientHello together, one for both versions. Knows no answer. */
#include "hs/client_hello.h"

#include "base/error.h"
#include "crypto/suite.h"
#include "hs/cert_type.h"
#include "hs/grease.h"
#include "hs/limits.h"
#include "hs/renegotiate.h"
#include "hs/staple.h"

static void choose_suites(const struct hs *hs, struct codes *suites);
static void fill_extensions(const struct hs *hs, struct client_hello *ch);
static void fill_offers(const struct hs *hs, struct client_hello *ch);
static void write_binders(struct hs *hs, const struct client_hello *ch, size_t body_at);

int client_hello_send(struct hs *hs, cssl_error *err)
{
    static const uint8_t null_compression[] = { 0 };
    static const uint8_t both_versions[] = { 3, 4, 3, 3 };
    static const uint8_t uncompressed[] = { 0 };
    static const uint8_t psk_dhe_ke[] = { 1 };
    uint8_t limits[LIMITS_WIRE];
    const cssl_config *config = hs->conn->config;
    struct codes suites;
    uint8_t info[RENEGOTIATION_INFO_MAX];
    choose_suites(hs, &suites);
    struct client_hello ch = {
        .legacy_version = TLS_1_2,
        .random = bytes_of(hs->client_random, HELLO_RANDOM),
        .session_id = bytes_of(hs->session_id, hs->session_id_len),
        .cipher_suites = codes_wire(&suites),
        .compression = bytes_of(null_compression, 1),
        .supported_versions = bytes_of(both_versions, config->tls12 ? 4 : 2),
        .supported_groups = codes_wire(&config->groups),
        .signature_algorithms = codes_wire(&config->schemes),
        .signature_algorithms_cert = codes_wire(&config->cert_schemes),
        .compress_certificate = codes_wire(&config->compression),
        .psk_modes = bytes_of(psk_dhe_ke, 1),
        .alpn = bytes_of(config->alpn, config->alpn_len),
        .cookie = bytes_of(hs->cookie, hs->cookie_len),
        .certificate_authorities = bytes_of(config->authorities, config->authorities_len),
        .ec_point_formats = bytes_of(uncompressed, 1),
        .session_ticket = client_hello_ticket12(hs),
        .renegotiation_info = renegotiation_info(hs, false, info),
        .server_name = conn_name(hs->conn->sni),
        .num_shares = hs->num_shares,
        .num_psks = hs->num_psks,
        .all_psks = hs->num_psks,
    };
    fill_extensions(hs, &ch);
    cert_type_offer(config, &ch);
    fill_offers(hs, &ch);
    int ret = staple_ask(hs, &ch, err);
    if (ret != 0) {
        return ret;
    }
    limits_offer(config, &ch, limits);
    struct greased greased = { .alpn = { .data = NULL } };
    if (config->grease && (ret = grease_hello(&greased, hs, &ch, err)) != 0) {
        grease_free(&greased);
        return ret;
    }
    msg_open(&hs->out, HT_CLIENT_HELLO);
    size_t body_at = hs->out.len;
    client_hello_write(&hs->out, &ch);
    wr_close(&hs->out);
    grease_free(&greased);
    if (!wr_ok(&hs->out)) {
        return fail(err, CSSL_R_NOMEM);
    }
    write_binders(hs, &ch, body_at);
    hs->asked = ch.has;
    ret = hs_send(hs, err);
    return ret == 0 ? hs_flush(hs, err) : ret;
}

/* The suites that are offered: a renegotiation is of TLS 1.2, like the handshake before it. */
static void choose_suites(const struct hs *hs, struct codes *suites)
{
    const struct codes *all = &hs->conn->config->suites;
    *suites = (struct codes){ .num = 0 };
    for (size_t i = 0; i < all->num; i++) {
        if (!hs->renegotiation || suite_version(all->list[i]) == TLS_1_2) {
            codes_add(suites, all->list[i]);
        }
    }
}

/* Which extensions there are: some belong to one version. */
static void fill_extensions(const struct hs *hs, struct client_hello *ch)
{
    const cssl_config *config = hs->conn->config;
    bool tls13 = config->tls13 && !hs->renegotiation;
    const struct {
        uint16_t type;
        bool wanted;
    } rows[] = {
        { EXT_SERVER_NAME, ch->server_name.len > 0 },
        { EXT_SUPPORTED_VERSIONS, tls13 },
        { EXT_SUPPORTED_GROUPS, true },
        { EXT_SIGNATURE_ALGORITHMS, true },
        { EXT_SIGNATURE_ALGORITHMS_CERT, true },
        { EXT_KEY_SHARE, tls13 },
        { EXT_ALPN, ch->alpn.len > 0 },
        { EXT_COOKIE, ch->cookie.len > 0 },
        { EXT_CERTIFICATE_AUTHORITIES, tls13 && ch->certificate_authorities.len > 0 },
        { EXT_EARLY_DATA, tls13 && hs->conn->early_offered && !hs->retried },
        { EXT_PSK_KEY_EXCHANGE_MODES,
          tls13 && (hs->num_psks > 0 || config->tickets13) },
        { EXT_EXTENDED_MASTER_SECRET, config->tls12 },
        { EXT_ENCRYPT_THEN_MAC, config->encrypt_then_mac },
        { EXT_RENEGOTIATION_INFO, config->tls12 },
        { EXT_EC_POINT_FORMATS, config->tls12 },
        { EXT_SESSION_TICKET, config->tls12 && config->reuse_sessions &&
                                  config->tickets != CSSL_TICKETS_DISABLED },
        { EXT_COMPRESS_CERTIFICATE, tls13 && config->compression.num > 0 },
        { EXT_POST_HANDSHAKE_AUTH, tls13 && config->post_handshake_auth },
        { EXT_PRE_SHARED_KEY, hs->num_psks > 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].wanted) {
            ext_add(&ch->has, rows[i].type);
        }
    }
}

cssl_bytes client_hello_ticket12(const struct hs *hs)
{
    const struct session *s = &hs->session;
    return bytes_of(s->ticket, s->version == TLS_1_2 && !s->has_id ? s->ticket_len : 0);
}

/* The shares and PSKs that are offered; the binders are zeros for now. */
static void fill_offers(const struct hs *hs, struct client_hello *ch)
{
    static const uint8_t zeros[HASH_MAX];
    int64_t now_ms = config_now_us(hs->conn->config, CSSL_CLOCK_WALL) / 1000;
    for (size_t i = 0; i < hs->num_shares; i++) {
        ch->shares[i] = (struct key_share){ kx_group(hs->shares[i]), kx_share(hs->shares[i]) };
    }
    for (size_t i = 0; i < hs->num_psks; i++) {
        const struct session *s = hs->psks[i].session;
        ch->psks[i].identity = hs->psks[i].identity;
        ch->psks[i].obfuscated_ticket_age =
            s == NULL ? 0 : (uint32_t)(now_ms - s->issued_at_ms) + s->age_add;
        ch->binders[i] = bytes_of(zeros, hash_len(hs->psks[i].hash));
    }
}

/* The binders are computed over what stands before them, and then put in (RFC 8446 4.2.11.2). */
static void write_binders(struct hs *hs, const struct client_hello *ch, size_t body_at)
{
    size_t end = body_at + ch->binders_at;
    size_t at = end + 2;
    for (size_t i = 0; i < hs->num_psks; i++) {
        uint8_t hash[HASH_MAX];
        struct schedule13 early;
        transcript_hash_with(&hs->transcript, hs->psks[i].hash, bytes_of(hs->out.data, end), hash);
        schedule13_early(&early, hs->psks[i].hash, hs->psks[i].secret);
        schedule13_binder(&early, hs->psks[i].origin, hash, hs->out.data + at + 1);
        schedule13_wipe(&early);
        at += 1 + hash_len(hs->psks[i].hash);
    }
}

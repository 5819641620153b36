/* negotiate.c - choices between what is offered and what is allowed. Pure: no keys, no state. */
#include "hs/negotiate.h"

#include "base/error.h"
#include "hs/schedule13.h"
#include "pki/hostname.h"

static size_t set_end(const struct codes *ours, size_t i);
static void digest_vector(struct hash *h, cssl_bytes v);

uint16_t first_common(const struct codes *ours, cssl_bytes theirs)
{
    for (size_t i = 0; i < ours->num; i++) {
        if (u16s_has(theirs, ours->list[i])) {
            return ours->list[i];
        }
    }
    return 0;
}

uint16_t first_suite(const struct codes *ours, cssl_bytes theirs, enum hash_alg alg)
{
    for (size_t i = 0; i < ours->num; i++) {
        if (suite_version(ours->list[i]) == TLS_1_3 &&
            (alg == HASH_NONE || suite_hash(ours->list[i]) == alg) &&
            u16s_has(theirs, ours->list[i])) {
            return ours->list[i];
        }
    }
    return 0;
}

bool suite_next(struct suite_walk *walk, const cssl_config *config, cssl_bytes theirs,
                uint16_t *id)
{
    const struct codes *ours = &config->suites;
    while (walk->set < ours->num) {
        const size_t end = config->client_order ? ours->num : set_end(ours, walk->set);
        while (walk->theirs < u16s_len(theirs)) {
            *id = u16s_at(theirs, walk->theirs++);
            for (size_t i = walk->set; i < end; i++) {
                if (ours->list[i] == *id) {
                    return true;
                }
            }
        }
        *walk = (struct suite_walk){ .set = end };
    }
    return false;
}

/* set_end is where the set that begins at i ends. */
static size_t set_end(const struct codes *ours, size_t i)
{
    size_t end = i + 1;
    while (ours->set[i] != 0 && end < ours->num && ours->set[end] == ours->set[i]) {
        end++;
    }
    return end;
}

uint16_t pick_suite13(const cssl_config *config, cssl_bytes theirs, enum hash_alg alg)
{
    struct suite_walk walk = { 0 };
    for (uint16_t id = 0; suite_next(&walk, config, theirs, &id);) {
        if (suite_version(id) == TLS_1_3 && (alg == HASH_NONE || suite_hash(id) == alg)) {
            return id;
        }
    }
    return 0;
}

bool ffdhe_codepoint(uint16_t group)
{
    return group >> 8 == 1;
}

int hello_check(const struct client_hello *ch, cssl_error *err)
{
    /* RFC 8446 4.1.2: exactly one compression method, null. */
    if (ch->compression.len != 1 || ch->compression.data[0] != 0) {
        return fail(err, CSSL_R_COMPRESSION);
    }
    bool psk = ext_has(ch->has, EXT_PRE_SHARED_KEY);
    bool groups = ext_has(ch->has, EXT_SUPPORTED_GROUPS);
    bool shares = ext_has(ch->has, EXT_KEY_SHARE);
    if (psk && !ext_has(ch->has, EXT_PSK_KEY_EXCHANGE_MODES)) {
        return fail_text(err, CSSL_R_EXTENSION_MISSING, "psk_key_exchange_modes"); /* 4.2.9 */
    }
    /* 9.2: each of the two needs the other; without a PSK both are needed. */
    if (groups != shares || (!psk && !groups)) {
        return fail_text(err, CSSL_R_EXTENSION_MISSING,
                         groups ? "key_share" : "supported_groups");
    }
    if (!psk && !ext_has(ch->has, EXT_SIGNATURE_ALGORITHMS)) {
        return fail_text(err, CSSL_R_EXTENSION_MISSING, "signature_algorithms");
    }
    for (size_t i = 0; i < ch->num_shares; i++) {
        if (!u16s_has(ch->supported_groups, ch->shares[i].group)) {
            return fail_text(err, CSSL_R_SHARE_NOT_IN_GROUPS, "group %u", ch->shares[i].group);
        }
    }
    return 0;
}

int pick_version(const cssl_config *config, const struct client_hello *ch, bool renegotiation,
                 uint16_t *version, cssl_error *err)
{
    bool listed = ext_has(ch->has, EXT_SUPPORTED_VERSIONS);
    if (ch->legacy_version <= 0x0300) {
        return fail_text(err, CSSL_R_VERSION_NOT_COMMON, "SSL 3.0"); /* RFC 8446 D.5 */
    }
    if (config->tls13 && !renegotiation && listed && u16s_has(ch->supported_versions, TLS_1_3)) {
        *version = TLS_1_3;
        return 0;
    }
    if (!config->tls12 || (listed ? !u16s_has(ch->supported_versions, TLS_1_2)
                                  : ch->legacy_version < TLS_1_2)) {
        return fail(err, CSSL_R_VERSION_NOT_COMMON);
    }
    if (config->tls13 && !renegotiation &&
        u16s_has(ch->cipher_suites, SUITE_FALLBACK_SCSV)) {
        return fail(err, CSSL_R_FALLBACK); /* RFC 7507 3 */
    }
    *version = TLS_1_2;
    return 0;
}

int check_server_name(cssl_bytes server_name, cssl_error *err)
{
    char name[254];
    if (server_name.len == 0) {
        return 0;
    }
    if (server_name.len > 253 || memchr(server_name.data, 0, server_name.len) != NULL) {
        return fail(err, CSSL_R_SERVER_NAME);
    }
    memcpy(name, server_name.data, server_name.len);
    name[server_name.len] = '\0';
    return hostname_is_dns(name) ? 0 : fail_text(err, CSSL_R_SERVER_NAME, "\"%s\"", name);
}

void hello_digest(const struct client_hello *ch, uint8_t out[32])
{
    struct hash h;
    hash_init(&h, HASH_SHA256);
    struct ext_set fixed = ch->has;
    const uint16_t free_to_change[] = { EXT_KEY_SHARE, EXT_EARLY_DATA, EXT_COOKIE,
                                        EXT_PRE_SHARED_KEY, EXT_PADDING };
    for (size_t i = 0; i < ARRAY_LEN(free_to_change); i++) {
        struct ext_set one = { 0 };
        ext_add(&one, free_to_change[i]);
        fixed.bits &= ~one.bits;
    }
    hash_update(&h, &ch->legacy_version, sizeof(ch->legacy_version));
    hash_update(&h, &fixed.bits, sizeof(fixed.bits));
    const cssl_bytes all[] = { ch->random,
                               ch->session_id,
                               ch->cipher_suites,
                               ch->compression,
                               ch->server_name,
                               ch->supported_versions,
                               ch->supported_groups,
                               ch->signature_algorithms,
                               ch->signature_algorithms_cert,
                               ch->alpn,
                               ch->psk_modes,
                               ch->compress_certificate,
                               ch->client_certificate_types,
                               ch->server_certificate_types,
                               ch->certificate_authorities,
                               ch->ec_point_formats,
                               ch->renegotiation_info,
                               ch->session_ticket,
                               ch->status_request,
                               ch->use_srtp,
                               ch->delegated_credential,
                               ch->max_fragment_length,
                               ch->record_size_limit };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        digest_vector(&h, all[i]);
    }
    hash_peek(&h, out);
}

uint16_t pick_group(const struct codes *ours, const struct client_hello *ch, size_t *share)
{
    for (size_t i = 0; i < ours->num; i++) {
        for (size_t j = 0; j < ch->num_shares; j++) {
            if (ch->shares[j].group == ours->list[i]) {
                *share = j;
                return ours->list[i];
            }
        }
    }
    *share = ch->num_shares;
    return first_common(ours, ch->supported_groups);
}

cssl_bytes pick_alpn(cssl_bytes ours, cssl_bytes theirs)
{
    struct rd r = rd_of(ours);
    while (rd_more(&r)) {
        cssl_bytes protocol = rd_view8(&r);
        if (alpn_has(theirs, protocol)) {
            return protocol;
        }
    }
    return bytes_of(NULL, 0);
}

bool alpn_has(cssl_bytes list, cssl_bytes protocol)
{
    struct rd r = rd_of(list);
    while (rd_more(&r)) {
        if (bytes_equal(rd_view8(&r), protocol)) {
            return true;
        }
    }
    return false;
}

bool session_fits(const struct session *s, uint16_t version, const cssl_config *config,
                  cssl_bytes sni, cssl_bytes alpn, int64_t now)
{
    /* Such a server asks when it needs to know, and sees then that it does not yet. */
    bool later = config->server && config->post_handshake_auth && version == TLS_1_3;
    return s->version == version && bytes_equal(bytes_str(s->server_name), sni) &&
           bytes_equal(bytes_str(s->alpn), alpn) &&
           memcmp(s->policy, config->policy, SESSION_DIGEST) == 0 &&
           (!config->fail_if_no_peer_cert || s->peer_verified || later) && now < s->expires_at &&
           now >= s->authenticated_at - 60 && now - s->authenticated_at < SESSION_AGE_MAX;
}

static void digest_vector(struct hash *h, cssl_bytes v)
{
    const uint64_t len = v.len;
    hash_update(h, &len, sizeof(len));
    hash_update(h, v.data, v.len);
}

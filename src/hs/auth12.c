/* auth12.c - Certificate, signatures, Finished and secrets of TLS 1.2, for both roles. */
#include "hs/auth12.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/auth13.h"
#include "hs/cert_type.h"
#include "hs/exchange12.h"
#include "hs/renegotiate.h"
#include "hs/staple.h"
#include "hs/verify.h"

bool ecdhe12(uint16_t group)
{
    static const uint16_t groups[] = { GROUP_X25519, GROUP_X448, GROUP_SECP256R1, GROUP_SECP384R1,
                                       GROUP_SECP521R1 };
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        if (groups[i] == group) {
            return true;
        }
    }
    return false;
}

bool scheme12_fits(uint16_t scheme, enum suite_auth auth)
{
    enum key_type a = auth == AUTH_RSA ? KEY_RSA : KEY_EC_P256;
    enum key_type b = auth == AUTH_RSA ? KEY_RSA_PSS : KEY_ED25519;
    enum key_type c = auth == AUTH_RSA ? KEY_RSA : KEY_ED448;
    return scheme_fits_key(scheme, a, false) || scheme_fits_key(scheme, b, false) ||
           scheme_fits_key(scheme, c, false);
}

bool scheme_of_12(uint16_t scheme)
{
    return scheme12_fits(scheme, AUTH_RSA) || scheme12_fits(scheme, AUTH_ECDSA);
}

int auth12_send_certificate(struct hs *hs, const struct certkey *ck, cssl_error *err)
{
    struct certificate12 c = { .num = 0 };
    for (size_t i = 0; ck != NULL && i < ck->num_certs && i < CERTIFICATE_ENTRIES_MAX; i++) {
        c.certs[c.num++] = cert_der(ck->certs[i]);
    }
    msg_open(&hs->out, HT_CERTIFICATE);
    if (hs->conn->own_raw) {
        wr_vec24(&hs->out, ck == NULL ? bytes_of(NULL, 0) : certkey_spki(ck));
    } else {
        certificate12_write(&hs->out, &c);
    }
    wr_close(&hs->out);
    hs->conn->own = ck;
    return hs_send(hs, err);
}

int auth12_send_status(struct hs *hs, cssl_error *err)
{
    msg_open(&hs->out, HT_CERTIFICATE_STATUS);
    certificate_status_write(&hs->out, staple_der(hs->staple));
    wr_close(&hs->out);
    return hs_send(hs, err);
}

int auth12_take_certificate(struct hs *hs, const struct hs_msg *m, bool *empty, cssl_error *err)
{
    struct certificate12 c;
    if (hs->conn->peer_raw) { /* RFC 7250 3: the key, with its length */
        struct rd r = rd_of(m->body);
        cssl_bytes key = rd_view24(&r);
        if (!rd_done(&r)) {
            return fail_text(err, CSSL_R_MESSAGE_MALFORMED, "Certificate");
        }
        *empty = key.len == 0;
        int ret = renegotiate_check_peer(hs, key, err);
        return ret != 0 || *empty ? ret : auth_take_key(hs, key, err);
    }
    int ret = certificate12_parse(&c, m->body, err);
    if (ret != 0) {
        return ret;
    }
    *empty = c.num == 0;
    ret = renegotiate_check_peer(hs, c.num == 0 ? bytes_of(NULL, 0) : c.certs[0], err);
    if (ret != 0 || c.num == 0) {
        return ret;
    }
    ret = auth_take_chain(hs, c.certs, c.num, err);
    if (ret == 0) {
        ret = staple_keep(hs->conn, NULL, 0, bytes_of(hs->early_scts, hs->early_scts_len), err);
    }
    return ret == 0 && !hs->status_expected ? auth_verify(hs, err) : ret;
}

int auth12_check_key(const struct hs *hs, cssl_error *err)
{
    const struct conn *c = hs->conn;
    const struct suite *suite = suite_find(c->suite);
    enum key_type type;
    (void)peer_chain_spki(c->peer, &type);
    bool fits = type == KEY_RSA || (type == KEY_RSA_PSS && suite->kx != KX_RSA);
    if (suite->auth == AUTH_ECDSA) {
        fits = group_of_key(type) != 0 || type == KEY_ED25519 || type == KEY_ED448;
    }
    if (!fits) {
        return fail_text(err, CSSL_R_KEY_NOT_OF_SUITE, "%s", name_of_suite(c->suite));
    }
    uint16_t curve = group_of_key(type);
    return curve == 0 || codes_has(&c->config->groups, curve)
               ? 0
               : fail_text(err, CSSL_R_CERT_CURVE_NOT_OFFERED, "%s", name_of_group(curve));
}

int auth12_check_signature(struct hs *hs, uint16_t scheme, cssl_bytes data, cssl_bytes sig,
                           cssl_error *err)
{
    struct conn *c = hs->conn;
    enum key_type type;
    cssl_bytes spki = peer_chain_spki(c->peer, &type);
    if (!codes_has(&c->config->schemes, scheme) || !scheme_of_12(scheme) ||
        !scheme_fits_key(scheme, type, false)) {
        const char *name = name_of_scheme(scheme);
        return fail_text(err, CSSL_R_SCHEME_NOT_OFFERED, "%s (0x%04x)",
                         name == NULL ? "unknown" : name, scheme);
    }
    conn_signed(c, false, scheme);
    return spki_verify(spki, scheme, data, sig, err);
}

int auth12_send_finished(struct hs *hs, cssl_error *err)
{
    uint8_t hash[HASH_MAX];
    uint8_t verify_data[FINISHED12];
    transcript_hash(&hs->transcript, hash);
    finished12(hs->transcript.alg, &hs->master, !hs->conn->server, hash, verify_data);
    memcpy(hs->conn->finished[hs->conn->server], verify_data, FINISHED12);
    msg_open(&hs->out, HT_FINISHED);
    wr_put(&hs->out, verify_data, sizeof(verify_data));
    wr_close(&hs->out);
    return hs_send(hs, err);
}

int auth12_take_finished(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    uint8_t hash[HASH_MAX];
    uint8_t verify_data[FINISHED12];
    if (m->body.len != FINISHED12) {
        return fail(err, CSSL_R_FINISHED_LENGTH);
    }
    transcript_hash(&hs->transcript, hash);
    finished12(hs->transcript.alg, &hs->master, hs->conn->server, hash, verify_data);
    if (!ct_equal(verify_data, m->body.data, FINISHED12)) {
        return fail(err, CSSL_R_FINISHED_WRONG);
    }
    memcpy(hs->conn->finished[!hs->conn->server], verify_data, FINISHED12);
    return 0;
}

void auth12_secret(struct hs *hs)
{
    uint8_t hash[HASH_MAX];
    uint8_t secret[PREMASTER12_MAX];
    struct wr w;
    wr_fixed(&w, secret, sizeof(secret));
    exchange12_premaster(hs, &w);
    const cssl_bytes premaster = wr_view(&w);
    if (hs->conn->extended_master_secret) {
        transcript_hash(&hs->transcript, hash);
        master12(hs->transcript.alg, premaster, hash, &hs->master);
    } else {
        master12_plain(hs->transcript.alg, premaster, hs->conn->randoms, &hs->master);
    }
    mem_wipe(secret, sizeof(secret));
    secret_wipe(&hs->psk);
    secret_wipe(&hs->premaster);
    auth12_use_master(hs);
}

void auth12_use_master(struct hs *hs)
{
    hs->conn->exporter = hs->master;
    conn_keylog(hs->conn, "CLIENT_RANDOM", hs->conn->randoms, &hs->master);
}

void auth12_settle(struct hs *hs, uint16_t suite, const uint8_t *client_random,
                   const uint8_t *server_random)
{
    struct conn *c = hs->conn;
    c->version = TLS_1_2;
    c->suite = suite;
    c->hash_alg = (uint8_t)suite_hash(suite);
    c->aead_alg = (uint8_t)suite_aead(suite);
    memcpy(c->randoms, client_random, HELLO_RANDOM);
    memcpy(c->randoms + HELLO_RANDOM, server_random, HELLO_RANDOM);
    transcript_choose(&hs->transcript, (enum hash_alg)c->hash_alg);
}

int auth12_settle_etm(struct hs *hs, bool agreed, cssl_error *err)
{
    struct conn *c = hs->conn;
    const struct rec_half *now = &c->write;
    const bool cbc = suite_find(c->suite)->cipher != CIPHER_AEAD;
    if (agreed && !cbc) { /* RFC 7366 3 */
        return fail_text(err, CSSL_R_ENCRYPT_THEN_MAC, "%s has none", name_of_suite(c->suite));
    }
    if (cbc && !agreed && now->is_cbc && now->cbc.encrypt_then_mac) { /* 3.1 */
        return fail(err, CSSL_R_ENCRYPT_THEN_MAC_LOST);
    }
    c->encrypt_then_mac = agreed;
    return 0;
}

void signed12(struct wr *w, const struct conn *c, cssl_bytes params)
{
    wr_put(w, c->randoms, sizeof(c->randoms));
    wr_bytes(w, params);
}

/* exchange12.c - the key exchanges of TLS 1.2, for both roles. Knows no order and no state. */
#include "hs/exchange12.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/ask.h"
#include "hs/negotiate.h"

static bool may_use(const struct conn *c, const struct server_key_exchange *ske);
static int take_dh(struct hs *hs, const struct server_key_exchange *ske, cssl_error *err);
static cssl_bytes without_zeros(cssl_bytes secret);
static bool is_own(const cssl_config *config, cssl_bytes identity);
static int encrypt_premaster(struct hs *hs, cssl_error *err);

enum suite_kx kx12(const struct hs *hs)
{
    return suite_kx(hs->conn->suite);
}

bool auth12_by_psk(const struct hs *hs)
{
    return kx_has_psk(kx12(hs));
}

int exchange12_ask_pair(struct hs *hs, cssl_error *err)
{
    struct conn *c = hs->conn;
    int ret = hs_new_step(hs, err);
    if (ret != 0) {
        return ret;
    }
    if (hs->dh != NULL && c->group == 0) {
        return pk_step_key_pair_dh(hs->step, hs->dh, err);
    }
    pk_step_key_pair(hs->step, c->group, &c->config->rand);
    return 0;
}

int exchange12_ask_secret(struct hs *hs, struct kx *kx, cssl_bytes share, cssl_error *err)
{
    uint8_t padded[DH_BYTES_MAX] = { 0 };
    const size_t want = kx_share(kx).len;
    int ret = hs_new_step(hs, err);
    if (ret != 0) {
        kx_free(kx);
        return ret;
    }
    if (kx_has_dhe(kx12(hs)) && share.len < want && want <= sizeof(padded)) {
        memcpy(padded + want - share.len, share.data, share.len);
        share = bytes_of(padded, want);
    }
    return pk_step_finish(hs->step, kx, share, err);
}

bool exchange12_server_speaks(const struct hs *hs)
{
    enum suite_kx kx = kx12(hs);
    return kx != KX_RSA && (kx != KX_PSK || hs->conn->config->psk_hint != NULL);
}

void exchange12_server_fill(const struct hs *hs, struct server_key_exchange *ske)
{
    const struct conn *c = hs->conn;
    const char *hint = c->config->psk_hint;
    *ske = (struct server_key_exchange){ .hint = bytes_str(hint == NULL ? "" : hint),
                                         .group = c->group };
    if (hs->num_shares > 0) {
        ske->share = kx_share(hs->shares[0]);
    }
    if (hs->dh != NULL) {
        ske->p = bytes_of(hs->dh->p, hs->dh->p_len);
        ske->g = bytes_of(hs->dh->g, hs->dh->g_len);
    }
}

int exchange12_identity(const struct hs *hs, cssl_bytes body, cssl_bytes *identity,
                        cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    struct client_key_exchange cke;
    *identity = bytes_of(NULL, 0);
    if (!auth12_by_psk(hs) || (config->ask_about & CSSL_ASK_PSK) == 0) {
        return 0;
    }
    int ret = client_key_exchange_parse(&cke, kx12(hs), body, err);
    if (ret == 0 && !is_own(config, cke.identity) && cke.identity.len <= ASK_SUBJECT_MAX) {
        *identity = cke.identity;
    }
    return ret;
}

int exchange12_take_client(struct hs *hs, cssl_bytes body, cssl_error *err)
{
    struct client_key_exchange cke;
    enum suite_kx kx = kx12(hs);
    int ret = client_key_exchange_parse(&cke, kx, body, err);
    if (ret == 0 && kx_has_psk(kx)) {
        ret = exchange12_psk(hs, cke.identity, err);
    }
    if (ret != 0 || kx == KX_PSK) {
        return ret;
    }
    if (kx != KX_RSA) {
        struct kx *pair = hs->shares[0];
        hs->num_shares = 0;
        return exchange12_ask_secret(hs, pair, cke.share, err);
    }
    ret = hs_new_step(hs, err);
    return ret == 0 ? pk_step_decrypt(hs->step, hs->own->key, hs->client_version, cke.share, err)
                    : ret;
}

int exchange12_take_server(struct hs *hs, const struct server_key_exchange *ske, cssl_error *err)
{
    struct conn *c = hs->conn;
    enum suite_kx kx = kx12(hs);
    if (kx == KX_PSK) {
        return 0; /* the hint means nothing to who has one key */
    }
    c->group = ske->group;
    int ret = kx_has_dhe(kx) ? take_dh(hs, ske, err) : 0;
    if (ret != 0) {
        return ret;
    }
    if (!may_use(c, ske)) {
        return fail_text(err, CSSL_R_SHARE_NOT_OFFERED, "group %u", c->group);
    }
    memcpy(hs->share, ske->share.data, ske->share.len);
    hs->share_len = ske->share.len;
    return 0;
}

int exchange12_begin(struct hs *hs, cssl_error *err)
{
    enum suite_kx kx = kx12(hs);
    int ret = 0;
    if (kx_has_psk(kx)) {
        ret = exchange12_psk(hs, bytes_str(hs->conn->config->psk_identity), err);
    }
    if (ret != 0 || kx == KX_PSK) {
        return ret;
    }
    return kx == KX_RSA ? encrypt_premaster(hs, err) : exchange12_ask_pair(hs, err);
}

void exchange12_client_fill(const struct hs *hs, const struct kx *kx,
                            struct client_key_exchange *cke)
{
    *cke = (struct client_key_exchange){ 0 };
    if (auth12_by_psk(hs)) {
        cke->identity = bytes_str(hs->conn->config->psk_identity);
    }
    if (kx != NULL) {
        cke->share = kx_share(kx);
    } else if (kx12(hs) == KX_RSA) {
        cke->share = bytes_of(hs->step->out, hs->step->out_len);
    }
}

int exchange12_psk(struct hs *hs, cssl_bytes identity, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    const cssl_bytes told = ask_psk(hs, identity);
    if (told.len > 0) {
        hs->psk = hs->found_psk;
        return 0;
    }
    /* RFC 4279 2: whoever names an unknown identity must not learn that from what comes then. The
     * random key is drawn for known ones too, and as long. */
    hs->psk.len = config->psk != NULL ? (uint8_t)config->psk_len : SECRET_MAX / 2;
    int ret = rand_fill(&config->rand, hs->psk.data, hs->psk.len, err);
    if (ret == 0 && is_own(config, identity)) {
        memcpy(hs->psk.data, config->psk, config->psk_len);
        hs->conn->psk_number = 0;
    }
    return ret;
}

void exchange12_premaster(const struct hs *hs, struct wr *w)
{
    const enum suite_kx kx = kx12(hs);
    const struct pk_step *step = hs->step;
    cssl_bytes secret = step == NULL ? bytes_of(NULL, 0) : bytes_of(step->secret, step->secret_len);
    if (kx_has_dhe(kx)) {
        secret = without_zeros(secret);
    }
    if (kx == KX_RSA && !hs->conn->server) {
        secret = secret_bytes(&hs->premaster);
    }
    if (!kx_has_psk(kx)) {
        wr_bytes(w, secret);
        return;
    }
    /* RFC 4279 2: with the PSK alone there are zeros in the other secret's place. */
    static const uint8_t zeros[SECRET_MAX];
    wr_vec16(w, kx == KX_PSK ? bytes_of(zeros, hs->psk.len) : secret);
    wr_vec16(w, secret_bytes(&hs->psk));
}

/* RFC 5246 8.1.2: without the zeros in front. How long that takes shows how many they are, which is
 * why a key pair is never used twice (see kx_new_dh). */
static cssl_bytes without_zeros(cssl_bytes secret)
{
    while (secret.len > 0 && secret.data[0] == 0) {
        secret = bytes_of(secret.data + 1, secret.len - 1);
    }
    return secret;
}

/* is_own: it is the config's key that is meant, which is not imported (RFC 9258). */
static bool is_own(const cssl_config *config, cssl_bytes identity)
{
    return config->psk != NULL && !config->psk_import &&
           bytes_equal(identity, bytes_str(config->psk_identity));
}

/* A curve must have been offered. So must a group of RFC 7919, but to a client that offered none
 * of those the server may give what it likes (section 4). */
static bool may_use(const struct conn *c, const struct server_key_exchange *ske)
{
    const struct codes *ours = &c->config->groups;
    bool any = false;
    for (size_t i = 0; i < ours->num; i++) {
        any = any || ffdhe_codepoint(ours->list[i]);
    }
    return codes_has(ours, c->group) || (ske->p.len > 0 && (c->group == 0 || !any));
}

static int take_dh(struct hs *hs, const struct server_key_exchange *ske, cssl_error *err)
{
    hs->dh = dh_params_new(ske->p, ske->g, err);
    if (hs->dh == NULL) {
        return err == NULL ? CSSL_ALERT : err->status;
    }
    hs->conn->group = dh_params_group(hs->dh);
    return ske->share.len <= hs->dh->p_len
               ? 0
               : fail_text(err, CSSL_R_BAD_KEY_SHARE, "its value is longer than the prime");
}

/* RFC 5246 7.4.7.1 */
static int encrypt_premaster(struct hs *hs, cssl_error *err)
{
    hs->premaster.len = PREMASTER_RSA;
    hs->premaster.data[0] = TLS_1_2 >> 8;
    hs->premaster.data[1] = TLS_1_2 & 0xff;
    int ret = rand_fill(&hs->conn->config->rand, hs->premaster.data + 2, PREMASTER_RSA - 2, err);
    if (ret == 0) {
        ret = hs_new_step(hs, err);
    }
    enum key_type type;
    return ret == 0 ? pk_step_encrypt(hs->step, peer_chain_spki(hs->conn->peer, &type),
                                      hs->premaster.data, err)
                    : ret;
}

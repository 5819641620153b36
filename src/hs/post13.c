/* post13.c - tickets and key updates of TLS 1.3. Knows neither the handshake nor its states. */
#include "hs/post13.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/keep.h"
#include "hs/reassemble.h"
#include "hs/schedule13.h"
#include "msg/small.h"

static int take_ticket(struct conn *c, cssl_bytes body, struct post13 *out, cssl_error *err);

int post13_ticket(struct conn *c, struct worker *w, const struct secret *resumption,
                  uint8_t number, struct wr *message, cssl_error *err)
{
    const cssl_config *config = c->config;
    int64_t now = config_now(config);
    struct session s = { 0 };
    struct wr ticket;
    wr_init(&ticket, SESSION_ENCODED_MAX);
    uint8_t random[4];
    int ret = session_of(c, &s, err);
    int64_t end = now + config->ticket_lifetime;
    s.expires_at = end < s.expires_at ? end : s.expires_at;
    if (ret != 0 || s.expires_at <= now || s.expires_at < s.authenticated_at ||
        (c->peer != NULL && s.chain_len == 0)) {
        goto out; /* nothing to resume, or no time left for it, even by a clock that went back */
    }
    if ((ret = rand_fill(&config->rand, random, sizeof(random), err)) != 0) {
        goto out;
    }
    s.age_add = (uint32_t)random[0] << 24 | (uint32_t)random[1] << 16 | (uint32_t)random[2] << 8 |
                random[3];
    struct new_session_ticket nst = { .lifetime = (uint32_t)(s.expires_at - now),
                                      .age_add = s.age_add,
                                      .nonce = bytes_of(&number, 1),
                                      .max_early_data = config->max_early_data };
    if (config->max_early_data > 0) {
        ext_add(&nst.has, EXT_EARLY_DATA);
    }
    s.max_early_data = config->max_early_data;
    ticket_psk13((enum hash_alg)c->hash_alg, resumption, nst.nonce, &s.psk);
    if ((ret = make_ticket(c, w, &s, now, &ticket, err)) != 0) {
        goto out;
    }
    nst.ticket = wr_view(&ticket);
    if (nst.ticket.len == 0) {
        goto out; /* the program did not keep it */
    }
    msg_open(message, HT_NEW_SESSION_TICKET);
    new_session_ticket_write(message, &nst);
    wr_close(message);
    ret = wr_ok(message) ? 0 : fail(err, CSSL_R_NOMEM);
out:
    session_wipe(&s);
    wr_free(&ticket);
    return ret;
}

int post13_check_type(const struct conn *c, uint8_t type, cssl_error *err)
{
    if (c->version == TLS_1_3 &&
        (type == HT_KEY_UPDATE || (type == HT_NEW_SESSION_TICKET && !c->server) ||
         (type == HT_CERTIFICATE_REQUEST && !c->server && c->handshake != NULL))) {
        return 0;
    }
    if (c->version == TLS_1_2 && type == (c->server ? HT_CLIENT_HELLO : HT_HELLO_REQUEST)) {
        return 0; /* the wish for a renegotiation */
    }
    const char *name = name_of_handshake(type);
    return fail_text(err, CSSL_R_UNEXPECTED_MESSAGE, "%s after the handshake",
                     name == NULL ? "a message of unknown type" : name);
}

int post13_message(struct conn *c, cssl_bytes message, bool more, struct post13 *out,
                   cssl_error *err)
{
    *out = (struct post13){ 0 };
    uint8_t type = message.data[0];
    cssl_bytes body = bytes_of(message.data + HANDSHAKE_HEADER, message.len - HANDSHAKE_HEADER);
    conn_trace(c, false, CT_HANDSHAKE, c->read.epoch, message);
    int ret = post13_check_type(c, type, err);
    if (ret != 0 || type == HT_NEW_SESSION_TICKET) {
        return ret != 0 ? ret : take_ticket(c, body, out, err);
    }
    if ((ret = key_update_parse(&out->update_requested, body, err)) != 0) {
        return ret;
    }
    if (more) {
        return fail_text(err, CSSL_R_MESSAGE_ACROSS_KEYS, "after KeyUpdate");
    }
    out->key_updated = true;
    update13((enum hash_alg)c->hash_alg, &c->read_secret);
    keys13(&c->read, (enum aead_alg)c->aead_alg, (enum hash_alg)c->hash_alg, &c->read_secret,
           c->read.epoch);
    return 0;
}

int post13_send_update(struct conn *c, struct worker *w, bool request, cssl_error *err)
{
    uint8_t bytes[HANDSHAKE_HEADER + 1];
    struct wr message;
    wr_fixed(&message, bytes, sizeof(bytes));
    msg_open(&message, HT_KEY_UPDATE);
    key_update_write(&message, request);
    wr_close(&message);
    int ret = wr_ok(&message) ? conn_send_messages(c, w, wr_view(&message), err)
                              : fail(err, CSSL_R_INTERNAL);
    if (ret != 0) {
        return ret;
    }
    update13((enum hash_alg)c->hash_alg, &c->write_secret);
    keys13(&c->write, (enum aead_alg)c->aead_alg, (enum hash_alg)c->hash_alg, &c->write_secret,
           c->write.epoch);
    return 0;
}

/* What every session of this connection says: what was authenticated, when, and until when. */
int session_of(struct conn *c, struct session *s, cssl_error *err)
{
    int64_t now = config_now(c->config);
    /* A client's session is for the name that it verified, which may be an address: those are not
     * sent. */
    const char *name = c->server ? c->sni : conn_verify_name(c);
    size_t name_len = name == NULL ? 0 : strlen(name);
    if (name_len >= sizeof(s->server_name)) {
        s->expires_at = now; /* no session */
        return 0;
    }
    if (name_len > 0) {
        memcpy(s->server_name, name, name_len);
    }
    s->version = c->version;
    s->extended_master_secret = c->extended_master_secret;
    s->suite = c->suite;
    s->group = c->version == TLS_1_2 ? c->group : 0;
    s->peer_verified = c->peer_verified;
    s->authenticated_at = c->authenticated_at;
    s->issued_at_ms = config_now_us(c->config, CSSL_CLOCK_WALL) / 1000;
    s->expires_at = c->authenticated_at + SESSION_AGE_MAX;
    s->expires_at = c->peer_expires < s->expires_at ? c->peer_expires : s->expires_at;
    s->own_raw = c->server && c->own_raw;
    s->peer_raw = c->peer != NULL && c->peer->raw != NULL;
    memcpy(s->policy, c->config->policy, SESSION_DIGEST);
    if (c->alpn != NULL) {
        memcpy(s->alpn, c->alpn, strlen(c->alpn) + 1);
    }
    if (c->peer == NULL) {
        return 0;
    }
    struct wr chain;
    wr_init(&chain, SESSION_CHAIN_MAX);
    peer_chain_write(&chain, c->peer);
    int ret = 0;
    if (wr_ok(&chain)) {
        s->chain = mem_copy(chain.data, chain.len);
        s->chain_len = chain.len;
        ret = s->chain == NULL ? fail(err, CSSL_R_NOMEM) : 0;
    }
    wr_free(&chain);
    return ret;
}

static int take_ticket(struct conn *c, cssl_bytes body, struct post13 *out, cssl_error *err)
{
    struct new_session_ticket nst;
    struct session *s = &out->session;
    int ret = new_session_ticket_parse(&nst, body, err);
    if (ret != 0 || !c->config->tickets13 || nst.lifetime == 0) {
        return ret;
    }
    int64_t now = config_now(c->config);
    if ((ret = session_of(c, s, err)) != 0) {
        return ret;
    }
    int64_t end = now + nst.lifetime;
    s->expires_at = end < s->expires_at ? end : s->expires_at;
    s->age_add = nst.age_add;
    s->max_early_data = nst.max_early_data;
    s->ticket = mem_copy(nst.ticket.data, nst.ticket.len);
    s->ticket_len = nst.ticket.len;
    /* A chain that is too long to be kept makes a session that cannot say who the peer was. */
    out->has_session = s->ticket != NULL && s->expires_at > now &&
                       s->expires_at >= s->authenticated_at &&
                       (c->peer == NULL || s->chain_len > 0);
    if (!out->has_session) {
        session_wipe(s);
        return 0;
    }
    ticket_psk13((enum hash_alg)c->hash_alg, &c->resumption, nst.nonce, &s->psk);
    return 0;
}

/* make_ticket writes the ticket of *s: sealed, or the identifier under which s is kept; nothing
 * where the program did not want to. */
int make_ticket(struct conn *c, struct worker *w, struct session *s, int64_t now,
                struct wr *ticket, cssl_error *err)
{
    const cssl_config *config = c->config;
    if (config->tickets == CSSL_TICKETS_STATEFUL) {
        uint8_t *id = wr_space(ticket, CACHE_ID);
        if (id == NULL) {
            return fail(err, CSSL_R_NOMEM);
        }
        uint8_t key[SESSION_DIGEST];
        int ret = rand_fill(&config->rand, id, CACHE_ID, err);
        if (ret != 0) {
            return ret;
        }
        cache_ticket_key(key, bytes_of(id, CACHE_ID));
        bool kept = false;
        ret = keep_put(c, w, key, s, &kept, err);
        if (!kept) {
            wr_clear(ticket);
        }
        return ret;
    }
    struct wr plain;
    wr_init(&plain, SESSION_ENCODED_MAX);
    session_encode(&plain, s);
    int ret = wr_ok(&plain) ? ticket_seal(config->shared->ticket_keys, w, &config->rand, now,
                                          wr_view(&plain), ticket, err)
                            : fail(err, CSSL_R_NOMEM);
    wr_free(&plain);
    return ret;
}

/* psk13.c - a server's PSKs: tickets and the config's own key, and their binders. */
#include "hs/psk13.h"

#include "base/error.h"
#include "base/mem.h"
#include "config/psks.h"
#include "hs/ask.h"
#include "hs/auth13.h"
#include "hs/cert_type.h"
#include "hs/keep.h"
#include "hs/negotiate.h"
#include "hs/verify.h"

static const struct config_psk *prefer(struct hs *hs, const struct client_hello *ch,
                                       const struct config_psk *own, size_t *index);
static int check_binder(struct hs *hs, const struct client_hello *ch, cssl_bytes body,
                        size_t index, enum psk_origin origin, cssl_error *err);
static void note_age(struct hs *hs, uint32_t obfuscated_age);
static bool session_usable(struct hs *hs, uint16_t version, const struct client_hello *ch,
                           bool found);
static bool still_there(struct hs *hs, cssl_bytes identity);

/* The first offered PSK that is known, fits, and for whose hash there is a suite. */
int psk13_find(struct hs *hs, const struct client_hello *ch, cssl_bytes body,
                    cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    if (!ext_has(ch->has, EXT_PRE_SHARED_KEY) || !hs->may_ticket) {
        return 0;
    }
    for (size_t i = 0; i < ch->num_psks; i++) {
        cssl_bytes identity = ch->psks[i].identity;
        cssl_bytes psk = bytes_of(NULL, 0);
        enum hash_alg alg = HASH_SHA256;
        enum psk_origin origin = PSK_SESSION;
        size_t index = i;
        const struct config_psk *own = psks_find(config, identity);
        cssl_bytes told = ask_psk(hs, identity);
        if (own != NULL && (own = prefer(hs, ch, own, &index)) != NULL) {
            psk = secret_bytes(&own->secret);
            alg = own->hash;
            origin = own->imported ? PSK_IMPORTED : PSK_EXTERNAL;
        } else if (told.len > 0) {
            psk = told;
            origin = PSK_EXTERNAL;
        }
        bool external = origin != PSK_SESSION;
        if (!external && psk_is_session(hs, TLS_1_3, ch, identity)) {
            psk = secret_bytes(&hs->session.psk);
            alg = suite_hash(hs->session.suite);
        } else if (!external) {
            continue;
        }
        if (suite13_choose(hs, ch, alg, NULL) != 0) {
            continue;
        }
        hs->using_psk = true;
        hs->psk_index = (uint16_t)index;
        schedule13_early(&hs->schedule, alg, psk);
        int ret = check_binder(hs, ch, body, index, origin, err);
        if (ret == 0 && !external && !still_there(hs, identity)) {
            hs->using_psk = false;
            session_wipe(&hs->session);
            continue;
        }
        if (ret == 0 && !external) {
            note_age(hs, ch->psks[i].obfuscated_ticket_age);
            ret = auth13_take_session(hs, &hs->session, err);
        } else if (ret == 0) {
            hs->conn->peer_verified = true; /* only a holder of the key can make the binder */
            hs->conn->psk_number = (int16_t)(own == NULL ? -1 : own->number);
        }
        return ret;
    }
    return 0;
}

/* psk_is_session looks the identity up as a ticket of ours; hs->session has it then. */
bool psk_is_session(struct hs *hs, uint16_t version, const struct client_hello *ch,
                    cssl_bytes identity)
{
    struct conn *c = hs->conn;
    const cssl_config *config = c->config;
    int64_t now = config_now(config);
    bool found = false;
    session_wipe(&hs->session);
    if (config->tickets == CSSL_TICKETS_STATELESS) {
        struct wr plain;
        wr_init(&plain, SESSION_ENCODED_MAX);
        found = ticket_open(config->shared->ticket_keys, hs->worker, now, identity, &plain,
                            NULL) == 0 &&
                session_decode(&hs->session, wr_view(&plain), NULL) == 0 &&
                hs->session.ticket_len == 0; /* else it is one that the program keeps */
        wr_free(&plain);
    } else if (config->tickets == CSSL_TICKETS_STATEFUL && identity.len == CACHE_ID) {
        uint8_t key[SESSION_DIGEST];
        cache_ticket_key(key, identity);
        found = keep_find(hs, key, &hs->session);
    }
    return session_usable(hs, version, ch, found && (version != TLS_1_3 || config->tickets13));
}

bool psk_is_session_id(struct hs *hs, const struct client_hello *ch)
{
    uint8_t key[SESSION_DIGEST];
    session_wipe(&hs->session);
    cache_id_key(key, ch->session_id);
    bool found = keep_find(hs, key, &hs->session);
    return session_usable(hs, TLS_1_2, ch, found);
}

bool psk_is_known(struct hs *hs, cssl_bytes identity)
{
    const cssl_config *config = hs->conn->config;
    struct session s = { 0 };
    int64_t now = config_now(config);
    if (psks_find(config, identity) != NULL) {
        return true;
    }
    bool found = false;
    if (config->tickets == CSSL_TICKETS_STATELESS) {
        struct wr plain;
        wr_init(&plain, SESSION_ENCODED_MAX);
        found = ticket_open(config->shared->ticket_keys, hs->worker, now, identity, &plain,
                            NULL) == 0;
        wr_free(&plain);
    } else if (config->tickets == CSSL_TICKETS_STATEFUL && identity.len == CACHE_ID) {
        uint8_t key[SESSION_DIGEST];
        cache_ticket_key(key, identity);
        found = keep_find(hs, key, &s);
        session_wipe(&s);
    }
    return found;
}

bool psk_next_session(struct hs *hs, const struct client_hello *ch, uint8_t key[SESSION_DIGEST])
{
    const cssl_config *config = hs->conn->config;
    uint16_t version;
    if (pick_version(config, ch, false, &version, NULL) != 0) {
        return false; /* its own handler says why */
    }
    if (version == TLS_1_2) {
        cache_id_key(key, ch->session_id);
        return config->reuse_sessions && ch->session_id.len == CACHE_ID &&
               hs->sessions_seen++ == 0;
    }
    while (config->tickets13 && config->tickets == CSSL_TICKETS_STATEFUL &&
           hs->sessions_seen < ch->num_psks) {
        const cssl_bytes identity = ch->psks[hs->sessions_seen++].identity;
        if (identity.len == CACHE_ID && psks_find(config, identity) == NULL) {
            cache_ticket_key(key, identity);
            return true;
        }
    }
    return false;
}

static bool session_usable(struct hs *hs, uint16_t version, const struct client_hello *ch,
                           bool found)
{
    const struct conn *c = hs->conn;
    if (found && session_fits(&hs->session, version, c->config, ch->server_name,
                              conn_name(c->alpn), config_now(c->config)) &&
        cert_type_fits(&hs->session, ch) && verify_session_now(hs)) {
        return true;
    }
    session_wipe(&hs->session);
    return false;
}

/* A session that is kept here is used once: by the first whose binder fits. Whoever only saw the
 * identity go by cannot use it up. */
static bool still_there(struct hs *hs, cssl_bytes identity)
{
    const cssl_config *config = hs->conn->config;
    uint8_t key[SESSION_DIGEST];
    if (config->tickets != CSSL_TICKETS_STATEFUL) {
        return true;
    }
    cache_ticket_key(key, identity);
    return keep_use(hs->conn, key);
}

/* prefer: of the offered keys that are the config's own and have a suite, the one that comes first
 * in the config; own is one that is offered at *index, which becomes the chosen one's. */
static const struct config_psk *prefer(struct hs *hs, const struct client_hello *ch,
                                       const struct config_psk *own, size_t *index)
{
    const struct config_psk *best = suite13_choose(hs, ch, own->hash, NULL) == 0 ? own : NULL;
    for (size_t i = *index + 1; i < ch->num_psks; i++) {
        const struct config_psk *p = psks_find(hs->conn->config, ch->psks[i].identity);
        if (p != NULL && (best == NULL || p < best) &&
            suite13_choose(hs, ch, p->hash, NULL) == 0) {
            best = p;
            *index = i;
        }
    }
    return best;
}

/* note_age compares the age that the client says, modulo 2^32 ms, with the one here. */
static void note_age(struct hs *hs, uint32_t obfuscated_age)
{
    const struct session *s = &hs->session;
    const int64_t now_ms = config_now_us(hs->conn->config, CSSL_CLOCK_WALL) / 1000;
    const int64_t skew = (int64_t)(uint32_t)(obfuscated_age - s->age_add) -
                         (now_ms - s->issued_at_ms);
    hs->conn->ticket_age_skew = (int32_t)(skew / 1000); /* within 50 days either way */
}

static int check_binder(struct hs *hs, const struct client_hello *ch, cssl_bytes body,
                        size_t index, enum psk_origin origin, cssl_error *err)
{
    enum hash_alg alg = hs->schedule.alg;
    uint8_t hash[HASH_MAX];
    uint8_t binder[HASH_MAX];
    /* The message's header stands in front of its body. */
    cssl_bytes truncated = bytes_of(body.data - HANDSHAKE_HEADER,
                                    HANDSHAKE_HEADER + ch->binders_at);
    transcript_hash_with(&hs->transcript, alg, truncated, hash);
    schedule13_binder(&hs->schedule, origin, hash, binder);
    if (ch->binders[index].len != hash_len(alg) ||
        !ct_equal(binder, ch->binders[index].data, hash_len(alg))) {
        return fail(err, CSSL_R_BINDER_WRONG); /* RFC 8446 4.2.11: abort */
    }
    return 0;
}

/* choose_suite settles suite, hash and AEAD; after a HelloRetryRequest they are settled already. */
int suite13_choose(struct hs *hs, const struct client_hello *ch, enum hash_alg alg,
                        cssl_error *err)
{
    struct conn *c = hs->conn;
    if (hs->retried) {
        return alg == HASH_NONE || alg == c->hash_alg ? 0 : fail(err, CSSL_R_SUITE_NOT_COMMON);
    }
    uint16_t suite = pick_suite13(c->config, ch->cipher_suites, alg);
    if (suite == 0) {
        return fail(err, CSSL_R_SUITE_NOT_COMMON);
    }
    c->suite = suite;
    c->hash_alg = (uint8_t)suite_hash(suite);
    c->aead_alg = (uint8_t)suite_aead(suite);
    return 0;
}

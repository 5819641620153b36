/*
 * renegotiate.c - when a connection of TLS 1.2 makes another handshake: on whose wish, how often,
 * and what becomes of a wish that is refused. What a renegotiation must repeat is hs/renegotiate.c.
 *
 * A handshake writes, and so needs both halves. Whoever runs the halves by two threads says so
 * (engine_two_threads): then the pump stops where it would need both, until engine_hold_both.
 */
#include "engine/engine.h"

#include "base/error.h"
#include "hs/renegotiate.h"
#include "msg/kex12.h"

enum { LEVEL_WARNING = 1, INTERVAL_US = 10 * 1000000 };

static int begin(struct cssl_engine *e, cssl_error *err);
static int send_request(struct cssl_engine *e, cssl_error *err);
static bool is_welcome(struct cssl_engine *e);

void engine_two_threads(struct cssl_engine *e)
{
    e->two_threads = true;
}

void engine_hold_both(struct cssl_engine *e, bool both)
{
    e->both_held = both;
}

bool engine_needs_both(const struct cssl_engine *e)
{
    return e->two_threads && !e->both_held && e->conn.version == TLS_1_2 && e->settled &&
           (e->hs != NULL || e->rest.len > 0 || engine_renegotiation_due(e));
}

bool engine_renegotiating(const struct cssl_engine *e)
{
    return atomic_load(&e->renegotiating);
}

bool engine_is_asking(const struct cssl_engine *e)
{
    return atomic_load(&e->requested) || engine_renegotiating(e);
}

bool engine_renegotiation_due(const struct cssl_engine *e)
{
    return atomic_load(&e->renegotiation_due) && !engine_is_asking(e);
}

int cssl_engine_renegotiate(cssl_engine *e, cssl_error *err)
{
    if (atomic_load_explicit(&e->rx_failed, memory_order_acquire)) {
        return error_copy(err, engine_error(e));
    }
    if (!e->settled || e->conn.version != TLS_1_2 || !e->conn.secure_renegotiation) {
        return fail_text(err, CSSL_R_NOT_NOW,
                         !e->settled                 ? "the handshake is not done"
                         : e->conn.version != TLS_1_2 ? "TLS 1.3 has no renegotiation"
                                                      : "the peer does not know RFC 5746");
    }
    if (e->closed || e->peer_closed || e->ended) {
        return fail_text(err, CSSL_R_CLOSED, "one side is closed");
    }
    if (engine_is_asking(e)) {
        return 0;
    }
    atomic_store(&e->renegotiation_due, false);
    if (e->conn.server) {
        return send_request(e, err);
    }
    int ret = begin(e, err);
    return ret == 0 ? pump(e, err) : ret;
}

int renegotiate_take(struct cssl_engine *e, uint8_t type, cssl_bytes body, bool *begun,
                     cssl_error *err)
{
    *begun = false;
    if (type == HT_HELLO_REQUEST) {
        int ret = empty_parse(body, err);
        if (ret != 0) {
            return ret;
        }
    }
    if (is_welcome(e)) {
        *begun = true;
        atomic_store(&e->requested, false);
        e->renegotiated_us = config_now_us(e->conn.config, CSSL_CLOCK_MONOTONIC);
        return begin(e, err);
    }
    if (++e->hello_requests > HELLO_REQUESTS_MAX) {
        return fail(err, CSSL_R_TOO_MANY_HELLO_REQUESTS);
    }
    atomic_store(&e->owed_refusal, true);
    return 0;
}

bool renegotiate_refused(struct cssl_engine *e)
{
    bool by_server = e->hs != NULL && e->hs->renegotiation && e->hs->state == CLIENT13_WAIT_SH;
    if (!by_server && !atomic_load(&e->requested)) {
        return false;
    }
    atomic_store(&e->gave_up, true);
    if (by_server) {
        renegotiate_end(e);
    }
    atomic_store(&e->requested, false);
    e->refused = true;
    return true;
}

void renegotiate_end(struct cssl_engine *e)
{
    if (e->hs->state != CLIENT13_WAIT_SH) {
        secret_wipe(&e->conn.exporter); /* half of what it goes with is of the new handshake */
    }
    hs_free(e->hs);
    e->hs = NULL;
    if (event_waits(e->event)) {
        engine_drop_event(e); /* a question or a step of what has ended */
    }
    atomic_store(&e->renegotiating, false);
}

int renegotiate_records(struct cssl_engine *e, uint64_t limit, cssl_error *err)
{
    const uint64_t seq = e->conn.write.seq;
    const uint64_t wish = e->conn.config->renegotiate_at;
    if (seq >= limit) {
        return fail(err, CSSL_R_RECORDS_EXHAUSTED);
    }
    /* Without a wish it begins by itself only where the halves are known to be looked after. */
    if (seq < (wish != 0 ? wish : limit - limit / 16) || (wish == 0 && !e->two_threads) ||
        engine_is_asking(e) || !e->conn.secure_renegotiation || atomic_load(&e->gave_up)) {
        return 0;
    }
    if (e->conn.server) {
        return send_request(e, err);
    }
    atomic_store(&e->renegotiation_due, true); /* the receiving half begins it */
    return 0;
}

int renegotiate_refuse(struct cssl_engine *e, struct worker *w)
{
    static const uint8_t alert[] = { LEVEL_WARNING, ALERT_NO_RENEGOTIATION };
    const cssl_bytes message = bytes_of(alert, sizeof(alert));
    conn_trace(&e->conn, true, CT_ALERT, e->conn.write.epoch, message);
    return conn_send(&e->conn, w, CT_ALERT, message, NULL);
}

int renegotiate_if_due(struct cssl_engine *e, cssl_error *err)
{
    /* The sending half may have wanted it only now, after the pump saw that one half would do. */
    if (!engine_renegotiation_due(e) || engine_needs_both(e) || e->closed || e->peer_closed) {
        return 0;
    }
    atomic_store(&e->renegotiation_due, false);
    return begin(e, err);
}

static int begin(struct cssl_engine *e, cssl_error *err)
{
    e->hs = hs_renew(&e->conn, err);
    if (e->hs == NULL) {
        return CSSL_NOMEM;
    }
    atomic_store(&e->renegotiating, true);
    return 0;
}

static int send_request(struct cssl_engine *e, cssl_error *err)
{
    static const uint8_t request[HANDSHAKE_HEADER] = { HT_HELLO_REQUEST };
    struct worker *w = worker_borrow(e->conn.config->shared);
    if (w == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    int ret = conn_send_messages(&e->conn, w, bytes_of(request, sizeof(request)), err);
    worker_return(e->conn.config->shared, w);
    if (ret == 0) {
        atomic_store(&e->requested, true);
    }
    return ret;
}

/* A server that has asked takes the answer. Else the options decide, and servers are not to be made
 * to work again and again: key exchange costs them more than it costs clients. */
static bool is_welcome(struct cssl_engine *e)
{
    const cssl_config *config = e->conn.config;
    if (!e->conn.secure_renegotiation || e->closed) {
        return false;
    }
    if (atomic_load(&e->requested)) {
        return true;
    }
    int64_t now = config_now_us(config, CSSL_CLOCK_MONOTONIC);
    bool often = e->renegotiated_us != 0 && now - e->renegotiated_us < INTERVAL_US;
    return config->client_renegotiation && !often;
}

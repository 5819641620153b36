/* pump.c - the receiving half: from bytes to records, messages and events. Sends nothing itself. */
#include "engine/engine.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/client12.h"
#include "hs/keep.h"
#include "msg/kex12.h"

static int pump_once(struct cssl_engine *e, struct worker *w, bool *progress, cssl_error *err);
static void forget_session(struct cssl_engine *e, const cssl_error *error);
static int run_handshake(struct cssl_engine *e, struct worker *w, cssl_error *err);
static int next_record(struct cssl_engine *e, struct worker *w, bool *progress, cssl_error *err);
static int end_of_stream(const struct cssl_engine *e, cssl_error *err);
static int take_record(struct cssl_engine *e, struct rec *rec, struct worker *w,
                       cssl_error *err);
static int take_message(struct cssl_engine *e, struct worker *w, cssl_error *err);
static bool is_hello_request(const struct cssl_engine *e);
static int ignore_request(struct cssl_engine *e, cssl_bytes message, cssl_error *err);
static int take_wish(struct cssl_engine *e, struct worker *w, cssl_bytes message, bool more,
                     cssl_error *err);
static int take_post(struct cssl_engine *e, cssl_bytes message, bool more, cssl_error *err);
static bool was_asked(struct cssl_engine *e);
static int take_session(struct cssl_engine *e, struct session *s, cssl_error *err);
static int take_ccs(struct cssl_engine *e, const struct rec *rec, struct worker *w,
                    cssl_error *err);
static int take_ccs12(struct cssl_engine *e, const struct rec *rec, struct worker *w,
                      cssl_error *err);
static int take_data(struct cssl_engine *e, const struct rec *rec, cssl_error *err);
static int take_early(struct cssl_engine *e, const struct rec *rec, cssl_error *err);
static int skip_early(struct cssl_engine *e, size_t len, cssl_error *err);
static void record_done(struct cssl_engine *e);

int pump(struct cssl_engine *e, cssl_error *err)
{
    cssl_error error = { 0 };
    if (e->in.len == 0 && !e->ended && e->ticket == NULL && !engine_renegotiation_due(e) &&
        (e->hs == NULL || e->conn.server)) {
        return 0; /* nothing came, and nothing goes on by itself */
    }
    if (engine_needs_both(e)) {
        return 0;
    }
    struct worker *w = worker_borrow(e->conn.config->shared);
    int ret = w == NULL ? fail(&error, CSSL_R_NOMEM) : renegotiate_if_due(e, &error);
    bool progress = true;
    while (ret == 0 && progress && e->event == 0) {
        ret = pump_once(e, w, &progress, &error);
    }
    worker_return(e->conn.config->shared, w);
    return ret == 0 ? 0 : engine_fail(e, &error, err);
}

int engine_fail(struct cssl_engine *e, const cssl_error *error, cssl_error *err)
{
    if (!atomic_load_explicit(&e->rx_failed, memory_order_relaxed)) {
        e->rx_error = mem_copy(error, sizeof(*error));
        report_failure(e, error);
        if (error->alert != ALERT_NONE && !error->alert_from_peer) {
            atomic_store(&e->owed_alert, error->alert);
        }
        atomic_store_explicit(&e->rx_failed, true, memory_order_release);
        /* RFC 8446 6.2: the secrets of a failed connection are forgotten; pay_owed forgets those of
         * the sending half. */
        forget_session(e, error);
        if (e->hs != NULL) { /* after the handshake the sending half reads it: not written then */
            hs_free(e->hs);
            e->hs = NULL;
        }
        later_end(e);
        if (event_waits(e->event) || e->event == CSSL_EV_EARLY_DATA) {
            engine_drop_event(e); /* there is none to be had any more */
        }
        atomic_store(&e->renegotiating, false);
        rec_wipe(&e->conn.read);
        secret_wipe(&e->conn.read_secret);
        secret_wipe(&e->conn.resumption);
        reassemble_free(&e->messages);
        e->rest = bytes_of(NULL, 0);
        e->record_len = 0;
        buf_free(&e->in);
    }
    return error_copy(err, engine_error(e));
}

const cssl_error *engine_error(const struct cssl_engine *e)
{
    static const cssl_error nomem = { .status = CSSL_NOMEM,
                                      .reason = CSSL_R_NOMEM,
                                      .alert = ALERT_INTERNAL_ERROR,
                                      .cert_index = -1,
                                      .text = "out of memory" };
    return e->rx_error == NULL ? &nomem : e->rx_error;
}

/* RFC 5246 7.2.2: a session whose connection ends with a fatal alert is not resumed any more. */
static void forget_session(struct cssl_engine *e, const cssl_error *error)
{
    const struct conn *c = &e->conn;
    uint8_t key[SESSION_DIGEST];
    if (!c->session_kept || error->alert == ALERT_NONE) {
        return;
    }
    const cssl_bytes id = bytes_of(c->session_id, c->session_id_len);
    if (c->server) {
        cache_id_key(key, id);
        keep_drop(c, key);
    } else if (c->host != NULL && c->config->keeps_own) {
        cache_client_key(key, c->host, c->port, bytes_of(c->config->alpn, c->config->alpn_len),
                         c->config->policy);
        cache_drop(c->config->shared->sessions, key, id);
    }
}

static int pump_once(struct cssl_engine *e, struct worker *w, bool *progress, cssl_error *err)
{
    const struct hs *asker = engine_asker(e);
    if (asker != NULL && (engine_blocked(e) || asker->question.id != e->asked)) {
        return engine_ask(e, w, err);
    }
    if (e->hs != NULL && (hs_waiting(e->hs) || (hs_rows[e->hs->state].accepts & ACCEPT_NOTHING))) {
        return run_handshake(e, w, err);
    }
    if (e->ticket != NULL) {
        e->event_data = bytes_of(e->ticket, e->ticket_len);
        engine_raise(e, CSSL_EV_TICKET);
        return 0;
    }
    if (e->rest.len > 0 && engine_needs_both(e)) {
        *progress = false;
        return 0;
    }
    if (e->rest.len > 0) {
        return take_message(e, w, err);
    }
    record_done(e);
    if (e->peer_closed) {
        buf_free(&e->in);
        *progress = false;
        return 0;
    }
    return next_record(e, w, progress, err);
}

/* run_handshake goes on without a message: with a step, run here or left to the program. */
static int run_handshake(struct cssl_engine *e, struct worker *w, cssl_error *err)
{
    int ret = 0;
    if (!hs_waiting(e->hs)) {
        ret = hs_run(e->hs, w, err);
    } else if (e->conn.config->defer_steps) {
        engine_raise(e, CSSL_EV_STEP);
        return 0;
    } else {
        struct pk_step *step = hs_take_step(e->hs);
        pk_step_run(step);
        ret = hs_step_done(e->hs, w, step, err);
    }
    return ret == 0 ? finish_handshake(e, err) : ret;
}

int finish_handshake(struct cssl_engine *e, cssl_error *err)
{
    struct session s;
    int ret = 0;
    if (!hs_done(e->hs)) {
        return 0;
    }
    if (!e->conn.server && client12_session(e->hs, &s)) {
        ret = take_session(e, &s, err);
        session_wipe(&s);
    }
    hs_free(e->hs);
    e->hs = NULL;
    e->settled = true;
    atomic_store(&e->renegotiating, false);
    e->empties = 0; /* no change_cipher_spec of the handshake counts any more */
    engine_raise(e, CSSL_EV_CONNECTED);
    return ret;
}

static int next_record(struct cssl_engine *e, struct worker *w, bool *progress, cssl_error *err)
{
    struct rec rec;
    size_t len = 0;
    cssl_bytes in = buf_bytes(&e->in);
    int ret = rec_wire_len(&e->conn.read, in, &len, err);
    if (ret != 0 || in.len < len || in.len == 0) {
        *progress = false;
        return ret == 0 && e->ended ? end_of_stream(e, err) : ret;
    }
    e->record_len = len;
    bool skipping = e->hs != NULL && e->hs->skip_early;
    cssl_error error;
    ret = rec_open(&e->conn.read, w, e->in.data + e->in.start, len, &rec, &error);
    if (skipping && ret != 0 && error.reason == CSSL_R_BAD_RECORD_MAC) {
        return skip_early(e, len, err);
    }
    if (ret != 0) {
        return error_copy(err, &error);
    }
    if (skipping && !rec.sealed && rec.type == CT_APPLICATION_DATA &&
        !reassemble_pending(&e->messages)) {
        return skip_early(e, len, err);
    }
    if (skipping && rec.sealed) {
        e->hs->skip_early = false; /* what can be opened is not early any more */
    }
    return take_record(e, &rec, w, err);
}

/* The stream has ended, and close_notify did not come: somebody may have cut it (RFC 8446 6.1). */
static int end_of_stream(const struct cssl_engine *e, cssl_error *err)
{
    return e->hs == NULL ? fail(err, CSSL_R_TRUNCATED)
                         : fail_text(err, CSSL_R_TRUNCATED, "during the handshake");
}

static int take_record(struct cssl_engine *e, struct rec *rec, struct worker *w,
                       cssl_error *err)
{
    if (rec->type != CT_HANDSHAKE && reassemble_pending(&e->messages)) {
        return fail(err, CSSL_R_RECORD_INTERLEAVED); /* RFC 8446 5.1 */
    }
    if (e->abandoned && rec->type == CT_HANDSHAKE) {
        return 0;
    }
    if (e->abandoned && rec->type == CT_CHANGE_CIPHER_SPEC) {
        return fail_text(err, CSSL_R_TRUNCATED, "what follows is under keys of the renegotiation "
                                                "in whose middle this side closed");
    }
    switch (rec->type) {
    case CT_HANDSHAKE:
        if (rec->len == 0) {
            return fail_text(err, CSSL_R_RECORD_EMPTY, "a fragment of a handshake message");
        }
        e->rest = bytes_of(rec->data, rec->len);
        return 0;
    case CT_APPLICATION_DATA:
        return take_data(e, rec, err);
    case CT_ALERT: {
        int ret = alert_take(e, rec, err);
        if (ret == 0 && (e->peer_closed || e->refused)) {
            engine_raise(e, e->peer_closed ? CSSL_EV_CLOSED : CSSL_EV_CONNECTED);
        }
        return ret;
    }
    case CT_CHANGE_CIPHER_SPEC:
        return take_ccs(e, rec, w, err);
    default:
        return fail_text(err, CSSL_R_RECORD_TYPE, "type %u", rec->type);
    }
}

static int take_message(struct cssl_engine *e, struct worker *w, cssl_error *err)
{
    cssl_bytes message;
    int ret = 0;
    if (!reassemble_pending(&e->messages)) {
        /* What may not come is refused by its first byte, before its rest is waited for. */
        ret = is_hello_request(e) ? 0
              : e->hs != NULL     ? hs_check_type(e->hs, e->rest.data[0], err)
                                  : later_check_type(e, e->rest.data[0], err);
    }
    if (ret != 0) {
        return ret;
    }
    ret = reassemble_next(&e->messages, &e->rest, e->conn.config->max_handshake_size, &message,
                              err);
    if (ret != 0 || message.data == NULL) {
        return ret;
    }
    bool more = e->rest.len > 0;
    if (e->hs != NULL && message.data[0] == HT_HELLO_REQUEST) {
        ret = ignore_request(e, message, err);
    } else if (e->hs != NULL) {
        ret = hs_message(e->hs, w, message, more, err);
        if (ret == 0) {
            ret = finish_handshake(e, err);
        }
    } else if (later_is_for(e, message.data[0])) {
        ret = later_take(e, w, message, more, err);
    } else if (e->conn.version == TLS_1_2) {
        ret = take_wish(e, w, message, more, err);
    } else {
        ret = take_post(e, message, more, err);
    }
    reassemble_done(&e->messages);
    return ret;
}

/* RFC 5246 7.4.1.1: clients ignore HelloRequest in the middle of a handshake. */
static bool is_hello_request(const struct cssl_engine *e)
{
    return e->hs != NULL && !e->conn.server && e->conn.version == TLS_1_2 &&
           !hs_waiting(e->hs) && e->rest.data[0] == HT_HELLO_REQUEST;
}

static int ignore_request(struct cssl_engine *e, cssl_bytes message, cssl_error *err)
{
    conn_trace(&e->conn, false, CT_HANDSHAKE, e->conn.read.epoch, message);
    int ret = empty_parse(bytes_of(message.data + HANDSHAKE_HEADER,
                                   message.len - HANDSHAKE_HEADER), err);
    if (ret == 0 && ++e->hello_requests > HELLO_REQUESTS_MAX) {
        ret = fail(err, CSSL_R_TOO_MANY_HELLO_REQUESTS);
    }
    return ret;
}

/* TLS 1.2: the peer wants a renegotiation. */
static int take_wish(struct cssl_engine *e, struct worker *w, cssl_bytes message, bool more,
                     cssl_error *err)
{
    bool begun = false;
    const cssl_bytes body = bytes_of(message.data + HANDSHAKE_HEADER,
                                     message.len - HANDSHAKE_HEADER);
    int ret = post13_check_type(&e->conn, message.data[0], err);
    if (ret == 0) {
        ret = renegotiate_take(e, message.data[0], body, &begun, err);
    }
    if (ret == 0 && begun && e->conn.server) {
        return hs_message(e->hs, w, message, more, err);
    }
    conn_trace(&e->conn, false, CT_HANDSHAKE, e->conn.read.epoch, message);
    return ret;
}

static int take_post(struct cssl_engine *e, cssl_bytes message, bool more, cssl_error *err)
{
    struct post13 post;
    int ret = post13_message(&e->conn, message, more, &post, err);
    if (ret != 0) {
        session_wipe(&post.session);
        return ret;
    }
    if (post.key_updated && !was_asked(e) && ++e->updates > KEY_UPDATES_MAX) {
        return fail(err, CSSL_R_TOO_MANY_UPDATES);
    }
    if (post.update_requested) {
        atomic_store(&e->owed_update, true);
    }
    if (post.has_session) {
        ret = take_session(e, &post.session, err);
        session_wipe(&post.session);
    }
    return ret;
}

/* was_asked takes one of the answers to key updates that are waited for. */
static bool was_asked(struct cssl_engine *e)
{
    /* Only this half counts down, so what is there stays there. */
    if (atomic_load(&e->updates_asked) == 0) {
        return false;
    }
    (void)atomic_fetch_sub(&e->updates_asked, 1);
    return true;
}

/* take_session keeps a session for later connections, or hands it to the program. */
static int take_session(struct cssl_engine *e, struct session *s, cssl_error *err)
{
    const cssl_config *config = e->conn.config;
    if (config->keeps_own) {
        if (e->conn.host == NULL) {
            return 0;
        }
        uint8_t key[SESSION_DIGEST];
        cache_client_key(key, e->conn.host, e->conn.port,
                         bytes_of(config->alpn, config->alpn_len), config->policy);
        return cache_put(config->shared->sessions, key, s, config_now(config), err);
    }
    struct wr w;
    wr_init(&w, SESSION_ENCODED_MAX);
    session_encode(&w, s);
    int ret = 0;
    if (!wr_ok(&w)) {
        ret = fail(err, CSSL_R_NOMEM);
    } else {
        e->ticket = mem_copy(w.data, w.len);
        e->ticket_len = w.len;
        ret = e->ticket == NULL ? fail(err, CSSL_R_NOMEM) : 0;
    }
    wr_free(&w);
    return ret;
}

/* RFC 8446 5, D.4: one byte of value 1, between the ClientHello and the peer's Finished. */
static int take_ccs(struct cssl_engine *e, const struct rec *rec, struct worker *w,
                    cssl_error *err)
{
    if (e->conn.version == TLS_1_2) {
        return take_ccs12(e, rec, w, err);
    }
    if (rec->sealed || e->hs == NULL || e->hs->state == SERVER13_START || rec->len != 1 ||
        rec->data[0] != 1 || !e->conn.config->tls13) {
        return fail(err, CSSL_R_CHANGE_CIPHER_SPEC);
    }
    if (++e->empties > EMPTY_RECORDS_MAX) {
        return fail(err, CSSL_R_TOO_MANY_EMPTY);
    }
    conn_trace(&e->conn, false, CT_CHANGE_CIPHER_SPEC, EPOCH_CLEAR, bytes_of(rec->data, rec->len));
    return 0;
}

/* In TLS 1.2 it changes the keys of what follows (RFC 5246 7.1), once. */
static int take_ccs12(struct cssl_engine *e, const struct rec *rec, struct worker *w,
                      cssl_error *err)
{
    if (e->hs == NULL || rec->len != 1 || rec->data[0] != 1) {
        return fail(err, CSSL_R_CHANGE_CIPHER_SPEC);
    }
    conn_trace(&e->conn, false, CT_CHANGE_CIPHER_SPEC, e->conn.read.epoch,
               bytes_of(rec->data, rec->len));
    return hs_change_cipher_spec(e->hs, w, err);
}

static int take_data(struct cssl_engine *e, const struct rec *rec, cssl_error *err)
{
    if (e->hs != NULL && rec->sealed && e->conn.read.epoch == EPOCH_EARLY) {
        return take_early(e, rec, err);
    }
    if ((e->hs != NULL && !hs_takes_data(e->hs)) || !rec->sealed) {
        return fail_text(err, CSSL_R_UNEXPECTED_MESSAGE, "application data%s",
                         e->hs != NULL ? " before the handshake is done" : " in the clear");
    }
    if (later_is_open(e)) { /* RFC 8446 4.6.2: nothing in the middle of it */
        return fail_text(err, CSSL_R_UNEXPECTED_MESSAGE, "application data before Finished");
    }
    if (rec->len == 0) {
        return ++e->empties > EMPTY_RECORDS_MAX ? fail(err, CSSL_R_TOO_MANY_EMPTY) : 0;
    }
    e->empties = 0;
    e->warnings = 0;
    e->updates = 0;
    e->requests = 0;
    e->hello_requests = 0;
    e->event_data = bytes_of(rec->data, rec->len);
    engine_raise(e, CSSL_EV_DATA);
    return 0;
}

/* Early data that were accepted; nothing else is ever under their key. */
static int take_early(struct cssl_engine *e, const struct rec *rec, cssl_error *err)
{
    if (rec->len > e->hs->early_left) {
        return fail(err, CSSL_R_EARLY_DATA_TOO_LONG); /* RFC 8446 4.2.10 */
    }
    if (rec->len == 0) {
        return ++e->empties > EMPTY_RECORDS_MAX ? fail(err, CSSL_R_TOO_MANY_EMPTY) : 0;
    }
    e->hs->early_left -= (uint32_t)rec->len;
    e->empties = 0;
    e->event_data = bytes_of(rec->data, rec->len);
    engine_raise(e, CSSL_EV_EARLY_DATA);
    return 0;
}

/* skip_early drops a record of len bytes. What it holds cannot be seen: all that is not its
 * protection counts, and one byte at least. */
static int skip_early(struct cssl_engine *e, size_t len, cssl_error *err)
{
    size_t content = len > REC_OVERHEAD_13 ? len - REC_OVERHEAD_13 : 1;
    if (content > e->hs->early_left) {
        return fail(err, CSSL_R_EARLY_DATA_TOO_LONG);
    }
    e->hs->early_left -= (uint32_t)content;
    return 0;
}

static void record_done(struct cssl_engine *e)
{
    if (e->record_len > 0) {
        buf_consume(&e->in, e->record_len);
        e->record_len = 0;
    }
}

void engine_raise(struct cssl_engine *e, cssl_event_type event)
{
    e->event = (uint8_t)event;
    e->event_taken = false;
}

void engine_drop_event(struct cssl_engine *e)
{
    if (e->event == CSSL_EV_TICKET) {
        mem_free_wiped(e->ticket, e->ticket_len);
        e->ticket = NULL;
        e->ticket_len = 0;
    }
    e->event_data = bytes_of(NULL, 0);
    e->event = 0;
    e->event_taken = false;
}

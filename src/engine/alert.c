/* alert.c - alerts, received and owed (RFC 8446 6). Decides nothing about why one is sent. */
#include "engine/engine.h"

#include "base/error.h"

enum { LEVEL_WARNING = 1, LEVEL_FATAL = 2 };

static int send_alert(struct cssl_engine *e, struct worker *w, uint8_t alert);
static void end_sending(struct cssl_engine *e);
static void end_handshake(struct cssl_engine *e);

int alert_take(struct cssl_engine *e, const struct rec *rec, cssl_error *err)
{
    if (rec->len == 0) {
        return fail_text(err, CSSL_R_RECORD_EMPTY, "an alert"); /* RFC 8446 5.4 */
    }
    if (rec->len != 2) {
        return fail(err, CSSL_R_ALERT_MALFORMED);
    }
    if (rec->data[0] != LEVEL_WARNING && rec->data[0] != LEVEL_FATAL) {
        return fail_text(err, CSSL_R_ALERT_LEVEL, "%u", rec->data[0]); /* RFC 8446 6 */
    }
    uint8_t alert = rec->data[1];
    conn_trace(&e->conn, false, CT_ALERT, rec->sealed ? e->conn.read.epoch : EPOCH_CLEAR,
               bytes_of(rec->data, rec->len));
    /* In TLS 1.2, and before the version is known, a warning is one (RFC 5246 7.2.2). In TLS 1.3
     * the level says nothing any more (RFC 8446 6), and two alerts are not errors. */
    bool warning = e->conn.version != TLS_1_3 && e->conn.config->tls12 &&
                   rec->data[0] == LEVEL_WARNING && alert != ALERT_CLOSE_NOTIFY;
    if (warning && alert == ALERT_NO_RENEGOTIATION && renegotiate_refused(e)) {
        report_warning(e, alert);
        return 0;
    }
    if (warning || alert == ALERT_USER_CANCELED) {
        report_warning(e, alert);
        return ++e->warnings > WARNINGS_MAX ? fail(err, CSSL_R_TOO_MANY_WARNINGS) : 0;
    }
    if (alert != ALERT_CLOSE_NOTIFY) {
        return fail_peer_alert(err, alert);
    }
    if (e->hs != NULL && e->hs->renegotiation) {
        renegotiate_end(e); /* nothing of what it was about will come */
    }
    if (e->hs != NULL) {
        return fail_text(err, CSSL_R_CLOSED, "the peer closed it during the handshake");
    }
    e->peer_closed = true;
    return 0;
}

cssl_bytes engine_behind_close(const struct cssl_engine *e)
{
    cssl_bytes in = buf_bytes(&e->in);
    if (!e->peer_closed || e->event != CSSL_EV_CLOSED || in.len <= e->record_len) {
        return bytes_of(NULL, 0);
    }
    return bytes_of(in.data + e->record_len, in.len - e->record_len);
}

void pay_owed(struct cssl_engine *e)
{
    if (e->closed) {
        return;
    }
    if (atomic_load_explicit(&e->rx_failed, memory_order_acquire) &&
        engine_error(e)->alert_from_peer) {
        end_sending(e); /* RFC 8446 6.2: nothing is said after a fatal alert, received or sent */
        return;
    }
    if (atomic_load_explicit(&e->owed_alert, memory_order_relaxed) < 0 &&
        !atomic_load_explicit(&e->owed_refusal, memory_order_relaxed) &&
        !atomic_load_explicit(&e->owed_update, memory_order_relaxed) &&
        atomic_load_explicit(&e->owed_reply, memory_order_relaxed) == NULL) {
        return;
    }
    struct worker *w = worker_borrow(e->conn.config->shared);
    if (w == NULL) {
        return; /* what is owed stays owed */
    }
    int alert = atomic_exchange(&e->owed_alert, -1);
    if (alert >= 0) {
        if (send_alert(e, w, (uint8_t)alert) == 0 && alert == ALERT_USER_CANCELED) {
            (void)send_alert(e, w, ALERT_CLOSE_NOTIFY); /* RFC 8446 6.1 */
        }
        end_sending(e);
    } else if (atomic_exchange(&e->owed_refusal, false)) {
        if (renegotiate_refuse(e, w) != 0) {
            atomic_store(&e->owed_refusal, true);
        }
    } else if (atomic_exchange(&e->owed_update, false) &&
               post13_send_update(&e->conn, w, false, NULL) != 0) {
        atomic_store(&e->owed_update, true);
    }
    if (alert < 0 && !later_pay(e, w)) {
        (void)send_alert(e, w, ALERT_INTERNAL_ERROR); /* half of an answer cannot be taken back */
        end_sending(e);
    }
    worker_return(e->conn.config->shared, w);
}

int cssl_engine_close(cssl_engine *e, cssl_error *err)
{
    pay_owed(e);
    if (e->closed) {
        return 0;
    }
    struct worker *w = worker_borrow(e->conn.config->shared);
    int ret = w == NULL ? CSSL_NOMEM : send_alert(e, w, ALERT_CLOSE_NOTIFY);
    worker_return(e->conn.config->shared, w);
    e->closed = ret == 0;
    if (ret == 0 && e->hs != NULL) {
        end_handshake(e);
    }
    return ret == 0 ? 0 : fail(err, CSSL_R_NOMEM);
}

void cssl_engine_cancel(cssl_engine *e)
{
    if (e->hs != NULL) {
        cssl_error error;
        (void)fail(&error, CSSL_R_USER_CANCELED);
        (void)engine_fail(e, &error, NULL);
    }
}

void cssl_engine_refuse(cssl_engine *e, uint8_t alert)
{
    const bool fatal = alert != ALERT_CLOSE_NOTIFY && alert != ALERT_USER_CANCELED &&
                       alert != ALERT_NO_RENEGOTIATION && alert != ALERT_NONE;
    if (e->hs != NULL) {
        cssl_error error;
        (void)fail(&error, CSSL_R_REFUSED);
        error.alert = fatal ? alert : (uint8_t)ALERT_HANDSHAKE_FAILURE;
        (void)engine_fail(e, &error, NULL);
    }
}

/* end_sending forgets the keys of a half that has failed: nothing is sealed any more. Whoever sees
 * the alert that is owed may be ahead of rx_failed: the error is there, and is to be told. */
static void end_sending(struct cssl_engine *e)
{
    e->closed = true;
    atomic_store_explicit(&e->rx_failed, true, memory_order_release);
    rec_wipe(&e->conn.write);
    secret_wipe(&e->conn.write_secret);
}

/* end_handshake lets nothing of a handshake follow close_notify: a server that has said all but its
 * tickets leaves those out; without what else is missing there will be no connection. */
static void end_handshake(struct cssl_engine *e)
{
    if (e->hs->renegotiation) {
        renegotiate_end(e);
        e->abandoned = true; /* what the peer has sent for it is on its way */
        reassemble_free(&e->messages);
        e->rest = bytes_of(NULL, 0);
        return;
    }
    if (e->conn.write.epoch == EPOCH_APPLICATION) {
        e->hs->may_ticket = false;
        return;
    }
    cssl_error error;
    (void)fail_text(&error, CSSL_R_CLOSED, "on this side, before the handshake was done");
    (void)engine_fail(e, &error, NULL);
}

static int send_alert(struct cssl_engine *e, struct worker *w, uint8_t alert)
{
    bool is_error = alert != ALERT_CLOSE_NOTIFY && alert != ALERT_USER_CANCELED;
    const uint8_t bytes[] = { is_error ? LEVEL_FATAL : LEVEL_WARNING, alert };
    const cssl_bytes message = bytes_of(bytes, sizeof(bytes));
    conn_trace(&e->conn, true, CT_ALERT, e->conn.write.epoch, message);
    return conn_send(&e->conn, w, CT_ALERT, message, NULL);
}

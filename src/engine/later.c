/* later.c - authentication after the handshake, between the two halves. Knows no message. */
#include "engine/engine.h"

#include "base/error.h"
#include "hs/later13.h"

static int start(struct cssl_engine *e, cssl_error *err);

int later_check_type(struct cssl_engine *e, uint8_t type, cssl_error *err)
{
    return later13_takes(e->later, type) ? hs_check_type(e->later->hs, type, err)
                                         : post13_check_type(&e->conn, type, err);
}

bool later_is_for(const struct cssl_engine *e, uint8_t type)
{
    return later13_takes(e->later, type) ||
           (type == HT_CERTIFICATE_REQUEST && !e->conn.server && e->conn.handshake != NULL);
}

bool later_is_open(const struct cssl_engine *e)
{
    return later13_open(e->later);
}

int later_take(struct cssl_engine *e, struct worker *w, cssl_bytes message, bool more,
               cssl_error *err)
{
    int ret = e->conn.server ? 0 : start(e, err);
    if (ret == 0) {
        ret = later13_message(e->later, w, message, more, err);
    }
    return ret == 0 ? later_go_on(e, w, err) : ret;
}

int later_go_on(struct cssl_engine *e, struct worker *w, cssl_error *err)
{
    struct hs *hs = e->later->hs;
    if (hs_asking(hs)) {
        return engine_ask(e, w, err);
    }
    while (hs_waiting(hs)) {
        if (e->conn.config->defer_steps) {
            engine_raise(e, CSSL_EV_STEP);
            return 0;
        }
        struct pk_step *step = hs_take_step(hs);
        pk_step_run(step);
        int ret = hs_step_done(hs, w, step, err);
        if (ret != 0) {
            return ret;
        }
    }
    if (!hs_done(hs)) {
        return 0;
    }
    if (e->conn.server) {
        later13_commit(e->later);
        engine_raise(e, CSSL_EV_AUTHENTICATED);
    } else {
        struct later_reply *reply = later13_reply(e->later, err);
        if (reply == NULL) {
            return CSSL_NOMEM;
        }
        atomic_store_explicit(&e->owed_reply, reply, memory_order_release);
    }
    later13_free(e->later);
    e->later = NULL;
    return 0;
}

bool later_pay(struct cssl_engine *e, struct worker *w)
{
    struct later_reply *reply = atomic_load_explicit(&e->owed_reply, memory_order_acquire);
    bool sent;
    if (reply == NULL) {
        return true;
    }
    if (later13_send(&e->conn, w, reply, &sent, NULL) != 0) {
        return false;
    }
    if (sent) {
        atomic_store_explicit(&e->owed_reply, NULL, memory_order_release);
        later_reply_free(reply);
    }
    return true; /* without room it stays owed */
}

void later_end(struct cssl_engine *e)
{
    later13_free(e->later);
    e->later = NULL;
}

int cssl_engine_request_certificate(cssl_engine *e, cssl_error *err)
{
    const struct conn *c = &e->conn;
    pay_owed(e);
    if (atomic_load_explicit(&e->rx_failed, memory_order_acquire)) {
        return error_copy(err, engine_error(e));
    }
    const char *why = !c->server                  ? "a client cannot ask for one"
                      : c->version == TLS_1_2     ? "TLS 1.2 has no such thing"
                      : e->hs != NULL             ? "the handshake is not done"
                      : e->closed                 ? "close_notify was sent already"
                      : e->peer_closed            ? "the peer says nothing any more"
                      : !c->config->verify        ? "option verify is CSSL_VERIFY_NONE"
                      : c->handshake == NULL      ? "the client did not offer it"
                      : e->later != NULL          ? "one is asked for already"
                                                  : NULL;
    if (why != NULL) {
        return fail_text(err, CSSL_R_NOT_NOW, "%s", why);
    }
    struct worker *w = worker_borrow(c->config->shared);
    if (w == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    cssl_error error = { 0 };
    e->later = later13_request(&e->conn, w, &error);
    worker_return(c->config->shared, w);
    return e->later == NULL ? error_copy(err, &error) : 0;
}

/* One request at a time, and not too many in a row: each costs a signature. */
static int start(struct cssl_engine *e, cssl_error *err)
{
    if (e->later != NULL ||
        atomic_load_explicit(&e->owed_reply, memory_order_acquire) != NULL) {
        return fail_text(err, CSSL_R_TOO_MANY_REQUESTS, "the one before is not answered yet");
    }
    if (++e->requests > AUTH_REQUESTS_MAX) {
        return fail_text(err, CSSL_R_TOO_MANY_REQUESTS, "%d without data between them",
                         AUTH_REQUESTS_MAX);
    }
    e->later = later13_new(&e->conn, err);
    return e->later == NULL ? CSSL_NOMEM : 0;
}

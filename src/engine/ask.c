/* ask.c - the handshake's questions as callbacks and events, and the way back of the answers. */
#include "engine/engine.h"

#include "base/error.h"
#include "base/mem.h"

static int answer(struct cssl_engine *e, const cssl_answer *a, cssl_error *err);

int engine_ask(struct cssl_engine *e, struct worker *w, cssl_error *err)
{
    const cssl_config *config = e->conn.config;
    struct hs *hs = e->hs;
    if (hs->question.kind == (cssl_ask)ASK_HELLO) {
        engine_raise(e, CSSL_EV_HELLO);
        return 0;
    }
    if (config->ask == NULL || hs->question.id == e->asked) {
        engine_raise(e, CSSL_EV_ASK);
        return 0;
    }
    e->asked = hs->question.id; /* once: what is not answered now is answered later */
    const cssl_question q = hs->question;
    cssl_answer a = { .id = q.id };
    if (!config->ask(config->user, &q, &a)) {
        engine_raise(e, CSSL_EV_ASK);
        return 0;
    }
    a.id = q.id;
    int ret = hs_answer(hs, w, &a, err);
    return ret == 0 ? finish_handshake(e, err) : ret;
}

int cssl_engine_answer(cssl_engine *e, const cssl_answer *a, cssl_error *err)
{
    if (atomic_load_explicit(&e->rx_failed, memory_order_relaxed)) {
        return engine_fail(e, NULL, err);
    }
    if (e->hs == NULL || e->hs->question.kind == (cssl_ask)ASK_HELLO) {
        return fail(err, CSSL_R_NO_QUESTION);
    }
    return answer(e, a, err);
}

int cssl_engine_continue(cssl_engine *e, cssl_config *config, cssl_error *err)
{
    if (atomic_load_explicit(&e->rx_failed, memory_order_relaxed)) {
        return engine_fail(e, NULL, err);
    }
    if (e->hs == NULL || !hs_asking(e->hs) || e->hs->question.kind != (cssl_ask)ASK_HELLO) {
        return fail_text(err, CSSL_R_NOT_NOW, "the handshake is not paused at a hello");
    }
    if (config != NULL && config->server != e->conn.server) {
        return fail_text(err, CSSL_R_ARGUMENT, "the config is of the other role");
    }
    if (config != NULL) {
        conn_set_config(&e->conn, config);
    }
    return answer(e, &(cssl_answer){ .id = e->hs->question.id }, err);
}

int cssl_engine_peer_hello_sized(const cssl_engine *e, cssl_hello *hello, size_t size,
                                 cssl_error *err)
{
    cssl_hello h = { 0 };
    int ret = e->hs == NULL ? fail_text(err, CSSL_R_NOT_NOW, "the handshake is not paused")
                            : ask_peer_hello(e->hs, &h, err);
    memset(hello, 0, size);
    memcpy(hello, &h, min_size(size, sizeof(h)));
    return ret;
}

static int answer(struct cssl_engine *e, const cssl_answer *a, cssl_error *err)
{
    cssl_error error;
    int ret = hs_check_answer(e->hs, a, err);
    if (ret != 0) {
        return ret; /* the question stays open */
    }
    struct worker *w = worker_borrow(e->conn.config->shared);
    ret = w == NULL ? fail(&error, CSSL_R_NOMEM) : hs_answer(e->hs, w, a, &error);
    worker_return(e->conn.config->shared, w);
    if (ret == 0) {
        if (event_waits(e->event)) {
            e->event = 0;
            e->event_taken = false;
        }
        ret = finish_handshake(e, &error);
    }
    return ret == 0 ? 0 : engine_fail(e, &error, err);
}

/* ask.c - the handshake's questions as callbacks and events, and the way back of the answers. */
#include "engine/engine.h"

#include "base/error.h"
#include "base/mem.h"

static int answer(struct cssl_engine *e, struct hs *hs, const cssl_answer *a, cssl_error *err);

struct hs *engine_hs(const struct cssl_engine *e)
{
    return e->hs != NULL ? e->hs : e->later != NULL ? e->later->hs : NULL;
}

int engine_go_on(struct cssl_engine *e, struct worker *w, cssl_error *err)
{
    if (event_waits(e->event)) {
        engine_drop_event(e);
    }
    return e->hs != NULL ? finish_handshake(e, err) : later_go_on(e, w, err);
}

struct hs *engine_asker(const struct cssl_engine *e)
{
    struct hs *hs = engine_hs(e);
    return hs != NULL && hs_asking(hs) ? hs : NULL;
}

bool engine_blocked(const struct cssl_engine *e)
{
    const struct hs *hs = engine_asker(e);
    return e->hs != NULL || (hs != NULL && hs->question.kind != CSSL_ASK_SIGN);
}

int engine_ask(struct cssl_engine *e, struct worker *w, cssl_error *err)
{
    const cssl_config *config = e->conn.config;
    struct hs *hs = engine_asker(e);
    if (hs->question.kind == (cssl_ask)ASK_HELLO) {
        engine_raise(e, CSSL_EV_HELLO);
        return 0;
    }
    hs->question.socket = e->socket;
    bool seen = hs->question.id == e->asked;
    e->asked = hs->question.id; /* asked once: what is not answered now is answered later */
    if (config->ask == NULL || seen) {
        engine_raise(e, CSSL_EV_ASK);
        return 0;
    }
    const cssl_question q = hs->question;
    cssl_answer a = { .id = q.id };
    if (!config->ask(config->user, &q, &a)) {
        engine_raise(e, CSSL_EV_ASK);
        return 0;
    }
    a.id = q.id;
    int ret = hs_answer(hs, w, &a, err);
    return ret == 0 ? engine_go_on(e, w, err) : ret;
}

void engine_set_socket(struct cssl_engine *e, cssl_socket *s)
{
    e->socket = s;
}

bool engine_asks(const struct cssl_engine *e)
{
    const struct hs *hs = engine_asker(e);
    return hs != NULL && hs->question.kind != (cssl_ask)ASK_HELLO;
}

bool engine_stands(const struct cssl_engine *e)
{
    return engine_asker(e) != NULL && engine_blocked(e);
}

bool engine_can_answer(const struct cssl_engine *e)
{
    return e->conn.config->ask != NULL && e->socket != NULL;
}

int engine_must_answer(struct cssl_engine *e, const cssl_answer *a, cssl_error *err)
{
    cssl_error error;
    return cssl_engine_answer(e, a, &error) == 0 ? 0 : engine_fail(e, &error, err);
}

int engine_unasked(struct cssl_engine *e, cssl_error *err)
{
    cssl_error error;
    (void)fail_option(&error, CSSL_R_ASK_NEEDS_MAILBOX, "ask",
                      e->conn.config->ask == NULL
                          ? "give ask, or use a mailbox"
                          : "within cssl_connect ask has to answer at once; else use "
                            "cssl_connect_start and a mailbox");
    return engine_fail(e, &error, err);
}

int cssl_engine_answer(cssl_engine *e, const cssl_answer *a, cssl_error *err)
{
    if (atomic_load_explicit(&e->rx_failed, memory_order_relaxed)) {
        return engine_fail(e, NULL, err);
    }
    struct hs *hs = engine_asker(e);
    if (hs == NULL || hs->question.kind == (cssl_ask)ASK_HELLO) {
        return fail(err, CSSL_R_NO_QUESTION);
    }
    return answer(e, hs, a, err);
}

int cssl_engine_continue(cssl_engine *e, cssl_config *config, cssl_error *err)
{
    if (atomic_load_explicit(&e->rx_failed, memory_order_relaxed)) {
        return engine_fail(e, NULL, err);
    }
    struct hs *hs = engine_asker(e);
    if (hs == NULL || hs->question.kind != (cssl_ask)ASK_HELLO) {
        return fail_text(err, CSSL_R_NOT_NOW, "the handshake is not paused at a hello");
    }
    if (config != NULL && config->server != e->conn.server) {
        return fail_text(err, CSSL_R_ARGUMENT, "the config is of the other role");
    }
    if (config != NULL && !config->server && config->verify &&
        cert_types_has(&config->peer_types, CERT_X509) && !config->has_sni &&
        (e->conn.host == NULL || e->conn.host[0] == '\0')) {
        return fail_option(err, CSSL_R_NO_PEER_NAME, "server_name_indication", "none was given");
    }
    if (config != NULL && !config->server && config->rules.ask_nonce &&
        hs->status_request_len == 0) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "stapling_nonce",
                           "the ClientHello is out, and asked for none");
    }
    if (config != NULL) {
        hs->offered = cssl_config_ref(e->conn.config);
        conn_set_config(&e->conn, config);
    }
    return answer(e, hs, &(cssl_answer){ .id = hs->question.id }, err);
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

static int answer(struct cssl_engine *e, struct hs *hs, const cssl_answer *a, cssl_error *err)
{
    cssl_error error;
    int ret = hs_check_answer(hs, a, err);
    if (ret != 0) {
        return ret; /* the question stays open */
    }
    struct worker *w = worker_borrow(e->conn.config->shared);
    ret = w == NULL ? fail(&error, CSSL_R_NOMEM) : hs_answer(hs, w, a, &error);
    if (ret == 0) {
        ret = engine_go_on(e, w, &error);
    }
    worker_return(e->conn.config->shared, w);
    return ret == 0 ? 0 : engine_fail(e, &error, err);
}

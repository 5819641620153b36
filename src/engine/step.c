/* step.c - public-key steps that a program runs where it likes. They own what they need. */
#include "engine/engine.h"

#include "base/error.h"
#include "base/mem.h"

/* Independent of its engine, which may be freed while the step is out. */
struct cssl_step {
    struct pk_step *pk;
    uint64_t of; /* serial number of the engine: an address may come again */
};

cssl_step *cssl_engine_step(cssl_engine *e)
{
    struct hs *hs = engine_hs(e);
    /* After the handshake the connection goes on, and other events with it. */
    if (hs == NULL || (e->hs != NULL && e->event != CSSL_EV_STEP)) {
        return NULL;
    }
    cssl_step *step = mem_new(sizeof(*step));
    if (step == NULL) {
        return NULL; /* it can be asked for again */
    }
    step->pk = hs_take_step(hs);
    step->of = e->serial;
    if (step->pk == NULL) {
        mem_free(step);
        return NULL;
    }
    return step;
}

void cssl_step_run(cssl_step *step)
{
    pk_step_run(step->pk);
}

int cssl_engine_step_done(cssl_engine *e, cssl_step *step, cssl_error *err)
{
    if (atomic_load_explicit(&e->rx_failed, memory_order_relaxed)) {
        cssl_step_free(step);
        return engine_fail(e, NULL, err);
    }
    struct hs *hs = engine_hs(e);
    if (step->of != e->serial || hs == NULL || !hs_waiting(hs) || hs->step != NULL) {
        cssl_step_free(step);
        return fail_text(err, CSSL_R_ARGUMENT, "the step is not of this engine");
    }
    struct pk_step *pk = step->pk;
    mem_free(step);
    pk_step_run(pk); /* does nothing when it was run already */
    cssl_error error;
    struct worker *w = worker_borrow(e->conn.config->shared);
    int ret = w == NULL ? fail(&error, CSSL_R_NOMEM) : 0;
    if (ret != 0) {
        step_free(pk);
    } else {
        ret = hs_step_done(hs, w, pk, &error);
    }
    if (ret == 0) {
        ret = engine_go_on(e, w, &error);
    }
    worker_return(e->conn.config->shared, w);
    return ret == 0 ? 0 : engine_fail(e, &error, err);
}

void cssl_step_free(cssl_step *step)
{
    if (step != NULL) {
        step_free(step->pk);
        mem_free(step);
    }
}

/* verify.c - verifies a peer's chain for a connection, asking the program where it wants to be
 * asked (OTP's verify_fun, partial_chain). What is right and wrong is for pki/chain.h to say. */
#include "hs/verify.h"

#include "base/error.h"
#include "base/mem.h"
#include "crypto/suite.h"
#include "hs/ask.h"
#include "pki/cert_fields.h"

static int take_opinion(struct hs *hs, cssl_error *err);
static bool session_wants(const struct hs *hs);
static int take_session_chain(struct hs *hs, cssl_error *err);
static void leave_session_chain(struct hs *hs);
static int session_verified(struct hs *hs, int ret, const cssl_error *why, cssl_error *err);
static int begin(struct hs *hs, bool ask, cssl_error *err);
static int run(struct hs *hs, cssl_error *err);
static void ask_opinion(struct hs *hs);
static void ask_partial(struct hs *hs);
static enum chain_verdict verdict_of(const cssl_answer *a);

int auth_verify(struct hs *hs, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    if (!config->verify || hs->conn->peer_raw) { /* a raw key was looked at when it came */
        return 0;
    }
    if ((config->ask_about & CSSL_ASK_PARTIAL_CHAIN) != 0) {
        /* Only a path that leads nowhere is asked about: to see that, nobody is asked. */
        cssl_error error;
        int ret = begin(hs, false, &error);
        if (ret == 0 || error.reason != CSSL_R_UNKNOWN_CA) {
            bool opinions = (config->ask_about & CSSL_ASK_VERIFY) != 0;
            return opinions ? begin(hs, true, err) : ret == 0 ? 0 : error_copy(err, &error);
        }
        ask_partial(hs);
        return 0;
    }
    return begin(hs, (config->ask_about & CSSL_ASK_VERIFY) != 0, err);
}

int verify_next(struct hs *hs, enum hs_state next)
{
    hs->after_verify = next;
    return hs->asking ? VERIFY_ASKED : (int)next;
}

int verify_session(struct hs *hs, enum hs_state next, cssl_error *err)
{
    cssl_error error;
    if (!session_wants(hs)) {
        return (int)next;
    }
    hs->after_verify = next;
    int ret = take_session_chain(hs, &error);
    if (ret == 0) {
        ret = auth_verify(hs, &error);
    }
    return hs->asking ? VERIFY_ASKED : session_verified(hs, ret, &error, err);
}

bool verify_session_now(struct hs *hs)
{
    const unsigned asks = (unsigned)CSSL_ASK_VERIFY | (unsigned)CSSL_ASK_PARTIAL_CHAIN;
    if (!session_wants(hs)) {
        return true;
    }
    bool good = (hs->conn->config->ask_about & asks) == 0 && take_session_chain(hs, NULL) == 0 &&
                begin(hs, false, NULL) == 0;
    leave_session_chain(hs);
    return good;
}

int verify_answered(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    (void)m;
    cssl_error error;
    if (!hs->session_verifying) {
        return take_opinion(hs, err);
    }
    int ret = take_opinion(hs, &error);
    return hs->asking ? VERIFY_ASKED : session_verified(hs, ret < 0 ? ret : 0, &error, err);
}

static int take_opinion(struct hs *hs, cssl_error *err)
{
    const cssl_answer *a = hs->answer;
    int ret = 0;
    if (hs->question.kind == CSSL_ASK_PARTIAL_CHAIN) {
        if (a->verdict == CSSL_ACCEPT) {
            hs->trusted = store_from_memory(a->value, NULL);
            ret = hs->trusted != NULL
                      ? 0
                      : fail_text(err, CSSL_R_ANSWER_WRONG, "what is trusted is no certificate");
        }
        if (ret == 0) {
            ret = begin(hs, (hs->conn->config->ask_about & CSSL_ASK_VERIFY) != 0, err);
        }
    } else {
        chain_answer(hs->verifying, verdict_of(a));
        ret = run(hs, err);
        if (ret != 0 && a->verdict == CSSL_REJECT && a->alert != 0 && err != NULL) {
            err->alert = a->alert;
        }
    }
    return ret == 0 ? verify_next(hs, hs->after_verify) : ret;
}

/* A session without a chain is one of a pre-shared key or of a client that showed nothing. */
static bool session_wants(const struct hs *hs)
{
    const cssl_config *config = hs->conn->config;
    return config->verify_on_resume && config->verify && !hs->session.peer_raw &&
           hs->session.chain_len > 0;
}

/* The session's chain stands for the time of its verification where the peer's will stand. */
static int take_session_chain(struct hs *hs, cssl_error *err)
{
    const struct session *s = &hs->session;
    hs->session_verifying = true;
    hs->conn->peer = peer_chain_from(bytes_of(s->chain, s->chain_len), false, err);
    return hs->conn->peer == NULL ? (err == NULL ? CSSL_ALERT : err->status) : 0;
}

static void leave_session_chain(struct hs *hs)
{
    struct conn *c = hs->conn;
    hs->session_verifying = false;
    peer_chain_free(c->peer);
    c->peer = NULL;
    c->peer_verified = false;
    store_free(hs->trusted); /* who was trusted for this chain is not for another */
    hs->trusted = NULL;
}

/* session_verified: memory that is out is the only failure that ends more than the session. */
static int session_verified(struct hs *hs, int ret, const cssl_error *why, cssl_error *err)
{
    leave_session_chain(hs);
    if (ret == 0) {
        return (int)hs->after_verify;
    }
    session_wipe(&hs->session);
    return why->status == CSSL_NOMEM ? error_copy(err, why) : (int)hs->after_verify;
}

static int begin(struct hs *hs, bool ask, cssl_error *err)
{
    struct conn *c = hs->conn;
    const uint16_t suite = hs->session_verifying ? hs->session.suite : c->suite;
    const cssl_config *config = c->config;
    const char *name = conn_verify_name(c);
    const bool nonce = hs->status_request_len > 0;
    struct chain_params params = { .anchors = hs->trusted != NULL ? hs->trusted : config->anchors,
                                   .purpose = c->server ? PURPOSE_CLIENT : PURPOSE_SERVER,
                                   .name = name == NULL || name[0] == '\0' ? NULL : name,
                                   .now = config_now(config),
                                   .depth = config->depth,
                                   .key_usage = !c->server && suite_kx(suite) == KX_RSA
                                                    ? KU_KEY_ENCIPHERMENT
                                                    : 0,
                                   .schemes = config->cert_schemes.list,
                                   .num_schemes = config->cert_schemes.num,
                                   .nonce = bytes_of(hs->nonce, nonce ? OCSP_NONCE : 0),
                                   .ask = ask };
    peer_rules_apply(&config->rules, &params);
    if (hs->session_verifying) { /* sessions keep no staples, and nothing is asked for */
        params.staple_asked = params.staple_required = false;
    }
    params.staples = c->peer->extras == NULL ? NULL : c->peer->extras->staples;
    chain_free(hs->verifying);
    hs->verifying = chain_new(&params, c->peer->certs, c->peer->num, err);
    return hs->verifying == NULL ? CSSL_NOMEM : run(hs, err);
}

/* run goes on until there is a result or a question. */
static int run(struct hs *hs, cssl_error *err)
{
    struct conn *c = hs->conn;
    cssl_error error;
    enum chain_result result = chain_run(hs->verifying, &error);
    if (result == CHAIN_ASKS) {
        ask_opinion(hs);
        return 0;
    }
    c->peer->staple_good = result == CHAIN_OK && chain_staple_good(hs->verifying);
    c->peer_verified = result == CHAIN_OK;
    chain_free(hs->verifying);
    hs->verifying = NULL;
    return result == CHAIN_OK ? 0 : error_copy(err, &error);
}

static void ask_opinion(struct hs *hs)
{
    static const cssl_verify_event events[] = { [CHAIN_VALID] = CSSL_VALID,
                                                [CHAIN_VALID_PEER] = CSSL_VALID_PEER,
                                                [CHAIN_BAD_CERT] = CSSL_BAD_CERT,
                                                [CHAIN_EXTENSION] = CSSL_EXTENSION };
    struct chain_question q;
    chain_question(hs->verifying, &q);
    hs_ask(hs, &(cssl_question){ .kind = CSSL_ASK_VERIFY,
                                 .event = events[q.event],
                                 .reason = (uint16_t)q.reason,
                                 .critical = q.critical,
                                 .oid = q.oid,
                                 .subject = cert_der(q.cert),
                                 .index = q.index });
}

static void ask_partial(struct hs *hs)
{
    const struct peer_chain *peer = hs->conn->peer;
    for (size_t i = 0; i < peer->num; i++) {
        hs->asked_certs[i] = cert_der(peer->certs[i]);
    }
    hs_ask(hs, &(cssl_question){ .kind = CSSL_ASK_PARTIAL_CHAIN,
                                 .certs = hs->asked_certs,
                                 .num_certs = peer->num });
}

/* The default is what happens without a question: faults are refused, the rest passes, and what is
 * unknown stays so. */
static enum chain_verdict verdict_of(const cssl_answer *a)
{
    switch (a->verdict) {
    case CSSL_ACCEPT: return CHAIN_ACCEPT;
    case CSSL_REJECT: return CHAIN_REJECT;
    default: return CHAIN_UNKNOWN;
    }
}

/*
 * chain_status.c - was a certificate of the path revoked? Asks lists and stapled responses.
 *
 * A stapled response that says "revoked" always counts, whoever it is for. One that is of no use
 * is as good as none: a fault where one is wanted, nothing where it is not. Lists and responses do
 * not stand in for one another: each is asked for by an option of its own.
 */
#include <stdio.h>

#include "base/error.h"
#include "pki/chain_parts.h"
#include "pki/crl.h"

static const struct cert *issuer_of(const struct chain *c, size_t i);
static bool staple_wanted(const struct chain *c, size_t i);
static int ask_staple(struct chain *c, size_t i, uint64_t *faults, cssl_error *err);
static int ask_lists(struct chain *c, size_t i, uint64_t *faults, cssl_error *err);
static void say_revoked(struct chain *c, uint8_t reason, int64_t date, const char *by);

int chain_status(struct chain *c, size_t i, uint64_t *faults, cssl_error *err)
{
    *faults = 0;
    c->revoked_why[0] = '\0';
    c->unknown_why[0] = '\0';
    c->staple_why[0] = '\0';
    int ret = ask_staple(c, i, faults, err);
    return ret == 0 ? ask_lists(c, i, faults, err) : ret;
}

/* A trusted leaf that signed itself is its own issuer. */
static const struct cert *issuer_of(const struct chain *c, size_t i)
{
    const struct link *link = &c->path.links[i];
    if (i + 1 < c->path.len) {
        return c->path.links[i + 1].cert;
    }
    return link->anchor && link->cert->self_issued ? link->cert : NULL;
}

static bool staple_wanted(const struct chain *c, size_t i)
{
    const struct chain_params *p = &c->params;
    return i == 0 && p->staple_asked &&
           (p->staple_required || c->path.links[0].cert->must_staple);
}

static int ask_staple(struct chain *c, size_t i, uint64_t *faults, cssl_error *err)
{
    const struct link *link = &c->path.links[i];
    const struct chain_params *p = &c->params;
    const struct ocsp_question q = { .cert = link->cert,
                                     .issuer = issuer_of(c, i),
                                     .now = p->now,
                                     .schemes = p->schemes,
                                     .num_schemes = p->num_schemes,
                                     .nonce = i == 0 ? p->nonce : bytes_of(NULL, 0) };
    cssl_bytes staple = link->sent == NULL ? bytes_of(NULL, 0) : link->sent->staple;
    struct ocsp_result result = { .verdict = OCSP_USELESS, .why = "the server sent none" };
    if (staple.len > 0 && q.issuer == NULL) {
        result.why = "its issuer is not known";
    } else if (staple.len > 0) {
        int ret = ocsp_judge(staple, &q, &result, err);
        if (ret != 0) {
            return ret;
        }
    }
    if (result.verdict == OCSP_REVOKED) {
        *faults |= FAULT_BIT(FAULT_REVOKED);
        say_revoked(c, result.reason, result.revoked_at, "the stapled OCSP response");
    } else if (result.verdict == OCSP_GOOD && i == 0) {
        c->staple_good = true;
    } else if (staple_wanted(c, i)) {
        *faults |= FAULT_BIT(FAULT_STAPLE);
        (void)snprintf(c->staple_why, sizeof(c->staple_why), "%s%s", result.why,
                       link->cert->must_staple ? ", and the certificate says that it has to"
                                               : "");
    }
    return 0;
}

static int ask_lists(struct chain *c, size_t i, uint64_t *faults, cssl_error *err)
{
    const struct revoke_lists *lists = &c->params.lists;
    const struct link *link = &c->path.links[i];
    struct revoke_result result;
    if (lists->mode == REVOKE_OFF || link->anchor || (lists->mode == REVOKE_PEER && i > 0)) {
        return 0;
    }
    const struct revoke_question q = { .cert = link->cert,
                                       .issuer = issuer_of(c, i),
                                       .now = c->params.now,
                                       .schemes = c->params.schemes,
                                       .num_schemes = c->params.num_schemes };
    int ret = revoke_by_lists(lists, &q, &result, err);
    if (ret != 0) {
        return ret;
    }
    if (result.status == REVOKE_REVOKED) {
        *faults |= FAULT_BIT(FAULT_REVOKED);
        say_revoked(c, result.reason, result.date, "a revocation list");
    } else if (result.status == REVOKE_UNKNOWN && lists->mode != REVOKE_BEST_EFFORT) {
        *faults |= FAULT_BIT(FAULT_REVOCATION_UNKNOWN);
        (void)snprintf(c->unknown_why, sizeof(c->unknown_why), "%s", result.why);
    }
    return 0;
}

static void say_revoked(struct chain *c, uint8_t reason, int64_t date, const char *by)
{
    char when[DER_TIME_TEXT_MAX];
    const char *name = crl_reason_name(reason);
    (void)snprintf(c->revoked_why, sizeof(c->revoked_why), "on %s (%s), says %s",
                   der_time_text(when, date), name == NULL ? "unspecified" : name, by);
}

/* chain.c - one verification: its life, its questions and their answers. */
#include "pki/chain.h"

#include "base/error.h"
#include "base/mem.h"
#include "pki/chain_parts.h"
#include "pki/dname.h"

static void number_names(struct chain *c);
static uint8_t name_number(struct chain *c, cssl_bytes name, uint32_t hash, size_t place);
static enum chain_result finish(struct chain *c, enum chain_result result);
static enum chain_result judge(struct chain *c);
static void begin_cert(struct chain *c, size_t i);
static enum chain_result next_question(struct chain *c);
static bool take_answer(struct chain *c);
static enum chain_result ask(struct chain *c, enum chain_event event);
static bool next_extension(struct chain *c, struct cert_ext *ext);
static enum fault lowest(uint64_t faults);

struct chain *chain_new(const struct chain_params *params, struct cert *const *certs, size_t num,
                        cssl_error *err)
{
    if (num == 0 || params->anchors == NULL) {
        (void)fail_text(err, CSSL_R_ARGUMENT, "a chain needs a certificate and a store");
        return NULL;
    }
    size_t max = params->pool ? CHAIN_POOL_MAX : CHAIN_CERTS_MAX;
    if (num > max) {
        (void)fail_text(err, CSSL_R_TOO_MANY_CERTIFICATES, "%zu, at most %zu are looked at", num,
                        max);
        return NULL;
    }
    struct chain *c = mem_new(sizeof(*c));
    if (c == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    c->params = *params;
    for (size_t i = 0; i < num; i++) {
        bool known = false;
        for (size_t j = 0; j < c->num; j++) {
            known = known || bytes_equal(c->sent[j].cert->der, certs[i]->der);
        }
        if (!known) {
            c->sent[c->num].cert = cert_ref(certs[i]);
            c->sent[c->num++].staple =
                params->staples == NULL ? bytes_of(NULL, 0) : params->staples[i];
        }
    }
    number_names(c);
    return c;
}

enum chain_result chain_run(struct chain *c, cssl_error *err)
{
    enum chain_result result = c->result;
    if (c->state == CHAIN_NEW) {
        if (chain_build(c, &c->error) != 0) {
            result = finish(c, CHAIN_FAILED);
        } else if (!c->params.ask) {
            result = judge(c);
        } else {
            c->state = CHAIN_ASKING;
            begin_cert(c, c->path.len - 1);
            result = next_question(c);
        }
    } else if (c->state == CHAIN_ASKING) {
        result = !c->answered     ? CHAIN_ASKS
                 : take_answer(c) ? next_question(c)
                                  : finish(c, CHAIN_FAILED);
    }
    if (result == CHAIN_FAILED) {
        (void)error_copy(err, &c->error);
    }
    return result;
}

void chain_question(const struct chain *c, struct chain_question *q)
{
    *q = c->question;
}

void chain_answer(struct chain *c, enum chain_verdict verdict)
{
    c->verdict = verdict;
    c->answered = true;
}

const struct cert *chain_path(const struct chain *c, size_t i)
{
    return i < c->path.len ? c->path.links[i].cert : NULL;
}

bool chain_staple_good(const struct chain *c)
{
    return c->staple_good;
}

void chain_free(struct chain *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->num; i++) {
        cert_free(c->sent[i].cert);
    }
    mem_free(c);
}

/* number_names gives equal names and keys equal numbers. */
static void number_names(struct chain *c)
{
    for (size_t i = 0; i < c->num; i++) {
        struct sent *one = &c->sent[i];
        one->subject = name_number(c, one->cert->subject, one->cert->subject_hash, 2 * i);
        one->issuer = name_number(c, one->cert->issuer, one->cert->issuer_hash, 2 * i + 1);
        one->key = (uint8_t)i;
        for (size_t j = 0; j < i; j++) {
            if (bytes_equal(c->sent[j].cert->spki, one->cert->spki)) {
                one->key = c->sent[j].key;
            }
        }
    }
}

/* name_number looks for an equal name: certificate i's subject stands in place 2 * i, its issuer
 * behind it. A new name's number is its place. */
static uint8_t name_number(struct chain *c, cssl_bytes name, uint32_t hash, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        const struct cert *cert = c->sent[i / 2].cert;
        bool subject = i % 2 == 0;
        if ((subject ? cert->subject_hash : cert->issuer_hash) == hash &&
            dname_equal(subject ? cert->subject : cert->issuer, name)) {
            return subject ? c->sent[i / 2].subject : c->sent[i / 2].issuer;
        }
    }
    return (uint8_t)place;
}

static enum chain_result finish(struct chain *c, enum chain_result result)
{
    c->state = CHAIN_DONE;
    c->result = result;
    return result;
}

/* judge reports the first fault from the anchor down. */
static enum chain_result judge(struct chain *c)
{
    for (size_t i = c->path.len; i-- > 0;) {
        uint64_t faults = path_faults(&c->path, i);
        if (faults == 0 && chain_status(c, i, &faults, &c->error) != 0) {
            return finish(c, CHAIN_FAILED);
        }
        if (faults != 0) {
            (void)chain_explain(c, i, lowest(faults), &c->error);
            return finish(c, CHAIN_FAILED);
        }
    }
    return finish(c, CHAIN_OK);
}

/* begin_cert starts asking about certificate i. Unknown critical extensions are asked about one by
 * one first; what nobody knew is a fault then. */
static void begin_cert(struct chain *c, size_t i)
{
    const struct cert *cert = c->path.links[i].cert;
    c->at = i;
    c->pending = path_faults(&c->path, i);
    c->pending &= ~FAULT_BIT(FAULT_CRITICAL_EXTENSION);
    c->extensions = rd_of(cert->extensions);
    c->extensions_done = false;
    c->status_done = false;
}

/* next_question finds what is to be asked next: of each certificate its faults, its extensions,
 * itself, and when it was accepted what revocation has against it. An anchor is asked about only
 * when there is something wrong with it. */
static enum chain_result next_question(struct chain *c)
{
    struct cert_ext ext;
    for (;;) {
        const struct link *link = &c->path.links[c->at];
        if (c->pending != 0) {
            c->question.reason = fault_reason(lowest(c->pending));
            return ask(c, CHAIN_BAD_CERT);
        }
        if (c->at == 0 || !link->anchor) {
            if (next_extension(c, &ext)) {
                c->question.oid = ext.oid;
                c->question.critical = ext.critical;
                return ask(c, CHAIN_EXTENSION);
            }
            if (!c->extensions_done) {
                c->extensions_done = true;
                return ask(c, c->at == 0 ? CHAIN_VALID_PEER : CHAIN_VALID);
            }
        } else if ((link->own & FAULT_BIT(FAULT_CRITICAL_EXTENSION)) != 0 && !c->extensions_done) {
            c->extensions_done = true;
            c->pending = FAULT_BIT(FAULT_CRITICAL_EXTENSION);
            continue;
        }
        if (!c->status_done) {
            c->status_done = true;
            if (chain_status(c, c->at, &c->pending, &c->error) != 0) {
                return finish(c, CHAIN_FAILED);
            }
            continue;
        }
        if (c->at == 0) {
            return finish(c, CHAIN_OK);
        }
        begin_cert(c, c->at - 1);
    }
}

/* take_answer goes on after an answer, or fills c->error and returns false. */
static bool take_answer(struct chain *c)
{
    c->answered = false;
    switch (c->question.event) {
    case CHAIN_BAD_CERT:
        if (c->verdict != CHAIN_ACCEPT) {
            (void)chain_explain(c, c->at, lowest(c->pending), &c->error);
            return false;
        }
        c->pending &= c->pending - 1;
        return true;
    case CHAIN_EXTENSION:
        if (c->verdict == CHAIN_UNKNOWN && c->question.critical) {
            c->pending |= FAULT_BIT(FAULT_CRITICAL_EXTENSION);
        }
        break;
    default:
        break;
    }
    if (c->verdict == CHAIN_REJECT) {
        (void)fail_cert(&c->error, CSSL_R_CERT_REJECTED, (int)c->at, "certificate %zu", c->at);
        return false;
    }
    return true;
}

static enum chain_result ask(struct chain *c, enum chain_event event)
{
    c->question.event = event;
    c->question.cert = c->path.links[c->at].cert;
    c->question.index = (int)c->at;
    if (event != CHAIN_BAD_CERT) {
        c->question.reason = (cssl_reason)0;
    }
    if (event != CHAIN_EXTENSION) {
        c->question.oid = bytes_of(NULL, 0);
        c->question.critical = false;
    }
    return CHAIN_ASKS;
}

static bool next_extension(struct chain *c, struct cert_ext *ext)
{
    while (rd_more(&c->extensions)) {
        *ext = cert_next_extension(&c->extensions);
        if (ext->id == EXTENSION_UNKNOWN) {
            return true;
        }
    }
    return false;
}

static enum fault lowest(uint64_t faults)
{
    unsigned i = 0;
    while ((faults >> i & 1) == 0) {
        i++;
    }
    return (enum fault)i;
}

/* ask.c - questions to the program and their answers. Knows no socket and no callback. */
#include "hs/ask.h"

#include "base/error.h"
#include "base/mem.h"
#include "crypto/spki.h"

#include <stdatomic.h>

static int take_signature(struct hs *hs, const cssl_answer *a, cssl_error *err);

void hs_ask(struct hs *hs, const cssl_question *q)
{
    static atomic_uint_fast64_t last; /* numbers are never used twice: late answers find nothing */
    hs->question = *q;
    hs->question.id = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
    hs->asking = true;
}

int hs_check_answer(const struct hs *hs, const cssl_answer *a, cssl_error *err)
{
    return hs->asking ? ask_fits(&hs->question, a, err) : fail(err, CSSL_R_NO_QUESTION);
}

int ask_fits(const cssl_question *q, const cssl_answer *a, cssl_error *err)
{
    if (a->id != q->id) {
        return fail(err, CSSL_R_NO_QUESTION);
    }
    if ((int)a->verdict < 0 || a->verdict > CSSL_UNKNOWN) {
        return fail_text(err, CSSL_R_ANSWER_WRONG, "%d is no verdict", (int)a->verdict);
    }
    if (a->verdict != CSSL_ACCEPT) {
        return 0;
    }
    switch (q->kind) {
    case CSSL_ASK_SIGN:
        return a->value.len > 0 && a->value.len <= PKEY_SIGNATURE_MAX
                   ? 0
                   : fail_text(err, CSSL_R_ANSWER_WRONG, "a signature of %zu bytes",
                               a->value.len);
    case CSSL_ASK_PSK:
        return a->value.len >= PSK_SECRET_MIN && a->value.len <= SECRET_MAX
                   ? 0
                   : fail_text(err, CSSL_R_ANSWER_WRONG, "a secret of %zu bytes; %d to %d are "
                               "possible", a->value.len, PSK_SECRET_MIN, SECRET_MAX);
    case CSSL_ASK_SNI:
        return a->config != NULL && a->config->server
                   ? 0
                   : fail_text(err, CSSL_R_ANSWER_WRONG, "a server's config is needed");
    case CSSL_ASK_PARTIAL_CHAIN:
        return a->value.len > 0
                   ? 0
                   : fail_text(err, CSSL_R_ANSWER_WRONG, "which certificate is trusted?");
    default: return 0;
    }
}

int hs_answer(struct hs *hs, struct worker *w, const cssl_answer *a, cssl_error *err)
{
    int ret = hs_check_answer(hs, a, err);
    if (ret == 0 && hs->question.kind == CSSL_ASK_SIGN) {
        ret = take_signature(hs, a, err);
    }
    if (ret != 0) {
        return ret;
    }
    hs->asking = false;
    hs->answer = a;
    ret = hs_enter_answer(hs, w, err);
    hs->answer = NULL;
    return ret;
}

int ask_psk12(struct hs *hs, const struct hs_msg *m, cssl_bytes identity, cssl_error *err)
{
    secret_wipe(&hs->found_psk);
    const size_t at = (size_t)(identity.data - m->whole.data);
    int ret = hs_hold(hs, m, err);
    if (ret != 0) {
        return ret;
    }
    hs_ask(hs, &(cssl_question){ .kind = CSSL_ASK_PSK,
                                 .subject = bytes_of(hs->kept + at, identity.len) });
    return SERVER12_PSK;
}

int ask_psk12_done(struct hs *hs, cssl_error *err)
{
    if (hs->answer->verdict == CSSL_REJECT) { /* RFC 4279 2: a server may say so */
        return hs_reject(hs, CSSL_R_PSK_UNKNOWN, err);
    }
    (void)ask_keep_psk(hs); /* without one the handshake fails later, as with a wrong key */
    return 0;
}

bool ask_keep_psk(struct hs *hs)
{
    const cssl_answer *a = hs->answer;
    if (a->verdict != CSSL_ACCEPT) {
        return false;
    }
    hs->found_identity = hs->question.subject;
    memcpy(hs->found_psk.data, a->value.data, a->value.len);
    hs->found_psk.len = (uint8_t)a->value.len;
    return true;
}

cssl_bytes ask_psk(const struct hs *hs, cssl_bytes identity)
{
    return hs->found_psk.len > 0 && bytes_equal(identity, hs->found_identity)
               ? secret_bytes(&hs->found_psk)
               : bytes_of(NULL, 0);
}

int hs_hold(struct hs *hs, const struct hs_msg *m, cssl_error *err)
{
    mem_free(hs->kept);
    hs->kept = mem_copy(m->whole.data, m->whole.len);
    hs->kept_len = m->whole.len;
    hs->kept_more = m->more;
    hs->holding = true;
    return hs->kept == NULL ? fail(err, CSSL_R_NOMEM) : 0;
}

struct hs_msg hs_held(const struct hs *hs)
{
    return (struct hs_msg){ .type = hs->kept[0],
                            .more = hs->kept_more,
                            .body = bytes_of(hs->kept + HANDSHAKE_HEADER,
                                             hs->kept_len - HANDSHAKE_HEADER),
                            .whole = bytes_of(hs->kept, hs->kept_len) };
}

int hs_take_held(struct hs *hs, hs_handler *on, cssl_error *err)
{
    const struct hs_msg held = hs_held(hs);
    int next = on(hs, &held, err);
    if (next >= 0) {
        transcript_add(&hs->transcript, held.whole);
    }
    return next;
}

int hs_reject(const struct hs *hs, cssl_reason reason, cssl_error *err)
{
    int ret = fail_text(err, reason, "the program said so");
    if (err != NULL && hs->answer->alert != 0) {
        err->alert = hs->answer->alert;
    }
    return ret;
}

int hs_sign(struct hs *hs, const struct certkey *ck, uint16_t scheme, cssl_bytes content,
            cssl_error *err)
{
    if (ck->key != NULL) {
        int ret = hs_new_step(hs, err);
        return ret == 0 ? pk_step_sign(hs->step, ck->key, scheme, content, err) : ret;
    }
    mem_free(hs->content);
    hs->content = mem_copy(content.data, content.len);
    if (hs->content == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    hs_ask(hs, &(cssl_question){ .kind = CSSL_ASK_SIGN,
                                 .subject = bytes_of(hs->content, content.len),
                                 .scheme = scheme,
                                 .certificate = cert_der(ck->certs[0]) });
    return 0;
}

/* A signature is checked before it leaves: a key elsewhere, or the way to it, may be at fault, and
 * what an RSA key signs wrongly can give it away. */
static int take_signature(struct hs *hs, const cssl_answer *a, cssl_error *err)
{
    const cssl_question *q = &hs->question;
    struct cert *cert = NULL;
    if (a->verdict != CSSL_ACCEPT) {
        return fail(err, CSSL_R_SIGNATURE_REFUSED);
    }
    hs->step = mem_new(sizeof(*hs->step));
    cert = cert_parse(q->certificate, err);
    int ret = hs->step == NULL ? fail(err, CSSL_R_NOMEM) : cert == NULL ? CSSL_ALERT : 0;
    if (ret == 0 && spki_verify(cert_spki(cert), q->scheme, q->subject, a->value, NULL) != 0) {
        ret = fail_text(err, CSSL_R_SIGNATURE_REFUSED, "it is not one of the identity's key");
    }
    if (ret == 0) {
        memcpy(hs->step->out, a->value.data, a->value.len);
        hs->step->out_len = a->value.len;
    }
    cert_free(cert);
    return ret;
}

/*
 * ask.h - pauses: the handshake waits for an answer of the program's, however late.
 *
 * A pause is a row of the table like any other (ACCEPT_ANSWER). A handler that needs an answer
 * calls hs_ask and returns the state that takes it. What the question names is copied, or lives as
 * long as the handshake. A hello that has to wait is held, and given to its handler when everything
 * that comes before it is answered: so no handler is entered twice.
 */
#ifndef CSSL_HS_ASK_H
#define CSSL_HS_ASK_H

#include "hs/flow.h"

enum {
    ASK_HELLO = 0,       /* no question: the pause at the peer's hello */
    ASK_SUBJECT_MAX = 2048,
    ASK_PSKS_MAX = 4,    /* identities of one hello that are asked about */
    PSK_SECRET_MIN = 16  /* bytes */
};

/* hs_ask opens a question. Its number is none that was ever used in this process. */
void hs_ask(struct hs *hs, const cssl_question *q);
/* hs_asking: a question, or the pause at the hello (kind ASK_HELLO), is open. */
static inline bool hs_asking(const struct hs *hs)
{
    return hs->asking;
}
/* hs_check_answer says whether an answer fits the open question; nothing happens if it does not. */
int hs_check_answer(const struct hs *hs, const cssl_answer *a, cssl_error *err) CHECK;
/* ask_fits says the same of any question: it looks at q's number and kind alone. */
int ask_fits(const cssl_question *q, const cssl_answer *a, cssl_error *err) CHECK;
/* hs_answer takes an answer that fits and goes on like hs_run. */
int hs_answer(struct hs *hs, struct worker *w, const cssl_answer *a, cssl_error *err) CHECK;

/* hs_hold keeps a message that its handler is to see later, and which counts in the transcript only
 * then; hs_held is that message. hs_take_held gives it to its handler, whose result it returns. */
int hs_hold(struct hs *hs, const struct hs_msg *m, cssl_error *err) CHECK;
struct hs_msg hs_held(const struct hs *hs);
int hs_take_held(struct hs *hs, hs_handler *on, cssl_error *err) CHECK;

/* hs_reject fails with reason, and with the alert of the answer if that names one. */
int hs_reject(const struct hs *hs, cssl_reason reason, cssl_error *err);

/* ask_peer_hello fills hello from the one that is held. */
int ask_peer_hello(const struct hs *hs, cssl_hello *hello, cssl_error *err) CHECK;

/* hs_sign lets the identity's key sign content: in a step or, where the key is elsewhere, by a
 * question. Either way the next row has hs->step with the signature (ACCEPT_SIGNATURE). */
int hs_sign(struct hs *hs, const struct certkey *ck, uint16_t scheme, cssl_bytes content,
            cssl_error *err) CHECK;
#define ACCEPT_SIGNATURE (ACCEPT_STEP | ACCEPT_ANSWER)

/* ask_psk12 asks about the identity of a ClientKeyExchange, which is held meanwhile; it returns the
 * next state. ask_psk12_done takes the answer. */
int ask_psk12(struct hs *hs, const struct hs_msg *m, cssl_bytes identity, cssl_error *err) CHECK;
int ask_psk12_done(struct hs *hs, cssl_error *err) CHECK;
/* ask_keep_psk keeps the PSK of an answer, false when it has none. ask_psk finds it by its
 * identity; empty for one that was not asked about. */
bool ask_keep_psk(struct hs *hs);
cssl_bytes ask_psk(const struct hs *hs, cssl_bytes identity);

hs_handler ask_client_hello, ask_server_hello, ask_hello_done, ask_sni_done, ask_session_done,
    ask_psk_done, ask_client_go, ask_server_go;

#endif

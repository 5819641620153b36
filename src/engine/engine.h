/*
 * engine.h - one connection without a socket: what it is made of. The API is in cssl.h.
 *
 * The receiving half (pump.c) owns in, the open record and what comes out of it; the sending half
 * (send.c) owns conn.out and the write keys. After the handshake each may run on a thread of its
 * own. The receiving half then writes nothing: it leaves an alert, a key update or a client's late
 * certificate that is owed in an atomic, and the sending half pays it at its next record boundary.
 */
#ifndef CSSL_ENGINE_ENGINE_H
#define CSSL_ENGINE_ENGINE_H

#include "hs/ask.h"
#include "hs/later13.h"
#include "hs/post13.h"

#include <stdatomic.h>

/* What a peer may do in a row before it is refused. */
enum { EMPTY_RECORDS_MAX = 32, WARNINGS_MAX = 4, KEY_UPDATES_MAX = 32,
       AUTH_REQUESTS_MAX = 16, HELLO_REQUESTS_MAX = 4 };

struct cssl_engine {
    struct conn conn;
    struct hs *hs; /* NULL when the handshake is done, and after a failure */
    uint64_t serial; /* no other engine of this process ever had it */

    /* receiving half */
    struct buf in;
    struct reassemble messages;
    size_t record_len;   /* of the record at the front of in that is being taken apart; 0: none */
    cssl_bytes rest;     /* its handshake bytes that are still to come */
    uint8_t event;       /* the one that waits to be taken, or was taken last; 0: none */
    bool event_taken;
    bool bulk;           /* the last read filled all of in, */
    bool idle;           /* and since then there was nothing to take */
    bool peer_closed;    /* close_notify came */
    bool ended;          /* the stream ended */
    uint8_t empties, warnings, updates, requests;
    struct later13 *later; /* authentication after the handshake, while it goes on */
    uint8_t hello_requests;
    bool settled;        /* the first handshake is done */
    bool abandoned;      /* this side has closed in the middle of a renegotiation */
    bool refused;        /* CSSL_EV_CONNECTED is to tell of a refused renegotiation */
    bool two_threads, both_held; /* see renegotiate.c */
    int64_t renegotiated_us; /* when the peer's last wish was granted; 0: never */
    cssl_bytes event_data;
    cssl_socket *socket; /* whose engine it is, for questions; never followed */
    uint64_t asked;      /* number of the question that the callback has seen last */
    uint8_t *ticket;     /* encoded session of CSSL_EV_TICKET, until that was taken */
    size_t ticket_len;
    cssl_error *rx_error; /* set once, before rx_failed */
    atomic_bool rx_failed;

    /* owed by the receiving half, paid by the sending half */
    atomic_int owed_alert; /* -1: none */
    atomic_bool owed_update;
    _Atomic(struct later_reply *) owed_reply; /* NULL: none */
    atomic_bool owed_refusal; /* the warning no_renegotiation */
    /* requested: HelloRequest is out; gave_up: the peer has refused, which is enough */
    atomic_bool renegotiating, requested, renegotiation_due, gave_up;
    atomic_uint updates_asked; /* by us, not answered yet: such answers are not counted */

    /* sending half */
    bool closed;         /* close_notify was queued, or a fatal alert */
};

/* engine_fail makes an error of the receiving half final and lets its alert be owed. */
int engine_fail(struct cssl_engine *e, const cssl_error *error, cssl_error *err);
/* engine_error is the error that ended the connection; for after rx_failed. */
const cssl_error *engine_error(const struct cssl_engine *e);
/* pump takes received bytes apart until there is an event, or nothing more to take. */
int pump(struct cssl_engine *e, cssl_error *err) CHECK;
/* finish_handshake looks whether the handshake is done, and ends it then. */
int finish_handshake(struct cssl_engine *e, cssl_error *err) CHECK;
/* event_waits: the handshake goes on only when the program has done something. */
static inline bool event_waits(uint8_t event)
{
    return event == CSSL_EV_STEP || event == CSSL_EV_ASK || event == CSSL_EV_HELLO;
}
/* engine_hs is the handshake, or what comes after it; NULL: neither goes on. engine_asker is that
 * while it has a question open. engine_go_on goes on when it has what it waited for: a step that is
 * done, an answer. */
struct hs *engine_hs(const struct cssl_engine *e);
struct hs *engine_asker(const struct cssl_engine *e);
int engine_go_on(struct cssl_engine *e, struct worker *w, cssl_error *err) CHECK;
/* engine_blocked: nothing is taken while the program has something to do: a step or an answer of
 * the handshake's, or an opinion on a chain. A signature that is asked for later stops nothing. */
bool engine_blocked(const struct cssl_engine *e);
/* For the socket layer. engine_asks: a question is open. engine_stands: nothing is read before it
 * is answered, or before the pause at the hello is over. engine_can_answer: a callback was asked
 * that may know the socket, which engine_set_socket names. engine_must_answer is cssl_engine_answer
 * for an answer that nobody has checked: a wrong one is the end. engine_unasked is an end too:
 * nobody is there who could answer. A client may be asked before it says anything: engine_new_for
 * is cssl_engine_new with the socket named. */
struct cssl_engine *engine_new_for(cssl_socket *s, cssl_config *config, const cssl_peer *peer,
                                   cssl_error *err) CHECK;
void engine_set_socket(struct cssl_engine *e, cssl_socket *s);
bool engine_asks(const struct cssl_engine *e);
bool engine_stands(const struct cssl_engine *e);
bool engine_can_answer(const struct cssl_engine *e);
int engine_must_answer(struct cssl_engine *e, const cssl_answer *a, cssl_error *err);
int engine_unasked(struct cssl_engine *e, cssl_error *err);
/* ask.c: engine_ask puts the handshake's question to the callback, or lets it be an event. */
int engine_ask(struct cssl_engine *e, struct worker *w, cssl_error *err) CHECK;
/* renegotiate.c: a renegotiation needs both halves. A program with a thread for each says so after
 * engine_new; whenever engine_needs_both is true then, nothing comes out of the engine until it
 * is called with both held. */
void engine_two_threads(struct cssl_engine *e);
void engine_hold_both(struct cssl_engine *e, bool both);
bool engine_needs_both(const struct cssl_engine *e);
/* engine_renegotiating: nothing is written meanwhile. engine_is_asking is also true while the peer
 * was asked to begin. engine_renegotiation_due: a client wants one because of renegotiate_at. */
bool engine_renegotiating(const struct cssl_engine *e);
bool engine_is_asking(const struct cssl_engine *e);
bool engine_renegotiation_due(const struct cssl_engine *e);
/* renegotiate_take takes the peer's wish: *begun tells whether a handshake begins. */
int renegotiate_take(struct cssl_engine *e, uint8_t type, cssl_bytes body, bool *begun,
                     cssl_error *err) CHECK;
/* renegotiate_refused takes the warning no_renegotiation; false when nothing was asked for. */
bool renegotiate_refused(struct cssl_engine *e);
void renegotiate_end(struct cssl_engine *e);
/* renegotiate_records looks after the number of records under a key; at limit it fails. */
int renegotiate_records(struct cssl_engine *e, uint64_t limit, cssl_error *err) CHECK;
/* renegotiate_if_due begins what renegotiate_records wanted of the receiving half. */
int renegotiate_if_due(struct cssl_engine *e, cssl_error *err) CHECK;
/* renegotiate_refuse sends the warning no_renegotiation. */
int renegotiate_refuse(struct cssl_engine *e, struct worker *w) CHECK;
/* engine_behind_close views what was received behind close_notify, while CSSL_EV_CLOSED is the
 * event that was taken last: those bytes are not TLS any more. */
cssl_bytes engine_behind_close(const struct cssl_engine *e);
/* alert_take handles a received alert record. */
int alert_take(struct cssl_engine *e, const struct rec *rec, cssl_error *err) CHECK;
/* engine_raise makes an event the one that waits to be taken; engine_drop_event forgets it. */
void engine_raise(struct cssl_engine *e, cssl_event_type event);
void engine_drop_event(struct cssl_engine *e);

/* later.c: authentication after the handshake. later_check_type says whether a message may come
 * now, later_is_for whether it is one of these, which later_take handles. later_is_open: the peer
 * is in the middle of its answer. later_go_on goes on when a step is done. */
int later_check_type(struct cssl_engine *e, uint8_t type, cssl_error *err) CHECK;
bool later_is_for(const struct cssl_engine *e, uint8_t type);
bool later_is_open(const struct cssl_engine *e);
int later_take(struct cssl_engine *e, struct worker *w, cssl_bytes message, bool more,
               cssl_error *err) CHECK;
int later_go_on(struct cssl_engine *e, struct worker *w, cssl_error *err) CHECK;
void later_end(struct cssl_engine *e);
/* later_pay sends the answer that is owed, if there is room; false: the sending half is broken. */
bool later_pay(struct cssl_engine *e, struct worker *w) CHECK;

/* report.c tells options.log: report_failure while e->hs still says in which state it happened. */
void report_failure(const struct cssl_engine *e, const cssl_error *error);
void report_warning(const struct cssl_engine *e, uint8_t alert);
/* pay_owed sends what the receiving half owes. */
void pay_owed(struct cssl_engine *e);

#endif

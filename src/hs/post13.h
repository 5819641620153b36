/* post13.h - what comes after the handshake in TLS 1.3: tickets and key updates (RFC 8446 4.6). */
#ifndef CSSL_HS_POST13_H
#define CSSL_HS_POST13_H

#include "hs/conn.h"

/* post13_ticket writes NewSessionTicket number of a connection, stateless or stateful as the config
 * has it; a session that has no time left, or does not fit, is left out in silence. */
int post13_ticket(struct conn *c, struct worker *w, const struct secret *resumption,
                  uint8_t number, struct wr *message, cssl_error *err) CHECK;

/* session_of fills a session with what every one of this connection says: what was authenticated,
 * when, and until when. make_ticket writes the ticket of *s: sealed, or the identifier under which
 * s is kept then. Both versions use them. */
int session_of(struct conn *c, struct session *s, cssl_error *err) CHECK;
int make_ticket(struct conn *c, struct worker *w, struct session *s, int64_t now,
                struct wr *ticket, cssl_error *err) CHECK;

/* What a message after the handshake led to. */
struct post13 {
    bool has_session;       /* clients: session has what the ticket resumes; take it or wipe it */
    struct session session;
    bool key_updated;       /* the peer's keys changed */
    bool update_requested;  /* the peer wants ours to change */
};
/* post13_check_type says whether a message of type may come after the handshake, of either version:
 * in TLS 1.2 what begins a renegotiation, or asks for one. It needs no more than the type. */
int post13_check_type(const struct conn *c, uint8_t type, cssl_error *err) CHECK;
/* post13_message handles one message; more says that handshake bytes follow it in the record.
 * It touches the receiving half alone. */
int post13_message(struct conn *c, cssl_bytes message, bool more, struct post13 *out,
                   cssl_error *err) CHECK;
/* post13_send_update sends KeyUpdate and changes the sending half's keys. */
int post13_send_update(struct conn *c, struct worker *w, bool request, cssl_error *err) CHECK;

#endif

/*
 * early13.h - early data (RFC 8446 2.3, 4.2.10, 8): who may send it, who may take it. A client asks
 * early13_wanted before its ClientHello and early13_possible after each answer; a server decides
 * once, in early13_accept. In doubt both do without.
 */
#ifndef CSSL_HS_EARLY13_H
#define CSSL_HS_EARLY13_H

#include "hs/flow.h"

/* ---- Clients ---- */

/* early13_wanted: there is early data, and the session that is offered first allows all of it. */
bool early13_wanted(const struct hs *hs) CHECK;
/* early13_possible: it was sent, and nothing that the ServerHello says forbids that it be taken. */
bool early13_possible(const struct hs *hs) CHECK;
/* early13_answered takes what EncryptedExtensions say of it. */
int early13_answered(struct hs *hs, bool accepted, cssl_error *err) CHECK;
hs_handler client13_early_keys, client13_send_early, client13_early_retry, client13_early_refused,
    client13_send_end_of_early;

/* ---- Servers ---- */

/* early13_announced is for each ClientHello: what was announced is skipped unless it is accepted
 * later. */
void early13_announced(struct hs *hs, bool announced);
/* early13_accept decides, when the PSK, the suite and the protocol are known. It remembers what it
 * accepts: the same ClientHello is refused from then on. */
bool early13_accept(struct hs *hs, const struct client_hello *ch) CHECK;
hs_handler server13_end_of_early;

/* ---- Both ---- */

/* early13_secret derives the secret that early data is under. */
void early13_secret(struct hs *hs);

#endif

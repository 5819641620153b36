/* verify.h - the verification of a peer's chain, and the program's opinions on it. */
#ifndef CSSL_HS_VERIFY_H
#define CSSL_HS_VERIFY_H

#include "hs/flow.h"

/* auth_verify verifies conn->peer, with what came along, when the config says so. It may ask: what
 * handler calls it returns verify_next(hs, NEXT), which waits for the answers before NEXT. */
int auth_verify(struct hs *hs, cssl_error *err) CHECK;
int verify_next(struct hs *hs, enum hs_state next);

hs_handler verify_answered;

/* verify_session verifies the chain of hs->session as of now, where the config wants that
 * (verify_on_resume): a client does so before it offers the session. A session that is no good any
 * more is wiped, and nothing else comes of it. It may ask; what is returned is next, or the state
 * that waits for the answers. verify_session_now is for servers: it never asks, and a session about
 * which it would have to is no good. */
int verify_session(struct hs *hs, enum hs_state next, cssl_error *err) CHECK;
bool verify_session_now(struct hs *hs) CHECK;

#endif

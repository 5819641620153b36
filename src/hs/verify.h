/* verify.h - the verification of a peer's chain, and the program's opinions on it. */
#ifndef CSSL_HS_VERIFY_H
#define CSSL_HS_VERIFY_H

#include "hs/flow.h"

/* auth_verify verifies conn->peer, with what came along, when the config says so. It may ask: what
 * handler calls it returns verify_next(hs, NEXT), which waits for the answers before NEXT. */
int auth_verify(struct hs *hs, cssl_error *err) CHECK;
int verify_next(struct hs *hs, enum hs_state next);

hs_handler verify_answered;

#endif

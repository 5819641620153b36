/* client_hello.h - the ClientHello that a client sends, first or after a HelloRetryRequest. */
#ifndef CSSL_HS_CLIENT_HELLO_H
#define CSSL_HS_CLIENT_HELLO_H

#include "hs/flow.h"

/* client_hello_send sends it: with the shares, PSKs and cookie that hs has. */
int client_hello_send(struct hs *hs, cssl_error *err) CHECK;
/* client_hello_ticket12 is the ticket of hs's session if that is one of TLS 1.2, else empty. */
cssl_bytes client_hello_ticket12(const struct hs *hs);

#endif

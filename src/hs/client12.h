/* client12.h - the client's handlers of TLS 1.2; their order is in states.c. */
#ifndef CSSL_HS_CLIENT12_H
#define CSSL_HS_CLIENT12_H

#include "hs/flow.h"

/* client12_server_hello goes on with a ServerHello of TLS 1.2: the next state, or a failure. */
int client12_server_hello(struct hs *hs, const struct server_hello *sh, cssl_error *err);

/* client12_session moves the session that a finished handshake has earned, or still has, to *s;
 * false: there is none. */
bool client12_session(struct hs *hs, struct session *s);

hs_handler client12_certificate, client12_status, client12_status_go, client12_server_key_exchange,
    client12_server_hello_done, client12_send_key_exchange, client12_secret, client12_signed,
    client12_send_ccs, client12_send_finished, client12_ticket, client12_ccs, client12_finished;

#endif

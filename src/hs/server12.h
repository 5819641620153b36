/* server12.h - the server's handlers of TLS 1.2; their order is in states.c. */
#ifndef CSSL_HS_SERVER12_H
#define CSSL_HS_SERVER12_H

#include "hs/flow.h"

/* server12_hello goes on with a ClientHello that leads to TLS 1.2: the next state or a failure. */
int server12_hello(struct hs *hs, const struct client_hello *ch, cssl_error *err);

hs_handler server12_params, server12_send_hello, server12_certificate,
    server12_client_key_exchange, server12_secret, server12_certificate_verify, server12_ccs,
    server12_finished, server12_send_resumed_hello, server12_send_ccs, server12_send_finished,
    server12_psk_told;

#endif

/* client13.h - the client's handlers of TLS 1.3; their order is in states.c. */
#ifndef CSSL_HS_CLIENT13_H
#define CSSL_HS_CLIENT13_H

#include "hs/flow.h"

hs_handler client13_start, client13_offer, client13_hello, client13_server_hello, client13_retry,
    client13_secret, client13_encrypted_extensions, client13_certificate_request,
    client13_certificate, client13_certificate_verify, client13_finished,
    client13_send_certificate, client13_signed, client13_send_finished;

/* client13_take_share keeps the key pair that a step has made. */
void client13_take_share(struct hs *hs);

#endif

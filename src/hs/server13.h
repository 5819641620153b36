/* server13.h - the server's handlers of TLS 1.3; their order is in states.c. */
#ifndef CSSL_HS_SERVER13_H
#define CSSL_HS_SERVER13_H

#include "hs/flow.h"

hs_handler server13_hello, server13_send_retry, server13_send_hello, server13_send_parameters,
    server13_signed, server13_send_finished, server13_certificate, server13_certificate_verify,
    server13_finished, server13_send_tickets;

#endif

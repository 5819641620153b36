/* choose12.h - a TLS 1.2 server's choice of a suite, with everything that the suite needs. */
#ifndef CSSL_HS_CHOOSE12_H
#define CSSL_HS_CHOOSE12_H

#include "hs/flow.h"

/* choose12 takes the first suite that both sides have and for which there is all it needs: an
 * identity of its kind that the client accepts, a group, a PSK. It sets hs->own and hs->scheme,
 * conn->group and hs->dh as far as the suite uses them. Without one it fails with what is missing.
 * Order is the server's, or the client's when honor_cipher_order is off. */
int choose12(struct hs *hs, const struct client_hello *ch, uint16_t *suite, cssl_error *err) CHECK;

#endif

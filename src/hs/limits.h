/*
 * limits.h - how long records may be: max_fragment_length (RFC 6066 4), and record_size_limit
 * (RFC 8449), which stands above it. Knows what is offered, chosen and answered; the record layer
 * keeps to it.
 */
#ifndef CSSL_HS_LIMITS_H
#define CSSL_HS_LIMITS_H

#include "hs/conn.h"
#include "msg/hello.h"

enum { LIMITS_WIRE = 3 };

/* limits_offer adds what a client asks for to its hello; wire has to live as long as ch. */
void limits_offer(const cssl_config *config, struct client_hello *ch, uint8_t wire[LIMITS_WIRE]);
/* limits_choose takes what a client asks for; limits_answer then adds the answer to a server's
 * message, whose two views are given. */
int limits_choose(struct conn *c, uint16_t version, const struct client_hello *ch,
                  cssl_error *err) CHECK;
void limits_answer(const struct conn *c, struct ext_set *has, cssl_bytes *max_fragment_length,
                   cssl_bytes *record_size_limit, uint8_t wire[LIMITS_WIRE]);
/* limits_take takes a server's answer; has says which of the two views it has. */
int limits_take(struct conn *c, uint16_t version, struct ext_set has,
                cssl_bytes max_fragment_length, cssl_bytes record_size_limit,
                cssl_error *err) CHECK;
/* limits_start makes what was agreed on hold for one direction. RFC 8449 4: it belongs to the keys
 * that the handshake made, so it is called when they come into use. */
void limits_start(struct conn *c, bool reading);

#endif

/* psk13.h - a server's look at the PSKs of a ClientHello, and the suite that goes with one. */
#ifndef CSSL_HS_PSK13_H
#define CSSL_HS_PSK13_H

#include "hs/flow.h"

/* psk13_find takes the first offered PSK that is known, fits, and for whose hash there is a suite
 * (hs->using_psk is set then); a binder that does not fit is an error. */
int psk13_find(struct hs *hs, const struct client_hello *ch, cssl_bytes body,
               cssl_error *err) CHECK;
/* psk_is_session looks the identity up as a ticket of ours; hs->session has it then. One that is
 * kept here stays there. */
bool psk_is_session(struct hs *hs, uint16_t version, const struct client_hello *ch,
                    cssl_bytes identity);
/* psk_is_known: the identity is a ticket of ours or the config's own. Nothing is used up. */
bool psk_is_known(struct hs *hs, cssl_bytes identity);
/* psk_is_session_id looks for the session of TLS 1.2 that the hello's identifier names, and copies
 * it to hs->session. */
bool psk_is_session_id(struct hs *hs, const struct client_hello *ch);
/* psk_next_session gives the key of the next session that a ClientHello names and that may be kept
 * with the program; false: there is none left. */
bool psk_next_session(struct hs *hs, const struct client_hello *ch, uint8_t key[SESSION_DIGEST]);
/* suite13_choose settles suite, hash (HASH_NONE: any) and AEAD; after a HelloRetryRequest they are
 * settled already. */
int suite13_choose(struct hs *hs, const struct client_hello *ch, enum hash_alg alg,
                   cssl_error *err) CHECK;

#endif

/*
 * exchange12.h - how TLS 1.2 exchanges keys, for both roles: what stands in ServerKeyExchange and
 * ClientKeyExchange, which public-key step it needs, and the premaster secret that comes of it.
 */
#ifndef CSSL_HS_EXCHANGE12_H
#define CSSL_HS_EXCHANGE12_H

#include "hs/flow.h"
#include "msg/kex12.h"

/* kx12 is how the agreed suite exchanges keys. */
enum suite_kx kx12(const struct hs *hs);
/* auth12_by_psk: there are no certificates in this handshake. */
bool auth12_by_psk(const struct hs *hs);

/* exchange12_ask_pair asks for the key pair of (EC)DHE, in conn->group or in hs->dh. */
int exchange12_ask_pair(struct hs *hs, cssl_error *err) CHECK;
/* exchange12_ask_secret asks for the shared secret of kx, which it takes over, and share. A number
 * of DHE may be shorter than the prime (RFC 5246 8.1.2). */
int exchange12_ask_secret(struct hs *hs, struct kx *kx, cssl_bytes share, cssl_error *err) CHECK;

/* A server's: whether it sends ServerKeyExchange, and what stands in it but the signature. */
bool exchange12_server_speaks(const struct hs *hs);
void exchange12_server_fill(const struct hs *hs, struct server_key_exchange *ske);
/* exchange12_identity views the identity that the program is to be asked about, in the body of a
 * ClientKeyExchange; empty when there is nothing to ask. */
int exchange12_identity(const struct hs *hs, cssl_bytes body, cssl_bytes *identity,
                        cssl_error *err) CHECK;
/* exchange12_take_client takes ClientKeyExchange: a step is asked for unless the PSK is all. */
int exchange12_take_client(struct hs *hs, cssl_bytes body, cssl_error *err) CHECK;

/* A client's: exchange12_take_server takes the parameters of ServerKeyExchange, whose signature is
 * good. exchange12_begin asks for what ClientKeyExchange needs. exchange12_client_fill says what
 * stands in that; kx is the key pair, NULL for none. */
int exchange12_take_server(struct hs *hs, const struct server_key_exchange *ske,
                           cssl_error *err) CHECK;
int exchange12_begin(struct hs *hs, cssl_error *err) CHECK;
void exchange12_client_fill(const struct hs *hs, const struct kx *kx,
                            struct client_key_exchange *cke);

/* exchange12_psk finds the secret of an identity (the config's own on a client) into hs->psk. For
 * one that is not known it draws a random one, so that nobody can tell by trying which there are
 * (RFC 4279 2): the handshake then fails as with a wrong key. */
int exchange12_psk(struct hs *hs, cssl_bytes identity, cssl_error *err) CHECK;

/* exchange12_premaster writes the premaster secret, at most PREMASTER12_MAX bytes. */
enum { PREMASTER12_MAX = 4 + KX_SECRET_MAX + SECRET_MAX };
void exchange12_premaster(const struct hs *hs, struct wr *w);

#endif

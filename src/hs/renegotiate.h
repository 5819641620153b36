/*
 * renegotiate.h - what binds a renegotiation of TLS 1.2 to the handshake before it (RFC 5746), and
 * what must not change in one: version, names, the peer, extended master secret. In a first
 * handshake the checks of the hellos hold what RFC 5746 wants of that.
 */
#ifndef CSSL_HS_RENEGOTIATE_H
#define CSSL_HS_RENEGOTIATE_H

#include "hs/flow.h"

enum { RENEGOTIATION_INFO_MAX = 2 * FINISHED12 };

/* hs_renew is hs_new for a connection that stands: of TLS 1.2, with secure renegotiation. */
struct hs *hs_renew(struct conn *conn, cssl_error *err);
/* renegotiation_info is what the client (not server) or the server says in its hello; bytes is
 * memory for it. */
cssl_bytes renegotiation_info(const struct hs *hs, bool server,
                              uint8_t bytes[RENEGOTIATION_INFO_MAX]);
/* renegotiate_check_client is a server's look at a ClientHello, _server a client's at a
 * ServerHello. */
int renegotiate_check_client(const struct hs *hs, const struct client_hello *ch,
                             cssl_error *err) CHECK;
int renegotiate_check_server(const struct hs *hs, const struct server_hello *sh,
                             cssl_error *err) CHECK;
/* renegotiate_check_names: a ClientHello names the host and the protocol as before, or not. */
int renegotiate_check_names(const struct hs *hs, const struct client_hello *ch,
                            cssl_error *err) CHECK;
/* renegotiate_check_suite: who has shown a certificate does so again, and nobody else. */
int renegotiate_check_suite(const struct hs *hs, uint16_t suite, cssl_error *err) CHECK;
/* renegotiate_check_peer: the certificate that comes, or the raw key, is the one that came before;
 * empty for none.
 * Whoever could be exchanged by a renegotiation could be anybody (triple handshake). */
int renegotiate_check_peer(const struct hs *hs, cssl_bytes leaf, cssl_error *err) CHECK;

#endif

/*
 * staple.h - what comes along with a certificate: stapled OCSP responses (RFC 6066 8, RFC 8446
 * 4.4.2.1) and signed certificate timestamps (RFC 6962), for both roles and versions.
 */
#ifndef CSSL_HS_STAPLE_H
#define CSSL_HS_STAPLE_H

#include "hs/flow.h"
#include "msg/hello.h"

/* staple_ask puts what a client asks for into its ClientHello. What the request needs is kept in
 * hs, so that a second ClientHello says the same. */
int staple_ask(struct hs *hs, struct client_hello *ch, cssl_error *err) CHECK;
/* staple_asked keeps what a client asked a server for. */
void staple_asked(struct hs *hs, const struct client_hello *ch);

/* staple_choose looks, once, for what there is to send with hs->own: hs->staple and hs->scts. */
void staple_choose(struct hs *hs);
static inline cssl_bytes staple_scts(const struct hs *hs)
{
    return ext_has(hs->asked, EXT_SIGNED_CERTIFICATE_TIMESTAMP) && hs->own != NULL &&
                   !hs->conn->own_raw
               ? bytes_of(hs->own->scts, hs->own->scts_len)
               : bytes_of(NULL, 0);
}
/* staple_fill puts it into TLS 1.3's Certificate; true when there was something. */
bool staple_fill(const struct hs *hs, struct certificate *c);

/* staple_keep keeps what came with each of num certificates (staples may be NULL), and the
 * timestamps, in conn->peer, which the certificates were put into. */
int staple_keep(struct conn *c, const cssl_bytes *staples, size_t num, cssl_bytes scts,
                cssl_error *err) CHECK;

#endif

/*
 * cert_type.h - raw public keys beside certificates, or in their place (RFC 7250), in both
 * versions: which type each side shows, and what is done with a key.
 *
 * A client lists what it can show and what it takes, X.509 being the default that goes without
 * saying; the server chooses by its own order of preference, and says so. What was agreed on is
 * conn's own_raw and peer_raw.
 */
#ifndef CSSL_HS_CERT_TYPE_H
#define CSSL_HS_CERT_TYPE_H

#include "hs/flow.h"
#include "msg/hello.h"

/* ---- Clients ---- */

/* cert_type_offer puts the extensions into the hello. */
void cert_type_offer(const cssl_config *config, struct client_hello *ch);
/* cert_type_take is the look at the server's answer. shown: the server is going to show what it is;
 * else a session or a pre-shared key says that. */
int cert_type_take(struct hs *hs, struct ext_set has, cssl_bytes own, cssl_bytes peer, bool shown,
                   cssl_error *err) CHECK;
/* cert_type_may_show: the client can show its identity, an answer having been taken. */
bool cert_type_may_show(const struct conn *c);

/* ---- Servers ---- */

/* cert_type_check refuses lists that RFC 7250 4.1 forbids. */
int cert_type_check(const struct client_hello *ch, cssl_error *err) CHECK;
/* cert_type_common gives those of ours that the client's list has, in our order. */
void cert_type_common(struct cert_types *common, const struct cert_types *ours,
                      struct ext_set has, uint16_t extension, cssl_bytes theirs);
/* cert_type_none fails: there is no type that the server could show. */
int cert_type_none(const struct client_hello *ch, cssl_error *err) CHECK;
/* cert_type_fits: what was shown in the session's handshake would do for this client. */
bool cert_type_fits(const struct session *s, const struct client_hello *ch);
/* cert_type_answer settles hs->cert_types, and what the client is to show; the suite and the PSK or
 * conn->own_raw are chosen. */
int cert_type_answer(struct hs *hs, const struct client_hello *ch, cssl_error *err) CHECK;
/* cert_type_sent is the one byte of an answer. */
cssl_bytes cert_type_sent(bool raw);
/* cert_type_authorities are the names for a CertificateRequest: a raw key has none. */
cssl_bytes cert_type_authorities(const struct conn *c);

/* ---- Both ---- */

/* cert_type_compression is the algorithm for our Certificate, 0 for none: a raw key is as short as
 * it can be. */
uint16_t cert_type_compression(const struct conn *c, cssl_bytes theirs);

/* auth_take_key takes the peer's SubjectPublicKeyInfo into the connection and, when the config says
 * so, looks whether it is a trusted one. */
int auth_take_key(struct hs *hs, cssl_bytes spki, cssl_error *err) CHECK;

#endif

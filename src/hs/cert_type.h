/*
 * cert_type.h - raw public keys in place of certificates (RFC 7250), in both versions: which type
 * each side shows, and what is done with a key.
 *
 * The options allow one type in each direction, so nothing is chosen: either the peer can do it or
 * there is no connection.
 */
#ifndef CSSL_HS_CERT_TYPE_H
#define CSSL_HS_CERT_TYPE_H

#include "hs/flow.h"
#include "msg/hello.h"

/* cert_type_offer puts a client's extensions into its hello. */
void cert_type_offer(const cssl_config *config, struct client_hello *ch);
/* cert_type_check refuses a hello whose sender cannot do what a server's config wants; not for
 * handshakes without certificates. cert_type_answer gives what the server's answer has: the
 * extensions that are to be added, and their one byte each. */
int cert_type_check(const cssl_config *config, const struct client_hello *ch,
                    cssl_error *err) CHECK;
void cert_type_answer(const cssl_config *config, const struct client_hello *ch,
                      struct ext_set *has);
extern const cssl_bytes cert_type_raw;
/* cert_type_take is a client's look at the server's answer. */
int cert_type_take(struct conn *c, struct ext_set has, cssl_bytes own, cssl_bytes peer,
                   cssl_error *err) CHECK;
/* cert_type_may_show: a client can show its identity, its type having been taken. */
bool cert_type_may_show(const struct conn *c);

/* auth_take_key takes the peer's SubjectPublicKeyInfo into the connection and, when the config says
 * so, looks whether it is a trusted one. */
int auth_take_key(struct hs *hs, cssl_bytes spki, cssl_error *err) CHECK;

#endif

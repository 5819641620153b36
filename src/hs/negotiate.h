/*
 * negotiate.h - choices: pure functions over what the peer offered and what the config allows.
 * No keys, no state: each can be tested with two lists.
 */
#ifndef CSSL_HS_NEGOTIATE_H
#define CSSL_HS_NEGOTIATE_H

#include "config/config.h"

/* first_common is the first of ours that stands in theirs (u16s), 0 if none. */
uint16_t first_common(const struct codes *ours, cssl_bytes theirs);
/* first_suite is first_common among TLS 1.3's suites whose hash is alg (HASH_NONE: any). */
uint16_t first_suite(const struct codes *ours, cssl_bytes theirs, enum hash_alg alg);

/* The suites that a server and a client have in common, one after the other in the order that
 * counts: the server's (among equally good ones the client's), or the client's when
 * honor_cipher_order is off. A walk begins zeroed. */
struct suite_walk {
    size_t set;    /* where a set of equally good ones begins; most have one member */
    size_t theirs; /* which of theirs is next, in this set */
};
bool suite_next(struct suite_walk *walk, const cssl_config *config, cssl_bytes theirs,
                uint16_t *id) CHECK;
/* pick_suite13 is a server's first of them of TLS 1.3 whose hash is alg (HASH_NONE: any), 0 if
 * none. */
uint16_t pick_suite13(const cssl_config *config, cssl_bytes theirs, enum hash_alg alg);
/* ffdhe_codepoint: the number is one that RFC 7919 has for groups of finite fields. */
bool ffdhe_codepoint(uint16_t group);

/* pick_version chooses by what the ClientHello offers and the config allows, in a renegotiation TLS
 * 1.2; none in common, and a fallback that was not needed (RFC 7507), are errors. */
int pick_version(const cssl_config *config, const struct client_hello *ch, bool renegotiation,
                 uint16_t *version, cssl_error *err) CHECK;
/* check_server_name: a host name, not an address (RFC 6066 3), or none. */
int check_server_name(cssl_bytes name, cssl_error *err) CHECK;

/* hello_check refuses a ClientHello that TLS 1.3 does not allow: compression, missing
 * extensions, shares that are not among the groups (RFC 8446 4.1.2, 4.2.8, 9.2). */
int hello_check(const struct client_hello *ch, cssl_error *err) CHECK;
/* hello_digest hashes what a second ClientHello has to repeat (RFC 8446 4.1.2). */
void hello_digest(const struct client_hello *ch, uint8_t out[32]);

/* pick_group chooses: a group whose share came (*share is then its index), else one that has to
 * be asked for by HelloRetryRequest (*share is num_shares). 0 when there is none in common. */
uint16_t pick_group(const struct codes *ours, const struct client_hello *ch, size_t *share);

/* pick_alpn gives the first of ours (encoded list) that stands in theirs; empty if none. */
cssl_bytes pick_alpn(cssl_bytes ours, cssl_bytes theirs);
/* alpn_has says whether protocol stands in an encoded list. */
bool alpn_has(cssl_bytes list, cssl_bytes protocol);

/* session_fits says whether a server may resume a session now: same name, protocol, policy, and
 * none of its ends reached. Suites and binders are another matter. */
bool session_fits(const struct session *s, uint16_t version, const cssl_config *config,
                  cssl_bytes sni, cssl_bytes alpn, int64_t now);

#endif

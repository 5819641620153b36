/* certkey.h - an identity: a certificate chain and its private key, and which of several suits. */
#ifndef CSSL_PKI_CERTKEY_H
#define CSSL_PKI_CERTKEY_H

#include "pki/cert.h"
#include "pki/stapler.h"

/* Immutable once loaded, but for what the stapler keeps behind its lock. */
struct certkey {
    struct cert **certs; /* the leaf first; none: a raw public key (RFC 7250) */
    size_t num_certs;
    struct pkey *key; /* NULL: it is elsewhere, and signs there */
    struct stapler *stapler; /* servers; NULL: nothing is stapled */
    uint8_t *scts;           /* servers: RFC 6962 3.3's list, with its length in front */
    size_t scts_len;
    uint16_t *schemes; /* to sign with, in order; NULL: no choice of its own. Set by its owner */
    size_t num_schemes;
    bool only_for_issuers; /* only for a peer that names one of the chain's issuers */
};

enum { CERTKEY_WARNING_MAX = 256 };

/* certkey_load reads what conf names: PEM or DER, from files or memory; the key may stand beside
 * the certificates. It refuses a key that does not belong to the leaf and a chain out of order,
 * each with a sentence that names the file and says what to do; a key file that others may read is
 * a warning (CERTKEY_WARNING_MAX bytes, or NULL). Errors name the option (certfile, keyfile,
 * password, cert, key). */
int certkey_load(struct certkey *ck, const cssl_cert_key *conf, char *warning,
                 cssl_error *err) CHECK;
/* certkey_load_key is for identities that are a raw public key: there is no certificate. */
int certkey_load_key(struct certkey *ck, const cssl_cert_key *conf, char *warning,
                     cssl_error *err) CHECK;
void certkey_free(struct certkey *ck);
/* certkey_spki is the public key, wherever the private one is. */
cssl_bytes certkey_spki(const struct certkey *ck);

/* certkey_can_sign: the key can sign with scheme, in TLS 1.2 or 1.3. */
bool certkey_can_sign(const struct certkey *ck, uint16_t scheme);

/* What a peer said that it accepts. */
struct certkey_wish {
    const uint16_t *schemes; /* signature_algorithms, in the peer's order */
    size_t num_schemes;
    const uint16_t *cert_schemes; /* signature_algorithms_cert, or the same */
    size_t num_cert_schemes;
    const cssl_bytes *authorities; /* DER names; none: any */
    size_t num_authorities;
    const char *name; /* SNI, or NULL */
    bool raw; /* a raw public key is to be shown (RFC 7250), not a certificate */
    bool curve_bound;  /* TLS 1.2: ECDSA keys must be on one of curves (RFC 8422 5.1.1), */
    cssl_bytes curves; /* which are groups as they are sent */
};

/* certkey_pick chooses the first that suits best from num identities that can be shown as wished:
 * those with a certificate, or for a raw public key all, best those that are nothing else. It must
 * be able to sign with one of schemes (of ours, in our order of preference, restricted to the
 * peer's), and be allowed to by its certificate; an identity for the wished name goes before one
 * that is not, one under a wished authority before one that is not, one whose chain is signed with
 * accepted schemes before one that is not. An identity that has schemes has an order of its own,
 * and uses no others of ours; one that is only for issuers has to be under a wished authority. It
 * returns the index and sets *scheme, or -1. */
int certkey_pick(const struct certkey *cks, size_t num, const uint16_t *ours, size_t num_ours,
                 const struct certkey_wish *wish, uint16_t *scheme);
/* certkey_pick_decrypting chooses in the same way for TLS 1.2's key exchange by RSA: an identity
 * whose key can decrypt, and may by its certificate. */
int certkey_pick_decrypting(const struct certkey *cks, size_t num, const struct certkey_wish *wish);

/* certkey_kept: one of num identities at least is only for issuers. */
bool certkey_kept(const struct certkey *cks, size_t num);

#endif

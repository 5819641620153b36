/*
 * chain.h - builds certificate paths and checks them (RFC 5280 6, names by RFC 9525).
 *
 * A verification can stop between two certificates and wait for somebody's opinion: chain_run
 * returns CHAIN_ASKS, chain_answer takes the answer, chain_run goes on. Without params.ask it
 * never does.
 */
#ifndef CSSL_PKI_CHAIN_H
#define CSSL_PKI_CHAIN_H

#include "pki/ocsp.h"
#include "pki/policy.h"
#include "pki/revoke.h"
#include "pki/store.h"

enum chain_purpose { PURPOSE_SERVER, PURPOSE_CLIENT }; /* what the leaf is to be used as */

/* Bounds of one verification, whatever the peer sends. */
enum {
    CHAIN_CERTS_MAX = 16, /* sent by a peer; in a path besides the anchor */
    CHAIN_POOL_MAX = 64,  /* given by the user of a tool, who may have collected many */
    CHAIN_SIGNATURES_MAX = 100,
    CHAIN_NAMES_MAX = 100000,
    CHAIN_STEPS_MAX = 1000,
    CHAIN_DEPTH_DEFAULT = 10
};

struct chain_params {
    const struct store *anchors;
    enum chain_purpose purpose;
    const char *name;        /* host name or IP address that the leaf must be for; NULL: any */
    const char *const *names; /* or for one of these */
    size_t num_names;
    int64_t now;             /* seconds since 1970, UTC */
    int depth;               /* intermediates at most */
    const uint16_t *schemes; /* permitted for the signatures in the chain; RSASSA-PSS counts under
                                either of its names, ECDSA by its hash */
    size_t num_schemes;      /* 0: all that are safe */
    bool ask;                /* stop for an opinion on each certificate and each fault */
    uint16_t key_usage;      /* what the leaf's keyUsage must all allow if it has one, bit 0 of RFC
                                5280 4.2.1.3 being 0x8000; 0: digitalSignature, which TLS 1.3 needs
                                (RFC 8446 4.4.2.2) */
    bool any_key_usage;      /* do not look at the leaf's keyUsage */
    bool any_ca_purpose;     /* do not look at authorities' extended key usage */
    struct policy_params policy;
    struct revoke_lists lists; /* revocation lists; mode REVOKE_OFF: none are asked */
    const cssl_bytes *staples; /* stapled OCSP responses, one a certificate, empty where there is
                                  none; NULL: none at all */
    bool staple_asked;         /* the peer was asked for one, */
    bool staple_required;      /* and has to have one, whatever its certificate says */
    cssl_bytes nonce;          /* that has to be in the leaf's; empty: not looked at */
    bool pool;               /* the certificates are not a peer's: CHAIN_POOL_MAX of them */
};

enum chain_result { CHAIN_OK, CHAIN_FAILED, CHAIN_ASKS };

struct chain;

/* chain_new takes references of the num certificates as the peer sent them, its own first. params
 * are copied; what they point to must outlive the chain. */
struct chain *chain_new(const struct chain_params *params, struct cert *const *certs, size_t num,
                        cssl_error *err) CHECK;
/* chain_run verifies. CHAIN_FAILED fills *err: reason, alert, certificate index and a sentence. */
enum chain_result chain_run(struct chain *c, cssl_error *err) CHECK;

/* What is asked: OTP's verify_fun events. */
enum chain_event { CHAIN_VALID, CHAIN_VALID_PEER, CHAIN_BAD_CERT, CHAIN_EXTENSION };
struct chain_question {
    enum chain_event event;
    const struct cert *cert;
    int index;          /* in the path, 0 the leaf */
    cssl_reason reason; /* BAD_CERT */
    cssl_bytes oid;     /* EXTENSION: an unknown one; critical tells whether it is critical */
    bool critical;
};
enum chain_verdict { CHAIN_ACCEPT, CHAIN_REJECT, CHAIN_UNKNOWN };
void chain_question(const struct chain *c, struct chain_question *q);
void chain_answer(struct chain *c, enum chain_verdict verdict);

/* chain_path gives certificate i of the path that was found, the leaf first and the anchor last;
 * NULL behind it. After a failure it is the path that came nearest. Borrowed from the chain. */
const struct cert *chain_path(const struct chain *c, size_t i);
/* chain_staple_good: a stapled response said that the leaf was not revoked. */
bool chain_staple_good(const struct chain *c);
void chain_free(struct chain *c);

#endif

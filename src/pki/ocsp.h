/*
 * ocsp.h - a stapled OCSP response (RFC 6960): parsed strictly, and judged for one certificate.
 *
 * A response is a view of the bytes it was parsed from.
 */
#ifndef CSSL_PKI_OCSP_H
#define CSSL_PKI_OCSP_H

#include "pki/cert_fields.h"

enum {
    OCSP_LEN_MAX = 65535,
    OCSP_SINGLES_MAX = 64,    /* answers in one response */
    OCSP_CERTS_MAX = 8,       /* certificates that come with it */
    OCSP_EXTENSIONS_MAX = 16, /* of the response, of an answer */
    OCSP_SKEW = 300,          /* seconds that clocks may differ */
    OCSP_NONCE = 32           /* bytes of the nonce that is sent (RFC 9654: 1 to 128) */
};

/* What a response is worth for a certificate. */
enum ocsp_verdict {
    OCSP_GOOD,
    OCSP_REVOKED,
    OCSP_USELESS /* nothing can be concluded: see why */
};

struct ocsp_result {
    enum ocsp_verdict verdict;
    uint8_t reason;      /* REVOKED: enum crl_reason */
    int64_t revoked_at;  /* REVOKED */
    int64_t this_update, next_update; /* GOOD, REVOKED */
    const char *why;     /* USELESS: a few words (static) */
};

struct ocsp_question {
    const struct cert *cert;
    const struct cert *issuer; /* of cert, as the path has it */
    int64_t now;               /* seconds since 1970, UTC */
    const uint16_t *schemes;   /* permitted for signatures; num 0: all that are safe */
    size_t num_schemes;
    cssl_bytes nonce; /* that has to be in the response; empty: not looked at */
};

/* ocsp_judge parses a response and says what it is worth. Only a lack of memory is a failure. */
int ocsp_judge(cssl_bytes response, const struct ocsp_question *q, struct ocsp_result *result,
               cssl_error *err) CHECK;

/* What a server has to know of a response that it is going to staple. */
struct ocsp_facts {
    uint8_t status; /* 0: successful; what follows is known then */
    int64_t this_update; /* of the first answer */
    int64_t next_update; /* the earliest of all answers; INT64_MAX: no end */
    size_t num_singles;
    cssl_bytes singles; /* a view of the response, for ocsp_single_next */
};
/* ocsp_inspect reads a response's form; a malformed one is CSSL_R_OCSP_MALFORMED. */
int ocsp_inspect(cssl_bytes response, struct ocsp_facts *facts, cssl_error *err) CHECK;

/* ocsp_request_extensions writes the extensions of a request that asks for nonce (RFC 9654), as
 * status_request carries them (RFC 6066 8). out has room for OCSP_REQUEST_EXTENSIONS bytes. */
enum { OCSP_REQUEST_EXTENSIONS = 64 };
size_t ocsp_request_extensions(uint8_t out[OCSP_REQUEST_EXTENSIONS],
                               const uint8_t nonce[OCSP_NONCE]);

#endif

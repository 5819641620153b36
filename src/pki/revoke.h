/*
 * revoke.h - what revocation lists say of one certificate of a path (RFC 5280 6.3).
 *
 * A list counts when it is by the certificate's issuer - its name, its key, which may sign lists -
 * and for certificates of its kind, and when it is valid now. Lists by somebody else (indirect
 * ones) and delta lists do not count.
 */
#ifndef CSSL_PKI_REVOKE_H
#define CSSL_PKI_REVOKE_H

#include "pki/crl_dir.h"

/* Which certificates of a path lists are asked about, and what it means that none answers. */
enum revoke_mode { REVOKE_OFF, REVOKE_PEER, REVOKE_CHAIN, REVOKE_BEST_EFFORT };

/* Where lists come from; either may be NULL. */
struct revoke_lists {
    enum revoke_mode mode;
    const struct crl_set *set;
    struct crl_dir *dir;
};

struct revoke_question {
    const struct cert *cert;
    const struct cert *issuer; /* as the path has it; NULL: not known */
    int64_t now;               /* seconds since 1970, UTC */
    const uint16_t *schemes;   /* permitted for signatures; num 0: all that are safe */
    size_t num_schemes;
};

enum revoke_status { REVOKE_GOOD, REVOKE_REVOKED, REVOKE_UNKNOWN };
struct revoke_result {
    enum revoke_status status;
    uint8_t reason; /* REVOKED: enum crl_reason */
    int64_t date;   /* REVOKED: since when */
    char why[160];  /* UNKNOWN: for people */
};

/* Lists of one issuer that are looked at. */
enum { REVOKE_TRIED_MAX = 64 };

/* revoke_by_lists looks a certificate up. Only a lack of memory is a failure. */
int revoke_by_lists(const struct revoke_lists *lists, const struct revoke_question *q,
                    struct revoke_result *result, cssl_error *err) CHECK;

#endif

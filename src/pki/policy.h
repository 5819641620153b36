/*
 * policy.h - certificate policies of a path (RFC 5280 6.1).
 *
 * The standard's tree can grow exponentially. Here a level is a set: each policy that a certificate
 * may have next, once, with one bit - does a policy that the user accepts lead to it? - which is
 * all that the end of the path asks for. A level has POLICY_NODES_MAX policies at most.
 */
#ifndef CSSL_PKI_POLICY_H
#define CSSL_PKI_POLICY_H

#include "pki/cert_fields.h"

enum { POLICY_NODES_MAX = 512 };

/* The user's part (6.1.1 c, e, f, g). */
struct policy_params {
    const cssl_bytes *accepted; /* OIDs' contents; num 0: any policy will do */
    size_t num_accepted;
    bool require; /* initial-explicit-policy */
    bool inhibit_mapping, inhibit_any;
};

/* policy_check goes from the certificate below the anchor, path[num - 1], to the leaf, path[0]. It
 * returns num when all is well, else the index of the certificate at which no policy was left.
 * Comparisons are counted in *used; beyond max it gives up, as if none was left. */
size_t policy_check(const struct policy_params *params, const struct cert *const *path, size_t num,
                    unsigned *used, unsigned max);

#endif

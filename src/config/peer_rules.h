/*
 * peer_rules.h - what a peer's chain has to be besides being signed by an authority: revocation,
 * policies, further names.
 */
#ifndef CSSL_CONFIG_PEER_RULES_H
#define CSSL_CONFIG_PEER_RULES_H

#include "pki/chain.h"

enum { PEER_NAMES_MAX = 64, PEER_POLICIES_MAX = 64 };

/* Zeroed it asks for nothing. */
struct peer_rules {
    enum revoke_mode crl_check;
    struct crl_set *crls;
    struct crl_dir *crl_dir;
    bool ask_staple; /* clients: status_request is sent */
    bool require_staple;
    bool ask_nonce;
    bool ask_scts;
    bool any_ca_purpose;
    bool require_policy, inhibit_mapping, inhibit_any;
    const char *const *peer_names; /* views of the options */
    size_t num_peer_names;
    cssl_bytes *policies; /* OIDs' contents; each owned */
    size_t num_policies;
};

/* peer_rules_check fills a zeroed t from options, which outlive it, and the files that they name.
 * verify says whether a peer's chain is verified at all. */
int peer_rules_check(struct peer_rules *t, const cssl_options *o, bool server, bool verify,
                     cssl_error *err) CHECK;
void peer_rules_free(struct peer_rules *t);
/* peer_rules_digest adds to h all that decides who is trusted. */
void peer_rules_digest(const struct peer_rules *t, struct hash *h);
/* peer_rules_apply puts t into the parameters of a verification. */
void peer_rules_apply(const struct peer_rules *t, struct chain_params *params);

#endif

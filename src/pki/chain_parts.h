/* chain_parts.h - what the files chain*.c share; chain.h is what others see. */
#ifndef CSSL_PKI_CHAIN_PARTS_H
#define CSSL_PKI_CHAIN_PARTS_H

#include "pki/cert_fields.h"
#include "pki/chain.h"
#include "pki/der.h"

/* Leaf, all others that were sent, and an anchor. */
enum { PATH_MAX_LEN = CHAIN_CERTS_MAX + 1 };

/* One certificate of a path. */
struct link {
    const struct cert *cert;
    const struct sent *sent; /* NULL: an anchor of the store's */
    bool anchor;
    uint64_t own;  /* faults of the certificate in this place */
    uint64_t edge; /* faults of its signature by the one above */
    /* Certificates below, a bit each, that this one's name constraints do not permit, or whose
     * kinds of names cannot be compared. */
    uint32_t not_permitted, wrong_kind;
};

/* What was sent: names and keys have numbers, equal ones the same, so that the search compares no
 * names and keys. */
struct sent {
    struct cert *cert;
    uint8_t subject, issuer, key;
    cssl_bytes staple; /* empty: none came */
};

struct path {
    size_t len;
    size_t no_policy; /* 1 + the certificate at which no policy is left; 0: all is well */
    struct link links[PATH_MAX_LEN];
};

/* A signature that was checked. */
struct checked {
    const struct cert *child, *issuer;
    uint64_t faults;
};

/* What a verification has used of its bounds. */
struct budget {
    unsigned steps, signatures, names;
    bool nomem;
};

enum chain_state { CHAIN_NEW, CHAIN_ASKING, CHAIN_DONE };

struct chain {
    struct chain_params params;
    struct sent sent[CHAIN_POOL_MAX]; /* doubles left out */
    size_t num;
    struct budget used;
    struct checked checked[CHAIN_SIGNATURES_MAX];
    struct path path; /* the one that is tried, then the one that was chosen */
    struct path best; /* while searching among paths with faults */
    uint64_t best_score;
    enum chain_state state;
    enum chain_result result;
    cssl_error error;
    /* asking */
    size_t at;        /* certificates from at down to the leaf are still to be asked about */
    uint64_t pending; /* faults of certificate at */
    bool status_done; /* revocation of certificate at was looked at */
    bool extensions_done;
    struct rd extensions;
    struct chain_question question;
    bool answered;
    enum chain_verdict verdict;
    /* of the certificate that chain_status was last called for */
    char revoked_why[128], unknown_why[160], staple_why[160];
    bool staple_good;
};

/* chain_build.c: chain_build puts the best path into c->path. 0, or a failure that has nothing to
 * do with one path: bounds, memory. */
int chain_build(struct chain *c, cssl_error *err) CHECK;

/* chain_check.c: the faults of the leaf (which may itself be an anchor), of an authority that is
 * put above c->path (anchor or not), and of child's signature by issuer. */
uint64_t check_leaf(const struct chain *c, const struct cert *leaf, bool anchor);
uint64_t check_authority(const struct chain *c, const struct cert *cert, bool anchor);
uint64_t check_signature(struct chain *c, const struct cert *child, const struct cert *issuer);
/* check_constraints fills in what link's name constraints say of c->path. */
void check_constraints(struct chain *c, struct link *link);
/* path_faults are all faults of certificate i. */
uint64_t path_faults(const struct path *path, size_t i);

/* check_policies looks at the whole of c->path, which has just reached an anchor. */
void check_policies(struct chain *c);

/* chain_status.c: the faults that lists and stapled responses find in certificate i of c->path.
 * Only a lack of memory is a failure. */
int chain_status(struct chain *c, size_t i, uint64_t *faults, cssl_error *err) CHECK;

/* chain_names.c */
struct name_fault {
    cssl_bytes constraint; /* what forbade it; empty when nothing permitted it */
    struct general_name name;
};
/* names_check compares all names of subject with authority's name constraints (RFC 5280 4.2.1.10)
 * and returns FAULT_NAME_NOT_PERMITTED and FAULT_NAME_CONSTRAINT_KIND bits. Each comparison counts
 * in *used; beyond CHAIN_NAMES_MAX it stops, without having found out. first may be NULL. */
uint64_t names_check(const struct cert *authority, const struct cert *subject, unsigned *used,
                     struct name_fault *first);

/* chain_text.c: fills *err with a fault of certificate i of c->path, and a sentence. */
int chain_explain(const struct chain *c, size_t i, enum fault fault, cssl_error *err);

#endif

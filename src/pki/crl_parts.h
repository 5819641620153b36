/* crl_parts.h - the inside of a revocation list, which the files crl*.c share. */
#ifndef CSSL_PKI_CRL_PARTS_H
#define CSSL_PKI_CRL_PARTS_H

#include "pki/crl.h"

/* Where an entry is, in the order of serial numbers. */
struct crl_index {
    const uint8_t *serial;
    uint32_t at; /* of the entry, in der */
    uint8_t len; /* of serial */
};

enum { CRL_NOT_VERIFIED, CRL_BEING_VERIFIED, CRL_VERIFIED };
enum { CRL_KEY_DIGEST = 32 };

/* All views are into der, which stands in the same block behind the struct. */
struct crl {
    atomic_uint refs;
    atomic_uint verified; /* CRL_VERIFIED: the signature fits the key whose SHA-256 is */
    uint8_t verified_key[CRL_KEY_DIGEST];
    bool partial; /* onlySomeReasons */
    bool only_users, only_authorities;
    uint32_t issuer_hash;
    const char *unusable;
    struct sig_alg sig;
    int64_t this_update, next_update;
    cssl_bytes der, tbs, inner_alg, signature, issuer, entries, extensions;
    cssl_bytes key_id, number;
    cssl_bytes full_name; /* of issuingDistributionPoint: GeneralNames' contents */
    cssl_bytes relative;  /* or an RDN's contents */
    struct crl_index *index;
    size_t num;
};

/* crl_ext.c: crl_entry_parse takes one entry from a list of them; serial may be NULL. *usable
 * becomes false when a critical extension of it is not known. */
void crl_entry_parse(struct rd *list, struct crl_entry *entry, cssl_bytes *serial, bool *usable);
/* crl_parse_extensions reads the list's own. */
int crl_parse_extensions(struct crl *crl, cssl_error *err) CHECK;

#endif

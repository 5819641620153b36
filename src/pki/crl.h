/*
 * crl.h - a certificate revocation list (RFC 5280 5), parsed once into views of its own DER.
 *
 * A list is counted and immutable; looking a certificate up in it takes a binary search. It says
 * for itself whether it can be used at all (crl_unusable) and for which certificates (crl_covers);
 * whether it is signed by the right authority and is valid now is for revoke.h.
 */
#ifndef CSSL_PKI_CRL_H
#define CSSL_PKI_CRL_H

#include "pki/cert_fields.h"

/* Extensions of one list or entry; lists in one file, in memory or in a directory. A list's size
 * is bounded by LOAD_MAX. */
enum { CRL_EXTENSIONS_MAX = 32, CRLS_MAX = 1024 };

/* CRLReason (RFC 5280 5.3.1). */
enum crl_reason {
    CRL_UNSPECIFIED = 0,
    CRL_KEY_COMPROMISE = 1,
    CRL_CA_COMPROMISE = 2,
    CRL_AFFILIATION_CHANGED = 3,
    CRL_SUPERSEDED = 4,
    CRL_CESSATION = 5,
    CRL_HOLD = 6,
    CRL_REMOVE = 8,
    CRL_PRIVILEGE_WITHDRAWN = 9,
    CRL_AA_COMPROMISE = 10
};
/* crl_reason_name is the reason as RFC 5280 writes it: "keyCompromise"; NULL for no reason. */
const char *crl_reason_name(uint8_t reason);

struct crl;

/* crl_parse copies der and parses it strictly: one CertificateList, nothing behind it. */
struct crl *crl_parse(cssl_bytes der, cssl_error *err) CHECK;
struct crl *crl_ref(struct crl *crl);
void crl_free(struct crl *crl);

cssl_bytes crl_issuer(const struct crl *crl); /* DER of the Name */
uint32_t crl_issuer_hash(const struct crl *crl);
cssl_bytes crl_key_id(const struct crl *crl); /* of authorityKeyIdentifier; empty: none */
cssl_bytes crl_number(const struct crl *crl); /* an INTEGER's contents; empty: none */
int64_t crl_this_update(const struct crl *crl);
/* crl_next_update is INT64_MIN when there is none: such a list is not usable. */
int64_t crl_next_update(const struct crl *crl);
size_t crl_size(const struct crl *crl); /* entries */
/* crl_unusable says why a list cannot be used for any certificate (static), NULL when it can. */
const char *crl_unusable(const struct crl *crl);
/* crl_partial: only some reasons for revocation are in it, so that its silence proves nothing. */
bool crl_partial(const struct crl *crl);
/* crl_covers: the list is for certificates like this one, whose issuer has the list's name: of its
 * kind (user, authority), and by one of its distribution points where the list names one. */
bool crl_covers(const struct crl *crl, const struct cert *cert);

struct crl_entry {
    int64_t date;
    uint8_t reason; /* enum crl_reason */
};
/* crl_find looks a serial number (an INTEGER's contents) up. entry may be NULL. */
bool crl_find(const struct crl *crl, cssl_bytes serial, struct crl_entry *entry);
/* crl_verify checks the list's signature by a key, with one of the permitted schemes (num 0: all
 * that are safe). A success is remembered in the list, so that each key is tried once. */
int crl_verify(struct crl *crl, const struct cert *issuer, const uint16_t *schemes, size_t num,
               cssl_error *err) CHECK;

/* Lists from one place, counted and immutable. */
struct crl_set;
/* crl_set_from_file and crl_set_from_memory read PEM ("X509 CRL") or DER, lists one behind the
 * other. One that is malformed is an error, and so is it when there is none. */
struct crl_set *crl_set_from_file(const char *path, const char *option, cssl_error *err) CHECK;
struct crl_set *crl_set_from_memory(cssl_bytes lists, const char *option, cssl_error *err) CHECK;
void crl_set_free(struct crl_set *set);
size_t crl_set_size(const struct crl_set *set); /* set may be NULL */
struct crl *crl_set_at(const struct crl_set *set, size_t i); /* borrowed */
/* crl_set_digest adds the lists to a hash: configs with other lists are other configs. */
void crl_set_digest(const struct crl_set *set, struct hash *h);

#endif

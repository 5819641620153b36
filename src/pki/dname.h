/* dname.h - X.501 names in DER: checking their form, comparing (RFC 5280 7.1), showing. */
#ifndef CSSL_PKI_DNAME_H
#define CSSL_PKI_DNAME_H

#include "base/base.h"

enum { DNAME_LEN_MAX = 2048, DNAME_ATTRIBUTES_MAX = 64, DNAME_RDN_MAX = 8 };

/* dname_valid says whether name is one well-formed Name of at most DNAME_LEN_MAX bytes and
 * DNAME_ATTRIBUTES_MAX attributes, DNAME_RDN_MAX in one RDN; the functions below want such a
 * one. */
bool dname_valid(cssl_bytes name);
/* dname_empty: an empty sequence. */
bool dname_empty(cssl_bytes name);
/* dname_equal compares attribute by attribute. Texts are compared without regard to ASCII case, to
 * the kind of string and to the amount of white space; bytes beyond ASCII as they are. */
bool dname_equal(cssl_bytes a, cssl_bytes b);
/* dname_within says whether name begins with all of base's RDNs. */
bool dname_within(cssl_bytes name, cssl_bytes base);
/* dname_hash is the same number for names that are equal. */
uint32_t dname_hash(cssl_bytes name);
/* dname_attribute gives the n-th value (0 the first) of an attribute, the type given as an OID's
 * contents; empty when there is none. */
cssl_bytes dname_attribute(cssl_bytes name, cssl_bytes oid, size_t n);
/* dname_text writes "CN=..., O=..." for people, cut short to fit. */
enum { DNAME_TEXT_MAX = 160 };
const char *dname_text(char out[DNAME_TEXT_MAX], cssl_bytes name);

#endif

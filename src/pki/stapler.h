/*
 * stapler.h - the OCSP response that a server staples to its certificate: from memory, or from a
 * file that is looked at again and read when it has changed.
 */
#ifndef CSSL_PKI_STAPLER_H
#define CSSL_PKI_STAPLER_H

#include "pki/cert.h"

enum { STAPLER_INTERVAL = 10 }; /* seconds between two looks at the file */

/* A response, counted and immutable. */
struct staple;
cssl_bytes staple_der(const struct staple *staple);
void staple_free(struct staple *staple);

/* Threads may share a stapler; it is counted with what owns it, a certkey. */
struct stapler;

/* stapler_new reads the response for leaf. One that is malformed or about another
 * certificate is CSSL_R_STAPLE_FILE; one that has expired is not. */
struct stapler *stapler_new(const char *file, cssl_bytes memory, struct cert *leaf,
                            cssl_error *err) CHECK;
void stapler_free(struct stapler *s);
/* stapler_get gives the response as a reference when it may be shown at now (seconds since 1970,
 * UTC); NULL when there is none: it has expired, or it never said anything. A file that became
 * unreadable or malformed leaves the old response in force until its end. */
struct staple *stapler_get(struct stapler *s, int64_t now) CHECK;

#endif

/*
 * fault.h - what can be wrong with a certificate that can be read, one bit each.
 *
 * Some faults lie in a certificate alone (cert.c finds them when it parses), the others in its
 * place in a path (chain_check.c). They are kept as bits because somebody may be asked about each,
 * and because a certificate that nobody needs may have as many as it likes.
 */
#ifndef CSSL_PKI_FAULT_H
#define CSSL_PKI_FAULT_H

#include "base/base.h"

/* In the order in which they are reported. */
enum fault {
    FAULT_UNKNOWN_CA,
    FAULT_SELF_SIGNED,
    FAULT_WEAK_DIGEST,
    FAULT_UNSUPPORTED_SIGNATURE,
    FAULT_SIGNATURE_NOT_ACCEPTED,
    FAULT_SIGNATURE,
    FAULT_EXPIRED,
    FAULT_NOT_YET_VALID,
    FAULT_WEAK_KEY,
    FAULT_UNSUPPORTED_KEY,
    FAULT_VERSION,
    FAULT_SERIAL,
    FAULT_EMPTY_NAME,
    FAULT_FORM,
    FAULT_CRITICALITY,
    FAULT_KEY_ID,
    FAULT_BAD_NAME_CONSTRAINTS,
    FAULT_NOT_A_CA,
    FAULT_CONTRADICTION,
    FAULT_CA_KEY_USAGE,
    FAULT_PATH_LENGTH,
    FAULT_DEPTH,
    FAULT_CA_EXT_KEY_USAGE,
    FAULT_NAME_CONSTRAINT_KIND,
    FAULT_NAME_NOT_PERMITTED,
    FAULT_CRITICAL_EXTENSION,
    FAULT_EXT_KEY_USAGE,
    FAULT_KEY_USAGE,
    FAULT_HOSTNAME,
    FAULT_POLICY,
    FAULT_REVOKED,
    FAULT_REVOCATION_UNKNOWN, /* a list was wanted, and none says that it is good */
    FAULT_STAPLE,             /* a stapled response was wanted, and none says that it is good */
    FAULT_NUM
};

#define FAULT_BIT(f) (UINT64_C(1) << (f))

/* fault_reason is the reason that a fault has for the outside. */
cssl_reason fault_reason(enum fault fault);

#endif

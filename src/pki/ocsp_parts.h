/* ocsp_parts.h - an OCSP response taken apart, for the files ocsp*.c and those that show one. */
#ifndef CSSL_PKI_OCSP_PARTS_H
#define CSSL_PKI_OCSP_PARTS_H

#include "pki/der.h"
#include "pki/ocsp.h"

/* CertStatus (RFC 6960 4.2.1). */
enum ocsp_status { OCSP_STATUS_GOOD, OCSP_STATUS_REVOKED, OCSP_STATUS_UNKNOWN };

/* All views are into the response. */
struct ocsp_response {
    uint8_t status; /* OCSPResponseStatus; nothing else is there unless it is 0 */
    bool unknown_critical;
    int64_t produced_at;
    struct sig_alg sig;
    cssl_bytes tbs, signature;
    cssl_bytes responder_name; /* a Name, or */
    cssl_bytes responder_key;  /* the SHA-1 of a key */
    cssl_bytes singles;        /* SingleResponses, one behind the other, each checked */
    cssl_bytes certs;          /* Certificates, likewise; their insides are not checked */
    cssl_bytes nonce;
};

struct ocsp_single {
    enum hash_alg hash; /* HASH_NONE: not known */
    cssl_bytes name_hash, key_hash, serial;
    enum ocsp_status status;
    bool unknown_critical;
    uint8_t reason;
    int64_t revoked_at, this_update, next_update; /* next_update INT64_MIN: none */
};

/* ocsp_parse reads a whole response, bounded and with nothing behind it; false when malformed. */
bool ocsp_parse(struct ocsp_response *r, cssl_bytes response);
/* ocsp_single_next takes the next answer of r->singles. */
bool ocsp_single_next(struct rd *list, struct ocsp_single *single);

#endif

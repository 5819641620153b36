/* small.h - the other messages of TLS 1.3 (RFC 8446 4.3 to 4.6) as structs of views. */
#ifndef CSSL_MSG_SMALL_H
#define CSSL_MSG_SMALL_H

#include "msg/ext.h"

/* msg_open begins a handshake message: its type and a 24-bit length that wr_close fills in. */
void msg_open(struct wr *w, enum handshake_type type);

struct encrypted_extensions {
    struct ext_set has;
    cssl_bytes alpn;             /* the one protocol that was selected */
    cssl_bytes supported_groups; /* u16s */
    cssl_bytes max_fragment_length; /* one byte */
    cssl_bytes record_size_limit;   /* u16s of one */
    cssl_bytes use_srtp;            /* as it stands */
    cssl_bytes client_certificate_type, server_certificate_type; /* one byte */
};
int encrypted_extensions_parse(struct encrypted_extensions *ee, cssl_bytes body,
                               struct ext_set asked, cssl_error *err) CHECK;
void encrypted_extensions_write(struct wr *w, const struct encrypted_extensions *ee);

struct certificate_request {
    cssl_bytes context;
    struct ext_set has;
    cssl_bytes signature_algorithms;      /* u16s; required: missing_extension */
    cssl_bytes signature_algorithms_cert; /* u16s */
    cssl_bytes certificate_authorities;   /* vectors of a DER name each, checked */
    cssl_bytes oid_filters;          /* of an OID and a vector of values each, checked */
    cssl_bytes compress_certificate; /* u16s */
    cssl_bytes delegated_credential; /* u16s */
};
int certificate_request_parse(struct certificate_request *cr, cssl_bytes body,
                              cssl_error *err) CHECK;
void certificate_request_write(struct wr *w, const struct certificate_request *cr);

enum { CERTIFICATE_ENTRIES_MAX = 16 };
struct certificate_entry {
    cssl_bytes cert; /* DER, not empty */
    struct ext_set has;
    cssl_bytes status; /* OCSPResponse of status_request */
    cssl_bytes scts;   /* vectors of one each, checked */
    cssl_bytes delegated_credential; /* as it stands */
};
struct certificate {
    cssl_bytes context;
    struct certificate_entry entries[CERTIFICATE_ENTRIES_MAX];
    size_t num_entries;
};
/* certificate_parse: more than CERTIFICATE_ENTRIES_MAX entries are refused (bad_certificate). asked
 * is what the ClientHello, or the CertificateRequest, had. */
int certificate_parse(struct certificate *c, cssl_bytes body, struct ext_set asked,
                      cssl_error *err) CHECK;
void certificate_write(struct wr *w, const struct certificate *c);

/* CompressedCertificate (RFC 8879 4): the body of a Certificate, packed. */
struct compressed_certificate {
    uint16_t algorithm;
    uint32_t length; /* of the body when it is unpacked */
    cssl_bytes packed; /* not empty */
};
int compressed_certificate_parse(struct compressed_certificate *c, cssl_bytes body,
                                 cssl_error *err) CHECK;
void compressed_certificate_write(struct wr *w, const struct compressed_certificate *c);

struct certificate_verify {
    uint16_t scheme;
    cssl_bytes signature;
};
int certificate_verify_parse(struct certificate_verify *cv, cssl_bytes body, cssl_error *err) CHECK;
void certificate_verify_write(struct wr *w, const struct certificate_verify *cv);
/* certificate_verify_content writes what is signed (RFC 8446 4.4.3): 64 spaces, the context
 * string of the side that signs, a zero, the transcript's hash. */
enum { CERTIFICATE_VERIFY_CONTENT_MAX = 64 + 33 + 1 + 64 };
void certificate_verify_content(struct wr *w, bool by_server, cssl_bytes transcript_hash);

struct new_session_ticket {
    uint32_t lifetime; /* seconds; more than 604,800 is illegal_parameter */
    uint32_t age_add;
    cssl_bytes nonce;
    cssl_bytes ticket; /* not empty */
    struct ext_set has;
    uint32_t max_early_data;
};
int new_session_ticket_parse(struct new_session_ticket *t, cssl_bytes body, cssl_error *err) CHECK;
void new_session_ticket_write(struct wr *w, const struct new_session_ticket *t);

/* key_update_parse: any value but 0 and 1 is illegal_parameter (RFC 8446 4.6.3). */
int key_update_parse(bool *requested, cssl_bytes body, cssl_error *err) CHECK;
void key_update_write(struct wr *w, bool request);

#endif

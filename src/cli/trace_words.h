/* trace_words.h - between the files that say what a message contains: what is known before it, the
 * parts of what is said, and who describes which messages. */
#ifndef CSSL_CLI_TRACE_WORDS_H
#define CSSL_CLI_TRACE_WORDS_H

#include "cli/trace_parts.h"
#include "crypto/suite.h"
#include "msg/hello.h"

/* What has been said before a message. */
struct trace_before {
    bool tls13;
    bool has_kx; /* TLS 1.2: a suite that is known was chosen, and kx is how its keys are made */
    enum suite_kx kx;
    cssl_bytes session_id; /* of the last ClientHello */
    bool client_raw, server_raw; /* who shows a raw public key and no certificate (RFC 7250) */
};

/* It says what body contains, as far as that goes, and returns 0, or a negative status with err
 * filled when body is malformed. */
typedef int trace_describe_fn(struct trace_message *m, const struct trace_before *before,
                              cssl_bytes body, cssl_error *err);
/* trace_hello.c */
trace_describe_fn trace_client_hello, trace_server_hello, trace_encrypted_extensions;
/* trace_flight.c: TLS 1.3, but for CertificateVerify */
trace_describe_fn trace_certificate_request, trace_certificate, trace_compressed_certificate;
trace_describe_fn trace_certificate_verify, trace_new_session_ticket, trace_key_update;
trace_describe_fn trace_end_of_early_data;
/* trace_flight12.c: TLS 1.2 */
trace_describe_fn trace_hello_request, trace_certificate12, trace_certificate_status;
trace_describe_fn trace_server_key_exchange, trace_certificate_request12;
trace_describe_fn trace_client_key_exchange, trace_new_session_ticket12;

extern const struct ext_set trace_everything;

/* ---- Parts of what is said ---- */

typedef const char *name_of(uint16_t number);
const char *trace_version_text(uint16_t version);

/* detail_new begins a detail; when there are too many the last one is written over. */
struct trace_detail *detail_new(struct trace_message *m, const char *label, bool list);
void detail_add(struct trace_detail *d, const char *format, ...) PRINTF_LIKE(2, 3);
/* detail_peer adds bytes that a peer chose. */
void detail_peer(struct trace_detail *d, cssl_bytes bytes);
/* detail_number adds a name, GREASE, or the number. */
void detail_number(struct trace_detail *d, uint16_t number, name_of *name);
/* These are a detail each. */
void detail_say(struct trace_message *m, const char *label, const char *format, ...)
    PRINTF_LIKE(3, 4);
void detail_numbers(struct trace_message *m, const char *label, cssl_bytes list, name_of *name);
void detail_names(struct trace_message *m, cssl_bytes list); /* of authorities, as they are sent */
void detail_certificate(struct trace_message *m, const char *label, cssl_bytes der);
void detail_key(struct trace_message *m, cssl_bytes spki);
/* detail_types names types of certificates, a byte each; nothing when there is none. */
void detail_types(struct trace_message *m, const char *label, cssl_bytes types);
/* detail_rest names the extensions of which nothing else was said. */
void detail_rest(struct trace_message *m, cssl_bytes block, enum ext_place place,
                 const uint16_t *said, size_t num_said);

#endif

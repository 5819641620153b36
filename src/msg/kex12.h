/* kex12.h - the messages that TLS 1.2 alone has (RFC 5246 7.4, RFC 8422 5) as structs of views. */
#ifndef CSSL_MSG_KEX12_H
#define CSSL_MSG_KEX12_H

#include "crypto/suite.h"
#include "msg/small.h"

/* Bytes of a PSK identity or hint. RFC 4279 5.3 wants 128 at least. */
enum { KEX_IDENTITY_MAX = 1024 };

/* Certificate: a list of DER, the sender's own first. More than CERTIFICATE_ENTRIES_MAX entries
 * are refused (bad_certificate), and an empty one is decode_error. */
struct certificate12 {
    cssl_bytes certs[CERTIFICATE_ENTRIES_MAX];
    size_t num;
};
int certificate12_parse(struct certificate12 *c, cssl_bytes body, cssl_error *err) CHECK;
void certificate12_write(struct wr *w, const struct certificate12 *c);

/* CertificateStatus (RFC 6066 8): an OCSP response, which is not empty. */
int certificate_status_parse(cssl_bytes *response, cssl_bytes body, cssl_error *err) CHECK;
void certificate_status_write(struct wr *w, cssl_bytes response);

/* ServerKeyExchange and ClientKeyExchange have a form for each way to exchange keys (RFC 5246
 * 7.4.3, RFC 8422 5.4; RFC 4279 and 5489 with pre-shared keys). What a form does not have is
 * empty. */
struct server_key_exchange {
    cssl_bytes hint;      /* PSK */
    cssl_bytes params;    /* what is signed behind the randoms; parsing only */
    uint16_t group;       /* ECDHE */
    cssl_bytes p, g;      /* DHE; without leading zeros */
    cssl_bytes share;     /* ECDHE: a point; DHE: a number, leading zeros as they came */
    uint16_t scheme;      /* these two: ECDHE and DHE without PSK */
    cssl_bytes signature;
};
/* A form that kx does not have (RSA) is malformed. */
int server_key_exchange_parse(struct server_key_exchange *ske, enum suite_kx kx, cssl_bytes body,
                              cssl_error *err) CHECK;
/* server_key_exchange_params writes what is signed, or with a PSK all there is. */
void server_key_exchange_params(struct wr *w, enum suite_kx kx,
                                const struct server_key_exchange *ske);
void server_key_exchange_write(struct wr *w, enum suite_kx kx,
                               const struct server_key_exchange *ske);

struct client_key_exchange {
    cssl_bytes identity; /* PSK; may be empty */
    cssl_bytes share;    /* (EC)DHE; RSA: the encrypted premaster secret */
};
int client_key_exchange_parse(struct client_key_exchange *cke, enum suite_kx kx, cssl_bytes body,
                              cssl_error *err) CHECK;
void client_key_exchange_write(struct wr *w, enum suite_kx kx,
                               const struct client_key_exchange *cke);

/* ClientCertificateType, RFC 5246 7.4.4; ecdsa_sign is for EdDSA, too (RFC 8422 5.5). */
enum { CERT_TYPE_RSA_SIGN = 1, CERT_TYPE_ECDSA_SIGN = 64 };

struct certificate_request12 {
    cssl_bytes types;                   /* bytes */
    cssl_bytes signature_algorithms;    /* u16s */
    cssl_bytes certificate_authorities; /* vectors of a DER name each, checked */
};
int certificate_request12_parse(struct certificate_request12 *cr, cssl_bytes body,
                                cssl_error *err) CHECK;
void certificate_request12_write(struct wr *w, const struct certificate_request12 *cr);

/* NewSessionTicket (RFC 5077 3.3); an empty ticket means that there is none after all. */
struct new_session_ticket12 {
    uint32_t lifetime;
    cssl_bytes ticket;
};
int new_session_ticket12_parse(struct new_session_ticket12 *t, cssl_bytes body,
                               cssl_error *err) CHECK;
void new_session_ticket12_write(struct wr *w, const struct new_session_ticket12 *t);

/* empty_parse is for messages without a body: ServerHelloDone, HelloRequest. */
int empty_parse(cssl_bytes body, cssl_error *err) CHECK;

#endif

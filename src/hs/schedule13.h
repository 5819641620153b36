/* schedule13.h - the key schedule of TLS 1.3 (RFC 8446 7.1), step by step. Knows no message. */
#ifndef CSSL_HS_SCHEDULE13_H
#define CSSL_HS_SCHEDULE13_H

#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/suite.h"
#include "record/tls_record.h"

/* The secrets of one handshake. current is the Early, Handshake or Master Secret. */
struct schedule13 {
    enum hash_alg alg;
    struct secret current;
    struct secret client_early; /* when early data was offered */
    struct secret client_handshake, server_handshake;
    struct secret client_application, server_application;
    struct secret exporter, resumption;
};

/* schedule13_early begins: psk empty means none. */
void schedule13_early(struct schedule13 *s, enum hash_alg alg, cssl_bytes psk);
/* Where a PSK comes from: a session, outside, or from outside through RFC 9258. */
enum psk_origin { PSK_SESSION, PSK_EXTERNAL, PSK_IMPORTED };
/* schedule13_binder computes a binder over hash (of the truncated ClientHello); the schedule must
 * be at its Early Secret. */
void schedule13_binder(const struct schedule13 *s, enum psk_origin origin, const uint8_t *hash,
                       uint8_t *binder);
/* schedule13_client_early derives the secret of early data; the schedule must be at its Early
 * Secret. hash is of the ClientHello, binders included. */
void schedule13_client_early(struct schedule13 *s, const uint8_t *hash);
/* schedule13_handshake goes on with the shared secret; hash is of ClientHello..ServerHello. */
void schedule13_handshake(struct schedule13 *s, cssl_bytes shared, const uint8_t *hash);
/* schedule13_application: hash is of ClientHello..server Finished. */
void schedule13_application(struct schedule13 *s, const uint8_t *hash);
/* schedule13_resumption: hash is of ClientHello..client Finished. */
void schedule13_resumption(struct schedule13 *s, const uint8_t *hash);
void schedule13_wipe(struct schedule13 *s);

/* finished13 computes verify_data under a handshake traffic secret. */
void finished13(enum hash_alg alg, const struct secret *base, const uint8_t *hash, uint8_t *out);
/* keys13 puts the keys of a traffic secret into one direction. */
void keys13(struct rec_half *half, enum aead_alg aead, enum hash_alg alg,
            const struct secret *secret, uint8_t epoch);
/* update13 replaces a traffic secret by the next one (RFC 8446 7.2). */
void update13(enum hash_alg alg, struct secret *secret);
/* ticket_psk13 derives a ticket's PSK from the resumption secret (RFC 8446 4.6.1). */
void ticket_psk13(enum hash_alg alg, const struct secret *resumption, cssl_bytes nonce,
                  struct secret *psk);
/* export13 is the exporter (RFC 8446 7.5); label is at most 249 bytes. */
void export13(enum hash_alg alg, const struct secret *exporter, const char *label,
              cssl_bytes context, uint8_t *out, size_t len);

#endif

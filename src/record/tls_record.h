/*
 * tls_record.h - records of TLS over a stream: framing, and protection as TLS 1.2 and 1.3 have it.
 * Knows neither messages nor sockets; which key comes when is decided by the handshake.
 */
#ifndef CSSL_RECORD_TLS_RECORD_H
#define CSSL_RECORD_TLS_RECORD_H

#include "base/buf.h"
#include "base/names.h"
#include "crypto/aead.h"
#include "crypto/cbc.h"
#include "crypto/rand.h"

enum {
    REC_HEADER = 5,
    REC_PLAIN_MAX = 16384,
    REC_EXPANSION_13 = 256,                          /* RFC 8446 5.2 */
    REC_EXPANSION_12 = 2048,                         /* RFC 5246 6.2.3 */
    REC_WIRE_MAX = REC_HEADER + REC_PLAIN_MAX + REC_EXPANSION_12,
    /* what sealing adds, padding that is asked for apart: in TLS 1.3, and CBC's IV, MAC, block */
    REC_OVERHEAD_13 = REC_HEADER + 1 + AEAD_TAG_MAX,
    REC_OVERHEAD_MAX = REC_HEADER + CBC_BLOCK + CBC_MAC_MAX + CBC_BLOCK,
    REC_PIECES_MAX = 16                              /* caller's pieces in one record */
};

/* One direction's protection. Zeroed: records in the clear. */
struct rec_half {
    union {
        struct aead_key key;
        struct cbc_key cbc; /* TLS 1.2: if is_cbc */
    };
    const struct rand_source *rand; /* is_cbc: where IVs come from; NULL: the system */
    uint8_t iv[AEAD_NONCE];
    bool is_cbc;
    uint8_t epoch;       /* as in cssl_trace_event */
    uint16_t version;    /* how records are protected: TLS_1_2, TLS_1_3; 0: not at all */
    bool first_hello;    /* in the clear: records say TLS 1.0, as RFC 8446 5.1 allows for it */
    uint64_t seq;
    uint64_t sent;       /* plaintext bytes under this key */
    uint16_t limit;      /* bytes of plaintext in a record, in TLS 1.3 with type and padding, that
                            were agreed on; 0: what the version allows */
};

/* rec_set_keys starts protection under a new key; the sequence number begins at 0. */
void rec_set_keys(struct rec_half *h, uint16_t version, enum aead_alg alg, const uint8_t *key,
                  const uint8_t *iv, uint8_t epoch);
/* rec_set_cbc is the same for a CBC suite of TLS 1.2; rand lives longer than h. */
void rec_set_cbc(struct rec_half *h, const struct cbc_key *key, const struct rand_source *rand,
                 uint8_t epoch);
static inline bool rec_is_sealed(const struct rec_half *h)
{
    return h->version != 0;
}
/* rec_content_max is how many bytes rec_seal takes at most. */
size_t rec_content_max(const struct rec_half *h);
void rec_wipe(struct rec_half *h);

/* rec_wire_len says how many bytes the record at the front of in has, its header included: at
 * most REC_WIRE_MAX. REC_HEADER while the header is not whole. What cannot be a record
 * (CSSL_R_NOT_TLS) or is too long for h (CSSL_R_RECORD_TOO_LONG) is an error. */
int rec_wire_len(const struct rec_half *h, cssl_bytes in, size_t *len, cssl_error *err) CHECK;

/* A record that was opened: data is inside the bytes given to rec_open. */
struct rec {
    uint8_t type; /* of the content, after decryption */
    uint8_t *data;
    size_t len;
    bool sealed;  /* it was protected */
};

/* rec_open opens a whole record in place. A change_cipher_spec in the clear is handed out as it
 * is even when h has keys (RFC 8446 5: whether it may come is not known here), and so is an alert
 * while nothing was sealed yet under a handshake key: a peer that could not make its keys has no
 * other way to say so. Any other record in the clear is then CSSL_R_RECORD_NOT_SEALED. */
int rec_open(struct rec_half *h, struct worker *w, uint8_t *record, size_t len, struct rec *out,
             cssl_error *err) CHECK;

/* rec_seal appends one record to out: the n pieces' bytes (at most rec_content_max in all, and n
 * at most REC_PIECES_MAX), padded until the content with its type is a multiple of pad (0: not). */
int rec_seal(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces, size_t n,
             size_t pad, struct buf *out, cssl_error *err) CHECK;

#endif

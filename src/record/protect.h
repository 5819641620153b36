/* protect.h - how records are protected, one file a version. Internal to src/record. */
#ifndef CSSL_RECORD_PROTECT_H
#define CSSL_RECORD_PROTECT_H

#include "record/tls_record.h"

/* protectXX_open opens a whole record in place: rec is its header's view, and is the content's
 * afterwards. protectXX_seal appends a record to out. Both count the sequence number on. */
int protect13_open(struct rec_half *h, struct worker *w, const uint8_t *header, struct rec *rec,
                   cssl_error *err) CHECK;
int protect13_seal(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces,
                   size_t n, size_t pad, struct buf *out, cssl_error *err) CHECK;
int protect12_open(struct rec_half *h, struct worker *w, const uint8_t *header, struct rec *rec,
                   cssl_error *err) CHECK;
int protect12_seal(struct rec_half *h, struct worker *w, uint8_t type, const cssl_bytes *pieces,
                   size_t n, struct buf *out, cssl_error *err) CHECK;

/* rec_too_long fails for a record of len bytes: too many. */
int rec_too_long(size_t len, const struct rec_half *h, cssl_error *err);
/* rec_write_header writes the five bytes in front of a record. */
void rec_write_header(uint8_t *to, uint8_t type, size_t len);
/* rec_gather copies the pieces, one behind the other; rec_sum is their length. */
void rec_gather(uint8_t *to, const cssl_bytes *pieces, size_t n);
size_t rec_sum(const cssl_bytes *pieces, size_t n);
/* rec_nonce is the IV with the sequence number put on its last eight bytes (RFC 8446 5.3). */
void rec_nonce(const struct rec_half *h, uint8_t nonce[AEAD_NONCE]);

#endif

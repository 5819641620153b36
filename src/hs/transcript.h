/* transcript.h - the running hash over the handshake's messages (RFC 8446 4.4.1). */
#ifndef CSSL_HS_TRANSCRIPT_H
#define CSSL_HS_TRANSCRIPT_H

#include "base/wire.h"
#include "crypto/hash.h"

/* Until the suite is known both hashes run. Zeroed memory is not valid: transcript_init. */
struct transcript {
    enum hash_alg alg; /* HASH_NONE until transcript_choose */
    struct hash sha256, sha384;
    struct wr raw; /* the messages themselves, while they are kept */
    bool keep_raw;
};

void transcript_init(struct transcript *t);
void transcript_add(struct transcript *t, cssl_bytes message);
/* transcript_choose settles the hash. */
void transcript_choose(struct transcript *t, enum hash_alg alg);
/* transcript_hash writes the hash of what was added, hash_len(alg) bytes. */
void transcript_hash(const struct transcript *t, uint8_t *out);
/* transcript_hash_with is the hash under alg with one more piece, which is not added. */
void transcript_hash_with(const struct transcript *t, enum hash_alg alg, cssl_bytes more,
                          uint8_t *out);
/* transcript_retry replaces all so far, which is the first ClientHello, by a message_hash. */
void transcript_retry(struct transcript *t);

/* TLS 1.2 signs the messages, not their hash. transcript_keep starts to keep them (from the first
 * on, or too little is kept), transcript_drop forgets them; transcript_raw is false when memory
 * was out. */
void transcript_keep(struct transcript *t, size_t limit);
void transcript_drop(struct transcript *t);
bool transcript_raw(const struct transcript *t, cssl_bytes *raw);

#endif

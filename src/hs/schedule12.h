/* schedule12.h - the key schedule of TLS 1.2 (RFC 5246 6.3, 8.1; RFC 7627). Knows no message. */
#ifndef CSSL_HS_SCHEDULE12_H
#define CSSL_HS_SCHEDULE12_H

#include "crypto/kdf.h"
#include "crypto/suite.h"
#include "record/tls_record.h"

enum { MASTER12 = 48, FINISHED12 = 12, RANDOMS12 = 64 };

/* master12 derives the master secret from the premaster secret: with extended_master_secret from
 * the session hash, otherwise from the randoms (client's, then server's). */
void master12(enum hash_alg alg, cssl_bytes premaster, const uint8_t *session_hash,
              struct secret *master);
void master12_plain(enum hash_alg alg, cssl_bytes premaster, const uint8_t randoms[RANDOMS12],
                    struct secret *master);
/* keys12 puts the keys of one side (its writing, the other's reading) into a direction. */
void keys12(struct rec_half *half, const struct suite *suite, const struct secret *master,
            const uint8_t randoms[RANDOMS12], bool of_client, uint8_t epoch);
/* keys12_cbc is keys12 for a CBC suite; rand is where IVs come from. */
void keys12_cbc(struct rec_half *half, const struct suite *suite, const struct secret *master,
                const uint8_t randoms[RANDOMS12], bool of_client, bool encrypt_then_mac,
                const struct rand_source *rand, uint8_t epoch);
/* finished12 computes verify_data. */
void finished12(enum hash_alg alg, const struct secret *master, bool of_client,
                const uint8_t *hash, uint8_t out[FINISHED12]);
/* export12 is the exporter of RFC 5705, always with a context (which may be empty). */
void export12(enum hash_alg alg, const struct secret *master, const uint8_t randoms[RANDOMS12],
              const char *label, cssl_bytes context, uint8_t *out, size_t len);

#endif

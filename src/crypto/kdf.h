/* kdf.h - HMAC (RFC 2104), HKDF (RFC 5869) and TLS 1.3's labels on it (RFC 8446 7.1). */
#ifndef CSSL_CRYPTO_KDF_H
#define CSSL_CRYPTO_KDF_H

#include "base/mem.h"
#include "crypto/hash.h"

/* A keyed HMAC: copy it to fork it, wipe it when it is done (hmac_wipe). */
struct hmac {
    struct hash inner, outer;
};

void hmac_init(struct hmac *m, enum hash_alg alg, cssl_bytes key);
void hmac_update(struct hmac *m, const void *data, size_t len);
/* hmac_finish writes hash_len(alg) bytes and wipes m. */
void hmac_finish(struct hmac *m, uint8_t *out);
void hmac_wipe(struct hmac *m);
void hmac_once(enum hash_alg alg, cssl_bytes key, cssl_bytes data, uint8_t *out);

/* hkdf_extract: an empty salt is hash_len zero bytes. */
void hkdf_extract(enum hash_alg alg, cssl_bytes salt, cssl_bytes ikm, struct secret *prk);
/* hkdf_expand fills out; len is at most 255 * hash_len(alg), which callers guarantee. */
void hkdf_expand(enum hash_alg alg, cssl_bytes prk, cssl_bytes info, uint8_t *out, size_t len);
/* hkdf_expand_label is HKDF-Expand-Label with the prefix "tls13 ". label is at most 249 bytes,
 * context at most 255. */
void hkdf_expand_label(enum hash_alg alg, const struct secret *secret, const char *label,
                       cssl_bytes context, uint8_t *out, size_t len);
/* derive_secret is hkdf_expand_label of hash_len(alg) bytes into a secret; transcript_hash is the
 * context (Derive-Secret of RFC 8446 with the hash already taken). */
void derive_secret(enum hash_alg alg, const struct secret *secret, const char *label,
                   cssl_bytes transcript_hash, struct secret *out);

/* prf12 is the PRF of TLS 1.2 (RFC 5246 5): P_hash over label and seed, which is given in two
 * parts, either of which may be empty. */
void prf12(enum hash_alg alg, cssl_bytes secret, const char *label, cssl_bytes seed,
           cssl_bytes more_seed, uint8_t *out, size_t len);

#endif

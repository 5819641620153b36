/*
 * cbc.h - AES-CBC with HMAC, as TLS 1.2 protects records by it (RFC 5246 6.2.3.2, RFC 7366).
 *
 * MAC first, then encrypt is what Lucky 13 broke: neither padding nor its length may show in the
 * time that opening takes. So padding and MAC are taken off by libcrypto's own TLS code, and the
 * MAC is computed over a length that nobody can see. Encrypt-then-MAC has no such trouble: there
 * nothing is decrypted whose MAC is wrong. Knows no sequence number and no limit of a record.
 */
#ifndef CSSL_CRYPTO_CBC_H
#define CSSL_CRYPTO_CBC_H

#include "crypto/aead.h"
#include "crypto/hash.h"

enum { CBC_BLOCK = 16, CBC_KEY_MAX = 32, CBC_MAC_MAX = 48, CBC_HEAD = 11 };

/* What a direction needs, raw. Zeroed: none. serial names it in workers' caches. */
struct cbc_key {
    uint64_t serial;
    uint8_t key_len;         /* 16 or 32 */
    uint8_t mac;             /* enum hash_alg: SHA-1, SHA-256 or SHA-384 */
    bool encrypt_then_mac;
    uint8_t key[CBC_KEY_MAX];
    uint8_t mac_key[CBC_MAC_MAX];
};

/* cbc_key_set takes hash_len(mac) bytes of mac_key and key_len bytes of key, and gives them a
 * serial that was never used before in this process. */
void cbc_key_set(struct cbc_key *k, size_t key_len, enum hash_alg mac, bool encrypt_then_mac,
                 const uint8_t *mac_key, const uint8_t *key);
void cbc_key_wipe(struct cbc_key *k);

/* cbc_sealed_len is what len bytes of content become: IV, MAC and the least padding with them. */
size_t cbc_sealed_len(const struct cbc_key *k, size_t len);
/* cbc_seal writes cbc_sealed_len bytes to out: iv, which nobody may be able to foretell, and the n
 * pieces encrypted. head is what the MAC covers in front of the length: the sequence number, type
 * and version. */
int cbc_seal(struct worker *w, const struct cbc_key *k, const uint8_t head[CBC_HEAD],
             const uint8_t iv[CBC_BLOCK], const cssl_bytes *pieces, size_t n, uint8_t *out,
             cssl_error *err) CHECK;
/* cbc_open opens len bytes in place; *content is inside of them. Whatever is wrong with them is
 * CSSL_R_BAD_RECORD_MAC, all bytes are wiped then, and how long that takes depends on len only. */
int cbc_open(struct worker *w, const struct cbc_key *k, const uint8_t head[CBC_HEAD], uint8_t *data,
             size_t len, cssl_bytes *content, cssl_error *err) CHECK;

/* A worker's algorithms and keyed contexts, made when the first CBC record comes by. */
struct cbc_own;
void cbc_own_free(struct cbc_own *own);

#endif

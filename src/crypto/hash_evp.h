/* hash_evp.h - the hashes of hash.h through EVP, for data that lies ready. */
#ifndef CSSL_CRYPTO_HASH_EVP_H
#define CSSL_CRYPTO_HASH_EVP_H

#include "crypto/hash.h"

#include <openssl/evp.h>

/* hash_evp_md is libcrypto's name of an algorithm; NULL for HASH_NONE. Not to be freed. */
const EVP_MD *hash_evp_md(enum hash_alg alg);
/* hash_evp_pieces hashes num pieces, one after the other, to out (hash_len bytes). */
int hash_evp_pieces(enum hash_alg alg, const cssl_bytes *pieces, size_t num, uint8_t *out,
                    cssl_error *err) CHECK;

#endif

/* hash_evp.c - hashing through EVP: the way for a libcrypto without the calls that hash.c uses,
 * and what hash.c is tested against. Has no running state: EVP's cannot be copied by assignment. */
#include "crypto/hash_evp.h"

#include "base/error.h"

#include <openssl/err.h>

const EVP_MD *hash_evp_md(enum hash_alg alg)
{
    switch (alg) {
    case HASH_SHA1: return EVP_sha1();
    case HASH_SHA256: return EVP_sha256();
    case HASH_SHA384: return EVP_sha384();
    case HASH_SHA512: return EVP_sha512();
    case HASH_NONE: break;
    }
    return NULL;
}

int hash_evp_pieces(enum hash_alg alg, const cssl_bytes *pieces, size_t num, uint8_t *out,
                    cssl_error *err)
{
    const EVP_MD *md = hash_evp_md(alg);
    if (md == NULL) {
        return fail_text(err, CSSL_R_ARGUMENT, "a hash without an algorithm");
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1;
    for (size_t i = 0; ok && i < num; i++) {
        ok = EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].len) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok) {
        ERR_clear_error();
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    return 0;
}

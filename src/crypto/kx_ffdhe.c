/* kx_ffdhe.c - finite field Diffie-Hellman, on the groups of RFC 7919, which libcrypto names, and
 * on others, which dh.h describes. */
#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"
#include "crypto/kx_impl.h"

#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/err.h>

static size_t prime_len(const EVP_PKEY *key)
{
    return (size_t)EVP_PKEY_get_size(key);
}

/* number_of writes one of the key's numbers, padded to the prime's length. */
static bool number_of(const EVP_PKEY *key, const char *what, uint8_t *out, size_t len)
{
    BIGNUM *n = NULL;
    bool ok =
        EVP_PKEY_get_bn_param(key, what, &n) == 1 && BN_bn2binpad(n, out, (int)len) == (int)len;
    BN_free(n);
    return ok;
}

/* libcrypto draws the private key itself: of a length that fits the group, not the prime. */
static int pair(int param, const struct rand_source *rand, struct kx_half *half, uint8_t *share,
                cssl_error *err)
{
    (void)rand;
    half->evp = dh_named_key((uint16_t)param);
    if (half->evp == NULL ||
        !number_of(half->evp, OSSL_PKEY_PARAM_PUB_KEY, share, prime_len(half->evp))) {
        ERR_clear_error();
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    return 0;
}

int dh_pair(const struct dh_params *dh, struct kx_half *half, uint8_t *share, cssl_error *err)
{
    EVP_PKEY *group = dh_key(dh);
    EVP_PKEY_CTX *ctx = group == NULL ? NULL : EVP_PKEY_CTX_new(group, NULL);
    bool ok = ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
              EVP_PKEY_generate(ctx, &half->evp) == 1 &&
              prime_len(half->evp) == dh->p_len &&
              number_of(half->evp, OSSL_PKEY_PARAM_PUB_KEY, share, dh->p_len);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(group);
    if (!ok) {
        ERR_clear_error();
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    return 0;
}

EVP_PKEY *dh_named_key(uint16_t group)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                               (char *)(uintptr_t)name_of_group(group), 0),
        OSSL_PARAM_END,
    };
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_params(ctx, params) != 1 || EVP_PKEY_generate(ctx, &key) != 1) {
        ERR_clear_error();
        key = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* peer_key makes a key of the peer's value, which is within 2..p-2 (RFC 8446 4.2.8.1): a value of
 * the small subgroups gives the secret away. *in_range says whether that is why it failed. */
static EVP_PKEY *peer_key(const EVP_PKEY *own, cssl_bytes peer, bool *in_range)
{
    BIGNUM *p = NULL;
    EVP_PKEY *key = NULL;
    BIGNUM *y = BN_bin2bn(peer.data, (int)peer.len, NULL);
    *in_range = false;
    if (y != NULL && EVP_PKEY_get_bn_param(own, OSSL_PKEY_PARAM_FFC_P, &p) == 1 &&
        BN_sub_word(p, 1) == 1) {
        *in_range = BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, p) < 0;
    }
    if (*in_range && (key = EVP_PKEY_new()) != NULL &&
        (EVP_PKEY_copy_parameters(key, own) != 1 ||
         EVP_PKEY_set1_encoded_public_key(key, peer.data, peer.len) != 1)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    BN_free(p);
    BN_free(y);
    return key;
}

static int agree(int param, const struct kx_half *half, cssl_bytes peer, uint8_t *secret,
                 cssl_error *err)
{
    bool in_range = false;
    const size_t want = prime_len(half->evp);
    size_t len = want;
    (void)param;
    EVP_PKEY *key = peer_key(half->evp, peer, &in_range);
    if (!in_range) {
        ERR_clear_error();
        return fail_text(err, CSSL_R_BAD_KEY_SHARE, "its value is not within 2 to p-2");
    }
    EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(half->evp, NULL);
    /* With padding the secret has the prime's length (RFC 8446 7.4.1). */
    bool ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_dh_pad(ctx, 1) == 1 &&
              EVP_PKEY_derive_set_peer_ex(ctx, key, 0) == 1 &&
              EVP_PKEY_derive(ctx, secret, &len) == 1 && len == want;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (!ok) {
        ERR_clear_error();
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    return 0;
}

const struct kx_dh kx_dh_ffdhe = { .pair = pair, .agree = agree };

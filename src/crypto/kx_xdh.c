/* kx_xdh.c - X25519 and X448 (RFC 7748). */
#include "base/error.h"
#include "base/mem.h"
#include "crypto/kx_impl.h"

#include <openssl/err.h>

static const struct {
    int id;
    uint8_t len;
} kinds[] = {
    [XDH_X25519] = { EVP_PKEY_X25519, 32 },
    [XDH_X448] = { EVP_PKEY_X448, 56 },
};
enum { XDH_MAX = 56 };

static int pair(int param, const struct rand_source *rand, struct kx_half *half, uint8_t *share,
                cssl_error *err)
{
    uint8_t private[XDH_MAX];
    size_t len = kinds[param].len;
    int ret = rand_fill(rand, private, len, err);
    if (ret != 0) {
        return ret;
    }
    half->evp = EVP_PKEY_new_raw_private_key(kinds[param].id, NULL, private, len);
    mem_wipe(private, sizeof(private));
    if (half->evp == NULL || EVP_PKEY_get_raw_public_key(half->evp, share, &len) != 1 ||
        len != kinds[param].len) {
        ERR_clear_error();
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    return 0;
}

static int agree(int param, const struct kx_half *half, cssl_bytes peer, uint8_t *secret,
                 cssl_error *err)
{
    static const uint8_t zeros[XDH_MAX];
    size_t len = kinds[param].len;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(kinds[param].id, NULL, peer.data, peer.len);
    EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(half->evp, NULL);
    bool ready = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
                 EVP_PKEY_derive_set_peer_ex(ctx, key, 0) == 1;
    bool derived = ready && EVP_PKEY_derive(ctx, secret, &len) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (!ready) {
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    /* RFC 7748 6: a point of small order gives zeros whatever the private key is. libcrypto
     * refuses them too. */
    if (!derived || len != kinds[param].len || ct_equal(secret, zeros, len)) {
        return fail_text(err, CSSL_R_BAD_KEY_SHARE, "its point has small order");
    }
    return 0;
}

const struct kx_dh kx_dh_xdh = { .pair = pair, .agree = agree };

/* kx_kem.c - ML-KEM (FIPS 203) of a libcrypto that has it (3.5 and later), by name at run time. */
#include "base/error.h"
#include "base/mem.h"
#include "crypto/kx_impl.h"

#include <openssl/err.h>
#include <pthread.h>

/* Looked for once a process. All sizes come together. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool found;

static void look(void)
{
    static const char *const names[] = { "ML-KEM-512", "ML-KEM-768", "ML-KEM-1024" };
    size_t num = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        EVP_KEM *kem = EVP_KEM_fetch(NULL, names[i], NULL);
        num += kem != NULL;
        EVP_KEM_free(kem);
    }
    found = num == ARRAY_LEN(names);
    ERR_clear_error();
}

bool kem_available(const char *name)
{
    (void)name;
    return pthread_once(&once, look) == 0 && found;
}

int kem_pair(const char *name, struct kx_half *half, uint8_t *public, size_t public_len,
             cssl_error *err)
{
    size_t len = public_len;
    half->evp = EVP_PKEY_Q_keygen(NULL, NULL, name);
    if (half->evp == NULL || EVP_PKEY_get_raw_public_key(half->evp, public, &len) != 1 ||
        len != public_len) {
        ERR_clear_error();
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    return 0;
}

int kem_encapsulate(const char *name, cssl_bytes public, uint8_t *ciphertext, size_t ciphertext_len,
                    uint8_t *secret, size_t secret_len, cssl_error *err)
{
    /* The import does FIPS 203 7.2's check that every coefficient is reduced. */
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, name, NULL, public.data, public.len);
    if (key == NULL) {
        ERR_clear_error();
        return fail_text(err, CSSL_R_BAD_KEY_SHARE, "its %s key is malformed", name);
    }
    size_t got_ciphertext = ciphertext_len;
    size_t got_secret = secret_len;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_encapsulate_init(ctx, NULL) == 1 &&
              EVP_PKEY_encapsulate(ctx, ciphertext, &got_ciphertext, secret, &got_secret) == 1 &&
              got_ciphertext == ciphertext_len && got_secret == secret_len;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (!ok) {
        ERR_clear_error();
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    return 0;
}

int kem_decapsulate(const struct kx_half *half, cssl_bytes ciphertext, uint8_t *secret,
                    size_t secret_len, cssl_error *err)
{
    size_t len = secret_len;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(half->evp, NULL);
    /* A ciphertext of the right length always gives a secret, a wrong one a useless secret. */
    bool ok = ctx != NULL && EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
              EVP_PKEY_decapsulate(ctx, secret, &len, ciphertext.data, ciphertext.len) == 1 &&
              len == secret_len;
    EVP_PKEY_CTX_free(ctx);
    if (!ok) {
        ERR_clear_error();
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    return 0;
}

/* suite_info.c - what programs can ask about cipher suites: parts, names, and lists by their parts
 * (OTP's filter_cipher_suites). Says nothing about which are used. */
#include "config/lists.h"

#include "base/error.h"
#include "base/names.h"
#include "crypto/suite.h"

#include <stdio.h>

static const char *kx_text(const struct suite *s);
static const char *cipher_text(const struct suite *s);
static const char *hash_text(enum hash_alg alg);
static void openssl_name(const struct suite *s, char *out, size_t size);

int cssl_cipher_suite_info_sized(const char *name, cssl_suite_info *info, size_t size,
                                 cssl_error *err)
{
    uint16_t id = suite_of_any_name(name);
    const struct suite *s = suite_find(id);
    memset(info, 0, size);
    if (s == NULL) {
        return fail_text(err, CSSL_R_ARGUMENT, "there is no cipher suite \"%.64s\"", name);
    }
    cssl_suite_info i = { .name = name_of_suite(id),
                          .number = id,
                          .version = s->version == TLS_1_3 ? CSSL_TLSV1_3 : CSSL_TLSV1_2,
                          .key_exchange = kx_text(s),
                          .cipher = cipher_text(s),
                          .mac = s->mac == HASH_NONE ? "aead" : hash_text(s->mac),
                          .prf = hash_text(s->hash) };
    openssl_name(s, i.openssl_name, sizeof(i.openssl_name));
    memcpy(info, &i, min_size(size, sizeof(i)));
    return 0;
}

size_t cssl_filter_cipher_suites(const char *const *suites,
                                 bool (*keep)(void *user, const cssl_suite_info *info), void *user,
                                 const char **out, size_t max)
{
    size_t num = 0;
    for (size_t i = 0; suites[i] != NULL && num + 1 < max; i++) {
        cssl_suite_info info;
        if (cssl_cipher_suite_info(suites[i], &info, NULL) == 0 && keep(user, &info)) {
            out[num++] = info.name;
        }
    }
    if (max > 0) {
        out[num] = NULL;
    }
    return num;
}

/* There are few suites and lists are made once: OpenSSL's name is made for each and compared. */
uint16_t suite_of_any_name(const char *name)
{
    struct codes all;
    uint16_t id = suite_of_name(name);
    if (id != 0) {
        return id;
    }
    codes_all(&all, CODES_SUITES_12);
    for (size_t i = 0; i < all.num; i++) {
        char other[sizeof(((cssl_suite_info *)0)->openssl_name)];
        openssl_name(suite_find(all.list[i]), other, sizeof(other));
        if (strcmp(other, name) == 0) {
            return all.list[i];
        }
    }
    return 0;
}

/* OTP's atoms. */
static const char *kx_text(const struct suite *s)
{
    switch (s->kx) {
    case KX_ANY: return "any";
    case KX_ECDHE: return s->auth == AUTH_ECDSA ? "ecdhe_ecdsa" : "ecdhe_rsa";
    case KX_DHE: return "dhe_rsa";
    case KX_ECDHE_PSK: return "ecdhe_psk";
    case KX_DHE_PSK: return "dhe_psk";
    case KX_PSK: return "psk";
    case KX_RSA: return "rsa";
    }
    return "any";
}

static const char *cipher_text(const struct suite *s)
{
    static const char *const aeads[AEAD_ALGS] = {
        [AEAD_AES_128_GCM] = "aes_128_gcm",     [AEAD_AES_256_GCM] = "aes_256_gcm",
        [AEAD_AES_128_CCM] = "aes_128_ccm",     [AEAD_AES_256_CCM] = "aes_256_ccm",
        [AEAD_AES_128_CCM_8] = "aes_128_ccm_8", [AEAD_AES_256_CCM_8] = "aes_256_ccm_8",
        [AEAD_CHACHA20_POLY1305] = "chacha20_poly1305",
    };
    return s->cipher == CIPHER_AES_128_CBC   ? "aes_128_cbc"
           : s->cipher == CIPHER_AES_256_CBC ? "aes_256_cbc"
                                             : aeads[s->aead];
}

static const char *hash_text(enum hash_alg alg)
{
    switch (alg) {
    case HASH_SHA1: return "sha";
    case HASH_SHA256: return "sha256";
    case HASH_SHA384: return "sha384";
    default: return "";
    }
}

/* ECDHE-RSA-AES128-GCM-SHA256, AES256-SHA, PSK-AES128-CBC-SHA: how OpenSSL puts a name together.
 * TLS 1.3's are IANA's there too. */
static void openssl_name(const struct suite *s, char *out, size_t size)
{
    static const char *const kxs[] = { [KX_ANY] = "",
                                       [KX_ECDHE] = "ECDHE-RSA-",
                                       [KX_DHE] = "DHE-RSA-",
                                       [KX_ECDHE_PSK] = "ECDHE-PSK-",
                                       [KX_DHE_PSK] = "DHE-PSK-",
                                       [KX_PSK] = "PSK-",
                                       [KX_RSA] = "" };
    static const char *const aeads[AEAD_ALGS] = {
        [AEAD_AES_128_GCM] = "AES128-GCM-SHA256", [AEAD_AES_256_GCM] = "AES256-GCM-SHA384",
        [AEAD_AES_128_CCM] = "AES128-CCM",        [AEAD_AES_256_CCM] = "AES256-CCM",
        [AEAD_AES_128_CCM_8] = "AES128-CCM8",     [AEAD_AES_256_CCM_8] = "AES256-CCM8",
        [AEAD_CHACHA20_POLY1305] = "CHACHA20-POLY1305",
    };
    if (s->version == TLS_1_3) {
        (void)snprintf(out, size, "%s", name_of_suite(s->id));
        return;
    }
    const char *kx = s->kx == KX_ECDHE && s->auth == AUTH_ECDSA ? "ECDHE-ECDSA-" : kxs[s->kx];
    if (s->cipher == CIPHER_AEAD) {
        (void)snprintf(out, size, "%s%s", kx, aeads[s->aead]);
        return;
    }
    const char *mac = s->mac == HASH_SHA1     ? "SHA"
                      : s->mac == HASH_SHA256 ? "SHA256"
                                              : "SHA384";
    const char *cipher = s->cipher == CIPHER_AES_128_CBC ? "AES128" : "AES256";
    (void)snprintf(out, size, "%s%s-%s%s", kx, cipher, s->auth == AUTH_PSK ? "CBC-" : "", mac);
}

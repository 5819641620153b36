/*
 * cssl_names.h - the names of cipher suites, groups and signature schemes that options take, and
 * what they stand for. Part of cssl.h: what holds there holds here.
 */
#ifndef CSSL_NAMES_H
#define CSSL_NAMES_H

#include "cssl.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* cssl_cipher_suites returns a NULL-terminated list of names (static), in order of preference:
 * which is "default", or "all" that this library and the libcrypto in use can do; version is
 * CSSL_TLSV1_2 or CSSL_TLSV1_3. NULL for another word or version. */
const char *const *cssl_cipher_suites(const char *which, unsigned version);
/* What a cipher suite consists of; OTP's words. All strings but openssl_name are static. */
typedef struct cssl_suite_info {
    const char *name;          /* IANA's */
    char openssl_name[48];     /* "ECDHE-RSA-AES128-GCM-SHA256" */
    uint16_t number;
    unsigned version;          /* CSSL_TLSV1_2 or CSSL_TLSV1_3 */
    const char *key_exchange;  /* "ecdhe_ecdsa", "psk", ...; TLS 1.3: "any" */
    const char *cipher;        /* "aes_128_gcm", ... */
    const char *mac;           /* "aead", or "sha", "sha256", "sha384" */
    const char *prf;           /* "sha256" or "sha384" */
} cssl_suite_info;
/* cssl_cipher_suite_info fills info for a suite by IANA's name or OpenSSL's; CSSL_STATE for one
 * that is not known. */
int cssl_cipher_suite_info_sized(const char *name, cssl_suite_info *info, size_t size,
                                 cssl_error *err);
static inline int cssl_cipher_suite_info(const char *name, cssl_suite_info *info, cssl_error *err)
{
    return cssl_cipher_suite_info_sized(name, info, sizeof(*info), err);
}
/* cssl_filter_cipher_suites puts those of suites (NULL-terminated, as cssl_cipher_suites returns
 * them) that keep says true to into out, which has room for max pointers, NULL at the end included.
 * It returns how many they are. The names are static. */
size_t cssl_filter_cipher_suites(const char *const *suites,
                                 bool (*keep)(void *user, const cssl_suite_info *info), void *user,
                                 const char **out, size_t max);
/* cssl_groups does what cssl_cipher_suites does for supported_groups, which versions share. */
const char *const *cssl_groups(const char *which);
/* cssl_signature_algs does the same for signature_algs. */
const char *const *cssl_signature_algs(const char *which, unsigned version);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif

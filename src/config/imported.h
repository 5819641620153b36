/* imported.h - an external PSK imported for TLS 1.3 (RFC 9258), once for each KDF. */
#ifndef CSSL_CONFIG_IMPORTED_H
#define CSSL_CONFIG_IMPORTED_H

#include "config/config.h"

/* What one KDF makes of the external key: the ImportedIdentity and the secret. */
struct imported_psk {
    enum hash_alg hash; /* of the KDF: suites with it can use the key */
    uint8_t *identity;
    size_t identity_len;
    struct secret secret;
};

enum { IMPORTED_CONTEXT_MAX = 1024 };

/* imported_psk_make computes one, of an external key whose own hash is SHA-256 (RFC 9258 4.1). */
int imported_psk_make(struct imported_psk *p, cssl_bytes external, cssl_bytes identity,
                      cssl_bytes context, enum hash_alg target, cssl_error *err) CHECK;
/* config_import makes those of config's key, for each hash of its suites of TLS 1.3. */
int config_import(cssl_config *config, cssl_error *err) CHECK;
void config_import_free(cssl_config *config);

#endif

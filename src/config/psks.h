/* psks.h - the external pre-shared keys of TLS 1.3: as they are, or imported (RFC 9258). */
#ifndef CSSL_CONFIG_PSKS_H
#define CSSL_CONFIG_PSKS_H

#include "config/config.h"

/* One identity that is offered or accepted. An imported key has several: one for each hash that
 * the suites have. */
struct config_psk {
    int number;         /* of the key it comes of: as cssl_info.psk_number */
    bool imported;
    enum hash_alg hash; /* suites with it can use the key */
    uint8_t *identity;
    size_t identity_len;
    struct secret secret;
};

enum {
    PSK_MIN = 16,
    PSK_MAX = SECRET_MAX,
    PSK_IDENTITY_MAX = 1024,
    PSK_CONTEXT_MAX = 1024,
    PSKS_MAX_CLIENT = HELLO_PSKS_MAX - 1, /* identities; the other one is a session's */
    PSKS_MAX_SERVER = 1024
};

/* psks_import computes what one hash makes of an external key, whose own hash is own (RFC 9258). */
int psks_import(struct config_psk *p, const cssl_psk *external, enum hash_alg own,
               enum hash_alg target, cssl_error *err) CHECK;
/* psks_load checks the keys of the options and makes config->psks of them. */
int psks_load(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;
void psks_free(cssl_config *config);
/* psks_find is the key with this identity, NULL for none. */
const struct config_psk *psks_find(const cssl_config *config, cssl_bytes identity);

#endif

/* trusted_keys.h - the raw public keys that a config trusts (RFC 7250), instead of authorities. */
#ifndef CSSL_CONFIG_TRUSTED_KEYS_H
#define CSSL_CONFIG_TRUSTED_KEYS_H

#include "config/config.h"

/* trusted_keys_load reads options.trusted_keys: SubjectPublicKeyInfo, DER or PEM, one each. */
int trusted_keys_load(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;
void trusted_keys_free(cssl_config *config);

#endif

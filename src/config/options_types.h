/* options_types.h - the options of RFC 7250: types of certificates, and the raw keys that are
 * trusted. */
#ifndef CSSL_CONFIG_OPTIONS_TYPES_H
#define CSSL_CONFIG_OPTIONS_TYPES_H

#include "config/config.h"

/* options_cert_types fills own_types and peer_types. */
int options_cert_types(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;
/* options_trusted_keys is for when verification is settled: what raw keys need, and what they make
 * meaningless. */
int options_trusted_keys(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;
/* options_types_shown is for when the identities are there: each type of a server's has one. */
int options_types_shown(const cssl_config *config, cssl_error *err) CHECK;

#endif

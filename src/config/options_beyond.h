/* options_beyond.h - the part of options_check for what Erlang's ssl does not have. */
#ifndef CSSL_CONFIG_OPTIONS_BEYOND_H
#define CSSL_CONFIG_OPTIONS_BEYOND_H

#include "config/config.h"

/* options_check_beyond comes after the rest: versions and verification are settled. */
int options_check_beyond(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;

#endif

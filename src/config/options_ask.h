/* options_ask.h - the part of options_check for questions to the program. */
#ifndef CSSL_CONFIG_OPTIONS_ASK_H
#define CSSL_CONFIG_OPTIONS_ASK_H

#include "config/config.h"

/* options_check_ask comes after verification is settled. */
int options_check_ask(cssl_config *config, const cssl_options *o, cssl_error *err) CHECK;

#endif

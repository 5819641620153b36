/* options_records.c - checks the options that say how records look. Reads no files. */
#include "config/config.h"

#include "base/error.h"
#include "crypto/suite.h"

enum { SIZE_LIMIT_MIN = 64 }; /* RFC 8449 4 */

static bool has_cbc(const struct codes *suites);

int options_check_records(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    const unsigned fragment = o->max_fragment_length;
    if (fragment != 0 && fragment != 512 && fragment != 1024 && fragment != 2048 &&
        fragment != 4096) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "max_fragment_length",
                           "%u; RFC 6066 has 512, 1024, 2048 and 4096. record_size_limit takes any "
                           "number from %d on", fragment, SIZE_LIMIT_MIN);
    }
    if (o->record_size_limit != 0 &&
        (o->record_size_limit < SIZE_LIMIT_MIN || o->record_size_limit > REC_PLAIN_MAX)) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "record_size_limit",
                           "%u bytes are not between %d and %d", o->record_size_limit,
                           SIZE_LIMIT_MIN, REC_PLAIN_MAX);
    }
    config->max_fragment_length = (uint16_t)fragment;
    config->record_size_limit = (uint16_t)o->record_size_limit;
    config->encrypt_then_mac = o->encrypt_then_mac != CSSL_OFF && has_cbc(&config->suites);
    return 0;
}

static bool has_cbc(const struct codes *suites)
{
    for (size_t i = 0; i < suites->num; i++) {
        if (suite_find(suites->list[i])->cipher != CIPHER_AEAD) {
            return true;
        }
    }
    return false;
}

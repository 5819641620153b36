/* tls12.c - the options of TLS 1.2's key exchanges: whose order counts, the hint for pre-shared
 * keys, Diffie-Hellman parameters. The suites themselves are in codes.c. */
#include "config/config.h"

#include "base/error.h"
#include "base/mem.h"
#include "pki/load.h"

enum { HINT_MAX = 1024 };

static int load_dh(cssl_config *config, cssl_bytes file, const char *option, cssl_error *err);

int options_tls12(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    if (o->psk_hint != NULL && strlen(o->psk_hint) > HINT_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "psk_hint", "more than 1,024 bytes");
    }
    config->client_order = o->honor_cipher_order == CSSL_OFF;
    config->psk_hint = o->psk_hint;
    return 0;
}

int config_load_dh(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    if (o->dhfile == NULL) {
        return o->dh.len == 0 ? 0 : load_dh(config, o->dh, "dh", err);
    }
    if (o->dh.len > 0) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "dh", "give dh or dhfile, not both");
    }
    int ret = load_file(o->dhfile, "dhfile", &data, &len, NULL, err);
    if (ret == 0) {
        ret = load_dh(config, bytes_of(data, len), "dhfile", err);
    }
    mem_free(data);
    return ret;
}

static int load_dh(cssl_config *config, cssl_bytes file, const char *option, cssl_error *err)
{
    cssl_error inner;
    config->dh = dh_params_read(file, &inner);
    if (config->dh != NULL) {
        config->dh_group = dh_params_group(config->dh);
        return 0;
    }
    return inner.status == CSSL_NOMEM
               ? error_copy(err, &inner)
               : fail_option(err, CSSL_R_DH_FILE, option,
                             "%s; make some with: openssl dhparam 3072, or leave %s out for RFC "
                             "7919's groups", inner.text, option);
}

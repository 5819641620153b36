/* options_beyond.c - checks the options of what Erlang's ssl does not have. Reads no file. */
#include "config/options_beyond.h"

#include "base/error.h"
#include "config/options_types.h"
#include "config/psks.h"
#include "msg/compress.h"

static int check_compression(cssl_config *config, const cssl_options *o, cssl_error *err);
static int check_import(cssl_config *config, const cssl_options *o, cssl_error *err);

int options_check_beyond(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    config->grease = o->grease;
    config->post_handshake_auth = o->post_handshake_auth;
    if (o->post_handshake_auth && !config->tls13) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "post_handshake_auth",
                           "it is of TLS 1.3, which is off");
    }
    if (o->post_handshake_auth && config->server && !config->verify) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "post_handshake_auth",
                           "whom would a server ask for? it needs verify set to CSSL_VERIFY_PEER");
    }
    int ret = check_compression(config, o, err);
    if (ret == 0) {
        ret = options_trusted_keys(config, o, err);
    }
    return ret == 0 ? check_import(config, o, err) : ret;
}

static int check_compression(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    static const char option[] = "cert_compression";
    struct codes *c = &config->compression;
    for (size_t i = 0; o->cert_compression != NULL && o->cert_compression[i] != NULL; i++) {
        const char *name = o->cert_compression[i];
        uint16_t algorithm = compression_of_name(name);
        if (algorithm == 0) {
            return fail_option(err, CSSL_R_OPTION_NAME, option,
                               "\"%s\"; there are zlib, brotli and zstd", name);
        }
        if (!compress_has(algorithm)) {
            return fail_option(err, CSSL_R_OPTION_NOT_SUPPORTED, option,
                               "this build has no %s: its library was not there", name);
        }
        if (codes_has(c, algorithm)) {
            return fail_option(err, CSSL_R_OPTION_VALUE, option, "%s stands twice", name);
        }
        codes_add(c, algorithm);
    }
    if (o->cert_compression != NULL && c->num == 0) {
        return fail_option(err, CSSL_R_OPTION_VALUE, option, "the list is empty: leave it out");
    }
    if (c->num > 0 && !config->tls13) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, option,
                           "TLS 1.2 compresses no certificates, and TLS 1.3 is off");
    }
    return 0;
}

static int check_import(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    if (o->psk_import && (config->psk == NULL || !config->tls13)) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "psk_import",
                           config->psk == NULL ? "there is no key: give psk and psk_identity"
                                               : "keys are imported for TLS 1.3, which is off");
    }
    if (o->psk_context.len > 0 && !o->psk_import) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "psk_context", "it needs psk_import");
    }
    if (o->psk_context.len > PSK_CONTEXT_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "psk_context", "more than %d bytes",
                           PSK_CONTEXT_MAX);
    }
    config->psk_import = o->psk_import;
    return 0;
}

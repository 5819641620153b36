/* options_types.c - checks the options of RFC 7250. Reads no key (trusted_keys.c). */
#include "config/options_types.h"

#include "base/error.h"
#include "base/names.h"

static int take_list(struct cert_types *t, const char *option, const char *const *names,
                     cssl_error *err);
static int check_only_raw(const cssl_options *o, cssl_error *err);

int options_cert_types(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    int ret = take_list(&config->own_types, "own_cert_types", o->own_cert_types, err);
    return ret == 0 ? take_list(&config->peer_types, "peer_cert_types", o->peer_cert_types, err)
                    : ret;
}

int options_trusted_keys(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    static const char option[] = "trusted_keys";
    const bool keys = o->num_trusted_keys > 0;
    const bool raw = cert_types_has(&config->peer_types, CERT_RAW);
    if (keys && o->trusted_keys == NULL) {
        return fail_option(err, CSSL_R_OPTION_MISSING, option, "it is NULL");
    }
    if (keys && (!raw || !config->verify)) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, option,
                           "it needs raw_public_key among peer_cert_types, and verify not to be "
                           "CSSL_VERIFY_NONE");
    }
    if (raw && config->verify && !keys) {
        return fail_option(err, CSSL_R_OPTION_MISSING, option,
                           "a raw key has no issuer: name the keys that are accepted");
    }
    if (o->num_trusted_keys > UINT8_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, option, "more than 255 keys");
    }
    return cert_types_has(&config->peer_types, CERT_X509) ? 0 : check_only_raw(o, err);
}

int options_types_shown(const cssl_config *config, cssl_error *err)
{
    bool has_cert = config->num_certkeys == 0;
    for (size_t i = 0; i < config->num_certkeys; i++) {
        has_cert = has_cert || config->certkeys[i].num_certs > 0;
    }
    if (config->server && cert_types_has(&config->own_types, CERT_X509) && !has_cert) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "own_cert_types",
                           "x509 is among them, and no identity has a certificate");
    }
    return 0;
}

static int take_list(struct cert_types *t, const char *option, const char *const *names,
                     cssl_error *err)
{
    static const uint8_t all[] = { CERT_X509, CERT_RAW };
    *t = (struct cert_types){ .num = names == NULL ? 1 : 0, .list = { CERT_X509 } };
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        size_t k = 0;
        while (k < ARRAY_LEN(all) && strcmp(names[i], name_of_cert_type(all[k])) != 0) {
            k++;
        }
        if (k == ARRAY_LEN(all)) {
            return fail_option(err, CSSL_R_OPTION_NAME, option,
                               "\"%s\"; there are x509 and raw_public_key", names[i]);
        }
        if (cert_types_has(t, all[k])) {
            return fail_option(err, CSSL_R_OPTION_VALUE, option, "%s stands twice", names[i]);
        }
        t->list[t->num++] = all[k];
    }
    return t->num > 0 ? 0
                      : fail_option(err, CSSL_R_OPTION_VALUE, option,
                                    "the list is empty: leave it out");
}

/* Whoever takes raw keys alone has no use for what is about certificates. */
static int check_only_raw(const cssl_options *o, cssl_error *err)
{
    const struct {
        bool given;
        const char *option, *why;
    } rows[] = {
        { o->crl_check != CSSL_CRL_NONE, "crl_check",
          "nobody issued a raw key, so nobody revokes it" },
        { o->stapling == CSSL_ON, "stapling",
          "nobody issued a raw key, so nobody speaks for it" },
        { o->signed_certificate_timestamps, "signed_certificate_timestamps",
          "nobody issued a raw key, so nobody speaks for it" },
        { o->cacertfile != NULL, "cacertfile",
          "raw keys have no authorities: trusted_keys names them" },
        { o->cacerts.len > 0, "cacerts", "raw keys have no authorities: trusted_keys names them" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].given) {
            return fail_option(err, CSSL_R_OPTION_CONFLICT, rows[i].option,
                               "peer_cert_types has no x509: %s", rows[i].why);
        }
    }
    return 0;
}

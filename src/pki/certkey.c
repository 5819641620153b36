/* certkey.c - loads identities and picks one. Signs nothing. */
#include "pki/certkey.h"

#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/pem.h"
#include "msg/hello.h"
#include "pki/cert_fields.h"
#include "pki/chain.h"
#include "pki/der.h"
#include "pki/dname.h"
#include "pki/hostname.h"
#include "pki/load.h"

/* Where certificates or a key come from. */
struct source {
    const char *option; /* the field of cssl_options */
    const char *path;   /* NULL: memory */
    cssl_bytes bytes;
    uint8_t *owned; /* the file's contents */
    struct stat stat;
};

static int open_source(struct source *s, const char *path, const char *path_option,
                       cssl_bytes memory, const char *memory_option, cssl_error *err);
static void close_source(struct source *s);
static const char *source_name(const struct source *s, char out[128]);
static int wrap(const struct source *s, const cssl_error *inner, cssl_error *err);
static int load_certs(struct certkey *ck, const struct source *s, cssl_error *err);
static int add_cert(struct certkey *ck, const struct source *s, cssl_bytes der, cssl_error *err);
static int load_key(struct certkey *ck, const struct source *s, const char *password,
                    cssl_error *err);
static int take_key(struct certkey *ck, const struct source *s, cssl_bytes der,
                    const char *password, cssl_error *err);
static int check_key(const struct certkey *ck, const struct source *certs,
                     const struct source *key, cssl_error *err);
static int check_order(const struct certkey *ck, const struct source *s, cssl_error *err);
static int load_extras(struct certkey *ck, const cssl_cert_key *conf, cssl_error *err);
static void warn_if_readable(const struct source *s, char *warning);
static uint16_t first_scheme(const struct certkey *ck, const uint16_t *ours, size_t num_ours,
                             const struct certkey_wish *wish);
static enum key_type type_of(const struct certkey *ck);
static bool has(const uint16_t *list, size_t num, uint16_t code);
static bool suits_better(const struct certkey *ck, const struct certkey_wish *wish, int best,
                         unsigned *best_suits);
static bool is_for(const struct certkey *ck, const struct certkey_wish *wish);
static bool may(const struct certkey *ck, uint16_t usage);
static bool curve_accepted(const struct certkey *ck, const struct certkey_wish *wish);
static bool under_authority(const struct certkey *ck, const struct certkey_wish *wish);
static bool chain_accepted(const struct certkey *ck, const struct certkey_wish *wish);

int certkey_load(struct certkey *ck, const cssl_cert_key *conf, char *warning, cssl_error *err)
{
    struct source certs = { 0 };
    struct source key = { 0 };
    const struct source *key_source = &key;
    *ck = (struct certkey){ 0 };
    if (warning != NULL) {
        warning[0] = '\0';
    }
    int ret = open_source(&certs, conf->certfile, "certfile", conf->cert, "cert", err);
    if (ret == 0 && certs.option == NULL) {
        ret = fail_option(err, CSSL_R_NO_CERTIFICATE, "certfile",
                          "an identity needs certfile or cert; make one with: cssl cert "
                          "self-signed --name localhost");
    }
    if (ret == 0) {
        ret = open_source(&key, conf->keyfile, "keyfile", conf->key, "key", err);
    }
    if (key.option == NULL) {
        key_source = &certs; /* the key stands beside the certificates */
    }
    if (ret == 0) {
        ret = load_certs(ck, &certs, err);
    }
    if (ret == 0 && !conf->external_key) {
        ret = load_key(ck, key_source, conf->password, err);
        ret = ret == 0 ? check_key(ck, &certs, key_source, err) : ret;
    } else if (ret == 0 && key.option != NULL) {
        ret = fail_option(err, CSSL_R_OPTION_CONFLICT, key.option,
                          "an identity with external_key has no key here");
    }
    if (ret == 0) {
        ret = check_order(ck, &certs, err);
    }
    if (ret == 0) {
        ret = load_extras(ck, conf, err);
    }
    if (ret != 0) {
        certkey_free(ck);
    } else if (!conf->external_key) {
        warn_if_readable(key_source, warning);
    }
    close_source(&certs);
    close_source(&key);
    return ret;
}

int certkey_load_key(struct certkey *ck, const cssl_cert_key *conf, char *warning,
                     cssl_error *err)
{
    struct source key = { 0 };
    *ck = (struct certkey){ 0 };
    if (warning != NULL) {
        warning[0] = '\0';
    }
    int ret = open_source(&key, conf->keyfile, "keyfile", conf->key, "key", err);
    if (ret == 0 && key.option == NULL) {
        ret = fail_option(err, CSSL_R_NO_KEY, "keyfile",
                          "an identity that is a raw public key needs keyfile or key");
    }
    if (ret == 0 && conf->only_for_issuers) {
        ret = fail_option(err, CSSL_R_OPTION_CONFLICT, "only_for_issuers",
                          "a raw public key has no issuer");
    }
    if (ret == 0) {
        ret = load_key(ck, &key, conf->password, err);
    }
    if (ret == 0) {
        warn_if_readable(&key, warning);
    }
    close_source(&key);
    return ret;
}

cssl_bytes certkey_spki(const struct certkey *ck)
{
    return ck->key != NULL ? pkey_spki(ck->key) : cert_spki(ck->certs[0]);
}

void certkey_free(struct certkey *ck)
{
    if (ck == NULL) {
        return;
    }
    for (size_t i = 0; i < ck->num_certs; i++) {
        cert_free(ck->certs[i]);
    }
    mem_free(ck->certs);
    pkey_free(ck->key);
    stapler_free(ck->stapler);
    mem_free(ck->scts);
    mem_free(ck->schemes);
    *ck = (struct certkey){ 0 };
}

int certkey_pick(const struct certkey *cks, size_t num, const uint16_t *ours, size_t num_ours,
                 const struct certkey_wish *wish, uint16_t *scheme)
{
    int best = -1;
    unsigned best_suits = 0;
    for (size_t i = 0; i < num; i++) {
        uint16_t signs = first_scheme(&cks[i], ours, num_ours, wish);
        if (signs != 0 && is_for(&cks[i], wish) && may(&cks[i], KU_DIGITAL_SIGNATURE) &&
            curve_accepted(&cks[i], wish) && suits_better(&cks[i], wish, best, &best_suits)) {
            best = (int)i;
            *scheme = signs;
        }
    }
    return best;
}

int certkey_pick_decrypting(const struct certkey *cks, size_t num, const struct certkey_wish *wish)
{
    int best = -1;
    unsigned best_suits = 0;
    for (size_t i = 0; i < num; i++) {
        if (cks[i].key != NULL && pkey_can_decrypt(cks[i].key) && is_for(&cks[i], wish) &&
            may(&cks[i], KU_KEY_ENCIPHERMENT) && suits_better(&cks[i], wish, best, &best_suits)) {
            best = (int)i;
        }
    }
    return best;
}

/* Whoever has an external key is taken to be able to do what such keys can. */
bool certkey_can_sign(const struct certkey *ck, uint16_t scheme)
{
    return ck->key != NULL ? pkey_can_sign(ck->key, scheme)
                           : scheme_fits_key(scheme, type_of(ck), true);
}

bool certkey_kept(const struct certkey *cks, size_t num)
{
    bool kept = false;
    for (size_t i = 0; i < num; i++) {
        kept = kept || cks[i].only_for_issuers;
    }
    return kept;
}

static int open_source(struct source *s, const char *path, const char *path_option,
                       cssl_bytes memory, const char *memory_option, cssl_error *err)
{
    if (path != NULL && memory.len > 0) {
        return fail_option(err, CSSL_R_CERT_FILE, path_option, "give either %s or %s, not both",
                           path_option, memory_option);
    }
    if (path != NULL) {
        size_t len = 0;
        s->option = path_option;
        s->path = path;
        int status = load_file(path, path_option, &s->owned, &len, &s->stat, err);
        s->bytes = bytes_of(s->owned, len);
        return status;
    }
    if (memory.len > 0) {
        s->option = memory_option;
        s->bytes = memory;
    }
    return 0;
}

static void close_source(struct source *s)
{
    mem_free_wiped(s->owned, s->owned == NULL ? 0 : s->bytes.len);
}

static const char *source_name(const struct source *s, char out[128])
{
    if (s->path != NULL) {
        (void)snprintf(out, 128, "\"%.120s\"", s->path);
    } else {
        (void)snprintf(out, 128, "option %s", s->option);
    }
    return out;
}

/* wrap passes a failure on with the source's name before its sentence. */
static int wrap(const struct source *s, const cssl_error *inner, cssl_error *err)
{
    char name[128];
    if (inner->status == CSSL_NOMEM) {
        return error_copy(err, inner);
    }
    (void)fail_option(err, (cssl_reason)inner->reason, s->option, "%s", "");
    if (err != NULL) {
        (void)snprintf(err->text, sizeof(err->text), "%s: %.350s", source_name(s, name),
                       inner->text);
        err->status = CSSL_OPTION;
        err->alert = ALERT_NONE;
    }
    return CSSL_OPTION;
}

static int load_certs(struct certkey *ck, const struct source *s, cssl_error *err)
{
    char name[128];
    cssl_error inner;
    int ret = 0;
    ck->certs = mem_new_array(CHAIN_CERTS_MAX, sizeof(*ck->certs));
    if (ck->certs == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    if (pem_looks_like(s->bytes)) {
        bool more = true;
        for (size_t at = 0; ret == 0 && more;) {
            struct pem_block block;
            if (pem_next(s->bytes, &at, &block, &inner) != 0) {
                return wrap(s, &inner, err);
            }
            more = block.label[0] != '\0';
            if (strcmp(block.label, "CERTIFICATE") == 0 ||
                strcmp(block.label, "X509 CERTIFICATE") == 0) {
                ret = add_cert(ck, s, bytes_of(block.der, block.len), err);
            }
            pem_free(&block);
        }
    } else {
        struct rd r = rd_of(s->bytes);
        while (ret == 0 && rd_more(&r)) {
            cssl_bytes der = der_whole(&r, DER_SEQUENCE);
            ret = r.bad ? fail_option(err, CSSL_R_NO_CERTIFICATE, s->option,
                                      "%s is neither PEM nor DER: name the file that begins with "
                                      "-----BEGIN CERTIFICATE-----", source_name(s, name))
                        : add_cert(ck, s, der, err);
        }
    }
    if (ret == 0 && ck->num_certs == 0) {
        ret = fail_option(err, CSSL_R_NO_CERTIFICATE, s->option,
                          "%s has no block -----BEGIN CERTIFICATE-----: is it the right one?",
                          source_name(s, name));
    }
    return ret;
}

static int add_cert(struct certkey *ck, const struct source *s, cssl_bytes der, cssl_error *err)
{
    char name[128];
    cssl_error inner;
    if (ck->num_certs == CHAIN_CERTS_MAX) {
        return fail_option(err, CSSL_R_TOO_MANY_CERTIFICATES, s->option,
                           "%s has more than %d; it takes the certificate and its issuers, not a "
                           "whole store", source_name(s, name), CHAIN_CERTS_MAX);
    }
    struct cert *cert = cert_parse(der, &inner);
    if (cert == NULL) {
        return wrap(s, &inner, err);
    }
    ck->certs[ck->num_certs++] = cert;
    return 0;
}

static int load_key(struct certkey *ck, const struct source *s, const char *password,
                    cssl_error *err)
{
    char name[128];
    cssl_error inner;
    if (!pem_looks_like(s->bytes)) {
        return take_key(ck, s, s->bytes, password, err);
    }
    for (size_t at = 0;;) {
        struct pem_block block;
        if (pem_next(s->bytes, &at, &block, &inner) != 0) {
            return wrap(s, &inner, err);
        }
        size_t len = strlen(block.label);
        static const char wanted[] = "PRIVATE KEY";
        bool is_key = len >= sizeof(wanted) - 1 &&
                      strcmp(block.label + len - (sizeof(wanted) - 1), wanted) == 0;
        int ret = is_key ? take_key(ck, s, bytes_of(block.der, block.len), password, err) : 0;
        pem_free(&block);
        if (is_key) {
            return ret;
        }
        if (len == 0) {
            return fail_option(err, CSSL_R_NO_KEY, s->option,
                               "%s has no block -----BEGIN PRIVATE KEY-----; give option keyfile",
                               source_name(s, name));
        }
    }
}

static int take_key(struct certkey *ck, const struct source *s, cssl_bytes der,
                    const char *password, cssl_error *err)
{
    cssl_error inner;
    ck->key = pkey_from_der(der, password, &inner);
    if (ck->key != NULL) {
        return 0;
    }
    int status = wrap(s, &inner, err);
    if (err != NULL && (inner.reason == CSSL_R_PASSWORD_MISSING ||
                        inner.reason == CSSL_R_PASSWORD_WRONG)) {
        err->option = "password";
    }
    return status;
}

static int check_key(const struct certkey *ck, const struct source *certs,
                     const struct source *key, cssl_error *err)
{
    char key_name[128];
    char certs_name[128];
    (void)source_name(key, key_name);
    (void)source_name(certs, certs_name);
    for (size_t i = 0; i < ck->num_certs; i++) {
        if (!bytes_equal(pkey_spki(ck->key), ck->certs[i]->spki)) {
            continue;
        }
        if (i == 0) {
            return 0;
        }
        return fail_option(err, CSSL_R_CHAIN_ORDER, certs->option,
                           "the key in %s belongs to certificate number %zu in %s; that one has to "
                           "be the first, its issuers behind it", key_name, i + 1, certs_name);
    }
    return fail_option(err, CSSL_R_KEY_MISMATCH, key->option,
                       "%s is not the key of the first certificate in %s; give the key that was "
                       "made with that certificate", key_name, certs_name);
}

static int check_order(const struct certkey *ck, const struct source *s, cssl_error *err)
{
    char source[128];
    char subject[DNAME_TEXT_MAX];
    for (size_t i = 0; i + 1 < ck->num_certs; i++) {
        if (!dname_equal(ck->certs[i]->issuer, ck->certs[i + 1]->subject)) {
            return fail_option(err, CSSL_R_CHAIN_ORDER, s->option,
                               "in %s, certificate number %zu (\"%.90s\") did not issue the one "
                               "before it; the server's comes first, then each one's issuer",
                               source_name(s, source), i + 2,
                               dname_text(subject, ck->certs[i + 1]->subject));
        }
    }
    return 0;
}

/* What a server sends along with its certificate. */
static int load_extras(struct certkey *ck, const cssl_cert_key *conf, cssl_error *err)
{
    ck->only_for_issuers = conf->only_for_issuers;
    if (conf->staplefile != NULL && conf->staple.len > 0) {
        return fail_option(err, CSSL_R_STAPLE_FILE, "staplefile",
                           "give either staplefile or staple, not both");
    }
    if (conf->staplefile != NULL || conf->staple.len > 0) {
        ck->stapler = stapler_new(conf->staplefile, conf->staple, ck->certs[0], err);
        if (ck->stapler == NULL) {
            return CSSL_OPTION;
        }
    }
    if (conf->scts.len == 0) {
        return 0;
    }
    struct rd all = rd_of(conf->scts);
    struct rd list = rd_vec16(&all);
    bool good = rd_more(&list);
    while (rd_more(&list)) {
        good = rd_view16(&list).len > 0 && good;
    }
    if (!good || !rd_done(&list) || !rd_done(&all)) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "scts",
                           "it is not a SignedCertificateTimestampList (RFC 6962 3.3)");
    }
    ck->scts = mem_copy(conf->scts.data, conf->scts.len);
    ck->scts_len = conf->scts.len;
    return ck->scts == NULL ? fail(err, CSSL_R_NOMEM) : 0;
}

static void warn_if_readable(const struct source *s, char *warning)
{
    if (warning != NULL && s->path != NULL && (s->stat.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
        (void)snprintf(warning, CERTKEY_WARNING_MAX,
                       "the private key in \"%.80s\" is open to other users of this machine; "
                       "run: chmod 600 \"%.80s\"", s->path, s->path);
    }
}

static enum key_type type_of(const struct certkey *ck)
{
    return ck->key != NULL ? pkey_type(ck->key) : cert_key(ck->certs[0])->type;
}

/* first_scheme: the first of ours, in the identity's order if it has one, that the peer takes and
 * the key can do; 0 for none. */
static uint16_t first_scheme(const struct certkey *ck, const uint16_t *ours, size_t num_ours,
                             const struct certkey_wish *wish)
{
    const bool own = ck->schemes != NULL;
    const uint16_t *list = own ? ck->schemes : ours;
    const size_t num = own ? ck->num_schemes : num_ours;
    for (size_t i = 0; i < num; i++) {
        if ((!own || has(ours, num_ours, list[i])) &&
            has(wish->schemes, wish->num_schemes, list[i]) && certkey_can_sign(ck, list[i])) {
            return list[i];
        }
    }
    return 0;
}

static bool has(const uint16_t *list, size_t num, uint16_t code)
{
    size_t i = 0;
    while (i < num && list[i] != code) {
        i++;
    }
    return i < num;
}

/* suits_better compares an identity with the best so far (none when best is negative), and is true
 * when it takes its place. */
static bool suits_better(const struct certkey *ck, const struct certkey_wish *wish, int best,
                         unsigned *best_suits)
{
    bool named = wish->name != NULL && ck->num_certs > 0 &&
                 hostname_check(ck->certs[0], wish->name, NULL) == 0;
    bool meant = wish->raw && ck->num_certs == 0; /* it is nothing but a key */
    unsigned suits = (meant ? 8U : 0U) | (named ? 4U : 0U) | (under_authority(ck, wish) ? 2U : 0U) |
                     (chain_accepted(ck, wish) ? 1U : 0U);
    if (best >= 0 && suits <= *best_suits) {
        return false;
    }
    *best_suits = suits;
    return true;
}

static bool under_authority(const struct certkey *ck, const struct certkey_wish *wish)
{
    for (size_t i = 0; i < ck->num_certs; i++) {
        for (size_t j = 0; j < wish->num_authorities; j++) {
            if (bytes_equal(ck->certs[i]->issuer, wish->authorities[j]) ||
                (dname_valid(wish->authorities[j]) &&
                 dname_equal(ck->certs[i]->issuer, wish->authorities[j]))) {
                return true;
            }
        }
    }
    return wish->num_authorities == 0;
}

static bool is_for(const struct certkey *ck, const struct certkey_wish *wish)
{
    return (ck->num_certs > 0 || wish->raw) &&
           (!ck->only_for_issuers || (wish->num_authorities > 0 && under_authority(ck, wish)));
}

/* may: a certificate without keyUsage allows everything (RFC 5280 4.2.1.3), and so does none. */
static bool may(const struct certkey *ck, uint16_t usage)
{
    return ck->num_certs == 0 || !cert_has(ck->certs[0], EXTENSION_KEY_USAGE) ||
           (ck->certs[0]->key_usage & usage) == usage;
}

static bool curve_accepted(const struct certkey *ck, const struct certkey_wish *wish)
{
    uint16_t curve = group_of_key(type_of(ck));
    return curve == 0 || !wish->curve_bound || u16s_has(wish->curves, curve);
}

/* A self-signed certificate's signature is of no account (RFC 8446 4.4.2.2). */
static bool chain_accepted(const struct certkey *ck, const struct certkey_wish *wish)
{
    for (size_t i = 0; i < ck->num_certs; i++) {
        const struct cert *cert = ck->certs[i];
        if (!cert->self_issued &&
            !sig_scheme_in(cert->sig.scheme, wish->cert_schemes, wish->num_cert_schemes)) {
            return wish->num_cert_schemes == 0;
        }
    }
    return true;
}

/* psks.c - external PSKs of TLS 1.3, some of them imported (RFC 9258). Knows no message. */
#include "config/psks.h"

#include "base/error.h"
#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/suite.h"

/* RFC 9258 10: TLS KDF Identifiers */
enum { KDF_SHA256 = 1, KDF_SHA384 = 2,
       IMPORTED_MAX = PSK_IDENTITY_MAX + PSK_CONTEXT_MAX + 8 };

static int check(const cssl_config *config, const cssl_options *o, size_t i, cssl_error *err);
static int check_pair(const cssl_options *o, size_t i, size_t k, cssl_error *err);
static int add(cssl_config *config, const cssl_psk *key, int number, cssl_error *err);
static int add_one(cssl_config *config, const cssl_psk *key, enum hash_alg target, int number,
                   cssl_error *err);
static cssl_psk the_first(const cssl_options *o);
static enum hash_alg hash_of(const cssl_psk *key);
static bool wanted(const cssl_config *config, enum hash_alg hash);

int psks_import(struct config_psk *p, const cssl_psk *external, enum hash_alg own,
               enum hash_alg target, cssl_error *err)
{
    struct wr w;
    struct secret epskx;
    uint8_t hash[HASH_MAX];
    wr_init(&w, IMPORTED_MAX);
    wr_vec16(&w, external->identity);
    wr_vec16(&w, external->context);
    wr_u16(&w, TLS_1_3);
    wr_u16(&w, target == HASH_SHA384 ? KDF_SHA384 : KDF_SHA256);
    *p = (struct config_psk){ .imported = true, .hash = target };
    p->identity = wr_ok(&w) ? mem_copy(w.data, w.len) : NULL;
    p->identity_len = w.len;
    wr_free(&w);
    if (p->identity == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    /* RFC 9258 4.1: hash and HKDF are the external key's, the length is the target's. */
    hkdf_extract(own, bytes_of(NULL, 0), external->secret, &epskx);
    hash_once(own, p->identity, p->identity_len, hash);
    p->secret.len = (uint8_t)hash_len(target);
    hkdf_expand_label(own, &epskx, "derived psk", bytes_of(hash, hash_len(own)), p->secret.data,
                      p->secret.len);
    secret_wipe(&epskx);
    return 0;
}

int psks_load(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    const size_t max = config->server ? PSKS_MAX_SERVER : PSKS_MAX_CLIENT;
    const cssl_psk first = the_first(o);
    int ret = 0;
    if (o->num_psks > 0 && (o->psks == NULL || !config->tls13 || o->num_psks > max)) {
        return o->psks == NULL ? fail_option(err, CSSL_R_OPTION_MISSING, "psks", "it is NULL")
               : !config->tls13
                   ? fail_option(err, CSSL_R_OPTION_CONFLICT, "psks",
                                 "they are for TLS 1.3, which is off")
                   : fail_option(err, CSSL_R_OPTION_VALUE, "psks", "more than %zu keys", max);
    }
    const size_t most = (first.secret.len > 0) + o->num_psks;
    if (most == 0 || !config->tls13) {
        return 0;
    }
    config->psks = mem_new_array(2 * most, sizeof(*config->psks));
    if (config->psks == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    if (first.secret.len > 0) {
        ret = add(config, &first, 0, err);
    }
    for (size_t i = 0; ret == 0 && i < o->num_psks; i++) {
        ret = check(config, o, i, err);
        if (ret == 0) {
            ret = add(config, &o->psks[i], (int)i + 1, err);
        }
    }
    if (ret == 0 && config->num_psks > max) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "psks",
                           "%zu identities, one for each hash of an imported key; the most is %zu",
                           config->num_psks, max);
    }
    return ret;
}

void psks_free(cssl_config *config)
{
    for (size_t i = 0; i < config->num_psks; i++) {
        mem_free(config->psks[i].identity);
        secret_wipe(&config->psks[i].secret);
    }
    mem_free(config->psks);
}

const struct config_psk *psks_find(const cssl_config *config, cssl_bytes identity)
{
    for (size_t i = 0; i < config->num_psks; i++) {
        const struct config_psk *p = &config->psks[i];
        if (bytes_equal(identity, bytes_of(p->identity, p->identity_len))) {
            return p;
        }
    }
    return NULL;
}

static int check(const cssl_config *config, const cssl_options *o, size_t i, cssl_error *err)
{
    const cssl_psk *key = &o->psks[i];
    const cssl_psk first = the_first(o);
    if (key->identity.len == 0 || key->identity.len > PSK_IDENTITY_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "psks",
                           "number %zu has an identity of %zu bytes; 1 to %d are possible", i,
                           key->identity.len, PSK_IDENTITY_MAX);
    }
    if (key->secret.len < PSK_MIN || key->secret.len > PSK_MAX) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "psks",
                           "number %zu has %zu bytes; %d to %d are possible, and no password: "
                           "anybody who watches can try passwords", i, key->secret.len, PSK_MIN,
                           PSK_MAX);
    }
    if (key->hash != 0 && key->hash != 256 && key->hash != 384) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "psks",
                           "number %zu: the hash is 256 or 384, not %d", i, key->hash);
    }
    if (key->context.len > PSK_CONTEXT_MAX || (key->context.len > 0 && !key->import)) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "psks",
                           "number %zu: a context is of an imported key, and has %d bytes at most",
                           i, PSK_CONTEXT_MAX);
    }
    if (!key->import && !wanted(config, hash_of(key))) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "psks",
                           "number %zu: no suite of TLS 1.3 has its hash", i);
    }
    int ret = first.secret.len == 0 ? 0 : check_pair(o, i, SIZE_MAX, err);
    for (size_t k = 0; ret == 0 && k < i; k++) {
        ret = check_pair(o, i, k, err);
    }
    return ret;
}

/* No identity stands for two keys, and no key is used in two ways (RFC 9258 6). */
static int check_pair(const cssl_options *o, size_t i, size_t k, cssl_error *err)
{
    const cssl_psk *a = &o->psks[i];
    const cssl_psk b = k == SIZE_MAX ? the_first(o) : o->psks[k];
    if (bytes_equal(a->identity, b.identity) && bytes_equal(a->context, b.context) &&
        a->import == b.import) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "psks",
                           "number %zu has the identity of one before it", i);
    }
    if (a->secret.len == b.secret.len &&
        ct_equal(a->secret.data, b.secret.data, b.secret.len) &&
        (a->import != b.import || hash_of(a) != hash_of(&b))) {
        return fail_option(err, CSSL_R_OPTION_CONFLICT, "psks",
                           "number %zu is a key that is used in another way before it", i);
    }
    return 0;
}

/* The key of the options psk and psk_identity; an empty secret without one. */
static cssl_psk the_first(const cssl_options *o)
{
    return (cssl_psk){ .identity = bytes_str(o->psk_identity == NULL ? "" : o->psk_identity),
                       .secret = o->psk,
                       .import = o->psk_import,
                       .context = o->psk_context };
}

static enum hash_alg hash_of(const cssl_psk *key)
{
    return key->hash == 384 ? HASH_SHA384 : HASH_SHA256;
}

static int add(cssl_config *config, const cssl_psk *key, int number, cssl_error *err)
{
    static const enum hash_alg targets[] = { HASH_SHA256, HASH_SHA384 };
    int ret = 0;
    for (size_t i = 0; ret == 0 && i < ARRAY_LEN(targets); i++) {
        if (wanted(config, targets[i]) && (key->import || targets[i] == hash_of(key))) {
            ret = add_one(config, key, targets[i], number, err);
        }
    }
    return ret;
}

static int add_one(cssl_config *config, const cssl_psk *key, enum hash_alg target, int number,
                   cssl_error *err)
{
    struct config_psk *p = &config->psks[config->num_psks];
    int ret = 0;
    if (key->import) {
        ret = psks_import(p, key, hash_of(key), target, err);
    } else {
        *p = (struct config_psk){ .hash = target, .secret.len = (uint8_t)key->secret.len };
        memcpy(p->secret.data, key->secret.data, key->secret.len);
        p->identity = mem_copy(key->identity.data, key->identity.len);
        p->identity_len = key->identity.len;
        ret = p->identity == NULL ? fail(err, CSSL_R_NOMEM) : 0;
    }
    p->number = number;
    config->num_psks++;
    return ret;
}

static bool wanted(const cssl_config *config, enum hash_alg hash)
{
    for (size_t i = 0; i < config->suites.num; i++) {
        uint16_t suite = config->suites.list[i];
        if (suite_version(suite) == TLS_1_3 && suite_hash(suite) == hash) {
            return true;
        }
    }
    return false;
}

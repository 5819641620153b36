/* imported.c - external PSKs imported for TLS 1.3 (RFC 9258). Knows no message. */
#include "config/imported.h"

#include "base/error.h"
#include "crypto/kdf.h"
#include "crypto/suite.h"

/* RFC 9258 10: TLS KDF Identifiers */
enum { KDF_SHA256 = 1, KDF_SHA384 = 2, IDENTITY_MAX = 1024 + IMPORTED_CONTEXT_MAX + 8 };

static bool wanted(const cssl_config *config, enum hash_alg hash);

int imported_psk_make(struct imported_psk *p, cssl_bytes external, cssl_bytes identity,
                      cssl_bytes context, enum hash_alg target, cssl_error *err)
{
    struct wr w;
    struct secret epskx;
    uint8_t hash[HASH_MAX];
    wr_init(&w, IDENTITY_MAX);
    wr_vec16(&w, identity);
    wr_vec16(&w, context);
    wr_u16(&w, TLS_1_3);
    wr_u16(&w, target == HASH_SHA384 ? KDF_SHA384 : KDF_SHA256);
    *p = (struct imported_psk){ .hash = target };
    p->identity = wr_ok(&w) ? mem_copy(w.data, w.len) : NULL;
    p->identity_len = w.len;
    wr_free(&w);
    if (p->identity == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    /* RFC 9258 4.1: hash and HKDF are the external key's, the length is the target's. */
    hkdf_extract(HASH_SHA256, bytes_of(NULL, 0), external, &epskx);
    hash_once(HASH_SHA256, p->identity, p->identity_len, hash);
    p->secret.len = (uint8_t)hash_len(target);
    hkdf_expand_label(HASH_SHA256, &epskx, "derived psk", bytes_of(hash, hash_len(HASH_SHA256)),
                      p->secret.data, p->secret.len);
    secret_wipe(&epskx);
    return 0;
}

int config_import(cssl_config *config, cssl_error *err)
{
    static const enum hash_alg targets[] = { HASH_SHA256, HASH_SHA384 };
    if (!config->psk_import) {
        return 0;
    }
    config->imported = mem_new_array(ARRAY_LEN(targets), sizeof(*config->imported));
    if (config->imported == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    int ret = 0;
    for (size_t i = 0; ret == 0 && i < ARRAY_LEN(targets); i++) {
        if (wanted(config, targets[i])) {
            ret = imported_psk_make(&config->imported[config->num_imported++],
                                    bytes_of(config->psk, config->psk_len),
                                    bytes_str(config->psk_identity),
                                    bytes_of(config->psk_context, config->psk_context_len),
                                    targets[i], err);
        }
    }
    return ret;
}

void config_import_free(cssl_config *config)
{
    for (size_t i = 0; i < config->num_imported; i++) {
        mem_free(config->imported[i].identity);
        secret_wipe(&config->imported[i].secret);
    }
    mem_free(config->imported);
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

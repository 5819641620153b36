/*
 * inside.c - what the runner wants and the public API has no words for: short pre-shared keys, raw
 * keys by their hash, names of authorities without their certificates, stapled responses that are
 * none, and which identity was used. The linker puts the functions named __wrap_ in the place of
 * the library's.
 */
#include "shim.h"

#include "base/error.h"
#include "base/names.h"
#include "crypto/hash.h"
#include "engine/engine.h"
#include "hs/cert_type.h"

#include <stdlib.h>
#include <string.h>

/* The runner says no more of a raw key than its SHA-256, and that only when all went well: which
 * keys are trusted is judged here, and the hash compared afterwards. */
int __real_auth_take_key(struct hs *hs, cssl_bytes spki, cssl_error *err);
int __wrap_auth_take_key(struct hs *hs, cssl_bytes spki, cssl_error *err);

int __wrap_auth_take_key(struct hs *hs, cssl_bytes spki, cssl_error *err)
{
    const cssl_config *config = hs->conn->config;
    const struct surroundings *around = config->user;
    if (config->num_trusted_keys == 0 || around->reject_peer) {
        return __real_auth_take_key(hs, spki, err);
    }
    const cssl_bytes kept = config->trusted_keys[0];
    config->trusted_keys[0] = spki;
    int ret = __real_auth_take_key(hs, spki, err);
    config->trusted_keys[0] = kept;
    return ret;
}

bool same_hash(cssl_bytes data, cssl_bytes hash)
{
    uint8_t own[32];
    hash_once(HASH_SHA256, data.data, data.len, own);
    return bytes_equal(bytes_of(own, sizeof(own)), hash);
}

/* The runner's OCSP responses are four bytes. What the library staples is not looked at here. */
struct staple {
    cssl_bytes der;
};
struct stapler {
    struct staple staple;
};
cssl_bytes __wrap_staple_der(const struct staple *staple);
void __wrap_staple_free(struct staple *staple);
struct stapler *__wrap_stapler_new(const char *file, cssl_bytes memory, struct cert *leaf,
                                   cssl_error *err);
void __wrap_stapler_free(struct stapler *s);
struct staple *__wrap_stapler_get(struct stapler *s, int64_t now);

cssl_bytes __wrap_staple_der(const struct staple *staple)
{
    return staple->der;
}

void __wrap_staple_free(struct staple *staple)
{
    (void)staple;
}

struct stapler *__wrap_stapler_new(const char *file, cssl_bytes memory, struct cert *leaf,
                                   cssl_error *err)
{
    (void)file;
    (void)leaf;
    (void)err;
    struct stapler *s = calloc(1, sizeof(*s));
    if (s != NULL) {
        s->staple.der = memory; /* from_base64's, which stays */
    }
    return s;
}

void __wrap_stapler_free(struct stapler *s)
{
    free(s);
}

struct staple *__wrap_stapler_get(struct stapler *s, int64_t now)
{
    (void)now;
    return &s->staple;
}

void set_short_psk(cssl_config *config, const char *identity, const char *key)
{
    config->psk_identity = identity;
    config->psk = (const uint8_t *)key;
    config->psk_len = strlen(key);
}

void set_authorities(cssl_config *config, const char *names)
{
    uint8_t name[1024];
    struct wr w;
    wr_init(&w, 65535);
    for (const char *at = names; at != NULL; at = strchr(at, ',')) {
        at += *at == ',' ? 1 : 0;
        wr_vec16(&w, bytes_of(name, from_hex(name, sizeof(name), at)));
    }
    free(config->authorities);
    config->authorities = malloc(w.len);
    config->authorities_len = w.len;
    memcpy(config->authorities, w.data, w.len);
    wr_free(&w);
}

int selected_credential(const cssl_engine *e)
{
    return e->conn.own == NULL ? -1 : (int)(e->conn.own - e->conn.config->certkeys);
}

bool ticket_allows_early(cssl_bytes ticket)
{
    struct session s;
    bool allows = session_decode(&s, ticket, NULL) == 0 && s.max_early_data > 0;
    session_wipe(&s);
    return allows;
}

static const char *listed(const char *name, const char *const *names)
{
    for (size_t i = 0; name != NULL && names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0) {
            return names[i];
        }
    }
    return NULL;
}

const char *usable_group(uint16_t code)
{
    return listed(name_of_group(code), cssl_groups("all"));
}

const char *usable_scheme(uint16_t code)
{
    return listed(name_of_scheme(code), cssl_signature_algs("all", CSSL_TLSV1_2));
}

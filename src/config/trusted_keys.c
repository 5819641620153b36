/* trusted_keys.c - reads the keys that are trusted as they are. Compares none. */
#include "config/trusted_keys.h"

#include "base/error.h"
#include "base/mem.h"
#include "crypto/pem.h"

static int add(cssl_config *config, cssl_bytes der, cssl_error *err);
static int add_pem(cssl_config *config, cssl_bytes text, cssl_error *err);

int trusted_keys_load(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    if (o->num_trusted_keys == 0) {
        return 0;
    }
    config->trusted_keys = mem_new_array(o->num_trusted_keys, sizeof(*config->trusted_keys));
    if (config->trusted_keys == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    int ret = 0;
    for (size_t i = 0; ret == 0 && i < o->num_trusted_keys; i++) {
        cssl_bytes key = o->trusted_keys[i];
        ret = pem_looks_like(key) ? add_pem(config, key, err) : add(config, key, err);
    }
    return ret;
}

void trusted_keys_free(cssl_config *config)
{
    for (size_t i = 0; i < config->num_trusted_keys; i++) {
        mem_free((uint8_t *)(uintptr_t)config->trusted_keys[i].data);
    }
    mem_free(config->trusted_keys);
}

static int add(cssl_config *config, cssl_bytes der, cssl_error *err)
{
    struct spki_info info;
    bool read = spki_inspect(der, &info, NULL) == 0 && info.type != KEY_NONE;
    bool weak = read && (info.type == KEY_RSA || info.type == KEY_RSA_PSS) &&
                info.bits < PKEY_RSA_MIN_BITS;
    if (!read || weak) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "trusted_keys",
                           "number %zu is %s", config->num_trusted_keys,
                           weak ? "an RSA key of less than 2,048 bits"
                                : "no SubjectPublicKeyInfo of a kind that is supported; make it "
                                  "with: openssl pkey -in key.pem -pubout");
    }
    const uint8_t *copy = mem_copy(der.data, der.len);
    if (copy == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    config->trusted_keys[config->num_trusted_keys++] = bytes_of(copy, der.len);
    return 0;
}

static int add_pem(cssl_config *config, cssl_bytes text, cssl_error *err)
{
    struct pem_block block;
    size_t at = 0;
    if (pem_next(text, &at, &block, NULL) != 0) {
        return fail_option(err, CSSL_R_OPTION_VALUE, "trusted_keys", "number %zu is damaged PEM",
                           config->num_trusted_keys);
    }
    int ret = strcmp(block.label, "PUBLIC KEY") == 0
                  ? add(config, bytes_of(block.der, block.len), err)
                  : fail_option(err, CSSL_R_OPTION_VALUE, "trusted_keys",
                                "number %zu does not begin with -----BEGIN PUBLIC KEY-----",
                                config->num_trusted_keys);
    pem_free(&block);
    return ret;
}

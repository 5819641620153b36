/* dh.c - groups of finite-field Diffie-Hellman: read, checked, recognised. Makes no keys. */
#include "crypto/dh.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"
#include "crypto/asn1.h"
#include "crypto/kx_impl.h"
#include "crypto/pem.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

static size_t bits_in(cssl_bytes n);
static bool in_range(cssl_bytes g, cssl_bytes p);
static struct dh_params *read_der(cssl_bytes der, cssl_error *err);
static EVP_PKEY *named(uint16_t group);
static int check_safe_prime(const struct dh_params *dh, cssl_error *err);

struct dh_params *dh_params_new(cssl_bytes p, cssl_bytes g, cssl_error *err)
{
    size_t bits = bits_in(p);
    if (bits < DH_BITS_MIN) {
        (void)fail_text(err, CSSL_R_DH_TOO_SMALL, "%zu bits, the least is %d", bits, DH_BITS_MIN);
        return NULL;
    }
    if (bits > DH_BITS_MAX || (p.data[p.len - 1] & 1) == 0 || !in_range(g, p)) {
        (void)fail_text(err, CSSL_R_DH_PARAMS, "%s",
                        bits > DH_BITS_MAX ? "the prime is longer than 8,192 bits"
                        : (p.data[p.len - 1] & 1) == 0 ? "the prime is even"
                                                       : "the generator is not within 2 to p-2");
        return NULL;
    }
    struct dh_params *dh = mem_new(sizeof(*dh));
    if (dh == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    dh->p_len = (uint16_t)p.len;
    dh->g_len = (uint16_t)g.len;
    memcpy(dh->p, p.data, p.len);
    memcpy(dh->g, g.data, g.len);
    return dh;
}

struct dh_params *dh_params_of(uint16_t group, cssl_error *err)
{
    uint8_t p[DH_BYTES_MAX];
    uint8_t g[8];
    BIGNUM *n[2] = { NULL, NULL };
    struct dh_params *dh = NULL;
    EVP_PKEY *key = named(group);
    if (key != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, &n[0]) == 1 &&
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_G, &n[1]) == 1 &&
        BN_num_bytes(n[0]) <= DH_BYTES_MAX && BN_num_bytes(n[1]) <= (int)sizeof(g)) {
        size_t p_len = (size_t)BN_bn2bin(n[0], p);
        size_t g_len = (size_t)BN_bn2bin(n[1], g);
        dh = dh_params_new(bytes_of(p, p_len), bytes_of(g, g_len), err);
    } else {
        ERR_clear_error();
        (void)fail(err, CSSL_R_CRYPTO_FAILED);
    }
    BN_free(n[0]);
    BN_free(n[1]);
    EVP_PKEY_free(key);
    return dh;
}

uint16_t dh_params_group(const struct dh_params *dh)
{
    char name[64] = "";
    size_t len = 0;
    EVP_PKEY *key = dh_key(dh);
    /* libcrypto recognises the groups that it has names for by their numbers. */
    bool named = key != NULL && EVP_PKEY_get_group_name(key, name, sizeof(name), &len) == 1;
    EVP_PKEY_free(key);
    ERR_clear_error();
    return named ? group_of_name(name) : 0;
}

struct dh_params *dh_params_read(cssl_bytes file, cssl_error *err)
{
    struct dh_params *dh = NULL;
    if (!pem_looks_like(file)) {
        dh = read_der(file, err);
    } else {
        size_t at = 0;
        struct pem_block block;
        do {
            if (pem_next(file, &at, &block, err) != 0) {
                return NULL;
            }
            if (strcmp(block.label, "DH PARAMETERS") == 0) {
                dh = read_der(bytes_of(block.der, block.len), err);
                pem_free(&block);
                break;
            }
            if (block.label[0] == '\0') {
                (void)fail_text(err, CSSL_R_DH_PARAMS, "there is no block DH PARAMETERS");
            }
            pem_free(&block);
        } while (block.label[0] != '\0');
    }
    if (dh != NULL && dh_params_group(dh) == 0 && check_safe_prime(dh, err) != 0) {
        mem_free(dh);
        return NULL;
    }
    return dh;
}

EVP_PKEY *dh_key(const struct dh_params *dh)
{
    enum { SECRET_BITS = 512 }; /* twice what 8,192 bits are worth and more: RFC 7919 5.2 */
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    BIGNUM *p = BN_bin2bn(dh->p, dh->p_len, NULL);
    BIGNUM *g = BN_bin2bn(dh->g, dh->g_len, NULL);
    bool ok = ctx != NULL && build != NULL && p != NULL && g != NULL &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, p) == 1 &&
              OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, g) == 1 &&
              OSSL_PARAM_BLD_push_int(build, OSSL_PKEY_PARAM_DH_PRIV_LEN, SECRET_BITS) == 1 &&
              (params = OSSL_PARAM_BLD_to_param(build)) != NULL &&
              EVP_PKEY_fromdata_init(ctx) == 1 &&
              EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) == 1;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    BN_free(p);
    BN_free(g);
    if (!ok) {
        ERR_clear_error();
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* named is a group that has a name, without a pair in it: that would cost as much as a handshake,
 * and clients choose how often. */
static EVP_PKEY *named(uint16_t group)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                               (char *)(uintptr_t)name_of_group(group), 0),
        OSSL_PARAM_END,
    };
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) != 1) {
        ERR_clear_error();
        EVP_PKEY_free(key);
        key = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static size_t bits_in(cssl_bytes n)
{
    size_t bits = n.len * 8;
    for (unsigned top = n.len == 0 ? 0x80 : n.data[0]; bits > 0 && top < 0x80; top <<= 1) {
        bits--;
    }
    return bits;
}

/* in_range: 1 < g < p-1, where p is odd, so that p-1 differs from it in the last bit alone. */
static bool in_range(cssl_bytes g, cssl_bytes p)
{
    if (g.len == 0 || g.len > p.len || (g.len == 1 && g.data[0] < 2)) {
        return false;
    }
    if (g.len < p.len) {
        return true;
    }
    int order = memcmp(g.data, p.data, p.len - 1);
    return order < 0 || (order == 0 && g.data[p.len - 1] < p.data[p.len - 1] - 1);
}

/* PKCS#3 (RFC 2631's are of another form): SEQUENCE { p, g, length of the private value }. */
static struct dh_params *read_der(cssl_bytes der, cssl_error *err)
{
    struct rd r = rd_of(der);
    struct rd body = asn1_open(&r, TAG_SEQUENCE);
    cssl_bytes p = asn1_natural(&body);
    cssl_bytes g = asn1_natural(&body);
    if (rd_more(&body)) {
        (void)asn1_small(&body);
    }
    if (!rd_done(&body) || !rd_done(&r)) {
        (void)fail_text(err, CSSL_R_DH_PARAMS, "this is not PKCS#3's DHParameter");
        return NULL;
    }
    return dh_params_new(p, g, err);
}

static bool passes_fermat(const BIGNUM *n, BN_CTX *ctx)
{
    static const BN_ULONG bases[] = { 2, 3, 5 };
    BIGNUM *base = BN_new();
    BIGNUM *power = BN_dup(n);
    BIGNUM *result = BN_new();
    bool ok = base != NULL && power != NULL && result != NULL && BN_sub_word(power, 1) == 1;
    for (size_t i = 0; ok && i < ARRAY_LEN(bases); i++) {
        ok = BN_set_word(base, bases[i]) == 1 && BN_mod_exp(result, base, power, n, ctx) == 1 &&
             BN_is_one(result);
    }
    BN_free(base);
    BN_free(power);
    BN_free(result);
    return ok;
}

static int check_safe_prime(const struct dh_params *dh, cssl_error *err)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = BN_bin2bn(dh->p, dh->p_len, NULL);
    BIGNUM *half = p == NULL ? NULL : BN_dup(p);
    bool ok = ctx != NULL && half != NULL && BN_rshift1(half, half) == 1;
    bool prime = ok && passes_fermat(p, ctx);
    bool safe = prime && passes_fermat(half, ctx);
    BN_free(p);
    BN_free(half);
    BN_CTX_free(ctx);
    ERR_clear_error();
    if (!ok) {
        return fail(err, CSSL_R_NOMEM);
    }
    return safe ? 0
                : fail_text(err, CSSL_R_DH_PARAMS, "%s",
                            prime ? "(p-1)/2 is not prime, so there are small subgroups; make "
                                    "parameters without -dsaparam"
                                  : "the modulus is not prime: the file is damaged");
}

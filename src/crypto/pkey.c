/* pkey.c - private keys: made, loaded, checked, written, and signatures made with them. How their
 * files are wrapped is in pkcs8.c; what public keys look like, and verifying, in spki.c. */
#include "crypto/pkey.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"
#include "crypto/pkcs8.h"
#include "crypto/spki.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdatomic.h>

struct pkey {
    atomic_uint refs;
    struct ec_pair pair; /* of an EC key */
    EVP_PKEY *evp;       /* of any other key */
    struct spki pub;     /* views into spki_der */
    uint8_t *spki_der;
    size_t spki_len;
    uint8_t *pkcs8; /* plain, in its plainest form */
    size_t pkcs8_len;
};

static int load(struct pkey *key, const struct pkcs8 *p8, cssl_error *err);
static int load_ec(struct pkey *key, const struct pkcs8 *p8, cssl_error *err);
static int load_evp(struct pkey *key, const struct pkcs8 *p8, cssl_error *err);
static int self_test(const struct pkey *key, cssl_error *err);
static EVP_PKEY *generate_evp(enum key_type type, unsigned bits);
static int write_ec(enum key_type type, cssl_bytes scalar, cssl_bytes point, uint8_t **der,
                    size_t *len);

struct pkey *pkey_from_der(cssl_bytes der, const char *password, cssl_error *err)
{
    struct pkcs8_file file;
    if (pkcs8_open(&file, der, password, err) != 0) {
        return NULL;
    }
    struct pkey *key = mem_new(sizeof(*key));
    int ret = 0;
    if (key == NULL) {
        ret = fail(err, CSSL_R_NOMEM);
    } else {
        atomic_init(&key->refs, 1);
        ret = load(key, &file.key, err);
    }
    pkcs8_close(&file);
    if (ret != 0) {
        pkey_free(key);
        return NULL;
    }
    return key;
}

struct pkey *pkey_generate(enum key_type type, unsigned bits, cssl_error *err)
{
    uint8_t *der = NULL;
    size_t len = 0;
    if (key_is_rsa(type) && (bits < PKEY_RSA_MIN_BITS || bits > PKEY_RSA_MAX_BITS)) {
        (void)fail_text(err, CSSL_R_KEY_UNSUPPORTED, "RSA keys have %d to %d bits, not %u",
                        PKEY_RSA_MIN_BITS, PKEY_RSA_MAX_BITS, bits);
        return NULL;
    }
    if (key_is_ec(type)) {
        uint8_t scalar[EC_FIELD_MAX];
        size_t field = ec_field_len(key_curve(type));
        if (ec_scalar_draw(key_curve(type), NULL, scalar, err) != 0) {
            return NULL;
        }
        int ret = write_ec(type, bytes_of(scalar, field), bytes_of(NULL, 0), &der, &len);
        mem_wipe(scalar, sizeof(scalar));
        if (ret != 0) {
            (void)fail(err, CSSL_R_NOMEM);
            return NULL;
        }
    } else {
        EVP_PKEY *evp = type == KEY_NONE ? NULL : generate_evp(type, bits);
        int ret = evp == NULL ? -1 : pkcs8_of_evp(evp, &der, &len);
        EVP_PKEY_free(evp);
        if (ret != 0) {
            ERR_clear_error();
            (void)fail_text(err, CSSL_R_KEY_UNSUPPORTED, "this libcrypto cannot make %s keys",
                            key_algorithm(type));
            return NULL;
        }
    }
    struct pkey *key = pkey_from_der(bytes_of(der, len), NULL, err);
    mem_free_wiped(der, len);
    return key;
}

struct pkey *pkey_ref(struct pkey *key)
{
    (void)atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
    return key;
}

void pkey_free(struct pkey *key)
{
    if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    ec_pair_free(&key->pair);
    EVP_PKEY_free(key->evp);
    mem_free(key->spki_der);
    mem_free_wiped(key->pkcs8, key->pkcs8_len);
    mem_free_wiped(key, sizeof(*key));
}

enum key_type pkey_type(const struct pkey *key)
{
    return key->pub.type;
}

unsigned pkey_bits(const struct pkey *key)
{
    return key->pub.bits;
}

cssl_bytes pkey_spki(const struct pkey *key)
{
    return bytes_of(key->spki_der, key->spki_len);
}

int pkey_to_der(const struct pkey *key, const char *password, uint8_t **der, size_t *len,
                cssl_error *err)
{
    *der = NULL;
    *len = 0;
    cssl_bytes plain = bytes_of(key->pkcs8, key->pkcs8_len);
    if (password != NULL) {
        return pkcs8_encrypt(plain, password, der, len, err);
    }
    *der = mem_copy(plain.data, plain.len);
    if (*der == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    *len = plain.len;
    return 0;
}

bool pkey_can_sign(const struct pkey *key, uint16_t scheme)
{
    const struct scheme_row *row = scheme_find(scheme);
    if (!scheme_available(scheme) || !scheme_fits_key(scheme, key->pub.type, true)) {
        return false;
    }
    return !key->pub.pss_bound || (key->pub.pss_hash == (enum hash_alg)row->hash &&
                                   key->pub.pss_salt <= hash_len(key->pub.pss_hash));
}

static bool sign_rsa(EVP_PKEY *evp, const struct scheme_row *row, cssl_bytes digest, uint8_t *sig,
                     size_t *sig_len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(evp, NULL);
    bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 && rsa_padding(ctx, row) &&
              EVP_PKEY_sign(ctx, sig, sig_len, digest.data, digest.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static bool sign_raw(EVP_PKEY *evp, cssl_bytes data, uint8_t *sig, size_t *sig_len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, evp, NULL) == 1 &&
              EVP_DigestSign(ctx, sig, sig_len, data.data, data.len) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

int pkey_sign(const struct pkey *key, uint16_t scheme, cssl_bytes data, uint8_t *sig,
              size_t *sig_len, cssl_error *err)
{
    *sig_len = 0;
    if (!pkey_can_sign(key, scheme)) {
        const char *name = name_of_scheme(scheme);
        return fail_text(err, CSSL_R_KEY_CANNOT_SIGN, "%s with an %s key of %u bits",
                         name == NULL ? "an unknown scheme" : name, key_algorithm(key->pub.type),
                         key->pub.bits);
    }
    const struct scheme_row *row = scheme_find(scheme);
    enum hash_alg hash = (enum hash_alg)row->hash;
    uint8_t out[HASH_MAX];
    cssl_bytes digest = bytes_of(out, hash_len(hash));
    if (hash != HASH_NONE) {
        hash_once(hash, data.data, data.len, out);
    }
    size_t len = PKEY_SIGNATURE_MAX;
    bool ok = false;
    if (row->kind == SIGN_ECDSA) {
        ok = ec()->sign(&key->pair, digest, sig, &len) == 0;
    } else if (key_is_rsa(key->pub.type)) {
        ok = sign_rsa(key->evp, row, digest, sig, &len);
    } else {
        ok = sign_raw(key->evp, data, sig, &len);
    }
    if (!ok) {
        ERR_clear_error();
        return fail_text(err, CSSL_R_CRYPTO_FAILED, "%s could not be made", name_of_scheme(scheme));
    }
    *sig_len = len;
    return 0;
}

bool pkey_can_decrypt(const struct pkey *key)
{
    return key->pub.type == KEY_RSA;
}

int pkey_decrypt_premaster(const struct pkey *key, uint16_t version, cssl_bytes encrypted,
                           uint8_t premaster[PREMASTER_RSA], cssl_error *err)
{
    if (!pkey_can_decrypt(key)) {
        return fail_text(err, CSSL_R_KEY_CANNOT_SIGN, "an %s key cannot decrypt",
                         key_algorithm(key->pub.type));
    }
    uint8_t out[PKEY_RSA_MAX_BITS / 8] = { 0 };
    size_t len = sizeof(out);
    int done = 0;
    unsigned client_version = version;
    OSSL_PARAM params[] = {
        OSSL_PARAM_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, &client_version),
        OSSL_PARAM_END,
    };
    /* libcrypto draws random bytes itself for a padding or a version that is wrong, and compares
     * without branches. What it does not give is this; nothing here depends on whether it does. */
    int ret = rand_fill(NULL, premaster, PREMASTER_RSA, err);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->evp, NULL);
    if (ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_WITH_TLS_PADDING) == 1 &&
        EVP_PKEY_CTX_set_params(ctx, params) == 1) {
        done = EVP_PKEY_decrypt(ctx, out, &len, encrypted.data, encrypted.len);
    }
    const uint32_t given = ct_mask_eq((uint32_t)done, 1) & ct_mask_eq((uint32_t)len, PREMASTER_RSA);
    for (size_t i = 0; i < PREMASTER_RSA; i++) {
        premaster[i] = (uint8_t)((premaster[i] & ~given) | (out[i] & given));
    }
    EVP_PKEY_CTX_free(ctx);
    mem_wipe(out, sizeof(out));
    ERR_clear_error();
    return ret;
}

static int load(struct pkey *key, const struct pkcs8 *p8, cssl_error *err)
{
    int ret = key_is_ec(p8->alg.type) ? load_ec(key, p8, err) : load_evp(key, p8, err);
    if (ret != 0) {
        return ret;
    }
    cssl_error why;
    if (spki_read(pkey_spki(key), &key->pub, &why) != 0 || key->pub.type != p8->alg.type) {
        return fail_text(err, CSSL_R_KEY_INCONSISTENT, "its public half cannot be used");
    }
    if (key_is_rsa(key->pub.type) &&
        (key->pub.bits < PKEY_RSA_MIN_BITS || key->pub.bits > PKEY_RSA_MAX_BITS)) {
        return fail_text(err, CSSL_R_KEY_UNSUPPORTED, "RSA keys have %d to %d bits, not %u",
                         PKEY_RSA_MIN_BITS, PKEY_RSA_MAX_BITS, key->pub.bits);
    }
    return self_test(key, err);
}

/* load_ec makes the pair anew from the scalar, so that the public half cannot be another's. */
static int load_ec(struct pkey *key, const struct pkcs8 *p8, cssl_error *err)
{
    enum ec_curve curve = key_curve(p8->alg.type);
    uint8_t scalar[EC_FIELD_MAX];
    uint8_t point[EC_POINT_MAX];
    cssl_bytes stated;
    int ret = pkcs8_ec_read(p8, scalar, &stated, err);
    if (ret == 0 && ec_pair_init(&key->pair, ec(), curve, scalar, point) != 0) {
        ret = fail_text(err, CSSL_R_KEY_MALFORMED, "its number is not a private key of the curve");
    }
    cssl_bytes whole = bytes_of(point, ec_point_len(curve));
    if (ret == 0 && stated.len > 0 && !pkcs8_point_matches(stated, whole)) {
        ret = fail_text(err, CSSL_R_KEY_INCONSISTENT,
                        "the public key in it belongs to another private key");
    }
    if (ret == 0) {
        cssl_bytes number = bytes_of(scalar, ec_field_len(curve));
        struct wr w;
        wr_init(&w, 512);
        size_t bits = asn1_header_len(whole.len + 1) + whole.len + 1;
        size_t alg = key_alg_len(p8->alg.type);
        asn1_put_header(&w, TAG_SEQUENCE, alg + bits);
        key_alg_write(&w, p8->alg.type);
        asn1_put_header(&w, TAG_BIT_STRING, whole.len + 1);
        wr_u8(&w, 0);
        wr_bytes(&w, whole);
        key->spki_der = wr_ok(&w) ? mem_copy(w.data, w.len) : NULL;
        key->spki_len = w.len;
        wr_free(&w);
        if (key->spki_der == NULL ||
            write_ec(p8->alg.type, number, whole, &key->pkcs8, &key->pkcs8_len) != 0) {
            ret = fail(err, CSSL_R_NOMEM);
        }
    }
    mem_wipe(scalar, sizeof(scalar));
    return ret;
}

static int load_evp(struct pkey *key, const struct pkcs8 *p8, cssl_error *err)
{
    int ret = key_is_rsa(p8->alg.type) ? pkcs8_rsa_check(p8, err) : 0;
    if (ret != 0) {
        return ret;
    }
    key->evp = pkcs8_to_evp(p8);
    if (key->evp == NULL) {
        ERR_clear_error();
        return fail_text(err, CSSL_R_KEY_MALFORMED, "libcrypto cannot read it as an %s key",
                         key_algorithm(p8->alg.type));
    }
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(key->evp, &der);
    if (len > 0) {
        key->spki_der = mem_copy(der, (size_t)len);
        key->spki_len = (size_t)len;
    }
    OPENSSL_free(der);
    if (key->spki_der == NULL || pkcs8_of_evp(key->evp, &key->pkcs8, &key->pkcs8_len) != 0) {
        ERR_clear_error();
        return fail(err, CSSL_R_NOMEM);
    }
    return 0;
}

/* self_test signs with the private half and verifies with the public one. */
static int self_test(const struct pkey *key, cssl_error *err)
{
    static const uint8_t data[] = "a key is checked when it is loaded";
    static const uint16_t schemes[] = {
        SCHEME_ECDSA_SECP256R1_SHA256,
        SCHEME_ECDSA_SECP384R1_SHA384,
        SCHEME_ECDSA_SECP521R1_SHA512,
        SCHEME_ED25519,
        SCHEME_ED448,
        SCHEME_RSA_PSS_RSAE_SHA256,
        SCHEME_RSA_PSS_PSS_SHA256,
        SCHEME_RSA_PSS_PSS_SHA384,
        SCHEME_RSA_PSS_PSS_SHA512,
        SCHEME_MLDSA44,
        SCHEME_MLDSA65,
        SCHEME_MLDSA87,
    };
    uint8_t sig[PKEY_SIGNATURE_MAX];
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (!pkey_can_sign(key, schemes[i])) {
            continue;
        }
        size_t len = 0;
        cssl_bytes text = bytes_of(data, sizeof(data));
        cssl_error why;
        if (pkey_sign(key, schemes[i], text, sig, &len, &why) != 0 ||
            spki_verify(pkey_spki(key), schemes[i], text, bytes_of(sig, len), &why) != 0) {
            return fail_text(err, CSSL_R_KEY_INCONSISTENT,
                             "what it signs cannot be verified with its public half");
        }
        return 0;
    }
    return fail_text(err, CSSL_R_KEY_UNSUPPORTED,
                     "an %s key whose parameters leave no signature scheme",
                     key_algorithm(key->pub.type));
}

static EVP_PKEY *generate_evp(enum key_type type, unsigned bits)
{
    EVP_PKEY *evp = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, key_algorithm(type), NULL);
    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
        (key_is_rsa(type) && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) != 1) ||
        EVP_PKEY_generate(ctx, &evp) != 1) {
        evp = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return evp;
}

/* write_ec writes PKCS#8 around an ECPrivateKey (RFC 5915), the point in it unless it is empty. */
static int write_ec(enum key_type type, cssl_bytes scalar, cssl_bytes point, uint8_t **der,
                    size_t *len)
{
    struct wr w;
    uint8_t inner[512];
    wr_fixed(&w, inner, sizeof(inner));
    size_t bits = point.len == 0 ? 0 : asn1_header_len(point.len + 1) + point.len + 1;
    size_t context = bits == 0 ? 0 : asn1_header_len(bits) + bits;
    asn1_put_header(&w, TAG_SEQUENCE, 3 + 2 + scalar.len + context);
    asn1_put(&w, TAG_INTEGER, bytes_of((const uint8_t[]){ 1 }, 1));
    asn1_put(&w, TAG_OCTET_STRING, scalar);
    if (bits > 0) {
        asn1_put_header(&w, TAG_CONTEXT(1), bits);
        asn1_put_header(&w, TAG_BIT_STRING, point.len + 1);
        wr_u8(&w, 0);
        wr_bytes(&w, point);
    }
    int ret = wr_ok(&w) ? pkcs8_wrap(type, wr_view(&w), der, len) : -1;
    mem_wipe(inner, sizeof(inner));
    return ret;
}

/* spki.c - takes public keys apart and verifies signatures with them. Knows no certificate. */
#include "crypto/spki.h"

#include "base/error.h"
#include "base/names.h"
#include "crypto/hash_evp.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

struct oid_row {
    enum key_type type;
    uint8_t len;
    uint8_t oid[10];
};

static const struct oid_row algorithms[] = {
    { KEY_RSA, 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 } },
    { KEY_RSA_PSS, 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a } },
    { KEY_ED25519, 3, { 0x2b, 0x65, 0x70 } },
    { KEY_ED448, 3, { 0x2b, 0x65, 0x71 } },
    { KEY_MLDSA44, 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11 } },
    { KEY_MLDSA65, 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12 } },
    { KEY_MLDSA87, 9, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13 } },
};
static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const struct oid_row curve_oids[] = {
    { KEY_EC_P256, 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 } },
    { KEY_EC_P384, 5, { 0x2b, 0x81, 0x04, 0x00, 0x22 } },
    { KEY_EC_P521, 5, { 0x2b, 0x81, 0x04, 0x00, 0x23 } },
};
static const uint8_t oid_mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08 };

/* The lengths of raw public keys, and what pkey_bits says of them. */
static const struct {
    uint16_t len, bits;
} raw_keys[] = {
    [KEY_ED25519] = { 32, 256 },   [KEY_ED448] = { 57, 456 },     [KEY_MLDSA44] = { 1312, 128 },
    [KEY_MLDSA65] = { 1952, 192 }, [KEY_MLDSA87] = { 2592, 256 },
};

static void read_pss_params(struct rd *r, struct key_alg *alg);
static bool read_key(struct spki *spki);
static int verify_ec(const struct spki *spki, const struct scheme_row *row, cssl_bytes data,
                     cssl_bytes sig, cssl_error *err);
static int verify_rsa(const struct spki *spki, const struct scheme_row *row, cssl_bytes data,
                      cssl_bytes sig, cssl_error *err);
static int verify_raw(const struct spki *spki, cssl_bytes data, cssl_bytes sig, cssl_error *err);
static EVP_PKEY *rsa_key(const struct spki *spki);

int spki_inspect(cssl_bytes der, struct spki_info *info, cssl_error *err)
{
    struct spki spki;
    int ret = spki_read(der, &spki, err);
    *info = (struct spki_info){ .type = spki.type, .bits = spki.bits };
    return ret;
}

int spki_verify(cssl_bytes der, uint16_t scheme, cssl_bytes data, cssl_bytes sig, cssl_error *err)
{
    const struct scheme_row *row = scheme_find(scheme);
    if (!scheme_available(scheme)) {
        const char *name = name_of_scheme(scheme);
        return fail_text(err, CSSL_R_SCHEME_UNUSABLE, "%s%s", name == NULL ? "unknown" : name,
                         row != NULL && row->weak ? " (signatures on SHA-1 can be forged)" : "");
    }
    struct spki spki;
    int ret = spki_read(der, &spki, err);
    if (ret != 0) {
        return ret;
    }
    if (!scheme_fits_key(scheme, spki.type, false)) {
        return fail_text(err, CSSL_R_BAD_PUBLIC_KEY, "an %s key cannot make %s signatures",
                         key_algorithm(spki.type), name_of_scheme(scheme));
    }
    switch ((enum scheme_kind)row->kind) {
    case SIGN_ECDSA: return verify_ec(&spki, row, data, sig, err);
    case SIGN_PKCS1:
    case SIGN_PSS: return verify_rsa(&spki, row, data, sig, err);
    case SIGN_EDDSA:
    case SIGN_MLDSA: break;
    }
    return verify_raw(&spki, data, sig, err);
}

int spki_encrypt(cssl_bytes der, cssl_bytes data, uint8_t *out, size_t *out_len, cssl_error *err)
{
    struct spki spki;
    int ret = spki_read(der, &spki, err);
    if (ret != 0) {
        return ret;
    }
    if (spki.type != KEY_RSA || spki.bits < PKEY_RSA_MIN_BITS || spki.bits > PKEY_RSA_MAX_BITS) {
        return fail_text(err, CSSL_R_BAD_PUBLIC_KEY, "an %s key of %u bits to encrypt with",
                         key_algorithm(spki.type), spki.bits);
    }
    *out_len = PKEY_SIGNATURE_MAX;
    EVP_PKEY *key = rsa_key(&spki);
    EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_encrypt(ctx, out, out_len, data.data, data.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (!ok) {
        ERR_clear_error();
        *out_len = 0;
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    return 0;
}

int spki_read(cssl_bytes der, struct spki *out, cssl_error *err)
{
    *out = (struct spki){ 0 };
    struct rd r = rd_of(der);
    struct rd body = asn1_open(&r, TAG_SEQUENCE);
    struct key_alg alg = key_alg_read(&body);
    cssl_bytes key = asn1_bits(&body);
    if (!rd_done(&body) || !rd_done(&r)) {
        return fail_text(err, CSSL_R_BAD_PUBLIC_KEY, "its SubjectPublicKeyInfo is malformed");
    }
    *out = (struct spki){ .type = alg.type,
                          .key = key,
                          .pss_bound = alg.pss_bound,
                          .pss_hash = alg.pss_hash,
                          .pss_salt = alg.pss_salt };
    if (!read_key(out)) {
        enum key_type type = out->type;
        *out = (struct spki){ 0 };
        return fail_text(err, CSSL_R_BAD_PUBLIC_KEY, "the %s key in it is malformed",
                         key_algorithm(type));
    }
    return 0;
}

struct key_alg key_alg_read(struct rd *r)
{
    struct key_alg alg = { .type = KEY_NONE };
    struct rd body = asn1_open(r, TAG_SEQUENCE);
    cssl_bytes oid = asn1_view(&body, TAG_OID);
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        if (bytes_equal(oid, bytes_of(algorithms[i].oid, algorithms[i].len))) {
            alg.type = algorithms[i].type;
        }
    }
    if (bytes_equal(oid, bytes_of(oid_ec, sizeof(oid_ec))) && asn1_is(&body, TAG_OID)) {
        cssl_bytes curve = asn1_view(&body, TAG_OID);
        for (size_t i = 0; i < ARRAY_LEN(curve_oids); i++) {
            if (bytes_equal(curve, bytes_of(curve_oids[i].oid, curve_oids[i].len))) {
                alg.type = curve_oids[i].type;
            }
        }
    } else if (alg.type == KEY_RSA) {
        struct rd null = asn1_open(&body, TAG_NULL); /* RFC 3279 2.3.1: MUST be NULL */
        body.bad = body.bad || !rd_done(&null);
    } else if (alg.type == KEY_RSA_PSS && rd_more(&body)) {
        read_pss_params(&body, &alg);
    } else if (alg.type == KEY_NONE && rd_more(&body)) {
        (void)asn1_element(&body); /* one element of parameters, or none */
    }
    if (!rd_done(&body) || oid.len == 0) {
        r->bad = true;
        r->left = 0;
    }
    return alg;
}

void key_alg_write(struct wr *w, enum key_type type)
{
    const struct oid_row *row = key_is_ec(type) ? &curve_oids[type - KEY_EC_P256] : &algorithms[0];
    asn1_put_header(w, TAG_SEQUENCE, key_alg_len(type) - 2);
    if (key_is_ec(type)) {
        asn1_put(w, TAG_OID, bytes_of(oid_ec, sizeof(oid_ec)));
    }
    asn1_put(w, TAG_OID, bytes_of(row->oid, row->len));
    if (!key_is_ec(type)) {
        asn1_put_header(w, TAG_NULL, 0);
    }
}

size_t key_alg_len(enum key_type type)
{
    if (!key_is_ec(type)) {
        return 2 + 2 + algorithms[0].len + 2U;
    }
    return 2 + 2 + sizeof(oid_ec) + 2 + curve_oids[type - KEY_EC_P256].len;
}

enum ec_curve key_curve(enum key_type type)
{
    return type == KEY_EC_P521 ? EC_P521 : type == KEY_EC_P384 ? EC_P384 : EC_P256;
}

bool key_is_ec(enum key_type type)
{
    return type == KEY_EC_P256 || type == KEY_EC_P384 || type == KEY_EC_P521;
}

bool key_is_rsa(enum key_type type)
{
    return type == KEY_RSA || type == KEY_RSA_PSS;
}

bool rsa_numbers_ok(cssl_bytes n, cssl_bytes e)
{
    bool odd =
        n.len > 0 && e.len > 0 && (n.data[n.len - 1] & 1) == 1 && (e.data[e.len - 1] & 1) == 1;
    return odd && e.len <= RSA_EXPONENT_MAX && (e.len > 1 || e.data[0] >= 3) &&
           n.len <= INT_MAX / 8;
}

unsigned bits_of(cssl_bytes n)
{
    if (n.len == 0) {
        return 0;
    }
    unsigned bits = (unsigned)(n.len - 1) * 8;
    for (unsigned top = n.data[0]; top != 0; top >>= 1) {
        bits++;
    }
    return bits;
}

/* read_hash takes an AlgorithmIdentifier of a hash, whose parameters are NULL or absent. */
static enum hash_alg read_hash(struct rd *r)
{
    static const uint8_t sha2[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02 };
    static const uint8_t sha1[] = { 0x2b, 0x0e, 0x03, 0x02, 0x1a };
    struct rd body = asn1_open(r, TAG_SEQUENCE);
    cssl_bytes oid = asn1_view(&body, TAG_OID);
    if (rd_more(&body)) {
        struct rd null = asn1_open(&body, TAG_NULL);
        body.bad = body.bad || !rd_done(&null);
    }
    if (!rd_done(&body)) {
        r->bad = true;
        r->left = 0;
        return HASH_NONE;
    }
    if (bytes_equal(oid, bytes_of(sha1, sizeof(sha1)))) {
        return HASH_SHA1;
    }
    if (oid.len == sizeof(sha2) + 1 && memcmp(oid.data, sha2, sizeof(sha2)) == 0) {
        switch (oid.data[sizeof(sha2)]) {
        case 1: return HASH_SHA256;
        case 2: return HASH_SHA384;
        case 3: return HASH_SHA512;
        default: break;
        }
    }
    return HASH_NONE;
}

/* read_pss_params takes RSASSA-PSS-params (RFC 4055 3.1): the hash, MGF1 on the same hash, the
 * least salt, and the trailer that is always 1. A hash that is not known fits no scheme. */
static void read_pss_params(struct rd *r, struct key_alg *alg)
{
    enum hash_alg mgf_hash = HASH_SHA1;
    alg->pss_bound = true;
    alg->pss_hash = HASH_SHA1;
    alg->pss_salt = 20;
    struct rd body = asn1_open(r, TAG_SEQUENCE);
    if (asn1_is(&body, TAG_CONTEXT(0))) {
        struct rd field = asn1_open(&body, TAG_CONTEXT(0));
        alg->pss_hash = read_hash(&field);
        body.bad = body.bad || !rd_done(&field);
    }
    if (asn1_is(&body, TAG_CONTEXT(1))) {
        struct rd field = asn1_open(&body, TAG_CONTEXT(1));
        struct rd mgf = asn1_open(&field, TAG_SEQUENCE);
        cssl_bytes oid = asn1_view(&mgf, TAG_OID);
        mgf_hash = read_hash(&mgf);
        body.bad = body.bad || !rd_done(&mgf) || !rd_done(&field) ||
                   !bytes_equal(oid, bytes_of(oid_mgf1, sizeof(oid_mgf1)));
    }
    if (asn1_is(&body, TAG_CONTEXT(2))) {
        struct rd field = asn1_open(&body, TAG_CONTEXT(2));
        alg->pss_salt = asn1_small(&field);
        body.bad = body.bad || !rd_done(&field);
    }
    if (asn1_is(&body, TAG_CONTEXT(3))) {
        struct rd field = asn1_open(&body, TAG_CONTEXT(3));
        body.bad = asn1_small(&field) != 1 || body.bad || !rd_done(&field);
    }
    if (!rd_done(&body)) {
        r->bad = true;
        r->left = 0;
    }
    if (mgf_hash != alg->pss_hash) {
        alg->pss_hash = HASH_NONE;
    }
}

/* read_key checks the form of the public key's bytes and measures it. */
static bool read_key(struct spki *spki)
{
    cssl_bytes key = spki->key;
    if (spki->type == KEY_NONE) {
        return true;
    }
    if (key_is_rsa(spki->type)) {
        struct rd r = rd_of(key);
        struct rd body = asn1_open(&r, TAG_SEQUENCE);
        spki->n = asn1_natural(&body);
        spki->e = asn1_natural(&body);
        spki->bits = bits_of(spki->n);
        return rd_done(&body) && rd_done(&r) && rsa_numbers_ok(spki->n, spki->e);
    }
    if (key_is_ec(spki->type)) {
        enum ec_curve curve = key_curve(spki->type);
        spki->bits = curve == EC_P256 ? 256 : curve == EC_P384 ? 384 : 521;
        return key.len == ec_point_len(curve) && key.data[0] == 0x04;
    }
    spki->bits = raw_keys[spki->type].bits;
    return key.len == raw_keys[spki->type].len;
}

static int verify_ec(const struct spki *spki, const struct scheme_row *row, cssl_bytes data,
                     cssl_bytes sig, cssl_error *err)
{
    EC_POINT *point = ec_point_of(key_curve(spki->type), spki->key);
    if (point == NULL) {
        return fail_text(err, CSSL_R_BAD_PUBLIC_KEY, "its point is not on the curve");
    }
    uint8_t digest[HASH_MAX];
    enum hash_alg hash = (enum hash_alg)row->hash;
    hash_once(hash, data.data, data.len, digest);
    int ret = ec()->verify(key_curve(spki->type), point, bytes_of(digest, hash_len(hash)), sig);
    EC_POINT_free(point);
    return ret == 0 ? 0 : fail(err, CSSL_R_BAD_SIGNATURE);
}

/* native_number writes a magnitude in the machine's byte order, as OSSL_PARAM wants it. */
static bool native_number(uint8_t *out, cssl_bytes number)
{
    BIGNUM *n = BN_bin2bn(number.data, (int)number.len, NULL);
    bool ok = n != NULL && BN_bn2nativepad(n, out, (int)number.len) == (int)number.len;
    BN_free(n);
    return ok;
}

/* rsa_key makes libcrypto's key of the two numbers. Restrictions of an RSA-PSS key were checked. */
static EVP_PKEY *rsa_key(const struct spki *spki)
{
    EVP_PKEY *key = NULL;
    uint8_t n[PKEY_RSA_MAX_BITS / 8];
    uint8_t e[RSA_EXPONENT_MAX];
    OSSL_PARAM params[] = {
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, n, spki->n.len),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, e, spki->e.len),
        OSSL_PARAM_END,
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (ctx == NULL || !native_number(n, spki->n) || !native_number(e, spki->e) ||
        EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static int verify_rsa(const struct spki *spki, const struct scheme_row *row, cssl_bytes data,
                      cssl_bytes sig, cssl_error *err)
{
    if (spki->bits < PKEY_RSA_MIN_BITS || spki->bits > PKEY_RSA_MAX_BITS) {
        return fail_text(err, CSSL_R_BAD_PUBLIC_KEY, "an RSA key of %u bits; %d to %d are allowed",
                         spki->bits, PKEY_RSA_MIN_BITS, PKEY_RSA_MAX_BITS);
    }
    enum hash_alg hash = (enum hash_alg)row->hash;
    if (spki->pss_bound && (spki->pss_hash != hash || spki->pss_salt > hash_len(hash))) {
        return fail_text(err, CSSL_R_BAD_PUBLIC_KEY, "the RSA-PSS key is not for %s",
                         name_of_scheme(row->scheme));
    }
    EVP_PKEY *key = rsa_key(spki);
    if (key == NULL) {
        ERR_clear_error();
        return fail(err, CSSL_R_CRYPTO_FAILED);
    }
    uint8_t digest[HASH_MAX];
    hash_once(hash, data.data, data.len, digest);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 && rsa_padding(ctx, row) &&
              EVP_PKEY_verify(ctx, sig.data, sig.len, digest, hash_len(hash)) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (!ok) {
        ERR_clear_error();
        return fail(err, CSSL_R_BAD_SIGNATURE);
    }
    return 0;
}

bool rsa_padding(EVP_PKEY_CTX *ctx, const struct scheme_row *row)
{
    const EVP_MD *md = hash_evp_md((enum hash_alg)row->hash);
    if (row->kind == SIGN_PKCS1) {
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
    }
    /* RFC 8446 4.2.3: the salt is as long as the hash, MGF1 is on the same hash. */
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* verify_raw is for the algorithms whose keys are plain bytes and that hash by themselves. */
static int verify_raw(const struct spki *spki, cssl_bytes data, cssl_bytes sig, cssl_error *err)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, key_algorithm(spki->type), NULL,
                                                   spki->key.data, spki->key.len);
    if (key == NULL) {
        ERR_clear_error();
        return fail_text(err, CSSL_R_BAD_PUBLIC_KEY, "libcrypto refuses the %s key",
                         key_algorithm(spki->type));
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key, NULL) == 1 &&
              EVP_DigestVerify(ctx, sig.data, sig.len, data.data, data.len) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (!ok) {
        ERR_clear_error();
        return fail(err, CSSL_R_BAD_SIGNATURE);
    }
    return 0;
}

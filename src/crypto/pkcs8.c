/* pkcs8.c - takes stored private keys apart, opens and makes encrypted ones. Makes no signatures
 * and keeps no key. Everything is checked here first; libcrypto sees well-formed DER only. */
#include "crypto/pkcs8.h"

#include "base/error.h"
#include "base/mem.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

/* Rounds of the password's key derivation: ours, and the most that a file may ask for. */
enum { ROUNDS = 300000, ROUNDS_MAX = 10000000, SALT_LEN = 16 };
enum { SCRYPT_N_MAX = 1 << 20, SCRYPT_R_MAX = 32, SCRYPT_P_MAX = 16 };

enum form { FORM_BAD, FORM_PKCS8, FORM_ENCRYPTED, FORM_SEC1, FORM_PKCS1 };

static enum form form_of(cssl_bytes der);
static int open_encrypted(struct pkcs8_file *file, cssl_bytes der, const char *password,
                          cssl_error *err);
static int open_sec1(struct pkcs8_file *file, cssl_bytes der, cssl_error *err);
static int read_plain(struct pkcs8 *out, cssl_bytes der, cssl_error *err);
static bool rsa_numbers_belong(const cssl_bytes part[8]);

int pkcs8_open(struct pkcs8_file *file, cssl_bytes der, const char *password, cssl_error *err)
{
    *file = (struct pkcs8_file){ 0 };
    if (der.len > PKCS8_MAX) {
        return fail_text(err, CSSL_R_KEY_MALFORMED, "no key has %zu bytes", der.len);
    }
    int ret = 0;
    switch (form_of(der)) {
    case FORM_PKCS8: return read_plain(&file->key, der, err);
    case FORM_ENCRYPTED: ret = open_encrypted(file, der, password, err); break;
    case FORM_SEC1: ret = open_sec1(file, der, err); break;
    case FORM_PKCS1:
        if (pkcs8_wrap(KEY_RSA, der, &file->owned, &file->owned_len) != 0) {
            ret = fail(err, CSSL_R_NOMEM);
        }
        break;
    case FORM_BAD:
        return fail_text(err, CSSL_R_KEY_MALFORMED,
                         "it is not the DER of a PKCS#8, SEC 1 or PKCS#1 key: is this the key's "
                         "file?");
    }
    if (ret == 0) {
        ret = read_plain(&file->key, bytes_of(file->owned, file->owned_len), err);
    }
    if (ret != 0) {
        pkcs8_close(file);
    }
    return ret;
}

void pkcs8_close(struct pkcs8_file *file)
{
    mem_free_wiped(file->owned, file->owned_len);
    *file = (struct pkcs8_file){ 0 };
}

int pkcs8_ec_read(const struct pkcs8 *p8, uint8_t *scalar, cssl_bytes *point, cssl_error *err)
{
    size_t len = ec_field_len(key_curve(p8->alg.type));
    *point = bytes_of(NULL, 0);
    struct rd r = rd_of(p8->key);
    struct rd body = asn1_open(&r, TAG_SEQUENCE);
    uint32_t version = asn1_small(&body);
    cssl_bytes number = asn1_view(&body, TAG_OCTET_STRING);
    bool other_curve = false;
    if (asn1_is(&body, TAG_CONTEXT(0))) {
        /* The same name that the algorithm has; explicit parameters are no name. */
        struct rd params = asn1_open(&body, TAG_CONTEXT(0));
        struct rd alg = rd_of(p8->alg_der);
        struct rd alg_body = asn1_open(&alg, TAG_SEQUENCE);
        (void)asn1_element(&alg_body);
        other_curve = !bytes_equal(rd_rest(&params), rd_rest(&alg_body));
    }
    if (asn1_is(&body, TAG_CONTEXT(1))) {
        struct rd field = asn1_open(&body, TAG_CONTEXT(1));
        *point = asn1_bits(&field);
        body.bad = body.bad || !rd_done(&field) || point->len == 0;
    }
    if (!rd_done(&body) || !rd_done(&r) || version != 1 || number.len == 0 || number.len > len) {
        return fail_text(err, CSSL_R_KEY_MALFORMED, "its ECPrivateKey is not well formed");
    }
    if (other_curve) {
        return fail_text(err, CSSL_R_KEY_INCONSISTENT, "it names two different curves");
    }
    memset(scalar, 0, len - number.len); /* some writers drop leading zeros */
    memcpy(scalar + len - number.len, number.data, number.len);
    return 0;
}

bool pkcs8_point_matches(cssl_bytes stated, cssl_bytes computed)
{
    size_t field = (computed.len - 1) / 2;
    if (stated.len == 1 + field) {
        uint8_t sign = computed.data[computed.len - 1] & 1;
        return stated.data[0] == (0x02 | sign) &&
               memcmp(stated.data + 1, computed.data + 1, field) == 0;
    }
    return bytes_equal(stated, computed);
}

int pkcs8_rsa_check(const struct pkcs8 *p8, cssl_error *err)
{
    struct rd r = rd_of(p8->key);
    struct rd body = asn1_open(&r, TAG_SEQUENCE);
    uint32_t version = asn1_small(&body);
    if (!body.bad && version == 1) {
        return fail_text(err, CSSL_R_KEY_UNSUPPORTED, "RSA keys of more than two primes");
    }
    cssl_bytes part[8]; /* n, e, d, p, q, d mod p-1, d mod q-1, 1/q mod p */
    for (size_t i = 0; i < ARRAY_LEN(part); i++) {
        part[i] = asn1_natural(&body);
    }
    if (version != 0 || !rd_done(&body) || !rd_done(&r)) {
        return fail_text(err, CSSL_R_KEY_MALFORMED, "its RSAPrivateKey is not well formed");
    }
    unsigned bits = bits_of(part[0]);
    if (bits < PKEY_RSA_MIN_BITS || bits > PKEY_RSA_MAX_BITS) {
        return fail_text(err, CSSL_R_KEY_UNSUPPORTED, "RSA keys have %d to %d bits, not %u",
                         PKEY_RSA_MIN_BITS, PKEY_RSA_MAX_BITS, bits);
    }
    if (!rsa_numbers_ok(part[0], part[1])) {
        return fail_text(err, CSSL_R_KEY_UNSUPPORTED,
                         "its modulus is even, or its exponent is not odd and within 3..2^64");
    }
    for (size_t i = 2; i < ARRAY_LEN(part); i++) {
        if (part[i].len > part[0].len) {
            return fail_text(err, CSSL_R_KEY_INCONSISTENT, "a part is longer than the modulus");
        }
    }
    if (!rsa_numbers_belong(part)) {
        ERR_clear_error();
        return fail_text(err, CSSL_R_KEY_INCONSISTENT,
                         "its primes, exponents and modulus do not belong together");
    }
    return 0;
}

int pkcs8_wrap(enum key_type type, cssl_bytes inner, uint8_t **der, size_t *len)
{
    size_t octets = asn1_header_len(inner.len) + inner.len;
    struct wr w;
    wr_init(&w, PKCS8_MAX + 64);
    asn1_put_header(&w, TAG_SEQUENCE, 3 + key_alg_len(type) + octets);
    asn1_put(&w, TAG_INTEGER, bytes_of((const uint8_t[]){ 0 }, 1));
    key_alg_write(&w, type);
    asn1_put(&w, TAG_OCTET_STRING, inner);
    *der = wr_ok(&w) ? mem_copy(w.data, w.len) : NULL;
    *len = *der == NULL ? 0 : w.len;
    wr_free(&w);
    return *der == NULL ? -1 : 0;
}

EVP_PKEY *pkcs8_to_evp(const struct pkcs8 *p8)
{
    /* Rebuilt without attributes and without a public key that libcrypto would not look at. */
    size_t octets = asn1_header_len(p8->key.len) + p8->key.len;
    struct wr w;
    wr_init(&w, PKCS8_MAX + 64);
    asn1_put_header(&w, TAG_SEQUENCE, 3 + p8->alg_der.len + octets);
    asn1_put(&w, TAG_INTEGER, bytes_of((const uint8_t[]){ 0 }, 1));
    wr_bytes(&w, p8->alg_der);
    asn1_put(&w, TAG_OCTET_STRING, p8->key);
    const uint8_t *p = w.data;
    PKCS8_PRIV_KEY_INFO *info = wr_ok(&w) ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)w.len) : NULL;
    EVP_PKEY *key = info == NULL ? NULL : EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info); /* wipes the key */
    wr_free(&w);
    return key;
}

int pkcs8_of_evp(EVP_PKEY *key, uint8_t **der, size_t *len)
{
    uint8_t *out = NULL;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    int n = info == NULL ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, &out);
    PKCS8_PRIV_KEY_INFO_free(info);
    *der = n <= 0 ? NULL : mem_copy(out, (size_t)n);
    *len = *der == NULL ? 0 : (size_t)n;
    OPENSSL_clear_free(out, n <= 0 ? 0 : (size_t)n);
    return *der == NULL ? -1 : 0;
}

int pkcs8_encrypt(cssl_bytes plain, const char *password, uint8_t **der, size_t *len,
                  cssl_error *err)
{
    uint8_t salt[SALT_LEN];
    int ret = rand_fill(NULL, salt, sizeof(salt), err);
    if (ret != 0) {
        return ret;
    }
    const uint8_t *p = plain.data;
    uint8_t *out = NULL;
    int n = -1;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)plain.len);
    X509_ALGOR *alg =
        PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), ROUNDS, salt, SALT_LEN, NULL, NID_hmacWithSHA256);
    X509_SIG *sealed = info == NULL || alg == NULL
                           ? NULL
                           : PKCS8_set0_pbe(password, (int)strlen(password), info, alg);
    if (sealed == NULL) {
        X509_ALGOR_free(alg); /* PKCS8_set0_pbe took it otherwise */
    } else {
        n = i2d_X509_SIG(sealed, &out);
    }
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(info);
    *der = n <= 0 ? NULL : mem_copy(out, (size_t)n);
    *len = *der == NULL ? 0 : (size_t)n;
    OPENSSL_free(out);
    if (*der == NULL) {
        ERR_clear_error();
        return fail_text(err, CSSL_R_CRYPTO_FAILED, "the private key could not be encrypted");
    }
    return 0;
}

/* form_of looks at the types of the first two elements: they tell the four forms apart. */
static enum form form_of(cssl_bytes der)
{
    struct rd r = rd_of(der);
    struct rd body = asn1_open(&r, TAG_SEQUENCE);
    if (!rd_done(&r)) {
        return FORM_BAD; /* cut short, or something behind it */
    }
    if (asn1_is(&body, TAG_SEQUENCE)) {
        (void)asn1_element(&body);
        return asn1_is(&body, TAG_OCTET_STRING) ? FORM_ENCRYPTED : FORM_BAD;
    }
    uint32_t version = asn1_small(&body);
    if (asn1_is(&body, TAG_SEQUENCE) && version <= 1) {
        return FORM_PKCS8;
    }
    if (asn1_is(&body, TAG_OCTET_STRING) && version == 1) {
        return FORM_SEC1;
    }
    return asn1_is(&body, TAG_INTEGER) ? FORM_PKCS1 : FORM_BAD;
}

/* rounds_bearable takes the parameters of PBES2 and says whether its key derivation is one that we
 * know and costs no more than a few seconds. */
static bool rounds_bearable(struct rd *pbes2)
{
    static const uint8_t pbkdf2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c };
    static const uint8_t scrypt[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b };
    struct rd body = asn1_open(pbes2, TAG_SEQUENCE);
    struct rd kdf = asn1_open(&body, TAG_SEQUENCE);
    cssl_bytes oid = asn1_view(&kdf, TAG_OID);
    struct rd params = asn1_open(&kdf, TAG_SEQUENCE);
    (void)asn1_view(&params, TAG_OCTET_STRING);
    uint32_t n = asn1_small(&params);
    if (bytes_equal(oid, bytes_of(pbkdf2, sizeof(pbkdf2)))) {
        return rd_ok(&params) && n <= ROUNDS_MAX;
    }
    uint32_t scrypt_r = asn1_small(&params);
    uint32_t scrypt_p = asn1_small(&params);
    return bytes_equal(oid, bytes_of(scrypt, sizeof(scrypt))) && rd_ok(&params) &&
           n <= SCRYPT_N_MAX && scrypt_r <= SCRYPT_R_MAX && scrypt_p <= SCRYPT_P_MAX;
}

static int open_encrypted(struct pkcs8_file *file, cssl_bytes der, const char *password,
                          cssl_error *err)
{
    static const uint8_t pbes2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d };
    struct rd r = rd_of(der);
    struct rd body = asn1_open(&r, TAG_SEQUENCE);
    struct rd alg = asn1_open(&body, TAG_SEQUENCE);
    cssl_bytes oid = asn1_view(&alg, TAG_OID);
    (void)asn1_view(&body, TAG_OCTET_STRING);
    if (!rd_done(&body) || oid.len == 0) {
        return fail_text(err, CSSL_R_KEY_MALFORMED, "its EncryptedPrivateKeyInfo is malformed");
    }
    if (!bytes_equal(oid, bytes_of(pbes2, sizeof(pbes2))) || !rounds_bearable(&alg)) {
        return fail_text(err, CSSL_R_KEY_UNSUPPORTED,
                         "it is encrypted in an old or an excessive way; write it anew with "
                         "`openssl pkcs8 -topk8 -v2 aes-256-cbc`");
    }
    if (password == NULL) {
        return fail(err, CSSL_R_PASSWORD_MISSING);
    }
    const uint8_t *p = der.data;
    X509_SIG *sealed = d2i_X509_SIG(NULL, &p, (long)der.len);
    PKCS8_PRIV_KEY_INFO *info =
        sealed == NULL ? NULL : PKCS8_decrypt(sealed, password, (int)strlen(password));
    X509_SIG_free(sealed);
    uint8_t *out = NULL;
    int n = info == NULL ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, &out);
    PKCS8_PRIV_KEY_INFO_free(info);
    if (n <= 0) {
        ERR_clear_error();
        return fail(err, CSSL_R_PASSWORD_WRONG);
    }
    file->owned = mem_copy(out, (size_t)n);
    file->owned_len = file->owned == NULL ? 0 : (size_t)n;
    OPENSSL_clear_free(out, (size_t)n);
    return file->owned == NULL ? fail(err, CSSL_R_NOMEM) : 0;
}

/* open_sec1 writes PKCS#8 around an ECPrivateKey, which must name its curve. */
static int open_sec1(struct pkcs8_file *file, cssl_bytes der, cssl_error *err)
{
    static const uint8_t prefix[] = { 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
    struct rd r = rd_of(der);
    struct rd body = asn1_open(&r, TAG_SEQUENCE);
    (void)asn1_small(&body);
    (void)asn1_view(&body, TAG_OCTET_STRING);
    struct rd params = rd_of(bytes_of(NULL, 0));
    if (asn1_is(&body, TAG_CONTEXT(0))) {
        params = asn1_open(&body, TAG_CONTEXT(0));
    }
    if (!asn1_is(&params, TAG_OID)) {
        return fail_text(err, CSSL_R_KEY_UNSUPPORTED, "an EC key that does not name its curve");
    }
    /* An AlgorithmIdentifier for key_alg_read, to know the curve. */
    uint8_t buf[64];
    struct wr w;
    wr_fixed(&w, buf, sizeof(buf));
    cssl_bytes curve = rd_rest(&params);
    asn1_put_header(&w, TAG_SEQUENCE, sizeof(prefix) + curve.len);
    wr_put(&w, prefix, sizeof(prefix));
    wr_bytes(&w, curve);
    struct rd alg_rd = rd_of(wr_view(&w));
    struct key_alg alg = key_alg_read(&alg_rd);
    if (!wr_ok(&w) || alg_rd.bad || !key_is_ec(alg.type)) {
        return fail_text(err, CSSL_R_KEY_UNSUPPORTED,
                         "a curve that is not one of P-256, P-384 and P-521");
    }
    return pkcs8_wrap(alg.type, der, &file->owned, &file->owned_len) == 0 ? 0
                                                                          : fail(err, CSSL_R_NOMEM);
}

static int read_plain(struct pkcs8 *out, cssl_bytes der, cssl_error *err)
{
    struct rd r = rd_of(der);
    struct rd body = asn1_open(&r, TAG_SEQUENCE);
    uint32_t version = asn1_small(&body);
    struct rd alg = body;
    out->alg_der = asn1_element(&body);
    out->alg = key_alg_read(&alg);
    out->key = asn1_view(&body, TAG_OCTET_STRING);
    if (asn1_is(&body, TAG_CONTEXT(0))) { /* attributes: of no use here */
        (void)asn1_element(&body);
    }
    if (version == 1 && asn1_is(&body, TAG_CONTEXT_PRIMITIVE(1))) { /* computed anew instead */
        (void)asn1_element(&body);
    }
    if (!rd_done(&body) || !rd_done(&r) || version > 1 || out->key.len == 0 || alg.bad) {
        return fail_text(err, CSSL_R_KEY_MALFORMED, "its PKCS#8 is not well formed");
    }
    if (out->alg.type == KEY_NONE) {
        return fail_text(err, CSSL_R_KEY_UNSUPPORTED,
                         "use RSA, EC on P-256, P-384 or P-521, Ed25519, Ed448 or ML-DSA");
    }
    return 0;
}

/* rsa_numbers_belong: n = pq, de = 1 modulo p-1 and q-1, and the three numbers of the Chinese
 * remainder theorem follow from them. */
static bool rsa_numbers_belong(const cssl_bytes part[8])
{
    enum { N, E, D, P, Q, DP, DQ, QI, P1, Q1, T, NUM };
    BIGNUM *v[NUM] = { NULL };
    BN_CTX *ctx = BN_CTX_secure_new();
    bool ok = ctx != NULL;
    for (size_t i = 0; ok && i < NUM; i++) {
        v[i] = i < P1 ? BN_bin2bn(part[i].data, (int)part[i].len, NULL) : BN_new();
        ok = v[i] != NULL;
        if (ok && i >= D) {
            BN_set_flags(v[i], BN_FLG_CONSTTIME);
        }
    }
    ok =
        ok && BN_mul(v[T], v[P], v[Q], ctx) == 1 && BN_cmp(v[T], v[N]) == 0 &&
        BN_sub(v[P1], v[P], BN_value_one()) == 1 && BN_sub(v[Q1], v[Q], BN_value_one()) == 1 &&
        !BN_is_zero(v[P1]) && !BN_is_zero(v[Q1]) && BN_mod_mul(v[T], v[D], v[E], v[P1], ctx) == 1 &&
        BN_is_one(v[T]) && BN_mod_mul(v[T], v[D], v[E], v[Q1], ctx) == 1 && BN_is_one(v[T]) &&
        BN_mod(v[T], v[D], v[P1], ctx) == 1 && BN_cmp(v[T], v[DP]) == 0 &&
        BN_mod(v[T], v[D], v[Q1], ctx) == 1 && BN_cmp(v[T], v[DQ]) == 0 &&
        BN_cmp(v[QI], v[P]) < 0 && BN_mod_mul(v[T], v[QI], v[Q], v[P], ctx) == 1 && BN_is_one(v[T]);
    for (size_t i = 0; i < NUM; i++) {
        BN_clear_free(v[i]);
    }
    BN_CTX_free(ctx);
    return ok;
}

/* test_pkcs8.c - stored private keys taken apart: which form it is, what an ECPrivateKey and an
 * RSAPrivateKey must be, passwords and what their key derivation may cost. */
#include "base/error.h"
#include "support.h"

#include "base/mem.h"
#include "crypto/pkcs8.h"

#include <openssl/err.h>

/* AlgorithmIdentifiers: id-ecPublicKey with P-256; the OIDs of P-256 and P-384 alone. */
#define EC_ALG   "3013 06072a8648ce3d0201 06082a8648ce3d030107"
#define OID_P256 "06082a8648ce3d030107"
#define OID_P384 "06052b81040022"
#define SCALAR   "0000000000000000000000000000000000000000000000000000000000000102"

static int open_hex(struct pkcs8_file *file, const char *hex, cssl_error *err, uint8_t **der)
{
    size_t len = 0;
    *err = (cssl_error){ 0 };
    *der = test_unhex_new(hex, &len);
    return pkcs8_open(file, bytes_of(*der, len), NULL, err);
}

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *der;
        cssl_reason reason; /* 0: it is taken */
        bool owned;         /* another form was written */
    } rows[] = {
        /* PKCS#8 with versions 0, 1 and 2, with attributes, a public key, something behind it */
        { "301c 020100 " EC_ALG " 0402 0500", 0, false },
        { "301c 020101 " EC_ALG " 0402 0500", 0, false },
        { "301c 020102 " EC_ALG " 0402 0500", CSSL_R_KEY_MALFORMED, false },
        { "301e 020100 " EC_ALG " 0402 0500 a000", 0, false },
        { "301f 020101 " EC_ALG " 0402 0500 810100", 0, false },
        { "301f 020100 " EC_ALG " 0402 0500 810100", CSSL_R_KEY_MALFORMED, false },
        { "301e 020100 " EC_ALG " 0402 0500 0500", CSSL_R_KEY_MALFORMED, false },
        { "301c 020100 " EC_ALG " 0402 0500 00", CSSL_R_KEY_MALFORMED, false },
        { "301a 020100 " EC_ALG " 0400", CSSL_R_KEY_MALFORMED, false },
        { "300e 020100 3005 06032a0304 0402 0500", CSSL_R_KEY_UNSUPPORTED, false },
        /* SEC 1 with its curve, without, with one that is not known */
        { "3014 020101 0401 07 a00c 300a", CSSL_R_KEY_MALFORMED, false },
        { "3012 020101 0401 07 a00a " OID_P256, 0, true },
        { "300f 020101 0401 07 a007 " OID_P384, 0, true },
        { "3006 020101 0401 07", CSSL_R_KEY_UNSUPPORTED, false },
        { "300d 020101 0401 07 a005 06032a0304", CSSL_R_KEY_UNSUPPORTED, false },
        { "3012 020100 0401 07 a00a " OID_P256, CSSL_R_KEY_MALFORMED, false },
        /* PKCS#1: looked into only by pkcs8_rsa_check */
        { "3006 020100 020103", 0, true },
        { "", CSSL_R_KEY_MALFORMED, false },
        { "3000", CSSL_R_KEY_MALFORMED, false },
        { "0500", CSSL_R_KEY_MALFORMED, false },
        { "3003 020100", CSSL_R_KEY_MALFORMED, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct pkcs8_file file;
        cssl_error err;
        uint8_t *der = NULL;
        int status = open_hex(&file, rows[i].der, &err, &der);
        if (err.reason != rows[i].reason || (status == 0) != (rows[i].reason == 0)) {
            fail_msg("row %zu: %d %s", i, status, err.text);
        }
        assert_int_equal(file.owned != NULL, rows[i].owned);
        pkcs8_close(&file);
        assert_true(file.owned == NULL && file.owned_len == 0);
        pkcs8_close(&file); /* twice does no harm */
        free(der);
    }
    static uint8_t zeros[PKCS8_MAX + 1];
    struct pkcs8_file file;
    cssl_error err = { 0 };
    assert_true(pkcs8_open(&file, bytes_of(zeros, sizeof(zeros)), NULL, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_KEY_MALFORMED);
    assert_non_null(strstr(err.text, "16385"));
}

static void test_ec_read(void **state)
{
    (void)state;
    static const struct {
        const char *key; /* an ECPrivateKey */
        cssl_reason reason;
        const char *point;
    } rows[] = {
        { "3025 020101 0420 " SCALAR, 0, "" },
        { "3007 020101 0402 0102", 0, "" }, /* without leading zeros */
        { "3026 020101 0421 00" SCALAR, CSSL_R_KEY_MALFORMED, NULL },
        { "3005 020101 0400", CSSL_R_KEY_MALFORMED, NULL },
        { "3007 020100 0402 0102", CSSL_R_KEY_MALFORMED, NULL },
        { "3007 020102 0402 0102", CSSL_R_KEY_MALFORMED, NULL },
        { "3007 020101 0402 0102 00", CSSL_R_KEY_MALFORMED, NULL },
        { "3013 020101 0402 0102 a00a " OID_P256, 0, "" },
        { "3010 020101 0402 0102 a007 " OID_P384, CSSL_R_KEY_INCONSISTENT, NULL },
        { "300d 020101 0402 0102 a104 03020007", 0, "07" },
        { "3019 020101 0402 0102 a00a " OID_P256 " a104 03020007", 0, "07" },
        { "300c 020101 0402 0102 a103 030100", CSSL_R_KEY_MALFORMED, NULL },   /* no point */
        { "300d 020101 0402 0102 a104 03020107", CSSL_R_KEY_MALFORMED, NULL }, /* seven bits */
        { "300f 020101 0402 0102 a106 03020007 0500", CSSL_R_KEY_MALFORMED, NULL },
        { "3009 020101 0402 0102 0500", CSSL_R_KEY_MALFORMED, NULL },
    };
    uint8_t alg[32], want[32];
    size_t alg_len = test_unhex(alg, sizeof(alg), EC_ALG);
    (void)test_unhex(want, sizeof(want), SCALAR);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len = 0;
        uint8_t *key = test_unhex_new(rows[i].key, &len);
        uint8_t *scalar = malloc(32);
        cssl_bytes point;
        cssl_error err = { 0 };
        struct pkcs8 p8 = { .alg = { .type = KEY_EC_P256 },
                            .alg_der = bytes_of(alg, alg_len),
                            .key = bytes_of(key, len) };
        assert_non_null(scalar);
        memset(scalar, 0xee, 32);
        int status = pkcs8_ec_read(&p8, scalar, &point, &err);
        if (err.reason != rows[i].reason || (status == 0) != (rows[i].reason == 0)) {
            fail_msg("row %zu: %d %s", i, status, err.text);
        }
        if (status == 0) {
            assert_memory_equal(scalar, want, sizeof(want));
            test_same_hex(point.data, point.len, rows[i].point);
        }
        free(scalar);
        free(key);
    }
}

static void test_points(void **state)
{
    (void)state;
    static const struct {
        const char *stated, *computed;
        bool same;
    } rows[] = {
        { "04 1122 3344", "04 1122 3344", true },  { "04 1122 3345", "04 1122 3344", false },
        { "02 1122", "04 1122 3344", true },       { "03 1122", "04 1122 3344", false },
        { "03 1122", "04 1122 3345", true },       { "02 1122", "04 1122 3345", false },
        { "02 1123", "04 1122 3344", false },      { "04 1122", "04 1122 3344", false },
        { "04 1122 33", "04 1122 3344", false },   { "00", "04 1122 3344", false },
        { "06 1122 3344", "04 1122 3344", false }, { "", "04 1122 3344", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t a = 0, b = 0;
        uint8_t *stated = test_unhex_new(rows[i].stated, &a);
        uint8_t *computed = test_unhex_new(rows[i].computed, &b);
        assert_int_equal(pkcs8_point_matches(bytes_of(stated, a), bytes_of(computed, b)),
                         rows[i].same);
        free(stated);
        free(computed);
    }
}

/* An RSA key with each of its eight numbers changed, cut short, longer, or with another version. */
static void test_rsa(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("pkey.txt");
    size_t len = 0;
    assert_true(vectors_next(v));
    const uint8_t *good = vectors_bytes(v, "der", &len); /* the first one is PKCS#1 */
    uint8_t *der = test_copy(good, len);
    struct pkcs8 p8 = { .alg = { .type = KEY_RSA }, .key = bytes_of(der, len) };
    cssl_error err = { 0 };
    assert_int_equal(pkcs8_rsa_check(&p8, &err), 0);
    struct rd r = rd_of(p8.key);
    struct rd body = asn1_open(&r, TAG_SEQUENCE);
    const size_t version = (size_t)(body.p - der) + 2;
    (void)asn1_small(&body);
    for (int i = 0; i < 8; i++) {
        cssl_bytes number = asn1_natural(&body);
        size_t last = (size_t)(number.data - der) + number.len - 1;
        der[last] ^= 2;
        assert_true(pkcs8_rsa_check(&p8, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_KEY_INCONSISTENT);
        der[last] ^= 3; /* n and e, even now, can be no key's */
        assert_true(pkcs8_rsa_check(&p8, &err) < 0);
        assert_int_equal(err.reason, i < 2 ? CSSL_R_KEY_UNSUPPORTED : CSSL_R_KEY_INCONSISTENT);
        der[last] ^= 1;
        assert_int_equal(pkcs8_rsa_check(&p8, &err), 0);
    }
    for (uint8_t n = 1; n < 4; n++) {
        der[version] = n;
        assert_true(pkcs8_rsa_check(&p8, &err) < 0);
        assert_int_equal(err.reason, n == 1 ? CSSL_R_KEY_UNSUPPORTED : CSSL_R_KEY_MALFORMED);
    }
    der[version] = 0;
    p8.key.len--;
    assert_true(pkcs8_rsa_check(&p8, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_KEY_MALFORMED);
    assert_int_equal(ERR_peek_error(), 0);
    free(der);
    vectors_close(v);
}

/* wrapped writes an element around what body says. */
static cssl_bytes wrapped(uint8_t *to, unsigned tag, cssl_bytes a, cssl_bytes b)
{
    uint8_t both[256];
    struct wr in, out;
    wr_fixed(&in, both, sizeof(both));
    wr_bytes(&in, a);
    wr_bytes(&in, b);
    wr_fixed(&out, to, 256);
    asn1_put(&out, tag, wr_view(&in));
    assert_true(wr_ok(&in) && wr_ok(&out));
    return wr_view(&out);
}

/* What a password's key derivation may cost is judged before a password is asked for. */
static void test_costs(void **state)
{
    (void)state;
    static const char pbes2[] = "06092a864886f70d01050d", pbkdf2[] = "06092a864886f70d01050c";
    static const char scrypt[] = "06092b06010401da47040b", pbes1[] = "06092a864886f70d010503";
    static const struct {
        const char *scheme, *kdf, *params; /* behind the salt */
        cssl_reason reason;
    } rows[] = {
        { pbes2, pbkdf2, "020203e8", CSSL_R_PASSWORD_MISSING },
        { pbes2, pbkdf2, "020400989680", CSSL_R_PASSWORD_MISSING }, /* 10,000,000 rounds */
        { pbes2, pbkdf2, "020400989681", CSSL_R_KEY_UNSUPPORTED },
        { pbes2, pbkdf2, "02050100000000", CSSL_R_KEY_UNSUPPORTED },
        { pbes2, pbkdf2, "", CSSL_R_KEY_UNSUPPORTED },
        { pbes2, scrypt, "0203100000 020120 020110", CSSL_R_PASSWORD_MISSING }, /* the most */
        { pbes2, scrypt, "0203100001 020120 020110", CSSL_R_KEY_UNSUPPORTED },
        { pbes2, scrypt, "0203100000 020121 020110", CSSL_R_KEY_UNSUPPORTED },
        { pbes2, scrypt, "0203100000 020120 020111", CSSL_R_KEY_UNSUPPORTED },
        { pbes2, scrypt, "0203100000 020120", CSSL_R_KEY_UNSUPPORTED },
        { pbes2, pbes1, "020203e8", CSSL_R_KEY_UNSUPPORTED },
        { pbes1, pbkdf2, "020203e8", CSSL_R_KEY_UNSUPPORTED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t scheme[16], kdf[16], params[32], buf[6][256];
        static const uint8_t octets[] = { TAG_OCTET_STRING, 1, 7 };
        const cssl_bytes salt = bytes_of(octets, sizeof(octets)), none = bytes_of(NULL, 0);
        cssl_bytes at = bytes_of(params, test_unhex(params, sizeof(params), rows[i].params));
        at = wrapped(buf[0], TAG_SEQUENCE, salt, at);
        at = wrapped(buf[1], TAG_SEQUENCE, bytes_of(kdf, test_unhex(kdf, sizeof(kdf), rows[i].kdf)),
                     at);
        at = wrapped(buf[2], TAG_SEQUENCE, at, none);
        at = wrapped(buf[3], TAG_SEQUENCE,
                     bytes_of(scheme, test_unhex(scheme, sizeof(scheme), rows[i].scheme)), at);
        at = wrapped(buf[4], TAG_SEQUENCE, at, salt);
        struct pkcs8_file file;
        cssl_error err = { 0 };
        assert_true(pkcs8_open(&file, at, NULL, &err) < 0);
        if (err.reason != rows[i].reason) {
            fail_msg("row %zu: %s", i, err.text);
        }
        assert_null(file.owned);
    }
}

static void test_password(void **state)
{
    (void)state;
    size_t inner_len = 0, plain_len = 0, len[2] = { 0 };
    uint8_t *inner = test_unhex_new("3025 020101 0420 " SCALAR, &inner_len);
    uint8_t *plain = NULL, *der[2] = { NULL };
    struct pkcs8_file file;
    cssl_error err = { 0 };
    assert_int_equal(pkcs8_wrap(KEY_EC_P256, bytes_of(inner, inner_len), &plain, &plain_len), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            pkcs8_encrypt(bytes_of(plain, plain_len), "secret", &der[i], &len[i], &err), 0);
    }
    assert_int_equal(len[0], len[1]);
    assert_memory_not_equal(der[0], der[1], len[0]); /* the salt is drawn anew */
    assert_int_equal(pkcs8_open(&file, bytes_of(der[0], len[0]), "secret", &err), 0);
    assert_int_equal(file.key.alg.type, KEY_EC_P256);
    assert_true(bytes_equal(file.key.key, bytes_of(inner, inner_len)));
    pkcs8_close(&file);
    assert_true(pkcs8_open(&file, bytes_of(der[0], len[0]), "Secret", &err) < 0);
    assert_int_equal(err.reason, CSSL_R_PASSWORD_WRONG);
    assert_true(pkcs8_open(&file, bytes_of(der[0], len[0]), NULL, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_PASSWORD_MISSING);
    assert_int_equal(ERR_peek_error(), 0);
    static const uint8_t garbage[] = { 0x30, 0x03, 0x02, 0x01, 0x00 };
    uint8_t *none = NULL;
    assert_true(pkcs8_encrypt(bytes_of(garbage, 5), "x", &none, &len[0], &err) < 0);
    assert_int_equal(err.reason, CSSL_R_CRYPTO_FAILED);
    assert_null(none);
    assert_int_equal(ERR_peek_error(), 0);
    mem_free_wiped(plain, plain_len);
    mem_free(der[0]);
    mem_free(der[1]);
    free(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),  cmocka_unit_test(test_ec_read),
        cmocka_unit_test(test_points), cmocka_unit_test(test_rsa),
        cmocka_unit_test(test_costs),  cmocka_unit_test(test_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_sig_alg.c - AlgorithmIdentifiers of signatures and the schemes that they mean. */
#include "pki_support.h"

#include "base/names.h"

#define RSA "06092a864886f70d0101"
#define SHA256_ID "300d06096086480165030402010500"
#define SHA384_ID "300d06096086480165030402020500"
#define MGF1(hash, len) "a1" len "06092a864886f70d010108" hash

static void algorithms(void **state)
{
    (void)state;
    static const struct {
        const char *hex; /* the contents of the AlgorithmIdentifier */
        bool good, weak;
        uint16_t scheme;
        enum hash_alg hash;
    } rows[] = {
        { RSA "0b0500", true, false, SCHEME_RSA_PKCS1_SHA256, HASH_SHA256 },
        { RSA "0b", true, false, SCHEME_RSA_PKCS1_SHA256, HASH_SHA256 }, /* RFC 4055 5: borne */
        { RSA "0b0501", false, false, 0, HASH_NONE },
        { RSA "0b3000", false, false, 0, HASH_NONE },
        { RSA "0b05000500", false, false, 0, HASH_NONE },
        { RSA "0c0500", true, false, SCHEME_RSA_PKCS1_SHA384, HASH_SHA384 },
        { RSA "0d0500", true, false, SCHEME_RSA_PKCS1_SHA512, HASH_SHA512 },
        { RSA "050500", true, true, SCHEME_RSA_PKCS1_SHA1, HASH_SHA1 },
        { RSA "040500", true, true, 0, HASH_SHA256 }, /* MD5 */
        { RSA "020500", true, true, 0, HASH_NONE },   /* MD2 */
        { RSA "0e0500", true, false, 0, HASH_NONE },  /* SHA-224 */
        { "06072a8648ce3d0401", true, true, SCHEME_ECDSA_SHA1, HASH_SHA1 },
        { "06082a8648ce3d040302", true, false, SCHEME_ECDSA_SECP256R1_SHA256, HASH_SHA256 },
        { "06082a8648ce3d0403020500", false, false, 0, HASH_NONE },
        { "06082a8648ce3d040303", true, false, SCHEME_ECDSA_SECP384R1_SHA384, HASH_SHA384 },
        { "06082a8648ce3d040304", true, false, SCHEME_ECDSA_SECP521R1_SHA512, HASH_SHA512 },
        { "06032b6570", true, false, SCHEME_ED25519, HASH_NONE },
        { "06032b65700500", false, false, 0, HASH_NONE },
        { "06032b6571", true, false, SCHEME_ED448, HASH_NONE },
        { "0609608648016503040312", true, false, SCHEME_MLDSA65, HASH_NONE },
        { "06012a", true, false, 0, HASH_NONE },
        { "06012a0500", true, false, 0, HASH_NONE },
        { "06012a05", false, false, 0, HASH_NONE },
        { "", false, false, 0, HASH_NONE },
        /* RSASSA-PSS */
        { RSA "0a3034a00f" SHA256_ID MGF1("300d06096086480165030402010500", "1c301a") "a203020120",
          true, false, SCHEME_RSA_PSS_RSAE_SHA256, HASH_SHA256 },
        { RSA "0a3034a00f" SHA384_ID MGF1("300d06096086480165030402020500", "1c301a") "a203020130",
          true, false, SCHEME_RSA_PSS_RSAE_SHA384, HASH_SHA384 },
        { RSA "0a3034a00f" SHA256_ID MGF1("300d06096086480165030402010500", "1c301a") "a203020121",
          true, false, 0, HASH_SHA256 }, /* another salt */
        { RSA "0a3034a00f" SHA256_ID MGF1("300d06096086480165030402020500", "1c301a") "a203020120",
          true, false, 0, HASH_NONE }, /* two hashes */
        { RSA "0a3039a00f" SHA256_ID MGF1("300d06096086480165030402010500", "1c301a")
          "a203020120a303020101", true, false, SCHEME_RSA_PSS_RSAE_SHA256, HASH_SHA256 },
        { RSA "0a3039a00f" SHA256_ID MGF1("300d06096086480165030402010500", "1c301a")
          "a203020120a303020100", false, false, 0, HASH_NONE }, /* another trailer */
        { RSA "0a3000", true, true, 0, HASH_SHA1 }, /* the defaults */
        { RSA "0a", false, false, 0, HASH_NONE },
        { RSA "0a0500", false, false, 0, HASH_NONE },
        { RSA "0a3034a00f" SHA256_ID MGF1("300d06096086480165030402010500", "1c301a")
          "a20302012000", false, false, 0, HASH_NONE },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t *der = test_unhex_new(rows[i].hex, &len);
        struct rd r = rd_of(bytes_of(der, len));
        struct sig_alg alg = sig_alg_parse(&r);
        if (rd_done(&r) != rows[i].good) {
            fail_msg("%s", rows[i].hex);
        }
        if (rows[i].good && (alg.scheme != rows[i].scheme || alg.hash != rows[i].hash ||
                             alg.weak != rows[i].weak)) {
            fail_msg("%s: scheme %#x, hash %d, weak %d", rows[i].hex, alg.scheme, (int)alg.hash,
                     alg.weak);
        }
        free(der);
    }
}

static void two_names_of_pss(void **state)
{
    (void)state;
    static const uint16_t list[] = { SCHEME_ED25519, SCHEME_RSA_PSS_PSS_SHA384 };
    assert_int_equal(sig_scheme_of_key(SCHEME_RSA_PSS_RSAE_SHA384, KEY_RSA_PSS),
                     SCHEME_RSA_PSS_PSS_SHA384);
    assert_int_equal(sig_scheme_of_key(SCHEME_RSA_PSS_RSAE_SHA384, KEY_RSA),
                     SCHEME_RSA_PSS_RSAE_SHA384);
    assert_int_equal(sig_scheme_of_key(SCHEME_ED25519, KEY_RSA_PSS), SCHEME_ED25519);
    assert_true(sig_scheme_in(SCHEME_RSA_PSS_RSAE_SHA384, list, 2));
    assert_true(sig_scheme_in(SCHEME_RSA_PSS_PSS_SHA384, list, 2));
    assert_true(sig_scheme_in(SCHEME_ED25519, list, 2));
    assert_false(sig_scheme_in(SCHEME_RSA_PSS_RSAE_SHA256, list, 2));
    assert_false(sig_scheme_in(SCHEME_ED25519, list, 0));
}

static void signed_structures(void **state)
{
    (void)state;
    static const struct {
        const char *der, *wrong; /* NULL: nothing */
    } rows[] = {
        { "300a" "3001aa" "3001bb" "030200cc", NULL },
        { "300a" "3001aa" "3001bb" "030200cc" "00", "there are bytes behind its end" },
        { "310a" "3001aa" "3001bb" "030200cc", "not a DER sequence" },
        { "300b" "3001aa" "3001bb" "030200cc", "not a DER sequence" },
        { "", "not a DER sequence" },
        { "300b" "3001aa" "3001bb" "030200cc" "00",
          "it is not a body, an algorithm and a signature" },
        { "300a" "3001aa" "3001bb" "030201cc",
          "it is not a body, an algorithm and a signature" },
        { "3006" "3001aa" "3001bb", "it is not a body, an algorithm and a signature" },
        { "300a" "3001aa" "3101bb" "030200cc",
          "it is not a body, an algorithm and a signature" },
        { "300a" "3101aa" "3001bb" "030200cc",
          "it is not a body, an algorithm and a signature" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t *der = test_unhex_new(rows[i].der, &len);
        cssl_bytes body, alg, signature;
        const char *wrong = signed_parse(bytes_of(der, len), &body, &alg, &signature);
        if (rows[i].wrong != NULL) {
            assert_non_null(wrong);
            assert_string_equal(wrong, rows[i].wrong);
        } else {
            assert_null(wrong);
            test_same_hex(body.data, body.len, "3001aa");
            test_same_hex(alg.data, alg.len, "bb");
            test_same_hex(signature.data, signature.len, "cc");
        }
        free(der);
    }
}

static void try(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct rd r = rd_of(bytes_of(data, len));
    struct sig_alg alg = sig_alg_parse(&r);
    assert_true(rd_done(&r) || r.bad || r.left > 0);
    assert_true(alg.scheme == 0 || alg.scheme >= 0x0201);
}

static void damage(void **state)
{
    (void)state;
    size_t len;
    uint8_t *der = test_unhex_new(RSA "0a3034a00f" SHA256_ID
                                  MGF1("300d06096086480165030402010500", "1c301a") "a203020120",
                                  &len);
    for_each_truncation(der, len, try, NULL);
    for_each_bit_flip(der, len, try, NULL);
    for_each_damage(der, len, test_seed(4), 10000, try, NULL);
    free(der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(algorithms),
        cmocka_unit_test(two_names_of_pss),
        cmocka_unit_test(signed_structures),
        cmocka_unit_test(damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

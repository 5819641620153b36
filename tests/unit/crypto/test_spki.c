/* test_spki.c - public keys taken apart, and signatures verified: published vectors, malformed
 * keys, schemes that do not belong to a key. */
#include "support.h"

#include "base/names.h"
#include "crypto/pkey.h"

static void test_signatures(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("signature.txt");
    uint8_t *spki = NULL;
    size_t spki_len = 0;
    uint16_t scheme = 0;
    int fits = 0, fits_not = 0;
    while (vectors_next(v)) {
        size_t data_len = 0, sig_len = 0;
        if (vectors_has(v, "spki")) {
            free(spki);
            const uint8_t *p = vectors_bytes(v, "spki", &spki_len);
            spki = test_copy(p, spki_len);
            scheme = scheme_of_name(vectors_text(v, "scheme"));
        }
        const uint8_t *data = vectors_bytes(v, "data", &data_len);
        const uint8_t *sig = vectors_bytes(v, "sig", &sig_len);
        cssl_error err;
        int ret = spki_verify(bytes_of(spki, spki_len), scheme, bytes_of(data, data_len),
                              bytes_of(sig, sig_len), &err);
        bool want = vectors_number(v, "fits") != 0;
        if ((ret == 0) != want) {
            fail_msg("%s: %s", vectors_text(v, "name"), ret == 0 ? "taken" : err.text);
        }
        assert_true(ret == 0 || err.reason == CSSL_R_BAD_SIGNATURE);
        fits += want;
        fits_not += !want;
    }
    free(spki);
    vectors_close(v);
    assert_true(fits > 30 && fits_not > 60);
}

/* Keys of RFC 5480, 8410, 4055 and 8017's forms. n is filled up to its length with 0xc3. */
static const struct {
    const char *name, *hex;
    int type;      /* -1: malformed */
    unsigned bits; /* and what spki_inspect says */
} keys[] = {
    { "Ed25519 (RFC 8410 10.1)",
      "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
      KEY_ED25519, 256 },
    { "Ed25519 with parameters",
      "302c300706032b65700500032100"
      "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
      -1, 0 },
    { "Ed25519, a byte short",
      "3029300506032b657003200019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166", -1,
      0 },
    { "Ed25519, unused bits",
      "302a300506032b657003210119bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e0",
      -1, 0 },
    { "something behind",
      "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e100",
      -1, 0 },
    { "X25519",
      "302a300506032b656e03210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad70"
      "3166e1",
      KEY_NONE, 0 },
    { "P-256",
      "3059301306072a8648ce3d020106082a8648ce3d03010703420004aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aa"
      "aaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      KEY_EC_P256, 256 },
    { "P-256, compressed",
      "3039301306072a8648ce3d020106082a8648ce3d03010703220002aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aa"
      "aaaaaaaaaaaaaaaaaaaaaaaa",
      -1, 0 },
    { "P-256, infinity", "3019301306072a8648ce3d020106082a8648ce3d030107030200 00", -1, 0 },
    { "P-384's name with a point of P-256",
      "3056301006072a8648ce3d020106052b8104002203420004aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      -1, 0 },
    { "an unknown curve", "3016301006072a8648ce3d020106052b8104000a03020004", KEY_NONE, 0 },
    { "a curve without a name", "300f300906072a8648ce3d020103020004", KEY_NONE, 0 },
    { "an unknown algorithm with parameters", "30 0c 30 06 06 01 2a 05 01 00 03 02 00 04", KEY_NONE,
      0 },
    { "two elements of parameters", "30 0e 30 08 06 01 2a 05 01 00 05 00 03 02 00 04", -1, 0 },
    { "an empty OID", "30 08 30 02 06 00 03 02 00 04", -1, 0 },
    { "RSA, tiny", "30 1a 30 0d 06092a864886f70d010101 0500 03 09 00 30 06 02 01 23 02 01 03",
      KEY_RSA, 6 },
    { "RSA, parameters absent", "3018 300b 06092a864886f70d010101 03 09 00 30 06 02 01 23 02 01 03",
      -1, 0 },
    { "RSA, exponent 1", "30 1a 30 0d 06092a864886f70d010101 0500 03 09 00 30 06 02 01 23 02 01 01",
      -1, 0 },
    { "RSA, exponent 4", "30 1a 30 0d 06092a864886f70d010101 0500 03 09 00 30 06 02 01 23 02 01 04",
      -1, 0 },
    { "RSA, even modulus",
      "30 1a 30 0d 06092a864886f70d010101 0500 03 09 00 30 06 02 01 22 02 01 03", -1, 0 },
    { "RSA, modulus 0", "30 1a 30 0d 06092a864886f70d010101 0500 03 09 00 30 06 02 01 00 02 01 03",
      -1, 0 },
    { "RSA, negative modulus",
      "30 1a 30 0d 06092a864886f70d010101 0500 03 09 00 30 06 02 01 83 02 01 03", -1, 0 },
    { "RSA, padded modulus",
      "30 1b 30 0d 06092a864886f70d010101 0500 03 0a 00 30 07 02 02 0023 02 01 03", -1, 0 },
    { "RSA, a third number",
      "30 1d 30 0d 06092a864886f70d010101 0500 03 0c 00 30 09 02 01 23 02 01 03 02 01 01", -1, 0 },
    { "RSA, exponent of 65 bits",
      "30 22 30 0d 06092a864886f70d010101 0500 03 11 00 30 0e 02 01 23 02 09 010000000000000001",
      -1, 0 },
    { "RSA-PSS, free", "30 18 30 0b 06092a864886f70d01010a 03 09 00 30 06 02 01 23 02 01 03",
      KEY_RSA_PSS, 6 },
    { "RSA-PSS, empty parameters",
      "30 1a 30 0d 06092a864886f70d01010a 3000 03 09 00 30 06 02 01 23 02 01 03", KEY_RSA_PSS, 6 },
    { "RSA-PSS, NULL parameters",
      "30 1a 30 0d 06092a864886f70d01010a 0500 03 09 00 30 06 02 01 23 02 01 03", -1, 0 },
    { "RSA-PSS, trailer 2",
      "30 1f 30 12 06092a864886f70d01010a 3005 a303 020102 03 09 00 30 06 02 01 23 02 01 03", -1,
      0 },
    { "RSA-PSS, trailer 1",
      "30 1f 30 12 06092a864886f70d01010a 3005 a303 020101 03 09 00 30 06 02 01 23 02 01 03",
      KEY_RSA_PSS, 6 },
    { "RSA-PSS, fields out of order",
      "30 24 30 17 06092a864886f70d01010a 300a a303 020101 a203 020120 03 09 00 30 06 02 01 23 "
      "02 01 03",
      -1, 0 },
    { "nothing", "", -1, 0 },
    { "a long tag", "3f 02 01 00", -1, 0 },
    { "a length of four bytes too many", "30 85 00 00 00 00 01 00", -1, 0 },
    { "a length beyond the end", "30 84 ff ff ff ff", -1, 0 },
};

static void test_inspect(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        size_t len = 0;
        uint8_t *der = test_unhex_new(keys[i].hex, &len);
        struct spki_info info = { KEY_ED448, 99 };
        cssl_error err;
        int ret = spki_inspect(bytes_of(der, len), &info, &err);
        if ((ret == 0) != (keys[i].type >= 0) || (ret == 0 && (int)info.type != keys[i].type) ||
            info.bits != keys[i].bits) {
            fail_msg("%s: %d, type %d, %u bits (%s)", keys[i].name, ret, (int)info.type, info.bits,
                     ret == 0 ? "" : err.text);
        }
        if (ret != 0) {
            assert_int_equal(err.reason, CSSL_R_BAD_PUBLIC_KEY);
            assert_int_equal(info.type, KEY_NONE);
        }
        free(der);
    }
}

static void must_be_refused(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct spki_info info;
    cssl_error err;
    assert_true(spki_inspect(bytes_of(data, len), &info, &err) < 0);
}

static void may_be_anything(void *arg, uint8_t *data, size_t len)
{
    uint16_t scheme = *(const uint16_t *)arg;
    struct spki_info info;
    cssl_error err;
    cssl_bytes der = bytes_of(data, len);
    int ret = spki_inspect(der, &info, &err);
    static const uint8_t sig[64] = { 1, 2, 3 };
    int verified = spki_verify(der, scheme, bytes_of(sig, 3), bytes_of(sig, sizeof(sig)), &err);
    assert_true(verified < 0);
    assert_true(ret == 0 || err.reason == CSSL_R_BAD_PUBLIC_KEY);
}

static void test_damage(void **state)
{
    (void)state;
    static const enum key_type kinds[] = { KEY_RSA,     KEY_RSA_PSS, KEY_EC_P256, KEY_EC_P384,
                                           KEY_EC_P521, KEY_ED25519, KEY_ED448 };
    static const uint16_t schemes[] = {
        SCHEME_RSA_PSS_RSAE_SHA256,
        SCHEME_RSA_PSS_PSS_SHA256,
        SCHEME_ECDSA_SECP256R1_SHA256,
        SCHEME_ECDSA_SECP384R1_SHA384,
        SCHEME_ECDSA_SECP521R1_SHA512,
        SCHEME_ED25519,
        SCHEME_ED448,
    };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        cssl_error err;
        struct pkey *key = pkey_generate(kinds[i], 2048, &err);
        assert_non_null(key);
        cssl_bytes spki = pkey_spki(key);
        uint16_t scheme = schemes[i];
        for_each_truncation(spki.data, spki.len, must_be_refused, NULL);
        for_each_damage(spki.data, spki.len, test_seed(4) + i, 300, may_be_anything, &scheme);
        pkey_free(key);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    /* 2047 and 8193 bits: inspected, never verified with. */
    static const struct {
        uint16_t len;
        uint8_t top;
        unsigned bits;
    } rows[] = { { 256, 0x40, 2047 }, { 1025, 0x01, 8193 } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t der[1100] = { 0 };
        size_t n = rows[i].len, at = 0;
        const uint8_t head[] = { 0x30,
                                 0x82,
                                 (uint8_t)((n + 32) >> 8),
                                 (uint8_t)(n + 32),
                                 0x30,
                                 0x0d,
                                 0x06,
                                 0x09,
                                 0x2a,
                                 0x86,
                                 0x48,
                                 0x86,
                                 0xf7,
                                 0x0d,
                                 0x01,
                                 0x01,
                                 0x01,
                                 0x05,
                                 0x00,
                                 0x03,
                                 0x82,
                                 (uint8_t)((n + 13) >> 8),
                                 (uint8_t)(n + 13),
                                 0x00,
                                 0x30,
                                 0x82,
                                 (uint8_t)((n + 8) >> 8),
                                 (uint8_t)(n + 8),
                                 0x02,
                                 0x82,
                                 (uint8_t)(n >> 8),
                                 (uint8_t)n };
        const uint8_t tail[] = { 0x02, 0x02, 0x40, 0x01 };
        memcpy(der, head, sizeof(head));
        at = sizeof(head);
        memset(der + at, 0xc3, n);
        der[at] = rows[i].top;
        at += n;
        memcpy(der + at, tail, sizeof(tail));
        at += sizeof(tail);
        der[2] = (uint8_t)((at - 4) >> 8);
        der[3] = (uint8_t)(at - 4);
        struct spki_info info;
        cssl_error err;
        assert_int_equal(spki_inspect(bytes_of(der, at), &info, &err), 0);
        assert_int_equal(info.type, KEY_RSA);
        assert_int_equal(info.bits, rows[i].bits);
        assert_true(spki_verify(bytes_of(der, at), SCHEME_RSA_PSS_RSAE_SHA256, bytes_of(der, 1),
                                bytes_of(der, n), &err) < 0);
        assert_int_equal(err.reason, CSSL_R_BAD_PUBLIC_KEY);
        assert_non_null(strstr(err.text, "bits"));
    }
}

static void test_fits(void **state)
{
    (void)state;
    assert_true(scheme_fits_key(SCHEME_ECDSA_SECP256R1_SHA256, KEY_EC_P256, true));
    assert_false(scheme_fits_key(SCHEME_ECDSA_SECP256R1_SHA256, KEY_EC_P384, true));
    assert_true(scheme_fits_key(SCHEME_ECDSA_SECP256R1_SHA256, KEY_EC_P384, false));
    assert_false(scheme_fits_key(SCHEME_ECDSA_SECP256R1_SHA256, KEY_RSA, false));
    assert_true(scheme_fits_key(SCHEME_RSA_PKCS1_SHA256, KEY_RSA, true));
    assert_false(scheme_fits_key(SCHEME_RSA_PKCS1_SHA256, KEY_RSA_PSS, false));
    assert_true(scheme_fits_key(SCHEME_RSA_PSS_PSS_SHA512, KEY_RSA_PSS, false));
    assert_false(scheme_fits_key(SCHEME_RSA_PSS_RSAE_SHA512, KEY_RSA_PSS, false));
    assert_false(scheme_fits_key(SCHEME_RSA_PKCS1_SHA1, KEY_RSA, false));
    assert_false(scheme_fits_key(SCHEME_ECDSA_SHA1, KEY_EC_P256, false));
    assert_false(scheme_fits_key(SCHEME_ECDSA_SHA1, KEY_NONE, true));
    assert_true(scheme_fits_key(SCHEME_MLDSA65, KEY_MLDSA65, true));
    assert_false(scheme_fits_key(0, KEY_NONE, false));
    assert_false(scheme_available(SCHEME_RSA_PKCS1_SHA1));
    assert_false(scheme_available(SCHEME_ECDSA_SHA1));
    assert_false(scheme_available(0x1234));
    assert_true(scheme_available(SCHEME_ED448));
    assert_int_equal(scheme_available(SCHEME_MLDSA44), scheme_available(SCHEME_MLDSA87));
}

/* SHA-1 is recognised and refused, with a word why; a key of another kind is the key's fault. */
static void test_refusals(void **state)
{
    (void)state;
    cssl_error err;
    struct pkey *key = pkey_generate(KEY_EC_P256, 0, &err);
    assert_non_null(key);
    cssl_bytes b = bytes_of((const uint8_t *)"x", 1);
    assert_true(spki_verify(pkey_spki(key), SCHEME_ECDSA_SHA1, b, b, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_SCHEME_UNUSABLE);
    assert_non_null(strstr(err.text, "SHA-1"));
    assert_true(spki_verify(pkey_spki(key), 0x7777, b, b, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_SCHEME_UNUSABLE);
    assert_true(spki_verify(pkey_spki(key), SCHEME_ED25519, b, b, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_BAD_PUBLIC_KEY);
    assert_true(spki_verify(pkey_spki(key), SCHEME_ECDSA_SECP384R1_SHA384, b, b, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_BAD_SIGNATURE);
    assert_true(
        spki_verify(pkey_spki(key), SCHEME_ECDSA_SECP256R1_SHA256, b, bytes_of(NULL, 0), &err) < 0);
    assert_int_equal(err.reason, CSSL_R_BAD_SIGNATURE);
    pkey_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures), cmocka_unit_test(test_inspect),
        cmocka_unit_test(test_damage),     cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_fits),       cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

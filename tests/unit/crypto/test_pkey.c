/* test_pkey.c - private keys: every stored form, what must be refused and why, signing, writing. */
#include "premaster_support.h"

#include "base/mem.h"
#include "base/names.h"
#include "crypto/pkey.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

static const struct {
    const char *name;
    enum key_type type;
} types[] = {
    { "RSA", KEY_RSA },       { "RSA-PSS", KEY_RSA_PSS }, { "P-256", KEY_EC_P256 },
    { "P-384", KEY_EC_P384 }, { "P-521", KEY_EC_P521 },   { "ED25519", KEY_ED25519 },
    { "ED448", KEY_ED448 },
};

static const uint16_t schemes[] = {
    SCHEME_RSA_PKCS1_SHA1,
    SCHEME_ECDSA_SHA1,
    SCHEME_RSA_PKCS1_SHA256,
    SCHEME_ECDSA_SECP256R1_SHA256,
    SCHEME_RSA_PKCS1_SHA384,
    SCHEME_ECDSA_SECP384R1_SHA384,
    SCHEME_RSA_PKCS1_SHA512,
    SCHEME_ECDSA_SECP521R1_SHA512,
    SCHEME_RSA_PSS_RSAE_SHA256,
    SCHEME_RSA_PSS_RSAE_SHA384,
    SCHEME_RSA_PSS_RSAE_SHA512,
    SCHEME_ED25519,
    SCHEME_ED448,
    SCHEME_RSA_PSS_PSS_SHA256,
    SCHEME_RSA_PSS_PSS_SHA384,
    SCHEME_RSA_PSS_PSS_SHA512,
    SCHEME_MLDSA44,
    SCHEME_MLDSA65,
    SCHEME_MLDSA87,
    0x0000,
};

/* sign_all makes a signature of every scheme that key can make and returns how many. */
static int sign_all(const struct pkey *key)
{
    static const uint8_t text[] = "what is signed", other[] = "what is Signed";
    int num = 0;
    for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
        uint8_t sig[PKEY_SIGNATURE_MAX];
        size_t len = 99;
        cssl_error err;
        cssl_bytes data = bytes_of(text, sizeof(text));
        int ret = pkey_sign(key, schemes[i], data, sig, &len, &err);
        if (!pkey_can_sign(key, schemes[i])) {
            assert_true(ret < 0);
            assert_int_equal(err.reason, CSSL_R_KEY_CANNOT_SIGN);
            assert_int_equal(len, 0);
            continue;
        }
        num++;
        assert_int_equal(ret, 0);
        assert_true(scheme_fits_key(schemes[i], pkey_type(key), true));
        uint8_t *exact = test_copy(sig, len);
        cssl_bytes s = bytes_of(exact, len), spki = pkey_spki(key);
        assert_int_equal(spki_verify(spki, schemes[i], data, s, &err), 0);
        assert_true(spki_verify(spki, schemes[i], bytes_of(other, sizeof(other)), s, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_BAD_SIGNATURE);
        assert_int_equal(err.alert, 51);
        exact[len / 2] ^= 0x10;
        assert_true(spki_verify(spki, schemes[i], data, s, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_BAD_SIGNATURE);
        free(exact);
    }
    return num;
}

static enum key_type type_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (strcmp(types[i].name, name) == 0) {
            return types[i].type;
        }
    }
    return KEY_NONE;
}

static struct pkey *load_vector(struct vectors *v, cssl_error *err)
{
    size_t len = 0, password_len = 0;
    const uint8_t *der = vectors_bytes(v, "der", &len);
    char password[32] = "";
    bool has = vectors_has(v, "password");
    if (has) {
        const uint8_t *p = vectors_bytes(v, "password", &password_len);
        memcpy(password, p, password_len);
    }
    return pkey_from_der(bytes_of(der, len), has ? password : NULL, err);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("pkey.txt");
    int good = 0, bad = 0;
    while (vectors_next(v)) {
        cssl_error err;
        struct pkey *key = load_vector(v, &err);
        const char *name = vectors_text(v, "name");
        if (vectors_has(v, "type")) {
            if (key == NULL) {
                fail_msg("%s: refused: %s", name, err.text);
                return;
            }
            assert_int_equal(pkey_type(key), type_of(vectors_text(v, "type")));
            assert_int_equal(pkey_bits(key), vectors_number(v, "bits"));
            assert_true(sign_all(key) > 0);
            good++;
        } else {
            if (key != NULL) {
                fail_msg("%s: taken", name);
            }
            if (strcmp(cssl_reason_name(err.reason), vectors_text(v, "reason")) != 0) {
                fail_msg("%s: %s (%s)", name, cssl_reason_name(err.reason), err.text);
            }
            assert_int_equal(err.status, CSSL_OPTION);
            bad++;
        }
        pkey_free(key);
    }
    vectors_close(v);
    assert_true(good > 15 && bad > 40);
}

static void must_not_load(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    cssl_error err;
    assert_null(pkey_from_der(bytes_of(data, len), "secret", &err));
    assert_true(err.status < 0);
}

/* What damage leaves loadable still has to be a key: load checks it by signing. */
static void may_load(void *arg, uint8_t *data, size_t len)
{
    int *loaded = arg;
    cssl_error err = { 0 };
    struct pkey *key = pkey_from_der(bytes_of(data, len), "secret", &err);
    if (key == NULL) {
        assert_true(err.status < 0 && err.text[0] != '\0');
        return;
    }
    ++*loaded;
    assert_true(pkey_spki(key).len > 0);
    pkey_free(key);
}

static void test_damage(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("pkey.txt");
    int loaded = 0;
    uint64_t seed = test_seed(3);
    while (vectors_next(v)) {
        if (!vectors_has(v, "type")) {
            continue;
        }
        size_t len = 0;
        const uint8_t *der = vectors_bytes(v, "der", &len);
        for_each_truncation(der, len, must_not_load, NULL);
        for_each_damage(der, len, seed++, 150, may_load, &loaded);
    }
    print_message("%d damaged keys were keys still\n", loaded);
    vectors_close(v);
}

static void check_written(const struct pkey *key, const char *password)
{
    uint8_t *der = NULL;
    size_t len = 0;
    cssl_error err;
    assert_int_equal(pkey_to_der(key, password, &der, &len, &err), 0);
    struct pkey *back = pkey_from_der(bytes_of(der, len), password, &err);
    assert_non_null(back);
    assert_true(bytes_equal(pkey_spki(back), pkey_spki(key)));
    if (password != NULL) {
        assert_null(pkey_from_der(bytes_of(der, len), "another", &err));
        assert_int_equal(err.reason, CSSL_R_PASSWORD_WRONG);
        assert_null(pkey_from_der(bytes_of(der, len), NULL, &err));
        assert_int_equal(err.reason, CSSL_R_PASSWORD_MISSING);
    } else {
        const uint8_t *p = der; /* libcrypto reads what we write */
        EVP_PKEY *evp = d2i_AutoPrivateKey(NULL, &p, (long)len);
        assert_non_null(evp);
        uint8_t *spki = NULL;
        int n = i2d_PUBKEY(evp, &spki);
        assert_true(n > 0 && bytes_equal(bytes_of(spki, (size_t)n), pkey_spki(key)));
        OPENSSL_free(spki);
        EVP_PKEY_free(evp);
    }
    pkey_free(back);
    mem_free_wiped(der, len);
}

static void test_generate(void **state)
{
    (void)state;
    static const struct {
        enum key_type type;
        unsigned bits, want_bits;
        int schemes;
    } rows[] = {
        { KEY_RSA, 2048, 2048, 6 }, { KEY_RSA_PSS, 2048, 2048, 3 }, { KEY_EC_P256, 0, 256, 1 },
        { KEY_EC_P384, 0, 384, 1 }, { KEY_EC_P521, 0, 521, 1 },     { KEY_ED25519, 0, 256, 1 },
        { KEY_ED448, 0, 456, 1 },   { KEY_MLDSA44, 0, 128, 1 },     { KEY_MLDSA65, 0, 192, 1 },
        { KEY_MLDSA87, 0, 256, 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err;
        struct pkey *key = pkey_generate(rows[i].type, rows[i].bits, &err);
        if (key == NULL && rows[i].type >= KEY_MLDSA44) {
            assert_false(scheme_available(SCHEME_MLDSA44));
            assert_int_equal(err.reason, CSSL_R_KEY_UNSUPPORTED);
            continue;
        }
        assert_non_null(key);
        assert_int_equal(pkey_type(key), rows[i].type);
        assert_int_equal(pkey_bits(key), rows[i].want_bits);
        assert_int_equal(sign_all(key), rows[i].schemes);
        check_written(key, NULL);
        if (rows[i].type == KEY_EC_P256 || rows[i].type == KEY_RSA) {
            check_written(key, "pass word");
        }
        pkey_free(key);
    }
    cssl_error err;
    assert_null(pkey_generate(KEY_RSA, 2047, &err));
    assert_int_equal(err.reason, CSSL_R_KEY_UNSUPPORTED);
    assert_null(pkey_generate(KEY_RSA_PSS, 8193, &err));
    assert_null(pkey_generate(KEY_NONE, 0, &err));
    assert_int_equal(err.reason, CSSL_R_KEY_UNSUPPORTED);
}

static void test_restricted(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("pkey.txt");
    cssl_error err;
    bool seen = false;
    while (vectors_next(v)) {
        if (strcmp(vectors_text(v, "name"), "RSA-PSS, SHA-384 and a salt of 32") != 0) {
            continue;
        }
        seen = true;
        struct pkey *key = load_vector(v, &err);
        assert_non_null(key);
        assert_true(pkey_can_sign(key, SCHEME_RSA_PSS_PSS_SHA384));
        assert_false(pkey_can_sign(key, SCHEME_RSA_PSS_PSS_SHA256));
        assert_false(pkey_can_sign(key, SCHEME_RSA_PSS_RSAE_SHA384));
        uint8_t sig[256] = { 0 };
        cssl_bytes data = bytes_of(sig, 3);
        assert_true(spki_verify(pkey_spki(key), SCHEME_RSA_PSS_PSS_SHA256, data,
                                bytes_of(sig, sizeof(sig)), &err) < 0);
        assert_int_equal(err.reason, CSSL_R_BAD_PUBLIC_KEY);
        pkey_free(key);
    }
    assert_true(seen);
    vectors_close(v);
}

static void test_counted(void **state)
{
    (void)state;
    cssl_error err;
    struct pkey *key = pkey_generate(KEY_ED25519, 0, &err);
    assert_non_null(key);
    assert_ptr_equal(pkey_ref(key), key);
    pkey_free(key);
    assert_int_equal(pkey_type(key), KEY_ED25519); /* the second reference still holds */
    pkey_free(key);
    pkey_free(NULL);
}

/* A premaster secret comes out of everything; it is the one that was sent only if nothing is wrong
 * with it, and otherwise another one each time. */
static void test_premaster(void **state)
{
    (void)state;
    struct test_rng rng;
    struct pkey *key = pkey_generate(KEY_RSA, 2048, NULL);
    struct pkey *pss = pkey_generate(KEY_RSA_PSS, 2048, NULL);
    uint8_t block[BLOCK_MAX], sent[BLOCK_MAX], out[2][PREMASTER_RSA];
    cssl_error err;
    assert_non_null(key);
    assert_non_null(pss);
    assert_true(pkey_can_decrypt(key));
    test_rng_init(&rng, test_seed(781));
    for (size_t i = 0; i < ARRAY_SIZE(block_kinds); i++) {
        block_make(&block_kinds[i], &rng, block, 256);
        size_t len = block_encrypt(key, block, sent);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(
                pkey_decrypt_premaster(key, 0x0303, bytes_of(sent, len), out[k], &err), 0);
        }
        const bool same = memcmp(out[0], block + 256 - PREMASTER_RSA, PREMASTER_RSA) == 0;
        if (same != block_kinds[i].good ||
            same != (memcmp(out[0], out[1], PREMASTER_RSA) == 0)) {
            fail_msg("%s", block_kinds[i].name);
        }
    }
    /* another version was offered; what is no number below the modulus; other lengths */
    block_make(&block_kinds[0], &rng, block, 256);
    size_t len = block_encrypt(key, block, sent);
    assert_int_equal(pkey_decrypt_premaster(key, 0x0304, bytes_of(sent, len), out[0], &err), 0);
    assert_memory_not_equal(out[0], block + 256 - PREMASTER_RSA, PREMASTER_RSA);
    memset(sent, 0xff, sizeof(sent));
    for (size_t n = 0; n < 300; n += n == 254 || n == 255 ? 1 : 127) {
        assert_int_equal(pkey_decrypt_premaster(key, 0x0303, bytes_of(sent, n), out[0], &err), 0);
        assert_int_equal(pkey_decrypt_premaster(key, 0x0303, bytes_of(sent, n), out[1], &err), 0);
        assert_memory_not_equal(out[0], out[1], PREMASTER_RSA);
    }
    assert_false(pkey_can_decrypt(pss));
    assert_true(pkey_decrypt_premaster(pss, 0x0303, bytes_of(sent, 256), out[0], &err) < 0);
    assert_int_equal(err.reason, CSSL_R_KEY_CANNOT_SIGN);
    pkey_free(key);
    pkey_free(pss);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),  cmocka_unit_test(test_damage),
        cmocka_unit_test(test_generate), cmocka_unit_test(test_restricted),
        cmocka_unit_test(test_counted),  cmocka_unit_test(test_premaster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_suite_info.c - what a suite consists of, by either name, and lists made by its parts. */
#include "support.h"

#include "config/lists.h"

static void test_info(void **state)
{
    (void)state;
    /* Names as IANA and OpenSSL's ciphers(1) have them. */
    static const struct {
        const char *name, *openssl, *kx, *cipher, *mac, *prf;
        unsigned version;
    } rows[] = {
        { "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", "any", "aes_256_gcm", "aead",
          "sha384", CSSL_TLSV1_3 },
        { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256",
          "ecdhe_ecdsa", "aes_128_gcm", "aead", "sha256", CSSL_TLSV1_2 },
        { "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305",
          "ecdhe_rsa", "chacha20_poly1305", "aead", "sha256", CSSL_TLSV1_2 },
        { "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "DHE-RSA-AES256-GCM-SHA384", "dhe_rsa",
          "aes_256_gcm", "aead", "sha384", CSSL_TLSV1_2 },
        { "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "ECDHE-ECDSA-AES128-CCM8", "ecdhe_ecdsa",
          "aes_128_ccm_8", "aead", "sha256", CSSL_TLSV1_2 },
        { "TLS_PSK_WITH_AES_128_GCM_SHA256", "PSK-AES128-GCM-SHA256", "psk", "aes_128_gcm", "aead",
          "sha256", CSSL_TLSV1_2 },
        { "TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", "rsa", "aes_128_gcm", "aead",
          "sha256", CSSL_TLSV1_2 },
        { "TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", "rsa", "aes_256_cbc", "sha", "sha256",
          CSSL_TLSV1_2 },
        { "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", "ECDHE-RSA-AES256-SHA384", "ecdhe_rsa",
          "aes_256_cbc", "sha384", "sha384", CSSL_TLSV1_2 },
        { "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", "ECDHE-PSK-AES128-CBC-SHA256", "ecdhe_psk",
          "aes_128_cbc", "sha256", "sha256", CSSL_TLSV1_2 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_suite_info info;
        assert_int_equal(cssl_cipher_suite_info(rows[i].name, &info, NULL), 0);
        assert_string_equal(info.name, rows[i].name);
        assert_string_equal(info.openssl_name, rows[i].openssl);
        assert_string_equal(info.key_exchange, rows[i].kx);
        assert_string_equal(info.cipher, rows[i].cipher);
        assert_string_equal(info.mac, rows[i].mac);
        assert_string_equal(info.prf, rows[i].prf);
        assert_int_equal(info.version, rows[i].version);
    }
    cssl_suite_info info;
    cssl_error err;
    memset(&info, 0xa5, sizeof(info));
    assert_int_equal(cssl_cipher_suite_info("TLS_NO_SUCH", &info, &err), CSSL_STATE);
    assert_non_null(strstr(err.text, "TLS_NO_SUCH"));
    assert_null(info.name);
}

/* Every suite has two names that lead to it, and no two share one. */
static void test_names(void **state)
{
    (void)state;
    static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        const char *const *all = cssl_cipher_suites("all", versions[v]);
        for (size_t i = 0; all[i] != NULL; i++) {
            cssl_suite_info one, other;
            assert_int_equal(cssl_cipher_suite_info(all[i], &one, NULL), 0);
            assert_int_equal(cssl_cipher_suite_info(one.openssl_name, &other, NULL), 0);
            assert_string_equal(one.name, other.name);
            assert_int_equal(one.version, versions[v]);
        }
    }
}

static bool is_aes_gcm(void *user, const cssl_suite_info *info)
{
    (*(unsigned *)user)++;
    return strstr(info->cipher, "_gcm") != NULL;
}

static void test_filter(void **state)
{
    (void)state;
    const char *const *suites = cssl_cipher_suites("default", CSSL_TLSV1_2);
    const char *out[64];
    unsigned asked = 0;
    size_t num = cssl_filter_cipher_suites(suites, is_aes_gcm, &asked, out, ARRAY_SIZE(out));
    assert_true(num >= 4);
    assert_true(asked > num);
    assert_null(out[num]);
    for (size_t i = 0; i < num; i++) {
        assert_non_null(strstr(out[i], "_GCM_"));
    }
    const cssl_options options = { .ciphers = out };
    cssl_config *config = cssl_client_config(&options, NULL);
    assert_non_null(config);
    cssl_config_free(config);
    /* Never more than there is room for. */
    assert_int_equal(cssl_filter_cipher_suites(suites, is_aes_gcm, &asked, out, 3), 2);
    assert_null(out[2]);
    assert_int_equal(cssl_filter_cipher_suites(suites, is_aes_gcm, &asked, out, 1), 0);
    assert_null(out[0]);
    out[0] = "untouched";
    assert_int_equal(cssl_filter_cipher_suites(suites, is_aes_gcm, &asked, out, 0), 0);
    assert_string_equal(out[0], "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

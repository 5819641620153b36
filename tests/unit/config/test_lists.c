/* test_lists.c - names in options: IANA's, OpenSSL's, OTP's, with colons; and what is refused. */
#include "support.h"

#include "base/names.h"
#include "config/lists.h"

static const struct list_rule ciphers = { "ciphers", CODES_SUITES, suite_of_any_name,
                                          "cssl_cipher_suites" };
static const struct list_rule groups = { "supported_groups", CODES_GROUPS, group_of_name,
                                         "cssl_groups" };
static const struct list_rule schemes = { "signature_algs", CODES_SCHEMES, scheme_of_name,
                                          "cssl_signature_algs" };

static void test_spellings(void **state)
{
    (void)state;
    static const struct {
        const struct list_rule *rule;
        const char *names[4];
        uint16_t codes[4];
    } rows[] = {
        { &ciphers, { "TLS_AES_128_GCM_SHA256" }, { SUITE_AES_128_GCM_SHA256 } },
        { &ciphers,
          { "TLS_AES_256_GCM_SHA384:ECDHE-RSA-CHACHA20-POLY1305" },
          { SUITE_AES_256_GCM_SHA384, SUITE_ECDHE_RSA_CHACHA20_POLY1305_SHA256 } },
        { &ciphers,
          { "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
          { SUITE_ECDHE_ECDSA_AES_128_GCM_SHA256, SUITE_ECDHE_RSA_AES_128_GCM_SHA256 } },
        { &ciphers, { "ECDHE-ECDSA-AES128-CCM8" }, { SUITE_ECDHE_ECDSA_AES_128_CCM_8 } },
        { &ciphers,
          { "[TLS_AES_256_GCM_SHA384|TLS_AES_128_GCM_SHA256]:ECDHE-RSA-CHACHA20-POLY1305" },
          { SUITE_AES_256_GCM_SHA384, SUITE_AES_128_GCM_SHA256,
            SUITE_ECDHE_RSA_CHACHA20_POLY1305_SHA256 } },
        { &groups, { "P-256:X25519", "secp384r1" },
          { GROUP_SECP256R1, GROUP_X25519, GROUP_SECP384R1 } },
        { &groups, { "prime256v1" }, { GROUP_SECP256R1 } },
        { &schemes, { "ECDSA+SHA256:RSA-PSS+SHA384:RSA+SHA512" },
          { SCHEME_ECDSA_SECP256R1_SHA256, SCHEME_RSA_PSS_RSAE_SHA384, SCHEME_RSA_PKCS1_SHA512 } },
        { &schemes, { "eddsa_ed25519", "ed448" }, { SCHEME_ED25519, SCHEME_ED448 } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct codes c;
        cssl_error err;
        if (list_check(&c, rows[i].rule, rows[i].names, &err) != 0) {
            fail_msg("%s: %s", rows[i].names[0], err.text);
        }
        size_t num = 0;
        while (num < ARRAY_SIZE(rows[i].codes) && rows[i].codes[num] != 0) {
            num++;
        }
        assert_int_equal(c.num, num);
        for (size_t j = 0; j < num; j++) {
            assert_int_equal(c.list[j], rows[i].codes[j]);
        }
    }
}

/* What stands in brackets is equally good, and nothing else is. */
static void test_sets(void **state)
{
    (void)state;
    static const struct {
        const char *names[3];
        uint8_t set[4];
    } rows[] = {
        { { "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256" }, { 0, 0 } },
        { { "[TLS_AES_256_GCM_SHA384]", "TLS_AES_128_GCM_SHA256" }, { 1, 0 } },
        { { "[TLS_AES_256_GCM_SHA384|TLS_AES_128_GCM_SHA256]:"
            "[ECDHE-RSA-CHACHA20-POLY1305|ECDHE-ECDSA-AES128-GCM-SHA256]" }, { 1, 1, 3, 3 } },
        { { "ECDHE-RSA-CHACHA20-POLY1305",
            "[TLS_AES_256_GCM_SHA384|TLS_AES_128_GCM_SHA256]:ECDHE-ECDSA-AES128-GCM-SHA256" },
          { 0, 2, 2, 0 } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct codes c;
        cssl_error err;
        memset(&c, 0xff, sizeof(c));
        if (list_check(&c, &ciphers, rows[i].names, &err) != 0) {
            fail_msg("%s: %s", rows[i].names[0], err.text);
        }
        assert_memory_equal(c.set, rows[i].set, c.num);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const struct list_rule *rule;
        const char *name;
        cssl_reason reason;
        const char *says;
    } rows[] = {
        { &ciphers, "", CSSL_R_OPTION_NAME, "cssl_cipher_suites" },
        { &ciphers, ":", CSSL_R_OPTION_NAME, "cssl_cipher_suites" },
        { &ciphers, "TLS_AES_128_GCM_SHA256:", CSSL_R_OPTION_NAME, "\"\"" },
        { &ciphers, "TLS_AES_129_GCM_SHA256", CSSL_R_OPTION_NAME, "AES_129" },
        { &ciphers, "TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256", CSSL_R_OPTION_VALUE, "twice" },
        { &ciphers, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:ECDHE-RSA-CHACHA20-POLY1305",
          CSSL_R_OPTION_VALUE, "twice" },
        { &ciphers, "[", CSSL_R_OPTION_NAME, "\"\"" },
        { &ciphers, "[]", CSSL_R_OPTION_NAME, "\"\"" },
        { &ciphers, "[TLS_AES_128_GCM_SHA256", CSSL_R_OPTION_VALUE, "[A|B]" },
        { &ciphers, "[TLS_AES_128_GCM_SHA256|]", CSSL_R_OPTION_NAME, "\"\"" },
        { &ciphers, "[TLS_AES_128_GCM_SHA256]]", CSSL_R_OPTION_VALUE, "[A|B]" },
        { &ciphers, "[TLS_AES_128_GCM_SHA256][TLS_AES_256_GCM_SHA384]", CSSL_R_OPTION_VALUE,
          "[A|B]" },
        { &ciphers, "[TLS_AES_128_GCM_SHA256|[TLS_AES_256_GCM_SHA384]]", CSSL_R_OPTION_NAME,
          "[TLS" },
        { &ciphers, "[TLS_AES_128_GCM_SHA256|TLS_AES_128_GCM_SHA256]", CSSL_R_OPTION_VALUE,
          "twice" },
        { &ciphers, "TLS_AES_128_GCM_SHA256|TLS_AES_256_GCM_SHA384", CSSL_R_OPTION_NAME, "|" },
        { &ciphers, "[TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384]", CSSL_R_OPTION_NAME, ":" },
        { &groups, "[x25519|secp256r1]", CSSL_R_OPTION_NAME, "[x25519" },
        { &ciphers, "TLS_DH_anon_WITH_AES_128_GCM_SHA256", CSSL_R_OPTION_NOT_SUPPORTED, "middle" },
        { &ciphers, "ADH-AES128-SHA256", CSSL_R_OPTION_NOT_SUPPORTED, "middle" },
        { &ciphers, "AECDH-AES128-SHA", CSSL_R_OPTION_NOT_SUPPORTED, "middle" },
        { &ciphers, "TLS_SRP_SHA_WITH_AES_128_CBC_SHA", CSSL_R_OPTION_NOT_SUPPORTED, "SRP" },
        { &ciphers, "ECDHE-RSA-DES-CBC3-SHA", CSSL_R_OPTION_NOT_SUPPORTED, "Sweet32" },
        { &ciphers, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", CSSL_R_OPTION_NOT_SUPPORTED, "Sweet32" },
        { &ciphers, "TLS_RSA_WITH_RC4_128_SHA", CSSL_R_OPTION_NOT_SUPPORTED, "RFC 7465" },
        { &ciphers, "TLS_RSA_WITH_NULL_SHA256", CSSL_R_OPTION_NOT_SUPPORTED, "encrypt" },
        { &ciphers, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", CSSL_R_OPTION_NOT_SUPPORTED,
          "forward secrecy" },
        { &ciphers, "ECDH-RSA-AES128-SHA256", CSSL_R_OPTION_NOT_SUPPORTED, "forward secrecy" },
        { &ciphers, "DH-RSA-AES128-GCM-SHA256", CSSL_R_OPTION_NOT_SUPPORTED, "forward secrecy" },
        { &ciphers, "TLS_DH_RSA_WITH_AES_128_GCM_SHA256", CSSL_R_OPTION_NOT_SUPPORTED,
          "forward secrecy" },
        /* an ephemeral key, and no suite that there is */
        { &ciphers, "ECDHE-RSA-AES129-GCM-SHA256", CSSL_R_OPTION_NAME, "AES129" },
        { &ciphers, "DHE-ECDH-AES128-SHA", CSSL_R_OPTION_NAME, "DHE-ECDH" },
        { &ciphers, "TLS_DHE_RSA_WITH_AES_129_GCM_SHA256", CSSL_R_OPTION_NAME, "AES_129" },
        { &ciphers, "DHE-DSS-AES128-SHA", CSSL_R_OPTION_NOT_SUPPORTED, "FIPS 186-5" },
        { &ciphers, "HIGH:!aNULL", CSSL_R_OPTION_NOT_SUPPORTED, "one by one" },
        { &ciphers, "@SECLEVEL=1", CSSL_R_OPTION_NOT_SUPPORTED, "one by one" },
        { &groups, "sect571r1", CSSL_R_OPTION_NAME, "cssl_groups" },
        { &schemes, "RSA+MD5", CSSL_R_OPTION_NAME, "cssl_signature_algs" },
        { &schemes, "rsa_pkcs1_sha1", CSSL_R_OPTION_NOT_SUPPORTED, "rsa_pkcs1_sha1" },
        { &ciphers, "TLS_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
          CSSL_R_OPTION_NAME, "characters" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct codes c;
        cssl_error err;
        const char *names[] = { rows[i].name, NULL };
        assert_int_equal(list_check(&c, rows[i].rule, names, &err), CSSL_OPTION);
        if (err.reason != rows[i].reason || strstr(err.text, rows[i].says) == NULL) {
            fail_msg("%s: %s", rows[i].name, err.text);
        }
        assert_string_equal(err.option, rows[i].rule->option);
    }
    struct codes c;
    cssl_error err;
    const char *none[] = { NULL };
    assert_int_equal(list_check(&c, &ciphers, none, &err), CSSL_OPTION);
    assert_int_equal(err.reason, CSSL_R_OPTION_VALUE);
    assert_int_equal(list_check(&c, &groups, NULL, &err), 0);
    assert_true(c.num > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_sets), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

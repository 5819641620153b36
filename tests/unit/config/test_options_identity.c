/* test_options_identity.c - the schemes of an identity: those that it may and can sign with. */
#include "support.h"

#include "base/error.h"
#include "base/names.h"
#include "config/config.h"
#include "crypto/pkey.h"

struct row {
    const char *const *schemes;
    cssl_reason reason; /* 0: fine */
    uint16_t first;
    size_t num;
};

static void test_schemes(void **state)
{
    (void)state;
    static const char *const none[] = { NULL };
    const struct row rows[] = {
        { NULL, 0, 0, 0 },
        { CSSL_LIST("ecdsa_secp256r1_sha256"), 0, SCHEME_ECDSA_SECP256R1_SHA256, 1 },
        { CSSL_LIST("rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256"), 0, SCHEME_RSA_PSS_RSAE_SHA256,
          2 },
        { CSSL_LIST("rsa_pss_rsae_sha256"), CSSL_R_OPTION_CONFLICT, 0, 0 }, /* not this key's */
        { CSSL_LIST("ed25519", "ecdsa_secp256r1_sha256"), CSSL_R_OPTION_CONFLICT, 0, 0 },
        { CSSL_LIST("sha256"), CSSL_R_OPTION_NAME, 0, 0 },
        { none, CSSL_R_OPTION_VALUE, 0, 0 },
    };
    cssl_config *config = calloc(1, sizeof(*config));
    assert_non_null(config);
    codes_add(&config->schemes, SCHEME_ECDSA_SECP256R1_SHA256);
    codes_add(&config->schemes, SCHEME_RSA_PSS_RSAE_SHA256);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err = { 0 };
        struct certkey ck = { .key = pkey_generate(KEY_EC_P256, 0, NULL) };
        const cssl_cert_key conf = { .signature_algs = rows[i].schemes };
        assert_non_null(ck.key);
        int ret = options_identity_schemes(config, &ck, &conf, &err);
        if ((ret != 0) != (rows[i].reason != 0) || (ret != 0 && err.reason != rows[i].reason)) {
            fail_msg("row %zu: %d, %s", i, ret, err.text);
        }
        assert_int_equal(ck.num_schemes, rows[i].num);
        assert_true(ret == 0 || strcmp(err.option, "signature_algs") == 0);
        assert_true(rows[i].num == 0 || ck.schemes[0] == rows[i].first);
        certkey_free(&ck);
    }
    free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_schemes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

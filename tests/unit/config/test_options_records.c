/* test_options_records.c - the options about records: which values pass, and what they become. */
#include "base/error.h"
#include "support.h"

#include "config/config.h"

static cssl_config *config_for(bool server)
{
    cssl_config *config = calloc(1, sizeof(*config));
    assert_non_null(config);
    atomic_init(&config->refs, 1);
    config->server = server;
    return config;
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        cssl_options o;
        bool server;
        const char *wrong; /* NULL: good */
        cssl_reason reason;
    } rows[] = {
        { { .max_fragment_length = 512 }, false, NULL, 0 },
        { { .max_fragment_length = 1024 }, false, NULL, 0 },
        { { .max_fragment_length = 2048 }, false, NULL, 0 },
        { { .max_fragment_length = 4096 }, false, NULL, 0 },
        { { .max_fragment_length = 256 }, false, "max_fragment_length", CSSL_R_OPTION_VALUE },
        { { .max_fragment_length = 513 }, false, "max_fragment_length", CSSL_R_OPTION_VALUE },
        { { .max_fragment_length = 8192 }, false, "max_fragment_length", CSSL_R_OPTION_VALUE },
        { { .max_fragment_length = 65536 + 512 }, false, "max_fragment_length",
          CSSL_R_OPTION_VALUE },
        { { .max_fragment_length = 512 }, true, "max_fragment_length", CSSL_R_OPTION_ROLE },
        { { .record_size_limit = 64 }, false, NULL, 0 },
        { { .record_size_limit = 64 }, true, NULL, 0 },
        { { .record_size_limit = 16384 }, true, NULL, 0 },
        { { .record_size_limit = 63 }, true, "record_size_limit", CSSL_R_OPTION_VALUE },
        { { .record_size_limit = 1 }, false, "record_size_limit", CSSL_R_OPTION_VALUE },
        { { .record_size_limit = 16385 }, false, "record_size_limit", CSSL_R_OPTION_VALUE },
        { { .record_size_limit = 65536 + 64 }, false, "record_size_limit", CSSL_R_OPTION_VALUE },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_config *config = config_for(rows[i].server);
        cssl_error err;
        const int ret = options_check(config, &rows[i].o, &err);
        if (rows[i].wrong == NULL) {
            assert_int_equal(ret, 0);
            assert_int_equal(config->max_fragment_length, rows[i].o.max_fragment_length);
            assert_int_equal(config->record_size_limit, rows[i].o.record_size_limit);
        } else {
            assert_int_equal(ret, CSSL_OPTION);
            assert_int_equal(err.reason, rows[i].reason);
            assert_string_equal(err.option, rows[i].wrong);
        }
        cssl_config_free(config);
    }
}

/* It is on where there is a CBC suite, and nowhere else. */
static void test_encrypt_then_mac(void **state)
{
    (void)state;
    const char *const *cbc = CSSL_LIST("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384");
    const char *const *aead = CSSL_LIST("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    const struct {
        cssl_options o;
        bool want;
    } rows[] = {
        { { .versions = CSSL_TLSV1_2, .ciphers = cbc }, true },
        { { .versions = CSSL_TLSV1_2, .ciphers = cbc, .encrypt_then_mac = CSSL_ON }, true },
        { { .versions = CSSL_TLSV1_2, .ciphers = cbc, .encrypt_then_mac = CSSL_OFF }, false },
        { { .versions = CSSL_TLSV1_2, .ciphers = aead, .encrypt_then_mac = CSSL_ON }, false },
        { { .versions = CSSL_TLSV1_2 }, false },
        { { .versions = CSSL_TLSV1_3 }, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (int server = 0; server < 2; server++) {
            cssl_config *config = config_for(server == 1);
            cssl_error err;
            assert_int_equal(options_check(config, &rows[i].o, &err), 0);
            assert_int_equal(config->encrypt_then_mac, rows[i].want);
            cssl_config_free(config);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_encrypt_then_mac),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

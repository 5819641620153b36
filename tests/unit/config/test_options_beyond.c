/* test_options_beyond.c - the options beyond Erlang's: each that is wrong has its error. */
#include "support.h"

#include "base/error.h"
#include "config/options_beyond.h"
#include "msg/compress.h"

struct row {
    cssl_options options;
    bool server;
    const char *option; /* at fault; NULL: the options are fine */
    cssl_reason reason;
};

static void check(const struct row *rows, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        cssl_error err = { 0 };
        cssl_config *config = calloc(1, sizeof(*config));
        assert_non_null(config);
        atomic_init(&config->refs, 1);
        config->server = rows[i].server;
        int ret = options_check(config, &rows[i].options, &err);
        if (rows[i].option == NULL && ret != 0) {
            fail_msg("row %zu: %s", i, err.text);
        }
        if (rows[i].option != NULL &&
            (ret != CSSL_OPTION || err.option == NULL ||
             strcmp(err.option, rows[i].option) != 0 || err.reason != rows[i].reason)) {
            fail_msg("row %zu (%s): %d, %s, %s", i, rows[i].option, ret,
                     err.option == NULL ? "none" : err.option, err.text);
        }
        cssl_config_free(config);
    }
}

static void test_compression(void **state)
{
    (void)state;
    static const char *const none[] = { NULL };
    static const char *const names[] = { "zlib", "brotli", "zstd" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        bool has = compress_has(compression_of_name(names[i]));
        const struct row row = { { .cert_compression = CSSL_LIST(names[i]) }, i == 1,
                                 has ? NULL : "cert_compression", CSSL_R_OPTION_NOT_SUPPORTED };
        const struct row twice = { { .cert_compression = CSSL_LIST(names[i], names[i]) }, i == 0,
                                   "cert_compression", CSSL_R_OPTION_VALUE };
        check(&row, 1);
        if (has) {
            check(&twice, 1);
        }
    }
    const struct row rows[] = {
        { { .cert_compression = CSSL_LIST("lzma") }, false, "cert_compression",
          CSSL_R_OPTION_NAME },
        { { .cert_compression = none }, true, "cert_compression", CSSL_R_OPTION_VALUE },
        { { .cert_compression = CSSL_LIST("zlib"), .versions = CSSL_TLSV1_2 }, true,
          "cert_compression", CSSL_R_OPTION_CONFLICT },
        { { .cert_compression = CSSL_LIST("zlib"), .versions = CSSL_TLSV1_2 | CSSL_TLSV1_3 },
          true, NULL, 0 },
    };
    check(rows, compress_has(COMPRESS_ZLIB) ? ARRAY_SIZE(rows) : 2);
}

static void test_post_handshake_auth(void **state)
{
    (void)state;
    const cssl_bytes pem = bytes_str("x");
    const struct row rows[] = {
        { { .post_handshake_auth = true }, false, NULL, 0 },
        { { .post_handshake_auth = true, .versions = CSSL_TLSV1_2 }, false, "post_handshake_auth",
          CSSL_R_OPTION_CONFLICT },
        { { .post_handshake_auth = true }, true, "post_handshake_auth", CSSL_R_OPTION_CONFLICT },
        { { .post_handshake_auth = true, .verify = CSSL_VERIFY_PEER, .cacerts = pem }, true, NULL,
          0 },
    };
    check(rows, ARRAY_SIZE(rows));
}

static void test_import(void **state)
{
    (void)state;
    static const uint8_t psk[32] = { 1 };
    static uint8_t long_context[1025];
    const cssl_bytes key = { psk, sizeof(psk) }, context = { psk, 3 };
    const struct row rows[] = {
        { { .psk_identity = "i", .psk = key, .psk_import = true, .psk_context = context }, false,
          NULL, 0 },
        { { .psk_import = true }, false, "psk_import", CSSL_R_OPTION_CONFLICT },
        { { .psk_identity = "i", .psk = key, .psk_import = true, .versions = CSSL_TLSV1_2 }, true,
          "psk_import", CSSL_R_OPTION_CONFLICT },
        { { .psk_identity = "i", .psk = key, .psk_context = context }, false, "psk_context",
          CSSL_R_OPTION_CONFLICT },
        { { .psk_identity = "i", .psk = key, .psk_import = true,
            .psk_context = { long_context, sizeof(long_context) } }, true, "psk_context",
          CSSL_R_OPTION_VALUE },
    };
    check(rows, ARRAY_SIZE(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compression),
        cmocka_unit_test(test_post_handshake_auth),
        cmocka_unit_test(test_import),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

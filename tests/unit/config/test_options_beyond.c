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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

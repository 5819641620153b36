/* test_options_types.c - the options of RFC 7250: lists, and what raw keys need and exclude. */
#include "support.h"

#include "base/error.h"
#include "base/names.h"
#include "config/options_types.h"

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

#define RAW CSSL_LIST("raw_public_key")
#define BOTH CSSL_LIST("raw_public_key", "x509")

static void test_lists(void **state)
{
    (void)state;
    static const char *const none[] = { NULL };
    const struct row rows[] = {
        { { .own_cert_types = RAW }, true, NULL, 0 },
        { { .own_cert_types = BOTH }, true, NULL, 0 },
        { { .own_cert_types = CSSL_LIST("x509"), .peer_cert_types = CSSL_LIST("x509") }, false,
          NULL, 0 },
        { { .own_cert_types = CSSL_LIST("X509") }, true, "own_cert_types", CSSL_R_OPTION_NAME },
        { { .peer_cert_types = CSSL_LIST("x509", "openpgp") }, false, "peer_cert_types",
          CSSL_R_OPTION_NAME },
        { { .peer_cert_types = CSSL_LIST("x509", "x509") }, false, "peer_cert_types",
          CSSL_R_OPTION_VALUE },
        { { .own_cert_types = CSSL_LIST("raw_public_key", "x509", "raw_public_key") }, false,
          "own_cert_types", CSSL_R_OPTION_VALUE },
        { { .own_cert_types = none }, false, "own_cert_types", CSSL_R_OPTION_VALUE },
        { { .peer_cert_types = none }, true, "peer_cert_types", CSSL_R_OPTION_VALUE },
    };
    check(rows, ARRAY_SIZE(rows));
}

static void test_order(void **state)
{
    (void)state;
    cssl_config config = { 0 };
    assert_int_equal(options_cert_types(&config, &(cssl_options){ .own_cert_types = BOTH }, NULL),
                     0);
    assert_int_equal(config.own_types.num, 2);
    assert_int_equal(config.own_types.list[0], CERT_RAW);
    assert_int_equal(config.own_types.list[1], CERT_X509);
    assert_int_equal(config.peer_types.num, 1);
    assert_int_equal(config.peer_types.list[0], CERT_X509);
}

static void test_trusted(void **state)
{
    (void)state;
    const cssl_bytes key = bytes_str("x");
#define KEYS .trusted_keys = &key, .num_trusted_keys = 1
    const struct row rows[] = {
        { { .peer_cert_types = RAW }, false, "trusted_keys", CSSL_R_OPTION_MISSING },
        { { .peer_cert_types = BOTH }, false, "trusted_keys", CSSL_R_OPTION_MISSING },
        { { .peer_cert_types = RAW, .num_trusted_keys = 1 }, false, "trusted_keys",
          CSSL_R_OPTION_MISSING },
        { { .peer_cert_types = RAW, .verify = CSSL_VERIFY_NONE }, false, NULL, 0 },
        { { .peer_cert_types = BOTH, .verify = CSSL_VERIFY_NONE, KEYS }, false, "trusted_keys",
          CSSL_R_OPTION_CONFLICT },
        { { KEYS }, false, "trusted_keys", CSSL_R_OPTION_CONFLICT },
        { { .peer_cert_types = CSSL_LIST("x509"), KEYS }, false, "trusted_keys",
          CSSL_R_OPTION_CONFLICT },
        { { .peer_cert_types = RAW, KEYS }, false, NULL, 0 },
        { { .peer_cert_types = BOTH, KEYS }, false, NULL, 0 },
        { { .peer_cert_types = RAW, .trusted_keys = &key, .num_trusted_keys = 256 }, false,
          "trusted_keys", CSSL_R_OPTION_VALUE },
        { { .peer_cert_types = RAW, KEYS, .verify = CSSL_VERIFY_PEER }, true, NULL, 0 },
        /* a server that takes certificates too has to say whose */
        { { .peer_cert_types = BOTH, KEYS, .verify = CSSL_VERIFY_PEER }, true, "cacertfile",
          CSSL_R_OPTION_MISSING },
        { { .peer_cert_types = BOTH, KEYS, .verify = CSSL_VERIFY_PEER, .cacertfile = "ca.pem" },
          true, NULL, 0 },
    };
    check(rows, ARRAY_SIZE(rows));
}

/* What is about certificates is for those who take some. */
static void test_only_raw(void **state)
{
    (void)state;
    const cssl_bytes key = bytes_str("x");
    const struct {
        cssl_options options;
        const char *option;
    } rows[] = {
        { { .cacertfile = "ca.pem" }, "cacertfile" },
        { { .cacerts = bytes_str("x") }, "cacerts" },
        { { .stapling = CSSL_ON }, "stapling" },
        { { .signed_certificate_timestamps = true }, "signed_certificate_timestamps" },
        { { .crl_check = CSSL_CRL_PEER, .crlfile = "crl.pem" }, "crl_check" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (int both = 0; both < 2; both++) {
            struct row row = { rows[i].options, false, both ? NULL : rows[i].option,
                               CSSL_R_OPTION_CONFLICT };
            row.options.trusted_keys = &key;
            row.options.num_trusted_keys = 1;
            row.options.peer_cert_types = both ? BOTH : RAW;
            check(&row, 1);
        }
    }
}

/* A server shows no type that none of its identities has; a client may yet be given one. */
static void test_shown(void **state)
{
    (void)state;
    for (int bits = 0; bits < 16; bits++) {
        const bool server = (bits & 1) != 0, x509 = (bits & 2) != 0, cert = (bits & 4) != 0;
        const bool any = (bits & 8) != 0;
        struct certkey keys[2] = { { .num_certs = 0 }, { .num_certs = cert ? 1 : 0 } };
        const cssl_config config = { .server = server,
                                     .own_types = { x509 ? 2 : 1, { CERT_RAW, CERT_X509 } },
                                     .certkeys = keys,
                                     .num_certkeys = any ? 2 : 0 };
        cssl_error err = { 0 };
        bool wrong = server && x509 && any && !cert;
        assert_int_equal(options_types_shown(&config, &err) != 0, wrong);
        assert_true(!wrong || strcmp(err.option, "own_cert_types") == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_trusted),
        cmocka_unit_test(test_only_raw),
        cmocka_unit_test(test_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

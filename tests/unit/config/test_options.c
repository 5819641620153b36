/* test_options.c - each option that is wrong has its error, which names it. */
#include "support.h"

#include "base/error.h"
#include "base/names.h"
#include "config/config.h"
#include "crypto/suite.h"

static const uint8_t seed[32] = { 1 };
static const char *const bad_protocols[] = { "", NULL };
static char long_name[300];
static const char *const long_protocols[] = { long_name, NULL };
static const char *const no_protocols[] = { NULL };

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
        if (rows[i].option == NULL) {
            if (ret != 0) {
                fail_msg("row %zu: %s", i, err.text);
            }
        } else {
            if (ret != CSSL_OPTION || err.option == NULL ||
                strcmp(err.option, rows[i].option) != 0 || err.reason != rows[i].reason) {
                fail_msg("row %zu (%s): %d, %s, %s", i, rows[i].option, ret,
                         err.option == NULL ? "none" : err.option, err.text);
            }
            assert_string_not_equal(err.text, "");
        }
        cssl_config_free(config);
    }
}

static void test_values(void **state)
{
    (void)state;
    memset(long_name, 'x', 256);
    const struct row rows[] = {
        { { .versions = CSSL_TLSV1_3 }, false, NULL, 0 },
        { { .versions = 64 }, false, "versions", CSSL_R_OPTION_VALUE },
        { { .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256") }, false, NULL, 0 },
        { { .ciphers = CSSL_LIST("RC4-MD5") }, false, "ciphers", CSSL_R_OPTION_NOT_SUPPORTED },
        { { .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256") }, true,
          "ciphers", CSSL_R_OPTION_VALUE },
        { { .ciphers = no_protocols }, true, "ciphers", CSSL_R_OPTION_VALUE },
        { { .supported_groups = CSSL_LIST("P-256", "X25519") }, true, NULL, 0 },
        { { .supported_groups = CSSL_LIST("secp192r1") }, true, "supported_groups",
          CSSL_R_OPTION_NAME },
        { { .supported_groups = CSSL_LIST("x25519", "X25519") }, true, "supported_groups",
          CSSL_R_OPTION_VALUE },
        { { .key_share_groups = CSSL_LIST("x448") }, false, NULL, 0 },
        { { .supported_groups = CSSL_LIST("x25519"), .key_share_groups = CSSL_LIST("x448") },
          false, "key_share_groups", CSSL_R_OPTION_VALUE },
        { { .supported_groups = CSSL_LIST("x25519", "x448"),
            .key_share_groups = CSSL_LIST("x448", "x25519") },
          false, "key_share_groups", CSSL_R_OPTION_VALUE },
        { { .signature_algs = CSSL_LIST("rsa_pkcs1_sha1") }, false, "signature_algs",
          CSSL_R_OPTION_NOT_SUPPORTED },
        { { .signature_algs = CSSL_LIST("rsa_pkcs1_sha256"), .versions = CSSL_TLSV1_2 }, false,
          NULL, 0 },
        { { .signature_algs = CSSL_LIST("rsa_pkcs1_sha256"), .versions = CSSL_TLSV1_3 }, false,
          "ciphers", CSSL_R_OPTION_CONFLICT },
        { { .versions = CSSL_TLSV1_2 }, false, NULL, 0 },
        { { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256") }, false,
          "ciphers", CSSL_R_OPTION_CONFLICT },
        { { .signature_algs_cert = CSSL_LIST("rsa_pkcs1_sha256") }, false, NULL, 0 },
        { { .signature_algs = CSSL_LIST("rsa_pkcs1_sha256") }, false, NULL, 0 },
        { { .signature_algs = CSSL_LIST("rsa_pkcs1_sha256"),
            .versions = CSSL_TLSV1_2 | CSSL_TLSV1_3 }, false, "signature_algs",
          CSSL_R_OPTION_CONFLICT },
        { { .versions = CSSL_TLSV1_3, .reuse_sessions = CSSL_ON }, false, "reuse_sessions",
          CSSL_R_OPTION_CONFLICT },
        { { .versions = CSSL_TLSV1_3, .client_renegotiation = CSSL_ON }, true,
          "client_renegotiation", CSSL_R_OPTION_CONFLICT },
        { { .versions = CSSL_TLSV1_3, .renegotiate_at = 9 }, false, "renegotiate_at",
          CSSL_R_OPTION_CONFLICT },
        { { .versions = CSSL_TLSV1_3, .reuse_sessions = CSSL_OFF,
            .client_renegotiation = CSSL_OFF }, true, NULL, 0 },
        { { .versions = CSSL_TLSV1_2, .reuse_sessions = CSSL_ON, .renegotiate_at = 9,
            .client_renegotiation = CSSL_ON }, true, NULL, 0 },
        { { .alpn_protocols = CSSL_LIST("h2", "http/1.1") }, true, NULL, 0 },
        { { .alpn_protocols = bad_protocols }, true, "alpn_protocols", CSSL_R_OPTION_VALUE },
        { { .alpn_protocols = long_protocols }, true, "alpn_protocols", CSSL_R_OPTION_VALUE },
        { { .alpn_protocols = no_protocols }, true, "alpn_protocols", CSSL_R_OPTION_VALUE },
        { { .depth = CSSL_NO_INTERMEDIATES }, false, NULL, 0 },
        { { .depth = -2 }, false, "depth", CSSL_R_OPTION_VALUE },
        { { .depth = 17 }, false, "depth", CSSL_R_OPTION_VALUE },
        { { .max_handshake_size = 1023 }, false, "max_handshake_size", CSSL_R_OPTION_VALUE },
        { { .max_handshake_size = (size_t)1 << 24 }, false, "max_handshake_size",
          CSSL_R_OPTION_VALUE },
        { { .send_limit = 1 }, false, "send_limit", CSSL_R_OPTION_VALUE },
        { { .record_padding = 1 }, false, "record_padding", CSSL_R_OPTION_VALUE },
        { { .record_padding = 16385 }, false, "record_padding", CSSL_R_OPTION_VALUE },
        { { .max_fragment = 63 }, false, "max_fragment", CSSL_R_OPTION_VALUE },
        { { .handshake_timeout = -1 }, false, "handshake_timeout", CSSL_R_OPTION_VALUE },
        { { .backlog = -1 }, true, "backlog", CSSL_R_OPTION_VALUE },
        { { .ip = "localhost" }, true, "ip", CSSL_R_OPTION_VALUE },
        { { .ip = "::1" }, true, NULL, 0 },
        { { .server_name_indication = "" }, false, NULL, 0 },
        { { .server_name_indication = "a b" }, false, "server_name_indication",
          CSSL_R_OPTION_VALUE },
        { { .session_tickets = (cssl_tickets)77 }, false, "session_tickets", CSSL_R_OPTION_VALUE },
        { { .ticket_lifetime = 604801 }, true, "ticket_lifetime", CSSL_R_OPTION_VALUE },
        { { .ticket_seed = { seed, 31 } }, true, "ticket_seed", CSSL_R_OPTION_VALUE },
        { { .psk_identity = "a", .psk = { seed, 15 } }, false, "psk", CSSL_R_OPTION_VALUE },
        { { .psk_identity = "a", .psk = { seed, 32 } }, false, NULL, 0 },
    };
    check(rows, ARRAY_SIZE(rows));
}

static void test_roles_and_conflicts(void **state)
{
    (void)state;
    const cssl_bytes some = { seed, 32 };
    const struct row rows[] = {
        { { .key_share_groups = CSSL_LIST("x25519") }, true, "key_share_groups",
          CSSL_R_OPTION_ROLE },
        { { .server_name_indication = "a" }, true, "server_name_indication", CSSL_R_OPTION_ROLE },
        { { .use_ticket = some }, true, "use_ticket", CSSL_R_OPTION_ROLE },
        { { .fail_if_no_peer_cert = CSSL_OFF }, false, "fail_if_no_peer_cert",
          CSSL_R_OPTION_ROLE },
        { { .ticket_lifetime = 1 }, false, "ticket_lifetime", CSSL_R_OPTION_ROLE },
        { { .ticket_seed = some }, false, "ticket_seed", CSSL_R_OPTION_ROLE },
        { { .cookie = CSSL_ON }, false, "cookie", CSSL_R_OPTION_ROLE },
        { { .ip = "::1" }, false, "ip", CSSL_R_OPTION_ROLE },
        { { .backlog = 1 }, false, "backlog", CSSL_R_OPTION_ROLE },
        { { .reuseport = true }, false, "reuseport", CSSL_R_OPTION_ROLE },
        { { .ipv6_only = true }, false, "ipv6_only", CSSL_R_OPTION_ROLE },
        { { .session_tickets = CSSL_TICKETS_AUTO }, true, "session_tickets", CSSL_R_OPTION_ROLE },
        { { .session_tickets = CSSL_TICKETS_STATEFUL }, false, "session_tickets",
          CSSL_R_OPTION_ROLE },
        { { .use_ticket = some }, false, "use_ticket", CSSL_R_OPTION_CONFLICT },
        { { .ticket_seed = some, .session_tickets = CSSL_TICKETS_STATEFUL }, true, "ticket_seed",
          CSSL_R_OPTION_CONFLICT },
        { { .verify = CSSL_VERIFY_NONE, .cacertfile = "x" }, false, "cacertfile",
          CSSL_R_OPTION_CONFLICT },
        { { .verify = CSSL_VERIFY_NONE, .cacerts = some }, false, "cacerts",
          CSSL_R_OPTION_CONFLICT },
        { { .cacertfile = "x", .cacerts = some }, false, "cacerts", CSSL_R_OPTION_CONFLICT },
        { { .cacertfile = "x" }, true, "cacertfile", CSSL_R_OPTION_CONFLICT },
        { { .verify = CSSL_VERIFY_PEER }, true, "cacertfile", CSSL_R_OPTION_MISSING },
        { { .no_cacerts = true, .cacerts = some }, false, "no_cacerts", CSSL_R_OPTION_CONFLICT },
        { { .no_cacerts = true, .cacertfile = "x" }, false, "no_cacerts",
          CSSL_R_OPTION_CONFLICT },
        { { .tls12_tickets_only = true, .early_data = some }, false, "early_data",
          CSSL_R_OPTION_CONFLICT },
        { { .fail_if_no_peer_cert = CSSL_ON }, true, "fail_if_no_peer_cert",
          CSSL_R_OPTION_CONFLICT },
        { { .psk_identity = "a" }, false, "psk", CSSL_R_OPTION_MISSING },
        { { .psk = some }, false, "psk_identity", CSSL_R_OPTION_MISSING },
    };
    check(rows, ARRAY_SIZE(rows));
}

static void test_defaults_are_safe(void **state)
{
    (void)state;
    for (int server = 0; server < 2; server++) {
        const cssl_options none = { 0 };
        cssl_config *config = calloc(1, sizeof(*config));
        assert_non_null(config);
        atomic_init(&config->refs, 1);
        config->server = server == 1;
        assert_int_equal(options_check(config, &none, NULL), 0);
        assert_int_equal(config->verify, !config->server);
        assert_int_equal(config->depth, 10);
        assert_false(codes_has(&config->suites, SUITE_AES_128_CCM_8_SHA256));
        assert_false(codes_has(&config->schemes13, SCHEME_RSA_PKCS1_SHA256));
        assert_true(config->tls13 && config->tls12);
        assert_false(codes_has(&config->cert_schemes, SCHEME_RSA_PKCS1_SHA1));
        assert_false(codes_has(&config->cert_schemes, SCHEME_ECDSA_SHA1));
        assert_int_equal(config->max_handshake_size, server == 1 ? 65536 : 131072);
        assert_int_equal(config->send_limit, 262144);
        assert_true(config->middlebox_comp_mode);
        assert_false(config->defer_steps);
        /* A classic share beside a hybrid one. */
        assert_true(config->share_groups.num >= 1 && config->share_groups.num <= 2);
        assert_int_equal(config->share_groups.list[0], config->groups.list[0]);
        cssl_config_free(config);
    }
}

/* TLS 1.2's suites with a pre-shared key are there with one, and not with one that is imported. */
static void test_psk_suites(void **state)
{
    (void)state;
    static const uint8_t secret[32] = { 1 };
    for (int n = 0; n < 3; n++) {
        const cssl_options o = { .psk_identity = n == 0 ? NULL : "device",
                                 .psk = { secret, n == 0 ? 0 : sizeof(secret) },
                                 .psk_import = n == 2 };
        cssl_config *config = cssl_client_config(&o, NULL);
        assert_non_null(config);
        bool found = false;
        for (size_t i = 0; i < config->suites.num; i++) {
            found = found || kx_has_psk(suite_kx(config->suites.list[i]));
        }
        assert_int_equal(found, n == 1);
        cssl_config_free(config);
    }
}

static bool has_group(const cssl_options *o, uint16_t group, const char *option)
{
    cssl_error err;
    cssl_config *config = cssl_client_config(o, &err);
    if (config == NULL) {
        assert_string_equal(err.option, option);
        return false;
    }
    bool has = codes_has(&config->groups, group);
    cssl_config_free(config);
    return has;
}

/* Where libcrypto has ML-KEM, hybrids are offered with TLS 1.3 and not without it; ML-KEM alone is
 * if it is asked for. */
static void test_kems(void **state)
{
    (void)state;
    static const struct {
        uint16_t group;
        const char *name;
        bool by_default;
    } rows[] = {
        { GROUP_X25519MLKEM768, "x25519mlkem768", true },
        { GROUP_SECP256R1MLKEM768, "secp256r1mlkem768", true },
        { GROUP_SECP384R1MLKEM1024, "secp384r1mlkem1024", true },
        { GROUP_MLKEM512, "mlkem512", false },
        { GROUP_MLKEM768, "mlkem768", false },
        { GROUP_MLKEM1024, "mlkem1024", false },
    };
    for (unsigned versions = CSSL_TLSV1_2; versions <= (CSSL_TLSV1_2 | CSSL_TLSV1_3); versions++) {
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
            bool can = kx_available(rows[i].group);
            cssl_options o = { .versions = versions };
            assert_int_equal(has_group(&o, rows[i].group, NULL),
                             versions != CSSL_TLSV1_2 && can && rows[i].by_default);
            o.supported_groups = CSSL_LIST(rows[i].name, "x25519");
            assert_int_equal(has_group(&o, rows[i].group, "supported_groups"),
                             versions != CSSL_TLSV1_2 && can);
            o.supported_groups = CSSL_LIST(rows[i].name);
            assert_int_equal(has_group(&o, rows[i].group, "supported_groups"),
                             versions != CSSL_TLSV1_2 && can);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_roles_and_conflicts),
        cmocka_unit_test(test_defaults_are_safe),
        cmocka_unit_test(test_psk_suites),
        cmocka_unit_test(test_kems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

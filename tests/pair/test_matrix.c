/*
 * test_matrix.c - handshakes of every suite with every group and kind of key, and what happens
 * when two sides have nothing in common.
 */
#include "base/error.h"
#include "pair.h"

static struct test_clock wall;

struct key_kind {
    const char *name, *pem, *scheme;
};

static const struct key_kind kinds[] = {
    { "P-256", pair_p256, "ecdsa_secp256r1_sha256" },
    { "P-384", pair_p384, "ecdsa_secp384r1_sha384" },
    { "P-521", pair_p521, "ecdsa_secp521r1_sha512" },
    { "Ed25519", pair_ed25519, "ed25519" },
    { "Ed448", pair_ed448, "ed448" },
    { "RSA", pair_rsa, "rsa_pss_rsae_sha256" },
    { "RSA-PSS", pair_rsa_pss, "rsa_pss_pss_sha256" },
};

static void one_handshake(const char *suite, const char *group, const struct key_kind *kind)
{
    struct pair_host client, server;
    struct pair p;
    cssl_info info;
    const cssl_options c = { .ciphers = CSSL_LIST(suite), .supported_groups = CSSL_LIST(group) };
    const cssl_options s = { .ciphers = CSSL_LIST(suite), .supported_groups = CSSL_LIST(group),
                             PAIR_IDENTITY(kind->pem) };
    host_init(&client, false, &wall, &c);
    host_init(&server, true, &wall, &s);
    pair_start(&p, &client, &server, "server.test");
    pair_must_connect(&p);
    pair_must_talk(&p);
    memset(&info, 0, sizeof(info));
    cssl_engine_information(p.side[FROM_CLIENT].engine, &info);
    assert_string_equal(info.cipher_suite, suite);
    assert_string_equal(info.group, group);
    assert_string_equal(info.signature_scheme, kind->scheme);
    assert_string_equal(info.sni_hostname, "server.test");
    assert_true(info.peer_verified);
    assert_false(info.hello_retry);
    pair_free(&p);
    host_free(&client);
    host_free(&server);
}

/* Every suite with every group, the kinds of keys taking turns; then every kind with every group
 * under one suite. Kinds and suites do not meet anywhere in the handshake. */
static void test_all(void **state)
{
    (void)state;
    const char *const *suites = cssl_cipher_suites("all", CSSL_TLSV1_3);
    const char *const *groups = cssl_groups("all");
    size_t turn = 0, num = 0;
    assert_non_null(suites);
    assert_non_null(groups);
    for (size_t i = 0; suites[i] != NULL; i++) {
        for (size_t k = 0; groups[k] != NULL; k++) {
            one_handshake(suites[i], groups[k], &kinds[turn++ % ARRAY_SIZE(kinds)]);
            num++;
        }
    }
    for (size_t i = 0; groups[i] != NULL; i++) {
        for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
            one_handshake(suites[i % 3], groups[i], &kinds[k]);
            num++;
        }
    }
    assert_true(num >= 5 * 8 + 7 * 8);
}

/* What neither side offers to the other: the server says why, with RFC 8446's alert. */
static void test_nothing_in_common(void **state)
{
    (void)state;
    const struct {
        cssl_options client, server;
        int alert;
    } cases[] = {
        { { .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256") },
          { .ciphers = CSSL_LIST("TLS_AES_256_GCM_SHA384") }, ALERT_HANDSHAKE_FAILURE },
        { { .supported_groups = CSSL_LIST("x25519") },
          { .supported_groups = CSSL_LIST("secp256r1", "x448") }, ALERT_HANDSHAKE_FAILURE },
        { { .signature_algs = CSSL_LIST("ed25519") }, { 0 }, ALERT_HANDSHAKE_FAILURE },
        { { .alpn_protocols = CSSL_LIST("h2") }, { .alpn_protocols = CSSL_LIST("http/1.1") },
          ALERT_NO_APPLICATION_PROTOCOL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pair_host client, server;
        struct pair p;
        host_init(&client, false, &wall, &cases[i].client);
        host_init(&server, true, &wall, &cases[i].server);
        pair_start(&p, &client, &server, "server.test");
        pair_must_fail(&p, FROM_SERVER, cases[i].alert, 0);
        assert_false(p.side[FROM_CLIENT].connected);
        pair_free(&p);
        host_free(&client);
        host_free(&server);
    }
}

/* Of several identities the server takes the one that the client can check. */
static void test_several_identities(void **state)
{
    (void)state;
    const cssl_cert_key keys[] = { { .cert = PAIR_PEM(pair_rsa) },
                                   { .cert = PAIR_PEM(pair_p384) },
                                   { .cert = PAIR_PEM(pair_ed25519) } };
    const cssl_options s = { .certs_keys = keys, .num_certs_keys = ARRAY_SIZE(keys) };
    const char *const wanted[] = { "rsa_pss_rsae_sha512", "ecdsa_secp384r1_sha384", "ed25519" };
    struct pair_host server;
    host_init(&server, true, &wall, &s);
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        struct pair_host client;
        struct pair p;
        cssl_info info;
        const cssl_options c = { .signature_algs = CSSL_LIST(wanted[i]),
                                 .signature_algs_cert = CSSL_LIST("ecdsa_secp256r1_sha256") };
        host_init(&client, false, &wall, &c);
        pair_start(&p, &client, &server, "server.test");
        pair_must_connect(&p);
        memset(&info, 0, sizeof(info));
        cssl_engine_information(p.side[FROM_SERVER].engine, &info);
        assert_string_equal(info.signature_scheme, wanted[i]);
        pair_free(&p);
        host_free(&client);
    }
    host_free(&server);
}

/* A client that names its authorities gets the certificate that it can check; another one gets the
 * first. */
static void test_authorities_of_clients(void **state)
{
    (void)state;
    const cssl_cert_key keys[] = { { .cert = PAIR_PEM(pair_impostor) },
                                   { .cert = PAIR_PEM(pair_p256) } };
    const cssl_options s = { .certs_keys = keys, .num_certs_keys = ARRAY_SIZE(keys) };
    static const struct {
        cssl_switch named;
        bool connected;
    } cases[] = { { CSSL_ON, true }, { CSSL_OFF, false }, { CSSL_DEFAULT, false } };
    struct pair_host server;
    host_init(&server, true, &wall, &s);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pair_host client;
        struct pair p;
        const cssl_options c = { .versions = CSSL_TLSV1_3,
                                 .certificate_authorities = cases[i].named };
        host_init(&client, false, &wall, &c);
        pair_start(&p, &client, &server, "server.test");
        pair_pump(&p);
        assert_int_equal(pair_connected(&p), cases[i].connected);
        if (!cases[i].connected) {
            assert_int_equal(host_alert(&client, true), 48); /* unknown_ca */
        }
        pair_free(&p);
        host_free(&client);
    }
    host_free(&server);
}

/* ---- Mutual authentication ---- */

struct mutual {
    const char *identity; /* the client's; NULL: none */
    cssl_switch fail_if_no_peer_cert;
    int alert;            /* the server's; -1: connected */
    bool verified;
    const char *scheme;
};

static void test_mutual(void **state)
{
    (void)state;
    static const struct mutual cases[] = {
        { pair_client, CSSL_DEFAULT, -1, true, "ecdsa_secp256r1_sha256" },
        { pair_client_ed25519, CSSL_ON, -1, true, "ed25519" },
        { pair_client_rsa, CSSL_OFF, -1, true, "rsa_pss_rsae_sha256" },
        { pair_client_ending, CSSL_DEFAULT, -1, true, "ecdsa_secp256r1_sha256" },
        { NULL, CSSL_OFF, -1, false, "" },
        { NULL, CSSL_DEFAULT, ALERT_CERTIFICATE_REQUIRED, false, "" },
        { NULL, CSSL_ON, ALERT_CERTIFICATE_REQUIRED, false, "" },
        { pair_p256, CSSL_DEFAULT, ALERT_UNSUPPORTED_CERTIFICATE, false, "" }, /* a server's */
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct mutual *m = &cases[i];
        const cssl_cert_key identity = { .cert = PAIR_PEM(m->identity == NULL ? "" : m->identity) };
        const cssl_options c = { .certs_keys = m->identity == NULL ? NULL : &identity,
                                 .num_certs_keys = m->identity == NULL ? 0 : 1 };
        const cssl_options s = { .verify = CSSL_VERIFY_PEER,
                                 .fail_if_no_peer_cert = m->fail_if_no_peer_cert };
        struct pair_host client, server;
        struct pair p;
        host_init(&client, false, &wall, &c);
        host_init(&server, true, &wall, &s);
        pair_start(&p, &client, &server, "server.test");
        if (m->alert < 0) {
            cssl_info info;
            cssl_bytes der = { 0 };
            pair_must_connect(&p);
            pair_must_talk(&p);
            memset(&info, 0, sizeof(info));
            cssl_engine_information(p.side[FROM_SERVER].engine, &info);
            assert_int_equal(info.peer_verified, m->verified);
            assert_string_equal(info.client_signature_scheme, m->scheme);
            int ret = cssl_engine_peercert(p.side[FROM_SERVER].engine, 0, &der, NULL);
            assert_int_equal(ret == 0 && der.len > 200, m->identity != NULL);
        } else {
            pair_must_fail(&p, FROM_SERVER, m->alert, 0);
            assert_false(p.side[FROM_SERVER].connected);
        }
        pair_free(&p);
        host_free(&client);
        host_free(&server);
    }
}

/* A client whose only certificate is under another authority sends none: the server named its
 * own. When the server names none the certificate comes, and is refused. */
static void test_client_of_strangers(void **state)
{
    (void)state;
    const struct { cssl_switch authorities; int alert; } cases[] = {
        { CSSL_ON, ALERT_CERTIFICATE_REQUIRED }, { CSSL_OFF, ALERT_UNKNOWN_CA }
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pair_host client, server;
        struct pair p;
        host_init(&client, false, &wall, &(cssl_options){ PAIR_IDENTITY(pair_client_stranger) });
        host_init(&server, true, &wall,
                  &(cssl_options){ .verify = CSSL_VERIFY_PEER,
                                   .certificate_authorities = cases[i].authorities });
        pair_start(&p, &client, &server, "server.test");
        pair_end(&p);
        /* certkey_pick may send what suits worse; then it is refused for what it is */
        int alert = p.side[FROM_SERVER].error.alert;
        assert_int_equal(p.side[FROM_SERVER].error.status, CSSL_ALERT);
        assert_true(alert == cases[i].alert || alert == ALERT_UNKNOWN_CA);
        assert_int_equal(p.side[FROM_CLIENT].error.alert, alert);
        assert_true(p.side[FROM_CLIENT].error.alert_from_peer);
        pair_free(&p);
        host_free(&client);
        host_free(&server);
    }
}

/* Servers that a client must refuse. */
static void test_bad_servers(void **state)
{
    (void)state;
    static const struct {
        const char *identity, *name;
        int64_t now;
        int alert, reason;
    } cases[] = {
        { pair_impostor, "server.test", PAIR_NOW, ALERT_UNKNOWN_CA, CSSL_R_UNKNOWN_CA },
        { pair_p256, "wrong.test", PAIR_NOW, ALERT_BAD_CERTIFICATE, CSSL_R_HOSTNAME_MISMATCH },
        { pair_p256, "192.0.2.1", PAIR_NOW, ALERT_BAD_CERTIFICATE, CSSL_R_HOSTNAME_MISMATCH },
        { pair_p256, "server.test", INT64_C(2600000000), ALERT_CERTIFICATE_EXPIRED,
          CSSL_R_CERT_EXPIRED },
        { pair_p256, "server.test", 1500000000, ALERT_CERTIFICATE_EXPIRED,
          CSSL_R_CERT_NOT_YET_VALID },
        { pair_client, "client.test", PAIR_NOW, ALERT_UNSUPPORTED_CERTIFICATE,
          CSSL_R_EXT_KEY_USAGE },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const cssl_cert_key identity = { .cert = PAIR_PEM(cases[i].identity) };
        struct pair_host client, server;
        struct test_clock clock;
        struct pair p;
        test_clock_init(&clock, cases[i].now);
        host_init(&client, false, &clock, NULL);
        host_init(&server, true, &clock,
                  &(cssl_options){ .certs_keys = &identity, .num_certs_keys = 1 });
        pair_start(&p, &client, &server, cases[i].name);
        pair_must_fail(&p, FROM_CLIENT, cases[i].alert, cases[i].reason);
        assert_false(p.side[FROM_CLIENT].connected || p.side[FROM_SERVER].connected);
        pair_free(&p);
        host_free(&client);
        host_free(&server);
    }
}

/* Names: addresses are verified but not sent; server_name_indication goes before the host; what
 * asks for nothing is never called verified. */
static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *host, *sni;
        cssl_verify verify;
        const char *sent;
        bool verified;
    } cases[] = {
        { "server.test", NULL, CSSL_VERIFY_PEER, "server.test", true },
        { "SERVER.test", NULL, CSSL_VERIFY_PEER, NULL, true },
        { "127.0.0.1", NULL, CSSL_VERIFY_PEER, "", true },
        { "whatever.test", "other.test", CSSL_VERIFY_PEER, "other.test", true },
        { "whatever.test", NULL, CSSL_VERIFY_NONE, "whatever.test", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pair_host client, server;
        struct pair p;
        cssl_info info;
        host_init(&client, false, &wall,
                  &(cssl_options){ .server_name_indication = cases[i].sni,
                                   .verify = cases[i].verify });
        host_init(&server, true, &wall, NULL);
        pair_start(&p, &client, &server, cases[i].host);
        pair_must_connect(&p);
        memset(&info, 0, sizeof(info));
        cssl_engine_information(p.side[FROM_CLIENT].engine, &info);
        assert_int_equal(info.peer_verified, cases[i].verified);
        cssl_engine_information(p.side[FROM_SERVER].engine, &info);
        if (cases[i].sent != NULL) {
            assert_string_equal(info.sni_hostname, cases[i].sent);
        }
        assert_false(info.peer_verified);
        pair_free(&p);
        host_free(&client);
        host_free(&server);
    }
}

/* A client that would verify nobody in particular is not even made. */
static void test_no_name(void **state)
{
    (void)state;
    static const char *const names[] = { NULL, "" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct pair_host client, server;
        struct pair p;
        host_init(&client, false, &wall, NULL);
        host_init(&server, true, &wall, NULL);
        assert_int_equal(pair_try_start(&p, &client, &server, names[i]), CSSL_OPTION);
        assert_string_equal(p.side[FROM_CLIENT].error.option, "server_name_indication");
        pair_free(&p);
        host_free(&client);
        host_free(&server);
    }
}

int main(void)
{
    test_clock_init(&wall, PAIR_NOW);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_nothing_in_common),
        cmocka_unit_test(test_several_identities),
        cmocka_unit_test(test_authorities_of_clients),
        cmocka_unit_test(test_mutual),
        cmocka_unit_test(test_client_of_strangers),
        cmocka_unit_test(test_bad_servers),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

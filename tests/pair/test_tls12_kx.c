/*
 * test_tls12_kx.c - TLS 1.2's other key exchanges: DHE in named groups and in the server's own,
 * pre-shared keys, RSA. Every suite, both roles, mutual authentication, whose order counts, and
 * what must be refused.
 */
#include "base/error.h"
#include "scene.h"

/* 2,048 bits, of openssl dhparam 2048: a safe prime that has no name. */
static const char own_dh[] =
    "-----BEGIN DH PARAMETERS-----\n"
    "MIIBCAKCAQEAqq4R5/5tqBP6NH9CYFKBBq/hY2GC9nxAp/9q+Yzj5hu78eO+ttfS\n"
    "bXpl7XXTTs1lyx8aXaZg74Nh2gXI/LZKfpmTuZXe2oanvwM+RVSmFGhDmR6IpHXC\n"
    "qWctqo4w7teElBBxtwbUzXDQA4M8zm8/gM+PB2CZEJUqmPZbd18du8WP9PJk2yCO\n"
    "j1VDTN8ncJ+uao3V9/Sv9mh67BI+zqGzKT0r4sg/6JULM14/zsfgZS+1Hs/Yckw6\n"
    "pSlWgD1Ml0C9lX2qVPlbMhIFWlIhT0q6o0I6ue3sIVzUv8geQ04edolEfJMzHX+A\n"
    "z6ZiLgZjphFsliovxyvSxXk/Uue/pRZy3wIBAg==\n"
    "-----END DH PARAMETERS-----\n";

static const uint8_t key[] = "thirty-two bytes of a shared key";
#define PSK .psk_identity = "someone", .psk = { .data = key, .len = 32 }

/* connect_as makes a connection and returns what the client says of it. */
static cssl_info connect_as(const cssl_options *client_options,
                            const cssl_options *server_options)
{
    struct scene m;
    scene_begin(&m, client_options, server_options);
    pair_must_connect(&m.p);
    pair_must_talk(&m.p);
    cssl_info info = info_of(&m.p, FROM_CLIENT);
    assert_string_equal(info.group, info_of(&m.p, FROM_SERVER).group);
    assert_string_equal(info.cipher_suite, info_of(&m.p, FROM_SERVER).cipher_suite);
    scene_end(&m);
    return info;
}

static cssl_bytes root_of(const char *identity)
{
    return identity == pair_rsa_encipher ? (cssl_bytes)PAIR_PEM(pair_root2)
                                         : (cssl_bytes)PAIR_PEM(pair_root);
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* Every suite with certificates but ECDHE's (test_tls12.c), alone and with a client's certificate;
 * extended_master_secret takes part by default. */
static void test_certificates(void **state)
{
    (void)state;
    static const char *const clients[] = { NULL, pair_client, pair_client_ed25519,
                                           pair_client_rsa };
    const char *const *suites = cssl_cipher_suites("all", CSSL_TLSV1_2);
    size_t num = 0;
    for (size_t i = 0; suites[i] != NULL; i++) {
        bool rsa = begins(suites[i], "TLS_RSA_");
        if (!rsa && !begins(suites[i], "TLS_DHE_RSA_")) {
            continue;
        }
        const char *own = clients[num % ARRAY_SIZE(clients)];
        const char *identity = rsa ? pair_rsa_encipher : num % 2 == 0 ? pair_rsa : pair_rsa_pss;
        const cssl_options with = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]),
                                    PAIR_IDENTITY(own == NULL ? "" : own) };
        cssl_options c = with;
        c.cacerts = root_of(identity);
        c.num_certs_keys = own == NULL ? 0 : 1;
        const cssl_options s = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]),
                                 PAIR_IDENTITY(identity),
                                 .verify = own == NULL ? CSSL_VERIFY_NONE : CSSL_VERIFY_PEER };
        cssl_info info = connect_as(&c, &s);
        assert_string_equal(info.cipher_suite, suites[i]);
        assert_string_equal(info.group, rsa ? "" : "ffdhe2048");
        assert_int_equal(info.signature_scheme[0] == 0, rsa);
        assert_true(info.peer_verified);
        num++;
    }
    assert_true(num >= 13);
}

static void test_psks(void **state)
{
    (void)state;
    const char *const *suites = cssl_cipher_suites("all", CSSL_TLSV1_2);
    size_t num = 0;
    for (size_t i = 0; suites[i] != NULL; i++) {
        if (strstr(suites[i], "PSK_") == NULL) {
            continue;
        }
        const cssl_options c = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]), PSK };
        const cssl_options s = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]), PSK,
                                 .psk_hint = num % 2 == 0 ? NULL : "who are you?" };
        cssl_info info = connect_as(&c, &s);
        assert_string_equal(info.group, begins(suites[i], "TLS_ECDHE_")   ? "x25519"
                                        : strstr(suites[i], "DHE") != NULL ? "ffdhe2048"
                                                                           : "");
        assert_true(info.peer_verified);
        assert_string_equal(info.signature_scheme, "");
        num++;
    }
    assert_true(num >= 19);
}

/* With a PSK a verifying server asks for no certificate, and no certificate is sent. */
static void test_psk_verifies(void **state)
{
    (void)state;
    struct scene m;
    scene_begin(&m, &(cssl_options){ .versions = CSSL_TLSV1_2, PSK, PAIR_IDENTITY(pair_client) },
                &(cssl_options){ .versions = CSSL_TLSV1_2, PSK, PAIR_IDENTITY(pair_rsa),
                                 .verify = CSSL_VERIFY_PEER });
    pair_must_connect(&m.p);
    assert_string_equal(info_of(&m.p, FROM_CLIENT).cipher_suite,
                        "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256");
    assert_true(info_of(&m.p, FROM_SERVER).peer_verified);
    assert_int_equal(host_saw(&m.server, true, CT_HANDSHAKE, HT_CERTIFICATE), 0);
    assert_int_equal(host_saw(&m.server, true, CT_HANDSHAKE, HT_CERTIFICATE_REQUEST), 0);
    pair_free(&m.p);
    /* The session is resumed as any other. */
    assert_true(pair_handshake(&m.client, &m.server, "server.test"));
    scene_end(&m);
}

/* An identity that is not known and a key that is wrong fail alike, so neither can be probed. */
static void test_psk_wrong(void **state)
{
    (void)state;
    static const uint8_t other[] = "thirty-two bytes of another key.";
    static const char *const suites[] = { "TLS_PSK_WITH_AES_128_GCM_SHA256",
                                          "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256",
                                          "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256" };
    for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
        const cssl_options s = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]), PSK };
        const cssl_options nobody = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]),
                                      .psk_identity = "nobody", .psk = { .data = key, .len = 32 } };
        const cssl_options guess = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]),
                                     .psk_identity = "someone",
                                     .psk = { .data = other, .len = 32 } };
        scene_refuses(&nobody, &s, FROM_SERVER, ALERT_BAD_RECORD_MAC, CSSL_R_BAD_RECORD_MAC);
        scene_refuses(&guess, &s, FROM_SERVER, ALERT_BAD_RECORD_MAC, CSSL_R_BAD_RECORD_MAC);
    }
    /* Nobody has a PSK but one side. */
    scene_refuses(&(cssl_options){ .versions = CSSL_TLSV1_2 },
                  &(cssl_options){ .versions = CSSL_TLSV1_2, PSK }, FROM_SERVER,
                  ALERT_HANDSHAKE_FAILURE, CSSL_R_PSK_REQUIRED);
    cssl_info info = connect_as(&(cssl_options){ .versions = CSSL_TLSV1_2, PSK },
                                &(cssl_options){ .versions = CSSL_TLSV1_2 });
    assert_string_equal(info.cipher_suite, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
}

/* RFC 7919 4: who names groups gets one of them or no DHE; who names none gets the server's. */
static void test_dh_groups(void **state)
{
    (void)state;
    const char *const dhe = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256";
    const struct {
        const char *client[3], *server[3];
        bool own;
        const char *group; /* NULL: refused */
    } rows[] = {
        { { "ffdhe3072" }, { "ffdhe2048", "ffdhe3072" }, false, "ffdhe3072" },
        { { "ffdhe3072", "ffdhe2048" }, { "ffdhe2048", "ffdhe3072" }, false, "ffdhe2048" },
        { { "x25519", "ffdhe4096" }, { "x25519", "ffdhe4096" }, false, "ffdhe4096" },
        { { "x25519" }, { "ffdhe3072", "x25519" }, false, "ffdhe3072" },
        { { "ffdhe2048" }, { "ffdhe3072" }, false, NULL },
        { { "ffdhe2048" }, { "x25519" }, false, NULL },
        { { "x25519" }, { "x25519" }, false, NULL },
        { { "x25519" }, { "x25519" }, true, "dh" },
        { { "ffdhe2048" }, { "ffdhe2048" }, true, "ffdhe2048" },
        { { "ffdhe2048" }, { "ffdhe3072" }, true, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options c = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(dhe),
                                 .supported_groups = rows[i].client };
        const cssl_options with = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(dhe),
                                    .supported_groups = rows[i].server, PAIR_IDENTITY(pair_rsa),
                                    .dh = PAIR_PEM(own_dh) };
        cssl_options s = with;
        s.dh = rows[i].own ? with.dh : (cssl_bytes){ NULL, 0 };
        if (rows[i].group != NULL) {
            assert_string_equal(connect_as(&c, &s).group, rows[i].group);
        } else {
            scene_refuses(&c, &s, FROM_SERVER, ALERT_HANDSHAKE_FAILURE, CSSL_R_GROUP_NOT_COMMON);
        }
    }
}

static void test_whose_order(void **state)
{
    (void)state;
    static const struct {
        unsigned version;
        const char *one, *two;
    } rows[] = {
        { CSSL_TLSV1_2, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
        { CSSL_TLSV1_3, "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256" },
    };
    static const cssl_switch switches[] = { CSSL_DEFAULT, CSSL_ON, CSSL_OFF };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(switches); j++) {
            const cssl_options c = { .versions = rows[i].version,
                                     .ciphers = CSSL_LIST(rows[i].one, rows[i].two) };
            const cssl_options s = { .versions = rows[i].version,
                                     .ciphers = CSSL_LIST(rows[i].two, rows[i].one),
                                     .honor_cipher_order = switches[j] };
            assert_string_equal(connect_as(&c, &s).cipher_suite,
                                switches[j] == CSSL_OFF ? rows[i].one : rows[i].two);
        }
    }
}

/* Among equally good suites the client's order decides, and only among them. */
static void test_sets(void **state)
{
    (void)state;
    static const struct {
        unsigned version;
        const char *client, *server, *suite;
    } rows[] = {
        { CSSL_TLSV1_3, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
          "[TLS_CHACHA20_POLY1305_SHA256|TLS_AES_256_GCM_SHA384]", "TLS_AES_256_GCM_SHA384" },
        { CSSL_TLSV1_3, "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384",
          "[TLS_AES_256_GCM_SHA384|TLS_CHACHA20_POLY1305_SHA256]:TLS_AES_128_GCM_SHA256",
          "TLS_CHACHA20_POLY1305_SHA256" },
        { CSSL_TLSV1_3, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
          "[TLS_AES_256_GCM_SHA384|TLS_CHACHA20_POLY1305_SHA256]:TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384" },
        { CSSL_TLSV1_3, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
          "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384" },
        { CSSL_TLSV1_2, "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256",
          "[TLS_AES_256_GCM_SHA384|ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
        /* what does not fit the identity is passed over in a set too */
        { CSSL_TLSV1_2, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256",
          "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-RSA-AES128-GCM-SHA256]",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options c = { .versions = rows[i].version,
                                 .ciphers = CSSL_LIST(rows[i].client) };
        const cssl_options s = { .ciphers = CSSL_LIST(rows[i].server) };
        assert_string_equal(connect_as(&c, &s).cipher_suite, rows[i].suite);
    }
    cssl_error err;
    const cssl_options client = {
        .ciphers = CSSL_LIST("[TLS_AES_256_GCM_SHA384|TLS_AES_128_GCM_SHA256]")
    };
    assert_null(cssl_client_config(&client, &err));
    assert_int_equal(err.reason, CSSL_R_OPTION_ROLE);
    assert_string_equal(err.option, "ciphers");
}

/* Suite, identity and group go together: what does not fit the client is passed over. */
static void test_what_fits(void **state)
{
    (void)state;
    const cssl_cert_key both[] = { { .cert = PAIR_PEM(pair_p384) },
                                   { .cert = PAIR_PEM(pair_rsa) } };
    const cssl_cert_key uses[] = { { .cert = PAIR_PEM(pair_rsa) },
                                   { .cert = PAIR_PEM(pair_rsa_encipher) } };
    const cssl_options p384_or_rsa = { .versions = CSSL_TLSV1_2, .certs_keys = both,
                                       .num_certs_keys = 2 };
    const struct {
        cssl_options client, server;
        const char *suite; /* NULL: the server refuses */
    } rows[] = {
        /* RFC 8422 5.1.1: an ECDSA certificate's curve must be among the groups. */
        { { .versions = CSSL_TLSV1_2, .supported_groups = CSSL_LIST("x25519", "secp384r1") },
          p384_or_rsa, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
        { { .versions = CSSL_TLSV1_2, .supported_groups = CSSL_LIST("x25519", "secp256r1") },
          p384_or_rsa, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
        { { .versions = CSSL_TLSV1_2, .supported_groups = CSSL_LIST("x25519") },
          { .versions = CSSL_TLSV1_2, PAIR_IDENTITY(pair_p384) }, NULL },
        { { .versions = CSSL_TLSV1_2, .supported_groups = CSSL_LIST("x25519") },
          { .versions = CSSL_TLSV1_2, PAIR_IDENTITY(pair_ed25519) },
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
        /* TLS 1.3 does not look at that. */
        { { .versions = CSSL_TLSV1_3, .supported_groups = CSSL_LIST("x25519") },
          { .versions = CSSL_TLSV1_3, PAIR_IDENTITY(pair_p384) }, "TLS_AES_128_GCM_SHA256" },
        /* No common curve for ECDHE, so DHE. */
        { { .versions = CSSL_TLSV1_2, .supported_groups = CSSL_LIST("x25519", "ffdhe2048") },
          { .versions = CSSL_TLSV1_2, .supported_groups = CSSL_LIST("secp256r1", "ffdhe2048"),
            PAIR_IDENTITY(pair_rsa) }, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" },
        /* What a certificate allows. */
        { { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST("TLS_RSA_WITH_AES_128_GCM_SHA256"),
            .cacerts = PAIR_PEM(pair_root2) },
          { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST("TLS_RSA_WITH_AES_128_GCM_SHA256"),
            .certs_keys = uses, .num_certs_keys = 2 }, "TLS_RSA_WITH_AES_128_GCM_SHA256" },
        { { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST("TLS_RSA_WITH_AES_128_GCM_SHA256") },
          { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST("TLS_RSA_WITH_AES_128_GCM_SHA256"),
            PAIR_IDENTITY(pair_rsa) }, NULL },
        { { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST("TLS_RSA_WITH_AES_128_GCM_SHA256") },
          { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST("TLS_RSA_WITH_AES_128_GCM_SHA256"),
            PAIR_IDENTITY(pair_rsa_pss) }, NULL },
        { { .versions = CSSL_TLSV1_2 },
          { .versions = CSSL_TLSV1_2, PAIR_IDENTITY(pair_rsa_encipher) }, NULL },
        /* RSA is off unless it is asked for, on both sides. */
        { { .versions = CSSL_TLSV1_2 },
          { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST("TLS_RSA_WITH_AES_128_GCM_SHA256"),
            PAIR_IDENTITY(pair_rsa_encipher) }, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].suite != NULL) {
            assert_string_equal(connect_as(&rows[i].client, &rows[i].server).cipher_suite,
                                rows[i].suite);
        } else {
            scene_refuses(&rows[i].client, &rows[i].server, FROM_SERVER, ALERT_HANDSHAKE_FAILURE,
                          CSSL_R_SUITE_NOT_COMMON);
        }
    }
}

/* RFC 5246 8.1.2: the zeros in front of a DHE secret are left out, on both sides. One connection
 * in 256 has some; enough of them are made that one would show. */
static void test_leading_zeros(void **state)
{
    (void)state;
    struct pair_host client, server;
    const cssl_options c = { .versions = CSSL_TLSV1_2,
                             .ciphers = CSSL_LIST("TLS_DHE_PSK_WITH_AES_128_GCM_SHA256"), PSK,
                             .session_tickets = CSSL_TICKETS_DISABLED };
    host_init(&client, false, &wall, &c);
    host_init(&server, true, &wall, &c);
    for (int i = 0; i < 300; i++) {
        host_forget(&client);
        host_forget(&server);
        assert_false(pair_handshake(&client, &server, "server.test"));
    }
    host_free(&client);
    host_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_certificates, scene_set_up),
        cmocka_unit_test_setup(test_psks, scene_set_up),
        cmocka_unit_test_setup(test_psk_verifies, scene_set_up),
        cmocka_unit_test_setup(test_psk_wrong, scene_set_up),
        cmocka_unit_test_setup(test_dh_groups, scene_set_up),
        cmocka_unit_test_setup(test_whose_order, scene_set_up),
        cmocka_unit_test_setup(test_sets, scene_set_up),
        cmocka_unit_test_setup(test_what_fits, scene_set_up),
        cmocka_unit_test_setup(test_leading_zeros, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

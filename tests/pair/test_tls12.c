/*
 * test_tls12.c - TLS 1.2: every suite, group and kind of key, mutual authentication, tickets, which
 * version is chosen, and a wire that damages.
 */
#include "base/error.h"
#include "scene.h"

enum { BOTH = CSSL_TLSV1_2 | CSSL_TLSV1_3 };

/* connect_as makes a connection of two hosts and returns which version it has. */
static const char *connect_as(const cssl_options *client_options,
                              const cssl_options *server_options)
{
    struct scene m;
    scene_begin(&m, client_options, server_options);
    pair_must_connect(&m.p);
    pair_must_talk(&m.p);
    const char *version = info_of(&m.p, FROM_CLIENT).protocol;
    scene_end(&m);
    return version;
}

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        unsigned client, server;
        const char *version; /* NULL: the server refuses */
    } rows[] = {
        { BOTH, BOTH, "tlsv1.3" },
        { CSSL_TLSV1_3, BOTH, "tlsv1.3" },
        { BOTH, CSSL_TLSV1_3, "tlsv1.3" },
        { CSSL_TLSV1_2, BOTH, "tlsv1.2" },
        { BOTH, CSSL_TLSV1_2, "tlsv1.2" },
        { CSSL_TLSV1_2, CSSL_TLSV1_2, "tlsv1.2" },
        { 0, BOTH, "tlsv1.3" },
        { 0, 0, "tlsv1.3" },
        { 0, CSSL_TLSV1_2, "tlsv1.2" },
        { CSSL_TLSV1_2, 0, "tlsv1.2" },
        { CSSL_TLSV1_2, CSSL_TLSV1_3, NULL },
        { CSSL_TLSV1_3, CSSL_TLSV1_2, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options c = { .versions = rows[i].client };
        const cssl_options s = { .versions = rows[i].server };
        if (rows[i].version != NULL) {
            assert_string_equal(connect_as(&c, &s), rows[i].version);
        } else {
            scene_refuses(&c, &s, FROM_SERVER, ALERT_PROTOCOL_VERSION, CSSL_R_VERSION_NOT_COMMON);
        }
    }
}

/* The other key exchanges are in test_tls12_kx.c. */
static void test_every_suite(void **state)
{
    (void)state;
    static const char *const groups[] = { "x25519", "secp256r1", "x448", "secp384r1",
                                          "secp521r1" };
    static const struct {
        const char *pem;
        bool rsa;
    } kinds[] = { { pair_p256, false },    { pair_rsa, true },    { pair_ed25519, false },
                  { pair_p384, false },    { pair_rsa_pss, true }, { pair_ed448, false },
                  { pair_p521, false } };
    const char *const *suites = cssl_cipher_suites("all", CSSL_TLSV1_2);
    size_t num = 0;
    for (size_t i = 0; suites[i] != NULL; i++) {
        if (strncmp(suites[i], "TLS_ECDHE_ECDSA_", 16) != 0 &&
            strncmp(suites[i], "TLS_ECDHE_RSA_", 14) != 0) {
            continue;
        }
        for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
            const char *group = groups[(i + k) % ARRAY_SIZE(groups)];
            const cssl_options c = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]) };
            const cssl_options s = { .versions = CSSL_TLSV1_2, .ciphers = CSSL_LIST(suites[i]),
                                     .supported_groups = CSSL_LIST(group),
                                     PAIR_IDENTITY(kinds[k].pem) };
            if ((strstr(suites[i], "_RSA_") != NULL) != kinds[k].rsa) {
                scene_refuses(&c, &s, FROM_SERVER, ALERT_HANDSHAKE_FAILURE,
                              CSSL_R_SUITE_NOT_COMMON);
                continue;
            }
            assert_string_equal(connect_as(&c, &s), "tlsv1.2");
            num++;
        }
    }
    assert_true(num >= 3 * 2 + 5 * 5);
}

/* Clients with a certificate, without one, with one that is not accepted. */
static void test_mutual(void **state)
{
    (void)state;
    static const char *const good[] = { pair_client, pair_client_ed25519, pair_client_rsa };
    const cssl_options required = { .versions = CSSL_TLSV1_2, .verify = CSSL_VERIFY_PEER };
    const cssl_options optional = { .versions = CSSL_TLSV1_2, .verify = CSSL_VERIFY_PEER,
                                    .fail_if_no_peer_cert = CSSL_OFF };
    const cssl_options none = { .versions = BOTH };
    const cssl_options stranger = { .versions = BOTH, PAIR_IDENTITY(pair_client_stranger),
                                    .cacerts = PAIR_PEM(pair_root) };
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct scene m;
        cssl_bytes der;
        scene_begin(&m, &(cssl_options){ .versions = BOTH, PAIR_IDENTITY(good[i]) }, &required);
        pair_must_connect(&m.p);
        pair_must_talk(&m.p);
        assert_true(info_of(&m.p, FROM_SERVER).peer_verified);
        assert_string_not_equal(info_of(&m.p, FROM_SERVER).client_signature_scheme, "");
        assert_int_equal(cssl_engine_peercert(m.p.side[FROM_SERVER].engine, 0, &der, NULL), 0);
        scene_end(&m);
    }
    assert_string_equal(connect_as(&none, &optional), "tlsv1.2");
    scene_refuses(&none, &required, FROM_SERVER, ALERT_HANDSHAKE_FAILURE,
                  CSSL_R_CERTIFICATE_REQUIRED_12);
    scene_refuses(&stranger, &required, FROM_SERVER, ALERT_UNKNOWN_CA, 0);
    scene_refuses(&none, &(cssl_options){ .versions = CSSL_TLSV1_2, PAIR_IDENTITY(pair_impostor) },
                  FROM_CLIENT, ALERT_UNKNOWN_CA, 0);
}

static void test_names(void **state)
{
    (void)state;
    struct scene m;
    scene_begin(&m,
                &(cssl_options){ .versions = CSSL_TLSV1_2, .alpn_protocols = CSSL_LIST("h2", "x") },
                &(cssl_options){ .versions = CSSL_TLSV1_2, .alpn_protocols = CSSL_LIST("x") });
    pair_must_connect(&m.p);
    assert_string_equal(info_of(&m.p, FROM_CLIENT).alpn_protocol, "x");
    assert_string_equal(info_of(&m.p, FROM_SERVER).sni_hostname, "server.test");
    assert_int_equal(cssl_engine_update_keys(m.p.side[FROM_CLIENT].engine, true, NULL), CSSL_STATE);
    pair_free(&m.p);
    pair_start(&m.p, &m.client, &m.server, "elsewhere.test");
    pair_must_fail(&m.p, FROM_CLIENT, ALERT_BAD_CERTIFICATE, CSSL_R_HOSTNAME_MISMATCH);
    scene_end(&m);
}

static bool once(struct pair_host *client, struct pair_host *server, const char *name)
{
    host_forget(client);
    host_forget(server);
    return pair_handshake(client, server, name);
}

static void test_tickets(void **state)
{
    (void)state;
    struct pair_host client, server;
    const cssl_options c = { .versions = BOTH, PAIR_IDENTITY(pair_client) };
    const cssl_options s = { .versions = CSSL_TLSV1_2, .verify = CSSL_VERIFY_PEER };
    host_init(&client, false, &wall, &c);
    host_init(&server, true, &wall, &s);
    assert_false(once(&client, &server, "server.test"));
    for (int i = 0; i < 5; i++) {
        assert_true(once(&client, &server, "server.test"));
        assert_int_equal(host_saw(&client, false, CT_HANDSHAKE, HT_CERTIFICATE), 0);
    }
    /* What a ticket says must fit: the name, the policy, the time. */
    assert_false(once(&client, &server, "other.test"));
    host_renew(&server, &(cssl_options){ .versions = CSSL_TLSV1_2, .verify = CSSL_VERIFY_PEER,
                                         .depth = 3 });
    assert_false(once(&client, &server, "server.test"));
    assert_true(once(&client, &server, "server.test"));
    test_clock_advance(&wall, 7201 * INT64_C(1000000));
    assert_false(once(&client, &server, "server.test"));
    /* A session of TLS 1.2 is none of TLS 1.3. */
    host_renew(&server, &(cssl_options){ .versions = BOTH, .verify = CSSL_VERIFY_PEER });
    assert_false(once(&client, &server, "server.test"));
    host_free(&client);
    host_free(&server);
}

/* With a ticket in the program's hands, and when the server has forgotten it. */
static void test_manual_tickets(void **state)
{
    (void)state;
    struct pair_host client, server;
    struct pair p;
    host_init(&server, true, &wall, &(cssl_options){ .versions = CSSL_TLSV1_2 });
    host_init(&client, false, &wall, &(cssl_options){ .versions = CSSL_TLSV1_2,
                                                      .session_tickets = CSSL_TICKETS_MANUAL });
    pair_start(&p, &client, &server, "server.test");
    pair_must_connect(&p);
    assert_int_equal(p.side[FROM_CLIENT].num_tickets, 1);
    cssl_bytes ticket = { test_copy(p.side[FROM_CLIENT].tickets[0].data,
                                    p.side[FROM_CLIENT].tickets[0].len),
                          p.side[FROM_CLIENT].tickets[0].len };
    pair_free(&p);
    host_free(&client);
    const cssl_options with = { .versions = BOTH, .session_tickets = CSSL_TICKETS_MANUAL,
                                .use_ticket = ticket };
    host_init(&client, false, &wall, &with);
    assert_false(pair_handshake(&client, &server, "server.test")); /* another policy: versions */
    host_free(&client);
    const cssl_options same = { .versions = CSSL_TLSV1_2, .session_tickets = CSSL_TICKETS_MANUAL,
                                .use_ticket = ticket };
    host_init(&client, false, &wall, &same);
    assert_true(pair_handshake(&client, &server, "server.test"));
    host_free(&server);
    host_init(&server, true, &wall, &(cssl_options){ .versions = CSSL_TLSV1_2 });
    host_forget(&client);
    assert_false(pair_handshake(&client, &server, "server.test"));
    free((void *)(uintptr_t)ticket.data);
    host_free(&client);
    host_free(&server);
}

/* RFC 8446 4.1.3: somebody who takes TLS 1.3 out of the ClientHello is found out. The transcript
 * would tell too, but only at its end. */
static void take_out_13(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                        struct buf *out)
{
    static const uint8_t listed[] = { 0, EXT_SUPPORTED_VERSIONS, 0, 5, 4, 3, 4, 3, 3 };
    (void)p;
    uint8_t *copy = test_copy(record.data, record.len);
    for (size_t i = 0; dir == FROM_CLIENT && number == 0 && i + sizeof(listed) <= record.len;
         i++) {
        if (memcmp(copy + i, listed, sizeof(listed)) == 0) {
            copy[i] = 0x7a; /* an extension that nobody knows */
        }
    }
    assert_int_equal(buf_append(out, copy, record.len), 0);
    free(copy);
}

static void test_downgrade(void **state)
{
    (void)state;
    struct scene m;
    scene_begin(&m, &(cssl_options){ .versions = BOTH }, &(cssl_options){ .versions = BOTH });
    m.p.tamper = take_out_13;
    pair_must_fail(&m.p, FROM_CLIENT, ALERT_ILLEGAL_PARAMETER, CSSL_R_DOWNGRADE);
    scene_end(&m);
}

/* Every byte of the handshake counts, whichever side sends it: no two sides that both believe in a
 * connection ever disagree about it. */
static void test_every_byte(void **state)
{
    (void)state;
    struct scene m;
    scene_begin(&m, &(cssl_options){ .versions = CSSL_TLSV1_2, PAIR_IDENTITY(pair_client_ed25519),
                                     .supported_groups = CSSL_LIST("x25519") },
                &(cssl_options){ .versions = CSSL_TLSV1_2, PAIR_IDENTITY(pair_ed25519),
                                 .verify = CSSL_VERIFY_PEER });
    pair_must_connect(&m.p);
    const uint64_t len[] = { m.p.side[0].delivered, m.p.side[1].delivered };
    pair_free(&m.p);
    assert_true(len[FROM_CLIENT] > 500 && len[FROM_SERVER] > 500);
    for (int dir = 0; dir < 2; dir++) {
        for (uint64_t at = 0; at < len[dir]; at++) {
            host_forget(&m.client);
            host_forget(&m.server);
            pair_start(&m.p, &m.client, &m.server, "server.test");
            m.p.flip = true;
            m.p.flip_dir = (enum pair_dir)dir;
            m.p.flip_at = at;
            m.p.xor_with = (uint8_t)(1U << at % 8);
            pair_pump(&m.p);
            if (pair_connected(&m.p)) {
                pair_check_agreement(&m.p); /* a record's version, which says nothing */
            }
            pair_end(&m.p);
            for (int i = 0; i < 2; i++) {
                const cssl_error *err = &m.p.side[i].error;
                if (err->status == 0 || err->status == CSSL_STATE ||
                    (err->status == CSSL_ALERT && err->alert == ALERT_INTERNAL_ERROR)) {
                    fail_msg("byte %llu from side %d: side %d: %s", (unsigned long long)at, dir, i,
                             err->text);
                }
            }
            pair_free(&m.p);
        }
    }
    scene_end(&m);
}

struct drop {
    enum pair_dir dir;
    size_t number;
    bool twice;
};

static void drop_or_double(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                           struct buf *out)
{
    const struct drop *d = p->tamper_arg;
    int times = dir == d->dir && number == d->number ? (d->twice ? 2 : 0) : 1;
    for (int i = 0; i < times; i++) {
        assert_int_equal(buf_append(out, record.data, record.len), 0);
    }
}

/* A record that is missing or comes twice never leads to a connection. */
static void test_records(void **state)
{
    (void)state;
    struct pair_host client, server;
    host_init(&client, false, &wall,
              &(cssl_options){ .versions = CSSL_TLSV1_2, PAIR_IDENTITY(pair_client) });
    host_init(&server, true, &wall,
              &(cssl_options){ .versions = CSSL_TLSV1_2, .verify = CSSL_VERIFY_PEER });
    for (int dir = 0; dir < 2; dir++) {
        for (size_t number = 0; number < 12; number++) {
            for (int twice = 0; twice < 2; twice++) {
                struct drop d = { (enum pair_dir)dir, number, twice == 1 };
                struct pair p;
                host_forget(&client);
                host_forget(&server);
                pair_start(&p, &client, &server, "server.test");
                p.tamper = drop_or_double;
                p.tamper_arg = &d;
                pair_pump(&p);
                bool met = number < p.side[dir].num_records;
                pair_end(&p);
                assert_true(!met || p.side[0].error.status != 0);
                assert_true(!met || p.side[1].error.status != 0);
                pair_free(&p);
            }
        }
    }
    host_free(&client);
    host_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_versions, scene_set_up),
        cmocka_unit_test_setup(test_every_suite, scene_set_up),
        cmocka_unit_test_setup(test_mutual, scene_set_up),
        cmocka_unit_test_setup(test_names, scene_set_up),
        cmocka_unit_test_setup(test_tickets, scene_set_up),
        cmocka_unit_test_setup(test_manual_tickets, scene_set_up),
        cmocka_unit_test_setup(test_downgrade, scene_set_up),
        cmocka_unit_test_setup(test_every_byte, scene_set_up),
        cmocka_unit_test_setup(test_records, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

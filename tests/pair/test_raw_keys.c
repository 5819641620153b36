/*
 * test_raw_keys.c - raw public keys (RFC 7250) in both versions: each side, both, each kind of key;
 * keys that nobody trusts, peers that can do no such thing, sessions.
 */
#include "base/error.h"
#include "crypto/pkey.h"
#include "config/config.h"
#include "crypto/pem.h"
#include "scene.h"

/* The SubjectPublicKeyInfo of an identity's key. */
struct known {
    struct pkey *key;
    cssl_bytes spki;
};

static struct known known_of(const char *pem)
{
    size_t at = 0;
    struct known k = { NULL, { NULL, 0 } };
    while (k.key == NULL) {
        struct pem_block block;
        assert_int_equal(pem_next(bytes_str(pem), &at, &block, NULL), 0);
        assert_string_not_equal(block.label, "");
        if (strstr(block.label, "PRIVATE KEY") != NULL) {
            k.key = pkey_from_der(bytes_of(block.der, block.len), NULL, NULL);
            assert_non_null(k.key);
        }
        pem_free(&block);
    }
    k.spki = pkey_spki(k.key);
    return k;
}

#define KEY_OF(text) \
    .certs_keys = &(const cssl_cert_key){ .key = PAIR_PEM(text) }, .num_certs_keys = 1
#define OWN_RAW(text) .own_cert_types = CSSL_LIST("raw_public_key"), KEY_OF(text)
#define PEER_RAW(k) \
    .peer_cert_types = CSSL_LIST("raw_public_key"), .trusted_keys = &(k).spki, .num_trusted_keys = 1

static void check_key(const struct pair *p, enum pair_dir side, cssl_bytes spki)
{
    cssl_bytes der;
    cssl_info info;
    cssl_engine_information(p->side[side].engine, &info);
    assert_true(info.peer_verified);
    assert_int_equal(cssl_engine_peer_key(p->side[side].engine, &der, NULL), 0);
    assert_int_equal(der.len, spki.len);
    assert_memory_equal(der.data, spki.data, spki.len);
    assert_int_equal(cssl_engine_peercert(p->side[side].engine, 0, &der, NULL), CSSL_STATE);
}

static const unsigned versions[] = { CSSL_TLSV1_3, CSSL_TLSV1_2 };

/* Both sides with a raw key, of each kind; and a session of it, which knows the keys still. */
static void test_both(void **state)
{
    (void)state;
    static const char *const servers[] = { pair_p256, pair_rsa, pair_ed25519, pair_p384 };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(servers); i++) {
        struct scene m;
        unsigned v = versions[i % 2];
        struct known ks = known_of(servers[i / 2]), kc = known_of(pair_client_ed25519);
        const cssl_options c = { .versions = v, OWN_RAW(pair_client_ed25519), PEER_RAW(ks) };
        const cssl_options s = { .versions = v, OWN_RAW(servers[i / 2]), PEER_RAW(kc),
                                 .verify = CSSL_VERIFY_PEER };
        scene_hosts(&m, &c, &s);
        for (int round = 0; round < 2; round++) {
            pair_start(&m.p, &m.client, &m.server, "server.test");
            pair_must_connect(&m.p);
            pair_must_talk(&m.p);
            assert_int_equal(pair_resumed(&m.p), round == 1);
            check_key(&m.p, FROM_CLIENT, ks.spki);
            check_key(&m.p, FROM_SERVER, kc.spki);
            pair_free(&m.p);
        }
        scene_end(&m);
        pkey_free(ks.key);
        pkey_free(kc.key);
    }
}

/* One side raw, the other X.509. */
static void test_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        struct pair_host client, server;
        struct pair p;
        cssl_bytes der;
        struct known ks = known_of(pair_p256), kc = known_of(pair_client);
        const cssl_options c = { .versions = versions[i], PAIR_IDENTITY(pair_client),
                                 PEER_RAW(ks) };
        const cssl_options s = { .versions = versions[i], OWN_RAW(pair_p256),
                                 .verify = CSSL_VERIFY_PEER };
        host_init(&client, false, &wall, &c);
        host_init(&server, true, &wall, &s);
        pair_start(&p, &client, &server, NULL); /* no name is needed */
        pair_must_connect(&p);
        pair_must_talk(&p);
        check_key(&p, FROM_CLIENT, ks.spki);
        assert_int_equal(cssl_engine_peercert(p.side[FROM_SERVER].engine, 0, &der, NULL), 0);
        assert_int_equal(cssl_engine_peer_key(p.side[FROM_SERVER].engine, &der, NULL), 0);
        assert_memory_equal(der.data, kc.spki.data, kc.spki.len);
        pair_free(&p);
        host_free(&client);
        host_free(&server);
        const cssl_options c2 = { .versions = versions[i], OWN_RAW(pair_client) };
        const cssl_options s2 = { .versions = versions[i], PAIR_IDENTITY(pair_p256), PEER_RAW(kc),
                                  .verify = CSSL_VERIFY_PEER };
        host_init(&client, false, &wall, &c2);
        host_init(&server, true, &wall, &s2);
        pair_start(&p, &client, &server, "server.test");
        pair_must_connect(&p);
        pair_must_talk(&p);
        check_key(&p, FROM_SERVER, kc.spki);
        pair_free(&p);
        host_free(&client);
        host_free(&server);
        pkey_free(ks.key);
        pkey_free(kc.key);
    }
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        unsigned v = versions[i];
        struct known ks = known_of(pair_p256), kc = known_of(pair_client);
        const cssl_options raw_server = { .versions = v, OWN_RAW(pair_p256) };
        const cssl_options x509_server = { .versions = v };
        const cssl_options x509_client = { .versions = v };
        const cssl_options wants_raw = { .versions = v, PEER_RAW(ks) };
        const cssl_options wants_other = { .versions = v, PEER_RAW(kc) };
        const cssl_options asks_raw = { .versions = v, PAIR_IDENTITY(pair_p256), PEER_RAW(kc),
                                        .verify = CSSL_VERIFY_PEER };
        const cssl_options asks_other = { .versions = v, PAIR_IDENTITY(pair_p256), PEER_RAW(ks),
                                          .verify = CSSL_VERIFY_PEER };
        const cssl_options asks_x509 = { .versions = v, .verify = CSSL_VERIFY_PEER };
        const cssl_options shows_raw = { .versions = v, OWN_RAW(pair_client) };
        scene_refuses(&x509_client, &raw_server, FROM_SERVER, ALERT_HANDSHAKE_FAILURE,
                      CSSL_R_ONLY_RAW_KEYS);
        scene_refuses(&wants_raw, &x509_server, FROM_SERVER, ALERT_UNSUPPORTED_CERTIFICATE,
                      CSSL_R_CERT_TYPE_NOT_COMMON);
        scene_refuses(&wants_other, &raw_server, FROM_CLIENT, ALERT_CERTIFICATE_UNKNOWN,
                      CSSL_R_RAW_KEY_UNKNOWN);
        scene_refuses(&x509_client, &asks_raw, FROM_SERVER, ALERT_UNSUPPORTED_CERTIFICATE,
                      CSSL_R_CERT_TYPE_NOT_COMMON);
        scene_refuses(&shows_raw, &asks_x509, FROM_SERVER, ALERT_UNSUPPORTED_CERTIFICATE,
                      CSSL_R_CERT_TYPE_NOT_COMMON);
        scene_refuses(&shows_raw, &asks_other, FROM_SERVER, ALERT_CERTIFICATE_UNKNOWN,
                      CSSL_R_RAW_KEY_UNKNOWN);
        pkey_free(ks.key);
        pkey_free(kc.key);
    }
}

/* A server that asks for nothing takes a client that could show a raw key; one that asks refuses it
 * if it could not read that, also when it would be content with nothing (RFC 7250 4.2). */
static void test_not_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        struct pair_host client, server;
        const cssl_options c = { .versions = versions[i], OWN_RAW(pair_client) };
        const cssl_options content = { .versions = versions[i], .verify = CSSL_VERIFY_PEER,
                                       .fail_if_no_peer_cert = CSSL_OFF };
        const cssl_options nothing = { .versions = versions[i] };
        host_init(&client, false, &wall, &c);
        host_init(&server, true, &wall, &nothing);
        assert_false(pair_handshake(&client, &server, "server.test"));
        host_free(&client);
        host_free(&server);
        scene_refuses(&c, &content, FROM_SERVER, ALERT_UNSUPPORTED_CERTIFICATE,
                      CSSL_R_CERT_TYPE_NOT_COMMON);
    }
}

/* Without verification any key will do, and is told. */
static void test_unverified(void **state)
{
    (void)state;
    struct scene m;
    cssl_bytes der;
    cssl_info info;
    const cssl_options c = { .verify = CSSL_VERIFY_NONE,
                             .peer_cert_types = CSSL_LIST("raw_public_key") };
    const cssl_options s = { OWN_RAW(pair_p384), .cert_compression = CSSL_LIST("zlib") };
    scene_begin(&m, &c, &s);
    assert_int_equal(cssl_engine_peer_key(m.p.side[FROM_CLIENT].engine, &der, NULL), CSSL_STATE);
    pair_must_connect(&m.p);
    cssl_engine_information(m.p.side[FROM_CLIENT].engine, &info);
    assert_false(info.peer_verified);
    assert_int_equal(cssl_engine_peer_key(m.p.side[FROM_CLIENT].engine, &der, NULL), 0);
    scene_end(&m);
}

/* In a renegotiation the key stays what it was, although another one is trusted as well. */
static void test_renegotiated(void **state)
{
    (void)state;
    for (int change = 0; change < 2; change++) {
        struct scene m;
        struct known a = known_of(pair_p256), b = known_of(pair_impostor);
        const cssl_bytes trusted[] = { a.spki, b.spki };
        const cssl_cert_key keys[] = { { .key = PAIR_PEM(pair_p256) },
                                       { .key = PAIR_PEM(pair_impostor) } };
        const cssl_options c = { .versions = CSSL_TLSV1_2,
                                 .peer_cert_types = CSSL_LIST("raw_public_key"),
                                 .trusted_keys = trusted,
                                 .num_trusted_keys = 2 };
        const cssl_options s = { .versions = CSSL_TLSV1_2,
                                 .client_renegotiation = CSSL_ON,
                                 .own_cert_types = CSSL_LIST("raw_public_key"),
                                 .certs_keys = keys,
                                 .num_certs_keys = 2 };
        scene_begin(&m, &c, &s);
        pair_must_connect(&m.p);
        check_key(&m.p, FROM_CLIENT, a.spki);
        struct certkey *ours = m.server.config->certkeys, first = ours[0];
        if (change) {
            ours[0] = ours[1];
            ours[1] = first;
        }
        m.p.side[0].connected = m.p.side[1].connected = false;
        assert_int_equal(cssl_engine_renegotiate(m.p.side[FROM_CLIENT].engine, NULL), 0);
        if (change) {
            pair_must_fail(&m.p, FROM_CLIENT, ALERT_HANDSHAKE_FAILURE,
                           CSSL_R_RENEGOTIATION_CHANGED);
        } else {
            pair_must_connect(&m.p);
            check_key(&m.p, FROM_CLIENT, a.spki);
        }
        scene_end(&m);
        pkey_free(a.key);
        pkey_free(b.key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_both, scene_set_up),
        cmocka_unit_test_setup(test_one, scene_set_up),
        cmocka_unit_test_setup(test_refused, scene_set_up),
        cmocka_unit_test_setup(test_not_needed, scene_set_up),
        cmocka_unit_test_setup(test_unverified, scene_set_up),
        cmocka_unit_test_setup(test_renegotiated, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

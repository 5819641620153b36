/*
 * test_cert_types.c - the choice between certificates and raw public keys (RFC 7250) in whole
 * handshakes of both versions: by lists on both sides and what identities there are, in sessions,
 * renegotiations, behind a pause and after the handshake. Raw keys alone are test_raw_keys.c's.
 */
#include "base/error.h"
#include "base/mem.h"
#include "config/config.h"
#include "engine/engine.h"
#include "scene.h"

#define RAW "raw_public_key"
#define X509 "x509"
#define KEYS(key) .trusted_keys = &(key), .num_trusted_keys = 1

static const unsigned versions[] = { CSSL_TLSV1_3, CSSL_TLSV1_2 };

/* spki_of gives the key of an identity, to be freed with mem_free. */
static cssl_bytes spki_of(const char *pem)
{
    struct certkey ck;
    const cssl_cert_key conf = { .cert = PAIR_PEM(pem) };
    assert_int_equal(certkey_load(&ck, &conf, NULL, NULL), 0);
    cssl_bytes spki = certkey_spki(&ck);
    spki.data = mem_copy(spki.data, spki.len);
    certkey_free(&ck);
    assert_non_null(spki.data);
    return spki;
}

static void forget(cssl_bytes key)
{
    mem_free((uint8_t *)(uintptr_t)key.data);
}

/* Both sides say alike what each has shown; "" in a resumed connection of one's own. */
static void check_shown(const struct pair *p, const char *server, const char *client)
{
    bool resumed = pair_resumed(p);
    for (enum pair_dir side = FROM_CLIENT; side <= FROM_SERVER; side++) {
        const cssl_info info = info_of(p, side);
        bool is_server = side == FROM_SERVER;
        assert_string_equal(info.server_cert_type, resumed && is_server ? "" : server);
        assert_string_equal(info.client_cert_type, resumed && !is_server ? "" : client);
    }
}

/* A handshake, and one that resumes its session. */
static void must_show(const cssl_options *client, const cssl_options *server, const char *by_server,
                      const char *by_client)
{
    struct scene m;
    scene_hosts(&m, client, server);
    for (int round = 0; round < 2; round++) {
        pair_start(&m.p, &m.client, &m.server, "server.test");
        pair_must_connect(&m.p);
        pair_must_talk(&m.p);
        assert_int_equal(pair_resumed(&m.p), round == 1);
        check_shown(&m.p, by_server, by_client);
        assert_true(info_of(&m.p, FROM_CLIENT).peer_verified);
        assert_int_equal(info_of(&m.p, FROM_SERVER).peer_verified, by_client[0] != '\0');
        pair_free(&m.p);
    }
    scene_end(&m);
}

/* What the server shows: its order counts. One identity does for both types, and of two each is
 * for the one that it is meant for. */
static void test_server(void **state)
{
    (void)state;
    static const struct {
        const char *accepted[3], *own[3], *shown;
    } rows[] = {
        { { RAW, X509 }, { X509, RAW }, X509 }, { { X509, RAW }, { RAW, X509 }, RAW },
        { { RAW }, { X509, RAW }, RAW },        { { X509 }, { RAW, X509 }, X509 },
        { { RAW, X509 }, { X509 }, X509 },      { { X509, RAW }, { RAW }, RAW },
    };
    cssl_bytes p256 = spki_of(pair_p256), ed25519 = spki_of(pair_ed25519);
    const cssl_cert_key one[] = { { .cert = PAIR_PEM(pair_p256) } };
    const cssl_cert_key two[] = { { .cert = PAIR_PEM(pair_p256) },
                                  { .key = PAIR_PEM(pair_ed25519) } };
    for (size_t i = 0; i < 4 * ARRAY_SIZE(rows); i++) {
        const bool several = (i & 2) != 0 && strcmp(rows[i / 4].own[0], X509) == 0 &&
                             rows[i / 4].own[1] != NULL;
        bool takes_raw = strcmp(rows[i / 4].accepted[0], RAW) == 0 ||
                         rows[i / 4].accepted[1] != NULL;
        const cssl_options c = { .versions = versions[i & 1],
                                 .peer_cert_types = rows[i / 4].accepted,
                                 .trusted_keys = several ? &ed25519 : &p256,
                                 .num_trusted_keys = takes_raw ? 1 : 0 };
        const cssl_options s = { .versions = versions[i & 1],
                                 .own_cert_types = rows[i / 4].own,
                                 .certs_keys = several ? two : one,
                                 .num_certs_keys = several ? 2 : 1 };
        must_show(&c, &s, rows[i / 4].shown, "");
    }
    forget(p256);
    forget(ed25519);
}

/* And the client, who is asked for one of the types that it has listed. */
static void test_client(void **state)
{
    (void)state;
    static const struct {
        const char *accepted[3], *own[3], *shown;
    } rows[] = {
        { { RAW, X509 }, { X509, RAW }, RAW },  { { X509, RAW }, { RAW, X509 }, X509 },
        { { RAW }, { X509, RAW }, RAW },        { { X509 }, { RAW, X509 }, X509 },
        { { RAW, X509 }, { X509 }, X509 },      { { X509, RAW }, { RAW }, RAW },
    };
    cssl_bytes key = spki_of(pair_client);
    for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
        bool takes_raw = strcmp(rows[i / 2].accepted[0], RAW) == 0 ||
                         rows[i / 2].accepted[1] != NULL;
        const cssl_options c = { .versions = versions[i & 1], .own_cert_types = rows[i / 2].own,
                                 PAIR_IDENTITY(pair_client) };
        const cssl_options s = { .versions = versions[i & 1], .verify = CSSL_VERIFY_PEER,
                                 .peer_cert_types = rows[i / 2].accepted,
                                 .trusted_keys = &key, .num_trusted_keys = takes_raw ? 1 : 0 };
        must_show(&c, &s, X509, rows[i / 2].shown);
    }
    forget(key);
}

/* A type that is preferred gives way when no identity of it can sign for the client. */
static void test_other_type(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        cssl_bytes key = spki_of(pair_ed25519);
        const cssl_cert_key keys[] = { { .key = PAIR_PEM(pair_ed25519) },
                                       { .cert = PAIR_PEM(pair_p256) } };
        const cssl_options s = { .versions = versions[v], .certs_keys = keys, .num_certs_keys = 2,
                                 .own_cert_types = CSSL_LIST(X509, RAW) };
        const cssl_options c = { .versions = versions[v], .peer_cert_types = CSSL_LIST(RAW, X509),
                                 .signature_algs = CSSL_LIST("ed25519"),
                                 .signature_algs_cert = CSSL_LIST("ecdsa_secp256r1_sha256"),
                                 KEYS(key) };
        must_show(&c, &s, RAW, "");
        forget(key);
    }
}

/* A resumed handshake says the server's type again, and nothing of the client's (RFC 7250 4.2): in
 * TLS 1.3 these five bytes are all that EncryptedExtensions has. */
static void test_said_again(void **state)
{
    (void)state;
    enum { HEADER = 4 + 2, ONE = 5 };
    struct scene m;
    cssl_bytes p256 = spki_of(pair_p256), client = spki_of(pair_client);
    const cssl_options c = { .versions = CSSL_TLSV1_3, .own_cert_types = CSSL_LIST(RAW),
                             .peer_cert_types = CSSL_LIST(RAW), KEYS(p256),
                             PAIR_IDENTITY(pair_client) };
    const cssl_options s = { .versions = CSSL_TLSV1_3, .own_cert_types = CSSL_LIST(RAW),
                             .peer_cert_types = CSSL_LIST(RAW), KEYS(client),
                             .verify = CSSL_VERIFY_PEER, PAIR_IDENTITY(pair_p256) };
    scene_hosts(&m, &c, &s);
    for (size_t round = 0; round < 2; round++) {
        size_t len = 0;
        host_forget(&m.server);
        pair_start(&m.p, &m.client, &m.server, "192.0.2.1"); /* which is not acknowledged */
        pair_must_connect(&m.p);
        assert_int_equal(pair_resumed(&m.p), round == 1);
        for (size_t i = 0; i < m.server.num_seen; i++) {
            const struct pair_seen *seen = &m.server.seen[i];
            if (seen->content_type == CT_HANDSHAKE && seen->type == HT_ENCRYPTED_EXTENSIONS) {
                len = seen->len;
            }
        }
        assert_int_equal(len, HEADER + (round == 0 ? 2 * ONE : ONE));
        pair_free(&m.p);
    }
    scene_end(&m);
    forget(p256);
    forget(client);
}

/* Whoever changes what is accepted or shown has no session from before. */
static void test_policy(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        struct scene m;
        cssl_bytes key = spki_of(pair_p256);
        const cssl_options both = { .versions = versions[v],
                                    .peer_cert_types = CSSL_LIST(RAW, X509), KEYS(key) };
        const cssl_options x509 = { .versions = versions[v] };
        const cssl_options s = { .versions = versions[v], .own_cert_types = CSSL_LIST(RAW, X509) };
        scene_hosts(&m, &both, &s);
        assert_false(pair_handshake(&m.client, &m.server, "server.test"));
        assert_true(pair_handshake(&m.client, &m.server, "server.test"));
        host_renew(&m.client, &x509);
        assert_false(pair_handshake(&m.client, &m.server, "server.test"));
        assert_true(pair_handshake(&m.client, &m.server, "server.test"));
        const cssl_options only_x509 = { .versions = versions[v] };
        host_renew(&m.server, &only_x509);
        assert_false(pair_handshake(&m.client, &m.server, "server.test"));
        scene_end(&m);
        forget(key);
    }
}

/* Nobody speaks for a raw key: no staple, no timestamps, no compression, no binding to the server's
 * certificate; with a certificate, all of it. */
static void test_beside(void **state)
{
    (void)state;
    static const uint8_t scts[] = { 0, 4, 0, 2, 1, 2 };
    for (int i = 0; i < 4; i++) {
        struct scene m;
        const bool raw = (i & 1) != 0;
        uint8_t out[64];
        size_t len = sizeof(out);
        cssl_bytes got, key = spki_of(pair_p256);
        const cssl_cert_key id = { .cert = PAIR_PEM(pair_p256),
                                   .scts = bytes_of(scts, sizeof(scts)) };
        const cssl_options c = { .versions = versions[i / 2],
                                 .peer_cert_types = CSSL_LIST(RAW, X509), KEYS(key),
                                 .signed_certificate_timestamps = true };
        const cssl_options s = { .versions = versions[i / 2], .certs_keys = &id,
                                 .num_certs_keys = 1,
                                 .own_cert_types = raw ? CSSL_LIST(RAW, X509)
                                                       : CSSL_LIST(X509, RAW) };
        scene_open(&m, &c, &s);
        cssl_engine *client = engine_of(&m, FROM_CLIENT);
        assert_int_equal(cssl_engine_peer_scts(client, &got, NULL) == 0, !raw);
        for (enum pair_dir side = FROM_CLIENT; side <= FROM_SERVER; side++) {
            len = sizeof(out);
            assert_int_equal(cssl_engine_channel_binding(engine_of(&m, side),
                                                         "tls-server-end-point", out, &len,
                                                         NULL) == 0, !raw);
        }
        scene_end(&m);
        forget(key);
    }
}

/* In a renegotiation the type stays, as does all else that says who the peer is. */
static void test_renegotiated(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct scene m;
        const bool change = (i & 1) != 0, raw_first = (i & 2) != 0;
        cssl_bytes key = spki_of(pair_p256);
        const cssl_options c = { .versions = CSSL_TLSV1_2, KEYS(key),
                                 .peer_cert_types = CSSL_LIST(RAW, X509) };
        const cssl_options s = { .versions = CSSL_TLSV1_2, .client_renegotiation = CSSL_ON,
                                 .own_cert_types = raw_first ? CSSL_LIST(RAW, X509)
                                                             : CSSL_LIST(X509, RAW) };
        scene_open(&m, &c, &s);
        check_shown(&m.p, raw_first ? RAW : X509, "");
        struct cert_types *ours = &m.server.config->own_types;
        const struct cert_types other = { 2, { ours->list[1], ours->list[0] } };
        *ours = change ? other : *ours;
        m.p.side[0].connected = m.p.side[1].connected = false;
        assert_int_equal(cssl_engine_renegotiate(engine_of(&m, FROM_CLIENT), NULL), 0);
        if (change) {
            pair_must_fail(&m.p, FROM_CLIENT, ALERT_HANDSHAKE_FAILURE,
                           CSSL_R_RENEGOTIATION_CHANGED);
        } else {
            pair_must_connect(&m.p);
            check_shown(&m.p, raw_first ? RAW : X509, "");
        }
        scene_end(&m);
        forget(key);
    }
}

static bool go_on(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    cssl_error err;
    assert_int_equal(event->type, CSSL_EV_HELLO);
    int ret = cssl_engine_continue(p->side[dir].engine, p->on_ask_arg, &err);
    assert_true(ret == 0 || err.reason == CSSL_R_CERT_TYPE_NOT_COMMON);
    return true;
}

/* A client may list types before it knows which identity it has; what it takes no longer it
 * refuses. */
static void test_paused(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct scene m;
        struct pair_host other;
        const bool still = (i & 1) != 0;
        cssl_bytes key = spki_of(pair_client), server = spki_of(pair_p256);
        const cssl_options c = { .versions = versions[i / 2], .pause_at_hello = true,
                                 .own_cert_types = CSSL_LIST(RAW), KEYS(server),
                                 .peer_cert_types = CSSL_LIST(RAW, X509) };
        const cssl_options o = { .versions = versions[i / 2], .own_cert_types = CSSL_LIST(RAW),
                                 .trusted_keys = &server, .num_trusted_keys = still ? 1 : 0,
                                 .peer_cert_types = still ? CSSL_LIST(RAW, X509) : CSSL_LIST(X509),
                                 PAIR_IDENTITY(pair_client) };
        const cssl_options s = { .versions = versions[i / 2], .verify = CSSL_VERIFY_PEER,
                                 .own_cert_types = CSSL_LIST(RAW),
                                 .peer_cert_types = CSSL_LIST(RAW), KEYS(key),
                                 PAIR_IDENTITY(pair_p256) };
        scene_hosts(&m, &c, &s);
        host_init(&other, false, &wall, &o);
        pair_start(&m.p, &m.client, &m.server, "server.test");
        m.p.on_ask = go_on;
        m.p.on_ask_arg = other.config;
        if (still) {
            pair_must_connect(&m.p);
            check_shown(&m.p, RAW, RAW);
        } else {
            pair_pump(&m.p);
            assert_false(pair_connected(&m.p));
            assert_int_equal(host_alert(&m.server, false), ALERT_UNSUPPORTED_CERTIFICATE);
        }
        scene_end(&m);
        host_free(&other);
        forget(key);
        forget(server);
    }
}

/* Asked for after the handshake, also a resumed one: by the type that the handshake agreed on. */
static void test_later(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct scene m;
        const bool raw = (i & 1) != 0, told = (i & 2) != 0;
        cssl_bytes key = spki_of(pair_client);
        const cssl_options c = { .versions = CSSL_TLSV1_3, .post_handshake_auth = true,
                                 .own_cert_types = told ? CSSL_LIST(X509, RAW) : NULL,
                                 PAIR_IDENTITY(pair_client) };
        const cssl_options s = { .versions = CSSL_TLSV1_3, .post_handshake_auth = true, KEYS(key),
                                 .verify = CSSL_VERIFY_PEER,
                                 .peer_cert_types = raw ? CSSL_LIST(RAW, X509)
                                                        : CSSL_LIST(X509, RAW) };
        scene_hosts(&m, &c, &s);
        for (int round = 0; round < 2; round++) {
            pair_start(&m.p, &m.client, &m.server, "server.test");
            pair_must_connect(&m.p);
            pair_must_talk(&m.p);
            assert_int_equal(pair_resumed(&m.p), round == 1);
            assert_string_equal(info_of(&m.p, FROM_SERVER).client_cert_type, "");
            assert_int_equal(cssl_engine_request_certificate(engine_of(&m, FROM_SERVER), NULL), 0);
            pair_pump(&m.p);
            assert_true(info_of(&m.p, FROM_SERVER).peer_verified);
            assert_string_equal(info_of(&m.p, FROM_SERVER).client_cert_type,
                                raw && told ? RAW : X509);
            pair_must_talk(&m.p);
            pair_free(&m.p);
        }
        scene_end(&m);
        forget(key);
    }
}

/* A client that takes certificates as well as keys has to know whose. */
static void test_name(void **state)
{
    (void)state;
    for (int both = 0; both < 2; both++) {
        struct scene m;
        cssl_bytes key = spki_of(pair_p256);
        const cssl_options c = { .peer_cert_types = both ? CSSL_LIST(RAW, X509) : CSSL_LIST(RAW),
                                 KEYS(key) };
        const cssl_options s = { .own_cert_types = CSSL_LIST(RAW), PAIR_IDENTITY(pair_p256) };
        scene_hosts(&m, &c, &s);
        assert_int_equal(pair_try_start(&m.p, &m.client, &m.server, NULL) == 0, !both);
        scene_end(&m);
        forget(key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_server, scene_set_up),
        cmocka_unit_test_setup(test_client, scene_set_up),
        cmocka_unit_test_setup(test_other_type, scene_set_up),
        cmocka_unit_test_setup(test_said_again, scene_set_up),
        cmocka_unit_test_setup(test_policy, scene_set_up),
        cmocka_unit_test_setup(test_beside, scene_set_up),
        cmocka_unit_test_setup(test_renegotiated, scene_set_up),
        cmocka_unit_test_setup(test_paused, scene_set_up),
        cmocka_unit_test_setup(test_later, scene_set_up),
        cmocka_unit_test_setup(test_name, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_psks.c - external PSKs of TLS 1.3: several of them, and imported ones (RFC 9258): both
 * hashes, HelloRetryRequest, another context, a key that one side alone imports, a key that is
 * another one.
 */
#include "base/error.h"
#include "scene.h"

static const uint8_t secret[32] = "thirty-two bytes of good secret";
static const uint8_t other[32] = "thirty-two bytes of other secret";

#define KEY(bytes) .psk_identity = "somebody", .psk = { bytes, sizeof(bytes) }
#define IMPORT .psk_import = true
#define CONTEXT(text) .psk_context = { (const uint8_t *)(text), sizeof(text) - 1 }

/* connects returns whether a connection came about with the key alone. */
static bool connects(const cssl_options *c, const cssl_options *s, const char *suite)
{
    struct scene m;
    cssl_info info;
    scene_begin(&m, c, s);
    pair_pump(&m.p);
    bool done = pair_connected(&m.p);
    if (done) {
        pair_must_connect(&m.p);
        pair_must_talk(&m.p);
        cssl_engine_information(m.p.side[FROM_SERVER].engine, &info);
        assert_true(info.peer_verified && !info.session_resumption);
        assert_int_equal(host_saw(&m.client, false, CT_HANDSHAKE, HT_CERTIFICATE), 0);
        if (suite != NULL) {
            assert_string_equal(info.cipher_suite, suite);
        }
        pair_free(&m.p);
        assert_true(pair_handshake(&m.client, &m.server, "server.test")); /* and is resumed */
    }
    scene_end(&m);
    return done;
}

static void test_good(void **state)
{
    (void)state;
    static const char *const suites[] = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384" };
    for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
        const cssl_options c = { KEY(secret), IMPORT };
        const cssl_options s = { KEY(secret), IMPORT, .ciphers = CSSL_LIST(suites[i]) };
        const cssl_options c2 = { KEY(secret), IMPORT, CONTEXT("here"),
                                  .ciphers = CSSL_LIST(suites[i]),
                                  .supported_groups = CSSL_LIST("x25519", "secp256r1") };
        const cssl_options s2 = { KEY(secret), IMPORT, CONTEXT("here"),
                                  .supported_groups = CSSL_LIST("secp256r1") };
        assert_true(connects(&c, &s, suites[i]));
        assert_true(connects(&c2, &s2, suites[i])); /* after a HelloRetryRequest */
    }
}

static void test_different(void **state)
{
    (void)state;
    const cssl_options plain = { KEY(secret) }, imports = { KEY(secret), IMPORT };
    const cssl_options here = { KEY(secret), IMPORT, CONTEXT("here") };
    const cssl_options there = { KEY(secret), IMPORT, CONTEXT("there") };
    const cssl_options sha256 = { KEY(secret), IMPORT,
                                  .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256") };
    const cssl_options sha384 = { KEY(secret), IMPORT,
                                  .ciphers = CSSL_LIST("TLS_AES_256_GCM_SHA384") };
    assert_true(connects(&plain, &plain, NULL));
    assert_false(connects(&plain, &imports, NULL));
    assert_false(connects(&imports, &plain, NULL));
    assert_false(connects(&here, &there, NULL));
    assert_false(connects(&here, &imports, NULL));
    assert_false(connects(&sha256, &sha384, NULL));
}

/* Another key under the same name: its binder does not fit. */
static void test_wrong_key(void **state)
{
    (void)state;
    struct scene m;
    scene_begin(&m, &(cssl_options){ KEY(other), IMPORT }, &(cssl_options){ KEY(secret), IMPORT });
    pair_must_fail(&m.p, FROM_SERVER, ALERT_DECRYPT_ERROR, CSSL_R_BINDER_WRONG);
    scene_end(&m);
}

/* What the config has imported itself is nobody else's business. */
static bool nobody(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    (void)p;
    (void)dir;
    fail_msg("a question about \"%.*s\"", (int)event->question.subject.len,
             (const char *)event->question.subject.data);
    return false;
}

static void test_not_asked(void **state)
{
    (void)state;
    struct scene m;
    scene_ask(&m, &(cssl_options){ KEY(secret), IMPORT },
              &(cssl_options){ KEY(secret), IMPORT, .ask_about = CSSL_ASK_PSK }, nobody, NULL);
    pair_must_connect(&m.p);
    scene_end(&m);
}


/* Keys of the option psks; numbers count from one. */
#define NAMED(text, bytes)                                                                         \
    { .identity = { (const uint8_t *)(text), sizeof(text) - 1 },                                   \
      .secret = { bytes, sizeof(bytes) } }
#define NAMED_384(text, bytes)                                                                     \
    { .identity = { (const uint8_t *)(text), sizeof(text) - 1 },                                   \
      .secret = { bytes, sizeof(bytes) }, .hash = 384 }
#define IMPORTED(text, bytes, of)                                                                  \
    { .identity = { (const uint8_t *)(text), sizeof(text) - 1 },                                   \
      .secret = { bytes, sizeof(bytes) }, .import = true, .hash = of }
#define PSKS(list) .psks = list, .num_psks = ARRAY_SIZE(list)

/* client, server: the numbers of their key; -1: it takes a certificate. */
static void check_several(const cssl_options *c, const cssl_options *s, int client, int server)
{
    struct scene m;
    scene_begin(&m, c, s);
    pair_must_connect(&m.p);
    pair_must_talk(&m.p);
    assert_int_equal(info_of(&m.p, FROM_CLIENT).psk_number, client);
    assert_int_equal(info_of(&m.p, FROM_SERVER).psk_number, server);
    assert_int_equal(host_saw(&m.client, false, CT_HANDSHAKE, HT_CERTIFICATE), client < 0);
    pair_free(&m.p);
    pair_start(&m.p, &m.client, &m.server, "server.test"); /* and is resumed, with no key */
    pair_must_connect(&m.p);
    assert_true(pair_resumed(&m.p));
    assert_int_equal(info_of(&m.p, FROM_SERVER).psk_number, -1);
    scene_end(&m);
}

static void test_several(void **state)
{
    (void)state;
    static const cssl_psk one[] = { NAMED("one", secret) }, two[] = { NAMED("two", other) };
    static const cssl_psk both[] = { NAMED("one", secret), NAMED("two", other) };
    static const cssl_psk turned[] = { NAMED("two", other), NAMED("one", secret) };
    static const cssl_psk large[] = { NAMED("one", secret), NAMED_384("two", other) };
    static const cssl_psk imported[] = { IMPORTED("one", secret, 256),
                                         IMPORTED("two", other, 384) };
    static const cssl_psk second[] = { IMPORTED("two", other, 384) };
    static const cssl_psk two_384[] = { NAMED_384("two", other) };
    static const char *const only_384[] = { "TLS_AES_256_GCM_SHA384", NULL };
    const struct {
        cssl_options client, server;
        int numbers[2];
    } rows[] = {
        { { PSKS(both) }, { PSKS(one) }, { 1, 1 } },
        { { PSKS(both) }, { PSKS(two) }, { 2, 1 } },
        { { PSKS(both) }, { PSKS(turned) }, { 2, 1 } }, /* the server's order */
        { { PSKS(turned) }, { PSKS(both) }, { 2, 1 } },
        { { PSKS(one) }, { PSKS(two) }, { -1, -1 } },
        { { KEY(secret), PSKS(two) }, { PSKS(both) }, { 1, 2 } },
        { { KEY(secret), PSKS(two) }, { KEY(secret) }, { 0, 0 } },
        { { PSKS(large) }, { PSKS(two_384), .ciphers = only_384 }, { 2, 1 } },
        { { PSKS(imported) }, { PSKS(imported), .ciphers = only_384 }, { 1, 1 } },
        { { PSKS(imported) }, { PSKS(second) }, { 2, 1 } },
        { { PSKS(imported), .ciphers = only_384 }, { PSKS(second) }, { 2, 1 } },
        { { PSKS(imported) }, { PSKS(both) }, { -1, -1 } },
    };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
        cssl_options client = rows[i / 2].client, server = rows[i / 2].server;
        client.supported_groups = CSSL_LIST("x25519", "secp256r1");
        server.supported_groups = i % 2 == 0 ? NULL : CSSL_LIST("secp256r1"); /* a retry */
        check_several(&client, &server, rows[i / 2].numbers[0], rows[i / 2].numbers[1]);
    }
}

/* As many as there is room for, of which the last one fits; then a session beside them. */
static void test_most(void **state)
{
    (void)state;
    enum { MOST = 15 };
    static uint8_t names[MOST];
    cssl_psk psks[MOST];
    for (size_t i = 0; i < MOST; i++) {
        names[i] = (uint8_t)i;
        psks[i] = (cssl_psk){ .identity = { &names[i], 1 }, .secret = { secret, sizeof(secret) } };
    }
    check_several(&(cssl_options){ .psks = psks, .num_psks = MOST },
                  &(cssl_options){ .psks = &psks[MOST - 1], .num_psks = 1 }, MOST, 1);
}

/* The second key under the right name is another one: no other key is tried in its place. */
static void test_wrong_second(void **state)
{
    (void)state;
    static const cssl_psk good[] = { NAMED("one", secret), NAMED("two", other) };
    static const cssl_psk wrong[] = { NAMED("two", secret) };
    scene_refuses(&(cssl_options){ PSKS(good) }, &(cssl_options){ PSKS(wrong) }, FROM_SERVER,
                  ALERT_DECRYPT_ERROR, CSSL_R_BINDER_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good, scene_set_up),
        cmocka_unit_test_setup(test_different, scene_set_up),
        cmocka_unit_test_setup(test_wrong_key, scene_set_up),
        cmocka_unit_test_setup(test_not_asked, scene_set_up),
        cmocka_unit_test_setup(test_several, scene_set_up),
        cmocka_unit_test_setup(test_most, scene_set_up),
        cmocka_unit_test_setup(test_wrong_second, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

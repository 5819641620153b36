/*
 * test_imported.c - imported PSKs (RFC 9258): both hashes, HelloRetryRequest, another context, a
 * key that one side alone imports, a key that is another one.
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good, scene_set_up),
        cmocka_unit_test_setup(test_different, scene_set_up),
        cmocka_unit_test_setup(test_wrong_key, scene_set_up),
        cmocka_unit_test_setup(test_not_asked, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_server13.c - a server's refusals in TLS 1.3: of hellos, of what has nothing in common, of a
 * second hello that is not the one that was asked for.
 */
#include "base/error.h"
#include "hs_support.h"

enum { AT_VERSION = 4, AT_SUITES = 71 /* behind a session identifier of 32 bytes */ };

/* extension finds an extension of a ClientHello: where its type stands. */
static uint8_t *extension(uint8_t *m, size_t len, uint16_t type)
{
    size_t at = AT_SUITES;
    at += 2 + ((size_t)m[at] << 8 | m[at + 1]);
    at += 1 + (size_t)m[at] + 2;
    while (at + 4 <= len && (m[at] << 8 | m[at + 1]) != type) {
        at += 4 + ((size_t)m[at + 2] << 8 | m[at + 3]);
    }
    assert_true(at + 4 <= len);
    return m + at;
}

static void ssl3(uint8_t *m, size_t *len)
{
    (void)len;
    m[AT_VERSION + 1] = 0;
}
static void compression(uint8_t *m, size_t *len)
{
    (void)len;
    m[AT_SUITES + 2 + (m[AT_SUITES] << 8 | m[AT_SUITES + 1]) + 1] = 1;
}
/* These give an extension a type that nobody knows. */
static void no_versions(uint8_t *m, size_t *len)
{
    extension(m, *len, EXT_SUPPORTED_VERSIONS)[0] = 0xfe;
}
static void no_shares(uint8_t *m, size_t *len)
{
    extension(m, *len, EXT_KEY_SHARE)[0] = 0xfe;
}
static void no_schemes(uint8_t *m, size_t *len)
{
    extension(m, *len, EXT_SIGNATURE_ALGORITHMS)[0] = 0xfe;
}
static void address(uint8_t *m, size_t *len)
{
    memcpy(extension(m, *len, EXT_SERVER_NAME) + 9, "127.0.0.1", 9);
}

static const struct hs_refusal rows[] = {
    { "SSL 3.0", { true, HT_CLIENT_HELLO, ssl3, false }, CSSL_R_VERSION_NOT_COMMON },
    { "compression", { true, HT_CLIENT_HELLO, compression, false }, CSSL_R_COMPRESSION },
    { "no supported_versions", { true, HT_CLIENT_HELLO, no_versions, false },
      CSSL_R_VERSION_NOT_COMMON },
    { "no key_share", { true, HT_CLIENT_HELLO, no_shares, false }, CSSL_R_EXTENSION_MISSING },
    { "no schemes", { true, HT_CLIENT_HELLO, no_schemes, false }, CSSL_R_EXTENSION_MISSING },
    { "an address", { true, HT_CLIENT_HELLO, address, false }, CSSL_R_SERVER_NAME },
    { "bytes behind it", { true, HT_CLIENT_HELLO, NULL, true }, CSSL_R_MESSAGE_ACROSS_KEYS },
};

static void test_refused(void **state)
{
    (void)state;
    const cssl_options thirteen = { .versions = CSSL_TLSV1_3 };
    hs_refuses(rows, ARRAY_SIZE(rows), NULL, &thirteen);
}

static void test_nothing_common(void **state)
{
    (void)state;
    const struct {
        cssl_options client, server;
        struct hs_refusal row;
    } cases[] = {
        { { .alpn_protocols = CSSL_LIST("h2") }, { .alpn_protocols = CSSL_LIST("h3") },
          { "protocol", { true, HT_CLIENT_HELLO, NULL, false }, CSSL_R_ALPN_NOT_COMMON } },
        { { .supported_groups = CSSL_LIST("x25519") },
          { .supported_groups = CSSL_LIST("secp256r1") },
          { "group", { true, HT_CLIENT_HELLO, NULL, false }, CSSL_R_GROUP_NOT_COMMON } },
        { { .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256") },
          { .ciphers = CSSL_LIST("TLS_AES_256_GCM_SHA384") },
          { "suite", { true, HT_CLIENT_HELLO, NULL, false }, CSSL_R_SUITE_NOT_COMMON } },
        { { .signature_algs = CSSL_LIST("ed25519") }, { .versions = 0 },
          { "scheme", { true, HT_CLIENT_HELLO, NULL, false }, CSSL_R_SCHEME_NOT_COMMON } },
        { { .versions = 0 }, { .verify = CSSL_VERIFY_PEER },
          { "certificate", { true, HT_CERTIFICATE, NULL, false }, CSSL_R_CERTIFICATE_REQUIRED } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        hs_refuses(&cases[i].row, 1, &cases[i].client, &cases[i].server);
    }
}

/* ---- The second ClientHello ---- */

static void cookie(uint8_t *m, size_t *len)
{
    extension(m, *len, EXT_COOKIE)[4 + 2 + 31] ^= 1;
}
static void no_cookie(uint8_t *m, size_t *len)
{
    extension(m, *len, EXT_COOKIE)[0] = 0xfe;
}
static void other_random(uint8_t *m, size_t *len)
{
    (void)len;
    m[6] ^= 1;
}
static void same(uint8_t *m, size_t *len)
{
    (void)m;
    (void)len;
}

static void test_retried(void **state)
{
    (void)state;
    static const struct {
        hs_change *change;
        cssl_reason reason;
    } cases[] = { { cookie, CSSL_R_COOKIE }, { no_cookie, CSSL_R_COOKIE },
                  { other_random, CSSL_R_HELLO_CHANGED }, { same, 0 } };
    const cssl_options of_client = { .supported_groups = CSSL_LIST("x25519", "secp256r1") };
    const cssl_options of_server = { .supported_groups = CSSL_LIST("secp256r1") };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct hs_side client, server;
        struct hs_sent first, retry, second;
        hs_side_config(&client, false, &of_client);
        hs_side_config(&server, true, &of_server);
        hs_side_start(&client);
        hs_side_start(&server);
        assert_int_equal(hs_run(client.hs, client.worker, &client.err), 0);
        assert_int_equal(hs_side_steps(&client), 0);
        assert_true(hs_side_take(&client, &first));
        assert_int_equal(hs_side_give(&server, &first, false), 0);
        assert_int_equal(server.hs->state, SERVER13_RETRIED);
        assert_true(hs_side_take(&server, &retry));
        assert_int_equal(hs_side_give(&client, &retry, false), 0);
        assert_true(hs_side_take(&client, &second));
        if (second.content_type != CT_HANDSHAKE) { /* for middleboxes */
            free(second.data);
            assert_true(hs_side_take(&client, &second));
        }
        cases[i].change(second.data, &second.len);
        assert_int_equal(hs_side_give(&server, &second, false) == 0, cases[i].reason == 0);
        assert_int_equal(server.err.reason, cases[i].reason);
        free(first.data);
        free(retry.data);
        free(second.data);
        hs_side_free(&client);
        hs_side_free(&server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nothing_common),
        cmocka_unit_test(test_retried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

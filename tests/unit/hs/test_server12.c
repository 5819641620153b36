/* test_server12.c - a server's refusals of what a client says in TLS 1.2. */
#include "base/error.h"
#include "hs_support.h"

/* suites_at is where the suites of a ClientHello stand, behind its session identifier. */
static size_t suites_at(const uint8_t *m)
{
    return 39 + (size_t)m[38];
}
static void compression(uint8_t *m, size_t *len)
{
    size_t at = suites_at(m);
    (void)len;
    at += 2 + ((size_t)m[at] << 8 | m[at + 1]);
    m[at + 1] = 1;
}
static void older(uint8_t *m, size_t *len)
{
    (void)len;
    m[5] = 2;
}
/* The first bit of a random is under the Finished, by way of the transcript and the randoms. */
static void random_changed(uint8_t *m, size_t *len)
{
    (void)len;
    m[6] ^= 1;
}
static void share_shorter(uint8_t *m, size_t *len)
{
    m[4]--;
    (*len)--;
}

static void test_refused(void **state)
{
    (void)state;
    static const struct hs_refusal rows[] = {
        { "compression", { true, HT_CLIENT_HELLO, compression, false }, CSSL_R_COMPRESSION },
        { "TLS 1.1", { true, HT_CLIENT_HELLO, older, false }, CSSL_R_VERSION_NOT_COMMON },
        { "bytes behind it", { true, HT_CLIENT_HELLO, NULL, true }, CSSL_R_MESSAGE_ACROSS_KEYS },
        { "a share cut short", { true, HT_CLIENT_KEY_EXCHANGE, share_shorter, false },
          CSSL_R_BAD_KEY_SHARE },
    };
    const cssl_options twelve = { .versions = CSSL_TLSV1_2 };
    hs_refuses(rows, ARRAY_SIZE(rows), &twelve, &twelve);
}

static void test_nothing_common(void **state)
{
    (void)state;
    const struct {
        cssl_options client, server;
        struct hs_refusal row;
    } cases[] = {
        { { .versions = CSSL_TLSV1_2, .supported_groups = CSSL_LIST("x25519") },
          { .versions = CSSL_TLSV1_2, .supported_groups = CSSL_LIST("secp256r1") },
          { "group", { true, HT_CLIENT_HELLO, NULL, false }, CSSL_R_GROUP_NOT_COMMON } },
        { { .versions = CSSL_TLSV1_2, .alpn_protocols = CSSL_LIST("h2") },
          { .versions = CSSL_TLSV1_2, .alpn_protocols = CSSL_LIST("h3") },
          { "protocol", { true, HT_CLIENT_HELLO, NULL, false }, CSSL_R_ALPN_NOT_COMMON } },
        { { .versions = CSSL_TLSV1_2 },
          { .versions = CSSL_TLSV1_2, .verify = CSSL_VERIFY_PEER },
          { "certificate", { true, HT_CERTIFICATE, NULL, false },
            CSSL_R_CERTIFICATE_REQUIRED_12 } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        hs_refuses(&cases[i].row, 1, &cases[i].client, &cases[i].server);
    }
}

/* What was changed in the hello shows at the client, whose random is signed. */
static void test_random(void **state)
{
    (void)state;
    const cssl_options twelve = { .versions = CSSL_TLSV1_2 };
    const struct hs_fault fault = { true, HT_CLIENT_HELLO, random_changed, false };
    struct hs_side client, server;
    hs_side_config(&client, false, &twelve);
    hs_side_config(&server, true, &twelve);
    hs_side_start(&client);
    hs_side_start(&server);
    assert_true(hs_both(&client, &server, &fault));
    assert_int_equal(client.err.reason, CSSL_R_BAD_SIGNATURE);
    assert_false(hs_done(server.hs));
    hs_side_free(&client);
    hs_side_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nothing_common),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

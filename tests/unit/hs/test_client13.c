/*
 * test_client13.c - a client's refusals of what a server says in TLS 1.3: each answer has to be
 * one to what was asked.
 */
#include "base/error.h"
#include "hs_support.h"

/* Where things stand in a ServerHello with a session identifier of 32 bytes. */
enum { AT_VERSION = 4, AT_RANDOM = 6, AT_SESSION_ID = 39, AT_SUITE = 71, AT_COMPRESSION = 73 };

static void session_id(uint8_t *m, size_t *len)
{
    (void)len;
    m[AT_SESSION_ID + 31] ^= 1;
}
static void compression(uint8_t *m, size_t *len)
{
    (void)len;
    m[AT_COMPRESSION] = 1;
}
static void suite_unknown(uint8_t *m, size_t *len)
{
    (void)len;
    m[AT_SUITE + 1] = 0x7f;
}
static void suite_of_12(uint8_t *m, size_t *len)
{
    (void)len;
    m[AT_SUITE] = 0xc0;
    m[AT_SUITE + 1] = 0x2b;
}
static void ssl3(uint8_t *m, size_t *len)
{
    (void)len;
    m[AT_VERSION + 1] = 0;
}
/* no_extensions makes it a ServerHello of TLS 1.2. */
static void no_extensions(uint8_t *m, size_t *len)
{
    (void)m;
    *len = AT_COMPRESSION + 1;
}
/* downgrade also says at the end of the random that the server could do better. */
static void downgrade(uint8_t *m, size_t *len)
{
    static const uint8_t sentinel[] = { 'D', 'O', 'W', 'N', 'G', 'R', 'D', 1 };
    memcpy(m + AT_RANDOM + 24, sentinel, 8);
    *len = AT_COMPRESSION + 1;
}
/* EncryptedExtensions that choose a protocol. */
static void alpn(uint8_t *m, size_t *len)
{
    static const uint8_t body[] = { 0, 9, 0, 16, 0, 5, 0, 3, 2, 'h', '3' };
    memcpy(m + 4, body, sizeof(body));
    *len = 4 + sizeof(body);
}
/* A Certificate with neither context nor entries. */
static void no_certificate(uint8_t *m, size_t *len)
{
    memset(m + 4, 0, 4);
    *len = 8;
}

static const struct hs_refusal rows[] = {
    { "session id", { false, HT_SERVER_HELLO, session_id, false }, CSSL_R_SESSION_ID_NOT_ECHOED },
    { "compression", { false, HT_SERVER_HELLO, compression, false }, CSSL_R_COMPRESSION },
    { "unknown suite", { false, HT_SERVER_HELLO, suite_unknown, false },
      CSSL_R_SUITE_NOT_OFFERED },
    { "TLS 1.2's suite", { false, HT_SERVER_HELLO, suite_of_12, false },
      CSSL_R_SUITE_NOT_OFFERED },
    { "SSL 3.0", { false, HT_SERVER_HELLO, ssl3, false }, CSSL_R_VERSION_NOT_COMMON },
    { "TLS 1.2", { false, HT_SERVER_HELLO, no_extensions, false }, CSSL_R_VERSION_NOT_COMMON },
    { "bytes behind ServerHello", { false, HT_SERVER_HELLO, NULL, true },
      CSSL_R_MESSAGE_ACROSS_KEYS },
    { "a protocol that was not offered", { false, HT_ENCRYPTED_EXTENSIONS, alpn, false },
      CSSL_R_ALPN_NOT_OFFERED },
    { "no certificate", { false, HT_CERTIFICATE, no_certificate, false },
      CSSL_R_CERTIFICATE_NONE },
};

static void test_refused(void **state)
{
    (void)state;
    const cssl_options client = { .versions = CSSL_TLSV1_3,
                                  .alpn_protocols = CSSL_LIST("h2") };
    hs_refuses(rows, ARRAY_SIZE(rows), &client, NULL);
}

static void test_downgrade(void **state)
{
    (void)state;
    static const struct hs_refusal row = { "worse", { false, HT_SERVER_HELLO, downgrade, false },
                                           CSSL_R_DOWNGRADE };
    const cssl_options both = { .versions = CSSL_TLSV1_2 | CSSL_TLSV1_3 };
    hs_refuses(&row, 1, &both, NULL);
}

/* The group of a HelloRetryRequest must be one that was offered without a share. The key_share
 * extension of a group alone is found by its bytes. */
static void set_group(uint8_t *m, size_t len, uint8_t group)
{
    static const uint8_t extension[] = { 0, 51, 0, 2, 0 };
    size_t at = AT_COMPRESSION;
    while (at + 6 < len && memcmp(m + at, extension, sizeof(extension)) != 0) {
        at++;
    }
    assert_true(at + 6 <= len);
    m[at + 5] = group;
}
static void group_shared(uint8_t *m, size_t *len)
{
    set_group(m, *len, GROUP_X25519);
}
static void group_unknown(uint8_t *m, size_t *len)
{
    set_group(m, *len, GROUP_SECP521R1);
}
static void retry_suite(uint8_t *m, size_t *len)
{
    (void)len;
    m[AT_SUITE + 1] = 0x7f;
}

static void test_retry(void **state)
{
    (void)state;
    static const struct hs_refusal refusals[] = {
        { "a group with a share", { false, HT_SERVER_HELLO, group_shared, false },
          CSSL_R_RETRY_GROUP },
        { "a group not offered", { false, HT_SERVER_HELLO, group_unknown, false },
          CSSL_R_RETRY_GROUP },
        { "suite", { false, HT_SERVER_HELLO, retry_suite, false }, CSSL_R_SUITE_NOT_OFFERED },
    };
    const cssl_options client = { .supported_groups = CSSL_LIST("x25519", "secp256r1") };
    const cssl_options server = { .supported_groups = CSSL_LIST("secp256r1") };
    hs_refuses(refusals, ARRAY_SIZE(refusals), &client, &server);
    struct hs_side c, s;
    hs_side_config(&c, false, &client);
    hs_side_config(&s, true, &server);
    hs_side_start(&c);
    hs_side_start(&s);
    hs_both_must(&c, &s);
    assert_true(c.conn.hello_retry && s.conn.hello_retry);
    assert_int_equal(c.conn.group, GROUP_SECP256R1);
    assert_int_equal(s.conn.group, GROUP_SECP256R1);
    hs_side_free(&c);
    hs_side_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_downgrade),
        cmocka_unit_test(test_retry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

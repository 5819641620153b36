/* test_client12.c - a client's refusals of what a server says in TLS 1.2. */
#include "base/error.h"
#include "hs_support.h"

/* suite_at is where a ServerHello's suite stands, behind its session identifier. */
static size_t suite_at(const uint8_t *m)
{
    return 39 + (size_t)m[38];
}
static void suite_of_13(uint8_t *m, size_t *len)
{
    (void)len;
    m[suite_at(m)] = 0x13;
    m[suite_at(m) + 1] = 1;
}
static void suite_unknown(uint8_t *m, size_t *len)
{
    (void)len;
    m[suite_at(m) + 1] = 0xfe;
}
static void compression(uint8_t *m, size_t *len)
{
    (void)len;
    m[suite_at(m) + 2] = 1;
}
static void no_extensions(uint8_t *m, size_t *len)
{
    *len = suite_at(m) + 3;
}
/* ServerKeyExchange: kind (1), group (2), share (1 + n), scheme (2), signature. */
static void group_ffdhe(uint8_t *m, size_t *len)
{
    (void)len;
    m[5] = 1;
    m[6] = 0;
}
static void scheme_of_rsa(uint8_t *m, size_t *len)
{
    (void)len;
    m[8 + m[7]] = 0x08;
    m[9 + m[7]] = 0x04;
}
static void share(uint8_t *m, size_t *len)
{
    (void)len;
    m[8 + m[7] - 1] ^= 1;
}
static void random_changed(uint8_t *m, size_t *len)
{
    (void)len;
    m[6] ^= 1;
}

static const struct hs_refusal rows[] = {
    { "TLS 1.3's suite", { false, HT_SERVER_HELLO, suite_of_13, false },
      CSSL_R_SUITE_NOT_OFFERED },
    { "unknown suite", { false, HT_SERVER_HELLO, suite_unknown, false },
      CSSL_R_SUITE_NOT_OFFERED },
    { "compression", { false, HT_SERVER_HELLO, compression, false }, CSSL_R_COMPRESSION },
    { "no renegotiation_info", { false, HT_SERVER_HELLO, no_extensions, false },
      CSSL_R_RENEGOTIATION_INFO },
    { "group", { false, HT_SERVER_KEY_EXCHANGE, group_ffdhe, false }, CSSL_R_SHARE_NOT_OFFERED },
    { "scheme", { false, HT_SERVER_KEY_EXCHANGE, scheme_of_rsa, false },
      CSSL_R_SCHEME_NOT_OFFERED },
    { "share", { false, HT_SERVER_KEY_EXCHANGE, share, false }, CSSL_R_BAD_SIGNATURE },
};

static void test_refused(void **state)
{
    (void)state;
    const cssl_options twelve = { .versions = CSSL_TLSV1_2 };
    hs_refuses(rows, ARRAY_SIZE(rows), &twelve, &twelve);
}

/* The randoms are signed, so the change is seen at the signature, two messages later. */
static void test_random(void **state)
{
    (void)state;
    const cssl_options twelve = { .versions = CSSL_TLSV1_2 };
    const struct hs_refusal row = { "random", { false, HT_SERVER_HELLO, random_changed, false },
                                    CSSL_R_BAD_SIGNATURE };
    hs_refuses(&row, 1, &twelve, &twelve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

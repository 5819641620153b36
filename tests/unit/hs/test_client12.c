/* test_client12.c - a client's refusals of what a server says in TLS 1.2. */
#include "base/error.h"
#include "hs_support.h"

#include "msg/kex12.h"

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

/* RFC 5246 7.3: nothing follows ServerHelloDone, not even the beginning of a ticket. */
static void test_done_is_last(void **state)
{
    (void)state;
    const cssl_options twelve = { .versions = CSSL_TLSV1_2 };
    const struct hs_refusal row = { "done", { false, HT_SERVER_HELLO_DONE, NULL, true },
                                    CSSL_R_MESSAGE_ACROSS_KEYS };
    hs_refuses(&row, 1, &twelve, &twelve);
}

/* supported_groups with x448 (30) becomes one with P-256 (23), which the server's key is on. */
static void groups_with_p256(uint8_t *m, size_t *len)
{
    static const uint8_t have[] = { 0, 10, 0, 6, 0, 4, 0, 29, 0, 30 };
    for (size_t i = 0; i + sizeof(have) <= *len; i++) {
        if (memcmp(m + i, have, sizeof(have)) == 0) {
            m[i + sizeof(have) - 1] = 23;
            return;
        }
    }
    fail_msg("no supported_groups in ClientHello");
}

/* RFC 8422 5.3: the key in the server's certificate respects the client's choice of curves. */
static void test_curve_of_certificate(void **state)
{
    (void)state;
    const cssl_options twelve = { .versions = CSSL_TLSV1_2 };
    const cssl_options none = { .versions = CSSL_TLSV1_2,
                                .supported_groups = CSSL_LIST("x25519", "x448") };
    const struct hs_fault fault = { true, HT_CLIENT_HELLO, groups_with_p256, false };
    struct hs_side client, server;
    hs_side_config(&client, false, &none);
    hs_side_config(&server, true, &twelve);
    hs_side_start(&client);
    hs_side_start(&server);
    assert_true(hs_both(&client, &server, &fault));
    assert_int_equal(client.err.reason, CSSL_R_CERT_CURVE_NOT_OFFERED);
    hs_side_free(&client);
    hs_side_free(&server);
}

/* CertificateRequest: the number of types, types (ecdsa_sign, rsa_sign), schemes, names. */
static void type_rsa_alone(uint8_t *m, size_t *len)
{
    (void)len;
    assert_int_equal(m[4], 2);
    m[5] = m[6] = CERT_TYPE_RSA_SIGN;
}
static void type_ecdsa_alone(uint8_t *m, size_t *len)
{
    (void)len;
    m[5] = m[6] = CERT_TYPE_ECDSA_SIGN;
}

/* RFC 5246 7.4.4: a client's certificate is of a type that was asked for, or there is none. */
static void test_types_of_certificate(void **state)
{
    (void)state;
    const cssl_options own = { .versions = CSSL_TLSV1_2, .certfile = HS_CERTS "client.pem",
                               .keyfile = HS_CERTS "client.key.pem" };
    const cssl_options asking = { .versions = CSSL_TLSV1_2, .verify = CSSL_VERIFY_PEER };
    static const struct {
        hs_change *change;
        bool sent;
    } cases[] = { { NULL, true }, { type_ecdsa_alone, true }, { type_rsa_alone, false } };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct hs_fault fault = { false, HT_CERTIFICATE_REQUEST, cases[i].change, false };
        struct hs_side client, server;
        hs_side_config(&client, false, &own);
        hs_side_config(&server, true, &asking);
        hs_side_start(&client);
        hs_side_start(&server);
        assert_true(hs_both(&client, &server, &fault));
        assert_int_equal(client.conn.own != NULL, cases[i].sent);
        assert_int_equal(hs_done(server.hs), i == 0);
        hs_side_free(&client);
        hs_side_free(&server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_done_is_last),
        cmocka_unit_test(test_curve_of_certificate),
        cmocka_unit_test(test_types_of_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_auth12.c - what both roles of TLS 1.2 share: which groups and schemes there are, Finished
 * that was changed on its way, secrets on which both sides agree.
 */
#include "base/error.h"
#include "hs_support.h"

#include "hs/auth12.h"

static void flip_last(uint8_t *m, size_t *len)
{
    m[*len - 1] ^= 1;
}
static void flip_first(uint8_t *m, size_t *len)
{
    (void)len;
    m[4] ^= 1;
}
static void shorter(uint8_t *m, size_t *len)
{
    (void)m;
    (*len)--;
}
static void longer(uint8_t *m, size_t *len)
{
    (void)m;
    (*len)++;
}

static const struct hs_refusal rows[] = {
    { "last byte, to client", { false, HT_FINISHED, flip_last, false }, CSSL_R_FINISHED_WRONG },
    { "last byte, to server", { true, HT_FINISHED, flip_last, false }, CSSL_R_FINISHED_WRONG },
    { "first byte, to client", { false, HT_FINISHED, flip_first, false }, CSSL_R_FINISHED_WRONG },
    { "first byte, to server", { true, HT_FINISHED, flip_first, false }, CSSL_R_FINISHED_WRONG },
    { "shorter, to client", { false, HT_FINISHED, shorter, false }, CSSL_R_FINISHED_LENGTH },
    { "shorter, to server", { true, HT_FINISHED, shorter, false }, CSSL_R_FINISHED_LENGTH },
    { "longer, to server", { true, HT_FINISHED, longer, false }, CSSL_R_FINISHED_LENGTH },
};

static const cssl_options twelve = { .versions = CSSL_TLSV1_2 };

static void test_finished(void **state)
{
    (void)state;
    hs_refuses(rows, ARRAY_SIZE(rows), &twelve, &twelve);
}

static void test_groups(void **state)
{
    (void)state;
    static const struct {
        uint16_t group;
        bool fits;
    } groups[] = { { GROUP_X25519, true },     { GROUP_X448, true },
                   { GROUP_SECP256R1, true },  { GROUP_SECP384R1, true },
                   { GROUP_SECP521R1, true },  { GROUP_FFDHE2048, false },
                   { GROUP_FFDHE4096, false }, { GROUP_X25519MLKEM768, false },
                   { GROUP_SECP256R1MLKEM768, false }, { GROUP_MLKEM1024, false },
                   { 0, false }, { 0xffff, false } };
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        assert_int_equal(ecdhe12(groups[i].group), groups[i].fits);
    }
}

static void test_schemes(void **state)
{
    (void)state;
    static const struct {
        uint16_t scheme;
        bool rsa, ecdsa;
    } schemes[] = {
        { SCHEME_RSA_PKCS1_SHA256, true, false },
        { SCHEME_RSA_PSS_RSAE_SHA256, true, false },
        { SCHEME_RSA_PSS_PSS_SHA512, true, false },
        { SCHEME_ECDSA_SECP256R1_SHA256, false, true },
        { SCHEME_ED25519, false, true },
        { SCHEME_ED448, false, true },
        { 0xfefe, false, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
        assert_int_equal(scheme12_fits(schemes[i].scheme, AUTH_RSA), schemes[i].rsa);
        assert_int_equal(scheme12_fits(schemes[i].scheme, AUTH_ECDSA), schemes[i].ecdsa);
    }
}

static void test_agree(void **state)
{
    (void)state;
    struct hs_side client, server;
    hs_side_config(&client, false, &twelve);
    hs_side_config(&server, true, &twelve);
    hs_side_start(&client);
    hs_side_start(&server);
    hs_both_must(&client, &server);
    assert_true(client.conn.extended_master_secret && server.conn.extended_master_secret);
    assert_int_equal(client.conn.suite, server.conn.suite);
    assert_int_equal(client.conn.exporter.len, MASTER12);
    assert_memory_equal(client.conn.exporter.data, server.conn.exporter.data, MASTER12);
    assert_memory_equal(client.conn.randoms, server.conn.randoms, RANDOMS12);
    assert_string_equal(client.keylog, server.keylog);
    assert_memory_equal(client.keylog, "CLIENT_RANDOM ", 14);
    /* What is signed: client's random, server's, params. */
    uint8_t content[RANDOMS12 + 3];
    struct wr w;
    wr_fixed(&w, content, sizeof(content));
    signed12(&w, &client.conn, bytes_str("abc"));
    assert_int_equal(w.len, sizeof(content));
    assert_memory_equal(content, client.hs->client_random, HELLO_RANDOM);
    assert_memory_equal(content + RANDOMS12, "abc", 3);
    hs_side_free(&client);
    hs_side_free(&server);
}

/* ML-DSA is of TLS 1.3 alone, whatever libcrypto can do. */
static void test_schemes_of_12(void **state)
{
    (void)state;
    static const uint16_t of_12[] = { SCHEME_RSA_PKCS1_SHA256, SCHEME_RSA_PSS_RSAE_SHA384,
                                      SCHEME_RSA_PSS_PSS_SHA512, SCHEME_ECDSA_SECP256R1_SHA256,
                                      SCHEME_ED25519, SCHEME_ED448 };
    static const uint16_t others[] = { SCHEME_MLDSA44, SCHEME_MLDSA65, SCHEME_MLDSA87,
                                       SCHEME_RSA_PKCS1_SHA1, SCHEME_ECDSA_SHA1, 0x0a0a };
    for (size_t i = 0; i < ARRAY_SIZE(of_12); i++) {
        assert_true(scheme_of_12(of_12[i]));
    }
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        assert_false(scheme_of_12(others[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finished),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_schemes),
        cmocka_unit_test(test_agree),
        cmocka_unit_test(test_schemes_of_12),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_exchange12.c - the premaster secret of each key exchange of TLS 1.2, byte by byte, and which
 * pre-shared key an identity stands for. Whole handshakes are in tests/pair.
 */
#include "hs_support.h"

#include "base/error.h"
#include "base/mem.h"
#include "hs/exchange12.h"

enum { ECDHE = 0xc02b, DHE = 0x009e, RSA = 0x009c, PSK = 0x00a8, DHE_PSK = 0x00aa,
       ECDHE_PSK = 0xd001 };

static const uint8_t key[20] = "twenty bytes of key";
static const cssl_options with_key = { .versions = CSSL_TLSV1_2, .psk_identity = "friend",
                                       .psk = { key, sizeof(key) } };

/* begin makes a handshake that has agreed on a suite. */
static void begin(struct hs_side *side, bool server, const cssl_options *options, uint16_t suite)
{
    cssl_options o = *options;
    const char *const suites[] = { "TLS_PSK_WITH_AES_128_GCM_SHA256", NULL };
    o.ciphers = o.psk.data != NULL ? suites : NULL;
    memset(side, 0, sizeof(*side));
    hs_side_config(side, server, &o);
    hs_side_start(side);
    side->conn.suite = suite;
    assert_non_null(suite_find(suite));
}

static void test_premaster(void **state)
{
    (void)state;
    /* what libcrypto gives, what is there of a PSK, and what comes of both; hex */
    static const struct {
        uint16_t suite;
        const char *secret, *psk, *premaster;
    } rows[] = {
        { ECDHE, "0000aabb", "", "0000aabb" },
        { ECDHE, "", "", "" },
        { DHE, "aabb", "", "aabb" },
        { DHE, "0000aabb00", "", "aabb00" }, /* RFC 5246 8.1.2 */
        { DHE, "00000000", "", "" },
        { RSA, "0303000102", "", "0303000102" },
        { PSK, "", "112233", "00030000000003112233" }, /* RFC 4279 2 */
        { ECDHE_PSK, "00aa", "112233", "000200aa0003112233" },
        { DHE_PSK, "00aa", "112233", "0001aa0003112233" },
        { DHE_PSK, "0000", "11", "0000000111" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct hs_side side;
        uint8_t expected[PREMASTER12_MAX], out[PREMASTER12_MAX];
        struct wr w;
        begin(&side, true, &(cssl_options){ .versions = CSSL_TLSV1_2 }, rows[i].suite);
        struct hs *hs = side.hs;
        if (rows[i].suite != PSK) {
            assert_int_equal(hs_new_step(hs, NULL), 0);
            hs->waiting = false;
            hs->step->secret_len = test_unhex(hs->step->secret, sizeof(hs->step->secret),
                                              rows[i].secret);
        }
        hs->psk.len = (uint8_t)test_unhex(hs->psk.data, sizeof(hs->psk.data), rows[i].psk);
        const size_t len = test_unhex(expected, sizeof(expected), rows[i].premaster);
        wr_fixed(&w, out, sizeof(out));
        exchange12_premaster(hs, &w);
        assert_true(wr_ok(&w));
        if (w.len != len || memcmp(out, expected, len) != 0) {
            fail_msg("row %zu: %zu bytes, not %zu, or others", i, w.len, len);
        }
        hs_side_free(&side);
    }
}

/* RFC 4279 2: what follows is the same whether an identity is known or not. An unknown one has a
 * key of the same length, another one each time. */
static void test_identities(void **state)
{
    (void)state;
    static const struct {
        const char *identity;
        bool known;
    } rows[] = { { "friend", true }, { "frienD", false }, { "frien", false }, { "friends", false },
                 { "", false },      { "foe", false } };
    struct hs_side side;
    struct secret first;
    begin(&side, true, &with_key, PSK);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (int round = 0; round < 2; round++) {
            assert_int_equal(exchange12_psk(side.hs, bytes_str(rows[i].identity), NULL), 0);
            assert_int_equal(side.hs->psk.len, sizeof(key));
            assert_int_equal(memcmp(side.hs->psk.data, key, sizeof(key)) == 0, rows[i].known);
            if (round == 0) {
                first = side.hs->psk;
            }
        }
        assert_int_equal(memcmp(&first, &side.hs->psk, sizeof(first)) == 0, rows[i].known);
    }
    hs_side_free(&side);
    /* without a key of one's own there is a random one all the same */
    begin(&side, true, &(cssl_options){ .versions = CSSL_TLSV1_2 }, PSK);
    assert_int_equal(exchange12_psk(side.hs, bytes_str("friend"), NULL), 0);
    assert_true(side.hs->psk.len >= 16);
    hs_side_free(&side);
}

/* ServerKeyExchange is there when it has something to say. */
static void test_server_speaks(void **state)
{
    (void)state;
    static const struct {
        uint16_t suite;
        bool speaks, with_hint;
    } rows[] = { { ECDHE, true, true }, { DHE, true, true },     { RSA, false, false },
                 { PSK, false, true },  { DHE_PSK, true, true }, { ECDHE_PSK, true, true } };
    for (int hint = 0; hint < 2; hint++) {
        cssl_options o = with_key;
        o.psk_hint = hint == 1 ? "which" : NULL;
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
            struct hs_side side;
            struct server_key_exchange ske;
            begin(&side, true, &o, rows[i].suite);
            assert_int_equal(exchange12_server_speaks(side.hs),
                             hint == 1 ? rows[i].with_hint : rows[i].speaks);
            exchange12_server_fill(side.hs, &ske);
            assert_true(bytes_equal(ske.hint, bytes_str(hint == 1 ? "which" : "")));
            assert_int_equal(ske.share.len, 0);
            hs_side_free(&side);
        }
    }
}

/* A group that the client did not offer, and a value that is longer than its prime. */
static void test_server_values(void **state)
{
    (void)state;
    static const uint8_t share[300] = { 4, 1 };
    struct hs_side side;
    cssl_error err;
    begin(&side, false,
          &(cssl_options){ .versions = CSSL_TLSV1_2, .supported_groups = CSSL_LIST("x25519") },
          ECDHE);
    struct server_key_exchange ske = { .group = GROUP_X25519, .share = { share, 32 } };
    assert_int_equal(exchange12_take_server(side.hs, &ske, &err), 0);
    assert_int_equal(side.hs->share_len, 32);
    ske.group = GROUP_SECP256R1;
    assert_true(exchange12_take_server(side.hs, &ske, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_SHARE_NOT_OFFERED);
    side.conn.suite = DHE;
    uint8_t p[128];
    memset(p, 0xff, sizeof(p));
    ske = (struct server_key_exchange){ .p = { p, sizeof(p) }, .g = { (const uint8_t *)"\2", 1 },
                                        .share = { share, 128 } };
    assert_true(exchange12_take_server(side.hs, &ske, &err) < 0); /* 1,024 bits are too few */
    assert_int_not_equal(err.reason, CSSL_R_SHARE_NOT_OFFERED);
    hs_side_free(&side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_premaster),
        cmocka_unit_test(test_identities),
        cmocka_unit_test(test_server_speaks),
        cmocka_unit_test(test_server_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

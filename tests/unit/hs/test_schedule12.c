/*
 * test_schedule12.c - TLS 1.2's PRF by its published vector, and the keys made with it, which two
 * sides must agree on.
 */
#include "base/error.h"
#include "support.h"

#include "base/names.h"
#include "hs/schedule12.h"

/* The vector for SHA-256 that was posted to the TLS working group's list in 2009. */
static void test_prf(void **state)
{
    (void)state;
    uint8_t secret[16], seed[16], out[100];
    test_unhex(secret, sizeof(secret), "9bbe436ba940f017b17652849a71db35");
    test_unhex(seed, sizeof(seed), "a0ba9f936cda311827a6f796ffd5198c");
    static const char want[] = "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
                               "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
                               "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
                               "87347b66";
    prf12(HASH_SHA256, bytes_of(secret, 16), "test label", bytes_of(seed, 16), bytes_of(NULL, 0),
          out, sizeof(out));
    test_same_hex(out, sizeof(out), want);
    /* The seed in two parts, and every shorter output is a beginning of the longer one. */
    for (size_t cut = 0; cut <= 16; cut++) {
        uint8_t again[100];
        prf12(HASH_SHA256, bytes_of(secret, 16), "test label", bytes_of(seed, cut),
              bytes_of(seed + cut, 16 - cut), again, 20 + cut);
        assert_memory_equal(again, out, 20 + cut);
    }
}

static void test_keys(void **state)
{
    (void)state;
    static const uint16_t suites[] = { SUITE_ECDHE_ECDSA_AES_128_GCM_SHA256,
                                       SUITE_ECDHE_RSA_AES_256_GCM_SHA384,
                                       SUITE_ECDHE_RSA_CHACHA20_POLY1305_SHA256,
                                       SUITE_ECDHE_ECDSA_AES_128_CCM_8 };
    static const uint8_t premaster[32] = { 1 };
    uint8_t randoms[RANDOMS12];
    uint8_t hash[HASH_MAX] = { 7 };
    memset(randoms, 3, sizeof(randoms));
    for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
        const struct suite *suite = suite_find(suites[i]);
        struct rec_half of_client = { 0 }, again = { 0 }, of_server = { 0 };
        struct secret plain, extended;
        uint8_t finished[2][FINISHED12];
        master12_plain(suite->hash, bytes_of(premaster, 32), randoms, &plain);
        master12(suite->hash, bytes_of(premaster, 32), hash, &extended);
        assert_int_equal(extended.len, MASTER12);
        assert_memory_not_equal(plain.data, extended.data, MASTER12);
        keys12(&of_client, suite, &extended, randoms, true, 3);
        keys12(&again, suite, &extended, randoms, true, 3);
        keys12(&of_server, suite, &extended, randoms, false, 3);
        assert_memory_equal(of_client.key.key, again.key.key, aead_key_len(suite->aead));
        assert_memory_not_equal(of_client.key.key, of_server.key.key, aead_key_len(suite->aead));
        assert_memory_not_equal(of_client.iv, of_server.iv, 4);
        assert_int_equal(of_client.version, TLS_1_2);
        finished12(suite->hash, &extended, true, hash, finished[0]);
        finished12(suite->hash, &extended, false, hash, finished[1]);
        assert_memory_not_equal(finished[0], finished[1], FINISHED12);
        rec_wipe(&of_client);
        rec_wipe(&again);
        rec_wipe(&of_server);
    }
}

/* RFC 5246 6.3: the key block has both MAC keys, then both keys, the client's first. */
static void test_cbc_keys(void **state)
{
    (void)state;
    static const struct {
        uint16_t suite;
        size_t mac, key;
    } rows[] = {
        { SUITE_ECDHE_RSA_AES_128_CBC_SHA, 20, 16 },
        { SUITE_ECDHE_RSA_AES_256_CBC_SHA, 20, 32 },
        { SUITE_ECDHE_ECDSA_AES_128_CBC_SHA256, 32, 16 },
        { SUITE_ECDHE_ECDSA_AES_256_CBC_SHA384, 48, 32 },
    };
    struct secret master = { .len = MASTER12, .data = { 6 } };
    const struct rand_source source = { 0 };
    uint8_t randoms[RANDOMS12], turned[RANDOMS12];
    for (size_t i = 0; i < RANDOMS12; i++) {
        randoms[i] = (uint8_t)i;
        turned[(i + RANDOMS12 / 2) % RANDOMS12] = (uint8_t)i;
    }
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct suite *suite = suite_find(rows[i].suite);
        const size_t mac = rows[i].mac, key = rows[i].key;
        uint8_t block[160];
        prf12(suite->hash, secret_bytes(&master), "key expansion", bytes_of(turned, RANDOMS12),
              bytes_of(NULL, 0), block, 2 * (mac + key));
        for (size_t server = 0; server < 2; server++) {
            struct rec_half half = { .seq = 7, .limit = 512 };
            keys12_cbc(&half, suite, &master, randoms, server == 0, server == 1, &source, 3);
            assert_true(half.is_cbc && rec_is_sealed(&half));
            assert_int_equal(half.seq, 0);
            assert_int_equal(half.limit, 512);
            assert_int_equal(half.cbc.mac, suite->mac);
            assert_int_equal(half.cbc.key_len, key);
            assert_int_equal(half.cbc.encrypt_then_mac, server == 1);
            assert_memory_equal(half.cbc.mac_key, block + server * mac, mac);
            assert_memory_equal(half.cbc.key, block + 2 * mac + server * key, key);
            /* An AEAD's keys leave nothing of them. */
            keys12(&half, suite_find(SUITE_ECDHE_RSA_AES_128_GCM_SHA256), &master, randoms, true,
                   3);
            assert_false(half.is_cbc);
            assert_int_equal(half.cbc.mac_key[CBC_MAC_MAX - 1], 0);
            rec_wipe(&half);
        }
    }
}

/* RFC 5705 4: a context that is there is not one that is not, and lengths count. */
static void test_exporter(void **state)
{
    (void)state;
    struct secret master = { .len = MASTER12, .data = { 5 } };
    uint8_t randoms[RANDOMS12] = { 1 };
    uint8_t a[40], b[40];
    export12(HASH_SHA256, &master, randoms, "EXPORTER-a", bytes_str(""), a, sizeof(a));
    export12(HASH_SHA256, &master, randoms, "EXPORTER-a", bytes_str("x"), b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    export12(HASH_SHA256, &master, randoms, "EXPORTER-b", bytes_str(""), b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    export12(HASH_SHA256, &master, randoms, "EXPORTER-a", bytes_str(""), b, 7);
    assert_memory_equal(a, b, 7);
    /* Without a context the seed is the randoms alone, with one its length stands behind them. */
    const uint8_t none[2] = { 0 };
    export12(HASH_SHA256, &master, randoms, "EXPORTER-a", bytes_of(NULL, 0), b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    prf12(HASH_SHA256, secret_bytes(&master), "EXPORTER-a", bytes_of(randoms, sizeof(randoms)),
          bytes_of(NULL, 0), a, sizeof(a));
    assert_memory_equal(a, b, sizeof(a));
    export12(HASH_SHA256, &master, randoms, "EXPORTER-a", bytes_str(""), b, sizeof(b));
    prf12(HASH_SHA256, secret_bytes(&master), "EXPORTER-a", bytes_of(randoms, sizeof(randoms)),
          bytes_of(none, sizeof(none)), a, sizeof(a));
    assert_memory_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prf),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_cbc_keys),
        cmocka_unit_test(test_exporter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

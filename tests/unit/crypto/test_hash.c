/* test_hash.c - SHA-1 and SHA-2: FIPS 180's examples, any cutting of the input, forks, and the
 * calls in use against libcrypto's EVP. */
#include "support.h"

#include "crypto/hash_evp.h"

static const enum hash_alg algs[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };

/* FIPS 180-2's examples: "abc", the empty string, 448 bits. */
static const struct {
    enum hash_alg alg;
    const char *text, *hash;
} examples[] = {
    { HASH_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { HASH_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
    { HASH_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { HASH_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { HASH_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { HASH_SHA384, "abc",
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
      "8086072ba1e7cc2358baeca134c825a7" },
    { HASH_SHA384, "",
      "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
      "274edebfe76f65fbd51ad2f14898b95b" },
    { HASH_SHA512, "abc",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
    { HASH_SHA512, "",
      "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
      "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e" },
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
        uint8_t out[HASH_MAX];
        size_t len = strlen(examples[i].text);
        hash_once(examples[i].alg, examples[i].text, len, out);
        test_same_hex(out, hash_len(examples[i].alg), examples[i].hash);
        cssl_bytes piece = bytes_str(examples[i].text);
        cssl_error err;
        memset(out, 0, sizeof(out));
        assert_int_equal(hash_evp_pieces(examples[i].alg, &piece, 1, out, &err), 0);
        test_same_hex(out, hash_len(examples[i].alg), examples[i].hash);
    }
}

static void test_million(void **state)
{
    (void)state;
    struct hash h;
    uint8_t a[1000], out[HASH_MAX];
    memset(a, 'a', sizeof(a));
    hash_init(&h, HASH_SHA256);
    for (int i = 0; i < 1000; i++) {
        hash_update(&h, a, sizeof(a));
    }
    hash_peek(&h, out);
    test_same_hex(out, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Lengths around the blocks, cut anywhere, looked at on the way, forked: always EVP's hash. */
static void test_cuts(void **state)
{
    (void)state;
    struct test_rng rng;
    test_rng_init(&rng, test_seed(5));
    uint8_t data[600];
    test_rng_fill(&rng, data, sizeof(data));
    for (size_t a = 0; a < ARRAY_SIZE(algs); a++) {
        for (size_t len = 0; len <= 300; len++) {
            size_t cut = test_rng_below(&rng, len + 1);
            struct hash h;
            uint8_t out[HASH_MAX + 1], want[HASH_MAX], mid[HASH_MAX];
            cssl_bytes parts[2] = { bytes_of(data, cut), bytes_of(data + cut, len - cut) };
            cssl_error err;
            assert_int_equal(hash_evp_pieces(algs[a], parts, 2, want, &err), 0);
            hash_init(&h, algs[a]);
            hash_update(&h, data, cut);
            hash_peek(&h, mid);
            struct hash fork = h;
            hash_update(&h, data + cut, len - cut);
            size_t size = hash_len(algs[a]);
            out[size] = 0x77;
            hash_peek(&h, out);
            assert_memory_equal(out, want, size);
            assert_int_equal(out[size], 0x77);
            hash_peek(&h, out); /* looking changes nothing */
            assert_memory_equal(out, want, size);
            hash_peek(&fork, out);
            assert_memory_equal(out, mid, size);
            hash_once(algs[a], data, cut, out);
            assert_memory_equal(out, mid, size);
        }
    }
}

static void test_sizes(void **state)
{
    (void)state;
    static const size_t lens[] = { 20, 32, 48, 64 }, blocks[] = { 64, 64, 128, 128 };
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
        assert_int_equal(hash_len(algs[i]), lens[i]);
        assert_int_equal(hash_block(algs[i]), blocks[i]);
        assert_int_equal(EVP_MD_get_size(hash_evp_md(algs[i])), lens[i]);
        assert_int_equal(EVP_MD_get_block_size(hash_evp_md(algs[i])), blocks[i]);
    }
    assert_int_equal(hash_len(HASH_NONE), 0);
    assert_int_equal(hash_block(HASH_NONE), 0);
    assert_int_equal(hash_len((enum hash_alg)77), 0);
    assert_int_equal(hash_block((enum hash_alg)77), 0);
    assert_null(hash_evp_md(HASH_NONE));
    cssl_error err;
    uint8_t out[HASH_MAX];
    assert_true(hash_evp_pieces(HASH_NONE, NULL, 0, out, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_million),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_hash_evp.c - hashing in pieces through EVP: FIPS 180-4's example, every cut, refusals. */
#include "base/error.h"
#include "support.h"

#include "crypto/hash_evp.h"

#include <openssl/err.h>

/* SHA-1 and SHA-2 of "abc" (FIPS 180-4's examples). */
static const struct {
    enum hash_alg alg;
    int nid;
    const char *abc;
} rows[] = {
    { HASH_SHA1, NID_sha1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { HASH_SHA256, NID_sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { HASH_SHA384, NID_sha384,
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c8"
      "25a7" },
    { HASH_SHA512, NID_sha512,
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fe"
      "ebbd454d4423643ce80e2a9ac94fa54ca49f" },
};

static void test_names(void **state)
{
    (void)state;
    assert_null(hash_evp_md(HASH_NONE));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const EVP_MD *md = hash_evp_md(rows[i].alg);
        assert_non_null(md);
        assert_int_equal(EVP_MD_get_type(md), rows[i].nid);
        assert_int_equal((size_t)EVP_MD_get_size(md), hash_len(rows[i].alg));
    }
}

/* "abc" cut at every two places, empty pieces among them; exact memory, so no byte more is written
 * than the hash has. */
static void test_cuts(void **state)
{
    (void)state;
    static const uint8_t abc[] = "abc";
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t *out = malloc(hash_len(rows[i].alg));
        assert_non_null(out);
        for (size_t a = 0; a <= 3; a++) {
            for (size_t b = a; b <= 3; b++) {
                const cssl_bytes pieces[] = { bytes_of(abc, a), bytes_of(NULL, 0),
                                              bytes_of(abc + a, b - a), bytes_of(abc + b, 3 - b) };
                cssl_error err = { 0 };
                memset(out, 0xee, hash_len(rows[i].alg));
                assert_int_equal(hash_evp_pieces(rows[i].alg, pieces, 4, out, &err), 0);
                test_same_hex(out, hash_len(rows[i].alg), rows[i].abc);
            }
        }
        free(out);
    }
}

/* No piece is the hash of nothing, which hash.c computes by other calls. */
static void test_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t got[HASH_MAX], want[HASH_MAX];
        cssl_error err = { 0 };
        assert_int_equal(hash_evp_pieces(rows[i].alg, NULL, 0, got, &err), 0);
        hash_once(rows[i].alg, NULL, 0, want);
        assert_memory_equal(got, want, hash_len(rows[i].alg));
    }
}

static void test_no_algorithm(void **state)
{
    (void)state;
    uint8_t out[HASH_MAX], before[HASH_MAX];
    cssl_error err = { 0 };
    memset(out, 0xee, sizeof(out));
    memcpy(before, out, sizeof(out));
    const cssl_bytes piece = bytes_str("abc");
    assert_true(hash_evp_pieces(HASH_NONE, &piece, 1, out, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    assert_memory_equal(out, before, sizeof(out));
    assert_true(hash_evp_pieces(HASH_NONE, &piece, 1, out, NULL) < 0);
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_no_algorithm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

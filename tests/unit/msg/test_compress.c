/* test_compress.c - each algorithm there and back, in damaged streams, in ones that lie. */
#include "base/error.h"
#include "support.h"

#include "base/mem.h"
#include "msg/compress.h"

static const uint16_t algorithms[] = { COMPRESS_ZLIB, COMPRESS_BROTLI, COMPRESS_ZSTD };

enum { PLAIN = 3000, ZEROS = 100000 };
static uint8_t plain[PLAIN];

static int set_up(void **state)
{
    (void)state;
    struct test_rng rng;
    test_rng_init(&rng, 7);
    for (size_t i = 0; i < PLAIN; i++) { /* something that can be compressed, not too well */
        plain[i] = (uint8_t)test_rng_below(&rng, i < PLAIN / 2 ? 4 : 200);
    }
    return 0;
}

/* packed compresses len bytes of data. */
static struct wr packed_of(uint16_t algorithm, const uint8_t *data, size_t len, bool best)
{
    struct wr w;
    cssl_error err = { 0 };
    wr_init(&w, 1 << 20);
    assert_int_equal(compress_write(&w, algorithm, bytes_of(data, len), best, &err), 0);
    assert_true(wr_ok(&w));
    return w;
}

static void test_there_and_back(void **state)
{
    (void)state;
    static const size_t lengths[] = { 1, 4, 100, PLAIN };
    size_t num = 0;
    for (size_t a = 0; a < ARRAY_SIZE(algorithms); a++) {
        for (size_t i = 0; compress_has(algorithms[a]) && i < 2 * ARRAY_SIZE(lengths); i++) {
            size_t len = lengths[i / 2];
            uint8_t *out = test_copy(plain, len); /* of that size, so that ASan sees overruns */
            memset(out, 0xee, len);
            struct wr w = packed_of(algorithms[a], plain, len, i % 2 == 0);
            assert_int_equal(compress_read(algorithms[a], wr_view(&w), out, len, NULL), 0);
            assert_memory_equal(out, plain, len);
            assert_true(len < PLAIN || w.len < PLAIN);
            wr_free(&w);
            free(out);
            num++;
        }
    }
    assert_true(num > 0); /* a build without any has no use for this file */
}

/* Made by Python's zlib, the command zstd -19, and Python's brotli. */
static void test_known(void **state)
{
    (void)state;
    static const struct {
        uint16_t algorithm;
        const char *hex, *plain;
    } rows[] = {
        { COMPRESS_ZLIB, "78dacb48cdc9c957c84090003a2e067d", "hello hello hello" },
        { COMPRESS_ZSTD, "28b52ffd04686500003068656c6c6f200100314a11a2ed1e0c",
          "hello hello hello" },
        { COMPRESS_BROTLI, "0b028068656c6c6f03", "hello" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t out[32];
        if (!compress_has(rows[i].algorithm)) {
            continue;
        }
        uint8_t *in = test_unhex_new(rows[i].hex, &len);
        assert_int_equal(compress_read(rows[i].algorithm, bytes_of(in, len), out,
                                       strlen(rows[i].plain), NULL), 0);
        assert_memory_equal(out, rows[i].plain, strlen(rows[i].plain));
        free(in);
    }
}

/* Too much, too little, something behind it: none passes. */
static void test_wrong_lengths(void **state)
{
    (void)state;
    uint8_t *out = malloc(PLAIN + 1);
    assert_non_null(out);
    for (size_t a = 0; a < ARRAY_SIZE(algorithms); a++) {
        cssl_error err = { 0 };
        uint16_t alg = algorithms[a];
        if (!compress_has(alg)) {
            continue;
        }
        struct wr w = packed_of(alg, plain, PLAIN, true);
        assert_int_equal(compress_read(alg, wr_view(&w), out, PLAIN + 1, &err), CSSL_ALERT);
        assert_int_equal(err.reason, CSSL_R_DECOMPRESSION);
        assert_int_equal(err.alert, ALERT_BAD_CERTIFICATE);
        assert_int_equal(compress_read(alg, wr_view(&w), out, PLAIN - 1, NULL), CSSL_ALERT);
        assert_int_equal(compress_read(alg, wr_view(&w), out, 1, NULL), CSSL_ALERT);
        assert_int_equal(compress_read(alg, wr_view(&w), out, 0, NULL), CSSL_ALERT);
        assert_int_equal(compress_read(alg, bytes_of(NULL, 0), out, 1, NULL), CSSL_ALERT);
        wr_u8(&w, 0);
        assert_int_equal(compress_read(alg, wr_view(&w), out, PLAIN, NULL), CSSL_ALERT);
        wr_free(&w);
    }
    free(out);
}

/* Two streams in a row, of which the first is half. */
static void test_two_streams(void **state)
{
    (void)state;
    uint8_t out[PLAIN];
    for (size_t a = 0; a < ARRAY_SIZE(algorithms); a++) {
        if (compress_has(algorithms[a])) {
            struct wr w = packed_of(algorithms[a], plain, PLAIN / 2, true);
            struct wr second = packed_of(algorithms[a], plain, PLAIN / 2, true);
            wr_bytes(&w, wr_view(&second));
            assert_int_equal(compress_read(algorithms[a], wr_view(&w), out, PLAIN, NULL),
                             CSSL_ALERT);
            wr_free(&w);
            wr_free(&second);
        }
    }
}

/* A bomb is not unpacked beyond what it was allowed. */
static void test_bomb(void **state)
{
    (void)state;
    uint8_t *zeros = mem_new(ZEROS);
    uint8_t *out = malloc(64);
    assert_true(zeros != NULL && out != NULL);
    for (size_t a = 0; a < ARRAY_SIZE(algorithms); a++) {
        if (compress_has(algorithms[a])) {
            struct wr w = packed_of(algorithms[a], zeros, ZEROS, true);
            assert_true(w.len < 300);
            assert_int_equal(compress_read(algorithms[a], wr_view(&w), out, 64, NULL),
                             CSSL_ALERT);
            wr_free(&w);
        }
    }
    mem_free(zeros);
    free(out);
}

static void test_unknown(void **state)
{
    (void)state;
    uint8_t out[1];
    struct wr w;
    wr_init(&w, 100);
    for (uint16_t alg = 0; alg < 10; alg += 4) {
        assert_false(compress_has(alg));
        assert_int_equal(compress_write(&w, alg, bytes_of(plain, 9), true, NULL), CSSL_ALERT);
        assert_int_equal(compress_read(alg, bytes_of(plain, 9), out, 1, NULL), CSSL_ALERT);
    }
    assert_int_equal(w.len, 0);
    wr_free(&w);
}

static uint16_t tried;

static void try_read(void *arg, uint8_t *data, size_t len)
{
    uint8_t *out = malloc(PLAIN);
    cssl_error err = { 0 };
    bool *must_fail = arg;
    assert_non_null(out);
    int ret = compress_read(tried, bytes_of(data, len), out, PLAIN, &err);
    assert_true(ret == 0 ? !*must_fail
                         : ret == CSSL_ALERT && err.reason == CSSL_R_DECOMPRESSION);
    free(out);
}

static void test_damage(void **state)
{
    (void)state;
    for (size_t a = 0; a < ARRAY_SIZE(algorithms); a++) {
        bool must_fail = true;
        if (!compress_has(algorithms[a])) {
            continue;
        }
        tried = algorithms[a];
        struct wr w = packed_of(tried, plain, PLAIN, true);
        for_each_truncation(w.data, w.len, try_read, &must_fail);
        must_fail = false; /* zstd and brotli have no checksum here: what comes out is parsed */
        for_each_damage(w.data, w.len, test_seed(41), 2000, try_read, &must_fail);
        wr_free(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_known),
        cmocka_unit_test(test_wrong_lengths),  cmocka_unit_test(test_two_streams),
        cmocka_unit_test(test_bomb),           cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

/*
 * test_seeds.c - the seeds of fuzz_client and fuzz_server: scripts recorded from good handshakes.
 * Played, they must come to a connection; else the fuzzers would begin at the front door again.
 * With CSSL_WRITE_SEEDS=1 they are written anew (after messages have changed).
 */
#include "play/play.c"
#include "pair.h"
#include "record.h"

#include <errno.h>

static const struct seed {
    const char *role, *name;
    unsigned variant;
} seeds[] = {
    { "client", "full", 0 },
    { "client", "mutual", VARIANT_MUTUAL },
    { "client", "psk", VARIANT_PSK },
    { "client", "retry", VARIANT_RETRY },
    { "client", "steps", VARIANT_STEPS | VARIANT_MUTUAL },
    { "client", "raw", VARIANT_RAW | VARIANT_MUTUAL },
    { "server", "full", 0 },
    { "server", "mutual", VARIANT_MUTUAL },
    { "server", "psk", VARIANT_PSK },
    { "server", "retry", VARIANT_RETRY },
    { "server", "steps", VARIANT_STEPS | VARIANT_MUTUAL },
    { "server", "retry_psk", VARIANT_RETRY | VARIANT_PSK },
    { "server", "raw", VARIANT_RAW | VARIANT_MUTUAL },
};

static FILE *open_seed(const struct seed *seed, const char *mode)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/../../fuzz/seeds/%s/%s", CSSL_TEST_VECTORS,
                     seed->role, seed->name);
    assert_true(n > 0 && (size_t)n < sizeof(path));
    FILE *file = fopen(path, mode);
    if (file == NULL) {
        fail_msg("%s: %s", path, strerror(errno));
    }
    return file;
}

static void must_play(const struct seed *seed, cssl_bytes script, const char *which)
{
    cssl_error error = { 0 };
    if (!play(script, &error) || error.status != 0) {
        fail_msg("the %s script %s/%s: %s", which, seed->role, seed->name, error.text);
    }
}

static void test_seeds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        const struct seed *seed = &seeds[i];
        bool server = strcmp(seed->role, "server") == 0;
        struct wr w;
        wr_init(&w, 1 << 20);
        play_init(server);
        record_handshake(seed->variant, server);
        record_script(&w, seed->variant, server);
        must_play(seed, wr_view(&w), "new");
        if (getenv("CSSL_WRITE_SEEDS") != NULL) {
            FILE *file = open_seed(seed, "wb");
            assert_int_equal(fwrite(w.data, 1, w.len, file), w.len);
            assert_int_equal(fclose(file), 0);
        }
        uint8_t kept[32768];
        FILE *file = open_seed(seed, "rb");
        size_t len = fread(kept, 1, sizeof(kept), file);
        (void)fclose(file);
        assert_in_range(len, 1, sizeof(kept) - 1);
        must_play(seed, bytes_of(kept, len), "kept");
        wr_free(&w);
        record_forget();
        play_free();
    }
}

/* A client that came back with early data has nothing left to say but this. */
static void test_early_seed(void **state)
{
    (void)state;
    static const struct seed seed = { "server", "early", PLAY_EARLY };
    struct wr w;
    uint8_t kept[1024];
    wr_init(&w, 1 << 16);
    wr_u8(&w, PLAY_EARLY);
    record_op(&w, PLAY_DATA, bytes_str("more"));
    record_op(&w, PLAY_DATA, bytes_str(""));
    record_op(&w, PLAY_HANDSHAKE, bytes_of((const uint8_t *)"\5\0\0\0", 4));
    record_op(&w, PLAY_FINISHED, bytes_str(""));
    record_op(&w, PLAY_DATA, bytes_str("and now in earnest"));
    record_op(&w, PLAY_WRITE, bytes_str("hello"));
    record_op(&w, PLAY_ALERT, bytes_of((const uint8_t *)"\1\0", 2));
    record_op(&w, PLAY_END, bytes_str(""));
    assert_true(wr_ok(&w));
    play_init(true);
    must_play(&seed, wr_view(&w), "new");
    if (getenv("CSSL_WRITE_SEEDS") != NULL) {
        FILE *file = open_seed(&seed, "wb");
        assert_int_equal(fwrite(w.data, 1, w.len, file), w.len);
        assert_int_equal(fclose(file), 0);
    }
    FILE *file = open_seed(&seed, "rb");
    size_t len = fread(kept, 1, sizeof(kept), file);
    (void)fclose(file);
    must_play(&seed, bytes_of(kept, len), "kept");
    wr_free(&w);
    play_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_seeds),
                                        cmocka_unit_test(test_early_seed) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_worst.c - what the worst input of each kind costs: processor time and peak heap of the
 * whole process, libcrypto included. The bounds are far above what is measured (printed with
 * CSSL_VERBOSE=1) and far below what an unbounded loop or buffer would need. What hostile chains
 * cost is counted and measured in tests/unit/pki/test_chain_build.c.
 */
#include "pair.h"

#include "base/error.h"
#include "base/mem.h"
#include "msg/hello.h"
#include "msg/small.h"

#include <malloc.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLOWER = 30, COUNTING = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SLOWER = 30, COUNTING = 0 };
#else
enum { SLOWER = 1, COUNTING = 1 };
#endif
#else
enum { SLOWER = 1, COUNTING = 1 };
#endif

/* What one input may cost. */
struct bound {
    double cpu_ms;
    size_t heap;
};

struct meter {
    struct timespec start;
    size_t heap_start, heap_peak;
};

static struct meter meter;

/* The allocator's own figures: everything that is in use now, and mapped blocks. */
static size_t heap_now(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void meter_start(void)
{
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &meter.start);
    meter.heap_start = COUNTING ? heap_now() : 0;
    meter.heap_peak = meter.heap_start;
}

static void meter_sample(void)
{
    size_t now = COUNTING ? heap_now() : 0;
    meter.heap_peak = now > meter.heap_peak ? now : meter.heap_peak;
}

static void meter_check(const char *what, struct bound bound)
{
    struct timespec end;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    double ms = (double)(end.tv_sec - meter.start.tv_sec) * 1e3 +
                (double)(end.tv_nsec - meter.start.tv_nsec) / 1e6;
    size_t heap = meter.heap_peak - meter.heap_start;
    if (getenv("CSSL_VERBOSE") != NULL) {
        print_message("%-28s %8.2f ms of %6.0f, %8zu bytes of %8zu\n", what, ms, bound.cpu_ms,
                      heap, bound.heap);
    }
    if (ms > bound.cpu_ms * (double)SLOWER || heap > bound.heap) {
        fail_msg("%s took %.2f ms and %zu bytes; %.0f and %zu are allowed", what, ms, heap,
                 bound.cpu_ms * (double)SLOWER, bound.heap);
    }
}

/* feed gives bytes to an engine, chunk at a time, and drains it as a program would. */
static int feed(cssl_engine *e, cssl_bytes bytes, size_t chunk, cssl_error *err)
{
    size_t at = 0;
    int ret = 0;
    while (ret == 0 && at < bytes.len) {
        uint8_t *where = NULL;
        cssl_event event;
        size_t n = min_size(min_size(chunk, bytes.len - at), cssl_engine_room(e, &where));
        if (n == 0) {
            return CSSL_STATE;
        }
        memcpy(where, bytes.data + at, n);
        at += n;
        ret = cssl_engine_received(e, n, err);
        meter_sample();
        while (cssl_engine_next(e, &event)) {
            if (event.type == CSSL_EV_ERROR) {
                ret = error_copy(err, event.error);
            }
        }
        cssl_engine_sent(e, cssl_engine_output(e).len);
    }
    return ret;
}

/* in_records cuts a message into records of size bytes of content each. */
static void in_records(struct wr *out, cssl_bytes message, size_t size)
{
    for (size_t at = 0; at < message.len; at += size) {
        size_t n = min_size(size, message.len - at);
        wr_u8(out, CT_HANDSHAKE);
        wr_u16(out, TLS_1_2);
        wr_vec16(out, bytes_of(message.data + at, n));
    }
}

enum hello_kind { MANY_SUITES, MANY_GROUPS, MANY_SHARES, MANY_PSKS, MANY_PROTOCOLS, MANY_NAMES,
                  MANY_EXTENSIONS };

static void ext_open(struct wr *w, uint16_t type)
{
    wr_u16(w, type);
    wr_open16(w);
}

static void ext_u16s(struct wr *w, uint16_t type, uint16_t only)
{
    ext_open(w, type);
    wr_open16(w);
    wr_u16(w, only);
    wr_close(w);
    wr_close(w);
}

/* filler writes the one extension that is as long as it can be. */
static void filler(struct wr *w, enum hello_kind kind, size_t bytes)
{
    static const uint8_t zeros[64];
    if (kind == MANY_SHARES) {
        ext_open(w, EXT_KEY_SHARE);
        wr_open16(w);
        for (uint16_t i = 0; i < bytes / 5; i++) {
            wr_u16(w, (uint16_t)(40000U + i)); /* none twice, and none that is known */
            wr_u16(w, 1);
            wr_u8(w, 0);
        }
        wr_close(w);
        wr_close(w);
    } else if (kind == MANY_PROTOCOLS) {
        ext_open(w, EXT_ALPN);
        wr_open16(w);
        for (size_t i = 0; i < bytes / 2; i++) {
            wr_vec8(w, bytes_of((const uint8_t *)"x", 1));
        }
        wr_close(w);
        wr_close(w);
    } else if (kind == MANY_NAMES) {
        ext_open(w, EXT_CERTIFICATE_AUTHORITIES);
        wr_open16(w);
        for (size_t i = 0; i < bytes / 4; i++) {
            wr_vec16(w, bytes_of((const uint8_t *)"\x30\x00", 2));
        }
        wr_close(w);
        wr_close(w);
    } else if (kind == MANY_EXTENSIONS) {
        for (uint16_t i = 0; i < 50; i++) {
            ext_open(w, (uint16_t)(0xfe00U + i));
            wr_put(w, zeros, 50);
            wr_close(w);
        }
    } else if (kind == MANY_PSKS) {
        size_t num = bytes / (7 + 33);
        ext_open(w, EXT_PRE_SHARED_KEY);
        wr_open16(w);
        for (size_t i = 0; i < num; i++) {
            wr_vec16(w, bytes_of(zeros, 1));
            wr_u32(w, 0);
        }
        wr_close(w);
        wr_open16(w);
        for (size_t i = 0; i < num; i++) {
            wr_vec8(w, bytes_of(zeros, 32));
        }
        wr_close(w);
        wr_close(w);
    }
}

/* hello_of writes a ClientHello of nearly 64 KiB of one kind. */
static void hello_of(struct wr *w, enum hello_kind kind)
{
    enum { ROOM = 64000 };
    static const uint8_t zeros[32];
    msg_open(w, HT_CLIENT_HELLO);
    wr_u16(w, TLS_1_2);
    wr_put(w, zeros, 32);
    wr_vec8(w, bytes_of(zeros, 32));
    wr_open16(w);
    for (size_t i = 0; i < (kind == MANY_SUITES ? ROOM / 2 : 1); i++) {
        wr_u16(w, kind == MANY_SUITES ? 0xc0ff : SUITE_AES_128_GCM_SHA256);
    }
    wr_close(w);
    wr_vec8(w, bytes_of(zeros, 1));
    wr_open16(w);
    ext_open(w, EXT_SUPPORTED_VERSIONS);
    wr_u8(w, 2);
    wr_u16(w, TLS_1_3);
    wr_close(w);
    ext_open(w, EXT_SUPPORTED_GROUPS);
    wr_open16(w);
    wr_u16(w, GROUP_SECP256R1);
    for (uint16_t i = 0; kind == MANY_GROUPS && i < ROOM / 2; i++) {
        wr_u16(w, 0x7a7a);
    }
    for (uint16_t i = 0; kind == MANY_SHARES && i < 16; i++) {
        wr_u16(w, (uint16_t)(40000U + i));
    }
    wr_close(w);
    wr_close(w);
    ext_u16s(w, EXT_SIGNATURE_ALGORITHMS, SCHEME_ECDSA_SECP256R1_SHA256);
    ext_open(w, EXT_PSK_KEY_EXCHANGE_MODES);
    wr_vec8(w, bytes_of((const uint8_t *)"\x01", 1));
    wr_close(w);
    if (kind != MANY_SHARES) {
        ext_open(w, EXT_KEY_SHARE);
        wr_u16(w, 0);
        wr_close(w);
    }
    filler(w, kind, kind == MANY_SHARES ? 45000 : ROOM - 3000);
    wr_close(w);
    wr_close(w);
    assert_true(wr_ok(w));
}

/* A ClientHello that is as large as allowed, of each kind, in one go and in records of one byte. */
static void test_client_hellos(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum hello_kind kind;
    } rows[] = { { "many suites", MANY_SUITES },       { "many groups", MANY_GROUPS },
                 { "many shares", MANY_SHARES },       { "many PSKs", MANY_PSKS },
                 { "many protocols", MANY_PROTOCOLS }, { "many authorities", MANY_NAMES },
                 { "many extensions", MANY_EXTENSIONS } };
    const struct bound bound = { .cpu_ms = 100, .heap = 512 * 1024 };
    struct test_clock clock;
    test_clock_init(&clock, PAIR_NOW);
    struct pair_host server;
    const cssl_options options = { .alpn_protocols = CSSL_LIST("h2", "http/1.1", "xmpp") };
    host_init(&server, true, &clock, &options);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (int bytewise = 0; bytewise < 2; bytewise++) {
            struct wr hello, wire;
            cssl_error err = { 0 };
            wr_init(&hello, 1 << 17);
            wr_init(&wire, 1 << 20);
            hello_of(&hello, rows[i].kind);
            in_records(&wire, wr_view(&hello), bytewise == 1 ? 1 : 16384);
            assert_true(wr_ok(&wire));
            meter_start();
            cssl_engine *e = cssl_engine_new(server.config, NULL, &err);
            assert_non_null(e);
            (void)feed(e, wr_view(&wire), 16384, &err);
            cssl_engine_free(e);
            meter_check(rows[i].what, bound);
            wr_free(&hello);
            wr_free(&wire);
        }
    }
    host_free(&server);
}

/* A header that promises the most there can be must not make anything be set aside for it. */
static void test_promises(void **state)
{
    (void)state;
    static const uint8_t promise[] = { 22, 3, 3, 0, 5, HT_CLIENT_HELLO, 1, 0, 0, 0 };
    struct test_clock clock;
    test_clock_init(&clock, PAIR_NOW);
    struct pair_host server;
    host_init(&server, true, &clock, NULL);
    enum { ENGINES = 200 };
    cssl_engine *engines[ENGINES];
    meter_start();
    for (size_t i = 0; i < ENGINES; i++) {
        cssl_error err;
        engines[i] = cssl_engine_new(server.config, NULL, &err);
        assert_non_null(engines[i]);
        assert_int_equal(feed(engines[i], bytes_of(promise, sizeof(promise)), 100, &err), 0);
    }
    meter_sample();
    for (size_t i = 0; i < ENGINES; i++) {
        cssl_engine_free(engines[i]);
    }
    meter_check("200 promises", (struct bound){ .cpu_ms = 100, .heap = ENGINES * 8192 });
    host_free(&server);
}

/* The most that may be done in a row after the handshake, again and again. */
static void test_after_the_handshake(void **state)
{
    (void)state;
    enum { ROUNDS = 200 };
    struct test_clock clock;
    test_clock_init(&clock, PAIR_NOW);
    struct pair_host client, server;
    host_init(&client, false, &clock, NULL);
    host_init(&server, true, &clock, NULL);
    struct pair p;
    pair_start(&p, &client, &server, "server.test");
    pair_must_connect(&p);
    meter_start();
    for (int round = 0; round < ROUNDS; round++) {
        cssl_error err;
        /* 31 key updates that ask for an answer, then one byte that makes them legal. */
        for (int i = 0; i < 31; i++) {
            assert_int_equal(cssl_engine_update_keys(p.side[FROM_CLIENT].engine, true, &err), 0);
        }
        assert_int_equal(cssl_engine_write(p.side[FROM_CLIENT].engine, "x", 1, &err), 1);
        pair_pump(&p);
        meter_sample();
    }
    pair_must_talk(&p);
    pair_free(&p);
    meter_check("6200 key updates", (struct bound){ .cpu_ms = 1000, .heap = 256 * 1024 });
    host_free(&client);
    host_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_hellos),
        cmocka_unit_test(test_promises),
        cmocka_unit_test(test_after_the_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

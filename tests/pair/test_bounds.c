/*
 * test_bounds.c - what connections cost: the heap of an idle one, and the heap and the time that a
 * peer can make one take. Heap is what the allocator says is in use; sanitizers have allocators of
 * their own, so under them only the time and the outcome are looked at.
 */
#include "base/error.h"
#include "base/wire.h"
#include "pair.h"

#include <malloc.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { CONNECTIONS = 64, IDLE_MAX = 2048, SECONDS_MAX = 5 };

static struct test_clock wall;

/* heap is how much is in use, of all arenas and of what was mapped alone. */
static size_t heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void at_most(const char *what, size_t have, size_t most)
{
    print_message("%s: %zu bytes, at most %zu\n", what, have, most);
    if (!SANITIZED) {
        assert_true(have <= most);
    }
}

static double cpu_seconds(void)
{
    struct timespec ts;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* keep takes a side's engine out of its pair. */
static cssl_engine *keep(struct pair *p, enum pair_dir side)
{
    cssl_engine *e = p->side[side].engine;
    p->side[side].engine = NULL;
    return e;
}

/* idle makes many connections and returns how much heap one side's engine takes on average. */
static size_t idle(enum pair_dir side, const cssl_options *client, const cssl_options *server)
{
    static struct pair_host c, s;
    static cssl_engine *kept[2 * CONNECTIONS];
    host_init(&c, false, &wall, client);
    host_init(&s, true, &wall, server);
    size_t before = 0;
    for (size_t i = 0; i < 2 * CONNECTIONS; i++) {
        struct pair p;
        if (i == CONNECTIONS) { /* the first ones fill workers and their caches of keys */
            before = heap();
        }
        pair_start(&p, &c, &s, "server.test");
        pair_must_connect(&p);
        pair_must_talk(&p);
        kept[i] = keep(&p, side);
        pair_free(&p);
    }
    size_t each = heap() <= before ? 0 : (heap() - before) / CONNECTIONS;
    for (size_t i = 0; i < 2 * CONNECTIONS; i++) {
        cssl_engine_free(kept[i]);
    }
    host_free(&c);
    host_free(&s);
    return each;
}

static void test_idle(void **state)
{
    (void)state;
    const cssl_options no_tickets = { .session_tickets = CSSL_TICKETS_DISABLED };
    at_most("an idle server's connection", idle(FROM_SERVER, &no_tickets, NULL), IDLE_MAX);
    at_most("an idle client's connection, without the peer's chain",
            idle(FROM_CLIENT,
                 &(cssl_options){ .session_tickets = CSSL_TICKETS_DISABLED,
                                  .psk_identity = "x",
                                  .psk = { (const uint8_t *)"0123456789abcdef", 16 } },
                 &(cssl_options){ .psk_identity = "x",
                                  .psk = { (const uint8_t *)"0123456789abcdef", 16 } }),
            IDLE_MAX);
    at_most("an idle client's connection, with a chain of two",
            idle(FROM_CLIENT, &no_tickets, NULL), 3 * IDLE_MAX);
}

/* feed gives a server bytes and returns the most heap that it had in use. */
static size_t feed(cssl_engine *e, const uint8_t *data, size_t len, size_t chunk)
{
    size_t most = 0;
    for (size_t done = 0; done < len;) {
        uint8_t *where = NULL;
        cssl_event event;
        size_t room = cssl_engine_room(e, &where);
        if (room == 0) {
            break;
        }
        size_t n = min_size(min_size(room, chunk), len - done);
        memcpy(where, data + done, n);
        done += n;
        int ret = cssl_engine_received(e, n, NULL);
        if (done % 4096 < chunk) {
            most = heap() > most ? heap() : most;
        }
        if (ret != 0) {
            break;
        }
        while (cssl_engine_next(e, &event)) {
        }
    }
    return most;
}

/* warm_up lets a host make what it makes once: a worker. */
static void warm_up(struct pair_host *server)
{
    cssl_engine *e = cssl_engine_new(server->config, NULL, NULL);
    assert_non_null(e);
    (void)feed(e, (const uint8_t *)"\x16\x03\x03\x00\x04\x01\x00\x00\x00", 9, 9);
    cssl_engine_free(e);
}

/* records wraps handshake bytes into records of up to size bytes. */
static void records(struct buf *out, const uint8_t *data, size_t len, size_t size)
{
    for (size_t done = 0; done < len;) {
        size_t n = min_size(size, len - done);
        const uint8_t header[] = { CT_HANDSHAKE, 3, 3, (uint8_t)(n >> 8), (uint8_t)n };
        assert_int_equal(buf_append(out, header, sizeof(header)), 0);
        assert_int_equal(buf_append(out, data + done, n), 0);
        done += n;
    }
}

/* A ClientHello of 64 KiB whose last byte never comes, in pieces of all sizes. */
static void test_slow_hello(void **state)
{
    (void)state;
    static const struct { size_t record, chunk; } cases[] = {
        { 16384, 16384 }, { 16384, 1 }, { 1, 16384 }, { 1, 1 }, { 100, 7 }
    };
    static uint8_t hello[4 + 65536] = { HT_CLIENT_HELLO, 1, 0, 0 };
    static struct pair_host s;
    host_init(&s, true, &wall, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf wire = { .limit = 1 << 20 };
        records(&wire, hello, sizeof(hello) - 1, cases[i].record);
        warm_up(&s);
        size_t before = heap();
        double start = cpu_seconds();
        cssl_engine *e = cssl_engine_new(s.config, NULL, NULL);
        assert_non_null(e);
        size_t most = feed(e, buf_bytes(&wire).data, wire.len, cases[i].chunk);
        assert_true(cpu_seconds() - start < SECONDS_MAX);
        at_most("a hello that does not end", most <= before ? 0 : most - before,
                2 * 65536 + 2 * 17000);
        cssl_engine_free(e);
        buf_free(&wire);
    }
    host_free(&s);
}

/* The costliest ClientHellos: all lists full, sixteen shares, as many PSKs as fit. */
static void put_extension(struct wr *w, uint16_t type, const struct wr *body)
{
    wr_u16(w, type);
    wr_vec16(w, wr_view(body));
}

static void full_hello(struct wr *w)
{
    static const uint8_t zeros[256];
    static const uint8_t versions[] = { 2, 3, 4 }, modes[] = { 1, 1 };
    static const uint8_t schemes[] = { 0, 2, 4, 3 };
    struct wr e;
    wr_init(&e, 70000);
    wr_u8(w, HT_CLIENT_HELLO);
    wr_open24(w);
    wr_u16(w, 0x0303);
    wr_put(w, zeros, 32);
    wr_vec8(w, bytes_of(zeros, 32));
    wr_open16(w);
    for (uint16_t i = 0; i < 4000; i++) { /* the one we know comes last */
        wr_u16(w, i == 3999 ? 0x1301 : (uint16_t)(0x5000 + i));
    }
    wr_close(w);
    wr_vec8(w, bytes_of(zeros, 1));
    wr_open16(w);
    wr_put(&e, versions, sizeof(versions));
    put_extension(w, EXT_SUPPORTED_VERSIONS, &e);
    wr_clear(&e);
    wr_put(&e, modes, sizeof(modes));
    put_extension(w, EXT_PSK_KEY_EXCHANGE_MODES, &e);
    wr_clear(&e);
    wr_put(&e, schemes, sizeof(schemes));
    put_extension(w, EXT_SIGNATURE_ALGORITHMS, &e);
    wr_clear(&e);
    wr_open16(&e);
    for (uint16_t i = 0; i < 4000; i++) {
        wr_u16(&e, i == 3999 ? GROUP_X25519 : (uint16_t)(0x6000 + i));
    }
    wr_close(&e);
    put_extension(w, EXT_SUPPORTED_GROUPS, &e);
    wr_clear(&e);
    wr_open16(&e);
    for (uint16_t i = 0; i < 3000; i++) { /* shares of one byte for groups that nobody knows */
        wr_u16(&e, (uint16_t)(0x6000 + i));
        wr_vec16(&e, bytes_of(zeros, 1));
    }
    wr_close(&e);
    put_extension(w, EXT_KEY_SHARE, &e);
    wr_clear(&e);
    wr_open16(&e);
    for (int i = 0; i < 400; i++) {
        wr_vec16(&e, bytes_of(zeros, 20));
        wr_u32(&e, 0);
    }
    wr_close(&e);
    wr_open16(&e);
    for (int i = 0; i < 400; i++) {
        wr_vec8(&e, bytes_of(zeros, 32));
    }
    wr_close(&e);
    put_extension(w, EXT_PRE_SHARED_KEY, &e);
    wr_close(w);
    wr_close(w);
    assert_true(wr_ok(w));
    wr_free(&e);
}

static void test_full_hello(void **state)
{
    (void)state;
    static struct pair_host s;
    struct buf wire = { .limit = 1 << 20 };
    struct wr w;
    wr_init(&w, 70000);
    full_hello(&w);
    assert_in_range(w.len, 50000, 65540);
    records(&wire, w.data, w.len, 16384);
    host_init(&s, true, &wall, NULL);
    double start = cpu_seconds();
    for (int i = 0; i < 20; i++) {
        size_t before = heap();
        cssl_engine *e = cssl_engine_new(s.config, NULL, NULL);
        assert_non_null(e);
        size_t most = feed(e, buf_bytes(&wire).data, wire.len, 16384);
        if (i == 19) {
            at_most("a hello with everything", most <= before ? 0 : most - before,
                    2 * 65536 + 2 * 17000 + 65536);
        }
        cssl_engine_free(e);
    }
    double each = (cpu_seconds() - start) / 20;
    print_message("a hello with everything: %.1f ms\n", each * 1000);
    assert_true(each < SECONDS_MAX);
    /* no share of a group in common: it was parsed whole, and is asked for another */
    assert_int_equal(host_saw(&s, true, CT_HANDSHAKE, HT_SERVER_HELLO) > 0, 1);
    host_free(&s);
    buf_free(&wire);
    wr_free(&w);
}

/* A peer that takes nothing: what is queued for it stays below send_limit and a little. */
static void test_never_reads(void **state)
{
    (void)state;
    static struct pair_host c, s;
    struct pair p;
    static uint8_t data[1 << 20];
    host_init(&c, false, &wall, NULL);
    host_init(&s, true, &wall, NULL);
    pair_start(&p, &c, &s, "server.test");
    pair_must_connect(&p);
    pair_must_talk(&p);
    size_t before = heap();
    for (int i = 0; i < 100; i++) {
        assert_true(cssl_engine_write(p.side[FROM_SERVER].engine, data, sizeof(data), NULL) >= 0);
        (void)cssl_engine_update_keys(p.side[FROM_SERVER].engine, false, NULL);
    }
    at_most("a queue that nobody reads", heap() <= before ? 0 : heap() - before,
            2 * 262144 + 65536);
    pair_free(&p);
    host_free(&c);
    host_free(&s);
}

int main(void)
{
    test_clock_init(&wall, PAIR_NOW);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_slow_hello),
        cmocka_unit_test(test_full_hello),
        cmocka_unit_test(test_never_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

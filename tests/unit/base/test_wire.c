/* test_wire.c - readers under every truncation, writers against their limits, both together. */
#include "base/wire.h"

#include "support.h"

/* One of each thing a reader takes: 1+2+3+4+8 bytes, 3 bytes, three vectors as readers, three as
 * views, the rest. */
static const char everything[] = "01 0203 040506 0708090a 0b0c0d0e0f101112 131415"
                                 "02aabb 0002ccdd 000002eeff"
                                 "01a1 0001a2 000001a3"
                                 "f1f2f3";

static bool read_everything(struct rd *r)
{
    bool ok = rd_u8(r) == 0x01;
    ok = rd_u16(r) == 0x0203 && ok;
    ok = rd_u24(r) == 0x040506 && ok;
    ok = rd_u32(r) == 0x0708090a && ok;
    ok = rd_u64(r) == UINT64_C(0x0b0c0d0e0f101112) && ok;
    cssl_bytes three = rd_bytes(r, 3);
    ok = three.len == 3 && three.data[0] == 0x13 && ok;
    struct rd a = rd_vec8(r), b = rd_vec16(r), c = rd_vec24(r);
    ok = rd_u16(&a) == 0xaabb && rd_done(&a) && ok;
    ok = rd_u16(&b) == 0xccdd && rd_done(&b) && ok;
    ok = rd_u16(&c) == 0xeeff && rd_done(&c) && ok;
    cssl_bytes x = rd_view8(r), y = rd_view16(r), z = rd_view24(r);
    ok = x.len == 1 && x.data[0] == 0xa1 && ok;
    ok = y.len == 1 && y.data[0] == 0xa2 && ok;
    ok = z.len == 1 && z.data[0] == 0xa3 && ok;
    cssl_bytes rest = rd_rest(r);
    return rest.len == 3 && rest.data[2] == 0xf3 && rd_done(r) && ok;
}

static void read_cut(void *arg, uint8_t *data, size_t len)
{
    struct rd r = rd_of(bytes_of(data, len));
    size_t full = *(const size_t *)arg;
    assert_false(read_everything(&r));
    if (len < full - 3) {
        /* It overran: bad for ever, and everything it gives is nothing. */
        assert_false(rd_ok(&r));
        assert_false(rd_done(&r));
        assert_false(rd_more(&r));
        assert_int_equal(rd_u8(&r) | rd_u16(&r) | rd_u24(&r) | rd_u32(&r), 0);
        assert_true(rd_u64(&r) == 0);
        assert_int_equal(rd_bytes(&r, 0).len, 0);
        assert_int_equal(rd_rest(&r).len, 0);
        struct rd v = rd_vec8(&r);
        assert_false(rd_ok(&v));
        v = rd_vec24(&r);
        assert_false(rd_more(&v));
        assert_int_equal(rd_view16(&r).len, 0);
    } else {
        assert_true(rd_done(&r)); /* the rest may be shorter */
    }
}

static void test_reader(void **state)
{
    (void)state;
    size_t len = 0;
    uint8_t *data = test_unhex_new(everything, &len);
    struct rd r = rd_of(bytes_of(data, len));
    assert_true(read_everything(&r));
    for_each_truncation(data, len, read_cut, &len);
    free(data);
}

/* An inner reader that overruns leaves the outer one alone; a length beyond the end does not. */
static void test_vectors(void **state)
{
    (void)state;
    static const uint8_t data[] = { 2, 1, 2, 9 };
    struct rd r = rd_of(bytes_of(data, sizeof(data)));
    struct rd inner = rd_vec8(&r);
    (void)rd_u32(&inner);
    assert_false(rd_ok(&inner));
    assert_true(rd_ok(&r));
    assert_int_equal(rd_u8(&r), 9);
    assert_true(rd_done(&r));

    static const uint8_t beyond[][5] = { { 5, 0, 0, 0, 0 }, { 0, 4, 0, 0, 0 }, { 0, 0, 3, 0, 0 } };
    for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
        r = rd_of(bytes_of(beyond[i], 5));
        inner = i == 0 ? rd_vec8(&r) : i == 1 ? rd_vec16(&r) : rd_vec24(&r);
        assert_false(rd_ok(&inner));
        assert_false(rd_ok(&r));
        assert_int_equal(inner.left, 0);
    }

    r = rd_of(bytes_of(NULL, 0));
    assert_true(rd_done(&r));
    assert_false(rd_more(&r));
    assert_int_equal(rd_bytes(&r, 0).len, 0);
    assert_int_equal(rd_rest(&r).len, 0);
    assert_true(rd_done(&r));
    assert_int_equal(rd_u8(&r), 0);
    assert_false(rd_done(&r));

    r = rd_of(bytes_of(data, sizeof(data)));
    assert_int_equal(rd_bytes(&r, SIZE_MAX).len, 0);
    assert_false(rd_ok(&r));
}

static void write_everything(struct wr *w)
{
    wr_u8(w, 0x01);
    wr_u16(w, 0x0203);
    wr_u24(w, 0x040506);
    wr_u32(w, 0x0708090a);
    wr_u64(w, UINT64_C(0x0b0c0d0e0f101112));
    wr_put(w, "\x13\x14\x15", 3);
    wr_vec8(w, bytes_of((const uint8_t *)"\xaa\xbb", 2));
    wr_open16(w);
    wr_u16(w, 0xccdd);
    wr_close(w);
    wr_open24(w);
    wr_u8(w, 0xee);
    wr_u8(w, 0xff);
    wr_close(w);
    wr_open8(w);
    wr_bytes(w, bytes_of((const uint8_t *)"\xa1", 1));
    wr_close(w);
    wr_vec16(w, bytes_of((const uint8_t *)"\xa2", 1));
    wr_vec24(w, bytes_of((const uint8_t *)"\xa3", 1));
    uint8_t *space = wr_space(w, 3);
    if (space != NULL) {
        memcpy(space, "\xf1\xf2\xf3", 3);
    }
}

/* Both kinds of writer, with every limit from nothing to more than enough. */
static void test_writer(void **state)
{
    (void)state;
    size_t full = 0;
    uint8_t *want = test_unhex_new(everything, &full);
    for (size_t limit = 0; limit <= full + 2; limit++) {
        struct wr w;
        wr_init(&w, limit);
        write_everything(&w);
        assert_int_equal(wr_ok(&w), limit >= full);
        assert_true(w.len <= limit);
        if (limit >= full) {
            assert_int_equal(wr_view(&w).len, full);
            assert_memory_equal(wr_view(&w).data, want, full);
        }
        wr_free(&w);
        assert_null(w.data);
        assert_int_equal(w.limit, limit);

        uint8_t *fixed = malloc(limit); /* exactly that many bytes, for the sanitizer */
        wr_fixed(&w, fixed, limit);
        write_everything(&w);
        assert_int_equal(wr_ok(&w), limit >= full);
        if (limit >= full) {
            assert_memory_equal(fixed, want, full);
        }
        wr_free(&w); /* frees nothing that is not its own */
        free(fixed);
    }
    free(want);
}

static void test_sticky_writer(void **state)
{
    (void)state;
    struct wr w;
    wr_init(&w, 100);
    wr_u8(&w, 1);
    assert_null(wr_space(&w, 100));
    assert_false(wr_ok(&w));
    wr_u8(&w, 2); /* would fit, but something is missing before it */
    assert_int_equal(w.len, 1);
    assert_null(wr_space(&w, 0));
    wr_clear(&w);
    assert_true(wr_ok(&w));
    assert_int_equal(w.len, 0);
    assert_non_null(wr_space(&w, 100));
    assert_true(wr_ok(&w));
    assert_null(wr_space(&w, SIZE_MAX));
    wr_free(&w);
}

static void test_nesting(void **state)
{
    (void)state;
    struct wr w;
    wr_init(&w, 100000);
    for (int i = 0; i < WR_DEPTH; i++) {
        wr_open16(&w);
    }
    assert_false(wr_ok(&w)); /* not closed yet */
    for (int i = 0; i < WR_DEPTH; i++) {
        wr_close(&w);
    }
    assert_true(wr_ok(&w));
    for (int i = 0; i < WR_DEPTH; i++) { /* each length is that of what it holds */
        assert_int_equal(w.data[2 * i] << 8 | w.data[2 * i + 1], 2 * (WR_DEPTH - 1 - i));
    }
    wr_clear(&w);
    for (int i = 0; i <= WR_DEPTH; i++) {
        wr_open8(&w);
    }
    assert_true(w.bad); /* one too deep */
    wr_clear(&w);
    wr_close(&w); /* nothing is open */
    assert_false(wr_ok(&w));

    static const struct {
        size_t len;
        int size;
        bool fits;
    } rows[] = { { 255, 1, true },    { 256, 1, false },  { 65535, 2, true },
                 { 65536, 2, false }, { 65536, 3, true }, { 0, 1, true } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        wr_clear(&w);
        switch (rows[i].size) {
        case 1: wr_open8(&w); break;
        case 2: wr_open16(&w); break;
        default: wr_open24(&w); break;
        }
        (void)wr_space(&w, rows[i].len);
        wr_close(&w);
        assert_int_equal(wr_ok(&w), rows[i].fits);
    }
    wr_clear(&w);
    wr_u24(&w, 0x1000000);
    assert_false(wr_ok(&w));
    wr_free(&w);
}

/* Space is zero even where memory is used a second time. */
static void test_space(void **state)
{
    (void)state;
    struct wr w;
    wr_init(&w, 1000);
    memset(wr_space(&w, 600), 0xff, 600);
    wr_clear(&w);
    const uint8_t *p = wr_space(&w, 600);
    for (size_t i = 0; i < 600; i++) {
        assert_int_equal(p[i], 0);
    }
    wr_put(&w, NULL, 0);
    wr_bytes(&w, bytes_of(NULL, 0));
    assert_true(wr_ok(&w));
    assert_int_equal(w.len, 600);
    wr_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader),  cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_writer),  cmocka_unit_test(test_sticky_writer),
        cmocka_unit_test(test_nesting), cmocka_unit_test(test_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

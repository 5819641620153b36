/* test_limits.c - how long records may be: what is offered, which offers and answers are refused,
 * what is agreed on. */
#include "base/error.h"
#include "hs_support.h"

#include "hs/limits.h"

static struct hs_side side;

static void begin(bool server, const cssl_options *options)
{
    hs_side_config(&side, server, options);
    hs_side_start(&side);
}

static void test_offer(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= 4; code++) {
        struct client_hello ch = { 0 };
        uint8_t wire[LIMITS_WIRE];
        begin(false, &(cssl_options){ .max_fragment_length = code == 0 ? 0 : 256U << code,
                                      .record_size_limit = code == 2 ? 0x1234 : 0 });
        limits_offer(side.config, &ch, wire);
        assert_int_equal(ext_has(ch.has, EXT_MAX_FRAGMENT_LENGTH), code != 0);
        assert_int_equal(ext_has(ch.has, EXT_RECORD_SIZE_LIMIT), code == 2);
        if (code != 0) {
            assert_int_equal(ch.max_fragment_length.len, 1);
            assert_int_equal(ch.max_fragment_length.data[0], code);
        }
        if (code == 2) {
            test_same_hex(ch.record_size_limit.data, ch.record_size_limit.len, "1234");
        }
        hs_side_free(&side);
    }
}

struct row {
    uint16_t version;
    int fragment, size;       /* in the peer's message; -1: not there */
    cssl_reason reason;       /* 0: fine */
    uint16_t fragment_agreed;
    uint16_t read, write;     /* limits of the halves after limits_start */
};

static void check(bool server, const struct row *rows, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        const struct row *row = &rows[i];
        const uint8_t fragment = (uint8_t)row->fragment;
        const uint8_t size[] = { (uint8_t)(row->size >> 8), (uint8_t)row->size };
        struct client_hello ch = { .max_fragment_length = bytes_of(&fragment, 1),
                                   .record_size_limit = bytes_of(size, 2) };
        cssl_error err = { 0 };
        begin(server, &(cssl_options){ .max_fragment_length = server ? 0 : 1024,
                                       .record_size_limit = 500 });
        if (row->fragment >= 0) {
            ext_add(&ch.has, EXT_MAX_FRAGMENT_LENGTH);
        }
        if (row->size >= 0) {
            ext_add(&ch.has, EXT_RECORD_SIZE_LIMIT);
        }
        side.conn.version = row->version;
        side.conn.record_size_limit = 77; /* of a handshake before */
        side.conn.own_size_limit = 88;
        side.conn.max_fragment_length = 99;
        int ret = server ? limits_choose(&side.conn, row->version, &ch, &err)
                         : limits_take(&side.conn, row->version, ch.has, ch.max_fragment_length,
                                       ch.record_size_limit, &err);
        assert_int_equal(ret == 0, row->reason == 0);
        if (ret != 0) {
            assert_int_equal(err.reason, row->reason);
            assert_int_equal(err.alert, ALERT_ILLEGAL_PARAMETER);
        } else {
            limits_start(&side.conn, true);
            limits_start(&side.conn, false);
            assert_int_equal(side.conn.max_fragment_length, row->fragment_agreed);
            assert_int_equal(side.conn.read.limit, row->read);
            assert_int_equal(side.conn.write.limit, row->write);
        }
        hs_side_free(&side);
    }
}

static void test_choose(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { TLS_1_2, -1, -1, 0, 0, 0, 0 },
        { TLS_1_3, -1, -1, 0, 0, 0, 0 },
        { TLS_1_2, 1, -1, 0, 512, 512, 512 },
        { TLS_1_3, 4, -1, 0, 4096, 4097, 4097 },
        { TLS_1_3, 0, -1, CSSL_R_MAX_FRAGMENT_LENGTH, 0, 0, 0 },
        { TLS_1_2, 5, -1, CSSL_R_MAX_FRAGMENT_LENGTH, 0, 0, 0 },
        { TLS_1_2, 255, -1, CSSL_R_MAX_FRAGMENT_LENGTH, 0, 0, 0 },
        { TLS_1_2, -1, 64, 0, 0, 500, 64 },
        { TLS_1_3, -1, 64, 0, 0, 500, 64 },
        { TLS_1_2, -1, 63, CSSL_R_RECORD_SIZE_LIMIT, 0, 0, 0 },
        { TLS_1_3, -1, 0, CSSL_R_RECORD_SIZE_LIMIT, 0, 0, 0 },
        { TLS_1_2, -1, 16385, 0, 0, 500, 16384 }, /* RFC 8449 4: may be for another version */
        { TLS_1_3, -1, 16385, 0, 0, 500, 16385 },
        { TLS_1_3, -1, 65535, 0, 0, 500, 16385 },
        { TLS_1_2, 1, 2000, 0, 0, 500, 2000 },
    };
    check(true, rows, ARRAY_SIZE(rows));
}

static void test_take(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { TLS_1_2, -1, -1, 0, 0, 0, 0 },
        { TLS_1_2, 2, -1, 0, 1024, 1024, 1024 },
        { TLS_1_3, 2, -1, 0, 1024, 1025, 1025 },
        { TLS_1_2, 1, -1, CSSL_R_MAX_FRAGMENT_LENGTH, 0, 0, 0 }, /* not the one asked for */
        { TLS_1_3, 3, -1, CSSL_R_MAX_FRAGMENT_LENGTH, 0, 0, 0 },
        { TLS_1_3, 0, -1, CSSL_R_MAX_FRAGMENT_LENGTH, 0, 0, 0 },
        { TLS_1_2, -1, 64, 0, 0, 500, 64 },
        { TLS_1_3, -1, 63, CSSL_R_RECORD_SIZE_LIMIT, 0, 0, 0 },
        { TLS_1_2, -1, 16384, 0, 0, 500, 16384 },
        { TLS_1_2, -1, 16385, CSSL_R_RECORD_SIZE_LIMIT, 0, 0, 0 },
        { TLS_1_3, -1, 16385, 0, 0, 500, 16385 },
        { TLS_1_3, -1, 16386, CSSL_R_RECORD_SIZE_LIMIT, 0, 0, 0 },
        { TLS_1_3, 2, 64, CSSL_R_RECORD_SIZE_LIMIT, 0, 0, 0 }, /* both: RFC 8449 5 */
    };
    check(false, rows, ARRAY_SIZE(rows));
}

static void test_answer(void **state)
{
    (void)state;
    struct ext_set has = { 0 };
    cssl_bytes fragment, size;
    uint8_t wire[LIMITS_WIRE];
    begin(true, NULL);
    limits_answer(&side.conn, &has, &fragment, &size, wire);
    assert_int_equal(has.bits, 0);
    side.conn.max_fragment_length = 2048;
    limits_answer(&side.conn, &has, &fragment, &size, wire);
    assert_true(ext_has(has, EXT_MAX_FRAGMENT_LENGTH) && !ext_has(has, EXT_RECORD_SIZE_LIMIT));
    test_same_hex(fragment.data, fragment.len, "03");
    has.bits = 0;
    side.conn.record_size_limit = 70;
    side.conn.own_size_limit = 0x4001;
    limits_answer(&side.conn, &has, &fragment, &size, wire);
    assert_true(!ext_has(has, EXT_MAX_FRAGMENT_LENGTH) && ext_has(has, EXT_RECORD_SIZE_LIMIT));
    test_same_hex(size.data, size.len, "4001");
    hs_side_free(&side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offer),
        cmocka_unit_test(test_choose),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_trace_describe.c - messages in words: bounds of what is said, lines, versions. */
#include "trace_support.h"

#include "base/names.h"
#include "base/wire.h"

static struct trace_message message;

static struct trace *one(struct wr *w)
{
    struct trace *t = trace_new();
    assert_non_null(t);
    assert_true(wr_ok(w));
    const cssl_trace_event event = { .sent = true,
                                     .content_type = CT_HANDSHAKE,
                                     .message = { w->data, w->len } };
    trace_add(t, &event);
    wr_free(w);
    trace_describe(&message, t, 0);
    return t;
}

static void test_break(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns, len, next;
    } rows[] = {
        { "", 5, 0, 0 },
        { "abcde", 5, 5, 5 },        /* fits as it is */
        { "ab cd", 5, 5, 5 },
        { "ab cd", 4, 2, 3 },        /* behind the last blank that fits */
        { "ab cd ef", 5, 5, 6 },     /* the blank is just behind the line */
        { "abcdefg", 3, 3, 3 },      /* within a word that is longer than a line */
        { "abcdefg hi", 3, 3, 3 },
        { " abcdef", 3, 3, 3 },      /* a line is never empty: it would never end */
        { "a  b", 2, 2, 3 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t next = 99;
        assert_int_equal(trace_break(rows[i].text, rows[i].columns, &next), rows[i].len);
        assert_int_equal(next, rows[i].next);
    }
}

static void test_join(void **state)
{
    (void)state;
    static struct trace_detail d = { .num = 2, .values = { "one", "two" } };
    static const struct {
        size_t size, more;
        const char *text;
    } rows[] = {
        { 64, 0, "one, two" }, { 64, 5, "one, two, and 5 more" },
        { 9, 0, "one, two" },  { 8, 0, "one, tw" },
        { 4, 0, "one" },       { 1, 0, "" },
        { 12, 5, "one, two, a" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *out = malloc(rows[i].size); /* exactly, so that a sanitizer sees more */
        assert_non_null(out);
        d.more = rows[i].more;
        trace_join(out, rows[i].size, &d);
        assert_string_equal(out, rows[i].text);
        free(out);
    }
    char out[8];
    static const struct trace_detail none = { .num = 0 };
    trace_join(out, sizeof(out), &none);
    assert_string_equal(out, "");
}

static void test_epochs(void **state)
{
    (void)state;
    assert_string_equal(trace_epoch_text(0), "in the clear");
    assert_string_equal(trace_epoch_text(3), "application keys");
    assert_string_equal(trace_epoch_text(4), "encrypted");
    assert_string_equal(trace_epoch_text(255), "encrypted");
}

/* More suites than are said are counted. */
static void test_values_are_bounded(void **state)
{
    (void)state;
    static const struct {
        uint16_t num;
        size_t said, more;
    } rows[] = { { 1, 1, 0 }, { 32, 32, 0 }, { 33, 32, 1 }, { 100, 32, 68 } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct wr w;
        const uint8_t zeros[32] = { 0 };
        wr_init(&w, 4096);
        wr_u8(&w, HT_CLIENT_HELLO);
        wr_open24(&w);
        wr_u16(&w, TLS_1_2);
        wr_put(&w, zeros, 32);
        wr_u8(&w, 0);
        wr_open16(&w);
        for (uint16_t k = 0; k < rows[i].num; k++) {
            wr_u16(&w, (uint16_t)(0x6a00 + k)); /* nobody's numbers */
        }
        wr_close(&w);
        wr_vec8(&w, bytes_of(zeros, 1));
        wr_close(&w);
        struct trace *t = one(&w);
        assert_string_equal(message.name, "ClientHello");
        assert_string_equal(message.details[0].values[0], "TLS 1.2");
        assert_string_equal(message.details[1].label, "suites");
        assert_int_equal(message.details[1].num, rows[i].said);
        assert_int_equal(message.details[1].more, rows[i].more);
        assert_string_equal(message.details[1].values[0], "0x6a00");
        trace_free(t);
    }
}

/* A Certificate says one detail for each; what is left of the bound stays within it. */
static void test_details_are_bounded(void **state)
{
    (void)state;
    for (size_t num = 0; num <= 50; num++) {
        struct wr w;
        wr_init(&w, 4096);
        wr_u8(&w, HT_CERTIFICATE);
        wr_open24(&w);
        wr_u8(&w, 0);
        wr_open24(&w);
        for (size_t i = 0; i < num; i++) {
            wr_open24(&w);
            wr_u8(&w, 0x30);
            wr_close(&w);
            wr_u16(&w, 0);
        }
        wr_close(&w);
        wr_close(&w);
        struct trace *t = one(&w);
        assert_in_range(message.num, 1, TRACE_DETAILS_MAX);
        if (num <= 16) {
            assert_int_equal(message.num, num == 0 ? 1 : num);
            assert_false(message.bad);
        } else { /* more than a chain may have */
            assert_true(message.bad);
            assert_string_equal(message.details[0].label, "malformed");
        }
        trace_free(t);
    }
}

/* The same bytes are another message in another version. */
static void test_older_version(void **state)
{
    (void)state;
    static const char random[] = "0101010101010101010101010101010101010101010101010101010101010101";
    char hello[200];
    (void)snprintf(hello, sizeof(hello), "02000026 0303 %s 00 c02b 00", random);
    const struct shown shown[] = {
        { true, CT_HANDSHAKE, 0, "0b000003 000000" }, /* of 1.2; of 1.3 it would be malformed */
        { true, CT_HANDSHAKE, 0, hello },
    };
    struct trace *t = trace_make(shown, 1);
    trace_describe(&message, t, 0);
    assert_true(message.bad); /* without a ServerHello it is taken for TLS 1.3 */
    trace_free(t);
    t = trace_make(shown, 2);
    trace_describe(&message, t, 0);
    assert_false(message.bad);
    assert_string_equal(message.details[0].label, "certificates");
    trace_describe(&message, t, 1);
    assert_string_equal(message.name, "ServerHello");
    assert_string_equal(message.details[0].values[0], "TLS 1.2");
    assert_int_equal(message.since_us, 1000);
    trace_free(t);
}

/* Whoever sends the ClientHello is the client, wherever it stands in the trace. */
static void test_sides(void **state)
{
    (void)state;
    static const struct shown shown[] = {
        { true, CT_ALERT, 0, "0228" },
        { false, CT_HANDSHAKE, 0, "01000000" },
    };
    struct trace *t = trace_make(shown, 1);
    trace_describe(&message, t, 0);
    assert_true(message.from_client);
    trace_free(t);
    t = trace_make(shown, 2);
    trace_describe(&message, t, 0);
    assert_false(message.from_client);
    trace_describe(&message, t, 1);
    assert_true(message.from_client);
    assert_true(message.bad);
    trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_break),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_values_are_bounded),
        cmocka_unit_test(test_details_are_bounded),
        cmocka_unit_test(test_older_version),
        cmocka_unit_test(test_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_trace_json.c - a trace as JSON: keys, what was left out, and messages that are bad. */
#include "trace_support.h"

#include "base/names.h"

static const struct shown shown[] = {
    { true, CT_HANDSHAKE, 3, "18000001 01" }, /* KeyUpdate that asks for another */
    { false, CT_ALERT, 3, "0228" },
    { false, CT_HANDSHAKE, 9, "14000020 00" },
};

static json_t *drawn(const struct trace *t)
{
    char *text = trace_text(t, TRACE_JSON, true);
    json_t *j = json_loads(text, 0, NULL);
    assert_non_null(j);
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
    return j;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

static void test_messages(void **state)
{
    (void)state;
    static const struct {
        const char *from, *message, *protection;
        int bytes, time_us;
        bool bad;
        const char *detail, *value;
    } rows[] = {
        { "client", "KeyUpdate", "application keys", 5, 0, false, "asks", "for one in return" },
        { "server", "Alert handshake_failure", "application keys", 2, 1000, true, NULL, NULL },
        { "server", "Finished", "encrypted", 5, 2000, true, "malformed",
          "the header does not fit the message" },
    };
    struct trace *t = trace_make(shown, ARRAY_SIZE(shown));
    trace_names(t, "a", "b \"c\"");
    json_t *j = drawn(t);
    assert_string_equal(text_of(j, "client"), "a");
    assert_string_equal(text_of(j, "server"), "b \"c\"");
    assert_int_equal(json_integer_value(json_object_get(j, "left_out")), 0);
    const json_t *messages = json_object_get(j, "messages");
    assert_int_equal(json_array_size(messages), ARRAY_SIZE(rows));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const json_t *m = json_array_get(messages, i);
        const json_t *details = json_object_get(m, "details");
        assert_string_equal(text_of(m, "from"), rows[i].from);
        assert_string_equal(text_of(m, "message"), rows[i].message);
        assert_string_equal(text_of(m, "protection"), rows[i].protection);
        assert_int_equal(json_integer_value(json_object_get(m, "bytes")), rows[i].bytes);
        assert_int_equal(json_integer_value(json_object_get(m, "time_us")), rows[i].time_us);
        assert_int_equal(json_is_true(json_object_get(m, "bad")), rows[i].bad);
        assert_int_equal(json_object_size(details), rows[i].detail == NULL ? 0 : 1);
        if (rows[i].detail != NULL) {
            assert_string_equal(text_of(details, rows[i].detail), rows[i].value);
        }
    }
    json_decref(j);
    trace_free(t);
}

/* Lists are lists with one entry too, labels become keys, and what had no room is counted. */
static void test_lists(void **state)
{
    (void)state;
    char hex[1024];
    int at = snprintf(hex, sizeof(hex), "01 00006d 0303 %064d 00 0044", 0);
    for (int i = 0; i < 34; i++) {
        at += snprintf(hex + at, sizeof(hex) - (size_t)at, "6a%02x", (unsigned)i);
    }
    (void)snprintf(hex + at, sizeof(hex) - (size_t)at, "0100 0000");
    const struct shown hello[] = { { true, CT_HANDSHAKE, 0, hex } };
    struct trace *t = trace_make(hello, 1);
    t->lost = 3;
    json_t *j = drawn(t);
    assert_int_equal(json_integer_value(json_object_get(j, "left_out")), 3);
    const json_t *details =
        json_object_get(json_array_get(json_object_get(j, "messages"), 0), "details");
    assert_int_equal(json_array_size(json_object_get(details, "versions")), 1);
    const json_t *suites = json_object_get(details, "suites");
    assert_int_equal(json_array_size(suites), TRACE_VALUES_MAX + 1);
    assert_string_equal(json_string_value(json_array_get(suites, 0)), "0x6a00");
    assert_string_equal(json_string_value(json_array_get(suites, TRACE_VALUES_MAX)),
                        "and 2 more");
    json_decref(j);
    trace_free(t);
}

/* Blanks and hyphens of a label are underscores of its key. */
static void test_keys(void **state)
{
    (void)state;
    char hex[400];
    (void)snprintf(hex, sizeof(hex),
                   "01 000061 0303 %064d 00 0002 1301 0100 0036"
                   "002d 0002 01 01 0029 002c 0007 0001 aa 00000000 0021 20 %064d",
                   0, 0);
    const struct shown hello[] = { { true, CT_HANDSHAKE, 0, hex } };
    struct trace *t = trace_make(hello, 1);
    json_t *j = drawn(t);
    const json_t *details =
        json_object_get(json_array_get(json_object_get(j, "messages"), 0), "details");
    const json_t *keys = json_object_get(details, "pre_shared_keys");
    assert_int_equal(json_array_size(keys), 1);
    assert_string_equal(json_string_value(json_array_get(keys, 0)), "identity of 1 bytes");
    json_decref(j);
    trace_free(t);
}

static void test_empty(void **state)
{
    (void)state;
    struct trace *t = trace_make(NULL, 0);
    json_t *j = drawn(t);
    assert_string_equal(text_of(j, "client"), "client");
    assert_true(json_is_array(json_object_get(j, "messages")));
    assert_int_equal(json_array_size(json_object_get(j, "messages")), 0);
    json_decref(j);
    trace_free(t);
}

/* A file that cannot be written is an error and no silence. */
static void test_full(void **state)
{
    (void)state;
    FILE *f = fopen("/dev/full", "w");
    struct trace *t = trace_make(shown, ARRAY_SIZE(shown));
    assert_non_null(f);
    assert_int_equal(trace_draw(t, TRACE_JSON, f, false), CSSL_SYSTEM);
    (void)fclose(f);
    trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

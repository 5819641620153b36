/* trace_support.c - traces of messages in hex. */
#include "trace_support.h"

struct trace *trace_make(const struct shown *messages, size_t num)
{
    struct trace *t = trace_new();
    assert_non_null(t);
    for (size_t i = 0; i < num; i++) {
        size_t len;
        uint8_t *bytes = test_unhex_new(messages[i].hex, &len);
        const cssl_trace_event event = { .time_us = 7000000 + (int64_t)i * 1000,
                                         .sent = messages[i].sent,
                                         .content_type = messages[i].type,
                                         .epoch = messages[i].epoch,
                                         .message = { bytes, len } };
        trace_add(t, &event);
        free(bytes);
    }
    assert_int_equal(trace_count(t), num);
    return t;
}

char *trace_text(const struct trace *t, enum trace_form form, bool colour)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    assert_non_null(f);
    assert_int_equal(trace_draw(t, form, f, colour), 0);
    assert_int_equal(fclose(f), 0);
    return text;
}

void trace_says(const struct trace *t, size_t i, const char *expected)
{
    static struct trace_message m;
    static char said[65536];
    size_t at = 0;
    trace_describe(&m, t, i);
    at += (size_t)snprintf(said, sizeof(said), "%s%s", m.bad ? "!" : "", m.name);
    for (size_t k = 0; k < m.num; k++) {
        char values[8192];
        trace_join(values, sizeof(values), &m.details[k]);
        assert_true(at < sizeof(said));
        at += (size_t)snprintf(said + at, sizeof(said) - at, "|%s: %s", m.details[k].label, values);
    }
    assert_string_equal(said, expected);
}

/* test_trace_text.c - a trace for the terminal: the whole text of a small one, colours, and names
 * that do not fit. */
#include "trace_support.h"

#include "base/names.h"

#define GAP "         |                                                                        |\n"

static const struct shown shown[] = {
    { true, CT_HANDSHAKE, 0, "18000001 00" },
    { false, CT_HANDSHAKE, 2, "18000001 01" },
    { false, CT_ALERT, 3, "0228" },
};

static void test_whole(void **state)
{
    (void)state;
    struct trace *t = trace_make(shown, ARRAY_SIZE(shown));
    char *text = trace_text(t, TRACE_ASCII, false);
    assert_string_equal(
        text,
        "      client                                                                   server\n"
        GAP
        "  0.0 ms |-- KeyUpdate (5 bytes) --------------------------------- in the clear ->|\n"
        GAP
        "  1.0 ms |<= KeyUpdate (5 bytes) =============================== handshake keys ==|\n"
        "         |   asks             for one in return                                   |\n"
        GAP
        "  2.0 ms |<= Alert handshake_failure (2 bytes) =============== application keys ==|\n"
        GAP
        "         -- in the clear   == encrypted\n");
    free(text);
    trace_free(t);
}

/* A fatal alert is red, whoever sends it; the colours are switched off again in each line. */
static void test_colours(void **state)
{
    (void)state;
    struct trace *t = trace_make(shown, ARRAY_SIZE(shown));
    char *text = trace_text(t, TRACE_ASCII, true);
    has(text, "|\033[36m-- KeyUpdate");
    has(text, "|\033[32m<= KeyUpdate");
    has(text, "|\033[31m<= Alert");
    for (const char *p = text; *p != '\0';) {
        size_t len = strcspn(p, "\n");
        const char *last = NULL;
        for (const char *q = p; q < p + len; q++) {
            last = *q == '\033' ? q : last;
        }
        assert_true(last == NULL || strncmp(last, "\033[0m", 4) == 0);
        p += len + 1;
    }
    free(text);
    trace_free(t);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *client, *server;
        size_t client_at, server_at;
    } rows[] = {
        { "c", "s", 9, 82 },
        { "", "", 9, 82 },
        { "a name of twenty-two c", "s", 0, 82 },
        { "c", "a name that goes on", 9, 69 }, /* no more than six columns behind its line */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct trace *t = trace_make(NULL, 0);
        trace_names(t, rows[i].client, rows[i].server);
        char *text = trace_text(t, TRACE_ASCII, false);
        size_t len = strcspn(text, "\n");
        assert_int_equal(len, rows[i].server_at + strlen(rows[i].server));
        assert_memory_equal(text + rows[i].server_at, rows[i].server, strlen(rows[i].server));
        assert_memory_equal(text + rows[i].client_at, rows[i].client, strlen(rows[i].client));
        free(text);
        trace_free(t);
    }
    struct trace *t = trace_make(NULL, 0);
    trace_names(t, "123456789012345678901234567890 and more", NULL);
    char *text = trace_text(t, TRACE_ASCII, false);
    assert_memory_equal(text, "123456789012345678901234567890  ", 32);
    free(text);
    trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

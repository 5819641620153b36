/* test_trace_svg.c - a trace as a picture: its size, its directions, and what is cut. */
#include "trace_support.h"

#include "base/names.h"

static const struct shown shown[] = {
    { true, CT_HANDSHAKE, 0, "18000001 00" },
    { false, CT_HANDSHAKE, 2, "18000001 01" },
    { false, CT_ALERT, 9, "0228" },
};

static unsigned height(const char *svg)
{
    unsigned value = 0;
    const char *at = strstr(svg, "height=\"");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "height=\"%u\"", &value), 1);
    return value;
}

static void test_arrows(void **state)
{
    (void)state;
    struct trace *t = trace_make(shown, ARRAY_SIZE(shown));
    char *text = trace_text(t, TRACE_SVG, true);
    has(text, "<g class=\"e0\">\n<text class=\"name\" x=\"144\" y=\"90\">KeyUpdate</text>");
    /* to the right */
    has(text, "x1=\"120\" y1=\"98\" x2=\"830\" y2=\"98\" stroke-width=\"1.5\"/>");
    has(text, "<g class=\"e2\">");
    /* and to the left */
    has(text, "x1=\"840\" y1=\"134\" x2=\"130\" y2=\"134\" stroke-width=\"3\"/>");
    has(text, ">asks</text>");
    has(text, ">for one in return</text>");
    has(text, "<g class=\"e3 bad\">"); /* keys that have no name are drawn as the last ones */
    has(text, ">2 bytes, encrypted, 2.0 ms</text>");
    has_not(text, "not recorded");
    free(text);
    trace_free(t);
}

/* The picture grows with what is in it, line by line. */
static void test_height(void **state)
{
    (void)state;
    unsigned heights[4];
    for (size_t num = 0; num <= ARRAY_SIZE(shown); num++) {
        struct trace *t = trace_make(shown, num);
        char *text = trace_text(t, TRACE_SVG, false);
        heights[num] = height(text);
        free(text);
        if (num == 0) {
            t->lost = 1;
            text = trace_text(t, TRACE_SVG, false);
            assert_int_equal(height(text), heights[0] + 22);
            has(text, "1 more were not recorded");
            free(text);
        }
        trace_free(t);
    }
    assert_int_equal(heights[1] - heights[0], 36);
    assert_int_equal(heights[2] - heights[1], 36 + 18); /* with a line of details */
    assert_int_equal(heights[3] - heights[2], 36);
}

static void test_names(void **state)
{
    (void)state;
    struct trace *t = trace_make(NULL, 0);
    trace_names(t, "<&\"'>", "123456789012345678901234567 and more");
    char *text = trace_text(t, TRACE_SVG, false);
    has(text, ">&lt;&amp;&quot;&#39;&gt;</text>");
    has(text, ">123456789012345678901234567</text>"); /* as far as there is room */
    free(text);
    trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrows),
        cmocka_unit_test(test_height),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

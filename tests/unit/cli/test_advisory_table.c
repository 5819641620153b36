/* test_advisory_table.c - the list: replacing, growing, bounds; a line; who is touched. */
#include "base/error.h"
#include "support.h"

#include "cli/advisory.h"

static void put(void **state)
{
    (void)state;
    struct advisories list = { 0 };
    struct advisory a = { .id = "CVE-1", .date = "2026-02-01", .severity = SEVERITY_LOW };
    cssl_error err = { 0 };
    assert_int_equal(advisories_put(&list, &a, &err), 0);
    a.severity = SEVERITY_HIGH;
    memcpy(a.date, "2026-01-01", sizeof(a.date));
    assert_int_equal(advisories_put(&list, &a, &err), 0);
    assert_int_equal(list.num, 1);
    assert_int_equal(list.items[0].severity, SEVERITY_HIGH);
    assert_string_equal(list.items[0].date, "2026-01-01");
    assert_string_equal(list.date, "2026-02-01"); /* the newest that was seen */
    advisories_free(&list);
    assert_null(list.items);
    assert_int_equal(list.num, 0);
    assert_string_equal(list.date, "");
    advisories_free(&list);
}

/* As many as there may be, in the order in which they came; not one more, but replacements. */
static void full(void **state)
{
    (void)state;
    struct advisories list = { 0 };
    struct advisory a = { .severity = SEVERITY_LOW };
    cssl_error err = { 0 };
    for (size_t i = 0; i < 300; i++) { /* past the first two steps of growth */
        (void)snprintf(a.id, sizeof(a.id), "CVE-%zu", i);
        assert_int_equal(advisories_put(&list, &a, &err), 0);
    }
    assert_int_equal(list.num, 300);
    assert_string_equal(list.items[0].id, "CVE-0");
    assert_string_equal(list.items[128].id, "CVE-128");
    assert_string_equal(list.items[299].id, "CVE-299");
    /* the bound, without the time that comparing all of them takes */
    struct advisory *more = realloc(list.items, ADVISORIES_MAX * sizeof(*more));
    assert_non_null(more);
    memset(more + 300, 0, (ADVISORIES_MAX - 300) * sizeof(*more));
    list.items = more;
    list.num = list.cap = ADVISORIES_MAX;
    memcpy(a.id, "CVE-NEW", sizeof("CVE-NEW"));
    assert_true(advisories_put(&list, &a, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_ADVISORY);
    memcpy(a.id, "CVE-7", sizeof("CVE-7"));
    a.severity = SEVERITY_CRITICAL;
    assert_int_equal(advisories_put(&list, &a, &err), 0);
    assert_int_equal(list.items[7].severity, SEVERITY_CRITICAL);
    assert_int_equal(list.num, ADVISORIES_MAX);
    advisories_free(&list);
}

static void line(void **state)
{
    (void)state;
    struct advisories list = { 0 };
    cssl_error err = { 0 };
    assert_int_equal(
        advisories_line(&list, "CVE-9\t2026-01-02\tcritical\tCWE-7\t3.0.0..<3.0.4  3.1.2", &err),
        0);
    const struct advisory *a = &list.items[0];
    assert_string_equal(a->id, "CVE-9");
    assert_string_equal(a->date, "2026-01-02");
    assert_string_equal(a->cwe, "CWE-7");
    assert_string_equal(a->title, "");
    assert_int_equal(a->severity, SEVERITY_CRITICAL);
    assert_int_equal(a->num_ranges, 2);
    assert_string_equal(a->ranges[0].from, "3.0.0");
    assert_string_equal(a->ranges[0].before, "3.0.4");
    assert_false(a->ranges[0].inclusive);
    assert_string_equal(a->ranges[1].from, "3.1.2");
    assert_string_equal(a->ranges[1].before, "3.1.2");
    assert_true(a->ranges[1].inclusive);
    assert_string_equal(list.date, "2026-01-02");
    assert_int_equal(advisories_line(&list, "# date: 2025-12-31 and so on", &err), 0);
    assert_string_equal(list.date, "2025-12-31");
    advisories_free(&list);
}

static void range_bounds(void **state)
{
    (void)state;
    for (size_t num = ADVISORY_RANGES_MAX; num <= ADVISORY_RANGES_MAX + 1; num++) {
        struct advisories list = { 0 };
        cssl_error err = { 0 };
        char text[400] = "CVE-1\t2026-01-01\tLow\t\t";
        for (size_t i = 0; i < num; i++) {
            size_t at = strlen(text);
            (void)snprintf(text + at, sizeof(text) - at, "1.0.%zu ", i);
        }
        int status = advisories_line(&list, text, &err);
        if (num == ADVISORY_RANGES_MAX) {
            assert_int_equal(status, 0);
            assert_int_equal(list.items[0].num_ranges, num);
        } else {
            assert_true(status < 0);
            assert_int_equal(err.reason, CSSL_R_ADVISORY);
            assert_int_equal(list.num, 0);
        }
        advisories_free(&list);
    }
}

static void touches(void **state)
{
    (void)state;
    const struct advisory a = { .ranges = { { "3.0.0", "3.0.4", false },
                                            { "3.1.0", "3.1.4", true },
                                            { "3.2.0", "", false } },
                                .num_ranges = 3 };
    static const struct {
        const char *version;
        int range; /* -1: none */
    } rows[] = {
        { "2.9.9", -1 }, { "3.0.0-beta1", -1 }, { "3.0.0", 0 },  { "3.0.3", 0 }, { "3.0.4", -1 },
        { "3.1.0", 1 },  { "3.1.4", 1 },        { "3.1.5", -1 }, { "3.2.0", 2 }, { "9.0", 2 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct version_range *range = NULL;
        bool touched = advisory_touches(&a, rows[i].version, &range);
        if (touched != (rows[i].range >= 0)) {
            fail_msg("%s", rows[i].version);
        }
        assert_ptr_equal(range, touched ? &a.ranges[rows[i].range] : NULL);
    }
}

static void severities(void **state)
{
    (void)state;
    for (int i = 0; i < SEVERITY_NUM; i++) {
        const char *name = severity_name((enum severity)i);
        assert_true(strlen(name) > 2);
        assert_int_equal(severity_parse(name), i);
    }
    assert_int_equal(severity_parse("highest"), SEVERITY_UNKNOWN);
}

static void try_line(void *arg, uint8_t *data, size_t len)
{
    struct advisories *list = arg;
    cssl_error err = { 0 };
    char text[128];
    assert_true(len < sizeof(text));
    memcpy(text, data, len);
    text[len] = '\0';
    size_t before = list->num;
    if (advisories_line(list, text, &err) < 0) {
        assert_int_equal(err.reason, CSSL_R_ADVISORY);
        assert_int_equal(list->num, before);
    }
}

static void damaged(void **state)
{
    (void)state;
    static const char text[] = "CVE-2030-1\t2026-01-01\tHigh\tCWE-1\t3.0.0..<3.0.1 1.1.1";
    struct advisories list = { 0 };
    for_each_truncation(text, sizeof(text) - 1, try_line, &list);
    for_each_damage(text, sizeof(text) - 1, test_seed(5), 2000, try_line, &list);
    advisories_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put),          cmocka_unit_test(full),    cmocka_unit_test(line),
        cmocka_unit_test(range_bounds), cmocka_unit_test(touches), cmocka_unit_test(severities),
        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_advisory.c - versions in order, lines of the table, CVE records good and bad. */
#include "support.h"

#include "cli/advisory.h"

/* ---- Versions ---- */

/* Each is before the next one. */
static void versions_in_order(void **state)
{
    (void)state;
    static const char *const order[] = {
        "0",         "0.9.8",        "0.9.8a",        "0.9.8z",      "0.9.8za",     "0.9.8zb",
        "0.9.8zz",   "1.0.0",        "1.0.1",         "1.0.1g",      "1.0.2",       "1.0.2zk",
        "1.1.0",     "1.1.1-pre9",   "1.1.1",         "1.1.1a",      "1.1.1w",      "1.1.1za",
        "3.0.0-dev", "3.0.0-alpha1", "3.0.0-alpha17", "3.0.0-beta1", "3.0.0-beta2", "3.0.0",
        "3.0.1",     "3.0.2",        "3.0.9",         "3.0.10",      "3.0.19",      "3.1.0",
        "3.5.4",     "3.10.0",       "4.0.0",         "10.0.0",
    };
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(order); j++) {
            int c = version_compare(order[i], order[j]);
            if ((c < 0) != (i < j) || (c == 0) != (i == j)) {
                fail_msg("%s and %s: %d", order[i], order[j], c);
            }
        }
    }
}

static void versions_that_are_equal(void **state)
{
    (void)state;
    static const char *const pairs[][2] = { { "3.0.0", "3.0" },
                                            { "3.0.7+quic", "3.0.7" },
                                            { "1.0.2k-fips", "1.0.2k" },
                                            { "3.0.0", "3.0.0.0" },
                                            { "03.0.01", "3.0.1" } };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        assert_int_equal(version_compare(pairs[i][0], pairs[i][1]), 0);
    }
}

static void versions_valid(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        bool valid;
    } rows[] = {
        { "3.0.19", true },
        { "0", true },
        { "1.0.2zk", true },
        { "3.0.0-alpha1", true },
        { "3.5.0+quic1", true },
        { "", false },
        { "v3", false },
        { "*", false },
        { "-1", false },
        { "3.0.19\n", false },
        { "3 0", false },
        { "3.0;rm", false },
        { "3.0.0000000000000000000000000000", false }, /* 32 bytes do not fit */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(version_valid(rows[i].version), rows[i].valid);
    }
    assert_true(version_compare("99999999999999999999999", "3.0.0") > 0); /* no overflow */
}

/* ---- The table ---- */

static const struct advisory *find(const struct advisories *list, const char *id)
{
    for (size_t i = 0; i < list->num; i++) {
        if (strcmp(list->items[i].id, id) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

/* Facts from OpenSSL's own announcements, not from the table. */
static void builtin(void **state)
{
    (void)state;
    static const struct {
        const char *id, *version;
        bool touched;
    } facts[] = {
        { "CVE-2022-3602", "3.0.6", true },    { "CVE-2022-3602", "3.0.7", false },
        { "CVE-2022-2274", "3.0.4", true },    { "CVE-2022-2274", "3.0.3", false },
        { "CVE-2022-3996", "3.0.7", true },    { "CVE-2022-3996", "3.0.8", false },
        { "CVE-2023-2650", "3.1.0", true },    { "CVE-2023-2650", "3.1.1", false },
        { "CVE-2024-12797", "3.0.15", false }, { "CVE-2024-12797", "3.2.3", true },
        { "CVE-2025-15467", "3.0.18", true },  { "CVE-2025-15467", "3.0.19", false },
    };
    struct advisories list = { 0 };
    cssl_error err = { 0 };
    if (advisories_builtin(&list, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_true(list.num >= 86);
    assert_string_equal(list.date, "2026-06-10");
    for (size_t i = 0; i < list.num; i++) {
        assert_true(list.items[i].num_ranges > 0);
        assert_int_not_equal(list.items[i].severity, SEVERITY_UNKNOWN);
        assert_int_equal(strlen(list.items[i].date), 10);
        for (size_t j = 0; j < list.items[i].num_ranges; j++) { /* no range is empty */
            const struct version_range *r = &list.items[i].ranges[j];
            assert_true(advisory_touches(&list.items[i], r->from, NULL));
            assert_true(r->inclusive || version_compare(r->from, r->before) < 0);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
        const struct advisory *a = find(&list, facts[i].id);
        assert_non_null(a);
        if (advisory_touches(a, facts[i].version, NULL) != facts[i].touched) {
            fail_msg("%s, %s", facts[i].id, facts[i].version);
        }
    }
    advisories_free(&list);
}

static void lines(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool good;
        size_t num;
    } rows[] = {
        { "", true, 0 },
        { "# a comment", true, 0 },
        { "CVE-1\t2026-01-01\tHigh\tCWE-1\t3.0.0..<3.0.1", true, 1 },
        { "CVE-1\t2026-01-01\tHigh\t\t3.0.0..<3.0.1 3.1.0", true, 1 },
        { "CVE-1", false, 0 },
        { "\t2026-01-01\tHigh\t\t3.0.0", false, 0 },
        { "CVE-1\t2026-01-01\tHigh\t\t3.0.0..<", false, 0 },
        { "CVE-1\t2026-01-01\tHigh\t\t..<3.0.0", false, 0 },
        { "CVE-1\t2026-01-01\tHigh\t\tnone", false, 0 },
        { "CVE-1\t2026-01-011\tHigh\t\t3.0.0", false, 0 },
        { "CVE-1\t2026-01-01\tHigh\t\t3.0.0\tmore", false, 0 },
        { "CVE-1\t2026-01-01\tHigh\t\t3."
          "00000000000000000000000000000000000000000000000000000000000",
          false, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct advisories list = { 0 };
        cssl_error err = { 0 };
        int status = advisories_line(&list, rows[i].line, &err);
        if ((status == 0) != rows[i].good) {
            fail_msg("'%s': %s", rows[i].line, err.text);
        }
        assert_int_equal(list.num, rows[i].num);
        advisories_free(&list);
    }
}

/* ---- Records ---- */

#define RECORD(affected)                                                                      \
    "{\"dataType\":\"CVE_RECORD\",\"cveMetadata\":{\"cveId\":\"CVE-2030-1234\"},"             \
    "\"containers\":{\"cna\":{\"datePublic\":\"2030-05-06T07:08:09Z\",\"title\":\"A\\u001b "  \
    "title\","                                                                                \
    "\"affected\":" affected ",\"metrics\":[{\"format\":\"other\",\"other\":{\"type\":\"x\"," \
    "\"content\":{\"text\":\"MODERATE\"}}}],\"problemTypes\":[{\"descriptions\":["            \
    "{\"cweId\":\"CWE-416\"}]}]}}}"
#define OPENSSL(versions) "[{\"product\":\"OpenSSL\",\"versions\":[" versions "]}]"
#define RANGE(from, to)                                                    \
    "{\"status\":\"affected\",\"version\":\"" from "\",\"lessThan\":\"" to \
    "\",\"versionType\":\"semver\"}"

static int load(struct advisories *list, const char *text, cssl_error *err)
{
    return advisories_json(list, bytes_str(text), err);
}

static void record(void **state)
{
    (void)state;
    struct advisories list = { 0 };
    cssl_error err = { 0 };
    const struct version_range *range = NULL;
    assert_int_equal(
        load(&list, RECORD(OPENSSL(RANGE("3.0.0", "3.0.5") "," RANGE("1.1.1", "1.1.1zb"))), &err),
        0);
    assert_int_equal(list.num, 1);
    const struct advisory *a = &list.items[0];
    assert_string_equal(a->id, "CVE-2030-1234");
    assert_string_equal(a->date, "2030-05-06");
    assert_string_equal(a->cwe, "CWE-416");
    assert_string_equal(a->title, "A\\x1b title");
    assert_int_equal(a->severity, SEVERITY_MODERATE);
    assert_true(advisory_touches(a, "3.0.4", &range));
    assert_string_equal(range->before, "3.0.5");
    assert_false(advisory_touches(a, "3.0.5", NULL));
    assert_true(advisory_touches(a, "1.1.1za", NULL));
    assert_false(advisory_touches(a, "1.1.1zb", NULL));
    /* a newer record of the same identifier replaces it */
    assert_int_equal(load(&list, RECORD(OPENSSL(RANGE("3.0.0", "3.0.6"))), &err), 0);
    assert_int_equal(list.num, 1);
    assert_true(advisory_touches(&list.items[0], "3.0.5", NULL));
    assert_string_equal(list.date, "2030-05-06");
    advisories_free(&list);
}

static void ranges(void **state)
{
    (void)state;
    static const struct {
        const char *text, *inside, *outside;
    } rows[] = {
        { RECORD(OPENSSL("{\"status\":\"affected\",\"version\":\"3.0.0\","
                         "\"lessThanOrEqual\":\"3.0.7\"}")),
          "3.0.7", "3.0.8" },
        { RECORD(OPENSSL("{\"status\":\"affected\",\"version\":\"3.0.3\"}")), "3.0.3", "3.0.2" },
        { RECORD(OPENSSL(RANGE("3.2.0", "*"))), "9.9.9", "3.1.9" },
        { RECORD(OPENSSL(RANGE("0", "3.0.1"))), "0.9.8", "3.0.1" },
        { "[" RECORD(OPENSSL(RANGE("3.0.0", "3.0.1"))) "]", "3.0.0", "3.0.1" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct advisories list = { 0 };
        cssl_error err = { 0 };
        if (load(&list, rows[i].text, &err) != 0) {
            fail_msg("%zu: %s", i, err.text);
        }
        assert_int_equal(list.num, 1);
        assert_true(advisory_touches(&list.items[0], rows[i].inside, NULL));
        assert_false(advisory_touches(&list.items[0], rows[i].outside, NULL));
        advisories_free(&list);
    }
}

static void passed_over(void **state)
{
    (void)state;
    static const char *const rows[] = {
        RECORD("[]"),
        RECORD("[{\"product\":\"Other\",\"versions\":7}]"),
        RECORD(OPENSSL("{\"status\":\"unaffected\",\"version\":\"3.0.3\"}")),
        RECORD(OPENSSL("{\"status\":\"affected\",\"version\":\"fips-1.1.1\"}")),
        RECORD(OPENSSL("{\"status\":\"affected\",\"version\":\"abc\",\"versionType\":\"git\"}")),
        "{\"dataType\":\"CVE_RECORD\",\"cveMetadata\":{\"cveId\":\"CVE-2030-1234\","
        "\"state\":\"REJECTED\"},\"containers\":{\"cna\":{}}}",
        "[]",
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct advisories list = { 0 };
        cssl_error err = { 0 };
        if (load(&list, rows[i], &err) != 0) {
            fail_msg("%s: %s", rows[i], err.text);
        }
        assert_int_equal(list.num, 0);
        advisories_free(&list);
    }
}

static void malformed(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "nothing",
        "{}",
        "7",
        "[7]",
        "{\"dataType\":\"CVE_RECORD\"}",
        "{\"dataType\":\"CVE_RECORD\",\"containers\":{\"cna\":{}},\"cveMetadata\":{}}",
        "{\"dataType\":\"CVE_RECORD\",\"containers\":{\"cna\":{}},"
        "\"cveMetadata\":{\"cveId\":\"CVE 1\"}}",
        "{\"dataType\":\"CVE_RECORD\",\"containers\":{\"cna\":{}},"
        "\"cveMetadata\":{\"cveId\":\"CVE-2030-1\"}}",
        RECORD("7"),
        RECORD(OPENSSL("7")),
        RECORD(OPENSSL("{\"version\":\"3.0.0\"}")),
        RECORD(OPENSSL("{\"status\":\"affected\"}")),
        RECORD(OPENSSL(RANGE("x", "3.0.0"))),
        RECORD(OPENSSL(RANGE("3.0.0", "soon"))),
        RECORD(OPENSSL(RANGE("3.0.0", ""))),
        RECORD(OPENSSL("{\"status\":\"affected\",\"version\":\"3.0.0\",\"lessThan\":4}")),
        RECORD("[{\"product\":\"OpenSSL\",\"versions\":{}}]"),
        RECORD("[{\"product\":\"OpenSSL\"}]"),
        RECORD("[{\"product\":\"OpenSSL\",\"defaultStatus\":\"affected\",\"versions\":[]}]"),
        "{\"a\":1,\"a\":2}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct advisories list = { 0 };
        cssl_error err = { 0 };
        if (load(&list, rows[i], &err) == 0) {
            fail_msg("taken: %s", rows[i]);
        }
        assert_int_equal(err.reason, CSSL_R_ADVISORY);
        assert_int_equal(list.num, 0);
        advisories_free(&list);
    }
}

static void try_record(void *arg, uint8_t *data, size_t len)
{
    struct advisories list = { 0 };
    cssl_error err = { 0 };
    (void)arg;
    if (advisories_json(&list, bytes_of(data, len), &err) != 0) {
        assert_int_equal(err.reason, CSSL_R_ADVISORY);
        assert_int_equal(list.num, 0);
    }
    advisories_free(&list);
}

static void damaged(void **state)
{
    (void)state;
    static const char text[] = RECORD(OPENSSL(RANGE("3.0.0", "3.0.5")));
    for_each_truncation(text, sizeof(text) - 1, try_record, NULL);
    for_each_damage(text, sizeof(text) - 1, test_seed(3), 5000, try_record, NULL);
}

static void too_many_ranges(void **state)
{
    (void)state;
    struct advisories list = { 0 };
    cssl_error err = { 0 };
    char text[8192] = "";
    char versions[6000] = "";
    for (size_t i = 0; i <= ADVISORY_RANGES_MAX; i++) {
        size_t at = strlen(versions);
        (void)snprintf(versions + at, sizeof(versions) - at,
                       "%s{\"status\":\"affected\",\"version\":\"3.0.%zu\"}", i == 0 ? "" : ",", i);
    }
    (void)snprintf(text, sizeof(text),
                   "{\"dataType\":\"CVE_RECORD\",\"cveMetadata\":{\"cveId\":\"CVE-2030-1234\"},"
                   "\"containers\":{\"cna\":{\"affected\":[{\"product\":\"OpenSSL\","
                   "\"versions\":[%s]}]}}}",
                   versions);
    assert_true(load(&list, text, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_ADVISORY);
    advisories_free(&list);
}

static void severities(void **state)
{
    (void)state;
    assert_int_equal(severity_parse("HIGH"), SEVERITY_HIGH);
    assert_int_equal(severity_parse("medium"), SEVERITY_MODERATE);
    assert_int_equal(severity_parse("critical"), SEVERITY_CRITICAL);
    assert_int_equal(severity_parse("unrated"), SEVERITY_UNKNOWN);
    assert_int_equal(severity_parse(""), SEVERITY_UNKNOWN);
    assert_string_equal(severity_name(SEVERITY_LOW), "Low");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_in_order),
        cmocka_unit_test(versions_that_are_equal),
        cmocka_unit_test(versions_valid),
        cmocka_unit_test(builtin),
        cmocka_unit_test(lines),
        cmocka_unit_test(record),
        cmocka_unit_test(ranges),
        cmocka_unit_test(passed_over),
        cmocka_unit_test(malformed),
        cmocka_unit_test(damaged),
        cmocka_unit_test(too_many_ranges),
        cmocka_unit_test(severities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

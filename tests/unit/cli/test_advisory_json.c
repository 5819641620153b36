/* test_advisory_json.c - what is taken from a CVE record: identifier, date, rating, kind. */
#include "base/error.h"
#include "support.h"

#include "cli/advisory.h"

/* A record of OpenSSL 3.0.0 that has these members in cveMetadata and in containers.cna. */
static const char *record(const char *meta, const char *cna)
{
    static char text[4096];
    int n = snprintf(text, sizeof(text),
                     "{\"dataType\":\"CVE_RECORD\",\"cveMetadata\":{%s},\"containers\":{\"cna\":{"
                     "%s%s\"affected\":[{\"product\":\"openSSL\",\"versions\":[{\"status\":"
                     "\"affected\",\"version\":\"3.0.0\"}]}]}}}",
                     meta, cna, cna[0] == '\0' ? "" : ",");
    assert_true(n > 0 && (size_t)n < sizeof(text));
    return text;
}

static int load(struct advisories *list, const char *text, cssl_error *err)
{
    return advisories_json(list, bytes_str(text), err);
}

static void identifiers(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        bool good;
    } rows[] = {
        { "CVE-2030-1", true },
        { "CVE-2", true },
        { "CVE-", false },
        { "", false },
        { "cve-2030-1", false },
        { "CVE-2030-1\\n", false },
        { "CVE-2030/1", false },
        { "CVE-2030-1234567890123456789012", true },   /* 31 characters */
        { "CVE-2030-12345678901234567890123", false }, /* 32 */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct advisories list = { 0 };
        cssl_error err = { 0 };
        char meta[128];
        (void)snprintf(meta, sizeof(meta), "\"cveId\":\"%s\"", rows[i].id);
        int status = load(&list, record(meta, ""), &err);
        if ((status == 0) != rows[i].good || list.num != (rows[i].good ? 1 : 0)) {
            fail_msg("'%s': %s", rows[i].id, err.text);
        }
        advisories_free(&list);
    }
}

static void dates(void **state)
{
    (void)state;
    static const struct {
        const char *meta, *cna;
        const char *date; /* NULL: refused */
    } rows[] = {
        { "", "", "" },
        { "", "\"datePublic\":\"2030-05-06\"", "2030-05-06" },
        { ",\"datePublished\":\"2030-07-08T00:00:00Z\"", "", "2030-07-08" },
        { ",\"datePublished\":\"2030-07-08\"", "\"datePublic\":\"2030-05-06\"", "2030-05-06" },
        { "", "\"datePublic\":\"2030\"", "" },
        { "", "\"datePublic\":7", "" },
        { "", "\"datePublic\":\"2030/05/06\"", NULL },
        { "", "\"datePublic\":\"2030-05-0x\"", NULL },
        { "", "\"datePublic\":\"tomorrow at 5\"", NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct advisories list = { 0 };
        cssl_error err = { 0 };
        char meta[128];
        (void)snprintf(meta, sizeof(meta), "\"cveId\":\"CVE-2030-1\"%s", rows[i].meta);
        int status = load(&list, record(meta, rows[i].cna), &err);
        if ((status == 0) != (rows[i].date != NULL)) {
            fail_msg("%zu: %s", i, err.text);
        }
        if (rows[i].date != NULL) {
            assert_string_equal(list.items[0].date, rows[i].date);
        } else {
            assert_int_equal(err.reason, CSSL_R_ADVISORY);
        }
        advisories_free(&list);
    }
}

#define OTHER(text)     "{\"other\":{\"content\":{\"text\":\"" text "\"}}}"
#define CVSS(key, text) "{\"" key "\":{\"baseSeverity\":\"" text "\"}}"
#define METRICS(list)   "\"metrics\":[" list "]"

static void severities(void **state)
{
    (void)state;
    static const struct {
        const char *cna;
        enum severity severity;
    } rows[] = {
        { "", SEVERITY_UNKNOWN },
        { METRICS(OTHER("Low")), SEVERITY_LOW },
        { METRICS(OTHER("who knows")), SEVERITY_UNKNOWN },
        { METRICS(CVSS("cvssV3_1", "MEDIUM")), SEVERITY_MODERATE },
        { METRICS(CVSS("cvssV3_0", "LOW") "," CVSS("cvssV4_0", "CRITICAL")), SEVERITY_CRITICAL },
        { METRICS(CVSS("cvssV4_0", "CRITICAL") "," CVSS("cvssV3_0", "LOW")), SEVERITY_CRITICAL },
        /* the project's own word counts, wherever it stands */
        { METRICS(CVSS("cvssV3_1", "CRITICAL") "," OTHER("Moderate")), SEVERITY_MODERATE },
        { METRICS(CVSS("cvssV2_0", "HIGH")), SEVERITY_UNKNOWN },
        { METRICS("7,null,[],\"High\""), SEVERITY_UNKNOWN },
        { "\"metrics\":{}", SEVERITY_UNKNOWN },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct advisories list = { 0 };
        cssl_error err = { 0 };
        assert_int_equal(load(&list, record("\"cveId\":\"CVE-2030-1\"", rows[i].cna), &err), 0);
        if (list.items[0].severity != rows[i].severity) {
            fail_msg("%s: %d", rows[i].cna, (int)list.items[0].severity);
        }
        advisories_free(&list);
    }
}

#define CWE(id)     "{\"descriptions\":[{\"cweId\":\"" id "\"}]}"
#define TYPES(list) "\"problemTypes\":[" list "]"

static void kinds(void **state)
{
    (void)state;
    static const struct {
        const char *cna, *cwe;
    } rows[] = {
        { "", "" },
        { TYPES(CWE("CWE-1") "," CWE("CWE-2")), "CWE-1" },
        { TYPES(CWE("CWE-") "," CWE("CWE-2")), "CWE-2" },
        { TYPES(CWE("CWE-1a") "," CWE("cwe-3") "," CWE("CWE-45678901234")), "CWE-45678901234" },
        { TYPES(CWE("CWE-456789012345")), "" }, /* has no room */
        { TYPES("{\"descriptions\":7},8"), "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct advisories list = { 0 };
        cssl_error err = { 0 };
        assert_int_equal(load(&list, record("\"cveId\":\"CVE-2030-1\"", rows[i].cna), &err), 0);
        assert_string_equal(list.items[0].cwe, rows[i].cwe);
        advisories_free(&list);
    }
}

/* A title of any length is cut off where it has no room. */
static void long_title(void **state)
{
    (void)state;
    struct advisories list = { 0 };
    cssl_error err = { 0 };
    char cna[1024] = "\"title\":\"";
    size_t at = strlen(cna);
    memset(cna + at, 't', 500);
    memcpy(cna + at + 500, "\"", 2);
    assert_int_equal(load(&list, record("\"cveId\":\"CVE-2030-1\"", cna), &err), 0);
    size_t len = strlen(list.items[0].title);
    assert_true(len > 100 && len < ADVISORY_TITLE_MAX);
    assert_int_equal(strspn(list.items[0].title, "t."), len);
    advisories_free(&list);
}

/* The records before a bad one stay: the caller knows from the error that the rest is missing. */
static void arrays(void **state)
{
    (void)state;
    struct advisories list = { 0 };
    cssl_error err = { 0 };
    char text[3 * 4096];
    char one[4096];
    (void)snprintf(one, sizeof(one), "%s", record("\"cveId\":\"CVE-2030-1\"", ""));
    (void)snprintf(text, sizeof(text), "[%s,%s]", one, record("\"cveId\":\"CVE-2030-2\"", ""));
    assert_int_equal(load(&list, text, &err), 0);
    assert_int_equal(list.num, 2);
    assert_string_equal(list.items[1].id, "CVE-2030-2");
    advisories_free(&list);
    (void)snprintf(text, sizeof(text), "[%s,{}]", one);
    assert_true(load(&list, text, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_ADVISORY);
    advisories_free(&list);
    (void)snprintf(text, sizeof(text), "%s%s", one, one); /* one document, not two */
    assert_true(load(&list, text, &err) < 0);
    advisories_free(&list);
}

/* The bound is on the bytes, before they are read. */
static void too_large(void **state)
{
    (void)state;
    struct advisories list = { 0 };
    cssl_error err = { 0 };
    size_t size = ADVISORY_FILE_MAX + 1;
    uint8_t *text = malloc(size);
    assert_non_null(text);
    memset(text, ' ', size);
    memcpy(text, "[]", 2);
    assert_int_equal(advisories_json(&list, bytes_of(text, size - 1), &err), 0);
    assert_true(advisories_json(&list, bytes_of(text, size), &err) < 0);
    assert_int_equal(err.reason, CSSL_R_ADVISORY);
    free(text);
    advisories_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers), cmocka_unit_test(dates),      cmocka_unit_test(severities),
        cmocka_unit_test(kinds),       cmocka_unit_test(long_title), cmocka_unit_test(arrays),
        cmocka_unit_test(too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

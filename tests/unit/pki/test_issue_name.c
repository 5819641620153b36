/* test_issue_name.c - the names that certificates are made for: their kinds, their one form, their
 * lengths, and which sentence each refusal says. */
#include "base/error.h"
#include "support.h"

#include "pki/issue.h"

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum issue_name_type type;
        const char *data; /* of an IP address in hex */
    } rows[] = {
        { "a", ISSUE_DNS, "a" },
        { "A.B-C.D_E", ISSUE_DNS, "a.b-c.d_e" },
        { "123.example", ISSUE_DNS, "123.example" },
        { "1a", ISSUE_DNS, "1a" },
        { "*.A.ORG.", ISSUE_DNS, "*.a.org" },
        { "xn--bcher-kva.example", ISSUE_DNS, "xn--bcher-kva.example" },
        { "192.0.2.255", ISSUE_IP, "c00002ff" },
        { "::1", ISSUE_IP, "00000000000000000000000000000001" },
        { "2001:DB8::7", ISSUE_IP, "20010db8000000000000000000000007" },
        { "[2001:db8::7]", ISSUE_IP, "20010db8000000000000000000000007" },
        { "Alice@EXAMPLE.org", ISSUE_EMAIL, "Alice@example.org" }, /* the local part as it is */
        { "a+b.c@x", ISSUE_EMAIL, "a+b.c@x" },
        { "HTTPS://Example.ORG/A", ISSUE_URI, "HTTPS://Example.ORG/A" },
        { "a1+-.x://y", ISSUE_URI, "a1+-.x://y" },
        { "x://@", ISSUE_URI, "x://@" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct issue_name name;
        cssl_error err = { 0 };
        memset(&name, 0xee, sizeof(name));
        if (issue_name_parse(&name, rows[i].text, &err) != 0) {
            fail_msg("'%s' was refused: %s", rows[i].text, err.text);
        }
        assert_int_equal(name.type, rows[i].type);
        if (rows[i].type == ISSUE_IP) {
            test_same_hex(name.data, name.len, rows[i].data);
        } else {
            assert_int_equal(name.len, strlen(rows[i].data));
            assert_memory_equal(name.data, rows[i].data, name.len);
        }
    }
}

/* Each refusal says its own reason. */
static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "", "1 to 255 characters" },
        { "a\x1f", "control characters" },
        { "a\x7f", "control characters" },
        { " a", "spaces" },
        { "a\n", "control characters" },
        { "a..b", "empty label" },
        { "a..", "empty label" },
        { ".", "empty label" },
        { "-a", "hyphen" },
        { "a.b-", "hyphen" },
        { "a.-.b", "hyphen" },
        { "a:b", "no DNS name has" },
        { "a/b", "no DNS name has" },
        { "example.123", "not an IP address" },
        { "1.2.3.4.5", "not an IP address" },
        { "7", "not an IP address" },
        { "a.*", "not its whole first label" },
        { "*a.example.org", "not its whole first label" },
        { "*.*.org", "not its whole first label" },
        { "*.org", "top-level" },
        { "*.org.", "top-level" },
        { "://x", "not a URI" },
        { "x://", "not a URI" },
        { "1x://y", "not a URI" },
        { "x_://y", "not a URI" },
        { "@", "e-mail" },
        { "a@", "e-mail" },
        { "a@b@c", "e-mail" },
        { "a@*.org", "e-mail" },
        { "a@b.", "e-mail" },
        { "a@1.2.3.4", "e-mail" },
        { "<a@b>", "e-mail" },
        { "a,b@c", "e-mail" },
        { "http://b\xc3\xbc.example", "ASCII" },
        { "b\xc3\xbc@example.org", "ASCII" },
        { "*.b\xc3\xbc", "top-level" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct issue_name name;
        cssl_error err = { 0 };
        if (issue_name_parse(&name, rows[i].text, &err) == 0) {
            fail_msg("'%s' was taken", rows[i].text);
        }
        assert_int_equal(err.reason, CSSL_R_ISSUE_NAME);
        if (strstr(err.text, rows[i].says) == NULL) {
            fail_msg("'%s': '%s' does not say '%s'", rows[i].text, err.text, rows[i].says);
        }
        assert_true(issue_name_parse(&name, rows[i].text, NULL) < 0);
    }
}

/* dotted writes len characters in labels of 50 behind prefix. */
static void dotted(char *text, const char *prefix, size_t len)
{
    size_t at = strlen(prefix);
    memset(text, 'a', len);
    memcpy(text, prefix, at);
    for (size_t i = at + 50; i < len - 1; i += 50) {
        text[i] = '.';
    }
    text[len] = '\0';
}

static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        size_t max;
    } rows[] = {
        { "", 253 },        { "*.", 253 }, /* the wildcard counts */
        { "a@", 255 },                     /* here the host's 253 */
        { "abcdef@", 255 },                /* and here the whole */
        { "http://", 255 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (size_t len = 240; len < 300; len++) {
            char *text = malloc(len + 1);
            struct issue_name name;
            assert_non_null(text);
            dotted(text, rows[i].prefix, len);
            int status = issue_name_parse(&name, text, NULL);
            if ((status == 0) != (len <= rows[i].max)) {
                fail_msg("%s and %zu characters: %d", rows[i].prefix, len, status);
            }
            assert_true(status != 0 || (name.len == len && name.data[len - 1] == 'a'));
            free(text);
        }
    }
    /* A final dot is not counted: it is not written. */
    char text[256];
    struct issue_name name;
    dotted(text, "", 253);
    memcpy(text + 253, ".", 2);
    assert_int_equal(issue_name_parse(&name, text, NULL), 0);
    assert_int_equal(name.len, 253);
    dotted(text, "", 254);
    memcpy(text + 254, ".", 2);
    assert_true(issue_name_parse(&name, text, NULL) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

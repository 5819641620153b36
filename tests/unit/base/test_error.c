/* test_error.c - the reason table and the errors that are filled from it. */
#include "base/error.h" /* before cmocka, which has a macro named fail */

#include "support.h"

#include <errno.h>

static const struct {
    int number;
    int alert, status;
    const char *name, *text;
} rows[] = {
#define REASON(number, name, status, alert, text) \
    { (number), ALERT_##alert, CSSL_##status, #name, (text) },
#include "cssl_reasons.def"
#undef REASON
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (i > 0 && rows[i].number <= rows[i - 1].number) {
            fail_msg("%s (%d) stands behind %s (%d)", rows[i].name, rows[i].number,
                     rows[i - 1].name, rows[i - 1].number);
        }
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(rows[i].name, rows[j].name);
        }
        assert_true(rows[i].number > 0 && rows[i].number < CSSL_R_LAST_);
        assert_true(rows[i].status < 0);
        cssl_reason reason = (cssl_reason)rows[i].number;
        assert_int_equal(reason_status(reason), rows[i].status);
        assert_int_equal(reason_alert(reason), rows[i].alert);
        assert_string_equal(reason_text(reason), rows[i].text);
        assert_string_equal(cssl_reason_name((uint16_t)reason), rows[i].name);
        /* a failure that ends a handshake says so to the peer */
        if (rows[i].status == CSSL_ALERT && reason != CSSL_R_PEER_ALERT &&
            rows[i].alert == ALERT_NONE) {
            fail_msg("%s is an alert without an alert", rows[i].name);
        }
        /* the text begins a sentence that fits */
        size_t len = strlen(rows[i].text);
        assert_true(len > 0 && len < 200 && rows[i].text[len - 1] != '.');
    }
    assert_null(cssl_reason_name(0));
    assert_null(cssl_reason_name(9998));
    assert_null(cssl_reason_name(65535));
    assert_int_equal(reason_status((cssl_reason)0), CSSL_STATE);
    assert_int_equal(reason_alert((cssl_reason)0), ALERT_INTERNAL_ERROR);
    assert_string_equal(reason_text((cssl_reason)0), "unknown reason");
}

static void dirty(cssl_error *err)
{
    memset(err, 0x5a, sizeof(*err));
}

static void test_fail(void **state)
{
    (void)state;
    cssl_error err;
    dirty(&err);
    assert_int_equal((fail)(&err, CSSL_R_BAD_RECORD_MAC), CSSL_ALERT);
    assert_int_equal(err.status, CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
    assert_int_equal(err.alert, 20);
    assert_false(err.alert_from_peer);
    assert_int_equal(err.cert_index, -1);
    assert_int_equal(err.posix, 0);
    assert_null(err.option);
    assert_string_equal(err.text, reason_text(CSSL_R_BAD_RECORD_MAC));

    dirty(&err);
    assert_int_equal(fail_text(&err, CSSL_R_TIMEOUT, "after %d ms", 5), CSSL_TIMEOUT);
    assert_string_equal(err.text, "the time ran out: after 5 ms");
    assert_int_equal(fail_text(&err, CSSL_R_TIMEOUT, "%s", ""), CSSL_TIMEOUT);
    assert_string_equal(err.text, "the time ran out");

    dirty(&err);
    assert_int_equal(fail_cert(&err, CSSL_R_BAD_SIGNATURE, 2, "by %s", "CN=\n\x01\xff"),
                     CSSL_ALERT);
    assert_int_equal(err.cert_index, 2);
    assert_string_equal(err.text, "a signature does not fit: by CN=\\x0a\\x01\\xff");

    dirty(&err);
    assert_int_equal(fail_option(&err, CSSL_R_KEY_MALFORMED, "keyfile", "%s", "x"), CSSL_OPTION);
    assert_string_equal(err.option, "keyfile");

    dirty(&err);
    assert_int_equal(fail_system(&err, ENOENT, "open %s", "f"), CSSL_SYSTEM);
    assert_int_equal(err.posix, ENOENT);
    assert_string_equal(err.text, "open f: No such file or directory");

    dirty(&err);
    assert_int_equal(fail_peer_alert(&err, 48), CSSL_ALERT);
    assert_int_equal(err.alert, 48);
    assert_true(err.alert_from_peer);
    assert_string_equal(err.text, "the peer sent a fatal alert: Unknown CA; it does not trust "
                                  "whoever issued our certificate");
    assert_int_equal(fail_peer_alert(&err, 51), CSSL_ALERT);
    assert_string_equal(err.text, "the peer sent a fatal alert: Decrypt Error");
    assert_int_equal(fail_peer_alert(&err, 200), CSSL_ALERT);
    assert_string_equal(err.text, "the peer sent a fatal alert: unsupported/unknown alert");
}

static void test_no_error(void **state)
{
    (void)state;
    assert_int_equal((fail)(NULL, CSSL_R_NOMEM), CSSL_NOMEM);
    assert_int_equal(fail_text(NULL, CSSL_R_TIMEOUT, "%d", 1), CSSL_TIMEOUT);
    assert_int_equal(fail_cert(NULL, CSSL_R_BAD_SIGNATURE, 0, "x"), CSSL_ALERT);
    assert_int_equal(fail_option(NULL, CSSL_R_KEY_MALFORMED, "o", "x"), CSSL_OPTION);
    assert_int_equal(fail_system(NULL, EIO, "x"), CSSL_SYSTEM);
    assert_int_equal(fail_peer_alert(NULL, 10), CSSL_ALERT);
}

static void test_long_texts(void **state)
{
    (void)state;
    char words[2000];
    cssl_error err;
    for (int c = 0; c < 2; c++) { /* printable, and each byte four characters long */
        memset(words, c == 0 ? 'a' : 1, sizeof(words) - 1);
        words[sizeof(words) - 1] = '\0';
        dirty(&err);
        assert_int_equal(fail_text(&err, CSSL_R_INTERNAL, "%s", words), CSSL_ALERT);
        assert_non_null(memchr(err.text, 0, sizeof(err.text)));
        assert_true(strlen(err.text) > 300);
        dirty(&err);
        assert_int_equal(fail_system(&err, EIO, "%s", words), CSSL_SYSTEM);
        assert_non_null(memchr(err.text, 0, sizeof(err.text)));
    }
}

static void test_copy_error(void **state)
{
    (void)state;
    cssl_error a, b;
    dirty(&b);
    (void)fail_text(&a, CSSL_R_NOMEM, "here");
    assert_int_equal(error_copy(&b, &a), CSSL_NOMEM);
    assert_string_equal(b.text, a.text);
    assert_int_equal(b.reason, a.reason);
    assert_int_equal(error_copy(NULL, &a), CSSL_NOMEM);
    assert_int_equal(error_copy(&a, &a), CSSL_NOMEM);
}

static void test_printable(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t len;
        const char *out;
    } texts[] = {
        { "", 0, "" },
        { "abc ~", 5, "abc ~" },
        { "\x00\x1f\x7f\x80", 4, "\\x00\\x1f\\x7f\\x80" },
        { "a\nb", 3, "a\\x0ab" },
        { "\\x00", 4, "\\x00" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        size_t full = strlen(texts[i].out);
        for (size_t size = 0; size <= full + 3; size++) {
            char *out = malloc(size + 1); /* one more, to see that it is left alone */
            memset(out, 0x77, size + 1);
            text_printable(out, size, texts[i].in, texts[i].len);
            assert_int_equal(out[size], 0x77);
            if (size > 0) {
                assert_non_null(memchr(out, 0, size));
                assert_int_equal(strncmp(out, texts[i].out, strlen(out)), 0);
            }
            if (size > full) {
                assert_string_equal(out, texts[i].out);
            }
            free(out);
        }
    }
}

static void test_alerts(void **state)
{
    (void)state;
    assert_string_equal(cssl_alert_name(0), "close_notify");
    assert_string_equal(cssl_alert_name(48), "unknown_ca");
    assert_string_equal(cssl_alert_name(120), "no_application_protocol");
    assert_string_equal(alert_text(48), "Unknown CA");
    for (unsigned i = 0; i < 256; i++) {
        assert_non_null(cssl_alert_name((uint8_t)i));
        assert_non_null(alert_text((uint8_t)i));
    }
    assert_string_equal(cssl_alert_name(255), "unsupported/unknown_alert");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),      cmocka_unit_test(test_fail),
        cmocka_unit_test(test_no_error),   cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_copy_error), cmocka_unit_test(test_printable),
        cmocka_unit_test(test_alerts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_text.c - every byte and every odd character made printable; hex digits; times. */
#include "base/error.h"
#include "support.h"

#include "cli/cli.h"

static void bytes(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        const uint8_t one = (uint8_t)c;
        char escaped[8];
        char plain[2] = { (char)c, '\0' };
        (void)snprintf(escaped, sizeof(escaped), "\\x%02x", c);
        for (int utf8 = 0; utf8 <= 1; utf8++) {
            char *text = cli_text(bytes_of(&one, 1), utf8 == 1);
            assert_string_equal(text, c >= 0x20 && c < 0x7f ? plain : escaped);
            free(text);
        }
    }
}

static size_t encode(uint8_t out[4], uint32_t c)
{
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 63));
        out[2] = (uint8_t)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 63));
    out[3] = (uint8_t)(0x80 | (c & 63));
    return 4;
}

/* The characters beside what hides or reorders text are shown, those within it are not. */
static void characters(void **state)
{
    (void)state;
    static const struct {
        uint32_t c;
        bool shown;
    } rows[] = {
        { 0x80, false },    { 0x9f, false },     { 0xa0, true },      { 0xac, true },
        { 0xad, false },    { 0xae, true },      { 0x61b, true },     { 0x61c, false },
        { 0x200a, true },   { 0x200b, false },   { 0x200f, false },   { 0x2010, true },
        { 0x2027, true },   { 0x2028, false },   { 0x202e, false },   { 0x202f, true },
        { 0x205f, true },   { 0x2060, false },   { 0x2066, false },   { 0x206f, false },
        { 0x2070, true },   { 0xd7ff, true },    { 0xd800, false },   { 0xdfff, false },
        { 0xe000, true },   { 0xfeff, false },   { 0xfff9, false },   { 0xfffb, false },
        { 0xfffd, true },   { 0x1f600, true },   { 0xdffff, true },   { 0xe0000, false },
        { 0xe0041, false }, { 0x10ffff, false }, { 0x110000, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t utf8[4];
        char raw[5] = "";
        size_t len = encode(utf8, rows[i].c);
        memcpy(raw, utf8, len);
        char *text = cli_text(bytes_of(utf8, len), true);
        if ((strcmp(text, raw) == 0) != rows[i].shown) {
            fail_msg("U+%04x: %s", rows[i].c, text);
        }
        assert_true(rows[i].shown || strlen(text) == 4 * len);
        free(text);
    }
}

/* An overlong or broken character is bytes; the good one behind it is still seen. */
static void broken(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "\xc0\xaf", "\\xc0\\xaf" },
        { "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
        { "\xe2\x82", "\\xe2\\x82" },
        { "\xe2\x82z", "\\xe2\\x82z" },
        { "\xff\xc3\xbc", "\\xff\xc3\xbc" },
        { "\xc3\xc3\xbc", "\\xc3\xc3\xbc" },
        { "\\x1b", "\\x1b" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len = strlen(rows[i][0]);
        uint8_t *exact = test_copy(rows[i][0], len); /* a read past the end is seen */
        char *text = cli_text(bytes_of(exact, len), true);
        assert_string_equal(text, rows[i][1]);
        free(text);
        free(exact);
    }
}

static void hex(void **state)
{
    (void)state;
    static const uint8_t data[] = { 0x00, 0x9a, 0xff };
    static const struct {
        size_t len;
        const char *between, *text;
    } rows[] = {
        { 0, "", "" },       { 0, ":", "" },         { 1, ":", "00" },
        { 3, "", "009AFF" }, { 3, ":", "00:9A:FF" }, { 2, " and ", "00 and 9A" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *text = cli_hex(bytes_of(data, rows[i].len), rows[i].between);
        assert_string_equal(text, rows[i].text);
        free(text);
    }
}

static void times(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text, *iso;
    } rows[] = {
        { 0, "1970-01-01 00:00:00 UTC", "1970-01-01T00:00:00Z" },
        { 951782399, "2000-02-28 23:59:59 UTC", "2000-02-28T23:59:59Z" },
        { 253402300799, "9999-12-31 23:59:59 UTC", "9999-12-31T23:59:59Z" },
        { 4294967296, "2106-02-07 06:28:16 UTC", "2106-02-07T06:28:16Z" },
        /* no year of a struct tm: the number itself */
        { INT64_MAX, "9223372036854775807 s after 1970", "9223372036854775807" },
        { INT64_MIN, "-9223372036854775808 s after 1970", "-9223372036854775808" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char out[CLI_TIME_MAX];
        cli_time(out, rows[i].seconds);
        assert_string_equal(out, rows[i].text);
        cli_time_iso(out, rows[i].seconds);
        assert_string_equal(out, rows[i].iso);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes), cmocka_unit_test(characters), cmocka_unit_test(broken),
        cmocka_unit_test(hex),   cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_der.c - DER is read strictly, and an overrun sticks. */
#include "support.h"

#include "pki/der.h"

static struct rd reader(const char *hex)
{
    static uint8_t buffer[512];
    return rd_of(bytes_of(buffer, test_unhex(buffer, sizeof(buffer), hex)));
}

static void lengths(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good;
        size_t len;
    } rows[] = {
        { "0400", true, 0 },
        { "0401aa", true, 1 },
        { "04", false, 0 },
        { "0402aa", false, 0 },
        { "0480aa0000", false, 0 },       /* indefinite */
        { "048101aa", false, 0 },         /* long form for a short length */
        { "04820080", false, 0 },         /* a leading zero */
        { "0485000000000001", false, 0 }, /* more than four bytes */
        { "0484ffffffff00", false, 0 },
        { "04ff00", false, 0 },
        { "1f0101", false, 0 }, /* a high tag number */
        { "0000", false, 0 },   /* end of contents */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rd r = reader(rows[i].hex);
        uint8_t tag;
        cssl_bytes v = der_any(&r, &tag);
        assert_int_equal(rd_done(&r), rows[i].good);
        assert_int_equal(v.len, rows[i].len);
    }
    uint8_t big[4 + 0x81] = { 0x04, 0x81, 0x81 };
    struct rd r = rd_of(bytes_of(big, 3 + 0x81));
    assert_int_equal(der_value(&r, DER_OCTET_STRING).len, 0x81);
    assert_true(rd_done(&r));
}

static void an_overrun_sticks(void **state)
{
    (void)state;
    struct rd r = reader("0201 05 0201");
    assert_int_equal(der_small(&r, DER_INTEGER, 9), 5);
    assert_int_equal(der_small(&r, DER_INTEGER, 9), 0);
    assert_int_equal(der_integer(&r, DER_INTEGER).len, 0);
    assert_int_equal(der_whole(&r, DER_INTEGER).len, 0);
    struct rd inner = der_enter(&r, DER_SEQUENCE);
    assert_true(inner.bad);
    assert_false(der_enter_if(&r, DER_SEQUENCE, &inner));
    assert_true(inner.bad);
    assert_int_equal(der_peek(&r), 0);
    assert_false(rd_done(&r));
}

static void booleans(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good, value, flag_good;
    } rows[] = { { "0101ff", true, true, true },      { "010100", true, false, false },
                 { "010101", false, false, false },   { "0100", false, false, false },
                 { "0102ffff", false, false, false }, { "0201ff", false, false, false } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rd r = reader(rows[i].hex);
        assert_int_equal(der_boolean(&r, DER_BOOLEAN), rows[i].value);
        assert_int_equal(rd_done(&r), rows[i].good);
        r = reader(rows[i].hex);
        bool flag = der_flag(&r);
        assert_int_equal(rd_done(&r), rows[i].flag_good);
        assert_int_equal(flag, rows[i].flag_good);
    }
    struct rd none = reader("");
    assert_false(der_flag(&none));
    assert_true(rd_done(&none));
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good, small;
        uint32_t value;
    } rows[] = {
        { "020100", true, true, 0 },         { "02017f", true, true, 127 },
        { "02020080", true, true, 128 },     { "0203010000", true, true, 65536 },
        { "0200", false, false, 0 },         { "02020001", false, false, 0 },
        { "0202ff80", false, false, 0 },     { "0201ff", true, false, 0 },
        { "02050100000000", true, false, 0 }, { "020500ffffffff", true, true, 0xffffffff },
        { "0206010000000000", true, false, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rd r = reader(rows[i].hex);
        (void)der_integer(&r, DER_INTEGER);
        assert_int_equal(rd_done(&r), rows[i].good);
        r = reader(rows[i].hex);
        assert_int_equal(der_small(&r, DER_INTEGER, UINT32_MAX), rows[i].value);
        assert_int_equal(rd_done(&r), rows[i].small);
    }
    struct rd r = reader("020103");
    assert_int_equal(der_small(&r, DER_INTEGER, 2), 0);
    assert_false(rd_done(&r));
}

static void oids(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *text;
        bool good;
    } rows[] = {
        { "0603551d11", "2.5.29.17", true },
        { "06092a864886f70d01010b", "1.2.840.113549.1.1.11", true },
        { "06022701", "0.39.1", true },
        { "0603883701", "2.999.1", true },
        { "0600", "", false },
        { "060155", "2.5", true },
        { "060280 01", "", false },  /* not the fewest bytes */
        { "06022a80", "", false },   /* ends in the middle */
        { "06032a8001", "", false }, /* not the fewest bytes */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rd r = reader(rows[i].hex);
        cssl_bytes oid = der_oid(&r);
        char text[DER_OID_TEXT_MAX];
        assert_int_equal(rd_done(&r), rows[i].good);
        if (rows[i].good) {
            assert_string_equal(der_oid_text(text, oid), rows[i].text);
        }
    }
    uint8_t longest[200];
    char text[DER_OID_TEXT_MAX];
    memset(longest, 0x2a, sizeof(longest));
    assert_true(strlen(der_oid_text(text, bytes_of(longest, sizeof(longest)))) < sizeof(text));
    memset(longest, 0xff, sizeof(longest) - 1);
    longest[199] = 1;
    assert_true(strlen(der_oid_text(text, bytes_of(longest, sizeof(longest)))) < sizeof(text));
}

static void bit_strings(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good, octets, named, untrimmed;
        uint16_t bits;
    } rows[] = {
        { "030100", true, true, true, false, 0 },
        { "03020780", true, false, true, false, 0x8000 },
        { "03020106", true, false, true, false, 0x0600 },
        { "0303070080", true, false, true, false, 0x0080 },
        { "03020006", true, true, true, true, 0x0600 },
        { "030206ff", false, false, false, false, 0 }, /* padding is not zero */
        { "03020880", false, false, false, false, 0 },
        { "030107", false, false, false, false, 0 },
        { "0300", false, false, false, false, 0 },
        { "0304 00 000001", true, true, false, false, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        unsigned unused;
        bool untrimmed;
        struct rd r = reader(rows[i].hex);
        (void)der_bits(&r, DER_BIT_STRING, &unused);
        assert_int_equal(rd_done(&r), rows[i].good);
        r = reader(rows[i].hex);
        (void)der_octet_bits(&r);
        assert_int_equal(rd_done(&r), rows[i].octets);
        r = reader(rows[i].hex);
        assert_int_equal(der_named_bits(&r, DER_BIT_STRING, &untrimmed), rows[i].bits);
        assert_int_equal(rd_done(&r), rows[i].named);
        assert_int_equal(untrimmed, rows[i].untrimmed);
    }
}

static void times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t tag;
        bool good, late;
        int64_t seconds;
        const char *iso;
    } rows[] = {
        { "700101000000Z", 0x17, true, false, 0, "1970-01-01T00:00:00Z" },
        { "491231235959Z", 0x17, true, false, 2524607999, "2049-12-31T23:59:59Z" },
        { "500101000000Z", 0x17, true, false, -631152000, "before 1970" },
        { "20500101000000Z", 0x18, true, false, 2524608000, "2050-01-01T00:00:00Z" },
        { "20490101000000Z", 0x18, true, true, 2493072000, "2049-01-01T00:00:00Z" },
        { "99991231235959Z", 0x18, true, false, 253402300799, "9999-12-31T23:59:59Z" },
        { "240229120000Z", 0x17, true, false, 1709208000, "2024-02-29T12:00:00Z" },
        { "20000229000000Z", 0x18, true, true, 951782400, "2000-02-29T00:00:00Z" },
        { "230229120000Z", 0x17, false, false, 0, NULL },
        { "21000229000000Z", 0x18, false, false, 0, NULL },
        { "2401010000Z", 0x17, false, false, 0, NULL },       /* no seconds */
        { "240101000000", 0x17, false, false, 0, NULL },      /* no zone */
        { "240101000000+0000", 0x17, false, false, 0, NULL },
        { "20500101000000.5Z", 0x18, false, false, 0, NULL }, /* a fraction */
        { "241301000000Z", 0x17, false, false, 0, NULL },
        { "240100000000Z", 0x17, false, false, 0, NULL },
        { "240101240000Z", 0x17, false, false, 0, NULL },
        { "240101006000Z", 0x17, false, false, 0, NULL },
        { "240101000060Z", 0x17, false, false, 0, NULL },
        { "24 101000000Z", 0x17, false, false, 0, NULL },
        { "240101000000Z", 0x0c, false, false, 0, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t der[40] = { rows[i].tag, (uint8_t)strlen(rows[i].text) };
        memcpy(der + 2, rows[i].text, strlen(rows[i].text));
        struct rd r = rd_of(bytes_of(der, 2 + strlen(rows[i].text)));
        bool late = false;
        int64_t seconds = der_time(&r, &late);
        if (rd_done(&r) != rows[i].good) {
            fail_msg("%s", rows[i].text);
        }
        if (rows[i].good) {
            char iso[DER_TIME_TEXT_MAX];
            assert_true(seconds == rows[i].seconds);
            assert_int_equal(late, rows[i].late);
            assert_string_equal(der_time_text(iso, seconds), rows[i].iso);
        }
    }
    char iso[DER_TIME_TEXT_MAX];
    assert_string_equal(der_time_text(iso, 253402300800), "after 9999");
    assert_string_equal(der_time_text(iso, INT64_MIN), "before 1970");
}

/* Each day of five centuries goes there and back. */
static void calendar(void **state)
{
    (void)state;
    char last[DER_TIME_TEXT_MAX] = "";
    for (int64_t day = 0; day < 182500; day += 7) {
        char text[DER_TIME_TEXT_MAX];
        int year;
        unsigned month;
        unsigned date;
        der_time_text(text, day * 86400);
        assert_int_equal(sscanf(text, "%d-%u-%u", &year, &month, &date), 3);
        assert_true(der_time_civil(year, month, date, 0) == day * 86400);
        assert_true(strcmp(last, text) < 0);
        memcpy(last, text, sizeof(last));
    }
}

static void nesting(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good;
    } rows[] = {
        { "", true },
        { "3000", true },
        { "30020500", true },
        { "300205000201 05", true },
        { "3003050002 0105", false }, /* the inner one ends outside */
        { "30060201050201", false },
        { "3005 3003 020105 0500", true },
        { "3004 3003 020105", false },
        { "30", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rd r = reader(rows[i].hex);
        if (der_valid(bytes_of(r.p, r.left)) != rows[i].good) {
            fail_msg("%s", rows[i].hex);
        }
    }
    uint8_t deep[2 * (DER_DEPTH_MAX + 2)];
    for (size_t levels = 1; levels <= DER_DEPTH_MAX + 2; levels++) {
        for (size_t i = 0; i < levels; i++) {
            deep[2 * i] = 0x30;
            deep[2 * i + 1] = (uint8_t)(2 * (levels - 1 - i));
        }
        assert_int_equal(der_valid(bytes_of(deep, 2 * levels)), levels <= DER_DEPTH_MAX + 1);
    }
}

static void use_all(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    bool flag;
    unsigned unused;
    uint8_t tag;
    for (unsigned which = 0; which < 9; which++) {
        struct rd r = rd_of(bytes_of(data, len));
        while (rd_more(&r)) {
            switch (which) {
            case 0:
                (void)der_any(&r, &tag);
                break;
            case 1:
                (void)der_integer(&r, der_peek(&r));
                break;
            case 2:
                (void)der_time(&r, &flag);
                break;
            case 3:
                (void)der_bits(&r, der_peek(&r), &unused);
                break;
            case 4:
                (void)der_named_bits(&r, der_peek(&r), &flag);
                break;
            case 5:
                (void)der_oid(&r);
                break;
            case 6:
                (void)der_whole(&r, der_peek(&r));
                break;
            case 7:
                (void)der_flag(&r);
                if (rd_more(&r)) {
                    (void)der_small(&r, der_peek(&r), 100);
                }
                break;
            default:
                r = der_enter(&r, der_peek(&r));
                break;
            }
        }
    }
    (void)der_valid(bytes_of(data, len));
}

static void damage(void **state)
{
    (void)state;
    uint8_t der[128];
    size_t len = test_unhex(der, sizeof(der),
                            "30260101ff0202008003020780 0603551d11170d3234303232393132303030305a"
                            "3004a0020500");
    for_each_truncation(der, len, use_all, NULL);
    for_each_damage(der, len, test_seed(1), 5000, use_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths),     cmocka_unit_test(an_overrun_sticks),
        cmocka_unit_test(booleans),    cmocka_unit_test(integers),
        cmocka_unit_test(oids),        cmocka_unit_test(bit_strings),
        cmocka_unit_test(times),       cmocka_unit_test(calendar),
        cmocka_unit_test(nesting),     cmocka_unit_test(damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_der_write.c - the DER writer: known encodings, its limits, reading back what it wrote. */
#include "support.h"

#include "pki/der_write.h"

#include "base/mem.h"

/* ---- Encodings, worked out from X.690 by hand ---- */

static void oids(void **state)
{
    (void)state;
    static const struct {
        const char *dotted, *hex; /* hex NULL: refused */
    } rows[] = {
        { "2.5.29.17", "06 03 55 1d 11" },
        { "1.2.840.113549.1.1.11", "06 09 2a 86 48 86 f7 0d 01 01 0b" },
        { "1.3.101.112", "06 03 2b 65 70" },
        { "2.999.3", "06 03 88 37 03" }, /* X.690 8.19.5's example */
        { "0.0", "06 01 00" },
        { "2.16.840.1.101.3.4.2.1", "06 09 60 86 48 01 65 03 04 02 01" },
        { "1.3.4294967295", "06 06 2b 8f ff ff ff 7f" },
        { "", NULL },
        { "1", NULL },
        { "3.1", NULL },
        { "1.40", NULL },
        { "1..2", NULL },
        { "1.2.", NULL },
        { "1.2.x", NULL },
        { "1.2.4294967296", NULL },
        { "1.2.99999999999999999999999", NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct dw w;
        dw_init(&w, 100);
        dw_oid(&w, rows[i].dotted);
        if (rows[i].hex == NULL) {
            assert_false(dw_ok(&w));
            assert_int_equal(dw_view(&w).len, 0);
        } else {
            assert_true(dw_ok(&w));
            test_same_hex(dw_view(&w).data, dw_view(&w).len, rows[i].hex);
        }
        dw_free(&w);
    }
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *hex;
    } rows[] = {
        { 0, "02 01 00" },
        { 1, "02 01 01" },
        { 127, "02 01 7f" },
        { 128, "02 02 00 80" },
        { 256, "02 02 01 00" },
        { 0x8000, "02 03 00 80 00" },
        { UINT64_MAX, "02 09 00 ff ff ff ff ff ff ff ff" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct dw w;
        dw_init(&w, 100);
        dw_integer(&w, rows[i].value);
        assert_true(dw_ok(&w));
        test_same_hex(dw_view(&w).data, dw_view(&w).len, rows[i].hex);
        dw_free(&w);
    }
}

static void named_bits(void **state)
{
    (void)state;
    static const struct {
        uint16_t bits;
        const char *hex;
    } rows[] = {
        { 0x8000, "03 02 07 80" },                                  /* digitalSignature */
        { 0x0600, "03 02 01 06" },                                  /* keyCertSign, cRLSign */
        { 0x0000, "03 01 00" },       { 0x0080, "03 03 07 00 80" }, /* decipherOnly */
        { 0xffff, "03 03 00 ff ff" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct dw w;
        dw_init(&w, 100);
        dw_named_bits(&w, rows[i].bits);
        assert_true(dw_ok(&w));
        test_same_hex(dw_view(&w).data, dw_view(&w).len, rows[i].hex);
        dw_free(&w);
    }
}

static void times(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        uint8_t tag;
        const char *text; /* NULL: refused */
    } rows[] = {
        { 0, DER_UTC_TIME, "700101000000Z" },
        { -1, DER_UTC_TIME, "691231235959Z" },
        { DW_TIME_MIN, DER_UTC_TIME, "500101000000Z" },
        { DW_TIME_MIN - 1, 0, NULL },
        { 951782399, DER_UTC_TIME, "000228235959Z" },
        { 951782400, DER_UTC_TIME, "000229000000Z" },
        { 951868800, DER_UTC_TIME, "000301000000Z" },
        { 1709208000, DER_UTC_TIME, "240229120000Z" },
        { 2524607999, DER_UTC_TIME, "491231235959Z" },
        { 2524608000, DER_GENERALIZED_TIME, "20500101000000Z" },
        { 4107542399, DER_GENERALIZED_TIME, "21000228235959Z" },
        { 4107542400, DER_GENERALIZED_TIME, "21000301000000Z" }, /* 2100 is no leap year */
        { DW_TIME_MAX, DER_GENERALIZED_TIME, "99991231235959Z" },
        { DW_TIME_MAX + 1, 0, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct dw w;
        dw_init(&w, 100);
        dw_time(&w, rows[i].seconds);
        assert_int_equal(dw_ok(&w), rows[i].text != NULL);
        if (rows[i].text != NULL) {
            cssl_bytes der = dw_view(&w);
            assert_int_equal(der.data[0], rows[i].tag);
            assert_int_equal(der.data[1], strlen(rows[i].text));
            assert_memory_equal(der.data + 2, rows[i].text, strlen(rows[i].text));
        }
        dw_free(&w);
    }
}

static void time_reads_back(void **state)
{
    (void)state;
    struct test_rng rng;
    test_rng_init(&rng, test_seed(20));
    for (int i = 0; i < 20000; i++) {
        uint64_t span = (uint64_t)(DW_TIME_MAX - DW_TIME_MIN) + 1;
        int64_t seconds = DW_TIME_MIN + (int64_t)(test_rng_next(&rng) % span);
        struct dw w;
        dw_init(&w, 100);
        dw_time(&w, seconds);
        assert_true(dw_ok(&w));
        struct rd r = rd_of(dw_view(&w));
        bool late_form = true;
        assert_int_equal(der_time(&r, &late_form), seconds);
        assert_true(rd_done(&r));
        assert_false(late_form);
        dw_free(&w);
    }
}

static void small_things(void **state)
{
    (void)state;
    struct dw w;
    dw_init(&w, 100);
    dw_true(&w);
    dw_null(&w);
    dw_bits(&w, bytes_str("ab"));
    dw_utf8(&w, "B\xc3\xbc");
    dw_put(&w, DER_CONTEXT(2), bytes_str("x"));
    assert_true(dw_ok(&w));
    test_same_hex(dw_view(&w).data, dw_view(&w).len,
                  "01 01 ff  05 00  03 03 00 61 62  0c 03 42 c3 bc  82 01 78");
    dw_free(&w);
}

static void text_is_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a\nb", "\x7f",     "\xc3",     "\xc0\x80",         "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xff", "\xc2\x85", "\xe2\x82", "\xf0\x80\x80\x80",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct dw w;
        dw_init(&w, 100);
        dw_utf8(&w, bad[i]);
        assert_false(dw_ok(&w));
        dw_free(&w);
    }
}

/* ---- Nesting and lengths ---- */

/* Lengths around each step of the length's own length, alone and in another element. */
static void lengths(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 126, 127, 128, 129, 255, 256, 257, 65535, 65536, 70000 };
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint8_t *data = malloc(sizes[i] + 1);
        assert_non_null(data);
        memset(data, 'x', sizes[i] + 1);
        struct dw w;
        dw_init(&w, 200000);
        dw_open(&w, DER_SEQUENCE);
        dw_integer(&w, 5);
        dw_open(&w, DER_CONTEXT_OF(1));
        dw_put(&w, DER_OCTET_STRING, bytes_of(data, sizes[i]));
        dw_close(&w);
        dw_open_bits(&w);
        dw_raw(&w, bytes_of(data, sizes[i]));
        dw_close(&w);
        dw_close(&w);
        assert_true(dw_ok(&w));
        struct rd r = rd_of(dw_view(&w));
        struct rd seq = der_enter(&r, DER_SEQUENCE);
        assert_int_equal(der_small(&seq, DER_INTEGER, 10), 5);
        struct rd inner = der_enter(&seq, DER_CONTEXT_OF(1));
        assert_true(bytes_equal(der_value(&inner, DER_OCTET_STRING), bytes_of(data, sizes[i])));
        assert_true(rd_done(&inner));
        assert_true(bytes_equal(der_octet_bits(&seq), bytes_of(data, sizes[i])));
        assert_true(rd_done(&seq));
        assert_true(rd_done(&r));
        dw_free(&w);
        free(data);
    }
}

static void misuse_and_limits(void **state)
{
    (void)state;
    struct dw w;
    size_t len = 0;
    dw_init(&w, 100);
    dw_open(&w, DER_SEQUENCE);
    assert_false(dw_ok(&w)); /* not closed */
    assert_null(dw_take(&w, &len));
    dw_close(&w);
    assert_true(dw_ok(&w));
    dw_close(&w); /* one too many */
    assert_false(dw_ok(&w));
    dw_free(&w);

    dw_init(&w, 100);
    for (int i = 0; i <= DW_DEPTH; i++) {
        dw_open(&w, DER_SEQUENCE);
    }
    for (int i = 0; i <= DW_DEPTH; i++) {
        dw_close(&w);
    }
    assert_false(dw_ok(&w)); /* nested too deeply */
    dw_free(&w);

    /* every limit below what is needed fails, and the exact one does not */
    uint8_t data[200] = { 0 };
    for (size_t limit = 0; limit <= 207; limit++) {
        dw_init(&w, limit);
        dw_open(&w, DER_SEQUENCE);
        dw_put(&w, DER_OCTET_STRING, bytes_of(data, sizeof(data)));
        dw_close(&w);
        assert_int_equal(dw_ok(&w), limit >= 206);
        uint8_t *taken = dw_take(&w, &len);
        assert_int_equal(taken != NULL, limit >= 206);
        if (taken != NULL) {
            assert_int_equal(len, 206);
        }
        mem_free_wiped(taken, taken == NULL ? 0 : len);
        dw_free(&w);
    }
}

static void utf8_chars(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        uint32_t c;
    } rows[] = {
        { "a", 1, 'a' },
        { "\xc2\x80", 2, 0x80 },
        { "\xdf\xbf", 2, 0x7ff },
        { "\xe0\xa0\x80", 3, 0x800 },
        { "\xed\x9f\xbf", 3, 0xd7ff },
        { "\xee\x80\x80", 3, 0xe000 },
        { "\xf0\x90\x80\x80", 4, 0x10000 },
        { "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
        { "\x80", 0, 0 },
        { "\xc1\xbf", 0, 0 },
        { "\xe0\x9f\xbf", 0, 0 },
        { "\xf5\x80\x80\x80", 0, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint32_t c = 0;
        size_t n = utf8_char((const uint8_t *)rows[i].text, strlen(rows[i].text), &c);
        assert_int_equal(n, rows[i].len);
        assert_int_equal(c, rows[i].c);
        /* cut short it is no character */
        for (size_t cut = 1; cut < rows[i].len; cut++) {
            assert_int_equal(utf8_char((const uint8_t *)rows[i].text, cut, &c), 0);
        }
    }
}

static void fixed_memory(void **state)
{
    (void)state;
    for (size_t cap = 0; cap <= 8; cap++) {
        uint8_t *memory = malloc(cap);
        struct dw w;
        dw_fixed(&w, memory, cap);
        dw_open(&w, DER_SEQUENCE);
        dw_put(&w, DER_OCTET_STRING, bytes_str("abc"));
        dw_close(&w);
        assert_int_equal(dw_ok(&w), cap >= 7);
        test_same_hex(dw_view(&w).data, dw_view(&w).len, cap >= 7 ? "30050403616263" : "");
        assert_true(cap < 7 || dw_view(&w).data == memory);
        dw_free(&w);
        free(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(oids),
        cmocka_unit_test(integers),
        cmocka_unit_test(named_bits),
        cmocka_unit_test(times),
        cmocka_unit_test(time_reads_back),
        cmocka_unit_test(small_things),
        cmocka_unit_test(text_is_checked),
        cmocka_unit_test(lengths),
        cmocka_unit_test(misuse_and_limits),
        cmocka_unit_test(utf8_chars),
        cmocka_unit_test(fixed_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_asn1.c - strict DER: what is taken, what is refused, and that writing gives it back. */
#include "support.h"

#include "crypto/asn1.h"

static struct rd open_hex(uint8_t **owned, const char *hex)
{
    size_t len = 0;
    *owned = test_unhex_new(hex, &len);
    return rd_of(bytes_of(*owned, len));
}

static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        int len; /* of the content; -1: refused */
    } rows[] = {
        { "0400", 0 },          { "040101", 1 },          { "04", -1 },       { "", -1 },
        { "0401", -1 },         { "0480", -1 },           { "04800000", -1 }, { "0481", -1 },
        { "04817f", -1 },       { "048100", -1 },         { "04820080", -1 }, { "0483000100", -1 },
        { "0484000000ff", -1 }, { "04850000000001", -1 }, { "04ff", -1 },     { "0500", -1 },
        { "2400", -1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t *owned = NULL;
        struct rd r = open_hex(&owned, rows[i].hex);
        cssl_bytes v = asn1_view(&r, TAG_OCTET_STRING);
        if (rows[i].len < 0) {
            assert_false(rd_ok(&r));
            assert_int_equal(v.len, 0);
        } else {
            assert_true(rd_done(&r));
            assert_int_equal(v.len, rows[i].len);
        }
        free(owned);
    }
    /* long forms, with as much content as they say */
    static const size_t lens[] = { 127, 128, 255, 256, 65535, 65536 };
    for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
        struct wr w;
        wr_init(&w, 70000);
        uint8_t *content = calloc(1, lens[i]);
        asn1_put(&w, TAG_OCTET_STRING, bytes_of(content, lens[i]));
        assert_true(wr_ok(&w));
        assert_int_equal(w.len, asn1_header_len(lens[i]) + lens[i]);
        struct rd r = rd_of(wr_view(&w));
        assert_int_equal(asn1_view(&r, TAG_OCTET_STRING).len, lens[i]);
        assert_true(rd_done(&r));
        r = rd_of(bytes_of(w.data, w.len - 1));
        assert_int_equal(asn1_view(&r, TAG_OCTET_STRING).len, 0);
        assert_false(rd_ok(&r));
        wr_free(&w);
        free(content);
    }
    struct wr w;
    wr_init(&w, 100);
    asn1_put_header(&w, TAG_SEQUENCE, 1 << 24);
    assert_false(wr_ok(&w));
    wr_free(&w);
}

static void test_integers(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *magnitude; /* NULL: refused */
        int64_t small;               /* -1: does not fit */
    } rows[] = {
        { "020100", "", 0 },
        { "02017f", "7f", 127 },
        { "02020080", "80", 128 },
        { "0204 7fffffff", "7fffffff", 0x7fffffff },
        { "0205 00ffffffff", "ffffffff", 0xffffffff },
        { "0205 0100000000", "0100000000", -1 },
        { "0200", NULL, -1 },
        { "020180", NULL, -1 },    /* negative */
        { "0202 007f", NULL, -1 }, /* padded */
        { "0202 0000", NULL, -1 },
        { "0202 ff80", NULL, -1 },
        { "0401 01", NULL, -1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t *owned = NULL;
        struct rd r = open_hex(&owned, rows[i].hex), again = r;
        cssl_bytes v = asn1_natural(&r);
        uint32_t small = asn1_small(&again);
        if (rows[i].magnitude == NULL) {
            assert_false(rd_ok(&r));
            assert_int_equal(v.len, 0);
        } else {
            assert_true(rd_done(&r));
            test_same_hex(v.data, v.len, rows[i].magnitude);
        }
        assert_int_equal(rd_ok(&again), rows[i].small >= 0);
        assert_int_equal(small, rows[i].small >= 0 ? rows[i].small : 0);
        free(owned);
    }
}

static void test_elements(void **state)
{
    (void)state;
    uint8_t *owned = NULL;
    struct rd r = open_hex(&owned, "3003020101 0500 03020017 0302 0117 0301 00");
    assert_true(asn1_is(&r, TAG_SEQUENCE));
    assert_false(asn1_is(&r, TAG_NULL));
    cssl_bytes element = asn1_element(&r);
    test_same_hex(element.data, element.len, "3003020101");
    struct rd null = asn1_open(&r, TAG_NULL);
    assert_true(rd_done(&null));
    cssl_bytes bits = asn1_bits(&r);
    test_same_hex(bits.data, bits.len, "17");
    struct rd unused = r;
    assert_int_equal(asn1_bits(&unused).len, 0); /* one unused bit */
    assert_false(rd_ok(&unused));
    (void)asn1_element(&r);
    assert_int_equal(asn1_bits(&r).len, 0);
    assert_true(rd_done(&r));
    assert_false(asn1_is(&r, TAG_NULL));
    free(owned);

    static const char *const bad[] = { "1f0100", "3f810100", "3004020101", "0300", "" };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        r = open_hex(&owned, bad[i]);
        struct rd copy = r;
        assert_int_equal(asn1_element(&r).len, i == 3 ? 2 : 0);
        assert_int_equal(asn1_bits(&copy).len, 0);
        assert_false(rd_ok(&copy));
        free(owned);
    }
}

/* What went wrong inside makes the outer reader bad, and it stays so. */
static void test_sticky(void **state)
{
    (void)state;
    uint8_t *owned = NULL;
    struct rd r = open_hex(&owned, "30050201010201");
    struct rd body = asn1_open(&r, TAG_SEQUENCE);
    assert_true(rd_done(&r));
    assert_int_equal(asn1_small(&body), 1);
    assert_int_equal(asn1_small(&body), 0);
    assert_false(rd_done(&body));
    assert_int_equal(asn1_small(&body), 0);
    assert_int_equal(asn1_view(&body, TAG_SEQUENCE).len, 0);
    assert_false(rd_more(&body));
    free(owned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_sticky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_dname.c - comparing X.501 names. */
#include "support.h"

#include "pki/der.h"
#include "pki/dname.h"

/* name writes a Name from rows of "tag attribute text", an RDN each; "+" joins two in one RDN. */
static cssl_bytes name(const char *const *rows)
{
    static uint8_t buffers[4][1024];
    static unsigned turn;
    uint8_t *out = buffers[turn++ % 4];
    uint8_t body[1024];
    size_t at = 0;
    for (; *rows != NULL; rows++) {
        uint8_t set[512];
        size_t set_len = 0;
        bool more = true;
        while (more) {
            const char *row = *rows;
            more = row[0] == '+';
            row += more ? 1 : 0;
            size_t len = strlen(row + 2);
            uint8_t tag = (uint8_t)(row[0] == 'u'   ? DER_UTF8_STRING
                                    : row[0] == 'p' ? DER_PRINTABLE_STRING
                                    : row[0] == 'b' ? DER_BMP_STRING
                                                    : DER_IA5_STRING);
            const uint8_t type = (uint8_t)(row[1] - 'a');
            const uint8_t head[] = { 0x30, (uint8_t)(len + 7), 6, 3, 0x55, 4, type, tag,
                                     (uint8_t)len };
            memcpy(set + set_len, head, sizeof(head));
            memcpy(set + set_len + sizeof(head), row + 2, len);
            set_len += sizeof(head) + len;
            rows += more ? 1 : 0;
        }
        body[at++] = 0x31;
        body[at++] = (uint8_t)set_len;
        memcpy(body + at, set, set_len);
        at += set_len;
    }
    assert_true(at < 0x80);
    out[0] = 0x30;
    out[1] = (uint8_t)at;
    memcpy(out + 2, body, at);
    return bytes_of(out, at + 2);
}

#define NAME(...) name((const char *const[]){ __VA_ARGS__, NULL })

static void equal_names(void **state)
{
    (void)state;
    assert_true(dname_equal(NAME("udTest"), NAME("udTest")));
    const cssl_bytes pairs[][2] = {
        { NAME("udTest CA"), NAME("pdtest  ca") },
        { NAME("ud Test CA "), NAME("udTEST\tCA") },
    };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        assert_true(dname_valid(pairs[i][0]) && dname_valid(pairs[i][1]));
        assert_true(dname_equal(pairs[i][0], pairs[i][1]));
        assert_true(dname_equal(pairs[i][1], pairs[i][0]));
        assert_int_equal(dname_hash(pairs[i][0]), dname_hash(pairs[i][1]));
    }
    cssl_bytes a = NAME("+udone", "uetwo", "ufx");
    cssl_bytes b = NAME("+uetwo", "udONE", "ufx");
    assert_true(dname_equal(a, b));
    assert_int_equal(dname_hash(a), dname_hash(b));
}

static void different_names(void **state)
{
    (void)state;
    const cssl_bytes pairs[][2] = { { NAME("udTest"), NAME("udTest2") },
                                    { NAME("udTest"), NAME("ueTest") } };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        assert_false(dname_equal(pairs[i][0], pairs[i][1]));
        assert_false(dname_equal(pairs[i][1], pairs[i][0]));
    }
    assert_false(dname_equal(NAME("uda b"), NAME("udab")));
    assert_false(dname_equal(NAME("bdTest"), NAME("udTest")));
    assert_false(dname_equal(NAME("bdTest"), NAME("bdtest")));
    assert_false(dname_equal(NAME("uda", "ueb"), NAME("ueb", "uda")));
    assert_false(dname_equal(NAME("uda", "ueb"), NAME("+uda", "ueb")));
    assert_false(dname_equal(NAME("+uda", "uda"), NAME("uda")));
    assert_false(dname_equal(NAME("ud\xc3\x89"), NAME("ud\xc3\xa9"))); /* no Unicode tables */
    assert_false(dname_equal(NAME("uda"), NAME("uda", "ueb")));
}

static void within(void **state)
{
    (void)state;
    static const uint8_t empty[] = { 0x30, 0 };
    cssl_bytes whole = NAME("uaUS", "ubOrg", "udx");
    assert_true(dname_within(whole, NAME("paus", "ubORG")));
    assert_true(dname_within(whole, bytes_of(empty, 2)));
    assert_true(dname_within(bytes_of(empty, 2), bytes_of(empty, 2)));
    assert_false(dname_within(NAME("uaUS"), whole));
    assert_false(dname_within(whole, NAME("ubOrg")));
    assert_false(dname_within(bytes_of(empty, 2), NAME("uaUS")));
    assert_true(dname_empty(bytes_of(empty, 2)));
    assert_false(dname_empty(whole));
}

static void shown(void **state)
{
    (void)state;
    char text[DNAME_TEXT_MAX];
    static const uint8_t empty[] = { 0x30, 0 };
    assert_string_equal(dname_text(text, NAME("udName", "ukOrg\n")), "CN=Name, O=Org\\x0a");
    assert_string_equal(dname_text(text, NAME("+udName", "uzx")), "CN=Name, 2.5.4.25=x");
    assert_string_equal(dname_text(text, bytes_of(empty, 2)), "(no name)");
}

/* Attribute 3 is 'd' - 'a': the letters of NAME count from there. */
static void attributes(void **state)
{
    (void)state;
    static const uint8_t cn[] = { 0x55, 4, 3 };
    cssl_bytes n = NAME("udone", "uex", "udtwo");
    assert_memory_equal(dname_attribute(n, bytes_of(cn, 3), 0).data, "one", 3);
    assert_memory_equal(dname_attribute(n, bytes_of(cn, 3), 1).data, "two", 3);
    assert_null(dname_attribute(n, bytes_of(cn, 3), 2).data);
}

static void invalid(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "3100",
        "30023100",                 /* an empty RDN */
        "300231023000",
        "3004 3102 3000",           /* an empty attribute */
        "300b 3109 3007 0603550403 0500 00",
        "3009 3107 3005 0603550403", /* no value */
        "3000 00",
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t *der = test_unhex_new(rows[i], &len);
        if (dname_valid(bytes_of(der, len))) {
            fail_msg("%s", rows[i]);
        }
        free(der);
    }
}

/* Nine attributes in one RDN, and 65 in one name, are too many. */
static void bounds(void **state)
{
    (void)state;
    static const uint8_t one[] = { 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, 'x' };
    for (size_t num = 1; num <= 9; num++) {
        uint8_t der[256] = { 0x30, (uint8_t)(num * 10 + 2), 0x31, (uint8_t)(num * 10) };
        for (size_t i = 0; i < num; i++) {
            memcpy(der + 4 + i * 10, one, 10);
        }
        assert_int_equal(dname_valid(bytes_of(der, 4 + num * 10)), num <= DNAME_RDN_MAX);
    }
    for (size_t num = 63; num <= 65; num++) {
        uint8_t der[1024] = { 0x30, 0x82, (uint8_t)(num * 12 >> 8), (uint8_t)(num * 12) };
        for (size_t i = 0; i < num; i++) {
            der[4 + i * 12] = 0x31;
            der[5 + i * 12] = 10;
            memcpy(der + 6 + i * 12, one, 10);
        }
        assert_int_equal(dname_valid(bytes_of(der, 4 + num * 12)), num <= DNAME_ATTRIBUTES_MAX);
    }
}

static void length_bound(void **state)
{
    (void)state;
    for (size_t len = DNAME_LEN_MAX - 1; len <= DNAME_LEN_MAX + 1; len++) {
        uint8_t der[DNAME_LEN_MAX + 8] = { 0x30, 0x82 };
        static const uint8_t type[] = { 6, 3, 0x55, 4, 3, 0x0c, 0x82 };
        size_t rest = len;
        for (size_t at = 0; at < 12; at += 4) { /* a sequence, a set and a sequence */
            rest -= 4;
            der[at] = at == 4 ? 0x31 : 0x30;
            der[at + 1] = 0x82;
            der[at + 2] = (uint8_t)(rest >> 8);
            der[at + 3] = (uint8_t)rest;
        }
        rest -= sizeof(type) + 2;
        memcpy(der + 12, type, sizeof(type));
        der[19] = (uint8_t)(rest >> 8);
        der[20] = (uint8_t)rest;
        assert_int_equal(dname_valid(bytes_of(der, len)), len <= DNAME_LEN_MAX);
    }
}

static void try(void *arg, uint8_t *data, size_t len)
{
    cssl_bytes good = *(const cssl_bytes *)arg;
    cssl_bytes n = bytes_of(data, len);
    char text[DNAME_TEXT_MAX];
    if (!dname_valid(n)) {
        return;
    }
    assert_true(dname_equal(n, n) && dname_within(n, n));
    assert_int_equal(dname_equal(n, good), dname_equal(good, n));
    assert_true(!dname_equal(n, good) || dname_hash(n) == dname_hash(good));
    assert_true(strlen(dname_text(text, n)) < sizeof(text));
}

static void damage(void **state)
{
    (void)state;
    uint8_t copy[256];
    cssl_bytes n = NAME("uaUS", "+ubOrg  X", "pcy", "uda B  c");
    memcpy(copy, n.data, n.len);
    n.data = copy;
    for_each_truncation(n.data, n.len, try, &n);
    for_each_bit_flip(n.data, n.len, try, &n);
    for_each_damage(n.data, n.len, test_seed(3), 20000, try, &n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_names), cmocka_unit_test(different_names), cmocka_unit_test(within),
        cmocka_unit_test(shown),       cmocka_unit_test(attributes),      cmocka_unit_test(invalid),
        cmocka_unit_test(bounds),      cmocka_unit_test(length_bound), cmocka_unit_test(damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

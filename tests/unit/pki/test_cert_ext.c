/* test_cert_ext.c - single extensions and general names; test_cert.c has whole certificates. */
#include "pki_support.h"

static void general_names(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool good;
        enum general_kind kind;
        size_t len;
        size_t ip_len;
    } rows[] = {
        { "820161", true, GENERAL_DNS, 1, 4 },
        { "8200", true, GENERAL_DNS, 0, 4 },
        { "8201ff", false, GENERAL_OTHER, 0, 4 },
        { "a2030c0161", false, GENERAL_OTHER, 0, 4 }, /* constructed */
        { "8103614062", true, GENERAL_EMAIL, 3, 4 },
        { "8103614080", false, GENERAL_OTHER, 0, 4 },
        { "860161", true, GENERAL_URI, 1, 4 },
        { "87047f000001", true, GENERAL_IP, 4, 4 },
        { "87087f000001ffffffff", false, GENERAL_OTHER, 0, 4 },
        { "87087f000001ffffffff", true, GENERAL_IP, 8, 8 },
        { "87047f000001", false, GENERAL_OTHER, 0, 8 },
        { "8700", false, GENERAL_OTHER, 0, 4 },
        { "871000000000000000000000000000000001", true, GENERAL_IP, 16, 4 },
        { "88022a03", true, GENERAL_OID, 2, 4 },
        { "a4023000", true, GENERAL_DIRECTORY, 2, 4 },
        { "a4023100", false, GENERAL_OTHER, 0, 4 },
        { "84023000", false, GENERAL_OTHER, 0, 4 }, /* primitive */
        { "a00306012a", true, GENERAL_OTHER, 3, 4 },
        { "a00306022a", false, GENERAL_OTHER, 0, 4 },
        { "a9020500", false, GENERAL_OTHER, 0, 4 },
        { "0c0161", false, GENERAL_OTHER, 0, 4 },
        { "8202 61", false, GENERAL_OTHER, 0, 4 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t *der = test_unhex_new(rows[i].hex, &len);
        struct rd r = rd_of(bytes_of(der, len));
        struct general_name name = general_name_next(&r, rows[i].ip_len);
        if (rd_done(&r) != rows[i].good || name.kind != rows[i].kind ||
            name.value.len != rows[i].len) {
            fail_msg("%s", rows[i].hex);
        }
        free(der);
    }
}

static void hosts(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool good;
    } rows[] = { { "example.com", true }, { "a", true },     { "A_b-9.x", true }, { "", false },
                 { ".a", false },         { "a.", false },   { "a..b", false },   { "a b", false },
                 { "*.a", false },        { "a@b", false },  { "a/b", false } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(cert_is_host(bytes_str(rows[i].host)), rows[i].good);
    }
    char label[65];
    memset(label, 'a', 64);
    label[64] = '\0';
    assert_false(cert_is_host(bytes_str(label)));
    label[63] = '\0';
    assert_true(cert_is_host(bytes_str(label)));
}

static void extensions_in_turn(void **state)
{
    (void)state;
    struct cert *cert = pki_cert("unknown-critical");
    struct rd list = rd_of(cert->extensions);
    unsigned known = 0;
    unsigned unknown = 0;
    while (rd_more(&list)) {
        struct cert_ext ext = cert_next_extension(&list);
        assert_true(ext.oid.len > 0 && ext.value.len > 0);
        known += ext.id != EXTENSION_UNKNOWN;
        unknown += ext.id == EXTENSION_UNKNOWN;
        assert_true(ext.id != EXTENSION_UNKNOWN || ext.critical);
    }
    assert_true(rd_done(&list));
    assert_int_equal(unknown, 1);
    assert_int_equal(known, 5);
    cert_free(cert);
    static const uint8_t bad[] = { 0x30, 3, 6, 1, 0x2a };
    list = rd_of(bytes_of(bad, sizeof(bad)));
    assert_int_equal(cert_next_extension(&list).oid.len, 0);
    assert_true(list.bad);
}

/* parse_list parses one extension as a certificate's only one. */
static int parse_list(const uint8_t *data, size_t len, struct cert *cert)
{
    cssl_error err;
    *cert = (struct cert){ .extensions = bytes_of(data, len), .path_len = -1 };
    return cert_parse_extensions(cert, &err);
}

static void policies_are_bounded(void **state)
{
    (void)state;
    for (size_t num = 127; num <= 129; num++) {
        uint8_t der[1200] = { 0x30, 0x82, 0, 0, 6, 3, 0x55, 0x1d, 32, 4, 0x82, 0, 0, 0x30, 0x82 };
        size_t at = 17;
        for (size_t i = 0; i < num; i++) {
            const uint8_t one[] = { 0x30, 5, 6, 3, 0x2a, 0x81, (uint8_t)(i % 128) };
            const uint8_t last[] = { 0x30, 5, 6, 3, 0x2a, 0x82, 1 };
            memcpy(der + at, i < 128 ? one : last, sizeof(one));
            at += sizeof(one);
        }
        for (size_t head = 2; head < 17; head += head == 2 ? 9 : 4) {
            size_t rest = at - head - 2;
            der[head] = (uint8_t)(rest >> 8);
            der[head + 1] = (uint8_t)rest;
        }
        struct cert cert;
        assert_int_equal(parse_list(der, at, &cert) == 0, num <= 128);
    }
}

static void usages(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint8_t uses;
    } rows[] = {
        { "30130603551d25040c300a06082b06010505070301", EKU_SERVER },
        { "30130603551d25040c300a06082b06010505070302", EKU_CLIENT },
        { "30130603551d25040c300a06082b06010505070309", EKU_OCSP },
        { "30130603551d25040c300a06082b06010505070303", 0 },
        { "300f0603551d250408300606 04551d2500", EKU_ANY },
        { "301d0603551d250416301406082b0601050507030106082b06010505070302",
          EKU_SERVER | EKU_CLIENT },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t *der = test_unhex_new(rows[i].hex, &len);
        struct cert cert;
        assert_int_equal(parse_list(der, len, &cert), 0);
        assert_int_equal(cert.ext_key_usage, rows[i].uses);
        assert_true(cert_has(&cert, EXTENSION_EXT_KEY_USAGE));
        free(der);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(general_names),      cmocka_unit_test(hosts),
        cmocka_unit_test(extensions_in_turn), cmocka_unit_test(policies_are_bounded),
        cmocka_unit_test(usages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

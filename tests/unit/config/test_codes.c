/*
 * test_codes.c - lists of code points: as numbers, as they are sent, as names for programs; what
 * is offered without being asked for, and in which order.
 */
#include "base/error.h"
#include "support.h"

#include "base/names.h"
#include "config/config.h"
#include "crypto/suite.h"

static const enum codes_kind kinds[] = { CODES_SUITES,    CODES_GROUPS,    CODES_SCHEMES,
                                         CODES_CERT_SCHEMES, CODES_SUITES_12, CODES_SUITES_13,
                                         CODES_SCHEMES_13, CODES_SUITES_PSK };

static void test_add(void **state)
{
    (void)state;
    struct codes c = { 0 };
    assert_false(codes_has(&c, 0)); /* room that is not used is no entry */
    assert_int_equal(codes_wire(&c).len, 0);
    codes_add(&c, 0x1301);
    codes_add(&c, 0x001d);
    codes_add(&c, 0xffff);
    assert_int_equal(c.num, 3);
    test_same_hex(codes_wire(&c).data, codes_wire(&c).len, "1301 001d ffff");
    assert_true(codes_has(&c, 0x1301) && codes_has(&c, 0x001d) && codes_has(&c, 0xffff));
    assert_false(codes_has(&c, 0x0113)); /* bytes the other way round */
    assert_false(codes_has(&c, 0x011d)); /* over the border of two */
    assert_false(codes_has(&c, 0));
    c.num = 1;
    assert_false(codes_has(&c, 0x001d));
    /* The last place. */
    for (c.num = 0; c.num < CONFIG_CODES_MAX;) {
        codes_add(&c, (uint16_t)(0x100 + c.num));
    }
    assert_true(codes_has(&c, 0x100 + CONFIG_CODES_MAX - 1));
    assert_int_equal(codes_wire(&c).data[2 * CONFIG_CODES_MAX - 1], CONFIG_CODES_MAX - 1);
}

/* Every list: nothing twice, wire and numbers alike, the default a part of all in its order, and
 * filled from the start again. */
static void test_lists(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
        struct codes some, all;
        memset(&some, 0xa5, sizeof(some));
        memset(&all, 0x5a, sizeof(all));
        codes_default(&some, kinds[k]);
        codes_all(&all, kinds[k]);
        assert_in_range(some.num, 1, all.num);
        assert_in_range(all.num, 1, CONFIG_CODES_MAX);
        size_t at = 0;
        for (size_t i = 0; i < all.num; i++) {
            assert_int_equal(all.wire[2 * i] << 8 | all.wire[2 * i + 1], all.list[i]);
            for (size_t j = 0; j < i; j++) {
                assert_int_not_equal(all.list[j], all.list[i]);
            }
            at += at < some.num && some.list[at] == all.list[i] ? 1 : 0;
        }
        assert_int_equal(at, some.num);
        size_t num = all.num;
        codes_all(&all, kinds[k]);
        assert_int_equal(all.num, num);
    }
}

static const struct {
    enum codes_kind kind;
    uint16_t code;
    bool in_default, in_all;
} members[] = {
    /* a short tag is for whom it asks for it, in either version */
    { CODES_SUITES_13, SUITE_AES_128_CCM_8_SHA256, false, true },
    { CODES_SUITES_12, SUITE_ECDHE_ECDSA_AES_128_CCM_8, false, true },
    { CODES_SUITES_12, SUITE_ECDHE_ECDSA_AES_256_CCM_8, false, true },
    { CODES_SUITES_13, SUITE_AES_128_CCM_SHA256, true, true },
    { CODES_SUITES_12, SUITE_ECDHE_ECDSA_AES_256_CCM, true, true },
    /* suites of one version are not the other's */
    { CODES_SUITES_13, SUITE_ECDHE_RSA_AES_128_GCM_SHA256, false, false },
    { CODES_SUITES_12, SUITE_AES_128_GCM_SHA256, false, false },
    { CODES_SUITES, SUITE_ECDHE_RSA_AES_128_GCM_SHA256, true, true },
    { CODES_SUITES, SUITE_AES_128_GCM_SHA256, true, true },
    { CODES_SUITES, SUITE_FALLBACK_SCSV, false, false },
    /* PKCS #1 v1.5 signs no message of TLS 1.3 */
    { CODES_SCHEMES_13, SCHEME_RSA_PKCS1_SHA256, false, false },
    { CODES_SCHEMES, SCHEME_RSA_PKCS1_SHA256, true, true },
    { CODES_CERT_SCHEMES, SCHEME_RSA_PKCS1_SHA512, true, true },
    /* SHA-1 is nowhere */
    { CODES_SCHEMES, SCHEME_RSA_PKCS1_SHA1, false, false },
    { CODES_CERT_SCHEMES, SCHEME_RSA_PKCS1_SHA1, false, false },
    { CODES_CERT_SCHEMES, SCHEME_ECDSA_SHA1, false, false },
    { CODES_SCHEMES_13, SCHEME_RSA_PSS_RSAE_SHA256, true, true },
    { CODES_GROUPS, GROUP_X25519, true, true },
    { CODES_GROUPS, GROUP_FFDHE2048, true, true },
};

static void test_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        struct codes some, all;
        codes_default(&some, members[i].kind);
        codes_all(&all, members[i].kind);
        if (codes_has(&some, members[i].code) != members[i].in_default ||
            codes_has(&all, members[i].code) != members[i].in_all) {
            fail_msg("row %zu: %04x", i, members[i].code);
        }
    }
}

/* What is offered can be done, and what can be done is offered: by version, by libcrypto. */
static void test_available(void **state)
{
    (void)state;
    static const uint16_t groups[] = { GROUP_SECP256R1, GROUP_SECP384R1, GROUP_SECP521R1,
                                       GROUP_X25519,    GROUP_X448,      GROUP_FFDHE2048,
                                       GROUP_FFDHE3072, GROUP_FFDHE4096, GROUP_X25519MLKEM768,
                                       GROUP_SECP256R1MLKEM768, GROUP_SECP384R1MLKEM1024,
                                       GROUP_MLKEM512, GROUP_MLKEM768, GROUP_MLKEM1024 };
    static const uint16_t schemes[] = { SCHEME_MLDSA44, SCHEME_MLDSA65, SCHEME_MLDSA87,
                                        SCHEME_ED25519, SCHEME_ED448 };
    struct codes c, twelve, thirteen;
    codes_all(&c, CODES_GROUPS);
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        assert_int_equal(codes_has(&c, groups[i]), kx_available(groups[i]));
    }
    codes_all(&c, CODES_SCHEMES_13);
    for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
        assert_int_equal(codes_has(&c, schemes[i]), scheme_available(schemes[i]));
    }
    codes_all(&c, CODES_SUITES);
    codes_all(&twelve, CODES_SUITES_12);
    codes_all(&thirteen, CODES_SUITES_13);
    assert_int_equal(c.num, twelve.num + thirteen.num);
    for (size_t i = 0; i < c.num; i++) {
        assert_true(codes_has(suite_version(c.list[i]) == TLS_1_2 ? &twelve : &thirteen,
                              c.list[i]));
    }
}

static void same_names(const char *const *names, enum codes_kind kind, bool all,
                       const char *name_of(uint16_t))
{
    struct codes c;
    (all ? codes_all : codes_default)(&c, kind);
    assert_non_null(names);
    for (size_t i = 0; i < c.num; i++) {
        assert_non_null(names[i]);
        assert_string_equal(names[i], name_of(c.list[i]));
    }
    assert_null(names[c.num]);
}

static void test_names(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        const char *which = all ? "all" : "default";
        same_names(cssl_cipher_suites(which, CSSL_TLSV1_3), CODES_SUITES_13, all, name_of_suite);
        same_names(cssl_cipher_suites(which, CSSL_TLSV1_2), CODES_SUITES_12, all, name_of_suite);
        same_names(cssl_groups(which), CODES_GROUPS, all, name_of_group);
        same_names(cssl_signature_algs(which, CSSL_TLSV1_3), CODES_SCHEMES_13, all,
                   name_of_scheme);
        same_names(cssl_signature_algs(which, CSSL_TLSV1_2), CODES_SCHEMES, all, name_of_scheme);
    }
    /* The lists are static: the same ones each time. */
    assert_ptr_equal(cssl_groups("all"), cssl_groups("all"));
    static const char *const wrong[] = { "", "ALL", "defaults", "al" };
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_null(cssl_cipher_suites(wrong[i], CSSL_TLSV1_3));
        assert_null(cssl_groups(wrong[i]));
        assert_null(cssl_signature_algs(wrong[i], CSSL_TLSV1_2));
    }
    static const unsigned versions[] = { 0, CSSL_TLSV1_2 | CSSL_TLSV1_3, 4, 0x0304 };
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        assert_null(cssl_cipher_suites("all", versions[i]));
        assert_null(cssl_signature_algs("all", versions[i]));
    }
    assert_string_equal(cssl_version(), CSSL_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),       cmocka_unit_test(test_lists),
        cmocka_unit_test(test_members),   cmocka_unit_test(test_available),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

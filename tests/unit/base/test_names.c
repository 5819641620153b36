/* test_names.c - IANA's numbers and names, there and back. */
#include "base/names.h"

#include "support.h"

static void test_registered(void **state)
{
    (void)state;
    assert_string_equal(name_of_suite(0x1301), "TLS_AES_128_GCM_SHA256");
    assert_string_equal(name_of_suite(0x1305), "TLS_AES_128_CCM_8_SHA256");
    assert_string_equal(name_of_group(29), "x25519");
    assert_string_equal(name_of_group(4588), "x25519mlkem768");
    assert_string_equal(name_of_scheme(0x0403), "ecdsa_secp256r1_sha256");
    assert_string_equal(name_of_scheme(0x0809), "rsa_pss_pss_sha256");
    assert_string_equal(name_of_extension(51), "key_share");
    assert_string_equal(name_of_extension(0xff01), "renegotiation_info");
    assert_string_equal(name_of_handshake(1), "ClientHello");
    assert_string_equal(name_of_handshake(254), "message_hash");
    assert_string_equal(name_of_version(0x0304), "tlsv1.3");
    assert_int_equal(group_of_name("P-256"), GROUP_SECP256R1);
    assert_int_equal(group_of_name("X25519"), GROUP_X25519);
    assert_int_equal(group_of_name("X25519MLKEM768"), GROUP_X25519MLKEM768);
    assert_string_equal(name_of_group(0x0200), "mlkem512");
    assert_string_equal(name_of_group(0x0201), "mlkem768");
    assert_string_equal(name_of_group(0x0202), "mlkem1024");
    assert_int_equal(group_of_name("MLKEM1024"), GROUP_MLKEM1024);
}

static void test_round_trips(void **state)
{
    (void)state;
    int num[6] = { 0 };
    for (uint32_t i = 0; i <= 0xffff; i++) {
        uint16_t n = (uint16_t)i;
        if (name_of_suite(n) != NULL) {
            assert_int_equal(suite_of_name(name_of_suite(n)), n);
            num[0]++;
        }
        if (name_of_group(n) != NULL) {
            assert_int_equal(group_of_name(name_of_group(n)), n);
            num[1]++;
        }
        if (name_of_scheme(n) != NULL) {
            assert_int_equal(scheme_of_name(name_of_scheme(n)), n);
            num[2]++;
        }
        num[3] += name_of_extension(n) != NULL;
        num[4] += n < 256 && name_of_handshake((uint8_t)n) != NULL;
        num[5] += name_of_version(n) != NULL;
    }
    assert_int_equal(num[0], 75);
    assert_int_equal(num[1], 14);
    assert_int_equal(num[2], 19);
    assert_true(num[3] >= 29 && num[4] >= 17 && num[5] >= 5);
}

static void test_unknown(void **state)
{
    (void)state;
    assert_null(name_of_suite(0));
    assert_null(name_of_group(0));
    assert_null(name_of_group(0x0a0a));
    assert_null(name_of_scheme(0xffff));
    assert_null(name_of_extension(0xfffe));
    assert_null(name_of_handshake(255));
    assert_null(name_of_version(0x7f1c));
    assert_int_equal(suite_of_name("TLS_AES_128_GCM_SHA25"), 0);
    assert_int_equal(group_of_name(""), 0);
    assert_int_equal(group_of_name("secp256r1 "), 0);
    assert_int_equal(scheme_of_name("ED25519"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registered),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

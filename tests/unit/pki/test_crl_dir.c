/* test_crl_dir.c - the hash of names that files of lists are called by. The values are those of
 * openssl x509 -subject_hash; finding files is in tests/pair/test_staple.c. */
#include "base/error.h"
#include "support.h"

#include <stdlib.h>

#include "pki/crl_dir.h"
#include "pki_support.h"

static void known_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t subject, issuer;
    } rows[] = {
        { "ca", 0x467948a7, 0x467948a7 },     { "ed25519", 0x96ad5bfe, 0x96ad5bfe },
        { "spelled", 0x15c914e9, 0x02a20584 }, { "rsa-ca", 0xb65386df, 0xb65386df },
        { "pss-ca", 0x1d03466d, 0x1d03466d }, { "dir-ca", 0x38b14c35, 0x467948a7 },
        { "cross", 0x3780b31b, 0x73e0f333 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cert *cert = pki_cert(rows[i].name);
        assert_int_equal(crl_name_hash(cert_subject(cert)), rows[i].subject);
        assert_int_equal(crl_name_hash(cert_issuer(cert)), rows[i].issuer);
        cert_free(cert);
    }
}

/* White space at the ends and in runs, bytes beyond ASCII, several attributes in one RDN. */
static void odd_names(void **state)
{
    (void)state;
    static const struct {
        const char *der;
        uint32_t hash;
    } rows[] = {
        { "302d3119301706035504030c10202054776f20202053706163657320203110300e060355040a0c07"
          "4772c3bcc39f65", 0x695ee990 },
        { "3041310b300906035504061302444531123010060355040a0c0941434d452020496e63311e3008060355"
          "04030c0142300806035504051301373008060355040b0c0161", 0x702be4ac },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t *der = test_unhex_new(rows[i].der, &len);
        assert_int_equal(crl_name_hash(bytes_of(der, len)), rows[i].hash);
        free(der);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(known_names),
                                        cmocka_unit_test(odd_names) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

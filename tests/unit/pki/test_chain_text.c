/* test_chain_text.c - the sentences that people read when a chain is refused. */
#include "pki_support.h"

static void sentences(void **state)
{
    (void)state;
    static const struct {
        const char *anchors, *sent, *text;
    } rows[] = {
        { "other-ca", "server",
          "the certificate's issuer is not trusted: \"CN=server\" was issued by \"O=cssl tests, "
          "CN=Test CA\", which is neither among the trusted authorities nor was it sent" },
        { "other-ca", "server ca",
          "the certificate's issuer is not trusted: \"O=cssl tests, CN=Test CA\" was issued by "
          "\"O=cssl tests, CN=Test CA\", which was sent along but is not trusted" },
        { "ca", "impostor",
          "the certificate's issuer is not trusted: \"CN=server\" was issued by \"O=cssl tests, "
          "CN=Test CA\"; an authority of that name is trusted, but its key did not sign this" },
        { "ca", "self-signed",
          "the certificate is self-signed and not trusted: \"CN=localhost\"; if this is the one "
          "that you expect, put it into cacertfile" },
        { "ca", "expired",
          "a certificate has expired: \"CN=expired\" was valid until 2021-01-01T00:00:00Z, and it "
          "is 2030-01-01T00:00:00Z" },
        { "ca", "future",
          "a certificate is not valid yet: \"CN=future\" will be valid from 2090-01-01T00:00:00Z, "
          "and this machine's clock says 2030-01-01T00:00:00Z" },
        { "ca", "weak",
          "a certificate's key is too weak: \"CN=weak\" has an RSA key of 1024 bits, 2048 are "
          "needed" },
        { "ca", "under-mild mild-ca",
          "an extension of a certificate is wrongly critical or not critical: basicConstraints of "
          "\"CN=authority not critical\"" },
        { "ca", "under-no-ca no-ca",
          "a certificate was issued by one that is not a certificate authority's: \"CN=no "
          "authority\" has no basicConstraints that say CA" },
        { "ca", "too-long below-short short-ca",
          "an authority does not allow as many authorities below it: \"CN=short\" allows 0" },
        { "ca", "unknown-critical",
          "a certificate has a critical extension that cannot be processed: 1.3.6.1.4.1.55555.1 in "
          "\"CN=unknown critical\"" },
        { "ca", "under-policy policy-ca",
          "the chain has none of the policies that are required: none is left at \"CN=under\"" },
        { "ca", "wrong-eku",
          "the certificate is for another use: the extended key usage of \"CN=wrong use\" lacks "
          "serverAuth" },
        { "ca", "wrong-ku",
          "the certificate's key may not be used so: the key usage of \"CN=wrong key usage\" lacks "
          "digitalSignature" },
        { "ca", "names-excluded names-ca",
          "an authority may not issue certificates for this name: \"www.bad.example.com\" in "
          "\"CN=constrained\", by the constraints of \"CN=Names CA\"" },
        { "ca", "names-ip names-ca",
          "an authority may not issue certificates for this name: \"11.1.2.3\" in "
          "\"CN=constrained\", by the constraints of \"CN=Names CA\"" },
        { "ca", "dir-bad dir-ca",
          "an authority may not issue certificates for this name: \"O=others, CN=bad\" in "
          "\"O=others, CN=bad\", by the constraints of \"CN=Directory CA\"" },
        { "ca", "contradiction",
          "a certificate's extensions contradict each other: \"CN=contradiction\": its key may "
          "sign certificates, but it is no authority's" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct pki_run run;
        pki_begin(&run, rows[i].anchors, rows[i].sent);
        pki_verify(&run);
        assert_int_equal(run.result, CHAIN_FAILED);
        assert_string_equal(run.err.text, rows[i].text);
        pki_end(&run);
    }
}

/* Each fault has a reason of its own, with a text and a name. */
static void reasons(void **state)
{
    (void)state;
    for (int a = 0; a < FAULT_NUM; a++) {
        cssl_reason reason = fault_reason((enum fault)a);
        assert_in_range(reason, 400, 489);
        assert_non_null(cssl_reason_name((uint16_t)reason));
        for (int b = 0; b < a; b++) {
            assert_int_not_equal(reason, fault_reason((enum fault)b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences),
        cmocka_unit_test(reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_chain_check.c - each fault of a certificate in its place has its reason. */
#include "pki_support.h"

static void valid_paths(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "ca", "server" },
        { "ca", "server-ica ica" },
        { "ca", "server-ica ica ca" },       /* the anchor sent along */
        { "ca", "server-ica server ica" },   /* what does not belong there */
        { "ca", "server-ica ica ica ica" },  /* doubles */
        { "ica", "server-ica" },             /* an intermediate that is trusted */
        { "ica", "server-ica ica" },
        { "self-signed", "self-signed" },    /* a leaf that is trusted */
        { "self-signed-leaf", "self-signed-leaf" },
        { "server", "server" },              /* one that is not self-signed, too */
        { "rsa-ca", "under-rsa" },
        { "pss-ca", "under-pss" },
        { "ed25519", "ed25519" },
        { "ca", "rsa" },
        { "ca", "sha384" },
        { "ca", "unknown" },
        { "ca", "short short-ca" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        pki_expect(rows[i][0], rows[i][1], 0);
    }
}

static void faults(void **state)
{
    (void)state;
    static const struct {
        const char *anchors, *sent;
        cssl_reason reason;
        int index, alert;
    } rows[] = {
        { "other-ca", "server", CSSL_R_UNKNOWN_CA, 0, 48 },
        { "other-ca", "server ca", CSSL_R_UNKNOWN_CA, 1, 48 },
        { "ca", "server-ica", CSSL_R_UNKNOWN_CA, 0, 48 },
        { "ca", "self-signed", CSSL_R_SELF_SIGNED_PEER, 0, 42 },
        { "ca", "self-signed-leaf", CSSL_R_SELF_SIGNED_PEER, 0, 42 },
        { "ca", "impostor", CSSL_R_UNKNOWN_CA, 0, 48 },
        { "ca", "impostor impostor-ca", CSSL_R_UNKNOWN_CA, 1, 48 },
        { "ca", "impostor-no-aki", CSSL_R_CERT_SIGNATURE, 0, 42 },
        { "ca", "expired", CSSL_R_CERT_EXPIRED, 0, 45 },
        { "ca", "future", CSSL_R_CERT_NOT_YET_VALID, 0, 45 },
        { "ca", "server-ica ica-expired", CSSL_R_CERT_EXPIRED, 1, 45 },
        { "ca-expired", "server-ica ica", CSSL_R_CERT_EXPIRED, 2, 45 },
        { "ca", "weak", CSSL_R_WEAK_KEY, 0, 42 },
        { "ca", "unsupported-key", CSSL_R_UNSUPPORTED_KEY, 0, 43 },
        { "pss-ca", "odd-pss", CSSL_R_UNSUPPORTED_SIGNATURE, 0, 43 },
        { "ca", "sha1", CSSL_R_WEAK_DIGEST, 0, 42 },
        { "ca", "under-no-ca no-ca", CSSL_R_NOT_A_CA, 1, 40 },
        { "ca", "under-no-sign no-sign-ca", CSSL_R_CA_KEY_USAGE, 1, 43 },
        { "ca", "under-mild mild-ca", CSSL_R_CERT_CRITICALITY, 1, 42 },
        { "ca", "too-long below-short short-ca", CSSL_R_PATH_LENGTH, 2, 40 },
        { "ca", "under-client-ca client-ca", CSSL_R_CA_EXT_KEY_USAGE, 1, 43 },
        { "ca", "wrong-eku", CSSL_R_EXT_KEY_USAGE, 0, 43 },
        { "ca", "any-eku", CSSL_R_EXT_KEY_USAGE, 0, 43 },
        { "ca", "client", CSSL_R_EXT_KEY_USAGE, 0, 43 },
        { "ca", "wrong-ku", CSSL_R_CERT_KEY_USAGE, 0, 43 },
        { "ca", "contradiction", CSSL_R_CERT_CONTRADICTION, 0, 42 },
        { "ca", "unknown-critical", CSSL_R_CRITICAL_EXTENSION, 0, 43 },
        { "ca", "under-policy policy-ca", CSSL_R_POLICY, 0, 40 },
        { "ca", "no-names", CSSL_R_HOSTNAME_MISMATCH, 0, 42 },
        { "ca", "many-names", CSSL_R_HOSTNAME_MISMATCH, 0, 42 },
        { "ca", "dot dot-ca", CSSL_R_BAD_NAME_CONSTRAINTS, 1, 42 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct pki_run run;
        pki_begin(&run, rows[i].anchors, rows[i].sent);
        pki_verify(&run);
        if (run.result != CHAIN_FAILED || run.err.reason != rows[i].reason ||
            run.err.cert_index != rows[i].index || run.err.alert != rows[i].alert ||
            run.err.status != CSSL_ALERT) {
            fail_msg("%s: expected %s at %d, got %s at %d, alert %d: %s", rows[i].sent,
                     cssl_reason_name((uint16_t)rows[i].reason), rows[i].index,
                     run.result == CHAIN_OK ? "success" : cssl_reason_name(run.err.reason),
                     run.err.cert_index, run.err.alert, run.err.text);
        }
        pki_end(&run);
    }
}

static void times_belong_to_validity(void **state)
{
    (void)state;
    static const struct {
        int64_t now;
        cssl_reason reason;
    } rows[] = { { 1577836799, CSSL_R_CERT_NOT_YET_VALID },
                 { 1577836800, (cssl_reason)0 }, /* 2020-01-01T00:00:00Z */
                 { 4733510400, (cssl_reason)0 }, /* 2120-01-01T00:00:00Z */
                 { 4733510401, CSSL_R_CERT_EXPIRED } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct pki_run run;
        pki_begin(&run, "ca", "server");
        run.params.now = rows[i].now;
        pki_check(&run, rows[i].reason);
    }
}

static void purposes(void **state)
{
    (void)state;
    struct pki_run run;
    pki_begin(&run, "ca", "client");
    run.params.purpose = PURPOSE_CLIENT;
    run.params.name = NULL;
    pki_check(&run, 0);
    pki_begin(&run, "ca", "server");
    run.params.purpose = PURPOSE_CLIENT;
    run.params.name = NULL;
    pki_check(&run, CSSL_R_EXT_KEY_USAGE);
    pki_begin(&run, "ca", "wrong-ku");
    run.params.key_usage = KU_KEY_AGREEMENT;
    pki_check(&run, 0);
    pki_begin(&run, "ca", "wrong-ku");
    run.params.any_key_usage = true;
    pki_check(&run, 0);
    pki_begin(&run, "ca", "under-client-ca client-ca");
    run.params.any_ca_purpose = true; /* of authorities, not of the leaf */
    pki_check(&run, 0);
    pki_begin(&run, "ca", "wrong-eku");
    run.params.any_ca_purpose = true;
    pki_check(&run, CSSL_R_EXT_KEY_USAGE);
}

static void depth_counts_intermediates(void **state)
{
    (void)state;
    struct pki_run run;
    pki_begin(&run, "ca", "server");
    run.params.depth = 0;
    pki_check(&run, 0);
    pki_begin(&run, "ca", "server-ica ica");
    run.params.depth = 0;
    pki_check(&run, CSSL_R_CHAIN_TOO_DEEP);
    pki_begin(&run, "ca", "server-ica ica");
    run.params.depth = 1;
    pki_check(&run, 0);
    pki_begin(&run, "ica", "server-ica ica");
    run.params.depth = 0;
    pki_check(&run, 0);
}

static void schemes_are_permitted(void **state)
{
    (void)state;
    static const uint16_t ecdsa[] = { 0x0403 };
    static const uint16_t rsa[] = { 0x0401 };
    static const uint16_t pss[] = { 0x0809 };
    static const uint16_t rsae[] = { 0x0804 };
    static const struct {
        const char *anchor, *sent;
        const uint16_t *scheme;
        cssl_reason reason;
    } rows[] = {
        { "ca", "server", ecdsa, (cssl_reason)0 },
        { "ca", "server", rsa, CSSL_R_SIGNATURE_NOT_ACCEPTED },
        { "ca", "sha384", ecdsa, CSSL_R_SIGNATURE_NOT_ACCEPTED },
        { "rsa-ca", "under-rsa", rsa, (cssl_reason)0 },
        { "pss-ca", "under-pss", pss, (cssl_reason)0 },
        { "pss-ca", "under-pss", rsae, (cssl_reason)0 },
        { "pss-ca", "under-pss", rsa, CSSL_R_SIGNATURE_NOT_ACCEPTED },
        { "ed25519", "ed25519", rsa, (cssl_reason)0 }, /* an anchor's own does not count */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct pki_run run;
        pki_begin(&run, rows[i].anchor, rows[i].sent);
        run.params.schemes = rows[i].scheme;
        run.params.num_schemes = 1;
        pki_check(&run, rows[i].reason);
    }
}

/* Every single changed bit of a certificate that is in the path is noticed. */
static void refuse_bit_flip(void *arg, uint8_t *data, size_t len)
{
    struct pki_run *run = arg;
    cssl_error err;
    struct cert *cert = cert_parse(bytes_of(data, len), &err);
    if (cert == NULL) {
        return;
    }
    struct chain *chain = chain_new(&run->params, &cert, 1, &err);
    assert_non_null(chain);
    assert_int_equal(chain_run(chain, &err), CHAIN_FAILED);
    assert_true(err.text[0] != '\0');
    chain_free(chain);
    cert_free(cert);
}

static void forgeries_are_noticed(void **state)
{
    (void)state;
    struct pki_run run;
    size_t len;
    pki_begin(&run, "ca", "server");
    run.params.name = NULL;
    uint8_t *der = pki_der("server", &len);
    for_each_bit_flip(der, len, refuse_bit_flip, &run);
    free(der);
    pki_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_paths),
        cmocka_unit_test(faults),
        cmocka_unit_test(times_belong_to_validity),
        cmocka_unit_test(purposes),
        cmocka_unit_test(depth_counts_intermediates),
        cmocka_unit_test(schemes_are_permitted),
        cmocka_unit_test(forgeries_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_revoke.c - what revocation lists say of a certificate: all that can be in order or not. */
#include "base/error.h"
#include "support.h"

#include "pki/revoke.h"
#include "status_maker.h"

static struct sm_id ca, leaf, mute, ica;

static int set_up(void **state)
{
    (void)state;
    sm_make(&ca, &(struct sm_cert){ .name = "ca", .ca = true });
    sm_make(&mute, &(struct sm_cert){ .name = "mute", .ca = true, .key_usage = KU_KEY_CERT_SIGN });
    sm_make(&leaf, &(struct sm_cert){ .name = "leaf", .issuer = &ca, .serial = 42 });
    sm_make(&ica, &(struct sm_cert){ .name = "ica", .issuer = &ca, .ca = true, .serial = 43 });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sm_free(&ca);
    sm_free(&mute);
    sm_free(&leaf);
    sm_free(&ica);
    return 0;
}

/* look asks a list, given as memory, about the leaf (or ica) at SM_NOW. */
static enum revoke_status look(const struct sm_crl *spec, const struct sm_id *subject,
                               struct revoke_result *result)
{
    struct sm_der der;
    cssl_error err;
    sm_make_crl(&der, spec);
    struct crl_set *set = crl_set_from_memory(sm_bytes(&der), "crls", &err);
    if (set == NULL) {
        fail_msg("%s", err.text);
    }
    const struct revoke_lists lists = { REVOKE_PEER, set, NULL };
    const struct revoke_question q = { .cert = subject->cert, .issuer = ca.cert, .now = SM_NOW };
    assert_int_equal(revoke_by_lists(&lists, &q, result, &err), 0);
    crl_set_free(set);
    return result->status;
}

static void lists(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct sm_crl spec; /* by ca */
        bool about_ica;
        enum revoke_status status;
        const char *why;
    } rows[] = {
        { "empty", { 0 }, false, REVOKE_GOOD, "" },
        { "another serial", { .serials = { 41, 43, 4200 } }, false, REVOKE_GOOD, "" },
        { "revoked", { .serials = { 41, 42 } }, false, REVOKE_REVOKED, "" },
        { "on hold", { .serials = { 42 }, .reason = 6 }, false, REVOKE_REVOKED, "" },
        { "to be removed", { .serials = { 42 }, .reason = 8 }, false, REVOKE_UNKNOWN, "delta" },
        { "expired", { .to = SM_NOW - 1 }, false, REVOKE_UNKNOWN, "was valid until 2027-01-15" },
        { "ends now", { .to = SM_NOW }, false, REVOKE_GOOD, "" },
        { "expired, revoked", { .serials = { 42 }, .to = SM_NOW - 1 }, false, REVOKE_REVOKED, "" },
        { "expired, on hold", { .serials = { 42 }, .reason = 6, .to = SM_NOW - 1 }, false,
          REVOKE_UNKNOWN, "was valid until" },
        { "of the future", { .serials = { 42 }, .from = SM_NOW + 1 }, false, REVOKE_UNKNOWN,
          "not valid yet" },
        { "without end", { .to = -1 }, false, REVOKE_UNKNOWN, "nextUpdate" },
        { "without number", { .no_number = true }, false, REVOKE_UNKNOWN, "cRLNumber" },
        { "critical number", { .no_number = true, .more = "300d0603551d140101ff0403020103" }, false,
          REVOKE_UNKNOWN, "critical" },
        { "delta", { .more = "300d0603551d1b0101ff0403020101" }, false, REVOKE_UNKNOWN, "delta" },
        { "unknown critical", { .more = "300b06032a03040101ff04010a", .serials = { 42 } }, false,
          REVOKE_UNKNOWN, "critical extension" },
        { "unknown", { .more = "300806032a030404010a", .serials = { 42 } }, false, REVOKE_REVOKED,
          "" },
        { "unknown critical in an entry",
          { .entry_more = "300b06032a03040101ff04010a", .serials = { 42 } }, false, REVOKE_UNKNOWN,
          "an entry has a critical" },
        { "certificateIssuer in an entry",
          { .entry_more = "300f0603551d1d0101ff0405300382016a", .serials = { 42 } }, false,
          REVOKE_UNKNOWN, "an entry has a critical" },
        { "users only", { .more = "300f0603551d1c0101ff040530038101ff", .serials = { 42 } }, false,
          REVOKE_REVOKED, "" },
        { "users only, an authority",
          { .more = "300f0603551d1c0101ff040530038101ff", .serials = { 43 } }, true,
          REVOKE_UNKNOWN, "other certificates" },
        { "authorities only", { .more = "300f0603551d1c0101ff040530038201ff", .serials = { 42 } },
          false, REVOKE_UNKNOWN, "other certificates" },
        { "authorities only, one",
          { .more = "300f0603551d1c0101ff040530038201ff", .serials = { 43 } }, true,
          REVOKE_REVOKED, "" },
        { "indirect", { .more = "300f0603551d1c0101ff040530038401ff" }, false, REVOKE_UNKNOWN,
          "indirect" },
        { "attributes", { .more = "300f0603551d1c0101ff040530038501ff" }, false, REVOKE_UNKNOWN,
          "attribute" },
        { "some reasons", { .more = "30100603551d1c0101ff0406300483020640" }, false,
          REVOKE_UNKNOWN, "some of the reasons" },
        { "some reasons, revoked",
          { .more = "30100603551d1c0101ff0406300483020640", .serials = { 42 } }, false,
          REVOKE_REVOKED, "" },
        { "another point", { .more = "30150603551d1c0101ff040b3009a007a0058603752f78" }, false,
          REVOKE_UNKNOWN, "other certificates" },
        { "another key", { .more = "300c0603551d23040530038001aa" }, false, REVOKE_GOOD, "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct revoke_result result;
        struct sm_crl spec = rows[i].spec;
        spec.issuer = &ca;
        enum revoke_status got = look(&spec, rows[i].about_ica ? &ica : &leaf, &result);
        if (got != rows[i].status ||
            (got == REVOKE_UNKNOWN && strstr(result.why, rows[i].why) == NULL)) {
            fail_msg("%s: status %d, %s", rows[i].what, got, result.why);
        }
        if (got == REVOKE_REVOKED) {
            assert_int_equal(result.date, SM_NOW - SM_DAY);
            assert_int_equal(result.reason, spec.reason == 0 ? 1 : spec.reason);
        }
    }
}

static void issuers(void **state)
{
    (void)state;
    struct revoke_result result;
    struct sm_der der;
    cssl_error err;
    /* another authority's list does not count, whatever it says */
    assert_int_equal(look(&(struct sm_crl){ .issuer = &mute, .serials = { 42 } }, &leaf, &result),
                     REVOKE_UNKNOWN);
    assert_non_null(strstr(result.why, "no revocation list"));
    /* nor does one of the same name by another key */
    struct sm_id twin = { .key = mute.key, .cert = ca.cert };
    assert_int_equal(look(&(struct sm_crl){ .issuer = &twin, .serials = { 42 } }, &leaf, &result),
                     REVOKE_UNKNOWN);
    assert_non_null(strstr(result.why, "key does not fit"));
    /* a key that may not sign lists */
    struct sm_id under;
    sm_make(&under, &(struct sm_cert){ .name = "under", .issuer = &mute, .serial = 42 });
    sm_make_crl(&der, &(struct sm_crl){ .issuer = &mute });
    struct crl_set *set = crl_set_from_memory(sm_bytes(&der), "crls", &err);
    assert_non_null(set);
    const struct revoke_lists lists = { REVOKE_PEER, set, NULL };
    struct revoke_question q = { .cert = under.cert, .issuer = mute.cert, .now = SM_NOW };
    assert_int_equal(revoke_by_lists(&lists, &q, &result, &err), 0);
    assert_int_equal(result.status, REVOKE_UNKNOWN);
    assert_non_null(strstr(result.why, "cRLSign"));
    /* nobody above */
    q.issuer = NULL;
    assert_int_equal(revoke_by_lists(&lists, &q, &result, &err), 0);
    assert_int_equal(result.status, REVOKE_UNKNOWN);
    crl_set_free(set);
    sm_free(&under);
}

/* A signature scheme that the options do not allow counts for lists, too; a list that was verified
 * once is not taken for one that another key signed. */
static void signatures(void **state)
{
    (void)state;
    struct sm_der der;
    cssl_error err;
    static const uint16_t other[] = { SCHEME_ED25519 };
    sm_make_crl(&der, &(struct sm_crl){ .issuer = &ca });
    struct crl *crl = crl_parse(sm_bytes(&der), &err);
    assert_non_null(crl);
    assert_int_not_equal(crl_verify(crl, ca.cert, other, 1, &err), 0);
    assert_int_equal(err.reason, CSSL_R_CRL_SIGNATURE);
    assert_int_not_equal(crl_verify(crl, mute.cert, NULL, 0, &err), 0);
    assert_int_equal(crl_verify(crl, ca.cert, NULL, 0, &err), 0);
    assert_int_equal(crl_verify(crl, ca.cert, NULL, 0, &err), 0);
    assert_int_not_equal(crl_verify(crl, mute.cert, NULL, 0, &err), 0);
    assert_int_not_equal(crl_verify(crl, ca.cert, other, 1, &err), 0);
    crl_free(crl);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(lists), cmocka_unit_test(issuers),
                                        cmocka_unit_test(signatures) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

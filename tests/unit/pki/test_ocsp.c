/* test_ocsp.c - stapled responses: who may sign, what they are about, when they count, damage. */
#include "base/error.h"
#include "support.h"

#include <stdlib.h>

#include "pki/ocsp.h"
#include "status_maker.h"

static struct sm_id ca, other_ca, leaf, other, responder, stranger, no_purpose, ended;

static int set_up(void **state)
{
    (void)state;
    sm_make(&ca, &(struct sm_cert){ .name = "ca", .ca = true });
    sm_make(&other_ca, &(struct sm_cert){ .name = "other ca", .ca = true });
    sm_make(&leaf, &(struct sm_cert){ .name = "leaf", .issuer = &ca, .serial = 42 });
    sm_make(&other, &(struct sm_cert){ .name = "other", .issuer = &ca, .serial = 43 });
    sm_make(&responder, &(struct sm_cert){ .name = "responder", .issuer = &ca, .ocsp = true });
    sm_make(&stranger, &(struct sm_cert){ .name = "stranger", .issuer = &other_ca, .ocsp = true });
    sm_make(&no_purpose, &(struct sm_cert){ .name = "no purpose", .issuer = &ca });
    sm_make(&ended, &(struct sm_cert){ .name = "ended", .issuer = &ca, .ocsp = true,
                                       .from = SM_NOW - SM_DAY, .to = SM_NOW - 1 });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    struct sm_id *all[] = { &ca,       &other_ca, &leaf,       &other,
                            &responder, &stranger, &no_purpose, &ended };
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        sm_free(all[i]);
    }
    return 0;
}

static struct ocsp_result judge(const struct sm_der *der, cssl_bytes nonce)
{
    cssl_error err;
    struct ocsp_result result;
    uint8_t *copy = test_copy(der->data, der->len);
    const struct ocsp_question q = { .cert = leaf.cert, .issuer = ca.cert, .now = SM_NOW,
                                     .nonce = nonce };
    assert_int_equal(ocsp_judge(bytes_of(copy, der->len), &q, &result, &err), 0);
    free(copy);
    return result;
}

static void responses(void **state)
{
    (void)state;
    const cssl_bytes nonce = bytes_str("0123456789abcdef0123456789abcdef");
    const struct {
        const char *what;
        struct sm_ocsp spec; /* by ca about leaf, if nothing else is said */
        cssl_bytes nonce;    /* that was sent */
        enum ocsp_verdict verdict;
        const char *why;
    } rows[] = {
        { "good", { 0 }, { 0 }, OCSP_GOOD, NULL },
        { "good, by key", { .by_key = true }, { 0 }, OCSP_GOOD, NULL },
        { "good, SHA-256", { .hash = HASH_SHA256 }, { 0 }, OCSP_GOOD, NULL },
        { "good, delegate", { .signer = &responder, .send_signer = true }, { 0 }, OCSP_GOOD, NULL },
        { "good, delegate by key",
          { .signer = &responder, .send_signer = true, .by_key = true }, { 0 }, OCSP_GOOD, NULL },
        { "revoked", { .status = 1 }, { 0 }, OCSP_REVOKED, NULL },
        { "revoked, delegate", { .status = 1, .signer = &responder, .send_signer = true }, { 0 },
          OCSP_REVOKED, NULL },
        { "unknown", { .status = 2 }, { 0 }, OCSP_USELESS, "does not know" },
        { "tryLater", { .response_status = 3 }, { 0 }, OCSP_USELESS, "tryLater" },
        { "refused", { .response_status = 6 }, { 0 }, OCSP_USELESS, "no answer" },
        { "no such status", { .response_status = 7 }, { 0 }, OCSP_USELESS, "malformed" },
        { "another certificate", { .cert = other.cert }, { 0 }, OCSP_USELESS, "another" },
        { "another issuer", { .issuer = other_ca.cert }, { 0 }, OCSP_USELESS, "another" },
        { "delegate left out", { .signer = &responder }, { 0 }, OCSP_USELESS, "signed neither" },
        { "stranger", { .signer = &stranger, .send_signer = true }, { 0 }, OCSP_USELESS,
          "another issuer" },
        { "not for OCSP", { .signer = &no_purpose, .send_signer = true }, { 0 }, OCSP_USELESS,
          "not for OCSP" },
        { "delegate has ended", { .signer = &ended, .send_signer = true }, { 0 }, OCSP_USELESS,
          "not valid now" },
        { "other authority", { .signer = &other_ca, .send_signer = true }, { 0 }, OCSP_USELESS,
          "another issuer" },
        { "within the skew", { .to = SM_NOW - 300 }, { 0 }, OCSP_GOOD, NULL },
        { "expired", { .to = SM_NOW - 301 }, { 0 }, OCSP_USELESS, "expired" },
        { "no end", { .to = -1 }, { 0 }, OCSP_USELESS, "nextUpdate" },
        { "soon", { .from = SM_NOW + 300 }, { 0 }, OCSP_GOOD, NULL },
        { "of the future", { .from = SM_NOW + 301 }, { 0 }, OCSP_USELESS, "future" },
        { "ends first", { .from = SM_NOW, .to = SM_NOW - 1 }, { 0 }, OCSP_USELESS, "ends before" },
        { "nonce", { .nonce = nonce }, nonce, OCSP_GOOD, NULL },
        { "nonce not asked for", { .nonce = nonce }, { 0 }, OCSP_GOOD, NULL },
        { "no nonce", { 0 }, nonce, OCSP_USELESS, "lacks the nonce" },
        { "other nonce", { .nonce = bytes_str("x") }, nonce, OCSP_USELESS, "not the one" },
        { "critical", { .more = "300b06032a03040101ff04010a" }, { 0 }, OCSP_USELESS, "critical" },
        { "critical answer", { .single_more = "300b06032a03040101ff04010a" }, { 0 }, OCSP_USELESS,
          "critical" },
        { "extension", { .single_more = "300806032a030404010a" }, { 0 }, OCSP_GOOD, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sm_der der;
        struct sm_ocsp spec = rows[i].spec;
        spec.signer = spec.signer == NULL ? &ca : spec.signer;
        spec.cert = spec.cert == NULL ? leaf.cert : spec.cert;
        spec.issuer = spec.issuer == NULL ? ca.cert : spec.issuer;
        sm_make_ocsp(&der, &spec);
        struct ocsp_result r = judge(&der, rows[i].nonce);
        if (r.verdict != rows[i].verdict || (r.why == NULL) != (rows[i].why == NULL) ||
            (r.why != NULL && strstr(r.why, rows[i].why) == NULL)) {
            fail_msg("%s: %d, %s", rows[i].what, r.verdict, r.why == NULL ? "" : r.why);
        }
        if (r.verdict == OCSP_REVOKED) {
            assert_int_equal(r.reason, 1);
            assert_int_equal(r.revoked_at, SM_NOW - SM_DAY);
        }
    }
}

/* The name of the issuer, but another key: the signature tells. */
static void forged(void **state)
{
    (void)state;
    struct sm_der der;
    struct sm_id twin = { .key = other_ca.key, .cert = ca.cert };
    sm_make_ocsp(&der, &(struct sm_ocsp){ .signer = &twin, .cert = leaf.cert, .issuer = ca.cert });
    struct ocsp_result r = judge(&der, bytes_of(NULL, 0));
    assert_int_equal(r.verdict, OCSP_USELESS);
    assert_non_null(strstr(r.why, "signature"));
}

static void truncated_and_damaged(void **state)
{
    (void)state;
    struct sm_der der, bad;
    struct test_rng rng;
    cssl_error err;
    struct ocsp_facts facts;
    sm_make_ocsp(&der, &(struct sm_ocsp){ .signer = &responder, .send_signer = true,
                                          .cert = leaf.cert, .issuer = ca.cert });
    assert_int_equal(ocsp_inspect(sm_bytes(&der), &facts, &err), 0);
    assert_int_equal(facts.num_singles, 1);
    assert_int_equal(facts.next_update, SM_NOW + SM_DAY);
    bad = der;
    for (bad.len = 0; bad.len < der.len; bad.len++) {
        assert_int_equal(judge(&bad, bytes_of(NULL, 0)).verdict, OCSP_USELESS);
        assert_int_not_equal(ocsp_inspect(sm_bytes(&bad), &facts, &err), 0);
        assert_int_equal(err.reason, CSSL_R_OCSP_MALFORMED);
    }
    test_rng_init(&rng, 2);
    for (size_t i = 0; i < 5000; i++) {
        bad = der;
        size_t at = test_rng_below(&rng, der.len);
        uint8_t with = (uint8_t)(1 + test_rng_below(&rng, 255));
        bad.data[at] ^= with;
        struct ocsp_result r = judge(&bad, bytes_of(NULL, 0));
        /* Only the responder's certificate has bytes that may change nothing. */
        if (r.verdict == OCSP_REVOKED) {
            fail_msg("byte %zu xor %02x made it revoked", at, with);
        }
    }
}

static void request(void **state)
{
    (void)state;
    uint8_t out[OCSP_REQUEST_EXTENSIONS];
    uint8_t nonce[OCSP_NONCE];
    memset(nonce, 0x5a, sizeof(nonce));
    size_t len = ocsp_request_extensions(out, nonce);
    struct rd r = rd_of(bytes_of(out, len));
    struct rd list = der_enter(&r, DER_SEQUENCE);
    struct cert_ext ext = cert_next_extension(&list);
    char oid[DER_OID_TEXT_MAX];
    assert_true(rd_done(&r) && rd_done(&list));
    assert_string_equal(der_oid_text(oid, ext.oid), "1.3.6.1.5.5.7.48.1.2");
    struct rd value = rd_of(ext.value);
    assert_true(bytes_equal(der_value(&value, DER_OCTET_STRING), bytes_of(nonce, sizeof(nonce))));
    assert_true(rd_done(&value));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(responses), cmocka_unit_test(forged),
                                        cmocka_unit_test(truncated_and_damaged),
                                        cmocka_unit_test(request) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* test_crl.c - revocation lists: what is found in them, every truncation, damage, many entries. */
#include "base/error.h"
#include "support.h"

#include <stdlib.h>

#include "crypto/pem.h"
#include "pki/crl.h"
#include "status_maker.h"

static struct sm_id ca;

static int set_up(void **state)
{
    (void)state;
    sm_make(&ca, &(struct sm_cert){ .name = "ca", .ca = true });
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sm_free(&ca);
    return 0;
}

static void facts(void **state)
{
    (void)state;
    struct sm_der der;
    struct crl_entry entry;
    cssl_error err;
    sm_make_crl(&der, &(struct sm_crl){ .issuer = &ca, .serials = { 9, 300, 2, 70000 } });
    struct crl *crl = crl_parse(sm_bytes(&der), &err);
    assert_non_null(crl);
    assert_true(bytes_equal(crl_issuer(crl), cert_subject(ca.cert)));
    assert_int_equal(crl_size(crl), 4);
    assert_int_equal(crl_this_update(crl), SM_NOW - SM_DAY);
    assert_int_equal(crl_next_update(crl), SM_NOW + SM_DAY);
    assert_null(crl_unusable(crl));
    assert_int_equal(crl_number(crl).data[0], 3);
    static const uint8_t there[][3] = { { 9 }, { 1, 44 }, { 2 }, { 1, 0x11, 0x70 } };
    static const size_t lens[] = { 1, 2, 1, 3 };
    for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
        assert_true(crl_find(crl, bytes_of(there[i], lens[i]), &entry));
        assert_int_equal(entry.reason, CRL_KEY_COMPROMISE);
        assert_int_equal(entry.date, SM_NOW - SM_DAY);
    }
    static const uint8_t absent[][2] = { { 1 }, { 3 }, { 10 }, { 1, 43 }, { 1, 45 }, { 0, 9 } };
    for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
        assert_false(crl_find(crl, bytes_of(absent[i], i < 3 ? 1 : 2), NULL));
    }
    assert_string_equal(crl_reason_name(1), "keyCompromise");
    assert_null(crl_reason_name(7));
    assert_null(crl_reason_name(11));
    crl_free(crl_ref(crl));
    crl_free(crl);
}

static void truncated_and_damaged(void **state)
{
    (void)state;
    struct sm_der der;
    cssl_error err;
    struct test_rng rng;
    sm_make_crl(&der, &(struct sm_crl){ .issuer = &ca, .serials = { 9, 300 },
                                        .more = "300f0603551d1c0101ff040530038101ff" });
    for (size_t len = 0; len < der.len; len++) {
        uint8_t *copy = test_copy(der.data, len);
        assert_null(crl_parse(bytes_of(copy, len), &err));
        assert_true(err.reason == CSSL_R_CRL_MALFORMED && err.text[0] != '\0');
        free(copy);
    }
    der.data[der.len] = 0;
    assert_null(crl_parse(bytes_of(der.data, der.len + 1), &err));
    test_rng_init(&rng, 1);
    for (size_t i = 0; i < 20000; i++) {
        uint8_t *copy = test_copy(der.data, der.len);
        for (size_t n = 1 + test_rng_below(&rng, 3); n > 0; n--) {
            copy[test_rng_below(&rng, der.len)] = (uint8_t)test_rng_next(&rng);
        }
        struct crl *crl = crl_parse(bytes_of(copy, der.len), &err);
        if (crl != NULL) {
            bool same = memcmp(copy, der.data, der.len) == 0;
            assert_true(same || crl_verify(crl, ca.cert, NULL, 0, &err) != 0);
            (void)crl_find(crl, cert_subject(ca.cert), NULL);
            (void)crl_covers(crl, ca.cert);
        }
        crl_free(crl);
        free(copy);
    }
}

/* A list of 100,000 entries in no order: all are found, and quickly. */
static void large(void **state)
{
    (void)state;
    enum { NUM = 100000 };
    struct dw w;
    cssl_error err;
    dw_init(&w, 8 << 20);
    dw_open(&w, DER_SEQUENCE);
    dw_open(&w, DER_SEQUENCE);
    dw_integer(&w, 1);
    sm_alg(&w);
    sm_name(&w, "large");
    dw_time(&w, SM_NOW);
    dw_time(&w, SM_NOW + SM_DAY);
    dw_open(&w, DER_SEQUENCE);
    for (uint64_t i = 0; i < NUM; i++) {
        dw_open(&w, DER_SEQUENCE);
        dw_integer(&w, 1 + 2 * (i * 77773 % NUM)); /* odd numbers */
        dw_time(&w, SM_NOW);
        dw_close(&w);
    }
    dw_close(&w);
    dw_close(&w);
    sm_alg(&w);
    dw_bits(&w, bytes_str("no signature"));
    dw_close(&w);
    assert_true(dw_ok(&w));
    struct crl *crl = crl_parse(dw_view(&w), &err);
    assert_non_null(crl);
    assert_int_equal(crl_size(crl), NUM);
    for (uint64_t i = 1; i <= 2 * NUM; i++) {
        struct dw serial;
        dw_init(&serial, 32);
        dw_integer(&serial, i);
        struct rd r = rd_of(dw_view(&serial));
        assert_int_equal(crl_find(crl, der_integer(&r, DER_INTEGER), NULL), i % 2 == 1);
        dw_free(&serial);
    }
    crl_free(crl);
    dw_free(&w);
}

static void sets(void **state)
{
    (void)state;
    struct sm_der a, b;
    cssl_error err;
    char *text;
    size_t len;
    uint8_t both[2 * SM_DER_MAX];
    sm_make_crl(&a, &(struct sm_crl){ .issuer = &ca });
    sm_make_crl(&b, &(struct sm_crl){ .issuer = &ca, .serials = { 5 } });
    memcpy(both, a.data, a.len);
    memcpy(both + a.len, b.data, b.len);
    struct crl_set *set = crl_set_from_memory(bytes_of(both, a.len + b.len), "crls", &err);
    assert_int_equal(crl_set_size(set), 2);
    assert_int_equal(crl_size(crl_set_at(set, 1)), 1);
    crl_set_free(set);
    assert_int_equal(pem_write("X509 CRL", sm_bytes(&b), &text, &len, &err), 0);
    set = crl_set_from_memory(bytes_of((uint8_t *)text, len), "crls", &err);
    assert_int_equal(crl_set_size(set), 1);
    crl_set_free(set);
    free(text);
    assert_int_equal(pem_write("CERTIFICATE", sm_bytes(&b), &text, &len, &err), 0);
    assert_null(crl_set_from_memory(bytes_of((uint8_t *)text, len), "crls", &err));
    assert_int_equal(err.reason, CSSL_R_CRL_FILE);
    assert_string_equal(err.option, "crls");
    free(text);
    assert_null(crl_set_from_memory(bytes_of(both, a.len + b.len - 1), "crls", &err));
    assert_null(crl_set_from_memory(bytes_str("what is this?"), "crls", &err));
    assert_null(crl_set_from_file("/nonexistent/crl.pem", "crlfile", &err));
    assert_string_equal(err.option, "crlfile");
    assert_int_equal(crl_set_size(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(facts),
                                        cmocka_unit_test(truncated_and_damaged),
                                        cmocka_unit_test(large), cmocka_unit_test(sets) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

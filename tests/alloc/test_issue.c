/*
 * test_issue.c - memory that runs out at each allocation in turn, while certificates and requests
 * are made and read: always CSSL_NOMEM or a whole certificate, nothing leaks.
 */
#include "out_of_memory.h"
#include "support.h"

#include "base/error.h"
#include "base/mem.h"
#include "pki/issue.h"

/* step does its work once and returns a status; what it made is checked and freed in there. */
typedef int step(const struct issue_params *params, const struct pkey *key, cssl_error *err);

static int make_cert(const struct issue_params *params, const struct pkey *key, cssl_error *err)
{
    uint8_t *der = NULL;
    size_t len = 0;
    (void)key;
    int status = issue_cert(params, &der, &len, err);
    assert_int_equal(status == 0, der != NULL);
    mem_free(der);
    return status;
}

static int make_request(const struct issue_params *params, const struct pkey *key, cssl_error *err)
{
    uint8_t *der = NULL;
    size_t len = 0;
    int status = issue_request(params, key, &der, &len, err);
    assert_int_equal(status == 0, der != NULL);
    mem_free(der);
    return status;
}

static void try_all(step *work)
{
    cssl_error err = { 0 };
    struct issue_name names[30];
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "host-%zu.some.long.domain.example.org", i);
        assert_int_equal(issue_name_parse(&names[i], text, &err), 0);
    }
    struct pkey *key = pkey_generate(KEY_ED25519, 0, &err);
    assert_non_null(key);
    const struct issue_params params = { .common_name = "alloc",
                                         .organization = "Tests",
                                         .names = names,
                                         .num_names = ARRAY_SIZE(names),
                                         .server = true,
                                         .not_before = 1700000000,
                                         .not_after = 1800000000,
                                         .spki = pkey_spki(key),
                                         .signer = key };
    int status = CSSL_NOMEM;
    unsigned long n = 0;
    while (status != 0) {
        n++;
        assert_true(n < 1000);
        err = (cssl_error){ 0 };
        plan.count = 0;
        plan.fail_at = n;
        plan.armed = true;
        status = work(&params, key, &err);
        plan.armed = false;
        if (status != 0 && err.status != CSSL_NOMEM) {
            fail_msg("allocation %lu: %s", n, err.text);
        }
    }
    assert_true(n > 2); /* there were allocations to fail */
    pkey_free(key);
}

static void certificates(void **state)
{
    (void)state;
    try_all(make_cert);
}

static void requests(void **state)
{
    (void)state;
    try_all(make_request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates),
        cmocka_unit_test(requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

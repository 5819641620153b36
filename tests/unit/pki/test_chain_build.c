/* test_chain_build.c - the search: alternative ways, what is reported, and its bounds. */
#include "pki_support.h"

#include <malloc.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* What the worst chain may cost: processor time, and the heap that the search holds at its end. The
 * bounds are far above what is measured (shown with CSSL_VERBOSE=1). */
enum { SEARCH_MS_MAX = SANITIZED ? 15000 : 500, SEARCH_HEAP_MAX = 64 * 1024 };

static size_t heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return SANITIZED ? 0 : info.uordblks + info.hblkhd;
}

static double cpu_ms(void)
{
    struct timespec ts;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* verify_measured is pki_verify for a chain that is made to be costly. */
static void verify_measured(struct pki_run *run, const char *what)
{
    size_t heap_before = heap();
    double before = cpu_ms();
    pki_verify(run);
    double ms = cpu_ms() - before;
    size_t after = heap();
    size_t held = after > heap_before ? after - heap_before : 0;
    if (getenv("CSSL_VERBOSE") != NULL) {
        print_message("%-20s %7.2f ms of %d, %6zu bytes of %d\n", what, ms, SEARCH_MS_MAX, held,
                      SEARCH_HEAP_MAX);
    }
    if (ms > SEARCH_MS_MAX || held > SEARCH_HEAP_MAX) {
        fail_msg("%s took %.2f ms and %zu bytes", what, ms, held);
    }
}

static void alternative_ways(void **state)
{
    (void)state;
    static const struct {
        const char *anchors, *sent;
        int reason;
    } rows[] = {
        { "other-ca", "server-ica ica ica-cross", 0 },
        { "other-ca", "server-ica ica-cross ica", 0 },
        { "ca", "server-ica ica-cross ica", 0 },
        { "ca other-ca", "server-ica ica-cross ica-expired", 0 },
        { "ca", "server-ica ica-expired ica", 0 },
        { "ca", "server-ica ica-expired ica-cross other-ca ica", 0 },
        { "ca-expired ca", "server", 0 },
        { "ca-renewed", "server", 0 },          /* the same name and key */
        { "ca-renewed", "server ca", 0 },
        { "ca impostor-ca", "server", 0 },      /* two authorities of one name */
        { "ca impostor-ca", "impostor", 0 },
        { "ca impostor-ca", "impostor-no-aki", 0 },
        { "ca", "spelled ica-spelled", 0 },     /* letters and spaces written otherwise */
        { "ca-expired", "server ca", CSSL_R_CERT_EXPIRED },
        { "other-ca", "server-ica ica ica-cross other-ca", 0 },
        { "ca", "server-ica ica-expired ica-cross", CSSL_R_CERT_EXPIRED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        pki_expect(rows[i].anchors, rows[i].sent, rows[i].reason);
    }
}

static void the_path_is_told(void **state)
{
    (void)state;
    struct pki_run run;
    pki_begin(&run, "ca other-ca", "server-ica server ica");
    pki_verify(&run);
    assert_int_equal(run.result, CHAIN_OK);
    assert_ptr_equal(chain_path(run.chain, 0), run.certs[0]);
    assert_ptr_equal(chain_path(run.chain, 1), run.certs[2]);
    struct cert *ca = pki_cert("ca");
    assert_true(bytes_equal(cert_der(chain_path(run.chain, 2)), cert_der(ca)));
    assert_null(chain_path(run.chain, 3));
    assert_int_equal(chain_run(run.chain, &run.err), CHAIN_OK); /* once more: the same */
    cert_free(ca);
    pki_end(&run);
}

/* A path that reaches an anchor and has expired tells more than one that reaches none. */
static void best_reason(void **state)
{
    (void)state;
    pki_expect("ca", "server-ica ica-cross ica-expired", CSSL_R_CERT_EXPIRED);
    pki_expect("ca", "expired", CSSL_R_CERT_EXPIRED);
    pki_expect("other-ca", "expired", CSSL_R_UNKNOWN_CA);
    struct pki_run run;
    pki_begin(&run, "ca", "server-ica ica-cross");
    pki_verify(&run);
    assert_int_equal(run.result, CHAIN_FAILED);
    assert_int_equal(run.err.reason, CSSL_R_UNKNOWN_CA);
    assert_int_equal(run.err.cert_index, 1);
    assert_ptr_equal(chain_path(run.chain, 1), run.certs[1]);
    assert_int_equal(chain_run(run.chain, &run.err), CHAIN_FAILED);
    assert_int_equal(run.err.reason, CSSL_R_UNKNOWN_CA);
    pki_end(&run);
}

static void bad_arguments(void **state)
{
    (void)state;
    struct pki_run run;
    pki_begin(&run, "ca", "server");
    assert_null(chain_new(&run.params, run.certs, 0, &run.err));
    assert_int_equal(run.err.reason, CSSL_R_ARGUMENT);
    run.params.anchors = NULL;
    assert_null(chain_new(&run.params, run.certs, 1, &run.err));
    assert_int_equal(run.err.reason, CSSL_R_ARGUMENT);
    chain_free(NULL);
    pki_end(&run);
    pki_begin(&run, "ca", "server mesh-cas* ca");
    assert_int_equal(run.num, CHAIN_CERTS_MAX + 1);
    pki_check(&run, CSSL_R_TOO_MANY_CERTIFICATES);
}

/* Fifteen authorities of one name: who signed whom can only be found out by trying. */
static void mesh_of_one_name(void **state)
{
    (void)state;
    struct pki_run run;
    pki_begin(&run, "ca", "mesh mesh-cas*");
    verify_measured(&run, "one name");
    assert_int_equal(run.result, CHAIN_FAILED);
    assert_int_equal(run.err.reason, CSSL_R_PATH_TOO_COSTLY);
    assert_true(run.chain->used.signatures <= CHAIN_SIGNATURES_MAX);
    pki_end(&run);
}

/* Six authorities that all vouch for each other: 1,956 ways, of which none leads anywhere. */
static void mesh_of_many_ways(void **state)
{
    (void)state;
    struct pki_run run;
    pki_begin(&run, "ca", "cross cross-cas*");
    assert_int_equal(run.num, 31);
    run.params.pool = true;
    verify_measured(&run, "many ways");
    assert_int_equal(run.result, CHAIN_FAILED);
    assert_int_equal(run.err.reason, CSSL_R_PATH_TOO_COSTLY);
    assert_true(run.chain->used.steps <= CHAIN_STEPS_MAX + 1);
    assert_true(run.chain->used.signatures <= 31);
    pki_end(&run);
    pki_begin(&run, "ca", "cross cross-cas*"); /* a peer may not send as many */
    pki_check(&run, CSSL_R_TOO_MANY_CERTIFICATES);
}

/* 400 names under 400 constraints are 160,000 comparisons. */
static void names_are_bounded(void **state)
{
    (void)state;
    struct pki_run run;
    pki_begin(&run, "ca", "large large-ca");
    run.params.name = NULL;
    verify_measured(&run, "many names");
    assert_int_equal(run.result, CHAIN_FAILED);
    assert_int_equal(run.err.reason, CSSL_R_PATH_TOO_COSTLY);
    assert_in_range(run.chain->used.names, CHAIN_NAMES_MAX, CHAIN_NAMES_MAX + 1000);
    pki_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alternative_ways),  cmocka_unit_test(the_path_is_told),
        cmocka_unit_test(best_reason),       cmocka_unit_test(bad_arguments),
        cmocka_unit_test(mesh_of_one_name),  cmocka_unit_test(mesh_of_many_ways),
        cmocka_unit_test(names_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

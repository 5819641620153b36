/* test_chain.c - questions and answers: the events of OTP's verify_fun, in its order. */
#include "pki_support.h"

#include "pki/der.h"

/* What is expected to be asked, and what is answered. */
struct step {
    enum chain_event event;
    int index;
    cssl_reason reason;
    enum chain_verdict verdict;
};

enum { END = -1 };

/* play runs a verification against a script; it ends with reason (0: success). */
static void play(const char *anchors, const char *sent, const struct step *steps,
                 cssl_reason reason)
{
    struct pki_run run;
    pki_begin(&run, anchors, sent);
    run.params.ask = true;
    pki_verify(&run);
    for (; steps->index != END; steps++) {
        struct chain_question q;
        if (run.result != CHAIN_ASKS) {
            fail_msg("%s: no question about %d: %s", sent, steps->index, run.err.text);
        }
        chain_question(run.chain, &q);
        if (q.event != steps->event || q.index != steps->index || q.reason != steps->reason) {
            fail_msg("%s: asked %d about %d (%s)", sent, (int)q.event, q.index,
                     q.reason == 0 ? "-" : cssl_reason_name((uint16_t)q.reason));
        }
        assert_ptr_equal(q.cert, chain_path(run.chain, (size_t)q.index));
        assert_int_equal(q.oid.len > 0, q.event == CHAIN_EXTENSION);
        assert_int_equal(chain_run(run.chain, &run.err), CHAIN_ASKS); /* it can wait */
        chain_answer(run.chain, steps->verdict);
        run.result = chain_run(run.chain, &run.err);
    }
    if (run.result != (reason == 0 ? CHAIN_OK : CHAIN_FAILED) ||
        (reason != 0 && run.err.reason != reason)) {
        fail_msg("%s: ended with %d: %s", sent, (int)run.result, run.err.text);
    }
    assert_int_equal(chain_run(run.chain, &run.err), run.result);
    pki_end(&run);
}

#define SCRIPT(...) ((const struct step[]){ __VA_ARGS__, { .index = END } })
#define VALID(i, verdict) { CHAIN_VALID, i, (cssl_reason)0, verdict }
#define PEER(verdict) { CHAIN_VALID_PEER, 0, (cssl_reason)0, verdict }
#define BAD(i, reason, verdict) { CHAIN_BAD_CERT, i, reason, verdict }
#define EXTENSION(i, verdict) { CHAIN_EXTENSION, i, (cssl_reason)0, verdict }

static void from_the_anchor_down(void **state)
{
    (void)state;
    play("ca", "server-ica ica", SCRIPT(VALID(1, CHAIN_ACCEPT), PEER(CHAIN_ACCEPT)), 0);
    play("ca", "server-ica ica", SCRIPT(VALID(1, CHAIN_UNKNOWN), PEER(CHAIN_UNKNOWN)), 0);
    play("ca", "server", SCRIPT(PEER(CHAIN_ACCEPT)), 0);
    play("server", "server", SCRIPT(PEER(CHAIN_ACCEPT)), 0);
}

static void a_valid_one_can_be_rejected(void **state)
{
    (void)state;
    play("ca", "server-ica ica", SCRIPT(VALID(1, CHAIN_REJECT)), CSSL_R_CERT_REJECTED);
    play("ca", "server-ica ica", SCRIPT(VALID(1, CHAIN_ACCEPT), PEER(CHAIN_REJECT)),
         CSSL_R_CERT_REJECTED);
}

static void faults_can_be_accepted(void **state)
{
    (void)state;
    play("ca", "expired", SCRIPT(BAD(0, CSSL_R_CERT_EXPIRED, CHAIN_ACCEPT), PEER(CHAIN_ACCEPT)),
         0);
    play("ca", "expired", SCRIPT(BAD(0, CSSL_R_CERT_EXPIRED, CHAIN_REJECT)), CSSL_R_CERT_EXPIRED);
    play("ca", "expired", SCRIPT(BAD(0, CSSL_R_CERT_EXPIRED, CHAIN_UNKNOWN)), CSSL_R_CERT_EXPIRED);
    play("ca", "no-names",
         SCRIPT(BAD(0, CSSL_R_HOSTNAME_MISMATCH, CHAIN_ACCEPT), PEER(CHAIN_ACCEPT)), 0);
    play("ca", "server-ica ica-expired",
         SCRIPT(BAD(1, CSSL_R_CERT_EXPIRED, CHAIN_ACCEPT), VALID(1, CHAIN_ACCEPT),
                PEER(CHAIN_ACCEPT)), 0);
    play("ca-expired", "server",
         SCRIPT(BAD(1, CSSL_R_CERT_EXPIRED, CHAIN_ACCEPT), PEER(CHAIN_ACCEPT)), 0);
    play("ca-expired", "expired",
         SCRIPT(BAD(1, CSSL_R_CERT_EXPIRED, CHAIN_ACCEPT),
                BAD(0, CSSL_R_CERT_EXPIRED, CHAIN_ACCEPT), PEER(CHAIN_ACCEPT)), 0);
    play("ca", "names-dns names-ca",
         SCRIPT(VALID(1, CHAIN_ACCEPT), BAD(0, CSSL_R_NAME_NOT_PERMITTED, CHAIN_ACCEPT),
                BAD(0, CSSL_R_HOSTNAME_MISMATCH, CHAIN_REJECT)), CSSL_R_HOSTNAME_MISMATCH);
}

/* One accepted fault does not hide another. */
static void strangers_can_be_accepted(void **state)
{
    (void)state;
    play("ca", "self-signed",
         SCRIPT(BAD(0, CSSL_R_SELF_SIGNED_PEER, CHAIN_ACCEPT), PEER(CHAIN_ACCEPT)), 0);
    play("other-ca", "expired",
         SCRIPT(BAD(0, CSSL_R_UNKNOWN_CA, CHAIN_ACCEPT),
                BAD(0, CSSL_R_CERT_EXPIRED, CHAIN_REJECT)), CSSL_R_CERT_EXPIRED);
    play("other-ca", "server ca",
         SCRIPT(BAD(1, CSSL_R_UNKNOWN_CA, CHAIN_ACCEPT), VALID(1, CHAIN_ACCEPT),
                PEER(CHAIN_ACCEPT)), 0);
    play("ca", "impostor-no-aki",
         SCRIPT(BAD(0, CSSL_R_CERT_SIGNATURE, CHAIN_REJECT)), CSSL_R_CERT_SIGNATURE);
}

/* SHA-1 is refused for its weakness; its signature is checked all the same. */
static void weak_digests_are_still_verified(void **state)
{
    (void)state;
    play("ca", "sha1", SCRIPT(BAD(0, CSSL_R_WEAK_DIGEST, CHAIN_REJECT)), CSSL_R_WEAK_DIGEST);
    size_t len;
    uint8_t *der = pki_der("sha1", &len);
    der[len - 1] ^= 1;
    struct pki_run run;
    pki_begin(&run, "ca", "");
    cssl_error err;
    run.certs[run.num++] = cert_parse(bytes_of(der, len), &err);
    assert_non_null(run.certs[0]);
    run.params.ask = true;
    pki_verify(&run);
    struct chain_question q;
    chain_question(run.chain, &q);
    assert_int_equal(q.reason, CSSL_R_WEAK_DIGEST);
    chain_answer(run.chain, CHAIN_ACCEPT);
    assert_int_equal(chain_run(run.chain, &err), CHAIN_ASKS);
    chain_question(run.chain, &q);
    assert_int_equal(q.reason, CSSL_R_CERT_SIGNATURE);
    pki_end(&run);
    free(der);
}

static void unknown_extensions(void **state)
{
    (void)state;
    play("ca", "unknown",
         SCRIPT(EXTENSION(0, CHAIN_UNKNOWN), EXTENSION(0, CHAIN_UNKNOWN), PEER(CHAIN_ACCEPT)), 0);
    play("ca", "unknown",
         SCRIPT(EXTENSION(0, CHAIN_ACCEPT), EXTENSION(0, CHAIN_REJECT)), CSSL_R_CERT_REJECTED);
    play("ca", "unknown-critical",
         SCRIPT(EXTENSION(0, CHAIN_ACCEPT), PEER(CHAIN_ACCEPT)), 0);
    play("ca", "unknown-critical",
         SCRIPT(EXTENSION(0, CHAIN_UNKNOWN), BAD(0, CSSL_R_CRITICAL_EXTENSION, CHAIN_REJECT)),
         CSSL_R_CRITICAL_EXTENSION);
    play("ca", "unknown-critical",
         SCRIPT(EXTENSION(0, CHAIN_UNKNOWN), BAD(0, CSSL_R_CRITICAL_EXTENSION, CHAIN_ACCEPT),
                PEER(CHAIN_ACCEPT)), 0);
    play("ca", "under-policy policy-ca",
         SCRIPT(VALID(1, CHAIN_ACCEPT), BAD(0, CSSL_R_POLICY, CHAIN_REJECT)), CSSL_R_POLICY);
    struct pki_run run;
    pki_begin(&run, "ca", "unknown-critical");
    run.params.ask = true;
    pki_verify(&run);
    struct chain_question q;
    char oid[DER_OID_TEXT_MAX];
    chain_question(run.chain, &q);
    assert_true(q.critical);
    assert_string_equal(der_oid_text(oid, q.oid), "1.3.6.1.4.1.55555.1");
    pki_end(&run); /* in the middle of a question */
}

static void bounds_are_not_asked_about(void **state)
{
    (void)state;
    struct pki_run run;
    pki_begin(&run, "ca", "mesh mesh-cas*");
    run.params.ask = true;
    pki_verify(&run);
    assert_int_equal(run.result, CHAIN_FAILED);
    assert_int_equal(run.err.reason, CSSL_R_PATH_TOO_COSTLY);
    pki_end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_anchor_down),
        cmocka_unit_test(a_valid_one_can_be_rejected),
        cmocka_unit_test(faults_can_be_accepted),
        cmocka_unit_test(strangers_can_be_accepted),
        cmocka_unit_test(weak_digests_are_still_verified),
        cmocka_unit_test(unknown_extensions),
        cmocka_unit_test(bounds_are_not_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

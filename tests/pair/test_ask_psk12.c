/*
 * test_ask_psk12.c - the secrets of TLS 1.2's PSK suites, asked of the program when the identity is
 * there: in ClientKeyExchange. All other questions are in test_ask.c.
 */
#include "base/error.h"
#include "scene.h"

static const uint8_t secret[32] = { 9, 8, 7 }, other_secret[32] = { 9, 8, 6 };

struct answer {
    unsigned asked;
    cssl_verdict verdict;
    uint8_t alert;
    cssl_bytes value;
    const char *identity; /* that is asked about */
};

static bool on_question(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    struct answer *answer = p->on_ask_arg;
    const cssl_question *q = &event->question;
    cssl_error err;
    assert_int_equal(event->type, CSSL_EV_ASK);
    assert_int_equal(q->kind, CSSL_ASK_PSK);
    assert_int_equal(q->subject.len, strlen(answer->identity));
    assert_memory_equal(q->subject.data, answer->identity, q->subject.len);
    assert_null(q->socket);
    answer->asked++;
    cssl_answer a = { .id = q->id, .verdict = CSSL_ACCEPT, .value = { secret, 15 } };
    assert_int_equal(cssl_engine_answer(p->side[dir].engine, &a, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_ANSWER_WRONG);
    a.verdict = answer->verdict;
    a.alert = answer->alert;
    a.value = answer->value;
    (void)cssl_engine_answer(p->side[dir].engine, &a, &err);
    assert_int_equal(cssl_engine_answer(p->side[dir].engine, &a, NULL) < 0, true);
    return true;
}

/* TLS 1.2 learns the identity in ClientKeyExchange, whether there is a certificate or not. */
static void test_psk12(void **state)
{
    (void)state;
    static const char *const suites[] = { "TLS_PSK_WITH_AES_128_GCM_SHA256",
                                          "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256",
                                          "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256" };
    static const struct {
        cssl_verdict verdict;
        const uint8_t *value;
        uint8_t said;     /* the answer's alert */
        int alert;        /* the server's; -1: connected */
    } rows[] = {
        { CSSL_ACCEPT, secret, 0, -1 },
        { CSSL_ACCEPT, other_secret, 0, ALERT_DECRYPT_ERROR },
        { CSSL_REJECT, NULL, 0, ALERT_UNKNOWN_PSK_IDENTITY },
        { CSSL_REJECT, NULL, ALERT_ACCESS_DENIED, ALERT_ACCESS_DENIED },
        { CSSL_ANSWER_DEFAULT, NULL, 0, ALERT_DECRYPT_ERROR }, /* as if it were known */
    };
    for (size_t i = 0; i < ARRAY_SIZE(suites) * ARRAY_SIZE(rows); i++) {
        const size_t r = i % ARRAY_SIZE(rows);
        struct scene m;
        struct answer answer = { .verdict = rows[r].verdict,
                                 .alert = rows[r].said,
                                 .value = { rows[r].value, rows[r].value == NULL ? 0 : 32 },
                                 .identity = "device 7" };
        const cssl_options c = { .versions = CSSL_TLSV1_2,
                                 .supported_groups = CSSL_LIST("x25519", "ffdhe2048"),
                                 .ciphers = CSSL_LIST(suites[i / ARRAY_SIZE(rows)]),
                                 .psk_identity = "device 7",
                                 .psk = { secret, sizeof(secret) } };
        const cssl_options s = { .versions = CSSL_TLSV1_2,
                                 .supported_groups = CSSL_LIST("x25519", "ffdhe2048"),
                                 .ask_about = CSSL_ASK_PSK };
        scene_ask(&m, &c, &s, on_question, &answer);
        if (answer.asked != 1) {
            fail_msg("%s, row %zu: asked %u, alert %d", suites[i / ARRAY_SIZE(rows)], r,
                     answer.asked, host_alert(&m.server, true));
        }
        if (rows[r].alert != ALERT_DECRYPT_ERROR) {
            assert_int_equal(host_alert(&m.server, true), rows[r].alert);
        }
        assert_int_equal(pair_connected(&m.p), rows[r].alert == -1);
        if (rows[r].alert == -1) {
            assert_int_equal(pair_write(&m.p, FROM_CLIENT, "hello", 5), 0);
            assert_int_equal(pair_write(&m.p, FROM_SERVER, "hello", 5), 0);
        }
        scene_end(&m);
    }
}

/* The config's own key is not asked about, and what is asked is not taken for it. */
static void test_psk12_own(void **state)
{
    (void)state;
    for (int own = 0; own < 2; own++) {
        struct scene m;
        struct answer answer = { .verdict = CSSL_ACCEPT,
                                 .value = { secret, sizeof(secret) },
                                 .identity = "device 7" };
        const cssl_options c = { .versions = CSSL_TLSV1_2,
                                 .ciphers = CSSL_LIST("TLS_PSK_WITH_AES_128_GCM_SHA256"),
                                 .psk_identity = own != 0 ? "own" : "device 7",
                                 .psk = { own != 0 ? other_secret : secret, 32 } };
        const cssl_options s = { .versions = CSSL_TLSV1_2,
                                 .ask_about = CSSL_ASK_PSK,
                                 .psk_identity = "own",
                                 .psk = { other_secret, 32 } };
        scene_ask(&m, &c, &s, on_question, &answer);
        assert_int_equal(answer.asked, own != 0 ? 0 : 1);
        assert_true(pair_connected(&m.p));
        scene_end(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_psk12, scene_set_up),
        cmocka_unit_test_setup(test_psk12_own, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

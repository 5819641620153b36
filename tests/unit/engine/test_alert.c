/* test_alert.c - alerts: each kind received, in each version, and those that are owed. */
#include "engine_support.h"

static int take(cssl_engine *e, const uint8_t *data, size_t len, cssl_error *err)
{
    uint8_t copy[8] = { 0 };
    if (len > 0) {
        memcpy(copy, data, len);
    }
    const struct rec rec = { .type = CT_ALERT, .data = copy, .len = len, .sealed = true };
    return alert_take(e, &rec, err);
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        uint8_t data[3];
        size_t len;
        int reason, alert;
    } rows[] = {
        { { 0 }, 0, CSSL_R_RECORD_EMPTY, ALERT_UNEXPECTED_MESSAGE },
        { { 1 }, 1, CSSL_R_ALERT_MALFORMED, ALERT_DECODE_ERROR },
        { { 1, 0, 0 }, 3, CSSL_R_ALERT_MALFORMED, ALERT_DECODE_ERROR },
        { { 0, 0 }, 2, CSSL_R_ALERT_LEVEL, ALERT_ILLEGAL_PARAMETER },
        { { 3, 0 }, 2, CSSL_R_ALERT_LEVEL, ALERT_ILLEGAL_PARAMETER },
        { { 255, 40 }, 2, CSSL_R_ALERT_LEVEL, ALERT_ILLEGAL_PARAMETER },
    };
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err;
        assert_int_equal(take(ends.client, rows[i].data, rows[i].len, &err), CSSL_ALERT);
        assert_int_equal(err.reason, rows[i].reason);
        assert_int_equal(err.alert, rows[i].alert);
        assert_false(err.alert_from_peer);
        assert_false(ends.client->peer_closed);
    }
    ends_free(&ends);
}

/* What a warning is depends on the version: in TLS 1.3 only two alerts are no errors. */
static void test_levels(void **state)
{
    (void)state;
    static const struct {
        unsigned versions;
        uint8_t level, alert;
        bool fatal;
    } rows[] = {
        { CSSL_TLSV1_3, 1, ALERT_USER_CANCELED, false },
        { CSSL_TLSV1_3, 2, ALERT_USER_CANCELED, false },
        { CSSL_TLSV1_3, 1, ALERT_HANDSHAKE_FAILURE, true },
        { CSSL_TLSV1_3, 2, ALERT_HANDSHAKE_FAILURE, true },
        { CSSL_TLSV1_3, 1, 200, true }, /* RFC 8446 6.2: unknown ones are errors */
        { CSSL_TLSV1_2, 1, ALERT_USER_CANCELED, false },
        { CSSL_TLSV1_2, 1, ALERT_NO_RENEGOTIATION, false },
        { CSSL_TLSV1_2, 1, 200, false },
        { CSSL_TLSV1_2, 2, ALERT_NO_RENEGOTIATION, true },
        { CSSL_TLSV1_2, 2, ALERT_HANDSHAKE_FAILURE, true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options options = { .versions = rows[i].versions };
        const uint8_t alert[] = { rows[i].level, rows[i].alert };
        cssl_error err = { .alert = ALERT_NONE };
        struct ends ends;
        ends_new(&ends, &options, &options);
        shake(&ends);
        assert_int_equal(take(ends.client, alert, 2, &err), rows[i].fatal ? CSSL_ALERT : 0);
        if (rows[i].fatal) {
            assert_int_equal(err.reason, CSSL_R_PEER_ALERT);
            assert_int_equal(err.alert, rows[i].alert);
            assert_true(err.alert_from_peer);
        }
        assert_false(ends.client->peer_closed);
        ends_free(&ends);
    }
}

static void test_warnings_are_bounded(void **state)
{
    (void)state;
    const uint8_t alert[] = { 1, ALERT_USER_CANCELED };
    cssl_error err;
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    for (int i = 0; i < WARNINGS_MAX; i++) {
        assert_int_equal(take(ends.server, alert, 2, &err), 0);
    }
    assert_int_equal(take(ends.server, alert, 2, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_TOO_MANY_WARNINGS);
    ends_free(&ends);
}

static void test_close_notify(void **state)
{
    (void)state;
    const uint8_t alert[] = { 1, ALERT_CLOSE_NOTIFY };
    cssl_error err;
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    assert_int_equal(take(ends.client, alert, 2, &err), CSSL_CLOSED); /* in the handshake */
    assert_int_equal(err.reason, CSSL_R_CLOSED);
    assert_false(ends.client->peer_closed);
    shake(&ends);
    assert_int_equal(take(ends.client, alert, 2, &err), 0);
    assert_true(ends.client->peer_closed);
    ends_free(&ends);
}

static void test_owed_alert_is_paid_once(void **state)
{
    (void)state;
    cssl_error err, told;
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    (void)fail(&err, CSSL_R_KEY_UPDATE_VALUE);
    assert_int_equal(engine_fail(ends.client, &err, NULL), CSSL_ALERT);
    assert_int_equal(ends.client->conn.out.len, 0); /* the receiving half writes nothing */
    pay_owed(ends.client);
    size_t len = ends.client->conn.out.len;
    assert_true(len > 0);
    assert_true(ends.client->closed);
    assert_int_equal(ends.client->conn.write_secret.len, 0); /* forgotten */
    pay_owed(ends.client);
    assert_int_equal(cssl_engine_close(ends.client, &err), 0);
    assert_int_equal(ends.client->conn.out.len, len);
    assert_int_equal(carry(ends.client, ends.server, &told), CSSL_ALERT);
    assert_int_equal(told.alert, ALERT_ILLEGAL_PARAMETER);
    assert_true(told.alert_from_peer);
    ends_free(&ends);
}

/* RFC 8446 6.2: nothing is said to a peer whose fatal alert came. */
static void test_nothing_after_a_received_one(void **state)
{
    (void)state;
    const uint8_t alert[] = { 2, ALERT_INTERNAL_ERROR };
    cssl_error err;
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    seal(ends.server, CT_ALERT, alert, sizeof(alert));
    assert_int_equal(carry(ends.server, ends.client, &err), CSSL_ALERT);
    assert_int_equal(cssl_engine_output(ends.client).len, 0);
    assert_int_equal(cssl_engine_close(ends.client, &err), 0);
    assert_int_equal(cssl_engine_output(ends.client).len, 0);
    assert_int_equal(ends.client->conn.write_secret.len, 0);
    ends_free(&ends);
}

static void test_close_is_said_once(void **state)
{
    (void)state;
    cssl_error err;
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    assert_int_equal(cssl_engine_close(ends.client, &err), 0);
    size_t len = cssl_engine_output(ends.client).len;
    assert_true(len > 0);
    assert_int_equal(cssl_engine_close(ends.client, &err), 0);
    assert_int_equal(cssl_engine_output(ends.client).len, len);
    assert_int_equal(cssl_engine_write(ends.client, "x", 1, &err), CSSL_CLOSED);
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    (void)event(ends.server, CSSL_EV_CLOSED);
    assert_int_equal(cssl_engine_write(ends.server, "x", 1, &err), 1); /* the other way is open */
    ends_free(&ends);
}

static void test_close_ends_a_handshake(void **state)
{
    (void)state;
    cssl_error err;
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    assert_int_equal(cssl_engine_close(ends.client, &err), 0);
    (void)cssl_engine_output(ends.client);
    assert_null(ends.client->hs);
    assert_int_equal(cssl_engine_received(ends.client, 0, &err), CSSL_CLOSED);
    ends_free(&ends);
}

static void test_cancel(void **state)
{
    (void)state;
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    cssl_engine_sent(ends.client, cssl_engine_output(ends.client).len);
    cssl_engine_cancel(ends.client);
    cssl_bytes out = cssl_engine_output(ends.client);
    test_same_hex(out.data, out.len, "1503030002015a 15030300020100");
    cssl_engine_sent(ends.client, out.len);
    cssl_engine_cancel(ends.client);
    assert_int_equal(cssl_engine_output(ends.client).len, 0);
    ends_free(&ends);
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    cssl_engine_cancel(ends.client); /* there is no handshake any more */
    assert_int_equal(cssl_engine_output(ends.client).len, 0);
    assert_int_equal(cssl_engine_write(ends.client, "x", 1, NULL), 1);
    ends_free(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_warnings_are_bounded),
        cmocka_unit_test(test_close_notify),
        cmocka_unit_test(test_owed_alert_is_paid_once),
        cmocka_unit_test(test_nothing_after_a_received_one),
        cmocka_unit_test(test_close_is_said_once),
        cmocka_unit_test(test_close_ends_a_handshake),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

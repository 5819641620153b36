/* test_pump.c - the receiving half: what each kind of record may do, how often, and what failing
 * leaves behind. */
#include "engine_support.h"

enum { MANY = 100 };

/* bound seals a record again and again and returns how many times it was taken, and why not. */
static int bound(struct ends *ends, uint8_t type, const void *data, size_t len, cssl_error *err)
{
    for (int i = 0; i < MANY; i++) {
        seal(ends->client, type, data, len);
        if (carry(ends->client, ends->server, err) != 0) {
            return i;
        }
        no_event(ends->server);
    }
    return MANY;
}

static void test_empty_data_is_bounded(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    struct worker *w;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    const cssl_bytes nothing = bytes_of(NULL, 0);
    for (int i = 0; i <= EMPTY_RECORDS_MAX; i++) {
        w = worker_borrow(ends.client_config->shared);
        assert_int_equal(rec_seal(&ends.client->conn.write, w, CT_APPLICATION_DATA, &nothing, 1, 0,
                                  &ends.client->conn.out, &err),
                         0);
        worker_return(ends.client_config->shared, w);
        assert_int_equal(carry(ends.client, ends.server, &err),
                         i < EMPTY_RECORDS_MAX ? 0 : CSSL_ALERT);
    }
    assert_int_equal(err.reason, CSSL_R_TOO_MANY_EMPTY);
    ends_free(&ends);
}

/* Data in between begins the count anew. */
static void test_data_forgives(void **state)
{
    (void)state;
    const uint8_t update[] = { 24, 0, 0, 1, 0 };
    struct ends ends;
    cssl_error err;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    ends.server->empties = EMPTY_RECORDS_MAX;
    ends.server->warnings = WARNINGS_MAX;
    ends.server->updates = KEY_UPDATES_MAX;
    assert_int_equal(cssl_engine_write(ends.client, "x", 1, &err), 1);
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    (void)event(ends.server, CSSL_EV_DATA);
    no_event(ends.server);
    assert_int_equal(ends.server->empties + ends.server->warnings + ends.server->updates, 0);
    ends.server->updates = KEY_UPDATES_MAX;
    assert_int_equal(bound(&ends, CT_HANDSHAKE, update, sizeof(update), &err), 0);
    assert_int_equal(err.reason, CSSL_R_TOO_MANY_UPDATES);
    ends_free(&ends);
}

/* Answers to what we asked for are not counted. */
static void test_updates_that_were_asked_for(void **state)
{
    (void)state;
    const uint8_t update[] = { 24, 0, 0, 1, 0 };
    struct ends ends;
    cssl_error err;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    ends.server->updates = KEY_UPDATES_MAX;
    atomic_store(&ends.server->updates_asked, 1);
    seal(ends.client, CT_HANDSHAKE, update, sizeof(update));
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    assert_int_equal(atomic_load(&ends.server->updates_asked), 0);
    assert_false(atomic_load(&ends.server->owed_update));
    ends_free(&ends);
}

static void test_update_that_asks_is_owed_once(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cssl_engine_update_keys(ends.client, true, &err), 0);
    }
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    assert_true(atomic_load(&ends.server->owed_update));
    assert_int_equal(ends.server->conn.out.len, 0); /* the receiving half writes nothing */
    size_t len = cssl_engine_output(ends.server).len;
    assert_true(len > 0 && len < 64); /* one answer */
    assert_false(atomic_load(&ends.server->owed_update));
    assert_int_equal(cssl_engine_output(ends.server).len, len);
    ends_free(&ends);
}

/* Records under the right keys that may not come after a handshake. */
static void test_refused_records(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, data[8];
        size_t len;
        int reason;
    } rows[] = {
        { CT_CHANGE_CIPHER_SPEC, { 1 }, 1, CSSL_R_CHANGE_CIPHER_SPEC },
        { 99, { 1 }, 1, CSSL_R_RECORD_TYPE },
        { CT_HANDSHAKE, { 1, 0, 0, 0 }, 4, CSSL_R_UNEXPECTED_MESSAGE }, /* client_hello */
        { CT_HANDSHAKE, { 4, 0, 0, 0 }, 4, CSSL_R_UNEXPECTED_MESSAGE }, /* from a client */
        { CT_HANDSHAKE, { 24, 0, 0, 1, 2 }, 5, CSSL_R_KEY_UPDATE_VALUE },
        { CT_HANDSHAKE, { 24, 0, 0, 1, 0, 24 }, 6, CSSL_R_MESSAGE_ACROSS_KEYS },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct ends ends;
        cssl_error err = { .reason = 0 };
        ends_new(&ends, NULL, NULL);
        shake(&ends);
        assert_int_equal(bound(&ends, rows[i].type, rows[i].data, rows[i].len, &err), 0);
        assert_int_equal(err.reason, rows[i].reason);
        ends_free(&ends);
    }
}

static void test_fragments_stay_together(void **state)
{
    (void)state;
    const uint8_t update[] = { 24, 0, 0, 1, 0 };
    struct ends ends;
    cssl_error err;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    for (size_t i = 0; i < sizeof(update); i++) { /* a byte each is fine */
        seal(ends.client, CT_HANDSHAKE, update + i, 1);
    }
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    assert_int_equal(ends.server->updates, 1);
    ends_free(&ends);
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    seal(ends.client, CT_HANDSHAKE, update, 2);
    seal(ends.client, CT_APPLICATION_DATA, "x", 1);
    assert_int_equal(carry(ends.client, ends.server, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_RECORD_INTERLEAVED);
    ends_free(&ends);
}

/* In the clear, before a ClientHello. */
static void test_first_records(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        int reason;
    } rows[] = {
        { "474554202f20", CSSL_R_NOT_TLS }, /* GET / */
        { "1703030001 00", CSSL_R_UNEXPECTED_MESSAGE },
        { "1403030001 01", CSSL_R_CHANGE_CIPHER_SPEC },
        { "1603010000", CSSL_R_RECORD_EMPTY },
        { "1603010001 02", CSSL_R_UNEXPECTED_MESSAGE }, /* a ServerHello's first byte */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t data[16];
        size_t len = test_unhex(data, sizeof(data), rows[i].hex);
        struct ends ends;
        cssl_error err = { .reason = 0 };
        ends_new(&ends, NULL, NULL);
        assert_int_equal(feed(ends.server, data, len, &err), CSSL_ALERT);
        assert_int_equal(err.reason, rows[i].reason);
        assert_true(cssl_engine_output(ends.server).len > 0); /* its alert */
        ends_free(&ends);
    }
}

/* However the bytes are cut, the handshake is the same. */
static void test_a_byte_at_a_time(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    ends_new(&ends, NULL, NULL);
    cssl_bytes hello = cssl_engine_output(ends.client);
    for (size_t i = 0; i < hello.len; i++) {
        assert_int_equal(cssl_engine_output(ends.server).len, 0);
        assert_int_equal(feed(ends.server, hello.data + i, 1, &err), 0);
    }
    assert_true(cssl_engine_output(ends.server).len > 0);
    cssl_engine_sent(ends.client, hello.len);
    shake(&ends);
    ends_free(&ends);
}

static void test_the_end_of_the_stream(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    ends_new(&ends, NULL, NULL);
    assert_int_equal(cssl_engine_received(ends.server, 0, &err), CSSL_TRUNCATED);
    assert_non_null(strstr(err.text, "during the handshake"));
    ends_free(&ends);
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    /* What came before the end is handed out before the end is. */
    assert_int_equal(cssl_engine_write(ends.client, "last", 4, &err), 4);
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    assert_int_equal(cssl_engine_received(ends.server, 0, &err), 0);
    assert_int_equal(event(ends.server, CSSL_EV_DATA).data.len, 4);
    assert_int_equal(event(ends.server, CSSL_EV_ERROR).error->reason, CSSL_R_TRUNCATED);
    ends_free(&ends);
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    assert_int_equal(cssl_engine_close(ends.client, &err), 0);
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    (void)event(ends.server, CSSL_EV_CLOSED);
    no_event(ends.server);
    assert_int_equal(cssl_engine_received(ends.server, 0, &err), 0); /* in order */
    no_event(ends.server);
    ends_free(&ends);
}

/* The first error is final, and the secrets of the half that failed are gone. */
static void test_failing(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error first, second, told;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    assert_true(ends.server->conn.read_secret.len > 0);
    (void)fail(&first, CSSL_R_BAD_RECORD_MAC);
    (void)fail(&second, CSSL_R_TRUNCATED);
    assert_int_equal(engine_fail(ends.server, &first, &told), CSSL_ALERT);
    assert_int_equal(engine_fail(ends.server, &second, &told), CSSL_ALERT);
    assert_int_equal(told.reason, CSSL_R_BAD_RECORD_MAC);
    assert_int_equal(engine_error(ends.server)->reason, CSSL_R_BAD_RECORD_MAC);
    assert_int_equal(atomic_load(&ends.server->owed_alert), ALERT_BAD_RECORD_MAC);
    assert_int_equal(ends.server->conn.read_secret.len, 0);
    assert_int_equal(ends.server->conn.read.key.alg, AEAD_NONE);
    assert_true(ends.server->conn.write_secret.len > 0); /* the other half's */
    assert_null(ends.server->hs);
    assert_int_equal(cssl_engine_received(ends.server, 5, &told), CSSL_ALERT);
    assert_int_equal(told.reason, CSSL_R_BAD_RECORD_MAC);
    ends_free(&ends);
    ends_new(&ends, NULL, NULL);
    assert_int_equal(engine_error(ends.client)->reason, CSSL_R_NOMEM); /* it was not to be kept */
    ends_free(&ends);
}

/* A record that was damaged, or belongs to another connection, opens nowhere. */
static void test_records_that_do_not_open(void **state)
{
    (void)state;
    for (int damage = 0; damage < 2; damage++) {
        struct ends ends, other;
        uint8_t record[64];
        cssl_error err = { .reason = 0 };
        ends_new(&ends, NULL, NULL);
        ends_new(&other, NULL, NULL);
        shake(&ends);
        shake(&other);
        assert_int_equal(cssl_engine_write(ends.client, "x", 1, &err), 1);
        cssl_bytes out = cssl_engine_output(ends.client);
        assert_true(out.len <= sizeof(record));
        memcpy(record, out.data, out.len);
        record[out.len - 1] = (uint8_t)(record[out.len - 1] ^ damage);
        cssl_engine *e = damage == 0 ? other.server : ends.server;
        assert_int_equal(feed(e, record, out.len, &err), CSSL_ALERT);
        assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
        no_event(e); /* neither data nor the error again, which was told */
        ends_free(&ends);
        ends_free(&other);
    }
}

/* A renegotiation that the sending half wants after the pump has looked waits for both halves. */
static void test_due_waits_for_both(void **state)
{
    (void)state;
    const cssl_options tls12 = { .versions = CSSL_TLSV1_2 };
    struct ends ends;
    cssl_error err;
    ends_new(&ends, &tls12, NULL);
    shake(&ends);
    engine_two_threads(ends.client);
    atomic_store(&ends.client->renegotiation_due, true);
    assert_int_equal(renegotiate_if_due(ends.client, &err), 0);
    assert_null(ends.client->hs);
    assert_true(engine_renegotiation_due(ends.client));
    engine_hold_both(ends.client, true);
    assert_int_equal(renegotiate_if_due(ends.client, &err), 0);
    assert_non_null(ends.client->hs);
    assert_true(engine_renegotiating(ends.client));
    assert_false(engine_renegotiation_due(ends.client));
    ends_free(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_data_is_bounded),
        cmocka_unit_test(test_data_forgives),
        cmocka_unit_test(test_updates_that_were_asked_for),
        cmocka_unit_test(test_update_that_asks_is_owed_once),
        cmocka_unit_test(test_refused_records),
        cmocka_unit_test(test_fragments_stay_together),
        cmocka_unit_test(test_first_records),
        cmocka_unit_test(test_a_byte_at_a_time),
        cmocka_unit_test(test_the_end_of_the_stream),
        cmocka_unit_test(test_failing),
        cmocka_unit_test(test_records_that_do_not_open),
        cmocka_unit_test(test_due_waits_for_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

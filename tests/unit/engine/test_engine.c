/* test_engine.c - the engine's API at its edges: sizes, limits, who may write when. */
#include "engine_support.h"

#include "record/tls_record.h"

static void test_new(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    const cssl_peer nameless = { .name = NULL };
    ends_new(&ends, NULL, NULL);
    assert_true(cssl_engine_output(ends.client).len > 0); /* its ClientHello */
    assert_int_equal(cssl_engine_output(ends.server).len, 0);
    no_event(ends.client);
    no_event(ends.server);
    assert_null(cssl_engine_new(ends.client_config, NULL, &err)); /* nobody to verify */
    assert_int_equal(err.reason, CSSL_R_NO_PEER_NAME);
    assert_string_equal(err.option, "server_name_indication");
    assert_null(cssl_engine_new(ends.client_config, &nameless, &err));
    assert_int_equal(err.reason, CSSL_R_NO_PEER_NAME);
    ends_free(&ends);
    cssl_engine_free(NULL);
}

/* RFC 6066 3: names are sent, without their last dot; addresses are not. */
static void test_names_that_are_sent(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sni;
    } rows[] = {
        { "localhost", "localhost" },   { "example.org.", "example.org" },
        { "127.0.0.1", NULL },          { "::1", NULL },
        { "b\xc3\xbc"
          "cher.example", "xn--bcher-kva.example" },
    };
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_peer peer = { .name = rows[i].name };
        cssl_error err = { .text = "" };
        cssl_engine *e = cssl_engine_new(ends.client_config, &peer, &err);
        if (e == NULL) {
            fail_msg("%s: %s", rows[i].name, err.text);
            return;
        }
        if (rows[i].sni == NULL) {
            assert_null(e->conn.sni);
        } else {
            assert_string_equal(e->conn.sni, rows[i].sni);
        }
        cssl_engine_free(e);
    }
    ends_free(&ends);
}

static void test_writing_has_its_time(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    ends_new(&ends, NULL, NULL);
    assert_int_equal(cssl_engine_write(ends.client, "x", 1, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_NOT_NOW);
    assert_int_equal(cssl_engine_update_keys(ends.client, false, &err), CSSL_STATE);
    shake(&ends);
    assert_int_equal(cssl_engine_write(ends.client, "x", 0, &err), 0);
    assert_int_equal(cssl_engine_output(ends.client).len, 0); /* no empty record */
    assert_int_equal(cssl_engine_write(ends.client, "x", 1, &err), 1);
    assert_int_equal(cssl_engine_received(ends.client, 0, &err), CSSL_TRUNCATED);
    assert_int_equal(cssl_engine_write(ends.client, "x", 1, &err), CSSL_TRUNCATED);
    assert_int_equal(cssl_engine_update_keys(ends.client, true, &err), CSSL_TRUNCATED);
    ends_free(&ends);
}

/* Without a client's certificate to wait for, a server may write before Finished came. */
static void test_half_rtt(void **state)
{
    (void)state;
    static const struct {
        unsigned versions;
        cssl_verify verify;
        bool may;
    } rows[] = {
        { CSSL_TLSV1_3, CSSL_VERIFY_NONE, true },
        { CSSL_TLSV1_3, CSSL_VERIFY_PEER, false },
        { CSSL_TLSV1_2, CSSL_VERIFY_NONE, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options client = { .versions = rows[i].versions };
        cssl_options server = { .versions = rows[i].versions, .verify = rows[i].verify };
        server.cacertfile = rows[i].verify == CSSL_VERIFY_PEER ? ENGINE_CERTS "ca.pem" : NULL;
        struct ends ends;
        cssl_error err;
        ends_new(&ends, &client, &server);
        assert_int_equal(carry(ends.client, ends.server, &err), 0);
        no_event(ends.server);
        assert_int_equal(cssl_engine_write(ends.server, "early", 5, &err),
                         rows[i].may ? 5 : CSSL_STATE);
        ends_free(&ends);
    }
}

static void test_writev_keeps_the_order(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    char want[64] = "", got[64] = "", pieces[40][2];
    size_t want_len = 0, got_len = 0;
    struct iovec v[40];
    for (size_t i = 0; i < ARRAY_SIZE(v); i++) { /* more than fit into one record */
        (void)snprintf(pieces[i], sizeof(pieces[i]), "%c", (char)('0' + i));
        v[i] = (struct iovec){ .iov_base = pieces[i], .iov_len = i % 3 == 2 ? 0 : 1 };
        memcpy(want + want_len, pieces[i], v[i].iov_len);
        want_len += v[i].iov_len;
    }
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    assert_int_equal(cssl_engine_writev(ends.client, v, (int)ARRAY_SIZE(v), &err), want_len);
    assert_int_equal(cssl_engine_writev(ends.client, v, 0, &err), 0);
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    cssl_event ev;
    while (cssl_engine_next(ends.server, &ev)) {
        assert_int_equal(ev.type, CSSL_EV_DATA);
        assert_true(ev.data.len < sizeof(got) - got_len);
        memcpy(got + got_len, ev.data.data, ev.data.len);
        got_len += ev.data.len;
    }
    assert_string_equal(got, want);
    ends_free(&ends);
}

static void test_send_limit_and_fragments(void **state)
{
    (void)state;
    enum { LIMIT = 32768, FRAGMENT = 1000, LOTS = 100000 };
    const cssl_options client = { .send_limit = LIMIT, .max_fragment = FRAGMENT };
    struct ends ends;
    cssl_error err;
    uint8_t *data = calloc(1, LOTS);
    ends_new(&ends, &client, NULL);
    shake(&ends);
    ssize_t n = cssl_engine_write(ends.client, data, LOTS, &err);
    assert_true(n > 0 && n <= LIMIT);
    cssl_bytes out = cssl_engine_output(ends.client);
    assert_in_range(out.len, LIMIT, LIMIT + REC_OVERHEAD_MAX);
    assert_in_range((size_t)out.data[3] << 8 | out.data[4], FRAGMENT, FRAGMENT + 1 + AEAD_TAG_MAX);
    assert_int_equal(cssl_engine_write(ends.client, data, LOTS, &err), 0); /* full */
    cssl_engine_sent(ends.client, out.len);
    assert_true(cssl_engine_write(ends.client, data, LOTS, &err) > 0);
    cssl_engine_sent(ends.client, SIZE_MAX); /* no more than there is */
    assert_int_equal(cssl_engine_output(ends.client).len, 0);
    ends_free(&ends);
    free(data);
}

static void test_room(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    uint8_t *where;
    ends_new(&ends, NULL, NULL);
    assert_true(cssl_engine_room(ends.client, &where) >= REC_WIRE_MAX);
    assert_non_null(where);
    shake(&ends);
    assert_int_equal(cssl_engine_write(ends.client, "data", 4, &err), 4);
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    assert_int_equal(cssl_engine_room(ends.server, &where), 0); /* until it is drained */
    assert_null(where);
    cssl_event ev = event(ends.server, CSSL_EV_DATA);
    assert_memory_equal(ev.data.data, "data", 4);
    assert_int_equal(cssl_engine_room(ends.server, &where), 0); /* the view lives */
    no_event(ends.server);
    assert_true(cssl_engine_room(ends.server, &where) > 0);
    assert_int_equal(cssl_engine_received(ends.server, 0, &err), CSSL_TRUNCATED);
    assert_int_equal(cssl_engine_room(ends.server, &where), 0);
    ends_free(&ends);
}

static void test_event_of_other_sizes(void **state)
{
    (void)state;
    struct {
        cssl_event ev;
        uint8_t more[8];
    } roomy;
    struct ends ends;
    cssl_error err;
    const size_t old = offsetof(cssl_event, fd);
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    assert_int_equal(cssl_engine_write(ends.client, "a", 1, &err), 1);
    assert_int_equal(cssl_engine_write(ends.client, "b", 1, &err), 1);
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    memset(&roomy, 0xa5, sizeof(roomy));
    assert_true(cssl_engine_next_sized(ends.server, &roomy.ev, sizeof(roomy)));
    assert_int_equal(roomy.ev.fd, -1);
    assert_int_equal(roomy.more[0] | roomy.more[sizeof(roomy.more) - 1], 0);
    memset(&roomy, 0xa5, sizeof(roomy));
    assert_true(cssl_engine_next_sized(ends.server, &roomy.ev, old));
    assert_int_equal(roomy.ev.data.data[0], 'b');
    for (size_t i = old; i < sizeof(roomy); i++) {
        assert_int_equal(((const uint8_t *)&roomy)[i], 0xa5);
    }
    ends_free(&ends);
}

static void test_key_updates(void **state)
{
    (void)state;
    static const unsigned versions[] = { CSSL_TLSV1_3, CSSL_TLSV1_2 };
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        const cssl_options options = { .versions = versions[i] };
        const bool can = versions[i] == CSSL_TLSV1_3;
        struct ends ends;
        cssl_error err;
        ends_new(&ends, &options, &options);
        shake(&ends);
        struct secret was = ends.client->conn.write_secret;
        int rc = cssl_engine_update_keys(ends.client, true, &err);
        assert_int_equal(rc, can ? 0 : CSSL_STATE);
        if (can) {
            assert_memory_not_equal(&was, &ends.client->conn.write_secret, sizeof(was));
            assert_int_equal(atomic_load(&ends.client->updates_asked), 1);
            assert_int_equal(carry(ends.client, ends.server, &err), 0);
            assert_int_equal(carry(ends.server, ends.client, &err), 0); /* the answer */
            assert_int_equal(atomic_load(&ends.client->updates_asked), 0);
        }
        assert_int_equal(cssl_engine_write(ends.server, "x", 1, &err), 1);
        assert_int_equal(carry(ends.server, ends.client, &err), 0);
        (void)event(ends.client, CSSL_EV_DATA);
        ends_free(&ends);
    }
}

/* key_update_at: the keys change by themselves before so many bytes were sealed. */
static void test_keys_that_are_used_up(void **state)
{
    (void)state;
    const cssl_options client = { .key_update_at = 1000 };
    struct ends ends;
    cssl_error err;
    uint8_t data[600] = { 0 };
    ends_new(&ends, &client, NULL);
    shake(&ends);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cssl_engine_write(ends.client, data, sizeof(data), &err), sizeof(data));
    }
    assert_int_equal(ends.client->conn.write.sent, sizeof(data)); /* the third under a new key */
    assert_int_equal(carry(ends.client, ends.server, &err), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(event(ends.server, CSSL_EV_DATA).data.len, sizeof(data));
    }
    no_event(ends.server);
    assert_int_equal(cssl_engine_output(ends.server).len, 0); /* none was asked for */
    ends_free(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),
        cmocka_unit_test(test_names_that_are_sent),
        cmocka_unit_test(test_writing_has_its_time),
        cmocka_unit_test(test_half_rtt),
        cmocka_unit_test(test_writev_keeps_the_order),
        cmocka_unit_test(test_send_limit_and_fragments),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_event_of_other_sizes),
        cmocka_unit_test(test_key_updates),
        cmocka_unit_test(test_keys_that_are_used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

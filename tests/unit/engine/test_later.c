/* test_later.c - authentication after the handshake between an engine's two halves: what is owed is
 * paid by the sending half, whole, and once. The rest is in tests/pair/test_later.c. */
#include "engine_support.h"

static const cssl_options offers = { .post_handshake_auth = true,
                                     .certfile = ENGINE_CERTS "client.pem",
                                     .keyfile = ENGINE_CERTS "client.key.pem" };
static const cssl_options asks = { .verify = CSSL_VERIFY_PEER, .post_handshake_auth = true,
                                   .cacertfile = ENGINE_CERTS "ca.pem" };

static void test_owed(void **state)
{
    (void)state;
    struct ends ends;
    ends_new(&ends, &offers, &asks);
    shake(&ends);
    assert_true(later_check_type(ends.server, HT_CERTIFICATE, NULL) != 0);
    assert_false(later_is_for(ends.server, HT_CERTIFICATE));
    assert_true(later_is_for(ends.client, HT_CERTIFICATE_REQUEST));
    assert_int_equal(cssl_engine_request_certificate(ends.server, NULL), 0);
    assert_non_null(ends.server->later);
    assert_int_equal(later_check_type(ends.server, HT_CERTIFICATE, NULL), 0);
    assert_int_equal(carry(ends.server, ends.client, NULL), 0);
    no_event(ends.client);
    assert_null(ends.client->later);
    assert_non_null(atomic_load(&ends.client->owed_reply));
    assert_int_equal(ends.client->conn.out.len, 0); /* the receiving half wrote nothing */
    assert_true(cssl_engine_output(ends.client).len > 0);
    assert_null(atomic_load(&ends.client->owed_reply));
    size_t len = cssl_engine_output(ends.client).len;
    assert_int_equal(cssl_engine_output(ends.client).len, len); /* once */
    assert_int_equal(carry(ends.client, ends.server, NULL), 0);
    (void)event(ends.server, CSSL_EV_AUTHENTICATED);
    no_event(ends.server);
    assert_null(ends.server->later);
    assert_true(ends.server->conn.peer_verified);
    ends_free(&ends);
}

/* What is owed when the engine ends is freed with it. */
static void test_freed(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct ends ends;
        ends_new(&ends, &offers, &asks);
        shake(&ends);
        assert_int_equal(cssl_engine_request_certificate(ends.server, NULL), 0);
        if (i == 1) {
            assert_int_equal(carry(ends.server, ends.client, NULL), 0);
        }
        ends_free(&ends);
    }
}

static void test_before(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    ends_new(&ends, &offers, &asks);
    assert_int_equal(cssl_engine_request_certificate(ends.server, &err), CSSL_STATE);
    assert_non_null(strstr(err.text, "handshake is not done"));
    ends_free(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owed),
        cmocka_unit_test(test_freed),
        cmocka_unit_test(test_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_grease.c - a client that offers what nobody knows (RFC 8701), with all a hello can have:
 * both versions, a retry, sessions, a PSK, authentication both ways. */
#include "base/error.h"
#include "pair.h"

static struct test_clock wall;

static void connect_twice(const cssl_options *c, const cssl_options *s, bool resumed)
{
    struct pair_host client, server;
    test_clock_init(&wall, PAIR_NOW);
    host_init(&client, false, &wall, c);
    host_init(&server, true, &wall, s);
    assert_false(pair_handshake(&client, &server, "server.test"));
    assert_int_equal(pair_handshake(&client, &server, "server.test"), resumed);
    host_free(&client);
    host_free(&server);
}

static void test_connect(void **state)
{
    (void)state;
    static const uint8_t psk[32] = { 3 };
    const cssl_options plain = { .grease = true };
    const cssl_options old = { .grease = true, .versions = CSSL_TLSV1_2 };
    const cssl_options both = { .grease = true, .versions = CSSL_TLSV1_2 | CSSL_TLSV1_3,
                                .alpn_protocols = CSSL_LIST("h2"), PAIR_IDENTITY(pair_client) };
    const cssl_options retried = { .grease = true,
                                   .supported_groups = CSSL_LIST("x25519", "secp256r1") };
    const cssl_options keyed = { .grease = true, .psk_identity = "i", .psk = { psk, 32 },
                                 .psk_import = true };
    connect_twice(&plain, NULL, true);
    connect_twice(&plain, &(cssl_options){ .session_tickets = CSSL_TICKETS_DISABLED }, false);
    connect_twice(&old, &(cssl_options){ .versions = CSSL_TLSV1_2 }, true);
    connect_twice(&both, &(cssl_options){ .alpn_protocols = CSSL_LIST("h2"),
                                          .verify = CSSL_VERIFY_PEER }, true);
    connect_twice(&both, &(cssl_options){ .versions = CSSL_TLSV1_2, .verify = CSSL_VERIFY_PEER,
                                          .alpn_protocols = CSSL_LIST("h2") }, true);
    connect_twice(&retried, &(cssl_options){ .supported_groups = CSSL_LIST("secp256r1") }, true);
    connect_twice(&keyed, &(cssl_options){ .psk_identity = "i", .psk = { psk, 32 },
                                           .psk_import = true }, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_connect) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

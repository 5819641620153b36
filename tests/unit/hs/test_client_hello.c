/*
 * test_client_hello.c - the ClientHello: which extensions belong to which version and option, the
 * shares that were made, binders that a server's schedule confirms.
 */
#include "base/error.h"
#include "base/mem.h"
#include "hs_support.h"

#include "hs/client_hello.h"

static struct hs_side client;
static struct hs_sent sent;
static struct client_hello hello;

/* say runs a client up to its ClientHello and parses that. */
static void say(const cssl_options *options)
{
    hs_side_config(&client, false, options);
    hs_side_start(&client);
    assert_int_equal(hs_run(client.hs, client.worker, &client.err), 0);
    assert_int_equal(hs_side_steps(&client), 0);
    assert_true(hs_side_take(&client, &sent));
    assert_int_equal(sent.data[0], HT_CLIENT_HELLO);
    assert_int_equal(client_hello_parse(&hello, bytes_of(sent.data + 4, sent.len - 4), NULL), 0);
}

static void end(void)
{
    free(sent.data);
    hs_side_free(&client);
}

enum { BOTH = CSSL_TLSV1_2 | CSSL_TLSV1_3, ONLY_13 = CSSL_TLSV1_3 };

static const struct {
    unsigned versions; /* 0: both */
    cssl_tickets tickets;
    bool alpn;
    uint16_t extension;
    bool there;
} rows[] = {
    { ONLY_13, 0, false, EXT_SUPPORTED_VERSIONS, true },
    { BOTH, 0, false, EXT_SUPPORTED_VERSIONS, true },
    { 0, 0, false, EXT_SUPPORTED_VERSIONS, true },
    { 0, 0, false, EXT_EXTENDED_MASTER_SECRET, true },
    { CSSL_TLSV1_2, 0, false, EXT_SUPPORTED_VERSIONS, false },
    { ONLY_13, 0, false, EXT_KEY_SHARE, true },
    { CSSL_TLSV1_2, 0, false, EXT_KEY_SHARE, false },
    { ONLY_13, 0, false, EXT_EXTENDED_MASTER_SECRET, false },
    { BOTH, 0, false, EXT_EXTENDED_MASTER_SECRET, true },
    { ONLY_13, 0, false, EXT_RENEGOTIATION_INFO, false },
    { CSSL_TLSV1_2, 0, false, EXT_RENEGOTIATION_INFO, true },
    { ONLY_13, 0, false, EXT_EC_POINT_FORMATS, false },
    { BOTH, 0, false, EXT_EC_POINT_FORMATS, true },
    { ONLY_13, 0, false, EXT_SESSION_TICKET, false },
    { BOTH, 0, false, EXT_SESSION_TICKET, true },
    { BOTH, CSSL_TICKETS_DISABLED, false, EXT_SESSION_TICKET, false },
    { ONLY_13, 0, false, EXT_PSK_KEY_EXCHANGE_MODES, true },
    { ONLY_13, CSSL_TICKETS_DISABLED, false, EXT_PSK_KEY_EXCHANGE_MODES, false },
    { CSSL_TLSV1_2, 0, false, EXT_PSK_KEY_EXCHANGE_MODES, false },
    { ONLY_13, 0, false, EXT_PRE_SHARED_KEY, false },
    { ONLY_13, 0, false, EXT_ALPN, false },
    { ONLY_13, 0, true, EXT_ALPN, true },
    { ONLY_13, 0, false, EXT_COOKIE, false },
    { ONLY_13, 0, false, EXT_EARLY_DATA, false },
    { BOTH, 0, false, EXT_ENCRYPT_THEN_MAC, false },
    { ONLY_13, 0, false, EXT_SERVER_NAME, true },
};

static void test_extensions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options o = { .versions = rows[i].versions,
                                 .session_tickets = rows[i].tickets,
                                 .alpn_protocols = rows[i].alpn ? CSSL_LIST("h2") : NULL };
        say(&o);
        if (ext_has(hello.has, rows[i].extension) != rows[i].there) {
            fail_msg("row %zu: extension %u", i, rows[i].extension);
        }
        /* What an answer may have is what was asked for. */
        assert_true(client.hs->asked.bits == hello.has.bits);
        end();
    }
}

static void test_content(void **state)
{
    (void)state;
    const cssl_options o = { .versions = BOTH,
                             .supported_groups = CSSL_LIST("secp256r1", "x25519", "secp384r1"),
                             .key_share_groups = CSSL_LIST("secp256r1", "x25519"),
                             .alpn_protocols = CSSL_LIST("h2", "http/1.1") };
    say(&o);
    assert_int_equal(hello.legacy_version, TLS_1_2);
    assert_memory_equal(hello.random.data, client.hs->client_random, HELLO_RANDOM);
    assert_int_equal(hello.session_id.len, 32);
    test_same_hex(hello.compression.data, hello.compression.len, "00");
    test_same_hex(hello.supported_versions.data, hello.supported_versions.len, "0304 0303");
    test_same_hex(hello.supported_groups.data, hello.supported_groups.len, "0017 001d 0018");
    test_same_hex(hello.psk_modes.data, hello.psk_modes.len, "01"); /* psk_dhe_ke alone */
    test_same_hex(hello.alpn.data, hello.alpn.len, "02 6832 08 687474702f312e31");
    assert_true(bytes_equal(hello.server_name, bytes_str("localhost")));
    assert_int_equal(hello.num_shares, 2);
    assert_int_equal(hello.shares[0].group, GROUP_SECP256R1);
    assert_int_equal(hello.shares[1].group, GROUP_X25519);
    assert_int_equal(hello.shares[0].key.len, 65);
    assert_int_equal(hello.shares[1].key.len, 32);
    assert_int_equal(client.hs->num_shares, 2);
    assert_memory_equal(hello.shares[1].key.data, kx_share(client.hs->shares[1]).data, 32);
    end();
    /* Without the mode for middleboxes there is no session identifier in TLS 1.3. */
    const cssl_options plain = { .middlebox_comp_mode = CSSL_OFF };
    say(&plain);
    assert_int_equal(hello.session_id.len, 0);
    end();
}

/* An external PSK's binder stands over all in front of it. */
static void test_binder(void **state)
{
    (void)state;
    static const uint8_t psk[32] = { 3 };
    const cssl_options o = { .psk_identity = "it", .psk = { psk, sizeof(psk) } };
    uint8_t hash[HASH_MAX], binder[HASH_MAX];
    struct schedule13 early = { 0 };
    struct transcript t;
    say(&o);
    assert_true(ext_has(hello.has, EXT_PRE_SHARED_KEY));
    assert_int_equal(hello.last_extension, EXT_PRE_SHARED_KEY);
    assert_int_equal(hello.num_psks, 1);
    assert_true(bytes_equal(hello.psks[0].identity, bytes_str("it")));
    assert_int_equal(hello.psks[0].obfuscated_ticket_age, 0); /* RFC 8446 4.2.11 */
    transcript_init(&t);
    transcript_hash_with(&t, HASH_SHA256, bytes_of(sent.data, 4 + hello.binders_at), hash);
    schedule13_early(&early, HASH_SHA256, bytes_of(psk, 32));
    schedule13_binder(&early, true, hash, binder);
    assert_int_equal(hello.binders[0].len, 32);
    assert_memory_equal(hello.binders[0].data, binder, 32);
    end();
}

/* A ticket's age is hidden behind age_add, and wraps around. */
static void test_ticket_age(void **state)
{
    (void)state;
    static const struct {
        int64_t ago_ms;
        uint32_t age_add, want;
    } ages[] = { { 0, 0, 0 }, { 1500, 10, 1510 }, { 1, UINT32_MAX, 0 },
                 { 3600000, 0x80000000, 0x80000000 + 3600000 } };
    static const uint8_t secret[48] = { 1 };
    for (size_t i = 0; i < ARRAY_SIZE(ages); i++) {
        hs_side_config(&client, false, NULL);
        hs_side_start(&client);
        struct hs *hs = client.hs;
        hs->worker = client.worker;
        struct session s = { .issued_at_ms = (int64_t)HS_NOW * 1000 - ages[i].ago_ms,
                             .age_add = ages[i].age_add };
        hs->psks = mem_new_array(1, sizeof(*hs->psks));
        hs->psks[0] = (struct hs_psk){ .session = &s, .hash = HASH_SHA384,
                                       .identity = bytes_str("ticket"),
                                       .secret = bytes_of(secret, sizeof(secret)) };
        hs->num_psks = 1;
        assert_int_equal(client_hello_send(hs, &client.err), 0);
        assert_true(hs_side_take(&client, &sent));
        assert_int_equal(client_hello_parse(&hello, bytes_of(sent.data + 4, sent.len - 4), NULL),
                         0);
        assert_int_equal(hello.psks[0].obfuscated_ticket_age, ages[i].want);
        assert_int_equal(hello.binders[0].len, 48);
        end();
    }
}

/* client_hello_ticket12: a session of TLS 1.3 has none for it. */
static void test_ticket12(void **state)
{
    (void)state;
    uint8_t ticket[] = { 1, 2, 3 };
    struct hs hs = { .session = { .version = TLS_1_2, .ticket = ticket, .ticket_len = 3 } };
    assert_int_equal(client_hello_ticket12(&hs).len, 3);
    assert_ptr_equal(client_hello_ticket12(&hs).data, ticket);
    hs.session.version = TLS_1_3;
    assert_int_equal(client_hello_ticket12(&hs).len, 0);
    hs.session.version = 0;
    assert_int_equal(client_hello_ticket12(&hs).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extensions), cmocka_unit_test(test_content),
        cmocka_unit_test(test_binder),     cmocka_unit_test(test_ticket_age),
        cmocka_unit_test(test_ticket12),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

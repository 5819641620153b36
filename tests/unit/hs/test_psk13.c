/*
 * test_psk13.c - which PSK of a ClientHello a server takes: known, fitting, with a suite for its
 * hash, the first of several; and what becomes of those with a wrong binder.
 */
#include "base/error.h"
#include "base/mem.h"
#include "hs_support.h"

#include "hs/client_hello.h"
#include "hs/psk13.h"

static const uint8_t secret_a[32] = { 1 };
static const uint8_t secret_b[32] = { 2 };

static struct hs_side client, server;
static struct hs_sent sent;
static struct client_hello hello;

/* One PSK that the client offers. */
struct offer {
    const char *identity;
    const uint8_t *secret;
    enum hash_alg hash;
};

/* offer has a client send a hello with the PSKs, and a server look at it. */
static int offer(const struct offer *offers, size_t num, const cssl_options *of_server)
{
    hs_side_config(&client, false, NULL);
    hs_side_config(&server, true, of_server);
    hs_side_start(&client);
    hs_side_start(&server);
    client.hs->psks = mem_new_array(num, sizeof(*client.hs->psks));
    for (size_t i = 0; i < num; i++) {
        client.hs->psks[i] = (struct hs_psk){ .origin = PSK_EXTERNAL,
                                              .hash = offers[i].hash,
                                              .identity = bytes_str(offers[i].identity),
                                              .secret = bytes_of(offers[i].secret, 32) };
    }
    client.hs->num_psks = num;
    client.hs->worker = client.worker;
    assert_int_equal(client_hello_send(client.hs, &client.err), 0);
    assert_true(hs_side_take(&client, &sent));
    assert_int_equal(client_hello_parse(&hello, bytes_of(sent.data + 4, sent.len - 4), NULL), 0);
    server.hs->worker = server.worker;
    server.hs->may_ticket = true;
    return psk13_find(server.hs, &hello, bytes_of(sent.data + 4, sent.len - 4), &server.err);
}

static void end(void)
{
    free(sent.data);
    hs_side_free(&client);
    hs_side_free(&server);
}

static const struct {
    const char *what;
    struct offer offers[2];
    size_t num;
    bool sha384_only; /* suites of the server */
    bool using_psk;
    uint16_t index;
    cssl_reason reason;
} rows[] = {
    { "none", { { 0 } }, 0, false, false, 0, 0 },
    { "the key", { { "a", secret_a, HASH_SHA256 } }, 1, false, true, 0, 0 },
    { "unknown", { { "b", secret_a, HASH_SHA256 } }, 1, false, false, 0, 0 },
    { "longer name", { { "ab", secret_a, HASH_SHA256 } }, 1, false, false, 0, 0 },
    { "the second", { { "b", secret_b, HASH_SHA256 }, { "a", secret_a, HASH_SHA256 } }, 2, false,
      true, 1, 0 },
    { "the first of two", { { "a", secret_a, HASH_SHA256 }, { "a", secret_b, HASH_SHA256 } }, 2,
      false, true, 0, 0 },
    { "another secret", { { "a", secret_b, HASH_SHA256 } }, 1, false, true, 0,
      CSSL_R_BINDER_WRONG },
    { "another hash", { { "a", secret_a, HASH_SHA384 } }, 1, false, true, 0,
      CSSL_R_BINDER_WRONG },
    { "no suite", { { "a", secret_a, HASH_SHA256 } }, 1, true, false, 0, 0 },
};

static void test_external(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options o = {
            .psk_identity = "a", .psk = { secret_a, 32 },
            .ciphers = rows[i].sha384_only ? CSSL_LIST("TLS_AES_256_GCM_SHA384") : NULL
        };
        int ret = offer(rows[i].offers, rows[i].num, &o);
        if (server.err.reason != rows[i].reason || (ret == 0) != (rows[i].reason == 0) ||
            server.hs->using_psk != rows[i].using_psk ||
            server.hs->psk_index != rows[i].index) {
            fail_msg("%s: %d, %s", rows[i].what, ret, server.err.text);
        }
        assert_int_equal(server.conn.peer_verified, rows[i].using_psk && ret == 0);
        assert_false(server.conn.resumed);
        assert_int_equal(server.conn.hash_alg == HASH_SHA256 && server.conn.suite != 0,
                         rows[i].using_psk);
        end();
    }
}

/* Who cannot do psk_dhe_ke gets no PSK. */
static void test_modes(void **state)
{
    (void)state;
    const cssl_options o = { .psk_identity = "a", .psk = { secret_a, 32 } };
    const struct offer one = { "a", secret_a, HASH_SHA256 };
    assert_int_equal(offer(&one, 1, &o), 0);
    assert_true(server.hs->using_psk);
    server.hs->using_psk = false;
    server.hs->may_ticket = false;
    assert_int_equal(psk13_find(server.hs, &hello, bytes_of(sent.data + 4, sent.len - 4), NULL),
                     0);
    assert_false(server.hs->using_psk);
    end();
}

/* Every bit in front of the binders is under them. */
static void test_binder_covers(void **state)
{
    (void)state;
    const cssl_options o = { .psk_identity = "a", .psk = { secret_a, 32 } };
    const struct offer one = { "a", secret_a, HASH_SHA256 };
    assert_int_equal(offer(&one, 1, &o), 0);
    cssl_bytes body = bytes_of(sent.data + 4, sent.len - 4);
    for (size_t at = 0; at < sent.len; at++) {
        bool in_list = at >= 4 + hello.binders_at && at < 4 + hello.binders_at + 3;
        sent.data[at] ^= 0x10;
        /* hello's views were checked before: the identity may be another one now, then none fits */
        bool in_identity = sent.data + at == hello.psks[0].identity.data;
        bool in_suites = sent.data + at >= hello.cipher_suites.data &&
                         sent.data + at < hello.cipher_suites.data + hello.cipher_suites.len;
        if (!in_list && !in_identity && !in_suites) {
            server.err = (cssl_error){ 0 };
            assert_true(psk13_find(server.hs, &hello, body, &server.err) < 0);
            assert_int_equal(server.err.reason, CSSL_R_BINDER_WRONG);
        }
        sent.data[at] ^= 0x10;
    }
    assert_int_equal(psk13_find(server.hs, &hello, body, &server.err), 0);
    /* A binder that is shorter is none. */
    hello.binders[0].len--;
    assert_true(psk13_find(server.hs, &hello, body, &server.err) < 0);
    end();
}

/* ---- Tickets ---- */

static struct session session_now(void)
{
    struct session s = { .version = TLS_1_3, .suite = SUITE_AES_128_GCM_SHA256,
                         .psk = { .len = 32, .data = { 1 } },
                         .authenticated_at = HS_NOW, .expires_at = HS_NOW + 100 };
    memcpy(s.server_name, "localhost", sizeof("localhost"));
    memcpy(s.policy, server.config->policy, SESSION_DIGEST);
    return s;
}

static void test_ticket(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t later;
        uint16_t version;
        bool damage, found;
    } cases[] = {
        { "localhost", 0, TLS_1_3, false, true },  { "localhost", 99, TLS_1_3, false, true },
        { "localhost", 100, TLS_1_3, false, false }, { "other", 0, TLS_1_3, false, false },
        { "", 0, TLS_1_3, false, false },          { "localhost", 0, TLS_1_2, false, false },
        { "localhost", 0, TLS_1_3, true, false },
    };
    static const cssl_tickets kinds[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
        size_t k = i / 2;
        const cssl_options o = { .session_tickets = kinds[i % 2] };
        struct wr plain, ticket;
        struct client_hello ch = { .server_name = bytes_str(cases[k].name) };
        hs_side_config(&server, true, &o);
        hs_side_start(&server);
        struct session s = session_now();
        wr_init(&plain, SESSION_ENCODED_MAX);
        wr_init(&ticket, SESSION_ENCODED_MAX);
        if (i % 2 == 0) {
            session_encode(&plain, &s);
            assert_int_equal(ticket_seal(server.config->shared->ticket_keys, server.worker, NULL,
                                         HS_NOW, wr_view(&plain), &ticket, NULL), 0);
        } else {
            static const uint8_t id[CACHE_ID] = { 4 };
            wr_put(&ticket, id, CACHE_ID);
            uint8_t key[SESSION_DIGEST];
            cache_ticket_key(key, bytes_of(id, CACHE_ID));
            assert_int_equal(cache_put(server.config->shared->sessions, key, &s, HS_NOW, NULL), 0);
        }
        ticket.data[ticket.len - 1] ^= cases[k].damage ? 1 : 0;
        server.clock.wall_us += cases[k].later * 1000000;
        server.hs->worker = server.worker;
        bool found = psk_is_session(server.hs, cases[k].version, &ch, wr_view(&ticket));
        assert_int_equal(found, cases[k].found);
        assert_int_equal(server.hs->session.psk.len, found ? 32 : 0); /* wiped when it is none */
        assert_int_equal(server.hs->session.psk.data[0], found ? 1 : 0);
        /* It can be shown again: only a binder that fits uses an identifier up. */
        assert_int_equal(psk_is_session(server.hs, cases[k].version, &ch, wr_view(&ticket)),
                         found);
        /* No other length is an identifier. */
        assert_false(psk_is_session(server.hs, TLS_1_3, &ch,
                                    bytes_of(ticket.data, ticket.len - 1)));
        session_wipe(&s);
        wr_free(&plain);
        wr_free(&ticket);
        hs_side_free(&server);
    }
}

/* ---- Suites ---- */

static void test_suite(void **state)
{
    (void)state;
    static const uint8_t both[] = { 0x13, 0x02, 0x13, 0x01 };
    static const struct {
        size_t from, len; /* of both, that the client has */
        enum hash_alg alg;
        uint16_t suite; /* 0: refused */
    } cases[] = {
        { 0, 4, HASH_NONE, SUITE_AES_128_GCM_SHA256 }, /* the server's order counts */
        { 0, 4, HASH_SHA384, SUITE_AES_256_GCM_SHA384 },
        { 0, 4, HASH_SHA256, SUITE_AES_128_GCM_SHA256 },
        { 0, 2, HASH_SHA256, 0 },
        { 2, 2, HASH_SHA384, 0 },
        { 0, 0, HASH_NONE, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct client_hello ch = { .cipher_suites = bytes_of(both + cases[i].from, cases[i].len) };
        hs_side_config(&server, true, NULL);
        hs_side_start(&server);
        int ret = suite13_choose(server.hs, &ch, cases[i].alg, &server.err);
        assert_int_equal(ret == 0, cases[i].suite != 0);
        assert_int_equal(server.conn.suite, cases[i].suite);
        if (ret == 0) {
            assert_int_equal(server.conn.hash_alg, suite_hash(cases[i].suite));
            assert_int_equal(server.conn.aead_alg, suite_aead(cases[i].suite));
            /* After a HelloRetryRequest it stays, whatever is offered. */
            server.hs->retried = true;
            ch.cipher_suites = bytes_of(NULL, 0);
            enum hash_alg other = server.conn.hash_alg == HASH_SHA256 ? HASH_SHA384 : HASH_SHA256;
            assert_int_equal(suite13_choose(server.hs, &ch, HASH_NONE, NULL), 0);
            assert_int_equal(suite13_choose(server.hs, &ch,
                                            (enum hash_alg)server.conn.hash_alg, NULL), 0);
            assert_true(suite13_choose(server.hs, &ch, other, NULL) < 0);
            assert_int_equal(server.conn.suite, cases[i].suite);
        } else {
            assert_int_equal(server.err.reason, CSSL_R_SUITE_NOT_COMMON);
        }
        hs_side_free(&server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_external),      cmocka_unit_test(test_modes),
        cmocka_unit_test(test_binder_covers), cmocka_unit_test(test_ticket),
        cmocka_unit_test(test_suite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_post13.c - what may come after a handshake, what a ticket carries and when there is none,
 * and keys that change in step on both sides.
 */
#include "base/error.h"
#include "hs_support.h"

#include "hs/post13.h"

static struct hs_side client, server;

/* begin makes two sides that are connected; what they sent in the handshake is forgotten. */
static void begin(const cssl_options *of_client, const cssl_options *of_server)
{
    struct hs_sent sent;
    hs_side_config(&client, false, of_client);
    hs_side_config(&server, true, of_server);
    hs_side_start(&client);
    hs_side_start(&server);
    hs_both_must(&client, &server);
    while (hs_side_take(&server, &sent) || hs_side_take(&client, &sent)) {
        free(sent.data);
    }
}

static void end(void)
{
    hs_side_free(&client);
    hs_side_free(&server);
}

static void test_check_type(void **state)
{
    (void)state;
    for (int type = 0; type < 256; type++) {
        for (int server_side = 0; server_side < 2; server_side++) {
            struct conn c = { .server = server_side == 1, .version = TLS_1_3 };
            cssl_error err = { 0 };
            bool may = type == HT_KEY_UPDATE || (type == HT_NEW_SESSION_TICKET && !c.server);
            assert_int_equal(post13_check_type(&c, (uint8_t)type, &err) == 0, may);
            assert_int_equal(err.reason, may ? 0 : CSSL_R_UNEXPECTED_MESSAGE);
            /* In TLS 1.2 only what wants a renegotiation may. */
            c.version = TLS_1_2;
            may = type == (c.server ? HT_CLIENT_HELLO : HT_HELLO_REQUEST);
            err = (cssl_error){ 0 };
            assert_int_equal(post13_check_type(&c, (uint8_t)type, &err) == 0, may);
            assert_int_equal(err.reason, may ? 0 : CSSL_R_UNEXPECTED_MESSAGE);
        }
    }
}

/* ---- Key updates ---- */

static void test_update(void **state)
{
    (void)state;
    begin(NULL, NULL);
    for (int request = 0; request < 2; request++) {
        struct hs_sent sent;
        struct post13 out;
        struct secret before = server.conn.write_secret, reading = server.conn.read_secret;
        assert_int_equal(post13_send_update(&server.conn, server.worker, request == 1, NULL), 0);
        assert_memory_not_equal(server.conn.write_secret.data, before.data, before.len);
        assert_memory_equal(server.conn.read_secret.data, reading.data, reading.len);
        assert_int_equal(server.conn.write.seq, 0);
        assert_int_equal(server.conn.write.epoch, EPOCH_APPLICATION);
        assert_true(hs_side_take(&server, &sent));
        assert_int_equal(post13_message(&client.conn, bytes_of(sent.data, sent.len), false, &out,
                                        &client.err), 0);
        free(sent.data);
        assert_true(out.key_updated);
        assert_int_equal(out.update_requested, request);
        assert_false(out.has_session);
        assert_memory_equal(client.conn.read_secret.data, server.conn.write_secret.data,
                            before.len);
        assert_memory_equal(client.conn.read.key.key, server.conn.write.key.key, 16);
        assert_memory_equal(client.conn.read.iv, server.conn.write.iv, AEAD_NONCE);
        assert_int_equal(client.conn.read.seq, 0);
    }
    end();
}

static void test_update_wrong(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[8];
        size_t len;
        bool more;
        cssl_reason reason;
    } rows[] = {
        { { HT_KEY_UPDATE, 0, 0, 1, 0 }, 5, true, CSSL_R_MESSAGE_ACROSS_KEYS },
        { { HT_FINISHED, 0, 0, 1, 0 }, 5, false, CSSL_R_UNEXPECTED_MESSAGE },
        { { HT_CERTIFICATE_REQUEST, 0, 0, 1, 0 }, 5, false, CSSL_R_UNEXPECTED_MESSAGE },
        { { HT_KEY_UPDATE, 0, 0, 1, 2 }, 5, false, 0 }, /* 0: any reason */
        { { HT_KEY_UPDATE, 0, 0, 0 }, 4, false, 0 },
        { { HT_KEY_UPDATE, 0, 0, 2, 0, 0 }, 6, false, 0 },
        { { HT_NEW_SESSION_TICKET, 0, 0, 1, 0 }, 5, false, 0 },
    };
    begin(NULL, NULL);
    const struct secret before = client.conn.read_secret;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct post13 out;
        memset(&out, 0xee, sizeof(out));
        client.err = (cssl_error){ 0 };
        assert_true(post13_message(&client.conn, bytes_of(rows[i].bytes, rows[i].len),
                                   rows[i].more, &out, &client.err) < 0);
        assert_int_not_equal(client.err.reason, 0);
        if (rows[i].reason != 0) {
            assert_int_equal(client.err.reason, rows[i].reason);
        }
        assert_false(out.key_updated || out.has_session);
        assert_memory_equal(client.conn.read_secret.data, before.data, SECRET_MAX);
    }
    end();
}

/* ---- Tickets ---- */

/* send_one has the server send one ticket; false: it sent none. */
static bool send_one(uint8_t number, struct hs_sent *sent)
{
    const struct secret resumption = client.conn.resumption;
    struct wr message;
    wr_init(&message, SESSION_ENCODED_MAX);
    assert_int_equal(post13_ticket(&server.conn, server.worker, &resumption, number, &message,
                                   NULL), 0);
    if (message.len > 0) {
        assert_int_equal(conn_send_messages(&server.conn, server.worker, wr_view(&message), NULL),
                         0);
    }
    wr_free(&message);
    return hs_side_take(&server, sent);
}

static void test_ticket(void **state)
{
    (void)state;
    static const cssl_tickets kinds[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        const cssl_options of_client = { .session_tickets = CSSL_TICKETS_MANUAL };
        const cssl_options of_server = { .session_tickets = kinds[i], .ticket_lifetime = 600 };
        struct secret psks[2];
        begin(&of_client, &of_server);
        size_t kept = cache_size(server.config->shared->sessions);
        for (uint8_t n = 0; n < 2; n++) {
            struct hs_sent sent;
            struct post13 out;
            assert_true(send_one((uint8_t)(10 + n), &sent));
            assert_int_equal(post13_message(&client.conn, bytes_of(sent.data, sent.len), true,
                                            &out, &client.err), 0);
            free(sent.data);
            assert_true(out.has_session);
            assert_false(out.key_updated || out.update_requested);
            const struct session *s = &out.session;
            assert_int_equal(s->version, TLS_1_3);
            assert_int_equal(s->suite, client.conn.suite);
            assert_string_equal(s->server_name, "localhost");
            assert_true(s->peer_verified);
            assert_true(s->expires_at == HS_NOW + 600);
            assert_true(s->authenticated_at == HS_NOW);
            assert_memory_equal(s->policy, client.config->policy, SESSION_DIGEST);
            assert_true(s->chain_len > 0);
            assert_int_equal(s->ticket_len == CACHE_ID, kinds[i] == CSSL_TICKETS_STATEFUL);
            psks[n] = s->psk;
            session_wipe(&out.session);
        }
        assert_int_equal(cache_size(server.config->shared->sessions) - kept,
                         kinds[i] == CSSL_TICKETS_STATEFUL ? 2 : 0);
        assert_memory_not_equal(psks[0].data, psks[1].data, psks[0].len);
        end();
    }
}

/* No ticket where nothing is left of the time, whoever takes it. */
static void test_ticket_time(void **state)
{
    (void)state;
    static const struct {
        int64_t later;        /* seconds after the full handshake */
        int64_t peer_expires; /* after it; 0: never */
        uint32_t lifetime;    /* of the ticket; 0: none is sent */
    } rows[] = {
        { 0, 0, 600 },
        { SESSION_AGE_MAX - 100, 0, 100 },
        { SESSION_AGE_MAX - 1, 0, 1 },
        { SESSION_AGE_MAX, 0, 0 },
        { 0, 50, 50 },
        { 49, 50, 1 },
        { 50, 50, 0 },
        { -300, 0, 600 },
        { -601, 0, 0 }, /* the clock went back: it would end before it began */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options of_server = { .ticket_lifetime = 600 };
        struct hs_sent sent;
        begin(NULL, &of_server);
        if (rows[i].peer_expires != 0) {
            server.conn.peer_expires = HS_NOW + rows[i].peer_expires;
        }
        server.clock.wall_us += rows[i].later * 1000000;
        bool came = send_one(9, &sent);
        assert_int_equal(came, rows[i].lifetime > 0);
        if (came) {
            struct new_session_ticket nst;
            assert_int_equal(new_session_ticket_parse(&nst, bytes_of(sent.data + 4, sent.len - 4),
                                                      NULL), 0);
            assert_int_equal(nst.lifetime, rows[i].lifetime);
            test_same_hex(nst.nonce.data, nst.nonce.len, "09");
            free(sent.data);
        }
        end();
    }
}

/* A client keeps none that has ended, that it did not want, or that its clock cannot hold. */
static void test_take_none(void **state)
{
    (void)state;
    static const struct {
        cssl_tickets tickets;
        int64_t later;
        uint32_t lifetime;
        bool kept;
    } rows[] = {
        { CSSL_TICKETS_MANUAL, 0, 600, true },   { CSSL_TICKETS_DISABLED, 0, 600, false },
        { CSSL_TICKETS_MANUAL, 0, 0, false },    { CSSL_TICKETS_MANUAL, SESSION_AGE_MAX, 9, false },
        { CSSL_TICKETS_MANUAL, -700, 600, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options of_client = { .session_tickets = rows[i].tickets };
        const struct new_session_ticket nst = { .lifetime = rows[i].lifetime,
                                                .nonce = bytes_str("n"),
                                                .ticket = bytes_str("ticket") };
        struct wr w;
        struct post13 out;
        begin(&of_client, NULL);
        client.clock.wall_us += rows[i].later * 1000000;
        wr_init(&w, 1024);
        msg_open(&w, HT_NEW_SESSION_TICKET);
        new_session_ticket_write(&w, &nst);
        wr_close(&w);
        assert_int_equal(post13_message(&client.conn, wr_view(&w), false, &out, &client.err), 0);
        assert_int_equal(out.has_session, rows[i].kept);
        assert_int_equal(out.session.ticket_len, rows[i].kept ? 6 : 0);
        session_wipe(&out.session);
        wr_free(&w);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_type),  cmocka_unit_test(test_update),
        cmocka_unit_test(test_update_wrong), cmocka_unit_test(test_ticket),
        cmocka_unit_test(test_ticket_time), cmocka_unit_test(test_take_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

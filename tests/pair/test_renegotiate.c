/*
 * test_renegotiate.c - renegotiation of TLS 1.2: on either side's wish, refused, data in between,
 * and a peer who tries to become another one, or to splice handshakes (RFC 5746).
 */
#include "base/error.h"
#include "engine/engine.h"
#include "hs/renegotiate.h"
#include "scene.h"

static const cssl_options twelve = { .versions = CSSL_TLSV1_2 };
static const cssl_options willing = { .versions = CSSL_TLSV1_2, .client_renegotiation = CSSL_ON };

static void open_as(struct scene *s, const cssl_options *client, const cssl_options *server)
{
    scene_open(s, client, server);
    pair_must_talk(&s->p);
}

/* renegotiate: side wants it, and both have made a handshake afterwards. */
static void renegotiate(struct scene *s, enum pair_dir side)
{
    const uint64_t before = s->p.side[0].delivered;
    uint8_t old[24];
    memcpy(old, engine_of(s, FROM_CLIENT)->conn.finished, sizeof(old));
    s->p.side[0].connected = s->p.side[1].connected = false;
    assert_int_equal(cssl_engine_renegotiate(engine_of(s, side), NULL), 0);
    pair_must_connect(&s->p);
    assert_true(s->p.side[0].delivered > before + 100);
    assert_memory_not_equal(old, engine_of(s, FROM_CLIENT)->conn.finished, sizeof(old));
    assert_memory_equal(engine_of(s, FROM_CLIENT)->conn.finished,
                        engine_of(s, FROM_SERVER)->conn.finished, sizeof(old));
    assert_null(engine_of(s, FROM_CLIENT)->hs);
    assert_null(engine_of(s, FROM_SERVER)->hs);
    pair_must_talk(&s->p);
}

static void test_by_client(void **state)
{
    (void)state;
    struct scene s;
    open_as(&s, &twelve, &willing);
    renegotiate(&s, FROM_CLIENT);
    test_clock_advance(&wall, INT64_C(10000000));
    renegotiate(&s, FROM_CLIENT);
    scene_end(&s);
}

static void test_by_server(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options client = { .client_renegotiation = CSSL_ON, PAIR_IDENTITY(pair_client),
                                  .alpn_protocols = CSSL_LIST("x", "h2") };
    const cssl_options server = { .versions = CSSL_TLSV1_2, .verify = CSSL_VERIFY_PEER,
                                  .alpn_protocols = CSSL_LIST("h2") };
    open_as(&s, &client, &server);
    renegotiate(&s, FROM_SERVER);
    test_clock_advance(&wall, INT64_C(10000000));
    renegotiate(&s, FROM_SERVER);
    cssl_info info;
    cssl_engine_information(engine_of(&s, FROM_SERVER), &info);
    assert_string_equal(info.alpn_protocol, "h2");
    assert_string_equal(info.sni_hostname, "server.test");
    assert_true(info.peer_verified && info.secure_renegotiation);
    scene_end(&s);
}

/* After a resumed handshake, of which the peer's certificates are remembered. */
static void test_after_resumption(void **state)
{
    (void)state;
    struct scene s;
    open_as(&s, &twelve, &willing);
    pair_free(&s.p);
    pair_start(&s.p, &s.client, &s.server, "server.test");
    pair_must_connect(&s.p);
    assert_true(pair_resumed(&s.p));
    renegotiate(&s, FROM_CLIENT);
    assert_false(pair_resumed(&s.p));
    scene_end(&s);
}

/* refused_to tells that side's wish was refused, and that nothing else happened. */
static void refused_to(struct scene *s, enum pair_dir side)
{
    cssl_engine *e = engine_of(s, side);
    cssl_event event;
    s->client.num_seen = s->server.num_seen = 0;
    assert_int_equal(cssl_engine_renegotiate(e, NULL), 0);
    cssl_bytes out = cssl_engine_output(e);
    pair_inject(&s->p, side, out.data, out.len);
    cssl_engine_sent(e, out.len);
    cssl_engine *other = engine_of(s, side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT);
    uint8_t *room = NULL;
    struct buf *wire = &s->p.side[side].wire;
    const size_t len = wire->len;
    assert_true(cssl_engine_room(other, &room) >= len);
    memcpy(room, wire->data + wire->start, len);
    buf_consume(wire, len);
    assert_int_equal(cssl_engine_received(other, len, NULL), 0);
    assert_false(cssl_engine_next(other, &event));
    out = cssl_engine_output(other);
    assert_true(cssl_engine_room(e, &room) >= out.len && out.len > 0);
    memcpy(room, out.data, out.len);
    assert_int_equal(cssl_engine_received(e, out.len, NULL), 0);
    cssl_engine_sent(other, out.len);
    assert_true(cssl_engine_next(e, &event));
    assert_int_equal(event.type, CSSL_EV_CONNECTED);
    assert_non_null(event.error);
    assert_int_equal(event.error->reason, CSSL_R_RENEGOTIATION_REFUSED);
    assert_false(cssl_engine_next(e, &event));
    assert_null(e->hs);
    pair_must_talk(&s->p);
}

static void test_refused(void **state)
{
    (void)state;
    struct scene s;
    open_as(&s, &twelve, &twelve);
    for (int i = 0; i < 3; i++) {
        refused_to(&s, FROM_CLIENT);
        refused_to(&s, FROM_SERVER);
    }
    scene_end(&s);
}

/* Once in ten seconds. */
static void test_too_often(void **state)
{
    (void)state;
    struct scene s;
    open_as(&s, &twelve, &willing);
    test_clock_advance(&wall, 1000000);
    renegotiate(&s, FROM_CLIENT);
    test_clock_advance(&wall, INT64_C(9999999));
    refused_to(&s, FROM_CLIENT);
    test_clock_advance(&wall, 1);
    renegotiate(&s, FROM_CLIENT);
    scene_end(&s);
}

static void test_not_now(void **state)
{
    (void)state;
    struct scene s;
    cssl_error err;
    open_as(&s, &(cssl_options){ .versions = 0 }, &(cssl_options){ .versions = 0 });
    for (int side = 0; side < 2; side++) { /* TLS 1.3 has none */
        assert_int_equal(cssl_engine_renegotiate(engine_of(&s, side), &err), CSSL_STATE);
        assert_int_equal(err.reason, CSSL_R_NOT_NOW);
    }
    scene_end(&s);
    scene_begin(&s, &twelve, &willing);
    assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), &err), CSSL_STATE);
    pair_must_connect(&s.p);
    assert_int_equal(cssl_engine_close(engine_of(&s, FROM_CLIENT), NULL), 0);
    assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), &err), CSSL_CLOSED);
    scene_end(&s);
}

/* Records under a key are counted by either side. */
static void test_records(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        struct scene s;
        cssl_options counting = willing;
        counting.renegotiate_at = 20;
        open_as(&s, side == FROM_CLIENT ? &counting : &willing,
                side == FROM_SERVER ? &counting : &willing);
        uint8_t first[24];
        memcpy(first, engine_of(&s, FROM_CLIENT)->conn.finished, sizeof(first));
        for (int i = 0; i < 50; i++) {
            test_clock_advance(&wall, 1000000);
            assert_int_equal(pair_write(&s.p, side, "x", 1), 0);
            pair_pump(&s.p);
        }
        assert_memory_not_equal(first, engine_of(&s, FROM_CLIENT)->conn.finished, sizeof(first));
        assert_true(engine_of(&s, side)->conn.write.seq < 30);
        assert_int_equal(s.p.side[!side].error.status, 0);
        scene_end(&s);
    }
}

/* What both had sent before the other's wish came is not lost. */
static void test_data_between(void **state)
{
    (void)state;
    struct scene s;
    open_as(&s, &willing, &willing);
    cssl_engine *client = engine_of(&s, FROM_CLIENT), *server = engine_of(&s, FROM_SERVER);
    for (int i = 0; i < 2; i++) {
        s.p.side[0].data.len = s.p.side[1].data.len = 0;
        test_clock_advance(&wall, INT64_C(11000000));
        assert_int_equal(cssl_engine_write(server, "before", 6, NULL), 6);
        assert_int_equal(cssl_engine_write(client, "first", 5, NULL), 5);
        assert_int_equal(cssl_engine_renegotiate(i == 0 ? client : server, NULL), 0);
        assert_int_equal(cssl_engine_write(client, "wait", 4, NULL), i == 0 ? 0 : 4);
        assert_int_equal(cssl_engine_write(server, "after", 5, NULL), 5);
        pair_pump(&s.p);
        assert_true(pair_connected(&s.p));
        cssl_bytes got = buf_bytes(&s.p.side[FROM_CLIENT].data);
        assert_int_equal(got.len, 11);
        assert_memory_equal(got.data, "beforeafter", 11);
        got = buf_bytes(&s.p.side[FROM_SERVER].data);
        assert_int_equal(got.len, i == 0 ? 5 : 9);
        assert_memory_equal(got.data, "firstwait", got.len);
        buf_consume(&s.p.side[0].data, s.p.side[0].data.len);
        buf_consume(&s.p.side[1].data, s.p.side[1].data.len);
        pair_must_talk(&s.p);
    }
    scene_end(&s);
}

/* ---- A peer who cheats ---- */

/* Whose idea of the handshake before is wrong is refused, by whoever hears it first. */
static void test_spliced(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * 24; i++) {
        struct scene s;
        const enum pair_dir liar = i < 24 ? FROM_CLIENT : FROM_SERVER;
        open_as(&s, &twelve, &willing);
        engine_of(&s, liar)->conn.finished[i % 24 / 12][i % 12] ^= 1;
        assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), NULL), 0);
        /* The client's half is in its hello; the server's it compares itself. */
        bool in_hello = i % 24 < 12;
        pair_must_fail(&s.p, in_hello ? FROM_SERVER : FROM_CLIENT, ALERT_HANDSHAKE_FAILURE,
                       CSSL_R_RENEGOTIATION_INFO);
        scene_end(&s);
    }
}

/* A first handshake's hello under the old keys is no renegotiation. */
static void test_stripped(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        struct scene s;
        open_as(&s, &twelve, &willing);
        assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), NULL), 0);
        if (side == FROM_SERVER) { /* it answers as if it were a first one */
            uint8_t *room = NULL;
            cssl_engine *server = engine_of(&s, FROM_SERVER);
            cssl_bytes out = cssl_engine_output(engine_of(&s, FROM_CLIENT));
            memset(server->conn.finished[1], 0, 12);
            assert_true(cssl_engine_room(server, &room) >= out.len);
            memcpy(room, out.data, out.len);
            assert_int_equal(cssl_engine_received(server, out.len, NULL), 0);
            cssl_engine_sent(engine_of(&s, FROM_CLIENT), out.len);
            pair_must_fail(&s.p, FROM_CLIENT, ALERT_HANDSHAKE_FAILURE, CSSL_R_RENEGOTIATION_INFO);
        } else {
            struct conn *c = &engine_of(&s, FROM_CLIENT)->conn;
            memset(c->finished, 0, sizeof(c->finished));
            cssl_bytes out = cssl_engine_output(engine_of(&s, FROM_CLIENT));
            cssl_engine_sent(engine_of(&s, FROM_CLIENT), out.len);
            c->write.seq--; /* that one was never sent */
            renegotiate_end(engine_of(&s, FROM_CLIENT));
            assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), NULL), 0);
            pair_must_fail(&s.p, FROM_SERVER, ALERT_HANDSHAKE_FAILURE, CSSL_R_RENEGOTIATION_INFO);
        }
        scene_end(&s);
    }
}

/* The server shows another certificate, as good as the first one: refused all the same. */
static void test_other_certificate(void **state)
{
    (void)state;
    struct scene s;
    const char *const both[] = { pair_p256, pair_rsa };
    const cssl_cert_key identities[] = {
        { .cert = { (const uint8_t *)both[0], strlen(both[0]) } },
        { .cert = { (const uint8_t *)both[1], strlen(both[1]) } },
    };
    const cssl_options server = { .versions = CSSL_TLSV1_2, .client_renegotiation = CSSL_ON,
                                  .certs_keys = identities, .num_certs_keys = 2 };
    open_as(&s, &twelve, &server);
    cssl_config *config = s.server.config;
    struct certkey first = config->certkeys[0];
    config->certkeys[0] = config->certkeys[1];
    config->certkeys[1] = first;
    assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), NULL), 0);
    s.server.config->suites = s.client.config->suites;
    for (size_t i = 0; i < config->suites.num; i++) { /* RSA's suites first */
        const char *name = name_of_suite(config->suites.list[i]);
        if (strstr(name, "_RSA_") != NULL) {
            config->suites.list[0] = config->suites.list[i];
            break;
        }
    }
    pair_must_fail(&s.p, FROM_CLIENT, ALERT_HANDSHAKE_FAILURE, CSSL_R_RENEGOTIATION_CHANGED);
    scene_end(&s);
}

/* The name and the protocol stay (the first letter of either is exchanged on one side). */
static void test_changes(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct scene s;
        cssl_options client = twelve, server = willing;
        client.alpn_protocols = server.alpn_protocols = CSSL_LIST("h2");
        open_as(&s, &client, &server);
        struct conn *c = &engine_of(&s, FROM_CLIENT)->conn;
        struct conn *there = &engine_of(&s, FROM_SERVER)->conn;
        if (i == 0) {
            c->sni[0] = 'S' + 1;
        } else {
            there->alpn[0] = 'x';
        }
        assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), NULL), 0);
        pair_must_fail(&s.p, FROM_SERVER, ALERT_HANDSHAKE_FAILURE, CSSL_R_RENEGOTIATION_CHANGED);
        scene_end(&s);
    }
}

/* HelloRequests in a row: four are answered or ignored. */
static void test_many_requests(void **state)
{
    (void)state;
    struct scene s;
    open_as(&s, &twelve, &twelve);
    cssl_engine *server = engine_of(&s, FROM_SERVER);
    for (int i = 0; i <= HELLO_REQUESTS_MAX; i++) {
        atomic_store(&server->requested, false);
        assert_int_equal(cssl_engine_renegotiate(server, NULL), 0);
    }
    pair_must_fail(&s.p, FROM_CLIENT, ALERT_UNEXPECTED_MESSAGE, CSSL_R_TOO_MANY_HELLO_REQUESTS);
    scene_end(&s);
}

/* close_notify in the middle is an end like others. */
static void test_closed_between(void **state)
{
    (void)state;
    struct scene s;
    open_as(&s, &twelve, &willing);
    assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), NULL), 0);
    assert_int_equal(cssl_engine_close(engine_of(&s, FROM_SERVER), NULL), 0);
    cssl_engine *server = engine_of(&s, FROM_SERVER), *client = engine_of(&s, FROM_CLIENT);
    cssl_bytes out = cssl_engine_output(server);
    uint8_t *room = NULL;
    cssl_event event;
    assert_true(cssl_engine_room(client, &room) >= out.len);
    memcpy(room, out.data, out.len);
    assert_int_equal(cssl_engine_received(client, out.len, NULL), 0);
    assert_true(cssl_engine_next(client, &event));
    assert_int_equal(event.type, CSSL_EV_CLOSED);
    assert_null(client->hs);
    assert_int_equal(cssl_engine_close(client, NULL), 0);
    scene_end(&s);
}

/* Whoever closes in the middle has no quarrel with what the other side says of it meanwhile. */
static void test_closed_in_flight(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        struct scene s;
        open_as(&s, &twelve, &willing);
        cssl_engine *closer = engine_of(&s, side), *other = engine_of(&s, 1 - side);
        assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), NULL), 0);
        if (side == FROM_SERVER) { /* it reads the ClientHello, and answers with a flight */
            cssl_bytes out = cssl_engine_output(other);
            uint8_t *room = NULL;
            cssl_event event;
            assert_true(cssl_engine_room(closer, &room) >= out.len);
            memcpy(room, out.data, out.len);
            assert_int_equal(cssl_engine_received(closer, out.len, NULL), 0);
            cssl_engine_sent(other, out.len);
            assert_false(cssl_engine_next(closer, &event));
            assert_non_null(closer->hs);
        }
        assert_int_equal(cssl_engine_close(closer, NULL), 0);
        pair_pump(&s.p);
        assert_true(s.p.side[1 - side].closed);
        assert_int_equal(s.p.side[1 - side].error.status, 0);
        assert_int_equal(host_alert(side == FROM_CLIENT ? &s.client : &s.server, true), -1);
        if (side == FROM_CLIENT) {
            assert_int_equal(s.p.side[side].error.status, 0);
            assert_int_equal(cssl_engine_close(other, NULL), 0);
            pair_pump(&s.p);
            assert_true(s.p.side[side].closed);
        } else { /* keys have changed in front of the peer's close_notify */
            assert_int_equal(s.p.side[side].error.status, CSSL_TRUNCATED);
        }
        scene_end(&s);
    }
}

/* A ticket comes in a renegotiation too: GnuTLS insists. The one of before stays the client's. */
static void test_ticket(void **state)
{
    (void)state;
    for (int stateful = 0; stateful < 2; stateful++) {
        struct scene s;
        cssl_options server = willing;
        server.session_tickets = stateful != 0 ? CSSL_TICKETS_STATEFUL : CSSL_TICKETS_STATELESS;
        open_as(&s, &twelve, &server);
        for (size_t i = 1; i < 4; i++) {
            assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_NEW_SESSION_TICKET),
                             stateful != 0 ? 0 : i);
            assert_int_equal(cache_size(s.client.config->shared->sessions), 1);
            assert_int_equal(cache_size(s.server.config->shared->sessions), stateful);
            renegotiate(&s, FROM_CLIENT);
            test_clock_advance(&wall, 11 * INT64_C(1000000));
        }
        pair_free(&s.p);
        pair_start(&s.p, &s.client, &s.server, "server.test");
        pair_must_connect(&s.p);
        assert_true(pair_resumed(&s.p));
        scene_end(&s);
    }
}

static void test_tls_unique(void **state)
{
    (void)state;
    struct scene s;
    uint8_t a[64], b[64], before[64];
    memset(before, 0, sizeof(before));
    open_as(&s, &twelve, &willing);
    for (int i = 0; i < 3; i++) {
        size_t a_len = sizeof(a), b_len = sizeof(b);
        assert_int_equal(cssl_engine_channel_binding(engine_of(&s, FROM_CLIENT), "tls-unique", a,
                                                     &a_len, NULL), 0);
        assert_int_equal(cssl_engine_channel_binding(engine_of(&s, FROM_SERVER), "tls-unique", b,
                                                     &b_len, NULL), 0);
        assert_int_equal(a_len, 12);
        assert_int_equal(b_len, 12);
        assert_memory_equal(a, b, 12);
        assert_memory_not_equal(a, before, 12);
        memcpy(before, a, 12);
        if (i == 0) {
            renegotiate(&s, FROM_CLIENT);
        } else if (i == 1) {
            pair_free(&s.p);
            pair_start(&s.p, &s.client, &s.server, "server.test");
            pair_must_connect(&s.p);
            assert_true(pair_resumed(&s.p));
        }
    }
    size_t len = 11;
    assert_int_equal(cssl_engine_channel_binding(engine_of(&s, FROM_CLIENT), "tls-unique", a, &len,
                                                 NULL), CSSL_STATE);
    scene_end(&s);
    open_as(&s, &(cssl_options){ .versions = 0 }, &(cssl_options){ .versions = 0 });
    len = sizeof(a);
    assert_int_equal(cssl_engine_channel_binding(engine_of(&s, FROM_CLIENT), "tls-unique", a, &len,
                                                 NULL), CSSL_STATE);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_by_client, scene_set_up),
        cmocka_unit_test_setup(test_by_server, scene_set_up),
        cmocka_unit_test_setup(test_after_resumption, scene_set_up),
        cmocka_unit_test_setup(test_refused, scene_set_up),
        cmocka_unit_test_setup(test_too_often, scene_set_up),
        cmocka_unit_test_setup(test_not_now, scene_set_up),
        cmocka_unit_test_setup(test_records, scene_set_up),
        cmocka_unit_test_setup(test_data_between, scene_set_up),
        cmocka_unit_test_setup(test_spliced, scene_set_up),
        cmocka_unit_test_setup(test_stripped, scene_set_up),
        cmocka_unit_test_setup(test_other_certificate, scene_set_up),
        cmocka_unit_test_setup(test_changes, scene_set_up),
        cmocka_unit_test_setup(test_many_requests, scene_set_up),
        cmocka_unit_test_setup(test_closed_between, scene_set_up),
        cmocka_unit_test_setup(test_closed_in_flight, scene_set_up),
        cmocka_unit_test_setup(test_ticket, scene_set_up),
        cmocka_unit_test_setup(test_tls_unique, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

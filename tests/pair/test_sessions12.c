/*
 * test_sessions12.c - what TLS 1.2 resumes: sessions by identifier (RFC 5246 F.1.4), and by ticket
 * (RFC 5077) as far as test_tls12.c leaves it, with all that ends a session.
 */
#include "base/error.h"
#include "engine/engine.h"
#include "scene.h"

static const cssl_options client_12 = { .versions = CSSL_TLSV1_2 };
static const cssl_options server_12 = { .versions = CSSL_TLSV1_2,
                                        .session_tickets = CSSL_TICKETS_STATEFUL };

/* open connects, and leaves the connection open. */
static bool open_named(struct scene *s, const char *name)
{
    s->client.num_seen = 0; /* host_forget would let identifiers come again */
    s->server.num_seen = 0;
    pair_start(&s->p, &s->client, &s->server, name);
    pair_must_connect(&s->p);
    pair_must_talk(&s->p);
    return pair_resumed(&s->p);
}

static bool once_named(struct scene *s, const char *name)
{
    bool resumed = open_named(s, name);
    pair_free(&s->p);
    return resumed;
}

static bool once(struct scene *s)
{
    return once_named(s, "server.test");
}

static void test_by_id(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options client = { PAIR_IDENTITY(pair_client) };
    const cssl_options server = { .versions = CSSL_TLSV1_2, .verify = CSSL_VERIFY_PEER,
                                  .session_tickets = CSSL_TICKETS_STATEFUL };
    scene_hosts(&s, &client, &server);
    assert_false(open_named(&s, "server.test"));
    const cssl_info first = info_of(&s.p, FROM_CLIENT);
    assert_int_equal(first.session_id_len, 32);
    pair_free(&s.p);
    for (int i = 0; i < 4; i++) {
        assert_true(open_named(&s, "server.test"));
        for (int side = 0; side < 2; side++) {
            const cssl_info info = info_of(&s.p, side);
            assert_memory_equal(info.session_id, first.session_id, 32);
            assert_string_equal(info.group, first.group);
            assert_true(info.extended_master_secret && info.peer_verified);
        }
        cssl_bytes der;
        assert_int_equal(cssl_engine_peercert(s.p.side[FROM_SERVER].engine, 0, &der, NULL), 0);
        assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_CERTIFICATE), 0);
        assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_NEW_SESSION_TICKET), 0);
        pair_free(&s.p);
    }
    assert_false(once_named(&s, "other.test"));
    assert_true(once(&s));
    test_clock_advance(&wall, 7201 * INT64_C(1000000));
    assert_false(once(&s));
    scene_end(&s);
}

static void test_switched_off(void **state)
{
    (void)state;
    static const struct {
        cssl_switch client, server;
        cssl_tickets tickets;
        bool resumes;
    } rows[] = {
        { CSSL_DEFAULT, CSSL_DEFAULT, CSSL_TICKETS_STATEFUL, true },
        { CSSL_ON, CSSL_ON, CSSL_TICKETS_STATELESS, true },
        { CSSL_OFF, CSSL_ON, CSSL_TICKETS_STATEFUL, false },
        { CSSL_ON, CSSL_OFF, CSSL_TICKETS_STATEFUL, false },
        { CSSL_OFF, CSSL_ON, CSSL_TICKETS_STATELESS, false },
        { CSSL_ON, CSSL_OFF, CSSL_TICKETS_STATELESS, false },
        { CSSL_DEFAULT, CSSL_DEFAULT, CSSL_TICKETS_DISABLED, false },
        { CSSL_DEFAULT, CSSL_ON, CSSL_TICKETS_DISABLED, true }, /* by identifier */
        { CSSL_DEFAULT, CSSL_OFF, CSSL_TICKETS_DISABLED, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene s;
        cssl_options client = client_12, server = server_12;
        client.reuse_sessions = rows[i].client;
        server.reuse_sessions = rows[i].server;
        server.session_tickets = rows[i].tickets;
        scene_hosts(&s, &client, &server);
        assert_false(once(&s));
        assert_int_equal(once(&s), rows[i].resumes);
        scene_end(&s);
    }
}

/* tls12_tickets_only: whoever sets it, TLS 1.3 resumes nothing, and TLS 1.2 goes on to. */
static void test_of_12_alone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        struct scene s;
        bool tls12 = i % 2 == 0;
        unsigned who = 1 + i / 2 % 3;
        const unsigned version = tls12 ? CSSL_TLSV1_2 : CSSL_TLSV1_3;
        const cssl_options client = { .versions = version, .tls12_tickets_only = (who & 1) != 0 };
        const cssl_options server = { .versions = version, .tls12_tickets_only = (who & 2) != 0,
                                      .session_tickets = i < 6 ? CSSL_TICKETS_STATEFUL
                                                               : CSSL_TICKETS_STATELESS };
        scene_hosts(&s, &client, &server);
        assert_false(once(&s));
        assert_int_equal(once(&s), tls12);
        scene_end(&s);
    }
}

/* Without tickets there are identifiers still, where they are asked for; in TLS 1.2 alone. */
static void test_identifiers_alone(void **state)
{
    (void)state;
    static const cssl_tickets tickets[] = { CSSL_TICKETS_DISABLED, CSSL_TICKETS_STATELESS,
                                            CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(tickets); i++) {
        for (int tls13 = 0; tls13 < 2; tls13++) {
            struct scene s;
            const cssl_options client = { .session_tickets = CSSL_TICKETS_DISABLED,
                                          .reuse_sessions = CSSL_ON };
            const cssl_options server = { .versions = tls13 != 0 ? 0 : CSSL_TLSV1_2,
                                          .session_tickets = tickets[i],
                                          .reuse_sessions = CSSL_ON };
            scene_hosts(&s, &client, &server);
            assert_false(once(&s));
            assert_int_equal(once(&s), tls13 == 0);
            assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_NEW_SESSION_TICKET), 0);
            scene_end(&s);
        }
    }
}

/* A client whose ClientHello has no session_ticket is given an identifier by any server. */
static void no_ticket(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                      struct buf *out)
{
    (void)p;
    (void)number;
    assert_int_equal(buf_append(out, record.data, record.len), 0);
    if (dir == FROM_CLIENT && number == 0) {
        static const uint8_t empty[] = { 0, EXT_SESSION_TICKET, 0, 0 };
        uint8_t *data = out->data + out->start + out->len - record.len;
        for (size_t i = 0; i + sizeof(empty) <= record.len; i++) {
            if (memcmp(data + i, empty, sizeof(empty)) == 0) {
                data[i] = 0x7a;
            }
        }
    }
}

static void test_without_the_extension(void **state)
{
    (void)state;
    struct scene s;
    scene_hosts(&s, &client_12, &(cssl_options){ .versions = CSSL_TLSV1_2 });
    pair_start(&s.p, &s.client, &s.server, "server.test");
    s.p.tamper = no_ticket;
    pair_pump(&s.p);
    /* The transcripts differ, but the server has answered: with an identifier. */
    assert_int_equal(s.p.side[FROM_SERVER].engine->conn.session_id_len, 32);
    pair_free(&s.p);
    scene_end(&s);
}

/* ---- Extended master secret (RFC 7627 5.3) ---- */

static void no_ems(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                   struct buf *out)
{
    static const uint8_t ems[] = { 0, EXT_EXTENDED_MASTER_SECRET, 0, 0 };
    const enum pair_dir *where = p->tamper_arg;
    assert_int_equal(buf_append(out, record.data, record.len), 0);
    uint8_t *data = out->data + out->start + out->len - record.len;
    for (size_t i = 0; dir == *where && number == 0 && i + sizeof(ems) <= record.len; i++) {
        if (memcmp(data + i, ems, sizeof(ems)) == 0) {
            memcpy(data + i, (const uint8_t[]){ 0, EXT_SESSION_TICKET }, 2);
            data[i] = dir == FROM_CLIENT ? 0x7a : 0;
        }
    }
}

static void test_ems_is_lost(void **state)
{
    (void)state;
    static const cssl_tickets tickets[] = { CSSL_TICKETS_STATEFUL, CSSL_TICKETS_STATELESS };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(tickets); i++) {
        struct scene s;
        enum pair_dir where = i % 2 == 0 ? FROM_CLIENT : FROM_SERVER;
        cssl_options server = server_12;
        server.session_tickets = tickets[i / 2];
        scene_hosts(&s, &client_12, &server);
        assert_false(once(&s));
        host_forget(&s.client);
        host_forget(&s.server);
        pair_start(&s.p, &s.client, &s.server, "server.test");
        s.p.tamper = no_ems;
        s.p.tamper_arg = &where;
        pair_must_fail(&s.p, where == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT,
                       ALERT_HANDSHAKE_FAILURE, CSSL_R_SESSION_WITHOUT_EMS);
        pair_free(&s.p);
        scene_end(&s);
    }
}

/* ---- What ends a session ---- */

/* RFC 5246 7.2.2: a fatal alert does, whoever sends it, now and in a later connection. */
static void test_fatal_alert(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct scene s;
        const enum pair_dir liar = i % 2 == 0 ? FROM_CLIENT : FROM_SERVER;
        scene_hosts(&s, &client_12, &server_12);
        assert_false(open_named(&s, "server.test"));
        if (i / 2 == 1) {
            pair_free(&s.p);
            assert_true(open_named(&s, "server.test"));
        }
        static const uint8_t garbage[5 + 64] = { 23, 3, 3, 0, 64 };
        pair_inject(&s.p, liar, garbage, sizeof(garbage));
        pair_must_fail(&s.p, liar == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT,
                       ALERT_BAD_RECORD_MAC, 0);
        assert_int_equal(cache_size(s.client.config->shared->sessions), 0);
        assert_int_equal(cache_size(s.server.config->shared->sessions), 0);
        pair_free(&s.p);
        assert_false(once(&s));
        assert_true(once(&s));
        scene_end(&s);
    }
}

/* A connection that is cut off has done nothing wrong. */
static void test_truncation(void **state)
{
    (void)state;
    struct scene s;
    scene_hosts(&s, &client_12, &server_12);
    assert_false(open_named(&s, "server.test"));
    pair_end(&s.p);
    pair_free(&s.p);
    assert_true(once(&s));
    scene_end(&s);
}

static void test_policy(void **state)
{
    (void)state;
    struct scene s;
    cssl_options other = server_12;
    other.ciphers = CSSL_LIST("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
    scene_hosts(&s, &client_12, &server_12);
    assert_false(once(&s));
    host_renew(&s.server, &other); /* the session's suite is not allowed any more */
    assert_false(once(&s));
    assert_true(once(&s));
    other.alpn_protocols = CSSL_LIST("h2");
    host_renew(&s.server, &other);
    host_renew(&s.client, &(cssl_options){ .versions = CSSL_TLSV1_2,
                                           .alpn_protocols = CSSL_LIST("h2") });
    assert_false(once(&s));
    assert_true(once(&s));
    scene_end(&s);
}

/* Sessions of the two versions are kept in one store, and not taken for each other. */
static void test_two_versions(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options server = { .session_tickets = CSSL_TICKETS_STATEFUL };
    scene_hosts(&s, &client_12, &server);
    assert_false(once(&s));
    assert_true(once(&s));
    host_renew(&s.client, &(cssl_options){ .versions = CSSL_TLSV1_3 });
    assert_false(once(&s));
    assert_true(once(&s));
    host_renew(&s.client, &client_12);
    assert_true(once(&s));
    scene_end(&s);
}

/* A ticket is exchanged when more than half of its time is over. */
static void test_renewal(void **state)
{
    (void)state;
    struct scene s;
    scene_hosts(&s, &client_12, &(cssl_options){ .versions = CSSL_TLSV1_2 });
    assert_false(once(&s));
    assert_true(once(&s));
    assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_NEW_SESSION_TICKET), 0);
    test_clock_advance(&wall, 4000 * INT64_C(1000000));
    assert_true(once(&s));
    assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_NEW_SESSION_TICKET), 1);
    assert_true(once(&s));
    assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_NEW_SESSION_TICKET), 0);
    test_clock_advance(&wall, 4000 * INT64_C(1000000)); /* the first one would have ended */
    assert_true(once(&s));
    scene_end(&s);
}

/* In the program's hands: an identifier like a ticket. */
static void test_manual(void **state)
{
    (void)state;
    struct scene s;
    cssl_options client = client_12;
    client.session_tickets = CSSL_TICKETS_MANUAL;
    scene_hosts(&s, &client, &server_12);
    assert_false(open_named(&s, "server.test"));
    assert_int_equal(s.p.side[FROM_CLIENT].num_tickets, 1);
    const size_t len = s.p.side[FROM_CLIENT].tickets[0].len;
    client.use_ticket = (cssl_bytes){ test_copy(s.p.side[FROM_CLIENT].tickets[0].data, len), len };
    pair_free(&s.p);
    host_renew(&s.client, &client);
    assert_true(once(&s));
    assert_true(once(&s));
    client.reuse_sessions = CSSL_OFF;
    host_renew(&s.client, &client);
    assert_false(once(&s));
    free((void *)(uintptr_t)client.use_ticket.data);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_by_id, scene_set_up),
        cmocka_unit_test_setup(test_of_12_alone, scene_set_up),
        cmocka_unit_test_setup(test_switched_off, scene_set_up),
        cmocka_unit_test_setup(test_identifiers_alone, scene_set_up),
        cmocka_unit_test_setup(test_without_the_extension, scene_set_up),
        cmocka_unit_test_setup(test_ems_is_lost, scene_set_up),
        cmocka_unit_test_setup(test_fatal_alert, scene_set_up),
        cmocka_unit_test_setup(test_truncation, scene_set_up),
        cmocka_unit_test_setup(test_policy, scene_set_up),
        cmocka_unit_test_setup(test_two_versions, scene_set_up),
        cmocka_unit_test_setup(test_renewal, scene_set_up),
        cmocka_unit_test_setup(test_manual, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_edges.c - what nobody runs into by accident: hellos of SSL 3.0, sessions that are older or
 * younger than the policy they were made under, long lists, calls in an unusual order.
 */
#include "base/error.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "pair.h"

static struct test_clock wall;

static int set_up(void **state)
{
    (void)state;
    test_clock_init(&wall, PAIR_NOW);
    return 0;
}

/* ---- SSL 3.0 ---- */

/* ssl3 puts version 3.0 into the first message of a direction. */
static void ssl3(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                 struct buf *out)
{
    assert_int_equal(buf_append(out, record.data, record.len), 0);
    if (number == 0 && dir == *(const enum pair_dir *)p->tamper_arg) {
        out->data[out->start + out->len - record.len + 5 + 4 + 1] = 0;
    }
}

static void test_ssl3(void **state)
{
    (void)state;
    for (enum pair_dir dir = FROM_CLIENT; dir <= FROM_SERVER; dir++) {
        struct pair_host client, server;
        struct pair p;
        host_init(&client, false, &wall, NULL);
        host_init(&server, true, &wall, NULL);
        pair_start(&p, &client, &server, "server.test");
        p.tamper = ssl3;
        p.tamper_arg = &dir;
        pair_must_fail(&p, dir == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT, ALERT_PROTOCOL_VERSION,
                       0);
        pair_free(&p);
        host_free(&client);
        host_free(&server);
    }
}

/* ---- Policies ---- */

/* A scheme that moves from one list to the other is another policy. */
static void test_lists_are_told_apart(void **state)
{
    (void)state;
    const cssl_options options[] = {
        { .signature_algs = CSSL_LIST("ed25519"),
          .signature_algs_cert = CSSL_LIST("ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256") },
        { .signature_algs = CSSL_LIST("rsa_pss_rsae_sha256", "ed25519"),
          .signature_algs_cert = CSSL_LIST("ecdsa_secp256r1_sha256") },
    };
    struct pair_host hosts[2];
    for (int i = 0; i < 2; i++) {
        host_init(&hosts[i], false, &wall, &options[i]);
    }
    assert_memory_not_equal(hosts[0].config->policy, hosts[1].config->policy, SESSION_DIGEST);
    host_free(&hosts[0]);
    host_free(&hosts[1]);
}

/* ticket_of makes a connection of a manual client and returns a ticket of it. */
static cssl_bytes ticket_of(const cssl_options *options, struct pair_host *server)
{
    struct pair_host client;
    struct pair p;
    cssl_options o = *options;
    o.session_tickets = CSSL_TICKETS_MANUAL;
    host_init(&client, false, &wall, &o);
    pair_start(&p, &client, server, "server.test");
    pair_must_connect(&p);
    pair_must_talk(&p);
    assert_true(p.side[FROM_CLIENT].num_tickets > 0);
    size_t len = p.side[FROM_CLIENT].tickets[0].len;
    uint8_t *data = test_copy(p.side[FROM_CLIENT].tickets[0].data, len);
    pair_free(&p);
    host_free(&client);
    return (cssl_bytes){ data, len };
}

static cssl_options with_ticket(const cssl_options *options, cssl_bytes ticket)
{
    cssl_options o = *options;
    o.session_tickets = CSSL_TICKETS_MANUAL;
    o.use_ticket = ticket;
    return o;
}

/* A key that was exchanged ends what the old one had authenticated. */
static void test_new_psk(void **state)
{
    (void)state;
    const cssl_options old = { .psk_identity = "us", .psk = { (const uint8_t *)"0123456789abcdef",
                                                              16 } };
    const cssl_options new = { .psk_identity = "us", .psk = { (const uint8_t *)"fedcba9876543210",
                                                              16 } };
    struct pair_host client, server;
    struct pair p;
    host_init(&server, true, &wall, &old);
    cssl_bytes ticket = ticket_of(&old, &server);

    /* it is good as long as the key is the same one */
    cssl_options o = with_ticket(&old, ticket);
    host_init(&client, false, &wall, &o);
    assert_true(pair_handshake(&client, &server, "server.test"));
    host_renew(&server, &new);

    /* who does not have the new key is not let in by what he got for the old one */
    pair_start(&p, &client, &server, "server.test");
    pair_must_fail(&p, FROM_SERVER, ALERT_DECRYPT_ERROR, CSSL_R_BINDER_WRONG);
    pair_free(&p);
    host_free(&client);

    o = with_ticket(&new, ticket);
    host_init(&client, false, &wall, &o);
    assert_false(pair_handshake(&client, &server, "server.test"));
    host_free(&client);
    host_free(&server);
    free((void *)(uintptr_t)ticket.data);
}

/* A client that gets another certificate, or lays it down, is not resumed as whom it was. */
static void test_new_client_certificate(void **state)
{
    (void)state;
    const cssl_options first = { PAIR_IDENTITY(pair_client) };
    const cssl_options others[] = { { PAIR_IDENTITY(pair_client_ed25519) }, { 0 } };
    const cssl_options verifying = { .verify = CSSL_VERIFY_PEER,
                                     .fail_if_no_peer_cert = CSSL_OFF };
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        struct pair_host client, server;
        host_init(&server, true, &wall, &verifying);
        host_init(&client, false, &wall, &first);
        assert_false(pair_handshake(&client, &server, "server.test"));
        host_renew(&client, &first);
        assert_true(pair_handshake(&client, &server, "server.test"));
        host_renew(&client, &others[i]);
        assert_false(pair_handshake(&client, &server, "server.test"));
        assert_true(pair_handshake(&client, &server, "server.test"));
        host_free(&client);
        host_free(&server);
    }
}

/* A session of a suite that does not exist is no session. */
static void test_unknown_suite(void **state)
{
    (void)state;
    const cssl_options none = { 0 };
    struct pair_host client, server;
    host_init(&server, true, &wall, NULL);
    cssl_bytes ticket = ticket_of(&none, &server);
    uint8_t *bytes = (void *)(uintptr_t)ticket.data;
    bytes[3] = 0x13; /* behind format and version */
    bytes[4] = 0x99;
    cssl_options o = with_ticket(&none, ticket);
    host_init(&client, false, &wall, &o);
    assert_false(pair_handshake(&client, &server, "server.test"));
    host_free(&client);
    host_free(&server);
    free(bytes);
}

/* try_damaged makes a connection with a damaged session: whatever becomes of it, nothing breaks. */
static void try_damaged(void *arg, uint8_t *data, size_t len)
{
    struct pair_host *server = arg, client;
    struct pair p;
    cssl_error err = { 0 };
    const cssl_options o = { .session_tickets = CSSL_TICKETS_MANUAL,
                             .use_ticket = { data, len },
                             .cacerts = PAIR_PEM(pair_root) };
    cssl_config *config = len == 0 ? NULL : cssl_client_config(&o, &err);
    if (config == NULL) {
        return;
    }
    cssl_config_free(config);
    host_init(&client, false, &wall, &o);
    server->num_seen = 0;
    pair_start(&p, &client, server, "server.test");
    pair_end(&p);
    for (int i = 0; i < 2; i++) {
        const cssl_error *e = &p.side[i].error;
        if (e->status != 0 && (e->alert == ALERT_INTERNAL_ERROR || e->reason == CSSL_R_NOMEM)) {
            fail_msg("a damaged session is our fault: %s", e->text);
        }
    }
    pair_free(&p);
    host_free(&client);
}

static void test_damaged_sessions(void **state)
{
    (void)state;
    const cssl_options none = { 0 };
    struct pair_host server;
    host_init(&server, true, &wall, NULL);
    cssl_bytes ticket = ticket_of(&none, &server);
    for_each_damage(ticket.data, 400, test_seed(7), 100, try_damaged, &server);
    for_each_damage(ticket.data, ticket.len, test_seed(8), 300, try_damaged, &server);
    for (size_t i = 0; i < ticket.len && i < 140; i++) { /* what stands before the chain */
        uint8_t *copy = test_copy(ticket.data, ticket.len);
        copy[i] ^= 0x81;
        try_damaged(&server, copy, ticket.len);
        free(copy);
    }
    host_free(&server);
    free((void *)(uintptr_t)ticket.data);
}

/* The clock goes back by more than a ticket lives: there is no new ticket, and no harm. */
static void test_short_lives(void **state)
{
    (void)state;
    const cssl_options none = { 0 };
    const cssl_options short_lived = { .ticket_lifetime = 10 };
    struct pair_host client, server;
    host_init(&server, true, &wall, &short_lived);
    cssl_bytes ticket = ticket_of(&none, &server);
    cssl_options o = with_ticket(&none, ticket);
    host_init(&client, false, &wall, &o);
    test_clock_advance(&wall, INT64_C(-30) * 1000000);
    assert_true(pair_handshake(&client, &server, "server.test"));
    host_free(&client);
    host_free(&server);
    free((void *)(uintptr_t)ticket.data);
}

/* Each ticket of a connection has a key of its own (RFC 8446 4.6.1: another nonce). */
static void test_tickets_differ(void **state)
{
    (void)state;
    const cssl_options manual = { .session_tickets = CSSL_TICKETS_MANUAL };
    struct pair_host client, server;
    struct pair p;
    struct session sessions[2];
    host_init(&client, false, &wall, &manual);
    host_init(&server, true, &wall, NULL);
    pair_start(&p, &client, &server, "server.test");
    pair_must_connect(&p);
    pair_must_talk(&p);
    assert_int_equal(p.side[FROM_CLIENT].num_tickets, 2);
    for (size_t i = 0; i < 2; i++) {
        cssl_bytes ticket = { p.side[FROM_CLIENT].tickets[i].data,
                              p.side[FROM_CLIENT].tickets[i].len };
        assert_int_equal(session_decode(&sessions[i], ticket, NULL), 0);
    }
    assert_int_equal(sessions[0].psk.len, 32);
    assert_memory_not_equal(sessions[0].psk.data, sessions[1].psk.data, 32);
    assert_int_not_equal(sessions[0].age_add, sessions[1].age_add);
    session_wipe(&sessions[0]);
    session_wipe(&sessions[1]);
    pair_free(&p);
    host_free(&client);
    host_free(&server);
}

/* ---- Long lists ---- */

static void test_many_authorities(void **state)
{
    (void)state;
    enum { NAMES = 14, NAME = 1000 };
    const cssl_options verifying = { .verify = CSSL_VERIFY_PEER };
    const cssl_options identity = { PAIR_IDENTITY(pair_client_ed25519) };
    struct pair_host client, server;
    struct pair p;
    host_init(&client, false, &wall, &identity);
    host_init(&server, true, &wall, &verifying);
    /* the client's issuer, and many others before it */
    cssl_config *config = server.config;
    size_t own = config->authorities_len;
    uint8_t *list = mem_new(NAMES * (2 + NAME) + own);
    assert_non_null(list);
    for (size_t i = 0; i < NAMES; i++) {
        list[i * (2 + NAME)] = NAME >> 8;
        list[i * (2 + NAME) + 1] = NAME & 0xff;
    }
    memcpy(list + NAMES * (2 + NAME), config->authorities, own);
    mem_free(config->authorities);
    config->authorities = list;
    config->authorities_len = NAMES * (2 + NAME) + own;
    pair_start(&p, &client, &server, "server.test");
    pair_must_connect(&p);
    pair_must_talk(&p);
    cssl_bytes der;
    assert_int_equal(cssl_engine_peercert(p.side[FROM_SERVER].engine, 0, &der, NULL), 0);
    pair_free(&p);
    host_free(&client);
    host_free(&server);
}

/* A message that may not come is refused by its first byte: nobody makes an idle connection keep
 * the beginning of a long one. */
static void test_refused_by_type(void **state)
{
    (void)state;
    static const uint8_t types[] = { HT_CERTIFICATE, HT_CLIENT_HELLO, HT_SERVER_HELLO, 99 };
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        for (int to = 0; to < 2; to++) {
            struct pair_host client, server;
            struct pair p;
            cssl_error err;
            struct worker *w = worker_new();
            host_init(&client, false, &wall, NULL);
            host_init(&server, true, &wall, NULL);
            pair_start(&p, &client, &server, "server.test");
            pair_must_connect(&p);
            assert_non_null(w);
            assert_int_equal(conn_send(&p.side[1 - to].engine->conn, w, CT_HANDSHAKE,
                                       bytes_of(&types[i], 1), &err), 0);
            pair_must_fail(&p, (enum pair_dir)to, ALERT_UNEXPECTED_MESSAGE,
                           CSSL_R_UNEXPECTED_MESSAGE);
            worker_free(w);
            pair_free(&p);
            host_free(&client);
            host_free(&server);
        }
    }
}

/* ---- Calls in an unusual order ---- */

/* A handshake that is cancelled has no step to give away any more. */
static void test_cancel_before_a_step(void **state)
{
    (void)state;
    const cssl_options deferring = { .defer_steps = true };
    struct pair_host client;
    const cssl_peer peer = { .name = "server.test" };
    cssl_event event;
    host_init(&client, false, &wall, &deferring);
    for (int taken = 0; taken < 2; taken++) {
        cssl_engine *e = cssl_engine_new(client.config, &peer, NULL);
        assert_non_null(e);
        if (taken == 1) {
            assert_true(cssl_engine_next(e, &event));
            assert_int_equal(event.type, CSSL_EV_STEP);
        }
        cssl_engine_cancel(e);
        assert_false(cssl_engine_next(e, &event));
        assert_null(cssl_engine_step(e));
        assert_true(cssl_engine_output(e).len > 0);
        cssl_engine_free(e);
    }
    host_free(&client);
}

/* silent_after_close: h sent nothing behind its close_notify, which it sent. */
static void silent_after_close(const struct pair_host *h)
{
    bool closed = false;
    for (size_t i = 0; i < h->num_seen; i++) {
        if (h->seen[i].sent && closed) {
            fail_msg("%s sends type %d, %d behind close_notify", h->server ? "server" : "client",
                     h->seen[i].content_type, h->seen[i].type);
        }
        closed = closed || (h->seen[i].sent && h->seen[i].content_type == CT_ALERT);
    }
    assert_true(closed);
}

/* Who closes before the handshake is done says nothing behind close_notify. */
static void test_close_before_the_end(void **state)
{
    (void)state;
    for (enum pair_dir side = FROM_CLIENT; side <= FROM_SERVER; side++) {
        struct pair_host client, server;
        struct pair p;
        host_init(&client, false, &wall, NULL);
        host_init(&server, true, &wall, NULL);
        pair_start(&p, &client, &server, "server.test");
        assert_int_equal(cssl_engine_close(p.side[side].engine, NULL), 0);
        pair_pump(&p);
        silent_after_close(p.side[side].host);
        cssl_error err = { 0 };
        assert_int_equal(cssl_engine_received(p.side[side].engine, 0, &err), CSSL_CLOSED);
        assert_int_equal(p.side[side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT].error.reason,
                         CSSL_R_CLOSED);
        pair_free(&p);
        host_free(&client);
        host_free(&server);
    }
}

/* late holds what the client says after its hello. */
static void late(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                 struct buf *out)
{
    bool hold = dir == FROM_CLIENT && number > 0;
    assert_int_equal(buf_append(hold ? &p->held : out, record.data, record.len), 0);
}

/* A server that has said its all before it hears from the client goes on receiving. */
static void test_close_after_half_a_round(void **state)
{
    (void)state;
    struct pair_host client, server;
    struct pair p;
    host_init(&client, false, &wall, NULL);
    host_init(&server, true, &wall, NULL);
    pair_start(&p, &client, &server, "server.test");
    p.tamper = late;
    pair_pump(&p);
    struct pair_side *s = &p.side[FROM_SERVER], *c = &p.side[FROM_CLIENT];
    assert_int_equal(cssl_engine_write(s->engine, "hello", 5, NULL), 5);
    assert_int_equal(cssl_engine_close(s->engine, NULL), 0);
    p.tamper = NULL;
    pair_inject(&p, FROM_CLIENT, buf_bytes(&p.held).data, p.held.len);
    pair_pump(&p);
    assert_true(pair_connected(&p) && c->closed);
    assert_int_equal(c->data.len, 5);
    silent_after_close(&server);
    assert_int_equal(pair_write(&p, FROM_CLIENT, "hello", 5), 0);
    assert_int_equal(s->data.len, 5);
    pair_free(&p);
    host_free(&client);
    host_free(&server);
}

/* Keys are used up in the half round too, and may be exchanged there (RFC 8446 4.6.3, 5.5). */
static void test_keys_of_half_a_round(void **state)
{
    (void)state;
    static uint8_t data[5000];
    const cssl_options often = { .key_update_at = 2000, .max_fragment = 500 };
    struct pair_host client, server;
    struct pair p;
    host_init(&client, false, &wall, NULL);
    host_init(&server, true, &wall, &often);
    pair_start(&p, &client, &server, "server.test");
    p.tamper = late;
    pair_pump(&p);
    assert_int_equal(cssl_engine_write(p.side[FROM_SERVER].engine, data, sizeof(data), NULL),
                     sizeof(data));
    assert_int_equal(host_saw(&server, true, CT_HANDSHAKE, HT_KEY_UPDATE), 2);
    p.tamper = NULL;
    pair_inject(&p, FROM_CLIENT, buf_bytes(&p.held).data, p.held.len);
    pair_must_connect(&p);
    assert_int_equal(p.side[FROM_CLIENT].data.len, sizeof(data));
    pair_must_talk(&p);
    pair_free(&p);
    host_free(&client);
    host_free(&server);
}

/* ---- Names ---- */

static void test_names_that_are_sent(void **state)
{
    (void)state;
    static const struct { const char *name, *sni; } cases[] = {
        { "server.test", "server.test" },
        { "server.test.", "server.test" },
        { "b\xc3\xbc" "cher.example", "xn--bcher-kva.example" },
        { "127.0.0.1", "" },
        { "[::1]", "" },
    };
    struct pair_host client;
    host_init(&client, false, &wall, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const cssl_peer peer = { .name = cases[i].name };
        cssl_info info;
        cssl_engine *e = cssl_engine_new(client.config, &peer, NULL);
        assert_non_null(e);
        cssl_engine_information(e, &info);
        assert_string_equal(info.sni_hostname, cases[i].sni);
        cssl_engine_free(e);
    }
    host_free(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ssl3, set_up),
        cmocka_unit_test_setup(test_lists_are_told_apart, set_up),
        cmocka_unit_test_setup(test_new_psk, set_up),
        cmocka_unit_test_setup(test_new_client_certificate, set_up),
        cmocka_unit_test_setup(test_unknown_suite, set_up),
        cmocka_unit_test_setup(test_damaged_sessions, set_up),
        cmocka_unit_test_setup(test_short_lives, set_up),
        cmocka_unit_test_setup(test_tickets_differ, set_up),
        cmocka_unit_test_setup(test_many_authorities, set_up),
        cmocka_unit_test_setup(test_refused_by_type, set_up),
        cmocka_unit_test_setup(test_cancel_before_a_step, set_up),
        cmocka_unit_test_setup(test_close_before_the_end, set_up),
        cmocka_unit_test_setup(test_close_after_half_a_round, set_up),
        cmocka_unit_test_setup(test_keys_of_half_a_round, set_up),
        cmocka_unit_test_setup(test_names_that_are_sent, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

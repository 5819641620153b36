/*
 * test_hostile_more.c - where features meet: pauses and resumption, questions and renegotiation,
 * identifiers of one version in the other. Each would be wrong although both features are right.
 */
#include "base/error.h"
#include "engine/engine.h"
#include "hs/client12.h"
#include "hs/psk13.h"
#include "scene.h"

static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };

/* ---- A client goes on under another config after the ServerHello ---- */

static bool go_on(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    cssl_error err;
    if (event->type != CSSL_EV_HELLO) {
        return false;
    }
    if (cssl_engine_continue(p->side[dir].engine, p->on_ask_arg, &err) != 0) {
        p->side[dir].error = err; /* told once, and so no event */
    }
    return true;
}

/* must_refuse: the client ends it, and the server hears so; the other host has seen its alert. */
static void must_refuse(struct scene *s)
{
    pair_pump(&s->p);
    assert_int_equal(s->p.side[FROM_CLIENT].error.reason, CSSL_R_OTHER_POLICY);
    assert_false(s->p.side[FROM_CLIENT].connected);
    assert_int_equal(host_alert(&s->server, false), ALERT_HANDSHAKE_FAILURE);
}

/* What was offered for resumption by one who verifies nobody is nothing to one who does. */
static void test_resumed_for_another(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        for (int strict = 0; strict < 2; strict++) {
            struct scene s;
            struct pair_host other;
            const cssl_options c = { .versions = versions[v],
                                     .verify = CSSL_VERIFY_NONE,
                                     .pause_at_hello = true };
            const cssl_options o = { .versions = versions[v],
                                     .verify = strict ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE };
            const cssl_options server = { .versions = versions[v], PAIR_IDENTITY(pair_impostor) };
            scene_hosts(&s, &c, &server);
            host_init(&other, false, &wall, &o);
            for (int i = 0; i < 2; i++) {
                pair_start(&s.p, &s.client, &s.server, "server.test");
                s.p.on_ask = go_on;
                s.p.on_ask_arg = i == 0 ? NULL : other.config;
                if (i == 0 || !strict) {
                    pair_must_connect(&s.p);
                    assert_int_equal(pair_resumed(&s.p), i);
                } else {
                    must_refuse(&s);
                }
                pair_free(&s.p);
            }
            host_free(&other);
            scene_end(&s);
        }
    }
}

/* A pre-shared key that was offered is forgotten neither with its config, nor for its sake. */
static void test_psk_of_another(void **state)
{
    (void)state;
    static const uint8_t key[32] = { 1, 2, 3 };
    for (int i = 0; i < 4; i++) {
        const bool same = (i & 1) != 0, import = (i & 2) != 0;
        struct scene s;
        struct pair_host other;
        const cssl_options both = { .versions = CSSL_TLSV1_3,
                                    .psk_identity = "device 1",
                                    .psk = { key, sizeof(key) },
                                    .psk_import = import,
                                    .pause_at_hello = true };
        cssl_options o = both;
        o.depth = same ? 0 : 3;
        scene_hosts(&s, &both, &(cssl_options){ .versions = CSSL_TLSV1_3,
                                                .psk_identity = "device 1",
                                                .psk_import = import,
                                                .psk = { key, sizeof(key) } });
        host_init(&other, false, &wall, &o);
        pair_start(&s.p, &s.client, &s.server, "server.test");
        cssl_config_free(s.client.config); /* the engine alone has it now */
        s.client.config = cssl_config_ref(other.config);
        s.p.on_ask = go_on;
        s.p.on_ask_arg = other.config;
        if (same) {
            pair_must_connect(&s.p);
        } else {
            must_refuse(&s);
        }
        pair_free(&s.p);
        host_free(&other);
        scene_end(&s);
    }
}

/* Who verifies needs a name, also who begins to in the middle. */
static bool go_on_nameless(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    cssl_error err;
    cssl_engine *e = p->side[dir].engine;
    assert_int_equal(event->type, CSSL_EV_HELLO);
    assert_int_equal(cssl_engine_continue(e, p->on_ask_arg, &err), CSSL_OPTION);
    assert_int_equal(err.reason, CSSL_R_NO_PEER_NAME);
    assert_int_equal(cssl_engine_continue(e, NULL, &err), 0);
    return true;
}

static void test_verified_without_a_name(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        struct scene s;
        struct pair_host other;
        const cssl_options c = { .versions = versions[v],
                                 .verify = CSSL_VERIFY_NONE,
                                 .pause_at_hello = true };
        scene_hosts(&s, &c, &(cssl_options){ .versions = versions[v] });
        host_init(&other, false, &wall, &(cssl_options){ .versions = versions[v] });
        pair_start(&s.p, &s.client, &s.server, NULL);
        s.p.on_ask = go_on_nameless;
        s.p.on_ask_arg = other.config;
        pair_pump(&s.p);
        assert_true(pair_connected(&s.p));
        assert_false(engine_of(&s, FROM_CLIENT)->conn.peer_verified);
        pair_free(&s.p);
        host_free(&other);
        scene_end(&s);
    }
}

/* A server's mark that its hello was made to speak worse counts by what was offered. */
static void test_downgraded_for_another(void **state)
{
    (void)state;
    struct scene s;
    struct pair_host other;
    scene_hosts(&s, &(cssl_options){ .pause_at_hello = true }, NULL);
    host_init(&other, false, &wall, &(cssl_options){ .versions = CSSL_TLSV1_2 });
    pair_start(&s.p, &s.client, &s.server, "server.test");
    struct conn *c = &engine_of(&s, FROM_CLIENT)->conn;
    struct hs *hs = engine_of(&s, FROM_CLIENT)->hs;
    uint8_t random[32] = { 0 };
    memcpy(random + 24, "DOWNGRD\1", 8);
    struct server_hello sh = { .legacy_version = TLS_1_2,
                               .random = bytes_of(random, sizeof(random)),
                               .cipher_suite = 0xc02b };
    conn_set_config(c, other.config);
    cssl_error err;
    assert_int_equal(client12_server_hello(hs, &sh, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_DOWNGRADE);
    pair_free(&s.p);
    host_free(&other);
    scene_end(&s);
}

/* ---- A question in a renegotiation that ends before it is asked ---- */

static bool take_all(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    const cssl_answer a = { .id = event->question.id, .verdict = CSSL_UNKNOWN };
    assert_int_equal(event->type, CSSL_EV_ASK);
    assert_int_equal(cssl_engine_answer(p->side[dir].engine, &a, NULL), 0);
    return true;
}

/* carry takes what from has to say to its peer, without asking that for events. */
static void carry(struct scene *s, enum pair_dir from)
{
    cssl_engine *a = engine_of(s, from), *b = engine_of(s, from == FROM_CLIENT ? FROM_SERVER
                                                                               : FROM_CLIENT);
    for (cssl_bytes out = cssl_engine_output(a); out.len > 0; out = cssl_engine_output(a)) {
        uint8_t *room = NULL;
        size_t len = cssl_engine_room(b, &room);
        len = len < out.len ? len : out.len;
        if (len == 0) {
            return;
        }
        memcpy(room, out.data, len);
        cssl_engine_sent(a, len);
        (void)cssl_engine_received(b, len, NULL);
    }
}

static void test_question_of_the_past(void **state)
{
    (void)state;
    for (int steps = 0; steps < 2; steps++) {
        struct scene s;
        cssl_event event;
        const cssl_options c = { .versions = CSSL_TLSV1_2, PAIR_IDENTITY(pair_client) };
        const cssl_options server = { .versions = CSSL_TLSV1_2,
                                      .verify = CSSL_VERIFY_PEER,
                                      .client_renegotiation = CSSL_ON,
                                      .defer_steps = steps,
                                      .ask_about = steps ? 0 : CSSL_ASK_VERIFY };
        scene_hosts(&s, &c, &server);
        pair_start(&s.p, &s.client, &s.server, "server.test");
        s.p.on_ask = take_all;
        pair_must_connect(&s.p);
        cssl_engine *e = engine_of(&s, FROM_SERVER);
        assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), NULL), 0);
        for (int i = 0; i < 8 && !event_waits(e->event); i++) {
            carry(&s, FROM_CLIENT);
            carry(&s, FROM_SERVER);
            while (cssl_engine_next(engine_of(&s, FROM_CLIENT), &event)) {
            }
        }
        assert_int_equal(e->event, steps ? CSSL_EV_STEP : CSSL_EV_ASK);
        assert_false(e->event_taken);
        assert_int_equal(cssl_engine_close(e, NULL), 0);
        /* What is left of the client's flight belongs to nothing any more. */
        if (cssl_engine_next(e, &event)) {
            assert_int_equal(event.type, CSSL_EV_ERROR);
        }
        assert_null(cssl_engine_step(e));
        pair_free(&s.p);
        scene_end(&s);
    }
}

/* ---- Exported keys of what is not authenticated yet ---- */

static void try_exports(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                        struct buf *out)
{
    cssl_engine *e = p->side[FROM_SERVER].engine;
    uint8_t key[32];
    (void)dir;
    (void)number;
    if (e->hs != NULL) {
        assert_int_equal(cssl_engine_export_key_material(e, "EXPERIMENT", bytes_str(""), key,
                                                         sizeof(key), NULL), CSSL_STATE);
        ++*(int *)p->tamper_arg;
    }
    uint8_t *to = buf_room(out, record.len);
    assert_non_null(to);
    memcpy(to, record.data, record.len);
    buf_grow(out, record.len);
}

static void test_exported_early(void **state)
{
    (void)state;
    struct scene s;
    int tried = 0;
    const cssl_options twelve = { .versions = CSSL_TLSV1_2,
                                  .client_renegotiation = CSSL_ON,
                                  .session_tickets = CSSL_TICKETS_STATEFUL };
    scene_hosts(&s, &(cssl_options){ .versions = CSSL_TLSV1_2 }, &twelve);
    for (int i = 0; i < 2; i++) {
        pair_start(&s.p, &s.client, &s.server, "server.test");
        s.p.tamper = try_exports;
        s.p.tamper_arg = &tried;
        pair_must_connect(&s.p);
        assert_int_equal(pair_resumed(&s.p), i);
        assert_int_equal(cssl_engine_renegotiate(engine_of(&s, FROM_CLIENT), NULL), 0);
        pair_pump(&s.p);
        pair_must_talk(&s.p);
        pair_free(&s.p);
    }
    assert_true(tried > 8);
    scene_end(&s);
}

/* ---- Sessions of others, by what is said of them in the clear ---- */

/* An identifier of TLS 1.2 goes over the wire in the clear, in both hellos. */
static void test_session_of_somebody(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options server = { .session_tickets = CSSL_TICKETS_STATEFUL };
    const cssl_options twelve = { .versions = CSSL_TLSV1_2 };
    scene_hosts(&s, &twelve, &server);
    (void)pair_handshake(&s.client, &s.server, "server.test");
    assert_true(pair_handshake(&s.client, &s.server, "server.test"));
    /* The attacker repeats the victim's ClientHello and cannot go on. */
    pair_start(&s.p, &s.client, &s.server, "server.test");
    static const uint8_t finished[] = { 20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 40, 1, 2, 3 };
    carry(&s, FROM_CLIENT);
    uint8_t *room = NULL;
    cssl_engine *e = engine_of(&s, FROM_SERVER);
    assert_true(e->conn.resumed);
    assert_true(cssl_engine_room(e, &room) > 100);
    memset(room, 7, 100);
    memcpy(room, finished, sizeof(finished));
    assert_int_equal(cssl_engine_received(e, 6 + 5 + 40, NULL), CSSL_ALERT);
    assert_int_equal(cache_size(s.server.config->shared->sessions), 1);
    /* Nor does the digest of it, as an identity, take it out of the store. */
    uint8_t key[SESSION_DIGEST];
    struct client_hello ch = { .num_psks = 0 };
    cache_id_key(key, bytes_of(e->conn.session_id, e->conn.session_id_len));
    pair_free(&s.p);
    pair_start(&s.p, &s.client, &s.server, "server.test");
    struct hs *hs = engine_of(&s, FROM_SERVER)->hs;
    assert_false(psk_is_session(hs, TLS_1_3, &ch, bytes_of(key, sizeof(key))));
    assert_int_equal(cache_size(s.server.config->shared->sessions), 1);
    pair_free(&s.p);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_resumed_for_another, scene_set_up),
        cmocka_unit_test_setup(test_psk_of_another, scene_set_up),
        cmocka_unit_test_setup(test_verified_without_a_name, scene_set_up),
        cmocka_unit_test_setup(test_downgraded_for_another, scene_set_up),
        cmocka_unit_test_setup(test_question_of_the_past, scene_set_up),
        cmocka_unit_test_setup(test_exported_early, scene_set_up),
        cmocka_unit_test_setup(test_session_of_somebody, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

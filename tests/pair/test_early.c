/*
 * test_early.c - early data (RFC 8446 2.3, 4.2.10, 8): taken once, when everything is as it was in
 * the session; refused for each single reason, which the handshake survives; bounded.
 */
#include "base/error.h"
#include "crypto/suite.h"
#include "early.h"
#include "session/session.h"

/* ---- It works ---- */

static void test_accepted(void **state)
{
    (void)state;
    static const cssl_tickets modes[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        for (int comp = 0; comp < 2; comp++) {
            const cssl_options client = { .middlebox_comp_mode = comp == 0 ? CSSL_ON : CSSL_OFF };
            struct scene s;
            early_meet(&s, &client, &(cssl_options){ .session_tickets = modes[i] });
            for (int k = 0; k < 5; k++) {
                pass_ms(500);
                expect(again(&s, "server.test"), 1, "early data");
                cssl_bytes early = buf_bytes(&s.p.side[FROM_SERVER].early);
                assert_int_equal(early.len, strlen(early_text));
                assert_memory_equal(early.data, early_text, early.len);
                pair_free(&s.p);
            }
            assert_int_equal(host_saw(&s.client, true, CT_HANDSHAKE, HT_END_OF_EARLY_DATA), 5);
            assert_int_equal(host_saw(&s.server, false, CT_HANDSHAKE, HT_END_OF_EARLY_DATA), 5);
            /* one change_cipher_spec a handshake, from each side */
            assert_int_equal(host_saw(&s.client, true, CT_CHANGE_CIPHER_SPEC, -1),
                             comp == 0 ? 5 : 0);
            scene_end(&s);
        }
    }
}

static void test_every_suite(void **state)
{
    (void)state;
    const char *const *suites = cssl_cipher_suites("all", CSSL_TLSV1_3);
    for (size_t i = 0; suites[i] != NULL; i++) {
        const cssl_options o = { .ciphers = CSSL_LIST(suites[i]) };
        struct scene s;
        early_meet(&s, &o, &o);
        expect(once_more(&s, "server.test"), 1, suites[i]);
        scene_end(&s);
    }
}

/* Bytes come in any pieces, and in records of any size. */
static void test_pieces(void **state)
{
    (void)state;
    static uint8_t much[EARLY_DATA_MAX];
    static const size_t chunks[] = { 0, 1, 7, 1000 };
    static const size_t fragments[] = { 0, 64, 1000 };
    struct test_rng rng;
    test_rng_init(&rng, 3);
    test_rng_fill(&rng, much, sizeof(much));
    for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(fragments); k++) {
            const cssl_options client = { .early_data = { much, sizeof(much) },
                                          .max_fragment = fragments[k],
                                          .record_padding = k == 2 ? 128 : 0 };
            struct scene s;
            early_meet(&s, &client, &(cssl_options){ .max_early_data = EARLY_DATA_MAX,
                                               .defer_steps = k == 1 });
            pair_start(&s.p, &s.client, &s.server, "server.test");
            s.p.chunk = chunks[i];
            pair_must_connect(&s.p);
            assert_true(info_of(&s.p, FROM_CLIENT).early_data_accepted);
            const struct buf *early = &s.p.side[FROM_SERVER].early;
            assert_int_equal(early->len, sizeof(much));
            assert_memory_equal(buf_bytes(early).data, much, sizeof(much));
            pair_must_talk(&s.p);
            scene_end(&s);
        }
    }
}

/* The secret is logged by both, and the epochs are what a trace shows. */
static void test_seen(void **state)
{
    (void)state;
    struct scene s;
    early_meet(&s, NULL, NULL);
    host_forget(&s.server);
    expect(again(&s, "server.test"), 1, "early data");
    s.client.keylog[s.client.keylog_len] = '\0';
    s.server.keylog[s.server.keylog_len] = '\0';
    const char *ours = strstr(s.client.keylog, "CLIENT_EARLY_TRAFFIC_SECRET ");
    const char *theirs = strstr(s.server.keylog, "CLIENT_EARLY_TRAFFIC_SECRET ");
    assert_non_null(ours);
    assert_non_null(theirs);
    assert_memory_equal(ours, theirs, strlen("CLIENT_EARLY_TRAFFIC_SECRET ") + 64 + 1 + 64 + 1);
    const struct { struct pair_host *host; uint8_t type, epoch; } rows[] = {
        { &s.client, HT_CLIENT_HELLO, 0 }, { &s.client, HT_END_OF_EARLY_DATA, 1 },
        { &s.server, HT_END_OF_EARLY_DATA, 1 }, { &s.server, HT_ENCRYPTED_EXTENSIONS, 2 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        bool seen = false;
        for (size_t k = 0; k < rows[i].host->num_seen; k++) {
            const struct pair_seen *one = &rows[i].host->seen[k];
            if (one->content_type == CT_HANDSHAKE && one->type == rows[i].type) {
                assert_int_equal(one->epoch, rows[i].epoch);
                seen = true;
            }
        }
        assert_true(seen);
    }
    scene_end(&s);
}

/* ---- It is not offered ---- */

static void test_not_offered(void **state)
{
    (void)state;
    struct scene s;
    /* no session */
    early_hosts(&s, NULL, NULL);
    expect(once_more(&s, "server.test"), -1, "without a session");
    /* a session of another name is not even offered */
    expect(once_more(&s, "other.test"), -1, "another name");
    expect(once_more(&s, "server.test"), 1, "the same name");
    scene_end(&s);
    /* a server that takes none */
    const cssl_options c = client_options(NULL);
    memset(&s, 0, sizeof(s));
    host_init(&s.client, false, &wall, &c);
    host_init(&s.server, true, &wall, NULL);
    expect(once_more(&s, "server.test"), -1, "without a session");
    expect(once_more(&s, "server.test"), -1, "a session that allows none");
    scene_end(&s);
    /* more than the session allows; just as much */
    for (uint32_t less = 0; less < 2; less++) {
        const uint32_t max = (uint32_t)strlen(early_text) - less;
        early_hosts(&s, NULL, &(cssl_options){ .max_early_data = max });
        expect(once_more(&s, "server.test"), -1, "without a session");
        expect(once_more(&s, "server.test"), less == 0 ? 1 : -1, "the session's limit");
        scene_end(&s);
    }
    /* the client does not offer the session's suite any more, but another of its hash */
    early_meet(&s, &(cssl_options){ .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256",
                                                   "TLS_CHACHA20_POLY1305_SHA256") }, NULL);
    const cssl_options other = client_options(
        &(cssl_options){ .ciphers = CSSL_LIST("TLS_CHACHA20_POLY1305_SHA256") });
    host_renew(&s.client, &other);
    pair_start(&s.p, &s.client, &s.server, "server.test");
    assert_true(pair_offers_psk(&s.p));
    pair_must_connect(&s.p);
    assert_false(info_of(&s.p, FROM_CLIENT).early_data_offered);
    assert_true(pair_resumed(&s.p));
    scene_end(&s);
}

/* ---- It is refused, and the handshake goes on ---- */

static void test_refused(void **state)
{
    (void)state;
    struct scene s;
    /* the option is off now */
    early_meet(&s, NULL, NULL);
    host_renew(&s.server, NULL);
    expect(once_more(&s, "server.test"), 0, "the option is off");
    scene_end(&s);
    /* another suite comes first now: resumed, under that suite */
    const cssl_options both = { .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256",
                                                     "TLS_CHACHA20_POLY1305_SHA256") };
    early_meet(&s, &both, &both);
    renew_server(&s, &(cssl_options){ .ciphers = CSSL_LIST("TLS_CHACHA20_POLY1305_SHA256",
                                                           "TLS_AES_128_GCM_SHA256") });
    expect(again(&s, "server.test"), 0, "another suite");
    assert_true(pair_resumed(&s.p));
    scene_end(&s);
    /* another protocol: a full handshake */
    const cssl_options protocols = { .alpn_protocols = CSSL_LIST("h2", "http/1.1") };
    early_meet(&s, &protocols, &protocols);
    expect(once_more(&s, "server.test"), 1, "the same protocol");
    renew_server(&s, &(cssl_options){ .alpn_protocols = CSSL_LIST("http/1.1", "h2") });
    expect(again(&s, "server.test"), 0, "another protocol");
    assert_false(pair_resumed(&s.p));
    scene_end(&s);
    /* another policy: a full handshake */
    early_meet(&s, NULL, NULL);
    renew_server(&s, &(cssl_options){ .signature_algs_cert = CSSL_LIST("ecdsa_secp256r1_sha256") });
    expect(again(&s, "server.test"), 0, "another policy");
    assert_false(pair_resumed(&s.p));
    scene_end(&s);
    /* a HelloRetryRequest */
    const cssl_options groups = { .supported_groups = CSSL_LIST("x25519", "secp256r1") };
    early_meet(&s, &groups, NULL);
    renew_server(&s, &(cssl_options){ .supported_groups = CSSL_LIST("secp256r1") });
    expect(again(&s, "server.test"), 0, "a retry");
    assert_true(info_of(&s.p, FROM_CLIENT).hello_retry);
    assert_true(pair_resumed(&s.p));
    scene_end(&s);
    /* another server, which knows nothing of the ticket */
    early_meet(&s, NULL, NULL);
    host_free(&s.server);
    const cssl_options o = server_options(NULL);
    host_init(&s.server, true, &wall, &o);
    expect(once_more(&s, "server.test"), 0, "another server");
    scene_end(&s);
    /* an external key: its sessions are as good as others, it alone is not */
    const cssl_options psk = { .psk_identity = "us", .psk = bytes_str("0123456789abcdef") };
    const cssl_options with_psk = server_options(&psk);
    early_meet(&s, &psk, &psk);
    expect(once_more(&s, "server.test"), 1, "a session that an external key began");
    host_free(&s.server);
    host_init(&s.server, true, &wall, &with_psk);
    expect(again(&s, "server.test"), 0, "the external key itself");
    assert_true(host_saw(&s.server, true, CT_HANDSHAKE, HT_CERTIFICATE) == 0);
    scene_end(&s);
}

/* The ticket's age: 10 s to either side of what it should be, by the client's clock. */
static void test_age(void **state)
{
    (void)state;
    static const struct { int64_t client_ms, server_ms; int want; } cases[] = {
        { 60000, 60000, 1 },
        { 60000, 70000, 1 },
        { 60000, 70001, 0 },
        { 60000, 50000, 1 },
        { 60000, 49999, 0 },
        { 3600000, 3600000, 1 },
        { 3600000, 1000, 0 },
        { 0, 10000, 1 },
        { 0, 10001, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (int stateful = 0; stateful < 2; stateful++) {
            struct scene s;
            struct test_clock theirs;
            const cssl_options server = { .session_tickets = stateful ? CSSL_TICKETS_STATEFUL
                                                                      : CSSL_TICKETS_DEFAULT };
            early_meet(&s, NULL, &server);
            theirs = wall;
            s.client.clock = &theirs;
            test_clock_advance(&theirs, cases[i].client_ms * 1000);
            pass_ms(cases[i].server_ms);
            expect(again(&s, "server.test"), cases[i].want, "age");
            assert_true(pair_resumed(&s.p));
            const int64_t skew_ms = cases[i].client_ms - cases[i].server_ms;
            assert_int_equal(info_of(&s.p, FROM_SERVER).ticket_age_skew, skew_ms / 1000);
            assert_int_equal(info_of(&s.p, FROM_CLIENT).ticket_age_skew, 0);
            scene_end(&s);
        }
    }
    struct scene s;
    struct test_clock theirs = wall;
    early_meet(&s, NULL, &(cssl_options){ .anti_replay_window = 2 });
    s.client.clock = &theirs;
    pass_ms(2001);
    expect(once_more(&s, "server.test"), 0, "a smaller window");
    scene_end(&s);
}

/* A filter does not know what was before it: nor does it take a ticket of that time. */
static void test_older_than_filter(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options o = server_options(NULL);
    early_hosts(&s, NULL, NULL);
    host_free(&s.server);
    host_init(&s.server, true, &wall, NULL);
    /* a ticket that allows early data though the server has no filter: of its own renewal */
    host_renew(&s.server, &o);
    struct pair_host with = s.server;
    expect(once_more(&s, "server.test"), -1, "the first");
    expect(once_more(&s, "server.test"), 1, "a ticket as old as the filter");
    assert_ptr_equal(with.config, s.server.config);
    scene_end(&s);
    /* the clock is put back: new tickets seem older than the filter */
    early_hosts(&s, NULL, NULL);
    pass_ms(-5000);
    expect(once_more(&s, "server.test"), -1, "the first");
    expect(once_more(&s, "server.test"), 0, "a ticket from before the filter");
    scene_end(&s);
}

/* ---- Replays ---- */

/* shown says the flight to a server: 1 if it took the early data, 0 if it answered without. */
static int shown(cssl_config *config, cssl_bytes flight)
{
    cssl_engine *e = cssl_engine_new(config, NULL, NULL);
    cssl_event event;
    uint8_t *where = NULL;
    cssl_info info;
    size_t early = 0;
    assert_non_null(e);
    assert_true(cssl_engine_room(e, &where) >= flight.len);
    memcpy(where, flight.data, flight.len);
    assert_int_equal(cssl_engine_received(e, flight.len, NULL), 0);
    while (cssl_engine_next(e, &event)) {
        assert_int_equal(event.type, CSSL_EV_EARLY_DATA);
        early += event.data.len;
    }
    cssl_engine_information(e, &info);
    assert_true(info.early_data_offered);
    assert_int_equal(info.early_data_accepted, early > 0);
    assert_true(cssl_engine_output(e).len > 0);
    cssl_engine_free(e);
    return early > 0;
}

static void test_replayed(void **state)
{
    (void)state;
    static const cssl_tickets modes[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        const cssl_options mode = { .session_tickets = modes[i] };
        struct scene s;
        early_meet(&s, NULL, &mode);
        cssl_bytes flight = first_flight(&s);
        assert_int_equal(shown(s.server.config, flight), 1);
        for (int k = 0; k < 45; k++) { /* while its age fits, and long after */
            assert_int_equal(shown(s.server.config, flight), 0);
            pass_ms(500);
        }
        free((void *)(uintptr_t)flight.data);
        /* a renewed config knows what the one before has seen, also where that lives on */
        pair_handshake(&s.client, &s.server, "server.test");
        flight = first_flight(&s);
        cssl_config *old = cssl_config_ref(s.server.config);
        assert_int_equal(shown(old, flight), 1);
        renew_server(&s, &mode);
        assert_int_equal(shown(s.server.config, flight), 0);
        free((void *)(uintptr_t)flight.data);
        pair_handshake(&s.client, &s.server, "server.test");
        flight = first_flight(&s);
        assert_int_equal(shown(s.server.config, flight), 1);
        assert_int_equal(shown(old, flight), 0);
        free((void *)(uintptr_t)flight.data);
        cssl_config_free(old);
        scene_end(&s);
    }
}

/* A filter of another size would be an empty one. */
static void test_renewed_size(void **state)
{
    (void)state;
    struct scene s;
    early_hosts(&s, NULL, NULL);
    const cssl_cert_key identity = { .cert = PAIR_PEM(pair_p256) };
    const cssl_options cases[] = { { .anti_replay_window = 11 },
                                   { .anti_replay_hashes = 6 },
                                   { .anti_replay_bits = 1 << 16 } };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cssl_options o = server_options(&cases[i]);
        o.certs_keys = &identity;
        o.num_certs_keys = 1;
        cssl_error err;
        assert_null(cssl_config_renew(s.server.config, &o, &err));
        assert_int_equal(err.reason, CSSL_R_ANTI_REPLAY);
    }
    scene_end(&s);
}

/* ---- Bounds ---- */

/* forge makes the client's session allow more than its server said. */
static void forge_limit(struct scene *s, uint32_t limit, const cssl_options *more)
{
    struct session session;
    struct wr w;
    cssl_options o = client_options(more);
    const struct pair_side *side = &s->p.side[FROM_CLIENT];
    assert_int_equal(session_decode(&session, bytes_of(side->tickets[0].data,
                                                       side->tickets[0].len), NULL), 0);
    session.max_early_data = limit;
    wr_init(&w, SESSION_ENCODED_MAX);
    session_encode(&w, &session);
    assert_true(wr_ok(&w));
    pair_free(&s->p);
    host_free(&s->client);
    o.session_tickets = CSSL_TICKETS_MANUAL;
    o.use_ticket = wr_view(&w);
    host_init(&s->client, false, &wall, &o);
    wr_free(&w);
    session_wipe(&session);
}

static void test_too_much(void **state)
{
    (void)state;
    static uint8_t much[65536];
    static const struct { size_t len, fragment; bool takes; int reason; } cases[] = {
        { EARLY_LIMIT, 0, true, 0 },
        { EARLY_LIMIT, 64, true, 0 },
        { EARLY_LIMIT + 1, 0, true, CSSL_R_EARLY_DATA_TOO_LONG },
        { EARLY_LIMIT + 1, 64, true, CSSL_R_EARLY_DATA_TOO_LONG },
        { 65536, 0, true, CSSL_R_EARLY_DATA_TOO_LONG },
        /* and where it is refused */
        { EARLY_DATA_MAX, 0, false, 0 },
        { EARLY_DATA_MAX, 64, false, 0 },
        { EARLY_DATA_MAX + 1, 0, false, CSSL_R_EARLY_DATA_TOO_LONG },
        { EARLY_DATA_MAX + 1, 64, false, CSSL_R_EARLY_DATA_TOO_LONG },
        { 65536, 4096, false, CSSL_R_EARLY_DATA_TOO_LONG },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene s;
        const cssl_options client = { .early_data = { much, cases[i].len },
                                      .max_fragment = cases[i].fragment };
        early_hosts(&s, &(cssl_options){ .session_tickets = CSSL_TICKETS_MANUAL }, NULL);
        pair_start(&s.p, &s.client, &s.server, "server.test");
        pair_must_connect(&s.p);
        forge_limit(&s, 70000, &client);
        if (!cases[i].takes) {
            host_renew(&s.server, NULL);
        }
        host_forget(&s.server);
        pair_start(&s.p, &s.client, &s.server, "server.test");
        pair_pump(&s.p);
        const struct pair_side *server = &s.p.side[FROM_SERVER];
        if (cases[i].reason == 0) {
            assert_true(pair_connected(&s.p));
            assert_int_equal(server->early.len, cases[i].takes ? cases[i].len : 0);
            pair_must_talk(&s.p);
        } else {
            if (server->error.reason != cases[i].reason) {
                fail_msg("case %zu: %s", i, server->error.text);
            }
            assert_int_equal(host_alert(&s.server, true), ALERT_UNEXPECTED_MESSAGE);
            assert_true(server->early.len <= EARLY_LIMIT);
            assert_false(server->connected);
        }
        scene_end(&s);
    }
}

/* ---- Options ---- */

static void test_options(void **state)
{
    (void)state;
    static uint8_t much[65537];
    const cssl_bytes some = bytes_str(early_text);
    const struct { bool server; cssl_options o; int reason; const char *option; } cases[] = {
        { false, { .early_data = { much, 65537 } }, CSSL_R_OPTION_VALUE, "early_data" },
        { false, { .early_data = { much, 65536 } }, 0, NULL },
        { false, { .early_data = some, .session_tickets = CSSL_TICKETS_DISABLED },
          CSSL_R_OPTION_CONFLICT, "early_data" },
        { false, { .early_data = some, .versions = CSSL_TLSV1_2 }, CSSL_R_OPTION_CONFLICT,
          "early_data" },
        { false, { .max_early_data = 1 }, CSSL_R_OPTION_ROLE, "max_early_data" },
        { false, { .anti_replay_window = 1 }, CSSL_R_OPTION_ROLE, "anti_replay_window" },
        { true, { .early_data = some }, CSSL_R_OPTION_ROLE, "early_data" },
        { true, { .max_early_data = EARLY_DATA_MAX }, 0, NULL },
        { true, { .max_early_data = EARLY_DATA_MAX + 1 }, CSSL_R_OPTION_VALUE, "max_early_data" },
        { true, { .max_early_data = 1, .session_tickets = CSSL_TICKETS_DISABLED },
          CSSL_R_OPTION_CONFLICT, "max_early_data" },
        { true, { .max_early_data = 1, .versions = CSSL_TLSV1_2 }, CSSL_R_OPTION_CONFLICT,
          "max_early_data" },
        { true, { .max_early_data = 1, .ticket_seed = { much, 32 } }, CSSL_R_OPTION_CONFLICT,
          "max_early_data" },
        { true, { .anti_replay_bits = 1024 }, CSSL_R_OPTION_CONFLICT, "anti_replay_bits" },
        { true, { .max_early_data = 1, .anti_replay_bits = 1023 }, CSSL_R_OPTION_VALUE,
          "anti_replay_bits" },
        { true, { .max_early_data = 1, .anti_replay_hashes = 17 }, CSSL_R_OPTION_VALUE,
          "anti_replay_hashes" },
        { true, { .max_early_data = 1, .anti_replay_window = 3601 }, CSSL_R_OPTION_VALUE,
          "anti_replay_window" },
        { true, { .max_early_data = 1, .anti_replay_window = 3600, .anti_replay_hashes = 16,
                  .anti_replay_bits = 1024 }, 0, NULL },
    };
    const cssl_cert_key identity = { .cert = PAIR_PEM(pair_p256) };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cssl_options o = cases[i].o;
        cssl_error err = { 0 };
        if (cases[i].server) {
            o.certs_keys = &identity;
            o.num_certs_keys = 1;
        } else {
            o.cacerts = (cssl_bytes)PAIR_PEM(pair_root);
        }
        cssl_config *c = cases[i].server ? cssl_server_config(&o, &err)
                                         : cssl_client_config(&o, &err);
        if ((c != NULL) != (cases[i].reason == 0) || err.reason != cases[i].reason) {
            fail_msg("case %zu: %s", i, err.text);
        }
        if (c == NULL) {
            assert_string_equal(err.option, cases[i].option);
        }
        cssl_config_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_accepted, scene_set_up),
        cmocka_unit_test_setup(test_every_suite, scene_set_up),
        cmocka_unit_test_setup(test_pieces, scene_set_up),
        cmocka_unit_test_setup(test_seen, scene_set_up),
        cmocka_unit_test_setup(test_not_offered, scene_set_up),
        cmocka_unit_test_setup(test_refused, scene_set_up),
        cmocka_unit_test_setup(test_age, scene_set_up),
        cmocka_unit_test_setup(test_older_than_filter, scene_set_up),
        cmocka_unit_test_setup(test_replayed, scene_set_up),
        cmocka_unit_test_setup(test_renewed_size, scene_set_up),
        cmocka_unit_test_setup(test_too_much, scene_set_up),
        cmocka_unit_test_setup(test_options, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_resume.c - resumption carries authorization: whatever differs from the connection in which
 * a peer was authenticated makes a full handshake. Never a resumed one, never a failure.
 */
#include "base/error.h"
#include "pair.h"
#include "session/session.h"

static struct test_clock wall;
static const uint8_t seed[32] = { 5, 5, 5 };

static int set_up(void **state)
{
    (void)state;
    test_clock_init(&wall, PAIR_NOW);
    return 0;
}

static void pass(int64_t seconds)
{
    test_clock_advance(&wall, seconds * 1000000);
}

/* connect makes one good connection and says whether it was resumed. */
static bool connect_to(struct pair_host *client, struct pair_host *server, const char *name)
{
    return pair_handshake(client, server, name);
}

/* get_ticket makes a connection of a manual client and returns its first ticket. */
static cssl_bytes get_ticket(const cssl_options *options, struct pair_host *server,
                             const char *name)
{
    struct pair_host client;
    struct pair p;
    cssl_options o = options == NULL ? (cssl_options){ 0 } : *options;
    o.session_tickets = CSSL_TICKETS_MANUAL;
    host_init(&client, false, &wall, &o);
    pair_start(&p, &client, server, name);
    pair_must_connect(&p);
    pair_must_talk(&p);
    assert_true(p.side[FROM_CLIENT].num_tickets > 0);
    size_t len = p.side[FROM_CLIENT].tickets[0].len;
    uint8_t *data = test_copy(p.side[FROM_CLIENT].tickets[0].data, len);
    pair_free(&p);
    host_free(&client);
    return (cssl_bytes){ data, len };
}

static void drop(cssl_bytes ticket)
{
    free((void *)(uintptr_t)ticket.data);
}

/* offers tells whether a client with a ticket would offer it for a name at all. */
static bool offers(cssl_bytes ticket, const cssl_options *options, struct pair_host *server,
                   const char *name)
{
    struct pair_host client;
    struct pair p;
    cssl_options o = options == NULL ? (cssl_options){ 0 } : *options;
    o.session_tickets = CSSL_TICKETS_MANUAL;
    o.use_ticket = ticket;
    host_init(&client, false, &wall, &o);
    pair_start(&p, &client, server, name);
    bool offered = pair_offers_psk(&p);
    pair_free(&p);
    host_free(&client);
    return offered;
}

/* use_ticket connects with a ticket: true if it was resumed. */
static bool use_ticket(cssl_bytes ticket, const cssl_options *options, struct pair_host *server,
                       const char *name)
{
    struct pair_host client;
    cssl_options o = options == NULL ? (cssl_options){ 0 } : *options;
    o.session_tickets = CSSL_TICKETS_MANUAL;
    o.use_ticket = ticket;
    host_init(&client, false, &wall, &o);
    bool resumed = pair_handshake(&client, server, name);
    host_free(&client);
    return resumed;
}

/* forge lets change work on a ticket's session, as a dishonest client might. */
typedef void change(struct session *s);

static cssl_bytes forge(cssl_bytes ticket, change *how)
{
    struct session s;
    struct wr w;
    assert_int_equal(session_decode(&s, ticket, NULL), 0);
    how(&s);
    wr_init(&w, SESSION_ENCODED_MAX);
    session_encode(&w, &s);
    assert_true(wr_ok(&w));
    cssl_bytes out = { test_copy(w.data, w.len), w.len };
    wr_free(&w);
    session_wipe(&s);
    return out;
}

/* ---- It works ---- */

static void test_modes(void **state)
{
    (void)state;
    static const cssl_tickets modes[] = { CSSL_TICKETS_DEFAULT, CSSL_TICKETS_STATELESS,
                                          CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        struct pair_host client, server;
        host_init(&client, false, &wall, NULL);
        host_init(&server, true, &wall, &(cssl_options){ .session_tickets = modes[i] });
        assert_false(connect_to(&client, &server, "server.test"));
        for (int k = 0; k < 5; k++) {
            host_forget(&client);
            assert_true(connect_to(&client, &server, "server.test"));
            assert_int_equal(host_saw(&client, false, CT_HANDSHAKE, HT_CERTIFICATE), 0);
        }
        host_free(&client);

        cssl_bytes ticket = get_ticket(NULL, &server, "server.test");
        assert_true(use_ticket(ticket, NULL, &server, "server.test"));
        /* a store hands a session out once; a sealed ticket opens as often as it is shown */
        assert_int_equal(use_ticket(ticket, NULL, &server, "server.test"),
                         modes[i] != CSSL_TICKETS_STATEFUL);
        drop(ticket);
        host_free(&server);
    }
}

static void test_every_suite(void **state)
{
    (void)state;
    const char *const *suites = cssl_cipher_suites("all", CSSL_TLSV1_3);
    for (size_t i = 0; suites[i] != NULL; i++) {
        struct pair_host client, server;
        const cssl_options o = { .ciphers = CSSL_LIST(suites[i]) };
        host_init(&client, false, &wall, &o);
        host_init(&server, true, &wall, &o);
        assert_false(connect_to(&client, &server, "server.test"));
        assert_true(connect_to(&client, &server, "server.test"));
        host_free(&client);
        host_free(&server);
    }
}

static void test_disabled(void **state)
{
    (void)state;
    for (int who = 0; who < 2; who++) {
        struct pair_host client, server;
        const cssl_options off = { .session_tickets = CSSL_TICKETS_DISABLED };
        host_init(&client, false, &wall, who == 0 ? &off : NULL);
        host_init(&server, true, &wall, who == 1 ? &off : NULL);
        assert_false(connect_to(&client, &server, "server.test"));
        assert_false(connect_to(&client, &server, "server.test"));
        assert_int_equal(host_saw(&server, true, CT_HANDSHAKE, HT_NEW_SESSION_TICKET), 0);
        host_free(&client);
        host_free(&server);
    }
}

/* A server that was told to resume nothing opens no tickets any more. */
static void test_disabled_later(void **state)
{
    (void)state;
    struct pair_host server;
    host_init(&server, true, &wall, NULL);
    cssl_bytes ticket = get_ticket(NULL, &server, "server.test");
    assert_true(use_ticket(ticket, NULL, &server, "server.test"));
    host_renew(&server, &(cssl_options){ .session_tickets = CSSL_TICKETS_DISABLED });
    assert_false(use_ticket(ticket, NULL, &server, "server.test"));
    host_renew(&server, &(cssl_options){ .session_tickets = CSSL_TICKETS_STATELESS });
    assert_true(use_ticket(ticket, NULL, &server, "server.test"));
    drop(ticket);
    host_free(&server);
}

/* A renewal may change how tickets are made: the shared part has to follow. */
static void test_renewed_modes(void **state)
{
    (void)state;
    static const cssl_tickets modes[] = { CSSL_TICKETS_DISABLED, CSSL_TICKETS_STATELESS,
                                          CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
            struct pair_host client, server;
            host_init(&client, false, &wall, NULL);
            host_init(&server, true, &wall, &(cssl_options){ .session_tickets = modes[i] });
            assert_false(connect_to(&client, &server, "server.test"));
            host_renew(&server, &(cssl_options){ .session_tickets = modes[k] });
            (void)connect_to(&client, &server, "server.test");
            host_forget(&server);
            assert_int_equal(connect_to(&client, &server, "server.test"),
                             modes[k] != CSSL_TICKETS_DISABLED);
            host_free(&client);
            host_free(&server);
        }
    }
}

/* The same for clients, which keep sessions in one mode alone. */
static void test_renewed_clients(void **state)
{
    (void)state;
    static const cssl_tickets modes[] = { CSSL_TICKETS_DISABLED, CSSL_TICKETS_AUTO,
                                          CSSL_TICKETS_MANUAL };
    struct pair_host server;
    host_init(&server, true, &wall, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
            struct pair_host client;
            host_init(&client, false, &wall, &(cssl_options){ .session_tickets = modes[i] });
            assert_false(connect_to(&client, &server, "server.test"));
            host_renew(&client, &(cssl_options){ .session_tickets = modes[k] });
            (void)connect_to(&client, &server, "server.test");
            assert_int_equal(connect_to(&client, &server, "server.test"),
                             modes[k] == CSSL_TICKETS_AUTO);
            host_free(&client);
        }
    }
    host_free(&server);
}

/* What was authenticated is known in the resumed connection too. */
static void test_carries_the_peer(void **state)
{
    (void)state;
    struct pair_host client, server;
    host_init(&client, false, &wall, &(cssl_options){ PAIR_IDENTITY(pair_client),
                                                      .alpn_protocols = CSSL_LIST("h2") });
    host_init(&server, true, &wall, &(cssl_options){ .verify = CSSL_VERIFY_PEER,
                                                     .alpn_protocols = CSSL_LIST("h2") });
    uint8_t leaf[2][2048];
    size_t leaf_len[2] = { 0 };
    for (int i = 0; i < 3; i++) {
        struct pair p;
        pair_start(&p, &client, &server, "server.test");
        pair_must_connect(&p);
        assert_int_equal(pair_resumed(&p), i > 0);
        for (int side = 0; side < 2; side++) {
            cssl_bytes der = { 0 };
            cssl_info info;
            memset(&info, 0, sizeof(info));
            cssl_engine_information(p.side[side].engine, &info);
            assert_true(info.peer_verified);
            assert_string_equal(info.sni_hostname, "server.test");
            assert_string_equal(info.alpn_protocol, "h2");
            assert_int_equal(cssl_engine_peercert(p.side[side].engine, 0, &der, NULL), 0);
            assert_true(der.len > 0 && der.len <= sizeof(leaf[side]));
            if (i == 0) {
                memcpy(leaf[side], der.data, der.len);
                leaf_len[side] = der.len;
            }
            assert_int_equal(der.len, leaf_len[side]);
            assert_memory_equal(der.data, leaf[side], der.len);
        }
        pair_must_talk(&p);
        pair_free(&p);
    }
    host_free(&client);
    host_free(&server);
}

/* Servers with one seed open each other's tickets; servers without do not. */
static void test_shared_seed(void **state)
{
    (void)state;
    const cssl_options with = { .ticket_seed = { seed, sizeof(seed) } };
    struct pair_host a, b, stranger;
    host_init(&a, true, &wall, &with);
    host_init(&b, true, &wall, &with);
    host_init(&stranger, true, &wall, NULL);
    cssl_bytes ticket = get_ticket(NULL, &a, "server.test");
    assert_true(use_ticket(ticket, NULL, &b, "server.test"));
    assert_false(use_ticket(ticket, NULL, &stranger, "server.test"));
    drop(ticket);
    host_free(&a);
    host_free(&b);
    host_free(&stranger);
}

/* A renewal keeps the ticket keys, so it cannot bring another seed: it says so. */
static void test_renewed_seed(void **state)
{
    (void)state;
    static const uint8_t other[32] = { 6 };
    struct pair_host server;
    const cssl_cert_key identity = { .cert = PAIR_PEM(pair_p256) };
    cssl_options o = { .certs_keys = &identity, .num_certs_keys = 1,
                       .ticket_seed = { seed, sizeof(seed) } };
    cssl_error err = { 0 };
    host_init(&server, true, &wall, &o);
    cssl_bytes ticket = get_ticket(NULL, &server, "server.test");
    host_renew(&server, &o);
    assert_true(use_ticket(ticket, NULL, &server, "server.test"));
    o.ticket_seed.data = other;
    assert_null(cssl_config_renew(server.config, &o, &err));
    assert_int_equal(err.status, CSSL_OPTION);
    assert_string_equal(err.option, "ticket_seed");
    drop(ticket);
    host_free(&server);
}

/* ---- What differs ---- */

static void test_name(void **state)
{
    (void)state;
    struct pair_host client, server;
    host_init(&client, false, &wall, NULL);
    host_init(&server, true, &wall, NULL);
    assert_false(connect_to(&client, &server, "server.test"));
    assert_false(connect_to(&client, &server, "other.test"));
    assert_false(connect_to(&client, &server, "127.0.0.1"));
    assert_true(connect_to(&client, &server, "server.test"));
    assert_true(connect_to(&client, &server, "other.test"));
    host_free(&client);
    cssl_bytes ticket = get_ticket(NULL, &server, "server.test");
    assert_false(use_ticket(ticket, NULL, &server, "other.test"));
    assert_false(offers(ticket, NULL, &server, "other.test"));
    assert_true(offers(ticket, NULL, &server, "server.test"));
    assert_true(use_ticket(ticket, NULL, &server, "server.test"));
    drop(ticket);
    host_free(&server);
}

/* An address is verified but not sent: what was authenticated for one is nothing for another. */
static void test_address(void **state)
{
    (void)state;
    struct pair_host client, server;
    struct pair p;
    host_init(&server, true, &wall, NULL);
    cssl_bytes ticket = get_ticket(NULL, &server, "127.0.0.1");
    assert_true(use_ticket(ticket, NULL, &server, "127.0.0.1"));
    host_init(&client, false, &wall, &(cssl_options){ .session_tickets = CSSL_TICKETS_MANUAL,
                                                      .use_ticket = ticket });
    host_forget(&server);
    pair_start(&p, &client, &server, "127.0.0.2");
    pair_must_fail(&p, FROM_CLIENT, ALERT_BAD_CERTIFICATE, CSSL_R_HOSTNAME_MISMATCH);
    pair_free(&p);
    host_free(&client);
    host_free(&server);
    drop(ticket);
}

/* A name that no certificate can have: without verification it connects, and keeps no session. */
static void test_long_name(void **state)
{
    (void)state;
    struct pair_host client, server;
    char name[400];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    host_init(&client, false, &wall, &(cssl_options){ .verify = CSSL_VERIFY_NONE });
    host_init(&server, true, &wall, NULL);
    assert_false(connect_to(&client, &server, name));
    assert_false(connect_to(&client, &server, name));
    host_free(&client);
    host_free(&server);
}

static void rename_session(struct session *s)
{
    (void)snprintf(s->server_name, sizeof(s->server_name), "other.test");
}

/* A client that offers a ticket under a name it was not issued for meets the server's check. */
static void test_name_at_the_server(void **state)
{
    (void)state;
    struct pair_host server;
    host_init(&server, true, &wall, NULL);
    cssl_bytes ticket = get_ticket(NULL, &server, "server.test");
    cssl_bytes forged = forge(ticket, rename_session);
    host_forget(&server);
    assert_false(use_ticket(forged, NULL, &server, "other.test"));
    drop(forged);
    drop(ticket);
    host_free(&server);
}

static void test_alpn(void **state)
{
    (void)state;
    struct pair_host server;
    const cssl_options h2 = { .alpn_protocols = CSSL_LIST("h2") };
    const cssl_options http = { .alpn_protocols = CSSL_LIST("http/1.1") };
    const cssl_options both = { .alpn_protocols = CSSL_LIST("http/1.1", "h2") };
    host_init(&server, true, &wall, &both);
    cssl_bytes ticket = get_ticket(&h2, &server, "server.test");
    assert_false(use_ticket(ticket, &http, &server, "server.test"));
    assert_false(offers(ticket, &http, &server, "server.test"));
    assert_false(use_ticket(ticket, NULL, &server, "server.test"));
    assert_false(offers(ticket, NULL, &server, "server.test"));
    assert_true(use_ticket(ticket, &h2, &server, "server.test"));
    /* the client offers both, and the server would now choose the other */
    assert_false(use_ticket(ticket, &both, &server, "server.test"));
    drop(ticket);
    ticket = get_ticket(NULL, &server, "server.test");
    assert_false(use_ticket(ticket, &h2, &server, "server.test"));
    drop(ticket);
    host_free(&server);
}

/* The server's policy: a ticket issued to anybody is nothing to a server that now verifies. */
static void test_server_policy(void **state)
{
    (void)state;
    static const char two_roots_format[] = "%s%s";
    char two_roots[4096];
    (void)snprintf(two_roots, sizeof(two_roots), two_roots_format, pair_root, pair_stranger);
    const cssl_options with_identity = { PAIR_IDENTITY(pair_client) };
    const cssl_options open = { 0 };
    const cssl_options verify = { .verify = CSSL_VERIFY_PEER };
    const cssl_options optional = { .verify = CSSL_VERIFY_PEER, .fail_if_no_peer_cert = CSSL_OFF };
    const cssl_options more_anchors = { .verify = CSSL_VERIFY_PEER,
                                        .cacerts = PAIR_PEM(two_roots) };
    const cssl_options shallow = { .verify = CSSL_VERIFY_PEER, .depth = 3 };
    const struct { const cssl_options *before, *after; bool resumed; } cases[] = {
        { &open, &open, true },           { &verify, &verify, true },
        { &open, &verify, false },        { &verify, &open, false },
        { &verify, &optional, false },    { &optional, &verify, false },
        { &verify, &more_anchors, false }, { &more_anchors, &verify, false },
        { &verify, &shallow, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pair_host server;
        host_init(&server, true, &wall, cases[i].before);
        cssl_bytes ticket = get_ticket(&with_identity, &server, "server.test");
        host_renew(&server, cases[i].after); /* the ticket keys stay */
        if (use_ticket(ticket, &with_identity, &server, "server.test") != cases[i].resumed) {
            fail_msg("case %zu: %s", i, cases[i].resumed ? "not resumed" : "resumed");
        }
        drop(ticket);
        host_free(&server);
    }
}

/* A client that showed no certificate, at a server that now asks for one, has to show it. */
static void test_never_verified(void **state)
{
    (void)state;
    struct pair_host server, client;
    struct pair p;
    host_init(&server, true, &wall, NULL);
    cssl_bytes ticket = get_ticket(NULL, &server, "server.test");
    host_renew(&server, &(cssl_options){ .verify = CSSL_VERIFY_PEER });
    host_init(&client, false, &wall, &(cssl_options){ .session_tickets = CSSL_TICKETS_MANUAL,
                                                      .use_ticket = ticket });
    pair_start(&p, &client, &server, "server.test");
    pair_must_fail(&p, FROM_SERVER, ALERT_CERTIFICATE_REQUIRED, 0);
    pair_free(&p);
    host_free(&client);
    host_free(&server);
    drop(ticket);
}

/* The client's policy: a session with an unverified server is nothing to a client that verifies. */
static void test_client_policy(void **state)
{
    (void)state;
    struct pair_host server;
    const cssl_options none = { .verify = CSSL_VERIFY_NONE };
    char two_roots[4096];
    (void)snprintf(two_roots, sizeof(two_roots), "%s%s", pair_root, pair_stranger);
    const cssl_options more = { .cacerts = PAIR_PEM(two_roots) };
    host_init(&server, true, &wall, NULL);
    cssl_bytes loose = get_ticket(&none, &server, "server.test");
    cssl_bytes strict = get_ticket(NULL, &server, "server.test");
    assert_false(use_ticket(loose, NULL, &server, "server.test"));
    assert_false(offers(loose, NULL, &server, "server.test"));
    assert_false(offers(strict, &more, &server, "server.test"));
    assert_true(use_ticket(loose, &none, &server, "server.test"));
    assert_false(use_ticket(strict, &more, &server, "server.test"));
    assert_false(use_ticket(strict, &none, &server, "server.test"));
    drop(loose);
    drop(strict);

    /* the same through the store of a config and its renewals */
    struct pair_host client;
    host_init(&client, false, &wall, &none);
    assert_false(connect_to(&client, &server, "server.test"));
    host_renew(&client, NULL);
    assert_false(connect_to(&client, &server, "server.test"));
    assert_true(connect_to(&client, &server, "server.test"));
    host_renew(&client, &more);
    assert_false(connect_to(&client, &server, "server.test"));
    host_free(&client);
    host_free(&server);
}

/* An impostor does not become trusted by a session that he made with a client who did not look. */
static void test_impostor(void **state)
{
    (void)state;
    struct pair_host client, server;
    struct pair p;
    host_init(&server, true, &wall, &(cssl_options){ PAIR_IDENTITY(pair_impostor) });
    host_init(&client, false, &wall, &(cssl_options){ .verify = CSSL_VERIFY_NONE });
    assert_false(connect_to(&client, &server, "server.test"));
    assert_true(connect_to(&client, &server, "server.test"));
    host_renew(&client, NULL);
    host_forget(&client);
    pair_start(&p, &client, &server, "server.test");
    pair_must_fail(&p, FROM_CLIENT, ALERT_UNKNOWN_CA, CSSL_R_UNKNOWN_CA);
    pair_free(&p);
    host_free(&client);
    host_free(&server);
}

static void test_suites(void **state)
{
    (void)state;
    struct pair_host server;
    const cssl_options sha384 = { .ciphers = CSSL_LIST("TLS_AES_256_GCM_SHA384") };
    const cssl_options gcm = { .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256") };
    const cssl_options chacha = { .ciphers = CSSL_LIST("TLS_CHACHA20_POLY1305_SHA256") };
    host_init(&server, true, &wall, NULL);
    cssl_bytes ticket = get_ticket(&sha384, &server, "server.test");
    assert_false(use_ticket(ticket, &gcm, &server, "server.test"));
    assert_false(offers(ticket, &gcm, &server, "server.test"));
    assert_true(use_ticket(ticket, &sha384, &server, "server.test"));
    drop(ticket);
    /* RFC 8446 4.2.11: the hash has to be the same, not the suite; refusing both is safe too */
    ticket = get_ticket(&gcm, &server, "server.test");
    (void)use_ticket(ticket, &chacha, &server, "server.test");
    drop(ticket);
    host_free(&server);
}

/* ---- Time ---- */

static void test_lifetime(void **state)
{
    (void)state;
    struct pair_host client, server;
    static const cssl_tickets modes[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        test_clock_init(&wall, PAIR_NOW);
        host_init(&client, false, &wall, NULL);
        host_init(&server, true, &wall, &(cssl_options){ .ticket_lifetime = 1000,
                                                         .session_tickets = modes[i] });
        assert_false(connect_to(&client, &server, "server.test"));
        pass(990);
        assert_true(connect_to(&client, &server, "server.test"));
        pass(1010);
        assert_false(connect_to(&client, &server, "server.test"));
        host_free(&client);
        host_free(&server);
    }
}

/* A client does not even offer what has ended, whatever the server would say. */
static void test_lifetime_at_the_client(void **state)
{
    (void)state;
    struct pair_host server;
    host_init(&server, true, &wall, &(cssl_options){ .ticket_lifetime = 1000 });
    cssl_bytes ticket = get_ticket(NULL, &server, "server.test");
    pass(990);
    assert_true(offers(ticket, NULL, &server, "server.test"));
    pass(20);
    assert_false(offers(ticket, NULL, &server, "server.test"));
    drop(ticket);
    host_free(&server);
}

static void no_end(struct session *s)
{
    s->expires_at = s->authenticated_at + SESSION_AGE_MAX;
}

/* A client that does not heed the lifetime meets the server's check. */
static void test_lifetime_at_the_server(void **state)
{
    (void)state;
    struct pair_host server;
    static const cssl_tickets modes[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        host_init(&server, true, &wall, &(cssl_options){ .ticket_lifetime = 1000,
                                                         .session_tickets = modes[i] });
        cssl_bytes ticket = get_ticket(NULL, &server, "server.test");
        cssl_bytes forged = forge(ticket, no_end);
        pass(1010);
        assert_false(use_ticket(forged, NULL, &server, "server.test"));
        drop(forged);
        drop(ticket);
        host_free(&server);
    }
}

/* Resuming again and again does not stretch an authentication beyond seven days. */
static void test_seven_days(void **state)
{
    (void)state;
    static const cssl_tickets modes[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        struct pair_host client, server;
        host_init(&client, false, &wall, &(cssl_options){ PAIR_IDENTITY(pair_client) });
        host_init(&server, true, &wall, &(cssl_options){ .verify = CSSL_VERIFY_PEER,
                                                         .session_tickets = modes[i],
                                                         .ticket_lifetime = SESSION_AGE_MAX });
        assert_false(connect_to(&client, &server, "server.test"));
        for (int day = 1; day <= 6; day++) {
            pass(24 * PAIR_HOUR);
            if (!connect_to(&client, &server, "server.test")) {
                fail_msg("not resumed on day %d", day);
            }
        }
        pass(24 * PAIR_HOUR + 10);
        assert_false(connect_to(&client, &server, "server.test"));
        pass(24 * PAIR_HOUR); /* a new authentication, new seven days */
        assert_true(connect_to(&client, &server, "server.test"));
        host_free(&client);
        host_free(&server);
    }
}

/* A session ends with the certificates that it rests on. */
static void test_certificate_ends(void **state)
{
    (void)state;
    static const cssl_tickets modes[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(modes); i++) {
        bool clients = i % 2 == 0;
        struct pair_host client, server;
        struct pair p;
        test_clock_init(&wall, PAIR_NOW);
        const cssl_cert_key ending = { .cert = PAIR_PEM(clients ? pair_client_ending
                                                                : pair_ending) };
        host_init(&client, false, &wall,
                  &(cssl_options){ .certs_keys = clients ? &ending : NULL,
                                   .num_certs_keys = clients });
        host_init(&server, true, &wall,
                  &(cssl_options){ .certs_keys = clients ? NULL : &ending,
                                   .num_certs_keys = !clients,
                                   .verify = clients ? CSSL_VERIFY_PEER : CSSL_VERIFY_DEFAULT,
                                   .session_tickets = modes[i / 2],
                                   .ticket_lifetime = SESSION_AGE_MAX });
        assert_false(connect_to(&client, &server, "server.test"));
        pass(PAIR_HOUR - 10);
        assert_true(connect_to(&client, &server, "server.test"));
        pass(20);
        host_forget(&client);
        host_forget(&server);
        pair_start(&p, &client, &server, "server.test");
        pair_must_fail(&p, clients ? FROM_SERVER : FROM_CLIENT, ALERT_CERTIFICATE_EXPIRED,
                       CSSL_R_CERT_EXPIRED);
        pair_free(&p);
        host_free(&client);
        host_free(&server);
    }
}

/* Clocks that go back break nothing. */
static void test_clock_goes_back(void **state)
{
    (void)state;
    struct pair_host client, server;
    host_init(&client, false, &wall, NULL);
    host_init(&server, true, &wall, NULL);
    assert_false(connect_to(&client, &server, "server.test"));
    pass(-3 * 24 * PAIR_HOUR);
    (void)connect_to(&client, &server, "server.test");
    pass(-10);
    (void)connect_to(&client, &server, "server.test");
    pass(3 * 24 * PAIR_HOUR);
    (void)connect_to(&client, &server, "server.test");
    assert_true(connect_to(&client, &server, "server.test"));
    host_free(&client);
    host_free(&server);
}

/* ---- Tickets that are not whole ---- */

static size_t damage_at;
static uint8_t damage_with;

static void damage(struct session *s)
{
    s->ticket[damage_at % s->ticket_len] ^= damage_with;
}

static void shorten(struct session *s)
{
    s->ticket_len -= 1 + damage_at % (s->ticket_len - 1);
}

static void test_damaged(void **state)
{
    (void)state;
    static const cssl_tickets modes[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        struct pair_host server;
        host_init(&server, true, &wall, &(cssl_options){ .session_tickets = modes[i] });
        cssl_bytes ticket = get_ticket(NULL, &server, "server.test");
        for (size_t at = 0; at < 60; at++) {
            damage_at = at < 45 ? at : at * 37;
            damage_with = (uint8_t)(1U << at % 8);
            cssl_bytes forged = forge(ticket, damage);
            assert_false(use_ticket(forged, NULL, &server, "server.test"));
            drop(forged);
            damage_at = at + 1;
            forged = forge(ticket, shorten);
            assert_false(use_ticket(forged, NULL, &server, "server.test"));
            drop(forged);
        }
        assert_true(use_ticket(ticket, NULL, &server, "server.test"));
        drop(ticket);
        host_free(&server);
    }
}

static void wrong_secret(struct session *s)
{
    s->psk.data[0] ^= 1;
}

/* Who has a ticket but not its secret is refused: the binder is wrong (RFC 8446 4.2.11). */
static void test_stolen(void **state)
{
    (void)state;
    struct pair_host server, client;
    struct pair p;
    host_init(&server, true, &wall, NULL);
    cssl_bytes ticket = get_ticket(NULL, &server, "server.test");
    cssl_bytes forged = forge(ticket, wrong_secret);
    host_forget(&server);
    host_init(&client, false, &wall, &(cssl_options){ .session_tickets = CSSL_TICKETS_MANUAL,
                                                      .use_ticket = forged });
    pair_start(&p, &client, &server, "server.test");
    pair_must_fail(&p, FROM_SERVER, ALERT_DECRYPT_ERROR, 0);
    pair_free(&p);
    host_free(&client);
    host_free(&server);
    drop(forged);
    drop(ticket);
}

/* A client's store gives each session once, also to connections that are open side by side. */
static void test_once(void **state)
{
    (void)state;
    struct pair_host client, server;
    struct pair p[3];
    host_init(&client, false, &wall, NULL);
    host_init(&server, true, &wall, NULL);
    assert_false(connect_to(&client, &server, "server.test"));
    size_t tickets = host_saw(&client, false, CT_HANDSHAKE, HT_NEW_SESSION_TICKET);
    assert_in_range(tickets, 1, 2);
    for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
        pair_start(&p[i], &client, &server, "server.test"); /* takes its session here */
    }
    for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
        pair_must_connect(&p[i]);
        assert_int_equal(pair_resumed(&p[i]), i < tickets);
        pair_free(&p[i]);
    }
    host_free(&client);
    host_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_modes, set_up),
        cmocka_unit_test_setup(test_every_suite, set_up),
        cmocka_unit_test_setup(test_disabled, set_up),
        cmocka_unit_test_setup(test_disabled_later, set_up),
        cmocka_unit_test_setup(test_renewed_modes, set_up),
        cmocka_unit_test_setup(test_renewed_clients, set_up),
        cmocka_unit_test_setup(test_renewed_seed, set_up),
        cmocka_unit_test_setup(test_carries_the_peer, set_up),
        cmocka_unit_test_setup(test_shared_seed, set_up),
        cmocka_unit_test_setup(test_name, set_up),
        cmocka_unit_test_setup(test_address, set_up),
        cmocka_unit_test_setup(test_long_name, set_up),
        cmocka_unit_test_setup(test_name_at_the_server, set_up),
        cmocka_unit_test_setup(test_alpn, set_up),
        cmocka_unit_test_setup(test_server_policy, set_up),
        cmocka_unit_test_setup(test_never_verified, set_up),
        cmocka_unit_test_setup(test_client_policy, set_up),
        cmocka_unit_test_setup(test_impostor, set_up),
        cmocka_unit_test_setup(test_suites, set_up),
        cmocka_unit_test_setup(test_lifetime, set_up),
        cmocka_unit_test_setup(test_lifetime_at_the_client, set_up),
        cmocka_unit_test_setup(test_lifetime_at_the_server, set_up),
        cmocka_unit_test_setup(test_seven_days, set_up),
        cmocka_unit_test_setup(test_certificate_ends, set_up),
        cmocka_unit_test_setup(test_clock_goes_back, set_up),
        cmocka_unit_test_setup(test_damaged, set_up),
        cmocka_unit_test_setup(test_stolen, set_up),
        cmocka_unit_test_setup(test_once, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

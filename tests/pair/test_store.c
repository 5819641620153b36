/*
 * test_store.c - a server's sessions that are kept rather than sealed into tickets: who uses one
 * up, and who cannot; and stores of the program's own (CSSL_ASK_SESSION): honest, slow, forgetful
 * and hostile ones.
 */
#include "base/error.h"
#include "early.h"
#include "engine/engine.h"
#include "session/session.h"

static const cssl_options manual = { .versions = CSSL_TLSV1_3,
                                     .session_tickets = CSSL_TICKETS_MANUAL };

/* ticket_of gives the first session that a client with the options of manual is handed. */
static cssl_bytes ticket_of(struct pair_host *server)
{
    struct pair_host client;
    struct pair p;
    host_init(&client, false, &wall, &manual);
    pair_start(&p, &client, server, "server.test");
    pair_must_connect(&p);
    pair_must_talk(&p);
    const struct pair_side *side = &p.side[FROM_CLIENT];
    assert_true(side->num_tickets > 0);
    cssl_bytes ticket = { test_copy(side->tickets[0].data, side->tickets[0].len),
                          side->tickets[0].len };
    pair_free(&p);
    host_free(&client);
    return ticket;
}

static void drop(cssl_bytes ticket)
{
    free((void *)(uintptr_t)ticket.data);
}

static void user_of(struct pair_host *client, cssl_bytes ticket)
{
    cssl_options o = manual;
    o.use_ticket = ticket;
    host_init(client, false, &wall, &o);
}

/* Whoever saw an identity go by, but has not its secret, cannot use it up. */
static void test_stolen_identity(void **state)
{
    (void)state;
    struct pair_host server, thief, owner;
    struct pair p;
    struct session s;
    struct wr w;
    host_init(&server, true, &wall, &(cssl_options){ .session_tickets = CSSL_TICKETS_STATEFUL });
    cssl_bytes ticket = ticket_of(&server);
    assert_int_equal(session_decode(&s, ticket, NULL), 0);
    s.psk.data[0] ^= 1;
    wr_init(&w, SESSION_ENCODED_MAX);
    session_encode(&w, &s);
    for (int i = 0; i < 3; i++) {
        server.num_seen = 0; /* host_forget would let identifiers come again */
        user_of(&thief, wr_view(&w));
        pair_start(&p, &thief, &server, "server.test");
        pair_must_fail(&p, FROM_SERVER, ALERT_DECRYPT_ERROR, CSSL_R_BINDER_WRONG);
        pair_free(&p);
        host_free(&thief);
    }
    for (int i = 0; i < 2; i++) { /* and its owner uses it once */
        user_of(&owner, ticket);
        assert_int_equal(pair_handshake(&owner, &server, "server.test"), i == 0);
        host_free(&owner);
    }
    wr_free(&w);
    session_wipe(&s);
    drop(ticket);
    host_free(&server);
}

/* Two connections that show one session at the same time: the first whose binder fits has it. */
static void test_used_meanwhile(void **state)
{
    (void)state;
    struct pair_host server, owner;
    struct pair p[2];
    host_init(&server, true, &wall, &(cssl_options){ .session_tickets = CSSL_TICKETS_STATEFUL });
    cssl_bytes ticket = ticket_of(&server);
    user_of(&owner, ticket);
    for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
        pair_start(&p[i], &owner, &server, "server.test");
    }
    for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
        pair_must_connect(&p[i]);
        assert_int_equal(pair_resumed(&p[i]), i == 0);
        pair_free(&p[i]);
    }
    host_free(&owner);
    drop(ticket);
    host_free(&server);
}

/* ---- Stores of the program's own ---- */

enum { SHELF_MAX = 64 };

struct book {
    uint8_t id[SESSION_DIGEST];
    uint8_t *session;
    size_t len;
    uint32_t lifetime;
};

/* A program's store. What is wrong with it, if anything, comes last. */
static struct shelf {
    struct book books[SHELF_MAX];
    size_t num, asked, forgotten;
    uint8_t last_asked[SESSION_DIGEST];
    bool refuse;            /* keeps nothing */
    bool was_gone;          /* says that what it forgets was not there */
    bool hoard;             /* forgets nothing */
    bool by_event;          /* answers by event */
    cssl_verdict verdict;   /* when it has the session */
    cssl_bytes instead;     /* data not NULL: what it says that it has */
} shelf;

static struct book *book_of(const uint8_t *id)
{
    for (size_t i = 0; i < shelf.num; i++) {
        if (memcmp(shelf.books[i].id, id, SESSION_DIGEST) == 0) {
            return &shelf.books[i];
        }
    }
    return NULL;
}

static bool store(void *user, cssl_bytes id, cssl_bytes session, uint32_t lifetime)
{
    (void)user;
    assert_int_equal(id.len, SESSION_DIGEST);
    struct book *book = book_of(id.data);
    if (session.len == 0) {
        assert_int_equal(lifetime, 0);
        shelf.forgotten++;
        if (book != NULL && !shelf.hoard) {
            free(book->session);
            *book = shelf.books[--shelf.num];
        }
        return book != NULL && !shelf.was_gone;
    }
    if (shelf.refuse) {
        return false;
    }
    assert_null(book);
    assert_in_range(lifetime, 1, 7200);
    assert_in_range(session.len, 100, 4096);
    assert_true(shelf.num < SHELF_MAX);
    book = &shelf.books[shelf.num++];
    memcpy(book->id, id.data, id.len);
    book->session = test_copy(session.data, session.len);
    book->len = session.len;
    book->lifetime = lifetime;
    return true;
}

static bool find(void *user, const cssl_question *q, cssl_answer *a)
{
    (void)user;
    assert_int_equal(q->kind, CSSL_ASK_SESSION);
    assert_int_equal(q->subject.len, SESSION_DIGEST);
    shelf.asked++;
    memcpy(shelf.last_asked, q->subject.data, SESSION_DIGEST);
    const struct book *book = book_of(q->subject.data);
    a->id = q->id;
    if (shelf.instead.data != NULL) {
        a->verdict = CSSL_ACCEPT;
        a->value = shelf.instead;
    } else if (book != NULL) {
        a->verdict = shelf.verdict;
        a->value = (cssl_bytes){ book->session, book->len };
    }
    return !shelf.by_event;
}

static int open_shelf(void **state)
{
    memset(&shelf, 0, sizeof(shelf));
    shelf.verdict = CSSL_ACCEPT;
    return scene_set_up(state);
}

static void clear_shelf(void)
{
    while (shelf.num > 0) {
        free(shelf.books[--shelf.num].session);
    }
}

static int close_shelf(void **state)
{
    (void)state;
    clear_shelf();
    return 0;
}

static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };

static cssl_options with_store(unsigned version)
{
    return (cssl_options){ .versions = version,
                           .ask_about = CSSL_ASK_SESSION,
                           .ask = find,
                           .store_session = store };
}

static void shelf_hosts(struct scene *s, const cssl_options *server)
{
    scene_hosts(s, &(cssl_options){ .versions = server->versions }, server);
}

static bool once(struct scene *s)
{
    s->client.num_seen = 0;
    s->server.num_seen = 0;
    return pair_handshake(&s->client, &s->server, "server.test");
}

static void test_program(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        struct scene s;
        const cssl_options o = with_store(versions[v]);
        const bool tls13 = versions[v] == CSSL_TLSV1_3;
        shelf_hosts(&s, &o);
        assert_false(once(&s));
        assert_int_equal(shelf.num, tls13 ? 2 : 1);
        size_t asked = shelf.asked;
        for (int i = 0; i < 5; i++) {
            assert_true(once(&s));
            assert_int_equal(shelf.asked, ++asked);
            assert_int_equal(shelf.forgotten, tls13 ? i + 1 : 0);
            assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_CERTIFICATE), 0);
        }
        assert_int_equal(cache_size(s.server.config->shared->sessions), 0);
        test_clock_advance(&wall, 7201 * INT64_C(1000000));
        assert_false(once(&s)); /* what has ended does not open, however long it is kept */
        scene_end(&s);
        clear_shelf();
        shelf.forgotten = 0;
    }
}

/* A session carries what it always does: the client's chain, the name, the policy. */
static void test_carries(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        struct scene s;
        cssl_options o = with_store(versions[v]);
        o.verify = CSSL_VERIFY_PEER;
        scene_hosts(&s, &(cssl_options){ .versions = versions[v], PAIR_IDENTITY(pair_client) }, &o);
        assert_false(once(&s));
        pair_start(&s.p, &s.client, &s.server, "server.test");
        pair_must_connect(&s.p);
        assert_true(pair_resumed(&s.p));
        cssl_bytes der;
        assert_int_equal(cssl_engine_peercert(engine_of(&s, FROM_SERVER), 0, &der, NULL), 0);
        assert_true(info_of(&s.p, FROM_SERVER).peer_verified);
        pair_free(&s.p);
        o.depth = 3; /* another policy */
        host_renew(&s.server, &o);
        assert_false(once(&s));
        assert_true(once(&s));
        scene_end(&s);
        clear_shelf();
    }
}

struct lent {
    uint64_t id;
    bool never;
};

/* on_lent answers by event, once it is asked to: a copy of what the shelf has by then. */
static bool on_lent(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    const struct lent *lent = p->on_ask_arg;
    cssl_answer a = { .id = 0 };
    cssl_error err;
    uint8_t *where;
    assert_int_equal(dir, FROM_SERVER);
    assert_int_equal(event->type, CSSL_EV_ASK);
    assert_int_equal(cssl_engine_room(p->side[dir].engine, &where), 0);
    if (lent->never) {
        return false;
    }
    (void)find(NULL, &event->question, &a);
    a.id += 1000;
    assert_int_equal(cssl_engine_answer(p->side[dir].engine, &a, &err), CSSL_STATE);
    a.id -= 1000;
    assert_int_equal(cssl_engine_answer(p->side[dir].engine, &a, &err), 0);
    assert_int_equal(cssl_engine_answer(p->side[dir].engine, &a, &err), CSSL_STATE);
    return true;
}

static void test_by_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_SIZE(versions); i++) {
        struct scene s;
        struct lent lent = { .never = false };
        cssl_options o = with_store(versions[i / 2]);
        o.ask = i % 2 == 0 ? NULL : find; /* asked first, it answers later */
        shelf.by_event = true;
        shelf_hosts(&s, &o);
        for (int k = 0; k < 4; k++) {
            pair_start(&s.p, &s.client, &s.server, "server.test");
            s.p.on_ask = on_lent;
            s.p.on_ask_arg = &lent;
            lent.never = k == 2;
            pair_pump(&s.p);
            if (k == 2) { /* nobody answers: it can be given up, with its question open */
                assert_false(s.p.side[FROM_SERVER].connected);
                cssl_engine_cancel(engine_of(&s, FROM_SERVER));
            } else {
                pair_must_connect(&s.p);
                pair_must_talk(&s.p);
                /* TLS 1.2: the client has lost its session with the one that was given up. */
                assert_int_equal(pair_resumed(&s.p), k == 1 || (k == 3 && i / 2 == 1));
            }
            pair_free(&s.p);
        }
        scene_end(&s);
        clear_shelf();
    }
}

/* A HelloRetryRequest between the question and the resumption. */
static void test_retry(void **state)
{
    (void)state;
    struct scene s;
    cssl_options o = with_store(CSSL_TLSV1_3);
    o.supported_groups = CSSL_LIST("secp384r1");
    scene_hosts(&s, &(cssl_options){ .versions = CSSL_TLSV1_3,
                                     .supported_groups = CSSL_LIST("x25519", "secp384r1") }, &o);
    assert_false(once(&s));
    assert_int_equal(shelf.asked, 0);
    assert_true(once(&s));
    assert_int_equal(shelf.asked, 1);
    assert_int_equal(shelf.forgotten, 1);
    scene_end(&s);
}

/* A fatal alert ends a session of TLS 1.2 (RFC 5246 7.2.2). */
static void test_alert(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options o = with_store(CSSL_TLSV1_2);
    static const uint8_t garbage[5 + 64] = { 23, 3, 3, 0, 64 };
    shelf_hosts(&s, &o);
    pair_start(&s.p, &s.client, &s.server, "server.test");
    pair_must_connect(&s.p);
    assert_int_equal(shelf.num, 1);
    pair_inject(&s.p, FROM_CLIENT, garbage, sizeof(garbage));
    pair_must_fail(&s.p, FROM_SERVER, ALERT_BAD_RECORD_MAC, 0);
    assert_int_equal(shelf.num, 0);
    scene_end(&s);
}

/* What the store refuses or does not find again is no failure, nor what it only says to be gone. */
static void test_forgetful(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        const bool tls13 = versions[v] == CSSL_TLSV1_3;
        struct scene s;
        const cssl_options o = with_store(versions[v]);
        shelf_hosts(&s, &o);
        shelf.refuse = true;
        assert_false(once(&s));
        assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_NEW_SESSION_TICKET), 0);
        assert_false(once(&s));
        shelf.refuse = false;
        assert_false(once(&s));
        clear_shelf();
        assert_false(once(&s));
        shelf.was_gone = true;
        assert_int_equal(once(&s), !tls13); /* single use is enforced by the store */
        shelf.was_gone = false;
        shelf.verdict = CSSL_REJECT; /* a veto */
        assert_false(once(&s));
        shelf.verdict = CSSL_ACCEPT;
        assert_true(once(&s));
        scene_end(&s);
        clear_shelf();
    }
}

/* ---- Stores that are hostile ---- */

/* answer_with has the store answer the next client with bytes: false, a full handshake follows. */
static bool answer_with(struct scene *s, cssl_bytes bytes)
{
    size_t asked = shelf.asked;
    shelf.instead = bytes;
    bool resumed = once(s);
    shelf.instead = (cssl_bytes){ NULL, 0 };
    assert_true(shelf.asked > asked);
    return resumed;
}

static void test_damaged(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        struct scene s;
        const cssl_options o = with_store(versions[v]);
        shelf_hosts(&s, &o);
        assert_false(once(&s));
        for (size_t at = 0; at < 400; at += at < 60 ? 1 : 37) {
            /* The client shows what it got last. */
            assert_true(shelf.num > 0);
            const struct book *book = &shelf.books[shelf.num - 1];
            size_t len = book->len;
            uint8_t *bytes = test_copy(book->session, len);
            bytes[at % len] ^= (uint8_t)(1U << at % 8);
            assert_false(answer_with(&s, (cssl_bytes){ bytes, len }));
            free(bytes);
            book = &shelf.books[shelf.num - 1];
            bytes = test_copy(book->session, book->len);
            assert_false(answer_with(&s, (cssl_bytes){ bytes, at % book->len }));
            free(bytes);
            clear_shelf();
            assert_false(once(&s));
        }
        uint8_t *large = calloc(1, 1 << 20);
        assert_false(answer_with(&s, (cssl_bytes){ large, 1 << 20 }));
        free(large);
        scene_end(&s);
        clear_shelf();
    }
}

/* Sessions of other clients, which the store has in plenty, are of no use for this one. */
static void test_mixed_up(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        struct scene s;
        struct pair_host other;
        const cssl_options o = with_store(versions[v]);
        shelf_hosts(&s, &o);
        host_init(&other, false, &wall, &(cssl_options){ .versions = versions[v] });
        assert_false(pair_handshake(&other, &s.server, "server.test"));
        uint8_t *stolen = test_copy(shelf.books[0].session, shelf.books[0].len);
        const size_t len = shelf.books[0].len;
        assert_false(once(&s));
        assert_false(answer_with(&s, (cssl_bytes){ stolen, len }));
        assert_true(pair_handshake(&other, &s.server, "server.test"));
        free(stolen);
        host_free(&other);
        scene_end(&s);
        clear_shelf();
    }
}

/* What a store holds is no ticket: a client that has read it gains nothing. */
static void test_leaked(void **state)
{
    (void)state;
    struct scene s;
    struct session session;
    struct wr w;
    cssl_options o = with_store(CSSL_TLSV1_3);
    scene_hosts(&s, &manual, &o);
    cssl_bytes ticket = ticket_of(&s.server);
    assert_int_equal(session_decode(&session, ticket, NULL), 0);
    free(session.ticket);
    session.ticket = test_copy(shelf.books[0].session, shelf.books[0].len);
    session.ticket_len = shelf.books[0].len;
    wr_init(&w, SESSION_ENCODED_MAX);
    session_encode(&w, &session);
    assert_true(wr_ok(&w));
    for (int i = 0; i < 2; i++) {
        struct pair_host thief;
        user_of(&thief, wr_view(&w));
        assert_false(pair_handshake(&thief, &s.server, "server.test"));
        host_free(&thief);
        host_renew(&s.server, &(cssl_options){ .versions = CSSL_TLSV1_3 }); /* sealed tickets */
    }
    wr_free(&w);
    session_wipe(&session);
    drop(ticket);
    scene_end(&s);
}

/* Servers with one seed share a store; others cannot open what is in it. */
static void test_shared(void **state)
{
    (void)state;
    static const uint8_t seed[32] = { 7 };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(versions); i++) {
        const bool seeded = i % 2 == 0;
        struct scene s;
        struct pair_host second;
        cssl_options o = with_store(versions[i / 2]);
        if (seeded) {
            o.ticket_seed = (cssl_bytes){ seed, sizeof(seed) };
        }
        shelf_hosts(&s, &o);
        host_init(&second, true, &wall, &o);
        second.rng.state += 5;
        assert_false(once(&s));
        assert_int_equal(pair_handshake(&s.client, &second, "server.test"), seeded);
        host_free(&second);
        scene_end(&s);
        clear_shelf();
    }
}

/* A stranger's hello makes a bounded number of questions, whatever it names. */
static void test_strangers(void **state)
{
    (void)state;
    struct scene s;
    cssl_options o = with_store(CSSL_TLSV1_3);
    scene_hosts(&s, &manual, &o);
    cssl_bytes ticket = ticket_of(&s.server);
    struct pair_host client;
    struct pair p;
    clear_shelf();
    user_of(&client, ticket);
    pair_start(&p, &client, &s.server, "server.test");
    pair_must_connect(&p);
    assert_false(pair_resumed(&p));
    assert_int_equal(shelf.asked, 1);
    pair_free(&p);
    host_free(&client);
    drop(ticket);
    scene_end(&s);
    /* TLS 1.3's legacy_session_id is none of TLS 1.2. */
    shelf.asked = 0;
    o.versions = 0;
    scene_hosts(&s, NULL, &o);
    assert_false(once(&s));
    assert_int_equal(shelf.asked, 0);
    scene_end(&s);
}

/* Early data: a store that hands a session out twice does not get it taken twice. */
static void test_early_replayed(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options o = with_store(CSSL_TLSV1_3);
    early_hosts(&s, &(cssl_options){ .versions = CSSL_TLSV1_3 }, &o);
    assert_false(pair_handshake(&s.client, &s.server, "server.test"));
    s.client.rng.state += 99;
    shelf.hoard = true;
    cssl_bytes flight = first_flight(&s);
    for (int i = 0; i < 3; i++) {
        struct cssl_engine *e = cssl_engine_new(s.server.config, NULL, NULL);
        uint8_t *where;
        cssl_event event;
        bool early = false;
        assert_true(cssl_engine_room(e, &where) >= flight.len);
        memcpy(where, flight.data, flight.len);
        assert_int_equal(cssl_engine_received(e, flight.len, NULL), 0);
        while (cssl_engine_next(e, &event)) {
            early = early || event.type == CSSL_EV_EARLY_DATA;
        }
        assert_int_equal(early, i == 0);
        assert_true(e->conn.resumed); /* the handshake may go on, for whoever has the secret */
        cssl_engine_free(e);
    }
    drop(flight);
    scene_end(&s);
}

static void test_options(void **state)
{
    (void)state;
    const struct {
        cssl_options o;
        bool server;
        int reason;
        const char *option;
    } rows[] = {
        { { .ask_about = CSSL_ASK_SESSION }, true, CSSL_R_OPTION_CONFLICT, "store_session" },
        { { .store_session = store }, true, CSSL_R_OPTION_CONFLICT, "store_session" },
        { { .ask_about = CSSL_ASK_SESSION, .store_session = store }, false, CSSL_R_OPTION_ROLE,
          "ask_about" },
        { { .ask_about = CSSL_ASK_SESSION, .store_session = store,
            .session_tickets = CSSL_TICKETS_STATELESS }, true, CSSL_R_OPTION_CONFLICT,
          "session_tickets" },
        { { .ask_about = CSSL_ASK_SESSION, .store_session = store, .versions = CSSL_TLSV1_3,
            .session_tickets = CSSL_TICKETS_DISABLED }, true, CSSL_R_OPTION_CONFLICT,
          "session_tickets" },
        { { .ask_about = CSSL_ASK_SESSION, .store_session = store, .max_early_data = 9,
            .ticket_seed = { (const uint8_t *)"01234567890123456789012345678901", 32 } }, true,
          CSSL_R_OPTION_CONFLICT, "max_early_data" },
        { { .ask_about = CSSL_ASK_SESSION, .store_session = store, .max_early_data = 9 }, true, 0,
          NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_options o = rows[i].o;
        const cssl_cert_key identity = { .cert = PAIR_PEM(pair_p256) };
        cssl_error err;
        o.certs_keys = rows[i].server ? &identity : NULL;
        o.num_certs_keys = rows[i].server ? 1 : 0;
        cssl_config *config = rows[i].server ? cssl_server_config(&o, &err)
                                             : cssl_client_config(&o, &err);
        assert_int_equal(config == NULL ? err.reason : 0, rows[i].reason);
        if (config == NULL) {
            assert_string_equal(err.option, rows[i].option);
        }
        cssl_config_free(config);
    }
}

#define SHELF_TEST(f) cmocka_unit_test_setup_teardown(f, open_shelf, close_shelf)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_stolen_identity, scene_set_up),
        cmocka_unit_test_setup(test_used_meanwhile, scene_set_up),
        SHELF_TEST(test_program),
        SHELF_TEST(test_carries),
        SHELF_TEST(test_by_event),
        SHELF_TEST(test_retry),
        SHELF_TEST(test_alert),
        SHELF_TEST(test_forgetful),
        SHELF_TEST(test_damaged),
        SHELF_TEST(test_mixed_up),
        SHELF_TEST(test_leaked),
        SHELF_TEST(test_shared),
        SHELF_TEST(test_strangers),
        SHELF_TEST(test_early_replayed),
        SHELF_TEST(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

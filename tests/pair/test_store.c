/*
 * test_store.c - a server's sessions that are kept rather than sealed into tickets: who uses one
 * up, and who cannot.
 */
#include "base/error.h"
#include "scene.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_stolen_identity, scene_set_up),
        cmocka_unit_test_setup(test_used_meanwhile, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

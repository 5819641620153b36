/*
 * test_verify_on_resume.c - option verify_on_resume: a session whose chain is no good any more is
 * neither offered nor taken, in both roles and versions. Says nothing of what makes a chain good.
 */
#include "base/error.h"
#include "early.h"
#include "status_maker.h"

static struct sm_id ca, leaf, user;
static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };

static int set_up(void **state)
{
    sm_make(&ca, &(struct sm_cert){ .name = "ca", .ca = true, .to = PAIR_NOW + PAIR_HOUR });
    sm_make(&leaf, &(struct sm_cert){ .name = "leaf", .issuer = &ca, .serial = 42 });
    sm_make(&user, &(struct sm_cert){ .name = "user", .issuer = &ca, .client = true });
    return scene_set_up(state);
}

static int tear_down(void **state)
{
    (void)state;
    sm_free(&ca);
    sm_free(&leaf);
    sm_free(&user);
    return 0;
}

/* An identity of the authority that ends in an hour, which its certificates outlive. */
struct identity {
    cssl_cert_key conf;
    uint8_t *key;
};

static void identity_of(struct identity *id, const struct sm_id *from)
{
    size_t len = 0;
    assert_int_equal(pkey_to_der(from->key, NULL, &id->key, &len, NULL), 0);
    id->conf = (cssl_cert_key){ .cert = cert_der(from->cert), .key = bytes_of(id->key, len) };
}

/* What one side verifies; the other side has the identity. */
static void two_sides(cssl_options o[2], bool server_verifies, const struct identity *id,
                      unsigned version, const cssl_options *verifier)
{
    cssl_options *v = &o[server_verifies];
    cssl_options *shows = &o[!server_verifies];
    *v = *verifier;
    *shows = (cssl_options){ .certs_keys = &id->conf, .num_certs_keys = 1 };
    v->verify = CSSL_VERIFY_PEER;
    v->cacerts = cert_der(ca.cert);
    o[0].versions = o[1].versions = version;
    o[1].ticket_lifetime = 7 * 24 * PAIR_HOUR;
}

/* After an hour the anchor has ended, and so has the revocation list: with the option there is a
 * full handshake, which fails for that; without it the session says that all was well. */
static void test_ends(void **state)
{
    (void)state;
    static const cssl_tickets modes[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    struct sm_der crl;
    sm_make_crl(&crl, &(struct sm_crl){ .issuer = &ca, .to = PAIR_NOW + PAIR_HOUR });
    for (unsigned i = 0; i < 32; i++) {
        const bool on = (i & 1) != 0;
        const bool server_verifies = (i & 2) != 0;
        const bool lists = (i & 4) != 0;
        struct identity id;
        struct scene s;
        cssl_options o[2];
        identity_of(&id, server_verifies ? &user : &leaf);
        two_sides(o, server_verifies, &id, versions[i >> 3 & 1],
                  &(cssl_options){ .verify_on_resume = on,
                                   .crl_check = lists ? CSSL_CRL_PEER : CSSL_CRL_NONE,
                                   .crls = bytes_of(crl.data, lists ? crl.len : 0) });
        o[1].session_tickets = modes[i >> 4 & 1];
        test_clock_init(&wall, PAIR_NOW);
        scene_hosts(&s, &o[0], &o[1]);
        assert_false(pair_handshake(&s.client, &s.server, "server.test"));
        assert_true(pair_handshake(&s.client, &s.server, "server.test"));
        test_clock_advance(&wall, (PAIR_HOUR - 60) * INT64_C(1000000));
        assert_true(pair_handshake(&s.client, &s.server, "server.test"));
        test_clock_advance(&wall, 120 * INT64_C(1000000));
        if (on) {
            pair_start(&s.p, &s.client, &s.server, "server.test");
            assert_int_equal(pair_offers_psk(&s.p), server_verifies && (i & 8) != 0);
            pair_must_fail(&s.p, server_verifies ? FROM_SERVER : FROM_CLIENT,
                           ALERT_CERTIFICATE_EXPIRED, CSSL_R_CERT_EXPIRED);
            pair_free(&s.p);
        } else {
            assert_true(pair_handshake(&s.client, &s.server, "server.test"));
        }
        host_free(&s.client);
        host_free(&s.server);
        free(id.key);
    }
}

/* verify_fun: how often it saw the peer, and which time it said no. */
struct opinion {
    unsigned peers, no_at;
    bool held;
};

static bool on_opinion(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    struct opinion *o = p->on_ask_arg;
    const cssl_question *q = &event->question;
    cssl_answer a = { .id = q->id, .verdict = CSSL_ACCEPT };
    assert_int_equal(q->kind, CSSL_ASK_VERIFY);
    if (q->event == CSSL_VALID_PEER && ++o->peers == o->no_at) {
        a.verdict = CSSL_REJECT;
    }
    if (o->held) {
        return false;
    }
    assert_int_equal(cssl_engine_answer(p->side[dir].engine, &a, NULL), 0);
    return true;
}

static bool meet(struct scene *s, struct opinion *o)
{
    pair_start(&s->p, &s->client, &s->server, "server.test");
    s->p.on_ask = on_opinion;
    s->p.on_ask_arg = o;
    pair_must_connect(&s->p);
    pair_must_talk(&s->p);
    bool resumed = pair_resumed(&s->p);
    assert_true(info_of(&s->p, FROM_CLIENT).peer_verified);
    pair_free(&s->p);
    return resumed;
}

/* A client's program is asked before the hello, once; its no costs the session, and no more. */
static void test_asked(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        struct scene s;
        struct opinion o = { 0 };
        scene_hosts(&s,
                    &(cssl_options){ .versions = versions[v],
                                     .ask_about = CSSL_ASK_VERIFY,
                                     .verify_on_resume = true },
                    &(cssl_options){ .versions = versions[v] });
        assert_false(meet(&s, &o));
        assert_int_equal(o.peers, 1);
        assert_true(meet(&s, &o));
        assert_int_equal(o.peers, 2);
        o.no_at = 3;
        assert_false(meet(&s, &o));
        assert_int_equal(o.peers, 4); /* of the session, then of the handshake */
        assert_true(meet(&s, &o));
        o = (struct opinion){ .held = true };
        pair_start(&s.p, &s.client, &s.server, "server.test");
        s.p.on_ask = on_opinion;
        s.p.on_ask_arg = &o;
        pair_pump(&s.p);
        assert_int_equal(cssl_engine_output(engine_of(&s, FROM_CLIENT)).len, 0);
        assert_false(pair_connected(&s.p));
        scene_end(&s);
    }
}

/* A server cannot ask before it has chosen: it resumes none of those about whom it would. */
static void test_server_asked(void **state)
{
    (void)state;
    for (size_t v = 0; v < 2 * ARRAY_SIZE(versions); v++) {
        struct scene s;
        struct opinion o = { 0 };
        const bool shows = v % 2 == 0;
        const cssl_cert_key key = { .cert = PAIR_PEM(pair_client) };
        scene_hosts(&s,
                    &(cssl_options){ .versions = versions[v / 2],
                                     .certs_keys = shows ? &key : NULL,
                                     .num_certs_keys = shows },
                    &(cssl_options){ .versions = versions[v / 2],
                                     .verify = CSSL_VERIFY_PEER,
                                     .fail_if_no_peer_cert = CSSL_OFF,
                                     .ask_about = CSSL_ASK_VERIFY,
                                     .verify_on_resume = true });
        assert_false(meet(&s, &o));
        assert_int_equal(meet(&s, &o), !shows);
        assert_int_equal(o.peers, shows ? 2 : 0);
        host_free(&s.client);
        host_free(&s.server);
    }
}

/* Whom nobody answers for is sent no early data. */
static void test_early(void **state)
{
    (void)state;
    struct scene s;
    struct opinion o = { 0 };
    const cssl_options c = client_options(&(cssl_options){ .ask_about = CSSL_ASK_VERIFY,
                                                           .verify_on_resume = true });
    const cssl_options more = server_options(NULL);
    scene_hosts(&s, &c, &more);
    assert_false(meet(&s, &o));
    for (unsigned i = 0; i < 2; i++) {
        o = (struct opinion){ .no_at = i };
        pair_start(&s.p, &s.client, &s.server, "server.test");
        s.p.on_ask = on_opinion;
        s.p.on_ask_arg = &o;
        pair_must_connect(&s.p);
        pair_must_talk(&s.p);
        assert_int_equal(info_of(&s.p, FROM_CLIENT).early_data_offered, i == 0);
        assert_int_equal(info_of(&s.p, FROM_CLIENT).early_data_accepted, i == 0);
        assert_int_equal(o.peers, i + 1);
        pair_free(&s.p);
    }
    host_free(&s.client);
    host_free(&s.server);
}

/* partial_chain: who was trusted for the session is not trusted for what comes instead of it. */
struct partial {
    unsigned asked;
    bool no;
};

static bool on_partial(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    struct partial *o = p->on_ask_arg;
    const cssl_question *q = &event->question;
    assert_int_equal(q->kind, CSSL_ASK_PARTIAL_CHAIN);
    o->asked++;
    cssl_answer a = { .id = q->id, .verdict = o->no ? CSSL_REJECT : CSSL_ACCEPT,
                      .value = q->certs[q->num_certs - 1] };
    int ret = cssl_engine_answer(p->side[dir].engine, &a, NULL);
    assert_int_equal(ret == 0, !o->no || o->asked == 3); /* the session's chain is no failure */
    return true;
}

static void test_partial(void **state)
{
    (void)state;
    struct scene s;
    struct partial o = { 0 };
    scene_hosts(&s,
                &(cssl_options){ .cacerts = PAIR_PEM(pair_stranger),
                                 .ask_about = CSSL_ASK_PARTIAL_CHAIN,
                                 .verify_on_resume = true }, NULL);
    for (unsigned i = 0; i < 3; i++) {
        o.no = i == 2;
        pair_start(&s.p, &s.client, &s.server, "server.test");
        s.p.on_ask = on_partial;
        s.p.on_ask_arg = &o;
        if (o.no) {
            pair_must_fail(&s.p, FROM_CLIENT, ALERT_UNKNOWN_CA, CSSL_R_UNKNOWN_CA);
        } else {
            pair_must_connect(&s.p);
            assert_int_equal(pair_resumed(&s.p), i > 0);
            pair_must_talk(&s.p);
        }
        assert_int_equal(o.asked, i == 2 ? 4 : i + 1);
        pair_free(&s.p);
    }
    host_free(&s.client);
    host_free(&s.server);
}

/* Who verifies nobody has nothing to verify once more. */
static void test_needless(void **state)
{
    (void)state;
    cssl_error err;
    const cssl_options o = { .verify = CSSL_VERIFY_NONE, .verify_on_resume = true };
    assert_null(cssl_client_config(&o, &err));
    assert_int_equal(err.reason, CSSL_R_OPTION_CONFLICT);
    assert_string_equal(err.option, "verify_on_resume");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
        cmocka_unit_test_setup(test_asked, scene_set_up),
        cmocka_unit_test_setup(test_server_asked, scene_set_up),
        cmocka_unit_test_setup(test_early, scene_set_up),
        cmocka_unit_test_setup(test_partial, scene_set_up),
        cmocka_unit_test(test_needless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

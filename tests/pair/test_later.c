/*
 * test_later.c - authentication after the handshake (RFC 8446 4.6.2): asked for, answered with and
 * without a certificate, in the middle of data, and by peers who hold all keys and keep no rule.
 */
#include "base/error.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "scene.h"

static const cssl_options asking = { .verify = CSSL_VERIFY_PEER, .post_handshake_auth = true };
static cssl_cert_key identity;
static const cssl_options answering = { .post_handshake_auth = true, .certs_keys = &identity,
                                        .num_certs_keys = 1 };

static int set_up(void **state)
{
    identity = (cssl_cert_key){ .cert = PAIR_PEM(pair_client) };
    return scene_set_up(state);
}

static int ask(struct scene *s)
{
    return cssl_engine_request_certificate(s->p.side[FROM_SERVER].engine, NULL);
}

static bool has_cert(struct scene *s)
{
    cssl_bytes der;
    return cssl_engine_peercert(s->p.side[FROM_SERVER].engine, 0, &der, NULL) == 0;
}

static void must_be_fine(struct scene *s)
{
    for (enum pair_dir side = FROM_CLIENT; side <= FROM_SERVER; side++) {
        if (s->p.side[side].error.status != 0) {
            fail_msg("%s", s->p.side[side].error.text);
        }
    }
}

/* say seals a record as side would. */
static void say(struct scene *s, enum pair_dir side, uint8_t type, const void *data, size_t len)
{
    struct cssl_engine *e = s->p.side[side].engine;
    struct worker *w = worker_new();
    cssl_bytes piece = bytes_of(data, len);
    assert_non_null(w);
    assert_int_equal(rec_seal(&e->conn.write, w, type, &piece, 1, 0, &e->conn.out, NULL), 0);
    worker_free(w);
}

/* Whom the server asks later it does not ask in the handshake. Everything goes on before, between
 * and behind; it may be asked again. */
static void test_asked(void **state)
{
    (void)state;
    static const char *const identities[] = { pair_client, pair_client_ed25519, pair_client_rsa };
    for (size_t i = 0; i < ARRAY_SIZE(identities); i++) {
        for (int steps = 0; steps < 2; steps++) {
            struct scene s;
            const cssl_options c = { .post_handshake_auth = true, .defer_steps = steps == 1,
                                     PAIR_IDENTITY(identities[i]) };
            scene_open(&s, &c, &asking);
            assert_false(info_of(&s.p, FROM_SERVER).peer_verified);
            assert_false(has_cert(&s));
            assert_int_equal(host_saw(&s.client, false, CT_HANDSHAKE, HT_CERTIFICATE_REQUEST), 0);
            pair_must_talk(&s.p);
            for (size_t round = 1; round <= 3; round++) {
                assert_int_equal(ask(&s), 0);
                assert_int_equal(ask(&s), CSSL_STATE);
                pair_pump(&s.p);
                must_be_fine(&s);
                assert_true(info_of(&s.p, FROM_SERVER).peer_verified && has_cert(&s));
                assert_string_not_equal(info_of(&s.p, FROM_SERVER).client_signature_scheme, "");
                assert_int_equal(s.p.side[FROM_SERVER].num_authenticated, round);
                assert_int_equal(host_saw(&s.client, true, CT_HANDSHAKE, HT_CERTIFICATE_VERIFY),
                                 round);
                pair_must_talk(&s.p);
                assert_int_equal(cssl_engine_update_keys(s.p.side[FROM_CLIENT].engine, true,
                                                         NULL), 0);
                pair_pump(&s.p);
            }
            scene_end(&s);
        }
    }
}

/* The request is on its way while keys change and data go both ways. */
static void test_in_between(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, &answering, &asking);
    assert_int_equal(ask(&s), 0);
    assert_int_equal(cssl_engine_update_keys(s.p.side[FROM_CLIENT].engine, true, NULL), 0);
    assert_int_equal(cssl_engine_write(s.p.side[FROM_CLIENT].engine, "before", 6, NULL), 6);
    assert_int_equal(cssl_engine_write(s.p.side[FROM_SERVER].engine, "behind", 6, NULL), 6);
    pair_pump(&s.p);
    must_be_fine(&s);
    assert_true(info_of(&s.p, FROM_SERVER).peer_verified);
    assert_int_equal(s.p.side[FROM_SERVER].data.len, 6);
    assert_int_equal(s.p.side[FROM_CLIENT].data.len, 6);
    scene_end(&s);
}

/* A step that is out holds up nothing. */
static void test_step_out(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options c = { .post_handshake_auth = true, .defer_steps = true,
                             PAIR_IDENTITY(pair_client) };
    scene_open(&s, &c, &asking);
    s.p.step_leave = true;
    assert_int_equal(ask(&s), 0);
    pair_pump(&s.p);
    cssl_step *step = cssl_engine_step(s.p.side[FROM_CLIENT].engine);
    assert_non_null(step);
    assert_null(cssl_engine_step(s.p.side[FROM_CLIENT].engine));
    pair_must_talk(&s.p);
    pair_must_talk(&s.p);
    assert_false(info_of(&s.p, FROM_SERVER).peer_verified);
    cssl_step_run(step);
    assert_int_equal(cssl_engine_step_done(s.p.side[FROM_CLIENT].engine, step, NULL), 0);
    pair_pump(&s.p);
    must_be_fine(&s);
    assert_true(info_of(&s.p, FROM_SERVER).peer_verified);
    /* and one that outlives its engine */
    assert_int_equal(ask(&s), 0);
    pair_pump(&s.p);
    step = cssl_engine_step(s.p.side[FROM_CLIENT].engine);
    assert_non_null(step);
    scene_end(&s);
    cssl_step_run(step);
    cssl_step_free(step);
}

/* A client with nothing to show is refused, unless that is allowed; then it is nobody still. */
static void test_nothing_to_show(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options c = { .post_handshake_auth = true };
    const cssl_options optional = { .verify = CSSL_VERIFY_PEER, .post_handshake_auth = true,
                                    .fail_if_no_peer_cert = CSSL_OFF };
    scene_open(&s, &c, &asking);
    assert_int_equal(ask(&s), 0);
    pair_must_fail(&s.p, FROM_SERVER, ALERT_CERTIFICATE_REQUIRED, CSSL_R_CERTIFICATE_REQUIRED);
    scene_end(&s);
    scene_open(&s, &c, &optional);
    assert_int_equal(ask(&s), 0);
    pair_pump(&s.p);
    must_be_fine(&s);
    assert_int_equal(s.p.side[FROM_SERVER].num_authenticated, 1);
    assert_false(info_of(&s.p, FROM_SERVER).peer_verified || has_cert(&s));
    pair_must_talk(&s.p);
    scene_end(&s);
}

static void test_stranger(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options c = { .post_handshake_auth = true, PAIR_IDENTITY(pair_client_stranger) };
    const cssl_options anybody = { .verify = CSSL_VERIFY_PEER, .post_handshake_auth = true,
                                   .certificate_authorities = CSSL_OFF };
    scene_open(&s, &c, &anybody);
    assert_int_equal(ask(&s), 0);
    pair_must_fail(&s.p, FROM_SERVER, ALERT_UNKNOWN_CA, CSSL_R_UNKNOWN_CA);
    assert_false(info_of(&s.p, FROM_SERVER).peer_verified || has_cert(&s));
    scene_end(&s);
}

/* When it is not possible, the program hears why. */
static void test_not_now(void **state)
{
    (void)state;
    struct scene s;
    const cssl_options both = { .versions = CSSL_TLSV1_2 | CSSL_TLSV1_3,
                                .verify = CSSL_VERIFY_PEER, .post_handshake_auth = true,
                                .fail_if_no_peer_cert = CSSL_OFF };
    const cssl_options old = { .versions = CSSL_TLSV1_2 };
    scene_open(&s, NULL, &asking);
    assert_int_equal(ask(&s), CSSL_STATE); /* not offered */
    assert_int_equal(cssl_engine_request_certificate(s.p.side[FROM_CLIENT].engine, NULL),
                     CSSL_STATE);
    scene_end(&s);
    scene_open(&s, &answering, NULL);
    assert_int_equal(ask(&s), CSSL_STATE); /* nothing is verified */
    scene_end(&s);
    scene_open(&s, &old, &both);
    assert_int_equal(ask(&s), CSSL_STATE);
    scene_end(&s);
    scene_open(&s, &answering, &asking);
    assert_int_equal(cssl_engine_close(s.p.side[FROM_SERVER].engine, NULL), 0);
    assert_int_equal(ask(&s), CSSL_STATE);
    scene_end(&s);
}

/* A ticket of before the certificate says of nobody that he was verified. */
static void test_resumed(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, &answering, &asking);
    assert_int_equal(ask(&s), 0);
    pair_pump(&s.p);
    must_be_fine(&s);
    pair_free(&s.p);
    pair_start(&s.p, &s.client, &s.server, "server.test");
    pair_must_connect(&s.p);
    assert_true(pair_resumed(&s.p));
    assert_false(info_of(&s.p, FROM_SERVER).peer_verified || has_cert(&s));
    assert_int_equal(ask(&s), 0); /* and can be asked again */
    pair_pump(&s.p);
    must_be_fine(&s);
    assert_true(info_of(&s.p, FROM_SERVER).peer_verified && has_cert(&s));
    scene_end(&s);
}

/* ---- A server without rules ---- */

static void test_hostile_requests(void **state)
{
    (void)state;
    static const uint8_t request[] = { 13, 0, 0, 13, 2, 'i', 'd', 0, 8, 0, 13, 0, 4, 0, 2, 4, 3 };
    struct scene s;
    scene_open(&s, &answering, &asking);
    for (int i = 0; i < AUTH_REQUESTS_MAX; i++) {
        say(&s, FROM_SERVER, CT_HANDSHAKE, request, sizeof(request));
        cssl_bytes out = cssl_engine_output(s.p.side[FROM_SERVER].engine);
        uint8_t *where;
        assert_true(cssl_engine_room(s.p.side[FROM_CLIENT].engine, &where) >= out.len);
        memcpy(where, out.data, out.len);
        assert_int_equal(cssl_engine_received(s.p.side[FROM_CLIENT].engine, out.len, NULL), 0);
        cssl_engine_sent(s.p.side[FROM_SERVER].engine, out.len);
        cssl_engine_sent(s.p.side[FROM_CLIENT].engine,
                         cssl_engine_output(s.p.side[FROM_CLIENT].engine).len);
    }
    /* The server has seen none of the answers, so it cannot open the alert: the client alone. */
    cssl_error err = { 0 };
    say(&s, FROM_SERVER, CT_HANDSHAKE, request, sizeof(request));
    cssl_bytes last = cssl_engine_output(s.p.side[FROM_SERVER].engine);
    uint8_t *room;
    assert_true(cssl_engine_room(s.p.side[FROM_CLIENT].engine, &room) >= last.len);
    memcpy(room, last.data, last.len);
    assert_int_equal(cssl_engine_received(s.p.side[FROM_CLIENT].engine, last.len, &err),
                     CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_TOO_MANY_REQUESTS);
    scene_end(&s);

    scene_open(&s, &answering, &asking); /* two at once, in one record */
    uint8_t two[2 * sizeof(request)];
    memcpy(two, request, sizeof(request));
    memcpy(two + sizeof(request), request, sizeof(request));
    say(&s, FROM_SERVER, CT_HANDSHAKE, two, sizeof(two));
    pair_must_fail(&s.p, FROM_CLIENT, ALERT_UNEXPECTED_MESSAGE, CSSL_R_TOO_MANY_REQUESTS);
    scene_end(&s);

    scene_open(&s, NULL, &asking); /* not offered */
    say(&s, FROM_SERVER, CT_HANDSHAKE, request, sizeof(request));
    pair_must_fail(&s.p, FROM_CLIENT, ALERT_UNEXPECTED_MESSAGE, CSSL_R_UNEXPECTED_MESSAGE);
    scene_end(&s);

    scene_open(&s, &answering, &asking); /* without signature_algorithms */
    say(&s, FROM_SERVER, CT_HANDSHAKE, "\x0d\0\0\3\0\0\0", 7);
    pair_must_fail(&s.p, FROM_CLIENT, ALERT_MISSING_EXTENSION, CSSL_R_EXTENSION_MISSING);
    scene_end(&s);
}

/* ---- A client without rules: each says something where its answer belongs ---- */

static const struct {
    const char *what, *hex;
    uint8_t type;
    bool asked;
    int alert, reason;
} answers[] = {
    { "unasked", "0b000004 00000000", CT_HANDSHAKE, false, ALERT_UNEXPECTED_MESSAGE,
      CSSL_R_UNEXPECTED_MESSAGE },
    { "no context", "0b000004 00000000", CT_HANDSHAKE, true, ALERT_ILLEGAL_PARAMETER,
      CSSL_R_CERTIFICATE_CONTEXT },
    { "another context", "0b000005 0141000000", CT_HANDSHAKE, true, ALERT_ILLEGAL_PARAMETER,
      CSSL_R_CERTIFICATE_CONTEXT },
    { "CertificateVerify first", "0f000004 04030000", CT_HANDSHAKE, true,
      ALERT_UNEXPECTED_MESSAGE, CSSL_R_UNEXPECTED_MESSAGE },
    { "Finished first", "14000000", CT_HANDSHAKE, true, ALERT_UNEXPECTED_MESSAGE,
      CSSL_R_UNEXPECTED_MESSAGE },
    { "compressed, which was not offered", "19000009 0001 000010 000001 00", CT_HANDSHAKE, true,
      ALERT_UNEXPECTED_MESSAGE, CSSL_R_UNEXPECTED_MESSAGE },
    { "malformed", "0b000003 000000", CT_HANDSHAKE, true, ALERT_DECODE_ERROR,
      CSSL_R_MESSAGE_MALFORMED },
};

static void test_hostile_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        struct scene s;
        uint8_t data[64];
        scene_open(&s, &answering, &asking);
        print_message("%s\n", answers[i].what);
        if (answers[i].asked) {
            assert_int_equal(ask(&s), 0);
        }
        say(&s, FROM_CLIENT, answers[i].type, data,
            test_unhex(data, sizeof(data), answers[i].hex));
        pair_must_fail(&s.p, FROM_SERVER, answers[i].alert, answers[i].reason);
        assert_false(info_of(&s.p, FROM_SERVER).peer_verified);
        scene_end(&s);
    }
}

/* answer makes the messages that the client owes and takes them out of its hands. */
static struct later_reply *answer(struct scene *s)
{
    struct cssl_engine *c = s->p.side[FROM_CLIENT].engine;
    struct cssl_engine *server = s->p.side[FROM_SERVER].engine;
    assert_int_equal(ask(s), 0);
    cssl_bytes out = cssl_engine_output(server);
    uint8_t *where;
    assert_true(cssl_engine_room(c, &where) >= out.len);
    memcpy(where, out.data, out.len);
    assert_int_equal(cssl_engine_received(c, out.len, NULL), 0);
    cssl_engine_sent(server, out.len);
    struct later_reply *reply = atomic_exchange(&c->owed_reply, NULL);
    assert_non_null(reply);
    return reply;
}

/* Something between the three messages, a signature that does not fit, a Finished of nobody. */
static void test_broken_answers(void **state)
{
    (void)state;
    static const uint8_t update[] = { HT_KEY_UPDATE, 0, 0, 1, 0 };
    static const uint8_t finished[4 + 32] = { HT_FINISHED, 0, 0, 32 };
    for (int i = 0; i < 5; i++) {
        struct scene s;
        const cssl_options one = { .verify = CSSL_VERIFY_PEER, .post_handshake_auth = true,
                                   .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256") };
        scene_open(&s, &answering, &one);
        struct later_reply *r = answer(&s);
        size_t first = 4 + ((size_t)r->messages[1] << 16 | (size_t)r->messages[2] << 8 |
                            r->messages[3]);
        int alert = ALERT_UNEXPECTED_MESSAGE;
        if (i == 2) {
            r->messages[r->len - 1] ^= 1;
            alert = ALERT_DECRYPT_ERROR;
        }
        if (i <= 1) {
            say(&s, FROM_CLIENT, CT_HANDSHAKE, r->messages, first);
            say(&s, FROM_CLIENT, i == 0 ? CT_APPLICATION_DATA : CT_HANDSHAKE, update,
                sizeof(update));
        } else {
            say(&s, FROM_CLIENT, CT_HANDSHAKE, r->messages, r->len);
        }
        if (i == 3) {
            say(&s, FROM_CLIENT, CT_HANDSHAKE, finished, sizeof(finished));
            alert = ALERT_DECRYPT_ERROR;
        } else if (i == 4) {
            say(&s, FROM_CLIENT, CT_APPLICATION_DATA, "x", 1);
        }
        pair_must_fail(&s.p, FROM_SERVER, alert, 0);
        assert_false(info_of(&s.p, FROM_SERVER).peer_verified || has_cert(&s));
        later_reply_free(r);
        scene_end(&s);
    }
}

/* Without room the answer waits, and is not lost. */
static void test_no_room(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, &answering, &asking);
    struct cssl_engine *c = s.p.side[FROM_CLIENT].engine;
    size_t limit = c->conn.out.limit;
    c->conn.out.limit = 100;
    assert_int_equal(ask(&s), 0);
    pair_pump(&s.p);
    assert_non_null(atomic_load(&c->owed_reply));
    assert_false(info_of(&s.p, FROM_SERVER).peer_verified);
    c->conn.out.limit = limit;
    pair_pump(&s.p);
    must_be_fine(&s);
    assert_true(info_of(&s.p, FROM_SERVER).peer_verified);
    scene_end(&s);
}

static void test_compressed(void **state)
{
    (void)state;
    struct scene s;
    cssl_options c = answering, d = asking;
    c.cert_compression = d.cert_compression = CSSL_LIST("zlib");
    scene_open(&s, &c, &d);
    assert_int_equal(ask(&s), 0);
    pair_pump(&s.p);
    must_be_fine(&s);
    assert_string_equal(info_of(&s.p, FROM_SERVER).cert_compression, "zlib");
    assert_int_equal(host_saw(&s.server, false, CT_HANDSHAKE, HT_COMPRESSED_CERTIFICATE), 1);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asked),           cmocka_unit_test(test_in_between),
        cmocka_unit_test(test_step_out),        cmocka_unit_test(test_nothing_to_show),
        cmocka_unit_test(test_stranger),
        cmocka_unit_test(test_not_now),
        cmocka_unit_test(test_resumed),         cmocka_unit_test(test_hostile_requests),
        cmocka_unit_test(test_hostile_answers), cmocka_unit_test(test_broken_answers),
        cmocka_unit_test(test_no_room),         cmocka_unit_test(test_compressed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

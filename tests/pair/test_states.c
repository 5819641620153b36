/*
 * test_states.c - every message, alert and kind of record in every state that a handshake of TLS
 * 1.3 can rest in, from a peer who holds the keys of that moment. What may come where is written
 * down here a second time, from RFC 8446 appendix A, and not read from hs_rows.
 *
 * A refusal by the driver is checked to change nothing; one by the engine to forget all secrets.
 */
#include "halt.h"

enum { RETRY = 1, MUTUAL = 2, PSK = 4, EARLY = 8 };
enum { ACCEPTS_MAX = 2, NONE = -1 };

/* A place where a connection of one role waits. */
struct stop {
    const char *name;
    enum pair_dir side; /* the one that waits */
    enum hs_state state;
    unsigned how;
    bool step;          /* it waits for a step, not for a message */
    uint8_t epoch;      /* of what it receives */
    bool fresh;         /* nothing was received under that epoch's key yet */
    int accepts[ACCEPTS_MAX];
};

#define CLIENT(state, how) #state " " #how, FROM_CLIENT, CLIENT13_##state, how
#define SERVER(state, how) #state " " #how, FROM_SERVER, SERVER13_##state, how
#define ONE(type) { type, NONE }

static const struct stop stops[] = {
    { CLIENT(WAIT_SH, 0), false, 0, false, ONE(HT_SERVER_HELLO) },
    { CLIENT(WAIT_SH, RETRY), false, 0, false, ONE(HT_SERVER_HELLO) },
    { CLIENT(WAIT_SH, EARLY), false, 0, false, ONE(HT_SERVER_HELLO) },
    { CLIENT(WAIT_SH, EARLY | RETRY), false, 0, false, ONE(HT_SERVER_HELLO) },
    { CLIENT(WAIT_EE, EARLY), false, 2, true, ONE(HT_ENCRYPTED_EXTENSIONS) },
    { CLIENT(WAIT_FINISHED, EARLY), false, 2, false, ONE(HT_FINISHED) },
    { CLIENT(WAIT_EE, 0), false, 2, true, ONE(HT_ENCRYPTED_EXTENSIONS) },
    { CLIENT(WAIT_EE, PSK), false, 2, true, ONE(HT_ENCRYPTED_EXTENSIONS) },
    { CLIENT(WAIT_CERT_CR, 0), false, 2, false, { HT_CERTIFICATE, HT_CERTIFICATE_REQUEST } },
    { CLIENT(WAIT_CERT, MUTUAL), false, 2, false, ONE(HT_CERTIFICATE) },
    { CLIENT(WAIT_CV, 0), false, 2, false, ONE(HT_CERTIFICATE_VERIFY) },
    { CLIENT(WAIT_CV, MUTUAL | RETRY), false, 2, false, ONE(HT_CERTIFICATE_VERIFY) },
    { CLIENT(WAIT_FINISHED, 0), false, 2, false, ONE(HT_FINISHED) },
    { CLIENT(WAIT_FINISHED, PSK), false, 2, false, ONE(HT_FINISHED) },
    { "client DONE", FROM_CLIENT, HS_DONE, 0, false, 3, true,
      { HT_NEW_SESSION_TICKET, HT_KEY_UPDATE } },
    { "client DONE PSK", FROM_CLIENT, HS_DONE, PSK, false, 3, true,
      { HT_NEW_SESSION_TICKET, HT_KEY_UPDATE } },
    { SERVER(START, 0), false, 0, false, ONE(HT_CLIENT_HELLO) },
    { SERVER(RETRIED, RETRY), false, 0, false, ONE(HT_CLIENT_HELLO) },
    { SERVER(RETRIED, EARLY | RETRY), false, 0, false, ONE(HT_CLIENT_HELLO) },
    { SERVER(WAIT_EOED, EARLY), false, 1, true, ONE(HT_END_OF_EARLY_DATA) },
    { SERVER(WAIT_FINISHED, EARLY), false, 2, true, ONE(HT_FINISHED) },
    { SERVER(WAIT_CERT, MUTUAL), false, 2, true, ONE(HT_CERTIFICATE) },
    { SERVER(WAIT_CV, MUTUAL), false, 2, false, ONE(HT_CERTIFICATE_VERIFY) },
    { SERVER(WAIT_FINISHED, 0), false, 2, true, ONE(HT_FINISHED) },
    { SERVER(WAIT_FINISHED, PSK), false, 2, true, ONE(HT_FINISHED) },
    { SERVER(WAIT_FINISHED, MUTUAL), false, 2, false, ONE(HT_FINISHED) },
    { "server DONE", FROM_SERVER, HS_DONE, 0, false, 3, true, ONE(HT_KEY_UPDATE) },
    { "server DONE MUTUAL", FROM_SERVER, HS_DONE, MUTUAL, false, 3, true, ONE(HT_KEY_UPDATE) },
};

/* While a step is out nothing may come at all. */
static const struct stop steps[] = {
    { CLIENT(HELLO, 0), true, 0, false, ONE(NONE) },
    { CLIENT(RETRY, RETRY), true, 0, false, ONE(NONE) },
    { CLIENT(SECRET, 0), true, 0, false, ONE(NONE) },
    { CLIENT(EARLY_RETRY, EARLY | RETRY), true, 0, false, ONE(NONE) },
    { CLIENT(EARLY_SECRET, EARLY), true, 0, false, ONE(NONE) },
    { CLIENT(SIGNED, MUTUAL), true, 3, false, ONE(NONE) },
    { SERVER(EARLY, EARLY), true, 0, false, ONE(NONE) },
    { SERVER(NEGOTIATED, 0), true, 0, false, ONE(NONE) },
    { SERVER(NEGOTIATED, RETRY), true, 0, false, ONE(NONE) },
    { SERVER(SIGNED, 0), true, 2, false, ONE(NONE) },
};

static bool accepts(const struct stop *stop, int type)
{
    return type >= 0 && (stop->accepts[0] == type || stop->accepts[1] == type);
}

/* ---- Getting there ---- */

static void begin(struct halt *s, const struct stop *stop)
{
    bool mutual = (stop->how & MUTUAL) != 0, psk = (stop->how & PSK) != 0;
    bool early = (stop->how & EARLY) != 0;
    static const cssl_cert_key own = { .cert = { .data = (const uint8_t *)pair_client_ed25519 } };
    cssl_cert_key client_identity = own;
    client_identity.cert.len = strlen(pair_client_ed25519);
    const cssl_options client = { .versions = CSSL_TLSV1_3,
                                  .supported_groups = CSSL_LIST("x25519", "secp256r1"),
                                  .certs_keys = mutual ? &client_identity : NULL,
                                  .num_certs_keys = mutual,
                                  .psk_identity = psk ? "us" : NULL,
                                  .psk = { (const uint8_t *)"0123456789abcdef", psk ? 16 : 0 },
                                  .early_data = { (const uint8_t *)"early", early ? 5 : 0 },
                                  .defer_steps = true };
    const cssl_options server = { .versions = CSSL_TLSV1_3,
                                  .supported_groups = (stop->how & RETRY) != 0
                                                          ? CSSL_LIST("secp256r1")
                                                          : CSSL_LIST("x25519"),
                                  .verify = mutual ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE,
                                  .psk_identity = client.psk_identity,
                                  .psk = client.psk,
                                  .max_early_data = early ? 1000 : 0,
                                  .defer_steps = true };
    halt_hosts(s, &client, &server);
    if (early) { /* with the session of an earlier connection */
        assert_false(pair_handshake(&s->client, &s->server, "server.test"));
    }
    halt_start(s, stop->side);
}

static bool is_there(const struct halt *s, const struct stop *stop)
{
    const struct hs *hs = s->at->hs;
    if (hs == NULL) {
        return stop->state == HS_DONE;
    }
    return hs->state == stop->state && hs_waiting(hs) == stop->step &&
           hs->retried == ((stop->how & RETRY) != 0);
}

/* run takes e's events and does its steps; when it is to stop at a step, it leaves that one. */
static void run(struct halt *s, struct cssl_engine *e, void *arg)
{
    const struct stop *stop = arg;
    cssl_event event;
    while (!(e == s->at && stop->step && is_there(s, stop)) && cssl_engine_next(e, &event)) {
        if (event.type == CSSL_EV_STEP && !(e == s->at && stop->step && is_there(s, stop))) {
            cssl_step *step = cssl_engine_step(e);
            assert_non_null(step);
            cssl_step_run(step);
            assert_int_equal(cssl_engine_step_done(e, step, NULL), 0);
        } else {
            assert_int_not_equal(event.type, CSSL_EV_ERROR);
        }
    }
}

static void go(struct halt *s, const struct stop *stop)
{
    struct stop aim = *stop;
    run(s, s->at, &aim);
    for (int turn = 0; turn < 100 && !is_there(s, stop); turn++) {
        halt_turn(s, run, &aim);
    }
    if (!is_there(s, stop)) {
        fail_msg("%s is never reached", stop->name);
    }
}

static void to(struct halt *s, const struct stop *stop)
{
    begin(s, stop);
    go(s, stop);
    assert_int_equal(s->at->conn.read.epoch, stop->epoch);
    assert_true(!stop->fresh || s->at->conn.read.seq == 0);
}

/* ---- Saying something ---- */

/* ---- Handshake messages ---- */

/* The driver refuses what the table does not have, and nothing of it changes. */
static void check_driver(struct halt *s, const struct stop *stop)
{
    struct cssl_engine *e = s->at;
    static struct hs before;
    static struct conn conn_before;
    memcpy(&before, e->hs, sizeof(before));
    memcpy(&conn_before, &e->conn, sizeof(conn_before));
    for (int type = 0; type < 256; type++) {
        const uint8_t message[] = { (uint8_t)type, 0, 0, 1, 0xff };
        cssl_error err = { 0 };
        if (accepts(stop, type)) {
            continue;
        }
        for (int more = 0; more < 2; more++) {
            assert_true(hs_message(e->hs, NULL, bytes_of(message, sizeof(message)), more == 1,
                                   &err) < 0);
            assert_int_equal(err.reason, CSSL_R_UNEXPECTED_MESSAGE);
            assert_int_equal(err.alert, ALERT_UNEXPECTED_MESSAGE);
        }
        assert_memory_equal(&before, e->hs, sizeof(before));
        assert_memory_equal(&conn_before, &e->conn, sizeof(conn_before));
    }
}

static void test_driver(void **state)
{
    (void)state;
    struct halt s;
    for (size_t i = 0; i < ARRAY_SIZE(stops) + ARRAY_SIZE(steps); i++) {
        const struct stop *stop = i < ARRAY_SIZE(stops) ? &stops[i] : &steps[i - ARRAY_SIZE(stops)];
        if (stop->state == HS_DONE) {
            continue;
        }
        to(&s, stop);
        check_driver(&s, stop);
        halt_end(&s);
    }
    /* The states in which nobody ever waits take nothing either. */
    for (int row = 0; row < CLIENT12_WAIT_CERT; row++) {
        bool waits = false;
        for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
            waits = waits || (stops[i].state == (enum hs_state)row && row != HS_DONE);
        }
        if (waits) {
            continue;
        }
        const struct stop none = { .name = "a state in between", .accepts = { NONE, NONE } };
        to(&s, &stops[0]);
        s.at->hs->state = (enum hs_state)row;
        check_driver(&s, &none);
        halt_end(&s);
    }
}

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        for (int type = 0; type < 256; type = type == 40 ? 250 : type + 1) {
            const uint8_t message[] = { (uint8_t)type, 0, 0, 1, 0xff };
            struct halt s;
            cssl_error err;
            char what[32];
            (void)snprintf(what, sizeof(what), "message %d", type);
            to(&s, stop);
            assert_true(halt_say(&s, CT_HANDSHAKE, message, sizeof(message), &err) < 0);
            if (accepts(stop, type)) { /* taken, and found to be nonsense */
                assert_int_not_equal(err.reason, CSSL_R_UNEXPECTED_MESSAGE);
                bool value = type == HT_KEY_UPDATE;
                halt_refused(&s, stop->name, what, &err,
                             value ? ALERT_ILLEGAL_PARAMETER : ALERT_DECODE_ERROR,
                             value ? CSSL_R_KEY_UPDATE_VALUE : 0);
            } else {
                halt_refused(&s, stop->name, what, &err, ALERT_UNEXPECTED_MESSAGE,
                             CSSL_R_UNEXPECTED_MESSAGE);
            }
            halt_end(&s);
        }
    }
}

/* With a step out the engine takes nothing, whatever it is that might come. */
static void test_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        struct halt s;
        uint8_t *where = NULL;
        cssl_event event;
        to(&s, &steps[i]);
        (void)cssl_engine_next(s.at, &event);
        assert_int_equal(event.type, CSSL_EV_STEP);
        assert_int_equal(cssl_engine_room(s.at, &where), 0);
        assert_false(cssl_engine_next(s.at, &event));
        cssl_step *step = cssl_engine_step(s.at);
        assert_non_null(step);
        assert_int_equal(cssl_engine_received(s.at, 0, NULL), 0); /* the end, not yet heard of */
        cssl_step_run(step);
        assert_int_equal(cssl_engine_step_done(s.at, step, NULL), 0);
        halt_end(&s);
    }
}

/* ---- Other records ---- */

struct record {
    const char *what;
    uint8_t type;
    bool clear;
    const char *data;
    size_t len;
    int alert;  /* NONE: it is ignored in every state */
    int reason;
};

static const struct record records[] = {
    { "an empty handshake record", CT_HANDSHAKE, false, "", 0, ALERT_UNEXPECTED_MESSAGE, 0 },
    { "an empty alert", CT_ALERT, false, "", 0, ALERT_UNEXPECTED_MESSAGE, CSSL_R_RECORD_EMPTY },
    { "half an alert", CT_ALERT, false, "\1", 1, ALERT_DECODE_ERROR, CSSL_R_ALERT_MALFORMED },
    { "an alert and a half", CT_ALERT, false, "\1\0\1", 3, ALERT_DECODE_ERROR,
      CSSL_R_ALERT_MALFORMED },
    { "an alert of level 0", CT_ALERT, false, "\0\0", 2, ALERT_ILLEGAL_PARAMETER,
      CSSL_R_ALERT_LEVEL },
    { "an alert of level 3", CT_ALERT, false, "\3\50", 2, ALERT_ILLEGAL_PARAMETER,
      CSSL_R_ALERT_LEVEL },
    { "user_canceled", CT_ALERT, false, "\1\132", 2, NONE, 0 },
    { "user_canceled, fatal", CT_ALERT, false, "\2\132", 2, NONE, 0 },
    { "a change_cipher_spec of 2", CT_CHANGE_CIPHER_SPEC, true, "\2", 1, ALERT_UNEXPECTED_MESSAGE,
      CSSL_R_CHANGE_CIPHER_SPEC },
    { "a change_cipher_spec of two bytes", CT_CHANGE_CIPHER_SPEC, true, "\1\1", 2,
      ALERT_UNEXPECTED_MESSAGE, CSSL_R_CHANGE_CIPHER_SPEC },
    { "an empty change_cipher_spec", CT_CHANGE_CIPHER_SPEC, true, "", 0, ALERT_UNEXPECTED_MESSAGE,
      CSSL_R_CHANGE_CIPHER_SPEC },
    { "heartbeat", 24, true, "\1", 1, ALERT_UNEXPECTED_MESSAGE, 0 },
    { "type 0", 0, true, "\1", 1, ALERT_UNEXPECTED_MESSAGE, 0 },
    { "type 255", 255, true, "\1", 1, ALERT_UNEXPECTED_MESSAGE, 0 },
};

static void check_ignored(struct halt *s, const struct stop *stop, const char *what,
                          const struct hs *before)
{
    cssl_event event;
    if (cssl_engine_next(s->at, &event) || !is_there(s, stop)) {
        fail_msg("%s in %s is not ignored", what, stop->name);
    }
    if (s->at->hs != NULL) {
        assert_memory_equal(before, s->at->hs, sizeof(*before));
    }
    assert_int_equal(cssl_engine_output(s->at).len, 0);
}

static void test_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(records); k++) {
            const struct stop *stop = &stops[i];
            const struct record *r = &records[k];
            static struct hs before;
            struct halt s;
            cssl_error err;
            to(&s, stop);
            cssl_bytes out = cssl_engine_output(s.at);
            cssl_engine_sent(s.at, out.len);
            if (s.at->hs != NULL) {
                before = *s.at->hs;
            }
            int ret = r->clear ? halt_say_clear(&s, r->type, r->data, r->len, &err)
                               : halt_say(&s, r->type, r->data, r->len, &err);
            if (r->alert != NONE) {
                halt_refused(&s, stop->name, r->what, &err, r->alert, r->reason);
            } else {
                assert_int_equal(ret, 0);
                check_ignored(&s, stop, r->what, &before);
            }
            halt_end(&s);
        }
    }
}

/* What is sealed although its type is not, unknown ones, and nothing but padding. */
static void test_inner_types(void **state)
{
    (void)state;
    static const uint8_t types[] = { 0, 1, 19, CT_CHANGE_CIPHER_SPEC, 24, 25, 26, 255 };
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(types) && stops[i].epoch != 0; k++) {
            struct halt s;
            cssl_error err;
            to(&s, &stops[i]);
            assert_true(halt_say(&s, types[k], types[k] == 0 ? "\0" : "\1", 1, &err) < 0);
            halt_refused(&s, stops[i].name, "a sealed record of a wrong type", &err,
                    ALERT_UNEXPECTED_MESSAGE, 0);
            halt_end(&s);
        }
    }
}

/* change_cipher_spec is dropped from the first ClientHello to the peer's Finished (RFC 8446 5). */
static void test_ccs(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        static struct hs before;
        struct halt s;
        cssl_error err;
        to(&s, stop);
        bool allowed = stop->state != SERVER13_START && stop->state != HS_DONE;
        cssl_bytes out = cssl_engine_output(s.at);
        cssl_engine_sent(s.at, out.len);
        if (s.at->hs != NULL) {
            before = *s.at->hs;
        }
        int ret = halt_say_clear(&s, CT_CHANGE_CIPHER_SPEC, "\1", 1, &err);
        if (allowed) {
            assert_int_equal(ret, 0);
            check_ignored(&s, stop, "change_cipher_spec", &before);
        } else {
            halt_refused(&s, stop->name, "change_cipher_spec", &err, ALERT_UNEXPECTED_MESSAGE,
                    CSSL_R_CHANGE_CIPHER_SPEC);
        }
        halt_end(&s);
    }
}

static void test_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (size_t len = 0; len < 2; len++) {
            const struct stop *stop = &stops[i];
            struct halt s;
            cssl_error err;
            cssl_event event;
            to(&s, stop);
            int ret = halt_say(&s, CT_APPLICATION_DATA, "x", len, &err);
            if (stop->state == HS_DONE) {
                assert_int_equal(ret, 0);
                assert_int_equal(cssl_engine_next(s.at, &event), len == 1);
                assert_true(len == 0 || event.type == CSSL_EV_DATA);
            } else if (stop->state == SERVER13_RETRIED && (stop->how & EARLY) != 0) {
                assert_int_equal(ret, 0); /* skipped: it may be early */
                assert_false(cssl_engine_next(s.at, &event));
            } else if (stop->state == SERVER13_WAIT_EOED) {
                assert_int_equal(ret, 0);
                assert_int_equal(cssl_engine_next(s.at, &event), len == 1);
                assert_true(len == 0 || event.type == CSSL_EV_EARLY_DATA);
            } else {
                halt_refused(&s, stop->name, "application data", &err, ALERT_UNEXPECTED_MESSAGE,
                        CSSL_R_UNEXPECTED_MESSAGE);
            }
            halt_end(&s);
        }
    }
}

/* ---- Alerts ---- */

/* heard: the peer's alert ended it, and nothing is said any more. */
static void heard(struct halt *s, const cssl_error *err, int alert)
{
    assert_int_equal(err->reason, CSSL_R_PEER_ALERT);
    assert_true(err->alert_from_peer);
    assert_int_equal(err->alert, alert);
    cssl_engine_sent(s->at, cssl_engine_output(s->at).len);
    (void)cssl_engine_close(s->at, NULL);
    assert_int_equal(cssl_engine_output(s->at).len, 0); /* RFC 8446 6.2 */
    assert_null(s->at->hs);
    assert_true(halt_is_zero(&s->at->conn.read, sizeof(s->at->conn.read)));
    assert_true(halt_is_zero(&s->at->conn.read_secret, sizeof(s->at->conn.read_secret)));
    assert_true(halt_is_zero(&s->at->conn.write, sizeof(s->at->conn.write)));
    assert_true(halt_is_zero(&s->at->conn.write_secret, sizeof(s->at->conn.write_secret)));
}

static void test_alerts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        /* all of them in two states, and some in each; RFC 8446 6: the level means nothing */
        const struct stop *stop = &stops[i];
        bool all = stop->state == HS_DONE && stop->how == 0;
        for (int alert = 0; alert < 256; alert += all ? 1 : 10) {
            struct halt s;
            cssl_error err;
            cssl_event event;
            const uint8_t bytes[] = { (uint8_t)(1 + alert / 10 % 2), (uint8_t)alert };
            if (alert == ALERT_USER_CANCELED) {
                continue;
            }
            to(&s, stop);
            int ret = halt_say(&s, CT_ALERT, bytes, sizeof(bytes), &err);
            if (alert != ALERT_CLOSE_NOTIFY) {
                heard(&s, &err, alert);
            } else if (stop->state == HS_DONE) {
                assert_int_equal(ret, 0);
                assert_true(cssl_engine_next(s.at, &event));
                assert_int_equal(event.type, CSSL_EV_CLOSED);
            } else {
                halt_refused(&s, stop->name, "close_notify", &err, ALERT_NONE, CSSL_R_CLOSED);
            }
            halt_end(&s);
        }
    }
}

/* ---- Wrong keys ---- */

/* In the clear where a key is set: an alert of a peer that never got one is the only exception. */
static void test_clear(void **state)
{
    (void)state;
    static const uint8_t types[] = { CT_ALERT, CT_HANDSHAKE, CT_APPLICATION_DATA };
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(types) && stops[i].epoch != 0; k++) {
            const struct stop *stop = &stops[i];
            struct halt s;
            cssl_error err;
            to(&s, stop);
            assert_true(halt_say_clear(&s, types[k], "\2\50", 2, &err) < 0);
            if (types[k] == CT_APPLICATION_DATA) { /* that is what sealed ones look like */
                halt_refused(&s, stop->name, "data in the clear", &err, ALERT_BAD_RECORD_MAC, 0);
            } else if (types[k] == CT_ALERT && stop->epoch == 2 && stop->fresh) {
                heard(&s, &err, 40);
            } else {
                halt_refused(&s, stop->name, "a record in the clear", &err,
                             ALERT_UNEXPECTED_MESSAGE, CSSL_R_RECORD_NOT_SEALED);
            }
            halt_end(&s);
        }
    }
}

/* Messages that are allowed, under keys of another time: a wrong sequence number, the handshake's
 * keys after it, the application's keys before. */
static void test_other_keys(void **state)
{
    (void)state;
    static const uint8_t update[] = { HT_KEY_UPDATE, 0, 0, 1, 0 };
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        struct halt s;
        cssl_error err;
        struct rec_half half;
        if (stop->epoch == 0) {
            continue;
        }
        for (uint64_t skip = 0; skip < 2; skip++) { /* the last number again; one left out */
            to(&s, stop);
            half = s.at->conn.read;
            half.seq = skip == 1 ? half.seq + 1 : half.seq - 1;
            half.seq = half.seq == UINT64_MAX ? UINT64_MAX - 1 : half.seq;
            assert_true(halt_say_with(&s, &half, CT_HANDSHAKE, update, sizeof(update), &err) < 0);
            halt_refused(&s, stop->name, "a wrong sequence number", &err, ALERT_BAD_RECORD_MAC, 0);
            halt_end(&s);
        }
        if (stop->state == HS_DONE) {
            struct stop before = *stop;
            before.state = stop->side == FROM_CLIENT ? CLIENT13_WAIT_FINISHED
                                                     : SERVER13_WAIT_FINISHED;
            begin(&s, stop);
            go(&s, &before);
            half = s.at->conn.read;
            go(&s, stop);
            for (int n = 0; n < 3; n++, half.seq++) {
                if (s.at->rx_error == NULL) {
                    assert_true(halt_say_with(&s, &half, CT_APPLICATION_DATA, "x", 1, &err) < 0);
                    halt_refused(&s, stop->name, "the handshake's key", &err, ALERT_BAD_RECORD_MAC,
                                 0);
                }
            }
            halt_end(&s);
        }
        if (stop->side == FROM_SERVER && stop->epoch == 2) { /* 0.5-RTT: the keys exist */
            to(&s, stop);
            memset(&half, 0, sizeof(half));
            keys13(&half, (enum aead_alg)s.at->conn.aead_alg, (enum hash_alg)s.at->conn.hash_alg,
                   &s.at->hs->schedule.client_application, EPOCH_APPLICATION);
            assert_true(halt_say_with(&s, &half, CT_APPLICATION_DATA, "x", 1, &err) < 0);
            halt_refused(&s, stop->name, "the application's key", &err, ALERT_BAD_RECORD_MAC, 0);
            halt_end(&s);
        }
    }
}

/* ---- Halves and ends ---- */

static void test_half_messages(void **state)
{
    (void)state;
    static const struct { uint8_t type; const char *data; size_t len; } between[] = {
        { CT_ALERT, "\1\0", 2 },          /* close_notify */
        { CT_ALERT, "\1\132", 2 },        /* user_canceled */
        { CT_ALERT, "\2\50", 2 },         /* handshake_failure */
        { CT_APPLICATION_DATA, "x", 1 },
        { CT_APPLICATION_DATA, "", 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        const uint8_t half[] = { (uint8_t)stop->accepts[0], 0, 0, 9, 0, 0 };
        struct halt s;
        cssl_error err;
        for (size_t k = 0; k < ARRAY_SIZE(between); k++) {
            for (size_t len = 1; len <= sizeof(half); len += 5) {
                to(&s, stop);
                assert_int_equal(halt_say(&s, CT_HANDSHAKE, half, len, &err), 0);
                assert_true(halt_say(&s, between[k].type, between[k].data, between[k].len,
                                     &err) < 0);
                halt_refused(&s, stop->name, "another record amid a message", &err,
                             ALERT_UNEXPECTED_MESSAGE, CSSL_R_RECORD_INTERLEAVED);
                halt_end(&s);
            }
        }
        to(&s, stop);
        assert_int_equal(halt_say(&s, CT_HANDSHAKE, half, sizeof(half), &err), 0);
        assert_true(cssl_engine_received(s.at, 0, &err) < 0);
        halt_refused(&s, stop->name, "the end amid a message", &err, ALERT_NONE, CSSL_R_TRUNCATED);
        halt_end(&s);
    }
}

static void test_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (size_t len = 0; len < 8; len += 7) { /* between records, and within one */
            struct halt s;
            cssl_error err = { 0 };
            to(&s, &stops[i]);
            if (len > 0) {
                halt_feed(s.at, (const uint8_t *)"\x17\x03\x03\x01\0xx", len);
            }
            assert_true(cssl_engine_received(s.at, 0, &err) < 0);
            halt_refused(&s, stops[i].name, "the end", &err, ALERT_NONE, CSSL_R_TRUNCATED);
            halt_end(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_driver),      cmocka_unit_test(test_messages),
        cmocka_unit_test(test_steps),       cmocka_unit_test(test_records),
        cmocka_unit_test(test_inner_types), cmocka_unit_test(test_ccs),
        cmocka_unit_test(test_data),        cmocka_unit_test(test_alerts),
        cmocka_unit_test(test_clear),       cmocka_unit_test(test_other_keys),
        cmocka_unit_test(test_half_messages), cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_states.c - every message, alert and kind of record in every state that a handshake of TLS
 * 1.3 can rest in, from a peer who holds the keys of that moment. What may come where is written
 * down here a second time, from RFC 8446 appendix A, and not read from hs_rows.
 *
 * A refusal by the driver is checked to change nothing; one by the engine to forget all secrets.
 */
#include "apart.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "pair.h"

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

struct scene {
    struct test_clock clock;
    struct pair_host client, server;
    struct pair p;
    struct cssl_engine *at, *peer;
    struct pair_host *host; /* of at */
    struct buf queue;       /* towards at */
};

static void begin(struct scene *s, const struct stop *stop)
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
    memset(s, 0, sizeof(*s));
    messages_apart = true;
    test_clock_init(&s->clock, PAIR_NOW);
    host_init(&s->client, false, &s->clock, &client);
    host_init(&s->server, true, &s->clock, &server);
    if (early) { /* with the session of an earlier connection */
        assert_false(pair_handshake(&s->client, &s->server, "server.test"));
    }
    pair_start(&s->p, &s->client, &s->server, "server.test");
    s->at = s->p.side[stop->side].engine;
    s->peer = s->p.side[stop->side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT].engine;
    s->host = stop->side == FROM_CLIENT ? &s->client : &s->server;
    s->queue.limit = 1 << 20;
}

static void finish(struct scene *s)
{
    buf_free(&s->queue);
    pair_free(&s->p);
    host_free(&s->client);
    host_free(&s->server);
}

static void feed(cssl_engine *e, const uint8_t *data, size_t len)
{
    uint8_t *where = NULL;
    assert_true(cssl_engine_room(e, &where) >= len);
    memcpy(where, data, len);
    assert_int_equal(cssl_engine_received(e, len, NULL), 0);
}

static bool is_there(const struct scene *s, const struct stop *stop)
{
    const struct hs *hs = s->at->hs;
    if (hs == NULL) {
        return stop->state == HS_DONE;
    }
    return hs->state == stop->state && hs_waiting(hs) == stop->step &&
           hs->retried == ((stop->how & RETRY) != 0);
}

/* run takes e's events and does its steps; when it is to stop at a step, it leaves that one. */
static void run(struct scene *s, struct cssl_engine *e, const struct stop *stop)
{
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

/* go carries records to the stop one by one, so that each state is met. */
static void go(struct scene *s, const struct stop *stop)
{
    for (int turn = 0; turn < 100; turn++) {
        run(s, s->at, stop);
        if (is_there(s, stop)) {
            return;
        }
        cssl_bytes out = cssl_engine_output(s->at);
        if (out.len > 0) {
            feed(s->peer, out.data, out.len);
            cssl_engine_sent(s->at, out.len);
        }
        run(s, s->peer, stop);
        out = cssl_engine_output(s->peer);
        assert_int_equal(buf_append(&s->queue, out.data, out.len), 0);
        cssl_engine_sent(s->peer, out.len);
        cssl_bytes next = buf_bytes(&s->queue);
        if (next.len >= 5) {
            size_t len = 5 + ((size_t)next.data[3] << 8 | next.data[4]);
            feed(s->at, next.data, len);
            buf_consume(&s->queue, len);
        }
    }
    fail_msg("%s is never reached", stop->name);
}

static void to(struct scene *s, const struct stop *stop)
{
    begin(s, stop);
    go(s, stop);
    assert_int_equal(s->at->conn.read.epoch, stop->epoch);
    assert_true(!stop->fresh || s->at->conn.read.seq == 0);
}

/* ---- Saying something ---- */

/* say_with seals a record under half, says it, and gives the error that comes of it. */
static int say_with(struct scene *s, const struct rec_half *half, uint8_t type, const void *data,
                    size_t len, cssl_error *err)
{
    struct rec_half copy = *half;
    struct buf out = { .limit = 1 << 20 };
    struct worker *w = worker_new();
    cssl_bytes piece = bytes_of(data, len);
    uint8_t *where = NULL;
    assert_non_null(w);
    assert_int_equal(rec_seal(&copy, w, type, &piece, 1, 0, &out, NULL), 0);
    worker_free(w);
    assert_true(cssl_engine_room(s->at, &where) >= out.len);
    memcpy(where, buf_bytes(&out).data, out.len);
    *err = (cssl_error){ 0 };
    int ret = cssl_engine_received(s->at, out.len, err);
    buf_free(&out);
    return ret;
}

static int say(struct scene *s, uint8_t type, const void *data, size_t len, cssl_error *err)
{
    return say_with(s, &s->at->conn.read, type, data, len, err);
}

static int say_clear(struct scene *s, uint8_t type, const void *data, size_t len, cssl_error *err)
{
    const struct rec_half clear = { .epoch = 0 };
    return say_with(s, &clear, type, data, len, err);
}

static bool is_zero(const void *data, size_t len)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < len; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

/* refused: the engine failed by itself, said so with the alert, and forgot what it knew. */
static void refused(struct scene *s, const struct stop *stop, const char *what,
                    const cssl_error *err, int alert, int reason)
{
    struct conn *c = &s->at->conn;
    uint8_t key[32];
    if (err->status >= 0 || err->alert_from_peer || err->alert != alert ||
        (reason != 0 && err->reason != reason)) {
        fail_msg("%s in %s: alert %d, reason %s; expected %d, %s", what, stop->name,
                 err->alert, cssl_reason_name(err->reason), alert,
                 reason == 0 ? "any" : cssl_reason_name((uint16_t)reason));
    }
    (void)cssl_engine_output(s->at);
    assert_int_equal(host_alert(s->host, true), alert == ALERT_NONE ? -1 : alert);
    assert_null(s->at->hs);
    assert_null(s->at->in.data);
    assert_null(s->at->messages.partial.data);
    assert_true(is_zero(&c->read, sizeof(c->read)));
    assert_true(is_zero(&c->read_secret, sizeof(c->read_secret)));
    assert_true(is_zero(&c->resumption, sizeof(c->resumption)));
    if (alert != ALERT_NONE) {
        assert_true(is_zero(&c->write, sizeof(c->write)));
        assert_true(is_zero(&c->write_secret, sizeof(c->write_secret)));
    }
    assert_true(cssl_engine_export_key_material(s->at, "EXPORTER-x", bytes_of(NULL, 0), key,
                                                sizeof(key), NULL) < 0);
    assert_true(cssl_engine_write(s->at, "x", 1, NULL) < 0);
    assert_true(cssl_engine_update_keys(s->at, true, NULL) < 0);
}

/* ---- Handshake messages ---- */

/* The driver refuses what the table does not have, and nothing of it changes. */
static void check_driver(struct scene *s, const struct stop *stop)
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
    struct scene s;
    for (size_t i = 0; i < ARRAY_SIZE(stops) + ARRAY_SIZE(steps); i++) {
        const struct stop *stop = i < ARRAY_SIZE(stops) ? &stops[i] : &steps[i - ARRAY_SIZE(stops)];
        if (stop->state == HS_DONE) {
            continue;
        }
        to(&s, stop);
        check_driver(&s, stop);
        finish(&s);
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
        finish(&s);
    }
}

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        for (int type = 0; type < 256; type = type == 40 ? 250 : type + 1) {
            const uint8_t message[] = { (uint8_t)type, 0, 0, 1, 0xff };
            struct scene s;
            cssl_error err;
            char what[32];
            (void)snprintf(what, sizeof(what), "message %d", type);
            to(&s, stop);
            assert_true(say(&s, CT_HANDSHAKE, message, sizeof(message), &err) < 0);
            if (accepts(stop, type)) { /* taken, and found to be nonsense */
                assert_int_not_equal(err.reason, CSSL_R_UNEXPECTED_MESSAGE);
                bool value = type == HT_KEY_UPDATE;
                refused(&s, stop, what, &err, value ? ALERT_ILLEGAL_PARAMETER : ALERT_DECODE_ERROR,
                        value ? CSSL_R_KEY_UPDATE_VALUE : 0);
            } else {
                refused(&s, stop, what, &err, ALERT_UNEXPECTED_MESSAGE, CSSL_R_UNEXPECTED_MESSAGE);
            }
            finish(&s);
        }
    }
}

/* With a step out the engine takes nothing, whatever it is that might come. */
static void test_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        struct scene s;
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
        finish(&s);
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

static void check_ignored(struct scene *s, const struct stop *stop, const char *what,
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
            struct scene s;
            cssl_error err;
            to(&s, stop);
            cssl_bytes out = cssl_engine_output(s.at);
            cssl_engine_sent(s.at, out.len);
            if (s.at->hs != NULL) {
                before = *s.at->hs;
            }
            int ret = r->clear ? say_clear(&s, r->type, r->data, r->len, &err)
                               : say(&s, r->type, r->data, r->len, &err);
            if (r->alert != NONE) {
                refused(&s, stop, r->what, &err, r->alert, r->reason);
            } else {
                assert_int_equal(ret, 0);
                check_ignored(&s, stop, r->what, &before);
            }
            finish(&s);
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
            struct scene s;
            cssl_error err;
            to(&s, &stops[i]);
            assert_true(say(&s, types[k], types[k] == 0 ? "\0" : "\1", 1, &err) < 0);
            refused(&s, &stops[i], "a sealed record of a wrong type", &err,
                    ALERT_UNEXPECTED_MESSAGE, 0);
            finish(&s);
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
        struct scene s;
        cssl_error err;
        to(&s, stop);
        bool allowed = stop->state != SERVER13_START && stop->state != HS_DONE;
        cssl_bytes out = cssl_engine_output(s.at);
        cssl_engine_sent(s.at, out.len);
        if (s.at->hs != NULL) {
            before = *s.at->hs;
        }
        int ret = say_clear(&s, CT_CHANGE_CIPHER_SPEC, "\1", 1, &err);
        if (allowed) {
            assert_int_equal(ret, 0);
            check_ignored(&s, stop, "change_cipher_spec", &before);
        } else {
            refused(&s, stop, "change_cipher_spec", &err, ALERT_UNEXPECTED_MESSAGE,
                    CSSL_R_CHANGE_CIPHER_SPEC);
        }
        finish(&s);
    }
}

static void test_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (size_t len = 0; len < 2; len++) {
            const struct stop *stop = &stops[i];
            struct scene s;
            cssl_error err;
            cssl_event event;
            to(&s, stop);
            int ret = say(&s, CT_APPLICATION_DATA, "x", len, &err);
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
                refused(&s, stop, "application data", &err, ALERT_UNEXPECTED_MESSAGE,
                        CSSL_R_UNEXPECTED_MESSAGE);
            }
            finish(&s);
        }
    }
}

/* ---- Alerts ---- */

/* heard: the peer's alert ended it, and nothing is said any more. */
static void heard(struct scene *s, const cssl_error *err, int alert)
{
    assert_int_equal(err->reason, CSSL_R_PEER_ALERT);
    assert_true(err->alert_from_peer);
    assert_int_equal(err->alert, alert);
    cssl_engine_sent(s->at, cssl_engine_output(s->at).len);
    (void)cssl_engine_close(s->at, NULL);
    assert_int_equal(cssl_engine_output(s->at).len, 0); /* RFC 8446 6.2 */
    assert_null(s->at->hs);
    assert_true(is_zero(&s->at->conn.read, sizeof(s->at->conn.read)));
    assert_true(is_zero(&s->at->conn.read_secret, sizeof(s->at->conn.read_secret)));
    assert_true(is_zero(&s->at->conn.write, sizeof(s->at->conn.write)));
    assert_true(is_zero(&s->at->conn.write_secret, sizeof(s->at->conn.write_secret)));
}

static void test_alerts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        /* all of them in two states, and some in each; RFC 8446 6: the level means nothing */
        const struct stop *stop = &stops[i];
        bool all = stop->state == HS_DONE && stop->how == 0;
        for (int alert = 0; alert < 256; alert += all ? 1 : 10) {
            struct scene s;
            cssl_error err;
            cssl_event event;
            const uint8_t bytes[] = { (uint8_t)(1 + alert / 10 % 2), (uint8_t)alert };
            if (alert == ALERT_USER_CANCELED) {
                continue;
            }
            to(&s, stop);
            int ret = say(&s, CT_ALERT, bytes, sizeof(bytes), &err);
            if (alert != ALERT_CLOSE_NOTIFY) {
                heard(&s, &err, alert);
            } else if (stop->state == HS_DONE) {
                assert_int_equal(ret, 0);
                assert_true(cssl_engine_next(s.at, &event));
                assert_int_equal(event.type, CSSL_EV_CLOSED);
            } else {
                refused(&s, stop, "close_notify", &err, ALERT_NONE, CSSL_R_CLOSED);
            }
            finish(&s);
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
            struct scene s;
            cssl_error err;
            to(&s, stop);
            assert_true(say_clear(&s, types[k], "\2\50", 2, &err) < 0);
            if (types[k] == CT_APPLICATION_DATA) { /* that is what sealed ones look like */
                refused(&s, stop, "data in the clear", &err, ALERT_BAD_RECORD_MAC, 0);
            } else if (types[k] == CT_ALERT && stop->epoch == 2 && stop->fresh) {
                heard(&s, &err, 40);
            } else {
                refused(&s, stop, "a record in the clear", &err, ALERT_UNEXPECTED_MESSAGE,
                        CSSL_R_RECORD_NOT_SEALED);
            }
            finish(&s);
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
        struct scene s;
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
            assert_true(say_with(&s, &half, CT_HANDSHAKE, update, sizeof(update), &err) < 0);
            refused(&s, stop, "a wrong sequence number", &err, ALERT_BAD_RECORD_MAC, 0);
            finish(&s);
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
                    assert_true(say_with(&s, &half, CT_APPLICATION_DATA, "x", 1, &err) < 0);
                    refused(&s, stop, "the handshake's key", &err, ALERT_BAD_RECORD_MAC, 0);
                }
            }
            finish(&s);
        }
        if (stop->side == FROM_SERVER && stop->epoch == 2) { /* 0.5-RTT: the keys exist */
            to(&s, stop);
            memset(&half, 0, sizeof(half));
            keys13(&half, (enum aead_alg)s.at->conn.aead_alg, (enum hash_alg)s.at->conn.hash_alg,
                   &s.at->hs->schedule.client_application, EPOCH_APPLICATION);
            assert_true(say_with(&s, &half, CT_APPLICATION_DATA, "x", 1, &err) < 0);
            refused(&s, stop, "the application's key", &err, ALERT_BAD_RECORD_MAC, 0);
            finish(&s);
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
        struct scene s;
        cssl_error err;
        for (size_t k = 0; k < ARRAY_SIZE(between); k++) {
            for (size_t len = 1; len <= sizeof(half); len += 5) {
                to(&s, stop);
                assert_int_equal(say(&s, CT_HANDSHAKE, half, len, &err), 0);
                assert_true(say(&s, between[k].type, between[k].data, between[k].len, &err) < 0);
                refused(&s, stop, "another record amid a message", &err, ALERT_UNEXPECTED_MESSAGE,
                        CSSL_R_RECORD_INTERLEAVED);
                finish(&s);
            }
        }
        to(&s, stop);
        assert_int_equal(say(&s, CT_HANDSHAKE, half, sizeof(half), &err), 0);
        assert_true(cssl_engine_received(s.at, 0, &err) < 0);
        refused(&s, stop, "the end amid a message", &err, ALERT_NONE, CSSL_R_TRUNCATED);
        finish(&s);
    }
}

static void test_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (size_t len = 0; len < 8; len += 7) { /* between records, and within one */
            struct scene s;
            cssl_error err = { 0 };
            to(&s, &stops[i]);
            if (len > 0) {
                feed(s.at, (const uint8_t *)"\x17\x03\x03\x01\0xx", len);
            }
            assert_true(cssl_engine_received(s.at, 0, &err) < 0);
            refused(&s, &stops[i], "the end", &err, ALERT_NONE, CSSL_R_TRUNCATED);
            finish(&s);
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

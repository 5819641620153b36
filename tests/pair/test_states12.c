/*
 * test_states12.c - every message, alert and kind of record in every state that a handshake of TLS
 * 1.2 can rest in, from a peer who holds the keys of that moment. What may come where is written
 * down here from RFC 5246 7.3 and RFC 5077 3.1, and not read from hs_rows. TLS 1.3's are in
 * test_states.c.
 */
#include "apart.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "pair.h"

enum { MUTUAL = 1, RESUMED = 2, NO_TICKET = 4 };
enum { NONE = -1, CCS = -2 };

/* A place where a connection of one role waits. */
struct stop {
    const char *name;
    enum pair_dir side; /* the one that waits */
    enum hs_state state;
    unsigned how;
    uint8_t epoch;      /* of what it receives: 0 in the clear, 3 under the keys */
    int one, other;     /* messages that may come; CCS: change_cipher_spec alone */
};

#define CLIENT(state, how) "client " #state " " #how, FROM_CLIENT, CLIENT12_##state, how
#define SERVER(state, how) "server " #state " " #how, FROM_SERVER, SERVER12_##state, how

static const struct stop stops[] = {
    { "client hello", FROM_CLIENT, CLIENT13_WAIT_SH, 0, 0, HT_SERVER_HELLO, NONE },
    { CLIENT(WAIT_CERT, 0), 0, HT_CERTIFICATE, NONE },
    { CLIENT(WAIT_SKE, 0), 0, HT_SERVER_KEY_EXCHANGE, NONE },
    { CLIENT(WAIT_SHD, 0), 0, HT_CERTIFICATE_REQUEST, HT_SERVER_HELLO_DONE },
    { CLIENT(WAIT_SKE, MUTUAL), 0, HT_SERVER_KEY_EXCHANGE, NONE },
    { CLIENT(WAIT_TICKET, 0), 0, HT_NEW_SESSION_TICKET, NONE },
    { CLIENT(WAIT_TICKET, MUTUAL), 0, HT_NEW_SESSION_TICKET, NONE },
    { CLIENT(WAIT_CCS, 0), 0, CCS, NONE },
    { CLIENT(WAIT_CCS, NO_TICKET), 0, CCS, NONE },
    { CLIENT(WAIT_CCS, RESUMED), 0, CCS, NONE },
    { CLIENT(WAIT_FINISHED, 0), 3, HT_FINISHED, NONE },
    { CLIENT(WAIT_FINISHED, RESUMED), 3, HT_FINISHED, NONE },
    { "client done", FROM_CLIENT, HS_DONE, 0, 3, HT_HELLO_REQUEST, NONE },
    { "client done RESUMED", FROM_CLIENT, HS_DONE, RESUMED, 3, HT_HELLO_REQUEST, NONE },
    { "server start", FROM_SERVER, SERVER13_START, 0, 0, HT_CLIENT_HELLO, NONE },
    { SERVER(WAIT_CERT, MUTUAL), 0, HT_CERTIFICATE, NONE },
    { SERVER(WAIT_CKE, 0), 0, HT_CLIENT_KEY_EXCHANGE, NONE },
    { SERVER(WAIT_CKE, MUTUAL), 0, HT_CLIENT_KEY_EXCHANGE, NONE },
    { SERVER(WAIT_CV, MUTUAL), 0, HT_CERTIFICATE_VERIFY, NONE },
    { SERVER(WAIT_CCS, 0), 0, CCS, NONE },
    { SERVER(WAIT_CCS, MUTUAL), 0, CCS, NONE },
    { SERVER(WAIT_CCS, RESUMED), 0, CCS, NONE },
    { SERVER(WAIT_FINISHED, 0), 3, HT_FINISHED, NONE },
    { SERVER(WAIT_FINISHED, RESUMED), 3, HT_FINISHED, NONE },
    { "server done", FROM_SERVER, HS_DONE, 0, 3, HT_CLIENT_HELLO, NONE },
    { "server done MUTUAL", FROM_SERVER, HS_DONE, MUTUAL, 3, HT_CLIENT_HELLO, NONE },
};

static bool accepts(const struct stop *stop, int type)
{
    return stop->one == type || stop->other == type;
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
    bool mutual = (stop->how & MUTUAL) != 0;
    cssl_tickets none = (stop->how & NO_TICKET) != 0 ? CSSL_TICKETS_DISABLED
                                                     : CSSL_TICKETS_DEFAULT;
    const cssl_cert_key own = { .cert = PAIR_PEM(pair_client_ed25519) };
    const cssl_options client = { .versions = CSSL_TLSV1_2, .certs_keys = mutual ? &own : NULL,
                                  .num_certs_keys = mutual, .session_tickets = none };
    const cssl_options server = { .versions = CSSL_TLSV1_2,
                                  .verify = mutual ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE };
    memset(s, 0, sizeof(*s));
    messages_apart = true;
    test_clock_init(&s->clock, PAIR_NOW);
    host_init(&s->client, false, &s->clock, &client);
    host_init(&s->server, true, &s->clock, &server);
    if ((stop->how & RESUMED) != 0) {
        assert_false(pair_handshake(&s->client, &s->server, "server.test"));
        host_forget(&s->client);
        host_forget(&s->server);
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
    cssl_event event;
    assert_true(cssl_engine_room(e, &where) >= len);
    memcpy(where, data, len);
    assert_int_equal(cssl_engine_received(e, len, NULL), 0);
    while (cssl_engine_next(e, &event)) {
        assert_int_not_equal(event.type, CSSL_EV_ERROR);
    }
}

static bool is_there(const struct scene *s, const struct stop *stop)
{
    const struct hs *hs = s->at->hs;
    return hs == NULL ? stop->state == HS_DONE : hs->state == stop->state;
}

/* to carries records to the stop one by one, so that each state is met. */
static void to(struct scene *s, const struct stop *stop)
{
    begin(s, stop);
    for (int turn = 0; turn < 100 && !is_there(s, stop); turn++) {
        cssl_bytes out = cssl_engine_output(s->at);
        if (out.len > 0) {
            feed(s->peer, out.data, out.len);
            cssl_engine_sent(s->at, out.len);
        }
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
    if (!is_there(s, stop)) {
        fail_msg("%s is never reached", stop->name);
    }
    assert_int_equal(s->at->conn.read.epoch, stop->epoch);
    assert_int_equal(s->at->conn.resumed, (stop->how & RESUMED) != 0);
    cssl_engine_sent(s->at, cssl_engine_output(s->at).len);
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

static bool is_zero(const void *data, size_t len)
{
    const uint8_t *p = data;
    size_t i = 0;
    while (i < len && p[i] == 0) {
        i++;
    }
    return i == len;
}

/* forgotten: the engine is of no use any more, and has no secrets left. */
static void forgotten(struct scene *s)
{
    uint8_t key[32];
    assert_null(s->at->hs);
    assert_true(is_zero(&s->at->conn.read, sizeof(s->at->conn.read)));
    assert_true(cssl_engine_export_key_material(s->at, "EXPORTER-x", bytes_of(NULL, 0), key,
                                                sizeof(key), NULL) < 0);
    assert_true(cssl_engine_write(s->at, "x", 1, NULL) < 0);
}

/* refused: the engine failed by itself, said so with the alert, and forgot what it knew. */
static void refused(struct scene *s, const struct stop *stop, const char *what,
                    const cssl_error *err, int alert, int reason)
{
    if (err->status >= 0 || err->alert_from_peer || err->alert != alert ||
        (reason != 0 && err->reason != reason)) {
        fail_msg("%s in %s: alert %d, reason %s; expected %d, %s", what, stop->name, err->alert,
                 cssl_reason_name(err->reason), alert,
                 reason == 0 ? "any" : cssl_reason_name((uint16_t)reason));
    }
    (void)cssl_engine_output(s->at);
    assert_int_equal(host_alert(s->host, true), alert == ALERT_NONE ? -1 : alert);
    forgotten(s);
}

/* ---- Handshake messages ---- */

/* The driver refuses what the table does not have, and nothing of it changes. */
static void test_driver(void **state)
{
    (void)state;
    static struct hs before;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        struct scene s;
        if (stops[i].state == HS_DONE) {
            continue;
        }
        to(&s, &stops[i]);
        before = *s.at->hs;
        for (int type = 0; type < 256; type++) {
            const uint8_t message[] = { (uint8_t)type, 0, 0, 1, 0xff };
            cssl_error err = { 0 };
            for (int more = 0; more < 2 && !accepts(&stops[i], type); more++) {
                assert_true(hs_message(s.at->hs, NULL, bytes_of(message, sizeof(message)),
                                       more == 1, &err) < 0);
                assert_int_equal(err.reason, CSSL_R_UNEXPECTED_MESSAGE);
                assert_int_equal(err.alert, ALERT_UNEXPECTED_MESSAGE);
            }
        }
        assert_memory_equal(&before, s.at->hs, sizeof(before));
        finish(&s);
    }
}

/* What is accepted in a state is taken there, and found to be nonsense. */
static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        for (int type = 0; type < 256; type = type == 30 ? 250 : type + 1) {
            const uint8_t message[] = { (uint8_t)type, 0, 0, 1, 0xff };
            struct scene s;
            cssl_error err;
            char what[32];
            (void)snprintf(what, sizeof(what), "message %d", type);
            to(&s, stop);
            int ret = say(&s, CT_HANDSHAKE, message, sizeof(message), &err);
            /* Clients ignore HelloRequest in a handshake of TLS 1.2; this one has a body. */
            bool request = type == HT_HELLO_REQUEST && stop->side == FROM_CLIENT &&
                           s.at->conn.version == TLS_1_2;
            if (!accepts(stop, type) && !request) {
                assert_true(ret < 0);
                refused(&s, stop, what, &err, ALERT_UNEXPECTED_MESSAGE, CSSL_R_UNEXPECTED_MESSAGE);
            } else if (stop->state != HS_DONE) { /* renegotiation has tests of its own */
                assert_true(ret < 0);
                assert_int_not_equal(err.reason, CSSL_R_UNEXPECTED_MESSAGE);
                refused(&s, stop, what, &err, ALERT_DECODE_ERROR, 0);
            }
            finish(&s);
        }
    }
}

/* ---- Other records ---- */

/* RFC 5246 7.1: change_cipher_spec changes keys where it has to come, and is fatal elsewhere. */
static void test_ccs(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t len;
    } forms[] = { { "\1", 1 }, { "\2", 1 }, { "\1\1", 2 }, { "", 0 } };
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        for (size_t k = 0; k < ARRAY_SIZE(forms); k++) {
            struct scene s;
            cssl_error err;
            to(&s, stop);
            int ret = say(&s, CT_CHANGE_CIPHER_SPEC, forms[k].data, forms[k].len, &err);
            /* RFC 8446 D.4: who offers TLS 1.3 may see it at once; nobody does here. */
            if (stop->one == CCS && k == 0) {
                assert_int_equal(ret, 0);
                assert_int_equal(s.at->conn.read.epoch, 3);
                assert_int_equal(s.at->conn.read.seq, 0);
                assert_int_equal(s.at->hs->state, stop->side == FROM_CLIENT
                                                      ? CLIENT12_WAIT_FINISHED
                                                      : SERVER12_WAIT_FINISHED);
                /* and a second one is one too many */
                assert_true(say(&s, CT_CHANGE_CIPHER_SPEC, "\1", 1, &err) < 0);
            }
            refused(&s, stop, "change_cipher_spec", &err, ALERT_UNEXPECTED_MESSAGE, 0);
            finish(&s);
        }
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
            } else {
                assert_true(ret < 0);
                refused(&s, stop, "application data", &err, ALERT_UNEXPECTED_MESSAGE, 0);
            }
            finish(&s);
        }
    }
}

static void test_types(void **state)
{
    (void)state;
    static const uint8_t types[] = { 0, 1, 19, 24, 25, 26, 255 };
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(types); k++) {
            struct scene s;
            cssl_error err;
            to(&s, &stops[i]);
            assert_true(say(&s, types[k], "\1", 1, &err) < 0);
            refused(&s, &stops[i], "a record of a wrong type", &err, ALERT_UNEXPECTED_MESSAGE, 0);
            finish(&s);
        }
    }
}

static void test_alerts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        for (int alert = 0; alert < 256; alert += alert < 120 ? 10 : 45) {
            const uint8_t fatal[] = { 2, (uint8_t)alert };
            struct scene s;
            cssl_error err;
            cssl_event event;
            to(&s, stop);
            int ret = say(&s, CT_ALERT, fatal, sizeof(fatal), &err);
            if (alert == ALERT_USER_CANCELED) {
                assert_int_equal(ret, 0); /* close_notify follows it */
            } else if (alert != ALERT_CLOSE_NOTIFY) {
                assert_true(ret < 0 && err.alert_from_peer);
                assert_int_equal(err.alert, alert);
                cssl_engine_sent(s.at, cssl_engine_output(s.at).len);
                forgotten(&s);
            } else if (stop->state == HS_DONE) {
                assert_int_equal(ret, 0);
                assert_true(cssl_engine_next(s.at, &event));
                assert_int_equal(event.type, CSSL_EV_CLOSED);
            } else {
                assert_true(ret < 0);
                refused(&s, stop, "close_notify", &err, ALERT_NONE, CSSL_R_CLOSED);
            }
            finish(&s);
        }
    }
}

/* ---- Wrong keys ---- */

/* In the clear where the keys are set, and under keys where none are: neither can be opened. */
static void test_clear(void **state)
{
    (void)state;
    static const uint8_t types[] = { CT_CHANGE_CIPHER_SPEC, CT_ALERT, CT_HANDSHAKE,
                                     CT_APPLICATION_DATA };
    const struct rec_half clear = { .epoch = 0 };
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(types) && stops[i].epoch != 0; k++) {
            struct scene s;
            cssl_error err;
            to(&s, &stops[i]);
            assert_true(say_with(&s, &clear, types[k], "\2\50", 2, &err) < 0);
            refused(&s, &stops[i], "a record in the clear", &err, ALERT_BAD_RECORD_MAC, 0);
            finish(&s);
        }
    }
}

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (uint64_t skip = 0; skip < 2 && stops[i].epoch != 0; skip++) {
            struct scene s;
            cssl_error err;
            to(&s, &stops[i]);
            struct rec_half half = s.at->conn.read;
            half.seq = skip == 1 ? half.seq + 1 : half.seq == 0 ? 7 : half.seq - 1;
            assert_true(say_with(&s, &half, CT_APPLICATION_DATA, "x", 1, &err) < 0);
            refused(&s, &stops[i], "a wrong sequence number", &err, ALERT_BAD_RECORD_MAC, 0);
            finish(&s);
        }
    }
}

/* ---- Halves and ends ---- */

static void test_halves(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        const char *data;
        size_t len;
    } between[] = {
        { CT_ALERT, "\1\0", 2 },
        { CT_ALERT, "\2\50", 2 },
        { CT_CHANGE_CIPHER_SPEC, "\1", 1 },
        { CT_APPLICATION_DATA, "x", 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        const uint8_t half[] = { (uint8_t)stop->one, 0, 0, 9, 0, 0 };
        if (stop->one == CCS) {
            continue;
        }
        for (size_t k = 0; k <= ARRAY_SIZE(between); k++) {
            struct scene s;
            cssl_error err;
            to(&s, stop);
            if (say(&s, CT_HANDSHAKE, half, sizeof(half), &err) != 0) {
                assert_int_equal(stop->state, HS_DONE); /* what has a length is no HelloRequest */
            } else if (k < ARRAY_SIZE(between)) {
                assert_true(say(&s, between[k].type, between[k].data, between[k].len, &err) < 0);
                refused(&s, stop, "another record amid a message", &err,
                        ALERT_UNEXPECTED_MESSAGE, CSSL_R_RECORD_INTERLEAVED);
            } else {
                assert_true(cssl_engine_received(s.at, 0, &err) < 0);
                refused(&s, stop, "the end amid a message", &err, ALERT_NONE, CSSL_R_TRUNCATED);
            }
            finish(&s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_driver),  cmocka_unit_test(test_messages),
        cmocka_unit_test(test_ccs),     cmocka_unit_test(test_data),
        cmocka_unit_test(test_types),   cmocka_unit_test(test_alerts),
        cmocka_unit_test(test_clear),   cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

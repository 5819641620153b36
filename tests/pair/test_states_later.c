/*
 * test_states_later.c - every message and kind of record while a client authenticates after the
 * handshake (RFC 8446 4.6.2), on both sides, and while an answer of the program is waited for, in
 * both versions: then nothing is taken at all, and nothing but that answer goes on.
 */
#include "halt.h"
#include "hs/later13.h"
#include "pki/certkey.h"
#include "scene.h"

enum { NONE = -1, ACCEPTS_MAX = 3 };

/* ---- Authentication after the handshake ---- */

enum place {
    CLIENT_IDLE,    /* has offered it */
    CLIENT_SIGNING, /* was asked, and its signature is not there yet */
    SERVER_ASKED,
    SERVER_CV,      /* Certificate has come */
    SERVER_FINISHED /* CertificateVerify too */
};

static const struct stop {
    const char *name;
    enum pair_dir side;
    enum place place;
    int accepts[ACCEPTS_MAX];
    bool data; /* may come */
} stops[] = {
    { "client idle", FROM_CLIENT, CLIENT_IDLE,
      { HT_CERTIFICATE_REQUEST, HT_NEW_SESSION_TICKET, HT_KEY_UPDATE }, true },
    { "client signing", FROM_CLIENT, CLIENT_SIGNING,
      { HT_CERTIFICATE_REQUEST, HT_NEW_SESSION_TICKET, HT_KEY_UPDATE }, true },
    { "server asked", FROM_SERVER, SERVER_ASKED, { HT_CERTIFICATE, HT_KEY_UPDATE, NONE }, true },
    { "server cv", FROM_SERVER, SERVER_CV, { HT_CERTIFICATE_VERIFY, NONE, NONE }, false },
    { "server finished", FROM_SERVER, SERVER_FINISHED, { HT_FINISHED, NONE, NONE }, false },
};

static bool accepts(const struct stop *stop, int type)
{
    for (size_t i = 0; i < ACCEPTS_MAX; i++) {
        if (type >= 0 && stop->accepts[i] == type) {
            return true;
        }
    }
    return false;
}

static void run(struct halt *h, struct cssl_engine *e, void *arg)
{
    const bool *leave = arg; /* steps of the one that is held */
    cssl_event event;
    while (cssl_engine_next(e, &event)) {
        assert_int_not_equal(event.type, CSSL_EV_ERROR);
        if (event.type == CSSL_EV_STEP && !(*leave && e == h->at)) {
            cssl_step *step = cssl_engine_step(e);
            assert_non_null(step);
            cssl_step_run(step);
            assert_int_equal(cssl_engine_step_done(e, step, NULL), 0);
        }
    }
}

/* tell has the server hear the first num of the messages that its client has to say. */
static void tell(struct halt *h, size_t num)
{
    struct rec_half half = h->at->conn.read;
    struct worker *w = worker_new();
    uint8_t messages[8192];
    size_t len = 0, at = 0;
    cssl_error err;
    assert_non_null(w);
    for (cssl_bytes out = cssl_engine_output(h->peer); out.len > 0;) {
        uint8_t record[REC_WIRE_MAX];
        struct rec rec;
        const size_t wire = REC_HEADER + ((size_t)out.data[3] << 8 | out.data[4]);
        memcpy(record, out.data, wire);
        assert_int_equal(rec_open(&half, w, record, wire, &rec, NULL), 0);
        assert_int_equal(rec.type, CT_HANDSHAKE);
        assert_true(rec.len <= sizeof(messages) - len);
        memcpy(messages + len, rec.data, rec.len);
        len += rec.len;
        out = bytes_of(out.data + wire, out.len - wire);
    }
    worker_free(w);
    cssl_engine_sent(h->peer, cssl_engine_output(h->peer).len);
    for (; num > 0; num--) {
        assert_true(len - at > HANDSHAKE_HEADER);
        const size_t size = HANDSHAKE_HEADER + ((size_t)messages[at + 1] << 16 |
                                                (size_t)messages[at + 2] << 8 | messages[at + 3]);
        assert_int_equal(halt_say(h, CT_HANDSHAKE, messages + at, size, &err), 0);
        at += size;
    }
}

static void to(struct halt *h, const struct stop *stop)
{
    const cssl_cert_key own = { .cert = PAIR_PEM(pair_client) };
    const cssl_options client = { .versions = CSSL_TLSV1_3, .post_handshake_auth = true,
                                  .certs_keys = &own, .num_certs_keys = 1, .defer_steps = true };
    const cssl_options server = { .versions = CSSL_TLSV1_3, .post_handshake_auth = true,
                                  .verify = CSSL_VERIFY_PEER };
    bool leave = false;
    halt_hosts(h, &client, &server);
    halt_start(h, stop->side);
    run(h, h->at, &leave);
    for (int turn = 0; turn < 20; turn++) {
        halt_turn(h, run, &leave);
    }
    assert_true(h->at->settled && h->peer->settled && h->queue.len == 0);
    if (stop->place == CLIENT_IDLE) {
        return;
    }
    leave = stop->place == CLIENT_SIGNING;
    struct cssl_engine *asking = leave ? h->peer : h->at;
    assert_int_equal(cssl_engine_request_certificate(asking, NULL), 0);
    for (int turn = 0; turn < 3 && leave; turn++) {
        halt_turn(h, run, &leave);
    }
    if (!leave) {
        const cssl_bytes request = cssl_engine_output(h->at);
        halt_feed(h->peer, request.data, request.len);
        cssl_engine_sent(h->at, request.len);
        run(h, h->peer, &leave);
        tell(h, (size_t)(stop->place - SERVER_ASKED));
    }
    assert_non_null(h->at->later);
    assert_int_equal(later13_open(h->at->later), stop->place > SERVER_ASKED);
}

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        for (int type = 0; type < 256; type = type == 30 ? 250 : type + 1) {
            const uint8_t message[] = { (uint8_t)type, 0, 0, 1, 0xff };
            struct halt h;
            cssl_error err;
            char what[32];
            (void)snprintf(what, sizeof(what), "message %d", type);
            to(&h, stop);
            assert_true(halt_say(&h, CT_HANDSHAKE, message, sizeof(message), &err) < 0);
            if (!accepts(stop, type)) {
                halt_refused(&h, stop->name, what, &err, ALERT_UNEXPECTED_MESSAGE,
                             CSSL_R_UNEXPECTED_MESSAGE);
            } else if (type == HT_CERTIFICATE_REQUEST && stop->place == CLIENT_SIGNING) {
                halt_refused(&h, stop->name, what, &err, err.alert, CSSL_R_TOO_MANY_REQUESTS);
            } else { /* taken, and found to be nonsense */
                halt_refused(&h, stop->name, what, &err,
                             type == HT_KEY_UPDATE ? ALERT_ILLEGAL_PARAMETER : ALERT_DECODE_ERROR,
                             0);
            }
            halt_end(&h);
        }
    }
}

static void test_records(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint8_t type;
        bool clear;
        const char *data;
        size_t len;
        int alert;
    } records[] = {
        { "change_cipher_spec", CT_CHANGE_CIPHER_SPEC, true, "\1", 1, ALERT_UNEXPECTED_MESSAGE },
        { "a sealed change_cipher_spec", CT_CHANGE_CIPHER_SPEC, false, "\1", 1,
          ALERT_UNEXPECTED_MESSAGE },
        { "heartbeat", 24, false, "\1", 1, ALERT_UNEXPECTED_MESSAGE },
        { "an empty message", CT_HANDSHAKE, false, "", 0, ALERT_UNEXPECTED_MESSAGE },
        { "a message in the clear", CT_HANDSHAKE, true, "\13\0\0\0", 4, ALERT_UNEXPECTED_MESSAGE },
        { "an alert in the clear", CT_ALERT, true, "\2\50", 2, ALERT_UNEXPECTED_MESSAGE },
        { "data in the clear", CT_APPLICATION_DATA, true, "twenty bytes of data", 20,
          ALERT_BAD_RECORD_MAC },
    };
    for (size_t i = 0; i < ARRAY_SIZE(stops) * ARRAY_SIZE(records); i++) {
        const struct stop *stop = &stops[i / ARRAY_SIZE(records)];
        const size_t k = i % ARRAY_SIZE(records);
        struct halt h;
        cssl_error err;
        to(&h, stop);
        int ret = records[k].clear
                      ? halt_say_clear(&h, records[k].type, records[k].data, records[k].len, &err)
                      : halt_say(&h, records[k].type, records[k].data, records[k].len, &err);
        assert_true(ret < 0);
        halt_refused(&h, stop->name, records[k].what, &err, records[k].alert, 0);
        halt_end(&h);
    }
}

static void test_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        struct halt h;
        cssl_error err;
        cssl_event event;
        to(&h, &stops[i]);
        int ret = halt_say(&h, CT_APPLICATION_DATA, "x", 1, &err);
        if (stops[i].data) {
            assert_int_equal(ret, 0);
            assert_true(cssl_engine_next(h.at, &event));
            if (event.type == CSSL_EV_STEP) { /* still to be done */
                assert_true(cssl_engine_next(h.at, &event));
            }
            assert_int_equal(event.type, CSSL_EV_DATA);
        } else {
            halt_refused(&h, stops[i].name, "data", &err, ALERT_UNEXPECTED_MESSAGE,
                         CSSL_R_UNEXPECTED_MESSAGE);
        }
        assert_int_equal(cssl_engine_write(h.at, "y", 1, NULL) > 0, stops[i].data);
        halt_end(&h);
    }
}

static void test_alerts(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i / 2];
        const bool closes = (i & 1) == 0;
        struct halt h;
        cssl_error err;
        cssl_event event = { 0 };
        to(&h, stop);
        int ret = halt_say(&h, CT_ALERT, closes ? "\1\0" : "\2\50", 2, &err);
        if (closes) {
            assert_int_equal(ret, 0);
            while (event.type != CSSL_EV_CLOSED && cssl_engine_next(h.at, &event)) {
            }
            assert_int_equal(event.type, CSSL_EV_CLOSED);
        } else {
            assert_true(ret < 0 && err.alert_from_peer && err.alert == 40);
            halt_forgotten(&h);
        }
        halt_end(&h);
    }
}

/* ---- Pauses ---- */

static const struct pause {
    const char *name;
    enum pair_dir side;
    unsigned version;
    unsigned ask;  /* 0: at the hello */
    bool external; /* the key is elsewhere */
    bool psk;
} pauses[] = {
    { "server at the hello, 1.2", FROM_SERVER, CSSL_TLSV1_2, 0, false, false },
    { "server at the hello, 1.3", FROM_SERVER, CSSL_TLSV1_3, 0, false, false },
    { "client at the hello, 1.2", FROM_CLIENT, CSSL_TLSV1_2, 0, false, false },
    { "client at the hello, 1.3", FROM_CLIENT, CSSL_TLSV1_3, 0, false, false },
    { "server's name, 1.2", FROM_SERVER, CSSL_TLSV1_2, CSSL_ASK_SNI, false, false },
    { "server's name, 1.3", FROM_SERVER, CSSL_TLSV1_3, CSSL_ASK_SNI, false, false },
    { "PSK, 1.2", FROM_SERVER, CSSL_TLSV1_2, CSSL_ASK_PSK, false, true },
    { "PSK, 1.3", FROM_SERVER, CSSL_TLSV1_3, CSSL_ASK_PSK, false, true },
    { "server's chain, 1.2", FROM_CLIENT, CSSL_TLSV1_2, CSSL_ASK_VERIFY, false, false },
    { "server's chain, 1.3", FROM_CLIENT, CSSL_TLSV1_3, CSSL_ASK_VERIFY, false, false },
    { "client's chain, 1.2", FROM_SERVER, CSSL_TLSV1_2, CSSL_ASK_VERIFY, false, false },
    { "client's chain, 1.3", FROM_SERVER, CSSL_TLSV1_3, CSSL_ASK_VERIFY, false, false },
    { "server's signature, 1.2", FROM_SERVER, CSSL_TLSV1_2, 0, true, false },
    { "server's signature, 1.3", FROM_SERVER, CSSL_TLSV1_3, 0, true, false },
    { "client's signature, 1.2", FROM_CLIENT, CSSL_TLSV1_2, 0, true, false },
    { "client's signature, 1.3", FROM_CLIENT, CSSL_TLSV1_3, 0, true, false },
};

struct answering {
    bool leave; /* nothing is answered any more */
    unsigned left;
    cssl_question question;
    struct pkey *key;
};

static const uint8_t psk[32] = { 4, 5 };

/* answer_rightly gives the answer with which all is well. */
static int answer_rightly(cssl_engine *e, const struct answering *a)
{
    const cssl_question *q = &a->question;
    uint8_t signature[PKEY_SIGNATURE_MAX];
    cssl_answer answer = { .id = q->id };
    if (q->id == 0) {
        return cssl_engine_continue(e, NULL, NULL);
    }
    if (q->kind == CSSL_ASK_PSK) {
        answer.verdict = CSSL_ACCEPT;
        answer.value = bytes_of(psk, sizeof(psk));
    } else if (q->kind == CSSL_ASK_SIGN) {
        size_t len;
        assert_int_equal(pkey_sign(a->key, q->scheme, q->subject, signature, &len, NULL), 0);
        answer.verdict = CSSL_ACCEPT;
        answer.value = bytes_of(signature, len);
    }
    return cssl_engine_answer(e, &answer, NULL);
}

static bool on_pause(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    struct answering *a = p->on_ask_arg;
    a->question = event->type == CSSL_EV_HELLO ? (cssl_question){ .id = 0 } : event->question;
    if (a->leave) {
        a->left++;
        return false;
    }
    assert_int_equal(answer_rightly(p->side[dir].engine, a), 0);
    return true;
}

static void begin_pause(struct scene *m, const struct pause *pause, struct answering *a)
{
    const bool client = pause->side == FROM_CLIENT;
    const bool mutual = (!client && pause->ask == CSSL_ASK_VERIFY) || (client && pause->external);
    const char *const *suites = CSSL_LIST("TLS_PSK_WITH_AES_128_GCM_SHA256");
    cssl_cert_key own = { .cert = PAIR_PEM(pair_client_ed25519) };
    cssl_cert_key of_server = { .cert = PAIR_PEM(pair_ed25519) };
    cssl_options c = { .versions = pause->version, .certs_keys = &own, .num_certs_keys = mutual };
    cssl_options s = { .versions = pause->version, .certs_keys = &of_server, .num_certs_keys = 1,
                       .verify = mutual ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE };
    cssl_options *paused = client ? &c : &s;
    paused->ask_about = pause->ask;
    paused->pause_at_hello = pause->ask == 0 && !pause->external;
    if (pause->psk) {
        c.psk_identity = "device";
        c.psk = bytes_of(psk, sizeof(psk));
        c.ciphers = s.ciphers = pause->version == CSSL_TLSV1_2 ? suites : NULL;
    }
    *a = (struct answering){ .leave = true };
    if (pause->external) {
        struct certkey whole;
        cssl_cert_key *id = client ? &own : &of_server;
        assert_int_equal(certkey_load(&whole, id, NULL, NULL), 0);
        a->key = pkey_ref(whole.key);
        certkey_free(&whole);
        id->external_key = true;
    }
    scene_ask(m, &c, &s, on_pause, a);
    if (a->left != 1) {
        fail_msg("%s: paused %u times", pause->name, a->left);
    }
}

/* check_paused: nothing that comes is taken, and nothing that is called goes on. */
static void check_paused(struct scene *m, const struct pause *pause, const struct answering *a)
{
    cssl_engine *e = engine_of(m, pause->side);
    static struct hs before;
    cssl_error err = { 0 };
    cssl_event event;
    uint8_t *where = NULL;
    assert_non_null(e->hs);
    assert_int_equal(cssl_engine_room(e, &where), 0);
    before = *e->hs;
    for (int type = 0; type < 256; type++) {
        const uint8_t message[] = { (uint8_t)type, 0, 0, 1, 0xff };
        assert_true(hs_message(e->hs, NULL, bytes_of(message, sizeof(message)), false, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_UNEXPECTED_MESSAGE);
    }
    assert_true(hs_change_cipher_spec(e->hs, NULL, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_CHANGE_CIPHER_SPEC);
    assert_null(cssl_engine_step(e));
    assert_int_equal(cssl_engine_answer(e, &(cssl_answer){ .id = a->question.id + 1 }, &err),
                     CSSL_STATE);
    if (a->question.id != 0) {
        assert_int_equal(cssl_engine_continue(e, NULL, &err), CSSL_STATE);
    }
    assert_int_equal(cssl_engine_renegotiate(e, &err), CSSL_STATE);
    assert_true(cssl_engine_request_certificate(e, &err) < 0);
    assert_true(cssl_engine_update_keys(e, true, &err) < 0);
    /* a server of TLS 1.3 that has said its Finished may export already */
    const bool exports = pause->side == FROM_SERVER && pause->version == CSSL_TLSV1_3 &&
                         pause->ask == CSSL_ASK_VERIFY;
    uint8_t exported[16];
    int ret = cssl_engine_export_key_material(e, "EXPORTER-x", bytes_of(NULL, 0), exported,
                                              sizeof(exported), &err);
    assert_int_equal(ret == 0, exports);
    assert_memory_equal(&before, e->hs, sizeof(before));
    assert_false(cssl_engine_next(e, &event));
}

static void test_pauses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pauses); i++) {
        for (int end = 0; end < 2; end++) {
            const struct pause *pause = &pauses[i];
            struct scene m;
            struct answering a;
            begin_pause(&m, pause, &a);
            check_paused(&m, pause, &a);
            cssl_engine *e = engine_of(&m, pause->side);
            if (end == 1) { /* the end comes meanwhile, and is heard of when it is answered */
                assert_int_equal(cssl_engine_received(e, 0, NULL), 0);
                (void)answer_rightly(e, &a);
                a.leave = false;
                pair_pump(&m.p);
                assert_int_equal(m.p.side[pause->side].error.reason, CSSL_R_TRUNCATED);
            } else {
                a.leave = false;
                assert_int_equal(answer_rightly(e, &a), 0);
                pair_must_connect(&m.p);
                pair_must_talk(&m.p);
            }
            pkey_free(a.key);
            scene_end(&m);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages), cmocka_unit_test(test_records),
        cmocka_unit_test(test_data),     cmocka_unit_test(test_alerts),
        cmocka_unit_test_setup(test_pauses, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_states12.c - every message, alert and kind of record in every state that a handshake of TLS
 * 1.2 can rest in, from a peer who holds the keys of that moment. What may come where is written
 * down here from RFC 5246 7.3 and RFC 5077 3.1, and not read from hs_rows. TLS 1.3's are in
 * test_states.c.
 */
#include "crypto/pem.h"
#include "halt.h"
#include "pki/cert.h"
#include "status_maker.h"

enum {
    MUTUAL = 1,
    RESUMED = 2,
    NO_TICKET = 4,
    AGAIN = 8,   /* a renegotiation that the client begins */
    ASKED = 16,  /* one that the server asks for */
    RSA = 32,    /* key exchange by RSA */
    PSK = 64,    /* pre-shared key */
    STATUS = 128 /* the server staples a response */
};
enum { NONE = -1, CCS = -2, ACCEPTS_MAX = 3 };

/* A place where a connection of one role waits. */
struct stop {
    const char *name;
    enum pair_dir side; /* the one that waits */
    enum hs_state state;
    unsigned how;
    uint8_t epoch;      /* of what it receives: 0 in the clear, 3 under the keys */
    int accepts[ACCEPTS_MAX]; /* messages that may come; CCS: change_cipher_spec alone */
};

#define CLIENT(state, how) "client " #state " " #how, FROM_CLIENT, CLIENT12_##state, how
#define SERVER(state, how) "server " #state " " #how, FROM_SERVER, SERVER12_##state, how
#define ONE(type) { type, NONE, NONE }
#define TWO(one, other) { one, other, NONE }

static const struct stop stops[] = {
    { "client hello", FROM_CLIENT, CLIENT13_WAIT_SH, 0, 0, ONE(HT_SERVER_HELLO) },
    { CLIENT(WAIT_CERT, 0), 0, ONE(HT_CERTIFICATE) },
    { CLIENT(WAIT_CERT, RSA), 0, ONE(HT_CERTIFICATE) },
    { CLIENT(WAIT_STATUS, STATUS), 0, TWO(HT_CERTIFICATE_STATUS, HT_SERVER_KEY_EXCHANGE) },
    { CLIENT(WAIT_STATUS_SHD, STATUS | RSA), 0,
      { HT_CERTIFICATE_STATUS, HT_CERTIFICATE_REQUEST, HT_SERVER_HELLO_DONE } },
    { CLIENT(WAIT_SKE, 0), 0, ONE(HT_SERVER_KEY_EXCHANGE) },
    { CLIENT(WAIT_SHD, 0), 0, TWO(HT_CERTIFICATE_REQUEST, HT_SERVER_HELLO_DONE) },
    { CLIENT(WAIT_SHD, RSA), 0, TWO(HT_CERTIFICATE_REQUEST, HT_SERVER_HELLO_DONE) },
    { CLIENT(WAIT_SKE_SHD, PSK), 0, TWO(HT_SERVER_KEY_EXCHANGE, HT_SERVER_HELLO_DONE) },
    { CLIENT(WAIT_SHD_ONLY, PSK), 0, ONE(HT_SERVER_HELLO_DONE) },
    { CLIENT(WAIT_SKE, MUTUAL), 0, ONE(HT_SERVER_KEY_EXCHANGE) },
    { CLIENT(WAIT_TICKET, 0), 0, ONE(HT_NEW_SESSION_TICKET) },
    { CLIENT(WAIT_TICKET, MUTUAL), 0, ONE(HT_NEW_SESSION_TICKET) },
    { CLIENT(WAIT_CCS, 0), 0, ONE(CCS) },
    { CLIENT(WAIT_CCS, NO_TICKET), 0, ONE(CCS) },
    { CLIENT(WAIT_CCS, RESUMED), 0, ONE(CCS) },
    { CLIENT(WAIT_CCS, PSK), 0, ONE(CCS) },
    { CLIENT(WAIT_FINISHED, 0), 3, ONE(HT_FINISHED) },
    { CLIENT(WAIT_FINISHED, RESUMED), 3, ONE(HT_FINISHED) },
    { "client done", FROM_CLIENT, HS_DONE, 0, 3, ONE(HT_HELLO_REQUEST) },
    { "client done RESUMED", FROM_CLIENT, HS_DONE, RESUMED, 3, ONE(HT_HELLO_REQUEST) },
    { "server start", FROM_SERVER, SERVER13_START, 0, 0, ONE(HT_CLIENT_HELLO) },
    { SERVER(WAIT_CERT, MUTUAL), 0, ONE(HT_CERTIFICATE) },
    { SERVER(WAIT_CKE, 0), 0, ONE(HT_CLIENT_KEY_EXCHANGE) },
    { SERVER(WAIT_CKE, RSA), 0, ONE(HT_CLIENT_KEY_EXCHANGE) },
    { SERVER(WAIT_CKE, PSK), 0, ONE(HT_CLIENT_KEY_EXCHANGE) },
    { SERVER(WAIT_CKE, MUTUAL), 0, ONE(HT_CLIENT_KEY_EXCHANGE) },
    { SERVER(WAIT_CV, MUTUAL), 0, ONE(HT_CERTIFICATE_VERIFY) },
    { SERVER(WAIT_CCS, 0), 0, ONE(CCS) },
    { SERVER(WAIT_CCS, MUTUAL), 0, ONE(CCS) },
    { SERVER(WAIT_CCS, RESUMED), 0, ONE(CCS) },
    { SERVER(WAIT_FINISHED, 0), 3, ONE(HT_FINISHED) },
    { SERVER(WAIT_FINISHED, RESUMED), 3, ONE(HT_FINISHED) },
    { "server done", FROM_SERVER, HS_DONE, 0, 3, ONE(HT_CLIENT_HELLO) },
    { "server done MUTUAL", FROM_SERVER, HS_DONE, MUTUAL, 3, ONE(HT_CLIENT_HELLO) },
    /* the same under the keys of the handshake before */
    { "client hello AGAIN", FROM_CLIENT, CLIENT13_WAIT_SH, AGAIN, 3, ONE(HT_SERVER_HELLO) },
    { "client hello ASKED", FROM_CLIENT, CLIENT13_WAIT_SH, ASKED, 3, ONE(HT_SERVER_HELLO) },
    { CLIENT(WAIT_CERT, AGAIN), 3, ONE(HT_CERTIFICATE) },
    { CLIENT(WAIT_STATUS, STATUS | ASKED), 3,
      TWO(HT_CERTIFICATE_STATUS, HT_SERVER_KEY_EXCHANGE) },
    { CLIENT(WAIT_SKE, MUTUAL | ASKED), 3, ONE(HT_SERVER_KEY_EXCHANGE) },
    { CLIENT(WAIT_SHD, AGAIN), 3, TWO(HT_CERTIFICATE_REQUEST, HT_SERVER_HELLO_DONE) },
    { CLIENT(WAIT_CCS, AGAIN), 3, ONE(CCS) },
    { CLIENT(WAIT_CCS, MUTUAL | ASKED), 3, ONE(CCS) },
    { CLIENT(WAIT_FINISHED, AGAIN), 3, ONE(HT_FINISHED) },
    { CLIENT(WAIT_FINISHED, MUTUAL | ASKED), 3, ONE(HT_FINISHED) },
    { "server done ASKED", FROM_SERVER, HS_DONE, ASKED, 3, ONE(HT_CLIENT_HELLO) },
    { SERVER(WAIT_CERT, MUTUAL | AGAIN), 3, ONE(HT_CERTIFICATE) },
    { SERVER(WAIT_CKE, AGAIN), 3, ONE(HT_CLIENT_KEY_EXCHANGE) },
    { SERVER(WAIT_CV, MUTUAL | ASKED), 3, ONE(HT_CERTIFICATE_VERIFY) },
    { SERVER(WAIT_CCS, ASKED), 3, ONE(CCS) },
    { SERVER(WAIT_CCS, MUTUAL | AGAIN), 3, ONE(CCS) },
    { SERVER(WAIT_FINISHED, AGAIN), 3, ONE(HT_FINISHED) },
    { SERVER(WAIT_FINISHED, MUTUAL | ASKED), 3, ONE(HT_FINISHED) },
};

/* While a step is out nothing may come at all. */
static const struct stop steps[] = {
    { CLIENT(KEY_EXCHANGE, 0), 0, ONE(NONE) },
    { CLIENT(KEY_EXCHANGE, RSA), 0, ONE(NONE) },
    { CLIENT(SECRET, 0), 0, ONE(NONE) },
    { CLIENT(SIGNED, MUTUAL), 0, ONE(NONE) },
    { SERVER(PARAMS, 0), 0, ONE(NONE) },
    { SERVER(HELLO, 0), 0, ONE(NONE) },
    { SERVER(SECRET, 0), 0, ONE(NONE) },
    { SERVER(SECRET, RSA), 0, ONE(NONE) },
    { CLIENT(KEY_EXCHANGE, AGAIN), 3, ONE(NONE) },
    { CLIENT(SECRET, ASKED), 3, ONE(NONE) },
    { CLIENT(SIGNED, MUTUAL | AGAIN), 3, ONE(NONE) },
    { SERVER(PARAMS, AGAIN), 3, ONE(NONE) },
    { SERVER(HELLO, ASKED), 3, ONE(NONE) },
    { SERVER(SECRET, AGAIN), 3, ONE(NONE) },
};

static bool is_renewal(const struct stop *stop)
{
    return (stop->how & (AGAIN | ASKED)) != 0;
}

static bool accepts(const struct stop *stop, int type)
{
    for (size_t i = 0; i < ACCEPTS_MAX; i++) {
        if (type >= 0 && stop->accepts[i] == type) {
            return true;
        }
    }
    return false;
}

/* ---- Getting there ---- */

static struct sm_der staples[2]; /* of pair_ed25519 and pair_rsa_encipher, by anybody */

static int set_up(void **state)
{
    (void)state;
    const char *const identities[] = { pair_ed25519, pair_rsa_encipher };
    struct sm_id ca;
    sm_make(&ca, &(struct sm_cert){ .name = "ca", .ca = true });
    for (size_t i = 0; i < ARRAY_SIZE(identities); i++) {
        struct pem_block block;
        size_t at = 0;
        assert_int_equal(pem_next(bytes_str(identities[i]), &at, &block, NULL), 0);
        struct cert *cert = cert_parse(bytes_of(block.der, block.len), NULL);
        assert_non_null(cert);
        sm_make_ocsp(&staples[i],
                     &(struct sm_ocsp){ .signer = &ca, .cert = cert, .issuer = ca.cert });
        cert_free(cert);
        pem_free(&block);
    }
    sm_free(&ca);
    return 0;
}

static void begin(struct halt *s, const struct stop *stop, bool defer)
{
    const bool mutual = (stop->how & MUTUAL) != 0, rsa = (stop->how & RSA) != 0;
    const bool psk = (stop->how & PSK) != 0;
    const char *suite = rsa ? "TLS_RSA_WITH_AES_128_GCM_SHA256" : "TLS_PSK_WITH_AES_128_GCM_SHA256";
    const char *const suites[] = { suite, NULL };
    cssl_tickets none = (stop->how & NO_TICKET) != 0 ? CSSL_TICKETS_DISABLED
                                                     : CSSL_TICKETS_DEFAULT;
    const cssl_cert_key own = { .cert = PAIR_PEM(pair_client_ed25519) };
    cssl_cert_key of_server = { .cert = PAIR_PEM(pair_ed25519) };
    cssl_options client = { .versions = CSSL_TLSV1_2, .certs_keys = mutual ? &own : NULL,
                            .num_certs_keys = mutual, .session_tickets = none,
                            .client_renegotiation = CSSL_ON, .defer_steps = defer };
    cssl_options server = { .versions = CSSL_TLSV1_2, .client_renegotiation = CSSL_ON,
                            .verify = mutual ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE,
                            .certs_keys = &of_server, .num_certs_keys = 1, .defer_steps = defer };
    if (rsa) {
        of_server.cert = (cssl_bytes)PAIR_PEM(pair_rsa_encipher);
        client.cacerts = (cssl_bytes)PAIR_PEM(pair_root2);
    }
    if (rsa || psk) {
        client.ciphers = server.ciphers = suites;
    }
    if (psk) {
        client.psk_identity = server.psk_identity = "us";
        client.psk = server.psk = bytes_str("0123456789abcdef");
        server.psk_hint = "we";
    }
    if ((stop->how & STATUS) != 0) {
        of_server.staple = sm_bytes(&staples[rsa]);
    }
    halt_hosts(s, &client, &server);
    if ((stop->how & RESUMED) != 0) {
        assert_false(pair_handshake(&s->client, &s->server, "server.test"));
        host_forget(&s->client);
        host_forget(&s->server);
    }
    halt_start(s, stop->side);
}

struct aim {
    const struct stop *stop;
    bool renewed; /* the renegotiation has begun */
    bool step;    /* it is to wait for a step */
};

static bool is_there(const struct halt *s, const struct aim *aim)
{
    const struct hs *hs = s->at->hs;
    if (is_renewal(aim->stop) && !aim->renewed) {
        return false;
    }
    return hs == NULL ? aim->stop->state == HS_DONE && s->at->settled
                      : hs->state == aim->stop->state && hs_waiting(hs) == aim->step &&
                            hs->renegotiation == is_renewal(aim->stop);
}

/* run takes e's events and does its steps, but for the one to stop at. */
static void run(struct halt *s, struct cssl_engine *e, void *arg)
{
    const struct aim *aim = arg;
    cssl_event event;
    while (!(e == s->at && aim->step && is_there(s, aim)) && cssl_engine_next(e, &event)) {
        assert_int_not_equal(event.type, CSSL_EV_ERROR);
        if (event.type == CSSL_EV_STEP && !(e == s->at && aim->step && is_there(s, aim))) {
            cssl_step *step = cssl_engine_step(e);
            assert_non_null(step);
            cssl_step_run(step);
            assert_int_equal(cssl_engine_step_done(e, step, NULL), 0);
        }
    }
}

/* renew has a renegotiation begin when the first handshake is over. */
static void renew(struct halt *s, struct aim *aim)
{
    struct cssl_engine *client = s->p.side[FROM_CLIENT].engine;
    struct cssl_engine *server = s->p.side[FROM_SERVER].engine;
    if (is_renewal(aim->stop) && !aim->renewed && client->settled && server->settled) {
        aim->renewed = true;
        assert_int_equal(cssl_engine_renegotiate((aim->stop->how & AGAIN) != 0 ? client : server,
                                                 NULL), 0);
    }
}

/* go carries records to the stop one by one, so that each state is met. */
static void go(struct halt *s, struct aim *aim)
{
    renew(s, aim);
    run(s, s->at, aim);
    for (int turn = 0; turn < 100 && !is_there(s, aim); turn++) {
        halt_turn(s, run, aim);
        renew(s, aim);
        run(s, s->at, aim);
    }
    if (!is_there(s, aim)) {
        fail_msg("%s is never reached", aim->stop->name);
    }
    assert_int_equal(s->at->conn.read.epoch, aim->stop->epoch);
}

static void to_any(struct halt *s, const struct stop *stop, bool step)
{
    struct aim aim = { .stop = stop, .step = step };
    begin(s, stop, step);
    go(s, &aim);
    cssl_engine_sent(s->at, cssl_engine_output(s->at).len);
    assert_int_equal(s->at->conn.resumed, (stop->how & RESUMED) != 0);
}

static void to(struct halt *s, const struct stop *stop)
{
    to_any(s, stop, false);
}

/* ---- Handshake messages ---- */

/* The driver refuses what the table does not have, and nothing of it changes. */
static void test_driver(void **state)
{
    (void)state;
    static struct hs before;
    for (size_t i = 0; i < ARRAY_SIZE(stops) + ARRAY_SIZE(steps); i++) {
        const bool step = i >= ARRAY_SIZE(stops);
        const struct stop *stop = step ? &steps[i - ARRAY_SIZE(stops)] : &stops[i];
        struct halt s;
        cssl_error err = { 0 };
        if (stop->state == HS_DONE) {
            continue;
        }
        to_any(&s, stop, step);
        before = *s.at->hs;
        for (int type = 0; type < 256; type++) {
            const uint8_t message[] = { (uint8_t)type, 0, 0, 1, 0xff };
            for (int more = 0; more < 2 && !accepts(stop, type); more++) {
                assert_true(hs_message(s.at->hs, NULL, bytes_of(message, sizeof(message)),
                                       more == 1, &err) < 0);
                assert_int_equal(err.reason, CSSL_R_UNEXPECTED_MESSAGE);
                assert_int_equal(err.alert, ALERT_UNEXPECTED_MESSAGE);
            }
        }
        if (stop->accepts[0] != CCS) {
            assert_true(hs_change_cipher_spec(s.at->hs, NULL, &err) < 0);
            assert_int_equal(err.reason, CSSL_R_CHANGE_CIPHER_SPEC);
        }
        assert_memory_equal(&before, s.at->hs, sizeof(before));
        halt_end(&s);
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
        cssl_error err;
        to_any(&s, &steps[i], true);
        assert_true(cssl_engine_next(s.at, &event));
        assert_int_equal(event.type, CSSL_EV_STEP);
        assert_int_equal(cssl_engine_room(s.at, &where), 0);
        assert_int_equal(cssl_engine_answer(s.at, &(cssl_answer){ .id = 1 }, &err), CSSL_STATE);
        assert_int_equal(cssl_engine_continue(s.at, NULL, &err), CSSL_STATE);
        cssl_step *step = cssl_engine_step(s.at);
        assert_non_null(step);
        assert_null(cssl_engine_step(s.at));
        cssl_step_run(step);
        assert_int_equal(cssl_engine_step_done(s.at, step, NULL), 0);
        halt_end(&s);
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
            struct halt s;
            cssl_error err;
            char what[32];
            (void)snprintf(what, sizeof(what), "message %d", type);
            to(&s, stop);
            int ret = halt_say(&s, CT_HANDSHAKE, message, sizeof(message), &err);
            /* Clients ignore HelloRequest in a handshake of TLS 1.2; this one has a body. */
            bool request = type == HT_HELLO_REQUEST && stop->side == FROM_CLIENT &&
                           s.at->conn.version == TLS_1_2;
            if (!accepts(stop, type) && !request) {
                assert_true(ret < 0);
                halt_refused(&s, stop->name, what, &err, ALERT_UNEXPECTED_MESSAGE,
                             CSSL_R_UNEXPECTED_MESSAGE);
            } else if (stop->state != HS_DONE) { /* renegotiation has tests of its own */
                assert_true(ret < 0);
                assert_int_not_equal(err.reason, CSSL_R_UNEXPECTED_MESSAGE);
                halt_refused(&s, stop->name, what, &err,
                             type == HT_CERTIFICATE_STATUS ? ALERT_BAD_CERTIFICATE_STATUS_RESPONSE
                                                           : ALERT_DECODE_ERROR, 0);
            }
            halt_end(&s);
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
            struct halt s;
            cssl_error err;
            to(&s, stop);
            int ret = halt_say(&s, CT_CHANGE_CIPHER_SPEC, forms[k].data, forms[k].len, &err);
            /* RFC 8446 D.4: who offers TLS 1.3 may see it at once; nobody does here. */
            if (stop->accepts[0] == CCS && k == 0) {
                assert_int_equal(ret, 0);
                assert_int_equal(s.at->conn.read.epoch, 3);
                assert_int_equal(s.at->conn.read.seq, 0);
                assert_int_equal(s.at->hs->state, stop->side == FROM_CLIENT
                                                      ? CLIENT12_WAIT_FINISHED
                                                      : SERVER12_WAIT_FINISHED);
                /* and a second one is one too many */
                assert_true(halt_say(&s, CT_CHANGE_CIPHER_SPEC, "\1", 1, &err) < 0);
            }
            halt_refused(&s, stop->name, "change_cipher_spec", &err, ALERT_UNEXPECTED_MESSAGE, 0);
            halt_end(&s);
        }
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
            const bool finishing = stop->state == CLIENT12_WAIT_FINISHED ||
                                   stop->state == SERVER12_WAIT_FINISHED;
            if (stop->state == HS_DONE || (is_renewal(stop) && !finishing)) {
                assert_int_equal(ret, 0);
                assert_int_equal(cssl_engine_next(s.at, &event), len == 1);
                assert_true(len == 0 || event.type == CSSL_EV_DATA);
            } else {
                assert_true(ret < 0);
                halt_refused(&s, stop->name, "application data", &err, ALERT_UNEXPECTED_MESSAGE, 0);
            }
            halt_end(&s);
        }
    }
}

static void test_types(void **state)
{
    (void)state;
    static const uint8_t types[] = { 0, 1, 19, 24, 25, 26, 255 };
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(types); k++) {
            struct halt s;
            cssl_error err;
            to(&s, &stops[i]);
            assert_true(halt_say(&s, types[k], "\1", 1, &err) < 0);
            halt_refused(&s, stops[i].name, "a record of a wrong type", &err,
                         ALERT_UNEXPECTED_MESSAGE, 0);
            halt_end(&s);
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
            struct halt s;
            cssl_error err;
            cssl_event event;
            to(&s, stop);
            int ret = halt_say(&s, CT_ALERT, fatal, sizeof(fatal), &err);
            if (alert == ALERT_USER_CANCELED) {
                assert_int_equal(ret, 0); /* close_notify follows it */
            } else if (alert != ALERT_CLOSE_NOTIFY) {
                assert_true(ret < 0 && err.alert_from_peer);
                assert_int_equal(err.alert, alert);
                cssl_engine_sent(s.at, cssl_engine_output(s.at).len);
                halt_forgotten(&s);
            } else if (stop->state == HS_DONE || is_renewal(stop)) { /* that one ends then */
                assert_int_equal(ret, 0);
                assert_true(cssl_engine_next(s.at, &event));
                assert_int_equal(event.type, CSSL_EV_CLOSED);
                /* after ServerHello, what could be exported would be of both handshakes */
                uint8_t key[32];
                const bool begun = stop->state != HS_DONE && stop->state != CLIENT13_WAIT_SH;
                assert_int_equal(cssl_engine_export_key_material(s.at, "EXPORTER-x",
                                                                 bytes_of(NULL, 0), key,
                                                                 sizeof(key), NULL) == 0, !begun);
            } else {
                assert_true(ret < 0);
                halt_refused(&s, stop->name, "close_notify", &err, ALERT_NONE, CSSL_R_CLOSED);
            }
            halt_end(&s);
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
            struct halt s;
            cssl_error err;
            to(&s, &stops[i]);
            assert_true(halt_say_with(&s, &clear, types[k], "\2\50", 2, &err) < 0);
            halt_refused(&s, stops[i].name, "a record in the clear", &err, ALERT_BAD_RECORD_MAC, 0);
            halt_end(&s);
        }
    }
}

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        for (uint64_t skip = 0; skip < 2 && stops[i].epoch != 0; skip++) {
            struct halt s;
            cssl_error err;
            to(&s, &stops[i]);
            struct rec_half half = s.at->conn.read;
            half.seq = skip == 1 ? half.seq + 1 : half.seq == 0 ? 7 : half.seq - 1;
            assert_true(halt_say_with(&s, &half, CT_APPLICATION_DATA, "x", 1, &err) < 0);
            halt_refused(&s, stops[i].name, "a wrong sequence number", &err, ALERT_BAD_RECORD_MAC,
                         0);
            halt_end(&s);
        }
    }
}

/* In a renegotiation, what is sealed with the old keys when the new ones are in use. */
static void test_old_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
        const struct stop *stop = &stops[i];
        if (!is_renewal(stop) || (stop->state != CLIENT12_WAIT_FINISHED &&
                                  stop->state != SERVER12_WAIT_FINISHED)) {
            continue;
        }
        struct stop before = *stop;
        before.state = stop->side == FROM_CLIENT ? CLIENT12_WAIT_CCS : SERVER12_WAIT_CCS;
        struct aim aim = { .stop = &before };
        struct halt s;
        cssl_error err;
        begin(&s, stop, false);
        go(&s, &aim);
        const struct rec_half old = s.at->conn.read;
        aim.stop = stop;
        go(&s, &aim);
        assert_memory_not_equal(&old.key, &s.at->conn.read.key, sizeof(old.key));
        assert_true(halt_say_with(&s, &old, CT_HANDSHAKE, "\24\0\0\14", 4, &err) < 0);
        halt_refused(&s, stop->name, "the old key", &err, ALERT_BAD_RECORD_MAC, 0);
        halt_end(&s);
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
        const uint8_t half[] = { (uint8_t)stop->accepts[0], 0, 0, 9, 0, 0 };
        if (stop->accepts[0] == CCS) {
            continue;
        }
        for (size_t k = 0; k <= ARRAY_SIZE(between); k++) {
            struct halt s;
            cssl_error err;
            to(&s, stop);
            if (halt_say(&s, CT_HANDSHAKE, half, sizeof(half), &err) != 0) {
                assert_int_equal(stop->state, HS_DONE); /* what has a length is no HelloRequest */
            } else if (k < ARRAY_SIZE(between)) {
                assert_true(halt_say(&s, between[k].type, between[k].data, between[k].len,
                                     &err) < 0);
                halt_refused(&s, stop->name, "another record amid a message", &err,
                        ALERT_UNEXPECTED_MESSAGE, CSSL_R_RECORD_INTERLEAVED);
            } else {
                assert_true(cssl_engine_received(s.at, 0, &err) < 0);
                halt_refused(&s, stop->name, "the end amid a message", &err, ALERT_NONE,
                             CSSL_R_TRUNCATED);
            }
            halt_end(&s);
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
        cmocka_unit_test(test_halves),  cmocka_unit_test(test_old_keys),
        cmocka_unit_test(test_steps),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}

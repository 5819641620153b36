/*
 * test_early_hostile.c - early data and peers that do not keep to the rules: what is accepted
 * without having been offered so, what comes under the wrong key, too often, too late.
 */
#include "base/error.h"
#include "base/mem.h"
#include "early.h"
#include "engine/engine.h"

/* ---- Servers that are wrong ---- */

/* until_step brings the server to where it has read the ClientHello and has answered nothing. */
static struct cssl_engine *until_step(struct scene *s)
{
    s->p.step_leave = true;
    pair_start(&s->p, &s->client, &s->server, "server.test");
    s->p.step_leave = true;
    cssl_bytes out = cssl_engine_output(s->p.side[FROM_CLIENT].engine);
    uint8_t *where = NULL;
    cssl_event event;
    struct cssl_engine *e = s->p.side[FROM_SERVER].engine;
    assert_true(cssl_engine_room(e, &where) >= out.len);
    memcpy(where, out.data, out.len);
    assert_int_equal(cssl_engine_received(e, out.len, NULL), 0);
    cssl_engine_sent(s->p.side[FROM_CLIENT].engine, out.len);
    assert_true(cssl_engine_next(e, &event));
    assert_int_equal(event.type, CSSL_EV_STEP);
    s->p.step_leave = false;
    return e;
}

/* refused_by_client goes on from there: the client fails. */
static void refused_by_client(struct scene *s, const char *what, int reason)
{
    assert_true(pair_step(&s->p, FROM_SERVER));
    pair_pump(&s->p);
    const struct pair_side *client = &s->p.side[FROM_CLIENT];
    if (client->error.reason != reason || client->connected) {
        fail_msg("%s: %s", what, client->error.text);
    }
    assert_int_equal(host_alert(&s->client, true), client->error.alert);
    scene_end(s);
}

static void test_wrong_servers(void **state)
{
    (void)state;
    const cssl_options steps = { .defer_steps = true };
    struct scene s;
    /* the PSK was not chosen */
    early_meet(&s, NULL, &steps);
    host_free(&s.server);
    host_init(&s.server, true, &wall, &steps);
    until_step(&s)->conn.early_accepted = true;
    refused_by_client(&s, "no PSK", CSSL_R_EARLY_DATA_PSK);
    /* another one was */
    cssl_options psk = { .psk_identity = "us", .psk = bytes_str("0123456789abcdef") };
    early_meet(&s, &psk, &psk);
    host_free(&s.server);
    psk.defer_steps = true;
    host_init(&s.server, true, &wall, &psk);
    until_step(&s)->conn.early_accepted = true;
    refused_by_client(&s, "the second PSK", CSSL_R_EARLY_DATA_PSK);
    /* another suite */
    cssl_options both = { .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256",
                                               "TLS_CHACHA20_POLY1305_SHA256") };
    early_meet(&s, &both, &both);
    both.defer_steps = true;
    both.ciphers = CSSL_LIST("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256");
    host_renew(&s.server, &both);
    until_step(&s)->conn.early_accepted = true;
    refused_by_client(&s, "another suite", CSSL_R_EARLY_DATA_PSK);
    /* nothing was offered */
    cssl_options none = { .early_data = { NULL, 0 } };
    early_meet(&s, NULL, &steps);
    host_renew(&s.client, &none);
    until_step(&s)->conn.early_accepted = true;
    refused_by_client(&s, "unasked", CSSL_R_EXTENSION_UNASKED);
    /* another protocol, or none any more */
    for (int i = 0; i < 2; i++) {
        cssl_options protocols = { .alpn_protocols = CSSL_LIST("h2", "http/1.1") };
        early_meet(&s, &protocols, &protocols);
        protocols.defer_steps = true;
        renew_server(&s, &protocols);
        struct cssl_engine *e = until_step(&s);
        assert_true(e->conn.early_accepted);
        mem_free(e->conn.alpn);
        e->conn.alpn = i == 0 ? mem_str("http/1.1") : NULL;
        refused_by_client(&s, "another protocol", CSSL_R_EARLY_DATA_ALPN);
    }
    /* TLS 1.2 instead (RFC 8446 D.3) */
    const cssl_options versions = { .versions = CSSL_TLSV1_2 | CSSL_TLSV1_3 };
    const cssl_options old = { .versions = CSSL_TLSV1_2 };
    early_meet(&s, &versions, NULL);
    host_free(&s.server);
    host_init(&s.server, true, &wall, &old);
    pair_start(&s.p, &s.client, &s.server, "server.test");
    pair_pump(&s.p);
    assert_int_equal(s.p.side[FROM_CLIENT].error.reason, CSSL_R_EARLY_DATA_VERSION);
    assert_int_equal(s.p.side[FROM_CLIENT].error.alert, ALERT_PROTOCOL_VERSION);
    scene_end(&s);
}

/* After HelloRetryRequest nothing is early any more. */
static void test_wrong_retry(void **state)
{
    (void)state;
    struct scene s;
    early_meet(&s, &(cssl_options){ .supported_groups = CSSL_LIST("x25519", "secp256r1") }, NULL);
    renew_server(&s, &(cssl_options){ .supported_groups = CSSL_LIST("secp256r1"),
                                      .defer_steps = true });
    pair_start(&s.p, &s.client, &s.server, "server.test");
    s.p.step_leave = true;
    pair_pump(&s.p);
    s.p.side[FROM_SERVER].engine->conn.early_accepted = true;
    s.p.step_leave = false;
    refused_by_client(&s, "after a retry", CSSL_R_EXTENSION_UNASKED);
}

/* ---- Clients that are wrong ---- */

/* A server that has taken a first flight and waits for more under a key. */
static struct cssl_engine *until_early(struct scene *s)
{
    cssl_bytes flight = first_flight(s);
    struct cssl_engine *e = cssl_engine_new(s->server.config, NULL, NULL);
    uint8_t *where = NULL;
    cssl_event event;
    assert_non_null(e);
    assert_true(cssl_engine_room(e, &where) >= flight.len);
    memcpy(where, flight.data, flight.len);
    assert_int_equal(cssl_engine_received(e, flight.len, NULL), 0);
    assert_true(cssl_engine_next(e, &event));
    assert_int_equal(event.type, CSSL_EV_EARLY_DATA);
    assert_false(cssl_engine_next(e, &event));
    assert_int_equal(e->hs->state, SERVER13_WAIT_EOED);
    free((void *)(uintptr_t)flight.data);
    return e;
}

static int say(struct cssl_engine *e, struct rec_half *half, uint8_t type, cssl_bytes piece,
               cssl_error *err)
{
    struct buf out = { .limit = 1 << 20 };
    struct worker *w = worker_new();
    cssl_event event;
    uint8_t *where = NULL;
    assert_non_null(w);
    assert_int_equal(rec_seal(half, w, type, &piece, 1, 0, &out, NULL), 0);
    worker_free(w);
    assert_true(cssl_engine_room(e, &where) >= out.len);
    memcpy(where, buf_bytes(&out).data, out.len);
    *err = (cssl_error){ 0 };
    int ret = cssl_engine_received(e, out.len, err);
    while (ret == 0 && cssl_engine_next(e, &event)) {
        assert_int_equal(event.type, CSSL_EV_EARLY_DATA);
    }
    buf_free(&out);
    return ret;
}

static struct rec_half handshake_half(const struct cssl_engine *e)
{
    struct rec_half half = { 0 };
    keys13(&half, (enum aead_alg)e->conn.aead_alg, (enum hash_alg)e->conn.hash_alg,
           &e->hs->schedule.client_handshake, EPOCH_HANDSHAKE);
    return half;
}

static void test_wrong_clients(void **state)
{
    (void)state;
    static const uint8_t eoed[] = { HT_END_OF_EARLY_DATA, 0, 0, 0, HT_FINISHED, 0, 0, 1 };
    static const uint8_t fin[4 + 32] = { HT_FINISHED, 0, 0, 32 };
    const cssl_bytes end_of_early = bytes_of(eoed, 4), finished = bytes_of(fin, sizeof(fin));
    const cssl_bytes data = bytes_str("more");
    for (int i = 0; i < 7; i++) {
        struct scene s;
        cssl_error err = { 0 };
        early_meet(&s, NULL, NULL);
        struct cssl_engine *e = until_early(&s);
        struct rec_half early = e->conn.read, later = handshake_half(e);
        int ret = 0, want = 0;
        switch (i) {
        case 0: /* Finished without EndOfEarlyData, under either key */
            ret = say(e, &later, CT_HANDSHAKE, finished, &err);
            want = CSSL_R_BAD_RECORD_MAC;
            break;
        case 1:
            ret = say(e, &early, CT_HANDSHAKE, finished, &err);
            want = CSSL_R_UNEXPECTED_MESSAGE;
            break;
        case 2: /* early data behind its end */
            assert_int_equal(say(e, &early, CT_APPLICATION_DATA, data, &err), 0);
            assert_int_equal(say(e, &early, CT_HANDSHAKE, end_of_early, &err), 0);
            ret = say(e, &early, CT_APPLICATION_DATA, data, &err);
            want = CSSL_R_BAD_RECORD_MAC;
            break;
        case 3: /* data under the handshake's key */
            assert_int_equal(say(e, &early, CT_HANDSHAKE, end_of_early, &err), 0);
            ret = say(e, &later, CT_APPLICATION_DATA, data, &err);
            want = CSSL_R_UNEXPECTED_MESSAGE;
            break;
        case 4: /* its end twice */
            assert_int_equal(say(e, &early, CT_HANDSHAKE, end_of_early, &err), 0);
            ret = say(e, &later, CT_HANDSHAKE, end_of_early, &err);
            want = CSSL_R_UNEXPECTED_MESSAGE;
            break;
        case 5: /* and something behind it in its record */
            ret = say(e, &early, CT_HANDSHAKE, bytes_of(eoed, sizeof(eoed)), &err);
            want = CSSL_R_MESSAGE_ACROSS_KEYS;
            break;
        default: /* records without anything in them */
            for (int k = 0; k < EMPTY_RECORDS_MAX; k++) {
                assert_int_equal(say(e, &early, CT_APPLICATION_DATA, bytes_of(NULL, 0), &err), 0);
            }
            ret = say(e, &early, CT_APPLICATION_DATA, bytes_of(NULL, 0), &err);
            want = CSSL_R_TOO_MANY_EMPTY;
            break;
        }
        if (ret >= 0 || err.reason != want) {
            fail_msg("case %d: %s", i, err.text);
        }
        cssl_engine_free(e);
        scene_end(&s);
    }
}

/* What was received is gone with the connection; nothing may show it afterwards. */
static void test_cancelled(void **state)
{
    (void)state;
    for (int taken = 0; taken < 2; taken++) {
        struct scene s;
        cssl_event event;
        uint8_t *where = NULL;
        early_meet(&s, NULL, NULL);
        cssl_bytes flight = first_flight(&s);
        cssl_engine *e = cssl_engine_new(s.server.config, NULL, NULL);
        assert_non_null(e);
        assert_true(cssl_engine_room(e, &where) >= flight.len);
        memcpy(where, flight.data, flight.len);
        assert_int_equal(cssl_engine_received(e, flight.len, NULL), 0);
        if (taken == 1) {
            assert_true(cssl_engine_next(e, &event));
            assert_int_equal(event.type, CSSL_EV_EARLY_DATA);
        }
        cssl_engine_cancel(e);
        while (cssl_engine_next(e, &event)) {
            assert_int_equal(event.type, CSSL_EV_ERROR);
        }
        assert_int_equal(cssl_engine_room(e, &where), 0);
        cssl_engine_free(e);
        free((void *)(uintptr_t)flight.data);
        scene_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_wrong_servers, scene_set_up),
        cmocka_unit_test_setup(test_wrong_retry, scene_set_up),
        cmocka_unit_test_setup(test_wrong_clients, scene_set_up),
        cmocka_unit_test_setup(test_cancelled, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

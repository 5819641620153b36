/*
 * test_hostile.c - a peer that holds all keys and keeps no rule: what it sends under the right keys
 * at the wrong time, too long, too often, malformed. Each has its alert. The hostile side is an
 * engine of ours whose insides the test writes with.
 */
#include "apart.h"
#include "base/error.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "scene.h"

/* say seals a record as side would, of up to 16 KiB; longer handshake data go into several. */
static void say(struct pair *p, enum pair_dir side, uint8_t type, const void *data, size_t len)
{
    struct cssl_engine *e = p->side[side].engine;
    const uint8_t *at = data;
    struct worker *w = worker_new();
    assert_non_null(w);
    e->conn.out.limit = 64 << 20;
    do {
        cssl_bytes piece = bytes_of(at, min_size(len, REC_PLAIN_MAX));
        assert_int_equal(rec_seal(&e->conn.write, w, type, &piece, 1, 0, &e->conn.out, NULL), 0);
        at += piece.len;
        len -= piece.len;
    } while (len > 0);
    worker_free(w);
}

/* message makes a handshake message of a body. */
static size_t message(uint8_t *out, uint8_t type, const void *body, size_t len)
{
    out[0] = type;
    out[1] = (uint8_t)(len >> 16);
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    if (len > 0) {
        memcpy(out + 4, body, len);
    }
    return 4 + len;
}

/* ---- After the handshake ---- */

struct late {
    const char *name;
    enum pair_dir side;
    uint8_t type;
    const char *hex;
    int alert, reason;
};

static const struct late lates[] = {
    { "key update of value 2", FROM_CLIENT, CT_HANDSHAKE, "18000001 02", ALERT_ILLEGAL_PARAMETER,
      CSSL_R_KEY_UPDATE_VALUE },
    { "key update without a value", FROM_SERVER, CT_HANDSHAKE, "18000000", ALERT_DECODE_ERROR, 0 },
    { "key update too long", FROM_SERVER, CT_HANDSHAKE, "18000002 0000", ALERT_DECODE_ERROR, 0 },
    { "two key updates in a record", FROM_CLIENT, CT_HANDSHAKE, "18000001 00 18000001 00",
      ALERT_UNEXPECTED_MESSAGE, CSSL_R_MESSAGE_ACROSS_KEYS },
    { "a bit behind a key update", FROM_CLIENT, CT_HANDSHAKE, "18000001 00 18",
      ALERT_UNEXPECTED_MESSAGE, CSSL_R_MESSAGE_ACROSS_KEYS },
    { "ClientHello: renegotiation", FROM_CLIENT, CT_HANDSHAKE, "01000002 0303",
      ALERT_UNEXPECTED_MESSAGE, CSSL_R_UNEXPECTED_MESSAGE },
    { "HelloRequest: renegotiation", FROM_SERVER, CT_HANDSHAKE, "00000000",
      ALERT_UNEXPECTED_MESSAGE, CSSL_R_UNEXPECTED_MESSAGE },
    { "CertificateRequest: not allowed by the client", FROM_SERVER, CT_HANDSHAKE,
      "0d000003 000000", ALERT_UNEXPECTED_MESSAGE, CSSL_R_UNEXPECTED_MESSAGE },
    { "Finished again", FROM_CLIENT, CT_HANDSHAKE, "14000000", ALERT_UNEXPECTED_MESSAGE, 0 },
    { "EndOfEarlyData", FROM_CLIENT, CT_HANDSHAKE, "05000000", ALERT_UNEXPECTED_MESSAGE, 0 },
    { "a ticket from a client", FROM_CLIENT, CT_HANDSHAKE,
      "0400000d 00000001 00000000 00 000101 0000",
      ALERT_UNEXPECTED_MESSAGE, CSSL_R_UNEXPECTED_MESSAGE },
    { "a ticket of eight days", FROM_SERVER, CT_HANDSHAKE,
      "0400000e 000a8c00 00000000 00 0001 01 0000", ALERT_ILLEGAL_PARAMETER,
      CSSL_R_TICKET_LIFETIME },
    { "an empty ticket", FROM_SERVER, CT_HANDSHAKE, "0400000d 00000001 00000000 00 0000 0000",
      ALERT_DECODE_ERROR, 0 },
    { "a ticket with bytes behind it", FROM_SERVER, CT_HANDSHAKE,
      "0400000f 00000001 00000000 00 0001 01 0000 00", ALERT_DECODE_ERROR, 0 },
    { "a type that does not exist", FROM_SERVER, CT_HANDSHAKE, "63000000",
      ALERT_UNEXPECTED_MESSAGE, 0 },
    { "message_hash on the wire", FROM_SERVER, CT_HANDSHAKE, "fe000000",
      ALERT_UNEXPECTED_MESSAGE, 0 },
    { "a message of 16,385 bytes", FROM_SERVER, CT_HANDSHAKE, "04004001", ALERT_ILLEGAL_PARAMETER,
      CSSL_R_MESSAGE_TOO_LONG },
    { "a message of 16 MiB", FROM_CLIENT, CT_HANDSHAKE, "18ffffff", ALERT_ILLEGAL_PARAMETER,
      CSSL_R_MESSAGE_TOO_LONG },
    { "an empty handshake record", FROM_CLIENT, CT_HANDSHAKE, "", ALERT_UNEXPECTED_MESSAGE, 0 },
    { "an empty alert", FROM_CLIENT, CT_ALERT, "", ALERT_UNEXPECTED_MESSAGE, CSSL_R_RECORD_EMPTY },
    { "half an alert", FROM_CLIENT, CT_ALERT, "02", ALERT_DECODE_ERROR, CSSL_R_ALERT_MALFORMED },
    { "two alerts in a record", FROM_SERVER, CT_ALERT, "0100 0100", ALERT_DECODE_ERROR,
      CSSL_R_ALERT_MALFORMED },
    { "an alert of level 3", FROM_SERVER, CT_ALERT, "0300", ALERT_ILLEGAL_PARAMETER,
      CSSL_R_ALERT_LEVEL },
    { "an alert of level 0", FROM_CLIENT, CT_ALERT, "0000", ALERT_ILLEGAL_PARAMETER,
      CSSL_R_ALERT_LEVEL },
    { "change_cipher_spec, encrypted", FROM_CLIENT, CT_CHANGE_CIPHER_SPEC, "01",
      ALERT_UNEXPECTED_MESSAGE, 0 },
    { "a content type that does not exist", FROM_SERVER, 24, "00", ALERT_UNEXPECTED_MESSAGE, 0 },
    { "nothing but padding", FROM_SERVER, 0, "0000", ALERT_UNEXPECTED_MESSAGE,
      CSSL_R_RECORD_EMPTY },
};

static void test_late(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(lates); i++) {
        const struct late *l = &lates[i];
        struct scene s;
        uint8_t data[64];
        scene_begin(&s, NULL, NULL);
        pair_must_connect(&s.p);
        pair_must_talk(&s.p);
        print_message("%s\n", l->name);
        say(&s.p, l->side, l->type, data, test_unhex(data, sizeof(data), l->hex));
        pair_must_fail(&s.p, l->side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT, l->alert,
                       l->reason);
        scene_end(&s);
    }
}

/* A message may be cut into records of one byte, but nothing may stand between them. */
static void test_interleaved(void **state)
{
    (void)state;
    static const uint8_t update[] = { HT_KEY_UPDATE, 0, 0, 1, 0 };
    static const uint8_t types[] = { CT_APPLICATION_DATA, CT_ALERT };
    struct scene s;
    scene_begin(&s, NULL, NULL);
    pair_must_connect(&s.p);
    for (size_t i = 0; i < sizeof(update); i++) {
        say(&s.p, FROM_CLIENT, CT_HANDSHAKE, update + i, 1);
    }
    pair_pump(&s.p);
    assert_int_equal(s.p.side[FROM_SERVER].error.status, 0);
    assert_int_equal(host_saw(&s.server, false, CT_HANDSHAKE, HT_KEY_UPDATE), 1);
    scene_end(&s);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        scene_begin(&s, NULL, NULL);
        pair_must_connect(&s.p);
        say(&s.p, FROM_CLIENT, CT_HANDSHAKE, update, 3);
        say(&s.p, FROM_CLIENT, types[i], "\1\0", 2);
        pair_must_fail(&s.p, FROM_SERVER, ALERT_UNEXPECTED_MESSAGE, CSSL_R_RECORD_INTERLEAVED);
        scene_end(&s);
    }
}

/* Whoever is on the wire can write an alert in the clear. Once there are application keys it is
 * no alert: else anybody could end a stream as if its sender had. */
static void test_alert_in_the_clear(void **state)
{
    (void)state;
    static const char *const alerts[] = { "1503030002 0100", "1503030002 0228",
                                          "1503030002 015a" };
    for (enum pair_dir side = FROM_CLIENT; side <= FROM_SERVER; side++) {
        for (size_t i = 0; i < ARRAY_SIZE(alerts); i++) {
            struct scene s;
            uint8_t data[16];
            scene_begin(&s, NULL, &(cssl_options){ .session_tickets = CSSL_TICKETS_DISABLED });
            pair_must_connect(&s.p); /* and not one record under the new keys */
            pair_inject(&s.p, side, data, test_unhex(data, sizeof(data), alerts[i]));
            pair_must_fail(&s.p, side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT,
                           ALERT_UNEXPECTED_MESSAGE, CSSL_R_RECORD_NOT_SEALED);
            assert_false(s.p.side[FROM_CLIENT].closed || s.p.side[FROM_SERVER].closed);
            scene_end(&s);
        }
    }
}

/* ---- Too often ---- */

static void repeat(uint8_t type, const void *data, size_t len, int allowed, int reason)
{
    for (int extra = 0; extra < 2; extra++) {
        struct scene s;
        scene_begin(&s, NULL, NULL);
        pair_must_connect(&s.p);
        pair_must_talk(&s.p);
        for (int round = 0; round < 2 - extra; round++) {
            for (int i = 0; i < allowed + extra; i++) {
                say(&s.p, FROM_CLIENT, type, data, len);
            }
            pair_pump(&s.p);
            if (extra == 0) {
                pair_must_talk(&s.p); /* data in between: the count begins anew */
            }
        }
        if (extra == 1) {
            pair_must_fail(&s.p, FROM_SERVER, ALERT_UNEXPECTED_MESSAGE, reason);
        }
        scene_end(&s);
    }
}

/* What came during the handshake, such as a change_cipher_spec, is not counted afterwards. */
static void test_empty_at_once(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, NULL, NULL);
    pair_must_connect(&s.p);
    assert_int_equal(host_saw(&s.client, false, CT_CHANGE_CIPHER_SPEC, -1), 1);
    assert_int_equal(host_saw(&s.server, false, CT_CHANGE_CIPHER_SPEC, -1), 1);
    for (int side = FROM_CLIENT; side <= FROM_SERVER; side++) {
        for (int i = 0; i < 32; i++) {
            say(&s.p, (enum pair_dir)side, CT_APPLICATION_DATA, "", 0);
        }
    }
    pair_pump(&s.p);
    pair_must_talk(&s.p);
    scene_end(&s);
}

static void test_too_often(void **state)
{
    (void)state;
    repeat(CT_APPLICATION_DATA, "", 0, 32, CSSL_R_TOO_MANY_EMPTY);
    repeat(CT_ALERT, "\1\132", 2, 4, CSSL_R_TOO_MANY_WARNINGS);
}

static void test_key_updates_in_a_row(void **state)
{
    (void)state;
    for (int both = 0; both < 2; both++) {
        struct scene s;
        scene_begin(&s, NULL, NULL);
        pair_must_connect(&s.p);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 32; i++) {
                assert_int_equal(cssl_engine_update_keys(s.p.side[FROM_CLIENT].engine, both, NULL),
                                 0);
            }
            pair_pump(&s.p);
            assert_int_equal(s.p.side[FROM_SERVER].error.status, 0);
            pair_must_talk(&s.p);
        }
        if (both) { /* asked 96 times in three bursts: answered once a burst, or a little more */
            assert_in_range(host_saw(&s.server, true, CT_HANDSHAKE, HT_KEY_UPDATE), 3, 96);
        }
        for (int i = 0; i < 33; i++) {
            assert_int_equal(cssl_engine_update_keys(s.p.side[FROM_CLIENT].engine, both, NULL), 0);
        }
        pair_must_fail(&s.p, FROM_SERVER, ALERT_UNEXPECTED_MESSAGE, CSSL_R_TOO_MANY_UPDATES);
        scene_end(&s);
    }
}

/* Requests for key updates from a peer that never reads what is answered fill no memory. */
static void test_updates_unread(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, NULL, NULL);
    pair_must_connect(&s.p);
    struct cssl_engine *server = s.p.side[FROM_SERVER].engine;
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(cssl_engine_update_keys(s.p.side[FROM_CLIENT].engine, true, NULL), 0);
        assert_true(cssl_engine_write(s.p.side[FROM_CLIENT].engine, "x", 1, NULL) == 1);
        /* the server's side of the wire stands still: hand over by hand */
        cssl_bytes out = cssl_engine_output(s.p.side[FROM_CLIENT].engine);
        uint8_t *where = NULL;
        size_t room = cssl_engine_room(server, &where);
        assert_true(room >= out.len);
        memcpy(where, out.data, out.len);
        cssl_engine_sent(s.p.side[FROM_CLIENT].engine, out.len);
        assert_int_equal(cssl_engine_received(server, out.len, NULL), 0);
        cssl_event event;
        while (cssl_engine_next(server, &event)) {
        }
    }
    assert_true(server->conn.out.len < 1000); /* nothing was even sealed */
    pair_must_talk(&s.p);
    scene_end(&s);
}

/* Tickets without end are taken, a few are kept. */
static void test_many_tickets(void **state)
{
    (void)state;
    struct scene s;
    uint8_t body[4 + 4 + 1 + 2 + 32 + 2] = { 0, 0, 14, 16 };
    uint8_t bytes[4 + sizeof(body)];
    body[10] = 32;
    scene_begin(&s, NULL, NULL);
    pair_must_connect(&s.p);
    for (unsigned i = 0; i < 3000; i++) {
        body[11] = (uint8_t)i;
        body[12] = (uint8_t)(i >> 8);
        say(&s.p, FROM_SERVER, CT_HANDSHAKE, bytes,
            message(bytes, HT_NEW_SESSION_TICKET, body, sizeof(body)));
    }
    pair_must_talk(&s.p);
    assert_true(cache_size(s.client.config->shared->sessions) <= CACHE_CLIENT_PER_KEY);
    scene_end(&s);
}

/* ---- In the clear, instead of a handshake ---- */

static void test_not_tls(void **state)
{
    (void)state;
    static const struct {
        const char *what, *hex;
        enum pair_dir side;
        int alert, reason;
    } cases[] = {
        { "HTTP", "474554202f20485454502f312e310d0a0d0a", FROM_CLIENT, ALERT_UNEXPECTED_MESSAGE,
          0 },
        { "SMTP", "323230206d61696c0d0a", FROM_SERVER, ALERT_UNEXPECTED_MESSAGE, 0 },
        { "SSLv2", "802e0100020015000000100100800200800300800600400400800700c000", FROM_CLIENT,
          ALERT_UNEXPECTED_MESSAGE, 0 },
        { "major version 4", "1604030005 0100000100", FROM_CLIENT, ALERT_PROTOCOL_VERSION, 0 },
        { "data first", "1703030005 0102030405", FROM_CLIENT, ALERT_UNEXPECTED_MESSAGE, 0 },
        { "change_cipher_spec first", "1403030001 01", FROM_CLIENT, ALERT_UNEXPECTED_MESSAGE, 0 },
        { "change_cipher_spec of 2", "1403030001 02", FROM_SERVER, ALERT_UNEXPECTED_MESSAGE, 0 },
        { "a record of 16,385 bytes in the clear", "1603034001", FROM_CLIENT,
          ALERT_RECORD_OVERFLOW, CSSL_R_RECORD_TOO_LONG },
        { "an empty handshake record", "1603030000", FROM_CLIENT, ALERT_UNEXPECTED_MESSAGE, 0 },
        { "ServerHello to a server", "160303002a 02000026", FROM_CLIENT, ALERT_UNEXPECTED_MESSAGE,
          0 },
        { "a ClientHello to a client", "1603030004 01000000", FROM_SERVER,
          ALERT_UNEXPECTED_MESSAGE, 0 },
        { "a ClientHello of 64 KiB and one", "1603010004 01010001", FROM_CLIENT,
          ALERT_ILLEGAL_PARAMETER, CSSL_R_MESSAGE_TOO_LONG },
        { "an empty ClientHello", "1603010004 01000000", FROM_CLIENT, ALERT_DECODE_ERROR, 0 },
        { "an alert that nobody sends", "1503030002 0229", FROM_CLIENT, -1, CSSL_R_PEER_ALERT },
        { "close_notify at once", "1503030002 0100", FROM_CLIENT, -1, CSSL_R_CLOSED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene s;
        uint8_t data[128];
        enum pair_dir victim = cases[i].side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
        print_message("%s\n", cases[i].what);
        scene_begin(&s, NULL, NULL);
        size_t len = test_unhex(data, sizeof(data), cases[i].hex);
        if (memcmp(data, "\x16\x03\x03\x00\x2a", 5) == 0) {
            memset(data + len, 0, 5 + 0x2a - len);
            len = 5 + 0x2a;
        }
        pair_inject(&s.p, cases[i].side, data, len);
        cssl_bytes hello = cssl_engine_output(s.p.side[FROM_CLIENT].engine);
        cssl_engine_sent(s.p.side[FROM_CLIENT].engine, hello.len); /* is never sent */
        pair_end(&s.p);
        const cssl_error *err = &s.p.side[victim].error;
        assert_true(err->status < 0);
        assert_int_equal(host_alert(s.p.side[victim].host, true), cases[i].alert);
        if (cases[i].reason != 0) {
            assert_int_equal(err->reason, cases[i].reason);
        }
        scene_end(&s);
    }
}

/* Thirty-three change_cipher_spec in a row, the most annoying way to say nothing. */
static void test_many_ccs(void **state)
{
    (void)state;
    struct scene s;
    scene_begin(&s, NULL, NULL);
    for (int i = 0; i < 33; i++) {
        pair_inject(&s.p, FROM_SERVER, "\x14\x03\x03\x00\x01\x01", 6);
    }
    pair_end(&s.p);
    assert_int_equal(s.p.side[FROM_CLIENT].error.reason, CSSL_R_TOO_MANY_EMPTY);
    scene_end(&s);
}

/* ---- The size of a ClientHello ---- */

/* big_hello makes a ClientHello of exactly len bytes of an engine's own, by an extension that
 * nobody knows, as records. */
static void big_hello(struct scene *s, size_t len, struct buf *out)
{
    cssl_bytes own = cssl_engine_output(s->p.side[FROM_CLIENT].engine);
    struct rd r = rd_of(bytes_of(own.data + 9, own.len - 9));
    uint8_t *hello = calloc(1, len + 4);
    assert_non_null(hello);
    size_t at = 4;
    (void)rd_bytes(&r, 2 + 32);
    (void)rd_vec8(&r);
    (void)rd_vec16(&r);
    (void)rd_vec8(&r);
    size_t front = own.len - 9 - r.left;
    cssl_bytes extensions = rd_view16(&r);
    assert_true(rd_done(&r) && extensions.len > 100);
    memcpy(hello + at, own.data + 9, front);
    at += front;
    size_t all = len - front - 2;
    hello[at++] = (uint8_t)(all >> 8);
    hello[at++] = (uint8_t)all;
    size_t filling = all - extensions.len - 4;
    hello[at++] = 0xfa;
    hello[at++] = 0xfa;
    hello[at++] = (uint8_t)(filling >> 8);
    hello[at++] = (uint8_t)filling;
    at += filling;
    memcpy(hello + at, extensions.data, extensions.len);
    at += extensions.len;
    assert_int_equal(at, len + 4);
    hello[0] = HT_CLIENT_HELLO;
    hello[1] = (uint8_t)(len >> 16);
    hello[2] = (uint8_t)(len >> 8);
    hello[3] = (uint8_t)len;
    for (size_t done = 0; done < len + 4;) {
        size_t n = min_size(len + 4 - done, 16384);
        const uint8_t header[] = { 22, 3, 1, (uint8_t)(n >> 8), (uint8_t)n };
        assert_int_equal(buf_append(out, header, 5), 0);
        assert_int_equal(buf_append(out, hello + done, n), 0);
        done += n;
    }
    free(hello);
}

static void test_big_hello(void **state)
{
    (void)state;
    static const struct { size_t len, chunk; bool taken; } cases[] = {
        { 2000, 0, true }, { 16384, 0, true }, { 40000, 777, true }, { 65536, 0, true },
        { 65536, 1, true }, { 65537, 0, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene s;
        struct buf hello = { .limit = 1 << 20 };
        scene_begin(&s, NULL, NULL);
        big_hello(&s, cases[i].len, &hello);
        s.p.chunk = cases[i].chunk;
        cssl_engine_sent(s.p.side[FROM_CLIENT].engine,
                         cssl_engine_output(s.p.side[FROM_CLIENT].engine).len);
        pair_inject(&s.p, FROM_CLIENT, buf_bytes(&hello).data, hello.len);
        pair_pump(&s.p);
        assert_int_equal(host_saw(&s.server, true, CT_HANDSHAKE, HT_SERVER_HELLO), cases[i].taken);
        if (!cases[i].taken) {
            assert_int_equal(s.p.side[FROM_SERVER].error.reason, CSSL_R_MESSAGE_TOO_LONG);
        }
        buf_free(&hello);
        scene_end(&s);
    }
}

/* ---- During the handshake, under its keys ---- */

/* hold_flight keeps all but the first ClientHello back. */
static void hold_flight(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                        struct buf *out)
{
    const enum pair_dir *side = p->tamper_arg;
    bool hold = dir == *side && (dir == FROM_SERVER || number > 0);
    assert_int_equal(buf_append(hold ? &p->held : out, record.data, record.len), 0);
}

static size_t last_record(cssl_bytes records)
{
    size_t at = 0, last = 0;
    while (at < records.len) {
        last = at;
        at += 5 + ((size_t)records.data[at + 3] << 8 | records.data[at + 4]);
    }
    assert_int_equal(at, records.len);
    return last;
}

/* to_signing runs a handshake until side waits for its signature: all that it has to say up to
 * its Certificate is said, under handshake keys. With instead, that Certificate never was. */
static void to_signing(struct scene *s, enum pair_dir side, const cssl_options *client,
                       const cssl_options *server, bool instead)
{
    cssl_options c = *client, v = *server;
    messages_apart = true;
    c.defer_steps = side == FROM_CLIENT;
    v.defer_steps = side == FROM_SERVER;
    scene_begin(s, &c, &v);
    s->p.step_leave = true;
    s->p.tamper = hold_flight;
    s->p.tamper_arg = &side;
    struct cssl_engine *e = s->p.side[side].engine;
    enum hs_state want = side == FROM_CLIENT ? CLIENT13_SIGNED : SERVER13_SIGNED;
    pair_pump(&s->p);
    while (e->hs->state != want) {
        assert_true(pair_step(&s->p, side));
        assert_non_null(e->hs);
        pair_pump(&s->p);
    }
    cssl_bytes held = buf_bytes(&s->p.held);
    size_t len = held.len;
    if (instead) {
        assert_true(e->conn.write.seq > 0);
        e->conn.write.seq--;
        len = last_record(held);
    }
    s->p.tamper = NULL;
    pair_inject(&s->p, side, held.data, len);
}

/* expect has the victim refuse what was said. The hostile side waits for its step, and hears
 * nothing. */
static void expect(struct scene *s, enum pair_dir victim, int alert, int reason)
{
    pair_pump(&s->p);
    const struct pair_side *v = &s->p.side[victim];
    if (v->error.status != CSSL_ALERT || v->error.alert_from_peer || v->error.alert != alert ||
        (reason != 0 && v->error.reason != reason)) {
        fail_msg("expected alert %d; have status %d, alert %d, reason %s: %s", alert,
                 v->error.status, v->error.alert, cssl_reason_name(v->error.reason),
                 v->error.text);
    }
    assert_int_equal(host_alert(v->host, true), alert);
    assert_false(s->p.side[FROM_SERVER].connected);
}

/* A client whose cookie is not the one that it was given, or has another length, or is none. */
static void test_cookie(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct scene s;
        scene_begin(&s, &(cssl_options){ .supported_groups = CSSL_LIST("x25519", "secp256r1"),
                                         .key_share_groups = CSSL_LIST("x25519"),
                                         .defer_steps = true },
                    &(cssl_options){ .supported_groups = CSSL_LIST("secp256r1") });
        s.p.step_leave = true;
        pair_pump(&s.p);
        assert_true(pair_step(&s.p, FROM_CLIENT));
        pair_pump(&s.p);
        struct hs *hs = ((struct cssl_engine *)s.p.side[FROM_CLIENT].engine)->hs;
        assert_true(hs->retried && hs->cookie_len == 32);
        const size_t lengths[] = { 32, 31, 0, 32 };
        hs->cookie[31] ^= (uint8_t)(i == 0);
        hs->cookie_len = lengths[i];
        assert_true(pair_step(&s.p, FROM_CLIENT));
        if (i < 3) {
            pair_must_fail(&s.p, FROM_SERVER, ALERT_ILLEGAL_PARAMETER, CSSL_R_COOKIE);
        } else {
            s.p.step_leave = false;
            pair_must_connect(&s.p);
        }
        scene_end(&s);
    }
}

/* certificate makes a Certificate message with num entries of the bytes. */
static size_t certificate(uint8_t *out, size_t size, size_t num, const void *der, size_t len)
{
    struct wr w;
    wr_fixed(&w, out, size);
    wr_u8(&w, HT_CERTIFICATE);
    wr_open24(&w);
    wr_u8(&w, 0);
    wr_open24(&w);
    for (size_t i = 0; i < num; i++) {
        wr_vec24(&w, bytes_of(der, len));
        wr_u16(&w, 0);
    }
    wr_close(&w);
    wr_close(&w);
    assert_true(wr_ok(&w));
    return w.len;
}

static void test_bad_certificates(void **state)
{
    (void)state;
    static uint8_t bytes[200000];
    static const uint8_t junk[200] = { 0x30, 0x82, 0x01 };
    const cssl_options with_client = { PAIR_IDENTITY(pair_client) };
    const cssl_options verifying = { .verify = CSSL_VERIFY_PEER };
    for (enum pair_dir side = FROM_CLIENT; side <= FROM_SERVER; side++) {
        enum pair_dir victim = side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
        struct scene s;
        /* seventeen certificates */
        to_signing(&s, side, &with_client, &verifying, true);
        say(&s.p, side, CT_HANDSHAKE, bytes, certificate(bytes, sizeof(bytes), 17, junk, 200));
        expect(&s, victim, ALERT_BAD_CERTIFICATE, CSSL_R_CERTIFICATES_TOO_MANY);
        scene_end(&s);
        /* no DER */
        to_signing(&s, side, &with_client, &verifying, true);
        say(&s.p, side, CT_HANDSHAKE, bytes, certificate(bytes, sizeof(bytes), 1, junk, 200));
        expect(&s, victim, ALERT_BAD_CERTIFICATE, 0);
        scene_end(&s);
        /* an empty certificate */
        to_signing(&s, side, &with_client, &verifying, true);
        say(&s.p, side, CT_HANDSHAKE, bytes, certificate(bytes, sizeof(bytes), 1, junk, 0));
        expect(&s, victim, ALERT_DECODE_ERROR, 0);
        scene_end(&s);
        /* a context that was not asked for */
        to_signing(&s, side, &with_client, &verifying, true);
        say(&s.p, side, CT_HANDSHAKE, "\x0b\0\0\x05\x01\xaa\0\0\0", 9);
        expect(&s, victim, ALERT_ILLEGAL_PARAMETER, CSSL_R_CERTIFICATE_CONTEXT);
        scene_end(&s);
        /* longer than max_handshake_size: the header is enough */
        to_signing(&s, side, &with_client, &verifying, true);
        say(&s.p, side, CT_HANDSHAKE,
            side == FROM_CLIENT ? "\x0b\x01\x00\x01" : "\x0b\x02\x00\x01", 4);
        expect(&s, victim, ALERT_ILLEGAL_PARAMETER, CSSL_R_MESSAGE_TOO_LONG);
        scene_end(&s);
    }
    /* a server without any */
    struct scene s;
    to_signing(&s, FROM_SERVER, &with_client, &verifying, true);
    say(&s.p, FROM_SERVER, CT_HANDSHAKE, "\x0b\0\0\x04\0\0\0\0", 8);
    expect(&s, FROM_CLIENT, ALERT_DECODE_ERROR, CSSL_R_CERTIFICATE_NONE);
    scene_end(&s);
}

/* verify says a CertificateVerify. */
static void verify(struct scene *s, enum pair_dir side, unsigned scheme, size_t len)
{
    uint8_t body[600] = { (uint8_t)(scheme >> 8), (uint8_t)scheme, (uint8_t)(len >> 8),
                          (uint8_t)len };
    uint8_t bytes[700];
    memset(body + 4, 0x30, len);
    say(&s->p, side, CT_HANDSHAKE, bytes,
        message(bytes, HT_CERTIFICATE_VERIFY, body, 4 + len));
}

static void test_bad_signatures(void **state)
{
    (void)state;
    static const struct { unsigned scheme; size_t len; int alert; } cases[] = {
        { SCHEME_ECDSA_SECP256R1_SHA256, 70, ALERT_DECRYPT_ERROR },
        { SCHEME_ECDSA_SECP256R1_SHA256, 0, ALERT_DECRYPT_ERROR },
        { SCHEME_ECDSA_SECP384R1_SHA384, 70, ALERT_ILLEGAL_PARAMETER }, /* not of this key */
        { SCHEME_RSA_PSS_RSAE_SHA256, 256, ALERT_ILLEGAL_PARAMETER },
        { SCHEME_RSA_PKCS1_SHA256, 256, ALERT_ILLEGAL_PARAMETER }, /* never in TLS 1.3 */
        { SCHEME_ECDSA_SHA1, 70, ALERT_ILLEGAL_PARAMETER },
        { 0, 70, ALERT_ILLEGAL_PARAMETER },
    };
    const cssl_options with_client = { PAIR_IDENTITY(pair_client) };
    const cssl_options verifying = { .verify = CSSL_VERIFY_PEER };
    for (enum pair_dir side = FROM_CLIENT; side <= FROM_SERVER; side++) {
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
            struct scene s;
            to_signing(&s, side, &with_client, &verifying, false);
            verify(&s, side, cases[i].scheme, cases[i].len);
            expect(&s, side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT, cases[i].alert, 0);
            scene_end(&s);
        }
    }
}

/* Messages left out and put in: with a certificate nobody gets past his signature. */
static void test_out_of_order(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        bool instead; /* of the certificate, else after it */
        uint8_t type;
        size_t len;
    } cases[] = {
        { "Finished instead of CertificateVerify", false, HT_FINISHED, 32 },
        { "Finished instead of Certificate", true, HT_FINISHED, 32 },
        { "CertificateVerify without Certificate", true, HT_CERTIFICATE_VERIFY, 80 },
        { "Certificate twice", false, HT_CERTIFICATE, 4 },
        { "EndOfEarlyData", false, HT_END_OF_EARLY_DATA, 0 },
        { "KeyUpdate", false, HT_KEY_UPDATE, 1 },
        { "NewSessionTicket", false, HT_NEW_SESSION_TICKET, 14 },
        { "ClientHello", false, HT_CLIENT_HELLO, 40 },
        { "ServerHello", false, HT_SERVER_HELLO, 40 },
        { "ServerHelloDone", false, HT_SERVER_HELLO_DONE, 0 },
        { "EncryptedExtensions again", false, HT_ENCRYPTED_EXTENSIONS, 2 },
        { "CertificateStatus", false, HT_CERTIFICATE_STATUS, 4 },
    };
    const cssl_options with_client = { PAIR_IDENTITY(pair_client) };
    const cssl_options verifying = { .verify = CSSL_VERIFY_PEER };
    for (enum pair_dir side = FROM_CLIENT; side <= FROM_SERVER; side++) {
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
            static const uint8_t zeros[100];
            uint8_t bytes[128];
            struct scene s;
            to_signing(&s, side, &with_client, &verifying, cases[i].instead);
            say(&s.p, side, CT_HANDSHAKE, bytes,
                message(bytes, cases[i].type, zeros, cases[i].len));
            expect(&s, side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT, ALERT_UNEXPECTED_MESSAGE,
                   CSSL_R_UNEXPECTED_MESSAGE);
            scene_end(&s);
        }
        /* data before Finished */
        struct scene s;
        to_signing(&s, side, &with_client, &verifying, false);
        say(&s.p, side, CT_APPLICATION_DATA, "data", 4);
        expect(&s, side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT, ALERT_UNEXPECTED_MESSAGE, 0);
        scene_end(&s);
    }
}

/* Records that are too long once they are encrypted. */
static void test_record_overflow(void **state)
{
    (void)state;
    static const struct { size_t len; int alert; } cases[] = {
        { 16384 + 256, ALERT_BAD_RECORD_MAC }, { 16384 + 257, ALERT_RECORD_OVERFLOW },
        { 65535, ALERT_RECORD_OVERFLOW }, { 0, ALERT_BAD_RECORD_MAC }, { 16, ALERT_BAD_RECORD_MAC },
    };
    static uint8_t record[5 + 65535];
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene s;
        scene_begin(&s, NULL, NULL);
        pair_must_connect(&s.p);
        memcpy(record, "\x17\x03\x03", 3);
        record[3] = (uint8_t)(cases[i].len >> 8);
        record[4] = (uint8_t)cases[i].len;
        pair_inject(&s.p, FROM_CLIENT, record, 5 + cases[i].len);
        pair_must_fail(&s.p, FROM_SERVER, cases[i].alert, 0);
        scene_end(&s);
    }
    /* a record that is long enough on the wire to hide more than 2^14 bytes */
    struct scene s;
    scene_begin(&s, NULL, NULL);
    pair_must_connect(&s.p);
    struct cssl_engine *e = s.p.side[FROM_CLIENT].engine;
    enum { LEN = 16385 };
    uint8_t *plain = calloc(1, LEN + 1 + 16);
    uint8_t nonce[AEAD_NONCE];
    uint8_t header[5] = { 23, 3, 3, (LEN + 17) >> 8, (LEN + 17) & 0xff };
    struct worker *w = worker_new();
    assert_non_null(plain);
    plain[LEN] = CT_APPLICATION_DATA;
    memcpy(nonce, e->conn.write.iv, sizeof(nonce));
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] ^= (uint8_t)(e->conn.write.seq >> (8 * (7 - i)));
    }
    cssl_bytes piece = bytes_of(plain, LEN + 1);
    assert_int_equal(aead_seal(w, &e->conn.write.key, nonce, bytes_of(header, 5), &piece, 1, plain,
                               NULL), 0);
    pair_inject(&s.p, FROM_CLIENT, header, 5);
    pair_inject(&s.p, FROM_CLIENT, plain, LEN + 17);
    pair_must_fail(&s.p, FROM_SERVER, ALERT_RECORD_OVERFLOW, 0);
    worker_free(w);
    free(plain);
    scene_end(&s);
}

/* A server that speaks before the client is done, to a queue that is full, still ends its
 * handshake: tickets find room. */
static void hold_client(struct pair *p, enum pair_dir dir, size_t number, cssl_bytes record,
                        struct buf *out)
{
    bool hold = dir == FROM_CLIENT && number > 0;
    assert_int_equal(buf_append(hold ? &p->held : out, record.data, record.len), 0);
}

static void test_full_queue(void **state)
{
    (void)state;
    struct scene s;
    static uint8_t data[400000];
    scene_begin(&s, NULL, NULL);
    s.p.tamper = hold_client;
    pair_pump(&s.p);
    cssl_engine *server = s.p.side[FROM_SERVER].engine;
    while (cssl_engine_write(server, data, sizeof(data), NULL) > 0) {
    }
    /* by hand, since the pump would empty the queue */
    uint8_t *where = NULL;
    size_t room = cssl_engine_room(server, &where);
    assert_true(room >= s.p.held.len);
    memcpy(where, buf_bytes(&s.p.held).data, s.p.held.len);
    assert_int_equal(cssl_engine_received(server, s.p.held.len, NULL), 0);
    s.p.tamper = NULL;
    pair_must_connect(&s.p);
    pair_must_talk(&s.p);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late), cmocka_unit_test(test_interleaved),
        cmocka_unit_test(test_empty_at_once), cmocka_unit_test(test_too_often),
        cmocka_unit_test(test_key_updates_in_a_row), cmocka_unit_test(test_updates_unread),
        cmocka_unit_test(test_many_tickets), cmocka_unit_test(test_not_tls),
        cmocka_unit_test(test_many_ccs), cmocka_unit_test(test_big_hello),
        cmocka_unit_test(test_bad_certificates), cmocka_unit_test(test_bad_signatures),
        cmocka_unit_test(test_out_of_order), cmocka_unit_test(test_record_overflow),
        cmocka_unit_test(test_full_queue), cmocka_unit_test(test_cookie),
        cmocka_unit_test(test_alert_in_the_clear),
    };
    return cmocka_run_group_tests(tests, scene_set_up, NULL);
}

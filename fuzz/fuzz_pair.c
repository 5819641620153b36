/*
 * fuzz_pair.c - whole sessions of both versions between two engines of ours, and somebody between
 * them who holds all keys: he changes, drops, doubles and adds what goes under them, while both
 * programs renegotiate, change keys, ask for certificates, pause, answer, write and close. No
 * handshake of which a message was touched may be completed, and both sides agree on every other.
 *
 *     input = options (2) | op (1) | argument (2) | op ...
 *
 * One op is taken for each record that passes; when there is none left, all passes as it is.
 */
#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"
#include "engine/engine.h"
#include "pair/certs.c"

#include <stdio.h>
#include <stdlib.h>

enum { NOW = 1800000000, TURNS = 200, CLIENT = 0, SERVER = 1 };

/* Bits of the options. */
enum {
    TLS12 = 1,
    KX = 6, /* two bits; TLS 1.2: ECDHE, RSA, PSK, ECDHE_PSK; TLS 1.3: the upper one is for a PSK */
    CBC = 8,
    MUTUAL = 0x10,
    COMPRESSED = 0x20,
    PAUSES = 0x40,
    ASKS = 0x80,
    LATER = 0x100,
    AGAIN = 0x200, /* renegotiation is allowed */
    COMES_BACK = 0x400,
    ANSWER = 0x1800, /* two bits: right, refused, wrong, never */
    GREASE = 0x2000,
    RETRY = 0x4000
};
enum { ANSWER_SHIFT = 11, ANSWER_RIGHT = 0, ANSWER_REFUSED = 1, ANSWER_WRONG = 2 };

/* Ops: what happens to the next record, or before it. */
enum {
    OP_PASS,
    OP_XOR,    /* the byte that the first byte of the argument says, with the second */
    OP_DROP,
    OP_TWICE,
    OP_CUT,    /* its last byte */
    OP_ADD,    /* before it: a message of one byte, its type in the argument */
    OP_RECORD, /* before it: a record of two bytes, its type in the argument */
    OP_RENEGOTIATE,
    OP_UPDATE,
    OP_REQUEST,
    OP_WRITE,
    OP_CLOSE,
    OP_END,
    OPS
};

struct side {
    cssl_engine *e;
    struct rec_half opens; /* what the other one seals with, by its count */
    bool connected, ended, failed;
    bool touched; /* a message of the handshake that is going on, which it has heard */
};

static struct side sides[2];
static unsigned options;
static struct worker *worker;
static uint64_t random_state;
static const uint8_t psk[32] = { 1, 2, 3, 4 };

static void must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "broken promise: %s\n", what);
        abort();
    }
}

static int fixed_random(void *user, uint8_t *out, size_t len)
{
    (void)user;
    for (size_t i = 0; i < len; i++) {
        random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407U;
        out[i] = (uint8_t)(random_state >> 56);
    }
    return 0;
}

static int64_t fixed_clock(void *user, cssl_clock which)
{
    (void)user;
    (void)which;
    return NOW * INT64_C(1000000);
}

/* ---- Configs ---- */

static const char *suite(void)
{
    static const char *const aead[] = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                        "TLS_RSA_WITH_AES_128_GCM_SHA256",
                                        "TLS_PSK_WITH_AES_128_GCM_SHA256",
                                        "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256" };
    static const char *const cbc[] = { "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
                                       "TLS_RSA_WITH_AES_128_CBC_SHA256",
                                       "TLS_PSK_WITH_AES_128_CBC_SHA256",
                                       "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256" };
    return ((options & CBC) != 0 ? cbc : aead)[(options & KX) >> 1];
}

static cssl_config *make(bool server)
{
    const bool twelve = (options & TLS12) != 0, mutual = (options & MUTUAL) != 0;
    const unsigned kx = (options & KX) >> 1;
    const bool rsa = twelve && kx == 1, by_psk = kx >= 2;
    const bool verifies = (!server || mutual) && !(twelve && by_psk);
    const bool asks = (options & ASKS) != 0;
    const char *const pem = !server ? pair_client_ed25519 : rsa ? pair_rsa_encipher : pair_ed25519;
    const cssl_cert_key identity = { .cert = bytes_str(pem) };
    const char *const suites[] = { suite(), NULL };
    const cssl_options o = {
        .versions = twelve ? CSSL_TLSV1_2 : CSSL_TLSV1_3,
        .ciphers = twelve ? suites : NULL,
        .supported_groups = server && (options & RETRY) != 0 ? CSSL_LIST("secp256r1")
                                                             : CSSL_LIST("x25519", "secp256r1"),
        .alpn_protocols = CSSL_LIST("h2"),
        .certs_keys = &identity,
        .num_certs_keys = server || (mutual && !(twelve && by_psk)),
        .verify = verifies ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE,
        .cacerts = !verifies ? bytes_of(NULL, 0) : bytes_str(rsa && !server ? pair_root2
                                                                            : pair_root),
        .cert_compression = (options & COMPRESSED) != 0 && !twelve ? CSSL_LIST("zlib") : NULL,
        .psk_identity = by_psk && !(server && asks) ? "fuzz" : NULL,
        .psk = bytes_of(psk, by_psk && !(server && asks) ? sizeof(psk) : 0),
        .pause_at_hello = (options & PAUSES) != 0,
        .ask_about = !asks ? 0 : (verifies ? CSSL_ASK_VERIFY : 0) |
                                     (server ? CSSL_ASK_SNI | CSSL_ASK_PSK : 0),
        .post_handshake_auth = (options & LATER) != 0 && !twelve && (!server || verifies),
        .client_renegotiation = (options & AGAIN) != 0 && twelve ? CSSL_ON : CSSL_DEFAULT,
        .session_tickets = (options & COMES_BACK) != 0 ? CSSL_TICKETS_DEFAULT
                                                       : CSSL_TICKETS_DISABLED,
        .grease = (options & GREASE) != 0 && !server,
        .now_us = fixed_clock,
        .random = fixed_random };
    cssl_error err;
    cssl_config *config = server ? cssl_server_config(&o, &err) : cssl_client_config(&o, &err);
    if (config == NULL) {
        fprintf(stderr, "options %x: %s\n", options, err.text);
        abort();
    }
    return config;
}

/* ---- Engines ---- */

static void note(struct side *s, int ret, const cssl_error *err)
{
    if (ret < 0) {
        must(err->status < 0 && err->text[0] != '\0', "an error says why");
        must(err->alert_from_peer || err->alert != ALERT_INTERNAL_ERROR ||
                 err->reason == CSSL_R_ANSWER_WRONG || ((options & ANSWER) >> ANSWER_SHIFT) != 0,
             "no fault of our own");
        s->failed = true;
    }
}

static void answer(struct side *s, const cssl_question *q)
{
    const unsigned how = (options & ANSWER) >> ANSWER_SHIFT;
    static const uint8_t wrong[32] = { 9 };
    cssl_answer a = { .id = q->id };
    cssl_error err;
    if (how > ANSWER_WRONG) {
        return;
    }
    if (how == ANSWER_REFUSED) {
        a.verdict = CSSL_REJECT;
    } else if (q->kind == CSSL_ASK_PSK) {
        a.verdict = CSSL_ACCEPT;
        a.value = bytes_of(how == ANSWER_WRONG ? wrong : psk, 32);
    }
    int ret = cssl_engine_answer(s->e, &a, &err);
    note(s, ret == CSSL_STATE ? 0 : ret, &err);
}

static void connected(struct side *s, const cssl_event *event)
{
    if (event->error != NULL && event->error->status != 0) {
        must((options & TLS12) != 0, "refused renegotiations are of TLS 1.2");
    } else {
        must(!s->touched, "a handshake that was touched is completed");
        s->connected = true;
    }
}

static void take_events(struct side *s)
{
    cssl_event event;
    cssl_error err;
    while (cssl_engine_next(s->e, &event)) {
        switch (event.type) {
        case CSSL_EV_CONNECTED: connected(s, &event); break;
        case CSSL_EV_DATA: must(s->connected, "data after the handshake"); break;
        case CSSL_EV_ASK: answer(s, &event.question); break;
        case CSSL_EV_HELLO: {
            int ret = cssl_engine_continue(s->e, NULL, &err);
            note(s, ret, &err);
            break;
        }
        case CSSL_EV_ERROR: note(s, -1, event.error); break;
        default: break;
        }
    }
}

/* ---- The one between them ---- */

static void feed(struct side *s, const uint8_t *data, size_t len)
{
    while (len > 0 && !s->ended) {
        uint8_t *where = NULL;
        cssl_error err = { 0 };
        size_t n = min_size(cssl_engine_room(s->e, &where), len);
        if (n == 0) {
            return; /* failed, or paused: what came is lost */
        }
        memcpy(where, data, n);
        data += n;
        len -= n;
        note(s, cssl_engine_received(s->e, n, &err), &err);
        take_events(s);
    }
}

/* sync: the side's keys have changed, and the other's count begins anew. */
static void sync(struct side *s)
{
    const struct rec_half *now = &s->e->conn.read;
    if (now->epoch != s->opens.epoch || now->version != s->opens.version ||
        memcmp(now->iv, s->opens.iv, sizeof(now->iv)) != 0 ||
        memcmp(&now->cbc, &s->opens.cbc, sizeof(now->cbc)) != 0) {
        s->opens = *now;
    }
}

/* tell seals a record as the side expects it now. TLS 1.3's change_cipher_spec is never sealed. */
static void tell(struct side *s, uint8_t type, const uint8_t *data, size_t len)
{
    const bool clear = type == CT_CHANGE_CIPHER_SPEC && (options & TLS12) == 0;
    struct rec_half half = clear ? (struct rec_half){ .epoch = 0 } : s->e->conn.read;
    struct buf out = { .limit = 1 << 20 };
    const cssl_bytes piece = bytes_of(data, len);
    sync(s);
    if (len <= rec_content_max(&half) &&
        rec_seal(&half, worker, type, &piece, 1, 0, &out, NULL) == 0) {
        feed(s, buf_bytes(&out).data, buf_bytes(&out).len);
    }
    buf_free(&out);
}

/* touch: a message of a handshake is not what the other one says, and is heard. HelloRequest is of
 * no handshake. */
static void touch(struct side *s, const struct rec *rec)
{
    uint8_t *where = NULL;
    if (s->failed || s->ended || cssl_engine_room(s->e, &where) == 0) {
        return; /* it hears nothing any more, or not now */
    }
    if (s->e->hs != NULL && rec->type == CT_HANDSHAKE &&
        (rec->len == 0 || rec->data[0] != HT_HELLO_REQUEST)) {
        s->touched = true;
        /* The client gets to know of what the server hears before it says its Finished. */
        sides[CLIENT].touched = sides[CLIENT].touched || s->e->hs->state == SERVER13_START;
    }
}

static void act(struct side *s, unsigned op, unsigned arg)
{
    struct side *who = &sides[arg & 1];
    cssl_error err = { 0 };
    const uint8_t message[] = { (uint8_t)arg, 0, 0, 1, (uint8_t)(arg >> 8) };
    switch (op) {
    case OP_ADD:
        touch(s, &(struct rec){ .type = CT_HANDSHAKE, .data = (uint8_t[]){ message[0] },
                                .len = 1 });
        tell(s, CT_HANDSHAKE, message, message[0] == HT_HELLO_REQUEST ? 4 : sizeof(message));
        break;
    case OP_RECORD: {
        const uint8_t type = (uint8_t)(arg & 0xff);
        const uint8_t data[] = { (uint8_t)(arg >> 8 & 3), (uint8_t)(arg >> 10) };
        if (type != CT_HANDSHAKE) {
            tell(s, type, data, type == CT_CHANGE_CIPHER_SPEC ? 1 : 2);
        }
        break;
    }
    case OP_RENEGOTIATE: (void)cssl_engine_renegotiate(who->e, &err); break;
    case OP_UPDATE: (void)cssl_engine_update_keys(who->e, (arg & 2) != 0, &err); break;
    case OP_REQUEST: (void)cssl_engine_request_certificate(who->e, &err); break;
    case OP_WRITE: (void)cssl_engine_write(who->e, psk, 1 + (arg >> 1) % sizeof(psk), &err); break;
    case OP_CLOSE: (void)cssl_engine_close(who->e, &err); break;
    case OP_END:
        if (!s->ended) {
            note(s, cssl_engine_received(s->e, 0, &err), &err);
            s->ended = true;
            take_events(s);
        }
        break;
    default: break;
    }
    take_events(who);
}

/* record brings one record to a side, after what op does to it. */
static void record(struct side *s, cssl_bytes wire, unsigned op, unsigned arg)
{
    static uint8_t copy[REC_WIRE_MAX];
    struct rec rec;
    act(s, op, arg);
    if (s->failed || wire.len > sizeof(copy)) {
        return;
    }
    sync(s);
    memcpy(copy, wire.data, wire.len);
    if (rec_open(&s->opens, worker, copy, wire.len, &rec, NULL) != 0) {
        feed(s, wire.data, wire.len); /* he has mixed them up too much */
        return;
    }
    switch (op) {
    case OP_XOR:
        if (rec.len > 0 && (arg & 0xff) != 0) {
            touch(s, &rec);
            rec.data[(arg >> 8) % rec.len] ^= (uint8_t)(arg & 0xff);
        }
        break;
    case OP_DROP: touch(s, &rec); return;
    case OP_TWICE:
        tell(s, rec.type, rec.data, rec.len);
        touch(s, &rec);
        break;
    case OP_CUT:
        touch(s, &rec);
        rec.len -= rec.len > 0 ? 1 : 0;
        break;
    default: break;
    }
    if (!s->failed) {
        tell(s, rec.type, rec.data, rec.len);
    }
}

/* carry brings what from has said to the other side, record by record. */
static bool carry(struct side *from, struct side *to, struct rd *script)
{
    static uint8_t flight[1 << 17];
    take_events(from);
    cssl_bytes out = cssl_engine_output(from->e);
    must(out.len <= sizeof(flight), "bounded output");
    const size_t all = out.len;
    if (all > 0) {
        memcpy(flight, out.data, all);
        cssl_engine_sent(from->e, all);
    }
    for (size_t at = 0, len; all - at >= REC_HEADER; at += len) {
        len = REC_HEADER + ((size_t)flight[at + 3] << 8 | flight[at + 4]);
        must(len <= all - at, "whole records");
        unsigned op = OP_PASS, arg = 0;
        if (script->left >= 3) {
            op = rd_u8(script) % OPS;
            arg = rd_u16(script);
        }
        record(to, bytes_of(flight + at, len), op, arg);
    }
    if (to->e->hs == NULL && from->e->hs == NULL) {
        from->touched = to->touched = false;
    }
    return all > 0;
}

static void agree(void)
{
    uint8_t keys[2][32];
    int ok[2];
    for (int i = 0; i < 2; i++) {
        ok[i] = cssl_engine_export_key_material(sides[i].e, "EXPORTER-fuzz", bytes_of(NULL, 0),
                                                keys[i], sizeof(keys[i]), NULL);
    }
    must(ok[0] != 0 || ok[1] != 0 || memcmp(keys[0], keys[1], sizeof(keys[0])) == 0,
         "both sides have the same keys");
}

static void session(cssl_config *client, cssl_config *server, struct rd *script)
{
    static const cssl_peer peer = { .name = "server.test", .port = 443 };
    memset(sides, 0, sizeof(sides));
    sides[CLIENT].e = cssl_engine_new(client, &peer, NULL);
    sides[SERVER].e = cssl_engine_new(server, NULL, NULL);
    must(sides[CLIENT].e != NULL && sides[SERVER].e != NULL, "engines");
    for (int turn = 0, idle = 0; turn < TURNS && idle < 2; turn++) {
        idle = carry(&sides[turn & 1], &sides[!(turn & 1)], script) ? 0 : idle + 1;
        if (idle == 2 && script->left >= 3) { /* nothing passes, but there is more to do */
            unsigned op = rd_u8(script) % OPS;
            act(&sides[op & 1], op, rd_u16(script));
            idle = 0;
        }
    }
    if (sides[CLIENT].connected && sides[SERVER].connected && !sides[CLIENT].failed &&
        !sides[SERVER].failed && sides[CLIENT].e->hs == NULL && sides[SERVER].e->hs == NULL) {
        agree();
    }
    cssl_engine_free(sides[CLIENT].e);
    cssl_engine_free(sides[SERVER].e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rd script = rd_of(bytes_of(data, len)), none = rd_of(bytes_of(NULL, 0));
    options = rd_u16(&script);
    random_state = 1;
    worker = worker_new();
    must(worker != NULL, "memory");
    cssl_config *client = make(false), *server = make(true);
    if ((options & COMES_BACK) != 0) {
        session(client, server, &none);
    }
    session(client, server, &script);
    if (script.left == 0 && len == 2 && (options & ANSWER) == 0) { /* nothing was done to it */
        must(sides[CLIENT].connected && sides[SERVER].connected, "a good session");
    }
    cssl_config_free(client);
    cssl_config_free(server);
    worker_free(worker);
    return 0;
}

/* play.c - see play.h. Links with every fuzz target; does nothing until play_init. */
#include "play/play.h"

#include "pair/certs.h"
#include "base/error.h"
#include "crypto/pem.h"
#include "crypto/pkey.h"
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

enum { NOW = 1800000000, OUTPUT_MAX = 1 << 20, EARLY_LIMIT = 1000 };

static const uint8_t ticket_seed[32] = { 4, 5, 6 };

struct play_sent play_sent;

static cssl_config *configs[VARIANTS];
static struct pkey *peer_key; /* of the certificate that the peer shows */
static struct worker *worker;
static bool is_server;
static uint64_t random_state;
static int64_t clock_us;

struct player {
    struct cssl_engine *e;
    unsigned variant;
    bool connected;
    cssl_error error; /* the first one */
    bool proved_identity, proved_psk, finished;
    bool early;
    size_t early_len; /* bytes of early data that were handed out */
};

static void make(unsigned variant);
static void begin_early(struct player *p);
static void feed(struct player *p, cssl_bytes bytes);
static void one_op(struct player *p, uint8_t op, cssl_bytes bytes);
static void take_events(struct player *p);
static void drain(struct player *p);

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
    return clock_us;
}

static void count_sent(void *user, const cssl_trace_event *event)
{
    (void)user;
    if (event->sent && event->content_type == CT_HANDSHAKE) {
        play_sent.certificates += event->message.data[0] == HT_CERTIFICATE;
        play_sent.tickets += event->message.data[0] == HT_NEW_SESSION_TICKET;
    }
}

static struct pkey *key_of(const char *pem)
{
    struct pkey *key = NULL;
    size_t at = 0;
    for (;;) {
        struct pem_block block;
        must(pem_next(bytes_str(pem), &at, &block, NULL) == 0 && block.label[0] != '\0',
             "an identity has a key");
        if (strcmp(block.label, "PRIVATE KEY") == 0) {
            key = pkey_from_der(bytes_of(block.der, block.len), NULL, NULL);
        }
        pem_free(&block);
        if (key != NULL) {
            return key;
        }
    }
}

void play_init(bool server)
{
    is_server = server;
    worker = worker_new();
    peer_key = key_of(server ? pair_client_ed25519 : pair_ed25519);
    must(worker != NULL, "memory");
    for (unsigned i = 0; i < VARIANTS; i++) {
        make(i);
    }
}

void play_free(void)
{
    for (unsigned i = 0; i < VARIANTS; i++) {
        cssl_config_free(configs[i]);
        configs[i] = NULL;
    }
    pkey_free(peer_key);
    worker_free(worker);
}

static void make(unsigned variant)
{
    const char *pem = is_server ? pair_ed25519 : pair_client_ed25519;
    const cssl_cert_key identity = { .cert = bytes_str(pem) };
    bool mutual = (variant & VARIANT_MUTUAL) != 0;
    bool with_psk = (variant & VARIANT_PSK) != 0;
    cssl_options o = { .middlebox_comp_mode = CSSL_OFF,
                       .alpn_protocols = CSSL_LIST("h2"),
                       .supported_groups = is_server && (variant & VARIANT_RETRY) != 0
                                               ? CSSL_LIST("secp256r1")
                                               : CSSL_LIST("x25519", "secp256r1"),
                       .ciphers = CSSL_LIST("TLS_AES_128_GCM_SHA256",
                                            "TLS_CHACHA20_POLY1305_SHA256"),
                       .defer_steps = (variant & VARIANT_STEPS) != 0,
                       .now_us = fixed_clock,
                       .random = fixed_random,
                       .trace = count_sent };
    if (is_server || mutual) {
        o.certs_keys = &identity;
        o.num_certs_keys = 1;
    }
    if (!is_server || mutual) {
        o.verify = CSSL_VERIFY_PEER;
        o.cacerts = bytes_str(pair_root);
    }
    static const char *const raw_first[] = { "raw_public_key", "x509", NULL };
    const cssl_bytes trusted = pkey_spki(peer_key);
    if ((variant & VARIANT_RAW) != 0) {
        o.own_cert_types = o.peer_cert_types = raw_first;
        o.trusted_keys = &trusted;
        o.num_trusted_keys = o.verify == CSSL_VERIFY_PEER ? 1 : 0;
    }
    if (with_psk) {
        o.psk_identity = PLAY_PSK_IDENTITY;
        o.psk = bytes_str(PLAY_PSK);
    }
    if (is_server) {
        o.ticket_seed = bytes_of(ticket_seed, sizeof(ticket_seed));
        o.cookie = CSSL_OFF;
    } else {
        o.session_tickets = CSSL_TICKETS_MANUAL;
    }
    cssl_error err;
    configs[variant] = is_server ? cssl_server_config(&o, &err) : cssl_client_config(&o, &err);
    if (configs[variant] == NULL) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
}

/* must_prove tells whether the peer of this variant has to show a certificate or, to a server, a
 * binder. A server with a PSK proves itself by its Finished. */
static bool must_prove(unsigned variant)
{
    return is_server ? (variant & VARIANT_MUTUAL) != 0 : (variant & VARIANT_PSK) == 0;
}

bool play(cssl_bytes script, cssl_error *error)
{
    struct rd r = rd_of(script);
    const uint8_t first = rd_u8(&r);
    struct player p = { .variant = first % VARIANTS, .early = is_server && first == PLAY_EARLY };
    const cssl_peer peer = { .name = "server.test", .port = 443 };
    play_sent = (struct play_sent){ 0 };
    random_state = 1;
    clock_us = NOW * INT64_C(1000000);
    if (p.early) {
        begin_early(&p);
    } else {
        p.e = cssl_engine_new(configs[p.variant], is_server ? NULL : &peer, NULL);
    }
    must(p.e != NULL, "an engine");
    take_events(&p);
    drain(&p);
    while (rd_more(&r)) {
        uint8_t op = rd_u8(&r);
        uint16_t len = rd_u16(&r);
        one_op(&p, op, rd_bytes(&r, min_size(len, r.left)));
        drain(&p);
        if (p.connected) {
            must(p.finished, "connected without Finished");
            must(p.proved_identity || p.proved_psk || !must_prove(p.variant),
                 "connected with somebody who proved nothing");
        }
    }
    cssl_engine_free(p.e);
    *error = p.error;
    return p.connected;
}

/* carry moves what one engine has to say to another, and drops what comes of it. */
static void carry(cssl_engine *from, cssl_engine *to)
{
    cssl_event event;
    cssl_bytes out = cssl_engine_output(from);
    uint8_t *where = NULL;
    if (out.len > 0) {
        must(cssl_engine_room(to, &where) >= out.len, "room for a flight");
        memcpy(where, out.data, out.len);
        must(cssl_engine_received(to, out.len, NULL) == 0, "a good flight");
        cssl_engine_sent(from, out.len);
    }
    while (cssl_engine_next(to, &event)) {
    }
}

/* begin_early lets a client of ours meet a server, and come back with early data. The configs are
 * made each time: a server that has seen a first flight would not take it again. */
static void begin_early(struct player *p)
{
    const cssl_peer peer = { .name = "server.test", .port = 443 };
    const cssl_cert_key identity = { .cert = bytes_str(pair_ed25519) };
    const cssl_options server = { .certs_keys = &identity,
                                  .num_certs_keys = 1,
                                  .max_early_data = EARLY_LIMIT,
                                  .anti_replay_bits = 1024,
                                  .now_us = fixed_clock,
                                  .random = fixed_random,
                                  .trace = count_sent };
    const cssl_options client = { .cacerts = bytes_str(pair_root),
                                  .supported_groups = CSSL_LIST("x25519"),
                                  .early_data = bytes_str("early"),
                                  .now_us = fixed_clock,
                                  .random = fixed_random };
    cssl_config *sc = cssl_server_config(&server, NULL), *cc = cssl_client_config(&client, NULL);
    must(sc != NULL && cc != NULL, "configs for early data");
    cssl_engine *s = cssl_engine_new(sc, NULL, NULL), *c = cssl_engine_new(cc, &peer, NULL);
    must(s != NULL && c != NULL, "engines for early data");
    for (int i = 0; i < 3; i++) {
        carry(c, s);
        carry(s, c);
    }
    cssl_engine_free(s);
    cssl_engine_free(c);
    c = cssl_engine_new(cc, &peer, NULL);
    p->e = cssl_engine_new(sc, NULL, NULL);
    must(c != NULL && p->e != NULL, "engines for early data");
    p->proved_psk = true;
    feed(p, cssl_engine_output(c));
    must(p->early_len == strlen("early"), "early data");
    cssl_engine_free(c);
    cssl_config_free(sc);
    cssl_config_free(cc);
}

/* note keeps the first failure. None is our own fault, unless the peer says that it was its. */
static void note(struct player *p, int ret, const cssl_error *error)
{
    if (ret >= 0) {
        return;
    }
    must(error->status < 0 && error->text[0] != '\0', "an error says why");
    must(error->alert_from_peer || error->alert != ALERT_INTERNAL_ERROR, "no fault of our own");
    if (p->error.status == 0) {
        p->error = *error;
    }
}

static void take_events(struct player *p)
{
    cssl_event event;
    cssl_error error = { 0 };
    while (cssl_engine_next(p->e, &event)) {
        switch (event.type) {
        case CSSL_EV_STEP: {
            cssl_step *step = cssl_engine_step(p->e);
            must(step != NULL, "a step that was announced");
            cssl_step_run(step);
            note(p, cssl_engine_step_done(p->e, step, &error), &error);
            break;
        }
        case CSSL_EV_CONNECTED:
            must(!p->connected, "connected once");
            p->connected = true;
            break;
        case CSSL_EV_ERROR:
            note(p, -1, event.error);
            break;
        case CSSL_EV_EARLY_DATA:
            p->early_len += event.data.len;
            must(p->early && !p->connected && event.data.len > 0, "early data of a client");
            must(p->early_len <= EARLY_LIMIT, "bounded early data");
            break;
        case CSSL_EV_DATA:
            must(p->connected && event.data.len > 0, "data after the handshake");
            break;
        default:
            break;
        }
    }
}

static void drain(struct player *p)
{
    cssl_bytes out = cssl_engine_output(p->e);
    must(out.len <= OUTPUT_MAX, "bounded output");
    cssl_engine_sent(p->e, out.len);
}

static void feed(struct player *p, cssl_bytes bytes)
{
    while (bytes.len > 0) {
        uint8_t *where = NULL;
        size_t room = cssl_engine_room(p->e, &where);
        if (room == 0) {
            return;
        }
        must(p->error.status == 0, "no room after an error");
        size_t n = min_size(room, bytes.len);
        memcpy(where, bytes.data, n);
        bytes = bytes_of(bytes.data + n, bytes.len - n);
        cssl_error err = { 0 };
        note(p, cssl_engine_received(p->e, n, &err), &err);
        take_events(p);
    }
}

/* seal feeds one record, protected as the engine expects the next one to be. */
static void seal(struct player *p, uint8_t type, cssl_bytes bytes)
{
    struct rec_half half = p->e->conn.read;
    struct buf out = { .limit = REC_WIRE_MAX };
    bytes.len = min_size(bytes.len, REC_PLAIN_MAX);
    if (type == CT_CHANGE_CIPHER_SPEC) {
        half = (struct rec_half){ 0 };
    }
    must(rec_seal(&half, worker, type, &bytes, 1, 0, &out, NULL) == 0, "a record");
    feed(p, buf_bytes(&out));
    buf_free(&out);
}

static void play_finished(struct player *p)
{
    struct hs *hs = p->e->hs;
    uint8_t message[4 + HASH_MAX] = { HT_FINISHED };
    uint8_t hash[HASH_MAX];
    if (hs == NULL || hs->transcript.alg == HASH_NONE) {
        return;
    }
    enum hash_alg alg = hs->transcript.alg;
    message[3] = (uint8_t)hash_len(alg);
    transcript_hash(&hs->transcript, hash);
    finished13(alg, is_server ? &hs->schedule.client_handshake : &hs->schedule.server_handshake,
               hash, message + 4);
    p->finished = true;
    seal(p, CT_HANDSHAKE, bytes_of(message, 4 + hash_len(alg)));
}

static void play_verify(struct player *p)
{
    struct hs *hs = p->e->hs;
    uint8_t hash[HASH_MAX], content[CERTIFICATE_VERIFY_CONTENT_MAX], bytes[256];
    uint8_t signature[PKEY_SIGNATURE_MAX];
    size_t len = 0;
    struct wr w;
    if (hs == NULL || hs->transcript.alg == HASH_NONE) {
        return;
    }
    transcript_hash(&hs->transcript, hash);
    wr_fixed(&w, content, sizeof(content));
    certificate_verify_content(&w, !is_server, bytes_of(hash, hash_len(hs->transcript.alg)));
    must(wr_ok(&w) && pkey_sign(peer_key, SCHEME_ED25519, wr_view(&w), signature, &len, NULL) == 0,
         "a signature");
    wr_fixed(&w, bytes, sizeof(bytes));
    msg_open(&w, HT_CERTIFICATE_VERIFY);
    wr_u16(&w, SCHEME_ED25519);
    wr_vec16(&w, bytes_of(signature, len));
    wr_close(&w);
    must(wr_ok(&w), "a CertificateVerify");
    p->proved_identity = true;
    seal(p, CT_HANDSHAKE, wr_view(&w));
}

/* play_binder puts a binder of the external PSK behind a ClientHello that leaves room for one:
 * the list of binders has 2 bytes of length, 1 of the binder's, 32 of the binder. */
static void play_binder(struct player *p, cssl_bytes hello)
{
    enum { BINDERS = 2 + 1 + 32 };
    struct hs *hs = p->e->hs;
    uint8_t bytes[2048], hash[HASH_MAX];
    struct schedule13 s = { 0 };
    if (hs == NULL || hello.len < BINDERS || hello.len > sizeof(bytes)) {
        return;
    }
    memcpy(bytes, hello.data, hello.len);
    transcript_hash_with(&hs->transcript, HASH_SHA256, bytes_of(bytes, hello.len - BINDERS), hash);
    schedule13_early(&s, HASH_SHA256, bytes_str(PLAY_PSK));
    schedule13_binder(&s, true, hash, bytes + hello.len - 32);
    schedule13_wipe(&s);
    p->proved_psk = p->proved_psk || (p->variant & VARIANT_PSK) != 0;
    seal(p, CT_HANDSHAKE, bytes_of(bytes, hello.len));
}

static void one_op(struct player *p, uint8_t op, cssl_bytes bytes)
{
    cssl_error error = { 0 };
    switch (op) {
    case PLAY_RAW:
        feed(p, bytes);
        break;
    case PLAY_CCS:
    case PLAY_ALERT:
    case PLAY_HANDSHAKE:
    case PLAY_DATA:
    case PLAY_NOTHING:
        seal(p, op, bytes);
        break;
    case PLAY_FINISHED:
        play_finished(p);
        break;
    case PLAY_VERIFY:
        play_verify(p);
        break;
    case PLAY_BINDER:
        play_binder(p, bytes);
        break;
    case PLAY_WRITE:
        (void)cssl_engine_write(p->e, bytes.data, bytes.len, NULL);
        break;
    case PLAY_UPDATE:
        (void)cssl_engine_update_keys(p->e, bytes.len > 0, NULL);
        break;
    case PLAY_CLOSE:
        (void)cssl_engine_close(p->e, NULL);
        break;
    case PLAY_CANCEL:
        cssl_engine_cancel(p->e);
        take_events(p);
        note(p, cssl_engine_received(p->e, 0, &error), &error);
        break;
    case PLAY_LATER:
        clock_us += (int64_t)bytes.len * 3600 * 1000000;
        break;
    case PLAY_END:
        note(p, cssl_engine_received(p->e, 0, &error), &error);
        take_events(p);
        break;
    default:
        break;
    }
}

/*
 * test_ask.c - questions to the program, and the pause at the peer's hello: in both roles and
 * versions, by callback and by event, answered at once, late, wrongly, twice or never.
 */
#include "base/error.h"
#include "crypto/step.h"
#include "scene.h"
#include "pki/certkey.h"

static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };

/* ---- The pause at the hello ---- */

struct pauses {
    unsigned seen[2];
    cssl_config *go_on; /* with this one; NULL: unchanged */
    bool leave;
};

static bool on_hello(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    struct pauses *pauses = p->on_ask_arg;
    cssl_engine *e = p->side[dir].engine;
    cssl_hello hello;
    cssl_error err;
    uint8_t *where;
    assert_int_equal(event->type, CSSL_EV_HELLO);
    pauses->seen[dir]++;
    assert_int_equal(cssl_engine_room(e, &where), 0);
    assert_int_equal(cssl_engine_peer_hello(e, &hello, &err), 0);
    assert_int_equal(hello.client, dir == FROM_SERVER);
    assert_int_equal(hello.legacy_version, 0x0303);
    assert_int_equal(hello.random.len, 32);
    assert_true(hello.extensions.len > 4);
    if (hello.client) {
        assert_int_equal(hello.server_name.len, strlen("server.test"));
        assert_memory_equal(hello.server_name.data, "server.test", hello.server_name.len);
        assert_true(hello.cipher_suites.len >= 2 && hello.signature_algs.len >= 2);
        assert_memory_equal(hello.alpn.data, "\2h2", hello.alpn.len);
    } else {
        assert_int_equal(hello.cipher_suites.len, 2);
    }
    /* An answer is not what it waits for. */
    assert_int_equal(cssl_engine_answer(e, &(cssl_answer){ .id = 1 }, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_NO_QUESTION);
    if (pauses->leave) {
        return false;
    }
    assert_int_equal(cssl_engine_continue(e, pauses->go_on, &err), 0);
    assert_int_equal(cssl_engine_continue(e, NULL, &err), CSSL_STATE);
    assert_int_equal(cssl_engine_peer_hello(e, &hello, &err), CSSL_STATE);
    return true;
}

static void test_hello(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        for (unsigned who = 1; who < 4; who++) {
            struct scene m;
            struct pauses pauses = { .leave = false };
            cssl_options c = { .versions = versions[v], .alpn_protocols = CSSL_LIST("h2") };
            cssl_options s = c;
            c.pause_at_hello = (who & 1) != 0;
            s.pause_at_hello = (who & 2) != 0;
            scene_ask(&m, &c, &s, on_hello, &pauses);
            pair_must_connect(&m.p);
            assert_int_equal(pauses.seen[FROM_CLIENT], who & 1);
            assert_int_equal(pauses.seen[FROM_SERVER], who >> 1);
            assert_int_equal(pair_write(&m.p, FROM_CLIENT, "hello", 5), 0);
            assert_int_equal(pair_write(&m.p, FROM_SERVER, "hello", 5), 0);
            scene_end(&m);
        }
    }
}

/* A HelloRetryRequest is not the hello to look at, and a server pauses once. */
static void test_hello_retry(void **state)
{
    (void)state;
    struct scene m;
    struct pauses pauses = { .leave = false };
    const cssl_options c = { .versions = CSSL_TLSV1_3,
                             .alpn_protocols = CSSL_LIST("h2"),
                             .supported_groups = CSSL_LIST("x25519", "secp384r1"),
                             .pause_at_hello = true };
    const cssl_options s = { .versions = CSSL_TLSV1_3,
                             .alpn_protocols = CSSL_LIST("h2"),
                             .supported_groups = CSSL_LIST("secp384r1"),
                             .pause_at_hello = true };
    scene_ask(&m, &c, &s, on_hello, &pauses);
    pair_must_connect(&m.p);
    assert_int_equal(pauses.seen[FROM_CLIENT], 1);
    assert_int_equal(pauses.seen[FROM_SERVER], 1);
    scene_end(&m);
}

/* Under another config: another identity, another protocol. */
static void test_hello_other_config(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        struct pair_host other;
        struct scene m;
        cssl_info info;
        const cssl_options c = { .versions = versions[v],
                                 .alpn_protocols = CSSL_LIST("h2") };
        const cssl_options s = { .versions = versions[v],
                                 .pause_at_hello = true,
                                 PAIR_IDENTITY(pair_impostor) };
        const cssl_options o = { .versions = versions[v],
                                 .alpn_protocols = CSSL_LIST("h2"),
                                 PAIR_IDENTITY(pair_rsa) };
        scene_hosts(&m, &c, &s);
        host_init(&other, true, &wall, &o);
        struct pauses pauses = { .go_on = other.config };
        pair_start(&m.p, &m.client, &m.server, "server.test");
        m.p.on_ask = on_hello;
        m.p.on_ask_arg = &pauses;
        pair_must_connect(&m.p);
        cssl_engine_information(m.p.side[FROM_CLIENT].engine, &info);
        assert_string_equal(info.alpn_protocol, "h2");
        assert_non_null(strstr(info.signature_scheme, "rsa_pss"));
        scene_end(&m);
        host_free(&other);
    }
}

/* A nonce that was not asked for cannot come: it is not to be passed over in silence. */
static void test_hello_nonce(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        struct scene m;
        struct pair_host after;
        struct pauses pauses = { .leave = true };
        cssl_error err;
        cssl_options c = { .versions = CSSL_TLSV1_3, .alpn_protocols = CSSL_LIST("h2"),
                           .stapling_nonce = true };
        host_init(&after, false, &wall, &c);
        c.pause_at_hello = true;
        c.stapling_nonce = before != 0;
        const cssl_options s = { .alpn_protocols = CSSL_LIST("h2") };
        scene_ask(&m, &c, &s, on_hello, &pauses);
        assert_int_equal(pauses.seen[FROM_CLIENT], 1);
        cssl_engine *e = engine_of(&m, FROM_CLIENT);
        int ret = cssl_engine_continue(e, after.config, &err);
        assert_int_equal(ret, before != 0 ? 0 : CSSL_OPTION);
        if (before == 0) { /* it stands where it stood */
            assert_string_equal(err.option, "stapling_nonce");
            assert_int_equal(cssl_engine_continue(e, NULL, &err), 0);
        }
        pair_must_connect(&m.p);
        scene_end(&m);
        host_free(&after);
    }
}

/* Who is paused can be canceled, closed and freed, and no time passes for it. */
static void test_hello_ends(void **state)
{
    (void)state;
    static const struct {
        uint8_t alert, sent; /* that is asked for, and that goes out */
    } alerts[] = {
        { ALERT_UNRECOGNIZED_NAME, ALERT_UNRECOGNIZED_NAME },
        { ALERT_INTERNAL_ERROR, ALERT_INTERNAL_ERROR },
        { ALERT_CLOSE_NOTIFY, ALERT_HANDSHAKE_FAILURE },
        { ALERT_USER_CANCELED, ALERT_HANDSHAKE_FAILURE },
        { ALERT_NO_RENEGOTIATION, ALERT_HANDSHAKE_FAILURE },
        { ALERT_NONE, ALERT_HANDSHAKE_FAILURE },
    };
    for (unsigned how = 0; how < 3 + ARRAY_SIZE(alerts); how++) {
        struct scene m;
        struct pauses pauses = { .leave = true };
        const cssl_options c = { .alpn_protocols = CSSL_LIST("h2") };
        const cssl_options s = { .alpn_protocols = CSSL_LIST("h2"), .pause_at_hello = true };
        scene_ask(&m, &c, &s, on_hello, &pauses);
        assert_int_equal(pauses.seen[FROM_SERVER], 1);
        if (how == 0) {
            cssl_engine_cancel(m.p.side[FROM_SERVER].engine);
        } else if (how == 1) {
            (void)cssl_engine_close(m.p.side[FROM_SERVER].engine, NULL);
        }
        cssl_error err;
        if (how >= 3) {
            cssl_engine_refuse(m.p.side[FROM_SERVER].engine, alerts[how - 3].alert);
            cssl_engine_refuse(m.p.side[FROM_SERVER].engine, ALERT_ACCESS_DENIED); /* too late */
            cssl_engine_cancel(m.p.side[FROM_SERVER].engine);
            pair_must_fail(&m.p, FROM_SERVER, alerts[how - 3].sent, CSSL_R_REFUSED);
        }
        if (how < 2) {
            assert_true(cssl_engine_continue(m.p.side[FROM_SERVER].engine, NULL, &err) < 0);
            pair_pump(&m.p);
            assert_true(m.p.side[FROM_CLIENT].error.status < 0);
        }
        scene_end(&m);
    }
}

/* ---- Questions ---- */

struct script {
    cssl_ask kind;
    unsigned asked;
    cssl_verdict verdict;
    uint8_t alert;
    cssl_bytes value;
    cssl_config *config;
    const char *subject; /* what is asked about */
    bool never;
    int certificate; /* PARTIAL_CHAIN: the one that is trusted; -1: none of them */
};

static bool check_question(struct script *s, const cssl_question *q, cssl_answer *a)
{
    assert_int_equal(q->kind, s->kind);
    assert_int_not_equal(q->id, 0);
    if (s->subject != NULL) {
        assert_int_equal(q->subject.len, strlen(s->subject));
        assert_memory_equal(q->subject.data, s->subject, q->subject.len);
    }
    s->asked++;
    *a = (cssl_answer){ .id = q->id,
                        .verdict = s->verdict,
                        .alert = s->alert,
                        .value = s->value,
                        .config = s->config };
    if (q->kind == CSSL_ASK_PARTIAL_CHAIN) {
        static const uint8_t nonsense[] = { 0x30, 0x00 };
        assert_true(q->num_certs > 0);
        a->value = s->certificate < 0 ? (cssl_bytes){ nonsense, sizeof(nonsense) }
                                      : q->certs[s->certificate];
    }
    return !s->never;
}

static bool on_question(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    struct script *s = p->on_ask_arg;
    cssl_engine *e = p->side[dir].engine;
    cssl_answer a;
    cssl_error err;
    assert_int_equal(event->type, CSSL_EV_ASK);
    if (!check_question(s, &event->question, &a)) {
        return false;
    }
    /* One that is not open is no harm. */
    const cssl_answer wrong = { .id = a.id + 1000 };
    assert_int_equal(cssl_engine_answer(e, &wrong, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_NO_QUESTION);
    int ret = cssl_engine_answer(e, &a, &err);
    if (ret == 0) {
        assert_int_equal(cssl_engine_answer(e, &a, &err), CSSL_STATE); /* twice */
    }
    return true;
}

static void test_sni(void **state)
{
    (void)state;
    struct pair_host other, client_host;
    const cssl_options of_other = { PAIR_IDENTITY(pair_rsa) };
    host_init(&other, true, &wall, &of_other);
    host_init(&client_host, false, &wall, NULL);
    const struct {
        cssl_verdict verdict;
        uint8_t alert;
        cssl_config *config;
        int client_alert; /* that the client received; -1: connected */
        bool rsa;
    } rows[] = {
        { CSSL_ANSWER_DEFAULT, 0, NULL, -1, false },
        { CSSL_ACCEPT, 0, other.config, -1, true },
        { CSSL_REJECT, 0, NULL, ALERT_UNRECOGNIZED_NAME, false },
        { CSSL_REJECT, ALERT_ACCESS_DENIED, NULL, ALERT_ACCESS_DENIED, false },
    };
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
            struct scene m;
            struct script script = { .kind = CSSL_ASK_SNI,
                                     .verdict = rows[i].verdict,
                                     .alert = rows[i].alert,
                                     .config = rows[i].config,
                                     .subject = "server.test" };
            const cssl_options c = { .versions = versions[v] };
            const cssl_options s = { .versions = versions[v], .ask_about = CSSL_ASK_SNI };
            scene_ask(&m, &c, &s, on_question, &script);
            assert_int_equal(script.asked, 1);
            assert_int_equal(host_alert(&m.client, false), rows[i].client_alert);
            assert_int_equal(pair_connected(&m.p), rows[i].client_alert == -1);
            if (rows[i].client_alert == -1) {
                cssl_info info;
                cssl_engine_information(m.p.side[FROM_CLIENT].engine, &info);
                assert_int_equal(strstr(info.signature_scheme, "rsa") != NULL, rows[i].rsa);
            }
            scene_end(&m);
        }
    }
    /* A client's config is no answer; the question stays open. */
    struct scene m;
    struct script script = { .kind = CSSL_ASK_SNI, .never = true };
    const cssl_options s = { .ask_about = CSSL_ASK_SNI };
    scene_ask(&m, NULL, &s, on_question, &script);
    cssl_error err;
    cssl_engine *e = m.p.side[FROM_SERVER].engine;
    cssl_answer a = { .verdict = CSSL_ACCEPT, .config = client_host.config };
    a.id = m.p.last_question;
    assert_int_equal(cssl_engine_answer(e, &a, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_ANSWER_WRONG);
    a.config = other.config;
    assert_int_equal(cssl_engine_answer(e, &a, &err), 0);
    pair_must_connect(&m.p);
    scene_end(&m);
    host_free(&other);
    host_free(&client_host);
}

static void test_sni_hosts(void **state)
{
    (void)state;
    struct pair_host rsa, ed25519;
    const cssl_options of_rsa = { PAIR_IDENTITY(pair_rsa) };
    const cssl_options of_ed25519 = { PAIR_IDENTITY(pair_ed25519) };
    host_init(&rsa, true, &wall, &of_rsa);
    host_init(&ed25519, true, &wall, &of_ed25519);
    const cssl_sni_host exact[] = { { "*.test", ed25519.config }, { "Server.test", rsa.config } };
    const cssl_sni_host wild[] = { { "*.test", ed25519.config } };
    const cssl_sni_host deep[] = { { "*.server.test", ed25519.config } };
    const struct {
        const cssl_sni_host *hosts;
        size_t num;
        const char *scheme;
    } rows[] = {
        { exact, 2, "rsa_pss_rsae_sha256" }, { wild, 1, "ed25519" },
        { deep, 1, "ecdsa_secp256r1_sha256" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene m;
        struct script script = { .kind = CSSL_ASK_SNI };
        const cssl_options s = { .sni_hosts = rows[i].hosts, .num_sni_hosts = rows[i].num };
        cssl_info info;
        scene_ask(&m, NULL, &s, on_question, &script);
        assert_int_equal(script.asked, 0);
        pair_must_connect(&m.p);
        cssl_engine_information(m.p.side[FROM_CLIENT].engine, &info);
        assert_string_equal(info.signature_scheme, rows[i].scheme);
        scene_end(&m);
    }
    host_free(&rsa);
    host_free(&ed25519);
}

static const uint8_t secret[32] = { 9, 8, 7 }, other_secret[32] = { 9, 8, 6 };

static void test_psk(void **state)
{
    (void)state;
    static const struct {
        cssl_verdict verdict;
        const uint8_t *value;
        int alert;        /* the server's; -1: connected */
        bool psk;
    } rows[] = {
        { CSSL_ACCEPT, secret, -1, true },
        { CSSL_ACCEPT, other_secret, ALERT_DECRYPT_ERROR, false },
        { CSSL_REJECT, NULL, -1, false },
        { CSSL_ANSWER_DEFAULT, NULL, -1, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene m;
        struct script script = { .kind = CSSL_ASK_PSK,
                                 .verdict = rows[i].verdict,
                                 .value = { rows[i].value, rows[i].value == NULL ? 0 : 32 },
                                 .subject = "device 7" };
        const cssl_options c = { .versions = CSSL_TLSV1_3,
                                 .psk_identity = "device 7",
                                 .psk = { secret, sizeof(secret) } };
        const cssl_options s = { .versions = CSSL_TLSV1_3, .ask_about = CSSL_ASK_PSK };
        scene_ask(&m, &c, &s, on_question, &script);
        assert_int_equal(script.asked, 1);
        assert_int_equal(host_alert(&m.server, true), rows[i].alert);
        assert_int_equal(pair_connected(&m.p), rows[i].alert == -1);
        if (rows[i].alert == -1) {
            cssl_info info;
            cssl_engine_information(m.p.side[FROM_CLIENT].engine, &info);
            assert_int_equal(info.signature_scheme[0] == '\0', rows[i].psk);
        }
        scene_end(&m);
    }
}

/* Tickets are nobody's business: a resumption asks nothing. */
static void test_psk_tickets(void **state)
{
    (void)state;
    static const cssl_tickets kinds[] = { CSSL_TICKETS_STATELESS, CSSL_TICKETS_STATEFUL };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct pair_host client, server;
        const cssl_options c = { .versions = CSSL_TLSV1_3 };
        const cssl_options s = { .versions = CSSL_TLSV1_3,
                                 .session_tickets = kinds[i],
                                 .ask_about = CSSL_ASK_PSK };
        host_init(&client, false, &wall, &c);
        host_init(&server, true, &wall, &s);
        assert_false(pair_handshake(&client, &server, "server.test"));
        assert_true(pair_handshake(&client, &server, "server.test"));
        host_free(&client);
        host_free(&server);
    }
}

/* When a hello is there to be seen: while it waits, and not when another message does. */
static bool looks_at_hello(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    unsigned *seen = p->on_ask_arg;
    cssl_engine *e = p->side[dir].engine;
    cssl_hello hello;
    cssl_error err;
    assert_int_equal(dir, FROM_SERVER);
    int ret = cssl_engine_peer_hello(e, &hello, &err);
    if (event->type == CSSL_EV_HELLO || event->question.kind == CSSL_ASK_SNI) {
        assert_int_equal(ret, 0);
        assert_int_equal(hello.server_name.len, strlen("server.test"));
    } else {
        assert_int_equal(event->question.kind,
                         cssl_engine_peercert(e, 0, &hello.random, NULL) == 0 ? CSSL_ASK_VERIFY
                                                                              : CSSL_ASK_PSK);
        assert_int_equal(ret, CSSL_STATE);
        assert_int_equal(err.reason, CSSL_R_NOT_NOW);
    }
    (*seen)++;
    const cssl_answer a = { .id = event->question.id,
                            .verdict = event->question.kind == CSSL_ASK_PSK ? CSSL_ACCEPT
                                                                            : CSSL_ANSWER_DEFAULT,
                            .value = { secret, sizeof(secret) } };
    ret = event->type == CSSL_EV_HELLO ? cssl_engine_continue(e, NULL, &err)
                                       : cssl_engine_answer(e, &a, &err);
    assert_int_equal(ret, 0);
    return true;
}

static void test_hello_to_be_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        struct scene m;
        unsigned seen = 0;
        const cssl_options c = { .versions = versions[i], PAIR_IDENTITY(pair_client) };
        const cssl_options s = { .versions = versions[i],
                                 .verify = CSSL_VERIFY_PEER,
                                 .pause_at_hello = true,
                                 .ask_about = CSSL_ASK_SNI | CSSL_ASK_VERIFY };
        scene_ask(&m, &c, &s, looks_at_hello, &seen);
        pair_must_connect(&m.p);
        assert_true(seen >= 4);
        scene_end(&m);
    }
    /* A PSK of TLS 1.2 is asked about with ClientKeyExchange. */
    struct scene m;
    unsigned seen = 0;
    const cssl_options c = { .versions = CSSL_TLSV1_2, .psk_identity = "device 7",
                             .psk = { secret, sizeof(secret) },
                             .ciphers = CSSL_LIST("ECDHE-PSK-CHACHA20-POLY1305") };
    const cssl_options s = { .versions = CSSL_TLSV1_2, .pause_at_hello = true,
                             .ask_about = CSSL_ASK_PSK };
    scene_ask(&m, &c, &s, looks_at_hello, &seen);
    pair_must_connect(&m.p);
    assert_int_equal(seen, 2);
    scene_end(&m);
}

/* ---- Verification ---- */

struct opinion {
    cssl_verify_event event;
    uint16_t reason; /* BAD_CERT: this one only; 0: any */
    cssl_verdict verdict;
    uint8_t alert;
    unsigned valid, valid_peer, bad, last_reason;
};

static bool on_opinion(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    struct opinion *o = p->on_ask_arg;
    const cssl_question *q = &event->question;
    cssl_answer a = { .id = q->id };
    cssl_error err;
    assert_int_equal(event->type, CSSL_EV_ASK);
    assert_int_equal(q->kind, CSSL_ASK_VERIFY);
    assert_true(q->subject.len > 100 && q->subject.data[0] == 0x30);
    o->valid += q->event == CSSL_VALID;
    o->valid_peer += q->event == CSSL_VALID_PEER;
    if (q->event == CSSL_BAD_CERT) {
        o->bad++;
        o->last_reason = q->reason;
        assert_non_null(cssl_reason_name(q->reason));
    }
    if (q->event == o->event && (o->reason == 0 || o->reason == q->reason)) {
        a.verdict = o->verdict;
        a.alert = o->alert;
    }
    (void)cssl_engine_answer(p->side[dir].engine, &a, &err);
    return true;
}

struct verify_row {
    const char *server; /* identity; NULL: the usual one */
    const char *name;
    struct opinion opinion;
    int alert;          /* the client's; -1: connected */
    unsigned valid, valid_peer, bad;
    uint16_t reason;
};

static void test_verify(void **state)
{
    (void)state;
    static const struct verify_row rows[] = {
        { NULL, "server.test", { .event = CSSL_EXTENSION }, -1, 1, 1, 0, 0 },
        { NULL, "server.test", { .event = CSSL_VALID, .verdict = CSSL_REJECT },
          ALERT_HANDSHAKE_FAILURE, 1, 0, 0, 0 },
        { NULL, "server.test", { .event = CSSL_VALID_PEER, .verdict = CSSL_REJECT },
          ALERT_HANDSHAKE_FAILURE, 1, 1, 0, 0 },
        { NULL, "server.test",
          { .event = CSSL_VALID_PEER, .verdict = CSSL_REJECT, .alert = ALERT_ACCESS_DENIED },
          ALERT_ACCESS_DENIED, 1, 1, 0, 0 },
        { NULL, "wrong.test", { .event = CSSL_EXTENSION }, ALERT_BAD_CERTIFICATE, 1, 0, 1,
          CSSL_R_HOSTNAME_MISMATCH },
        { NULL, "wrong.test", { .event = CSSL_BAD_CERT, .verdict = CSSL_ACCEPT }, -1, 1, 1, 1,
          CSSL_R_HOSTNAME_MISMATCH },
        { pair_impostor, "server.test", { .event = CSSL_EXTENSION }, ALERT_UNKNOWN_CA, 0, 0, 1,
          CSSL_R_UNKNOWN_CA },
        { pair_impostor, "server.test", { .event = CSSL_BAD_CERT, .verdict = CSSL_ACCEPT }, -1, 0,
          1, 1, CSSL_R_UNKNOWN_CA },
        { pair_impostor, "server.test",
          { .event = CSSL_BAD_CERT, .reason = CSSL_R_HOSTNAME_MISMATCH, .verdict = CSSL_ACCEPT },
          ALERT_UNKNOWN_CA, 0, 0, 1, CSSL_R_UNKNOWN_CA },
    };
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
            const struct verify_row *row = &rows[i];
            struct scene m;
            struct opinion o = row->opinion;
            const cssl_cert_key key = { .cert = PAIR_PEM(row->server == NULL ? "" : row->server) };
            const cssl_options c = { .versions = versions[v], .ask_about = CSSL_ASK_VERIFY };
            const cssl_options s = { .versions = versions[v],
                                     .certs_keys = row->server == NULL ? NULL : &key,
                                     .num_certs_keys = row->server == NULL ? 0 : 1 };
            scene_hosts(&m, &c, &s);
            pair_start(&m.p, &m.client, &m.server, row->name);
            m.p.on_ask = on_opinion;
            m.p.on_ask_arg = &o;
            pair_pump(&m.p);
            if (host_alert(&m.client, true) != row->alert || o.valid != row->valid ||
                o.valid_peer != row->valid_peer || o.bad != row->bad ||
                o.last_reason != row->reason) {
                fail_msg("version %zu, row %zu: alert %d, valid %u, peer %u, bad %u (%s)", v, i,
                         host_alert(&m.client, true), o.valid, o.valid_peer, o.bad,
                         o.bad > 0 ? cssl_reason_name((uint16_t)o.last_reason) : "");
            }
            assert_int_equal(pair_connected(&m.p), row->alert == -1);
            scene_end(&m);
        }
    }
}

/* A server's opinions on its clients, in the handshake and after it. */
/* Without authorities nobody is trusted but whom the program accepts. */
static void test_no_authorities(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        for (int accept = 0; accept < 2; accept++) {
            struct scene m;
            struct opinion o = { .event = accept ? CSSL_BAD_CERT : CSSL_EXTENSION,
                                 .verdict = CSSL_ACCEPT };
            const cssl_options c = { .versions = versions[v], .no_cacerts = true,
                                     .ask_about = CSSL_ASK_VERIFY };
            const cssl_options s = { .versions = versions[v] };
            scene_ask(&m, &c, &s, on_opinion, &o);
            assert_int_equal(o.last_reason, CSSL_R_UNKNOWN_CA);
            assert_int_equal(host_alert(&m.client, true), accept ? -1 : ALERT_UNKNOWN_CA);
            assert_int_equal(pair_connected(&m.p), accept);
            scene_end(&m);
        }
    }
}

static void test_verify_client(void **state)
{
    (void)state;
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        for (int reject = 0; reject < 2; reject++) {
            struct scene m;
            struct opinion o = { .event = CSSL_VALID_PEER,
                                 .verdict = reject ? CSSL_REJECT : CSSL_ACCEPT };
            const cssl_options c = { .versions = versions[v], PAIR_IDENTITY(pair_client) };
            const cssl_options s = { .versions = versions[v],
                                     .verify = CSSL_VERIFY_PEER,
                                     .ask_about = CSSL_ASK_VERIFY };
            scene_ask(&m, &c, &s, on_opinion, &o);
            assert_int_equal(o.valid_peer, 1);
            assert_int_equal(host_alert(&m.server, true), reject ? ALERT_HANDSHAKE_FAILURE : -1);
            assert_int_equal(pair_connected(&m.p), !reject);
            scene_end(&m);
        }
    }
}

/* Questions that nobody answers hold the handshake; freed engines take their questions along. */
static void test_verify_never(void **state)
{
    (void)state;
    struct scene m;
    struct script script = { .kind = CSSL_ASK_VERIFY, .never = true };
    const cssl_options c = { .ask_about = CSSL_ASK_VERIFY };
    scene_ask(&m, &c, NULL, on_question, &script);
    assert_int_equal(script.asked, 1);
    assert_false(pair_connected(&m.p));
    uint8_t *where;
    assert_int_equal(cssl_engine_room(m.p.side[FROM_CLIENT].engine, &where), 0);
    scene_end(&m);
}

static void test_partial_chain(void **state)
{
    (void)state;
    static const struct {
        const char *server;
        cssl_verdict verdict;
        int certificate; /* of the peer's that is named; -1: something else */
        int alert;
        unsigned asked;
    } rows[] = {
        { pair_p256, CSSL_ACCEPT, 0, -1, 0 }, /* nothing to ask: it leads to an anchor */
        { pair_impostor, CSSL_ANSWER_DEFAULT, 0, ALERT_UNKNOWN_CA, 1 },
        { pair_impostor, CSSL_ACCEPT, 0, -1, 1 },
        { pair_impostor, CSSL_REJECT, 0, ALERT_UNKNOWN_CA, 1 },
        { pair_impostor, CSSL_ACCEPT, -1, ALERT_INTERNAL_ERROR, 1 },
    };
    for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
            struct scene m;
            struct script script = { .kind = CSSL_ASK_PARTIAL_CHAIN, .verdict = rows[i].verdict };
            const cssl_options c = { .versions = versions[v],
                                     .ask_about = CSSL_ASK_PARTIAL_CHAIN };
            const cssl_options s = { .versions = versions[v], PAIR_IDENTITY(rows[i].server) };
            script.certificate = rows[i].certificate;
            scene_ask(&m, &c, &s, on_question, &script);
            assert_int_equal(script.asked, rows[i].asked);
            if (host_alert(&m.client, true) != rows[i].alert) {
                fail_msg("version %zu, row %zu: alert %d", v, i, host_alert(&m.client, true));
            }
            assert_int_equal(pair_connected(&m.p), rows[i].alert == -1);
            scene_end(&m);
        }
    }
}

/* ---- Keys that are elsewhere ---- */

struct elsewhere {
    struct certkey key;
    unsigned asked;
    int fault; /* 0: none; 1: another signature; 2: refused; 3: cut short */
};

static bool on_sign(struct pair *p, enum pair_dir dir, const cssl_event *event)
{
    struct elsewhere *k = p->on_ask_arg;
    const cssl_question *q = &event->question;
    struct pk_step step = { .kind = STEP_NONE };
    cssl_error err;
    assert_int_equal(q->kind, CSSL_ASK_SIGN);
    assert_int_equal(q->certificate.len, cert_der(k->key.certs[0]).len);
    assert_memory_equal(q->certificate.data, cert_der(k->key.certs[0]).data, q->certificate.len);
    k->asked++;
    assert_int_equal(pk_step_sign(&step, k->key.key, q->scheme, q->subject, &err), 0);
    pk_step_run(&step);
    assert_int_equal(step.status, 0);
    cssl_answer a = { .id = q->id,
                      .verdict = k->fault == 2 ? CSSL_REJECT : CSSL_ACCEPT,
                      .value = { step.out, step.out_len - (k->fault == 3 ? 1 : 0) } };
    if (k->fault == 1) {
        step.out[step.out_len - 1] ^= 1;
    }
    (void)cssl_engine_answer(p->side[dir].engine, &a, &err);
    pk_step_wipe(&step);
    return true;
}

static void test_sign(void **state)
{
    (void)state;
    static const char *const identities[] = { pair_p256, pair_rsa, pair_ed25519 };
    static const char *const of_clients[] = { pair_client, pair_client_rsa, pair_client_ed25519 };
    for (size_t n = 0; n < 2 * 2 * ARRAY_SIZE(identities) * 4; n++) {
        size_t v = n % 2, i = n / 4 % ARRAY_SIZE(identities);
        bool of_client = n / 2 % 2 == 1;
        struct elsewhere k = { .fault = (int)(n / (4 * ARRAY_SIZE(identities))) };
        const char *pem = of_client ? of_clients[i] : identities[i];
        const cssl_cert_key whole = { .cert = PAIR_PEM(pem) };
        cssl_cert_key half = { .external_key = true, .cert = PAIR_PEM(pem) };
        const cssl_options with = { .versions = versions[v],
                                    .certs_keys = &half,
                                    .num_certs_keys = 1 };
        const cssl_options without = { .versions = versions[v],
                                       .verify = of_client ? CSSL_VERIFY_PEER
                                                           : CSSL_VERIFY_DEFAULT };
        struct scene m;
        assert_int_equal(certkey_load(&k.key, &whole, NULL, NULL), 0);
        scene_ask(&m, of_client ? &with : &without, of_client ? &without : &with, on_sign, &k);
        assert_int_equal(k.asked, 1);
        struct pair_host *asker = of_client ? &m.client : &m.server;
        if (host_alert(asker, true) != (k.fault == 0 ? -1 : ALERT_INTERNAL_ERROR)) {
            fail_msg("n %zu: alert %d", n, host_alert(asker, true));
        }
        assert_int_equal(pair_connected(&m.p), k.fault == 0);
        scene_end(&m);
        certkey_free(&k.key);
    }
}

/* ---- Callbacks ---- */

static struct script *callback_script; /* hosts' user is the host: the script stands here */

static bool on_ask(void *user, const cssl_question *q, cssl_answer *a)
{
    (void)user;
    return check_question(callback_script, q, a);
}

static void test_callback(void **state)
{
    (void)state;
    struct pair_host other;
    struct scene m;
    const cssl_options of_other = { PAIR_IDENTITY(pair_rsa) };
    const cssl_options s = { .ask_about = CSSL_ASK_SNI, .ask = on_ask };
    host_init(&other, true, &wall, &of_other);
    for (int later = 0; later < 2; later++) {
        struct script script = { .kind = CSSL_ASK_SNI,
                                 .verdict = CSSL_ACCEPT,
                                 .config = other.config,
                                 .subject = "server.test",
                                 .never = later == 1 };
        cssl_info info;
        callback_script = &script;
        scene_begin(&m, NULL, &s);
        pair_pump(&m.p);
        assert_int_equal(script.asked, 1);
        if (later == 1) { /* the event says what is waited for, and the answer comes by itself */
            cssl_error err;
            const cssl_answer a = { .id = m.p.last_question,
                                    .verdict = CSSL_ACCEPT,
                                    .config = other.config };
            assert_false(pair_connected(&m.p));
            assert_int_equal(cssl_engine_answer(m.p.side[FROM_SERVER].engine, &a, &err), 0);
        }
        pair_must_connect(&m.p);
        cssl_engine_information(m.p.side[FROM_CLIENT].engine, &info);
        assert_non_null(strstr(info.signature_scheme, "rsa"));
        assert_int_equal(script.asked, 1);
        scene_end(&m);
    }
    host_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_hello, scene_set_up),
        cmocka_unit_test_setup(test_hello_retry, scene_set_up),
        cmocka_unit_test_setup(test_hello_other_config, scene_set_up),
        cmocka_unit_test_setup(test_hello_nonce, scene_set_up),
        cmocka_unit_test_setup(test_hello_ends, scene_set_up),
        cmocka_unit_test_setup(test_sni, scene_set_up),
        cmocka_unit_test_setup(test_sni_hosts, scene_set_up),
        cmocka_unit_test_setup(test_psk, scene_set_up),
        cmocka_unit_test_setup(test_psk_tickets, scene_set_up),
        cmocka_unit_test_setup(test_hello_to_be_seen, scene_set_up),
        cmocka_unit_test_setup(test_verify, scene_set_up),
        cmocka_unit_test_setup(test_no_authorities, scene_set_up),
        cmocka_unit_test_setup(test_verify_client, scene_set_up),
        cmocka_unit_test_setup(test_verify_never, scene_set_up),
        cmocka_unit_test_setup(test_partial_chain, scene_set_up),
        cmocka_unit_test_setup(test_sign, scene_set_up),
        cmocka_unit_test_setup(test_callback, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

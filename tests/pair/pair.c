/* pair.c - see pair.h. */
#include "pair.h"

#include "msg/hello.h"

enum { TURNS_MAX = 2000000 };

static void end_side(struct pair *p, enum pair_dir dir);

/* ---- Hosts ---- */

static int host_random(void *user, uint8_t *out, size_t len)
{
    struct pair_host *h = user;
    test_rng_fill(&h->rng, out, len);
    return 0;
}

static int64_t host_now(void *user, cssl_clock which)
{
    const struct pair_host *h = user;
    return test_clock_now(h->clock, which);
}

static void host_trace(void *user, const cssl_trace_event *event)
{
    struct pair_host *h = user;
    if (h->num_seen < PAIR_SEEN_MAX) {
        struct pair_seen *seen = &h->seen[h->num_seen++];
        size_t at = event->content_type == CT_ALERT ? 1 : 0;
        *seen = (struct pair_seen){ .sent = event->sent,
                                    .content_type = event->content_type,
                                    .epoch = event->epoch,
                                    .len = event->message.len };
        seen->type = event->message.len > at ? event->message.data[at] : 0;
    }
}

static void host_keylog(void *user, const char *line)
{
    struct pair_host *h = user;
    int n = snprintf(h->keylog + h->keylog_len, sizeof(h->keylog) - h->keylog_len, "%s\n", line);
    if (n > 0 && (size_t)n < sizeof(h->keylog) - h->keylog_len) {
        h->keylog_len += (size_t)n;
    }
}

static cssl_config *make_config(struct pair_host *h, const cssl_options *options,
                                cssl_config *old)
{
    static const cssl_cert_key identity = { .cert = { .data = (const uint8_t *)pair_p256 } };
    cssl_cert_key usual = identity;
    usual.cert.len = strlen(pair_p256);
    cssl_options o = options == NULL ? (cssl_options){ 0 } : *options;
    if (h->server && o.num_certs_keys == 0 && o.psk_identity == NULL) {
        o.certs_keys = &usual;
        o.num_certs_keys = 1;
    }
    bool verifies = h->server ? o.verify == CSSL_VERIFY_PEER : o.verify != CSSL_VERIFY_NONE;
    if (verifies && !o.no_cacerts && o.cacerts.len == 0 && o.cacertfile == NULL &&
        test_takes_x509(&o)) {
        o.cacerts = (cssl_bytes)PAIR_PEM(pair_root);
    }
    o.trace = host_trace;
    o.keylog = host_keylog;
    o.now_us = host_now;
    o.random = host_random;
    o.user = h;
    cssl_error err = { 0 };
    cssl_config *config = old != NULL  ? cssl_config_renew(old, &o, &err)
                          : h->server ? cssl_server_config(&o, &err)
                                      : cssl_client_config(&o, &err);
    if (config == NULL) {
        fail_msg("options refused: %s (%s)", err.text, err.option == NULL ? "-" : err.option);
    }
    return config;
}

void host_init(struct pair_host *h, bool server, struct test_clock *clock,
               const cssl_options *options)
{
    memset(h, 0, sizeof(*h));
    h->server = server;
    h->clock = clock;
    host_forget(h);
    h->config = make_config(h, options, NULL);
}

void host_renew(struct pair_host *h, const cssl_options *options)
{
    cssl_config *old = h->config;
    h->config = make_config(h, options, old);
    cssl_config_free(old);
}

void host_free(struct pair_host *h)
{
    cssl_config_free(h->config);
    h->config = NULL;
}

void host_forget(struct pair_host *h)
{
    h->num_seen = 0;
    h->keylog_len = 0;
    test_rng_init(&h->rng, h->server ? 2 : 1);
}

size_t host_saw(const struct pair_host *h, bool sent, uint8_t content_type, int type)
{
    size_t num = 0;
    for (size_t i = 0; i < h->num_seen; i++) {
        const struct pair_seen *s = &h->seen[i];
        num += s->sent == sent && s->content_type == content_type &&
               (type < 0 || s->type == type);
    }
    return num;
}

int host_alert(const struct pair_host *h, bool sent)
{
    for (size_t i = 0; i < h->num_seen; i++) {
        const struct pair_seen *s = &h->seen[i];
        if (s->sent == sent && s->content_type == CT_ALERT && s->type != 0) {
            return s->type;
        }
    }
    return -1;
}

/* ---- A pair ---- */

int pair_try_start(struct pair *p, struct pair_host *client, struct pair_host *server,
                   const char *name)
{
    memset(p, 0, sizeof(*p));
    const cssl_peer peer = { .name = name, .port = 443 };
    for (int i = 0; i < 2; i++) {
        struct pair_side *s = &p->side[i];
        s->host = i == FROM_CLIENT ? client : server;
        s->data.limit = s->early.limit = s->partial.limit = s->wire.limit = 64 << 20;
        s->engine = cssl_engine_new(s->host->config, i == FROM_CLIENT ? &peer : NULL, &s->error);
        if (s->engine == NULL) {
            return s->error.status;
        }
    }
    p->held.limit = 1 << 20;
    return 0;
}

void pair_start(struct pair *p, struct pair_host *client, struct pair_host *server,
                const char *name)
{
    if (pair_try_start(p, client, server, name) != 0) {
        const struct pair_side *s = &p->side[p->side[FROM_CLIENT].engine == NULL ? 0 : 1];
        fail_msg("no engine: %s", s->error.text);
    }
}

void pair_free(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        struct pair_side *s = &p->side[i];
        cssl_engine_free(s->engine);
        buf_free(&s->data);
        buf_free(&s->early);
        buf_free(&s->partial);
        buf_free(&s->wire);
        for (size_t k = 0; k < s->num_tickets; k++) {
            free(s->tickets[k].data);
        }
    }
    buf_free(&p->held);
    memset(p, 0, sizeof(*p));
}

static void must_append(struct buf *b, const void *data, size_t len)
{
    if (buf_append(b, data, len) != 0) {
        fail_msg("the test's own buffer is full");
    }
}

/* note keeps the first error, and checks that an error stays what it was. */
static void note(struct pair_side *s, const cssl_error *err)
{
    if (err->status >= 0 || err->text[0] == '\0' || cssl_reason_name(err->reason) == NULL) {
        fail_msg("a failure without status, reason or text: %d %d", err->status, err->reason);
    }
    if (s->error.status == 0) {
        s->error = *err;
    } else {
        assert_int_equal(err->reason, s->error.reason);
    }
}

bool pair_step(struct pair *p, enum pair_dir side)
{
    struct pair_side *s = &p->side[side];
    cssl_error err = { 0 };
    cssl_step *step = cssl_engine_step(s->engine);
    if (step == NULL) {
        return false;
    }
    s->num_steps++;
    cssl_step_run(step);
    if (cssl_engine_step_done(s->engine, step, &err) != 0) {
        note(s, &err);
    }
    return true;
}

/* A renegotiation of TLS 1.2 ends as a first handshake does. */
static bool may_connect_again(const struct pair_side *s)
{
    cssl_info info;
    cssl_engine_information(s->engine, &info);
    return strcmp(info.protocol, "tlsv1.2") == 0;
}

static void take_events(struct pair *p, enum pair_dir dir)
{
    struct pair_side *s = &p->side[dir];
    cssl_event event;
    memset(&event, 0, sizeof(event));
    while (cssl_engine_next(s->engine, &event)) {
        switch (event.type) {
        case CSSL_EV_DATA:
            assert_true(event.data.len > 0);
            must_append(&s->data, event.data.data, event.data.len);
            break;
        case CSSL_EV_EARLY_DATA:
            assert_true(event.data.len > 0);
            assert_true(s->host->server && !s->connected);
            must_append(&s->early, event.data.data, event.data.len);
            break;
        case CSSL_EV_CONNECTED:
            assert_true(!s->connected || may_connect_again(s));
            s->connected = true;
            break;
        case CSSL_EV_CLOSED:
            assert_false(s->closed);
            s->closed = true;
            break;
        case CSSL_EV_TICKET:
            if (s->num_tickets < PAIR_TICKETS_MAX) {
                s->tickets[s->num_tickets].len = event.data.len;
                s->tickets[s->num_tickets++].data = test_copy(event.data.data, event.data.len);
            }
            break;
        case CSSL_EV_AUTHENTICATED:
            s->num_authenticated++;
            break;
        case CSSL_EV_STEP:
            if (p->step_leave) {
                return;
            }
            assert_true(pair_step(p, dir));
            break;
        case CSSL_EV_HELLO:
        case CSSL_EV_ASK:
            p->last_question = event.question.id;
            if (p->on_ask == NULL || !p->on_ask(p, dir, &event)) {
                return;
            }
            break;
        case CSSL_EV_WRITABLE:
            s->num_writable++;
            break;
        case CSSL_EV_ERROR:
            assert_non_null(event.error);
            note(s, event.error);
            break;
        default:
            fail_msg("event %d from an engine", (int)event.type);
        }
    }
}

/* collect moves what side has to send onto its wire, record by record. */
static bool collect(struct pair *p, enum pair_dir dir)
{
    struct pair_side *s = &p->side[dir];
    cssl_bytes out = cssl_engine_output(s->engine);
    if (out.len == 0) {
        return false;
    }
    must_append(&s->partial, out.data, out.len);
    cssl_engine_sent(s->engine, out.len);
    for (;;) {
        cssl_bytes b = buf_bytes(&s->partial);
        size_t len = b.len < 5 ? SIZE_MAX : 5 + ((size_t)b.data[3] << 8 | b.data[4]);
        if (b.len < len) {
            return true;
        }
        if (p->tamper != NULL) {
            p->tamper(p, dir, s->num_records, bytes_of(b.data, len), &s->wire);
        } else {
            must_append(&s->wire, b.data, len);
        }
        s->num_records++;
        buf_consume(&s->partial, len);
    }
}

static void maybe_flip(const struct pair *p, enum pair_dir dir, uint8_t *data, size_t len)
{
    uint64_t from = p->side[dir].delivered;
    if (p->flip && dir == p->flip_dir && p->flip_at >= from && p->flip_at < from + len) {
        data[p->flip_at - from] ^= p->xor_with;
    }
}

/* deliver hands what stands on dir's wire to the other side, as much as that takes. */
static bool deliver(struct pair *p, enum pair_dir dir)
{
    struct pair_side *from = &p->side[dir];
    enum pair_dir to_dir = dir == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT;
    struct pair_side *to = &p->side[to_dir];
    cssl_bytes b = buf_bytes(&from->wire);
    if (b.len == 0) {
        return false;
    }
    uint8_t *where = NULL;
    size_t room = cssl_engine_room(to->engine, &where);
    if (room == 0) {
        /* An engine that takes nothing any more: what is sent to it is lost, as on a socket. */
        if (to->error.status != 0 || to->closed) {
            buf_consume(&from->wire, b.len);
            return true;
        }
        return false;
    }
    size_t len = min_size(room, b.len);
    if (p->random_chunks != NULL) {
        len = min_size(len, 1 + test_rng_below(p->random_chunks, p->chunk));
    } else if (p->chunk != 0) {
        len = min_size(len, p->chunk);
    }
    memcpy(where, b.data, len);
    maybe_flip(p, dir, where, len);
    from->delivered += len;
    buf_consume(&from->wire, len);
    cssl_error err = { 0 };
    if (cssl_engine_received(to->engine, len, &err) != 0) {
        note(to, &err);
    }
    take_events(p, to_dir);
    return true;
}

void pair_pump(struct pair *p)
{
    take_events(p, FROM_CLIENT);
    take_events(p, FROM_SERVER);
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        bool moved = collect(p, FROM_CLIENT);
        moved = collect(p, FROM_SERVER) || moved;
        moved = deliver(p, FROM_CLIENT) || moved;
        moved = deliver(p, FROM_SERVER) || moved;
        if (!moved) {
            return;
        }
    }
    fail_msg("the two engines never come to rest");
}

static void end_side(struct pair *p, enum pair_dir dir)
{
    struct pair_side *s = &p->side[dir];
    cssl_error err = { 0 };
    if (cssl_engine_received(s->engine, 0, &err) != 0) {
        note(s, &err);
    }
    take_events(p, dir);
}

void pair_end(struct pair *p)
{
    pair_pump(p);
    end_side(p, FROM_CLIENT);
    end_side(p, FROM_SERVER);
    pair_pump(p);
}

int pair_write(struct pair *p, enum pair_dir side, const void *data, size_t len)
{
    const uint8_t *at = data;
    while (len > 0) {
        cssl_error err = { 0 };
        ssize_t n = cssl_engine_write(p->side[side].engine, at, len, &err);
        if (n < 0) {
            return (int)n;
        }
        assert_true((size_t)n <= len);
        at += n;
        len -= (size_t)n;
        uint64_t before = p->side[side].delivered;
        pair_pump(p);
        if (n == 0 && p->side[side].delivered == before) {
            fail_msg("write takes nothing although all was delivered");
        }
    }
    return 0;
}

void pair_inject(struct pair *p, enum pair_dir side, const void *data, size_t len)
{
    must_append(&p->side[side].wire, data, len);
}

bool pair_connected(const struct pair *p)
{
    const struct pair_side *c = &p->side[FROM_CLIENT], *s = &p->side[FROM_SERVER];
    return c->connected && s->connected && c->error.status == 0 && s->error.status == 0;
}

void pair_must_connect(struct pair *p)
{
    pair_pump(p);
    if (!pair_connected(p)) {
        fail_msg("client: %s %s; server: %s %s",
                 p->side[FROM_CLIENT].connected ? "connected" : "not connected",
                 p->side[FROM_CLIENT].error.text,
                 p->side[FROM_SERVER].connected ? "connected" : "not connected",
                 p->side[FROM_SERVER].error.text);
    }
    pair_check_agreement(p);
}

static void check_secrets(struct pair *p)
{
    static const char *const contexts[] = { "", "some context" };
    uint8_t key[2][77], binding[2][64], last[77] = { 0 };
    for (size_t i = 0; i < ARRAY_SIZE(contexts); i++) {
        for (int k = 0; k < 2; k++) {
            assert_int_equal(cssl_engine_export_key_material(
                                 p->side[k].engine, "EXPORTER-test", bytes_str(contexts[i]),
                                 key[k], sizeof(key[k]), NULL), 0);
        }
        assert_memory_equal(key[0], key[1], sizeof(key[0]));
        assert_memory_not_equal(key[0], last, sizeof(last));
        memcpy(last, key[0], sizeof(last));
    }
    size_t len[2] = { 64, 64 };
    for (int k = 0; k < 2; k++) {
        assert_int_equal(cssl_engine_channel_binding(p->side[k].engine, "tls-exporter", binding[k],
                                                     &len[k], NULL), 0);
        assert_int_equal(len[k], 32);
    }
    assert_memory_equal(binding[0], binding[1], 32);
}

void pair_check_agreement(struct pair *p)
{
    cssl_info info[2];
    memset(info, 0, sizeof(info));
    cssl_engine_information(p->side[0].engine, &info[0]);
    cssl_engine_information(p->side[1].engine, &info[1]);
    assert_int_equal(strncmp(info[0].protocol, "tlsv1.", 6), 0);
    assert_string_equal(info[0].protocol, info[1].protocol);
    assert_string_equal(info[0].cipher_suite, info[1].cipher_suite);
    assert_string_equal(info[0].group, info[1].group);
    assert_string_equal(info[0].signature_scheme, info[1].signature_scheme);
    assert_string_equal(info[0].client_signature_scheme, info[1].client_signature_scheme);
    assert_string_equal(info[0].sni_hostname, info[1].sni_hostname);
    assert_string_equal(info[0].alpn_protocol, info[1].alpn_protocol);
    assert_int_equal(info[0].session_resumption, info[1].session_resumption);
    assert_int_equal(info[0].hello_retry, info[1].hello_retry);
    assert_int_equal(info[0].early_data_offered, info[1].early_data_offered);
    assert_int_equal(info[0].early_data_accepted, info[1].early_data_accepted);
    if (p->side[0].error.status == 0 && p->side[1].error.status == 0) {
        check_secrets(p); /* a connection that failed has forgotten them */
    }
}

void pair_must_talk(struct pair *p)
{
    static const char question[] = "How do you do?", answer[] = "Very well, thank you.";
    const struct { enum pair_dir from; const char *text; } turns[] = {
        { FROM_CLIENT, question }, { FROM_SERVER, answer }, { FROM_CLIENT, answer }
    };
    for (size_t i = 0; i < ARRAY_SIZE(turns); i++) {
        struct pair_side *to = &p->side[turns[i].from == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT];
        size_t len = strlen(turns[i].text);
        buf_consume(&to->data, to->data.len);
        if (pair_write(p, turns[i].from, turns[i].text, len) != 0) {
            fail_msg("cannot write: %s", p->side[turns[i].from].error.text);
        }
        if (to->error.status != 0) {
            fail_msg("data was not received: %s", to->error.text);
        }
        assert_int_equal(to->data.len, len);
        assert_memory_equal(buf_bytes(&to->data).data, turns[i].text, len);
        buf_consume(&to->data, len);
    }
}

void pair_must_fail(struct pair *p, enum pair_dir side, int alert, int reason)
{
    pair_end(p);
    const struct pair_side *s = &p->side[side];
    const struct pair_side *other = &p->side[side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT];
    if (s->error.status != CSSL_ALERT || s->error.alert_from_peer || s->error.alert != alert ||
        (reason != 0 && s->error.reason != reason)) {
        fail_msg("expected alert %d, reason %s; have status %d, alert %d, reason %s: %s", alert,
                 reason == 0 ? "any" : cssl_reason_name((uint16_t)reason), s->error.status,
                 s->error.alert, cssl_reason_name(s->error.reason), s->error.text);
    }
    assert_int_equal(host_alert(s->host, true), alert);
    if (other->error.status != CSSL_ALERT || !other->error.alert_from_peer ||
        other->error.alert != alert) {
        fail_msg("the other side did not hear of it: status %d, alert %d: %s",
                 other->error.status, other->error.alert, other->error.text);
    }
}

bool pair_resumed(const struct pair *p)
{
    cssl_info info[2];
    memset(info, 0, sizeof(info));
    cssl_engine_information(p->side[0].engine, &info[0]);
    cssl_engine_information(p->side[1].engine, &info[1]);
    assert_int_equal(info[0].session_resumption, info[1].session_resumption);
    return info[0].session_resumption;
}

bool pair_offers_psk(const struct pair *p)
{
    struct client_hello ch;
    cssl_bytes out = cssl_engine_output(p->side[FROM_CLIENT].engine);
    assert_true(out.len > 9 && out.data[5] == HT_CLIENT_HELLO);
    assert_int_equal(client_hello_parse(&ch, bytes_of(out.data + 9, out.len - 9), NULL), 0);
    return ext_has(ch.has, EXT_PRE_SHARED_KEY);
}

bool pair_handshake(struct pair_host *client, struct pair_host *server, const char *name)
{
    struct pair p;
    pair_start(&p, client, server, name);
    pair_must_connect(&p);
    pair_must_talk(&p);
    bool resumed = pair_resumed(&p);
    assert_int_equal(cssl_engine_close(p.side[FROM_CLIENT].engine, NULL), 0);
    assert_int_equal(cssl_engine_close(p.side[FROM_SERVER].engine, NULL), 0);
    pair_end(&p);
    assert_true(p.side[FROM_CLIENT].closed && p.side[FROM_SERVER].closed);
    assert_int_equal(p.side[FROM_CLIENT].error.status, 0);
    assert_int_equal(p.side[FROM_SERVER].error.status, 0);
    pair_free(&p);
    return resumed;
}

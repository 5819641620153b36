/* halt.c - see halt.h. */
#include "halt.h"

#include "apart.h"

void halt_hosts(struct halt *h, const cssl_options *client, const cssl_options *server)
{
    memset(h, 0, sizeof(*h));
    messages_apart = true;
    test_clock_init(&h->clock, PAIR_NOW);
    host_init(&h->client, false, &h->clock, client);
    host_init(&h->server, true, &h->clock, server);
}

void halt_start(struct halt *h, enum pair_dir side)
{
    pair_start(&h->p, &h->client, &h->server, "server.test");
    h->at = h->p.side[side].engine;
    h->peer = h->p.side[side == FROM_CLIENT ? FROM_SERVER : FROM_CLIENT].engine;
    h->host = side == FROM_CLIENT ? &h->client : &h->server;
    h->queue.limit = 1 << 20;
}

void halt_end(struct halt *h)
{
    buf_free(&h->queue);
    pair_free(&h->p);
    host_free(&h->client);
    host_free(&h->server);
}

void halt_feed(struct cssl_engine *e, const void *data, size_t len)
{
    uint8_t *where = NULL;
    assert_true(cssl_engine_room(e, &where) >= len);
    memcpy(where, data, len);
    assert_int_equal(cssl_engine_received(e, len, NULL), 0);
}

void halt_turn(struct halt *h, void (*run)(struct halt *h, struct cssl_engine *e, void *arg),
               void *arg)
{
    cssl_bytes out = cssl_engine_output(h->at);
    if (out.len > 0) {
        halt_feed(h->peer, out.data, out.len);
        cssl_engine_sent(h->at, out.len);
    }
    run(h, h->peer, arg);
    out = cssl_engine_output(h->peer);
    assert_int_equal(buf_append(&h->queue, out.data, out.len), 0);
    cssl_engine_sent(h->peer, out.len);
    cssl_bytes next = buf_bytes(&h->queue);
    if (next.len >= REC_HEADER) {
        size_t len = REC_HEADER + ((size_t)next.data[3] << 8 | next.data[4]);
        halt_feed(h->at, next.data, len);
        buf_consume(&h->queue, len);
    }
    run(h, h->at, arg);
}

int halt_say_with(struct halt *h, const struct rec_half *half, uint8_t type, const void *data,
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
    assert_true(cssl_engine_room(h->at, &where) >= out.len);
    memcpy(where, buf_bytes(&out).data, out.len);
    *err = (cssl_error){ 0 };
    int ret = cssl_engine_received(h->at, out.len, err);
    buf_free(&out);
    return ret;
}

int halt_say(struct halt *h, uint8_t type, const void *data, size_t len, cssl_error *err)
{
    return halt_say_with(h, &h->at->conn.read, type, data, len, err);
}

int halt_say_clear(struct halt *h, uint8_t type, const void *data, size_t len, cssl_error *err)
{
    const struct rec_half clear = { .epoch = 0 };
    return halt_say_with(h, &clear, type, data, len, err);
}

bool halt_is_zero(const void *data, size_t len)
{
    const uint8_t *p = data;
    size_t i = 0;
    while (i < len && p[i] == 0) {
        i++;
    }
    return i == len;
}

void halt_forgotten(struct halt *h)
{
    const struct conn *c = &h->at->conn;
    uint8_t key[32];
    assert_null(h->at->hs);
    assert_null(h->at->later);
    assert_null(h->at->in.data);
    assert_null(h->at->messages.partial.data);
    assert_true(halt_is_zero(&c->read, sizeof(c->read)));
    assert_true(halt_is_zero(&c->read_secret, sizeof(c->read_secret)));
    assert_true(halt_is_zero(&c->resumption, sizeof(c->resumption)));
    assert_true(cssl_engine_export_key_material(h->at, "EXPORTER-x", bytes_of(NULL, 0), key,
                                                sizeof(key), NULL) < 0);
    assert_true(cssl_engine_write(h->at, "x", 1, NULL) < 0);
    assert_true(cssl_engine_update_keys(h->at, true, NULL) < 0);
    assert_true(cssl_engine_renegotiate(h->at, NULL) < 0);
}

void halt_refused(struct halt *h, const char *where, const char *what, const cssl_error *err,
                  int alert, int reason)
{
    const struct conn *c = &h->at->conn;
    if (err->status >= 0 || err->alert_from_peer || err->alert != alert ||
        (reason != 0 && err->reason != reason)) {
        fail_msg("%s in %s: alert %d, reason %s; expected %d, %s", what, where, err->alert,
                 err->reason == 0 ? "none" : cssl_reason_name(err->reason), alert,
                 reason == 0 ? "any" : cssl_reason_name((uint16_t)reason));
    }
    (void)cssl_engine_output(h->at);
    assert_int_equal(host_alert(h->host, true), alert == ALERT_NONE ? -1 : alert);
    if (alert != ALERT_NONE) {
        assert_true(halt_is_zero(&c->write, sizeof(c->write)));
        assert_true(halt_is_zero(&c->write_secret, sizeof(c->write_secret)));
    }
    halt_forgotten(h);
}

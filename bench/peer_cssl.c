/* peer_cssl.c - cssl as the benchmarks see it. */
#include "peer.h"

#include <cssl.h>

#include <stdlib.h>
#include <string.h>

struct side {
    cssl_config *config;
    bool server;
};

struct conn {
    cssl_engine *engine;
    const uint8_t *data; /* pushed, not yet taken */
    size_t len;
    bool connected;
};

static const char *version(void)
{
    return cssl_version();
}

static struct side *side_new(const struct setup *setup, bool server)
{
    cssl_error err;
    const struct identity *id = identity_of(setup->rsa);
    const char *const suites[] = { setup->suite, NULL };
    const char *const groups[] = { setup->group, NULL };
    const cssl_cert_key ck = { .cert = { id->cert, id->cert_len },
                               .key = { id->key, id->key_len } };
    bool verifies = !server || setup->mutual;
    bool has_identity = server || setup->mutual;
    cssl_options o = {
        .ciphers = setup->suite == NULL ? NULL : suites,
        .supported_groups = setup->group == NULL ? NULL : groups,
        .certs_keys = has_identity ? &ck : NULL,
        .num_certs_keys = has_identity ? 1 : 0,
        .verify = verifies ? CSSL_VERIFY_PEER : CSSL_VERIFY_NONE,
        .cacerts = verifies ? (cssl_bytes){ id->root, id->root_len } : (cssl_bytes){ NULL, 0 },
        .session_tickets = setup->tickets ? CSSL_TICKETS_DEFAULT : CSSL_TICKETS_DISABLED,
    };
    struct side *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        bench_die("cssl", "out of memory");
    }
    s->server = server;
    s->config = server ? cssl_server_config(&o, &err) : cssl_client_config(&o, &err);
    if (s->config == NULL) {
        bench_die("cssl", err.text);
    }
    return s;
}

static void side_free(struct side *side)
{
    cssl_config_free(side->config);
    free(side);
}

static struct conn *conn_new(struct side *side)
{
    cssl_error err;
    const cssl_peer peer = { .name = "localhost", .port = 443 };
    struct conn *c = calloc(1, sizeof(*c));
    if (c == NULL || (c->engine = cssl_engine_new(side->config, side->server ? NULL : &peer,
                                                  &err)) == NULL) {
        bench_die("cssl", c == NULL ? "out of memory" : err.text);
    }
    return c;
}

static void conn_free(struct conn *conn)
{
    cssl_engine_free(conn->engine);
    free(conn);
}

static void push(struct conn *conn, const uint8_t *data, size_t len)
{
    conn->data = data;
    conn->len = len;
}

/* feed moves what was pushed into the engine, as far as it has room. */
static void feed(struct conn *conn)
{
    cssl_error err;
    uint8_t *where = NULL;
    size_t room = cssl_engine_room(conn->engine, &where);
    size_t n = conn->len < room ? conn->len : room;
    if (n == 0) {
        return;
    }
    memcpy(where, conn->data, n);
    conn->data += n;
    conn->len -= n;
    if (cssl_engine_received(conn->engine, n, &err) < 0) {
        bench_die("cssl", err.text);
    }
}

static size_t drain(struct conn *conn, uint8_t *out, size_t max)
{
    size_t total = 0;
    cssl_event event;
    do {
        feed(conn);
        while (cssl_engine_next(conn->engine, &event)) {
            conn->connected = conn->connected || event.type == CSSL_EV_CONNECTED;
            if (event.type == CSSL_EV_ERROR) {
                bench_die("cssl", event.error->text);
            }
            if (event.type == CSSL_EV_DATA && event.data.len <= max - total) {
                memcpy(out + total, event.data.data, event.data.len);
                total += event.data.len;
            }
        }
    } while (conn->len > 0);
    return total;
}

static bool step(struct conn *conn)
{
    (void)drain(conn, NULL, 0);
    return conn->connected;
}

static size_t pull(struct conn *conn, uint8_t *out, size_t max)
{
    cssl_bytes ready = cssl_engine_output(conn->engine);
    size_t n = ready.len < max ? ready.len : max;
    if (n > 0) {
        memcpy(out, ready.data, n);
        cssl_engine_sent(conn->engine, n);
    }
    return n;
}

static void seal(struct conn *conn, const uint8_t *data, size_t len)
{
    cssl_error err;
    if (cssl_engine_write(conn->engine, data, len, &err) != (ssize_t)len) {
        bench_die("cssl", err.text);
    }
}

static bool resumed(struct conn *conn)
{
    cssl_info info;
    cssl_engine_information(conn->engine, &info);
    return info.session_resumption;
}

static void keep(struct side *side, struct conn *conn)
{
    (void)side; /* the config keeps sessions by itself */
    (void)conn;
}

const struct peer peer_cssl = { "cssl",  version, side_new, side_free, conn_new, conn_free, push,
                                step,    pull,    seal,     drain,     resumed,  keep };

/* engine_support.c - two engines on memory. */
#include "engine_support.h"

void ends_new(struct ends *ends, const cssl_options *client, const cssl_options *server)
{
    cssl_error err = { .text = "" };
    cssl_options c = client == NULL ? (cssl_options){ .versions = 0 } : *client;
    cssl_options s = server == NULL ? (cssl_options){ .versions = 0 } : *server;
    c.cacertfile = ENGINE_CERTS "ca.pem";
    s.certfile = ENGINE_CERTS "server.pem";
    s.keyfile = ENGINE_CERTS "server.key.pem";
    ends->client_config = cssl_client_config(&c, &err);
    if (ends->client_config == NULL) {
        fail_msg("%s", err.text);
    }
    ends->server_config = cssl_server_config(&s, &err);
    if (ends->server_config == NULL) {
        fail_msg("%s", err.text);
    }
    const cssl_peer peer = { .name = "localhost" };
    ends->client = cssl_engine_new(ends->client_config, &peer, &err);
    ends->server = cssl_engine_new(ends->server_config, NULL, &err);
    assert_non_null(ends->client);
    assert_non_null(ends->server);
}

void ends_free(struct ends *ends)
{
    cssl_engine_free(ends->client);
    cssl_engine_free(ends->server);
    cssl_config_free(ends->client_config);
    cssl_config_free(ends->server_config);
}

int feed(cssl_engine *e, const void *data, size_t len, cssl_error *err)
{
    uint8_t *where;
    size_t room = cssl_engine_room(e, &where);
    assert_true(len <= room && len > 0);
    memcpy(where, data, len);
    return cssl_engine_received(e, len, err);
}

int carry(cssl_engine *from, cssl_engine *to, cssl_error *err)
{
    cssl_bytes out = cssl_engine_output(from);
    uint8_t *where;
    size_t n = min_size(out.len, cssl_engine_room(to, &where));
    if (n == 0) {
        return 0;
    }
    memcpy(where, out.data, n);
    cssl_engine_sent(from, n);
    return cssl_engine_received(to, n, err);
}

void shake(struct ends *ends)
{
    cssl_engine *both[] = { ends->client, ends->server };
    cssl_error err = { .text = "" };
    cssl_event ev;
    int connected = 0;
    for (int round = 0; round < 16; round++) {
        for (int i = 0; i < 2; i++) {
            if (carry(both[1 - i], both[i], &err) != 0) {
                fail_msg("%s", err.text);
            }
            while (cssl_engine_next(both[i], &ev)) {
                assert_int_equal(ev.type, CSSL_EV_CONNECTED);
                connected++;
            }
        }
    }
    assert_int_equal(connected, 2);
    assert_int_equal(cssl_engine_output(both[0]).len, 0);
    assert_int_equal(cssl_engine_output(both[1]).len, 0);
}

void no_event(cssl_engine *e)
{
    cssl_event ev;
    assert_false(cssl_engine_next(e, &ev));
}

cssl_event event(cssl_engine *e, cssl_event_type type)
{
    cssl_event ev = { .fd = 0 };
    assert_true(cssl_engine_next(e, &ev));
    assert_int_equal(ev.type, type);
    return ev;
}

void seal(cssl_engine *e, uint8_t type, const void *data, size_t len)
{
    cssl_error err;
    struct worker *w = worker_borrow(e->conn.config->shared);
    assert_non_null(w);
    assert_int_equal(conn_send(&e->conn, w, type, bytes_of(data, len), &err), 0);
    worker_return(e->conn.config->shared, w);
}

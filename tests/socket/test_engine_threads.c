/*
 * test_engine_threads.c - one thread sends on an engine while another one receives on it, on both
 * sides of a connection, with key updates asked for by everybody. For ThreadSanitizer too.
 */
#include "pair/certs.c"
#include "support.h"

#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PIPE = 100000, TOTAL = 3000000, CHUNK = 7000 };

/* ---- A pipe of bytes between two threads ---- */

struct pipe {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint8_t data[PIPE];
    size_t len;
    bool ended;
};

static void pipe_init(struct pipe *p)
{
    memset(p, 0, sizeof(*p));
    assert_int_equal(pthread_mutex_init(&p->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&p->changed, NULL), 0);
}

static void pipe_free(struct pipe *p)
{
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
}

/* pipe_put takes up to len bytes, waiting for room for the first one. */
static size_t pipe_put(struct pipe *p, const uint8_t *data, size_t len)
{
    (void)pthread_mutex_lock(&p->lock);
    while (p->len == PIPE) {
        (void)pthread_cond_wait(&p->changed, &p->lock);
    }
    size_t n = min_size(len, PIPE - p->len);
    memcpy(p->data + p->len, data, n);
    p->len += n;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    return n;
}

static void pipe_end(struct pipe *p)
{
    (void)pthread_mutex_lock(&p->lock);
    p->ended = true;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
}

/* pipe_get gives up to len bytes, 0 at the end. */
static size_t pipe_get(struct pipe *p, uint8_t *data, size_t len)
{
    (void)pthread_mutex_lock(&p->lock);
    while (p->len == 0 && !p->ended) {
        (void)pthread_cond_wait(&p->changed, &p->lock);
    }
    size_t n = min_size(len, p->len);
    memcpy(data, p->data, n);
    memmove(p->data, p->data + n, p->len - n);
    p->len -= n;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    return n;
}

/* ---- The four halves ---- */

struct side {
    cssl_engine *engine;
    struct pipe *out, *in;
    size_t received;
    bool closed, wrong;
};

static atomic_int failures;

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 31 + i / 997);
}

static void flush(struct side *s)
{
    cssl_bytes out = cssl_engine_output(s->engine);
    while (out.len > 0) {
        cssl_engine_sent(s->engine, pipe_put(s->out, out.data, out.len));
        out = cssl_engine_output(s->engine);
    }
}

static void *sender(void *arg)
{
    struct side *s = arg;
    uint8_t data[CHUNK];
    size_t round = 0;
    for (size_t done = 0; done < TOTAL;) {
        size_t len = min_size(1 + round * 797 % CHUNK, TOTAL - done);
        for (size_t i = 0; i < len; i++) {
            data[i] = pattern(done + i);
        }
        ssize_t n = cssl_engine_write(s->engine, data, len, NULL);
        if (n < 0 ||
            (round % 50 == 7 && cssl_engine_update_keys(s->engine, round % 100 == 7, NULL) != 0)) {
            atomic_fetch_add(&failures, 1);
            break;
        }
        done += (size_t)n;
        round++;
        flush(s);
    }
    if (cssl_engine_close(s->engine, NULL) != 0) {
        atomic_fetch_add(&failures, 1);
    }
    flush(s);
    pipe_end(s->out);
    return NULL;
}

static void *receiver(void *arg)
{
    struct side *s = arg;
    while (!s->closed) {
        uint8_t *where = NULL;
        cssl_event event;
        size_t room = cssl_engine_room(s->engine, &where);
        size_t n = room == 0 ? 0 : pipe_get(s->in, where, room);
        if (n == 0 || cssl_engine_received(s->engine, n, NULL) != 0) {
            atomic_fetch_add(&failures, 1);
            break;
        }
        while (cssl_engine_next(s->engine, &event)) {
            s->closed = s->closed || event.type == CSSL_EV_CLOSED;
            for (size_t i = 0; event.type == CSSL_EV_DATA && i < event.data.len; i++) {
                s->wrong = s->wrong || event.data.data[i] != pattern(s->received);
                s->received++;
            }
        }
    }
    while (!s->closed && pipe_get(s->in, (uint8_t[1000]){ 0 }, 1000) > 0) {
        /* the other side shall not wait for ever */
    }
    return NULL;
}

static void carry(cssl_engine *from, cssl_engine *to, bool *connected)
{
    cssl_bytes out = cssl_engine_output(from);
    uint8_t *where = NULL;
    cssl_event event;
    if (out.len > 0) {
        assert_true(cssl_engine_room(to, &where) >= out.len);
        memcpy(where, out.data, out.len);
        assert_int_equal(cssl_engine_received(to, out.len, NULL), 0);
        cssl_engine_sent(from, out.len);
    }
    while (cssl_engine_next(to, &event)) {
        *connected = *connected || event.type == CSSL_EV_CONNECTED;
    }
}

static void test_two_halves(void **state)
{
    (void)state;
    static struct pipe to_server, to_client;
    const cssl_peer peer = { .name = "server.test", .port = 443 };
    const cssl_cert_key identity = { .cert = { (const uint8_t *)pair_p256, strlen(pair_p256) } };
    cssl_config *cc = cssl_client_config(
        &(cssl_options){ .cacerts = { (const uint8_t *)pair_root, strlen(pair_root) } }, NULL);
    cssl_config *sc = cssl_server_config(
        &(cssl_options){ .certs_keys = &identity, .num_certs_keys = 1, .send_limit = 65536 }, NULL);
    assert_non_null(cc);
    assert_non_null(sc);
    pipe_init(&to_server);
    pipe_init(&to_client);
    struct side client = { .engine = cssl_engine_new(cc, &peer, NULL),
                           .out = &to_server,
                           .in = &to_client };
    struct side server = { .engine = cssl_engine_new(sc, NULL, NULL),
                           .out = &to_client,
                           .in = &to_server };
    bool connected[2] = { false, false };
    assert_non_null(client.engine);
    assert_non_null(server.engine);
    for (int i = 0; i < 4; i++) {
        carry(client.engine, server.engine, &connected[1]);
        carry(server.engine, client.engine, &connected[0]);
    }
    assert_true(connected[0] && connected[1]);

    pthread_t threads[4];
    assert_int_equal(pthread_create(&threads[0], NULL, receiver, &client), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, receiver, &server), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, sender, &client), 0);
    assert_int_equal(pthread_create(&threads[3], NULL, sender, &server), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(client.received, TOTAL);
    assert_int_equal(server.received, TOTAL);
    assert_false(client.wrong || server.wrong);
    assert_true(client.closed && server.closed);
    cssl_engine_free(client.engine);
    cssl_engine_free(server.engine);
    cssl_config_free(cc);
    cssl_config_free(sc);
    pipe_free(&to_server);
    pipe_free(&to_client);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_two_halves) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

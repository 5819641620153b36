/*
 * test_engine_failing.c - the receiving half of an engine fails while another thread sends on it:
 * the sender hears why, and sends the alert. For ThreadSanitizer too.
 */
#include "pair/certs.c"
#include "support.h"

#include "base/base.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { ROUNDS = 40 };

struct sender {
    cssl_engine *engine;
    atomic_size_t rounds;  /* that were sent */
    cssl_error error;      /* what ended it */
    uint8_t last[64];      /* the end of what it sent */
    size_t len;
};

static void take_output(struct sender *s)
{
    cssl_bytes out = cssl_engine_output(s->engine);
    if (out.len > 0) {
        s->len = min_size(out.len, sizeof(s->last));
        memcpy(s->last, out.data + out.len - s->len, s->len);
        cssl_engine_sent(s->engine, out.len);
    }
}

static void *send_until_it_fails(void *arg)
{
    struct sender *s = arg;
    uint8_t key[32];
    for (;;) {
        if (cssl_engine_write(s->engine, "data", 4, &s->error) < 0 ||
            (atomic_fetch_add(&s->rounds, 1) % 7 == 3 &&
             cssl_engine_update_keys(s->engine, false, &s->error) != 0) ||
            cssl_engine_export_key_material(s->engine, "EXPORTER-x", (cssl_bytes){ 0 }, key,
                                            sizeof(key), &s->error) != 0) {
            break;
        }
        take_output(s);
    }
    take_output(s);
    return NULL;
}

static void carry(cssl_engine *from, cssl_engine *to)
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
    }
}

/* one_round lets the server, or else the client, hear a record that nobody sealed. */
static void one_round(cssl_config *cc, cssl_config *sc, int round)
{
    static const uint8_t forged[] = { 23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
                                      11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };
    const cssl_peer peer = { .name = "server.test", .port = 443 };
    cssl_engine *client = cssl_engine_new(cc, &peer, NULL);
    cssl_engine *server = cssl_engine_new(sc, NULL, NULL);
    struct sender s = { .engine = round % 2 == 0 ? client : server };
    cssl_event event;
    assert_non_null(client);
    assert_non_null(server);
    for (int i = 0; i < 4; i++) {
        carry(client, server);
        carry(server, client);
    }
    /* a request for new keys first, so that something is owed */
    cssl_engine *other = round % 2 == 0 ? server : client;
    assert_int_equal(cssl_engine_update_keys(other, true, NULL), 0);

    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, send_until_it_fails, &s), 0);
    while (atomic_load(&s.rounds) < 20) {
        (void)sched_yield();
    }
    uint8_t *where = NULL;
    cssl_error err = { 0 };
    cssl_bytes out = cssl_engine_output(other);
    assert_true(cssl_engine_room(s.engine, &where) >= out.len + sizeof(forged));
    memcpy(where, out.data, out.len);
    memcpy(where + out.len, forged, sizeof(forged));
    assert_int_equal(cssl_engine_received(s.engine, out.len + sizeof(forged), &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
    assert_false(cssl_engine_next(s.engine, &event));
    assert_int_equal(pthread_join(thread, NULL), 0);

    assert_int_equal(s.error.reason, CSSL_R_BAD_RECORD_MAC);
    if (s.len < 24 || s.last[s.len - 24] != 23 || s.last[s.len - 20] != 19) {
        fail_msg("no alert was sealed at the end"); /* two bytes, a type and a tag */
    }
    cssl_engine_free(client);
    cssl_engine_free(server);
}

static void test_failing(void **state)
{
    (void)state;
    const cssl_cert_key identity = { .cert = { (const uint8_t *)pair_p256, strlen(pair_p256) } };
    cssl_config *cc = cssl_client_config(
        &(cssl_options){ .cacerts = { (const uint8_t *)pair_root, strlen(pair_root) } }, NULL);
    cssl_config *sc = cssl_server_config(
        &(cssl_options){ .certs_keys = &identity, .num_certs_keys = 1 }, NULL);
    assert_non_null(cc);
    assert_non_null(sc);
    for (int round = 0; round < ROUNDS; round++) {
        one_round(cc, sc, round);
    }
    cssl_config_free(cc);
    cssl_config_free(sc);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_failing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

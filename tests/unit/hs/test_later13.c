/* test_later13.c - authentication after the handshake without records: request, answer, what stays
 * apart until it is proven. Peers that break it are in tests/pair/test_later.c. */
#include "base/error.h"
#include "hs_support.h"

#include "hs/later13.h"

static struct hs_side client, server;

static void begin(bool offered)
{
    hs_side_config(&client, false,
                   &(cssl_options){ .post_handshake_auth = offered,
                                    .certfile = HS_CERTS "client.pem",
                                    .keyfile = HS_CERTS "client.key.pem" });
    hs_side_config(&server, true,
                   &(cssl_options){ .verify = CSSL_VERIFY_PEER, .post_handshake_auth = true,
                                    .cacertfile = HS_CERTS "ca.pem" });
    hs_side_start(&client);
    hs_side_start(&server);
    hs_both_must(&client, &server);
}

static void end(void)
{
    hs_side_end(&client);
    hs_side_end(&server);
    hs_side_free(&client);
    hs_side_free(&server);
}

/* What is kept for later is kept by both, and only where it was offered. */
static void test_keep(void **state)
{
    (void)state;
    for (int offered = 0; offered < 2; offered++) {
        begin(offered == 1);
        assert_int_equal(client.conn.handshake != NULL, offered);
        assert_int_equal(server.conn.handshake != NULL, offered);
        if (offered) {
            uint8_t ours[HASH_MAX], theirs[HASH_MAX];
            hash_peek(client.conn.handshake, ours);
            hash_peek(server.conn.handshake, theirs);
            assert_memory_equal(ours, theirs, hash_len((enum hash_alg)client.conn.hash_alg));
        }
        end();
    }
}

/* The type of the first message, and the message, at *at of a reply. */
static cssl_bytes next_message(cssl_bytes all, size_t *at)
{
    const uint8_t *m = all.data + *at;
    size_t len = 4 + ((size_t)m[1] << 16 | (size_t)m[2] << 8 | m[3]);
    *at += len;
    assert_true(*at <= all.len);
    return bytes_of(m, len);
}

static void test_answer(void **state)
{
    (void)state;
    struct hs_sent sent;
    begin(true);
    while (hs_side_take(&server, &sent)) {
        free(sent.data);
    }
    struct later13 *asks = later13_request(&server.conn, server.worker, &server.err);
    assert_non_null(asks);
    assert_true(hs_side_take(&server, &sent));
    assert_int_equal(sent.data[0], HT_CERTIFICATE_REQUEST);
    assert_int_equal(sent.data[4], 16); /* its context */

    struct later13 *answers = later13_new(&client.conn, &client.err);
    assert_non_null(answers);
    assert_int_equal(later13_message(answers, client.worker, bytes_of(sent.data, sent.len), false,
                                     NULL), 0);
    assert_true(hs_waiting(answers->hs));
    struct pk_step *step = hs_take_step(answers->hs);
    pk_step_run(step);
    assert_int_equal(hs_step_done(answers->hs, client.worker, step, NULL), 0);
    assert_true(hs_done(answers->hs));
    struct later_reply *reply = later13_reply(answers, NULL);
    assert_non_null(reply);
    later13_free(answers);
    free(sent.data);

    uint8_t finished[4 + HASH_MAX] = { HT_FINISHED, 0, 0, 0 };
    enum hash_alg alg = (enum hash_alg)client.conn.hash_alg;
    finished[3] = (uint8_t)hash_len(alg);
    finished13(alg, &client.conn.write_secret, reply->hash, finished + 4);
    size_t at = 0;
    cssl_bytes all = bytes_of(reply->messages, reply->len);
    assert_false(later13_open(asks));
    assert_true(later13_takes(asks, HT_CERTIFICATE));
    assert_false(later13_takes(asks, HT_KEY_UPDATE));
    cssl_bytes m = next_message(all, &at);
    assert_int_equal(later13_message(asks, server.worker, m, true, &server.err), 0);
    assert_true(later13_open(asks));
    assert_true(later13_takes(asks, HT_KEY_UPDATE)); /* to refuse it */
    assert_int_not_equal(later13_message(asks, server.worker, m, true, NULL), 0);
    m = next_message(all, &at);
    assert_int_equal(later13_message(asks, server.worker, m, true, &server.err), 0);
    assert_int_equal(at, all.len);
    assert_null(server.conn.peer); /* nobody yet */
    assert_false(server.conn.peer_verified);
    assert_int_equal(later13_message(asks, server.worker, bytes_of(finished, 4 + hash_len(alg)),
                                     false, &server.err), 0);
    assert_true(hs_done(asks->hs));
    later13_commit(asks);
    later13_free(asks);
    assert_non_null(server.conn.peer);
    assert_true(server.conn.peer_verified);
    assert_int_not_equal(server.conn.client_scheme, 0);
    later_reply_free(reply);
    end();
}

static void test_nothing(void **state)
{
    (void)state;
    later13_free(NULL);
    later_reply_free(NULL);
    assert_false(later13_takes(NULL, HT_CERTIFICATE));
    assert_false(later13_open(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_flow.c - the driver: what may come in each state, steps that are taken and given back, what
 * is installed when, and that nothing leaks wherever a handshake is left.
 */
#include "base/error.h"
#include "hs_support.h"

static struct hs_side client, server;

static void begin(const cssl_options *of_client, const cssl_options *of_server)
{
    hs_side_config(&client, false, of_client);
    hs_side_config(&server, true, of_server);
    hs_side_start(&client);
    hs_side_start(&server);
}

static void end(void)
{
    hs_side_free(&client);
    hs_side_free(&server);
}

/* hs_check_type says for every state and every type what the row says, and names both. */
static void test_check_type(void **state)
{
    (void)state;
    begin(NULL, NULL);
    for (int i = 0; i < 2 * HS_STATES; i++) {
        int s = i / 2;
        bool compression = i % 2 == 1; /* was it offered? */
        server.hs->state = (enum hs_state)s;
        server.config->compression.num = compression;
        for (int type = 0; type < 256; type++) {
            bool may = type < 28 && (hs_rows[s].accepts >> type & 1) != 0;
            cssl_error err = { 0 };
            may = may && (type != HT_COMPRESSED_CERTIFICATE || compression);
            assert_int_equal(hs_check_type(server.hs, (uint8_t)type, &err) == 0, may);
            if (!may) {
                assert_int_equal(err.reason, CSSL_R_UNEXPECTED_MESSAGE);
                assert_int_equal(err.alert, ALERT_UNEXPECTED_MESSAGE);
                assert_non_null(strstr(err.text, hs_rows[s].name));
            }
            server.hs->waiting = true; /* for a step: nothing may come at all */
            assert_int_not_equal(hs_check_type(server.hs, (uint8_t)type, NULL), 0);
            server.hs->waiting = false;
        }
    }
    server.hs->state = SERVER13_START;
    server.config->compression.num = 0;
    end();
}

static void test_wrong_message(void **state)
{
    (void)state;
    static const uint8_t finished[36] = { HT_FINISHED, 0, 0, 32 };
    static const uint8_t hello[4] = { HT_CLIENT_HELLO };
    begin(NULL, NULL);
    assert_int_equal(hs_message(server.hs, server.worker, bytes_of(finished, 36), false,
                                &server.err), CSSL_ALERT);
    assert_int_equal(server.err.reason, CSSL_R_UNEXPECTED_MESSAGE);
    assert_int_equal(server.hs->state, SERVER13_START);
    /* The row wants no bytes behind it: that is seen before the message is read. */
    assert_int_equal(hs_message(server.hs, server.worker, bytes_of(hello, 4), true, &server.err),
                     CSSL_ALERT);
    assert_int_equal(server.err.reason, CSSL_R_MESSAGE_ACROSS_KEYS);
    assert_int_equal(hs_change_cipher_spec(server.hs, server.worker, &server.err), CSSL_ALERT);
    assert_int_equal(server.err.reason, CSSL_R_CHANGE_CIPHER_SPEC);
    assert_int_equal(server.conn.out.len, 0);
    end();
}

/* A step is handed out once; while it is out the handshake stands still. */
static void test_step(void **state)
{
    (void)state;
    begin(NULL, NULL);
    assert_false(hs_waiting(client.hs));
    assert_null(hs_take_step(client.hs));
    assert_int_equal(hs_run(client.hs, client.worker, &client.err), 0);
    assert_true(hs_waiting(client.hs));
    struct pk_step *step = hs_take_step(client.hs);
    assert_non_null(step);
    assert_int_equal(step->kind, STEP_KEY_PAIR);
    assert_null(hs_take_step(client.hs));
    assert_true(hs_waiting(client.hs));
    assert_int_equal(hs_run(client.hs, client.worker, &client.err), 0);
    assert_int_equal(client.conn.out.len, 0); /* hs_run did not go past it */
    pk_step_run(step);
    assert_int_equal(hs_step_done(client.hs, client.worker, step, &client.err), 0);
    assert_int_equal(hs_side_steps(&client), 0);
    assert_true(client.conn.out.len > 0);
    assert_int_equal(client.hs->state, CLIENT13_WAIT_SH);
    assert_string_equal(hs_state_name(client.hs), "wait_sh");
    end();
}

/* A step that failed is the handshake's failure, word for word. */
static void test_step_failed(void **state)
{
    (void)state;
    begin(NULL, NULL);
    assert_int_equal(hs_run(client.hs, client.worker, &client.err), 0);
    struct pk_step *step = hs_take_step(client.hs);
    step->done = true;
    step->status = fail_text(&step->error, CSSL_R_RANDOM_FAILED, "none left");
    int status = step->status;
    assert_int_equal(hs_step_done(client.hs, client.worker, step, &client.err), status);
    assert_int_equal(client.err.reason, CSSL_R_RANDOM_FAILED);
    assert_non_null(strstr(client.err.text, "none left"));
    assert_false(hs_done(client.hs));
    assert_int_equal(client.conn.out.len, 0);
    end();
    /* One that is taken is its runner's: hs_free leaves it alone. */
    begin(NULL, NULL);
    assert_int_equal(hs_run(client.hs, client.worker, &client.err), 0);
    step = hs_take_step(client.hs);
    hs_side_end(&client);
    pk_step_run(step);
    assert_int_equal(step->status, 0);
    step_free(step);
    step_free(NULL);
    hs_free(NULL);
    end();
}

/* Both sides install the same keys, each for its direction, in the epoch they belong to. */
static void test_keys(void **state)
{
    (void)state;
    static const unsigned versions[] = { CSSL_TLSV1_3, CSSL_TLSV1_2 };
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        const cssl_options o = { .versions = versions[i] };
        begin(&o, &o);
        assert_int_equal(client.conn.write.epoch, EPOCH_CLEAR);
        hs_both_must(&client, &server);
        const struct conn *c = &client.conn, *s = &server.conn;
        assert_int_equal(c->version, versions[i] == CSSL_TLSV1_3 ? TLS_1_3 : TLS_1_2);
        assert_int_equal(s->version, c->version);
        assert_int_equal(c->write.epoch, EPOCH_APPLICATION);
        assert_int_equal(c->read.epoch, EPOCH_APPLICATION);
        assert_memory_equal(c->write.key.key, s->read.key.key, 16);
        assert_memory_equal(c->read.key.key, s->write.key.key, 16);
        assert_memory_not_equal(c->read.key.key, c->write.key.key, 16);
        assert_memory_equal(c->write_secret.data, s->read_secret.data, SECRET_MAX);
        assert_memory_equal(c->read_secret.data, s->write_secret.data, SECRET_MAX);
        assert_string_equal(hs_state_name(client.hs), "connection");
        /* What is done takes nothing more. */
        assert_int_not_equal(hs_check_type(client.hs, HT_FINISHED, NULL), 0);
        end();
    }
}

/* hs_send_ccs: once, only where RFC 8446 D.4 has need of it. */
static void test_ccs(void **state)
{
    (void)state;
    static const struct {
        cssl_switch mode;
        uint8_t session_id_len;
        bool sent;
    } rows[] = { { CSSL_ON, 32, true }, { CSSL_OFF, 32, false }, { CSSL_ON, 0, false } };
    static const uint8_t record[] = { CT_CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1 };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const cssl_options o = { .middlebox_comp_mode = rows[i].mode };
        begin(NULL, &o);
        server.hs->session_id_len = rows[i].session_id_len;
        server.hs->worker = server.worker;
        for (int again = 0; again < 2; again++) {
            assert_int_equal(hs_send_ccs(server.hs, &server.err), 0);
            assert_int_equal(server.conn.out.len, rows[i].sent ? sizeof(record) : 0);
        }
        if (rows[i].sent) {
            assert_memory_equal(buf_bytes(&server.conn.out).data, record, sizeof(record));
        }
        end();
    }
}

/* A message that has not fitted is not sent in part, nor taken into the transcript. */
static void test_send_too_long(void **state)
{
    (void)state;
    begin(NULL, NULL);
    uint8_t before[HASH_MAX], after[HASH_MAX];
    uint8_t *much = calloc(1, HS_MESSAGE_LIMIT + 1);
    assert_non_null(much);
    transcript_hash_with(&server.hs->transcript, HASH_SHA256, bytes_of(NULL, 0), before);
    wr_put(&server.hs->out, much, HS_MESSAGE_LIMIT + 1);
    assert_int_equal(hs_send(server.hs, &server.err), CSSL_NOMEM);
    transcript_hash_with(&server.hs->transcript, HASH_SHA256, bytes_of(NULL, 0), after);
    assert_memory_equal(before, after, 32);
    assert_int_equal(server.conn.out.len, 0);
    free(much);
    end();
}

/* Left after any number of messages, a handshake gives back all that it had (a sanitizer sees). */
static void test_left(void **state)
{
    (void)state;
    static const uint8_t types[] = { HT_CLIENT_HELLO, HT_SERVER_HELLO, HT_ENCRYPTED_EXTENSIONS,
                                     HT_CERTIFICATE, HT_CERTIFICATE_VERIFY, HT_FINISHED };
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        begin(NULL, NULL);
        assert_int_equal(hs_run(client.hs, client.worker, &client.err), 0);
        assert_int_equal(hs_side_steps(&client), 0);
        struct hs_sent sent;
        bool met = false;
        while (!met && (hs_side_take(&client, &sent) || hs_side_take(&server, &sent))) {
            met = sent.content_type == CT_HANDSHAKE && sent.data[0] == types[i];
            bool of_client = sent.content_type == CT_HANDSHAKE && sent.data[0] == HT_CLIENT_HELLO;
            assert_int_equal(hs_side_give(of_client ? &server : &client, &sent, false), 0);
            free(sent.data);
        }
        assert_true(met);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_type),  cmocka_unit_test(test_wrong_message),
        cmocka_unit_test(test_step),        cmocka_unit_test(test_step_failed),
        cmocka_unit_test(test_keys),        cmocka_unit_test(test_ccs),
        cmocka_unit_test(test_send_too_long), cmocka_unit_test(test_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_mailbox_pause.c - pauses and questions of sockets in mailboxes: gone on with, given up, or
 * forgotten, until handshake_timeout remembers them.
 */
#include "peers.h"

#include <string.h>

/* A server in a mailbox, whose clients run on threads of their own. */
struct inn {
    cssl_mailbox *mb;
    cssl_listener *listener;
    struct job job;
    cssl_options guest;
    cssl_info info; /* the client's, when it got in */
};

static int visit(struct job *job)
{
    struct inn *inn = job->arg;
    cssl_socket *s = cssl_connect("localhost", cssl_listener_port(inn->listener), &inn->guest,
                                  PATIENCE, &job->err);
    if (s == NULL) {
        return -1;
    }
    /* A server's last word may come after the client thinks that it is in. */
    char byte;
    ssize_t n = cssl_recv(s, &byte, 1, PATIENCE, &job->err);
    cssl_connection_information(s, &inn->info);
    cssl_close(s, 0, NULL);
    return n == 1 ? 0 : -1;
}

/* come opens the inn and lets a guest come: the socket of EV_ACCEPTED. */
static cssl_socket *come(struct inn *inn, const cssl_options *server, unsigned version)
{
    cssl_error err;
    inn->mb = cssl_mailbox_new(&err);
    ok(inn->mb == NULL ? -1 : 0, &err);
    inn->listener = cssl_listen(0, server, &err);
    ok(inn->listener == NULL ? -1 : 0, &err);
    ok(cssl_listener_set_mailbox(inn->listener, inn->mb, &err), &err);
    inn->guest = client_options();
    inn->guest.versions = version;
    inn->guest.alpn_protocols = CSSL_LIST("h2", "http/1.1");
    job_start(&inn->job, visit, inn);
    return expect(inn->mb, CSSL_EV_ACCEPTED).socket;
}

static void leave(struct inn *inn)
{
    cssl_listener_close(inn->listener);
    cssl_mailbox_free(inn->mb);
}

static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };

static void test_continue(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_SIZE(versions); i++) {
        struct inn inn = { .mb = NULL };
        cssl_error err;
        cssl_hello hello;
        cssl_options o = server_options();
        o.pause_at_hello = true;
        const cssl_options more = { .alpn_protocols = CSSL_LIST("http/1.1") };
        cssl_socket *s = come(&inn, &o, versions[i / 2]);
        cssl_event ev = expect(inn.mb, CSSL_EV_HELLO);
        assert_ptr_equal(ev.socket, s);
        assert_int_equal(cssl_peer_hello(s, &hello, &err), 0);
        assert_true(hello.client);
        assert_int_equal(hello.server_name.len, strlen("localhost"));
        expect_none(inn.mb, 1); /* it waits */
        ok(cssl_handshake_continue(s, i % 2 == 0 ? NULL : &more, 0, &err), &err);
        assert_int_equal(cssl_peer_hello(s, &hello, &err), CSSL_STATE);
        assert_int_equal(cssl_handshake_continue(s, &more, 0, &err), CSSL_STATE);
        assert_ptr_equal(expect(inn.mb, CSSL_EV_CONNECTED).socket, s);
        ok(cssl_send(s, "!", 1, PATIENCE, &err), &err);
        ok(job_end(&inn.job), &inn.job.err);
        assert_string_equal(inn.info.alpn_protocol, i % 2 == 0 ? "" : "http/1.1");
        cssl_close(s, 0, NULL);
        leave(&inn);
    }
}

/* More options that are wrong leave the pause as it was. */
static void test_continue_wrongly(void **state)
{
    (void)state;
    struct inn inn = { .mb = NULL };
    cssl_error err;
    cssl_options o = server_options();
    o.pause_at_hello = true;
    cssl_socket *s = come(&inn, &o, 0);
    (void)expect(inn.mb, CSSL_EV_HELLO);
    const cssl_options wrong = { .depth = 99 };
    assert_int_equal(cssl_handshake_continue(s, &wrong, 0, &err), CSSL_OPTION);
    assert_string_equal(err.option, "depth");
    ok(cssl_handshake_continue(s, NULL, 0, &err), &err);
    (void)expect(inn.mb, CSSL_EV_CONNECTED);
    ok(cssl_send(s, "!", 1, PATIENCE, &err), &err);
    ok(job_end(&inn.job), &inn.job.err);
    cssl_close(s, 0, NULL);
    leave(&inn);
}

/* After a cancellation no event of the socket comes out any more; its peer hears of it. */
static void test_cancel(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        struct inn inn = { .mb = NULL };
        cssl_options o = server_options();
        o.pause_at_hello = true;
        cssl_socket *s = come(&inn, &o, versions[i]);
        (void)expect(inn.mb, CSSL_EV_HELLO);
        cssl_handshake_cancel(s);
        expect_none(inn.mb, 50); /* its last words go out meanwhile */
        assert_true(job_end(&inn.job) < 0);
        assert_int_equal(inn.job.err.status, CSSL_CLOSED);
        leave(&inn);
    }
}

/* A client's pause is at the ServerHello. */
static void test_client(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        cssl_error err;
        cssl_hello hello;
        cssl_options so = server_options(), co = client_options();
        so.versions = versions[i];
        co.pause_at_hello = true;
        cssl_mailbox *mb = cssl_mailbox_new(&err);
        ok(mb == NULL ? -1 : 0, &err);
        cssl_listener *l = cssl_listen(0, &so, &err);
        ok(l == NULL ? -1 : 0, &err);
        ok(cssl_listener_set_mailbox(l, mb, &err), &err);
        cssl_config *config = cssl_client_config(&co, &err);
        ok(config == NULL ? -1 : 0, &err);
        cssl_socket *c = cssl_connect_start("localhost", cssl_listener_port(l), config, mb, &err);
        ok(c == NULL ? -1 : 0, &err);
        unsigned connected = 0, paused = 0;
        while (connected < 2) {
            cssl_event ev = next(mb);
            if (ev.type == CSSL_EV_HELLO) {
                paused++;
                assert_ptr_equal(ev.socket, c);
                ok(cssl_peer_hello(c, &hello, &err), &err);
                assert_true(!hello.client && hello.cipher_suites.len == 2);
                ok(cssl_handshake_continue(c, NULL, 0, &err), &err);
                continue;
            }
            assert_true(ev.type == CSSL_EV_ACCEPTED || ev.type == CSSL_EV_CONNECTED);
            connected += ev.type == CSSL_EV_CONNECTED;
        }
        assert_int_equal(paused, 1);
        cssl_close(c, 0, NULL);
        cssl_config_free(config);
        cssl_listener_close(l);
        cssl_mailbox_free(mb);
    }
}

/* What the program forgets ends with handshake_timeout, and an answer is too late then. */
static void test_forgotten(void **state)
{
    (void)state;
    for (int question = 0; question < 2; question++) {
        struct inn inn = { .mb = NULL };
        cssl_error err;
        cssl_options o = server_options();
        o.handshake_timeout = 100;
        o.pause_at_hello = question == 0;
        o.ask_about = question == 0 ? 0 : CSSL_ASK_SNI;
        int64_t began = clock_ms();
        cssl_socket *s = come(&inn, &o, 0);
        cssl_event ev = expect(inn.mb, question == 0 ? CSSL_EV_HELLO : CSSL_EV_ASK);
        const cssl_answer a = { .id = ev.question.id };
        ev = expect(inn.mb, CSSL_EV_ERROR);
        assert_ptr_equal(ev.socket, s);
        assert_int_equal(ev.error->status, CSSL_TIMEOUT);
        assert_non_null(strstr(ev.error->text, "answer")); /* it is not the peer's fault */
        assert_true(clock_ms() - began >= 100);
        if (question == 0) {
            assert_true(cssl_handshake_continue(s, NULL, 0, &err) < 0);
        } else {
            assert_int_equal(cssl_answer_question(s, &a, &err), CSSL_STATE);
            assert_int_equal(err.reason, CSSL_R_NO_QUESTION);
        }
        cssl_close(s, 0, NULL);
        expect_none(inn.mb, 1);
        assert_true(job_end(&inn.job) < 0);
        leave(&inn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_continue),
        cmocka_unit_test(test_continue_wrongly),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_client),
        cmocka_unit_test(test_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

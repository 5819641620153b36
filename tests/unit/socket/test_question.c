/* test_question.c - questions of a handshake answered at once, late, twice, wrongly and never, from
 * other threads, for blocking calls and in a mailbox. */
#include "sock_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct asker {
    cssl_config *config;      /* the answer */
    bool at_once;
    atomic_uint_fast64_t id;  /* of the question */
    cssl_socket *answer_here; /* answered from within the callback, before the question is open */
};

static bool ask(void *user, const cssl_question *q, cssl_answer *a)
{
    struct asker *asker = user;
    assert_int_equal(q->kind, CSSL_ASK_SNI);
    assert_int_equal(q->subject.len, strlen("localhost"));
    atomic_store(&asker->id, q->id);
    a->verdict = CSSL_ACCEPT;
    a->config = asker->config;
    if (asker->answer_here != NULL) {
        const cssl_answer now = { .id = q->id, .verdict = CSSL_ACCEPT, .config = asker->config };
        assert_int_equal(cssl_answer_question(asker->answer_here, &now, NULL), 0);
        return false;
    }
    return asker->at_once;
}

struct peer {
    pthread_t thread;
    int fd;
    uint16_t port;
    cssl_socket *s;
};

static void *connect_peer(void *arg)
{
    struct peer *p = arg;
    const cssl_options o = { .cacertfile = SOCK_CERTS "ca.pem" };
    p->s = p->port != 0 ? cssl_connect("localhost", p->port, &o, PATIENCE_MS, NULL)
                        : cssl_connect_fd(p->fd, "localhost", &o, PATIENCE_MS, NULL);
    return NULL;
}

static cssl_config *server_config(const cssl_options *more)
{
    cssl_options o = *more;
    cssl_error err;
    o.certfile = SOCK_CERTS "server.pem";
    o.keyfile = SOCK_CERTS "server.key.pem";
    cssl_config *config = cssl_server_config(&o, &err);
    if (config == NULL) {
        fail_msg("%s", err.text);
    }
    return config;
}

/* begin makes a server's socket that asks, and a client in a thread. */
static cssl_socket *begin(struct peer *p, struct asker *asker)
{
    cssl_error err;
    int fds[2];
    cssl_config *config = server_config(
        &(cssl_options){ .ask = ask, .user = asker, .ask_about = CSSL_ASK_SNI });
    asker->config = server_config(&(cssl_options){ .alpn_protocols = NULL });
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    *p = (struct peer){ .fd = fds[0] };
    cssl_socket *s = cssl_accept_fd(fds[1], config, &err);
    assert_non_null(s);
    cssl_config_free(config);
    assert_int_equal(pthread_create(&p->thread, NULL, connect_peer, p), 0);
    return s;
}

static void end(struct peer *p, struct asker *asker, cssl_socket *s, bool good)
{
    if (!good) {
        cssl_handshake_cancel(s);
    }
    assert_int_equal(pthread_join(p->thread, NULL), 0);
    assert_int_equal(p->s != NULL, good);
    cssl_close(p->s, 0, NULL);
    if (good) {
        cssl_close(s, 0, NULL);
    } else {
        (void)close(p->fd);
    }
    cssl_config_free(asker->config);
}

static void test_at_once_and_early(void **state)
{
    (void)state;
    for (int early = 0; early < 2; early++) {
        struct asker asker = { .at_once = early == 0 };
        struct peer p;
        cssl_error err;
        cssl_socket *s = begin(&p, &asker);
        asker.answer_here = early != 0 ? s : NULL;
        assert_int_equal(cssl_handshake(s, PATIENCE_MS, &err), 0);
        end(&p, &asker, s, true);
    }
}

struct late {
    cssl_socket *s;
    struct asker *asker;
};

static void *answer_late(void *arg)
{
    const struct late *late = arg;
    cssl_answer a = { .verdict = CSSL_ACCEPT, .config = late->asker->config };
    while ((a.id = atomic_load(&late->asker->id)) == 0) {
        (void)sched_yield();
    }
    return cssl_answer_question(late->s, &a, NULL) == 0 ? NULL : arg;
}

static void test_from_another_thread(void **state)
{
    (void)state;
    struct asker asker = { .at_once = false };
    struct peer p;
    cssl_error err;
    void *failed;
    pthread_t thread;
    cssl_socket *s = begin(&p, &asker);
    struct late late = { s, &asker };
    assert_int_equal(pthread_create(&thread, NULL, answer_late, &late), 0);
    assert_int_equal(cssl_handshake(s, PATIENCE_MS, &err), 0);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    end(&p, &asker, s, true);
}

static void test_never_wrong_and_twice(void **state)
{
    (void)state;
    struct asker asker = { .at_once = false };
    struct peer p;
    cssl_error err;
    cssl_socket *s = begin(&p, &asker);
    while (atomic_load(&asker.id) == 0) {
        assert_int_equal(cssl_handshake(s, 1, &err), CSSL_TIMEOUT);
    }
    assert_int_equal(cssl_handshake(s, 1, &err), CSSL_TIMEOUT); /* nobody answers */
    cssl_answer a = { .id = atomic_load(&asker.id) - 1, .verdict = CSSL_ACCEPT,
                      .config = asker.config };
    assert_int_equal(cssl_answer_question(s, &a, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_NO_QUESTION);
    a.id++;
    a.config = NULL;
    assert_int_equal(cssl_answer_question(s, &a, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_ANSWER_WRONG); /* and the question is still open */
    a.config = asker.config;
    assert_int_equal(cssl_answer_question(s, &a, &err), 0);
    assert_int_equal(cssl_answer_question(s, &a, &err), CSSL_STATE);
    assert_int_equal(cssl_handshake(s, PATIENCE_MS, &err), 0);
    assert_int_equal(cssl_answer_question(s, &a, &err), CSSL_STATE);
    end(&p, &asker, s, true);
    /* A socket that is freed while it asks. */
    asker = (struct asker){ .at_once = false };
    s = begin(&p, &asker);
    while (atomic_load(&asker.id) == 0) {
        assert_int_equal(cssl_handshake(s, 1, &err), CSSL_TIMEOUT);
    }
    end(&p, &asker, s, false);
}

static void test_nobody_to_ask(void **state)
{
    (void)state;
    cssl_error err;
    int fds[2];
    cssl_config *config = server_config(&(cssl_options){ .ask_about = CSSL_ASK_SNI });
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    cssl_socket *s = cssl_accept_fd(fds[1], config, &err);
    assert_int_equal(cssl_handshake(s, PATIENCE_MS, &err), CSSL_OPTION);
    assert_int_equal(err.reason, CSSL_R_ASK_NEEDS_MAILBOX);
    assert_string_equal(err.option, "ask_about");
    cssl_close(s, 0, NULL);
    (void)close(fds[0]);
    cssl_config_free(config);
}

static cssl_event next_of(cssl_mailbox *mb, cssl_event_type type)
{
    cssl_event ev;
    cssl_error err;
    do {
        assert_int_equal(cssl_receive(mb, &ev, PATIENCE_MS, &err), 0);
        if (ev.type == CSSL_EV_ERROR) {
            fail_msg("%s", ev.error->text);
        }
    } while (ev.type != type);
    return ev;
}

static void test_mailbox(void **state)
{
    (void)state;
    cssl_error err;
    struct asker asker = { .config = server_config(&(cssl_options){ .depth = 0 }) };
    cssl_config *config = server_config(&(cssl_options){ .ask_about = CSSL_ASK_SNI });
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    cssl_listener *l = cssl_listen_with(0, config, &err);
    assert_true(mb != NULL && l != NULL);
    assert_int_equal(cssl_listener_set_mailbox(l, mb, &err), 0);
    for (int thread = 0; thread < 2; thread++) {
        struct peer p = { .port = cssl_listener_port(l) };
        assert_int_equal(pthread_create(&p.thread, NULL, connect_peer, &p), 0);
        cssl_event ev = next_of(mb, CSSL_EV_ASK);
        cssl_socket *s = ev.socket;
        cssl_event none;
        assert_int_equal(cssl_receive(mb, &none, 0, &err), CSSL_TIMEOUT);
        atomic_store(&asker.id, ev.question.id);
        struct late late = { s, &asker };
        pthread_t other;
        void *failed = NULL;
        if (thread == 0) {
            failed = answer_late(&late);
        } else {
            assert_int_equal(pthread_create(&other, NULL, answer_late, &late), 0);
        }
        (void)next_of(mb, CSSL_EV_CONNECTED);
        if (thread == 1) {
            assert_int_equal(pthread_join(other, &failed), 0);
        }
        assert_null(failed);
        assert_int_equal(pthread_join(p.thread, NULL), 0);
        assert_non_null(p.s);
        cssl_close(p.s, 0, NULL);
        cssl_close(s, 0, NULL);
    }
    cssl_mailbox_free(mb);
    cssl_listener_close(l);
    cssl_config_free(config);
    cssl_config_free(asker.config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_once_and_early),
        cmocka_unit_test(test_from_another_thread),
        cmocka_unit_test(test_never_wrong_and_twice),
        cmocka_unit_test(test_nobody_to_ask),
        cmocka_unit_test(test_mailbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

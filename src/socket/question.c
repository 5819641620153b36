/* question.c - answers to the handshake's questions, from any thread to the one that runs it. */
#include "socket/socket.h"

#include "base/mem.h"
#include "config/config.h"
#include "engine/engine.h"
#include "socket/deadline.h"
#include "socket/mailbox.h"
#include "socket/sockerr.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* An answer on its way: it owns what it points to. */
struct reply {
    cssl_answer answer;
    uint8_t *value;
};

static struct reply *reply_new(const cssl_answer *a, cssl_error *err);
static void reply_free(struct reply *reply);
static int check(const cssl_socket *s, const cssl_answer *a, cssl_error *err);
static int await(cssl_socket *s, short events, int64_t deadline, cssl_error *err);

int cssl_answer_question(cssl_socket *s, const cssl_answer *answer, cssl_error *err)
{
    struct reply *reply = reply_new(answer, err);
    if (reply == NULL) {
        return CSSL_NOMEM;
    }
    (void)pthread_mutex_lock(&s->lock);
    int rc = check(s, answer, err);
    if (rc == 0) {
        const uint64_t one = 1;
        s->reply = reply;
        reply = NULL;
        if (s->wake_fd >= 0) {
            (void)!write(s->wake_fd, &one, sizeof(one));
        }
    }
    if (rc == 0 && s->mailbox != NULL) {
        mailbox_answered(s->mailbox, s);
    }
    /* From here on s may be gone: it goes on without waiting for this thread. */
    (void)pthread_mutex_unlock(&s->lock);
    reply_free(reply);
    return rc;
}

int sock_check_askable(const cssl_config *config, cssl_error *err)
{
    if (config->ask_about == 0 || config->ask != NULL) {
        return 0;
    }
    return fail_option(err, CSSL_R_ASK_NEEDS_MAILBOX, "ask_about", "this call waits");
}

void sock_ask(cssl_socket *s, const cssl_question *q)
{
    (void)pthread_mutex_lock(&s->lock);
    s->question = *q;
    if (s->reply != NULL && s->reply->answer.id != q->id) {
        reply_free(s->reply); /* of a question that there never was */
        s->reply = NULL;
    }
    (void)pthread_mutex_unlock(&s->lock);
}

void sock_take_reply(cssl_socket *s)
{
    struct reply *reply = NULL;
    if (!engine_asks(s->engine)) {
        return;
    }
    (void)pthread_mutex_lock(&s->lock);
    if (s->question.id != 0 && s->reply != NULL) {
        reply = s->reply;
        s->reply = NULL;
        s->last_question = s->question.id;
        s->question.id = 0;
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (reply == NULL) {
        return;
    }
    cssl_error err;
    bool both = s->phase == PHASE_OPEN && engine_renegotiating(s->engine);
    if (both) {
        both_begin(s);
    }
    if (engine_must_answer(s->engine, &reply->answer, &err) < 0) {
        sock_keep_error(s, &err);
    }
    if (both) {
        both_end(s);
    }
    reply_free(reply);
}

int sock_idle(const cssl_socket *s)
{
    return !engine_asks(s->engine)    ? SOCK_AGAIN
           : engine_stands(s->engine) ? SOCK_STANDS
                                      : SOCK_ASKS;
}

int sock_linger(cssl_socket *s, int idle, short events, int64_t deadline, const char *late,
                cssl_error *err)
{
    if (idle == SOCK_STANDS) {
        events = (short)(events & ~POLLIN);
        late = "the question was not answered";
    }
    int rc = idle == SOCK_AGAIN ? sock_wait(s->fd, events, deadline)
                                : await(s, events, deadline, err);
    if (rc <= 0) {
        return rc < 0 ? rc : fail_time(err, "%s", late);
    }
    return 0;
}

void sock_set_mailbox(cssl_socket *s, cssl_mailbox *mb)
{
    (void)pthread_mutex_lock(&s->lock);
    s->mailbox = mb;
    (void)pthread_mutex_unlock(&s->lock);
}

void sock_no_questions(cssl_socket *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->question.id = 0;
    s->last_question = UINT64_MAX;
    reply_free(s->reply);
    s->reply = NULL;
    (void)pthread_mutex_unlock(&s->lock);
}

/* check: with a callback the answer may be faster than the question, as the number is known. */
static int check(const cssl_socket *s, const cssl_answer *a, cssl_error *err)
{
    if (s->reply != NULL || a->id <= s->last_question) {
        return fail(err, CSSL_R_NO_QUESTION);
    }
    if (s->question.id == 0 && s->config->ask != NULL) {
        return 0;
    }
    return s->question.id == 0 ? fail(err, CSSL_R_NO_QUESTION) : ask_fits(&s->question, a, err);
}

/* await waits for an answer: 1 it is there, or fd is ready; 0 the time ran out; or a negative
 * status. */
static int await(cssl_socket *s, short events, int64_t deadline, cssl_error *err)
{
    uint64_t count;
    (void)pthread_mutex_lock(&s->lock);
    if (s->wake_fd < 0) {
        s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    int posix = s->wake_fd < 0 ? errno : 0;
    bool there = s->reply != NULL;
    (void)pthread_mutex_unlock(&s->lock);
    if (posix != 0) {
        return fail_socket(err, posix, "waiting for an answer");
    }
    struct pollfd p[] = { { .fd = s->wake_fd, .events = POLLIN },
                          { .fd = events == 0 ? -1 : s->fd, .events = events } };
    while (!there) {
        int n = poll(p, 2, deadline_left(deadline));
        if (n == 0 && deadline_left(deadline) == 0) {
            return 0;
        }
        there = n > 0 || (n < 0 && errno != EINTR);
    }
    (void)!read(s->wake_fd, &count, sizeof(count));
    return 1;
}

static struct reply *reply_new(const cssl_answer *a, cssl_error *err)
{
    struct reply *reply = mem_new(sizeof(*reply));
    if (reply != NULL && a->value.len > 0) {
        reply->value = mem_copy(a->value.data, a->value.len);
    }
    if (reply == NULL || (a->value.len > 0 && reply->value == NULL)) {
        mem_free(reply);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    reply->answer = *a;
    reply->answer.value = bytes_of(reply->value, a->value.len);
    if (a->config != NULL) {
        (void)cssl_config_ref(a->config);
    }
    return reply;
}

static void reply_free(struct reply *reply)
{
    if (reply != NULL) {
        mem_free_wiped(reply->value, reply->answer.value.len);
        cssl_config_free(reply->answer.config);
        mem_free(reply);
    }
}

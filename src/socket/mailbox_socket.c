/* mailbox_socket.c - what a socket does in its turn: connect, shake hands, deliver, linger. */
#include "socket/mailbox_state.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "socket/deadline.h"
#include "socket/race.h"
#include "socket/sockerr.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static enum run run_race(cssl_mailbox *mb, cssl_socket *s, cssl_event *event);
static int won(cssl_mailbox *mb, cssl_socket *s, int fd, cssl_error *err);
static enum run run_handshake(cssl_mailbox *mb, cssl_socket *s, cssl_event *event);
static enum run run_open(cssl_mailbox *mb, cssl_socket *s, cssl_event *event);
static enum run run_closing(cssl_mailbox *mb, cssl_socket *s);
static bool deliver_kept(cssl_mailbox *mb, cssl_socket *s, cssl_event *event);
static bool deliver(cssl_mailbox *mb, cssl_socket *s, const cssl_event *from, cssl_event *event);
static void tell_question(cssl_socket *s, const cssl_event *from, cssl_event *event);
static void count_down(cssl_socket *s);
static void pull(cssl_socket *s);
static int push(cssl_socket *s, bool *room, cssl_error *err);
static enum run failed(cssl_mailbox *mb, cssl_socket *s, const cssl_error *err, cssl_event *event);
static void watch_fd(cssl_mailbox *mb, cssl_socket *s);

enum run socket_run(cssl_mailbox *mb, cssl_socket *s, cssl_event *event)
{
    event->socket = s;
    event->user = s->user;
    switch ((enum phase)s->phase) {
    case PHASE_RACING: return run_race(mb, s, event);
    case PHASE_HANDSHAKE: return run_handshake(mb, s, event);
    case PHASE_OPEN: return run_open(mb, s, event);
    case PHASE_CLOSING: return run_closing(mb, s);
    case PHASE_FAILED:
        if (!s->told_error) {
            return failed(mb, s, NULL, event);
        }
        (void)push(s, NULL, NULL); /* the rest of the alert */
        return RUN_IDLE;
    default: return RUN_IDLE;
    }
}

void socket_due(cssl_mailbox *mb, cssl_socket *s)
{
    if (s->phase == PHASE_CLOSING) {
        socket_destroy(mb, s);
        return;
    }
    cssl_error err;
    if (mb->now >= s->deadline && s->phase == PHASE_RACING) {
        (void)race_late(s->race, &err);
        sock_keep_error(s, &err);
    } else if (mb->now >= s->deadline && s->phase == PHASE_HANDSHAKE) {
        (void)fail_time(&err, "%s",
                        engine_stands(s->engine)
                            ? "the handshake waits for an answer, or for cssl_handshake_continue"
                            : "the peer has not finished the handshake: it may not speak TLS "
                              "here, or need a longer handshake_timeout");
        cssl_engine_cancel(s->engine);
        sock_keep_error(s, &err);
    }
    tasks_add(&mb->tasks, &s->task);
}

void socket_enter(cssl_mailbox *mb, cssl_socket *s)
{
    s->prev = NULL;
    s->next = mb->sockets;
    if (s->next != NULL) {
        s->next->prev = s;
    }
    mb->sockets = s;
    s->mailbox = mb;
    tasks_add(&mb->tasks, &s->task);
    if (s->phase == PHASE_RACING || s->phase == PHASE_HANDSHAKE) {
        s->counted = true;
        mb->handshakes++;
        if (timers_set(&mb->timers, &s->timer, s->deadline) != 0) {
            sock_keep_error(s, NULL);
        }
    }
    if (s->phase != PHASE_RACING) {
        watch_fd(mb, s);
    } else if (poller_add(&mb->poller, race_fd(s->race), POLLER_IN, &s->task) != 0) {
        sock_keep_error(s, NULL);
    }
}

void socket_leave(cssl_mailbox *mb, cssl_socket *s)
{
    socket_handshaken(mb, s);
    if (!mb->inherited) {
        sock_set_mailbox(s, NULL); /* first: then no answer can come into the list any more */
    }
    mailbox_drop_answered(mb, s);
    tasks_remove(&mb->tasks, &s->task);
    timers_clear(&mb->timers, &s->timer);
    /* A copy of the descriptor in a child process would keep it in the poller. */
    if (!mb->inherited) {
        if (s->registered) {
            poller_remove(&mb->poller, s->fd);
        }
        if (s->race != NULL) {
            poller_remove(&mb->poller, race_fd(s->race));
        }
    }
    s->registered = false;
    s->readable = false;
    s->writable = false;
    if (s->prev == NULL) {
        mb->sockets = s->next;
    } else {
        s->prev->next = s->next;
    }
    if (s->next != NULL) {
        s->next->prev = s->prev;
    }
    s->prev = NULL;
    s->next = NULL;
    s->mailbox = NULL;
}

void socket_destroy(cssl_mailbox *mb, cssl_socket *s)
{
    socket_leave(mb, s);
    sock_free(s);
}

void socket_handshaken(cssl_mailbox *mb, cssl_socket *s)
{
    if (!s->counted) {
        return;
    }
    s->counted = false;
    mb->handshakes--;
    for (struct inlet *in = mb->full ? mb->inlets : NULL; in != NULL; in = in->next) {
        tasks_add(&mb->tasks, &in->task);
    }
    mb->full = false;
}

void mailbox_close(cssl_socket *s, int timeout)
{
    cssl_mailbox *mb = s->mailbox;
    mailbox_take_up(mb);
    socket_handshaken(mb, s);
    if (s->engine != NULL) {
        send_begin(s);
        sock_begin_close(s);
        /* Now, in case that the program does not come back. */
        if (sock_push(s, NULL) == 0) {
            sock_end_writing(s);
        }
        send_end(s);
    }
    s->phase = PHASE_CLOSING;
    s->deadline = deadline_after(timeout < 0 ? CSSL_LINGER : timeout);
    if (timers_set(&mb->timers, &s->timer, s->deadline) != 0) {
        s->eof = true; /* do not wait */
    }
    tasks_add(&mb->tasks, &s->task);
}

static enum run run_race(cssl_mailbox *mb, cssl_socket *s, cssl_event *event)
{
    cssl_error err;
    int fd = -1;
    if (s->recv_failed) {
        return failed(mb, s, NULL, event);
    }
    int rc = race_run(s->race, &fd, &err);
    if (rc == 0) {
        rc = won(mb, s, fd, &err);
        return rc == 0 ? run_handshake(mb, s, event) : failed(mb, s, &err, event);
    }
    if (rc < 0) {
        return failed(mb, s, &err, event);
    }
    int wait = race_wait(s->race);
    int64_t at = wait < 0 ? s->deadline : earlier(s->deadline, now_ms() + wait);
    if (timers_set(&mb->timers, &s->timer, at) != 0) {
        (void)fail(&err, CSSL_R_NOMEM);
        return failed(mb, s, &err, event);
    }
    return RUN_IDLE;
}

/* won: the race has brought a connection. */
static int won(cssl_mailbox *mb, cssl_socket *s, int fd, cssl_error *err)
{
    struct fd_flags was;
    int posix = sock_prepare(fd, &was);
    s->fd = fd;
    if (posix != 0) {
        return fail_socket(err, posix, "connecting");
    }
    int rc = sock_start(s, race_host(s->race), race_port(s->race), true, err);
    poller_remove(&mb->poller, race_fd(s->race));
    race_free(s->race);
    s->race = NULL;
    if (rc == 0 && timers_set(&mb->timers, &s->timer, s->deadline) != 0) {
        rc = fail(err, CSSL_R_NOMEM);
    }
    watch_fd(mb, s);
    return rc;
}

static enum run run_handshake(cssl_mailbox *mb, cssl_socket *s, cssl_event *event)
{
    cssl_error err;
    cssl_event from;
    for (;;) {
        sock_take_reply(s);
        while (sock_next(s, &from)) {
            if (from.type == CSSL_EV_HELLO || from.type == CSSL_EV_ASK) {
                (void)push(s, NULL, NULL);
                tell_question(s, &from, event);
                return RUN_EVENT;
            }
            if (from.type == CSSL_EV_CONNECTED) {
                s->phase = PHASE_OPEN;
                timers_clear(&mb->timers, &s->timer);
                socket_handshaken(mb, s);
                (void)push(s, NULL, NULL);
                event->type = CSSL_EV_CONNECTED;
                return RUN_EVENT;
            }
            if (from.type == CSSL_EV_EARLY_DATA) {
                (void)push(s, NULL, NULL); /* the answer to the hello that came before it */
                (void)mailbox_spend(mb, from.data.len);
                event->type = CSSL_EV_EARLY_DATA;
                event->data = from.data;
                return RUN_EVENT;
            }
            sock_take_event(s, &from);
        }
        if (s->recv_failed || s->peer_closed) {
            (void)fail_text(&err, CSSL_R_CLOSED, "the peer closed it during the handshake");
            return failed(mb, s, s->recv_failed ? NULL : &err, event);
        }
        int rc = push(s, NULL, &err);
        if (!s->readable || engine_stands(s->engine)) {
            return rc < 0 ? failed(mb, s, &err, event) : RUN_IDLE;
        }
        if (!mailbox_spend(mb, PULL_COST)) {
            return RUN_LATER;
        }
        pull(s);
    }
}

static enum run run_open(cssl_mailbox *mb, cssl_socket *s, cssl_event *event)
{
    cssl_error err;
    cssl_event from;
    bool room = false;
    sock_take_reply(s);
    int rc = push(s, &room, &err);
    if (room) {
        event->type = CSSL_EV_WRITABLE;
        return RUN_EVENT;
    }
    if (s->passive_due) {
        s->passive_due = false;
        event->type = CSSL_EV_PASSIVE;
        return RUN_EVENT;
    }
    while (s->active != CSSL_PASSIVE || s->discard) {
        if (deliver_kept(mb, s, event)) {
            return RUN_EVENT;
        }
        if (s->peer_closed || s->told_error) {
            break;
        }
        if (sock_next(s, &from)) {
            if (deliver(mb, s, &from, event)) {
                return RUN_EVENT;
            }
            continue;
        }
        if (s->recv_failed || !s->readable || engine_stands(s->engine)) {
            break;
        }
        if (mb->spent >= TURN_BYTES) {
            return RUN_LATER;
        }
        (void)mailbox_spend(mb, ACCEPT_COST); /* reads cost, though they bring no data */
        pull(s);
        (void)push(s, NULL, NULL); /* replies to key updates, alerts */
    }
    if (s->recv_failed && s->active != CSSL_PASSIVE && !s->told_error) {
        return failed(mb, s, NULL, event);
    }
    if (rc < 0 && !s->told_error && !s->peer_closed) {
        return failed(mb, s, &err, event); /* even if it is passive: nobody can be sent to */
    }
    return RUN_IDLE;
}

/* run_closing writes what is left, then waits for the peer's end and drops what comes. */
static enum run run_closing(cssl_mailbox *mb, cssl_socket *s)
{
    uint8_t scratch[4096];
    int rc = s->engine == NULL ? CSSL_CLOSED : push(s, NULL, NULL);
    if (rc == SOCK_AGAIN && s->timer.place != 0) {
        return RUN_IDLE;
    }
    if (rc == 0) {
        sock_end_writing(s);
    }
    bool end = rc != 0 || s->eof || s->peer_closed;
    while (!end) {
        ssize_t n = recv(s->fd, scratch, sizeof(scratch), MSG_DONTWAIT);
        if (n > 0) {
            s->dropped += (size_t)n;
            end = s->dropped > DRAIN_MAX;
            if (!end && !mailbox_spend(mb, (size_t)n)) {
                return RUN_LATER;
            }
        } else if (n < 0 && errno == EAGAIN) {
            return RUN_IDLE;
        } else {
            end = n == 0 || errno != EINTR;
        }
    }
    socket_destroy(mb, s);
    return RUN_GONE;
}

/* deliver_kept hands out what the socket already holds: data in front of an end. */
static bool deliver_kept(cssl_mailbox *mb, cssl_socket *s, cssl_event *event)
{
    cssl_bytes ready = sock_ready(s);
    if (ready.len > 0 && s->active != CSSL_PASSIVE) {
        if (s->stash != NULL) {
            mb->held = s->stash;
            s->stash = NULL;
        } else {
            s->view = bytes_of(NULL, 0);
        }
        event->type = CSSL_EV_DATA;
        event->data = ready;
        count_down(s);
        return true;
    }
    if (s->peer_closed && !s->told_closed && s->active != CSSL_PASSIVE) {
        s->told_closed = true;
        s->active = CSSL_PASSIVE;
        event->type = CSSL_EV_CLOSED;
        return true;
    }
    return false;
}

/* deliver takes an event of the engine; true if it is one for the program. */
static bool deliver(cssl_mailbox *mb, cssl_socket *s, const cssl_event *from, cssl_event *event)
{
    switch (from->type) {
    case CSSL_EV_DATA:
        if (s->discard) {
            return false;
        }
        (void)mailbox_spend(mb, from->data.len);
        count_down(s);
        break;
    case CSSL_EV_ASK: tell_question(s, from, event); return true;
    case CSSL_EV_CONNECTED: /* a renegotiation's end */
    case CSSL_EV_AUTHENTICATED:
    case CSSL_EV_TICKET: break;
    default:
        sock_take_event(s, from); /* its end is told by deliver_kept, an error by run_open */
        return false;
    }
    event->type = from->type;
    event->data = from->data;
    event->error = from->error;
    return true;
}

/* tell_question hands out a question, or the pause at the hello. */
static void tell_question(cssl_socket *s, const cssl_event *from, cssl_event *event)
{
    s->paused = from->type == CSSL_EV_HELLO;
    if (!s->paused) {
        sock_ask(s, &from->question);
    }
    event->type = from->type;
    event->question = from->question;
}

/* count_down counts one event of data against active mode's number. */
static void count_down(cssl_socket *s)
{
    if (s->active == CSSL_ONCE) {
        s->active = CSSL_PASSIVE;
    } else if (s->active > 0 && --s->active == 0) {
        s->passive_due = true;
    }
}

static void pull(cssl_socket *s)
{
    bool empty = sock_pull(s) == SOCK_AGAIN;
    /* Edges are reported once: go on reading until nothing is left. After a hang-up there is an
     * end to be read too. */
    if (empty || (s->drained && !s->hup)) {
        s->readable = false;
    }
}

/* push is sock_push unless another thread is sending; *room says that CSSL_EV_WRITABLE is due. */
static int push(cssl_socket *s, bool *room, cssl_error *err)
{
    if (!s->writable || s->engine == NULL || !send_try(s)) {
        return 0;
    }
    int rc = sock_push(s, err);
    if (room != NULL && rc >= 0 && s->want_room && !engine_renegotiating(s->engine) &&
        cssl_engine_output(s->engine).len <= s->full / 2) {
        s->want_room = false;
        *room = true;
    }
    s->writable = rc != SOCK_AGAIN;
    send_end(s);
    return rc;
}

/* failed makes the event; err is NULL when the socket keeps the reason already. */
static enum run failed(cssl_mailbox *mb, cssl_socket *s, const cssl_error *err, cssl_event *event)
{
    if (err != NULL) {
        sock_keep_error(s, err);
    }
    (void)sock_tell_error(s, &mb->error);
    if (s->phase != PHASE_OPEN) {
        s->phase = PHASE_FAILED;
        timers_clear(&mb->timers, &s->timer);
        socket_handshaken(mb, s);
    }
    (void)push(s, NULL, NULL); /* the alert */
    s->told_error = true;
    s->active = CSSL_PASSIVE;
    sock_no_questions(s);
    event->type = CSSL_EV_ERROR;
    event->error = &mb->error;
    return RUN_EVENT;
}

static void watch_fd(cssl_mailbox *mb, cssl_socket *s)
{
    cssl_error err;
    int posix = poller_add(&mb->poller, s->fd, POLLER_IN | POLLER_OUT | POLLER_EDGE, &s->task);
    if (posix != 0) {
        (void)fail_socket(&err, posix, "watching a connection");
        sock_keep_error(s, &err);
        return;
    }
    s->registered = true;
    /* Try both at once rather than wait for the poller to say what is likely. */
    s->readable = true;
    s->writable = true;
}

/* pump.c - moves bytes between a descriptor and an engine. Never waits. */
#include "socket/socket.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "socket/sockerr.h"

#include <errno.h>
#include <sys/socket.h>

static bool take_own(cssl_socket *s, const cssl_event *event);
static int write_failed(cssl_socket *s, cssl_error *err);
static int read_failed(cssl_socket *s, int posix, cssl_error *err);

int sock_push(cssl_socket *s, cssl_error *err)
{
    for (;;) {
        cssl_bytes out = cssl_engine_output(s->engine);
        if (out.len == 0) {
            return 0;
        }
        if (s->send_errno != 0) {
            return write_failed(s, err);
        }
        ssize_t n = send(s->fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            s->send_oct += (uint64_t)n;
            s->send_cnt++;
            cssl_engine_sent(s->engine, (size_t)n);
            continue;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return SOCK_AGAIN;
        }
        s->send_errno = errno;
    }
}

bool sock_kick(cssl_socket *s)
{
    if (!send_try(s)) {
        return false; /* whoever has that half sees to it */
    }
    bool left = sock_push(s, NULL) == SOCK_AGAIN;
    send_end(s);
    return left;
}

int sock_pull(cssl_socket *s)
{
    cssl_error err;
    uint8_t *where = NULL;
    if (engine_stands(s->engine)) {
        return SOCK_AGAIN;
    }
    size_t room = s->recv_failed || s->eof ? 0 : cssl_engine_room(s->engine, &where);
    if (room == 0) {
        if (!s->recv_failed && !s->peer_closed) {
            (void)fail(&err, CSSL_R_NOMEM); /* it has no events left, so it has no memory */
            sock_keep_error(s, &err);
        }
        return 0;
    }
    ssize_t n;
    do {
        n = recv(s->fd, where, room, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        int posix = errno;
        if (posix == EAGAIN || posix == EWOULDBLOCK) {
            s->drained = true;
            return SOCK_AGAIN;
        }
        (void)read_failed(s, posix, &err);
        sock_keep_error(s, &err);
        return 0;
    }
    (void)pthread_mutex_lock(&s->lock);
    s->recv_oct += (uint64_t)n;
    s->recv_cnt++;
    (void)pthread_mutex_unlock(&s->lock);
    s->eof = n == 0;
    s->drained = (size_t)n < room;
    if (cssl_engine_received(s->engine, (size_t)n, &err) < 0 && !s->peer_closed) {
        sock_keep_error(s, &err);
    }
    return 0;
}

bool sock_next(cssl_socket *s, cssl_event *event)
{
    bool both = false, got = false, more = true;
    while (more && !got) {
        if (!both && engine_needs_both(s->engine)) { /* a renegotiation writes */
            both_begin(s);
            both = true;
        }
        more = cssl_engine_next(s->engine, event);
        if (more) {
            got = take_own(s, event);
        } else {
            more = !both && engine_needs_both(s->engine);
        }
    }
    if (both) {
        both_end(s);
    }
    return got;
}

void sock_take_event(cssl_socket *s, const cssl_event *event)
{
    switch (event->type) {
    case CSSL_EV_DATA:
        if (!s->discard) {
            s->view = event->data;
        }
        break;
    case CSSL_EV_CLOSED: s->peer_closed = true; break;
    case CSSL_EV_ERROR: sock_keep_error(s, event->error); break;
    case CSSL_EV_ASK: /* in a call that waits, or looks */
        sock_ask(s, &event->question);
        if (!engine_can_answer(s->engine)) {
            cssl_error err;
            (void)engine_unasked(s->engine, &err);
            sock_keep_error(s, &err);
        }
        break;
    default: /* a session ticket, which only a mailbox can hand out */ break;
    }
}

void sock_keep_error(cssl_socket *s, const cssl_error *err)
{
    if (s->recv_failed) {
        return; /* the first one counts */
    }
    s->recv_failed = true;
    if (err != NULL) {
        s->error = mem_copy(err, sizeof(*err));
    }
}

int sock_tell_error(const cssl_socket *s, cssl_error *err)
{
    return s->error == NULL ? fail(err, CSSL_R_NOMEM) : error_copy(err, s->error);
}

/* take_own deals with events that are the socket layer's own affair; false for these. */
static bool take_own(cssl_socket *s, const cssl_event *event)
{
    cssl_error err;
    if (event->type == CSSL_EV_WRITABLE) {
        return false; /* the socket layer tells that itself, when the kernel has room too */
    }
    if (event->type != CSSL_EV_STEP) {
        return true;
    }
    cssl_step *step = cssl_engine_step(s->engine);
    if (step != NULL) {
        cssl_step_run(step);
        if (cssl_engine_step_done(s->engine, step, &err) < 0) {
            sock_keep_error(s, &err);
        }
    }
    return false;
}

static int write_failed(cssl_socket *s, cssl_error *err)
{
    if (s->send_errno == EPIPE || s->send_errno == ECONNRESET) {
        return fail_posix(err, CSSL_R_CONNECTION_RESET, s->send_errno, "it reads no more");
    }
    return fail_socket(err, s->send_errno, "sending");
}

static int read_failed(cssl_socket *s, int posix, cssl_error *err)
{
    s->eof = true;
    if (posix == ECONNRESET || posix == EPIPE) {
        char why[POSIX_TEXT];
        return fail_posix(err, CSSL_R_CONNECTION_RESET, posix, "%s", posix_text(posix, why));
    }
    return fail_socket(err, posix, "receiving");
}

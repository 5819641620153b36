/*
 * renegotiate.c - another handshake on an open connection of TLS 1.2. It needs both halves for as
 * long as it works on something, and neither while it waits. What the peer had sent before it is
 * kept for cssl_recv.
 */
#include "socket/socket.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "socket/deadline.h"
#include "socket/sockerr.h"

#include <poll.h>

enum { KEPT_MAX = 65536 }; /* bytes that came while nobody received */

static int begin(cssl_socket *s, bool if_due, cssl_error *err);
static int turn(cssl_socket *s, cssl_event *event, cssl_error *err);
static int await(cssl_socket *s, int idle, int64_t deadline, cssl_error *err);
static bool wait_for_receiver(cssl_socket *s, int64_t deadline);
static int make_room(cssl_socket *s, int64_t deadline, cssl_error *err);
static int wait_idle(cssl_socket *s, int64_t deadline);

int cssl_renegotiate(cssl_socket *s, int timeout, cssl_error *err)
{
    cssl_event event;
    int64_t deadline = deadline_after(timeout);
    int rc = s->phase == PHASE_OPEN ? begin(s, false, err)
                                    : fail_text(err, CSSL_R_NOT_NOW, "there is no connection");
    if (rc != 0 || s->mailbox != NULL) {
        return rc; /* a mailbox tells of its end by CSSL_EV_CONNECTED */
    }
    for (;;) {
        if ((rc = make_room(s, deadline, err)) != 0) {
            return rc;
        }
        recv_begin(s);
        memset(&event, 0, sizeof(event));
        rc = turn(s, &event, err);
        recv_end(s);
        if (rc == 0 && event.type == CSSL_EV_CONNECTED) {
            return event.error == NULL ? 0 : error_copy(err, event.error);
        }
        if (rc > 0) {
            rc = await(s, rc, deadline, err);
        }
        if (rc != 0) {
            return rc;
        }
    }
}

int sock_renegotiate_if_due(cssl_socket *s, cssl_error *err)
{
    return engine_renegotiation_due(s->engine) ? begin(s, true, err) : 0;
}

int sock_renegotiate_on(cssl_socket *s, int64_t deadline, cssl_error *err)
{
    cssl_event event;
    if (s->mailbox != NULL) {
        return fail_text(err, CSSL_R_NOT_NOW,
                         "a renegotiation goes on: use cssl_send_some in a mailbox");
    }
    while (engine_renegotiating(s->engine)) {
        int full = make_room(s, deadline, err);
        if (full != 0) {
            return full;
        }
        if (!recv_try(s)) {
            if (!wait_for_receiver(s, deadline)) {
                return fail_time(err, "the renegotiation does not come to its end");
            }
            continue;
        }
        if (!engine_renegotiating(s->engine)) { /* it ended before this thread had its turn */
            recv_end(s);
            break;
        }
        int rc = turn(s, &event, err);
        recv_end(s);
        if (rc > 0 && engine_renegotiating(s->engine)) {
            rc = await(s, rc, deadline, err);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int begin(cssl_socket *s, bool if_due, cssl_error *err)
{
    recv_begin(s);
    both_begin(s);
    int rc = !if_due || engine_renegotiation_due(s->engine)
                 ? cssl_engine_renegotiate(s->engine, err)
                 : 0;
    both_end(s);
    recv_end(s);
    return rc;
}

/* turn, holding the receiving half, takes an event or reads: 0, why it waits, or a failure. */
static int turn(cssl_socket *s, cssl_event *event, cssl_error *err)
{
    sock_take_reply(s);
    if (sock_next(s, event)) {
        sock_take_event(s, event);
        return stash_keep(s, KEPT_MAX + REC_PLAIN_MAX, err); /* there was room for one more */
    }
    if (s->recv_failed) {
        return sock_tell_error(s, err);
    }
    if (s->peer_closed) {
        return fail_text(err, CSSL_R_CLOSED, "the peer closed it instead of renegotiating");
    }
    int rc = sock_pull(s);
    return rc == SOCK_AGAIN ? sock_idle(s) : rc;
}

/* await waits until there is something to read, or to write, or an answer. */
static int await(cssl_socket *s, int idle, int64_t deadline, cssl_error *err)
{
    bool left = sock_kick(s);
    return sock_linger(s, idle, (short)(left ? POLLIN | POLLOUT : POLLIN), deadline,
                       "the peer does not go on with the renegotiation", err);
}

/* wait_for_receiver waits while another thread, which receives, runs the handshake. */
static bool wait_for_receiver(cssl_socket *s, int64_t deadline)
{
    int rc = 0;
    (void)pthread_mutex_lock(&s->lock);
    while (rc == 0 && (s->receiving || s->recv_waiting) && engine_renegotiating(s->engine)) {
        rc = wait_idle(s, deadline);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return rc == 0;
}

/* make_room waits until another thread has received enough of what was kept for it: without that,
 * whoever drives the handshake would read on and on before the receiver gets its turn. */
static int make_room(cssl_socket *s, int64_t deadline, cssl_error *err)
{
    int rc = 0;
    (void)pthread_mutex_lock(&s->lock);
    while (rc == 0 && (s->receiving || stash_view(s).len + s->view.len >= KEPT_MAX)) {
        rc = wait_idle(s, deadline);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return rc == 0 ? 0 : fail_time(err, "first receive what the peer has sent");
}

/* wait_idle, holding the lock, waits for a half that is given back. */
static int wait_idle(cssl_socket *s, int64_t deadline)
{
    const struct timespec until = { .tv_sec = (time_t)(deadline / 1000),
                                    .tv_nsec = (long)(deadline % 1000) * 1000000 };
    return deadline == NEVER ? pthread_cond_wait(&s->idle, &s->lock)
                             : pthread_cond_timedwait(&s->idle, &s->lock, &until);
}

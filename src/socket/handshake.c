/* handshake.c - the handshake and the end of a connection, each a blocking call. */
#include "socket/socket.h"

#include "engine/engine.h"
#include "socket/deadline.h"
#include "socket/sockerr.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static int run(cssl_socket *s, bool early, int64_t deadline, cssl_error *err);
static bool take_events(cssl_socket *s, bool early);
static int handshake_failed(cssl_socket *s, cssl_error *err);
static int push_all(cssl_socket *s, int64_t deadline, cssl_error *err);
static int drain(cssl_socket *s, int64_t deadline, cssl_error *err);
static int drain_blindly(cssl_socket *s, int64_t deadline);

int sock_handshake(cssl_socket *s, int64_t deadline, cssl_error *err)
{
    return run(s, false, deadline, err);
}

ssize_t sock_recv_early(cssl_socket *s, uint8_t *data, size_t len, int64_t deadline,
                        cssl_error *err)
{
    int rc = s->early.len > 0 ? 0 : run(s, true, deadline, err);
    if (rc != 0) {
        return rc < 0 ? rc
                      : fail_text(err, CSSL_R_NOT_NOW, "the handshake is paused at the peer's "
                                  "hello: cssl_handshake_continue is next");
    }
    size_t n = min_size(len, s->early.len);
    if (n > 0) {
        memcpy(data, s->early.data, n);
        s->early = bytes_of(s->early.data + n, s->early.len - n);
    }
    return (ssize_t)n;
}

/* run goes on until the handshake is done and all of it is written; or, looking for early data,
 * until there is some in s->early, or the handshake is done: then it is left to be finished. */
static int run(cssl_socket *s, bool early, int64_t deadline, cssl_error *err)
{
    s->early = bytes_of(NULL, 0); /* what was not asked for is gone with the next event */
    for (;;) {
        sock_take_reply(s);
        s->connected = s->connected || take_events(s, early);
        cssl_error why;
        send_begin(s);
        int rc = sock_push(s, &why);
        send_end(s);
        if (s->early.len > 0 || (early && s->connected)) {
            return 0;
        }
        if (s->recv_failed) {
            return handshake_failed(s, err);
        }
        if (s->paused) {
            return CSSL_PAUSED;
        }
        const int idle = sock_idle(s);
        if (s->connected && rc <= 0) {
            s->phase = rc == 0 ? PHASE_OPEN : PHASE_FAILED;
            return rc == 0 ? 0 : error_copy(err, &why);
        }
        /* Although nothing can be written any more, there may be an alert to read. */
        bool stuck = s->connected || sock_pull(s) == SOCK_AGAIN;
        if (!stuck) {
            continue;
        }
        if (rc < 0 && idle == SOCK_AGAIN) { /* an answer comes first */
            sock_keep_error(s, &why);
            return handshake_failed(s, err);
        }
        short events = (short)((s->connected ? 0 : POLLIN) | (rc == SOCK_AGAIN ? POLLOUT : 0));
        rc = sock_linger(s, idle, events, deadline,
                         "the peer has not finished the handshake: it may not speak TLS here, or "
                         "need a longer timeout", err);
        if (rc != 0) {
            return rc;
        }
    }
}

void sock_begin_close(cssl_socket *s)
{
    if (s->engine == NULL || s->recv_failed || s->write_closed) {
        return;
    }
    s->write_closed = true;
    if (s->phase == PHASE_OPEN) {
        (void)cssl_engine_close(s->engine, NULL); /* what it says, sock_push will say */
    } else {
        cssl_engine_cancel(s->engine);
    }
}

int sock_say_close(cssl_socket *s, int64_t deadline, cssl_error *err)
{
    int rc = 0;
    send_begin(s);
    /* While the sending half is held none begins; a thread that receives may have let one begin
     * just before. */
    while (s->mailbox == NULL && s->phase == PHASE_OPEN && !s->write_closed &&
           engine_renegotiating(s->engine)) {
        send_end(s);
        if ((rc = sock_renegotiate_on(s, deadline, err)) != 0) {
            return rc;
        }
        send_begin(s);
    }
    rc = s->write_closed ? 0 : cssl_engine_close(s->engine, err);
    s->write_closed = true;
    send_end(s);
    return rc < 0 ? rc : push_all(s, deadline, err);
}

void sock_end_writing(cssl_socket *s)
{
    if (!s->write_ended) {
        s->write_ended = true;
        (void)shutdown(s->fd, SHUT_WR);
    }
}

int sock_finish(cssl_socket *s, int64_t deadline, cssl_error *err)
{
    if (s->engine == NULL) {
        return 0;
    }
    send_begin(s);
    bool said_all = cssl_engine_output(s->engine).len == 0;
    sock_begin_close(s);
    send_end(s);
    int rc = push_all(s, deadline, err);
    sock_end_writing(s);
    if (s->recv_failed || s->phase != PHASE_OPEN) {
        /* The last words are an alert: leave the peer the time to read it. */
        if (rc == 0) {
            rc = drain_blindly(s, earlier(deadline, deadline_after(FAREWELL_MS)));
        }
        return s->recv_failed ? sock_tell_error(s, err) : rc;
    }
    if (rc != 0 && !(rc == CSSL_TRUNCATED && said_all)) {
        return rc;
    }
    /* If only close_notify could not be sent, the peer may have closed in order before. */
    return drain(s, deadline, err);
}

/* take_events: is the handshake done? What comes after that stays in the engine. */
static bool take_events(cssl_socket *s, bool early)
{
    cssl_event event;
    cssl_error err;
    while (sock_next(s, &event)) {
        if (event.type == CSSL_EV_CONNECTED) {
            return true;
        }
        if (event.type == CSSL_EV_EARLY_DATA && early) {
            s->early = event.data;
            return false;
        }
        if (event.type == CSSL_EV_HELLO) {
            s->paused = true;
            return false;
        }
        sock_take_event(s, &event);
        if (event.type == CSSL_EV_CLOSED) {
            (void)fail_text(&err, CSSL_R_CLOSED, "the peer closed it during the handshake");
            sock_keep_error(s, &err);
        }
    }
    return false;
}

static int handshake_failed(cssl_socket *s, cssl_error *err)
{
    s->phase = PHASE_FAILED;
    (void)sock_kick(s); /* the alert, once more: the error may be newer than the last attempt */
    return sock_tell_error(s, err);
}

static int push_all(cssl_socket *s, int64_t deadline, cssl_error *err)
{
    for (;;) {
        send_begin(s);
        int rc = sock_push(s, err);
        send_end(s);
        if (rc != SOCK_AGAIN) {
            return rc;
        }
        if (sock_wait(s->fd, POLLOUT, deadline) == 0) {
            return fail_time(err, "the peer does not read what is queued for it");
        }
    }
}

/* drain waits for the peer's close_notify and drops the data in front of it. */
static int drain(cssl_socket *s, int64_t deadline, cssl_error *err)
{
    size_t dropped = sock_ready(s).len;
    int rc = 0;
    recv_begin(s);
    for (;;) {
        cssl_event event;
        if (s->peer_closed) {
            break;
        }
        if (sock_next(s, &event)) {
            dropped += event.type == CSSL_EV_DATA ? event.data.len : 0;
            s->peer_closed = event.type == CSSL_EV_CLOSED;
            if (event.type == CSSL_EV_ERROR) {
                sock_keep_error(s, event.error);
            }
            continue;
        }
        if (s->recv_failed) {
            rc = sock_tell_error(s, err);
            break;
        }
        if (dropped > DRAIN_MAX) {
            rc = fail(err, CSSL_R_STILL_SENDING);
            break;
        }
        if (engine_stands(s->engine)) { /* what comes is not looked at any more */
            rc = drain_blindly(s, deadline);
            break;
        }
        if (sock_pull(s) == SOCK_AGAIN && sock_wait(s->fd, POLLIN, deadline) == 0) {
            rc = fail_time(err, "the peer has not closed its side");
            break;
        }
    }
    recv_end(s);
    return rc;
}

/* drain_blindly drops what comes until the peer's end; nothing is decrypted any more. */
static int drain_blindly(cssl_socket *s, int64_t deadline)
{
    uint8_t scratch[4096];
    size_t dropped = 0;
    while (!s->eof && dropped <= DRAIN_MAX) {
        ssize_t n = recv(s->fd, scratch, sizeof(scratch), MSG_DONTWAIT);
        if (n > 0) {
            dropped += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            if (sock_wait(s->fd, POLLIN, deadline) == 0) {
                break;
            }
        } else if (n == 0 || errno != EINTR) {
            s->eof = true;
        }
    }
    return 0;
}

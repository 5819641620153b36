/* io.c - sending, receiving, shutting down and closing, each call with one deadline. */
#include "socket/socket.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "socket/deadline.h"
#include "socket/mailbox.h"
#include "socket/sockerr.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* Bytes that were handed out and given back. */
struct stash {
    size_t at, len;
    uint8_t data[];
};

/* How far a list of pieces is sent. */
struct pieces {
    const struct iovec *v;
    size_t num;
    size_t at; /* bytes of v[0] that are gone */
};

enum {
    WINDOW = 16,         /* pieces that the engine is given at once, */
    WINDOW_BYTES = 49152 /* and bytes: three records, so that its queue stays small */
};

static int may_send(const cssl_socket *s, cssl_error *err);
static int may_receive(const cssl_socket *s, cssl_error *err);
static int send_turn(cssl_socket *s, struct pieces *p, cssl_error *err);
static ssize_t write_window(cssl_socket *s, const struct pieces *p, cssl_error *err);
static void advance(struct pieces *p, size_t n);
static int explain(cssl_socket *s, int rc, cssl_error *err);
static ssize_t take(cssl_socket *s, uint8_t *data, size_t len);
static ssize_t receive(cssl_socket *s, uint8_t *data, size_t len, int64_t deadline,
                       cssl_error *err);
static void give_back(cssl_socket *s, const uint8_t *data, size_t len);
static bool stash_join(cssl_socket *s, cssl_bytes first, cssl_bytes behind);

int cssl_send(cssl_socket *s, const void *data, size_t len, int timeout, cssl_error *err)
{
    /* iovec has no const: what it points to is only read. */
    const struct iovec v = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };
    return cssl_sendv(s, &v, 1, timeout, err);
}

int cssl_sendv(cssl_socket *s, const struct iovec *v, int n, int timeout, cssl_error *err)
{
    int rc = may_send(s, err);
    if (rc != 0) {
        return rc;
    }
    if (n < 0 || (v == NULL && n > 0)) {
        return fail_text(err, CSSL_R_ARGUMENT, "a number of pieces below zero, or no pieces");
    }
    struct pieces p = { .v = v, .num = (size_t)n };
    advance(&p, 0);
    int64_t deadline = deadline_after(timeout);
    for (;;) {
        send_begin(s);
        rc = send_turn(s, &p, err);
        send_end(s);
        int due = rc < 0 ? 0 : sock_renegotiate_if_due(s, err);
        if (due < 0) {
            return due;
        }
        if (rc == SOCK_BUSY) {
            if ((rc = sock_renegotiate_on(s, deadline, err)) < 0) {
                return rc;
            }
            continue;
        }
        if (rc != SOCK_AGAIN) {
            return rc == CSSL_TRUNCATED ? explain(s, rc, err) : rc;
        }
        if (sock_wait(s->fd, POLLOUT, deadline) == 0) {
            return fail_time(err, "the peer does not read fast enough");
        }
    }
}

ssize_t cssl_send_some(cssl_socket *s, const void *data, size_t len, cssl_error *err)
{
    int rc = may_send(s, err);
    if (rc != 0) {
        return rc;
    }
    send_begin(s);
    size_t taken = 0;
    rc = sock_push(s, err);
    while (rc >= 0 && taken < len) {
        ssize_t n = cssl_engine_write(s->engine, (const uint8_t *)data + taken, len - taken, err);
        if (n <= 0) {
            rc = n < 0 ? (int)n : rc;
            break;
        }
        taken += (size_t)n;
        rc = sock_push(s, err);
    }
    /* The kernel tells the mailbox's poller when it has room again. */
    s->want_room = rc >= 0 && taken < len;
    s->full = s->want_room ? cssl_engine_output(s->engine).len : 0;
    send_end(s);
    return rc < 0 ? rc : (ssize_t)taken;
}

ssize_t cssl_recv(cssl_socket *s, void *data, size_t len, int timeout, cssl_error *err)
{
    int rc = may_receive(s, err);
    if (rc != 0) {
        return rc;
    }
    if (len == 0) {
        return fail_text(err, CSSL_R_ARGUMENT, "there is no room to receive into");
    }
    recv_begin(s);
    ssize_t n = receive(s, data, len, deadline_after(timeout), err);
    recv_end(s);
    return n;
}

int cssl_recv_exact(cssl_socket *s, void *data, size_t len, int timeout, cssl_error *err)
{
    int rc = may_receive(s, err);
    if (rc != 0) {
        return rc;
    }
    int64_t deadline = deadline_after(timeout);
    size_t got = 0;
    recv_begin(s);
    while (rc == 0 && got < len) {
        ssize_t n = receive(s, (uint8_t *)data + got, len - got, deadline, err);
        if (n > 0) {
            got += (size_t)n;
        } else if (n == 0) {
            rc = fail_text(err, CSSL_R_CLOSED, "the peer closed it after %zu of %zu bytes", got,
                           len);
        } else {
            rc = (int)n;
        }
    }
    if (rc == CSSL_TIMEOUT) {
        give_back(s, data, got);
    }
    recv_end(s);
    return rc;
}

size_t cssl_pending(const cssl_socket *s)
{
    /* Nothing that a program sees of s is changed: a record that is here already is opened. */
    cssl_socket *mine = (cssl_socket *)(uintptr_t)s;
    cssl_event event;
    if (mine->engine == NULL || mine->phase != PHASE_OPEN) {
        return 0;
    }
    recv_begin(mine);
    while (mine->view.len == 0 && !mine->peer_closed && !mine->recv_failed &&
           mine->active == CSSL_PASSIVE && sock_next(mine, &event)) {
        sock_take_event(mine, &event);
    }
    size_t n = stash_view(mine).len + mine->view.len;
    recv_end(mine);
    return n;
}

int cssl_shutdown(cssl_socket *s, int how, int timeout, cssl_error *err)
{
    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) {
        return fail_text(err, CSSL_R_ARGUMENT, "how is none of SHUT_RD, SHUT_WR, SHUT_RDWR");
    }
    if (s->phase != PHASE_OPEN) {
        return fail_text(err, CSSL_R_NOT_NOW, "there was no handshake yet");
    }
    if (how != SHUT_WR) {
        recv_begin(s);
        s->discard = true;
        s->view = bytes_of(NULL, 0);
        stash_drop(s);
        recv_end(s);
        if (s->mailbox != NULL) {
            mailbox_queue(s);
        }
    }
    if (how == SHUT_RD || s->write_ended) {
        return 0;
    }
    int64_t deadline = deadline_after(timeout);
    int rc = sock_say_close(s, deadline, err);
    if (rc == 0) {
        send_begin(s);
        sock_end_writing(s);
        send_end(s);
    }
    return rc;
}

int cssl_close(cssl_socket *s, int timeout, cssl_error *err)
{
    if (s == NULL) {
        return 0;
    }
    if (sock_is_inherited(s->pid)) {
        if (s->mailbox != NULL) {
            mailbox_forget(s);
        }
        sock_free(s);
        return 0;
    }
    if (s->mailbox != NULL) {
        mailbox_close(s, timeout);
        return 0;
    }
    int rc = sock_finish(s, deadline_after(timeout), err);
    sock_free(s);
    return rc;
}

int cssl_update_keys(cssl_socket *s, bool both_ways, cssl_error *err)
{
    int rc = may_send(s, err);
    if (rc != 0) {
        return rc;
    }
    send_begin(s);
    rc = cssl_engine_update_keys(s->engine, both_ways, err);
    if (rc == 0) {
        (void)sock_push(s, NULL); /* what is left goes with what is sent next */
    }
    send_end(s);
    return rc;
}

int cssl_request_certificate(cssl_socket *s, cssl_error *err)
{
    int rc = may_send(s, err);
    if (rc != 0) {
        return rc;
    }
    recv_begin(s);
    send_begin(s);
    rc = cssl_engine_request_certificate(s->engine, err);
    if (rc == 0) {
        (void)sock_push(s, NULL);
    }
    send_end(s);
    recv_end(s);
    return rc;
}

void stash_drop(cssl_socket *s)
{
    stash_free(s->stash);
    s->stash = NULL;
}

void stash_free(struct stash *stash)
{
    if (stash != NULL) {
        mem_free_wiped(stash, sizeof(*stash) + stash->len);
    }
}

int stash_keep(cssl_socket *s, size_t max, cssl_error *err)
{
    const cssl_bytes before = stash_view(s);
    if (s->view.len == 0) {
        return 0;
    }
    if (before.len + s->view.len > max) {
        return fail_time(err, "first receive what the peer has sent");
    }
    if (!stash_join(s, before, s->view)) {
        return fail(err, CSSL_R_NOMEM);
    }
    s->view = bytes_of(NULL, 0);
    return 0;
}

cssl_bytes stash_view(const cssl_socket *s)
{
    if (s->stash == NULL) {
        return bytes_of(NULL, 0);
    }
    return bytes_of(s->stash->data + s->stash->at, s->stash->len - s->stash->at);
}

cssl_bytes sock_ready(const cssl_socket *s)
{
    return s->stash == NULL ? s->view : stash_view(s);
}

void sock_skip(cssl_socket *s, size_t n)
{
    if (s->stash == NULL) {
        s->view = bytes_of(s->view.data + n, s->view.len - n);
        return;
    }
    s->stash->at += n;
    if (s->stash->at == s->stash->len) {
        stash_drop(s);
    }
}

static int may_send(const cssl_socket *s, cssl_error *err)
{
    switch (s->phase) {
    case PHASE_OPEN: return 0;
    case PHASE_FAILED:
        return fail_text(err, CSSL_R_NOT_NOW, "the handshake failed: only cssl_close is left");
    default: return fail_text(err, CSSL_R_NOT_NOW, "the handshake is not done");
    }
}

static int may_receive(const cssl_socket *s, cssl_error *err)
{
    if (s->mailbox != NULL && s->active != CSSL_PASSIVE) {
        return fail_text(err, CSSL_R_IN_MAILBOX, "its data comes out of its mailbox");
    }
    return may_send(s, err);
}

/* send_turn seals and writes until everything is gone (0) or the kernel is full (SOCK_AGAIN). */
static int send_turn(cssl_socket *s, struct pieces *p, cssl_error *err)
{
    for (;;) {
        ssize_t taken = 0;
        if (p->num > 0) {
            taken = write_window(s, p, err);
            if (taken < 0) {
                return (int)taken;
            }
            advance(p, (size_t)taken);
        }
        int rc = sock_push(s, err);
        if (rc != 0 || p->num == 0) {
            return rc;
        }
        if (taken == 0 && engine_renegotiating(s->engine)) {
            return SOCK_BUSY;
        }
        if (taken == 0) {
            return fail_text(err, CSSL_R_INTERNAL, "the engine takes nothing though it is empty");
        }
    }
}

static ssize_t write_window(cssl_socket *s, const struct pieces *p, cssl_error *err)
{
    struct iovec window[WINDOW];
    size_t n = min_size(p->num, WINDOW);
    memcpy(window, p->v, n * sizeof(window[0]));
    window[0].iov_base = (uint8_t *)window[0].iov_base + p->at;
    window[0].iov_len -= p->at;
    size_t left = WINDOW_BYTES;
    for (size_t i = 0; i < n; i++) {
        window[i].iov_len = min_size(window[i].iov_len, left);
        left -= window[i].iov_len;
    }
    return cssl_engine_writev(s->engine, window, (int)n, err);
}

/* advance drops n bytes and the pieces that are used up or were empty from the start. */
static void advance(struct pieces *p, size_t n)
{
    p->at += n;
    while (p->num > 0 && p->at >= p->v[0].iov_len) {
        p->at -= p->v[0].iov_len;
        p->v++;
        p->num--;
    }
}

/* explain: the peer reads no more. An alert that says why may have come before that. */
static int explain(cssl_socket *s, int rc, cssl_error *err)
{
    if (s->mailbox != NULL || !recv_try(s)) {
        return rc; /* whoever receives will see it */
    }
    cssl_event event;
    bool waiting = false;
    while (!waiting && sock_ready(s).len == 0 && !s->recv_failed && !s->peer_closed) {
        if (sock_next(s, &event)) {
            sock_take_event(s, &event);
        } else {
            waiting = sock_pull(s) == SOCK_AGAIN;
        }
    }
    if (s->peer_closed) {
        rc = fail_text(err, CSSL_R_CLOSED, "the peer closed it and reads no more");
    } else if (s->recv_failed && s->error != NULL && s->error->status == CSSL_ALERT) {
        rc = error_copy(err, s->error);
    }
    recv_end(s);
    return rc;
}

static ssize_t take(cssl_socket *s, uint8_t *data, size_t len)
{
    cssl_bytes ready = sock_ready(s);
    size_t n = min_size(ready.len, len);
    if (n > 0) {
        memcpy(data, ready.data, n);
        sock_skip(s, n);
    }
    return (ssize_t)n;
}

/* receive, holding the receiving half, is cssl_recv. The half is given up while it waits. */
static ssize_t receive(cssl_socket *s, uint8_t *data, size_t len, int64_t deadline, cssl_error *err)
{
    cssl_event event;
    for (;;) {
        sock_take_reply(s);
        ssize_t n = take(s, data, len);
        if (n > 0) {
            return n;
        }
        if (s->discard) {
            return fail_text(err, CSSL_R_CLOSED, "receiving was shut down");
        }
        if (s->peer_closed) {
            return 0;
        }
        if (sock_next(s, &event)) {
            sock_take_event(s, &event);
            continue;
        }
        if (s->recv_failed) {
            return sock_tell_error(s, err);
        }
        int rc = sock_pull(s);
        bool left = sock_kick(s); /* replies to key updates, alerts */
        if (rc != SOCK_AGAIN) {
            continue;
        }
        if (sock_next(s, &event)) { /* asked once more, the engine lets go of an empty buffer */
            sock_take_event(s, &event);
            continue;
        }
        const int idle = sock_idle(s);
        recv_pause(s);
        rc = sock_linger(s, idle, (short)(left ? POLLIN | POLLOUT : POLLIN), deadline,
                         "the peer has sent nothing", err);
        recv_resume(s);
        if (rc != 0) {
            return rc;
        }
    }
}

/* give_back keeps bytes for the next call. Without memory for that the connection is of no use. */
static void give_back(cssl_socket *s, const uint8_t *data, size_t len)
{
    if (len > 0 && !stash_join(s, bytes_of(data, len), stash_view(s))) {
        sock_keep_error(s, NULL);
    }
}

/* stash_join makes a new stash of what comes first, and what comes behind it; the old one may be
 * part of it. Without memory nothing changes. */
static bool stash_join(cssl_socket *s, cssl_bytes first, cssl_bytes behind)
{
    struct stash *stash = mem_new(sizeof(*stash) + first.len + behind.len);
    if (stash == NULL) {
        return false;
    }
    if (first.len > 0) {
        memcpy(stash->data, first.data, first.len);
    }
    if (behind.len > 0) {
        memcpy(stash->data + first.len, behind.data, behind.len);
    }
    stash->len = first.len + behind.len;
    stash_drop(s);
    s->stash = stash;
    return true;
}

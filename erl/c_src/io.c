/* io.c - moves bytes between a descriptor and an engine. Never waits, tells nobody. */
#include "nif.h"

#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool take_own(ErlNifEnv *env, struct sock *s, const cssl_event *event);
static void tell_ticket(ErlNifEnv *env, struct sock *s, cssl_bytes ticket);
static void transport_failed(struct sock *s, int posix);
static ssize_t receive(struct sock *s, uint8_t *where, size_t room);
static void peer_went(ErlNifEnv *env, struct sock *s);
static enum rx rx_step(ErlNifEnv *env, struct sock *s, cssl_event *event, bool may_read);

enum { LINGER_MAX = 262144 }; /* bytes that are dropped at the end of a connection */

enum io io_flush(struct sock *s)
{
    for (;;) {
        cssl_bytes out = cssl_engine_output(s->engine);
        if (out.len == 0) {
            return IO_OK;
        }
        ssize_t n = send(s->fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            s->send_oct += (uint64_t)n;
            s->send_cnt++;
            s->send_max = (uint64_t)n > s->send_max ? (uint64_t)n : s->send_max;
            cssl_engine_sent(s->engine, (size_t)n);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return IO_AGAIN;
        } else if (errno != EINTR) {
            return IO_FAILED;
        }
    }
}

void io_kick(ErlNifEnv *env, struct sock *s)
{
    if (pthread_mutex_trylock(&s->tx) != 0) {
        return; /* whoever has that half flushes it */
    }
    if (s->phase != PHASE_CLOSED && io_flush(s) == IO_AGAIN && !s->sending) {
        ErlNifPid reactor = reactor_pid(s);
        (void)sock_select(env, s, ERL_NIF_SELECT_WRITE, &reactor, atom.undefined);
    }
    (void)pthread_mutex_unlock(&s->tx);
}

enum io io_read(struct sock *s)
{
    cssl_error err;
    uint8_t *where = NULL;
    if (engine_stands(s->engine) || s->read_eof) {
        s->drained = true;
        return s->read_eof ? IO_FAILED : IO_AGAIN;
    }
    size_t room = cssl_engine_room(s->engine, &where);
    if (room == 0) {
        return IO_FAILED;
    }
    ssize_t n = receive(s, where, room);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        s->drained = true;
        return IO_AGAIN;
    }
    if (n < 0) {
        s->read_eof = true;
        transport_failed(s, errno);
        return IO_FAILED;
    }
    s->recv_oct += (uint64_t)n;
    s->recv_cnt++;
    s->recv_max = (uint64_t)n > s->recv_max ? (uint64_t)n : s->recv_max;
    s->read_eof = n == 0;
    s->drained = (size_t)n < room && s->early.len == 0;
    capture_begin();
    if (cssl_engine_received(s->engine, (size_t)n, &err) < 0 && !s->peer_closed) {
        sock_fail(s, &err);
        return IO_FAILED;
    }
    return IO_OK;
}

/* receive: what inet had read comes first. */
static ssize_t receive(struct sock *s, uint8_t *where, size_t room)
{
    size_t early = s->early.len - s->early.at;
    if (early > 0) {
        size_t len = early < room ? early : room;
        memcpy(where, s->early.data + s->early.at, len);
        s->early.at += len;
        if (len == early) {
            stash_free(&s->early);
        }
        return (ssize_t)len;
    }
    ssize_t n;
    do {
        n = recv(s->fd, where, room, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n;
}

bool io_linger(struct sock *s)
{
    uint8_t unread[4096];
    (void)shutdown(s->fd, SHUT_WR);
    for (size_t all = 0; all < LINGER_MAX && !s->read_eof;) {
        ssize_t n = recv(s->fd, unread, sizeof(unread), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return false;
        }
        s->read_eof = n <= 0;
        all += n > 0 ? (size_t)n : 0;
    }
    return true;
}

enum rx rx_next(ErlNifEnv *env, struct sock *s, cssl_event *event, bool may_read)
{
    enum rx rx = rx_step(env, s, event, may_read);
    bool over = rx == RX_FAILED || (rx == RX_END && s->stash.len == s->stash.at);
    if (over && !s->peer_gone) {
        peer_went(env, s);
    }
    return rx;
}

/* peer_went: who wants to send, or waits for the peer to take something, finds it closed. The peer
 * is answered at once, for it may wait for that, and the program may take its time. */
static void peer_went(ErlNifEnv *env, struct sock *s)
{
    (void)pthread_mutex_lock(&s->tx);
    s->peer_gone = true;
    send_release(env, s);
    if (s->phase == PHASE_OPEN && !s->write_shut) {
        (void)cssl_engine_close(s->engine, NULL);
        s->write_shut = true;
        s->fin_due = s->read_eof;
    }
    send_rest(env, s);
    (void)pthread_mutex_unlock(&s->tx);
}

static enum rx rx_step(ErlNifEnv *env, struct sock *s, cssl_event *event, bool may_read)
{
    for (;;) {
        bool both = engine_needs_both(s->engine);
        if (both) { /* a renegotiation writes */
            (void)pthread_mutex_lock(&s->tx);
            engine_hold_both(s->engine, true);
        }
        capture_begin();
        bool got = s->phase != PHASE_FAILED && cssl_engine_next(s->engine, event);
        if (both) {
            (void)io_flush(s);
            engine_hold_both(s->engine, false);
            (void)pthread_mutex_unlock(&s->tx);
        }
        if (got && event->type == CSSL_EV_DATA && event->data.len > 0) {
            return RX_DATA;
        }
        if (got && event->type == CSSL_EV_ASK) {
            return RX_ASK;
        }
        if (got) {
            (void)take_own(env, s, event);
            continue;
        }
        if (s->phase == PHASE_FAILED) {
            return RX_FAILED;
        }
        if (s->peer_closed) {
            return RX_END;
        }
        if (!both && engine_needs_both(s->engine)) {
            continue;
        }
        if (!may_read) {
            return RX_AGAIN;
        }
        may_read = false;
        enum io io = io_read(s);
        if (io == IO_AGAIN) {
            return RX_AGAIN;
        }
        if (io == IO_FAILED && s->phase != PHASE_FAILED) {
            s->peer_closed = true; /* no memory, or nothing is left to be read */
        }
    }
}

/* take_own takes events that are not data: they are the connection's own affair. */
static bool take_own(ErlNifEnv *env, struct sock *s, const cssl_event *event)
{
    cssl_error err;
    switch (event->type) {
    case CSSL_EV_CLOSED: s->peer_closed = true; break;
    case CSSL_EV_ERROR:
        if (event->error->status == CSSL_TRUNCATED) {
            s->peer_closed = true; /* as OTP has it: closed */
        } else {
            sock_fail(s, event->error);
        }
        break;
    case CSSL_EV_TICKET:
        tell_ticket(env, s, event->data);
        break;
    case CSSL_EV_STEP: {
        cssl_step *step = cssl_engine_step(s->engine);
        if (step != NULL) {
            cssl_step_run(step);
            if (cssl_engine_step_done(s->engine, step, &err) < 0) {
                sock_fail(s, &err);
            }
        }
        break;
    }
    case CSSL_EV_CONNECTED: /* the end of a renegotiation */
        s->renegotiated = event->error == NULL ? RENEGOTIATED : RENEGOTIATION_REFUSED;
        sock_tell_waiter(env, s);
        break;
    default: break;
    }
    return true;
}

/* {ssl, session_ticket, #{sni, ticket}}: use_ticket takes it back. */
static void tell_ticket(ErlNifEnv *env, struct sock *s, cssl_bytes ticket)
{
    cssl_info i;
    cssl_engine_information(s->engine, &i);
    term map = enif_make_new_map(env);
    term name = i.sni_hostname[0] == '\0'
                    ? atom.undefined
                    : enif_make_string(env, i.sni_hostname, ERL_NIF_LATIN1);
    (void)enif_make_map_put(env, map, atom.sni, name, &map);
    (void)enif_make_map_put(env, map, enif_make_atom(env, "ticket"),
                            make_bytes(env, ticket.data, ticket.len), &map);
    (void)enif_send(env, &s->owner, NULL,
                    enif_make_tuple3(env, atom.ssl, atom.session_ticket, map));
}

static void transport_failed(struct sock *s, int posix)
{
    if (s->phase == PHASE_OPEN || posix == ECONNRESET || posix == EPIPE) {
        s->peer_closed = true; /* as OTP has it */
        return;
    }
    cssl_error err = { .status = CSSL_SYSTEM, .posix = posix, .text = "reading" };
    sock_fail(s, &err);
}

bool stash_add(struct stash *st, const uint8_t *data, size_t len)
{
    size_t have = st->len - st->at;
    if (st->cap - st->len < len) {
        size_t cap = have + len < 2 * st->cap ? 2 * st->cap : have + len;
        uint8_t *to = malloc(cap);
        if (to == NULL) {
            return false;
        }
        if (have > 0) {
            memcpy(to, st->data + st->at, have);
        }
        free(st->data);
        *st = (struct stash){ .data = to, .at = 0, .len = have, .cap = cap };
    }
    memcpy(st->data + st->len, data, len);
    st->len += len;
    return true;
}

void stash_free(struct stash *st)
{
    free(st->data);
    *st = (struct stash){ .data = NULL };
}

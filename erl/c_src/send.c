/*
 * send.c - what the program says goes out: send/2, shutdown, close. One process at a time has the
 * turn to send, and keeps it while it waits for the kernel; others queue. So what one call sends is
 * never mixed with what another one does.
 */
#include "nif.h"

#include "engine/engine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SLICE = 262144 }; /* bytes sealed by one call, which holds a scheduler meanwhile */
enum { DROP_MAX = 262144 }; /* bytes that come while a connection is closed */

static term closed(ErlNifEnv *env, struct sock *s);
static bool turn_mine(ErlNifEnv *env, struct sock *s);
static bool turn_keep(ErlNifEnv *env, struct sock *s);
static void turn_give(ErlNifEnv *env, struct sock *s);
static term send_failed(ErlNifEnv *env, struct sock *s, const cssl_error *err);
static term send_slice(ErlNifEnv *env, struct sock *s, const ErlNifBinary *data, size_t at,
                       term ref);
static bool others_send(ErlNifEnv *env, const struct sock *s);
static bool answered(ErlNifEnv *env, struct sock *s);

/* send(Res, Data, Offset, Ref): ok; {again, Offset}: call once more; {select, Offset}: a message
 * ready_output comes, then call; busy: {turn, Res} comes, then call; {error, Why}. */
NIF(nif_send)
{
    ErlNifBinary data;
    ErlNifUInt64 at;
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL || !enif_inspect_iolist_as_binary(env, argv[1], &data) ||
        !enif_get_uint64(env, argv[2], &at) || at > data.size) {
        return enif_make_badarg(env);
    }
    term result;
    if (s->phase == PHASE_CLOSED) {
        return closed(env, s);
    }
    (void)pthread_mutex_lock(&s->tx);
    if (s->phase == PHASE_CLOSED || s->write_shut || s->peer_gone) {
        result = make_tagged(env, atom.error, atom.closed);
    } else if (s->phase == PHASE_HANDSHAKE) {
        result = make_tagged(env, atom.error, enif_make_atom(env, "enotconn"));
    } else if (!turn_mine(env, s)) {
        result = atom.busy;
    } else {
        result = send_slice(env, s, &data, (size_t)at, argv[3]);
    }
    (void)pthread_mutex_unlock(&s->tx);
    return result;
}

static term send_slice(ErlNifEnv *env, struct sock *s, const ErlNifBinary *data, size_t at,
                       term ref)
{
    cssl_error err;
    size_t left = data->size - at;
    size_t slice = left < SLICE ? left : SLICE;
    capture_begin();
    ssize_t n = slice == 0 ? 0 : cssl_engine_write(s->engine, data->data + at, slice, &err);
    if (n < 0) {
        return send_failed(env, s, &err);
    }
    at += (size_t)n;
    enum io io = io_flush(s);
    if (io == IO_FAILED) {
        s->write_shut = true;
        send_release(env, s);
        return make_tagged(env, atom.error, atom.closed);
    }
    if (io == IO_AGAIN && turn_keep(env, s)) {
        (void)sock_select(env, s, ERL_NIF_SELECT_WRITE, &s->sender, ref);
        return make_tagged(env, atom.select, enif_make_uint64(env, at));
    }
    if (at < data->size && turn_keep(env, s)) {
        return make_tagged(env, atom.again, enif_make_uint64(env, at));
    }
    turn_give(env, s);
    return atom.ok;
}

/* leave(Res): a process that waited does not send any more. */
NIF(nif_leave)
{
    struct sock *s = sock_get(env, argv[0]);
    ErlNifPid self;
    (void)argc;
    if (s == NULL || enif_self(env, &self) == NULL) {
        return enif_make_badarg(env);
    }
    if (s->phase == PHASE_CLOSED) {
        (void)closed(env, s);
        return atom.ok;
    }
    (void)pthread_mutex_lock(&s->tx);
    for (unsigned i = 0; i < s->queue_len; i++) {
        if (enif_compare_pids(&s->queue[i], &self) == 0) {
            memmove(&s->queue[i], &s->queue[i + 1], (s->queue_len - i - 1) * sizeof(self));
            s->queue_len--;
            break;
        }
    }
    if (s->sending && enif_compare_pids(&s->sender, &self) == 0 && s->phase != PHASE_CLOSED) {
        turn_give(env, s);
        send_rest(env, s);
    }
    (void)pthread_mutex_unlock(&s->tx);
    return atom.ok;
}

/* flush(Res): what the connection itself has to say goes on: a reactor's ready_output. */
NIF(nif_flush)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->tx);
    send_rest(env, s);
    (void)pthread_mutex_unlock(&s->tx);
    return atom.ok;
}

void send_rest(ErlNifEnv *env, struct sock *s)
{
    if (s->phase == PHASE_CLOSED || s->sending) {
        return;
    }
    if (io_flush(s) == IO_AGAIN) {
        ErlNifPid reactor = reactor_pid(s);
        (void)sock_select(env, s, ERL_NIF_SELECT_WRITE, &reactor, atom.undefined);
    } else if (s->fin_due) {
        s->fin_due = false;
        (void)shutdown(s->fd, SHUT_WR);
    }
}

/* close(Res, Ref) says close_notify: select (a message comes, then call again: all is written, then
 * the peer ends the stream), or ok: nothing to wait for. Who waits in send or recv is told. */
NIF(nif_close)
{
    struct sock *s = sock_get(env, argv[0]);
    ErlNifPid self;
    (void)argc;
    if (s == NULL || enif_self(env, &self) == NULL) {
        return enif_make_badarg(env);
    }
    term result = atom.ok;
    lock_both(s);
    if (s->phase == PHASE_CLOSED) {
        sock_seen(env, s);
        result = atom.closed;
    } else {
        s->active = ACTIVE_FALSE;
        s->closing = true;
        (void)reader_enter(env, s);
        reader_wake(env, s);
        if (s->sending && others_send(env, s)) {
            send_release(env, s);
        }
        if (s->phase == PHASE_HANDSHAKE) {
            cssl_engine_cancel(s->engine);
        } else if (s->phase == PHASE_OPEN && !s->write_shut) {
            (void)cssl_engine_close(s->engine, NULL);
            s->write_shut = true;
        }
        enum io io = io_flush(s);
        if (io == IO_AGAIN) {
            (void)sock_select(env, s, ERL_NIF_SELECT_WRITE, &self, argv[1]);
            result = atom.select;
        } else {
            (void)shutdown(s->fd, SHUT_WR);
            bool over = io == IO_FAILED || s->phase != PHASE_OPEN || answered(env, s);
            if (!over) {
                result = sock_wait(env, s, argv[1]);
            } else {
                sock_end(env, s);
            }
        }
    }
    unlock_both(s);
    return result;
}

/* answered, both locks held: the peer has said its last. What it said before is dropped. */
static bool answered(ErlNifEnv *env, struct sock *s)
{
    cssl_event event;
    enum rx rx = RX_END;
    size_t dropped = 0;
    (void)pthread_mutex_unlock(&s->tx);
    if (!s->peer_closed) {
        do {
            rx = rx_next(env, s, &event, true);
            dropped += rx == RX_DATA ? event.data.len : 0;
        } while (dropped < DROP_MAX && (rx == RX_DATA || (rx == RX_AGAIN && !s->drained)));
    }
    (void)pthread_mutex_lock(&s->tx);
    return rx != RX_AGAIN;
}

/* downgrade(Res, Ref) says close_notify and waits for the peer's: select (a message comes, then
 * call again), or {ok, Fd, inet | inet6, Rest}: the plain socket, and what came behind it. */
NIF(nif_downgrade)
{
    struct sock *s = sock_get(env, argv[0]);
    ErlNifPid self;
    cssl_event event;
    (void)argc;
    if (s == NULL || enif_self(env, &self) == NULL) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    term result = make_tagged(env, atom.error, atom.closed);
    enum rx rx = RX_FAILED;
    if (s->phase == PHASE_OPEN) {
        s->active = ACTIVE_FALSE;
        s->closing = true;
        (void)pthread_mutex_lock(&s->tx);
        if (!s->write_shut) {
            (void)cssl_engine_close(s->engine, NULL);
            s->write_shut = true;
        }
        enum io io = io_flush(s);
        (void)pthread_mutex_unlock(&s->tx);
        if (io == IO_AGAIN) {
            (void)sock_select(env, s, ERL_NIF_SELECT_WRITE, &self, argv[1]);
            result = atom.select;
        } else if (io == IO_OK) {
            do { /* data that was on its way is dropped */
                rx = rx_next(env, s, &event, true);
            } while (rx == RX_DATA || (rx == RX_AGAIN && !s->drained));
            if (rx == RX_AGAIN) {
                result = sock_wait(env, s, argv[1]);
            }
        }
    }
    if (rx == RX_END && !s->read_eof) {
        cssl_bytes rest = engine_behind_close(s->engine);
        int fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0), domain = AF_INET;
        socklen_t len = sizeof(domain);
        (void)getsockopt(s->fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
        if (fd >= 0) {
            result = enif_make_tuple4(env, atom.ok, enif_make_int(env, fd),
                                      enif_make_atom(env, domain == AF_INET6 ? "inet6" : "inet"),
                                      make_bytes(env, rest.data, rest.len));
        }
    }
    if (!enif_is_identical(result, atom.select)) {
        (void)pthread_mutex_lock(&s->tx);
        sock_seen(env, s);
        sock_end(env, s);
        (void)pthread_mutex_unlock(&s->tx);
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

/* drop(Res): the connection ends here and now. */
NIF(nif_drop)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    lock_both(s);
    sock_seen(env, s);
    sock_end(env, s);
    unlock_both(s);
    return atom.ok;
}

/* shutdown(Res, read | write | read_write) */
NIF(nif_shutdown)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    term result = atom.ok;
    bool rd = !enif_is_identical(argv[1], atom.write);
    bool wr = !enif_is_identical(argv[1], atom.read);
    lock_both(s);
    if (s->phase != PHASE_OPEN) {
        result = make_tagged(env, atom.error, atom.closed);
    } else {
        if (wr && !s->write_shut) {
            (void)cssl_engine_close(s->engine, NULL);
            s->write_shut = true;
            s->fin_due = true;
            send_release(env, s);
            send_rest(env, s);
        }
        if (rd) {
            (void)shutdown(s->fd, SHUT_RD);
        }
    }
    unlock_both(s);
    return result;
}

void send_next(ErlNifEnv *env, struct sock *s)
{
    while (s->queue_len > 0 && !s->sending) {
        ErlNifPid next = s->queue[0];
        memmove(s->queue, s->queue + 1, (--s->queue_len) * sizeof(next));
        if (enif_monitor_process(env, s, &next, &s->sender_monitor) == 0) {
            s->sender = next;
            s->sending = true;
            (void)enif_send(env, &next, NULL,
                            enif_make_tuple2(env, atom.turn, enif_make_resource(env, s)));
        }
    }
    if (!s->sending && s->phase != PHASE_CLOSED && io_flush(s) == IO_AGAIN) {
        ErlNifPid reactor = reactor_pid(s); /* what the last one left goes out by itself */
        (void)sock_select(env, s, ERL_NIF_SELECT_WRITE, &reactor, atom.undefined);
    }
}

static term closed(ErlNifEnv *env, struct sock *s)
{
    lock_both(s);
    sock_seen(env, s);
    unlock_both(s);
    return make_tagged(env, atom.error, atom.closed);
}

void send_release(ErlNifEnv *env, struct sock *s)
{
    term turn = enif_make_tuple2(env, atom.turn, enif_make_resource(env, s));
    if (s->sending) {
        ErlNifPid self;
        (void)enif_demonitor_process(env, s, &s->sender_monitor);
        s->sending = false;
        if (enif_self(env, &self) == NULL || enif_compare_pids(&self, &s->sender) != 0) {
            (void)enif_send(env, &s->sender, NULL, turn);
        }
    }
    for (unsigned i = 0; i < s->queue_len; i++) {
        (void)enif_send(env, &s->queue[i], NULL, turn);
    }
    s->queue_len = 0;
}

static bool others_send(ErlNifEnv *env, const struct sock *s)
{
    ErlNifPid self;
    return enif_self(env, &self) == NULL || enif_compare_pids(&self, &s->sender) != 0;
}

/* turn_mine: the caller may send; else it is queued. */
static bool turn_mine(ErlNifEnv *env, struct sock *s)
{
    ErlNifPid self;
    (void)enif_self(env, &self);
    if (!s->sending || enif_compare_pids(&s->sender, &self) == 0) {
        return true;
    }
    for (unsigned i = 0; i < s->queue_len; i++) {
        if (enif_compare_pids(&s->queue[i], &self) == 0) {
            return false; /* it waits already */
        }
    }
    if (s->queue_len == s->queue_cap) {
        unsigned cap = s->queue_cap == 0 ? SEND_QUEUE_MIN : 2 * s->queue_cap;
        ErlNifPid *to = realloc(s->queue, cap * sizeof(*to));
        if (to == NULL) {
            return false; /* as if it waited: its time runs out */
        }
        s->queue = to;
        s->queue_cap = cap;
    }
    s->queue[s->queue_len++] = self;
    return false;
}

/* turn_keep lets the caller go on sending with its next call; only then its death matters. */
static bool turn_keep(ErlNifEnv *env, struct sock *s)
{
    if (!s->sending) {
        (void)enif_self(env, &s->sender);
        s->sending = enif_monitor_process(env, s, &s->sender, &s->sender_monitor) == 0;
    }
    return s->sending;
}

static void turn_give(ErlNifEnv *env, struct sock *s)
{
    if (s->sending) {
        (void)enif_demonitor_process(env, s, &s->sender_monitor);
        s->sending = false;
        send_next(env, s);
    }
}

static term send_failed(ErlNifEnv *env, struct sock *s, const cssl_error *err)
{
    turn_give(env, s);
    return make_failure(env, err, capture_text());
}

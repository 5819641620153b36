/*
 * recv.c - what was received comes out: of recv/2, or as messages to the owner. Passive sockets are
 * read by who calls recv; active ones by a reactor, or by the owner's own setopts.
 */
#include "nif.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 1024, BUDGET = 65536 };
enum { EXACT_MAX = 0x4000000 }; /* bytes that recv/2 may ask for, as gen_tcp */

/* What one delivery consists of: the records of one read, put together. */
struct chunk {
    uint8_t small[SMALL];
    ErlNifBinary big;
    size_t len;
    bool is_big;
};

static term closed(ErlNifEnv *env, struct sock *s);
static bool gather(ErlNifEnv *env, struct sock *s, const cssl_event *first, struct chunk *c);
static term chunk_term(ErlNifEnv *env, const struct sock *s, struct chunk *c);
static term data_term(ErlNifEnv *env, const struct sock *s, const uint8_t *data, size_t len);
static term stash_take(ErlNifEnv *env, struct sock *s, size_t len);
static bool deliver(ErlNifEnv *env, struct sock *s, term data);
static void give_back(struct sock *s, size_t rest);
static bool taken_by_other(ErlNifEnv *env, struct sock *s);
static term tell_end(ErlNifEnv *env, struct sock *s);
static term finish(ErlNifEnv *env, struct sock *s);
static term recv_some(ErlNifEnv *env, struct sock *s, size_t want, bool *idle);
static term run_active(ErlNifEnv *env, struct sock *s);
static void kick_reactor(ErlNifEnv *env, struct sock *s);
static bool active_set(ErlNifEnv *env, struct sock *s, term word, int n);
static void send_passive(ErlNifEnv *env, struct sock *s);
static void count_down(ErlNifEnv *env, struct sock *s);
static void read_ahead(ErlNifEnv *env, struct sock *s);

/* set_reactor(Index, Pid): Pid is from now on the reactor of that number. */
NIF(nif_set_reactor)
{
    unsigned i;
    ErlNifPid pid;
    (void)argc;
    if (!enif_get_uint(env, argv[0], &i) || i >= REACTORS_MAX ||
        !enif_get_local_pid(env, argv[1], &pid)) {
        return enif_make_badarg(env);
    }
    atomic_store(&common->reactor[i], pid.pid);
    return atom.ok;
}

/* start_reactors(Number): so many were set. What waited for those before them is theirs now. */
NIF(nif_start_reactors)
{
    unsigned num;
    (void)argc;
    if (!enif_get_uint(env, argv[0], &num) || num < 1 || num > REACTORS_MAX) {
        return enif_make_badarg(env);
    }
    for (unsigned i = 0; i < num; i++) {
        if (atomic_load(&common->reactor[i]) == 0) {
            return enif_make_badarg(env);
        }
    }
    atomic_store(&common->reactors, num);
    reactors_again(env);
    return atom.ok;
}

void reactors_again(ErlNifEnv *env)
{
    size_t num;
    struct sock **all = sock_all(&num);
    for (size_t i = 0; i < num; i++) {
        struct sock *s = all[i];
        (void)pthread_mutex_lock(&s->rx);
        if ((s->phase == PHASE_OPEN || s->phase == PHASE_FAILED) &&
            (s->armed == ARMED_REACTOR || s->active != ACTIVE_FALSE)) {
            kick_reactor(env, s); /* what the old one had taken is there still */
        }
        (void)pthread_mutex_unlock(&s->rx);
        enif_release_resource(s);
    }
    free(all);
}

void reactor_choose(struct sock *s)
{
    unsigned num = atomic_load(&common->reactors);
    unsigned turn = atomic_fetch_add_explicit(&common->turn, 1, memory_order_relaxed);
    s->reactor = (uint16_t)(num > 0 ? turn % num : 0);
}

ErlNifPid reactor_pid(const struct sock *s)
{
    return (ErlNifPid){ .pid = atomic_load(&common->reactor[s->reactor]) };
}

static term closed(ErlNifEnv *env, struct sock *s)
{
    (void)pthread_mutex_lock(&s->tx);
    sock_seen(env, s);
    (void)pthread_mutex_unlock(&s->tx);
    return make_tagged(env, atom.error, atom.closed);
}

/* recv(Res, Length, Ref): {ok, Data}, select (then a message comes), or {error, Why}. */
NIF(nif_recv)
{
    ErlNifUInt64 want;
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL || !enif_get_uint64(env, argv[1], &want)) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    term result;
    bool idle = false;
    if (s->phase == PHASE_CLOSED || s->closing) {
        result = closed(env, s);
    } else if (s->phase == PHASE_HANDSHAKE) {
        result = make_tagged(env, atom.error, enif_make_atom(env, "enotconn"));
    } else if (s->active != ACTIVE_FALSE) {
        result = make_tagged(env, atom.error, atom.einval);
    } else if (!reader_enter(env, s) || taken_by_other(env, s)) {
        result = make_tagged(env, atom.error, atom.ealready);
    } else if (s->packet != 0) {
        result = atom.packet;
    } else if (want > EXACT_MAX) {
        result = make_tagged(env, atom.error, enif_make_atom(env, "enomem"));
    } else {
        result = recv_some(env, s, (size_t)want, &idle);
        io_kick(env, s);
    }
    if (idle) {
        (void)sock_wait(env, s, argv[2]);
    } else {
        recv_watch(env, s);
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

bool reader_enter(ErlNifEnv *env, struct sock *s)
{
    ErlNifPid self;
    if (s->reading && enif_self(env, &self) != NULL &&
        (enif_compare_pids(&self, &s->reader) == 0 || !enif_is_process_alive(env, &s->reader))) {
        s->reading = false;
    }
    if (!s->reading && s->armed == ARMED_CALLER) {
        s->armed = ARMED_NOT; /* it was for this call, or for one that is over */
    }
    return !s->reading;
}

void reader_wake(ErlNifEnv *env, struct sock *s)
{
    if (s->reading) {
        ErlNifPid self;
        s->reading = false;
        if (enif_self(env, &self) == NULL || enif_compare_pids(&self, &s->reader) != 0) {
            (void)enif_send(env, &s->reader, NULL,
                            enif_make_tuple2(env, atom.wake, enif_make_resource(env, s)));
        }
        s->armed = s->armed == ARMED_CALLER ? ARMED_NOT : s->armed;
    }
}

static bool unread(const struct sock *s)
{
    return s->phase == PHASE_OPEN && s->active == ACTIVE_FALSE && s->armed == ARMED_NOT &&
           !s->reading && !s->taken && !s->peer_gone && s->stash.len == s->stash.at;
}

bool recv_idle(ErlNifEnv *env, struct sock *s)
{
    bool idle = unread(s);
    if (idle) {
        arm_reactor(env, s);
    }
    return idle;
}

void recv_watch(ErlNifEnv *env, struct sock *s)
{
    if (!s->watched && unread(s)) {
        s->watched = true;
        s->looked = s->recv_cnt;
        ErlNifPid reactor = reactor_pid(s);
        (void)enif_send(env, &reactor, NULL,
                        enif_make_tuple2(env, enif_make_atom(env, "watch"),
                                         enif_make_resource(env, s)));
    }
}

/* look(Res): again, or ok when the socket needs no watching any more. */
NIF(nif_look)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    bool again = s->phase == PHASE_OPEN && s->looked != s->recv_cnt;
    s->looked = s->recv_cnt;
    s->watched = again;
    if (!again) {
        (void)recv_idle(env, s);
    }
    (void)pthread_mutex_unlock(&s->rx);
    return again ? atom.again : atom.ok;
}

/* taken_by_other: a process decodes packets at this moment. If it died over them, they are whole
 * still. */
static bool taken_by_other(ErlNifEnv *env, struct sock *s)
{
    if (s->taken && !enif_is_process_alive(env, &s->taker)) {
        s->taken = false;
    }
    return s->taken;
}

/* take(Res, AtLeast, Ref): {ok, Bytes, Active} with all plaintext that is there, for packets that
 * are decoded in Erlang, else as recv. give/2 has to follow. Ref is undefined in reactors. */
NIF(nif_take)
{
    ErlNifUInt64 want;
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL || !enif_get_uint64(env, argv[1], &want)) {
        return enif_make_badarg(env);
    }
    bool reactor = enif_is_identical(argv[2], atom.undefined);
    (void)pthread_mutex_lock(&s->rx);
    term result = atom.select;
    cssl_event event;
    if (s->phase == PHASE_CLOSED || s->closing) {
        result = closed(env, s);
    } else if (s->phase == PHASE_HANDSHAKE || (!reactor && s->active != ACTIVE_FALSE)) {
        result = make_tagged(env, atom.error, atom.einval);
    } else if (taken_by_other(env, s) || (!reactor && !reader_enter(env, s))) {
        result = make_tagged(env, atom.error, atom.ealready);
    } else {
        enum rx rx = RX_DATA;
        if (want > EXACT_MAX) {
            cssl_error err = { .status = CSSL_SYSTEM, .posix = EMSGSIZE, .text = "a packet" };
            sock_fail(s, &err);
            rx = RX_FAILED;
        }
        while (rx == RX_DATA && s->stash.len - s->stash.at < want) {
            do {
                rx = rx_next(env, s, &event, true);
            } while (rx == RX_AGAIN && !s->drained);
            if (rx == RX_DATA && !stash_add(&s->stash, event.data.data, event.data.len)) {
                rx = RX_FAILED;
            }
        }
        io_kick(env, s);
        if (s->phase == PHASE_CLOSED) {
            result = make_tagged(env, atom.error, atom.closed);
        } else if (s->stash.len - s->stash.at >= want) {
            size_t len = s->stash.len - s->stash.at;
            s->taken = true;
            (void)enif_self(env, &s->taker);
            result = enif_make_tuple3(env, atom.ok,
                                      make_bytes(env, s->stash.data + s->stash.at, len),
                                      s->active != ACTIVE_FALSE ? atom.yes : atom.no);
        } else if ((rx == RX_AGAIN || rx == RX_ASK) && reactor) {
            arm_reactor(env, s);
        } else if (rx == RX_AGAIN || rx == RX_ASK) {
            result = sock_wait(env, s, argv[2]);
        } else {
            result = reactor ? tell_end(env, s) : finish(env, s);
        }
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

/* give(Res, Bytes): what take gave, or what was not used of it, goes back. */
NIF(nif_give)
{
    ErlNifBinary rest;
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL || !enif_inspect_binary(env, argv[1], &rest)) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    give_back(s, rest.size);
    if (s->active != ACTIVE_FALSE && s->phase != PHASE_CLOSED) {
        kick_reactor(env, s); /* it may have looked in the meantime */
    }
    recv_watch(env, s);
    (void)pthread_mutex_unlock(&s->rx);
    return atom.ok;
}

/* deliver(Res, Rest, Packet, Type, Next): of what take gave, Rest is left behind Packet, which the
 * owner is sent; if Type is the type of packets still, Next is it now. again: the socket is still
 * active; ok: not any more. passive: it was not, and nothing was sent; all the bytes wait. */
NIF(nif_deliver)
{
    ErlNifBinary rest;
    unsigned type, next;
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL || !enif_inspect_binary(env, argv[1], &rest) ||
        !enif_get_uint(env, argv[3], &type) || !enif_get_uint(env, argv[4], &next) || next > 255) {
        return enif_make_badarg(env);
    }
    term result = enif_make_atom(env, "passive");
    (void)pthread_mutex_lock(&s->rx);
    bool active = s->active != ACTIVE_FALSE;
    give_back(s, active ? rest.size : s->stash.len - s->stash.at);
    if (active && s->phase != PHASE_CLOSED) {
        s->packet = s->packet == type ? (uint8_t)next : s->packet;
        (void)deliver(env, s, argv[2]);
        result = s->active != ACTIVE_FALSE ? atom.again : atom.ok;
        recv_watch(env, s);
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

/* invalid(Res, Data): what came is no packet; the owner of an active socket hears of it, and the
 * connection ends. */
NIF(nif_invalid)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    s->taken = false;
    if (s->phase != PHASE_CLOSED) {
        term why = enif_make_tuple2(env, enif_make_atom(env, "invalid_packet"), argv[1]);
        if (s->active != ACTIVE_FALSE) {
            (void)enif_send(env, &s->owner, NULL,
                            enif_make_tuple3(env, atom.ssl_error, sock_term(env, s), why));
        }
        (void)finish(env, s);
    }
    (void)pthread_mutex_unlock(&s->rx);
    return atom.ok;
}

/* give_back: the bytes never left, rest of them wait. */
static void give_back(struct sock *s, size_t rest)
{
    bool taken = s->taken;
    s->taken = false;
    if (taken && s->phase != PHASE_CLOSED && rest <= s->stash.len - s->stash.at) {
        s->stash.at = s->stash.len - rest;
        if (rest == 0) {
            stash_free(&s->stash);
        }
    }
}

/* renegotiated(Res, Ref): ok or {error, Why} when the renegotiation is over; select: a message
 * comes, then call again; wait: somebody else reads the socket, and {renegotiated, Res} comes. Data
 * that arrives meanwhile waits for recv; with too much of it the end is not waited for. */
NIF(nif_renegotiated)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    cssl_event event;
    enum rx rx = RX_DATA;
    term result = make_tagged(env, atom.error, atom.closed);
    bool mine = s->active == ACTIVE_FALSE && !s->taken;
    while (mine && s->phase == PHASE_OPEN && rx == RX_DATA &&
           s->renegotiated == RENEGOTIATION_NONE && s->stash.len - s->stash.at < BUDGET) {
        do {
            rx = rx_next(env, s, &event, true);
        } while (rx == RX_AGAIN && !s->drained && s->renegotiated == RENEGOTIATION_NONE);
        if (rx == RX_DATA && !stash_add(&s->stash, event.data.data, event.data.len)) {
            rx = RX_FAILED;
        }
    }
    if (s->renegotiated == RENEGOTIATION_REFUSED) {
        result = make_tagged(env, atom.error, atom.renegotiation_rejected);
    } else if (s->renegotiated == RENEGOTIATED || (mine && rx == RX_DATA)) {
        result = atom.ok;
    } else if (s->phase == PHASE_OPEN && !mine) {
        s->awaited = true;
        (void)enif_self(env, &s->awaiting);
        result = enif_make_atom(env, "wait");
    } else if (s->phase == PHASE_OPEN && rx == RX_AGAIN) {
        result = sock_wait(env, s, argv[1]);
    }
    if (s->phase == PHASE_CLOSED) {
        (void)closed(env, s);
    } else {
        io_kick(env, s);
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

/* ready(Res) is for reactors, when a socket that they wait for can be read: ok, again (it was given
 * its share, and has more), packet (its packets are decoded in Erlang), or {error, ...} to send. */
NIF(nif_ready)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    term result = atom.ok;
    (void)pthread_mutex_lock(&s->rx);
    if (s->phase == PHASE_OPEN || s->phase == PHASE_FAILED) {
        if (s->armed == ARMED_REACTOR) {
            s->armed = ARMED_NOT;
            if (s->active == ACTIVE_FALSE) {
                read_ahead(env, s);
            } else if (taken_by_other(env, s)) {
                /* whoever has the bytes goes on */
            } else if (s->packet != 0) {
                result = atom.packet;
            } else {
                result = run_active(env, s);
                if (enif_is_identical(result, atom.again)) {
                    s->armed = ARMED_REACTOR;
                }
                recv_watch(env, s);
            }
        }
        io_kick(env, s);
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

/* active(Res, false | once | true | N, MayRead): the owner's setopts. MayRead: nothing that another
 * process sent can be overtaken. packet: a reactor has to be told; its message decodes packets. */
NIF(nif_active)
{
    struct sock *s = sock_get(env, argv[0]);
    int n = 0;
    (void)argc;
    if (s == NULL || (!enif_is_atom(env, argv[1]) && !enif_get_int(env, argv[1], &n))) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    term result = atom.ok;
    if (s->phase == PHASE_CLOSED) {
        result = make_tagged(env, atom.error, atom.closed);
    } else if (!active_set(env, s, argv[1], n)) {
        result = make_tagged(env, atom.error, atom.einval);
    } else if (s->active != ACTIVE_FALSE && s->phase != PHASE_HANDSHAKE) {
        ErlNifPid self;
        (void)enif_self(env, &self);
        reader_wake(env, s);
        bool may_read = enif_is_identical(argv[2], atom.yes) && s->packet == 0 && !s->taken &&
                        enif_compare_pids(&self, &s->owner) == 0;
        result = may_read ? run_active(env, s) : atom.again;
        if (enif_is_identical(result, atom.again)) {
            kick_reactor(env, s);
            result = atom.ok;
        }
        recv_watch(env, s);
        io_kick(env, s);
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

void recv_begin(ErlNifEnv *env, struct sock *s)
{
    kick_reactor(env, s);
}

/* kick_reactor lets the socket's reactor look at it soon. */
static void kick_reactor(ErlNifEnv *env, struct sock *s)
{
    ErlNifPid reactor = reactor_pid(s);
    s->armed = ARMED_REACTOR;
    term message = enif_make_tuple4(env, atom.select, enif_make_resource(env, s), atom.undefined,
                                    enif_make_atom(env, "ready_input"));
    (void)enif_send(env, &reactor, NULL, message);
}

static bool active_set(ErlNifEnv *env, struct sock *s, term word, int n)
{
    if (enif_is_identical(word, atom.no)) {
        s->active = ACTIVE_FALSE;
    } else if (enif_is_identical(word, atom.once)) {
        s->active = ACTIVE_ONCE;
    } else if (enif_is_identical(word, atom.yes)) {
        s->active = ACTIVE_TRUE;
    } else if (enif_is_atom(env, word)) {
        return false;
    } else {
        int sum = (s->active > 0 ? s->active : 0) + n;
        if (n < -32768 || n > 32767 || sum > 32767 || sum < -32768) {
            return false;
        }
        s->active = sum > 0 ? sum : ACTIVE_FALSE;
        if (sum <= 0) {
            send_passive(env, s);
        }
    }
    return true;
}

static void send_passive(ErlNifEnv *env, struct sock *s)
{
    (void)enif_send(env, &s->owner, NULL,
                    enif_make_tuple2(env, atom.ssl_passive, sock_term(env, s)));
}

static void count_down(ErlNifEnv *env, struct sock *s)
{
    if (s->active == ACTIVE_ONCE) {
        s->active = ACTIVE_FALSE;
    } else if (s->active > 0 && --s->active == 0) {
        send_passive(env, s);
    }
}

/* run_active delivers what there is, and arms the reactor when there is no more. again: its share
 * is used up, and there may be more; else ok, or what tell_end returns. */
static term run_active(ErlNifEnv *env, struct sock *s)
{
    size_t spent = 0;
    while (s->active != ACTIVE_FALSE) {
        struct chunk c;
        cssl_event event;
        if (s->stash.len > s->stash.at) {
            term data = stash_take(env, s, s->stash.len - s->stash.at);
            if (!deliver(env, s, data)) {
                return atom.ok;
            }
            continue;
        }
        if (spent >= BUDGET) {
            return atom.again;
        }
        enum rx rx = rx_next(env, s, &event, true);
        if (rx == RX_DATA) {
            if (!gather(env, s, &event, &c)) {
                s->peer_closed = true;
            }
            spent += c.len;
            if (!deliver(env, s, chunk_term(env, s, &c))) {
                return atom.ok;
            }
        } else if (rx == RX_AGAIN && !s->drained) {
            continue;
        } else if (rx == RX_AGAIN || rx == RX_ASK) {
            arm_reactor(env, s);
            return atom.ok;
        } else {
            return tell_end(env, s);
        }
    }
    return atom.ok;
}

/* read_ahead reads a passive socket once, so that tickets, key updates, a late alert and the peer's
 * end are seen; when data came, no further. */
static void read_ahead(ErlNifEnv *env, struct sock *s)
{
    cssl_event event;
    if (s->stash.len > s->stash.at || s->phase != PHASE_OPEN || s->taken) {
        return;
    }
    enum rx rx = rx_next(env, s, &event, true);
    while (rx == RX_DATA) {
        if (!stash_add(&s->stash, event.data.data, event.data.len)) {
            return;
        }
        rx = rx_next(env, s, &event, false);
    }
    if (rx == RX_AGAIN && s->stash.len == s->stash.at) {
        arm_reactor(env, s);
    }
}

void arm_reactor(ErlNifEnv *env, struct sock *s)
{
    ErlNifPid reactor = reactor_pid(s);
    s->armed = ARMED_REACTOR;
    (void)sock_select(env, s, ERL_NIF_SELECT_READ, &reactor, atom.undefined);
}

static bool deliver(ErlNifEnv *env, struct sock *s, term data)
{
    bool there = enif_send(env, &s->owner, NULL,
                           enif_make_tuple3(env, atom.ssl, sock_term(env, s), data)) != 0;
    count_down(env, s);
    return there;
}

/* tell_end tells the owner of an active socket its end, once; then the connection is over. What a
 * failure is called is not known here: {error, Owner, Socket, Why} is for the caller to send. */
static term tell_end(ErlNifEnv *env, struct sock *s)
{
    term result = atom.ok;
    s->active = ACTIVE_FALSE;
    if (s->phase == PHASE_FAILED && s->fault != NULL) {
        const term *pair;
        int arity;
        (void)enif_get_tuple(env, make_fault(env, s->fault), &arity, &pair);
        result = enif_make_tuple4(env, atom.error, enif_make_pid(env, &s->owner),
                                  sock_term(env, s), pair[1]);
    } else {
        (void)enif_send(env, &s->owner, NULL,
                        enif_make_tuple2(env, atom.ssl_closed, sock_term(env, s)));
    }
    (void)finish(env, s);
    return result;
}

/* finish, rx held, ends a connection whose end is known, and returns why as {error, Why}. */
static term finish(ErlNifEnv *env, struct sock *s)
{
    term why = s->phase == PHASE_FAILED && s->fault != NULL
                   ? make_fault(env, s->fault)
                   : make_tagged(env, atom.error, atom.closed);
    (void)pthread_mutex_lock(&s->tx);
    if (s->phase == PHASE_OPEN && !s->write_shut) {
        (void)cssl_engine_close(s->engine, NULL);
    }
    (void)io_flush(s);
    (void)io_linger(s);
    sock_end(env, s);
    (void)pthread_mutex_unlock(&s->tx);
    return why;
}

/* recv_some, for a passive socket: want is 0 for whatever there is. */
static term recv_some(ErlNifEnv *env, struct sock *s, size_t want, bool *idle)
{
    cssl_event event;
    for (;;) {
        size_t have = s->stash.len - s->stash.at;
        if (have > 0 && have >= want) {
            return make_tagged(env, atom.ok, stash_take(env, s, want == 0 ? have : want));
        }
        enum rx rx = rx_next(env, s, &event, true);
        if (rx == RX_DATA && want == 0) {
            struct chunk c;
            if (!gather(env, s, &event, &c)) {
                if (c.is_big) {
                    enif_release_binary(&c.big);
                }
                return make_tagged(env, atom.error, enif_make_atom(env, "enomem"));
            }
            return make_tagged(env, atom.ok, chunk_term(env, s, &c));
        }
        if (rx == RX_DATA) {
            if (!stash_add(&s->stash, event.data.data, event.data.len)) {
                return make_tagged(env, atom.error, enif_make_atom(env, "enomem"));
            }
        } else if (rx == RX_AGAIN && !s->drained) {
            continue;
        } else if (rx == RX_AGAIN || rx == RX_ASK) {
            *idle = true;
            return atom.select;
        } else {
            return finish(env, s);
        }
    }
}

static bool gather(ErlNifEnv *env, struct sock *s, const cssl_event *first, struct chunk *c)
{
    cssl_event event = *first;
    c->len = 0;
    c->is_big = false;
    do {
        size_t len = c->len + event.data.len;
        if (!c->is_big && len > SMALL) {
            if (!enif_alloc_binary(len, &c->big)) {
                return false;
            }
            memcpy(c->big.data, c->small, c->len);
            c->is_big = true;
        } else if (c->is_big && !enif_realloc_binary(&c->big, len)) {
            return false;
        }
        memcpy((c->is_big ? c->big.data : c->small) + c->len, event.data.data, event.data.len);
        c->len = len;
    } while (c->len < BUDGET && rx_next(env, s, &event, false) == RX_DATA);
    return true;
}

static term chunk_term(ErlNifEnv *env, const struct sock *s, struct chunk *c)
{
    if (!c->is_big) {
        return data_term(env, s, c->small, c->len);
    }
    if (s->listed || s->header > 0) {
        term t = data_term(env, s, c->big.data, c->len);
        enif_release_binary(&c->big);
        return t;
    }
    return enif_make_binary(env, &c->big);
}

static term data_term(ErlNifEnv *env, const struct sock *s, const uint8_t *data, size_t len)
{
    if (s->listed) {
        return enif_make_string_len(env, (const char *)data, len, ERL_NIF_LATIN1);
    }
    size_t front = s->header < len ? s->header : len;
    term t = len >= s->header ? make_bytes(env, data + front, len - front)
                              : enif_make_list(env, 0);
    for (size_t i = front; i > 0; i--) {
        t = enif_make_list_cell(env, enif_make_uint(env, data[i - 1]), t);
    }
    return t;
}

static term stash_take(ErlNifEnv *env, struct sock *s, size_t len)
{
    struct stash *st = &s->stash;
    term t = data_term(env, s, st->data + st->at, len);
    st->at += len;
    if (st->at == st->len) {
        stash_free(st);
    }
    return t;
}

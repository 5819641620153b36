/* options.c - the options of a connection's socket: emulated ones, and those of the kernel. */
#include "nif.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { OPTION_MAX = 256 };

static term closed(ErlNifEnv *env)
{
    return make_tagged(env, atom.error, atom.closed);
}

/* set(Res, {Listed, Header, Packet, PacketSize, SendTimeout, SendTimeoutClose}) */
NIF(nif_set)
{
    struct sock *s = sock_get(env, argv[0]);
    const term *e;
    int arity;
    unsigned header, packet, size, timeout;
    (void)argc;
    if (s == NULL || !enif_get_tuple(env, argv[1], &arity, &e) || arity != 6 ||
        !enif_get_uint(env, e[1], &header) || header > 255 || !enif_get_uint(env, e[2], &packet) ||
        packet > 255 || !enif_get_uint(env, e[3], &size) || !enif_get_uint(env, e[4], &timeout)) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    bool gone = s->phase == PHASE_CLOSED;
    s->listed = enif_is_identical(e[0], atom.yes);
    s->header = (uint8_t)header;
    s->packet = (uint8_t)packet;
    s->packet_size = size;
    s->send_timeout = timeout;
    s->send_timeout_close = enif_is_identical(e[5], atom.yes);
    (void)pthread_mutex_unlock(&s->rx);
    return gone ? closed(env) : atom.ok;
}

/* get(Res): {ok, {Listed, Header, Packet, PacketSize, SendTimeout, SendTimeoutClose, Active}} */
NIF(nif_get)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    bool gone = s->phase == PHASE_CLOSED;
    term active = s->active == ACTIVE_FALSE  ? atom.no
                  : s->active == ACTIVE_TRUE ? atom.yes
                  : s->active == ACTIVE_ONCE ? atom.once
                                             : enif_make_int(env, s->active);
    term t = enif_make_tuple7(env, s->listed ? atom.yes : atom.no,
                              enif_make_uint(env, s->header), enif_make_uint(env, s->packet),
                              enif_make_uint(env, s->packet_size),
                              enif_make_uint(env, s->send_timeout),
                              s->send_timeout_close ? atom.yes : atom.no, active);
    (void)pthread_mutex_unlock(&s->rx);
    return gone ? closed(env) : make_tagged(env, atom.ok, t);
}

/* send_options(Res): {Packet, SendTimeout, SendTimeoutClose} */
NIF(nif_send_options)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    /* They are single bytes and words that only setopts changes: no lock is worth it. */
    return enif_make_tuple3(env, enif_make_uint(env, s->packet),
                            enif_make_uint(env, s->send_timeout),
                            s->send_timeout_close ? atom.yes : atom.no);
}

/* own(Res, Pid): the new owner */
NIF(nif_own)
{
    struct sock *s = sock_get(env, argv[0]);
    ErlNifPid pid;
    (void)argc;
    if (s == NULL || !enif_get_local_pid(env, argv[1], &pid)) {
        return enif_make_badarg(env);
    }
    lock_both(s);
    term result = atom.ok;
    if (s->phase == PHASE_CLOSED) {
        result = closed(env);
    } else if (!sock_own(env, s, &pid)) {
        owner_down(env, s); /* it is dead already */
    }
    unlock_both(s);
    return result;
}

/* start(Res): the handshake is done, and the options are set: reading begins */
NIF(nif_start)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    if (s->phase == PHASE_OPEN) {
        recv_begin(env, s);
    }
    (void)pthread_mutex_unlock(&s->rx);
    return atom.ok;
}

/* cancel(Res, read | write): the caller does not wait any more: ok, or false: a message was sent */
NIF(nif_cancel)
{
    struct sock *s = sock_get(env, argv[0]);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    ErlNifPid self;
    bool read = enif_is_identical(argv[1], atom.read);
    int rv = 0;
    (void)enif_self(env, &self);
    lock_both(s);
    /* What another process waits for, or a reactor, is not the caller's to cancel. */
    bool mine = read ? s->reading && enif_compare_pids(&self, &s->reader) == 0
                     : !s->sending || enif_compare_pids(&s->sender, &self) == 0;
    sock_seen(env, s);
    if (s->phase != PHASE_CLOSED && s->selected && mine) {
        rv = enif_select(env, s->fd,
                         (enum ErlNifSelectFlags)(ERL_NIF_SELECT_CANCEL |
                                                  (read ? ERL_NIF_SELECT_READ
                                                        : ERL_NIF_SELECT_WRITE)),
                         s, NULL, atom.undefined);
        if (read) {
            s->armed = ARMED_NOT;
            s->reading = false;
            (void)recv_idle(env, s);
        }
    }
    unlock_both(s);
    int told = read ? ERL_NIF_SELECT_READ_CANCELLED : ERL_NIF_SELECT_WRITE_CANCELLED;
    return rv > 0 && (rv & told) != 0 ? atom.ok : atom.no;
}

/* setsockopt(Res, Level, Option, Value :: binary()) */
NIF(nif_setsockopt)
{
    struct sock *s = sock_get(env, argv[0]);
    int level, option;
    ErlNifBinary value;
    (void)argc;
    if (s == NULL || !enif_get_int(env, argv[1], &level) || !enif_get_int(env, argv[2], &option) ||
        !enif_inspect_binary(env, argv[3], &value)) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&s->rx);
    term result = atom.ok;
    if (s->phase == PHASE_CLOSED) {
        result = closed(env);
    } else if (setsockopt(s->fd, level, option, value.data, (socklen_t)value.size) != 0) {
        result = make_tagged(env, atom.error, make_posix(env, errno));
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

/* getsockopt(Res, Level, Option, Size): {ok, Binary} */
NIF(nif_getsockopt)
{
    struct sock *s = sock_get(env, argv[0]);
    int level, option;
    unsigned size;
    uint8_t value[OPTION_MAX];
    (void)argc;
    if (s == NULL || !enif_get_int(env, argv[1], &level) || !enif_get_int(env, argv[2], &option) ||
        !enif_get_uint(env, argv[3], &size) || size > sizeof(value)) {
        return enif_make_badarg(env);
    }
    socklen_t len = size;
    (void)pthread_mutex_lock(&s->rx);
    term result;
    if (s->phase == PHASE_CLOSED) {
        result = closed(env);
    } else if (getsockopt(s->fd, level, option, value, &len) != 0) {
        result = make_tagged(env, atom.error, make_posix(env, errno));
    } else {
        result = make_tagged(env, atom.ok, make_bytes(env, value, len));
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

static term address_term(ErlNifEnv *env, const struct sockaddr_storage *addr)
{
    if (addr->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
        const uint8_t *b = (const uint8_t *)&in->sin_addr;
        term ip = enif_make_tuple4(env, enif_make_uint(env, b[0]), enif_make_uint(env, b[1]),
                                   enif_make_uint(env, b[2]), enif_make_uint(env, b[3]));
        return enif_make_tuple2(env, ip, enif_make_uint(env, ntohs(in->sin_port)));
    }
    if (addr->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)addr;
        const uint8_t *b = (const uint8_t *)&in->sin6_addr;
        term part[8];
        for (unsigned i = 0; i < 8; i++) {
            part[i] = enif_make_uint(env, (unsigned)(b[2 * i] << 8 | b[2 * i + 1]));
        }
        return enif_make_tuple2(env, enif_make_tuple_from_array(env, part, 8),
                                enif_make_uint(env, ntohs(in->sin6_port)));
    }
    return enif_make_tuple2(env, enif_make_atom(env, "local"), make_bytes(env, "", 0));
}

/* address(Res, peer | sock): {ok, {Ip, Port}} */
NIF(nif_address)
{
    struct sock *s = sock_get(env, argv[0]);
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);
    (void)argc;
    if (s == NULL) {
        return enif_make_badarg(env);
    }
    memset(&addr, 0, sizeof(addr));
    bool peer = enif_is_identical(argv[1], atom.peer);
    (void)pthread_mutex_lock(&s->rx);
    term result;
    if (s->phase == PHASE_CLOSED) {
        result = make_tagged(env, atom.error, atom.einval);
    } else if ((peer ? getpeername(s->fd, (struct sockaddr *)&addr, &len)
                     : getsockname(s->fd, (struct sockaddr *)&addr, &len)) != 0) {
        result = make_tagged(env, atom.error, make_posix(env, errno));
    } else {
        result = make_tagged(env, atom.ok, address_term(env, &addr));
    }
    (void)pthread_mutex_unlock(&s->rx);
    return result;
}

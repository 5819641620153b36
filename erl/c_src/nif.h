/*
 * nif.h - what the files of the NIF share. A connection is a resource: a descriptor, an engine and
 * the options of its socket. Erlang processes drive it; readiness comes from the VM (enif_select).
 *
 * Two locks: `rx` guards the receiving half, the options and the life of the connection, `tx` the
 * sending half. Whoever takes both takes rx first. Descriptors never block, so a lock is held over
 * a read or a write, but never over a wait.
 */
#ifndef CSSL_ERL_NIF_H
#define CSSL_ERL_NIF_H

#include "cssl_engine.h"

#include <erl_nif.h>
#include <pthread.h>
#include <stdatomic.h>

typedef ERL_NIF_TERM term;

/* Every atom that is made or looked at: atom.name is the term of "name". */
#define ATOMS(X)                                                                                   \
    X(ok) X(error) X(undefined) X(select) X(busy) X(closed) X(timeout) X(ask) X(hello) X(again)    \
    X(alert) X(option) X(nomem) X(state) X(server) X(ssl) X(ssl_closed) X(ssl_error)               \
    X(ssl_passive) X(sslsocket) X(gen_tcp) X(cssl_inet) X(tls_connection) X(once) X(einval)        \
    X(session_ticket) X(packet) X(read) X(write) X(sni) X(accept) X(reject) X(unknown) X(peer)     \
    X(external_key) X(certfile) X(keyfile) X(password) X(cert) X(key) X(staplefile) X(turn)        \
    X(renegotiated) X(renegotiation_rejected) X(wake) X(ealready)
struct atoms {
#define X(name) term name;
    ATOMS(X)
#undef X
    term yes, no; /* true, false */
    term inet;   /* '$inet' */
    term tls12;  /* 'tlsv1.2' */
    term tls13;  /* 'tlsv1.3' */
    term auto_;  /* auto, a keyword in C */
};
extern struct atoms atom;

/* A config, and how long its public-key work may take. */
struct config {
    cssl_config *config;
    struct config *owner; /* whose cssl_config it is, when it is shared; else NULL */
    bool server;
    ErlNifEnv *env; /* of options */
    term options;   /* what Erlang wants to know of it again */
};
extern ErlNifResourceType *config_type;

enum phase { PHASE_NEW, PHASE_HANDSHAKE, PHASE_OPEN, PHASE_FAILED, PHASE_CLOSED };
enum { ACTIVE_FALSE = 0, ACTIVE_ONCE = -100000, ACTIVE_TRUE = -100001 }; /* else a count */
enum armed { ARMED_NOT, ARMED_CALLER, ARMED_REACTOR };
enum { SEND_QUEUE_MIN = 4 };
enum renegotiated { RENEGOTIATION_NONE, RENEGOTIATED, RENEGOTIATION_REFUSED };

/* Plaintext that waits: too little of it yet, or handed back. */
struct stash {
    uint8_t *data;
    size_t at, len, cap; /* data[at..len) */
};

struct secrets {
    size_t len;
    char lines[2048]; /* a newline behind each; the newest are left out when it is full */
};

struct sock {
    pthread_mutex_t rx, tx;
    cssl_engine *engine;
    struct config *config;
    int fd;
    atomic_uchar phase;  /* enum phase; changed under rx, and to CLOSED under both */
    bool server;
    atomic_bool selected; /* enif_select was called: the VM has to let go of fd first */
    bool lingers;        /* closed, but processes that wait have to hear of it first */
    struct sock *before, *behind; /* in the list of all that are not closed */
    bool kept;           /* it holds a reference to itself */
    bool monitored;      /* the owner is */
    bool peer_closed;    /* close_notify, or the end of the stream */
    bool told;           /* its end was told: by a message, or by recv */
    bool read_eof;       /* the transport gives nothing any more */
    bool drained;        /* the last read took all there was */
    bool read_shut, write_shut;
    uint8_t renegotiated; /* enum renegotiated */
    bool awaited;        /* a process waits for the end of a renegotiation */
    ErlNifPid awaiting;
    bool listed;         /* mode list */
    bool send_timeout_close;
    bool taken;          /* a process decodes packets out of the stash */
    bool closing;        /* a process closes it, and waits for the peer */
    bool reading;        /* a process waits in recv, or in the handshake */
    bool watched;        /* its reactor looks soon whether somebody reads it still */
    uint8_t armed;       /* enum armed: who waits for data */
    uint8_t header;      /* bytes as a list in front of a binary */
    uint8_t packet;      /* index into the table of packet types; 0 raw */
    int active;
    uint32_t packet_size;
    uint32_t send_timeout; /* ms; 0 none */
    uint16_t reactor;    /* whose turn it is to read it, when it is active */
    ErlNifPid reader;    /* who waits, while armed is ARMED_CALLER */
    ErlNifMonitor reader_monitor; /* while it lingers */
    ErlNifPid taker;     /* who has taken */
    struct stash early;  /* ciphertext that inet had read before */
    ErlNifPid owner;
    ErlNifMonitor monitor;
    struct stash stash;
    struct secrets *secrets; /* lines of the key log, if they are wanted */
    struct failure *fault; /* why it failed; NULL: it did not, or it was told */
    bool peer_gone;      /* guarded by both: nothing more is sent, as nobody listens */
    /* guarded by tx */
    bool fin_due;        /* shutdown: the stream ends when all is written */
    bool sending;        /* a process has its turn, and waits */
    ErlNifPid sender;
    ErlNifMonitor sender_monitor;
    ErlNifPid *queue;    /* who waits for a turn */
    unsigned queue_len, queue_cap;
    uint64_t looked; /* recv_cnt at the reactor's last look */
    uint64_t recv_oct, recv_cnt, recv_max, send_oct, send_cnt, send_max;
};
extern ErlNifResourceType *sock_type;

/* A failure that is told later than it happened. */
struct failure {
    cssl_error error;
    char report[768]; /* in OTP's words, from options.log */
};

/* term.c */
bool atoms_load(ErlNifEnv *env);
term make_bytes(ErlNifEnv *env, const void *data, size_t len);
term make_string_binary(ErlNifEnv *env, const char *text);
term make_tagged(ErlNifEnv *env, term tag, term value);
term make_posix(ErlNifEnv *env, int posix);
/* make_failure is {error, Why}: closed, timeout, a posix atom, {alert, ...}, {option, ...} */
term make_failure(ErlNifEnv *env, const cssl_error *err, const char *report);
term make_fault(ErlNifEnv *env, const struct failure *fault);
term sock_term(ErlNifEnv *env, struct sock *s);
/* capture_begin lets what options.log is told by calls of this thread be kept until the next one;
 * capture_text is the last of it. */
void capture_begin(void);
const char *capture_text(void);
/* capture_for names the connection whose secrets capture_secret keeps, while this thread works for
 * it; NULL ends that. keylog_term is what was kept, a list of lines. */
void capture_for(struct sock *s);
void capture_secret(const char *line);
void capture_log(void *user, cssl_log_level level, const char *text);

/* sock.c */
extern ErlNifResourceTypeInit sock_callbacks;
struct sock *sock_get(ErlNifEnv *env, term t);
/* sock_new makes a connection of fd, which it owns from then on, whatever is returned. */
struct sock *sock_new(ErlNifEnv *env, int fd, struct config *config, const char *name,
                      uint16_t port, cssl_error *err);
/* sock_end, holding both locks, says nothing to the peer any more: descriptor and engine go.
 * Whoever waits for the descriptor is woken first, and calls again. */
void sock_end(ErlNifEnv *env, struct sock *s);
/* sock_seen, both locks held, is for who finds a connection closed: it does not wait any more. */
void sock_seen(ErlNifEnv *env, struct sock *s);
/* sock_wait lets the caller wait for data: select. */
term sock_wait(ErlNifEnv *env, struct sock *s, term ref);
/* copy_stream is a non-blocking copy of the descriptor of a stream socket; -1 and errno. */
int copy_stream(int fd);
/* sock_all: every connection that is not closed, as an array to be freed, each with a reference. */
struct sock **sock_all(size_t *num);
void sock_fail(struct sock *s, const cssl_error *err);
int sock_select(ErlNifEnv *env, struct sock *s, enum ErlNifSelectFlags mode, const ErlNifPid *pid,
                term ref);
bool sock_own(ErlNifEnv *env, struct sock *s, const ErlNifPid *pid);
/* sock_tell_waiter: a renegotiation is over, or the connection is. */
void sock_tell_waiter(ErlNifEnv *env, struct sock *s);
void lock_both(struct sock *s);
void unlock_both(struct sock *s);

/* What the connections of this node share. It outlives the library that made it, which may be
 * loaded anew; then `version` and `size` have to be the same. */
enum { REACTORS_MAX = 1024 }; /* as many schedulers as the VM may have */
struct common {
    char version[32];
    size_t size;            /* of struct sock */
    pthread_mutex_t lock;   /* of the list; it is the last one taken */
    struct sock *first;
    atomic_uint reactors, turn;
    _Atomic term reactor[REACTORS_MAX];
};
extern struct common *common;

/* io.c: bytes between descriptor and engine */
enum io { IO_OK, IO_AGAIN, IO_FAILED };
enum io io_flush(struct sock *s);          /* tx held */
enum io io_read(struct sock *s);           /* rx held */
/* io_linger ends the stream, and takes what came in the meantime, so that the kernel does not reset
 * the connection while data is on its way. Returns whether the peer has ended it too. */
bool io_linger(struct sock *s);
void io_kick(ErlNifEnv *env, struct sock *s); /* rx held, tx not: writes what the engine owes */
enum rx { RX_DATA, RX_AGAIN, RX_END, RX_FAILED, RX_ASK };
/* rx_next, rx held: the next plaintext; reads at most once, and only if `may_read`. */
enum rx rx_next(ErlNifEnv *env, struct sock *s, cssl_event *event, bool may_read);
bool stash_add(struct stash *st, const uint8_t *data, size_t len);
void stash_free(struct stash *st);

/* send.c, tx held: send_next gives the turn to whoever waits for it; send_release lets all who wait
 * look again, for nothing can be sent any more; send_rest sees that what is sealed goes out. */
void send_next(ErlNifEnv *env, struct sock *s);
void send_release(ErlNifEnv *env, struct sock *s);
void send_rest(ErlNifEnv *env, struct sock *s);

/* recv.c */
/* recv_begin lets an open connection be read: by a reactor if it is active, else ahead. */
void recv_begin(ErlNifEnv *env, struct sock *s);
void arm_reactor(ErlNifEnv *env, struct sock *s);
/* One process at a time waits for data. reader_enter: the caller may be it, sock_wait makes it
 * so; reader_wake lets it look again: something has happened that is no data. */
bool reader_enter(ErlNifEnv *env, struct sock *s);
void reader_wake(ErlNifEnv *env, struct sock *s);
/* recv_idle arms the reactor for a passive socket that nobody reads: its peer may end. recv_watch
 * lets it do so a little later, if nobody reads until then: arming costs more than reading. */
bool recv_idle(ErlNifEnv *env, struct sock *s);
void recv_watch(ErlNifEnv *env, struct sock *s);
void owner_down(ErlNifEnv *env, struct sock *s);
void reactor_choose(struct sock *s);
ErlNifPid reactor_pid(const struct sock *s);
/* reactors_again: the reactors are new ones, and begin with what waited for the old ones. */
void reactors_again(ErlNifEnv *env);

#define NIF(name) term name(ErlNifEnv *env, int argc, const term argv[])
NIF(nif_config);
NIF(nif_options);
NIF(nif_derive);
NIF(nif_renew);
NIF(nif_share);
NIF(nif_renegotiated);
NIF(nif_open);
NIF(nif_handshake);
NIF(nif_continue);
NIF(nif_reconfigure);
NIF(nif_feed);
NIF(nif_send_options);
NIF(nif_renegotiate);
NIF(nif_downgrade);
NIF(nif_answer);
NIF(nif_cancel_handshake);
NIF(nif_recv);
NIF(nif_take);
NIF(nif_give);
NIF(nif_deliver);
NIF(nif_invalid);
NIF(nif_ready);
NIF(nif_look);
NIF(nif_active);
NIF(nif_set_reactor);
NIF(nif_start_reactors);
NIF(nif_send);
NIF(nif_leave);
NIF(nif_flush);
NIF(nif_close);
NIF(nif_shutdown);
NIF(nif_drop);
NIF(nif_cancel);
NIF(nif_own);
NIF(nif_set);
NIF(nif_get);
NIF(nif_setsockopt);
NIF(nif_getsockopt);
NIF(nif_address);
NIF(nif_stat);
NIF(nif_information);
NIF(nif_peercert);
NIF(nif_export);
NIF(nif_update_keys);
NIF(nif_start);
NIF(nif_socket);
NIF(nif_listener_own);
NIF(nif_listener_config);
NIF(nif_listen);
NIF(nif_accept);
NIF(nif_accept_cancel);
NIF(nif_unlisten);
NIF(nif_suites);
NIF(nif_groups);
NIF(nif_signature_algs);

bool listen_load(ErlNifEnv *env);
void config_destroy(ErlNifEnv *env, void *object);

#endif

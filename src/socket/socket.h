/*
 * socket.h - a connection: an engine and a descriptor. Internal to src/socket.
 *
 * Two threads may use an open socket at once, one to send and one to receive. Each half of its
 * state belongs to whoever holds that half (send_begin, recv_begin). Holding a half takes the lock
 * for a moment only: nothing is locked during a system call.
 */
#ifndef CSSL_SOCKET_SOCKET_H
#define CSSL_SOCKET_SOCKET_H

#include "socket/task.h"

#include <pthread.h>
#include <sys/types.h>

enum phase {
    PHASE_NEW,       /* accepted, no handshake yet */
    PHASE_RACING,    /* in a mailbox: no connection yet */
    PHASE_HANDSHAKE, /* one thread at a time, as in all before */
    PHASE_OPEN,      /* two halves */
    PHASE_FAILED,    /* the handshake failed */
    PHASE_CLOSING    /* in a mailbox: the program has closed it */
};

struct stash;
struct reply;
struct race;

struct cssl_socket {
    struct task task; /* in its mailbox */
    struct timer timer;
    cssl_mailbox *mailbox; /* NULL: none */
    cssl_socket *next, *prev;
    cssl_engine *engine; /* NULL until the handshake begins */
    cssl_config *config; /* until then */
    struct race *race;   /* while PHASE_RACING */
    void *user;
    int64_t deadline; /* in a mailbox: of the handshake or of closing */
    int fd;
    pid_t pid; /* who made it; another process may only free it */

    pthread_mutex_t lock; /* of the ten below, but for paused and what is the mailbox's */
    pthread_cond_t idle;
    bool sending, receiving;
    bool recv_waiting; /* a thread waits in cssl_recv, and has given its half up meanwhile */
    bool flush_missed; /* the receiver left output to the sender */
    cssl_question question; /* that is open; id 0: none. Its number and kind alone are good */
    uint64_t last_question; /* none of a number up to this is open any more */
    struct reply *reply;    /* what cssl_answer_question was given and the engine was not yet */
    int wake_fd;            /* polls readable when there is a reply; -1 before anybody waits */
    bool paused;            /* at the peer's hello; for the thread that runs the handshake */
    cssl_socket *next_answered; /* in its mailbox, whose lock this needs */
    bool answered;

    /* The sending half. */
    bool write_closed; /* close_notify is queued */
    bool write_ended;  /* and the transport was told */
    int send_errno;    /* the transport takes no more */
    bool want_room;    /* cssl_send_some could not take all */
    size_t full;       /* how much was queued then */
    uint64_t send_oct, send_cnt;

    /* The receiving half. */
    bool eof;          /* of the transport */
    bool drained;      /* the last read left nothing behind it */
    bool connected;    /* the engine's handshake is done; its last words may still be queued */
    bool peer_closed;  /* close_notify came */
    bool discard;      /* cssl_shutdown: drop what comes */
    cssl_error *error; /* why receiving failed; see recv_failed */
    bool recv_failed;
    cssl_bytes view;     /* data of the engine that was not handed out yet */
    cssl_bytes early;    /* early data likewise, for cssl_recv_early */
    struct stash *stash; /* data in front of it that cssl_recv_exact gave back */
    uint64_t recv_oct, recv_cnt; /* written with the lock: cssl_getstat has that alone */

    /* The mailbox's, with the thread that runs it. */
    uint8_t phase;   /* enum phase; outside of mailboxes it changes before there are two threads */
    bool arriving;   /* not yet seen by the mailbox's thread */
    bool registered; /* fd is in the mailbox's poller */
    bool readable, writable, hup;
    bool counted;     /* as a handshake */
    bool passive_due; /* CSSL_EV_PASSIVE is due */
    bool told_closed, told_error;
    int32_t active; /* CSSL_ACTIVE, _ONCE, _PASSIVE or N */
    size_t dropped; /* bytes read while closing */
};

/* sock_new makes a socket; fd may be -1. It takes a reference on config. */
cssl_socket *sock_new(int fd, cssl_config *config, cssl_error *err);
/* sock_free closes the descriptor and frees everything. */
void sock_free(cssl_socket *s);
/* sock_is_inherited: s comes from the process that this one was forked from. */
bool sock_is_inherited(pid_t pid);
/* sock_prepare sets the descriptor's options; errno or 0. *flags keeps what they were. */
struct fd_flags {
    int status, descriptor;
};
int sock_prepare(int fd, struct fd_flags *was) CHECK;
void sock_restore(int fd, const struct fd_flags *was);
/* sock_check_connected: fd is a connected stream socket. */
int sock_check_connected(int fd, cssl_error *err) CHECK;
/* sock_start makes the engine. name is NULL for servers. known: the program knows s, so questions
 * name it. A failure is kept in s too. */
int sock_start(cssl_socket *s, const char *name, uint16_t port, bool known, cssl_error *err);

/* Holding a half. send_end and recv_end give it back. */
void send_begin(cssl_socket *s);
bool send_try(cssl_socket *s) CHECK;
void send_end(cssl_socket *s);
void recv_begin(cssl_socket *s);
bool recv_try(cssl_socket *s) CHECK; /* false also when another thread waits in cssl_recv */
void recv_end(cssl_socket *s);
/* recv_pause is recv_end for the time of waiting, recv_resume takes the half again. */
void recv_pause(cssl_socket *s);
void recv_resume(cssl_socket *s);
/* both_begin, holding the receiving half, takes the other one too, for a renegotiation, which
 * writes; both_end pushes that and gives the sending half back. */
void both_begin(cssl_socket *s);
void both_end(cssl_socket *s);

/* sock_push, holding the sending half, writes what is queued. 0: all of it; SOCK_AGAIN: the
 * kernel takes no more now; or a negative status. */
enum { SOCK_AGAIN = 1, SOCK_BUSY = 2, SOCK_ASKS = 3, SOCK_STANDS = 4 };
int sock_push(cssl_socket *s, cssl_error *err);
/* sock_kick does so without waiting for the half; true when something is left to write. */
bool sock_kick(cssl_socket *s);
/* sock_pull, holding the receiving half, reads once and gives it to the engine. 0: done, look for
 * events; SOCK_AGAIN: nothing there. A failure is kept in the socket (recv_failed, error) and is to
 * be told when the engine has no more events. */
int sock_pull(cssl_socket *s);
/* sock_next takes the engine's next event that is not the socket layer's own affair. */
bool sock_next(cssl_socket *s, cssl_event *event) CHECK;
/* sock_take_event keeps in the socket what an event says. */
void sock_take_event(cssl_socket *s, const cssl_event *event);
void sock_keep_error(cssl_socket *s, const cssl_error *err);
int sock_tell_error(const cssl_socket *s, cssl_error *err);
/* sock_wait waits for events of poll(2) on fd: 1 ready, 0 the time ran out. */
int sock_wait(int fd, short events, int64_t deadline);

/* sock_handshake runs the handshake to its end; sock_finish ends a connection, without freeing. */
int sock_handshake(cssl_socket *s, int64_t deadline, cssl_error *err) CHECK;
/* question.c. sock_ask keeps a question that has come out of the engine; sock_take_reply gives an
 * answer that has come to the engine. */
void sock_ask(cssl_socket *s, const cssl_question *q);
void sock_take_reply(cssl_socket *s);
/* sock_idle, holding the receiving half, says more of SOCK_AGAIN: SOCK_ASKS: a question is open, or
 * SOCK_STANDS: and nothing is read before it is answered. sock_linger then waits for what there is
 * to wait for, holding nothing: 0 when there may be something to do, or a negative status. When the
 * time runs out, late says what has not happened. */
int sock_idle(const cssl_socket *s);
int sock_linger(cssl_socket *s, int idle, short events, int64_t deadline, const char *late,
                cssl_error *err) CHECK;
/* sock_set_mailbox: answers wake mb from now on. */
void sock_set_mailbox(cssl_socket *s, cssl_mailbox *mb);
/* sock_no_questions ends it: nothing is open any more. */
void sock_no_questions(cssl_socket *s);
/* sock_check_askable: a blocking call can ask what config wants to be asked. */
int sock_check_askable(const cssl_config *config, cssl_error *err) CHECK;
/* sock_recv_early is cssl_recv_early for a handshake that has begun. */
ssize_t sock_recv_early(cssl_socket *s, uint8_t *data, size_t len, int64_t deadline,
                        cssl_error *err) CHECK;
int sock_finish(cssl_socket *s, int64_t deadline, cssl_error *err);
/* sock_renegotiate_if_due begins what renegotiate_at wants. sock_renegotiate_on, holding no half,
 * runs a renegotiation to its end, for which sending waits (SOCK_BUSY). */
int sock_renegotiate_if_due(cssl_socket *s, cssl_error *err);
int sock_renegotiate_on(cssl_socket *s, int64_t deadline, cssl_error *err);
/* sock_begin_close queues what the peer is to hear last. */
void sock_begin_close(cssl_socket *s);
/* sock_say_close says close_notify, all of it, and leaves the transport open; sock_end_writing ends
 * that for this direction. */
int sock_say_close(cssl_socket *s, int64_t deadline, cssl_error *err);
void sock_end_writing(cssl_socket *s);
/* DRAIN_MAX bounds what is read from a peer to which everything has been said. */
enum { DRAIN_MAX = 65536, FAREWELL_MS = 500 };

/* stash_drop forgets what cssl_recv_exact gave back; stash_view views it; stash_free frees one
 * that was taken away. */
void stash_drop(cssl_socket *s);
void stash_free(struct stash *stash);
cssl_bytes stash_view(const cssl_socket *s);
/* stash_keep puts the view behind the stash, up to max bytes in all. */
int stash_keep(cssl_socket *s, size_t max, cssl_error *err);
/* sock_skip drops n bytes of what is to be handed out, the stash first. */
void sock_skip(cssl_socket *s, size_t n);
/* sock_ready views the next bytes to hand out; len 0 when there are none. */
cssl_bytes sock_ready(const cssl_socket *s);

#endif

/*
 * mailbox_state.h - a mailbox from inside. For mailbox*.c.
 *
 * A mailbox works in turns: it asks the poller who is ready, tells timers that are due, and runs
 * each member of its queue once, for a bounded number of bytes. Whatever has an event stays at the
 * head of the queue, until its share of the turn is used up. Nothing here grows with the number of
 * sockets that have nothing to do.
 */
#ifndef CSSL_SOCKET_MAILBOX_STATE_H
#define CSSL_SOCKET_MAILBOX_STATE_H

#include "socket/listen.h"
#include "socket/mailbox.h"
#include "socket/poller.h"
#include "socket/socket.h"
#include "socket/task.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    TURN_BYTES = 65536, /* a member's share of a turn */
    ACCEPT_COST = 4096, /* an accepted connection or a read of a handshake costs as much as */
    PULL_COST = 16384,  /* so many bytes */
    PAUSE_MS = 100      /* no accepting when descriptors ran out */
};

struct watch {
    struct task task;
    int fd;
    int events; /* of poll(2); 0: no longer watched */
    unsigned found;
    void *user;
};

struct user_timer {
    struct timer timer;
    uint32_t slot;
    uint32_t generation; /* tells timers apart that had the same slot */
    uint32_t next_free;
    void *user;
};

struct cssl_mailbox {
    struct poller poller;
    int wake_fd;
    pid_t pid;
    bool inherited; /* it is freed by another process, which leaves the poller alone */
    struct task wake;
    atomic_bool woken; /* cssl_mailbox_wake was called */
    atomic_bool poked; /* wake_fd was written to and not read since */

    pthread_mutex_t lock; /* of the three below */
    cssl_socket *arrived;
    cssl_socket *answered; /* questions of theirs were */
    struct inlet *arrived_inlets;

    /* The rest is for the mailbox's thread. */
    struct tasks tasks;
    size_t turn;          /* how many members are still to be run in this turn */
    size_t spent;         /* what the one at the head has had of its share */
    struct task *spender; /* that one */
    int64_t now;          /* when the turn began */
    bool wake_due;
    struct timers timers;
    cssl_socket *sockets;
    struct inlet *inlets;
    unsigned handshakes;
    bool full; /* accepting waits for handshakes to end */
    struct watch **watches;
    size_t num_watches; /* watches has that many places, by descriptor */
    struct user_timer **slots;
    uint32_t num_slots, max_slots;
    uint32_t free_slot; /* the first free one + 1, or 0 */
    struct stash *held; /* data of the last event */
    cssl_error error;   /* of the last event */
};

/* What running a member came to. */
enum run {
    RUN_IDLE,  /* nothing to do until something happens to it */
    RUN_EVENT, /* *event is to be handed out; more may follow */
    RUN_LATER, /* its share is used up */
    RUN_GONE   /* it was freed */
};

enum run socket_run(cssl_mailbox *mb, cssl_socket *s, cssl_event *event);
/* socket_due is called when the socket's timer is due. */
void socket_due(cssl_mailbox *mb, cssl_socket *s);
/* socket_enter takes s in; socket_leave takes it out again, alive. */
void socket_enter(cssl_mailbox *mb, cssl_socket *s);
void socket_leave(cssl_mailbox *mb, cssl_socket *s);
void socket_destroy(cssl_mailbox *mb, cssl_socket *s);
/* socket_handshaken: one handshake less is under way. */
void socket_handshaken(cssl_mailbox *mb, cssl_socket *s);

enum run inlet_run(cssl_mailbox *mb, struct inlet *in, cssl_event *event);
void inlet_enter(cssl_mailbox *mb, struct inlet *in);
void inlet_resume(cssl_mailbox *mb, struct inlet *in);
/* inlet_destroy gives its listener back. */
void inlet_destroy(cssl_mailbox *mb, struct inlet *in);

/* user_timer_release makes the place of a timer free for another one. */
void user_timer_release(cssl_mailbox *mb, struct user_timer *u);
/* mailbox_take_up lets in what has arrived and ends what was closed elsewhere. */
void mailbox_take_up(cssl_mailbox *mb);
/* mailbox_drop_answered: s is not to be run for an answer any more. */
void mailbox_drop_answered(cssl_mailbox *mb, cssl_socket *s);
/* mailbox_spend counts against the share of the member that runs; false when it is used up. */
bool mailbox_spend(cssl_mailbox *mb, size_t bytes);

#endif

/* listen.h - what mailboxes have to know of listeners. */
#ifndef CSSL_SOCKET_LISTEN_H
#define CSSL_SOCKET_LISTEN_H

#include "socket/task.h"

/* A listener that was given to a mailbox: one for each pair of them. */
struct inlet {
    struct task task;
    struct timer timer; /* ends a pause */
    cssl_listener *listener;
    cssl_mailbox *mailbox;
    struct inlet *next;             /* in the mailbox */
    struct inlet *next_in_listener; /* under the listener's lock, as is closed */
    bool closed;                    /* by cssl_listener_close */
    bool watched;                   /* the listening descriptor is in the poller */
    bool reported;                  /* CSSL_EV_ERROR came out; nothing was accepted since */
};

int listener_fd(const cssl_listener *l);
/* listener_limits gives what the config says of handshakes in mailboxes. */
void listener_limits(cssl_listener *l, int *handshake_timeout, unsigned *max_handshakes);
/* listener_take accepts a connection: 0 with a socket, LISTENER_EMPTY, or a negative status. */
enum { LISTENER_EMPTY = 1 };
int listener_take(cssl_listener *l, cssl_socket **out, cssl_error *err) CHECK;
/* listener_attach enters in among l's inlets and keeps l in memory until listener_detach. */
int listener_attach(cssl_listener *l, struct inlet *in, cssl_error *err) CHECK;
void listener_detach(struct inlet *in);
bool listener_is_closed(const struct inlet *in);

#endif

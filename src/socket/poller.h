/* poller.h - waits for many descriptors at once. Knows nothing of what they are for. */
#ifndef CSSL_SOCKET_POLLER_H
#define CSSL_SOCKET_POLLER_H

#include "base/base.h"

/* What a descriptor is watched for, and what it was found to be. */
enum {
    POLLER_IN = 1,
    POLLER_OUT = 2,
    POLLER_HUP = 4,       /* found: the peer's end or an error; the next read tells which */
    POLLER_EDGE = 8,      /* watched: report changes only */
    POLLER_EXCLUSIVE = 16 /* watched: of several pollers only some wake */
};

struct poller {
    int fd; /* polls readable when something is ready */
};

struct ready {
    void *ptr;
    unsigned found;
};

/* All of these return 0 or an errno value; poller_wait returns how many are ready, at most max.
 * An interrupted wait finds nothing. */
int poller_open(struct poller *p) CHECK;
void poller_close(struct poller *p);
int poller_add(struct poller *p, int fd, unsigned wanted, void *ptr) CHECK;
int poller_change(struct poller *p, int fd, unsigned wanted, void *ptr) CHECK;
void poller_remove(struct poller *p, int fd);
int poller_wait(struct poller *p, struct ready *out, int max, int timeout);

#endif

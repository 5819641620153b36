/* task.h - what a mailbox runs in turn, and what it wakes up for. Knows no sockets. */
#ifndef CSSL_SOCKET_TASK_H
#define CSSL_SOCKET_TASK_H

#include "base/base.h"

/* A member of the queue of what has something to do. The poller's pointers lead to one too. */
enum task_kind { TASK_SOCKET, TASK_LISTENER, TASK_WATCH, TASK_WAKE };

struct task {
    struct task *next, *prev;
    uint8_t kind;
    bool queued;
};

struct tasks {
    struct task *first, *last;
    size_t num;
};

void tasks_add(struct tasks *q, struct task *t); /* at the end, unless it is in the queue */
void tasks_remove(struct tasks *q, struct task *t);

/* A timer, part of what it is for. Zeroed memory is one that does not run. */
enum timer_kind { TIMER_SOCKET, TIMER_LISTENER, TIMER_USER };

struct timer {
    int64_t at;
    uint32_t place; /* in the heap, 1 the first; 0: not in it */
    uint8_t kind;
};

struct timers {
    struct timer **heap;
    uint32_t num, cap;
};

/* timers_set starts t or moves it; at is a time of now_ms. timers_clear stops it. */
int timers_set(struct timers *h, struct timer *t, int64_t at) CHECK;
void timers_clear(struct timers *h, struct timer *t);
/* timers_next is when the first one is due; timers_due takes it out if that is now. */
int64_t timers_next(const struct timers *h);
struct timer *timers_due(struct timers *h, int64_t now);
void timers_free(struct timers *h);

#endif

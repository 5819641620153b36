/* deadline.h - a timeout becomes one point in time, so that a call of many waits keeps to it. */
#ifndef CSSL_SOCKET_DEADLINE_H
#define CSSL_SOCKET_DEADLINE_H

#include "base/base.h"

#include <limits.h>
#include <time.h>

/* Times are milliseconds of the monotonic clock. NEVER is later than all of them. */
#define NEVER INT64_MAX

static inline int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* deadline_after is never early: the part of a millisecond that has gone by is given back. */
static inline int64_t deadline_after(int timeout)
{
    if (timeout < 0) {
        return NEVER;
    }
    return timeout == 0 ? now_ms() : now_ms() + timeout + 1;
}

/* deadline_left is what poll(2) takes: -1 for ever, 0 when the time has come. */
static inline int deadline_left(int64_t deadline)
{
    if (deadline == NEVER) {
        return -1;
    }
    int64_t left = deadline - now_ms();
    if (left <= 0) {
        return 0;
    }
    return left < INT_MAX ? (int)left : INT_MAX;
}

static inline int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif

/* poller.c - poller.h by epoll(7). */
#include "socket/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BATCH = 256 };

static int control(struct poller *p, int op, int fd, unsigned wanted, void *ptr);

int poller_open(struct poller *p)
{
    p->fd = epoll_create1(EPOLL_CLOEXEC);
    return p->fd < 0 ? errno : 0;
}

void poller_close(struct poller *p)
{
    if (p->fd >= 0) {
        (void)close(p->fd);
        p->fd = -1;
    }
}

int poller_add(struct poller *p, int fd, unsigned wanted, void *ptr)
{
    return control(p, EPOLL_CTL_ADD, fd, wanted, ptr);
}

int poller_change(struct poller *p, int fd, unsigned wanted, void *ptr)
{
    return control(p, EPOLL_CTL_MOD, fd, wanted, ptr);
}

void poller_remove(struct poller *p, int fd)
{
    (void)epoll_ctl(p->fd, EPOLL_CTL_DEL, fd, NULL);
}

int poller_wait(struct poller *p, struct ready *out, int max, int timeout)
{
    struct epoll_event found[BATCH];
    int n = epoll_wait(p->fd, found, max < BATCH ? max : BATCH, timeout);
    for (int i = 0; i < n; i++) {
        uint32_t e = found[i].events;
        out[i].ptr = found[i].data.ptr;
        out[i].found = ((e & (EPOLLIN | EPOLLPRI)) != 0 ? POLLER_IN : 0U) |
                       ((e & EPOLLOUT) != 0 ? POLLER_OUT : 0U) |
                       ((e & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 ? POLLER_HUP : 0U);
    }
    return n < 0 ? 0 : n;
}

static int control(struct poller *p, int op, int fd, unsigned wanted, void *ptr)
{
    struct epoll_event e = { .events = 0, .data = { .ptr = ptr } };
    if ((wanted & POLLER_IN) != 0) {
        e.events |= EPOLLIN;
    }
    if ((wanted & POLLER_OUT) != 0) {
        e.events |= EPOLLOUT;
    }
    if ((wanted & POLLER_EDGE) != 0) {
        e.events |= EPOLLET | EPOLLRDHUP;
    }
    if ((wanted & POLLER_EXCLUSIVE) != 0) {
        e.events |= EPOLLEXCLUSIVE;
    }
    return epoll_ctl(p->fd, op, fd, &e) == 0 ? 0 : errno;
}

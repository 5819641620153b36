/* mailbox_more.c - what a program adds to its mailbox besides sockets: descriptors and timers. */
#include "socket/mailbox_state.h"

#include "base/mem.h"
#include "socket/deadline.h"
#include "socket/sockerr.h"

#include <errno.h>
#include <poll.h>

enum { SLOTS_FIRST = 16 };

static int make_place(cssl_mailbox *mb, int fd, cssl_error *err);
static int start_watch(cssl_mailbox *mb, struct watch *w, cssl_error *err);
static struct user_timer *take_slot(cssl_mailbox *mb);

int cssl_mailbox_watch(cssl_mailbox *mb, int fd, int events, void *user, cssl_error *err)
{
    if (fd < 0 || (events & ~(POLLIN | POLLOUT)) != 0) {
        return fail_text(err, CSSL_R_ARGUMENT,
                         "a descriptor and POLLIN, POLLOUT or both are wanted");
    }
    struct watch *w = (size_t)fd < mb->num_watches ? mb->watches[fd] : NULL;
    if (events == 0) {
        if (w != NULL) {
            poller_remove(&mb->poller, fd);
            tasks_remove(&mb->tasks, &w->task);
            mb->watches[fd] = NULL;
            mem_free(w);
        }
        return 0;
    }
    if (w == NULL) {
        int rc = make_place(mb, fd, err);
        if (rc != 0) {
            return rc;
        }
        w = mb->watches[fd];
    }
    w->events = events;
    w->user = user;
    return start_watch(mb, w, err);
}

int64_t cssl_mailbox_timer(cssl_mailbox *mb, int ms, void *user, cssl_error *err)
{
    if (ms < 0) {
        return fail_text(err, CSSL_R_ARGUMENT, "a timer's time is below zero");
    }
    struct user_timer *u = take_slot(mb);
    if (u == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    u->user = user;
    /* Later than this turn's clock, so that timers of 0 ms let others have their turn. */
    if (timers_set(&mb->timers, &u->timer, now_ms() + ms + 1) != 0) {
        user_timer_release(mb, u);
        return fail(err, CSSL_R_NOMEM);
    }
    return (int64_t)u->generation << 32 | (u->slot + 1);
}

void cssl_mailbox_cancel_timer(cssl_mailbox *mb, int64_t timer)
{
    uint32_t slot = (uint32_t)(timer & UINT32_MAX);
    if (timer <= 0 || slot == 0 || slot > mb->num_slots) {
        return;
    }
    struct user_timer *u = mb->slots[slot - 1];
    if (u->generation == (uint32_t)(timer >> 32) && u->timer.place != 0) {
        timers_clear(&mb->timers, &u->timer);
        user_timer_release(mb, u);
    }
}

void user_timer_release(cssl_mailbox *mb, struct user_timer *u)
{
    u->generation = (u->generation + 1) & INT32_MAX;
    u->next_free = mb->free_slot;
    mb->free_slot = u->slot + 1;
}

/* make_place makes a watch for fd that does nothing yet. */
static int make_place(cssl_mailbox *mb, int fd, cssl_error *err)
{
    size_t wanted = (size_t)fd + 1;
    if (wanted > mb->num_watches) {
        size_t num = wanted + wanted / 2;
        struct watch **watches = mem_resize(mb->watches, num * sizeof(struct watch *));
        if (watches == NULL) {
            return fail(err, CSSL_R_NOMEM);
        }
        memset(watches + mb->num_watches, 0, (num - mb->num_watches) * sizeof(struct watch *));
        mb->watches = watches;
        mb->num_watches = num;
    }
    struct watch *w = mem_new(sizeof(*w));
    if (w == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    w->task.kind = TASK_WATCH;
    w->fd = fd;
    mb->watches[fd] = w;
    return 0;
}

static int start_watch(cssl_mailbox *mb, struct watch *w, cssl_error *err)
{
    unsigned wanted = ((w->events & POLLIN) != 0 ? POLLER_IN : 0U) |
                      ((w->events & POLLOUT) != 0 ? POLLER_OUT : 0U);
    int posix = poller_change(&mb->poller, w->fd, wanted, w);
    if (posix == ENOENT) { /* not watched yet, or closed since and opened again */
        posix = poller_add(&mb->poller, w->fd, wanted, w);
    }
    if (posix == 0) {
        return 0;
    }
    int fd = w->fd;
    tasks_remove(&mb->tasks, &w->task);
    mb->watches[fd] = NULL;
    mem_free(w);
    if (posix == EPERM) {
        return fail_posix(err, CSSL_R_SYSTEM, posix,
                          "descriptor %d cannot be waited for: files are always ready", fd);
    }
    return fail_socket(err, posix, "watching a descriptor");
}

static struct user_timer *take_slot(cssl_mailbox *mb)
{
    if (mb->free_slot == 0) {
        if (mb->num_slots == mb->max_slots) {
            uint32_t max = mb->max_slots == 0 ? SLOTS_FIRST : mb->max_slots * 2;
            struct user_timer **slots =
                max < mb->max_slots ? NULL : mem_resize(mb->slots, max * sizeof(*slots));
            if (slots == NULL) {
                return NULL;
            }
            mb->slots = slots;
            mb->max_slots = max;
        }
        struct user_timer *u = mem_new(sizeof(*u));
        if (u == NULL) {
            return NULL;
        }
        u->timer.kind = TIMER_USER;
        u->slot = mb->num_slots;
        mb->slots[mb->num_slots++] = u;
        return u;
    }
    struct user_timer *u = mb->slots[mb->free_slot - 1];
    mb->free_slot = u->next_free;
    return u;
}

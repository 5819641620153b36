/* mailbox_listen.c - accepting within a mailbox: bounded, paused when it must be. */
#include "socket/mailbox_state.h"

#include "base/mem.h"
#include "socket/deadline.h"
#include "socket/sockerr.h"

static void watch(cssl_mailbox *mb, struct inlet *in);
static void unwatch(cssl_mailbox *mb, struct inlet *in);
static enum run trouble(cssl_mailbox *mb, struct inlet *in, cssl_event *event);

int cssl_listener_set_mailbox(cssl_listener *l, cssl_mailbox *mb, cssl_error *err)
{
    struct inlet *in = mem_new(sizeof(*in));
    if (in == NULL) {
        return fail(err, CSSL_R_NOMEM);
    }
    in->task.kind = TASK_LISTENER;
    in->timer.kind = TIMER_LISTENER;
    in->mailbox = mb;
    int rc = listener_attach(l, in, err);
    if (rc != 0) {
        mem_free(in);
        return rc;
    }
    (void)pthread_mutex_lock(&mb->lock);
    in->next = mb->arrived_inlets;
    mb->arrived_inlets = in;
    (void)pthread_mutex_unlock(&mb->lock);
    mailbox_poke(mb);
    return 0;
}

void inlet_enter(cssl_mailbox *mb, struct inlet *in)
{
    in->next = mb->inlets;
    mb->inlets = in;
    watch(mb, in);
}

void inlet_resume(cssl_mailbox *mb, struct inlet *in)
{
    watch(mb, in);
}

void inlet_destroy(cssl_mailbox *mb, struct inlet *in)
{
    struct inlet **at = &mb->inlets;
    while (*at != in) {
        at = &(*at)->next;
    }
    *at = in->next;
    tasks_remove(&mb->tasks, &in->task);
    timers_clear(&mb->timers, &in->timer);
    if (!mb->inherited) {
        unwatch(mb, in);
        listener_detach(in);
    }
    mem_free(in);
}

enum run inlet_run(cssl_mailbox *mb, struct inlet *in, cssl_event *event)
{
    if (listener_is_closed(in)) {
        inlet_destroy(mb, in);
        return RUN_GONE;
    }
    int timeout;
    unsigned max;
    listener_limits(in->listener, &timeout, &max);
    if (mb->handshakes >= max) {
        mb->full = true; /* socket_handshaken ends it */
        unwatch(mb, in);
        return RUN_IDLE;
    }
    if (in->timer.place != 0) {
        return RUN_IDLE; /* a pause */
    }
    watch(mb, in);
    if (mb->spent >= TURN_BYTES) {
        return RUN_LATER;
    }
    cssl_socket *s = NULL;
    int rc = listener_take(in->listener, &s, &mb->error);
    if (rc == LISTENER_EMPTY) {
        return RUN_IDLE;
    }
    if (rc < 0) {
        return trouble(mb, in, event);
    }
    (void)mailbox_spend(mb, ACCEPT_COST);
    in->reported = false;
    s->deadline = deadline_after(timeout);
    (void)sock_start(s, NULL, 0, true, NULL); /* a failure is kept in s, and is its event */
    socket_enter(mb, s);
    event->type = CSSL_EV_ACCEPTED;
    event->socket = s;
    event->listener = in->listener;
    return RUN_EVENT;
}

static void watch(cssl_mailbox *mb, struct inlet *in)
{
    if (in->watched) {
        return;
    }
    int fd = listener_fd(in->listener);
    if (poller_add(&mb->poller, fd, POLLER_IN | POLLER_EXCLUSIVE, &in->task) == 0) {
        in->watched = true;
    } else if (timers_set(&mb->timers, &in->timer, now_ms() + PAUSE_MS) != 0) {
        tasks_add(&mb->tasks, &in->task); /* not even a timer: try again in the next turn */
    }
}

static void unwatch(cssl_mailbox *mb, struct inlet *in)
{
    if (in->watched) {
        poller_remove(&mb->poller, listener_fd(in->listener));
        in->watched = false;
    }
}

/* trouble: accepting failed, as it does when descriptors run out. Trying again at once would keep
 * the thread busy for nothing. */
static enum run trouble(cssl_mailbox *mb, struct inlet *in, cssl_event *event)
{
    unwatch(mb, in);
    if (timers_set(&mb->timers, &in->timer, now_ms() + PAUSE_MS) != 0) {
        watch(mb, in);
    }
    if (in->reported) {
        return RUN_IDLE;
    }
    in->reported = true;
    event->type = CSSL_EV_ERROR;
    event->listener = in->listener;
    event->error = &mb->error;
    return RUN_EVENT;
}

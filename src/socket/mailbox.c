/* mailbox.c - mailboxes: turns, wake-ups, who arrives. What a socket does in its turn is in
 * mailbox_socket.c, what a listener does in mailbox_listen.c. */
#include "socket/mailbox_state.h"

#include "base/mem.h"
#include "socket/deadline.h"
#include "socket/sockerr.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { BATCH = 128, ACTIVE_MAX = 32767 };

static bool next_event(cssl_mailbox *mb, cssl_event *event);
static enum run run_task(cssl_mailbox *mb, struct task *t, cssl_event *event);
static enum run watch_run(struct watch *w, cssl_event *event);
static bool timer_event(cssl_mailbox *mb, struct timer *t, cssl_event *event);
static void begin_turn(cssl_mailbox *mb, int wait);
static void mark(cssl_mailbox *mb, const struct ready *r);
static void awake(cssl_mailbox *mb);
static int check_active(const cssl_socket *s, int active, cssl_error *err);
static void free_arrivals(cssl_mailbox *mb);

cssl_mailbox *cssl_mailbox_new(cssl_error *err)
{
    cssl_mailbox *mb = mem_new(sizeof(*mb));
    if (mb == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    (void)pthread_mutex_init(&mb->lock, NULL);
    mb->pid = getpid();
    mb->wake.kind = TASK_WAKE;
    mb->wake_fd = -1;
    int posix = poller_open(&mb->poller);
    if (posix == 0) {
        mb->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        posix =
            mb->wake_fd < 0 ? errno : poller_add(&mb->poller, mb->wake_fd, POLLER_IN, &mb->wake);
    }
    if (posix != 0) {
        (void)fail_socket(err, posix, "making a mailbox");
        cssl_mailbox_free(mb);
        return NULL;
    }
    return mb;
}

void cssl_mailbox_free(cssl_mailbox *mb)
{
    if (mb == NULL) {
        return;
    }
    mb->inherited = sock_is_inherited(mb->pid);
    while (mb->sockets != NULL) {
        socket_destroy(mb, mb->sockets);
    }
    while (mb->inlets != NULL) {
        inlet_destroy(mb, mb->inlets);
    }
    free_arrivals(mb);
    for (size_t i = 0; i < mb->num_watches; i++) {
        mem_free(mb->watches[i]);
    }
    mem_free(mb->watches);
    for (uint32_t i = 0; i < mb->num_slots; i++) {
        mem_free(mb->slots[i]);
    }
    mem_free(mb->slots);
    timers_free(&mb->timers);
    stash_free(mb->held);
    if (mb->wake_fd >= 0) {
        (void)close(mb->wake_fd);
    }
    poller_close(&mb->poller);
    (void)pthread_mutex_destroy(&mb->lock);
    mem_free(mb);
}

int cssl_set_active(cssl_socket *s, cssl_mailbox *mb, int active, cssl_error *err)
{
    int rc = check_active(s, active, err);
    if (rc != 0) {
        return rc;
    }
    cssl_mailbox *old = s->mailbox;
    if (old != NULL) {
        mailbox_take_up(old);
    }
    if (mb == NULL && active != CSSL_PASSIVE) {
        mb = old;
        if (mb == NULL) {
            return fail_text(err, CSSL_R_ARGUMENT, "active mode needs a mailbox");
        }
    }
    if (mb != old && s->phase != PHASE_OPEN && s->phase != PHASE_FAILED) {
        return fail_text(err, CSSL_R_NOT_NOW, "the handshake is not done");
    }
    s->active = active > 0 && s->active > 0 ? s->active + active : active;
    s->passive_due = s->passive_due && active == CSSL_PASSIVE;
    if (mb == old) {
        if (mb != NULL) {
            mailbox_queue(s);
        }
        return 0;
    }
    if (old != NULL) {
        socket_leave(old, s);
    }
    if (mb != NULL) {
        mailbox_arrive(mb, s);
    }
    return 0;
}

int cssl_receive_sized(cssl_mailbox *mb, cssl_event *event, size_t size, int timeout,
                       cssl_error *err)
{
    int64_t deadline = deadline_after(timeout);
    bool turned = false; /* a whole turn was made, so that a timeout of 0 sees everything once */
    stash_free(mb->held);
    mb->held = NULL;
    for (;;) {
        cssl_event found = { .socket = NULL };
        if (next_event(mb, &found)) {
            memset(event, 0, size);
            memcpy(event, &found, min_size(size, sizeof(found)));
            return 0;
        }
        if (turned && deadline_left(deadline) == 0) {
            return fail_time(err, "there was no event");
        }
        int64_t until = mb->tasks.num > 0 ? 0 : earlier(deadline, timers_next(&mb->timers));
        begin_turn(mb, deadline_left(until));
        turned = true;
    }
}

void cssl_mailbox_wake(cssl_mailbox *mb)
{
    atomic_store(&mb->woken, true);
    mailbox_poke(mb);
}

int cssl_mailbox_fd(const cssl_mailbox *mb)
{
    return mb->poller.fd;
}

int cssl_mailbox_timeout(const cssl_mailbox *mb)
{
    return mb->tasks.num > 0 || mb->wake_due ? 0 : deadline_left(timers_next(&mb->timers));
}

void mailbox_poke(cssl_mailbox *mb)
{
    if (!atomic_exchange(&mb->poked, true)) {
        int keep = errno; /* this may be within a signal handler */
        const uint64_t one = 1;
        (void)!write(mb->wake_fd, &one, sizeof(one));
        errno = keep;
    }
}

void mailbox_arrive(cssl_mailbox *mb, cssl_socket *s)
{
    sock_set_mailbox(s, mb);
    s->arriving = true;
    (void)pthread_mutex_lock(&mb->lock);
    s->next = mb->arrived;
    mb->arrived = s;
    (void)pthread_mutex_unlock(&mb->lock);
    mailbox_poke(mb);
}

void mailbox_answered(cssl_mailbox *mb, cssl_socket *s)
{
    (void)pthread_mutex_lock(&mb->lock);
    if (!s->answered) {
        s->answered = true;
        s->next_answered = mb->answered;
        mb->answered = s;
    }
    (void)pthread_mutex_unlock(&mb->lock);
    mailbox_poke(mb);
}

void mailbox_drop_answered(cssl_mailbox *mb, cssl_socket *s)
{
    if (mb->inherited) {
        return; /* whoever held the lock may not exist here */
    }
    (void)pthread_mutex_lock(&mb->lock);
    for (cssl_socket **at = &mb->answered; s->answered; at = &(*at)->next_answered) {
        if (*at == s) {
            *at = s->next_answered;
            s->answered = false;
            break;
        }
    }
    (void)pthread_mutex_unlock(&mb->lock);
}

void mailbox_take_up(cssl_mailbox *mb)
{
    (void)pthread_mutex_lock(&mb->lock);
    while (mb->answered != NULL) {
        tasks_add(&mb->tasks, &mb->answered->task);
        mb->answered->answered = false;
        mb->answered = mb->answered->next_answered;
    }
    cssl_socket *s = mb->arrived;
    struct inlet *in = mb->arrived_inlets;
    mb->arrived = NULL;
    mb->arrived_inlets = NULL;
    (void)pthread_mutex_unlock(&mb->lock);
    while (s != NULL) {
        cssl_socket *next = s->next;
        s->arriving = false;
        socket_enter(mb, s);
        s = next;
    }
    while (in != NULL) {
        struct inlet *next = in->next;
        inlet_enter(mb, in);
        in = next;
    }
}

void mailbox_forget(cssl_socket *s)
{
    cssl_mailbox *mb = s->mailbox;
    mb->inherited = true;
    if (!s->arriving) {
        socket_leave(mb, s);
        return;
    }
    cssl_socket **at = &mb->arrived; /* without the lock: whoever held it may not exist here */
    while (*at != s) {
        at = &(*at)->next;
    }
    *at = s->next;
}

void mailbox_queue(cssl_socket *s)
{
    if (!s->arriving) {
        tasks_add(&s->mailbox->tasks, &s->task);
    }
}

bool mailbox_spend(cssl_mailbox *mb, size_t bytes)
{
    mb->spent += bytes;
    return mb->spent < TURN_BYTES;
}

/* next_event runs what is left of the turn until there is an event. */
static bool next_event(cssl_mailbox *mb, cssl_event *event)
{
    if (mb->wake_due) {
        mb->wake_due = false;
        event->type = CSSL_EV_WAKE;
        return true;
    }
    for (struct timer *t; (t = timers_due(&mb->timers, mb->now)) != NULL;) {
        if (timer_event(mb, t, event)) {
            return true;
        }
    }
    while (mb->turn > 0 && mb->tasks.first != NULL) {
        struct task *first = mb->tasks.first;
        if (mb->spender != first) {
            mb->spender = first;
            mb->spent = 0;
        }
        enum run rc = run_task(mb, first, event);
        if (rc == RUN_EVENT && mb->spent < TURN_BYTES) {
            return true;
        }
        mb->turn--;
        mb->spender = NULL;
        if (rc != RUN_GONE) {
            tasks_remove(&mb->tasks, first);
        }
        if (rc == RUN_EVENT || rc == RUN_LATER) {
            tasks_add(&mb->tasks, first); /* at the end of the queue: the others come first */
        }
        if (rc == RUN_EVENT) {
            return true;
        }
    }
    return false;
}

static enum run run_task(cssl_mailbox *mb, struct task *t, cssl_event *event)
{
    switch (t->kind) {
    case TASK_SOCKET: return socket_run(mb, (cssl_socket *)t, event);
    case TASK_LISTENER: return inlet_run(mb, (struct inlet *)t, event);
    case TASK_WATCH: return watch_run((struct watch *)t, event);
    default: return RUN_IDLE;
    }
}

static enum run watch_run(struct watch *w, cssl_event *event)
{
    int revents = ((w->found & POLLER_IN) != 0 ? POLLIN : 0) |
                  ((w->found & POLLER_OUT) != 0 ? POLLOUT : 0) |
                  ((w->found & POLLER_HUP) != 0 ? POLLHUP : 0);
    revents &= w->events | POLLHUP;
    w->found = 0;
    if (w->events == 0 || revents == 0) {
        return RUN_IDLE;
    }
    *event = (cssl_event){ .type = CSSL_EV_FD, .fd = w->fd, .revents = revents, .user = w->user };
    return RUN_EVENT;
}

/* timer_event says whether a timer that is due has something for the program. */
static bool timer_event(cssl_mailbox *mb, struct timer *t, cssl_event *event)
{
    switch (t->kind) {
    case TIMER_SOCKET:
        socket_due(mb, (cssl_socket *)(void *)((uint8_t *)t - offsetof(cssl_socket, timer)));
        return false;
    case TIMER_LISTENER:
        inlet_resume(mb, (struct inlet *)(void *)((uint8_t *)t - offsetof(struct inlet, timer)));
        return false;
    default: {
        struct user_timer *u =
            (struct user_timer *)(void *)((uint8_t *)t - offsetof(struct user_timer, timer));
        event->type = CSSL_EV_TIMER;
        event->user = u->user;
        user_timer_release(mb, u);
        return true;
    }
    }
}

static void begin_turn(cssl_mailbox *mb, int wait)
{
    struct ready ready[BATCH];
    int n = poller_wait(&mb->poller, ready, BATCH, wait);
    for (int i = 0; i < n; i++) {
        mark(mb, &ready[i]);
    }
    mb->now = now_ms();
    mb->turn = mb->tasks.num;
    mb->spender = NULL;
}

/* mark notes what the poller found. Nothing is freed here: the batch holds pointers. */
static void mark(cssl_mailbox *mb, const struct ready *r)
{
    struct task *t = r->ptr;
    bool hup = (r->found & POLLER_HUP) != 0;
    if (t->kind == TASK_WAKE) {
        awake(mb);
        return;
    }
    if (t->kind == TASK_SOCKET) {
        cssl_socket *s = (cssl_socket *)t;
        s->hup = s->hup || hup;
        s->readable = s->readable || hup || (r->found & POLLER_IN) != 0;
        s->writable = s->writable || hup || (r->found & POLLER_OUT) != 0;
    } else if (t->kind == TASK_WATCH) {
        ((struct watch *)t)->found |= r->found;
    }
    tasks_add(&mb->tasks, t);
}

static void awake(cssl_mailbox *mb)
{
    uint64_t count;
    (void)!read(mb->wake_fd, &count, sizeof(count));
    atomic_store(&mb->poked, false); /* before looking: what comes later writes again */
    mb->wake_due = atomic_exchange(&mb->woken, false) || mb->wake_due;
    mailbox_take_up(mb);
    for (struct inlet *in = mb->inlets; in != NULL; in = in->next) {
        if (listener_is_closed(in)) {
            tasks_add(&mb->tasks, &in->task); /* which ends it */
        }
    }
}

static int check_active(const cssl_socket *s, int active, cssl_error *err)
{
    if (s->phase == PHASE_NEW || (s->phase == PHASE_HANDSHAKE && s->mailbox == NULL)) {
        return fail_text(err, CSSL_R_NOT_NOW, "the handshake is not done");
    }
    if (active < CSSL_ACTIVE || active > ACTIVE_MAX) {
        return fail_text(err, CSSL_R_ACTIVE_VALUE, "%d is not between 1 and %d", active,
                         ACTIVE_MAX);
    }
    if (active > 0 && s->active > 0 && s->active + active > ACTIVE_MAX) {
        return fail_text(err, CSSL_R_ACTIVE_VALUE, "%d more would be over %d", active, ACTIVE_MAX);
    }
    return 0;
}

/* free_arrivals takes no lock: nobody may use a mailbox that is being freed. */
static void free_arrivals(cssl_mailbox *mb)
{
    while (mb->arrived != NULL) {
        cssl_socket *s = mb->arrived;
        mb->arrived = s->next;
        sock_free(s);
    }
    while (mb->arrived_inlets != NULL) {
        struct inlet *in = mb->arrived_inlets;
        mb->arrived_inlets = in->next;
        if (!mb->inherited) {
            listener_detach(in);
        }
        mem_free(in);
    }
}

/* sock.c - the life of a connection: from a descriptor to its end. Moves no bytes. */
#include "nif.h"

#include "base/mem.h"
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ErlNifResourceType *sock_type;

static void destroy(ErlNifEnv *env, void *object);
static void stop(ErlNifEnv *env, void *object, ErlNifEvent fd, int direct);
static bool waited_for(ErlNifEnv *env, struct sock *s);
static void not_waited_for(ErlNifEnv *env, struct sock *s, const ErlNifPid *pid);
static void list_add(struct sock *s);
static void list_remove(struct sock *s);
static void down(ErlNifEnv *env, void *object, ErlNifPid *pid, ErlNifMonitor *monitor);

ErlNifResourceTypeInit sock_callbacks = { .dtor = destroy, .stop = stop, .down = down };

struct sock *sock_get(ErlNifEnv *env, term t)
{
    struct sock *s;
    return enif_get_resource(env, t, sock_type, (void **)&s) ? s : NULL;
}

struct sock *sock_new(ErlNifEnv *env, int fd, struct config *config, const char *name,
                      uint16_t port, cssl_error *err)
{
    const cssl_peer peer = { .name = name, .port = port };
    capture_begin();
    cssl_engine *engine = cssl_engine_new(config->config, name == NULL ? NULL : &peer, err);
    if (engine == NULL) {
        (void)close(fd);
        return NULL;
    }
    engine_two_threads(engine);
    struct sock *s = enif_alloc_resource(sock_type, sizeof(*s));
    memset(s, 0, sizeof(*s));
    (void)pthread_mutex_init(&s->rx, NULL);
    (void)pthread_mutex_init(&s->tx, NULL);
    enif_keep_resource(config);
    s->config = config;
    s->engine = engine;
    s->fd = fd;
    s->server = config->server;
    s->phase = PHASE_HANDSHAKE;
    reactor_choose(s);
    list_add(s);
    enif_keep_resource(s); /* a connection lives until its end, not as long as its term */
    s->kept = true;
    ErlNifPid self;
    (void)enif_self(env, &self);
    (void)sock_own(env, s, &self);
    return s;
}

bool sock_own(ErlNifEnv *env, struct sock *s, const ErlNifPid *pid)
{
    ErlNifMonitor monitor;
    if (enif_monitor_process(env, s, pid, &monitor) != 0) {
        return false;
    }
    if (s->monitored) {
        (void)enif_demonitor_process(env, s, &s->monitor);
    }
    s->monitor = monitor;
    s->monitored = true;
    s->owner = *pid;
    return true;
}

void lock_both(struct sock *s)
{
    (void)pthread_mutex_lock(&s->rx);
    (void)pthread_mutex_lock(&s->tx);
}

void unlock_both(struct sock *s)
{
    (void)pthread_mutex_unlock(&s->tx);
    (void)pthread_mutex_unlock(&s->rx);
}

int sock_select(ErlNifEnv *env, struct sock *s, enum ErlNifSelectFlags mode, const ErlNifPid *pid,
                term ref)
{
    s->selected = true;
    return enif_select(env, s->fd, mode, s, pid, ref);
}

void sock_fail(struct sock *s, const cssl_error *err)
{
    s->phase = PHASE_FAILED;
    if (s->fault != NULL) {
        return; /* the first one counts */
    }
    s->fault = calloc(1, sizeof(*s->fault));
    if (s->fault != NULL) {
        s->fault->error = *err;
        (void)strncat(s->fault->report, capture_text(), sizeof(s->fault->report) - 1);
    }
}

void sock_tell_waiter(ErlNifEnv *env, struct sock *s)
{
    if (s->awaited) {
        s->awaited = false;
        (void)enif_send(env, &s->awaiting, NULL,
                        enif_make_tuple2(env, atom.renegotiated, enif_make_resource(env, s)));
    }
}

void sock_end(ErlNifEnv *env, struct sock *s)
{
    if (s->phase == PHASE_CLOSED) {
        return;
    }
    s->phase = PHASE_CLOSED;
    sock_tell_waiter(env, s);
    cssl_engine_free(s->engine);
    s->engine = NULL;
    stash_free(&s->stash);
    stash_free(&s->early);
    if (s->monitored) {
        (void)enif_demonitor_process(env, s, &s->monitor);
        s->monitored = false;
    }
    list_remove(s);
    reader_wake(env, s); /* they find out that it is closed */
    send_release(env, s);
    if (!s->selected) {
        (void)close(s->fd);
        s->fd = -1;
    } else if (waited_for(env, s)) {
        s->lingers = true;
        (void)shutdown(s->fd, SHUT_RDWR); /* ready for all: the VM tells them */
    } else {
        (void)enif_select(env, s->fd, ERL_NIF_SELECT_STOP, s, NULL, atom.undefined);
    }
    if (s->kept) {
        s->kept = false;
        enif_release_resource(s);
    }
}

/* waited_for: processes that live and are not the caller wait for the descriptor. */
static bool waited_for(ErlNifEnv *env, struct sock *s)
{
    ErlNifPid self;
    bool called = enif_self(env, &self) != NULL;
    if (s->armed == ARMED_CALLER &&
        ((called && enif_compare_pids(&self, &s->reader) == 0) ||
         enif_monitor_process(env, s, &s->reader, &s->reader_monitor) != 0)) {
        s->armed = ARMED_NOT;
    }
    if (s->sending && called && enif_compare_pids(&self, &s->sender) == 0) {
        (void)enif_demonitor_process(env, s, &s->sender_monitor);
        s->sending = false;
    }
    return s->armed == ARMED_CALLER || s->sending;
}

/* not_waited_for: pid does not wait any more; with the last one the descriptor goes. */
static void not_waited_for(ErlNifEnv *env, struct sock *s, const ErlNifPid *pid)
{
    if (!s->lingers) {
        return;
    }
    if (s->armed == ARMED_CALLER && enif_compare_pids(pid, &s->reader) == 0) {
        (void)enif_demonitor_process(env, s, &s->reader_monitor);
        s->armed = ARMED_NOT;
    }
    if (s->sending && enif_compare_pids(pid, &s->sender) == 0) {
        (void)enif_demonitor_process(env, s, &s->sender_monitor);
        s->sending = false;
    }
    if (s->armed != ARMED_CALLER && !s->sending) {
        s->lingers = false;
        (void)enif_select(env, s->fd, ERL_NIF_SELECT_STOP, s, NULL, atom.undefined);
    }
}

void sock_seen(ErlNifEnv *env, struct sock *s)
{
    ErlNifPid self;
    if (enif_self(env, &self) != NULL) {
        not_waited_for(env, s, &self);
    }
}

term sock_wait(ErlNifEnv *env, struct sock *s, term ref)
{
    s->armed = ARMED_CALLER;
    s->reading = true;
    (void)enif_self(env, &s->reader);
    (void)sock_select(env, s, ERL_NIF_SELECT_READ, &s->reader, ref);
    return atom.select;
}

int copy_stream(int fd)
{
    int type = 0;
    socklen_t len = sizeof(type);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0) {
        return -1;
    }
    if (type != SOCK_STREAM) {
        errno = EPROTOTYPE;
        return -1;
    }
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy >= 0) {
        (void)fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK);
    }
    return copy;
}

static void list_add(struct sock *s)
{
    (void)pthread_mutex_lock(&common->lock);
    s->behind = common->first;
    if (s->behind != NULL) {
        s->behind->before = s;
    }
    common->first = s;
    (void)pthread_mutex_unlock(&common->lock);
}

static void list_remove(struct sock *s)
{
    (void)pthread_mutex_lock(&common->lock);
    *(s->before != NULL ? &s->before->behind : &common->first) = s->behind;
    if (s->behind != NULL) {
        s->behind->before = s->before;
    }
    (void)pthread_mutex_unlock(&common->lock);
}

struct sock **sock_all(size_t *num)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&common->lock);
    for (struct sock *s = common->first; s != NULL; s = s->behind) {
        n++;
    }
    struct sock **all = calloc(n + 1, sizeof(struct sock *));
    *num = all == NULL ? 0 : n;
    n = 0;
    for (struct sock *s = common->first; s != NULL && n < *num; s = s->behind) {
        enif_keep_resource(s); /* its reference to itself is there until it leaves the list */
        all[n++] = s;
    }
    (void)pthread_mutex_unlock(&common->lock);
    return all;
}

/* stop is called when no scheduler looks at the descriptor any more. */
static void stop(ErlNifEnv *env, void *object, ErlNifEvent fd, int direct)
{
    (void)env;
    (void)object;
    (void)direct;
    (void)close(fd);
}

static void destroy(ErlNifEnv *env, void *object)
{
    struct sock *s = object;
    (void)env;
    if (s->phase != PHASE_CLOSED) { /* the VM halts, or sock_new failed in the middle */
        cssl_engine_free(s->engine);
        stash_free(&s->stash);
        stash_free(&s->early);
        (void)close(s->fd);
    }
    if (s->secrets != NULL) {
        mem_free_wiped(s->secrets, sizeof(*s->secrets));
    }
    free(s->fault);
    free(s->queue);
    if (s->config != NULL) {
        enif_release_resource(s->config);
    }
    (void)pthread_mutex_destroy(&s->rx);
    (void)pthread_mutex_destroy(&s->tx);
}

/* down: the owner has died, or a process in the middle of sending. */
static void down(ErlNifEnv *env, void *object, ErlNifPid *pid, ErlNifMonitor *monitor)
{
    struct sock *s = object;
    enif_keep_resource(s); /* sock_end lets go of it */
    lock_both(s);
    if (s->phase == PHASE_CLOSED) {
        not_waited_for(env, s, pid);
    } else if (s->monitored && enif_compare_monitors(monitor, &s->monitor) == 0) {
        s->monitored = false;
        owner_down(env, s);
    } else if (s->sending && enif_compare_pids(pid, &s->sender) == 0) {
        s->sending = false;
        send_next(env, s);
        send_rest(env, s);
    }
    unlock_both(s);
    enif_release_resource(s);
}

/* owner_down, both locks held: a connection without an owner ends. */
void owner_down(ErlNifEnv *env, struct sock *s)
{
    if (s->phase == PHASE_HANDSHAKE) {
        cssl_engine_cancel(s->engine);
    } else if (s->phase == PHASE_OPEN && !s->write_shut) {
        (void)cssl_engine_close(s->engine, NULL);
    }
    if (s->phase != PHASE_CLOSED) {
        (void)io_flush(s);
        (void)io_linger(s);
        sock_end(env, s);
    }
}

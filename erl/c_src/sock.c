/* sock.c - the life of a connection: from a descriptor to its end. Moves no bytes. */
#include "nif.h"

#include "base/mem.h"
#include "engine/engine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ErlNifResourceType *sock_type;

static void destroy(ErlNifEnv *env, void *object);
static void stop(ErlNifEnv *env, void *object, ErlNifEvent fd, int direct);
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

void sock_end(ErlNifEnv *env, struct sock *s)
{
    if (s->phase == PHASE_CLOSED) {
        return;
    }
    s->phase = PHASE_CLOSED;
    cssl_engine_free(s->engine);
    s->engine = NULL;
    stash_free(&s->stash);
    if (s->monitored) {
        (void)enif_demonitor_process(env, s, &s->monitor);
        s->monitored = false;
    }
    for (unsigned i = 0; i < s->queue_len; i++) { /* they find out that it is closed */
        (void)enif_send(env, &s->queue[i], NULL,
                        enif_make_tuple2(env, atom.turn, enif_make_resource(env, s)));
    }
    s->queue_len = 0;
    if (s->selected) {
        (void)enif_select(env, s->fd, ERL_NIF_SELECT_STOP, s, NULL, atom.undefined);
    } else {
        (void)close(s->fd);
        s->fd = -1;
    }
    if (s->kept) {
        s->kept = false;
        enif_release_resource(s);
    }
}

/* stop is called when no scheduler looks at the descriptor any more. */
static void stop(ErlNifEnv *env, void *object, ErlNifEvent fd, int direct)
{
    struct sock *s = object;
    (void)env;
    (void)direct;
    (void)close(fd);
    s->fd = -1;
}

static void destroy(ErlNifEnv *env, void *object)
{
    struct sock *s = object;
    (void)env;
    if (s->phase != PHASE_CLOSED) { /* the VM halts, or sock_new failed in the middle */
        cssl_engine_free(s->engine);
        stash_free(&s->stash);
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
    lock_both(s);
    if (s->monitored && enif_compare_monitors(monitor, &s->monitor) == 0) {
        s->monitored = false;
        if (s->phase == PHASE_HANDSHAKE) {
            cssl_engine_cancel(s->engine);
        } else if (s->phase == PHASE_OPEN && !s->write_shut) {
            (void)cssl_engine_close(s->engine, NULL);
        }
        if (s->phase != PHASE_CLOSED) {
            (void)io_flush(s);
            sock_end(env, s);
        }
    } else if (s->sending && enif_compare_pids(pid, &s->sender) == 0) {
        s->sending = false;
        send_next(env, s);
    }
    unlock_both(s);
}

/*
 * listen.c - connections are accepted. Any number of processes may wait: they queue, and the first
 * one is told by the VM; whoever got a connection lets the next one be told.
 */
#include "nif.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct waiter {
    ErlNifPid pid;
    ErlNifMonitor monitor;
    ErlNifEnv *env; /* of ref */
    term ref;
    struct waiter *next;
};

struct listener {
    pthread_mutex_t lock;
    int fd;
    bool closed, selected;
    struct config *config;
    ErlNifPid owner;
    ErlNifMonitor monitor;
    bool monitored;
    struct waiter *first;
};

static ErlNifResourceType *listener_type;

static void listener_destroy(ErlNifEnv *env, void *object);
static void listener_stop(ErlNifEnv *env, void *object, ErlNifEvent fd, int direct);
static void listener_down(ErlNifEnv *env, void *object, ErlNifPid *pid, ErlNifMonitor *monitor);
static void select_first(ErlNifEnv *env, struct listener *l);
static void forget(ErlNifEnv *env, struct listener *l, const ErlNifPid *pid, bool demonitor);
static bool wait_turn(ErlNifEnv *env, struct listener *l, term ref);
static void end(ErlNifEnv *env, struct listener *l);

bool listen_load(ErlNifEnv *env)
{
    ErlNifResourceTypeInit init = { .dtor = listener_destroy, .stop = listener_stop,
                                    .down = listener_down };
    listener_type = enif_open_resource_type_x(env, "cssl_listener", &init,
                                              ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER, NULL);
    return listener_type != NULL;
}

/* listen(Fd, Config, Owner): accepts on a copy of an inet port's descriptor. */
NIF(nif_listen)
{
    int fd;
    struct config *config;
    ErlNifPid owner;
    (void)argc;
    if (!enif_get_int(env, argv[0], &fd) || !enif_get_local_pid(env, argv[2], &owner) ||
        !enif_get_resource(env, argv[1], config_type, (void **)&config)) {
        return enif_make_badarg(env);
    }
    if (!config->server) {
        return enif_make_badarg(env);
    }
    int copy = copy_stream(fd);
    if (copy < 0) {
        return make_tagged(env, atom.error, make_posix(env, errno));
    }
    struct listener *l = enif_alloc_resource(listener_type, sizeof(*l));
    memset(l, 0, sizeof(*l));
    (void)pthread_mutex_init(&l->lock, NULL);
    l->fd = copy;
    l->config = config;
    enif_keep_resource(config);
    l->owner = owner;
    l->monitored = enif_monitor_process(env, l, &owner, &l->monitor) == 0;
    if (!l->monitored) {
        end(env, l);
    }
    term t = enif_make_resource(env, l);
    enif_release_resource(l);
    return make_tagged(env, atom.ok, t);
}

/* accept(Listener, Ref): {ok, Res}, select (a message ready_input comes, then call again), or
 * {error, Why}. */
NIF(nif_accept)
{
    struct listener *l;
    (void)argc;
    if (!enif_get_resource(env, argv[0], listener_type, (void **)&l)) {
        return enif_make_badarg(env);
    }
    ErlNifPid self;
    (void)enif_self(env, &self);
    (void)pthread_mutex_lock(&l->lock);
    int fd = -1, why = 0;
    do {
        fd = l->closed ? -1 : accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        why = fd < 0 ? errno : 0;
    } while (!l->closed && fd < 0 && (why == EINTR || why == ECONNABORTED));
    term result;
    if (l->closed) {
        result = make_tagged(env, atom.error, atom.closed);
    } else if (fd < 0 && (why == EAGAIN || why == EWOULDBLOCK)) {
        result = wait_turn(env, l, argv[1]) ? atom.select
                                            : make_tagged(env, atom.error, atom.nomem);
    } else {
        forget(env, l, &self, true);
        select_first(env, l);
        result = fd < 0 ? make_tagged(env, atom.error, make_posix(env, why)) : atom.ok;
    }
    struct config *config = l->config;
    enif_keep_resource(config);
    (void)pthread_mutex_unlock(&l->lock);
    if (fd >= 0) {
        cssl_error err;
        struct sock *s = sock_new(env, fd, config, NULL, 0, &err);
        if (s == NULL) {
            result = make_failure(env, &err, capture_text());
        } else {
            result = make_tagged(env, atom.ok, enif_make_resource(env, s));
            enif_release_resource(s);
        }
    }
    enif_release_resource(config);
    return result;
}

/* accept_cancel(Listener): the caller does not wait any more. */
NIF(nif_accept_cancel)
{
    struct listener *l;
    ErlNifPid self;
    (void)argc;
    if (!enif_get_resource(env, argv[0], listener_type, (void **)&l)) {
        return enif_make_badarg(env);
    }
    (void)enif_self(env, &self);
    (void)pthread_mutex_lock(&l->lock);
    forget(env, l, &self, true);
    select_first(env, l);
    (void)pthread_mutex_unlock(&l->lock);
    return atom.ok;
}

/* unlisten(Listener): the listener ends, and whoever waits is told. */
NIF(nif_unlisten)
{
    struct listener *l;
    (void)argc;
    if (!enif_get_resource(env, argv[0], listener_type, (void **)&l)) {
        return enif_make_badarg(env);
    }
    (void)pthread_mutex_lock(&l->lock);
    end(env, l);
    (void)pthread_mutex_unlock(&l->lock);
    return atom.ok;
}

/* listener_own(Listener, Pid): dies with Pid from now on. */
NIF(nif_listener_own)
{
    struct listener *l;
    ErlNifPid pid;
    ErlNifMonitor monitor;
    (void)argc;
    if (!enif_get_resource(env, argv[0], listener_type, (void **)&l) ||
        !enif_get_local_pid(env, argv[1], &pid)) {
        return enif_make_badarg(env);
    }
    term result = atom.ok;
    (void)pthread_mutex_lock(&l->lock);
    if (l->closed || enif_monitor_process(env, l, &pid, &monitor) != 0) {
        result = make_tagged(env, atom.error, atom.closed);
    } else {
        (void)enif_demonitor_process(env, l, &l->monitor);
        l->monitor = monitor;
        l->owner = pid;
    }
    (void)pthread_mutex_unlock(&l->lock);
    return result;
}

/* listener_config(Listener, Config): for connections that are accepted from now on. */
NIF(nif_listener_config)
{
    struct listener *l;
    struct config *config;
    (void)argc;
    if (!enif_get_resource(env, argv[0], listener_type, (void **)&l) ||
        !enif_get_resource(env, argv[1], config_type, (void **)&config) || !config->server) {
        return enif_make_badarg(env);
    }
    enif_keep_resource(config);
    (void)pthread_mutex_lock(&l->lock);
    struct config *old = l->config;
    l->config = config;
    (void)pthread_mutex_unlock(&l->lock);
    enif_release_resource(old);
    return atom.ok;
}

static void end(ErlNifEnv *env, struct listener *l)
{
    if (l->closed) {
        return;
    }
    l->closed = true;
    if (l->monitored) {
        (void)enif_demonitor_process(env, l, &l->monitor);
        l->monitored = false;
    }
    while (l->first != NULL) { /* they call again, and find it closed */
        struct waiter *w = l->first;
        ErlNifPid pid = w->pid;
        (void)enif_send(env, &pid, NULL,
                        enif_make_tuple4(env, atom.select, enif_make_resource(env, l),
                                         enif_make_copy(env, w->ref),
                                         enif_make_atom(env, "ready_input")));
        forget(env, l, &pid, true);
    }
    if (l->selected) {
        (void)enif_select(env, l->fd, ERL_NIF_SELECT_STOP, l, NULL, atom.undefined);
    } else {
        (void)close(l->fd);
        l->fd = -1;
    }
}

/* wait_turn: the caller waits, once, at the end of the queue. */
static bool wait_turn(ErlNifEnv *env, struct listener *l, term ref)
{
    ErlNifPid self;
    (void)enif_self(env, &self);
    struct waiter **at = &l->first;
    while (*at != NULL && enif_compare_pids(&(*at)->pid, &self) != 0) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        struct waiter *w = calloc(1, sizeof(*w));
        if (w == NULL || (w->env = enif_alloc_env()) == NULL) {
            free(w);
            return false;
        }
        w->pid = self;
        (void)enif_monitor_process(env, l, &self, &w->monitor);
        *at = w;
    } else {
        enif_clear_env((*at)->env);
    }
    (*at)->ref = enif_make_copy((*at)->env, ref);
    if (*at == l->first) {
        select_first(env, l);
    }
    return true;
}

static void select_first(ErlNifEnv *env, struct listener *l)
{
    if (l->first != NULL && !l->closed) {
        l->selected = true;
        (void)enif_select(env, l->fd, ERL_NIF_SELECT_READ, l, &l->first->pid,
                          enif_make_copy(env, l->first->ref));
    }
}

static void forget(ErlNifEnv *env, struct listener *l, const ErlNifPid *pid, bool demonitor)
{
    for (struct waiter **at = &l->first; *at != NULL; at = &(*at)->next) {
        struct waiter *w = *at;
        if (enif_compare_pids(&w->pid, pid) == 0) {
            *at = w->next;
            if (demonitor) {
                (void)enif_demonitor_process(env, l, &w->monitor);
            }
            enif_free_env(w->env);
            free(w);
            return;
        }
    }
}

static void listener_destroy(ErlNifEnv *env, void *object)
{
    struct listener *l = object;
    if (!l->closed && l->fd >= 0) {
        (void)close(l->fd);
    }
    while (l->first != NULL) {
        ErlNifPid pid = l->first->pid;
        forget(env, l, &pid, false);
    }
    enif_release_resource(l->config);
    (void)pthread_mutex_destroy(&l->lock);
}

static void listener_stop(ErlNifEnv *env, void *object, ErlNifEvent fd, int direct)
{
    struct listener *l = object;
    (void)env;
    (void)direct;
    (void)close(fd);
    l->fd = -1;
}

static void listener_down(ErlNifEnv *env, void *object, ErlNifPid *pid, ErlNifMonitor *monitor)
{
    struct listener *l = object;
    (void)pthread_mutex_lock(&l->lock);
    if (l->monitored && enif_compare_monitors(monitor, &l->monitor) == 0) {
        l->monitored = false;
        end(env, l);
    } else {
        bool head = l->first != NULL && enif_compare_pids(&l->first->pid, pid) == 0;
        forget(env, l, pid, false);
        if (head) {
            select_first(env, l);
        }
    }
    (void)pthread_mutex_unlock(&l->lock);
}

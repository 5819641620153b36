/* socket.c - making and freeing sockets, descriptors' options, who holds which half. */
#include "socket/socket.h"

#include "base/mem.h"
#include "config/config.h"
#include "engine/engine.h"
#include "socket/addr.h"
#include "socket/deadline.h"
#include "socket/race.h"
#include "socket/sockerr.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

cssl_socket *sock_new(int fd, cssl_config *config, cssl_error *err)
{
    cssl_socket *s = mem_new(sizeof(*s));
    if (s == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    s->fd = fd;
    s->pid = getpid();
    s->wake_fd = -1;
    s->config = cssl_config_ref(config);
    s->task.kind = TASK_SOCKET;
    s->timer.kind = TIMER_SOCKET;
    (void)pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* that of deadlines */
    (void)pthread_cond_init(&s->idle, &attr);
    (void)pthread_condattr_destroy(&attr);
    return s;
}

void sock_free(cssl_socket *s)
{
    if (s == NULL) {
        return;
    }
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    sock_no_questions(s);
    if (s->wake_fd >= 0) {
        (void)close(s->wake_fd);
    }
    cssl_engine_free(s->engine);
    cssl_config_free(s->config);
    race_free(s->race);
    stash_drop(s);
    mem_free(s->error);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->idle);
    mem_free(s);
}

bool sock_is_inherited(pid_t pid)
{
    return pid != getpid();
}

int sock_prepare(int fd, struct fd_flags *was)
{
    was->status = fcntl(fd, F_GETFL);
    was->descriptor = fcntl(fd, F_GETFD);
    if (was->status < 0 || was->descriptor < 0) {
        return errno;
    }
    if (fcntl(fd, F_SETFL, was->status | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, was->descriptor | FD_CLOEXEC) < 0) {
        int posix = errno;
        sock_restore(fd, was);
        return posix;
    }
    /* Records are written whole: waiting for more would only delay them. Other stream sockets
     * than TCP's do not know the option. */
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return 0;
}

void sock_restore(int fd, const struct fd_flags *was)
{
    (void)fcntl(fd, F_SETFL, was->status);
    (void)fcntl(fd, F_SETFD, was->descriptor);
}

int sock_check_connected(int fd, cssl_error *err)
{
    int type = 0;
    socklen_t len = sizeof(type);
    struct sockaddr_storage peer;
    socklen_t peer_len = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_len) != 0) {
        char why[POSIX_TEXT];
        int posix = errno;
        return fail_posix(err, CSSL_R_NOT_A_CONNECTION, posix, "%s", posix_text(posix, why));
    }
    if (type != SOCK_STREAM) {
        return fail_posix(err, CSSL_R_NOT_A_CONNECTION, EPROTOTYPE, "it carries datagrams");
    }
    return 0;
}

int sock_start(cssl_socket *s, const char *name, uint16_t port, bool known, cssl_error *err)
{
    char address[ADDR_TEXT];
    const char *scope = name == NULL ? NULL : strchr(name, '%');
    if (scope != NULL && (size_t)(scope - name) < sizeof(address)) {
        memcpy(address, name, (size_t)(scope - name)); /* no certificate knows this host's links */
        address[scope - name] = '\0';
        name = address;
    }
    const cssl_peer peer = { .name = name, .port = port };
    cssl_error why;
    s->engine = engine_new_for(known ? s : NULL, s->config, name == NULL ? NULL : &peer, &why);
    if (s->engine == NULL) {
        s->phase = PHASE_FAILED;
        sock_keep_error(s, &why);
        return error_copy(err, &why);
    }
    engine_two_threads(s->engine);
    s->phase = PHASE_HANDSHAKE;
    return 0;
}

void send_begin(cssl_socket *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->sending) {
        (void)pthread_cond_wait(&s->idle, &s->lock);
    }
    s->sending = true;
    (void)pthread_mutex_unlock(&s->lock);
}

bool send_try(cssl_socket *s)
{
    (void)pthread_mutex_lock(&s->lock);
    bool got = !s->sending;
    if (got) {
        s->sending = true;
    } else {
        s->flush_missed = true;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return got;
}

void send_end(cssl_socket *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->flush_missed) {
        s->flush_missed = false;
        (void)pthread_mutex_unlock(&s->lock);
        (void)sock_push(s, NULL); /* a failure is told by whoever sends next */
        (void)pthread_mutex_lock(&s->lock);
    }
    s->sending = false;
    (void)pthread_cond_broadcast(&s->idle);
    (void)pthread_mutex_unlock(&s->lock);
}

void recv_begin(cssl_socket *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->receiving) {
        (void)pthread_cond_wait(&s->idle, &s->lock);
    }
    s->receiving = true;
    (void)pthread_mutex_unlock(&s->lock);
}

bool recv_try(cssl_socket *s)
{
    (void)pthread_mutex_lock(&s->lock);
    bool got = !s->receiving && !s->recv_waiting; /* who waits must see what comes */
    s->receiving = s->receiving || got;
    (void)pthread_mutex_unlock(&s->lock);
    return got;
}

void recv_end(cssl_socket *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->receiving = false;
    (void)pthread_cond_broadcast(&s->idle);
    (void)pthread_mutex_unlock(&s->lock);
}

void recv_pause(cssl_socket *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->receiving = false;
    s->recv_waiting = true;
    (void)pthread_cond_broadcast(&s->idle);
    (void)pthread_mutex_unlock(&s->lock);
}

void recv_resume(cssl_socket *s)
{
    (void)pthread_mutex_lock(&s->lock);
    while (s->receiving) {
        (void)pthread_cond_wait(&s->idle, &s->lock);
    }
    s->receiving = true;
    s->recv_waiting = false;
    (void)pthread_mutex_unlock(&s->lock);
}

void both_begin(cssl_socket *s)
{
    send_begin(s);
    engine_hold_both(s->engine, true);
}

void both_end(cssl_socket *s)
{
    (void)sock_push(s, NULL); /* a failure is told by whoever sends next */
    engine_hold_both(s->engine, false);
    send_end(s);
}

int sock_wait(int fd, short events, int64_t deadline)
{
    struct pollfd p = { .fd = fd, .events = events };
    for (;;) {
        int n = poll(&p, 1, deadline_left(deadline));
        if (n > 0 || (n < 0 && errno != EINTR)) {
            return 1; /* an error on the descriptor too: the next read or write tells it */
        }
        if (n == 0 && deadline_left(deadline) == 0) {
            return 0;
        }
    }
}

int cssl_fd(const cssl_socket *s)
{
    return s->fd;
}

void cssl_set_user(cssl_socket *s, void *user)
{
    s->user = user;
}

void *cssl_user(const cssl_socket *s)
{
    return s->user;
}

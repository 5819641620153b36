/* listen.c - listeners: made, accepted from by any number of threads, given another config. */
#include "socket/listen.h"

#include "base/mem.h"
#include "config/config.h"
#include "socket/addr.h"
#include "socket/deadline.h"
#include "socket/mailbox.h"
#include "socket/socket.h"
#include "socket/sockerr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct cssl_listener {
    int fd;
    int end_fd; /* polls readable once the listener is closed */
    pid_t pid;
    bool taken_over;      /* fd may be shared with other processes */
    pthread_mutex_t lock; /* of all below */
    cssl_config *config;
    struct inlet *inlets;
    bool given; /* to mailboxes */
    bool closed;
    unsigned refs;
};

static cssl_listener *listener_new(cssl_config *config, cssl_error *err);
static void hold(cssl_listener *l);
static void drop(cssl_listener *l);
static int open_on(cssl_listener *l, const union addr *a, const struct config_socket *c);
static int open_all(cssl_listener *l, uint16_t port, const struct config_socket *c);
static int listen_failed(cssl_error *err, int posix, uint16_t port, const struct config_socket *c);
static bool passing(int posix);
static bool is_closed(cssl_listener *l);

cssl_listener *cssl_listen_sized(uint16_t port, const cssl_options *options, size_t size,
                                 cssl_error *err)
{
    cssl_config *config = cssl_server_config_sized(options, size, err);
    if (config == NULL) {
        return NULL;
    }
    cssl_listener *l = cssl_listen_with(port, config, err);
    cssl_config_free(config);
    return l;
}

cssl_listener *cssl_listen_with(uint16_t port, cssl_config *config, cssl_error *err)
{
    cssl_listener *l = listener_new(config, err);
    if (l == NULL) {
        return NULL;
    }
    const struct config_socket *c = config_socket(config);
    int posix = 0;
    if (c->ip != NULL) {
        union addr a;
        if (!addr_parse(c->ip, port, &a)) {
            (void)fail_option(err, CSSL_R_LISTEN_IP, "ip", "\"%s\" is not an IP address", c->ip);
            drop(l);
            return NULL;
        }
        posix = open_on(l, &a, c);
    } else {
        posix = open_all(l, port, c);
    }
    if (posix != 0) {
        (void)listen_failed(err, posix, port, c);
        drop(l);
        return NULL;
    }
    return l;
}

cssl_listener *cssl_listen_fd(int fd, cssl_config *config, cssl_error *err)
{
    int listening = 0;
    socklen_t len = sizeof(listening);
    int posix = getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 ? EINVAL : errno;
    if (!listening) {
        (void)fail_posix(err, CSSL_R_LISTEN, posix, "descriptor %d is not a listening socket", fd);
        return NULL;
    }
    cssl_listener *l = listener_new(config, err);
    if (l == NULL) {
        return NULL;
    }
    struct fd_flags was;
    posix = sock_prepare(fd, &was);
    if (posix != 0) {
        (void)fail_socket(err, posix, "listening");
        drop(l);
        return NULL;
    }
    l->fd = fd;
    l->taken_over = true;
    return l;
}

int cssl_listener_sockname(const cssl_listener *l, struct sockaddr_storage *addr, cssl_error *err)
{
    memset(addr, 0, sizeof(*addr));
    socklen_t len = sizeof(*addr);
    if (getsockname(l->fd, (struct sockaddr *)addr, &len) != 0) {
        return fail_socket(err, errno, "the listener's address");
    }
    return 0;
}

uint16_t cssl_listener_port(const cssl_listener *l)
{
    union addr a;
    memset(&a, 0, sizeof(a));
    socklen_t len = sizeof(a);
    if (getsockname(l->fd, &a.any, &len) != 0) {
        return 0;
    }
    return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

int cssl_listener_set_config(cssl_listener *l, cssl_config *config, cssl_error *err)
{
    if (config == NULL || !config_socket(config)->server) {
        return fail_text(err, CSSL_R_CONFIG_ROLE, "a listener needs a server's");
    }
    cssl_config *renewed = cssl_config_ref(config);
    (void)pthread_mutex_lock(&l->lock);
    cssl_config *old = l->config;
    l->config = renewed;
    (void)pthread_mutex_unlock(&l->lock);
    cssl_config_free(old);
    return 0;
}

cssl_socket *cssl_transport_accept(cssl_listener *l, int timeout, cssl_error *err)
{
    int64_t deadline = deadline_after(timeout);
    cssl_socket *s = NULL;
    hold(l);
    for (;;) {
        (void)pthread_mutex_lock(&l->lock);
        bool given = l->given;
        bool closed = l->closed;
        (void)pthread_mutex_unlock(&l->lock);
        if (given || closed) {
            (void)fail_text(err, given ? CSSL_R_NOT_NOW : CSSL_R_CLOSED,
                            given ? "the listener's connections come out of mailboxes"
                                  : "the listener was closed");
            break;
        }
        if (listener_take(l, &s, err) != LISTENER_EMPTY) {
            break;
        }
        struct pollfd p[2] = { { .fd = l->fd, .events = POLLIN },
                               { .fd = l->end_fd, .events = POLLIN } };
        if (poll(p, 2, deadline_left(deadline)) == 0 && deadline_left(deadline) == 0) {
            (void)fail_time(err, "nobody has connected");
            break;
        }
    }
    drop(l);
    return s;
}

void cssl_listener_shutdown(cssl_listener *l)
{
    if (sock_is_inherited(l->pid)) {
        return;
    }
    (void)pthread_mutex_lock(&l->lock);
    l->closed = true;
    for (struct inlet *in = l->inlets; in != NULL; in = in->next_in_listener) {
        in->closed = true;
        mailbox_poke(in->mailbox); /* never waits; the lock keeps the mailbox from being freed */
    }
    (void)pthread_mutex_unlock(&l->lock);
    (void)eventfd_write(l->end_fd, 1);
    if (!l->taken_over) {
        (void)shutdown(l->fd, SHUT_RDWR); /* at once, though others may still hold it */
    }
}

void cssl_listener_close(cssl_listener *l)
{
    if (l != NULL) {
        cssl_listener_shutdown(l);
        drop(l);
    }
}

int listener_fd(const cssl_listener *l)
{
    return l->fd;
}

void listener_limits(cssl_listener *l, int *handshake_timeout, unsigned *max_handshakes)
{
    (void)pthread_mutex_lock(&l->lock);
    const struct config_socket *c = config_socket(l->config);
    *handshake_timeout = c->handshake_timeout;
    *max_handshakes = c->max_handshakes;
    (void)pthread_mutex_unlock(&l->lock);
}

int listener_take(cssl_listener *l, cssl_socket **out, cssl_error *err)
{
    *out = NULL;
    int fd;
    do {
        fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (fd < 0 && passing(errno));
    if (fd < 0) {
        int posix = errno;
        if (posix == EAGAIN || posix == EWOULDBLOCK || (posix == EINVAL && is_closed(l))) {
            return LISTENER_EMPTY;
        }
        return fail_socket(err, posix, "accepting a connection");
    }
    (void)pthread_mutex_lock(&l->lock);
    cssl_config *config = cssl_config_ref(l->config);
    (void)pthread_mutex_unlock(&l->lock);
    struct fd_flags was;
    int posix = sock_prepare(fd, &was);
    int rc = posix == 0 ? 0 : fail_socket(err, posix, "accepting a connection");
    if (rc == 0 && (*out = sock_new(fd, config, err)) == NULL) {
        rc = CSSL_NOMEM;
    }
    if (rc != 0) {
        (void)close(fd);
    }
    cssl_config_free(config);
    return rc;
}

int listener_attach(cssl_listener *l, struct inlet *in, cssl_error *err)
{
    (void)pthread_mutex_lock(&l->lock);
    bool closed = l->closed;
    bool again = closed;
    for (const struct inlet *old = l->inlets; old != NULL; old = old->next_in_listener) {
        again = again || old->mailbox == in->mailbox;
    }
    if (!again) {
        l->given = true;
        l->refs++;
        in->listener = l;
        in->next_in_listener = l->inlets;
        l->inlets = in;
    }
    (void)pthread_mutex_unlock(&l->lock);
    if (closed) {
        return fail_text(err, CSSL_R_CLOSED, "the listener was closed");
    }
    return again ? fail_text(err, CSSL_R_NOT_NOW, "the listener is in this mailbox already") : 0;
}

void listener_detach(struct inlet *in)
{
    cssl_listener *l = in->listener;
    (void)pthread_mutex_lock(&l->lock);
    struct inlet **at = &l->inlets;
    while (*at != in) {
        at = &(*at)->next_in_listener;
    }
    *at = in->next_in_listener;
    (void)pthread_mutex_unlock(&l->lock);
    drop(l);
}

bool listener_is_closed(const struct inlet *in)
{
    (void)pthread_mutex_lock(&in->listener->lock);
    bool closed = in->closed;
    (void)pthread_mutex_unlock(&in->listener->lock);
    return closed;
}

static cssl_listener *listener_new(cssl_config *config, cssl_error *err)
{
    if (config == NULL || !config_socket(config)->server) {
        (void)fail_text(err, CSSL_R_CONFIG_ROLE, "a listener needs a server's");
        return NULL;
    }
    cssl_listener *l = mem_new(sizeof(*l));
    if (l == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    l->fd = -1;
    l->refs = 1;
    l->pid = getpid();
    l->config = cssl_config_ref(config);
    (void)pthread_mutex_init(&l->lock, NULL);
    l->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->end_fd < 0) {
        (void)fail_socket(err, errno, "listening");
        drop(l);
        return NULL;
    }
    return l;
}

static void hold(cssl_listener *l)
{
    (void)pthread_mutex_lock(&l->lock);
    l->refs++;
    (void)pthread_mutex_unlock(&l->lock);
}

static void drop(cssl_listener *l)
{
    /* In a process that was forked, the threads and mailboxes which held it do not exist. */
    bool last = sock_is_inherited(l->pid);
    (void)pthread_mutex_lock(&l->lock);
    last = --l->refs == 0 || last;
    (void)pthread_mutex_unlock(&l->lock);
    if (!last) {
        return;
    }
    if (l->fd >= 0) {
        (void)close(l->fd);
    }
    if (l->end_fd >= 0) {
        (void)close(l->end_fd);
    }
    cssl_config_free(l->config);
    (void)pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

/* open_on listens on one address: 0 or an errno value. */
static int open_on(cssl_listener *l, const union addr *a, const struct config_socket *c)
{
    int on = 1;
    int v6only = c->ipv6_only ? 1 : 0;
    int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return errno;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (c->reuseport && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) ||
        (a->any.sa_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)) != 0) ||
        bind(fd, &a->any, addr_len(a)) != 0 || listen(fd, c->backlog) != 0) {
        int posix = errno;
        (void)close(fd);
        return posix;
    }
    l->fd = fd;
    return 0;
}

/* open_all listens on every address of this host, of both families where there are both. */
static int open_all(cssl_listener *l, uint16_t port, const struct config_socket *c)
{
    union addr a = {
        .v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT }
    };
    int posix = open_on(l, &a, c);
    bool no_v6 = posix == EAFNOSUPPORT || posix == EADDRNOTAVAIL || posix == EPROTONOSUPPORT;
    if (!no_v6 || c->ipv6_only) {
        return posix;
    }
    memset(&a, 0, sizeof(a));
    a.v4.sin_family = AF_INET;
    a.v4.sin_port = htons(port);
    return open_on(l, &a, c);
}

static int listen_failed(cssl_error *err, int posix, uint16_t port, const struct config_socket *c)
{
    char why[POSIX_TEXT];
    switch (posix) {
    case EADDRINUSE:
        return fail_posix(err, CSSL_R_PORT_IN_USE, posix,
                          "something listens on %s%sport %u already: stop it (ss -ltnp shows what "
                          "it is), or take another port; port 0 takes one that is free",
                          c->ip == NULL ? "" : c->ip, c->ip == NULL ? "" : " ", port);
    case EACCES:
    case EPERM:
        return fail_posix(err, CSSL_R_PORT_FORBIDDEN, posix,
                          "port %u: ports below 1024 want root or CAP_NET_BIND_SERVICE; take a "
                          "higher one",
                          port);
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        if (c->ip != NULL) {
            return fail_option(err, CSSL_R_LISTEN_IP, "ip", "\"%s\": %s; `ip address' shows those "
                               "there are", c->ip, posix_text(posix, why));
        }
        break;
    case EMFILE:
    case ENFILE: return fail_descriptors(err, posix, "listening");
    default: break;
    }
    return fail_posix(err, CSSL_R_LISTEN, posix, "port %u: %s", port, posix_text(posix, why));
}

/* passing: errors of accept(2) that belong to a connection which is gone, not to the listener. */
static bool passing(int posix)
{
    switch (posix) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH: return true;
    default: return false;
    }
}

static bool is_closed(cssl_listener *l)
{
    (void)pthread_mutex_lock(&l->lock);
    bool closed = l->closed;
    (void)pthread_mutex_unlock(&l->lock);
    return closed;
}

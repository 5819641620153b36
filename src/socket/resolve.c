/*
 * resolve.c - resolve.h by c-ares.
 *
 * The hosts file is asked first and alone, for both families, so that a name that stands there
 * is never sent to a name server. Then each family is a query of its own: connecting may begin
 * when one of them is answered (RFC 8305 3).
 */
#include "socket/resolve.h"

#include "base/mem.h"
#include "socket/sockerr.h"

#include <arpa/inet.h>
#include <ares.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/time.h>

enum { WATCHED_MAX = 32 }; /* c-ares has a socket or two for each name server */

struct query {
    struct resolver *resolver;
    int family; /* FAMILY_V6, FAMILY_V4 */
    bool done;
    int status; /* ARES_* */
};

struct resolver {
    ares_channel channel;
    struct poller *poller;
    char *host;
    uint16_t port;
    struct addrs found;
    struct query queries[NUM_FAMILIES];
    size_t num_watched;
    struct pollfd watched[WATCHED_MAX];
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_start(void);
static bool look_in_hosts(struct resolver *r);
static int ask_servers(struct resolver *r, const char *servers);
static void on_hosts(void *arg, int status, int timeouts, struct ares_addrinfo *result);
static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *result);
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable);
static void take(struct resolver *r, const struct ares_addrinfo *result);

struct resolver *resolver_new(const char *host, uint16_t port, struct poller *poller,
                              const char *servers, cssl_error *err)
{
    (void)pthread_once(&library_once, library_start);
    struct resolver *r = mem_new(sizeof(*r));
    if (r == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    r->poller = poller;
    r->port = port;
    for (int i = 0; i < NUM_FAMILIES; i++) {
        r->queries[i] = (struct query){ .resolver = r, .family = i };
    }
    if ((r->host = mem_str(host)) == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        goto failed;
    }
    if (servers == NULL && look_in_hosts(r)) {
        return r;
    }
    int status = ask_servers(r, servers);
    if (status != ARES_SUCCESS) {
        (void)fail_text(err, status == ARES_ENOMEM ? CSSL_R_NOMEM : CSSL_R_NAME_SERVERS,
                        "\"%s\": %s", host, ares_strerror(status));
        goto failed;
    }
    return r;
failed:
    resolver_free(r);
    return NULL;
}

void resolver_free(struct resolver *r)
{
    if (r == NULL) {
        return;
    }
    if (r->channel != NULL) {
        ares_destroy(r->channel);
    }
    mem_free(r->host);
    mem_free(r);
}

int resolver_wait(struct resolver *r)
{
    struct timeval left;
    if (r->channel == NULL || ares_timeout(r->channel, NULL, &left) == NULL) {
        return -1;
    }
    int64_t ms = (int64_t)left.tv_sec * 1000 + left.tv_usec / 1000 + 1;
    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

void resolver_process(struct resolver *r)
{
    if (r->channel == NULL) {
        return;
    }
    /* c-ares opens and closes sockets while it works: look at a copy. */
    struct pollfd fds[WATCHED_MAX];
    size_t num = r->num_watched;
    memcpy(fds, r->watched, num * sizeof(fds[0]));
    if (poll(fds, num, 0) > 0) {
        for (size_t i = 0; i < num; i++) {
            bool in = (fds[i].revents & ~POLLOUT) != 0;
            bool out = (fds[i].revents & POLLOUT) != 0;
            if (in || out) {
                ares_process_fd(r->channel, in ? fds[i].fd : ARES_SOCKET_BAD,
                                out ? fds[i].fd : ARES_SOCKET_BAD);
            }
        }
    }
    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* its timers */
}

bool resolver_done(const struct resolver *r, int family)
{
    return r->queries[family].done;
}

const struct addr_list *resolver_list(const struct resolver *r, int family)
{
    return &r->found.of[family];
}

int resolver_fail(const struct resolver *r, cssl_error *err)
{
    /* "There is no such name" says more than "no address of this family". */
    int status = r->queries[FAMILY_V4].status;
    if (status == ARES_ENODATA || status == ARES_SUCCESS) {
        status = r->queries[FAMILY_V6].status;
    }
    switch (status) {
    case ARES_ENOMEM: return fail(err, CSSL_R_NOMEM);
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_SUCCESS:
        return fail_posix(err, CSSL_R_HOST_NOT_FOUND, ENOENT,
                          "\"%s\" has no address: is it spelt right?", r->host);
    case ARES_EBADNAME: return fail_text(err, CSSL_R_HOST_MALFORMED, "\"%s\"", r->host);
    case ARES_ECONNREFUSED:
        return fail_posix(err, CSSL_R_NAME_SERVERS, ECONNREFUSED,
                          "\"%s\": the name servers refuse to talk: see /etc/resolv.conf", r->host);
    case ARES_ETIMEOUT:
        return fail_posix(err, CSSL_R_NAME_SERVERS, ETIMEDOUT,
                          "\"%s\": the name servers do not answer: is there a network?", r->host);
    default:
        return fail_posix(err, CSSL_R_NAME_SERVERS, EAGAIN, "\"%s\": %s", r->host,
                          ares_strerror(status));
    }
}

static void library_start(void)
{
    (void)ares_library_init(ARES_LIB_INIT_ALL);
}

/* look_in_hosts asks the hosts file alone, which is done when it returns. */
static bool look_in_hosts(struct resolver *r)
{
    char lookups[] = "f";
    struct ares_options options = { .lookups = lookups };
    ares_channel channel = NULL;
    if (ares_init_options(&channel, &options, ARES_OPT_LOOKUPS) != ARES_SUCCESS) {
        return false;
    }
    const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
                                               .ai_socktype = SOCK_STREAM,
                                               .ai_flags = ARES_AI_NOSORT };
    ares_getaddrinfo(channel, r->host, NULL, &hints, on_hosts, r);
    ares_destroy(channel);
    if (r->found.of[FAMILY_V6].num + r->found.of[FAMILY_V4].num == 0) {
        return false;
    }
    r->queries[FAMILY_V6].done = true;
    r->queries[FAMILY_V4].done = true;
    return true;
}

static int ask_servers(struct resolver *r, const char *servers)
{
    char lookups[] = "b";
    struct ares_options options = { .lookups = lookups,
                                    .sock_state_cb = on_socket,
                                    .sock_state_cb_data = r };
    int status =
        ares_init_options(&r->channel, &options, ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) {
        r->channel = NULL;
        return status;
    }
    if (servers != NULL) {
        status = ares_set_servers_ports_csv(r->channel, servers);
        if (status != ARES_SUCCESS) {
            return status;
        }
    }
    for (int i = 0; i < NUM_FAMILIES; i++) {
        const struct ares_addrinfo_hints hints = {
            .ai_family = i == FAMILY_V6 ? AF_INET6 : AF_INET,
            .ai_socktype = SOCK_STREAM,
        };
        ares_getaddrinfo(r->channel, r->host, NULL, &hints, on_answer, &r->queries[i]);
    }
    return ARES_SUCCESS;
}

static void on_hosts(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
    (void)timeouts;
    if (status == ARES_SUCCESS) {
        take(arg, result);
    }
    ares_freeaddrinfo(result);
}

static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
    (void)timeouts;
    struct query *q = arg;
    q->done = true;
    q->status = status;
    if (status == ARES_SUCCESS) {
        take(q->resolver, result);
    }
    ares_freeaddrinfo(result);
}

/* on_socket hears of each socket that c-ares opens or closes and what it waits for. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct resolver *r = arg;
    size_t i = 0;
    while (i < r->num_watched && r->watched[i].fd != fd) {
        i++;
    }
    bool known = i < r->num_watched;
    if (!readable && !writable) {
        if (known) {
            poller_remove(r->poller, fd);
            r->watched[i] = r->watched[--r->num_watched];
        }
        return;
    }
    unsigned wanted = (readable ? POLLER_IN : 0U) | (writable ? POLLER_OUT : 0U);
    if (!known && i == WATCHED_MAX) {
        return; /* its timer ends the query */
    }
    int posix =
        known ? poller_change(r->poller, fd, wanted, r) : poller_add(r->poller, fd, wanted, r);
    if (posix != 0) {
        return; /* likewise */
    }
    r->num_watched += known ? 0 : 1;
    r->watched[i] =
        (struct pollfd){ .fd = fd,
                         .events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0)) };
}

static void take(struct resolver *r, const struct ares_addrinfo *result)
{
    for (const struct ares_addrinfo_node *n = result->nodes; n != NULL; n = n->ai_next) {
        bool v6 = n->ai_family == AF_INET6;
        size_t size = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        struct addr_list *list = &r->found.of[v6 ? FAMILY_V6 : FAMILY_V4];
        if ((!v6 && n->ai_family != AF_INET) || n->ai_addrlen < size || list->num == ADDRS_MAX) {
            continue;
        }
        union addr *a = &list->items[list->num++];
        memset(a, 0, sizeof(*a));
        memcpy(a, n->ai_addr, size);
        if (v6) {
            a->v6.sin6_port = htons(r->port);
        } else {
            a->v4.sin_port = htons(r->port);
        }
    }
}

/* race.c - RFC 8305: families alternate, 250 ms apart, losers are closed. */
#include "socket/race.h"

#include "base/mem.h"
#include "socket/deadline.h"
#include "socket/resolve.h"
#include "socket/sockerr.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum {
    STAGGER_MS = 250,         /* RFC 8305 8, Connection Attempt Delay */
    RESOLUTION_DELAY_MS = 50, /* the same, Resolution Delay: IPv4 waits so long for IPv6 */
    ATTEMPTS_MAX = NUM_FAMILIES * ADDRS_MAX
};

struct race {
    char *host;
    uint16_t port;
    struct poller poller;
    struct resolver *resolver; /* NULL when host needed no lookup */
    struct addrs literal;      /* then these are its addresses */
    size_t next[NUM_FAMILIES]; /* the first address of each that was not tried */
    int last;                  /* the family that was tried last */
    int64_t next_at;           /* when the next attempt may begin though one is under way */
    int64_t v4_at; /* when IPv4 no longer waits for IPv6's addresses; 0: not yet known */
    size_t num_tried;
    size_t num_attempts;
    struct pollfd attempts[ATTEMPTS_MAX]; /* under way, with the address of each */
    union addr targets[ATTEMPTS_MAX];
    int failure; /* the most telling errno value */
    union addr failed;
};

static const struct addr_list *list_of(const struct race *r, int family);
static bool known(const struct race *r, int family);
static bool may_begin(struct race *r, int64_t now);
static int pick(struct race *r);
static int begin(struct race *r, const union addr *target);
static int look(struct race *r);
static void forget(struct race *r, size_t i);
static void note(struct race *r, int posix, const union addr *target);
static int lost(const struct race *r, cssl_error *err);
static int outcome(int fd);

struct race *race_new(const char *host, uint16_t port, const char *servers, cssl_error *err)
{
    if (addr_check(host, err) != 0) {
        return NULL;
    }
    struct race *r = mem_new(sizeof(*r));
    if (r == NULL || (r->host = mem_str(host)) == NULL) {
        mem_free(r);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    r->port = port;
    r->last = FAMILY_V4; /* IPv6 begins */
    int posix = poller_open(&r->poller);
    if (posix != 0) {
        (void)fail_socket(err, posix, "connecting");
        race_free(r);
        return NULL;
    }
    if (!addr_literal(host, port, &r->literal)) {
        r->resolver = resolver_new(host, port, &r->poller, servers, err);
        if (r->resolver == NULL) {
            race_free(r);
            return NULL;
        }
    }
    return r;
}

void race_free(struct race *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->num_attempts; i++) {
        (void)close(r->attempts[i].fd);
    }
    /* First the poller: in a process that was forked it is the parent's too, and nothing is to be
     * taken out of it. */
    poller_close(&r->poller);
    resolver_free(r->resolver);
    mem_free(r->host);
    mem_free(r);
}

int race_fd(const struct race *r)
{
    return r->poller.fd;
}

const char *race_host(const struct race *r)
{
    return r->host;
}

uint16_t race_port(const struct race *r)
{
    return r->port;
}

int race_wait(struct race *r)
{
    int64_t until = NEVER;
    int wait = r->resolver == NULL ? -1 : resolver_wait(r->resolver);
    if (wait >= 0) {
        until = now_ms() + wait;
    }
    if (r->num_attempts == 0 && !known(r, FAMILY_V6) && pick(r) >= 0) {
        until = earlier(until, r->v4_at); /* IPv4 waits, and nothing has begun yet */
    }
    for (int i = 0; i < NUM_FAMILIES; i++) {
        if (r->next[i] < list_of(r, i)->num && r->num_attempts > 0) {
            until = earlier(until, r->next_at);
        }
    }
    return deadline_left(until);
}

int race_run(struct race *r, int *fd, cssl_error *err)
{
    if (r->resolver != NULL) {
        resolver_process(r->resolver);
    }
    *fd = look(r);
    while (*fd < 0 && may_begin(r, now_ms())) {
        int family = pick(r);
        if (family < 0) {
            break;
        }
        *fd = begin(r, &list_of(r, family)->items[r->next[family]++]);
    }
    if (*fd >= 0) {
        return 0;
    }
    bool more = pick(r) >= 0 || !known(r, FAMILY_V6) || !known(r, FAMILY_V4);
    return more || r->num_attempts > 0 ? RACE_ON : lost(r, err);
}

int race_late(const struct race *r, cssl_error *err)
{
    if (r->num_tried == 0) {
        return fail_time(err, "no name server told an address of \"%s\" yet", r->host);
    }
    if (r->failure != 0) {
        char why[POSIX_TEXT];
        return fail_time(err, "connecting to %s port %u: tried %zu of its addresses, last: %s",
                         r->host, r->port, r->num_tried, posix_text(r->failure, why));
    }
    return fail_time(err,
                     "connecting to %s port %u: no answer from %zu of its addresses; a firewall "
                     "may drop what is sent there",
                     r->host, r->port, r->num_tried);
}

static const struct addr_list *list_of(const struct race *r, int family)
{
    return r->resolver == NULL ? &r->literal.of[family] : resolver_list(r->resolver, family);
}

static bool known(const struct race *r, int family)
{
    return r->resolver == NULL || resolver_done(r->resolver, family);
}

/* may_begin: is it time for another attempt? */
static bool may_begin(struct race *r, int64_t now)
{
    if (!known(r, FAMILY_V6)) {
        if (!known(r, FAMILY_V4)) {
            return false;
        }
        if (r->v4_at == 0) {
            r->v4_at = now + RESOLUTION_DELAY_MS;
        }
        if (now < r->v4_at) {
            return false;
        }
    }
    return r->num_attempts == 0 || now >= r->next_at;
}

/* pick returns the family of the next address, or -1 when there is none (yet). */
static int pick(struct race *r)
{
    for (int i = 1; i <= NUM_FAMILIES; i++) {
        int family = (r->last + i) % NUM_FAMILIES;
        if (r->next[family] < list_of(r, family)->num) {
            return family;
        }
    }
    return -1;
}

/* begin makes an attempt. It returns the descriptor if it is connected at once, else -1. */
static int begin(struct race *r, const union addr *target)
{
    r->last = target->any.sa_family == AF_INET6 ? FAMILY_V6 : FAMILY_V4;
    r->num_tried++;
    int fd = socket(target->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        note(r, errno, target);
        return -1;
    }
    if (connect(fd, &target->any, addr_len(target)) == 0) {
        return fd;
    }
    int posix = errno;
    if (posix == EINPROGRESS || posix == EINTR) {
        posix = poller_add(&r->poller, fd, POLLER_OUT, r);
    }
    if (posix != 0) {
        note(r, posix, target);
        (void)close(fd);
        return -1;
    }
    r->attempts[r->num_attempts] = (struct pollfd){ .fd = fd, .events = POLLOUT };
    r->targets[r->num_attempts++] = *target;
    r->next_at = now_ms() + STAGGER_MS;
    return -1;
}

/* look ends the attempts that failed and returns the descriptor of one that succeeded, or -1. */
static int look(struct race *r)
{
    if (r->num_attempts == 0 || poll(r->attempts, r->num_attempts, 0) <= 0) {
        return -1;
    }
    for (size_t i = r->num_attempts; i-- > 0;) {
        if (r->attempts[i].revents == 0) {
            continue;
        }
        int fd = r->attempts[i].fd;
        union addr target = r->targets[i];
        int posix = outcome(fd);
        poller_remove(&r->poller, fd);
        forget(r, i);
        if (posix == 0) {
            return fd;
        }
        note(r, posix, &target);
        (void)close(fd);
        r->next_at = 0; /* the next one need not wait */
    }
    return -1;
}

static void forget(struct race *r, size_t i)
{
    size_t last = --r->num_attempts;
    r->attempts[i] = r->attempts[last];
    r->targets[i] = r->targets[last];
}

/* outcome is 0 or the errno value of a connect that ended. */
static int outcome(int fd)
{
    int posix = 0;
    socklen_t len = sizeof(posix);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &posix, &len) != 0) {
        return errno;
    }
    if (posix != 0) {
        return posix;
    }
    /* A port nobody listens on may be the very one that the system chose for this side: then a
     * socket connects to itself. */
    union addr here;
    union addr there;
    memset(&here, 0, sizeof(here));
    memset(&there, 0, sizeof(there));
    socklen_t here_len = sizeof(here);
    socklen_t there_len = sizeof(there);
    if (getsockname(fd, &here.any, &here_len) != 0 ||
        getpeername(fd, &there.any, &there_len) != 0) {
        return errno;
    }
    bool itself = here_len == there_len && memcmp(&here, &there, here_len) == 0;
    return itself ? ECONNREFUSED : 0;
}

/* note keeps the failure that tells most: that somebody refused more than that nobody answered,
 * and that more than that there was no way to go. */
static void note(struct race *r, int posix, const union addr *target)
{
    static const int order[] = { EMFILE,       ENFILE,       ENOMEM,        EACCES,
                                 EPERM,        ECONNREFUSED, ECONNRESET,    ETIMEDOUT,
                                 EHOSTUNREACH, ENETUNREACH,  EADDRNOTAVAIL, EAFNOSUPPORT };
    for (size_t i = 0; i < ARRAY_LEN(order) && r->failure != 0; i++) {
        if (order[i] == r->failure) {
            return;
        }
        if (order[i] == posix) {
            break;
        }
    }
    r->failure = posix;
    r->failed = *target;
}

static int lost(const struct race *r, cssl_error *err)
{
    if (r->num_tried == 0) {
        return resolver_fail(r->resolver, err);
    }
    if (r->failure == EMFILE || r->failure == ENFILE) {
        return fail_descriptors(err, r->failure, "connecting");
    }
    char ip[ADDR_TEXT];
    char why[POSIX_TEXT];
    char tried[64] = "";
    addr_text(&r->failed, ip);
    if (r->num_tried > 1) {
        (void)snprintf(tried, sizeof(tried), "; all of its %zu addresses were tried", r->num_tried);
    }
    const char *advice = "";
    if (r->failure == ECONNREFUSED) {
        advice = ": nothing listens there; is the server running, and is this its port?";
    } else if (r->failure == ENETUNREACH || r->failure == EHOSTUNREACH) {
        advice = ": there is no way to it; is the network up?";
    }
    return fail_posix(err, CSSL_R_CONNECT, r->failure, "%s port %u (%s): %s%s%s", r->host, r->port,
                      ip, posix_text(r->failure, why), advice, tried);
}

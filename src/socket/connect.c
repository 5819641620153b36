/* connect.c - clients' sockets and those made of connected descriptors. */
#include "config/config.h"
#include "engine/engine.h"
#include "socket/deadline.h"
#include "socket/mailbox.h"
#include "socket/race.h"
#include "socket/socket.h"
#include "socket/sockerr.h"

#include <poll.h>
#include <unistd.h>

static int begin_handshake(cssl_socket *s, cssl_config *config, cssl_error *err);
static int check_role(const cssl_config *config, bool server, cssl_error *err);
static int reach(struct race *r, int64_t deadline, cssl_error *err);
static cssl_socket *secure(int fd, const char *host, uint16_t port, cssl_config *config,
                           int64_t deadline, cssl_error *err);
static void give_up(cssl_socket *s, int64_t deadline);

cssl_socket *cssl_connect_sized(const char *host, uint16_t port, const cssl_options *options,
                                size_t size, int timeout, cssl_error *err)
{
    cssl_config *config = cssl_client_config_sized(options, size, err);
    if (config == NULL) {
        return NULL;
    }
    cssl_socket *s = cssl_connect_with(host, port, config, timeout, err);
    cssl_config_free(config);
    return s;
}

cssl_socket *cssl_connect_with(const char *host, uint16_t port, cssl_config *config, int timeout,
                               cssl_error *err)
{
    int64_t deadline = deadline_after(timeout);
    if (check_role(config, false, err) != 0) {
        return NULL;
    }
    struct race *race = race_new(host, port, NULL, err);
    if (race == NULL) {
        return NULL;
    }
    int fd = reach(race, deadline, err);
    race_free(race);
    if (fd < 0) {
        return NULL;
    }
    struct fd_flags was;
    int posix = sock_prepare(fd, &was);
    cssl_socket *s = NULL;
    if (posix != 0) {
        (void)fail_socket(err, posix, "connecting");
    } else {
        s = secure(fd, host, port, config, deadline, err);
    }
    if (s == NULL) {
        (void)close(fd);
    }
    return s;
}

cssl_socket *cssl_connect_start(const char *host, uint16_t port, cssl_config *config,
                                cssl_mailbox *mb, cssl_error *err)
{
    if (check_role(config, false, err) != 0) {
        return NULL;
    }
    if (mb == NULL) {
        (void)fail_text(err, CSSL_R_ARGUMENT, "there is no mailbox");
        return NULL;
    }
    cssl_socket *s = sock_new(-1, config, err);
    if (s == NULL) {
        return NULL;
    }
    s->race = race_new(host, port, NULL, err);
    if (s->race == NULL) {
        sock_free(s);
        return NULL;
    }
    s->phase = PHASE_RACING;
    s->deadline = deadline_after(config_socket(config)->handshake_timeout);
    mailbox_arrive(mb, s);
    return s;
}

cssl_socket *cssl_connect_fd_sized(int fd, const char *host, const cssl_options *options,
                                   size_t size, int timeout, cssl_error *err)
{
    cssl_config *config = cssl_client_config_sized(options, size, err);
    if (config == NULL) {
        return NULL;
    }
    cssl_socket *s = cssl_connect_fd_with(fd, host, config, timeout, err);
    cssl_config_free(config);
    return s;
}

cssl_socket *cssl_connect_fd_with(int fd, const char *host, cssl_config *config, int timeout,
                                  cssl_error *err)
{
    int64_t deadline = deadline_after(timeout);
    if (check_role(config, false, err) != 0 || sock_check_connected(fd, err) != 0) {
        return NULL;
    }
    struct fd_flags was;
    int posix = sock_prepare(fd, &was);
    if (posix != 0) {
        (void)fail_socket(err, posix, "taking the descriptor over");
        return NULL;
    }
    cssl_socket *s = secure(fd, host, 0, config, deadline, err);
    if (s == NULL) {
        sock_restore(fd, &was);
    }
    return s;
}

cssl_socket *cssl_accept_fd(int fd, cssl_config *config, cssl_error *err)
{
    if (check_role(config, true, err) != 0 || sock_check_connected(fd, err) != 0) {
        return NULL;
    }
    struct fd_flags was;
    int posix = sock_prepare(fd, &was);
    if (posix != 0) {
        (void)fail_socket(err, posix, "taking the descriptor over");
        return NULL;
    }
    cssl_socket *s = sock_new(fd, config, err);
    if (s == NULL) {
        sock_restore(fd, &was);
    }
    return s;
}

int cssl_handshake(cssl_socket *s, int timeout, cssl_error *err)
{
    return cssl_handshake_with(s, s->config, timeout, err);
}

int cssl_handshake_with(cssl_socket *s, cssl_config *config, int timeout, cssl_error *err)
{
    int64_t deadline = deadline_after(timeout);
    int rc = begin_handshake(s, config, err);
    return rc != 0 ? rc : sock_handshake(s, deadline, err);
}

ssize_t cssl_recv_early(cssl_socket *s, void *data, size_t len, int timeout, cssl_error *err)
{
    int64_t deadline = deadline_after(timeout);
    if (len == 0) {
        return fail_text(err, CSSL_R_ARGUMENT, "there is no room to receive into");
    }
    int rc = begin_handshake(s, s->config, err);
    return rc != 0 ? rc : sock_recv_early(s, data, len, deadline, err);
}

/* begin_handshake: s is a server's without one yet, or with one that goes on under its config. */
static int begin_handshake(cssl_socket *s, cssl_config *config, cssl_error *err)
{
    int rc = check_role(config, true, err);
    if (rc != 0) {
        return rc;
    }
    if (s->mailbox != NULL || s->phase > PHASE_HANDSHAKE ||
        (s->phase == PHASE_HANDSHAKE && config != s->config)) {
        return fail_text(err, CSSL_R_NOT_NOW,
                         s->mailbox != NULL ? "the handshake runs in the mailbox"
                                            : "there was a handshake already");
    }
    if (s->phase == PHASE_NEW) {
        if (config != s->config) {
            cssl_config *old = s->config;
            s->config = cssl_config_ref(config);
            cssl_config_free(old);
        }
        rc = sock_check_askable(config, err);
        rc = rc == 0 ? sock_start(s, NULL, 0, true, err) : rc;
    }
    return rc;
}

static int check_role(const cssl_config *config, bool server, cssl_error *err)
{
    if (config == NULL) {
        return fail_text(err, CSSL_R_ARGUMENT, "there is no config");
    }
    if (config_socket(config)->server == server) {
        return 0;
    }
    return fail_text(err, CSSL_R_CONFIG_ROLE,
                     server ? "a server's is wanted" : "a client's is wanted");
}

/* reach runs the race to its end and returns the descriptor, or a negative status. */
static int reach(struct race *r, int64_t deadline, cssl_error *err)
{
    for (;;) {
        int fd = -1;
        int rc = race_run(r, &fd, err);
        if (rc != RACE_ON) {
            return rc == 0 ? fd : rc;
        }
        int wait = race_wait(r);
        int64_t until = wait < 0 ? deadline : earlier(deadline, now_ms() + wait);
        if (sock_wait(race_fd(r), POLLIN, until) == 0 && deadline_left(deadline) == 0) {
            return race_late(r, err);
        }
    }
}

/* secure runs a client's handshake. When that fails, fd is still open and the caller's. */
static cssl_socket *secure(int fd, const char *host, uint16_t port, cssl_config *config,
                           int64_t deadline, cssl_error *err)
{
    cssl_socket *s = sock_new(fd, config, err);
    if (s == NULL) {
        return NULL;
    }
    int rc = sock_check_askable(config, err);
    rc = rc == 0 ? sock_start(s, host, port, false, err) : rc;
    if (rc == 0) {
        rc = sock_handshake(s, deadline, err);
        engine_set_socket(s->engine, s);
    }
    if (rc >= 0) { /* done, or paused at the hello */
        return s;
    }
    give_up(s, deadline);
    return NULL;
}

/* give_up sees to it that the peer hears of the failure, and frees s but not its descriptor. */
static void give_up(cssl_socket *s, int64_t deadline)
{
    (void)sock_finish(s, earlier(deadline, deadline_after(FAREWELL_MS)), NULL);
    s->fd = -1;
    sock_free(s);
}

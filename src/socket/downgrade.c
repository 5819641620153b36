/* downgrade.c - the end of TLS on a connection that goes on in the clear. */
#include "socket/socket.h"

#include "engine/engine.h"
#include "socket/deadline.h"
#include "socket/sockerr.h"

#include <fcntl.h>
#include <poll.h>

static int check(const cssl_socket *s, cssl_error *err);
static int await_close(cssl_socket *s, int64_t deadline, cssl_error *err);

int cssl_downgrade(cssl_socket *s, uint8_t *rest, size_t *rest_len, int timeout, cssl_error *err)
{
    int64_t deadline = deadline_after(timeout);
    int rc = check(s, err);
    if (rc != 0) {
        return rc;
    }
    if ((rc = sock_say_close(s, deadline, err)) == 0) {
        rc = await_close(s, deadline, err);
    }
    if (rc == 0) {
        cssl_bytes behind = engine_behind_close(s->engine);
        if (behind.len > *rest_len) {
            rc = fail_text(err, CSSL_R_DOWNGRADE_ROOM, "%zu bytes", behind.len);
        } else if (behind.len > 0) {
            memcpy(rest, behind.data, behind.len);
        }
        *rest_len = rc == 0 ? behind.len : 0;
    }
    if (rc == 0) {
        /* What reads it next expects it as a program makes sockets: waiting. */
        int flags = fcntl(s->fd, F_GETFL);
        (void)fcntl(s->fd, F_SETFL, flags & ~O_NONBLOCK);
        rc = s->fd;
        s->fd = -1;
    }
    sock_free(s);
    return rc;
}

static int check(const cssl_socket *s, cssl_error *err)
{
    if (s->mailbox != NULL) {
        return fail_text(err, CSSL_R_IN_MAILBOX, "take it out first");
    }
    if (s->phase != PHASE_OPEN || s->write_ended || s->recv_failed) {
        return fail_text(err, CSSL_R_NOT_NOW, "the connection is not open both ways");
    }
    return 0;
}

/* await_close waits for the peer's close_notify. Data in front of it belong to the program: they
 * are neither dropped nor passed off as plain ones. */
static int await_close(cssl_socket *s, int64_t deadline, cssl_error *err)
{
    cssl_event event;
    while (sock_ready(s).len == 0) {
        if (s->peer_closed) {
            return 0;
        }
        if (sock_next(s, &event)) {
            sock_take_event(s, &event);
            if (event.type == CSSL_EV_DATA && event.data.len > 0) {
                break; /* though receiving may have been shut down */
            }
            continue;
        }
        if (s->recv_failed) {
            return sock_tell_error(s, err);
        }
        sock_take_reply(s);
        if (sock_pull(s) != SOCK_AGAIN) {
            continue;
        }
        int rc = sock_linger(s, sock_idle(s), POLLIN, deadline,
                             "the peer has not said close_notify", err);
        if (rc != 0) {
            return rc;
        }
    }
    return fail(err, CSSL_R_DOWNGRADE_DATA);
}

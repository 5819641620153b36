/*
 * connect_relay.c - carries stdin to the peer and the peer's words to stdout.
 *
 * Both ways at once and each with one piece in memory: stdin is read only when the last piece was
 * taken, the socket only when stdout took what came. The end of stdin is said to the peer
 * (close_notify) and reading goes on until the peer's own end.
 */
#include "cli/connect.h"

#include "base/buf.h"
#include "base/mem.h"
#include "socket/deadline.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PIECE = 16384,
    STDOUT_PIECE = 4096 /* a pipe that polls writable takes so much without blocking */
};

struct relay {
    const struct connect_args *args;
    cssl_socket *socket;
    cssl_mailbox *mailbox;
    uint8_t in[PIECE]; /* read from stdin, not yet taken by the socket */
    size_t in_at, in_len;
    bool in_ended;  /* stdin is at its end, or does not matter any more */
    bool said_end;  /* close_notify is sent */
    struct buf out; /* for stdout */
    bool peer_ended;
    int64_t silent_at; /* when the peer's silence is too long, after our end */
    cssl_error *err;
    int status; /* negative: it failed */
};

enum { OUT_MAX = 1 << 20 };

static void run(struct relay *r);
static void take_events(struct relay *r);
static void read_stdin(struct relay *r);
static void write_socket(struct relay *r);
static void write_stdout(struct relay *r);
static void say_end(struct relay *r);

int relay(const struct connect_args *args, cssl_socket *s, cssl_error *err)
{
    struct relay *r = cli_memory(mem_new(sizeof(*r)));
    r->args = args;
    r->socket = s;
    r->err = err;
    r->out.limit = OUT_MAX;
    r->in_ended = args->json;
    r->silent_at = NEVER;
    r->mailbox = cssl_mailbox_new(err);
    r->status = r->mailbox == NULL ? (int)err->status
                                   : cssl_set_active(s, r->mailbox, CSSL_ONCE, err);
    run(r);
    int status = r->status;
    /* Back out of the mailbox, so that closing waits for the kernel to have taken everything. */
    if (r->mailbox != NULL) {
        (void)cssl_set_active(s, r->mailbox, CSSL_PASSIVE, NULL);
    }
    int closed = cssl_close(s, CSSL_LINGER, status < 0 ? NULL : err);
    if (status == 0 && !r->peer_ended) {
        status = closed;
    }
    cssl_mailbox_free(r->mailbox);
    buf_free(&r->out);
    mem_free_wiped(r, sizeof(*r));
    return status;
}

static void failed(struct relay *r, int status)
{
    if (r->status == 0 && status < 0) {
        r->status = status;
    }
}

static bool done(const struct relay *r)
{
    return r->status < 0 || (r->peer_ended && r->out.len == 0);
}

static void run(struct relay *r)
{
    while (!done(r)) {
        struct pollfd p[3] = {
            { .fd = -1, .events = POLLIN },
            { .fd = -1, .events = POLLOUT },
            { .fd = cssl_mailbox_fd(r->mailbox), .events = POLLIN },
        };
        if (!r->in_ended && r->in_len == 0) {
            p[0].fd = STDIN_FILENO;
        }
        if (r->out.len > 0) {
            p[1].fd = STDOUT_FILENO;
        }
        int wait = deadline_left(earlier(r->silent_at, deadline_after(
                                             cssl_mailbox_timeout(r->mailbox))));
        if (poll(p, ARRAY_LEN(p), wait) < 0 && errno != EINTR) {
            failed(r, fail_system(r->err, errno, "waiting failed"));
            return;
        }
        if (p[1].revents != 0) {
            write_stdout(r);
        }
        if (p[0].revents != 0 && r->status == 0) {
            read_stdin(r);
        }
        if (r->in_ended && r->in_len == 0 && !r->said_end && r->status == 0) {
            say_end(r);
        }
        take_events(r);
        if (!done(r) && r->said_end && deadline_left(r->silent_at) == 0) {
            failed(r, fail_text(r->err, CSSL_R_TIMEOUT,
                                "the server neither said anything nor ended the connection in the "
                                "%d seconds after our end", r->args->silence / 1000));
        }
    }
}

/* ---- To the peer ---- */

static void read_stdin(struct relay *r)
{
    ssize_t n = read(STDIN_FILENO, r->in, sizeof(r->in));
    if (n > 0) {
        r->in_at = 0;
        r->in_len = (size_t)n;
        write_socket(r);
    } else if (n == 0) {
        r->in_ended = true;
    } else if (errno != EINTR && errno != EAGAIN) {
        failed(r, fail_system(r->err, errno, "stdin cannot be read"));
    }
}

static void write_socket(struct relay *r)
{
    ssize_t n = cssl_send_some(r->socket, r->in + r->in_at, r->in_len, r->err);
    if (n < 0) {
        failed(r, (int)n);
        return;
    }
    r->in_at += (size_t)n;
    r->in_len -= (size_t)n;
}

static void say_end(struct relay *r)
{
    r->said_end = true;
    int status = cssl_shutdown(r->socket, SHUT_WR, 0, r->err);
    failed(r, status == CSSL_TIMEOUT ? 0 : status);
    r->silent_at = deadline_after(r->args->silence);
}

/* ---- From the peer ---- */

static void keep_session(struct relay *r, cssl_bytes session)
{
    cssl_error err;
    if (r->args->sess_out != NULL &&
        cli_write(r->args->sess_out, session, FILE_SECRET, true, &err) < 0) {
        cli_warn("the session is not kept: %s", err.text);
    }
}

static void take_data(struct relay *r, cssl_bytes data)
{
    if (r->said_end) {
        r->silent_at = deadline_after(r->args->silence);
    }
    if (r->args->json) {
        failed(r, cssl_set_active(r->socket, r->mailbox, CSSL_ONCE, r->err));
        return;
    }
    if (buf_append(&r->out, data.data, data.len) < 0) {
        failed(r, fail(r->err, CSSL_R_NOMEM));
    }
}

static void take_events(struct relay *r)
{
    cssl_event event;
    while (r->status == 0 && cssl_receive(r->mailbox, &event, 0, NULL) == 0) {
        switch (event.type) {
        case CSSL_EV_DATA: take_data(r, event.data); break;
        case CSSL_EV_TICKET: keep_session(r, event.data); break;
        case CSSL_EV_WRITABLE: write_socket(r); break;
        case CSSL_EV_CLOSED:
            r->peer_ended = true;
            r->in_ended = true;
            break;
        case CSSL_EV_ERROR: failed(r, error_copy(r->err, event.error)); break;
        default: break;
        }
        if (r->out.len > 0) {
            return; /* stdout first */
        }
    }
}

static void write_stdout(struct relay *r)
{
    cssl_bytes bytes = buf_bytes(&r->out);
    ssize_t n = write(STDOUT_FILENO, bytes.data, min_size(bytes.len, STDOUT_PIECE));
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        failed(r, fail_system(r->err, errno, "stdout cannot be written"));
        return;
    }
    buf_consume(&r->out, n > 0 ? (size_t)n : 0);
    if (r->out.len == 0 && !r->peer_ended) {
        failed(r, cssl_set_active(r->socket, r->mailbox, CSSL_ONCE, r->err));
    }
}

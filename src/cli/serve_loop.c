/* serve_loop.c - the event loop of `cssl serve`: accepts, reads, writes, reloads, stops. What is
 * answered is the service's matter. */
#include "cli/serve.h"

#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    HTTP_IDLE_SECONDS = 60,
    ENDING_SECONDS = 5, /* for the peer's close_notify after ours */
    STOP_SECONDS = 10,  /* for what was begun, after SIGTERM */
    SWEEP_MS = 1000,
    ROUNDS_MAX = 16 /* pieces that one connection may send before others have their turn */
};

static int start(struct server *s, cssl_error *err);
static void loop(struct server *s);
static void dispatch(struct server *s, const cssl_event *event);
static void reload(struct server *s);
static void stop(struct server *s);
static void catch_signals(struct server *s);
static void release_signals(void);
static void accepted(struct server *s, cssl_socket *socket);
static void pump(struct conn *c);
static void received(struct conn *c, cssl_bytes data);
static void drop(struct conn *c, const cssl_error *err);
static void sweep(struct server *s);

/* Handlers have no parameter to pass this in; the mailbox outlives them. */
static volatile sig_atomic_t asked_stop;
static volatile sig_atomic_t asked_reload;
static cssl_mailbox *signal_mailbox;

int serve_run(struct serve_args *args)
{
    struct server s = { .args = args };
    cssl_error err;
    if (start(&s, &err) < 0) {
        s.code = tls_opts_fail(&err);
    } else {
        catch_signals(&s);
        log_listening(&s);
        loop(&s);
        release_signals();
    }
    while (s.conns != NULL) {
        drop(s.conns, NULL);
    }
    cssl_listener_close(s.listener);
    cssl_mailbox_free(s.mailbox);
    cssl_config_free(s.config);
    return s.code;
}

static int start(struct server *s, cssl_error *err)
{
    s->mailbox = cssl_mailbox_new(err);
    if (s->mailbox == NULL) {
        return err->status;
    }
    s->config = serve_config(s->args, NULL, err);
    if (s->config == NULL) {
        return err->status;
    }
    if (err->text[0] != '\0') {
        cli_warn("%s", err->text);
    }
    s->listener = cssl_listen_with(s->args->port, s->config, err);
    if (s->listener == NULL) {
        return err->status;
    }
    return cssl_listener_set_mailbox(s->listener, s->mailbox, err);
}

static bool finished(const struct server *s)
{
    return s->num_conns == 0 && (s->stopping || s->served);
}

static void loop(struct server *s)
{
    while (!finished(s)) {
        cssl_event event;
        cssl_error err;
        int status = cssl_receive(s->mailbox, &event, CSSL_INFINITY, &err);
        if (status < 0 && status != CSSL_TIMEOUT) {
            s->code = cli_fail("%s", err.text);
            return;
        }
        if (status == 0) {
            dispatch(s, &event);
        }
    }
}

static int64_t now_seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* ---- Signals ---- */

static void on_signal(int number)
{
    if (number == SIGHUP) {
        asked_reload = 1;
    } else if (asked_stop < 2) {
        asked_stop = asked_stop + 1;
    }
    cssl_mailbox_wake(signal_mailbox);
}

static void catch_signals(struct server *s)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    (void)sigemptyset(&action.sa_mask);
    (void)sigemptyset(&ignore.sa_mask);
    signal_mailbox = s->mailbox;
    (void)sigaction(SIGHUP, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL); /* whoever reads the log may go away */
}

static void release_signals(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigaction(SIGTERM, &ignore, NULL);
    (void)sigaction(SIGINT, &ignore, NULL);
    signal_mailbox = NULL;
}

static void woken(struct server *s)
{
    if (asked_reload != 0) {
        asked_reload = 0;
        reload(s);
    }
    if (asked_stop == 1 && !s->stopping) {
        stop(s);
    } else if (asked_stop > 1) {
        while (s->conns != NULL) {
            drop(s->conns, NULL);
        }
    }
}

/* A new config for connections to come. The old one stays when the new files are no good. */
static void reload(struct server *s)
{
    cssl_error err;
    if (s->listener == NULL) {
        return;
    }
    cssl_config *config = serve_config(s->args, s->config, &err);
    if (config == NULL || cssl_listener_set_config(s->listener, config, &err) < 0) {
        cssl_config_free(config);
        log_note(s, "reload_failed", "The old certificate stays in use: %s", err.text);
        return;
    }
    cssl_config_free(s->config);
    s->config = config;
    log_note(s, "reloaded", "Read certificates and keys again");
}

static void stop(struct server *s)
{
    s->stopping = true;
    s->stop_at = now_seconds() + STOP_SECONDS;
    cssl_listener_close(s->listener);
    s->listener = NULL;
    struct conn *next = NULL;
    for (struct conn *c = s->conns; c != NULL; c = next) {
        next = c->next;
        const struct service *service = s->args->service;
        if (c->state == CONN_HANDSHAKE) {
            drop(c, NULL);
        } else if (c->state == CONN_OPEN && (service->busy == NULL || !service->busy(c))) {
            c->ending = true;
            pump(c);
        } else {
            c->keep_alive = false;
        }
    }
    if (s->num_conns > 0) {
        log_note(s, "stopping", "Stopping: %zu connections have %d seconds to finish",
                 s->num_conns, STOP_SECONDS);
    }
}

/* ---- Events ---- */

static void fault(struct server *s, const cssl_event *event)
{
    struct conn *c = event->user;
    if (event->socket == NULL || c == NULL) {
        log_note(s, "trouble", "Accepting pauses: %s", event->error->text);
        return;
    }
    /* Once both said all there is to say, how the other one hangs up does not matter. */
    bool over = c->state == CONN_ENDING && event->error->status != CSSL_ALERT;
    drop(c, over ? NULL : event->error);
}

static void connected(struct conn *c)
{
    struct server *s = c->server;
    c->state = CONN_OPEN;
    if (c->traced && !s->args->once) { /* with one connection only, its end belongs to it too */
        c->traced = false;
        (void)tls_opts_trace_draw(&s->args->tls, c->peer, "cssl serve");
    }
    log_connected(c);
    if (s->args->tls.options.post_handshake_auth) {
        cssl_error err;
        if (cssl_request_certificate(c->socket, &err) < 0 && !s->args->optional_client) {
            drop(c, &err);
            return;
        }
    }
    if (s->args->service->open != NULL && !s->args->service->open(c)) {
        drop(c, NULL);
        return;
    }
    /* A replay never gets here, since it cannot finish a handshake. */
    struct buf early = c->early;
    c->early = (struct buf){ 0 };
    received(c, buf_bytes(&early));
    buf_free(&early);
}

static void received(struct conn *c, cssl_bytes data)
{
    c->received += data.len;
    if (data.len > 0 && c->state == CONN_OPEN && !c->ending &&
        !c->server->args->service->data(c, data)) {
        drop(c, NULL);
        return;
    }
    pump(c);
}

/* The handshake is done: for the first time, or anew. */
static void shaken(struct conn *c, const cssl_error *refused)
{
    if (c->state == CONN_HANDSHAKE) {
        connected(c);
        return;
    }
    if (refused == NULL) {
        log_again(c, "renegotiated");
    }
    pump(c);
}

static void early(struct conn *c, cssl_bytes data)
{
    if (buf_append(&c->early, data.data, data.len) != 0) {
        drop(c, NULL);
    }
}

/* The peer said close_notify: what it is still owed is sent, then it is over. */
static void closed(struct conn *c)
{
    c->peer_closed = true;
    c->ending = true;
    pump(c);
}

static void dispatch(struct server *s, const cssl_event *event)
{
    struct conn *c = event->user;
    if (event->type == CSSL_EV_WAKE) {
        woken(s);
        return;
    }
    if (event->type == CSSL_EV_TIMER && event->user == s) {
        sweep(s);
        return;
    }
    if (event->type == CSSL_EV_ACCEPTED) {
        accepted(s, event->socket);
        return;
    }
    if (event->type == CSSL_EV_ERROR) {
        fault(s, event);
        return;
    }
    if (c == NULL) {
        return;
    }
    c->quiet_since = now_seconds();
    switch (event->type) {
    case CSSL_EV_CONNECTED: shaken(c, event->error); break;
    case CSSL_EV_AUTHENTICATED:
        log_again(c, "authenticated");
        pump(c);
        break;
    case CSSL_EV_EARLY_DATA: early(c, event->data); break;
    case CSSL_EV_DATA: received(c, event->data); break;
    case CSSL_EV_CLOSED: closed(c); break;
    case CSSL_EV_WRITABLE: c->waiting = false; pump(c); break;
    case CSSL_EV_TIMER: c->timer = 0; pump(c); break;
    default: break;
    }
}

/* ---- Connections ---- */

static void accepted(struct server *s, cssl_socket *socket)
{
    if (s->stopping || s->served) {
        (void)cssl_close(socket, 0, NULL);
        return;
    }
    struct conn *c = mem_new(sizeof(*c));
    if (c == NULL) {
        (void)cssl_close(socket, 0, NULL);
        return;
    }
    *c = (struct conn){ .server = s, .socket = socket, .file = -1 };
    c->early.limit = s->args->tls.options.max_early_data;
    c->out.limit = SERVE_QUEUE_MAX;
    c->quiet_since = now_seconds();
    c->next = s->conns;
    if (c->next != NULL) {
        c->next->prev = c;
    }
    s->conns = c;
    s->num_conns++;
    facts_peer(c->peer, socket);
    cssl_set_user(socket, c);
    if (s->args->tls.tracing) {
        c->traced = true;
        tls_opts_trace_begin(&s->args->tls);
    }
    if (!s->sweeping && cssl_mailbox_timer(s->mailbox, SWEEP_MS, s, NULL) > 0) {
        s->sweeping = true;
    }
    if (s->args->once) {
        s->served = true;
        cssl_listener_close(s->listener);
        s->listener = NULL;
    }
}

static void drop(struct conn *c, const cssl_error *err)
{
    struct server *s = c->server;
    if (c->traced) {
        (void)tls_opts_trace_draw(&s->args->tls, c->peer, "cssl serve");
    }
    if (err != NULL && s->args->once) {
        s->code = CLI_NO;
    }
    log_ended(c, err);
    if (c->timer > 0) {
        cssl_mailbox_cancel_timer(s->mailbox, c->timer);
    }
    if (s->args->service->close != NULL) {
        s->args->service->close(c);
    }
    (void)cssl_close(c->socket, CSSL_LINGER, NULL);
    buf_free(&c->early);
    buf_free(&c->out);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        s->conns = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    s->num_conns--;
    mem_free(c);
}

/* Sends what is queued. True when all of it was taken. */
static bool flush(struct conn *c, cssl_error *err, bool *failed)
{
    while (c->out.len > 0) {
        cssl_bytes bytes = buf_bytes(&c->out);
        ssize_t n = cssl_send_some(c->socket, bytes.data, bytes.len, err);
        if (n < 0) {
            *failed = true;
            return false;
        }
        buf_consume(&c->out, (size_t)n);
        c->sent += (uint64_t)n;
        if (c->out.len > 0) {
            c->waiting = true; /* CSSL_EV_WRITABLE follows */
            return false;
        }
    }
    buf_shrink(&c->out);
    return true;
}

static void finish(struct conn *c)
{
    cssl_error err;
    if (c->peer_closed) {
        drop(c, NULL);
        return;
    }
    if (c->state != CONN_ENDING) {
        c->state = CONN_ENDING;
        int status = cssl_shutdown(c->socket, SHUT_WR, 0, &err);
        if (status < 0 && status != CSSL_TIMEOUT) {
            drop(c, &err);
            return;
        }
    }
    if (cssl_set_active(c->socket, c->server->mailbox, CSSL_ONCE, &err) < 0) {
        drop(c, NULL);
    }
}

/* Does what can be done for a connection now: sends, asks the service for more, and reads on only
 * when nothing is left to send. */
static void pump(struct conn *c)
{
    struct server *s = c->server;
    const struct service *service = s->args->service;
    cssl_error err;
    bool failed = false;
    for (int round = 0; c->state == CONN_OPEN; round++) {
        if (c->waiting || c->timer > 0) {
            return;
        }
        if (!flush(c, &err, &failed)) {
            if (failed) {
                drop(c, &err);
            }
            return;
        }
        if (round == ROUNDS_MAX) {
            c->timer = cssl_mailbox_timer(s->mailbox, 0, c, &err);
            if (c->timer < 0) {
                c->timer = 0;
                drop(c, &err);
            }
            return;
        }
        if (service->more != NULL && !service->more(c)) {
            drop(c, NULL);
            return;
        }
        if (c->out.len == 0) {
            break;
        }
    }
    if (c->ending || c->state == CONN_ENDING) {
        finish(c);
    } else if (cssl_set_active(c->socket, s->mailbox, CSSL_ONCE, &err) < 0) {
        drop(c, &err);
    }
}

/* Ends what is idle or overdue; runs once a second while there are connections. */
static void sweep(struct server *s)
{
    int64_t now = now_seconds();
    struct conn *next = NULL;
    for (struct conn *c = s->conns; c != NULL; c = next) {
        next = c->next;
        int64_t quiet = now - c->quiet_since;
        if ((s->stopping && now >= s->stop_at) ||
            (c->state == CONN_ENDING && quiet > ENDING_SECONDS)) {
            drop(c, NULL);
        } else if (c->state == CONN_OPEN && s->args->service->http &&
                   quiet > HTTP_IDLE_SECONDS) {
            drop(c, NULL);
        }
    }
    s->sweeping = s->num_conns > 0 && cssl_mailbox_timer(s->mailbox, SWEEP_MS, s, NULL) > 0;
}

/* ---- For services ---- */

bool conn_write(struct conn *c, const void *data, size_t len)
{
    return buf_append(&c->out, data, len) == 0;
}

bool conn_text(struct conn *c, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        return false;
    }
    bool fits = conn_write(c, text, (size_t)len);
    free(text);
    return fits;
}

/* connection.c - carries bytes between an engine and the runner's socket. Blocks. */
#include "shim.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool send_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static int dial(const struct settings *s)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_port = htons((uint16_t)s->port),
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr_in four = { .sin_family = AF_INET,
                                .sin_port = htons((uint16_t)s->port),
                                .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(s->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    int ret = s->ipv6 ? connect(fd, (const struct sockaddr *)&six, sizeof(six))
                      : connect(fd, (const struct sockaddr *)&four, sizeof(four));
    if (ret != 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

bool connection_open(struct connection *c, const struct settings *s, cssl_config *config,
                     struct surroundings *around)
{
    const cssl_peer peer = { .name = s->host_name == NULL ? "" : s->host_name };
    uint64_t id = s->shim_id == NULL ? 0 : strtoull(s->shim_id, NULL, 10);
    uint8_t greeting[8];
    for (size_t i = 0; i < sizeof(greeting); i++) {
        greeting[i] = (uint8_t)(id >> (8 * i));
    }
    *c = (struct connection){ .by_bytes = s->async, .around = around,
                               .freely = s->renegotiate_freely,
                               .exports = s->use_exporter_between_reads };
    c->engine = cssl_engine_new(config, s->server ? NULL : &peer, &c->error);
    c->fd = dial(s);
    return c->engine != NULL && c->fd >= 0 && send_all(c->fd, greeting, sizeof(greeting));
}

bool connection_flush(struct connection *c)
{
    for (;;) {
        cssl_bytes out = cssl_engine_output(c->engine);
        size_t len = c->by_bytes && out.len > 1 ? 1 : out.len;
        if (len == 0 || c->hold_output) {
            return true;
        }
        if (!send_all(c->fd, out.data, len)) {
            return false;
        }
        cssl_engine_sent(c->engine, len);
    }
}

bool connection_trickle(struct connection *c)
{
    cssl_bytes out = cssl_engine_output(c->engine);
    if (out.len > 0 && !send_all(c->fd, out.data, 1)) {
        return false;
    }
    cssl_engine_sent(c->engine, out.len > 0 ? 1 : 0);
    return true;
}

/* fill reads from the socket what there is room for. */
static bool fill(struct connection *c)
{
    uint8_t *where = NULL;
    size_t room = cssl_engine_room(c->engine, &where);
    if (room == 0) {
        return cssl_engine_received(c->engine, 0, &c->error) == 0;
    }
    ssize_t n = recv(c->fd, where, c->by_bytes ? 1 : room, 0);
    if (n <= 0) {
        c->ended = true;
        n = 0;
    }
    return cssl_engine_received(c->engine, (size_t)n, &c->error) == 0;
}

static void keep_ticket(struct connection *c, cssl_bytes ticket)
{
    uint8_t *copy = malloc(ticket.len);
    if (copy != NULL) {
        memcpy(copy, ticket.data, ticket.len);
        free(c->ticket);
        c->ticket = copy;
        c->ticket_len = ticket.len;
    }
}

/* echo_early answers early data at once, where a server may write before the handshake is done;
 * else it is kept until then. */
static void echo_early(struct connection *c, cssl_bytes data)
{
    size_t room = sizeof(c->early) - c->early_len;
    size_t len = data.len < room ? data.len : room;
    for (size_t i = 0; i < len; i++) {
        c->early[c->early_len + i] = data.data[i] ^ 0xff;
    }
    ssize_t n = cssl_engine_write(c->engine, c->early + c->early_len, len, NULL);
    c->early_len += n == (ssize_t)len ? 0 : len;
}

/* -async: public-key work is done later than it is asked for, and the engine waits for it. */
static bool run_step(struct connection *c)
{
    uint8_t *where = NULL;
    cssl_event event;
    cssl_step *step = cssl_engine_step(c->engine);
    bool waits = cssl_engine_room(c->engine, &where) == 0 && !cssl_engine_next(c->engine, &event);
    if (step == NULL || !waits || !connection_flush(c)) {
        cssl_step_free(step);
        return false;
    }
    cssl_step_run(step);
    return cssl_engine_step_done(c->engine, step, &c->error) == 0;
}

/* -async: questions come as events, and are answered when all else is done. */
static bool answer(struct connection *c, const cssl_question *q)
{
    uint8_t *where = NULL;
    cssl_event event;
    const cssl_answer a = judge(c->around, q);
    return cssl_engine_room(c->engine, &where) == 0 && !cssl_engine_next(c->engine, &event) &&
           connection_flush(c) && cssl_engine_answer(c->engine, &a, &c->error) == 0;
}

/* The library takes a further request only when ten seconds are over. */
static void count_renegotiation(struct connection *c)
{
    c->renegotiations++;
    c->around->clock += c->freely ? 10 : 0;
}

/* next_event gives the next event that is neither a ticket nor early data; false: c->error says
 * why not. */
static bool next_event(struct connection *c, cssl_event *event)
{
    for (;;) {
        while (cssl_engine_next(c->engine, event)) {
            if (event->type == CSSL_EV_ERROR) {
                c->error = *event->error;
                return false;
            }
            if (event->type == CSSL_EV_TICKET) {
                keep_ticket(c, event->data);
            } else if (event->type == CSSL_EV_EARLY_DATA) {
                echo_early(c, event->data);
            } else if (event->type == CSSL_EV_HELLO) {
                cssl_engine_refuse(c->engine, c->around->refuse_hello);
            } else if (event->type == CSSL_EV_STEP || event->type == CSSL_EV_ASK) {
                if (event->type == CSSL_EV_STEP ? !run_step(c) : !answer(c, &event->question)) {
                    return false;
                }
            } else if (event->type == CSSL_EV_CONNECTED && c->connected) {
                count_renegotiation(c);
            } else {
                return true;
            }
        }
        uint8_t key[32];
        if (c->connected && c->exports &&
            cssl_engine_export_key_material(c->engine, "EXPORTER-x", (cssl_bytes){ NULL, 0 }, key,
                                            sizeof(key), &c->error) != 0) {
            (void)fprintf(stderr, "failed to export keying material\n");
            return false;
        }
        /* After TLS 1.3's handshake replies wait for the next write: the runner counts them. */
        if (((!c->connected || c->of12) && !connection_flush(c)) || !fill(c)) {
            return false;
        }
    }
}

bool connection_handshake(struct connection *c)
{
    cssl_event event;
    cssl_info info;
    c->connected = next_event(c, &event) && event.type == CSSL_EV_CONNECTED;
    cssl_engine_information(c->engine, &info);
    c->of12 = strcmp(info.protocol, "tlsv1.2") == 0;
    return c->connected && connection_flush(c);
}

ssize_t connection_peek(struct connection *c, uint8_t *to, size_t max)
{
    cssl_event event;
    while (c->data.len == 0) {
        if (c->closed) {
            return 0;
        }
        if (!next_event(c, &event)) {
            return c->error.status == CSSL_TRUNCATED ? 0 : -1;
        }
        c->closed = event.type == CSSL_EV_CLOSED;
        if (event.type == CSSL_EV_DATA) {
            c->data = event.data;
        }
    }
    size_t n = c->data.len < max ? c->data.len : max;
    memcpy(to, c->data.data, n);
    return (ssize_t)n;
}

ssize_t connection_read(struct connection *c, uint8_t *to, size_t max)
{
    ssize_t n = connection_peek(c, to, max);
    if (n > 0) {
        c->data = (cssl_bytes){ c->data.data + n, c->data.len - (size_t)n };
    }
    return n;
}

bool connection_write(struct connection *c, const void *data, size_t len)
{
    const uint8_t *at = data;
    while (len > 0) {
        ssize_t n = cssl_engine_write(c->engine, at, len, &c->error);
        if (n <= 0 || !connection_flush(c)) {
            return false; /* nothing is taken amid a renegotiation */
        }
        at += n;
        len -= (size_t)n;
    }
    return true;
}

bool connection_shutdown(struct connection *c)
{
    return cssl_engine_close(c->engine, &c->error) == 0 && connection_flush(c);
}

void connection_free(struct connection *c)
{
    uint8_t rest[4096];
    c->hold_output = false;
    if (c->fd >= 0) {
        if (c->engine != NULL) {
            (void)connection_flush(c);
        }
        (void)shutdown(c->fd, SHUT_WR);
        while (recv(c->fd, rest, sizeof(rest), 0) > 0) {
        }
        (void)close(c->fd);
    }
    cssl_engine_free(c->engine);
    free(c->ticket);
    *c = (struct connection){ .fd = -1 };
}

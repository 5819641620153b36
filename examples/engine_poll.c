/*
 * engine_poll.c - the engine in somebody else's event loop: poll(2), a socket, standard input.
 *
 *     engine_poll ADDRESS PORT NAME AUTHORITIES
 */
#include <cssl.h>

#include <arpa/inet.h>
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* flush writes what the engine wants sent, as much as the socket takes now. */
static void flush(cssl_engine *engine, int fd)
{
    cssl_bytes out = cssl_engine_output(engine);
    ssize_t n = out.len == 0 ? 0 : send(fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    cssl_engine_sent(engine, n < 0 ? 0 : (size_t)n); /* poll(2) tells of a broken connection */
}

/* receive gives the engine what has come and takes what that amounts to; false at the end. */
static bool receive(cssl_engine *engine, int fd, bool *connected)
{
    cssl_error e = { .status = CSSL_OK };
    cssl_event ev;
    uint8_t *where;
    size_t room = cssl_engine_room(engine, &where);
    ssize_t n = room == 0 ? 0 : recv(fd, where, room, 0); /* poll(2) said that it will not wait */
    if (n < 0) {
        err(1, "receive");
    }
    int rc = room == 0 ? 0 : cssl_engine_received(engine, (size_t)n, &e);
    while (cssl_engine_next(engine, &ev)) {
        *connected = *connected || ev.type == CSSL_EV_CONNECTED;
        if (ev.type == CSSL_EV_CLOSED) {
            return false;
        } else if (ev.type == CSSL_EV_DATA) {
            fwrite(ev.data.data, 1, ev.data.len, stdout);
        } else if (ev.type == CSSL_EV_ERROR) {
            e = *ev.error;
        }
    }
    if (rc != 0 || e.status != CSSL_OK) {
        flush(engine, fd); /* the alert that tells the peer why */
        errx(1, "%s", e.text);
    }
    return true;
}

int main(int argc, char **argv)
{
    cssl_error e;
    struct sockaddr_in to = { .sin_family = AF_INET };
    if (argc != 5 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
        errx(2, "usage: engine_poll ADDRESS PORT NAME AUTHORITIES");
    }
    const cssl_options options = { .cacertfile = argv[4] };
    const cssl_peer peer = { .name = argv[3] };
    cssl_config *config = cssl_client_config(&options, &e);
    cssl_engine *engine = config == NULL ? NULL : cssl_engine_new(config, &peer, &e);
    if (engine == NULL) {
        errx(1, "%s", e.text);
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        err(1, "%s port %s", argv[1], argv[2]);
    }
    bool connected = false, input = true, open = true;
    while (open) {
        bool queued = cssl_engine_output(engine).len > 0;
        bool ask = connected && input && !queued;
        struct pollfd p[2] = { { .fd = fd, .events = (short)(queued ? POLLIN | POLLOUT : POLLIN) },
                               { .fd = ask ? STDIN_FILENO : -1, .events = POLLIN } };
        if (poll(p, 2, -1) < 0) {
            err(1, "poll");
        }
        if (p[1].revents != 0) { /* nothing is queued: all of it will be taken */
            char line[4096];
            ssize_t n = read(STDIN_FILENO, line, sizeof(line));
            input = n > 0;
            if ((n > 0 ? cssl_engine_write(engine, line, (size_t)n, &e)
                       : cssl_engine_close(engine, &e)) < 0) {
                errx(1, "%s", e.text);
            }
        }
        if ((p[0].revents & ~POLLOUT) != 0) {
            open = receive(engine, fd, &connected);
        }
        flush(engine, fd);
    }
    cssl_engine_free(engine);
    cssl_config_free(config);
    return fflush(stdout) == 0 && close(fd) == 0 ? 0 : 1;
}

/*
 * server.c - a TLS server: it reads what a client says and answers, one thread a connection.
 *
 *     server PORT CERTIFICATE KEY          (PORT 0 takes one that is free)
 */
#include <cssl.h>

#include <err.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT = 10000 }; /* milliseconds; no client keeps a thread for longer */

static void *serve(void *arg)
{
    cssl_socket *s = arg;
    cssl_error e;
    char line[1024];
    ssize_t n = -1;
    static const char answer[] = "Hello, secure world!";

    if (cssl_handshake(s, TIMEOUT, &e) != 0) {
        warnx("handshake: %s", e.text);
    } else if ((n = cssl_recv(s, line, sizeof(line), TIMEOUT, &e)) < 0) {
        warnx("receive: %s", e.text);
    } else {
        printf("Received: %.*s\n", (int)n, line);
        fflush(stdout);
        if (cssl_send(s, answer, sizeof(answer) - 1, TIMEOUT, &e) != 0) {
            warnx("send: %s", e.text);
        }
    }
    if (cssl_close(s, CSSL_LINGER, &e) != 0 && n >= 0) {
        warnx("close: %s", e.text);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    cssl_error e;
    if (argc != 4) {
        errx(2, "usage: server PORT CERTIFICATE KEY");
    }
    const cssl_options options = { .certfile = argv[2], .keyfile = argv[3] };
    cssl_listener *listener = cssl_listen((uint16_t)strtoul(argv[1], NULL, 10), &options, &e);
    if (listener == NULL) {
        errx(1, "%s", e.text);
    }
    printf("Listening on port %u\n", cssl_listener_port(listener));
    fflush(stdout);

    for (;;) {
        cssl_socket *s = cssl_transport_accept(listener, CSSL_INFINITY, &e);
        pthread_t thread;
        if (s == NULL) {
            warnx("%s", e.text);
            poll(NULL, 0, 100); /* when descriptors ran out, let some be closed */
        } else if (pthread_create(&thread, NULL, serve, s) != 0) {
            warnx("no thread for a connection");
            cssl_close(s, 0, NULL);
        } else {
            pthread_detach(thread);
        }
    }
}

/*
 * mutual_server.c - a server that wants to know who its clients are: each shows a certificate.
 *
 *     mutual_server PORT CERTIFICATE KEY AUTHORITIES
 *
 * It serves one client after the other; server.c shows how to serve many at once.
 */
#include <cssl.h>

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT = 10000 };

static void serve(cssl_socket *s)
{
    cssl_error e;
    cssl_bytes certificate;
    char answer[128];
    char line[64];

    if (cssl_handshake(s, TIMEOUT, &e) != 0) {
        warnx("refused: %s", e.text); /* no certificate, or none that we trust */
        return;
    }
    if (cssl_peercert(s, 0, &certificate, &e) != 0) {
        warnx("%s", e.text);
        return;
    }
    ssize_t n = cssl_recv(s, line, sizeof(line), TIMEOUT, &e);
    if (n < 0) {
        warnx("receive: %s", e.text);
        return;
    }
    snprintf(answer, sizeof(answer), "I know you by a certificate of %zu bytes", certificate.len);
    if (cssl_send(s, answer, strlen(answer), TIMEOUT, &e) != 0) {
        warnx("send: %s", e.text);
    }
}

int main(int argc, char **argv)
{
    cssl_error e;
    if (argc != 5) {
        errx(2, "usage: mutual_server PORT CERTIFICATE KEY AUTHORITIES");
    }
    const cssl_options options = { .certfile = argv[2],
                                   .keyfile = argv[3],
                                   .verify = CSSL_VERIFY_PEER, /* of clients, that is */
                                   .cacertfile = argv[4] };
    cssl_listener *listener = cssl_listen((uint16_t)strtoul(argv[1], NULL, 10), &options, &e);
    if (listener == NULL) {
        errx(1, "%s", e.text);
    }
    printf("Listening on port %u\n", cssl_listener_port(listener));
    fflush(stdout);
    for (;;) {
        cssl_socket *s = cssl_transport_accept(listener, CSSL_INFINITY, &e);
        if (s == NULL) {
            warnx("%s", e.text);
            poll(NULL, 0, 100); /* when descriptors ran out, let some be closed */
            continue;
        }
        serve(s);
        cssl_close(s, 1000, NULL); /* the others are waiting */
    }
}

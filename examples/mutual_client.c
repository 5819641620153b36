/*
 * mutual_client.c - a client that verifies the server and shows a certificate of its own.
 *
 *     mutual_client HOST PORT AUTHORITIES CERTIFICATE KEY
 */
#include <cssl.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT = 10000 };

int main(int argc, char **argv)
{
    cssl_error e;
    if (argc != 6) {
        errx(2, "usage: mutual_client HOST PORT AUTHORITIES CERTIFICATE KEY");
    }
    const cssl_options options = { .cacertfile = argv[3], .certfile = argv[4], .keyfile = argv[5] };
    cssl_socket *s =
        cssl_connect(argv[1], (uint16_t)strtoul(argv[2], NULL, 10), &options, TIMEOUT, &e);
    if (s == NULL) {
        errx(1, "%s", e.text);
    }
    static const char question[] = "Who am I?";
    char answer[256];
    if (cssl_send(s, question, strlen(question), TIMEOUT, &e) != 0) {
        errx(1, "send: %s", e.text); /* a server tells only now whether it wants to know us */
    }
    ssize_t n = cssl_recv(s, answer, sizeof(answer), TIMEOUT, &e);
    if (n < 0) {
        errx(1, "receive: %s", e.text);
    }
    printf("Received: %.*s\n", (int)n, answer);
    if (cssl_close(s, CSSL_LINGER, &e) != 0) {
        errx(1, "close: %s", e.text);
    }
    return 0;
}

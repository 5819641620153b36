/*
 * client.c - a TLS client: it verifies the server, says hello and prints the answer.
 *
 *     client HOST PORT AUTHORITIES
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
    if (argc != 4) {
        errx(2, "usage: client HOST PORT AUTHORITIES");
    }
    /* Whoever presents a certificate for HOST from one of these authorities is the server. */
    const cssl_options options = { .cacertfile = argv[3] };
    cssl_socket *s =
        cssl_connect(argv[1], (uint16_t)strtoul(argv[2], NULL, 10), &options, TIMEOUT, &e);
    if (s == NULL) {
        errx(1, "%s", e.text);
    }
    static const char greeting[] = "Hello, server!";
    if (cssl_send(s, greeting, strlen(greeting), TIMEOUT, &e) != 0) {
        errx(1, "send: %s", e.text);
    }
    /* 0 is the end as the server meant it; a connection that is cut off is an error. */
    char data[1024];
    ssize_t n;
    printf("Received: ");
    while ((n = cssl_recv(s, data, sizeof(data), TIMEOUT, &e)) > 0) {
        fwrite(data, 1, (size_t)n, stdout);
    }
    printf("\n");
    if (n < 0) {
        errx(1, "receive: %s", e.text);
    }
    if (cssl_close(s, CSSL_LINGER, &e) != 0) {
        errx(1, "close: %s", e.text);
    }
    return 0;
}

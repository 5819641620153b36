/*
 * echo_mailbox.c - an echo server of one thread for any number of connections.
 *
 *     echo_mailbox PORT CERTIFICATE KEY
 *
 * CSSL_ONCE gives one piece of data at a time; the next is asked for when this one was sent. So a
 * client which never reads is not read from either, and costs no more than send_limit and a rest.
 */
#include <cssl.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rest { /* what could not be sent back yet */
    size_t len;
    uint8_t data[16384]; /* as much as a record holds */
};

static int send_back(cssl_socket *s, const uint8_t *data, size_t len, cssl_error *e)
{
    struct rest *rest = cssl_user(s);
    ssize_t n = cssl_send_some(s, data, len, e);
    if (n == (ssize_t)len) {
        cssl_set_user(s, NULL);
        free(rest);
        return cssl_set_active(s, NULL, CSSL_ONCE, e);
    }
    if (n < 0) {
        return (int)n;
    }
    if (rest == NULL && (rest = malloc(sizeof(*rest))) == NULL) {
        err(1, "a client's rest");
    }
    cssl_set_user(s, rest); /* CSSL_EV_WRITABLE comes when there is room again */
    rest->len = len - (size_t)n;
    memmove(rest->data, data + n, rest->len);
    return 0;
}

static void handle(const cssl_event *ev)
{
    cssl_error e;
    const struct rest *rest = ev->user;
    int rc = 0;
    if (ev->type == CSSL_EV_CONNECTED) {
        rc = cssl_set_active(ev->socket, NULL, CSSL_ONCE, &e);
    } else if (ev->type == CSSL_EV_DATA) {
        rc = send_back(ev->socket, ev->data.data, ev->data.len, &e);
    } else if (ev->type == CSSL_EV_WRITABLE && rest != NULL) {
        rc = send_back(ev->socket, rest->data, rest->len, &e);
    }
    if (rc < 0 || ev->type == CSSL_EV_ERROR) {
        warnx("%s", rc < 0 ? e.text : ev->error->text);
    }
    /* An error without a socket is the listener's, which goes on by itself. */
    if (rc < 0 || ev->type == CSSL_EV_CLOSED || (ev->type == CSSL_EV_ERROR && ev->socket)) {
        free(cssl_user(ev->socket));
        cssl_close(ev->socket, CSSL_LINGER, NULL);
    }
}

int main(int argc, char **argv)
{
    cssl_error e;
    cssl_event ev;
    if (argc != 4) {
        errx(2, "usage: echo_mailbox PORT CERTIFICATE KEY");
    }
    const cssl_options options = {
        .certfile = argv[2], .keyfile = argv[3], .send_limit = 32768 /* for each slow client */
    };
    cssl_listener *listener = cssl_listen((uint16_t)strtoul(argv[1], NULL, 10), &options, &e);
    cssl_mailbox *mb = listener == NULL ? NULL : cssl_mailbox_new(&e);
    if (mb == NULL || cssl_listener_set_mailbox(listener, mb, &e) != 0) {
        errx(1, "%s", e.text);
    }
    printf("Listening on port %u\n", cssl_listener_port(listener));
    fflush(stdout);
    while (cssl_receive(mb, &ev, CSSL_INFINITY, &e) == 0) {
        handle(&ev);
    }
    errx(1, "%s", e.text);
}

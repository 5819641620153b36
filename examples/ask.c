/*
 * ask.c - a TLS server that is asked, while a handshake waits, who it is to be for a host's name.
 *
 *     ask PORT HOST CERTIFICATE KEY ...    (PORT 0 takes one that is free)
 *
 * There may be several hosts, with three arguments each; the first is for clients that name none.
 */
#include <cssl.h>

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { HOSTS_MAX = 16, TIMEOUT = 10000 /* milliseconds */ };

struct hosts {
    size_t num;
    struct {
        const char *name;
        cssl_config *config;
    } of[HOSTS_MAX];
};

/* A program that has to look elsewhere first returns false here, and calls cssl_answer_question
 * from any thread when it knows. */
static bool ask(void *user, const cssl_question *q, cssl_answer *a)
{
    const struct hosts *hosts = user;
    a->verdict = CSSL_REJECT; /* the client hears unrecognized_name */
    for (size_t i = 0; i < hosts->num; i++) {
        const char *name = (const char *)q->subject.data; /* not ended by a zero */
        if (strncasecmp(hosts->of[i].name, name, q->subject.len) == 0 &&
            hosts->of[i].name[q->subject.len] == '\0') {
            a->verdict = CSSL_ACCEPT;
            a->config = hosts->of[i].config;
        }
    }
    printf("Asked for %.*s: %s\n", (int)q->subject.len, (const char *)q->subject.data,
           a->verdict == CSSL_ACCEPT ? "yes" : "no");
    fflush(stdout);
    return true;
}

static void serve(cssl_socket *s)
{
    static const char answer[] = "Hello, whoever you asked for!";
    cssl_error e;
    if (cssl_handshake(s, TIMEOUT, &e) != 0) {
        warnx("handshake: %s", e.text);
    } else if (cssl_send(s, answer, sizeof(answer) - 1, TIMEOUT, &e) != 0) {
        warnx("send: %s", e.text);
    }
    cssl_close(s, TIMEOUT, NULL);
}

int main(int argc, char **argv)
{
    cssl_error e;
    struct hosts hosts = { .num = 0 };
    if (argc < 5 || (argc - 2) % 3 != 0 || (argc - 2) / 3 > HOSTS_MAX) {
        errx(2, "usage: ask PORT HOST CERTIFICATE KEY [HOST CERTIFICATE KEY ...]");
    }
    for (char **arg = argv + 2; *arg != NULL; arg += 3) {
        const cssl_options identity = { .certfile = arg[1], .keyfile = arg[2] };
        cssl_config *config = cssl_server_config(&identity, &e);
        if (config == NULL) {
            errx(1, "%s: %s", arg[0], e.text);
        }
        hosts.of[hosts.num].name = arg[0];
        hosts.of[hosts.num++].config = config;
    }
    const cssl_options options = { .certfile = argv[3],
                                   .keyfile = argv[4],
                                   .ask_about = CSSL_ASK_SNI,
                                   .ask = ask,
                                   .user = &hosts };
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
        } else {
            serve(s);
        }
    }
}

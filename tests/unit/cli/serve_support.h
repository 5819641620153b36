/* serve_support.h - what the tests of `cssl serve` and `cssl connect` share: what a function
 * prints, a connection of the server without a socket, two sockets with the handshake done. */
#ifndef CSSL_TEST_SERVE_SUPPORT_H
#define CSSL_TEST_SERVE_SUPPORT_H

#include "base/error.h" /* before cmocka, which has a macro of the name fail */

#include "support.h"

#include "cli/serve.h"

#include <pthread.h>
#include <unistd.h>

#define CERTS CSSL_TEST_VECTORS "/../certs/"

/* Nothing waits for that long unless it is broken. */
enum { PATIENCE = 20000 };

/* has and has_not fail the running test unless part is, or is not, in text. */
void has(const char *text, const char *part);
void has_not(const char *text, const char *part);

/* Takes what is written to a descriptor (1: stdout, 2: stderr). */
struct capture {
    int fd, kept, file;
};
void capture_begin(struct capture *c, int fd);
/* capture_end puts the descriptor back and returns the text, freed by the caller. */
char *capture_end(struct capture *c);

/* A connection as the loop keeps it, but with nothing below it. */
struct fake {
    struct serve_args args;
    struct server server;
    struct conn conn;
};
void fake_open(struct fake *f, const struct service *service);
void fake_close(struct fake *f);
/* fake_out is what is queued, freed by the caller; the queue is empty then. */
char *fake_out(struct fake *f);

/* Both ends of a connection on loopback. The client verifies the server as localhost. */
struct ends {
    cssl_listener *listener;
    cssl_socket *client, *server;
    pthread_t thread;
    int rc; /* of the server's handshake */
    cssl_error err;
};
void ends_open(struct ends *e, const cssl_options *server, const cssl_options *client);
void ends_close(struct ends *e); /* what is left of it, without waiting */

#endif

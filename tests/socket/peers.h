/* peers.h - both ends of a connection on loopback, for the tests of src/socket. */
#ifndef CSSL_TEST_PEERS_H
#define CSSL_TEST_PEERS_H

#include "support.h"

#include <pthread.h>

/* Nothing waits for that long unless it is broken. */
enum { PATIENCE = 20000 };

#define CERTS CSSL_TEST_VECTORS "/../certs/"

/* ok fails the running test with the error's sentence unless rc is 0 or more. */
#define ok(rc, err) ok_at((long)(rc), err, __FILE__, __LINE__)
void ok_at(long rc, const cssl_error *err, const char *file, int line);

/* Options for a server that clients of client_options trust, under the name localhost. */
cssl_options server_options(void);
cssl_options client_options(void);

/* A function that runs on a thread of its own. It may not use cmocka: it returns an error. */
struct job {
    pthread_t thread;
    int (*run)(struct job *job);
    void *arg;
    int rc;
    cssl_error err;
};
void job_start(struct job *job, int (*run)(struct job *job), void *arg);
/* job_end waits for it and returns what it returned. */
int job_end(struct job *job);

/* Two sockets with the handshake done. */
struct pair {
    cssl_listener *listener;
    cssl_socket *client, *server;
};
void pair_open(struct pair *p, const cssl_options *server, const cssl_options *client);
/* pair_close closes what is left of it, without waiting. */
void pair_close(struct pair *p);

/* raw_connect connects a plain TCP socket to a port of loopback. */
int raw_connect(uint16_t port);
/* raw_listen gives a listening plain socket. */
int raw_listen(uint16_t *port);

/* fill writes a pattern that depends on the place in the stream; check says where it breaks. */
void fill(uint8_t *out, size_t len, size_t at);
bool check(const uint8_t *data, size_t len, size_t at);

/* next takes the next event, which has to come; expect also says of which type it has to be;
 * expect_none waits so many ms and sees that none comes. */
cssl_event next(cssl_mailbox *mb);
cssl_event expect(cssl_mailbox *mb, cssl_event_type type);
void expect_none(cssl_mailbox *mb, int timeout);

/* clock_ms is the time since some moment. */
int64_t clock_ms(void);

/* in_child is for processes of fork(2): their exit code is the line where something was wrong. */
#define in_child(condition)            \
    do {                               \
        if (!(condition)) {            \
            _exit(__LINE__ % 255 + 1); \
        }                              \
    } while (0)

#endif

/*
 * race.h - a TCP connection to a host by the first of its addresses that answers (RFC 8305).
 *
 * It never blocks: when race_fd polls readable, or race_wait is over, race_run has something to
 * do. Knows nothing of TLS.
 */
#ifndef CSSL_SOCKET_RACE_H
#define CSSL_SOCKET_RACE_H

#include "socket/addr.h"
#include "socket/poller.h"

struct race;

/* race_new checks host and begins. servers as in resolver_new, NULL outside of tests. */
struct race *race_new(const char *host, uint16_t port, const char *servers, cssl_error *err);
/* race_free ends what is under way. */
void race_free(struct race *r);
int race_fd(const struct race *r);
const char *race_host(const struct race *r);
uint16_t race_port(const struct race *r);
/* race_wait is how many ms race_run may stay away, -1 any number. */
int race_wait(struct race *r);
/* race_run goes on. It returns RACE_ON, 0 with a connected descriptor in *fd (which is then the
 * caller's), or a negative status: no address can be reached. */
enum { RACE_ON = 1 };
int race_run(struct race *r, int *fd, cssl_error *err) CHECK;
/* race_late raises CSSL_TIMEOUT and says how far the race had come. */
int race_late(const struct race *r, cssl_error *err);

#endif

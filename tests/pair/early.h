/* early.h - two hosts with a session that allows early data, for the tests of it. */
#ifndef CSSL_TEST_PAIR_EARLY_H
#define CSSL_TEST_PAIR_EARLY_H

#include "scene.h"

enum { EARLY_LIMIT = 1000 }; /* what the server takes unless it is told otherwise */

extern const char early_text[]; /* what the client sends early unless it is told otherwise */

void pass_ms(int64_t ms);

/* Options with early data in them, besides what is in more (which may be NULL). */
cssl_options client_options(const cssl_options *more);
cssl_options server_options(const cssl_options *more);

/* early_hosts makes hosts of such options; early_meet lets them make a first connection too: there
 * is a session that allows early data then. */
void early_hosts(struct scene *s, const cssl_options *client, const cssl_options *server);
void early_meet(struct scene *s, const cssl_options *client, const cssl_options *server);
void renew_server(struct scene *s, const cssl_options *more);

/* again connects once more and says what became of the early data: 1 accepted, 0 refused, -1 not
 * even offered; once_more frees that connection. */
int again(struct scene *s, const char *name);
int once_more(struct scene *s, const char *name);
/* expect fails the test, saying what, unless have is want. */
void expect(int have, int want, const char *what);

/* first_flight is what a client says first: its ClientHello and its early data. To be freed. */
cssl_bytes first_flight(struct scene *s);

#endif

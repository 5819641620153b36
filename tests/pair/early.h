/* early.h - two hosts with a session that allows early data, for the tests of it. */
#ifndef CSSL_TEST_PAIR_EARLY_H
#define CSSL_TEST_PAIR_EARLY_H

#include "pair.h"

enum { EARLY_LIMIT = 1000 }; /* what the server takes unless it is told otherwise */

extern const char early_text[]; /* what the client sends early unless it is told otherwise */
extern struct test_clock wall;

/* early_set_up is a test's set-up: the clock starts anew. */
int early_set_up(void **state);
void pass_ms(int64_t ms);

/* Options with early data in them, besides what is in more (which may be NULL). */
cssl_options client_options(const cssl_options *more);
cssl_options server_options(const cssl_options *more);

/* Two hosts that know each other: there is a session that allows early data. */
struct scene {
    struct pair_host client, server;
    struct pair p;
};
/* scene_init makes the hosts; scene_meet lets them make a first connection too. */
void scene_init(struct scene *s, const cssl_options *client, const cssl_options *server);
void scene_meet(struct scene *s, const cssl_options *client, const cssl_options *server);
void scene_end(struct scene *s);
void renew_server(struct scene *s, const cssl_options *more);
cssl_info info_of(const struct scene *s, enum pair_dir side);

/* again connects once more and says what became of the early data: 1 accepted, 0 refused, -1 not
 * even offered; once_more frees that connection. */
int again(struct scene *s, const char *name);
int once_more(struct scene *s, const char *name);
/* expect fails the test, saying what, unless have is want. */
void expect(int have, int want, const char *what);

/* first_flight is what a client says first: its ClientHello and its early data. To be freed. */
cssl_bytes first_flight(struct scene *s);

#endif

/* scene.h - two hosts, the pair of engines between them, and the clock of all of a test's hosts. */
#ifndef CSSL_TEST_PAIR_SCENE_H
#define CSSL_TEST_PAIR_SCENE_H

#include "pair.h"

extern struct test_clock wall;

/* scene_set_up is a test's set-up: the clock starts anew. */
int scene_set_up(void **state);

struct scene {
    struct pair_host client, server;
    struct pair p; /* to "server.test" */
};

/* scene_hosts makes the hosts; scene_begin starts a connection too, and scene_open has it made. */
void scene_hosts(struct scene *s, const cssl_options *client, const cssl_options *server);
void scene_begin(struct scene *s, const cssl_options *client, const cssl_options *server);
void scene_open(struct scene *s, const cssl_options *client, const cssl_options *server);
/* scene_end frees the hosts, and the connection if there is one. */
void scene_end(struct scene *s);

/* scene_ask begins with on_ask, which answers with arg, and carries on as far as that goes. */
void scene_ask(struct scene *s, const cssl_options *client, const cssl_options *server,
               bool (*on_ask)(struct pair *p, enum pair_dir dir, const cssl_event *event),
               void *arg);
/* scene_refuses has hosts with these options meet, and side refuse the other (pair_must_fail). */
void scene_refuses(const cssl_options *client, const cssl_options *server, enum pair_dir side,
                   int alert, int reason);

cssl_engine *engine_of(const struct scene *s, enum pair_dir side);
cssl_info info_of(const struct pair *p, enum pair_dir side);

#endif

/*
 * halt.h - a connection that is held where one side waits: brought there record by record, so that
 * every state is met, and then told things by a peer who holds the keys of that moment. For the
 * tests that enumerate states.
 */
#ifndef CSSL_TEST_PAIR_HALT_H
#define CSSL_TEST_PAIR_HALT_H

#include "base/error.h"
#include "engine/engine.h"
#include "pair.h"

struct halt {
    struct test_clock clock;
    struct pair_host client, server;
    struct pair p;
    struct cssl_engine *at, *peer;
    struct pair_host *host; /* of at */
    struct buf queue;       /* towards at */
};

/* halt_hosts makes the hosts, halt_start the connection in which side is to be held. */
void halt_hosts(struct halt *h, const cssl_options *client, const cssl_options *server);
void halt_start(struct halt *h, enum pair_dir side);
void halt_end(struct halt *h);

/* halt_turn carries what at has said to its peer, and one record back. run is called for each side
 * that has heard something: it takes the events. */
void halt_turn(struct halt *h, void (*run)(struct halt *h, struct cssl_engine *e, void *arg),
               void *arg);
/* halt_feed gives bytes to an engine, which must take them. */
void halt_feed(struct cssl_engine *e, const void *data, size_t len);
/* halt_say seals a record like the peer would now and says it; halt_say_with does it with other
 * keys, and halt_say_clear without. They return what the engine does, and *err. */
int halt_say(struct halt *h, uint8_t type, const void *data, size_t len, cssl_error *err);
int halt_say_with(struct halt *h, const struct rec_half *half, uint8_t type, const void *data,
                  size_t len, cssl_error *err);
int halt_say_clear(struct halt *h, uint8_t type, const void *data, size_t len, cssl_error *err);

bool halt_is_zero(const void *data, size_t len);
/* halt_forgotten: the engine is of no use any more, and has forgotten what it read with. */
void halt_forgotten(struct halt *h);
/* halt_refused: the engine failed by itself, said so with the alert (ALERT_NONE: without one), and
 * forgot all secrets. where and what are for the message when that is not so; reason 0 is any. */
void halt_refused(struct halt *h, const char *where, const char *what, const cssl_error *err,
                  int alert, int reason);

#endif

/*
 * hs_support.h - two handshakes without records: what one side sends is caught by its trace hook
 * and handed to the other as it is, or changed on the way. Clock and randomness are the test's.
 */
#ifndef CSSL_TEST_HS_SUPPORT_H
#define CSSL_TEST_HS_SUPPORT_H

#include "support.h"

#include "hs/flow.h"

#define HS_CERTS CSSL_TEST_VECTORS "/../certs/"

enum {
    HS_NOW = 1893456000, /* 2030-01-01T00:00:00Z */
    HS_QUEUE = 32
};

/* A message that was sent; data belongs to the side until it is taken. */
struct hs_sent {
    uint8_t content_type;
    uint8_t *data;
    size_t len;
};

struct hs_side {
    struct test_clock clock;
    struct test_rng rng;
    cssl_config *config;
    struct worker *worker;
    struct conn conn;
    struct hs *hs;
    struct hs_sent queue[HS_QUEUE];
    size_t first, num; /* of the queue */
    char keylog[512];  /* the last line */
    cssl_error err;
};

/* hs_side_config makes the config alone: a server is localhost, a client trusts its authority and
 * the hooks are set. hs_side_start makes a connection of it, for localhost; hs_side_end ends that,
 * the config stays. hs_side_free ends all. */
void hs_side_config(struct hs_side *side, bool server, const cssl_options *options);
void hs_side_start(struct hs_side *side);
void hs_side_end(struct hs_side *side);
void hs_side_free(struct hs_side *side);

/* hs_side_steps runs public-key steps until none is wanted. */
int hs_side_steps(struct hs_side *side);
/* hs_side_take takes the oldest message that side sent; freed by the caller. False: none. */
bool hs_side_take(struct hs_side *side, struct hs_sent *sent);
/* hs_side_give hands a message to side and runs its steps. */
int hs_side_give(struct hs_side *side, const struct hs_sent *sent, bool more);

/* What a test does to a message: body is the message with its header, in memory of len + 64. */
typedef void hs_change(uint8_t *message, size_t *len);
/* One change of one message on its way. */
struct hs_fault {
    bool to_server;
    uint8_t type; /* of handshake message: the first one of it */
    hs_change *change; /* NULL: nothing is changed */
    bool more;    /* further handshake bytes stand behind it in the record */
};

/* hs_both carries messages both ways until nothing moves or a side fails. fault may be NULL. It
 * returns whether the fault's message was met (true without a fault). */
bool hs_both(struct hs_side *client, struct hs_side *server, const struct hs_fault *fault);
/* hs_both_must fails the running test unless both are done then. */
void hs_both_must(struct hs_side *client, struct hs_side *server);

/* One row of a table of faults: the side that gets the message fails for reason. */
struct hs_refusal {
    const char *what;
    struct hs_fault fault;
    cssl_reason reason;
};
/* hs_refuses runs a handshake for every row, with fresh sides under the same two options. */
void hs_refuses(const struct hs_refusal *rows, size_t num, const cssl_options *client,
                const cssl_options *server);

#endif

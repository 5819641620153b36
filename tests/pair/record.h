/*
 * record.h - the messages that one side of a good handshake receives, and scripts (play/play.h)
 * made of them.
 */
#ifndef CSSL_TEST_PAIR_RECORD_H
#define CSSL_TEST_PAIR_RECORD_H

#include "base/wire.h"

enum { RECORDED_MAX = 32 };

struct recorded {
    uint8_t type;
    uint8_t *data; /* with its header */
    size_t len;
};
extern struct recorded recorded[RECORDED_MAX];
extern size_t num_recorded;

/* record_handshake runs a handshake between options like those of the player, and records what the
 * server, or else the client, receives. record_forget forgets it. */
void record_handshake(unsigned variant, bool server);
void record_forget(void);
/* record_script writes the script of what was recorded, and of some data and the end. */
void record_script(struct wr *w, unsigned variant, bool server);
/* record_op writes one step of a script. */
void record_op(struct wr *w, uint8_t op, cssl_bytes bytes);

#endif

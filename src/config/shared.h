/* shared.h - what connections of one config (and of its renewals) share and change. */
#ifndef CSSL_CONFIG_SHARED_H
#define CSSL_CONFIG_SHARED_H

#include "crypto/aead.h"
#include "session/cache.h"
#include "session/replay.h"
#include "session/ticket.h"

#include <stdatomic.h>

struct shared {
    struct ticket_keys *ticket_keys; /* servers */
    struct cache *sessions;          /* servers, stateful: by identifier; clients: by peer */
    _Atomic(struct replay *) replay; /* servers that take early data: made once, then stays */
    struct worker_pool *workers;
};

/* shared_new makes what any config of the role may need, since a renewal may keep sessions in
 * another way than the config before it. What is not used stays small. */
struct shared *shared_new(bool server, uint32_t ticket_lifetime, cssl_bytes ticket_seed,
                          cssl_error *err) CHECK;
/* shared_renew is shared_ref for a config that may bring another lifetime of tickets, and that must
 * not bring another seed (CSSL_R_TICKET_SEED). */
struct shared *shared_renew(struct shared *s, uint32_t ticket_lifetime, cssl_bytes ticket_seed,
                            cssl_error *err) CHECK;
struct shared *shared_ref(struct shared *s);
void shared_free(struct shared *s);

/* shared_want_replay makes the replay filter, if there is none yet. One that is there stays: it has
 * to be of this size (CSSL_R_ANTI_REPLAY). */
int shared_want_replay(struct shared *s, const struct replay_size *size,
                       const struct rand_source *rand, int64_t now_ms, cssl_error *err) CHECK;

/* worker_borrow lends a worker for one call, NULL when memory is out; worker_return takes it back
 * (NULL is allowed). Any thread, any time; the lock is held for a few instructions. */
struct worker *worker_borrow(struct shared *s) CHECK;
void worker_return(struct shared *s, struct worker *w);

#endif

/* shared.h - what connections of one config (and of its renewals) share and change. */
#ifndef CSSL_CONFIG_SHARED_H
#define CSSL_CONFIG_SHARED_H

#include "crypto/aead.h"
#include "session/cache.h"
#include "session/ticket.h"

struct shared {
    struct ticket_keys *ticket_keys; /* servers, stateless */
    struct cache *sessions;          /* servers, stateful: by identifier; clients: by peer */
    struct worker_pool *workers;
};

/* shared_new makes the parts that a config of this kind needs. */
struct shared *shared_new(bool server, cssl_tickets tickets, uint32_t ticket_lifetime,
                          cssl_bytes ticket_seed, cssl_error *err) CHECK;
struct shared *shared_ref(struct shared *s);
void shared_free(struct shared *s);

/* worker_borrow lends a worker for one call, NULL when memory is out; worker_return takes it back
 * (NULL is allowed). Any thread, any time; the lock is held for a few instructions. */
struct worker *worker_borrow(struct shared *s) CHECK;
void worker_return(struct shared *s, struct worker *w);

#endif

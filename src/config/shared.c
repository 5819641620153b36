/* shared.c - ticket keys, sessions and idle workers, counted. Knows no connection. */
#include "config/shared.h"

#include "base/error.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>

enum { POOL_MAX = 64 }; /* idle workers that are kept: as many threads as run at once */

struct worker_pool {
    pthread_mutex_t lock;
    atomic_uint refs; /* of the shared as a whole */
    size_t num;
    struct worker *idle[POOL_MAX];
};

struct shared *shared_new(bool server, uint32_t ticket_lifetime, cssl_bytes ticket_seed,
                          cssl_error *err)
{
    struct shared *s = mem_new(sizeof(*s));
    struct worker_pool *pool = mem_new(sizeof(*pool));
    if (s == NULL || pool == NULL || pthread_mutex_init(&pool->lock, NULL) != 0) {
        mem_free(s);
        mem_free(pool);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    atomic_init(&pool->refs, 1);
    atomic_init(&s->replay, NULL);
    s->workers = pool;
    s->sessions = server ? cache_new(CACHE_SERVER_MAX, 1, err)
                         : cache_new(CACHE_CLIENT_MAX, CACHE_CLIENT_PER_KEY, err);
    s->ticket_keys = server ? ticket_keys_new(ticket_seed, ticket_lifetime, err) : NULL;
    if (s->sessions == NULL || (server && s->ticket_keys == NULL)) {
        shared_free(s);
        return NULL;
    }
    return s;
}

struct shared *shared_renew(struct shared *s, uint32_t ticket_lifetime, cssl_bytes ticket_seed,
                            cssl_error *err)
{
    if (s->ticket_keys != NULL &&
        ticket_keys_renew(s->ticket_keys, ticket_seed, ticket_lifetime, err) != 0) {
        return NULL;
    }
    return shared_ref(s);
}

struct shared *shared_ref(struct shared *s)
{
    (void)atomic_fetch_add_explicit(&s->workers->refs, 1, memory_order_relaxed);
    return s;
}

void shared_free(struct shared *s)
{
    if (s == NULL ||
        atomic_fetch_sub_explicit(&s->workers->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < s->workers->num; i++) {
        worker_free(s->workers->idle[i]);
    }
    (void)pthread_mutex_destroy(&s->workers->lock);
    mem_free(s->workers);
    ticket_keys_free(s->ticket_keys);
    cache_free(s->sessions);
    replay_free(atomic_load(&s->replay));
    mem_free(s);
}

int shared_want_replay(struct shared *s, const struct replay_size *size,
                       const struct rand_source *rand, int64_t now_ms, cssl_error *err)
{
    struct replay *there = atomic_load(&s->replay);
    if (there == NULL) {
        struct replay *made = replay_new(size, rand, now_ms, err);
        if (made == NULL) {
            return CSSL_NOMEM;
        }
        if (atomic_compare_exchange_strong(&s->replay, &there, made)) {
            return 0;
        }
        replay_free(made); /* another thread was faster */
    }
    return replay_is_of(there, size)
               ? 0
               : fail_option(err, CSSL_R_ANTI_REPLAY, "anti_replay_bits",
                             "a renewed config keeps its filter; make a new config instead");
}

struct worker *worker_borrow(struct shared *s)
{
    struct worker *w = NULL;
    (void)pthread_mutex_lock(&s->workers->lock);
    if (s->workers->num > 0) {
        w = s->workers->idle[--s->workers->num];
    }
    (void)pthread_mutex_unlock(&s->workers->lock);
    return w != NULL ? w : worker_new();
}

void worker_return(struct shared *s, struct worker *w)
{
    if (w == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&s->workers->lock);
    if (s->workers->num < POOL_MAX) {
        s->workers->idle[s->workers->num++] = w;
        w = NULL;
    }
    (void)pthread_mutex_unlock(&s->workers->lock);
    worker_free(w);
}

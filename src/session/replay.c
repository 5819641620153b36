/*
 * replay.c - two Bloom filters that take turns. Decides nothing about who is let in: it only says
 * what was there before.
 *
 * The one that is current takes what comes; both are asked. After a period they change places, and
 * the new current one is emptied. So each entry is remembered for one period at least, which is as
 * long as a ClientHello may be shown with an age that fits: twice the window.
 *
 * The places of an entry's bits come from an HMAC under a key of the filter's own: nobody outside
 * can make one entry collide with another.
 */
#include "session/replay.h"

#include "base/error.h"
#include "crypto/kdf.h"

#include <pthread.h>

enum {
    KEY = 32,
    WORD_BITS = 64,
    /* How far two threads' readings of the clock, or its small corrections, may lie apart. */
    SLACK_MS = 1000
};

struct replay {
    struct replay_size size;
    int64_t began_ms;
    uint8_t key[KEY];
    pthread_mutex_t lock; /* of all below */
    int64_t turned_ms;    /* when the current filter became it */
    int64_t latest_ms;    /* the latest time that was seen */
    unsigned current;
    uint64_t *filters[2];
};

static bool turn(struct replay *r, int64_t now_ms);
static bool has(const struct replay *r, unsigned filter, const uint32_t *places);
static void set(struct replay *r, const uint32_t *places);
static size_t filter_size(const struct replay *r);

struct replay *replay_new(const struct replay_size *size, const struct rand_source *rand,
                          int64_t now_ms, cssl_error *err)
{
    if (size->window == 0 || size->window > REPLAY_WINDOW_MAX || size->hashes == 0 ||
        size->hashes > REPLAY_HASHES_MAX || size->bits < REPLAY_BITS_MIN ||
        size->bits > REPLAY_BITS_MAX) {
        (void)fail_text(err, CSSL_R_ARGUMENT, "a replay filter of no possible size");
        return NULL;
    }
    struct replay *r = mem_new(sizeof(*r));
    if (r == NULL || pthread_mutex_init(&r->lock, NULL) != 0) {
        mem_free(r);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    r->size = *size;
    r->began_ms = r->turned_ms = r->latest_ms = now_ms;
    r->filters[0] = mem_new(filter_size(r));
    r->filters[1] = mem_new(filter_size(r));
    int ret = r->filters[0] == NULL || r->filters[1] == NULL
                  ? fail(err, CSSL_R_NOMEM)
                  : rand_fill(rand, r->key, sizeof(r->key), err);
    if (ret != 0) {
        replay_free(r);
        return NULL;
    }
    return r;
}

void replay_free(struct replay *r)
{
    if (r == NULL) {
        return;
    }
    mem_free(r->filters[0]);
    mem_free(r->filters[1]);
    (void)pthread_mutex_destroy(&r->lock);
    mem_free_wiped(r, sizeof(*r));
}

bool replay_is_of(const struct replay *r, const struct replay_size *size)
{
    return r->size.window == size->window && r->size.hashes == size->hashes &&
           r->size.bits == size->bits;
}

bool replay_age_fits(const struct replay *r, int64_t now_ms, int64_t issued_ms, uint32_t age_ms)
{
    if (issued_ms < r->began_ms || now_ms < issued_ms) {
        return false;
    }
    const uint64_t ours = (uint64_t)(now_ms - issued_ms);
    const uint64_t off = ours > age_ms ? ours - age_ms : age_ms - ours;
    return off <= (uint64_t)r->size.window * 1000;
}

bool replay_first(struct replay *r, int64_t now_ms, cssl_bytes what)
{
    uint8_t digest[HASH_MAX];
    uint32_t places[REPLAY_HASHES_MAX];
    hmac_once(HASH_SHA512, bytes_of(r->key, KEY), what, digest);
    for (size_t i = 0; i < r->size.hashes; i++) {
        const uint8_t *p = digest + 4 * i;
        uint32_t number = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        places[i] = (uint32_t)((uint64_t)number * r->size.bits >> 32);
    }
    (void)pthread_mutex_lock(&r->lock);
    bool first = turn(r, now_ms) && !has(r, 0, places) && !has(r, 1, places);
    if (first) {
        set(r, places);
    }
    (void)pthread_mutex_unlock(&r->lock);
    return first;
}

/* turn goes to now, under the lock. False: the clock was put back, and what it has shown between
 * may be forgotten here while its ages fit again. */
static bool turn(struct replay *r, int64_t now_ms)
{
    const int64_t period_ms = (int64_t)r->size.window * 2 * 1000 + 2 * SLACK_MS;
    if (now_ms < r->latest_ms - SLACK_MS) {
        return false;
    }
    r->latest_ms = now_ms > r->latest_ms ? now_ms : r->latest_ms;
    const int64_t gone = r->latest_ms - r->turned_ms;
    if (gone >= period_ms) {
        r->current ^= 1;
        memset(r->filters[r->current], 0, filter_size(r));
        if (gone >= 2 * period_ms) { /* nothing has come for so long */
            memset(r->filters[r->current ^ 1], 0, filter_size(r));
        }
        r->turned_ms = r->latest_ms;
    }
    return true;
}

static bool has(const struct replay *r, unsigned filter, const uint32_t *places)
{
    for (size_t i = 0; i < r->size.hashes; i++) {
        uint64_t word = r->filters[filter][places[i] / WORD_BITS];
        if ((word >> places[i] % WORD_BITS & 1) == 0) {
            return false;
        }
    }
    return true;
}

static void set(struct replay *r, const uint32_t *places)
{
    for (size_t i = 0; i < r->size.hashes; i++) {
        r->filters[r->current][places[i] / WORD_BITS] |= UINT64_C(1) << places[i] % WORD_BITS;
    }
}

static size_t filter_size(const struct replay *r)
{
    return ((size_t)r->size.bits + WORD_BITS - 1) / WORD_BITS * sizeof(uint64_t);
}

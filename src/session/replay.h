/*
 * replay.h - what keeps early data from being taken twice (RFC 8446 8.2): a filter that remembers
 * what it was shown for as long as that may be shown again, and a judge of ages that says how long
 * that is. Shared by threads. Does not know what a ClientHello is.
 */
#ifndef CSSL_SESSION_REPLAY_H
#define CSSL_SESSION_REPLAY_H

#include "base/mem.h"
#include "crypto/rand.h"

enum {
    REPLAY_WINDOW_MAX = 3600,  /* seconds */
    REPLAY_HASHES_MAX = 16,
    REPLAY_BITS_MIN = 1024,
    REPLAY_BITS_MAX = 1 << 30
};

/* How large a filter is. One that holds too much says "seen" too often, never too seldom. */
struct replay_size {
    uint32_t window; /* seconds that an age may be off, to either side */
    uint32_t hashes; /* bits that are set for each entry */
    uint32_t bits;   /* of each of the two halves */
};

struct replay;

/* replay_new makes an empty filter that begins at now_ms of the wall clock. A size out of bounds is
 * CSSL_R_ARGUMENT. */
struct replay *replay_new(const struct replay_size *size, const struct rand_source *rand,
                          int64_t now_ms, cssl_error *err) CHECK;
void replay_free(struct replay *r);
/* replay_is_of: the filter has this size. */
bool replay_is_of(const struct replay *r, const struct replay_size *size) CHECK;

/* replay_age_fits: a ticket that was issued here at issued_ms, and is said by its holder to be
 * age_ms old, comes when it should; and the filter has been there for all of its life. */
bool replay_age_fits(const struct replay *r, int64_t now_ms, int64_t issued_ms,
                     uint32_t age_ms) CHECK;
/* replay_first says whether what is shown for the first time, and remembers it. It errs to one side
 * only: false is also said when a filter is full, and while a clock that was put back has not come
 * to where it was. */
bool replay_first(struct replay *r, int64_t now_ms, cssl_bytes what) CHECK;

#endif

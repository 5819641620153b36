/*
 * harness.h - how a case is measured: rounds that alternate between the peers, processor time of
 * this thread, medians, the ratio to OpenSSL. Machines have slow phases: only the ratios of one run
 * mean something.
 */
#ifndef CSSL_BENCH_HARNESS_H
#define CSSL_BENCH_HARNESS_H

#include "peer.h"

enum { PEERS = 2, ROUNDS_MAX = 64 };
extern const struct peer *const peers[PEERS]; /* cssl first, then those it is compared with */

/* What one round of one peer gave: cost of one operation. */
typedef double measure(const struct peer *peer, const void *arg, double seconds);

struct bench_case {
    const char *name;
    const char *unit;
    measure *run;
    const void *arg;
    bool once; /* the figure is a count that is the same in every round */
};

struct bench_options {
    const char *filter; /* glob; NULL: all */
    double seconds;     /* for each case and peer */
    bool json;
};

/* bench_run measures each case that the filter lets through, and prints. */
void bench_run(const struct bench_case *cases, size_t num, const struct bench_options *options);

/* bench_now_us is the processor time of this thread. */
double bench_now_us(void);

/* What malloc, calloc and realloc gave out in this program: calls so far, and bytes in use. */
uint64_t bench_mallocs(void);
size_t bench_heap(void);

#endif

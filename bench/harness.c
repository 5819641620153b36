/* harness.c - measures cases in alternating rounds and prints medians and ratios. */
#include "harness.h"

#include <err.h>
#include <fnmatch.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 9 };

struct figures {
    double median, min, max;
};

static void measure_case(const struct bench_case *c, double seconds, struct figures *out);
static void print_row(const struct bench_case *c, const struct figures *f);
static json_t *json_row(const struct bench_case *c, const struct figures *f);
static double ratio_of(const struct figures *f);

const struct peer *const peers[PEERS] = { &peer_cssl, &peer_openssl };

void bench_die(const char *who, const char *why)
{
    errx(1, "%s: %s", who, why);
}

void bench_run(const struct bench_case *cases, size_t num, const struct bench_options *options)
{
    json_t *rows = json_array();
    if (!options->json) {
        printf("%-38s %10s %10s %7s   (%s %s, %s %s)\n", "", peers[0]->name, peers[1]->name,
               "ratio", peers[0]->name, peers[0]->version(), peers[1]->name, peers[1]->version());
    }
    for (size_t i = 0; i < num; i++) {
        if (options->filter != NULL && fnmatch(options->filter, cases[i].name, 0) != 0) {
            continue;
        }
        struct figures f[PEERS];
        measure_case(&cases[i], options->seconds, f);
        if (options->json) {
            json_array_append_new(rows, json_row(&cases[i], f));
        } else {
            print_row(&cases[i], f);
        }
    }
    if (options->json) {
        (void)json_dumpf(rows, stdout, JSON_INDENT(1));
        putchar('\n');
    }
    json_decref(rows);
}

double bench_now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The peers take turns, so that a slow phase of the machine meets all of them. */
static void measure_case(const struct bench_case *c, double seconds, struct figures *out)
{
    static double values[PEERS][ROUNDS_MAX];
    const int rounds = c->once ? 1 : ROUNDS;
    for (int round = 0; round < rounds; round++) {
        for (size_t p = 0; p < PEERS; p++) {
            values[p][round] = c->run(peers[p], c->arg, seconds / rounds);
        }
    }
    for (size_t p = 0; p < PEERS; p++) {
        qsort(values[p], (size_t)rounds, sizeof(values[p][0]), by_value);
        out[p] = (struct figures){ .median = values[p][rounds / 2],
                                   .min = values[p][0],
                                   .max = values[p][rounds - 1] };
    }
}

static double ratio_of(const struct figures *f)
{
    return f[1].median > 0 ? f[0].median / f[1].median : 0;
}

static void print_row(const struct bench_case *c, const struct figures *f)
{
    printf("%-38s %10.3f %10.3f %7.3f   %s, %.3f to %.3f\n", c->name, f[0].median, f[1].median,
           ratio_of(f), c->unit, f[0].min, f[0].max);
    fflush(stdout);
}

static json_t *json_row(const struct bench_case *c, const struct figures *f)
{
    return json_pack("{s:s, s:s, s:f, s:f, s:f, s:f, s:f}", "name", c->name, "unit", c->unit,
                     "cssl", f[0].median, "openssl", f[1].median, "ratio", ratio_of(f), "min",
                     f[0].min, "max", f[0].max);
}

/* ---- Counting allocations: the program's own malloc family, in front of the C library's, for
 * libraries as well: hence the visibility ---- */
#pragma GCC visibility push(default)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t num, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static _Thread_local uint64_t calls;

void *malloc(size_t size)
{
    calls++;
    return __libc_malloc(size);
}

void *calloc(size_t num, size_t size)
{
    calls++;
    return __libc_calloc(num, size);
}

void *realloc(void *p, size_t size)
{
    calls++;
    return __libc_realloc(p, size);
}

#pragma GCC visibility pop

uint64_t bench_mallocs(void)
{
    return calls;
}

size_t bench_heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/*
 * bench_tls.c - what a handshake, a record and an idle connection cost, beside OpenSSL's libssl.
 *
 *     bench_tls [--filter GLOB] [--seconds N] [--json]
 *
 * Client and server are joined by memory, so that nothing but the libraries is measured. Both sides
 * of a connection are of one library; each side's time is taken apart.
 */
#include "harness.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIRE = 1 << 18, RECORD_MAX = 16384, IDLE_CONNECTIONS = 200 };

/* A client and a server of one library. */
struct pair {
    const struct peer *peer;
    struct conn *conn[2]; /* 0 the client, 1 the server */
    double us[2];         /* processor time so far */
};

struct handshake_arg {
    struct setup setup;
    int side;
    bool resume;
};

struct record_arg {
    const char *suite;
    size_t len;
    bool open;
};

static uint8_t wire[WIRE];
static uint8_t plain[RECORD_MAX];

static void pair_new(struct pair *p, const struct peer *peer, struct side *const sides[2])
{
    *p = (struct pair){ .peer = peer };
    for (int i = 0; i < 2; i++) {
        double start = bench_now_us();
        p->conn[i] = peer->conn_new(sides[i]);
        p->us[i] += bench_now_us() - start;
    }
}

static void pair_free(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        double start = bench_now_us();
        p->peer->conn_free(p->conn[i]);
        p->us[i] += bench_now_us() - start;
    }
}

/* carry moves what side has to say to the other one; it returns how much that was. */
static size_t carry(struct pair *p, int side)
{
    double start = bench_now_us();
    size_t n = p->peer->pull(p->conn[side], wire, sizeof(wire));
    double middle = bench_now_us();
    if (n > 0) {
        p->peer->push(p->conn[1 - side], wire, n);
    }
    double end = bench_now_us();
    p->us[side] += middle - start;
    p->us[1 - side] += end - middle;
    return n;
}

static bool step(struct pair *p, int side)
{
    double start = bench_now_us();
    bool done = p->peer->step(p->conn[side]);
    p->us[side] += bench_now_us() - start;
    return done;
}

/* pair_handshake runs it to its end, tickets included. */
static void pair_handshake(struct pair *p)
{
    bool done[2] = { false, false };
    for (int turn = 0; turn < 20; turn++) {
        int side = turn % 2;
        done[side] = done[side] || step(p, side);
        if (carry(p, side) == 0 && done[0] && done[1]) {
            break;
        }
    }
    if (!done[0] || !done[1]) {
        bench_die(p->peer->name, "the handshake does not end");
    }
    double start = bench_now_us();
    (void)p->peer->open(p->conn[0], plain, 0); /* takes tickets */
    p->us[0] += bench_now_us() - start;
}

static void sides_new(const struct peer *peer, const struct setup *setup, struct side *sides[2])
{
    sides[0] = peer->side_new(setup, false);
    sides[1] = peer->side_new(setup, true);
}

static void sides_free(const struct peer *peer, struct side *sides[2])
{
    peer->side_free(sides[0]);
    peer->side_free(sides[1]);
}

/* One handshake with everything that belongs to it: making, running, freeing. */
static double measure_handshake(const struct peer *peer, const void *arg, double seconds)
{
    const struct handshake_arg *a = arg;
    struct side *sides[2];
    struct pair p;
    double us = 0;
    int count = 0;
    sides_new(peer, &a->setup, sides);
    for (int warm = 0; warm < 3; warm++) {
        pair_new(&p, peer, sides);
        pair_handshake(&p);
        peer->keep(sides[0], p.conn[0]);
        pair_free(&p);
    }
    double end = bench_now_us() + seconds * 1e6;
    while (bench_now_us() < end || count == 0) {
        pair_new(&p, peer, sides);
        pair_handshake(&p);
        if (peer->resumed(p.conn[1]) != a->resume) {
            bench_die(peer->name, a->resume ? "not resumed" : "resumed");
        }
        peer->keep(sides[0], p.conn[0]);
        pair_free(&p);
        us += p.us[a->side];
        count++;
    }
    sides_free(peer, sides);
    return us / count;
}

/* One record of len bytes. Sealing moves the record out; opening gives the plaintext. */
static double measure_record(const struct peer *peer, const void *arg, double seconds)
{
    const struct record_arg *a = arg;
    const struct setup setup = { .suite = a->suite, .group = "X25519" };
    enum { BATCH = 8 };
    struct side *sides[2];
    struct pair p;
    double us = 0;
    long count = 0;
    sides_new(peer, &setup, sides);
    pair_new(&p, peer, sides);
    pair_handshake(&p);
    double end = bench_now_us() + seconds * 1e6;
    while (bench_now_us() < end || count == 0) {
        size_t sealed = 0;
        double start = bench_now_us();
        for (int i = 0; i < BATCH; i++) {
            peer->seal(p.conn[1], plain, a->len);
            sealed += peer->pull(p.conn[1], wire + sealed, sizeof(wire) - sealed);
        }
        double middle = bench_now_us();
        peer->push(p.conn[0], wire, sealed);
        for (size_t got = 0; got < BATCH * a->len;) {
            size_t n = peer->open(p.conn[0], wire, sizeof(wire));
            if (n == 0) {
                bench_die(peer->name, "data is missing");
            }
            got += n;
        }
        us += a->open ? bench_now_us() - middle : middle - start;
        count += BATCH;
    }
    pair_free(&p);
    sides_free(peer, sides);
    return us / (double)count;
}

/* What a connection of one side keeps on the heap after 100 bytes each way. */
static double measure_idle(const struct peer *peer, const void *arg, double seconds)
{
    const struct handshake_arg *a = arg;
    (void)seconds;
    static struct pair pairs[IDLE_CONNECTIONS];
    struct side *sides[2];
    uint8_t small[128];
    size_t both = 0;
    sides_new(peer, &a->setup, sides);
    size_t before = bench_heap();
    for (int i = 0; i < IDLE_CONNECTIONS; i++) {
        pair_new(&pairs[i], peer, sides);
        pair_handshake(&pairs[i]);
        for (int side = 0; side < 2; side++) {
            peer->seal(pairs[i].conn[side], plain, 100);
            (void)carry(&pairs[i], side);
            if (peer->open(pairs[i].conn[1 - side], small, sizeof(small)) != 100) {
                bench_die(peer->name, "data is missing");
            }
        }
    }
    both = bench_heap() - before;
    /* Freeing one side tells what it had. */
    before = bench_heap();
    for (int i = 0; i < IDLE_CONNECTIONS; i++) {
        peer->conn_free(pairs[i].conn[1]);
    }
    size_t server = before - bench_heap();
    for (int i = 0; i < IDLE_CONNECTIONS; i++) {
        peer->conn_free(pairs[i].conn[0]);
    }
    sides_free(peer, sides);
    return (double)(a->side == 1 ? server : both - server) / IDLE_CONNECTIONS;
}

/* How often one side of a handshake asks for memory, libcrypto's calls included. */
static double measure_mallocs(const struct peer *peer, const void *arg, double seconds)
{
    const struct handshake_arg *a = arg;
    (void)seconds;
    struct side *sides[2];
    struct pair p;
    uint64_t calls[2] = { 0, 0 };
    bool done[2] = { false, false };
    sides_new(peer, &a->setup, sides);
    pair_new(&p, peer, sides);
    pair_handshake(&p);
    pair_free(&p);
    for (int i = 0; i < 2; i++) {
        uint64_t start = bench_mallocs();
        p.conn[i] = peer->conn_new(sides[i]);
        calls[i] += bench_mallocs() - start;
    }
    for (int turn = 0; turn < 20 && !(done[0] && done[1]); turn++) {
        int side = turn % 2;
        uint64_t start = bench_mallocs();
        done[side] = done[side] || peer->step(p.conn[side]);
        size_t n = peer->pull(p.conn[side], wire, sizeof(wire));
        uint64_t middle = bench_mallocs();
        if (n > 0) {
            peer->push(p.conn[1 - side], wire, n);
        }
        calls[side] += middle - start;
        calls[1 - side] += bench_mallocs() - middle;
    }
    pair_free(&p);
    sides_free(peer, sides);
    return (double)calls[a->side];
}

#define AES128 "TLS_AES_128_GCM_SHA256"
#define AES256 "TLS_AES_256_GCM_SHA384"
#define CHACHA "TLS_CHACHA20_POLY1305_SHA256"
#define RECORD(suite, len, open) (&(const struct record_arg){ suite, len, open })
#define RECORDS(name, suite, len)                                                                 \
    { "seal_" name "_" #len, "us", measure_record, RECORD(suite, len, false), false },            \
    { "open_" name "_" #len, "us", measure_record, RECORD(suite, len, true), false }
#define HANDSHAKE(side, ...)                                                                      \
    (&(const struct handshake_arg){ .setup = { __VA_ARGS__ }, side, false })
#define BOTH(prefix, name, unit, run, once, ...)                                                  \
    { prefix "server" name, unit, run, HANDSHAKE(1, __VA_ARGS__), once },                         \
    { prefix "client" name, unit, run, HANDSHAKE(0, __VA_ARGS__), once }

static const struct handshake_arg resume_server = { .setup = { .group = "X25519", .tickets = true },
                                                    .side = 1, .resume = true };
static const struct handshake_arg resume_client = { .setup = { .group = "X25519", .tickets = true },
                                                    .side = 0, .resume = true };

static const struct bench_case cases[] = {
    BOTH("hs13_x25519_ecdsa_", "", "us", measure_handshake, false, .group = "X25519"),
    BOTH("hs13_p256_ecdsa_", "", "us", measure_handshake, false, .group = "P-256"),
    BOTH("hs13_x25519_rsa2048_", "", "us", measure_handshake, false, .group = "X25519",
         .rsa = true),
    BOTH("hs13_p256_rsa2048_", "", "us", measure_handshake, false, .group = "P-256", .rsa = true),
    BOTH("mutual13_x25519_ecdsa_", "", "us", measure_handshake, false, .group = "X25519",
         .mutual = true),
    { "resume13_server", "us", measure_handshake, &resume_server, false },
    { "resume13_client", "us", measure_handshake, &resume_client, false },
    RECORDS("aes128gcm", AES128, 64),
    RECORDS("aes128gcm", AES128, 1024),
    RECORDS("aes128gcm", AES128, 16384),
    RECORDS("aes256gcm", AES256, 64),
    RECORDS("aes256gcm", AES256, 1024),
    RECORDS("aes256gcm", AES256, 16384),
    RECORDS("chacha20poly1305", CHACHA, 64),
    RECORDS("chacha20poly1305", CHACHA, 1024),
    RECORDS("chacha20poly1305", CHACHA, 16384),
    BOTH("idle_", "_bytes", "bytes", measure_idle, true, .group = "X25519"),
    BOTH("mallocs13_", "", "calls", measure_mallocs, true, .group = "X25519"),
};

int main(int argc, char **argv)
{
    static const struct option longs[] = { { "filter", required_argument, NULL, 'f' },
                                           { "seconds", required_argument, NULL, 's' },
                                           { "json", no_argument, NULL, 'j' },
                                           { NULL, 0, NULL, 0 } };
    struct bench_options o = { .seconds = 1.0 };
    int c;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        char *end = NULL;
        switch (c) {
        case 'f':
            o.filter = optarg;
            break;
        case 's':
            o.seconds = strtod(optarg, &end);
            if (end == optarg || *end != '\0' || !(o.seconds > 0) || o.seconds > 3600) {
                errx(2, "--seconds %s: a number above 0, for each case and library", optarg);
            }
            break;
        case 'j':
            o.json = true;
            break;
        default:
            return 2;
        }
    }
    bench_run(cases, sizeof(cases) / sizeof(cases[0]), &o);
    return 0;
}

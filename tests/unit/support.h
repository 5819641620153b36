/*
 * support.h - helpers of all tests: hex, vector files, a seeded generator, truncated and damaged
 * input, a fake clock. Includes cmocka with all that it wants. Knows nothing of cssl's insides.
 *
 * Every helper that meets an impossible input (bad hex, a missing key) fails the running test.
 */
#ifndef CSSL_TEST_SUPPORT_H
#define CSSL_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cssl.h"

/* cmocka's fail() is a macro and would hide the function of base/error.h; fail_msg() stays. */
#undef fail
#undef fail_msg
#define fail_msg(...)                                                                             \
    do {                                                                                          \
        print_error("ERROR: " __VA_ARGS__);                                                       \
        print_error("\n");                                                                        \
        _fail(__FILE__, __LINE__);                                                                \
    } while (0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- Hex ---- */

/* test_unhex decodes hex digits into out and returns how many bytes that were. White space and
 * colons between the digits are skipped. */
size_t test_unhex(uint8_t *out, size_t out_size, const char *hex);

/* test_unhex_new is the same into memory of exactly that size, so that a sanitizer sees every read
 * past the end. The caller frees it. */
uint8_t *test_unhex_new(const char *hex, size_t *len);

/* test_copy returns a copy of exactly len bytes, to be freed by the caller. */
uint8_t *test_copy(const void *data, size_t len);

/* test_same_hex fails the running test, naming both, unless data is what hex says. */
#define test_same_hex(data, len, hex) test_same_hex_at(data, len, hex, __FILE__, __LINE__)
void test_same_hex_at(const void *data, size_t len, const char *hex, const char *file, int line);

/* ---- Vector files, tests/vectors/<name> ----
 *
 *     # a comment; the file's source stands in its first lines
 *     name = the first block
 *     key = 000102 03:04
 *         0506                   (a line that begins with white space continues the value)
 *     label = "text in quotes"
 *
 *     name = the next block, after an empty line
 */

struct vectors;

struct vectors *vectors_open(const char *name);
void vectors_close(struct vectors *v); /* takes NULL */

/* vectors_next goes to the next block; false at the end. */
bool vectors_next(struct vectors *v);

/* vectors_line is the number of the block's first line, for messages. */
int vectors_line(const struct vectors *v);

/* vectors_has tells whether the block has key; vectors_text is its value as written. */
bool vectors_has(const struct vectors *v, const char *key);
const char *vectors_text(const struct vectors *v, const char *key);

/* vectors_number reads a decimal value, or a hexadecimal one after 0x. */
uint64_t vectors_number(const struct vectors *v, const char *key);

/* vectors_bytes decodes a value in hex, or a text in quotes. It never returns NULL, and the memory
 * has exactly *len bytes and lives until vectors_next or vectors_close. */
const uint8_t *vectors_bytes(struct vectors *v, const char *key, size_t *len);

/* ---- Seeded randomness: the same seed gives the same numbers everywhere ---- */

struct test_rng {
    uint64_t state;
};

/* test_seed is what CSSL_SEED in the environment says, else usual. Print it when a test fails. */
uint64_t test_seed(uint64_t usual);
void test_rng_init(struct test_rng *rng, uint64_t seed);
uint64_t test_rng_next(struct test_rng *rng);
size_t test_rng_below(struct test_rng *rng, size_t limit); /* 0 .. limit - 1; limit > 0 */
void test_rng_fill(struct test_rng *rng, uint8_t *out, size_t len);

/* test_rng_random has the type of cssl_options.random; user is a struct test_rng. */
int test_rng_random(void *user, uint8_t *out, size_t len);

/* ---- Bad input ---- */

/* test_input is what the two below call; data has exactly len bytes, so that a sanitizer sees any
 * overrun, and may be written to. */
typedef void test_input(void *arg, uint8_t *data, size_t len);

/* for_each_truncation calls try with the first 0, 1, ... len - 1 bytes of data. */
void for_each_truncation(const void *data, size_t len, test_input *try, void *arg);

/* for_each_damage calls try `rounds` times with a copy of data in which one to four bytes were
 * changed, taken out, doubled or put in, as the seed says. */
void for_each_damage(const void *data, size_t len, uint64_t seed, int rounds, test_input *try,
                     void *arg);

/* for_each_bit_flip calls try with each single bit of data flipped, one at a time. */
void for_each_bit_flip(const void *data, size_t len, test_input *try, void *arg);

/* ---- A clock that stands still until it is told to go on ---- */

struct test_clock {
    int64_t monotonic_us, wall_us;
};

/* test_clock_init starts the monotonic clock at 1 s and the wall clock at unix_seconds. */
void test_clock_init(struct test_clock *clock, int64_t unix_seconds);
void test_clock_advance(struct test_clock *clock, int64_t us);

/* test_clock_now has the type of cssl_options.now_us; user is a struct test_clock. */
int64_t test_clock_now(void *user, cssl_clock which);

/* test_takes_x509: certificates are among what options accept from the peer (RFC 7250). */
static inline bool test_takes_x509(const cssl_options *o)
{
    size_t i = 0;
    while (o->peer_cert_types != NULL && o->peer_cert_types[i] != NULL &&
           strcmp(o->peer_cert_types[i], "x509") != 0) {
        i++;
    }
    return o->peer_cert_types == NULL || o->peer_cert_types[i] != NULL;
}

#endif

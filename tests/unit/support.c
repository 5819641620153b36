/* support.c - see support.h. Memory that runs out ends the process: tests have no use for more. */
#include "support.h"

#include <ctype.h>
#include <errno.h>

#define MAX_PAIRS 64

struct pair {
    char *key, *value;
    uint8_t *bytes; /* decoded on demand */
    size_t len;
};

struct vectors {
    FILE *file;
    char *line;
    size_t line_size;
    int line_number, block_line;
    struct pair pairs[MAX_PAIRS];
    size_t num_pairs;
};

static void *must(void *p)
{
    if (p == NULL) {
        fputs("test support: out of memory\n", stderr);
        abort();
    }
    return p;
}

/* ---- Hex ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

size_t test_unhex(uint8_t *out, size_t out_size, const char *hex)
{
    size_t digits = 0;
    for (const char *p = hex; *p != '\0'; p++) {
        if (isspace((unsigned char)*p) != 0 || *p == ':') {
            continue;
        }
        int value = hex_digit(*p);
        if (value < 0) {
            fail_msg("'%c' is no hex digit in \"%.60s\"", *p, hex);
        }
        if (digits / 2 >= out_size) {
            fail_msg("more than %zu bytes of hex: \"%.60s\"", out_size, hex);
        }
        if (digits % 2 == 0) {
            out[digits / 2] = (uint8_t)(value << 4);
        } else {
            out[digits / 2] = (uint8_t)(out[digits / 2] | value);
        }
        digits++;
    }
    if (digits % 2 != 0) {
        fail_msg("odd number of hex digits in \"%.60s\"", hex);
    }
    return digits / 2;
}

uint8_t *test_unhex_new(const char *hex, size_t *len)
{
    size_t size = strlen(hex) / 2 + 1;
    uint8_t *roomy = must(malloc(size));
    *len = test_unhex(roomy, size, hex);
    uint8_t *exact = test_copy(roomy, *len);
    free(roomy);
    return exact;
}

uint8_t *test_copy(const void *data, size_t len)
{
    uint8_t *copy = must(malloc(len)); /* malloc(0) is not NULL with glibc */
    if (len > 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

void test_same_hex_at(const void *data, size_t len, const char *hex, const char *file, int line)
{
    size_t want_len = 0;
    uint8_t *want = test_unhex_new(hex, &want_len);
    const uint8_t *have = data;
    bool same = len == want_len && (len == 0 || memcmp(have, want, len) == 0);
    free(want);
    if (!same) {
        print_error("have %zu bytes: ", len);
        for (size_t i = 0; i < len; i++) {
            print_error("%02x", have[i]);
        }
        print_error("\nwant %zu bytes: %s\n", want_len, hex);
        _fail(file, line);
    }
}

/* ---- Vector files ---- */

struct vectors *vectors_open(const char *name)
{
    char path[1024];
    int n = snprintf(path, sizeof(path), "%s/%s", CSSL_TEST_VECTORS, name);
    if (n < 0 || (size_t)n >= sizeof(path)) {
        fail_msg("vector file name too long: %s", name);
    }
    struct vectors *v = must(calloc(1, sizeof(*v)));
    v->file = fopen(path, "r");
    if (v->file == NULL) {
        free(v);
        fail_msg("%s: %s", path, strerror(errno));
        return NULL;
    }
    return v;
}

static void drop_pairs(struct vectors *v)
{
    for (size_t i = 0; i < v->num_pairs; i++) {
        free(v->pairs[i].key);
        free(v->pairs[i].value);
        free(v->pairs[i].bytes);
    }
    v->num_pairs = 0;
}

void vectors_close(struct vectors *v)
{
    if (v == NULL) {
        return;
    }
    drop_pairs(v);
    (void)fclose(v->file);
    free(v->line);
    free(v);
}

/* trim cuts white space at both ends, in place. */
static char *trim(char *s)
{
    while (isspace((unsigned char)*s) != 0) {
        s++;
    }
    size_t len = strlen(s);
    while (len > 0 && isspace((unsigned char)s[len - 1]) != 0) {
        len--;
    }
    s[len] = '\0';
    return s;
}

static bool read_line(struct vectors *v)
{
    if (getline(&v->line, &v->line_size, v->file) < 0) {
        return false;
    }
    v->line_number++;
    return true;
}

static void add_pair(struct vectors *v, char *line)
{
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        fail_msg("line %d of the vector file has no '='", v->line_number);
        return;
    }
    if (v->num_pairs == MAX_PAIRS) {
        fail_msg("more than %d keys in the block at line %d", MAX_PAIRS, v->block_line);
    }
    *equals = '\0';
    struct pair *pair = &v->pairs[v->num_pairs];
    const char *key = trim(line);
    if (vectors_has(v, key)) {
        fail_msg("line %d of the vector file repeats the key %s", v->line_number, key);
    }
    pair->key = must(strdup(key));
    pair->value = must(strdup(trim(equals + 1)));
    pair->bytes = NULL;
    v->num_pairs++;
}

static void continue_pair(struct vectors *v, char *line)
{
    if (v->num_pairs == 0) {
        fail_msg("line %d of the vector file continues nothing", v->line_number);
        return;
    }
    struct pair *pair = &v->pairs[v->num_pairs - 1];
    const char *more = trim(line);
    size_t old_len = strlen(pair->value), more_len = strlen(more);
    pair->value = must(realloc(pair->value, old_len + more_len + 1));
    memcpy(pair->value + old_len, more, more_len + 1);
}

bool vectors_next(struct vectors *v)
{
    drop_pairs(v);
    while (read_line(v)) {
        bool indented = isspace((unsigned char)v->line[0]) != 0;
        char *line = trim(v->line);
        if (line[0] == '#') {
            continue;
        }
        if (line[0] == '\0') {
            if (v->num_pairs > 0) {
                return true;
            }
            continue;
        }
        if (indented) {
            continue_pair(v, line);
            continue;
        }
        if (v->num_pairs == 0) {
            v->block_line = v->line_number;
        }
        add_pair(v, line);
    }
    return v->num_pairs > 0;
}

int vectors_line(const struct vectors *v)
{
    return v->block_line;
}

static struct pair *find(const struct vectors *v, const char *key)
{
    for (size_t i = 0; i < v->num_pairs; i++) {
        if (strcmp(v->pairs[i].key, key) == 0) {
            return (struct pair *)&v->pairs[i];
        }
    }
    return NULL;
}

static struct pair *find_or_fail(const struct vectors *v, const char *key)
{
    struct pair *pair = find(v, key);
    if (pair == NULL) {
        fail_msg("the block at line %d of the vector file has no key %s", v->block_line, key);
        abort(); /* not reached: fail_msg leaves the test */
    }
    return pair;
}

bool vectors_has(const struct vectors *v, const char *key)
{
    return find(v, key) != NULL;
}

const char *vectors_text(const struct vectors *v, const char *key)
{
    return find_or_fail(v, key)->value;
}

uint64_t vectors_number(const struct vectors *v, const char *key)
{
    const char *text = vectors_text(v, key);
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 0);
    if (text[0] == '\0' || *end != '\0' || errno != 0) {
        fail_msg("%s = %s is no number (block at line %d)", key, text, v->block_line);
    }
    return number;
}

const uint8_t *vectors_bytes(struct vectors *v, const char *key, size_t *len)
{
    struct pair *pair = find_or_fail(v, key);
    if (pair->bytes == NULL) {
        size_t text_len = strlen(pair->value);
        if (text_len >= 2 && pair->value[0] == '"' && pair->value[text_len - 1] == '"') {
            pair->len = text_len - 2;
            pair->bytes = test_copy(pair->value + 1, pair->len);
        } else {
            pair->bytes = test_unhex_new(pair->value, &pair->len);
        }
    }
    *len = pair->len;
    return pair->bytes;
}

/* ---- Seeded randomness: splitmix64 ---- */

uint64_t test_seed(uint64_t usual)
{
    const char *text = getenv("CSSL_SEED");
    return text == NULL || text[0] == '\0' ? usual : strtoull(text, NULL, 0);
}

void test_rng_init(struct test_rng *rng, uint64_t seed)
{
    rng->state = seed;
}

uint64_t test_rng_next(struct test_rng *rng)
{
    rng->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = rng->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t test_rng_below(struct test_rng *rng, size_t limit)
{
    return (size_t)(test_rng_next(rng) % limit); /* the bias does not matter here */
}

void test_rng_fill(struct test_rng *rng, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(test_rng_next(rng) >> 32);
    }
}

int test_rng_random(void *user, uint8_t *out, size_t len)
{
    test_rng_fill(user, out, len);
    return 0;
}

/* ---- Bad input ---- */

static void try_copy(const void *data, size_t len, test_input *try, void *arg)
{
    uint8_t *copy = test_copy(data, len);
    try(arg, copy, len);
    free(copy);
}

void for_each_truncation(const void *data, size_t len, test_input *try, void *arg)
{
    for (size_t n = 0; n < len; n++) {
        try_copy(data, n, try, arg);
    }
}

void for_each_bit_flip(const void *data, size_t len, test_input *try, void *arg)
{
    for (size_t bit = 0; bit < len * 8; bit++) {
        uint8_t *copy = test_copy(data, len);
        copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ (1U << (bit % 8)));
        try(arg, copy, len);
        free(copy);
    }
}

/* damage_once makes one change to the *len bytes at data, which has room for one byte more. */
static void damage_once(struct test_rng *rng, uint8_t *data, size_t *len)
{
    static const uint8_t telling[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
    size_t at = test_rng_below(rng, *len + 1);
    bool end = at == *len;
    switch (test_rng_below(rng, 5)) {
    case 0: /* flip a bit */
        if (!end) {
            data[at] = (uint8_t)(data[at] ^ (1U << test_rng_below(rng, 8)));
        }
        break;
    case 1: /* a telling value */
        if (!end) {
            data[at] = telling[test_rng_below(rng, sizeof(telling))];
        }
        break;
    case 2: /* one more or one less: lengths off by one */
        if (!end) {
            data[at] = (uint8_t)(data[at] + (test_rng_below(rng, 2) == 0 ? 1 : 255));
        }
        break;
    case 3: /* take out */
        if (!end) {
            memmove(data + at, data + at + 1, *len - at - 1);
            *len -= 1;
        }
        break;
    default: /* put in */
        memmove(data + at + 1, data + at, *len - at);
        data[at] = (uint8_t)test_rng_next(rng);
        *len += 1;
        break;
    }
}

void for_each_damage(const void *data, size_t len, uint64_t seed, int rounds, test_input *try,
                     void *arg)
{
    enum { MOST_CHANGES = 4 };
    struct test_rng rng;
    test_rng_init(&rng, seed);
    for (int round = 0; round < rounds; round++) {
        uint8_t *roomy = must(malloc(len + MOST_CHANGES));
        size_t damaged_len = len;
        if (len > 0) {
            memcpy(roomy, data, len);
        }
        size_t changes = 1 + test_rng_below(&rng, MOST_CHANGES);
        for (size_t i = 0; i < changes; i++) {
            damage_once(&rng, roomy, &damaged_len);
        }
        try_copy(roomy, damaged_len, try, arg);
        free(roomy);
    }
}

/* ---- The clock ---- */

void test_clock_init(struct test_clock *clock, int64_t unix_seconds)
{
    clock->monotonic_us = 1000000;
    clock->wall_us = unix_seconds * 1000000;
}

void test_clock_advance(struct test_clock *clock, int64_t us)
{
    clock->monotonic_us += us;
    clock->wall_us += us;
}

int64_t test_clock_now(void *user, cssl_clock which)
{
    const struct test_clock *clock = user;
    return which == CSSL_CLOCK_WALL ? clock->wall_us : clock->monotonic_us;
}

/*
 * counts.c - opens CBC records of one length with every padding, right and wrong, and leaves the
 * counting of instructions to valgrind's callgrind. Run by counts.py, which compares.
 *
 * A line of output for each measurement: its label. Between two dumps of callgrind lies one call.
 */
#include "unit/crypto/cbc_support.h"

#include "base/error.h"

#include <valgrind/callgrind.h>

enum { INSIDE = 512, SHORT = 112 }; /* content, MAC and padding */

static const uint8_t head[CBC_HEAD] = { 0, 0, 0, 0, 0, 0, 0, 5, 23, 3, 3 };
static const uint8_t iv[CBC_BLOCK] = { 1, 2, 3 };
static const uint8_t keys[CBC_MAC_MAX] = { 7, 8, 9 };

/* open_counted opens a record; only what cbc_open does is counted. */
static void open_counted(struct worker *w, const struct cbc_key *k, uint8_t *record, size_t len,
                         const char *label, bool good)
{
    cssl_bytes content;
    cssl_error err;
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
    int ret = cbc_open(w, k, head, record, len, &content, &err);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(label);
    assert_int_equal(ret == 0, good);
}

/* count measures the paddings of a long record, of which each fits. */
static void count(struct worker *w, enum hash_alg mac, size_t key_len, const char *name)
{
    static const char *const faults[] = { "good", "mac", "padding", "both" };
    static uint8_t text[INSIDE];
    uint8_t record[INSIDE + CBC_BLOCK + CBC_MAC_MAX];
    struct cbc_key k = { 0 };
    cbc_key_set(&k, key_len, mac, false, keys, keys);
    const size_t front = hash_len(mac);
    for (int warm = 1; warm >= 0; warm--) { /* at first, contexts and memory are made */
        for (size_t padding = 0; padding <= (warm ? 0 : 255); padding++) {
            for (enum cbc_fault fault = CBC_GOOD; fault <= CBC_BAD_BOTH; fault++) {
                char label[64];
                size_t len = cbc_by_hand(&k, head, iv, text, INSIDE - front - padding - 1, padding,
                                         fault, record);
                (void)snprintf(label, sizeof(label), "%s %s %zu", warm ? "warm" : name,
                               faults[fault], padding);
                open_counted(w, &k, record, len, label, fault == CBC_GOOD);
            }
        }
    }
    cbc_key_wipe(&k);
}

/* count_short measures a record in which most values of its last byte promise more padding than
 * there is: all of it is that byte, so the MAC is wrong too. */
static void count_short(struct worker *w, enum hash_alg mac, size_t key_len, const char *name)
{
    struct cbc_key k = { 0 };
    uint8_t record[CBC_BLOCK + SHORT];
    cbc_key_set(&k, key_len, mac, false, keys, keys);
    for (int byte = -1; byte <= 255; byte++) { /* the first time contexts are made */
        char label[64];
        memcpy(record, iv, CBC_BLOCK);
        memset(record + CBC_BLOCK, byte < 0 ? 0 : byte, SHORT);
        cbc_by_hand_blocks(&k, iv, record + CBC_BLOCK, SHORT);
        (void)snprintf(label, sizeof(label), "%s short %d", byte < 0 ? "warm" : name, byte);
        open_counted(w, &k, record, sizeof(record), label, false);
    }
    cbc_key_wipe(&k);
}

/* What one must not write. counts.py must see the difference, or it could see none at all. */
static size_t naive(const uint8_t *inside, size_t len)
{
    size_t padding = inside[len - 1];
    for (size_t i = 1; i <= padding; i++) {
        if (inside[len - 1 - i] != padding) {
            return 0;
        }
    }
    return padding;
}

static void count_naive(void)
{
    uint8_t inside[INSIDE];
    for (size_t padding = 0; padding <= 255; padding++) {
        char label[64];
        memset(inside, (int)padding, sizeof(inside));
        CALLGRIND_ZERO_STATS;
        CALLGRIND_TOGGLE_COLLECT;
        volatile size_t found = naive(inside, sizeof(inside));
        CALLGRIND_TOGGLE_COLLECT;
        (void)snprintf(label, sizeof(label), "control naive %zu", padding);
        CALLGRIND_DUMP_STATS_AT(label);
        assert_int_equal(found, padding);
    }
}

static void test_counts(void **state)
{
    (void)state;
    struct worker *w = worker_new();
    assert_non_null(w);
    static const struct {
        enum hash_alg mac;
        size_t key_len;
        const char *name;
    } kinds[] = { { HASH_SHA1, 16, "sha1" }, { HASH_SHA256, 16, "sha256" },
                  { HASH_SHA384, 32, "sha384" } };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        count(w, kinds[i].mac, kinds[i].key_len, kinds[i].name);
        count_short(w, kinds[i].mac, kinds[i].key_len, kinds[i].name);
    }
    count_naive();
    worker_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_counts) };
    if (!RUNNING_ON_VALGRIND) {
        print_error("run it by counts.py, under valgrind\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

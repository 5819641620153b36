/* test_cbc.c - CBC records against records put together by hand: every length, every padding,
 * every truncation and bit, right MACs with wrong padding, the cache of keyed contexts. */
#include "base/error.h"
#include "cbc_support.h"

#include "base/mem.h"

static const uint8_t head[CBC_HEAD] = { 0, 0, 0, 0, 0, 0, 0, 5, 23, 3, 3 };
static const uint8_t iv[CBC_BLOCK] = { 0xf0, 0xe1, 0xd2, 0xc3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };

enum { KINDS = 12, BODY_MAX = 16384 + 2048 };

static void kind_of_key(size_t kind, struct cbc_key *k)
{
    static const enum hash_alg macs[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384 };
    uint8_t key[CBC_KEY_MAX], mac_key[CBC_MAC_MAX];
    struct test_rng rng;
    test_rng_init(&rng, kind);
    test_rng_fill(&rng, key, sizeof(key));
    test_rng_fill(&rng, mac_key, sizeof(mac_key));
    memset(k, 0, sizeof(*k));
    cbc_key_set(k, kind & 1 ? 32 : 16, macs[kind / 4], (kind & 2) != 0, mac_key, key);
}

static void fill(uint8_t *p, size_t len)
{
    struct test_rng rng;
    test_rng_init(&rng, 77);
    test_rng_fill(&rng, p, len);
}

/* The padding that fills up the last block. */
static size_t least_padding(const struct cbc_key *k, size_t len)
{
    size_t inside = len + (k->encrypt_then_mac ? 0 : hash_len((enum hash_alg)k->mac));
    return CBC_BLOCK - 1 - inside % CBC_BLOCK;
}

static void check_length(struct worker *w, const struct cbc_key *k, const uint8_t *text, size_t len)
{
    static uint8_t ours[BODY_MAX], by_hand[BODY_MAX];
    const cssl_bytes pieces[] = { bytes_of(text, len / 3), bytes_of(NULL, 0),
                                  bytes_of(text + len / 3, len - len / 3) };
    cssl_bytes content;
    cssl_error err;
    const size_t sealed = cbc_sealed_len(k, len);
    ours[sealed] = 0xee;
    assert_int_equal(cbc_seal(w, k, head, iv, pieces, 3, ours, &err), 0);
    assert_int_equal(ours[sealed], 0xee);
    assert_int_equal(sealed,
                     cbc_by_hand(k, head, iv, text, len, least_padding(k, len), CBC_GOOD, by_hand));
    assert_memory_equal(ours, by_hand, sealed);
    assert_int_equal(cbc_open(w, k, head, ours, sealed, &content, &err), 0);
    assert_int_equal(content.len, len);
    assert_true(content.data >= ours && content.data + len <= ours + sealed);
    assert_memory_equal(content.data, text, len);
}

static void test_lengths(void **state)
{
    (void)state;
    static uint8_t text[16384];
    struct worker *w = worker_new();
    assert_non_null(w);
    fill(text, sizeof(text));
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct cbc_key k;
        kind_of_key(kind, &k);
        for (size_t len = 0; len <= 150; len++) {
            check_length(w, &k, text, len);
        }
        check_length(w, &k, text, 16383);
        check_length(w, &k, text, 16384);
    }
    worker_free(w);
}

static void refused(struct worker *w, const struct cbc_key *k, uint8_t *data, size_t len)
{
    cssl_bytes content = bytes_of(data, 1);
    cssl_error err, plain;
    (void)fail(&plain, CSSL_R_BAD_RECORD_MAC);
    assert_int_equal(cbc_open(w, k, head, data, len, &content, &err), CSSL_ALERT);
    /* The same words for each fault: a log must not tell what the wire does not. */
    assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
    assert_string_equal(err.text, plain.text);
    assert_int_equal(content.len, 0);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(data[i], 0);
    }
}

/* Any padding that fits is right (RFC 5246 6.2.3.2), and each wrong one is refused alike. */
static void test_paddings(void **state)
{
    (void)state;
    struct worker *w = worker_new();
    uint8_t text[300], body[1024];
    assert_non_null(w);
    fill(text, sizeof(text));
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct cbc_key k;
        kind_of_key(kind, &k);
        for (size_t padding = 0; padding <= 255; padding++) {
            size_t len = (least_padding(&k, 0) + 2 * CBC_BLOCK - padding % CBC_BLOCK) % CBC_BLOCK;
            for (enum cbc_fault fault = CBC_GOOD; fault <= CBC_BAD_BOTH; fault++) {
                cssl_bytes content;
                cssl_error err;
                size_t sealed = cbc_by_hand(&k, head, iv, text, len, padding, fault, body);
                uint8_t *copy = test_copy(body, sealed);
                if (fault != CBC_GOOD) {
                    refused(w, &k, copy, sealed);
                } else {
                    assert_int_equal(cbc_open(w, &k, head, copy, sealed, &content, &err), 0);
                    assert_int_equal(content.len, len);
                    assert_memory_equal(content.data, text, len);
                }
                free(copy);
            }
        }
    }
    worker_free(w);
}

/* Each byte of a long padding counts, not its first and last alone. */
static void test_each_padding_byte(void **state)
{
    (void)state;
    struct worker *w = worker_new();
    assert_non_null(w);
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct cbc_key k;
        kind_of_key(kind, &k);
        const size_t mac = hash_len((enum hash_alg)k.mac);
        const size_t front = k.encrypt_then_mac ? 0 : mac;
        const size_t padding = 255 - (front + 255 + 1) % CBC_BLOCK;
        for (size_t wrong = 0; wrong <= padding; wrong++) {
            uint8_t body[512];
            uint8_t *inside = body + CBC_BLOCK;
            memcpy(body, iv, CBC_BLOCK);
            if (!k.encrypt_then_mac) {
                cbc_by_hand_mac(&k, head, inside, 0, inside);
            }
            memset(inside + front, (int)padding, padding + 1);
            inside[front + wrong] ^= 0x80;
            size_t len = front + padding + 1;
            cbc_by_hand_blocks(&k, iv, inside, len);
            if (k.encrypt_then_mac) {
                cbc_by_hand_mac(&k, head, body, CBC_BLOCK + len, inside + len);
                len += mac;
            }
            uint8_t *copy = test_copy(body, CBC_BLOCK + len);
            refused(w, &k, copy, CBC_BLOCK + len);
            free(copy);
        }
    }
    worker_free(w);
}

struct target {
    struct worker *w;
    struct cbc_key k;
};

static void try_refused(void *arg, uint8_t *data, size_t len)
{
    struct target *t = arg;
    refused(t->w, &t->k, data, len);
}

static void test_damage(void **state)
{
    (void)state;
    struct target t = { .w = worker_new() };
    uint8_t text[40], body[256];
    assert_non_null(t.w);
    fill(text, sizeof(text));
    for (size_t kind = 0; kind < KINDS; kind++) {
        kind_of_key(kind, &t.k);
        for (size_t len = 0; len <= sizeof(text); len += 20) {
            size_t sealed = cbc_by_hand(&t.k, head, iv, text, len, least_padding(&t.k, len),
                                        CBC_GOOD, body);
            for_each_truncation(body, sealed, try_refused, &t);
            for_each_bit_flip(body, sealed, try_refused, &t);
        }
        /* Blocks of noise, too: padding that reaches beyond the record's front. */
        for (size_t blocks = 1; blocks < 12; blocks++) {
            for (uint64_t round = 0; round < 20; round++) {
                struct test_rng rng;
                uint8_t *noise = malloc(blocks * CBC_BLOCK + 20);
                size_t extra = t.k.encrypt_then_mac ? hash_len((enum hash_alg)t.k.mac) % 16 : 0;
                test_rng_init(&rng, blocks * 1000 + round);
                test_rng_fill(&rng, noise, blocks * CBC_BLOCK + extra);
                refused(t.w, &t.k, noise, blocks * CBC_BLOCK + extra);
                free(noise);
            }
        }
    }
    worker_free(t.w);
}

/* What the MAC covers besides the text: the sequence number, the type, the version. */
static void test_head_counts(void **state)
{
    (void)state;
    struct worker *w = worker_new();
    assert_non_null(w);
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct cbc_key k;
        kind_of_key(kind, &k);
        for (size_t i = 0; i < CBC_HEAD; i++) {
            uint8_t body[128], other[CBC_HEAD];
            const cssl_bytes text = bytes_str("attack at dawn");
            cssl_bytes content;
            cssl_error err;
            memcpy(other, head, CBC_HEAD);
            other[i] ^= 1;
            assert_int_equal(cbc_seal(w, &k, other, iv, &text, 1, body, &err), 0);
            refused(w, &k, body, cbc_sealed_len(&k, text.len));
            assert_int_equal(cbc_seal(w, &k, other, iv, &text, 1, body, &err), 0);
            assert_int_equal(cbc_open(w, &k, other, body, cbc_sealed_len(&k, text.len), &content,
                                      &err), 0);
        }
    }
    worker_free(w);
}

/* More keys than a worker keeps, in turn, and one serial for two keys. */
static void test_cache(void **state)
{
    (void)state;
    struct worker *w = worker_new();
    struct cbc_key keys[70];
    uint8_t text[50];
    assert_non_null(w);
    fill(text, sizeof(text));
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        kind_of_key(i % KINDS, &keys[i]);
    }
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
            check_length(w, &keys[i], text, i % sizeof(text));
        }
    }
    keys[1].serial = keys[0].serial;
    for (size_t i = 0; i < 6; i++) {
        check_length(w, &keys[i % 2], text, sizeof(text));
    }
    cbc_key_wipe(&keys[0]);
    assert_int_equal(keys[0].key[0] | keys[0].mac_key[0] | keys[0].key_len, 0);
    worker_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),   cmocka_unit_test(test_paddings),
        cmocka_unit_test(test_each_padding_byte), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_head_counts), cmocka_unit_test(test_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

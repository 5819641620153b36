/* test_protect12.c - records of TLS 1.2: round trips of each AEAD and of CBC, every bit, every
 * length, and the lengths that were agreed on. */
#include "base/error.h"
#include "support.h"

#include "base/mem.h"
#include "record/tls_record.h"

static const uint8_t key[AEAD_KEY_MAX] = { 1, 2, 3 };
static const uint8_t iv[AEAD_NONCE] = { 9, 8, 7, 6 };

static const enum aead_alg algs[] = { AEAD_AES_128_GCM, AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305,
                                      AEAD_AES_128_CCM, AEAD_AES_128_CCM_8 };

static void test_round_trips(void **state)
{
    (void)state;
    static const size_t lens[] = { 0, 1, 16, 1000, REC_PLAIN_MAX };
    static uint8_t plain[REC_PLAIN_MAX];
    struct worker *w = worker_new();
    assert_non_null(w);
    memset(plain, 0x5a, sizeof(plain));
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
        struct rec_half seal = { 0 }, open = { 0 };
        rec_set_keys(&seal, TLS_1_2, algs[i], key, iv, 3);
        rec_set_keys(&open, TLS_1_2, algs[i], key, iv, 3);
        for (size_t k = 0; k < ARRAY_SIZE(lens); k++) {
            struct buf wire = { .limit = 1 << 16 };
            const cssl_bytes pieces[] = { bytes_of(plain, lens[k] / 2),
                                          bytes_of(plain, lens[k] - lens[k] / 2) };
            struct rec rec;
            cssl_error err;
            size_t len = 0;
            size_t front = algs[i] == AEAD_CHACHA20_POLY1305 ? 0 : 8;
            assert_int_equal(rec_seal(&seal, w, CT_HANDSHAKE, pieces, 2, 0, &wire, &err), 0);
            assert_int_equal(wire.len, REC_HEADER + front + lens[k] + aead_tag_len(algs[i]));
            assert_int_equal(buf_bytes(&wire).data[0], CT_HANDSHAKE); /* the type is in the clear */
            if (front > 0) {
                assert_int_equal(buf_bytes(&wire).data[REC_HEADER + 7], k); /* the explicit nonce */
            }
            assert_int_equal(rec_wire_len(&open, buf_bytes(&wire), &len, &err), 0);
            assert_int_equal(len, wire.len);
            uint8_t *copy = test_copy(buf_bytes(&wire).data, wire.len);
            assert_int_equal(rec_open(&open, w, copy, wire.len, &rec, &err), 0);
            assert_true(rec.sealed && rec.type == CT_HANDSHAKE && rec.len == lens[k]);
            assert_memory_equal(rec.data, plain, lens[k]);
            free(copy);
            buf_free(&wire);
        }
        rec_wipe(&seal);
        rec_wipe(&open);
    }
    worker_free(w);
}

static void test_every_bit_counts(void **state)
{
    (void)state;
    struct worker *w = worker_new();
    assert_non_null(w);
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
        struct rec_half seal = { 0 }, open = { 0 };
        struct buf wire = { .limit = 1000 };
        const cssl_bytes plain = bytes_str("attack at dawn");
        cssl_error err;
        rec_set_keys(&seal, TLS_1_2, algs[i], key, iv, 3);
        rec_set_keys(&open, TLS_1_2, algs[i], key, iv, 3);
        assert_int_equal(rec_seal(&seal, w, CT_ALERT, &plain, 1, 0, &wire, &err), 0);
        /* The version and the length in the header are not authenticated as such: the version is
         * checked apart, and another length is another record. */
        for (size_t bit = 0; bit < 8 * wire.len; bit++) {
            if (bit / 8 >= 1 && bit / 8 < REC_HEADER) {
                continue;
            }
            struct rec rec;
            struct rec_half half = open;
            uint8_t *copy = test_copy(buf_bytes(&wire).data, wire.len);
            copy[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            assert_int_equal(rec_open(&half, w, copy, wire.len, &rec, &err), CSSL_ALERT);
            assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
            assert_int_equal(half.seq, 0);
            free(copy);
        }
        /* Nothing in the clear passes, and nothing that is too short. */
        for (size_t len = REC_HEADER; len < wire.len; len++) {
            struct rec rec;
            struct rec_half half = open;
            uint8_t *copy = test_copy(buf_bytes(&wire).data, len);
            assert_int_equal(rec_open(&half, w, copy, len, &rec, &err), CSSL_ALERT);
            free(copy);
        }
        buf_free(&wire);
        rec_wipe(&seal);
        rec_wipe(&open);
    }
    worker_free(w);
}

static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool fits;
    } rows[] = { { "1703034800", true }, { "1703034801", false }, { "1603034800", true },
                 { "1503034801", false } };
    struct rec_half half = { 0 };
    rec_set_keys(&half, TLS_1_2, AEAD_AES_128_GCM, key, iv, 3);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t header[REC_HEADER];
        size_t len = 0;
        cssl_error err = { 0 };
        test_unhex(header, sizeof(header), rows[i].header);
        int ret = rec_wire_len(&half, bytes_of(header, sizeof(header)), &len, &err);
        assert_int_equal(ret == 0, rows[i].fits);
        assert_true(ret == 0 ? len <= REC_WIRE_MAX : err.alert == ALERT_RECORD_OVERFLOW);
    }
    rec_wipe(&half);
}

static void set_cbc(struct rec_half *h, enum hash_alg mac, bool etm, const struct rand_source *rand)
{
    static const uint8_t mac_key[CBC_MAC_MAX] = { 4, 5, 6 };
    struct cbc_key k = { 0 };
    cbc_key_set(&k, 32, mac, etm, mac_key, key);
    rec_set_cbc(h, &k, rand, 3);
    cbc_key_wipe(&k);
}

static const enum hash_alg macs[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384 };

static void test_cbc_round_trips(void **state)
{
    (void)state;
    static const size_t lens[] = { 0, 1, 15, 16, 1000, REC_PLAIN_MAX };
    static uint8_t plain[REC_PLAIN_MAX];
    struct worker *w = worker_new();
    struct test_rng rng;
    const struct rand_source source = { test_rng_random, &rng };
    assert_non_null(w);
    test_rng_init(&rng, 1);
    test_rng_fill(&rng, plain, sizeof(plain));
    for (size_t i = 0; i < 2 * ARRAY_SIZE(macs); i++) {
        struct rec_half seal = { 0 }, open = { 0 };
        uint8_t last_iv[CBC_BLOCK] = { 0 };
        set_cbc(&seal, macs[i / 2], i & 1, &source);
        set_cbc(&open, macs[i / 2], i & 1, NULL);
        for (size_t k = 0; k < ARRAY_SIZE(lens); k++) {
            struct buf wire = { .limit = 1 << 16 };
            const cssl_bytes pieces[] = { bytes_of(plain, lens[k] / 2),
                                          bytes_of(plain + lens[k] / 2, lens[k] - lens[k] / 2) };
            struct rec rec;
            cssl_error err;
            size_t len = 0;
            assert_int_equal(rec_seal(&seal, w, CT_ALERT, pieces, 2, 0, &wire, &err), 0);
            assert_true(wire.len <= lens[k] + REC_OVERHEAD_MAX);
            assert_int_equal(wire.len, REC_HEADER + cbc_sealed_len(&seal.cbc, lens[k]));
            assert_memory_not_equal(buf_bytes(&wire).data + REC_HEADER, last_iv, CBC_BLOCK);
            memcpy(last_iv, buf_bytes(&wire).data + REC_HEADER, CBC_BLOCK);
            assert_int_equal(rec_wire_len(&open, buf_bytes(&wire), &len, &err), 0);
            assert_int_equal(len, wire.len);
            uint8_t *copy = test_copy(buf_bytes(&wire).data, wire.len);
            assert_int_equal(rec_open(&open, w, copy, wire.len, &rec, &err), 0);
            assert_true(rec.sealed && rec.type == CT_ALERT && rec.len == lens[k]);
            assert_memory_equal(rec.data, plain, lens[k]);
            /* The same record again has another number. */
            memcpy(copy, buf_bytes(&wire).data, wire.len);
            assert_int_equal(rec_open(&open, w, copy, wire.len, &rec, &err), CSSL_ALERT);
            assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
            assert_int_equal(open.seq, k + 1);
            free(copy);
            buf_free(&wire);
        }
        rec_wipe(&seal);
        rec_wipe(&open);
    }
    worker_free(w);
}

struct target {
    struct worker *w;
    struct rec_half open;
    uint8_t header[REC_HEADER];
};

static void try_cbc(void *arg, uint8_t *body, size_t len)
{
    struct target *t = arg;
    struct rec_half half = t->open;
    struct rec rec;
    cssl_error err;
    uint8_t *record = malloc(REC_HEADER + len);
    memcpy(record, t->header, REC_HEADER);
    memcpy(record + REC_HEADER, body, len);
    assert_int_equal(rec_open(&half, t->w, record, REC_HEADER + len, &rec, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
    assert_int_equal(err.alert, ALERT_BAD_RECORD_MAC);
    assert_int_equal(half.seq, t->open.seq);
    free(record);
}

static void test_cbc_damage(void **state)
{
    (void)state;
    struct target t = { .w = worker_new() };
    assert_non_null(t.w);
    for (size_t i = 0; i < 2 * ARRAY_SIZE(macs); i++) {
        struct rec_half seal = { 0 };
        struct buf wire = { .limit = 1000 };
        const cssl_bytes plain = bytes_str("attack at dawn, or somewhat later");
        cssl_error err;
        set_cbc(&seal, macs[i / 2], i & 1, NULL);
        set_cbc(&t.open, macs[i / 2], i & 1, NULL);
        assert_int_equal(rec_seal(&seal, t.w, CT_HANDSHAKE, &plain, 1, 0, &wire, &err), 0);
        const cssl_bytes all = buf_bytes(&wire);
        memcpy(t.header, all.data, REC_HEADER);
        for_each_truncation(all.data + REC_HEADER, all.len - REC_HEADER, try_cbc, &t);
        for_each_bit_flip(all.data + REC_HEADER, all.len - REC_HEADER, try_cbc, &t);
        t.header[0] = CT_ALERT; /* the type is authenticated, though it is in the clear */
        uint8_t *copy = test_copy(all.data + REC_HEADER, all.len - REC_HEADER);
        try_cbc(&t, copy, all.len - REC_HEADER);
        free(copy);
        buf_free(&wire);
        rec_wipe(&seal);
        rec_wipe(&t.open);
    }
    worker_free(t.w);
}

/* Without randomness nothing is sent. */
static int no_random(void *user, uint8_t *out, size_t len)
{
    (void)user;
    (void)out;
    (void)len;
    return -1;
}

static void test_cbc_no_random(void **state)
{
    (void)state;
    struct worker *w = worker_new();
    struct rec_half seal = { 0 };
    struct buf wire = { .limit = 1000 };
    const cssl_bytes plain = bytes_str("x");
    const struct rand_source source = { no_random, NULL };
    cssl_error err;
    assert_non_null(w);
    set_cbc(&seal, HASH_SHA1, false, &source);
    assert_int_equal(rec_seal(&seal, w, CT_ALERT, &plain, 1, 0, &wire, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_RANDOM_FAILED);
    assert_int_equal(wire.len, 0);
    assert_int_equal(seal.seq, 0);
    buf_free(&wire);
    worker_free(w);
}

/* What was agreed on holds for what is sent and for what comes, in the clear too. */
static void test_limit(void **state)
{
    (void)state;
    static const uint8_t plain[600];
    struct worker *w = worker_new();
    assert_non_null(w);
    for (size_t kind = 0; kind < 3; kind++) {
        for (size_t len = 511; len <= 513; len++) {
            struct rec_half seal = { 0 }, open = { .limit = 512 };
            struct buf wire = { .limit = 1 << 16 };
            const cssl_bytes piece = bytes_of(plain, len);
            struct rec rec;
            cssl_error err;
            if (kind == 1) {
                rec_set_keys(&seal, TLS_1_2, AEAD_AES_128_GCM, key, iv, 3);
                rec_set_keys(&open, TLS_1_2, AEAD_AES_128_GCM, key, iv, 3);
            } else if (kind == 2) {
                set_cbc(&seal, HASH_SHA256, false, NULL);
                set_cbc(&open, HASH_SHA256, false, NULL);
            }
            assert_int_equal(rec_content_max(&seal), REC_PLAIN_MAX);
            assert_int_equal(rec_content_max(&open), 512);
            assert_int_equal(rec_seal(&seal, w, CT_HANDSHAKE, &piece, 1, 0, &wire, &err), 0);
            uint8_t *copy = test_copy(buf_bytes(&wire).data, wire.len);
            const int ret = rec_open(&open, w, copy, wire.len, &rec, &err);
            assert_int_equal(ret == 0, len <= 512);
            assert_true(ret == 0 || (err.reason == CSSL_R_RECORD_TOO_LONG &&
                                     err.alert == ALERT_RECORD_OVERFLOW));
            free(copy);
            buf_free(&wire);
            rec_wipe(&seal);
            rec_wipe(&open);
        }
    }
    worker_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_cbc_round_trips),
        cmocka_unit_test(test_cbc_damage),
        cmocka_unit_test(test_cbc_no_random),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

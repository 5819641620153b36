/*
 * test_schedule13.c - properties of TLS 1.3's key schedule that RFC 8448's traces do not show: the
 * other hash, what tells two secrets apart, updates, exporters. The traces are in test_rfc8448.c.
 */
#include "base/error.h"
#include "support.h"

#include "base/names.h"
#include "hs/schedule13.h"

static const enum hash_alg algs[] = { HASH_SHA256, HASH_SHA384 };

static const uint8_t shared_secret[32] = { 5 };

/* The whole schedule with hashes that begin with the three bytes of seeds. */
static void run(struct schedule13 *s, enum hash_alg alg, cssl_bytes psk, const uint8_t seeds[3])
{
    uint8_t hash[HASH_MAX] = { 0 };
    memset(s, 0, sizeof(*s));
    schedule13_early(s, alg, psk);
    hash[0] = seeds[0];
    schedule13_handshake(s, bytes_of(shared_secret, sizeof(shared_secret)), hash);
    hash[0] = seeds[1];
    schedule13_application(s, hash);
    hash[0] = seeds[2];
    schedule13_resumption(s, hash);
}

static bool same(const struct secret *a, const struct secret *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Every secret has the hash's length and is unlike every other one. */
static void test_distinct(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_SIZE(algs); k++) {
        struct schedule13 s;
        run(&s, algs[k], bytes_of(NULL, 0), (const uint8_t[]){ 1, 1, 1 });
        const struct secret *all[] = { &s.current,            &s.client_handshake,
                                       &s.server_handshake,   &s.client_application,
                                       &s.server_application, &s.exporter,
                                       &s.resumption };
        for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
            assert_int_equal(all[i]->len, hash_len(algs[k]));
            for (size_t j = 0; j < i; j++) {
                assert_false(same(all[i], all[j]));
            }
        }
        schedule13_wipe(&s);
        for (size_t i = 0; i < sizeof(s); i++) {
            assert_int_equal(((const uint8_t *)&s)[i], 0);
        }
    }
}

/* What each secret depends on: on its own hash and all before, not on what comes later. */
static void test_depends(void **state)
{
    (void)state;
    static const uint8_t psk_bytes[32] = { 9 };
    static const uint8_t zeros[HASH_MAX] = { 0 };
    static const struct {
        uint8_t seeds[3];
        bool psk;
        bool handshake, application, resumption; /* is it as it was? */
    } rows[] = {
        { { 1, 2, 3 }, false, true, true, true },
        { { 1, 2, 4 }, false, true, true, false },
        { { 1, 4, 3 }, false, true, false, true },
        { { 4, 2, 3 }, false, false, true, true }, /* a hash is context, not salt */
        { { 1, 2, 3 }, true, false, false, false },
    };
    for (size_t k = 0; k < ARRAY_SIZE(algs); k++) {
        struct schedule13 first, s;
        /* Without a PSK it is as many zeros as the hash is long (RFC 8446 7.1). */
        run(&first, algs[k], bytes_of(zeros, hash_len(algs[k])), rows[0].seeds);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
            run(&s, algs[k], bytes_of(psk_bytes, rows[i].psk ? 32 : 0), rows[i].seeds);
            assert_int_equal(same(&s.client_handshake, &first.client_handshake),
                             rows[i].handshake);
            assert_int_equal(same(&s.server_handshake, &first.server_handshake),
                             rows[i].handshake);
            assert_int_equal(same(&s.client_application, &first.client_application),
                             rows[i].application);
            assert_int_equal(same(&s.server_application, &first.server_application),
                             rows[i].application);
            assert_int_equal(same(&s.exporter, &first.exporter), rows[i].application);
            assert_int_equal(same(&s.resumption, &first.resumption), rows[i].resumption);
        }
    }
}

/* A ticket's PSK must not pass as an external one, nor under another hash or another key. */
static void test_binder(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_SIZE(algs); k++) {
        static const uint8_t psks[2][32] = { { 1 }, { 2 } };
        size_t len = hash_len(algs[k]);
        uint8_t hash[HASH_MAX] = { 7 };
        uint8_t binders[4][HASH_MAX + 1];
        struct schedule13 s = { 0 };
        memset(binders, 0xee, sizeof(binders));
        schedule13_early(&s, algs[k], bytes_of(psks[0], 32));
        struct secret before = s.current;
        schedule13_binder(&s, false, hash, binders[0]);
        schedule13_binder(&s, true, hash, binders[1]);
        hash[len - 1] ^= 1;
        schedule13_binder(&s, false, hash, binders[2]);
        assert_true(same(&s.current, &before)); /* the schedule has not moved */
        hash[len - 1] ^= 1;
        schedule13_early(&s, algs[k], bytes_of(psks[1], 32));
        schedule13_binder(&s, false, hash, binders[3]);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(binders[i][len], 0xee);
            for (size_t j = 0; j < i; j++) {
                assert_memory_not_equal(binders[i], binders[j], len);
            }
        }
    }
}

static void test_finished(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_SIZE(algs); k++) {
        size_t len = hash_len(algs[k]);
        const struct secret base = { .len = (uint8_t)len, .data = { 1 } };
        const struct secret other = { .len = (uint8_t)len, .data = { 2 } };
        uint8_t hash[HASH_MAX] = { 3 };
        uint8_t one[HASH_MAX + 1], two[HASH_MAX + 1];
        memset(one, 0xee, sizeof(one));
        finished13(algs[k], &base, hash, one);
        assert_int_equal(one[len], 0xee);
        finished13(algs[k], &base, hash, two);
        assert_memory_equal(one, two, len);
        finished13(algs[k], &other, hash, two);
        assert_memory_not_equal(one, two, len);
        hash[len - 1] = 1; /* all of the hash counts */
        finished13(algs[k], &base, hash, two);
        assert_memory_not_equal(one, two, len);
    }
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        uint16_t suite;
    } rows[] = { { SUITE_AES_128_GCM_SHA256 }, { SUITE_AES_256_GCM_SHA384 },
                 { SUITE_CHACHA20_POLY1305_SHA256 }, { SUITE_AES_128_CCM_8_SHA256 } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        enum hash_alg alg = suite_hash(rows[i].suite);
        enum aead_alg aead = suite_aead(rows[i].suite);
        struct secret s = { .len = (uint8_t)hash_len(alg), .data = { 1 } };
        struct rec_half half = { .seq = 77, .sent = 99 };
        struct rec_half next = { 0 };
        keys13(&half, aead, alg, &s, 2);
        assert_int_equal(half.key.alg, aead);
        assert_int_equal(half.version, TLS_1_3);
        assert_int_equal(half.epoch, 2);
        assert_int_equal(half.seq, 0); /* RFC 8446 5.3 */
        assert_int_equal(half.sent, 0);
        struct secret old = s;
        update13(alg, &s);
        assert_int_equal(s.len, old.len);
        assert_memory_not_equal(s.data, old.data, s.len);
        keys13(&next, aead, alg, &s, 3);
        assert_memory_not_equal(next.key.key, half.key.key, aead_key_len(aead));
        assert_memory_not_equal(next.iv, half.iv, AEAD_NONCE);
        assert_true(next.key.serial != half.key.serial);
        rec_wipe(&half);
        rec_wipe(&next);
    }
}

/* Tickets of one connection have different PSKs, by their nonces alone. */
static void test_ticket_psk(void **state)
{
    (void)state;
    static const uint8_t nonces[][2] = { { 0, 0 }, { 1, 0 }, { 0, 1 } };
    static const size_t lens[] = { 0, 1, 2 };
    for (size_t k = 0; k < ARRAY_SIZE(algs); k++) {
        const struct secret resumption = { .len = (uint8_t)hash_len(algs[k]), .data = { 6 } };
        struct secret psks[ARRAY_SIZE(nonces) * ARRAY_SIZE(lens)];
        size_t num = 0;
        for (size_t i = 0; i < ARRAY_SIZE(nonces); i++) {
            for (size_t j = i == 0 ? 0 : 2; j < ARRAY_SIZE(lens); j++) {
                ticket_psk13(algs[k], &resumption, bytes_of(nonces[i], lens[j]), &psks[num]);
                assert_int_equal(psks[num].len, hash_len(algs[k]));
                for (size_t n = 0; n < num; n++) {
                    assert_false(same(&psks[n], &psks[num]));
                }
                num++;
            }
        }
        assert_int_equal(num, 5);
    }
}

static void test_exporter(void **state)
{
    (void)state;
    char label[250];
    memset(label, 'l', sizeof(label));
    label[249] = '\0'; /* the longest one that there may be */
    for (size_t k = 0; k < ARRAY_SIZE(algs); k++) {
        const struct secret e = { .len = (uint8_t)hash_len(algs[k]), .data = { 4 } };
        uint8_t a[64], b[65];
        memset(b, 0xee, sizeof(b));
        export13(algs[k], &e, "EXPORTER-a", bytes_of(NULL, 0), a, 64);
        export13(algs[k], &e, "EXPORTER-a", bytes_str(""), b, 64);
        assert_memory_equal(a, b, 64); /* RFC 8446 7.5: none is an empty one, unlike TLS 1.2 */
        assert_int_equal(b[64], 0xee);
        export13(algs[k], &e, "EXPORTER-a", bytes_str("x"), b, 64);
        assert_memory_not_equal(a, b, 64);
        export13(algs[k], &e, "EXPORTER-b", bytes_str(""), b, 64);
        assert_memory_not_equal(a, b, 64);
        export13(algs[k], &e, label, bytes_str(""), b, 64);
        assert_memory_not_equal(a, b, 64);
        /* The length is in what is expanded: a shorter output is no beginning of the longer. */
        export13(algs[k], &e, "EXPORTER-a", bytes_str(""), b, 32);
        assert_memory_not_equal(a, b, 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distinct),   cmocka_unit_test(test_depends),
        cmocka_unit_test(test_binder),     cmocka_unit_test(test_finished),
        cmocka_unit_test(test_keys),       cmocka_unit_test(test_ticket_psk),
        cmocka_unit_test(test_exporter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

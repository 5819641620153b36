/* test_tls_record.c - framing, sealing and opening of records: limits, damage, padding. */
#include "support.h"

#include "base/error.h"
#include "base/mem.h"
#include "record/tls_record.h"

static const uint8_t key[AEAD_KEY_MAX] = { 1, 2, 3 };
static const uint8_t iv[AEAD_NONCE] = { 9, 8, 7 };

struct fixture {
    struct worker *worker;
    struct rec_half seal, open;
    struct buf wire;
};

static int setup(void **state)
{
    struct fixture *f = mem_new(sizeof(*f));
    assert_non_null(f);
    f->worker = worker_new();
    assert_non_null(f->worker);
    f->wire.limit = 1 << 20;
    rec_set_keys(&f->seal, TLS_1_3, AEAD_AES_128_GCM, key, iv, 3);
    rec_set_keys(&f->open, TLS_1_3, AEAD_AES_128_GCM, key, iv, 3);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    worker_free(f->worker);
    buf_free(&f->wire);
    rec_wipe(&f->seal);
    rec_wipe(&f->open);
    mem_free(f);
    return 0;
}

/* open_next opens the first record on the wire, in a copy of exactly its size. */
static int open_next(struct fixture *f, struct rec *rec, uint8_t **copy, cssl_error *err)
{
    size_t len = 0;
    int ret = rec_wire_len(&f->open, buf_bytes(&f->wire), &len, err);
    if (ret != 0) {
        return ret;
    }
    assert_true(len <= f->wire.len);
    *copy = test_copy(buf_bytes(&f->wire).data, len);
    ret = rec_open(&f->open, f->worker, *copy, len, rec, err);
    buf_consume(&f->wire, len);
    return ret;
}

static void test_round_trips(void **state)
{
    struct fixture *f = *state;
    static uint8_t plain[REC_PLAIN_MAX];
    static const size_t lens[] = { 0, 1, 15, 16, 17, 255, 1024, REC_PLAIN_MAX - 1, REC_PLAIN_MAX };
    static const size_t pads[] = { 0, 2, 64, 4096, REC_PLAIN_MAX };
    for (size_t i = 0; i < sizeof(plain); i++) {
        plain[i] = (uint8_t)(i * 7);
    }
    for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(pads); j++) {
            /* In three pieces, one of them empty. */
            const cssl_bytes pieces[] = { bytes_of(plain, lens[i] / 3), bytes_of(NULL, 0),
                                          bytes_of(plain + lens[i] / 3, lens[i] - lens[i] / 3) };
            cssl_error err;
            struct rec rec;
            uint8_t *copy = NULL;
            assert_int_equal(rec_seal(&f->seal, f->worker, CT_HANDSHAKE, pieces, 3, pads[j],
                                      &f->wire, &err), 0);
            if (pads[j] > 1 && lens[i] + 1 + pads[j] <= REC_PLAIN_MAX) {
                assert_int_equal((f->wire.len - REC_HEADER - 16) % pads[j], 0);
            }
            assert_int_equal(open_next(f, &rec, &copy, &err), 0);
            assert_int_equal(rec.type, CT_HANDSHAKE);
            assert_true(rec.sealed);
            assert_int_equal(rec.len, lens[i]);
            assert_memory_equal(rec.data, plain, lens[i]);
            free(copy);
        }
    }
    assert_int_equal(f->seal.seq, ARRAY_SIZE(lens) * ARRAY_SIZE(pads));
    assert_int_equal(f->open.seq, f->seal.seq);
}

static void test_every_bit_counts(void **state)
{
    struct fixture *f = *state;
    const cssl_bytes plain = bytes_str("attack at dawn");
    cssl_error err;
    assert_int_equal(rec_seal(&f->seal, f->worker, CT_APPLICATION_DATA, &plain, 1, 0, &f->wire,
                              &err), 0);
    const size_t len = f->wire.len;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        struct rec rec;
        struct rec_half half = f->open;
        uint8_t *copy = test_copy(buf_bytes(&f->wire).data, len);
        copy[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        size_t wire_len = 0;
        int ret = rec_wire_len(&half, bytes_of(copy, len), &wire_len, &err);
        if (ret == 0 && wire_len == len) {
            ret = rec_open(&half, f->worker, copy, len, &rec, &err);
            /* A type in the clear that is allowed to be so comes out as what it is. */
            assert_true(ret != 0 || (!rec.sealed && rec.type == CT_CHANGE_CIPHER_SPEC));
            assert_int_equal(half.seq, 0);
        } else {
            assert_true(ret != 0 || wire_len != len);
        }
        free(copy);
    }
}

static void test_order_matters(void **state)
{
    struct fixture *f = *state;
    const cssl_bytes plain = bytes_str("one");
    cssl_error err;
    struct rec rec;
    uint8_t *copy = NULL;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rec_seal(&f->seal, f->worker, CT_APPLICATION_DATA, &plain, 1, 0, &f->wire,
                                  &err), 0);
    }
    buf_consume(&f->wire, f->wire.len / 2);
    assert_int_equal(open_next(f, &rec, &copy, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
    assert_int_equal(err.alert, ALERT_BAD_RECORD_MAC);
    free(copy);
}

static void test_headers(void **state)
{
    struct fixture *f = *state;
    struct rec_half clear = { 0 };
    static const struct {
        const char *bytes;
        bool sealed;
        int reason; /* 0: fine */
        size_t len;
    } rows[] = {
        { "", false, 0, 5 },
        { "16", false, 0, 5 },
        { "1603010000", false, 0, 5 },
        { "1603034000", false, 0, 5 + 16384 },
        { "1603034001", false, CSSL_R_RECORD_TOO_LONG, 0 },
        { "1703034100", true, 0, 5 + 16384 + 256 },
        { "1703034100", false, 0, 5 + 16384 + 256 }, /* early data of a client with keys */
        { "1703034101", false, CSSL_R_RECORD_TOO_LONG, 0 },
        { "1703034101", true, CSSL_R_RECORD_TOO_LONG, 0 },
        { "1403034001", true, CSSL_R_RECORD_TOO_LONG, 0 },
        { "1602", false, CSSL_R_RECORD_VERSION, 0 },
        { "1604030000", false, CSSL_R_RECORD_VERSION, 0 },
        { "13", false, CSSL_R_NOT_TLS, 0 },
        { "18", false, CSSL_R_NOT_TLS, 0 },
        { "18", true, CSSL_R_RECORD_TYPE, 0 },
        { "474554202f20485454502f312e31", false, CSSL_R_NOT_TLS, 0 }, /* GET / HTTP/1.1 */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t n = 0;
        size_t len = 0;
        cssl_error err = { 0 };
        uint8_t *bytes = test_unhex_new(rows[i].bytes, &n);
        int ret = rec_wire_len(rows[i].sealed ? &f->open : &clear, bytes_of(bytes, n), &len, &err);
        assert_int_equal(ret == 0 ? 0 : err.reason, rows[i].reason);
        if (ret == 0) {
            assert_int_equal(len, rows[i].len);
        }
        free(bytes);
    }
}

static void test_what_must_be_sealed(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *record;
        uint8_t epoch;
        uint64_t seq;
        int reason;
    } rows[] = {
        { "160303000101", 2, 0, CSSL_R_RECORD_NOT_SEALED },
        { "15030300020228", 3, 0, CSSL_R_RECORD_NOT_SEALED },
        { "15030300020228", 2, 1, CSSL_R_RECORD_NOT_SEALED },
        { "15030300020228", 2, 0, 0 }, /* the peer has no keys yet */
        { "140303000101", 3, 5, 0 },
        { "1703030000", 3, 0, CSSL_R_BAD_RECORD_MAC },
        { "170303001000000000000000000000000000000000", 3, 0, CSSL_R_BAD_RECORD_MAC },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct rec_half half = f->open;
        size_t n = 0;
        struct rec rec;
        cssl_error err = { 0 };
        uint8_t *bytes = test_unhex_new(rows[i].record, &n);
        half.epoch = rows[i].epoch;
        half.seq = rows[i].seq;
        int ret = rec_open(&half, f->worker, bytes, n, &rec, &err);
        assert_int_equal(ret == 0 ? 0 : err.reason, rows[i].reason);
        assert_true(ret != 0 || !rec.sealed);
        free(bytes);
    }
}

static void test_content_without_type(void **state)
{
    struct fixture *f = *state;
    static const uint8_t zeros[64];
    cssl_error err;
    struct rec rec;
    uint8_t *copy = NULL;
    /* A type of zero is padding; then there is no type at all (RFC 8446 5.4). */
    const cssl_bytes plain = bytes_of(zeros, sizeof(zeros));
    assert_int_equal(rec_seal(&f->seal, f->worker, 0, &plain, 1, 0, &f->wire, &err), 0);
    assert_int_equal(open_next(f, &rec, &copy, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_RECORD_EMPTY);
    assert_int_equal(err.alert, ALERT_UNEXPECTED_MESSAGE);
    free(copy);
}

static void test_limits(void **state)
{
    struct fixture *f = *state;
    const cssl_bytes plain = bytes_str("x");
    cssl_error err;
    f->wire.limit = 10;
    assert_int_equal(rec_seal(&f->seal, f->worker, CT_ALERT, &plain, 1, 0, &f->wire, &err),
                     CSSL_NOMEM);
    assert_int_equal(f->seal.seq, 0);
    f->wire.limit = 1000;
    f->seal.seq = UINT64_MAX;
    assert_int_equal(rec_seal(&f->seal, f->worker, CT_ALERT, &plain, 1, 0, &f->wire, &err),
                     CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_SEQUENCE_EXHAUSTED);
    assert_int_equal(f->wire.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trips, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_bit_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_matters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_must_be_sealed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_content_without_type, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

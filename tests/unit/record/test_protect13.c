/* test_protect13.c - records of TLS 1.3: padding to the byte and its limit, content that is all
 * padding or too long, what a failure leaves as it was. */
#include "base/error.h"
#include "support.h"

#include "base/names.h"
#include "record/protect.h"

static const uint8_t key[AEAD_KEY_MAX] = { 1, 2, 3 };
static const uint8_t iv[AEAD_NONCE] = { 9, 8, 7, 6 };
static uint8_t plain[REC_PLAIN_MAX];

static const enum aead_alg algs[] = { AEAD_AES_128_GCM, AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305,
                                      AEAD_AES_128_CCM, AEAD_AES_128_CCM_8 };

static struct rec_half half_of(enum aead_alg alg)
{
    struct rec_half h = { .epoch = 0 };
    rec_set_keys(&h, TLS_1_3, alg, key, iv, 3);
    return h;
}

/* open_record opens a whole record's bytes in place. */
static int open_record(struct rec_half *h, struct worker *w, uint8_t *wire, size_t len,
                       struct rec *rec, cssl_error *err)
{
    *rec = (struct rec){ .type = wire[0], .data = wire + REC_HEADER, .len = len - REC_HEADER };
    *err = (cssl_error){ 0 };
    return protect13_open(h, w, wire, rec, err);
}

/* The padded length is a multiple of pad, as far as a record has room. */
static void test_padding(void **state)
{
    (void)state;
    static const struct {
        size_t len, pad, inner; /* inner: content, type and padding */
    } rows[] = {
        { 0, 0, 1 },
        { 0, 1, 1 },
        { 0, 2, 2 },
        { 1, 2, 2 },
        { 0, 64, 64 },
        { 62, 64, 64 },
        { 63, 64, 64 },
        { 64, 64, 128 },
        { 10, SIZE_MAX, REC_PLAIN_MAX + 1 },
        { REC_PLAIN_MAX - 1, 4096, REC_PLAIN_MAX },
        { REC_PLAIN_MAX, 4096, REC_PLAIN_MAX + 1 },
        { REC_PLAIN_MAX, 0, REC_PLAIN_MAX + 1 },
    };
    struct worker *w = worker_new();
    assert_non_null(w);
    memset(plain, 0x5a, sizeof(plain));
    for (size_t a = 0; a < ARRAY_SIZE(algs); a++) {
        struct rec_half seal = half_of(algs[a]), open = half_of(algs[a]);
        uint64_t sent = 0;
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
            const size_t cut = rows[i].len / 3;
            const cssl_bytes pieces[] = { bytes_of(plain, cut), bytes_of(NULL, 0),
                                          bytes_of(plain, rows[i].len - cut) };
            const size_t body = rows[i].inner + aead_tag_len(algs[a]);
            struct buf out = { .limit = REC_WIRE_MAX };
            struct rec rec;
            cssl_error err;
            assert_int_equal(
                protect13_seal(&seal, w, CT_HANDSHAKE, pieces, 3, rows[i].pad, &out, &err), 0);
            sent += rows[i].len;
            assert_int_equal(seal.seq, i + 1);
            assert_int_equal(seal.sent, sent); /* padding is not counted */
            assert_int_equal(out.len, REC_HEADER + body);
            const uint8_t header[] = { CT_APPLICATION_DATA, 3, 3, (uint8_t)(body >> 8),
                                       (uint8_t)body };
            assert_memory_equal(buf_bytes(&out).data, header, sizeof(header));
            uint8_t *wire = test_copy(buf_bytes(&out).data, out.len);
            assert_int_equal(open_record(&open, w, wire, out.len, &rec, &err), 0);
            assert_int_equal(open.seq, i + 1);
            assert_true(rec.sealed);
            assert_int_equal(rec.type, CT_HANDSHAKE);
            assert_int_equal(rec.len, rows[i].len);
            assert_memory_equal(rec.data, plain, rec.len);
            free(wire);
            buf_free(&out);
        }
        rec_wipe(&seal);
        rec_wipe(&open);
    }
    worker_free(w);
}

/* sealed_inner seals an inner plaintext as it is: what a peer may send and protect13_seal never
 * would. */
static uint8_t *sealed_inner(struct worker *w, const struct rec_half *h, cssl_bytes inner,
                             size_t *len)
{
    uint8_t nonce[AEAD_NONCE];
    cssl_error err;
    size_t body = inner.len + aead_tag_len((enum aead_alg)h->key.alg);
    uint8_t *wire = malloc(REC_HEADER + body);
    assert_non_null(wire);
    rec_write_header(wire, CT_APPLICATION_DATA, body);
    rec_nonce(h, nonce);
    assert_int_equal(aead_seal(w, &h->key, nonce, bytes_of(wire, REC_HEADER), &inner, 1,
                               wire + REC_HEADER, &err),
                     0);
    *len = REC_HEADER + body;
    return wire;
}

static void test_inner(void **state)
{
    (void)state;
    static const struct {
        size_t content, zeros; /* bytes that are not zero, the type their last one */
        cssl_reason reason;
    } rows[] = {
        { 1, 0, 0 },
        { 2, 0, 0 },
        { 1, REC_PLAIN_MAX, 0 },
        { REC_PLAIN_MAX + 1, 0, 0 },
        { 0, 1, CSSL_R_RECORD_EMPTY },
        { 0, 500, CSSL_R_RECORD_EMPTY },
        { 0, REC_PLAIN_MAX + 1, CSSL_R_RECORD_EMPTY },
        { REC_PLAIN_MAX + 2, 0, CSSL_R_RECORD_TOO_LONG },
        { 1, REC_PLAIN_MAX + 1, CSSL_R_RECORD_TOO_LONG }, /* padding counts */
        { 0, REC_PLAIN_MAX + 2, CSSL_R_RECORD_TOO_LONG },
    };
    static uint8_t inner[REC_PLAIN_MAX + 2];
    struct worker *w = worker_new();
    assert_non_null(w);
    struct rec_half h = half_of(AEAD_AES_128_GCM);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len = 0;
        struct rec rec;
        cssl_error err;
        memset(inner, 0, sizeof(inner));
        memset(inner, 0x17, rows[i].content);
        uint8_t *wire = sealed_inner(w, &h, bytes_of(inner, rows[i].content + rows[i].zeros), &len);
        int status = open_record(&h, w, wire, len, &rec, &err);
        assert_int_equal(err.reason, rows[i].reason);
        assert_int_equal(status < 0, rows[i].reason != 0);
        if (status == 0) {
            assert_int_equal(rec.type, 0x17);
            assert_int_equal(rec.len, rows[i].content - 1);
        }
        free(wire);
    }
    rec_wipe(&h);
    worker_free(w);
}

/* Zeros in front of the type are content. */
static void test_zeros_are_content(void **state)
{
    (void)state;
    static const uint8_t inner[] = { 0, 0, 7, 0, 0, CT_ALERT, 0, 0, 0 };
    struct worker *w = worker_new();
    assert_non_null(w);
    struct rec_half h = half_of(AEAD_CHACHA20_POLY1305);
    size_t len = 0;
    struct rec rec;
    cssl_error err;
    uint8_t *wire = sealed_inner(w, &h, bytes_of(inner, sizeof(inner)), &len);
    assert_int_equal(open_record(&h, w, wire, len, &rec, &err), 0);
    assert_int_equal(rec.type, CT_ALERT);
    test_same_hex(rec.data, rec.len, "0000070000");
    free(wire);
    rec_wipe(&h);
    worker_free(w);
}

/* A record that is too short for a tag and a type is refused before anything is decrypted; nothing
 * that fails counts the sequence number on, and the right record still opens afterwards. */
static void test_failures(void **state)
{
    (void)state;
    struct worker *w = worker_new();
    assert_non_null(w);
    for (size_t a = 0; a < ARRAY_SIZE(algs); a++) {
        struct rec_half h = half_of(algs[a]);
        const uint8_t inner[] = { 1, 2, 3, CT_APPLICATION_DATA };
        size_t tag = aead_tag_len(algs[a]), len = 0;
        struct rec rec;
        cssl_error err;
        uint8_t *wire = sealed_inner(w, &h, bytes_of(inner, sizeof(inner)), &len);
        for (size_t n = 0; n < sizeof(inner) + tag; n++) {
            uint8_t *cut = test_copy(wire, REC_HEADER + n);
            assert_true(open_record(&h, w, cut, REC_HEADER + n, &rec, &err) < 0);
            assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
            assert_int_equal(h.seq, 0);
            assert_false(rec.sealed);
            free(cut);
        }
        uint8_t *other = test_copy(wire, len);
        other[2] ^= 1; /* the header is authenticated */
        assert_true(open_record(&h, w, other, len, &rec, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
        free(other);
        assert_int_equal(open_record(&h, w, wire, len, &rec, &err), 0);
        assert_int_equal(h.seq, 1);
        test_same_hex(rec.data, rec.len, "010203");
        free(wire);
        rec_wipe(&h);
    }
    worker_free(w);
}

/* A queue one byte too small: nothing is appended and nothing counted. */
static void test_no_room(void **state)
{
    (void)state;
    struct worker *w = worker_new();
    assert_non_null(w);
    struct rec_half h = half_of(AEAD_AES_256_GCM);
    const cssl_bytes piece = bytes_of(plain, 100);
    struct buf out = { .limit = REC_HEADER + 101 + 16 - 1 };
    cssl_error err = { 0 };
    assert_true(protect13_seal(&h, w, CT_ALERT, &piece, 1, 0, &out, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_NOMEM);
    assert_int_equal(out.len, 0);
    assert_true(h.seq == 0 && h.sent == 0);
    out.limit++;
    assert_int_equal(protect13_seal(&h, w, CT_ALERT, &piece, 1, 0, &out, &err), 0);
    assert_int_equal(out.len, out.limit);
    buf_free(&out);
    rec_wipe(&h);
    worker_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_padding),           cmocka_unit_test(test_inner),
        cmocka_unit_test(test_zeros_are_content), cmocka_unit_test(test_failures),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

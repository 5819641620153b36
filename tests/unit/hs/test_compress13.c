/* test_compress13.c - CompressedCertificate instead of Certificate: made, taken, refused. */
#include "base/error.h"
#include "hs_support.h"

#include "base/mem.h"
#include "hs/compress13.h"
#include "msg/compress.h"

static const cssl_options with_zlib = { .cert_compression = CSSL_LIST("zlib") };

/* What a hostile peer does to the message: header of 4, algorithm, length of 24 bits, packed. */
static void not_offered(uint8_t *m, size_t *len)
{
    (void)len;
    m[5] = COMPRESS_BROTLI;
}
static void unknown(uint8_t *m, size_t *len)
{
    (void)len;
    m[4] = 0x5a;
}
static void longer(uint8_t *m, size_t *len)
{
    (void)len;
    m[8]++;
}
static void shorter(uint8_t *m, size_t *len)
{
    (void)len;
    m[8]--;
}
static void zero(uint8_t *m, size_t *len)
{
    (void)len;
    memset(m + 6, 0, 3);
}
static void huge(uint8_t *m, size_t *len)
{
    (void)len;
    memset(m + 6, 0xff, 3);
}
static void damaged(uint8_t *m, size_t *len)
{
    m[*len - 1] ^= 1; /* zlib's checksum */
}
static void cut(uint8_t *m, size_t *len)
{
    *len -= 4;
    m[2] = (uint8_t)((*len - 4) >> 8);
    m[3] = (uint8_t)(*len - 4);
}
static void empty(uint8_t *m, size_t *len)
{
    memset(m + 9, 0, 3);
    *len = 12;
    m[2] = 0;
    m[3] = 8;
}
/* nothing is a good stream of a Certificate without entries. */
static void nothing(uint8_t *m, size_t *len)
{
    static const uint8_t body[] = { 0, 0, 0, 0 };
    struct wr w;
    wr_init(&w, 100);
    assert_int_equal(compress_write(&w, COMPRESS_ZLIB, bytes_of(body, 4), true, NULL), 0);
    memcpy(m + 12, w.data, w.len);
    m[6] = m[7] = m[9] = m[10] = 0;
    m[8] = 4;
    m[11] = (uint8_t)w.len;
    *len = 12 + w.len;
    m[2] = 0;
    m[3] = (uint8_t)(*len - 4);
    wr_free(&w);
}

#define ROW(what, change, reason) \
    { what, { false, HT_COMPRESSED_CERTIFICATE, change, false }, reason }
static const struct hs_refusal rows[] = {
    ROW("not offered", not_offered, CSSL_R_COMPRESSION_NOT_OFFERED),
    ROW("unknown", unknown, CSSL_R_COMPRESSION_NOT_OFFERED),
    ROW("longer", longer, CSSL_R_DECOMPRESSION),
    ROW("shorter", shorter, CSSL_R_DECOMPRESSION),
    ROW("of no length", zero, CSSL_R_DECOMPRESSION),
    ROW("16 MiB", huge, CSSL_R_MESSAGE_TOO_LONG),
    ROW("damaged", damaged, CSSL_R_DECOMPRESSION),
    ROW("cut", cut, CSSL_R_MESSAGE_MALFORMED),
    ROW("empty", empty, CSSL_R_MESSAGE_MALFORMED),
    ROW("no certificate", nothing, CSSL_R_CERTIFICATE_NONE),
};

static void test_refused(void **state)
{
    (void)state;
    hs_refuses(rows, ARRAY_SIZE(rows), &with_zlib, &with_zlib);
}

/* become_compressed makes the type of a Certificate that of a compressed one. */
static void become_compressed(uint8_t *m, size_t *len)
{
    (void)len;
    m[0] = HT_COMPRESSED_CERTIFICATE;
}

/* Who has offered nothing gets none; who has gets what is no compressed one at all. */
static void test_unasked(void **state)
{
    (void)state;
    const struct hs_refusal none[] = {
        { "unasked", { false, HT_CERTIFICATE, become_compressed, false },
          CSSL_R_UNEXPECTED_MESSAGE },
    };
    const struct hs_refusal one[] = {
        { "not compressed", { false, HT_CERTIFICATE, become_compressed, false },
          CSSL_R_MESSAGE_MALFORMED },
    };
    hs_refuses(none, 1, NULL, NULL);
    hs_refuses(one, 1, &with_zlib, NULL);
}

/* A message with a context is compressed when it is sent; one that gets no shorter is left. */
static void test_write(void **state)
{
    (void)state;
    cssl_config *config = cssl_client_config(&with_zlib, NULL);
    struct wr out;
    uint8_t *plain;
    size_t len;
    uint16_t algorithm;
    assert_non_null(config);
    wr_init(&out, 10000);
    msg_open(&out, HT_CERTIFICATE);
    for (int i = 0; i < 300; i++) {
        wr_u8(&out, (uint8_t)(i / 10));
    }
    wr_close(&out);
    uint8_t *before = test_copy(out.data, out.len);
    assert_int_equal(compress13_write(config, NULL, COMPRESS_ZLIB, false, &out, NULL), 0);
    assert_true(out.len < 200 && out.data[0] == HT_COMPRESSED_CERTIFICATE);
    cssl_bytes body = bytes_of(out.data + 4, out.len - 4);
    assert_int_equal(compress13_read(config, body, &plain, &len, &algorithm, NULL), 0);
    assert_int_equal(len, 300);
    assert_memory_equal(plain, before + 4, len);
    assert_int_equal(algorithm, COMPRESS_ZLIB);
    mem_free(plain);
    free(before);
    wr_clear(&out);
    msg_open(&out, HT_CERTIFICATE);
    wr_u32(&out, 0);
    wr_close(&out);
    assert_int_equal(compress13_write(config, NULL, COMPRESS_ZLIB, false, &out, NULL), 0);
    test_same_hex(out.data, out.len, "0b000004 00000000");
    wr_free(&out);
    cssl_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_unasked),
        cmocka_unit_test(test_write),
    };
    return compress_has(COMPRESS_ZLIB) ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}

/* test_reassemble.c - handshake messages cut and joined in every way, and too long. */
#include "support.h"

#include "base/error.h"
#include "base/names.h"
#include "hs/reassemble.h"

enum { MAX_CERTIFICATE = 30000 };

/* Three messages of 3, 0 and 300 bytes. */
static size_t three(uint8_t *out)
{
    size_t n = 0;
    const size_t lens[] = { 3, 0, 300 };
    for (size_t i = 0; i < 3; i++) {
        out[n++] = (uint8_t)(HT_ENCRYPTED_EXTENSIONS + i);
        out[n++] = 0;
        out[n++] = (uint8_t)(lens[i] >> 8);
        out[n++] = (uint8_t)lens[i];
        for (size_t j = 0; j < lens[i]; j++) {
            out[n++] = (uint8_t)(i + j);
        }
    }
    return n;
}

/* Every way to cut the stream in two records, and all of one size, gives the same messages. */
static void test_cuts(void **state)
{
    (void)state;
    uint8_t stream[400];
    size_t len = three(stream);
    for (size_t chunk = 1; chunk <= len; chunk++) {
        struct reassemble r = { 0 };
        size_t at = 0;
        size_t messages = 0;
        size_t start = 0;
        while (at < len) {
            size_t n = min_size(chunk, len - at);
            uint8_t *record = test_copy(stream + at, n);
            cssl_bytes in = bytes_of(record, n);
            while (in.len > 0) {
                cssl_bytes message;
                assert_int_equal(reassemble_next(&r, &in, MAX_CERTIFICATE, &message, NULL), 0);
                if (message.data == NULL) {
                    assert_int_equal(in.len, 0);
                    assert_true(reassemble_pending(&r));
                    continue;
                }
                assert_memory_equal(message.data, stream + start, message.len);
                start += message.len;
                messages++;
                reassemble_done(&r);
                assert_false(reassemble_pending(&r));
            }
            free(record);
            at += n;
        }
        assert_int_equal(messages, 3);
        assert_int_equal(start, len);
        assert_null(r.partial.data); /* nothing is kept */
        reassemble_free(&r);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        size_t len;
        bool fits;
    } rows[] = {
        { HT_CLIENT_HELLO, CLIENT_HELLO_MAX, true },
        { HT_CLIENT_HELLO, CLIENT_HELLO_MAX + 1, false },
        { HT_CERTIFICATE, MAX_CERTIFICATE, true },
        { HT_CERTIFICATE, MAX_CERTIFICATE + 1, false },
        { HT_FINISHED, MESSAGE_MAX, true },
        { HT_FINISHED, MESSAGE_MAX + 1, false },
        { 99, MESSAGE_MAX + 1, false },
        { HT_SERVER_HELLO, 0xffffff, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (size_t cut = 1; cut <= 4; cut++) { /* the header whole, or in two parts */
            struct reassemble r = { 0 };
            cssl_error err = { 0 };
            cssl_bytes message;
            const uint8_t header[] = { rows[i].type, (uint8_t)(rows[i].len >> 16),
                                       (uint8_t)(rows[i].len >> 8), (uint8_t)rows[i].len };
            cssl_bytes in = bytes_of(header, cut);
            int ret = reassemble_next(&r, &in, MAX_CERTIFICATE, &message, &err);
            if (cut < 4) {
                assert_int_equal(ret, 0);
                in = bytes_of(header + cut, 4 - cut);
                ret = reassemble_next(&r, &in, MAX_CERTIFICATE, &message, &err);
            }
            assert_int_equal(ret == 0, rows[i].fits);
            if (!rows[i].fits) {
                assert_int_equal(err.reason, CSSL_R_MESSAGE_TOO_LONG);
            }
            /* What is announced is not allocated. */
            assert_true(r.partial.cap <= 256);
            reassemble_free(&r);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

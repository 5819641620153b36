/* test_imported.c - imported PSKs (RFC 9258) against an independent computation. */
#include "base/error.h"
#include "support.h"

#include "config/imported.h"

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("imported.txt");
    size_t num = 0;
    while (vectors_next(v)) {
        struct imported_psk p;
        cssl_bytes b[5];
        static const char *const keys[] = { "psk", "external", "context", "identity", "secret" };
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
            b[i].data = vectors_bytes(v, keys[i], &b[i].len);
        }
        enum hash_alg alg = vectors_number(v, "hash") == 384 ? HASH_SHA384 : HASH_SHA256;
        assert_int_equal(imported_psk_make(&p, b[0], b[1], b[2], alg, NULL), 0);
        assert_int_equal(p.hash, alg);
        assert_true(bytes_equal(bytes_of(p.identity, p.identity_len), b[3]));
        assert_true(bytes_equal(secret_bytes(&p.secret), b[4]));
        mem_free(p.identity);
        num++;
    }
    assert_int_equal(num, 6);
    vectors_close(v);
}

/* One for each hash that the suites of TLS 1.3 have. */
static void test_config(void **state)
{
    (void)state;
    static const uint8_t psk[32] = { 7 };
    static const struct {
        const char *suites[3];
        size_t num;
        enum hash_alg first;
    } rows[] = {
        { { "TLS_AES_128_GCM_SHA256", NULL }, 1, HASH_SHA256 },
        { { "TLS_AES_256_GCM_SHA384", NULL }, 1, HASH_SHA384 },
        { { "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", NULL }, 2, HASH_SHA256 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err;
        cssl_config *config = cssl_client_config(
            &(cssl_options){ .psk_identity = "id", .psk = { psk, sizeof(psk) }, .psk_import = true,
                             .ciphers = rows[i].suites, .verify = CSSL_VERIFY_NONE }, &err);
        assert_non_null(config);
        assert_int_equal(config->num_imported, rows[i].num);
        assert_int_equal(config->imported[0].hash, rows[i].first);
        cssl_config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_psks.c - pre-shared keys of TLS 1.3: what may be given, and imported ones (RFC 9258) against
 * an independent computation. */
#include "base/error.h"
#include "support.h"

#include "config/psks.h"

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("imported.txt");
    size_t num = 0;
    while (vectors_next(v)) {
        struct config_psk p;
        cssl_bytes b[5];
        static const char *const keys[] = { "psk", "external", "context", "identity", "secret" };
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
            b[i].data = vectors_bytes(v, keys[i], &b[i].len);
        }
        enum hash_alg alg = vectors_number(v, "hash") == 384 ? HASH_SHA384 : HASH_SHA256;
        const cssl_psk external = { .secret = b[0], .identity = b[1], .context = b[2] };
        enum hash_alg own = vectors_number(v, "own") == 384 ? HASH_SHA384 : HASH_SHA256;
        assert_int_equal(psks_import(&p, &external, own, alg, NULL), 0);
        assert_int_equal(p.hash, alg);
        assert_true(bytes_equal(bytes_of(p.identity, p.identity_len), b[3]));
        assert_true(bytes_equal(secret_bytes(&p.secret), b[4]));
        mem_free(p.identity);
        num++;
    }
    assert_int_equal(num, 8);
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
        assert_int_equal(config->num_psks, rows[i].num);
        assert_int_equal(config->psks[0].hash, rows[i].first);
        cssl_config_free(config);
    }
}

static const uint8_t some[65] = { 1 }, others[65] = { 2 }, name[1025] = { 3 };
#define KEY(bytes, n) .secret = { bytes, n }
#define NAME(n) .identity = { name, n }

static void test_checks(void **state)
{
    (void)state;
    static const char *const only_384[] = { "TLS_AES_256_GCM_SHA384", NULL };
    const struct {
        cssl_psk psks[2];
        size_t num, made; /* 0: refused */
        const char *first;  /* psk_identity */
        const char *const *suites;
        unsigned versions;
    } rows[] = {
        { { { NAME(1), KEY(some, 16) } }, 1, 1, NULL, NULL, 0 },
        { { { NAME(1024), KEY(some, 64), .hash = 384 } }, 1, 1, NULL, NULL, 0 },
        { { { NAME(1), KEY(some, 32), .import = true } }, 1, 2, NULL, NULL, 0 },
        { { { NAME(1), KEY(some, 32), .import = true } }, 1, 1, NULL, only_384, 0 },
        { { { NAME(1), KEY(some, 32) } }, 1, 2, "a", NULL, 0 },
        { { { NAME(1), KEY(some, 32) }, { NAME(2), KEY(others, 32) } }, 2, 2, NULL, NULL, 0 },
        { { { NAME(1), KEY(some, 32) }, { NAME(2), KEY(some, 32) } }, 2, 2, NULL, NULL, 0 },
        { { { NAME(1), KEY(some, 32), .import = true, .context = { name, 1 } },
            { NAME(1), KEY(some, 32), .import = true } }, 2, 4, NULL, NULL, 0 },
        { { { NAME(0), KEY(some, 16) } }, 1, 0, NULL, NULL, 0 },
        { { { NAME(1025), KEY(some, 16) } }, 1, 0, NULL, NULL, 0 },
        { { { NAME(1), KEY(some, 15) } }, 1, 0, NULL, NULL, 0 },
        { { { NAME(1), KEY(some, 65) } }, 1, 0, NULL, NULL, 0 },
        { { { NAME(1), KEY(some, 16), .hash = 512 } }, 1, 0, NULL, NULL, 0 },
        { { { NAME(1), KEY(some, 16), .context = { name, 1 } } }, 1, 0, NULL, NULL, 0 },
        { { { NAME(1), KEY(some, 16), .import = true, .context = { name, 1025 } } }, 1, 0, NULL,
          NULL, 0 },
        { { { NAME(1), KEY(some, 16) } }, 1, 0, NULL, only_384, 0 },
        { { { NAME(1), KEY(some, 16) } }, 1, 0, NULL, NULL, CSSL_TLSV1_2 },
        { { { NAME(1), KEY(some, 32) }, { NAME(1), KEY(others, 32) } }, 2, 0, NULL, NULL, 0 },
        { { { NAME(1), KEY(some, 32), .import = true }, { NAME(2), KEY(some, 32) } }, 2, 0, NULL,
          NULL, 0 },
        { { { NAME(1), KEY(some, 32), .hash = 384 }, { NAME(2), KEY(some, 32) } }, 2, 0, NULL,
          NULL, 0 },
        { { { .identity = { (const uint8_t *)"a", 1 }, KEY(some, 32) } }, 1, 0, "a", NULL, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err;
        const cssl_options o = { .psks = rows[i].psks, .num_psks = rows[i].num,
                                 .psk_identity = rows[i].first,
                                 .psk = { others + 1, rows[i].first == NULL ? 0 : 32 },
                                 .ciphers = rows[i].suites, .versions = rows[i].versions };
        cssl_config *config = cssl_client_config(&o, &err);
        if ((config == NULL) != (rows[i].made == 0) ||
            (config != NULL && config->num_psks != rows[i].made)) {
            fail_msg("row %zu: %s", i, err.text);
        }
        if (config == NULL) {
            assert_string_equal(err.option, "psks");
        }
        cssl_config_free(config);
    }
}

/* A client offers as many as a hello has room for, a session's beside them. */
static void test_most(void **state)
{
    (void)state;
    enum { MOST = PSKS_MAX_SERVER + 1 };
    static cssl_psk psks[MOST];
    static uint8_t names[MOST][2];
    static const struct {
        bool server, import, good;
        size_t num;
    } rows[] = {
        { false, false, true, PSKS_MAX_CLIENT },      { false, false, false, PSKS_MAX_CLIENT + 1 },
        { false, true, true, PSKS_MAX_CLIENT / 2 },   { false, true, false, PSKS_MAX_CLIENT },
        { true, false, true, PSKS_MAX_SERVER },       { true, false, false, PSKS_MAX_SERVER + 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (size_t k = 0; k < rows[i].num; k++) {
            names[k][0] = (uint8_t)(k >> 8);
            names[k][1] = (uint8_t)k;
            psks[k] = (cssl_psk){ .identity = { names[k], 2 }, KEY(some, 32),
                                  .import = rows[i].import };
        }
        cssl_error err;
        const cssl_options o = { .psks = psks, .num_psks = rows[i].num };
        cssl_config *config =
            rows[i].server ? cssl_server_config(&o, &err) : cssl_client_config(&o, &err);
        assert_int_equal(config != NULL, rows[i].good);
        cssl_config_free(config);
    }
    cssl_error err;
    assert_null(cssl_client_config(&(cssl_options){ .num_psks = 1 }, &err));
    assert_string_equal(err.option, "psks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_kdf.c - HMAC, HKDF and TLS 1.3's labels: RFC 4231, RFC 5869, RFC 8448's key schedule. */
#include "support.h"

#include "crypto/kdf.h"

static const struct {
    const char *name;
    enum hash_alg alg;
} hashes[] = { { "sha1", HASH_SHA1 },
               { "sha256", HASH_SHA256 },
               { "sha384", HASH_SHA384 },
               { "sha512", HASH_SHA512 } };

static cssl_bytes vector(struct vectors *v, const char *key)
{
    cssl_bytes b;
    b.data = vectors_bytes(v, key, &b.len);
    return b;
}

static void check_hmac(struct vectors *v)
{
    cssl_bytes key = vector(v, "key"), data = vector(v, "data");
    for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
        if (!vectors_has(v, hashes[i].name)) {
            continue;
        }
        cssl_bytes want = vector(v, hashes[i].name);
        uint8_t out[HASH_MAX];
        hmac_once(hashes[i].alg, key, data, out);
        assert_int_equal(want.len, hash_len(hashes[i].alg));
        assert_memory_equal(out, want.data, want.len);
        for (size_t cut = 0; cut <= data.len; cut++) {
            struct hmac m, fork;
            hmac_init(&m, hashes[i].alg, key);
            hmac_update(&m, data.data, cut);
            fork = m;
            hmac_update(&m, data.data + cut, data.len - cut);
            hmac_finish(&m, out);
            assert_memory_equal(out, want.data, want.len);
            for (size_t at = 0; at < sizeof(m); at++) {
                assert_int_equal(((const uint8_t *)&m)[at], 0); /* wiped */
            }
            hmac_update(&fork, data.data + cut, data.len - cut);
            hmac_finish(&fork, out);
            assert_memory_equal(out, want.data, want.len);
        }
    }
}

static void check_hkdf(struct vectors *v)
{
    enum hash_alg alg = HASH_NONE;
    for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
        if (strcmp(hashes[i].name, vectors_text(v, "hash")) == 0) {
            alg = hashes[i].alg;
        }
    }
    cssl_bytes prk_want = vector(v, "prk");
    struct secret prk = { 0 };
    hkdf_extract(alg, vector(v, "salt"), vector(v, "ikm"), &prk);
    assert_int_equal(prk.len, prk_want.len);
    assert_memory_equal(prk.data, prk_want.data, prk_want.len);
    bool hashed = vectors_has(v, "okm_sha256");
    size_t len = hashed ? vectors_number(v, "okm_len") : vector(v, "okm").len;
    uint8_t *okm = malloc(len), digest[HASH_MAX];
    hkdf_expand(alg, secret_bytes(&prk), vector(v, "info"), okm, len);
    if (hashed) {
        hash_once(HASH_SHA256, okm, len, digest);
        assert_memory_equal(digest, vector(v, "okm_sha256").data, 32);
    } else {
        assert_memory_equal(okm, vector(v, "okm").data, len);
        for (size_t n = 0; n < len; n++) { /* every shorter output is a prefix */
            uint8_t *less = malloc(n);
            hkdf_expand(alg, secret_bytes(&prk), vector(v, "info"), less, n);
            assert_true(n == 0 || memcmp(less, okm, n) == 0);
            free(less);
        }
    }
    free(okm);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("kdf.txt");
    int num = 0;
    while (vectors_next(v)) {
        if (vectors_has(v, "ikm")) {
            check_hkdf(v);
        } else {
            check_hmac(v);
        }
        num++;
    }
    vectors_close(v);
    assert_int_equal(num, 13);
}

static struct secret secret_of(struct vectors *v, const char *key)
{
    cssl_bytes b = vector(v, key);
    struct secret s = { .len = (uint8_t)b.len };
    memcpy(s.data, b.data, b.len);
    return s;
}

static void derives(struct vectors *v, const char *from, const char *label, cssl_bytes context,
                    const char *to)
{
    struct secret secret = secret_of(v, from), out = { 0 };
    cssl_bytes want = vector(v, to);
    derive_secret(HASH_SHA256, &secret, label, context, &out);
    if (out.len != want.len || memcmp(out.data, want.data, want.len) != 0) {
        fail_msg("%s of %s is not %s", label, from, to);
    }
    derive_secret(HASH_SHA256, &secret, label, context, &secret); /* onto itself */
    assert_memory_equal(secret.data, want.data, want.len);
}

static void expands(struct vectors *v, const char *from, const char *label, const char *to)
{
    struct secret secret = secret_of(v, from);
    cssl_bytes want = vector(v, to);
    uint8_t out[64];
    hkdf_expand_label(HASH_SHA256, &secret, label, bytes_of(NULL, 0), out, want.len);
    if (memcmp(out, want.data, want.len) != 0) {
        fail_msg("%s of %s is not %s", label, from, to);
    }
}

/* RFC 8448 3, the whole schedule. */
static void test_labels(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("rfc8448-3.txt");
    assert_true(vectors_next(v));
    uint8_t empty[32];
    static const uint8_t zeros[32];
    hash_once(HASH_SHA256, NULL, 0, empty);
    cssl_bytes none = bytes_of(empty, 32), zero = bytes_of(zeros, 32);
    struct secret s = { 0 };
    hkdf_extract(HASH_SHA256, bytes_of(NULL, 0), zero, &s);
    assert_memory_equal(s.data, vector(v, "early_secret").data, 32);
    derives(v, "early_secret", "derived", none, "derived_early");
    hkdf_extract(HASH_SHA256, vector(v, "derived_early"), vector(v, "shared_secret"), &s);
    assert_memory_equal(s.data, vector(v, "handshake_secret").data, 32);
    cssl_bytes hellos = vector(v, "hash_hellos");
    derives(v, "handshake_secret", "c hs traffic", hellos, "client_handshake_secret");
    derives(v, "handshake_secret", "s hs traffic", hellos, "server_handshake_secret");
    derives(v, "handshake_secret", "derived", none, "derived_handshake");
    expands(v, "server_handshake_secret", "key", "server_handshake_key");
    expands(v, "server_handshake_secret", "iv", "server_handshake_iv");
    expands(v, "server_handshake_secret", "finished", "server_finished_key");
    expands(v, "client_handshake_secret", "finished", "client_finished_key");
    s = secret_of(v, "derived_handshake"); /* salt and output in the same memory */
    hkdf_extract(HASH_SHA256, secret_bytes(&s), zero, &s);
    assert_memory_equal(s.data, vector(v, "master_secret").data, 32);
    cssl_bytes finished = vector(v, "hash_server_finished");
    derives(v, "master_secret", "c ap traffic", finished, "client_application_secret");
    derives(v, "master_secret", "s ap traffic", finished, "server_application_secret");
    derives(v, "master_secret", "exp master", finished, "exporter_secret");
    derives(v, "master_secret", "res master", vector(v, "hash_client_finished"),
            "resumption_secret");
    expands(v, "client_application_secret", "key", "client_application_key");
    expands(v, "client_application_secret", "iv", "client_application_iv");
    struct secret resumption = secret_of(v, "resumption_secret");
    hkdf_expand_label(HASH_SHA256, &resumption, "resumption", vector(v, "ticket_nonce"), s.data,
                      32);
    assert_memory_equal(s.data, vector(v, "ticket_psk").data, 32);
    vectors_close(v);
}

/* The longest label, context and output that are allowed fit. */
static void test_limits(void **state)
{
    (void)state;
    char label[250];
    uint8_t context[255], out[255 * 32], again[32];
    memset(label, 'l', sizeof(label) - 1);
    label[sizeof(label) - 1] = '\0';
    memset(context, 7, sizeof(context));
    struct secret s = { .len = 32 };
    hkdf_expand_label(HASH_SHA256, &s, label, bytes_of(context, 255), out, sizeof(out));
    /* by hand: length, label with prefix, context */
    uint8_t info[2 + 1 + 255 + 1 + 255] = { sizeof(out) >> 8, sizeof(out) & 0xff, 255 };
    memcpy(info + 3, "tls13 ", 6);
    memset(info + 9, 'l', 249);
    info[258] = 255;
    memset(info + 259, 7, 255);
    uint8_t block[sizeof(info) + 1];
    memcpy(block, info, sizeof(info));
    block[sizeof(info)] = 1;
    hmac_once(HASH_SHA256, secret_bytes(&s), bytes_of(block, sizeof(block)), again);
    assert_memory_equal(out, again, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_kx.c - key exchange: published secrets, every group with itself, shares that must be
 * refused, and what a failed exchange leaves behind. */
#include "support.h"

#include "base/names.h"
#include "crypto/kx_impl.h"

static const uint16_t groups[] = {
    GROUP_X25519,
    GROUP_X448,
    GROUP_SECP256R1,
    GROUP_SECP384R1,
    GROUP_SECP521R1,
    GROUP_FFDHE2048,
    GROUP_FFDHE3072,
    GROUP_FFDHE4096,
    GROUP_X25519MLKEM768,
    GROUP_SECP256R1MLKEM768,
    GROUP_SECP384R1MLKEM1024,
    GROUP_MLKEM512,
    GROUP_MLKEM768,
    GROUP_MLKEM1024,
};
enum { WITH_KEM = 6 }; /* groups that only a libcrypto with ML-KEM can do */

/* A source that gives the bytes of a vector, again and again. */
static int fixed_random(void *user, uint8_t *out, size_t len)
{
    const cssl_bytes *bytes = user;
    if (bytes->len != len) {
        return -1;
    }
    memcpy(out, bytes->data, len);
    return 0;
}

static cssl_bytes vector(struct vectors *v, const char *key)
{
    cssl_bytes b;
    b.data = vectors_bytes(v, key, &b.len);
    return b;
}

static void all_zero(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(p[i], 0);
    }
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("kx.txt");
    int num = 0;
    while (vectors_next(v)) {
        uint16_t group = group_of_name(vectors_text(v, "group"));
        cssl_bytes private = vector(v, "private"), share = vector(v, "share");
        struct rand_source rand = { fixed_random, &private };
        cssl_error err;
        struct kx *kx = kx_new(group, &rand, &err);
        assert_non_null(kx);
        assert_int_equal(kx_group(kx), group);
        if (vectors_has(v, "own")) {
            cssl_bytes own = kx_share(kx), want = vector(v, "own");
            assert_int_equal(own.len, want.len);
            assert_memory_equal(own.data, want.data, want.len);
        }
        uint8_t secret[KX_SECRET_MAX] = { 0 }, secret2[KX_SECRET_MAX] = { 0 }, out[KX_SHARE_MAX];
        size_t len = 99, len2 = 99, out_len = 99;
        int ret = kx_finish(kx, share, secret, &len, &err);
        int ret2 = kx_respond(group, &rand, share, out, &out_len, secret2, &len2, &err);
        assert_int_equal(ret, ret2);
        if (vectors_has(v, "secret")) {
            cssl_bytes want = vector(v, "secret");
            if (ret != 0) {
                fail_msg("%s: refused: %s", vectors_text(v, "name"), err.text);
            }
            assert_int_equal(len, want.len);
            assert_memory_equal(secret, want.data, want.len);
            assert_int_equal(len2, want.len);
            assert_memory_equal(secret2, want.data, want.len);
            assert_int_equal(out_len, kx_share(kx).len);
            assert_memory_equal(out, kx_share(kx).data, out_len);
        } else {
            if (ret == 0) {
                fail_msg("%s: taken", vectors_text(v, "name"));
            }
            assert_int_equal(err.reason, CSSL_R_BAD_KEY_SHARE);
            assert_int_equal(err.alert, 47);
            assert_int_equal(len, 0);
            assert_int_equal(len2, 0);
            assert_int_equal(out_len, 0);
            all_zero(secret, sizeof(secret));
            all_zero(secret2, sizeof(secret2));
        }
        kx_free(kx);
        num++;
    }
    vectors_close(v);
    assert_true(num > 100);
}

static void check_pair(uint16_t group)
{
    uint8_t a[KX_SECRET_MAX], b[KX_SECRET_MAX], share[KX_SHARE_MAX];
    size_t a_len = 0, b_len = 0, share_len = 0;
    cssl_error err;
    struct kx *kx = kx_new(group, NULL, &err);
    assert_non_null(kx);
    assert_int_equal(kx_share(kx).len, kx_share_len(group, false));
    assert_int_equal(kx_respond(group, NULL, kx_share(kx), share, &share_len, b, &b_len, &err), 0);
    assert_int_equal(share_len, kx_share_len(group, true));
    assert_int_equal(kx_finish(kx, bytes_of(share, share_len), a, &a_len, &err), 0);
    assert_true(a_len >= 32 && a_len <= KX_SECRET_MAX);
    assert_int_equal(a_len, b_len);
    assert_memory_equal(a, b, a_len);
    struct kx *other = kx_new(group, NULL, &err);
    assert_non_null(other);
    assert_memory_not_equal(kx_share(other).data, kx_share(kx).data, kx_share(kx).len);
    kx_free(other);
    kx_free(kx);
}

static void test_pairs(void **state)
{
    (void)state;
    int with_kem = 0;
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        bool has_kem = i >= ARRAY_SIZE(groups) - WITH_KEM;
        assert_int_equal(kx_has_kem(groups[i]), has_kem);
        if (!kx_available(groups[i])) {
            cssl_error err;
            assert_true(has_kem);
            assert_null(kx_new(groups[i], NULL, &err));
            assert_int_equal(err.reason, CSSL_R_CRYPTO_FAILED);
            continue;
        }
        with_kem += has_kem;
        for (int n = 0; n < 5; n++) {
            check_pair(groups[i]);
        }
    }
    print_message("groups with ML-KEM in this libcrypto: %d\n", with_kem);
    assert_true(with_kem == 0 || with_kem == WITH_KEM);
}

/* The lengths that RFC 8446 4.2.8, draft-ietf-tls-ecdhe-mlkem and FIPS 203 table 3 say. */
static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        uint16_t group, client, server;
    } lens[] = {
        { GROUP_X25519, 32, 32 },
        { GROUP_X448, 56, 56 },
        { GROUP_SECP256R1, 65, 65 },
        { GROUP_SECP384R1, 97, 97 },
        { GROUP_SECP521R1, 133, 133 },
        { GROUP_FFDHE2048, 256, 256 },
        { GROUP_FFDHE3072, 384, 384 },
        { GROUP_FFDHE4096, 512, 512 },
        { GROUP_X25519MLKEM768, 1216, 1120 },
        { GROUP_SECP256R1MLKEM768, 1249, 1153 },
        { GROUP_SECP384R1MLKEM1024, 1665, 1665 },
        { GROUP_MLKEM512, 800, 768 },
        { GROUP_MLKEM768, 1184, 1088 },
        { GROUP_MLKEM1024, 1568, 1568 },
        { 0x0a0a, 0, 0 },
        { 0, 0, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
        assert_int_equal(kx_share_len(lens[i].group, false), lens[i].client);
        assert_int_equal(kx_share_len(lens[i].group, true), lens[i].server);
        assert_true(lens[i].client <= KX_SHARE_MAX);
    }
}

static void refused(uint16_t group, const uint8_t *share, size_t len)
{
    uint8_t out[KX_SHARE_MAX], secret[KX_SECRET_MAX] = { 0 };
    size_t out_len = 99, secret_len = 99;
    cssl_error err;
    uint8_t *exact = test_copy(share, len);
    int ret =
        kx_respond(group, NULL, bytes_of(exact, len), out, &out_len, secret, &secret_len, &err);
    if (ret == 0) {
        fail_msg("%s took a bad share of %zu bytes", name_of_group(group), len);
    }
    assert_int_equal(err.reason, CSSL_R_BAD_KEY_SHARE);
    assert_int_equal(secret_len, 0);
    assert_int_equal(out_len, 0);
    all_zero(secret, sizeof(secret));
    free(exact);
}

static void test_wrong_lengths(void **state)
{
    (void)state;
    uint8_t share[KX_SHARE_MAX + 1] = { 0 };
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        if (!kx_available(groups[i])) {
            continue;
        }
        cssl_error err;
        struct kx *kx = kx_new(groups[i], NULL, &err);
        assert_non_null(kx);
        cssl_bytes own = kx_share(kx);
        memcpy(share, own.data, own.len);
        for (size_t len = 0; len <= own.len + 1; len++) {
            if (len != own.len) {
                refused(groups[i], share, len);
            }
        }
        /* kx_finish: what a server sends */
        uint8_t secret[KX_SECRET_MAX];
        size_t want = kx_share_len(groups[i], true), len = 0;
        assert_int_equal(kx_finish(kx, bytes_of(share, want - 1), secret, &len, &err), CSSL_ALERT);
        assert_int_equal(err.reason, CSSL_R_BAD_KEY_SHARE);
        assert_int_equal(kx_finish(kx, bytes_of(share, want + 1), secret, &len, &err), CSSL_ALERT);
        assert_int_equal(err.reason, CSSL_R_BAD_KEY_SHARE);
        kx_free(kx);
    }
}

static void test_bad_points(void **state)
{
    (void)state;
    static const uint16_t curves[] = { GROUP_SECP256R1, GROUP_SECP384R1, GROUP_SECP521R1 };
    for (size_t i = 0; i < ARRAY_SIZE(curves); i++) {
        cssl_error err;
        struct kx *kx = kx_new(curves[i], NULL, &err);
        size_t len = kx_share(kx).len, field = (len - 1) / 2;
        uint8_t share[EC_POINT_MAX];
        memcpy(share, kx_share(kx).data, len);
        for (unsigned form = 0; form < 256; form++) { /* compressed, hybrid, infinity, nonsense */
            share[0] = (uint8_t)form;
            if (form != 4) {
                refused(curves[i], share, len);
            }
        }
        refused(curves[i], (const uint8_t[]){ 0 }, 1); /* infinity */
        share[0] = (uint8_t)(2 | (share[len - 1] & 1));
        refused(curves[i], share, 1 + field);
        share[0] = 4;
        share[len - 1] ^= 1;
        refused(curves[i], share, len);
        memset(share + 1, 0, len - 1);
        refused(curves[i], share, len);
        memset(share + 1, 0xff, len - 1);
        refused(curves[i], share, len);
        kx_free(kx);
    }
}

/* x + p is the same field element, but not a reduced coordinate. */
static void test_unreduced_point(void **state)
{
    (void)state;
    /* P-256 has a point with x = 5: y^2 = 125 - 15 + b. */
    static const char *p256_x5 =
        "04 0000000000000000000000000000000000000000000000000000000000000005"
        "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc";
    static const char *p256_x5_plus_p =
        "04 ffffffff00000001000000000000000000000001000000000000000000000004"
        "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc";
    uint8_t share[65], out[KX_SHARE_MAX], secret[KX_SECRET_MAX];
    size_t out_len = 0, len = 0;
    cssl_error err;
    assert_int_equal(test_unhex(share, sizeof(share), p256_x5), 65);
    assert_int_equal(
        kx_respond(GROUP_SECP256R1, NULL, bytes_of(share, 65), out, &out_len, secret, &len, &err),
        0);
    assert_int_equal(test_unhex(share, sizeof(share), p256_x5_plus_p), 65);
    refused(GROUP_SECP256R1, share, 65);
}

static void test_bad_ffdhe(void **state)
{
    (void)state;
    static const struct {
        uint16_t group;
        const char *name;
    } primes[] = {
        { GROUP_FFDHE2048, "ffdhe2048" },
        { GROUP_FFDHE3072, "ffdhe3072" },
        { GROUP_FFDHE4096, "ffdhe4096" },
    };
    /* RFC 7919 A: every prime begins and ends so. */
    for (size_t i = 0; i < ARRAY_SIZE(primes); i++) {
        size_t len = kx_share_len(primes[i].group, false);
        uint8_t share[512] = { 0 }, out[KX_SHARE_MAX], secret[KX_SECRET_MAX];
        size_t out_len = 0, secret_len = 0;
        cssl_error err;
        refused(primes[i].group, share, len); /* 0 */
        share[len - 1] = 1;
        refused(primes[i].group, share, len);
        share[len - 1] = 2;
        assert_int_equal(kx_respond(primes[i].group, NULL, bytes_of(share, len), out, &out_len,
                                    secret, &secret_len, &err),
                         0);
        assert_int_equal(secret_len, len);
        memset(share, 0xff, len); /* above p */
        refused(primes[i].group, share, len);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
        EVP_PKEY *key = NULL;
        BIGNUM *p = NULL;
        assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
        assert_int_equal(EVP_PKEY_CTX_set_group_name(ctx, primes[i].name), 1);
        assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
        assert_int_equal(EVP_PKEY_get_bn_param(key, "p", &p), 1);
        assert_int_equal(BN_bn2binpad(p, share, (int)len), len);
        test_same_hex(share, 16, "ffffffffffffffffadf85458a2bb4a9a");
        test_same_hex(share + len - 8, 8, "ffffffffffffffff");
        refused(primes[i].group, share, len); /* p */
        share[len - 1] = 0xfe;
        refused(primes[i].group, share, len); /* p - 1 */
        share[len - 1] = 0xfd;
        assert_int_equal(kx_respond(primes[i].group, NULL, bytes_of(share, len), out, &out_len,
                                    secret, &secret_len, &err),
                         0); /* p - 2 */
        BN_free(p);
        EVP_PKEY_free(key);
        EVP_PKEY_CTX_free(ctx);
    }
}

/* What a group with ML-KEM has beside it, and where in its share. */
static size_t classic_part(uint16_t group, size_t share_len, size_t *at)
{
    size_t len = group == GROUP_X25519MLKEM768       ? 32
                 : group == GROUP_SECP256R1MLKEM768   ? 65
                 : group == GROUP_SECP384R1MLKEM1024 ? 97
                                                      : 0;
    *at = group == GROUP_X25519MLKEM768 ? share_len - len : 0;
    return len;
}

static void test_bad_hybrids(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        if (!kx_has_kem(groups[i]) || !kx_available(groups[i])) {
            continue;
        }
        cssl_error err;
        struct kx *kx = kx_new(groups[i], NULL, &err);
        uint8_t share[KX_SHARE_MAX], answer[KX_SHARE_MAX], a[KX_SECRET_MAX], b[KX_SECRET_MAX];
        size_t len = kx_share(kx).len, answer_len = 0, a_len = 0, b_len = 0, ec_at = 0;
        size_t ec = classic_part(groups[i], len, &ec_at);
        bool first = ec_at > 0;
        memcpy(share, kx_share(kx).data, len);
        memset(share + ec_at, 0, ec); /* of small order, or no point */
        if (ec > 0) {
            refused(groups[i], share, len);
        }
        memcpy(share, kx_share(kx).data, len);
        assert_int_equal(
            kx_respond(groups[i], NULL, bytes_of(share, len), answer, &answer_len, b, &b_len, &err),
            0);
        answer[first ? 5 : ec + 5] ^= 1; /* decapsulates to another secret */
        assert_int_equal(kx_finish(kx, bytes_of(answer, answer_len), a, &a_len, &err), 0);
        assert_int_equal(a_len, b_len);
        size_t ec_secret = a_len - 32;
        assert_memory_not_equal(a + (first ? 0 : ec_secret), b + (first ? 0 : ec_secret), 32);
        assert_memory_equal(a + (first ? 32 : 0), b + (first ? 32 : 0), ec_secret);
        kx_free(kx);
    }
}

/* set_coefficient: an ML-KEM key is coefficients of 12 bits, the low bits first. */
static void set_coefficient(uint8_t *key, size_t n, unsigned value)
{
    uint8_t *at = key + n / 2 * 3;
    if (n % 2 == 0) {
        at[0] = (uint8_t)value;
        at[1] = (uint8_t)((at[1] & 0xf0) | value >> 8);
    } else {
        at[1] = (uint8_t)((at[1] & 0x0f) | (value & 0x0f) << 4);
        at[2] = (uint8_t)(value >> 4);
    }
}

/* FIPS 203 7.2: a key with any coefficient that is not below 3329 is refused, wherever it is. */
static void test_unreduced_kem(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        if (!kx_has_kem(groups[i]) || !kx_available(groups[i])) {
            continue;
        }
        cssl_error err;
        struct kx *kx = kx_new(groups[i], NULL, &err);
        assert_non_null(kx);
        uint8_t share[KX_SHARE_MAX], out[KX_SHARE_MAX], secret[KX_SECRET_MAX];
        size_t len = kx_share(kx).len, ec_at = 0, out_len = 0, secret_len = 0;
        size_t ec = classic_part(groups[i], len, &ec_at);
        size_t kem_at = ec_at > 0 ? 0 : ec;
        size_t num = (len - ec - 32) * 2 / 3; /* behind them are 32 bytes of seed */
        assert_true(num % 256 == 0);
        static const unsigned values[] = { 3329, 3330, 4095 };
        for (size_t n = 0; n < num; n++) {
            memcpy(share, kx_share(kx).data, len);
            set_coefficient(share + kem_at, n, values[n % ARRAY_SIZE(values)]);
            refused(groups[i], share, len);
        }
        for (size_t n = 0; n < num; n++) {
            set_coefficient(share + kem_at, n, 3328); /* the largest one that is reduced */
        }
        assert_int_equal(kx_respond(groups[i], NULL, bytes_of(share, len), out, &out_len, secret,
                                    &secret_len, &err),
                         0);
        kx_free(kx);
    }
}

static int broken_random(void *user, uint8_t *out, size_t len)
{
    (void)out;
    (void)len;
    ++*(int *)user;
    return -1;
}

static int zero_random(void *user, uint8_t *out, size_t len)
{
    ++*(int *)user;
    memset(out, 0, len);
    return 0;
}

static int high_random(void *user, uint8_t *out, size_t len)
{
    memset(out, ++*(int *)user < 5 ? 0xff : 0x11, len);
    return 0;
}

static void test_randomness(void **state)
{
    (void)state;
    cssl_error err;
    for (size_t i = 0; i < 5; i++) {
        int calls = 0;
        struct rand_source broken = { broken_random, &calls };
        assert_null(kx_new(groups[i], &broken, &err));
        assert_int_equal(err.reason, CSSL_R_RANDOM_FAILED);
        assert_int_equal(calls, 1);
    }
    for (size_t i = 2; i < 5; i++) { /* 0 is no private key, nor is what is above n */
        int calls = 0;
        struct rand_source zero = { zero_random, &calls };
        assert_null(kx_new(groups[i], &zero, &err));
        assert_int_equal(err.reason, CSSL_R_RANDOM_FAILED);
        assert_true(calls > 10);
        calls = 0;
        struct rand_source high = { high_random, &calls };
        struct kx *kx = kx_new(groups[i], &high, &err);
        assert_non_null(kx);
        assert_int_equal(calls, 5);
        kx_free(kx);
    }
}

static void test_unknown(void **state)
{
    (void)state;
    cssl_error err;
    uint8_t buf[KX_SHARE_MAX];
    size_t a = 0, b = 0;
    assert_false(kx_available(0x0a0a));
    assert_null(kx_new(0x0a0a, NULL, &err));
    assert_int_equal(err.reason, CSSL_R_CRYPTO_FAILED);
    assert_true(kx_respond(0x0a0a, NULL, bytes_of(buf, 0), buf, &a, buf, &b, &err) < 0);
    kx_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),    cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_lengths),    cmocka_unit_test(test_wrong_lengths),
        cmocka_unit_test(test_bad_points), cmocka_unit_test(test_unreduced_point),
        cmocka_unit_test(test_bad_ffdhe),  cmocka_unit_test(test_bad_hybrids),
        cmocka_unit_test(test_unreduced_kem),
        cmocka_unit_test(test_randomness), cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

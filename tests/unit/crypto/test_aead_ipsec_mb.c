/* test_aead_ipsec_mb.c - libIPSec_MB as a provider of AEADs. Where the library or the processor for
 * it is not there the tests that need it are skipped. */
#include "base/error.h"
#include "provider_support.h"

static void *own;

static int open_own(void **state)
{
    (void)state;
    own = aead_ipsec_mb.open_worker();
    return 0;
}

static int close_own(void **state)
{
    (void)state;
    if (own != NULL) {
        aead_ipsec_mb.close_worker(own);
    }
    own = NULL;
    return 0;
}

/* It never has CCM, and has both AES-GCM or none. */
static void test_has(void **state)
{
    (void)state;
    if (own == NULL) {
        skip();
    }
    assert_false(aead_ipsec_mb.has(own, AEAD_NONE));
    assert_false(aead_ipsec_mb.has(own, AEAD_AES_128_CCM));
    assert_false(aead_ipsec_mb.has(own, AEAD_AES_128_CCM_8));
    assert_int_equal(aead_ipsec_mb.has(own, AEAD_AES_128_GCM),
                     aead_ipsec_mb.has(own, AEAD_AES_256_GCM));
    assert_true(aead_ipsec_mb.expands(AEAD_AES_128_GCM));
    assert_true(aead_ipsec_mb.expands(AEAD_AES_256_GCM));
    assert_false(aead_ipsec_mb.expands(AEAD_CHACHA20_POLY1305)); /* its key is used as it is */
    unsigned major = 0, minor = 0, patch = 0;
    const char *name = aead_ipsec_mb.name(own);
    assert_int_equal(sscanf(name, "libipsec_mb %u.%u.%u", &major, &minor, &patch), 3);
    assert_true(major >= 1);
}

static void test_vectors(void **state)
{
    (void)state;
    if (own == NULL || !aead_ipsec_mb.has(own, AEAD_CHACHA20_POLY1305)) {
        skip();
    }
    assert_true(provider_check_vectors(&aead_ipsec_mb, own) > 2);
}

static void test_two_keys(void **state)
{
    (void)state;
    if (own == NULL) {
        skip();
    }
    for (enum aead_alg alg = AEAD_AES_128_GCM; alg < AEAD_ALGS; alg++) {
        if (aead_ipsec_mb.has(own, alg)) {
            provider_check_two_keys(&aead_ipsec_mb, own, alg);
        }
    }
}

/* Several pieces are copied together up to 2048 bytes and fed one by one above: both, and the bytes
 * around the border, give what one piece gives. */
static void test_pieces(void **state)
{
    (void)state;
    static const uint8_t key[AEAD_KEY_MAX] = { 1 }, nonce[AEAD_NONCE] = { 2 };
    static uint8_t text[2100], want[2100 + AEAD_TAG_MAX], got[2100 + AEAD_TAG_MAX];
    if (own == NULL) {
        skip();
    }
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)(i * 11 + (i >> 8));
    }
    for (enum aead_alg alg = AEAD_AES_128_GCM; alg < AEAD_ALGS; alg++) {
        if (!aead_ipsec_mb.has(own, alg)) {
            continue;
        }
        void *expanded = provider_expand(&aead_ipsec_mb, own, alg, key);
        for (size_t len = 2030; len <= 2066; len++) {
            const cssl_bytes whole = bytes_of(text, len);
            const cssl_bytes parts[] = { bytes_of(text, 17), bytes_of(NULL, 0),
                                         bytes_of(text + 17, 1000),
                                         bytes_of(text + 1017, len - 1017) };
            struct aead_job job = { .alg = alg,
                                    .key = key,
                                    .expanded = expanded,
                                    .nonce = nonce,
                                    .aad = bytes_of(text, 13),
                                    .pieces = &whole,
                                    .n = 1,
                                    .total = len,
                                    .out = want,
                                    .tag_len = AEAD_TAG_MAX };
            assert_int_equal(aead_ipsec_mb.seal(own, &job), 0);
            job.pieces = parts;
            job.n = ARRAY_SIZE(parts);
            job.out = got;
            memset(got, 0xee, sizeof(got));
            assert_int_equal(aead_ipsec_mb.seal(own, &job), 0);
            assert_memory_equal(got, want, len + AEAD_TAG_MAX);
            assert_memory_not_equal(got, text, len);
        }
        provider_forget(&aead_ipsec_mb, own, alg, expanded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_has),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_two_keys),
        cmocka_unit_test(test_pieces),
    };
    return cmocka_run_group_tests(tests, open_own, close_own);
}

/* test_aead_evp.c - libcrypto as a provider of AEADs, without the worker in front of it. */
#include "base/error.h"
#include "provider_support.h"

static void test_has(void **state)
{
    (void)state;
    void *own = aead_evp.open_worker();
    assert_non_null(own);
    assert_string_equal(aead_evp.name(own), "libcrypto");
    assert_false(aead_evp.has(own, AEAD_NONE));
    for (enum aead_alg alg = AEAD_AES_128_GCM; alg < AEAD_ALGS; alg++) {
        assert_true(aead_evp.has(own, alg));
        assert_true(aead_evp.expands(alg));
    }
    aead_evp.close_worker(own);
}

static void test_vectors(void **state)
{
    (void)state;
    void *own = aead_evp.open_worker();
    assert_true(provider_check_vectors(&aead_evp, own) > 5);
    aead_evp.close_worker(own);
}

static void test_two_keys(void **state)
{
    (void)state;
    void *own = aead_evp.open_worker();
    for (enum aead_alg alg = AEAD_AES_128_GCM; alg < AEAD_ALGS; alg++) {
        provider_check_two_keys(&aead_evp, own, alg);
    }
    aead_evp.close_worker(own);
}

/* More than libcrypto's int can say is refused before a byte is read or written. */
static void test_too_long(void **state)
{
    (void)state;
    static const uint8_t key[AEAD_KEY_MAX] = { 1 }, nonce[AEAD_NONCE] = { 2 };
    void *own = aead_evp.open_worker();
    for (enum aead_alg alg = AEAD_AES_128_GCM; alg < AEAD_ALGS; alg++) {
        for (int which = 0; which < 2; which++) {
            uint8_t text[1] = { 3 }, out[1 + AEAD_TAG_MAX] = { 0xee };
            const size_t huge = (size_t)INT32_MAX + 1;
            const cssl_bytes piece = bytes_of(text, which == 0 ? huge : 1);
            struct aead_job job = { .alg = alg,
                                    .key = key,
                                    .expanded = aead_evp.expand(own, alg, key),
                                    .nonce = nonce,
                                    .aad = bytes_of(text, which == 0 ? 1 : huge),
                                    .pieces = &piece,
                                    .n = 1,
                                    .total = piece.len,
                                    .out = out,
                                    .tag_len = aead_tag_len(alg) };
            assert_int_equal(aead_evp.open(own, &job, out + 1), -1);
            if (which == 1) { /* CCM gathers a text before it begins, so this text is short */
                assert_int_equal(aead_evp.seal(own, &job), -1);
            }
            assert_int_equal(ERR_peek_error(), 0);
            aead_evp.forget(own, alg, job.expanded);
        }
    }
    aead_evp.close_worker(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_has),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_two_keys),
        cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

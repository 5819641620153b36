/* test_step.c - public-key steps: run on another thread, inputs copied, everything wiped. */
#include "support.h"

#include "base/names.h"
#include "crypto/aead.h"
#include "crypto/step.h"

#include <pthread.h>

static void *run(void *arg)
{
    pk_step_run(arg);
    return NULL;
}

static void run_elsewhere(struct pk_step *step)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run, step), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(step->done);
}

static void wiped(struct pk_step *step)
{
    pk_step_wipe(step);
    for (size_t i = 0; i < sizeof(*step); i++) {
        assert_int_equal(((const uint8_t *)step)[i], 0);
    }
}

static void test_exchange(void **state)
{
    (void)state;
    struct pk_step a = { 0 }, b = { 0 }, c = { 0 };
    cssl_error err;
    pk_step_key_pair(&a, GROUP_X25519, NULL);
    run_elsewhere(&a);
    assert_int_equal(a.status, 0);
    assert_non_null(a.kx);
    uint8_t *share = test_copy(kx_share(a.kx).data, kx_share(a.kx).len);
    assert_int_equal(pk_step_respond(&b, GROUP_X25519, NULL, bytes_of(share, 32), &err), 0);
    memset(share, 0, 32); /* the step has its own copy */
    free(share);
    run_elsewhere(&b);
    assert_int_equal(b.status, 0);
    assert_int_equal(b.out_len, 32);
    struct kx *kx = a.kx;
    a.kx = NULL;
    wiped(&a);
    assert_int_equal(pk_step_finish(&c, kx, bytes_of(b.out, b.out_len), &err), 0);
    run_elsewhere(&c);
    assert_int_equal(c.status, 0);
    assert_int_equal(c.secret_len, 32);
    assert_int_equal(b.secret_len, 32);
    assert_memory_equal(b.secret, c.secret, 32);
    wiped(&b);
    wiped(&c);
}

static void test_sign(void **state)
{
    (void)state;
    cssl_error err;
    uint8_t data[STEP_DATA_MAX + 1] = { 3 };
    struct pkey *key = pkey_generate(KEY_EC_P256, 0, &err);
    assert_non_null(key);
    struct pk_step step = { 0 };
    assert_int_equal(pk_step_sign(&step, key, SCHEME_ECDSA_SECP256R1_SHA256,
                                  bytes_of(data, STEP_DATA_MAX), &err),
                     0);
    uint8_t spki[256];
    size_t spki_len = pkey_spki(key).len;
    memcpy(spki, pkey_spki(key).data, spki_len);
    pkey_free(key); /* the step has a reference */
    run_elsewhere(&step);
    assert_int_equal(step.status, 0);
    assert_int_equal(spki_verify(bytes_of(spki, spki_len), SCHEME_ECDSA_SECP256R1_SHA256,
                                 bytes_of(data, STEP_DATA_MAX), bytes_of(step.out, step.out_len),
                                 &err),
                     0);
    uint8_t first[256];
    size_t first_len = step.out_len;
    memcpy(first, step.out, first_len);
    pk_step_run(&step); /* once is enough */
    assert_int_equal(step.out_len, first_len);
    assert_memory_equal(step.out, first, first_len);
    wiped(&step);
}

static void test_failures(void **state)
{
    (void)state;
    cssl_error err;
    struct pk_step step = { 0 };
    pk_step_run(&step);
    assert_true(step.done && step.status < 0);
    assert_int_equal(step.error.reason, CSSL_R_ARGUMENT);
    wiped(&step);

    static const uint8_t zeros[KX_SHARE_MAX + 1];
    assert_int_equal(pk_step_respond(&step, GROUP_X25519, NULL, bytes_of(zeros, 32), &err), 0);
    pk_step_run(&step);
    assert_true(step.status < 0);
    assert_int_equal(step.error.reason, CSSL_R_BAD_KEY_SHARE);
    assert_int_equal(step.secret_len, 0);
    wiped(&step);

    assert_true(pk_step_respond(&step, GROUP_X25519, NULL, bytes_of(zeros, sizeof(zeros)), &err) <
                0);
    assert_int_equal(err.reason, CSSL_R_BAD_KEY_SHARE);
    wiped(&step);

    struct kx *kx = kx_new(GROUP_SECP256R1, NULL, &err);
    assert_non_null(kx);
    assert_true(pk_step_finish(&step, kx, bytes_of(zeros, sizeof(zeros)), &err) < 0);
    wiped(&step); /* frees kx */

    struct pkey *key = pkey_generate(KEY_ED25519, 0, &err);
    assert_non_null(key);
    assert_true(pk_step_sign(&step, key, SCHEME_ED25519, bytes_of(zeros, STEP_DATA_MAX + 1), &err) <
                0);
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    wiped(&step);
    assert_int_equal(pk_step_sign(&step, key, SCHEME_ED448, bytes_of(zeros, 3), &err), 0);
    pk_step_run(&step);
    assert_int_equal(step.error.reason, CSSL_R_KEY_CANNOT_SIGN);
    assert_int_equal(step.error.status, step.status);
    wiped(&step);
    pkey_free(key);

    pk_step_key_pair(&step, 0x0a0a, NULL);
    pk_step_run(&step);
    assert_true(step.status < 0);
    assert_null(step.kx);
    wiped(&step);
    pk_step_wipe(NULL);
}

/* A step that was never run gives back what it was given. */
static void test_abandoned(void **state)
{
    (void)state;
    cssl_error err;
    struct pk_step step = { 0 };
    static const uint8_t share[65] = { 4 };
    struct kx *kx = kx_new(GROUP_SECP256R1, NULL, &err);
    assert_non_null(kx);
    assert_int_equal(pk_step_finish(&step, kx, bytes_of(share, 65), &err), 0);
    assert_int_equal(step.group, GROUP_SECP256R1);
    wiped(&step);
    struct pkey *key = pkey_generate(KEY_EC_P384, 0, &err);
    assert_int_equal(pk_step_sign(&step, key, 0, bytes_of(share, 1), &err), 0);
    pkey_free(key);
    wiped(&step);
    struct test_rng rng;
    test_rng_init(&rng, 1);
    struct rand_source source = { test_rng_random, &rng };
    pk_step_key_pair(&step, GROUP_X25519, &source);
    pk_step_run(&step);
    assert_int_equal(step.status, 0);
    wiped(&step); /* with the pair in it */
}

/* Four threads from a standing start: one key, the groups, the tables that are made once, workers
 * and their known-answer tests. ThreadSanitizer looks for what they share by mistake. */
static void *work(void *arg)
{
    struct pkey *key = arg;
    bool ok = true;
    struct worker *w = worker_new();
    for (int i = 0; i < 20 && w != NULL && ok; i++) {
        struct pk_step sign = { 0 }, pair = { 0 };
        cssl_error err;
        uint8_t raw[AEAD_KEY_MAX] = { (uint8_t)i }, nonce[AEAD_NONCE] = { 0 }, out[64];
        ok = pk_step_sign(&sign, key, SCHEME_ECDSA_SECP256R1_SHA256, bytes_of(raw, 32), &err) == 0;
        pk_step_key_pair(&pair, i % 2 == 0 ? GROUP_SECP256R1 : GROUP_X25519, NULL);
        pk_step_run(&sign);
        pk_step_run(&pair);
        ok = ok && sign.status == 0 && pair.status == 0 &&
             kx_available(GROUP_X25519MLKEM768) == scheme_available(SCHEME_MLDSA44) &&
             spki_verify(pkey_spki(key), SCHEME_ECDSA_SECP256R1_SHA256, bytes_of(raw, 32),
                         bytes_of(sign.out, sign.out_len), &err) == 0;
        pk_step_wipe(&sign);
        pk_step_wipe(&pair);
        struct aead_key k = { 0 };
        aead_key_set(&k, AEAD_AES_128_GCM, raw);
        cssl_bytes text = bytes_of(raw, 20);
        ok = ok && aead_seal(w, &k, nonce, bytes_of(NULL, 0), &text, 1, out, &err) == 0 &&
             aead_open(w, &k, nonce, bytes_of(NULL, 0), out, 36, out, &err) == 0;
    }
    worker_free(w);
    pkey_free(key);
    return w != NULL && ok ? key : NULL;
}

static void test_threads(void **state)
{
    (void)state;
    cssl_error err;
    pthread_t threads[4];
    struct pkey *key = pkey_generate(KEY_EC_P256, 0, &err);
    assert_non_null(key);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, pkey_ref(key)), 0);
    }
    pkey_free(key);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        void *done = NULL;
        assert_int_equal(pthread_join(threads[i], &done), 0);
        assert_non_null(done);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads), /* first: while nothing is made yet */
        cmocka_unit_test(test_exchange), cmocka_unit_test(test_sign),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_abandoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

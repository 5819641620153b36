/* test_aead.c - records sealed and opened: published vectors, the libraries against each other at
 * all small lengths, pieces, in place, forgeries, the cache of expanded keys. */
#include "support.h"

#include "base/mem.h"
#include "crypto/aead_impl.h"

static const struct {
    const char *name;
    enum aead_alg alg;
} algs[] = {
    { "AES-128-GCM", AEAD_AES_128_GCM },
    { "AES-256-GCM", AEAD_AES_256_GCM },
    { "ChaCha20-Poly1305", AEAD_CHACHA20_POLY1305 },
    { "AES-128-CCM", AEAD_AES_128_CCM },
    { "AES-128-CCM-8", AEAD_AES_128_CCM_8 },
    { "AES-256-CCM", AEAD_AES_256_CCM },
    { "AES-256-CCM-8", AEAD_AES_256_CCM_8 },
};

static enum aead_alg alg_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
        if (strcmp(algs[i].name, name) == 0) {
            return algs[i].alg;
        }
    }
    fail_msg("no algorithm %s", name);
    return AEAD_NONE;
}

static cssl_bytes vector(struct vectors *v, const char *key)
{
    cssl_bytes b;
    b.data = vectors_bytes(v, key, &b.len);
    return b;
}

/* check_vector does one vector with one worker: sealed, opened, and refused with each bit of the
 * tag and some of the text wrong. */
static void check_vector(struct worker *w, struct vectors *v)
{
    enum aead_alg alg = alg_of(vectors_text(v, "alg"));
    cssl_bytes key = vector(v, "key"), nonce = vector(v, "nonce"), aad = vector(v, "aad");
    cssl_bytes text = vector(v, "text"), sealed = vector(v, "sealed");
    assert_int_equal(key.len, aead_key_len(alg));
    assert_int_equal(nonce.len, AEAD_NONCE);
    assert_int_equal(sealed.len, text.len + aead_tag_len(alg));
    struct aead_key k = { 0 };
    aead_key_set(&k, alg, key.data);
    uint8_t *out = malloc(sealed.len);
    cssl_error err;
    assert_int_equal(aead_seal(w, &k, nonce.data, aad, &text, 1, out, &err), 0);
    assert_memory_equal(out, sealed.data, sealed.len);
    uint8_t *back = malloc(text.len + 1);
    assert_int_equal(aead_open(w, &k, nonce.data, aad, out, sealed.len, back, &err), 0);
    assert_true(text.len == 0 || memcmp(back, text.data, text.len) == 0);
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        out[bit / 8] = (uint8_t)(out[bit / 8] ^ (1U << (bit % 8)));
        memset(back, 0xee, text.len + 1);
        assert_int_equal(aead_open(w, &k, nonce.data, aad, out, sealed.len, back, &err),
                         CSSL_ALERT);
        assert_int_equal(err.reason, CSSL_R_BAD_RECORD_MAC);
        for (size_t i = 0; i < text.len; i++) {
            assert_int_equal(back[i], 0);
        }
        assert_int_equal(back[text.len], 0xee);
        out[bit / 8] = (uint8_t)(out[bit / 8] ^ (1U << (bit % 8)));
    }
    free(out);
    free(back);
    aead_key_wipe(&k);
}

static void test_vectors(void **state)
{
    (void)state;
    for (int only = 0; only < 2; only++) {
        struct worker *w = worker_new_with(only == 1);
        assert_non_null(w);
        struct vectors *v = vectors_open("aead.txt");
        int num = 0;
        while (vectors_next(v)) {
            check_vector(w, v);
            num++;
        }
        assert_true(num >= 10);
        vectors_close(v);
        worker_free(w);
    }
}

/* seal_copy seals into memory of exactly the right size. */
static uint8_t *seal_copy(struct worker *w, const struct aead_key *k, const uint8_t *nonce,
                          cssl_bytes aad, const cssl_bytes *pieces, size_t n, size_t total)
{
    uint8_t *out = malloc(total + aead_tag_len((enum aead_alg)k->alg));
    cssl_error err;
    assert_int_equal(aead_seal(w, k, nonce, aad, pieces, n, out, &err), 0);
    return out;
}

static void check_len(struct worker *w, struct worker *evp, enum aead_alg alg, size_t len,
                      struct test_rng *rng)
{
    uint8_t key[AEAD_KEY_MAX], nonce[AEAD_NONCE], aad_data[16];
    test_rng_fill(rng, key, sizeof(key));
    test_rng_fill(rng, nonce, sizeof(nonce));
    test_rng_fill(rng, aad_data, sizeof(aad_data));
    cssl_bytes aad = bytes_of(aad_data, len % 17);
    struct aead_key k = { 0 };
    aead_key_set(&k, alg, key);
    uint8_t *text = malloc(len + 1);
    test_rng_fill(rng, text, len);
    size_t sealed_len = len + aead_tag_len(alg);
    cssl_bytes whole = bytes_of(text, len);
    uint8_t *want = seal_copy(evp, &k, nonce, aad, &whole, 1, len);
    uint8_t *got = seal_copy(w, &k, nonce, aad, &whole, 1, len);
    assert_memory_equal(got, want, sealed_len);
    free(got);
    /* in five pieces, some empty */
    cssl_bytes parts[5];
    size_t at = 0;
    for (size_t i = 0; i < 5; i++) {
        size_t n = i == 4 ? len - at : test_rng_below(rng, (len - at) + 1) / 2;
        parts[i] = bytes_of(n == 0 && i % 2 == 1 ? NULL : text + at, n);
        at += n;
    }
    got = seal_copy(w, &k, nonce, aad, parts, 5, len);
    assert_memory_equal(got, want, sealed_len);
    free(got);
    got = seal_copy(evp, &k, nonce, aad, parts, 5, len);
    assert_memory_equal(got, want, sealed_len);
    /* no piece at all is an empty record */
    cssl_error err;
    if (len == 0) {
        assert_int_equal(aead_seal(w, &k, nonce, aad, NULL, 0, got, &err), 0);
        assert_memory_equal(got, want, sealed_len);
    }
    /* in place, both ways */
    uint8_t *place = malloc(sealed_len);
    memcpy(place, text, len);
    whole = bytes_of(place, len);
    assert_int_equal(aead_seal(w, &k, nonce, aad, &whole, 1, place, &err), 0);
    assert_memory_equal(place, want, sealed_len);
    assert_int_equal(aead_open(w, &k, nonce, aad, place, sealed_len, place, &err), 0);
    assert_memory_equal(place, text, len);
    /* a forgery in place leaves zeros */
    memcpy(place, want, sealed_len);
    place[test_rng_below(rng, sealed_len)] ^= 0x40;
    assert_int_equal(aead_open(w, &k, nonce, aad, place, sealed_len, place, &err), CSSL_ALERT);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(place[i], 0);
    }
    free(place);
    free(got);
    free(want);
    free(text);
}

static void test_against_libcrypto(void **state)
{
    (void)state;
    struct test_rng rng;
    test_rng_init(&rng, test_seed(1));
    struct worker *w = worker_new(), *evp = worker_new_with(true);
    static const uint16_t longer[] = { 511, 512, 513, 1024, 4095, 4096, 4097, 9000, 16384, 16401 };
    for (size_t a = 0; a < ARRAY_SIZE(algs); a++) {
        for (size_t len = 0; len <= 300; len++) {
            check_len(w, evp, algs[a].alg, len, &rng);
        }
        for (size_t i = 0; i < ARRAY_SIZE(longer); i++) {
            check_len(w, evp, algs[a].alg, longer[i], &rng);
        }
    }
    worker_free(w);
    worker_free(evp);
}

struct opening {
    struct worker *w;
    struct aead_key key;
    uint8_t nonce[AEAD_NONCE];
};

static void open_must_fail(void *arg, uint8_t *data, size_t len)
{
    struct opening *o = arg;
    uint8_t *out = malloc(len + 1);
    cssl_error err;
    assert_int_equal(aead_open(o->w, &o->key, o->nonce, bytes_of(NULL, 0), data, len, out, &err),
                     CSSL_ALERT);
    assert_int_equal(err.alert, 20);
    free(out);
}

static void test_forgeries(void **state)
{
    (void)state;
    static const uint8_t key[AEAD_KEY_MAX] = { 1 };
    static const uint8_t text[70] = { 2 };
    for (int only = 0; only < 2; only++) {
        for (size_t a = 0; a < ARRAY_SIZE(algs); a++) {
            struct opening o = { .w = worker_new_with(only == 1) };
            aead_key_set(&o.key, algs[a].alg, key);
            cssl_bytes piece = bytes_of(text, sizeof(text));
            uint8_t *sealed =
                seal_copy(o.w, &o.key, o.nonce, bytes_of(NULL, 0), &piece, 1, sizeof(text));
            size_t len = sizeof(text) + aead_tag_len(algs[a].alg);
            for_each_truncation(sealed, len, open_must_fail, &o);
            for_each_bit_flip(sealed, len, open_must_fail, &o);
            /* another nonce, other additional data, another key */
            uint8_t out[128];
            cssl_error err;
            o.nonce[11] ^= 1;
            open_must_fail(&o, sealed, len);
            o.nonce[11] ^= 1;
            assert_int_equal(
                aead_open(o.w, &o.key, o.nonce, bytes_of(text, 1), sealed, len, out, &err),
                CSSL_ALERT);
            o.key.key[0] ^= 1; /* the same serial: the cache must not be believed */
            open_must_fail(&o, sealed, len);
            o.key.key[0] ^= 1;
            assert_int_equal(
                aead_open(o.w, &o.key, o.nonce, bytes_of(NULL, 0), sealed, len, out, &err), 0);
            free(sealed);
            worker_free(o.w);
        }
    }
}

/* Many more keys than the cache has room for, used in turns. */
static void test_cache(void **state)
{
    (void)state;
    enum { KEYS = 300, ROUNDS = 5 };
    struct worker *w = worker_new(), *evp = worker_new_with(true);
    struct aead_key keys[KEYS];
    struct test_rng rng;
    test_rng_init(&rng, test_seed(2));
    memset(keys, 0, sizeof(keys));
    for (size_t i = 0; i < KEYS; i++) {
        uint8_t raw[AEAD_KEY_MAX];
        test_rng_fill(&rng, raw, sizeof(raw));
        aead_key_set(&keys[i], algs[i % ARRAY_SIZE(algs)].alg, raw);
        assert_true(keys[i].serial != 0);
        assert_true(i == 0 || keys[i].serial > keys[i - 1].serial);
    }
    assert_int_equal(worker_cached(w), 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < KEYS; i++) {
            uint8_t nonce[AEAD_NONCE] = { (uint8_t)round }, text[20] = { 0 };
            uint8_t a[64], b[64];
            cssl_bytes piece = bytes_of(text, sizeof(text));
            cssl_error err;
            size_t key = round % 2 == 0 ? i : test_rng_below(&rng, KEYS);
            assert_int_equal(aead_seal(w, &keys[key], nonce, piece, &piece, 1, a, &err), 0);
            assert_int_equal(aead_seal(evp, &keys[key], nonce, piece, &piece, 1, b, &err), 0);
            assert_memory_equal(a, b, sizeof(text) + aead_tag_len((enum aead_alg)keys[key].alg));
            assert_true(worker_cached(w) <= 64);
        }
    }
    assert_true(worker_cached(evp) > 40);
    worker_free(w);
    worker_free(evp);
    worker_free(NULL);
}

/* What a worker says it uses is true to the build, and the known-answer test notices a liar. */
static int lie_seal(void *own, const struct aead_job *job)
{
    int ret = aead_evp.seal(own, job);
    if (job->total == 65) {
        job->out[64] ^= 1;
    }
    return ret;
}

static int lie_open(void *own, const struct aead_job *job, const uint8_t *tag)
{
    (void)aead_evp.open(own, job, tag);
    return 0; /* takes every tag */
}

static void test_known_answers(void **state)
{
    (void)state;
    void *own = aead_evp.open_worker();
    struct aead_provider bad_seal = aead_evp, bad_open = aead_evp;
    bad_seal.seal = lie_seal;
    bad_open.open = lie_open;
    for (size_t a = 0; a < ARRAY_SIZE(algs); a++) {
        assert_true(aead_known_answers(&aead_evp, own, algs[a].alg));
        assert_false(aead_known_answers(&bad_seal, own, algs[a].alg));
        assert_false(aead_known_answers(&bad_open, own, algs[a].alg));
    }
    aead_evp.close_worker(own);
    struct worker *w = worker_new(), *evp = worker_new_with(true);
    for (size_t a = 0; a < ARRAY_SIZE(algs); a++) {
        assert_string_equal(worker_provider(evp, algs[a].alg), "libcrypto");
        print_message("%s: %s\n", algs[a].name, worker_provider(w, algs[a].alg));
    }
    worker_free(w);
    worker_free(evp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),       cmocka_unit_test(test_against_libcrypto),
        cmocka_unit_test(test_forgeries),     cmocka_unit_test(test_cache),
        cmocka_unit_test(test_known_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

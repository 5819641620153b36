/*
 * rsa.c - decrypts premaster secrets that are right and wrong in every way, and leaves the counting
 * of instructions to valgrind's callgrind. Run by rsa.py, which compares.
 *
 * How many RSA itself takes differs a little from one ciphertext to the next, which is public. So
 * each is also decrypted without looking at the padding, and what counts is the difference.
 * libcrypto blinds with randomness, which here comes from the test and begins anew for each
 * measurement, with a key that was loaded for it alone: so RSA takes the same both times.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* libcrypto's randomness is exchanged */
#include "unit/crypto/premaster_support.h"

#include "base/error.h"
#include "crypto/pem.h"
#include "pair/certs.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <valgrind/callgrind.h>

enum { BLOCKS = 4 }; /* of each kind */

static struct test_rng given;

static int give(unsigned char *out, int len)
{
    test_rng_fill(&given, out, (size_t)len);
    return 1;
}

static int ready(void)
{
    return 1;
}

/* libcrypto's memory: how long malloc looks for some depends on all that was freed before. Nothing
 * is given back here, and each measurement begins at the same place of a page. */
enum { ALIGNED = 64, PAGES = 1 << 16, ARENA = 256 << 20 };

static uint8_t *arena;
static size_t arena_used;

static void *take(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    const size_t all = ALIGNED + (len + ALIGNED - 1) / ALIGNED * ALIGNED;
    if (len > ARENA || all > ARENA - arena_used) {
        return NULL;
    }
    uint8_t *p = arena + arena_used;
    arena_used += all;
    memcpy(p, &len, sizeof(len));
    return p + ALIGNED;
}

static void *take_more(void *old, size_t len, const char *file, int line)
{
    size_t before = 0;
    void *p = take(len, file, line);
    if (old != NULL && p != NULL) {
        memcpy(&before, (uint8_t *)old - ALIGNED, sizeof(before));
        memcpy(p, old, before < len ? before : len);
    }
    return p;
}

static void give_back(void *p, const char *file, int line)
{
    (void)p;
    (void)file;
    (void)line;
}

static const RAND_METHOD method = { .bytes = give, .pseudorand = give, .status = ready };

/* key_of loads the private key of one of the pair tests' identities. */
static struct pkey *key_of(const char *pem)
{
    struct pem_block block = { 0 };
    struct pkey *key = NULL;
    cssl_error err;
    for (size_t at = 0; key == NULL;) {
        assert_int_equal(pem_next(bytes_str(pem), &at, &block, &err), 0);
        assert_int_not_equal(block.label[0], '\0');
        if (strstr(block.label, "PRIVATE KEY") != NULL) {
            key = pkey_from_der(bytes_of(block.der, block.len), NULL, &err);
            assert_non_null(key);
        }
        pem_free(&block);
    }
    return key;
}

static bool raw; /* the padding is not looked at */

int __real_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int mode);
int __wrap_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int mode);
int __wrap_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int mode)
{
    return __real_EVP_PKEY_CTX_set_rsa_padding(
        ctx, raw && mode == RSA_PKCS1_WITH_TLS_PADDING ? RSA_NO_PADDING : mode);
}

/* count decrypts a block twice: without looking at the padding, and as it is done. */
static void count(const struct block_kind *kind, int number, bool warm)
{
    struct test_rng rng;
    uint8_t block[BLOCK_MAX], sent[BLOCK_MAX], premaster[PREMASTER_RSA];
    test_rng_init(&rng, (uint64_t)number + 1);
    for (int i = 0; i < 2; i++) {
        test_rng_init(&given, 7);
        arena_used = (arena_used + PAGES - 1) / PAGES * PAGES;
        struct pkey *key = key_of(pair_rsa_encipher);
        const size_t size = (pkey_bits(key) + 7) / 8;
        char label[64];
        if (i == 0) {
            block_make(kind, &rng, block, size);
        }
        const cssl_bytes encrypted = bytes_of(sent, block_encrypt(key, block, sent));
        raw = i == 0;
        (void)snprintf(label, sizeof(label), "%s %s %d", warm  ? "warm" : raw ? "raw" : "rsa",
                       kind->name, number);
        CALLGRIND_ZERO_STATS;
        CALLGRIND_TOGGLE_COLLECT;
        int ret = pkey_decrypt_premaster(key, 0x0303, encrypted, premaster, NULL);
        CALLGRIND_TOGGLE_COLLECT;
        CALLGRIND_DUMP_STATS_AT(label);
        assert_int_equal(ret, 0);
        assert_int_equal(memcmp(premaster, block + size - PREMASTER_RSA, PREMASTER_RSA) == 0,
                         kind->good && !raw);
        pkey_free(key);
    }
}

/* What one must not write: rsa.py must see that this ends early. */
static bool naive(const uint8_t *block, size_t size)
{
    size_t i = 2;
    while (i < size && block[i] != 0) {
        i++;
    }
    return block[0] == 0 && block[1] == 2 && i == size - PREMASTER_RSA - 1;
}

static void count_naive(const struct block_kind *kind, int number)
{
    struct test_rng rng;
    uint8_t block[256];
    char label[64];
    test_rng_init(&rng, (uint64_t)number + 1);
    block_make(kind, &rng, block, sizeof(block));
    CALLGRIND_ZERO_STATS;
    CALLGRIND_TOGGLE_COLLECT;
    volatile bool found = naive(block, sizeof(block));
    CALLGRIND_TOGGLE_COLLECT;
    (void)snprintf(label, sizeof(label), "control %s %d", kind->name, number);
    CALLGRIND_DUMP_STATS_AT(label);
    (void)found;
}

static void test_counts(void **state)
{
    (void)state;
    assert_int_equal(RAND_set_rand_method(&method), 1);
    count(&block_kinds[0], 0, true); /* at first, algorithms are fetched and memory is made */
    for (size_t i = 0; i < ARRAY_SIZE(block_kinds); i++) {
        for (int number = 0; number < BLOCKS; number++) {
            count(&block_kinds[i], number, false);
            count_naive(&block_kinds[i], number);
        }
    }
    assert_int_equal(RAND_set_rand_method(NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_counts) };
    if (!RUNNING_ON_VALGRIND) {
        print_error("run it by rsa.py, under valgrind\n");
        return 77;
    }
    arena = aligned_alloc(ALIGNED, ARENA);
    if (arena == NULL || CRYPTO_set_mem_functions(take, take_more, give_back) != 1) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

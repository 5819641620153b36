/* test_transcript.c - the transcript's hash before and after the suite is known, and a retry. */
#include "support.h"

#include "base/mem.h"
#include "hs/transcript.h"

static const uint8_t one[] = "ClientHello";
static const uint8_t two[] = "ServerHello";

static void test_both_run_until_chosen(void **state)
{
    (void)state;
    static const enum hash_alg algs[] = { HASH_SHA256, HASH_SHA384 };
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
        struct transcript t;
        uint8_t got[HASH_MAX], with[HASH_MAX], want[HASH_MAX];
        uint8_t all[sizeof(one) + sizeof(two)];
        memcpy(all, one, sizeof(one));
        memcpy(all + sizeof(one), two, sizeof(two));
        transcript_init(&t);
        transcript_add(&t, bytes_of(one, sizeof(one)));
        transcript_hash_with(&t, algs[i], bytes_of(two, sizeof(two)), with);
        transcript_choose(&t, algs[i]);
        transcript_add(&t, bytes_of(two, sizeof(two)));
        transcript_hash(&t, got);
        hash_once(algs[i], all, sizeof(all), want);
        assert_memory_equal(got, want, hash_len(algs[i]));
        assert_memory_equal(with, want, hash_len(algs[i]));
    }
}

/* RFC 8446 4.4.1: Hash(message_hash || 00 00 Hash.length || Hash(ClientHello1) || ...). */
static void test_retry(void **state)
{
    (void)state;
    static const enum hash_alg algs[] = { HASH_SHA256, HASH_SHA384 };
    for (size_t i = 0; i < ARRAY_SIZE(algs); i++) {
        struct transcript t;
        uint8_t got[HASH_MAX], want[HASH_MAX];
        size_t len = hash_len(algs[i]);
        uint8_t all[4 + HASH_MAX + sizeof(two)] = { 254, 0, 0, (uint8_t)len };
        hash_once(algs[i], one, sizeof(one), all + 4);
        memcpy(all + 4 + len, two, sizeof(two));
        transcript_init(&t);
        transcript_add(&t, bytes_of(one, sizeof(one)));
        transcript_choose(&t, algs[i]);
        transcript_retry(&t);
        transcript_add(&t, bytes_of(two, sizeof(two)));
        transcript_hash(&t, got);
        hash_once(algs[i], all, 4 + len + sizeof(two), want);
        assert_memory_equal(got, want, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_run_until_chosen),
        cmocka_unit_test(test_retry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

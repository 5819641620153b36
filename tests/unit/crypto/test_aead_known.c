/* test_aead_known.c - that known answers find a provider that is wrong in one thing alone, and ask
 * no more of one than aead_impl.h lets them. */
#include "base/error.h"
#include "support.h"

#include "base/mem.h"
#include "crypto/aead_impl.h"

/* A provider that works by libcrypto, but for one fault. */
static enum fault {
    NO_FAULT,
    LONG_TEXT,  /* one wrong bit in the longest text */
    EMPTY_TEXT, /* a wrong tag when there is no text */
    PIECES,     /* a wrong bit when there are several pieces */
    LAST_TAG,   /* a wrong last byte of the tag */
    SEAL_FAILS,
    OPEN_FAILS,
    OPENS_WRONG, /* a wrong bit in what was opened */
    TAKES_ALL,   /* a tag that does not fit is taken */
    NO_KEY,      /* a key cannot be expanded */
    FAULTS
} fault;
static int expanded_keys;

static void *fake_expand(void *own, enum aead_alg alg, const uint8_t *key)
{
    if (fault == NO_KEY) {
        return NULL;
    }
    expanded_keys++;
    return aead_evp.expand(own, alg, key);
}

static void fake_forget(void *own, enum aead_alg alg, void *expanded)
{
    expanded_keys--;
    aead_evp.forget(own, alg, expanded);
}

static int fake_seal(void *own, const struct aead_job *job)
{
    int status = aead_evp.seal(own, job);
    if ((fault == LONG_TEXT && job->total > 4000) || (fault == PIECES && job->n > 1)) {
        job->out[job->total / 2] ^= 1;
    }
    if (fault == EMPTY_TEXT && job->total == 0) {
        job->out[0] ^= 1;
    }
    if (fault == LAST_TAG) {
        job->out[job->total + job->tag_len - 1] ^= 0x80;
    }
    return fault == SEAL_FAILS ? -1 : status;
}

static int fake_open(void *own, const struct aead_job *job, const uint8_t *tag)
{
    int status = aead_evp.open(own, job, tag);
    if (fault == OPENS_WRONG && job->total > 0) {
        job->out[0] ^= 1;
    }
    return fault == OPEN_FAILS ? -1 : fault == TAKES_ALL ? 0 : status;
}

static struct aead_provider fake(void)
{
    struct aead_provider p = aead_evp;
    p.expand = fake_expand;
    p.forget = fake_forget;
    p.seal = fake_seal;
    p.open = fake_open;
    return p;
}

static void test_faults(void **state)
{
    (void)state;
    const struct aead_provider p = fake();
    void *own = p.open_worker();
    assert_non_null(own);
    for (enum aead_alg alg = AEAD_AES_128_GCM; alg < AEAD_ALGS; alg++) {
        for (fault = NO_FAULT; fault < FAULTS; fault++) {
            expanded_keys = 0;
            if (aead_known_answers(&p, own, alg) != (fault == NO_FAULT)) {
                fail_msg("algorithm %d, fault %d was %s", (int)alg, (int)fault,
                         fault == NO_FAULT ? "seen" : "not seen");
            }
            assert_int_equal(expanded_keys, 0); /* each one was forgotten, once */
        }
    }
    p.close_worker(own);
}

/* A provider that expands no keys is not asked to, and is given the key itself. */
static bool expands_none(enum aead_alg alg)
{
    (void)alg;
    return false;
}

static int raw_seal(void *own, const struct aead_job *job)
{
    assert_null(job->expanded);
    struct aead_job with = *job;
    with.expanded = aead_evp.expand(own, job->alg, job->key);
    int status = aead_evp.seal(own, &with);
    aead_evp.forget(own, job->alg, with.expanded);
    return status;
}

static int raw_open(void *own, const struct aead_job *job, const uint8_t *tag)
{
    assert_null(job->expanded);
    struct aead_job with = *job;
    with.expanded = aead_evp.expand(own, job->alg, job->key);
    int status = aead_evp.open(own, &with, tag);
    aead_evp.forget(own, job->alg, with.expanded);
    return status;
}

static void test_raw_keys(void **state)
{
    (void)state;
    struct aead_provider p = aead_evp;
    p.expands = expands_none;
    p.expand = NULL;
    p.forget = NULL;
    p.seal = raw_seal;
    p.open = raw_open;
    void *own = p.open_worker();
    for (enum aead_alg alg = AEAD_AES_128_GCM; alg < AEAD_ALGS; alg++) {
        assert_true(aead_known_answers(&p, own, alg));
    }
    p.close_worker(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_raw_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

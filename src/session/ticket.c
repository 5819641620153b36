/*
 * ticket.c - seals and opens stateless tickets and keeps the secrets that this takes. Does not
 * know what a ticket holds, nor whether its holder may resume.
 *
 *     ticket = version (1) | period (8) | salt (32) | AES-256-GCM(session) | tag (16)
 *
 * Everything in front of the ciphertext is authenticated with it. Key and nonce serve one ticket:
 *
 *     secret of a period = random, or HKDF-Expand(HKDF-Extract("cssl ticket seed", seed),
 *                                                 "cssl ticket" | period)
 *     key | nonce        = HKDF-Expand(HKDF-Extract(salt, secret), "cssl ticket key")
 */
#include "session/ticket.h"

#include "base/error.h"
#include "base/mem.h"
#include "crypto/kdf.h"
#include "session/session.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    FORMAT = 1,
    SALT = 32,
    HEAD = 1 + 8 + SALT,
    TAG = 16,
    KEY = 32,
    SEED_MIN = 32,
    /* periods whose tickets may still live, at most: those that a lifetime touches, and one more
     * for a clock that went back across a border */
    SLOTS = SESSION_AGE_MAX / TICKET_PERIOD + 4
};

struct slot {
    bool used;
    uint64_t period;
    struct secret secret;
};

struct ticket_keys {
    atomic_uint lifetime; /* only ever grows */
    bool seeded;
    struct secret seed; /* extracted; immutable */
    pthread_mutex_t lock;
    struct slot slots[SLOTS]; /* without a seed; under the lock */
};

static void extract_seed(cssl_bytes seed, struct secret *out);
static uint64_t period_of(int64_t now);
static uint64_t oldest_period(const struct ticket_keys *keys, int64_t now);
static int sealing_secret(struct ticket_keys *keys, const struct rand_source *rand, int64_t now,
                          struct secret *secret, cssl_error *err) CHECK;
static bool opening_secret(struct ticket_keys *keys, int64_t now, uint64_t period,
                           struct secret *secret);
static void derive_key(const struct secret *secret, const uint8_t salt[SALT], struct aead_key *key,
                       uint8_t nonce[AEAD_NONCE]);

struct ticket_keys *ticket_keys_new(cssl_bytes seed, uint32_t lifetime, cssl_error *err)
{
    if ((seed.len > 0 && seed.len < SEED_MIN) || lifetime > SESSION_AGE_MAX) {
        (void)fail_text(err, CSSL_R_ARGUMENT, "ticket seed of %zu bytes, lifetime of %u seconds",
                        seed.len, (unsigned)lifetime);
        return NULL;
    }
    struct ticket_keys *keys = mem_new(sizeof(*keys));
    if (keys == NULL || pthread_mutex_init(&keys->lock, NULL) != 0) {
        mem_free(keys);
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    atomic_init(&keys->lifetime, lifetime);
    keys->seeded = seed.len > 0;
    if (keys->seeded) {
        extract_seed(seed, &keys->seed);
    }
    return keys;
}

int ticket_keys_renew(struct ticket_keys *keys, cssl_bytes seed, uint32_t lifetime,
                      cssl_error *err)
{
    if (seed.len > 0) {
        struct secret extracted;
        extract_seed(seed, &extracted);
        bool same = keys->seeded && ct_equal(extracted.data, keys->seed.data, extracted.len);
        secret_wipe(&extracted);
        if (!same) {
            return fail_option(err, CSSL_R_TICKET_SEED, "ticket_seed",
                               "a renewed config keeps its keys; make a new config instead");
        }
    }
    unsigned before = atomic_load(&keys->lifetime);
    while (before < lifetime &&
           !atomic_compare_exchange_weak(&keys->lifetime, &before, lifetime)) {
    }
    return 0;
}

void ticket_keys_free(struct ticket_keys *keys)
{
    if (keys != NULL) {
        (void)pthread_mutex_destroy(&keys->lock);
        mem_free_wiped(keys, sizeof(*keys));
    }
}

int ticket_seal(struct ticket_keys *keys, struct worker *worker, const struct rand_source *rand,
                int64_t now, cssl_bytes plain, struct wr *out, cssl_error *err)
{
    if (plain.len > SESSION_TICKET_MAX - HEAD - TAG) {
        return fail(err, CSSL_R_TICKET_TOO_LONG);
    }
    uint8_t salt[SALT];
    struct secret secret = { 0 };
    int ret = rand_fill(rand, salt, sizeof(salt), err);
    if (ret == 0) {
        ret = sealing_secret(keys, rand, now, &secret, err);
    }
    if (ret != 0) {
        return ret;
    }
    struct aead_key key = { 0 };
    uint8_t nonce[AEAD_NONCE];
    derive_key(&secret, salt, &key, nonce);
    secret_wipe(&secret);

    size_t start = out->len;
    wr_u8(out, FORMAT);
    wr_u64(out, period_of(now));
    wr_put(out, salt, sizeof(salt));
    uint8_t *to = wr_space(out, plain.len + TAG);
    if (to == NULL) {
        ret = fail(err, CSSL_R_NOMEM);
    } else {
        ret = aead_seal(worker, &key, nonce, bytes_of(out->data + start, HEAD), &plain, 1, to, err);
    }
    if (ret != 0) {
        out->len = start;
    }
    aead_key_wipe(&key);
    mem_wipe(nonce, sizeof(nonce));
    return ret;
}

int ticket_open(struct ticket_keys *keys, struct worker *worker, int64_t now, cssl_bytes ticket,
                struct wr *plain, cssl_error *err)
{
    struct rd r = rd_of(ticket);
    uint8_t format = rd_u8(&r);
    uint64_t period = rd_u64(&r);
    cssl_bytes salt = rd_bytes(&r, SALT);
    cssl_bytes sealed = rd_rest(&r);
    struct secret secret = { 0 };
    if (!rd_done(&r) || format != FORMAT || sealed.len < TAG || ticket.len > SESSION_TICKET_MAX ||
        !opening_secret(keys, now, period, &secret)) {
        return fail(err, CSSL_R_TICKET_UNKNOWN);
    }
    struct aead_key key = { 0 };
    uint8_t nonce[AEAD_NONCE];
    derive_key(&secret, salt.data, &key, nonce);
    secret_wipe(&secret);

    int ret;
    cssl_error why = { 0 };
    size_t start = plain->len;
    uint8_t *to = wr_space(plain, sealed.len - TAG);
    if (to == NULL) {
        ret = fail(err, CSSL_R_NOMEM);
    } else {
        ret = aead_open(worker, &key, nonce, bytes_of(ticket.data, HEAD), sealed.data, sealed.len,
                        to, &why);
        if (ret != 0) {
            plain->len = start;
            ret = why.reason == CSSL_R_BAD_RECORD_MAC ? fail(err, CSSL_R_TICKET_UNKNOWN)
                                                      : error_copy(err, &why);
        }
    }
    aead_key_wipe(&key);
    mem_wipe(nonce, sizeof(nonce));
    return ret;
}

static void extract_seed(cssl_bytes seed, struct secret *out)
{
    hkdf_extract(HASH_SHA256, bytes_str("cssl ticket seed"), seed, out);
}

static uint64_t period_of(int64_t now)
{
    return now < 0 ? 0 : (uint64_t)now / TICKET_PERIOD;
}

/* oldest_period is the first one of which a ticket may be alive: a period's last ticket is made
 * at its end and lives for lifetime seconds. */
static uint64_t oldest_period(const struct ticket_keys *keys, int64_t now)
{
    /* since the period began */
    uint64_t gone = (uint64_t)atomic_load(&keys->lifetime) + TICKET_PERIOD;
    uint64_t at = now < 0 ? 0 : (uint64_t)now;
    return at < gone ? 0 : (at - gone) / TICKET_PERIOD + 1;
}

static void seeded_secret(const struct ticket_keys *keys, uint64_t period, struct secret *secret)
{
    uint8_t info[32];
    struct wr w;
    wr_fixed(&w, info, sizeof(info));
    wr_bytes(&w, bytes_str("cssl ticket"));
    wr_u64(&w, period);
    secret->len = KEY;
    hkdf_expand(HASH_SHA256, secret_bytes(&keys->seed), wr_view(&w), secret->data, KEY);
}

/* sweep wipes, under the lock, the secrets that are not needed any more: of periods whose tickets
 * have ended, and of a future that a clock had announced before it was put back. */
static void sweep(struct ticket_keys *keys, int64_t now)
{
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &keys->slots[i];
        if (slot->used && (slot->period < oldest_period(keys, now) ||
                           slot->period > period_of(now) + 1)) {
            mem_wipe(slot, sizeof(*slot));
        }
    }
}

/* find gives the secret of a period, under the lock. fresh, if it is not NULL, becomes the secret
 * of a period that has none. */
static bool find(struct ticket_keys *keys, uint64_t period, const struct secret *fresh,
                 struct secret *secret)
{
    struct slot *slot = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        if (keys->slots[i].used && keys->slots[i].period == period) {
            *secret = keys->slots[i].secret;
            return true;
        }
        if (!keys->slots[i].used) {
            slot = &keys->slots[i];
        }
    }
    if (fresh == NULL || slot == NULL) {
        return false;
    }
    *slot = (struct slot){ .used = true, .period = period, .secret = *fresh };
    *secret = *fresh;
    return true;
}

static bool locked_find(struct ticket_keys *keys, int64_t now, uint64_t period,
                        const struct secret *fresh, struct secret *secret)
{
    (void)pthread_mutex_lock(&keys->lock);
    sweep(keys, now);
    bool found = find(keys, period, fresh, secret);
    (void)pthread_mutex_unlock(&keys->lock);
    return found;
}

static int sealing_secret(struct ticket_keys *keys, const struct rand_source *rand, int64_t now,
                          struct secret *secret, cssl_error *err)
{
    uint64_t period = period_of(now);
    if (keys->seeded) {
        seeded_secret(keys, period, secret);
        return 0;
    }
    if (locked_find(keys, now, period, NULL, secret)) {
        return 0;
    }
    /* Drawn without the lock: of two threads that come here at once the first one's is taken. */
    struct secret fresh = { .len = KEY };
    int ret = rand_fill(rand, fresh.data, KEY, err);
    if (ret == 0 && !locked_find(keys, now, period, &fresh, secret)) {
        ret = fail(err, CSSL_R_INTERNAL);
    }
    secret_wipe(&fresh);
    return ret;
}

/* opening_secret knows the secrets of living tickets, and of the next period too: another
 * server's clock, or another thread's look at it, may be across the border already. */
static bool opening_secret(struct ticket_keys *keys, int64_t now, uint64_t period,
                           struct secret *secret)
{
    if (period < oldest_period(keys, now) || period > period_of(now) + 1) {
        return false;
    }
    if (keys->seeded) {
        seeded_secret(keys, period, secret);
        return true;
    }
    return locked_find(keys, now, period, NULL, secret);
}

static void derive_key(const struct secret *secret, const uint8_t salt[SALT], struct aead_key *key,
                       uint8_t nonce[AEAD_NONCE])
{
    struct secret prk;
    uint8_t out[KEY + AEAD_NONCE];
    hkdf_extract(HASH_SHA256, bytes_of(salt, SALT), secret_bytes(secret), &prk);
    hkdf_expand(HASH_SHA256, secret_bytes(&prk), bytes_str("cssl ticket key"), out, sizeof(out));
    aead_key_set(key, AEAD_AES_256_GCM, out);
    memcpy(nonce, out + KEY, AEAD_NONCE);
    mem_wipe(out, sizeof(out));
    secret_wipe(&prk);
}

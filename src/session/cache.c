/*
 * cache.c - bounded stores of sessions that threads share. Does not know who may resume what: it
 * gives back under a key what was put there, once.
 *
 * A shard is a hash table whose chains begin with the newest entry, and a list of all its entries
 * in the order in which they came. Memory is wiped and given back outside of the locks, and taken
 * there but for the copy that cache_find makes.
 */
#include "session/cache.h"

#include "base/error.h"
#include "crypto/hash.h"

#include <pthread.h>

enum {
    SHARDS = 16,
    SHARDED_FROM = 256, /* smaller stores have one shard, so that the oldest is really the oldest */
    BUCKETS_MAX = 65536,
    SWEEP = 32 /* entries looked at for one that has ended, when room is needed */
};

struct entry {
    struct entry *chain;         /* next older one with the same bucket; or next to be freed */
    struct entry *older, *newer; /* of the shard */
    uint8_t key[SESSION_DIGEST];
    struct session session;
};

struct shard {
    pthread_mutex_t lock;
    struct entry **buckets; /* NULL until the first put */
    struct entry *oldest, *newest;
    size_t num;
};

struct cache {
    size_t num_shards, num_buckets;
    size_t shard_max, max_per_key;
    struct shard shards[SHARDS];
};

static struct shard *shard_of(struct cache *c, const uint8_t *key);
static struct entry **bucket_of(const struct cache *c, struct shard *shard, const uint8_t *key);
static bool has_buckets(const struct cache *c, struct shard *shard) CHECK;
static void detach(const struct cache *c, struct shard *shard, struct entry *e);
static void drop(const struct cache *c, struct shard *shard, struct entry *e, struct entry **gone);
static bool is_live(const struct entry *e, const uint8_t *key, int64_t now);
static void make_room(const struct cache *c, struct shard *shard, const uint8_t *key, int64_t now,
                      struct entry **gone);
static void free_entries(struct entry *list);

struct cache *cache_new(size_t max, size_t max_per_key, cssl_error *err)
{
    if (max == 0 || max_per_key == 0) {
        (void)fail_text(err, CSSL_R_ARGUMENT, "a session store of no size");
        return NULL;
    }
    struct cache *c = mem_new(sizeof(*c));
    if (c == NULL) {
        (void)fail(err, CSSL_R_NOMEM);
        return NULL;
    }
    size_t num_shards = max >= SHARDED_FROM ? SHARDS : 1;
    c->max_per_key = max_per_key;
    c->shard_max = max / num_shards;
    c->num_buckets = 1;
    while (c->num_buckets < c->shard_max / 4 && c->num_buckets < BUCKETS_MAX) {
        c->num_buckets *= 2;
    }
    for (; c->num_shards < num_shards; c->num_shards++) {
        struct shard *shard = &c->shards[c->num_shards];
        if (pthread_mutex_init(&shard->lock, NULL) != 0) {
            cache_free(c);
            (void)fail(err, CSSL_R_NOMEM);
            return NULL;
        }
    }
    return c;
}

void cache_free(struct cache *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->num_shards; i++) {
        struct shard *shard = &c->shards[i];
        while (shard->oldest != NULL) {
            struct entry *e = shard->oldest;
            detach(c, shard, e);
            free_entries(e);
        }
        mem_free(shard->buckets);
        (void)pthread_mutex_destroy(&shard->lock);
    }
    mem_free(c);
}

int cache_put(struct cache *c, const uint8_t key[SESSION_DIGEST], struct session *s, int64_t now,
              cssl_error *err)
{
    if (s->expires_at <= now) {
        session_wipe(s);
        return 0;
    }
    struct shard *shard = shard_of(c, key);
    struct entry *e = mem_new(sizeof(*e));
    if (e == NULL || !has_buckets(c, shard)) {
        mem_free(e);
        session_wipe(s);
        return fail(err, CSSL_R_NOMEM);
    }
    memcpy(e->key, key, SESSION_DIGEST);
    e->session = *s;
    mem_wipe(s, sizeof(*s));

    struct entry *gone = NULL;
    (void)pthread_mutex_lock(&shard->lock);
    make_room(c, shard, key, now, &gone);
    struct entry **bucket = bucket_of(c, shard, key);
    e->chain = *bucket;
    *bucket = e;
    e->older = shard->newest;
    if (shard->newest != NULL) {
        shard->newest->newer = e;
    } else {
        shard->oldest = e;
    }
    shard->newest = e;
    shard->num++;
    (void)pthread_mutex_unlock(&shard->lock);
    free_entries(gone);
    return 0;
}

bool cache_take(struct cache *c, const uint8_t key[SESSION_DIGEST], int64_t now,
                struct session *s)
{
    struct shard *shard = shard_of(c, key);
    struct entry *gone = NULL;
    bool found = false;
    memset(s, 0, sizeof(*s));
    (void)pthread_mutex_lock(&shard->lock);
    struct entry *e = shard->buckets == NULL ? NULL : *bucket_of(c, shard, key);
    while (e != NULL && !found) {
        struct entry *next = e->chain;
        if (memcmp(e->key, key, SESSION_DIGEST) == 0) {
            found = e->session.expires_at > now;
            if (found) {
                *s = e->session;
                mem_wipe(&e->session, sizeof(e->session));
            }
            drop(c, shard, e, &gone);
        }
        e = next;
    }
    (void)pthread_mutex_unlock(&shard->lock);
    free_entries(gone);
    return found;
}

bool cache_find(struct cache *c, const uint8_t key[SESSION_DIGEST], int64_t now,
                struct session *s)
{
    struct shard *shard = shard_of(c, key);
    memset(s, 0, sizeof(*s));
    (void)pthread_mutex_lock(&shard->lock);
    struct entry *e = shard->buckets == NULL ? NULL : *bucket_of(c, shard, key);
    while (e != NULL && !is_live(e, key, now)) {
        e = e->chain;
    }
    bool found = e != NULL && session_copy(s, &e->session) == 0;
    (void)pthread_mutex_unlock(&shard->lock);
    return found;
}

void cache_drop(struct cache *c, const uint8_t key[SESSION_DIGEST], cssl_bytes ticket)
{
    struct shard *shard = shard_of(c, key);
    struct entry *gone = NULL;
    (void)pthread_mutex_lock(&shard->lock);
    struct entry *e = shard->buckets == NULL ? NULL : *bucket_of(c, shard, key);
    while (e != NULL) {
        struct entry *next = e->chain;
        if (memcmp(e->key, key, SESSION_DIGEST) == 0 &&
            bytes_equal(bytes_of(e->session.ticket, e->session.ticket_len), ticket)) {
            drop(c, shard, e, &gone);
        }
        e = next;
    }
    (void)pthread_mutex_unlock(&shard->lock);
    free_entries(gone);
}

size_t cache_size(struct cache *c)
{
    size_t num = 0;
    for (size_t i = 0; i < c->num_shards; i++) {
        (void)pthread_mutex_lock(&c->shards[i].lock);
        num += c->shards[i].num;
        (void)pthread_mutex_unlock(&c->shards[i].lock);
    }
    return num;
}

/* hash_sized puts bytes behind their length, so that two neighbours cannot trade bytes. */
static void hash_sized(struct hash *h, cssl_bytes bytes)
{
    uint8_t len[8];
    struct wr w;
    wr_fixed(&w, len, sizeof(len));
    wr_u64(&w, bytes.len);
    hash_update(h, len, sizeof(len));
    if (bytes.len > 0) {
        hash_update(h, bytes.data, bytes.len);
    }
}

static void labelled_key(uint8_t key[SESSION_DIGEST], const char *label, cssl_bytes id)
{
    struct hash h;
    hash_init(&h, HASH_SHA256);
    hash_sized(&h, bytes_str(label));
    hash_sized(&h, id);
    hash_peek(&h, key);
}

void cache_id_key(uint8_t key[SESSION_DIGEST], cssl_bytes id)
{
    labelled_key(key, "cssl session identifier", id);
}

void cache_ticket_key(uint8_t key[SESSION_DIGEST], cssl_bytes ticket)
{
    labelled_key(key, "cssl ticket", ticket);
}

void cache_client_key(uint8_t key[SESSION_DIGEST], const char *host, uint16_t port,
                      cssl_bytes alpn, const uint8_t policy[SESSION_DIGEST])
{
    struct hash h;
    struct hash folded;
    uint8_t name[SESSION_DIGEST];
    hash_init(&folded, HASH_SHA256);
    for (const char *p = host == NULL ? "" : host; *p != '\0'; p++) {
        uint8_t byte = (uint8_t)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
        hash_update(&folded, &byte, 1);
    }
    hash_peek(&folded, name);
    uint8_t number[2] = { (uint8_t)(port >> 8), (uint8_t)port };
    hash_init(&h, HASH_SHA256);
    hash_sized(&h, bytes_str("cssl client session"));
    hash_sized(&h, bytes_of(name, sizeof(name)));
    hash_sized(&h, bytes_of(number, sizeof(number)));
    hash_sized(&h, alpn);
    hash_sized(&h, bytes_of(policy, SESSION_DIGEST));
    hash_peek(&h, key);
}

/* Keys are random or digests, so any of their bytes spread well. */
static struct shard *shard_of(struct cache *c, const uint8_t *key)
{
    return &c->shards[key[0] % c->num_shards];
}

static struct entry **bucket_of(const struct cache *c, struct shard *shard, const uint8_t *key)
{
    size_t at = (size_t)key[1] | (size_t)key[2] << 8;
    return &shard->buckets[at & (c->num_buckets - 1)];
}

static bool is_live(const struct entry *e, const uint8_t *key, int64_t now)
{
    return memcmp(e->key, key, SESSION_DIGEST) == 0 && e->session.expires_at > now;
}

/* has_buckets makes a shard's table when it is first needed; false when memory is out. */
static bool has_buckets(const struct cache *c, struct shard *shard)
{
    (void)pthread_mutex_lock(&shard->lock);
    bool has = shard->buckets != NULL;
    (void)pthread_mutex_unlock(&shard->lock);
    if (has) {
        return true;
    }
    struct entry **buckets = mem_new_array(c->num_buckets, sizeof(struct entry *));
    if (buckets == NULL) {
        return false;
    }
    (void)pthread_mutex_lock(&shard->lock);
    if (shard->buckets == NULL) {
        shard->buckets = buckets;
        buckets = NULL;
    }
    (void)pthread_mutex_unlock(&shard->lock);
    mem_free(buckets); /* another thread was faster */
    return true;
}

/* detach takes e out of its chain and its list. */
static void detach(const struct cache *c, struct shard *shard, struct entry *e)
{
    struct entry **link = bucket_of(c, shard, e->key);
    while (*link != e) {
        link = &(*link)->chain;
    }
    *link = e->chain;
    if (e->older != NULL) {
        e->older->newer = e->newer;
    } else {
        shard->oldest = e->newer;
    }
    if (e->newer != NULL) {
        e->newer->older = e->older;
    } else {
        shard->newest = e->older;
    }
    e->chain = NULL;
    shard->num--;
}

static void drop(const struct cache *c, struct shard *shard, struct entry *e, struct entry **gone)
{
    detach(c, shard, e);
    e->chain = *gone;
    *gone = e;
}

/* make_room makes place for one more entry under key: what has ended goes first, then the oldest
 * under that key, then the oldest of the shard. */
static void make_room(const struct cache *c, struct shard *shard, const uint8_t *key, int64_t now,
                      struct entry **gone)
{
    struct entry *last = NULL;
    size_t num = 0;
    for (struct entry *e = *bucket_of(c, shard, key), *next; e != NULL; e = next) {
        next = e->chain;
        if (e->session.expires_at <= now) {
            drop(c, shard, e, gone);
        } else if (memcmp(e->key, key, SESSION_DIGEST) == 0) {
            last = e;
            num++;
        }
    }
    if (num >= c->max_per_key) {
        drop(c, shard, last, gone);
    }
    if (shard->num < c->shard_max) {
        return;
    }
    struct entry *e = shard->oldest;
    for (int i = 0; i < SWEEP && e != NULL && e->session.expires_at > now; i++) {
        e = e->newer;
    }
    drop(c, shard, e != NULL && e->session.expires_at <= now ? e : shard->oldest, gone);
}

/* free_entries wipes and frees a list linked by chain. */
static void free_entries(struct entry *list)
{
    while (list != NULL) {
        struct entry *next = list->chain;
        session_wipe(&list->session);
        mem_free_wiped(list, sizeof(*list));
        list = next;
    }
}

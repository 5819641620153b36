/*
 * cache.h - bounded stores of sessions, shared by threads: a server's by random identifier, a
 * client's by whom it spoke to and how it verified.
 */
#ifndef CSSL_SESSION_CACHE_H
#define CSSL_SESSION_CACHE_H

#include "crypto/rand.h"
#include "session/session.h"

enum {
    CACHE_ID = 32,            /* bytes of a server's identifier */
    CACHE_SERVER_MAX = 20000, /* sessions; then the oldest goes */
    CACHE_CLIENT_MAX = 1024,
    CACHE_CLIENT_PER_KEY = 4
};

/* Sharded by key, a short lock a shard. Taking a session removes it, finding it does not. Entries
 * past their end are dropped when they are met and when room is needed. Wiped when they go. */
struct cache;

struct cache *cache_new(size_t max, size_t max_per_key, cssl_error *err) CHECK;
void cache_free(struct cache *c);
/* cache_put takes over *s (which is empty afterwards) under a key of SESSION_DIGEST bytes: a
 * server's random identifier, or a client's digest. A session that has ended is wiped and not
 * kept; so it is when memory is out, which is CSSL_R_NOMEM. */
int cache_put(struct cache *c, const uint8_t key[SESSION_DIGEST], struct session *s, int64_t now,
              cssl_error *err) CHECK;
/* cache_take moves the newest live session under key to *s and returns true, or returns false. */
bool cache_take(struct cache *c, const uint8_t key[SESSION_DIGEST], int64_t now,
                struct session *s);
/* cache_find makes *s a copy of the newest live session under key, which stays; false when there is
 * none, or no memory. */
bool cache_find(struct cache *c, const uint8_t key[SESSION_DIGEST], int64_t now,
                struct session *s);
/* cache_drop forgets the sessions under key whose ticket or identifier is ticket; those of servers
 * have none. */
void cache_drop(struct cache *c, const uint8_t key[SESSION_DIGEST], cssl_bytes ticket);
size_t cache_size(struct cache *c);

/* cache_id_key is the key of a session identifier of TLS 1.2, cache_ticket_key that of a ticket of
 * TLS 1.3 which is an identifier. The first is sent in the clear: whoever saw one must not be able
 * to take its session as one of TLS 1.3, which would end it. So both are digests, each its own. */
void cache_id_key(uint8_t key[SESSION_DIGEST], cssl_bytes id);
void cache_ticket_key(uint8_t key[SESSION_DIGEST], cssl_bytes ticket);
/* cache_client_key is the digest a client stores under: host (case-folded), port, the ALPN list
 * that was offered (encoded) and the digest of its verification settings. */
void cache_client_key(uint8_t key[SESSION_DIGEST], const char *host, uint16_t port,
                      cssl_bytes alpn, const uint8_t policy[SESSION_DIGEST]);

#endif

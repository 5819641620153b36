/* transcript.c - the running hash over the handshake's messages. Knows no message but one. */
#include "hs/transcript.h"

#include "base/names.h"

static const struct hash *running(const struct transcript *t, enum hash_alg alg);

void transcript_init(struct transcript *t)
{
    t->alg = HASH_NONE;
    hash_init(&t->sha256, HASH_SHA256);
    hash_init(&t->sha384, HASH_SHA384);
    wr_init(&t->raw, 0);
    t->keep_raw = false;
}

void transcript_add(struct transcript *t, cssl_bytes message)
{
    if (t->alg != HASH_SHA384) {
        hash_update(&t->sha256, message.data, message.len);
    }
    if (t->alg != HASH_SHA256) {
        hash_update(&t->sha384, message.data, message.len);
    }
    if (t->keep_raw) {
        wr_bytes(&t->raw, message);
    }
}

void transcript_choose(struct transcript *t, enum hash_alg alg)
{
    t->alg = alg;
}

void transcript_hash(const struct transcript *t, uint8_t *out)
{
    hash_peek(running(t, t->alg), out);
}

void transcript_hash_with(const struct transcript *t, enum hash_alg alg, cssl_bytes more,
                          uint8_t *out)
{
    struct hash fork = *running(t, alg);
    hash_update(&fork, more.data, more.len);
    hash_peek(&fork, out);
}

void transcript_retry(struct transcript *t)
{
    const struct {
        struct hash *hash;
        enum hash_alg alg;
    } both[] = { { &t->sha256, HASH_SHA256 }, { &t->sha384, HASH_SHA384 } };
    for (size_t i = 0; i < ARRAY_LEN(both); i++) {
        uint8_t message[4 + HASH_MAX] = { HT_MESSAGE_HASH, 0, 0, (uint8_t)hash_len(both[i].alg) };
        hash_peek(both[i].hash, message + 4);
        hash_init(both[i].hash, both[i].alg);
        hash_update(both[i].hash, message, 4 + hash_len(both[i].alg));
    }
}

void transcript_keep(struct transcript *t, size_t limit)
{
    wr_init(&t->raw, limit);
    t->keep_raw = true;
}

void transcript_drop(struct transcript *t)
{
    wr_free(&t->raw);
    t->keep_raw = false;
}

bool transcript_raw(const struct transcript *t, cssl_bytes *raw)
{
    *raw = wr_view(&t->raw);
    return t->keep_raw && wr_ok(&t->raw);
}

static const struct hash *running(const struct transcript *t, enum hash_alg alg)
{
    return alg == HASH_SHA384 ? &t->sha384 : &t->sha256;
}

/*
 * wire.h - reading and writing TLS's presentation language (RFC 8446 3).
 *
 * Both are sticky. A reader that overran yields zeros and empty views from then on, and rd_done
 * is false: a parser is straight code with one check at its end. A writer that ran out of memory
 * or room writes nothing more, and wr_ok is false.
 */
#ifndef CSSL_BASE_WIRE_H
#define CSSL_BASE_WIRE_H

#include "base/base.h"

struct rd {
    const uint8_t *p;
    size_t left;
    bool bad;
};

struct rd rd_of(cssl_bytes bytes);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u24(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
/* rd_bytes takes the next n bytes, rd_rest all that are left. */
cssl_bytes rd_bytes(struct rd *r, size_t n);
cssl_bytes rd_rest(struct rd *r);
/* rd_vec8, 16 and 24 take a vector with a length of that many bits in front, as a reader of its
 * own; when r overran it is empty and bad too. rd_view8 and so on give it as bytes. */
struct rd rd_vec8(struct rd *r);
struct rd rd_vec16(struct rd *r);
struct rd rd_vec24(struct rd *r);
cssl_bytes rd_view8(struct rd *r);
cssl_bytes rd_view16(struct rd *r);
cssl_bytes rd_view24(struct rd *r);

/* rd_more: nothing overran and something is left. The condition of a loop over a list. */
static inline bool rd_more(const struct rd *r)
{
    return !r->bad && r->left > 0;
}
/* rd_done: nothing overran and nothing is left. */
static inline bool rd_done(const struct rd *r)
{
    return !r->bad && r->left == 0;
}
static inline bool rd_ok(const struct rd *r)
{
    return !r->bad;
}

enum { WR_DEPTH = 8 };

/* A writer either grows memory of its own (wr_init) or fills the caller's (wr_fixed). */
struct wr {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t limit;
    bool fixed;
    bool bad;
    uint8_t depth;
    struct {
        size_t at;
        uint8_t size;
    } open[WR_DEPTH];
};

/* wr_init prepares a writer that may grow to limit bytes; it allocates when it must. */
void wr_init(struct wr *w, size_t limit);
void wr_fixed(struct wr *w, uint8_t *data, size_t cap);
/* wr_clear forgets what was written and keeps the memory. */
void wr_clear(struct wr *w);
/* wr_free wipes and frees what the writer owns. */
void wr_free(struct wr *w);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u24(struct wr *w, uint32_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, cssl_bytes bytes);
void wr_put(struct wr *w, const void *data, size_t len);
/* wr_space appends n zero bytes and returns where they are, until the next write; NULL if bad. */
uint8_t *wr_space(struct wr *w, size_t n);
/* wr_vec8, 16 and 24 write a vector with its length in front. */
void wr_vec8(struct wr *w, cssl_bytes bytes);
void wr_vec16(struct wr *w, cssl_bytes bytes);
void wr_vec24(struct wr *w, cssl_bytes bytes);
/* wr_open8, 16 and 24 begin a vector whose length is filled in by the wr_close that belongs to
 * it; a vector that is too long for its length makes the writer bad. */
void wr_open8(struct wr *w);
void wr_open16(struct wr *w);
void wr_open24(struct wr *w);
void wr_close(struct wr *w);
/* wr_ok: everything fitted and everything that was opened is closed. */
bool wr_ok(const struct wr *w) CHECK;
static inline cssl_bytes wr_view(const struct wr *w)
{
    return bytes_of(w->data, w->len);
}

#endif

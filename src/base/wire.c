/* wire.c - reading and writing TLS's presentation language. Knows no message. */
#include "base/wire.h"

#include "base/mem.h"

static const uint8_t *rd_take(struct rd *r, size_t n);
static struct rd rd_vec(struct rd *r, size_t n);
static void wr_number(struct wr *w, uint64_t v, size_t size);
static void wr_open(struct wr *w, uint8_t size);

struct rd rd_of(cssl_bytes bytes)
{
    return (struct rd){ .p = bytes.data, .left = bytes.len };
}

uint8_t rd_u8(struct rd *r)
{
    const uint8_t *p = rd_take(r, 1);
    return p == NULL ? 0 : p[0];
}

uint16_t rd_u16(struct rd *r)
{
    const uint8_t *p = rd_take(r, 2);
    return p == NULL ? 0 : (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t rd_u24(struct rd *r)
{
    const uint8_t *p = rd_take(r, 3);
    return p == NULL ? 0 : (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

uint32_t rd_u32(struct rd *r)
{
    const uint8_t *p = rd_take(r, 4);
    return p == NULL ? 0
                     : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t rd_u64(struct rd *r)
{
    uint64_t high = rd_u32(r);
    return high << 32 | rd_u32(r);
}

cssl_bytes rd_bytes(struct rd *r, size_t n)
{
    const uint8_t *p = rd_take(r, n);
    return p == NULL ? bytes_of(NULL, 0) : bytes_of(p, n);
}

cssl_bytes rd_rest(struct rd *r)
{
    return rd_bytes(r, r->left);
}

struct rd rd_vec8(struct rd *r)
{
    return rd_vec(r, rd_u8(r));
}

struct rd rd_vec16(struct rd *r)
{
    return rd_vec(r, rd_u16(r));
}

struct rd rd_vec24(struct rd *r)
{
    return rd_vec(r, rd_u24(r));
}

cssl_bytes rd_view8(struct rd *r)
{
    return rd_bytes(r, rd_u8(r));
}

cssl_bytes rd_view16(struct rd *r)
{
    return rd_bytes(r, rd_u16(r));
}

cssl_bytes rd_view24(struct rd *r)
{
    return rd_bytes(r, rd_u24(r));
}

/* rd_take returns the next n bytes, or NULL after an overrun (and for none of nothing). */
static const uint8_t *rd_take(struct rd *r, size_t n)
{
    if (r->bad || n > r->left) {
        r->bad = true;
        r->left = 0;
        return NULL;
    }
    const uint8_t *p = r->p;
    if (n > 0) {
        r->p += n;
        r->left -= n;
    }
    return p;
}

static struct rd rd_vec(struct rd *r, size_t n)
{
    struct rd sub = rd_of(rd_bytes(r, n));
    sub.bad = r->bad;
    return sub;
}

void wr_init(struct wr *w, size_t limit)
{
    *w = (struct wr){ .limit = limit };
}

void wr_fixed(struct wr *w, uint8_t *data, size_t cap)
{
    *w = (struct wr){ .data = data, .cap = cap, .limit = cap, .fixed = true };
}

void wr_clear(struct wr *w)
{
    w->len = 0;
    w->depth = 0;
    w->bad = false;
}

void wr_free(struct wr *w)
{
    if (!w->fixed) {
        mem_free_wiped(w->data, w->cap);
    }
    *w = (struct wr){ .limit = w->limit };
}

void wr_u8(struct wr *w, uint8_t v)
{
    wr_number(w, v, 1);
}

void wr_u16(struct wr *w, uint16_t v)
{
    wr_number(w, v, 2);
}

void wr_u24(struct wr *w, uint32_t v)
{
    if (v > 0xffffff) {
        w->bad = true;
    }
    wr_number(w, v, 3);
}

void wr_u32(struct wr *w, uint32_t v)
{
    wr_number(w, v, 4);
}

void wr_u64(struct wr *w, uint64_t v)
{
    wr_number(w, v, 8);
}

void wr_bytes(struct wr *w, cssl_bytes bytes)
{
    wr_put(w, bytes.data, bytes.len);
}

void wr_put(struct wr *w, const void *data, size_t len)
{
    uint8_t *to = wr_space(w, len);
    if (to != NULL && len > 0) {
        memcpy(to, data, len);
    }
}

uint8_t *wr_space(struct wr *w, size_t n)
{
    if (w->bad || n > w->limit || w->len > w->limit - n) {
        w->bad = true;
        return NULL;
    }
    size_t need = w->len + n;
    if (need > w->cap || w->data == NULL) {
        size_t cap = w->cap < 512 ? 512 : w->cap;
        while (cap < need) {
            cap *= 2;
        }
        uint8_t *data = w->fixed ? NULL : mem_new(cap);
        if (data == NULL) {
            w->bad = true;
            return NULL;
        }
        if (w->len > 0) {
            memcpy(data, w->data, w->len);
        }
        mem_free_wiped(w->data, w->cap);
        w->data = data;
        w->cap = cap;
    }
    uint8_t *at = w->data + w->len;
    memset(at, 0, n);
    w->len = need;
    return at;
}

void wr_vec8(struct wr *w, cssl_bytes bytes)
{
    wr_open8(w);
    wr_bytes(w, bytes);
    wr_close(w);
}

void wr_vec16(struct wr *w, cssl_bytes bytes)
{
    wr_open16(w);
    wr_bytes(w, bytes);
    wr_close(w);
}

void wr_vec24(struct wr *w, cssl_bytes bytes)
{
    wr_open24(w);
    wr_bytes(w, bytes);
    wr_close(w);
}

void wr_open8(struct wr *w)
{
    wr_open(w, 1);
}

void wr_open16(struct wr *w)
{
    wr_open(w, 2);
}

void wr_open24(struct wr *w)
{
    wr_open(w, 3);
}

void wr_close(struct wr *w)
{
    if (w->depth == 0) {
        w->bad = true;
    }
    if (w->bad) {
        return;
    }
    w->depth--;
    size_t at = w->open[w->depth].at;
    uint8_t size = w->open[w->depth].size;
    size_t len = w->len - at - size;
    if (len >> (8U * size) != 0) {
        w->bad = true;
        return;
    }
    for (size_t i = 0; i < size; i++) {
        w->data[at + i] = (uint8_t)(len >> (8U * (size - 1U - i)));
    }
}

bool wr_ok(const struct wr *w)
{
    return !w->bad && w->depth == 0;
}

static void wr_number(struct wr *w, uint64_t v, size_t size)
{
    uint8_t *p = wr_space(w, size);
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        p[i] = (uint8_t)(v >> (8U * (size - 1U - i)));
    }
}

static void wr_open(struct wr *w, uint8_t size)
{
    if (w->depth == WR_DEPTH) {
        w->bad = true;
    }
    if (w->bad) {
        return;
    }
    w->open[w->depth].at = w->len;
    w->open[w->depth].size = size;
    w->depth++;
    (void)wr_space(w, size);
}

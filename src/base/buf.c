/* buf.c - a byte queue with a limit. Knows nothing about what the bytes mean. */
#include "base/buf.h"

#include "base/mem.h"

#include <assert.h>

static int buf_move(struct buf *b, size_t cap);
static void mark(struct buf *b);

uint8_t *buf_room(struct buf *b, size_t n)
{
    if (n > b->limit || b->len > b->limit - n) {
        return NULL;
    }
    if (b->data == NULL || buf_space(b) < n) {
        size_t need = b->len + n;
        if (need <= b->cap && b->start >= b->len) {
            /* The front is free and the bytes are few: move them there. */
            memcpy(b->data, b->data + b->start, b->len);
            b->start = 0;
        } else {
            size_t cap = b->cap < 256 ? 256 : b->cap;
            while (cap < need) {
                cap *= 2;
            }
            if (cap > b->limit) {
                cap = b->limit;
            }
            if (buf_move(b, cap) != 0) {
                return NULL;
            }
        }
    }
    return b->data + b->start + b->len;
}

void buf_grow(struct buf *b, size_t n)
{
    assert(n <= buf_space(b));
    b->len += n;
    mark(b);
}

int buf_append(struct buf *b, const void *data, size_t n)
{
    if (n == 0) {
        return 0;
    }
    uint8_t *to = buf_room(b, n);
    if (to == NULL) {
        return CSSL_NOMEM;
    }
    memcpy(to, data, n);
    b->len += n;
    mark(b);
    return 0;
}

void buf_consume(struct buf *b, size_t n)
{
    assert(n <= b->len);
    b->start += n;
    b->len -= n;
    if (b->len == 0) {
        b->start = 0;
    }
}

void buf_shrink(struct buf *b)
{
    if (b->len == 0 && b->data != NULL) {
        buf_free(b);
    }
}

void buf_free(struct buf *b)
{
    mem_free_wiped(b->data, b->high);
    b->data = NULL;
    b->start = 0;
    b->len = 0;
    b->cap = 0;
    b->high = 0;
}

/* buf_move puts the bytes at the front of a new block of cap bytes. */
static int buf_move(struct buf *b, size_t cap)
{
    uint8_t *data = mem_alloc(cap);
    if (data == NULL) {
        return CSSL_NOMEM;
    }
    if (b->len > 0) {
        memcpy(data, b->data + b->start, b->len);
    }
    mem_free_wiped(b->data, b->high);
    b->data = data;
    b->start = 0;
    b->cap = cap;
    b->high = b->len;
    return 0;
}

/* mark notes how far the memory was written. */
static void mark(struct buf *b)
{
    if (b->start + b->len > b->high) {
        b->high = b->start + b->len;
    }
}

/* buf.h - a byte queue with a limit: written at its end, read and consumed at its front. */
#ifndef CSSL_BASE_BUF_H
#define CSSL_BASE_BUF_H

#include "base/base.h"

/* Zeroed memory is a valid, empty queue that can hold nothing: set limit first. Memory is taken
 * when it is needed, given back by buf_shrink, and wiped whenever it is given back. */
struct buf {
    uint8_t *data;
    size_t start; /* of the bytes in the queue */
    size_t len;   /* how many they are */
    size_t cap;   /* of data */
    size_t limit; /* len never exceeds it */
    size_t high;  /* of data: bytes that were ever written, and are to be wiped */
};

/* buf_room makes place for at least n more bytes and returns where they go, or NULL when the
 * limit forbids it (or memory is out). buf_grow then says how many were put there. */
uint8_t *buf_room(struct buf *b, size_t n) CHECK;
void buf_grow(struct buf *b, size_t n);
/* buf_append copies n bytes to the end. 0, or CSSL_NOMEM: the limit or the memory. */
int buf_append(struct buf *b, const void *data, size_t n) CHECK;
/* buf_bytes views what is in the queue, until the next buf_room, _append, _shrink or _free. */
static inline cssl_bytes buf_bytes(const struct buf *b)
{
    return bytes_of(b->data == NULL ? NULL : b->data + b->start, b->len);
}
/* buf_space is how many bytes fit behind the last one without moving or allocating. */
static inline size_t buf_space(const struct buf *b)
{
    return b->cap - b->start - b->len;
}
/* buf_consume drops n bytes from the front. */
void buf_consume(struct buf *b, size_t n);
/* buf_shrink gives the memory back when the queue is empty. */
void buf_shrink(struct buf *b);
void buf_free(struct buf *b);

#endif

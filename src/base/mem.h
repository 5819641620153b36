/* mem.h - allocation, wiping, comparison in constant time. */
#ifndef CSSL_BASE_MEM_H
#define CSSL_BASE_MEM_H

#include "base/base.h"

/* SECRET_MAX is the longest secret of a key schedule: a SHA-512 output. */
enum { SECRET_MAX = 64 };

/* A secret of a key schedule. Zeroed memory is an empty one. */
struct secret {
    uint8_t len;
    uint8_t data[SECRET_MAX];
};

/* mem_new returns size zeroed bytes, or NULL. size 0 is 1. */
void *mem_new(size_t size) CHECK;
/* mem_new_array returns num zeroed elements of size bytes, or NULL, also when that overflows. */
void *mem_new_array(size_t num, size_t size) CHECK;
/* mem_alloc returns size bytes that are not zeroed, for buffers that are about to be filled. */
void *mem_alloc(size_t size) CHECK;
/* mem_resize is realloc(3): the old block is not wiped. Not for secrets. */
void *mem_resize(void *p, size_t size) CHECK;
/* mem_copy returns a copy of len bytes (NULL for out of memory only; len 0 is 1 byte). */
void *mem_copy(const void *p, size_t len) CHECK;
/* mem_str returns a copy of a string. */
char *mem_str(const char *s) CHECK;
void mem_free(void *p);
/* mem_free_wiped wipes len bytes, then frees. p may be NULL. */
void mem_free_wiped(void *p, size_t len);
/* mem_wipe writes zeros that no compiler removes. p may be NULL when len is 0. */
void mem_wipe(void *p, size_t len);

/* ct_equal compares len bytes in a time that depends on len alone. */
bool ct_equal(const void *a, const void *b, size_t len) CHECK;
/* ct_mask_eq is all ones when a equals b and zero otherwise, without a branch. */
uint32_t ct_mask_eq(uint32_t a, uint32_t b) CHECK;

static inline void secret_wipe(struct secret *s)
{
    mem_wipe(s, sizeof(*s));
}

static inline cssl_bytes secret_bytes(const struct secret *s)
{
    return bytes_of(s->data, s->len);
}

#endif

/* mem.c - allocation, wiping, comparison in constant time. Keeps no count and no pool. */
#include "base/mem.h"

#include <stdlib.h>

void *mem_new(size_t size)
{
    return calloc(1, size == 0 ? 1 : size);
}

void *mem_new_array(size_t num, size_t size)
{
    if (size != 0 && num > SIZE_MAX / size) {
        return NULL; /* calloc would see it too, but a sanitizer's would abort */
    }
    return calloc(num == 0 ? 1 : num, size == 0 ? 1 : size);
}

void *mem_alloc(size_t size)
{
    return malloc(size == 0 ? 1 : size);
}

void *mem_resize(void *p, size_t size)
{
    return realloc(p, size == 0 ? 1 : size);
}

void *mem_copy(const void *p, size_t len)
{
    void *copy = malloc(len == 0 ? 1 : len);
    if (copy != NULL && len > 0) {
        memcpy(copy, p, len);
    }
    return copy;
}

char *mem_str(const char *s)
{
    return mem_copy(s, strlen(s) + 1);
}

void mem_free(void *p)
{
    free(p);
}

void mem_free_wiped(void *p, size_t len)
{
    if (p != NULL) {
        mem_wipe(p, len);
        free(p);
    }
}

#if defined(__GNUC__)

/* zero writes zeros that stay: the barrier tells the compiler that they are read. */
static void zero(void *p, size_t len)
{
    memset(p, 0, len);
    __asm__ __volatile__("" : : "r"(p) : "memory");
}

/* hidden gives v back, of which the compiler knows nothing then: it cannot leave a loop early. */
static uint64_t hidden(uint64_t v)
{
    __asm__("" : "+r"(v));
    return v;
}

#else

static uint64_t hidden(uint64_t v)
{
    volatile uint64_t kept = v;
    return kept;
}

static void zero(void *p, size_t len)
{
    volatile uint8_t *v = p;
    while (len-- > 0) {
        *v++ = 0;
    }
}

#endif

void mem_wipe(void *p, size_t len)
{
    if (len > 0) {
        zero(p, len);
    }
}

bool ct_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a;
    const uint8_t *y = b;
    uint64_t differs = 0;
    for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
        uint64_t p, q;
        memcpy(&p, x, sizeof(p));
        memcpy(&q, y, sizeof(q));
        differs = hidden(differs | (p ^ q));
        x += sizeof(p);
        y += sizeof(q);
    }
    for (size_t i = 0; i < len; i++) {
        differs = hidden(differs | (uint64_t)(x[i] ^ y[i]));
    }
    return differs == 0;
}

uint32_t ct_mask_eq(uint32_t a, uint32_t b)
{
    uint32_t x = a ^ b;
    /* The top bit of (x | -x) is set for every x but zero. */
    return ((x | (0U - x)) >> 31) - 1U;
}

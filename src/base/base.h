/* base.h - what every file sees: attributes, small helpers, the byte view. Has no functions. */
#ifndef CSSL_BASE_BASE_H
#define CSSL_BASE_BASE_H

#include <cssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* CHECK marks a function whose result must be looked at. */
#if defined(__GNUC__)
#define CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(nth, first) __attribute__((__format__(__printf__, nth, first)))
#else
#define CHECK
#define PRINTF_LIKE(nth, first)
#endif

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* bytes_of makes a view; bytes_str views the characters of a string, its NUL apart. */
static inline cssl_bytes bytes_of(const uint8_t *data, size_t len)
{
    return (cssl_bytes){ .data = data, .len = len };
}

static inline cssl_bytes bytes_str(const char *s)
{
    return (cssl_bytes){ .data = (const uint8_t *)s, .len = strlen(s) };
}

/* bytes_equal compares what is public; secrets are compared by ct_equal (mem.h). */
static inline bool bytes_equal(cssl_bytes a, cssl_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

#endif

/*
 * toys.c - the algorithms that BoringSSL's tests compress certificates with: 0xff01 leaves two
 * zeros out, 0xff02 puts four bytes in front, 0xff03 one that says nothing. Their names here are
 * "shrink", "expand" and "random"; the linker puts the functions named __wrap_ in the place of the
 * library's.
 */
#include "shim.h"

#include "base/error.h"
#include "msg/compress.h"

#include <string.h>

enum { SHRINK = 0xff01, EXPAND = 0xff02, RANDOM = 0xff03 };

static const uint8_t zeros[] = { 0, 0 };
static const uint8_t digits[] = { 1, 2, 3, 4 };

uint16_t __wrap_compression_of_name(const char *name);
bool __wrap_compress_has(uint16_t algorithm);
int __wrap_compress_write(struct wr *w, uint16_t algorithm, cssl_bytes plain, bool best,
                          cssl_error *err);
int __wrap_compress_read(uint16_t algorithm, cssl_bytes packed, uint8_t *out, size_t len,
                         cssl_error *err);

const char *toy_name(uint16_t algorithm)
{
    return algorithm == SHRINK   ? "shrink"
           : algorithm == EXPAND ? "expand"
           : algorithm == RANDOM ? "random"
                                 : NULL;
}

uint16_t __wrap_compression_of_name(const char *name)
{
    for (uint16_t toy = SHRINK; toy <= RANDOM; toy++) {
        if (strcmp(toy_name(toy), name) == 0) {
            return toy;
        }
    }
    return 0;
}

bool __wrap_compress_has(uint16_t algorithm)
{
    return toy_name(algorithm) != NULL;
}

int __wrap_compress_write(struct wr *w, uint16_t algorithm, cssl_bytes plain, bool best,
                          cssl_error *err)
{
    (void)best;
    (void)err;
    const size_t skip = algorithm == SHRINK ? sizeof(zeros) : 0;
    const size_t more = algorithm == EXPAND ? sizeof(digits) : algorithm == RANDOM ? 1 : 0;
    wr_bytes(w, bytes_of(digits, more));
    wr_bytes(w, bytes_of(plain.data + skip, plain.len - skip));
    return 0;
}

int __wrap_compress_read(uint16_t algorithm, cssl_bytes packed, uint8_t *out, size_t len,
                         cssl_error *err)
{
    const size_t skip = algorithm == EXPAND ? sizeof(digits) : algorithm == RANDOM ? 1 : 0;
    const size_t more = algorithm == SHRINK ? sizeof(zeros) : 0;
    if (packed.len < skip || packed.len - skip + more != len ||
        (algorithm == EXPAND && memcmp(packed.data, digits, sizeof(digits)) != 0)) {
        return fail(err, CSSL_R_DECOMPRESSION);
    }
    memset(out, 0, more);
    memcpy(out + more, packed.data + skip, packed.len - skip);
    return 0;
}

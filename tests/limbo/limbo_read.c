/* limbo_read.c - reads x509-limbo JSON, plain or compressed. Knows no certificate. */
#include "limbo.h"

#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 512 << 20 };

struct text {
    uint8_t *data;
    size_t len;
};

static bool read_file(const char *path, struct text *out);
static bool unpack(const char *path, struct text *packed);

json_t *limbo_read(const char *path)
{
    static const uint8_t xz[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
    struct text text = { 0 };
    json_t *root = NULL;
    if (read_file(path, &text)) {
        bool packed = text.len > sizeof(xz) && memcmp(text.data, xz, sizeof(xz)) == 0;
        if (!packed || unpack(path, &text)) {
            json_error_t error;
            root = json_loadb((const char *)text.data, text.len, 0, &error);
            if (root == NULL) {
                fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
            }
        }
    }
    free(text.data);
    return root;
}

static bool read_file(const char *path, struct text *out)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0;
    bool good = file != NULL;
    while (good && !feof(file)) {
        if (out->len == size) {
            size = size == 0 ? 1 << 20 : size * 2;
            uint8_t *more = size > FILE_MAX ? NULL : realloc(out->data, size);
            if (more == NULL) {
                errno = EFBIG;
                good = false;
                break;
            }
            out->data = more;
        }
        out->len += fread(out->data + out->len, 1, size - out->len, file);
        good = !ferror(file);
    }
    if (!good) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return good;
}

static bool unpack(const char *path, struct text *packed)
{
    struct text plain = { 0 };
    uint64_t memory = UINT64_C(1) << 30;
    lzma_ret ret = LZMA_BUF_ERROR;
    for (size_t size = packed->len * 16; ret == LZMA_BUF_ERROR && size <= FILE_MAX; size *= 2) {
        uint8_t *more = realloc(plain.data, size);
        if (more == NULL) {
            break;
        }
        plain.data = more;
        plain.len = 0;
        size_t in = 0;
        ret = lzma_stream_buffer_decode(&memory, LZMA_CONCATENATED, NULL, packed->data, &in,
                                        packed->len, plain.data, &plain.len, size);
    }
    if (ret != LZMA_OK) {
        fprintf(stderr, "%s: this xz file cannot be unpacked (%d)\n", path, (int)ret);
        free(plain.data);
        return false;
    }
    free(packed->data);
    *packed = plain;
    return true;
}

/* compress.c - zlib, brotli and zstd for whole messages. Knows nothing of what they contain. */
#include "msg/compress.h"

#include "base/error.h"
#include "base/mem.h"

#ifdef CSSL_HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef CSSL_HAVE_BROTLI
#include <brotli/decode.h>
#include <brotli/encode.h>
#endif
#ifdef CSSL_HAVE_ZSTD
#include <zstd.h>
#include <zstd_errors.h>
#endif

/* Compresses to *out, which has room for *len bytes, and sets *len; false: it does not fit, or
 * memory is out. */
typedef bool pack(cssl_bytes plain, uint8_t *out, size_t *len, bool best);
/* Decompresses to just len bytes, of which packed is the whole: 0, CSSL_ALERT when it is not, or
 * CSSL_NOMEM. */
typedef int unpack(cssl_bytes packed, uint8_t *out, size_t len);

struct algorithm {
    uint16_t number;
    pack *pack;
    unpack *unpack;
};

#ifdef CSSL_HAVE_ZLIB
static pack zlib_pack;
static unpack zlib_unpack;
#endif
#ifdef CSSL_HAVE_BROTLI
static pack brotli_pack;
static unpack brotli_unpack;
#endif
#ifdef CSSL_HAVE_ZSTD
static pack zstd_pack;
static unpack zstd_unpack;
#endif

static const struct algorithm algorithms[] = {
#ifdef CSSL_HAVE_ZLIB
    { COMPRESS_ZLIB, zlib_pack, zlib_unpack },
#endif
#ifdef CSSL_HAVE_BROTLI
    { COMPRESS_BROTLI, brotli_pack, brotli_unpack },
#endif
#ifdef CSSL_HAVE_ZSTD
    { COMPRESS_ZSTD, zstd_pack, zstd_unpack },
#endif
    { 0, NULL, NULL } /* so that there is one row at least */
};

static const struct algorithm *find(uint16_t number)
{
    for (size_t i = 0; algorithms[i].number != 0; i++) {
        if (algorithms[i].number == number) {
            return &algorithms[i];
        }
    }
    return NULL;
}

bool compress_has(uint16_t algorithm)
{
    return find(algorithm) != NULL;
}

int compress_write(struct wr *w, uint16_t algorithm, cssl_bytes plain, bool best, cssl_error *err)
{
    const struct algorithm *a = find(algorithm);
    if (a == NULL || plain.len == 0) {
        return fail(err, CSSL_R_INTERNAL);
    }
    /* None makes anything longer by more than this. */
    size_t len = plain.len + plain.len / 64 + 1024;
    uint8_t *out = mem_alloc(len);
    bool ok = out != NULL && a->pack(plain, out, &len, best);
    if (ok) {
        wr_put(w, out, len);
    }
    mem_free(out);
    return ok ? 0 : fail(err, CSSL_R_NOMEM);
}

int compress_read(uint16_t algorithm, cssl_bytes packed, uint8_t *out, size_t len,
                  cssl_error *err)
{
    const struct algorithm *a = find(algorithm);
    if (a == NULL) {
        return fail(err, CSSL_R_INTERNAL);
    }
    int ret = packed.len == 0 || len == 0 ? CSSL_ALERT : a->unpack(packed, out, len);
    if (ret == CSSL_ALERT) {
        return fail_text(err, CSSL_R_DECOMPRESSION, "%zu bytes of %s for %zu", packed.len,
                         name_of_compression(algorithm), len);
    }
    return ret == 0 ? 0 : fail(err, CSSL_R_NOMEM);
}

#ifdef CSSL_HAVE_ZLIB
static bool zlib_pack(cssl_bytes plain, uint8_t *out, size_t *len, bool best)
{
    uLongf room = *len;
    int ret = compress2(out, &room, plain.data, plain.len,
                        best ? Z_BEST_COMPRESSION : Z_DEFAULT_COMPRESSION);
    *len = room;
    return ret == Z_OK;
}

/* Its memory does not depend on the peer: 7 KB, as the output is the window. */
static int zlib_unpack(cssl_bytes packed, uint8_t *out, size_t len)
{
    uLongf written = len;
    uLong read = packed.len;
    int ret = uncompress2(out, &written, packed.data, &read);
    if (ret == Z_MEM_ERROR) {
        return CSSL_NOMEM;
    }
    return ret == Z_OK && written == len && read == packed.len ? 0 : CSSL_ALERT;
}
#endif

#ifdef CSSL_HAVE_BROTLI
static bool brotli_pack(cssl_bytes plain, uint8_t *out, size_t *len, bool best)
{
    return BrotliEncoderCompress(best ? BROTLI_MAX_QUALITY : 5, BROTLI_DEFAULT_WINDOW,
                                 BROTLI_DEFAULT_MODE, plain.len, plain.data, len,
                                 out) == BROTLI_TRUE;
}

/* What a stream makes brotli allocate is the peer's choice, up to 16 MB: hence this limit. */
struct brotli_memory {
    size_t left;
    bool ran_out; /* of the system's, not of the limit */
};
union brotli_block {
    size_t size;
    max_align_t align;
};

static void *brotli_alloc(void *opaque, size_t size)
{
    struct brotli_memory *memory = opaque;
    if (size > memory->left) {
        return NULL;
    }
    union brotli_block *block = mem_alloc(sizeof(*block) + size);
    if (block == NULL) {
        memory->ran_out = true;
        return NULL;
    }
    block->size = size;
    memory->left -= size;
    return block + 1;
}

static void brotli_free(void *opaque, void *p)
{
    struct brotli_memory *memory = opaque;
    if (p != NULL) {
        union brotli_block *block = (union brotli_block *)p - 1;
        memory->left += block->size;
        mem_free(block);
    }
}

static int brotli_unpack(cssl_bytes packed, uint8_t *out, size_t len)
{
    struct brotli_memory memory = { .left = (1 << 20) + 4 * len };
    BrotliDecoderState *state = BrotliDecoderCreateInstance(brotli_alloc, brotli_free, &memory);
    if (state == NULL) {
        return CSSL_NOMEM;
    }
    size_t in_left = packed.len;
    size_t out_left = len;
    const uint8_t *in_at = packed.data;
    BrotliDecoderResult result = BrotliDecoderDecompressStream(state, &in_left, &in_at, &out_left,
                                                               &out, NULL);
    BrotliDecoderDestroyInstance(state);
    if (memory.ran_out) {
        return CSSL_NOMEM;
    }
    return result == BROTLI_DECODER_RESULT_SUCCESS && in_left == 0 && out_left == 0 ? 0
                                                                                    : CSSL_ALERT;
}
#endif

#ifdef CSSL_HAVE_ZSTD
static bool zstd_pack(cssl_bytes plain, uint8_t *out, size_t *len, bool best)
{
    *len = ZSTD_compress(out, *len, plain.data, plain.len, best ? 19 : 3);
    return ZSTD_isError(*len) == 0;
}

/* One frame and nothing else. Decompressed at once it needs no window, whatever it names. */
static int zstd_unpack(cssl_bytes packed, uint8_t *out, size_t len)
{
    size_t frame = ZSTD_findFrameCompressedSize(packed.data, packed.len);
    if (ZSTD_isError(frame) != 0 || frame != packed.len) {
        return CSSL_ALERT;
    }
    size_t written = ZSTD_decompress(out, len, packed.data, packed.len);
    if (ZSTD_getErrorCode(written) == ZSTD_error_memory_allocation) {
        return CSSL_NOMEM;
    }
    return written == len ? 0 : CSSL_ALERT;
}
#endif

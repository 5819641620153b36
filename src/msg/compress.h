/*
 * compress.h - the algorithms that certificates are compressed with (RFC 8879 3): zlib, brotli and
 * zstd, each where its library was found when cssl was built.
 *
 * All of it works on whole messages whose length is known: nothing is ever decompressed beyond the
 * length that was announced and checked before.
 */
#ifndef CSSL_MSG_COMPRESS_H
#define CSSL_MSG_COMPRESS_H

#include "base/names.h"
#include "base/wire.h"

/* compress_has says whether this build knows the algorithm. */
bool compress_has(uint16_t algorithm);
/* compress_write appends plain, compressed, to w (a bad w afterwards: memory or its limit). best
 * takes the time that is worth it for what is made once. */
int compress_write(struct wr *w, uint16_t algorithm, cssl_bytes plain, bool best,
                   cssl_error *err) CHECK;
/* compress_read fills out with the len bytes that packed stands for: no more, no fewer, and nothing
 * may be left of packed (else CSSL_R_DECOMPRESSION). */
int compress_read(uint16_t algorithm, cssl_bytes packed, uint8_t *out, size_t len,
                  cssl_error *err) CHECK;

#endif

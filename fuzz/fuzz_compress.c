/* fuzz_compress.c - compressed certificates: the first byte picks the algorithm, the next two the
 * length that it shall have; what is unpacked has to be what is packed of it again. */
#include "msg/compress.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 3) {
        return 0;
    }
    uint16_t algorithm = (uint16_t)(COMPRESS_ZLIB + data[0] % 3);
    size_t plain_len = (size_t)data[1] << 8 | data[2];
    cssl_error err;
    if (!compress_has(algorithm)) {
        return 0;
    }
    uint8_t *plain = malloc(plain_len + 1);
    uint8_t *again = malloc(plain_len + 1);
    if (plain == NULL || again == NULL) {
        abort();
    }
    if (compress_read(algorithm, bytes_of(data + 3, len - 3), plain, plain_len, &err) == 0) {
        struct wr w;
        wr_init(&w, 1 << 20);
        if (compress_write(&w, algorithm, bytes_of(plain, plain_len), false, &err) != 0 ||
            compress_read(algorithm, wr_view(&w), again, plain_len, &err) != 0 ||
            !bytes_equal(bytes_of(plain, plain_len), bytes_of(again, plain_len))) {
            abort();
        }
        wr_free(&w);
    } else if (err.status != CSSL_ALERT || err.reason != CSSL_R_DECOMPRESSION) {
        abort();
    }
    free(plain);
    free(again);
    return 0;
}

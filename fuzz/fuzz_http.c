/* fuzz_http.c - requests of `cssl serve`: the same in one piece and byte by byte; paths. */
#include "cli/http.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint64_t digest(const uint8_t *data, size_t len, size_t piece)
{
    struct http *h = http_new();
    if (h == NULL) {
        abort();
    }
    uint64_t sum = 1;
    size_t at = 0;
    enum http_state state = HTTP_MORE;
    while (at < len && state != HTTP_BAD) {
        at += http_feed(h, bytes_of(data + at, min_size(piece, len - at)), &state);
        if (state == HTTP_DONE) {
            const struct http_request *r = http_request(h);
            sum = sum * 31 + r->body_len + r->keep_alive;
            for (const char *p = r->target; *p != '\0'; p++) {
                sum = sum * 31 + (uint8_t)*p;
            }
            char path[256];
            if (http_path_decode(path, sizeof(path), r->target) &&
                (path[0] != '/' || strstr(path, "/../") != NULL)) {
                abort();
            }
        }
    }
    sum = sum * 31 + http_status(h);
    http_free(h);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (digest(data, len, len + 1) != digest(data, len, 1)) {
        abort();
    }
    return 0;
}

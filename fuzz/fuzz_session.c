/* fuzz_session.c - decoding stored sessions. What is accepted must encode to the same bytes. */
#include "session/session.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct session s;
    struct session copy;
    if (session_decode(&s, bytes_of(data, len), NULL) != 0) {
        return 0;
    }
    struct wr w;
    wr_init(&w, SESSION_ENCODED_MAX);
    if (session_copy(&copy, &s) != 0) {
        abort();
    }
    session_wipe(&s);
    session_encode(&w, &copy);
    if (!wr_ok(&w) || !bytes_equal(wr_view(&w), bytes_of(data, len))) {
        abort();
    }
    session_wipe(&copy);
    wr_free(&w);
    return 0;
}

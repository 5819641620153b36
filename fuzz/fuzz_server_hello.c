/* fuzz_server_hello.c - the body of a ServerHello or HelloRetryRequest, of TLS 1.3 or 1.2, parsed
 * as if everything had been asked for. What parses is written, has to parse, and to be written
 * the same again. */
#include "msg/hello.h"

#include <stdlib.h>

enum { LIMIT = 1 << 18 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct ext_set asked = { .bits = UINT64_MAX };
    struct server_hello sh;
    cssl_error err;
    if (server_hello_parse(&sh, bytes_of(data, len), asked, &err) < 0) {
        return err.status == CSSL_ALERT && err.text[0] != '\0' ? 0 : (abort(), 0);
    }
    struct wr first, second;
    wr_init(&first, LIMIT);
    wr_init(&second, LIMIT);
    server_hello_write(&first, &sh);
    struct server_hello again;
    if (!wr_ok(&first) || server_hello_parse(&again, wr_view(&first), asked, &err) < 0 ||
        again.has.bits != sh.has.bits || again.hello_retry != sh.hello_retry) {
        abort();
    }
    server_hello_write(&second, &again);
    if (!wr_ok(&second) || !bytes_equal(wr_view(&first), wr_view(&second))) {
        abort();
    }
    wr_free(&first);
    wr_free(&second);
    return 0;
}

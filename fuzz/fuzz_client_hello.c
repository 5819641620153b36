/* fuzz_client_hello.c - a ClientHello's body. What parses is written; what was written has to
 * parse, and to be written the same again. */
#include "msg/hello.h"

#include <stdlib.h>

enum { LIMIT = 1 << 18 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct client_hello ch;
    cssl_error err;
    if (client_hello_parse(&ch, bytes_of(data, len), &err) < 0) {
        return err.status == CSSL_ALERT && err.text[0] != '\0' ? 0 : (abort(), 0);
    }
    struct wr first, second;
    wr_init(&first, LIMIT);
    wr_init(&second, LIMIT);
    client_hello_write(&first, &ch);
    struct client_hello again;
    if (!wr_ok(&first) || client_hello_parse(&again, wr_view(&first), &err) < 0 ||
        again.has.bits != ch.has.bits || again.num_shares != ch.num_shares ||
        again.num_psks != ch.num_psks || again.binders_at != ch.binders_at) {
        abort();
    }
    client_hello_write(&second, &again);
    if (!wr_ok(&second) || !bytes_equal(wr_view(&first), wr_view(&second))) {
        abort();
    }
    wr_free(&first);
    wr_free(&second);
    return 0;
}

/* fuzz_certificate_msg.c - the body of a Certificate message. Each entry has no fewer than six
 * bytes, so that what is written is never longer than what was read. */
#include "msg/small.h"

#include <stdlib.h>

enum { LIMIT = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct ext_set asked = { .bits = UINT64_MAX };
    struct certificate c;
    cssl_error err;
    if (certificate_parse(&c, bytes_of(data, len), asked, &err) < 0) {
        return err.status == CSSL_ALERT && err.text[0] != '\0' ? 0 : (abort(), 0);
    }
    struct wr first, second;
    wr_init(&first, LIMIT);
    wr_init(&second, LIMIT);
    certificate_write(&first, &c);
    struct certificate again;
    if (!wr_ok(&first) || first.len != len ||
        certificate_parse(&again, wr_view(&first), asked, &err) < 0 ||
        again.num_entries != c.num_entries) {
        abort();
    }
    certificate_write(&second, &again);
    if (!wr_ok(&second) || !bytes_equal(wr_view(&first), wr_view(&second))) {
        abort();
    }
    wr_free(&first);
    wr_free(&second);
    return 0;
}

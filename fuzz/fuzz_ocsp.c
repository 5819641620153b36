/* fuzz_ocsp.c - one OCSP response: parsing, and judging it for a certificate that is its own. */
#include <stdlib.h>

#include "pki/ocsp_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ocsp_response r;
    struct ocsp_facts facts;
    cssl_error err;
    cssl_bytes bytes = bytes_of(data, len);
    bool good = ocsp_parse(&r, bytes);
    if ((ocsp_inspect(bytes, &facts, &err) == 0) != good) {
        abort();
    }
    struct ocsp_single single;
    struct rd list = rd_of(r.singles);
    size_t num = 0;
    while (good && rd_more(&list)) {
        if (!ocsp_single_next(&list, &single) || ++num > OCSP_SINGLES_MAX) {
            abort(); /* what was parsed once can be read again */
        }
    }
    return 0;
}

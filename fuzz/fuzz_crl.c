/* fuzz_crl.c - one revocation list: parsing, looking up, judging whom it is for. */
#include <stdlib.h>

#include "pki/crl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    cssl_error err = { 0 };
    struct crl *crl = crl_parse(bytes_of(data, len), &err);
    if (crl == NULL) {
        if (err.status >= 0 || err.text[0] == '\0') {
            abort();
        }
        return 0;
    }
    struct cert cert = { .is_ca = (len & 1) != 0, .issuer = crl_issuer(crl) };
    struct crl_entry entry;
    (void)crl_covers(crl, &cert);
    (void)crl_find(crl, crl_number(crl), &entry);
    (void)crl_find(crl, crl_issuer(crl), NULL);
    crl_free(crl);
    return 0;
}

/*
 * fuzz_pkey.c - private keys in DER. What loads must be writable, load again with the same public
 * half, and that half must be one that spki_inspect takes. Without a password, so that no input
 * can make a key derivation run for seconds.
 */
#include "base/mem.h"
#include "crypto/pkey.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    cssl_error err = { 0 };
    struct pkey *key = pkey_from_der(bytes_of(data, len), NULL, &err);
    if (key == NULL) {
        if (err.status >= 0 || err.text[0] == '\0') {
            abort();
        }
        return 0;
    }
    struct spki_info info;
    if (spki_inspect(pkey_spki(key), &info, NULL) != 0 || info.type != pkey_type(key) ||
        info.bits != pkey_bits(key)) {
        abort();
    }
    uint8_t *der = NULL;
    size_t der_len = 0;
    if (pkey_to_der(key, NULL, &der, &der_len, NULL) == 0) {
        struct pkey *again = pkey_from_der(bytes_of(der, der_len), NULL, NULL);
        if (again == NULL || !bytes_equal(pkey_spki(again), pkey_spki(key))) {
            abort();
        }
        pkey_free(again);
        mem_free_wiped(der, der_len);
    }
    pkey_free(key);
    return 0;
}

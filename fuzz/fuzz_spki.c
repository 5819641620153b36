/*
 * fuzz_spki.c - public keys and signatures. The input: two bytes of a signature scheme, two of the
 * signature's length, the signature, the SubjectPublicKeyInfo. Every key is tried with the scheme
 * of the input; one that verifies must be one that spki_inspect takes and that fits the scheme.
 */
#include "base/wire.h"
#include "crypto/pkey.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t text[] = "signed";
    struct rd r = rd_of(bytes_of(data, len));
    uint16_t scheme = rd_u16(&r);
    cssl_bytes sig = rd_view16(&r);
    cssl_bytes spki = rd_rest(&r);
    if (!rd_ok(&r)) {
        return 0;
    }
    struct spki_info info;
    cssl_error err = { 0 };
    int taken = spki_inspect(spki, &info, &err);
    if (taken != 0 && (info.type != KEY_NONE || err.reason != CSSL_R_BAD_PUBLIC_KEY)) {
        abort();
    }
    int fits = spki_verify(spki, scheme, bytes_of(text, sizeof(text) - 1), sig, &err);
    if (fits == 0 && (taken != 0 || !scheme_fits_key(scheme, info.type, false))) {
        abort();
    }
    return 0;
}

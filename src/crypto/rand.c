/* rand.c - randomness from libcrypto's generator or from the source of a test. Keeps no pool. */
#include "crypto/rand.h"

#include "base/error.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/rand.h>

int rand_fill(const struct rand_source *source, uint8_t *out, size_t len, cssl_error *err)
{
    if (source != NULL && source->fn != NULL) {
        return source->fn(source->user, out, len) == 0 ? 0 : fail(err, CSSL_R_RANDOM_FAILED);
    }
    while (len > 0) {
        int n = len > INT_MAX ? INT_MAX : (int)len;
        if (RAND_bytes(out, n) != 1) {
            ERR_clear_error();
            return fail(err, CSSL_R_RANDOM_FAILED);
        }
        out += n;
        len -= (size_t)n;
    }
    return 0;
}

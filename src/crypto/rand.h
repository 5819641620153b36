/* rand.h - randomness: the system's, through libcrypto, or a test's. */
#ifndef CSSL_CRYPTO_RAND_H
#define CSSL_CRYPTO_RAND_H

#include "base/base.h"

/* Where randomness comes from. fn NULL (zeroed memory) is the system. */
struct rand_source {
    int (*fn)(void *user, uint8_t *out, size_t len);
    void *user;
};

/* rand_fill writes len random bytes. 0, or CSSL_R_RANDOM_FAILED: then out is not to be used.
 * source may be NULL for the system's. */
int rand_fill(const struct rand_source *source, uint8_t *out, size_t len, cssl_error *err) CHECK;

#endif

/* info.h - which cryptographic libraries are loaded, in which version. */
#ifndef CSSL_CRYPTO_INFO_H
#define CSSL_CRYPTO_INFO_H

#include "base/base.h"

enum { CRYPTO_LIBRARIES_MAX = 4 };

struct crypto_library {
    const char *name;    /* "OpenSSL", "libIPSec_MB": static */
    const char *version; /* as the library says it, with its date: static */
    unsigned major, minor, patch;
};

/* crypto_libraries fills out with at most max libraries, those in use by this process, and returns
 * how many it filled. */
size_t crypto_libraries(struct crypto_library *out, size_t max);
/* crypto_keep_at_exit lets libcrypto's own data be there until the very end of the process, if this
 * is the first call of it: for hosts whose other threads go on while exit(3) runs. */
void crypto_keep_at_exit(void);

#endif

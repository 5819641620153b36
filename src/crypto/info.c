/* info.c - asks the loaded libraries for their versions: not those of the headers at build time. */
#include "crypto/info.h"

#include <openssl/crypto.h>

#ifdef CSSL_HAVE_IPSEC_MB
#include <intel-ipsec-mb.h>

static size_t add_ipsec_mb(struct crypto_library *out, size_t max)
{
    if (max == 0) {
        return 0;
    }
    unsigned v = imb_get_version();
    *out = (struct crypto_library){ .name = "libIPSec_MB",
                                    .version = imb_get_version_str(),
                                    .major = v >> 16 & 0xff,
                                    .minor = v >> 8 & 0xff,
                                    .patch = v & 0xff };
    return 1;
}
#else
static size_t add_ipsec_mb(struct crypto_library *out, size_t max)
{
    (void)out;
    (void)max;
    return 0;
}
#endif

size_t crypto_libraries(struct crypto_library *out, size_t max)
{
    if (max == 0) {
        return 0;
    }
    out[0] = (struct crypto_library){ .name = "OpenSSL",
                                      .version = OpenSSL_version(OPENSSL_VERSION),
                                      .major = OPENSSL_version_major(),
                                      .minor = OPENSSL_version_minor(),
                                      .patch = OPENSSL_version_patch() };
    return 1 + add_ipsec_mb(out + 1, max - 1);
}

void crypto_keep_at_exit(void)
{
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

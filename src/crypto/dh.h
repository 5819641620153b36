/*
 * dh.h - groups of finite-field Diffie-Hellman that a peer or a file describes by p and g, as TLS
 * 1.2 has them. RFC 7919's are known by name (kx.h); keys of either kind are made by kx_new.
 */
#ifndef CSSL_CRYPTO_DH_H
#define CSSL_CRYPTO_DH_H

#include "base/base.h"

enum { DH_BITS_MIN = 2048, DH_BITS_MAX = 8192, DH_BYTES_MAX = DH_BITS_MAX / 8 };

/* Big-endian, without leading zeros. */
struct dh_params {
    uint16_t p_len, g_len;
    uint8_t p[DH_BYTES_MAX], g[DH_BYTES_MAX];
};

/* dh_params_new copies p and g when they have the form of a group: p is odd and of DH_BITS_MIN
 * (else CSSL_R_DH_TOO_SMALL) to DH_BITS_MAX bits, g within 2..p-2 (else CSSL_R_DH_PARAMS). Whether
 * p is prime is not looked at: a peer may choose its group, and can give secrets away without that.
 * Freed by mem_free. */
struct dh_params *dh_params_new(cssl_bytes p, cssl_bytes g, cssl_error *err) CHECK;
/* dh_params_of makes those of a group of RFC 7919 that kx.h knows. */
struct dh_params *dh_params_of(uint16_t group, cssl_error *err) CHECK;
/* dh_params_group is the group's number when it is one that kx.h knows, else 0. */
uint16_t dh_params_group(const struct dh_params *dh);
/* dh_params_read reads PKCS#3 DHParameter, DER or PEM ("DH PARAMETERS"), for a server's own use:
 * p must be a safe prime. That is found out by Fermat's test, which finds damage, not malice. */
struct dh_params *dh_params_read(cssl_bytes file, cssl_error *err) CHECK;

#endif

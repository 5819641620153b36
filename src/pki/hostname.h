/* hostname.h - does a certificate's name cover the name that was asked for (RFC 9525)? */
#ifndef CSSL_PKI_HOSTNAME_H
#define CSSL_PKI_HOSTNAME_H

#include "pki/cert.h"

enum { HOSTNAME_MAX = 253 };

/* hostname_check returns 0 when the certificate is for name (a DNS name, in A-label form or
 * Unicode, with or without a final dot; or an IPv4 or IPv6 address), else CSSL_R_HOSTNAME_MISMATCH
 * with a text that lists what the certificate is for. Only subjectAltName counts. A name that is
 * neither is CSSL_R_BAD_NAME. */
int hostname_check(const struct cert *cert, const char *name, cssl_error *err) CHECK;
/* hostname_to_ascii writes name as DNS and SNI want it: labels in Unicode (UTF-8) as A-labels (RFC
 * 3492), ASCII letters in lower case, without a final dot. Unicode is taken as it is: it has to be
 * in lower case and normalized. What is no DNS name (an IP address too) is CSSL_R_BAD_NAME. */
int hostname_to_ascii(char out[HOSTNAME_MAX + 1], const char *name, cssl_error *err) CHECK;
/* hostname_is_ip parses an IPv4 or IPv6 address (brackets allowed): 4 or 16 bytes, 0 if none. */
size_t hostname_is_ip(const char *name, uint8_t out[16]);
/* hostname_is_dns says whether name may be sent as SNI: letters, digits, hyphens, underscores and
 * dots in labels of 1 to 63 bytes, 253 in all, not an IP address. */
bool hostname_is_dns(const char *name);

/* hostname_matches compares one dNSName of a certificate with a name as hostname_to_ascii gives
 * it. A "*" counts only as the whole left-most label, stands for one label, and never for one
 * directly below a top-level domain. */
bool hostname_matches(cssl_bytes pattern, const char *ascii_name);

#endif

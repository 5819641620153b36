/* cert.h - an X.509 certificate, parsed once into views of its own DER (RFC 5280 4). */
#ifndef CSSL_PKI_CERT_H
#define CSSL_PKI_CERT_H

#include "base/base.h"
#include "crypto/hash.h"
#include "crypto/pkey.h"

/* Certificates are counted and immutable: threads share them. */
struct cert;

/* cert_parse copies der and parses it strictly: one DER Certificate, nothing behind it, version
 * 3's extensions known or kept as critical unknowns. Trailing bytes, non-minimal lengths, repeated
 * extensions are errors (CSSL_R_BAD_CERTIFICATE and its kin, alert bad_certificate). */
struct cert *cert_parse(cssl_bytes der, cssl_error *err) CHECK;
struct cert *cert_ref(struct cert *cert);
void cert_free(struct cert *cert);
cssl_bytes cert_der(const struct cert *cert);
cssl_bytes cert_spki(const struct cert *cert);
cssl_bytes cert_subject(const struct cert *cert); /* DER of the Name */
cssl_bytes cert_issuer(const struct cert *cert);
const struct spki_info *cert_key(const struct cert *cert);
/* cert_not_after is the end of validity, in seconds since 1970 (UTC). */
int64_t cert_not_after(const struct cert *cert);
int64_t cert_not_before(const struct cert *cert);
/* cert_signature_hash is the hash of the certificate's own signature, as tls-server-end-point
 * wants it (RFC 5929 4.1: SHA-256 instead of MD5, SHA-1); HASH_NONE when there is no single one. */
enum hash_alg cert_signature_hash(const struct cert *cert);
/* cert_signature_scheme is the scheme of the certificate's own signature, 0 if unknown. */
uint16_t cert_signature_scheme(const struct cert *cert);

#endif

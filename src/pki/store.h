/* store.h - a set of trust anchors. Immutable once made, counted. */
#ifndef CSSL_PKI_STORE_H
#define CSSL_PKI_STORE_H

#include "pki/cert.h"

struct store;

/* store_from_file reads a PEM (or single DER) file of certificates. A file that cannot be read or
 * has no certificate is an error that names it. */
struct store *store_from_file(const char *path, cssl_error *err) CHECK;
/* store_from_memory reads PEM text, or DER certificates one behind the other. A certificate that
 * is there twice counts once. One that is malformed is an error that says which one it is. */
struct store *store_from_memory(cssl_bytes certs, cssl_error *err) CHECK;
/* store_empty has no anchor: nothing is trusted but what a program accepts. */
struct store *store_empty(cssl_error *err) CHECK;
/* store_system gives the system's authorities (SSL_CERT_FILE, else
 * /etc/ssl/certs/ca-certificates.crt and the other systems' places), parsed once a process and
 * again when the file changes. Those that are malformed are left out: they are nobody's choice. */
struct store *store_system(cssl_error *err) CHECK;
struct store *store_ref(struct store *store);
void store_free(struct store *store);
size_t store_size(const struct store *store);
struct cert *store_cert(const struct store *store, size_t i); /* borrowed */
/* store_find gives the index of the first anchor at or behind from whose subject is name (compared
 * as dname_equal does), store_size when there is none. Anchors are ordered so that equal subjects
 * are neighbours. */
size_t store_find(const struct store *store, cssl_bytes name, size_t from);
/* store_find_hashed is the same when dname_hash(name) is known. */
size_t store_find_hashed(const struct store *store, cssl_bytes name, uint32_t hash, size_t from);
/* store_has says whether cert itself, byte for byte, is an anchor. */
bool store_has(const struct store *store, const struct cert *cert);
/* store_digest is a SHA-256 over the anchors, whatever their order was. */
const uint8_t *store_digest(const struct store *store);

#endif

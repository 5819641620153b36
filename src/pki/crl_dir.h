/*
 * crl_dir.h - a directory of revocation lists with names as c_rehash makes them: HASH.r0, HASH.r1
 * and so on, HASH being that of the issuer's name. Lists are read when they are needed, and again
 * when their files change.
 */
#ifndef CSSL_PKI_CRL_DIR_H
#define CSSL_PKI_CRL_DIR_H

#include "pki/crl.h"

/* Lists of one issuer that are looked at; lists that are kept in memory. */
enum { CRL_DIR_TRIED_MAX = 16, CRL_DIR_KEPT_MAX = 64 };

struct crl_dir;

/* crl_dir_new: path has to be a directory. Threads may share what it returns. */
struct crl_dir *crl_dir_new(const char *path, cssl_error *err) CHECK;
void crl_dir_free(struct crl_dir *dir);
/* crl_dir_find fills found (CRL_DIR_TRIED_MAX of them) with the lists for an issuer's name and
 * returns how many: each is a reference. Files that cannot be read or parsed are passed over. */
size_t crl_dir_find(struct crl_dir *dir, cssl_bytes issuer, struct crl **found);

/* crl_name_hash is the number that such names begin with: the first four bytes, the last one first,
 * of SHA-1 over the name in libcrypto's canonical form (lower case, white space folded, UTF-8). */
uint32_t crl_name_hash(cssl_bytes name);

#endif

/* load.h - reading small files of certificates and keys into memory. Knows no format. */
#ifndef CSSL_PKI_LOAD_H
#define CSSL_PKI_LOAD_H

#include <sys/stat.h>

#include "base/base.h"

enum { LOAD_MAX = 16 << 20 };

/* load_file reads a regular file of at most LOAD_MAX bytes. *data is freed with mem_free_wiped(
 * *data, *len). *st, which may be NULL, is what fstat(2) said of it. Errors are CSSL_R_CERT_FILE,
 * name the file and, when option is not NULL, that option. */
int load_file(const char *path, const char *option, uint8_t **data, size_t *len, struct stat *st,
              cssl_error *err) CHECK;
/* load_same_file: two looks at a path found the same file, and it was not written between. */
bool load_same_file(const struct stat *a, const struct stat *b) CHECK;

#endif

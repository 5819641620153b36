/* package.h - which package of the distribution a loaded library belongs to. */
#ifndef CSSL_CLI_PACKAGE_H
#define CSSL_CLI_PACKAGE_H

#include "base/base.h"

struct package {
    char file[256];   /* of the library that this process has loaded; empty: none, or built in */
    char name[64];    /* "libssl3"; empty when it is not known */
    char version[64]; /* "3.0.19-1~deb12u2" */
};

/* package_of looks for a loaded library by the beginning of its file's name ("libcrypto.so") and
 * asks dpkg-query about the file. Where there is no dpkg-query the fields stay empty. */
void package_of(struct package *package, const char *library);

#endif

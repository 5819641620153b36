/* sockerr.h - errors of the socket layer that carry an errno value beside their own reason. */
#ifndef CSSL_SOCKET_SOCKERR_H
#define CSSL_SOCKET_SOCKERR_H

#include "base/error.h"

/* fail_posix is fail_text with an errno value. */
int fail_posix(cssl_error *err, cssl_reason reason, int posix, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* fail_descriptors is for EMFILE and ENFILE: what says for what a descriptor was wanted. */
int fail_descriptors(cssl_error *err, int posix, const char *what);
/* fail_socket is for what a system call on behalf of what said: descriptors or the system. */
int fail_socket(cssl_error *err, int posix, const char *what);
/* fail_time is CSSL_TIMEOUT; while says during what. */
int fail_time(cssl_error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* posix_text is strerror(3) without its race. */
enum { POSIX_TEXT = 96 };
const char *posix_text(int posix, char out[POSIX_TEXT]);

#endif

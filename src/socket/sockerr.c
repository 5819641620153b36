/* sockerr.c - errors of the socket layer that carry an errno value. */
#include "socket/sockerr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int fail_posix(cssl_error *err, cssl_reason reason, int posix, const char *format, ...)
{
    char text[sizeof(err->text)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    int status = fail_text(err, reason, "%s", text);
    if (err != NULL) {
        err->posix = posix;
    }
    return status;
}

int fail_descriptors(cssl_error *err, int posix, const char *what)
{
    const char *advice = posix == EMFILE
                             ? "this process has as many open as it may (ulimit -n): close some, "
                               "or raise the limit"
                             : "the whole system has as many open as it may (fs.file-max)";
    return fail_posix(err, CSSL_R_DESCRIPTORS, posix, "%s: %s", what, advice);
}

int fail_socket(cssl_error *err, int posix, const char *what)
{
    if (posix == EMFILE || posix == ENFILE) {
        return fail_descriptors(err, posix, what);
    }
    if (posix == ENOMEM || posix == ENOBUFS) {
        return fail_text(err, CSSL_R_NOMEM, "%s", what);
    }
    return fail_system(err, posix, "%s", what);
}

int fail_time(cssl_error *err, const char *format, ...)
{
    char text[sizeof(err->text)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return fail_text(err, CSSL_R_TIMEOUT, "%s", text);
}

const char *posix_text(int posix, char out[POSIX_TEXT])
{
    return strerror_r(posix, out, POSIX_TEXT);
}

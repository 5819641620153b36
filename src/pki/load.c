/* load.c - reads files of certificates and keys. */
#include "pki/load.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

static int read_all(int fd, uint8_t *data, size_t size, size_t *len);
static int refuse(const char *path, const char *option, int posix, cssl_error *err);

int load_file(const char *path, const char *option, uint8_t **data, size_t *len, struct stat *st,
              cssl_error *err)
{
    struct stat own;
    struct stat *status = st == NULL ? &own : st;
    /* Without blocking: a pipe in a file's place must not hold the program. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return refuse(path, option, errno, err);
    }
    int ret;
    uint8_t *buffer = NULL;
    if (fstat(fd, status) != 0) {
        ret = refuse(path, option, errno, err);
    } else if (!S_ISREG(status->st_mode)) {
        ret = fail_option(err, CSSL_R_CERT_FILE, option,
                          "\"%s\" is not a file: name the file itself", path);
    } else if (status->st_size > LOAD_MAX) {
        ret = fail_option(err, CSSL_R_CERT_FILE, option, "\"%s\" is larger than 16 MiB", path);
    } else if ((buffer = mem_new((size_t)status->st_size)) == NULL) {
        ret = fail(err, CSSL_R_NOMEM);
    } else if (read_all(fd, buffer, (size_t)status->st_size, len) != 0) {
        ret = refuse(path, option, errno, err);
    } else {
        *data = buffer;
        buffer = NULL;
        ret = 0;
    }
    if (buffer != NULL) {
        mem_free_wiped(buffer, (size_t)status->st_size);
    }
    (void)close(fd);
    return ret;
}

bool load_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* read_all reads up to size bytes; a file that shrank meanwhile gives fewer. */
static int read_all(int fd, uint8_t *data, size_t size, size_t *len)
{
    size_t at = 0;
    while (at < size) {
        ssize_t n = read(fd, data + at, size - at);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    *len = at;
    return 0;
}

static int refuse(const char *path, const char *option, int posix, cssl_error *err)
{
    char why[96];
    const char *advice = posix == EACCES  ? "; let this user read it"
                         : posix == ENOENT ? "; check the path"
                                           : "";
    int status = fail_option(err, CSSL_R_CERT_FILE, option, "cannot read \"%s\": %s%s", path,
                             strerror_r(posix, why, sizeof(why)), advice);
    if (err != NULL) {
        err->posix = posix;
    }
    return status;
}

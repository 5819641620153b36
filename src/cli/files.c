/* files.c - reading with a limit, and writing files that are complete or not there. */
#include "cli/cli.h"

#include "base/mem.h"
#include "crypto/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, const char *path, size_t limit, uint8_t **data, size_t *len,
                    cssl_error *err);
static int write_all(int fd, cssl_bytes data);

int cli_read(const char *path, size_t limit, uint8_t **data, size_t *len, cssl_error *err)
{
    if (strcmp(path, "-") == 0) {
        return read_all(STDIN_FILENO, "stdin", limit, data, len, err);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return fail_system(err, errno, "%s cannot be read", path);
    }
    int status = read_all(fd, path, limit, data, len, err);
    (void)close(fd);
    return status;
}

static int read_all(int fd, const char *path, size_t limit, uint8_t **data, size_t *len,
                    cssl_error *err)
{
    uint8_t *buffer = NULL;
    size_t cap = 0;
    size_t at = 0;
    int status = 0;
    for (;;) {
        if (at == cap) {
            if (cap > limit) {
                status = fail_text(err, CSSL_R_FILE_TOO_LARGE, "%s has more than %zu bytes", path,
                                   limit);
                break;
            }
            size_t bigger = min_size(cap == 0 ? 16384 : 2 * cap, limit + 1);
            uint8_t *moved = mem_new(bigger);
            if (moved == NULL) {
                status = fail(err, CSSL_R_NOMEM);
                break;
            }
            if (at > 0) {
                memcpy(moved, buffer, at);
            }
            mem_free_wiped(buffer, cap); /* it may be a key */
            buffer = moved;
            cap = bigger;
        }
        ssize_t n = read(fd, buffer + at, cap - at);
        if (n == 0) {
            *data = buffer;
            *len = at;
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            status = fail_system(err, errno, "%s cannot be read", path);
            break;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    mem_free_wiped(buffer, cap);
    return status;
}

/* A name beside path that nobody can foresee: no file of that name waits for us to write into. */
static char *beside(const char *path, cssl_error *err)
{
    uint8_t random[8];
    if (rand_fill(NULL, random, sizeof(random), err) < 0) {
        return NULL;
    }
    char *hex = cli_hex(bytes_of(random, sizeof(random)), "");
    size_t size = strlen(path) + strlen(hex) + sizeof("..new");
    char *name = cli_memory(mem_new(size));
    (void)snprintf(name, size, "%s.%s.new", path, hex);
    free(hex);
    return name;
}

static int give_name(const char *from, const char *path, bool force, cssl_error *err)
{
    if (force) {
        struct stat there;
        if (lstat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
            return fail_text(err, CSSL_R_FILE_REFUSED, "%s is not a file that can be replaced",
                             path);
        }
        return rename(from, path) == 0 ? 0 : fail_system(err, errno, "%s cannot be written", path);
    }
    /* it refuses a name that exists, without a moment between look and leap */
    if (renameat2(AT_FDCWD, from, AT_FDCWD, path, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if ((errno == EINVAL || errno == ENOSYS) && link(from, path) == 0) {
        (void)unlink(from); /* a file system that knows link(2) only */
        return 0;
    }
    if (errno == EEXIST) {
        return fail_text(err, CSSL_R_FILE_EXISTS,
                         "%s: choose another name, or overwrite it with --force", path);
    }
    return fail_system(err, errno, "%s cannot be written", path);
}

int cli_write(const char *path, cssl_bytes data, enum cli_file_kind kind, bool force,
              cssl_error *err)
{
    char *temporary = beside(path, err);
    if (temporary == NULL) {
        return err == NULL ? CSSL_SYSTEM : err->status;
    }
    int status = 0;
    mode_t mode = kind == FILE_SECRET ? 0600 : 0644;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) {
        status = fail_system(err, errno, "%s cannot be written", path);
        free(temporary);
        return status;
    }
    int saved = write_all(fd, data);
    if (saved == 0 && kind == FILE_SECRET && fchmod(fd, 0600) != 0) {
        saved = errno;
    }
    if (saved == 0 && fsync(fd) != 0) {
        saved = errno;
    }
    if (close(fd) != 0 && saved == 0) {
        saved = errno;
    }
    status = saved != 0 ? fail_system(err, saved, "%s cannot be written", path)
                        : give_name(temporary, path, force, err);
    if (status != 0) {
        (void)unlink(temporary);
    }
    free(temporary);
    return status;
}

static int write_all(int fd, cssl_bytes data)
{
    size_t at = 0;
    while (at < data.len) {
        ssize_t n = write(fd, data.data + at, data.len - at);
        if (n < 0 && errno != EINTR) {
            return errno;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

char *cli_path(const char *dir, const char *name)
{
    if (dir == NULL) {
        return cli_memory(mem_str(name));
    }
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = cli_memory(mem_new(size));
    bool slash = dir[0] != '\0' && dir[strlen(dir) - 1] == '/';
    (void)snprintf(path, size, "%s%s%s", dir, slash ? "" : "/", name);
    return path;
}

/* keylog.c - where key log lines go: the program's hook, and the file that SSLKEYLOGFILE names when
 * the program asked for that. Knows no secret's meaning. */
#include "config/config.h"

#include "base/error.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEYLOG_LINE_MAX = 512 }; /* label, client random and secret in hexadecimal */

/* A program that runs with another user's rights lets nobody name its files. */
int keylog_open(cssl_config *config, const cssl_options *o, cssl_error *err)
{
    config->keylog = o->keylog;
    const char *path = o->sslkeylogfile ? secure_getenv("SSLKEYLOGFILE") : NULL;
    if (path == NULL || path[0] == '\0') {
        return 0;
    }
    config->keylog_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    if (config->keylog_fd < 0) {
        char why[128];
        return fail_option(err, CSSL_R_OPTION_VALUE, "sslkeylogfile",
                           "SSLKEYLOGFILE names \"%.200s\": %s", path,
                           strerror_r(errno, why, sizeof(why)));
    }
    return 0;
}

void keylog_close(cssl_config *config)
{
    if (config->keylog_fd >= 0) {
        (void)close(config->keylog_fd);
        config->keylog_fd = -1;
    }
}

bool keylog_wanted(const cssl_config *config)
{
    return config->keylog != NULL || config->keylog_fd >= 0;
}

void keylog_line(const cssl_config *config, const char *line)
{
    size_t len = strlen(line);
    if (config->keylog != NULL) {
        config->keylog(config->user, line);
    }
    if (config->keylog_fd >= 0 && len < KEYLOG_LINE_MAX) {
        /* One write a line: connections of several threads append to one file. */
        char whole[KEYLOG_LINE_MAX + 1];
        memcpy(whole, line, len);
        whole[len] = '\n';
        ssize_t written = write(config->keylog_fd, whole, len + 1);
        (void)written; /* a log that cannot be written must not end a connection */
        mem_wipe(whole, sizeof(whole));
    }
}

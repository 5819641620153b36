/* package.c - asks Debian's dpkg-query about a file. Quiet wherever that cannot be done. */
#include "cli/package.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DPKG_QUERY "/usr/bin/dpkg-query"

struct search {
    const char *library;
    char *file;
    size_t size;
};

static int look_at(struct dl_phdr_info *info, size_t size, void *data);
static bool ask(char *const argv[], char *answer, size_t size);
static bool find_package(struct package *package);

void package_of(struct package *package, const char *library)
{
    *package = (struct package){ .name = "" };
    struct search search = { library, package->file, sizeof(package->file) };
    (void)dl_iterate_phdr(look_at, &search);
    if (package->file[0] != '\0' && access(DPKG_QUERY, X_OK) == 0) {
        (void)find_package(package);
    }
}

static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    (void)size;
    const char *slash = strrchr(info->dlpi_name, '/');
    const char *name = slash == NULL ? info->dlpi_name : slash + 1;
    if (strncmp(name, search->library, strlen(search->library)) != 0 ||
        strlen(info->dlpi_name) >= search->size) {
        return 0;
    }
    memcpy(search->file, info->dlpi_name, strlen(info->dlpi_name) + 1);
    return 1;
}

/* "libssl3:amd64: /usr/lib/x86_64-linux-gnu/libcrypto.so.3" -> libssl3:amd64 -> its version */
static bool find_package(struct package *package)
{
    char program[] = DPKG_QUERY;
    char search[] = "-S";
    char show[] = "-W";
    char format[] = "-f=${Version}";
    char line[512];
    /* /lib is /usr/lib: the package knows its file under one of the two names */
    char file[sizeof(package->file) + sizeof("/usr")];
    bool in_usr = strncmp(package->file, "/usr/", 5) == 0;
    memcpy(file, package->file, strlen(package->file) + 1);
    char *const first[] = { program, search, file, NULL };
    bool found = ask(first, line, sizeof(line));
    if (!found) {
        (void)snprintf(file, sizeof(file), "%s%s", in_usr ? "" : "/usr",
                       package->file + (in_usr ? 4 : 0));
        found = ask(first, line, sizeof(line));
    }
    char *end = found ? strstr(line, ": ") : NULL;
    if (end == NULL) {
        return false;
    }
    *end = '\0';
    line[strcspn(line, ",")] = '\0';
    char *const third[] = { program, show, format, line, NULL };
    char version[sizeof(package->version)];
    if (!ask(third, version, sizeof(version))) {
        return false;
    }
    memcpy(package->version, version, sizeof(version));
    (void)snprintf(package->name, sizeof(package->name), "%.*s", (int)strcspn(line, ":"), line);
    return true;
}

/* Reads what a program prints, at most size - 1 bytes of it. */
static size_t read_answer(int fd, char *answer, size_t size)
{
    size_t at = 0;
    for (;;) {
        char rest[256];
        bool room = at + 1 < size;
        ssize_t n = read(fd, room ? answer + at : rest, room ? size - 1 - at : sizeof(rest));
        if (n == 0 || (n < 0 && errno != EINTR)) {
            break;
        }
        at += room && n > 0 ? (size_t)n : 0;
    }
    answer[at] = '\0';
    return at;
}

/* ask runs argv and takes the first line of its output; false unless it ended well. */
static bool ask(char *const argv[], char *answer, size_t size)
{
    static char lang[] = "LC_ALL=C";
    char *const environment[] = { lang, NULL };
    posix_spawn_file_actions_t actions;
    int pipes[2];
    pid_t pid = 0;
    int status = 1;
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        return false;
    }
    bool made = posix_spawn_file_actions_init(&actions) == 0;
    bool good = made &&
                posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
                posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) == 0 &&
                posix_spawn_file_actions_adddup2(&actions, pipes[1], 1) == 0 &&
                posix_spawn(&pid, argv[0], &actions, NULL, argv, environment) == 0;
    if (made) {
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    (void)close(pipes[1]);
    size_t len = good ? read_answer(pipes[0], answer, size) : 0;
    (void)close(pipes[0]);
    while (good && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (len > 0) {
        answer[strcspn(answer, "\n")] = '\0';
    }
    return good && WIFEXITED(status) && WEXITSTATUS(status) == 0 && len > 0;
}

/* cli_support.c - a folder, its files, and commands in a child process. */
#include "cli_support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS_MAX = 32, PATH_SIZE = 4096 };

static char folder[] = "cssl-unit-XXXXXX";

int cli_folder_make(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

int cli_folder_remove(void **state)
{
    (void)state;
    return rmdir(folder);
}

static char *next_path(void)
{
    static char paths[8][PATH_SIZE];
    static unsigned turn;
    return paths[turn++ % 8];
}

const char *cli_file(const char *name)
{
    char *path = next_path();
    (void)snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return path;
}

const char *cli_cert_file(const char *name)
{
    char *path = next_path();
    (void)snprintf(path, PATH_SIZE, "%s/../certs/%s", CSSL_TEST_VECTORS, name);
    return path;
}

const char *cli_file_make(const char *name, const char *text, unsigned mode)
{
    const char *path = cli_file(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, (mode_t)mode), 0);
    return path;
}

/* Up to size - 1 bytes, and a NUL. */
static void read_all(FILE *file, char *out, size_t size)
{
    rewind(file);
    size_t len = fread(out, 1, size - 1, file);
    out[len] = '\0';
}

char *cli_file_text(const char *path)
{
    enum { SIZE = 1 << 18 };
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("%s is missing", path);
    }
    char *text = malloc(SIZE);
    assert_non_null(text);
    read_all(file, text, SIZE);
    assert_int_equal(fclose(file), 0);
    return text;
}

void cli_file_drop(const char *name)
{
    if (unlink(cli_file(name)) != 0) {
        fail_msg("%s cannot be removed", name);
    }
}

const struct cli_said *cli_child(int (*what)(void *arg), void *arg)
{
    static struct cli_said said;
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    int status = 0;
    assert_non_null(out);
    assert_non_null(err);
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool good = dup2(fileno(out), STDOUT_FILENO) >= 0 && dup2(fileno(err), STDERR_FILENO) >= 0;
        exit(good ? what(arg) : 99);
    }
    while (waitpid(pid, &status, 0) < 0) {
        assert_int_equal(errno, EINTR);
    }
    said.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    read_all(out, said.out, sizeof(said.out));
    read_all(err, said.err, sizeof(said.err));
    (void)fclose(out);
    (void)fclose(err);
    return &said;
}

struct line {
    int (*run)(int argc, char **argv);
    int argc;
    char *argv[ARGS_MAX + 1];
};

static int run_line(void *arg)
{
    struct line *line = arg;
    program_invocation_short_name = line->argv[0];
    return line->run(line->argc, line->argv);
}

const struct cli_said *cli_child_command(int (*run)(int argc, char **argv), const char *const *args)
{
    struct line line = { .run = run, .argc = 1 };
    line.argv[0] = strdup("cssl");
    for (size_t i = 0; args[i] != NULL; i++) {
        assert_true(line.argc < ARGS_MAX);
        line.argv[line.argc++] = strdup(args[i]);
    }
    char *all[ARGS_MAX];
    memcpy(all, line.argv, sizeof(all));
    const struct cli_said *said = cli_child(run_line, &line);
    for (int i = 0; i < line.argc; i++) {
        free(all[i]);
    }
    return said;
}

void cli_has_at(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part) == NULL) {
        print_error("'%s' is not in:\n%s\n", part, text);
        _fail(file, line);
    }
}

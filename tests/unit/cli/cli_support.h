/*
 * cli_support.h - what the tests of src/cli share: a folder of their own, files in it, and a child
 * process in which a command may print and end the program.
 */
#ifndef CSSL_TEST_CLI_SUPPORT_H
#define CSSL_TEST_CLI_SUPPORT_H

#include "base/error.h"
#include "support.h"

/* Setup and teardown of a group: makes a folder; removes it, which fails when a test has left a
 * file in it. */
int cli_folder_make(void **state);
int cli_folder_remove(void **state);
/* cli_file is the path of a name in the folder, cli_cert_file that of one in tests/certs: static
 * buffers, one of eight in turn. */
const char *cli_file(const char *name);
const char *cli_cert_file(const char *name);
/* cli_file_make writes a text there with this mode and returns its path; cli_file_text reads one,
 * freed with free(). cli_file_drop removes what must be there. */
const char *cli_file_make(const char *name, const char *text, unsigned mode);
char *cli_file_text(const char *path);
void cli_file_drop(const char *name);

/* What a child printed, cut off at 64 KiB, and how it ended. */
struct cli_said {
    int code; /* -1: by a signal */
    char out[1 << 16], err[1 << 16];
};
/* cli_child runs what(arg) in a child and returns what came of it: a static buffer. The child ends
 * with what's value, or as it ends itself; a leak is an exit code of its own under ASan. */
const struct cli_said *cli_child(int (*what)(void *arg), void *arg);
/* cli_child_command is the same for a command and its line, up to a NULL; argv[0] is "cssl". */
const struct cli_said *cli_child_command(int (*run)(int argc, char **argv),
                                         const char *const *args);

/* cli_has fails the running test unless text contains part. */
#define cli_has(text, part) cli_has_at(text, part, __FILE__, __LINE__)
void cli_has_at(const char *text, const char *part, const char *file, int line);

#endif

/* commands.c - finds the command that was asked for and shows what there is. Knows no command. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>

enum { NAME_MAX_LEN = 32 };

static const struct command *find(const struct command_group *group, const char *name);
static const struct command *nearest(const struct command_group *group, const char *name);
static int run(const struct command *command, int argc, char **argv, const char *group_name);
static void show_group(const struct command_group *group, const char *name, FILE *f);

int cli_dispatch(const struct command_group *group, int argc, char **argv)
{
    /* error messages of this process begin with it, argp's and ours */
    program_invocation_short_name = argv[0];
    const char *wanted = argc > 1 ? argv[1] : NULL;
    if (wanted == NULL) {
        show_group(group, argv[0], stderr);
        return CLI_USAGE;
    }
    bool help = strcmp(wanted, "help") == 0;
    if (strcmp(wanted, "--help") == 0 || strcmp(wanted, "-h") == 0 || (help && argc == 2)) {
        show_group(group, argv[0], stdout);
        return CLI_OK;
    }
    /* `help COMMAND ...` is `COMMAND ... --help` */
    char option[] = "--help";
    if (help) {
        for (int i = 1; i + 1 < argc; i++) {
            argv[i] = argv[i + 1];
        }
        argv[argc - 1] = option;
        wanted = argv[1];
    }
    const struct command *command = find(group, wanted);
    if (command != NULL) {
        return run(command, argc - 1, argv + 1, argv[0]);
    }
    const struct command *guess = nearest(group, wanted);
    if (guess != NULL) {
        return cli_fail_usage("there is no command '%.40s'; did you mean '%s'?", wanted,
                              guess->name);
    }
    return cli_fail_usage("there is no command '%.40s'", wanted);
}

static int run(const struct command *command, int argc, char **argv, const char *group_name)
{
    char full[2 * NAME_MAX_LEN];
    (void)snprintf(full, sizeof(full), "%s %s", group_name, command->name);
    char *outer = program_invocation_short_name;
    argv[0] = full;
    program_invocation_short_name = full;
    int code = command->run(argc, argv);
    program_invocation_short_name = outer;
    return code;
}

static void show_group(const struct command_group *group, const char *name, FILE *f)
{
    (void)fprintf(f, "Usage: %s COMMAND [OPTION...]\n%s\n\n", name, group->intro);
    for (const struct command *c = group->commands; c->name != NULL; c++) {
        term_print(f, STYLE_NAME, "  %-12s", c->name);
        (void)fprintf(f, "  %s\n", c->summary);
    }
    term_print(f, STYLE_NAME, "  %-12s", "help");
    (void)fprintf(f, "  explain a command: %s help COMMAND\n", name);
    if (group->outro != NULL) {
        (void)fprintf(f, "\n%s\n", group->outro);
    }
}

static const struct command *find(const struct command_group *group, const char *name)
{
    for (const struct command *c = group->commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

/* How many letters have to be put in, taken out, replaced, or swapped with their neighbour. */
static size_t distance(const char *a, const char *b)
{
    size_t len_a = strlen(a);
    size_t len_b = strlen(b);
    size_t rows[3][NAME_MAX_LEN + 1];
    if (len_a > NAME_MAX_LEN || len_b > NAME_MAX_LEN) {
        return NAME_MAX_LEN;
    }
    for (size_t j = 0; j <= len_b; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= len_a; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            size_t best = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            best = min_size(best, min_size(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = min_size(best, two_above[j - 2] + 1);
            }
            row[j] = best;
        }
    }
    return rows[len_a % 3][len_b];
}

static const struct command *nearest(const struct command_group *group, const char *name)
{
    const struct command *best = NULL;
    size_t best_distance = NAME_MAX_LEN;
    for (const struct command *c = group->commands; c->name != NULL; c++) {
        size_t d = distance(name, c->name);
        if (strlen(name) > 1 && strncmp(c->name, name, strlen(name)) == 0) {
            d = 1; /* the beginning of a name */
        }
        if (d < best_distance) {
            best = c;
            best_distance = d;
        }
    }
    /* more than a third of the letters wrong is another word, not a slip */
    return best != NULL && best_distance <= 1 + strlen(name) / 3 ? best : NULL;
}

/* test_commands.c - which command runs, with which line; help in all forms; guesses at slips. */
#include "cli_support.h"

#include <errno.h>

#include "cli/cli.h"

static int show_line(int argc, char **argv)
{
    (void)printf("(%s)", program_invocation_short_name);
    for (int i = 0; i < argc; i++) {
        (void)printf("[%s]", argv[i]);
    }
    return argv[argc] == NULL ? 7 : 8;
}

static int show_other(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 9;
}

static const struct command commands[] = {
    { "serve", show_line, "serves" },
    { "connect", show_line, "connects" },
    { "self-signed", show_other, "signs" },
    { NULL, NULL, NULL },
};
static const struct command_group group = { .intro = "The intro.", .commands = commands };
static const struct command_group long_group = { .intro = "The intro.",
                                                 .outro = "The outro.",
                                                 .commands = commands };

static int dispatch(int argc, char **argv)
{
    return cli_dispatch(&group, argc, argv);
}

static int dispatch_long(int argc, char **argv)
{
    int code = cli_dispatch(&long_group, argc, argv);
    return strcmp(program_invocation_short_name, "cssl") == 0 ? code : 50; /* put back */
}

static void runs(void **state)
{
    (void)state;
    static const struct {
        const char *args[5];
        int code;
        const char *out;
    } rows[] = {
        { { "serve" }, 7, "(cssl serve)[cssl serve]" },
        { { "connect", "a", "--b" }, 7, "(cssl connect)[cssl connect][a][--b]" },
        { { "connect", "--help" }, 7, "(cssl connect)[cssl connect][--help]" },
        { { "help", "connect" }, 7, "(cssl connect)[cssl connect][--help]" },
        { { "help", "connect", "x" }, 7, "(cssl connect)[cssl connect][x][--help]" },
        { { "self-signed" }, 9, "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct cli_said *said = cli_child_command(dispatch_long, rows[i].args);
        assert_string_equal(said->out, rows[i].out);
        assert_string_equal(said->err, "");
        assert_int_equal(said->code, rows[i].code);
    }
}

/* Asked for it goes to stdout and is a success; else to stderr, and is wrong usage. */
static void helps(void **state)
{
    (void)state;
    static const char *const asked[][2] = { { "--help" }, { "-h" }, { "help" } };
    for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
        const struct cli_said *said = cli_child_command(dispatch_long, asked[i]);
        assert_int_equal(said->code, CLI_OK);
        assert_string_equal(said->err, "");
        cli_has(said->out, "Usage: cssl COMMAND [OPTION...]\nThe intro.\n");
        cli_has(said->out, "  serve         serves\n");
        cli_has(said->out, "  self-signed   signs\n");
        cli_has(said->out, "cssl help COMMAND\n");
        cli_has(said->out, "\nThe outro.\n");
    }
    static const char *const nothing[] = { NULL };
    const struct cli_said *said = cli_child_command(dispatch, nothing);
    assert_int_equal(said->code, CLI_USAGE);
    assert_string_equal(said->out, "");
    cli_has(said->err, "  connect       connects\n");
    assert_null(strstr(said->err, "null"));
}

static void guesses(void **state)
{
    (void)state;
    static const struct {
        const char *wanted, *guess; /* NULL: none */
    } rows[] = {
        { "serv", "serve" },
        { "sevre", "serve" }, /* two letters swapped */
        { "serrve", "serve" },
        { "sarve", "serve" },
        { "co", "connect" }, /* the beginning of it */
        { "conect", "connect" },
        { "conxeyt", "connect" },
        { "cxnxexx", NULL },
        { "selfsigned", "self-signed" },
        { "trace", NULL },
        { "", NULL },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
        { "--json", NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *const args[] = { rows[i].wanted, NULL };
        char sentence[64];
        const struct cli_said *said = cli_child_command(dispatch, args);
        assert_int_equal(said->code, CLI_USAGE);
        assert_string_equal(said->out, "");
        cli_has(said->err, "cssl: there is no command '");
        cli_has(said->err, "Try `cssl --help'.");
        (void)snprintf(sentence, sizeof(sentence), "did you mean '%s'?",
                       rows[i].guess == NULL ? "" : rows[i].guess);
        if (rows[i].guess != NULL) {
            cli_has(said->err, sentence);
        } else if (strstr(said->err, "did you mean") != NULL) {
            fail_msg("%s", said->err);
        }
        assert_true(strlen(said->err) < 160); /* what was asked for is cut off */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs),
        cmocka_unit_test(helps),
        cmocka_unit_test(guesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

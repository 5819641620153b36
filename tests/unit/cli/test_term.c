/* test_term.c - who gets colours: a terminal that has them, and nobody who does not want them. */
#include "cli_support.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"

/* A terminal of our own: what is printed to *slave is read from the number that is returned. */
static int terminal(FILE **slave)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    assert_int_equal(grantpt(fd), 0);
    assert_int_equal(unlockpt(fd), 0);
    int other = open(ptsname(fd), O_RDWR | O_NOCTTY);
    assert_true(other >= 0);
    *slave = fdopen(other, "w");
    assert_non_null(*slave);
    return fd;
}

static void put_env(const char *name, const char *value)
{
    assert_int_equal(value == NULL ? unsetenv(name) : setenv(name, value, 1), 0);
}

static void colours(void **state)
{
    (void)state;
    static const struct {
        const char *term, *no_color;
        bool colours;
    } rows[] = {
        { "xterm", NULL, true }, { "xterm", "", true },   { "xterm", "1", false },
        { "xterm", "0", false }, { "dumb", NULL, false }, { NULL, NULL, false },
    };
    FILE *slave = NULL;
    int fd = terminal(&slave);
    FILE *file = tmpfile();
    assert_non_null(file);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        put_env("TERM", rows[i].term);
        put_env("NO_COLOR", rows[i].no_color);
        assert_int_equal(term_colours(slave), rows[i].colours);
        assert_false(term_colours(file));
        for (int style = STYLE_PLAIN; style <= STYLE_NAME; style++) {
            const char *code = term_style(slave, (enum style)style);
            assert_int_equal(code[0] != '\0', rows[i].colours);
            assert_int_equal(strncmp(code, "\033[", 2) == 0, rows[i].colours);
            assert_string_equal(term_style(file, (enum style)style), "");
        }
    }
    (void)fclose(file);
    (void)fclose(slave);
    (void)close(fd);
}

/* The style begins before the piece and ends behind it; a file has the piece alone. */
static void pieces(void **state)
{
    (void)state;
    char text[64] = "";
    FILE *slave = NULL;
    int fd = terminal(&slave);
    put_env("TERM", "xterm");
    put_env("NO_COLOR", NULL);
    term_print(slave, STYLE_BAD, "%s-%d", "a", 7);
    assert_int_equal(fflush(slave), 0);
    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "\033[31ma-7\033[0m");
    (void)fclose(slave);
    (void)close(fd);
    FILE *file = tmpfile();
    assert_non_null(file);
    term_print(file, STYLE_BAD, "%s-%d", "a", 7);
    rewind(file);
    assert_non_null(fgets(text, sizeof(text), file));
    assert_string_equal(text, "a-7");
    (void)fclose(file);
}

static void widths(void **state)
{
    (void)state;
    static const unsigned short columns[][2] = { { 1, 1 }, { 120, 120 }, { 0, 80 } };
    FILE *slave = NULL;
    int fd = terminal(&slave);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        const struct winsize size = { .ws_row = 24, .ws_col = columns[i][0] };
        assert_int_equal(ioctl(fd, TIOCSWINSZ, &size), 0);
        assert_int_equal(term_width(slave), columns[i][1]);
    }
    (void)fclose(slave);
    (void)close(fd);
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(term_width(file), 80);
    (void)fclose(file);
}

static void locales(void **state)
{
    (void)state;
    assert_non_null(setlocale(LC_ALL, "C"));
    assert_false(term_utf8());
    if (setlocale(LC_ALL, "C.UTF-8") != NULL) {
        assert_true(term_utf8());
    }
    (void)setlocale(LC_ALL, "C");
}

static char name[] = "cssl thing";

static int say_fail(void *arg)
{
    program_invocation_short_name = name;
    return cli_fail("%s %d", (const char *)arg, 1);
}

static int say_usage(void *arg)
{
    program_invocation_short_name = name;
    return cli_fail_usage("%s", (const char *)arg);
}

/* What stands on stdout is out before the warning is. */
static int say_warn(void *arg)
{
    program_invocation_short_name = name;
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    (void)printf("first\n");
    cli_warn("%s", (const char *)arg);
    return CLI_OK;
}

static void messages(void **state)
{
    (void)state;
    char words[] = "100% wrong";
    const struct cli_said *said = cli_child(say_fail, words);
    assert_int_equal(said->code, CLI_NO);
    assert_string_equal(said->err, "cssl thing: 100% wrong 1\n");
    assert_string_equal(said->out, "");
    said = cli_child(say_usage, words);
    assert_int_equal(said->code, CLI_USAGE);
    assert_string_equal(said->err, "cssl thing: 100% wrong\nTry `cssl thing --help'.\n");
    said = cli_child(say_warn, words);
    assert_int_equal(said->code, CLI_OK);
    assert_string_equal(said->err, "first\ncssl thing: warning: 100% wrong\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours), cmocka_unit_test(pieces),   cmocka_unit_test(widths),
        cmocka_unit_test(locales), cmocka_unit_test(messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

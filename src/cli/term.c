/* term.c - messages, and what the terminal can show. */
#include "cli/cli.h"

#include <errno.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void say(enum style style, const char *word, const char *format, va_list args)
    PRINTF_LIKE(3, 0);

int cli_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(STYLE_BAD, "", format, args);
    va_end(args);
    return CLI_NO;
}

int cli_fail_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(STYLE_BAD, "", format, args);
    va_end(args);
    (void)fprintf(stderr, "Try `%s --help'.\n", program_invocation_short_name);
    return CLI_USAGE;
}

void cli_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(STYLE_WARN, "warning: ", format, args);
    va_end(args);
}

static void say(enum style style, const char *word, const char *format, va_list args)
{
    (void)fflush(stdout); /* what came before it is read before it */
    term_print(stderr, style, "%s: %s", program_invocation_short_name, word);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
}

bool term_colours(FILE *f)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (no != NULL && no[0] != '\0') {
        return false;
    }
    return term != NULL && strcmp(term, "dumb") != 0 && isatty(fileno(f));
}

const char *term_style(FILE *f, enum style style)
{
    static const char *const codes[] = {
        [STYLE_PLAIN] = "\033[0m",   [STYLE_BOLD] = "\033[1m", [STYLE_DIM] = "\033[2m",
        [STYLE_GOOD] = "\033[32m",   [STYLE_BAD] = "\033[31m", [STYLE_WARN] = "\033[33m",
        [STYLE_NAME] = "\033[1;36m",
    };
    return term_colours(f) ? codes[style] : "";
}

void term_print(FILE *f, enum style style, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs(term_style(f, style), f);
    (void)vfprintf(f, format, args);
    (void)fputs(term_style(f, STYLE_PLAIN), f);
    va_end(args);
}

unsigned term_width(FILE *f)
{
    struct winsize size = { 0 };
    if (ioctl(fileno(f), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return 80;
}

bool term_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/*
 * cli.h - what the files of the command `cssl` share: the table of commands, names of options, exit
 * codes, errors, colours, files, JSON. Knows nothing of any single command.
 *
 * Arguments are parsed by argp(3), so that every command has a --help that reads the same. A
 * command is one function of a table; its options use the keys below, so that an option is named,
 * spelled and explained alike everywhere.
 */
#ifndef CSSL_CLI_CLI_H
#define CSSL_CLI_CLI_H

#include "base/base.h"
#include "base/error.h"

#include <argp.h>
#include <jansson.h>
#include <stdio.h>

/* ---- Exit codes, of every command (docs/man/cssl.1) ---- */

enum {
    CLI_OK = 0,   /* it worked; the answer is yes */
    CLI_NO = 1,   /* it failed; the answer is no */
    CLI_USAGE = 2 /* the command line is wrong: nothing was done */
};

/* ---- Commands ---- */

/* run gets argv[0] = "cssl serve" and what stood behind it, and returns an exit code. */
struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary; /* one line of `cssl help` */
};

int cmd_cert(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_connect(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_advisories(int argc, char **argv);

/* What a name with commands below it says in its help: of `cssl` and of `cssl cert`. */
struct command_group {
    const char *intro;             /* a sentence or two */
    const char *outro;             /* examples; may be NULL */
    const struct command *commands; /* ends with a row without a name */
};

/* cli_dispatch runs the command that argv[1] names; argv[0] is the name of the group. It answers
 * --help, -h, help and help COMMAND, and suggests the nearest name for one that is unknown. */
int cli_dispatch(const struct command_group *group, int argc, char **argv) CHECK;

/* ---- Options ----
 *
 * One key an option, whichever command has it. The OPT_x macros are rows of an argp_option table:
 *
 *     static const struct argp_option options[] = {
 *         OPT_ROW_PORT("to listen on; 0 takes a free one (8443)"),
 *         OPT_ROW_JSON,
 *         { "echo", OPT_ECHO, NULL, 0, "send back what comes", 0 },
 *         { 0 },
 *     };
 */
enum cli_option {
    OPT_PORT = 'p',
    OPT_OUT = 'o',
    OPT_NAME = 'n',
    OPT_FORCE = 'f',
    OPT_HELP_SHORT = 'h', /* answered by cli_parse */
    OPT_CERT = 0x100,
    OPT_KEY,
    OPT_CACERT,
    OPT_ECHO,
    OPT_JSON,
    OPT_TRACE,
    OPT_DAYS,
    OPT_OWN_FIRST = 0x200 /* a command's own keys begin here */
};

#define OPT_ROW_PORT(text)   { "port", OPT_PORT, "PORT", 0, (text), 0 }
#define OPT_ROW_CERT(text)   { "cert", OPT_CERT, "FILE", 0, (text), 0 }
#define OPT_ROW_KEY(text)    { "key", OPT_KEY, "FILE", 0, (text), 0 }
#define OPT_ROW_CACERT(text) { "cacert", OPT_CACERT, "FILE", 0, (text), 0 }
#define OPT_ROW_NAME(text)   { "name", OPT_NAME, "NAME", 0, (text), 0 }
#define OPT_ROW_OUT(arg, text) { "out", OPT_OUT, (arg), 0, (text), 0 }
#define OPT_ROW_DAYS(text)   { "days", OPT_DAYS, "DAYS", 0, (text), 0 }
#define OPT_ROW_FORCE        { "force", OPT_FORCE, NULL, 0, "overwrite files that exist", 0 }
#define OPT_ROW_JSON         { "json", OPT_JSON, NULL, 0, "print JSON, for scripts", 0 }

/* cli_parse runs argp over the whole command line with cssl's manners: wrong usage ends the
 * program with CLI_USAGE, --help and -h with CLI_OK. It returns when everything was understood.
 * Inside a parser use argp_error(state, ...) for what is wrong. */
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* cli_number reads a decimal number between min and max, or ends the program: "--days is ...". */
long cli_number(struct argp_state *state, const char *option, const char *text, long min,
                long max);
/* cli_port is cli_number for 0 .. 65535. */
uint16_t cli_port(struct argp_state *state, const char *option, const char *text);

enum { CLI_HOST_MAX = 256 };
/* cli_host_port takes HOST, HOST:PORT, [V6], [V6]:PORT or a bare IPv6 address apart; usual is the
 * port when none is named (0: one is needed). False with a sentence in why (CLI_HOST_MAX bytes). */
bool cli_host_port(const char *text, uint16_t usual, char host[CLI_HOST_MAX], uint16_t *port,
                   char *why) CHECK;

/* ---- Messages, on stderr ---- */

/* cli_fail prints "cssl cert: <sentence>" and returns CLI_NO; cli_fail_usage adds where the help
 * is and returns CLI_USAGE; cli_warn and cli_note print only. Formats are literals; what comes
 * from a peer or a file goes through cli_text first. */
int cli_fail(const char *format, ...) PRINTF_LIKE(1, 2);
int cli_fail_usage(const char *format, ...) PRINTF_LIKE(1, 2);
void cli_warn(const char *format, ...) PRINTF_LIKE(1, 2);

/* ---- Terminal ---- */

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_BAD, STYLE_WARN, STYLE_NAME };

/* term_colours says whether colours belong on f: a terminal that is not dumb, and no NO_COLOR. */
bool term_colours(FILE *f);
/* term_style is the escape sequence that begins a style on f (STYLE_PLAIN ends it), or "". */
const char *term_style(FILE *f, enum style style);
/* term_print prints one piece in a style. */
void term_print(FILE *f, enum style style, const char *format, ...) PRINTF_LIKE(3, 4);
/* term_width is how many columns f has; 80 where that is not known. */
unsigned term_width(FILE *f);
/* term_utf8 says whether the locale's characters are UTF-8: else draw with ASCII. */
bool term_utf8(void);

/* ---- Text ---- */

/* cli_text returns a printable copy of what a stranger said: control characters and bytes that
 * are not ASCII (or valid UTF-8, when utf8) become \xNN. Freed by the caller; never NULL. */
char *cli_text(cssl_bytes bytes, bool utf8) CHECK;
/* cli_hex returns upper-case hex digits with `between` (may be "") between the bytes. */
char *cli_hex(cssl_bytes bytes, const char *between) CHECK;
enum { CLI_TIME_MAX = 40 };
/* cli_time writes "2026-03-01 12:00:00 UTC"; cli_time_iso "2026-03-01T12:00:00Z". */
void cli_time(char out[CLI_TIME_MAX], int64_t seconds);
void cli_time_iso(char out[CLI_TIME_MAX], int64_t seconds);
/* cli_memory returns p, or ends the program when it is NULL: a command that has no memory for a
 * line of text has nothing better to do. */
void *cli_memory(void *p) CHECK;

/* ---- Files ---- */

/* cli_read reads a file, or stdin for "-", of at most limit bytes. *data is freed with
 * mem_free_wiped(*data, *len). */
int cli_read(const char *path, size_t limit, uint8_t **data, size_t *len, cssl_error *err) CHECK;

enum cli_file_kind {
    FILE_PUBLIC, /* mode 0644, less the umask */
    FILE_SECRET  /* mode 0600, whatever the umask is */
};
/* cli_write makes a file that is complete or not there: it writes beside it, syncs, and gives it
 * its name. Without force a name that exists is refused. No symbolic link is followed. */
int cli_write(const char *path, cssl_bytes data, enum cli_file_kind kind, bool force,
              cssl_error *err) CHECK;
/* cli_path returns "dir/name", or name when dir is NULL. Freed by the caller. */
char *cli_path(const char *dir, const char *name) CHECK;

/* ---- JSON ---- */

/* cli_json_print prints a document on stdout and gives its reference back. It returns CLI_OK, or
 * CLI_NO when it could not be made (object may be NULL) or written. */
int cli_json_print(json_t *object) CHECK;
/* These make new values, never NULL: text (made printable), hex digits in lower case, a time as
 * cli_time_iso has it. */
json_t *cli_json_text(cssl_bytes bytes) CHECK;
json_t *cli_json_hex(cssl_bytes bytes) CHECK;
json_t *cli_json_time(int64_t seconds) CHECK;
/* cli_json_set and cli_json_add put a new value into an object or array, which takes it over. */
void cli_json_set(json_t *object, const char *key, json_t *value);
void cli_json_add(json_t *array, json_t *value);

/* ---- Advisories (advisories.c) ---- */

/* advisories_warn_once prints a warning to f when an advisory of severity High or Critical touches
 * a cryptographic library in use: the first time it is called, then never again. */
void advisories_warn_once(FILE *f);

#endif

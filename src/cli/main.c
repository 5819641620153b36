/* main.c - the command `cssl`: which commands there are. What they do stands in their own files. */
#include "cli/cli.h"

#include <stdlib.h>

static int show_version(void);

static const struct command commands[] = {
    { "cert", cmd_cert, "make, look at and verify certificates" },
    { "serve", cmd_serve, "a TLS server for trying things: echo, a page, a folder of files" },
    { "connect", cmd_connect, "a TLS client: what was negotiated, whom it met, and a terminal" },
    { "trace", cmd_trace, "draw a handshake as a sequence diagram: text, Mermaid, SVG" },
    { "advisories", cmd_advisories, "which published advisories touch the libraries in use" },
    { NULL, NULL, NULL },
};

static const struct command_group cssl = {
    .intro = "TLS for people: try it, look at it, make what it needs.",
    .outro = "Exit codes: 0 it worked or the answer is yes; 1 it failed or the answer is no;\n"
             "2 the command line is wrong and nothing was done.\n"
             "\n"
             "`cssl COMMAND --help` explains a command. Colours are shown on terminals only, and\n"
             "never when NO_COLOR is set.",
    .commands = commands,
};

int main(int argc, char **argv)
{
    char name[] = "cssl";
    char *no_arguments[] = { name, NULL };
    if (argc < 1) {
        argc = 1;
        argv = no_arguments;
    }
    argv[0] = name;
    int code;
    if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
        code = show_version();
    } else {
        code = cli_dispatch(&cssl, argc, argv);
    }
    /* Output that could not be written is a failure too: a full disk, a closed pipe. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return code == CLI_OK ? cli_fail("the output could not be written") : code;
    }
    return code;
}

static int show_version(void)
{
    (void)printf("cssl %s\n", cssl_version());
    return CLI_OK;
}

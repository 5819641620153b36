/* options.c - argp with cssl's manners, and the values that several options take. */
#include "cli/cli.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

static error_t parse_common(int key, char *arg, struct argp_state *state);

static const struct argp_option common_options[] = {
    { "help", OPT_HELP_SHORT, NULL, 0, "print this help", -1 },
    { "usage", OPT_OWN_FIRST - 1, NULL, OPTION_HIDDEN, NULL, -1 },
    { NULL, 0, NULL, 0, NULL, 0 },
};

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    const struct argp_child children[] = { { argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };
    const struct argp common = { common_options, parse_common, NULL, NULL, children, NULL, NULL };
    argp_err_exit_status = CLI_USAGE;
    (void)setenv("ARGP_HELP_FMT", "no-dup-args-note,opt-doc-col=26,rmargin=90", 0);
    /* in order: NAMEs and --name keep theirs */
    error_t error = argp_parse(&common, argc, argv, ARGP_NO_HELP | ARGP_IN_ORDER, NULL, input);
    if (error != 0) {
        exit(cli_fail("%s", strerror(error)));
    }
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = state->input; return 0;
    case OPT_HELP_SHORT: argp_state_help(state, stdout, ARGP_HELP_STD_HELP); return 0;
    case OPT_OWN_FIRST - 1:
        argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

long cli_number(struct argp_state *state, const char *option, const char *text, long min, long max)
{
    char *end = NULL;
    errno = 0;
    long n = strtol(text, &end, 10);
    bool digits = text[0] >= '0' && text[0] <= '9';
    if (text[0] == '-' && min < 0) {
        digits = true;
    }
    if (!digits || errno != 0 || *end != '\0' || n < min || n > max) {
        argp_error(state, "--%s is a number from %ld to %ld, not '%.40s'", option, min, max, text);
    }
    return n;
}

uint16_t cli_port(struct argp_state *state, const char *option, const char *text)
{
    return (uint16_t)cli_number(state, option, text, 0, UINT16_MAX);
}

/* ---- HOST:PORT ---- */

static bool refuse(char *why, const char *sentence)
{
    (void)snprintf(why, CLI_HOST_MAX, "%s", sentence);
    return false;
}

static bool parse_port(const char *text, uint16_t *port, char *why)
{
    unsigned n = 0;
    size_t len = strlen(text);
    if (len == 0 || len > 5 || strspn(text, "0123456789") != len) {
        return refuse(why, "the port behind the colon is a number from 1 to 65535");
    }
    for (size_t i = 0; i < len; i++) {
        n = 10 * n + (unsigned)(text[i] - '0');
    }
    if (n == 0 || n > UINT16_MAX) {
        return refuse(why, "the port behind the colon is a number from 1 to 65535");
    }
    *port = (uint16_t)n;
    return true;
}

bool cli_host_port(const char *text, uint16_t usual, char host[CLI_HOST_MAX], uint16_t *port,
                   char *why)
{
    struct in6_addr v6;
    const char *start = text;
    const char *end = NULL;
    const char *rest = "";
    if (text[0] == '[') {
        start = text + 1;
        end = strchr(start, ']');
        if (end == NULL) {
            return refuse(why, "an address that begins with [ ends with ]");
        }
        rest = end + 1;
    } else if (inet_pton(AF_INET6, text, &v6) == 1) {
        end = text + strlen(text);
    } else {
        const char *colon = strrchr(text, ':');
        end = colon == NULL ? text + strlen(text) : colon;
        rest = end;
    }
    size_t len = (size_t)(end - start);
    if (len == 0) {
        return refuse(why, "the host is missing: write HOST:PORT");
    }
    if (len >= CLI_HOST_MAX) {
        return refuse(why, "the host's name is longer than 255 characters");
    }
    memcpy(host, start, len);
    host[len] = '\0';
    if (strchr(host, ':') != NULL && inet_pton(AF_INET6, host, &v6) != 1) {
        return refuse(why, "a host with colons is an IPv6 address: write [ADDRESS]:PORT");
    }
    if (rest[0] == ':') {
        return parse_port(rest + 1, port, why);
    }
    if (rest[0] != '\0') {
        return refuse(why, "behind the ] comes a colon and the port");
    }
    if (usual == 0) {
        return refuse(why, "the port is missing: write HOST:PORT");
    }
    *port = usual;
    return true;
}

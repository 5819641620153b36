/* trace_live.c - `cssl trace`: connects, draws the handshake, closes. Carries no data; connecting
 * and STARTTLS are those of `cssl connect`, drawing is trace.c. */
#include "cli/connect.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum { OPT_FORM = OPT_CONNECT_END };

struct trace_args {
    struct connect_args connect;
    enum trace_form form;
    const char *out;
};

static const struct argp_option options[] = {
    { NULL, 0, NULL, 0, "What is drawn:", 1 },
    { "form", OPT_FORM, "FORM", 0, "text (the default), ascii, mermaid, svg or json", 0 },
    { "json", OPT_JSON, NULL, 0, "the same as --form=json", 0 },
    OPT_ROW_OUT("FILE", "draw it there rather than on stdout"),
    { NULL, 0, NULL, 0, "Whom to connect to, and whom to trust:", 2 },
    CONNECT_ROWS_SERVER,
    { "insecure", OPT_INSECURE, NULL, 0, "go on whoever the server is", 0 },
    { "timeout", OPT_TIMEOUT, "SECONDS", 0, "for connecting (10)", 0 },
    { NULL, 0, NULL, 0, "What the client says of itself:", 3 },
    CONNECT_ROWS_CLIENT,
    TLS_OPT_ROWS_HANDSHAKE,
    TLS_OPT_ROWS_CLIENT,
    { NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state);

static const struct argp parser = {
    .options = options,
    .parser = parse,
    .args_doc = "HOST[:PORT]",
    .doc = "Connect to a TLS server, draw the handshake as a sequence diagram, and close: each "
           "message with its size, its key extensions and the keys that it was encrypted under. "
           "A handshake that fails is drawn as far as it came.\v"
           "    cssl trace example.org\n"
           "    cssl trace --form=svg --out handshake.svg example.org:443\n"
           "    cssl trace --form=mermaid --cacert ca.pem localhost:8443 >> notes.md\n\n"
           "Exit code 0 when the handshake was made with a server that was verified (or with "
           "--insecure), else 1; 2 when the command line is wrong.",
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct trace_args *a = state->input;
    if (connect_parse(&a->connect, key, arg, state)) {
        return 0;
    }
    switch (key) {
    case OPT_FORM:
        if (!trace_form_of(arg, &a->form)) {
            argp_error(state, "--form is text, ascii, mermaid, svg or json, not '%.40s'", arg);
        }
        return 0;
    case OPT_JSON: a->form = TRACE_JSON; return 0;
    case OPT_OUT: a->out = arg; return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "whose handshake? Write HOST:PORT"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int run(struct trace_args *a);

int cmd_trace(int argc, char **argv)
{
    struct trace_args args = { .connect = { .timeout = 1000 * CONNECT_SECONDS },
                               .form = TRACE_TEXT };
    cli_parse(&parser, argc, argv, &args);
    (void)signal(SIGPIPE, SIG_IGN); /* a stdout that is gone is an error like others */
    int code = connect_target(&args.connect);
    args.connect.tls.tracing = true;
    if (code == CLI_OK) {
        code = tls_opts_open(&args.connect.tls);
    }
    if (code == CLI_OK) {
        code = run(&args);
    }
    tls_opts_free(&args.connect.tls);
    return code;
}

/* draw puts the drawing where it belongs. */
static int draw(const struct trace_args *a, const struct trace *trace)
{
    char *text = NULL;
    size_t len = 0;
    cssl_error err;
    FILE *f = open_memstream(&text, &len);
    bool colour = a->out == NULL && term_colours(stdout);
    int status = f == NULL ? CSSL_NOMEM : trace_draw(trace, a->form, f, colour);
    if (f != NULL && fclose(f) != 0) {
        status = CSSL_NOMEM;
    }
    int code = CLI_OK;
    if (status < 0) {
        code = cli_fail("the handshake could not be drawn: out of memory");
    } else if (a->out == NULL) {
        (void)fwrite(text, 1, len, stdout); /* main looks whether it was written */
    } else if (cli_write(a->out, bytes_of((const uint8_t *)text, len), FILE_PUBLIC, true, &err) <
               0) {
        code = cli_fail("%s", err.text);
    }
    free(text);
    return code;
}

static int run(struct trace_args *a)
{
    struct connect_args *c = &a->connect;
    char server[CLI_HOST_MAX + 8];
    cssl_error err;
    const cssl_options o = connect_options(c);
    cssl_config *config = cssl_client_config(&o, &err);
    if (config == NULL) {
        return tls_opts_fail(&err);
    }
    if (err.text[0] != '\0') {
        cli_warn("%s", err.text);
    }
    tls_opts_trace_begin(&c->tls);
    cssl_socket *s = dial(c, config, &err);
    int code = s == NULL ? CLI_NO : CLI_OK;
    /* What comes behind the handshake, tickets for one, comes until the peer's end. */
    int closed = cssl_close(s, CSSL_LINGER, s == NULL ? NULL : &err);
    (void)snprintf(server, sizeof(server), "%s:%u", c->host, c->port);
    trace_names(c->tls.trace, "cssl trace", server);
    if (trace_count(c->tls.trace) > 0 && draw(a, c->tls.trace) != CLI_OK) {
        code = CLI_NO;
    }
    if (s == NULL) {
        (void)cli_fail("%s", err.text);
    } else if (closed < 0 && err.status == CSSL_ALERT) {
        code = cli_fail("%s", err.text); /* such as a client certificate that is refused */
    }
    cssl_config_free(config);
    return code;
}

/* connect.c - `cssl connect`: its options, the connection, and what is said of it. Carrying data is
 * connect_relay.c, trust is connect_trust.c, what comes before TLS is starttls.c. */
#include "cli/connect.h"

#include "base/mem.h"
#include "socket/deadline.h"
#include "socket/race.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    OPT_SESS_IN = OPT_CONNECT_END,
    OPT_SESS_OUT,
    OPT_EARLY_DATA,
    OPT_RENEGOTIATE,
    OPT_QUIET
};

enum { SESSION_MAX = 1 << 20, EARLY_MAX = 65536 }; /* bytes of the two files */

static const struct argp_option options[] = {
    { NULL, 0, NULL, 0, "Whom to connect to, and whom to trust:", 1 },
    CONNECT_ROWS_SERVER,
    { "insecure", OPT_INSECURE, NULL, 0,
      "go on whoever the server is: ANYBODY may be in the middle", 0 },
    { "timeout", OPT_TIMEOUT, "SECONDS", 0,
      "for connecting (10), and for a server that says nothing after our end (no limit)", 0 },
    { NULL, 0, NULL, 0, "Who the client is:", 2 },
    CONNECT_ROWS_CLIENT,
    { "sess-out", OPT_SESS_OUT, "FILE", 0, "keep the session there: a SECRET", 0 },
    { "sess-in", OPT_SESS_IN, "FILE", 0, "resume the session that was kept there", 0 },
    { "early-data", OPT_EARLY_DATA, "FILE", 0,
      "send this first: within the first flight if the session of --sess-in allows it, where "
      "ANYBODY may replay it, else behind the handshake", 0 },
    { NULL, 0, NULL, 0, "TLS and what is shown:", 3 },
    TLS_OPT_ROWS_CLIENT,
    { "renegotiate", OPT_RENEGOTIATE, NULL, 0, "shake hands once more before data (TLS 1.2)", 0 },
    TLS_OPT_ROWS,
    { "json", OPT_JSON, NULL, 0, "print the facts as JSON, and carry no data", 0 },
    { "quiet", OPT_QUIET, NULL, 0, "print nothing but data and errors", 0 },
    { NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state);

static const struct argp parser = {
    .options = options,
    .parser = parse,
    .args_doc = "HOST[:PORT]",
    .doc = "Connect to a TLS server, say what was negotiated and whether it can be trusted, then "
           "carry stdin to it and its answers to stdout.\v"
           "    cssl connect example.org:443\n"
           "    cssl connect --starttls smtp mail.example.org:25\n"
           "    echo 'Hello, server!' | cssl connect --cacert ca.pem localhost:8443\n\n"
           "Exit code 0 only when the server was verified and both sides ended the exchange in "
           "order, else 1; 2 when the command line is wrong.",
};

bool connect_parse(struct connect_args *a, int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case OPT_PORT: a->port = cli_port(state, "port", arg); return true;
    case OPT_NAME: a->name = arg; return true;
    case OPT_INSECURE: a->insecure = true; return true;
    case OPT_STARTTLS:
        a->starttls = starttls_find(arg);
        if (a->starttls == NULL) {
            argp_error(state, "--starttls is smtp, imap, pop3, postgres, ldap or xmpp, "
                              "not '%.40s'", arg);
        }
        return true;
    case OPT_TIMEOUT:
        a->timeout = 1000 * (int)cli_number(state, "timeout", arg, 1, 86400);
        a->silence = a->timeout;
        return true;
    case ARGP_KEY_ARG:
        if (a->target != NULL) {
            argp_error(state, "one HOST:PORT is enough: '%.40s' is too much", arg);
        }
        a->target = arg;
        return true;
    default: return tls_opts_parse(&a->tls, key, arg, state);
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct connect_args *a = state->input;
    if (connect_parse(a, key, arg, state)) {
        return 0;
    }
    switch (key) {
    case OPT_JSON: a->json = true; return 0;
    case OPT_QUIET: a->quiet = true; return 0;
    case OPT_SESS_IN: a->sess_in = arg; return 0;
    case OPT_SESS_OUT: a->sess_out = arg; return 0;
    case OPT_EARLY_DATA: a->early = arg; return 0;
    case OPT_RENEGOTIATE: a->renegotiate = true; return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "whom to connect to? Write HOST:PORT"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static int settle(struct connect_args *a);
static void forget(cssl_bytes read);
static int run(struct connect_args *a);

int cmd_connect(int argc, char **argv)
{
    struct connect_args args = { .timeout = 1000 * CONNECT_SECONDS, .silence = CSSL_INFINITY };
    cli_parse(&parser, argc, argv, &args);
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGPIPE, &ignore, NULL); /* a stdout that is gone is an error like others */
    int code = settle(&args);
    if (code == CLI_OK) {
        if (!args.quiet) {
            advisories_warn_once(stderr);
        }
        code = run(&args);
    }
    forget(args.tls.options.use_ticket);
    forget(args.tls.options.early_data);
    tls_opts_free(&args.tls);
    return code;
}

static int read_into(cssl_bytes *to, const char *path, size_t max)
{
    cssl_error err;
    uint8_t *data = NULL;
    size_t len = 0;
    if (cli_read(path, max, &data, &len, &err) < 0) {
        return cli_fail("%s", err.text);
    }
    *to = bytes_of(data, len);
    return CLI_OK;
}

static int settle(struct connect_args *a)
{
    cssl_options *o = &a->tls.options;
    int code = connect_target(a);
    if (code != CLI_OK) {
        return code;
    }
    if (a->json && a->silence == CSSL_INFINITY) {
        a->silence = a->timeout; /* nobody waits for data that nobody sees */
    }
    if (a->sess_in != NULL || a->sess_out != NULL) {
        o->session_tickets = CSSL_TICKETS_MANUAL;
    }
    if (a->sess_in != NULL) {
        code = read_into(&o->use_ticket, a->sess_in, SESSION_MAX);
    }
    if (code == CLI_OK && a->early != NULL) {
        code = read_into(&o->early_data, a->early, EARLY_MAX);
    }
    return code == CLI_OK ? tls_opts_open(&a->tls) : code;
}

static void forget(cssl_bytes read)
{
    mem_free_wiped((uint8_t *)(uintptr_t)read.data, read.len);
}

int connect_target(struct connect_args *a)
{
    char why[CLI_HOST_MAX];
    uint16_t port = a->port;
    uint16_t usual = a->starttls != NULL ? starttls_port(a->starttls) : 443;
    if (!cli_host_port(a->target, port != 0 ? port : usual, a->host, &a->port, why)) {
        return cli_fail_usage("'%.80s': %s", a->target, why);
    }
    if (port != 0 && port != a->port) {
        return cli_fail_usage("the port is %u or %u? Say it once", a->port, port);
    }
    if (a->insecure && a->tls.options.stapling == CSSL_ON) {
        return cli_fail_usage("--insecure looks at nothing that the server shows: leave --staple "
                              "out");
    }
    a->tls.options.server_name_indication = a->name;
    return CLI_OK;
}

/* The handshake asks nobody; what is said of trust still does. */
cssl_options connect_options(const struct connect_args *a)
{
    cssl_options o = a->tls.options;
    if (a->insecure) {
        o.verify = CSSL_VERIFY_NONE;
        o.cacertfile = NULL;
        o.stapling = CSSL_DEFAULT;
        o.crl_check = CSSL_CRL_NONE;
        o.crlfile = o.crl_dir = NULL;
    }
    return o;
}

/* ---- The connection ---- */

/* A TCP connection to the first of the host's addresses that answers. */
static int dial_tcp(const struct connect_args *a, int64_t deadline, cssl_error *err)
{
    struct race *race = race_new(a->host, a->port, NULL, err);
    if (race == NULL) {
        return err->status;
    }
    int fd = -1;
    int status;
    while ((status = race_run(race, &fd, err)) == RACE_ON) {
        int left = deadline_left(deadline);
        int wait = race_wait(race);
        if (left == 0) {
            status = race_late(race, err);
            break;
        }
        struct pollfd p = { .fd = race_fd(race), .events = POLLIN };
        (void)poll(&p, 1, wait >= 0 && (left < 0 || wait < left) ? wait : left);
    }
    race_free(race);
    return status < 0 ? status : fd;
}

cssl_socket *dial(const struct connect_args *a, cssl_config *config, cssl_error *err)
{
    if (a->starttls == NULL) {
        return cssl_connect_with(a->host, a->port, config, a->timeout, err);
    }
    int64_t deadline = deadline_after(a->timeout);
    int fd = dial_tcp(a, deadline, err);
    if (fd < 0) {
        return NULL;
    }
    cssl_socket *s = NULL;
    if (starttls_run(a->starttls, fd, a->name == NULL ? a->host : a->name, deadline, err) == 0) {
        s = cssl_connect_fd_with(fd, a->host, config, deadline_left(deadline), err);
    }
    if (s == NULL) {
        (void)close(fd);
    }
    return s;
}

/* ---- What is said ---- */

static void say_trust(const struct connect_args *a, const struct trust *trust, bool resumed)
{
    const char *name = a->name == NULL ? a->host : a->name;
    if (trust->by_key) {
        term_print(stderr, STYLE_GOOD, "Trusted");
        (void)fprintf(stderr, ": it knows the pre-shared key, and showed no certificate\n");
        return;
    }
    if (trust->trusted) {
        term_print(stderr, STYLE_GOOD, "Trusted");
        (void)fprintf(stderr, ": its certificate is for %s%s\n", name,
                      resumed ? ", as was checked when this session began"
                              : " and leads to an authority that is trusted");
        return;
    }
    term_print(stderr, STYLE_BAD, "Not trusted");
    (void)fprintf(stderr, ": %s\n", trust->why.text);
}

static void say_insecure(void)
{
    term_print(stderr, STYLE_BAD, "ANYBODY may be in the middle of this connection");
    (void)fprintf(stderr, ": with --insecure the server is not verified. Send no secrets and "
                          "believe nothing.\n");
}

/* Nothing stands: says why, and when the server's certificates may be the reason, what is wrong. */
static int refused(const struct connect_args *a, const cssl_error *err)
{
    struct trust trust = { .certificates = NULL };
    bool about_trust = err->status == CSSL_ALERT && err->reason >= 400 && err->reason < 500;
    if (about_trust) {
        trust_diagnose(&trust, a, err);
    }
    if (a->json) {
        json_t *j = cli_memory(json_pack("{s:s, s:i, s:b, s:o}", "host", a->host, "port",
                                         (int)a->port, "trusted", 0, "error", facts_error(err)));
        if (trust.certificates != NULL) {
            (void)json_object_set(j, "certificates", trust.certificates);
            if (!trust.trusted) {
                (void)json_object_set_new(j, "not_trusted", facts_error(&trust.why));
            }
        }
        (void)!cli_json_print(j); /* the answer is no in any case */
    } else if (trust.certificates != NULL && !trust.trusted) {
        if (!a->quiet) {
            (void)fprintf(stderr, "%s:%u shows this:\n", a->host, a->port);
            facts_print_chain(stderr, trust.certificates);
        }
        say_trust(a, &trust, false);
        (void)fprintf(stderr, "Nothing was sent.\n");
        if (trust.why.reason == CSSL_R_UNKNOWN_CA || trust.why.reason == CSSL_R_SELF_SIGNED_PEER) {
            (void)fprintf(stderr, "To trust it, have its issuer's certificate from somebody you "
                                  "know, and name it: --cacert FILE\n");
        }
    } else {
        (void)cli_fail("%s", err->text);
    }
    trust_free(&trust);
    return CLI_NO;
}

static int report(const struct connect_args *a, const cssl_socket *s, const struct trust *trust)
{
    json_t *facts = facts_of(s);
    cssl_info info;
    cssl_connection_information(s, &info);
    if (a->json) {
        (void)json_object_set_new(facts, "trusted", json_boolean(trust->trusted));
        if (!trust->trusted) {
            (void)json_object_set_new(facts, "not_trusted", facts_error(&trust->why));
        }
        return cli_json_print(facts);
    }
    if (!a->quiet) {
        facts_print(stderr, facts);
        say_trust(a, trust, info.session_resumption);
    }
    if (a->insecure) {
        say_insecure();
    }
    json_decref(facts);
    return CLI_OK;
}

/* What was not taken early is the first thing that is said now. */
static int send_late(const struct connect_args *a, cssl_socket *s, const cssl_info *info,
                     cssl_error *err)
{
    const cssl_bytes data = a->tls.options.early_data;
    if (data.len == 0 || info->early_data_accepted || a->json) {
        return 0;
    }
    int status = cssl_send(s, data.data, data.len, a->timeout, err);
    if (status < 0) {
        (void)cssl_close(s, 0, NULL);
    }
    return status;
}

/* A server that says no leaves the connection as it is. */
static int renegotiate(const struct connect_args *a, cssl_socket *s, cssl_error *err)
{
    int status = a->renegotiate ? cssl_renegotiate(s, a->timeout, err) : 0;
    if (status < 0 && err->reason == CSSL_R_RENEGOTIATION_REFUSED) {
        cli_warn("%s", err->text);
        return 0;
    }
    if (status < 0) {
        (void)cssl_close(s, 0, NULL);
    } else if (a->renegotiate && !a->quiet && !a->json) {
        (void)fprintf(stderr, "Renegotiated\n");
    }
    return status;
}

static int run(struct connect_args *a)
{
    cssl_error err;
    const cssl_options o = connect_options(a);
    cssl_config *config = cssl_client_config(&o, &err);
    if (config == NULL) {
        return tls_opts_fail(&err);
    }
    if (err.text[0] != '\0') {
        cli_warn("%s", err.text);
    }
    tls_opts_trace_begin(&a->tls);
    cssl_socket *s = dial(a, config, &err);
    int code = CLI_NO;
    if (s != NULL) {
        struct trust trust = { .certificates = NULL };
        cssl_info info;
        trust_judge(&trust, a, s);
        int said = report(a, s, &trust);
        cssl_connection_information(s, &info);
        int status = renegotiate(a, s, &err);
        status = status == 0 ? send_late(a, s, &info, &err) : status;
        status = status == 0 ? relay(a, s, &err) : status;
        if (status < 0) {
            (void)cli_fail("%s", err.text);
        }
        code = status == 0 && trust.verified ? said : CLI_NO;
        trust_free(&trust);
    }
    char server[CLI_HOST_MAX + 8];
    (void)snprintf(server, sizeof(server), "%s:%u", a->host, a->port);
    int drawn = tls_opts_trace_draw(&a->tls, "cssl connect", server);
    if (s == NULL) {
        code = refused(a, &err);
    }
    cssl_config_free(config);
    return code == CLI_OK ? drawn : code;
}

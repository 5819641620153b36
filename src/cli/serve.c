/* serve.c - `cssl serve`: its options. The loop is serve_loop.c. */
#include "cli/serve.h"

#include "session/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    OPT_IP = OPT_TLS_END,
    OPT_REQUIRE_CLIENT,
    OPT_OPTIONAL_CLIENT,
    OPT_REPLY,
    OPT_WWW,
    OPT_FILES,
    OPT_MAX_EARLY_DATA,
    OPT_ONCE,
    OPT_SNI,
    OPT_DHFILE,
    OPT_CLIENT_RENEGOTIATION
};

static const struct argp_option options[] = {
    { NULL, 0, NULL, 0, "Who the server is and where it listens:", 1 },
    OPT_ROW_PORT("to listen on; 0 takes a free one (8443)"),
    { "ip", OPT_IP, "ADDRESS", 0, "to listen on (every address of this host)", 0 },
    OPT_ROW_CERT("certificate chain, PEM or DER"),
    OPT_ROW_KEY("its private key, unless it is in the same file"),
    { "sni", OPT_SNI, "HOST=CERT,KEY", 0,
      "another identity for clients that ask for HOST, which may begin with *. ; many times", 0 },
    { "staple", OPT_STAPLE, "FILE", 0,
      "an OCSP response (DER) to staple to --cert; read again when it changes", 0 },
    { "dhfile", OPT_DHFILE, "FILE", 0,
      "Diffie-Hellman parameters of TLS 1.2 (the groups of RFC 7919)", 0 },
    { NULL, 0, NULL, 0, "Clients:", 2 },
    OPT_ROW_CACERT("verify clients: their chains have to end at one of these authorities"),
    { "require-client", OPT_REQUIRE_CLIENT, NULL, 0,
      "refuse clients without a certificate (the default with --cacert)", 0 },
    { "optional-client", OPT_OPTIONAL_CLIENT, NULL, 0,
      "ask for a certificate, and accept clients without one", 0 },
    { "post-handshake-auth", OPT_POST_HANDSHAKE_AUTH, NULL, 0,
      "ask after the handshake (TLS 1.3); they are answered meanwhile", 0 },
    { "client-renegotiation", OPT_CLIENT_RENEGOTIATION, NULL, 0,
      "let clients renegotiate (TLS 1.2), once in 10 seconds", 0 },
    TLS_OPT_ROWS_LISTS,
    { NULL, 0, NULL, 0, "What is served:", 3 },
    { "echo", OPT_ECHO, NULL, 0, "send back what comes (the default)", 0 },
    { "reply", OPT_REPLY, "TEXT", 0, "answer the first words with TEXT and close", 0 },
    { "www", OPT_WWW, NULL, 0, "a web page that shows the connection; /json is for scripts", 0 },
    { "files", OPT_FILES, "DIR", 0, "a folder's files, over HTTP", 0 },
    { "once", OPT_ONCE, NULL, 0, "serve one connection and exit", 0 },
    { "max-early-data", OPT_MAX_EARLY_DATA, "BYTES", 0,
      "take up to so many bytes, at most 16384, of a returning client's first flight (none); they "
      "are answered when the handshake is done", 0 },
    { NULL, 0, NULL, 0, "TLS and what is shown:", 4 },
    TLS_OPT_ROWS,
    OPT_ROW_JSON,
    { NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state);

static const struct argp parser = {
    .options = options,
    .parser = parse,
    .doc = "A TLS server to try things with: many connections at once, one line about each.\v"
           "SIGHUP reads certificates and keys again; connections that exist do not notice. "
           "SIGTERM and SIGINT stop it: answers that were begun are finished first.\n\n"
           "    cssl cert self-signed localhost\n"
           "    cssl serve --cert server.pem --key server.key --www\n\n"
           "Exit code 0 after an ordinary stop (with --once: when the connection ended in "
           "order), 1 after an error.",
};

static void choose(struct serve_args *a, struct argp_state *state, const struct service *service)
{
    if (a->service != NULL && a->service != service) {
        argp_error(state, "--echo, --reply, --www and --files exclude each other");
    }
    a->service = service;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct serve_args *a = state->input;
    const char *why = NULL;
    if (tls_opts_parse(&a->tls, key, arg, state)) {
        return 0;
    }
    switch (key) {
    case OPT_PORT: a->port = cli_port(state, "port", arg); return 0;
    case OPT_IP: a->tls.options.ip = arg; return 0;
    case OPT_REQUIRE_CLIENT: a->require_client = true; return 0;
    case OPT_OPTIONAL_CLIENT: a->optional_client = true; return 0;
    case OPT_ECHO: choose(a, state, &service_echo); return 0;
    case OPT_REPLY: choose(a, state, &service_reply); a->reply = arg; return 0;
    case OPT_WWW: choose(a, state, &service_www); return 0;
    case OPT_FILES: choose(a, state, &service_files); a->folder = arg; return 0;
    case OPT_ONCE: a->once = true; return 0;
    case OPT_STAPLE: a->staple = arg; return 0;
    case OPT_DHFILE: a->tls.options.dhfile = arg; return 0;
    case OPT_CLIENT_RENEGOTIATION: a->tls.options.client_renegotiation = CSSL_ON; return 0;
    case OPT_SNI:
        if (!serve_host_parse(a, arg, &why)) {
            argp_error(state, "--sni '%.40s': %s", arg, why);
        }
        return 0;
    case OPT_MAX_EARLY_DATA:
        a->tls.options.max_early_data =
            (uint32_t)cli_number(state, "max-early-data", arg, 1, EARLY_DATA_MAX);
        return 0;
    case OPT_JSON: a->json = true; return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%.40s' is no option; the port is --port %.40s", arg, arg);
        return 0;
    case ARGP_KEY_END:
        if (a->require_client && a->optional_client) {
            argp_error(state, "--require-client and --optional-client exclude each other");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* What the options mean together. */
static int settle(struct serve_args *a)
{
    cssl_options *o = &a->tls.options;
    if (o->certfile == NULL && a->staple != NULL) {
        return cli_fail_usage("--staple is for the certificate of --cert");
    }
    if (o->certfile == NULL && a->tls.psk_path == NULL) {
        return cli_fail_usage("a server needs a certificate: --cert FILE (and --key FILE). To make "
                              "one: cssl cert self-signed --name localhost");
    }
    if (o->cacertfile != NULL || a->require_client || a->optional_client ||
        o->post_handshake_auth) {
        o->verify = CSSL_VERIFY_PEER;
        o->fail_if_no_peer_cert = a->optional_client ? CSSL_OFF : CSSL_ON;
    }
    if (a->service == NULL) {
        a->service = &service_echo;
    }
    if (a->tls.tracing) {
        o->max_handshakes = 1; /* what one connection says must not stand in another's diagram */
    }
    if (a->folder != NULL) {
        a->folder_fd = open(a->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (a->folder_fd < 0) {
            return cli_fail("%s cannot be served: %s", a->folder, strerror(errno));
        }
    }
    int code = tls_opts_open(&a->tls);
    static const char *const web[] = { "http/1.1", NULL };
    if (a->service->http && a->tls.alpn == NULL) {
        o->alpn_protocols = web;
    }
    return code;
}

int cmd_serve(int argc, char **argv)
{
    struct serve_args args = { .port = 8443, .folder_fd = -1 };
    cli_parse(&parser, argc, argv, &args);
    int code = settle(&args);
    if (code == CLI_OK) {
        advisories_warn_once(stderr);
        code = serve_run(&args);
    }
    if (args.folder_fd >= 0) {
        (void)close(args.folder_fd);
    }
    serve_hosts_free(&args);
    tls_opts_free(&args.tls);
    return code;
}

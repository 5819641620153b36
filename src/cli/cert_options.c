/* cert_options.c - the command lines of `cssl cert self-signed`, `ca`, `issue` and `csr`. */
#include "cli/cert_make.h"

#include <stdlib.h>

enum {
    OPT_CN = OPT_OWN_FIRST,
    OPT_ORG,
    OPT_SERVER,
    OPT_CLIENT,
    OPT_KEY_TYPE,
    OPT_USE_KEY,
    OPT_STARTS,
    OPT_PATH_LEN,
    OPT_CAKEY,
    OPT_PASSWORD_FILE,
    OPT_CSR,
    OPT_COPY_NAMES
};
enum { DAYS_LEAF = 365, DAYS_CA = 3650, DAYS_MAX = 36500, RSA_BITS_DEFAULT = 3072 };

static int run(enum make_what what, const struct argp *argp, int argc, char **argv);
static error_t parse(int key, char *arg, struct argp_state *state);

/* clang-format off */
#define ROW_NAME OPT_ROW_NAME("a name that it is for, as often as needed: DNS name, IP address, " \
                              "e-mail address or URI; the same as NAME")
#define ROW_CN { "cn", OPT_CN, "TEXT", 0, "the subject's common name (the first NAME); a DNS " \
                 "name in it becomes a NAME too", 0 }
#define ROW_ORG { "org", OPT_ORG, "TEXT", 0, "the subject's organization (none)", 0 }
#define ROW_SERVER { "server", OPT_SERVER, NULL, 0, "for a server (the default)", 0 }
#define ROW_CLIENT { "client", OPT_CLIENT, NULL, 0, "for a client; both may be given", 0 }
#define ROW_KEY_TYPE { "key-type", OPT_KEY_TYPE, "TYPE", 0, \
                       "ecdsa (P-256, the default), p384, p521, ed25519, ed448, rsa[:BITS], " \
                       "mldsa44, mldsa65 or mldsa87", 0 }
#define ROW_USE_KEY { "use-key", OPT_USE_KEY, "FILE", 0, "use this private key: make no new one", \
                      0 }
#define ROW_STARTS { "starts", OPT_STARTS, "TIME", 0, \
                     "first day, as 2026-03-01 or 2026-03-01T12:00:00Z (now, less an hour for " \
                     "clocks that are slow)", 0 }
#define ROW_OUT OPT_ROW_OUT("DIR", "folder for the files; made if it is not there (.)")

/* Behind the options of each. */
#define NAMES_DOC                                                                               \
    "\v"                                                                                        \
    "A NAME is a DNS name (*.example.org too), an IP address, an e-mail address or a URI. The " \
    "first one becomes the common name as well.\n\n"                                            \
    "Private keys are written readable for their owner alone. No file is overwritten without "  \
    "--force."

#define GROUP(title) { NULL, 0, NULL, 0, (title), 0 }
#define NO_MORE { NULL, 0, NULL, 0, NULL, 0 }
/* clang-format on */

int cert_self_signed(int argc, char **argv)
{
    static const struct argp_option options[] = {
        GROUP("What it is for:"),
        ROW_NAME,
        ROW_CN,
        ROW_ORG,
        ROW_SERVER,
        ROW_CLIENT,
        GROUP("Key and validity:"),
        ROW_KEY_TYPE,
        ROW_USE_KEY,
        OPT_ROW_DAYS("how long it is valid (365)"),
        ROW_STARTS,
        GROUP("Files and what is shown:"),
        ROW_OUT,
        OPT_ROW_CERT("the certificate's file (DIR/server.pem, DIR/client.pem)"),
        OPT_ROW_KEY("the key's file (DIR/server.key, DIR/client.key)"),
        OPT_ROW_FORCE,
        OPT_ROW_JSON,
        NO_MORE,
    };
    static const char doc[] = "Makes a key and a certificate that vouches for itself: whoever is "
                              "to trust it needs a copy of it." NAMES_DOC;
    static const struct argp argp = { options, parse, "NAME...", doc, NULL, NULL, NULL };
    return run(MAKE_SELF_SIGNED, &argp, argc, argv);
}

int cert_ca(int argc, char **argv)
{
    static const struct argp_option options[] = {
        GROUP("What it is:"),
        OPT_ROW_NAME("the authority's name; the same as NAME"),
        ROW_ORG,
        { "path-len", OPT_PATH_LEN, "N", 0,
          "at most N further authorities below it (no limit; 0 with --cacert)", 0 },
        GROUP("An authority above it, for an intermediate one:"),
        { "cacert", OPT_CACERT, "FILE", 0, "the certificate of that authority", 0 },
        { "cakey", OPT_CAKEY, "FILE", 0, "its key (beside it: .key for .pem)", 0 },
        GROUP("Key and validity:"),
        ROW_KEY_TYPE,
        ROW_USE_KEY,
        { "password-file", OPT_PASSWORD_FILE, "FILE", 0,
          "its first line encrypts the new key, and opens that of --cakey", 0 },
        OPT_ROW_DAYS("how long it is valid (3650)"),
        ROW_STARTS,
        GROUP("Files and what is shown:"),
        ROW_OUT,
        OPT_ROW_CERT("the certificate's file (DIR/ca.pem, DIR/intermediate.pem)"),
        OPT_ROW_KEY("the key's file (DIR/ca.key, DIR/intermediate.key)"),
        OPT_ROW_FORCE,
        OPT_ROW_JSON,
        NO_MORE,
    };
    static const char doc[] =
        "Makes a key and the certificate of an authority, under which others are made.\v"
        "NAME is what people see when they look at certificates: a text of up to 64 characters. "
        "Without one it is \"cssl CA\" and a random number.\n\n"
        "Whoever has the key can make certificates that are trusted wherever the authority is: "
        "keep it off servers.";
    static const struct argp argp = { options, parse, "[NAME]", doc, NULL, NULL, NULL };
    return run(MAKE_CA, &argp, argc, argv);
}

int cert_issue(int argc, char **argv)
{
    static const struct argp_option options[] = {
        GROUP("What it is for:"),
        ROW_NAME,
        ROW_CN,
        ROW_ORG,
        ROW_SERVER,
        ROW_CLIENT,
        GROUP("The authority:"),
        { "cacert", OPT_CACERT, "FILE", 0, "its certificate (DIR/ca.pem)", 0 },
        { "cakey", OPT_CAKEY, "FILE", 0, "its key (beside it: .key for .pem)", 0 },
        { "password-file", OPT_PASSWORD_FILE, "FILE", 0,
          "its first line is the password of the authority's key", 0 },
        GROUP("A request (cssl cert csr), instead of a new key:"),
        { "csr", OPT_CSR, "FILE", 0,
          "certify the key of this request; without --copy-names nothing else is taken from it",
          0 },
        { "copy-names", OPT_COPY_NAMES, NULL, 0,
          "grant every name that it asks for: look at it first (cssl cert show)", 0 },
        GROUP("Key and validity:"),
        ROW_KEY_TYPE,
        ROW_USE_KEY,
        OPT_ROW_DAYS("how long it is valid (365), at most as long as its authority"),
        ROW_STARTS,
        GROUP("Files and what is shown:"),
        ROW_OUT,
        OPT_ROW_CERT("the certificate's file (DIR/server.pem, DIR/client.pem)"),
        OPT_ROW_KEY("the key's file (DIR/server.key, DIR/client.key)"),
        OPT_ROW_FORCE,
        OPT_ROW_JSON,
        NO_MORE,
    };
    static const char doc[] = "Makes a key and a certificate for a server or a client under an "
                              "authority." NAMES_DOC;
    static const struct argp argp = { options, parse, "NAME...", doc, NULL, NULL, NULL };
    return run(MAKE_ISSUED, &argp, argc, argv);
}

int cert_csr(int argc, char **argv)
{
    static const struct argp_option options[] = {
        GROUP("What it is for:"),
        ROW_NAME,
        ROW_CN,
        ROW_ORG,
        ROW_SERVER,
        ROW_CLIENT,
        GROUP("Key:"),
        ROW_KEY_TYPE,
        ROW_USE_KEY,
        GROUP("Files and what is shown:"),
        ROW_OUT,
        OPT_ROW_CERT("the request's file (DIR/server.csr, DIR/client.csr)"),
        OPT_ROW_KEY("the key's file (DIR/server.key, DIR/client.key)"),
        OPT_ROW_FORCE,
        OPT_ROW_JSON,
        NO_MORE,
    };
    static const char doc[] = "Makes a key and a request to certify it, for somebody else's "
                              "authority." NAMES_DOC;
    static const struct argp argp = { options, parse, "NAME...", doc, NULL, NULL, NULL };
    return run(MAKE_REQUEST, &argp, argc, argv);
}

static int run(enum make_what what, const struct argp *argp, int argc, char **argv)
{
    struct make_args args = {
        .what = what,
        .key_type = KEY_EC_P256,
        .days = what == MAKE_CA ? DAYS_CA : DAYS_LEAF,
        .path_len = -1,
    };
    cli_parse(argp, argc, argv, &args);
    return make_run(&args);
}

static void parse_key_type(struct make_args *a, const char *text, struct argp_state *state)
{
    static const struct {
        const char *name;
        enum key_type type;
    } types[] = {
        { "ecdsa", KEY_EC_P256 },   { "p256", KEY_EC_P256 },    { "p384", KEY_EC_P384 },
        { "p521", KEY_EC_P521 },    { "ed25519", KEY_ED25519 }, { "ed448", KEY_ED448 },
        { "mldsa44", KEY_MLDSA44 }, { "mldsa65", KEY_MLDSA65 }, { "mldsa87", KEY_MLDSA87 },
    };
    if (strcmp(text, "rsa") == 0 || strncmp(text, "rsa:", 4) == 0) {
        a->key_type = KEY_RSA;
        a->key_bits = RSA_BITS_DEFAULT;
        if (text[3] == ':') {
            a->key_bits = (unsigned)cli_number(state, "key-type rsa:BITS", text + 4,
                                               PKEY_RSA_MIN_BITS, PKEY_RSA_MAX_BITS);
        }
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (strcmp(types[i].name, text) == 0) {
            a->key_type = types[i].type;
            return;
        }
    }
    argp_error(state,
               "--key-type is ecdsa, p384, p521, ed25519, ed448, rsa[:BITS], mldsa44, "
               "mldsa65 or mldsa87, not '%.40s'",
               text);
}

static void add_name(struct make_args *a, const char *text, struct argp_state *state)
{
    size_t max = a->what == MAKE_CA ? 1 : ISSUE_NAMES_MAX;
    if (a->num_texts == max) {
        argp_error(state, a->what == MAKE_CA ? "an authority has one name: quote it if it has "
                                               "spaces"
                                             : "one certificate has at most 100 names");
        return;
    }
    a->texts[a->num_texts++] = text;
}

/* What fits together is known when everything was read. */
static void check(struct make_args *a, struct argp_state *state)
{
    if (a->what != MAKE_CA && !a->server && !a->client) {
        a->server = true;
    }
    if (a->copy_names && a->request == NULL) {
        argp_error(state, "--copy-names belongs to --csr");
    }
    if (a->copy_names && a->num_texts > 0) {
        argp_error(state, "either name the names, or --copy-names from the request");
    }
    if (a->request != NULL && (a->use_key != NULL || a->key != NULL)) {
        argp_error(state, "with --csr the key is the request's: no --key and no --use-key");
    }
    if (a->use_key != NULL && a->key != NULL) {
        argp_error(state, "--key says where a new key goes; with --use-key there is none");
    }
    if (a->what == MAKE_CA && a->cakey != NULL && a->cacert == NULL) {
        argp_error(state, "--cakey belongs to --cacert");
    }
    if (a->what != MAKE_CA && a->num_texts == 0 && a->common_name == NULL && !a->copy_names) {
        argp_error(
            state, "%s",
            a->request != NULL
                ? "say what names to grant: NAME..., or --copy-names for those of the request"
                : "a certificate needs a name: `localhost', for one");
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct make_args *a = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
    case OPT_NAME: add_name(a, arg, state); return 0;
    case OPT_CN: a->common_name = arg; return 0;
    case OPT_ORG: a->organization = arg; return 0;
    case OPT_SERVER: a->server = true; return 0;
    case OPT_CLIENT: a->client = true; return 0;
    case OPT_KEY_TYPE: parse_key_type(a, arg, state); return 0;
    case OPT_USE_KEY: a->use_key = arg; return 0;
    case OPT_DAYS: a->days = cli_number(state, "days", arg, 1, DAYS_MAX); return 0;
    case OPT_STARTS:
        a->start = cert_time_parse(state, "starts", arg);
        a->has_start = true;
        return 0;
    case OPT_PATH_LEN: a->path_len = (int)cli_number(state, "path-len", arg, 0, 100); return 0;
    case OPT_CACERT: a->cacert = arg; return 0;
    case OPT_CAKEY: a->cakey = arg; return 0;
    case OPT_PASSWORD_FILE: a->password_file = arg; return 0;
    case OPT_CSR: a->request = arg; return 0;
    case OPT_COPY_NAMES: a->copy_names = true; return 0;
    case OPT_OUT: a->out = arg; return 0;
    case OPT_CERT: a->cert = arg; return 0;
    case OPT_KEY: a->key = arg; return 0;
    case OPT_FORCE: a->force = true; return 0;
    case OPT_JSON: a->json = true; return 0;
    case ARGP_KEY_END: check(a, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

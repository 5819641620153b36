/* tlsopts.c - options that `cssl serve`, `cssl connect` and `cssl trace` share. */
#include "cli/tlsopts.h"

#include "base/mem.h"
#include "cli/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIST_MAX = 64, PSK_FILE_MAX = 4096 };

static const char **split(struct argp_state *state, const char *option, char *text);
static void parse_trace(struct tls_opts *t, const char *arg, struct argp_state *state);
static bool parse_peer(struct tls_opts *t, int key, char *arg, struct argp_state *state);
static int open_keylog(struct tls_opts *t);
static int read_psk(struct tls_opts *t);
static int read_password(struct tls_opts *t);
static void on_keylog(void *user, const char *line);
static void on_trace(void *user, const cssl_trace_event *event);

bool tls_opts_parse(struct tls_opts *t, int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case OPT_CERT: t->options.certfile = arg; return true;
    case OPT_KEY: t->options.keyfile = arg; return true;
    case OPT_CACERT: t->options.cacertfile = arg; return true;
    case OPT_TLS12: t->options.versions |= CSSL_TLSV1_2; return true;
    case OPT_TLS13: t->options.versions |= CSSL_TLSV1_3; return true;
    case OPT_ALPN: t->alpn = split(state, "alpn", arg); return true;
    case OPT_GROUPS: t->groups = split(state, "groups", arg); return true;
    case OPT_CIPHERS: t->ciphers = split(state, "ciphers", arg); return true;
    case OPT_KEYLOG: t->keylog_path = arg; return true;
    case OPT_PASSWORD_FILE: t->password_path = arg; return true;
    case OPT_SIGALGS: t->sigalgs = split(state, "sigalgs", arg); return true;
    case OPT_PSK: t->psk_path = arg; return true;
    case OPT_PSK_IDENTITY: t->options.psk_identity = arg; return true;
    case OPT_CERT_COMPRESSION:
        t->compression = split(state, "cert-compression", arg);
        return true;
    case OPT_RECORD_SIZE_LIMIT:
        t->options.record_size_limit =
            (unsigned)cli_number(state, "record-size-limit", arg, 64, 16384);
        return true;
    case OPT_TRACE: parse_trace(t, arg, state); return true;
    case OPT_TRACE_FILE: t->trace_path = arg; return true;
    case OPT_KEY_UPDATE_AT:
        t->options.key_update_at =
            (uint64_t)cli_number(state, "key-update-at", arg, 1, INT32_MAX);
        return true;
    default: return parse_peer(t, key, arg, state);
    }
}

/* What the other side has to be, or may ask for. */
static bool parse_peer(struct tls_opts *t, int key, char *arg, struct argp_state *state)
{
    static const struct {
        const char *name;
        cssl_crl_check check;
    } checks[] = { { "peer", CSSL_CRL_PEER },
                   { "chain", CSSL_CRL_CHAIN },
                   { "best-effort", CSSL_CRL_BEST_EFFORT } };
    switch (key) {
    case OPT_CRL_FILE: t->options.crlfile = arg; return true;
    case OPT_CRL_DIR: t->options.crl_dir = arg; return true;
    case OPT_CRL_CHECK:
        for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
            if (strcmp(arg, checks[i].name) == 0) {
                t->options.crl_check = checks[i].check;
                return true;
            }
        }
        argp_error(state, "--crl-check is peer, chain or best-effort, not '%.40s'", arg);
        return true;
    case OPT_STAPLE:
        if (arg == NULL) {
            t->options.stapling = CSSL_ON;
        }
        return arg == NULL;
    case OPT_POST_HANDSHAKE_AUTH: t->options.post_handshake_auth = true; return true;
    case OPT_MAX_FRAGMENT_LENGTH:
        t->options.max_fragment_length =
            (unsigned)cli_number(state, "max-fragment-length", arg, 512, 4096);
        return true;
    default: return false;
    }
}

int tls_opts_open(struct tls_opts *t)
{
    if (t->trace_path != NULL && !t->tracing) {
        return cli_fail_usage("--trace-file says where to draw, --trace that something is drawn: "
                              "give both");
    }
    if (t->tracing && t->trace_path == NULL && t->trace_form == TRACE_SVG) {
        return cli_fail_usage("--trace=svg draws a picture: say where to with --trace-file FILE");
    }
    int code = read_password(t);
    if (code == CLI_OK) {
        code = read_psk(t);
    }
    if (code == CLI_OK) {
        code = open_keylog(t);
    }
    if ((t->options.crlfile != NULL || t->options.crl_dir != NULL) &&
        t->options.crl_check == CSSL_CRL_NONE) {
        t->options.crl_check = CSSL_CRL_CHAIN; /* whoever names lists wants them asked */
    }
    t->options.psk = bytes_of(t->psk, t->psk_len);
    t->options.password = t->password;
    t->options.alpn_protocols = t->alpn;
    t->options.supported_groups = t->groups;
    t->options.ciphers = t->ciphers;
    t->options.signature_algs = t->sigalgs;
    t->options.cert_compression = t->compression;
    t->options.user = t;
    if (t->keylog != NULL) {
        t->options.keylog = on_keylog;
    }
    if (t->tracing) {
        t->options.trace = on_trace;
    }
    return code;
}

void tls_opts_free(struct tls_opts *t)
{
    if (t->keylog != NULL && fclose(t->keylog) != 0) {
        cli_warn("the key log is not complete: %s", strerror(errno));
    }
    if (t->password != NULL) {
        mem_free_wiped(t->password, strlen(t->password));
    }
    mem_free_wiped(t->psk, t->psk_len);
    trace_free(t->trace);
    mem_free(t->alpn);
    mem_free(t->groups);
    mem_free(t->ciphers);
    mem_free(t->sigalgs);
    mem_free(t->compression);
    memset(t, 0, sizeof(*t));
}

/* "a,b,c" as a list; the commas in text become NULs. */
static const char **split(struct argp_state *state, const char *option, char *text)
{
    const char **list = cli_memory(mem_new_array(LIST_MAX + 1, sizeof(*list)));
    size_t num = 0;
    for (char *p = text; p != NULL;) {
        char *comma = strchr(p, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        if (*p == '\0') {
            argp_error(state, "--%s is a list of names with commas between, and no empty one",
                       option);
        }
        if (num == LIST_MAX) {
            argp_error(state, "--%s names more than %d", option, LIST_MAX);
        }
        list[num++] = p;
        p = comma == NULL ? NULL : comma + 1;
    }
    return list;
}

static int read_password(struct tls_opts *t)
{
    cssl_error err;
    if (t->password_path == NULL) {
        return CLI_OK;
    }
    t->password = cert_password_load(t->password_path, &err);
    return t->password == NULL ? cli_fail("%s", err.text) : CLI_OK;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The first line of text, hex digits all, as bytes; false when it is something else. */
static bool decode_psk(struct tls_opts *t, const uint8_t *text, size_t len)
{
    size_t end = 0;
    while (end < len && text[end] != '\n' && text[end] != '\r') {
        end++;
    }
    if (end == 0 || end % 2 != 0) {
        return false;
    }
    t->psk_len = end / 2;
    t->psk = cli_memory(mem_alloc(t->psk_len));
    for (size_t i = 0; i < t->psk_len; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        t->psk[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int read_psk(struct tls_opts *t)
{
    cssl_error err;
    uint8_t *text = NULL;
    size_t len = 0;
    if ((t->psk_path == NULL) != (t->options.psk_identity == NULL)) {
        return cli_fail_usage("a pre-shared key has a name and a secret: give both --psk-identity "
                              "NAME and --psk FILE");
    }
    if (t->psk_path == NULL) {
        return CLI_OK;
    }
    if (cli_read(t->psk_path, PSK_FILE_MAX, &text, &len, &err) < 0) {
        return cli_fail("%s", err.text);
    }
    bool good = decode_psk(t, text, len);
    mem_free_wiped(text, len);
    return good ? CLI_OK
                : cli_fail("%s has to begin with a line of hex digits, two a byte; to make one: "
                           "openssl rand -hex 32", t->psk_path);
}

/* The names that there are, of one list or two. */
static void say_names(const char *const *names, const char *const *more)
{
    const char *const *lists[] = { names, more };
    const char *before = "There are: ";
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        for (const char *const *name = lists[i]; name != NULL && *name != NULL; name++) {
            (void)fprintf(stderr, "%s%s", before, *name);
            before = ",";
        }
    }
    (void)fputc('\n', stderr);
}

int tls_opts_fail(const cssl_error *err)
{
    int code = cli_fail("%s", err->text);
    bool about_names = err->status == CSSL_OPTION && err->option != NULL &&
                       (err->reason == CSSL_R_OPTION_NAME ||
                        err->reason == CSSL_R_OPTION_NOT_SUPPORTED);
    if (about_names && strcmp(err->option, "ciphers") == 0) {
        say_names(cssl_cipher_suites("all", CSSL_TLSV1_3),
                  cssl_cipher_suites("all", CSSL_TLSV1_2));
    } else if (about_names && strcmp(err->option, "supported_groups") == 0) {
        say_names(cssl_groups("all"), NULL);
    } else if (about_names && strcmp(err->option, "signature_algs") == 0) {
        say_names(cssl_signature_algs("all", CSSL_TLSV1_2), NULL);
    }
    return code;
}

/* ---- Key log ---- */

static int open_keylog(struct tls_opts *t)
{
    if (t->keylog_path == NULL) {
        return CLI_OK;
    }
    struct stat st;
    int fd = open(t->keylog_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
                  S_IRUSR | S_IWUSR);
    if (fd < 0 || fstat(fd, &st) < 0) {
        int code = cli_fail("%s cannot be written: %s", t->keylog_path, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return code;
    }
    if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        (void)close(fd);
        return cli_fail("%s may be read by others than its owner: chmod 600 it, since whoever "
                        "reads it can read the connections", t->keylog_path);
    }
    t->keylog = fdopen(fd, "a");
    if (t->keylog == NULL) {
        (void)close(fd);
        return cli_fail("%s cannot be written: %s", t->keylog_path, strerror(errno));
    }
    cli_warn("the secrets of every connection are written to %s: whoever has that file can read "
             "them all", t->keylog_path);
    return CLI_OK;
}

static void on_keylog(void *user, const char *line)
{
    struct tls_opts *t = user;
    (void)fprintf(t->keylog, "%s\n", line);
    (void)fflush(t->keylog);
}

/* ---- Trace ---- */

static void parse_trace(struct tls_opts *t, const char *arg, struct argp_state *state)
{
    t->tracing = true;
    t->trace_form = TRACE_TEXT;
    if (arg != NULL && !trace_form_of(arg, &t->trace_form)) {
        argp_error(state, "--trace is text, ascii, mermaid, svg or json, not '%.40s'", arg);
    }
}

void tls_opts_trace_begin(struct tls_opts *t)
{
    if (t->tracing) {
        trace_free(t->trace);
        t->trace = cli_memory(trace_new());
    }
}

static void on_trace(void *user, const cssl_trace_event *event)
{
    struct tls_opts *t = user;
    if (t->trace != NULL) {
        trace_add(t->trace, event);
    }
}

int tls_opts_trace_draw(struct tls_opts *t, const char *client, const char *server)
{
    char *text = NULL;
    size_t len = 0;
    cssl_error err;
    struct trace *trace = t->trace;
    t->trace = NULL;
    if (trace == NULL) {
        return CLI_OK;
    }
    trace_names(trace, client, server);
    int status = 0;
    if (t->trace_path == NULL) {
        (void)fflush(stdout);
        status = trace_draw(trace, t->trace_form, stderr, term_colours(stderr));
        trace_free(trace);
        return status == 0 ? CLI_OK : cli_fail("the handshake could not be drawn");
    }
    FILE *f = open_memstream(&text, &len);
    status = f == NULL ? CSSL_NOMEM : trace_draw(trace, t->trace_form, f, false);
    trace_free(trace);
    if (f != NULL && fclose(f) != 0 && status == 0) {
        status = CSSL_NOMEM;
    }
    int code = CLI_OK;
    if (status < 0) {
        code = cli_fail("the handshake could not be drawn: out of memory");
    } else if (cli_write(t->trace_path, bytes_of((const uint8_t *)text, len), FILE_PUBLIC, true,
                         &err) < 0) {
        code = cli_fail("%s", err.text);
    }
    free(text);
    return code;
}

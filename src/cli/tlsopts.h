/* tlsopts.h - the options that `cssl serve` and `cssl connect` share: identity, lists of names, key
 * log, trace. Knows neither command. */
#ifndef CSSL_CLI_TLSOPTS_H
#define CSSL_CLI_TLSOPTS_H

#include "cli/cli.h"
#include "cli/trace.h"

/* Keys of the shared options that are not in cli.h; a command's own begin at OPT_TLS_END. */
enum {
    OPT_ALPN = OPT_OWN_FIRST,
    OPT_TLS12,
    OPT_TLS13,
    OPT_GROUPS,
    OPT_CIPHERS,
    OPT_KEYLOG,
    OPT_TRACE_FILE,
    OPT_KEY_UPDATE_AT,
    OPT_PASSWORD_FILE,
    OPT_TLS_END
};

#define TLS_OPT_ROWS_VERSIONS                                                                      \
    { "tls1.2", OPT_TLS12, NULL, 0, "TLS 1.2 and no other version but those named", 0 },           \
    { "tls1.3", OPT_TLS13, NULL, 0, "TLS 1.3 and no other version but those named", 0 }

#define TLS_OPT_ROWS                                                                               \
    TLS_OPT_ROWS_VERSIONS,                                                                         \
    { "alpn", OPT_ALPN, "NAMES", 0, "application protocols, such as h2,http/1.1", 0 },             \
    { "groups", OPT_GROUPS, "NAMES", 0, "key exchange, such as x25519,secp256r1", 0 },             \
    { "ciphers", OPT_CIPHERS, "NAMES", 0, "cipher suites, by IANA's names", 0 },                   \
    { "password-file", OPT_PASSWORD_FILE, "FILE", 0, "its first line opens an encrypted key", 0 }, \
    { "trace", OPT_TRACE, "FORM", OPTION_ARG_OPTIONAL,                                             \
      "draw the handshake: text, mermaid, svg or json", 0 },                                       \
    { "trace-file", OPT_TRACE_FILE, "FILE", 0, "draw it there rather than on stderr", 0 },         \
    { "keylog", OPT_KEYLOG, "FILE", 0, "append the connections' SECRETS, for Wireshark", 0 },      \
    { "key-update-at", OPT_KEY_UPDATE_AT, "BYTES", 0, "change keys after so many bytes", 0 }

/* Zeroed memory is a valid start. options points into argv and into the other members. */
struct tls_opts {
    cssl_options options;
    const char **alpn, **groups, **ciphers;
    const char *keylog_path;
    const char *password_path;
    char *password;
    FILE *keylog;
    bool tracing;
    enum trace_form trace_form;
    const char *trace_path;
    struct trace *trace; /* of the connection that is drawn next; NULL: nothing is recorded */
};

/* tls_opts_parse takes one of the shared options; false when key is none of them. */
bool tls_opts_parse(struct tls_opts *t, int key, char *arg, struct argp_state *state);
/* tls_opts_open opens the files that were named and sets options' hooks. CLI_OK, or the exit code
 * after a sentence. */
int tls_opts_open(struct tls_opts *t) CHECK;
void tls_opts_free(struct tls_opts *t);

/* tls_opts_fail is cli_fail for a config that could not be made: behind the sentence about a name
 * that does not exist stand those that do. */
int tls_opts_fail(const cssl_error *err);

/* tls_opts_trace_begin starts recording anew; tls_opts_trace_draw draws what was recorded between
 * here and there, and stops. Both do nothing without --trace. */
void tls_opts_trace_begin(struct tls_opts *t);
int tls_opts_trace_draw(struct tls_opts *t, const char *client, const char *server);

#endif

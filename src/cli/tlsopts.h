/* tlsopts.h - the options that `cssl serve`, `cssl connect` and `cssl trace` share: identity, lists
 * of names, pre-shared keys, revocation, key log, trace. Knows no command. */
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
    OPT_SIGALGS,
    OPT_PSK,
    OPT_PSK_IDENTITY,
    OPT_RECORD_SIZE_LIMIT,
    OPT_CERT_COMPRESSION,
    OPT_CRL_FILE,
    OPT_CRL_DIR,
    OPT_CRL_CHECK,
    OPT_STAPLE, /* clients: without a value; serve: the file */
    OPT_POST_HANDSHAKE_AUTH,
    OPT_MAX_FRAGMENT_LENGTH,
    OPT_TLS_END
};

/* What a handshake is about, in all three commands. */
#define TLS_OPT_ROWS_HANDSHAKE                                                                     \
    { "tls1.2", OPT_TLS12, NULL, 0, "TLS 1.2 and no other version but those named", 0 },           \
    { "tls1.3", OPT_TLS13, NULL, 0, "TLS 1.3 and no other version but those named", 0 },           \
    { "alpn", OPT_ALPN, "NAMES", 0, "application protocols, such as h2,http/1.1", 0 },             \
    { "groups", OPT_GROUPS, "NAMES", 0, "key exchange, such as x25519,secp256r1", 0 },             \
    { "ciphers", OPT_CIPHERS, "NAMES", 0, "cipher suites, by IANA's names or OpenSSL's", 0 },      \
    { "sigalgs", OPT_SIGALGS, "NAMES", 0, "signatures, such as ecdsa_secp256r1_sha256", 0 },       \
    { "password-file", OPT_PASSWORD_FILE, "FILE", 0, "its first line opens an encrypted key", 0 }, \
    { "psk-identity", OPT_PSK_IDENTITY, "NAME", 0, "what the client calls --psk", 0 },             \
    { "psk", OPT_PSK, "FILE", 0,                                                                   \
      "a SECRET of both sides: a line of hex digits for 16 to 64 bytes", 0 },                      \
    { "cert-compression", OPT_CERT_COMPRESSION, "NAMES", 0,                                        \
      "of certificates: zlib, brotli, zstd (TLS 1.3)", 0 },                                        \
    { "record-size-limit", OPT_RECORD_SIZE_LIMIT, "BYTES", 0,                                      \
      "say that records are to have so many bytes at most, 64 to 16384", 0 }

/* Revocation lists. */
#define TLS_OPT_ROWS_LISTS                                                                         \
    { "crl-file", OPT_CRL_FILE, "FILE", 0, "look certificates up in these revocation lists", 0 },  \
    { "crl-dir", OPT_CRL_DIR, "DIR", 0, "or in those of a folder, named as c_rehash does", 0 },    \
    { "crl-check", OPT_CRL_CHECK, "WHICH", 0,                                                      \
      "of which certificates lists have to speak: peer, chain (the default), best-effort", 0 }

/* Of clients alone. */
#define TLS_OPT_ROWS_CLIENT                                                                        \
    { "staple", OPT_STAPLE, NULL, 0, "insist on a stapled OCSP response that says good", 0 },      \
    { "post-handshake-auth", OPT_POST_HANDSHAKE_AUTH, NULL, 0,                                     \
      "the server may ask for the certificate later (TLS 1.3)", 0 },                               \
    { "max-fragment-length", OPT_MAX_FRAGMENT_LENGTH, "BYTES", 0,                                  \
      "ask for records of 512, 1024, 2048 or 4096 bytes at most", 0 }

/* And what is shown of it, and done later. */
#define TLS_OPT_ROWS                                                                               \
    TLS_OPT_ROWS_HANDSHAKE,                                                                        \
    { "trace", OPT_TRACE, "FORM", OPTION_ARG_OPTIONAL,                                             \
      "draw the handshake: text, mermaid, svg or json", 0 },                                       \
    { "trace-file", OPT_TRACE_FILE, "FILE", 0, "draw it there rather than on stderr", 0 },         \
    { "keylog", OPT_KEYLOG, "FILE", 0, "append the connections' SECRETS, for Wireshark", 0 },      \
    { "key-update-at", OPT_KEY_UPDATE_AT, "BYTES", 0, "change keys after so many bytes", 0 }

/* Zeroed memory is a valid start. options points into argv and into the other members. */
struct tls_opts {
    cssl_options options;
    const char **alpn, **groups, **ciphers, **sigalgs, **compression;
    const char *keylog_path;
    const char *password_path;
    const char *psk_path;
    uint8_t *psk;
    size_t psk_len;
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

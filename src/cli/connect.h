/* connect.h - what the files of `cssl connect` share, and `cssl trace` with them. */
#ifndef CSSL_CLI_CONNECT_H
#define CSSL_CLI_CONNECT_H

#include "cli/facts.h"
#include "cli/starttls.h"
#include "cli/tlsopts.h"

enum { CONNECT_SECONDS = 10 };

/* Keys of the options that `cssl connect` and `cssl trace` share; their own begin at
 * OPT_CONNECT_END. */
enum { OPT_INSECURE = OPT_TLS_END, OPT_STARTTLS, OPT_TIMEOUT, OPT_CONNECT_END };

/* Whom to connect to, and whom to trust. */
#define CONNECT_ROWS_SERVER                                                                        \
    OPT_ROW_PORT("when it is not in HOST:PORT (443)"),                                             \
    OPT_ROW_NAME("the name that the server's certificate has to be for (HOST)"),                   \
    OPT_ROW_CACERT("trust these authorities rather than the system's"),                            \
    TLS_OPT_ROWS_LISTS,                                                                            \
    { "starttls", OPT_STARTTLS, "PROTOCOL", 0,                                                     \
      "ask for TLS first: smtp, imap, pop3, postgres, ldap, xmpp", 0 }

/* Who the client is. */
#define CONNECT_ROWS_CLIENT                                                                        \
    OPT_ROW_CERT("certificate chain, PEM or DER, for servers that ask"),                           \
    OPT_ROW_KEY("its private key, unless it is in the same file")

struct connect_args {
    struct tls_opts tls;
    const char *target; /* HOST:PORT as given */
    const char *name;   /* to verify instead of the host */
    char host[CLI_HOST_MAX];
    uint16_t port;
    const struct starttls *starttls;
    bool insecure;    /* tls.options is what is judged by all the same: see connect_options */
    bool renegotiate;
    bool json, quiet;
    int timeout;      /* ms, for all that comes before the connection stands */
    int silence;      /* ms, for a peer that says nothing after our end; CSSL_INFINITY */
    const char *sess_in, *sess_out;
    const char *early; /* a file: sent early, or else first */
};

/* connect_parse handles a key of argp's, one of HOST:PORT or of tls_opts_parse's included, and says
 * whether it was one of these. */
bool connect_parse(struct connect_args *args, int key, char *arg, struct argp_state *state);

/* connect_target says what target, port, name and insecure mean together: host, port and options.
 * CLI_OK, or the exit code after a sentence. */
int connect_target(struct connect_args *args) CHECK;

/* connect_options is what the connection is made with: args->tls.options, and with args->insecure
 * without all that would verify the server. */
cssl_options connect_options(const struct connect_args *args);

/* dial connects and runs the handshake under config, STARTTLS before it included. */
cssl_socket *dial(const struct connect_args *args, cssl_config *config, cssl_error *err);

/* What became of the question whether the server can be trusted. */
struct trust {
    json_t *certificates; /* as the server showed them; NULL when they could not be had */
    bool trusted;
    bool by_key;    /* there are no certificates: it knew the pre-shared key */
    bool verified;  /* in the handshake, which alone counts for the exit code */
    cssl_error why; /* when it is not trusted */
};

/* trust_judge checks a chain that is there, that of an open connection, by all that args want of a
 * server. Of stapled responses only the leaf's is seen. */
void trust_judge(struct trust *trust, const struct connect_args *args, const cssl_socket *s);
/* trust_diagnose connects once more, without verifying and without saying anything, to see what the
 * server shows. What is wrong with it is err, of the handshake that failed. */
void trust_diagnose(struct trust *trust, const struct connect_args *args, const cssl_error *err);
void trust_free(struct trust *trust);

/* relay carries stdin to the peer and the peer's words to stdout until both are at their end, then
 * closes s. It returns 0, or why the exchange did not end in order. Sessions are written to
 * args->sess_out. With args->json nothing is carried. */
int relay(const struct connect_args *args, cssl_socket *s, cssl_error *err) CHECK;

#endif

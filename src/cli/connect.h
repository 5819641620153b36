/* connect.h - what the files of `cssl connect` share, and `cssl trace` with them. */
#ifndef CSSL_CLI_CONNECT_H
#define CSSL_CLI_CONNECT_H

#include "cli/facts.h"
#include "cli/starttls.h"
#include "cli/tlsopts.h"

enum { CONNECT_SECONDS = 10 };

struct connect_args {
    struct tls_opts tls;
    const char *target; /* HOST:PORT as given */
    const char *name;   /* to verify instead of the host */
    const char *cacert; /* authorities to judge by; NULL: the system's */
    char host[CLI_HOST_MAX];
    uint16_t port;
    const struct starttls *starttls;
    bool insecure;
    bool json, quiet;
    int timeout;      /* ms, for all that comes before the connection stands */
    int silence;      /* ms, for a peer that says nothing after our end; CSSL_INFINITY */
    const char *sess_in, *sess_out;
    const char *early; /* a file: sent early, or else first */
};

/* connect_target says what target, port, name and insecure mean together: host, port and options.
 * CLI_OK, or the exit code after a sentence. */
int connect_target(struct connect_args *args) CHECK;

/* dial connects and runs the handshake under config, STARTTLS before it included. */
cssl_socket *dial(const struct connect_args *args, cssl_config *config, cssl_error *err);

/* What became of the question whether the server can be trusted. */
struct trust {
    json_t *certificates; /* as the server showed them; NULL when they could not be had */
    bool trusted;
    cssl_error why; /* when it is not */
};

/* trust_judge checks a chain that is there: that of an open connection. */
void trust_judge(struct trust *trust, const struct connect_args *args, const cssl_socket *s);
/* trust_diagnose connects once more, without verifying and without saying anything, to see what the
 * server shows and what is wrong with it. */
void trust_diagnose(struct trust *trust, const struct connect_args *args);
void trust_free(struct trust *trust);

/* relay carries stdin to the peer and the peer's words to stdout until both are at their end, then
 * closes s. It returns 0, or why the exchange did not end in order. Sessions are written to
 * args->sess_out. With args->json nothing is carried. */
int relay(const struct connect_args *args, cssl_socket *s, cssl_error *err) CHECK;

#endif

/* cert.c - `cssl cert`: the table of its commands. */
#include "cli/cert.h"

static const struct command commands[] = {
    { "self-signed", cert_self_signed, "make a certificate that vouches for itself" },
    { "ca", cert_ca, "make a certificate authority" },
    { "issue", cert_issue, "make a server's or client's certificate under an authority" },
    { "csr", cert_csr, "make a request, for somebody else's authority" },
    { "show", cert_show, "show what is in certificates: files, or those of a server" },
    { "verify", cert_verify, "say whether a certificate is to be trusted, and why" },
    { NULL, NULL, NULL },
};

static const struct command_group group = {
    .intro = "Makes, shows and verifies certificates.",
    .outro = "A server and a client with a certificate of their own, in the folder demo:\n"
             "\n"
             "  cssl cert ca --out demo\n"
             "  cssl cert issue --out demo localhost 127.0.0.1\n"
             "  cssl cert issue --out demo --client alice@example.org\n"
             "  cssl cert verify --cacert demo/ca.pem --name localhost demo/server.pem",
    .commands = commands,
};

int cmd_cert(int argc, char **argv)
{
    return cli_dispatch(&group, argc, argv);
}

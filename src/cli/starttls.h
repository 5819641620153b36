/*
 * starttls.h - the conversations that come before TLS, on a connected descriptor: a client asks a
 * server to begin TLS on the connection that they have. Nothing said here is believed later on.
 */
#ifndef CSSL_CLI_STARTTLS_H
#define CSSL_CLI_STARTTLS_H

#include "base/base.h"
#include "base/error.h"

enum {
    STARTTLS_LINE_MAX = 2048,   /* bytes of one line */
    STARTTLS_TALK_MAX = 65536   /* bytes that a server may say before TLS */
};

struct starttls;

/* starttls_find knows smtp, imap, pop3, postgres, ldap, xmpp; NULL for another name. */
const struct starttls *starttls_find(const char *name);
const char *starttls_name(const struct starttls *protocol);
/* starttls_port is the port where the protocol is usually spoken. */
uint16_t starttls_port(const struct starttls *protocol);

/* starttls_run asks for TLS and returns 0 when the server's consent has come and not one byte
 * behind it. host is the server's name; deadline is a time of now_ms (socket/deadline.h). The
 * descriptor is non-blocking or not, as it likes. */
int starttls_run(const struct starttls *protocol, int fd, const char *host, int64_t deadline,
                 cssl_error *err) CHECK;

#endif

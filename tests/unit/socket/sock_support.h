/* sock_support.h - two sockets over a socket pair, both in one thread, for the tests of
 * src/socket. */
#ifndef CSSL_TEST_SOCK_SUPPORT_H
#define CSSL_TEST_SOCK_SUPPORT_H

#include "base/error.h"
#include "support.h"

#include "socket/socket.h"

enum { PATIENCE_MS = 20000 };

#define SOCK_CERTS CSSL_TEST_VECTORS "/../certs/"

struct socks {
    cssl_config *client_config, *server_config;
    cssl_socket *client, *server;
};

/* socks_new makes two sockets without a handshake, socks_open runs it. socks_free frees what is
 * not NULL. */
void socks_new(struct socks *p);
void socks_open(struct socks *p);
void socks_free(struct socks *p);

#endif

/* config.h - checked options, encoded and immutable; beside them `shared`, what may change. */
#ifndef CSSL_CONFIG_CONFIG_H
#define CSSL_CONFIG_CONFIG_H

#include "base/base.h"

/* What the socket layer has to know of a config. */
struct config_socket {
    bool server;
    char *ip; /* NULL: any */
    int backlog;
    bool reuseport;
    bool ipv6_only;
    int handshake_timeout; /* ms, in mailboxes */
    unsigned max_handshakes;
};
const struct config_socket *config_socket(const cssl_config *config);

#endif

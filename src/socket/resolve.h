/* resolve.h - from host names to addresses by /etc/hosts and DNS, without ever blocking. */
#ifndef CSSL_SOCKET_RESOLVE_H
#define CSSL_SOCKET_RESOLVE_H

#include "socket/addr.h"
#include "socket/poller.h"

/* A lookup of one name, both families at once. It adds its descriptors to poller: when that is
 * ready, or resolver_wait is over, resolver_process has something to do. servers is NULL for the
 * system's name servers, or a list as in "192.0.2.53:53". */
struct resolver;
struct resolver *resolver_new(const char *host, uint16_t port, struct poller *poller,
                              const char *servers, cssl_error *err);
void resolver_free(struct resolver *r);
/* resolver_wait is how many ms resolver_process may stay away, -1 any number. */
int resolver_wait(struct resolver *r);
void resolver_process(struct resolver *r);
bool resolver_done(const struct resolver *r, int family);
/* resolver_list: the addresses of a family; empty until they are known. */
const struct addr_list *resolver_list(const struct resolver *r, int family);
/* resolver_fail raises the reason why no address was found. */
int resolver_fail(const struct resolver *r, cssl_error *err);

#endif

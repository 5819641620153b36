/* addr.h - IP addresses: read, written, listed. Looks no name up: see resolve.h. */
#ifndef CSSL_SOCKET_ADDR_H
#define CSSL_SOCKET_ADDR_H

#include "base/base.h"

#include <netinet/in.h>

union addr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

enum { ADDRS_MAX = 16 }; /* of a host and family; a name server may tell more */

struct addr_list {
    size_t num;
    union addr items[ADDRS_MAX];
};

/* The addresses of a host, by family: 0 IPv6, 1 IPv4. */
enum { FAMILY_V6, FAMILY_V4, NUM_FAMILIES };
struct addrs {
    struct addr_list of[NUM_FAMILIES];
};

static inline socklen_t addr_len(const union addr *a)
{
    return a->any.sa_family == AF_INET6 ? (socklen_t)sizeof(a->v6) : (socklen_t)sizeof(a->v4);
}

/* addr_check says whether host could be one: a sentence for what is no name and no address. */
int addr_check(const char *host, cssl_error *err) CHECK;
/* addr_literal fills in the addresses of a host that needs no lookup: an IP address, with a
 * scope or without, or localhost (RFC 6761 6.3). */
bool addr_literal(const char *host, uint16_t port, struct addrs *out) CHECK;
/* addr_parse reads an IP address. */
bool addr_parse(const char *ip, uint16_t port, union addr *out) CHECK;
/* addr_text writes "192.0.2.1" or "2001:db8::1". */
enum { ADDR_TEXT = 64 };
void addr_text(const union addr *a, char out[ADDR_TEXT]);
/* addr_unmap makes an IPv4 address of an IPv6 one that holds it (::ffff:192.0.2.1). */
void addr_unmap(struct sockaddr_storage *a);

#endif

/* addr.c - IP addresses: read, written, listed. Looks no name up. */
#include "socket/addr.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <strings.h>

enum { HOST_MAX = 253 }; /* characters of a name, RFC 1035 2.3.4 */

static bool ends_in(const char *host, const char *domain);
static void add(struct addrs *out, const union addr *a);

int addr_check(const char *host, cssl_error *err)
{
    if (host == NULL || host[0] == '\0') {
        return fail_text(err, CSSL_R_HOST_MALFORMED, "it is empty");
    }
    size_t len = strlen(host);
    if (len - (host[len - 1] == '.' ? 1 : 0) > HOST_MAX) {
        return fail_text(err, CSSL_R_HOST_MALFORMED, "it has more than %d characters", HOST_MAX);
    }
    for (const char *p = host; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c >= 0x80) {
            return fail_text(err, CSSL_R_HOST_MALFORMED,
                             "\"%s\": write an international name in its form with xn--", host);
        }
        if (c <= ' ' || c == 0x7f || strchr("/\\@[]?#", c) != NULL) {
            return fail_text(err, CSSL_R_HOST_MALFORMED,
                             "\"%s\": a name or an address alone is wanted, without scheme, port "
                             "or brackets",
                             host);
        }
    }
    if (ends_in(host, "invalid") || ends_in(host, "onion")) {
        /* RFC 6761 6.4, RFC 7686 2 */
        return fail_text(err, CSSL_R_HOST_NOT_FOUND,
                         "\"%s\": names of this kind have no address: is it the right one?", host);
    }
    return 0;
}

bool addr_literal(const char *host, uint16_t port, struct addrs *out)
{
    union addr a;
    memset(out, 0, sizeof(*out));
    if (addr_parse(host, port, &a)) {
        add(out, &a);
        return true;
    }
    if (!ends_in(host, "localhost")) {
        return false;
    }
    if (addr_parse("::1", port, &a)) {
        add(out, &a);
    }
    if (addr_parse("127.0.0.1", port, &a)) {
        add(out, &a);
    }
    return true;
}

bool addr_parse(const char *ip, uint16_t port, union addr *out)
{
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET, ip, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return true;
    }
    char text[INET6_ADDRSTRLEN];
    const char *scope = strchr(ip, '%');
    size_t len = scope == NULL ? strlen(ip) : (size_t)(scope - ip);
    if (len >= sizeof(text)) {
        return false;
    }
    memcpy(text, ip, len);
    text[len] = '\0';
    memset(out, 0, sizeof(*out));
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) != 1) {
        return false;
    }
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(port);
    if (scope != NULL) {
        out->v6.sin6_scope_id = if_nametoindex(scope + 1);
        return out->v6.sin6_scope_id != 0;
    }
    return true;
}

void addr_text(const union addr *a, char out[ADDR_TEXT])
{
    const void *ip = a->any.sa_family == AF_INET6 ? (const void *)&a->v6.sin6_addr
                                                  : (const void *)&a->v4.sin_addr;
    if (inet_ntop(a->any.sa_family, ip, out, ADDR_TEXT) == NULL) {
        (void)snprintf(out, ADDR_TEXT, "an unknown address");
    }
}

void addr_unmap(struct sockaddr_storage *a)
{
    union addr u;
    memcpy(&u, a, sizeof(u));
    if (u.any.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&u.v6.sin6_addr)) {
        return;
    }
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = u.v6.sin6_port };
    memcpy(&v4.sin_addr, u.v6.sin6_addr.s6_addr + 12, sizeof(v4.sin_addr));
    memset(a, 0, sizeof(*a));
    memcpy(a, &v4, sizeof(v4));
}

/* ends_in tells whether host is domain or lies in it; a dot at its end does not matter. */
static bool ends_in(const char *host, const char *domain)
{
    size_t len = strlen(host);
    size_t n = strlen(domain);
    if (len > 0 && host[len - 1] == '.') {
        len--;
    }
    return len >= n && strncasecmp(host + len - n, domain, n) == 0 &&
           (len == n || host[len - n - 1] == '.');
}

static void add(struct addrs *out, const union addr *a)
{
    struct addr_list *list = &out->of[a->any.sa_family == AF_INET6 ? FAMILY_V6 : FAMILY_V4];
    if (list->num < ADDRS_MAX) {
        list->items[list->num++] = *a;
    }
}

/* chain_names.c - name constraints (RFC 5280 4.2.1.10). Knows no path, only an authority and a
 * subject. */
#include "pki/chain_parts.h"
#include "pki/der.h"
#include "pki/dname.h"

struct comparison {
    const struct cert *authority;
    unsigned *used;
    struct name_fault *first;
    uint64_t faults;
};

static void check_name(struct comparison *c, const struct general_name *name);
static bool next_subtree(struct comparison *c, struct rd *list, const struct general_name *name,
                         struct general_name *base);
static void found(struct comparison *c, enum fault fault, const struct general_name *name,
                  cssl_bytes constraint);
static bool comparable(enum general_kind kind);
static bool well_formed(const struct general_name *name);
static bool matches(const struct general_name *name, cssl_bytes base, bool widest);
static bool dns_matches(cssl_bytes name, cssl_bytes base, bool widest);
static bool email_matches(cssl_bytes name, cssl_bytes base);
static bool ip_matches(cssl_bytes name, cssl_bytes base);
static bool host_matches(cssl_bytes host, cssl_bytes base);
static cssl_bytes uri_host(cssl_bytes uri);
static bool equal_nocase(cssl_bytes a, cssl_bytes b);
static bool ends_with(cssl_bytes text, cssl_bytes end);

uint64_t names_check(const struct cert *authority, const struct cert *subject, unsigned *used,
                     struct name_fault *first)
{
    static const uint8_t email_address[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 };
    struct comparison c = { .authority = authority, .used = used, .first = first };
    bool has_email = false;
    if (!dname_empty(subject->subject)) {
        struct general_name name = { GENERAL_DIRECTORY, subject->subject };
        check_name(&c, &name);
    }
    struct rd names = rd_of(subject->alt_names);
    while (rd_more(&names)) {
        struct general_name name = general_name_next(&names, 4);
        has_email = has_email || name.kind == GENERAL_EMAIL;
        check_name(&c, &name);
    }
    for (size_t n = 0; !has_email && n < DNAME_ATTRIBUTES_MAX; n++) {
        struct general_name name = { GENERAL_EMAIL, { NULL, 0 } };
        *used += (unsigned)n; /* what it takes to get there */
        name.value =
            dname_attribute(subject->subject, bytes_of(email_address, sizeof(email_address)), n);
        if (name.value.data == NULL) {
            break;
        }
        check_name(&c, &name);
    }
    return c.faults;
}

static void check_name(struct comparison *c, const struct general_name *name)
{
    struct general_name base;
    struct rd list = rd_of(c->authority->excluded);
    while (next_subtree(c, &list, name, &base)) {
        if (!comparable(name->kind)) {
            found(c, FAULT_NAME_CONSTRAINT_KIND, name, bytes_of(NULL, 0));
        } else if (!well_formed(name) || matches(name, base.value, true)) {
            found(c, FAULT_NAME_NOT_PERMITTED, name, base.value);
        }
    }
    bool constrained = false;
    bool permitted = false;
    list = rd_of(c->authority->permitted);
    while (!permitted && next_subtree(c, &list, name, &base)) {
        constrained = true;
        permitted = comparable(name->kind) && well_formed(name) && matches(name, base.value, false);
    }
    if (constrained && !permitted) {
        found(c, comparable(name->kind) ? FAULT_NAME_NOT_PERMITTED : FAULT_NAME_CONSTRAINT_KIND,
              name, bytes_of(NULL, 0));
    }
}

/* next_subtree takes subtrees from list up to one of name's kind. Looking at one counts as a
 * comparison, at long ones as several. */
static bool next_subtree(struct comparison *c, struct rd *list, const struct general_name *name,
                         struct general_name *base)
{
    while (rd_more(list) && *c->used <= CHAIN_NAMES_MAX) {
        struct rd tree = der_enter(list, DER_SEQUENCE);
        *base = general_name_next(&tree, 8);
        *c->used += 1;
        if (base->kind == name->kind) {
            *c->used += (unsigned)((base->value.len + name->value.len) / 64);
            return true;
        }
    }
    return false;
}

static void found(struct comparison *c, enum fault fault, const struct general_name *name,
                  cssl_bytes constraint)
{
    if (c->faults == 0 && c->first != NULL) {
        *c->first = (struct name_fault){ .constraint = constraint, .name = *name };
    }
    c->faults |= FAULT_BIT(fault);
}

static bool comparable(enum general_kind kind)
{
    return kind == GENERAL_DNS || kind == GENERAL_EMAIL || kind == GENERAL_URI ||
           kind == GENERAL_IP || kind == GENERAL_DIRECTORY;
}

/* A name that is not well-formed lies in no name space and may lie in any. */
static bool well_formed(const struct general_name *name)
{
    cssl_bytes v = name->value;
    switch (name->kind) {
    case GENERAL_DNS:
        return cert_is_host(v) || (v.len > 2 && v.data[0] == '*' && v.data[1] == '.' &&
                                   cert_is_host(bytes_of(v.data + 2, v.len - 2)));
    case GENERAL_EMAIL: {
        const uint8_t *at = v.len == 0 ? NULL : memchr(v.data, '@', v.len);
        size_t local = at == NULL ? 0 : (size_t)(at - v.data);
        return local > 0 && cert_is_host(bytes_of(at + 1, v.len - local - 1));
    }
    case GENERAL_URI: {
        cssl_bytes host = uri_host(v);
        bool digits = true; /* the last label: an IPv4 address has no name (4.2.1.10) */
        for (size_t i = host.len; i > 0 && host.data[i - 1] != '.'; i--) {
            digits = digits && host.data[i - 1] >= '0' && host.data[i - 1] <= '9';
        }
        return cert_is_host(host) && !digits;
    }
    default:
        return true;
    }
}

/* widest: a wildcard matches when any of the names that it stands for does; else all must. */
static bool matches(const struct general_name *name, cssl_bytes base, bool widest)
{
    switch (name->kind) {
    case GENERAL_DNS:
        return dns_matches(name->value, base, widest);
    case GENERAL_EMAIL:
        return email_matches(name->value, base);
    case GENERAL_URI:
        return host_matches(uri_host(name->value), base);
    case GENERAL_IP:
        return ip_matches(name->value, base);
    case GENERAL_DIRECTORY:
        return dname_within(name->value, base);
    default:
        return false;
    }
}

/* Any name that can be made by adding labels on the left of base. */
static bool dns_matches(cssl_bytes name, cssl_bytes base, bool widest)
{
    if (base.len == 0) {
        return true;
    }
    if (name.data[0] == '*') {
        cssl_bytes parent = bytes_of(name.data + 2, name.len - 2);
        const uint8_t *dot = memchr(base.data, '.', base.len);
        if (widest && dot != NULL) {
            size_t label = (size_t)(dot - base.data) + 1;
            if (equal_nocase(bytes_of(base.data + label, base.len - label), parent)) {
                return true; /* base is one of the names that "*" stands for */
            }
        }
        name = parent;
    }
    return equal_nocase(name, base) ||
           (name.len > base.len && name.data[name.len - base.len - 1] == '.' &&
            ends_with(name, base));
}

/* A mailbox, all mailboxes of a host, or (with a period in front) of all hosts in a domain. */
static bool email_matches(cssl_bytes name, cssl_bytes base)
{
    const uint8_t *at = memchr(name.data, '@', name.len);
    size_t local = (size_t)(at - name.data);
    cssl_bytes host = bytes_of(at + 1, name.len - local - 1);
    const uint8_t *base_at = base.len == 0 ? NULL : memchr(base.data, '@', base.len);
    if (base_at != NULL) {
        size_t base_local = (size_t)(base_at - base.data);
        return bytes_equal(bytes_of(name.data, local), bytes_of(base.data, base_local)) &&
               equal_nocase(host, bytes_of(base_at + 1, base.len - base_local - 1));
    }
    return host_matches(host, base);
}

static bool host_matches(cssl_bytes host, cssl_bytes base)
{
    if (base.len > 0 && base.data[0] == '.') {
        return host.len > base.len && ends_with(host, base);
    }
    return equal_nocase(host, base);
}

static bool ip_matches(cssl_bytes name, cssl_bytes base)
{
    if (base.len != 2 * name.len) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (((name.data[i] ^ base.data[i]) & base.data[name.len + i]) != 0) {
            return false;
        }
    }
    return true;
}

/* uri_host finds the host in scheme://user@host:port/...; empty when there is none. */
static cssl_bytes uri_host(cssl_bytes uri)
{
    size_t at = 0;
    while (at < uri.len && uri.data[at] != ':' && uri.data[at] != '/') {
        at++;
    }
    if (at == 0 || uri.len - at < 3 || memcmp(uri.data + at, "://", 3) != 0) {
        return bytes_of(NULL, 0);
    }
    size_t start = at + 3;
    size_t end = start;
    for (; end < uri.len && strchr("/?#", uri.data[end]) == NULL; end++) {
        if (uri.data[end] == '@') {
            start = end + 1;
        }
    }
    size_t host_end = start;
    while (host_end < end && uri.data[host_end] != ':') {
        host_end++;
    }
    return bytes_of(uri.data + start, host_end - start);
}

static bool equal_nocase(cssl_bytes a, cssl_bytes b)
{
    return a.len == b.len && ends_with(a, b);
}

static bool ends_with(cssl_bytes text, cssl_bytes end)
{
    if (text.len < end.len) {
        return false;
    }
    for (size_t i = 0; i < end.len; i++) {
        uint8_t x = text.data[text.len - end.len + i];
        uint8_t y = end.data[i];
        x = x >= 'A' && x <= 'Z' ? (uint8_t)(x + ('a' - 'A')) : x;
        y = y >= 'A' && y <= 'Z' ? (uint8_t)(y + ('a' - 'A')) : y;
        if (x != y) {
            return false;
        }
    }
    return true;
}

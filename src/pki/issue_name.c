/* issue_name.c - the names that certificates are made for: what kind each is, and its one form. */
#include "pki/issue.h"

#include "base/error.h"
#include "pki/hostname.h"

enum { DNS_MAX = 253, LABEL_MAX = 63 };

static int parse_uri(struct issue_name *name, const char *text, cssl_error *err);
static int parse_email(struct issue_name *name, const char *text, cssl_error *err);
static int parse_dns(struct issue_name *name, const char *text, cssl_error *err);
static int parse_unicode(struct issue_name *name, const char *text, cssl_error *err);

int issue_name_parse(struct issue_name *name, const char *text, cssl_error *err)
{
    *name = (struct issue_name){ .len = 0 };
    size_t len = strlen(text);
    if (len == 0 || len > ISSUE_NAME_MAX) {
        return fail_text(err, CSSL_R_ISSUE_NAME, "it has to have 1 to %d characters",
                         ISSUE_NAME_MAX);
    }
    bool ascii = true;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        ascii = ascii && c < 0x80;
        if (c <= 0x20 || c == 0x7f) {
            return fail_text(err, CSSL_R_ISSUE_NAME, "'%s' has spaces or control characters in it",
                             text);
        }
    }
    bool host = strstr(text, "://") == NULL && strchr(text, '@') == NULL;
    if (!ascii) {
        return host ? parse_unicode(name, text, err)
                    : fail_text(err, CSSL_R_ISSUE_NAME,
                                "'%s': URIs and e-mail addresses are written in ASCII here", text);
    }
    uint8_t ip[16];
    size_t ip_len = hostname_is_ip(text, ip);
    if (ip_len > 0) {
        name->type = ISSUE_IP;
        name->len = (uint8_t)ip_len;
        memcpy(name->data, ip, ip_len);
        return 0;
    }
    if (host) {
        return parse_dns(name, text, err);
    }
    return strstr(text, "://") != NULL ? parse_uri(name, text, err) : parse_email(name, text, err);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int parse_uri(struct issue_name *name, const char *text, cssl_error *err)
{
    size_t scheme = 0;
    while (is_letter(text[scheme]) || is_digit(text[scheme]) ||
           (text[scheme] != '\0' && strchr("+-.", text[scheme]) != NULL)) {
        scheme++;
    }
    if (!is_letter(text[0]) || strncmp(text + scheme, "://", 3) != 0 || text[scheme + 3] == '\0') {
        return fail_text(err, CSSL_R_ISSUE_NAME, "'%s' is not a URI: write scheme://host/path",
                         text);
    }
    name->type = ISSUE_URI;
    name->len = (uint8_t)strlen(text);
    memcpy(name->data, text, name->len);
    return 0;
}

/* Labels of letters, digits, hyphens and underscores, none empty, the last one not a number. What
 * is wrong is returned as the end of a sentence; NULL: nothing. */
static const char *dns_fault(const char *text, size_t len)
{
    if (len == 0 || len > DNS_MAX) {
        return "has to have 1 to 253 characters";
    }
    size_t label = 0;
    bool digits = true;
    for (size_t i = 0; i <= len; i++) {
        if (i == len || text[i] == '.') {
            if (i == label) {
                return "has an empty label";
            }
            if (i - label > LABEL_MAX) {
                return "has a label of more than 63 characters";
            }
            if (text[label] == '-' || text[i - 1] == '-') {
                return "has a label that begins or ends with a hyphen";
            }
            if (i == len) {
                break;
            }
            label = i + 1;
            digits = true;
        } else if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '-' && text[i] != '_') {
            return "has characters that no DNS name has";
        } else {
            digits = digits && is_digit(text[i]);
        }
    }
    return digits ? "ends in a number, but is not an IP address" : NULL;
}

static void put_lower(struct issue_name *name, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        name->data[name->len++] = (uint8_t)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
}

static int parse_email(struct issue_name *name, const char *text, cssl_error *err)
{
    const char *at = strrchr(text, '@');
    const char *host = at + 1;
    bool plain = at != text && memchr(text, '@', (size_t)(at - text)) == NULL &&
                 strpbrk(text, "<>\"(),:;\\[]") == NULL;
    if (!plain || dns_fault(host, strlen(host)) != NULL) {
        return fail_text(err, CSSL_R_ISSUE_NAME, "'%s' is not a plain e-mail address", text);
    }
    name->type = ISSUE_EMAIL;
    name->len = (uint8_t)(host - text);
    memcpy(name->data, text, name->len);
    put_lower(name, host, strlen(host));
    return 0;
}

static int parse_dns(struct issue_name *name, const char *text, cssl_error *err)
{
    size_t len = strlen(text);
    if (len > 1 && text[len - 1] == '.') {
        len--; /* the root's label is not written in certificates */
    }
    bool wildcard = len > 2 && text[0] == '*' && text[1] == '.';
    size_t skip = wildcard ? 2 : 0;
    const char *fault = dns_fault(text + skip, len - skip);
    if (fault != NULL && strchr(text + skip, '*') != NULL) {
        fault = "has a * that is not its whole first label";
    }
    if (fault == NULL && wildcard && memchr(text + skip, '.', len - skip) == NULL) {
        fault = "stands for every name below a top-level domain: name what you need";
    }
    if (fault == NULL && len > DNS_MAX) {
        fault = "has to have 1 to 253 characters";
    }
    if (fault != NULL) {
        return fail_text(err, CSSL_R_ISSUE_NAME, "'%s' %s", text, fault);
    }
    name->type = ISSUE_DNS;
    put_lower(name, text, len);
    return 0;
}

/* A name in Unicode goes into the certificate as DNS has it, label by label (RFC 5280 7.2). */
static int parse_unicode(struct issue_name *name, const char *text, cssl_error *err)
{
    bool wildcard = strncmp(text, "*.", 2) == 0;
    char ascii[2 + HOSTNAME_MAX + 1] = "*.";
    cssl_error why = { 0 };
    if (hostname_to_ascii(ascii + 2, wildcard ? text + 2 : text, &why) < 0) {
        return fail_text(err, CSSL_R_ISSUE_NAME, "%s", why.text);
    }
    return parse_dns(name, wildcard ? ascii : ascii + 2, err);
}

/* hostname.c - names in certificates against the name that was asked for. No public suffix list. */
#include "pki/hostname.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/error.h"
#include "pki/cert_fields.h"
#include "pki/der.h"
#include "pki/punycode.h"

enum { SHOWN_NAMES_MAX = 5, SHOWN_TEXT_MAX = 240 };

static bool label_char(char c);
static bool to_ascii(char *out, const char *name);
static int mismatch(const struct cert *cert, const char *name, cssl_error *err);
static size_t list_names(const struct cert *cert, char text[SHOWN_TEXT_MAX]);
static char lower(char c);

int hostname_check(const struct cert *cert, const char *name, cssl_error *err)
{
    uint8_t address[16];
    char ascii[HOSTNAME_MAX + 1] = "";
    size_t address_len = hostname_is_ip(name, address);
    if (address_len == 0) {
        int status = hostname_to_ascii(ascii, name, err);
        if (status != 0) {
            return status;
        }
    }
    struct rd names = rd_of(cert->alt_names);
    while (rd_more(&names)) {
        struct general_name there = general_name_next(&names, 4);
        if (address_len > 0
                ? there.kind == GENERAL_IP &&
                      bytes_equal(there.value, bytes_of(address, address_len))
                : there.kind == GENERAL_DNS && hostname_matches(there.value, ascii)) {
            return 0;
        }
    }
    return mismatch(cert, name, err);
}

int hostname_to_ascii(char out[HOSTNAME_MAX + 1], const char *name, cssl_error *err)
{
    if (!to_ascii(out, name) || !hostname_is_dns(out)) {
        out[0] = '\0';
        return fail_text(err, CSSL_R_BAD_NAME,
                         "\"%.100s\": a name has labels of letters, digits and hyphens, at most 63 "
                         "bytes each and 253 in all; Unicode in lower case, or as xn--", name);
    }
    return 0;
}

size_t hostname_is_ip(const char *name, uint8_t out[16])
{
    char plain[INET6_ADDRSTRLEN];
    size_t len = strlen(name);
    bool brackets = len >= 2 && name[0] == '[' && name[len - 1] == ']';
    if (brackets) {
        name++;
        len -= 2;
    }
    if (len >= sizeof(plain)) {
        return 0;
    }
    memcpy(plain, name, len);
    plain[len] = '\0';
    if (!brackets && inet_pton(AF_INET, plain, out) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, plain, out) == 1 ? 16 : 0;
}

bool hostname_is_dns(const char *name)
{
    size_t label = 0;
    bool numeric = true; /* the label so far */
    size_t len = strnlen(name, HOSTNAME_MAX + 1);
    if (len > HOSTNAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '.') {
            if (label == 0) {
                return false;
            }
            label = 0;
            numeric = true;
        } else if (!label_char(name[i]) || label == LABEL_MAX) {
            return false;
        } else {
            numeric = numeric && name[i] >= '0' && name[i] <= '9';
            label++;
        }
    }
    return label > 0 && !numeric; /* a last label of digits is for addresses (RFC 1123 2.1) */
}

bool hostname_matches(cssl_bytes pattern, const char *ascii_name)
{
    const char *name = ascii_name;
    if (pattern.len >= 2 && pattern.data[0] == '*' && pattern.data[1] == '.') {
        const char *dot = strchr(name, '.');
        bool two_labels = memchr(pattern.data + 2, '.', pattern.len - 2) != NULL;
        if (dot == NULL || dot == name || !two_labels) {
            return false;
        }
        name = dot;
        pattern = bytes_of(pattern.data + 1, pattern.len - 1);
    }
    if (pattern.len == 0 || pattern.len != strlen(name)) {
        return false;
    }
    for (size_t i = 0; i < pattern.len; i++) {
        if (lower((char)pattern.data[i]) != lower(name[i])) {
            return false;
        }
    }
    return true;
}

static bool label_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* to_ascii goes from label to label. */
static bool to_ascii(char *out, const char *name)
{
    size_t at = 0;
    size_t len = strlen(name);
    if (len > 0 && name[len - 1] == '.') {
        len--;
    }
    for (size_t i = 0; i < len;) {
        const char *dot = memchr(name + i, '.', len - i);
        size_t n = dot == NULL ? len - i : (size_t)(dot - (name + i));
        char label[LABEL_MAX + 1];
        size_t label_len = 0;
        bool ascii = true;
        for (size_t j = i; j < i + n; j++) {
            ascii = ascii && (uint8_t)name[j] < 0x80;
        }
        if (!ascii) {
            label_len = punycode_label(label, bytes_of((const uint8_t *)name + i, n));
        } else if (n <= LABEL_MAX) {
            for (; label_len < n; label_len++) {
                label[label_len] = lower(name[i + label_len]);
            }
        }
        if (label_len == 0 || at + label_len + 1 > HOSTNAME_MAX + 1) {
            return false;
        }
        memcpy(out + at, label, label_len);
        at += label_len;
        i += n;
        if (i < len) {
            i++;
            if (i == len || at == HOSTNAME_MAX) {
                return false; /* an empty last label, or no room for the dot */
            }
            out[at++] = '.';
        }
    }
    out[at] = '\0';
    return at > 0;
}

/* mismatch says what the certificate is for, and how to get one that is for name. */
static int mismatch(const struct cert *cert, const char *name, cssl_error *err)
{
    char names[SHOWN_TEXT_MAX];
    size_t num = list_names(cert, names);
    const char *advice = "";
    const char *advised = "";
    if (cert->self_issued || strcmp(name, "localhost") == 0) {
        advice = "; make one with: cssl cert self-signed --name ";
        advised = name;
    }
    if (num == 0) {
        return fail_cert(err, CSSL_R_HOSTNAME_MISMATCH, 0,
                         "certificate names no host (it has no DNS name or IP address in "
                         "subjectAltName; its common name does not count), but \"%.80s\" was asked "
                         "for%s%.60s", name, advice, advised);
    }
    return fail_cert(err, CSSL_R_HOSTNAME_MISMATCH, 0,
                     "certificate is for %s, but \"%.80s\" was asked for%s%.60s", names, name,
                     advice, advised);
}

/* list_names writes the first names in quotes and how many more there are. */
static size_t list_names(const struct cert *cert, char text[SHOWN_TEXT_MAX])
{
    enum { ROOM_FOR_MORE = 32 };
    size_t num = 0;
    size_t shown = 0;
    size_t at = 0;
    struct rd names = rd_of(cert->alt_names);
    text[0] = '\0';
    while (rd_more(&names)) {
        struct general_name name = general_name_next(&names, 4);
        char value[80];
        if (name.kind == GENERAL_DNS) {
            text_printable(value, sizeof(value), name.value.data, name.value.len);
        } else if (name.kind != GENERAL_IP ||
                   inet_ntop(name.value.len == 4 ? AF_INET : AF_INET6, name.value.data, value,
                             sizeof(value)) == NULL) {
            continue;
        }
        num++;
        if (shown == SHOWN_NAMES_MAX || at + strlen(value) + 4 > SHOWN_TEXT_MAX - ROOM_FOR_MORE) {
            continue;
        }
        at += (size_t)snprintf(text + at, SHOWN_TEXT_MAX - at, "%s\"%s\"", shown == 0 ? "" : ", ",
                               value);
        shown++;
    }
    if (num > shown) {
        (void)snprintf(text + at, SHOWN_TEXT_MAX - at, "%s%zu more", shown == 0 ? "" : " and ",
                       num - shown);
    }
    return num;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

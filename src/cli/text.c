/* text.c - text that is safe to show: strangers' words, hex digits, times. */
#include "cli/cli.h"

#include "base/mem.h"
#include "pki/der_write.h"

#include <stdlib.h>
#include <time.h>

static size_t utf8_length(const uint8_t *p, size_t len);

void *cli_memory(void *p)
{
    if (p == NULL) {
        exit(cli_fail("out of memory"));
    }
    return p;
}

char *cli_text(cssl_bytes bytes, bool utf8)
{
    static const char hex[] = "0123456789abcdef";
    /* each byte becomes four characters at most */
    char *out = cli_memory(mem_new_array(bytes.len + 1, 4));
    size_t at = 0;
    size_t i = 0;
    while (i < bytes.len) {
        uint8_t c = bytes.data[i];
        size_t n = utf8 ? utf8_length(bytes.data + i, bytes.len - i) : 0;
        if (c >= 0x20 && c < 0x7f) {
            out[at++] = (char)c;
            i++;
        } else if (n > 0) {
            memcpy(out + at, bytes.data + i, n);
            at += n;
            i += n;
        } else {
            out[at++] = '\\';
            out[at++] = 'x';
            out[at++] = hex[c >> 4];
            out[at++] = hex[c & 15];
            i++;
        }
    }
    out[at] = '\0';
    return out;
}

char *cli_hex(cssl_bytes bytes, const char *between)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t gap = strlen(between);
    char *out = cli_memory(mem_new_array(bytes.len + 1, 2 + gap));
    size_t at = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        if (i > 0) {
            memcpy(out + at, between, gap);
            at += gap;
        }
        out[at++] = digits[bytes.data[i] >> 4];
        out[at++] = digits[bytes.data[i] & 15];
    }
    out[at] = '\0';
    return out;
}

void cli_time(char out[CLI_TIME_MAX], int64_t seconds)
{
    struct tm tm;
    time_t t = (time_t)seconds;
    if (gmtime_r(&t, &tm) == NULL ||
        strftime(out, CLI_TIME_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0) {
        (void)snprintf(out, CLI_TIME_MAX, "%lld s after 1970", (long long)seconds);
    }
}

void cli_time_iso(char out[CLI_TIME_MAX], int64_t seconds)
{
    struct tm tm;
    time_t t = (time_t)seconds;
    if (gmtime_r(&t, &tm) == NULL || strftime(out, CLI_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
        (void)snprintf(out, CLI_TIME_MAX, "%lld", (long long)seconds);
    }
}

/* The length of a character that may be shown, or 0: controls, and what reorders or hides text
 * (bidirectional and zero-width marks, line separators), may not. */
static size_t utf8_length(const uint8_t *p, size_t len)
{
    uint32_t c = 0;
    size_t n = utf8_char(p, len, &c);
    bool hides = c < 0xa0 || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
                 (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
                 (c >= 0xfff9 && c <= 0xfffb) || c >= 0xe0000;
    return hides ? 0 : n;
}

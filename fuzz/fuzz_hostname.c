/* fuzz_hostname.c - host names: a pattern of a certificate, a newline, a name that is asked for. */
#include <stdlib.h>

#include "base/mem.h"
#include "pki/hostname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool what)
{
    if (!what) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *newline = len == 0 ? NULL : memchr(data, '\n', len);
    size_t pattern_len = newline == NULL ? 0 : (size_t)(newline - data);
    size_t start = newline == NULL ? 0 : pattern_len + 1;
    char *name = mem_new(len - start + 1);
    char ascii[HOSTNAME_MAX + 1];
    char again[HOSTNAME_MAX + 1];
    uint8_t address[16];
    cssl_error err = { 0 };
    require(name != NULL);
    if (len > start) {
        memcpy(name, data + start, len - start);
    }
    size_t address_len = hostname_is_ip(name, address);
    require(address_len == 0 || address_len == 4 || address_len == 16);
    if (hostname_to_ascii(ascii, name, &err) == 0) {
        require(hostname_is_dns(ascii) && address_len == 0);
        require(hostname_to_ascii(again, ascii, NULL) == 0 && strcmp(ascii, again) == 0);
        require(hostname_matches(bytes_str(ascii), ascii));
        bool matches = hostname_matches(bytes_of(data, pattern_len), ascii);
        require(!matches || (pattern_len > 0 && strchr(ascii, '*') == NULL));
    } else {
        require(err.reason == CSSL_R_BAD_NAME && ascii[0] == '\0');
    }
    require(!hostname_is_dns(name) || hostname_to_ascii(ascii, name, NULL) == 0);
    mem_free(name);
    return 0;
}

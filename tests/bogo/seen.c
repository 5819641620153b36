/*
 * seen.c - what the peer's messages and the key log say, where the API says nothing of it: lists of
 * signature schemes and of authorities, traffic secrets. Reads messages with the library's parsers.
 */
#include "shim.h"

#include "msg/hello.h"
#include "msg/kex12.h"
#include "msg/small.h"

#include <stdio.h>
#include <string.h>

enum { CLIENT_HELLO = 1, CERTIFICATE_REQUEST = 13, HEADER = 4 };

static void keep_schemes(struct seen *seen, cssl_bytes list)
{
    seen->schemes.num = 0;
    for (size_t i = 0; i + 1 < list.len && seen->schemes.num < NUMBERS_MAX; i += 2) {
        seen->schemes.list[seen->schemes.num++] =
            (uint16_t)(list.data[i] << 8 | list.data[i + 1]);
    }
}

/* The names in hex, with commas between, as the runner writes them. */
static void keep_authorities(struct seen *seen, cssl_bytes list)
{
    struct rd r = rd_of(list);
    size_t at = 0;
    while (rd_more(&r)) {
        cssl_bytes name = rd_view16(&r);
        for (size_t i = 0; i < name.len && at + 4 < sizeof(seen->authorities); i++) {
            const char *comma = i == 0 && at > 0 ? "," : "";
            at += (size_t)snprintf(seen->authorities + at, 4, "%s%02x", comma, name.data[i]);
        }
    }
    seen->authorities[at] = '\0';
}

void see_message(struct seen *seen, const cssl_trace_event *event)
{
    static struct client_hello ch;
    struct certificate_request cr;
    struct certificate_request12 cr12;
    const cssl_bytes m = event->message;
    if (event->sent || event->content_type != 22 || m.len < HEADER) {
        return;
    }
    const cssl_bytes body = { m.data + HEADER, m.len - HEADER };
    if (m.data[0] == CLIENT_HELLO && client_hello_parse(&ch, body, NULL) == 0) {
        keep_schemes(seen, ch.signature_algorithms);
    } else if (m.data[0] == CERTIFICATE_REQUEST && event->epoch > 0 &&
               certificate_request_parse(&cr, body, NULL) == 0) {
        keep_schemes(seen, cr.signature_algorithms);
        keep_authorities(seen, cr.certificate_authorities);
    } else if (m.data[0] == CERTIFICATE_REQUEST && event->epoch == 0 &&
               certificate_request12_parse(&cr12, body, NULL) == 0) {
        keep_schemes(seen, cr12.signature_algorithms);
        seen->num_types = cr12.types.len < sizeof(seen->types) ? cr12.types.len : 0;
        memcpy(seen->types, cr12.types.data, seen->num_types);
        keep_authorities(seen, cr12.certificate_authorities);
    }
}

void see_secret(void *user, const char *line)
{
    struct surroundings *around = user;
    static const char *const labels[] = { "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 " };
    for (size_t i = 0; i < 2; i++) {
        const char *hex = strrchr(line, ' ');
        if (hex != NULL && strncmp(line, labels[i], strlen(labels[i])) == 0) {
            uint8_t *to = around->seen.secrets[i];
            size_t len = from_hex(to, sizeof(around->seen.secrets[i]), hex + 1);
            around->seen.secret_len = len;
        }
    }
}

size_t from_hex(uint8_t *to, size_t max, const char *hex)
{
    size_t len = 0;
    unsigned value = 0;
    while (len < max && sscanf(hex + 2 * len, "%2x", &value) == 1) {
        to[len++] = (uint8_t)value;
    }
    return len;
}

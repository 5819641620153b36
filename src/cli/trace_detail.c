/* trace_detail.c - what a message says, piece by piece: labels, values, numbers by their names.
 * Knows no message. */
#include "cli/trace_words.h"

#include "base/error.h"
#include "cli/cert.h"
#include "pki/cert.h"
#include "pki/dname.h"

#include <stdarg.h>

/* To draw is not to judge: every answer counts as asked for. */
const struct ext_set trace_everything = { .bits = UINT64_MAX };

struct trace_detail *detail_new(struct trace_message *m, const char *label, bool list)
{
    if (m->num < TRACE_DETAILS_MAX) {
        m->num++;
    }
    struct trace_detail *d = &m->details[m->num - 1];
    d->label = label;
    d->list = list;
    d->num = 0;
    d->more = 0;
    return d;
}

static void add_value(struct trace_detail *d, const char *format, va_list args) PRINTF_LIKE(2, 0);
static void add_value(struct trace_detail *d, const char *format, va_list args)
{
    if (d->num == TRACE_VALUES_MAX) {
        d->more++;
        return;
    }
    (void)vsnprintf(d->values[d->num], sizeof(d->values[0]), format, args);
    d->num++;
}

void detail_add(struct trace_detail *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_value(d, format, args);
    va_end(args);
}

void detail_say(struct trace_message *m, const char *label, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_value(detail_new(m, label, false), format, args);
    va_end(args);
}

void detail_peer(struct trace_detail *d, cssl_bytes bytes)
{
    char text[TRACE_VALUE_MAX];
    text_printable(text, sizeof(text), bytes.data, bytes.len);
    detail_add(d, "%s", text);
}

const char *trace_version_text(uint16_t version)
{
    switch (version) {
    case 0x0300:
        return "SSL 3.0";
    case TLS_1_0:
        return "TLS 1.0";
    case 0x0302:
        return "TLS 1.1";
    case TLS_1_2:
        return "TLS 1.2";
    case TLS_1_3:
        return "TLS 1.3";
    default:
        return NULL;
    }
}

/* RFC 8701: 0x0a0a, 0x1a1a, ... 0xfafa. */
static bool is_grease(uint16_t number)
{
    return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
}

void detail_number(struct trace_detail *d, uint16_t number, name_of *name)
{
    const char *known = name(number);
    if (known != NULL) {
        detail_add(d, "%s", known);
    } else if (is_grease(number)) {
        detail_add(d, "GREASE");
    } else {
        detail_add(d, "0x%04x", number);
    }
}

void detail_numbers(struct trace_message *m, const char *label, cssl_bytes list, name_of *name)
{
    if (list.len == 0) {
        return;
    }
    struct trace_detail *d = detail_new(m, label, true);
    for (size_t i = 0; i < u16s_len(list); i++) {
        detail_number(d, u16s_at(list, i), name);
    }
}

void detail_rest(struct trace_message *m, cssl_bytes block, enum ext_place place,
                     const uint16_t *said, size_t num_said)
{
    struct ext_walk walk = { .block = rd_of(block), .place = place, .asked = trace_everything };
    struct trace_detail *d = NULL;
    for (;;) {
        struct ext e;
        if (ext_next(&walk, &e, NULL) < 0 || e.data.data == NULL) {
            return;
        }
        bool known = false;
        for (size_t i = 0; i < num_said; i++) {
            known = known || said[i] == e.type;
        }
        if (!known) {
            d = d == NULL ? detail_new(m, "also", true) : d;
            detail_number(d, e.type, name_of_extension);
        }
    }
}

void detail_names(struct trace_message *m, cssl_bytes list)
{
    struct trace_detail *d = detail_new(m, "authorities", true);
    struct rd r = rd_of(list);
    while (rd_more(&r)) {
        cssl_bytes name = rd_view16(&r);
        char text[DNAME_TEXT_MAX];
        if (dname_valid(name)) {
            (void)dname_text(text, name);
            detail_peer(d, bytes_str(text));
        } else {
            detail_add(d, "not a name (%zu bytes)", name.len);
        }
    }
}

void detail_key(struct trace_message *m, cssl_bytes spki)
{
    struct spki_info info;
    char text[CERT_KEY_TEXT_MAX] = "cannot be read";
    if (spki_inspect(spki, &info, NULL) == 0 && info.type != KEY_NONE) {
        (void)cert_key_text(text, info.type, info.bits);
    }
    detail_say(m, "raw key", "%s (%zu bytes)", text, spki.len);
}

void detail_types(struct trace_message *m, const char *label, cssl_bytes types)
{
    struct trace_detail *d = types.len == 0 ? NULL : detail_new(m, label, types.len > 1);
    for (size_t i = 0; i < types.len; i++) {
        const char *name = name_of_cert_type(types.data[i]);
        if (name != NULL) {
            detail_add(d, "%s", name);
        } else {
            detail_add(d, "%u", types.data[i]);
        }
    }
}

void detail_certificate(struct trace_message *m, const char *label, cssl_bytes der)
{
    struct cert *cert = cert_parse(der, NULL);
    char raw[DNAME_TEXT_MAX] = "cannot be read", subject[TRACE_VALUE_MAX - 64];
    if (cert != NULL) {
        (void)dname_text(raw, cert_subject(cert));
    }
    text_printable(subject, sizeof(subject), raw, strlen(raw));
    detail_say(m, label, "%s (%zu bytes)", subject[0] == '\0' ? "no subject" : subject, der.len);
    cert_free(cert);
}

/* trace_describe.c - says what a recorded message contains, in names and numbers. Draws nothing.
 * Everything a peer has said becomes printable ASCII here. */
#include "base/error.h"
#include "base/mem.h"
#include "cli/trace_parts.h"
#include "msg/compress.h"
#include "msg/hello.h"
#include "msg/small.h"
#include "pki/cert.h"
#include "pki/dname.h"

#include <stdarg.h>

enum { MESSAGE_HEADER = 4 };

/* To draw is not to judge: every answer counts as asked for. */
static const struct ext_set everything = { .bits = UINT64_MAX };

typedef const char *name_of(uint16_t number);

static void add(struct trace_message *m, const char *label, const char *format, ...)
    PRINTF_LIKE(3, 4);
static void add_to(struct trace_detail *d, const char *format, ...) PRINTF_LIKE(2, 3);
static void describe_handshake(struct trace_message *m, const struct trace *t, cssl_bytes message);
static void describe_alert(struct trace_message *m, cssl_bytes message);
static void client_hello(struct trace_message *m, cssl_bytes body);
static void server_hello(struct trace_message *m, cssl_bytes body);
static void encrypted_extensions(struct trace_message *m, cssl_bytes body);
static void certificate_request(struct trace_message *m, cssl_bytes body);
static void certificates(struct trace_message *m, cssl_bytes body);
static void compressed_certificate(struct trace_message *m, cssl_bytes body);
static void certificate_verify(struct trace_message *m, cssl_bytes body);
static void new_session_ticket(struct trace_message *m, cssl_bytes body);
static void key_update(struct trace_message *m, cssl_bytes body);

/* Messages whose contents are known; 13: of TLS 1.3 only, older ones have another form. */
static const struct {
    enum handshake_type type;
    bool only_13;
    void (*describe)(struct trace_message *m, cssl_bytes body);
} messages[] = {
    { HT_CLIENT_HELLO, false, client_hello },
    { HT_SERVER_HELLO, false, server_hello },
    { HT_ENCRYPTED_EXTENSIONS, true, encrypted_extensions },
    { HT_CERTIFICATE_REQUEST, true, certificate_request },
    { HT_CERTIFICATE, true, certificates },
    { HT_COMPRESSED_CERTIFICATE, true, compressed_certificate },
    { HT_CERTIFICATE_VERIFY, true, certificate_verify },
    { HT_NEW_SESSION_TICKET, true, new_session_ticket },
    { HT_KEY_UPDATE, true, key_update },
};

static bool is_message(const struct trace_item *item, enum handshake_type type)
{
    return item->content_type == CT_HANDSHAKE && item->len >= MESSAGE_HEADER &&
           item->message[0] == type;
}

static cssl_bytes body_of(cssl_bytes message)
{
    return bytes_of(message.data + MESSAGE_HEADER, message.len - MESSAGE_HEADER);
}

/* The side that sends a ClientHello is the client; without one, this side. */
static bool client_sends(const struct trace *t)
{
    for (size_t i = 0; i < t->num; i++) {
        if (is_message(&t->items[i], HT_CLIENT_HELLO)) {
            return t->items[i].sent;
        }
    }
    return true;
}

/* The first ServerHello that can be read tells the version; without one it is taken for TLS 1.3. */
static bool is_13(const struct trace *t)
{
    for (size_t i = 0; i < t->num; i++) {
        const struct trace_item *item = &t->items[i];
        struct server_hello sh;
        if (is_message(item, HT_SERVER_HELLO) &&
            server_hello_parse(&sh, body_of(bytes_of(item->message, item->len)), everything,
                               NULL) == 0) {
            return sh.selected_version != 0;
        }
    }
    return true;
}

void trace_describe(struct trace_message *m, const struct trace *t, size_t i)
{
    const struct trace_item *item = &t->items[i];
    const cssl_bytes message = bytes_of(item->message, item->len);
    m->name[0] = '\0';
    m->from_client = item->sent == client_sends(t);
    m->bad = false;
    m->content_type = item->content_type;
    m->epoch = item->epoch;
    m->size = item->len;
    m->since_us = item->time_us - t->items[0].time_us;
    m->num = 0;
    switch (item->content_type) {
    case CT_HANDSHAKE:
        describe_handshake(m, t, message);
        break;
    case CT_ALERT:
        describe_alert(m, message);
        break;
    case CT_CHANGE_CIPHER_SPEC:
        (void)snprintf(m->name, sizeof(m->name), "ChangeCipherSpec");
        break;
    default:
        (void)snprintf(m->name, sizeof(m->name), "content of type %u", item->content_type);
        break;
    }
}

const char *trace_epoch_text(uint8_t epoch)
{
    static const char *const texts[] = { "in the clear", "early data keys", "handshake keys",
                                         "application keys" };
    return epoch < ARRAY_LEN(texts) ? texts[epoch] : "encrypted";
}

void trace_join(char *out, size_t size, const struct trace_detail *d)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < d->num && at < size; i++) {
        int n = snprintf(out + at, size - at, "%s%s", i == 0 ? "" : ", ", d->values[i]);
        at += n > 0 ? (size_t)n : 0;
    }
    if (d->more > 0 && at < size) {
        (void)snprintf(out + at, size - at, ", and %zu more", d->more);
    }
}

size_t trace_break(const char *text, size_t columns, size_t *next)
{
    size_t len = strlen(text);
    *next = len;
    if (len <= columns) {
        return len;
    }
    for (len = columns; len > 0; len--) {
        if (text[len] == ' ') {
            *next = len + 1;
            return len;
        }
    }
    *next = columns;
    return columns;
}

/* ---- Details ---- */

/* detail begins one; when there are too many the last one is written over. */
static struct trace_detail *detail(struct trace_message *m, const char *label, bool list)
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

static void add_to(struct trace_detail *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_value(d, format, args);
    va_end(args);
}

static void add(struct trace_message *m, const char *label, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_value(detail(m, label, false), format, args);
    va_end(args);
}

/* add_peer adds bytes that a peer chose. */
static void add_peer(struct trace_detail *d, cssl_bytes bytes)
{
    char text[TRACE_VALUE_MAX];
    text_printable(text, sizeof(text), bytes.data, bytes.len);
    add_to(d, "%s", text);
}

static const char *version_text(uint16_t version)
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

static void add_number(struct trace_detail *d, uint16_t number, name_of *name)
{
    const char *known = name(number);
    if (known != NULL) {
        add_to(d, "%s", known);
    } else if (is_grease(number)) {
        add_to(d, "GREASE");
    } else {
        add_to(d, "0x%04x", number);
    }
}

static void add_numbers(struct trace_message *m, const char *label, cssl_bytes list, name_of *name)
{
    if (list.len == 0) {
        return;
    }
    struct trace_detail *d = detail(m, label, true);
    for (size_t i = 0; i < u16s_len(list); i++) {
        add_number(d, u16s_at(list, i), name);
    }
}

static void add_malformed(struct trace_message *m, const cssl_error *err)
{
    m->bad = true;
    add(m, "malformed", "%s", err->text);
}

/* add_rest names the extensions of which nothing else was said. */
static void add_rest(struct trace_message *m, cssl_bytes block, enum ext_place place,
                     const uint16_t *said, size_t num_said)
{
    struct ext_walk walk = { .block = rd_of(block), .place = place, .asked = everything };
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
            d = d == NULL ? detail(m, "also", true) : d;
            add_number(d, e.type, name_of_extension);
        }
    }
}

/* ---- Messages ---- */

static void describe_handshake(struct trace_message *m, const struct trace *t, cssl_bytes message)
{
    struct rd r = rd_of(message);
    uint8_t type = rd_u8(&r);
    uint32_t len = rd_u24(&r);
    const char *name = name_of_handshake(type);
    if (name != NULL) {
        (void)snprintf(m->name, sizeof(m->name), "%s", name);
    } else {
        (void)snprintf(m->name, sizeof(m->name), "message of type %u", type);
    }
    if (!rd_ok(&r) || len != r.left) {
        m->bad = true;
        add(m, "malformed", "the header does not fit the message");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        if (messages[i].type == type && (!messages[i].only_13 || is_13(t))) {
            messages[i].describe(m, body_of(message));
        }
    }
}

static void describe_alert(struct trace_message *m, cssl_bytes message)
{
    (void)snprintf(m->name, sizeof(m->name), "Alert");
    if (message.len != 2) {
        m->bad = true;
        add(m, "malformed", "an alert has two bytes");
        return;
    }
    /* RFC 8446 6: the level means nothing; all but these two end the connection */
    uint8_t alert = message.data[1];
    m->bad = alert != ALERT_CLOSE_NOTIFY && alert != ALERT_USER_CANCELED;
    (void)snprintf(m->name, sizeof(m->name), "Alert %s", cssl_alert_name(alert));
    if (strncmp(cssl_alert_name(alert), "unsupported/", 12) == 0) {
        add(m, "number", "%u", alert);
    }
}

static void hello_psks(struct trace_message *m, const struct client_hello *ch)
{
    static const char *const modes[] = { "psk_ke", "psk_dhe_ke" };
    if (ext_has(ch->has, EXT_PRE_SHARED_KEY)) {
        struct trace_detail *d = detail(m, "pre-shared keys", true);
        for (size_t i = 0; i < ch->num_psks; i++) {
            add_to(d, "identity of %zu bytes", ch->psks[i].identity.len);
        }
        d->more += ch->all_psks - ch->num_psks;
    }
    if (ext_has(ch->has, EXT_PSK_KEY_EXCHANGE_MODES)) {
        struct trace_detail *d = detail(m, "psk modes", true);
        for (size_t i = 0; i < ch->psk_modes.len; i++) {
            uint8_t mode = ch->psk_modes.data[i];
            if (mode < ARRAY_LEN(modes)) {
                add_to(d, "%s", modes[mode]);
            } else {
                add_to(d, "%u", mode);
            }
        }
    }
    if (ext_has(ch->has, EXT_EARLY_DATA)) {
        add(m, "early data", "announced");
    }
}

static void add_protocols(struct trace_message *m, cssl_bytes list)
{
    struct rd r = rd_of(list);
    struct trace_detail *d = detail(m, "alpn", true);
    while (rd_more(&r)) {
        add_peer(d, rd_view8(&r));
    }
}

/* hello_block is the extension block of a ClientHello that has parsed. */
static cssl_bytes hello_block(cssl_bytes body)
{
    struct rd r = rd_of(body);
    (void)rd_bytes(&r, 2 + HELLO_RANDOM);
    (void)rd_view8(&r);
    (void)rd_view16(&r);
    (void)rd_view8(&r);
    return r.left > 0 ? rd_view16(&r) : bytes_of(NULL, 0);
}

static void client_hello(struct trace_message *m, cssl_bytes body)
{
    static const uint16_t said[] = {
        EXT_SERVER_NAME, EXT_SUPPORTED_VERSIONS, EXT_SUPPORTED_GROUPS, EXT_KEY_SHARE,
        EXT_SIGNATURE_ALGORITHMS, EXT_SIGNATURE_ALGORITHMS_CERT, EXT_ALPN, EXT_PRE_SHARED_KEY,
        EXT_PSK_KEY_EXCHANGE_MODES, EXT_EARLY_DATA, EXT_COOKIE, EXT_COMPRESS_CERTIFICATE,
    };
    struct client_hello ch;
    cssl_error err;
    if (client_hello_parse(&ch, body, &err) < 0) {
        add_malformed(m, &err);
        return;
    }
    if (ext_has(ch.has, EXT_SERVER_NAME)) {
        add_peer(detail(m, "server name", false), ch.server_name);
    }
    if (ch.supported_versions.len > 0) {
        add_numbers(m, "versions", ch.supported_versions, version_text);
    } else {
        add_number(detail(m, "versions", true), ch.legacy_version, version_text);
    }
    add_numbers(m, "suites", ch.cipher_suites, name_of_suite);
    add_numbers(m, "groups", ch.supported_groups, name_of_group);
    if (ext_has(ch.has, EXT_KEY_SHARE)) {
        struct trace_detail *d = detail(m, "key shares", true);
        for (size_t i = 0; i < ch.num_shares; i++) {
            add_number(d, ch.shares[i].group, name_of_group);
        }
        if (ch.num_shares == 0) {
            add_to(d, "none");
        }
    }
    add_numbers(m, "signatures", ch.signature_algorithms, name_of_scheme);
    add_numbers(m, "in certificates", ch.signature_algorithms_cert, name_of_scheme);
    if (ext_has(ch.has, EXT_ALPN)) {
        add_protocols(m, ch.alpn);
    }
    hello_psks(m, &ch);
    if (ext_has(ch.has, EXT_COOKIE)) {
        add(m, "cookie", "%zu bytes", ch.cookie.len);
    }
    add_numbers(m, "compression", ch.compress_certificate, name_of_compression);
    add_rest(m, hello_block(body), IN_CLIENT_HELLO, said, ARRAY_LEN(said));
}

static void server_hello(struct trace_message *m, cssl_bytes body)
{
    struct server_hello sh;
    cssl_error err;
    if (server_hello_parse(&sh, body, everything, &err) < 0) {
        add_malformed(m, &err);
        return;
    }
    if (sh.hello_retry) {
        (void)snprintf(m->name, sizeof(m->name), "HelloRetryRequest");
    }
    add_number(detail(m, "version", false),
               sh.selected_version != 0 ? sh.selected_version : sh.legacy_version, version_text);
    add_number(detail(m, "suite", false), sh.cipher_suite, name_of_suite);
    if (ext_has(sh.has, EXT_KEY_SHARE)) {
        add_number(detail(m, sh.hello_retry ? "wants group" : "key share", false), sh.share.group,
                   name_of_group);
    }
    if (ext_has(sh.has, EXT_PRE_SHARED_KEY)) {
        add(m, "resumes", "with pre-shared key %u", sh.selected_psk);
    }
    if (ext_has(sh.has, EXT_COOKIE)) {
        add(m, "cookie", "%zu bytes", sh.cookie.len);
    }
    if (ext_has(sh.has, EXT_ALPN)) {
        add_peer(detail(m, "alpn", false), sh.alpn);
    }
}

static void encrypted_extensions(struct trace_message *m, cssl_bytes body)
{
    static const uint16_t said[] = { EXT_ALPN, EXT_SUPPORTED_GROUPS, EXT_EARLY_DATA,
                                     EXT_SERVER_NAME };
    struct encrypted_extensions ee;
    cssl_error err;
    if (encrypted_extensions_parse(&ee, body, everything, &err) < 0) {
        add_malformed(m, &err);
        return;
    }
    if (ext_has(ee.has, EXT_ALPN)) {
        add_peer(detail(m, "alpn", false), ee.alpn);
    }
    if (ext_has(ee.has, EXT_SERVER_NAME)) {
        add(m, "server name", "used");
    }
    if (ext_has(ee.has, EXT_EARLY_DATA)) {
        add(m, "early data", "accepted");
    }
    add_numbers(m, "groups", ee.supported_groups, name_of_group);
    struct rd r = rd_of(body);
    add_rest(m, rd_view16(&r), IN_ENCRYPTED_EXTENSIONS, said, ARRAY_LEN(said));
}

static void certificate_request(struct trace_message *m, cssl_bytes body)
{
    struct certificate_request cr;
    cssl_error err;
    if (certificate_request_parse(&cr, body, &err) < 0) {
        add_malformed(m, &err);
        return;
    }
    add_numbers(m, "signatures", cr.signature_algorithms, name_of_scheme);
    add_numbers(m, "in certificates", cr.signature_algorithms_cert, name_of_scheme);
    add_numbers(m, "compression", cr.compress_certificate, name_of_compression);
    if (!ext_has(cr.has, EXT_CERTIFICATE_AUTHORITIES)) {
        return;
    }
    struct trace_detail *d = detail(m, "authorities", true);
    struct rd r = rd_of(cr.certificate_authorities);
    while (rd_more(&r)) {
        cssl_bytes name = rd_view16(&r);
        char text[DNAME_TEXT_MAX];
        if (dname_valid(name)) {
            (void)dname_text(text, name);
            add_peer(d, bytes_str(text));
        } else {
            add_to(d, "not a name (%zu bytes)", name.len);
        }
    }
}

static void certificates(struct trace_message *m, cssl_bytes body)
{
    struct certificate c;
    cssl_error err;
    if (certificate_parse(&c, body, everything, &err) < 0) {
        add_malformed(m, &err);
        return;
    }
    if (c.num_entries == 0) {
        add(m, "certificates", "none");
    }
    for (size_t i = 0; i < c.num_entries; i++) {
        const struct certificate_entry *entry = &c.entries[i];
        const char *label = i == 0 ? "certificate" : "issued by";
        struct cert *cert = cert_parse(entry->cert, NULL);
        char raw[DNAME_TEXT_MAX] = "cannot be read", subject[TRACE_VALUE_MAX - 64];
        if (cert != NULL) {
            (void)dname_text(raw, cert_subject(cert));
        }
        text_printable(subject, sizeof(subject), raw, strlen(raw));
        add(m, label, "%s (%zu bytes)", subject[0] == '\0' ? "no subject" : subject,
            entry->cert.len);
        cert_free(cert);
        if (ext_has(entry->has, EXT_STATUS_REQUEST)) {
            add(m, "ocsp response", "%zu bytes", entry->status.len);
        }
    }
}

/* What is inside is shown too, when it is of a size that certificates have. */
static void compressed_certificate(struct trace_message *m, cssl_bytes body)
{
    enum { MAX = 256 * 1024 };
    struct compressed_certificate c;
    cssl_error err;
    if (compressed_certificate_parse(&c, body, &err) < 0) {
        add_malformed(m, &err);
        return;
    }
    add_number(detail(m, "compression", false), c.algorithm, name_of_compression);
    add(m, "size", "%zu bytes for %lu", c.packed.len, (unsigned long)c.length);
    uint8_t *plain = c.length > MAX || !compress_has(c.algorithm) ? NULL : mem_alloc(c.length);
    if (plain != NULL && compress_read(c.algorithm, c.packed, plain, c.length, &err) < 0) {
        add_malformed(m, &err);
    } else if (plain != NULL) {
        certificates(m, bytes_of(plain, c.length));
    }
    mem_free(plain);
}

static void certificate_verify(struct trace_message *m, cssl_bytes body)
{
    struct certificate_verify cv;
    cssl_error err;
    if (certificate_verify_parse(&cv, body, &err) < 0) {
        add_malformed(m, &err);
        return;
    }
    add_number(detail(m, "signature", false), cv.scheme, name_of_scheme);
}

static void new_session_ticket(struct trace_message *m, cssl_bytes body)
{
    struct new_session_ticket nst;
    cssl_error err;
    if (new_session_ticket_parse(&nst, body, &err) < 0) {
        add_malformed(m, &err);
        return;
    }
    add(m, "ticket", "%zu bytes, valid for %lu seconds", nst.ticket.len,
        (unsigned long)nst.lifetime);
    if (ext_has(nst.has, EXT_EARLY_DATA)) {
        add(m, "early data", "%lu bytes at most", (unsigned long)nst.max_early_data);
    }
}

static void key_update(struct trace_message *m, cssl_bytes body)
{
    bool requested = false;
    cssl_error err;
    if (key_update_parse(&requested, body, &err) < 0) {
        add_malformed(m, &err);
        return;
    }
    if (requested) {
        add(m, "asks", "for one in return");
    }
}

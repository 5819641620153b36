/* trace_describe.c - says what a recorded message contains, in names and numbers. Draws nothing.
 * Everything a peer has said becomes printable ASCII here. */
#include "cli/trace_words.h"

#include "base/error.h"
#include "msg/small.h"

enum { MESSAGE_HEADER = 4 };

static void describe_handshake(struct trace_message *m, const struct trace *t, size_t i);
static void describe_alert(struct trace_message *m, cssl_bytes message);
static void describe_change(struct trace_message *m, const struct trace *t);

/* Who describes which messages; NULL: nothing more than the name is to be said, or the version does
 * not have it. */
static const struct {
    enum handshake_type type;
    trace_describe_fn *in12, *in13;
} messages[] = {
    { HT_HELLO_REQUEST, trace_hello_request, NULL },
    { HT_CLIENT_HELLO, trace_client_hello, trace_client_hello },
    { HT_SERVER_HELLO, trace_server_hello, trace_server_hello },
    { HT_NEW_SESSION_TICKET, trace_new_session_ticket12, trace_new_session_ticket },
    { HT_END_OF_EARLY_DATA, NULL, trace_end_of_early_data },
    { HT_ENCRYPTED_EXTENSIONS, NULL, trace_encrypted_extensions },
    { HT_CERTIFICATE, trace_certificate12, trace_certificate },
    { HT_SERVER_KEY_EXCHANGE, trace_server_key_exchange, NULL },
    { HT_CERTIFICATE_REQUEST, trace_certificate_request12, trace_certificate_request },
    { HT_CERTIFICATE_VERIFY, trace_certificate_verify, trace_certificate_verify },
    { HT_CLIENT_KEY_EXCHANGE, trace_client_key_exchange, NULL },
    { HT_CERTIFICATE_STATUS, trace_certificate_status, NULL },
    { HT_KEY_UPDATE, NULL, trace_key_update },
    { HT_COMPRESSED_CERTIFICATE, NULL, trace_compressed_certificate },
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
            server_hello_parse(&sh, body_of(bytes_of(item->message, item->len)),
                               trace_everything, NULL) == 0) {
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
        describe_handshake(m, t, i);
        break;
    case CT_ALERT:
        describe_alert(m, message);
        break;
    case CT_CHANGE_CIPHER_SPEC:
        describe_change(m, t);
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

/* ---- Messages ---- */

static void take_types(struct trace_before *b, struct ext_set has, cssl_bytes client,
                       cssl_bytes server)
{
    b->client_raw = ext_has(has, EXT_CLIENT_CERTIFICATE_TYPE) && client.data[0] == CERT_RAW;
    b->server_raw = ext_has(has, EXT_SERVER_CERTIFICATE_TYPE) && server.data[0] == CERT_RAW;
}

/* What stands before item i, that is to say what its form depends on. */
static struct trace_before before(const struct trace *t, size_t i)
{
    struct trace_before b = { .tls13 = is_13(t) };
    for (size_t k = 0; k < i; k++) {
        const struct trace_item *item = &t->items[k];
        const cssl_bytes message = bytes_of(item->message, item->len);
        struct client_hello ch;
        struct server_hello sh;
        struct encrypted_extensions ee;
        if (is_message(item, HT_ENCRYPTED_EXTENSIONS) &&
            encrypted_extensions_parse(&ee, body_of(message), trace_everything, NULL) == 0) {
            take_types(&b, ee.has, ee.client_certificate_type, ee.server_certificate_type);
        }
        if (is_message(item, HT_CLIENT_HELLO) &&
            client_hello_parse(&ch, body_of(message), NULL) == 0) {
            b.session_id = ch.session_id;
        }
        if (is_message(item, HT_SERVER_HELLO) &&
            server_hello_parse(&sh, body_of(message), trace_everything, NULL) == 0) {
            take_types(&b, sh.has, sh.client_certificate_type, sh.server_certificate_type);
            b.has_kx = suite_find(sh.cipher_suite) != NULL;
            b.kx = b.has_kx ? suite_kx(sh.cipher_suite) : b.kx;
        }
    }
    return b;
}

static void malformed(struct trace_message *m, const char *why)
{
    m->bad = true;
    detail_say(m, "malformed", "%s", why);
}

static void describe_handshake(struct trace_message *m, const struct trace *t, size_t i)
{
    const cssl_bytes message = bytes_of(t->items[i].message, t->items[i].len);
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
        malformed(m, "the header does not fit the message");
        return;
    }
    const struct trace_before b = before(t, i);
    for (size_t k = 0; k < ARRAY_LEN(messages); k++) {
        trace_describe_fn *describe = b.tls13 ? messages[k].in13 : messages[k].in12;
        cssl_error err;
        if (messages[k].type == type && describe != NULL &&
            describe(m, &b, body_of(message), &err) < 0) {
            malformed(m, err.text);
        }
    }
}

/* RFC 5246 7.1: the sender's next message is under new keys. RFC 8446 D.4: no meaning at all. */
static void describe_change(struct trace_message *m, const struct trace *t)
{
    (void)snprintf(m->name, sizeof(m->name), "ChangeCipherSpec");
    if (is_13(t)) {
        detail_say(m, "meaning", "none, it is for middleboxes");
    } else {
        detail_say(m, "new keys", "for all that this side sends from here on");
    }
}

static void describe_alert(struct trace_message *m, cssl_bytes message)
{
    (void)snprintf(m->name, sizeof(m->name), "Alert");
    if (message.len != 2) {
        malformed(m, "an alert has two bytes");
        return;
    }
    /* RFC 8446 6: the level means nothing; all but these two end the connection */
    uint8_t alert = message.data[1];
    m->bad = alert != ALERT_CLOSE_NOTIFY && alert != ALERT_USER_CANCELED;
    (void)snprintf(m->name, sizeof(m->name), "Alert %s", cssl_alert_name(alert));
    if (strncmp(cssl_alert_name(alert), "unsupported/", 12) == 0) {
        detail_say(m, "number", "%u", alert);
    }
}

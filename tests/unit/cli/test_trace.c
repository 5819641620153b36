/* test_trace.c - traces: what is recorded, what is said of it, and that nothing a peer says breaks
 * out of a drawing. The handshakes are those of RFC 8448. */
#include "base/error.h" /* before cmocka, which has a macro of the name fail */

#include "support.h"

#include "base/names.h"
#include "base/wire.h"
#include "cli/trace_parts.h"

#include <jansson.h>

/* ---- Recording ---- */

static int64_t now;

static void record(struct trace *t, bool sent, uint8_t type, uint8_t epoch, const void *message,
                   size_t len)
{
    uint8_t *copy = test_copy(message, len); /* gone when trace_add is back, as with a real hook */
    const cssl_trace_event event = {
        .time_us = now, .sent = sent, .content_type = type, .epoch = epoch, .message = { copy, len }
    };
    trace_add(t, &event);
    free(copy);
    now += 1250;
}

struct step {
    const char *key; /* '>' from the client, '<' from the server; "ccs" */
    uint8_t epoch;
};

static void record_steps(struct trace *t, const char *file, const struct step *steps, size_t num)
{
    struct vectors *v = vectors_open(file);
    assert_true(vectors_next(v));
    for (size_t i = 0; i < num; i++) {
        const bool sent = steps[i].key[0] == '>'; /* this side is the client */
        const char *key = steps[i].key + 1;
        if (strcmp(key, "ccs") == 0) {
            record(t, sent, CT_CHANGE_CIPHER_SPEC, 0, "\x01", 1);
        } else if (strcmp(key, "close_notify") == 0) {
            record(t, sent, CT_ALERT, 3, "\x01\x00", 2);
        } else {
            size_t len;
            const uint8_t *message = vectors_bytes(v, key, &len);
            record(t, sent, CT_HANDSHAKE, steps[i].epoch, message, len);
        }
    }
    vectors_close(v);
}

static const struct step simple[] = {
    { ">client_hello", 0 },
    { "<server_hello", 0 },
    { "<encrypted_extensions", 2 },
    { "<server_certificate", 2 },
    { "<server_certificate_verify", 2 },
    { "<server_finished", 2 },
    { ">client_finished", 2 },
    { "<new_session_ticket", 3 },
    { ">close_notify", 3 },
    { "<close_notify", 3 },
};
static const struct step resumed[] = {
    { ">client_hello", 0 },    { "<server_hello", 0 },      { "<encrypted_extensions", 2 },
    { "<server_finished", 2 }, { ">end_of_early_data", 1 }, { ">client_finished", 2 },
};
static const struct step retried[] = {
    { ">client_hello", 0 },   { "<hello_retry_request", 0 }, { "<ccs", 0 },
    { ">client_hello_2", 0 }, { "<server_hello", 0 },        { "<encrypted_extensions", 2 },
};
static const struct step mutual[] = {
    { ">client_hello", 0 },
    { "<server_hello", 0 },
    { "<encrypted_extensions", 2 },
    { "<certificate_request", 2 },
    { "<server_certificate", 2 },
    { "<server_certificate_verify", 2 },
    { "<server_finished", 2 },
    { ">client_certificate", 2 },
    { ">client_certificate_verify", 2 },
    { ">client_finished", 2 },
};

static struct trace *trace_of(const char *file, const struct step *steps, size_t num)
{
    now = 5000000;
    struct trace *t = trace_new();
    assert_non_null(t);
    record_steps(t, file, steps, num);
    assert_int_equal(t->num, num);
    return t;
}

/* drawing returns what was drawn, to be freed. */
static char *drawing(const struct trace *t, enum trace_form form, bool colour)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    assert_non_null(f);
    assert_int_equal(trace_draw(t, form, f, colour), 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(strlen(text), len);
    return text;
}

static char *drawing_utf8(const struct trace *t)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    struct trace_message *m = calloc(1, sizeof(*m));
    assert_non_null(f);
    assert_non_null(m);
    trace_draw_text(t, m, f, false, true);
    assert_int_equal(fclose(f), 0);
    free(m);
    return text;
}

static void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in:\n%s", part, text);
    }
}

static void has_not(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        fail_msg("'%s' is in:\n%s", part, text);
    }
}

/* ---- What is said ---- */

/* says checks message i of a trace: its name, and "label = values" for each detail. */
static void says(const struct trace *t, size_t i, const char *expected)
{
    struct trace_message *m = calloc(1, sizeof(*m));
    assert_non_null(m);
    trace_describe(m, t, i);
    char text[16384];
    int at =
        snprintf(text, sizeof(text), "%s %s %zu", m->from_client ? ">" : "<", m->name, m->size);
    for (size_t k = 0; k < m->num; k++) {
        char values[8192];
        trace_join(values, sizeof(values), &m->details[k]);
        at += snprintf(text + at, sizeof(text) - (size_t)at, "; %s = %s", m->details[k].label,
                       values);
    }
    assert_string_equal(text, expected);
    free(m);
}

#define GROUPS_9 \
    "x25519, secp256r1, secp384r1, secp521r1, ffdhe2048, ffdhe3072, ffdhe4096, 0x0103, 0x0104"
#define SCHEMES_15                                                                         \
    "ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512, ecdsa_sha1, " \
    "rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512, rsa_pkcs1_sha256, "    \
    "rsa_pkcs1_sha384, rsa_pkcs1_sha512, rsa_pkcs1_sha1, 0x0402, 0x0502, 0x0602, 0x0202"
#define SUITES_3 "TLS_AES_128_GCM_SHA256, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_256_GCM_SHA384"

static void test_simple(void **state)
{
    (void)state;
    struct trace *t = trace_of("rfc8448-3.txt", simple, ARRAY_SIZE(simple));
    says(t, 0,
         "> ClientHello 196; server name = server; versions = TLS 1.3; suites = " SUITES_3
         "; groups = " GROUPS_9 "; key shares = x25519; signatures = " SCHEMES_15
         "; psk modes = psk_dhe_ke; session ticket = none yet; record limit = 16385 bytes"
         "; renegotiation = safe, as by RFC 5746");
    says(t, 1,
         "< ServerHello 90; version = TLS 1.3; suite = TLS_AES_128_GCM_SHA256; "
         "key share = x25519");
    says(t, 2,
         "< EncryptedExtensions 40; server name = used; groups = " GROUPS_9
         "; record limit = 16385 bytes");
    says(t, 3, "< Certificate 445; certificate = CN=rsa (432 bytes)");
    says(t, 4, "< CertificateVerify 136; signature = rsa_pss_rsae_sha256");
    says(t, 5, "< Finished 36");
    says(t, 6, "> Finished 36");
    says(t, 7,
         "< NewSessionTicket 205; ticket = 178 bytes, valid for 30 seconds; "
         "early data = 1024 bytes at most");
    says(t, 8, "> Alert close_notify 2");
    says(t, 9, "< Alert close_notify 2");
    trace_free(t);
}

static void test_others(void **state)
{
    (void)state;
    struct trace *t = trace_of("rfc8448-4.txt", resumed, ARRAY_SIZE(resumed));
    says(t, 0,
         "> ClientHello 512; server name = server; versions = TLS 1.3; suites = " SUITES_3
         "; groups = " GROUPS_9 "; key shares = x25519; signatures = " SCHEMES_15
         "; pre-shared keys = identity of 178 bytes; psk modes = psk_dhe_ke; "
         "early data = announced; record limit = 16385 bytes; "
         "renegotiation = safe, as by RFC 5746; also = padding");
    says(t, 1,
         "< ServerHello 96; version = TLS 1.3; suite = TLS_AES_128_GCM_SHA256; "
         "key share = x25519; resumes = with pre-shared key 0");
    says(t, 4, "> EndOfEarlyData 4; early data = ends here");
    trace_free(t);

    t = trace_of("rfc8448-5.txt", retried, ARRAY_SIZE(retried));
    says(t, 1,
         "< HelloRetryRequest 176; version = TLS 1.3; suite = TLS_AES_128_GCM_SHA256; "
         "wants group = secp256r1; cookie = 114 bytes");
    says(t, 2, "< ChangeCipherSpec 1; meaning = none, it is for middleboxes");
    trace_free(t);

    t = trace_of("rfc8448-6.txt", mutual, ARRAY_SIZE(mutual));
    says(t, 3, "< CertificateRequest 43; signatures = " SCHEMES_15);
    says(t, 4, "< Certificate 319; certificate = CN=ecdsa256 (306 bytes)");
    says(t, 5, "< CertificateVerify 79; signature = ecdsa_secp256r1_sha256");
    says(t, 7, "> Certificate 451; certificate = CN=client (438 bytes)");
    trace_free(t);
}

/* A server's own trace has the arrows the same way round. */
static void test_server_side(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("rfc8448-3.txt");
    assert_true(vectors_next(v));
    struct trace *t = trace_new();
    size_t len;
    const uint8_t *message = vectors_bytes(v, "client_hello", &len);
    record(t, false, CT_HANDSHAKE, 0, message, len);
    message = vectors_bytes(v, "server_hello", &len);
    record(t, true, CT_HANDSHAKE, 0, message, len);
    says(t, 1,
         "< ServerHello 90; version = TLS 1.3; suite = TLS_AES_128_GCM_SHA256; "
         "key share = x25519");
    char *text = drawing(t, TRACE_ASCII, false);
    has(text, "|-- ClientHello (196 bytes) ");
    has(text, "|<- ServerHello (90 bytes) ");
    free(text);
    trace_free(t);
    vectors_close(v);
}

static void test_odd_messages(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        const char *hex, *expected;
        bool bad;
    } rows[] = {
        { CT_ALERT, "0228", "> Alert handshake_failure 2", true },
        { CT_ALERT, "015a", "> Alert user_canceled 2", false },
        { CT_ALERT, "02c8", "> Alert unsupported/unknown_alert 2; number = 200", true },
        { CT_ALERT, "02", "> Alert 1; malformed = an alert has two bytes", true },
        { CT_HANDSHAKE, "", "> HelloRequest 0; malformed = the header does not fit the message",
          true },
        { CT_HANDSHAKE, "14000020 00",
          "> Finished 5; malformed = the header does not fit the message", true },
        { CT_HANDSHAKE, "63000001 00", "> message of type 99 5", false },
        { CT_HANDSHAKE, "18000001 01", "> KeyUpdate 5; asks = for one in return", false },
        { CT_HANDSHAKE, "18000001 00", "> KeyUpdate 5", false },
        { CT_HANDSHAKE, "18000001 07",
          "> KeyUpdate 5; malformed = a key update asks neither yes nor no: 7", true },
        { CT_HANDSHAKE, "0b000004 00 000000", "> Certificate 8; certificates = none", false },
        { CT_HANDSHAKE, "0b00000a 00 000006 000001 30 0000",
          "> Certificate 14; certificate = cannot be read (1 bytes)", false },
        { CT_HANDSHAKE, "08000006 0004 1a1a 0000",
          "> EncryptedExtensions 10; malformed = an extension answers what was not asked: "
          "number 6682 in EncryptedExtensions",
          true },
        { 99, "aabb", "> content of type 99 2", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct trace *t = trace_new();
        size_t len;
        uint8_t *message = test_unhex_new(rows[i].hex, &len);
        record(t, true, rows[i].type, 0, message, len);
        says(t, 0, rows[i].expected);
        struct trace_message *m = calloc(1, sizeof(*m));
        assert_non_null(m);
        trace_describe(m, t, 0);
        assert_int_equal(m->bad, rows[i].bad);
        free(m);
        free(message);
        trace_free(t);
    }
}

/* ---- Bounds ---- */

static void test_bounds(void **state)
{
    (void)state;
    struct trace *t = trace_new();
    for (int i = 0; i < TRACE_ITEMS_MAX + 7; i++) {
        record(t, true, CT_HANDSHAKE, 3, "\x18\x00\x00\x01\x00", 5);
    }
    assert_int_equal(t->num, TRACE_ITEMS_MAX);
    assert_int_equal(t->lost, 7);
    char *text = drawing(t, TRACE_ASCII, false);
    has(text, "7 more were not recorded");
    free(text);
    text = drawing(t, TRACE_SVG, false);
    has(text, "7 more were not recorded");
    free(text);
    text = drawing(t, TRACE_MERMAID, false);
    has(text, "7 more were not recorded");
    free(text);
    trace_free(t);

    t = trace_new();
    uint8_t *big = calloc(1, TRACE_BYTES_MAX);
    assert_non_null(big);
    record(t, true, CT_HANDSHAKE, 0, big, 10);
    record(t, true, CT_HANDSHAKE, 0, big, TRACE_BYTES_MAX - 9); /* one byte too many */
    record(t, true, CT_HANDSHAKE, 0, big, TRACE_BYTES_MAX - 10);
    record(t, true, CT_HANDSHAKE, 0, big, 1);
    assert_int_equal(t->num, 2);
    assert_int_equal(t->lost, 2);
    trace_free(t);
    free(big);

    t = trace_new(); /* nothing at all can be drawn */
    for (int form = TRACE_TEXT; form <= TRACE_ASCII; form++) {
        text = drawing(t, (enum trace_form)form, true);
        free(text);
    }
    trace_free(t);
    trace_free(NULL);
}

static void test_form_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum trace_form form;
    } rows[] = {
        { "text", TRACE_TEXT }, { "mermaid", TRACE_MERMAID }, { "svg", TRACE_SVG },
        { "json", TRACE_JSON }, { "ascii", TRACE_ASCII },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        enum trace_form form = (enum trace_form)99;
        assert_true(trace_form_of(rows[i].name, &form));
        assert_int_equal(form, rows[i].form);
    }
    enum trace_form form;
    assert_false(trace_form_of("SVG", &form));
    assert_false(trace_form_of("", &form));
}

/* ---- Drawings ---- */

/* columns counts the characters of a line of UTF-8. */
static size_t columns(const char *line, size_t len)
{
    size_t num = 0;
    for (size_t i = 0; i < len; i++) {
        num += ((unsigned char)line[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return num;
}

/* Every line of the diagram, heads and legend apart, has both upright lines in their columns. */
static void check_columns(const char *text, const char *bar)
{
    const size_t last = 9 + 1 + 72;
    size_t line_number = 0;
    for (const char *p = text; *p != '\0'; line_number++) {
        size_t len = strcspn(p, "\n");
        assert_in_range(columns(p, len), 0, 90);
        bool legend = p[len + 1] == '\0';
        if (line_number > 0 && !legend) {
            if (columns(p, len) != last + 1 || memcmp(p + 9, bar, strlen(bar)) != 0 ||
                memcmp(p + len - strlen(bar), bar, strlen(bar)) != 0) {
                fail_msg("line %zu is crooked: %.*s", line_number, (int)len, p);
            }
        }
        p += len + 1;
    }
}

static void test_text(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const struct step *steps;
        size_t num;
    } rows[] = {
        { "rfc8448-3.txt", simple, ARRAY_SIZE(simple) },
        { "rfc8448-4.txt", resumed, ARRAY_SIZE(resumed) },
        { "rfc8448-5.txt", retried, ARRAY_SIZE(retried) },
        { "rfc8448-6.txt", mutual, ARRAY_SIZE(mutual) },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct trace *t = trace_of(rows[i].file, rows[i].steps, rows[i].num);
        trace_names(t, "cssl connect to a host of a very long name", "server.example.org:443");
        char *ascii = drawing(t, TRACE_ASCII, false), *utf8 = drawing_utf8(t);
        check_columns(ascii, "|");
        check_columns(utf8, "│");
        for (const char *p = ascii; *p != '\0'; p++) {
            assert_true(*p == '\n' || (*p >= ' ' && *p < 127));
        }
        has(utf8, "│── ClientHello (");
        has(utf8, "│◀═ EncryptedExtensions (");
        has(utf8, " handshake keys ══│");
        has(ascii, "server.example.org:443");
        has_not(ascii, "\033");
        char *colours = drawing(t, TRACE_ASCII, true);
        has(colours, "\033[36m");
        has(colours, "\033[0m");
        free(colours);
        free(ascii);
        free(utf8);
        trace_free(t);
    }
}

/* hostile is a ClientHello whose name and protocols try to break out of every form. */
static const char evil[] = "\"><script>alert(1)</script>&#x41;;end %%{init}%%\n"
                           "-->`$(x)`\x1b[2J\xff";

static struct trace *hostile(void)
{
    struct wr w;
    uint8_t zeros[32] = { 0 };
    wr_init(&w, 4096);
    wr_u8(&w, HT_CLIENT_HELLO);
    wr_open24(&w);
    wr_u16(&w, TLS_1_2);
    wr_put(&w, zeros, 32);
    wr_u8(&w, 0);
    wr_vec16(&w, bytes_of((const uint8_t[]){ 0x13, 0x01, 0x0a, 0x0a }, 4));
    wr_vec8(&w, bytes_of(zeros, 1));
    wr_open16(&w);
    wr_u16(&w, EXT_SERVER_NAME);
    wr_open16(&w);
    wr_open16(&w);
    wr_u8(&w, 0);
    wr_vec16(&w, bytes_str(evil));
    wr_close(&w);
    wr_close(&w);
    wr_u16(&w, EXT_ALPN);
    wr_open16(&w);
    wr_open16(&w);
    wr_vec8(&w, bytes_str(evil));
    wr_vec8(&w, bytes_str("h2"));
    wr_close(&w);
    wr_close(&w);
    wr_close(&w);
    wr_close(&w);
    assert_true(wr_ok(&w));
    struct trace *t = trace_new();
    record(t, true, CT_HANDSHAKE, 0, w.data, w.len);
    wr_free(&w);
    trace_names(t, evil, evil);
    return t;
}

static void test_escapes(void **state)
{
    (void)state;
    struct trace *t = hostile();
    for (int form = TRACE_TEXT; form <= TRACE_ASCII; form++) {
        char *text = drawing(t, (enum trace_form)form, false);
        has_not(text, "\x1b");
        has_not(text, "\xff");
        if (form == TRACE_SVG || form == TRACE_MERMAID) {
            has_not(text, "<script");
            has_not(text, "\"><s");
        }
        if (form == TRACE_ASCII) {
            check_columns(text, "|");
            has(text, "\\x1b[2J\\xff");
            has(text, "GREASE");
        }
        if (form == TRACE_SVG) {
            has(text, "&quot;&gt;&lt;script&gt;");
            has(text, "&amp;#x41;");
        }
        free(text);
    }
    trace_free(t);
}

/* In Mermaid, what a peer says consists of letters and entities: no line has a stray character. */
static void test_mermaid(void **state)
{
    (void)state;
    struct trace *t = hostile();
    char *text = drawing(t, TRACE_MERMAID, false);
    has(text, "sequenceDiagram\n    participant C as #34;#62;#60;script#62;");
    has(text, "    C->>S: ClientHello (");
    has(text, "    Note over C,S: server name = #34;#62;#60;script#62;alert(1)");
    for (const char *p = strchr(text, '\n'); *p != '\0'; p++) {
        if (*p == ';') { /* ends an entity of digits, and nothing else */
            const char *q = p - 1;
            while (*q >= '0' && *q <= '9') {
                q--;
            }
            assert_true(*q == '#' && q < p - 1);
        }
        assert_null(strchr("\"&`$%{}\\", *p));
    }
    free(text);
    trace_free(t);

    t = trace_of("rfc8448-3.txt", simple, ARRAY_SIZE(simple));
    text = drawing(t, TRACE_MERMAID, false);
    has(text, "    S-->>C: Certificate (445 bytes, handshake keys)\n"
              "    Note over C,S: certificate = CN=rsa (432 bytes)\n");
    free(text);
    trace_free(t);
}

/* check_xml: tags are balanced, quotes closed, '&' begins one of XML's own entities. */
static void check_xml(const char *text)
{
    const char *stack[16];
    size_t depth = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '&') {
            assert_true(strncmp(p, "&amp;", 5) == 0 || strncmp(p, "&lt;", 4) == 0 ||
                        strncmp(p, "&gt;", 4) == 0 || strncmp(p, "&quot;", 6) == 0 ||
                        strncmp(p, "&#39;", 5) == 0);
        }
        if (*p != '<') {
            continue;
        }
        const char *end = strchr(p, '>');
        assert_non_null(end);
        size_t quotes = 0;
        for (const char *q = p; q < end; q++) {
            quotes += *q == '"' ? 1 : 0;
        }
        assert_int_equal(quotes % 2, 0);
        if (p[1] == '/') {
            assert_true(depth > 0);
            depth--;
            assert_memory_equal(stack[depth], p + 2, (size_t)(end - p - 2));
        } else if (end[-1] != '/') {
            assert_true(depth < ARRAY_SIZE(stack));
            stack[depth++] = p + 1;
        }
        p = end;
    }
    assert_int_equal(depth, 0);
}

static void test_svg(void **state)
{
    (void)state;
    struct trace *t = hostile();
    char *text = drawing(t, TRACE_SVG, false);
    check_xml(text);
    free(text);
    trace_free(t);
    t = trace_of("rfc8448-6.txt", mutual, ARRAY_SIZE(mutual));
    text = drawing(t, TRACE_SVG, false);
    check_xml(text);
    assert_memory_equal(text, "<svg ", 5);
    has(text, "CertificateRequest");
    has(text, "CN=client (438 bytes)");
    has_not(text, "href");
    has_not(text, "url(");
    free(text);
    trace_free(t);
}

static void test_json(void **state)
{
    (void)state;
    struct trace *t = trace_of("rfc8448-3.txt", simple, ARRAY_SIZE(simple));
    char *text = drawing(t, TRACE_JSON, false);
    json_t *all = json_loads(text, 0, NULL);
    assert_non_null(all);
    json_t *list = json_object_get(all, "messages");
    assert_int_equal(json_array_size(list), ARRAY_SIZE(simple));
    json_t *first = json_array_get(list, 0), *details = json_object_get(first, "details");
    assert_string_equal(json_string_value(json_object_get(first, "message")), "ClientHello");
    assert_string_equal(json_string_value(json_object_get(first, "from")), "client");
    assert_int_equal(json_integer_value(json_object_get(first, "bytes")), 196);
    assert_string_equal(json_string_value(json_object_get(details, "server_name")), "server");
    assert_int_equal(json_array_size(json_object_get(details, "suites")), 3);
    json_t *third = json_array_get(list, 2);
    assert_string_equal(json_string_value(json_object_get(third, "protection")), "handshake keys");
    assert_int_equal(json_integer_value(json_object_get(third, "time_us")), 2500);
    json_decref(all);
    free(text);
    trace_free(t);
}

/* Labels that come again become lists. */
static void test_json_again(void **state)
{
    (void)state;
    size_t len;
    uint8_t *message = test_unhex_new("0b00001c 00 000018 000001 30 0000 000001 30 0000"
                                      "000001 30 0000 000001 30 0000",
                                      &len);
    struct trace *t = trace_new();
    record(t, true, CT_HANDSHAKE, 2, message, len);
    char *text = drawing(t, TRACE_JSON, false);
    json_t *all = json_loads(text, 0, NULL);
    assert_non_null(all);
    json_t *details =
        json_object_get(json_array_get(json_object_get(all, "messages"), 0), "details");
    assert_true(json_is_string(json_object_get(details, "certificate")));
    assert_int_equal(json_array_size(json_object_get(details, "issued_by")), 3);
    json_decref(all);
    free(text);
    free(message);
    trace_free(t);
}

/* ---- Damage: whatever comes, something is drawn ---- */

static void try_draw(void *arg, uint8_t *data, size_t len)
{
    const uint8_t *type = arg;
    struct trace *t = trace_new();
    record(t, false, *type, 2, data, len);
    for (int form = TRACE_MERMAID; form <= TRACE_ASCII; form++) {
        char *text = drawing(t, (enum trace_form)form, false);
        if (form == TRACE_SVG) {
            check_xml(text);
        } else if (form == TRACE_ASCII) {
            check_columns(text, "|");
        }
        free(text);
    }
    trace_free(t);
}

static void test_damage(void **state)
{
    (void)state;
    struct vectors *v = vectors_open("rfc8448-6.txt");
    assert_true(vectors_next(v));
    static const char *const keys[] = { "client_hello", "server_hello", "encrypted_extensions",
                                        "certificate_request", "server_certificate" };
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        size_t len;
        const uint8_t *message = vectors_bytes(v, keys[i], &len);
        uint8_t type = CT_HANDSHAKE;
        for_each_truncation(message, len, try_draw, &type);
        for_each_damage(message, len, test_seed(i + 1), 300, try_draw, &type);
    }
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simple),      cmocka_unit_test(test_others),
        cmocka_unit_test(test_server_side), cmocka_unit_test(test_odd_messages),
        cmocka_unit_test(test_bounds),      cmocka_unit_test(test_form_names),
        cmocka_unit_test(test_text),        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_mermaid),     cmocka_unit_test(test_svg),
        cmocka_unit_test(test_json),        cmocka_unit_test(test_json_again),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

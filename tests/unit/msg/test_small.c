/* test_small.c - the messages behind the hellos: RFC 8448's, round trips, refusals. */
#include "base/error.h" /* before cmocka, which has a macro of the name fail */

#include "support.h"

#include "msg/small.h"

static const struct ext_set everything = { .bits = UINT64_MAX };

enum { BUFFER = 1 << 20 };

static size_t parsed; /* how many inputs did parse */

static void same(cssl_bytes a, cssl_bytes b)
{
    assert_true(bytes_equal(a, b));
}

/* outcome counts what parsed; a failure must be an alert of the table. */
static bool outcome(int status, const cssl_error *err)
{
    assert_int_equal(status, err->status);
    if (status < 0) {
        assert_int_equal(status, CSSL_ALERT);
        return false;
    }
    parsed++;
    return true;
}

static void must_parse(int status, const cssl_error *err)
{
    if (status < 0) {
        fail_msg("what was written does not parse: %s", err->text);
    }
}

/* ---- One function a message: parse; what parses is written, parsed again and compared ---- */

static void try_encrypted_extensions(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct encrypted_extensions a, b;
    cssl_error err = { .status = CSSL_OK };
    if (!outcome(encrypted_extensions_parse(&a, bytes_of(data, len), everything, &err), &err)) {
        return;
    }
    struct wr w;
    wr_init(&w, BUFFER);
    encrypted_extensions_write(&w, &a);
    assert_true(wr_ok(&w));
    must_parse(encrypted_extensions_parse(&b, wr_view(&w), everything, &err), &err);
    assert_int_equal(a.has.bits, b.has.bits);
    same(a.alpn, b.alpn);
    same(a.supported_groups, b.supported_groups);
    same(a.max_fragment_length, b.max_fragment_length);
    same(a.record_size_limit, b.record_size_limit);
    same(a.use_srtp, b.use_srtp);
    same(a.client_certificate_type, b.client_certificate_type);
    same(a.server_certificate_type, b.server_certificate_type);
    wr_free(&w);
}

static void try_certificate_request(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct certificate_request a, b;
    cssl_error err = { .status = CSSL_OK };
    if (!outcome(certificate_request_parse(&a, bytes_of(data, len), &err), &err)) {
        return;
    }
    struct wr w;
    wr_init(&w, BUFFER);
    certificate_request_write(&w, &a);
    assert_true(wr_ok(&w));
    must_parse(certificate_request_parse(&b, wr_view(&w), &err), &err);
    assert_int_equal(a.has.bits, b.has.bits);
    same(a.context, b.context);
    same(a.signature_algorithms, b.signature_algorithms);
    same(a.signature_algorithms_cert, b.signature_algorithms_cert);
    same(a.certificate_authorities, b.certificate_authorities);
    same(a.oid_filters, b.oid_filters);
    same(a.compress_certificate, b.compress_certificate);
    same(a.delegated_credential, b.delegated_credential);
    wr_free(&w);
}

static void try_certificate(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct certificate a, b;
    cssl_error err = { .status = CSSL_OK };
    if (!outcome(certificate_parse(&a, bytes_of(data, len), everything, &err), &err)) {
        return;
    }
    struct wr w;
    wr_init(&w, BUFFER);
    certificate_write(&w, &a);
    assert_true(wr_ok(&w));
    must_parse(certificate_parse(&b, wr_view(&w), everything, &err), &err);
    same(a.context, b.context);
    assert_int_equal(a.num_entries, b.num_entries);
    for (size_t i = 0; i < a.num_entries; i++) {
        assert_int_equal(a.entries[i].has.bits, b.entries[i].has.bits);
        same(a.entries[i].cert, b.entries[i].cert);
        same(a.entries[i].status, b.entries[i].status);
        same(a.entries[i].scts, b.entries[i].scts);
        same(a.entries[i].delegated_credential, b.entries[i].delegated_credential);
    }
    wr_free(&w);
}

static void try_certificate_verify(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct certificate_verify a;
    cssl_error err = { .status = CSSL_OK };
    if (!outcome(certificate_verify_parse(&a, bytes_of(data, len), &err), &err)) {
        return;
    }
    struct wr w;
    wr_init(&w, BUFFER);
    certificate_verify_write(&w, &a);
    assert_true(wr_ok(&w));
    same(wr_view(&w), bytes_of(data, len)); /* nothing can be written in two ways */
    wr_free(&w);
}

static void try_new_session_ticket(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct new_session_ticket a, b;
    cssl_error err = { .status = CSSL_OK };
    if (!outcome(new_session_ticket_parse(&a, bytes_of(data, len), &err), &err)) {
        return;
    }
    struct wr w;
    wr_init(&w, BUFFER);
    new_session_ticket_write(&w, &a);
    assert_true(wr_ok(&w));
    must_parse(new_session_ticket_parse(&b, wr_view(&w), &err), &err);
    assert_int_equal(a.has.bits, b.has.bits);
    assert_int_equal(a.lifetime, b.lifetime);
    assert_int_equal(a.age_add, b.age_add);
    assert_int_equal(a.max_early_data, b.max_early_data);
    same(a.nonce, b.nonce);
    same(a.ticket, b.ticket);
    wr_free(&w);
}

static void try_key_update(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    bool requested = false;
    cssl_error err = { .status = CSSL_OK };
    if (!outcome(key_update_parse(&requested, bytes_of(data, len), &err), &err)) {
        return;
    }
    struct wr w;
    wr_init(&w, BUFFER);
    key_update_write(&w, requested);
    assert_true(wr_ok(&w));
    same(wr_view(&w), bytes_of(data, len));
    wr_free(&w);
}

static void try_compressed(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct compressed_certificate a;
    cssl_error err = { .status = CSSL_OK };
    if (!outcome(compressed_certificate_parse(&a, bytes_of(data, len), &err), &err)) {
        return;
    }
    struct wr w;
    wr_init(&w, BUFFER);
    compressed_certificate_write(&w, &a);
    assert_true(wr_ok(&w));
    same(wr_view(&w), bytes_of(data, len));
    wr_free(&w);
}

static void try_all(cssl_bytes body, test_input *try, uint64_t seed)
{
    uint8_t *copy = test_copy(body.data, body.len);
    parsed = 0;
    try(NULL, copy, body.len);
    assert_int_equal(parsed, 1);
    free(copy);
    parsed = 0;
    for_each_truncation(body.data, body.len, try, NULL);
    assert_int_equal(parsed, 0); /* no message here is the beginning of another */
    for_each_bit_flip(body.data, body.len, try, NULL);
    for_each_damage(body.data, body.len, test_seed(seed), 2000, try, NULL);
}

/* ---- RFC 8448 ---- */

static struct vectors *open_trace(const char *name)
{
    struct vectors *v = vectors_open(name);
    assert_true(vectors_next(v));
    return v;
}

static cssl_bytes body_of(struct vectors *v, const char *key, enum handshake_type type)
{
    size_t len;
    const uint8_t *message = vectors_bytes(v, key, &len);
    struct rd r = rd_of(bytes_of(message, len));
    assert_int_equal(rd_u8(&r), type);
    cssl_bytes body = rd_view24(&r);
    assert_true(rd_done(&r));
    return body;
}

static void test_rfc8448(void **state)
{
    (void)state;
    static const struct {
        const char *file, *key;
        enum handshake_type type;
        test_input *try;
    } rows[] = {
        { "rfc8448-3.txt", "encrypted_extensions", HT_ENCRYPTED_EXTENSIONS,
          try_encrypted_extensions },
        { "rfc8448-4.txt", "encrypted_extensions", HT_ENCRYPTED_EXTENSIONS,
          try_encrypted_extensions },
        { "rfc8448-5.txt", "encrypted_extensions", HT_ENCRYPTED_EXTENSIONS,
          try_encrypted_extensions },
        { "rfc8448-3.txt", "server_certificate", HT_CERTIFICATE, try_certificate },
        { "rfc8448-6.txt", "server_certificate", HT_CERTIFICATE, try_certificate },
        { "rfc8448-6.txt", "client_certificate", HT_CERTIFICATE, try_certificate },
        { "rfc8448-6.txt", "certificate_request", HT_CERTIFICATE_REQUEST,
          try_certificate_request },
        { "rfc8448-3.txt", "server_certificate_verify", HT_CERTIFICATE_VERIFY,
          try_certificate_verify },
        { "rfc8448-6.txt", "client_certificate_verify", HT_CERTIFICATE_VERIFY,
          try_certificate_verify },
        { "rfc8448-3.txt", "new_session_ticket", HT_NEW_SESSION_TICKET, try_new_session_ticket },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct vectors *v = open_trace(rows[i].file);
        try_all(body_of(v, rows[i].key, rows[i].type), rows[i].try, i);
        vectors_close(v);
    }
}

/* The fields, read off the RFC's text. */
static void test_rfc8448_fields(void **state)
{
    (void)state;
    struct vectors *v = open_trace("rfc8448-3.txt");
    struct encrypted_extensions ee;
    assert_int_equal(encrypted_extensions_parse(
                         &ee, body_of(v, "encrypted_extensions", HT_ENCRYPTED_EXTENSIONS),
                         everything, NULL),
                     0);
    assert_true(ext_has(ee.has, EXT_SERVER_NAME));
    assert_int_equal(ee.supported_groups.len / 2, 9);
    test_same_hex(ee.record_size_limit.data, ee.record_size_limit.len, "4001");
    assert_int_equal(ee.alpn.len, 0);

    struct certificate c;
    assert_int_equal(certificate_parse(&c, body_of(v, "server_certificate", HT_CERTIFICATE),
                                       everything, NULL),
                     0);
    assert_int_equal(c.context.len, 0);
    assert_int_equal(c.num_entries, 1);
    assert_int_equal(c.entries[0].cert.len, 0x1b0);
    assert_int_equal(c.entries[0].has.bits, 0);

    struct certificate_verify cv;
    assert_int_equal(
        certificate_verify_parse(
            &cv, body_of(v, "server_certificate_verify", HT_CERTIFICATE_VERIFY), NULL),
        0);
    assert_int_equal(cv.scheme, SCHEME_RSA_PSS_RSAE_SHA256);
    assert_int_equal(cv.signature.len, 128);

    struct new_session_ticket t;
    assert_int_equal(new_session_ticket_parse(
                         &t, body_of(v, "new_session_ticket", HT_NEW_SESSION_TICKET), NULL),
                     0);
    assert_int_equal(t.lifetime, 30);
    assert_int_equal(t.age_add, 0xfad6aac5);
    test_same_hex(t.nonce.data, t.nonce.len, "0000");
    assert_int_equal(t.ticket.len, 0xb2);
    assert_int_equal(t.max_early_data, 1024);
    vectors_close(v);

    v = open_trace("rfc8448-6.txt");
    struct certificate_request cr;
    assert_int_equal(certificate_request_parse(
                         &cr, body_of(v, "certificate_request", HT_CERTIFICATE_REQUEST), NULL),
                     0);
    assert_int_equal(cr.context.len, 0);
    assert_int_equal(cr.signature_algorithms.len / 2, 15);
    assert_int_equal(cr.signature_algorithms_cert.len, 0);
    vectors_close(v);
}

static void test_compressed(void **state)
{
    (void)state;
    static const uint8_t good[] = { 0, 2, 1, 0, 4, 0, 0, 3, 'a', 'b', 'c' };
    struct compressed_certificate c;
    assert_int_equal(compressed_certificate_parse(&c, bytes_of(good, sizeof(good)), NULL), 0);
    assert_int_equal(c.algorithm, COMPRESS_BROTLI);
    assert_int_equal(c.length, 0x10004);
    assert_int_equal(c.packed.len, 3);
    try_all(bytes_of(good, sizeof(good)), try_compressed, 77);
}

/* ---- Rules ---- */

enum message { EE, CR, CT, CV, NST, KU };

static test_input *const tries[] = {
    [EE] = try_encrypted_extensions, [CR] = try_certificate_request,  [CT] = try_certificate,
    [CV] = try_certificate_verify,   [NST] = try_new_session_ticket,  [KU] = try_key_update,
};

static int parse_any(enum message m, cssl_bytes body, struct ext_set asked, cssl_error *err)
{
    static union {
        struct encrypted_extensions ee;
        struct certificate_request cr;
        struct certificate ct;
        struct certificate_verify cv;
        struct new_session_ticket nst;
        bool ku;
    } u;
    switch (m) {
    case EE:
        return encrypted_extensions_parse(&u.ee, body, asked, err);
    case CR:
        return certificate_request_parse(&u.cr, body, err);
    case CT:
        return certificate_parse(&u.ct, body, asked, err);
    case CV:
        return certificate_verify_parse(&u.cv, body, err);
    case NST:
        return new_session_ticket_parse(&u.nst, body, err);
    case KU:
        break;
    }
    return key_update_parse(&u.ku, body, err);
}

static void test_rules(void **state)
{
    (void)state;
#define TICKET "00000e10 01020304 01 05 0003 aabbcc "
    static const struct {
        enum message message;
        const char *body;
        int reason;
    } rows[] = {
        { EE, "0000", 0 },
        { EE, "", CSSL_R_MESSAGE_MALFORMED },
        { EE, "0000 00", CSSL_R_MESSAGE_MALFORMED },
        { EE, "0004 0000 0000", 0 },
        { EE, "0005 0000 0001 00", CSSL_R_EXTENSION_MALFORMED },      /* server_name is empty */
        { EE, "0009 0010 0005 0003 02 6832", 0 },
        { EE, "0006 0010 0002 0000", CSSL_R_EXTENSION_MALFORMED },    /* ALPN: none */
        { EE, "0007 0010 0003 0001 00", CSSL_R_EXTENSION_MALFORMED }, /* an empty one */
        { EE, "000a 0010 0006 0004 01 61 01 62", CSSL_R_EXTENSION_MALFORMED }, /* two */
        { EE, "0004 002a 0000", 0 },
        { EE, "0005 002a 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { EE, "0008 002a 0004 00000000", CSSL_R_EXTENSION_MALFORMED },
        { EE, "0008 000a 0004 0002 001d", 0 },
        { EE, "0006 000a 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { EE, "0005 0001 0001 02", 0 },
        { EE, "000a 0013 0001 02 0014 0001 02", 0 },
        { EE, "0009 000e 0005 0002 0007 00", 0 },
        { EE, "0006 002b 0002 0304", CSSL_R_EXTENSION_MISPLACED },
        { EE, "0004 0017 0000", CSSL_R_EXTENSION_MISPLACED },
        { EE, "0004 1a1a 0000", CSSL_R_EXTENSION_UNASKED },
        { EE, "0008 002a 0000 002a 0000", CSSL_R_EXTENSION_TWICE },

        { CR, "00 0008 000d 0004 0002 0403", 0 },
        { CR, "03 aabbcc 000c 1a1a 0000 000d 0004 0002 0403", 0 },
        { CR, "00 0000", CSSL_R_EXTENSION_MISSING },
        { CR, "00 0004 1a1a 0000", CSSL_R_EXTENSION_MISSING },
        { CR, "00", CSSL_R_MESSAGE_MALFORMED },
        { CR, "00 0008 000d 0004 0002 0403 00", CSSL_R_MESSAGE_MALFORMED },
        { CR, "00 0006 000d 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { CR, "00 0012 000d 0004 0002 0403 002f 0006 0004 0002 3000", 0 },
        { CR, "00 000e 000d 0004 0002 0403 002f 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { CR, "00 0010 000d 0004 0002 0403 0032 0004 0002 0403", 0 },
        { CR, "00 000c 000d 0004 0002 0403 0005 0000", 0 },
        { CR, "00 0011 000d 0004 0002 0403 0005 0005 01 0000 0000", CSSL_R_EXTENSION_MALFORMED },
        { CR, "00 000c 000d 0004 0002 0403 0012 0000", 0 },
        { CR, "00 000e 000d 0004 0002 0403 0030 0002 0000", 0 },
        { CR, "00 0014 000d 0004 0002 0403 0030 0008 0006 02 5504 0001 aa", 0 },
        { CR, "00 0011 000d 0004 0002 0403 0030 0005 0003 00 0000", CSSL_R_EXTENSION_MALFORMED },
        { CR, "00 0010 000d 0004 0002 0403 0030 0004 0002 01 55", CSSL_R_EXTENSION_MALFORMED },
        { CR, "00 000f 000d 0004 0002 0403 001b 0003 02 0002", 0 },
        { CR, "00 0010 000d 0004 0002 0403 0022 0004 0002 0403", 0 },
        { CR, "00 000e 000d 0004 0002 0403 0033 0002 0000", CSSL_R_EXTENSION_MISPLACED },

        { CT, "00 000000", 0 },
        { CT, "02 aabb 000000", 0 },
        { CT, "00 000000 00", CSSL_R_MESSAGE_MALFORMED },
        { CT, "00 000006 000001 30 0000", 0 },
        { CT, "00 000005 000000 0000", CSSL_R_MESSAGE_MALFORMED }, /* an empty certificate */
        { CT, "00 000005 000001 30 00", CSSL_R_MESSAGE_MALFORMED },
        { CT, "00 00000c 000001 30 0000 000001 31 0000", 0 },
        { CT, "00 00000f 000001 30 0009 0005 0005 01 000001 aa", 0 },
        { CT, "00 00000e 000001 30 0008 0005 0004 01 000000", CSSL_R_EXTENSION_MALFORMED },
        { CT, "00 00000f 000001 30 0009 0005 0005 02 000001 aa", CSSL_R_STATUS_TYPE },
        { CT, "00 00000a 000001 30 0004 0005 0000", CSSL_R_EXTENSION_MALFORMED },
        { CT, "00 00000f 000001 30 0009 0012 0005 0003 0001 aa", 0 },
        { CT, "00 00000c 000001 30 0006 0012 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { CT, "00 00000e 000001 30 0008 0012 0004 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { CT, "00 00000b 000001 30 0005 0022 0001 aa", 0 },
        { CT, "00 00000a 000001 30 0004 1a1a 0000", CSSL_R_EXTENSION_UNASKED },
        { CT, "00 00000a 000001 30 0004 0000 0000", CSSL_R_EXTENSION_MISPLACED },

        { CV, "0804 0001 aa", 0 },
        { CV, "0804 0000", 0 },
        { CV, "0804 0001 aa 00", CSSL_R_MESSAGE_MALFORMED },
        { CV, "0804 0002 aa", CSSL_R_MESSAGE_MALFORMED },

        { NST, TICKET "0000", 0 },
        { NST, TICKET "0008 002a 0004 00004000", 0 },
        { NST, TICKET "0007 002a 0003 000040", CSSL_R_EXTENSION_MALFORMED },
        { NST, TICKET "0009 002a 0005 0000400000", CSSL_R_EXTENSION_MALFORMED },
        { NST, TICKET "0004 002a 0000", CSSL_R_EXTENSION_MALFORMED },
        { NST, TICKET "0004 1a1a 0000", 0 },
        { NST, TICKET "0004 0010 0000", CSSL_R_EXTENSION_MISPLACED },
        { NST, TICKET, CSSL_R_MESSAGE_MALFORMED },
        { NST, TICKET "0000 00", CSSL_R_MESSAGE_MALFORMED },
        { NST, "00000e10 01020304 00 0001 aa 0000", 0 }, /* nonce<0..255> */
        { NST, "00000e10 01020304 00 0000 0000", CSSL_R_MESSAGE_MALFORMED },
        { NST, "00000000 01020304 00 0001 aa 0000", 0 },
        { NST, "00093a80 01020304 00 0001 aa 0000", 0 },
        { NST, "00093a81 01020304 00 0001 aa 0000", CSSL_R_TICKET_LIFETIME },
        { NST, "ffffffff 01020304 00 0001 aa 0000", CSSL_R_TICKET_LIFETIME },

        { KU, "00", 0 },
        { KU, "01", 0 },
        { KU, "02", CSSL_R_KEY_UPDATE_VALUE },
        { KU, "ff", CSSL_R_KEY_UPDATE_VALUE },
        { KU, "", CSSL_R_MESSAGE_MALFORMED },
        { KU, "0000", CSSL_R_MESSAGE_MALFORMED },
    };
#undef TICKET
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t *body = test_unhex_new(rows[i].body, &len);
        cssl_error err = { .reason = 0 };
        int status = parse_any(rows[i].message, bytes_of(body, len), everything, &err);
        if (err.reason != rows[i].reason) {
            fail_msg("row %zu (%s): reason %d, not %d", i, rows[i].body, err.reason,
                     rows[i].reason);
        }
        assert_int_equal(status < 0, rows[i].reason != 0);
        if (status == 0) {
            try_all(bytes_of(body, len), tries[rows[i].message], i);
        }
        free(body);
    }
}

/* Alerts are those that the RFCs name. */
static void test_alerts(void **state)
{
    (void)state;
    assert_int_equal(reason_alert(CSSL_R_MESSAGE_MALFORMED), ALERT_DECODE_ERROR);
    assert_int_equal(reason_alert(CSSL_R_EXTENSION_MALFORMED), ALERT_DECODE_ERROR);
    assert_int_equal(reason_alert(CSSL_R_EXTENSION_TWICE), ALERT_ILLEGAL_PARAMETER);
    assert_int_equal(reason_alert(CSSL_R_EXTENSION_MISPLACED), ALERT_ILLEGAL_PARAMETER);
    assert_int_equal(reason_alert(CSSL_R_EXTENSION_UNASKED), ALERT_UNSUPPORTED_EXTENSION);
    assert_int_equal(reason_alert(CSSL_R_EXTENSION_MISSING), ALERT_MISSING_EXTENSION);
    assert_int_equal(reason_alert(CSSL_R_BINDERS_UNEQUAL), ALERT_ILLEGAL_PARAMETER);
    assert_int_equal(reason_alert(CSSL_R_KEY_SHARE_TWICE), ALERT_ILLEGAL_PARAMETER);
    assert_int_equal(reason_alert(CSSL_R_PRE_SHARED_KEY_NOT_LAST), ALERT_ILLEGAL_PARAMETER);
    assert_int_equal(reason_alert(CSSL_R_TICKET_LIFETIME), ALERT_ILLEGAL_PARAMETER);
    assert_int_equal(reason_alert(CSSL_R_KEY_UPDATE_VALUE), ALERT_ILLEGAL_PARAMETER);
    assert_int_equal(reason_alert(CSSL_R_CERTIFICATES_TOO_MANY), ALERT_BAD_CERTIFICATE);
    assert_int_equal(reason_alert(CSSL_R_STATUS_TYPE), ALERT_BAD_CERTIFICATE_STATUS_RESPONSE);
}

static void test_unasked(void **state)
{
    (void)state;
    const struct ext_set nothing = { .bits = 0 };
    static const struct {
        enum message message;
        const char *body;
    } rows[] = {
        { EE, "0004 0000 0000" },
        { EE, "0004 002a 0000" },
        { CT, "00 00000f 000001 30 0009 0005 0005 01 000001 aa" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t *body = test_unhex_new(rows[i].body, &len);
        cssl_error err = { .reason = 0 };
        assert_int_equal(parse_any(rows[i].message, bytes_of(body, len), nothing, &err),
                         CSSL_ALERT);
        assert_int_equal(err.reason, CSSL_R_EXTENSION_UNASKED);
        free(body);
    }
}

static void test_many_certificates(void **state)
{
    (void)state;
    static struct certificate c, back;
    uint8_t der[300];
    memset(der, 0x30, sizeof(der));
    for (size_t i = 0; i < CERTIFICATE_ENTRIES_MAX; i++) {
        c.entries[i].cert = bytes_of(der, 1 + i * 10);
    }
    c.num_entries = CERTIFICATE_ENTRIES_MAX;
    struct wr w;
    wr_init(&w, BUFFER);
    certificate_write(&w, &c);
    assert_true(wr_ok(&w));
    assert_int_equal(certificate_parse(&back, wr_view(&w), everything, NULL), 0);
    assert_int_equal(back.num_entries, CERTIFICATE_ENTRIES_MAX);
    assert_int_equal(back.entries[15].cert.len, 151);

    struct wr more; /* one more, behind the others */
    wr_init(&more, BUFFER);
    wr_u8(&more, 0);
    wr_open24(&more);
    wr_put(&more, w.data + 4, w.len - 4);
    wr_vec24(&more, bytes_of(der, 1));
    wr_u16(&more, 0);
    wr_close(&more);
    assert_true(wr_ok(&more));
    cssl_error err;
    assert_int_equal(certificate_parse(&back, wr_view(&more), everything, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_CERTIFICATES_TOO_MANY);
    wr_free(&w);
    wr_free(&more);
}

/* ---- Writing ---- */

/* RFC 8446 4.4.3 prints what is signed for a hash of 32 times 01. */
static void test_content(void **state)
{
    (void)state;
    uint8_t hash[32], out[CERTIFICATE_VERIFY_CONTENT_MAX];
    memset(hash, 1, sizeof(hash));
    struct wr w;
    wr_fixed(&w, out, sizeof(out));
    certificate_verify_content(&w, true, bytes_of(hash, sizeof(hash)));
    assert_true(wr_ok(&w));
    test_same_hex(w.data, w.len,
                  "2020202020202020202020202020202020202020202020202020202020202020"
                  "2020202020202020202020202020202020202020202020202020202020202020"
                  "544c5320312e332c207365727665722043657274696669636174655665726966"
                  "79"
                  "00"
                  "0101010101010101010101010101010101010101010101010101010101010101");
    wr_clear(&w);
    uint8_t long_hash[64] = { 2 };
    certificate_verify_content(&w, false, bytes_of(long_hash, sizeof(long_hash)));
    assert_true(wr_ok(&w));
    assert_int_equal(w.len, CERTIFICATE_VERIFY_CONTENT_MAX);
    assert_memory_equal(w.data + 64, "TLS 1.3, client CertificateVerify", 34);
}

static void test_open(void **state)
{
    (void)state;
    uint8_t out[8];
    struct wr w;
    wr_fixed(&w, out, sizeof(out));
    msg_open(&w, HT_KEY_UPDATE);
    key_update_write(&w, true);
    wr_close(&w);
    assert_true(wr_ok(&w));
    test_same_hex(w.data, w.len, "18 000001 01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8448),     cmocka_unit_test(test_rfc8448_fields),
        cmocka_unit_test(test_compressed),
        cmocka_unit_test(test_rules),       cmocka_unit_test(test_alerts),
        cmocka_unit_test(test_unasked),     cmocka_unit_test(test_many_certificates),
        cmocka_unit_test(test_content),     cmocka_unit_test(test_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_hello.c - ClientHello, ServerHello, HelloRetryRequest: RFC 8448's, round trips, refusals. */
#include "base/error.h" /* before cmocka, which has a macro of the name fail */

#include "support.h"

#include "msg/hello.h"
#include "msg/small.h"

static const struct ext_set everything = { .bits = UINT64_MAX };

enum { HEADER = 4, BUFFER = 70000 };

/* ---- Comparing ---- */

#define VIEW(name) offsetof(struct client_hello, name)
static const size_t client_views[] = {
    VIEW(random),
    VIEW(session_id),
    VIEW(cipher_suites),
    VIEW(compression),
    VIEW(server_name),
    VIEW(supported_versions),
    VIEW(supported_groups),
    VIEW(signature_algorithms),
    VIEW(signature_algorithms_cert),
    VIEW(alpn),
    VIEW(cookie),
    VIEW(psk_modes),
    VIEW(certificate_authorities),
    VIEW(ec_point_formats),
    VIEW(renegotiation_info),
    VIEW(session_ticket),
    VIEW(status_request),
    VIEW(max_fragment_length),
    VIEW(record_size_limit),
    VIEW(use_srtp),
    VIEW(client_certificate_types),
    VIEW(server_certificate_types),
    VIEW(compress_certificate),
    VIEW(delegated_credential),
};
#undef VIEW

#define VIEW(name) offsetof(struct server_hello, name)
static const size_t server_views[] = {
    VIEW(random),
    VIEW(session_id),
    VIEW(cookie),
    VIEW(alpn),
    VIEW(ec_point_formats),
    VIEW(renegotiation_info),
    VIEW(max_fragment_length),
    VIEW(record_size_limit),
    VIEW(use_srtp),
    VIEW(scts),
    VIEW(client_certificate_type),
    VIEW(server_certificate_type),
};
#undef VIEW

static cssl_bytes view_at(const void *message, size_t offset)
{
    cssl_bytes view;
    memcpy(&view, (const char *)message + offset, sizeof(view));
    return view;
}

static void same_views(const void *a, const void *b, const size_t *offsets, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (!bytes_equal(view_at(a, offsets[i]), view_at(b, offsets[i]))) {
            fail_msg("view %zu differs", i);
        }
    }
}

static void same_client_hello(const struct client_hello *a, const struct client_hello *b)
{
    assert_int_equal(a->legacy_version, b->legacy_version);
    assert_int_equal(a->has.bits, b->has.bits);
    same_views(a, b, client_views, ARRAY_SIZE(client_views));
    assert_int_equal(a->num_shares, b->num_shares);
    for (size_t i = 0; i < a->num_shares; i++) {
        assert_int_equal(a->shares[i].group, b->shares[i].group);
        assert_true(bytes_equal(a->shares[i].key, b->shares[i].key));
    }
    assert_int_equal(a->num_psks, b->num_psks);
    for (size_t i = 0; i < a->num_psks; i++) {
        assert_true(bytes_equal(a->psks[i].identity, b->psks[i].identity));
        assert_int_equal(a->psks[i].obfuscated_ticket_age, b->psks[i].obfuscated_ticket_age);
        assert_true(bytes_equal(a->binders[i], b->binders[i]));
    }
}

static void same_server_hello(const struct server_hello *a, const struct server_hello *b)
{
    assert_int_equal(a->legacy_version, b->legacy_version);
    assert_int_equal(a->has.bits, b->has.bits);
    assert_int_equal(a->cipher_suite, b->cipher_suite);
    assert_int_equal(a->compression, b->compression);
    assert_int_equal(a->hello_retry, b->hello_retry);
    assert_int_equal(a->selected_version, b->selected_version);
    assert_int_equal(a->share.group, b->share.group);
    assert_true(bytes_equal(a->share.key, b->share.key));
    assert_int_equal(a->selected_psk, b->selected_psk);
    same_views(a, b, server_views, ARRAY_SIZE(server_views));
}

/* ---- What is tried with every input, good or bad: what parses is written and parsed again ---- */

static size_t parsed; /* how many inputs did parse */

static void try_client_hello(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct client_hello first;
    cssl_error err = { .status = CSSL_OK };
    int status = client_hello_parse(&first, bytes_of(data, len), &err);
    assert_int_equal(status, err.status);
    if (status < 0) {
        assert_int_equal(status, CSSL_ALERT);
        return;
    }
    parsed++;
    struct wr w;
    wr_init(&w, BUFFER);
    client_hello_write(&w, &first);
    assert_true(wr_ok(&w));
    struct client_hello second;
    status = client_hello_parse(&second, wr_view(&w), &err);
    if (status < 0) {
        fail_msg("what was written does not parse: %s", err.text);
    }
    same_client_hello(&first, &second);
    if (first.num_psks > 0) {
        assert_int_equal(first.binders_at, second.binders_at); /* as writing has set it */
    }
    wr_free(&w);
}

static void try_server_hello(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct server_hello first;
    cssl_error err = { .status = CSSL_OK };
    int status = server_hello_parse(&first, bytes_of(data, len), everything, &err);
    assert_int_equal(status, err.status);
    if (status < 0) {
        assert_int_equal(status, CSSL_ALERT);
        return;
    }
    parsed++;
    struct wr w;
    wr_init(&w, BUFFER);
    server_hello_write(&w, &first);
    assert_true(wr_ok(&w));
    struct server_hello second;
    status = server_hello_parse(&second, wr_view(&w), everything, &err);
    if (status < 0) {
        fail_msg("what was written does not parse: %s", err.text);
    }
    same_server_hello(&first, &second);
    wr_free(&w);
}

static void try_all(const uint8_t *body, size_t len, test_input *try, uint64_t seed)
{
    uint8_t *copy = test_copy(body, len);
    parsed = 0;
    try(NULL, copy, len);
    assert_int_equal(parsed, 1);
    free(copy);
    for_each_truncation(body, len, try, NULL);
    for_each_bit_flip(body, len, try, NULL);
    for_each_damage(body, len, test_seed(seed), 2000, try, NULL);
}

/* ---- RFC 8448 ---- */

static struct vectors *open_trace(const char *name)
{
    struct vectors *v = vectors_open(name);
    assert_true(vectors_next(v));
    return v;
}

/* body_of returns a message of the trace without its header, which it checks. */
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

static void test_rfc8448_client_hello(void **state)
{
    (void)state;
    struct vectors *v = open_trace("rfc8448-3.txt");
    struct client_hello ch;
    cssl_bytes body = body_of(v, "client_hello", HT_CLIENT_HELLO);
    assert_int_equal(client_hello_parse(&ch, body, NULL), 0);
    assert_int_equal(ch.legacy_version, TLS_1_2);
    test_same_hex(ch.random.data, ch.random.len,
                  "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7");
    assert_int_equal(ch.session_id.len, 0);
    test_same_hex(ch.cipher_suites.data, ch.cipher_suites.len, "130113031302");
    assert_int_equal(u16s_len(ch.cipher_suites), 3);
    assert_int_equal(u16s_at(ch.cipher_suites, 1), SUITE_CHACHA20_POLY1305_SHA256);
    assert_true(u16s_has(ch.cipher_suites, SUITE_AES_256_GCM_SHA384));
    assert_false(u16s_has(ch.cipher_suites, 0x0113)); /* not across two numbers */
    assert_memory_equal(ch.server_name.data, "server", 6);
    assert_int_equal(ch.server_name.len, 6);
    test_same_hex(ch.supported_versions.data, ch.supported_versions.len, "0304");
    assert_int_equal(u16s_len(ch.supported_groups), 9);
    assert_int_equal(u16s_len(ch.signature_algorithms), 15);
    test_same_hex(ch.psk_modes.data, ch.psk_modes.len, "01");
    test_same_hex(ch.record_size_limit.data, ch.record_size_limit.len, "4001");
    assert_int_equal(ch.num_shares, 1);
    assert_int_equal(ch.shares[0].group, GROUP_X25519);
    size_t len;
    const uint8_t *key = vectors_bytes(v, "client_public", &len);
    assert_true(bytes_equal(ch.shares[0].key, bytes_of(key, len)));
    assert_true(ext_has(ch.has, EXT_SESSION_TICKET));
    assert_true(ext_has(ch.has, EXT_RENEGOTIATION_INFO));
    assert_false(ext_has(ch.has, EXT_PRE_SHARED_KEY));
    assert_int_equal(ch.last_extension, EXT_RECORD_SIZE_LIMIT);
    assert_int_equal(ch.binders_at, 0);
    try_all(body.data, body.len, try_client_hello, 3);
    vectors_close(v);
}

static void test_rfc8448_psk(void **state)
{
    (void)state;
    struct vectors *v = open_trace("rfc8448-4.txt");
    struct client_hello ch;
    cssl_bytes body = body_of(v, "client_hello", HT_CLIENT_HELLO);
    assert_int_equal(client_hello_parse(&ch, body, NULL), 0);
    assert_true(ext_has(ch.has, EXT_EARLY_DATA));
    assert_true(ext_has(ch.has, EXT_PADDING));
    assert_int_equal(ch.num_psks, 1);
    assert_int_equal(ch.all_psks, 1);
    assert_int_equal(ch.psks[0].identity.len, 0xb2);
    assert_int_equal(ch.psks[0].obfuscated_ticket_age, 0xfad6aacb);
    size_t len;
    const uint8_t *binder = vectors_bytes(v, "binder", &len);
    assert_true(bytes_equal(ch.binders[0], bytes_of(binder, len)));
    assert_int_equal(ch.binders_at, body.len - 2 - 1 - 32);
    assert_int_equal(ch.last_extension, EXT_PRE_SHARED_KEY);
    try_all(body.data, body.len, try_client_hello, 4);
    vectors_close(v);
}

static void test_rfc8448_all(void **state)
{
    (void)state;
    static const struct {
        const char *file, *key;
        enum handshake_type type;
    } rows[] = {
        { "rfc8448-5.txt", "client_hello", HT_CLIENT_HELLO },
        { "rfc8448-5.txt", "client_hello_2", HT_CLIENT_HELLO },
        { "rfc8448-6.txt", "client_hello", HT_CLIENT_HELLO },
        { "rfc8448-7.txt", "client_hello", HT_CLIENT_HELLO },
        { "rfc8448-3.txt", "server_hello", HT_SERVER_HELLO },
        { "rfc8448-4.txt", "server_hello", HT_SERVER_HELLO },
        { "rfc8448-5.txt", "hello_retry_request", HT_SERVER_HELLO },
        { "rfc8448-5.txt", "server_hello", HT_SERVER_HELLO },
        { "rfc8448-6.txt", "server_hello", HT_SERVER_HELLO },
        { "rfc8448-7.txt", "server_hello", HT_SERVER_HELLO },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct vectors *v = open_trace(rows[i].file);
        cssl_bytes body = body_of(v, rows[i].key, rows[i].type);
        try_all(body.data, body.len,
                rows[i].type == HT_CLIENT_HELLO ? try_client_hello : try_server_hello, 50 + i);
        vectors_close(v);
    }
}

/* The server's hellos of the RFC, written by us from their fields, come out byte for byte but for
 * the order of two extensions; the HelloRetryRequest and the resumed one tell all fields. */
static void test_rfc8448_server_hello(void **state)
{
    (void)state;
    struct vectors *v = open_trace("rfc8448-5.txt");
    struct server_hello sh;
    cssl_bytes body = body_of(v, "hello_retry_request", HT_SERVER_HELLO);
    assert_int_equal(server_hello_parse(&sh, body, everything, NULL), 0);
    assert_true(sh.hello_retry);
    assert_int_equal(sh.selected_version, TLS_1_3);
    assert_int_equal(sh.share.group, GROUP_SECP256R1);
    assert_int_equal(sh.share.key.len, 0);
    assert_int_equal(sh.cookie.len, 0x72);
    assert_int_equal(sh.cipher_suite, SUITE_AES_128_GCM_SHA256);
    vectors_close(v);

    v = open_trace("rfc8448-4.txt");
    body = body_of(v, "server_hello", HT_SERVER_HELLO);
    assert_int_equal(server_hello_parse(&sh, body, everything, NULL), 0);
    assert_false(sh.hello_retry);
    assert_true(ext_has(sh.has, EXT_PRE_SHARED_KEY));
    assert_int_equal(sh.selected_psk, 0);
    assert_int_equal(sh.share.group, GROUP_X25519);
    size_t len;
    const uint8_t *key = vectors_bytes(v, "server_public", &len);
    assert_true(bytes_equal(sh.share.key, bytes_of(key, len)));

    struct ext_set asked = { .bits = 0 }; /* answers that were not asked for */
    cssl_error err;
    assert_int_equal(server_hello_parse(&sh, body, asked, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_EXTENSION_UNASKED);
    assert_int_equal(err.alert, ALERT_UNSUPPORTED_EXTENSION);
    vectors_close(v);
}

/* ---- Rules, one row each: a hello that is good but for one thing ---- */

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define VERSIONS "002b 0003 02 0304 "
#define GROUPS "000a 0004 0002 001d "
#define SCHEMES "000d 0004 0002 0403 "
#define SHARES "0033 0009 0007 001d 0003 aabbcc "
#define GOOD VERSIONS GROUPS SCHEMES SHARES
#define MODES "002d 0002 01 01 "
#define BINDER "20 " RANDOM
#define PSK "0029 002d 0008 0002 6964 00000001 0021 " BINDER

/* hello_reason parses a ClientHello with these extensions and returns its reason, 0 for none. */
static int hello_reason(const char *suites, const char *compression, const char *extensions)
{
    char hex[4096];
    uint8_t block[2048];
    size_t len = test_unhex(block, sizeof(block), extensions);
    (void)snprintf(hex, sizeof(hex), "0303 " RANDOM " 00 %s %s %04zx %s", suites, compression, len,
                   extensions);
    uint8_t *body = test_unhex_new(hex, &len);
    struct client_hello ch;
    cssl_error err = { .reason = 0 };
    int status = client_hello_parse(&ch, bytes_of(body, len), &err);
    assert_int_equal(status < 0, err.reason != 0);
    if (status == 0) {
        try_client_hello(NULL, body, len);
    }
    free(body);
    return err.reason;
}

static void test_client_hello_rules(void **state)
{
    (void)state;
    static const struct {
        const char *what, *extensions;
        int reason;
    } rows[] = {
        { "good", GOOD, 0 },
        { "unknown and GREASE", "0a0a 0000 " GOOD "1a1a 0001 00", 0 },
        { "groups missing", VERSIONS SCHEMES SHARES, CSSL_R_EXTENSION_MISSING },
        { "shares missing", VERSIONS SCHEMES GROUPS, CSSL_R_EXTENSION_MISSING },
        { "both missing", VERSIONS SCHEMES, CSSL_R_EXTENSION_MISSING },
        { "schemes missing", VERSIONS GROUPS SHARES, CSSL_R_EXTENSION_MISSING },
        { "psk alone", VERSIONS MODES PSK, 0 },
        { "psk without modes", GOOD PSK, CSSL_R_EXTENSION_MISSING },
        { "psk without schemes", VERSIONS GROUPS SHARES MODES PSK, 0 },
        { "psk with shares, without groups", VERSIONS SHARES MODES PSK, CSSL_R_EXTENSION_MISSING },
        { "TLS 1.2 without any", "", 0 },
        { "TLS 1.2 in the list alone", "002b 0003 02 0303", 0 },

        { "versions: none", "002b 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { "versions: empty", "002b 0000", CSSL_R_EXTENSION_MALFORMED },
        { "versions: odd", "002b 0004 03 030403", CSSL_R_EXTENSION_MALFORMED },
        { "versions: trailing", "002b 0004 02 0304 00", CSSL_R_EXTENSION_MALFORMED },
        { "groups: none", "000a 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { "groups: odd", "000a 0005 0003 001d00", CSSL_R_EXTENSION_MALFORMED },
        { "groups: longer than there is", "000a 0004 0004 001d", CSSL_R_EXTENSION_MALFORMED },
        { "schemes: none", "000d 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { "schemes cert: none", "0032 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { "schemes cert: odd", "0032 0003 0001 04", CSSL_R_EXTENSION_MALFORMED },

        { "shares: none", VERSIONS GROUPS SCHEMES "0033 0002 0000", 0 },
        { "shares: empty", "0033 0000", CSSL_R_EXTENSION_MALFORMED },
        { "shares: key empty", "0033 0006 0004 001d 0000", CSSL_R_EXTENSION_MALFORMED },
        { "shares: half a group", "0033 0003 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { "shares: trailing", "0033 0008 0005 001d 0001 aa 00", CSSL_R_EXTENSION_MALFORMED },
        { "shares: twice", "0033 000c 000a 001d 0001 aa 001d 0001 aa", CSSL_R_KEY_SHARE_TWICE },
        { "shares: apart", "0033 0011 000f 001d 0001 aa 0017 0001 aa 001d 0001 bb",
          CSSL_R_KEY_SHARE_TWICE },
        { "shares: GREASE beside", VERSIONS GROUPS SCHEMES
          "0033 000c 000a 2a2a 0001 00 001d 0001 aa", 0 },

        { "name: good", "0000 0009 0007 00 0004 686f7374", 0 },
        { "name: list empty", "0000 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { "name: empty", "0000 0000", CSSL_R_EXTENSION_MALFORMED },
        { "name: no bytes", "0000 0005 0003 00 0000", CSSL_R_EXTENSION_MALFORMED },
        { "name: cut", "0000 0006 0004 00 0004 68", CSSL_R_EXTENSION_MALFORMED },
        { "name: trailing", "0000 000a 0007 00 0004 686f7374 00", CSSL_R_EXTENSION_MALFORMED },
        { "name: of type 1", "0000 0009 0007 01 0004 686f7374", CSSL_R_SERVER_NAME },
        { "name: NUL", "0000 0009 0007 00 0004 686f0074", CSSL_R_SERVER_NAME },
        { "name: two", "0000 000a 0008 00 0001 61 00 0001 62", CSSL_R_SERVER_NAME },

        { "alpn: good", "0010 0007 0005 02 6832 01 61", 0 },
        { "alpn: none", "0010 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { "alpn: an empty one", "0010 0006 0004 02 6832 00", CSSL_R_EXTENSION_MALFORMED },
        { "alpn: cut", "0010 0004 0002 02 68", CSSL_R_EXTENSION_MALFORMED },
        { "alpn: trailing", "0010 0006 0003 02 6832 00", CSSL_R_EXTENSION_MALFORMED },

        { "cookie: good", GOOD "002c 0003 0001 aa", 0 },
        { "cookie: none", "002c 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { "cookie: empty", "002c 0000", CSSL_R_EXTENSION_MALFORMED },
        { "modes: none", "002d 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { "early data: with content", "002a 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { "post handshake auth: with content", "0031 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { "extended master secret: with content", "0017 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { "authorities: good", GOOD "002f 0006 0004 0002 3000", 0 },
        { "authorities: none", "002f 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { "authorities: an empty one", "002f 0004 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { "point formats: none", "000b 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { "status: good", "0005 0005 01 0000 0000", 0 },
        { "status: another type", "0005 0002 0210", 0 },
        { "status: cut", "0005 0004 01 0000 00", CSSL_R_EXTENSION_MALFORMED },
        { "status: empty", "0005 0000", CSSL_R_EXTENSION_MALFORMED },
        { "status: trailing", "0005 0006 01 0000 0000 00", CSSL_R_EXTENSION_MALFORMED },
        { "fragment length: two bytes", "0001 0002 0101", CSSL_R_EXTENSION_MALFORMED },
        { "fragment length: none", "0001 0000", CSSL_R_EXTENSION_MALFORMED },
        { "size limit: one byte", "001c 0001 40", CSSL_R_EXTENSION_MALFORMED },
        { "size limit: three", "001c 0003 400000", CSSL_R_EXTENSION_MALFORMED },
        { "timestamps: with content", "0012 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { "renegotiation: cut", "ff01 0001 01", CSSL_R_EXTENSION_MALFORMED },
        { "renegotiation: empty", "ff01 0000", CSSL_R_EXTENSION_MALFORMED },

        { "psk: not last", VERSIONS MODES PSK " 0a0a 0000", CSSL_R_PRE_SHARED_KEY_NOT_LAST },
        { "psk: not last either", MODES PSK " " VERSIONS, CSSL_R_PRE_SHARED_KEY_NOT_LAST },
        { "psk: no identity", "0029 0025 0000 0021 " BINDER, CSSL_R_EXTENSION_MALFORMED },
        { "psk: identity empty", "0029 002b 0006 0000 00000001 0021 " BINDER,
          CSSL_R_EXTENSION_MALFORMED },
        { "psk: age cut", "0029 002c 0007 0002 6964 000000 0021 " BINDER,
          CSSL_R_EXTENSION_MALFORMED },
        { "psk: no binder", "0029 000c 0008 0002 6964 00000001 0000", CSSL_R_EXTENSION_MALFORMED },
        { "psk: binder of 31", "0029 002c 0008 0002 6964 00000001 0020 1f"
          "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
          CSSL_R_EXTENSION_MALFORMED },
        { "psk: two binders", "0029 004e 0008 0002 6964 00000001 0042 " BINDER BINDER,
          CSSL_R_BINDERS_UNEQUAL },
        { "psk: two identities", "0029 0034 000f 0002 6964 00000001 0001 61 00000002 0021 " BINDER,
          CSSL_R_BINDERS_UNEQUAL },
        { "psk: trailing", "0029 002e 0008 0002 6964 00000001 0021 " BINDER "00",
          CSSL_R_EXTENSION_MALFORMED },

        { "twice", GOOD VERSIONS, CSSL_R_EXTENSION_TWICE },
        { "oid_filters", "0030 0002 0000", CSSL_R_EXTENSION_MISPLACED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        int reason = hello_reason("0002 1301", "01 00", rows[i].extensions);
        if (reason != rows[i].reason) {
            fail_msg("%s: reason %d, not %d", rows[i].what, reason, rows[i].reason);
        }
    }
}

static void test_client_hello_frame(void **state)
{
    (void)state;
    static const struct {
        const char *suites, *compression, *extensions;
        int reason;
    } rows[] = {
        { "0000", "01 00", GOOD, CSSL_R_MESSAGE_MALFORMED },
        { "0003 130113", "01 00", GOOD, CSSL_R_MESSAGE_MALFORMED },
        { "0002 1301", "00", GOOD, CSSL_R_MESSAGE_MALFORMED },
        { "0002 1301", "02 00 01", GOOD, CSSL_R_COMPRESSION },
        { "0002 1301", "02 01 00", GOOD, CSSL_R_COMPRESSION },
        { "0002 1301", "01 01", GOOD, CSSL_R_COMPRESSION },
        { "0002 1301", "01 01", "", CSSL_R_COMPRESSION },
        { "0002 1301", "02 01 00", "", 0 }, /* TLS 1.2: others beside "none" may be offered */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(hello_reason(rows[i].suites, rows[i].compression, rows[i].extensions),
                         rows[i].reason);
    }
    static const struct {
        const char *body;
        int reason;
    } bodies[] = {
        { "0303 " RANDOM " 00 0002 1301 01 00", 0 }, /* TLS 1.2 without extensions */
        { "0303 " RANDOM " 00 0002 1301 01 00 00", CSSL_R_MESSAGE_MALFORMED },
        { "0303 " RANDOM " 00 0002 1301 01 00 0000", 0 },
        { "0303 " RANDOM " 00 0002 1301 01 00 0000 00", CSSL_R_MESSAGE_MALFORMED },
        { "0303 " RANDOM " 20 " RANDOM " 0002 1301 01 00", 0 },
        { "0303 " RANDOM " 21 " RANDOM " 00 0002 1301 01 00", CSSL_R_MESSAGE_MALFORMED },
        { "", CSSL_R_MESSAGE_MALFORMED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        size_t len;
        uint8_t *body = test_unhex_new(bodies[i].body, &len);
        struct client_hello ch;
        cssl_error err = { .reason = 0 };
        (void)!client_hello_parse(&ch, bytes_of(body, len), &err);
        assert_int_equal(err.reason, bodies[i].reason);
        free(body);
    }
}

/* A host name of 255 bytes is one, of 256 is none. */
static void test_long_name(void **state)
{
    (void)state;
    for (size_t n = 254; n <= 256; n++) {
        char text[700];
        int at = snprintf(text, sizeof(text), "0000 %04zx %04zx 00 %04zx ", n + 5, n + 3, n);
        for (size_t i = 0; i < n; i++) {
            at += snprintf(text + at, sizeof(text) - (size_t)at, "61");
        }
        assert_int_equal(hello_reason("0002 1301", "01 00", text),
                         n <= 255 ? 0 : CSSL_R_SERVER_NAME);
    }
}

/* Lists that are longer than the arrays are checked to their end. */
static void test_long_lists(void **state)
{
    (void)state;
    struct wr w;
    for (int twice = 0; twice <= 1; twice++) {
        uint8_t key = 1;
        struct client_hello ch = { .legacy_version = TLS_1_2 };
        uint8_t random[32] = { 0 };
        wr_init(&w, BUFFER);
        wr_u16(&w, TLS_1_2);
        wr_put(&w, random, 32);
        wr_u8(&w, 0);
        wr_vec16(&w, bytes_of((const uint8_t[]){ 0x13, 0x01 }, 2));
        wr_vec8(&w, bytes_of((const uint8_t[]){ 0 }, 1));
        wr_open16(&w);
        wr_u16(&w, EXT_KEY_SHARE);
        wr_open16(&w);
        wr_open16(&w);
        for (unsigned i = 0; i < 3000; i++) {
            wr_u16(&w, twice == 1 && i == 2999 ? 17 : (uint16_t)i);
            wr_vec16(&w, bytes_of(&key, 1));
        }
        wr_close(&w);
        wr_close(&w);
        wr_u16(&w, EXT_PRE_SHARED_KEY);
        wr_open16(&w);
        wr_open16(&w);
        for (unsigned i = 0; i < 20; i++) {
            wr_vec16(&w, bytes_of(&key, 1));
            wr_u32(&w, i);
        }
        wr_close(&w);
        wr_open16(&w);
        for (unsigned i = 0; i < 20; i++) {
            wr_vec8(&w, bytes_of(random, 32));
        }
        wr_close(&w);
        wr_close(&w);
        wr_close(&w);
        assert_true(wr_ok(&w));
        cssl_error err = { .reason = 0 };
        int status = client_hello_parse(&ch, wr_view(&w), &err);
        if (twice == 1) {
            assert_int_equal(err.reason, CSSL_R_KEY_SHARE_TWICE);
        } else {
            assert_int_equal(status, 0);
            assert_int_equal(ch.num_shares, HELLO_SHARES_MAX);
            assert_int_equal(ch.num_psks, HELLO_PSKS_MAX);
            assert_int_equal(ch.all_psks, 20);
        }
        wr_free(&w);
    }
}

/* ---- Writing ---- */

static void test_write_everything(void **state)
{
    (void)state;
    static const uint8_t some[64] = { 1, 2, 3 };
    static const uint8_t list8[] = { 2, 'h', '2', 1, 'x' };
    static const uint8_t list16[] = { 0, 2, 0x30, 0, 0, 1, 9 };
    const cssl_bytes two = bytes_of(some, 2), one = bytes_of(some, 1);
    struct client_hello ch = {
        .legacy_version = TLS_1_2, .random = bytes_of(some, 32), .session_id = bytes_of(some, 32),
        .cipher_suites = bytes_of(some, 6), .compression = bytes_of(some + 40, 1),
        .server_name = bytes_str("example.org"), .supported_versions = bytes_of(some, 4),
        .supported_groups = two, .signature_algorithms = two, .signature_algorithms_cert = two,
        .alpn = bytes_of(list8, sizeof(list8)), .cookie = bytes_of(some, 64), .psk_modes = one,
        .certificate_authorities = bytes_of(list16, sizeof(list16)), .ec_point_formats = one,
        .renegotiation_info = bytes_of(NULL, 0), .session_ticket = bytes_of(some, 50),
        .max_fragment_length = one, .record_size_limit = two, .use_srtp = bytes_of(some, 5),
        .client_certificate_types = one, .server_certificate_types = one,
        .compress_certificate = two, .delegated_credential = two,
        .shares = { { 29, bytes_of(some, 32) }, { 23, bytes_of(some, 64) } }, .num_shares = 2,
        .psks = { { one, 7 }, { two, 8 } },
        .binders = { bytes_of(some, 32), bytes_of(some, 48) }, .num_psks = 2,
    };
    for (unsigned type = 0; type <= 0xffff; type++) {
        if (ext_may_stand((uint16_t)type, IN_CLIENT_HELLO)) {
            ext_add(&ch.has, (uint16_t)type);
        }
    }
    struct wr w;
    wr_init(&w, BUFFER);
    client_hello_write(&w, &ch);
    assert_true(wr_ok(&w));
    struct client_hello back;
    cssl_error err;
    if (client_hello_parse(&back, wr_view(&w), &err) < 0) {
        fail_msg("%s", err.text);
    }
    test_same_hex(back.status_request.data, back.status_request.len, "0100000000");
    ch.status_request = back.status_request; /* "without details" became bytes */
    same_client_hello(&ch, &back);
    assert_int_equal(ch.binders_at, back.binders_at);
    assert_int_equal(w.len - ch.binders_at, 2 + 1 + 32 + 1 + 48);
    try_all(w.data, w.len, try_client_hello, 99);
    wr_free(&w);
}

/* RFC 7685: with padding no message has 256 to 511 bytes, and none becomes shorter. */
static void test_padding(void **state)
{
    (void)state;
    static const uint8_t bytes[600] = { 0 };
    for (size_t n = 1; n < 600; n++) {
        for (int psk = 0; psk <= 1; psk++) {
            struct client_hello ch = {
                .legacy_version = TLS_1_2, .random = bytes_of(bytes, 32),
                .cipher_suites = bytes_of(bytes, 2), .compression = bytes_of(bytes, 1),
                .session_ticket = bytes_of(bytes, n),
                .psks = { { bytes_of(bytes, 10), 1 } }, .binders = { bytes_of(bytes, 32) },
                .num_psks = 1,
            };
            ext_add(&ch.has, EXT_SESSION_TICKET);
            if (psk == 1) {
                ext_add(&ch.has, EXT_PRE_SHARED_KEY);
            }
            struct wr plain, padded;
            wr_init(&plain, BUFFER);
            wr_init(&padded, BUFFER);
            client_hello_write(&plain, &ch);
            ch.padding = true;
            client_hello_write(&padded, &ch);
            assert_true(wr_ok(&plain));
            assert_true(wr_ok(&padded));
            size_t before = HEADER + plain.len, after = HEADER + padded.len;
            if (before < 256 || before > 511) {
                assert_int_equal(after, before);
            } else {
                assert_int_equal(after, before > 507 ? before + 5 : 512);
            }
            struct client_hello back;
            assert_int_equal(client_hello_parse(&back, wr_view(&padded), NULL), 0);
            assert_int_equal(ext_has(back.has, EXT_PADDING), after != before);
            wr_free(&plain);
            wr_free(&padded);
        }
    }
}

/* ---- ServerHello ---- */

#define RETRY "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
#define SH_VERSION "002b 0002 0304 "
#define SH_SHARE "0033 0005 001d 0001 aa "

static void test_server_hello_rules(void **state)
{
    (void)state;
    static const struct {
        const char *what, *random, *compression, *extensions;
        int reason;
    } rows[] = {
        { "good", RANDOM, "00", SH_VERSION SH_SHARE, 0 },
        { "psk alone", RANDOM, "00", SH_VERSION "0029 0002 0001", 0 },
        { "neither", RANDOM, "00", SH_VERSION, CSSL_R_EXTENSION_MISSING },
        { "compression", RANDOM, "01", SH_VERSION SH_SHARE, CSSL_R_COMPRESSION },
        { "version: three bytes", RANDOM, "00", "002b 0003 030400 " SH_SHARE,
          CSSL_R_EXTENSION_MALFORMED },
        { "version: one byte", RANDOM, "00", "002b 0001 03 " SH_SHARE, CSSL_R_EXTENSION_MALFORMED },
        { "share: empty", RANDOM, "00", SH_VERSION "0033 0004 001d 0000",
          CSSL_R_EXTENSION_MALFORMED },
        { "share: group alone", RANDOM, "00", SH_VERSION "0033 0002 001d",
          CSSL_R_EXTENSION_MALFORMED },
        { "share: trailing", RANDOM, "00", SH_VERSION "0033 0006 001d 0001 aa 00",
          CSSL_R_EXTENSION_MALFORMED },
        { "psk: one byte", RANDOM, "00", SH_VERSION "0029 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { "alpn in TLS 1.3", RANDOM, "00", SH_VERSION SH_SHARE "0010 0005 0003 02 6832",
          CSSL_R_EXTENSION_MISPLACED },
        { "cookie", RANDOM, "00", SH_VERSION SH_SHARE "002c 0003 0001 aa",
          CSSL_R_EXTENSION_MISPLACED },
        { "unknown", RANDOM, "00", SH_VERSION SH_SHARE "1a1a 0000", CSSL_R_EXTENSION_UNASKED },
        { "twice", RANDOM, "00", SH_VERSION SH_SHARE SH_VERSION, CSSL_R_EXTENSION_TWICE },

        { "retry: group", RETRY, "00", SH_VERSION "0033 0002 001d", 0 },
        { "retry: cookie", RETRY, "00", SH_VERSION "002c 0003 0001 aa", 0 },
        { "retry: for nothing", RETRY, "00", SH_VERSION, CSSL_R_HELLO_RETRY_POINTLESS },
        { "retry: without version", RETRY, "00", "0033 0002 001d", CSSL_R_EXTENSION_MISSING },
        { "retry: with a key", RETRY, "00", SH_VERSION SH_SHARE, CSSL_R_EXTENSION_MALFORMED },
        { "retry: cookie empty", RETRY, "00", SH_VERSION "002c 0002 0000",
          CSSL_R_EXTENSION_MALFORMED },
        { "retry: psk", RETRY, "00", SH_VERSION "0029 0002 0000", CSSL_R_EXTENSION_MISPLACED },

        { "1.2: none", RANDOM, "00", "", 0 },
        { "1.2: many", RANDOM, "00",
          "0000 0000 0017 0000 ff01 0001 00 000b 0002 01 00 0023 0000 0010 0005 0003 02 6832 "
          "0005 0000 0012 0006 0004 0002 aabb 0001 0001 01 001c 0002 4000 000e 0001 00 "
          "0013 0001 00 0014 0001 02 0016 0000", 0 },
        { "1.2: share", RANDOM, "00", SH_SHARE, CSSL_R_EXTENSION_MISPLACED },
        { "1.2: name with content", RANDOM, "00", "0000 0001 00", CSSL_R_EXTENSION_MALFORMED },
        { "1.2: two protocols", RANDOM, "00", "0010 0006 0004 01 61 01 62",
          CSSL_R_EXTENSION_MALFORMED },
        { "1.2: no protocol", RANDOM, "00", "0010 0002 0000", CSSL_R_EXTENSION_MALFORMED },
        { "1.2: compression", RANDOM, "01", "", CSSL_R_COMPRESSION },
        { "1.2: groups", RANDOM, "00", "000a 0004 0002 001d", 0 },
        { "1.2: schemes", RANDOM, "00", "000d 0004 0002 0403", CSSL_R_EXTENSION_MISPLACED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char hex[1024];
        uint8_t block[512];
        size_t len = test_unhex(block, sizeof(block), rows[i].extensions);
        (void)snprintf(hex, sizeof(hex), "0303 %s 00 1301 %s %04zx %s", rows[i].random,
                       rows[i].compression, len, rows[i].extensions);
        uint8_t *body = test_unhex_new(hex, &len);
        struct server_hello sh;
        cssl_error err = { .reason = 0 };
        int status = server_hello_parse(&sh, bytes_of(body, len), everything, &err);
        if (err.reason != rows[i].reason) {
            fail_msg("%s: reason %d, not %d", rows[i].what, err.reason, rows[i].reason);
        }
        if (status == 0) {
            try_all(body, len, try_server_hello, i);
        }
        free(body);
    }
}

static void test_server_hello_frame(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int reason;
    } bodies[] = {
        { "0303 " RANDOM " 00 1301 00", 0 }, /* TLS 1.2 without extensions */
        { "0303 " RANDOM " 00 1301 00 00", CSSL_R_MESSAGE_MALFORMED },
        { "0303 " RANDOM " 00 1301 00 0000 00", CSSL_R_MESSAGE_MALFORMED },
        { "0303 " RANDOM " 21 " RANDOM " 00 1301 00", CSSL_R_MESSAGE_MALFORMED },
        { "0303 " RANDOM " 00 1301", CSSL_R_MESSAGE_MALFORMED },
        { "0303", CSSL_R_MESSAGE_MALFORMED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        size_t len;
        uint8_t *body = test_unhex_new(bodies[i].body, &len);
        struct server_hello sh;
        cssl_error err = { .reason = 0 };
        (void)!server_hello_parse(&sh, bytes_of(body, len), everything, &err);
        assert_int_equal(err.reason, bodies[i].reason);
        free(body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc8448_client_hello), cmocka_unit_test(test_rfc8448_psk),
        cmocka_unit_test(test_rfc8448_all),          cmocka_unit_test(test_rfc8448_server_hello),
        cmocka_unit_test(test_client_hello_rules),   cmocka_unit_test(test_client_hello_frame),
        cmocka_unit_test(test_long_name),            cmocka_unit_test(test_long_lists),
        cmocka_unit_test(test_write_everything),     cmocka_unit_test(test_padding),
        cmocka_unit_test(test_server_hello_rules),   cmocka_unit_test(test_server_hello_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

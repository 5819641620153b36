/* test_trace_hello.c - the hellos in words: extensions by name, with their values. */
#include "trace_support.h"

#include "base/names.h"

#define RANDOM "0101010101010101010101010101010101010101010101010101010101010101"

/* A hello with one extension block. */
static struct trace *trace_of(uint8_t type, const char *middle, const char *block, bool session)
{
    char text[2000];
    size_t len;
    size_t block_len;
    free(test_unhex_new(block, &block_len));
    (void)snprintf(text, sizeof(text), "%02x000000 0303 " RANDOM " %s %s %04zx %s", type,
                   session ? "02abcd" : "00", middle, block_len, block);
    uint8_t *bytes = test_unhex_new(text, &len);
    bytes[2] = (uint8_t)((len - 4) >> 8);
    bytes[3] = (uint8_t)(len - 4);
    struct trace *t = trace_new();
    assert_non_null(t);
    const cssl_trace_event event = { .sent = type == HT_CLIENT_HELLO,
                                     .content_type = CT_HANDSHAKE,
                                     .message = { bytes, len } };
    trace_add(t, &event);
    free(bytes);
    return t;
}

static void test_client(void **state)
{
    (void)state;
    static const struct {
        const char *block, *said;
    } rows[] = {
        { "0001 0001 01", "|max fragment: 512 bytes" },
        { "0001 0001 04", "|max fragment: 4096 bytes" },
        { "0001 0001 05", "|max fragment: unknown size 5" },
        { "0001 0001 00", "|max fragment: unknown size 0" },
        { "001c 0002 03e8", "|record limit: 1000 bytes" },
        { "0023 0000", "|session ticket: none yet" },
        { "0023 0003 010203", "|session ticket: 3 bytes" },
        { "ff01 0001 00", "|renegotiation: safe, as by RFC 5746" },
        { "ff01 0003 02 0102", "|renegotiation: this is one, of a handshake that it names" },
        { "0017 0000 0016 0000", "|also: extended_master_secret, encrypt_then_mac" },
        { "0031 0000", "|also: post_handshake_auth" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char said[300];
        struct trace *t = trace_of(HT_CLIENT_HELLO, "0002 c02b 01 00", rows[i].block, false);
        (void)snprintf(said, sizeof(said), "ClientHello|versions: TLS 1.2|suites: "
                                           "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256%s",
                       rows[i].said);
        trace_says(t, 0, said);
        trace_free(t);
    }
}

static void test_server12(void **state)
{
    (void)state;
    static const struct {
        const char *block, *said;
    } rows[] = {
        { "0001 0001 02", "|max fragment: 1024 bytes" },
        { "001c 0002 0040", "|record limit: 64 bytes" },
        { "ff01 0001 00 0017 0000", "|renegotiation: safe, as by RFC 5746|also: "
                                    "extended_master_secret" },
        { "0023 0000 0016 0000 0005 0000",
          "|also: session_ticket, encrypt_then_mac, status_request" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char said[300];
        struct trace *t = trace_of(HT_SERVER_HELLO, "c02b 00", rows[i].block, true);
        (void)snprintf(said, sizeof(said), "ServerHello|version: TLS 1.2|suite: "
                                           "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256%s",
                       rows[i].said);
        trace_says(t, 0, said);
        trace_free(t);
    }
}

/* The same identifier in both hellos is a session that goes on; an empty or another one is not. */
static void test_resumption12(void **state)
{
    (void)state;
    static const struct {
        const char *client, *server;
        bool resumes;
    } rows[] = {
        { "02 abcd", "02 abcd", true },
        { "02 abcd", "02 abce", false },
        { "02 abcd", "00", false },
        { "00", "00", false },
        { "00", "02 abcd", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char hellos[2][300];
        (void)snprintf(hellos[0], sizeof(hellos[0]), "010000%02x 0303 " RANDOM " %s 0002c02b 0100",
                       strlen(rows[i].client) > 2 ? 43 : 41, rows[i].client);
        (void)snprintf(hellos[1], sizeof(hellos[1]), "020000%02x 0303 " RANDOM " %s c02b 00",
                       strlen(rows[i].server) > 2 ? 40 : 38, rows[i].server);
        const struct shown shown[] = {
            { true, CT_HANDSHAKE, 0, hellos[0] },
            { false, CT_HANDSHAKE, 0, hellos[1] },
        };
        struct trace *t = trace_make(shown, 2);
        char said[200];
        (void)snprintf(said, sizeof(said), "ServerHello|version: TLS 1.2|suite: "
                                           "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256%s",
                       rows[i].resumes ? "|resumes: the session that was asked for" : "");
        trace_says(t, 1, said);
        trace_free(t);
    }
}

static void test_encrypted_extensions(void **state)
{
    (void)state;
    static const struct shown shown[] = {
        { false, CT_HANDSHAKE, 2, "08000002 0000" },
        { false, CT_HANDSHAKE, 2, "08000008 0006 001c 0002 4000" },
        { false, CT_HANDSHAKE, 2, "08000007 0005 0001 0001 03" },
        { false, CT_HANDSHAKE, 2, "08000006 0004 002a 0000" },
        { false, CT_HANDSHAKE, 2, "08000006 0005 002a 0000" },
    };
    static const char *const said[] = {
        "EncryptedExtensions",
        "EncryptedExtensions|record limit: 16384 bytes",
        "EncryptedExtensions|max fragment: 2048 bytes",
        "EncryptedExtensions|early data: accepted",
    };
    struct trace *t = trace_make(shown, ARRAY_SIZE(shown));
    for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
        trace_says(t, i, said[i]);
    }
    static struct trace_message m;
    trace_describe(&m, t, 4);
    assert_true(m.bad);
    trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client),
        cmocka_unit_test(test_server12),
        cmocka_unit_test(test_resumption12),
        cmocka_unit_test(test_encrypted_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

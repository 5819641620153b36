/* test_trace_flight12.c - TLS 1.2's messages in words, whole, cut short and without a suite. */
#include "trace_support.h"

#include "base/names.h"

#define RANDOM "0101010101010101010101010101010101010101010101010101010101010101"
#define HELLO(suite) "02000026 0303 " RANDOM " 00 " suite " 00"

static const struct {
    const char *suite; /* of the ServerHello before it */
    const char *hex, *said;
} rows[] = {
    { "c02b", "00000000", "HelloRequest|asks: for a renegotiation" },
    { "c02b", "00000001 00", "!HelloRequest|malformed: *" },
    { "c02b", "0b000003 000000", "Certificate|certificates: none" },
    { "c02b", "0b000008 000005 000002 3000",
      "Certificate|certificate: cannot be read (2 bytes)" },
    { "c02b", "0b00000d 00000a 000002 3000 000002 3000",
      "Certificate|certificate: cannot be read (2 bytes)|issued by: cannot be read (2 bytes)" },
    { "c02b", "16000006 01 000002 3000", "CertificateStatus|ocsp response: 2 bytes" },
    { "c02b", "16000004 01 000000", "!CertificateStatus|malformed: *" },
    { "c02b", "0c00000d 03 001d 04 01020304 0403 0001 ff",
      "ServerKeyExchange|key share: x25519|signature: ecdsa_secp256r1_sha256" },
    { "c02b", "0c00000d 03 fefe 04 01020304 0403 0001 ff",
      "ServerKeyExchange|key share: 0xfefe|signature: ecdsa_secp256r1_sha256" },
    { "009e", "0c000010 0002 0fff 0001 02 0002 0003 0804 0001 ff",
      "ServerKeyExchange|key share: Diffie-Hellman, 12 bits|signature: rsa_pss_rsae_sha256" },
    { "00a8", "0c000004 0002 6869", "ServerKeyExchange|psk hint: hi" },
    { "d001", "0c00000a 0000 03 001d 04 01020304",
      "ServerKeyExchange|psk hint: none|key share: x25519" },
    { "009c", "0c000000", "!ServerKeyExchange|malformed: *" }, /* RSA has none */
    { "6a6a", "0c000001 00", "ServerKeyExchange" },            /* nobody knows its form */
    { "c02b", "0d000011 02 01 40 0004 0403 0804 0006 0004 3002 3100",
      "CertificateRequest|keys: rsa_sign, ecdsa_sign|signatures: ecdsa_secp256r1_sha256, "
      "rsa_pss_rsae_sha256|authorities: *" },
    { "c02b", "0d000009 02 01 07 0002 0403 0000",
      "CertificateRequest|keys: rsa_sign, 7|signatures: ecdsa_secp256r1_sha256" },
    { "c02b", "0e000000", "ServerHelloDone" },
    { "c02b", "10000003 02 0102", "ClientKeyExchange|key share: 2 bytes" },
    { "009e", "10000004 0002 0102", "ClientKeyExchange|key share: 2 bytes" },
    { "009c", "10000004 0002 0102",
      "ClientKeyExchange|premaster secret: under the server's key, 2 bytes" },
    { "00a8", "10000005 0003 611b62", "ClientKeyExchange|psk identity: a\\x1bb" },
    { "d001", "10000006 0001 61 02 0102", "ClientKeyExchange|psk identity: a|key share: 2 bytes" },
    { "6a6a", "10000001 00", "ClientKeyExchange" },
    { "c02b", "0f000005 0403 0001 ff", "CertificateVerify|signature: ecdsa_secp256r1_sha256" },
    { "c02b", "04000008 00001c20 0002 0102",
      "NewSessionTicket|ticket: 2 bytes, valid for 7200 seconds" },
    { "c02b", "04000006 00000000 0000", "NewSessionTicket|ticket: none after all" },
    { "c02b", "14000002 0102", "Finished" },
};

/* said may end in *, for whatever comes there. */
static void check(const struct trace *t, const char *said)
{
    static struct trace_message m;
    size_t len = strlen(said);
    if (said[len - 1] != '*') {
        trace_says(t, 1, said);
        return;
    }
    trace_describe(&m, t, 1);
    assert_int_equal(m.bad, said[0] == '!');
    const char *label = strrchr(said, '|') + 1;
    assert_true(m.num > 0);
    assert_int_equal(strncmp(m.details[m.num - 1].label, label, len - 3 - (size_t)(label - said)),
                     0);
}

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char hello[200];
        (void)snprintf(hello, sizeof(hello), "02000026 0303 " RANDOM " 00 %s 00", rows[i].suite);
        const struct shown shown[] = {
            { false, CT_HANDSHAKE, 0, hello },
            { false, CT_HANDSHAKE, 0, rows[i].hex },
        };
        struct trace *t = trace_make(shown, 2);
        check(t, rows[i].said);
        trace_free(t);
    }
}

/* A raw public key stands alone; who shows one is what ServerHello says (RFC 7250 3). */
static void test_raw(void **state)
{
    (void)state;
#define ED25519 \
    "302a300506032b6570032100" \
    "5866666666666666666666666666666666666666666666666666666666666666"
    static const char hello[] = "02000032 0303 " RANDOM " 00 c02b 00 "
                                "000a 0014 0001 02 0013 0001 00";
    static const struct {
        bool by_client;
        const char *hex, *said;
    } keys[] = {
        { false, "0b00002f 00002c " ED25519, "Certificate|raw key: Ed25519 (44 bytes)" },
        { false, "0b000005 000002 3000", "Certificate|raw key: cannot be read (2 bytes)" },
        { false, "0b000003 000000", "Certificate|raw key: none" },
        { false, "0b000006 000002 300000",
          "!Certificate|malformed: a raw public key is malformed" },
        { true, "0b000008 000005 000002 3000",
          "Certificate|certificate: cannot be read (2 bytes)" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const struct shown shown[] = { { false, CT_HANDSHAKE, 0, "01000000" },
                                       { true, CT_HANDSHAKE, 0, hello },
                                       { !keys[i].by_client, CT_HANDSHAKE, 0, keys[i].hex } };
        struct trace *t = trace_make(shown, 3);
        trace_says(t, 1, "ServerHello|version: TLS 1.2|suite: "
                         "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256|client shows: x509|"
                         "server shows: raw_public_key");
        trace_says(t, 2, keys[i].said);
        trace_free(t);
    }
}

/* A body that is cut short, with a header that fits it, is drawn as what it is: malformed, or a
 * shorter message. */
static void test_truncated(void **state)
{
    (void)state;
    static struct trace_message m;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        char text[200];
        (void)snprintf(text, sizeof(text), "02000026 0303 " RANDOM " 00 %s 00", rows[i].suite);
        uint8_t *hello = test_unhex_new(text, &len);
        const cssl_trace_event first = { .content_type = CT_HANDSHAKE, .message = { hello, len } };
        uint8_t *whole = test_unhex_new(rows[i].hex, &len);
        for (size_t cut = 0; cut <= len; cut++) {
            uint8_t *part = test_copy(whole, cut);
            struct trace *t = trace_new();
            assert_non_null(t);
            if (cut >= 4) {
                part[3] = (uint8_t)(cut - 4);
            }
            trace_add(t, &first);
            const cssl_trace_event event = { .content_type = CT_HANDSHAKE,
                                             .message = { part, cut } };
            trace_add(t, &event);
            trace_describe(&m, t, 1);
            if (cut < 4) {
                assert_true(m.bad);
            }
            trace_free(t);
            free(part);
        }
        free(whole);
        free(hello);
    }
}

/* A change of keys means something in TLS 1.2 alone. */
static void test_change(void **state)
{
    (void)state;
    const struct shown shown[] = {
        { false, CT_HANDSHAKE, 0, HELLO("c02b") },
        { true, CT_CHANGE_CIPHER_SPEC, 0, "01" },
    };
    struct trace *t = trace_make(shown, 2);
    trace_says(t, 1, "ChangeCipherSpec|new keys: for all that this side sends from here on");
    trace_free(t);
    t = trace_make(&shown[1], 1); /* without a ServerHello it is taken for TLS 1.3 */
    trace_says(t, 0, "ChangeCipherSpec|meaning: none, it is for middleboxes");
    trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_trace_flight.c - TLS 1.3's messages behind the hellos in words, those that come after the
 * handshake among them. */
#include "trace_support.h"

#include "base/names.h"

static const struct {
    uint8_t epoch;
    const char *hex, *said;
} rows[] = {
    { 2, "0d00000b 00 0008 000d 0004 0002 0403",
      "CertificateRequest|signatures: ecdsa_secp256r1_sha256" },
    { 3, "0d00000d 02abcd 0008 000d 0004 0002 0403",
      "CertificateRequest|signatures: ecdsa_secp256r1_sha256|when: after the handshake (context of "
      "2 bytes)" },
    { 2, "0d00000f 00 000c 000d 0004 0002 0403 0005 0000",
      "CertificateRequest|signatures: ecdsa_secp256r1_sha256|also: status_request" },
    { 2, "0b000004 00 000000", "Certificate|certificates: none" },
    { 3, "0b000005 01ff 000000",
      "Certificate|certificates: none|when: after the handshake (context of 1 bytes)" },
    { 2, "0b000011 00 00000d 000002 3000 0006 0012 0002 0000", NULL },
    { 1, "05000000", "EndOfEarlyData|early data: ends here" },
    { 1, "05000001 00", NULL },
    { 3, "18000001 00", "KeyUpdate" },
    { 3, "18000001 01", "KeyUpdate|asks: for one in return" },
    { 3, "18000001 02", NULL },
    { 3, "0400000f 00001c20 00000000 00 0002 0102 0000",
      "NewSessionTicket|ticket: 2 bytes, valid for 7200 seconds" },
    { 3, "04000017 00001c20 00000000 00 0002 0102 0008 002a 0004 00004000",
      "NewSessionTicket|ticket: 2 bytes, valid for 7200 seconds|early data: 16384 bytes at most" },
    { 2, "19000009 0001 000010 000001 00", NULL }, /* nothing that zlib wrote */
    { 2, "19000009 0ff1 000010 000001 00",
      "CompressedCertificate|compression: 0x0ff1|size: 1 bytes for 16" },
};

static void test_messages(void **state)
{
    (void)state;
    static struct trace_message m;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct shown shown = { false, CT_HANDSHAKE, rows[i].epoch, rows[i].hex };
        struct trace *t = trace_make(&shown, 1);
        if (rows[i].said != NULL) {
            trace_says(t, 0, rows[i].said);
        } else {
            trace_describe(&m, t, 0);
            assert_true(m.bad);
            assert_string_equal(m.details[m.num - 1].label, "malformed");
        }
        trace_free(t);
    }
}

/* Who shows a raw public key is what EncryptedExtensions says; a client lists what it can. */
static void test_raw(void **state)
{
    (void)state;
    static const struct shown shown[] = {
        { false, CT_HANDSHAKE, 0,
          "01000038 0303 0101010101010101010101010101010101010101010101010101010101010101 00 "
          "0002 c02b 01 00 000d 0013 0003 02 0200 0014 0002 01 05" },
        { true, CT_HANDSHAKE, 2, "0800000c 000a 0014 0001 00 0013 0001 02" },
        { true, CT_HANDSHAKE, 2, "0b00000b 00 000007 000002 3000 0000" },
        { false, CT_HANDSHAKE, 2, "0b00000b 00 000007 000002 3000 0000" },
    };
    struct trace *t = trace_make(shown, ARRAY_SIZE(shown));
    trace_says(t, 0, "ClientHello|versions: TLS 1.2|suites: "
                     "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256|client shows: raw_public_key, x509|"
                     "server shows: 5");
    trace_says(t, 1, "EncryptedExtensions|client shows: raw_public_key|server shows: x509");
    trace_says(t, 2, "Certificate|certificate: cannot be read (2 bytes)");
    trace_says(t, 3, "Certificate|raw key: cannot be read (2 bytes)");
    trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_hostname.c - names in certificates and names that are asked for (RFC 9525). */
#include "pki_support.h"

#include "pki/hostname.h"

static void patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool matches;
    } rows[] = {
        { "example.com", "example.com", true },
        { "EXAMPLE.com", "example.com", true },
        { "example.com", "example.org", false },
        { "example.com", "www.example.com", false },
        { "www.example.com", "example.com", false },
        { "localhost", "localhost", true },
        { "*.example.com", "www.example.com", true },
        { "*.EXAMPLE.com", "www.example.com", true },
        { "*.example.com", "example.com", false },
        { "*.example.com", "a.b.example.com", false },
        { "*.example.com", ".example.com", false },
        { "*.com", "example.com", false },
        { "*.", "example.", false },
        { "*", "localhost", false },
        { "w*.example.com", "www.example.com", false },
        { "*w.example.com", "www.example.com", false },
        { "www.*.com", "www.example.com", false },
        { "*.*.com", "www.example.com", false },
        { "*.example.com.", "www.example.com", false },
        { "example.com.", "example.com", false },
        { "", "example.com", false },
        { ".example.com", "www.example.com", false },
        { "xn--*.example.com", "xn--bcher-kva.example.com", false },
        { "*.example.com", "xn--bcher-kva.example.com", true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (hostname_matches(bytes_str(rows[i].pattern), rows[i].name) != rows[i].matches) {
            fail_msg("%s and %s", rows[i].pattern, rows[i].name);
        }
    }
    static const uint8_t with_nul[] = "example.com\0.evil.org";
    assert_false(hostname_matches(bytes_of(with_nul, sizeof(with_nul) - 1), "example.com"));
    assert_false(hostname_matches(bytes_of(with_nul, 12), "example.com"));
}

static void certificates(void **state)
{
    (void)state;
    static const struct {
        const char *cert, *name;
        cssl_reason reason;
    } rows[] = {
        { "server", "localhost", (cssl_reason)0 },
        { "server", "LOCALHOST", (cssl_reason)0 },
        { "server", "localhost.", (cssl_reason)0 },
        { "server", "127.0.0.1", (cssl_reason)0 },
        { "server", "::1", (cssl_reason)0 },
        { "server", "[::1]", (cssl_reason)0 },
        { "server", "0:0:0:0:0:0:0:1", (cssl_reason)0 },
        { "server", "www.example.com", (cssl_reason)0 },
        { "server", "b\xc3\xbc" "cher.example.com", (cssl_reason)0 },
        { "server", "example.org", CSSL_R_HOSTNAME_MISMATCH },
        { "server", "127.0.0.2", CSSL_R_HOSTNAME_MISMATCH },
        { "server", "::2", CSSL_R_HOSTNAME_MISMATCH },
        { "server", "::ffff:127.0.0.1", CSSL_R_HOSTNAME_MISMATCH },
        { "server", "server", CSSL_R_HOSTNAME_MISMATCH }, /* its common name */
        { "no-names", "localhost", CSSL_R_HOSTNAME_MISMATCH },
        { "mail", "example.com", CSSL_R_HOSTNAME_MISMATCH },
        { "server", "", CSSL_R_BAD_NAME },
        { "server", ".", CSSL_R_BAD_NAME },
        { "server", "*.example.com", CSSL_R_BAD_NAME },
        { "server", "a b", CSSL_R_BAD_NAME },
        { "server", "a..example.com", CSSL_R_BAD_NAME },
        { "server", "localhost..", CSSL_R_BAD_NAME },
        { "server", "\xff.example.com", CSSL_R_BAD_NAME },
        { "server", "127.1", CSSL_R_BAD_NAME },
        { "server", "[127.0.0.1]", CSSL_R_BAD_NAME },
        { "server", "example.com/", CSSL_R_BAD_NAME },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cert *cert = pki_cert(rows[i].cert);
        cssl_error err = { 0 };
        int status = hostname_check(cert, rows[i].name, &err);
        if ((status == 0) != (rows[i].reason == 0) || err.reason != rows[i].reason) {
            fail_msg("%s: %s", rows[i].name, err.text);
        }
        assert_int_equal(hostname_check(cert, rows[i].name, NULL), status);
        cert_free(cert);
    }
}

static void sentences(void **state)
{
    (void)state;
    static const struct {
        const char *cert, *name, *text;
    } rows[] = {
        { "self-signed-leaf", "other.host",
          "hostname mismatch: certificate is for \"localhost\", but \"other.host\" was asked for; "
          "make one with: cssl cert self-signed --name other.host" },
        { "names-dns", "localhost",
          "hostname mismatch: certificate is for \"example.org\", but \"localhost\" was asked for; "
          "make one with: cssl cert self-signed --name localhost" },
        { "server", "bank.example",
          "hostname mismatch: certificate is for \"localhost\", \"example.com\", "
          "\"*.example.com\", \"127.0.0.1\", \"::1\", but \"bank.example\" was asked for" },
        { "many-names", "bank.example",
          "hostname mismatch: certificate is for \"host1.example.net\", \"host2.example.net\", "
          "\"host3.example.net\", \"host4.example.net\", \"host5.example.net\" and 36 more, but "
          "\"bank.example\" was asked for" },
        { "no-names", "bank.example",
          "hostname mismatch: certificate names no host (it has no DNS name or IP address in "
          "subjectAltName; its common name does not count), but \"bank.example\" was asked for" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cert *cert = pki_cert(rows[i].cert);
        cssl_error err;
        assert_int_equal(hostname_check(cert, rows[i].name, &err), CSSL_ALERT);
        assert_string_equal(err.text, rows[i].text);
        assert_int_equal(err.alert, 42);
        assert_int_equal(err.cert_index, 0);
        cert_free(cert);
    }
}

static void ascii_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *ascii; /* NULL: refused */
    } rows[] = {
        { "Example.COM", "example.com" },
        { "example.com.", "example.com" },
        { "M\xc3\xbcnchen.Example", "xn--mnchen-3ya.example" },
        { "_sip._tcp.example.com", "_sip._tcp.example.com" },
        { "my_service", "my_service" },
        { "1.example", "1.example" },
        { "1.2.3.4", NULL },
        { "1.2.3.4.", NULL },
        { "256.1.1.1", NULL },
        { "::1", NULL },
        { "a.\xe3\x80\x82" "b", NULL },
        { "..", NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char out[HOSTNAME_MAX + 1];
        cssl_error err;
        int status = hostname_to_ascii(out, rows[i].name, &err);
        assert_int_equal(status, rows[i].ascii == NULL ? CSSL_OPTION : 0);
        assert_string_equal(out, rows[i].ascii == NULL ? "" : rows[i].ascii);
    }
}

static void lengths(void **state)
{
    (void)state;
    char name[400];
    char out[HOSTNAME_MAX + 1];
    for (size_t len = 1; len < 300; len++) {
        for (size_t i = 0; i < len; i++) {
            name[i] = i % 64 == 63 ? '.' : 'a';
        }
        name[len] = '\0';
        bool good = len <= HOSTNAME_MAX && name[len - 1] != '.';
        assert_int_equal(hostname_is_dns(name), good);
        /* a final dot is taken off before the name is measured */
        bool good_ascii = good || (name[len - 1] == '.' && len - 1 <= HOSTNAME_MAX);
        assert_int_equal(hostname_to_ascii(out, name, NULL) == 0, good_ascii);
    }
    memset(name, 'a', 64);
    name[64] = '\0';
    assert_false(hostname_is_dns(name));
    name[63] = '\0';
    assert_true(hostname_is_dns(name));
    /* labels that grow: "xn--tda" for two bytes; 32 of them with dots are 255 */
    name[0] = '\0';
    for (size_t i = 1; i < 40; i++) {
        size_t at = strlen(name);
        (void)snprintf(name + at, sizeof(name) - at, i == 1 ? "\xc3\xbc" : ".\xc3\xbc");
        int status = hostname_to_ascii(out, name, NULL);
        assert_int_equal(status == 0, i < 32);
        assert_int_equal(strlen(out), i < 32 ? 8 * i - 1 : 0);
    }
}

static void addresses(void **state)
{
    (void)state;
    uint8_t out[16];
    assert_int_equal(hostname_is_ip("127.0.0.1", out), 4);
    assert_int_equal(hostname_is_ip("::1", out), 16);
    assert_int_equal(hostname_is_ip("[2001:db8::1]", out), 16);
    assert_int_equal(hostname_is_ip("127.0.0.01", out), 0);
    assert_int_equal(hostname_is_ip("0x7f000001", out), 0);
    assert_int_equal(hostname_is_ip("fe80::1%eth0", out), 0);
    assert_int_equal(hostname_is_ip("[127.0.0.1]", out), 0);
    assert_int_equal(hostname_is_ip("[::1", out), 0);
    assert_int_equal(hostname_is_ip("", out), 0);
    char long_name[300];
    memset(long_name, '1', sizeof(long_name) - 1);
    long_name[299] = '\0';
    assert_int_equal(hostname_is_ip(long_name, out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),    cmocka_unit_test(certificates), cmocka_unit_test(sentences),
        cmocka_unit_test(ascii_names), cmocka_unit_test(lengths),      cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_cert_show.c - what is shown of certificates, requests and keys; nothing is raw. */
#include "cli_support.h"

#include "cli/cert.h"

#define BAD   "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"
#define THING "-----BEGIN THING-----\nMAMCAQE=\n-----END THING-----\n"
#define BAD_REQUEST \
    "-----BEGIN CERTIFICATE REQUEST-----\nMAMCAQE=\n-----END CERTIFICATE REQUEST-----\n"
#define BAD_KEY "-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n-----END PRIVATE KEY-----\n"

static void people(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const char *parts[4];
    } rows[] = {
        { "server.pem",
          { "server\n", "  for           localhost, example.com, *.example.com, 127.0.0.1, ::1\n",
            "  valid         2020-01-01 00:00:00 UTC to 2120-01-01 00:00:00 UTC (",
            "  key           ECDSA P-256\n" } },
        { "ca.pem",
          { "Test CA\n", "  issuer        itself (self-signed)\n", "  authority     yes\n",
            "  use           sign certificates, sign CRLs\n" } },
        { "both.pem",
          { "\nPrivate key\n", "  belongs to    ", "  key           ", "\n  SHA-256       " } },
        { "server.encrypted-key.pem",
          { "Private key\n", "  key           encrypted under a password\n", "", "" } },
        { "weak.pem", { "  warning       its RSA key of 1024 bits is too weak", "", "", "" } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *const line[] = { cli_cert_file(rows[i].file), NULL };
        const struct cli_said *said = cli_child_command(cert_show, line);
        assert_int_equal(said->code, CLI_OK);
        for (size_t j = 0; j < 4; j++) {
            cli_has(said->out, rows[i].parts[j]);
        }
        assert_null(strchr(said->out, '\033'));
    }
}

/* A key belongs to a certificate in another file, before it or behind it. */
static void owners(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        bool owned;
    } rows[] = {
        { "server.pem", "server.key.pem", true },
        { "server.key.pem", "server.pem", true },
        { "server.key.pem", "client.pem", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *const line[] = { cli_cert_file(rows[i].first), cli_cert_file(rows[i].second),
                                     NULL };
        const struct cli_said *said = cli_child_command(cert_show, line);
        assert_int_equal(said->code, CLI_OK);
        assert_int_equal(strstr(said->out, "  belongs to    server\n") != NULL, rows[i].owned);
        assert_int_equal(strstr(said->out, "belongs to") != NULL, rows[i].owned);
    }
}

/* Only a certificate that does not parse makes the exit code a failure. */
static void odd(void **state)
{
    (void)state;
    static const struct {
        const char *text, *out, *kind;
        int code;
        bool error; /* JSON says what is wrong */
    } rows[] = {
        { BAD, "Certificate\n  refused", "certificate", CLI_NO, true },
        { BAD_REQUEST, "Request for a certificate\n  refused", "request", CLI_OK, true },
        { BAD_KEY, "Private key\n  refused", "private_key", CLI_OK, true },
        { THING, "THING\n  size          5 bytes\n", "THING", CLI_OK, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *path = cli_file_make("f", rows[i].text, 0600);
        const char *const line[] = { path, NULL };
        const struct cli_said *said = cli_child_command(cert_show, line);
        assert_int_equal(said->code, rows[i].code);
        cli_has(said->out, rows[i].out);
        const char *const script[] = { "--json", path, NULL };
        said = cli_child_command(cert_show, script);
        assert_int_equal(said->code, rows[i].code);
        json_t *all = json_loads(said->out, 0, NULL);
        assert_int_equal(json_array_size(all), 1);
        json_t *one = json_array_get(all, 0);
        assert_string_equal(json_string_value(json_object_get(one, "kind")), rows[i].kind);
        assert_string_equal(json_string_value(json_object_get(one, "source")), path);
        assert_int_equal(json_object_get(one, "error") != NULL, rows[i].error);
        json_decref(all);
        cli_file_drop("f");
    }
}

/* A file that cannot be read fails the command; the others are shown all the same. */
static void missing(void **state)
{
    (void)state;
    const char *const line[] = { "--json", "/no/such/file", cli_cert_file("both.pem"), NULL };
    const struct cli_said *said = cli_child_command(cert_show, line);
    assert_int_equal(said->code, CLI_NO);
    cli_has(said->err, "/no/such/file cannot be read");
    json_t *all = json_loads(said->out, 0, NULL);
    assert_int_equal(json_array_size(all), 2);
    const json_t *cert = json_array_get(all, 0);
    const json_t *key = json_array_get(all, 1);
    assert_string_equal(json_string_value(json_object_get(cert, "not_before")),
                        "2020-01-01T00:00:00Z");
    assert_true(json_is_false(json_object_get(cert, "ca")));
    assert_true(json_is_null(json_object_get(cert, "path_len")));
    assert_true(json_is_true(json_object_get(key, "belongs_to_a_certificate_here")));
    assert_true(json_is_false(json_object_get(key, "encrypted")));
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people),
        cmocka_unit_test(owners),
        cmocka_unit_test(odd),
        cmocka_unit_test(missing),
    };
    return cmocka_run_group_tests(tests, cli_folder_make, cli_folder_remove);
}

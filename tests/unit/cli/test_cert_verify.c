/* test_cert_verify.c - verdicts and exit codes, for people and as JSON; lines that are refused. */
#include "cli_support.h"

#include "cli/cert.h"

#define AT "--time", "2030-01-01"

static void verdicts(void **state)
{
    (void)state;
    static const struct {
        const char *file, *args[5];
        bool trusted;
        const char *out, *err; /* parts of what is said */
    } rows[] = {
        { "server.pem", { AT, "--name", "localhost" }, true, "trusted: server, ", "" },
        { "server.pem",
          { AT },
          true,
          "  0 server\n  1 Test CA (trusted)\n",
          "no name was compared" },
        { "server.pem", { AT, "--name", "127.0.0.1" }, true, "trusted: ", "" },
        { "server.pem", { AT, "--name", "other.org" }, false, "not trusted: server: ", "" },
        { "server.pem", { AT, "--purpose", "client" }, false, "not trusted: ", "" },
        { "client.pem", { AT, "--purpose", "server" }, false, "not trusted: ", "" },
        { "expired.pem", { AT }, false, "not trusted: expired: ", "" },
        { "expired.pem", { "--time", "2020-06-01" }, true, "214 days left", "" },
        { "future.pem", { AT }, false, "not trusted: future: ", "" },
        { "self-signed.pem", { AT }, false, "not trusted: ", "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *line[12] = { "--cacert", cli_cert_file("ca.pem"), cli_cert_file(rows[i].file) };
        for (size_t j = 0; j < 5 && rows[i].args[j] != NULL; j++) {
            line[3 + j] = rows[i].args[j];
        }
        const struct cli_said *said = cli_child_command(cert_verify, line);
        if (said->code != (rows[i].trusted ? CLI_OK : CLI_NO)) {
            fail_msg("%zu: %d, %s%s", i, said->code, said->out, said->err);
        }
        cli_has(said->out, rows[i].out);
        cli_has(said->err, rows[i].err);
        assert_int_equal(strncmp(said->out, "trusted:", 8) == 0, rows[i].trusted);
    }
}

static void json(void **state)
{
    (void)state;
    static const struct {
        const char *file, *name;
        const char *reason; /* NULL: trusted */
        size_t path;
    } rows[] = {
        { "server.pem", "localhost", NULL, 2 },
        { "server.pem", "other.org", "HOSTNAME_MISMATCH", 0 },
        { "expired.pem", "localhost", "CERT_EXPIRED", 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *const line[] = { "--json",
                                     AT,
                                     "--cacert",
                                     cli_cert_file("ca.pem"),
                                     "--name",
                                     rows[i].name,
                                     cli_cert_file(rows[i].file),
                                     NULL };
        bool trusted = rows[i].reason == NULL;
        const struct cli_said *said = cli_child_command(cert_verify, line);
        assert_int_equal(said->code, trusted ? CLI_OK : CLI_NO);
        json_t *o = json_loads(said->out, 0, NULL);
        assert_non_null(o);
        assert_int_equal(json_is_true(json_object_get(o, "trusted")), trusted);
        assert_string_equal(json_string_value(json_object_get(o, "name")), rows[i].name);
        if (trusted) {
            assert_int_equal(json_array_size(json_object_get(o, "path")), rows[i].path);
            assert_null(json_object_get(o, "reason"));
        } else {
            assert_non_null(json_string_value(json_object_get(o, "text")));
            cli_has(json_string_value(json_object_get(o, "reason")), rows[i].reason);
        }
        json_decref(o);
    }
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *args[4];
        int code;
        const char *err;
    } rows[] = {
        { { NULL }, CLI_USAGE, "name a file" },
        { { "a", "b" }, CLI_USAGE, "one chain at a time" },
        { { "--purpose", "both", "a" }, CLI_USAGE, "--purpose is server or client, not 'both'" },
        { { "--time", "now", "a" }, CLI_USAGE, "--time is a time" },
        { { "/no/such/file" }, CLI_NO, "/no/such/file cannot be read" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct cli_said *said = cli_child_command(cert_verify, rows[i].args);
        assert_int_equal(said->code, rows[i].code);
        assert_string_equal(said->out, "");
        cli_has(said->err, rows[i].err);
    }
    /* a file without anybody to trust, and a key in place of a certificate */
    const char *const anchors[] = { "--cacert", "/no/such/file", cli_cert_file("server.pem"),
                                    NULL };
    const struct cli_said *said = cli_child_command(cert_verify, anchors);
    assert_int_equal(said->code, CLI_NO);
    assert_string_equal(said->out, "");
    const char *const key[] = { cli_cert_file("server.key.pem"), NULL };
    said = cli_child_command(cert_verify, key);
    assert_int_equal(said->code, CLI_NO);
    cli_has(said->err, "there is no certificate in ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(json),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

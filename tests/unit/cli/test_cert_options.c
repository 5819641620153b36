/* test_cert_options.c - lines of the making commands: what does not fit together, and limits. */
#include "cli_support.h"

#include "cli/cert.h"
#include "pki/cert_fields.h"

typedef int command(int argc, char **argv);

/* Nothing is made: a line that is refused leaves the folder as it was, which the teardown sees. */
static void refused(void **state)
{
    (void)state;
    static const struct {
        command *run;
        const char *args[6];
        const char *why;
    } rows[] = {
        { cert_self_signed, { NULL }, "a certificate needs a name" },
        { cert_csr, { "--client" }, "a certificate needs a name" },
        { cert_issue, { "--csr", "x" }, "say what names to grant" },
        { cert_issue, { "--copy-names" }, "--copy-names belongs to --csr" },
        { cert_issue, { "--csr", "x", "--copy-names", "a" }, "either name the names" },
        { cert_issue, { "--csr", "x", "--key", "k", "a" }, "with --csr the key is the request's" },
        { cert_issue, { "--csr", "x", "--use-key", "k", "a" }, "no --key and no --use-key" },
        { cert_self_signed,
          { "--use-key", "x", "--key", "k", "a" },
          "with --use-key there is none" },
        { cert_ca, { "--cakey", "x" }, "--cakey belongs to --cacert" },
        { cert_ca, { "one", "two" }, "an authority has one name" },
        { cert_ca, { "--name", "one", "two" }, "an authority has one name" },
        { cert_ca, { "--path-len", "101" }, "--path-len is a number from 0 to 100" },
        { cert_ca, { "--path-len", "-1" }, "--path-len is a number" },
        { cert_ca, { "--days", "0" }, "--days is a number from 1 to 36500" },
        { cert_ca, { "--days", "36501" }, "--days is a number" },
        { cert_ca, { "--days", "1x" }, "--days is a number" },
        { cert_ca, { "--starts", "soon" }, "--starts is a time" },
        { cert_ca, { "--key-type", "dsa" }, "--key-type is ecdsa, " },
        { cert_ca, { "--key-type", "rsa:2047" }, "--key-type rsa:BITS is a number from 2048" },
        { cert_ca, { "--key-type", "rsa:" }, "--key-type rsa:BITS is a number" },
        { cert_ca, { "--key-type", "rsa2048" }, "--key-type is ecdsa, " },
        /* options of other commands */
        { cert_ca, { "--client" }, "unrecognized option" },
        { cert_csr, { "--days", "1", "a" }, "unrecognized option" },
        { cert_self_signed, { "--csr", "x", "a" }, "unrecognized option" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct cli_said *said = cli_child_command(rows[i].run, rows[i].args);
        if (said->code != CLI_USAGE) {
            fail_msg("%s: %d, %s%s", rows[i].why, said->code, said->out, said->err);
        }
        cli_has(said->err, rows[i].why);
        assert_string_equal(said->out, "");
    }
}

/* What a line that is good makes, in a folder of the test: its JSON, freed by the caller. */
static json_t *made(command *run, const char *const *args, const char *cert)
{
    const char *line[32] = { "--json", "--cert", cert, "--key", cli_file("k") };
    size_t num = 5;
    for (size_t i = 0; args[i] != NULL; i++) {
        line[num++] = args[i];
    }
    const struct cli_said *said = cli_child_command(run, line);
    json_t *o = said->code == CLI_OK ? json_loads(said->out, 0, NULL) : NULL;
    if (o == NULL) {
        fail_msg("%s: %d, %s", args[0], said->code, said->err);
    }
    cli_file_drop("k");
    return o;
}

static void taken(void **state)
{
    (void)state;
    static const struct {
        command *run;
        const char *args[8];
        const char *common_name, *from, *to; /* NULL: not looked at */
        enum key_type type;
    } rows[] = {
        { cert_self_signed,
          { "LOCALHOST", "--starts", "2026-03-01", "--days", "1" },
          "localhost",
          "2026-03-01T00:00:00Z",
          "2026-03-01T23:59:59Z",
          KEY_EC_P256 },
        { cert_self_signed,
          { "--cn", "Somebody", "-n", "::1", "--key-type", "p384" },
          "Somebody",
          NULL,
          NULL,
          KEY_EC_P384 },
        { cert_self_signed,
          { "::1", "a.example", "--key-type", "ed25519", "--client" },
          "::1",
          NULL,
          NULL,
          KEY_ED25519 },
        { cert_ca,
          { "My CA", "--starts", "2026-03-01T12:00:00Z", "--key-type", "p521" },
          "My CA",
          "2026-03-01T12:00:00Z",
          "2036-02-27T11:59:59Z",
          KEY_EC_P521 },
        { cert_ca,
          { "My CA", "--key-type", "rsa:2048", "--path-len", "0" },
          "My CA",
          NULL,
          NULL,
          KEY_RSA },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *cert = cli_file("c");
        json_t *o = made(rows[i].run, rows[i].args, cert);
        assert_string_equal(json_string_value(json_object_get(o, "common_name")),
                            rows[i].common_name);
        if (rows[i].from != NULL) {
            assert_string_equal(json_string_value(json_object_get(o, "not_before")), rows[i].from);
            assert_string_equal(json_string_value(json_object_get(o, "not_after")), rows[i].to);
        }
        json_decref(o);
        struct cert_items items;
        cssl_error err = { 0 };
        assert_int_equal(cert_items_load(&items, cert, NULL, true, &err), 0);
        assert_int_equal(items.items[0].cert->key.type, rows[i].type);
        cert_items_free(&items);
        cli_file_drop("c");
    }
}

/* One name more than there may be. */
static int too_many_names(void *arg)
{
    enum { NUM = 101 };
    static char texts[NUM + 1][32] = { "cssl" };
    char *argv[NUM + 2] = { texts[0] };
    (void)arg;
    for (int i = 1; i <= NUM; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "n%d.example", i);
        argv[i] = texts[i];
    }
    return cert_self_signed(NUM + 1, argv);
}

static void names(void **state)
{
    (void)state;
    const struct cli_said *said = cli_child(too_many_names, NULL);
    assert_int_equal(said->code, CLI_USAGE);
    cli_has(said->err, "at most 100 names");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused),
        cmocka_unit_test(taken),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, cli_folder_make, cli_folder_remove);
}

/* test_serve.c - `cssl serve`: what its options exclude, and what is refused before it listens. */
#include "serve_support.h"

#include "cli_support.h"

#define PEM  "--cert", CERTS "server.pem", "--key", CERTS "server.key.pem"
#define FREE "--port", "0"

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *args[12];
        int code;
        const char *sentence;
    } rows[] = {
        { { NULL }, CLI_USAGE, "a server needs a certificate: --cert FILE" },
        { { "8443", NULL }, CLI_USAGE, "'8443' is no option; the port is --port 8443" },
        { { "--port", "65536", NULL }, CLI_USAGE, "--port" },
        { { "--echo", "--www", NULL }, CLI_USAGE, "--echo, --reply, --www and --files exclude" },
        { { "--reply", "x", "--files", "/", NULL }, CLI_USAGE, "exclude each other" },
        { { "--require-client", "--optional-client", NULL }, CLI_USAGE,
          "--require-client and --optional-client exclude each other" },
        { { PEM, "--files", CERTS "server.pem", NULL }, CLI_NO, "cannot be served" },
        { { PEM, "--files", "/none/at/all", NULL }, CLI_NO, "cannot be served" },
        { { PEM, "--trace-file", "x", NULL }, CLI_USAGE, "give both" },
        { { PEM, FREE, "--groups", "none", NULL }, CLI_NO, "There are: " },
        { { FREE, "--cert", CERTS "server.pem", "--key", CERTS "rsa.key.pem", NULL }, CLI_NO, "" },
        { { FREE, "--cert", "/none.pem", NULL }, CLI_NO, "/none.pem" },
        { { PEM, FREE, "--ip", "nowhere.invalid", NULL }, CLI_NO, "nowhere.invalid" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct cli_said *said = cli_child_command(cmd_serve, rows[i].args);
        if (said->code != rows[i].code) {
            fail_msg("row %zu: %d: %s", i, said->code, said->err);
        }
        has(said->err, rows[i].sentence);
        assert_true(said->err[0] != '\0');
        assert_string_equal(said->out, ""); /* it never listened */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

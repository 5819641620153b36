/* test_cert.c - the group `cssl cert`: which commands it has, and that each answers for itself. */
#include "cli_support.h"

#include "cli/cert.h"

static const char *const names[] = { "self-signed", "ca", "issue", "csr", "show", "verify" };

static void helps(void **state)
{
    (void)state;
    static const char *const args[] = { "--help", NULL };
    const struct cli_said *said = cli_child_command(cmd_cert, args);
    assert_int_equal(said->code, CLI_OK);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char start[32];
        (void)snprintf(start, sizeof(start), "\n  %s ", names[i]);
        cli_has(said->out, start);
    }
}

/* Each command's help is its own, and names it in the usage. */
static void each_helps(void **state)
{
    (void)state;
    static const char *const docs[] = {
        "vouches for itself",      "certificate of an authority", "under an authority",
        "a request to certify it", "Shows what certificates say", "is to be trusted, by whom"
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *const args[] = { names[i], "--help", NULL };
        char usage[64];
        const struct cli_said *said = cli_child_command(cmd_cert, args);
        assert_int_equal(said->code, CLI_OK);
        assert_string_equal(said->err, "");
        (void)snprintf(usage, sizeof(usage), "Usage: cssl %s [OPTION...]", names[i]);
        cli_has(said->out, usage);
        cli_has(said->out, docs[i]);
        cli_has(said->out, "--json");
    }
}

static void unknown(void **state)
{
    (void)state;
    static const char *const rows[][2] = { { "self", "self-signed" }, { "verfiy", "verify" } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *const args[] = { rows[i][0], NULL };
        char guess[64];
        const struct cli_said *said = cli_child_command(cmd_cert, args);
        assert_int_equal(said->code, CLI_USAGE);
        (void)snprintf(guess, sizeof(guess), "did you mean '%s'?", rows[i][1]);
        cli_has(said->err, guess);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(helps),
        cmocka_unit_test(each_helps),
        cmocka_unit_test(unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

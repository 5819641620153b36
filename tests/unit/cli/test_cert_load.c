/* test_cert_load.c - certificates, keys and passwords from files; times; refusals. */
#include "cli_support.h"

#include "base/mem.h"
#include "cli/cert.h"

static void items(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        bool certs_only;
        size_t num, certs; /* 0: refused */
    } rows[] = {
        { "server.pem", true, 1, 1 },      { "server.pem", false, 1, 1 },
        { "server.der", true, 1, 1 },      { "chain.pem", true, 2, 2 },
        { "both.pem", true, 1, 1 },        { "both.pem", false, 2, 1 },
        { "server.key.pem", false, 1, 0 }, { "server.key.pem", true, 0, 0 },
        { "server.key.der", false, 0, 0 }, { "no-such-file", true, 0, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cert_items got;
        cssl_error err = { 0 };
        memset(&got, 0xff, sizeof(got));
        int status =
            cert_items_load(&got, cli_cert_file(rows[i].file), NULL, rows[i].certs_only, &err);
        if ((status == 0) != (rows[i].num > 0) || got.num != rows[i].num) {
            fail_msg("%s: %zu, %s", rows[i].file, got.num, err.text);
        }
        size_t certs = 0;
        for (size_t j = 0; j < got.num; j++) {
            certs += got.items[j].cert != NULL ? 1 : 0;
            assert_int_equal(got.items[j].why.status, 0);
        }
        assert_int_equal(certs, rows[i].certs);
        assert_string_equal(got.host, "");
        if (status < 0) {
            cli_has(err.text, rows[i].file);
            assert_null(got.items);
        }
        cert_items_free(&got);
        assert_null(got.items);
    }
}

#define BAD   "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"
#define THING "-----BEGIN THING-----\nMAMCAQE=\n-----END THING-----\n"

/* What does not parse is an item with its fault, unless certificates alone are wanted. */
static void odd_items(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool certs_only;
        size_t num; /* 0: refused */
        bool fault;
    } rows[] = {
        { BAD, false, 1, true },
        { BAD, true, 0, false },
        { THING, false, 1, false },
        { THING, true, 0, false },
        { THING BAD THING, false, 3, true },
        { THING "-----BEGIN CERTIFICATE-----\nMAMC", false, 0, false },
        { THING "-----BEGIN CERTIFICATE-----\n****\n-----END CERTIFICATE-----\n", false, 0, false },
        { "", false, 0, false },
        { "some text", false, 0, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cert_items got;
        cssl_error err = { 0 };
        const char *path = cli_file_make("items", rows[i].text, 0600);
        int status = cert_items_load(&got, path, NULL, rows[i].certs_only, &err);
        if ((status == 0) != (rows[i].num > 0) || got.num != rows[i].num) {
            fail_msg("%zu: %zu, %s", i, got.num, err.text);
        }
        bool fault = false;
        for (size_t j = 0; j < got.num; j++) {
            assert_null(got.items[j].cert);
            fault = fault || got.items[j].why.status < 0;
        }
        assert_int_equal(fault, rows[i].fault);
        cert_items_free(&got);
        cli_file_drop("items");
    }
}

static void too_many(void **state)
{
    (void)state;
    size_t one = strlen(THING);
    char *text = malloc((CERT_ITEMS_MAX + 1) * one + 1);
    assert_non_null(text);
    for (size_t i = 0; i <= CERT_ITEMS_MAX; i++) {
        memcpy(text + i * one, THING, one + 1);
    }
    struct cert_items got;
    cssl_error err = { 0 };
    const char *path = cli_file_make("items", text, 0600);
    assert_true(cert_items_load(&got, path, NULL, false, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_FILE_REFUSED);
    text[CERT_ITEMS_MAX * one] = '\0';
    path = cli_file_make("items", text, 0600);
    assert_int_equal(cert_items_load(&got, path, NULL, false, &err), 0);
    assert_int_equal(got.num, CERT_ITEMS_MAX);
    cert_items_free(&got);
    cli_file_drop("items");
    free(text);
}

static void keys(void **state)
{
    (void)state;
    static const struct {
        const char *file, *password;
        bool good;
    } rows[] = {
        { "server.key.pem", NULL, true },
        { "server.key.pem", "unused", true },
        { "server.key.der", NULL, true },
        { "both.pem", NULL, true }, /* behind a certificate */
        { "server.encrypted-key.pem", "secret", true },
        { "server.encrypted-key.pem", "wrong", false },
        { "server.encrypted-key.pem", NULL, false },
        { "server.pem", NULL, false },
        { "server.der", NULL, false },
        { "no-such-file", NULL, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err = { 0 };
        struct pkey *key = cert_key_load(cli_cert_file(rows[i].file), rows[i].password, &err);
        if ((key != NULL) != rows[i].good) {
            fail_msg("%s: %s", rows[i].file, err.text);
        }
        assert_true(rows[i].good || (err.status < 0 && err.text[0] != '\0'));
        assert_null(strstr(err.text, "wrong")); /* never the password */
        pkey_free(key);
    }
}

static void passwords(void **state)
{
    (void)state;
    static const struct {
        const char *text, *password; /* NULL: refused */
    } rows[] = {
        { "secret", "secret" },
        { "secret\n", "secret" },
        { "secret\r\nmore", "secret" },
        { " two words \n", " two words " },
        { "", NULL },
        { "\nsecret", NULL },
        { "\r\n", NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err = { 0 };
        const char *path = cli_file_make("password", rows[i].text, 0600);
        char *password = cert_password_load(path, &err);
        if (rows[i].password == NULL) {
            assert_null(password);
            assert_int_equal(err.reason, CSSL_R_FILE_REFUSED);
        } else {
            assert_non_null(password);
            assert_string_equal(password, rows[i].password);
            mem_free_wiped(password, strlen(password));
        }
        cli_file_drop("password");
    }
    char text[1026];
    cssl_error err = { 0 };
    memset(text, 'p', 1025);
    text[1025] = '\0';
    assert_null(cert_password_load(cli_file_make("password", text, 0600), &err));
    assert_int_equal(err.reason, CSSL_R_FILE_TOO_LARGE);
    cli_file_drop("password");
}

static int load_password(void *arg)
{
    cssl_error err = { 0 };
    char *password = cert_password_load(arg, &err);
    if (password == NULL) {
        return CLI_NO;
    }
    mem_free_wiped(password, strlen(password));
    return CLI_OK;
}

static void open_files(void **state)
{
    (void)state;
    static const unsigned modes[] = { 0600, 0400, 0640, 0604, 0620 };
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        char path[256];
        (void)snprintf(path, sizeof(path), "%s", cli_file_make("password", "secret", modes[i]));
        const struct cli_said *said = cli_child(load_password, path);
        assert_int_equal(said->code, CLI_OK);
        assert_int_equal(strstr(said->err, "warning: others may read") != NULL, i >= 2);
        assert_null(strstr(said->err, "secret"));
        cli_file_drop("password");
    }
}

static error_t parse_time(int key, char *arg, struct argp_state *state)
{
    int64_t *at = state->input;
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    *at = cert_time_parse(state, "starts", arg);
    return 0;
}

static int show_time(int argc, char **argv)
{
    static const struct argp argp = { NULL, parse_time, NULL, NULL, NULL, NULL, NULL };
    int64_t at = 0;
    cli_parse(&argp, argc, argv, &at);
    (void)printf("%lld", (long long)at);
    return CLI_OK;
}

static void times(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "1970-01-01", "0" },
        { "2024-02-29", "1709164800" },
        { "2024-02-29T12:00:00Z", "1709208000" },
        { "2024-02-29T12:00:00", NULL },
        { "2024-02-29 12:00:00Z", NULL },
        { "2024-02-29T12:00:00Zx", NULL },
        { "2024-13-01", NULL },
        { "2026-02-29", NULL },
        { "2026-04-31", NULL },
        { "2026-04-30T23:59:60Z", NULL },
        { "2024", NULL },
        { "tomorrow", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *const args[] = { rows[i][0], NULL };
        const struct cli_said *said = cli_child_command(show_time, args);
        if (rows[i][1] != NULL) {
            assert_int_equal(said->code, CLI_OK);
            assert_string_equal(said->out, rows[i][1]);
        } else {
            if (said->code != CLI_USAGE) {
                fail_msg("'%s' is taken: %s", rows[i][0], said->out);
            }
            cli_has(said->err, "--starts is a time");
        }
    }
}

static void key_texts(void **state)
{
    (void)state;
    char out[CERT_KEY_TEXT_MAX];
    assert_string_equal(cert_key_text(out, KEY_RSA, 3072), "RSA, 3072 bits");
    assert_string_equal(cert_key_text(out, KEY_RSA_PSS, 2048), "RSA-PSS, 2048 bits");
    assert_string_equal(cert_key_text(out, KEY_EC_P256, 256), "ECDSA P-256");
    assert_string_equal(cert_key_text(out, KEY_MLDSA87, 0), "ML-DSA-87");
    assert_string_equal(cert_key_text(out, KEY_NONE, 0), "a kind that is not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items), cmocka_unit_test(odd_items), cmocka_unit_test(too_many),
        cmocka_unit_test(keys),  cmocka_unit_test(passwords), cmocka_unit_test(open_files),
        cmocka_unit_test(times), cmocka_unit_test(key_texts),
    };
    return cmocka_run_group_tests(tests, cli_folder_make, cli_folder_remove);
}

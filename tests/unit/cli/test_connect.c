/* test_connect.c - `cssl connect`: what its arguments mean together, what is refused before
 * anything is opened, and dialling. */
#include "serve_support.h"

#include "cli/connect.h"
#include "cli_support.h"

#include <netinet/in.h>
#include <sys/socket.h>

static void test_target(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        uint16_t port;
        const char *starttls;
        int code;
        const char *host;
        uint16_t expected;
    } rows[] = {
        { "example.org", 0, NULL, CLI_OK, "example.org", 443 },
        { "example.org:8443", 0, NULL, CLI_OK, "example.org", 8443 },
        { "example.org", 99, NULL, CLI_OK, "example.org", 99 },
        { "example.org:99", 99, NULL, CLI_OK, "example.org", 99 },
        { "example.org:98", 99, NULL, CLI_USAGE, NULL, 0 },
        { "example.org", 0, "smtp", CLI_OK, "example.org", 25 },
        { "example.org", 0, "imap", CLI_OK, "example.org", 143 },
        { "example.org", 7, "smtp", CLI_OK, "example.org", 7 },
        { "[::1]:5", 0, NULL, CLI_OK, "::1", 5 },
        { "", 0, NULL, CLI_USAGE, NULL, 0 },
        { "example.org:http", 0, NULL, CLI_USAGE, NULL, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct capture c;
        struct connect_args a = { .target = rows[i].target, .port = rows[i].port };
        a.starttls = rows[i].starttls == NULL ? NULL : starttls_find(rows[i].starttls);
        capture_begin(&c, STDERR_FILENO);
        int code = connect_target(&a);
        char *said = capture_end(&c);
        assert_int_equal(code, rows[i].code);
        assert_int_equal(said[0] == '\0', code == CLI_OK);
        if (code == CLI_OK) {
            assert_string_equal(a.host, rows[i].host);
            assert_int_equal(a.port, rows[i].expected);
            assert_int_equal(a.tls.options.verify, CSSL_VERIFY_DEFAULT);
        }
        free(said);
    }
}

/* --insecure asks no authority, but keeps those that are to judge; --name is what is verified. */
static void test_target_options(void **state)
{
    (void)state;
    for (int insecure = 0; insecure < 2; insecure++) {
        struct connect_args a = { .target = "localhost", .name = "other" };
        a.insecure = insecure == 1;
        a.tls.options.cacertfile = "ca.pem";
        a.tls.options.crlfile = "lists.pem";
        a.tls.options.crl_dir = "lists";
        a.tls.options.crl_check = CSSL_CRL_CHAIN;
        assert_int_equal(connect_target(&a), CLI_OK);
        const cssl_options o = connect_options(&a);
        assert_string_equal(a.tls.options.cacertfile, "ca.pem");
        assert_string_equal(o.server_name_indication, "other");
        assert_int_equal(o.verify, insecure == 1 ? CSSL_VERIFY_NONE : CSSL_VERIFY_DEFAULT);
        assert_int_equal(o.cacertfile == NULL, insecure == 1);
        assert_int_equal(o.crlfile == NULL, insecure == 1);
        assert_int_equal(o.crl_dir == NULL, insecure == 1);
        assert_int_equal(o.crl_check, insecure == 1 ? CSSL_CRL_NONE : CSSL_CRL_CHAIN);
    }
}

static void test_usage(void **state)
{
    (void)state;
    static const struct {
        const char *args[6];
        int code;
        const char *sentence;
    } rows[] = {
        { { NULL }, CLI_USAGE, "whom to connect to? Write HOST:PORT" },
        { { "a:1", "b:2", NULL }, CLI_USAGE, "one HOST:PORT is enough: 'b:2' is too much" },
        { { "--starttls", "ftp", "a:1", NULL }, CLI_USAGE, "not 'ftp'" },
        { { "--timeout", "0", "a:1", NULL }, CLI_USAGE, "--timeout" },
        { { "--timeout", "86401", "a:1", NULL }, CLI_USAGE, "--timeout" },
        { { "--port", "65536", "a", NULL }, CLI_USAGE, "--port" },
        { { "--port", "2", "a:1", NULL }, CLI_USAGE, "Say it once" },
        { { "--insecure", "--staple", "a:1", NULL }, CLI_USAGE, "leave --staple out" },
        { { "--crl-check", "all", "a:1", NULL }, CLI_USAGE, "not 'all'" },
        { { "--crl-check", "peer", "a:1", NULL }, CLI_NO, "needs revocation lists" },
        { { "--max-fragment-length", "511", "a:1", NULL }, CLI_USAGE, "--max-fragment-length" },
        { { "--max-fragment-length", "600", "a:1", NULL }, CLI_NO, "RFC 6066" },
        { { "--quiet", "--sigalgs", "none", "a:1", NULL }, CLI_NO, "There are: " },
        { { "--psk-identity", "a", "a:1", NULL }, CLI_USAGE, "give both --psk-identity" },
        { { "--psk", "/none", "a:1", NULL }, CLI_USAGE, "give both --psk-identity" },
        { { "--trace-file", "x", "a:1", NULL }, CLI_USAGE, "give both" },
        { { "--sess-in", "/dev/null/none", "a:1", NULL }, CLI_NO, "/dev/null/none" },
        { { "--quiet", "--groups", "none", "a:1", NULL }, CLI_NO, "There are: " },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct cli_said *said = cli_child_command(cmd_connect, rows[i].args);
        if (said->code != rows[i].code) {
            fail_msg("row %zu: %d: %s", i, said->code, said->err);
        }
        has(said->err, rows[i].sentence);
        assert_string_equal(said->out, "");
    }
}

/* A port of loopback where nobody listens: fd keeps it taken. */
static int deaf(uint16_t *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* Nobody there: an error of the system, with and without STARTTLS, and exit code 1. */
static void test_nobody(void **state)
{
    (void)state;
    char target[40];
    uint16_t port;
    int fd = deaf(&port);
    cssl_error err = { .text = "" };
    cssl_options o = { .cacertfile = CERTS "ca.pem" };
    cssl_config *config = cssl_client_config(&o, &err);
    assert_non_null(config);
    for (int i = 0; i < 2; i++) {
        struct connect_args a = { .host = "127.0.0.1", .port = port, .timeout = PATIENCE };
        a.starttls = i == 0 ? NULL : starttls_find("smtp");
        memset(&err, 0, sizeof(err));
        assert_null(dial(&a, config, &err));
        assert_int_equal(err.status, CSSL_SYSTEM);
    }
    cssl_config_free(config);
    (void)snprintf(target, sizeof(target), "127.0.0.1:%u", port);
    const char *const args[] = { "--json", "--quiet", "--cacert", CERTS "ca.pem", target, NULL };
    const struct cli_said *said = cli_child_command(cmd_connect, args);
    assert_int_equal(said->code, CLI_NO);
    has(said->out, "\"trusted\": false");
    has(said->out, "\"status\": \"system\"");
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target),
        cmocka_unit_test(test_target_options),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

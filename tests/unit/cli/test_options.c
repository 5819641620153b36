/* test_options.c - HOST:PORT in all its forms, and the texts and files of the command's frame. */
#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"

static void host_port(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t usual;
        const char *host; /* NULL: refused */
        uint16_t port;
    } rows[] = {
        { "example.org:443", 0, "example.org", 443 },
        { "example.org", 8443, "example.org", 8443 },
        { "example.org", 0, NULL, 0 },
        { "127.0.0.1:1", 0, "127.0.0.1", 1 },
        { "[::1]:65535", 0, "::1", 65535 },
        { "[::1]", 443, "::1", 443 },
        { "[::1]", 0, NULL, 0 },
        { "::1", 443, "::1", 443 },
        { "2001:db8::1:443", 0, NULL, 0 }, /* all of it is the address: no port */
        { "1:2:3", 443, NULL, 0 },
        { "host:", 0, NULL, 0 },
        { "host:0", 0, NULL, 0 },
        { "host:65536", 0, NULL, 0 },
        { "host:99999", 0, NULL, 0 },
        { "host:4294967739", 0, NULL, 0 }, /* 443 + 2^32 */
        { "host:443x", 0, NULL, 0 },
        { "host:+443", 0, NULL, 0 },
        { "host: 443", 0, NULL, 0 },
        { ":443", 0, NULL, 0 },
        { "", 443, NULL, 0 },
        { "[]:443", 0, NULL, 0 },
        { "[::1", 443, NULL, 0 },
        { "[::1]443", 443, NULL, 0 },
        { "[nonsense]:443", 0, "nonsense", 443 },
        { "[a:b]:443", 0, NULL, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char host[CLI_HOST_MAX] = "";
        char why[CLI_HOST_MAX] = "";
        uint16_t port = 0;
        bool good = cli_host_port(rows[i].text, rows[i].usual, host, &port, why);
        if (good != (rows[i].host != NULL)) {
            fail_msg("'%s': %s", rows[i].text, good ? "taken" : why);
        }
        if (good) {
            assert_string_equal(host, rows[i].host);
            assert_int_equal(port, rows[i].port);
        } else {
            assert_true(strlen(why) > 10);
        }
    }
}

static void host_that_is_too_long(void **state)
{
    (void)state;
    char text[400];
    char host[CLI_HOST_MAX];
    char why[CLI_HOST_MAX];
    uint16_t port = 0;
    memset(text, 'a', sizeof(text));
    text[255] = '\0';
    assert_true(cli_host_port(text, 1, host, &port, why));
    text[255] = 'a';
    text[256] = '\0';
    assert_false(cli_host_port(text, 1, host, &port, why));
}

static void texts(void **state)
{
    (void)state;
    static const struct {
        const char *in, *ascii, *utf8;
    } rows[] = {
        { "plain", "plain", "plain" },
        { "", "", "" },
        { "a\x1b[31m", "a\\x1b[31m", "a\\x1b[31m" },
        { "\xc3\xbc", "\\xc3\\xbc", "\xc3\xbc" },
        { "\xc2\x9b", "\\xc2\\x9b", "\\xc2\\x9b" },               /* CSI as one character */
        { "\xe2\x80\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae" }, /* right-to-left override */
        { "\xe2\x80\x8b", "\\xe2\\x80\\x8b", "\\xe2\\x80\\x8b" }, /* of no width */
        { "\xef\xbb\xbf", "\\xef\\xbb\\xbf", "\\xef\\xbb\\xbf" }, /* byte order mark */
        { "\xff\xc3", "\\xff\\xc3", "\\xff\\xc3" },
        { "\n\t\x7f", "\\x0a\\x09\\x7f", "\\x0a\\x09\\x7f" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *ascii = cli_text(bytes_str(rows[i].in), false);
        char *utf8 = cli_text(bytes_str(rows[i].in), true);
        assert_string_equal(ascii, rows[i].ascii);
        assert_string_equal(utf8, rows[i].utf8);
        free(ascii);
        free(utf8);
    }
    char *hex = cli_hex(bytes_str("\x01\xab"), ":");
    assert_string_equal(hex, "01:AB");
    free(hex);
    hex = cli_hex(bytes_of(NULL, 0), ":");
    assert_string_equal(hex, "");
    free(hex);
    char time[CLI_TIME_MAX];
    cli_time(time, 1709208000);
    assert_string_equal(time, "2024-02-29 12:00:00 UTC");
    cli_time_iso(time, -1);
    assert_string_equal(time, "1969-12-31T23:59:59Z");
    cli_time(time, INT64_MAX);
    assert_true(strlen(time) > 0);
}

/* ---- Files ---- */

static char folder[] = "cssl-unit-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void files(void **state)
{
    (void)state;
    cssl_error err = { 0 };
    char *path = cli_path(folder, "file");
    uint8_t *data = NULL;
    size_t len = 0;
    struct stat st;
    assert_true(cli_read(path, 10, &data, &len, &err) < 0);
    assert_int_equal(err.status, CSSL_SYSTEM);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(cli_write(path, bytes_str("0123456789"), FILE_SECRET, false, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(cli_write(path, bytes_str("other"), FILE_PUBLIC, false, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_FILE_EXISTS);
    assert_int_equal(cli_read(path, 10, &data, &len, &err), 0);
    assert_int_equal(len, 10);
    assert_memory_equal(data, "0123456789", 10);
    mem_free_wiped(data, len);
    assert_true(cli_read(path, 9, &data, &len, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_FILE_TOO_LARGE);
    assert_int_equal(cli_write(path, bytes_str(""), FILE_PUBLIC, true, &err), 0);
    assert_int_equal(cli_read(path, 0, &data, &len, &err), 0);
    assert_int_equal(len, 0);
    mem_free_wiped(data, len);
    assert_int_equal(unlink(path), 0);
    free(path);
    /* no temporary file is left: the folder is empty, or rmdir fails */
}

/* Sizes around the steps in which the buffer grows. */
static void file_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 16383, 16384, 16385, 32768, 32769, 100000 };
    cssl_error err = { 0 };
    char *path = cli_path(folder, "file");
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint8_t *in = malloc(sizes[i]);
        assert_non_null(in);
        struct test_rng rng;
        test_rng_init(&rng, i);
        test_rng_fill(&rng, in, sizes[i]);
        assert_int_equal(cli_write(path, bytes_of(in, sizes[i]), FILE_PUBLIC, true, &err), 0);
        uint8_t *out = NULL;
        size_t len = 0;
        assert_int_equal(cli_read(path, sizes[i], &out, &len, &err), 0);
        assert_int_equal(len, sizes[i]);
        assert_memory_equal(in, out, len);
        mem_free_wiped(out, len);
        assert_true(cli_read(path, sizes[i] - 1, &out, &len, &err) < 0);
        free(in);
    }
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void paths(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { NULL, "a", "a" }, { "d", "a", "d/a" }, { "d/", "a", "d/a" }, { "/", "a", "/a" }
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *path = cli_path(rows[i][0], rows[i][1]);
        assert_string_equal(path, rows[i][2]);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_port),  cmocka_unit_test(host_that_is_too_long),
        cmocka_unit_test(texts),      cmocka_unit_test(files),
        cmocka_unit_test(file_sizes), cmocka_unit_test(paths),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

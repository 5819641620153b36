/* test_files.c - files that are complete or not there: links, folders, modes, litter. */
#include "cli_support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"

static void expect_text(const char *path, const char *expected)
{
    char *text = cli_file_text(path);
    assert_string_equal(text, expected);
    free(text);
}

static void modes(void **state)
{
    (void)state;
    static const struct {
        mode_t mask;
        enum cli_file_kind kind;
        mode_t mode;
    } rows[] = {
        { 0, FILE_PUBLIC, 0644 }, { 022, FILE_PUBLIC, 0644 }, { 077, FILE_PUBLIC, 0600 },
        { 0, FILE_SECRET, 0600 }, { 077, FILE_SECRET, 0600 }, { 0277, FILE_SECRET, 0600 },
    };
    const char *path = cli_file("file");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err = { 0 };
        struct stat st;
        mode_t before = umask(rows[i].mask);
        int status = cli_write(path, bytes_str("x"), rows[i].kind, false, &err);
        (void)umask(before);
        assert_int_equal(status, 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, rows[i].mode);
        cli_file_drop("file");
    }
}

/* A secret that replaces a file that others may read is for its owner alone. */
static void secret_over_public(void **state)
{
    (void)state;
    cssl_error err = { 0 };
    struct stat st;
    const char *path = cli_file_make("file", "old", 0666);
    assert_int_equal(cli_write(path, bytes_str("secret"), FILE_SECRET, true, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    expect_text(path, "secret");
    cli_file_drop("file");
}

/* A symbolic link is neither followed nor replaced, with force or without, dangling or not. */
static void links(void **state)
{
    (void)state;
    const char *target = cli_file_make("target", "old", 0600);
    const char *link = cli_file("link");
    for (int force = 0; force <= 1; force++) {
        cssl_error err = { 0 };
        assert_int_equal(symlink(target, link), 0);
        assert_true(cli_write(link, bytes_str("new"), FILE_PUBLIC, force == 1, &err) < 0);
        assert_int_equal(err.reason, force == 1 ? CSSL_R_FILE_REFUSED : CSSL_R_FILE_EXISTS);
        expect_text(target, "old");
        cli_file_drop("link");
        assert_int_equal(symlink("nowhere", link), 0);
        assert_true(cli_write(link, bytes_str("new"), FILE_PUBLIC, force == 1, &err) < 0);
        assert_int_equal(access(cli_file("nowhere"), F_OK), -1);
        cli_file_drop("link");
    }
    cli_file_drop("target");
}

static void places_that_cannot_be(void **state)
{
    (void)state;
    const char *folder = cli_file("folder");
    uint8_t *data = NULL;
    size_t len = 0;
    cssl_error err = { 0 };
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_true(cli_write(folder, bytes_str("x"), FILE_PUBLIC, true, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_FILE_REFUSED);
    assert_true(cli_write(folder, bytes_str("x"), FILE_PUBLIC, false, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_FILE_EXISTS);
    assert_int_equal(cli_read(folder, 10, &data, &len, &err), CSSL_SYSTEM);
    assert_int_equal(rmdir(folder), 0);
    const char *below = cli_file("folder/file");
    assert_int_equal(cli_write(below, bytes_str("x"), FILE_PUBLIC, true, &err), CSSL_SYSTEM);
    cli_has(err.text, below);
    assert_int_equal(cli_write(below, bytes_str("x"), FILE_PUBLIC, true, NULL), CSSL_SYSTEM);
}

/* Stdin has the same bound, and its name in the sentence. */
static int read_stdin(void *arg)
{
    size_t *limit = arg;
    uint8_t *data = NULL;
    size_t len = 0;
    cssl_error err = { 0 };
    if (freopen(cli_file("in"), "rb", stdin) == NULL) {
        return 90;
    }
    if (cli_read("-", *limit, &data, &len, &err) < 0) {
        return cli_fail("%s", err.text);
    }
    (void)fwrite(data, 1, len, stdout);
    mem_free_wiped(data, len);
    return CLI_OK;
}

static void standard_input(void **state)
{
    (void)state;
    size_t limit = 5;
    (void)cli_file_make("in", "12345", 0600);
    const struct cli_said *said = cli_child(read_stdin, &limit);
    assert_int_equal(said->code, CLI_OK);
    assert_string_equal(said->out, "12345");
    limit = 4;
    said = cli_child(read_stdin, &limit);
    assert_int_equal(said->code, CLI_NO);
    cli_has(said->err, "stdin has more than 4 bytes");
    cli_file_drop("in");
}

static void endless(void **state)
{
    (void)state;
    uint8_t *data = NULL;
    size_t len = 0;
    cssl_error err = { 0 };
    assert_true(cli_read("/dev/zero", 100000, &data, &len, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_FILE_TOO_LARGE);
    assert_null(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes),          cmocka_unit_test(secret_over_public),
        cmocka_unit_test(links),          cmocka_unit_test(places_that_cannot_be),
        cmocka_unit_test(standard_input), cmocka_unit_test(endless),
    };
    /* a temporary file that is left keeps the folder from being removed */
    return cmocka_run_group_tests(tests, cli_folder_make, cli_folder_remove);
}

/* test_keylog.c - the key log's two ways out: the hook and, when asked for, the file. */
#include "support.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_line(void *user, const char *line)
{
    (void)snprintf(user, 64, "%s", line);
}

static size_t read_all(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(out, 1, size - 1, f);
    out[len] = '\0';
    assert_int_equal(fclose(f), 0);
    return len;
}

static void test_file(void **state)
{
    (void)state;
    char folder[] = "cssl-unit-XXXXXX";
    char path[64];
    char text[256];
    struct stat st;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/keys", folder);
    assert_int_equal(setenv("SSLKEYLOGFILE", path, 1), 0);

    /* Named by the environment, not asked for: there is no file. */
    char hooked[64] = "";
    const cssl_options without = { .keylog = on_line, .user = hooked };
    cssl_config *config = cssl_client_config(&without, NULL);
    assert_non_null(config);
    assert_true(keylog_wanted(config));
    keylog_line(config, "LABEL 00 11");
    assert_string_equal(hooked, "LABEL 00 11");
    assert_int_equal(access(path, F_OK), -1);
    cssl_config_free(config);

    /* Two configs append to one file, which nobody else may read. */
    const cssl_options with = { .sslkeylogfile = true };
    for (int i = 0; i < 2; i++) {
        config = cssl_client_config(&with, NULL);
        assert_non_null(config);
        assert_true(keylog_wanted(config));
        keylog_line(config, i == 0 ? "A 00 11" : "B 22 33");
        cssl_config_free(config);
    }
    (void)read_all(path, text, sizeof(text));
    assert_string_equal(text, "A 00 11\nB 22 33\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(unlink(path), 0);

    /* One that cannot be opened is said at once. */
    cssl_error err;
    (void)snprintf(path, sizeof(path), "%s/none/keys", folder);
    assert_int_equal(setenv("SSLKEYLOGFILE", path, 1), 0);
    assert_null(cssl_client_config(&with, &err));
    assert_int_equal(err.status, CSSL_OPTION);
    assert_string_equal(err.option, "sslkeylogfile");
    assert_non_null(strstr(err.text, path));

    /* Asked for and not named: nothing to do. */
    assert_int_equal(unsetenv("SSLKEYLOGFILE"), 0);
    config = cssl_client_config(&with, NULL);
    assert_non_null(config);
    assert_false(keylog_wanted(config));
    cssl_config_free(config);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_file) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

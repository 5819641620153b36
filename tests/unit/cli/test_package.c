/* test_package.c - a library that is loaded and one that is not; what dpkg-query may say of it. */
#include "base/error.h"
#include "support.h"

#include <unistd.h>

#include "cli/package.h"

/* libcmocka is loaded: a test without it does not run. */
static void loaded(void **state)
{
    (void)state;
    struct package package;
    memset(&package, 'x', sizeof(package));
    package_of(&package, "libcmocka.so");
    assert_int_equal(package.file[0], '/');
    assert_non_null(strstr(package.file, "/libcmocka.so"));
    assert_int_equal(access(package.file, R_OK), 0);
    assert_int_equal(package.name[0] == '\0', package.version[0] == '\0');
    if (package.name[0] != '\0') { /* without the architecture and without a line's end */
        assert_int_equal(strncmp(package.name, "libcmocka", 9), 0);
        assert_int_equal(strcspn(package.name, ":, \n"), strlen(package.name));
        assert_int_equal(strcspn(package.version, " \n"), strlen(package.version));
        assert_true(package.version[0] >= '0' && package.version[0] <= '9');
    }
}

/* The file's name has to begin with it; the folder's does not count. */
static void not_loaded(void **state)
{
    (void)state;
    static const char *const rows[] = { "libnobody-has-this.so", "cmocka.so",
                                        "libcmocka.so.0.0.0.0", "usr", "/usr" };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct package package;
        memset(&package, 'x', sizeof(package));
        package_of(&package, rows[i]);
        assert_string_equal(package.file, "");
        assert_string_equal(package.name, "");
        assert_string_equal(package.version, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loaded),
        cmocka_unit_test(not_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

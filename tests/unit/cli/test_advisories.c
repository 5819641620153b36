/* test_advisories.c - the warning of `cssl serve` and `connect`: said once, and true. */
#include "support.h"

#include "cli/advisory.h"
#include "cli/cli.h"
#include "crypto/info.h"

static size_t read_back(FILE *f, char *out, size_t size)
{
    rewind(f);
    size_t n = fread(out, 1, size - 1, f);
    out[n] = '\0';
    return n;
}

static void warns_once_and_truly(void **state)
{
    (void)state;
    struct crypto_library libraries[CRYPTO_LIBRARIES_MAX];
    size_t num = crypto_libraries(libraries, CRYPTO_LIBRARIES_MAX);
    assert_true(num >= 1);
    char version[ADVISORY_VERSION_MAX];
    (void)snprintf(version, sizeof(version), "%u.%u.%u", libraries[0].major, libraries[0].minor,
                   libraries[0].patch);
    struct advisories list = { 0 };
    assert_int_equal(advisories_builtin(&list, NULL), 0);
    bool bad = false;
    for (size_t i = 0; i < list.num; i++) {
        bad = bad || (list.items[i].severity >= SEVERITY_HIGH &&
                      advisory_touches(&list.items[i], version, NULL));
    }
    advisories_free(&list);

    char first[1024];
    char both[1024];
    FILE *f = tmpfile();
    assert_non_null(f);
    advisories_warn_once(f);
    size_t n = read_back(f, first, sizeof(first));
    assert_int_equal(n > 0, bad);
    if (bad) {
        assert_non_null(strstr(first, version));
        assert_non_null(strstr(first, "CVE-"));
        assert_non_null(strstr(first, "fixed in "));
        assert_int_equal(strlen(first), strcspn(first, "\n") + 1); /* one line */
    }
    advisories_warn_once(f);
    assert_int_equal(read_back(f, both, sizeof(both)), n);
    (void)fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(warns_once_and_truly) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

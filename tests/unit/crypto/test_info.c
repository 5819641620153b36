/* test_info.c - the loaded libraries' versions are those they say themselves. */
#include "support.h"

#include "crypto/aead.h"
#include "crypto/info.h"

static void test_libraries(void **state)
{
    (void)state;
    struct crypto_library libs[CRYPTO_LIBRARIES_MAX] = { { 0 } };
    size_t num = crypto_libraries(libs, CRYPTO_LIBRARIES_MAX);
    assert_true(num >= 1 && num <= CRYPTO_LIBRARIES_MAX);
    assert_string_equal(libs[0].name, "OpenSSL");
    assert_true(libs[0].major >= 3);
    for (size_t i = 0; i < num; i++) {
        char number[40];
        (void)snprintf(number, sizeof(number), "%u.%u.%u", libs[i].major, libs[i].minor,
                       libs[i].patch);
        print_message("%s %s: %s\n", libs[i].name, number, libs[i].version);
        assert_non_null(strstr(libs[i].version, number));
    }
    assert_int_equal(crypto_libraries(libs, 0), 0);
    memset(libs, 0, sizeof(libs));
    assert_int_equal(crypto_libraries(libs, 1), 1);
    assert_null(libs[1].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_libraries) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

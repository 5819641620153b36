/* test_advisory_version.c - bounds of version numbers: digits, letters, parts beyond the last. */
#include "base/error.h"
#include "support.h"

#include "cli/advisory.h"

static void compared(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order; /* of a to b */
    } rows[] = {
        { "3.0.0-dev", "3.0.0-alpha1", -1 },
        { "3.0.0-beta9", "3.0.0-beta10", -1 },
        { "3.0.0-beta2", "3.0.0-rc1", -1 },
        { "3.0.0-rc1", "3.0.0", -1 },
        { "3.0.0-dev", "2.9.9", 1 },
        { "1.0.2z", "1.0.2za", -1 },
        { "1.0.2zz", "1.0.2za", 1 },
        { "1.0.2a-beta1", "1.0.2a", -1 },
        { "1.0.2K", "1.0.2", 0 }, /* letters are small ones */
        { "3.0.1+quic9", "3.0.1+quic1", 0 },
        { "3.0.1-fips", "3.0.1", 0 },
        { "1.2.3.4", "1.2.3.5", -1 },
        { "1.2.3.4.5", "1.2.3.4.6", 0 }, /* four parts count */
        { "3.", "3.0.0", 0 },
        { "3..1", "3.0.0", 0 }, /* what follows an empty part is no number any more */
        { "99999999999999999999999999.1", "99999999999999999999999999.2", -1 },
        { "", "0", 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        int ab = version_compare(rows[i].a, rows[i].b);
        int ba = version_compare(rows[i].b, rows[i].a);
        if ((ab > 0) - (ab < 0) != rows[i].order || (ba > 0) - (ba < 0) != -rows[i].order) {
            fail_msg("'%s' and '%s': %d, %d", rows[i].a, rows[i].b, ab, ba);
        }
    }
}

/* Letters beyond the seventh have no room, and do no harm. */
static void many_letters(void **state)
{
    (void)state;
    assert_true(version_compare("1.0.0abcdefg", "1.0.0abcdef") > 0);
    assert_int_equal(version_compare("1.0.0abcdefgh", "1.0.0abcdefgzzzz"), 0);
}

static void valid(void **state)
{
    (void)state;
    char text[ADVISORY_VERSION_MAX + 1] = "";
    memset(text, '1', ADVISORY_VERSION_MAX - 1);
    assert_true(version_valid(text)); /* 31 characters and the end */
    text[ADVISORY_VERSION_MAX - 1] = '1';
    assert_false(version_valid(text));
    for (unsigned c = 1; c < 256; c++) {
        char one[] = { '3', (char)c, '\0' };
        char first[] = { (char)c, '\0' };
        bool digit = c >= '0' && c <= '9';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        assert_int_equal(version_valid(one), digit || letter || c == '.' || c == '-' || c == '+');
        assert_int_equal(version_valid(first), digit);
    }
}

/* Any two valid texts have one order, whichever stands first. */
static void antisymmetric(void **state)
{
    (void)state;
    static const char letters[] = "0123456789..--+abzalphabetdevrc";
    struct test_rng rng;
    test_rng_init(&rng, test_seed(11));
    for (int i = 0; i < 20000; i++) {
        char text[2][12];
        for (size_t j = 0; j < 2; j++) {
            size_t len = 1 + test_rng_below(&rng, sizeof(text[j]) - 2);
            for (size_t k = 0; k < len; k++) {
                text[j][k] = letters[test_rng_below(&rng, sizeof(letters) - 1)];
            }
            text[j][0] = '3';
            text[j][len] = '\0';
        }
        int ab = version_compare(text[0], text[1]);
        int ba = version_compare(text[1], text[0]);
        if ((ab > 0) != (ba < 0) || (ab == 0) != (ba == 0)) {
            fail_msg("'%s' and '%s': %d, %d", text[0], text[1], ab, ba);
        }
        assert_int_equal(version_compare(text[0], text[0]), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compared),
        cmocka_unit_test(many_letters),
        cmocka_unit_test(valid),
        cmocka_unit_test(antisymmetric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_punycode.c - A-labels; the longer ones are RFC 3492 7.1's. */
#include "support.h"

#include "base/base.h"
#include "pki/punycode.h"

static void known_labels(void **state)
{
    (void)state;
    static const struct {
        const char *utf8, *ascii;
    } rows[] = {
        { "b\xc3\xbc" "cher", "xn--bcher-kva" },
        { "B\xc3\xbc" "CHER", "xn--bcher-kva" },
        { "m\xc3\xbcnchen", "xn--mnchen-3ya" },
        { "\xe4\xbe\x8b\xe5\xad\x90", "xn--fsqu00a" },
        { "\xd0\xb8\xd1\x81\xd0\xbf\xd1\x8b\xd1\x82\xd0\xb0\xd0\xbd\xd0\xb8\xd0\xb5",
          "xn--80akhbyknj4f" },
        { "\xd7\x91\xd7\x93\xd7\x99\xd7\xa7\xd7\x94", "xn--5dbedt4e" },
        { "\xe2\x8c\x98", "xn--bih" },
        { "\xf0\x9f\x92\xa9", "xn--ls8h" },
        /* (A) Arabic, (B) Chinese */
        { "\xd9\x84\xd9\x8a\xd9\x87\xd9\x85\xd8\xa7\xd8\xa8\xd8\xaa\xd9\x83\xd9\x84\xd9\x85\xd9\x88"
          "\xd8\xb4\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\x9f", "xn--egbpdaj6bu4bxfgehfvwxn" },
        { "\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4\xe4"
          "\xb8\xad\xe6\x96\x87", "xn--ihqwcrb4cv8a8dqg056pqjye" },
        /* (L): digits first */
        { "3\xe5\xb9\xb4" "b\xe7\xb5\x84\xe9\x87\x91\xe5\x85\xab\xe5\x85\x88\xe7\x94\x9f",
          "xn--3b-ww4c5e180e575a65lsy2b" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char out[LABEL_MAX + 1];
        size_t len = punycode_label(out, bytes_str(rows[i].utf8));
        if (len == 0 || strcmp(out, rows[i].ascii) != 0 || len != strlen(out)) {
            fail_msg("expected %s, got %s", rows[i].ascii, len == 0 ? "nothing" : out);
        }
    }
}

static void refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "ascii",
        "\xc3",             /* truncated */
        "\xc3\x28",         /* no continuation */
        "\xc0\x80",         /* not the shortest form */
        "\xe0\x80\xaf",
        "\xf0\x80\x80\xaf",
        "\xed\xa0\x80",     /* a surrogate */
        "\xf5\x80\x80\x80", /* beyond Unicode */
        "\xff",
        "\x80",
        "\xc2\x80",         /* a control */
        "\xc2\xa0",         /* a space */
        "a\xe2\x80\x8e",    /* a direction mark */
        "\xe3\x80\x82",     /* a full stop */
        "\xef\xbd\xa1",
        "\xef\xbc\x8e",
        "\xef\xbb\xbf",
        "\xee\x80\x80",     /* private use */
        "\xc3\xbc b",
        "\xc3\xbc*",
        "\xc3\xbc/",
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char out[LABEL_MAX + 1];
        if (punycode_label(out, bytes_str(rows[i])) != 0) {
            fail_msg("row %zu gives %s", i, out);
        }
    }
}

static void bounded(void **state)
{
    (void)state;
    char text[400];
    char out[LABEL_MAX + 1];
    for (size_t num = 1; num < 190; num++) {
        for (size_t i = 0; i < num; i++) {
            memcpy(text + 2 * i, i % 2 == 0 ? "\xc3\xbc" : "\xd0\xb8", 2);
        }
        size_t len = punycode_label(out, bytes_of((const uint8_t *)text, 2 * num));
        assert_true(len <= LABEL_MAX);
        assert_true(num > 15 || len > 0);
        assert_true(num <= 63 || len == 0);
    }
}

static void try(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    char out[LABEL_MAX + 1];
    size_t n = punycode_label(out, bytes_of(data, len));
    assert_true(n == 0 || (n == strlen(out) && n <= LABEL_MAX && memcmp(out, "xn--", 4) == 0));
}

static void damage(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xbc\xe4\xbe\x8b\xf0\x9f\x92\xa9-z9\xd0\xb8";
    for_each_truncation(text, sizeof(text) - 1, try, NULL);
    for_each_damage(text, sizeof(text) - 1, test_seed(2), 20000, try, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_labels),
        cmocka_unit_test(refused),
        cmocka_unit_test(bounded),
        cmocka_unit_test(damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

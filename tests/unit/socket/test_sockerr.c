/* test_sockerr.c - errors that carry an errno value: status, reason, text, and what fits. */
#include "base/error.h"
#include "support.h"

#include "socket/sockerr.h"

#include <errno.h>

static void test_posix_keeps_errno_and_reason(void **state)
{
    (void)state;
    cssl_error err;
    memset(&err, 0xa5, sizeof(err));
    assert_int_equal(fail_posix(&err, CSSL_R_CONNECT, ECONNREFUSED, "%s:%d", "host", 443),
                     CSSL_SYSTEM);
    assert_int_equal(err.status, CSSL_SYSTEM);
    assert_int_equal(err.reason, CSSL_R_CONNECT);
    assert_int_equal(err.posix, ECONNREFUSED);
    assert_int_equal(err.cert_index, -1);
    assert_null(err.option);
    assert_non_null(strstr(err.text, ": host:443"));
    assert_int_equal(fail_posix(&err, CSSL_R_CONNECTION_RESET, EPIPE, "x"), CSSL_TRUNCATED);
    assert_int_equal(err.posix, EPIPE);
}

/* A text of the caller's is words, not a format, and does not run over. */
static void test_texts_are_words_and_fit(void **state)
{
    (void)state;
    cssl_error err;
    char longer[2 * sizeof(err.text)];
    memset(longer, 'w', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    (void)fail_posix(&err, CSSL_R_CONNECT, EIO, "%s", "100%n%s");
    assert_non_null(strstr(err.text, "100%n%s"));
    (void)fail_posix(&err, CSSL_R_CONNECT, EIO, "%s", longer);
    assert_in_range(strlen(err.text), sizeof(err.text) / 2, sizeof(err.text) - 1);
    assert_int_equal(err.posix, EIO);
    (void)fail_time(&err, "%s", longer);
    assert_in_range(strlen(err.text), sizeof(err.text) / 2, sizeof(err.text) - 1);
    (void)fail_posix(&err, CSSL_R_CONNECT, EIO, "%s", "a\x1b[2Jb");
    assert_null(strchr(err.text, '\x1b'));
}

static void test_socket_errors_are_sorted(void **state)
{
    (void)state;
    static const struct {
        int posix, status, reason, told;
    } rows[] = {
        { EMFILE, CSSL_SYSTEM, CSSL_R_DESCRIPTORS, EMFILE },
        { ENFILE, CSSL_SYSTEM, CSSL_R_DESCRIPTORS, ENFILE },
        { ENOMEM, CSSL_NOMEM, CSSL_R_NOMEM, 0 },
        { ENOBUFS, CSSL_NOMEM, CSSL_R_NOMEM, 0 },
        { ECONNREFUSED, CSSL_SYSTEM, CSSL_R_SYSTEM, ECONNREFUSED },
        { EBADF, CSSL_SYSTEM, CSSL_R_SYSTEM, EBADF },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err;
        memset(&err, 0xa5, sizeof(err));
        assert_int_equal(fail_socket(&err, rows[i].posix, "doing this"), rows[i].status);
        assert_int_equal(err.status, rows[i].status);
        assert_int_equal(err.reason, rows[i].reason);
        assert_int_equal(err.posix, rows[i].told);
        assert_non_null(strstr(err.text, "doing this"));
    }
}

static void test_descriptors_say_whose_limit(void **state)
{
    (void)state;
    cssl_error err;
    assert_int_equal(fail_descriptors(&err, EMFILE, "listening"), CSSL_SYSTEM);
    assert_non_null(strstr(err.text, "listening: "));
    assert_non_null(strstr(err.text, "ulimit -n"));
    assert_int_equal(fail_descriptors(&err, ENFILE, "listening"), CSSL_SYSTEM);
    assert_non_null(strstr(err.text, "fs.file-max"));
    assert_null(strstr(err.text, "ulimit"));
}

static void test_time(void **state)
{
    (void)state;
    cssl_error err;
    assert_int_equal(fail_time(&err, "after %d steps", 3), CSSL_TIMEOUT);
    assert_int_equal(err.status, CSSL_TIMEOUT);
    assert_int_equal(err.reason, CSSL_R_TIMEOUT);
    assert_int_equal(err.posix, 0);
    assert_non_null(strstr(err.text, "after 3 steps"));
}

static void test_nobody_wants_the_error(void **state)
{
    (void)state;
    assert_int_equal(fail_posix(NULL, CSSL_R_CONNECT, EIO, "x"), CSSL_SYSTEM);
    assert_int_equal(fail_descriptors(NULL, EMFILE, "x"), CSSL_SYSTEM);
    assert_int_equal(fail_socket(NULL, EBADF, "x"), CSSL_SYSTEM);
    assert_int_equal(fail_socket(NULL, ENOMEM, "x"), CSSL_NOMEM);
    assert_int_equal(fail_time(NULL, "x"), CSSL_TIMEOUT);
}

static void test_text_of_errno(void **state)
{
    (void)state;
    char out[POSIX_TEXT], other[POSIX_TEXT];
    assert_string_not_equal(posix_text(ENOENT, out), posix_text(EACCES, other));
    const char *unknown = posix_text(99999, out);
    assert_non_null(strstr(unknown, "99999"));
    assert_true(strlen(unknown) < POSIX_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_posix_keeps_errno_and_reason),
        cmocka_unit_test(test_texts_are_words_and_fit),
        cmocka_unit_test(test_socket_errors_are_sorted),
        cmocka_unit_test(test_descriptors_say_whose_limit),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_nobody_wants_the_error),
        cmocka_unit_test(test_text_of_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

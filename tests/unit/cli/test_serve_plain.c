/* test_serve_plain.c - echo and reply: what they queue, when they end, and what they refuse. */
#include "serve_support.h"

static void test_echo(void **state)
{
    (void)state;
    struct fake f;
    fake_open(&f, &service_echo);
    assert_true(service_echo.data(&f.conn, bytes_of((const uint8_t *)"a\0b", 3)));
    assert_true(service_echo.data(&f.conn, bytes_str("c\n")));
    cssl_bytes out = buf_bytes(&f.conn.out);
    assert_int_equal(out.len, 5);
    assert_memory_equal(out.data, "a\0bc\n", 5);
    assert_false(f.conn.ending);
    fake_close(&f);
}

/* One byte more than may be queued drops the connection, and queues nothing. */
static void test_echo_is_bounded(void **state)
{
    (void)state;
    struct fake f;
    fake_open(&f, &service_echo);
    uint8_t *big = calloc(1, SERVE_QUEUE_MAX);
    assert_non_null(big);
    assert_true(service_echo.data(&f.conn, bytes_of(big, SERVE_QUEUE_MAX)));
    assert_false(service_echo.data(&f.conn, bytes_of(big, 1)));
    assert_int_equal(f.conn.out.len, SERVE_QUEUE_MAX);
    free(big);
    fake_close(&f);
}

static void test_reply(void **state)
{
    (void)state;
    struct fake f;
    struct capture said;
    fake_open(&f, &service_reply);
    f.args.reply = "Good bye %s";
    capture_begin(&said, STDOUT_FILENO);
    bool fine = service_reply.data(&f.conn, bytes_str("Hello\x1b[31m\r\n"));
    char *log = capture_end(&said);
    assert_true(fine);
    assert_string_equal(log, "192.0.2.1:1024  received: Hello\\x1b[31m\n");
    free(log);
    char *out = fake_out(&f);
    assert_string_equal(out, "Good bye %s\n");
    free(out);
    assert_true(f.conn.ending);
    fake_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_echo_is_bounded),
        cmocka_unit_test(test_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_trace_live.c - `cssl trace`: what it refuses, what is drawn of a handshake that fails. */
#include "serve_support.h"

#include "cli_support.h"

#include <netinet/in.h>
#include <sys/socket.h>

static void test_usage(void **state)
{
    (void)state;
    static const struct {
        const char *args[6];
        int code;
        const char *sentence;
    } rows[] = {
        { { NULL }, CLI_USAGE, "whose handshake? Write HOST:PORT" },
        { { "a:1", "b:2", NULL }, CLI_USAGE, "one HOST:PORT is enough: 'b:2' is too much" },
        { { "--form", "gif", "a:1", NULL }, CLI_USAGE, "not 'gif'" },
        { { "--form", "SVG", "a:1", NULL }, CLI_USAGE, "not 'SVG'" },
        { { "--starttls", "ftp", "a:1", NULL }, CLI_USAGE, "not 'ftp'" },
        { { "--timeout", "0", "a:1", NULL }, CLI_USAGE, "--timeout" },
        { { "--port", "2", "a:1", NULL }, CLI_USAGE, "Say it once" },
        { { "--ciphers", "none", "a:1", NULL }, CLI_NO, "There are: " },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct cli_said *said = cli_child_command(cmd_trace, rows[i].args);
        if (said->code != rows[i].code) {
            fail_msg("row %zu: %d: %s", i, said->code, said->err);
        }
        has(said->err, rows[i].sentence);
        assert_string_equal(said->out, "");
    }
}

/* A server that answers a ClientHello with a fatal alert in the clear. */
static void *refuse(void *arg)
{
    static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };
    uint8_t hello[5];
    int fd = accept(*(int *)arg, NULL, NULL);
    if (fd >= 0) {
        (void)!recv(fd, hello, sizeof(hello), MSG_WAITALL);
        (void)!send(fd, alert, sizeof(alert), MSG_NOSIGNAL);
        (void)shutdown(fd, SHUT_WR);
        while (recv(fd, hello, sizeof(hello), 0) > 0) {
        }
        (void)close(fd);
    }
    return NULL;
}

static void test_failed_handshake(void **state)
{
    (void)state;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    char target[40];
    pthread_t thread;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(target, sizeof(target), "127.0.0.1:%u", ntohs(at.sin_port));
    const char *const args[] = { "--json", "--insecure", target, NULL };
    assert_int_equal(pthread_create(&thread, NULL, refuse, &fd), 0);
    const struct cli_said *said = cli_child_command(cmd_trace, args);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(fd);
    assert_int_equal(said->code, CLI_NO);
    has(said->err, "Handshake Failure");
    json_t *j = json_loads(said->out, 0, NULL);
    assert_non_null(j);
    assert_string_equal(json_string_value(json_object_get(j, "client")), "cssl trace");
    assert_string_equal(json_string_value(json_object_get(j, "server")), target);
    const json_t *messages = json_object_get(j, "messages");
    const char *const expected[][2] = { { "client", "ClientHello" },
                                        { "server", "Alert handshake_failure" } };
    assert_int_equal(json_array_size(messages), ARRAY_SIZE(expected));
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        const json_t *m = json_array_get(messages, i);
        assert_string_equal(json_string_value(json_object_get(m, "from")), expected[i][0]);
        assert_string_equal(json_string_value(json_object_get(m, "message")), expected[i][1]);
    }
    json_decref(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_failed_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_serve_log.c - what `cssl serve` says of connections, as lines and as JSON, and that nothing
 * that a peer says gets out of its line. */
#include "serve_support.h"

static struct fake fake;

static void open_fake(bool json)
{
    fake_open(&fake, &service_echo);
    fake.args.json = json;
    fake.conn.received = 12;
    fake.conn.sent = 3000000000;
}

static char *ended(enum conn_state state, const cssl_error *err)
{
    struct capture c;
    fake.conn.state = state;
    capture_begin(&c, STDOUT_FILENO);
    log_ended(&fake.conn, err);
    return capture_end(&c);
}

static char *received(const char *text, size_t len)
{
    struct capture c;
    capture_begin(&c, STDOUT_FILENO);
    log_received(&fake.conn, bytes_of((const uint8_t *)text, len));
    return capture_end(&c);
}

/* member parses one line of JSON and compares a text in it; the line ends with it. */
static void member(const char *line, const char *key, const char *value)
{
    const char *end = strchr(line, '\n');
    assert_non_null(end);
    assert_int_equal(end[1], '\0');
    json_t *j = json_loads(line, 0, NULL);
    assert_non_null(j);
    assert_string_equal(json_string_value(json_object_get(j, key)), value);
    assert_int_equal(strlen(json_string_value(json_object_get(j, "time"))), 20);
    json_decref(j);
}

static void test_ended(void **state)
{
    (void)state;
    cssl_error err = { .text = "" };
    (void)fail_text(&err, CSSL_R_TIMEOUT, "the peer is silent");
    open_fake(false);
    char *text = ended(CONN_OPEN, NULL);
    assert_string_equal(text, "192.0.2.1:1024  closed, 12 bytes in, 3000000000 out\n");
    free(text);
    static const struct {
        enum conn_state state;
        const char *word;
    } rows[] = {
        { CONN_HANDSHAKE, "no connection: " },
        { CONN_OPEN, "broken off: " },
        { CONN_ENDING, "broken off: " },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        text = ended(rows[i].state, &err);
        has(text, rows[i].word);
        has(text, err.text);
        free(text);
    }
    fake_close(&fake);
}

static void test_ended_json(void **state)
{
    (void)state;
    cssl_error err = { .text = "" };
    (void)fail(&err, CSSL_R_TIMEOUT);
    open_fake(true);
    char *text = ended(CONN_OPEN, NULL);
    member(text, "event", "closed");
    member(text, "peer", "192.0.2.1:1024");
    has(text, "\"received\":12");
    has(text, "\"sent\":3000000000");
    has_not(text, "error");
    free(text);
    text = ended(CONN_HANDSHAKE, &err);
    member(text, "event", "refused");
    has(text, "\"error\":{\"status\":\"timeout\"");
    free(text);
    fake_close(&fake);
}

static void test_received(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t len;
        const char *shown;
    } rows[] = {
        { "hello", 5, "hello" },
        { "hello\r\n", 7, "hello" },
        { "a\nb\n\n\r", 6, "a\\x0ab" }, /* ends of lines go at the end only */
        { "\r\n", 2, "" },
        { "", 0, "" },
        { "a\0b", 3, "a\\x00b" },
        { "\x1b[2J\xff", 5, "\\x1b[2J\\xff" },
    };
    open_fake(false);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char expected[100];
        (void)snprintf(expected, sizeof(expected), "192.0.2.1:1024  received: %s\n",
                       rows[i].shown);
        char *text = received(rows[i].in, rows[i].len);
        assert_string_equal(text, expected);
        free(text);
    }
    fake.args.json = true;
    char *text = received("say \"hi\"\x1b\n", 10);
    member(text, "event", "received");
    member(text, "text", "say \"hi\"\\x1b");
    free(text);
    fake_close(&fake);
}

static void test_note(void **state)
{
    (void)state;
    struct capture c;
    char long_text[3000];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    open_fake(false);
    capture_begin(&c, STDOUT_FILENO);
    log_note(&fake.server, "trouble", "%d of %s", 3, "them");
    char *text = capture_end(&c);
    assert_string_equal(text, "3 of them\n");
    free(text);
    capture_begin(&c, STDOUT_FILENO);
    log_note(&fake.server, "trouble", "%s", long_text);
    text = capture_end(&c);
    assert_int_equal(strlen(text), 1024); /* 1023 and the line's end */
    free(text);
    fake.args.json = true;
    capture_begin(&c, STDOUT_FILENO);
    log_note(&fake.server, "trouble", "%d of %s", 3, "them");
    text = capture_end(&c);
    member(text, "event", "trouble");
    member(text, "text", "3 of them");
    free(text);
    fake_close(&fake);
}

static void test_listening_and_connected(void **state)
{
    (void)state;
    struct ends e;
    struct capture c;
    char expected[100];
    ends_open(&e, NULL, NULL);
    open_fake(false);
    fake.server.listener = e.listener;
    fake.conn.socket = e.server;
    capture_begin(&c, STDOUT_FILENO);
    log_listening(&fake.server);
    log_connected(&fake.conn);
    char *text = capture_end(&c);
    (void)snprintf(expected, sizeof(expected), "Listening on every address, port %u (echo)\n",
                   cssl_listener_port(e.listener));
    has(text, expected);
    has(text, "192.0.2.1:1024  connected  tlsv1.3  TLS_");
    has(text, "  for localhost\n"); /* and no client, no protocol, nothing resumed */
    free(text);
    fake.args.json = true;
    capture_begin(&c, STDOUT_FILENO);
    log_listening(&fake.server);
    text = capture_end(&c);
    member(text, "event", "listening");
    member(text, "service", "echo");
    free(text);
    capture_begin(&c, STDOUT_FILENO);
    log_connected(&fake.conn);
    text = capture_end(&c);
    member(text, "event", "connected");
    member(text, "server_name", "localhost");
    free(text);
    fake_close(&fake);
    ends_close(&e);
}

/* What became known later: a client's certificate, where one was asked for. */
static void test_again(void **state)
{
    (void)state;
    struct capture c;
    for (int verified = 0; verified < 2; verified++) {
        struct ends e;
        const cssl_options server = { .certfile = CERTS "server.pem",
                                      .keyfile = CERTS "server.key.pem",
                                      .verify = verified == 1 ? CSSL_VERIFY_PEER
                                                              : CSSL_VERIFY_NONE,
                                      .cacertfile = verified == 1 ? CERTS "ca.pem" : NULL };
        const cssl_options client = { .cacertfile = CERTS "ca.pem",
                                      .certfile = CERTS "client.pem",
                                      .keyfile = CERTS "client.key.pem" };
        ends_open(&e, &server, &client);
        open_fake(false);
        fake.conn.socket = e.server;
        capture_begin(&c, STDOUT_FILENO);
        log_again(&fake.conn, "authenticated");
        char *text = capture_end(&c);
        assert_string_equal(text, verified == 1
                                      ? "192.0.2.1:1024  authenticated  client CN=client\n"
                                      : "192.0.2.1:1024  authenticated\n");
        free(text);
        fake.args.json = true;
        capture_begin(&c, STDOUT_FILENO);
        log_again(&fake.conn, "renegotiated");
        text = capture_end(&c);
        member(text, "event", "renegotiated");
        member(text, "protocol", "tlsv1.3");
        free(text);
        fake_close(&fake);
        ends_close(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ended),    cmocka_unit_test(test_ended_json),
        cmocka_unit_test(test_received), cmocka_unit_test(test_note),
        cmocka_unit_test(test_listening_and_connected), cmocka_unit_test(test_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_serve_http.c - the conversation over HTTP: order, refusals, HEAD, ends, and escaping. */
#include "serve_support.h"

static struct fake fake;

static bool say(const char *text)
{
    return http_data(&fake.conn, bytes_str(text));
}

static void test_escape(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "", "" },
        { "plain", "plain" },
        { "<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;" },
        { "&amp;", "&amp;amp;" },
        { "\"\"\"\"", "&quot;&quot;&quot;&quot;" }, /* the longest that a byte becomes */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *text = html_escape(rows[i][0]);
        assert_string_equal(text, rows[i][1]);
        free(text);
    }
}

static void test_refused_requests(void **state)
{
    (void)state;
    static const struct {
        const char *request, *first_line, *connection;
    } rows[] = {
        { "nonsense\r\n\r\n", "HTTP/1.1 400 ", "Connection: close\r\n" },
        { "GET /other HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 ", "Connection: keep-alive\r\n" },
        { "GET /jso HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 ", "Connection: keep-alive\r\n" },
        { "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 ", "Connection: keep-alive\r\n" },
        { "GET /../x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 404 ",
          "Connection: close\r\n" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        fake_open(&fake, &service_www);
        assert_true(say(rows[i].request));
        char *out = fake_out(&fake);
        assert_memory_equal(out, rows[i].first_line, strlen(rows[i].first_line));
        has(out, rows[i].connection);
        assert_true(http_busy(&fake.conn));
        assert_true(http_more(&fake.conn));
        assert_false(fake.conn.answering);
        assert_int_equal(fake.conn.ending, strstr(rows[i].connection, "close") != NULL);
        free(out);
        fake_close(&fake);
    }
}

/* The head's length is that of the body, and HEAD gets the same head without it. */
static void test_answer_and_head(void **state)
{
    (void)state;
    for (int head = 0; head < 2; head++) {
        fake_open(&fake, &service_www);
        fake.conn.head_only = head == 1;
        assert_true(http_answer(&fake.conn, 200, "text/plain", bytes_str("12345")));
        char *out = fake_out(&fake);
        has(out, "HTTP/1.1 200 OK\r\n");
        has(out, "Content-Length: 5\r\n");
        has(out, "Content-Type: text/plain\r\n");
        has(out, "Content-Security-Policy: default-src 'none'");
        assert_string_equal(strstr(out, "\r\n\r\n"), head == 1 ? "\r\n\r\n" : "\r\n\r\n12345");
        free(out);
        fake_close(&fake);
    }
}

static void test_refuse(void **state)
{
    (void)state;
    char why[3000];
    fake_open(&fake, &service_www);
    assert_true(http_refuse(&fake.conn, 405, "<no>"));
    char *out = fake_out(&fake);
    has(out, "Allow: GET, HEAD\r\n");
    has(out, "<p>&lt;no&gt;</p>");
    free(out);
    memset(why, 'x', sizeof(why) - 1);
    why[sizeof(why) - 1] = '\0';
    assert_true(http_refuse(&fake.conn, 404, why)); /* cut; the length is that of what is sent */
    out = fake_out(&fake);
    has(out, "Content-Length: 1023\r\n");
    assert_int_equal(strlen(strstr(out, "\r\n\r\n") + 4), 1023);
    free(out);
    fake_close(&fake);
}

/* An answer that does not fit the queue drops the connection. */
static void test_bounds(void **state)
{
    (void)state;
    static uint8_t big[64 * 1024 + 1];
    fake_open(&fake, &service_www);
    fake.conn.out.limit = 100;
    assert_false(http_answer(&fake.conn, 200, "text/plain", bytes_str("x")));
    fake.conn.out.limit = SERVE_QUEUE_MAX;
    fake.conn.answering = true; /* what comes behind waits, up to a bound */
    assert_true(http_data(&fake.conn, bytes_of(big, sizeof(big) - 1)));
    assert_false(http_data(&fake.conn, bytes_of(big, 1)));
    fake_close(&fake);
}

/* Requests that come at once are answered one by one. */
static void test_pipelined(void **state)
{
    (void)state;
    fake_open(&fake, &service_www);
    assert_true(say("GET /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD /b HTTP/1.1\r\nHost: a\r\n\r\nGET"));
    char *out = fake_out(&fake);
    has(out, "</p>");
    assert_null(strstr(out + 1, "HTTP/1.1"));
    free(out);
    assert_true(http_more(&fake.conn));
    out = fake_out(&fake);
    has(out, "HTTP/1.1 404");
    has_not(out, "</p>");
    free(out);
    assert_true(http_more(&fake.conn));
    assert_int_equal(fake.conn.out.len, 0);
    assert_true(http_busy(&fake.conn)); /* the third has begun */
    assert_true(say(" /c HTTP/1.1\r\nHost: a\r\n\r\n"));
    out = fake_out(&fake);
    has(out, "</p>");
    free(out);
    fake.server.stopping = true;
    assert_true(http_more(&fake.conn));
    assert_true(fake.conn.ending);
    assert_false(http_busy(&fake.conn));
    fake_close(&fake);
}

static void test_continue(void **state)
{
    (void)state;
    fake_open(&fake, &service_www);
    assert_true(say("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                    "Expect: 100-continue\r\n\r\n"));
    char *out = fake_out(&fake);
    assert_string_equal(out, "HTTP/1.1 100 Continue\r\n\r\n");
    free(out);
    assert_true(say(""));
    assert_true(say("a"));
    assert_int_equal(fake.conn.out.len, 0); /* said once */
    assert_true(say("b"));
    out = fake_out(&fake);
    has(out, "HTTP/1.1 404");
    free(out);
    fake_close(&fake);
}

static void test_page(void **state)
{
    (void)state;
    struct ends e;
    ends_open(&e, NULL, NULL);
    fake_open(&fake, &service_www);
    fake.conn.socket = e.server;
    assert_true(say("GET /?<b>=%00 HTTP/1.1\r\nHost: a\r\n\r\n"));
    char *out = fake_out(&fake);
    has(out, "HTTP/1.1 200 OK\r\n");
    has(out, "<tr><th>Protocol<td>tlsv1.3\n");
    has(out, "<tr><th>Your certificate<td>you showed none\n");
    has(out, "<tr><th>Target<td>/?&lt;b&gt;=%00\n");
    free(out);
    assert_true(http_more(&fake.conn));
    assert_true(say("POST /json HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"));
    out = fake_out(&fake);
    json_t *j = json_loads(strstr(out, "\r\n\r\n") + 4, 0, NULL);
    assert_non_null(j);
    const json_t *request = json_object_get(j, "request");
    assert_int_equal(json_integer_value(json_object_get(request, "body_length")), 3);
    /* FIPS 180-2, appendix B.1 */
    assert_string_equal(json_string_value(json_object_get(request, "body_sha256")),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    json_decref(j);
    free(out);
    fake_close(&fake);
    ends_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),    cmocka_unit_test(test_refused_requests),
        cmocka_unit_test(test_answer_and_head), cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_bounds),    cmocka_unit_test(test_pipelined),
        cmocka_unit_test(test_continue),  cmocka_unit_test(test_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

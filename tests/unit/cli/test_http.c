/* test_http.c - requests as they come, in pieces, damaged, too long; paths. */
#include "support.h"

#include "cli/http.h"
#include "crypto/hash.h"

struct outcome {
    enum http_state state;
    size_t taken;
    unsigned status;
    char target[HTTP_TARGET_MAX + 1];
    char method[16];
    bool keep_alive;
    uint64_t body_len;
    uint8_t sha256[32];
};

/* Feeds text in pieces of `piece` bytes, each in memory of its own size. */
static struct outcome feed(const char *text, size_t len, size_t piece)
{
    struct outcome o = { .state = HTTP_MORE };
    struct http *h = http_new();
    assert_non_null(h);
    while (o.taken < len && o.state == HTTP_MORE) {
        size_t n = len - o.taken < piece ? len - o.taken : piece;
        uint8_t *copy = test_copy(text + o.taken, n);
        o.taken += http_feed(h, bytes_of(copy, n), &o.state);
        free(copy);
    }
    if (o.state == HTTP_BAD) {
        o.status = http_status(h);
        assert_non_null(http_why(h));
        size_t more = http_feed(h, bytes_str("GET / HTTP/1.1\r\n\r\n"), &o.state);
        assert_int_equal(more, 0);
        assert_int_equal(o.state, HTTP_BAD);
    } else if (o.state == HTTP_DONE) {
        const struct http_request *r = http_request(h);
        assert_false(http_began(h));
        (void)snprintf(o.target, sizeof(o.target), "%s", r->target);
        (void)snprintf(o.method, sizeof(o.method), "%s", r->method);
        o.keep_alive = r->keep_alive;
        o.body_len = r->body_len;
        memcpy(o.sha256, r->body_sha256, sizeof(o.sha256));
    }
    http_free(h);
    return o;
}

static const struct {
    const char *name, *text;
    unsigned refused; /* 0: it is a request */
    const char *method, *target, *body;
    bool keep_alive;
    size_t left; /* bytes that belong to the next request */
} requests[] = {
    { "plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0, "GET", "/", "", true, 0 },
    { "1.0", "GET /a HTTP/1.0\r\n\r\n", 0, "GET", "/a", "", false, 0 },
    { "close", "HEAD /?q HTTP/1.1\r\nConnection: close\r\n\r\n", 0, "HEAD", "/?q", "", false, 0 },
    { "body", "POST /json HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 0, "POST", "/json", "hello",
      true, 0 },
    { "chunked",
      "PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 0,
      "PUT", "/x", "abcde", true, 0 },
    { "two", "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", 0, "GET", "/1", "", true, 19 },
    { "empty lines first", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", 0, "GET", "/", "", true, 0 },
    { "no HTTP", "hello\r\n\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "no method of HTTP", "FROB / HTTP/1.1\r\n\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "version 2", "GET / HTTP/2.0\r\n\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "space in name", "GET / HTTP/1.1\r\nHo st: a\r\n\r\n", 400, NULL, NULL, NULL, false, 0 },
    { "two lengths", "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400,
      NULL, NULL, NULL, false, 0 },
    { "length and chunked",
      "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
      NULL, NULL, NULL, false, 0 },
    { "length too big", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400,
      NULL, NULL, NULL, false, 0 },
    { "upgrade", "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 501, NULL,
      NULL, NULL, false, 0 },
    { "TLS record", "\x16\x03\x01\x02", 400, NULL, NULL, NULL, false, 0 },
};

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        size_t len = strlen(requests[i].text);
        for (size_t piece = 1; piece <= len; piece++) {
            struct outcome o = feed(requests[i].text, len, piece);
            if (requests[i].refused != 0) {
                if (o.state != HTTP_BAD || o.status != requests[i].refused) {
                    fail_msg("%s, by %zu: state %d, status %u", requests[i].name, piece, o.state,
                             o.status);
                }
                continue;
            }
            uint8_t digest[32];
            hash_once(HASH_SHA256, requests[i].body, strlen(requests[i].body), digest);
            if (o.state != HTTP_DONE) {
                fail_msg("%s, by %zu: state %d, status %u", requests[i].name, piece, o.state,
                         o.status);
            }
            assert_string_equal(o.method, requests[i].method);
            assert_string_equal(o.target, requests[i].target);
            assert_int_equal(o.keep_alive, requests[i].keep_alive);
            assert_int_equal(o.body_len, strlen(requests[i].body));
            assert_memory_equal(o.sha256, digest, sizeof(digest));
            if (piece == len) {
                assert_int_equal(len - o.taken, requests[i].left);
            }
        }
    }
}

static void test_keep_alive(void **state)
{
    (void)state;
    static const char text[] =
        "GET /1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx"
        "GET /2 HTTP/1.1\r\n\r\n";
    struct http *h = http_new();
    enum http_state s;
    size_t at = 0;
    size_t waits = 0;
    do {
        at += http_feed(h, bytes_of((const uint8_t *)text + at, 1), &s);
        waits += http_request(h)->wants_continue ? 1 : 0;
    } while (s == HTTP_MORE);
    assert_int_equal(s, HTTP_DONE);
    assert_int_equal(waits, 1); /* between the head's last byte and the body's first */
    assert_string_equal(http_request(h)->target, "/1");
    at += http_feed(h, bytes_of((const uint8_t *)text + at, 3), &s);
    assert_int_equal(s, HTTP_MORE);
    assert_true(http_began(h));
    at += http_feed(h, bytes_of((const uint8_t *)text + at, sizeof(text) - 1 - at), &s);
    assert_int_equal(s, HTTP_DONE);
    assert_string_equal(http_request(h)->target, "/2");
    assert_int_equal(http_request(h)->body_len, 0);
    assert_false(http_request(h)->wants_continue);
    assert_int_equal(at, sizeof(text) - 1);
    http_free(h);
}

/* A text of len bytes, all 'a', between two others. */
static char *around(const char *before, size_t len, const char *after)
{
    size_t a = strlen(before);
    char *text = malloc(a + len + strlen(after) + 1);
    assert_non_null(text);
    memcpy(text, before, a);
    memset(text + a, 'a', len);
    memcpy(text + a + len, after, strlen(after) + 1);
    return text;
}

static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        size_t len;
        const char *after;
        unsigned status; /* 0: accepted */
    } cases[] = {
        { "GET /", HTTP_TARGET_MAX - 1, " HTTP/1.1\r\n\r\n", 0 },
        { "GET /", HTTP_TARGET_MAX, " HTTP/1.1\r\n\r\n", 414 },
        { "GET / HTTP/1.1\r\nX: ", HTTP_HEAD_MAX - 23, "\r\n\r\n", 0 },
        { "GET / HTTP/1.1\r\nX: ", HTTP_HEAD_MAX, "\r\n\r\n", 431 },
        { "GET / HTTP/1.1\r\n", HTTP_HEAD_MAX, ": x\r\n\r\n", 431 },
        { "POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n", 1000000, "", 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = around(cases[i].before, cases[i].len, cases[i].after);
        for (size_t piece = 1; piece < 100000; piece = piece * 7 + 1) {
            struct outcome o = feed(text, strlen(text), piece);
            if (o.status != cases[i].status || (o.status == 0 && o.state != HTTP_DONE)) {
                fail_msg("case %zu by %zu: state %d, status %u", i, piece, o.state, o.status);
            }
        }
        free(text);
    }
    char *lines = malloc(200000);
    assert_non_null(lines);
    memset(lines, '\n', 200000);
    struct outcome o = feed(lines, 200000, 1000);
    assert_int_equal(o.status, 431);
    free(lines);
}

static void try_request(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    struct outcome whole = feed((const char *)data, len, len + 1);
    struct outcome split = feed((const char *)data, len, 1);
    assert_int_equal(whole.state, split.state);
    assert_int_equal(whole.status, split.status);
    assert_string_equal(whole.target, split.target);
}

static void test_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        size_t len = strlen(requests[i].text);
        for_each_truncation(requests[i].text, len, try_request, NULL);
        for_each_damage(requests[i].text, len, test_seed(11), 2000, try_request, NULL);
    }
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *target, *path; /* NULL: refused */
    } cases[] = {
        { "/", "/" },           { "/a/b", "/a/b" },    { "/a%20b", "/a b" },
        { "/a?b=/../c", "/a" }, { "/a#b", "/a" },      { "/%e4", "/\xe4" },
        { "/...", "/..." },     { "/a..b", "/a..b" },  { "//a", "//a" },
        { "", NULL },           { "a", NULL },         { "*", NULL },
        { "http://a/b", NULL }, { "/..", NULL },       { "/../a", NULL },
        { "/a/..", NULL },      { "/a/../b", NULL },   { "/.", NULL },
        { "/a/./b", NULL },     { "/%2e%2e/a", NULL }, { "/a%2f..%2fb", NULL },
        { "/%2E.", NULL },      { "/a%00b", NULL },    { "/%", NULL },
        { "/%1", NULL },        { "/%1g", NULL },      { "/%g1", NULL },
    };
    char out[64];
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        bool fine = http_path_decode(out, sizeof(out), cases[i].target);
        if (fine != (cases[i].path != NULL) || (fine && strcmp(out, cases[i].path) != 0)) {
            fail_msg("%s gives %s", cases[i].target, fine ? out : "nothing");
        }
    }
    assert_true(http_path_decode(out, 4, "/ab"));
    assert_false(http_path_decode(out, 3, "/ab"));
}

static void test_phrases(void **state)
{
    (void)state;
    assert_string_equal(http_reason_phrase(404), "Not Found");
    assert_string_equal(http_reason_phrase(299), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests), cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_limits),   cmocka_unit_test(test_damage),
        cmocka_unit_test(test_paths),    cmocka_unit_test(test_phrases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

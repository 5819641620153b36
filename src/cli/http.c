/* http.c - HTTP/1.1 requests by libhttp-parser, with bounds. Not what is answered: serve_http.c. */
#include "cli/http.h"

#include "base/mem.h"
#include "crypto/hash.h"

#include <http_parser.h>
#include <strings.h>

enum { FIELD_MAX = 64 }; /* of the header fields that matter here; longer ones do not */

struct http {
    http_parser parser;
    struct http_request request;
    char target[HTTP_TARGET_MAX + 1];
    size_t target_len;
    char field[FIELD_MAX];
    size_t field_len;
    char value[FIELD_MAX];
    size_t value_len;
    bool in_value;  /* the last header callback was a value */
    bool began;     /* some bytes of the current request came */
    bool head_done; /* its header fields are complete */
    bool complete;
    bool expects; /* it has Expect: 100-continue */
    size_t head_len;
    struct hash body;
    unsigned status; /* of the refusal; 0 none */
    const char *why;
};

static int on_begin(http_parser *parser);
static int on_url(http_parser *parser, const char *data, size_t len);
static int on_field(http_parser *parser, const char *data, size_t len);
static int on_value(http_parser *parser, const char *data, size_t len);
static int on_head(http_parser *parser);
static int on_body(http_parser *parser, const char *data, size_t len);
static int on_complete(http_parser *parser);
static void refuse(struct http *h, unsigned status, const char *why);

static const http_parser_settings callbacks = {
    .on_message_begin = on_begin,
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

struct http *http_new(void)
{
    struct http *h = mem_new(sizeof(*h));
    if (h != NULL) {
        http_parser_init(&h->parser, HTTP_REQUEST);
        h->parser.data = h;
    }
    return h;
}

void http_free(struct http *h)
{
    if (h != NULL) {
        mem_free_wiped(h, sizeof(*h)); /* targets may hold secrets */
    }
}

size_t http_feed(struct http *h, cssl_bytes in, enum http_state *state)
{
    *state = HTTP_BAD;
    if (h->status != 0) {
        return 0;
    }
    if (h->complete) {
        http_parser_pause(&h->parser, 0);
        h->complete = false;
        h->began = false;
    }
    size_t at = 0;
    while (at < in.len && !h->complete && h->status == 0) {
        size_t n = in.len - at;
        if (!h->head_done) {
            /* one byte beyond the limit is what shows that the head is too long */
            n = min_size(n, (size_t)HTTP_HEAD_MAX + 1 - h->head_len);
        }
        bool in_head = !h->head_done;
        size_t taken =
            http_parser_execute(&h->parser, &callbacks, (const char *)in.data + at, n);
        at += min_size(taken, n);
        if (in_head && !h->head_done && !h->complete) {
            h->began = true;
            h->head_len += n;
            if (h->head_len > HTTP_HEAD_MAX) {
                refuse(h, 431, "the request's header fields are too long");
            }
        }
        enum http_errno e = HTTP_PARSER_ERRNO(&h->parser);
        if (e != HPE_OK && e != HPE_PAUSED) {
            refuse(h, 400, http_errno_description(e));
        } else if (h->parser.upgrade != 0) {
            refuse(h, 501, "this server upgrades to no other protocol");
        }
    }
    if (h->status != 0) {
        return at;
    }
    *state = h->complete ? HTTP_DONE : HTTP_MORE;
    return at;
}

const struct http_request *http_request(const struct http *h)
{
    return &h->request;
}

bool http_began(const struct http *h)
{
    return h->began && !h->complete;
}

unsigned http_status(const struct http *h)
{
    return h->status;
}

const char *http_why(const struct http *h)
{
    return h->why;
}

const char *http_reason_phrase(unsigned status)
{
    switch (status) {
    case 200: return "OK";
    case 301: return "Moved Permanently";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 414: return "URI Too Long";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "Unknown";
    }
}

/* ---- What the parser reports ---- */

/* The first refusal counts. */
static void refuse(struct http *h, unsigned status, const char *why)
{
    if (h->status == 0) {
        h->status = status;
        h->why = why;
    }
}

static int on_begin(http_parser *parser)
{
    struct http *h = parser->data;
    memset(&h->request, 0, sizeof(h->request));
    h->target_len = 0;
    h->target[0] = '\0';
    h->field_len = 0;
    h->value_len = 0;
    h->in_value = false;
    h->expects = false;
    h->head_done = false;
    h->head_len = 0;
    h->began = true;
    hash_init(&h->body, HASH_SHA256);
    return 0;
}

static int on_url(http_parser *parser, const char *data, size_t len)
{
    struct http *h = parser->data;
    if (len > HTTP_TARGET_MAX - h->target_len) {
        refuse(h, 414, "the request's target is too long");
        return -1;
    }
    memcpy(h->target + h->target_len, data, len);
    h->target_len += len;
    h->target[h->target_len] = '\0';
    return 0;
}

static void end_field(struct http *h)
{
    static const char expect[] = "expect";
    static const char wanted[] = "100-continue";
    if (h->field_len == sizeof(expect) - 1 && strncasecmp(h->field, expect, h->field_len) == 0 &&
        h->value_len == sizeof(wanted) - 1 && strncasecmp(h->value, wanted, h->value_len) == 0) {
        h->expects = true;
    }
    h->field_len = 0;
    h->value_len = 0;
    h->in_value = false;
}

/* Appends to a small text; once it does not fit it can be no text that is looked for. */
static void keep(char text[FIELD_MAX], size_t *at, const char *data, size_t len)
{
    size_t n = min_size(len, FIELD_MAX - *at);
    memcpy(text + *at, data, n);
    *at += n;
}

static int on_field(http_parser *parser, const char *data, size_t len)
{
    struct http *h = parser->data;
    if (h->in_value) {
        end_field(h);
    }
    if (memchr(data, ' ', len) != NULL) { /* the parser is laxer than RFC 9112 5.1 */
        refuse(h, 400, "a header field's name has a space in it");
        return -1;
    }
    keep(h->field, &h->field_len, data, len);
    return 0;
}

static int on_value(http_parser *parser, const char *data, size_t len)
{
    struct http *h = parser->data;
    h->in_value = true;
    keep(h->value, &h->value_len, data, len);
    return 0;
}

static int on_head(http_parser *parser)
{
    struct http *h = parser->data;
    if (h->in_value) {
        end_field(h);
    }
    h->head_done = true;
    h->request.method = http_method_str((enum http_method)parser->method);
    h->request.target = h->target;
    h->request.wants_continue = h->expects;
    h->request.keep_alive = http_should_keep_alive(parser) != 0;
    if (parser->http_major != 1) {
        refuse(h, 400, "the request is not HTTP/1.0 or 1.1");
        return -1;
    }
    return 0;
}

static int on_body(http_parser *parser, const char *data, size_t len)
{
    struct http *h = parser->data;
    h->request.wants_continue = false;
    h->request.body_len += len;
    hash_update(&h->body, data, len);
    return 0;
}

static int on_complete(http_parser *parser)
{
    struct http *h = parser->data;
    h->request.wants_continue = false;
    hash_peek(&h->body, h->request.body_sha256);
    h->complete = true;
    h->head_done = false;
    h->head_len = 0;
    http_parser_pause(parser, 1); /* what follows is the next request */
    return 0;
}

/* ---- Paths ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool segments_fine(const char *path)
{
    const char *p = path;
    while (*p != '\0') {
        p++; /* the slash */
        size_t len = strcspn(p, "/");
        if ((len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.')) {
            return false;
        }
        p += len;
    }
    return true;
}

bool http_path_decode(char *out, size_t size, const char *target)
{
    size_t at = 0;
    if (target[0] != '/') {
        return false;
    }
    for (const char *p = target; *p != '\0' && *p != '?' && *p != '#'; p++) {
        char c = *p;
        if (c == '%') {
            int high = hex_digit(p[1]);
            int low = high < 0 ? -1 : hex_digit(p[2]);
            if (low < 0) {
                return false;
            }
            c = (char)(unsigned char)(high * 16 + low);
            p += 2;
        }
        if (c == '\0' || at + 1 >= size) {
            return false;
        }
        out[at++] = c;
    }
    out[at] = '\0';
    return segments_fine(out);
}

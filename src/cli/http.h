/* http.h - reads HTTP/1.1 requests, one at a time, out of bytes. Knows no sockets, no files. */
#ifndef CSSL_CLI_HTTP_H
#define CSSL_CLI_HTTP_H

#include "base/base.h"

enum {
    HTTP_TARGET_MAX = 4096, /* bytes of a request target */
    HTTP_HEAD_MAX = 16384   /* bytes of a request line with all header fields */
};

enum http_state {
    HTTP_MORE, /* the request is not complete: feed more */
    HTTP_DONE, /* one request is complete; what was not taken belongs to the next */
    HTTP_BAD   /* no request that is served here: see http_status; feed nothing more */
};

struct http_request {
    const char *method; /* "GET"; static */
    const char *target; /* as sent, NUL-ended */
    bool keep_alive;
    bool wants_continue; /* Expect: 100-continue, and the body has not begun */
    uint64_t body_len;   /* so far; the body itself is only counted and hashed */
    uint8_t body_sha256[32];
};

struct http;

/* http_new returns a parser that waits for a request, or NULL: out of memory. */
struct http *http_new(void) CHECK;
void http_free(struct http *h);
/* http_feed reads in up to the end of one request, sets *state and returns how many bytes it took:
 * all of them unless the state is HTTP_DONE or HTTP_BAD. After HTTP_DONE the next call begins the
 * next request. */
size_t http_feed(struct http *h, cssl_bytes in, enum http_state *state);
/* http_request is what is known of the request; complete after HTTP_DONE, valid until http_feed. */
const struct http_request *http_request(const struct http *h);
/* http_began: some bytes of a request came, but not all. */
bool http_began(const struct http *h);
/* http_status is the response's number after HTTP_BAD (400, 414, 431, 501), http_why a sentence. */
unsigned http_status(const struct http *h);
const char *http_why(const struct http *h);
/* http_reason_phrase is "OK" for 200, and so on. */
const char *http_reason_phrase(unsigned status);

/* http_path_decode turns a target's path into the bytes that it names: percent signs resolved,
 * query cut off. It refuses what is no path that may be looked up: one that does not begin with
 * '/', a NUL, a segment "." or "..", a percent sign without two hex digits. */
bool http_path_decode(char *out, size_t size, const char *target) CHECK;

#endif

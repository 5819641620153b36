/* serve_http.c - answers HTTP requests: the page about the connection, refusals, and what both
 * services over HTTP share. The file tree is serve_files.c, parsing is http.c. */
#include "cli/serve.h"

#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

enum { IN_MAX = 64 * 1024 }; /* of requests that came behind the one being answered */

static const char style[] =
    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:52em;margin:2em auto;padding:0 1em;"
    "color:#222;background:#fff}table{border-collapse:collapse}th,td{text-align:left;"
    "vertical-align:top;padding:.25em 1.5em .25em 0;border-bottom:1px solid #ddd}"
    "th{font-weight:normal;color:#666}@media(prefers-color-scheme:dark){body{color:#ddd;"
    "background:#222}th{color:#aaa}th,td{border-color:#444}a{color:#8bf}}</style>";

static bool feed(struct conn *c, cssl_bytes data);
static bool answer(struct conn *c);

/* ---- The conversation ---- */

bool http_open(struct conn *c)
{
    c->in.limit = IN_MAX;
    c->http = http_new();
    return c->http != NULL;
}

void http_close(struct conn *c)
{
    http_free(c->http);
    buf_free(&c->in);
    if (c->file >= 0) {
        (void)close(c->file);
    }
}

bool http_busy(const struct conn *c)
{
    return c->answering || http_began(c->http);
}

bool http_data(struct conn *c, cssl_bytes data)
{
    if (c->answering || c->in.len > 0) {
        return buf_append(&c->in, data.data, data.len) == 0;
    }
    return feed(c, data);
}

/* Everything queued is sent: the file's next piece, or the next request. */
bool http_more(struct conn *c)
{
    if (c->file >= 0) {
        return files_more(c);
    }
    if (!c->answering) {
        return true;
    }
    c->answering = false;
    if (!c->keep_alive || c->server->stopping) {
        c->ending = true;
        return true;
    }
    if (c->in.len == 0) {
        return true;
    }
    struct buf waiting = c->in;
    c->in = (struct buf){ .limit = IN_MAX };
    bool fine = feed(c, buf_bytes(&waiting));
    buf_free(&waiting);
    return fine;
}

/* Reads requests; the first that is complete is answered, what follows waits. */
static bool feed(struct conn *c, cssl_bytes data)
{
    enum http_state state = HTTP_MORE;
    size_t taken = http_feed(c->http, data, &state);
    if (state == HTTP_BAD) {
        c->keep_alive = false;
        c->answering = true;
        return http_refuse(c, http_status(c->http), http_why(c->http));
    }
    if (state == HTTP_MORE) {
        const struct http_request *r = http_request(c->http);
        if (r->wants_continue && !c->continued) {
            c->continued = true;
            return conn_text(c, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        return true;
    }
    c->continued = false;
    if (buf_append(&c->in, data.data + taken, data.len - taken) < 0) {
        return false;
    }
    return answer(c);
}

static bool answer(struct conn *c)
{
    const struct http_request *r = http_request(c->http);
    bool head = strcmp(r->method, "HEAD") == 0;
    c->answering = true;
    c->keep_alive = r->keep_alive;
    c->head_only = head;
    if (c->server->args->service == &service_files) {
        if (!head && strcmp(r->method, "GET") != 0) {
            return http_refuse(c, 405, "Files are read with GET and HEAD.");
        }
        return files_answer(c, r);
    }
    if (strcmp(r->method, "CONNECT") == 0 || strcmp(r->method, "TRACE") == 0) {
        return http_refuse(c, 405, "This page knows no such method.");
    }
    return www_answer(c, r);
}

/* ---- Responses ---- */

bool http_head(struct conn *c, unsigned status, const char *type, uint64_t len, const char *extra)
{
    return conn_text(c,
                     "HTTP/1.1 %u %s\r\n"
                     "Server: cssl/%s\r\n"
                     "Content-Type: %s\r\n"
                     "Content-Length: %llu\r\n"
                     "Connection: %s\r\n"
                     "Cache-Control: no-store\r\n"
                     "X-Content-Type-Options: nosniff\r\n"
                     "%s\r\n",
                     status, http_reason_phrase(status), cssl_version(), type,
                     (unsigned long long)len, c->keep_alive ? "keep-alive" : "close",
                     extra == NULL ? "" : extra);
}

bool http_answer(struct conn *c, unsigned status, const char *type, cssl_bytes body)
{
    static const char html_policy[] =
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n";
    const char *extra = status == 405 ? "Allow: GET, HEAD\r\n" : html_policy;
    if (!http_head(c, status, type, body.len, extra)) {
        return false;
    }
    return c->head_only || conn_write(c, body.data, body.len);
}

bool http_refuse(struct conn *c, unsigned status, const char *why)
{
    char page[1024];
    char *text = html_escape(why);
    int len = snprintf(page, sizeof(page),
                       "<!doctype html>\n<meta charset=\"utf-8\"><title>%u %s</title>\n"
                       "<h1>%s</h1>\n<p>%s</p>\n",
                       status, http_reason_phrase(status), http_reason_phrase(status), text);
    free(text);
    size_t fits = min_size(len < 0 ? 0 : (size_t)len, sizeof(page) - 1);
    return http_answer(c, status, "text/html; charset=utf-8",
                       bytes_of((const uint8_t *)page, fits));
}

char *html_escape(const char *text)
{
    char *out = cli_memory(mem_new_array(strlen(text) + 1, 6));
    size_t at = 0;
    for (const char *p = text; *p != '\0'; p++) {
        const char *entity = NULL;
        switch (*p) {
        case '&': entity = "&amp;"; break;
        case '<': entity = "&lt;"; break;
        case '>': entity = "&gt;"; break;
        case '"': entity = "&quot;"; break;
        case '\'': entity = "&#39;"; break;
        default: out[at++] = *p; break;
        }
        if (entity != NULL) {
            size_t n = strlen(entity);
            memcpy(out + at, entity, n);
            at += n;
        }
    }
    out[at] = '\0';
    return out;
}

/* ---- The page about the connection ---- */

static void row(FILE *f, const char *label, const char *value)
{
    char *l = html_escape(label);
    char *v = html_escape(value);
    (void)fprintf(f, "<tr><th>%s<td>%s\n", l, v);
    free(l);
    free(v);
}

static void page(FILE *f, const json_t *facts, const struct http_request *r)
{
    (void)fprintf(f, "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width\">\n"
                     "<title>Your connection</title>\n%s\n<h1>Your connection is secure</h1>\n"
                     "<p>This is what <b>cssl serve</b> knows of it.</p>\n<table>\n", style);
    size_t i = 0;
    const char *label = NULL;
    char *value;
    while ((value = facts_next(facts, &i, &label)) != NULL) {
        row(f, label, value);
        free(value);
    }
    const json_t *leaf = json_array_get(json_object_get(facts, "certificates"), 0);
    if (leaf != NULL) {
        bool verified = json_is_true(json_object_get(facts, "peer_verified"));
        row(f, "Your certificate", json_string_value(json_object_get(leaf, "subject")));
        row(f, "issued by", json_string_value(json_object_get(leaf, "issuer")));
        row(f, "Verified", verified ? "yes" : "no");
    } else {
        row(f, "Your certificate", "you showed none");
    }
    char *target = cli_text(bytes_str(r->target), true);
    row(f, "Request", r->method);
    row(f, "Target", target);
    free(target);
    (void)fprintf(f, "</table>\n<p><a href=\"/json\">The same for scripts</a></p>\n</html>\n");
}

static json_t *request_json(const struct http_request *r)
{
    return cli_memory(json_pack("{s:s, s:o, s:I, s:o}", "method", r->method, "target",
                                cli_json_text(bytes_str(r->target)), "body_length",
                                (json_int_t)r->body_len, "body_sha256",
                                cli_json_hex(bytes_of(r->body_sha256, sizeof(r->body_sha256)))));
}

bool www_answer(struct conn *c, const struct http_request *r)
{
    char path[16];
    if (!http_path_decode(path, sizeof(path), r->target) ||
        (strcmp(path, "/") != 0 && strcmp(path, "/json") != 0)) {
        return http_refuse(c, 404, "There are two pages here: / and /json.");
    }
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (f == NULL) {
        return false;
    }
    json_t *facts = facts_of(c->socket);
    const char *type = "text/html; charset=utf-8";
    if (strcmp(path, "/json") == 0) {
        type = "application/json";
        (void)json_object_set_new(facts, "request", request_json(r));
        (void)json_dumpf(facts, f, JSON_INDENT(2));
        (void)fputc('\n', f);
    } else {
        page(f, facts, r);
    }
    json_decref(facts);
    bool fine = fclose(f) == 0 && http_answer(c, 200, type, bytes_of((uint8_t *)text, len));
    free(text);
    return fine;
}

const struct service service_www = { .name = "web page",
                                     .http = true,
                                     .open = http_open,
                                     .data = http_data,
                                     .more = http_more,
                                     .close = http_close,
                                     .busy = http_busy };
const struct service service_files = { .name = "files",
                                       .http = true,
                                       .open = http_open,
                                       .data = http_data,
                                       .more = http_more,
                                       .close = http_close,
                                       .busy = http_busy };

/* serve_support.c - printed text, a connection without a socket, and one with two. */
#include "serve_support.h"

#include <sys/mman.h>
#include <unistd.h>

void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in:\n%s", part, text);
    }
}

void has_not(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        fail_msg("'%s' is in:\n%s", part, text);
    }
}

void capture_begin(struct capture *c, int fd)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    c->fd = fd;
    c->file = memfd_create("capture", MFD_CLOEXEC);
    c->kept = dup(fd);
    assert_true(c->file >= 0 && c->kept >= 0);
    assert_true(dup2(c->file, fd) >= 0);
}

char *capture_end(struct capture *c)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    assert_true(dup2(c->kept, c->fd) >= 0);
    (void)close(c->kept);
    off_t len = lseek(c->file, 0, SEEK_END);
    assert_true(len >= 0);
    char *text = calloc(1, (size_t)len + 1);
    assert_non_null(text);
    assert_int_equal(pread(c->file, text, (size_t)len, 0), len);
    (void)close(c->file);
    return text;
}

void fake_open(struct fake *f, const struct service *service)
{
    memset(f, 0, sizeof(*f));
    f->args.service = service;
    f->args.folder_fd = -1;
    f->server.args = &f->args;
    f->conn.server = &f->server;
    f->conn.state = CONN_OPEN;
    f->conn.file = -1;
    f->conn.out.limit = SERVE_QUEUE_MAX;
    (void)snprintf(f->conn.peer, sizeof(f->conn.peer), "192.0.2.1:1024");
    if (service->open != NULL) {
        assert_true(service->open(&f->conn));
    }
}

void fake_close(struct fake *f)
{
    if (f->args.service->close != NULL) {
        f->args.service->close(&f->conn);
    }
    buf_free(&f->conn.out);
}

char *fake_out(struct fake *f)
{
    cssl_bytes bytes = buf_bytes(&f->conn.out);
    char *text = calloc(1, bytes.len + 1);
    assert_non_null(text);
    if (bytes.len > 0) {
        memcpy(text, bytes.data, bytes.len);
    }
    buf_consume(&f->conn.out, bytes.len);
    return text;
}

/* The server's side, on a thread: it may not use cmocka. */
static void *shake(void *arg)
{
    struct ends *e = arg;
    e->server = cssl_transport_accept(e->listener, PATIENCE, &e->err);
    e->rc = e->server == NULL ? e->err.status : cssl_handshake(e->server, PATIENCE, &e->err);
    return NULL;
}

void ends_open(struct ends *e, const cssl_options *server, const cssl_options *client)
{
    cssl_options s = { .certfile = CERTS "server.pem", .keyfile = CERTS "server.key.pem" };
    cssl_options c = { .cacertfile = CERTS "ca.pem" };
    cssl_error err = { .text = "" };
    memset(e, 0, sizeof(*e));
    e->listener = cssl_listen(0, server == NULL ? &s : server, &err);
    if (e->listener == NULL) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(pthread_create(&e->thread, NULL, shake, e), 0);
    e->client = cssl_connect("localhost", cssl_listener_port(e->listener),
                             client == NULL ? &c : client, PATIENCE, &err);
    assert_int_equal(pthread_join(e->thread, NULL), 0);
    if (e->client == NULL || e->rc != 0) {
        fail_msg("%s %s", err.text, e->err.text);
    }
}

void ends_close(struct ends *e)
{
    (void)cssl_close(e->client, 0, NULL);
    (void)cssl_close(e->server, 0, NULL);
    cssl_listener_close(e->listener);
    memset(e, 0, sizeof(*e));
}

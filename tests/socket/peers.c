/* peers.c - both ends of a connection on loopback. */
#include "peers.h"

#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

static int accept_one(struct job *job);

void ok_at(long rc, const cssl_error *err, const char *file, int line)
{
    if (rc < 0) {
        print_error("%s:%d: %ld: %s\n", file, line, rc, err->text);
        _fail(file, line);
    }
}

cssl_options server_options(void)
{
    return (cssl_options){ .certfile = CERTS "server.pem", .keyfile = CERTS "server.key.pem" };
}

cssl_options client_options(void)
{
    return (cssl_options){ .cacertfile = CERTS "ca.pem" };
}

static void *run_job(void *arg)
{
    struct job *job = arg;
    job->rc = job->run(job);
    return NULL;
}

void job_start(struct job *job, int (*run)(struct job *job), void *arg)
{
    job->run = run;
    job->arg = arg;
    job->err.text[0] = '\0';
    assert_int_equal(pthread_create(&job->thread, NULL, run_job, job), 0);
}

int job_end(struct job *job)
{
    assert_int_equal(pthread_join(job->thread, NULL), 0);
    return job->rc;
}

void pair_open(struct pair *p, const cssl_options *server, const cssl_options *client)
{
    cssl_error err = { .text = "" };
    struct job job;
    cssl_options s = server == NULL ? server_options() : *server;
    cssl_options c = client == NULL ? client_options() : *client;
    p->server = NULL;
    p->listener = cssl_listen(0, &s, &err);
    ok(p->listener == NULL ? -1 : 0, &err);
    job_start(&job, accept_one, p);
    p->client = cssl_connect("localhost", cssl_listener_port(p->listener), &c, PATIENCE, &err);
    int rc = job_end(&job);
    ok(p->client == NULL ? -1 : 0, &err);
    ok(rc, &job.err);
}

void pair_close(struct pair *p)
{
    cssl_close(p->client, 0, NULL);
    cssl_close(p->server, 0, NULL);
    cssl_listener_close(p->listener);
    memset(p, 0, sizeof(*p));
}

int raw_connect(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

int raw_listen(uint16_t *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

void fill(uint8_t *out, size_t len, size_t at)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)((at + i) * 31 + ((at + i) >> 8) * 7 + ((at + i) >> 16));
    }
}

bool check(const uint8_t *data, size_t len, size_t at)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != (uint8_t)((at + i) * 31 + ((at + i) >> 8) * 7 + ((at + i) >> 16))) {
            return false;
        }
    }
    return true;
}

cssl_event next(cssl_mailbox *mb)
{
    cssl_event ev;
    cssl_error err;
    ok(cssl_receive(mb, &ev, PATIENCE, &err), &err);
    return ev;
}

cssl_event expect(cssl_mailbox *mb, cssl_event_type type)
{
    cssl_event ev = next(mb);
    if (ev.type != type && ev.type == CSSL_EV_ERROR) {
        print_error("%s\n", ev.error->text);
    }
    assert_int_equal(ev.type, type);
    return ev;
}

void expect_none(cssl_mailbox *mb, int timeout)
{
    cssl_event ev;
    cssl_error err;
    assert_int_equal(cssl_receive(mb, &ev, timeout, &err), CSSL_TIMEOUT);
}

int64_t clock_ms(void)
{
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int accept_one(struct job *job)
{
    struct pair *p = job->arg;
    p->server = cssl_transport_accept(p->listener, PATIENCE, &job->err);
    return p->server == NULL ? -1 : cssl_handshake(p->server, PATIENCE, &job->err);
}

/*
 * test_never_reads.c - an echo server of one thread against 1,000 clients that send whatever it
 * takes and never read. What it costs is measured: heap as the allocator counts it, and resident
 * memory. Sanitizers have allocators of their own; under them only the outcome is looked at.
 */
#include "peers.h"

#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum {
    CLIENTS = SANITIZED ? 100 : 1000,
    SEND_LIMIT = 32768, /* the smallest there is */
    /* What one such client may cost the server: a queue that grew by doubling, what was received
     * and waits, the echo's own rest, and the connection itself. */
    EACH_MAX = 2 * SEND_LIMIT + 64 * 1024,
    KERNEL_BUFFER = 8192 /* small, so that all clients are stuck soon */
};

/* What came and could not be sent back yet; a record's worth at most. */
struct rest {
    size_t len;
    uint8_t data[16384];
};

struct echo {
    cssl_mailbox *mb;
    size_t stuck; /* how many connections have a rest */
    size_t ended; /* how many connections are over */
    size_t peak;  /* of the heap */
};

static size_t heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static size_t resident(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%*u %lu", &pages), 1);
    (void)fclose(f);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void small_buffers(int fd)
{
    int size = KERNEL_BUFFER;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* ---- The clients, in a process of their own ---- */

static void push(cssl_socket *s)
{
    static const uint8_t data[16384];
    cssl_error err;
    ssize_t n;
    while ((n = cssl_send_some(s, data, sizeof(data), &err)) == (ssize_t)sizeof(data)) {
    }
    in_child(n >= 0); /* CSSL_EV_WRITABLE comes when there is room again */
}

/* Never reads, ends with the pipe. */
static _Noreturn void run_clients(uint16_t port, int until)
{
    cssl_error err;
    cssl_event ev;
    cssl_options options = client_options();
    options.send_limit = SEND_LIMIT;
    cssl_config *config = cssl_client_config(&options, &err);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    in_child(config != NULL && mb != NULL);
    in_child(cssl_mailbox_watch(mb, until, POLLIN, NULL, &err) == 0);
    for (int i = 0; i < CLIENTS; i++) {
        int fd = raw_connect(port);
        small_buffers(fd);
        cssl_socket *s = cssl_connect_fd_with(fd, "localhost", config, PATIENCE, &err);
        in_child(s != NULL);
        in_child(cssl_set_active(s, mb, CSSL_PASSIVE, &err) == 0);
        push(s);
    }
    for (;;) {
        in_child(cssl_receive(mb, &ev, CSSL_INFINITY, &err) == 0);
        if (ev.type == CSSL_EV_FD) {
            _exit(0);
        }
        in_child(ev.type == CSSL_EV_WRITABLE);
        push(ev.socket);
    }
}

/* ---- The server ---- */

static void send_back(struct echo *e, cssl_socket *s, const uint8_t *data, size_t len)
{
    cssl_error err;
    struct rest *rest = cssl_user(s);
    ssize_t n = cssl_send_some(s, data, len, &err);
    ok(n, &err);
    if (n == (ssize_t)len) {
        e->stuck -= rest != NULL ? 1 : 0;
        cssl_set_user(s, NULL);
        free(rest);
        ok(cssl_set_active(s, NULL, CSSL_ONCE, &err), &err);
        return;
    }
    if (rest == NULL) {
        rest = malloc(sizeof(*rest));
        assert_non_null(rest);
        e->stuck++;
    }
    cssl_set_user(s, rest);
    rest->len = len - (size_t)n;
    assert_true(rest->len <= sizeof(rest->data));
    memmove(rest->data, data + n, rest->len);
}

static void handle(struct echo *e, const cssl_event *ev)
{
    cssl_error err;
    struct rest *rest = ev->user;
    switch (ev->type) {
    case CSSL_EV_ACCEPTED: break;
    case CSSL_EV_CONNECTED: ok(cssl_set_active(ev->socket, NULL, CSSL_ONCE, &err), &err); break;
    case CSSL_EV_DATA: send_back(e, ev->socket, ev->data.data, ev->data.len); break;
    case CSSL_EV_WRITABLE:
        if (rest != NULL) {
            send_back(e, ev->socket, rest->data, rest->len);
        }
        break;
    case CSSL_EV_CLOSED:
    case CSSL_EV_ERROR:
        e->stuck -= rest != NULL ? 1 : 0;
        e->ended++;
        free(rest);
        cssl_close(ev->socket, 0, NULL);
        break;
    default: assert_int_equal(ev->type, CSSL_EV_DATA);
    }
    size_t now = heap();
    e->peak = now > e->peak ? now : e->peak;
}

static void until_all_are_stuck(struct echo *e)
{
    while (e->stuck < CLIENTS) {
        cssl_event ev = next(e->mb);
        handle(e, &ev);
    }
}

/* Somebody who reads is served as if the others were not there. */
static void serve_one_more(struct echo *e, uint16_t port)
{
    cssl_error err;
    cssl_options options = client_options();
    options.server_name_indication = "localhost";
    cssl_config *config = cssl_client_config(&options, &err);
    ok(config == NULL ? -1 : 0, &err);
    cssl_socket *client = cssl_connect_start("127.0.0.1", port, config, e->mb, &err);
    ok(client == NULL ? -1 : 0, &err);
    for (;;) {
        cssl_event ev = next(e->mb);
        if (ev.socket != client) {
            handle(e, &ev);
        } else if (ev.type == CSSL_EV_CONNECTED) {
            ok(cssl_send_some(client, "hello", 5, &err), &err);
            ok(cssl_set_active(client, NULL, CSSL_ACTIVE, &err), &err);
        } else {
            assert_int_equal(ev.type, CSSL_EV_DATA);
            assert_int_equal(ev.data.len, 5);
            assert_memory_equal(ev.data.data, "hello", 5);
            break;
        }
    }
    cssl_close(client, 0, NULL);
    cssl_config_free(config);
}

static void at_most(const char *what, size_t have, size_t most)
{
    print_message("%s for %d clients that never read: %zu bytes, at most %zu\n", what, CLIENTS,
                  have, most);
    if (!SANITIZED) {
        assert_true(have <= most);
    }
}

static void test_clients_that_never_read(void **state)
{
    (void)state;
    cssl_error err;
    struct echo e = { .mb = cssl_mailbox_new(&err) };
    uint16_t port;
    int status;
    int alive[2];
    assert_non_null(e.mb);
    int fd = raw_listen(&port);
    small_buffers(fd); /* what is accepted inherits them */
    assert_int_equal(pipe(alive), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(alive[1]);
        (void)close(fd);
        run_clients(port, alive[0]);
    }
    (void)close(alive[0]);
    cssl_options options = server_options();
    options.send_limit = SEND_LIMIT;
    cssl_config *config = cssl_server_config(&options, &err);
    ok(config == NULL ? -1 : 0, &err);
    cssl_listener *listener = cssl_listen_fd(fd, config, &err);
    ok(listener == NULL ? -1 : 0, &err);
    ok(cssl_listener_set_mailbox(listener, e.mb, &err), &err);

    size_t heap_before = heap();
    size_t resident_before = resident();
    until_all_are_stuck(&e);
    serve_one_more(&e, port);
    until_all_are_stuck(&e);
    assert_true(e.ended <= 1); /* the one that was not one of them */
    at_most("heap", e.peak - heap_before, (size_t)CLIENTS * EACH_MAX);
    at_most("resident memory", resident() - resident_before, (size_t)CLIENTS * EACH_MAX);

    (void)close(alive[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    cssl_listener_close(listener);
    cssl_config_free(config);
    /* They are gone now: each connection ends, and nothing of it is left. */
    while (e.ended < CLIENTS + 1) {
        cssl_event ev = next(e.mb);
        handle(&e, &ev);
    }
    assert_int_equal(e.stuck, 0);
    cssl_mailbox_free(e.mb);
}

/* Room for both ends' descriptors, as far as this is allowed. */
static void more_descriptors(void)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static int setup(void **state)
{
    (void)state;
    more_descriptors();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_clients_that_never_read, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

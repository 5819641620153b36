/*
 * test_sockets.c - memory that runs out at each allocation in turn, while a mailbox listens,
 * connects to itself, shakes hands, talks and closes, and while blocking calls are made. Each time
 * somebody is told, and nothing crashes, leaks (under AddressSanitizer) or waits for ever.
 */
#include "out_of_memory.h"
#include "support.h"

#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 10000, EVENTS_MAX = 1000 };

#define CERTS CSSL_TEST_VECTORS "/../certs/"

static cssl_config *server_config, *client_config;

static int set_up(void **state)
{
    (void)state;
    const cssl_options server = { .certfile = CERTS "server.pem",
                                  .keyfile = CERTS "server.key.pem" };
    const cssl_options client = { .cacertfile = CERTS "ca.pem" };
    server_config = cssl_server_config(&server, NULL);
    client_config = cssl_client_config(&client, NULL);
    return server_config == NULL || client_config == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    cssl_config_free(server_config);
    cssl_config_free(client_config);
    return 0;
}

/* How a scenario ended. */
enum outcome { DONE, TOLD, SILENT };

/* handle plays both sides; true once the client was answered or something failed. */
static bool handle(const cssl_event *ev, cssl_socket *client, enum outcome *outcome)
{
    cssl_error err;
    int rc = 0;
    switch (ev->type) {
    case CSSL_EV_CONNECTED:
        rc = cssl_set_active(ev->socket, NULL, CSSL_ACTIVE, &err);
        if (rc == 0 && ev->socket == client) {
            rc = (int)cssl_send_some(client, "ping", 4, &err);
        }
        break;
    case CSSL_EV_DATA:
        if (ev->socket == client) {
            *outcome = DONE;
            return true;
        }
        rc = (int)cssl_send_some(ev->socket, ev->data.data, ev->data.len, &err);
        break;
    case CSSL_EV_ERROR: *outcome = TOLD; return true;
    default: break;
    }
    if (rc < 0) {
        *outcome = TOLD;
    }
    return rc < 0;
}

static enum outcome in_a_mailbox(void)
{
    cssl_error err;
    cssl_event ev;
    enum outcome outcome = SILENT;
    cssl_socket *client = NULL;
    cssl_listener *l = NULL;
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    if (mb == NULL || (l = cssl_listen_with(0, server_config, &err)) == NULL ||
        cssl_listener_set_mailbox(l, mb, &err) != 0 ||
        cssl_mailbox_timer(mb, 100000, NULL, &err) < 0 ||
        (client = cssl_connect_start("127.0.0.1", cssl_listener_port(l), client_config, mb,
                                     &err)) == NULL) {
        outcome = TOLD;
    }
    for (int i = 0; outcome == SILENT && i < EVENTS_MAX; i++) {
        int rc = cssl_receive(mb, &ev, PATIENCE, &err);
        if (rc == CSSL_TIMEOUT || (rc == 0 && handle(&ev, client, &outcome))) {
            break;
        }
    }
    if (client != NULL) {
        cssl_close(client, 0, NULL);
        (void)cssl_receive(mb, &ev, 0, &err);
    }
    cssl_mailbox_free(mb);
    cssl_listener_close(l);
    return outcome;
}

/* A server's socket that hears nothing, and one that is given back what it had received. */
static enum outcome with_blocking_calls(void)
{
    cssl_error err;
    int fds[2];
    enum outcome outcome = TOLD;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    cssl_socket *s = cssl_accept_fd(fds[0], server_config, &err);
    if (s == NULL) {
        (void)close(fds[0]);
    } else if (cssl_handshake(s, 0, &err) == CSSL_TIMEOUT) {
        outcome = DONE;
    }
    cssl_close(s, 0, NULL);
    if (cssl_connect_with("127.0.0.1", 0, client_config, PATIENCE, &err) != NULL ||
        cssl_connect_fd_with(fds[1], "localhost", client_config, 0, &err) != NULL) {
        outcome = SILENT;
    }
    (void)close(fds[1]);
    return outcome;
}

static void fail_each(enum outcome (*scenario)(void))
{
    plan.armed = true;
    plan.fail_at = 0;
    plan.count = 0;
    assert_int_equal(scenario(), DONE); /* once more than is counted: caches are warm then */
    plan.count = 0;
    assert_int_equal(scenario(), DONE);
    unsigned long num = plan.count;
    print_message("%lu allocations\n", num);
    assert_true(num > 3);
    for (int for_good = 0; for_good < 2; for_good++) {
        for (unsigned long i = 1; i <= num; i++) {
            plan.count = 0;
            plan.fail_at = i;
            plan.for_good = for_good == 1;
            enum outcome outcome = scenario();
            if (outcome == SILENT) {
                plan.armed = false;
                fail_msg("nobody was told that allocation %lu of %lu failed%s", i, num,
                         for_good ? " and all behind it" : "");
            }
        }
    }
    plan.armed = false;
    plan.fail_at = 0;
}

static void test_mailbox(void **state)
{
    (void)state;
    fail_each(in_a_mailbox);
}

static void test_blocking_calls(void **state)
{
    (void)state;
    fail_each(with_blocking_calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mailbox),
        cmocka_unit_test(test_blocking_calls),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

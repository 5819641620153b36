/* test_listen.c - listeners: addresses, ports, descriptors that run out, other processes. */
#include "peers.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool can_connect(const char *ip, uint16_t port)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    bool six = strchr(ip, ':') != NULL;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v6.sin6_addr = in6addr_loopback;
    int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    const struct sockaddr *to = six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    bool connected = connect(fd, to, six ? sizeof(v6) : sizeof(v4)) == 0;
    (void)close(fd);
    return connected;
}

static bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return has;
}

static void test_both_families(void **state)
{
    (void)state;
    cssl_error err;
    cssl_options options = server_options();
    cssl_listener *l = cssl_listen(0, &options, &err);
    ok(l == NULL ? -1 : 0, &err);
    uint16_t port = cssl_listener_port(l);
    struct sockaddr_storage addr;
    ok(cssl_listener_sockname(l, &addr, &err), &err);
    assert_true(port > 0);
    assert_true(can_connect("127.0.0.1", port));
    assert_int_equal(can_connect("::1", port), has_ipv6());
    cssl_socket *s = cssl_transport_accept(l, PATIENCE, &err);
    assert_non_null(s);
    cssl_close(s, 0, NULL);
    cssl_listener_close(l);
    assert_false(can_connect("127.0.0.1", port));
}

static void test_one_address(void **state)
{
    (void)state;
    static const struct {
        const char *ip;
        bool v6, v4, v6_only;
    } cases[] = {
        { "127.0.0.1", false, true, false }, { "::1", true, false, false },
        { "::", true, true, false },         { "::", true, false, true },
        { NULL, true, false, true },         { "0.0.0.0", false, true, false },
    };
    cssl_error err;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (cases[i].v6 && !has_ipv6()) {
            continue;
        }
        cssl_options options = server_options();
        options.ip = cases[i].ip;
        options.ipv6_only = cases[i].v6_only;
        cssl_listener *l = cssl_listen(0, &options, &err);
        ok(l == NULL ? -1 : 0, &err);
        uint16_t port = cssl_listener_port(l);
        assert_int_equal(can_connect("127.0.0.1", port), cases[i].v4);
        assert_int_equal(can_connect("::1", port), cases[i].v6);
        cssl_listener_close(l);
    }
    cssl_options options = server_options();
    options.ip = "192.0.2.77"; /* for documentation: nobody has it */
    assert_null(cssl_listen(0, &options, &err));
    assert_int_equal(err.status, CSSL_OPTION);
    assert_string_equal(err.option, "ip");
    options.ip = "localhost";
    assert_null(cssl_listen(0, &options, &err));
    assert_int_equal(err.status, CSSL_OPTION);
    assert_string_equal(err.option, "ip");
}

static void test_port_in_use(void **state)
{
    (void)state;
    cssl_error err;
    char port_text[16];
    cssl_options options = server_options();
    cssl_listener *l = cssl_listen(0, &options, &err);
    assert_non_null(l);
    uint16_t port = cssl_listener_port(l);
    assert_null(cssl_listen(port, &options, &err));
    assert_int_equal(err.status, CSSL_SYSTEM);
    assert_int_equal(err.reason, CSSL_R_PORT_IN_USE);
    assert_int_equal(err.posix, EADDRINUSE);
    (void)snprintf(port_text, sizeof(port_text), " %u ", port);
    assert_non_null(strstr(err.text, port_text));
    cssl_listener_close(l);
    /* And free again at once. */
    l = cssl_listen(port, &options, &err);
    ok(l == NULL ? -1 : 0, &err);
    cssl_listener_close(l);
    options.reuseport = true;
    l = cssl_listen(0, &options, &err);
    ok(l == NULL ? -1 : 0, &err);
    cssl_listener *second = cssl_listen(cssl_listener_port(l), &options, &err);
    ok(second == NULL ? -1 : 0, &err);
    cssl_listener_close(second);
    cssl_listener_close(l);
}

static void test_descriptor_that_listens(void **state)
{
    (void)state;
    cssl_error err;
    uint16_t port;
    int fd = raw_listen(&port);
    int copy = dup(fd);
    cssl_options options = server_options();
    cssl_config *config = cssl_server_config(&options, &err);
    assert_non_null(config);
    cssl_listener *l = cssl_listen_fd(fd, config, &err);
    ok(l == NULL ? -1 : 0, &err);
    assert_int_equal(cssl_listener_port(l), port);
    cssl_listener_close(l);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_true(can_connect("127.0.0.1", port)); /* somebody else goes on with it */
    (void)close(copy);
    fd = raw_listen(&port);
    int connected = raw_connect(port);
    assert_null(cssl_listen_fd(connected, config, &err));
    assert_int_equal(err.reason, CSSL_R_LISTEN);
    assert_null(cssl_listen_fd(-1, config, &err));
    (void)close(connected);
    (void)close(fd);
    cssl_config_free(config);
}

static int accept_until_closed(struct job *job)
{
    cssl_socket *s = cssl_transport_accept(job->arg, CSSL_INFINITY, &job->err);
    cssl_close(s, 0, NULL);
    return s != NULL ? 0 : (int)job->err.status;
}

/* Two threads wait, one connection comes, then the listener is shut down. */
static void test_shutdown_wakes_those_who_wait(void **state)
{
    (void)state;
    cssl_error err;
    struct job jobs[2];
    cssl_options options = server_options();
    cssl_listener *l = cssl_listen(0, &options, &err);
    assert_non_null(l);
    for (int i = 0; i < 2; i++) {
        job_start(&jobs[i], accept_until_closed, l);
    }
    int fd = raw_connect(cssl_listener_port(l));
    uint8_t end;
    assert_true(recv(fd, &end, 1, 0) <= 0); /* whoever took it has closed it */
    (void)close(fd);
    cssl_listener_shutdown(l);
    int rc = job_end(&jobs[0]);
    int rc2 = job_end(&jobs[1]);
    assert_null(cssl_transport_accept(l, CSSL_INFINITY, &err));
    assert_int_equal(err.status, CSSL_CLOSED);
    assert_false(can_connect("127.0.0.1", cssl_listener_port(l)));
    cssl_listener_close(l);
    assert_true((rc == 0 && rc2 == CSSL_CLOSED) || (rc == CSSL_CLOSED && rc2 == 0));
}

static int handshake_all(struct job *job)
{
    for (;;) {
        cssl_socket *s = cssl_transport_accept(job->arg, CSSL_INFINITY, &job->err);
        if (s == NULL) {
            return (int)job->err.status;
        }
        int rc = cssl_handshake(s, PATIENCE, &job->err);
        cssl_close(s, PATIENCE, NULL);
        if (rc != 0) {
            return rc;
        }
    }
}

/* Four threads accept while the config is changed: each connection has the one or the other. */
static void test_config_changes_under_way(void **state)
{
    (void)state;
    enum { THREADS = 4, CONNECTIONS = 60 };
    cssl_error err;
    struct job jobs[THREADS];
    cssl_config *configs[2];
    static const char *const names[2] = { "one", "two" };
    bool seen[2] = { false, false };
    for (int i = 0; i < 2; i++) {
        const char *const list[] = { names[i], NULL };
        cssl_options options = server_options();
        options.alpn_protocols = list;
        configs[i] = cssl_server_config(&options, &err);
        ok(configs[i] == NULL ? -1 : 0, &err);
    }
    cssl_listener *l = cssl_listen_with(0, configs[0], &err);
    assert_non_null(l);
    for (int i = 0; i < THREADS; i++) {
        job_start(&jobs[i], handshake_all, l);
    }
    const char *const both[] = { "one", "two", NULL };
    cssl_options options = client_options();
    options.alpn_protocols = both;
    cssl_config *client = cssl_client_config(&options, &err);
    assert_non_null(client);
    for (int i = 0; i < CONNECTIONS; i++) {
        cssl_info info;
        ok(cssl_listener_set_config(l, configs[i % 2], &err), &err);
        cssl_socket *s =
            cssl_connect_with("localhost", cssl_listener_port(l), client, PATIENCE, &err);
        ok(s == NULL ? -1 : 0, &err);
        cssl_connection_information(s, &info);
        seen[0] = seen[0] || strcmp(info.alpn_protocol, "one") == 0;
        seen[1] = seen[1] || strcmp(info.alpn_protocol, "two") == 0;
        ok(cssl_close(s, PATIENCE, &err), &err);
    }
    cssl_listener_shutdown(l);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(job_end(&jobs[i]), CSSL_CLOSED);
    }
    cssl_listener_close(l);
    assert_true(seen[0] && seen[1]);
    cssl_config_free(client);
    cssl_config_free(configs[0]);
    cssl_config_free(configs[1]);
}

static void few_descriptors(void)
{
    cssl_error err;
    cssl_options options = server_options();
    cssl_listener *l = cssl_listen(0, &options, &err);
    in_child(l != NULL);
    int raw = raw_connect(cssl_listener_port(l));
    int highest = dup(0);
    const struct rlimit limit = { .rlim_cur = (rlim_t)highest, .rlim_max = (rlim_t)highest };
    in_child(close(highest) == 0);
    in_child(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    in_child(cssl_transport_accept(l, PATIENCE, &err) == NULL);
    in_child(err.status == CSSL_SYSTEM && err.posix == EMFILE);
    in_child(err.reason == CSSL_R_DESCRIPTORS && strstr(err.text, "ulimit") != NULL);
    in_child(cssl_listen(0, &options, &err) == NULL);
    in_child(err.reason != CSSL_R_DESCRIPTORS || err.posix == EMFILE);
    in_child(cssl_mailbox_new(&err) == NULL);
    in_child(err.posix == EMFILE);
    options = client_options();
    in_child(cssl_connect("127.0.0.1", 1, &options, PATIENCE, &err) == NULL);
    /* Once there is one, the connection that waited is accepted. */
    in_child(close(raw) == 0);
    cssl_socket *s = cssl_transport_accept(l, PATIENCE, &err);
    in_child(s != NULL);
    cssl_close(s, 0, NULL);
    cssl_listener_close(l);
    _exit(0);
}

static void test_no_descriptors_left(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        few_descriptors();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A child that frees what it inherited disturbs nobody. */
static void test_child_only_frees(void **state)
{
    (void)state;
    struct pair p;
    cssl_error err;
    cssl_event event;
    char got[8];
    int status = 0;
    pair_open(&p, NULL, NULL);
    cssl_mailbox *mb = cssl_mailbox_new(&err);
    assert_non_null(mb);
    ok(cssl_set_active(p.server, mb, CSSL_ACTIVE, &err), &err);
    assert_int_equal(cssl_receive(mb, &event, 0, &err), CSSL_TIMEOUT);
    cssl_options options = client_options();
    cssl_config *config = cssl_client_config(&options, &err);
    assert_non_null(config);
    cssl_socket *arriving = cssl_connect_start("localhost", 1, config, mb, &err);
    assert_non_null(arriving);
    cssl_config_free(config);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        cssl_close(p.server, PATIENCE, NULL); /* out of the mailbox, which is freed behind it */
        cssl_close(arriving, PATIENCE, NULL);
        cssl_mailbox_free(mb);
        cssl_close(p.client, PATIENCE, NULL);
        cssl_listener_close(p.listener);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    ok(cssl_receive(mb, &event, PATIENCE, &err), &err);
    assert_int_equal(event.type, CSSL_EV_ERROR);
    assert_ptr_equal(event.socket, arriving);
    cssl_close(arriving, 0, NULL);
    ok(cssl_send(p.client, "here", 4, PATIENCE, &err), &err);
    ok(cssl_receive(mb, &event, PATIENCE, &err), &err);
    assert_int_equal(event.type, CSSL_EV_DATA);
    ok(cssl_send(p.server, "there", 5, PATIENCE, &err), &err);
    ok(cssl_recv_exact(p.client, got, 5, PATIENCE, &err), &err);
    assert_true(can_connect("127.0.0.1", cssl_listener_port(p.listener)));
    ok(cssl_set_active(p.server, NULL, CSSL_PASSIVE, &err), &err);
    cssl_mailbox_free(mb);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_families),
        cmocka_unit_test(test_one_address),
        cmocka_unit_test(test_port_in_use),
        cmocka_unit_test(test_descriptor_that_listens),
        cmocka_unit_test(test_shutdown_wakes_those_who_wait),
        cmocka_unit_test(test_config_changes_under_way),
        cmocka_unit_test(test_no_descriptors_left),
        cmocka_unit_test(test_child_only_frees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

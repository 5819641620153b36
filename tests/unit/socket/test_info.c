/* test_info.c - what may be asked of a socket before its handshake, after it, and by whom. */
#include "sock_support.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

static void test_before_the_handshake(void **state)
{
    (void)state;
    struct socks p;
    struct {
        cssl_info info;
        uint8_t more[8];
    } roomy;
    cssl_error err;
    cssl_bytes der;
    uint8_t out[64];
    size_t len = sizeof(out);
    cssl_stat stat;
    socks_new(&p);
    memset(&roomy, 0xa5, sizeof(roomy));
    cssl_connection_information_sized(p.client, &roomy.info, sizeof(roomy));
    assert_string_equal(roomy.info.protocol, "");
    assert_string_equal(roomy.info.client_signature_scheme, "");
    assert_string_equal(roomy.info.alpn_protocol, "");
    assert_int_equal(roomy.more[0] | roomy.more[7], 0);
    memset(&roomy, 0xa5, sizeof(roomy));
    cssl_connection_information_sized(p.client, &roomy.info, sizeof(const char *));
    assert_string_equal(roomy.info.protocol, "");
    assert_int_equal(((const uint8_t *)&roomy)[sizeof(const char *)], 0xa5);
    assert_int_equal(cssl_peercert(p.client, 0, &der, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_NOT_NOW);
    assert_int_equal(cssl_export_key_material(p.client, "EXPORTER-a", bytes_of(NULL, 0), out, 32,
                                              &err),
                     CSSL_STATE);
    assert_int_equal(cssl_channel_binding(p.client, "tls-exporter", out, &len, &err), CSSL_STATE);
    assert_int_equal(cssl_getstat(p.client, &stat, &err), 0);
    assert_int_equal(stat.recv_oct + stat.recv_cnt + stat.send_oct + stat.send_cnt, 0);
    assert_int_equal(stat.send_pend, 0);
    socks_free(&p);
}

static void test_after_it(void **state)
{
    (void)state;
    struct socks p;
    cssl_info info;
    cssl_error err;
    cssl_bytes der;
    uint8_t a[32], b[32];
    size_t len = sizeof(a);
    socks_open(&p);
    cssl_connection_information(p.server, &info);
    assert_string_equal(info.protocol, "tlsv1.3");
    assert_int_equal(cssl_peercert(p.client, 0, &der, &err), 0);
    assert_true(der.len > 0);
    assert_int_equal(cssl_peercert(p.server, 0, &der, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_NO_PEERCERT);
    assert_int_equal(cssl_channel_binding(p.client, "tls-exporter", a, &len, &err), 0);
    assert_int_equal(cssl_export_key_material(p.server, "EXPORTER-Channel-Binding",
                                              bytes_of(NULL, 0), b, sizeof(b), &err),
                     0);
    assert_memory_equal(a, b, sizeof(a)); /* RFC 9266 4 */
    socks_free(&p);
}

static void test_counts(void **state)
{
    (void)state;
    struct socks p;
    cssl_stat client, server;
    cssl_error err;
    socks_open(&p);
    assert_int_equal(cssl_engine_write(p.client->engine, "x", 1, NULL), 1);
    assert_int_equal(cssl_getstat(p.client, &client, &err), 0);
    const uint64_t pending = client.send_pend;
    assert_true(pending > 0);
    assert_int_equal(sock_push(p.client, NULL), 0);
    assert_int_equal(sock_pull(p.server), 0);
    assert_int_equal(cssl_getstat(p.client, &client, &err), 0);
    assert_int_equal(cssl_getstat(p.server, &server, &err), 0);
    assert_int_equal(client.send_pend, 0);
    assert_int_equal(client.send_oct, server.recv_oct);
    assert_int_equal(server.send_oct, client.recv_oct);
    assert_true(client.send_cnt > 0 && server.recv_cnt > 0);
    memset(&server, 0xa5, sizeof(server));
    assert_int_equal(cssl_getstat_sized(p.client, &server, sizeof(uint64_t), &err), 0);
    assert_int_equal(server.recv_oct, client.recv_oct);
    assert_int_equal(server.recv_cnt, UINT64_C(0xa5a5a5a5a5a5a5a5));
    assert_int_equal(cssl_getstat(p.client, NULL, &err), CSSL_STATE);
    assert_int_equal(err.reason, CSSL_R_ARGUMENT);
    assert_false(p.client->sending); /* the half was given back */
    socks_free(&p);
}

static void test_addresses(void **state)
{
    (void)state;
    struct socks p;
    struct sockaddr_storage addr;
    cssl_error err;
    socks_new(&p);
    assert_int_equal(cssl_peername(p.client, &addr, &err), 0);
    assert_int_equal(addr.ss_family, AF_UNIX);
    assert_int_equal(cssl_sockname(p.client, &addr, &err), 0);
    assert_int_equal(addr.ss_family, AF_UNIX);
    (void)close(p.client->fd);
    p.client->fd = -1;
    memset(&addr, 0xa5, sizeof(addr));
    assert_int_equal(cssl_peername(p.client, &addr, &err), CSSL_SYSTEM);
    assert_int_equal(err.posix, EBADF);
    assert_int_equal(addr.ss_family, AF_UNSPEC); /* nothing that was there before */
    assert_int_equal(cssl_sockname(p.client, &addr, &err), CSSL_SYSTEM);
    socks_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_the_handshake),
        cmocka_unit_test(test_after_it),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_addr.c - IP addresses, localhost, and what is no host at all. */
#include "support.h"

#include "socket/addr.h"

#include <arpa/inet.h>

static void test_hosts_that_may_be_looked_up(void **state)
{
    (void)state;
    static const char *const hosts[] = { "example.org", "example.org.",
                                         "a",           "127.0.0.1",
                                         "::1",         "fe80::1%lo",
                                         "x_y.de",      "xn--bcher-kva.example" };
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        cssl_error err = { .status = CSSL_OK };
        assert_int_equal(addr_check(hosts[i], &err), 0);
    }
}

static void test_what_is_no_host(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        uint16_t reason;
        const char *says;
    } cases[] = {
        { NULL, CSSL_R_HOST_MALFORMED, "empty" },
        { "", CSSL_R_HOST_MALFORMED, "empty" },
        { "https://example.org", CSSL_R_HOST_MALFORMED, "scheme" },
        { "[::1]", CSSL_R_HOST_MALFORMED, "brackets" },
        { "two words", CSSL_R_HOST_MALFORMED, "alone" },
        { "line\nbreak", CSSL_R_HOST_MALFORMED, "\\x0a" },
        { "b\xc3\xbc"
          "cher.example",
          CSSL_R_HOST_MALFORMED, "xn--" },
        { "nobody.invalid", CSSL_R_HOST_NOT_FOUND, "nobody.invalid" },
        { "nobody.INVALID.", CSSL_R_HOST_NOT_FOUND, "no address" },
        { "abc.onion", CSSL_R_HOST_NOT_FOUND, "no address" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cssl_error err = { .status = CSSL_OK };
        int rc = addr_check(cases[i].host, &err);
        assert_true(rc < 0);
        assert_int_equal(err.status, rc);
        assert_int_equal(err.reason, cases[i].reason);
        assert_non_null(strstr(err.text, cases[i].says));
    }
    char name[256];
    memset(name, 'a', sizeof(name));
    name[253] = '\0';
    assert_int_equal(addr_check(name, NULL), 0);
    name[253] = 'a';
    name[254] = '\0';
    assert_int_equal(addr_check(name, NULL), CSSL_STATE);
    name[253] = '.'; /* the root's dot does not count */
    assert_int_equal(addr_check(name, NULL), 0);
}

static void test_literals(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        size_t v6, v4;
        const char *text;
    } cases[] = {
        { "192.0.2.1", 0, 1, "192.0.2.1" },
        { "2001:db8::1", 1, 0, "2001:db8::1" },
        { "2001:DB8:0::1", 1, 0, "2001:db8::1" },
        { "localhost", 1, 1, "::1" },
        { "LocalHost.", 1, 1, "::1" },
        { "a.localhost", 1, 1, "::1" },
        { "::1%lo", 1, 0, "::1" },
    };
    static const char *const others[] = {
        "example.org",  "1.2.3",
        "1.2.3.4.5",    "mylocalhost",
        "0x7f.1",       "localhost.example",
        "::1%nodevice", "1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20"
    };
    struct addrs a;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[ADDR_TEXT];
        assert_true(addr_literal(cases[i].host, 443, &a));
        assert_int_equal(a.of[FAMILY_V6].num, cases[i].v6);
        assert_int_equal(a.of[FAMILY_V4].num, cases[i].v4);
        const struct addr_list *first = &a.of[cases[i].v6 > 0 ? FAMILY_V6 : FAMILY_V4];
        addr_text(&first->items[0], text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(
            ntohs(cases[i].v6 > 0 ? first->items[0].v6.sin6_port : first->items[0].v4.sin_port),
            443);
    }
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        assert_false(addr_literal(others[i], 443, &a));
    }
}

static void test_unmapping(void **state)
{
    (void)state;
    struct sockaddr_storage a;
    union addr u;
    assert_true(addr_parse("::ffff:192.0.2.7", 80, &u));
    memset(&a, 0, sizeof(a));
    memcpy(&a, &u, sizeof(u));
    addr_unmap(&a);
    memcpy(&u, &a, sizeof(u));
    assert_int_equal(u.any.sa_family, AF_INET);
    assert_int_equal(ntohs(u.v4.sin_port), 80);
    assert_int_equal(ntohl(u.v4.sin_addr.s_addr), 0xc0000207);
    assert_true(addr_parse("::1", 80, &u));
    memcpy(&a, &u, sizeof(u));
    addr_unmap(&a);
    assert_int_equal(a.ss_family, AF_INET6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_that_may_be_looked_up),
        cmocka_unit_test(test_what_is_no_host),
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_unmapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

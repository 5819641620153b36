/* test_facts.c - addresses, certificates and errors as facts, and how they are shown. */
#include "serve_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static void test_address(void **state)
{
    (void)state;
    static const struct {
        int family;
        const char *address, *text;
    } rows[] = {
        { AF_INET, "192.0.2.1", "192.0.2.1:443" },
        { AF_INET6, "2001:db8::1", "[2001:db8::1]:443" },
        { AF_INET6, "::ffff:192.0.2.1", "192.0.2.1:443" },
        { AF_INET6, "::", "[::]:443" },
        { AF_UNSPEC, NULL, "unknown" },
        { AF_UNIX, NULL, "unknown" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sockaddr_storage a = { .ss_family = (sa_family_t)rows[i].family };
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(443) };
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(443) };
        char text[ADDRESS_MAX];
        if (rows[i].family == AF_INET) {
            assert_int_equal(inet_pton(AF_INET, rows[i].address, &in.sin_addr), 1);
            memcpy(&a, &in, sizeof(in));
        } else if (rows[i].family == AF_INET6) {
            assert_int_equal(inet_pton(AF_INET6, rows[i].address, &in6.sin6_addr), 1);
            memcpy(&a, &in6, sizeof(in6));
        }
        facts_address(text, &a);
        assert_string_equal(text, rows[i].text);
    }
}

/* Facts that are empty are passed over; booleans are yes and no; what is shown is printable. */
static void test_next(void **state)
{
    (void)state;
    static const char *const expected[][2] = {
        { "Peer", "192.0.2.1:1" },
        { "Application (ALPN)", "h2\\x1b" },
        { "Resumed", "yes" },
        { "HelloRetryRequest", "no" },
        { "Records it takes", "1000 bytes at most" },
    };
    json_t *facts = json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:i, s:i}", "peer", "192.0.2.1:1",
                              "server_name", "", "alpn", "h2\x1b", "resumed", 1, "hello_retry", 0,
                              "not_shown", "x", "group", 7, "record_size_limit", 1000);
    assert_non_null(facts);
    size_t i = 0;
    size_t num = 0;
    const char *label = NULL;
    char *value;
    while ((value = facts_next(facts, &i, &label)) != NULL) {
        assert_true(num < ARRAY_SIZE(expected));
        assert_string_equal(label, expected[num][0]);
        assert_string_equal(value, expected[num][1]);
        free(value);
        num++;
    }
    assert_int_equal(num, ARRAY_SIZE(expected));
    assert_null(facts_next(facts, &i, &label)); /* and stays at the end */
    json_decref(facts);
}

static void test_error(void **state)
{
    (void)state;
    static const struct {
        uint16_t reason;
        const char *status;
        bool alert;
    } rows[] = {
        { CSSL_R_TIMEOUT, "timeout", false },
        { CSSL_R_NOMEM, "nomem", false },
        { CSSL_R_UNKNOWN_CA, "alert", true },
        { CSSL_R_NOT_NOW, "state", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err = { .text = "" };
        (void)fail(&err, (cssl_reason)rows[i].reason);
        json_t *j = facts_error(&err);
        assert_string_equal(json_string_value(json_object_get(j, "status")), rows[i].status);
        assert_string_equal(json_string_value(json_object_get(j, "reason")),
                            cssl_reason_name(rows[i].reason));
        assert_string_equal(json_string_value(json_object_get(j, "text")), err.text);
        assert_int_equal(json_object_get(j, "alert") != NULL, rows[i].alert);
        assert_int_equal(json_object_get(j, "alert_from_peer") != NULL, rows[i].alert);
        json_decref(j);
    }
    cssl_error err = { .text = "" };
    (void)fail_peer_alert(&err, 48);
    json_t *j = facts_error(&err);
    assert_string_equal(json_string_value(json_object_get(j, "alert")), "unknown_ca");
    assert_true(json_is_true(json_object_get(j, "alert_from_peer")));
    json_decref(j);
}

static uint8_t *read_der(size_t *len)
{
    uint8_t room[8192];
    FILE *f = fopen(CERTS "server.der", "rb");
    assert_non_null(f);
    *len = fread(room, 1, sizeof(room), f);
    (void)fclose(f);
    assert_in_range(*len, 100, sizeof(room) - 1);
    return test_copy(room, *len);
}

static void truncated(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    assert_null(facts_certificate(bytes_of(data, len)));
}

static void test_certificate(void **state)
{
    (void)state;
    size_t len;
    uint8_t *der = read_der(&len);
    json_t *j = facts_certificate(bytes_of(der, len));
    assert_non_null(j);
    has(json_string_value(json_object_get(j, "subject")), "CN=");
    has(json_string_value(json_object_get(j, "issuer")), "CN=");
    assert_int_equal(strlen(json_string_value(json_object_get(j, "sha256"))), 64);
    const char *before = json_string_value(json_object_get(j, "not_before"));
    assert_true(strcmp(before, json_string_value(json_object_get(j, "not_after"))) < 0);
    json_decref(j);
    for_each_truncation(der, len, truncated, NULL);
    free(der);
}

static void test_print(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    json_t *facts = json_pack("{s:s, s:[{s:s, s:s, s:s, s:s}, {}]}", "peer", "here",
                              "certificates", "subject", "CN=a", "issuer", "CN=b", "not_before",
                              "2026-03-01T12:00:00Z", "not_after", "2027-03-01T12:00:00Z");
    assert_non_null(facts);
    facts_print(f, facts);
    facts_print_chain(f, NULL); /* nothing to show */
    assert_int_equal(fclose(f), 0);
    assert_string_equal(text, "  Peer                here\n"
                              "  Certificate         0  CN=a\n"
                              "                         issued by CN=b\n"
                              "                         valid 2026-03-01 to 2027-03-01\n"
                              "                      1  \n"
                              "                         issued by \n"
                              "                         valid  to \n");
    free(text);
    json_decref(facts);
}

/* Both ends see each other's addresses; only the client was shown a certificate. */
static void test_of_connection(void **state)
{
    (void)state;
    struct ends e;
    char peer[ADDRESS_MAX];
    char local[ADDRESS_MAX];
    char subject[SUBJECT_MAX];
    ends_open(&e, NULL, NULL);
    facts_peer(peer, e.client);
    facts_local(local, e.server);
    assert_string_equal(peer, local);
    facts_subject(subject, e.client);
    has(subject, "CN=");
    facts_subject(subject, e.server);
    assert_string_equal(subject, "");
    for (int side = 0; side < 2; side++) {
        json_t *facts = facts_of(side == 0 ? e.client : e.server);
        assert_int_equal(json_is_true(json_object_get(facts, "peer_verified")), side == 0);
        assert_string_equal(json_string_value(json_object_get(facts, "protocol")), "tlsv1.3");
        assert_string_equal(json_string_value(json_object_get(facts, "alpn")), "");
        assert_int_equal(json_array_size(json_object_get(facts, "certificates")) > 0, side == 0);
        json_decref(facts);
    }
    ends_close(&e);
}

/* What a version has no notion of is not said of it. */
static void test_of_versions(void **state)
{
    (void)state;
    static const char *const suites[] = { NULL, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                          "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" };
    for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
        struct ends e;
        const char *const list[] = { suites[i], NULL };
        const cssl_options server = { .certfile = CERTS "server.pem",
                                      .keyfile = CERTS "server.key.pem",
                                      .record_size_limit = 2000,
                                      .ciphers = i > 0 ? list : NULL };
        const cssl_options client = { .cacertfile = CERTS "ca.pem",
                                      .record_size_limit = 1000,
                                      .ciphers = i > 0 ? list : NULL };
        ends_open(&e, &server, &client);
        json_t *facts = facts_of(e.client);
        assert_string_equal(json_string_value(json_object_get(facts, "protocol")),
                            i == 0 ? "tlsv1.3" : "tlsv1.2");
        assert_int_equal(json_object_get(facts, "session_id") != NULL, i > 0);
        assert_int_equal(json_is_true(json_object_get(facts, "extended_master_secret")), i > 0);
        assert_int_equal(json_is_true(json_object_get(facts, "secure_renegotiation")), i > 0);
        assert_int_equal(json_is_true(json_object_get(facts, "encrypt_then_mac")), i == 2);
        assert_int_equal(json_object_get(facts, "encrypt_then_mac") != NULL, i == 2);
        assert_int_equal(json_integer_value(json_object_get(facts, "record_size_limit")), 2000);
        assert_null(json_object_get(facts, "max_fragment_length"));
        assert_string_equal(json_string_value(json_object_get(facts, "staple")), "");
        json_decref(facts);
        ends_close(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address), cmocka_unit_test(test_next),
        cmocka_unit_test(test_error),   cmocka_unit_test(test_certificate),
        cmocka_unit_test(test_print),   cmocka_unit_test(test_of_connection),
        cmocka_unit_test(test_of_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_connect_trust.c - why a server is not trusted: judged with the checks of the handshake, and
 * never better than them. */
#include "serve_support.h"

#include "cli/connect.h"

/* judge says what is thought of the server of e, which the handshake did not verify. */
static void judge(struct trust *trust, const struct ends *e, const char *host, const char *name,
                  const char *cacert)
{
    struct connect_args a = { .name = name, .cacert = cacert };
    (void)snprintf(a.host, sizeof(a.host), "%s", host);
    memset(trust, 0, sizeof(*trust));
    trust_judge(trust, &a, e->client);
}

static void test_judge(void **state)
{
    (void)state;
    static const struct {
        const char *host, *name, *cacert;
        bool trusted;
        cssl_reason reason; /* when it is not */
    } rows[] = {
        { "localhost", NULL, CERTS "ca.pem", true, CSSL_R_UNKNOWN_CA },
        { "other.example", "localhost", CERTS "ca.pem", true, CSSL_R_UNKNOWN_CA },
        { "other.example", NULL, CERTS "ca.pem", false, CSSL_R_HOSTNAME_MISMATCH },
        { "localhost", "other.example", CERTS "ca.pem", false, CSSL_R_HOSTNAME_MISMATCH },
        { "localhost", NULL, CERTS "other-ca.pem", false, CSSL_R_UNKNOWN_CA },
    };
    struct ends e;
    const cssl_options trusting = { .verify = CSSL_VERIFY_NONE };
    ends_open(&e, NULL, &trusting);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct trust trust;
        judge(&trust, &e, rows[i].host, rows[i].name, rows[i].cacert);
        assert_int_equal(trust.trusted, rows[i].trusted);
        assert_true(json_array_size(trust.certificates) > 0);
        if (!rows[i].trusted) {
            assert_int_equal(trust.why.reason, rows[i].reason);
            assert_true(strlen(trust.why.text) > 10);
        }
        trust_free(&trust);
        assert_null(trust.certificates);
        trust_free(&trust); /* once more does no harm */
    }
    struct trust trust; /* authorities that cannot be read trust nobody */
    judge(&trust, &e, "localhost", NULL, CERTS "no-such-file.pem");
    assert_false(trust.trusted);
    has(trust.why.text, "no-such-file.pem");
    trust_free(&trust);
    ends_close(&e);
}

/* What the handshake has verified is not judged again. */
static void test_verified(void **state)
{
    (void)state;
    struct ends e;
    struct trust trust;
    ends_open(&e, NULL, NULL);
    judge(&trust, &e, "other.example", NULL, CERTS "other-ca.pem");
    assert_true(trust.trusted);
    trust_free(&trust);
    ends_close(&e);
}

/* A peer that showed nothing is not trusted. */
static void test_no_certificate(void **state)
{
    (void)state;
    struct ends e;
    struct trust trust = { .trusted = true };
    struct connect_args a = { .cacert = CERTS "ca.pem", .host = "localhost" };
    ends_open(&e, NULL, NULL);
    trust_judge(&trust, &a, e.server);
    assert_false(trust.trusted);
    assert_int_equal(json_array_size(trust.certificates), 0);
    has(trust.why.text, "showed no certificate");
    trust_free(&trust);
    ends_close(&e);
}

static void *serve_one(void *arg)
{
    struct ends *e = arg;
    cssl_socket *s = cssl_transport_accept(e->listener, PATIENCE, &e->err);
    e->rc = s == NULL ? e->err.status : cssl_handshake(s, PATIENCE, &e->err);
    if (e->rc == 0) {
        uint8_t byte;
        ssize_t n = cssl_recv(s, &byte, 1, PATIENCE, &e->err);
        e->rc = n > 0 ? 1 : 0; /* not one byte of data comes */
    }
    (void)cssl_close(s, 0, NULL);
    return NULL;
}

/* Connects once more, whatever of our own the options name: certificate, hooks, authorities. */
static void test_diagnose(void **state)
{
    (void)state;
    struct ends e;
    struct trust trust = { .trusted = false };
    struct connect_args a = { .host = "localhost", .timeout = PATIENCE };
    pthread_t thread;
    ends_open(&e, NULL, NULL);
    a.port = cssl_listener_port(e.listener);
    a.cacert = a.tls.options.cacertfile = CERTS "other-ca.pem";
    a.tls.options.certfile = "/none";
    assert_int_equal(pthread_create(&thread, NULL, serve_one, &e), 0);
    trust_diagnose(&trust, &a);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(e.rc, 0);
    assert_false(trust.trusted);
    assert_int_equal(trust.why.reason, CSSL_R_UNKNOWN_CA);
    assert_true(json_array_size(trust.certificates) > 0);
    trust_free(&trust);
    ends_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge),
        cmocka_unit_test(test_verified),
        cmocka_unit_test(test_no_certificate),
        cmocka_unit_test(test_diagnose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

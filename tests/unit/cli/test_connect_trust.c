/* test_connect_trust.c - why a server is not trusted: judged with the checks of the handshake, and
 * never better than them. */
#include "serve_support.h"

#include "cli/connect.h"

/* judge says what is thought of the server of e, which the handshake did not verify. */
static void judge(struct trust *trust, const struct ends *e, const char *host, const char *name,
                  const char *cacert)
{
    struct connect_args a = { .name = name };
    a.tls.options.cacertfile = cacert;
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
    struct connect_args a = { .host = "localhost" };
    a.tls.options.cacertfile = CERTS "ca.pem";
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

/* The judge wants what the handshake would have wanted: lists, policies, staples. */
static void test_rules(void **state)
{
    (void)state;
    static const struct {
        const char *crl;
        cssl_crl_check check;
        cssl_switch staple;
        bool insecure, policy, trusted;
        cssl_reason reason;
    } rows[] = {
        { NULL, CSSL_CRL_NONE, CSSL_DEFAULT, false, false, true, CSSL_R_UNKNOWN_CA },
        { NULL, CSSL_CRL_NONE, CSSL_ON, false, false, false, CSSL_R_STAPLE },
        { NULL, CSSL_CRL_NONE, CSSL_DEFAULT, true, false, true, CSSL_R_UNKNOWN_CA },
        { NULL, CSSL_CRL_NONE, CSSL_DEFAULT, true, true, false, CSSL_R_POLICY },
        { CERTS "ca.pem", CSSL_CRL_CHAIN, CSSL_DEFAULT, false, false, false, CSSL_R_CRL_FILE },
    };
    struct ends e;
    static const char *const policies[] = { "1.2.3.4", NULL };
    const cssl_options trusting = { .verify = CSSL_VERIFY_NONE };
    ends_open(&e, NULL, &trusting);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct trust trust = { .trusted = false };
        struct connect_args a = { .host = "localhost", .insecure = rows[i].insecure };
        a.tls.options.cacertfile = CERTS "ca.pem";
        a.tls.options.crlfile = rows[i].crl;
        a.tls.options.crl_check = rows[i].check;
        a.tls.options.stapling = rows[i].staple;
        a.tls.options.certificate_policies = rows[i].policy ? policies : NULL;
        a.tls.options.explicit_policy = rows[i].policy;
        trust_judge(&trust, &a, e.client);
        assert_int_equal(trust.trusted, rows[i].trusted);
        assert_false(trust.verified); /* whatever is judged, the handshake did not */
        if (!rows[i].trusted) {
            assert_int_equal(trust.why.reason, rows[i].reason);
        }
        trust_free(&trust);
    }
    ends_close(&e);
}

/* A server that knows the pre-shared key shows no certificate. */
static void test_by_key(void **state)
{
    (void)state;
    static const uint8_t secret[32] = { 7 };
    const cssl_options server = { .psk_identity = "us", .psk = bytes_of(secret, sizeof(secret)) };
    cssl_options client = server;
    struct ends e;
    struct trust trust = { .trusted = false };
    struct connect_args a = { .host = "localhost" };
    client.cacertfile = CERTS "ca.pem";
    a.tls.options = client;
    ends_open(&e, &server, &client);
    trust_judge(&trust, &a, e.client);
    assert_true(trust.trusted && trust.by_key && trust.verified);
    trust_free(&trust);
    ends_close(&e);
}

/* Connects once more, whatever of our own the options name: certificate, hooks, authorities. The
 * reason stays the handshake's. */
static void test_diagnose(void **state)
{
    (void)state;
    struct ends e;
    struct trust trust = { .trusted = false };
    struct connect_args a = { .host = "localhost", .timeout = PATIENCE };
    pthread_t thread;
    ends_open(&e, NULL, NULL);
    a.port = cssl_listener_port(e.listener);
    a.tls.options.cacertfile = CERTS "other-ca.pem";
    a.tls.options.stapling = CSSL_ON;
    a.tls.options.certfile = "/none";
    assert_int_equal(pthread_create(&thread, NULL, serve_one, &e), 0);
    cssl_error why = { .text = "" };
    (void)fail(&why, CSSL_R_CERT_REVOKED);
    trust_diagnose(&trust, &a, &why);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(e.rc, 0);
    assert_false(trust.trusted);
    assert_int_equal(trust.why.reason, CSSL_R_CERT_REVOKED);
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
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_by_key),
        cmocka_unit_test(test_diagnose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

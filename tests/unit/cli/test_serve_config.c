/* test_serve_config.c - the config of `cssl serve`: hosts of --sni, a staple, configs made anew. */
#include "serve_support.h"

static void test_host_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *cert, *key;
    } rows[] = {
        { "a.example=c.pem,k.pem", "a.example", "c.pem", "k.pem" },
        { "*.example=c.pem", "*.example", "c.pem", NULL },
        { "a=b=c,d,e", "a", "b=c", "d,e" },
        { "a", NULL, NULL, NULL },
        { "=c.pem", NULL, NULL, NULL },
        { "a=", NULL, NULL, NULL },
        { "", NULL, NULL, NULL },
    };
    struct serve_args args = { .port = 0 };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *why = NULL;
        assert_int_equal(serve_host_parse(&args, rows[i].text, &why), rows[i].host != NULL);
        if (rows[i].host == NULL) {
            assert_non_null(why);
            assert_int_equal(args.num_hosts, 0);
            continue;
        }
        assert_int_equal(args.num_hosts, 1);
        assert_string_equal(args.hosts[0].host, rows[i].host);
        assert_string_equal(args.hosts[0].cert, rows[i].cert);
        if (rows[i].key == NULL) {
            assert_null(args.hosts[0].key);
        } else {
            assert_string_equal(args.hosts[0].key, rows[i].key);
        }
        serve_hosts_free(&args);
    }
    const char *why = NULL;
    for (size_t i = 0; i < SERVE_HOSTS_MAX; i++) {
        assert_true(serve_host_parse(&args, "a=b", &why));
    }
    assert_false(serve_host_parse(&args, "a=b", &why));
    has(why, "64");
    serve_hosts_free(&args);
}

struct one {
    cssl_listener *listener;
    int rc;
};

static void *serve_one(void *arg)
{
    struct one *one = arg;
    cssl_socket *s = cssl_transport_accept(one->listener, PATIENCE, NULL);
    one->rc = cssl_handshake(s, PATIENCE, NULL);
    (void)cssl_close(s, 0, NULL);
    return NULL;
}

/* shown writes the subject of the certificate that a client gets who asks for name. */
static void shown(char subject[SUBJECT_MAX], cssl_config *config, const char *name)
{
    cssl_error err = { .text = "" };
    struct one one = { .listener = cssl_listen_with(0, config, &err) };
    pthread_t thread;
    const cssl_options o = { .verify = CSSL_VERIFY_NONE, .server_name_indication = name };
    assert_non_null(one.listener);
    assert_int_equal(pthread_create(&thread, NULL, serve_one, &one), 0);
    cssl_socket *s = cssl_connect("localhost", cssl_listener_port(one.listener), &o, PATIENCE,
                                  &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (s == NULL) {
        fail_msg("%s", err.text);
    }
    facts_subject(subject, s);
    (void)cssl_close(s, 0, NULL);
    cssl_listener_close(one.listener);
}

/* Each host has its certificate, also in a config that is made anew. */
static void test_hosts(void **state)
{
    (void)state;
    const char *why = NULL;
    cssl_error err = { .text = "" };
    struct serve_args args = { .port = 0 };
    args.tls.options.certfile = CERTS "server.pem";
    args.tls.options.keyfile = CERTS "server.key.pem";
    assert_true(serve_host_parse(&args, "*.example=" CERTS "client.pem," CERTS "client.key.pem",
                                 &why));
    cssl_config *config = serve_config(&args, NULL, &err);
    for (int i = 0; i < 2; i++) {
        char subject[SUBJECT_MAX];
        if (config == NULL) {
            fail_msg("%s", err.text);
        }
        shown(subject, config, "localhost");
        assert_string_equal(subject, "CN=server");
        shown(subject, config, "www.example");
        has(subject, "client");
        cssl_config *next = i == 0 ? serve_config(&args, config, &err) : NULL;
        cssl_config_free(config);
        config = next;
    }
    serve_hosts_free(&args);
}

/* A host's file that is not there makes no config at all, nor does a staple that is none. */
static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *sni, *staple, *part;
    } rows[] = {
        { "a.example=/none/cert", NULL, "/none/cert" },
        { "a b=" CERTS "server.pem," CERTS "server.key.pem", NULL, "is not a host name" },
        { NULL, CERTS "ca.pem", "OCSP" },
        { NULL, "/none/staple", "/none/staple" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *why = NULL;
        cssl_error err = { .text = "" };
        struct serve_args args = { .staple = rows[i].staple };
        args.tls.options.certfile = CERTS "server.pem";
        args.tls.options.keyfile = CERTS "server.key.pem";
        assert_true(rows[i].sni == NULL || serve_host_parse(&args, rows[i].sni, &why));
        assert_null(serve_config(&args, NULL, &err));
        has(err.text, rows[i].part);
        serve_hosts_free(&args);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_parse),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

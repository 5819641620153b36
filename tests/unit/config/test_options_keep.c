/* test_options_keep.c - options kept and merged: deep copies, and which field goes before which. */
#include "base/error.h"
#include "support.h"

#include "config/config.h"

#define CERTS CSSL_TEST_VECTORS "/../certs/"

static void test_deep(void **state)
{
    (void)state;
    cssl_error err;
    char name[] = "h2";
    char file[] = "a.pem";
    uint8_t psk[] = { 1, 2, 3 };
    const char *alpn[] = { name, NULL };
    cssl_cert_key ck = { .certfile = file, .key = { psk, sizeof(psk) } };
    cssl_bytes key = { psk, sizeof(psk) };
    cssl_options o = { .alpn_protocols = alpn, .psk = { psk, 3 }, .certs_keys = &ck,
                       .num_certs_keys = 1, .trusted_keys = &key, .num_trusted_keys = 1 };
    struct kept_options *k = options_keep(&o, &err);
    assert_non_null(k);
    memset(name, 'x', 2);
    memset(file, 'x', 5);
    memset(psk, 0, sizeof(psk));
    alpn[0] = NULL;
    const cssl_options *kept = options_of(k);
    assert_string_equal(kept->alpn_protocols[0], "h2");
    assert_null(kept->alpn_protocols[1]);
    assert_int_equal(kept->psk.data[2], 3);
    assert_string_equal(kept->certs_keys[0].certfile, "a.pem");
    assert_int_equal(kept->certs_keys[0].key.data[0], 1);
    assert_int_equal(kept->trusted_keys[0].data[1], 2);
    options_kept_free(k);
    options_kept_free(NULL);
}

/* What is missing stays missing: the checks, which come later, find it. */
static void test_missing(void **state)
{
    (void)state;
    cssl_error err;
    const cssl_sni_host bare = { .host = NULL };
    const cssl_options rows[] = {
        { .num_certs_keys = 3, .num_trusted_keys = 3, .num_sni_hosts = 3, .psk = { NULL, 3 } },
        { .sni_hosts = &bare, .num_sni_hosts = 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct kept_options *k = options_keep(&rows[i], &err);
        assert_non_null(k);
        assert_null(options_of(k)->certs_keys);
        assert_null(options_of(k)->trusted_keys);
        assert_null(options_of(k)->psk.data);
        assert_int_equal(options_of(k)->num_certs_keys, rows[i].num_certs_keys);
        assert_int_equal(options_of(k)->num_sni_hosts, rows[i].num_sni_hosts);
        assert_int_equal(options_of(k)->sni_hosts == NULL, rows[i].sni_hosts == NULL);
        options_kept_free(k);
        for (int server = 0; server < 2; server++) {
            assert_null((server ? cssl_server_config : cssl_client_config)(&rows[i], &err));
            assert_int_equal(err.status, CSSL_OPTION);
        }
    }
}

static void test_merge(void **state)
{
    (void)state;
    const cssl_cert_key ck = { .certfile = "b.pem" };
    cssl_options o = { .certfile = "a.pem", .keyfile = "a.key", .cacertfile = "ca.pem",
                       .depth = 3, .crlfile = "crl" };
    const cssl_options more = { .certs_keys = &ck, .num_certs_keys = 1, .depth = 5,
                                .cacerts = { (const uint8_t *)"x", 1 }, .versions = 1 };
    options_merge(&o, &more);
    assert_null(o.certfile); /* the identity as a whole */
    assert_null(o.keyfile);
    assert_ptr_equal(o.certs_keys, &ck);
    assert_null(o.cacertfile);
    assert_int_equal(o.cacerts.len, 1);
    assert_int_equal(o.depth, 5);
    assert_int_equal(o.versions, 1);
    assert_string_equal(o.crlfile, "crl"); /* not named: kept */
    /* Every field takes part: what is all ones comes over whole. */
    cssl_options zero, ones;
    memset(&zero, 0, sizeof(zero));
    memset(&ones, 0xff, sizeof(ones));
    options_merge(&zero, &ones);
    size_t missing = 0;
    for (size_t i = 0; i < sizeof(zero); i++) {
        missing += ((const uint8_t *)&zero)[i] != 0xff;
    }
    assert_true(missing <= 78); /* the padding: a pointer or a size that is left out shows */

}

static void test_derive(void **state)
{
    (void)state;
    cssl_error err;
    cssl_config *base = cssl_server_config(
        &(cssl_options){ .certfile = CERTS "server.pem", .keyfile = CERTS "server.key.pem",
                         .alpn_protocols = CSSL_LIST("h2") }, &err);
    assert_non_null(base);
    cssl_config *d = cssl_config_derive(
        base, &(cssl_options){ .alpn_protocols = CSSL_LIST("x"), .ticket_lifetime = 60 }, &err);
    assert_non_null(d);
    assert_ptr_equal(d->shared, base->shared);
    assert_int_equal(d->num_certkeys, 1);
    assert_int_equal(d->alpn_len, 2);
    assert_int_equal(d->ticket_lifetime, 60);
    cssl_config_free(base); /* each lives alone */
    cssl_config *e = cssl_config_derive(d, &(cssl_options){ .cookie = CSSL_OFF }, &err);
    assert_non_null(e);
    assert_int_equal(e->alpn_len, 2);
    assert_false(e->cookie);
    cssl_config_free(d);
    assert_null(cssl_config_derive(e, &(cssl_options){ .depth = 99 }, &err));
    assert_string_equal(err.option, "depth");
    cssl_config_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_derive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

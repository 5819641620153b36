/* test_packed.c - a config's chains, compressed once: what is kept unpacks to what is sent. */
#include "base/error.h"
#include "support.h"

#include "base/mem.h"
#include "config/packed.h"
#include "msg/compress.h"

#define CERTS CSSL_TEST_VECTORS "/../certs/"

static void test_chains(void **state)
{
    (void)state;
    const cssl_cert_key two[] = {
        { .certfile = CERTS "server.pem", .keyfile = CERTS "server.key.pem" },
        { .certfile = CERTS "rsa.pem", .keyfile = CERTS "rsa.key.pem" },
    };
    static const char *names[4];
    size_t num = 0;
    for (uint16_t alg = COMPRESS_ZSTD; alg >= COMPRESS_ZLIB; alg--) {
        if (compress_has(alg)) {
            names[num++] = name_of_compression(alg);
        }
    }
    if (num == 0) {
        skip();
    }
    cssl_error err;
    cssl_config *config = cssl_server_config(&(cssl_options){ .certs_keys = two,
                                                              .num_certs_keys = 2,
                                                              .cert_compression = names }, &err);
    if (config == NULL) {
        fail_msg("%s", err.text);
    }
    for (size_t i = 0; i < 2 * num; i++) {
        const struct certkey *ck = &config->certkeys[i / num];
        uint16_t alg = compression_of_name(names[i % num]);
        const struct packed_chain *p = config_packed(config, ck, alg);
        struct certificate c;
        struct wr body;
        wr_init(&body, 100000);
        certificate_of(&c, ck, false);
        assert_int_equal(c.num_entries, ck->num_certs);
        certificate_write(&body, &c);
        assert_non_null(p->data);
        assert_int_equal(p->length, body.len);
        assert_true(p->len + 8 < body.len);
        uint8_t *plain = mem_alloc(p->length);
        assert_non_null(plain);
        assert_int_equal(compress_read(alg, bytes_of(p->data, p->len), plain, p->length, NULL), 0);
        assert_memory_equal(plain, body.data, body.len);
        mem_free(plain);
        wr_free(&body);
    }
    cssl_config_free(config);
}

static void test_none(void **state)
{
    (void)state;
    struct certificate c;
    certificate_of(&c, NULL, true);
    assert_int_equal(c.num_entries, 0);
    cssl_config config = { .num_certkeys = 3 }; /* no algorithm: nothing is made */
    assert_int_equal(config_pack(&config, NULL), 0);
    assert_null(config.packed);
    config_unpack(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

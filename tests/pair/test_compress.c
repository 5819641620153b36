/*
 * test_compress.c - compressed certificates (RFC 8879): each algorithm, both roles, whose
 * preference counts, who has none. What is refused: tests/unit/hs/test_compress13.c.
 */
#include "base/error.h"
#include "msg/compress.h"
#include "scene.h"

static const char *compression_of(const struct pair *p, enum pair_dir side)
{
    cssl_info info;
    cssl_engine_information(p->side[side].engine, &info);
    return info.cert_compression;
}

/* connect_as checks which compression the client and the server saw. */
static void connect_as(const char *const *client_list, const char *const *server_list,
                       unsigned versions, const char *seen_by_client, const char *seen_by_server)
{
    struct scene m;
    scene_begin(&m, &(cssl_options){ .versions = versions, .cert_compression = client_list,
                                     PAIR_IDENTITY(pair_client) },
                &(cssl_options){ .versions = versions, .cert_compression = server_list,
                                 .verify = CSSL_VERIFY_PEER });
    pair_must_connect(&m.p);
    pair_must_talk(&m.p);
    assert_string_equal(compression_of(&m.p, FROM_CLIENT), seen_by_client);
    assert_string_equal(compression_of(&m.p, FROM_SERVER), seen_by_server);
    assert_int_equal(host_saw(&m.client, false, CT_HANDSHAKE, HT_COMPRESSED_CERTIFICATE),
                     seen_by_client[0] != '\0');
    assert_int_equal(host_saw(&m.client, false, CT_HANDSHAKE, HT_CERTIFICATE),
                     seen_by_client[0] == '\0');
    assert_int_equal(host_saw(&m.server, false, CT_HANDSHAKE, HT_COMPRESSED_CERTIFICATE),
                     seen_by_server[0] != '\0');
    pair_free(&m.p);
    /* What was compressed can be resumed, and then there is none. */
    if (versions == CSSL_TLSV1_3) {
        assert_true(pair_handshake(&m.client, &m.server, "server.test"));
    }
    scene_end(&m);
}

static void test_each(void **state)
{
    (void)state;
    for (uint16_t alg = COMPRESS_ZLIB; alg <= COMPRESS_ZSTD; alg++) {
        if (compress_has(alg)) {
            const char *const list[] = { name_of_compression(alg), NULL };
            connect_as(list, list, CSSL_TLSV1_3, list[0], list[0]);
            connect_as(list, list, CSSL_TLSV1_2 | CSSL_TLSV1_3, list[0], list[0]);
            connect_as(list, NULL, CSSL_TLSV1_3, "", "");
            connect_as(NULL, list, CSSL_TLSV1_3, "", "");
        }
    }
}

/* The sender's order counts. */
static void test_preference(void **state)
{
    (void)state;
    if (!compress_has(COMPRESS_ZLIB) || !compress_has(COMPRESS_ZSTD)) {
        skip();
    }
    connect_as(CSSL_LIST("zlib", "zstd"), CSSL_LIST("zstd", "zlib"), CSSL_TLSV1_3, "zstd", "zlib");
    connect_as(CSSL_LIST("zlib"), CSSL_LIST("zstd"), CSSL_TLSV1_3, "", "");
}

/* Options of TLS 1.3 do no harm where TLS 1.2 is agreed on. */
static void test_older(void **state)
{
    (void)state;
    struct pair_host client, server;
    if (!compress_has(COMPRESS_ZLIB)) {
        skip();
    }
    const cssl_options old = { .versions = CSSL_TLSV1_2 };
    const cssl_options both = { .versions = CSSL_TLSV1_2 | CSSL_TLSV1_3,
                                .cert_compression = CSSL_LIST("zlib") };
    host_init(&client, false, &wall, &both);
    host_init(&server, true, &wall, &old);
    assert_false(pair_handshake(&client, &server, "server.test"));
    host_free(&client);
    host_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each, scene_set_up),
        cmocka_unit_test_setup(test_preference, scene_set_up),
        cmocka_unit_test_setup(test_older, scene_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_info.c - what an engine tells of itself, before, during and after a handshake. */
#include "engine_support.h"

static const uint8_t context[] = { 1, 2, 3 };

static void test_information_before_and_after(void **state)
{
    (void)state;
    const cssl_options client = { .alpn_protocols = CSSL_LIST("h2") };
    struct ends ends;
    cssl_info info;
    ends_new(&ends, &client, &client);
    cssl_engine_information(ends.server, &info);
    assert_string_equal(info.protocol, "");
    assert_string_equal(info.cipher_suite, "");
    assert_string_equal(info.group, "");
    assert_string_equal(info.signature_scheme, "");
    assert_string_equal(info.client_signature_scheme, "");
    assert_string_equal(info.sni_hostname, "");
    assert_string_equal(info.alpn_protocol, "");
    assert_false(info.peer_verified);
    shake(&ends);
    cssl_engine_information(ends.client, &info);
    assert_string_equal(info.protocol, "tlsv1.3");
    assert_string_not_equal(info.cipher_suite, "");
    assert_string_not_equal(info.group, "");
    assert_string_not_equal(info.signature_scheme, "");
    assert_string_equal(info.client_signature_scheme, "");
    assert_string_equal(info.sni_hostname, "localhost");
    assert_string_equal(info.alpn_protocol, "h2");
    assert_true(info.peer_verified);
    assert_false(info.session_resumption);
    cssl_engine_information(ends.server, &info);
    assert_string_equal(info.sni_hostname, "localhost");
    assert_string_equal(info.alpn_protocol, "h2");
    assert_false(info.peer_verified);
    ends_free(&ends);
}

/* Both ends tell the same randoms, and what TLS 1.2 has besides. */
static void test_randoms(void **state)
{
    (void)state;
    static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };
    static const uint8_t zeros[32];
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        const cssl_options options = { .versions = versions[i] };
        struct ends ends;
        cssl_info client, server;
        ends_new(&ends, &options, &options);
        shake(&ends);
        cssl_engine_information(ends.client, &client);
        cssl_engine_information(ends.server, &server);
        assert_memory_equal(client.client_random, server.client_random, 32);
        assert_memory_equal(client.server_random, server.server_random, 32);
        assert_memory_not_equal(client.client_random, zeros, 32);
        assert_memory_not_equal(client.server_random, zeros, 32);
        assert_memory_not_equal(client.server_random, client.client_random, 32);
        assert_int_equal(client.secure_renegotiation, versions[i] == CSSL_TLSV1_2);
        assert_int_equal(server.extended_master_secret, versions[i] == CSSL_TLSV1_2);
        ends_free(&ends);
    }
}

/* Programs may be older or newer than the library. */
static void test_information_of_other_sizes(void **state)
{
    (void)state;
    struct ends ends;
    struct {
        cssl_info info;
        uint8_t more[16];
    } roomy;
    const cssl_info *info = &roomy.info;
    const size_t old = offsetof(cssl_info, group);
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    memset(&roomy, 0xa5, sizeof(roomy));
    cssl_engine_information_sized(ends.client, &roomy.info, sizeof(roomy));
    assert_string_equal(info->protocol, "tlsv1.3");
    for (size_t i = 0; i < sizeof(roomy.more); i++) {
        assert_int_equal(roomy.more[i], 0);
    }
    memset(&roomy, 0xa5, sizeof(roomy));
    cssl_engine_information_sized(ends.client, &roomy.info, old);
    assert_string_equal(info->protocol, "tlsv1.3");
    for (size_t i = old; i < sizeof(roomy); i++) {
        assert_int_equal(((const uint8_t *)&roomy)[i], 0xa5);
    }
    ends_free(&ends);
}

static void test_peercert(void **state)
{
    (void)state;
    struct ends ends;
    cssl_error err;
    cssl_bytes der = bytes_of(context, sizeof(context));
    ends_new(&ends, NULL, NULL);
    assert_int_equal(cssl_engine_peercert(ends.client, 0, &der, &err), CSSL_STATE);
    assert_null(der.data);
    assert_int_equal(der.len, 0);
    shake(&ends);
    assert_int_equal(cssl_engine_peercert(ends.client, 0, &der, &err), 0);
    const struct certkey *own = &ends.server_config->certkeys[0];
    assert_true(bytes_equal(der, cert_der(own->certs[0])));
    const size_t behind[] = { ends.client->conn.peer->num, SIZE_MAX };
    for (size_t i = 0; i < ARRAY_SIZE(behind); i++) {
        assert_int_equal(cssl_engine_peercert(ends.client, behind[i], &der, &err), CSSL_STATE);
        assert_int_equal(err.reason, CSSL_R_NO_PEERCERT);
        assert_null(der.data);
    }
    assert_int_equal(cssl_engine_peercert(ends.server, 0, &der, &err), CSSL_STATE);
    ends_free(&ends);
}

static void test_exporter(void **state)
{
    (void)state;
    static const unsigned versions[] = { CSSL_TLSV1_2, CSSL_TLSV1_3 };
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        const cssl_options options = { .versions = versions[i] };
        const cssl_bytes with = bytes_of(context, sizeof(context));
        uint8_t a[48], b[48];
        cssl_error err;
        struct ends ends;
        ends_new(&ends, &options, &options);
        assert_int_equal(
            cssl_engine_export_key_material(ends.client, "EXPORTER-a", with, a, 48, &err),
            CSSL_STATE);
        assert_int_equal(err.reason, CSSL_R_NOT_NOW);
        shake(&ends);
        memset(a, 0, sizeof(a));
        assert_int_equal(
            cssl_engine_export_key_material(ends.client, "EXPORTER-a", with, a, 48, &err), 0);
        assert_int_equal(
            cssl_engine_export_key_material(ends.server, "EXPORTER-a", with, b, 48, &err), 0);
        assert_memory_equal(a, b, 48);
        assert_int_equal(
            cssl_engine_export_key_material(ends.server, "EXPORTER-b", with, b, 48, &err), 0);
        assert_memory_not_equal(a, b, 48);
        assert_int_equal(cssl_engine_export_key_material(ends.server, "EXPORTER-a",
                                                         bytes_of(context, 2), b, 48, &err),
                         0);
        assert_memory_not_equal(a, b, 48);
        ends_free(&ends);
    }
}

static void test_exporter_limits(void **state)
{
    (void)state;
    static uint8_t out[255 * 48 + 1], long_context[UINT16_MAX + 1];
    char label[245];
    struct ends ends;
    cssl_error err;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    const size_t most = 255 * hash_len((enum hash_alg)ends.client->conn.hash_alg);
    const struct {
        size_t label, context, len;
        bool fits;
    } rows[] = {
        { 243, 0, 32, true },          { 244, 0, 32, false },
        { 10, UINT16_MAX, 32, true },  { 10, UINT16_MAX + 1, 32, false },
        { 10, 0, most, true },         { 10, 0, most + 1, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        memset(label, 'l', sizeof(label));
        label[rows[i].label] = '\0';
        memset(out, 0, sizeof(out));
        int rc = cssl_engine_export_key_material(
            ends.client, label, bytes_of(long_context, rows[i].context), out, rows[i].len, &err);
        assert_int_equal(rc, rows[i].fits ? 0 : CSSL_STATE);
        static const uint8_t zeros[16];
        if (rows[i].fits) {
            assert_memory_not_equal(out, zeros, sizeof(zeros));
        } else {
            assert_int_equal(err.reason, CSSL_R_ARGUMENT);
            assert_memory_equal(out, zeros, sizeof(zeros));
        }
    }
    ends_free(&ends);
}

static void test_bindings(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        size_t room, len;
        int rc, reason;
    } rows[] = {
        { "tls-exporter", 32, 32, 0, 0 },
        { "tls-exporter", 64, 32, 0, 0 },
        { "tls-exporter", 31, 31, CSSL_STATE, CSSL_R_ARGUMENT },
        { "tls-server-end-point", 64, 32, 0, 0 },
        { "tls-server-end-point", 32, 32, 0, 0 },
        { "tls-server-end-point", 31, 31, CSSL_STATE, CSSL_R_NOT_NOW },
        { "tls-unique", 64, 64, CSSL_STATE, CSSL_R_NOT_NOW },
        { "", 64, 64, CSSL_STATE, CSSL_R_ARGUMENT },
    };
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t a[64] = { 0 }, b[64] = { 0 };
        size_t a_len = rows[i].room, b_len = rows[i].room;
        cssl_error err = { .reason = 0 };
        int rc = cssl_engine_channel_binding(ends.client, rows[i].type, a, &a_len, &err);
        assert_int_equal(rc, rows[i].rc);
        assert_int_equal(err.reason, rows[i].reason);
        assert_int_equal(a_len, rows[i].len);
        assert_int_equal(cssl_engine_channel_binding(ends.server, rows[i].type, b, &b_len, NULL),
                         rows[i].rc);
        assert_memory_equal(a, b, sizeof(a));
    }
    cssl_bytes der;
    uint8_t hash[32], bound[64];
    size_t len = sizeof(bound);
    assert_int_equal(cssl_engine_peercert(ends.client, 0, &der, NULL), 0);
    hash_once(HASH_SHA256, der.data, der.len, hash); /* RFC 5929 4.1 */
    assert_int_equal(
        cssl_engine_channel_binding(ends.client, "tls-server-end-point", bound, &len, NULL), 0);
    assert_memory_equal(bound, hash, sizeof(hash));
    ends_free(&ends);
}

/* A client that has not seen a certificate has nothing to bind to. */
static void test_bindings_too_early(void **state)
{
    (void)state;
    static const char *const types[] = { "tls-exporter", "tls-server-end-point" };
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        uint8_t out[64];
        size_t len = sizeof(out);
        cssl_error err;
        assert_int_equal(cssl_engine_channel_binding(ends.client, types[i], out, &len, &err),
                         CSSL_STATE);
        assert_int_equal(err.reason, CSSL_R_NOT_NOW);
    }
    ends_free(&ends);
}

/* RFC 9266 4.2: the context is an empty string, which in TLS 1.2 is not the same as none. */
static void test_exporter_binding(void **state)
{
    (void)state;
    const cssl_options options = { .versions = CSSL_TLSV1_2 };
    uint8_t bound[32], empty[32], none[32];
    size_t len = sizeof(bound);
    cssl_info info;
    struct ends ends;
    ends_new(&ends, &options, &options);
    shake(&ends);
    cssl_engine_information(ends.client, &info);
    assert_string_equal(info.protocol, "tlsv1.2");
    assert_true(info.extended_master_secret);
    assert_int_equal(
        cssl_engine_channel_binding(ends.client, "tls-exporter", bound, &len, NULL), 0);
    assert_int_equal(cssl_engine_export_key_material(ends.server, "EXPORTER-Channel-Binding",
                                                     bytes_str(""), empty, sizeof(empty), NULL),
                     0);
    assert_int_equal(cssl_engine_export_key_material(ends.server, "EXPORTER-Channel-Binding",
                                                     bytes_of(NULL, 0), none, sizeof(none), NULL),
                     0);
    assert_memory_equal(bound, empty, sizeof(bound));
    assert_memory_not_equal(bound, none, sizeof(bound));
    ends_free(&ends);
}

/* RFC 8446 6.2: what failed exports nothing any more, but says why. */
static void test_exporter_after_a_failure(void **state)
{
    (void)state;
    uint8_t out[32] = { 0 };
    cssl_error err;
    struct ends ends;
    ends_new(&ends, NULL, NULL);
    shake(&ends);
    assert_int_equal(cssl_engine_received(ends.client, 0, &err), CSSL_TRUNCATED);
    assert_int_equal(cssl_engine_export_key_material(ends.client, "EXPORTER-a", bytes_of(NULL, 0),
                                                     out, sizeof(out), &err),
                     CSSL_TRUNCATED);
    assert_int_equal(err.reason, CSSL_R_TRUNCATED);
    ends_free(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_information_before_and_after),
        cmocka_unit_test(test_randoms),
        cmocka_unit_test(test_information_of_other_sizes),
        cmocka_unit_test(test_peercert),
        cmocka_unit_test(test_exporter),
        cmocka_unit_test(test_exporter_limits),
        cmocka_unit_test(test_bindings),
        cmocka_unit_test(test_bindings_too_early),
        cmocka_unit_test(test_exporter_binding),
        cmocka_unit_test(test_exporter_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

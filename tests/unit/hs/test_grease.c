/* test_grease.c - values that nobody knows (RFC 8701): where they stand, that a second hello has
 * them too, and that no server can choose one. */
#include "base/error.h"
#include "hs_support.h"

#include "hs/grease.h"

static const cssl_options greased = { .grease = true,
                                      .versions = CSSL_TLSV1_2 | CSSL_TLSV1_3,
                                      .alpn_protocols = CSSL_LIST("h2", "http/1.1"),
                                      .supported_groups = CSSL_LIST("x25519", "secp256r1") };

static bool is_grease(uint16_t v)
{
    return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

/* How many of the list are; it must be the first one. */
static void one_in(cssl_bytes list)
{
    assert_true(list.len > 2 && is_grease(u16s_at(list, 0)));
    for (size_t i = 1; i < u16s_len(list); i++) {
        assert_false(is_grease(u16s_at(list, i)));
    }
}

/* Types of the extensions of a hello, as they stand. */
static size_t types_of(cssl_bytes body, uint16_t *types)
{
    struct rd r = rd_of(body);
    size_t num = 0;
    (void)rd_bytes(&r, 34);
    (void)rd_view8(&r);
    (void)rd_view16(&r);
    (void)rd_view8(&r);
    struct rd block = rd_vec16(&r);
    while (rd_more(&block)) {
        types[num++] = rd_u16(&block);
        (void)rd_view16(&block);
    }
    assert_true(rd_done(&block) && rd_done(&r));
    return num;
}

static void check_hello(const struct client_hello *ch, cssl_bytes body, bool second)
{
    uint16_t types[EXT_MAX] = { 0 };
    one_in(ch->cipher_suites);
    one_in(ch->supported_groups);
    one_in(ch->signature_algorithms);
    one_in(ch->signature_algorithms_cert);
    one_in(ch->supported_versions);
    assert_int_equal(ch->psk_modes.len, 2);
    assert_int_equal((ch->psk_modes.data[0] - 0x0b) % 0x1f, 0);
    assert_int_equal(ch->psk_modes.data[1], 1);
    assert_true(ch->alpn.data[0] == 2 && is_grease((uint16_t)(ch->alpn.data[1] << 8 |
                                                              ch->alpn.data[2])));
    assert_int_equal(ch->num_shares, second ? 1 : 2);
    assert_int_equal(is_grease(ch->shares[0].group), !second);
    if (!second) {
        assert_int_equal(ch->shares[0].group, u16s_at(ch->supported_groups, 0));
    }
    size_t num = types_of(body, types);
    assert_true(num >= 2);
    assert_true(is_grease(types[0]) && is_grease(types[num - 1]) && types[0] != types[num - 1]);
    for (size_t i = 1; i + 1 < num; i++) {
        assert_false(is_grease(types[i]));
    }
}

static void test_hellos(void **state)
{
    (void)state;
    struct hs_side client, server;
    for (int retry = 0; retry < 2; retry++) {
        const cssl_options other = { .supported_groups = CSSL_LIST("secp256r1"),
                                            .alpn_protocols = CSSL_LIST("h2") };
        struct hs_sent first, second;
        struct client_hello *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
        assert_true(a != NULL && b != NULL);
        hs_side_config(&client, false, &greased);
        hs_side_config(&server, true, retry ? &other : NULL);
        hs_side_start(&client);
        hs_side_start(&server);
        assert_int_equal(hs_run(client.hs, client.worker, NULL), 0);
        assert_int_equal(hs_side_steps(&client), 0);
        assert_true(hs_side_take(&client, &first));
        assert_int_equal(client_hello_parse(a, bytes_of(first.data + 4, first.len - 4), NULL), 0);
        check_hello(a, bytes_of(first.data + 4, first.len - 4), false);
        assert_int_equal(hs_side_give(&server, &first, false), 0);
        if (retry) {
            struct hs_sent hrr;
            assert_true(hs_side_take(&server, &hrr));
            assert_int_equal(hs_side_give(&client, &hrr, false), 0);
            free(hrr.data);
            do { /* past the change_cipher_spec */
                assert_true(hs_side_take(&client, &second));
                if (second.content_type != CT_HANDSHAKE) {
                    free(second.data);
                }
            } while (second.content_type != CT_HANDSHAKE);
            cssl_bytes body = bytes_of(second.data + 4, second.len - 4);
            assert_int_equal(client_hello_parse(b, body, NULL), 0);
            check_hello(b, body, true);
            assert_true(bytes_equal(a->cipher_suites, b->cipher_suites));
            assert_true(bytes_equal(a->supported_groups, b->supported_groups));
            assert_true(bytes_equal(a->signature_algorithms, b->signature_algorithms));
            assert_true(bytes_equal(a->supported_versions, b->supported_versions));
            assert_true(bytes_equal(a->alpn, b->alpn));
            assert_true(bytes_equal(a->psk_modes, b->psk_modes));
            assert_int_equal(hs_side_give(&server, &second, false), 0);
            free(second.data);
        }
        hs_both_must(&client, &server);
        free(first.data);
        free(a);
        free(b);
        hs_side_end(&client);
        hs_side_end(&server);
        hs_side_free(&client);
        hs_side_free(&server);
    }
}

/* Each of the sixteen values comes, and two extensions never have the same type. */
static void test_values(void **state)
{
    (void)state;
    struct hs *hs = calloc(1, sizeof(*hs));
    assert_non_null(hs);
    for (int v = 0; v < 256; v++) {
        static const uint8_t list[] = { 0x13, 0x01 };
        struct greased g;
        struct client_hello ch = { .cipher_suites = bytes_of(list, 2) };
        memset(hs->grease, v, sizeof(hs->grease));
        assert_int_equal(grease_hello(&g, hs, &ch, NULL), 0);
        assert_int_equal(u16s_at(ch.cipher_suites, 0), 0x0a0a + 0x1010 * (v % 16));
        assert_int_equal(u16s_at(ch.cipher_suites, 1), 0x1301);
        assert_int_equal(ch.num_shares, 0); /* there is no key_share */
        assert_true(is_grease(ch.unknown[0].type) && is_grease(ch.unknown[1].type));
        assert_int_not_equal(ch.unknown[0].type, ch.unknown[1].type);
        assert_int_equal(ch.alpn.len, 0);
        grease_free(&g);
    }
    free(hs);
}

/* What a server might choose of it. */
static void suite(uint8_t *m, size_t *len)
{
    (void)len;
    m[71] = m[72] = 0x5a;
}
static void group(uint8_t *m, size_t *len)
{
    struct rd r = rd_of(bytes_of(m + 76, *len - 76));
    while (rd_more(&r)) {
        uint16_t type = rd_u16(&r);
        cssl_bytes data = rd_view16(&r);
        if (type == EXT_KEY_SHARE) {
            m[data.data - m] = m[data.data - m + 1] = 0x5a;
        }
    }
}
static void version(uint8_t *m, size_t *len)
{
    struct rd r = rd_of(bytes_of(m + 76, *len - 76));
    while (rd_more(&r)) {
        uint16_t type = rd_u16(&r);
        cssl_bytes data = rd_view16(&r);
        if (type == EXT_SUPPORTED_VERSIONS) {
            m[data.data - m] = m[data.data - m + 1] = 0x5a;
        }
    }
}
static void scheme(uint8_t *m, size_t *len)
{
    (void)len;
    m[4] = m[5] = 0x5a;
}
static void extension(uint8_t *m, size_t *len)
{
    static const uint8_t body[] = { 0, 4, 0x5a, 0x5a, 0, 0 };
    memcpy(m + 4, body, sizeof(body));
    *len = 4 + sizeof(body);
    m[1] = m[2] = 0;
    m[3] = sizeof(body);
}

static void test_chosen(void **state)
{
    (void)state;
    static const struct hs_refusal rows[] = {
        { "suite", { false, HT_SERVER_HELLO, suite, false }, CSSL_R_SUITE_NOT_OFFERED },
        { "group", { false, HT_SERVER_HELLO, group, false }, CSSL_R_SHARE_NOT_OFFERED },
        { "version", { false, HT_SERVER_HELLO, version, false }, CSSL_R_VERSION_NOT_OFFERED },
        { "scheme", { false, HT_CERTIFICATE_VERIFY, scheme, false }, CSSL_R_SCHEME_NOT_OFFERED },
        { "extension", { false, HT_ENCRYPTED_EXTENSIONS, extension, false },
          CSSL_R_EXTENSION_UNASKED },
    };
    hs_refuses(rows, ARRAY_SIZE(rows), &(cssl_options){ .grease = true }, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hellos),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

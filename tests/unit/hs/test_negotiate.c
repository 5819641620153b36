/* test_negotiate.c - choices between what is offered and what is allowed. */
#include "support.h"

#include "base/error.h"
#include "hs/negotiate.h"

static const uint8_t null_compression[] = { 0 };
static const uint8_t versions13[] = { 3, 4 };
static const uint8_t x25519_p256[] = { 0, GROUP_X25519, 0, GROUP_SECP256R1 };
static const uint8_t one_scheme[] = { 4, 3 };
static const uint8_t psk_dhe_ke[] = { 1 };
static const uint8_t zeros[32];

/* good_hello is one that TLS 1.3 allows, with a share for x25519. */
static struct client_hello good_hello(void)
{
    struct client_hello ch = {
        .legacy_version = TLS_1_2,
        .random = bytes_of(zeros, 32),
        .compression = bytes_of(null_compression, 1),
        .supported_versions = bytes_of(versions13, 2),
        .supported_groups = bytes_of(x25519_p256, 4),
        .signature_algorithms = bytes_of(one_scheme, 2),
        .psk_modes = bytes_of(psk_dhe_ke, 1),
        .shares = { { GROUP_X25519, bytes_of(zeros, 32) } },
        .num_shares = 1,
    };
    const uint16_t has[] = { EXT_SUPPORTED_VERSIONS, EXT_SUPPORTED_GROUPS, EXT_KEY_SHARE,
                             EXT_SIGNATURE_ALGORITHMS };
    for (size_t i = 0; i < ARRAY_SIZE(has); i++) {
        ext_add(&ch.has, has[i]);
    }
    return ch;
}

static void without(struct client_hello *ch, uint16_t extension)
{
    struct ext_set one = { 0 };
    ext_add(&one, extension);
    ch->has.bits &= ~one.bits;
}

static struct codes codes_of(const uint16_t *list, size_t num)
{
    struct codes c = { .num = num };
    memcpy(c.list, list, num * sizeof(*list));
    return c;
}

static void test_hello_check(void **state)
{
    (void)state;
    static const uint8_t deflate[] = { 0, 1 };
    static const uint8_t not_null[] = { 1 };
    struct client_hello ch = good_hello();
    cssl_error err = { 0 };
    assert_int_equal(hello_check(&ch, &err), 0);

    ch = good_hello();
    ch.compression = bytes_of(deflate, 2);
    assert_int_equal(hello_check(&ch, &err), CSSL_ALERT);
    assert_int_equal(err.alert, ALERT_ILLEGAL_PARAMETER);
    ch.compression = bytes_of(not_null, 1);
    assert_int_equal(hello_check(&ch, &err), CSSL_ALERT);
    assert_int_equal(err.alert, ALERT_ILLEGAL_PARAMETER);

    /* RFC 8446 9.2: each of these three is mandatory without a PSK. */
    static const uint16_t mandatory[] = { EXT_SUPPORTED_GROUPS, EXT_KEY_SHARE,
                                          EXT_SIGNATURE_ALGORITHMS };
    for (size_t i = 0; i < ARRAY_SIZE(mandatory); i++) {
        ch = good_hello();
        without(&ch, mandatory[i]);
        assert_int_equal(hello_check(&ch, &err), CSSL_ALERT);
        assert_int_equal(err.alert, ALERT_MISSING_EXTENSION);
    }
    ch = good_hello();
    ext_add(&ch.has, EXT_PRE_SHARED_KEY);
    assert_int_equal(hello_check(&ch, &err), CSSL_ALERT); /* psk_key_exchange_modes */
    assert_int_equal(err.alert, ALERT_MISSING_EXTENSION);
    ext_add(&ch.has, EXT_PSK_KEY_EXCHANGE_MODES);
    without(&ch, EXT_SIGNATURE_ALGORITHMS);
    assert_int_equal(hello_check(&ch, &err), 0);

    ch = good_hello();
    ch.shares[0].group = GROUP_X448;
    assert_int_equal(hello_check(&ch, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_SHARE_NOT_IN_GROUPS);
}

static void test_versions(void **state)
{
    (void)state;
    static const uint8_t only12[] = { 3, 3 };
    static const uint8_t grease_and_both[] = { 0x7a, 0x7a, 3, 3, 3, 4 };
    static const uint8_t older[] = { 3, 2, 3, 1 };
    static const uint8_t scsv[] = { 0x56, 0 };
    static const struct {
        cssl_bytes listed; /* empty: no extension */
        uint16_t legacy;
        bool tls12, tls13, fallback;
        uint16_t version; /* 0: refused */
    } rows[] = {
        { { versions13, 2 }, TLS_1_2, true, true, false, TLS_1_3 },
        { { versions13, 2 }, TLS_1_2, true, true, true, TLS_1_3 },
        { { versions13, 2 }, TLS_1_2, true, false, false, 0 },
        { { grease_and_both, 6 }, TLS_1_2, true, true, false, TLS_1_3 },
        { { grease_and_both, 6 }, TLS_1_2, true, false, true, TLS_1_2 },
        { { only12, 2 }, TLS_1_2, true, true, false, TLS_1_2 },
        { { only12, 2 }, TLS_1_2, true, true, true, 0 }, /* inappropriate_fallback */
        { { only12, 2 }, TLS_1_2, false, true, false, 0 },
        { { only12, 2 }, TLS_1_0, true, true, false, TLS_1_2 }, /* legacy_version is ignored */
        { { older, 4 }, TLS_1_2, true, true, false, 0 },
        { { NULL, 0 }, TLS_1_2, true, true, false, TLS_1_2 },
        { { NULL, 0 }, TLS_1_3, true, true, false, TLS_1_2 },
        { { NULL, 0 }, 0x0302, true, true, false, 0 },
        { { NULL, 0 }, TLS_1_2, false, true, false, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct client_hello ch = good_hello();
        cssl_config config = { .tls12 = rows[i].tls12, .tls13 = rows[i].tls13 };
        cssl_error err = { 0 };
        uint16_t version = 0;
        ch.supported_versions = rows[i].listed;
        ch.legacy_version = rows[i].legacy;
        ch.cipher_suites = bytes_of(scsv, rows[i].fallback ? 2 : 0);
        if (rows[i].listed.len == 0) {
            without(&ch, EXT_SUPPORTED_VERSIONS);
        }
        int ret = pick_version(&config, &ch, false, &version, &err);
        assert_int_equal(ret == 0 ? version : 0, rows[i].version);
        if (ret != 0) {
            assert_true(err.alert == ALERT_PROTOCOL_VERSION ||
                        (rows[i].fallback && err.alert == ALERT_INAPPROPRIATE_FALLBACK));
        }
    }
}

static void test_server_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t len; /* 0: strlen */
        bool good;
    } rows[] = {
        { "example.com", 0, true },   { "a_b.example.com", 0, true }, { "192.0.2.1", 0, false },
        { "2001:db8::1", 0, false },  { "exa mple.com", 0, false },
        { "example\0.com", 12, false },
        { "\xc3\xa4.example", 0, false }, { "a..b", 0, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err = { 0 };
        size_t len = rows[i].len == 0 ? strlen(rows[i].name) : rows[i].len;
        cssl_bytes name = bytes_of((const uint8_t *)rows[i].name, len);
        assert_int_equal(check_server_name(name, &err) == 0, rows[i].good);
        if (!rows[i].good) {
            assert_int_equal(err.reason, CSSL_R_SERVER_NAME);
        }
    }
}

static void test_hello_digest(void **state)
{
    (void)state;
    static const uint8_t other[] = { 1, 2, 3, 4 };
    struct client_hello ch = good_hello();
    uint8_t first[32], second[32];
    hello_digest(&ch, first);

    /* What a retry changes does not count, */
    ch.shares[0] = (struct key_share){ GROUP_SECP256R1, bytes_of(other, 4) };
    ext_add(&ch.has, EXT_COOKIE);
    ext_add(&ch.has, EXT_PRE_SHARED_KEY);
    ext_add(&ch.has, EXT_PADDING);
    ch.cookie = bytes_of(other, 4);
    hello_digest(&ch, second);
    assert_memory_equal(first, second, 32);

    /* everything else does. */
    cssl_bytes *fields[] = { &ch.random, &ch.session_id, &ch.cipher_suites, &ch.compression,
                             &ch.server_name, &ch.supported_versions, &ch.supported_groups,
                             &ch.signature_algorithms, &ch.signature_algorithms_cert, &ch.alpn,
                             &ch.psk_modes, &ch.certificate_authorities, &ch.status_request,
                             &ch.session_ticket, &ch.ec_point_formats, &ch.renegotiation_info,
                             &ch.use_srtp, &ch.delegated_credential, &ch.max_fragment_length,
                             &ch.record_size_limit, &ch.compress_certificate,
                             &ch.client_certificate_types, &ch.server_certificate_types };
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        cssl_bytes kept = *fields[i];
        *fields[i] = bytes_of(other, 4);
        hello_digest(&ch, second);
        assert_memory_not_equal(first, second, 32);
        *fields[i] = kept;
    }
    ext_add(&ch.has, EXT_ALPN);
    hello_digest(&ch, second);
    assert_memory_not_equal(first, second, 32);
}

static void test_groups(void **state)
{
    (void)state;
    static const uint16_t x_first[] = { GROUP_X448, GROUP_X25519, GROUP_SECP256R1 };
    static const uint16_t only_p256[] = { GROUP_SECP256R1 };
    static const uint16_t only_x448[] = { GROUP_X448 };
    struct client_hello ch = good_hello();
    size_t share = 99;
    struct codes ours = codes_of(x_first, 3);
    assert_int_equal(pick_group(&ours, &ch, &share), GROUP_X25519);
    assert_int_equal(share, 0);
    ours = codes_of(only_p256, 1);
    assert_int_equal(pick_group(&ours, &ch, &share), GROUP_SECP256R1);
    assert_int_equal(share, ch.num_shares); /* there is no share: ask for one */
    ours = codes_of(only_x448, 1);
    assert_int_equal(pick_group(&ours, &ch, &share), 0);
}

static void test_suites(void **state)
{
    (void)state;
    static const uint16_t list[] = { SUITE_AES_256_GCM_SHA384, SUITE_AES_128_GCM_SHA256 };
    static const uint8_t theirs[] = { 0x13, 0x01, 0x13, 0x02 };
    struct codes ours = codes_of(list, 2);
    assert_int_equal(first_common(&ours, bytes_of(theirs, 4)), SUITE_AES_256_GCM_SHA384);
    assert_int_equal(first_suite(&ours, bytes_of(theirs, 4), HASH_NONE), SUITE_AES_256_GCM_SHA384);
    assert_int_equal(first_suite(&ours, bytes_of(theirs, 4), HASH_SHA256),
                     SUITE_AES_128_GCM_SHA256);
    assert_int_equal(first_suite(&ours, bytes_of(theirs, 2), HASH_SHA384), 0);
    assert_int_equal(first_common(&ours, bytes_of(NULL, 0)), 0);
}

static void test_alpn(void **state)
{
    (void)state;
    const cssl_bytes ours = bytes_str("\x02h2\x08http/1.1");
    assert_true(bytes_equal(pick_alpn(ours, bytes_str("\x08http/1.1\x02h2")), bytes_str("h2")));
    assert_true(bytes_equal(pick_alpn(ours, bytes_str("\x03xyz\x08http/1.1")),
                            bytes_str("http/1.1")));
    assert_int_equal(pick_alpn(ours, bytes_str("\x03h2c")).len, 0);
    assert_false(alpn_has(ours, bytes_str("http/1")));
}

static void test_session_fits(void **state)
{
    (void)state;
    enum { NOW = 1800000000 };
    cssl_config config = { .fail_if_no_peer_cert = true };
    memset(config.policy, 7, sizeof(config.policy));
    const struct session good = { .version = TLS_1_3,
                                  .server_name = "a.example",
                                  .alpn = "h2",
                                  .peer_verified = true,
                                  .authenticated_at = NOW - 100,
                                  .expires_at = NOW + 1 };
    struct session s = good;
    memset(s.policy, 7, sizeof(s.policy));
    const cssl_bytes name = bytes_str("a.example");
    const cssl_bytes h2 = bytes_str("h2");
    assert_true(session_fits(&s, TLS_1_3, &config, name, h2, NOW));
    assert_false(session_fits(&s, TLS_1_3, &config, bytes_str("b.example"), h2, NOW));
    assert_false(session_fits(&s, TLS_1_3, &config, bytes_str(""), h2, NOW));
    assert_false(session_fits(&s, TLS_1_3, &config, name, bytes_str(""), NOW));
    assert_false(session_fits(&s, TLS_1_3, &config, name, h2, NOW + 1));
    s.policy[31] ^= 1;
    assert_false(session_fits(&s, TLS_1_3, &config, name, h2, NOW));
    s.policy[31] ^= 1;
    s.peer_verified = false;
    assert_false(session_fits(&s, TLS_1_3, &config, name, h2, NOW));
    s.peer_verified = true;
    s.authenticated_at = NOW - SESSION_AGE_MAX;
    assert_false(session_fits(&s, TLS_1_3, &config, name, h2, NOW));
    s.authenticated_at = NOW + 3600; /* from the future */
    assert_false(session_fits(&s, TLS_1_3, &config, name, h2, NOW));
    s.authenticated_at = NOW;
    s.version = TLS_1_2;
    assert_false(session_fits(&s, TLS_1_3, &config, name, h2, NOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_check), cmocka_unit_test(test_versions),
        cmocka_unit_test(test_server_names),
        cmocka_unit_test(test_hello_digest), cmocka_unit_test(test_groups),
        cmocka_unit_test(test_suites),      cmocka_unit_test(test_alpn),
        cmocka_unit_test(test_session_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

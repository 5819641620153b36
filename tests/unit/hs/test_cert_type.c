/* test_cert_type.c - types of certificates (RFC 7250): offers, answers, and answers that lie. */
#include "base/error.h"
#include "hs_support.h"

#include "hs/cert_type.h"

static const uint8_t x509[] = { 0 }, raw[] = { 2 }, both[] = { 0, 2 }, pgp[] = { 1 };

static struct client_hello hello_of(const uint8_t *own, size_t own_len, const uint8_t *peer,
                                    size_t peer_len)
{
    struct client_hello ch = { .client_certificate_types = bytes_of(own, own_len),
                               .server_certificate_types = bytes_of(peer, peer_len) };
    if (own != NULL) {
        ext_add(&ch.has, EXT_CLIENT_CERTIFICATE_TYPE);
    }
    if (peer != NULL) {
        ext_add(&ch.has, EXT_SERVER_CERTIFICATE_TYPE);
    }
    return ch;
}

/* What lists say to a server of each preference. */
static void test_common(void **state)
{
    (void)state;
    static const uint8_t unknown[] = { 5, 2 };
    static const struct cert_types only_x509 = { 1, { CERT_X509 } }, only_raw = { 1, { CERT_RAW } },
                                   raw_first = { 2, { CERT_RAW, CERT_X509 } },
                                   x509_first = { 2, { CERT_X509, CERT_RAW } };
    static const struct {
        const uint8_t *list; /* NULL: there is no extension */
        size_t len;
        const struct cert_types *ours;
        size_t num;
        uint8_t first;
    } rows[] = {
        { NULL, 0, &only_x509, 1, CERT_X509 }, { NULL, 0, &only_raw, 0, 0 },
        { NULL, 0, &raw_first, 1, CERT_X509 }, { raw, 1, &only_x509, 0, 0 },
        { raw, 1, &x509_first, 1, CERT_RAW },  { both, 2, &raw_first, 2, CERT_RAW },
        { both, 2, &x509_first, 2, CERT_X509 }, { both, 2, &only_x509, 1, CERT_X509 },
        { pgp, 1, &raw_first, 0, 0 },          { unknown, 2, &x509_first, 1, CERT_RAW },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cert_types common;
        struct client_hello ch = hello_of(NULL, 0, rows[i].list, rows[i].len);
        cert_type_common(&common, rows[i].ours, ch.has, EXT_SERVER_CERTIFICATE_TYPE,
                         ch.server_certificate_types);
        assert_int_equal(common.num, rows[i].num);
        assert_true(common.num == 0 || common.list[0] == rows[i].first);
        cssl_error err = { 0 };
        assert_int_equal(cert_type_none(&ch, &err), CSSL_ALERT);
        assert_int_equal(err.reason, rows[i].list == NULL ? CSSL_R_ONLY_RAW_KEYS
                                                          : CSSL_R_CERT_TYPE_NOT_COMMON);
        /* a session is for those who would take what was shown */
        struct session s = { .own_raw = rows[i].ours->list[0] == CERT_RAW };
        if (rows[i].ours->num == 1) {
            assert_int_equal(cert_type_fits(&s, &ch), common.num == 1);
        }
    }
}

/* RFC 7250 4.1: X.509 alone is not listed. */
static void test_check(void **state)
{
    (void)state;
    static const struct {
        const uint8_t *list;
        size_t len;
        bool good;
    } rows[] = { { NULL, 0, true }, { x509, 1, false }, { raw, 1, true }, { both, 2, true },
                 { pgp, 1, true } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
            struct client_hello ch = hello_of(rows[i].list, rows[i].len, rows[k].list,
                                              rows[k].len);
            cssl_error err = { 0 };
            bool good = rows[i].good && rows[k].good;
            assert_int_equal(cert_type_check(&ch, &err) == 0, good);
            assert_true(good || err.reason == CSSL_R_CERT_TYPES_NEEDLESS);
        }
    }
}

/* Which extensions an answer has, and what the client is to show. */
static void test_answer(void **state)
{
    (void)state;
    for (int bits = 0; bits < 256; bits++) {
        const bool verify = (bits & 1) != 0, later = (bits & 2) != 0, tls13 = (bits & 4) != 0;
        const bool psk = (bits & 8) != 0, resumed = (bits & 16) != 0;
        const bool lists = (bits & 32) != 0, only_raw = (bits & 64) != 0;
        cssl_config config = { .server = true, .verify = verify, .post_handshake_auth = later,
                               .own_types = { 1, { CERT_X509 } },
                               .peer_types = { only_raw ? 1 : 2, { CERT_RAW, CERT_X509 } } };
        struct conn c = { .config = &config, .server = true, .resumed = resumed,
                          .version = tls13 ? TLS_1_3 : TLS_1_2,
                          .suite = !tls13 && psk ? SUITE_PSK_AES_128_CBC_SHA
                                                 : SUITE_RSA_AES_128_GCM_SHA256 };
        struct hs *hs = calloc(1, sizeof(*hs));
        assert_non_null(hs);
        hs->conn = &c;
        hs->using_psk = tls13 && (psk || resumed);
        struct client_hello ch = lists ? hello_of(both, 2, both, 2) : hello_of(NULL, 0, NULL, 0);
        const bool shows = tls13 ? resumed || !psk : !psk;
        const bool asks = verify && ((later && tls13) || (!psk && !resumed));
        cssl_error err = { 0 };
        int ret = cert_type_answer(hs, &ch, &err);
        assert_int_equal(ret == 0, !asks || lists || !only_raw);
        assert_true(ret == 0 || err.reason == CSSL_R_CERT_TYPE_NOT_COMMON);
        assert_int_equal(ext_has(hs->cert_types, EXT_SERVER_CERTIFICATE_TYPE), lists && shows);
        assert_int_equal(ext_has(hs->cert_types, EXT_CLIENT_CERTIFICATE_TYPE), lists && asks);
        assert_int_equal(c.peer_raw, lists && asks);
        free(hs);
    }
    assert_int_equal(cert_type_sent(true).data[0], CERT_RAW);
    assert_int_equal(cert_type_sent(false).data[0], CERT_X509);
}

static void test_offer(void **state)
{
    (void)state;
    static const struct {
        struct cert_types types;
        const uint8_t *list;
        size_t len;
    } rows[] = { { { 1, { CERT_X509 } }, NULL, 0 },
                 { { 1, { CERT_RAW } }, raw, 1 },
                 { { 2, { CERT_X509, CERT_RAW } }, both, 2 } };
    for (size_t i = 0; i < 9; i++) {
        size_t own = i / 3, peer = i % 3;
        struct client_hello ch = { 0 };
        const cssl_config c = { .own_types = rows[own].types, .peer_types = rows[peer].types };
        cert_type_offer(&c, &ch);
        assert_int_equal(ext_has(ch.has, EXT_CLIENT_CERTIFICATE_TYPE), own > 0);
        assert_int_equal(ext_has(ch.has, EXT_SERVER_CERTIFICATE_TYPE), peer > 0);
        assert_true(bytes_equal(ch.client_certificate_types,
                                bytes_of(rows[own].list, rows[own].len)));
        assert_true(bytes_equal(ch.server_certificate_types,
                                bytes_of(rows[peer].list, rows[peer].len)));
    }
}

/* A client's look at each answer. */
static void test_take(void **state)
{
    (void)state;
    static const cssl_bytes types[] = { { NULL, 0 }, { x509, 1 }, { raw, 1 }, { pgp, 1 } };
    for (int bits = 0; bits < 9 * 16 * 2; bits++) {
        const struct cert_types choices[] = { { 1, { CERT_X509 } }, { 1, { CERT_RAW } },
                                              { 2, { CERT_RAW, CERT_X509 } } };
        const bool shown = bits % 2 != 0;
        const cssl_bytes own = types[bits / 2 % 4], peer = types[bits / 8 % 4];
        cssl_config config = { .own_types = choices[bits / 32 % 3],
                               .peer_types = choices[bits / 96] };
        struct conn c = { .config = &config };
        struct hs *hs = calloc(1, sizeof(*hs));
        struct ext_set has = { 0 };
        cssl_error err = { 0 };
        assert_non_null(hs);
        hs->conn = &c;
        bool offered = true;
        if (own.len > 0) {
            ext_add(&has, EXT_CLIENT_CERTIFICATE_TYPE);
            offered = cert_types_has(&config.own_types, own.data[0]);
        }
        if (peer.len > 0) {
            ext_add(&has, EXT_SERVER_CERTIFICATE_TYPE);
            offered = offered && cert_types_has(&config.peer_types, peer.data[0]);
        }
        bool common = !shown || cert_types_has(&config.peer_types,
                                               peer.len > 0 ? peer.data[0] : CERT_X509);
        assert_int_equal(cert_type_take(hs, has, own, peer, shown, &err) == 0, offered && common);
        assert_int_equal(err.reason, !offered  ? CSSL_R_CERT_TYPE_NOT_OFFERED
                                     : !common ? CSSL_R_CERT_TYPE_NOT_COMMON
                                               : 0);
        if (offered && common) {
            assert_int_equal(c.own_raw, own.data == raw);
            assert_int_equal(c.peer_raw, shown && peer.data == raw);
            assert_int_equal(cert_type_may_show(&c),
                             cert_types_has(&config.own_types, c.own_raw ? CERT_RAW : CERT_X509));
        }
        free(hs);
    }
}

/* What was offered is what the config of the hello says, what is taken is for the one that follows
 * a pause. */
static void test_other_config(void **state)
{
    (void)state;
    cssl_config before = { .own_types = { 1, { CERT_X509 } },
                           .peer_types = { 2, { CERT_RAW, CERT_X509 } } };
    cssl_config after = { .own_types = { 1, { CERT_X509 } }, .peer_types = { 1, { CERT_X509 } } };
    struct conn c = { .config = &after };
    struct hs *hs = calloc(1, sizeof(*hs));
    struct ext_set has = { 0 };
    cssl_error err = { 0 };
    assert_non_null(hs);
    hs->conn = &c;
    hs->offered = &before;
    ext_add(&has, EXT_SERVER_CERTIFICATE_TYPE);
    assert_int_equal(cert_type_take(hs, has, bytes_of(NULL, 0), bytes_of(raw, 1), true, &err),
                     CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_CERT_TYPE_NOT_COMMON);
    assert_int_equal(cert_type_take(hs, has, bytes_of(NULL, 0), bytes_of(x509, 1), true, NULL), 0);
    free(hs);
}

/* Two keys, none, one that is no key: in TLS 1.3 and in TLS 1.2, whose message has another form. */
static void two(uint8_t *m, size_t *len)
{
    static const uint8_t other[] = { 0, 0, 2, 0x30, 0, 0, 0 };
    memcpy(m + *len, other, sizeof(other));
    *len += sizeof(other);
    m[3] = (uint8_t)(*len - 4);
    m[7] = (uint8_t)(*len - 8);
}
static void no_key(uint8_t *m, size_t *len)
{
    (void)len;
    m[11] ^= 0x10; /* no SEQUENCE */
}
static void no_key12(uint8_t *m, size_t *len)
{
    (void)len;
    m[7] ^= 0x10;
}
static void empty13(uint8_t *m, size_t *len)
{
    memset(m + 1, 0, 7);
    m[3] = 4;
    *len = 8;
}
static void empty12(uint8_t *m, size_t *len)
{
    memset(m + 1, 0, 6);
    m[3] = 3;
    *len = 7;
}
static void behind12(uint8_t *m, size_t *len)
{
    m[(*len)++] = 0;
    m[3]++;
}

static void test_refused(void **state)
{
    (void)state;
    static const struct hs_refusal rows13[] = {
        { "two keys", { false, HT_CERTIFICATE, two, false }, CSSL_R_RAW_KEYS_TOO_MANY },
        { "no key", { false, HT_CERTIFICATE, no_key, false }, CSSL_R_RAW_KEY_MALFORMED },
        { "none", { false, HT_CERTIFICATE, empty13, false }, CSSL_R_CERTIFICATE_NONE },
    };
    static const struct hs_refusal rows12[] = {
        { "no key", { false, HT_CERTIFICATE, no_key12, false }, CSSL_R_RAW_KEY_MALFORMED },
        { "none", { false, HT_CERTIFICATE, empty12, false }, CSSL_R_CERTIFICATE_NONE },
        { "behind it", { false, HT_CERTIFICATE, behind12, false }, CSSL_R_MESSAGE_MALFORMED },
    };
    for (int i = 0; i < 2; i++) {
        unsigned v = i == 0 ? CSSL_TLSV1_3 : CSSL_TLSV1_2;
        const cssl_cert_key key = { .keyfile = HS_CERTS "server.key.pem" };
        const cssl_options c = { .versions = v, .peer_cert_types = CSSL_LIST("raw_public_key"),
                                 .verify = CSSL_VERIFY_NONE };
        const cssl_options s = { .versions = v, .own_cert_types = CSSL_LIST("raw_public_key"),
                                 .certs_keys = &key, .num_certs_keys = 1 };
        hs_refuses(i == 0 ? rows13 : rows12, 3, &c, &s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_offer),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_other_config),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

/* What a server that shows x509 or a key, and asks for nothing, an X.509 certificate or a key, says
 * to each list. */
static void test_check(void **state)
{
    (void)state;
    const struct {
        const uint8_t *list;
        size_t len;
        bool has_x509, has_raw;
    } lists[] = { { NULL, 0, true, false },  { x509, 1, true, false }, { raw, 1, false, true },
                  { both, 2, true, true },   { pgp, 1, false, false } };
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
            struct client_hello ch = hello_of(lists[i].list, lists[i].len, lists[k].list,
                                              lists[k].len);
            for (int bits = 0; bits < 8; bits++) {
                cssl_config c = { .server = true, .own_raw = (bits & 1) != 0,
                                  .peer_raw = (bits & 2) != 0, .verify = (bits & 4) != 0,
                                  .fail_if_no_peer_cert = (bits & 4) != 0 };
                bool can = (c.own_raw ? lists[k].has_raw : lists[k].has_x509) &&
                           (!c.verify || (c.peer_raw ? lists[i].has_raw : lists[i].has_x509));
                cssl_error err = { 0 };
                assert_int_equal(cert_type_check(&c, &ch, &err) == 0, can);
                assert_true(can || err.reason == CSSL_R_CERT_TYPE_NOT_COMMON);
                struct ext_set has = { 0 };
                cert_type_answer(&c, &ch, &has);
                assert_int_equal(ext_has(has, EXT_SERVER_CERTIFICATE_TYPE), c.own_raw);
                assert_int_equal(ext_has(has, EXT_CLIENT_CERTIFICATE_TYPE),
                                 c.verify && c.peer_raw && lists[i].has_raw);
            }
        }
    }
}

static void test_offer(void **state)
{
    (void)state;
    for (int bits = 0; bits < 8; bits++) {
        struct client_hello ch = { 0 };
        const cssl_config c = { .own_raw = (bits & 1) != 0, .peer_raw = (bits & 2) != 0,
                                .num_certkeys = (bits & 4) != 0 ? 1 : 0 };
        cert_type_offer(&c, &ch);
        assert_int_equal(ext_has(ch.has, EXT_CLIENT_CERTIFICATE_TYPE),
                         c.own_raw && c.num_certkeys > 0);
        assert_int_equal(ext_has(ch.has, EXT_SERVER_CERTIFICATE_TYPE), c.peer_raw);
    }
}

static void test_take(void **state)
{
    (void)state;
    struct ext_set none = { 0 }, server = { 0 }, client = { 0 };
    cssl_config config = { .peer_raw = true };
    struct conn c = { .config = &config };
    cssl_error err = { 0 };
    ext_add(&server, EXT_SERVER_CERTIFICATE_TYPE);
    ext_add(&client, EXT_CLIENT_CERTIFICATE_TYPE);
    cssl_bytes empty = bytes_of(NULL, 0);
    assert_int_equal(cert_type_take(&c, none, empty, empty, &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_CERT_TYPE_NOT_COMMON);
    assert_int_equal(cert_type_take(&c, server, empty, cert_type_raw, &err), 0);
    assert_false(c.raw_agreed);
    assert_int_equal(cert_type_take(&c, server, empty, bytes_of(x509, 1), &err), CSSL_ALERT);
    assert_int_equal(err.reason, CSSL_R_CERT_TYPE_NOT_OFFERED);
    config.peer_raw = false;
    config.own_raw = true;
    assert_int_equal(cert_type_take(&c, none, empty, empty, NULL), 0);
    assert_false(cert_type_may_show(&c)); /* it takes none that we have */
    assert_int_equal(cert_type_take(&c, client, cert_type_raw, empty, NULL), 0);
    assert_true(cert_type_may_show(&c));
    assert_int_equal(cert_type_take(&c, client, bytes_of(pgp, 1), empty, NULL), CSSL_ALERT);
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
        { "no key", { false, HT_CERTIFICATE, no_key, false }, CSSL_R_BAD_PUBLIC_KEY },
        { "none", { false, HT_CERTIFICATE, empty13, false }, CSSL_R_CERTIFICATE_NONE },
    };
    static const struct hs_refusal rows12[] = {
        { "no key", { false, HT_CERTIFICATE, no_key12, false }, CSSL_R_BAD_PUBLIC_KEY },
        { "none", { false, HT_CERTIFICATE, empty12, false }, CSSL_R_CERTIFICATE_NONE },
        { "behind it", { false, HT_CERTIFICATE, behind12, false }, CSSL_R_MESSAGE_MALFORMED },
    };
    for (int i = 0; i < 2; i++) {
        unsigned v = i == 0 ? CSSL_TLSV1_3 : CSSL_TLSV1_2;
        const cssl_cert_key key = { .keyfile = HS_CERTS "server.key.pem" };
        const cssl_options c = { .versions = v, .peer_cert_type = CSSL_CERT_TYPE_RAW,
                                 .verify = CSSL_VERIFY_NONE };
        const cssl_options s = { .versions = v, .own_cert_type = CSSL_CERT_TYPE_RAW,
                                 .certs_keys = &key, .num_certs_keys = 1 };
        hs_refuses(i == 0 ? rows13 : rows12, 3, &c, &s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_offer),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

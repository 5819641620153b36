/* test_kex12.c - the messages of TLS 1.2: round trips, every truncation, what must be refused. */
#include "base/error.h"
#include "support.h"

#include "msg/kex12.h"

static const uint8_t share[] = { 4, 1, 2, 3, 4, 5 };
static const uint8_t sig[] = { 9, 8, 7 };
static const uint8_t der[] = { 0x30, 0 };

/* One parser a row; *len tells how much of the last message was a whole one. */
typedef int parse(cssl_bytes body, cssl_error *err);

static int parse_certificate(cssl_bytes body, cssl_error *err)
{
    struct certificate12 c;
    return certificate12_parse(&c, body, err);
}

#define SKE(name, kx)                                       \
    static int name(cssl_bytes body, cssl_error *err)       \
    {                                                       \
        struct server_key_exchange ske;                     \
        return server_key_exchange_parse(&ske, kx, body, err); \
    }
#define CKE(name, kx)                                       \
    static int name(cssl_bytes body, cssl_error *err)       \
    {                                                       \
        struct client_key_exchange cke;                     \
        return client_key_exchange_parse(&cke, kx, body, err); \
    }
SKE(parse_ske, KX_ECDHE)
SKE(parse_ske_dhe, KX_DHE)
SKE(parse_ske_psk, KX_PSK)
SKE(parse_ske_ecdhe_psk, KX_ECDHE_PSK)
SKE(parse_ske_dhe_psk, KX_DHE_PSK)
SKE(parse_ske_rsa, KX_RSA)
CKE(parse_cke, KX_ECDHE)
CKE(parse_cke_dhe, KX_DHE)
CKE(parse_cke_psk, KX_PSK)
CKE(parse_cke_ecdhe_psk, KX_ECDHE_PSK)
CKE(parse_cke_dhe_psk, KX_DHE_PSK)
CKE(parse_cke_rsa, KX_RSA)

static int parse_request(cssl_bytes body, cssl_error *err)
{
    struct certificate_request12 cr;
    return certificate_request12_parse(&cr, body, err);
}

static int parse_ticket(cssl_bytes body, cssl_error *err)
{
    struct new_session_ticket12 t;
    return new_session_ticket12_parse(&t, body, err);
}

static const struct {
    const char *name, *good;
    parse *parse;
} rows[] = {
    { "Certificate", "00000a 000002 3000 000002 3000", parse_certificate },
    { "ServerKeyExchange", "03 001d 06 040102030405 0403 0003 090807", parse_ske },
    { "ClientKeyExchange", "06 040102030405", parse_cke },
    { "DHE", "0003 0000fb 0001 02 0002 0005 0401 0003 090807", parse_ske_dhe },
    { "PSK hint", "0003 414243", parse_ske_psk },
    { "ECDHE_PSK", "0000 03 001d 06 040102030405", parse_ske_ecdhe_psk },
    { "DHE_PSK", "0001 41 0001 fb 0001 02 0001 05", parse_ske_dhe_psk },
    { "client's DHE", "0003 000102", parse_cke_dhe },
    { "client's PSK", "0003 414243", parse_cke_psk },
    { "client's empty PSK", "0000", parse_cke_psk },
    { "client's ECDHE_PSK", "0001 41 02 0405", parse_cke_ecdhe_psk },
    { "client's DHE_PSK", "0001 41 0002 0405", parse_cke_dhe_psk },
    { "client's RSA", "0004 01020304", parse_cke_rsa },
    { "CertificateRequest", "02 4001 0004 0403 0804 0004 0002 3000", parse_request },
    { "NewSessionTicket", "00001c20 0003 010203", parse_ticket },
};

struct try_arg {
    parse *parse;
    int accepted;
};

static void try_one(void *arg, uint8_t *data, size_t len)
{
    struct try_arg *t = arg;
    cssl_error err = { 0 };
    int ret = t->parse(bytes_of(data, len), &err);
    t->accepted += ret == 0;
    assert_true(ret == 0 || err.status == CSSL_ALERT);
}

static void test_every_truncation(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len = 0;
        uint8_t *good = test_unhex_new(rows[i].good, &len);
        struct try_arg arg = { rows[i].parse, 0 };
        try_one(&arg, good, len);
        assert_int_equal(arg.accepted, 1);
        arg.accepted = 0;
        for_each_truncation(good, len, try_one, &arg);
        assert_int_equal(arg.accepted, 0);
        for_each_damage(good, len, test_seed(i + 1), 2000, try_one, &arg);
        uint8_t longer[64] = { 0 };
        memcpy(longer, good, len);
        assert_int_not_equal(rows[i].parse(bytes_of(longer, len + 1), NULL), 0);
        free(good);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        parse *parse;
        int alert;
    } bad[] = {
        { "000003 000000", parse_certificate, ALERT_DECODE_ERROR },
        { "01 001d 06 040102030405 0403 0003 090807", parse_ske, ALERT_ILLEGAL_PARAMETER },
        { "02 001d 06 040102030405 0403 0003 090807", parse_ske, ALERT_ILLEGAL_PARAMETER },
        { "03 001d 00 0403 0003 090807", parse_ske, ALERT_DECODE_ERROR },
        { "00", parse_cke, ALERT_DECODE_ERROR },
        { "0000 0001 02 0001 05 0401 0001 09", parse_ske_dhe, ALERT_DECODE_ERROR },
        { "0002 0000 0001 02 0001 05 0401 0001 09", parse_ske_dhe, ALERT_DECODE_ERROR },
        { "0001 fb 0001 00 0001 05 0401 0001 09", parse_ske_dhe, ALERT_DECODE_ERROR },
        { "0001 fb 0001 02 0000 0401 0001 09", parse_ske_dhe, ALERT_DECODE_ERROR },
        { "0000 01 001d 01 04", parse_ske_ecdhe_psk, ALERT_ILLEGAL_PARAMETER },
        { "", parse_ske_rsa, ALERT_DECODE_ERROR },
        { "0000", parse_ske_rsa, ALERT_DECODE_ERROR },
        { "0000", parse_cke_dhe, ALERT_DECODE_ERROR },
        { "0000", parse_cke_rsa, ALERT_DECODE_ERROR },
        { "0001 41 0000", parse_cke_dhe_psk, ALERT_DECODE_ERROR },
        { "00 0002 0403 0000", parse_request, ALERT_DECODE_ERROR },
        { "01 40 0000 0000", parse_request, ALERT_DECODE_ERROR },
        { "01 40 0003 040308 0000", parse_request, ALERT_DECODE_ERROR },
        { "01 40 0002 0403 0002 0000", parse_request, ALERT_DECODE_ERROR },
        { "01 40 0002 0403 0003 0002 30", parse_request, ALERT_DECODE_ERROR },
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        size_t len = 0;
        cssl_error err = { 0 };
        uint8_t *data = test_unhex_new(bad[i].hex, &len);
        if (bad[i].parse(bytes_of(data, len), &err) == 0 || err.alert != bad[i].alert) {
            fail_msg("row %zu: %s", i, err.text);
        }
        free(data);
    }
    assert_int_equal(empty_parse(bytes_of(NULL, 0), NULL), 0);
    assert_int_equal(empty_parse(bytes_of(sig, 1), NULL), CSSL_ALERT);
}

static void test_too_many_certificates(void **state)
{
    (void)state;
    struct certificate12 c;
    cssl_error err = { 0 };
    for (size_t num = 0; num <= CERTIFICATE_ENTRIES_MAX + 1; num++) {
        struct wr w;
        wr_init(&w, 4096);
        wr_open24(&w);
        for (size_t i = 0; i < num; i++) {
            wr_vec24(&w, bytes_of(der, sizeof(der)));
        }
        wr_close(&w);
        assert_int_equal(certificate12_parse(&c, wr_view(&w), &err) == 0,
                         num <= CERTIFICATE_ENTRIES_MAX);
        wr_free(&w);
    }
    assert_int_equal(err.reason, CSSL_R_CERTIFICATES_TOO_MANY);
}

static void test_round_trips(void **state)
{
    (void)state;
    static const uint8_t schemes[] = { 4, 3, 8, 4 };
    static const uint8_t types[] = { 64 };
    uint8_t bytes[256];
    struct wr w;
    struct server_key_exchange ske = { .group = 29, .share = bytes_of(share, sizeof(share)),
                                       .scheme = 0x0403, .signature = bytes_of(sig, 3) };
    struct server_key_exchange ske_got;
    struct wr params;
    uint8_t params_bytes[64];
    wr_fixed(&w, bytes, sizeof(bytes));
    server_key_exchange_write(&w, KX_ECDHE, &ske);
    assert_int_equal(server_key_exchange_parse(&ske_got, KX_ECDHE, wr_view(&w), NULL), 0);
    assert_true(bytes_equal(ske_got.share, ske.share));
    assert_true(bytes_equal(ske_got.signature, ske.signature));
    assert_int_equal(ske_got.group, 29);
    assert_int_equal(ske_got.scheme, 0x0403);
    wr_fixed(&params, params_bytes, sizeof(params_bytes));
    server_key_exchange_params(&params, KX_ECDHE, &ske);
    assert_true(bytes_equal(ske_got.params, wr_view(&params)));

    const struct certificate_request12 cr = { .types = bytes_of(types, 1),
                                              .signature_algorithms = bytes_of(schemes, 4) };
    struct certificate_request12 cr_got;
    wr_fixed(&w, bytes, sizeof(bytes));
    certificate_request12_write(&w, &cr);
    assert_int_equal(certificate_request12_parse(&cr_got, wr_view(&w), NULL), 0);
    assert_true(bytes_equal(cr_got.signature_algorithms, cr.signature_algorithms));
    assert_int_equal(cr_got.certificate_authorities.len, 0);

    const struct new_session_ticket12 t = { .lifetime = 7200, .ticket = bytes_of(sig, 3) };
    struct new_session_ticket12 t_got;
    wr_fixed(&w, bytes, sizeof(bytes));
    new_session_ticket12_write(&w, &t);
    assert_int_equal(new_session_ticket12_parse(&t_got, wr_view(&w), NULL), 0);
    assert_int_equal(t_got.lifetime, 7200);
    assert_true(bytes_equal(t_got.ticket, t.ticket));

    const struct client_key_exchange cke = { .share = bytes_of(share, sizeof(share)) };
    struct client_key_exchange got;
    wr_fixed(&w, bytes, sizeof(bytes));
    client_key_exchange_write(&w, KX_ECDHE, &cke);
    assert_int_equal(client_key_exchange_parse(&got, KX_ECDHE, wr_view(&w), NULL), 0);
    assert_true(bytes_equal(got.share, cke.share));
}

/* Identities and hints have a bound of their own. */
static void test_identities(void **state)
{
    (void)state;
    for (size_t len = KEX_IDENTITY_MAX - 1; len <= KEX_IDENTITY_MAX + 1; len++) {
        uint8_t body[KEX_IDENTITY_MAX + 3] = { (uint8_t)(len >> 8), (uint8_t)len };
        cssl_error err = { 0 };
        int want = len <= KEX_IDENTITY_MAX ? 0 : CSSL_ALERT;
        assert_int_equal(parse_ske_psk(bytes_of(body, 2 + len), &err), want);
        assert_int_equal(parse_cke_psk(bytes_of(body, 2 + len), &err), want);
        assert_int_equal(err.reason, want == 0 ? 0 : CSSL_R_PSK_IDENTITY_TOO_LONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_many_certificates),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_identities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

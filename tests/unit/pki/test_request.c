/* test_request.c - certification requests: made and read back, damaged, and of strange contents. */
#include "support.h"

#include "base/mem.h"
#include "base/names.h"
#include "pki/der_write.h"
#include "pki/issue.h"

struct made {
    struct pkey *key;
    uint8_t *der;
    size_t len;
};

static struct made make_request(enum key_type type, unsigned bits)
{
    struct made made = { 0 };
    cssl_error err = { 0 };
    struct issue_name alt[2];
    assert_int_equal(issue_name_parse(&alt[0], "www.example.org", &err), 0);
    assert_int_equal(issue_name_parse(&alt[1], "192.0.2.7", &err), 0);
    made.key = pkey_generate(type, bits, &err);
    assert_non_null(made.key);
    const struct issue_params params = {
        .common_name = "www.example.org", .names = alt, .num_names = 2, .server = true
    };
    if (issue_request(&params, made.key, &made.der, &made.len, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return made;
}

static void made_free(struct made *made)
{
    pkey_free(made->key);
    mem_free(made->der);
}

static void round_trip(void **state)
{
    (void)state;
    static const struct {
        enum key_type type;
        unsigned bits;
        uint16_t scheme;
    } kinds[] = { { KEY_EC_P256, 0, SCHEME_ECDSA_SECP256R1_SHA256 },
                  { KEY_EC_P384, 0, SCHEME_ECDSA_SECP384R1_SHA384 },
                  { KEY_ED25519, 0, SCHEME_ED25519 },
                  { KEY_RSA, 2048, SCHEME_RSA_PKCS1_SHA256 },
                  { KEY_RSA_PSS, 2048, SCHEME_RSA_PSS_PSS_SHA256 } };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct made made = make_request(kinds[i].type, kinds[i].bits);
        struct request r;
        cssl_error err;
        assert_int_equal(request_parse(&r, bytes_of(made.der, made.len), &err), 0);
        assert_true(bytes_equal(r.spki, pkey_spki(made.key)));
        assert_int_equal(r.key.type, kinds[i].type);
        assert_int_equal(r.scheme, kinds[i].scheme);
        struct issue_name names[4];
        size_t num = 0;
        assert_int_equal(request_names(&r, names, 4, &num, &err), 0);
        assert_int_equal(num, 2);
        assert_int_equal(names[0].type, ISSUE_DNS);
        assert_memory_equal(names[0].data, "www.example.org", 15);
        assert_int_equal(names[1].type, ISSUE_IP);
        assert_memory_equal(names[1].data, "\xc0\0\x02\x07", 4);
        assert_true(request_names(&r, names, 1, &num, &err) < 0); /* no room for both */
        made_free(&made);
    }
}

/* ---- Damage ---- */

static void must_refuse(void *arg, uint8_t *data, size_t len)
{
    struct request r;
    cssl_error err = { 0 };
    const struct made *made = arg;
    if (len == made->len && memcmp(data, made->der, len) == 0) {
        return; /* two changes that undid each other */
    }
    if (request_parse(&r, bytes_of(data, len), &err) == 0) {
        fail_msg("a damaged request was taken (%zu bytes)", len);
    }
    assert_true(err.text[0] != '\0');
}

/* The signature is over everything but itself, so no change may pass. */
static void damaged(void **state)
{
    (void)state;
    struct made made = make_request(KEY_ED25519, 0);
    for_each_truncation(made.der, made.len, must_refuse, &made);
    for_each_bit_flip(made.der, made.len, must_refuse, &made);
    for_each_damage(made.der, made.len, test_seed(7), 3000, must_refuse, &made);
    made_free(&made);
}

/* ---- Requests that somebody else made ---- */

static void add_extension(struct dw *w, const char *oid, cssl_bytes value)
{
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, oid);
    dw_put(w, DER_OCTET_STRING, value);
    dw_close(w);
}

enum shape { PLAIN, NO_ATTRIBUTES, OTHER_ATTRIBUTE, TWO_LISTS, TWO_VALUES, NAMES_TWICE, VERSION_2 };

static void write_list(struct dw *w, cssl_bytes alt_names, enum shape shape)
{
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, "1.2.840.113549.1.9.14");
    dw_open(w, DER_SET);
    for (int i = 0; i < (shape == TWO_VALUES ? 2 : 1); i++) {
        dw_open(w, DER_SEQUENCE);
        add_extension(w, "2.5.29.17", alt_names);
        if (shape == NAMES_TWICE) {
            add_extension(w, "2.5.29.17", alt_names);
        }
        add_extension(w, "1.2.3.4", bytes_str("whatever"));
        dw_close(w);
    }
    dw_close(w);
    dw_close(w);
}

/* A request with these alternative names (a whole GeneralNames), signed well. */
static void build(struct dw *w, const struct pkey *key, cssl_bytes alt_names, enum shape shape)
{
    struct dw info;
    dw_init(&info, 4096);
    dw_open(&info, DER_SEQUENCE);
    dw_integer(&info, shape == VERSION_2 ? 1 : 0);
    dw_open(&info, DER_SEQUENCE);
    dw_close(&info);
    dw_raw(&info, pkey_spki(key));
    dw_open(&info, DER_CONTEXT_OF(0));
    if (shape == OTHER_ATTRIBUTE) {
        dw_open(&info, DER_SEQUENCE);
        dw_oid(&info, "1.2.840.113549.1.9.7"); /* challengePassword */
        dw_open(&info, DER_SET);
        dw_utf8(&info, "secret");
        dw_close(&info);
        dw_close(&info);
    } else if (shape != NO_ATTRIBUTES) {
        write_list(&info, alt_names, shape);
        if (shape == TWO_LISTS) {
            write_list(&info, alt_names, shape);
        }
    }
    dw_close(&info);
    dw_close(&info);
    assert_true(dw_ok(&info));
    uint8_t sig[PKEY_SIGNATURE_MAX];
    size_t sig_len = 0;
    cssl_error err;
    assert_int_equal(pkey_sign(key, SCHEME_ED25519, dw_view(&info), sig, &sig_len, &err), 0);
    dw_init(w, 8192);
    dw_open(w, DER_SEQUENCE);
    dw_raw(w, dw_view(&info));
    dw_open(w, DER_SEQUENCE);
    dw_oid(w, "1.3.101.112");
    dw_close(w);
    dw_bits(w, bytes_of(sig, sig_len));
    dw_close(w);
    assert_true(dw_ok(w));
    dw_free(&info);
}

static void shapes(void **state)
{
    (void)state;
    static const struct {
        enum shape shape;
        bool good;
        size_t names;
    } rows[] = {
        { PLAIN, true, 1 },      { NO_ATTRIBUTES, true, 0 }, { OTHER_ATTRIBUTE, true, 0 },
        { TWO_LISTS, false, 0 }, { TWO_VALUES, false, 0 },   { NAMES_TWICE, false, 0 },
        { VERSION_2, false, 0 },
    };
    cssl_error err = { 0 };
    struct pkey *key = pkey_generate(KEY_ED25519, 0, &err);
    assert_non_null(key);
    static const uint8_t localhost[] = "\x30\x0b\x82\x09localhost";
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct dw w;
        struct request r;
        build(&w, key, bytes_of(localhost, sizeof(localhost) - 1), rows[i].shape);
        int status = request_parse(&r, dw_view(&w), &err);
        if ((status == 0) != rows[i].good) {
            fail_msg("shape %d: %s", (int)rows[i].shape, status == 0 ? "taken" : err.text);
        }
        if (status == 0) {
            struct issue_name names[4];
            size_t num = 9;
            assert_int_equal(request_names(&r, names, 4, &num, &err), 0);
            assert_int_equal(num, rows[i].names);
        } else {
            assert_int_equal(err.reason, CSSL_R_REQUEST_MALFORMED);
        }
        dw_free(&w);
    }
    pkey_free(key);
}

/* Names that a request may carry but that we do not grant. */
static void strange_names(void **state)
{
    (void)state;
    static const struct {
        const char *hex; /* a GeneralNames */
        bool parses, granted;
    } rows[] = {
        { "30 03 82 01 61", true, true },                    /* DNS a */
        { "30 06 87 04 7f 00 00 01", true, true },           /* 127.0.0.1 */
        { "30 05 87 03 7f 00 00", true, false },             /* an address of three bytes */
        { "30 04 82 02 61 00", true, false },                /* a NUL in a name */
        { "30 03 82 01 0a", true, false },                   /* a line feed */
        { "30 03 82 01 ff", true, false },                   /* not ASCII */
        { "30 09 82 07 31 2e 32 2e 33 2e 34", true, false }, /* an address called a DNS name */
        { "30 05 82 03 61 40 62", true, false },             /* an e-mail address called one */
        { "30 03 81 01 61", true, false },                   /* a DNS name called e-mail */
        { "30 04 88 02 2a 03", true, false },                /* registeredID */
        { "30 02 a4 00", true, false },                      /* directoryName */
        { "30 00", false, false },                           /* none at all */
        { "30 03 82 02 61", false, false },                  /* cut short */
        { "31 03 82 01 61", false, false },                  /* a SET */
    };
    cssl_error err = { 0 };
    struct pkey *key = pkey_generate(KEY_ED25519, 0, &err);
    assert_non_null(key);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct dw w;
        struct request r;
        size_t len = 0;
        uint8_t *alt = test_unhex_new(rows[i].hex, &len);
        build(&w, key, bytes_of(alt, len), PLAIN);
        int status = request_parse(&r, dw_view(&w), &err);
        assert_int_equal(status == 0, rows[i].parses);
        if (status == 0) {
            struct issue_name names[2];
            size_t num = 0;
            status = request_names(&r, names, 2, &num, &err);
            if ((status == 0) != rows[i].granted) {
                fail_msg("%s: %s", rows[i].hex, status == 0 ? "granted" : err.text);
            }
            if (status < 0) {
                assert_int_equal(err.reason, CSSL_R_ISSUE_NAME);
            }
        }
        dw_free(&w);
        free(alt);
    }
    pkey_free(key);
}

/* A name is granted whole or not at all: what is too long is not cut short. */
static void long_names(void **state)
{
    (void)state;
    cssl_error err = { 0 };
    struct pkey *key = pkey_generate(KEY_ED25519, 0, &err);
    assert_non_null(key);
    for (size_t len = ISSUE_NAME_MAX - 1; len <= ISSUE_NAME_MAX + 50; len++) {
        struct dw alt;
        struct dw w;
        char uri[400];
        memset(uri, 'a', sizeof(uri));
        memcpy(uri, "https://", 8);
        dw_init(&alt, 1000);
        dw_open(&alt, DER_SEQUENCE);
        dw_put(&alt, DER_CONTEXT(6), bytes_of((const uint8_t *)uri, len));
        dw_close(&alt);
        build(&w, key, dw_view(&alt), PLAIN);
        struct request r;
        struct issue_name names[2];
        size_t num = 0;
        assert_int_equal(request_parse(&r, dw_view(&w), &err), 0);
        int status = request_names(&r, names, 2, &num, &err);
        assert_int_equal(status == 0, len <= ISSUE_NAME_MAX);
        if (status == 0) {
            assert_int_equal(names[0].len, len);
        }
        dw_free(&w);
        dw_free(&alt);
    }
    pkey_free(key);
}

static void wrong_key(void **state)
{
    (void)state;
    struct made made = make_request(KEY_ED25519, 0);
    struct pkey *other = pkey_generate(KEY_ED25519, 0, NULL);
    assert_non_null(other);
    /* somebody puts his key into another's request */
    cssl_bytes mine = pkey_spki(other);
    cssl_bytes theirs = pkey_spki(made.key);
    uint8_t *at = memmem(made.der, made.len, theirs.data, theirs.len);
    assert_non_null(at);
    memcpy(at, mine.data, mine.len);
    struct request r;
    cssl_error err;
    assert_true(request_parse(&r, bytes_of(made.der, made.len), &err) < 0);
    assert_int_equal(err.reason, CSSL_R_REQUEST_SIGNATURE);
    pkey_free(other);
    made_free(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),    cmocka_unit_test(damaged),    cmocka_unit_test(shapes),
        cmocka_unit_test(strange_names), cmocka_unit_test(long_names), cmocka_unit_test(wrong_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_issue.c - making certificates and requests: that what comes out is what was asked for and is
 * accepted by our own path checks, and that what must not be made is refused with its reason.
 */
#include "support.h"

#include "base/mem.h"
#include "base/names.h"
#include "pki/cert_fields.h"
#include "pki/chain.h"
#include "pki/der.h"
#include "pki/dname.h"
#include "pki/issue.h"

enum { NOW = 1700000000, DAY = 86400 };

/* ---- Helpers ---- */

static struct pkey *new_key(enum key_type type, unsigned bits)
{
    cssl_error err;
    struct pkey *key = pkey_generate(type, bits, &err);
    if (key == NULL) {
        print_error("%s\n", err.text);
    }
    assert_non_null(key);
    return key;
}

static struct issue_name name_of(const char *text)
{
    struct issue_name name;
    cssl_error err;
    if (issue_name_parse(&name, text, &err) != 0) {
        print_error("%s: %s\n", text, err.text);
        fail_msg("a name was refused");
    }
    return name;
}

static struct issue_params ca_params(const struct pkey *key)
{
    return (struct issue_params){ .common_name = "Test CA",
                                  .ca = true,
                                  .path_len = -1,
                                  .not_before = NOW,
                                  .not_after = NOW + 1000 * DAY,
                                  .spki = pkey_spki(key),
                                  .signer = key };
}

static struct cert *make(const struct issue_params *params)
{
    cssl_error err = { 0 };
    uint8_t *der = NULL;
    size_t len = 0;
    if (issue_cert(params, &der, &len, &err) != 0) {
        print_error("%s\n", err.text);
        fail_msg("a certificate was not made");
    }
    struct cert *cert = cert_parse(bytes_of(der, len), &err);
    assert_non_null(cert);
    mem_free(der);
    return cert;
}

static void refused(const struct issue_params *params, cssl_reason reason)
{
    cssl_error err = { 0 };
    uint8_t *der = NULL;
    size_t len = 1;
    assert_true(issue_cert(params, &der, &len, &err) < 0);
    assert_int_equal(err.reason, reason);
    assert_null(der);
    assert_int_equal(len, 0);
}

static enum chain_result check_path(struct cert *leaf, struct cert *middle, struct cert *root,
                                    enum chain_purpose purpose, const char *name, cssl_error *err)
{
    struct store *store = store_from_memory(cert_der(root), err);
    assert_non_null(store);
    struct cert *certs[] = { leaf, middle };
    const struct chain_params params = { .anchors = store,
                                         .purpose = purpose,
                                         .name = name,
                                         .now = NOW + DAY,
                                         .depth = CHAIN_DEPTH_DEFAULT };
    struct chain *chain = chain_new(&params, certs, middle == NULL ? 1 : 2, err);
    assert_non_null(chain);
    enum chain_result result = chain_run(chain, err);
    chain_free(chain);
    store_free(store);
    return result;
}

/* ---- Names ---- */

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int type; /* 0: refused */
        const char *data;
    } rows[] = {
        { "localhost", ISSUE_DNS, "localhost" },
        { "Example.ORG.", ISSUE_DNS, "example.org" },
        { "*.example.org", ISSUE_DNS, "*.example.org" },
        { "_service.example", ISSUE_DNS, "_service.example" },
        { "b\xc3\xbc"
          "cher.example",
          ISSUE_DNS, "xn--bcher-kva.example" },
        { "*.b\xc3\xbc"
          "cher.example",
          ISSUE_DNS, "*.xn--bcher-kva.example" },
        { "127.0.0.1", ISSUE_IP, "\x7f\0\0\x01" },
        { "1.2.3", 0, NULL },
        { "1.2.3.256", 0, NULL },
        { "alice@Example.org", ISSUE_EMAIL, "alice@example.org" },
        { "alice@", 0, NULL },
        { "@example.org", 0, NULL },
        { "a@b@example.org", 0, NULL },
        { "Alice <alice@example.org>", 0, NULL },
        { "https://example.org/x?y", ISSUE_URI, "https://example.org/x?y" },
        { "spiffe://trust/a@b", ISSUE_URI, "spiffe://trust/a@b" },
        { "://x", 0, NULL },
        { "1http://x", 0, NULL },
        { "http://", 0, NULL },
        { "", 0, NULL },
        { ".", 0, NULL },
        { "*", 0, NULL },
        { "*.", 0, NULL },
        { "*.org", 0, NULL },
        { "a*.example.org", 0, NULL },
        { "a.*.example.org", 0, NULL },
        { "*.*.example.org", 0, NULL },
        { "a..b", 0, NULL },
        { ".a", 0, NULL },
        { "-a.example", 0, NULL },
        { "a-.example", 0, NULL },
        { "a b", 0, NULL },
        { "a\tb", 0, NULL },
        { "a/b", 0, NULL },
        { "example.org:443", 0, NULL },
        { "b\xc3", 0, NULL },
        { "alice@b\xc3\xbc"
          "cher.example",
          0, NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct issue_name name;
        cssl_error err = { 0 };
        int status = issue_name_parse(&name, rows[i].text, &err);
        if (rows[i].type == 0) {
            if (status == 0) {
                fail_msg("'%s' was taken", rows[i].text);
            }
            assert_int_equal(err.reason, CSSL_R_ISSUE_NAME);
            assert_true(strlen(err.text) > 10);
            continue;
        }
        if (status != 0) {
            fail_msg("'%s' was refused: %s", rows[i].text, err.text);
        }
        assert_int_equal(name.type, rows[i].type);
        size_t len = name.type == ISSUE_IP ? 4 : strlen(rows[i].data);
        assert_int_equal(name.len, len);
        assert_memory_equal(name.data, rows[i].data, len);
    }
}

static void name_lengths(void **state)
{
    (void)state;
    char text[300];
    struct issue_name name;
    /* labels of 63 are the longest, and 253 bytes in all */
    memset(text, 'a', sizeof(text));
    text[63] = '\0';
    assert_int_equal(issue_name_parse(&name, text, NULL), 0);
    text[63] = 'a';
    text[64] = '\0';
    assert_true(issue_name_parse(&name, text, NULL) < 0);
    for (size_t len = 250; len < sizeof(text); len++) {
        memset(text, 'a', sizeof(text));
        for (size_t dot = 50; dot < len - 1; dot += 50) {
            text[dot] = '.';
        }
        text[len] = '\0';
        assert_int_equal(issue_name_parse(&name, text, NULL) == 0, len <= 253);
    }
    struct issue_name v6 = name_of("[2001:db8::1]");
    assert_int_equal(v6.type, ISSUE_IP);
    test_same_hex(v6.data, v6.len, "20010db8000000000000000000000001");
}

/* ---- Certificates ---- */

/* A root, an intermediate and a leaf of one kind of key, checked as a peer would. */
static void path_of(enum key_type type, unsigned bits)
{
    cssl_error err = { 0 };
    struct pkey *root_key = new_key(type, bits);
    struct pkey *middle_key = new_key(type, bits);
    struct pkey *leaf_key = new_key(type, bits);
    struct issue_params params = ca_params(root_key);
    struct cert *root = make(&params);
    params = ca_params(middle_key);
    params.common_name = "Intermediate \xc3\xbc";
    params.organization = "Tests";
    params.path_len = 0;
    params.issuer = root;
    params.signer = root_key;
    struct cert *middle = make(&params);
    const struct issue_name alt[] = { name_of("www.example.org"), name_of("127.0.0.1"),
                                      name_of("::1"), name_of("alice@example.org"),
                                      name_of("https://example.org/") };
    params = (struct issue_params){ .common_name = "www.example.org",
                                    .names = alt,
                                    .num_names = ARRAY_SIZE(alt),
                                    .server = true,
                                    .not_before = NOW,
                                    .not_after = NOW + 90 * DAY,
                                    .spki = pkey_spki(leaf_key),
                                    .issuer = middle,
                                    .signer = middle_key };
    struct cert *leaf = make(&params);

    assert_true(root->is_ca && middle->is_ca && !leaf->is_ca);
    assert_int_equal(root->path_len, -1);
    assert_int_equal(middle->path_len, 0);
    assert_int_equal(root->key_usage, KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(leaf->key_usage, KU_DIGITAL_SIGNATURE);
    assert_int_equal(leaf->ext_key_usage, EKU_SERVER);
    assert_true(bytes_equal(leaf->authority_key_id, middle->key_id));
    assert_true(bytes_equal(middle->authority_key_id, root->key_id));
    assert_true(bytes_equal(leaf->issuer, middle->subject));
    assert_int_equal(leaf->not_before, NOW);
    assert_int_equal(leaf->not_after, NOW + 90 * DAY);
    const uint32_t critical =
        UINT32_C(1) << EXTENSION_BASIC_CONSTRAINTS | UINT32_C(1) << EXTENSION_KEY_USAGE;
    assert_int_equal(leaf->critical, critical);
    assert_int_equal(root->critical, critical);

    static const char *const good[] = { "www.example.org", "127.0.0.1", "::1" };
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        if (check_path(leaf, middle, root, PURPOSE_SERVER, good[i], &err) != CHAIN_OK) {
            fail_msg("%s: %s", good[i], err.text);
        }
    }
    assert_int_equal(check_path(leaf, middle, root, PURPOSE_SERVER, "example.org", &err),
                     CHAIN_FAILED);
    assert_int_equal(check_path(leaf, middle, root, PURPOSE_CLIENT, NULL, &err), CHAIN_FAILED);
    assert_int_equal(check_path(leaf, NULL, root, PURPOSE_SERVER, NULL, &err), CHAIN_FAILED);
    cert_free(leaf);
    cert_free(middle);
    cert_free(root);
    pkey_free(leaf_key);
    pkey_free(middle_key);
    pkey_free(root_key);
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        enum key_type type;
        unsigned bits;
        uint16_t scheme;
    } kinds[] = {
        { KEY_EC_P256, 0, SCHEME_ECDSA_SECP256R1_SHA256 },
        { KEY_EC_P384, 0, SCHEME_ECDSA_SECP384R1_SHA384 },
        { KEY_EC_P521, 0, SCHEME_ECDSA_SECP521R1_SHA512 },
        { KEY_ED25519, 0, SCHEME_ED25519 },
        { KEY_ED448, 0, SCHEME_ED448 },
        { KEY_RSA, 2048, SCHEME_RSA_PKCS1_SHA256 },
        { KEY_RSA_PSS, 2048, SCHEME_RSA_PSS_PSS_SHA256 },
        { KEY_MLDSA44, 0, SCHEME_MLDSA44 },
        { KEY_MLDSA65, 0, SCHEME_MLDSA65 },
        { KEY_MLDSA87, 0, SCHEME_MLDSA87 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (scheme_available(kinds[i].scheme)) {
            path_of(kinds[i].type, kinds[i].bits);
        }
    }
}

static void self_signed_and_no_subject(void **state)
{
    (void)state;
    cssl_error err = { 0 };
    struct pkey *key = new_key(KEY_EC_P256, 0);
    const struct issue_name alt = name_of("localhost");
    struct issue_params params = { .names = &alt,
                                   .num_names = 1,
                                   .server = true,
                                   .client = true,
                                   .not_before = NOW,
                                   .not_after = NOW + 90 * DAY,
                                   .spki = pkey_spki(key),
                                   .signer = key,
                                   .common_name = "localhost" };
    struct cert *cert = make(&params);
    assert_true(cert->self_issued);
    assert_int_equal(cert->ext_key_usage, EKU_SERVER | EKU_CLIENT);
    if (check_path(cert, NULL, cert, PURPOSE_SERVER, "localhost", &err) != CHAIN_OK) {
        fail_msg("%s", err.text);
    }
    cert_free(cert);

    /* RFC 5280 4.2.1.6: without a subject subjectAltName is critical */
    struct pkey *ca_key = new_key(KEY_EC_P256, 0);
    struct issue_params above = ca_params(ca_key);
    struct cert *ca = make(&above);
    params.common_name = NULL;
    params.issuer = ca;
    params.signer = ca_key;
    cert = make(&params);
    assert_true(dname_empty(cert->subject));
    assert_true((cert->critical >> EXTENSION_SUBJECT_ALT_NAME & 1) != 0);
    assert_int_equal(check_path(cert, NULL, ca, PURPOSE_SERVER, "localhost", &err), CHAIN_OK);
    cert_free(cert);
    cert_free(ca);
    pkey_free(ca_key);
    pkey_free(key);
}

static int fixed_random(void *user, uint8_t *out, size_t len)
{
    memset(out, *(const int *)user, len);
    return 0;
}

static int no_random(void *user, uint8_t *out, size_t len)
{
    (void)user;
    (void)out;
    (void)len;
    return -1;
}

static void serials(void **state)
{
    (void)state;
    struct pkey *key = new_key(KEY_ED25519, 0);
    static const struct {
        int byte;
        const char *hex;
    } rows[] = { { 0x00, "40000000000000000000000000000000" },
                 { 0xff, "7fffffffffffffffffffffffffffffff" } };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        int byte = rows[i].byte;
        const struct rand_source random = { fixed_random, &byte };
        struct issue_params params = ca_params(key);
        params.random = &random;
        struct cert *cert = make(&params);
        test_same_hex(cert->serial.data, cert->serial.len, rows[i].hex);
        cert_free(cert);
    }
    struct issue_params params = ca_params(key);
    struct cert *a = make(&params);
    struct cert *b = make(&params);
    assert_false(bytes_equal(a->serial, b->serial));
    cert_free(a);
    cert_free(b);
    const struct rand_source broken = { no_random, NULL };
    params.random = &broken;
    refused(&params, CSSL_R_RANDOM_FAILED);
    pkey_free(key);
}

/* ---- What is refused ---- */

static void refusals(void **state)
{
    (void)state;
    struct pkey *key = new_key(KEY_ED25519, 0);
    struct pkey *other = new_key(KEY_ED25519, 0);
    const struct issue_name alt = name_of("localhost");
    const struct issue_params leaf = { .common_name = "localhost",
                                       .names = &alt,
                                       .num_names = 1,
                                       .server = true,
                                       .not_before = NOW,
                                       .not_after = NOW + DAY,
                                       .spki = pkey_spki(key),
                                       .signer = key };
    struct issue_params p = leaf;
    p.num_names = 0;
    refused(&p, CSSL_R_ISSUE_SUBJECT);
    p = ca_params(key);
    p.common_name = NULL;
    refused(&p, CSSL_R_ISSUE_SUBJECT);
    p = leaf;
    p.server = false;
    refused(&p, CSSL_R_ISSUE_PURPOSE);
    p = ca_params(key);
    p.client = true;
    refused(&p, CSSL_R_ISSUE_PURPOSE);
    p = leaf;
    p.not_after = NOW - 1;
    refused(&p, CSSL_R_ISSUE_VALIDITY);
    p = leaf;
    p.not_after = INT64_MAX;
    refused(&p, CSSL_R_ISSUE_VALIDITY);
    p = leaf;
    p.not_before = INT64_MIN;
    refused(&p, CSSL_R_ISSUE_VALIDITY);
    p = leaf;
    p.signer = other; /* self-signed, but with another key */
    refused(&p, CSSL_R_ISSUE_SIGNER);
    p = leaf;
    p.common_name = "a\nb";
    refused(&p, CSSL_R_ISSUE_NAME);
    p.common_name = "";
    refused(&p, CSSL_R_ISSUE_NAME);
    p.common_name = "12345678901234567890123456789012345678901234567890123456789012345";
    refused(&p, CSSL_R_ISSUE_NAME);
    p = leaf;
    p.organization = "\xff";
    refused(&p, CSSL_R_ISSUE_NAME);
    p = leaf;
    p.spki = bytes_str("this is no key");
    refused(&p, CSSL_R_BAD_PUBLIC_KEY);
    pkey_free(key);
    pkey_free(other);
}

static void issuers_refused(void **state)
{
    (void)state;
    struct pkey *key = new_key(KEY_ED25519, 0);
    struct pkey *leaf_key = new_key(KEY_ED25519, 0);
    const struct issue_name alt = name_of("localhost");
    struct issue_params p = ca_params(key);
    p.path_len = 1;
    struct cert *ca = make(&p);
    struct issue_params leaf = { .common_name = "localhost",
                                 .names = &alt,
                                 .num_names = 1,
                                 .server = true,
                                 .not_before = NOW,
                                 .not_after = NOW + DAY,
                                 .spki = pkey_spki(leaf_key),
                                 .issuer = ca,
                                 .signer = leaf_key };
    refused(&leaf, CSSL_R_ISSUE_SIGNER); /* not the authority's key */
    leaf.signer = key;
    struct cert *cert = make(&leaf);

    struct issue_params below = leaf;
    below.issuer = cert; /* a leaf is no authority */
    below.signer = leaf_key;
    refused(&below, CSSL_R_ISSUE_ISSUER);

    struct issue_params middle = ca_params(leaf_key);
    middle.issuer = ca;
    middle.signer = key;
    middle.path_len = 1; /* as long as that of the authority above */
    refused(&middle, CSSL_R_ISSUE_ISSUER);
    middle.path_len = 0;
    struct cert *last = make(&middle);
    struct issue_params too_deep = ca_params(leaf_key);
    too_deep.issuer = last;
    too_deep.signer = leaf_key;
    refused(&too_deep, CSSL_R_ISSUE_ISSUER);
    cert_free(last);
    cert_free(cert);
    cert_free(ca);
    pkey_free(key);
    pkey_free(leaf_key);
}

static void many_names(void **state)
{
    (void)state;
    struct pkey *key = new_key(KEY_ED25519, 0);
    struct issue_name *alt = calloc(ISSUE_NAMES_MAX + 1, sizeof(*alt));
    assert_non_null(alt);
    for (size_t i = 0; i <= ISSUE_NAMES_MAX; i++) {
        char text[80];
        (void)snprintf(text, sizeof(text), "host-%zu.a-rather-long-name.example.org", i);
        alt[i] = name_of(text);
    }
    struct issue_params p = { .common_name = "many",
                              .names = alt,
                              .num_names = ISSUE_NAMES_MAX,
                              .server = true,
                              .not_before = NOW,
                              .not_after = NOW + DAY,
                              .spki = pkey_spki(key),
                              .signer = key };
    struct cert *cert = make(&p);
    cssl_error err;
    assert_int_equal(check_path(cert, NULL, cert, PURPOSE_SERVER,
                                "host-99.a-rather-long-name.example.org", &err),
                     CHAIN_OK);
    cert_free(cert);
    p.num_names++;
    refused(&p, CSSL_R_ISSUE_NAME);
    free(alt);
    pkey_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),           cmocka_unit_test(name_lengths),
        cmocka_unit_test(paths),           cmocka_unit_test(self_signed_and_no_subject),
        cmocka_unit_test(serials),         cmocka_unit_test(refusals),
        cmocka_unit_test(issuers_refused), cmocka_unit_test(many_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_cert.c - certificates: what is an error, what is a fault, what their fields say. */
#include "pki_support.h"

#include "base/names.h"

/* A certificate from parts in hex, each with its header; NULL takes the usual one. */
struct spec {
    const char *version, *serial, *alg, *outer_alg, *issuer, *validity, *subject, *spki, *ids;
    const char *extensions; /* the list's contents; "" leaves the field out */
    const char *behind;     /* bytes behind the signature, inside */
};

#define ECDSA "300a06082a8648ce3d040302"
#define NAME_A "300c310a300806035504030c0141"
#define EXT_CA "300f0603551d130101ff040530030101ff"

static size_t wrap(uint8_t *out, uint8_t tag, const uint8_t *body, size_t len)
{
    size_t head = len >= 0x100 ? 4 : len >= 0x80 ? 3 : 2;
    memmove(out + head, body, len); /* body may stand in out */
    out[0] = tag;
    out[1] = (uint8_t)(head == 2 ? len : 0x80 + head - 2);
    if (head == 4) {
        out[2] = (uint8_t)(len >> 8);
    }
    out[head - 1] = (uint8_t)len;
    return head + len;
}

static struct cert *build(const struct spec *s, cssl_error *err)
{
    static const char spki[] = "3059301306072a8648ce3d020106082a8648ce3d030107034200"
                               "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                               "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    const char *const fields[] = {
        s->version == NULL ? "a003020102" : s->version,
        s->serial == NULL ? "020101" : s->serial,
        s->alg == NULL ? ECDSA : s->alg,
        s->issuer == NULL ? NAME_A : s->issuer,
        s->validity == NULL ? "301e170d3230303130313030303030305a170d3439303130313030303030305a"
                            : s->validity,
        s->subject == NULL ? NAME_A : s->subject,
        s->spki == NULL ? spki : s->spki,
        s->ids == NULL ? "" : s->ids,
    };
    uint8_t tbs[8192];
    uint8_t list[8192];
    uint8_t whole[8192];
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        len += test_unhex(tbs + len, sizeof(tbs) - len, fields[i]);
    }
    const char *extensions = s->extensions == NULL ? EXT_CA : s->extensions;
    if (extensions[0] != '\0') {
        size_t n = test_unhex(list, sizeof(list), extensions[0] == '-' ? "" : extensions);
        n = wrap(list, 0x30, list, n);
        len += wrap(tbs + len, 0xa3, list, n);
    }
    size_t all = wrap(whole, 0x30, tbs, len);
    all += test_unhex(whole + all, sizeof(whole) - all,
                      s->outer_alg != NULL ? s->outer_alg : fields[2]);
    all += test_unhex(whole + all, sizeof(whole) - all, "030400010203");
    all += test_unhex(whole + all, sizeof(whole) - all, s->behind == NULL ? "" : s->behind);
    uint8_t *out = tbs;
    return cert_parse(bytes_of(out, wrap(out, 0x30, whole, all)), err);
}

static void expect_faults(const char *what, const struct spec *spec, uint64_t faults)
{
    cssl_error err;
    struct cert *cert = build(spec, &err);
    if (cert == NULL) {
        fail_msg("%s: %s", what, err.text);
    }
    if (cert->faults != faults) {
        fail_msg("%s: faults %#llx instead of %#llx", what, (unsigned long long)cert->faults,
                 (unsigned long long)faults);
    }
    cert_free(cert);
}

static void faults_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct spec spec;
        uint64_t faults;
    } rows[] = {
        { "usual", { 0 }, 0 },
        { "version 1", { .version = "", .extensions = "" }, FAULT_BIT(FAULT_VERSION) },
        { "version 2", { .version = "a003020101", .extensions = "" }, FAULT_BIT(FAULT_VERSION) },
        { "no extensions", { .extensions = "" }, 0 },
        { "serial 0", { .serial = "020100" }, FAULT_BIT(FAULT_SERIAL) },
        { "serial -1", { .serial = "0201ff" }, FAULT_BIT(FAULT_SERIAL) },
        { "20 bytes", { .serial = "02147f00000000000000000000000000000000000000" }, 0 },
        { "no issuer", { .issuer = "3000" }, FAULT_BIT(FAULT_EMPTY_NAME) },
        { "no subject of a CA", { .subject = "3000" }, FAULT_BIT(FAULT_EMPTY_NAME) },
        { "no name at all",
          { .subject = "3000", .extensions = "300d0603551d110406300482026162" },
          FAULT_BIT(FAULT_EMPTY_NAME) },
        { "a name in the alternative",
          { .subject = "3000", .extensions = "30100603551d110101ff0406300482026162" }, 0 },
        { "late form",
          { .validity = "3020170d3230303130313030303030305a180f32303439303130313030303030305a" },
          FAULT_BIT(FAULT_FORM) },
        { "right form",
          { .validity = "3020170d3230303130313030303030305a180f32303530303130313030303030305a" },
          0 },
        { "unique ids", { .ids = "810200018202000f" }, 0 },
        { "keyUsage untrimmed", { .extensions = "300b0603551d0f040403020080" },
          FAULT_BIT(FAULT_FORM) },
        { "keyUsage empty", { .extensions = "300a0603551d0f0403030100" },
          FAULT_BIT(FAULT_CONTRADICTION) },
        { "CA without keyCertSign", { .extensions = EXT_CA "300b0603551d0f040403020780" },
          FAULT_BIT(FAULT_CONTRADICTION) },
        { "keyCertSign without CA", { .extensions = "300b0603551d0f040403020204" },
          FAULT_BIT(FAULT_CONTRADICTION) },
        { "path length without CA", { .extensions = "300c0603551d1304053003020100" },
          FAULT_BIT(FAULT_CONTRADICTION) },
        { "critical subjectKeyIdentifier", { .extensions = "300d0603551d0e0101ff0403040141" },
          FAULT_BIT(FAULT_CRITICALITY) },
        { "critical authorityKeyIdentifier", { .extensions = "300f0603551d230101ff04053003800141" },
          FAULT_BIT(FAULT_CRITICALITY) },
        { "authorityKeyIdentifier without key", { .extensions = "30090603551d2304023000" },
          FAULT_BIT(FAULT_KEY_ID) },
        { "policyConstraints not critical", { .extensions = "300c0603551d2404053003810100" },
          FAULT_BIT(FAULT_CRITICALITY) },
        { "policyConstraints", { .extensions = "300f0603551d240101ff04053003810100" }, 0 },
        { "explicit policy", { .extensions = "300f0603551d240101ff04053003800100" }, 0 },
        { "inhibitAnyPolicy", { .extensions = "300d0603551d360101ff0403020100" }, 0 },
        { "unknown", { .extensions = "300806032a030404010a" }, 0 },
        { "unknown critical", { .extensions = "300b06032a03040101ff04010a" },
          FAULT_BIT(FAULT_CRITICAL_EXTENSION) },
        { "name constraints in no CA",
          { .extensions = "30120603551d1e0101ff04083006a0043002820 0" },
          FAULT_BIT(FAULT_BAD_NAME_CONSTRAINTS) },
        { "name constraints not critical",
          { .extensions = EXT_CA "300f0603551d1e04083006a00430028200" },
          FAULT_BIT(FAULT_CRITICALITY) },
        { "name constraints with a minimum",
          { .extensions = EXT_CA "30150603551d1e0101ff040b3009a00730058200800101" },
          FAULT_BIT(FAULT_BAD_NAME_CONSTRAINTS) },
        { "a hole in an address mask",
          { .extensions = EXT_CA "301a0603551d1e0101ff0410300ea00c300a87080a000000ff00ff00" },
          FAULT_BIT(FAULT_BAD_NAME_CONSTRAINTS) },
        { "an address mask",
          { .extensions = EXT_CA "301a0603551d1e0101ff0410300ea00c300a87080a000000fff00000" }, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        expect_faults(rows[i].what, &rows[i].spec, rows[i].faults);
    }
}

static void errors_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text;
        struct spec spec;
    } rows[] = {
        { "version 1 said", "version", { .version = "a003020100" } },
        { "version 4", "version", { .version = "a003020103" } },
        { "version of two bytes", "version", { .version = "a00402020002" } },
        { "extensions in version 2", "not allowed in its version", { .version = "a003020101" } },
        { "serial of 21 bytes", "serial",
          { .serial = "02157f0000000000000000000000000000000000000000" } },
        { "serial not minimal", "body", { .serial = "02020001" } },
        { "serial empty", "body", { .serial = "0200" } },
        { "algorithms differ", "differ", { .outer_alg = "300a06082a8648ce3d040303" } },
        { "algorithm with parameters", "signature algorithm",
          { .alg = "300c06082a8648ce3d0403020500" } },
        { "two algorithms", "a body, an algorithm", { .alg = ECDSA ECDSA } },
        { "issuer no name", "body", { .issuer = "3102" "3000" } },
        { "subject no name", "issuer or subject", { .subject = "3004310230 00" } },
        { "one time", "body", { .validity = "300f170d3230303130313030303030305a" } },
        { "a wrong time", "body",
          { .validity = "301e170d3230313330313030303030305a170d3439303130313030303030305a" } },
        { "key malformed", "public key", { .spki = "3003020100" } },
        { "unique ids in version 1", "body",
          { .version = "", .ids = "81020001", .extensions = "" } },
        { "an empty list of extensions", "extensions are empty", { .extensions = "-" } },
        { "something behind", "a body, an algorithm", { .behind = "0500" } },
        { "twice", "2.5.29.19 is there twice", { .extensions = EXT_CA EXT_CA } },
        { "an unknown one twice", "1.2.3.4 is there twice",
          { .extensions = "300806032a030404010a300806032a030404010b" } },
        { "critical said to be false", "its extensions are malformed",
          { .extensions = "300b06032a030401010004010a" } },
        { "critical of 01", "its extensions are malformed",
          { .extensions = "300b06032a030401010104010a" } },
        { "cA said to be false", "basicConstraints",
          { .extensions = "300c0603551d1304053003010100" } },
        { "path length negative", "basicConstraints",
          { .extensions = "300f0603551d13040830060101ff0201ff" } },
        { "keyUsage padded", "keyUsage", { .extensions = "300b0603551d0f0404030207ff" } },
        { "keyUsage of three bytes", "keyUsage",
          { .extensions = "300d0603551d0f04060304000 00001" } },
        { "no extended key usage", "extKeyUsage", { .extensions = "30090603551d2504023000" } },
        { "no alternative name", "subjectAltName", { .extensions = "30090603551d1104023000" } },
        { "a name that is not ASCII", "subjectAltName",
          { .extensions = "300d0603551d1104063004820261ff" } },
        { "an address of five bytes", "subjectAltName",
          { .extensions = "30100603551d11040930078705 0102030405" } },
        { "a network as a name", "subjectAltName",
          { .extensions = "30130603551d11040c300a87080a000000ff000000" } },
        { "kind of name 9", "subjectAltName", { .extensions = "300b0603551d11040430028900" } },
        { "no name constraints", "nameConstraints",
          { .extensions = EXT_CA "300c0603551d1e0101ff04023000" } },
        { "empty name constraints", "nameConstraints",
          { .extensions = EXT_CA "300e0603551d1e0101ff04043002a000" } },
        { "null for name constraints", "nameConstraints",
          { .extensions = EXT_CA "300e0603551d1e0101ff040430020500" } },
        { "an address without mask", "nameConstraints",
          { .extensions = EXT_CA "30160603551d1e0101ff040c300aa008300687040a000000" } },
        { "key id empty", "subjectKeyIdentifier", { .extensions = "30090603551d0e04020400" } },
        { "issuer without serial in key id", "authorityKeyIdentifier",
          { .extensions = "30110603551d23040a3008800141a10382016 1" } },
        { "no policies", "certificatePolicies", { .extensions = "30090603551d2004023000" } },
        { "a policy twice", "certificatePolicies",
          { .extensions = "30150603551d20040e300c300406022a03300406022a03" } },
        { "no policy constraints", "policyConstraints",
          { .extensions = "300c0603551d240101ff04023000" } },
        { "inhibitAnyPolicy negative", "inhibitAnyPolicy",
          { .extensions = "300d0603551d360101ff04030201ff" } },
        { "bytes behind a value", "basicConstraints",
          { .extensions = "30110603551d130101ff040730030101ff0500" } },
        { "access to nothing", "authorityInfoAccess",
          { .extensions = "300e06082b0601050507010104023000" } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err = { 0 };
        struct cert *cert = build(&rows[i].spec, &err);
        if (cert != NULL) {
            fail_msg("%s was accepted", rows[i].what);
        }
        assert_int_equal(err.reason, CSSL_R_BAD_CERTIFICATE);
        assert_int_equal(err.alert, 42);
        if (strstr(err.text, rows[i].text) == NULL) {
            fail_msg("%s: %s", rows[i].what, err.text);
        }
    }
    cssl_error err;
    assert_null(cert_parse(bytes_of(NULL, 0), &err));
    assert_int_equal(err.reason, CSSL_R_BAD_CERTIFICATE);
}

static void too_many_extensions(void **state)
{
    (void)state;
    char list[66 * 24 + 1] = "";
    for (unsigned num = 1; num <= 65; num++) {
        char one[32];
        (void)snprintf(one, sizeof(one), "300806032a03%02x04010a", num);
        memcpy(list + strlen(list), one, strlen(one) + 1);
        struct spec spec = { .extensions = list };
        cssl_error err;
        struct cert *cert = build(&spec, &err);
        assert_int_equal(cert != NULL, num <= 64);
        cert_free(cert);
    }
}

static void fields(void **state)
{
    (void)state;
    struct cert *cert = pki_cert("server");
    struct cert *ca = pki_cert("ca");
    assert_int_equal(cert->version, 3);
    assert_true(cert_not_before(cert) == 1577836800);
    assert_true(cert_not_after(cert) == 4733510400);
    assert_int_equal(cert_key(cert)->type, KEY_EC_P256);
    assert_int_equal(cert_key(cert)->bits, 256);
    assert_int_equal(cert_signature_scheme(cert), SCHEME_ECDSA_SECP256R1_SHA256);
    assert_int_equal(cert_signature_hash(cert), HASH_SHA256);
    assert_true(bytes_equal(cert_issuer(cert), cert_subject(ca)));
    assert_false(bytes_equal(cert_subject(cert), cert_subject(ca)));
    assert_true(bytes_equal(cert->authority_key_id, ca->key_id));
    assert_int_equal(cert->key_usage, KU_DIGITAL_SIGNATURE);
    assert_int_equal(cert->ext_key_usage, EKU_SERVER);
    assert_int_equal(cert->path_len, -1);
    assert_false(cert->is_ca);
    assert_false(cert->self_issued);
    assert_true(ca->is_ca);
    assert_true(ca->self_issued);
    assert_int_equal(cert->faults, 0);
    assert_ptr_equal(cert_ref(cert), cert);
    cert_free(cert);
    assert_int_equal(cert->version, 3); /* one reference is left */
    cert_free(cert);
    cert_free(ca);
    cert_free(NULL);
    struct cert *sha1 = pki_cert("sha1");
    assert_int_equal(cert_signature_hash(sha1), HASH_SHA256); /* RFC 5929 4.1 */
    assert_true(sha1->sig.weak);
    cert_free(sha1);
    struct cert *ed = pki_cert("ed25519");
    assert_int_equal(cert_signature_hash(ed), HASH_NONE);
    assert_int_equal(cert_signature_scheme(ed), SCHEME_ED25519);
    cert_free(ed);
    struct cert *pss = pki_cert("under-pss");
    assert_int_equal(cert_signature_scheme(pss), SCHEME_RSA_PSS_RSAE_SHA256);
    cert_free(pss);
    struct cert *shorter = pki_cert("short-ca");
    assert_int_equal(shorter->path_len, 0);
    cert_free(shorter);
}

/* The copy is the certificate's own. */
static void input_is_copied(void **state)
{
    (void)state;
    size_t len;
    uint8_t *der = pki_der("server", &len);
    cssl_error err;
    struct cert *cert = cert_parse(bytes_of(der, len), &err);
    assert_non_null(cert);
    memset(der, 0, len);
    assert_int_equal(cert_der(cert).data[0], 0x30);
    assert_int_equal(cert_der(cert).len, len);
    free(der);
    cert_free(cert);
}

static void refuse(void *arg, uint8_t *data, size_t len)
{
    cssl_error err = { 0 };
    (void)arg;
    assert_null(cert_parse(bytes_of(data, len), &err));
    assert_int_equal(err.reason, CSSL_R_BAD_CERTIFICATE);
}

static void survive(void *arg, uint8_t *data, size_t len)
{
    cssl_error err = { 0 };
    (void)arg;
    struct cert *cert = cert_parse(bytes_of(data, len), &err);
    assert_true(cert != NULL || (err.status < 0 && err.text[0] != '\0'));
    cert_free(cert);
}

static void damage(void **state)
{
    (void)state;
    static const char *const names[] = { "server",   "ca",     "names-ca",  "names-good",
                                         "dir-ca",   "rsa",    "under-pss", "other-name",
                                         "policy-ca", "ed25519" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        size_t len;
        uint8_t *der = pki_der(names[i], &len);
        for_each_truncation(der, len, refuse, NULL);
        for_each_bit_flip(der, len, survive, NULL);
        for_each_damage(der, len, test_seed(10 + i), 3000, survive, NULL);
        uint8_t *longer = calloc(1, len + 1);
        assert_non_null(longer);
        memcpy(longer, der, len);
        refuse(NULL, longer, len + 1);
        free(longer);
        free(der);
    }
}

static void key_bits(void **state)
{
    (void)state;
    static const struct {
        const char *spki, *bits;
    } rows[] = {
        { "300b300506032b65700302000a", "0a" },
        { "300b300506032b65700302040a", "" },   /* not whole bytes */
        { "300b300506032b65700302000a00", "" }, /* something behind it */
        { "300c300506032b65700302000a00", "" }, /* or inside */
        { "300b310506032b65700302000a", "" },
        { "300b300506032b65700402000a", "" },
        { "300b300506032b6570030200", "" },
        { "", "" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t *der = test_unhex_new(rows[i].spki, &len);
        cssl_bytes bits = cert_spki_bits(bytes_of(der, len));
        test_same_hex(bits.data, bits.len, rows[i].bits);
        free(der);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_kept),     cmocka_unit_test(errors_are_refused),
        cmocka_unit_test(too_many_extensions), cmocka_unit_test(fields),
        cmocka_unit_test(input_is_copied),     cmocka_unit_test(damage),
        cmocka_unit_test(key_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

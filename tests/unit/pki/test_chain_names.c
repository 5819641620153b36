/* test_chain_names.c - name constraints, name by name and over whole paths. */
#include "pki_support.h"

/* subtree writes one GeneralSubtree with a name of kind. */
static size_t subtree(uint8_t *out, enum general_kind kind, const void *value, size_t len)
{
    bool constructed = kind == GENERAL_DIRECTORY || kind == GENERAL_OTHER;
    out[0] = 0x30;
    out[1] = (uint8_t)(len + 2);
    out[2] = (uint8_t)((constructed ? 0xa0 : 0x80) | kind);
    out[3] = (uint8_t)len;
    memcpy(out + 4, value, len);
    return len + 4;
}

/* check compares one name with one constraint. Names stand in a list of GeneralNames. */
static uint64_t check(enum general_kind kind, const char *constraint, const char *name,
                      bool exclude, struct name_fault *first)
{
    uint8_t tree[256];
    uint8_t list[256];
    uint8_t empty[] = { 0x30, 0 };
    struct cert authority = { 0 };
    struct cert subject = { .subject = bytes_of(empty, 2) };
    unsigned used = 0;
    size_t len = subtree(tree, kind, constraint, strlen(constraint));
    *(exclude ? &authority.excluded : &authority.permitted) = bytes_of(tree, len);
    size_t names_len = subtree(list, kind, name, strlen(name));
    subject.alt_names = bytes_of(list + 2, names_len - 2);
    uint64_t faults = names_check(&authority, &subject, &used, first);
    assert_int_equal(used, 1);
    return faults;
}

static void single_names(void **state)
{
    (void)state;
    static const struct {
        enum general_kind kind;
        const char *constraint, *name;
        bool inside;  /* permitted by it */
        bool touches; /* excluded by it */
    } rows[] = {
        { GENERAL_DNS, "example.com", "example.com", true, true },
        { GENERAL_DNS, "example.com", "EXAMPLE.COM", true, true },
        { GENERAL_DNS, "Example.com", "www.example.com", true, true },
        { GENERAL_DNS, "example.com", "a.b.example.com", true, true },
        { GENERAL_DNS, "example.com", "badexample.com", false, false },
        { GENERAL_DNS, "example.com", "com", false, false },
        { GENERAL_DNS, "example.com", "example.com.org", false, false },
        { GENERAL_DNS, "", "anything.example", true, true },
        { GENERAL_DNS, "example.com", "*.example.com", true, true },
        { GENERAL_DNS, "www.example.com", "*.example.com", false, true },
        { GENERAL_DNS, "a.www.example.com", "*.example.com", false, false },
        { GENERAL_DNS, "com", "*.example.com", true, true },
        { GENERAL_DNS, "example.com", "*.com", false, true },
        { GENERAL_DNS, "example.org", "*.example.com", false, false },
        { GENERAL_DNS, "example.com", ".example.com", false, true }, /* malformed names */
        { GENERAL_DNS, "example.org", "a..b", false, true },
        { GENERAL_DNS, "example.org", "w*.example.com", false, true },
        { GENERAL_DNS, "", "*", false, true },
        { GENERAL_EMAIL, "example.com", "me@example.com", true, true },
        { GENERAL_EMAIL, "example.com", "me@EXAMPLE.com", true, true },
        { GENERAL_EMAIL, "example.com", "me@mail.example.com", false, false },
        { GENERAL_EMAIL, ".example.com", "me@mail.example.com", true, true },
        { GENERAL_EMAIL, ".example.com", "me@example.com", false, false },
        { GENERAL_EMAIL, "me@example.com", "me@example.com", true, true },
        { GENERAL_EMAIL, "me@example.com", "ME@example.com", false, false },
        { GENERAL_EMAIL, "me@example.com", "you@example.com", false, false },
        { GENERAL_EMAIL, "*@example.com", "me@example.com", false, false },
        { GENERAL_EMAIL, "example.com", "example.com", false, true },
        { GENERAL_EMAIL, "example.com", "@example.com", false, true },
        { GENERAL_EMAIL, "example.com", "a@b@example.com", false, true },
        { GENERAL_URI, "example.com", "https://example.com/", true, true },
        { GENERAL_URI, "example.com", "https://me@example.com:443/x?y#z", true, true },
        { GENERAL_URI, "example.com", "https://www.example.com", false, false },
        { GENERAL_URI, ".example.com", "https://www.example.com", true, true },
        { GENERAL_URI, ".example.com", "https://example.com", false, false },
        { GENERAL_URI, "example.com", "https://evil.org/@example.com", false, false },
        { GENERAL_URI, "example.com", "https://example.com@evil.org/", false, false },
        { GENERAL_URI, "example.com", "mailto:me@example.com", false, true },
        { GENERAL_URI, "example.com", "https://10.0.0.1/", false, true },
        { GENERAL_URI, "example.com", "https://[::1]/", false, true },
        { GENERAL_URI, "example.com", "/example.com", false, true },
        { GENERAL_URI, "example.com", "://example.com", false, true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct name_fault first = { 0 };
        uint64_t bit = FAULT_BIT(FAULT_NAME_NOT_PERMITTED);
        if (check(rows[i].kind, rows[i].constraint, rows[i].name, false, NULL) !=
                (rows[i].inside ? 0 : bit) ||
            check(rows[i].kind, rows[i].constraint, rows[i].name, true, &first) !=
                (rows[i].touches ? bit : 0)) {
            fail_msg("%s and %s", rows[i].constraint, rows[i].name);
        }
        assert_int_equal(first.name.value.len, rows[i].touches ? strlen(rows[i].name) : 0);
    }
}

static void other_kinds(void **state)
{
    (void)state;
    /* otherName: an OID and a value */
    assert_int_equal(check(GENERAL_OTHER, "\x06\x01\x2a", "\x06\x01\x2a", false, NULL),
                     FAULT_BIT(FAULT_NAME_CONSTRAINT_KIND));
    assert_int_equal(check(GENERAL_OTHER, "\x06\x01\x2a", "\x06\x01\x2a", true, NULL),
                     FAULT_BIT(FAULT_NAME_CONSTRAINT_KIND));
}

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *constraint, *name; /* hex */
        bool matches;
    } rows[] = {
        { "0a000000ff000000", "0a010203", true },
        { "0a000000ff000000", "0b010203", false },
        { "0000000000000000", "0b010203", true },
        { "0a010203ffffffff", "0a010203", true },
        { "0a010203ffffffff", "0a010202", false },
        { "0000000000000000", "00000000000000000000000000000001", false },
        { "20010db8000000000000000000000000ffffffff000000000000000000000000",
          "20010db8000000000000000000000001", true },
        { "20010db8000000000000000000000000ffffffff000000000000000000000000", "0a010203", false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t constraint[32];
        uint8_t name[16];
        uint8_t tree[64];
        uint8_t list[64];
        uint8_t empty[] = { 0x30, 0 };
        size_t len = test_unhex(constraint, sizeof(constraint), rows[i].constraint);
        struct cert authority = { 0 };
        struct cert subject = { .subject = bytes_of(empty, 2) };
        unsigned used = 0;
        authority.permitted = bytes_of(tree, subtree(tree, GENERAL_IP, constraint, len));
        len = test_unhex(name, sizeof(name), rows[i].name);
        subject.alt_names = bytes_of(list + 2, subtree(list, GENERAL_IP, name, len) - 2);
        assert_int_equal(names_check(&authority, &subject, &used, NULL) == 0, rows[i].matches);
        authority.excluded = authority.permitted;
        authority.permitted = bytes_of(NULL, 0);
        assert_int_equal(names_check(&authority, &subject, &used, NULL) != 0, rows[i].matches);
    }
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        const char *sent;
        int reason, index;
    } rows[] = {
        { "names-good names-ca", 0, -1 },
        { "names-dns names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-suffix names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-excluded names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-wildcard names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-ip names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-ip-excluded names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-ip6 names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-email names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-email-subject names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-uri names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-uri-ip names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "names-malformed names-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "dir-good dir-ca", 0, -1 },
        { "dir-bad dir-ca", CSSL_R_NAME_NOT_PERMITTED, 0 },
        { "other-name other-name-ca", CSSL_R_NAME_CONSTRAINT_KIND, 0 },
        { "no-other-name other-name-ca", 0, -1 },
        { "dot dot-ca", CSSL_R_BAD_NAME_CONSTRAINTS, 1 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct pki_run run;
        pki_begin(&run, "ca", rows[i].sent);
        run.params.name = NULL;
        pki_verify(&run);
        if ((run.result == CHAIN_OK ? 0 : run.err.reason) != rows[i].reason) {
            fail_msg("%s: %s", rows[i].sent, run.err.text);
        }
        if (rows[i].reason != 0) {
            assert_int_equal(run.err.cert_index, rows[i].index);
        }
        pki_end(&run);
    }
}

/* The anchor's constraints count as well. */
static void anchors_constrain(void **state)
{
    (void)state;
    struct pki_run run;
    pki_begin(&run, "names-ca", "names-good");
    run.params.name = "www.example.com";
    pki_check(&run, 0);
    pki_begin(&run, "names-ca", "names-dns");
    run.params.name = NULL;
    pki_check(&run, CSSL_R_NAME_NOT_PERMITTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_names), cmocka_unit_test(other_kinds),
        cmocka_unit_test(addresses),    cmocka_unit_test(paths),
        cmocka_unit_test(anchors_constrain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

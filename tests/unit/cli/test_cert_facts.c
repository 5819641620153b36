/* test_cert_facts.c - lists of texts, and what a certificate says: names, uses, times, warnings. */
#include "cli_support.h"

#include "cli/cert_facts.h"
#include "pki/cert_fields.h"

enum { DAY = 86400, NOW = 1893456000 /* 2030-01-01 */ };

static void texts(void **state)
{
    (void)state;
    struct texts list = { 0 };
    for (int i = 0; i < 1100; i++) {
        texts_add(&list, "%d%%", i);
    }
    assert_int_equal(list.num, 1000); /* the bound */
    assert_string_equal(list.items[0], "0%");
    assert_string_equal(list.items[999], "999%");
    texts_free(&list);
    assert_null(list.items);
    assert_int_equal(list.num, 0);
    texts_free(&list);
}

/* The first certificate of a file in tests/certs. */
static void load(struct cert_items *items, const char *name)
{
    char file[64];
    cssl_error err = { 0 };
    (void)snprintf(file, sizeof(file), "%s.pem", name);
    if (cert_items_load(items, cli_cert_file(file), NULL, true, &err) < 0) {
        fail_msg("%s", err.text);
    }
}

/* All of a list in one line. */
static void expect(struct texts *list, const char *expected)
{
    char all[4096] = "";
    for (size_t i = 0; i < list->num; i++) {
        size_t at = strlen(all);
        (void)snprintf(all + at, sizeof(all) - at, "%s%s", i == 0 ? "" : ", ", list->items[i]);
    }
    assert_string_equal(all, expected);
    texts_free(list);
}

static void certificates(void **state)
{
    (void)state;
    static const struct {
        const char *name, *title, *names, *uses, *extensions, *constraints;
    } rows[] = {
        { "server", "server", "localhost, example.com, *.example.com, 127.0.0.1, ::1",
          "server, digital signature",
          "basicConstraints!, keyUsage!, authorityKeyIdentifier, extKeyUsage, subjectAltName", "" },
        { "mail", "mail", "somebody@example.com", "server, digital signature", NULL, "" },
        { "names-ca", "Names CA", "", "sign certificates, sign CRLs", NULL,
          "only example.com, only 10.0.0.0 mask 255.0.0.0, only example.com, only me@example.org, "
          "only .example.com, not bad.example.com, not 10.9.0.0 mask 255.255.0.0" },
        { "dir-ca", "Directory CA", "", NULL, NULL, "only O=cssl tests" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cert_items items;
        struct texts list = { 0 };
        load(&items, rows[i].name);
        const struct cert *cert = items.items[0].cert;
        char *title = facts_title(cert);
        assert_string_equal(title, rows[i].title);
        free(title);
        facts_names(&list, cert);
        expect(&list, rows[i].names);
        if (rows[i].uses != NULL) {
            facts_uses(&list, cert);
            expect(&list, rows[i].uses);
        }
        if (rows[i].extensions != NULL) {
            facts_extensions(&list, cert);
            expect(&list, rows[i].extensions);
        }
        facts_constraints(&list, cert);
        expect(&list, rows[i].constraints);
        cert_items_free(&items);
    }
}

/* GeneralNames in DER, good ones, odd ones and damaged ones: what comes behind damage is not
 * shown, and nothing that would reach the terminal as it is. */
static void general_names(void **state)
{
    (void)state;
    static const struct {
        const char *der, *text;
    } rows[] = {
        { "", "" },
        { "82 03 61 2e 62", "a.b" },
        { "82 03 61 1b 62", "a\\x1bb" },
        { "86 05 78 3a 2f 2f 79", "x://y" },
        { "87 04 0a 00 00 01", "10.0.0.1" },
        { "87 10 20010db8000000000000000000000001", "2001:db8::1" },
        { "88 01 2a", "a name of kind 8" },
        { "82 01 61 82 01 62", "a, b" },
        { "82 01 61 82 05 62", "a" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len;
        uint8_t *der = test_unhex_new(rows[i].der, &len);
        struct texts list = { 0 };
        facts_general_names(&list, bytes_of(der, len));
        expect(&list, rows[i].text);
        free(der);
    }
}

static void validity(void **state)
{
    (void)state;
    static const struct {
        int64_t now;
        const char *text;
    } rows[] = {
        { -DAY - 1, "begins in 2 days" },
        { -DAY, "begins in 1 day" },
        { -1, "begins in 1 day" },
        { 0, "10 days left" },
        { 9LL * DAY, "1 day left" },
        { 10LL * DAY, "0 days left" },
        { 10LL * DAY + 1, "expired 0 days ago" },
        { 11LL * DAY, "expired 1 day ago" },
        { 12LL * DAY, "expired 2 days ago" },
    };
    const struct cert cert = { .not_before = NOW, .not_after = NOW + 10LL * DAY };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char out[FACTS_VALIDITY_MAX];
        assert_string_equal(facts_validity(out, &cert, NOW + rows[i].now), rows[i].text);
        assert_ptr_equal(facts_validity(out, &cert, NOW), out);
    }
}

static void warnings(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t now;
        const char *warning; /* NULL: none at all */
    } rows[] = {
        { "server", NOW, NULL },
        { "ca", NOW, NULL }, /* an authority needs no name */
        { "rsa", NOW, NULL },
        { "expired", NOW, "it is not valid now: expired 3287 days ago" },
        { "future", NOW, "it is not valid now: begins in " },
        { "expired", 1609459200 - 14LL * DAY + 2, "it expires soon: 13 days left" },
        { "weak", NOW, "its RSA key of 1024 bits is too weak: 2048 are the least" },
        { "sha1", NOW, "its signature uses a hash that is broken" },
        { "no-names", NOW, "it has no subjectAltName" },
        { "unknown-critical", NOW, "it has a critical extension that is not known" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cert_items items;
        struct texts list = { 0 };
        load(&items, rows[i].name);
        facts_warnings(&list, items.items[0].cert, rows[i].now);
        if (list.num != (rows[i].warning == NULL ? 0 : 1)) {
            fail_msg("%s: %zu warnings", rows[i].name, list.num);
        }
        if (rows[i].warning != NULL) {
            cli_has(list.items[0], rows[i].warning);
        }
        texts_free(&list);
        cert_items_free(&items);
    }
}

/* Exactly a fortnight is not soon; a second less is. */
static void soon(void **state)
{
    (void)state;
    struct texts list = { 0 };
    struct cert cert = { .is_ca = true, .not_after = NOW, .key = { .type = KEY_ED25519 } };
    facts_warnings(&list, &cert, NOW - 14LL * DAY);
    expect(&list, "");
    facts_warnings(&list, &cert, NOW - 14LL * DAY + 1);
    expect(&list, "it expires soon: 13 days left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),         cmocka_unit_test(certificates), cmocka_unit_test(validity),
        cmocka_unit_test(general_names), cmocka_unit_test(warnings),     cmocka_unit_test(soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

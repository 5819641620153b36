/* test_cert_make.c - certificates as they are ordered: names, subject, issuer, key, times. */
#include "cli_support.h"

#include <unistd.h>

#include "cli/cert_facts.h"
#include "cli/cert_make.h"
#include "pki/cert_fields.h"

enum { DAY = 86400, START = 1893456000 /* 2030-01-01 */ };

static int make(void *arg)
{
    return make_run(arg);
}

/* An order with files of the test: the certificate c, the key k. */
static struct make_args order(enum make_what what)
{
    struct make_args args = { .what = what,
                              .server = what != MAKE_CA,
                              .key_type = KEY_EC_P256,
                              .days = 10,
                              .has_start = true,
                              .start = START,
                              .path_len = -1,
                              .cert = cli_file("c"),
                              .key = cli_file("k") };
    return args;
}

static void load(struct cert_items *items, const char *name)
{
    cssl_error err = { 0 };
    assert_int_equal(cert_items_load(items, cli_file(name), NULL, true, &err), 0);
}

static void subjects(void **state)
{
    (void)state;
    static const char longest[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
                                  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.example";
    static const struct {
        const char *common_name, *texts[2];
        const char *title; /* NULL: refused */
        size_t names;
    } rows[] = {
        { NULL, { "Example.ORG", "::1" }, "example.org", 2 },
        { NULL, { "[::1]" }, "[::1]", 1 },
        { "A person", { "a@example.org" }, "A person", 1 },
        { "example.org", { NULL }, "example.org", 1 }, /* what can be connected to is a name too */
        { "example.org", { "example.org" }, "example.org", 1 },
        { NULL, { longest }, NULL, 0 }, /* no common name, and so an issuer without a name */
        { "A person", { longest }, "A person", 1 },
        { "A person", { NULL }, NULL, 0 },
        { NULL, { "not a name" }, NULL, 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct make_args args = order(MAKE_SELF_SIGNED);
        args.common_name = rows[i].common_name;
        while (args.num_texts < 2 && rows[i].texts[args.num_texts] != NULL) {
            args.texts[args.num_texts] = rows[i].texts[args.num_texts];
            args.num_texts++;
        }
        const struct cli_said *said = cli_child(make, &args);
        if (rows[i].title == NULL) {
            assert_int_equal(said->code, CLI_NO);
            assert_string_equal(said->out, "");
            assert_null(strstr(said->err, "internal error"));
            assert_int_equal(access(cli_file("k"), F_OK), -1);
            continue;
        }
        if (said->code != CLI_OK) {
            fail_msg("%zu: %s", i, said->err);
        }
        struct cert_items items;
        struct texts names = { 0 };
        load(&items, "c");
        char *title = facts_title(items.items[0].cert);
        assert_string_equal(title, rows[i].title);
        facts_names(&names, items.items[0].cert);
        assert_int_equal(names.num, rows[i].names);
        assert_int_equal(items.items[0].cert->not_before, START);
        assert_int_equal(items.items[0].cert->not_after, START + 10LL * DAY - 1);
        free(title);
        texts_free(&names);
        cert_items_free(&items);
        cli_file_drop("c");
        cli_file_drop("k");
    }
}

/* Under an authority: its end is the latest end, and a start behind it is refused. */
static void under_authority(void **state)
{
    (void)state;
    struct make_args ca = order(MAKE_CA);
    char cert[256];
    (void)snprintf(cert, sizeof(cert), "%s", cli_file("ca.pem"));
    ca.cert = cert;
    ca.key = cli_file("ca.key");
    assert_int_equal(cli_child(make, &ca)->code, CLI_OK);
    static const struct {
        long start_day, days;
        int64_t end; /* 0: refused */
        bool warned;
    } rows[] = {
        { 0, 10, 10LL * DAY - 1, false },
        { 2, 3, 5LL * DAY - 1, false },
        { 2, 9, 10LL * DAY - 1, true },
        { 10, 1, 0, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct make_args args = order(MAKE_ISSUED);
        args.texts[args.num_texts++] = "localhost";
        args.cacert = cert; /* the key lies beside it */
        args.start = START + rows[i].start_day * DAY;
        args.days = rows[i].days;
        const struct cli_said *said = cli_child(make, &args);
        if (rows[i].end == 0) {
            assert_int_equal(said->code, CLI_NO);
            cli_has(said->err, "its own certificate ends at 2030-01-10 23:59:59 UTC");
            continue;
        }
        if (said->code != CLI_OK) {
            fail_msg("%zu: %s", i, said->err);
        }
        assert_int_equal(strstr(said->err, "no longer than its authority") != NULL, rows[i].warned);
        struct cert_items items;
        load(&items, "c");
        assert_int_equal(items.num, 1); /* the root is not sent */
        assert_int_equal(items.items[0].cert->not_after, START + rows[i].end);
        assert_false(items.items[0].cert->self_issued);
        cert_items_free(&items);
        cli_file_drop("c");
        cli_file_drop("k");
    }
    cli_file_drop("ca.pem");
    cli_file_drop("ca.key");
}

static void refused(void **state)
{
    (void)state;
    char cert[4096];
    char out[256];
    const struct cli_said *said = NULL;
    struct make_args args = order(MAKE_ISSUED);
    args.texts[args.num_texts++] = "localhost";
    (void)snprintf(out, sizeof(out), "%s", cli_file("."));
    args.out = out; /* no authority there */
    said = cli_child(make, &args);
    assert_int_equal(said->code, CLI_NO);
    cli_has(said->err, "Make an authority with `cssl cert ca'");
    (void)snprintf(cert, sizeof(cert), "%s", cli_cert_file("server.pem"));
    args.out = NULL;
    args.cacert = cert; /* no authority, though it has a key */
    args.cakey = cli_cert_file("server.key.pem");
    assert_int_equal(cli_child(make, &args)->code, CLI_NO);
    args.cacert = NULL;
    args.cakey = NULL;
    args.request = cert; /* no request */
    args.key = NULL;
    said = cli_child(make, &args);
    assert_int_equal(said->code, CLI_NO);
    cli_has(said->err, "does not begin with a request");
    args.request = NULL;
    args.what = MAKE_SELF_SIGNED;
    args.use_key = cert; /* no key */
    said = cli_child(make, &args);
    assert_int_equal(said->code, CLI_NO);
    cli_has(said->err, "there is no private key in ");
    /* the folder is empty, or the teardown fails */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subjects),
        cmocka_unit_test(under_authority),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, cli_folder_make, cli_folder_remove);
}

/* test_cert_write.c - where what was made goes: both files or none, and what is said about it. */
#include "cli_support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cert_make.h"

/* The paths of a make are freed by whoever asked for them. */
static void free_paths(struct make *m)
{
    mem_free(m->cert_path);
    mem_free(m->key_path);
    m->cert_path = m->key_path = NULL;
}

static void paths(void **state)
{
    (void)state;
    static const struct {
        struct make_args args;
        const char *cert, *key; /* key NULL: none is written */
    } rows[] = {
        { { .what = MAKE_SELF_SIGNED, .server = true }, "server.pem", "server.key" },
        { { .what = MAKE_ISSUED, .client = true }, "client.pem", "client.key" },
        { { .what = MAKE_ISSUED, .client = true, .server = true }, "server.pem", "server.key" },
        { { .what = MAKE_REQUEST, .server = true }, "server.csr", "server.key" },
        { { .what = MAKE_CA }, "ca.pem", "ca.key" },
        { { .what = MAKE_CA, .cacert = "x" }, "intermediate.pem", "intermediate.key" },
        { { .what = MAKE_ISSUED, .server = true, .request = "x" }, "server.pem", NULL },
        { { .what = MAKE_SELF_SIGNED, .server = true, .use_key = "x" }, "server.pem", NULL },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct make m = { .args = rows[i].args };
        cssl_error err = { 0 };
        char out[256];
        (void)snprintf(out, sizeof(out), "%s", cli_file("out"));
        m.args.out = out;
        if (make_choose_paths(&m, &err) != 0) {
            fail_msg("%s", err.text);
        }
        char name[64];
        (void)snprintf(name, sizeof(name), "out/%s", rows[i].cert);
        assert_string_equal(m.cert_path, cli_file(name));
        if (rows[i].key == NULL) {
            assert_null(m.key_path);
        } else {
            (void)snprintf(name, sizeof(name), "out/%s", rows[i].key);
            assert_string_equal(m.key_path, cli_file(name));
        }
        free_paths(&m);
        assert_int_equal(rmdir(out), 0); /* it was made */
    }
}

/* A path that is taken, by a file or a dangling link, for the certificate or for the key. */
static void existing(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct make m = { .args = { .what = MAKE_CA, .force = (i & 4) != 0 } };
        cssl_error err = { 0 };
        char cert[256];
        char key[256];
        (void)snprintf(cert, sizeof(cert), "%s", cli_file("c"));
        (void)snprintf(key, sizeof(key), "%s", cli_file("k"));
        m.args.cert = cert;
        m.args.key = key;
        const char *there = (i & 1) != 0 ? "c" : "k";
        if ((i & 2) != 0) {
            assert_int_equal(symlink("nowhere", cli_file(there)), 0);
        } else {
            (void)cli_file_make(there, "", 0600);
        }
        int status = make_choose_paths(&m, &err);
        if (m.args.force) {
            assert_int_equal(status, 0);
        } else {
            assert_true(status < 0);
            assert_int_equal(err.reason, CSSL_R_FILE_EXISTS);
            cli_has(err.text, cli_file(there));
        }
        free_paths(&m);
        cli_file_drop(there);
    }
}

static void same_file(void **state)
{
    (void)state;
    struct make m = { .args = { .what = MAKE_CA, .cert = "x", .key = "x", .force = true } };
    cssl_error err = { 0 };
    assert_true(make_choose_paths(&m, &err) < 0);
    assert_int_equal(err.reason, CSSL_R_FILE_REFUSED);
    free_paths(&m);
}

/* A make as it is before its files are written. */
static void prepare(struct make *m, enum make_what what)
{
    static uint8_t der[] = { 0x30, 0x00 };
    cssl_error err = { 0 };
    *m = (struct make){ .args = { .what = what }, .der = der, .len = sizeof(der) };
    m->key = pkey_generate(KEY_EC_P256, 0, &err);
    assert_non_null(m->key);
    m->cert_path = mem_str(cli_file("c"));
    m->key_path = mem_str(cli_file("k"));
}

static void finish(struct make *m)
{
    pkey_free(m->key);
    free_paths(m);
}

static void written(void **state)
{
    (void)state;
    static char password[] = "secret";
    static const struct {
        enum make_what what;
        bool password;
        const char *cert, *key;
    } rows[] = {
        { MAKE_SELF_SIGNED, false, "-----BEGIN CERTIFICATE-----\n",
          "-----BEGIN PRIVATE KEY-----\n" },
        { MAKE_REQUEST, false, "-----BEGIN CERTIFICATE REQUEST-----\n",
          "-----BEGIN PRIVATE KEY-----\n" },
        { MAKE_CA, true, "-----BEGIN CERTIFICATE-----\n",
          "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" },
        /* the password is the authority's, not that of the new key */
        { MAKE_ISSUED, true, "-----BEGIN CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\n" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct make m;
        struct stat st;
        cssl_error err = { 0 };
        prepare(&m, rows[i].what);
        m.password = rows[i].password ? password : NULL;
        assert_int_equal(make_write(&m, &err), 0);
        char *cert = cli_file_text(m.cert_path);
        char *key = cli_file_text(m.key_path);
        assert_int_equal(strncmp(cert, rows[i].cert, strlen(rows[i].cert)), 0);
        assert_int_equal(strncmp(key, rows[i].key, strlen(rows[i].key)), 0);
        assert_int_equal(stat(m.key_path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        struct pkey *back =
            cert_key_load(m.key_path, m.args.what == MAKE_CA ? password : NULL, &err);
        assert_non_null(back);
        assert_true(bytes_equal(pkey_spki(back), pkey_spki(m.key)));
        pkey_free(back);
        free(cert);
        free(key);
        cli_file_drop("c");
        cli_file_drop("k");
        finish(&m);
    }
}

/* When one of the two cannot be written neither is there; what was there before stays. */
static void both_or_none(void **state)
{
    (void)state;
    static const char *const there[] = { "c", "k" };
    for (size_t i = 0; i < ARRAY_SIZE(there); i++) {
        struct make m;
        cssl_error err = { 0 };
        const char *path = cli_file_make(there[i], "old", 0600);
        prepare(&m, MAKE_CA);
        assert_true(make_write(&m, &err) < 0);
        assert_int_equal(err.reason, CSSL_R_FILE_EXISTS);
        char *text = cli_file_text(path);
        assert_string_equal(text, "old");
        free(text);
        assert_int_equal(access(cli_file(there[1 - i]), F_OK), -1);
        cli_file_drop(there[i]);
        finish(&m);
    }
}

static int report(void *arg)
{
    return make_report(arg);
}

static void reports(void **state)
{
    (void)state;
    static char cert[] = "d/c.pem";
    static char key[] = "d/c.key";
    static char name[] = "localhost";
    static uint8_t der[] = { 0x30, 0x00 };
    static struct issue_name names[] = {
        { .type = ISSUE_DNS, .len = 3, .data = "a.b" },
        { .type = ISSUE_IP, .len = 4, .data = { 127, 0, 0, 1 } },
    };
    static const struct {
        struct make_args args;
        const char *parts[3];
    } rows[] = {
        { { .what = MAKE_CA, .out = "d" },
          { "Made a certificate authority:\n", "cssl cert issue --out d localhost\n",
            "d/c.key (keep it secret)\n" } },
        { { .what = MAKE_CA, .cacert = "x" },
          { "an intermediate", "--cacert d/c.pem --cakey d/c.key localhost\n",
            "valid until  2030-01-01 00:00:00 UTC\n" } },
        { { .what = MAKE_SELF_SIGNED, .server = true },
          { "a self-signed", "for          a.b, 127.0.0.1\n", "--cert d/c.pem --key d/c.key" } },
        { { .what = MAKE_ISSUED, .server = true, .client = true },
          { "for a server and client", "certificate  d/c.pem\n", "send d/c.pem to whoever" } },
        { { .what = MAKE_REQUEST, .client = true },
          { "a certification request", "request      d/c.pem\n",
            "cssl cert issue --csr d/c.pem" } },
        { { .what = MAKE_CA, .json = true },
          { "\"key\": \"d/c.key\"", "\"a.b\",\n    \"127.0.0.1\"\n",
            "\"not_after\": \"2030-01-01T00:00:00Z\"" } },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct make m = { .args = rows[i].args, .names = names, .num_names = 2 };
        cssl_error err = { 0 };
        m.common_name = name;
        m.cert_path = cert;
        m.key_path = key;
        m.der = der;
        m.len = sizeof(der);
        m.not_after = 1893456000;
        if (m.args.what == MAKE_SELF_SIGNED) {
            m.key = pkey_generate(KEY_EC_P256, 0, &err);
        }
        const struct cli_said *said = cli_child(report, &m);
        assert_int_equal(said->code, CLI_OK);
        for (size_t j = 0; j < 3; j++) {
            cli_has(said->out, rows[i].parts[j]);
        }
        pkey_free(m.key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),   cmocka_unit_test(existing),     cmocka_unit_test(same_file),
        cmocka_unit_test(written), cmocka_unit_test(both_or_none), cmocka_unit_test(reports),
    };
    return cmocka_run_group_tests(tests, cli_folder_make, cli_folder_remove);
}

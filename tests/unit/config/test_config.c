/* test_config.c - configs made of files: each that is wrong has its sentence, which names the file
 * and says what to do. Which options go together is tested in test_options.c. */
#include "support.h"

#include "base/error.h"
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CERTS CSSL_TEST_VECTORS "/../certs/"

struct row {
    cssl_options options;
    bool client;
    const char *option; /* that is at fault */
    cssl_reason reason;
    const char *file; /* that is named */
    const char *advice;
};

static void test_wrong_files(void **state)
{
    (void)state;
    const char *server = CERTS "server.pem";
    const char *key = CERTS "server.key.pem";
    const struct row rows[] = {
        { { .certfile = NULL }, false, "certfile", CSSL_R_OPTION_MISSING, "certfile",
          "cssl cert self-signed" },
        { { .keyfile = key }, false, "certfile", CSSL_R_OPTION_MISSING, "keyfile",
          "name the certificate too" },
        { { .certfile = CERTS "nobody.pem", .keyfile = key }, false, "certfile", CSSL_R_CERT_FILE,
          "nobody.pem", "check the path" },
        { { .certfile = CERTS, .keyfile = key }, false, "certfile", CSSL_R_CERT_FILE, "certs",
          "name the file itself" },
        { { .certfile = "/dev/null", .keyfile = key }, false, "certfile", CSSL_R_CERT_FILE,
          "/dev/null", "name the file itself" },
        { { .certfile = CERTS "make.sh", .keyfile = key }, false, "certfile",
          CSSL_R_NO_CERTIFICATE, "make.sh", "-----BEGIN CERTIFICATE-----" },
        { { .certfile = key, .keyfile = key }, false, "certfile", CSSL_R_NO_CERTIFICATE,
          "server.key.pem", "is it the right one?" },
        { { .certfile = server }, false, "certfile", CSSL_R_NO_KEY, "server.pem",
          "give option keyfile" },
        { { .certfile = server, .keyfile = CERTS "nobody.key" }, false, "keyfile",
          CSSL_R_CERT_FILE, "nobody.key", "check the path" },
        { { .certfile = server, .keyfile = CERTS "make.sh" }, false, "keyfile",
          CSSL_R_KEY_MALFORMED, "make.sh", "is this the key's file?" },
        { { .certfile = server, .keyfile = CERTS "client.key.pem" }, false, "keyfile",
          CSSL_R_KEY_MISMATCH, "client.key.pem", "give the key that was made with that" },
        { { .certfile = CERTS "chain-reversed.pem", .keyfile = CERTS "server-ica.key.pem" }, false,
          "certfile", CSSL_R_CHAIN_ORDER, "chain-reversed.pem", "has to be the first" },
        { { .certfile = server, .keyfile = CERTS "server.encrypted-key.pem" }, false, "password",
          CSSL_R_PASSWORD_MISSING, "server.encrypted-key.pem", "give the password" },
        { { .certfile = server, .keyfile = CERTS "server.encrypted-key.pem", .password = "no" },
          false, "password", CSSL_R_PASSWORD_WRONG, "server.encrypted-key.pem", "password" },
        { { .cacertfile = CERTS "nobody.pem" }, true, "cacertfile", CSSL_R_CERT_FILE, "nobody.pem",
          "check the path" },
        { { .cacertfile = CERTS "make.sh" }, true, "cacertfile", CSSL_R_CERT_FILE, "make.sh",
          "name the file of the authorities' certificates" },
        { { .cacertfile = key }, true, "cacertfile", CSSL_R_CERT_FILE, "server.key.pem",
          "-----BEGIN CERTIFICATE-----" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *r = &rows[i];
        cssl_error err = { 0 };
        cssl_config *config = r->client ? cssl_client_config(&r->options, &err)
                                        : cssl_server_config(&r->options, &err);
        assert_null(config);
        if (err.status != CSSL_OPTION || err.reason != r->reason || err.option == NULL ||
            strcmp(err.option, r->option) != 0 || strstr(err.text, r->file) == NULL ||
            strstr(err.text, r->advice) == NULL) {
            fail_msg("row %zu: status %d, reason %s, option %s: %s", i, (int)err.status,
                     cssl_reason_name(err.reason), err.option == NULL ? "none" : err.option,
                     err.text);
        }
    }
}

/* A file of its own with these permissions, holding what file holds. */
static void copy_of(char path[64], const char *file, mode_t mode)
{
    char data[8192];
    FILE *in = fopen(file, "rbe");
    assert_non_null(in);
    size_t len = fread(data, 1, sizeof(data), in);
    assert_true(len > 0 && len < sizeof(data));
    (void)fclose(in);
    (void)snprintf(path, 64, "cssl-config-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), (ssize_t)len);
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

static void test_secrets_that_others_may_read(void **state)
{
    (void)state;
    for (int open_to_all = 0; open_to_all < 2; open_to_all++) {
        char path[64];
        cssl_error err;
        memset(&err, 0x55, sizeof(err));
        copy_of(path, CERTS "server.key.pem", open_to_all ? 0644 : 0600);
        const cssl_cert_key identity = { .certfile = CERTS "server.pem", .keyfile = path };
        const cssl_options one = { .certfile = CERTS "server.pem", .keyfile = path };
        cssl_config *config = cssl_server_config(&one, &err);
        assert_non_null(config);
        assert_int_equal(err.status, CSSL_OK);
        if (open_to_all) {
            assert_non_null(strstr(err.text, path));
            assert_non_null(strstr(err.text, "run: chmod 600"));
        } else {
            assert_string_equal(err.text, "");
        }
        assert_int_equal(cssl_reason_name(err.reason) == NULL, 1);
        /* A renewal says it again, and so does an identity of a list. */
        const cssl_options several = { .certs_keys = &identity, .num_certs_keys = 1 };
        cssl_config *renewed = cssl_config_renew(config, &several, &err);
        assert_non_null(renewed);
        assert_int_equal(strstr(err.text, path) != NULL, open_to_all);
        cssl_config_free(renewed);
        cssl_config_free(config);
        config = cssl_server_config(&one, NULL);
        assert_non_null(config);
        cssl_config_free(config);
        (void)unlink(path);
    }
}

static void test_secrets_that_we_may_not_read(void **state)
{
    (void)state;
    char path[64];
    cssl_error err;
    copy_of(path, CERTS "server.key.pem", 0);
    bool all_powerful = access(path, R_OK) == 0; /* root reads everything */
    const cssl_options options = { .certfile = CERTS "server.pem", .keyfile = path };
    cssl_config *config = cssl_server_config(&options, &err);
    assert_int_equal(config != NULL, all_powerful);
    if (config == NULL) {
        assert_int_equal(err.status, CSSL_OPTION);
        assert_int_equal(err.reason, CSSL_R_CERT_FILE);
        assert_non_null(strstr(err.text, path));
        assert_non_null(strstr(err.text, "let this user read it"));
    }
    cssl_config_free(config);
    (void)unlink(path);
}

/* What is shared by connections outlives whoever made it. */
static void test_references(void **state)
{
    (void)state;
    cssl_error err;
    const cssl_options options = { .certfile = CERTS "server.pem",
                                   .keyfile = CERTS "server.key.pem" };
    cssl_config *config = cssl_server_config(&options, &err);
    assert_non_null(config);
    assert_ptr_equal(cssl_config_ref(config), config);
    cssl_config *renewed = cssl_config_renew(config, &options, &err);
    assert_non_null(renewed);
    assert_ptr_equal(renewed->shared, config->shared);
    cssl_config_free(config);
    cssl_config_free(config);
    assert_true(renewed->server);
    assert_int_equal(renewed->num_certkeys, 1);
    cssl_config_free(renewed);
    cssl_config_free(NULL);
}

/* A program that was compiled with a newer header may say what this library does not know: only
 * zero is understood. One that was compiled with an older header says less. */
static void test_sizes_of_options(void **state)
{
    (void)state;
    struct {
        cssl_options known;
        uint8_t more[16];
    } newer = { .known = { .cacertfile = CERTS "ca.pem" } };
    cssl_error err;
    cssl_config *config = cssl_client_config_sized(&newer.known, sizeof(newer), &err);
    assert_non_null(config);
    cssl_config_free(config);
    newer.more[15] = 1;
    assert_null(cssl_client_config_sized(&newer.known, sizeof(newer), &err));
    assert_int_equal(err.reason, CSSL_R_OPTION_NOT_SUPPORTED);
    size_t older = offsetof(cssl_options, cacertfile) + sizeof(newer.known.cacertfile);
    newer.known.depth = -7; /* wrong, but not seen */
    config = cssl_client_config_sized(&newer.known, older, &err);
    assert_non_null(config);
    cssl_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_secrets_that_others_may_read),
        cmocka_unit_test(test_secrets_that_we_may_not_read),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_sizes_of_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

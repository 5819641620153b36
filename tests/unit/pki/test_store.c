/* test_store.c - trust anchors from files, memory and the system. */
#include "pki_support.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static void from_file(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t size;
        cssl_reason reason;
    } rows[] = {
        { "ca.pem", 1, (cssl_reason)0 },
        { "ca.der", 1, (cssl_reason)0 },
        { "mesh-cas.pem", 15, (cssl_reason)0 },
        { "both.pem", 1, (cssl_reason)0 }, /* a key beside it is passed over */
        { "server.key.pem", 0, CSSL_R_CERT_FILE },
        { "missing.pem", 0, CSSL_R_CERT_FILE },
        { "make.sh", 0, CSSL_R_CERT_FILE },
        { "server.key.der", 0, CSSL_R_CERT_FILE },
        { "", 0, CSSL_R_CERT_FILE }, /* a directory */
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        cssl_error err = { 0 };
        struct store *store = store_from_file(pki_path(rows[i].file), &err);
        assert_int_equal(store == NULL, rows[i].reason != 0);
        if (store == NULL) {
            assert_int_equal(err.reason, rows[i].reason);
            assert_int_equal(err.status, CSSL_OPTION);
            assert_string_equal(err.option, "cacertfile");
            assert_non_null(strstr(err.text, rows[i].file));
        } else {
            assert_int_equal(store_size(store), rows[i].size);
            assert_non_null(store_cert(store, 0));
        }
        store_free(store);
    }
}

static void from_memory(void **state)
{
    (void)state;
    size_t len;
    cssl_error err;
    uint8_t *der = pki_file("ca.der", &len);
    uint8_t *twice = malloc(2 * len + 1);
    assert_non_null(twice);
    memcpy(twice, der, len);
    memcpy(twice + len, der, len);
    twice[2 * len] = 0;
    struct store *store = store_from_memory(bytes_of(twice, 2 * len), &err);
    assert_non_null(store);
    assert_int_equal(store_size(store), 1);
    store_free(store);
    assert_null(store_from_memory(bytes_of(twice, 2 * len + 1), &err));
    assert_int_equal(err.reason, CSSL_R_NO_CERTIFICATE);
    assert_null(store_from_memory(bytes_of(NULL, 0), &err));
    assert_int_equal(err.reason, CSSL_R_NO_CERTIFICATE);
    assert_string_equal(err.option, "cacerts");
    twice[len + 5] ^= 0xff;
    assert_null(store_from_memory(bytes_of(twice, 2 * len), &err));
    assert_int_equal(err.reason, CSSL_R_BAD_CERTIFICATE);
    assert_non_null(strstr(err.text, "a certificate is malformed: number 2: "));
    free(twice);
    free(der);
    store_free(NULL);
}

static void digest_and_order(void **state)
{
    (void)state;
    struct store *a = pki_store("ca other-ca ica server");
    struct store *b = pki_store("server ca ica ca other-ca server");
    struct store *c = pki_store("ca other-ca ica");
    assert_int_equal(store_size(a), 4);
    assert_int_equal(store_size(b), 4);
    assert_memory_equal(store_digest(a), store_digest(b), 32);
    assert_memory_not_equal(store_digest(a), store_digest(c), 32);
    assert_ptr_equal(store_ref(a), a);
    store_free(a);
    assert_int_equal(store_size(a), 4);
    store_free(a);
    store_free(b);
    store_free(c);
}

static void finding(void **state)
{
    (void)state;
    struct store *store =
        pki_store("ca ca-renewed impostor-ca ca-expired other-ca mesh-cas server");
    struct cert *ca = pki_cert("ca");
    struct cert *ica = pki_cert("ica");
    struct cert *mesh = pki_cert("mesh");
    struct cert *spelled = pki_cert("ica-spelled");
    size_t num = 0;
    for (size_t i = store_find(store, cert_subject(ca), 0); i < store_size(store);
         i = store_find(store, cert_subject(ca), i + 1)) {
        assert_true(bytes_equal(cert_subject(store_cert(store, i)), cert_subject(ca)));
        num++;
    }
    assert_int_equal(num, 4);
    num = 0;
    for (size_t i = store_find(store, cert_issuer(mesh), 0); i < store_size(store);
         i = store_find(store, cert_issuer(mesh), i + 1)) {
        num++;
    }
    assert_int_equal(num, 15);
    assert_int_equal(store_find(store, cert_subject(ica), 0), store_size(store));
    assert_int_equal(store_find(store, cert_subject(ca), store_size(store)), store_size(store));
    assert_true(store_has(store, ca));
    assert_false(store_has(store, ica));
    store_free(store);
    store = pki_store("ica");
    assert_int_equal(store_find(store, cert_subject(spelled), 0), 0); /* written otherwise */
    assert_false(store_has(store, spelled));
    store_free(store);
    cert_free(ca);
    cert_free(ica);
    cert_free(mesh);
    cert_free(spelled);
}

/* copy_to writes a test file's contents to path. */
static void copy_to(const char *path, const char *name)
{
    size_t len;
    uint8_t *data = pki_file(name, &len);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    free(data);
}

static void the_system_is_read_once(void **state)
{
    (void)state;
    char path[] = "cssl-store-XXXXXX"; /* where the test is run */
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    copy_to(path, "ca.pem");
    assert_int_equal(setenv("SSL_CERT_FILE", path, 1), 0);
    cssl_error err;
    struct store *first = store_system(&err);
    struct store *second = store_system(&err);
    assert_non_null(first);
    assert_ptr_equal(first, second);
    assert_int_equal(store_size(first), 1);
    copy_to(path, "mesh-cas.pem"); /* another size */
    struct store *third = store_system(&err);
    assert_ptr_not_equal(first, third);
    assert_int_equal(store_size(third), 15);
    assert_int_equal(store_size(first), 1);
    (void)unlink(path);
    assert_null(store_system(&err));
    assert_int_equal(err.reason, CSSL_R_CERT_FILE);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(setenv("SSL_CERT_FILE", pki_path("make.sh"), 1), 0);
    assert_null(store_system(&err));
    assert_int_equal(err.reason, CSSL_R_NO_SYSTEM_ANCHORS);
    assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
    store_free(first);
    store_free(second);
    store_free(third);
}

static void *load_system(void *arg)
{
    cssl_error err;
    for (int i = 0; i < 50; i++) {
        struct store *store = store_system(&err);
        if (store == NULL) {
            return arg;
        }
        store_free(store);
    }
    return NULL;
}

static void threads_share_the_system(void **state)
{
    (void)state;
    pthread_t threads[4];
    assert_int_equal(setenv("SSL_CERT_FILE", pki_path("mesh-cas.pem"), 1), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, load_system, threads), 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
}

/* Every authority of the system's own bundle can be parsed and is fit to be an anchor. */
static void the_systems_own(void **state)
{
    (void)state;
    static const char bundle[] = "/etc/ssl/certs/ca-certificates.crt";
    if (access(bundle, R_OK) != 0) {
        skip(); /* the package ca-certificates is not there */
    }
    cssl_error err = { 0 };
    struct store *store = store_from_file(bundle, &err); /* refuses what is malformed */
    if (store == NULL) {
        fail_msg("%s", err.text);
    }
    struct chain c = { .params = { .anchors = store, .now = 1735689600, .depth = 10 } };
    c.path.len = 1;
    for (size_t i = 0; i < store_size(store); i++) {
        const struct cert *cert = store_cert(store, i);
        uint64_t dated = FAULT_BIT(FAULT_EXPIRED) | FAULT_BIT(FAULT_NOT_YET_VALID);
        c.path.links[0].cert = cert;
        uint64_t faults = check_authority(&c, cert, true) & ~dated;
        if (faults != 0) {
            fail_msg("anchor %zu has faults %#llx", i, (unsigned long long)faults);
        }
    }
    assert_true(store_size(store) > 50);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_file),
        cmocka_unit_test(from_memory),
        cmocka_unit_test(digest_and_order),
        cmocka_unit_test(finding),
        cmocka_unit_test(the_system_is_read_once),
        cmocka_unit_test(threads_share_the_system),
        cmocka_unit_test(the_systems_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

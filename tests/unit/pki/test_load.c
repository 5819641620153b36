/* test_load.c - files of certificates and keys. */
#include "pki_support.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "pki/load.h"

static void reads_a_file(void **state)
{
    (void)state;
    uint8_t *data = NULL;
    size_t len = 0;
    struct stat st;
    cssl_error err;
    size_t wanted_len;
    uint8_t *wanted = pki_file("ca.pem", &wanted_len);
    assert_int_equal(load_file(pki_path("ca.pem"), NULL, &data, &len, &st, &err), 0);
    assert_int_equal(len, wanted_len);
    assert_memory_equal(data, wanted, len);
    assert_true((size_t)st.st_size == len);
    mem_free_wiped(data, len);
    free(wanted);
}

static void refuses_others(void **state)
{
    (void)state;
    uint8_t *data = NULL;
    size_t len = 0;
    cssl_error err;
    assert_int_equal(load_file(pki_path("none.pem"), "certfile", &data, &len, NULL, &err),
                     CSSL_OPTION);
    assert_int_equal(err.reason, CSSL_R_CERT_FILE);
    assert_int_equal(err.posix, ENOENT);
    assert_string_equal(err.option, "certfile");
    assert_non_null(strstr(err.text, "none.pem\": No such file or directory; check the path"));
    assert_int_equal(load_file(pki_path(""), "certfile", &data, &len, NULL, &err), CSSL_OPTION);
    assert_non_null(strstr(err.text, "is not a file"));
    assert_null(data);
    /* A pipe that nobody writes to does not hold us. */
    char fifo[] = "cssl-fifo-XXXXXX";
    int fd = mkstemp(fifo);
    assert_true(fd >= 0);
    (void)close(fd);
    (void)unlink(fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(load_file(fifo, "certfile", &data, &len, NULL, &err), CSSL_OPTION);
    assert_non_null(strstr(err.text, "is not a file"));
    assert_int_equal(load_file(fifo, "certfile", &data, &len, NULL, NULL), CSSL_OPTION);
    (void)unlink(fifo);
}

static void bounded(void **state)
{
    (void)state;
    char path[] = "cssl-large-XXXXXX";
    uint8_t *data = NULL;
    size_t len = 0;
    cssl_error err;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(load_file(path, NULL, &data, &len, NULL, &err), 0); /* empty */
    assert_int_equal(len, 0);
    mem_free_wiped(data, len);
    assert_int_equal(ftruncate(fd, LOAD_MAX + 1), 0);
    assert_int_equal(load_file(path, NULL, &data, &len, NULL, &err), CSSL_OPTION);
    assert_non_null(strstr(err.text, "larger than 16 MiB"));
    (void)close(fd);
    (void)unlink(path);
}

static void tells_files_apart(void **state)
{
    (void)state;
    struct stat a, b;
    assert_int_equal(stat(pki_path("ca.pem"), &a), 0);
    assert_int_equal(stat(pki_path("ca.pem"), &b), 0);
    assert_true(load_same_file(&a, &b));
    b.st_ino++;
    assert_false(load_same_file(&a, &b));
    b = a;
    b.st_dev++;
    assert_false(load_same_file(&a, &b));
    b = a;
    b.st_size++;
    assert_false(load_same_file(&a, &b));
    b = a;
    b.st_mtim.tv_sec++;
    assert_false(load_same_file(&a, &b));
    b = a;
    b.st_mtim.tv_nsec++;
    assert_false(load_same_file(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_file),
        cmocka_unit_test(refuses_others),
        cmocka_unit_test(bounded),
        cmocka_unit_test(tells_files_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_serve_files.c - a folder over HTTP: what is served, what is not, and that nothing outside of
 * it can be reached. */
#include "serve_support.h"

#include <fcntl.h>
#include <sys/stat.h>

static char outer[] = "cssl-files-XXXXXX";
static int top = -1; /* outer/top is what is served */
static struct fake fake;

static const char *const folders[] = { "deep", "a b<" };
static const struct {
    const char *name, *text;
} files[] = {
    { "page.html", "<p>hi" },  { "empty.txt", "" }, { ".hidden", "secret" },
    { "deep/in.json", "{}" },  { "a&b", "amp" },    { "html", "no ending" },
    { "deep/.htaccess", "s" },
};

static void put(int at, const char *name, const char *text)
{
    int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

static int make(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(outer));
    int at = open(outer, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(at, "top", 0700), 0);
    put(at, "outside", "secret");
    top = openat(at, "top", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)close(at);
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        assert_int_equal(mkdirat(top, folders[i], 0700), 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        put(top, files[i].name, files[i].text);
    }
    assert_int_equal(symlinkat("../outside", top, "link"), 0);
    assert_int_equal(symlinkat("..", top, "up"), 0);
    assert_int_equal(symlinkat("page.html", top, "near"), 0);
    assert_int_equal(mkfifoat(top, "pipe", 0600), 0);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    static const char *const others[] = { "link", "up", "near", "pipe" };
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        (void)unlinkat(top, others[i], 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        (void)unlinkat(top, files[i].name, 0);
    }
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        (void)unlinkat(top, folders[i], AT_REMOVEDIR);
    }
    int at = openat(top, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)close(top);
    (void)unlinkat(at, "top", AT_REMOVEDIR);
    (void)unlinkat(at, "outside", 0);
    (void)close(at);
    return rmdir(outer);
}

/* ask returns all that is answered to a request, freed by the caller. */
static char *ask(const char *method, const char *target)
{
    char request[512];
    fake_open(&fake, &service_files);
    fake.args.folder_fd = top;
    (void)snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: a\r\n\r\n", method, target);
    assert_true(http_data(&fake.conn, bytes_str(request)));
    while (fake.conn.file >= 0) {
        assert_true(http_more(&fake.conn));
    }
    char *out = fake_out(&fake);
    fake_close(&fake);
    return out;
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        unsigned status;
        const char *part; /* of the answer */
    } rows[] = {
        { "/page.html", 200, "Content-Type: text/html; charset=utf-8\r\n" },
        { "/page.html?x=1", 200, "\r\n\r\n<p>hi" },
        { "//page.html", 200, "\r\n\r\n<p>hi" },
        { "/%70age.html", 200, "\r\n\r\n<p>hi" },
        { "/deep/in.json", 200, "Content-Type: application/json\r\n" },
        { "/empty.txt", 200, "Content-Length: 0\r\n" },
        { "/html", 200, "Content-Type: application/octet-stream\r\n" },
        { "/page.html/", 404, "" },
        { "/page.html/x", 404, "" },
        { "/none", 404, "" },
        { "/.hidden", 404, "" },
        { "/deep/.htaccess", 404, "" },
        { "/../outside", 400, "" },
        { "/%2e%2e/outside", 400, "" },
        { "/deep/../../outside", 400, "" },
        { "/..%2foutside", 400, "" },
        { "/deep%2fin.json", 200, "{}" }, /* the same bytes name the same file */
        { "/link", 404, "" },
        { "/up/outside", 404, "" },
        { "/up/", 404, "" },
        { "/near", 404, "" },
        { "/pipe", 404, "" },
        { "/x%00y", 400, "" },
        { "/%zz", 400, "" },
        { "/deep", 301, "\r\nLocation: /deep/\r\n" },
        { "//deep", 301, "\r\nLocation: /deep/\r\n" }, /* not to a host named deep */
        { "/a%20b%3C", 301, "\r\nLocation: /a%20b%3C/\r\n" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char first[32];
        char *out = ask("GET", rows[i].target);
        (void)snprintf(first, sizeof(first), "HTTP/1.1 %u ", rows[i].status);
        if (strncmp(out, first, strlen(first)) != 0) {
            fail_msg("%s: not %u: %s", rows[i].target, rows[i].status, out);
        }
        has(out, rows[i].part);
        has_not(out, "secret");
        free(out);
    }
}

static void test_head_and_others(void **state)
{
    (void)state;
    char *out = ask("HEAD", "/page.html");
    has(out, "Content-Length: 5\r\n");
    assert_string_equal(strstr(out, "\r\n\r\n"), "\r\n\r\n");
    free(out);
    out = ask("POST", "/page.html");
    has(out, "HTTP/1.1 405 ");
    free(out);
}

static void test_listing(void **state)
{
    (void)state;
    char *out = ask("GET", "/");
    has(out, "<li><a href=\"a%20b%3C/\">a b&lt;/</a>\n"
             "<li><a href=\"deep/\">deep/</a>\n"
             "<li><a href=\"a%26b\">a&amp;b</a> 3 bytes\n"
             "<li><a href=\"empty.txt\">empty.txt</a> 0 bytes\n");
    static const char *const not_shown[] = { "hidden", "link", "near", "pipe", "\"up", "../" };
    for (size_t i = 0; i < ARRAY_SIZE(not_shown); i++) {
        has_not(out, not_shown[i]);
    }
    free(out);
    out = ask("GET", "/deep/");
    has(out, "<li><a href=\"../\">..</a>\n<li><a href=\"in.json\">in.json</a> 2 bytes\n</ul>");
    free(out);
}

/* A file goes out in pieces; one that shrinks meanwhile breaks the connection. */
static void test_pieces(void **state)
{
    (void)state;
    enum { SIZE = 64 * 1024 + 1 };
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), SIZE), 0);
    fake_open(&fake, &service_files);
    fake.conn.file = dup(fileno(f));
    fake.conn.file_left = SIZE + 1;
    assert_true(files_more(&fake.conn));
    assert_int_equal(fake.conn.out.len, 64 * 1024);
    assert_true(files_more(&fake.conn));
    assert_int_equal(fake.conn.out.len, SIZE);
    assert_int_equal(fake.conn.file_left, 1);
    assert_false(files_more(&fake.conn));
    assert_int_equal(fake.conn.out.len, SIZE);
    fake_close(&fake);
    (void)fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_head_and_others),
        cmocka_unit_test(test_listing),
        cmocka_unit_test(test_pieces),
    };
    return cmocka_run_group_tests(tests, make, clean);
}

/* test_tlsopts.c - the options that serve and connect share: what they set, which files are opened,
 * and what is refused. */
#include "serve_support.h"

#include "cli_support.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct tls_opts opts;

static bool parse(int key, char *arg)
{
    return tls_opts_parse(&opts, key, arg, NULL);
}

/* opened returns tls_opts_open's code and what it said, freed by the caller. */
static int opened(char **said)
{
    struct capture c;
    capture_begin(&c, STDERR_FILENO);
    int code = tls_opts_open(&opts);
    *said = capture_end(&c);
    return code;
}

static void test_parse(void **state)
{
    (void)state;
    char names[] = "h2,http/1.1,x";
    char one[] = "x25519";
    char cert[] = "a.pem", key[] = "b.pem", number[] = "4096", svg[] = "svg", file[] = "out";
    assert_false(parse(OPT_PORT, number));
    assert_false(parse(OPT_TLS_END, number));
    assert_true(parse(OPT_CERT, cert));
    assert_true(parse(OPT_KEY, key));
    assert_true(parse(OPT_ALPN, names));
    assert_true(parse(OPT_GROUPS, one));
    assert_true(parse(OPT_KEY_UPDATE_AT, number));
    assert_true(parse(OPT_TRACE, svg));
    assert_true(parse(OPT_TRACE_FILE, file));
    assert_string_equal(opts.options.certfile, "a.pem");
    assert_string_equal(opts.options.keyfile, "b.pem");
    assert_int_equal(opts.options.key_update_at, 4096);
    static const char *const alpn[] = { "h2", "http/1.1", "x" };
    for (size_t i = 0; i < ARRAY_SIZE(alpn); i++) {
        assert_string_equal(opts.alpn[i], alpn[i]);
    }
    assert_null(opts.alpn[3]);
    assert_string_equal(opts.groups[0], "x25519");
    assert_null(opts.groups[1]);
    assert_true(opts.tracing);
    assert_int_equal(opts.trace_form, TRACE_SVG);
    char *said;
    assert_int_equal(opened(&said), CLI_OK);
    assert_string_equal(said, "");
    free(said);
    assert_ptr_equal(opts.options.alpn_protocols, opts.alpn);
    assert_ptr_equal(opts.options.supported_groups, opts.groups);
    assert_null(opts.options.ciphers);
    assert_null(opts.options.keylog);
    assert_non_null(opts.options.trace);
    assert_true(parse(OPT_TRACE, NULL)); /* without a form: text */
    assert_int_equal(opts.trace_form, TRACE_TEXT);
    tls_opts_free(&opts);
    assert_null(opts.alpn);
    tls_opts_free(&opts); /* once more does no harm */
}

/* Wrong words end the program with CLI_USAGE and a sentence. */
static const struct wrong {
    int key;
    const char *arg, *sentence;
} wrongs[] = {
    { OPT_ALPN, "", "--alpn is a list of names with commas between" },
    { OPT_ALPN, "a,,b", "--alpn is a list of names with commas between" },
    { OPT_GROUPS, "a,", "--groups is a list of names with commas between" },
    { OPT_CIPHERS, ",a", "--ciphers is a list of names with commas between" },
    { OPT_TRACE, "gif", "--trace is text, ascii, mermaid, svg or json, not 'gif'" },
    { OPT_SIGALGS, "a,,b", "--sigalgs is a list of names with commas between" },
    { OPT_CERT_COMPRESSION, "", "--cert-compression is a list of names with commas between" },
    { OPT_CRL_CHECK, "all", "--crl-check is peer, chain or best-effort, not 'all'" },
    { OPT_RECORD_SIZE_LIMIT, "63", "--record-size-limit" },
    { OPT_RECORD_SIZE_LIMIT, "16385", "--record-size-limit" },
    { OPT_MAX_FRAGMENT_LENGTH, "4097", "--max-fragment-length" },
    { OPT_KEY_UPDATE_AT, "0", "--key-update-at" },
    { OPT_KEY_UPDATE_AT, "2147483648", "--key-update-at" },
    { OPT_KEY_UPDATE_AT, "1k", "--key-update-at" },
};
static const struct wrong *wrong;

static error_t parse_wrong(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key == ARGP_KEY_INIT) {
        char text[64];
        struct tls_opts t = { .tracing = false };
        (void)snprintf(text, sizeof(text), "%s", wrong->arg);
        (void)tls_opts_parse(&t, wrong->key, text, state);
        tls_opts_free(&t);
    }
    return 0;
}

static int run_wrong(int argc, char **argv)
{
    static const struct argp parser = { .parser = parse_wrong };
    cli_parse(&parser, argc, argv, NULL);
    return CLI_OK;
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const args[] = { NULL };
    for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
        wrong = &wrongs[i];
        const struct cli_said *said = cli_child_command(run_wrong, args);
        assert_int_equal(said->code, CLI_USAGE);
        has(said->err, wrong->sentence);
    }
}

/* 64 names are the most. */
static void test_list_bound(void **state)
{
    (void)state;
    char text[200];
    memset(text, 0, sizeof(text));
    for (size_t i = 0; i < 64; i++) {
        text[2 * i] = 'a';
        text[2 * i + 1] = i == 63 ? '\0' : ',';
    }
    assert_true(parse(OPT_CIPHERS, text));
    assert_string_equal(opts.ciphers[63], "a");
    assert_null(opts.ciphers[64]);
    tls_opts_free(&opts);
}

static void test_trace_needs_a_place(void **state)
{
    (void)state;
    char *said;
    opts.trace_path = "x";
    assert_int_equal(opened(&said), CLI_USAGE);
    has(said, "give both");
    free(said);
    tls_opts_free(&opts);
    opts.tracing = true;
    opts.trace_form = TRACE_SVG;
    assert_int_equal(opened(&said), CLI_USAGE);
    has(said, "--trace-file FILE");
    free(said);
    tls_opts_free(&opts);
}

static void test_keylog(void **state)
{
    (void)state;
    char path[300];
    char *said;
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s", cli_file("keys"));
    for (int time = 0; time < 2; time++) { /* the second one appends */
        opts.keylog_path = path;
        assert_int_equal(opened(&said), CLI_OK);
        has(said, "the secrets of every connection are written to ");
        free(said);
        opts.options.keylog(opts.options.user, time == 0 ? "LINE ONE" : "LINE %s TWO");
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(st.st_size, time == 0 ? 9 : 21); /* nothing waits in memory */
        tls_opts_free(&opts);
    }
    char *text = cli_file_text(path);
    assert_string_equal(text, "LINE ONE\nLINE %s TWO\n");
    free(text);
    assert_int_equal(chmod(path, 0640), 0);
    opts.keylog_path = path;
    assert_int_equal(opened(&said), CLI_NO);
    has(said, "chmod 600");
    free(said);
    tls_opts_free(&opts);
    assert_int_equal(chmod(path, 0600), 0);
    char link[300];
    (void)snprintf(link, sizeof(link), "%s", cli_file("link"));
    assert_int_equal(symlink(path, link), 0);
    opts.keylog_path = link; /* nobody chooses where the secrets go by a link */
    assert_int_equal(opened(&said), CLI_NO);
    has(said, "cannot be written");
    free(said);
    tls_opts_free(&opts);
    cli_file_drop("link");
    cli_file_drop("keys");
}

static void test_trace(void **state)
{
    (void)state;
    char path[300];
    char *said;
    const cssl_trace_event event = { .content_type = 21, .message = bytes_str("\x01") };
    (void)snprintf(path, sizeof(path), "%s", cli_file("drawn"));
    tls_opts_trace_begin(&opts);
    assert_null(opts.trace); /* nothing without --trace */
    assert_int_equal(tls_opts_trace_draw(&opts, "a", "b"), CLI_OK);
    opts.tracing = true;
    opts.trace_form = TRACE_ASCII;
    opts.trace_path = path;
    assert_int_equal(opened(&said), CLI_OK);
    free(said);
    opts.options.trace(opts.options.user, &event); /* before it begins, nothing is kept */
    tls_opts_trace_begin(&opts);
    assert_int_equal(trace_count(opts.trace), 0);
    opts.options.trace(opts.options.user, &event);
    assert_int_equal(trace_count(opts.trace), 1);
    tls_opts_trace_begin(&opts); /* anew */
    assert_int_equal(trace_count(opts.trace), 0);
    opts.options.trace(opts.options.user, &event);
    assert_int_equal(tls_opts_trace_draw(&opts, "left", "right"), CLI_OK);
    assert_null(opts.trace); /* and it has stopped */
    char *text = cli_file_text(path);
    has(text, "left");
    has(text, "right");
    has(text, "Alert (1 byte)");
    free(text);
    tls_opts_free(&opts);
    cli_file_drop("drawn");
}

static void test_password(void **state)
{
    (void)state;
    char *said;
    opts.password_path = cli_file_make("password", "open sesame\nsecond line\n", 0600);
    assert_int_equal(opened(&said), CLI_OK);
    assert_string_equal(opts.options.password, "open sesame");
    free(said);
    tls_opts_free(&opts);
    cli_file_drop("password");
    opts.password_path = cli_file("password");
    assert_int_equal(opened(&said), CLI_NO);
    free(said);
    tls_opts_free(&opts);
}

/* A pre-shared key is one line of hex digits. */
static void test_psk(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len; /* 0: refused */
    } rows[] = {
        { "00112233445566778899aabbccddeeFF\nmore\n", 16 },
        { "00112233445566778899aabbccddeeff\r\n", 16 },
        { "00112233445566778899aabbccddeeff", 16 },
        { "0a", 1 },
        { "", 0 },
        { "\n00", 0 },
        { "001", 0 },
        { "0g", 0 },
        { "g0", 0 },
        { "00 ", 0 },
        { "`0", 0 },
        { "0x00", 0 },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *said;
        opts.options.psk_identity = "us";
        opts.psk_path = cli_file_make("psk", rows[i].text, 0600);
        int code = opened(&said);
        assert_int_equal(code, rows[i].len > 0 ? CLI_OK : CLI_NO);
        if (rows[i].len > 0) {
            assert_int_equal(opts.options.psk.len, rows[i].len);
            const uint8_t *psk = opts.options.psk.data;
            assert_int_equal(psk[0], rows[i].len == 1 ? 0x0a : 0);
            assert_int_equal(psk[rows[i].len - 1], rows[i].len == 1 ? 0x0a : 0xff);
        } else {
            has(said, "hex digits");
        }
        free(said);
        tls_opts_free(&opts);
        cli_file_drop("psk");
    }
}

/* Lists that are named are asked, about each certificate if nothing else is said. */
static void test_peer(void **state)
{
    (void)state;
    static const struct {
        char file[8], which[16];
        cssl_crl_check check;
    } rows[] = {
        { "a", "", CSSL_CRL_CHAIN },
        { "a", "peer", CSSL_CRL_PEER },
        { "a", "chain", CSSL_CRL_CHAIN },
        { "a", "best-effort", CSSL_CRL_BEST_EFFORT },
        { "", "", CSSL_CRL_NONE },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (int dir = 0; dir < 2; dir++) {
            char file[8], which[16], *said;
            memcpy(file, rows[i].file, sizeof(file));
            memcpy(which, rows[i].which, sizeof(which));
            assert_true(file[0] == '\0' || parse(dir == 1 ? OPT_CRL_DIR : OPT_CRL_FILE, file));
            assert_true(which[0] == '\0' || parse(OPT_CRL_CHECK, which));
            assert_int_equal(opened(&said), CLI_OK);
            free(said);
            assert_int_equal(opts.options.crl_check, rows[i].check);
            tls_opts_free(&opts);
        }
    }
    char file[] = "a", number[] = "512";
    assert_false(parse(OPT_STAPLE, file)); /* a server's, which has a file */
    assert_true(parse(OPT_STAPLE, NULL));
    assert_true(parse(OPT_POST_HANDSHAKE_AUTH, NULL));
    assert_true(parse(OPT_MAX_FRAGMENT_LENGTH, number));
    assert_true(parse(OPT_RECORD_SIZE_LIMIT, number));
    assert_int_equal(opts.options.stapling, CSSL_ON);
    assert_true(opts.options.post_handshake_auth);
    assert_int_equal(opts.options.max_fragment_length, 512);
    assert_int_equal(opts.options.record_size_limit, 512);
    tls_opts_free(&opts);
}

/* Behind the sentence about a name that does not exist stand those that do. */
static void test_fail(void **state)
{
    (void)state;
    static const struct {
        const char *option, *part;
        cssl_reason reason;
        bool list;
    } rows[] = {
        { "ciphers", "TLS_AES_128_GCM_SHA256", CSSL_R_OPTION_NAME, true },
        { "supported_groups", "x25519", CSSL_R_OPTION_NAME, true },
        { "supported_groups", "x25519", CSSL_R_OPTION_NOT_SUPPORTED, true },
        { "alpn_protocols", "", CSSL_R_OPTION_NAME, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct capture c;
        cssl_error err = { .text = "" };
        (void)fail_option(&err, rows[i].reason, rows[i].option, "%s", "'none'");
        capture_begin(&c, STDERR_FILENO);
        int code = tls_opts_fail(&err);
        char *said = capture_end(&c);
        assert_int_equal(code, CLI_NO);
        has(said, err.text);
        has(said, rows[i].part);
        assert_int_equal(strstr(said, "There are: ") != NULL, rows[i].list);
        free(said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),      cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_list_bound), cmocka_unit_test(test_trace_needs_a_place),
        cmocka_unit_test(test_keylog),     cmocka_unit_test(test_trace),
        cmocka_unit_test(test_password),   cmocka_unit_test(test_fail),
        cmocka_unit_test(test_psk),        cmocka_unit_test(test_peer),
    };
    return cmocka_run_group_tests(tests, cli_folder_make, cli_folder_remove);
}

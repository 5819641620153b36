/* test_pem.c - PEM blocks in texts: RFC 4648's base64, every kind of line end, what is refused. */
#include "support.h"

#include "base/mem.h"
#include "crypto/pem.h"

/* What a text must give: blocks as "label:hex", or a reason. */
static const struct {
    const char *name, *text;
    const char *blocks[4];
    int reason;
} texts[] = {
    { "one", "-----BEGIN A-----\nZm9vYmFy\n-----END A-----\n", { "A:666f6f626172" }, 0 },
    { "no line end at the end", "-----BEGIN A-----\nZg==\n-----END A-----", { "A:66" }, 0 },
    { "CR LF", "-----BEGIN A B-----\r\nZm8=\r\n-----END A B-----\r\n", { "A B:666f" }, 0 },
    { "CR", "-----BEGIN A-----\rZm9v\r-----END A-----\r", { "A:666f6f" }, 0 },
    { "white space at line ends",
      "-----BEGIN A----- \t\nZm 9v\t\n \nYmFy  \n\n-----END A-----  \n",
      { "A:666f6f626172" },
      0 },
    { "text around",
      "subject=/CN=x\n -----BEGIN C-----\n-----BEG\n-----BEGIN A-----\nZm9v\n-----END "
      "A-----\nbetween\n"
      "-----BEGIN B-----\nYmFy\n-----END B-----\nbehind",
      { "A:666f6f", "B:626172" },
      0 },
    { "a byte order mark",
      "\xef\xbb\xbf-----BEGIN A-----\nZm9v\n-----END A-----\n",
      { "A:666f6f" },
      0 },
    { "long and short lines",
      "-----BEGIN "
      "A-----\nZ\nm9\nvYm\nFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9v"
      "YmFyZm9vYmFyZm9vYmFy\n-----END A-----\n",
      { "A:666f6f626172666f6f626172666f6f626172666f6f626172666f6f626172666f6f626172666f6f626172"
        "666f6f626172666f6f626172666f6f626172666f6f626172" },
      0 },
    { "all digits",
      "-----BEGIN A-----\nABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\n"
      "-----END A-----\n",
      { "A:00108310518720928b30d38f41149351559761969b71d79f8218a39259a7a29aabb2dbafc31cb3d35db7e39e"
        "bbf3dfbf" },
      0 },
    { "nothing", "", { NULL }, 0 },
    { "only text", "no block\nin here\n", { NULL }, 0 },
    { "the same label twice",
      "-----BEGIN A-----\nZg==\n-----END A-----\n-----BEGIN A-----\nZm8=\n-----END A-----\n",
      { "A:66", "A:666f" },
      0 },
    { "no end", "-----BEGIN A-----\nZm9v\n", { NULL }, CSSL_R_PEM_MALFORMED },
    { "cut off", "-----BEGIN A-----", { NULL }, CSSL_R_PEM_MALFORMED },
    { "half a mark", "-----BEGIN A---\nZm9v\n-----END A-----\n", { NULL }, CSSL_R_PEM_MALFORMED },
    { "no label", "-----BEGIN -----\nZm9v\n-----END -----\n", { NULL }, CSSL_R_PEM_MALFORMED },
    { "a label of 64",
      "-----BEGIN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-----\nZm9v\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "another end", "-----BEGIN A-----\nZm9v\n-----END B-----\n", { NULL }, CSSL_R_PEM_MALFORMED },
    { "a longer end",
      "-----BEGIN A-----\nZm9v\n-----END AA-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "an end without a beginning", "Zm9v\n-----END A-----\n", { NULL }, CSSL_R_PEM_MALFORMED },
    { "a block in a block",
      "-----BEGIN A-----\nZm9v\n-----BEGIN B-----\nYmFy\n-----END B-----\n-----END A-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "empty", "-----BEGIN A-----\n-----END A-----\n", { NULL }, CSSL_R_PEM_MALFORMED },
    { "three digits", "-----BEGIN A-----\nZm9\n-----END A-----\n", { NULL }, CSSL_R_PEM_MALFORMED },
    { "a digit that is none",
      "-----BEGIN A-----\nZm9-\n-----END A-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "a byte above ASCII",
      "-----BEGIN A-----\nZm9\xc3\n-----END A-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "too much padding",
      "-----BEGIN A-----\nZ===\n-----END A-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "only padding",
      "-----BEGIN A-----\n====\n-----END A-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "padding behind a whole group",
      "-----BEGIN A-----\nZm9v=\n-----END A-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "a group behind padding",
      "-----BEGIN A-----\nZg==Zg==\n-----END A-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "a digit in the padding",
      "-----BEGIN A-----\nZg=g\n-----END A-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "unused bits, two digits",
      "-----BEGIN A-----\nZh==\n-----END A-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "unused bits, three digits",
      "-----BEGIN A-----\nZm9=\n-----END A-----\n",
      { NULL },
      CSSL_R_PEM_MALFORMED },
    { "encrypted in the legacy way",
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nZm9v\n"
      "-----END RSA PRIVATE KEY-----\n",
      { NULL },
      CSSL_R_PEM_ENCRYPTED },
    { "good, then bad",
      "-----BEGIN A-----\nZm9v\n-----END A-----\n-----BEGIN B-----\n!\n-----END B-----\n",
      { "A:666f6f" },
      CSSL_R_PEM_MALFORMED },
};

static void same_block(const struct pem_block *block, const char *want)
{
    const char *colon = strchr(want, ':');
    assert_int_equal(strlen(block->label), colon - want);
    assert_memory_equal(block->label, want, (size_t)(colon - want));
    test_same_hex(block->der, block->len, colon + 1);
}

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        size_t len = strlen(texts[i].text), at = 0, num = 0;
        uint8_t *text = test_copy(texts[i].text, len);
        struct pem_block block;
        cssl_error err = { 0 };
        int ret = 0;
        while ((ret = pem_next(bytes_of(text, len), &at, &block, &err)) == 0 &&
               block.label[0] != '\0') {
            if (num >= ARRAY_SIZE(texts[i].blocks) || texts[i].blocks[num] == NULL) {
                fail_msg("%s: a block too many", texts[i].name);
            }
            same_block(&block, texts[i].blocks[num++]);
            pem_free(&block);
        }
        if ((ret != 0) != (texts[i].reason != 0) || texts[i].blocks[num] != NULL) {
            fail_msg("%s: %d after %zu blocks (%s)", texts[i].name, ret, num, err.text);
        }
        if (ret != 0) {
            assert_int_equal(err.reason, texts[i].reason);
            assert_null(block.der);
            pem_free(&block); /* also after a failure */
        }
        assert_int_equal(pem_looks_like(bytes_of(text, len)),
                         strstr(texts[i].text, "-----BEGIN ") != NULL);
        free(text);
    }
}

static void test_write(void **state)
{
    (void)state;
    struct test_rng rng;
    test_rng_init(&rng, test_seed(6));
    for (size_t len = 1; len < 200; len++) {
        uint8_t der[200];
        test_rng_fill(&rng, der, len);
        char *text = NULL;
        size_t text_len = 0, at = 0;
        cssl_error err;
        assert_int_equal(pem_write("SOME KEY", bytes_of(der, len), &text, &text_len, &err), 0);
        assert_int_equal(strlen(text), text_len);
        assert_int_equal(strncmp(text, "-----BEGIN SOME KEY-----\n", 25), 0);
        for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
            assert_true(strchr(line, '\n') - line <= 64);
        }
        struct pem_block block;
        cssl_bytes bytes = bytes_of((const uint8_t *)text, text_len);
        assert_int_equal(pem_next(bytes, &at, &block, &err), 0);
        assert_string_equal(block.label, "SOME KEY");
        assert_int_equal(block.len, len);
        assert_memory_equal(block.der, der, len);
        pem_free(&block);
        assert_int_equal(at, text_len);
        mem_free_wiped(text, text_len);
    }
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(pem_write("X", bytes_of((const uint8_t *)"foobar", 6), &text, &len, NULL), 0);
    assert_string_equal(text, "-----BEGIN X-----\nZm9vYmFy\n-----END X-----\n");
    mem_free_wiped(text, len);
}

static void read_all(void *arg, uint8_t *data, size_t len)
{
    (void)arg;
    size_t at = 0;
    struct pem_block block;
    cssl_error err;
    while (pem_next(bytes_of(data, len), &at, &block, &err) == 0 && block.label[0] != '\0') {
        assert_true(block.len <= len / 4 * 3);
        pem_free(&block);
    }
    assert_true(at <= len);
}

static void test_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        size_t len = strlen(texts[i].text);
        for_each_truncation(texts[i].text, len, read_all, NULL);
        for_each_damage(texts[i].text, len, test_seed(7) + i, 300, read_all, NULL);
    }
}

/* The search for the mark, at the edges of a text. */
static void test_looks_like(void **state)
{
    (void)state;
    assert_false(pem_looks_like(bytes_of(NULL, 0)));
    assert_true(pem_looks_like(bytes_str("-----BEGIN ")));
    assert_true(pem_looks_like(bytes_str("x\n-----BEGIN ")));
    assert_false(pem_looks_like(bytes_str("-----BEGIN")));
    assert_false(pem_looks_like(bytes_str("----BEGIN X")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_looks_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

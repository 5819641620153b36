/* test_trace_mermaid.c - a trace for Mermaid: the whole text of a small one, and escapes. */
#include "trace_support.h"

#include "base/names.h"

#define HEAD "%%{init: {'sequence': {'actorMargin': 240}}}%%\nsequenceDiagram\n"

static void test_whole(void **state)
{
    (void)state;
    static const struct shown shown[] = {
        { true, CT_HANDSHAKE, 0, "18000001 01" },
        { false, CT_CHANGE_CIPHER_SPEC, 0, "01" },
        { false, CT_HANDSHAKE, 2, "0b000004 00 000000" },
    };
    struct trace *t = trace_make(shown, ARRAY_SIZE(shown));
    t->lost = 2;
    char *text = trace_text(t, TRACE_MERMAID, true);
    assert_string_equal(text, HEAD
                        "    participant C as client\n"
                        "    participant S as server\n"
                        "    C->>S: KeyUpdate (5 bytes, in the clear)\n"
                        "    Note over C,S: asks = for one in return\n"
                        "    S->>C: ChangeCipherSpec (1 byte, in the clear)\n"
                        "    Note over C,S: meaning = none, it is for middleboxes\n"
                        "    S-->>C: Certificate (8 bytes, handshake keys)\n"
                        "    Note over C,S: certificates = none\n"
                        "    Note over C,S: 2 more were not recorded\n");
    free(text);
    trace_free(t);
}

static void test_empty_and_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *drawn;
    } rows[] = {
        { "host:443", "host#58;443" },
        { "a-b_c.d, (e) = f/g", "a-b_c.d, (e) = f/g" },
        { "#59;", "#35;59#59;" },
        { "<b>;\"%", "#60;b#62;#59;#34;#37;" },
        { "{}[]", "#123;#125;#91;#93;" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char expected[400];
        struct trace *t = trace_make(NULL, 0);
        trace_names(t, rows[i].name, NULL);
        char *text = trace_text(t, TRACE_MERMAID, false);
        (void)snprintf(expected, sizeof(expected),
                       "%s    participant C as %s\n    participant S as server\n", HEAD,
                       rows[i].drawn);
        assert_string_equal(text, expected);
        free(text);
        trace_free(t);
    }
}

/* A long list is broken into lines of at most 64 characters, at its blanks. */
static void test_long_list(void **state)
{
    (void)state;
    char hex[256];
    int at = snprintf(hex, sizeof(hex), "01 00003d 0303 %064d 00 0014", 0);
    for (int i = 0; i < 10; i++) {
        at += snprintf(hex + at, sizeof(hex) - (size_t)at, "6a%02x", (unsigned)i);
    }
    (void)snprintf(hex + at, sizeof(hex) - (size_t)at, "0100 0000");
    const struct shown hello[] = { { true, CT_HANDSHAKE, 0, hex } };
    struct trace *t = trace_make(hello, 1);
    char *text = trace_text(t, TRACE_MERMAID, false);
    has(text, "    Note over C,S: versions = TLS 1.2<br/>"
              "suites = 0x6a00, 0x6a01, 0x6a02, 0x6a03, 0x6a04, 0x6a05, 0x6a06,<br/>"
              "0x6a07, 0x6a08, 0x6a09\n");
    free(text);
    trace_free(t);
}

/* A word that is longer than a line is broken within. */
static void test_long_word(void **state)
{
    (void)state;
    char hex[500];
    char name[161];
    for (size_t i = 0; i < 160; i++) {
        name[i] = i % 2 == 0 ? '6' : '1'; /* "aa..." */
    }
    name[160] = '\0';
    (void)snprintf(hex, sizeof(hex),
                   "01 000084 0303 %064d 00 0002 1301 0100 0059 0000 0055 0053 00 0050 %s", 0,
                   name);
    const struct shown hello[] = { { true, CT_HANDSHAKE, 0, hex } };
    struct trace *t = trace_make(hello, 1);
    char *text = trace_text(t, TRACE_MERMAID, false);
    has(text, "server name =<br/>"
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa<br/>"
              "aaaaaaaaaaaaaaaa<br/>versions");
    free(text);
    trace_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_empty_and_names),
        cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_long_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_form.c - the shapes of extension bodies: what each takes, what it refuses, that it writes
 * what it read; and the table of rows: its order, its own functions, what has no row. */
#include "base/error.h"
#include "support.h"

#include "base/names.h"
#include "msg/form.h"

struct message {
    cssl_bytes a, b;
    unsigned own;
};

/* parse_block walks over a ClientHello's extensions. */
static int parse_block(cssl_bytes block, const struct form_row *rows, size_t num, struct message *m,
                       struct ext_set *seen, cssl_error *err)
{
    struct ext_walk walk = { .block = rd_of(block), .place = IN_CLIENT_HELLO };
    *err = (cssl_error){ 0 };
    int status = form_block_parse(&walk, rows, num, m, err);
    *seen = walk.seen;
    return status;
}

/* A body and the field that it gives; NULL: refused. */
static const struct shape {
    enum form form;
    const char *body, *field;
} shapes[] = {
    { FORM_EMPTY, "", "" },
    { FORM_EMPTY, "00", NULL },
    { FORM_RAW, "", "" },
    { FORM_RAW, "00ff17", "00ff17" },
    { FORM_BYTES8, "", NULL },
    { FORM_BYTES8, "00", NULL },
    { FORM_BYTES8, "0107", "07" },
    { FORM_BYTES8, "02070809", NULL }, /* something is behind it */
    { FORM_BYTES8, "0307", NULL },
    { FORM_BYTES8_0, "", NULL },
    { FORM_BYTES8_0, "00", "" },
    { FORM_BYTES8_0, "020708", "0708" },
    { FORM_BYTES8_0, "0000", NULL },
    { FORM_BYTES16, "0000", NULL },
    { FORM_BYTES16, "00", NULL },
    { FORM_BYTES16, "000107", "07" },
    { FORM_BYTES16, "00010708", NULL },
    { FORM_U16S8, "00", NULL },
    { FORM_U16S8, "0107", NULL },
    { FORM_U16S8, "020304", "0304" },
    { FORM_U16S8, "03030405", NULL }, /* half a number */
    { FORM_U16S8, "0403040303", "03040303" },
    { FORM_U16S16, "0000", NULL },
    { FORM_U16S16, "000107", NULL },
    { FORM_U16S16, "0002001d", "001d" },
    { FORM_U16S16, "0003001d00", NULL },
    { FORM_U16S16, "0002001d00", NULL },
    { FORM_LIST_OF_8, "0000", NULL },
    { FORM_LIST_OF_8, "000100", NULL }, /* an empty member */
    { FORM_LIST_OF_8, "0003026832", "026832" },
    { FORM_LIST_OF_8, "00050268320178", "0268320178" },
    { FORM_LIST_OF_8, "000402683200", NULL },
    { FORM_LIST_OF_8, "0003036832", NULL }, /* a member that is longer than the list */
    { FORM_LIST_OF_16, "0000", NULL },
    { FORM_LIST_OF_16, "00020000", NULL },
    { FORM_LIST_OF_16, "0003000107", "000107" },
    { FORM_LIST_OF_16, "000400010700", NULL },
    { FORM_ONE_OF_8, "0003026832", "6832" },
    { FORM_ONE_OF_8, "000100", NULL },
    { FORM_ONE_OF_8, "0000", NULL },
    { FORM_ONE_OF_8, "00050268320178", NULL }, /* two */
    { FORM_ONE_OF_8, "000302683200", NULL },
    { FORM_FIXED1, "", NULL },
    { FORM_FIXED1, "07", "07" },
    { FORM_FIXED1, "0707", NULL },
    { FORM_FIXED2, "07", NULL },
    { FORM_FIXED2, "0708", "0708" },
    { FORM_FIXED2, "070809", NULL },
};

static void check_shape(const struct shape *s)
{
    const struct form_row row = { EXT_SUPPORTED_GROUPS, s->form, offsetof(struct message, a), NULL,
                                  NULL };
    uint8_t body[64], block[80];
    size_t len = test_unhex(body, sizeof(body), s->body);
    struct wr w;
    wr_fixed(&w, block, sizeof(block));
    wr_u16(&w, EXT_SUPPORTED_GROUPS);
    wr_vec16(&w, bytes_of(body, len));
    uint8_t *exact = test_copy(block, w.len);
    struct message m = { .own = 0 };
    struct ext_set seen;
    cssl_error err;
    int status = parse_block(bytes_of(exact, w.len), &row, 1, &m, &seen, &err);
    if ((status == 0) != (s->field != NULL)) {
        fail_msg("form %d, body %s: %d %s", (int)s->form, s->body, status, err.text);
    }
    if (s->field == NULL) {
        assert_int_equal(err.reason, CSSL_R_EXTENSION_MALFORMED);
        assert_int_equal(err.alert, ALERT_DECODE_ERROR);
    } else {
        uint8_t again[80];
        struct wr back;
        test_same_hex(m.a.data, m.a.len, s->field);
        assert_true(m.a.len == 0 || (m.a.data >= exact && m.a.data < exact + w.len)); /* a view */
        assert_true(ext_has(seen, EXT_SUPPORTED_GROUPS));
        wr_fixed(&back, again, sizeof(again));
        form_block_write(&back, &row, 1, &m, seen);
        assert_true(wr_ok(&back));
        assert_int_equal(back.len, w.len);
        assert_memory_equal(again, exact, w.len);
    }
    free(exact);
}

static void test_shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
        check_shape(&shapes[i]);
    }
}

static void test_lists(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        enum form form;
        bool ok;
    } rows[] = {
        { "", FORM_LIST_OF_8, false },          { "", FORM_LIST_OF_16, false },
        { "0107", FORM_LIST_OF_8, true },       { "0107", FORM_LIST_OF_16, false },
        { "000107", FORM_LIST_OF_8, false },    { "000107", FORM_LIST_OF_16, true },
        { "01070108", FORM_LIST_OF_8, true },   { "010700", FORM_LIST_OF_8, false },
        { "010702", FORM_LIST_OF_8, false },    { "0001070001", FORM_LIST_OF_16, false },
        { "00010700", FORM_LIST_OF_16, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len = 0;
        uint8_t *list = test_unhex_new(rows[i].list, &len);
        assert_int_equal(form_list_ok(bytes_of(list, len), rows[i].form), rows[i].ok);
        free(list);
    }
}

static int own_parse(void *message, struct rd *data, enum ext_place place, cssl_error *err)
{
    struct message *m = message;
    assert_int_equal(place, IN_CLIENT_HELLO);
    m->own = rd_u8(data);
    return m->own == 0xbb ? fail(err, CSSL_R_ARGUMENT) : 0;
}

static void own_write(struct wr *w, const void *message)
{
    wr_u8(w, (uint8_t)((const struct message *)message)->own);
}

static const struct form_row table[] = {
    { EXT_COOKIE, FORM_BYTES16, offsetof(struct message, b), NULL, NULL },
    { EXT_SUPPORTED_GROUPS, FORM_U16S16, offsetof(struct message, a), NULL, NULL },
    { EXT_RECORD_SIZE_LIMIT, FORM_OWN, 0, own_parse, own_write },
    { EXT_PADDING, FORM_OWN, 0, own_parse, NULL },
};

/* What is read in any order is written in the table's; what has no row, or no function, is not. */
static void test_table(void **state)
{
    (void)state;
    static const struct {
        const char *block, *written;
        cssl_reason reason; /* 0: it is taken */
    } rows[] = {
        { "", "", 0 },
        { "002c 0003 000107", "002c 0003 000107", 0 },
        { "000a 0004 0002001d  002c 0003 000107", "002c 0003 000107  000a 0004 0002001d", 0 },
        { "001c 0001 05", "001c 0001 05", 0 },
        { "0015 0001 05", "", 0 },
        { "0017 0000  7a7a 0001 00  001c 0001 06", "001c 0001 06", 0 },
        { "001c 0001 bb", NULL, CSSL_R_ARGUMENT }, /* the row's own refusal comes through */
        { "001c 0002 0505", NULL, CSSL_R_EXTENSION_MALFORMED },
        { "001c 0000", NULL, CSSL_R_EXTENSION_MALFORMED },
        { "0017 0000  000a 0002 0000", NULL, CSSL_R_EXTENSION_MALFORMED },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t len = 0;
        uint8_t *block = test_unhex_new(rows[i].block, &len);
        struct message m = { .own = 0 };
        struct ext_set seen;
        cssl_error err;
        int status = parse_block(bytes_of(block, len), table, ARRAY_SIZE(table), &m, &seen, &err);
        assert_int_equal(err.reason, rows[i].reason);
        assert_int_equal(status < 0, rows[i].reason != 0);
        if (status == 0) {
            struct wr w;
            wr_init(&w, 256);
            form_block_write(&w, table, ARRAY_SIZE(table), &m, seen);
            assert_true(wr_ok(&w));
            test_same_hex(w.data, w.len, rows[i].written);
            wr_free(&w);
        }
        free(block);
    }
}

/* The set decides what is written, not the fields. */
static void test_set(void **state)
{
    (void)state;
    static const uint8_t cookie[] = { 7 };
    struct message m = { .b = bytes_of(cookie, 1), .own = 9 };
    struct ext_set has = { 0 };
    struct wr w;
    wr_init(&w, 256);
    form_block_write(&w, table, ARRAY_SIZE(table), &m, has);
    assert_int_equal(w.len, 0);
    ext_add(&has, EXT_RECORD_SIZE_LIMIT);
    form_block_write(&w, table, ARRAY_SIZE(table), &m, has);
    test_same_hex(w.data, w.len, "001c000109");
    wr_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

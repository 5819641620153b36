/* test_json.c - values that are made, who owns them, and when they cannot be written. */
#include "cli_support.h"

#include "cli/cli.h"

static void values(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x00, 0xab, 0xff };
    const struct {
        json_t *value;
        const char *text;
    } rows[] = {
        { cli_json_text(bytes_str("plain")), "plain" },
        { cli_json_text(bytes_str("")), "" },
        { cli_json_text(bytes_str("\xc3\xbc\x1b")), "\xc3\xbc\\x1b" },
        { cli_json_text(bytes_of(bytes, 3)), "\\x00\\xab\\xff" }, /* no UTF-8: jansson refuses it */
        { cli_json_hex(bytes_of(bytes, 3)), "00abff" },
        { cli_json_hex(bytes_of(NULL, 0)), "" },
        { cli_json_time(0), "1970-01-01T00:00:00Z" },
        { cli_json_time(1709208000), "2024-02-29T12:00:00Z" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_string_equal(json_string_value(rows[i].value), rows[i].text);
        assert_int_equal(rows[i].value->refcount, 1);
        json_decref(rows[i].value);
    }
}

/* The container takes the value over; a key that was there gets the new one. */
static void containers(void **state)
{
    (void)state;
    json_t *object = json_object();
    json_t *array = json_array();
    cli_json_set(object, "a", json_integer(1));
    cli_json_set(object, "a", json_integer(2));
    cli_json_add(array, json_integer(3));
    cli_json_add(array, json_integer(4));
    cli_json_set(object, "list", array);
    assert_int_equal(json_object_size(object), 2);
    assert_int_equal(json_integer_value(json_object_get(object, "a")), 2);
    assert_int_equal(json_array_size(array), 2);
    assert_int_equal(json_integer_value(json_array_get(array, 1)), 4);
    assert_int_equal(array->refcount, 1);
    json_decref(object);
}

static int print(void *arg)
{
    const char *where = arg;
    if (where != NULL && freopen(where, "w", stdout) == NULL) {
        return 90;
    }
    if (where != NULL && setvbuf(stdout, NULL, _IONBF, 0) != 0) {
        return 91;
    }
    json_t *object = json_object();
    cli_json_set(object, "b", json_true());
    cli_json_set(object, "a", json_null());
    return cli_json_print(object);
}

static int print_nothing(void *arg)
{
    (void)arg;
    return cli_json_print(NULL);
}

static int set_nothing(void *arg)
{
    (void)arg;
    cli_json_set(json_object(), "a", NULL);
    return 90;
}

static int add_nothing(void *arg)
{
    (void)arg;
    cli_json_add(json_array(), NULL);
    return 90;
}

static void prints(void **state)
{
    (void)state;
    char full[] = "/dev/full";
    const struct cli_said *said = cli_child(print, NULL);
    assert_int_equal(said->code, CLI_OK);
    assert_string_equal(said->out, "{\n  \"b\": true,\n  \"a\": null\n}\n");
    said = cli_child(print, full);
    assert_int_equal(said->code, CLI_NO);
    cli_has(said->err, "the output could not be written");
    said = cli_child(print_nothing, NULL);
    assert_int_equal(said->code, CLI_NO);
    cli_has(said->err, "out of memory");
    assert_string_equal(said->out, "");
    assert_int_equal(cli_child(set_nothing, NULL)->code, CLI_NO);
    assert_int_equal(cli_child(add_nothing, NULL)->code, CLI_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(containers),
        cmocka_unit_test(prints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

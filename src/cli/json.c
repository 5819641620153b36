/* json.c - small JSON helpers over jansson. */
#include "cli/cli.h"

#include <ctype.h>
#include <stdlib.h>

int cli_json_print(json_t *object)
{
    if (object == NULL) {
        return cli_fail("out of memory");
    }
    int status = json_dumpf(object, stdout, JSON_INDENT(2));
    json_decref(object);
    if (status != 0 || putchar('\n') == EOF) {
        return cli_fail("the output could not be written");
    }
    return CLI_OK;
}

json_t *cli_json_text(cssl_bytes bytes)
{
    char *text = cli_text(bytes, true);
    json_t *value = cli_memory(json_string(text));
    free(text);
    return value;
}

json_t *cli_json_hex(cssl_bytes bytes)
{
    char *hex = cli_hex(bytes, "");
    for (char *p = hex; *p != '\0'; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    json_t *value = cli_memory(json_string(hex));
    free(hex);
    return value;
}

json_t *cli_json_time(int64_t seconds)
{
    char text[CLI_TIME_MAX];
    cli_time_iso(text, seconds);
    return cli_memory(json_string(text));
}

void cli_json_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        exit(cli_fail("out of memory"));
    }
}

void cli_json_add(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0) {
        exit(cli_fail("out of memory"));
    }
}

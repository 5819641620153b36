/* trace_json.c - a trace as JSON: an object with the messages in order, their details as they are
 * named in the drawings. */
#include "cli/trace_parts.h"

#include <jansson.h>


static json_t *message_json(const struct trace_message *m);

int trace_draw_json(const struct trace *t, struct trace_message *m, FILE *f)
{
    json_t *messages = json_array();
    for (size_t i = 0; messages != NULL && i < t->num; i++) {
        trace_describe(m, t, i);
        if (json_array_append_new(messages, message_json(m)) != 0) {
            json_decref(messages);
            messages = NULL;
        }
    }
    /* o and its like take what they are given, also NULL: then they fail */
    json_t *all = json_pack("{s:s, s:s, s:I, s:o}", "client", t->client, "server", t->server,
                            "left_out", (json_int_t)t->lost, "messages", messages);
    if (all == NULL) {
        return CSSL_NOMEM;
    }
    int status = json_dumpf(all, f, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    json_decref(all);
    (void)fputc('\n', f);
    return status == 0 ? 0 : CSSL_SYSTEM;
}

/* key_of makes a key of a label: "server name" becomes server_name. */
static void key_of(char key[TRACE_NAME_MAX], const char *label)
{
    (void)snprintf(key, TRACE_NAME_MAX, "%s", label);
    for (char *p = key; *p != '\0'; p++) {
        if (*p == ' ' || *p == '-') {
            *p = '_';
        }
    }
}

static json_t *values_json(const struct trace_detail *d)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < d->num; i++) {
        if (json_array_append_new(list, json_string(d->values[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    if (list != NULL && d->more > 0) {
        char more[32];
        (void)snprintf(more, sizeof(more), "and %zu more", d->more);
        (void)json_array_append_new(list, json_string(more));
    }
    return list;
}

/* details_json: a label that stands several times (the certificates above the first) is a list. */
static json_t *details_json(const struct trace_message *m)
{
    json_t *details = json_object();
    for (size_t i = 0; details != NULL && i < m->num; i++) {
        const struct trace_detail *d = &m->details[i];
        char key[TRACE_NAME_MAX];
        key_of(key, d->label);
        json_t *value = d->list ? values_json(d) : json_string(d->values[0]);
        json_t *before = json_object_get(details, key);
        int status;
        if (json_is_array(before)) {
            status = json_array_append_new(before, value);
        } else if (before != NULL) {
            status = json_object_set_new(details, key, json_pack("[O, o]", before, value));
        } else {
            status = json_object_set_new(details, key, value);
        }
        if (status != 0) {
            json_decref(details);
            details = NULL;
        }
    }
    return details;
}

static json_t *message_json(const struct trace_message *m)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:I, s:b, s:o}", "from",
                     m->from_client ? "client" : "server", "message", m->name, "bytes",
                     (json_int_t)m->size, "protection", trace_epoch_text(m->epoch), "time_us",
                     (json_int_t)m->since_us, "bad", m->bad, "details", details_json(m));
}

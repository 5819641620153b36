/* trace.c - records a handshake's messages, within bounds. How they are drawn is in trace_text.c,
 * trace_mermaid.c, trace_svg.c and trace_json.c; what they say in trace_describe.c. */
#include "cli/trace.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/trace_parts.h"

static const struct {
    const char *name;
    enum trace_form form;
} forms[] = {
    { "text", TRACE_TEXT }, { "mermaid", TRACE_MERMAID }, { "svg", TRACE_SVG },
    { "json", TRACE_JSON }, { "ascii", TRACE_ASCII },
};

bool trace_form_of(const char *name, enum trace_form *form)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (strcmp(forms[i].name, name) == 0) {
            *form = forms[i].form;
            return true;
        }
    }
    return false;
}

struct trace *trace_new(void)
{
    struct trace *t = mem_new(sizeof(*t));
    if (t == NULL) {
        return NULL;
    }
    t->items = mem_new_array(TRACE_ITEMS_MAX, sizeof(*t->items));
    if (t->items == NULL) {
        mem_free(t);
        return NULL;
    }
    trace_names(t, "client", "server");
    return t;
}

/* Copies are wiped: early data's tickets and the like need not lie about. */
void trace_free(struct trace *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->num; i++) {
        mem_free_wiped(t->items[i].message, t->items[i].len);
    }
    mem_free(t->items);
    mem_free(t);
}

void trace_names(struct trace *t, const char *client, const char *server)
{
    if (client != NULL) {
        text_printable(t->client, sizeof(t->client), client, strlen(client));
    }
    if (server != NULL) {
        text_printable(t->server, sizeof(t->server), server, strlen(server));
    }
}

void trace_add(struct trace *t, const cssl_trace_event *event)
{
    const cssl_bytes message = event->message;
    uint8_t *copy = NULL;
    if (t->num < TRACE_ITEMS_MAX && message.len <= TRACE_BYTES_MAX - t->bytes) {
        copy = mem_copy(message.data, message.len);
    }
    if (copy == NULL) {
        t->lost++;
        return;
    }
    t->bytes += message.len;
    t->items[t->num++] = (struct trace_item){ .time_us = event->time_us,
                                              .sent = event->sent,
                                              .content_type = event->content_type,
                                              .epoch = event->epoch,
                                              .message = copy,
                                              .len = message.len };
}

size_t trace_count(const struct trace *t)
{
    return t->num + t->lost;
}

int trace_draw(const struct trace *t, enum trace_form form, FILE *f, bool colour)
{
    struct trace_message *m = mem_new(sizeof(*m));
    int status = 0;
    if (m == NULL) {
        return CSSL_NOMEM;
    }
    switch (form) {
    case TRACE_TEXT:
        trace_draw_text(t, m, f, colour, term_utf8());
        break;
    case TRACE_ASCII:
        trace_draw_text(t, m, f, colour, false);
        break;
    case TRACE_MERMAID:
        trace_draw_mermaid(t, m, f);
        break;
    case TRACE_SVG:
        status = trace_draw_svg(t, m, f);
        break;
    case TRACE_JSON:
        status = trace_draw_json(t, m, f);
        break;
    }
    mem_free(m);
    if (status == 0 && (fflush(f) != 0 || ferror(f) != 0)) {
        status = CSSL_SYSTEM;
    }
    return status;
}

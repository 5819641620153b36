/*
 * trace_mermaid.c - a trace as a Mermaid sequenceDiagram, which renders in Markdown. Solid arrows
 * are in the clear, dotted ones encrypted.
 *
 * In Mermaid a text ends at a line's end or a semicolon, '#' begins an entity, and what it lets
 * through may be read as HTML: whatever is not plainly harmless is written as an entity.
 */
#include "cli/trace_parts.h"

enum { COLUMNS = 64 }; /* of a line in a note: what fits between actors that stand so far apart */
static const char layout[] = "%%{init: {'sequence': {'actorMargin': 240}}}%%\n";

static void put_text(FILE *f, const char *text, size_t len);
static void put_detail(FILE *f, const struct trace_detail *d);

void trace_draw_mermaid(const struct trace *t, struct trace_message *m, FILE *f)
{
    (void)fputs(layout, f);
    (void)fputs("sequenceDiagram\n    participant C as ", f);
    put_text(f, t->client, strlen(t->client));
    (void)fputs("\n    participant S as ", f);
    put_text(f, t->server, strlen(t->server));
    (void)fputs("\n", f);
    for (size_t i = 0; i < t->num; i++) {
        trace_describe(m, t, i);
        const char *arrow = m->epoch == 0 ? "->>" : "-->>";
        (void)fprintf(f, "    %s%s%s: ", m->from_client ? "C" : "S", arrow,
                      m->from_client ? "S" : "C");
        put_text(f, m->name, strlen(m->name));
        (void)fprintf(f, " (%zu byte%s, %s)\n", m->size, m->size == 1 ? "" : "s",
                      trace_epoch_text(m->epoch));
        for (size_t k = 0; k < m->num; k++) {
            (void)fputs(k == 0 ? "    Note over C,S: " : "<br/>", f);
            put_detail(f, &m->details[k]);
        }
        if (m->num > 0) {
            (void)fputs("\n", f);
        }
    }
    if (t->lost > 0) {
        (void)fprintf(f, "    Note over C,S: %zu more were not recorded\n", t->lost);
    }
}

/* put_detail writes "label = values", broken into lines. */
static void put_detail(FILE *f, const struct trace_detail *d)
{
    char text[TRACE_NAME_MAX + TRACE_VALUES_MAX * (TRACE_VALUE_MAX + 2) + 32];
    int n = snprintf(text, TRACE_NAME_MAX, "%s = ", d->label);
    size_t at = n > 0 ? min_size((size_t)n, TRACE_NAME_MAX - 1) : 0;
    trace_join(text + at, sizeof(text) - at, d);
    const char *p = text;
    for (;;) {
        size_t next;
        size_t len = trace_break(p, COLUMNS, &next);
        put_text(f, p, len);
        p += next;
        if (*p == '\0') {
            return;
        }
        (void)fputs("<br/>", f);
    }
}

static void put_text(FILE *f, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || strchr(" ._-=,/()", c) != NULL) {
            (void)fputc(c, f);
        } else {
            (void)fprintf(f, "#%u;", c);
        }
    }
}

/*
 * trace_text.c - a trace for the terminal: 88 columns, two upright lines, an arrow for each message
 * and below it what it says. Single strokes are in the clear, double ones encrypted.
 */
#include "cli/trace_parts.h"

enum {
    MARGIN = 9,   /* the time stands here */
    INNER = 72,   /* between the two upright lines */
    LABEL = 17,   /* labels of details */
    INDENT = 3,
    VALUE = INNER - INDENT - LABEL - 1
};

/* What lines are drawn with. */
struct strokes {
    const char *bar, *clear, *sealed, *right, *left;
};

static const struct strokes utf8_strokes = { "│", "─", "═", "▶", "◀" };
static const struct strokes ascii_strokes = { "|", "-", "=", ">", "<" };

enum ink { INK_NONE, INK_CLIENT, INK_SERVER, INK_BAD, INK_DIM };

struct pen {
    FILE *f;
    const struct strokes *strokes;
    bool colour;
};

static void draw_heads(const struct pen *pen, const struct trace *t);
static void draw_arrow(const struct pen *pen, const struct trace_message *m);
static void draw_detail(const struct pen *pen, const struct trace_detail *d);
static void draw_gap(const struct pen *pen);

void trace_draw_text(const struct trace *t, struct trace_message *m, FILE *f, bool colour,
                     bool utf8)
{
    const struct pen pen = { .f = f,
                             .strokes = utf8 ? &utf8_strokes : &ascii_strokes,
                             .colour = colour };
    draw_heads(&pen, t);
    bool gap = true;
    for (size_t i = 0; i < t->num; i++) {
        trace_describe(m, t, i);
        if (!gap && m->num > 0) {
            draw_gap(&pen);
        }
        draw_arrow(&pen, m);
        for (size_t k = 0; k < m->num; k++) {
            draw_detail(&pen, &m->details[k]);
        }
        if (m->num > 0) {
            draw_gap(&pen);
        }
        gap = m->num > 0;
    }
    if (!gap) {
        draw_gap(&pen);
    }
    if (t->lost > 0) {
        (void)fprintf(f, "%*s%zu more were not recorded\n", MARGIN, "", t->lost);
    }
    const char *clear = pen.strokes->clear, *sealed = pen.strokes->sealed;
    (void)fprintf(f, "%*s%s%s in the clear   %s%s encrypted\n", MARGIN, "", clear, clear, sealed,
                  sealed);
}

static void ink(const struct pen *pen, enum ink ink)
{
    static const char *const codes[] = {
        [INK_NONE] = "\033[0m", [INK_CLIENT] = "\033[36m", [INK_SERVER] = "\033[32m",
        [INK_BAD] = "\033[31m", [INK_DIM] = "\033[2m",
    };
    if (pen->colour) {
        (void)fputs(codes[ink], pen->f);
    }
}

static void repeat(const struct pen *pen, const char *stroke, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        (void)fputs(stroke, pen->f);
    }
}

static void spaces(const struct pen *pen, size_t n)
{
    repeat(pen, " ", n);
}

/* The names stand in the middle of their lines, as far as the columns allow. */
static void draw_heads(const struct pen *pen, const struct trace *t)
{
    const size_t most = 30;
    size_t client = min_size(strlen(t->client), most), server = min_size(strlen(t->server), most);
    size_t client_at = client / 2 < MARGIN ? MARGIN - client / 2 : 0;
    size_t server_at = MARGIN + 1 + INNER - server / 2;
    if (server_at + server > MARGIN + 1 + INNER + 6) {
        server_at = MARGIN + 1 + INNER + 6 - server;
    }
    spaces(pen, client_at);
    (void)fprintf(pen->f, "%.*s", (int)client, t->client);
    spaces(pen, server_at - client_at - client);
    (void)fprintf(pen->f, "%.*s\n", (int)server, t->server);
    draw_gap(pen);
}

static void draw_gap(const struct pen *pen)
{
    (void)fprintf(pen->f, "%*s%s%*s%s\n", MARGIN, "", pen->strokes->bar, INNER, "",
                  pen->strokes->bar);
}

static void draw_arrow(const struct pen *pen, const struct trace_message *m)
{
    const struct strokes *s = pen->strokes;
    const char *stroke = m->epoch == 0 ? s->clear : s->sealed;
    const char *where = trace_epoch_text(m->epoch);
    char title[TRACE_NAME_MAX + 32];
    (void)snprintf(title, sizeof(title), "%.40s (%zu byte%s)", m->name, m->size,
                   m->size == 1 ? "" : "s");
    const size_t ends = 1 + 1 + 1 + 1 + 2; /* tip, stroke, blank; blank, two strokes */
    const size_t used = ends + strlen(title) + 1 + 1 + strlen(where);
    const size_t fill = used < INNER ? INNER - used : 0;

    ink(pen, INK_DIM);
    (void)fprintf(pen->f, "%*.1f ms ", MARGIN - 4, (double)m->since_us / 1000.0);
    ink(pen, INK_NONE);
    (void)fputs(s->bar, pen->f);
    ink(pen, m->bad ? INK_BAD : m->from_client ? INK_CLIENT : INK_SERVER);
    if (m->from_client) {
        repeat(pen, stroke, 2);
    } else {
        (void)fputs(s->left, pen->f);
        repeat(pen, stroke, 1);
    }
    (void)fprintf(pen->f, " %s ", title);
    repeat(pen, stroke, fill);
    (void)fprintf(pen->f, " %s ", where);
    if (m->from_client) {
        repeat(pen, stroke, 1);
        (void)fputs(s->right, pen->f);
    } else {
        repeat(pen, stroke, 2);
    }
    ink(pen, INK_NONE);
    (void)fprintf(pen->f, "%s\n", s->bar);
}

/* draw_value_line draws one line of a detail: the label on the first one alone. */
static void draw_value_line(const struct pen *pen, const char *label, const char *text, size_t len)
{
    (void)fprintf(pen->f, "%*s%s%*s", MARGIN, "", pen->strokes->bar, INDENT, "");
    ink(pen, INK_DIM);
    (void)fprintf(pen->f, "%-*s", LABEL, label);
    ink(pen, INK_NONE);
    (void)fprintf(pen->f, "%.*s%*s%s\n", (int)len, text, (int)(VALUE + 1 - len), "",
                  pen->strokes->bar);
}

static void draw_detail(const struct pen *pen, const struct trace_detail *d)
{
    char text[TRACE_VALUES_MAX * (TRACE_VALUE_MAX + 2) + 32];
    trace_join(text, sizeof(text), d);
    const char *label = d->label;
    const char *p = text;
    do {
        size_t next;
        size_t len = trace_break(p, VALUE, &next);
        draw_value_line(pen, label, p, len);
        label = "";
        p += next;
    } while (*p != '\0');
}

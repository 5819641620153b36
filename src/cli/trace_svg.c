/*
 * trace_svg.c - a trace as an SVG picture that stands alone: no script, no font and no picture from
 * elsewhere, light or dark as the viewer is.
 *
 * The body is drawn first, into memory: only then the height is known.
 */
#include "cli/trace_parts.h"

#include <stdlib.h>

enum {
    WIDTH = 960,
    LEFT = 120,     /* x of the client's line */
    RIGHT = 840,    /* x of the server's line */
    TOP = 64,       /* y where the lines begin */
    ROW = 18,       /* height of a line of details */
    LABEL_X = LEFT + 24,
    VALUE_X = LEFT + 154,
    VALUE_COLUMNS = 74, /* characters of 7.3 units */
    HEAD_COLUMNS = 27,  /* of the names above the lines */
    SMALL_GAP = 10
};

/* Colours by plain selectors: there are viewers that know no variables. EPOCH is a kind of key. */
#define EPOCH(class, colour) \
    "  " class " .name," class " .tip{fill:" colour "} " class " .arrow{stroke:" colour "}\n"
static const char style[] =
    "<style>\n"
    "  text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}\n"
    "  .head{font-weight:600;font-size:14px} .name{font-weight:600;font-size:13px}\n"
    "  .paper{fill:#fff} .line{stroke:#8a94a3} .head,.text{fill:#1f2733} .label{fill:#667080}\n"
    EPOCH(".e0", "#5c6675") EPOCH(".e1", "#b35c00") EPOCH(".e2", "#2563c9")
    EPOCH(".e3", "#1a7f45") EPOCH(".bad", "#c62828")
    "  @media (prefers-color-scheme:dark){\n"
    "  .paper{fill:#12161c} .line{stroke:#5b6675} .head,.text{fill:#e4e8ee} .label{fill:#98a3b3}\n"
    EPOCH(".e0", "#aab4c2") EPOCH(".e1", "#f0a04b") EPOCH(".e2", "#74a9ff")
    EPOCH(".e3", "#5fce8d") EPOCH(".bad", "#ff7b72")
    "  }\n"
    "</style>\n";
#undef EPOCH

static unsigned draw_message(FILE *f, const struct trace_message *m, unsigned y);
static unsigned draw_detail(FILE *f, const struct trace_detail *d, unsigned y);
static void put_text(FILE *f, const char *text, size_t len);
static void draw_legend(FILE *f, unsigned y);

int trace_draw_svg(const struct trace *t, struct trace_message *m, FILE *f)
{
    char *body = NULL;
    size_t body_len = 0;
    FILE *memory = open_memstream(&body, &body_len);
    if (memory == NULL) {
        return CSSL_NOMEM;
    }
    unsigned y = TOP + 12;
    for (size_t i = 0; i < t->num; i++) {
        trace_describe(m, t, i);
        y = draw_message(memory, m, y);
    }
    bool whole = ferror(memory) == 0;
    if (fclose(memory) != 0 || !whole) {
        free(body);
        return CSSL_NOMEM;
    }
    const unsigned bottom = y + 8, height = bottom + (t->lost > 0 ? 64 : 42);
    (void)fprintf(f,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
                  "viewBox=\"0 0 %d %u\" role=\"img\">\n<title>TLS handshake</title>\n%s",
                  WIDTH, height, WIDTH, height, style);
    (void)fprintf(f, "<rect class=\"paper\" width=\"%d\" height=\"%u\" rx=\"8\"/>\n", WIDTH,
                  height);
    for (int side = 0; side < 2; side++) {
        const int x = side == 0 ? LEFT : RIGHT;
        const char *name = side == 0 ? t->client : t->server;
        (void)fprintf(f, "<text class=\"head\" x=\"%d\" y=\"40\" text-anchor=\"middle\">", x);
        put_text(f, name, min_size(strlen(name), HEAD_COLUMNS));
        (void)fprintf(f,
                      "</text>\n<line class=\"line\" x1=\"%d\" y1=\"%d\" x2=\"%d\" "
                      "y2=\"%u\"/>\n",
                      x, TOP - 12, x, bottom);
    }
    (void)fwrite(body, 1, body_len, f);
    free(body);
    if (t->lost > 0) {
        (void)fprintf(f,
                      "<text class=\"label\" x=\"%d\" y=\"%u\">%zu more were not "
                      "recorded</text>\n",
                      LEFT, bottom + 22, t->lost);
    }
    draw_legend(f, height - 18);
    (void)fputs("</svg>\n", f);
    return 0;
}

/* draw_message draws an arrow with its name above and its details below, and returns the y of what
 * comes next. */
static unsigned draw_message(FILE *f, const struct trace_message *m, unsigned y)
{
    const unsigned epoch = m->epoch < 4 ? m->epoch : 3;
    const unsigned arrow_y = y + 22;
    const int from = m->from_client ? LEFT : RIGHT, to = m->from_client ? RIGHT : LEFT;
    const int tip = m->from_client ? -10 : 10;
    (void)fprintf(f, "<g class=\"e%u%s\">\n<text class=\"name\" x=\"%d\" y=\"%u\">", epoch,
                  m->bad ? " bad" : "", LABEL_X, y + 14);
    put_text(f, m->name, strlen(m->name));
    (void)fprintf(f, "</text>\n<text class=\"label\" x=\"%d\" y=\"%u\" text-anchor=\"end\">",
                  RIGHT - 24, y + 14);
    (void)fprintf(f, "%zu byte%s, %s, %.1f ms</text>\n", m->size, m->size == 1 ? "" : "s",
                  trace_epoch_text(m->epoch), (double)m->since_us / 1000.0);
    (void)fprintf(f,
                  "<line class=\"arrow\" x1=\"%d\" y1=\"%u\" x2=\"%d\" y2=\"%u\" "
                  "stroke-width=\"%s\"/>\n",
                  from, arrow_y, to + tip, arrow_y, m->epoch == 0 ? "1.5" : "3");
    (void)fprintf(f, "<path class=\"tip\" d=\"M%d %u l%d -5 v10 z\"/>\n", to, arrow_y, tip);
    y = arrow_y + 4;
    for (size_t k = 0; k < m->num; k++) {
        y = draw_detail(f, &m->details[k], y);
    }
    (void)fputs("</g>\n", f);
    return y + SMALL_GAP;
}

static unsigned draw_detail(FILE *f, const struct trace_detail *d, unsigned y)
{
    char text[TRACE_VALUES_MAX * (TRACE_VALUE_MAX + 2) + 32];
    trace_join(text, sizeof(text), d);
    (void)fprintf(f, "<text class=\"label\" x=\"%d\" y=\"%u\">%s</text>\n", LABEL_X, y + ROW - 4,
                  d->label);
    const char *p = text;
    do {
        size_t next;
        size_t len = trace_break(p, VALUE_COLUMNS, &next);
        (void)fprintf(f, "<text class=\"text\" x=\"%d\" y=\"%u\">", VALUE_X, y + ROW - 4);
        put_text(f, p, len);
        (void)fputs("</text>\n", f);
        y += ROW;
        p += next;
    } while (*p != '\0');
    return y;
}

static void draw_legend(FILE *f, unsigned y)
{
    int x = LEFT;
    for (uint8_t epoch = 0; epoch < 4; epoch++) {
        (void)fprintf(f,
                      "<g class=\"e%u\"><line class=\"arrow\" x1=\"%d\" y1=\"%u\" x2=\"%d\" "
                      "y2=\"%u\" stroke-width=\"%s\"/><text class=\"label\" x=\"%d\" "
                      "y=\"%u\">%s</text></g>\n",
                      epoch, x, y - 4, x + 24, y - 4, epoch == 0 ? "1.5" : "3", x + 32, y,
                      trace_epoch_text(epoch));
        x += 180;
    }
}

static void put_text(FILE *f, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '&':
            (void)fputs("&amp;", f);
            break;
        case '<':
            (void)fputs("&lt;", f);
            break;
        case '>':
            (void)fputs("&gt;", f);
            break;
        case '"':
            (void)fputs("&quot;", f);
            break;
        case '\'':
            (void)fputs("&#39;", f);
            break;
        default:
            (void)fputc(text[i], f);
            break;
        }
    }
}

/* trace_parts.h - between the files of the trace: what was recorded, and one message described. */
#ifndef CSSL_CLI_TRACE_PARTS_H
#define CSSL_CLI_TRACE_PARTS_H

#include "cli/trace.h"

enum {
    TRACE_NAME_MAX = 64,
    TRACE_DETAILS_MAX = 52, /* 16 certificates, each with its status and timestamps */
    TRACE_VALUES_MAX = 32,
    TRACE_VALUE_MAX = 272 /* a host name of 255 bytes and its end */
};

struct trace_item {
    int64_t time_us;
    bool sent;
    uint8_t content_type;
    uint8_t epoch;
    uint8_t *message;
    size_t len;
};

struct trace {
    struct trace_item *items;
    size_t num;
    size_t bytes;
    size_t lost; /* events that were left out */
    char client[TRACE_NAME_MAX], server[TRACE_NAME_MAX];
};

/* Something that a message says: a label of ours and values, printable ASCII all. */
struct trace_detail {
    const char *label;
    bool list; /* by its nature, however many there are */
    size_t num;
    size_t more; /* values that had no room */
    char values[TRACE_VALUES_MAX][TRACE_VALUE_MAX];
};

/* A message, described. Large: on the heap, and used again for the next. */
struct trace_message {
    char name[TRACE_NAME_MAX];
    bool from_client;
    bool bad; /* malformed, or a fatal alert */
    uint8_t content_type, epoch;
    size_t size;
    int64_t since_us; /* since the first event */
    size_t num;
    struct trace_detail details[TRACE_DETAILS_MAX];
};

/* trace_describe fills m with item i of t. */
void trace_describe(struct trace_message *m, const struct trace *t, size_t i);
/* trace_epoch_text is "in the clear", "handshake keys". */
const char *trace_epoch_text(uint8_t epoch);
/* trace_join writes a detail's values with commas between them, cut short to fit. */
void trace_join(char *out, size_t size, const struct trace_detail *d);
/* trace_break returns how many characters of text stand on a line of so many columns, and where the
 * next line begins: behind a blank, or within a word that is longer than a line. */
size_t trace_break(const char *text, size_t columns, size_t *next);

/* The forms. They write and look no further: trace_draw asks f for errors. m is scratch space. */
void trace_draw_text(const struct trace *t, struct trace_message *m, FILE *f, bool colour,
                     bool utf8);
void trace_draw_mermaid(const struct trace *t, struct trace_message *m, FILE *f);
int trace_draw_svg(const struct trace *t, struct trace_message *m, FILE *f) CHECK;
int trace_draw_json(const struct trace *t, struct trace_message *m, FILE *f) CHECK;

#endif

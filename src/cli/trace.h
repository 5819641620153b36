/*
 * trace.h - records a handshake and draws it as a sequence diagram.
 *
 * A trace takes copies of what the hook cssl_options.trace reports, up to a bound, and draws them
 * whenever it is asked to. What a peer has said comes out as printable ASCII, escaped for the form
 * that is drawn. Knows no connection.
 */
#ifndef CSSL_CLI_TRACE_H
#define CSSL_CLI_TRACE_H

#include "base/base.h"

#include <stdio.h>

enum trace_form {
    TRACE_TEXT,    /* for a terminal: UTF-8 if the locale has it, else ASCII */
    TRACE_MERMAID, /* a sequenceDiagram, for Markdown */
    TRACE_SVG,     /* a picture that stands alone */
    TRACE_JSON,    /* for programs */
    TRACE_ASCII    /* TRACE_TEXT in ASCII alone */
};

/* trace_form_of finds a form by its name: text, mermaid, svg, json, ascii. */
bool trace_form_of(const char *name, enum trace_form *form);

/* What a trace holds at most; what comes later is counted and not kept. */
enum { TRACE_ITEMS_MAX = 256, TRACE_BYTES_MAX = 1 << 20 };

struct trace;

/* trace_new returns an empty trace, or NULL. */
struct trace *trace_new(void) CHECK;
void trace_free(struct trace *t); /* takes NULL */
/* trace_names says what stands above the two sides, instead of "client" and "server"; NULL keeps
 * what is there. */
void trace_names(struct trace *t, const char *client, const char *server);
/* trace_add copies an event. It fits into cssl_options.trace: it cannot fail, a trace that has no
 * more room (or memory) counts what it had to leave out. */
void trace_add(struct trace *t, const cssl_trace_event *event);
/* trace_count is how many events were recorded or had to be left out. */
size_t trace_count(const struct trace *t);
/* trace_draw draws what was recorded. colour is for the terminal's forms. It returns 0, CSSL_NOMEM,
 * or CSSL_SYSTEM when f could not be written. */
int trace_draw(const struct trace *t, enum trace_form form, FILE *f, bool colour) CHECK;

#endif

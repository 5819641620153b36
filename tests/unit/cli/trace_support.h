/* trace_support.h - what the tests of the trace's forms share: a trace of messages in hex, and the
 * text of a drawing. */
#ifndef CSSL_TEST_TRACE_SUPPORT_H
#define CSSL_TEST_TRACE_SUPPORT_H

#include "base/error.h" /* before cmocka, which has a macro of the name fail */

#include "serve_support.h"

#include "cli/trace_parts.h"

struct shown {
    bool sent;
    uint8_t type, epoch;
    const char *hex;
};

/* trace_make records messages a millisecond apart, the first at some moment. */
struct trace *trace_make(const struct shown *messages, size_t num);
/* trace_says fails unless message i is described so: "Name|label: value, value|label: value". What
 * is bad has a "!" in front. */
void trace_says(const struct trace *t, size_t i, const char *expected);
/* trace_text draws by one of the forms, freed by the caller. */
char *trace_text(const struct trace *t, enum trace_form form, bool colour);

#endif

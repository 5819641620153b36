/* limbo.h - what the parts of limbo_check share. */
#ifndef CSSL_TESTS_LIMBO_H
#define CSSL_TESTS_LIMBO_H

#include <jansson.h>

#include "base/base.h"

enum limbo_outcome { LIMBO_SUCCESS, LIMBO_FAILURE, LIMBO_SKIPPED };

/* What cssl made of a case, and why. */
struct limbo_result {
    enum limbo_outcome outcome;
    char reason[600];
};

/* limbo_read reads a file of cases, plain or xz; NULL after a message on stderr. */
json_t *limbo_read(const char *path);
/* limbo_run runs one case as a TLS peer would; now is for cases that name no time. */
void limbo_run(const json_t *test_case, int64_t now, struct limbo_result *result);

#endif

/* options_keep.h - options that outlive their call: a config views them, and others can be derived
 * of it. */
#ifndef CSSL_CONFIG_OPTIONS_KEEP_H
#define CSSL_CONFIG_OPTIONS_KEEP_H

#include "base/base.h"

struct kept_options; /* a deep copy; it holds secrets */

/* options_keep checks nothing: pointers that are NULL stay NULL, whatever is said of them. */
struct kept_options *options_keep(const cssl_options *o, cssl_error *err) CHECK;
/* options_kept_free wipes it all; NULL is allowed. */
void options_kept_free(struct kept_options *kept);
const cssl_options *options_of(const struct kept_options *kept);
/* options_merge puts each field of more that is not zero in the place of *o's; what is pointed to
 * is not copied. Fields of which only one can be given (a file or bytes) go together: one of them
 * in more drops all of *o's. */
void options_merge(cssl_options *o, const cssl_options *more);

#endif

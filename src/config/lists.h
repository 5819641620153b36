/* lists.h - how lists of names in options become code points. */
#ifndef CSSL_CONFIG_LISTS_H
#define CSSL_CONFIG_LISTS_H

#include "config/config.h"

struct list_rule {
    const char *option;
    enum codes_kind kind; /* what there is */
    uint16_t (*of_name)(const char *name);
    const char *hint; /* what to call for the names that are possible */
};

/* list_check fills c from names: each is one name, or several with colons between. NULL stands for
 * the default. Suites in brackets, [A|B], are equally good. Unknown, impossible and repeated names
 * are option errors that say which it was. */
int list_check(struct codes *c, const struct list_rule *rule, const char *const *names,
               cssl_error *err) CHECK;

/* suite_of_any_name takes IANA's name of a suite or OpenSSL's; 0 for one that is not known. */
uint16_t suite_of_any_name(const char *name);

#endif
